//! The decision process: what an application decides from the output of an ML API.
//!
//! Two faces of one thing. The [`Program`] is an executable slice of the application: [`Decider::decide`] turns an
//! [`ApiOutput`] into a [`Decision`] without Python. The [`Summary`] is the canonical form that people read and that
//! the loss is made from; [`summarize`] derives it by running the program over the API's vocabulary, never by matching
//! syntax.
//!
//! This crate holds pure values: no files, no network, no machine learning.

#![forbid(unsafe_code)]

mod answer;
mod api;
mod budget;
mod decider;
mod decision;
mod interpreter;
mod library;
mod output;
mod predict;
mod process;
mod program;
mod sample;
mod shape;
mod summarize;
mod summary;
pub mod visit;

pub use answer::{
    BoundingBox, Category, DetectedObject, Entity, EntityKind, EntitySentiment, Mention, SentenceSentiment, Sentiment,
    SentimentClasses,
};
pub use api::Api;
pub use budget::Budget;
pub use decider::{DecideError, Decider, OUT_OF_BUDGET, Stops};
pub use decision::{Decision, Effect, Rendered};
pub use interpreter::Observation;
pub use library::{BUILTINS, PURE_FUNCTIONS, REGEX_FLAGS};
pub use output::{ApiOutput, Label};
pub use process::{Context, DecisionProcess, FORMAT_VERSION, Given, Problem, ReadError, Warning};
pub use program::{
    ASSUMED, BinaryOp, BoolOp, CompareOp, Comprehension, ComprehensionKind, Constant, Expr, ExprKind, Function,
    FunctionId, HANDLED, Keyword, PREPARING, Parameter, Program, ResponseForm, SAID, SETTING, Span, Stmt, StmtKind,
    Target, UnaryOp, makes_object,
};
pub use shape::{Enumeration, ITEM, Path, Shape, show_path};
/// A text that a pattern of the program's matches; `None` where its text is a word.
pub fn sample_of_pattern(text: &str) -> Option<String> {
    sample::of(text)
}

pub use summarize::{EMPTY_OUTCOME, HANDED_ON, NOT_ASKED, ONLY_EMPTY, SAME_OUTCOME, speaks_of_all_answers, summarize};
pub use summary::{
    Bounds, Branch, Condition, DecisionType, Handed, IdleWord, Limit, MatchMode, MinScore, Order, Region, Summary,
    Vocabulary, Word,
};

/// Names the build, by a hash of this crate's sources: programs of the same build write and read decision processes
/// alike.
pub const BUILD: &str = env!("CHAMELEON_BUILD");
