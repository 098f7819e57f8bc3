use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::fixture::random_weights;
use crate::net::{ImageInput, Node, Op};
use crate::resnet::{ResNetConfig, resnet};

fn random_images(network: &Network, n: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    (0..n * network.input.elements()).map(|_| rng.random_range(-2.0..2.0)).collect()
}

fn image_input(channels: usize, height: usize, width: usize) -> ImageInput {
    ImageInput { channels, height, width, mean: vec![0.0; channels], std: vec![1.0; channels] }
}

/// A random network that the description allows: every operation, any earlier value as operand, odd sizes.
fn random_network(rng: &mut ChaCha8Rng) -> Network {
    let input = image_input(rng.random_range(1..5), rng.random_range(1..12), rng.random_range(1..12));
    let mut network = Network { name: "random".to_owned(), input, nodes: Vec::new() };
    let mut values = vec![(INPUT.to_owned(), vec![network.input.channels, network.input.height, network.input.width])];
    for i in 0..rng.random_range(1..16) {
        // Mostly a chain, so that there is something to fuse.
        let (x, shape) = if rng.random_bool(0.7) {
            values[values.len() - 1].clone()
        } else {
            values[rng.random_range(0..values.len())].clone()
        };
        let mut inputs = vec![x];
        let op = match (shape.as_slice(), rng.random_range(0..10)) {
            (_, 0 | 1) => Op::Relu,
            (_, 2 | 3) => {
                let alike: Vec<&String> = values.iter().filter(|(_, s)| *s == shape).map(|(name, _)| name).collect();
                inputs.insert(rng.random_range(0..2), alike[rng.random_range(0..alike.len())].clone());
                Op::Add
            }
            ([c, _, _], 4 | 5) => Op::BatchNorm2d { channels: *c, eps: 1e-5 },
            ([_, _, _], 6) if rng.random_bool(0.3) => Op::GlobalAvgPool,
            ([c, h, w], _) => random_conv(*c, (*h).min(*w), rng),
            ([d], _) => Op::Linear { d_in: *d, d_out: rng.random_range(1..60) },
            _ => unreachable!("values have one or three dimensions"),
        };
        let name = format!("n{i}");
        network.nodes.push(Node { name: name.clone(), op, inputs });
        values.push((name.clone(), network.shapes().unwrap()[&name].clone()));
    }
    network
}

fn random_conv(c_in: usize, side: usize, rng: &mut ChaCha8Rng) -> Op {
    let divisors: Vec<usize> = (1..=c_in).filter(|d| c_in.is_multiple_of(*d)).collect();
    let groups = if rng.random_bool(0.6) { 1 } else { divisors[rng.random_range(0..divisors.len())] };
    let padding = rng.random_range(0..3);
    Op::Conv2d {
        c_in,
        c_out: groups * rng.random_range(1..=60 / groups),
        kernel: rng.random_range(1..=(side + 2 * padding).min(5)),
        stride: rng.random_range(1..4),
        padding,
        groups,
        bias: rng.random_bool(0.5),
    }
}

/// Asserts that every value that can be asked for is the reference's.
fn assert_equals_reference(network: &Network, weights: &Weights, kept: &[&str], images: &[f32], n: usize) {
    let engine = Engine::keeping(network, weights, kept).unwrap();
    let size = network.input.elements();
    let references: Vec<_> = images.chunks(size).map(|image| reference::run(network, weights, image)).collect();
    for (name, value) in &engine.values {
        let got = engine.run(images, n, name);
        assert_eq!(got.len(), n * value.shape.iter().product::<usize>());
        for (got, reference) in got.chunks(got.len() / n).zip(&references) {
            let expected = &reference[name];
            for (i, (&got, &expected)) in got.iter().zip(expected).enumerate() {
                let error = (f64::from(got) - expected).abs();
                assert!(
                    error <= 1e-4 * expected.abs().max(1.0),
                    "{name}[{i}]: {got}, expected {expected}\n{network:#?}"
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_engine_computes_what_the_network_says(seed in any::<u64>(), n in 1_usize..7) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let network = random_network(&mut rng);
        let weights = random_weights(&network, &mut rng);
        let images = random_images(&network, n, &mut rng);
        let kept = network.nodes[rng.random_range(0..network.nodes.len())].name.clone();
        assert_equals_reference(&network, &weights, &[&kept], &images, n);
    }
}

fn small_resnet() -> Network {
    resnet(&ResNetConfig {
        name: "small".to_owned(),
        input: image_input(3, 17, 13),
        stem: (8, 2),
        stages: vec![(8, 2, 1), (56, 1, 2)],
        outputs: 10,
    })
}

#[test]
fn a_residual_network_is_fused_and_equals_the_reference() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let network = small_resnet();
    let weights = random_weights(&network, &mut rng);
    let images = random_images(&network, 5, &mut rng);
    assert_equals_reference(&network, &weights, &[], &images, 5);
    let engine = Engine::new(&network, &weights).unwrap();
    let convolutions = network.nodes.iter().filter(|node| matches!(node.op, Op::Conv2d { .. })).count();
    assert_eq!(engine.steps.len(), convolutions + 2, "only pooling and head remain beside the convolutions");
    assert!(engine.plan.slots.len() <= 4, "a residual network needs few buffers, not {:?}", engine.plan.slots);
}

#[test]
fn images_do_not_influence_each_other() {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let network = small_resnet();
    let engine = Engine::new(&network, &random_weights(&network, &mut rng)).unwrap();
    let images = random_images(&network, 11, &mut rng);
    let together = engine.run(&images, 11, "head");
    let alone: Vec<f32> =
        images.chunks(network.input.elements()).flat_map(|image| engine.run(image, 1, "head")).collect();
    assert_eq!(together, alone);
}

#[test]
fn several_values_of_one_pass_are_those_of_a_pass_each() {
    let mut rng = ChaCha8Rng::seed_from_u64(12);
    let network = small_resnet();
    let kept = [INPUT, "stem.relu", "stage0.1.relu", "pool", "head"];
    let engine = Engine::keeping(&network, &random_weights(&network, &mut rng), &kept).unwrap();
    for n in [0, 1, 3, 4, 9] {
        let images = random_images(&network, n, &mut rng);
        assert_eq!(engine.run_several(&images, n, kept), kept.map(|value| engine.run(&images, n, value)));
    }
}

#[test]
fn no_images_give_no_values() {
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let network = small_resnet();
    let engine = Engine::new(&network, &random_weights(&network, &mut rng)).unwrap();
    assert!(engine.run(&[], 0, "head").is_empty());
}

#[test]
fn values_inside_a_fused_step_exist_only_if_kept() {
    let mut rng = ChaCha8Rng::seed_from_u64(10);
    let network = small_resnet();
    let weights = random_weights(&network, &mut rng);
    assert_eq!(Engine::new(&network, &weights).unwrap().shape("stem.conv"), None);
    let kept = Engine::keeping(&network, &weights, &["stem.conv"]).unwrap();
    assert_eq!(kept.shape("stem.conv"), Some([8, 9, 7].as_slice()));
    let images = random_images(&network, 1, &mut rng);
    assert_equals_reference(&network, &weights, &["stem.conv"], &images, 1);
}

#[test]
fn networks_that_cannot_run_are_refused() {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let network = small_resnet();
    let mut weights = random_weights(&network, &mut rng);
    let unknown = Engine::keeping(&network, &weights, &["nowhere"]);
    assert!(matches!(unknown, Err(EngineError::NoValue(name)) if name == "nowhere"));
    weights.insert("stem.bn.running_var", vec![8], vec![-1.0; 8]).unwrap();
    assert!(matches!(Engine::new(&network, &weights), Err(EngineError::Variance(node)) if node == "stem.bn"));
    weights.insert("stem.bn.running_var", vec![4], vec![1.0; 4]).unwrap();
    assert!(matches!(Engine::new(&network, &weights), Err(EngineError::Weights(WeightsError::Shape { .. }))));
}
