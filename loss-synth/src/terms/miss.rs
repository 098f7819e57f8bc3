//! K1, miss: a right branch exists but is not taken.

use crate::dual::Dual;
use crate::scores::Scores;

/// What must be seen for the decision to be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Miss {
    /// This branch must be taken.
    Branch(usize),
    /// This label of this branch must be seen.
    Label { branch: usize, label: usize },
}

impl Miss {
    pub(crate) fn margin(&self, scores: &Scores) -> Dual {
        match *self {
            Self::Branch(k) => scores.taken(k),
            Self::Label { branch, label } => scores.label_seen(branch, label),
        }
    }
}
