//! Items that an answer has in two lists, of which a program reads one: the words of a picture's text by themselves, and
//! once more in its blocks.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::Draft;
use super::constants::Constants;
use super::matching::spellings;
use super::probe::{NEUTRAL, Outcome, Probe};
use super::subject::put;
use crate::api::Api;
use crate::decider::{DecideError, Decider};
use crate::output::ApiOutput;
use crate::program::Program;
use crate::shape::{ITEM, Path, Shape, show_path};

/// The API as the program reads its answers: without the list that it does not name, and with the names in the other one;
/// with both, where it names both. Fields of the second list that the program does not name are as good as unknown.
pub(super) fn as_read<'a>(api: &'a Api, program: &Program) -> Cow<'a, Api> {
    let leaves = api.answer.leaves();
    let Some(again) = name_of(&leaves, &Shape::SameName) else { return Cow::Borrowed(api) };
    let constants = Constants::of(program);
    let is_read = |path: &Path| {
        let first = api.answer.first_list(path).unwrap_or_default();
        let list = path.iter().position(|step| step == ITEM).unwrap_or_default();
        path.get(first.saturating_sub(1)..list).is_some_and(|steps| steps.iter().all(|step| constants.names(step)))
    };
    let mut read = api.clone();
    let mut leave_out = |path: &[String]| {
        read.answer.at_mut(path).into_iter().for_each(|part| *part = Shape::Other);
    };
    let list = &again[..api.answer.first_list(again).unwrap_or_default()];
    if list.is_empty() {
        // The answer itself is a list.
        return Cow::Borrowed(api);
    }
    if !is_read(again) {
        leave_out(list);
        return Cow::Owned(read);
    }
    let unnamed = |(path, _): &&(Path, &Shape)| {
        path.starts_with(list) && path != again && path.last().is_some_and(|field| !constants.names(field))
    };
    leaves.iter().filter(unnamed).for_each(|(path, _)| leave_out(path));
    if let Some(name) = name_of(&leaves, &Shape::Name).filter(|name| !is_read(name)) {
        leave_out(&name[..api.answer.first_list(name).unwrap_or_default()]);
        read.answer.at_mut(again).into_iter().for_each(|leaf| *leaf = Shape::Name);
    }
    Cow::Owned(read)
}

/// The draft, which speaks of names by the list that they are read from, where a program names both.
pub(super) fn told(mut draft: Draft, decider: &Decider<'_>) -> Draft {
    let (program, api) = decider.subject();
    let leaves = api.answer.leaves();
    let (Some(name), Some(again)) = (name_of(&leaves, &Shape::Name), name_of(&leaves, &Shape::SameName)) else {
        return draft;
    };
    let word = draft.summary.branches.iter().find_map(|branch| branch.words.first().map(|word| word.text.clone()));
    if let Some(word) = word.filter(|_| draft.summary.field.as_ref() == Some(&show_path(name))) {
        let mut probe = Probe::new(decider.clone(), &Constants::of(program));
        // What cannot be tried is left as it is.
        if read_from(&mut probe, &api.answer, &word, [name, again]).unwrap_or_default() {
            draft.summary.field = Some(show_path(again));
        }
    }
    draft
}

/// Whether it makes no difference what the items of the first list are called where those of the second are this word.
fn read_from(probe: &mut Probe<'_>, shape: &Shape, word: &str, [name, again]: [&Path; 2]) -> Result<bool, DecideError> {
    let mut without = |form: &str, path: Option<&Path>| -> Result<Outcome, DecideError> {
        let mut answer = ApiOutput::sure([form]).answer(shape);
        if let Some(path) = path {
            put(&mut answer, path, Json::from(NEUTRAL));
        }
        probe.run(&ApiOutput::Answer { answer })
    };
    for form in spellings(word) {
        let led = without(&form, None)?;
        if without(&form, Some(again))? != led {
            return Ok(without(&form, Some(name))? == led);
        }
    }
    Ok(false)
}

/// The name of items that is of this kind.
fn name_of<'l>(leaves: &'l [(Path, &Shape)], kind: &Shape) -> Option<&'l Path> {
    let name = leaves.iter().find(|(path, leaf)| *leaf == kind && path.iter().any(|step| step == ITEM));
    name.map(|(path, _)| path)
}
