//! Which answers of other APIs a program tells apart.

use std::collections::HashMap;

use chameleon_decision::{ApiOutput, Decider, Decision, DecisionProcess, Given};

use super::relevant::scored;

/// Kinds of labels of which pairs are tried, the first ones.
const MAX_PAIRED: usize = 8;

/// Answers of other APIs, sorted into classes: of one class are those with which the program does the same on every label
/// that makes a difference and on pairs of them.
#[derive(Debug, Default)]
pub(super) struct Situations {
    /// The class of each situation.
    classes: Vec<u32>,
    /// Of each class its first situation, and how many it has.
    examples: Vec<(Vec<Given>, usize)>,
}

impl Situations {
    /// Sorts situations by what the program does with labels of these kinds.
    pub(super) fn new(
        process: &DecisionProcess,
        vocabulary: &[String],
        kinds: &[Vec<usize>],
        given: &[Vec<Given>],
    ) -> Self {
        let outputs = outputs(vocabulary, kinds);
        let mut decisions: HashMap<Decision, usize> = HashMap::new();
        let mut known: HashMap<Vec<Option<usize>>, u32> = HashMap::new();
        let mut situations = Self::default();
        for given in given {
            let decider = among(process, given);
            let decided = decider.decide_each(outputs.iter().cloned()).map(Result::ok);
            let mut number = |decision: Decision| {
                let next = decisions.len();
                *decisions.entry(decision).or_insert(next)
            };
            let does = decided.map(|decision| decision.map(&mut number)).collect();
            let class = *known.entry(does).or_insert_with(|| {
                situations.examples.push((given.clone(), 0));
                situations.examples.len() as u32 - 1
            });
            situations.examples[class as usize].1 += 1;
            situations.classes.push(class);
        }
        situations
    }

    /// The class of a situation.
    pub(super) fn class(&self, situation: u32) -> u32 {
        self.classes[situation as usize]
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// Situations of the commonest classes, one of each.
    pub(super) fn commonest(&self, most: usize) -> Vec<&[Given]> {
        let mut examples: Vec<&(Vec<Given>, usize)> = self.examples.iter().collect();
        examples.sort_by_key(|example| std::cmp::Reverse(example.1));
        examples.into_iter().take(most).map(|example| example.0.as_slice()).collect()
    }

    /// The program in situations of a class; without one, as the process has it given.
    pub(super) fn decider<'p>(&self, process: &'p DecisionProcess, class: Option<u32>) -> Decider<'p> {
        class.map_or_else(|| process.decider(), |class| among(process, &self.examples[class as usize].0))
    }
}

/// The program where other APIs answer so.
pub(super) fn among<'p>(process: &'p DecisionProcess, given: &[Given]) -> Decider<'p> {
    given.iter().cloned().fold(process.decider(), Decider::given)
}

/// The outputs by which situations are told apart: nothing, each label by itself, and pairs in both orders.
fn outputs(vocabulary: &[String], kinds: &[Vec<usize>]) -> Vec<ApiOutput> {
    let name = |label: usize| vocabulary[label].as_str();
    let output = |labels: &[&str]| ApiOutput::labels(scored(labels));
    let mut tried = vec![output(&[])];
    tried.extend(kinds.iter().flatten().map(|&label| output(&[name(label)])));
    let first: Vec<&str> =
        kinds.iter().filter_map(|kind| kind.first()).take(MAX_PAIRED).map(|&label| name(label)).collect();
    for (place, &a) in first.iter().enumerate() {
        let others = first.iter().enumerate().filter(|(other, _)| *other != place);
        tried.extend(others.map(|(_, &b)| output(&[a, b])));
    }
    tried
}
