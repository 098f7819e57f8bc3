//! What an application does for one API output.
//!
//! A decision is the sequence of things an outsider could observe: values returned and calls made, with the API's own
//! data masked. `print("recycle: " + label.description)` for *Glass* and for *Plastic* is the same decision, since the
//! description is data that passes through, while `"recycle"` was chosen by a branch. Masking is by taint: text and
//! numbers that come from the API stay [`Rendered::Data`] through string operations and arithmetic; the result of a
//! comparison, a membership test or a look-up by key is chosen, and shows. Repetitions of one effect (a loop that prints
//! every label) count once, in order of first occurrence.

use serde::{Deserialize, Serialize};

use crate::program::Span;

/// A value as it shows in a decision.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rendered {
    /// A value the program chose, as Python's `repr`.
    Chosen(String),
    /// Data of the API that passes through, e.g. a description or a score.
    Data,
    /// A value the program does not determine (user input, an unknown call).
    Unknown,
    /// A container or formatted string of several parts.
    Parts(Vec<Rendered>),
}

/// One observable thing the application does.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Effect {
    /// Where in the source.
    pub span: Span,
    /// `return`, or the called name as written, e.g. `print`, `servo.open`.
    pub action: String,
    /// The returned value or the arguments.
    pub values: Vec<Rendered>,
}

/// What the application decides: its effects, each once, in order of first occurrence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Decision {
    /// The effects.
    pub effects: Vec<Effect>,
}
