//! Credentials in the source: an account of an application is passed around, and must not carry its keys.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

/// What stands in the place of a credential.
pub(crate) const MASK: &str = "***";

/// Keys by the form that their providers give them: AWS, Google, Twilio and others.
static KEYS: LazyLock<Regex> = LazyLock::new(|| {
    let forms = [
        r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
        r"\bAIza[0-9A-Za-z_-]{35}",
        r"\b(?:AC|SK)[0-9a-f]{32}\b",
        r"\bsk-[0-9A-Za-z_-]{20,}",
        r"\bgh[pousr]_[0-9A-Za-z]{30,}",
        r"\bxox[abpr]-[0-9A-Za-z-]{10,}",
        r"(?:\b|bot)[0-9]{8,10}:[0-9A-Za-z_-]{35}\b",
    ];
    Regex::new(&forms.join("|")).expect("a pattern")
});

/// Keys in requests: what is asked with, who asks, and the places that whoever knows them may write to.
static IN_REQUESTS: LazyLock<Regex> = LazyLock::new(|| {
    let forms = [
        r"(?i:[?&](?:key|token|api_?key|app_?key|appid|access_token|auth)=|/key/)",
        r"hooks\.slack\.com/services/",
        r"discord(?:app)?\.com/api/webhooks/",
    ];
    let long = format!(r"({})[0-9A-Za-z_/-]{{16,}}", forms.join("|"));
    // What signs a token stands after a point; a password is a secret however short it is.
    let others = [r"(\bBearer )[0-9A-Za-z._~+/=-]{16,}", r"(://[^/\s:@]+:)[^/\s:@]+"];
    Regex::new(&format!(r"{long}|{}|{}(?P<at>@)", others[0], others[1])).expect("a pattern")
});

/// A name that says what it holds, and a text beside it.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    let name = r"(?i)(?:passw(?:or)?d|secret|token|ap[ip][_-]?key|access[_-]?(?:key|id)|subscription[_-]?key|auth|account_?sid)\w*";
    Regex::new(&format!(r#"({name}["']?\]?\s*[=:]\s*[rbu]?["'])([^"'\s]{{8,}})(["'])"#)).expect("a pattern")
});

/// A text without keys.
pub(crate) fn masked(text: &str) -> Cow<'_, str> {
    match IN_REQUESTS.replace_all(text, format!("${{1}}${{2}}${{3}}{MASK}${{at}}")) {
        Cow::Borrowed(text) => KEYS.replace_all(text, MASK),
        Cow::Owned(text) => Cow::Owned(KEYS.replace_all(&text, MASK).into_owned()),
    }
}

/// A line of source without keys and without what is given to names of credentials.
pub(crate) fn masked_line(line: &str) -> String {
    let line = NAMED.replace_all(line, format!("${{1}}{MASK}${{3}}"));
    masked(&line).into_owned()
}

/// Whether a variable of this name holds a credential.
pub(crate) fn is_credential(name: &str) -> bool {
    let name = name.trim_matches(['"', '\'']).to_lowercase().replace(['_', '-'], "");
    let ends = [
        "password",
        "passwd",
        "secret",
        "token",
        "apikey",
        "appkey",
        "accesskey",
        "secretkey",
        "privatekey",
        "subscriptionkey",
        "accesskeyid",
        "accessid",
        "accountsid",
    ];
    ends.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_masked_and_words_are_not() {
        let key = format!("AIza{}", "x".repeat(35));
        assert_eq!(masked(&format!("https://host/?key={key}&q=1")), "https://host/?key=***&q=1");
        let address = "https://maker.example/trigger/eaten/with/key/abcdefgh12345678";
        assert_eq!(masked(address), "https://maker.example/trigger/eaten/with/key/***");
        assert_eq!(masked("https://host/key/words"), "https://host/key/words");
        assert_eq!(masked("mongodb://me:hunter2@host:27017/db"), "mongodb://me:***@host:27017/db");
        assert_eq!(masked("http://host:8080/a@b"), "http://host:8080/a@b");
        assert_eq!(masked("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.c2ln-_"), "Bearer ***");
        let bot = format!("https://api.telegram.org/bot123456789:{}/send", "x".repeat(35));
        assert_eq!(masked(&bot), "https://api.telegram.org/***/send");
        assert_eq!(masked("a token of love, and a sk-etch"), "a token of love, and a sk-etch");
        assert_eq!(masked_line("auth_token = 'abcdefgh123'"), "auth_token = '***'");
        assert_eq!(masked_line("ACCESS_ID = 'S5ABCDEF123'"), "ACCESS_ID = '***'");
        assert_eq!(masked_line("if token == 'food':"), "if token == 'food':");
    }

    #[test]
    fn names_say_what_they_hold() {
        assert!(
            ["AWS_SECRET", "ACCESS_ID", "api_key", "accountSid", "'auth_token'", "'x-app-key'"]
                .into_iter()
                .all(is_credential)
        );
        assert!(["tokens_seen", "keyword", "secretary"].into_iter().all(|name| !is_credential(name)));
    }
}
