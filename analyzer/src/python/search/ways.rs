//! Ways for tests that something outside has a say in: which of them are assumed, and the fewest that it takes.

use std::cmp::Reverse;
use std::rc::Rc;

use chameleon_decision::{Span, StmtKind};

use super::Run;
use crate::python::cut::{Assumption, Open, Ways, exits};
use crate::python::entry::Chain;
use crate::python::memo::Shown;
use crate::python::slice::{End, Slice};
use crate::python::visit;

/// Unknown tests that are tried both ways.
const MAX_TURNED: usize = 8;

/// More unknown tests at once are not tried.
const MAX_OPEN: usize = 24;

/// How often tests that come to light behind others are added.
pub(super) const ROUNDS: usize = 4;

/// The same, where they are found one by one.
const MANY_ROUNDS: usize = 10;

/// What is assumed where nothing decides otherwise, one after the other: that nothing outside has a say, that everything
/// has, and that what was taken to hold does not. First whether open tests are idle, then whether the others are turned.
pub(super) const ASSUMING: [(bool, bool); 3] = [(true, false), (false, false), (true, true)];

/// What is assumed in one try.
#[derive(Clone, Copy)]
pub(super) struct Assuming {
    /// Open tests go the way in which they have no say.
    pub(super) idle: bool,
    /// What was taken to hold does not.
    pub(super) turned: bool,
    /// What is assumed about tests that the answer has a part in, and that hang on something else all the same.
    pub(super) mixed: Mixed,
}

/// What is assumed about tests that hang on the answer and on something outside together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mixed {
    /// Nothing.
    Open,
    /// They go the way that does not leave at once what is done with the answer.
    Onward,
    /// They go the way of all others.
    Alike,
}

impl Run<'_> {
    /// Ways for unknown tests with which a chain decides by the answer alone: tests that come to light behind others are
    /// added until it does. `fewest`: those without which it decides as well are left out.
    pub(super) fn ways(&self, chain: &Chain, assuming: Assuming, fewest: bool) -> Option<Ways> {
        let Assuming { idle, turned, mixed } = assuming;
        let answers = mixed != Mixed::Open;
        let mut ways = Ways::new();
        for _ in 0..if mixed == Mixed::Onward { MANY_ROUNDS } else { ROUNDS } {
            if self.budget.is_spent() {
                break;
            }
            let slice = self.cut(chain, &ways, End::Whole);
            let known = ways.len();
            let asks = known > 0 || answers || !slice.partly.is_empty();
            let undecided = if asks { self.undecided(&slice) } else { None };
            if known > 0 && undecided.is_none() {
                return Some(if fewest { self.fewest(chain, ways) } else { ways });
            }
            // Where one of several tests that are joined is mixed, the others are asked as they are.
            let joined = slice.open.iter().any(|open| open.mixed && !ways.contains_key(&open.span));
            if let Some((Some(place), _)) = undecided
                && (answers && !joined || slice.partly.contains(&place))
                && let Some(onward) = self.leads_on(place)
            {
                let is_partly = slice.partly.contains(&place);
                ways.entry(place).or_insert(if is_partly || mixed == Mixed::Onward { onward } else { !idle });
            }
            for &Open { span, idle: way, .. } in slice.open.iter().filter(|open| answers || !open.mixed) {
                ways.entry(span).or_insert(way == idle);
            }
            for assumption in slice.assumptions.iter().filter(|_| turned) {
                ways.entry(assumption.span).or_insert(false);
            }
            if ways.len() == known || ways.len() > MAX_OPEN {
                break;
            }
        }
        None
    }

    /// The way of a statement's test at this place that does not leave at once what is done; none where there is no such
    /// test.
    pub(super) fn leads_on(&self, place: Span) -> Option<bool> {
        let mut found = None;
        for function in &self.lowered.functions {
            visit::stmts(&function.body, &mut |stmt| match &stmt.kind {
                StmtKind::If { test, body, .. } if test.span == place => found = Some(!exits(body)),
                _ => {}
            });
        }
        found
    }

    /// Leaves out every way without which the chain still decides.
    pub(super) fn fewest(&self, chain: &Chain, mut ways: Ways) -> Ways {
        let all: Vec<Span> = ways.keys().copied().collect();
        self.leave_out(chain, &mut ways, &all);
        ways
    }

    /// Leaves out those of some ways that are not needed: all at once if none is, as to find that out takes longest.
    pub(super) fn leave_out(&self, chain: &Chain, ways: &mut Ways, some: &[Span]) {
        if some.is_empty() || self.budget.is_spent() {
            return;
        }
        let left: Ways = some.iter().filter_map(|span| Some((*span, ways.remove(span)?))).collect();
        if self.undecided(&self.cut(chain, ways, End::Whole)).is_none() {
            return;
        }
        ways.extend(left);
        if some.len() > 1 {
            let (first, second) = some.split_at(some.len() / 2);
            self.leave_out(chain, ways, first);
            self.leave_out(chain, ways, second);
        }
    }

    /// The slice of a chain with these ways. Any other unknown test is taken to hold unless more outcomes show when it
    /// does not: `if seen_lately: return` says nothing about the answer.
    pub(super) fn chosen(&self, chain: &Chain, mut ways: Ways) -> Rc<Slice> {
        let mut slice = self.cut(chain, &ways, End::Whole);
        let assumed: Vec<_> = slice.assumptions.iter().copied().filter(|a| a.holds).take(MAX_TURNED).collect();
        // What fails is not what is meant.
        let shows = |slice: &Slice| {
            let Shown { outcomes, failures, broken } = self.shown(slice);
            (outcomes - broken, Reverse(broken), Reverse(failures))
        };
        let mut outcomes = if assumed.is_empty() { (0, Reverse(0), Reverse(0)) } else { shows(&slice) };
        for Assumption { span, holds, .. } in assumed {
            if self.budget.is_spent() {
                break;
            }
            let before = ways.insert(span, !holds);
            let other = self.cut(chain, &ways, End::Whole);
            let shown = shows(&other);
            if shown > outcomes {
                (slice, outcomes) = (other, shown);
            } else {
                match before {
                    Some(way) => ways.insert(span, way),
                    None => ways.remove(&span),
                };
            }
        }
        slice
    }
}
