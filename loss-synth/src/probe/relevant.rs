//! Which labels a program tells apart, and the scores it is written with.

use std::collections::{BTreeSet, HashMap};

use chameleon_decision::{ApiOutput, Decider, Decision, DecisionProcess};
use serde_json::Value as Json;

/// Letters a word needs to be looked for inside labels.
const WORD: usize = 3;
/// Labels that the program's words name, of which all pairs are tried.
const MAX_PAIRED: usize = 48;
/// A label that no application looks for.
const NEUTRAL: &str = "Qzxjv";

/// Indices of the labels that make a difference, alone or along with another that the program's words name: those that
/// lead to the same decisions when alone are of one kind. `deciders` run the program, each where other APIs answer
/// something else; what makes a difference to one of them makes one.
pub(super) fn kinds(process: &DecisionProcess, deciders: &[Decider<'_>], vocabulary: &[String]) -> Vec<Vec<usize>> {
    let named: Vec<usize> = named(process, vocabulary).into_iter().take(MAX_PAIRED).collect();
    let mut found = BTreeSet::new();
    for decider in deciders {
        found.extend(unusual(decider, vocabulary, 0..vocabulary.len(), &|label| vec![label]));
        for &company in &named {
            let company = vocabulary[company].as_str();
            found.extend(unusual(decider, vocabulary, named.iter().copied(), &|label| vec![label, company]));
            found.extend(unusual(decider, vocabulary, named.iter().copied(), &|label| vec![company, label]));
        }
    }
    let mut kinds: Vec<(Vec<Option<Decision>>, Vec<usize>)> = Vec::new();
    for label in found {
        let alone: Vec<Option<Decision>> =
            deciders.iter().map(|decider| decision(decider, &scored(&[vocabulary[label].as_str()]))).collect();
        match kinds.iter_mut().find(|kind| kind.0 == alone) {
            Some(kind) => kind.1.push(label),
            None => kinds.push((alone, vec![label])),
        }
    }
    kinds.into_iter().map(|kind| kind.1).collect()
}

/// Those of the labels with which the decision is another than with a label that nobody knows.
fn unusual<'v>(
    decider: &Decider<'_>,
    vocabulary: &'v [String],
    labels: impl Iterator<Item = usize>,
    output: &dyn Fn(&'v str) -> Vec<&'v str>,
) -> Vec<usize> {
    let decide = |label: &'v str| {
        let labels = output(label);
        // No API sends a label twice.
        let is_real = labels.iter().enumerate().all(|(at, label)| !labels[..at].contains(label));
        is_real.then(|| decision(decider, &scored(&labels)))
    };
    let usual = decide(NEUTRAL);
    let is_unusual = |&at: &usize| {
        let decision = decide(vocabulary[at].as_str());
        decision.is_some() && decision != usual
    };
    labels.filter(is_unusual).collect()
}

/// Labels as sure as can be, in this order.
pub(super) fn scored<'v>(labels: &[&'v str]) -> Vec<(&'v str, f64)> {
    labels.iter().enumerate().map(|(at, &label)| (label, 1.0 - 1e-6 * at as f64)).collect()
}

fn decision(decider: &Decider<'_>, labels: &[(&str, f64)]) -> Option<Decision> {
    decider.decide(&ApiOutput::labels(labels.iter().copied())).ok()
}

/// The labels that share a word with a text of the program, case folded.
fn named(process: &DecisionProcess, vocabulary: &[String]) -> Vec<usize> {
    let words: BTreeSet<String> = constants(process, "str")
        .iter()
        .filter_map(Json::as_str)
        .map(str::to_lowercase)
        .filter(|word| word.chars().count() >= WORD)
        .collect();
    let shares = |label: &String| {
        let label = label.to_lowercase();
        words.iter().any(|word| label.contains(word.as_str()) || word.contains(label.as_str()))
    };
    (0..vocabulary.len()).filter(|&at| shares(&vocabulary[at])).collect()
}

/// The numbers that a score may be compared with: as written, and as percentages.
pub(super) fn scores(process: &DecisionProcess) -> Vec<f64> {
    let numbers = ["float", "int"].iter().flat_map(|kind| constants(process, kind));
    let written = numbers.filter_map(|number| number.as_f64()).flat_map(|number| [number, number / 100.0]);
    let bounds = process.summary.branches.iter().filter_map(|branch| branch.min_score).map(|min| min.value);
    written.chain(bounds).filter(|score| *score > 0.0 && *score < 1.0).collect()
}

/// All constants of a kind. In its JSON form a program shows them alike, wherever they stand.
fn constants(process: &DecisionProcess, kind: &str) -> Vec<Json> {
    fn collect(json: &Json, kind: &str, found: &mut Vec<Json>) {
        match json {
            Json::Object(fields) => {
                if let (Some(value), 1) = (fields.get(kind), fields.len()) {
                    found.push(value.clone());
                }
                fields.values().for_each(|field| collect(field, kind, found));
            }
            Json::Array(items) => items.iter().for_each(|item| collect(item, kind, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    if let Ok(program) = serde_json::to_value(&process.program) {
        collect(&program, kind, &mut found);
    }
    found
}

/// Outputs by which it is found whether a program calculates.
const TRIALS: u32 = 128;
/// Labels in each of them.
const LABELS: u32 = 6;

/// Whether a program calculates with scores: whether its decision ever changes when scores move without passing another
/// label's or one of `constants`.
pub(super) fn calculates(decider: &Decider<'_>, vocabulary: &[String], labels: &[usize], constants: &[f64]) -> bool {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    (0..TRIALS).any(|_| {
        let mut scores: HashMap<usize, f64> = HashMap::new();
        for _ in 0..=random.below(LABELS) {
            scores.insert(labels[random.below(labels.len() as u32) as usize], random.share());
        }
        let mut output: Vec<(usize, f64)> = scores.into_iter().collect();
        output.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let decide = |move_by: f64| {
            let named =
                output.iter().map(|&(label, score)| (vocabulary[label].as_str(), moved(score, move_by, constants)));
            decision(decider, &named.collect::<Vec<_>>())
        };
        let (low, high) = (decide(0.0), decide(1.0));
        low != high
    })
}

/// A score taken to one end (0) or the other (1) of its cell between constants, nearly. Scores keep their order.
fn moved(score: f64, by: f64, constants: &[f64]) -> f64 {
    let low = constants.iter().copied().filter(|&constant| constant <= score).fold(0.0, f64::max);
    let high = constants.iter().copied().filter(|&constant| constant > score).fold(1.0, f64::min);
    let share = (score - low) / (high - low);
    low + (high - low) * (0.02 + 0.1 * share + 0.86 * by)
}

/// A small generator (xorshift), so that the answer is the same each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 11
    }

    fn below(&mut self, limit: u32) -> u32 {
        (self.next() % u64::from(limit.max(1))) as u32
    }

    fn share(&mut self) -> f64 {
        self.next() as f64 / (1_u64 << 53) as f64
    }
}
