//! What a path means.

use http::Method;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Vision's `BatchAnnotateImages`.
    AnnotateImages,
    /// A method of a served API that is not served here: its name.
    Unserved(&'static str),
    /// Whether the server is alive.
    Health,
    /// Metrics in Prometheus' text format.
    Metrics,
    /// A served path asked with the wrong method.
    WrongMethod {
        /// The right one.
        allowed: &'static str,
    },
    /// None of these.
    Unknown,
}

/// Full gRPC method names of the Vision service.
const GRPC_ANNOTATE: &str = "/google.cloud.vision.v1.ImageAnnotator/BatchAnnotateImages";
const GRPC_UNSERVED: [(&str, &str); 3] = [
    ("/google.cloud.vision.v1.ImageAnnotator/BatchAnnotateFiles", "BatchAnnotateFiles"),
    ("/google.cloud.vision.v1.ImageAnnotator/AsyncBatchAnnotateImages", "AsyncBatchAnnotateImages"),
    ("/google.cloud.vision.v1.ImageAnnotator/AsyncBatchAnnotateFiles", "AsyncBatchAnnotateFiles"),
];

/// The same over REST: what follows `/v1/` and the optional parent.
const REST_ANNOTATE: &str = "images:annotate";
const REST_UNSERVED: [(&str, &str); 3] = [
    ("files:annotate", "BatchAnnotateFiles"),
    ("images:asyncBatchAnnotate", "AsyncBatchAnnotateImages"),
    ("files:asyncBatchAnnotate", "AsyncBatchAnnotateFiles"),
];

impl Endpoint {
    /// The endpoint of a gRPC call's path.
    pub fn grpc(path: &str) -> Self {
        if path == GRPC_ANNOTATE {
            return Self::AnnotateImages;
        }
        lookup(&GRPC_UNSERVED, path).map_or(Self::Unknown, Self::Unserved)
    }

    /// The endpoint of any other request.
    pub fn rest(method: &Method, path: &str) -> Self {
        match path {
            "/healthz" => return Self::Health.for_method(method, &[Method::GET, Method::HEAD], "GET, HEAD"),
            "/metrics" => return Self::Metrics.for_method(method, &[Method::GET, Method::HEAD], "GET, HEAD"),
            _ => {}
        }
        let Some(resource) = path.strip_prefix("/v1/").map(strip_parent) else { return Self::Unknown };
        let endpoint = if resource == REST_ANNOTATE {
            Self::AnnotateImages
        } else if let Some(name) = lookup(&REST_UNSERVED, resource) {
            Self::Unserved(name)
        } else {
            return Self::Unknown;
        };
        endpoint.for_method(method, &[Method::POST], "POST")
    }

    fn for_method(self, method: &Method, good: &[Method], allowed: &'static str) -> Self {
        if good.contains(method) { self } else { Self::WrongMethod { allowed } }
    }
}

fn lookup(table: &[(&str, &'static str)], key: &str) -> Option<&'static str> {
    table.iter().find(|(path, _)| *path == key).map(|(_, name)| *name)
}

/// Takes `projects/*/` and `projects/*/locations/*/` off the front.
fn strip_parent(resource: &str) -> &str {
    let after = |path, collection: &str| {
        let rest = str::strip_prefix(path, collection)?.strip_prefix('/')?;
        rest.split_once('/').filter(|(id, _)| !id.is_empty()).map(|(_, rest)| rest)
    };
    let Some(rest) = after(resource, "projects") else { return resource };
    after(rest, "locations").unwrap_or(rest)
}

/// Splits `/apps/NAME/rest` into the name, still percent-encoded, and `/rest`. Other paths have no name.
pub fn split_app(path: &str) -> (Option<&str>, &str) {
    let Some(rest) = path.strip_prefix("/apps/") else { return (None, path) };
    match rest.find('/') {
        Some(end) if end > 0 => (Some(&rest[..end]), &rest[end..]),
        _ => (None, path),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_spelling_of_image_annotation_is_served() {
        for path in
            ["/v1/images:annotate", "/v1/projects/p/images:annotate", "/v1/projects/p/locations/eu/images:annotate"]
        {
            assert_eq!(Endpoint::rest(&Method::POST, path), Endpoint::AnnotateImages, "{path}");
            assert_eq!(Endpoint::rest(&Method::GET, path), Endpoint::WrongMethod { allowed: "POST" }, "{path}");
        }
        assert_eq!(Endpoint::grpc(GRPC_ANNOTATE), Endpoint::AnnotateImages);
    }

    #[test]
    fn methods_of_the_api_that_are_not_served_are_told_from_paths_that_do_not_exist() {
        assert_eq!(Endpoint::rest(&Method::POST, "/v1/files:annotate"), Endpoint::Unserved("BatchAnnotateFiles"));
        for path in ["/", "/v1", "/v1/", "/v2/images:annotate", "/v1/projects//images:annotate", "/v1/images"] {
            assert_eq!(Endpoint::rest(&Method::POST, path), Endpoint::Unknown, "{path}");
        }
        assert_eq!(Endpoint::grpc("/google.cloud.vision.v1.ImageAnnotator/Nothing"), Endpoint::Unknown);
    }

    #[test]
    fn the_application_is_split_off_the_path() {
        assert_eq!(split_app("/apps/a%20b/v1/images:annotate"), (Some("a%20b"), "/v1/images:annotate"));
        for path in ["/v1/images:annotate", "/apps/", "/apps/a", "/apps//v1"] {
            assert_eq!(split_app(path), (None, path));
        }
    }

    proptest! {
        #[test]
        fn any_path_has_an_endpoint(path: String) {
            let (_, rest) = split_app(&path);
            Endpoint::rest(&Method::POST, rest);
        }
    }
}
