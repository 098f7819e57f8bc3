//! Learning rate and image size over the course of training.

/// Plan of a run, as functions of progress in 0..1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    /// Steps in all.
    pub(super) steps: u64,
    /// Steps of linear warm-up.
    pub(super) warmup: u64,
    /// Largest learning rate.
    pub(super) peak: f64,
    /// Fraction of the steps, at the end, over which the rate falls to zero along a half cosine. 1 is the classical
    /// cosine schedule; less holds the peak first, so that a run can be prolonged until its decay begins.
    pub(super) decay: f64,
    /// Rows and columns of training images at the start and at the end; between, they grow by steps of 8.
    pub(super) sides: (usize, usize),
}

impl Schedule {
    /// The learning rate of a step.
    pub(super) fn learning_rate(&self, step: u64) -> f64 {
        let warm = ((step + 1) as f64 / self.warmup.max(1) as f64).min(1.0);
        let start = self.steps as f64 * (1.0 - self.decay);
        let fallen = ((step as f64 - start) / (self.steps as f64 - start)).clamp(0.0, 1.0);
        self.peak * warm * 0.5 * (1.0 + (std::f64::consts::PI * fallen).cos())
    }

    /// Rows and columns of the training images at a step: the first size for a fifth of the run, the last size for the
    /// last fifth, and between them the sizes between. All but the first and last are multiples of 16, since a network
    /// that halves its input four times then meets no odd size, which oneDNN convolves many times slower in bfloat16.
    pub(super) fn side(&self, step: u64) -> usize {
        let (first, last) = self.sides;
        let progress = step as f64 / self.steps as f64;
        let between: Vec<usize> = (first + 1..last).filter(|side| side % 16 == 0).collect();
        match progress {
            p if p >= 0.8 => last,
            p if p < 0.2 || between.is_empty() => first,
            p => between[((p - 0.2) / 0.6 * between.len() as f64) as usize],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: Schedule = Schedule { steps: 1000, warmup: 100, peak: 0.5, decay: 0.4, sides: (32, 64) };

    #[test]
    fn rate_warms_up_holds_and_falls_to_zero() {
        assert!(PLAN.learning_rate(0) < 0.01);
        assert!((PLAN.learning_rate(300) - 0.5).abs() < 1e-12);
        assert!((PLAN.learning_rate(800) - 0.25).abs() < 1e-12);
        assert!(PLAN.learning_rate(999) < 1e-4);
    }

    #[test]
    fn sides_grow_from_first_to_last() {
        let sides: Vec<usize> = (0..1000).map(|step| PLAN.side(step)).collect();
        assert_eq!((sides[0], sides[999]), (32, 64));
        assert!(sides.windows(2).all(|w| w[0] <= w[1] && w[1] % 16 == 0));
        assert!(sides.contains(&48));
    }
}
