//! Threshold tuning: shifts of the logits, by coordinate descent on the tuning images.

use std::borrow::Cow;
use std::collections::HashMap;

use anyhow::Result;

use super::delta::Delta;
use super::recipe::Recipe;
use super::task::Task;
use crate::evaluation::judge::Judge;
use crate::evaluation::panel::{Panel, Shifts};
use crate::evaluation::strata::Strata;

/// Parts of the tuning images of which each in turn has no say in the shifts it is judged with.
const FOLDS: usize = 10;

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
    let mut seen = Seen::new(task, delta)?;
    seen.at(vec![0.0; task.groups.len()], 0.0, &seen.strata(), judge)
}

/// The best shifts found for these changes; of equally good ones, the smallest.
///
/// # Errors
/// The program cannot be run.
pub fn tune(task: &Task, delta: &Delta, recipe: &Recipe, judge: &mut Judge) -> Result<Tuned> {
    let mut seen = Seen::new(task, delta)?;
    seen.tune(&seen.strata(), recipe, judge)
}

/// Which tuning images are decided wrong with shifts that were tuned without them: the rate of [`Tuned`] is that of the
/// images the shifts were chosen for, and so too good.
///
/// # Errors
/// The program cannot be run.
pub fn held_out(task: &Task, delta: &Delta, recipe: &Recipe, judge: &mut Judge) -> Result<Vec<bool>> {
    let mut seen = Seen::new(task, delta)?;
    let strata = seen.strata();
    let folds = strata.folds(FOLDS);
    let mut wrong = vec![false; folds.len()];
    for out in 0..FOLDS {
        let tuned = seen.tune(&strata.only(|place| folds[place] != out), recipe, judge)?;
        let judged = folds.iter().enumerate().filter(|(_, fold)| **fold == out);
        judged.for_each(|(place, _)| wrong[place] = tuned.wrong[place]);
    }
    Ok(wrong)
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
    /// What shifts were found to achieve, by their bits: the search comes back to them, and so do all folds.
    known: HashMap<Vec<u32>, Vec<bool>>,
}

impl<'t> Seen<'t> {
    fn new(task: &'t Task, delta: &Delta) -> Result<Self> {
        let (logits, panel) = delta.seen(task.pool, &task.tune)?;
        Ok(Self { task, logits, panel, known: HashMap::new() })
    }

    /// All tuning images.
    fn strata(&self) -> Strata {
        self.panel.strata.clone()
    }

    /// The best shifts found for the images of `strata`.
    fn tune(&mut self, strata: &Strata, recipe: &Recipe, judge: &mut Judge) -> Result<Tuned> {
        let grid = by_size(&recipe.offsets);
        // Most applications look at all results: then the others are in nobody's way.
        let room = if self.panel.is_crowded() { by_size(&recipe.others) } else { Vec::new() };
        let mut best = self.at(vec![0.0; self.task.groups.len()], 0.0, strata, judge)?;
        for _ in 0..recipe.rounds {
            let before = best.error;
            for &others in &room {
                let offsets = best.offsets.clone();
                keep_better(&mut best, self.at(offsets, others, strata, judge)?);
            }
            for k in 0..best.offsets.len() {
                for &offset in &grid {
                    let mut offsets = best.offsets.clone();
                    offsets[k] = offset;
                    let others = best.others;
                    keep_better(&mut best, self.at(offsets, others, strata, judge)?);
                }
            }
            if best.error >= before {
                break;
            }
        }
        Ok(best)
    }

    /// What some shifts achieve on the images of `strata`.
    fn at(&mut self, offsets: Vec<f32>, others: f32, strata: &Strata, judge: &mut Judge) -> Result<Tuned> {
        let key: Vec<u32> = offsets.iter().chain([&others]).map(|shift| shift.to_bits()).collect();
        let wrong = if let Some(wrong) = self.known.get(&key) {
            wrong.clone()
        } else {
            let own = self.task.by_label(&offsets);
            let wrong = self.panel.wrong(&self.logits, Shifts { own: &own, others }, judge)?;
            self.known.insert(key, wrong.clone());
            wrong
        };
        let error = strata.error(&wrong);
        Ok(Tuned { offsets, others, wrong, error })
    }
}
