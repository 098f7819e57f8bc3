//! A network executed as its definition reads, node by node in f64, to compare the engine with.

use std::collections::HashMap;

use crate::net::{INPUT, Network, Node, Op};
use crate::weights::Weights;

type Values = HashMap<String, Vec<f64>>;

/// All values of one image, each (C, H, W) or (D).
pub(super) fn run(network: &Network, weights: &Weights, image: &[f32]) -> Values {
    run_moved(network, weights, image, |v| v)
}

/// The same, where every number of the image and of every node goes on as `moved` gives it.
pub(super) fn run_moved(
    network: &Network,
    weights: &Weights,
    image: &[f32],
    mut moved: impl FnMut(f64) -> f64,
) -> Values {
    let shapes = network.shapes().unwrap();
    let mut values = Values::from([(INPUT.to_owned(), image.iter().map(|&v| moved(f64::from(v))).collect())]);
    for node in &network.nodes {
        let inputs: Vec<&[f64]> = node.inputs.iter().map(|name| values[name].as_slice()).collect();
        let value = evaluate(node, weights, &inputs, &shapes[&node.inputs[0]], &shapes[&node.name]);
        values.insert(node.name.clone(), value.into_iter().map(&mut moved).collect());
    }
    values
}

fn evaluate(node: &Node, weights: &Weights, x: &[&[f64]], from: &[usize], to: &[usize]) -> Vec<f64> {
    let parameter = |suffix: &str| -> Vec<f64> {
        let tensor = weights.get(&format!("{}.{suffix}", node.name)).unwrap();
        tensor.data().iter().map(|&v| f64::from(v)).collect()
    };
    let plane = from.get(1..).map_or(1, |sides| sides.iter().product());
    let each = |f: fn(f64) -> f64| -> Vec<f64> { x[0].iter().map(|&v| f(v)).collect() };
    match &node.op {
        Op::Relu => each(|v| v.max(0.0)),
        Op::Relu6 => each(|v| v.clamp(0.0, 6.0)),
        Op::HardSigmoid => each(hard_sigmoid),
        Op::HardSwish => each(|v| v * hard_sigmoid(v)),
        Op::Sigmoid => each(sigmoid),
        Op::Silu => each(|v| v * sigmoid(v)),
        Op::Gelu => each(|v| v * normal(v)),
        Op::Softmax => rows(x[0], from, softmax),
        Op::Add => x[0].iter().zip(x[1]).map(|(a, b)| a + b).collect(),
        Op::Mul => {
            let wide = x[0].len() == x[1].len();
            x[0].iter().enumerate().map(|(i, v)| v * x[1][if wide { i } else { i / plane }]).collect()
        }
        Op::Concat => x.concat(),
        Op::GlobalAvgPool => x[0].chunks(plane).map(|plane| plane.iter().sum::<f64>() / plane.len() as f64).collect(),
        Op::MaxPool2d { kernel, stride, padding } => {
            pool(x[0], from, to, (*kernel, *stride, *padding), |inside| inside.iter().copied().fold(f64::MIN, f64::max))
        }
        Op::AvgPool2d { kernel, stride, padding } => pool(x[0], from, to, (*kernel, *stride, *padding), |inside| {
            inside.iter().sum::<f64>() / inside.len() as f64
        }),
        Op::Upsample { factor } => {
            let at = |i: usize| {
                let (c, y, column) = (i / (to[1] * to[2]), i / to[2] % to[1], i % to[2]);
                x[0][(c * from[1] + y / factor) * from[2] + column / factor]
            };
            (0..to.iter().product()).map(at).collect()
        }
        Op::Linear { .. } => {
            let (weight, bias) = (parameter("weight"), parameter("bias"));
            let affine = |row: &[f64]| {
                let dot = |w: &[f64]| w.iter().zip(row).map(|(w, x)| w * x).sum::<f64>();
                weight.chunks(row.len()).zip(&bias).map(|(w, bias)| dot(w) + bias).collect()
            };
            rows(x[0], from, affine)
        }
        Op::LayerNorm { eps, .. } => {
            let (weight, bias) = (parameter("weight"), parameter("bias"));
            rows(x[0], from, |row| {
                let mean = row.iter().sum::<f64>() / row.len() as f64;
                let variance = row.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / row.len() as f64;
                let normalize = |(v, (w, b)): (&f64, (&f64, &f64))| (v - mean) / (variance + eps).sqrt() * w + b;
                row.iter().zip(weight.iter().zip(&bias)).map(normalize).collect()
            })
        }
        Op::Attention { heads } => attention(x, from[1], *heads),
        Op::Tokens => (0..x[0].len()).map(|i| x[0][i % from[0] * plane + i / from[0]]).collect(),
        Op::ClassToken { .. } => [parameter("value"), x[0].to_vec()].concat(),
        Op::Offset { .. } => parameter("value").iter().zip(x[0]).map(|(a, b)| a + b).collect(),
        Op::SelectToken { index } => x[0][index * from[1]..(index + 1) * from[1]].to_vec(),
        Op::BatchNorm2d { eps, .. } => {
            let [weight, bias, mean, variance] = ["weight", "bias", "running_mean", "running_var"].map(parameter);
            let normalize = |(i, v): (usize, &f64)| {
                let c = i / plane;
                (v - mean[c]) / (variance[c] + eps).sqrt() * weight[c] + bias[c]
            };
            x[0].iter().enumerate().map(normalize).collect()
        }
        Op::Conv2d { bias, c_out, .. } => {
            let bias = if *bias { parameter("bias") } else { vec![0.0; *c_out] };
            convolve(&node.op, &parameter("weight"), &bias, x[0], from, to)
        }
    }
}

/// `f` of each row: the last dimension.
fn rows(x: &[f64], shape: &[usize], f: impl Fn(&[f64]) -> Vec<f64>) -> Vec<f64> {
    x.chunks(shape[shape.len() - 1]).flat_map(f).collect()
}

fn hard_sigmoid(v: f64) -> f64 {
    (v / 6.0 + 0.5).clamp(0.0, 1.0)
}

fn sigmoid(v: f64) -> f64 {
    1.0 / (1.0 + (-v).exp())
}

/// The normal distribution function, by summing its density; beyond ten it is 0 or 1 to more places than f64 has.
fn normal(v: f64) -> f64 {
    const STEPS: u32 = 2000;
    let v = v.clamp(-10.0, 10.0);
    let density = |t: f64| (-t * t / 2.0).exp() / std::f64::consts::TAU.sqrt();
    let step = v / f64::from(STEPS);
    // Simpson's rule from 0.
    let inner = |i: u32| density(f64::from(i) * step) * if i % 2 == 1 { 4.0 } else { 2.0 };
    let sum = density(0.0) + (1..STEPS).map(inner).sum::<f64>() + density(v);
    0.5 + sum * step / 3.0
}

/// Less the largest, as no exponential then overflows.
fn softmax(row: &[f64]) -> Vec<f64> {
    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = row.iter().map(|v| (v - largest).exp()).sum();
    row.iter().map(|v| (v - largest).exp() / total).collect()
}

fn pool(
    x: &[f64],
    from: &[usize],
    to: &[usize],
    (kernel, stride, padding): (usize, usize, usize),
    merge: impl Fn(&[f64]) -> f64,
) -> Vec<f64> {
    let at = |i: usize| {
        let (c, y, column) = (i / (to[1] * to[2]), i / to[2] % to[1], i % to[2]);
        let mut inside = Vec::new();
        for (ky, kx) in (0..kernel * kernel).map(|k| (k / kernel, k % kernel)) {
            let (row, column) = ((y * stride + ky).wrapping_sub(padding), (column * stride + kx).wrapping_sub(padding));
            if row < from[1] && column < from[2] {
                inside.push(x[(c * from[1] + row) * from[2] + column]);
            }
        }
        merge(&inside)
    };
    (0..to.iter().product()).map(at).collect()
}

fn attention(x: &[&[f64]], features: usize, heads: usize) -> Vec<f64> {
    let width = features / heads;
    let [queries, keys, values] = [0, 1, 2].map(|i| x[i].chunks(features).collect::<Vec<_>>());
    let mut output = Vec::new();
    for query in queries {
        for head in (0..features).step_by(width) {
            let score =
                |key: &&[f64]| (head..head + width).map(|i| query[i] * key[i]).sum::<f64>() / (width as f64).sqrt();
            let weights = softmax(&keys.iter().map(score).collect::<Vec<_>>());
            let mixed = |i: usize| weights.iter().zip(&values).map(|(weight, value)| weight * value[i]).sum::<f64>();
            output.extend((head..head + width).map(mixed));
        }
    }
    output
}

fn convolve(op: &Op, weight: &[f64], bias: &[f64], x: &[f64], from: &[usize], to: &[usize]) -> Vec<f64> {
    let &Op::Conv2d { c_in, c_out, kernel, stride, padding, groups, .. } = op else { unreachable!() };
    let (depth, width) = (c_in / groups, c_out / groups);
    let mut output = Vec::new();
    for o in 0..c_out {
        for y in 0..to[1] {
            for x_out in 0..to[2] {
                let mut sum = bias[o];
                for (d, ky, kx) in
                    (0..depth * kernel * kernel).map(|i| (i / kernel / kernel, i / kernel % kernel, i % kernel))
                {
                    let (row, column) =
                        ((y * stride + ky).wrapping_sub(padding), (x_out * stride + kx).wrapping_sub(padding));
                    if row < from[1] && column < from[2] {
                        let channel = o / width * depth + d;
                        sum += weight[((o * depth + d) * kernel + ky) * kernel + kx]
                            * x[(channel * from[1] + row) * from[2] + column];
                    }
                }
                output.push(sum);
            }
        }
    }
    output
}
