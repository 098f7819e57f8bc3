//! From a graph to a network.
//!
//! Every value of the graph is one of a network here, under a name without characters that parameters' names use. The
//! batch dimension is dropped. A value (N, C, 1, 1) behind global pooling is the vector (C), and convolutions of it are
//! linear maps.

mod nodes;

use std::collections::HashMap;

use prost::Message as _;

use super::OnnxError;
use super::attributes::Constant;
use super::proto::{GraphProto, ModelProto, NodeProto, ValueInfo};
use crate::net::{INPUT, ImageInput, Network, Node, Op, Shape, node_shape};
use crate::weights::Weights;

/// Reads a model. Its input is an image batch (N, C, H, W), which is not normalized any further: `mean` and `std` of
/// the result are 0 and 1, to be set as the model was trained.
///
/// # Errors
/// The bytes are no ONNX model, or it holds something that cannot be run here.
pub fn import(bytes: &[u8]) -> Result<(Network, Weights), OnnxError> {
    let model = ModelProto::decode(bytes)?;
    let graph = model.graph.ok_or(OnnxError::Missing("graph"))?;
    let mut importer = Importer::new(&graph)?;
    for node in &graph.node {
        importer.node(node)?;
    }
    let output = graph.output.first().ok_or(OnnxError::Missing("output"))?;
    importer.finish(output, graph.name)
}

/// A network being made.
struct Importer {
    network: Network,
    weights: Weights,
    shapes: HashMap<String, Shape>,
    constants: HashMap<String, Constant>,
    /// Values of the network by their name in the graph.
    values: HashMap<String, String>,
}

impl Importer {
    fn new(graph: &GraphProto) -> Result<Self, OnnxError> {
        let mut constants = HashMap::new();
        for tensor in &graph.initializer {
            constants.insert(tensor.name.clone(), Constant::read(tensor)?);
        }
        // Old files list constants as inputs, too.
        let input = graph.input.iter().find(|input| !constants.contains_key(&input.name));
        let input = input.ok_or(OnnxError::Missing("input"))?;
        let [channels, height, width] = image_shape(input)?;
        let input_values = ImageInput { channels, height, width, mean: vec![0.0; channels], std: vec![1.0; channels] };
        let network = Network { name: graph.name.clone(), input: input_values, nodes: Vec::new(), quantization: None };
        Ok(Self {
            network,
            weights: Weights::default(),
            shapes: HashMap::from([(INPUT.to_owned(), vec![channels, height, width])]),
            constants,
            values: HashMap::from([(input.name.clone(), INPUT.to_owned())]),
        })
    }

    /// The value of the network that an input of a node is.
    fn value(&self, node: &NodeProto, i: usize) -> Result<String, OnnxError> {
        let name = node.input.get(i).ok_or_else(|| node.fault(format!("no input {i}")))?;
        let value = self.values.get(name);
        value.cloned().ok_or_else(|| node.fault(format!("`{name}` is not made by a node before it")))
    }

    fn shape(&self, value: &str) -> &[usize] {
        self.shapes.get(value).map_or(&[], Vec::as_slice)
    }

    /// The constant that an input of a node is, if it is there at all.
    fn constant(&self, node: &NodeProto, i: usize) -> Option<&Constant> {
        self.constants.get(node.input.get(i)?)
    }

    fn needed(&self, node: &NodeProto, i: usize) -> Result<Constant, OnnxError> {
        self.constant(node, i).cloned().ok_or_else(|| node.fault(format!("input {i} is not a constant")))
    }

    /// Adds an operation whose result is the node's output.
    fn push(&mut self, from: &NodeProto, op: Op, inputs: Vec<String>) -> Result<String, OnnxError> {
        let output = from.output.first().ok_or_else(|| from.fault("it makes no value"))?;
        let mut name: String = output.chars().map(|c| if c == '.' || c == '/' { '_' } else { c }).collect();
        while name.is_empty() || self.shapes.contains_key(&name) {
            name.push('_');
        }
        let node = Node { name: name.clone(), op, inputs };
        let shape = node_shape(&node, &self.shapes)?;
        self.shapes.insert(name.clone(), shape);
        self.network.nodes.push(node);
        self.values.insert(output.clone(), name.clone());
        Ok(name)
    }

    /// Adds a parameter of a node.
    fn parameter(&mut self, node: &str, suffix: &str, shape: Shape, data: Vec<f32>) -> Result<(), OnnxError> {
        Ok(self.weights.insert(&format!("{node}.{suffix}"), shape, data)?)
    }

    /// Lets the node's output be a value that is there already.
    fn alias(&mut self, node: &NodeProto, value: String) -> Result<(), OnnxError> {
        let output = node.output.first().ok_or_else(|| node.fault("it makes no value"))?;
        self.values.insert(output.clone(), value);
        Ok(())
    }

    fn finish(mut self, output: &ValueInfo, name: String) -> Result<(Network, Weights), OnnxError> {
        let value = self.values.get(&output.name).ok_or(OnnxError::Missing("value for its output"))?;
        let last = self.network.nodes.iter().position(|node| node.name == *value);
        self.network.nodes.truncate(last.map_or(0, |last| last + 1));
        self.network.name = name;
        let known = self.network.parameters();
        // What belongs to nodes behind the output is of no use.
        let unused: Vec<String> = self
            .weights
            .iter()
            .map(|(name, _)| name.to_owned())
            .filter(|name| !known.iter().any(|(other, _)| other == name))
            .collect();
        for name in unused {
            self.weights.take(&name)?;
        }
        self.network.shapes()?;
        self.weights.check(&self.network)?;
        Ok((self.network, self.weights))
    }
}

fn image_shape(input: &ValueInfo) -> Result<[usize; 3], OnnxError> {
    let fault = |problem: &str| OnnxError::Input { name: input.name.clone(), problem: problem.to_owned() };
    let shape = input.kind.as_ref().and_then(|kind| kind.tensor.as_ref()?.shape.as_ref());
    let shape = shape.ok_or_else(|| fault("it has no shape"))?;
    let sides: Vec<Option<usize>> =
        shape.dim.iter().map(|dim| dim.value.and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0)).collect();
    match sides.as_slice() {
        [_, Some(channels), Some(height), Some(width)] => Ok([*channels, *height, *width]),
        _ => Err(fault("expected images (N, C, H, W) with C, H and W given")),
    }
}
