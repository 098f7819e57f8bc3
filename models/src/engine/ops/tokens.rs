//! Operations on the features of tokens, (N, T, D).

use super::super::kernels::elementwise::exp;

/// Lanes that sums are kept in, so that the compiler can use vectors.
const LANES: usize = 16;

/// Softmax of each row.
#[inline(always)]
pub(in super::super) fn softmax(rows: &mut [f32], width: usize) {
    for row in rows.chunks_exact_mut(width) {
        let highest = row.iter().fold(f32::NEG_INFINITY, |a, &b| if b > a { b } else { a });
        for x in row.iter_mut() {
            *x = exp(*x - highest);
        }
        let total = total(row);
        for x in row {
            *x /= total;
        }
    }
}

/// Each row less its mean, divided by its deviation, then scaled and shifted.
#[inline(always)]
pub(in super::super) fn layer_norm(x: &[f32], (weight, bias): (&[f32], &[f32]), eps: f32, output: &mut [f32]) {
    let width = weight.len();
    for (x, output) in x.chunks_exact(width).zip(output.chunks_exact_mut(width)) {
        let mean = total(x) / width as f32;
        output.iter_mut().zip(x).for_each(|(to, x)| *to = x - mean);
        let variance = dot(output, output) / width as f32;
        let inverse = 1.0 / (variance + eps).sqrt();
        for ((to, weight), bias) in output.iter_mut().zip(weight).zip(bias) {
            *to = *to * inverse * weight + bias;
        }
    }
}

/// Scaled dot-product attention of one image: queries (T, D) with keys and values (S, D). `scores` is working memory.
#[inline(always)]
pub(in super::super) fn attention(
    (q, k, v): (&[f32], &[f32], &[f32]),
    features: usize,
    heads: usize,
    scores: &mut Vec<f32>,
    output: &mut [f32],
) {
    let width = features / heads;
    let scale = 1.0 / (width as f32).sqrt();
    scores.clear();
    scores.resize(k.len() / features, 0.0);
    for (q, output) in q.chunks_exact(features).zip(output.chunks_exact_mut(features)) {
        for head in (0..features).step_by(width) {
            let q = &q[head..head + width];
            for (score, k) in scores.iter_mut().zip(k.chunks_exact(features)) {
                *score = dot(q, &k[head..head + width]) * scale;
            }
            let tokens = scores.len();
            softmax(scores, tokens);
            let output = &mut output[head..head + width];
            output.fill(0.0);
            for (score, v) in scores.iter().zip(v.chunks_exact(features)) {
                output.iter_mut().zip(&v[head..head + width]).for_each(|(to, v)| *to = score.mul_add(*v, *to));
            }
        }
    }
}

#[inline(always)]
fn total(row: &[f32]) -> f32 {
    let (chunks, rest) = row.as_chunks::<LANES>();
    let mut lanes = [0.0_f32; LANES];
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, x)| *lane += x);
    }
    lanes.iter().sum::<f32>() + rest.iter().sum::<f32>()
}

#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut lanes = [0.0_f32; LANES];
    for (a, b) in a.iter().zip(b) {
        lanes.iter_mut().zip(a.iter().zip(b)).for_each(|(lane, (a, b))| *lane = a.mul_add(*b, *lane));
    }
    lanes.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}
