//! What an application does for one API output.
//!
//! A decision is the sequence of things an outsider could observe: values returned and calls made, with the API's own
//! data masked. `print("recycle: " + label.description)` for *Glass* and for *Plastic* is the same decision, since the
//! description is data that passes through, while `"recycle"` was chosen by a branch. Masking is by taint: text and
//! numbers that come from the API stay [`Rendered::Data`] through string operations and arithmetic; the result of a
//! comparison, a membership test or a look-up by key is chosen, and shows. Repetitions of one effect (a loop that prints
//! every label) count once, in order of first occurrence.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::program::{Program, Span};

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

impl Decision {
    /// Short text for people, e.g. `return 'compost'`; effects are separated by `; `.
    pub fn describe(&self, program: &Program) -> String {
        let _ = program;
        self.to_string()
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.effects.is_empty() {
            return f.write_str("nothing");
        }
        for (i, effect) in self.effects.iter().enumerate() {
            write!(f, "{}{effect}", if i == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        match self.action.as_str() {
            "return" | "raise" => write!(f, "{} {values}", self.action),
            assigned if assigned.ends_with(" =") => write!(f, "{assigned} {values}"),
            called => write!(f, "{called}({values})"),
        }
    }
}

impl fmt::Display for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chosen(text) => f.write_str(text),
            Self::Data => f.write_str("<data>"),
            Self::Unknown => f.write_str("<unknown>"),
            Self::Parts(parts) => parts.iter().try_for_each(|part| part.fmt(f)),
        }
    }
}
