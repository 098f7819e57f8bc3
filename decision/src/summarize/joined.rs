//! Words and patterns of which one label must have several: a price and a quantity in one line, "total" and "EUR" in one
//! text.

use std::collections::{BTreeMap, BTreeSet};

use super::Draft;
use super::branches::Branches;
use super::probe::{NEUTRAL, Outcome, Probe};
use super::words::Found;
use crate::Warning;
use crate::decider::DecideError;
use crate::sample;
use crate::summary::MatchMode;

/// Words that are tried together.
const MAX_TOGETHER: usize = 24;

/// Branches beside whose words others are tried.
const MAX_BASES: usize = 10;

/// How often the fewest that are needed are looked for, each time without one of those that were found.
const MAX_SEARCHES: usize = 16;

/// More ways to one outcome are not told one by one.
const MAX_WAYS: usize = 4;

/// Words, each with a text that has it.
type Samples = Vec<(usize, String)>;

/// The fewest words that lead somewhere in one label, and where.
struct Needed {
    words: Samples,
    outcome: Outcome,
}

/// Has words that lead nowhere by themselves be words of what a label leads to that has all of some of them; those that are
/// not needed for it stay as they are.
pub(super) fn find(probe: &mut Probe<'_>, found: &mut Branches, words: &mut [Found]) -> Result<(), DecideError> {
    // What was found with fewer words may hang on one that has come to light since.
    for word in words.iter_mut().filter(|word| !word.groups.is_empty()) {
        word.outcome = None;
        word.groups.clear();
    }
    let samples = samples(words);
    for (group, Needed { words: needed, outcome }) in all_needed(probe, found, &samples)?.into_iter().enumerate() {
        // What it does beside another word is told of one of its outcomes only.
        let free = needed.iter().all(|(at, _)| words[*at].outcome.is_none_or(|led| led == outcome));
        if !free {
            continue;
        }
        found.of_word(outcome, &together(&needed));
        for place in 0..needed.len() {
            let word = &mut words[needed[place].0];
            if sample::of(word.compared()).is_none() {
                word.mode = mode(probe, (&needed, place), outcome)?;
            }
            word.outcome = Some(outcome);
            word.groups.push(group);
        }
    }
    Ok(())
}

/// Tries a label with all words that lead nowhere: it may be compared with more words than each alone is.
pub(super) fn try_in_one(probe: &mut Probe<'_>, words: &[Found]) -> Result<(), DecideError> {
    let label = together(&samples(words));
    if !label.is_empty() && probe.subject.knows(&label) {
        probe.labels(&[&label])?;
    }
    Ok(())
}

fn samples(words: &[Found]) -> Samples {
    let idle = words.iter().enumerate().filter(|(_, word)| word.outcome.is_none());
    idle.map(|(at, word)| (at, sample(word))).take(MAX_TOGETHER).collect()
}

fn sample(word: &Found) -> String {
    sample::of(word.compared()).unwrap_or_else(|| word.compared().to_owned())
}

/// Has words that lead nowhere by themselves be words of what they lead to in one label with a word of a branch.
pub(super) fn beside(probe: &mut Probe<'_>, found: &mut Branches, words: &mut [Found]) -> Result<(), DecideError> {
    let bases: Vec<(Outcome, String)> = found
        .branches
        .iter()
        .filter(|branch| branch.labels.is_empty() && branch.with.is_none())
        .filter_map(|branch| Some((branch.outcome, branch.samples.first()?.clone())))
        .take(MAX_BASES)
        .collect();
    let idle = samples(words);
    for (base, with) in bases {
        let longer = probe.labels(&[&format!("{with} {NEUTRAL}")])?;
        for (at, sample) in &idle {
            let word = &mut words[*at];
            let label = format!("{with} {sample}");
            if word.outcome.is_some() || !probe.subject.knows(&label) {
                continue;
            }
            let outcome = probe.labels(&[&label])?;
            let is_usual = [found.default, base, longer].contains(&outcome);
            if is_usual || probe.fails(outcome) || found.branches.iter().any(|branch| branch.outcome == outcome) {
                continue;
            }
            found.of_word(outcome, &label);
            let other = format!(
                "{with} {}",
                if *sample == sample.to_lowercase() { sample.to_uppercase() } else { sample.to_lowercase() }
            );
            let folds = other != label && probe.labels(&[&other])? == outcome;
            if sample::of(word.compared()).is_none() {
                word.mode = if folds { MatchMode::Icontains } else { MatchMode::Contains };
            }
            (word.outcome, word.beside) = (Some(outcome), Some(base));
        }
    }
    Ok(())
}

/// All of the fewest words that are needed in one label, as far as they are looked for.
fn all_needed(probe: &mut Probe<'_>, found: &Branches, samples: &Samples) -> Result<Vec<Needed>, DecideError> {
    let mut all: Vec<Needed> = Vec::new();
    let mut without: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..MAX_SEARCHES {
        let Some(left_out) = without.pop() else { break };
        let pool: Samples = samples.iter().filter(|(at, _)| !left_out.contains(at)).cloned().collect();
        let Some(needed) = fewest(probe, found, pool)? else { continue };
        for (at, _) in &needed.words {
            let more: Vec<usize> = left_out.iter().copied().chain([*at]).collect();
            without.insert(0, more);
        }
        let is_same = |other: &Needed| other.words.iter().map(|word| word.0).eq(needed.words.iter().map(|word| word.0));
        if !all.iter().any(is_same) {
            all.push(needed);
        }
    }
    Ok(all)
}

/// The fewest of these words that lead somewhere in one label, if all of them do and it is not because of its length, nor
/// because of how many labels there are.
fn fewest(probe: &mut Probe<'_>, found: &Branches, mut needed: Samples) -> Result<Option<Needed>, DecideError> {
    if needed.len() < 2 || !probe.subject.knows(&together(&needed)) {
        return Ok(None);
    }
    let outcome = probe.labels(&[&together(&needed)])?;
    let usual = [NEUTRAL.to_owned(), vec![NEUTRAL; needed.len()].join(" ")];
    let mut is_usual = outcome == found.default || (probe.fails(outcome) && !probe.fails(found.default));
    for label in usual {
        is_usual |= probe.labels(&[&label])? == outcome;
    }
    // Labels of their own do as well.
    let apart: Vec<&str> = needed.iter().map(|(_, sample)| sample.as_str()).collect();
    if is_usual || probe.labels(&apart)? == outcome {
        return Ok(None);
    }
    for at in (0..needed.len()).rev() {
        let left_out = needed.remove(at);
        if needed.is_empty() || probe.labels(&[&together(&needed)])? != outcome {
            needed.insert(at, left_out);
        }
    }
    Ok((needed.len() > 1).then_some(Needed { words: needed, outcome }))
}

/// How a word is compared that one label has beside others.
fn mode(probe: &mut Probe<'_>, (needed, place): (&Samples, usize), outcome: Outcome) -> Result<MatchMode, DecideError> {
    let text = &needed[place].1;
    let forms = [text.to_lowercase(), text.to_uppercase()];
    for form in forms.into_iter().filter(|form| form != text) {
        let mut other = needed.clone();
        other[place].1 = form;
        if probe.labels(&[&together(&other)])? != outcome {
            return Ok(MatchMode::Contains);
        }
    }
    let has_case = text.to_lowercase() != text.to_uppercase();
    Ok(if has_case { MatchMode::Icontains } else { MatchMode::Contains })
}

fn together(needed: &Samples) -> String {
    needed.iter().map(|(_, sample)| sample.as_str()).collect::<Vec<_>>().join(" ")
}

/// Says which words one label must have together.
pub(super) fn tell(draft: &mut Draft, probe: &Probe<'_>, words: &[Found]) {
    for word in words {
        if let Some(base) = word.beside {
            let message = format!(
                "`{}` counts only in one label with what leads to `{}` without it",
                word.written,
                probe.shown(base)
            );
            draft.warnings.push(Warning { span: word.span, message });
        }
    }
    let mut groups: BTreeMap<(Option<Outcome>, usize), Vec<&Found>> = BTreeMap::new();
    for word in words {
        for group in &word.groups {
            groups.entry((word.outcome, *group)).or_default().push(word);
        }
    }
    let outcomes: BTreeSet<Option<Outcome>> = groups.keys().map(|(outcome, _)| *outcome).collect();
    for outcome in outcomes {
        let ways: Vec<&Vec<&Found>> =
            groups.iter().filter(|(key, _)| key.0 == outcome).map(|(_, group)| group).collect();
        if ways.len() > MAX_WAYS {
            let all: Vec<&Found> =
                words.iter().filter(|word| word.outcome == outcome && !word.groups.is_empty()).collect();
            draft.warnings.push(needed("several", &all));
        } else {
            draft.warnings.extend(ways.into_iter().map(|group| needed("all", group)));
        }
    }
}

fn needed(how_many: &str, words: &[&Found]) -> Warning {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{}`", word.written)).collect();
    let message = format!("one label must match {how_many} of these at once: {}", quoted.join(", "));
    Warning { span: words[0].span, message }
}
