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
    match first {
        Some(first) => Ok(Some(first)),
        None => needed_together(probe, found, (words, alone)),
    }
}

/// The fewest words that lead somewhere on lines of their own while none of them does in any company of a line, in the
/// order of the program or the other way round.
fn needed_together(
    probe: &mut Probe<'_>,
    found: &Branches,
    (words, usual): (&mut [Found], Outcome),
) -> Result<Option<Reason>, DecideError> {
    let idle = words.iter().enumerate().filter(|(_, word)| word.outcome.is_none() && !word.in_company);
    let written: Vec<(usize, String)> =
        idle.filter_map(|(at, word)| Some((at, word.spellings().into_iter().next()?))).take(MAX_WORDS).collect();
    let turned: Vec<(usize, String)> = written.iter().rev().cloned().collect();
    for mut needed in [written, turned] {
        let outcome = of_lines(probe, &needed)?;
        // Where so many lines of any words do the same, it is how many there are.
        let others: Vec<_> = needed.iter().map(|(at, _)| (*at, OTHER.to_owned())).collect();
        let is_known = found.branches.iter().any(|branch| branch.outcome == outcome)
            || [usual, found.default].iter().any(|&known| probe.differ_by_data_only(outcome, known))
            || probe.fails(outcome) && !probe.fails(found.default);
        if needed.len() < 2 || is_known || of_lines(probe, &others)? == outcome {
            continue;
        }
        for at in (0..needed.len()).rev() {
            let left_out = needed.remove(at);
            if needed.is_empty() || of_lines(probe, &needed)? != outcome {
                needed.insert(at, left_out);
            }
        }
        for (at, _) in &needed {
            words[*at].in_company = true;
        }
        let quoted: Vec<String> = needed.iter().map(|(_, word)| format!("`{word}`")).collect();
        let shown = probe.shown(outcome);
        return Ok(Some(Reason(format!(
            "no line of a text alone leads to `{shown}`, but lines with {} together do",
            quoted.join(" and ")
        ))));
    }
    Ok(None)
}

/// The outcome on a text of these lines.
fn of_lines(probe: &mut Probe<'_>, lines: &[(usize, String)]) -> Result<Outcome, DecideError> {
    let lines: Vec<&str> = lines.iter().map(|line| line.1.as_str()).collect();
    probe.labels(&[&lines.join("\n")])
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
pub(super) fn text(probe: &mut Probe<'_>, line: &str) -> Result<Outcome, DecideError> {
    probe.labels(&[&format!("{NEUTRAL}\n{line}\n{NEUTRAL}")])
}
