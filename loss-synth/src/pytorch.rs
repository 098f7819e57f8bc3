//! The loss of one application as a Python module for `PyTorch`.
//!
//! The module stands alone: it needs torch and nothing else. It is put together from the files of `pytorch/`, one for
//! each choice that an application or a configuration makes, so that it holds what this loss does and no more.

mod constants;

use std::fmt::Write as _;

use crate::config::Space;
use crate::error::LossError;
use crate::form::{Outputs, Rule, Takes};
use crate::loss::DecisionLoss;
use crate::pooling::Pooling;
use crate::step::Step;

impl DecisionLoss {
    /// A Python module with a `DecisionLoss(torch.nn.Module)` whose `forward(logits, truth)` is the mean loss of a batch:
    /// the value, and through torch's own differentiation the gradient, of this loss. `title` is its first line.
    ///
    /// # Errors
    /// The loss has no formula: it runs the application's program, which no tensor operation does.
    pub fn to_pytorch(&self, title: &str) -> Result<String, LossError> {
        let rule = rule(self)?;
        let (title, shapes, formula) = (escaped(title), shapes(self), escaped(&self.formula()));
        let mut module = format!("\"\"\"{title}\n\n{shapes}\n\n{formula}\"\"\"\n\n");
        module.push_str("import math\n\nimport torch\nfrom torch import nn\n\n");
        constants::write(self, &mut module);
        let scores = [compared(self), step(self), pooling(self)].into_iter().chain(intervals(self));
        let parts = scores.chain([outputs(self)]).chain(branches(self)).chain(rule);
        for part in parts {
            let _ = write!(module, "\n\n{}", part.trim_end());
            module.push('\n');
        }
        Ok(module)
    }
}

/// What the module takes.
fn shapes(loss: &DecisionLoss) -> String {
    let width = loss.form.width;
    let truth = match &loss.form.outputs {
        Outputs::Numbers(numbers) => format!("(N, {}), the true numbers", numbers.len()),
        Outputs::Slots { .. } => format!("(N, {width}), true for the right member of each slot"),
        Outputs::Scored => format!("(N, {width}), true for the labels of each row"),
    };
    format!("`DecisionLoss()(logits, truth)` is the mean loss of\n  logits  (N, {width})\n  truth   {truth}")
}

/// Text inside a documentation string.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace("\"\"\"", "\\\"\\\"\\\"")
}

fn compared(loss: &DecisionLoss) -> &'static str {
    match (&loss.form.outputs, loss.config.space) {
        (Outputs::Numbers(_), _) => include_str!("pytorch/compared_numbers.py"),
        (Outputs::Slots { floor: false, .. }, Space::Probability) => {
            include_str!("pytorch/compared_probability_members.py")
        }
        (_, Space::Probability) => include_str!("pytorch/compared_probability.py"),
        (_, Space::Logit) => include_str!("pytorch/compared_logit.py"),
    }
}

fn step(loss: &DecisionLoss) -> &'static str {
    match loss.config.step {
        Step::Softplus { .. } => include_str!("pytorch/step_softplus.py"),
        Step::Sigmoid { .. } => include_str!("pytorch/step_sigmoid.py"),
    }
}

fn pooling(loss: &DecisionLoss) -> &'static str {
    match loss.config.pooling {
        Pooling::Max => include_str!("pytorch/pool_max.py"),
        Pooling::LogSumExp { .. } => include_str!("pytorch/pool_soft.py"),
    }
}

fn intervals(loss: &DecisionLoss) -> Option<&'static str> {
    let seen = |branch: &crate::form::LossBranch| branch.takes == Takes::Seen;
    (!loss.form.branches.iter().all(seen)).then_some(include_str!("pytorch/intervals.py"))
}

fn outputs(loss: &DecisionLoss) -> &'static str {
    match loss.form.outputs {
        Outputs::Scored => include_str!("pytorch/outputs_scored.py"),
        Outputs::Slots { .. } => include_str!("pytorch/outputs_slots.py"),
        Outputs::Numbers(_) => include_str!("pytorch/outputs_numbers.py"),
    }
}

/// All branches of a form are taken in the same way.
fn branches(loss: &DecisionLoss) -> Option<&'static str> {
    loss.form.branches.first().map(|branch| match branch.takes {
        Takes::Seen => include_str!("pytorch/branches_seen.py"),
        Takes::Count(_) => include_str!("pytorch/branches_counts.py"),
        Takes::Score(_) => include_str!("pytorch/branches_scores.py"),
        Takes::Numbers(_) => include_str!("pytorch/branches_regions.py"),
    })
}

fn rule(loss: &DecisionLoss) -> Result<Vec<&'static str>, LossError> {
    let labels = include_str!("pytorch/labels.py");
    Ok(match loss.form.rule {
        Rule::Independent => vec![include_str!("pytorch/rule_independent.py")],
        Rule::FirstBranch => vec![include_str!("pytorch/rule_first_branch.py")],
        Rule::HighestScore => vec![include_str!("pytorch/rule_highest_score.py")],
        Rule::LowestScore => vec![labels, include_str!("pytorch/rule_lowest_score.py")],
        Rule::Exclusive if loss.form.rest.is_some() => vec![include_str!("pytorch/rule_exclusive.py")],
        Rule::Exclusive => vec![include_str!("pytorch/rule_exclusive_open.py")],
        Rule::FirstItem | Rule::LastItem => vec![include_str!("pytorch/rule_items.py")],
        Rule::Each => vec![labels, include_str!("pytorch/rule_each.py")],
        Rule::Program => return Err(LossError::NoFormula),
    })
}
