//! Slices that were cut before, and what trying them has shown: the search comes back to the same ones again and again.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use chameleon_decision::{ApiOutput, Decision, Span, Summary, Warning};

use super::cut::Ways;
use super::entry::Chain;
use super::search::Stopped;
use super::slice::{End, Slice};

/// What shows on the answers that are tried.
#[derive(Clone, Copy)]
pub(super) struct Shown {
    pub(super) outcomes: usize,
    /// Those of them that raise something.
    pub(super) failures: usize,
    /// Those that raise what a value raises that is not what the program takes it for.
    pub(super) broken: usize,
}

/// What trying a program has shown so far.
#[derive(Default)]
pub(super) struct Trial {
    /// The outcomes of the answers that go different ways through it, or the first thing outside on which one hangs.
    pub(super) decided: OnceCell<Result<HashSet<Decision>, Stopped>>,
    /// How many outcomes show, and how many of them are failures.
    pub(super) outcomes: OnceCell<Shown>,
    /// Whether more than one shows.
    pub(super) tells_apart: OnceCell<bool>,
    /// Its summary with what is doubtful about it, and whether that takes the answers of other APIs.
    pub(super) summary: OnceCell<(Summary, Vec<Warning>, bool)>,
}

/// What a slice is cut by: the functions from the entry to the call, the ways of unknown tests, and where it ends.
type Key = (Vec<usize>, Ways, End);

/// Slices for one API call, where the answers of other APIs are given once and for all.
#[derive(Default)]
pub(super) struct Memo {
    slices: RefCell<BTreeMap<Key, Rc<Slice>>>,
    /// Answers on which a summary came to hang on something outside, by the reason that it gives.
    stops: RefCell<BTreeMap<String, ApiOutput>>,
    /// The calls whose answers are tested at a place.
    answers_tested: RefCell<BTreeMap<Span, Vec<Span>>>,
}

impl Memo {
    pub(super) fn note_stop(&self, reason: String, answer: ApiOutput) {
        self.stops.borrow_mut().insert(reason, answer);
    }

    /// The answer on which a summary came to hang on something outside, if that is why it is of no known kind.
    pub(super) fn stop_of(&self, summary: &Summary) -> Option<ApiOutput> {
        self.stops.borrow().get(summary.reason.as_ref()?).cloned()
    }

    /// The calls whose answers are tested at a place, found by `find` if they are not known.
    pub(super) fn answers_tested(&self, place: Span, find: impl FnOnce() -> Vec<Span>) -> Vec<Span> {
        self.answers_tested.borrow_mut().entry(place).or_insert_with(find).clone()
    }

    /// The slice of a chain with these ways, made by `cut` if it is not known. Another one of the same program shares its
    /// trial: ways of tests that are not in it make no difference.
    pub(super) fn slice(&self, chain: &Chain, ways: &Ways, end: End, cut: impl FnOnce() -> Slice) -> Rc<Slice> {
        let key = (chain.functions.clone(), ways.clone(), end);
        let mut slices = self.slices.borrow_mut();
        if let Some(known) = slices.get(&key) {
            return Rc::clone(known);
        }
        let mut slice = cut();
        if let Some(same) = slices.values().find(|known| known.program == slice.program) {
            slice.trial = Rc::clone(&same.trial);
        }
        Rc::clone(slices.entry(key).or_insert(Rc::new(slice)))
    }
}
