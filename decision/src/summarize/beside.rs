//! Lists of the answer beside that which the decision is about: faces that match none, when it is matches that decide.

use serde_json::Value as Json;

use super::Draft;
use super::constants::Constants;
use super::probe::{NEUTRAL, Probe, passes_through};
use super::subject::{filled, put};
use crate::decider::{DecideError, Decider};
use crate::output::ApiOutput;
use crate::shape::{Path, Shape, show_path};

/// Other lists that are tried.
const MAX_LISTS: usize = 4;

/// Warns of every list that the summary does not speak of, where an item of it makes a difference.
pub(super) fn tell(draft: &mut Draft, decider: &Decider<'_>) {
    let (program, api) = decider.subject();
    let constants = Constants::of(program);
    let Some(field) = draft.summary.field.clone().filter(|_| !draft.summary.is_undecided()) else { return };
    let is_known = |list: &str| field.split(", ").any(|field| field == list || field.starts_with(&format!("{list}[]")));
    let is_named = |list: &Path| list.iter().all(|step| constants.names(step));
    let lists = api.answer.lists().into_iter().filter(is_named);
    let (known, others): (Vec<Path>, Vec<Path>) = lists.partition(|list| is_known(&show_path(list)));
    if known.is_empty() || others.is_empty() {
        return;
    }
    let mut probe = Probe::new(decider.clone(), &constants);
    let told: Vec<String> = others
        .iter()
        .take(MAX_LISTS)
        .filter_map(|other| says(&mut probe, &api.answer, &known, other).ok().flatten())
        .collect();
    for message in told {
        draft.warn(program, message);
    }
    super::warnings::take_back_turned(draft, &probe);
}

/// What an item of a list leads to where it makes a difference: without any item of the lists that are told of, or with
/// one.
fn says(probe: &mut Probe<'_>, shape: &Shape, known: &[Path], other: &Path) -> Result<Option<String>, DecideError> {
    let (list, lists) = (show_path(other), known.iter().map(|list| show_path(list)).collect::<Vec<_>>().join(", "));
    let beside = leads(probe, shape, known, other)?;
    let (shown, with) = match (leads(probe, shape, &[], other)?, beside) {
        (Some(alone), None) if leads_nowhere(probe, shape, known, other)? => (alone, format!(" and no {lists}")),
        (Some(shown), _) | (None, Some(shown)) => (shown, String::new()),
        (None, None) => return Ok(None),
    };
    Ok(Some(format!("{list} has a say, too: with one there{with} it leads to `{shown}`")))
}

/// What one more item leads to beside one of each of some lists, where it is something else that is chosen.
fn leads(probe: &mut Probe<'_>, shape: &Shape, beside: &[Path], other: &Path) -> Result<Option<String>, DecideError> {
    let usual = probe.run(&with(shape, beside.iter()))?;
    let outcome = probe.run(&with(shape, beside.iter().chain([other])))?;
    let chooses = probe.own_effects(outcome, usual).iter().any(|effect| !passes_through(effect));
    let differs = chooses && !probe.differ_by_data_only(usual, outcome) && !probe.fails(usual);
    Ok(differs.then(|| probe.shown(outcome)))
}

/// Whether one more item changes nothing at all beside one of each of some lists.
fn leads_nowhere(probe: &mut Probe<'_>, shape: &Shape, beside: &[Path], other: &Path) -> Result<bool, DecideError> {
    Ok(probe.run(&with(shape, beside.iter()))? == probe.run(&with(shape, beside.iter().chain([other])))?)
}

/// The answer of one sure item in each of these lists.
fn with<'l>(shape: &Shape, lists: impl Iterator<Item = &'l Path>) -> ApiOutput {
    let mut answer = shape.nothing();
    for list in lists {
        let item = shape.at(list).and_then(Shape::item).map_or(Json::Null, |item| filled(item, 1.0, NEUTRAL));
        put(&mut answer, list, Json::Array(vec![item]));
    }
    ApiOutput::Answer { answer }
}
