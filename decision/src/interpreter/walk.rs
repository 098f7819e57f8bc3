//! What it costs to go through nested values.
//!
//! A list that holds one list twice is shown, compared and written as if it held two, so sixty lists in each other come to
//! 2^60 values. Each value that a walk comes by is therefore a step, as are the characters of long texts, and a walk ends
//! where the run's steps are used up: what it gives then is not used.

use super::machine::{Machine, Run, Stop, raise};
use super::operators::{self, Ordered};
use super::render;
use super::table::Key;
use super::text::Text;
use super::value::Value;
use crate::decider::DecideError;
use crate::decision::Rendered;
use crate::program::Span;

/// Bytes of long texts that are gone through in a step.
const BYTES: usize = 16;

/// Shorter texts are free. A name of the answer is one of them, however it was changed, so that what a run costs does not
/// hang on how long the names are.
const LONG: usize = 256;

/// The longest name of an answer of which that holds: changes of letter case make it three times as long at most.
pub(super) const LONGEST_NAME: usize = LONG / 3;

/// One walk through values.
pub(super) struct Walk {
    /// The steps that it may take.
    most: usize,
    taken: usize,
    /// The depth that it gave up at.
    too_deep: Option<u32>,
}

impl Walk {
    fn new(most: u64) -> Self {
        Self { most: usize::try_from(most).unwrap_or(usize::MAX), taken: 0, too_deep: None }
    }

    /// Pays for values that the walk comes by; whether it goes on.
    #[must_use]
    pub(super) fn pay(&mut self, values: usize) -> bool {
        self.taken = self.taken.saturating_add(values);
        self.taken <= self.most
    }

    /// Pays for going through a text; whether the walk goes on.
    #[must_use]
    pub(super) fn pay_text(&mut self, bytes: usize) -> bool {
        self.pay(if bytes < LONG { 0 } else { bytes / BYTES })
    }

    /// Gives up at values that are nested deeper than this.
    pub(super) fn give_up(&mut self, limit: u32) {
        self.too_deep = Some(limit);
    }
}

impl<'p> Machine<'p, '_> {
    /// Goes through values, and pays for it.
    pub(super) fn walk<T>(&mut self, span: Span, go: impl FnOnce(&mut Walk) -> T) -> Run<T> {
        let mut walk = Walk::new(self.limit.saturating_sub(self.steps));
        let result = go(&mut walk);
        self.charge(walk.taken, span)?;
        match walk.too_deep {
            Some(limit) => Err(Stop::Error(DecideError::TooDeep { span, limit })),
            None => Ok(result),
        }
    }

    /// What makes a value the same key as another; a `TypeError` where Python says unhashable.
    pub(super) fn key(&mut self, value: &Value<'p>, span: Span) -> Run<Key> {
        let key = self.walk(span, |walk| Key::of(value, walk))?;
        key.map_or_else(|| raise("TypeError"), Ok)
    }

    /// Python's `==`; `None` when unknown.
    pub(super) fn equal(&mut self, left: &Value<'p>, right: &Value<'p>, span: Span) -> Run<Option<bool>> {
        self.walk(span, |walk| operators::equal(left, right, walk))
    }

    /// Python's order.
    pub(super) fn order(&mut self, left: &Value<'p>, right: &Value<'p>, span: Span) -> Run<Ordered> {
        self.walk(span, |walk| operators::order(left, right, walk))?
    }

    /// A value as it shows in a decision.
    pub(super) fn render(&mut self, value: &Value<'p>, span: Span) -> Run<Rendered> {
        self.walk(span, |walk| render::render(value, walk))
    }

    /// Python's `repr`.
    pub(super) fn repr(&mut self, value: &Value<'p>, span: Span) -> Run<Text> {
        self.walk(span, |walk| render::repr(value, walk))
    }

    /// Python's `str`.
    pub(super) fn text_of(&mut self, value: &Value<'p>, span: Span) -> Run<Text> {
        self.walk(span, |walk| render::to_str(value, walk))
    }
}
