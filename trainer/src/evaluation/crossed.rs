//! Bootstrap over applications and images at once.
//!
//! The applications of one pool are measured on the same images, so their errors are not independent: an odd image is
//! odd for many of them. Every resample draws applications, and of each pool images, with replacement, and an
//! application's error on an image counts as often as both were drawn (the pigeonhole bootstrap, Owen 2007).

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::bootstrap::{Interval, interval, ratio};

/// Seed of the resamples.
const SEED: u64 = 0xC205;

/// One application's errors.
#[derive(Clone, Debug)]
pub struct Errors {
    /// Number of the pool that its images are from, from 0.
    pub pool: usize,
    /// Groups of images that count the same each: places among the pool's images.
    pub groups: Vec<Vec<usize>>,
    /// Per arm, per image: 1 where it is decided wrong, 0 where right, the mean over seeds.
    pub arms: Vec<Vec<f32>>,
}

/// Macro-averaged error rates in every resample.
pub struct Crossed {
    /// The estimate, per arm.
    pub rates: Vec<f64>,
    resamples: Vec<Vec<f64>>,
}

impl Crossed {
    /// Draws `count` resamples of applications and of images. All applications have the same arms, and those of one pool
    /// the same images.
    pub fn draw(apps: &[Errors], count: u32) -> Self {
        let arms = apps.first().map_or(0, |app| app.arms.len());
        let mut pools = vec![0; apps.iter().map(|app| app.pool + 1).max().unwrap_or(0)];
        for app in apps {
            pools[app.pool] = app.arms.first().map_or(0, Vec::len);
        }
        let once: Vec<Vec<u32>> = pools.iter().map(|&images| vec![1; images]).collect();
        let rates = macro_average(apps, arms, &vec![1; apps.len()], &once);
        let resample = |index: u32| {
            let mut rng = ChaCha8Rng::seed_from_u64(SEED ^ (u64::from(index) << 16));
            let of_apps = multinomial(apps.len(), &mut rng);
            let of_images: Vec<Vec<u32>> = pools.iter().map(|&images| multinomial(images, &mut rng)).collect();
            macro_average(apps, arms, &of_apps, &of_images)
        };
        Self { rates, resamples: (0..count).into_par_iter().map(resample).collect() }
    }

    /// Interval of an arm's rate.
    pub fn interval(&self, arm: usize) -> Interval {
        interval(self.resamples.iter().map(|rates| rates[arm]).collect())
    }

    /// The ratio of two arms' rates with its interval.
    pub fn ratio(&self, arm: usize, to: usize) -> (f64, Interval) {
        let of = |rates: &Vec<f64>| ratio(rates[arm], rates[to]);
        (of(&self.rates), interval(self.resamples.iter().map(of).collect()))
    }
}

/// How often each of `n` is drawn in `n` draws.
fn multinomial(n: usize, rng: &mut impl Rng) -> Vec<u32> {
    let mut counts = vec![0; n];
    for _ in 0..n {
        counts[rng.random_range(0..n)] += 1;
    }
    counts
}

fn macro_average(apps: &[Errors], arms: usize, of_apps: &[u32], of_images: &[Vec<u32>]) -> Vec<f64> {
    let mut sums = vec![0.0; arms];
    let drawn = apps.iter().zip(of_apps).filter(|(_, count)| **count > 0);
    for (app, &count) in drawn {
        let rates = error_rates(app, arms, &of_images[app.pool]);
        sums.iter_mut().zip(rates).for_each(|(sum, rate)| *sum += f64::from(count) * rate);
    }
    let total = f64::from(of_apps.iter().sum::<u32>().max(1));
    sums.iter().map(|sum| sum / total).collect()
}

/// Mean over the groups of the weighted fraction of wrong images; groups of which nothing was drawn are left out.
fn error_rates(app: &Errors, arms: usize, of_images: &[u32]) -> Vec<f64> {
    let (mut rates, mut groups) = (vec![0.0; arms], 0);
    for group in &app.groups {
        let weight: u32 = group.iter().map(|&i| of_images[i]).sum();
        if weight == 0 {
            continue;
        }
        groups += 1;
        for (rate, errors) in rates.iter_mut().zip(&app.arms) {
            let wrong: f64 = group.iter().map(|&i| f64::from(of_images[i]) * f64::from(errors[i])).sum();
            *rate += wrong / f64::from(weight);
        }
    }
    rates.iter().map(|rate| rate / f64::from(groups.max(1))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(wrong: &[usize], images: usize) -> Errors {
        let errors = (0..images).map(|i| f32::from(u8::from(wrong.contains(&i)))).collect();
        Errors { pool: 0, groups: vec![(0..images / 2).collect(), (images / 2..images).collect()], arms: vec![errors] }
    }

    #[test]
    fn the_estimate_is_the_mean_over_applications_of_their_balanced_rates() {
        let apps = [app(&[0], 8), app(&[0, 1, 7], 8)];
        let crossed = Crossed::draw(&apps, 10);
        assert!((crossed.rates[0] - f64::midpoint(0.125, 0.375)).abs() < 1e-12);
    }

    #[test]
    fn applications_with_the_same_errors_are_no_more_certain_than_one() {
        let wrong: Vec<usize> = (0..200).step_by(4).collect();
        let width = |apps: &[Errors]| {
            let Interval { low, high } = Crossed::draw(apps, 2000).interval(0);
            high.expect("finite") - low
        };
        let (one, many) = (width(&[app(&wrong, 200)]), width(&vec![app(&wrong, 200); 20]));
        assert!((one - many).abs() < 0.02, "{one} and {many}");
    }

    #[test]
    fn an_arm_is_as_good_as_itself() {
        let mut app = app(&[1, 5], 10);
        app.arms.push(app.arms[0].clone());
        assert_eq!(Crossed::draw(&[app], 100).ratio(0, 1), (1.0, Interval { low: 1.0, high: Some(1.0) }));
    }
}
