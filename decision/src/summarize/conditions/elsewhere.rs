//! What a name that no application looks for leads to where another field of its item has a value with which less is handed
//! on of it.

use serde_json::Value as Json;

use super::{Search, shown};
use crate::decider::DecideError;
use crate::shape::{Path, show_path};
use crate::summarize::probe::NEUTRAL;

/// Values of a field that are shown in a note.
const MAX_SHOWN: usize = 4;

impl Search<'_, '_, '_> {
    /// Notes what any name leads to with this value, where it is not what it leads to otherwise but for the API's data.
    pub(super) fn note_elsewhere(&mut self, path: &Path, value: &Json) -> Result<(), DecideError> {
        let outcome = self.outcome(NEUTRAL, &[(path, value)])?;
        if self.probe.hands_on_less(outcome, self.default) {
            let (field, value) = (show_path(path), shown(value));
            match self.elsewhere.iter_mut().find(|known| known.0 == field && known.1 == outcome) {
                Some(known) => known.2.push(value),
                None => self.elsewhere.push((field, outcome, vec![value])),
            }
        }
        Ok(())
    }

    /// What there is to say of that.
    pub(super) fn say_elsewhere(&self) -> impl Iterator<Item = String> {
        self.elsewhere.iter().map(|(field, outcome, values)| {
            let (few, more) = values.split_at(values.len().min(MAX_SHOWN));
            let more = if more.is_empty() { String::new() } else { format!(" or {} more values", more.len()) };
            let outcome = self.probe.shown(*outcome);
            format!("with {}{more} as {field}, a name that is not looked for leads to `{outcome}`", few.join(", "))
        })
    }
}
