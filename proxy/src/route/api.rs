//! The APIs that are answered here, and the hosts they have.

/// An API of a cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the clouds' own")]
pub enum CloudApi {
    Vision,
    Language,
    Rekognition,
    Comprehend,
}

impl CloudApi {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Vision, Self::Language, Self::Rekognition, Self::Comprehend];

    /// As it stands in host names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vision => "vision",
            Self::Language => "language",
            Self::Rekognition => "rekognition",
            Self::Comprehend => "comprehend",
        }
    }

    /// Whether it is one of Google's.
    pub fn is_google(self) -> bool {
        matches!(self, Self::Vision | Self::Language)
    }

    /// The API at a host (lower case, no port, no trailing dot).
    pub fn at(host: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|api| {
            if api.is_google() { is_google_endpoint(host, api.name()) } else { is_aws_endpoint(host, api.name()) }
        })
    }
}

/// Global (`vision.`), regional (`eu-vision.`, `vision.europe-west1.rep.`) and mutual-TLS (`vision.mtls.`) endpoints.
fn is_google_endpoint(host: &str, service: &str) -> bool {
    let Some(name) = host.strip_suffix(".googleapis.com") else { return false };
    let first = name.split('.').next().unwrap_or_default();
    let own = first.strip_suffix(service).is_some_and(|region| region.is_empty() || region.ends_with('-'));
    let rest: Vec<&str> = name.split('.').skip(1).collect();
    own && matches!(rest[..], [] | ["mtls"]) || first == service && matches!(rest[..], [_region, "rep"])
}

/// `rekognition.us-east-1.amazonaws.com` and `rekognition-fips.us-east-1.amazonaws.com`.
fn is_aws_endpoint(host: &str, service: &str) -> bool {
    let Some(name) = host.strip_suffix(".amazonaws.com") else { return false };
    let Some((first, region)) = name.split_once('.') else { return false };
    first.strip_suffix("-fips").unwrap_or(first) == service && !region.is_empty() && !region.contains('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_known_in_all_their_forms() {
        for host in ["vision", "eu-vision", "us-vision", "vision.mtls", "vision.europe-west1.rep"] {
            assert_eq!(CloudApi::at(&format!("{host}.googleapis.com")), Some(CloudApi::Vision), "{host}");
        }
        assert_eq!(CloudApi::at("language.googleapis.com"), Some(CloudApi::Language));
        for host in ["rekognition.us-east-1", "rekognition-fips.us-gov-west-1"] {
            assert_eq!(CloudApi::at(&format!("{host}.amazonaws.com")), Some(CloudApi::Rekognition), "{host}");
        }
        assert_eq!(CloudApi::at("comprehend.eu-west-1.amazonaws.com"), Some(CloudApi::Comprehend));
    }

    #[test]
    fn other_hosts_are_none() {
        for host in [
            "storage.googleapis.com",
            "television.googleapis.com",
            "vision.googleapis.com.example.org",
            "s3.us-east-1.amazonaws.com",
            "comprehendmedical.us-east-1.amazonaws.com",
            "rekognition.amazonaws.com",
            "a.rekognition.us-east-1.amazonaws.com",
        ] {
            assert_eq!(CloudApi::at(host), None, "{host}");
        }
    }
}
