//! An application's program as what decides.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chameleon_decision::{ApiOutput, Decider, Decision, DecisionProcess, Given, Vocabulary};

use super::situations::{Situations, among};
use super::{Probe, relevant};
use crate::answer::Truth;
use crate::config::LossConfig;
use crate::dual::Dual;
use crate::error::LossError;
use crate::pooling::Pooling;
use crate::terms::TermKind;

/// Outputs remembered; more than an application's labels make in training.
const MAX_REMEMBERED: usize = 1 << 20;
/// Classes of situations in which it is looked for labels that make a difference, the commonest ones.
const MAX_SEARCHED: usize = 16;

/// A program with the labels to probe it by. What it decided is remembered.
#[derive(Debug)]
pub(crate) struct ProbedProgram {
    process: DecisionProcess,
    vocabulary: Vec<String>,
    pub(crate) probe: Probe,
    situations: Situations,
    memory: Mutex<Memory>,
}

/// An interned decision; none where the program could not be run to its end.
type Id = Option<usize>;

#[derive(Debug, Default)]
struct Memory {
    decisions: HashMap<Decision, usize>,
    outputs: HashMap<(Class, Vec<(u32, u64)>), Id>,
    truths: HashMap<(Vec<Class>, Vec<u16>), Vec<Id>>,
}

/// Class of the situation that the answers of other APIs make; none where they are as the process has them given.
type Class = Option<u32>;

impl ProbedProgram {
    /// A program in these situations: other APIs' answers, with which the process is otherwise as it is.
    ///
    /// # Errors
    /// No label changes what the program does, or a configuration value is out of its range.
    pub(crate) fn new(
        process: &DecisionProcess,
        vocabulary: &Vocabulary,
        config: LossConfig,
        given: &[Vec<Given>],
    ) -> Result<Self, LossError> {
        let labels = &vocabulary.labels;
        let contexts = process.contexts.iter().map(|context| context.given.as_slice());
        let contexts = contexts.filter(|_| !given.is_empty());
        let among = |given: &[Given]| among(process, given);
        let mut deciders: Vec<Decider> = std::iter::once(process.decider()).chain(contexts.map(among)).collect();
        let mut kinds = relevant::kinds(process, &deciders, labels);
        let mut situations = Situations::new(process, labels, &kinds, given);
        if !situations.is_empty() {
            // What makes no difference in any of them is not to be learnt, and they may show more than the examples that the
            // analyzer has.
            deciders = situations.commonest(MAX_SEARCHED).into_iter().map(among).collect();
            let found = relevant::kinds(process, &deciders, labels);
            if found != kinds {
                kinds = found;
                situations = Situations::new(process, labels, &kinds, given);
            }
        }
        if kinds.is_empty() {
            return Err(LossError::Unreachable { vocabulary: vocabulary.name.clone() });
        }
        let mut constants = relevant::scores(process);
        constants.sort_by(f64::total_cmp);
        let all = kinds.concat();
        let calculates = deciders.iter().any(|decider| relevant::calculates(decider, labels, &all, &constants));
        let top_k = process
            .summary
            .top_k
            .map(|k| k.saturating_add(process.summary.left_out))
            .or(config.default_top_k)
            .map(|k| k as usize);
        let probe = Probe::new(kinds, constants, calculates, top_k, config)?;
        let (process, vocabulary) = (process.clone(), labels.clone());
        Ok(Self { process, vocabulary, probe, situations, memory: Mutex::default() })
    }

    /// The class of a situation: the program does the same in all of one class.
    pub(crate) fn class(&self, situation: u32) -> u32 {
        self.situations.class(situation)
    }

    /// The margin of one image with its gradient, and the error it is about; none where what is true are no labels.
    pub(crate) fn margin(&self, pooling: Pooling, logits: &[f32], truth: Truth) -> Option<(TermKind, Dual)> {
        let (labels, class, right) = self.known(truth)?;
        let dual = self.probe.dual(pooling, logits, labels, &mut |output| right.contains(&self.decide(class, output)));
        Some((self.kind(class, &right), dual))
    }

    /// The errors that happen on one image: one at most; none where what is true are no labels.
    pub(crate) fn errors(&self, logits: &[f32], truth: Truth) -> Option<Vec<TermKind>> {
        let (labels, class, right) = self.known(truth)?;
        let mut is_right = |output: &[(usize, f64)]| right.contains(&self.decide(class, output));
        let is_right = self.probe.is_right(logits, labels, &mut is_right);
        Some(if is_right { Vec::new() } else { vec![self.kind(class, &right)] })
    }

    /// The true labels of an image, the class of its situation, and what is right for it.
    fn known<'t>(&self, truth: Truth<'t>) -> Option<(&'t [u16], Class, Vec<Id>)> {
        let (labels, class, classes) = match truth {
            Truth::Labels(labels) => (labels, None, vec![None]),
            Truth::Beside { labels, answered, right } => {
                let mut classes: Vec<Class> = right.iter().map(|&situation| Some(self.class(situation))).collect();
                classes.sort_unstable();
                classes.dedup();
                (labels, Some(self.class(answered)), classes)
            }
            Truth::Numbers(_) => return None,
        };
        Some((labels, class, self.right(classes, labels)))
    }

    /// Which error a wrong decision would be: where doing what is done without labels is right, an alarm.
    fn kind(&self, class: Class, right: &[Id]) -> TermKind {
        if right.contains(&self.decide(class, &[])) { TermKind::FalseAlarm } else { TermKind::Miss }
    }

    /// The decisions that are right with these labels, in situations of any of these classes; a program that fails is never
    /// right.
    fn right(&self, classes: Vec<Class>, truth: &[u16]) -> Vec<Id> {
        let key = (classes, truth.to_vec());
        if let Some(known) = self.memory().truths.get(&key) {
            return known.clone();
        }
        let names: Vec<&str> =
            truth.iter().filter_map(|&label| self.vocabulary.get(usize::from(label))).map(String::as_str).collect();
        let acceptable = |&class: &Class| self.decider(class).acceptable(&names).unwrap_or_default();
        let decisions: Vec<Decision> = key.0.iter().flat_map(acceptable).collect();
        let mut memory = self.memory();
        let right: Vec<Id> = decisions.into_iter().map(|decision| Some(memory.intern(decision))).collect();
        memory.truths.insert(key, right.clone());
        right
    }

    fn decide(&self, class: Class, output: &[(usize, f64)]) -> Id {
        let key = (class, output.iter().map(|&seen| self.key(seen)).collect());
        if let Some(&known) = self.memory().outputs.get(&key) {
            return known;
        }
        let labels = output.iter().map(|&(label, score)| (self.vocabulary[label].as_str(), score));
        let decision = self.decider(class).decide(&ApiOutput::labels(labels)).ok();
        let mut memory = self.memory();
        let id = decision.map(|decision| memory.intern(decision));
        if memory.outputs.len() < MAX_REMEMBERED {
            memory.outputs.insert(key, id);
        }
        id
    }

    fn decider(&self, class: Class) -> Decider<'_> {
        self.situations.decider(&self.process, class)
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
