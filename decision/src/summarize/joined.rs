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

/// Of so many words each is left out once where all together lead nowhere: one of them may keep the others from it.
const MAX_LEFT_OUT: usize = 12;

/// Branches beside whose words others are tried.
const MAX_BASES: usize = 10;

/// How often the fewest that are needed are looked for, each time without one of those that were found.
const MAX_SEARCHES: usize = 16;

/// More ways to one outcome are not told one by one.
const MAX_WAYS: usize = 4;

/// Words by place, each with a text that has it.
type Samples = Vec<(usize, String)>;

/// The fewest words that lead somewhere in one label, in an order in which they do, and where.
pub(super) struct Needed {
    words: Samples,
    outcome: Outcome,
}

/// Which words that lead nowhere by themselves do so in one label, as far as they are looked for.
pub(super) fn groups(probe: &mut Probe<'_>, found: &Branches, words: &[Found]) -> Result<Vec<Needed>, DecideError> {
    let samples = samples(words);
    let mut all: Vec<Needed> = Vec::new();
    let mut without: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..MAX_SEARCHES {
        let Some(left_out) = without.pop() else { break };
        let pool: Samples = samples.iter().filter(|(at, _)| !left_out.contains(at)).cloned().collect();
        let Some(needed) = fewest(probe, found, &pool)? else { continue };
        for (at, _) in &needed.words {
            let more: Vec<usize> = left_out.iter().copied().chain([*at]).collect();
            without.insert(0, more);
        }
        let places = |needed: &Needed| needed.words.iter().map(|word| word.0).collect::<BTreeSet<_>>();
        if !all.iter().any(|other| places(other) == places(&needed)) {
            all.push(needed);
        }
    }
    Ok(all)
}

/// Tries a label with all words that lead nowhere, not in these groups either: it may be compared with more words than each
/// alone is.
pub(super) fn try_in_one(probe: &mut Probe<'_>, words: &[Found], groups: &[Needed]) -> Result<(), DecideError> {
    let mut left = samples(words);
    left.retain(|(at, _)| !groups.iter().any(|group| group.words.iter().any(|word| word.0 == *at)));
    let label = together(&left);
    if !label.is_empty() && probe.subject.knows(&label) {
        probe.labels(&[&label])?;
    }
    Ok(())
}

/// Has the words of these groups be words of what they lead to. What a word leads to besides is remarked.
pub(super) fn assign(
    probe: &mut Probe<'_>,
    found: &mut Branches,
    words: &mut [Found],
    groups: Vec<Needed>,
) -> Result<(), DecideError> {
    for (group, needed) in groups.into_iter().enumerate() {
        let (first, outcome) = (needed.words[0].0, needed.outcome);
        vetoes(probe, words, &needed)?;
        if needed.words.iter().any(|(at, _)| words[*at].outcome.is_some_and(|led| led != outcome)) {
            let quoted: Vec<String> = needed.words.iter().map(|word| format!("`{}`", words[word.0].written)).collect();
            let message = format!("one label with {} leads to `{}`", quoted.join(", "), probe.shown(outcome));
            words[first].remarks.push(message);
            needed.words.iter().for_each(|word| words[word.0].in_company |= words[word.0].outcome.is_none());
            continue;
        }
        found.of_word(outcome, &together(&needed.words));
        for place in 0..needed.words.len() {
            let word = &mut words[needed.words[place].0];
            if sample::of(word.compared()).is_none() {
                word.mode = mode(probe, (&needed.words, place), outcome)?;
            }
            word.outcome = Some(outcome);
            word.groups.push(group);
        }
    }
    Ok(())
}

/// Remarks which other words without an outcome keep a label from what a group leads to.
fn vetoes(probe: &mut Probe<'_>, words: &mut [Found], needed: &Needed) -> Result<(), DecideError> {
    let others: Samples =
        samples(words).into_iter().filter(|(at, _)| needed.words.iter().all(|word| word.0 != *at)).collect();
    for other in others.into_iter().take(MAX_LEFT_OUT) {
        let at = other.0;
        let with: Samples = needed.words.iter().cloned().chain([other]).collect();
        let outcome = probe.labels(&[&together(&with)])?;
        if outcome != needed.outcome {
            let message = format!(
                "`{}` in the same label leads to `{}` instead of `{}`",
                words[at].written,
                probe.shown(outcome),
                probe.shown(needed.outcome)
            );
            words[at].remarks.push(message);
            words[at].in_company = true;
        }
    }
    Ok(())
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
            let label = format!("{with} {sample}");
            if !probe.subject.knows(&label) {
                continue;
            }
            let outcome = probe.labels(&[&label])?;
            // Labels of their own may do as well.
            let is_usual = [found.default, base, longer].contains(&outcome)
                || probe.fails(outcome)
                || probe.labels(&[&with, sample])? == outcome
                || probe.labels(&[sample, &with])? == outcome;
            if is_usual || words[*at].outcome == Some(outcome) {
                continue;
            }
            if words[*at].outcome.is_some() || found.branches.iter().any(|branch| branch.outcome == outcome) {
                let shown = probe.shown(outcome);
                words[*at]
                    .remarks
                    .push(format!("`{}` in one label with `{with}` leads to `{shown}`", words[*at].written));
                words[*at].in_company |= words[*at].outcome.is_none();
                continue;
            }
            found.of_word(outcome, &label);
            let needed = vec![(usize::MAX, with.clone()), (*at, sample.clone())];
            if sample::of(words[*at].compared()).is_none() {
                words[*at].mode = mode(probe, (&needed, 1), outcome)?;
            }
            (words[*at].outcome, words[*at].beside) = (Some(outcome), Some(base));
        }
    }
    Ok(())
}

/// Words without an outcome, in order of appearance.
fn samples(words: &[Found]) -> Samples {
    let mut idle: Vec<(usize, &Found)> = words.iter().enumerate().filter(|(_, word)| word.outcome.is_none()).collect();
    idle.sort_by_key(|(_, word)| word.span);
    let sample = |word: &Found| sample::of(word.compared()).unwrap_or_else(|| word.compared().to_owned());
    idle.into_iter().map(|(at, word)| (at, sample(word))).take(MAX_TOGETHER).collect()
}

/// The fewest of these words that lead somewhere in one label, in this order or the other way round; one of them may keep
/// the others from it.
fn fewest(probe: &mut Probe<'_>, found: &Branches, pool: &Samples) -> Result<Option<Needed>, DecideError> {
    let turned: Samples = pool.iter().rev().cloned().collect();
    for words in [pool, &turned] {
        if let Some(needed) = fewest_in_order(probe, found, words.clone())? {
            return Ok(Some(needed));
        }
    }
    if pool.len() > MAX_LEFT_OUT {
        return Ok(None);
    }
    for at in 0..pool.len() {
        let mut fewer = pool.clone();
        fewer.remove(at);
        if let Some(needed) = fewest_in_order(probe, found, fewer)? {
            return Ok(Some(needed));
        }
    }
    Ok(None)
}

/// The fewest of these words that lead somewhere in one label in this order. A word in whose place any other does, such as
/// one behind a number with a blank, is none of them.
fn fewest_in_order(probe: &mut Probe<'_>, found: &Branches, mut pool: Samples) -> Result<Option<Needed>, DecideError> {
    loop {
        let Some(needed) = fewest_or_any(probe, found, pool.clone())? else { return Ok(None) };
        let mut any = Vec::new();
        for place in 0..needed.words.len() {
            let mut other = needed.words.clone();
            NEUTRAL.clone_into(&mut other[place].1);
            if probe.labels(&[&together(&other)])? == needed.outcome {
                any.push(needed.words[place].0);
            }
        }
        if any.is_empty() {
            return Ok(Some(needed));
        }
        pool.retain(|(at, _)| !any.contains(at));
    }
}

/// The fewest of these words that lead somewhere in one label, if all of them do and it is not because of its length, nor
/// because of how many labels there are.
fn fewest_or_any(probe: &mut Probe<'_>, found: &Branches, mut needed: Samples) -> Result<Option<Needed>, DecideError> {
    if needed.len() < 2 || !probe.subject.knows(&together(&needed)) {
        return Ok(None);
    }
    let outcome = probe.labels(&[&together(&needed)])?;
    if outcome == found.default || (probe.fails(outcome) && !probe.fails(found.default)) {
        return Ok(None);
    }
    // Labels of their own may do as well.
    let apart: Vec<&str> = needed.iter().map(|(_, sample)| sample.as_str()).collect();
    let long = vec![NEUTRAL; needed.len()].join(" ");
    for labels in [&[NEUTRAL][..], &[long.as_str()], &apart] {
        if probe.labels(labels)? == outcome {
            return Ok(None);
        }
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
    let mut leads = |form: String| {
        let mut other = needed.clone();
        other[place].1 = form;
        Ok(probe.labels(&[&together(&other)])? == outcome)
    };
    // Within a longer word, as the beginning and the end of the label.
    if !leads(format!("q{text}q"))? {
        return Ok(MatchMode::Other);
    }
    let mut forms = [text.to_lowercase(), text.to_uppercase()].into_iter().filter(|form| form != text);
    let folds = forms.try_fold(true, |folds, form| Ok(folds && leads(form)?))?;
    let has_case = text.to_lowercase() != text.to_uppercase();
    Ok(if has_case && folds { MatchMode::Icontains } else { MatchMode::Contains })
}

fn together(needed: &Samples) -> String {
    needed.iter().map(|(_, sample)| sample.as_str()).collect::<Vec<_>>().join(" ")
}

/// Says which words one label must have together.
pub(super) fn tell(draft: &mut Draft, probe: &Probe<'_>, words: &[Found]) {
    for word in words {
        let beside = word.beside.map(|base| {
            let base = probe.shown(base);
            format!("`{}` counts only in one label with what leads to `{base}` without it", word.written)
        });
        let said = beside.into_iter().chain(word.remarks.iter().cloned());
        draft.warnings.extend(said.map(|message| Warning { span: word.span, message }));
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
            draft.warnings.push(needed("several", &all, ", in more ways than are told"));
        } else {
            draft.warnings.extend(ways.into_iter().map(|group| needed("all", group, "")));
        }
    }
}

fn needed(how_many: &str, words: &[&Found], more: &str) -> Warning {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{}`", word.written)).collect();
    let message = format!("one label must match {how_many} of these at once{more}: {}", quoted.join(", "));
    Warning { span: words[0].span, message }
}
