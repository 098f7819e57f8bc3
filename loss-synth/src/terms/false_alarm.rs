//! K3, false alarm: a branch is taken that should not be.

use crate::dual::Dual;
use crate::scores::Scores;

/// What must not happen for the decision to be right.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FalseAlarm {
    /// None of these branches may be taken.
    Branches(Vec<usize>),
    /// This branch may not be taken; the cut (a logit) is that for all that may not be.
    Branch { branch: usize, cut: f64 },
    /// What no branch takes must be met.
    Rest(usize),
    /// This label of this branch must not be seen.
    Label { branch: usize, label: usize },
}

impl FalseAlarm {
    /// The room of what is nearest to happening.
    pub(crate) fn margin(&self, scores: &Scores) -> Dual {
        match self {
            Self::Branches(branches) => {
                let cut = scores.cut_outside(branches);
                scores.pooling.min(branches.iter().map(|&k| scores.spared(k, cut)).collect())
            }
            Self::Branch { branch, cut } => scores.spared(*branch, *cut),
            Self::Rest(rest) => scores.taken(*rest),
            Self::Label { branch, label } => scores.label_unseen(*branch, *label),
        }
    }
}
