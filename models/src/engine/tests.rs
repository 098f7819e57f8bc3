use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::adapters::{DOWN, UP, adapted};
use crate::fixture::random_weights;
use crate::layers::join;
use crate::net::{ImageInput, Node, Op};
use crate::quantization::{CodeSegment, Quantization, WeightSegment};
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
    let mut network = Network { name: "random".to_owned(), input, nodes: Vec::new(), quantization: None };
    let mut values = vec![(INPUT.to_owned(), vec![network.input.channels, network.input.height, network.input.width])];
    for i in 0..rng.random_range(1..16) {
        // Mostly a chain, so that there is something to fuse.
        let (x, shape) = if rng.random_bool(0.7) {
            values[values.len() - 1].clone()
        } else {
            values[rng.random_range(0..values.len())].clone()
        };
        let mut inputs = vec![x];
        let op = random_op(&shape, &values, &mut inputs, rng);
        let name = format!("n{i}");
        network.nodes.push(Node { name: name.clone(), op, inputs });
        values.push((name.clone(), network.shapes().unwrap()[&name].clone()));
    }
    network
}

/// An operation that reads `inputs`, of which the first has `shape`; more inputs are added as it needs.
fn random_op(shape: &[usize], values: &[(String, Vec<usize>)], inputs: &mut Vec<String>, rng: &mut ChaCha8Rng) -> Op {
    let alike = |other: &[usize]| -> Vec<String> {
        values.iter().filter(|(_, shape)| shape == other).map(|(name, _)| name.clone()).collect()
    };
    let mut add_alike = |rng: &mut ChaCha8Rng, place: usize| {
        let names = alike(shape);
        inputs.insert(place, names[rng.random_range(0..names.len())].clone());
    };
    match (shape, rng.random_range(0..14)) {
        (_, 0) => Op::Relu,
        (_, 1) => {
            let all = [Op::Relu6, Op::HardSwish, Op::HardSigmoid, Op::Sigmoid, Op::Silu, Op::Gelu];
            all[rng.random_range(0..all.len())].clone()
        }
        (_, 2 | 3) => {
            let place = rng.random_range(0..2);
            add_alike(rng, place);
            Op::Add
        }
        ([c, ..], 4) => {
            let factors = alike(&[*c]);
            if shape.len() == 3 && !factors.is_empty() {
                inputs.push(factors[rng.random_range(0..factors.len())].clone());
            } else {
                add_alike(rng, 1);
            }
            Op::Mul
        }
        ([c, h, w], 5) if c * h * w < 3000 => {
            add_alike(rng, 1);
            Op::Concat
        }
        ([_], 5) => {
            add_alike(rng, 1);
            Op::Concat
        }
        ([c, _, _], 6 | 7) => Op::BatchNorm2d { channels: *c, eps: 1e-5 },
        ([_, h, w], 8) => {
            let kernel = rng.random_range(1..=(*h).min(*w).min(4));
            let (stride, padding) = (rng.random_range(1..3), rng.random_range(0..=kernel / 2));
            if rng.random() {
                Op::MaxPool2d { kernel, stride, padding }
            } else {
                Op::AvgPool2d { kernel, stride, padding }
            }
        }
        ([_, _, _], 9) => match rng.random_range(0..6) {
            0 => Op::GlobalAvgPool,
            1 | 2 => Op::Tokens,
            _ if shape.iter().product::<usize>() < 2000 => Op::Upsample { factor: rng.random_range(1..4) },
            _ => Op::Relu,
        },
        ([c, h, w], _) => random_conv(*c, (*h).min(*w), rng),
        ([t, d], 8) => Op::ClassToken { features: *d * usize::from(*t > 0) },
        ([t, d], 9) => Op::Offset { tokens: *t, features: *d },
        ([t, _], 10) if rng.random_bool(0.3) => Op::SelectToken { index: rng.random_range(0..*t) },
        ([_, d], 11) => {
            add_alike(rng, 1);
            add_alike(rng, 2);
            let divisors: Vec<usize> = (1..=*d).filter(|heads| d.is_multiple_of(*heads)).collect();
            Op::Attention { heads: divisors[rng.random_range(0..divisors.len())] }
        }
        (_, 12) => Op::Softmax,
        ([.., d], 13) => Op::LayerNorm { features: *d, eps: 1e-2 },
        ([.., d], _) => Op::Linear { d_in: *d, d_out: rng.random_range(1..60) },
        ([], _) => unreachable!("values have a dimension"),
    }
}

fn random_conv(c_in: usize, side: usize, rng: &mut ChaCha8Rng) -> Op {
    let divisors: Vec<usize> = (1..=c_in).filter(|d| c_in.is_multiple_of(*d)).collect();
    let groups = match rng.random_range(0..10) {
        0..6 => 1,
        6..8 => divisors[rng.random_range(0..divisors.len())],
        _ => c_in,
    };
    let padding = rng.random_range(0..3);
    Op::Conv2d {
        c_in,
        c_out: groups * if rng.random_bool(0.2) { 1 } else { rng.random_range(1..=(60 / groups).max(1)) },
        kernel: rng.random_range(1..=(side + 2 * padding).min(5)),
        stride: rng.random_range(1..4),
        padding,
        groups,
        bias: rng.random_bool(0.5),
    }
}

/// How far the engine may be from the reference: a part of the number, or of one.
const TOLERANCE: f64 = 1e-4;

fn close(got: f64, expected: f64, tolerance: f64) -> bool {
    (got - expected).abs() <= tolerance * expected.abs().max(1.0)
}

/// Whether f32 can compute every value to the tolerance: numbers off by some roundings must not lead to others. Random
/// networks subtract what is nearly equal and take exponentials of products of products, where they do.
fn is_tame(network: &Network, weights: &Weights, images: &[f32], rng: &mut ChaCha8Rng) -> bool {
    let roundings = f64::from(f32::EPSILON) * 8.0;
    images.chunks(network.input.elements()).all(|image| {
        let values = reference::run(network, weights, image);
        (0..4).all(|_| {
            let off = |v| v + v * rng.random_range(-roundings..roundings);
            let moved = reference::run_moved(network, weights, image, off);
            values.iter().all(|(name, value)| {
                value.iter().zip(&moved[name]).all(|(&value, &moved)| close(moved, value, TOLERANCE / 4.0))
            })
        })
    })
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
                assert!(
                    close(f64::from(got), expected, TOLERANCE),
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
        prop_assume!(is_tame(&network, &weights, &images, &mut rng));
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
    assert!(engine.plan.floats.len() <= 4, "a residual network needs few buffers, not {:?}", engine.plan.floats);
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

/// Codes and weights of a random quantized convolution: uniform, or mixed on the symmetric grids.
fn random_segments(rng: &mut ChaCha8Rng) -> (Vec<CodeSegment>, Vec<WeightSegment>) {
    if rng.random() {
        let channels = rng.random_range(1..40);
        let code = CodeSegment::for_range(channels, 8, rng.random_range(-3.0..0.0), rng.random_range(0.5..3.0));
        let bits = [8, 4, 2][rng.random_range(0..3)];
        return (vec![code], vec![WeightSegment { channels, bits, odd: bits < 8 && rng.random() }]);
    }
    let mut parts: Vec<(usize, u8)> = Vec::new();
    for bits in [4, 2, 1] {
        if rng.random_bool(0.7) {
            parts.push((16 * rng.random_range(1..4), bits));
        }
    }
    if parts.is_empty() {
        parts.push((32, 1));
    }
    let codes = parts.iter().map(|&(channels, bits)| CodeSegment::symmetric(channels, bits)).collect();
    (codes, parts.iter().map(|&(channels, bits)| WeightSegment { channels, bits, odd: true }).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_quantized_convolution_is_that_of_what_its_integers_stand_for(seed in any::<u64>(), n in 1_usize..6) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (codes, segments) = random_segments(&mut rng);
        let c_in: usize = codes.iter().map(|code| code.channels).sum();
        let (height, width) = (rng.random_range(1..9), rng.random_range(1..9));
        // Zero is not on the symmetric grids, so that their border would be something else here.
        let padding = if codes[0].bits == 8 { rng.random_range(0..3) } else { 0 };
        let (kernel, stride) = (rng.random_range(1..=(height.min(width) + 2 * padding).min(4)), rng.random_range(1..3));
        let c_out = rng.random_range(1..70);
        let op = Op::Conv2d { c_in, c_out, kernel, stride, padding, groups: 1, bias: true };
        let node = |name: &str, op: Op, input: &str| Node { name: name.to_owned(), op, inputs: vec![input.to_owned()] };
        let nodes = vec![
            node("conv", op, INPUT),
            node("bn", Op::BatchNorm2d { channels: c_out, eps: 1e-5 }, "conv"),
            node("relu", Op::Relu, "bn"),
        ];
        let plain = Network { name: "one".to_owned(), input: image_input(c_in, height, width), nodes, quantization: None };
        let mut weights = random_weights(&plain, &mut rng);
        let of_channel = |c: usize| {
            let mut end = 0;
            segments.iter().zip(&codes).find(|(s, _)| { end += s.channels; c < end }).unwrap()
        };
        let shape = vec![c_out, c_in, kernel, kernel];
        let taps = kernel * kernel;
        let integers: Vec<f32> = (0..c_out * c_in * taps)
            .map(|i| {
                let segment = of_channel(i / taps % c_in).0;
                segment.nearest(rng.random_range(-1.5..1.5) * segment.range().1 as f32 * segment.unit()) as f32
            })
            .collect();
        let scale: Vec<f32> = (0..c_out).map(|_| rng.random_range(0.001..0.02)).collect();
        let stands_for = |(i, n): (usize, &f32)| n * of_channel(i / taps % c_in).0.unit() * scale[i / taps / c_in];
        let meant = integers.iter().enumerate().map(stands_for).collect();
        weights.insert("conv.weight", shape.clone(), meant).unwrap();
        let mut packed = weights.clone();
        packed.insert("conv.weight", shape, integers).unwrap();
        packed.insert("conv.scale", vec![c_out], scale.clone()).unwrap();
        let mut quantized = plain.clone();
        quantized.quantization = Some(Quantization {
            values: [(INPUT.to_owned(), codes.clone())].into(),
            weights: [("conv".to_owned(), segments.clone())].into(),
        });
        let size = plain.input.elements();
        let images: Vec<f32> = (0..n * size)
            .map(|i| {
                let code = of_channel(i / (height * width) % c_in).1;
                code.base + code.step * f32::from(rng.random_range(0..=code.max()))
            })
            .collect();
        let got = Engine::new(&quantized, &packed).unwrap().run(&images, n, "relu");
        let expected = images.chunks(size).flat_map(|image| reference::run(&plain, &weights, image)["relu"].clone());
        for (got, expected) in got.iter().zip(expected) {
            prop_assert!(close(f64::from(*got), expected, TOLERANCE), "{got}, {expected}");
        }
    }
}

#[test]
fn weights_off_their_grid_are_refused() {
    let mut rng = ChaCha8Rng::seed_from_u64(12);
    let plain = small_resnet();
    let weights = random_weights(&plain, &mut rng);
    let image = random_images(&plain, 1, &mut rng);
    let (network, mut integers) =
        crate::quantize::quantize(&plain, &weights, &[image], crate::quantize::Options { bits: 4 }, || {}).unwrap();
    Engine::new(&network, &integers).unwrap();
    let name = "stage0.0.a.bn.weight";
    let shape = integers.get(name).unwrap().shape().to_vec();
    // Beyond what even those of eight bits can be, which some layers keep.
    let data = vec![200.0; shape.iter().product()];
    integers.insert(name, shape, data).unwrap();
    assert!(matches!(Engine::new(&network, &integers), Err(EngineError::NotOnGrid { value, .. }) if value > 199.5));
}

#[test]
fn several_values_come_from_one_pass() {
    let mut rng = ChaCha8Rng::seed_from_u64(13);
    let network = small_resnet();
    let engine = Engine::keeping(&network, &random_weights(&network, &mut rng), &["stage0.0.relu", "pool"]).unwrap();
    let images = random_images(&network, 9, &mut rng);
    let names = ["pool", "head", "stage0.0.relu", INPUT];
    let together = engine.run_all(&images, 9, &names);
    for (name, values) in names.iter().zip(together) {
        assert_eq!(values, engine.run(&images, 9, name), "{name}");
    }
}

/// Nodes, one after the other.
struct Nodes(Vec<Node>);

impl Nodes {
    fn push(&mut self, name: &str, op: Op, inputs: &[&str]) -> String {
        let inputs = inputs.iter().map(|&input| input.to_owned()).collect();
        self.0.push(Node { name: name.to_owned(), op, inputs });
        name.to_owned()
    }

    /// A convolution, its normalization and `ReLU6`.
    fn conv(&mut self, name: &str, x: &str, (c_in, c_out, kernel, stride, groups): Sizes) -> String {
        let op = Op::Conv2d { c_in, c_out, kernel, stride, padding: kernel / 2, groups, bias: false };
        let conv = self.push(&format!("{name}.conv"), op, &[x]);
        let norm = self.push(&format!("{name}.bn"), Op::BatchNorm2d { channels: c_out, eps: 1e-5 }, &[&conv]);
        self.push(name, Op::Relu6, &[&norm])
    }
}

/// Inputs, outputs, kernel, stride and groups.
type Sizes = (usize, usize, usize, usize, usize);

/// What chains of [`inverted_residuals`] store nothing of.
const INNER: [&str; 4] = ["a.expand", "a.depthwise", "b.expand", "b.depthwise"];

/// Two inverted residual blocks (expansion, depthwise convolution, projection), with a sum around the first.
fn inverted_residuals() -> Network {
    let mut nodes = Nodes(Vec::new());
    let mut x = nodes.conv("stem", INPUT, (3, 12, 3, 2, 1));
    for (block, stride) in [("a", 1), ("b", 2)] {
        let y = nodes.conv(&format!("{block}.expand"), &x, (12, 48, 1, 1, 1));
        let y = nodes.conv(&format!("{block}.depthwise"), &y, (48, 48, 3, stride, 48));
        let op = Op::Conv2d { c_in: 48, c_out: 12, kernel: 1, stride: 1, padding: 0, groups: 1, bias: true };
        let y = nodes.push(&format!("{block}.project"), op, &[&y]);
        x = if stride == 1 { nodes.push("a.sum", Op::Add, &[&y, &x]) } else { y };
    }
    let pool = nodes.push("pool", Op::GlobalAvgPool, &[&x]);
    nodes.push("head", Op::Linear { d_in: 12, d_out: 10 }, &[&pool]);
    Network { name: "inverted".to_owned(), input: image_input(3, 65, 61), nodes: nodes.0, quantization: None }
}

#[test]
fn inverted_residuals_are_chains_and_equal_the_same_without() {
    let mut rng = ChaCha8Rng::seed_from_u64(14);
    let network = inverted_residuals();
    let weights = random_weights(&network, &mut rng);
    let images = random_images(&network, 6, &mut rng);
    assert_equals_reference(&network, &weights, &[], &images, 6);
    let options = crate::quantize::Options { bits: 8 };
    let image = images[..network.input.elements()].to_vec();
    let quantized = crate::quantize::quantize(&network, &weights, &[image], options, || {});
    for (network, weights) in [(network, weights), quantized.unwrap()] {
        let chained = Engine::new(&network, &weights).unwrap();
        assert!(INNER.iter().all(|value| chained.shape(value).is_none()), "{:?}", chained.values.keys());
        let stored = Engine::keeping(&network, &weights, &INNER).unwrap();
        assert!(INNER.iter().all(|value| stored.shape(value).is_some()));
        for value in ["a.sum", "b.project", "head"] {
            assert_eq!(chained.run(&images, 6, value), stored.run(&images, 6, value), "{value}");
        }
    }
}

#[test]
fn adapters_part_chains() {
    let mut rng = ChaCha8Rng::seed_from_u64(15);
    let base = inverted_residuals();
    for beside in ["a.expand.conv", "a.project", "b.project"] {
        let network = adapted(&base, &[beside], 2).unwrap();
        let weights = random_weights(&network, &mut rng);
        let images = random_images(&network, 2, &mut rng);
        assert_equals_reference(&network, &weights, &[], &images, 2);
        let (mut shared, mut adapters) = (Weights::default(), Weights::default());
        for (name, tensor) in weights.iter() {
            let part = if name.contains(DOWN) || name.contains(UP) { &mut adapters } else { &mut shared };
            part.insert(name, tensor.shape().to_vec(), tensor.data().to_vec()).unwrap();
        }
        let engine = Engine::new(&base, &shared).unwrap();
        let own = engine.beside(&join(&base, &shared, &adapters).unwrap(), &[]).unwrap();
        assert_eq!(own.layers_beyond(&engine), 2, "just the adapter beside {beside} is packed");
        let jobs: Vec<Job> =
            [&engine, &own, &own].map(|engine| Job { engine, image: &images[..images.len() / 2] }).into();
        let alone: Vec<Vec<f32>> = jobs.iter().map(|job| job.engine.run(job.image, 1, "head")).collect();
        assert_eq!(Engine::run_batch(&jobs, "head"), alone);
    }
}
