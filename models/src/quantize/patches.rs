//! What a layer is multiplied by on calibration images: patches of its input.

use crate::engine::product::{Format, Product};
use crate::net::{Node, Op};

/// Patches at least; there are as many as inputs if these are more.
const LEAST: usize = 1024;

/// Patches of a layer's input.
#[derive(Clone, Debug)]
pub(super) struct Patches {
    depth: usize,
    /// (patches, depth).
    numbers: Vec<f32>,
    means: Vec<f32>,
}

impl Patches {
    pub(super) fn new(depth: usize) -> Self {
        Self { depth, numbers: Vec::new(), means: vec![0.0; depth] }
    }

    /// Numbers of a patch.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    pub(super) fn push(&mut self, patch: &[f32]) {
        self.numbers.extend_from_slice(patch);
        let count = (self.numbers.len() / self.depth) as f32;
        self.means.iter_mut().zip(patch).for_each(|(mean, x)| *mean += (x - *mean) / count);
    }

    /// The mean of each number.
    pub(super) fn means(&self) -> &[f32] {
        &self.means
    }

    /// Takes a layer's patches from its input (C, H, W) of one of so many images, at pixels that a generator of random
    /// numbers chooses.
    pub(super) fn take(&mut self, node: &Node, input: &[f32], shape: &[usize], images: usize, random: &mut u64) {
        let (Op::Conv2d { kernel, stride, padding, .. }, &[channels, rows, columns]) = (&node.op, shape) else {
            return;
        };
        let (kernel, stride, padding) = (*kernel, *stride, *padding);
        let sides = [rows, columns].map(|side| (side + 2 * padding - kernel) / stride + 1);
        for _ in 0..LEAST.max(self.depth).div_ceil(images) {
            // Knuth's multiplier; the upper bits are the random ones.
            *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let place = (*random >> 33) as usize % (sides[0] * sides[1]);
            let (y, x) = (place / sides[1] * stride, place % sides[1] * stride);
            let mut patch = Vec::with_capacity(self.depth);
            for c in 0..channels {
                for (i, j) in (0..kernel).flat_map(|i| (0..kernel).map(move |j| (i, j))) {
                    let (row, column) = ((y + i).wrapping_sub(padding), (x + j).wrapping_sub(padding));
                    let is_inside = row < rows && column < columns;
                    patch.push(if is_inside { input[(c * rows + row) * columns + column] } else { 0.0 });
                }
            }
            self.push(&patch);
        }
    }

    /// The mean of `x x'`, (depth, depth), with a part of its mean diagonal added to the diagonal.
    pub(super) fn moments(&self, damping: f32) -> Vec<f32> {
        let (depth, count) = (self.depth, self.numbers.len() / self.depth);
        let mut columns = vec![0.0; self.numbers.len()];
        for (i, patch) in self.numbers.chunks_exact(depth).enumerate() {
            patch.iter().enumerate().for_each(|(k, x)| columns[k * count + i] = *x);
        }
        let mut moments = vec![0.0; depth * depth];
        // In f32 everything can be packed.
        if let Some(mut product) = Product::new(&Format::F32, &columns, count, depth) {
            product.load(&columns);
            product.multiply(&mut moments);
        }
        let square = (0..depth).map(|k| moments[k * (depth + 1)]).sum::<f32>() / depth as f32;
        let least = damping * square + f32::MIN_POSITIVE * 1e6;
        (0..depth).for_each(|k| moments[k * (depth + 1)] += least);
        for moment in &mut moments {
            *moment /= count as f32;
        }
        moments
    }
}
