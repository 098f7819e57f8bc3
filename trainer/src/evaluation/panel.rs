//! The images of one split as an application sees them through its own labels.

use anyhow::Result;

use super::judge::{Judge, Right};
use super::strata::Strata;

/// Images with what is right for them and with the labels that no customization of this application changes.
pub struct Panel {
    /// Indices of the images among all examples.
    pub images: Vec<usize>,
    /// Images by right decision.
    pub strata: Strata,
    right: Vec<Right>,
    /// The application's labels, n.
    labels: Vec<u16>,
    /// Per image, the other labels that are returned: index and logit, highest first.
    others: Vec<Vec<(u16, f32)>>,
    top_k: Option<usize>,
}

impl Panel {
    /// A panel of `images`.
    ///
    /// # Shapes
    /// - `generic`: logits of all examples, (N, `width`)
    ///
    /// # Errors
    /// The program cannot be run on the true labels.
    pub fn new(
        images: Vec<usize>,
        truth: &[Vec<u16>],
        (generic, width): (&[f32], usize),
        labels: &[u16],
        top_k: Option<usize>,
        judge: &mut Judge,
    ) -> Result<Self> {
        let right = images.iter().map(|&i| judge.right(&truth[i])).collect::<Result<Vec<_>>>()?;
        let strata = Strata::new(&right.iter().map(|right| right.decision).collect::<Vec<_>>());
        let others = |&i: &usize| {
            let row = &generic[i * width..(i + 1) * width];
            let seen = (0..width as u16).filter(|label| !labels.contains(label));
            let mut seen: Vec<(u16, f32)> = seen.map(|l| (l, row[usize::from(l)])).filter(|(_, z)| *z >= 0.0).collect();
            seen.sort_by(|a, b| b.1.total_cmp(&a.1));
            seen
        };
        let others = images.iter().map(others).collect();
        Ok(Self { images, strata, right, labels: labels.to_vec(), others, top_k })
    }

    /// Which images are decided wrong. `logits` (N, n) are those of the application's labels, each shifted by its
    /// `offset` (n). Quick: see [`Judge::decide_fast`].
    ///
    /// # Errors
    /// The program cannot be run.
    pub fn wrong(&self, logits: &[f32], offsets: &[f32], judge: &mut Judge) -> Result<Vec<bool>> {
        let rows = logits.chunks_exact(self.labels.len());
        let judged = rows.enumerate().map(|(place, row)| {
            let own = self.own(row, offsets);
            let cut = |(rank, &(_, z)): (usize, &(u16, f32))| {
                let before = rank + self.others[place].iter().take_while(|other| other.1 > z).count();
                self.top_k.is_none_or(|k| before < k)
            };
            let output: Vec<(u16, f64)> =
                own.iter().enumerate().take_while(|item| cut(*item)).map(|(_, &(l, z))| (l, score(z))).collect();
            Ok(!self.right[place].acceptable.contains(&judge.decide_fast(&output)?))
        });
        judged.collect()
    }

    /// As [`Panel::wrong`], but every decision is taken by the program itself from all labels the API would send.
    ///
    /// # Errors
    /// The program cannot be run.
    pub fn wrong_exactly(&self, logits: &[f32], offsets: &[f32], judge: &mut Judge) -> Result<Vec<bool>> {
        let rows = logits.chunks_exact(self.labels.len());
        let judged = rows.enumerate().map(|(place, row)| {
            let mut output = self.own(row, offsets);
            output.extend(&self.others[place]);
            output.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            // The program cuts to k itself.
            let output: Vec<(u16, f64)> = output.into_iter().map(|(label, z)| (label, score(z))).collect();
            Ok(!self.right[place].acceptable.contains(&judge.decide(&output)?))
        });
        judged.collect()
    }

    /// The application's labels that are returned, highest first, equal ones in the vocabulary's order.
    fn own(&self, row: &[f32], offsets: &[f32]) -> Vec<(u16, f32)> {
        let shifted = row.iter().zip(offsets).map(|(z, offset)| z + offset);
        let mut seen: Vec<(u16, f32)> = self.labels.iter().copied().zip(shifted).filter(|(_, z)| *z >= 0.0).collect();
        seen.sort_by(|a, b| b.1.total_cmp(&a.1));
        seen
    }
}

fn score(logit: f32) -> f64 {
    1.0 / (1.0 + (-f64::from(logit)).exp())
}
