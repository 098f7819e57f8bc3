//! Answers to one text, as the programs that read them see them.

use chameleon_decision::{Api, ApiOutput, SentimentClasses};
use serde_json::{Value as Json, json};

/// What the one name of a text is: programs that look for names of their own do not know it.
const NAME: &str = "Ada";

/// Where the answer to a batch has what it says of each text.
const RESULTS: &str = "result_list";

/// How an API writes an answer about a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Google Natural Language.
    Google,
    /// Amazon Comprehend, asked about one text.
    Comprehend,
    /// Amazon Comprehend, asked about a batch of one text.
    ComprehendBatch,
}

impl Style {
    /// The style of an API.
    pub fn of(api: &Api) -> Self {
        match (api.provider.as_str(), api.answer.at(&[RESULTS.to_owned()])) {
            ("aws", Some(_)) => Self::ComprehendBatch,
            ("aws", None) => Self::Comprehend,
            _ => Self::Google,
        }
    }

    fn comprehend(self, mut about: Json) -> ApiOutput {
        let answer = if self == Self::ComprehendBatch {
            about["index"] = json!(0);
            json!({ RESULTS: [about], "error_list": [] })
        } else {
            about
        };
        ApiOutput::Answer { answer }
    }
}

/// Google's answer for a text of one sentence with this score.
pub fn sentiment(score: f64) -> ApiOutput {
    let mood = json!({ "score": score, "magnitude": score.abs() });
    let sentence = json!({ "text": { "content": "", "begin_offset": 0 }, "sentiment": mood });
    ApiOutput::Answer { answer: json!({ "document_sentiment": mood, "language": "en", "sentences": [sentence] }) }
}

/// Comprehend's answer for a text with these shares of the classes.
pub fn classes(shares: &SentimentClasses, style: Style) -> ApiOutput {
    style.comprehend(json!({ "sentiment": shares.greatest(), "sentiment_score": shares }))
}

/// The answer for a text of one name of this kind.
pub fn entity(kind: &str, style: Style) -> ApiOutput {
    if style != Style::Google {
        let entity = json!({ "text": NAME, "type": kind, "score": 1.0, "begin_offset": 0, "end_offset": NAME.len() });
        return style.comprehend(json!({ "entities": [entity] }));
    }
    let text = json!({ "content": NAME, "begin_offset": 0 });
    let mention = json!({ "text": text, "type": "PROPER" });
    let entity = json!({ "name": NAME, "type": kind, "salience": 1.0, "metadata": {}, "mentions": [mention] });
    ApiOutput::Answer { answer: json!({ "entities": [entity], "language": "en" }) }
}
