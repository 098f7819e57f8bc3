//! The files of the AWS command line, in which client libraries find keys and regions: sections of `name = value`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use super::Environment;
use super::found::home;
use crate::upstream::AwsKeys;

/// A profile's name and settings.
type Profile = (String, BTreeMap<String, String>);

/// A setting by which a profile has credentials in itself.
const KEY: &str = "aws_access_key_id";

/// Settings by which a profile gets credentials from somebody.
const OTHERS: [&str; 5] = ["role_arn", "credential_process", "sso_session", "sso_start_url", "login_session"];

/// The access keys that the program's client libraries find, in the environment and in all profiles: which profile it
/// takes may be written in the program.
pub fn aws_keys(environment: &Environment) -> Vec<AwsKeys> {
    let of_profile = |(_, settings): Profile| {
        let value = |name: &str| settings.get(name).cloned();
        key(value(KEY), value("aws_secret_access_key"), value("aws_session_token"))
    };
    own_key(environment).into_iter().chain(profiles(environment).filter_map(of_profile)).collect()
}

/// Whether a program that chooses no profile itself signs with one of [`aws_keys`], and not with a role's.
pub fn signs_with_key(environment: &Environment) -> bool {
    let chosen = environment.get("AWS_PROFILE").map_or("default", String::as_str);
    let has = |names: &[&str]| {
        profiles(environment).any(|(name, settings)| name == chosen && names.iter().any(|n| settings.contains_key(*n)))
    };
    let by_role = environment.contains_key("AWS_WEB_IDENTITY_TOKEN_FILE") || has(&OTHERS);
    own_key(environment).is_some() || has(&[KEY]) && !by_role
}

/// Whether a profile has credentials of any kind.
pub(super) fn has_credentials(environment: &Environment) -> bool {
    profiles(environment).any(|(_, settings)| OTHERS.iter().chain([&KEY]).any(|name| settings.contains_key(*name)))
}

/// Whether the program's client libraries find a region.
pub fn has_aws_region(environment: &Environment) -> bool {
    ["AWS_DEFAULT_REGION", "AWS_REGION"].iter().any(|name| environment.contains_key(*name))
        || profiles(environment).any(|(_, settings)| settings.contains_key("region"))
}

/// The key in the environment.
fn own_key(environment: &Environment) -> Option<AwsKeys> {
    let variable = |name: &str| environment.get(name).cloned();
    key(variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"), variable("AWS_SESSION_TOKEN"))
}

fn key(id: Option<String>, secret: Option<String>, token: Option<String>) -> Option<AwsKeys> {
    let given = |value: &String| !value.is_empty();
    Some(AwsKeys { id: id.filter(given)?, secret: secret.filter(given)?, token: token.filter(given) })
}

/// All profiles of both files; a file that cannot be read has none.
fn profiles(environment: &Environment) -> impl Iterator<Item = Profile> {
    let file = |variable: &str, usual: &str| {
        let named = environment.get(variable).map(PathBuf::from);
        named.or_else(|| Some(home(environment)?.join(".aws").join(usual)))
    };
    let files = [file("AWS_SHARED_CREDENTIALS_FILE", "credentials"), file("AWS_CONFIG_FILE", "config")];
    files.into_iter().flatten().filter_map(|path| fs::read_to_string(path).ok()).flat_map(|text| sections(&text))
}

fn sections(text: &str) -> Vec<Profile> {
    let mut all: Vec<Profile> = Vec::new();
    for line in text.lines() {
        if let Some((name, _)) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            let name = name.trim();
            all.push((name.strip_prefix("profile ").unwrap_or(name).trim().to_owned(), BTreeMap::new()));
        }
        // Indented lines belong to a setting that is a group.
        let setting = line.split_once('=').filter(|_| !line.starts_with([' ', '\t', '#', ';']));
        if let (Some((_, settings)), Some((name, value))) = (all.last_mut(), setting) {
            // What follows a blank is a comment.
            let value = value.split_whitespace().next().unwrap_or_default();
            settings.insert(name.trim().to_ascii_lowercase(), value.to_owned());
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CONFIG: &str = "[default]\nregion = eu-west-1\ns3 =\n  region = nowhere\n# aws_access_key_id = no\n\
        [profile work]\naws_access_key_id=W # ours\n aws_secret_access_key = indented\n\n[sso-session x]\nsso_start_url = u\n";

    fn home_with(files: &[(&str, &str)]) -> (tempfile::TempDir, Environment) {
        let home = tempfile::TempDir::new().unwrap();
        fs::create_dir(home.path().join(".aws")).unwrap();
        for (name, text) in files {
            fs::write(home.path().join(".aws").join(name), text).unwrap();
        }
        let environment = Environment::from([("HOME".to_owned(), home.path().display().to_string())]);
        (home, environment)
    }

    #[test]
    fn keys_of_the_environment_and_of_every_profile_are_found() {
        let credentials = "[default]\naws_access_key_id = A\naws_secret_access_key = a=/+\n\
            [temporary]\naws_access_key_id = B\naws_secret_access_key = b\naws_session_token = t\n[empty]\n";
        let (_home, mut environment) = home_with(&[("credentials", credentials), ("config", CONFIG)]);
        let set = [("AWS_ACCESS_KEY_ID", "C"), ("AWS_SECRET_ACCESS_KEY", "c"), ("AWS_SESSION_TOKEN", "")];
        environment.extend(set.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let key = |id: &str, secret: &str, token: Option<&str>| AwsKeys {
            id: id.to_owned(),
            secret: secret.to_owned(),
            token: token.map(str::to_owned),
        };
        let expected = [key("C", "c", None), key("A", "a=/+", None), key("B", "b", Some("t"))];
        assert_eq!(aws_keys(&environment), expected);
        environment.insert("AWS_SHARED_CREDENTIALS_FILE".to_owned(), "/nowhere".to_owned());
        assert_eq!(aws_keys(&environment).len(), 1);
    }

    #[test]
    fn a_program_signs_with_a_key_unless_its_profile_is_a_role() {
        let config = "[profile role]\nrole_arn = r\nsource_profile = default\n";
        let credentials = "[default]\naws_access_key_id = A\naws_secret_access_key = a\n";
        let (_home, mut environment) = home_with(&[("credentials", credentials), ("config", config)]);
        assert!(signs_with_key(&environment));
        environment.insert("AWS_PROFILE".to_owned(), "role".to_owned());
        assert!(!signs_with_key(&environment));
    }

    #[test]
    fn a_profile_without_a_key_may_have_credentials_all_the_same() {
        let (_home, environment) = home_with(&[("config", CONFIG)]);
        assert!(has_credentials(&environment) && has_aws_region(&environment));
        let (_home, environment) = home_with(&[("config", "[default]\noutput = json\n")]);
        assert!(!has_credentials(&environment) && !has_aws_region(&environment));
    }

    proptest! {
        #[test]
        fn any_text_has_sections(text in "[\\[\\]=# a-z\n\té]{0,60}") {
            sections(&text);
        }
    }
}
