//! Outcomes that differ in how many items there are, which they say: `'3 persons'` and `'4 persons'` are one.

use super::probe::{Outcome, Probe};
use crate::decision::{Decision, Effect, Rendered};

/// What stands for the number of items where an outcome is shown.
const COUNT: &str = "<count>";
/// What stands for a number that goes up or down with it.
const NUMBER: &str = "<number>";

/// Whether an effect stands for those with any number in its place.
pub(super) fn says_any(effect: &Effect) -> bool {
    let shown = effect.to_string();
    shown.contains(COUNT) || shown.contains(NUMBER)
}

/// The outcomes on 0, 1, 2, ... items, where each run of those that say their numbers and are alike in all else is one.
pub(super) fn merged(probe: &mut Probe<'_>, outcomes: &[Outcome]) -> Vec<Outcome> {
    let links: Vec<Option<Outcome>> = (1..outcomes.len())
        .map(|number| {
            let [one, next] = [number - 1, number].map(|at| probe.decision(outcomes[at]));
            let alike = alike(one, next, Some(number - 1)).filter(|_| outcomes[number - 1] != outcomes[number]);
            alike.map(|alike| probe.intern(alike))
        })
        .collect();
    let of = |number: usize| {
        let before = number.checked_sub(1).and_then(|at| links[at]);
        before.or_else(|| links.get(number).copied().flatten()).unwrap_or(outcomes[number])
    };
    let mut merged: Vec<Outcome> = (0..outcomes.len()).map(of).collect();
    // The number may be said in fewer places from some on: of a list that is cut.
    for at in 1..merged.len() {
        let says_numbers = merged[at] != outcomes[at] && merged[at - 1] != outcomes[at - 1];
        if says_numbers && are_alike(probe.decision(merged[at - 1]), probe.decision(merged[at])) {
            merged[at] = merged[at - 1];
        }
    }
    merged
}

/// The outcomes on 0, 1, 2, ... items, where what one statement does again and again with other whole numbers is done once.
pub(super) fn folded(probe: &mut Probe<'_>, outcomes: &[Outcome]) -> Vec<Outcome> {
    let mut folded: Vec<Outcome> = Vec::with_capacity(outcomes.len());
    for &outcome in outcomes {
        // Each with what it is the first time.
        let mut once: Vec<(Effect, &Effect)> = Vec::new();
        for next in &probe.decision(outcome).effects {
            let again = |first: &Effect| effect(first, next, None).filter(|_| first.span == next.span);
            match once.iter_mut().find_map(|(all, first)| again(first).map(|both| (all, both))) {
                Some((all, both)) => *all = both,
                None => once.push((next.clone(), next)),
            }
        }
        let effects = once.into_iter().map(|(all, _)| all).collect();
        folded.push(probe.intern(Decision { effects }));
    }
    // What is done once says the number of that time.
    for at in (1..folded.len().saturating_sub(1)).rev() {
        if are_alike(probe.decision(folded[at]), probe.decision(folded[at + 1])) {
            folded[at] = folded[at + 1];
        }
    }
    folded
}

/// Whether decisions that say how many there are do so alike but for places where one of them has a number as it is.
fn are_alike(one: &Decision, next: &Decision) -> bool {
    /// Stands for any number.
    const ANY: &str = "\u{1}";
    let shown = |decision: &Decision| {
        let text = decision.to_string().replace(COUNT, ANY).replace(NUMBER, ANY);
        text.replace(ANY, &format!(" {ANY} ")).split(' ').flat_map(pieces).collect::<Vec<_>>()
    };
    let is_number = |piece: &String| piece.parse::<usize>().is_ok();
    let same = |(one, next): (&String, &String)| {
        one == next || (one == ANY && is_number(next)) || (next == ANY && is_number(one))
    };
    let (one, next) = (shown(one), shown(next));
    pairs(&one, &next).is_some_and(|mut pairs| pairs.all(same))
}

/// Two decisions in one, if they differ in whole numbers only, which they say.
pub(super) fn of_any(one: &Decision, next: &Decision) -> Option<Decision> {
    alike(one, next, None)
}

/// Two decisions in one, if they differ in whole numbers only: by one, where the first is on so many items.
fn alike(one: &Decision, next: &Decision, number: Option<usize>) -> Option<Decision> {
    let effects = pairs(&one.effects, &next.effects)?.map(|(one, next)| effect(one, next, number));
    Some(Decision { effects: effects.collect::<Option<_>>()? })
}

fn pairs<'a, T>(one: &'a [T], next: &'a [T]) -> Option<impl Iterator<Item = (&'a T, &'a T)>> {
    (one.len() == next.len()).then(|| one.iter().zip(next))
}

fn effect(one: &Effect, next: &Effect, number: Option<usize>) -> Option<Effect> {
    let values = pairs(&one.values, &next.values)?.map(|(one, next)| value(one, next, number));
    let values = values.collect::<Option<_>>()?;
    (one.action == next.action).then(|| Effect { span: one.span, action: one.action.clone(), values })
}

fn value(one: &Rendered, next: &Rendered, number: Option<usize>) -> Option<Rendered> {
    let all = |one: &[Rendered], next: &[Rendered]| -> Option<Vec<Rendered>> {
        pairs(one, next)?.map(|(one, next)| value(one, next, number)).collect()
    };
    Some(match (one, next) {
        (one, next) if one == next => one.clone(),
        (Rendered::Chosen(one), Rendered::Chosen(next)) => Rendered::Chosen(text(one, next, number)?),
        (Rendered::Parts(one), Rendered::Parts(next)) => Rendered::Parts(all(one, next)?),
        (Rendered::Call { callee, values: one }, Rendered::Call { callee: other, values: next }) if callee == other => {
            Rendered::Call { callee: callee.clone(), values: all(one, next)? }
        }
        (Rendered::Keyword { name, value: one }, Rendered::Keyword { name: other, value: next }) if name == other => {
            Rendered::Keyword { name: name.clone(), value: Box::new(value(one, next, number)?) }
        }
        _ => return None,
    })
}

fn text(one: &str, next: &str, number: Option<usize>) -> Option<String> {
    let (one, next) = (pieces(one), pieces(next));
    let piece = |(one, next): (&String, &String)| {
        if one == next {
            return Some(one.clone());
        }
        let [first, second] = [one, next].map(|piece| piece.parse::<usize>());
        let (first, second) = (first.ok()?, second.ok()?);
        let Some(number) = number else { return Some(NUMBER.to_owned()) };
        (first.abs_diff(second) == 1).then(|| if first == number && second > first { COUNT } else { NUMBER }.to_owned())
    };
    pairs(&one, &next)?.map(piece).collect()
}

/// A text cut into runs of digits and what is between them.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for c in text.chars() {
        match pieces
            .last_mut()
            .filter(|piece| piece.ends_with(|last: char| last.is_ascii_digit() == c.is_ascii_digit()))
        {
            Some(piece) => piece.push(c),
            None => pieces.push(c.to_string()),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_how_many_there_are_says_so_for_any_number() {
        assert_eq!(
            text("'3 of 12, 9 left'", "'4 of 12, 8 left'", Some(3)).as_deref(),
            Some("'<count> of 12, <number> left'")
        );
        assert_eq!(text("'a3'", "'b4'", Some(3)), None);
        assert_eq!(text("'10 points'", "'20 points'", Some(1)), None);
        assert_eq!(text("'10 points'", "'20 points'", None).as_deref(), Some("'<number> points'"));
    }
}
