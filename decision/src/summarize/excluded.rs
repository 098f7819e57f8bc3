//! Names that keep an item from its branch, where it is another field that decides: a place that is none of a few.

use serde_json::Value as Json;

use super::constants::Constants;
use super::matching::{MODES, neighbours, spellings};
use super::probe::{Outcome, Probe};
use super::ranges::append;
use super::subject::{Subject, put};
use super::{Draft, Reason};
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::program::Program;
use crate::shape::{Path, Shape};
use crate::summary::{MatchMode, Word};

/// Words that are tried as names.
const MAX_WORDS: usize = 96;

/// Values of a branch that are tried with them.
const MAX_LABELS: usize = 6;

/// Words whose neighbours are tried.
const MAX_PROBED: usize = 4;

/// An item of one branch, to be called something.
struct Item<'a> {
    branch: Outcome,
    usual: Outcome,
    answer: Json,
    name: &'a Path,
}

/// What calling an item something does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    None,
    /// It is as if there were no such item.
    Kept,
    /// It leads to something else.
    Other(Outcome),
}

impl Item<'_> {
    fn called(&self, name: &str) -> Json {
        let mut answer = self.answer.clone();
        put(&mut answer, self.name, Json::from(name));
        answer
    }

    fn effect(&self, probe: &mut Probe<'_>, name: &str) -> Result<Effect, DecideError> {
        let outcome = probe.run(&ApiOutput::Answer { answer: self.called(name) })?;
        Ok(if probe.differ_by_data_only(outcome, self.branch) {
            Effect::None
        } else if probe.differ_by_data_only(outcome, self.usual) {
            Effect::Kept
        } else {
            Effect::Other(outcome)
        })
    }

    /// Whether an item beside one that is called so takes the branch all the same.
    fn passes_beside(&self, probe: &mut Probe<'_>, name: &str) -> Result<bool, DecideError> {
        let mut answer = self.called(name);
        append(&mut answer, &self.answer, self.name);
        let outcome = probe.run(&ApiOutput::Answer { answer })?;
        Ok(probe.differ_by_data_only(outcome, self.branch))
    }

    /// The first mode in which all that these words' neighbours show is said.
    fn mode(&self, probe: &mut Probe<'_>, words: &[String]) -> Result<MatchMode, DecideError> {
        let mut seen = Vec::new();
        for word in words.iter().take(MAX_PROBED) {
            for label in neighbours(word) {
                let kept = self.effect(probe, &label)? != Effect::None;
                seen.push((label, kept));
            }
        }
        let says = |mode: &MatchMode| {
            seen.iter().all(|(label, kept)| words.iter().any(|word| mode.matches(word, label)) == *kept)
        };
        Ok(MODES.into_iter().find(says).unwrap_or(MatchMode::Other))
    }
}

/// Adds to the branches the names that keep items from them. These words are not without effect. Where a name leads
/// somewhere else, keeps items with some values only, or ends the search, that is why no class fits.
pub(super) fn find(draft: &mut Draft, probe: &mut Probe<'_>, shape: &Shape, program: &Program) -> Result<(), Reason> {
    let Subject::Members(members) = &probe.subject else { return Ok(()) };
    let Some(name) = members.name(shape) else { return Ok(()) };
    let constants = Constants::of(program);
    let members: Vec<String> = members.vocabulary();
    let mut names = probe.compared();
    names.retain(|word| !members.contains(word) && !word.trim().is_empty());
    names.truncate(MAX_WORDS);
    let usual = draft.default_outcome;
    for at in 0..draft.summary.branches.len() {
        let branch = draft.summary.branches[at].clone();
        if branch.negated || branch.except {
            continue;
        }
        let mut items = Vec::new();
        for label in branch.labels.iter().take(MAX_LABELS) {
            let answer = probe.subject.output(ApiOutput::sure([label.as_str()])).answer(shape);
            let branch = probe.run(&ApiOutput::Answer { answer: answer.clone() })?;
            items.push(Item { branch, usual, answer, name: &name });
        }
        let kept = kept(draft, probe, &items, &names)?;
        let Some(first) = items.first().filter(|_| !kept.is_empty()) else { continue };
        let mode = first.mode(probe, &kept)?;
        let word = |text: &String| {
            let (text, span) = constants.place(text)?;
            Some(Word { text, mode, span })
        };
        let mut unless: Vec<Word> = kept.iter().filter_map(word).collect();
        unless.retain(|word| branch.words.iter().all(|own| own.span != word.span));
        unless.sort_by_key(|word| word.span);
        draft.summary.branches[at].unless = unless;
    }
    Ok(())
}

/// The words with which none of a branch's items takes it.
fn kept(draft: &mut Draft, probe: &mut Probe<'_>, items: &[Item<'_>], names: &[String]) -> Result<Vec<String>, Reason> {
    let mut kept = Vec::new();
    for word in names {
        for form in spellings(word) {
            let mut effects = Vec::new();
            for item in items {
                effects.push(item.effect(probe, &form)?);
            }
            if effects.iter().all(|effect| *effect == Effect::None) {
                continue;
            }
            draft.summary.idle.retain(|idle| idle.text != *word);
            let other =
                effects.iter().find_map(|effect| if let Effect::Other(led) = effect { Some(*led) } else { None });
            if let Some(led) = other {
                let led = probe.shown(led);
                return Err(Reason(format!(
                    "an item that is called `{form}` leads to `{led}`, others of its kind do not"
                )));
            }
            let of_all = effects.iter().all(|effect| *effect == Effect::Kept);
            if !of_all || !items[0].passes_beside(probe, &form)? {
                return Err(Reason(format!("an item that is called `{form}` is handled in a way of its own")));
            }
            kept.push(word.clone());
            break;
        }
    }
    Ok(kept)
}
