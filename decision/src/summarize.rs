//! The canonical summary of a program, found by running it over a vocabulary.
//!
//! Every label alone gives the branches; pairs of labels give the order; lower scores give the thresholds; later places
//! give the top-k; labels near the application's words give the way they are compared. What comes out is then checked
//! against the program on random outputs, and called [`DecisionType::Other`] where it does not predict the program.

mod branches;
mod constants;
mod matching;
mod name;
mod order;
mod probe;
mod scores;
mod verify;
mod warnings;
mod words;

use branches::Branches;
use probe::Probe;

use crate::decider::DecideError;
use crate::{Api, Branch, Decision, DecisionType, Program, Summary, Vocabulary, Warning};

/// The canonical form of `program`, and what looks doubtful in it.
///
/// A program that fits no class, or whose decision depends on more than the API's output, is [`DecisionType::Other`]
/// with the reason.
pub fn summarize(program: &Program, api: &Api, vocabulary: &Vocabulary) -> (Summary, Vec<Warning>) {
    let mut draft = Draft {
        summary: Summary {
            decision_type: DecisionType::Other,
            order: None,
            branches: Vec::new(),
            top_k: None,
            default: Decision::default(),
            vocabulary: vocabulary.name.clone(),
            reason: None,
        },
        warnings: Vec::new(),
    };
    let mut probe = Probe::new(program);
    match draft.fill(program, &mut probe, vocabulary) {
        Ok(Ok(())) => {}
        Ok(Err(reason)) => draft.give_up(reason.0),
        Err(error) => draft.give_up(error.to_string()),
    }
    // The API cuts at its own default anyhow: a cut beyond it is none of the application's.
    if draft.summary.top_k.is_some_and(|k| api.default_top_k.is_some_and(|most| k >= most && k > verify::LONGEST)) {
        draft.summary.top_k = None;
    }
    (draft.summary, draft.warnings)
}

/// Why a program fits no class.
struct Reason(String);

struct Draft {
    summary: Summary,
    warnings: Vec<Warning>,
}

impl Draft {
    fn give_up(&mut self, reason: String) {
        self.summary.decision_type = DecisionType::Other;
        self.summary.order = None;
        self.summary.reason = Some(reason);
    }

    fn fill(
        &mut self,
        program: &Program,
        probe: &mut Probe<'_>,
        vocabulary: &Vocabulary,
    ) -> Result<Result<(), Reason>, DecideError> {
        let mut found = Branches::find(probe, vocabulary)?;
        self.summary.default = probe.decision(found.default).clone();
        if found.empty != found.default {
            let what = probe.decision(found.empty);
            self.warn(program, format!("an empty answer has an outcome of its own: {what}"));
        }
        let words = words::find(program, probe, &mut found, vocabulary)?;
        if found.branches.is_empty() {
            warnings::find(self, program, probe, &found, &words, vocabulary);
            return Ok(Err(Reason("every answer of the API leads to the same outcome".to_owned())));
        }
        let order = order::find(probe, &mut found)?;
        let mut cuts = Vec::new();
        for branch in &found.branches {
            cuts.push(scores::threshold(probe, branch, found.default)?);
        }
        let top_k = scores::top_k(probe, &found)?;
        for (branch, cut) in found.branches.iter().zip(&cuts) {
            let effects = probe.own_effects(branch.outcome, found.default);
            let name = name::of(&effects, &self.summary.branches);
            self.summary.branches.push(Branch {
                name,
                outcome: probe.decision(branch.outcome).clone(),
                words: words::of(&words, branch.outcome),
                labels: branch.labels.iter().map(|&at| vocabulary.labels[at].clone()).collect(),
                negated: branch.negated,
                min_score: cut.as_ref().ok().copied().flatten(),
                evidence: name::evidence(probe, branch.outcome, found.default, &effects),
            });
        }
        warnings::find(self, program, probe, &found, &words, vocabulary);
        let order = match (order, top_k, cuts.into_iter().find_map(Result::err)) {
            (Err(reason), ..) | (_, Err(reason), _) | (_, _, Some(reason)) => return Ok(Err(reason)),
            (Ok(order), Ok(top_k), None) => {
                self.summary.top_k = top_k;
                order
            }
        };
        (self.summary.decision_type, self.summary.order) = order;
        verify::check(probe, &found, &self.summary, vocabulary)
    }

    fn warn(&mut self, program: &Program, message: String) {
        let entry = program.functions.get(program.entry.0 as usize);
        let span = entry.map(|function| function.span).unwrap_or_default();
        self.warnings.push(Warning { span, message });
    }
}
