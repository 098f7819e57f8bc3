//! What a value leads to that a field of the whole answer never has: the last `else` of a program that has a branch for every
//! sentiment there is.

use serde_json::Value as Json;

use super::probe::{NEUTRAL, Probe};
use super::subject::put;
use super::{Draft, name};
use crate::api::Api;
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::process::Warning;
use crate::shape::{ITEM, Shape, show_path};

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
    let Some((path, _)) = api.answer.leaves().into_iter().find(|(path, leaf)| is_field(path, leaf)) else {
        return Ok(());
    };
    let mut answer = api.answer.nothing();
    put(&mut answer, &path, Json::from(NEUTRAL));
    let outcome = probe.run(&ApiOutput::Answer { answer })?;
    let decision = probe.decision(outcome);
    let told = summary.branches.iter().map(|branch| &branch.outcome).chain([&summary.default]);
    if probe.fails(outcome) || told.into_iter().any(|known| known == decision || known.is_same_without_data(decision)) {
        return Ok(());
    }
    let usual = probe.intern(summary.default.clone());
    let effects = probe.own_effects(outcome, usual);
    let span = name::evidence(probe, outcome, usual, &effects).last().copied().unwrap_or_default();
    let message = format!("a {} that the API does not have leads to `{}`", show_path(&path), probe.shown(outcome));
    draft.warnings.push(Warning { span, message });
    Ok(())
}
