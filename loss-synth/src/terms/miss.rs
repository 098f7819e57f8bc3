//! K1, miss: a right branch exists but none is taken.

use crate::dual::Dual;
use crate::scores::Scores;

/// The branches of which one must be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Miss {
    pub(crate) branches: Vec<usize>,
}

impl Miss {
    /// The room of the branch that is taken by most.
    pub(crate) fn margin(&self, scores: &Scores) -> Dual {
        scores.pooling.max(self.branches.iter().map(|&k| scores.taken(k)).collect())
    }
}
