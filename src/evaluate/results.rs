//! The part of `results.json` that is shown. The trainer writes the file.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::report::{Evaluation, Interval, Ratio};

/// Names of the columns, in the order in which they build on each other.
pub(super) const ARMS: [&str; 7] = ["G", "T", "K", "B", "B+", "C", "S"];

/// The results of all decisions.
#[derive(Deserialize)]
pub(crate) struct Results {
    pub(crate) protocol: String,
    pub(crate) model: String,
    pub(crate) source: String,
    pub(crate) seeds: Vec<u64>,
    pub(crate) groups: Vec<Group>,
    pub(crate) decisions: Vec<DecisionResult>,
    pub(crate) skipped: Vec<Skipped>,
}

/// Averages over some decisions.
#[derive(Deserialize)]
pub(crate) struct Group {
    pub(crate) service: Option<String>,
    pub(crate) decision_type: Option<String>,
    pub(crate) decisions: usize,
    pub(crate) arms: BTreeMap<String, Average>,
    pub(crate) ratios: BTreeMap<String, Ratio>,
}

/// One arm's averages.
#[derive(Deserialize)]
pub(crate) struct Average {
    pub(crate) rate: f64,
    pub(crate) interval: Interval,
}

/// One decision.
#[derive(Deserialize)]
pub(crate) struct DecisionResult {
    pub(crate) name: String,
    pub(crate) service: String,
    pub(crate) decision_type: String,
    pub(crate) served: f64,
    pub(crate) worse_than_generic: bool,
    pub(crate) evaluation: Evaluation,
}

/// A decision without a result.
#[derive(Deserialize)]
pub(crate) struct Skipped {
    pub(crate) name: String,
    pub(crate) reason: String,
}

impl Results {
    /// Why decisions have no result, each reason once, with their names.
    pub(super) fn reasons(&self) -> Vec<(&str, Vec<&str>)> {
        let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
        for Skipped { name, reason } in &self.skipped {
            match reasons.iter_mut().find(|(known, _)| known == reason) {
                Some((_, names)) => names.push(name),
                None => reasons.push((reason, vec![name])),
            }
        }
        reasons
    }
}

impl Group {
    /// What it averages over.
    pub(super) fn title(&self) -> String {
        let words: Vec<&str> = [&self.service, &self.decision_type].into_iter().flatten().map(String::as_str).collect();
        if words.is_empty() { "all".to_owned() } else { words.join(", ") }
    }
}

impl DecisionResult {
    /// Rate of an arm or of what is served.
    pub(super) fn rate(&self, arm: &str) -> Option<f64> {
        if arm == "S" { Some(self.served) } else { Some(self.evaluation.rate(self.evaluation.arms.get(arm)?).mean) }
    }

    /// The arm that the product serves; the generic one where the gate holds the best back.
    pub(super) fn serves(&self) -> &str {
        if self.evaluation.served.passes { &self.evaluation.served.arm } else { "G" }
    }
}
