//! The canonical summary of a program, found by running it over a vocabulary.

use crate::{Api, ApiOutput, Decider, DecisionType, Program, Summary, Vocabulary, Warning};

/// The canonical form of `program`, and what looks doubtful in it.
pub fn summarize(program: &Program, api: &Api, vocabulary: &Vocabulary) -> (Summary, Vec<Warning>) {
    let decider = Decider::new(program, api.default_top_k);
    let (default, reason) = match decider.decide(&ApiOutput::Labels { labels: Vec::new() }) {
        Ok(decision) => (decision, None),
        Err(error) => (crate::Decision::default(), Some(error.to_string())),
    };
    let summary = Summary {
        decision_type: DecisionType::Other,
        order: None,
        branches: Vec::new(),
        top_k: None,
        default,
        vocabulary: vocabulary.name.clone(),
        reason,
    };
    (summary, Vec::new())
}
