//! What quantization changes: the labels of photographs by both models.

use std::fmt;
use std::time::Instant;

use anyhow::Result;
use chameleon_models::labeler::ImageLabeler;
use chameleon_models::zoo::ImageLabels;
use indicatif::ProgressBar;
use serde::Serialize;

/// Both models on photographs that were not used to calibrate.
#[derive(Debug, Serialize)]
pub(super) struct Comparison {
    /// Photographs.
    images: usize,
    /// How many get exactly the same labels.
    same_labels: usize,
    /// Labels that both models give.
    both: usize,
    /// Labels that only the original gives.
    lost: usize,
    /// Labels that only the quantized model gives.
    gained: usize,
    /// Mean absolute difference of a logit.
    logit_difference: f64,
    /// Milliseconds for one photograph on one thread, original and quantized: the least of all.
    milliseconds: [f64; 2],
}

pub(super) fn compare(
    original: &ImageLabels,
    quantized: &ImageLabels,
    images: &[Vec<f32>],
    bar: &ProgressBar,
) -> Result<Comparison> {
    let labelers = [ImageLabeler::new(original)?, ImageLabeler::new(quantized)?];
    let mut comparison = Comparison {
        images: images.len(),
        same_labels: 0,
        both: 0,
        lost: 0,
        gained: 0,
        logit_difference: 0.0,
        milliseconds: [f64::INFINITY; 2],
    };
    for image in images {
        let image = std::slice::from_ref(image);
        let [before, after] = [0, 1].map(|i| {
            let started = Instant::now();
            let features = labelers[i].features(image);
            let elapsed = started.elapsed().as_secs_f64() * 1e3;
            comparison.milliseconds[i] = comparison.milliseconds[i].min(elapsed);
            labelers[i].logits(&features[0])
        });
        comparison.add(&before, &after);
        bar.inc(1);
    }
    Ok(comparison)
}

impl Comparison {
    fn add(&mut self, before: &[f32], after: &[f32]) {
        // A label is given from a score of one half, a logit of zero, on.
        let count = |f: &dyn Fn(bool, bool) -> bool| {
            before.iter().zip(after).filter(|(a, b)| f(**a >= 0.0, **b >= 0.0)).count()
        };
        let (lost, gained) = (count(&|a, b| a && !b), count(&|a, b| !a && b));
        self.both += count(&|a, b| a && b);
        self.lost += lost;
        self.gained += gained;
        self.same_labels += usize::from(lost + gained == 0);
        let difference: f64 = before.iter().zip(after).map(|(a, b)| f64::from((a - b).abs())).sum();
        self.logit_difference += difference / before.len().max(1) as f64 / self.images.max(1) as f64;
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.images == 0 {
            return write!(f, "no photographs are left to compare on");
        }
        let part = 100.0 * self.same_labels as f64 / self.images as f64;
        writeln!(f, "on {} other photographs:", self.images)?;
        writeln!(f, "  same labels       {part:.1} % of the photographs")?;
        writeln!(f, "  labels            {} by both, {} lost, {} gained", self.both, self.lost, self.gained)?;
        writeln!(f, "  logits            differ by {:.3} on average", self.logit_difference)?;
        let [before, after] = self.milliseconds;
        write!(f, "  one photograph    {after:.2} ms instead of {before:.2} ms on one thread, at best")
    }
}
