//! K3, false alarm: a branch is taken that should not be.

use crate::dual::Dual;
use crate::scores::Scores;

/// The branches of which none may be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FalseAlarm {
    pub(crate) branches: Vec<usize>,
}

impl FalseAlarm {
    /// The room of the branch that is nearest to being taken.
    pub(crate) fn margin(&self, scores: &Scores) -> Dual {
        scores.pooling.min(self.branches.iter().map(|&k| scores.taken(k).negated()).collect())
    }
}
