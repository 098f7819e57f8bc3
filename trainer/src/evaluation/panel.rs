//! The images of one split as an application sees them through its own labels.

use anyhow::Result;

use super::form::Form;
use super::judge::{Judge, Right};
use super::strata::{Strata, Weighting};
use crate::customize::pool::Pool;

/// Images that tell whether a program looks at other labels than its own.
const LOOKED_AT: usize = 500;

/// Shifts of the logits: how tuned thresholds are served.
#[derive(Clone, Copy, Debug)]
pub struct Shifts<'s> {
    /// Of each of the application's labels, n.
    pub own: &'s [f32],
    /// Of all other labels.
    pub others: f32,
}

/// Images with what is right for them and with the labels that no customization of the head changes.
#[derive(Clone)]
pub struct Panel {
    /// Indices of the images among all examples.
    pub images: Vec<usize>,
    /// Images by right decision.
    pub strata: Strata,
    right: Vec<Right>,
    /// The situation that other APIs' answers make, if these count, N.
    situations: Vec<Option<u32>>,
    /// The application's labels, n.
    labels: Vec<u16>,
    /// Per image, the other labels that are returned: index and logit, highest first.
    others: Vec<Vec<(u16, f32)>>,
    top_k: Option<usize>,
    /// Whether the program looks at labels that are not the application's own: at how many there are, say.
    reads_others: bool,
    form: Form,
    /// The logit from which on a label is returned.
    floor: f32,
}

impl Panel {
    /// A panel of some of the pool's `images`.
    ///
    /// # Errors
    /// The program cannot be run on the true labels.
    pub fn new(
        images: Vec<usize>,
        pool: &Pool,
        labels: &[u16],
        top_k: Option<usize>,
        weighting: Weighting,
        judge: &mut Judge,
    ) -> Result<Self> {
        let right = images.iter().map(|&i| judge.right(pool.examples.truth(i))).collect::<Result<Vec<_>>>()?;
        let strata = Strata::new(&right.iter().map(|right| right.decision).collect::<Vec<_>>(), weighting);
        let situations = images.iter().map(|&i| pool.examples.situation(i)).collect();
        let others = images.iter().map(|&i| others(pool.row(i), labels)).collect();
        let (labels, form) = (labels.to_vec(), pool.form());
        let floor = judge.floor();
        let mut panel =
            Self { images, strata, right, situations, labels, others, top_k, reads_others: false, form, floor };
        panel.reads_others = panel.tells_others_apart(pool, judge)?;
        Ok(panel)
    }

    /// The same images with other labels than the generic model's: of a model whose features are not the generic ones.
    /// `logits` (N, L) are those of all labels.
    #[must_use]
    pub fn with_others(&self, logits: &[f32]) -> Self {
        let width = logits.len() / self.images.len().max(1);
        let rows = logits.chunks_exact(width.max(1));
        Self { others: rows.map(|row| others(row, &self.labels)).collect(), ..self.clone() }
    }

    /// Whether the generic model's other labels change a decision on some of the images.
    fn tells_others_apart(&self, pool: &Pool, judge: &mut Judge) -> Result<bool> {
        let shifts = Shifts { own: &vec![0.0; self.labels.len()], others: 0.0 };
        let crowded = self.is_crowded();
        let mut own = Vec::new();
        for place in (0..self.images.len()).step_by((self.images.len() / LOOKED_AT).max(1)) {
            let full = pool.row(self.images[place]);
            let row: Vec<f32> = self.labels.iter().map(|&label| full[usize::from(label)]).collect();
            self.seen_quickly(place, &row, shifts, crowded, &mut own);
            let quick = judge.decide_fast(&own, self.situations[place])?;
            self.seen_exactly(place, &row, shifts, &mut own);
            if judge.decide(&own, self.situations[place])? != quick {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Which images are decided wrong. `logits` (N, n) are those of the application's labels. Quick: see
    /// [`Judge::decide_fast`].
    ///
    /// # Errors
    /// The program cannot be run.
    pub fn wrong(&self, logits: &[f32], shifts: Shifts, judge: &mut Judge) -> Result<Vec<bool>> {
        let crowded = self.is_crowded();
        let mut own = Vec::new();
        let rows = logits.chunks_exact(self.labels.len());
        let judged = rows.enumerate().map(|(place, row)| {
            self.seen_quickly(place, row, shifts, crowded, &mut own);
            Ok(!self.right[place].acceptable.contains(&judge.decide_fast(&own, self.situations[place])?))
        });
        judged.collect()
    }

    /// As [`Panel::wrong`], but every decision is taken by the program itself from all labels the API would send.
    ///
    /// # Errors
    /// The program cannot be run.
    pub fn wrong_exactly(&self, logits: &[f32], shifts: Shifts, judge: &mut Judge) -> Result<Vec<bool>> {
        let rows = logits.chunks_exact(self.labels.len());
        let mut output = Vec::new();
        let judged = rows.enumerate().map(|(place, row)| {
            self.seen_exactly(place, row, shifts, &mut output);
            Ok(!self.right[place].acceptable.contains(&judge.decide(&output, self.situations[place])?))
        });
        judged.collect()
    }

    /// Adds the other labels that are returned. The program cuts to k itself.
    fn merge(&self, place: usize, shift: f32, seen: &mut Vec<(u16, f32)>) {
        seen.extend(self.others(place, shift));
        seen.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    }

    /// What of an answer the quick judge is shown.
    fn seen_quickly(&self, place: usize, row: &[f32], shifts: Shifts, crowded: bool, seen: &mut Vec<(u16, f32)>) {
        self.own(row, shifts.own, seen);
        if self.reads_others {
            self.merge(place, shifts.others, seen);
        } else if crowded {
            seen.truncate(self.seen(place, seen, shifts.others));
        }
    }

    /// The whole answer.
    fn seen_exactly(&self, place: usize, row: &[f32], shifts: Shifts, seen: &mut Vec<(u16, f32)>) {
        self.own(row, shifts.own, seen);
        self.merge(place, shifts.others, seen);
    }

    /// The other labels that are returned, highest first.
    fn others(&self, place: usize, shift: f32) -> impl Iterator<Item = (u16, f32)> {
        self.others[place].iter().map(move |&(label, z)| (label, z + shift)).take_while(|&(_, z)| z >= self.floor)
    }

    /// Whether other labels can push one of the application's out of the results it looks at.
    pub fn is_crowded(&self) -> bool {
        self.top_k.is_some_and(|k| self.others.iter().any(|others| others.len() + self.labels.len() > k))
    }

    /// How many of the application's labels are among the results it looks at.
    fn seen(&self, place: usize, own: &[(u16, f32)], shift: f32) -> usize {
        let Some(k) = self.top_k else { return own.len() };
        let before = |z: f32| self.others(place, shift).take_while(|other| other.1 > z).count();
        own.iter().enumerate().take_while(|(rank, (_, z))| rank + before(*z) < k).count()
    }

    /// The application's labels that are returned, highest first, equal ones in the vocabulary's order. Of classes of
    /// which one is true, all count.
    fn own(&self, row: &[f32], offsets: &[f32], seen: &mut Vec<(u16, f32)>) {
        let shifted = row.iter().zip(offsets).map(|(z, offset)| z + offset);
        seen.clear();
        seen.extend(
            self.labels.iter().copied().zip(shifted).filter(|(_, z)| self.form.is_choice() || *z >= self.floor),
        );
        seen.sort_by(|a, b| b.1.total_cmp(&a.1));
    }
}

/// The labels that are not `own` and are returned, highest first.
fn others(row: &[f32], own: &[u16]) -> Vec<(u16, f32)> {
    let row = (0u16..).zip(row.iter().copied());
    let mut seen: Vec<(u16, f32)> = row.filter(|(label, z)| *z >= 0.0 && !own.contains(label)).collect();
    seen.sort_by(|a, b| b.1.total_cmp(&a.1));
    seen
}
