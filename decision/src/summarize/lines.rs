//! Texts of several lines, such as what is written on a receipt, that a program takes apart: a word has its effect in a
//! line, and not as the whole text.

use super::Reason;
use super::branches::Branches;
use super::constants::Constants;
use super::probe::{NEUTRAL, OTHER, Outcome, Probe};
use super::words::Found;
use crate::decider::DecideError;
use crate::process::Warning;

/// Words that are tried in lines.
const MAX_WORDS: usize = 24;

/// Words of which it is asked in which lines they lead somewhere.
const MAX_WARNED: usize = 8;

/// The farthest line from the start or the end of a text that is tried by its place.
pub(super) const FARTHEST: usize = 12;

/// How many lines stand before and after one, so that the program takes it by its place.
pub(super) fn around(constants: &Constants) -> usize {
    if constants.lines { constants.farthest.max(1) } else { 1 }
}

/// Whether the program may take lines by a place that is not the first.
pub(super) fn are_taken(constants: &Constants) -> bool {
    constants.lines && constants.farthest > 0
}

/// Has the program compare the lines of a text with its words.
pub(super) fn show(probe: &mut Probe<'_>) -> Result<(), DecideError> {
    text(probe, NEUTRAL).map(|_| ())
}

/// Marks the words that do something in one of several lines, and tells the first case, and what so many lines of any words
/// lead to.
pub(super) fn find(
    probe: &mut Probe<'_>,
    found: &Branches,
    words: &mut [Found],
) -> Result<Option<Reason>, DecideError> {
    let alone = probe.labels(&[NEUTRAL])?;
    let mut reasons: Vec<String> = by_number(probe, alone)?.into_iter().collect();
    let mut first = None;
    // What fails for want of lines says nothing of the word.
    let leads = |word: &Found| word.outcome.is_some_and(|outcome| !probe.fails(outcome) || probe.fails(found.default));
    let idle: Vec<usize> = (0..words.len()).filter(|at| !leads(&words[*at]) && !words[*at].in_company).collect();
    for word in idle.into_iter().take(MAX_WORDS) {
        let word = &mut words[word];
        let forms = word.spellings();
        let own = forms.iter().take(2).flat_map(|form| lines(form).map(|line| (line, form)));
        let mut led = None;
        for (line, form) in own {
            led = in_line(probe, found, (&line, form))?;
            if led.is_some() {
                break;
            }
        }
        word.in_company |= led.is_some();
        first = first.or(led);
    }
    if first.is_none() && reasons.is_empty() {
        return needed_together(probe, found, (words, alone));
    }
    reasons.extend(first);
    Ok(Some(Reason(reasons.join("; "))))
}

/// What texts of more lines lead to than one of a line does, whatever is on them.
fn by_number(probe: &mut Probe<'_>, alone: Outcome) -> Result<Option<String>, DecideError> {
    let most = 2 * probe.lines_around + 1;
    let several = text(probe, NEUTRAL)?;
    if probe.differ_by_repeats_only(alone, several) {
        return Ok(None);
    }
    // How many it takes, where fewer do what one does, and more what so many do.
    let mut least = Some(most);
    for number in (2..most).rev() {
        let outcome = probe.labels(&[&vec![NEUTRAL; number].join("\n")])?;
        if probe.differ_by_repeats_only(outcome, several) && least == Some(number + 1) {
            least = Some(number);
        } else if !probe.differ_by_repeats_only(outcome, alone) {
            least = None;
        }
    }
    let (several, alone) = (probe.shown_beside(several, alone), probe.shown_beside(alone, several));
    Ok(Some(match least {
        Some(least) if probe.takes_lines => {
            format!("a text of {least} lines or more leads to `{several}`, one of fewer to `{alone}`")
        }
        _ => format!("a text of several lines leads to `{several}`, one of a line to `{alone}`"),
    }))
}

/// What a line of a text leads to that one with any other word in its place does not, and in which place.
fn in_line(probe: &mut Probe<'_>, found: &Branches, (line, form): (&str, &str)) -> Result<Option<String>, DecideError> {
    let other = line.replace(form, OTHER);
    let around = probe.lines_around;
    let mut led = None;
    let mut places = Vec::new();
    // Most programs look at each line: one in the middle is tried first.
    let others = (0..=2 * around).filter(|place| *place != around && probe.takes_lines);
    for place in std::iter::once(around).chain(others.collect::<Vec<_>>()) {
        let (with, without) = (text_at(probe, line, place)?, text_at(probe, &other, place)?);
        // A line that is the word alone may have nothing left that is shown.
        let is_one = if line == form {
            probe.differ_by_data_only(with, without)
        } else {
            probe.differ_by_repeats_only(with, without)
        };
        if is_one || probe.fails(with) && !probe.fails(found.default) {
            continue;
        }
        places.push(place + 1);
        led.get_or_insert((with, without));
    }
    let Some((with, without)) = led else { return Ok(None) };
    let (with, without) = (probe.shown_beside(with, without), probe.shown_beside(without, with));
    let all = 2 * around + 1;
    places.sort_unstable();
    let place = if probe.takes_lines && places.len() < all {
        format!(" in line {} of {all}", either(&places))
    } else {
        " among others".to_owned()
    };
    Ok(Some(format!(
        "lines of a text are told apart: `{line}`{place} leads to `{with}`, one without it to `{without}`"
    )))
}

/// What there is to say of words that lead somewhere by themselves, and elsewhere in some lines of a text.
pub(super) fn warnings(probe: &mut Probe<'_>, words: &[Found]) -> Result<Vec<Warning>, DecideError> {
    let mut found = Vec::new();
    let usual = text(probe, NEUTRAL)?;
    let all = 2 * probe.lines_around + 1;
    for word in words.iter().take(MAX_WARNED) {
        let (Some(alone), Some(form)) = (word.outcome, word.spellings().into_iter().next()) else { continue };
        let outcomes = (0..all).map(|place| text_at(probe, &form, place)).collect::<Result<Vec<_>, _>>()?;
        let mut say = |places: Vec<usize>, outcome: Outcome| {
            let message = format!("`{form}` in line {} of {all} leads to `{}`", either(&places), probe.shown(outcome));
            found.push(Warning { span: word.span, message });
        };
        let at = |is: &dyn Fn(Outcome) -> bool| -> Vec<usize> {
            (0..all).filter(|place| is(outcomes[*place])).map(|place| place + 1).collect()
        };
        let idle = at(&|outcome| outcome == usual);
        if idle.len() == all {
            continue;
        }
        if !idle.is_empty() {
            say(idle, usual);
        }
        let does_more = |outcome: Outcome| {
            let known = &probe.decision(alone).effects;
            outcome != usual
                && !probe.differ_by_data_only(outcome, alone)
                && probe.own_effects(outcome, usual).iter().any(|effect| !known.contains(effect))
        };
        if let Some(first) = outcomes.iter().copied().find(|outcome| does_more(*outcome)) {
            say(at(&|outcome| outcome == first), first);
        }
    }
    Ok(found)
}

/// Numbers in ascending order as people write them: `1, 2 or 4 to 6`.
fn either(numbers: &[usize]) -> String {
    let runs = numbers.chunk_by(|one, next| one + 1 == *next);
    let shown: Vec<String> = runs
        .flat_map(|run| match run {
            [first, _, .., last] => vec![format!("{first} to {last}")],
            few => few.iter().map(usize::to_string).collect(),
        })
        .collect();
    match shown.split_last() {
        Some((last, firsts)) if !firsts.is_empty() => format!("{} or {last}", firsts.join(", ")),
        _ => shown.concat(),
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

/// The outcome on a text with this line in its middle.
pub(super) fn text(probe: &mut Probe<'_>, line: &str) -> Result<Outcome, DecideError> {
    text_at(probe, line, probe.lines_around)
}

/// The outcome on a text of as many lines with this one after so many others.
fn text_at(probe: &mut Probe<'_>, line: &str, place: usize) -> Result<Outcome, DecideError> {
    let mut lines = vec![NEUTRAL; 2 * probe.lines_around + 1];
    lines[place] = line;
    probe.labels(&[&lines.join("\n")])
}

#[cfg(test)]
mod tests {
    use super::either;

    #[test]
    fn numbers_in_a_row_are_written_as_one_stretch() {
        assert_eq!(either(&[3]), "3");
        assert_eq!(either(&[1, 2, 4]), "1, 2 or 4");
        assert_eq!(either(&[1, 2, 4, 5, 6]), "1, 2 or 4 to 6");
        assert_eq!(either(&[2, 3, 4]), "2 to 4");
    }
}
