//! Rounding a layer's weights so that its results change least, rather than the weights.
//!
//! With patches x of the layer's input, an output's squared error is `e' H e` for its weights' errors e and H the mean of
//! `x x'`. Each weight in turn takes the integer that makes this least while the others stay as they are, some times
//! over (as in Behdin et al. 2023, "`QuantEase`"); scales follow in between, which is least squares. No step makes the
//! error larger than rounding to the nearest does. What is left of it on average goes into the bias.

use rayon::prelude::*;

use super::patches::Patches;
use super::range;
use crate::engine::product::{Format, Product};
use crate::quantization::WeightSegment;

/// Rounds over all weights, each with a new scale before it.
const ROUNDS: usize = 4;
/// Part of the mean square that is added to every input's: patches are few, and inputs that are always alike say
/// nothing about each other.
const DAMPING: f32 = 0.01;

/// Weights as integers.
#[derive(Clone, Debug)]
pub(super) struct Rounded {
    /// (outputs, inputs).
    pub(super) integers: Vec<f32>,
    /// One for each output.
    pub(super) scales: Vec<f32>,
    /// What to add to each output's bias.
    pub(super) bias: Vec<f32>,
}

/// Rounds `weight` (outputs, inputs) for the patches that it is multiplied by, whose [`moments`] are given.
pub(super) fn round(weight: &[f32], segment: &WeightSegment, patches: &Patches, moments: &[f32]) -> Rounded {
    let depth = patches.depth();
    let mut nearest = Rounded { integers: weight.to_vec(), scales: Vec::new(), bias: Vec::new() };
    for filter in nearest.integers.chunks_exact_mut(depth) {
        let scale = range::of_weights(filter, segment);
        for w in filter {
            *w = segment.nearest(*w / scale) as f32;
        }
        nearest.scales.push(scale);
    }
    let (products, of_integers) = (times(weight, moments, depth), times(&nearest.integers, moments, depth));
    let filters = nearest.integers.par_chunks_exact_mut(depth).zip(&mut nearest.scales);
    let inputs = weight.par_chunks_exact(depth).zip(products.par_chunks_exact(depth));
    nearest.bias = filters
        .zip(inputs)
        .zip(of_integers.par_chunks_exact(depth))
        .map(|(((integers, scale), (weight, product)), of_integers)| {
            let mut filter = Filter { integers, scale, product, of_integers: of_integers.to_vec() };
            for _ in 0..ROUNDS {
                filter.fit_scale();
                filter.fit_integers(segment, moments);
            }
            let error = |((w, n), mean): ((&f32, &f32), &f32)| f64::from((w - *filter.scale * n) * mean);
            weight.iter().zip(&*filter.integers).zip(patches.means()).map(error).sum::<f64>() as f32
        })
        .collect();
    nearest
}

/// The mean of `x x'` over the patches, a little damped.
pub(super) fn moments(patches: &Patches) -> Vec<f32> {
    patches.moments(DAMPING)
}

/// Rows (n, depth) times the moments.
fn times(rows: &[f32], moments: &[f32], depth: usize) -> Vec<f32> {
    let mut output = vec![0.0; rows.len()];
    // The moments are symmetric; in f32 everything can be packed.
    if let Some(mut product) = Product::new(&Format::F32, moments, depth, rows.len() / depth) {
        product.load(rows);
        product.multiply(&mut output);
    }
    output
}

/// The weights of one output.
struct Filter<'a> {
    integers: &'a mut [f32],
    scale: &'a mut f32,
    /// H w.
    product: &'a [f32],
    /// H n.
    of_integers: Vec<f32>,
}

impl Filter<'_> {
    /// The best scale for the integers.
    fn fit_scale(&mut self) {
        let dot = |values: &[f32]| -> f64 {
            self.integers.iter().zip(values).map(|(n, v)| f64::from(*n) * f64::from(*v)).sum()
        };
        let (along, square) = (dot(self.product), dot(&self.of_integers));
        let scale = (along / square) as f32;
        if scale.is_normal() && scale > 0.0 {
            *self.scale = scale;
        }
    }

    /// The best integer for each weight in turn.
    fn fit_integers(&mut self, segment: &WeightSegment, moments: &[f32]) {
        let depth = self.integers.len();
        let scale = *self.scale;
        for (k, row) in moments.chunks_exact(depth).enumerate() {
            let gradient = self.product[k] - scale * self.of_integers[k];
            let old = self.integers[k];
            let new = segment.nearest(old + gradient / (row[k] * scale)) as f32;
            let step = new - old;
            if step.abs() >= 1.0 {
                self.integers[k] = new;
                self.of_integers.iter_mut().zip(row).for_each(|(sum, moment)| *sum += step * moment);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn results_change_no_more_than_with_the_nearest_integers(
            seed in any::<u64>(),
            depth in 2_usize..60,
            bits in prop::sample::select(vec![4_u8, 8]),
        ) {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            // Inputs that depend on each other.
            let shared: Vec<f32> = (0..depth).map(|_| rng.random_range(-1.0..1.0)).collect();
            let mut patches = Patches::new(depth);
            for _ in 0..200 {
                let common = rng.random_range(-2.0..2.0_f32);
                patches.push(&shared.iter().map(|s| s * common + rng.random_range(-0.3..0.5)).collect::<Vec<_>>());
            }
            let weight: Vec<f32> = (0..3 * depth).map(|_| rng.random_range(-1.0..1.0)).collect();
            let segment = WeightSegment { channels: depth, bits, odd: false };
            let moments = moments(&patches);
            let error = |filter: &[f32], integers: &[f32], scale: f32| -> f64 {
                let e: Vec<f64> = filter.iter().zip(integers).map(|(w, n)| f64::from(w - scale * n)).collect();
                let row = |row: &[f32]| row.iter().zip(&e).map(|(m, e)| f64::from(*m) * e).sum::<f64>();
                moments.chunks(depth).zip(&e).map(|(moments, e)| e * row(moments)).sum()
            };
            let rounded = round(&weight, &segment, &patches, &moments);
            for (o, (filter, integers)) in weight.chunks(depth).zip(rounded.integers.chunks(depth)).enumerate() {
                prop_assert!(integers.iter().all(|n| segment.holds(*n)));
                let scale = range::of_weights(filter, &segment);
                let nearest: Vec<f32> = filter.iter().map(|w| segment.nearest(w / scale) as f32).collect();
                let (before, after) = (error(filter, &nearest, scale), error(filter, integers, rounded.scales[o]));
                prop_assert!(after <= before * 1.001 + 1e-9, "{after} > {before}");
            }
        }
    }
}
