//! Texts that tell several items apart: a program may keep what it is sent by its name, and two of one name are one to it.

use serde_json::Value as Json;

use super::probe::{NEUTRAL, Outcome, Probe};
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::shape::{ITEM, Path, Shape};

/// The texts of the items of a list.
#[derive(Default)]
pub(super) struct Texts(Vec<Path>);

impl Texts {
    /// Those of the items of `list`, if no item of these answers leads elsewhere with texts of its own; else none.
    pub(super) fn of<'a>(
        probe: &mut Probe<'_>,
        (shape, list): (&Shape, &[String]),
        samples: impl Iterator<Item = (&'a Json, Outcome)>,
    ) -> Result<Self, DecideError> {
        let leaves = shape.leaves().into_iter().filter(|(path, leaf)| {
            matches!(leaf, Shape::Name | Shape::Text) && path.starts_with(list) && path.len() > list.len()
        });
        let texts = Self(leaves.map(|(path, _)| path).collect());
        for (answer, outcome) in samples {
            let mut answer = answer.clone();
            texts.set(&mut answer, 1);
            let led = probe.run(&ApiOutput::Answer { answer })?;
            if led != outcome && !probe.differ_by_data_only(led, outcome) {
                return Ok(Self(Vec::new()));
            }
        }
        Ok(texts)
    }

    /// Gives the item of an answer texts of its own where they say nothing; the first item keeps what it has.
    pub(super) fn set(&self, answer: &mut Json, place: usize) {
        if place == 0 {
            return;
        }
        // Some stand before the text of the first item in the alphabet and some behind it, in no order.
        let letter = [b'K', b'X', b'B', b'S', b'Z', b'G', b'V', b'D'][place % 8];
        let own = format!("{}{NEUTRAL}{}", char::from(letter), char::from(b'a' + (place / 8 % 26) as u8));
        for path in &self.0 {
            replace(answer, path, &own);
        }
    }
}

/// Puts a text in the place of those at a path that say nothing.
fn replace(part: &mut Json, path: &[String], own: &str) {
    match path.split_first() {
        None => {
            if part.as_str().is_some_and(|text| text.is_empty() || text == NEUTRAL) {
                *part = Json::from(own);
            }
        }
        Some((step, rest)) if step == ITEM => {
            part.as_array_mut().into_iter().flatten().for_each(|item| replace(item, rest, own));
        }
        Some((step, rest)) => {
            if let Some(inner) = part.get_mut(step) {
                replace(inner, rest, own);
            }
        }
    }
}
