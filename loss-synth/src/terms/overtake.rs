//! K2, overtake: a wrong branch is seen and looked at before the right one.
//!
//! Where the API's order decides, a wrong branch does no harm below its own threshold, however it compares with the
//! right one: its margin is `max(m(right), t(wrong)) - m(wrong)`, not `m(right) - m(wrong)` as in the reference
//! implementation. By the application's priority scores are not compared at all, so earlier branches must not be taken.

use crate::dual::Dual;
use crate::scores::Scores;

/// Who must not come before whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Overtake {
    /// The highest-scored seen label wins: it must be of branch `right`, not of the branches `wrong`.
    HigherScore { right: usize, wrong: Vec<usize> },
    /// The lowest-scored seen label wins: no seen label of the branches `wrong` may be below the label `right`.
    LowerScore { right: usize, wrong: Vec<usize> },
    /// The first item that takes any branch wins: none of these may take one of the branches `wrong`.
    Item { earlier: Vec<usize>, wrong: Vec<usize> },
    /// Earlier branches win, whatever the scores.
    Priority { earlier: Vec<usize> },
}

impl Overtake {
    pub(crate) fn margin(&self, scores: &Scores) -> Dual {
        match self {
            Self::HigherScore { right, wrong } => {
                let right = scores.best(*right);
                let cut = scores.cut_outside(wrong);
                let threshold = |w| Dual::constant(scores.threshold_with(w, cut));
                let room = |&w: &usize| right.clone().or(threshold(w)).minus(scores.best(w));
                scores.pooling.min(wrong.iter().map(room).collect())
            }
            Self::LowerScore { right, wrong } => {
                let right = scores.label(*right);
                let room = |(w, label): (usize, usize)| {
                    scores.label_unseen(w, label).or(scores.label(label).minus(right.clone()))
                };
                scores.pooling.min(scores.labels_of(wrong).map(room).collect())
            }
            Self::Item { earlier, wrong } => {
                let room = |(&item, &w): (&usize, &usize)| scores.item_taken(w, item).negated();
                let pairs = earlier.iter().flat_map(|item| wrong.iter().map(move |w| (item, w)));
                scores.pooling.min(pairs.map(room).collect())
            }
            Self::Priority { earlier } => {
                let cut = scores.cut_outside(earlier);
                scores.pooling.min(earlier.iter().map(|&k| scores.spared(k, cut)).collect())
            }
        }
    }
}
