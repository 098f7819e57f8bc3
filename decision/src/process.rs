//! A decision process with both its faces, and its JSON form.
//!
//! The JSON form is one object:
//!
//! ```json
//! {
//!   "version": 3,
//!   "api": {"provider": "google", "service": "vision", "operation": "label_detection", "answer": {"record": {}}, "default_top_k": 10},
//!   "call": {"file": 0, "line": 3, "column": 5, "end_line": 3, "end_column": 40},
//!   "program": {"files": ["app.py"], "globals": [], "functions": [], "entry": 0},
//!   "summary": {"decision_type": "true_false", "branches": [], "default": {"effects": []}, "vocabulary": "image-labels"},
//!   "warnings": []
//! }
//! ```
//!
//! - Enumerations are written in snake case: `multi_choice`, `app_priority`, `icontains`.
//! - A statement or expression is an object with its `span` and a tag, `stmt` or `expr`, beside its own fields:
//!   `{"span": ..., "expr": "name", "name": "label"}`. A target has the tag `target`.
//! - A constant is `"none"`, `{"bool": true}`, `{"int": 1}`, `{"float": 0.5}` or `{"str": "food"}`.
//! - `entry` and `function` are indices into `functions`; `file` is an index into `files`.
//! - An effect is `{"span": ..., "action": "return", "values": [...]}`; a value is `"data"`, `"unknown"`,
//!   `{"chosen": "'compost'"}` or `{"parts": [...]}`.
//! - The shape of an answer is a leaf (`"name"`, `"score"`, `"percent"`, `"text"`, `"flag"`, `"other"`) or an object of
//!   one key: `record`, `list`, `single`, `number`, `choice`, `word`; see [`Shape`](crate::Shape).
//! - `field` says what of the answer decides, `entities[].type`; `regions` of a branch are alternatives, each a list of
//!   bounds that must all hold: `[[{"field": "document_sentiment.score", "high": {"value": -0.25, "inclusive": false}}]]`.
//! - `given` are answers of other APIs that the program asks: the summary is what it does where they answer so; `contexts` are
//!   examples of other answers, each with the summary of what it does then; its `reason` is that the API is not asked then where
//!   that hangs on the others' answers.
//! - `asks_for` is the least score that the request asks for: `{"value": 0.7, "inclusive": true}`.
//! - What is absent has its default: `asks_for`, `order`, `top_k`, `reason`, `min_score`, `conditions`, `negated`, `warnings`, `given`, `contexts`,
//!   `default` of a parameter.
//!
//! A reader must refuse a `version` that it does not know; unknown fields may be ignored.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::api::Api;
use crate::output::ApiOutput;
use crate::program::{Program, Span};
use crate::summary::{MinScore, Summary};

/// Version of the JSON form; it grows when a reader of the old form would misread the new one.
pub const FORMAT_VERSION: u32 = 3;

/// Code that does what it says but probably not what it means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Where.
    pub span: Span,
    /// What, e.g. "`fire` never equals a label: the API capitalises".
    pub message: String,
}

/// Something the analyzer could not follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Path relative to the analyzed root.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Why.
    pub reason: String,
}

/// The answer of another API than the one that a decision is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Given {
    /// [`Api::path`] of the other API.
    pub api: String,
    /// What it answered.
    pub output: ApiOutput,
}

/// What an application decides where other APIs answer something else than they are [given](DecisionProcess::given) to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Context {
    /// What they answer.
    pub given: Vec<Given>,
    /// What is decided then.
    pub summary: Summary,
    /// Doubtful places that are none, or not the same, where they answer as given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

/// What an application decides from one API call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecisionProcess {
    /// [`FORMAT_VERSION`] of the writer.
    pub version: u32,
    /// Which API.
    pub api: Api,
    /// Where it is called.
    pub call: Span,
    /// The executable face.
    pub program: Program,
    /// Answers of other APIs that the program asks, where its decision hangs on them: the summary holds where they answer
    /// so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<Given>,
    /// Where they answer otherwise: an example of each kind of answers with which something else is decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contexts: Vec<Context>,
    /// The least score of an item that the request asks for, where it says so: the API answers none below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks_for: Option<MinScore>,
    /// The canonical face.
    pub summary: Summary,
    /// Doubtful places.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

/// Why a text is no decision process.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Not JSON, or not of this form.
    #[error("not a decision process in JSON")]
    Json(#[from] serde_json::Error),
    /// Written by another version.
    #[error("decision process of version {found}, this reads version {known}")]
    Version {
        /// The version in the text.
        found: u64,
        /// [`FORMAT_VERSION`].
        known: u32,
    },
}

impl DecisionProcess {
    /// The score, in 0..1, below which the API answers no item to this request; 0 where it answers all that it has.
    pub fn least_score(&self) -> f64 {
        self.asks_for.map(|least| least.value).or(self.api.default_least).unwrap_or(0.0)
    }

    /// Reads the JSON form. The version is looked at first, so that a newer form is refused as such and not for a field.
    ///
    /// # Errors
    /// When the text is not JSON, has another version, or lacks something.
    pub fn from_json(text: &str) -> Result<Self, ReadError> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u64,
        }
        let Versioned { version: found } = serde_json::from_str(text)?;
        if found != u64::from(FORMAT_VERSION) {
            return Err(ReadError::Version { found, known: FORMAT_VERSION });
        }
        Ok(serde_json::from_str(text)?)
    }

    /// Writes the JSON form.
    ///
    /// # Errors
    /// When a number in the program is not finite: JSON has no word for it.
    pub fn to_json(&self) -> Result<String, ReadError> {
        Ok(serde_json::to_string_pretty(self)?)
    }
}
