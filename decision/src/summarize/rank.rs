//! By which number a program puts the items of an answer in order before it looks at the first of them.

use serde_json::Value as Json;

use super::axes::Axis;
use super::branches::Branches;
use super::probe::{NEUTRAL, Probe};
use super::subject::{Subject, list_of_names};
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::shape::{ITEM, Shape};

/// Items of an answer.
const MANY: usize = 12;

/// Numbers of an item that are tried.
pub(super) const MAX_NUMBERS: usize = 3;

/// The first items, or those of the greatest numbers, that are handed on.
pub(super) struct Cut {
    pub(super) count: u32,
    pub(super) by: Option<String>,
}

/// The number by which the branches' labels come first, where only so many items are looked at.
pub(super) fn of_branches(
    probe: &mut Probe<'_>,
    found: &Branches,
    shape: &Shape,
    count: u32,
) -> Result<Option<String>, DecideError> {
    let (Some(filler), true) = (found.filler.clone(), (count as usize) < MANY) else { return Ok(None) };
    let branches: Vec<_> = found.branches.iter().filter(|branch| !branch.negated && !branch.except).collect();
    let Some((sample, outcome)) = branches.first().and_then(|b| Some((b.samples.first()?.clone(), b.outcome))) else {
        return Ok(None);
    };
    let mut labels = vec![filler.as_str(); count as usize];
    labels.push(&sample);
    let answer = probe.subject.output(ApiOutput::sure(labels.iter().copied())).answer(shape);
    let list = match &probe.subject {
        Subject::Members(members) => members.list().cloned(),
        Subject::Names | Subject::Within(_) => list_of_names(shape),
    };
    let Some(list) = list else { return Ok(None) };
    for measure in measures(shape, &list, MAX_NUMBERS) {
        let mut led = Vec::new();
        for share in [0.8, 0.4] {
            let mut answer = answer.clone();
            for at in 0..labels.len() {
                measure.set(&mut answer, at, if at == count as usize { share } else { 0.6 });
            }
            led.push(probe.run(&ApiOutput::Answer { answer })?);
        }
        if led[0] == outcome && led[1] != outcome {
            return Ok(Some(measure.show()));
        }
    }
    Ok(None)
}

/// Which names show of many, where not all do: the first, or those of the greatest numbers.
pub(super) fn of_names(probe: &mut Probe<'_>, shape: &Shape) -> Result<Option<Cut>, DecideError> {
    let Some(list) = list_of_names(shape) else { return Ok(None) };
    let names: Vec<String> = (0..MANY).map(|at| format!("{NEUTRAL}{}", char::from(b'a' + at as u8))).collect();
    let plain = ApiOutput::sure(names.iter().map(String::as_str)).answer(shape);
    let mut shown = |numbers: Option<(&Measure, bool)>| -> Result<Vec<usize>, DecideError> {
        let mut answer = plain.clone();
        if let Some((measure, ascends)) = numbers {
            for at in 0..MANY {
                let place = if ascends { at } else { MANY - 1 - at };
                measure.set(&mut answer, at, (place + 1) as f64 / (MANY + 1) as f64);
            }
        }
        probe.run(&ApiOutput::Answer { answer })?;
        // They may be shown in small letters.
        let text = probe.observed().to_lowercase();
        Ok((0..MANY).filter(|at| text.contains(&names[*at].to_lowercase())).collect())
    };
    let first: Vec<usize> = shown(None)?;
    let count = first.len();
    if count == 0 || count == MANY {
        return Ok(None);
    }
    let (starts, ends): (Vec<usize>, Vec<usize>) = ((0..count).collect(), (MANY - count..MANY).collect());
    for measure in measures(shape, &list, MAX_NUMBERS) {
        if shown(Some((&measure, true)))? == ends && shown(Some((&measure, false)))? == starts {
            return Ok(Some(Cut { count: count as u32, by: Some(measure.show()) }));
        }
    }
    Ok((first == starts).then_some(Cut { count: count as u32, by: None }))
}

/// What items are put in order by: a number, or the product of a width and a height.
pub(super) struct Measure(Vec<Axis>);

impl Measure {
    pub(super) fn show(&self) -> String {
        self.0.iter().map(Axis::show).collect::<Vec<_>>().join(" * ")
    }

    /// What it is of the first item.
    pub(super) fn of(&self, answer: &Json) -> Option<f64> {
        let number = |axis: &Axis| {
            let mut part = Some(answer);
            for step in &axis.path {
                part = part.and_then(|part| if step == ITEM { part.get(0) } else { part.get(step) });
            }
            part?.as_f64()
        };
        self.0.iter().map(number).product()
    }

    /// Sets it of one item of the innermost list, so far from the least to the greatest.
    pub(super) fn set(&self, answer: &mut Json, at: usize, share: f64) {
        self.0.iter().for_each(|axis| set(answer, axis, at, share));
    }
}

/// What the items of a list are most likely to be put in order by: how sure they are, how large, and what comes first.
pub(super) fn measures(shape: &Shape, list: &[String], most: usize) -> Vec<Measure> {
    let is_own =
        |axis: &Axis| axis.path.iter().rposition(|step| step == ITEM).is_some_and(|at| axis.path[..at] == *list);
    let mut own: Vec<Axis> = Axis::all(shape).into_iter().filter(is_own).collect();
    own.sort_by_key(|axis| !axis.is_score(shape));
    let sides = |axis: &Axis| {
        let (last, record) = axis.path.split_last()?;
        let other = own.iter().find(|other| other.path.split_last() == Some((&"height".to_owned(), record)))?;
        (last == "width").then(|| Measure(vec![axis.clone(), other.clone()]))
    };
    let area = own.iter().find_map(sides);
    own.into_iter().take(most).map(|axis| Measure(vec![axis])).chain(area).collect()
}

/// Sets the number of one item of the innermost list, so far from the least to the greatest; outer lists have one item.
fn set(answer: &mut Json, axis: &Axis, at: usize, share: f64) {
    let Some(list) = axis.path.iter().rposition(|step| step == ITEM) else { return };
    let (low, high) = axis.range();
    let mut part = Some(answer);
    for (place, step) in axis.path.iter().enumerate() {
        part = part.and_then(|part| match (step == ITEM, place == list) {
            (true, true) => part.get_mut(at),
            (true, false) => part.get_mut(0),
            _ => part.get_mut(step),
        });
    }
    if let Some(part) = part {
        *part = Json::from(low + (high - low) * share);
    }
}
