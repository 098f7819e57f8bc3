//! Decisions by where numbers of the answer lie.

use serde_json::Value as Json;

use super::aggregate::{self, Aggregate, Together};
use super::axes::{Axis, Stretch, stretches};
use super::branches::Branches;
use super::choice::{Choice, Items};
use super::constants::Constants;
use super::namesakes::Texts;
use super::probe::{NEUTRAL, Outcome, Probe};
use super::subject::{Subject, alternatives, list_of_names};
use super::{Draft, Reason, grid, products};
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::process::Warning;
use crate::shape::{ITEM, Shape};
use crate::summary::{Branch, DecisionType, Handed, Limit, Region};

/// Most stretches that an axis may have to be a ladder.
pub(super) const MAX_STRETCHES: usize = 24;

/// Which numbers of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Where {
    /// Those of the whole answer.
    Whole,
    /// Those of the items of its lists.
    Items,
}

/// Fills the draft when the decision hangs on numbers; `false` when it does not.
pub(super) fn fill(
    draft: &mut Draft,
    probe: &mut Probe<'_>,
    shape: &Shape,
    constants: &Constants,
    place: Where,
) -> Result<bool, Reason> {
    let mut relevant = Vec::new();
    let all = Axis::all(shape);
    for axis in all.iter().filter(|axis| axis.is_in_list() == (place == Where::Items)).cloned() {
        let values = axis.values(constants);
        let stretches = stretches(probe, &values, &|value| answer_with(shape, &axis, value))?;
        if stretches.len() > 1 {
            relevant.push((axis, stretches));
        }
    }
    let Some((axis, stretches)) = relevant.first() else { return Ok(false) };
    draft.summary.field = Some(relevant.iter().map(|(axis, _)| axis.show()).collect::<Vec<_>>().join(", "));
    let own: Vec<&Axis> = all.iter().filter(|axis| !axis.is_in_list()).collect();
    let pair = match (own.as_slice(), relevant.as_slice()) {
        (&[one, other], _) | (_, [(one, _), (other, _)]) => Some([one, other]),
        (_, [(one, stretches)]) if place == Where::Whole => {
            let beside = depends_on_others(probe, shape, one, stretches)?;
            own.iter().find(|axis| beside.as_ref() == Some(&axis.show())).map(|other| [one, *other])
        }
        _ => None,
    };
    let beside = depends_on_others(probe, shape, axis, stretches)?;
    let several = place == Where::Whole && (relevant.len() > 1 || beside.is_some());
    if several && products::fill(draft, probe, shape, constants)? {
        return Ok(true);
    }
    if several
        && let Some([one, other]) = pair
        && grid::fill(draft, probe, shape, constants, [one, other])?
    {
        draft.summary.field = Some(format!("{}, {}", one.show(), other.show()));
        return Ok(true);
    }
    if stretches.len() > MAX_STRETCHES {
        return Err(Reason(format!("the outcome follows {} more closely than a ladder", axis.show())));
    }
    if let Some((other, _)) = relevant.get(1) {
        return Err(together(axis, &other.show()));
    }
    if let Some(other) = beside {
        return Err(together(axis, &other));
    }
    let usual = draft.default_outcome;
    let texts = if axis.is_in_list() { own_texts(probe, shape, axis, stretches)? } else { Texts::default() };
    let together = if axis.is_in_list() {
        let items = |numbers: &[f64]| {
            let mut answer = answer_with(shape, axis, numbers[0]);
            for (place, &number) in numbers.iter().enumerate().skip(1) {
                let mut item = answer_with(shape, axis, number);
                texts.set(&mut item, place);
                append(&mut answer, &item, &axis.path);
            }
            ApiOutput::Answer { answer }
        };
        Some(aggregate::find(probe, (axis, stretches), usual, &items)?)
    } else {
        None
    };
    ladder(draft, probe, axis, stretches, None);
    match together {
        None => {}
        Some(Together::By(Aggregate::First)) => draft.summary.top_k = Some(1),
        // One branch that is taken once, whatever item it is for, is not of each.
        Some(Together::By(among @ (Aggregate::Any(_) | Aggregate::AnyOfFirst(..)))) => {
            if let Aggregate::AnyOfFirst(_, most) = among {
                draft.summary.top_k = u32::try_from(most).ok();
            }
            draft.summary.per_element = acts_again(probe, shape, axis, (stretches, &texts))?;
            let choice = Items { shape, axis }.choice(probe, stretches, draft.default_outcome)?;
            draft.hands_on(axis, choice.as_ref());
        }
        Some(Together::Apart) => {
            draft.summary.per_element = true;
            // Each item is looked at, but not all that are in it.
            if axis.is_nested() {
                let choice = Items { shape, axis }.choice(probe, stretches, draft.default_outcome)?;
                draft.hands_on(axis, choice.as_ref());
            }
        }
        Some(together) => {
            draft.is_put_together = matches!(together, Together::By(how) if how != Aggregate::Most)
                || matches!(together, Together::Several(_));
            return Err(together.reason(&axis.show(), probe));
        }
    }
    Ok(true)
}

impl Draft {
    /// Tells what is handed on of several items by their numbers.
    fn hands_on(&mut self, axis: &Axis, choice: Option<&Choice>) {
        match choice {
            Some(&Choice::Of(handed)) if !self.summary.per_element || axis.is_nested() => {
                // Of several lists of items it is not plain whose score.
                let handed = if axis.is_nested() && handed == Handed::Highest { Handed::Greatest } else { handed };
                self.summary.handed = Some(handed);
                self.summary.ranked = (handed == Handed::Greatest).then(|| axis.show());
            }
            Some(&Choice::Share { share, of_greatest }) => {
                let of = if of_greatest { "the greatest one" } else { "that of the first item" };
                let field = axis.show();
                let message = format!("of several items those count whose {field} is more than {share} of {of}");
                let place = self.summary.branches.first().and_then(|branch| branch.evidence.first());
                self.warnings.push(Warning { span: place.copied().unwrap_or_default(), message });
            }
            _ => {}
        }
    }
}

/// The texts that tell items of these numbers apart.
fn own_texts(probe: &mut Probe<'_>, shape: &Shape, axis: &Axis, stretches: &[Stretch]) -> Result<Texts, DecideError> {
    let list = axis.path.iter().rposition(|step| step == ITEM).map_or(&[][..], |at| &axis.path[..=at]);
    let one: Vec<_> =
        stretches.iter().map(|stretch| (answer_with(shape, axis, stretch.sample), stretch.outcome)).collect();
    Texts::of(probe, (shape, list), one.iter().map(|(answer, outcome)| (answer, *outcome)))
}

/// Whether a second item in the same stretch has the application do what it does once more.
fn acts_again(
    probe: &mut Probe<'_>,
    shape: &Shape,
    axis: &Axis,
    (stretches, texts): (&[Stretch], &Texts),
) -> Result<bool, DecideError> {
    for stretch in stretches {
        let one = answer_with(shape, axis, stretch.sample);
        let both = |texts: &Texts| {
            let (mut both, mut other) = (one.clone(), one.clone());
            texts.set(&mut other, 1);
            append(&mut both, &other, &axis.path);
            ApiOutput::Answer { answer: both }
        };
        let single = ApiOutput::Answer { answer: one.clone() };
        // What is kept by its name is done again for another name, where a list only holds one more.
        if probe.shown_times(&both(&Texts::default()))? > probe.shown_times(&single)?
            || probe.acted_times(&both(texts))? > probe.acted_times(&single)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// An answer that is nothing but this number; the item that has it is called something.
pub(super) fn answer_with(shape: &Shape, axis: &Axis, value: f64) -> Json {
    let mut answer = shape.with(&axis.path, Json::from(value));
    let list = axis.path.iter().position(|step| step == ITEM).map(|at| &axis.path[..=at]);
    let is_name = |path: &[String], leaf: &Shape| {
        *leaf == Shape::Name && list.is_some_and(|list| path.strip_prefix(list).is_some_and(|rest| !has_item(rest)))
    };
    for (path, _) in shape.leaves().into_iter().filter(|(path, leaf)| is_name(path, leaf)) {
        super::subject::put(&mut answer, &path, Json::from(NEUTRAL));
    }
    answer
}

fn has_item(path: &[String]) -> bool {
    path.iter().any(|step| step == ITEM)
}

/// Adds the items that the list on `path` has in another answer.
pub(super) fn append(answer: &mut Json, other: &Json, path: &[String]) {
    match path.split_first() {
        Some((step, _)) if step == ITEM => {
            if let (Some(items), Some(more)) = (answer.as_array_mut(), other.as_array()) {
                items.extend(more.iter().cloned());
            }
        }
        Some((step, rest)) => {
            if let (Some(answer), Some(other)) = (answer.get_mut(step), other.get(step)) {
                append(answer, other, rest);
            }
        }
        None => {}
    }
}

/// Fills the draft when the labels of the one branch lead to several outcomes by their score.
/// `per_item` says that every item leaves its own trace.
pub(super) fn fill_labelled(
    draft: &mut Draft,
    probe: &mut Probe<'_>,
    (found, per_item): (&Branches, bool),
    shape: &Shape,
    constants: &Constants,
) -> Result<bool, Reason> {
    let own = |axis: &Axis| match &probe.subject {
        Subject::Members(members) => members.list().is_none_or(|list| axis.is_of(list)),
        Subject::Names | Subject::Within(_) => list_of_names(shape).is_none_or(|list| axis.is_of(&list)),
    };
    let all: Vec<Axis> =
        Axis::all(shape).into_iter().filter(|axis| axis.is_in_list() && axis.is_score(shape)).collect();
    let scores = all.iter().find(|axis| own(axis)).or(all.first()).cloned();
    let (Some(axis), Some(sample)) = (scores, found.branches.first().and_then(|branch| branch.samples.first())) else {
        return Ok(false);
    };
    let values = axis.values(constants);
    let subject = probe.subject.clone();
    let stretches = stretches(probe, &values, &|value| {
        subject.output(ApiOutput::labels([(sample.as_str(), value / axis.whole())])).answer(shape)
    })?;
    if stretches.len() > MAX_STRETCHES || (!per_item && hangs_on_company(probe, sample, (&stretches, &axis))?) {
        return Ok(false);
    }
    if !are_of_all(probe, found, (&stretches, &axis))? {
        return Ok(false);
    }
    let Some(labelled) = draft.summary.branches.pop() else { return Ok(false) };
    draft.default_outcome = found.default;
    ladder(draft, probe, &axis, &stretches, Some(&labelled));
    let default = &draft.summary.default;
    draft.summary.branches.retain(|branch| branch.outcome != *default);
    draft.summary.decision_type = DecisionType::Range;
    draft.summary.per_element = per_item;
    if found.any_name {
        // Whatever the item is called, its score decides: that of the first, or each its own.
        draft.summary.field = Some(axis.show());
        let by = if per_item { None } else { decided_by(probe, sample, (&stretches, &axis))? };
        draft.summary.per_element = by.is_none();
        draft.summary.top_k = by.map(|_| 1);
        draft.summary.ranked = (by == Some(Handed::Highest)).then(|| axis.show());
    }
    Ok(true)
}

/// Whether the other labels of the branch lead to the same at both ends of each stretch.
fn are_of_all(
    probe: &mut Probe<'_>,
    found: &Branches,
    (stretches, axis): (&[Stretch], &Axis),
) -> Result<bool, DecideError> {
    let Some(branch) = found.branches.first() else { return Ok(false) };
    for other in branch.samples.iter().skip(1) {
        for stretch in stretches {
            let inner = |limit: Limit, next: f64| if limit.inclusive { limit.value } else { next };
            let ends = [
                stretch.low.map(|limit| inner(limit, limit.value.next_up())),
                stretch.high.map(|limit| inner(limit, limit.value.next_down())),
            ];
            for value in ends.into_iter().flatten() {
                let score = value / axis.whole();
                // What the division loses may lie on the other side.
                let exact = (score * axis.whole()).to_bits() == value.to_bits();
                if exact && probe.scored(&[(other, score)])? != stretch.outcome {
                    return Ok(false);
                }
            }
        }
    }
    Ok(true)
}

/// Of two items the one whose score decides, if it is always the first, or always the surer one.
fn decided_by(
    probe: &mut Probe<'_>,
    sample: &str,
    (stretches, axis): (&[Stretch], &Axis),
) -> Result<Option<Handed>, DecideError> {
    let kin = format!("{sample} {NEUTRAL}");
    let (mut first_only, mut surer_only) = (true, true);
    for first in stretches {
        for second in stretches.iter().filter(|second| second.outcome != first.outcome) {
            let scores = [first, second].map(|stretch| stretch.sample / axis.whole());
            let outcome = probe.scored(&[(sample, scores[0]), (&kin, scores[1])])?;
            let surer = if scores[0] >= scores[1] { first } else { second };
            first_only &= outcome == first.outcome;
            surer_only &= outcome == surer.outcome;
        }
    }
    Ok(match (first_only, surer_only) {
        (true, _) => Some(Handed::First),
        (_, true) if !shows_both(probe, [sample, &kin], (stretches, axis))? => Some(Handed::Highest),
        _ => None,
    })
}

/// Whether of two items whose scores are in the same stretch both leave a trace.
fn shows_both(
    probe: &mut Probe<'_>,
    [one, other]: [&str; 2],
    (stretches, axis): (&[Stretch], &Axis),
) -> Result<bool, DecideError> {
    let subject = probe.subject.clone();
    for stretch in stretches {
        let scores = [0.6, 0.5].map(|share| stretch.at(axis, share) / axis.whole());
        let single = subject.output(ApiOutput::labels([(one, scores[0])]));
        let both = subject.output(ApiOutput::labels([(one, scores[0]), (other, scores[1])]));
        if probe.shown_times(&single)? < probe.shown_times(&both)? {
            return Ok(true);
        }
        let shown = probe.observed().to_lowercase();
        let [one, other] = [one, other].map(str::to_lowercase);
        if shown.contains(&other) && shown.replace(&other, "").contains(&one) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether another label makes a difference, as in an average or a sum.
fn hangs_on_company(
    probe: &mut Probe<'_>,
    sample: &str,
    (stretches, axis): (&[Stretch], &Axis),
) -> Result<bool, DecideError> {
    let kin = format!("{sample} {NEUTRAL}");
    for stretch in stretches {
        for other in [NEUTRAL, &kin] {
            if probe.scored(&[(sample, stretch.sample / axis.whole()), (other, 0.0)])? != stretch.outcome {
                return Ok(true);
            }
        }
        let [one, other] = [0.9, 0.8].map(|share| stretch.at(axis, share) / axis.whole());
        let is_alike = probe.scored(&[(&kin, other)])? == stretch.outcome;
        let both = probe.scored(&[(sample, one), (&kin, other)])?;
        // What is done for both of them is no third thing.
        let is_known = stretches.iter().any(|stretch| stretch.outcome == both);
        if is_alike && is_known && both != stretch.outcome {
            return Ok(true);
        }
    }
    Ok(false)
}

fn together(axis: &Axis, other: &str) -> Reason {
    Reason(format!("the outcome hangs on {} and on {other} together", axis.show()))
}

/// Another number of the answer with which the ladder changes.
fn depends_on_others(
    probe: &mut Probe<'_>,
    shape: &Shape,
    axis: &Axis,
    stretches: &[Stretch],
) -> Result<Option<String>, DecideError> {
    let items = axis.path.iter().enumerate().filter(|(_, step)| *step == ITEM).map(|(at, _)| &axis.path[..=at]);
    let items: Vec<&[String]> = items.collect();
    for (path, leaf) in shape.leaves() {
        // The fields of the same item, for a number of one, those of the items around it, and the numbers of the whole
        // answer.
        let is_beside = items.iter().any(|item| path.strip_prefix(*item).is_some_and(|rest| !has_item(rest)));
        let others = match leaf {
            Shape::Number { .. } | Shape::Flag | Shape::Choice(_) | Shape::Word(_) if is_beside => alternatives(leaf),
            Shape::Number { .. } if !has_item(&path) => alternatives(leaf),
            _ => continue,
        };
        if path == axis.path {
            continue;
        }
        for other in others {
            let inside =
                |stretch: &Stretch| [stretch.sample, stretch.at(axis, 0.5)].map(|value| (value, stretch.outcome));
            for (value, outcome) in stretches.iter().flat_map(inside) {
                let mut answer = answer_with(shape, axis, value);
                super::subject::put(&mut answer, &path, other.clone());
                if probe.run(&ApiOutput::Answer { answer })? != outcome {
                    return Ok(Some(crate::shape::show_path(&path)));
                }
            }
        }
    }
    Ok(None)
}

/// One branch for each outcome, in ascending order of its first stretch; of two, the one that an answer of nothing does not
/// lead to.
pub(super) fn ladder(draft: &mut Draft, probe: &Probe<'_>, axis: &Axis, stretches: &[Stretch], items: Option<&Branch>) {
    let mut steps: Vec<(Outcome, Vec<Region>)> = Vec::new();
    for stretch in stretches {
        let region = vec![stretch.bounds(axis)];
        match steps.iter_mut().find(|step| step.0 == stretch.outcome) {
            Some(step) => step.1.push(region),
            None => steps.push((stretch.outcome, vec![region])),
        }
    }
    let usual = draft.default_outcome;
    let two = steps.len() == 2 && steps.iter().any(|step| step.0 == usual);
    if two {
        steps.retain(|step| step.0 != usual);
        draft.summary.default = probe.decision(usual).clone();
    }
    draft.push_regions(probe, usual, steps, items);
    draft.summary.decision_type = if two { DecisionType::TrueFalse } else { DecisionType::Range };
}
