//! Answers that a program cannot tell apart: of names about which each question has the same answer, a run that looked at
//! them in no other way comes to the same.
//!
//! The questions make a tree. An answer of the API is led through it by asking about its own names; where that ends at a
//! run, what this run came to is what a run on the answer would come to, but for the steps that the questions take.

use foldhash::HashMap;

use super::machine::{MAX_STEPS, Ran};
use super::walk::LONGEST_NAME;
use super::watch::{Asked, Form, Log, Question};
use crate::decider::DecideError;
use crate::output::{ApiOutput, Label};

/// More labels are as soon tried.
const MAX_LABELS: usize = 64;

/// Questions and ends that are remembered at most.
const MOST: usize = 1 << 16;

/// Answers to one question that are remembered at most: scores that are all different lead nowhere twice.
const MOST_WAYS: usize = 256;

/// What two answers must have in common whatever is asked: how many labels there are, and which are called the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Outline(Vec<u64>);

impl Outline {
    /// That of an answer, for a run that goes this way through unknown tests; `None` where names are no names, or long.
    pub(super) fn of<'a>(output: &'a ApiOutput, script: &[bool], tracing: bool) -> Option<(Self, &'a [Label])> {
        let ApiOutput::Labels { labels } = output else { return None };
        let is_named = labels.iter().all(|label| (1..=LONGEST_NAME).contains(&label.description.len()));
        if labels.is_empty() || labels.len() > MAX_LABELS || !is_named || script.len() >= u64::BITS as usize {
            return None;
        }
        let way = script.iter().fold(1_u64, |way, taken| way << 1 | u64::from(*taken));
        let mut outline = vec![u64::from(tracing), way];
        for label in labels {
            let first = labels.iter().position(|other| other.description == label.description);
            outline.push(first.unwrap_or_default() as u64);
        }
        Some((Self(outline), labels))
    }
}

/// What a run came to.
struct End {
    /// Without the steps that the questions take.
    ran: Result<Ran, DecideError>,
    /// What was paid for without these.
    steps: u64,
    /// What was remembered of calls when it began and ended.
    generation: u64,
}

enum Node {
    Asks {
        form: Form,
        question: Question,
        next: Vec<(u64, usize)>,
    },
    Ends(Box<End>),
    /// A name is read here.
    Reads,
}

/// The runs so far of one program on answers of one API.
#[derive(Default)]
pub(super) struct Alike {
    roots: HashMap<Outline, usize>,
    nodes: Vec<Node>,
}

impl Alike {
    /// What a run on an answer of this outline and these labels comes to, and its steps, where a run before tells.
    pub(super) fn known(
        &self,
        outline: &Outline,
        labels: &[Label],
        generation: u64,
    ) -> Option<(Result<Ran, DecideError>, u64)> {
        let mut at = *self.roots.get(outline)?;
        let (mut forms, mut cost): (Vec<(&Form, String)>, u64) = (Vec::new(), 0);
        loop {
            match &self.nodes[at] {
                Node::Asks { form, question, next } => {
                    let made = forms.iter().rposition(|known| known.0 == form).unwrap_or_else(|| {
                        let text = form.source.text(labels).into_owned();
                        forms.push((form, form.changes.iter().fold(text, |text, change| change.apply(&text))));
                        forms.len() - 1
                    });
                    let (answer, steps) = question.ask(&forms[made].1, form.source.score(labels));
                    cost += steps;
                    at = next.iter().find(|way| way.0 == answer)?.1;
                }
                Node::Reads => return None,
                Node::Ends(end) => {
                    let steps = end.steps + cost;
                    let is_current = end.generation == generation && steps <= MAX_STEPS;
                    return is_current.then(|| (end.ran.clone().map(|ran| ran.after(cost)), steps));
                }
            }
        }
    }

    /// Remembers a run that asked this.
    pub(super) fn learn(
        &mut self,
        outline: Outline,
        log: &Log,
        ran: &Result<Ran, DecideError>,
        (steps, generation): (u64, u64),
    ) {
        let asked = log.take();
        if self.nodes.len() + asked.len() >= MOST || steps > MAX_STEPS {
            return;
        }
        let cost: u64 = asked.iter().map(|asked| asked.cost).sum();
        let new = self.nodes.len();
        let root = *self.roots.entry(outline).or_insert(new);
        let mut at = if root == new { None } else { Some(root) };
        let mut from = None;
        for Asked { form, question, answer, .. } in asked {
            if at.is_none() && from.is_some_and(|(from, _)| self.is_full(from)) {
                return;
            }
            let here = at.unwrap_or_else(|| {
                self.add(from, Node::Asks { form: form.clone(), question: question.clone(), next: Vec::new() })
            });
            let Node::Asks { form: known, question: before, next } = &self.nodes[here] else { return };
            if *known != form || *before != question {
                return;
            }
            at = next.iter().find(|way| way.0 == answer).map(|way| way.1);
            from = Some((here, answer));
        }
        let end = if log.is_read() {
            Node::Reads
        } else {
            let ran = ran.clone().map(|ran| ran.before(cost));
            Node::Ends(Box::new(End { ran, steps: steps - cost, generation }))
        };
        match at {
            // What was remembered of calls has changed since.
            Some(at) if matches!(self.nodes[at], Node::Ends(_)) => self.nodes[at] = end,
            Some(_) => {}
            None if from.is_some_and(|(from, _)| self.is_full(from)) => {}
            None => drop(self.add(from, end)),
        }
    }

    /// Whether no further answer to a question is remembered.
    fn is_full(&self, at: usize) -> bool {
        matches!(&self.nodes[at], Node::Asks { next, .. } if next.len() >= MOST_WAYS)
    }

    /// Adds what comes after an answer.
    fn add(&mut self, from: Option<(usize, u64)>, node: Node) -> usize {
        let at = self.nodes.len();
        self.nodes.push(node);
        if let Some((from, answer)) = from
            && let Node::Asks { next, .. } = &mut self.nodes[from]
        {
            next.push((answer, at));
        }
        at
    }
}

#[cfg(test)]
mod tests;
