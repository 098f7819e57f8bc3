//! Tags of a sequence: a linear-chain conditional random field over a tagger's outputs (Lafferty et al. 2001).

use crate::weights::{Weights, WeightsError};

/// Name of the tensor of scores from a tag (row) to the next (column), (T, T).
pub const TRANSITIONS: &str = "chain.transitions";
/// Name of the tensor of scores of the first tag, (T).
pub const START: &str = "chain.start";

/// Scores of neighbouring tags.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    /// (T, T), row-major: from, to.
    transitions: Vec<f32>,
    /// (T).
    start: Vec<f32>,
}

impl Chain {
    /// Takes the chain's tensors out of `weights`, whose shapes were checked.
    pub(crate) fn take(weights: &mut Weights) -> Result<Self, WeightsError> {
        Ok(Self { transitions: weights.take(TRANSITIONS)?, start: weights.take(START)? })
    }

    /// T.
    fn tags(&self) -> usize {
        self.start.len()
    }

    fn transition(&self, from: usize, to: usize) -> f64 {
        f64::from(self.transitions[from * self.tags() + to])
    }

    /// The most likely tags for outputs (N, T), by Viterbi's algorithm.
    pub fn best(&self, outputs: &[Vec<f32>]) -> Vec<usize> {
        let Some(first) = outputs.first() else { return Vec::new() };
        let mut scores: Vec<f64> = first.iter().zip(&self.start).map(|(z, start)| f64::from(z + start)).collect();
        // Per place after the first and tag there, the best tag before.
        let mut before: Vec<Vec<usize>> = Vec::with_capacity(outputs.len() - 1);
        for row in &outputs[1..] {
            let best = |to: usize| {
                let reach = |from: usize| scores[from] + self.transition(from, to);
                let from = (0..self.tags()).max_by(|&a, &b| reach(a).total_cmp(&reach(b))).unwrap_or(0);
                (from, reach(from) + f64::from(row[to]))
            };
            let (from, next): (Vec<usize>, Vec<f64>) = (0..self.tags()).map(best).unzip();
            before.push(from);
            scores = next;
        }
        let mut tag = (0..scores.len()).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap_or(0);
        let mut path = vec![tag];
        for from in before.iter().rev() {
            tag = from[tag];
            path.push(tag);
        }
        path.reverse();
        path
    }

    /// How likely each tag is at each place, (N, T), by the forward-backward algorithm.
    pub fn marginals(&self, outputs: &[Vec<f32>]) -> Vec<Vec<f64>> {
        let tags = 0..self.tags();
        let mut forward: Vec<Vec<f64>> = Vec::with_capacity(outputs.len());
        for row in outputs {
            let reached = |to: usize| match forward.last() {
                None => f64::from(self.start[to]),
                Some(last) => log_sum(tags.clone().map(|from| last[from] + self.transition(from, to))),
            };
            let next = tags.clone().map(|to| reached(to) + f64::from(row[to])).collect();
            forward.push(next);
        }
        let mut after = vec![0.0; self.tags()];
        let mut marginals = Vec::with_capacity(outputs.len());
        for (row, reached) in outputs.iter().zip(&forward).rev() {
            let joint: Vec<f64> = reached.iter().zip(&after).map(|(reached, after)| reached + after).collect();
            let total = log_sum(joint.iter().copied());
            marginals.push(joint.into_iter().map(|joint| (joint - total).exp()).collect());
            let go_on = |from: usize| {
                log_sum(tags.clone().map(|to| self.transition(from, to) + f64::from(row[to]) + after[to]))
            };
            after = tags.clone().map(go_on).collect();
        }
        marginals.reverse();
        marginals
    }
}

/// `log sum exp` without overflow.
fn log_sum(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = values.clone().fold(f64::NEG_INFINITY, f64::max);
    if largest == f64::NEG_INFINITY { largest } else { largest + values.map(|v| (v - largest).exp()).sum::<f64>().ln() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TAGS: usize = 3;

    /// The score of one path.
    fn score(chain: &Chain, outputs: &[Vec<f32>], path: &[usize]) -> f64 {
        let steps = path.windows(2).map(|pair| chain.transition(pair[0], pair[1]));
        let emitted = path.iter().zip(outputs).map(|(&tag, row)| f64::from(row[tag]));
        f64::from(chain.start[path[0]]) + steps.sum::<f64>() + emitted.sum::<f64>()
    }

    fn paths(length: usize) -> Vec<Vec<usize>> {
        (0..TAGS.pow(length as u32)).map(|n| (0..length).map(|i| n / TAGS.pow(i as u32) % TAGS).collect()).collect()
    }

    proptest! {
        #[test]
        fn the_algorithms_agree_with_all_paths(
            transitions in proptest::collection::vec(-2.0_f32..2.0, TAGS * TAGS),
            start in proptest::collection::vec(-2.0_f32..2.0, TAGS),
            outputs in proptest::collection::vec(proptest::collection::vec(-2.0_f32..2.0, TAGS), 1..5),
        ) {
            let chain = Chain { transitions, start };
            let scored: Vec<(f64, Vec<usize>)> =
                paths(outputs.len()).into_iter().map(|path| (score(&chain, &outputs, &path), path)).collect();
            let best = scored.iter().map(|scored| scored.0).fold(f64::NEG_INFINITY, f64::max);
            prop_assert!((score(&chain, &outputs, &chain.best(&outputs)) - best).abs() < 1e-5);
            let total: f64 = scored.iter().map(|scored| scored.0.exp()).sum();
            for (place, row) in chain.marginals(&outputs).iter().enumerate() {
                for (tag, got) in row.iter().enumerate() {
                    let with = scored.iter().filter(|scored| scored.1[place] == tag);
                    let expected = with.map(|scored| scored.0.exp()).sum::<f64>() / total;
                    prop_assert!((got - expected).abs() < 1e-6);
                }
            }
        }
    }

    #[test]
    fn nothing_has_no_tags() {
        let chain = Chain { transitions: vec![0.0; TAGS * TAGS], start: vec![0.0; TAGS] };
        assert!(chain.best(&[]).is_empty() && chain.marginals(&[]).is_empty());
    }
}
