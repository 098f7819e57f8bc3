//! Programs that leave out the first results: of the texts in a picture, the first is the whole.

use serde_json::Value as Json;

use super::constants::Constants;
use super::forms;
use super::matching::spellings;
use super::probe::{FEW_STEPS, NEUTRAL};
use super::subject::{filled, list_of_names, name_of_items, put};
use crate::decider::{DecideError, Decider};
use crate::decision::Decision;
use crate::interpreter::Memory;
use crate::output::{ApiOutput, Label};
use crate::shape::{ITEM, Shape};

/// Nobody leaves out more.
pub(super) const MOST: usize = 3;

/// How many results are answered to see which are looked at.
const MANY: usize = MOST + 3;

/// About how often a program is run for it.
const MOST_RUNS: u64 = 256;

/// Words that are tried.
const MAX_WORDS: usize = 16;

/// How many of the first results the program does not look at, where it looks at the next; 0 where it may look at all.
pub(super) fn find(decider: &Decider<'_>) -> usize {
    let (program, api) = decider.subject();
    let constants = Constants::of(program);
    let has_names = constants.asks.rest && list_of_names(&api.answer).is_some();
    let found = has_names
        .then(|| by_texts(decider, &constants).and_then(|first| first.map_or_else(|| by_unknown(decider), Ok)));
    found.and_then(Result::ok).unwrap_or_default()
}

/// An answer after so many items of a name that no application looks for; one without items is left as it is.
pub(crate) fn after(output: &ApiOutput, count: usize, shape: &Shape) -> ApiOutput {
    match output {
        ApiOutput::Labels { labels } if labels.is_empty() => output.clone(),
        ApiOutput::Labels { labels } => {
            let first = Label { description: NEUTRAL.to_owned(), score: 1.0 };
            ApiOutput::Labels { labels: std::iter::repeat_n(first, count).chain(labels.iter().cloned()).collect() }
        }
        ApiOutput::Answer { answer } => {
            let mut answer = answer.clone();
            if let Some(list) = list_of_names(shape)
                && let Some(item) = shape.at(&list).and_then(Shape::item)
            {
                insert(&mut answer, &list, &filled(item, 1.0, NEUTRAL), count);
            }
            ApiOutput::Answer { answer }
        }
    }
}

/// Puts so many of an item before those of a list that has some.
fn insert(part: &mut Json, list: &[String], item: &Json, count: usize) {
    match list.split_first() {
        Some((step, rest)) if step == ITEM => {
            part.as_array_mut().into_iter().flatten().for_each(|part| insert(part, rest, item, count));
        }
        Some((step, rest)) => part.get_mut(step).into_iter().for_each(|part| insert(part, rest, item, count)),
        None => {
            if let Some(items) = part.as_array_mut().filter(|items| !items.is_empty()) {
                items.splice(0..0, std::iter::repeat_n(item.clone(), count));
            }
        }
    }
}

/// The first place at which one of the texts leads elsewhere than any other name, if one does; the very first where it
/// would take long to tell.
fn by_texts(decider: &Decider<'_>, constants: &Constants) -> Result<Option<usize>, DecideError> {
    let memory = Memory::of_many();
    let led = |place: Option<(usize, &str)>| {
        let name = |at: usize| place.filter(|(place, _)| *place == at).map_or(NEUTRAL, |(_, text)| text);
        decider.trace(&ApiOutput::sure((0..MANY).map(name)), false, &memory)
    };
    let (usual, trace) = led(None)?;
    let mut steps = trace.steps;
    if steps > FEW_STEPS / MOST_RUNS {
        return Ok(Some(0));
    }
    let words = memory.compared().into_iter().filter(|word| !word.trim().is_empty()).take(MAX_WORDS);
    let forms = words.flat_map(|word| spellings(&word).into_iter().take(1)).collect::<Vec<_>>();
    let mut first = None;
    for text in forms.into_iter().chain(forms::texts(constants)) {
        for place in 0..first.unwrap_or(MOST + 1) {
            let (decision, trace) = led(Some((place, &text)))?;
            steps += trace.steps;
            if steps > FEW_STEPS {
                return Ok(Some(0));
            }
            if decision != usual {
                first = Some(place);
                break;
            }
        }
        if first == Some(0) {
            break;
        }
    }
    Ok(first)
}

/// How many of the first results can as well be unknown.
fn by_unknown(decider: &Decider<'_>) -> Result<usize, DecideError> {
    let memory = Memory::of_many();
    let shape = &decider.subject().1.answer;
    let Some(name) = name_of_items(shape) else { return Ok(0) };
    // No two are alike.
    let names: Vec<String> = (0..MANY).map(|number| format!("{NEUTRAL} {number}")).collect();
    let whole = ApiOutput::sure(names.iter().map(String::as_str)).answer(shape);
    let shown = |hidden: usize| -> Result<(Decision, String), DecideError> {
        let mut answer = whole.clone();
        hide(&mut answer, &name, hidden);
        let (decision, trace) = decider.trace(&ApiOutput::Answer { answer }, true, &memory)?;
        Ok((decision, [trace.observation.text(), trace.sent.join("\n")].concat()))
    };
    let usual = shown(0)?;
    // Where the unknown is asked for, it makes a difference.
    let count = (1..=MOST + 1).take_while(|count| shown(*count).is_ok_and(|other| other == usual)).count();
    Ok(if count > MOST { 0 } else { count })
}

/// Makes the names of the first items unknown.
fn hide(part: &mut Json, name: &[String], count: usize) {
    match name.split_first() {
        Some((step, rest)) if step == ITEM && !rest.iter().any(|step| step == ITEM) => {
            part.as_array_mut().into_iter().flatten().take(count).for_each(|item| put(item, rest, Json::Null));
        }
        Some((step, rest)) if step == ITEM => {
            part.as_array_mut().into_iter().flatten().for_each(|item| hide(item, rest, count));
        }
        Some((step, rest)) => part.get_mut(step).into_iter().for_each(|part| hide(part, rest, count)),
        None => {}
    }
}
