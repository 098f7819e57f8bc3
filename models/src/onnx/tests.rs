use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::engine::Engine;
use crate::fixture::{damage, network, random_weights};
use crate::net::{INPUT, ImageInput, Network, Node, Op};
use crate::weights::Weights;

/// An inverted-residual network with a squeeze-and-excitation block, and every operation that is read.
fn mobile() -> Network {
    let input = ImageInput { channels: 3, height: 12, width: 10, mean: vec![0.0; 3], std: vec![1.0; 3] };
    let mut network = Network { name: "mobile".to_owned(), input, nodes: Vec::new(), quantization: None };
    let mut push = |name: &str, op: Op, inputs: &[&str]| {
        let inputs = inputs.iter().map(|&input| input.to_owned()).collect();
        network.nodes.push(Node { name: name.to_owned(), op, inputs });
    };
    let conv = |c_in, c_out, kernel, stride, groups| Op::Conv2d {
        c_in,
        c_out,
        kernel,
        stride,
        padding: kernel / 2,
        groups,
        bias: groups == 1,
    };
    push("stem", conv(3, 8, 3, 2, 1), &[INPUT]);
    push("stem.act", Op::HardSwish, &["stem"]);
    push("expand", conv(8, 24, 1, 1, 1), &["stem.act"]);
    push("expand.bn", Op::BatchNorm2d { channels: 24, eps: 1e-3 }, &["expand"]);
    push("expand.act", Op::Relu6, &["expand.bn"]);
    push("depth", conv(24, 24, 3, 1, 24), &["expand.act"]);
    push("squeeze", Op::GlobalAvgPool, &["depth"]);
    push("squeeze.a", Op::Linear { d_in: 24, d_out: 6 }, &["squeeze"]);
    push("squeeze.a.act", Op::Relu, &["squeeze.a"]);
    push("squeeze.b", Op::Linear { d_in: 6, d_out: 24 }, &["squeeze.a.act"]);
    push("squeeze.b.act", Op::HardSigmoid, &["squeeze.b"]);
    push("excite", Op::Mul, &["depth", "squeeze.b.act"]);
    push("project", conv(24, 8, 1, 1, 1), &["excite"]);
    push("sum", Op::Add, &["project", "stem.act"]);
    push("pool", Op::MaxPool2d { kernel: 3, stride: 2, padding: 1 }, &["sum"]);
    push("mean", Op::AvgPool2d { kernel: 3, stride: 1, padding: 1 }, &["pool"]);
    push("up", Op::Upsample { factor: 2 }, &["mean"]);
    push("both", Op::Concat, &["up", "up"]);
    push("gelu", Op::Gelu, &["both"]);
    push("silu", Op::Silu, &["gelu"]);
    push("gate", Op::Sigmoid, &["silu"]);
    push("features", Op::GlobalAvgPool, &["gate"]);
    push("norm", Op::LayerNorm { features: 16, eps: 1e-5 }, &["features"]);
    push("head", Op::Linear { d_in: 16, d_out: 5 }, &["norm"]);
    push("out", Op::Softmax, &["head"]);
    network
}

fn weights(network: &Network) -> Weights {
    random_weights(network, &mut ChaCha8Rng::seed_from_u64(6))
}

#[test]
fn a_network_comes_back_from_its_file() {
    for network in [network(), mobile()] {
        let weights = weights(&network);
        let bytes = export(&network, &weights).unwrap();
        let (back, parameters) = import(&bytes).unwrap();
        let image: Vec<f32> = (0..network.input.elements()).map(|i| (i * 37 % 101) as f32 / 50.0 - 1.0).collect();
        let run = |network: &Network, weights: &Weights| {
            let last = &network.nodes.last().unwrap().name;
            Engine::new(network, weights).unwrap().run(&image, 1, last)
        };
        for (a, b) in run(&network, &weights).iter().zip(run(&back, &parameters)) {
            assert!((a - b).abs() < 1e-5, "{a} {b}");
        }
    }
}

/// `tests/onnx/make.py` made these files, and says what the input is.
#[test]
fn networks_from_other_programs_compute_what_onnxruntime_computes() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/onnx");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "onnx"));
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let (network, weights) =
            import(&std::fs::read(&file).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let image: Vec<f32> = (0..network.input.elements()).map(|i| (37 * i % 101) as f32 / 50.0 - 1.0).collect();
        let last = &network.nodes.last().unwrap().name;
        let output = Engine::new(&network, &weights).unwrap().run(&image, 1, last);
        let expected = std::fs::read_to_string(file.with_extension("output")).unwrap();
        let expected: Vec<f32> = expected.lines().map(|line| line.parse().unwrap()).collect();
        let largest = expected.iter().fold(0.0_f32, |a, x| a.max(x.abs()));
        assert_eq!(output.len(), expected.len(), "{}", file.display());
        for (got, expected) in output.iter().zip(&expected) {
            assert!((got - expected).abs() <= 1e-4 * largest, "{}: {output:?}, {expected:?}", file.display());
        }
    }
}

#[test]
fn what_cannot_be_run_is_told_with_its_node() {
    use prost::Message as _;
    let network = network();
    let bytes = export(&network, &weights(&network)).unwrap();
    let mut model = proto::ModelProto::decode(bytes.as_slice()).unwrap();
    let graph = model.graph.as_mut().unwrap();
    graph.node[2].op_type = "Einsum".to_owned();
    let error = import(&model.encode_to_vec()).unwrap_err();
    assert_eq!(error.to_string(), "node `stem.relu` (Einsum): an operator that is not read");
    assert!(matches!(import(b"\xff\xff"), Err(OnnxError::Format(_))));
    assert!(matches!(import(&[]), Err(OnnxError::Missing("graph"))));
}

/// The file of a small network, with changes.
fn changed(change: impl FnOnce(&mut proto::GraphProto)) -> Vec<u8> {
    use prost::Message as _;
    let network = network();
    let bytes = export(&network, &weights(&network)).unwrap();
    let mut model = proto::ModelProto::decode(bytes.as_slice()).unwrap();
    change(model.graph.as_mut().unwrap());
    model.encode_to_vec()
}

#[test]
fn an_input_beyond_all_memory_is_refused() {
    for sides in [[1 << 62, 4, 4], [3, 1 << 62, 1 << 62], [3, i64::MAX, 2], [1 << 10, 1 << 10, 1 << 10]] {
        let bytes = changed(|graph| {
            let kind = graph.input[0].kind.as_mut().unwrap();
            let dims = &mut kind.tensor.as_mut().unwrap().shape.as_mut().unwrap().dim;
            dims.iter_mut().skip(1).zip(sides).for_each(|(dim, side)| dim.value = Some(side));
        });
        let error = import(&bytes).unwrap_err();
        assert!(matches!(&error, OnnxError::Network(NetworkError::TooLarge(value)) if value == INPUT), "{error}");
    }
}

/// Constants of this many zeros each, one node for each.
fn zeros(graph: &mut proto::GraphProto, sizes: &[i64], nodes: usize) {
    let shape = proto::TensorProto {
        dims: vec![sizes.len() as i64],
        data_type: proto::INT64,
        int64_data: sizes.to_vec(),
        name: "sizes".to_owned(),
        ..proto::TensorProto::default()
    };
    graph.initializer.push(shape);
    let node = |i: usize| proto::NodeProto {
        op_type: "ConstantOfShape".to_owned(),
        input: vec!["sizes".to_owned()],
        output: vec![format!("zeros{i}")],
        ..proto::NodeProto::default()
    };
    graph.node.splice(0..0, (0..nodes).map(node));
}

#[test]
fn what_nodes_work_out_is_bounded_together() {
    assert!(import(&changed(|graph| zeros(graph, &[1 << 10, 1 << 10], 10))).is_ok());
    let error = import(&changed(|graph| zeros(graph, &[1 << 11, 1 << 11], 10))).unwrap_err();
    assert!(matches!(error, OnnxError::TooLarge), "{error}");
}

#[test]
fn long_sides_beside_an_empty_one_are_not_walked() {
    for sizes in [[1 << 40, 0], [0, 1 << 40]] {
        assert!(import(&changed(|graph| zeros(graph, &sizes, 1))).is_err());
    }
    assert!(import(&changed(|graph| zeros(graph, &[1 << 10, 0], 1))).is_ok());
    let empty = |graph: &mut proto::GraphProto| {
        let dims = vec![1 << 60, 0];
        let name = "empty".to_owned();
        graph.initializer.push(proto::TensorProto { dims, data_type: proto::FLOAT, name, ..Default::default() });
    };
    assert!(matches!(import(&changed(empty)), Err(OnnxError::Constant { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn damaged_files_never_panic(bit in any::<usize>(), cut in 0_usize..40) {
        let network = mobile();
        let bytes = damage(&export(&network, &weights(&network)).unwrap(), bit, cut);
        if let Ok((network, weights)) = import(&bytes) {
            prop_assert!(weights.check(&network).is_ok());
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = import(&bytes);
    }
}
