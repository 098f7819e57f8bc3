//! The interpreter: Python's semantics for [`Program`](crate::Program)s.
//!
//! It walks the tree of one program over one API output and records effects. Every string and number remembers whether it
//! came from the API; comparing such a value is an *inspection*, after which what happens counts as decided. Containers
//! remember whether their length mirrors the API's list. Values that the program does not determine stay unknown through
//! every operation; a test of one asks the run's *script*, so that the caller can explore both ways.
//!
//! Hostile programs end in a [`DecideError`](crate::DecideError): steps, nesting and the sizes of strings and lists are
//! paid for.

mod alike;
mod answer_text;
mod binning;
mod builtins;
mod collecting;
mod containers;
mod copying;
mod dismantle;
mod effects;
mod enumeration;
mod exception;
mod expressions;
mod format;
mod format_spec;
mod frame;
mod itertools;
mod json;
mod json_text;
mod known_parts;
mod machine;
mod math;
mod memory;
mod methods;
mod numbers;
mod numerals;
mod object;
mod operators;
mod own;
mod recall;
mod regex;
mod render;
mod response;
mod scope;
mod sequences;
mod shared;
mod shuffled;
mod similarity;
mod sorting;
mod statements;
mod strings;
mod table;
mod text;
mod types;
mod value;
mod walk;
mod watch;

pub use machine::Observation;
pub(crate) use machine::{Choice, Ran, Surroundings, Trace, run};
pub(crate) use memory::{Measured, Memory};
pub(crate) use response::snake_case;
