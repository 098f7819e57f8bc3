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
    /// The highest-scored seen label wins.
    HigherScore { right: Vec<usize>, wrong: Vec<usize> },
    /// The lowest-scored seen label wins.
    LowerScore { right: Vec<usize>, wrong: Vec<usize> },
    /// Earlier branches win, whatever the scores.
    Priority { earlier: Vec<usize> },
}

impl Overtake {
    pub(crate) fn margin(&self, scores: &Scores) -> Dual {
        match self {
            Self::HigherScore { right, wrong } => by_higher_score(scores, right, wrong),
            Self::LowerScore { right, wrong } => by_lower_score(scores, right, wrong),
            Self::Priority { earlier } => {
                scores.pooling.min(earlier.iter().map(|&k| scores.taken(k).negated()).collect())
            }
        }
    }
}

fn by_higher_score(scores: &Scores, right: &[usize], wrong: &[usize]) -> Dual {
    let best = best_right(scores, right);
    let room = |&w: &usize| best.clone().or(Dual::constant(scores.threshold(w))).minus(scores.best(w));
    scores.pooling.min(wrong.iter().map(room).collect())
}

/// The best score of the right branches that are seen; of all right branches when none is.
fn best_right(scores: &Scores, right: &[usize]) -> Dual {
    let best: Vec<(Dual, bool)> = right.iter().map(|&k| (scores.best(k), scores.taken(k).value > 0.0)).collect();
    let any_seen = best.iter().any(|(_, seen)| *seen);
    scores.pooling.max(best.into_iter().filter(|(_, seen)| *seen || !any_seen).map(|(score, _)| score).collect())
}

fn by_lower_score(scores: &Scores, right: &[usize], wrong: &[usize]) -> Dual {
    let Some(last) = last_right(scores, right) else { return Dual::constant(f64::INFINITY) };
    let labels = wrong.iter().flat_map(|&k| scores.branch(k).labels.iter().map(move |&label| (k, label)));
    let room = |(k, label): (usize, usize)| {
        let unseen = Dual::constant(scores.label_threshold(k, label)).minus(scores.label(label));
        unseen.or(scores.label(label).minus(last.clone()))
    };
    scores.pooling.min(labels.map(room).collect())
}

/// The lowest score of a seen label of the right branches; when none is seen, that of the label nearest to it.
fn last_right(scores: &Scores, right: &[usize]) -> Option<Dual> {
    let labels = right.iter().flat_map(|&k| scores.branch(k).labels.iter().map(move |&label| (k, label)));
    let with_room = labels.map(|(k, label)| {
        let score = scores.label(label);
        let room = score.value - scores.label_threshold(k, label);
        (score, room)
    });
    let (seen, unseen): (Vec<_>, Vec<_>) = with_room.partition(|(_, room)| *room > 0.0);
    let lowest = seen.into_iter().map(|(score, _)| score).min_by(|a, b| a.value.total_cmp(&b.value));
    lowest.or_else(|| unseen.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(score, _)| score))
}
