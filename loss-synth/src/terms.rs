//! The critical errors an image leaves open, each with its margin.

mod false_alarm;
mod miss;
mod overtake;

use serde::{Deserialize, Serialize};

pub(crate) use false_alarm::FalseAlarm;
pub(crate) use miss::Miss;
pub(crate) use overtake::Overtake;

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
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// The errors left open when `right[k]` says whether branch `k` should be taken. The decision is right exactly when
/// every margin is above zero.
pub(crate) fn terms(rule: Rule, right: &[bool]) -> Vec<Term> {
    let all: Vec<usize> = (0..right.len()).collect();
    let (wanted, wrong): (Vec<usize>, Vec<usize>) = all.iter().partition(|&&k| right[k]);
    match rule {
        Rule::Independent => all.into_iter().map(|k| independent(k, right[k])).collect(),
        _ if wanted.is_empty() => vec![Term::FalseAlarm(FalseAlarm { branches: all })],
        Rule::FirstBranch => {
            let first = wanted[0];
            let mut terms = vec![Term::Miss(Miss { branches: vec![first] })];
            if first > 0 {
                terms.push(Term::Overtake(Overtake::Priority { earlier: (0..first).collect() }));
            }
            terms
        }
        Rule::HighestScore | Rule::LowestScore => {
            let mut terms = vec![Term::Miss(Miss { branches: wanted.clone() })];
            if !wrong.is_empty() {
                terms.push(Term::Overtake(match rule {
                    Rule::HighestScore => Overtake::HigherScore { right: wanted, wrong },
                    _ => Overtake::LowerScore { right: wanted, wrong },
                }));
            }
            terms
        }
    }
}

fn independent(k: usize, right: bool) -> Term {
    let branches = vec![k];
    if right { Term::Miss(Miss { branches }) } else { Term::FalseAlarm(FalseAlarm { branches }) }
}
