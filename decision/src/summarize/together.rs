//! What shows only when several parts of an answer are there at once: the product of two numbers, a name with a score.

use serde_json::{Map, Value as Json};

use super::Reason;
use super::constants::Constants;
use super::lengths::LENGTHS;
use super::probe::{NEUTRAL, Outcome, Probe};
use super::verify::Random;
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::shape::{Shape, show_path};

/// Answers tried.
const TRIALS: u32 = 128;

/// Answers tried of a program with numbers that a text may be measured by.
const MEASURED_TRIALS: u32 = 512;

/// The parts of an answer that make a difference together, on an answer with an outcome other than `usual`.
pub(super) fn reason(
    probe: &mut Probe<'_>,
    shape: &Shape,
    constants: &Constants,
    usual: Outcome,
) -> Result<Option<Reason>, DecideError> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let forms = Forms::of(constants);
    for _ in 0..if forms.lengths.is_empty() { TRIALS } else { MEASURED_TRIALS } {
        let mut answer = full(shape, constants, &forms, &mut random);
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
            [one] => format!("the outcome hangs on what {one} is made of"),
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
fn full(shape: &Shape, constants: &Constants, forms: &Forms, random: &mut Random) -> Json {
    let mut one_of = |values: &[f64]| Json::from(values[random.below(values.len())]);
    match shape {
        Shape::Record(fields) => {
            let fields = fields.iter().map(|(name, field)| (name.clone(), full(field, constants, forms, random)));
            Json::Object(fields.collect::<Map<_, _>>())
        }
        Shape::List(item) | Shape::NonEmpty(item) => Json::Array(vec![full(item, constants, forms, random)]),
        Shape::Single(item) => full(item, constants, forms, random),
        Shape::Score => one_of(&[0.0, 0.5, 1.0]),
        Shape::Percent => one_of(&[0.0, 50.0, 100.0]),
        // One that is always the same is never another.
        Shape::Number { low, high } if low >= high => Json::from(*low),
        Shape::Number { low, high } => one_of(&[*low, low / 2.0, high / 2.0, *high]),
        Shape::Choice(choice) => {
            let members: Vec<&String> = choice.members.iter().filter(|member| !member.is_empty()).collect();
            members.get(random.below(members.len())).map_or(Json::Null, |member| Json::from(member.as_str()))
        }
        Shape::Word(words) => words.get(random.below(words.len())).map_or(Json::Null, |word| Json::from(word.as_str())),
        Shape::Flag => Json::from(random.below(2) == 0),
        Shape::Name | Shape::SameName | Shape::Names | Shape::Text
            if random.below(2) == 0 && !forms.lengths.is_empty() =>
        {
            Json::from(forms.text(random))
        }
        Shape::Name | Shape::SameName | Shape::Names | Shape::Text => {
            let texts = &constants.texts;
            Json::from(texts.get(random.below(texts.len() + 1)).map_or(NEUTRAL, |text| text.0.as_str()))
        }
        other => other.nothing(),
    }
}

/// Texts of a form: of a length that the program is written with, with its marks where it may look for them.
struct Forms {
    lengths: Vec<usize>,
    marks: Vec<char>,
}

impl Forms {
    fn of(constants: &Constants) -> Self {
        let whole = |number: &f64| LENGTHS.contains(number) && number.fract() == 0.0;
        let lengths = constants.numbers.iter().copied().filter(whole).map(|number| number as usize).collect();
        let mark = |text: &str| {
            let mut chars = text.chars();
            chars.next().filter(|mark| chars.next().is_none() && !mark.is_alphanumeric())
        };
        Self { lengths, marks: constants.texts.iter().filter_map(|text| mark(&text.0)).collect() }
    }

    fn text(&self, random: &mut Random) -> String {
        let length = self.lengths[random.below(self.lengths.len())];
        let mut text = vec![['A', 'a', '1'][random.below(3)]; length];
        if !self.marks.is_empty() {
            // An index of the program's, or any.
            let index = self.lengths[random.below(self.lengths.len())];
            let place = if index < length && random.below(2) == 0 { index } else { random.below(length) };
            text[place] = self.marks[random.below(self.marks.len())];
        }
        text.into_iter().collect()
    }
}
