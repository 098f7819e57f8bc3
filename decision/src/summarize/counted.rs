//! Names of which it takes several, beside names of which one is enough: a car park is full with three cars, and its gate
//! opens for one person.
//!
//! So many items of a name are a label of their own while branches are looked for: the name, a mark that no name has, and
//! the number. What was found of such labels is told of the name and its number then.

use super::constants::Constants;
use super::copies::{MAX_WORDS, SHOWING};
use super::matching::{mode_of, spellings};
use super::probe::{NEUTRAL, Outcome, Probe};
use super::subject::Subject;
use super::verify::LONGEST;
use super::{Draft, Reason, counts, name};
use crate::api::Api;
use crate::decider::DecideError;
use crate::output::Label;
use crate::program::Program;
use crate::summary::{Branch, DecisionType, Limit, MatchMode, Order, Summary, Vocabulary, Word};

/// Stands between a name and how many items it is.
const MARK: char = '\u{1}';

/// More steps of one name than these are a count that is told otherwise.
const MAX_STEPS: usize = 3;

/// So many items of each name are many.
const MANY: usize = 12;

/// A word of which so many items lead elsewhere than fewer do.
struct Counted {
    word: String,
    count: usize,
    /// The greatest number that leads there, where more lead where one does.
    most: Option<usize>,
    /// Names of the vocabulary that count as the word does, and its own spelling.
    names: Vec<String>,
}

/// The items that labels stand for.
pub(super) fn items(labels: Vec<Label>) -> Vec<Label> {
    if labels.iter().all(|label| !label.description.contains(MARK)) {
        return labels;
    }
    let of_one = |label: Label| {
        let (name, count) = parts(&label.description);
        let item = Label { description: name.to_owned(), score: label.score };
        std::iter::repeat_n(item, count)
    };
    labels.into_iter().flat_map(of_one).collect()
}

fn label(name: &str, count: usize) -> String {
    format!("{name}{MARK}{count}")
}

/// Whether a label stands for several items.
pub(super) fn is_several(label: &str) -> bool {
    label.contains(MARK)
}

/// The name that a label stands for, and how many items of it.
fn parts(label: &str) -> (&str, usize) {
    let parts = label.split_once(MARK).and_then(|(name, count)| Some((name, count.parse().ok()?)));
    parts.unwrap_or((label, 1))
}

impl Draft {
    /// Fills the draft when the decision hangs on names, be it one item of each or several; `false` when no name makes a
    /// difference.
    pub(super) fn by_names(
        &mut self,
        (program, api): (&Program, &Api),
        probe: &mut Probe<'_>,
        vocabulary: &Vocabulary,
    ) -> Result<bool, Reason> {
        let before = (self.summary.clone(), self.warnings.clone());
        let told = self.by_labels((program, api), probe, vocabulary);
        let constants = Constants::of(program);
        let repeats = api.repeats && matches!(probe.subject, Subject::Names);
        if matches!(told, Ok(false)) || !repeats || vocabulary.labels.is_empty() || !constants.counts() {
            return told;
        }
        // What cannot be tried, for want of steps or as several of them hang on something outside, is left untold.
        let Ok(counted) = find(probe, vocabulary) else { return told };
        if counted.is_empty() {
            self.take_back_of_many(program, probe).ok();
            return told;
        }
        if told.is_ok() && tells(&self.summary, &counted) {
            return told;
        }
        let known = std::mem::replace(self, Self { summary: before.0, warnings: before.1, ..self.clone() });
        let labels = counted.iter().flat_map(|one| one.names.iter().map(|name| label(name, one.count)));
        let labels = vocabulary.labels.iter().cloned().chain(labels).collect();
        let extended = Vocabulary { name: vocabulary.name.clone(), labels };
        let retold = self.by_labels((program, api), probe, &extended);
        let told_anew = matches!(retold, Ok(true)) && self.is_by_priority();
        if told_anew && self.tell_counted(probe, &counted, &constants).is_ok() {
            return Ok(true);
        }
        *self = known;
        self.summary.idle.retain(|word| counted.iter().all(|one| one.word != word.text));
        told.and(Err(Reason(counts::MAKES_A_DIFFERENCE.to_owned())))
    }

    /// A word is not without effect of which several items lead elsewhere beside other names.
    fn take_back_of_many(&mut self, program: &Program, probe: &mut Probe<'_>) -> Result<(), DecideError> {
        let words: Vec<String> = probe.compared().into_iter().filter(|word| !word.trim().is_empty()).collect();
        let words = &words[..words.len().min(MAX_WORDS)];
        if !self.summary.idle.iter().any(|idle| words.iter().any(|word| word.eq_ignore_ascii_case(&idle.text))) {
            return Ok(());
        }
        let many = words.iter().flat_map(|word| std::iter::repeat_n(word.as_str(), MANY)).collect::<Vec<_>>();
        let outcome = probe.exactly(&many)?;
        let told = self.summary.branches.iter().map(|branch| &branch.outcome).chain([&self.summary.default]);
        let is_told = told
            .into_iter()
            .any(|known| probe.decision(outcome).is_same_without_data(known) || probe.decision(outcome) == known);
        if !is_told && self.summary.decision_type != DecisionType::MultiSelect {
            self.summary.idle.retain(|word| !words.iter().any(|own| own.eq_ignore_ascii_case(&word.text)));
            let what = probe.shown(outcome);
            self.warn(program, format!("several items of all its names together lead to `{what}`"));
        }
        Ok(())
    }

    /// Whether which branch is taken does not hang on the order of the answer.
    fn is_by_priority(&self) -> bool {
        let Summary { decision_type, order, .. } = &self.summary;
        match decision_type {
            DecisionType::MultiChoice => *order == Some(Order::AppPriority),
            DecisionType::MultiSelect | DecisionType::TrueFalse => true,
            _ => false,
        }
    }

    /// Tells of names and numbers what was found of the labels that stand for them.
    fn tell_counted(
        &mut self,
        probe: &mut Probe<'_>,
        counted: &[Counted],
        constants: &Constants,
    ) -> Result<(), DecideError> {
        let mut branches: Vec<Branch> = Vec::new();
        for branch in std::mem::take(&mut self.summary.branches) {
            let mut parts = Vec::new();
            for part in by_number(branch) {
                parts.extend(apart(probe, part)?);
            }
            for part in parts {
                let names: Vec<String> = branches.iter().map(|known| known.name.clone()).collect();
                let name = name::unlike(part.1.name.clone(), &names);
                branches.push(with_words(probe, counted, constants, (part.0, Branch { name, ..part.1 }))?);
            }
        }
        self.summary.branches = branches;
        self.summary.idle.retain(|word| counted.iter().all(|one| one.word != word.text));
        self.warnings.retain(|warning| !warning.message.contains(MARK));
        Ok(())
    }
}

/// The words of which several items lead elsewhere than one does.
fn find(probe: &mut Probe<'_>, vocabulary: &Vocabulary) -> Result<Vec<Counted>, DecideError> {
    let mut found = Vec::new();
    let words: Vec<String> = probe.compared().into_iter().filter(|word| !word.trim().is_empty()).collect();
    for word in words.into_iter().take(MAX_WORDS) {
        for form in spellings(&word) {
            let steps = steps(probe, &form)?;
            if steps.is_empty() {
                continue;
            }
            if steps.len() > MAX_STEPS {
                return Ok(Vec::new());
            }
            for (count, most) in steps {
                let names = alike(probe, &form, count, vocabulary)?;
                found.push(Counted { word: word.clone(), count, most, names });
            }
            break;
        }
    }
    Ok(found)
}

/// The numbers of items of a name from which they lead elsewhere than fewer do, and than as many of another name; with the
/// number up to which they do, where more lead where one does.
fn steps(probe: &mut Probe<'_>, name: &str) -> Result<Vec<(usize, Option<usize>)>, DecideError> {
    let of = |probe: &mut Probe<'_>, count: usize| probe.exactly(&vec![name; count]);
    let one = of(probe, 1)?;
    let mut shows = false;
    for count in SHOWING {
        let (own, others) = (of(probe, count)?, probe.exactly(&vec![NEUTRAL; count])?);
        shows |= ![one, others].iter().any(|known| probe.differ_by_data_only(own, *known));
    }
    let mut steps: Vec<(usize, Option<usize>)> = Vec::new();
    let mut last = one;
    for count in (2..LONGEST as usize).filter(|_| shows) {
        let outcome = of(probe, count)?;
        if probe.differ_by_data_only(outcome, last) {
            continue;
        }
        if let Some(step) = steps.last_mut().filter(|_| probe.differ_by_data_only(outcome, one)) {
            step.1 = Some(count - 1);
            last = one;
            continue;
        }
        let next = of(probe, count + 1)?;
        // An outcome that says the number is another for each.
        if next == outcome || probe.differ_by_data_only(next, one) {
            steps.push((count, None));
            last = outcome;
        }
    }
    Ok(steps)
}

/// The name, and those of the vocabulary of which one and so many lead where one and so many of it do.
fn alike(probe: &mut Probe<'_>, name: &str, count: usize, vocabulary: &Vocabulary) -> Result<Vec<String>, DecideError> {
    let led = |probe: &mut Probe<'_>, name: &str| -> Result<[Outcome; 2], DecideError> {
        Ok([probe.exactly(&[name])?, probe.exactly(&vec![name; count])?])
    };
    let own = led(probe, name)?;
    let mut names = vec![name.to_owned()];
    for other in vocabulary.labels.iter().filter(|other| *other != name) {
        if led(probe, other)? == own {
            names.push(other.clone());
        }
    }
    Ok(names)
}

/// Whether the numbers are told: a count of one kind of items, and nothing beside it.
fn tells(summary: &Summary, counted: &[Counted]) -> bool {
    let is_told = |one: &Counted| {
        summary.branches.iter().any(|branch| {
            !branch.regions.is_empty() && branch.words.iter().any(|word| word.text.eq_ignore_ascii_case(&one.word))
        })
    };
    summary.decision_type == DecisionType::Count
        && summary.branches.iter().all(|branch| branch.with.is_none())
        && counted.iter().all(is_told)
}

/// A branch as one for each number of items that its labels stand for.
fn by_number(branch: Branch) -> Vec<(usize, Branch)> {
    let mut parts: Vec<(usize, Branch)> = Vec::new();
    for label in &branch.labels {
        let (name, count) = self::parts(label);
        match parts.iter_mut().find(|part| part.0 == count) {
            Some(part) if part.1.labels.iter().any(|known| known == name) => {}
            Some(part) => part.1.labels.push(name.to_owned()),
            None => parts.push((count, Branch { labels: vec![name.to_owned()], ..branch.clone() })),
        }
    }
    if parts.is_empty() { vec![(1, branch)] } else { parts }
}

/// A branch as one for each name, where so many items of several names do not take it together.
fn apart(probe: &mut Probe<'_>, (count, branch): (usize, Branch)) -> Result<Vec<(usize, Branch)>, DecideError> {
    let [first, .., last] = branch.labels.as_slice() else { return Ok(vec![(count, branch)]) };
    let mixed: Vec<&str> =
        std::iter::once(last.as_str()).chain(vec![first.as_str(); count.saturating_sub(1)]).collect();
    let (all, some) = (probe.exactly(&vec![first.as_str(); count])?, probe.exactly(&mixed)?);
    if count == 1 || all == some {
        return Ok(vec![(count, branch)]);
    }
    let one = |label: &String| (count, Branch { labels: vec![label.clone()], ..branch.clone() });
    Ok(branch.labels.iter().map(one).collect())
}

/// The branch with the words whose number it takes.
fn with_words(
    probe: &mut Probe<'_>,
    counted: &[Counted],
    constants: &Constants,
    (count, mut branch): (usize, Branch),
) -> Result<Branch, DecideError> {
    if count == 1 {
        return Ok(branch);
    }
    let limit = |value: usize| Limit { value: value as f64, inclusive: true };
    let most =
        counted.iter().find(|one| one.count == count && one.names.iter().any(|name| branch.labels.contains(name)));
    let most = most.and_then(|one| one.most).map(limit);
    branch.regions = vec![counts::counting(Some(limit(count)), most)];
    branch.words.clear();
    for one in counted.iter().filter(|one| one.count == count) {
        if !one.names.first().is_some_and(|name| branch.labels.contains(name)) {
            continue;
        }
        let Some((text, span)) = constants.place(&one.word) else { continue };
        branch.words.push(Word { text, mode: mode(probe, one)?, span });
    }
    Ok(branch)
}

/// How the word is compared, as far as so many of its neighbours show.
fn mode(probe: &mut Probe<'_>, counted: &Counted) -> Result<MatchMode, DecideError> {
    let hit = probe.exactly(&vec![counted.names[0].as_str(); counted.count])?;
    mode_of(&counted.word, |near| Ok(probe.exactly(&vec![near; counted.count])? == hit))
}
