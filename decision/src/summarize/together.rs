//! What shows only when several parts of an answer are there at once: the product of two numbers, a name with a score.

use serde_json::{Map, Value as Json};

use super::Reason;
use super::constants::Constants;
use super::probe::{NEUTRAL, Outcome, Probe};
use super::verify::Random;
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::shape::{Shape, show_path};

/// Answers tried.
const TRIALS: u32 = 64;

/// The parts of an answer that make a difference together, on an answer with an outcome other than `usual`.
pub(super) fn reason(
    probe: &mut Probe<'_>,
    shape: &Shape,
    constants: &Constants,
    usual: Outcome,
) -> Result<Option<Reason>, DecideError> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..TRIALS {
        let mut answer = full(shape, constants, &mut random);
        if is_usual(probe, &answer, usual)? {
            continue;
        }
        let mut needed = Vec::new();
        for (path, leaf) in shape.leaves() {
            let mut without = answer.clone();
            super::subject::put(&mut without, &path, leaf.nothing());
            if is_usual(probe, &without, usual)? {
                needed.push(show_path(&path));
            } else {
                answer = without;
            }
        }
        return Ok(Some(Reason(match &needed[..] {
            [] => "the outcome hangs on what is in the answer, but on no part of it alone".to_owned(),
            [one] => format!("the outcome hangs on {one}, but on no value of it alone"),
            [firsts @ .., last] => format!("the outcome hangs on {} and on {last} together", firsts.join(", ")),
        })));
    }
    Ok(None)
}

/// Whether an answer leads to the usual outcome, but for its data that pass through.
fn is_usual(probe: &mut Probe<'_>, answer: &Json, usual: Outcome) -> Result<bool, DecideError> {
    let outcome = probe.run(&ApiOutput::Answer { answer: answer.clone() })?;
    Ok(probe.differ_by_data_only(outcome, usual))
}

/// An answer with one item in every list, names the program's own words, and numbers at the ends of their ranges.
fn full(shape: &Shape, constants: &Constants, random: &mut Random) -> Json {
    let mut one_of = |values: &[f64]| Json::from(values[random.below(values.len())]);
    match shape {
        Shape::Record(fields) => {
            let fields = fields.iter().map(|(name, field)| (name.clone(), full(field, constants, random)));
            Json::Object(fields.collect::<Map<_, _>>())
        }
        Shape::List(item) => Json::Array(vec![full(item, constants, random)]),
        Shape::Score => one_of(&[0.0, 0.5, 1.0]),
        Shape::Percent => one_of(&[0.0, 50.0, 100.0]),
        Shape::Number { low, high } => one_of(&[*low, low / 2.0, high / 2.0, *high]),
        Shape::Choice(choice) => {
            let members: Vec<&String> = choice.members.iter().filter(|member| !member.is_empty()).collect();
            members.get(random.below(members.len())).map_or(Json::Null, |member| Json::from(member.as_str()))
        }
        Shape::Word(words) => words.get(random.below(words.len())).map_or(Json::Null, |word| Json::from(word.as_str())),
        Shape::Flag => Json::from(random.below(2) == 0),
        Shape::Name | Shape::Text => {
            let texts = &constants.texts;
            Json::from(texts.get(random.below(texts.len() + 1)).map_or(NEUTRAL, |text| text.0.as_str()))
        }
        other => other.nothing(),
    }
}
