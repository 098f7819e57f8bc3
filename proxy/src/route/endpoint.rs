//! What a request asks for, by its method, path and headers.

use http::{HeaderMap, Method as Verb};

use super::CloudApi;
use crate::wire::aws::{self, comprehend, rekognition};
use crate::wire::grpc::is_grpc;
use crate::wire::language;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// A call of a cloud's API.
    Call(Call),
    /// Whether the server is alive.
    Health,
    /// Whether the server takes calls.
    Ready,
    /// Which version it is.
    Version,
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

/// A call of an API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// The API.
    pub api: CloudApi,
    /// The method.
    pub method: Method,
    /// How it is written.
    pub framing: Framing,
}

/// A method of an API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Vision's `BatchAnnotateImages`.
    AnnotateImages,
    /// One of Natural Language.
    Text(language::Method),
    /// Rekognition's `DetectLabels`.
    DetectLabels,
    /// One of Comprehend.
    Comprehend(comprehend::Operation),
    /// One that only the real API answers.
    Other,
    /// Something at the API's host that it may know or not.
    Unknown,
}

/// How a call is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Framing {
    /// JSON over HTTP, as Google does it.
    Rest,
    /// gRPC.
    Grpc,
    /// AWS JSON 1.1.
    Aws,
}

impl Framing {
    /// For metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::Grpc => "grpc",
            Self::Aws => "aws",
        }
    }
}

const READ: [Verb; 2] = [Verb::GET, Verb::HEAD];

impl Endpoint {
    /// The endpoint of a request. `host` is the API of the host that the caller asked for, if it is one's; `path` is
    /// without the application's name.
    pub fn of(verb: &Verb, headers: &HeaderMap, path: &str, host: Option<CloudApi>) -> Self {
        if *verb == Verb::CONNECT {
            // Those that open a tunnel do not come here: this one came through a tunnel, or in HTTP/2.
            return Self::Unknown;
        }
        let call = if is_grpc(headers) {
            grpc(path)
        } else if let Some((service, operation)) = aws::target(headers, path) {
            amazon(service, operation)
        } else {
            rest(path)
        };
        match (call, host) {
            // What a cloud calls its own may be new.
            (None, Some(api)) => Self::Call(Call { api, method: Method::Unknown, framing: framing(api, headers) }),
            (Some(call), _) => match call.method {
                Method::Other => Self::Call(call),
                _ if *verb == Verb::POST => Self::Call(call),
                _ => Self::WrongMethod { allowed: "POST" },
            },
            (None, None) => match own(path) {
                None => Self::Unknown,
                Some(own) if READ.contains(verb) => own,
                Some(_) => Self::WrongMethod { allowed: "GET, HEAD" },
            },
        }
    }
}

/// The server's own paths.
fn own(path: &str) -> Option<Endpoint> {
    Some(match path {
        "/healthz" => Endpoint::Health,
        "/readyz" => Endpoint::Ready,
        "/version" => Endpoint::Version,
        "/metrics" => Endpoint::Metrics,
        _ => return None,
    })
}

fn framing(api: CloudApi, headers: &HeaderMap) -> Framing {
    match api.is_google() {
        false => Framing::Aws,
        true if is_grpc(headers) => Framing::Grpc,
        true => Framing::Rest,
    }
}

/// A gRPC path: `/package.Service/Method`.
fn grpc(path: &str) -> Option<Call> {
    let (service, name) = path.strip_prefix('/')?.split_once('/')?;
    let text = |version| language::Method::named(version, name).map_or(Method::Other, Method::Text);
    let (api, method) = match service {
        "google.cloud.vision.v1.ImageAnnotator" if name == "BatchAnnotateImages" => {
            (CloudApi::Vision, Method::AnnotateImages)
        }
        "google.cloud.language.v1.LanguageService" => (CloudApi::Language, text(language::Version::V1)),
        "google.cloud.language.v2.LanguageService" => (CloudApi::Language, text(language::Version::V2)),
        other if other.starts_with("google.cloud.vision.") => (CloudApi::Vision, Method::Other),
        other if other.starts_with("google.cloud.language.") => (CloudApi::Language, Method::Other),
        _ => return None,
    };
    Some(Call { api, method, framing: Framing::Grpc })
}

fn amazon(service: &str, operation: &str) -> Option<Call> {
    let (api, method) = match service {
        rekognition::SERVICE if operation == "DetectLabels" => (CloudApi::Rekognition, Method::DetectLabels),
        rekognition::SERVICE => (CloudApi::Rekognition, Method::Other),
        comprehend::SERVICE => {
            let method = comprehend::Operation::named(operation).map_or(Method::Other, Method::Comprehend);
            (CloudApi::Comprehend, method)
        }
        _ => return None,
    };
    Some(Call { api, method, framing: Framing::Aws })
}

/// A REST path: `/VERSION/[PARENT/]RESOURCE:METHOD`.
fn rest(path: &str) -> Option<Call> {
    let (version, resource) = path.strip_prefix('/')?.split_once('/')?;
    let (collection, name) = strip_parent(resource).split_once(':')?;
    let text = |version| language::Method::named(version, name).map_or(Method::Other, Method::Text);
    let (api, method) = match (version, collection, name) {
        ("v1", "images", "annotate") => (CloudApi::Vision, Method::AnnotateImages),
        ("v1", "documents", _) => (CloudApi::Language, text(language::Version::V1)),
        ("v2", "documents", _) => (CloudApi::Language, text(language::Version::V2)),
        (version, "images" | "files", _) if version.starts_with("v1") => (CloudApi::Vision, Method::Other),
        (version, "documents", _) if version.starts_with("v1") => (CloudApi::Language, Method::Other),
        _ => return None,
    };
    Some(Call { api, method, framing: Framing::Rest })
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

/// Splits `/apps/NAME/rest` into the name, still percent-encoded, and `/rest`. `/apps/NAME` alone is the root. Other
/// paths have no name.
pub fn split_app(path: &str) -> (Option<&str>, &str) {
    let Some(rest) = path.strip_prefix("/apps/") else { return (None, path) };
    match rest.find('/') {
        Some(0) => (None, path),
        Some(end) => (Some(&rest[..end]), &rest[end..]),
        None if rest.is_empty() => (None, path),
        None => (Some(rest), "/"),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name.parse().unwrap(), HeaderValue::from_static(value))])
    }

    fn post(headers: &HeaderMap, path: &str) -> Endpoint {
        Endpoint::of(&Verb::POST, headers, path, None)
    }

    fn called(endpoint: Endpoint) -> (CloudApi, Method, Framing) {
        match endpoint {
            Endpoint::Call(Call { api, method, framing }) => (api, method, framing),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_spelling_of_image_annotation_is_served() {
        let none = HeaderMap::new();
        let expected = (CloudApi::Vision, Method::AnnotateImages, Framing::Rest);
        for path in
            ["/v1/images:annotate", "/v1/projects/p/images:annotate", "/v1/projects/p/locations/eu/images:annotate"]
        {
            assert_eq!(called(post(&none, path)), expected, "{path}");
            let got = Endpoint::of(&Verb::GET, &none, path, None);
            assert_eq!(got, Endpoint::WrongMethod { allowed: "POST" }, "{path}");
        }
        let grpc = headers("content-type", "application/grpc");
        let path = "/google.cloud.vision.v1.ImageAnnotator/BatchAnnotateImages";
        assert_eq!(called(post(&grpc, path)), (CloudApi::Vision, Method::AnnotateImages, Framing::Grpc));
    }

    #[test]
    fn texts_are_served_in_both_versions_and_framings() {
        let grpc = headers("content-type", "application/grpc");
        for (number, version) in [("v1", language::Version::V1), ("v2", language::Version::V2)] {
            let method = Method::Text(language::Method { version, kind: language::Kind::AnalyzeSentiment });
            let path = format!("/{number}/documents:analyzeSentiment");
            assert_eq!(called(post(&HeaderMap::new(), &path)), (CloudApi::Language, method, Framing::Rest));
            let path = format!("/google.cloud.language.{number}.LanguageService/AnalyzeSentiment");
            assert_eq!(called(post(&grpc, &path)), (CloudApi::Language, method, Framing::Grpc));
        }
    }

    #[test]
    fn aws_names_its_operation_in_a_header() {
        let labels = headers("x-amz-target", "RekognitionService.DetectLabels");
        assert_eq!(called(post(&labels, "/")), (CloudApi::Rekognition, Method::DetectLabels, Framing::Aws));
        let faces = headers("x-amz-target", "RekognitionService.DetectFaces");
        assert_eq!(called(post(&faces, "/x")), (CloudApi::Rekognition, Method::Other, Framing::Aws));
        assert_eq!(post(&headers("x-amz-target", "DynamoDB.GetItem"), "/"), Endpoint::Unknown);
    }

    #[test]
    fn methods_that_are_not_served_are_told_from_paths_that_do_not_exist() {
        let none = HeaderMap::new();
        for path in ["/v1/files:annotate", "/v1/images:asyncBatchAnnotate", "/v1p4beta1/images:annotate"] {
            assert_eq!(called(post(&none, path)), (CloudApi::Vision, Method::Other, Framing::Rest), "{path}");
        }
        for path in ["/v1/documents:moderateText", "/v1beta2/documents:classifyText", "/v2/documents:analyzeSyntax"] {
            assert_eq!(called(post(&none, path)), (CloudApi::Language, Method::Other, Framing::Rest), "{path}");
        }
        for path in ["/", "/v1", "/v1/", "/v2/images:annotate", "/v1/projects//images:annotate", "/v1/images"] {
            assert_eq!(post(&none, path), Endpoint::Unknown, "{path}");
        }
    }

    #[test]
    fn at_a_clouds_own_host_every_path_is_its_own() {
        let got = Endpoint::of(&Verb::GET, &HeaderMap::new(), "/metrics", Some(CloudApi::Vision));
        assert_eq!(called(got), (CloudApi::Vision, Method::Unknown, Framing::Rest));
        assert_eq!(Endpoint::of(&Verb::GET, &HeaderMap::new(), "/metrics", None), Endpoint::Metrics);
        assert_eq!(Endpoint::of(&Verb::CONNECT, &HeaderMap::new(), "", Some(CloudApi::Vision)), Endpoint::Unknown);
    }

    #[test]
    fn the_application_is_split_off_the_path() {
        assert_eq!(split_app("/apps/a%20b/v1/images:annotate"), (Some("a%20b"), "/v1/images:annotate"));
        assert_eq!(split_app("/apps/a"), (Some("a"), "/"));
        for path in ["/v1/images:annotate", "/apps/", "/apps//v1"] {
            assert_eq!(split_app(path), (None, path));
        }
    }

    proptest! {
        #[test]
        fn any_path_has_an_endpoint(path: String, grpc: bool) {
            let (_, rest) = split_app(&path);
            let headers = if grpc { headers("content-type", "application/grpc") } else { HeaderMap::new() };
            post(&headers, rest);
        }
    }
}
