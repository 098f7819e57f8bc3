//! Texts that lead somewhere as far as another field of their item has some values: a number on a line.

use serde_json::Value as Json;

use super::Draft;
use super::constants::Constants;
use super::measured::Texts;
use super::probe::{Outcome, Probe};
use super::texts::answer;
use crate::decider::DecideError;
use crate::interpreter::snake_case;
use crate::shape::{ITEM, Path, Shape, show_path};
use crate::summary::Condition;

/// More values of a field are not tried one by one.
const MAX_VALUES: usize = 8;

/// Texts that together take a branch, and what they lead to.
pub(super) struct Sample {
    pub(super) texts: Vec<String>,
    pub(super) outcome: Outcome,
}

/// The other fields of the item with this text that are one of some values, and of these those that the program names,
/// with some others.
pub(super) fn fields(shape: &Shape, path: &Path, constants: &Constants) -> Vec<(Path, Vec<String>)> {
    let Some(item) = path.iter().rposition(|step| step == ITEM) else { return Vec::new() };
    let is_own =
        |other: &Path| other.strip_prefix(&path[..=item]).is_some_and(|inside| inside.iter().all(|step| step != ITEM));
    let fields = shape.leaves().into_iter().filter_map(|(path, leaf)| match leaf {
        Shape::Choice(choice) => Some((path, choice.members.clone())),
        Shape::Word(words) => Some((path, words.clone())),
        _ => None,
    });
    let few = |(path, mut values): (Path, Vec<String>)| {
        values.sort_by_key(|value| !constants.names(&snake_case(value)));
        values.truncate(MAX_VALUES);
        (path, values)
    };
    fields.filter(|(path, _)| is_own(path)).map(few).collect()
}

/// Each of these fields with each of these values.
pub(super) fn each(shape: &Shape, path: &Path, constants: &Constants) -> Vec<(Path, String)> {
    let of_field = |(field, values): (Path, Vec<String>)| values.into_iter().map(move |value| (field.clone(), value));
    fields(shape, path, constants).into_iter().flat_map(of_field).collect()
}

/// Texts in an item of which a field has this value.
pub(super) fn texts<'s>(shape: &'s Shape, path: &'s Path, (field, value): (&Path, &str)) -> Texts<'s> {
    Texts::new(shape, path).within(answer(shape, field, Json::from(value)))
}

/// Adds to the branches which values another field has where the samples take them, if it is not all of them.
pub(super) fn tell(
    draft: &mut Draft,
    probe: &mut Probe<'_>,
    (shape, path): (&Shape, &Path),
    samples: &[Sample],
    constants: &Constants,
) -> Result<(), DecideError> {
    let usual = probe.intern(draft.summary.default.clone());
    for (field, values) in fields(shape, path, constants) {
        let mut having = Vec::new();
        for value in &values {
            let texts = texts(shape, path, (&field, value));
            let mut takes = true;
            for Sample { texts: sample, outcome } in samples {
                let sample: Vec<&str> = sample.iter().map(String::as_str).collect();
                let led = probe.run(&texts.answer(&sample))?;
                // A list without the text is the same but for data.
                takes &= led == *outcome || led != usual && probe.differ_by_data_only(led, *outcome);
            }
            if takes {
                having.push(value.clone());
            }
        }
        if !having.is_empty() && having.len() < values.len() {
            let condition = Condition { field: show_path(&field), values: having, intervals: Vec::new() };
            draft.summary.branches.iter_mut().for_each(|branch| branch.conditions.insert(0, condition.clone()));
            draft.summary.field = Some([&field, path].map(|path| show_path(path)).join(", "));
        }
    }
    Ok(())
}
