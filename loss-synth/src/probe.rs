//! The decision margin of a program without a formula, found by running it around an output.
//!
//! A program sees the labels of sufficient score, highest first, cut to k. Along one label's score everything it sees
//! changes only at a few *places*: where the label begins to be seen, where it changes rank with another, and at the
//! scores the program is written with. So the smallest change of one score that turns the decision is found exactly by
//! running the program once between neighbouring places (and by halving where a program calculates with scores).
//!
//! - A right decision has as margin the smallest change of one label's score that makes it wrong, or of the scores of
//!   labels of one kind that sink together: where two labels do the same, it takes both to miss.
//! - A wrong decision has minus the smallest correction found: of one label's score where one is enough; else what is
//!   left of the changes towards the ideal output (true labels on top, others unseen) when labels are put back as long
//!   as the decision stays right, those that moved most first. Its size is that of its largest change.
//!
//! Its gradient is that of these distances; the k-th score of labels that do not move is a constant.

mod correction;
mod flips;
mod places;
mod program;
mod relevant;
mod row;
mod situations;

use crate::config::LossConfig;
use crate::dual::Dual;
use crate::error::LossError;
use crate::loss::ProgramScores;
use crate::pooling::Pooling;
pub(crate) use program::ProbedProgram;
use row::Row;

/// Labels probed in one image: of more, those whose scores are highest.
const MAX_LABELS: usize = 48;

/// Whether the decision on an output is right: labels (index, score), highest score first.
pub type IsRight<'a> = dyn FnMut(&[(usize, f64)]) -> bool + 'a;

/// As [`IsRight`], for the image with an index in a batch.
pub type IsRightFor<'a> = dyn FnMut(usize, &[(usize, f64)]) -> bool + 'a;

/// The margin of any decision about labels, by probing. What decides is given image by image as a function of the
/// output, so it may hang on more than that: on another API's answer for the same image, say.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Indices of the labels that make a difference, ascending.
    labels: Vec<usize>,
    /// The kinds of more than one label.
    kinds: Vec<Vec<usize>>,
    /// Scores that the program compares with, in 0..1, ascending.
    constants: Vec<f64>,
    /// Whether it may calculate with scores, so that it changes its mind between places.
    calculates: bool,
    top_k: Option<usize>,
    config: LossConfig,
}

impl Probe {
    /// A probe that moves these labels; those of one kind stand in for one another. `constants` are the scores that the decision compares with; `calculates` says
    /// whether it may change anywhere else but there and where labels change rank, which costs more runs.
    ///
    /// # Errors
    /// A configuration value out of its range, or no label to move.
    pub fn new(
        mut kinds: Vec<Vec<usize>>,
        mut constants: Vec<f64>,
        calculates: bool,
        top_k: Option<usize>,
        config: LossConfig,
    ) -> Result<Self, LossError> {
        config.validate()?;
        let mut labels = kinds.concat();
        labels.sort_unstable();
        labels.dedup();
        kinds.retain(|kind| kind.len() > 1);
        if labels.is_empty() {
            return Err(LossError::NothingSeen);
        }
        constants.retain(|score| *score > 0.0 && *score < 1.0);
        constants.sort_by(f64::total_cmp);
        constants.dedup();
        Ok(Self { labels, kinds, constants, calculates, top_k, config })
    }

    /// The labels it moves.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// What it takes scores for.
    pub(crate) fn scores(&self) -> ProgramScores<'_> {
        ProgramScores { constants: &self.constants, calculates: self.calculates }
    }

    /// Whether the decision on one image is right.
    pub(crate) fn is_right(&self, logits: &[f32], truth: &[u16], right: &mut IsRight) -> bool {
        let row = Row::new(self, logits, truth);
        right(&row.output(&row.logits))
    }

    /// How many results the decision is about; none when all.
    pub fn top_k(&self) -> Option<usize> {
        self.top_k
    }

    /// The exact margin of one image: above zero when the decision is right. Infinite when no label changes it, minus
    /// infinity when none corrects it.
    pub fn margin(&self, logits: &[f32], truth: &[u16], right: &mut IsRight) -> f64 {
        self.dual(Pooling::Max, logits, truth, right).value
    }

    /// Mean loss over a batch; writes its gradient by the logits. `right` is also told which image it is about. Images
    /// whose decision no label corrects add nothing.
    ///
    /// # Shapes
    /// - `logits`: (N, L)
    /// - `truth`: N lists of true label indices
    /// - `gradient`: (N, L), overwritten
    ///
    /// # Panics
    /// The three lengths do not fit together.
    pub fn value_and_gradient(
        &self,
        logits: &[f32],
        truth: &[Vec<u16>],
        right: &mut IsRightFor,
        gradient: &mut [f32],
    ) -> f64 {
        assert_eq!(gradient.len(), logits.len(), "the gradient must have the logits' shape");
        if truth.is_empty() {
            return 0.0;
        }
        let width = logits.len() / truth.len();
        assert_eq!(logits.len(), truth.len() * width, "logits must be (N, L) with N = {}", truth.len());
        let share = 1.0 / truth.len() as f64;
        let mut row_gradient = vec![0.0; width];
        let mut total = 0.0;
        let rows = logits.chunks_exact(width).zip(truth).zip(gradient.chunks_exact_mut(width));
        for (image, ((row, truth), out)) in rows.enumerate() {
            row_gradient.fill(0.0);
            let mut right = |output: &[(usize, f64)]| right(image, output);
            let margin = self.dual(self.config.pooling, row, truth, &mut right);
            if margin.value > f64::NEG_INFINITY {
                let (value, slope) = self.config.step.at(margin.value, self.config.wrong_weight);
                total += value;
                margin.add_slopes(slope, &mut row_gradient);
            }
            for (out, &slope) in out.iter_mut().zip(&row_gradient) {
                *out = (share * slope) as f32;
            }
        }
        total * share
    }

    /// The margin with its gradient.
    pub(crate) fn dual(&self, pooling: Pooling, logits: &[f32], truth: &[u16], right: &mut IsRight) -> Dual {
        let row = Row::new(self, logits, truth);
        let is_right = right(&row.output(&row.logits));
        let flips = flips::of(&row, pooling, is_right, right);
        if is_right {
            return pooling.min(flips);
        }
        let mut corrections: Vec<Dual> = flips.into_iter().map(Dual::negated).collect();
        corrections.extend(correction::of_several_labels(&row, pooling, truth, right));
        pooling.max(corrections)
    }
}
