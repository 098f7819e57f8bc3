//! Paired bootstrap over images (Efron 1979): every resample draws the same images for all arms, within each stratum.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::strata::{Strata, Weighting};

/// Seed of the resamples: intervals of one evaluation are always the same.
const SEED: u64 = 0x1D2;
/// The part of the resamples inside an interval.
const CONFIDENCE: f64 = 0.95;

/// A percentile interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end; none when it is infinite (a ratio to zero).
    pub high: Option<f64>,
}

/// Error rates of several arms in every resample.
pub struct Resamples {
    /// Per resample, per arm: balanced and natural error rate.
    rates: Vec<Vec<(f64, f64)>>,
    /// Which of the two counts where arms are compared.
    weighting: Weighting,
}

impl Resamples {
    /// Draws `count` resamples. `errors[arm][image]` lies in 0..1, e.g. the mean over seeds of wrong (1) and right (0).
    pub fn draw(strata: &Strata, errors: &[Vec<f32>], count: u32) -> Self {
        let arms = errors.len();
        let images: Vec<Vec<f32>> = (0..strata.images()).map(|i| errors.iter().map(|arm| arm[i]).collect()).collect();
        let resample = |index: u32| {
            let mut rng = ChaCha8Rng::seed_from_u64(SEED ^ (u64::from(index) << 16));
            let mut rates = vec![(0.0, 0.0); arms];
            for group in strata.groups() {
                let mut sums = vec![0.0f64; arms];
                for _ in 0..group.len() {
                    let image = &images[group[rng.random_range(0..group.len())]];
                    sums.iter_mut().zip(image).for_each(|(sum, &error)| *sum += f64::from(error));
                }
                for ((balanced, natural), sum) in rates.iter_mut().zip(sums) {
                    *balanced += sum / group.len() as f64 / strata.groups().len() as f64;
                    *natural += sum / strata.images() as f64;
                }
            }
            rates
        };
        Self { rates: (0..count).into_par_iter().map(resample).collect(), weighting: strata.weighting() }
    }

    /// Interval of an arm's balanced rate.
    pub fn balanced(&self, arm: usize) -> Interval {
        interval(self.rates.iter().map(|rates| rates[arm].0).collect())
    }

    /// Interval of an arm's natural rate.
    pub fn natural(&self, arm: usize) -> Interval {
        interval(self.rates.iter().map(|rates| rates[arm].1).collect())
    }

    /// Interval of the ratio of two arms' rates.
    pub fn ratio(&self, arm: usize, to: usize) -> Interval {
        interval(self.rates.iter().map(|rates| ratio(self.weighted(rates[arm]), self.weighted(rates[to]))).collect())
    }

    /// Fraction of the resamples in which `arm` is not better than `than`: a one-sided p-value.
    pub fn not_better(&self, arm: usize, than: usize) -> f64 {
        let is_better = |rates: &&Vec<(f64, f64)>| self.weighted(rates[arm]) < self.weighted(rates[than]);
        let count = self.rates.iter().filter(|rates| !is_better(rates)).count();
        // With the estimate itself as one more resample, p is never zero (Davison & Hinkley 1997, 4.2.5).
        (count + 1) as f64 / (self.rates.len() + 1) as f64
    }

    fn weighted(&self, (balanced, natural): (f64, f64)) -> f64 {
        match self.weighting {
            Weighting::Balanced => balanced,
            Weighting::Natural => natural,
        }
    }
}

/// `a / b`, where nothing to nothing is 1.
pub fn ratio(a: f64, b: f64) -> f64 {
    if a == 0.0 && b == 0.0 { 1.0 } else { a / b }
}

/// The interval of some resampled values.
pub(super) fn interval(mut values: Vec<f64>) -> Interval {
    values.sort_by(f64::total_cmp);
    let at = |q: f64| values.get((q * values.len() as f64) as usize).or(values.last()).copied().unwrap_or(0.0);
    let tail = (1.0 - CONFIDENCE) / 2.0;
    let high = at(1.0 - tail);
    Interval { low: at(tail), high: high.is_finite().then_some(high) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(wrong: usize, of: usize) -> Vec<f32> {
        (0..of).map(|i| f32::from(u8::from(i < wrong))).collect()
    }

    #[test]
    fn interval_covers_the_rate_and_has_the_binomial_width() {
        let strata = Strata::new(&[0; 400], Weighting::Balanced);
        let resamples = Resamples::draw(&strata, &[errors(100, 400)], 2000);
        let Interval { low, high } = resamples.balanced(0);
        let half_width = 1.96 * (0.25f64 * 0.75 / 400.0).sqrt();
        assert!((low - (0.25 - half_width)).abs() < 0.01, "{low}");
        assert!((high.expect("finite") - (0.25 + half_width)).abs() < 0.01, "{high:?}");
    }

    #[test]
    fn pairing_makes_equal_arms_exactly_equal() {
        let strata = Strata::new(&[0; 100], Weighting::Balanced);
        let resamples = Resamples::draw(&strata, &[errors(20, 100), errors(20, 100)], 500);
        assert_eq!(resamples.ratio(0, 1), Interval { low: 1.0, high: Some(1.0) });
        assert!(resamples.not_better(0, 1) > 0.99);
    }

    #[test]
    fn a_clearly_better_arm_is_found_better() {
        let strata = Strata::new(&[0; 200], Weighting::Balanced);
        let resamples = Resamples::draw(&strata, &[errors(10, 200), errors(60, 200)], 500);
        assert!(resamples.not_better(0, 1) < 0.01);
    }
}
