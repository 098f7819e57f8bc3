//! Threshold tuning: shifts of the logits, by coordinate descent on the tuning images.

use std::borrow::Cow;

use anyhow::Result;

use super::delta::Delta;
use super::recipe::Recipe;
use super::task::Task;
use crate::evaluation::judge::Judge;
use crate::evaluation::panel::{Panel, Shifts};

/// Shifts with what they achieve on the tuning images.
#[derive(Clone, Debug)]
pub struct Tuned {
    /// One for each branch.
    pub offsets: Vec<f32>,
    /// Of all labels outside the application. At most 0: they can only make room.
    pub others: f32,
    /// Which tuning images are decided wrong.
    pub wrong: Vec<bool>,
    /// Their rate.
    pub error: f64,
}

/// No shift at all.
///
/// # Errors
/// The program cannot be run.
pub fn untuned(task: &Task, delta: &Delta, judge: &mut Judge) -> Result<Tuned> {
    Seen::new(task, delta)?.at(vec![0.0; task.groups.len()], 0.0, judge)
}

/// The best shifts found for these changes; of equally good ones, the smallest.
///
/// # Errors
/// The program cannot be run.
pub fn tune(task: &Task, delta: &Delta, recipe: &Recipe, judge: &mut Judge) -> Result<Tuned> {
    let seen = Seen::new(task, delta)?;
    let grid = by_size(&recipe.offsets);
    // Most applications look at all results: then the others are in nobody's way.
    let room = if seen.panel.is_crowded() { by_size(&recipe.others) } else { Vec::new() };
    let mut best = seen.at(vec![0.0; task.groups.len()], 0.0, judge)?;
    for _ in 0..recipe.rounds {
        let before = best.error;
        for &others in &room {
            let offsets = best.offsets.clone();
            keep_better(&mut best, seen.at(offsets, others, judge)?);
        }
        for k in 0..best.offsets.len() {
            for &offset in &grid {
                let mut offsets = best.offsets.clone();
                offsets[k] = offset;
                let others = best.others;
                keep_better(&mut best, seen.at(offsets, others, judge)?);
            }
        }
        if best.error >= before {
            break;
        }
    }
    Ok(best)
}

fn keep_better(best: &mut Tuned, tried: Tuned) {
    if tried.error < best.error {
        *best = tried;
    }
}

/// The values and 0, the smallest first.
fn by_size(values: &[f32]) -> Vec<f32> {
    let mut grid = values.to_vec();
    grid.push(0.0);
    grid.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    grid
}

/// The tuning images as the application sees them.
struct Seen<'t> {
    task: &'t Task<'t>,
    logits: Vec<f32>,
    panel: Cow<'t, Panel>,
}

impl<'t> Seen<'t> {
    fn new(task: &'t Task, delta: &Delta) -> Result<Self> {
        let (logits, panel) = delta.seen(task.pool, &task.tune)?;
        Ok(Self { task, logits, panel })
    }

    /// What some shifts achieve.
    fn at(&self, offsets: Vec<f32>, others: f32, judge: &mut Judge) -> Result<Tuned> {
        let own = self.task.by_label(&offsets);
        let wrong = self.panel.wrong(&self.logits, Shifts { own: &own, others }, judge)?;
        let error = self.panel.strata.error(&wrong);
        Ok(Tuned { offsets, others, wrong, error })
    }
}
