//! Telling a slice: its process, and what was assumed for it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::rc::Rc;

use chameleon_decision::{
    ApiOutput, Decision, DecisionProcess, Expr, ExprKind, FORMAT_VERSION, Problem, SAME_OUTCOME, SETTING, Span, Stops,
};

use super::trial::MAX_ANSWERS;
use super::{CUT, Found, Run};
use crate::python::cut::Assumption;
use crate::python::facts::Facts;
use crate::python::lower::Site;
use crate::python::slice::Slice;
use crate::python::{inputs, path, probe, visit};

/// What is said in the middle of what is said of a test of something outside that returns at once, whatever the answer
/// is: no assumption about what is decided otherwise.
const RETURNS: &str = ", and returns; ";

/// Whether this is said of a test, whose line shows what is compared.
pub(crate) fn is_of_a_test(reason: &str) -> bool {
    reason.starts_with("this test depends on") || reason.starts_with("the decision depends on")
}

/// What is said of a setting for which a value is written in the program.
const FALLS_BACK: &str = "this setting may be another; the decision is read with the value that is written here";

/// What is said where one call's answer is told of several that are added up.
const SUMMED: &str = "what several calls answer is put together here; what is told is what one of them leads to";

/// What is said of a test of what a round before has left.
const KEPT: &str =
    "what is tested here is kept from one round of the loop to the next; the decision is read for the first one";

/// The reason where the first round does the same on every answer that was tried.
const LATER: &str = "what is done hangs on what is kept from one round of the loop to the next";

/// Whether a remark tells no assumption that could as well be another.
pub(in crate::python) fn is_remark(problem: &Problem) -> bool {
    matches!(problem.reason.as_str(), FALLS_BACK | SUMMED | KEPT) || returns(problem)
}

fn returns(problem: &Problem) -> bool {
    is_of_a_test(&problem.reason) && problem.reason.contains(RETURNS)
}

/// Whether a remark is about no test of something outside.
pub(in crate::python) fn says_nothing_of_tests(problem: &Problem) -> bool {
    is_remark(problem) && !returns(problem)
}

/// Of more assumptions than these it is not said what is done otherwise.
const MAX_OTHERWISE: usize = 4;

/// Characters of what is done otherwise.
pub(super) const LONGEST_OTHERWISE: usize = 120;

/// Of more other calls than these it is not asked whether it is their answer that is tested.
const MAX_OTHERS: usize = 8;

impl Run<'_> {
    /// The process of a slice, and what there is to say about it.
    pub(in crate::python) fn told(&self, slice: &Slice) -> Found {
        let few = slice.assumptions.len() <= MAX_OTHERWISE;
        let assumed = slice.assumptions.iter().map(|assumption| self.assumption(slice, *assumption, few));
        let remark = |span: &Span, reason: &str| Problem {
            file: path(self.project, span.file),
            line: span.line,
            reason: reason.to_owned(),
        };
        let passed = slice.passed.iter().map(|span| {
            let (what, decision) = self.outside(*span);
            remark(span, &format!("this test depends on {what}{RETURNS}{decision} is read as if it did not"))
        });
        let passed = passed.chain(slice.summed.iter().map(|span| remark(span, SUMMED)));
        let passed = passed.chain(slice.kept.iter().map(|span| remark(span, KEPT)));
        let problems = assumed.chain(passed).chain(settings(slice)).collect();
        let mut process = self.summarized(slice);
        if few && !slice.assumptions.is_empty() {
            let branches = &process.summary.branches;
            // A word that is idle in one list can lead to the branch of another one.
            let leads = |text: &str| branches.iter().any(|branch| branch.words.iter().any(|word| word.text == text));
            process.summary.idle.retain(|word| leads(&word.text) || !self.wakes(slice, &word.text));
        }
        let summary = &mut process.summary;
        if !slice.kept.is_empty() && summary.reason.as_deref() == Some(SAME_OUTCOME) {
            // What a word or a condition does it may do in the next round.
            summary.reason = Some(LATER.to_owned());
            summary.idle.clear();
            process.warnings.clear();
        }
        (process, problems)
    }

    /// What is assumed, and with `more` what is done otherwise.
    pub(super) fn assumption(&self, slice: &Slice, assumption: Assumption, more: bool) -> Problem {
        let Assumption { span, holds, is_loop, .. } = assumption;
        let (kind, way) = match (is_loop, holds) {
            (false, true) => ("this test depends on", "held"),
            (false, false) => ("this test depends on", "did not hold"),
            (true, _) => ("this loop runs over", "did not run"),
        };
        let (what, decision) = self.outside(span);
        let mut reason = format!("{kind} {what}; {decision} is read as if it {way}");
        let otherwise = if more { self.otherwise(slice, assumption) } else { None };
        if let Some(otherwise) = otherwise {
            let others = if slice.assumptions.len() > 1 { ", all others the same" } else { "" };
            let _ = write!(reason, " (else{others}: {otherwise})");
        }
        Problem { file: path(self.project, span.file), line: span.line, reason }
    }

    /// What is tested at a place, and what is said to be decided otherwise: the answer of one other call, if it is that, or
    /// something outside.
    fn outside(&self, place: Span) -> (String, String) {
        let at = |span: Span| format!("{}:{}", path(self.project, span.file), span.line);
        match self.memo.answers_tested(place, || self.answers_tested(place)).as_slice() {
            [other] => (format!("the answer of {}", at(*other)), format!("what {} decides", at(self.site.span))),
            _ => ("something outside the program".to_owned(), "the decision".to_owned()),
        }
    }

    /// The calls whose answers are tested at a place; none where it may be this call's own, by what a variable holds at
    /// another time.
    fn answers_tested(&self, place: Span) -> Vec<Span> {
        let mut tested = None;
        for (at, function) in self.lowered.functions.iter().enumerate().filter(|of| of.1.span.file == place.file) {
            visit::exprs(&function.body, &mut |expr| {
                if tested.is_none() && expr.span == place {
                    tested = Some((at, expr.clone()));
                }
            });
        }
        let Some((function, test)) = tested else { return Vec::new() };
        let live = self.graph.reachable([function]);
        let size: u64 = live.iter().map(|at| visit::size(&self.lowered.functions[*at].body)).sum();
        let asked_for = |site: &Site| {
            self.budget.spend(size * CUT);
            let facts = Facts::new(self.lowered, &live, &[function], (&[], &live), &BTreeSet::new(), site, &[]);
            facts.expr(function, &test)
        };
        let is_other = |site: &&Site| site.span != self.site.span && live.contains(&site.function);
        let mut others: Vec<&Site> = self.lowered.sites.iter().filter(is_other).collect();
        others.dedup_by_key(|other| other.span);
        if others.len() > MAX_OTHERS || others.is_empty() || asked_for(self.site).data {
            return Vec::new();
        }
        let is_tested = |other: &&Site| {
            let fact = asked_for(other);
            fact.data && !fact.unknown
        };
        others.into_iter().filter(is_tested).map(|other| other.span).collect()
    }

    /// Whether a word has an effect where something outside is not as it is assumed: it leads elsewhere than any other.
    pub(super) fn wakes(&self, slice: &Slice, word: &str) -> bool {
        let assumptions = slice.assumptions.iter().filter(|assumption| !assumption.is_loop);
        assumptions.filter_map(|assumption| self.turned(slice, *assumption)).any(|turned| {
            let decider = self.decider(&turned.program);
            let led = |name: &str| decider.decide(&ApiOutput::labels([(name, 1.0)]));
            led(word).is_ok_and(|led_to| led(probe::UNKNOWN_NAME).is_ok_and(|usual| usual != led_to))
        })
    }

    /// The slice where something outside is not as it is assumed; none where that rests on something that is not told.
    pub(super) fn turned(&self, slice: &Slice, assumption: Assumption) -> Option<Rc<Slice>> {
        let (chain, ways, end) = &slice.cut_by;
        let mut ways = ways.clone();
        ways.insert(assumption.span, !assumption.holds);
        let turned = self.cut(chain, &ways, *end);
        let told = |open: &Assumption| slice.assumptions.iter().any(|known| known.span == open.span);
        turned.assumptions.iter().all(told).then_some(turned)
    }

    /// What is done where something outside is not as it is assumed, on an answer that leads to something.
    pub(super) fn otherwise(&self, slice: &Slice, assumption: Assumption) -> Option<String> {
        if assumption.is_loop || self.budget.is_spent() {
            return None;
        }
        let turned = self.turned(slice, assumption)?;
        let (decider, other) = (self.decider(&slice.program), self.decider(&turned.program));
        let own = probe::own_words(&slice.program).take(MAX_ANSWERS);
        let answers: Vec<ApiOutput> = self.answers(slice).take(MAX_ANSWERS).chain(own).collect();
        let each = decider.decide_each(answers.iter().cloned()).zip(other.decide_each(answers.iter().cloned()));
        let mut each = each.filter_map(|(led, otherwise)| led.ok().zip(otherwise.ok()));
        let (nothing, without) = each.next()?;
        // Best on an answer that leads to something; else on one that would, or on none.
        let mut differing = each.filter(|(led, otherwise)| led != otherwise);
        let first = differing.next();
        let leading = first.iter().cloned().chain(differing).find(|(led, _)| *led != nothing);
        let (led, otherwise) = leading.or(first).or((nothing != without).then_some((nothing, without)))?;
        let only = |one: &Decision, of: &Decision| {
            let effects = one.effects.iter().filter(|effect| !of.effects.contains(effect)).cloned().collect();
            Decision { effects }
        };
        let (more, less) = (only(&otherwise, &led), only(&led, &otherwise));
        let (word, told) = if more.effects.is_empty() { ("without ", less) } else { ("", more) };
        Some(format!("{word}`{}`", told.shortened(LONGEST_OTHERWISE)))
    }

    pub(super) fn summarized(&self, slice: &Slice) -> DecisionProcess {
        let (summary, warnings, takes_given) = slice.trial.summary.get_or_init(|| {
            let takes_given = inputs::are_needed(self, slice);
            let given = if takes_given { self.given } else { &[] };
            let stops = Stops::default();
            let decider = self.decider_given(&slice.program, given).noting(&stops);
            let (mut summary, warnings) = decider.summarize(self.vocabulary);
            let stop = summary.reason.as_deref().and_then(|reason| stops.answer(reason));
            if let Some((_, Problem { file, line, reason })) = self.undecided(slice)
                && slice.program.files.get(slice.call.file as usize) != Some(&file)
                && summary.reason == Some(format!("line {line}: {reason}"))
            {
                summary.reason = Some(format!("{file}:{line}: {reason}"));
            }
            if let (Some(stop), Some(reason)) = (stop, &summary.reason) {
                self.memo.note_stop(reason.clone(), stop);
            }
            (summary, warnings, takes_given)
        });
        DecisionProcess {
            version: FORMAT_VERSION,
            api: self.site.api.clone(),
            call: slice.call,
            program: slice.program.clone(),
            given: if *takes_given { self.given.to_vec() } else { Vec::new() },
            contexts: Vec::new(),
            asks_for: self.site.asks_for,
            summary: summary.clone(),
            warnings: warnings.clone(),
        }
    }
}

/// Settings that a slice takes for what the program falls back to.
fn settings(slice: &Slice) -> Vec<Problem> {
    let mut places = BTreeSet::new();
    let mut note = |expr: &Expr| {
        if matches!(&expr.kind, ExprKind::Builtin { name, .. } if name == SETTING) {
            places.insert((expr.span.file, expr.span.line));
        }
    };
    visit::program(&slice.program, &mut note);
    for function in &slice.program.functions {
        let defaults = function.parameters.iter().filter_map(|parameter| parameter.default.as_ref());
        defaults.for_each(|default| visit::below(default, &mut note));
    }
    let file = |at: u32| slice.program.files.get(at as usize).cloned().unwrap_or_default();
    let problem = |(at, line)| Problem { file: file(at), line, reason: FALLS_BACK.to_owned() };
    places.into_iter().map(problem).collect()
}
