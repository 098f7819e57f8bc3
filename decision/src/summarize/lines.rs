//! Texts of several lines, such as what is written on a receipt, that a program takes apart: a word has its effect in a
//! line, and not as the whole text.

use super::Reason;
use super::branches::Branches;
use super::probe::{NEUTRAL, OTHER, Outcome, Probe};
use super::words::Found;
use crate::decider::DecideError;

/// Words that are tried in lines.
const MAX_WORDS: usize = 24;

/// Has the program compare the lines of a text with its words.
pub(super) fn show(probe: &mut Probe<'_>) -> Result<(), DecideError> {
    text(probe, NEUTRAL).map(|_| ())
}

/// Marks the words that do something in one of several lines, and tells the first case.
pub(super) fn find(
    probe: &mut Probe<'_>,
    found: &Branches,
    words: &mut [Found],
) -> Result<Option<Reason>, DecideError> {
    let (alone, several) = (probe.labels(&[NEUTRAL])?, text(probe, NEUTRAL)?);
    let mut first = None;
    if !probe.differ_by_data_only(alone, several) {
        let (several, alone) = (probe.shown_beside(several, alone), probe.shown_beside(alone, several));
        first = Some(Reason(format!("a text of several lines leads to `{several}`, one of a line to `{alone}`")));
    }
    for word in words.iter_mut().filter(|word| word.outcome.is_none() && !word.in_company).take(MAX_WORDS) {
        let forms = word.spellings();
        for line in forms.iter().take(2).flat_map(|form| lines(form)) {
            let with = text(probe, &line)?;
            let without = text(probe, &line.replace(form_of(&forms, &line), OTHER))?;
            if probe.differ_by_data_only(with, without) || probe.fails(with) && !probe.fails(found.default) {
                continue;
            }
            word.in_company = true;
            if first.is_none() {
                let (with, without) = (probe.shown_beside(with, without), probe.shown_beside(without, with));
                first = Some(Reason(format!(
                    "lines of a text are told apart: `{line}` among others leads to `{with}`, any other to `{without}`"
                )));
            }
            break;
        }
    }
    Ok(first)
}

/// Lines that hold a word.
fn lines(word: &str) -> [String; 4] {
    [word.to_owned(), format!("{word} {NEUTRAL}"), format!("{NEUTRAL} {word}"), format!("{word}{NEUTRAL}")]
}

/// The spelling that a line was made of.
fn form_of<'f>(forms: &'f [String], line: &str) -> &'f str {
    forms.iter().find(|form| line.contains(form.as_str())).map_or("", String::as_str)
}

/// The outcome on a text with this line in its middle.
fn text(probe: &mut Probe<'_>, line: &str) -> Result<Outcome, DecideError> {
    probe.labels(&[&format!("{NEUTRAL}\n{line}\n{NEUTRAL}")])
}
