//! What the account does not tell: at the end the program is run on answers of anything at all. They take back what was
//! said of conditions and words and is not so, and show outcomes of which no branch speaks.

mod answers;
mod told;

use serde_json::Value as Json;

use self::told::{Told, held};
use super::characters;
use super::constants::Constants;
use super::matching::spellings;
use super::mixed::Mixed;
use super::probe::{NEUTRAL, OTHER, Outcome, Probe};
use super::subject::put;
use super::{Draft, EMPTY_OUTCOME, ONLY_EMPTY, SAME_OUTCOME, counts, handed, pieces, warnings};
use crate::api::Api;
use crate::decider::DecideError;
use crate::decision::{Decision, Effect};
use crate::output::ApiOutput;
use crate::process::Warning;
use crate::shape::Shape;

pub(super) use self::told::{News, news};

/// Answers tried.
const TRIALS: usize = 64;

/// More outcomes that nothing tells are not told of one by one.
const MAX_TOLD: usize = 3;

/// Times that an answer is made smaller.
const MAX_CUTS: usize = 48;

/// Words without effect that are tried once more, and answers for each.
const MAX_IDLE: usize = 12;
const IDLE_TRIALS: usize = 24;

/// The reason where what was tried one by one leads to one and the same, and other answers do not.
const NOT_ALONE: &str = "what tells the answers apart is not found, but that they lead to different outcomes";

/// Whether an outcome shows something that is not told.
type Shows = dyn Fn(&Decision) -> bool;

/// Tells what answers of anything show, and whether it was told; what they cannot be tried with is left as it is.
pub(super) fn tell(
    draft: &mut Draft,
    probe: &mut Probe<'_>,
    api: &Api,
    constants: &Constants,
) -> Result<bool, DecideError> {
    let mut mixed = Mixed::of(probe, (&api.answer, api.repeats), constants, &draft.summary);
    let mut told = Told::of(draft, probe);
    // What any answer with results leads to is told, though in short.
    if draft.summary.reason.as_deref().is_some_and(|reason| reason.starts_with(ONLY_EMPTY))
        && let Some((any, _)) = counts::tells_empty(probe, &api.answer)?
    {
        told.add(probe.decision(any));
    }
    // So is what an empty answer leads to.
    if draft.warnings.iter().any(|warning| warning.message.starts_with(EMPTY_OUTCOME)) {
        let empty = probe.run(&ApiOutput::Answer { answer: api.answer.nothing() })?;
        told.add(probe.decision(empty));
    }
    // That something of what is answered is handed on, whatever it is, needs no telling.
    if let Ok(outcome) = probe.run(&ApiOutput::Answer { answer: handed::filled(&api.answer, 0) }) {
        told.add_places(probe.decision(outcome));
    }
    let mut untold: Vec<Warning> = Vec::new();
    let further = answers::of_words(probe, &api.answer, constants);
    for answer in (0..TRIALS).map(|_| mixed.answer()).chain(further) {
        let Ok(outcome) = probe.run(&ApiOutput::Answer { answer: answer.clone() }) else { break };
        if untold.len() >= MAX_TOLD || probe.fails(outcome) {
            continue;
        }
        let decision = probe.decision(outcome);
        let shows: Box<Shows> = match (told.lacks(decision), told.lacks_data(decision)) {
            (Some(news), _) => Box::new(move |decision| told::news(decision).contains(&news)),
            (None, Some(place)) => Box::new(move |decision| held(decision).1.contains(&place)),
            (None, None) => continue,
        };
        let answer = smallest(probe, &api.answer, answer, &*shows);
        let Ok(outcome) = probe.run(&ApiOutput::Answer { answer: answer.clone() }) else { break };
        let decision = probe.decision(outcome);
        let shown_by = |effect: &&Effect| shows(&Decision { effects: vec![(*effect).clone()] });
        let span = decision.effects.iter().find(shown_by).map(|effect| effect.span);
        let message = format!(
            "not told above: {} leads to `{}`",
            shown(&probe.whole(&answer), &api.answer),
            probe.shown(outcome)
        );
        draft.summary.idle.retain(|word| !has_text(&answer, &word.text.to_lowercase()));
        untold.push(Warning { span: span.unwrap_or_default(), message });
        told.add(decision);
    }
    if untold.is_empty() && is_of_nothing(draft) {
        untold.extend(by_characters(draft, probe, api, constants)?);
    }
    if untold.is_empty() && is_of_nothing(draft) {
        pieces::tell(draft, probe, constants)?;
    }
    take_back_idle(draft, probe, api, constants);
    warnings::take_back_turned(draft, probe);
    if !untold.is_empty() && is_of_nothing(draft) {
        draft.summary.reason = Some(NOT_ALONE.to_owned());
        draft.warnings.retain(|warning| warning.message != warnings::SAME_WAYS);
    }
    if !untold.is_empty() && draft.summary.branches.is_empty() {
        // Where no branch is told, but there are some, it is not known which words have no effect either.
        draft.summary.idle.clear();
    }
    let any = !untold.is_empty();
    draft.warnings.extend(untold);
    Ok(any)
}

/// Whether no answer with results was found to lead elsewhere than the others.
fn is_of_nothing(draft: &Draft) -> bool {
    draft.summary.reason.as_deref().is_some_and(|reason| reason == SAME_OUTCOME || reason.starts_with(ONLY_EMPTY))
}

/// What a name of letters and digits leads to that no other does.
fn by_characters(
    draft: &Draft,
    probe: &mut Probe<'_>,
    api: &Api,
    constants: &Constants,
) -> Result<Option<Warning>, DecideError> {
    let usual = probe.run(&ApiOutput::sure([NEUTRAL]))?;
    for text in characters::texts(constants) {
        let named = ApiOutput::sure([text.as_str()]);
        let outcome = probe.run(&named)?;
        if probe.differ_by_data_only(outcome, usual)
            || probe.fails(outcome)
            || *probe.decision(outcome) == draft.summary.default
        {
            continue;
        }
        let decision = probe.decision(outcome);
        let span = decision.effects.first().map(|effect| effect.span).unwrap_or_default();
        let answer = shown(&probe.whole(&named.answer(&api.answer)), &api.answer);
        return Ok(Some(Warning {
            span,
            message: format!("not told above: {answer} leads to `{}`", probe.shown(outcome)),
        }));
    }
    Ok(None)
}

/// Takes words back that were said to be without effect where an answer with one of them leads elsewhere than the same one
/// with a name that no application looks for.
fn take_back_idle(draft: &mut Draft, probe: &mut Probe<'_>, api: &Api, constants: &Constants) {
    let mut kept = Vec::new();
    for (at, idle) in std::mem::take(&mut draft.summary.idle).into_iter().enumerate() {
        // It may have an effect elsewhere, and none where it is written here.
        let leads = draft.summary.branches.iter().any(|branch| branch.words.iter().any(|word| word.text == idle.text));
        if leads || at >= MAX_IDLE {
            kept.push(idle);
        } else if let Some((other, outcome)) = bars(draft, probe, &idle.text).unwrap_or_default() {
            let outcome = probe.shown(outcome);
            let message =
                format!("`{}` leads nowhere alone, but beside `{other}` in one text to `{outcome}`", idle.text);
            draft.warnings.push(Warning { span: idle.span, message });
        } else if !has_effect(draft, probe, (api, constants), &idle.text).unwrap_or_default() {
            kept.push(idle);
        }
    }
    draft.summary.idle = kept;
}

/// The word of a branch that does not lead there where this word stands beside it in the same text, and where it leads
/// then: what is asked for this word comes first.
fn bars(draft: &Draft, probe: &mut Probe<'_>, word: &str) -> Result<Option<(String, Outcome)>, DecideError> {
    if !probe.subject.knows(NEUTRAL) {
        return Ok(None);
    }
    let others = draft.summary.branches.iter().take(MAX_TOLD);
    let others: Vec<String> = others.flat_map(|branch| branch.words.iter().take(2).map(|w| w.text.clone())).collect();
    for other in others.into_iter().filter(|other| !other.contains(word) && !word.contains(other.as_str())) {
        for turned in [false, true] {
            let [with, without] = [word, NEUTRAL].map(|beside| {
                let text = if turned { format!("{other} {beside}") } else { format!("{beside} {other}") };
                probe.labels(&[&text])
            });
            let (with, without) = (with?, without?);
            let fails = probe.fails(with) || probe.fails(without);
            if !fails && !probe.differ_by_data_only(with, without) {
                return Ok(Some((other, with)));
            }
        }
    }
    Ok(None)
}

fn has_effect(
    draft: &Draft,
    probe: &mut Probe<'_>,
    (api, constants): (&Api, &Constants),
    word: &str,
) -> Result<bool, DecideError> {
    let forms = spellings(word);
    let others = draft.summary.branches.iter().flat_map(|branch| {
        let words = branch.words.iter().take(2).map(|word| word.text.clone());
        words.chain(branch.labels.iter().take(1).cloned())
    });
    let names: Vec<String> = forms.iter().cloned().chain(others).chain([NEUTRAL.to_owned()]).collect();
    let mut mixed = Mixed::with_names((&api.answer, api.repeats), constants, names);
    for _ in 0..IDLE_TRIALS {
        let answer = mixed.answer();
        let mut without = answer.clone();
        replace(&mut without, &forms);
        if without == answer {
            continue;
        }
        let [with, without] = [answer, without].map(|answer| ApiOutput::Answer { answer });
        let (with, without) = (probe.run(&with)?, probe.run(&without)?);
        // On what no API answers a program may well fail.
        let fails = probe.fails(with) || probe.fails(without);
        if !fails && !probe.differ_by_data_only(with, without) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a text of the answer has this one in it.
fn has_text(part: &Json, text: &str) -> bool {
    match part {
        Json::String(own) => own.to_lowercase().contains(text),
        Json::Array(items) => items.iter().any(|item| has_text(item, text)),
        Json::Object(fields) => fields.values().any(|field| has_text(field, text)),
        _ => false,
    }
}

/// Puts a name that no application looks for in place of these texts.
fn replace(part: &mut Json, texts: &[String]) {
    match part {
        Json::String(text) => {
            // Different names stay different.
            if let Some(at) = texts.iter().position(|known| known == text) {
                *text = format!("{OTHER}{}", "y".repeat(at));
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|item| replace(item, texts)),
        Json::Object(fields) => fields.values_mut().for_each(|field| replace(field, texts)),
        _ => {}
    }
}

/// The answer without all that it takes not to have the outcome show this.
fn smallest(probe: &mut Probe<'_>, shape: &Shape, answer: Json, shows: &Shows) -> Json {
    let mut cuts = 0;
    let mut smaller = answer;
    let mut try_one = |probe: &mut Probe<'_>, smaller: &mut Json, candidate: Json| {
        cuts += 1;
        if cuts > MAX_CUTS || candidate == *smaller {
            return false;
        }
        let Ok(outcome) = probe.run(&ApiOutput::Answer { answer: candidate.clone() }) else { return false };
        let same = !probe.fails(outcome) && shows(probe.decision(outcome));
        if same {
            *smaller = candidate;
        }
        same
    };
    let mut at = 0;
    while let Some(without) = without_item(&smaller, shape, at) {
        if !try_one(probe, &mut smaller, without) {
            at += 1;
        }
    }
    for (path, leaf) in shape.leaves() {
        let mut plain = smaller.clone();
        let value = match leaf {
            Shape::Name => Json::from(NEUTRAL),
            _ => leaf.nothing(),
        };
        put(&mut plain, &path, value);
        try_one(probe, &mut smaller, plain);
    }
    smaller
}

/// The answer without one of the items that it can do without, counted through all its lists.
fn without_item(answer: &Json, shape: &Shape, at: usize) -> Option<Json> {
    let mut answer = answer.clone();
    remove(&mut answer, shape, &mut { at }).then_some(answer)
}

fn remove(part: &mut Json, shape: &Shape, left: &mut usize) -> bool {
    match (shape, part) {
        (Shape::Record(fields), Json::Object(parts)) => {
            parts.iter_mut().any(|(name, part)| fields.get(name).is_some_and(|field| remove(part, field, left)))
        }
        (Shape::List(item) | Shape::NonEmpty(item), Json::Array(items)) => {
            let least = usize::from(matches!(shape, Shape::NonEmpty(_)));
            let own = items.len().saturating_sub(least);
            if *left < own {
                items.remove(*left);
                return true;
            }
            *left -= own;
            items.iter_mut().any(|part| remove(part, item, left))
        }
        (Shape::Single(item), part) => {
            let Json::Array(items) = part else { return remove(part, item, left) };
            let own = items.len().saturating_sub(1);
            if *left < own {
                items.remove(*left);
                return true;
            }
            *left -= own;
            items.iter_mut().any(|part| remove(part, item, left))
        }
        _ => false,
    }
}

/// An answer as a message names it.
fn shown(answer: &Json, shape: &Shape) -> String {
    shape.describe(answer).replace(NEUTRAL, "…")
}
