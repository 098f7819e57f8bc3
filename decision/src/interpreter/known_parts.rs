//! The texts in a value that are known word for word, where something else in it is unknown: the number of a face in a record
//! beside the time that it was stored.

use super::text::{Origin, Text};
use super::value::{ApiField, Value};

/// Longer texts are not noted.
const LONGEST: usize = 256;

/// Values that are looked into; of larger ones nothing is noted, as not to take what comes first for all there is.
const MAX_VALUES: usize = 256;

/// The known texts in some values and in what they hold, in order; but for the keys of dictionaries.
pub(super) fn of(values: &[Value<'_>]) -> Vec<String> {
    let mut left: Vec<Value<'_>> = values.iter().rev().cloned().collect();
    let (mut found, mut looked_at) = (Vec::new(), 0);
    while let Some(value) = left.pop() {
        looked_at += 1;
        if looked_at > MAX_VALUES {
            return Vec::new();
        }
        let more = match &value {
            Value::List(list) => list.borrow().items.len(),
            Value::Tuple(items) => items.len(),
            Value::Dict(table) => table.borrow().entries().len(),
            Value::Api(object) => object.fields().len() + object.stored.borrow().len(),
            _ => 0,
        };
        if left.len() + more > MAX_VALUES {
            return Vec::new();
        }
        match &value {
            Value::Str(text) => note(text, &mut found),
            Value::List(list) => left.extend(list.borrow().items.iter().rev().cloned()),
            Value::Tuple(items) => left.extend(items.iter().rev().cloned()),
            Value::Dict(table) => left.extend(table.borrow().entries().iter().rev().map(|(_, value)| value.clone())),
            Value::Api(object) => {
                left.extend(object.stored.borrow().iter().rev().map(|(_, value)| value.clone()));
                let stored = object.stored.borrow();
                let is_as_sent = |field: &&ApiField<'_>| !stored.iter().any(|(name, _)| **name == *field.name);
                left.extend(object.fields().iter().rev().filter(is_as_sent).map(|field| field.value.clone()));
            }
            _ => {}
        }
    }
    found
}

fn note(text: &Text, found: &mut Vec<String>) {
    if text.is_exact() {
        found.extend((text.as_str().len() <= LONGEST).then(|| text.as_str().to_owned()));
    } else if text.is_unknown() {
        let known =
            text.pieces().into_iter().filter(|(piece, origin)| *origin == Origin::Api && piece.len() <= LONGEST);
        found.extend(known.map(|(piece, _)| piece.to_owned()));
    }
}
