//! The engine that serves and libtorch compute the same network.

mod support;

use std::collections::HashMap;

use chameleon_models::engine::Engine;
use chameleon_models::net::{INPUT, Network};
use chameleon_models::objects::{
    self,
    network::{BOXES, EMBEDDING},
};
use chameleon_models::resnet::{FEATURES, HEAD};
use chameleon_trainer::module::Module;
use chameleon_trainer::objects::WIDTHS;
use chameleon_trainer::pretrain;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tch::{Device, Tensor};

/// Largest difference of f32 results that sum in another order, relative to the largest value.
const TOLERANCE: f32 = 1e-4;

#[test]
fn the_engine_equals_libtorch_on_the_shipped_network() {
    assert_equal(&pretrain::network(336, 1), [FEATURES, HEAD]);
}

#[test]
fn the_engine_equals_libtorch_on_the_object_detector() {
    let backbone = pretrain::network(336, 1);
    let head = objects::network::head(&backbone, WIDTHS).expect("the backbone carries it");
    for side in [64, 128] {
        assert_equal(&objects::network::joined(&backbone, &head, side), [EMBEDDING, BOXES]);
    }
}

fn assert_equal<const W: usize>(network: &Network, wanted: [&str; W]) {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let weights = support::random_weights(network, &mut rng);
    let tensors: HashMap<String, Tensor> = weights
        .iter()
        .map(|(name, tensor)| {
            let shape: Vec<i64> = tensor.shape().iter().map(|&n| n as i64).collect();
            (name.to_owned(), Tensor::from_slice(tensor.data()).reshape(shape))
        })
        .collect();
    let module = Module::from_tensors(network.clone(), &tensors, Device::Cpu).expect("all parameters are there");
    let engine = Engine::keeping(network, &weights, &wanted).expect("compiles");

    let (n, input) = (3, &network.input);
    let pixels: Vec<f32> =
        (0..n * input.channels * input.height * input.width).map(|_| rng.random_range(-2.0..2.0)).collect();
    let shape = [n as i64, input.channels as i64, input.height as i64, input.width as i64];
    let batch = Tensor::from_slice(&pixels).reshape(shape);
    let expected = tch::no_grad(|| module.values([(INPUT, &batch)], wanted, false));
    for ((name, expected), got) in wanted.iter().zip(expected).zip(engine.run_all(&pixels, n, &wanted)) {
        let expected = Vec::<f32>::try_from(expected.contiguous().reshape([-1])).expect("f32");
        assert_eq!(got.len(), expected.len());
        let largest = expected.iter().fold(1.0f32, |m, x| m.max(x.abs()));
        let difference = got.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0f32, f32::max);
        assert!(difference <= TOLERANCE * largest, "{name}: {difference} of {largest}");
    }
}
