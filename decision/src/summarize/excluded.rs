//! Names that keep an item from its branch, where it is another field that decides: a place that is none of a few.

use serde_json::Value as Json;

use super::Draft;
use super::constants::Constants;
use super::matching::{MODES, matches, neighbours, spellings};
use super::probe::{Outcome, Probe};
use super::subject::{Subject, put};
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::program::Program;
use crate::shape::{ITEM, Path, Shape};
use crate::summary::{MatchMode, Word};

/// Words that are tried as names.
const MAX_WORDS: usize = 96;

/// Words whose neighbours are tried.
const MAX_PROBED: usize = 4;

/// An item of one branch, to be called something.
struct Item<'a> {
    branch: Outcome,
    answer: Json,
    name: &'a Path,
}

impl Item<'_> {
    /// Whether an item called so is kept from the branch.
    fn is_kept(&self, probe: &mut Probe<'_>, name: &str) -> Result<bool, DecideError> {
        let mut answer = self.answer.clone();
        put(&mut answer, self.name, Json::from(name));
        let outcome = probe.run(&ApiOutput::Answer { answer })?;
        Ok(!probe.differ_by_data_only(outcome, self.branch))
    }

    /// The first mode in which all that these words' neighbours show is said.
    fn mode(&self, probe: &mut Probe<'_>, words: &[String]) -> Result<MatchMode, DecideError> {
        let mut seen = Vec::new();
        for word in words.iter().take(MAX_PROBED) {
            for label in neighbours(word) {
                seen.push((label.clone(), self.is_kept(probe, &label)?));
            }
        }
        let says = |mode: &MatchMode| {
            seen.iter().all(|(label, kept)| words.iter().any(|word| matches(*mode, word, label)) == *kept)
        };
        Ok(MODES.into_iter().find(says).unwrap_or(MatchMode::Other))
    }
}

/// Adds to the branches the names that keep items from them. These words are not without effect.
pub(super) fn find(
    draft: &mut Draft,
    probe: &mut Probe<'_>,
    shape: &Shape,
    program: &Program,
) -> Result<(), DecideError> {
    let Subject::Members(members) = &probe.subject else { return Ok(()) };
    let Some(name) = members.name(shape) else { return Ok(()) };
    let constants = Constants::of(program);
    let members: Vec<String> = members.vocabulary();
    let mut names = probe.compared();
    names.retain(|word| !members.contains(word) && !word.trim().is_empty());
    names.truncate(MAX_WORDS);
    for at in 0..draft.summary.branches.len() {
        let branch = &draft.summary.branches[at];
        let Some(sample) = branch.labels.first().filter(|_| !branch.negated && !branch.except) else { continue };
        let answer = probe.subject.output(ApiOutput::sure([sample.as_str()])).answer(shape);
        let outcome = probe.run(&ApiOutput::Answer { answer: answer.clone() })?;
        let item = Item { branch: outcome, answer, name: &name };
        let mut kept = Vec::new();
        for word in &names {
            for form in spellings(word) {
                if item.is_kept(probe, &form)? {
                    kept.push(word.clone());
                    break;
                }
            }
        }
        if kept.is_empty() {
            continue;
        }
        let mode = item.mode(probe, &kept)?;
        let word = |text: &String| {
            let (text, span) = constants.place(text)?;
            Some(Word { text, mode, span })
        };
        let mut unless: Vec<Word> = kept.iter().filter_map(word).collect();
        unless.sort_by_key(|word| word.span);
        draft.summary.idle.retain(|idle| unless.iter().all(|word| word.text != idle.text));
        draft.summary.branches[at].unless = unless;
    }
    Ok(())
}

/// The one name of a list's items.
pub(super) fn name_in(shape: &Shape, list: &[String]) -> Option<Path> {
    let is_own = |path: &Path| {
        path.strip_prefix(list).is_some_and(|rest| {
            rest.first().is_some_and(|step| step == ITEM) && rest[1..].iter().all(|step| step != ITEM)
        })
    };
    let mut names = shape.leaves().into_iter().filter(|(path, leaf)| **leaf == Shape::Name && is_own(path));
    names.next().map(|(path, _)| path)
}
