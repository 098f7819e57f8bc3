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
use crate::{Api, Branch, Decision, DecisionType, OutputShape, Program, Summary, Vocabulary, Warning};

/// The canonical form of `program`, and what looks doubtful in it.
///
/// A program that fits no class, or whose decision depends on more than the API's output, is [`DecisionType::Other`]
/// with the reason.
pub fn summarize(program: &Program, api: &Api, vocabulary: &Vocabulary) -> (Summary, Vec<Warning>) {
    let OutputShape::Labels = api.shape;
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
        if !probe.differ_by_data_only(found.empty, found.default) {
            let what = probe.decision(found.empty);
            self.warn(program, format!("an empty answer has an outcome of its own: {what}"));
        }
        let mut words = words::find(program, probe, &mut found, vocabulary)?;
        // In the order of the source; a priority of the application's own is sorted by later.
        found.branches.sort_by_key(|branch| {
            let first = words::of(&words, branch.outcome).iter().map(|word| word.span).min();
            (first.is_none(), first)
        });
        let company = words::in_company(probe, &found, &mut words)?;
        if found.branches.is_empty() {
            if let Some(reason) = company {
                return Ok(Err(reason));
            }
            warnings::try_more(probe, &words)?;
            warnings::find(self, program, probe, &found, &words, vocabulary);
            return Ok(Err(Reason("every answer of the API leads to the same outcome".to_owned())));
        }
        let order = order::find(probe, &mut found)?;
        let mut cuts = Vec::new();
        for branch in &found.branches {
            cuts.push(scores::threshold(probe, branch, found.default)?);
        }
        let top_k = scores::top_k(probe, &found)?;
        let effects: Vec<_> =
            found.branches.iter().map(|branch| probe.own_effects(branch.outcome, found.default)).collect();
        let names = name::of(&effects);
        for (((branch, cut), effects), name) in found.branches.iter().zip(&cuts).zip(effects).zip(names) {
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
        warnings::try_more(probe, &words)?;
        warnings::find(self, program, probe, &found, &words, vocabulary);
        if let Some(reason) = company {
            self.summary.top_k = top_k.ok().flatten();
            return Ok(Err(reason));
        }
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
