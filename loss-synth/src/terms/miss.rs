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
    /// This item of a list must take this branch.
    Item { branch: usize, item: usize },
}

impl Miss {
    pub(crate) fn margin(&self, scores: &Scores) -> Dual {
        match *self {
            Self::Branch(k) => scores.taken(k),
            Self::Item { branch, item } => scores.item_taken(branch, item),
            Self::Label { branch, label } => scores.label_seen(branch, label),
        }
    }
}
