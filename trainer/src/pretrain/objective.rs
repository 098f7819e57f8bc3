//! What pre-training minimizes.
//!
//! The loss joins two views of one image: each of the API's labels as a sigmoid (what the network serves), and the
//! image's class as a softmax over the class labels' logits (which ranks classes against each other and converges
//! faster). Both read the same outputs.

use tch::{Kind, Reduction, Tensor};

use super::Options;
use crate::dataset::ClassLabel;

/// Classes are distilled at this temperature (Hinton et al. 2015). A teacher that learned from mixed images is soft
/// already.
const TEMPERATURE: f64 = 2.0;

/// The loss over the network's outputs.
pub(super) struct Objective {
    pub(super) class_columns: Vec<usize>,
    columns: Tensor,
    /// (classes, labels): which labels an image of a class carries.
    targets: Tensor,
    label_weight: f64,
    smoothing: f64,
    /// The teacher's part of the loss.
    distill: f64,
}

impl Objective {
    pub(super) fn new(labels: &[ClassLabel], options: &Options) -> Self {
        let class_columns = class_columns(labels);
        let (classes, outputs) = (class_columns.len(), labels.len());
        let mut targets = vec![0.0f32; classes * outputs];
        for (l, label) in labels.iter().enumerate() {
            for &class in &label.classes {
                targets[usize::from(class) * outputs + l] = 1.0;
            }
        }
        let columns: Vec<i64> = class_columns.iter().map(|&c| c as i64).collect();
        Self {
            class_columns,
            columns: Tensor::from_slice(&columns).to_device(options.device),
            targets: Tensor::from_slice(&targets).view([classes as i64, outputs as i64]).to_device(options.device),
            label_weight: options.label_weight,
            smoothing: options.smoothing,
            distill: options.distill,
        }
    }

    /// Loss of logits (N, outputs) for images of which the shares (N, classes) are of each class, and to which the
    /// teacher gives its own logits (N, outputs).
    pub(super) fn loss(&self, logits: &Tensor, shares: &Tensor, teacher: Option<&Tensor>) -> Tensor {
        let of_classes = logits.index_select(1, &self.columns);
        let class_loss = of_classes.cross_entropy_loss::<Tensor>(shares, None, Reduction::Mean, -100, self.smoothing);
        let truth = class_loss + self.label_loss(logits, &shares.matmul(&self.targets));
        match teacher {
            None => truth,
            Some(taught) => truth * (1.0 - self.distill) + self.teacher_loss(logits, taught) * self.distill,
        }
    }

    fn teacher_loss(&self, logits: &Tensor, taught: &Tensor) -> Tensor {
        let soft = taught.index_select(1, &self.columns) / TEMPERATURE;
        let of_classes = logits.index_select(1, &self.columns) / TEMPERATURE;
        let shares = soft.softmax(-1, Kind::Float);
        let class_loss = of_classes.cross_entropy_loss::<Tensor>(&shares, None, Reduction::Mean, -100, 0.0);
        // The gradient of softened logits is smaller by the temperature's square.
        class_loss * (TEMPERATURE * TEMPERATURE) + self.label_loss(logits, &taught.sigmoid())
    }

    fn label_loss(&self, logits: &Tensor, targets: &Tensor) -> Tensor {
        let loss = logits.binary_cross_entropy_with_logits::<Tensor>(targets, None, None, Reduction::Mean);
        loss * self.label_weight
    }
}

/// For each class, the first label that exactly this class carries.
pub fn class_columns(labels: &[ClassLabel]) -> Vec<usize> {
    let classes = labels.iter().flat_map(|label| &label.classes).max().map_or(0, |&c| usize::from(c) + 1);
    let own = |class: usize| labels.iter().position(|label| label.classes == [class as u16]);
    (0..classes).map(|class| own(class).unwrap_or(0)).collect()
}
