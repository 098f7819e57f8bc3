//! A summary made ready for arithmetic: label indices instead of names, and the rule by which branches are taken.

use std::collections::HashMap;

use chameleon_decision::{Branch, DecisionType, Order, Summary, Vocabulary};
use serde::{Deserialize, Serialize};

use crate::config::LossConfig;
use crate::error::LossError;

/// How the branches that see one of their labels become a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Each branch is taken or not on its own: true-false and multi-select.
    Independent,
    /// The branch with the highest-scored seen label: multi-choice in the API's order.
    HighestScore,
    /// The first seen branch in the application's order: multi-choice by priority.
    FirstBranch,
    /// The branch with the lowest-scored seen label: multi-choice where later labels overwrite.
    LowestScore,
}

/// A branch that some label reaches.
#[derive(Clone, Debug, PartialEq)]
pub struct LossBranch {
    /// Its name in the summary.
    pub name: String,
    /// Indices of its labels in the vocabulary, ascending.
    pub labels: Vec<usize>,
    /// Whether it is taken when none of its labels is seen.
    pub negated: bool,
    /// The score a label needs to be seen, in 0..1.
    pub min_score: f64,
}

/// What the loss knows of an application.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) decision_type: DecisionType,
    pub(crate) rule: Rule,
    pub(crate) branches: Vec<LossBranch>,
    pub(crate) top_k: Option<usize>,
    /// Vocabulary size, L.
    pub(crate) width: usize,
    /// The vocabulary, for the formula.
    pub(crate) names: Vec<String>,
}

impl Form {
    pub(crate) fn new(summary: &Summary, vocabulary: &Vocabulary, config: &LossConfig) -> Result<Self, LossError> {
        let rule = rule(summary)?;
        let mut branches = branches(summary, vocabulary, config.min_score)?;
        if rule != Rule::Independent {
            keep_first_owner(&mut branches);
        }
        branches.retain(|branch| !branch.labels.is_empty());
        if branches.is_empty() {
            return Err(LossError::Unreachable { vocabulary: vocabulary.name.clone() });
        }
        if matches!(rule, Rule::HighestScore | Rule::LowestScore)
            && let Some(branch) = branches.iter().find(|branch| branch.negated)
        {
            return Err(LossError::NegatedInOrder { branch: branch.name.clone() });
        }
        let top_k = summary.top_k.or(config.default_top_k).map(|k| k as usize);
        if top_k == Some(0) {
            return Err(LossError::NothingSeen);
        }
        let (width, names) = (vocabulary.labels.len(), vocabulary.labels.clone());
        Ok(Self { decision_type: summary.decision_type, rule, branches, top_k, width, names })
    }

    /// Which branches an image with these true labels should take.
    pub(crate) fn right_branches(&self, truth: &[u16]) -> Vec<bool> {
        let taken = |branch: &LossBranch| {
            let hit = truth.iter().any(|&label| branch.labels.binary_search(&usize::from(label)).is_ok());
            hit != branch.negated
        };
        self.branches.iter().map(taken).collect()
    }
}

fn rule(summary: &Summary) -> Result<Rule, LossError> {
    if summary.branches.iter().any(|branch| !branch.regions.is_empty()) {
        let field = summary.field.as_deref().unwrap_or("a number");
        return Err(LossError::NotInTaxonomy { reason: format!("it is taken by where {field} lies") });
    }
    match (summary.decision_type, summary.order) {
        (DecisionType::TrueFalse | DecisionType::MultiSelect, _) => Ok(Rule::Independent),
        (DecisionType::MultiChoice, Some(Order::ApiOutput)) => Ok(Rule::HighestScore),
        (DecisionType::MultiChoice, Some(Order::AppPriority)) => Ok(Rule::FirstBranch),
        (DecisionType::MultiChoice, Some(Order::LastMatch)) => Ok(Rule::LowestScore),
        (DecisionType::MultiChoice, None) => Err(LossError::NoOrder),
        (DecisionType::Range | DecisionType::Count | DecisionType::Other, _) => {
            let reason = summary.reason.clone().unwrap_or_else(|| "the analyzer gives no reason".to_owned());
            Err(LossError::NotInTaxonomy { reason })
        }
    }
}

fn branches(summary: &Summary, vocabulary: &Vocabulary, api_min_score: f64) -> Result<Vec<LossBranch>, LossError> {
    let index: HashMap<&str, usize> = vocabulary.labels.iter().enumerate().map(|(i, l)| (l.as_str(), i)).collect();
    let lookup = |branch: &Branch, label: &String| {
        index.get(label.as_str()).copied().ok_or_else(|| LossError::UnknownLabel {
            branch: branch.name.clone(),
            label: label.clone(),
            vocabulary: vocabulary.name.clone(),
        })
    };
    let compile = |branch: &Branch| {
        let bound = branch.min_score.map_or(0.0, |min| min.value);
        // The comparison is false for NaN, too.
        let attainable = bound < 1.0;
        if !attainable {
            return Err(LossError::MinScore { branch: branch.name.clone(), value: bound });
        }
        let mut labels = branch.labels.iter().map(|label| lookup(branch, label)).collect::<Result<Vec<_>, _>>()?;
        labels.sort_unstable();
        labels.dedup();
        let min_score = bound.max(api_min_score);
        Ok(LossBranch { name: branch.name.clone(), labels, negated: branch.negated, min_score })
    };
    summary.branches.iter().map(compile).collect()
}

/// In a multi-choice a label alone reaches one branch; should a summary list it twice, the first branch keeps it.
fn keep_first_owner(branches: &mut [LossBranch]) {
    let mut owned = std::collections::HashSet::new();
    for branch in branches {
        branch.labels.retain(|&label| owned.insert(label));
    }
}
