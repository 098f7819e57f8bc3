//! Decisions by how long a text of the answer is: a number plate has ten characters, a name has two words.

use serde_json::Value as Json;

use super::constants::Constants;
use super::counts::Step;
use super::probe::{Outcome, Probe};
use super::ranges::append;
use super::{Draft, Reason};
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::shape::{ITEM, Path, Shape, show_path};
use crate::summary::{Bounds, DecisionType, Handed, Limit};

/// Numbers that a text may be measured by.
pub(super) const LENGTHS: std::ops::RangeInclusive<f64> = 1.0..=64.0;

/// What texts are made of: one that is measured can be of anything.
const LETTERS: [&str; 3] = ["A", "a", "1"];

/// The same for words, of which one is long.
const WORDS: [&str; 4] = ["A", "a", "1", "AAAAAAAAAAAAAAAA"];

/// So many of the program's words are tried among others.
const MOST_WORDS: usize = 64;

/// At so many numbers of words at most something else is done.
const MAX_WORD_STEPS: usize = 3;

/// What a text's length is counted in.
#[derive(Clone, Copy)]
enum Unit {
    Characters,
    Words,
}

impl Unit {
    /// What texts of this unit are made of.
    fn parts(self) -> &'static [&'static str] {
        match self {
            Self::Characters => &LETTERS,
            Self::Words => &WORDS,
        }
    }

    /// So much of a letter.
    fn text(self, letter: &str, length: usize) -> String {
        match self {
            Self::Characters => letter.repeat(length),
            Self::Words => vec![letter; length].join(" "),
        }
    }

    /// Whether two outcomes are one. Of several words each may show, so that it says something which of them do.
    fn is_one(self, probe: &Probe<'_>, one: Outcome, other: Outcome) -> bool {
        match self {
            Self::Characters => probe.differ_by_data_only(one, other),
            Self::Words => one == other,
        }
    }

    fn show(self, path: &Path) -> String {
        let field = show_path(path);
        match self {
            Self::Characters => format!("length of {field}"),
            Self::Words => format!("number of words of {field}"),
        }
    }
}

/// Fills the draft when the decision hangs on nothing but the length of one text; `false` when it does not.
pub(super) fn fill(
    draft: &mut Draft,
    probe: &mut Probe<'_>,
    shape: &Shape,
    constants: &Constants,
) -> Result<bool, Reason> {
    let measures = constants.numbers.iter().filter(|number| LENGTHS.contains(number) && number.fract() == 0.0);
    let longest = measures.map(|number| *number as usize).max();
    let characters = longest.map(|longest| (Unit::Characters, longest));
    // To have a blank in it is to have two words.
    let words = (!constants.words.is_empty()).then(|| (Unit::Words, longest.unwrap_or(1)));
    for (unit, longest) in characters.into_iter().chain(words) {
        if of_texts(draft, probe, (shape, unit), longest)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn of_texts(
    draft: &mut Draft,
    probe: &mut Probe<'_>,
    (shape, unit): (&Shape, Unit),
    longest: usize,
) -> Result<bool, Reason> {
    let is_text = |leaf: &Shape| matches!(leaf, Shape::Name | Shape::Names | Shape::Text);
    for (path, _) in shape.leaves().into_iter().filter(|(_, leaf)| is_text(leaf)) {
        let Some(outcomes) = outcomes(probe, (shape, unit), &path, longest)? else { continue };
        if matches!(unit, Unit::Words) && !words_only(probe, (shape, &path), &outcomes)? {
            continue;
        }
        let usual = draft.default_outcome;
        let steps = steps(probe, &outcomes, (unit, &path));
        if steps.len() < 2 {
            continue;
        }
        draft.summary.field = Some(show_path(&path));
        draft.summary.top_k = first_only(probe, (shape, unit), &path, &outcomes)?;
        let steps: Vec<Step> = steps.into_iter().filter(|step| !unit.is_one(probe, step.0, usual)).collect();
        draft.summary.decision_type = if steps.len() == 1 { DecisionType::TrueFalse } else { DecisionType::Range };
        draft.push_regions(probe, usual, steps, None);
        draft.summary.again = acts_again(probe, (shape, unit), &path, &outcomes, usual)?;
        if draft.summary.top_k.is_none() && !draft.summary.again && draft.summary.branches.len() == 1 {
            draft.summary.handed = handed_on(probe, (shape, unit), &path, &outcomes, usual)?;
        }
        return Ok(true);
    }
    Ok(false)
}

/// The outcome at each length from one on, where it is the same whatever the text is made of.
fn outcomes(
    probe: &mut Probe<'_>,
    (shape, unit): (&Shape, Unit),
    path: &Path,
    longest: usize,
) -> Result<Option<Vec<Outcome>>, DecideError> {
    let mut outcomes = Vec::new();
    // One more than the longest and another, which stand for all that are longer.
    for length in 1..=longest + 2 {
        let mut same = None;
        for part in unit.parts() {
            let answer = shape.with(path, Json::from(unit.text(part, length)));
            let outcome = probe.run(&ApiOutput::Answer { answer })?;
            let known = *same.get_or_insert(outcome);
            if !unit.is_one(probe, known, outcome) {
                return Ok(None);
            }
        }
        outcomes.extend(same);
    }
    // A word that is not there is none that is counted, and where each number leads elsewhere, the words only pass.
    let fails = outcomes.iter().any(|outcome| probe.fails(*outcome));
    let passes = outcomes.windows(2).filter(|pair| pair[0] != pair[1]).count() > MAX_WORD_STEPS;
    Ok((!matches!(unit, Unit::Words) || !fails && !passes).then_some(outcomes))
}

/// Whether it makes no difference that a word the program asks for is among them.
fn words_only(
    probe: &mut Probe<'_>,
    (shape, path): (&Shape, &Path),
    outcomes: &[Outcome],
) -> Result<bool, DecideError> {
    let asked: Vec<String> = probe.compared().into_iter().filter(|word| !word.trim().is_empty()).collect();
    let Some(&last) = outcomes.last() else { return Ok(true) };
    for word in asked.iter().take(MOST_WORDS) {
        let text = format!("{} {word}", Unit::Words.text(LETTERS[0], outcomes.len()));
        let answer = shape.with(path, Json::from(text));
        if probe.run(&ApiOutput::Answer { answer })? != last {
            return Ok(false);
        }
    }
    Ok(true)
}

/// One step for each outcome, with the lengths that lead to it.
fn steps(probe: &Probe<'_>, outcomes: &[Outcome], (unit, path): (Unit, &Path)) -> Vec<Step> {
    let field = unit.show(path);
    let limit = |at: usize| Some(Limit { value: at as f64, inclusive: true });
    let mut steps: Vec<Step> = Vec::new();
    let mut from = 0;
    for at in 1..=outcomes.len() {
        if outcomes.get(at).is_some_and(|next| unit.is_one(probe, *next, outcomes[from])) {
            continue;
        }
        if at < outcomes.len() || from > 0 {
            let low = if from == 0 { None } else { limit(from + 1) };
            let high = if at == outcomes.len() { None } else { limit(at) };
            let region = vec![Bounds { field: field.clone(), low, high, percent: false }];
            match steps.iter_mut().find(|step| unit.is_one(probe, step.0, outcomes[from])) {
                Some(step) => step.1.push(region),
                None => steps.push((outcomes[from], vec![region])),
            }
        }
        from = at;
    }
    steps
}

/// Whether a second text of a length that leads somewhere has the application do that once more.
fn acts_again(
    probe: &mut Probe<'_>,
    (shape, unit): (&Shape, Unit),
    path: &Path,
    outcomes: &[Outcome],
    usual: Outcome,
) -> Result<bool, DecideError> {
    let Some(at) = outcomes.iter().position(|outcome| !unit.is_one(probe, *outcome, usual)) else {
        return Ok(false);
    };
    let one = shape.with(path, Json::from(unit.text(LETTERS[0], at + 1)));
    let mut both = one.clone();
    append(&mut both, &one, path);
    let [one, both] = [one, both].map(|answer| ApiOutput::Answer { answer });
    // A list is one, however many are on it.
    Ok(match unit {
        Unit::Characters => probe.shown_times(&both)? > probe.shown_times(&one)?,
        Unit::Words => probe.acted_times(&both)? > probe.acted_times(&one)?,
    })
}

/// Which of three texts of a length that leads somewhere shows: the first or the last, or all of them, where one of a
/// length that leads nowhere does not.
fn handed_on(
    probe: &mut Probe<'_>,
    (shape, unit): (&Shape, Unit),
    path: &Path,
    outcomes: &[Outcome],
    usual: Outcome,
) -> Result<Option<Handed>, DecideError> {
    const MARKS: [&str; 3] = ["q", "z", "j"];
    let leads = |outcome: &Outcome| !unit.is_one(probe, *outcome, usual);
    let Some(at) = outcomes.iter().rposition(leads).filter(|_| path.iter().any(|step| step == ITEM)) else {
        return Ok(None);
    };
    // A text of one letter is found anywhere.
    if at == 0 {
        return Ok(None);
    }
    let other = outcomes.iter().rposition(|outcome| unit.is_one(probe, *outcome, usual));
    let mut shown = |lengths: [usize; 3]| -> Result<Vec<usize>, DecideError> {
        let texts: Vec<String> = MARKS.iter().zip(lengths).map(|(mark, length)| unit.text(mark, length)).collect();
        let mut answer = shape.with(path, Json::from(texts[0].as_str()));
        texts[1..].iter().for_each(|text| append(&mut answer, &shape.with(path, Json::from(text.as_str())), path));
        probe.run(&ApiOutput::Answer { answer })?;
        let observed = probe.observed().to_lowercase();
        Ok((0..MARKS.len()).filter(|at| observed.contains(&texts[*at])).collect())
    };
    Ok(match (shown([at + 1; 3])?.as_slice(), other) {
        ([0], _) => Some(Handed::First),
        ([2], _) => Some(Handed::Last),
        // A text of one letter is found anywhere.
        ([0, 1, 2], Some(other)) if other > 1 && shown([at + 1, at + 1, other + 1])? == [0, 1] => Some(Handed::All),
        _ => None,
    })
}

/// `Some(1)` where only the first of several texts is measured.
fn first_only(
    probe: &mut Probe<'_>,
    (shape, unit): (&Shape, Unit),
    path: &Path,
    outcomes: &[Outcome],
) -> Result<Option<u32>, DecideError> {
    if !path.iter().any(|step| step == ITEM) {
        return Ok(None);
    }
    let Some(other) = outcomes.iter().position(|outcome| !unit.is_one(probe, *outcome, outcomes[0])) else {
        return Ok(None);
    };
    for (first, second) in [(0, other), (other, 0)] {
        let [mut both, more] = [first, second].map(|at| shape.with(path, Json::from(unit.text(LETTERS[0], at + 1))));
        append(&mut both, &more, path);
        let outcome = probe.run(&ApiOutput::Answer { answer: both })?;
        if !unit.is_one(probe, outcome, outcomes[first]) {
            return Ok(None);
        }
    }
    Ok(Some(1))
}
