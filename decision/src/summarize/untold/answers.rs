//! Answers that are tried at the end beside those of anything.

use serde_json::Value as Json;

use crate::output::ApiOutput;
use crate::shape::{ITEM, Path, Shape};
use crate::summarize::constants::{Constants, KEYS};
use crate::summarize::matching::spellings;
use crate::summarize::probe::{NEUTRAL, Probe};
use crate::summarize::subject::{name_of_items, put};
use crate::summarize::texts::answer;
use crate::summarize::values;

/// Words of the program that are tried.
const MAX_WORDS: usize = 16;

/// Numbers of the program that may be how many items it asks for, and the greatest of them.
const MAX_NUMBERS: usize = 4;
const GREATEST: f64 = 20.0;

/// Items behind one of a word.
const BEHIND: usize = 6;

/// Answers with each of the program's words as the sure name of an item of each value that the program names, with two
/// words side by side, with a word twice in one name, with one before others, and with more items than it asks for, of which none has such a name.
pub(super) fn of_words(probe: &Probe<'_>, shape: &Shape, constants: &Constants) -> Vec<Json> {
    let Some(name) = name_of_items(shape) else { return Vec::new() };
    // What is asked for after something else may not have been compared yet.
    let written = constants.tests.iter().flat_map(|test| test.compared.iter().map(|text| text.0.clone()));
    let asked = probe.compared();
    let written: Vec<String> = written.filter(|word| !asked.contains(word) && !KEYS.contains(&word.as_str())).collect();
    let words = asked.into_iter().chain(written).filter(|word| !word.trim().is_empty()).take(MAX_WORDS);
    let words: Vec<String> = words.flat_map(|word| spellings(&word).into_iter().take(1)).collect();
    let twice = words.iter().map(|word| ApiOutput::sure([format!("{word} {word}").as_str()]).answer(shape));
    let first = words.iter().map(|word| {
        let others = (0..BEHIND).map(|at| format!("{NEUTRAL}{at}")).collect::<Vec<_>>();
        ApiOutput::sure(std::iter::once(word).chain(&others).map(String::as_str)).answer(shape)
    });
    twice.chain(first).chain(many(shape, constants)).chain(of_values(shape, &name, &words, constants)).collect()
}

/// More items than each of the program's numbers.
fn many(shape: &Shape, constants: &Constants) -> Vec<Json> {
    let numbers = constants.numbers.iter().filter(|number| number.fract() == 0.0 && (2.0..=GREATEST).contains(*number));
    let answer = |number: &f64| {
        let names: Vec<String> = (0..=*number as usize).map(|at| format!("{NEUTRAL}{at}")).collect();
        ApiOutput::sure(names.iter().map(String::as_str)).answer(shape)
    };
    numbers.take(MAX_NUMBERS).map(answer).collect()
}

/// Each word under each value, and beside the next one.
fn of_values(shape: &Shape, name: &Path, words: &[String], constants: &Constants) -> Vec<Json> {
    let mut answers = Vec::new();
    for (field, value) in values::each(shape, name, constants) {
        let called = |word: &String| {
            let mut answer = answer(shape, &field, Json::from(value.as_str()));
            put(&mut answer, name, Json::from(word.as_str()));
            answer
        };
        answers.extend(words.iter().map(called));
        answers.extend(words.windows(2).filter_map(|pair| joined(called(&pair[0]), &called(&pair[1]), name)));
    }
    answers
}

/// The items of two answers in one.
fn joined(mut one: Json, other: &Json, name: &Path) -> Option<Json> {
    let list = &name[..name.iter().rposition(|step| step == ITEM)?];
    let place = |step: &String| if step == ITEM { "/0".to_owned() } else { format!("/{step}") };
    let pointer: String = list.iter().map(place).collect();
    let more = other.pointer(&pointer)?.as_array()?.clone();
    one.pointer_mut(&pointer)?.as_array_mut()?.extend(more);
    Some(one)
}
