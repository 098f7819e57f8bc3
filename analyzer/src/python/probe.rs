//! Answers to try a program with: does anything outside have a say?

use chameleon_decision::{
    ApiOutput, Constant, Expr, ExprKind, ITEM, Path, Program, Shape, Vocabulary, sample_of_pattern,
};
use serde_json::Value as Json;

use super::visit;

/// Into how many steps the range of a number is cut to try it.
const STEPS: i32 = 8;

/// The score of a name that the API is not sure of.
const UNSURE: f64 = 0.3;

/// A name that no application looks for.
pub(crate) const UNKNOWN_NAME: &str = "Qzxjv";

/// How many words a text of several is tried with.
const SEVERAL_WORDS: usize = 12;

/// How many names are tried that a program's words have nothing to do with.
const UNRELATED: usize = 8;

/// How many of them are tried as they are written, where the API has no list of names.
const MAX_WRITTEN: usize = 24;

/// The shortest word that is tried as a name itself: a language's code.
const SHORTEST: usize = 2;

/// How many of a program's words are tried as names themselves.
const MAX_WORDS: usize = 48;

/// Answers that go different ways through a program: nothing, every name alone that its words have to do with, sure
/// and unsure, every other part alone with values from its range.
pub(super) fn answers<'a>(
    shape: &'a Shape,
    vocabulary: &'a Vocabulary,
    program: &Program,
) -> impl Iterator<Item = ApiOutput> + use<'a> {
    let nothing = std::iter::once(ApiOutput::Answer { answer: shape.nothing() });
    let words = words(program);
    let met = move |(at, label): &(usize, &String)| {
        let label = label.to_lowercase();
        *at < UNRELATED || words.iter().any(|word| word.contains(&label) || label.contains(word))
    };
    let labels: Vec<_> = vocabulary.labels.iter().enumerate().filter(met).collect();
    let stretches = stretches(shape, labels.iter().map(|(_, label)| label.as_str()));
    let single = labels
        .into_iter()
        .flat_map(|(_, label)| [1.0, UNSURE].map(|score| ApiOutput::labels([(label.as_str(), score)])));
    let parts = shape.leaves().into_iter().flat_map(move |(path, leaf)| with_part(shape, path, leaf));
    // Where the API has no list of names, the program's words are those to try.
    let own = if vocabulary.labels.is_empty() { as_written(program) } else { Vec::new() };
    nothing.chain(single).chain(stretches).chain(parts).chain(extremes(shape)).chain(wholes(shape)).chain(own)
}

/// Answers with one part, which has values from its range.
pub(super) fn with_part(shape: &Shape, path: Path, leaf: &Shape) -> impl Iterator<Item = ApiOutput> {
    values(leaf).into_iter().map(move |value| ApiOutput::Answer { answer: shape.with(&path, value) })
}

/// Answers, or items, with every member of an enumeration that they can have, which are called something and whose numbers
/// are high: one condition may stand before another.
pub(super) fn wholes(shape: &Shape) -> Vec<ApiOutput> {
    let leaves = shape.leaves();
    let mut answers = Vec::new();
    for (path, leaf) in leaves.iter().filter(|(_, leaf)| matches!(leaf, Shape::Choice(_) | Shape::Word(_))) {
        let own = path.iter().position(|step| step == ITEM).map_or(0, |list| list + 1);
        let is_beside = |other: &Path| other != path && other.starts_with(&path[..own]) && !has_item(&other[own..]);
        for value in values(leaf) {
            let mut answer = shape.with(path, value);
            for (other, leaf) in leaves.iter().filter(|(other, _)| is_beside(other)) {
                let most = match leaf {
                    Shape::Score | Shape::Percent | Shape::Number { .. } | Shape::Name => values(leaf).pop(),
                    _ => None,
                };
                if let Some((place, most)) = at(&mut answer, other).zip(most) {
                    *place = most;
                }
            }
            answers.push(ApiOutput::Answer { answer });
        }
    }
    answers
}

/// Items of some names whose numbers are greater one than the other, in their order: what begins at one and ends at the
/// next is no empty stretch of a text.
fn stretches<'l>(shape: &Shape, labels: impl Iterator<Item = &'l str>) -> Vec<ApiOutput> {
    let leaves = shape.leaves();
    let is_item = |path: &Path| path.iter().filter(|step| *step == ITEM).count() == 1;
    let name = leaves.iter().find(|(path, leaf)| matches!(leaf, Shape::Name) && is_item(path));
    let Some((path, _)) = name else { return Vec::new() };
    let list = path.iter().position(|step| step == ITEM).unwrap_or_default();
    let beside = |other: &Path| other.starts_with(&path[..=list]) && is_item(other);
    let is_number = |leaf: &Shape| matches!(leaf, Shape::Number { .. });
    let numbers: Vec<&Path> =
        leaves.iter().filter(|(other, leaf)| is_number(leaf) && beside(other)).map(|(other, _)| other).collect();
    if numbers.len() < 2 {
        return Vec::new();
    }
    let item = |label: &str| {
        let mut answer = shape.with(path, Json::from(label));
        let scores = leaves.iter().filter(|(other, leaf)| matches!(leaf, Shape::Score) && beside(other));
        let values = numbers.iter().copied().zip(1..).chain(scores.map(|(other, _)| (other, 1)));
        for (other, value) in values {
            if let Some(place) = at(&mut answer, other) {
                *place = Json::from(f64::from(value));
            }
        }
        ApiOutput::Answer { answer }
    };
    labels.take(MAX_WRITTEN).map(item).collect()
}

fn has_item(path: &[String]) -> bool {
    path.iter().any(|step| step == ITEM)
}

/// A part of an answer; in a list, that of its first item.
pub(super) fn at<'j>(answer: &'j mut Json, path: &Path) -> Option<&'j mut Json> {
    path.iter().try_fold(answer, |part, step| if step == ITEM { part.get_mut(0) } else { part.get_mut(step) })
}

/// Answers whose numbers are all at one end or the other of their ranges: their product shows in no part alone.
fn extremes(shape: &Shape) -> Vec<ApiOutput> {
    let numbers: Vec<(Path, [f64; 2])> = shape
        .leaves()
        .into_iter()
        .filter(|(path, _)| path.iter().all(|step| step != ITEM))
        .filter_map(|(path, leaf)| match leaf {
            Shape::Number { low, high } => Some((path, [*low, *high])),
            _ => None,
        })
        .collect();
    let [(one, ends), (other, others)] = &numbers[..] else { return Vec::new() };
    let pairs = ends.iter().flat_map(|first| others.iter().map(move |second| (*first, *second)));
    pairs.map(|(first, second)| ApiOutput::Answer { answer: with_both(shape, (one, first), (other, second)) }).collect()
}

fn with_both(shape: &Shape, one: (&Path, f64), (path, value): (&Path, f64)) -> Json {
    let mut answer = shape.with(one.0, Json::from(one.1));
    if let Some(part) = at(&mut answer, path) {
        *part = Json::from(value);
    }
    answer
}

/// More answers, on which outcomes show that no part of an answer leads to alone: the program's words themselves, all of
/// them at once, and many things that it has no word for.
pub(super) fn more_answers(program: &Program) -> impl Iterator<Item = ApiOutput> + use<> {
    let many = [3, 12].map(|count| sure(&(0..count).map(|at| format!("Qzxjv{at}")).collect::<Vec<_>>()));
    [sure(&words(program))].into_iter().chain(many).chain(own_words(program))
}

/// Answers of one name each: the program's words, as they are written, and a text of several lines.
fn as_written(program: &Program) -> Vec<ApiOutput> {
    let mut words: Vec<&str> = Vec::new();
    texts(program, &mut |text| {
        if text.len() >= SHORTEST && words.len() < MAX_WRITTEN && !words.contains(&text) {
            words.push(text);
        }
    });
    words.into_iter().chain(["Qzxjv\nQzxjv\nQzxjv"]).map(|word| sure(&[word.to_owned()])).collect()
}

/// Answers of one name each: the program's words that are too short to tell names apart, as codes of languages are.
pub(super) fn short_words(program: &Program) -> impl Iterator<Item = ApiOutput> + use<> {
    let mut words: Vec<&str> = Vec::new();
    texts(program, &mut |text| {
        if text.len() == SHORTEST && words.len() < UNRELATED && !words.contains(&text) {
            words.push(text);
        }
    });
    words.into_iter().map(|word| sure(&[word.to_owned()])).collect::<Vec<_>>().into_iter()
}

/// Answers of one name each: the program's words, capitalised and not.
pub(super) fn own_words(program: &Program) -> impl Iterator<Item = ApiOutput> + use<> {
    let mut samples = Vec::new();
    texts(program, &mut |text| samples.extend(sample_of_pattern(text)));
    let words = words(program).into_iter().take(MAX_WORDS).flat_map(|word| {
        let mut rest = word.chars();
        let capitalised = rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect());
        [sure(&[capitalised]), sure(&[word])]
    });
    words.chain(samples.into_iter().take(MAX_WORDS).map(|sample| sure(&[sample])))
}

fn sure(labels: &[String]) -> ApiOutput {
    ApiOutput::labels(labels.iter().map(|label| (label.as_str(), 1.0)))
}

/// The texts a program is written with, in lower case, but for those too short to tell names apart.
fn words(program: &Program) -> Vec<String> {
    let mut words = Vec::new();
    texts(program, &mut |text| words.extend((text.len() > 2).then(|| text.trim().to_lowercase())));
    words
}

/// Visits the texts a program is written with.
fn texts<'p>(program: &'p Program, each: &mut dyn FnMut(&'p str)) {
    let mut note = |expr: &'p Expr| {
        if let ExprKind::Constant { value: Constant::Str(text) } = &expr.kind {
            each(text);
        }
    };
    visit::program(program, &mut note);
}

/// Values that a part of an answer can have.
fn values(leaf: &Shape) -> Vec<Json> {
    let spread =
        |low: f64, high: f64| (0..=STEPS).map(move |step| low + (high - low) * f64::from(step) / f64::from(STEPS));
    match leaf {
        Shape::Score => spread(0.0, 1.0).map(Json::from).collect(),
        Shape::Percent => spread(0.0, 100.0).map(Json::from).collect(),
        Shape::Number { low, high } => spread(*low, *high).map(Json::from).collect(),
        Shape::Choice(choice) => choice.members.iter().map(|member| Json::from(member.as_str())).collect(),
        Shape::Word(words) => words.iter().map(|word| Json::from(word.as_str())).collect(),
        Shape::Flag => vec![Json::from(false), Json::from(true)],
        // One word, and several: how many there are can be what is looked at.
        _ => [SEVERAL_WORDS, 2, 1].map(|words| Json::from(vec![UNKNOWN_NAME; words].join(" "))).to_vec(),
    }
}
