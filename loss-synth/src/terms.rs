//! The critical errors an image leaves open, each with its margin.

mod false_alarm;
mod miss;
mod overtake;

use serde::{Deserialize, Serialize};

pub(crate) use false_alarm::FalseAlarm;
pub(crate) use miss::Miss;
pub(crate) use overtake::Overtake;

use crate::answer::Truth;
use crate::dual::Dual;
use crate::form::Rule;
use crate::scores::Scores;

/// The kinds of critical errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TermKind {
    /// A right branch exists, but none is taken for want of a seen label.
    Miss,
    /// A wrong branch is looked at before the right one.
    Overtake,
    /// A branch is taken that should not be.
    FalseAlarm,
}

/// One critical error that one image leaves open.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Term {
    Miss(Miss),
    Overtake(Overtake),
    FalseAlarm(FalseAlarm),
}

impl Term {
    pub(crate) fn kind(&self) -> TermKind {
        match self {
            Self::Miss(_) => TermKind::Miss,
            Self::Overtake(_) => TermKind::Overtake,
            Self::FalseAlarm(_) => TermKind::FalseAlarm,
        }
    }

    /// By how much the error does not happen: above zero exactly when it does not, under hard pooling.
    pub(crate) fn margin(&self, scores: &Scores) -> Dual {
        match self {
            Self::Miss(term) => term.margin(scores),
            Self::Overtake(term) => term.margin(scores),
            Self::FalseAlarm(term) => term.margin(scores),
        }
    }
}

/// The errors left open when `right[k]` says whether branch `k` should be taken, and `truth` which label is true. The
/// decision is right exactly when every margin is above zero.
pub(crate) fn terms(rule: Rule, right: &[bool], truth: Truth, scores: &Scores) -> Vec<Term> {
    let all: Vec<usize> = (0..right.len()).collect();
    let (wanted, wrong): (Vec<usize>, Vec<usize>) = all.iter().partition(|&&k| right[k]);
    match rule {
        Rule::Independent => {
            let cut = scores.cut_outside(&wrong);
            all.into_iter().map(|k| independent(k, right[k], cut)).collect()
        }
        // A program that is run has no terms of its own.
        Rule::Program => Vec::new(),
        Rule::Each => scores.labels_of(&all).map(|(branch, label)| each(branch, label, truth)).collect(),
        _ if wanted.is_empty()
            && let Some(rest) = scores.rest() =>
        {
            vec![Term::FalseAlarm(FalseAlarm::Rest(rest))]
        }
        _ if wanted.is_empty() => vec![Term::FalseAlarm(FalseAlarm::Branches(all))],
        // That no other branch is taken follows.
        Rule::Exclusive => vec![Term::Miss(Miss::Branch(wanted[0]))],
        Rule::FirstBranch => by_priority(wanted[0]),
        Rule::HighestScore => widest(wanted.into_iter().map(|k| by_higher_score(k, &wrong)), scores),
        Rule::FirstItem | Rule::LastItem => {
            let items = scores.items();
            let ways = (0..items.len()).map(|at| by_item(wanted[0], items[at], &items[..at], right.len()));
            widest(ways, scores)
        }
        Rule::LowestScore => {
            widest(scores.labels_of(&wanted).map(|(branch, label)| by_lower_score(branch, label, &wrong)), scores)
        }
    }
}

fn independent(branch: usize, right: bool, cut: f64) -> Term {
    if right { Term::Miss(Miss::Branch(branch)) } else { Term::FalseAlarm(FalseAlarm::Branch { branch, cut }) }
}

fn each(branch: usize, label: usize, truth: Truth) -> Term {
    let is_true = truth.labels().is_some_and(|labels| labels.iter().any(|&other| usize::from(other) == label));
    if is_true {
        Term::Miss(Miss::Label { branch, label })
    } else {
        Term::FalseAlarm(FalseAlarm::Label { branch, label })
    }
}

fn by_item(branch: usize, item: usize, earlier: &[usize], branches: usize) -> Vec<Term> {
    let wrong: Vec<usize> = (0..branches).filter(|&k| k != branch).collect();
    let overtake = Term::Overtake(Overtake::Item { earlier: earlier.to_vec(), wrong });
    let open = branches > 1 && !earlier.is_empty();
    [Term::Miss(Miss::Item { branch, item })].into_iter().chain(open.then_some(overtake)).collect()
}

fn by_priority(first: usize) -> Vec<Term> {
    let earlier: Vec<usize> = (0..first).collect();
    let overtake = (!earlier.is_empty()).then_some(Term::Overtake(Overtake::Priority { earlier }));
    [Term::Miss(Miss::Branch(first))].into_iter().chain(overtake).collect()
}

fn by_higher_score(right: usize, wrong: &[usize]) -> Vec<Term> {
    let overtake = Term::Overtake(Overtake::HigherScore { right, wrong: wrong.to_vec() });
    [Term::Miss(Miss::Branch(right))].into_iter().chain((!wrong.is_empty()).then_some(overtake)).collect()
}

fn by_lower_score(branch: usize, label: usize, wrong: &[usize]) -> Vec<Term> {
    let overtake = Term::Overtake(Overtake::LowerScore { right: label, wrong: wrong.to_vec() });
    [Term::Miss(Miss::Label { branch, label })].into_iter().chain((!wrong.is_empty()).then_some(overtake)).collect()
}

/// Several ways lead to a right decision, one through each right branch (or label): the one with the most room counts,
/// so that an image is not asked for more than its application needs.
fn widest(ways: impl Iterator<Item = Vec<Term>>, scores: &Scores) -> Vec<Term> {
    let mut ways: Vec<Vec<Term>> = ways.collect();
    if ways.len() == 1 {
        return ways.remove(0);
    }
    let room = |way: &Vec<Term>| way.iter().map(|term| term.margin(scores).value).fold(f64::INFINITY, f64::min);
    let with_room = ways.into_iter().map(|way| (room(&way), way));
    // Of equal ways the first.
    let wider = |best: (f64, Vec<Term>), next: (f64, Vec<Term>)| if next.0 > best.0 { next } else { best };
    with_room.reduce(wider).map(|(_, way)| way).unwrap_or_default()
}
