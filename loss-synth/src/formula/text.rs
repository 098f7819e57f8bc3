//! The formula as text.

use std::fmt::{self, Display, Formatter};

use chameleon_decision::DecisionType;

use super::{Formula, FormulaBranch};
use crate::config::Space;
use crate::form::Rule;
use crate::pooling::Pooling;
use crate::step::Step;
use crate::terms::TermKind;

/// Columns of text.
const WIDTH: usize = 100;

impl Display for Formula {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "loss of one image ({}), averaged over the batch\n", kind_of_decision(self))?;
        for case in &self.cases {
            writeln!(f, "  if {}:", case.when)?;
            for (i, term) in case.terms.iter().enumerate() {
                let sign = if i == 0 { ' ' } else { '+' };
                let weight =
                    if (term.weight - 1.0).abs() < 1e-12 { String::new() } else { format!("{} ", term.weight) };
                writeln!(f, "    {sign} {weight}step( {} )  # {}", term.margin, name(term.kind))?;
            }
        }
        writeln!(f, "\nwhere")?;
        writeln!(f, "  step(x)    {}", step(self.step))?;
        let z = match self.space {
            Space::Logit => "the logit of a label",
            Space::Probability => "the score of a label, the sigmoid of its logit",
        };
        writeln!(f, "  z(label)   {z}")?;
        writeln!(f, "  m(branch)  {}", largest(self.pooling))?;
        writeln!(f, "  t(branch)  {}", threshold(self.top_k))?;
        writeln!(f, "\nbranches")?;
        self.branches.iter().try_for_each(|branch| write_branch(f, branch))
    }
}

fn kind_of_decision(formula: &Formula) -> &'static str {
    match (formula.decision_type, formula.rule) {
        (DecisionType::TrueFalse, _) => "true-false",
        (DecisionType::MultiSelect, _) => "multi-select: the loss is the sum over branches",
        (_, Rule::HighestScore) => "multi-choice: the first label the API returns decides",
        (_, Rule::LowestScore) => "multi-choice: the last label the API returns decides",
        (_, _) => "multi-choice: the first branch of the application decides",
    }
}

fn name(kind: TermKind) -> &'static str {
    match kind {
        TermKind::Miss => "miss",
        TermKind::Overtake => "overtake",
        TermKind::FalseAlarm => "false alarm",
    }
}

fn step(step: Step) -> String {
    match step {
        Step::Softplus { beta, margin } => format!("log(1 + exp({beta} ({margin} - x))) / {beta}"),
        Step::Sigmoid { beta, margin, wrong_weight } => {
            format!("w / (1 + exp(-{beta} ({margin} - x))), w = {wrong_weight} for x < {margin}, else 1")
        }
    }
}

fn largest(pooling: Pooling) -> String {
    match pooling {
        Pooling::Max => "the largest z of its labels".to_owned(),
        Pooling::LogSumExp { temperature } => {
            format!("the largest z of its labels, softly: {temperature} log sum exp(z / {temperature})")
        }
    }
}

fn threshold(top_k: Option<usize>) -> String {
    let score = "what z must exceed to be seen: the threshold below";
    match top_k {
        None => score.to_owned(),
        Some(1) => format!("{score}, or the largest z outside the branch if higher"),
        Some(k) => format!("{score}, or the {} z outside the branch if higher", ordinal_largest(k)),
    }
}

fn ordinal_largest(k: usize) -> String {
    let suffix = match (k % 10, k % 100) {
        (1, n) if n != 11 => "st",
        (2, n) if n != 12 => "nd",
        (3, n) if n != 13 => "rd",
        _ => "th",
    };
    format!("{k}{suffix} largest")
}

fn write_branch(f: &mut Formatter<'_>, branch: &FormulaBranch) -> fmt::Result {
    let count = branch.labels.len();
    let labels = if count == 1 { "1 label".to_owned() } else { format!("{count} labels") };
    let negated = if branch.negated { ", taken when none is seen" } else { "" };
    writeln!(
        f,
        "  {}: {labels}{negated}, threshold {:.3} (score {})",
        branch.name, branch.threshold, branch.min_score
    )?;
    let mut line = String::new();
    for (i, label) in branch.labels.iter().enumerate() {
        let item = if i + 1 == count { label.clone() } else { format!("{label},") };
        if !line.is_empty() && 4 + line.chars().count() + 1 + item.chars().count() > WIDTH {
            writeln!(f, "    {line}")?;
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&item);
    }
    writeln!(f, "    {line}")
}
