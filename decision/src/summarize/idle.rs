//! Words that change nothing where they are written.

use std::collections::{BTreeSet, HashMap};

use super::constants::{Constants, Test};
use super::probe::{NEUTRAL, Outcome, Probe};
use super::words::Found;
use crate::program::Span;
use crate::summary::IdleWord;

/// A list of texts, with their places.
type Texts = [(String, Span)];

/// The idle words, in order of appearance: those that lead nowhere; of every list of words those that are never compared;
/// those that a list of another branch takes first, where only one branch is taken; those of an `elif` that is never
/// asked.
pub(super) fn of(constants: &Constants, probe: &Probe<'_>, words: &[Found], one_branch: bool) -> Vec<IdleWord> {
    let mut idle: Vec<IdleWord> =
        words.iter().filter(|word| leads_nowhere(word)).map(|word| at(&word.written, word.span)).collect();
    let lists: Vec<_> = constants.lists.iter().map(|list| (list.as_slice(), branch_of(list, words))).collect();
    for &(list, branch) in &lists {
        // A text that is written once and compared shows that this list is the one that is asked.
        let once = |(text, span): &(String, Span)| {
            word_of(text, words).is_some()
                && !constants.texts.iter().any(|(other, place)| other == text && place != span)
        };
        if !list.iter().any(once) {
            continue;
        }
        for (text, span) in list {
            let taken = |other: &Texts| other.iter().any(|(other, at)| other == text && at != span);
            let is_idle = word_of(text, words).is_none_or(|word| {
                let own = word.outcome.filter(|own| one_branch && branch != Some(*own));
                leads_nowhere(word)
                    || own.is_some_and(|own| lists.iter().any(|(list, branch)| *branch == Some(own) && taken(list)))
            });
            idle.extend(is_idle.then(|| at(text, *span)));
        }
    }
    idle.extend(never_asked(&constants.tests, probe, words));
    // Of a closed set one value is what happens otherwise, and its word leads there.
    let is_value = |text: &str| probe.subject.knows(text) && !probe.subject.knows(NEUTRAL);
    idle.retain(|word| !is_value(&word.text) && !is_value(&word.text.to_uppercase()));
    idle.sort_by_key(|word| word.span);
    idle.dedup();
    idle
}

/// The texts of tests after one of the API's data that never fails, and those that are conditions by themselves there.
fn never_asked(tests: &[Test], probe: &Probe<'_>, words: &[Found]) -> Vec<IdleWord> {
    let asked: BTreeSet<Span> = probe.all_tests.iter().map(|test| test.0).collect();
    let mut chain: BTreeSet<Span> = probe.inspecting.clone();
    let mut idle = Vec::new();
    for test in tests {
        if test.before.is_some_and(|before| chain.contains(&before)) {
            chain.insert(test.span);
        }
        let about_data = chain.contains(&test.span);
        let dead = about_data && !asked.contains(&test.span);
        let texts = test.bare.iter().filter(|_| about_data).chain(test.compared.iter().filter(|_| dead));
        idle.extend(texts.filter(|text| word_of(&text.0, words).is_none()).map(|(text, span)| at(text, *span)));
    }
    idle
}

/// The branch that most words of a list lead to.
fn branch_of(list: &Texts, words: &[Found]) -> Option<Outcome> {
    let mut led: HashMap<Outcome, usize> = HashMap::new();
    for outcome in list.iter().filter_map(|(text, _)| word_of(text, words)?.outcome) {
        *led.entry(outcome).or_default() += 1;
    }
    led.into_iter().max_by_key(|&(outcome, times)| (times, std::cmp::Reverse(outcome))).map(|most| most.0)
}

fn word_of<'w>(text: &str, words: &'w [Found]) -> Option<&'w Found> {
    words.iter().find(|word| word.is(text))
}

fn leads_nowhere(word: &Found) -> bool {
    word.outcome.is_none() && !word.in_company && !word.untried
}

fn at(text: &str, span: Span) -> IdleWord {
    IdleWord { text: text.to_owned(), span }
}
