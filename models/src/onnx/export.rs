//! From a network to a graph.

use prost::Message as _;

use super::OnnxError;
use super::proto::{
    AttributeProto, Dimension, FLOAT, GraphProto, INT64, ModelProto, NodeProto, OperatorSetId, ShapeProto, TensorProto,
    TensorType, TypeProto, ValueInfo,
};
use crate::net::{INPUT, Network, Node, Op};
use crate::weights::Weights;

/// The version of the operators that are written: the first with `Gelu`.
const OPSET: i64 = 20;
/// The version of the file format that goes with it.
const IR_VERSION: i64 = 9;

/// ONNX bytes of a network in f32 with a free batch dimension. Values keep their names; the last one is the output.
///
/// # Errors
/// The network is quantized or has an operation on tokens, or the weights are not its own.
pub fn export(network: &Network, weights: &Weights) -> Result<Vec<u8>, OnnxError> {
    if network.quantization.is_some() {
        return Err(OnnxError::Quantized);
    }
    let shapes = network.shapes()?;
    weights.check(network)?;
    let mut graph = GraphProto { name: network.name.clone(), ..GraphProto::default() };
    for (name, tensor) in weights.iter() {
        let dims = tensor.shape().iter().map(|&side| side as i64).collect();
        let raw_data = tensor.data().iter().flat_map(|v| v.to_le_bytes()).collect();
        graph.initializer.push(TensorProto {
            dims,
            data_type: FLOAT,
            name: name.to_owned(),
            raw_data,
            ..TensorProto::default()
        });
    }
    for node in &network.nodes {
        let factors = node.inputs.last().map_or(0, |name| shapes[name].len());
        write_node(node, &shapes[&node.inputs[0]], factors, &mut graph)?;
    }
    let last = network.nodes.last().map_or(INPUT, |node| node.name.as_str());
    graph.input.push(value(INPUT, &shapes[INPUT]));
    graph.output.push(value(last, &shapes[last]));
    let model = ModelProto {
        ir_version: IR_VERSION,
        producer_name: "chameleon".to_owned(),
        graph: Some(graph),
        opset_import: vec![OperatorSetId { domain: String::new(), version: OPSET }],
    };
    Ok(model.encode_to_vec())
}

/// `input` is the shape of the first input, `factors` the number of sides of the last.
fn write_node(node: &Node, input: &[usize], factors: usize, graph: &mut GraphProto) -> Result<(), OnnxError> {
    let parameter = |suffix: &str| format!("{}.{suffix}", node.name);
    let mut inputs = node.inputs.clone();
    let (op, attributes) = match node.op {
        Op::Conv2d { kernel, stride, padding, groups, bias, .. } => {
            inputs.push(parameter("weight"));
            inputs.extend(bias.then(|| parameter("bias")));
            let mut attributes = window(kernel, stride, padding);
            attributes.push(int("group", groups));
            ("Conv", attributes)
        }
        Op::BatchNorm2d { eps, .. } => {
            inputs.extend(["weight", "bias", "running_mean", "running_var"].map(parameter));
            ("BatchNormalization", vec![float("epsilon", eps as f32)])
        }
        Op::Linear { .. } if input.len() == 1 => {
            inputs.extend(["weight", "bias"].map(parameter));
            ("Gemm", vec![int("transB", 1)])
        }
        Op::Relu => ("Relu", Vec::new()),
        Op::Relu6 => {
            for (suffix, limit) in [("min", 0.0_f32), ("max", 6.0)] {
                inputs.push(constant(&parameter(suffix), FLOAT, &[], &limit.to_le_bytes(), graph));
            }
            ("Clip", Vec::new())
        }
        Op::HardSwish => ("HardSwish", Vec::new()),
        Op::HardSigmoid => ("HardSigmoid", vec![float("alpha", 1.0 / 6.0), float("beta", 0.5)]),
        Op::Sigmoid => ("Sigmoid", Vec::new()),
        Op::Silu => {
            let gate = parameter("gate");
            push(graph, "Sigmoid", inputs.clone(), &gate, Vec::new());
            inputs.push(gate);
            ("Mul", Vec::new())
        }
        Op::Gelu => ("Gelu", Vec::new()),
        Op::Softmax => ("Softmax", vec![int("axis", input.len())]),
        Op::Add => ("Add", Vec::new()),
        Op::Mul => {
            if factors < input.len() {
                // (N, C) to (N, C, 1, 1).
                let axes: Vec<u8> = [2_i64, 3].iter().flat_map(|axis| axis.to_le_bytes()).collect();
                let axes = constant(&parameter("axes"), INT64, &[2], &axes, graph);
                let map = parameter("factors");
                push(graph, "Unsqueeze", vec![inputs[1].clone(), axes], &map, Vec::new());
                inputs[1] = map;
            }
            ("Mul", Vec::new())
        }
        Op::Concat => ("Concat", vec![int("axis", 1)]),
        Op::MaxPool2d { kernel, stride, padding } => ("MaxPool", window(kernel, stride, padding)),
        Op::AvgPool2d { kernel, stride, padding } => ("AveragePool", window(kernel, stride, padding)),
        Op::GlobalAvgPool => {
            let map = parameter("map");
            push(graph, "GlobalAveragePool", inputs, &map, Vec::new());
            inputs = vec![map];
            ("Flatten", vec![int("axis", 1)])
        }
        Op::Upsample { factor } => {
            let scales: Vec<u8> =
                [1.0, 1.0, factor as f32, factor as f32].iter().flat_map(|s| s.to_le_bytes()).collect();
            inputs.push(String::new());
            inputs.push(constant(&parameter("scales"), FLOAT, &[4], &scales, graph));
            let texts =
                [("mode", "nearest"), ("coordinate_transformation_mode", "asymmetric"), ("nearest_mode", "floor")];
            ("Resize", texts.map(|(name, value)| text(name, value)).to_vec())
        }
        Op::LayerNorm { eps, .. } => {
            inputs.extend(["weight", "bias"].map(parameter));
            ("LayerNormalization", vec![float("epsilon", eps as f32)])
        }
        _ => {
            let op = format!("{:?}", node.op);
            return Err(OnnxError::Node {
                node: node.name.clone(),
                op,
                problem: "operations on tokens are not written".to_owned(),
            });
        }
    };
    push(graph, op, inputs, &node.name, attributes);
    Ok(())
}

fn push(graph: &mut GraphProto, op: &str, input: Vec<String>, output: &str, attribute: Vec<AttributeProto>) {
    graph.node.push(NodeProto {
        input,
        output: vec![output.to_owned()],
        name: output.to_owned(),
        op_type: op.to_owned(),
        attribute,
    });
}

/// Adds a constant and gives its name.
fn constant(name: &str, kind: i32, dims: &[i64], bytes: &[u8], graph: &mut GraphProto) -> String {
    debug_assert!(kind == FLOAT || kind == INT64);
    graph.initializer.push(TensorProto {
        dims: dims.to_vec(),
        data_type: kind,
        name: name.to_owned(),
        raw_data: bytes.to_vec(),
        ..TensorProto::default()
    });
    name.to_owned()
}

fn window(kernel: usize, stride: usize, padding: usize) -> Vec<AttributeProto> {
    vec![ints("kernel_shape", &[kernel; 2]), ints("strides", &[stride; 2]), ints("pads", &[padding; 4])]
}

// The kinds of attributes are numbered by the standard.

fn float(name: &str, f: f32) -> AttributeProto {
    AttributeProto { name: name.to_owned(), f, kind: 1, ..AttributeProto::default() }
}

fn int(name: &str, i: usize) -> AttributeProto {
    AttributeProto { name: name.to_owned(), i: i as i64, kind: 2, ..AttributeProto::default() }
}

fn text(name: &str, value: &str) -> AttributeProto {
    AttributeProto { name: name.to_owned(), s: value.as_bytes().to_vec(), kind: 3, ..AttributeProto::default() }
}

fn ints(name: &str, values: &[usize]) -> AttributeProto {
    let ints = values.iter().map(|&value| value as i64).collect();
    AttributeProto { name: name.to_owned(), ints, kind: 7, ..AttributeProto::default() }
}

fn value(name: &str, shape: &[usize]) -> ValueInfo {
    let batch = Dimension { value: None, parameter: Some("batch".to_owned()) };
    let sides = shape.iter().map(|&side| Dimension { value: Some(side as i64), parameter: None });
    let shape = ShapeProto { dim: std::iter::once(batch).chain(sides).collect() };
    let tensor = TensorType { element: FLOAT, shape: Some(shape) };
    ValueInfo { name: name.to_owned(), kind: Some(TypeProto { tensor: Some(tensor) }) }
}
