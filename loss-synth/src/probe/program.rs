//! An application's program as what decides.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chameleon_decision::{ApiOutput, Decision, DecisionProcess, Vocabulary};

use super::{Probe, relevant};
use crate::config::LossConfig;
use crate::dual::Dual;
use crate::error::LossError;
use crate::pooling::Pooling;
use crate::terms::TermKind;

/// Outputs remembered; more than an application's labels make in training.
const MAX_REMEMBERED: usize = 1 << 20;

/// A program with the labels to probe it by. What it decided is remembered.
#[derive(Debug)]
pub(crate) struct ProbedProgram {
    process: DecisionProcess,
    vocabulary: Vec<String>,
    pub(crate) probe: Probe,
    memory: Mutex<Memory>,
}

/// An interned decision; none where the program could not be run to its end.
type Id = Option<usize>;

#[derive(Debug, Default)]
struct Memory {
    decisions: HashMap<Decision, usize>,
    outputs: HashMap<Vec<(u32, u64)>, Id>,
    truths: HashMap<Vec<u16>, Vec<Id>>,
}

impl ProbedProgram {
    /// # Errors
    /// No label changes what the program does, or a configuration value is out of its range.
    pub(crate) fn new(
        process: &DecisionProcess,
        vocabulary: &Vocabulary,
        config: LossConfig,
    ) -> Result<Self, LossError> {
        let kinds = relevant::kinds(process, &vocabulary.labels);
        if kinds.is_empty() {
            return Err(LossError::Unreachable { vocabulary: vocabulary.name.clone() });
        }
        let mut constants = relevant::scores(process);
        constants.sort_by(f64::total_cmp);
        let calculates = relevant::calculates(process, &vocabulary.labels, &kinds.concat(), &constants);
        let top_k = process.summary.top_k.or(config.default_top_k).map(|k| k as usize);
        let probe = Probe::new(kinds, constants, calculates, top_k, config)?;
        let (process, vocabulary) = (process.clone(), vocabulary.labels.clone());
        Ok(Self { process, vocabulary, probe, memory: Mutex::default() })
    }

    /// The margin of one image with its gradient, and the error it is about.
    pub(crate) fn margin(&self, pooling: Pooling, logits: &[f32], truth: &[u16]) -> (TermKind, Dual) {
        let right = self.right(truth);
        let dual = self.probe.dual(pooling, logits, truth, &mut |output| right.contains(&self.decide(output)));
        (self.kind(&right), dual)
    }

    /// The error that happens on one image.
    pub(crate) fn error(&self, logits: &[f32], truth: &[u16]) -> Option<TermKind> {
        let right = self.right(truth);
        let is_right = self.probe.is_right(logits, truth, &mut |output| right.contains(&self.decide(output)));
        (!is_right).then(|| self.kind(&right))
    }

    /// Which error a wrong decision would be: where doing what is done without labels is right, an alarm.
    fn kind(&self, right: &[Id]) -> TermKind {
        if right.contains(&self.decide(&[])) { TermKind::FalseAlarm } else { TermKind::Miss }
    }

    /// The decisions that are right; a program that fails is never right.
    fn right(&self, truth: &[u16]) -> Vec<Id> {
        if let Some(known) = self.memory().truths.get(truth) {
            return known.clone();
        }
        let names: Vec<&str> =
            truth.iter().filter_map(|&label| self.vocabulary.get(usize::from(label))).map(String::as_str).collect();
        let right = self.process.decider().acceptable(&names).unwrap_or_default();
        let mut memory = self.memory();
        let right: Vec<Id> = right.into_iter().map(|decision| Some(memory.intern(decision))).collect();
        memory.truths.insert(truth.to_vec(), right.clone());
        right
    }

    fn decide(&self, output: &[(usize, f64)]) -> Id {
        let key: Vec<(u32, u64)> = output.iter().map(|&seen| self.key(seen)).collect();
        if let Some(&known) = self.memory().outputs.get(&key) {
            return known;
        }
        let labels = output.iter().map(|&(label, score)| (self.vocabulary[label].as_str(), score));
        let decision = self.process.decider().decide(&ApiOutput::labels(labels)).ok();
        let mut memory = self.memory();
        let id = decision.map(|decision| memory.intern(decision));
        if memory.outputs.len() < MAX_REMEMBERED {
            memory.outputs.insert(key, id);
        }
        id
    }

    /// What the program can tell of a label in its place: which it is, unless it is none that counts, and which of the
    /// program's scores it passes, or its very score where that counts.
    fn key(&self, (label, score): (usize, f64)) -> (u32, u64) {
        let Probe { labels, constants, calculates, .. } = &self.probe;
        let name = if labels.binary_search(&label).is_ok() { label as u32 } else { u32::MAX };
        let passed = constants.partition_point(|&constant| constant <= score) as u64;
        let is_one = constants.iter().any(|constant| constant.total_cmp(&score).is_eq());
        (name, if *calculates { score.to_bits() } else { 2 * passed + u64::from(is_one) })
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // What a thread that panicked left is whole: every entry is made in one step.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn intern(&mut self, decision: Decision) -> usize {
        let next = self.decisions.len();
        *self.decisions.entry(decision).or_insert(next)
    }
}
