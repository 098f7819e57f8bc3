//! The formula as text.

use std::fmt::{self, Display, Formatter};

use chameleon_decision::DecisionType;

use super::{Formula, FormulaBranch, Rival};
use crate::config::Space;
use crate::form::{Interval, Rule, Takes};
use crate::pooling::Pooling;
use crate::step::Step;
use crate::terms::TermKind;

/// Columns of text.
const WIDTH: usize = 100;

impl Display for Formula {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "loss of one example ({}), averaged over the batch\n", kind_of_decision(self))?;
        for case in &self.cases {
            writeln!(f, "  if {}:", case.when)?;
            for (i, term) in case.terms.iter().enumerate() {
                let name = if self.rule == Rule::Program { "" } else { name(term.kind) };
                let sign = if i == 0 { ' ' } else { '+' };
                let weight =
                    if (term.weight - 1.0).abs() < 1e-12 { String::new() } else { format!("{} ", term.weight) };
                let remark = if name.is_empty() { String::new() } else { format!("  # {name}") };
                writeln!(f, "    {sign} {weight}step( {} ){remark}", term.margin)?;
            }
        }
        writeln!(f, "\nwhere")?;
        writeln!(f, "  step(x)    {}", step(self.step, self.wrong_weight))?;
        let z = match self.space {
            Space::Logit => "the logit of a label",
            Space::Probability => "the score of a label, the sigmoid of its logit",
        };
        if self.rival == Some(Rival::Ends) {
            writeln!(f, "  d(branch)  {}", distance(self.space))?;
        } else {
            writeln!(f, "  z(label)   {z}")?;
        }
        if let Some(shown) = self.rival.filter(|&rival| rival != Rival::Ends) {
            writeln!(f, "  m(branch)  {}", largest(self.pooling))?;
            writeln!(f, "  t(branch)  {}", rival(shown, self.top_k))?;
            if self.branches.iter().any(|branch| branch.takes != Takes::Seen) {
                writeln!(f, "  d(branch)  {DISTANCE}")?;
            }
        }
        writeln!(f, "\nbranches")?;
        self.branches.iter().try_for_each(|branch| write_branch(f, self, branch))?;
        if !self.unreached.is_empty() {
            writeln!(f, "\nnot in it")?;
        }
        self.unreached.remarks().iter().try_for_each(|remark| writeln!(f, "  {remark}"))
    }
}

fn kind_of_decision(formula: &Formula) -> &'static str {
    match (formula.decision_type, formula.rule) {
        (_, Rule::Program) => "the program itself decides, and is run around each output",
        (_, Rule::Each) => "each label is decided on by itself",
        (DecisionType::TrueFalse, _) => "true-false",
        (DecisionType::Range, _) => "range: where a number lies decides",
        (DecisionType::Count, _) => "count: how many items there are decides",
        (DecisionType::MultiSelect, _) => "multi-select: the loss is the sum over branches",
        (_, Rule::HighestScore) => "multi-choice: the first label the API returns decides",
        (_, Rule::LowestScore) => "multi-choice: the last label the API returns decides",
        (_, Rule::FirstItem) => "multi-choice: the first item of the list decides",
        (_, Rule::LastItem) => "multi-choice: the last item of the list decides",
        (_, Rule::Exclusive) => "multi-choice: the answer has one member",
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

fn step(step: Step, wrong_weight: f64) -> String {
    let weighted = wrong_weight > 1.0;
    match step {
        Step::Softplus { beta, margin } => {
            let extra = wrong_weight - 1.0;
            let wrong = if weighted { format!(" + {extra} log(1 + exp(-{beta} x)) / {beta}") } else { String::new() };
            format!("log(1 + exp({beta} ({margin} - x))) / {beta}{wrong}")
        }
        Step::Sigmoid { beta, margin } if weighted => {
            format!("w / (1 + exp(-{beta} ({margin} - x))), w = {wrong_weight} for x < {margin}, else 1")
        }
        Step::Sigmoid { beta, margin } => format!("1 / (1 + exp(-{beta} ({margin} - x)))"),
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

/// What `d` of a branch with conditions on its labels is.
const DISTANCE: &str = "the change of scores up to which the branch is taken; below 0, from which on it is";

fn distance(space: Space) -> &'static str {
    match space {
        Space::Logit => "by how much the raw output lies inside the intervals below, their ends taken to raw outputs",
        Space::Probability => "by how much the number lies inside the intervals below; below 0, outside",
    }
}

fn rival(rival: Rival, top_k: Option<usize>) -> String {
    match rival {
        Rival::Threshold => threshold(top_k),
        Rival::Members => "the largest z of the other members of the same field".to_owned(),
        Rival::MembersAndThreshold => "the largest z of the other labels, or the threshold below if higher".to_owned(),
        Rival::Ends => "the end of an interval".to_owned(),
    }
}

fn threshold(top_k: Option<usize>) -> String {
    let score = "what z must exceed to be seen: the threshold below";
    match top_k {
        None => score.to_owned(),
        Some(1) => format!("{score}, or the largest z outside the branch if higher{AMONG}"),
        Some(k) => format!("{score}, or the {} largest z outside the branch if higher{AMONG}", ordinal(k)),
    }
}

/// Labels that would take one of several branches crowd one another out, and the first of them is seen all the same.
const AMONG: &str =
    ";\n             of branches that must not be taken, outside all their labels above their thresholds";

/// `1st`, `2nd`, `3rd`, `4th`, ...
pub(crate) fn ordinal(k: usize) -> String {
    let suffix = match (k % 10, k % 100) {
        (1, n) if n != 11 => "st",
        (2, n) if n != 12 => "nd",
        (3, n) if n != 13 => "rd",
        _ => "th",
    };
    format!("{k}{suffix}")
}

fn write_branch(f: &mut Formatter<'_>, formula: &Formula, branch: &FormulaBranch) -> fmt::Result {
    let count = branch.labels.len();
    let takes = takes(branch, &formula.numbers);
    if formula.rival == Some(Rival::Ends) {
        return writeln!(f, "  {}: {takes}", branch.name);
    }
    let labels = if count == 1 { "1 label".to_owned() } else { format!("{count} labels") };
    let least = match formula.rival {
        Some(Rival::Members) | None => String::new(),
        Some(_) => format!(", threshold {:.3} (score {})", branch.threshold, branch.min_score),
    };
    writeln!(f, "  {}: {labels}{takes}{least}", branch.name)?;
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

/// When the branch is taken, where that is more than that one of its labels is seen.
fn takes(branch: &FormulaBranch, numbers: &[String]) -> String {
    let either = |shown: Vec<String>| shown.join(" or ");
    match &branch.takes {
        Takes::Seen if branch.negated => ", taken when none is seen".to_owned(),
        Takes::Seen => String::new(),
        Takes::Count(ranges) => {
            let shown = ranges.iter().map(|range| match range.most {
                Some(most) if most == range.least => format!("{most}"),
                Some(most) => format!("{} to {most}", range.least),
                None => format!("{} or more", range.least),
            });
            format!(", taken when {} are seen", either(shown.collect()))
        }
        Takes::Score(intervals) => {
            let unseen = if branch.negated { " or none is seen" } else { "" };
            let shown = either(intervals.iter().map(interval).collect());
            format!(", taken when the best score lies in {shown}{unseen}")
        }
        Takes::Numbers(regions) => {
            let name = |at: usize| numbers.get(at).cloned().unwrap_or_else(|| format!("number {}", at + 1));
            let region = |region: &Vec<(usize, Interval)>| {
                let bounds = region.iter().map(|(at, bounds)| format!("{} in {}", name(*at), interval(bounds)));
                bounds.collect::<Vec<_>>().join(" and ")
            };
            either(regions.iter().map(region).collect())
        }
    }
}

fn interval(interval: &Interval) -> String {
    let low = match interval.low {
        Some(low) => format!("{}{}", if low.inclusive { '[' } else { '(' }, low.value),
        None => "..".to_owned(),
    };
    let high = match interval.high {
        Some(high) => format!("{}{}", high.value, if high.inclusive { ']' } else { ')' }),
        None => "..".to_owned(),
    };
    format!("{low}, {high}")
}
