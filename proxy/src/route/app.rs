//! Choosing the application.

use std::collections::HashMap;
use std::fmt;

/// How applications are told apart.
#[derive(Clone, Default)]
pub struct Apps {
    /// API key to application. A key that is not listed, and is no application's name, says nothing: it is the
    /// caller's real key for the real API.
    pub api_keys: HashMap<String, String>,
    /// The application of callers that give no clue; without one they get the generic model.
    pub default_app: Option<String>,
}

/// Keys are secrets: shown is how many there are.
impl fmt::Debug for Apps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Apps").field("api_keys", &self.api_keys.len()).field("default_app", &self.default_app).finish()
    }
}

/// What a request says about its application.
#[derive(Clone, Copy, Default)]
pub struct Clues<'a> {
    /// `NAME` of the path `/apps/NAME/…`, decoded.
    pub path: Option<&'a str>,
    /// The header `x-chameleon-app`.
    pub header: Option<&'a str>,
    /// The user of the proxy URL.
    pub proxy_user: Option<&'a str>,
    /// The header `x-goog-api-key` or the parameter `key`.
    pub api_key: Option<&'a str>,
}

/// Which clue named an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The path.
    Path,
    /// The header.
    Header,
    /// The proxy URL.
    ProxyUser,
    /// A configured API key.
    ApiKey,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Path => "the path",
            Self::Header => "the header x-chameleon-app",
            Self::ProxyUser => "the user of the proxy URL",
            Self::ApiKey => "the API key",
        })
    }
}

/// An application was named that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("No model is published for application `{app}`, named by {origin}.")]
pub struct RouteError {
    /// The name.
    pub app: String,
    /// Where it was named.
    pub origin: Origin,
}

impl Apps {
    /// The application of a request, or `None` for the generic model. The first clue in this order decides: path,
    /// header, proxy user, API key, default.
    ///
    /// # Errors
    /// The deciding clue names an application for which `exists` is false. It is not passed over: the caller would
    /// get another model's answers without knowing. Only the default, which no caller named, falls back to the
    /// generic model until it is published.
    pub fn choose(&self, clues: &Clues<'_>, exists: impl Fn(&str) -> bool) -> Result<Option<String>, RouteError> {
        let named = clues.path.map(|app| (app, Origin::Path));
        let named = named.or(clues.header.map(|app| (app, Origin::Header)));
        let named = named.or(clues.proxy_user.map(|app| (app, Origin::ProxyUser)));
        let named = named.or_else(|| self.by_key(clues.api_key?, &exists));
        match named {
            Some((app, _)) if exists(app) => Ok(Some(app.to_owned())),
            Some((app, origin)) => Err(RouteError { app: app.to_owned(), origin }),
            None => Ok(self.default_app.clone().filter(|app| exists(app))),
        }
    }

    /// Whether an API key is one given out here, and so none of the real API's.
    pub fn is_own_key(&self, key: &str) -> bool {
        self.api_keys.contains_key(key)
    }

    fn by_key<'a>(&'a self, key: &'a str, exists: impl Fn(&str) -> bool) -> Option<(&'a str, Origin)> {
        let configured = self.api_keys.get(key).map(String::as_str);
        configured.or_else(|| exists(key).then_some(key)).map(|app| (app, Origin::ApiKey))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apps() -> Apps {
        let api_keys = HashMap::from([("secret".to_owned(), "keyed".to_owned())]);
        Apps { api_keys, default_app: Some("usual".to_owned()) }
    }

    fn exists(app: &str) -> bool {
        ["keyed", "usual", "a", "b", "c"].contains(&app)
    }

    fn choose(clues: Clues<'_>) -> Result<Option<String>, RouteError> {
        apps().choose(&clues, exists)
    }

    #[test]
    fn the_most_explicit_clue_decides() {
        let all = Clues { path: Some("a"), header: Some("b"), proxy_user: Some("c"), api_key: Some("secret") };
        assert_eq!(choose(all).unwrap().unwrap(), "a");
        assert_eq!(choose(Clues { path: None, ..all }).unwrap().unwrap(), "b");
        assert_eq!(choose(Clues { path: None, header: None, ..all }).unwrap().unwrap(), "c");
        let only_key = Clues { api_key: Some("secret"), ..Clues::default() };
        assert_eq!(choose(only_key).unwrap().unwrap(), "keyed");
    }

    #[test]
    fn a_key_may_be_an_applications_name_and_any_other_key_is_the_callers_own() {
        assert_eq!(choose(Clues { api_key: Some("b"), ..Clues::default() }).unwrap().unwrap(), "b");
        assert_eq!(choose(Clues { api_key: Some("AIzaSomething"), ..Clues::default() }).unwrap().unwrap(), "usual");
    }

    #[test]
    fn a_named_application_that_does_not_exist_is_an_error() {
        let error = choose(Clues { header: Some("nobody"), ..Clues::default() }).unwrap_err();
        assert_eq!(
            error.to_string(),
            "No model is published for application `nobody`, named by the header x-chameleon-app."
        );
    }

    #[test]
    fn an_unpublished_default_leaves_the_generic_model() {
        let apps = Apps { default_app: Some("later".to_owned()), ..Apps::default() };
        assert_eq!(apps.choose(&Clues::default(), exists).unwrap(), None);
    }

    #[test]
    fn keys_are_not_shown() {
        assert!(!format!("{:?}", apps()).contains("secret"));
    }
}
