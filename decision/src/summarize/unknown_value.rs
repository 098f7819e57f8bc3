//! What a value leads to that a field of the whole answer never has: the last `else` of a program that has a branch for every
//! sentiment there is.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::probe::{NEUTRAL, Probe};
use super::subject::put;
use super::{Draft, name};
use crate::api::Api;
use crate::decider::DecideError;
use crate::decision::Decision;
use crate::output::ApiOutput;
use crate::process::Warning;
use crate::shape::{ITEM, Shape, show_path};
use crate::summary::Branch;

/// Warns of it where it is nothing that the account tells.
pub(super) fn tell(draft: &mut Draft, probe: &mut Probe<'_>, api: &Api) -> Result<(), DecideError> {
    let summary = &draft.summary;
    if summary.branches.is_empty() {
        return Ok(());
    }
    let is_field = |path: &[String], leaf: &Shape| {
        matches!(leaf, Shape::Word(_))
            && path.iter().all(|step| step != ITEM)
            && summary.field.as_deref() == Some(show_path(path).as_str())
    };
    let Some((path, leaf)) = api.answer.leaves().into_iter().find(|(path, leaf)| is_field(path, leaf)) else {
        return Ok(());
    };
    let mut answer = api.answer.nothing();
    put(&mut answer, &path, Json::from(NEUTRAL));
    let outcome = probe.run(&ApiOutput::Answer { answer })?;
    let decision = probe.decision(outcome);
    let told = summary.branches.iter().map(|branch| &branch.outcome).chain([&summary.default]);
    // The one value that is looked for as those of the branches are, though what it leads to is told as the default.
    let is_told = |value: &String| summary.branches.iter().any(|branch| branch.labels.contains(value));
    let Shape::Word(values) = leaf else { return Ok(()) };
    let others: Vec<&String> = values.iter().filter(|value| !value.is_empty() && !is_told(value)).collect();
    let compared = probe.compared();
    let by_names = summary.branches.iter().all(Branch::takes_by_name);
    let last = match others[..] {
        [last] if by_names && compared.contains(last) => Some(last),
        _ => None,
    };
    let is_known = |known: &Decision| known == decision || known.is_same_without_data(decision);
    if probe.fails(outcome) && last.is_none() || told.into_iter().any(is_known) {
        return Ok(());
    }
    let usual = probe.intern(summary.default.clone());
    let effects = probe.own_effects(outcome, usual);
    let span = name::evidence(probe, outcome, usual, &effects).last().copied().unwrap_or_default();
    let own = if effects.is_empty() { probe.shown(outcome) } else { probe.shown_beside(outcome, usual) };
    let mut message = format!("a {} that the API does not have leads to `{own}`", show_path(&path));
    if let Some(last) = last {
        let _ = write!(message, "; otherwise stands for `{last}`, which is looked for, too");
    }
    draft.warnings.push(Warning { span, message });
    Ok(())
}
