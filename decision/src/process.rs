//! A decision process with both its faces, and its JSON form.

use serde::{Deserialize, Serialize};

use crate::api::Api;
use crate::program::{Program, Span};
use crate::summary::Summary;

/// Version of the JSON form; it grows when a reader of the old form would misread the new one.
pub const FORMAT_VERSION: u32 = 1;

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
    /// The canonical face.
    pub summary: Summary,
    /// Doubtful places.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}
