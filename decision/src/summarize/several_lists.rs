//! Decisions by how many items there are in each of several lists.

use super::Reason;
use super::counts::{MAX_STEPS, Step, answer_of};
use super::probe::{Outcome, Probe};
use crate::shape::{Path, Shape, show_path};
use crate::summary::{Bounds, Region};

/// More numbers of items together are not tried.
const MAX_TOGETHER: usize = 64;

/// Numbers of items of one list between which nothing changes while the other lists are empty.
struct Stretch {
    bounds: Bounds,
    sample: usize,
}

/// What numbers of items of these lists lead to together, from what they lead to in each alone.
pub(super) fn together(probe: &mut Probe<'_>, shape: &Shape, alone: &[(Path, Vec<Step>)]) -> Result<Vec<Step>, Reason> {
    let lists: Vec<&Path> = alone.iter().map(|(list, _)| list).collect();
    let names: Vec<String> = lists.iter().map(|list| show_path(list)).collect();
    let too_many =
        || Reason(format!("how many items there are of {} makes a difference together", names.join(" and ")));
    let axes: Vec<Vec<Stretch>> = alone.iter().zip(&names).map(|((_, steps), name)| stretches(steps, name)).collect();
    if axes.iter().map(Vec::len).product::<usize>() > MAX_TOGETHER {
        return Err(too_many());
    }
    let mut numbers: Vec<Vec<usize>> = vec![Vec::new()];
    for axis in &axes {
        let longer = |start: &Vec<usize>| axis.iter().map(|it| [start.as_slice(), &[it.sample]].concat()).collect();
        numbers = numbers.iter().flat_map(|start| -> Vec<Vec<usize>> { longer(start) }).collect();
    }
    let run = |numbers: Vec<usize>| {
        let filled: Vec<(&Path, usize)> = lists.iter().copied().zip(numbers).collect();
        probe.run(&answer_of(shape, &filled))
    };
    let table: Vec<Outcome> = numbers.into_iter().map(run).collect::<Result<_, _>>()?;
    let mut steps = Vec::new();
    collect(&axes, &table, &Vec::new(), &mut steps);
    if steps.len() > MAX_STEPS { Err(too_many()) } else { Ok(steps) }
}

/// The stretches of one list, under the list's name.
fn stretches(steps: &[Step], name: &str) -> Vec<Stretch> {
    let bounds = steps.iter().flat_map(|step| step.1.iter().flatten());
    let stretch = |bounds: &Bounds| Stretch {
        sample: bounds.low.map_or(0, |low| low.value as usize),
        bounds: Bounds { field: format!("{} of {name}", bounds.field), ..bounds.clone() },
    };
    bounds.map(stretch).collect()
}

/// Adds the regions of a part of the table, one for each outcome where the numbers of the first list alone decide.
fn collect(axes: &[Vec<Stretch>], table: &[Outcome], region: &Region, steps: &mut Vec<Step>) {
    let Some(&outcome) = table.first() else { return };
    let Some((axis, rest)) = axes.split_first().filter(|_| table.iter().any(|other| *other != outcome)) else {
        match steps.iter_mut().find(|step| step.0 == outcome) {
            Some(step) => step.1.push(region.clone()),
            None => steps.push((outcome, vec![region.clone()])),
        }
        return;
    };
    for (stretch, part) in axis.iter().zip(table.chunks(table.len() / axis.len())) {
        let within = [region.as_slice(), std::slice::from_ref(&stretch.bounds)].concat();
        collect(rest, part, &within, steps);
    }
}
