//! Threshold tuning: a shift of the logits of every branch, by coordinate descent on the tuning images.

use anyhow::Result;

use super::recipe::Recipe;
use super::task::Task;
use crate::evaluation::judge::Judge;

/// Shifts with what they achieve on the tuning images.
#[derive(Clone, Debug)]
pub struct Tuned {
    /// One for each branch.
    pub offsets: Vec<f32>,
    /// Which tuning images are decided wrong.
    pub wrong: Vec<bool>,
    /// Their balanced rate.
    pub error: f64,
}

/// No shift at all.
///
/// # Errors
/// The program cannot be run.
pub fn untuned(task: &Task, logits: &[f32], judge: &mut Judge) -> Result<Tuned> {
    at(task, logits, vec![0.0; task.loss.branches().len()], judge)
}

/// The best shifts found for these logits (N, n) of the tuning images; of equally good ones, the smallest.
///
/// # Errors
/// The program cannot be run.
pub fn tune(task: &Task, logits: &[f32], recipe: &Recipe, judge: &mut Judge) -> Result<Tuned> {
    let mut grid = recipe.offsets.clone();
    grid.push(0.0);
    grid.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let mut best = untuned(task, logits, judge)?;
    for _ in 0..recipe.rounds {
        let before = best.error;
        for k in 0..best.offsets.len() {
            for &offset in &grid {
                let mut offsets = best.offsets.clone();
                offsets[k] = offset;
                let tried = at(task, logits, offsets, judge)?;
                if tried.error < best.error {
                    best = tried;
                }
            }
        }
        if best.error >= before {
            break;
        }
    }
    Ok(best)
}

fn at(task: &Task, logits: &[f32], offsets: Vec<f32>, judge: &mut Judge) -> Result<Tuned> {
    let wrong = task.tune.wrong(logits, &task.by_label(&offsets), judge)?;
    let error = task.tune.strata.balanced_error(&wrong);
    Ok(Tuned { offsets, wrong, error })
}
