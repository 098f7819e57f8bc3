//! A network executed as its definition reads, node by node in f64, to compare the engine with.

use std::collections::HashMap;

use crate::net::{INPUT, Network, Node, Op};
use crate::weights::Weights;

type Values = HashMap<String, Vec<f64>>;

/// All values of one image, each (C, H, W) or (D).
pub(super) fn run(network: &Network, weights: &Weights, image: &[f32]) -> Values {
    let shapes = network.shapes().unwrap();
    let mut values = Values::from([(INPUT.to_owned(), image.iter().map(|&v| f64::from(v)).collect())]);
    for node in &network.nodes {
        let inputs: Vec<&[f64]> = node.inputs.iter().map(|name| values[name].as_slice()).collect();
        let value = evaluate(node, weights, &inputs, &shapes[&node.inputs[0]], &shapes[&node.name]);
        values.insert(node.name.clone(), value);
    }
    values
}

fn evaluate(node: &Node, weights: &Weights, x: &[&[f64]], from: &[usize], to: &[usize]) -> Vec<f64> {
    let parameter = |suffix: &str| -> Vec<f64> {
        let tensor = weights.get(&format!("{}.{suffix}", node.name)).unwrap();
        tensor.data().iter().map(|&v| f64::from(v)).collect()
    };
    let plane = from.get(1..).map_or(1, |sides| sides.iter().product());
    match &node.op {
        Op::Relu => x[0].iter().map(|v| v.max(0.0)).collect(),
        Op::Add => x[0].iter().zip(x[1]).map(|(a, b)| a + b).collect(),
        Op::GlobalAvgPool => x[0].chunks(plane).map(|plane| plane.iter().sum::<f64>() / plane.len() as f64).collect(),
        Op::Linear { d_in, .. } => {
            let (weight, bias) = (parameter("weight"), parameter("bias"));
            let dot = |row: &[f64]| row.iter().zip(x[0]).map(|(w, x)| w * x).sum::<f64>();
            weight.chunks(*d_in).zip(bias).map(|(row, bias)| dot(row) + bias).collect()
        }
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
