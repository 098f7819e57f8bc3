//! Trying a slice: what it leads to on the answers that are tried, and where it hangs on something outside.

use std::collections::HashSet;

use chameleon_decision::{ApiOutput, DecideError, Decider, Decision, Effect, Given, Problem, Program, Span};

use super::{Run, Stopped};
use crate::python::memo::Shown;
use crate::python::probe;
use crate::python::slice::Slice;

/// Answers that are tried to find one that leads to something.
pub(super) const MAX_ANSWERS: usize = 120;

/// Exceptions of values that are not what the program takes them for: no outcome that anyone means.
const BROKEN: [&str; 4] = ["TypeError", "AttributeError", "NameError", "UnboundLocalError"];

impl Run<'_> {
    /// How many outcomes show on the answers that are tried.
    pub(super) fn outcomes(&self, slice: &Slice) -> usize {
        self.shown(slice).outcomes
    }

    /// The same, with how many of them are failures.
    pub(super) fn shown(&self, slice: &Slice) -> Shown {
        *slice.trial.outcomes.get_or_init(|| {
            let decider = self.decider(&slice.program);
            let more = decider.decide_each(probe::more_answers(&slice.program)).flatten();
            let mut shown: HashSet<Decision> = match slice.trial.decided.get() {
                Some(Ok(shown)) => shown.clone(),
                _ => decider.decide_each(self.answers(slice)).flatten().collect(),
            };
            shown.extend(more);
            let raises = |decision: &Decision, of: &dyn Fn(&Effect) -> bool| {
                decision.effects.iter().any(|effect| effect.action == "raise" && of(effect))
            };
            let is_broken = |effect: &Effect| BROKEN.iter().any(|name| effect.to_string() == format!("raise {name}"));
            Shown {
                outcomes: shown.len(),
                failures: shown.iter().filter(|decision| raises(decision, &|_| true)).count(),
                broken: shown.iter().filter(|decision| raises(decision, &is_broken)).count(),
            }
        })
    }

    /// Whether more than one outcome shows.
    pub(in crate::python) fn tells_apart(&self, slice: &Slice) -> bool {
        if let Some(outcomes) = slice.trial.outcomes.get() {
            return outcomes.outcomes > 1;
        }
        *slice.trial.tells_apart.get_or_init(|| {
            let decider = self.decider(&slice.program);
            let more = decider.decide_each(probe::more_answers(&slice.program)).flatten();
            match slice.trial.decided.get() {
                Some(Ok(shown)) => differ(shown.iter().cloned().chain(more)),
                _ => differ(decider.decide_each(self.answers(slice)).flatten().chain(more)),
            }
        })
    }

    /// Answers that go different ways through a slice.
    pub(super) fn answers<'s>(&'s self, slice: &Slice) -> impl Iterator<Item = ApiOutput> + use<'s> {
        let usual = probe::answers(&self.site.api.answer, self.vocabulary, &slice.program);
        usual.chain(self.stopping.iter().cloned())
    }

    /// The first place where the program's decision hangs on something outside, with the run's file where it is in the
    /// run, and what there is to say about it.
    pub(in crate::python) fn undecided(&self, slice: &Slice) -> Option<Stopped> {
        let decided = slice.trial.decided.get_or_init(|| {
            let shown = self.decider(&slice.program).decide_each(self.answers(slice)).collect::<Result<_, _>>();
            shown.map_err(|error| self.stopped(slice, &error))
        });
        decided.as_ref().err().cloned()
    }

    pub(super) fn stopped(&self, slice: &Slice, error: &DecideError) -> Stopped {
        let span = error.span();
        let file = slice.program.files.get(span.file as usize).cloned().unwrap_or_default();
        let module = self.project.modules.iter().find(|module| module.parsed.path == file);
        let place = module.map(|module| Span { file: module.parsed.file, ..span });
        let text = error.to_string();
        let reason = text.strip_prefix(&format!("line {}: ", span.line)).unwrap_or(&text).to_owned();
        (place, Problem { file, line: span.line, reason })
    }

    pub(super) fn decider<'p>(&'p self, program: &'p Program) -> Decider<'p> {
        self.decider_given(program, self.given)
    }

    pub(super) fn decider_given<'p>(&'p self, program: &'p Program, given: &[Given]) -> Decider<'p> {
        let decider = Decider::new(program, &self.site.api).within(self.budget);
        given.iter().cloned().fold(decider, Decider::given)
    }
}

/// Whether they are not all the same.
fn differ(mut shown: impl Iterator<Item = Decision>) -> bool {
    let first = shown.next();
    first.is_some_and(|first| shown.any(|other| other != first))
}
