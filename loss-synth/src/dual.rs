//! Scalars with their gradient: a number computed from one image's logits, and how it moves with each of them.

/// A value and its partial derivatives by logit (absent = 0; a logit may occur more than once, its slopes add up).
#[derive(Clone, Debug)]
pub(crate) struct Dual {
    pub(crate) value: f64,
    pub(crate) slopes: Vec<(usize, f64)>,
}

impl Dual {
    /// A number that no logit moves.
    pub(crate) fn constant(value: f64) -> Self {
        Self { value, slopes: Vec::new() }
    }

    /// A number that moves with one logit.
    pub(crate) fn of_logit(label: usize, value: f64, slope: f64) -> Self {
        Self { value, slopes: vec![(label, slope)] }
    }

    pub(crate) fn negated(mut self) -> Self {
        self.value = -self.value;
        self.slopes.iter_mut().for_each(|(_, slope)| *slope = -*slope);
        self
    }

    pub(crate) fn minus(mut self, other: Self) -> Self {
        self.value -= other.value;
        self.slopes.extend(other.slopes.into_iter().map(|(label, slope)| (label, -slope)));
        self
    }

    pub(crate) fn minus_constant(mut self, other: f64) -> Self {
        self.value -= other;
        self
    }

    /// The larger of the two.
    pub(crate) fn or(self, other: Self) -> Self {
        if self.value >= other.value { self } else { other }
    }

    /// The smaller of the two.
    pub(crate) fn and(self, other: Self) -> Self {
        if self.value <= other.value { self } else { other }
    }

    /// Adds `factor` times the gradient to a dense one.
    pub(crate) fn add_slopes(&self, factor: f64, gradient: &mut [f64]) {
        for &(label, slope) in &self.slopes {
            gradient[label] += factor * slope;
        }
    }
}
