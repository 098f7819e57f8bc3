//! Decisions by how long a text of the answer is: a number plate has ten characters, a name has two words.

use serde_json::Value as Json;

use super::constants::Constants;
use super::counts::Step;
use super::measured::{Equal, Texts};
use super::probe::{Outcome, Probe};
use super::values::{self, Sample};
use super::{Draft, Reason};
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::shape::{Path, Shape, show_path};
use crate::summary::{Bounds, DecisionType, Limit};

/// Numbers that a text may be measured by.
pub(super) const LENGTHS: std::ops::RangeInclusive<f64> = 1.0..=64.0;

/// What texts are made of: one that is measured can be of anything.
const LETTERS: [&str; 3] = ["A", "a", "1"];

/// The same for words, of which one is long.
const WORDS: [&str; 4] = ["A", "a", "1", "AAAAAAAAAAAAAAAA"];

/// What texts of one length are made of that are told apart.
const MARKS: [&str; 3] = ["q", "z", "j"];

/// So many of the program's words are tried among others.
const MOST_WORDS: usize = 64;

/// At so many numbers of words at most something else is done.
const MAX_WORD_STEPS: usize = 3;

/// What a text's length is counted in.
#[derive(Clone, Copy)]
enum Unit {
    Characters(Equal),
    Words,
}

impl Unit {
    /// What texts of this unit are made of.
    fn parts(self) -> &'static [&'static str] {
        match self {
            Self::Characters(_) => &LETTERS,
            Self::Words => &WORDS,
        }
    }

    /// So much of a letter.
    fn text(self, letter: &str, length: usize) -> String {
        match self {
            Self::Characters(_) => letter.repeat(length),
            Self::Words => vec![letter; length].join(" "),
        }
    }

    /// Whether two outcomes are one. Of several words each may show, so that it says something which of them do.
    fn is_one(self, probe: &Probe<'_>, one: Outcome, other: Outcome) -> bool {
        match self {
            Self::Characters(equal) => equal.holds(probe, one, other),
            Self::Words => one == other,
        }
    }

    fn show(self, path: &Path) -> String {
        let field = show_path(path);
        match self {
            Self::Characters(_) => format!("length of {field}"),
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
    let equal = [Equal::Strictly, Equal::ButForData];
    let characters = longest.into_iter().flat_map(|longest| equal.map(|equal| (Unit::Characters(equal), longest)));
    // To have a blank in it is to have two words.
    let words = (!constants.words.is_empty()).then(|| (Unit::Words, longest.unwrap_or(1)));
    for (unit, longest) in characters.chain(words) {
        if of_texts(draft, probe, (shape, unit), (longest, constants))? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn of_texts(
    draft: &mut Draft,
    probe: &mut Probe<'_>,
    (shape, unit): (&Shape, Unit),
    (longest, constants): (usize, &Constants),
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
        let texts = Texts::new(shape, &path);
        let text = |at: usize| unit.text(LETTERS[0], at + 1);
        let other = outcomes.iter().position(|outcome| !unit.is_one(probe, *outcome, outcomes[0]));
        draft.summary.top_k = match other {
            Some(other) => texts.first_only(probe, [&text(0), &text(other)], |probe, a, b| unit.is_one(probe, a, b))?,
            None => None,
        };
        let steps: Vec<Step> = steps.into_iter().filter(|step| !unit.is_one(probe, step.0, usual)).collect();
        draft.summary.decision_type = if steps.len() == 1 { DecisionType::TrueFalse } else { DecisionType::Range };
        let told: Vec<Outcome> = steps.iter().map(|step| step.0).collect();
        draft.push_regions(probe, usual, steps, None);
        let leads = |at: &usize| !unit.is_one(probe, outcomes[*at], usual);
        let (first, last) = ((0..outcomes.len()).find(leads), (0..outcomes.len()).rev().find(leads));
        let other = (0..outcomes.len()).rev().find(|at| !leads(at));
        draft.summary.again = match first {
            // A list is one, however many are on it.
            Some(at) => texts.act_again(probe, &text(at), !matches!(unit, Unit::Characters(Equal::ButForData)))?,
            None => false,
        };
        if let (None, false, 1) = (draft.summary.top_k, draft.summary.again, draft.summary.branches.len())
            // A text of one letter is found anywhere.
            && let Some(at) = last.filter(|at| *at > 0)
        {
            let of = |at: usize| MARKS.map(|mark| unit.text(mark, at + 1));
            draft.summary.handed = texts.handed_on(probe, &of(at), other.filter(|at| *at > 0).map(of).as_ref())?;
        }
        let sample = |outcome: Outcome| {
            let at = outcomes.iter().rposition(|own| unit.is_one(probe, *own, outcome))?;
            Some(Sample { texts: vec![text(at)], outcome: outcomes[at] })
        };
        let samples: Vec<Sample> = told.into_iter().filter_map(sample).collect();
        values::tell(draft, probe, (shape, &path), &samples, constants)?;
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
    Ok(match unit {
        Unit::Characters(Equal::ButForData) => true,
        Unit::Characters(Equal::Strictly) => !passes,
        Unit::Words => !fails && !passes,
    }
    .then_some(outcomes))
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
