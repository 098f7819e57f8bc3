//! What a program has of its own: looked up in its environment and in the files its client libraries read.

use std::path::{Path, PathBuf};

use super::{CA_VARIABLES, Environment, profiles};

/// Whether Google's client libraries find credentials: a key file named by the environment, or the file that
/// `gcloud auth application-default login` writes.
pub fn has_google_credentials(environment: &Environment) -> bool {
    let named = environment.get("GOOGLE_APPLICATION_CREDENTIALS").is_some_and(|path| !path.is_empty());
    let folder = environment.get("CLOUDSDK_CONFIG").map(PathBuf::from);
    let folder = folder.or_else(|| Some(home(environment)?.join(".config/gcloud")));
    named || folder.is_some_and(|folder| folder.join("application_default_credentials.json").is_file())
}

/// Whether AWS's client libraries find credentials: a key, a profile, a role. Those of a virtual machine, which only
/// asking the network tells, are not looked for.
pub fn has_aws_credentials(environment: &Environment) -> bool {
    const VARIABLES: [&str; 5] = [
        "AWS_ACCESS_KEY_ID",
        "AWS_PROFILE",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ];
    VARIABLES.iter().any(|name| environment.contains_key(*name)) || profiles::has_credentials(environment)
}

/// Files of roots that the program trusts already; they belong into the bundle that takes their place.
pub fn trusted_files(environment: &Environment) -> Vec<PathBuf> {
    let names = CA_VARIABLES.iter();
    names.filter_map(|name| environment.get(*name)).filter(|value| !value.is_empty()).map(PathBuf::from).collect()
}

pub(super) fn home(environment: &Environment) -> Option<&Path> {
    environment.get("HOME").map(Path::new)
}
