//! A summary made ready for arithmetic: indices of raw outputs instead of names, and the rule by which branches are
//! taken.

mod classes;
mod compile;
mod rest;
mod takes;
mod unreached;

use std::ops::Range;

use chameleon_decision::{Bounds, Branch, DecisionType, Order, Summary, Vocabulary};
use serde::{Deserialize, Serialize};

use crate::answer::{Answer, Number, Truth};
use crate::config::LossConfig;
use crate::error::LossError;
use crate::probe::Probe;
pub(crate) use compile::count_range;
pub use takes::{CountRange, Interval, Takes};
pub use unreached::{LeftOut, Unreached};

/// How the branches that are met become a decision.
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
    /// No two branches can be met at once: ranges, counts, members of one enumeration.
    Exclusive,
    /// The branch of the first item that meets any: multi-choice in the order of a list of members.
    FirstItem,
    /// The branch of the last such item.
    LastItem,
    /// Every label is decided on by itself: each that is seen takes its branch.
    Each,
    /// Whatever the program does: it is run.
    Program,
}

/// A branch that some answer reaches.
#[derive(Clone, Debug, PartialEq)]
pub struct LossBranch {
    /// Its name in the summary.
    pub name: String,
    /// Indices of its raw outputs, ascending: its labels in the vocabulary.
    pub labels: Vec<usize>,
    /// Whether it is taken when none of its labels is seen.
    pub negated: bool,
    /// The score a label needs to be seen, in 0..1.
    pub min_score: f64,
    /// What its labels or the answer's numbers must do.
    pub takes: Takes,
}

/// How raw outputs become what is seen.
#[derive(Clone, Debug)]
pub(crate) enum Outputs {
    /// Labels of sufficient score, the first k of them.
    Scored,
    /// Of each slot the member of the greatest output; with a floor only if its score suffices.
    Slots { slots: Vec<Range<usize>>, floor: bool },
    /// Numbers.
    Numbers(Vec<Number>),
}

/// What the loss knows of an application.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) decision_type: DecisionType,
    pub(crate) rule: Rule,
    pub(crate) outputs: Outputs,
    pub(crate) branches: Vec<LossBranch>,
    /// What of the summary is not in them.
    pub(crate) unreached: Unreached,
    /// Where branches exclude one another: what no branch takes.
    pub(crate) rest: Option<LossBranch>,
    pub(crate) top_k: Option<usize>,
    /// Raw outputs of a row, L.
    pub(crate) width: usize,
    /// What each raw output stands for, for the formula.
    pub(crate) names: Vec<String>,
    /// The numbers where a class is true, class by class; empty where numbers are true themselves.
    true_numbers: Vec<Vec<f64>>,
}

impl Form {
    pub(crate) fn new(summary: &Summary, answer: &Answer, config: &LossConfig) -> Result<Self, LossError> {
        if let Some((lowered, plain)) = classes::lowered(summary, answer)? {
            let mut form = Self::new(&lowered, &plain, config)?;
            form.unreached.words = unreached::words(summary, &answer.never());
            form.true_numbers = classes::true_numbers(answer, form.numbers());
            return Ok(form);
        }
        let top_k = match answer {
            Answer::Labels { .. } => summary.top_k.or(config.default_top_k).map(|k| k as usize),
            _ => None,
        };
        // Labels are cut by their scores, and by nothing else.
        let by_score = |field: &String| matches!(field.rsplit('.').next(), Some("score" | "confidence"));
        if let Some(field) = summary.ranked.as_ref().filter(|field| top_k.is_some() && !by_score(field)) {
            let reason = format!("the results are put in order by {field} before the first are looked at");
            return Err(LossError::NotInTaxonomy { reason });
        }
        if summary.left_out > 0 {
            let reason = format!("the first results are not looked at: {}", summary.left_out);
            return Err(LossError::NotInTaxonomy { reason });
        }
        if top_k == Some(0) {
            return Err(LossError::NothingSeen);
        }
        let (outputs, names) = compile::outputs(answer);
        let mut branches = compile::branches(summary, answer, config.min_score)?;
        let rule = match rule(summary, answer, &outputs, &branches)? {
            // Of one result the first label is the last one, too, and no branch's label comes beside another's.
            Rule::FirstBranch | Rule::LowestScore
                if top_k == Some(1) && branches.iter().all(|branch| !branch.negated) =>
            {
                Rule::HighestScore
            }
            rule => rule,
        };
        match rule {
            Rule::HighestScore | Rule::LowestScore => compile::keep_first_owner(&mut branches),
            Rule::Each => {
                compile::turn_black_lists(&mut branches, names.len());
                compile::keep_first_owner(&mut branches);
            }
            Rule::Exclusive => compile::turn_black_lists(&mut branches, names.len()),
            Rule::Independent | Rule::FirstBranch | Rule::FirstItem | Rule::LastItem | Rule::Program => {}
        }
        let mut left_out = Vec::new();
        branches.retain_mut(|branch| {
            let why = compile::why_unreached(branch, &outputs, top_k);
            let is_kept = why.is_none();
            left_out.extend(why.map(|reason| LeftOut { branch: branch.name.clone(), reason }));
            is_kept
        });
        let unreached = Unreached { branches: left_out, words: unreached::words(summary, &answer.never()) };
        if branches.is_empty() {
            return Err(match (outputs, summary.branches.iter().find(|branch| counts_all(branch))) {
                (Outputs::Numbers(_), _) => LossError::Settled { reasons: unreached.reasons() },
                (_, Some(branch)) => LossError::CountsAll { branch: branch.name.clone() },
                _ => LossError::Unreachable { vocabulary: summary.vocabulary.clone() },
            });
        }
        let in_order = [Rule::HighestScore, Rule::LowestScore, Rule::FirstItem, Rule::LastItem];
        if in_order.contains(&rule)
            && let Some(branch) = branches.iter().find(|branch| branch.negated)
        {
            return Err(LossError::NegatedInOrder { branch: branch.name.clone() });
        }
        let rest = (rule == Rule::Exclusive).then(|| rest::of(&branches)).flatten();
        let (decision_type, width) = (summary.decision_type, names.len());
        let true_numbers = Vec::new();
        Ok(Self { decision_type, rule, outputs, branches, unreached, rest, top_k, width, names, true_numbers })
    }

    /// The form of a program that is run: its branches say only which labels belong together. Labels of no branch that
    /// make a difference all the same are one more.
    pub(crate) fn of_program(summary: &Summary, vocabulary: &Vocabulary, probe: &Probe) -> Self {
        let mut left = probe.labels().to_vec();
        let mut branches = Vec::new();
        for branch in &summary.branches {
            let (own, others): (Vec<usize>, Vec<usize>) =
                left.iter().partition(|&&label| branch.labels.contains(&vocabulary.labels[label]));
            left = others;
            branches.push(compile::group(&branch.name, own));
        }
        branches.push(compile::group("other labels", left));
        branches.retain(|branch| !branch.labels.is_empty());
        Self {
            decision_type: summary.decision_type,
            rule: Rule::Program,
            outputs: Outputs::Scored,
            branches,
            unreached: Unreached { branches: Vec::new(), words: unreached::words(summary, &[]) },
            rest: None,
            top_k: probe.top_k(),
            width: vocabulary.labels.len(),
            names: vocabulary.labels.clone(),
            true_numbers: Vec::new(),
        }
    }

    /// Whether every answer takes a branch.
    pub(crate) fn is_complete(&self) -> bool {
        let intervals = |branch: &LossBranch| match &branch.takes {
            Takes::Numbers(regions) => regions.iter().all(|region| region.len() == 1),
            Takes::Score(_) | Takes::Count(_) => true,
            // Something may be seen that is none of them.
            Takes::Seen => false,
        };
        // What is left of intervals is intervals, so there would be a rest.
        self.rule == Rule::Exclusive && self.rest.is_none() && self.branches.iter().all(intervals)
    }

    /// Whether a label is one that some branch looks at.
    pub(crate) fn is_own(&self, label: usize) -> bool {
        self.branches.iter().any(|branch| branch.labels.binary_search(&label).is_ok())
    }

    /// The branches, and after them the rest.
    pub(crate) fn all_branches(&self) -> impl Iterator<Item = &LossBranch> {
        self.branches.iter().chain(&self.rest)
    }

    /// What members stand in; none where the answer has no members.
    pub(crate) fn slots(&self) -> &[Range<usize>] {
        match &self.outputs {
            Outputs::Slots { slots, .. } => slots,
            Outputs::Scored | Outputs::Numbers(_) => &[],
        }
    }

    /// The numbers of the answer, if it is made of some.
    pub(crate) fn numbers(&self) -> &[Number] {
        match &self.outputs {
            Outputs::Numbers(numbers) => numbers,
            Outputs::Scored | Outputs::Slots { .. } => &[],
        }
    }

    /// The items in the order in which they decide.
    pub(crate) fn items(&self) -> Vec<usize> {
        let items = 0..self.slots().len();
        if self.rule == Rule::LastItem { items.rev().collect() } else { items.collect() }
    }

    /// The branch of the first of the items that meets one when this is true.
    fn branch_of_items(&self, truth: Truth) -> Option<usize> {
        let truth = truth.labels()?;
        let meets = |item: usize, branch: &LossBranch| {
            let slot = &self.slots()[item];
            let own = |label: &&u16| slot.contains(&usize::from(**label));
            truth.iter().filter(own).any(|&label| branch.labels.binary_search(&usize::from(label)).is_ok())
        };
        self.items().into_iter().find_map(|item| self.branches.iter().position(|branch| meets(item, branch)))
    }

    /// Which branches are met when this is true; of items in order, only that of the first.
    pub(crate) fn right_branches(&self, truth: Truth) -> Vec<bool> {
        if matches!(self.rule, Rule::FirstItem | Rule::LastItem) {
            let right = self.branch_of_items(truth);
            return (0..self.branches.len()).map(|k| Some(k) == right).collect();
        }
        let of_class = |labels: &[u16]| self.true_numbers.get(usize::from(*labels.first()?));
        let truth = truth.labels().and_then(of_class).map_or(truth, |numbers| Truth::Numbers(numbers));
        self.branches.iter().map(|branch| branch.takes.holds(branch, truth, self.top_k)).collect()
    }
}

fn rule(summary: &Summary, answer: &Answer, outputs: &Outputs, branches: &[LossBranch]) -> Result<Rule, LossError> {
    let refused = |reason: String| Err(LossError::NotInTaxonomy { reason });
    if let Some(branch) = summary.branches.iter().find(|branch| branch.with.is_some()) {
        return refused(format!("`{}` needs labels of two branches together", branch.name));
    }
    if (summary.decision_type, summary.order) == (DecisionType::TrueFalse, Some(Order::LastMatch)) {
        return refused("only the score of the last label that matches counts".to_owned());
    }
    let counts = branches.iter().any(|branch| matches!(branch.takes, Takes::Count(_)));
    if counts && summary.decision_type != DecisionType::Count {
        return refused("how many there are of some names decides beside other names".to_owned());
    }
    if branches.iter().any(|branch| branch.takes != Takes::Seen) {
        return Ok(Rule::Exclusive);
    }
    let labels = matches!(answer, Answer::Labels { .. });
    let single = matches!(outputs, Outputs::Slots { slots, .. } if slots.len() == 1);
    match (summary.decision_type, summary.order) {
        (DecisionType::TrueFalse | DecisionType::MultiChoice, _) if summary.per_element && labels => Ok(Rule::Each),
        (DecisionType::TrueFalse | DecisionType::MultiSelect, _) => Ok(Rule::Independent),
        // One slot has one member, so the order decides only between what is there and what is not.
        (DecisionType::MultiChoice, _) if single => {
            let negated = branches.iter().any(|branch| branch.negated);
            Ok(if negated { Rule::FirstBranch } else { Rule::Exclusive })
        }
        (DecisionType::MultiChoice, Some(Order::AppPriority)) => Ok(Rule::FirstBranch),
        (DecisionType::MultiChoice, Some(Order::ApiOutput)) if labels => Ok(Rule::HighestScore),
        (DecisionType::MultiChoice, Some(Order::LastMatch)) if labels => Ok(Rule::LowestScore),
        (DecisionType::MultiChoice, Some(order)) if has_one_field(answer) => {
            Ok(if order == Order::ApiOutput { Rule::FirstItem } else { Rule::LastItem })
        }
        (DecisionType::MultiChoice, Some(_)) => Err(LossError::NotInTaxonomy {
            reason: "the order of items decides, of which several fields count".to_owned(),
        }),
        (DecisionType::MultiChoice, None) => Err(LossError::NoOrder),
        (DecisionType::Range | DecisionType::Count | DecisionType::Other, _) => {
            let reason = summary.reason.clone().unwrap_or_else(|| "the analyzer gives no reason".to_owned());
            Err(LossError::NotInTaxonomy { reason })
        }
    }
}

/// Whether an item is one member.
fn has_one_field(answer: &Answer) -> bool {
    matches!(answer, Answer::Members { fields, .. } if fields.len() == 1)
}

/// Whether the number of all items takes a branch, whatever they are: no label is looked at.
pub fn counts_all(branch: &Branch) -> bool {
    let counts = branch.regions.iter().flatten().any(|bounds| bounds.field == Bounds::COUNT);
    counts && branch.labels.is_empty() && branch.words.is_empty()
}
