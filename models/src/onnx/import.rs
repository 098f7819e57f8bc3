//! From a graph to a network.
//!
//! Graphs are imported for a batch of one image, so that all shapes are known and whatever a graph computes from them is
//! worked out here ([`fold`]). Operators that only rearrange numbers make no node but another [`View`] of a value; where
//! an operation needs its operand in order, the view is recognized as one of the rearrangements that networks here have
//! ([`arrange`]): all pixels as tokens, one token of all, some outputs of a linear map. What exporters write as several
//! operators (layer normalization, GELU, attention) is put together again on the way ([`Value`]).

mod arithmetic;
mod arrange;
mod attention;
mod fold;
mod nodes;
mod value;

use std::collections::{HashMap, HashSet};

use prost::Message as _;

use super::OnnxError;
use super::attributes::{Constant, extent};
use super::proto::{GraphProto, ModelProto, NodeProto, ValueInfo};
use crate::net::{INPUT, ImageInput, MAX_ELEMENTS, Network, Node, Op, Shape, check_size, node_shape};
use crate::weights::Weights;
use value::{Value, View};

/// How many numbers may be worked out for each byte of the file: eight copies of all parameters in f32, since exporters
/// transpose, convert and rename them.
const WORKABLE_PER_BYTE: usize = 2;

/// Reads a model. Its input is an image batch (N, C, H, W), which is not normalized any further: `mean` and `std` of
/// the result are 0 and 1, to be set as the model was trained.
///
/// # Errors
/// The bytes are no ONNX model, or it holds something that cannot be run here.
pub fn import(bytes: &[u8]) -> Result<(Network, Weights), OnnxError> {
    let model = ModelProto::decode(bytes)?;
    let graph = model.graph.ok_or(OnnxError::Missing("graph"))?;
    let mut importer = Importer::new(&graph, bytes.len())?;
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
    /// Places of the nodes by name.
    places: HashMap<String, usize>,
    /// What the graph's names stand for.
    values: HashMap<String, Value>,
    /// Numbers in all parameters: operators that are folded into others make copies, which must not add up to more than
    /// memory holds.
    parameters: usize,
    /// How many numbers may still be worked out: a node that makes millions takes a few bytes of the file.
    workable: usize,
}

impl Importer {
    /// One for the graph of a file of so many bytes.
    fn new(graph: &GraphProto, bytes: usize) -> Result<Self, OnnxError> {
        let mut values = HashMap::new();
        for tensor in &graph.initializer {
            values.insert(tensor.name.clone(), Value::Constant(Constant::read(tensor)?));
        }
        // Old files list constants as inputs, too.
        let input = graph.input.iter().find(|input| !values.contains_key(&input.name));
        let input = input.ok_or(OnnxError::Missing("input"))?;
        let [channels, height, width] = image_shape(input)?;
        check_size(INPUT, &[channels, height, width])?;
        let input_values = ImageInput { channels, height, width, mean: vec![0.0; channels], std: vec![1.0; channels] };
        let network = Network { name: graph.name.clone(), input: input_values, nodes: Vec::new(), quantization: None };
        values.insert(input.name.clone(), Value::View(View::new(INPUT, &[1, channels, height, width])));
        Ok(Self {
            network,
            weights: Weights::default(),
            shapes: HashMap::from([(INPUT.to_owned(), vec![channels, height, width])]),
            places: HashMap::new(),
            values,
            parameters: 0,
            workable: fold::MOST.saturating_add(bytes.saturating_mul(WORKABLE_PER_BYTE)),
        })
    }

    /// What an input of a node stands for.
    fn value(&self, node: &NodeProto, i: usize) -> Result<&Value, OnnxError> {
        let name = node.input.get(i).ok_or_else(|| node.fault(format!("no input {i}")))?;
        self.values.get(name).ok_or_else(|| node.fault(format!("`{name}` is not made by a node before it")))
    }

    /// The rearranged value that an input of a node is.
    fn view(&self, node: &NodeProto, i: usize) -> Result<View, OnnxError> {
        match self.value(node, i)? {
            Value::View(view) => Ok(view.clone()),
            Value::Constant(_) => Err(node.fault(format!("input {i} is a constant"))),
            _ => Err(node.fault(format!("input {i} is a part of an operation that is not known"))),
        }
    }

    fn shape(&self, value: &str) -> &[usize] {
        self.shapes.get(value).map_or(&[], Vec::as_slice)
    }

    /// The constant that an input of a node is, if it is there at all.
    fn constant(&self, node: &NodeProto, i: usize) -> Option<&Constant> {
        match self.values.get(node.input.get(i)?) {
            Some(Value::Constant(constant)) => Some(constant),
            _ => None,
        }
    }

    fn needed(&self, node: &NodeProto, i: usize) -> Result<Constant, OnnxError> {
        self.constant(node, i).cloned().ok_or_else(|| node.fault(format!("input {i} is not a constant")))
    }

    /// The numbers of an optional attribute that newer versions have as an input.
    fn integers(&self, node: &NodeProto, name: &str, i: usize) -> Option<Vec<i64>> {
        let given = self.constant(node, i).map(Constant::integers);
        given.or_else(|| node.attribute(name).map(|attribute| attribute.ints.clone()))
    }

    /// Adds an operation and gives its value's name.
    fn push(&mut self, from: &NodeProto, op: Op, inputs: Vec<String>) -> Result<String, OnnxError> {
        let output = from.output.first().ok_or_else(|| from.fault("it makes no value"))?;
        let mut name: String = output.chars().map(|c| if c == '.' || c == '/' { '_' } else { c }).collect();
        while name.is_empty() || self.shapes.contains_key(&name) {
            name.push('_');
        }
        let node = Node { name: name.clone(), op, inputs };
        let shape = node_shape(&node, &self.shapes)?;
        self.shapes.insert(name.clone(), shape);
        self.places.insert(name.clone(), self.network.nodes.len());
        self.network.nodes.push(node);
        Ok(name)
    }

    /// Adds a parameter of a node.
    fn parameter(&mut self, node: &str, suffix: &str, shape: Shape, data: Vec<f32>) -> Result<(), OnnxError> {
        self.parameters = self.parameters.saturating_add(data.len());
        if self.parameters > MAX_ELEMENTS {
            return Err(OnnxError::TooLarge);
        }
        Ok(self.weights.insert(&format!("{node}.{suffix}"), shape, data)?)
    }

    /// Lets the node's output stand for something.
    fn set(&mut self, node: &NodeProto, value: Value) -> Result<(), OnnxError> {
        let output = node.output.first().ok_or_else(|| node.fault("it makes no value"))?;
        self.bind(output, value)
    }

    /// Lets a name stand for something.
    fn bind(&mut self, name: &str, value: Value) -> Result<(), OnnxError> {
        if let Value::Constant(constant) = &value {
            let left = extent(&constant.shape).and_then(|numbers| self.workable.checked_sub(numbers));
            self.workable = left.ok_or(OnnxError::TooLarge)?;
        }
        self.values.insert(name.to_owned(), value);
        Ok(())
    }

    fn finish(mut self, output: &ValueInfo, name: String) -> Result<(Network, Weights), OnnxError> {
        let Some(Value::View(view)) = self.values.get(&output.name).cloned() else {
            return Err(OnnxError::Missing("value for its output"));
        };
        let end = NodeProto { op_type: "output".to_owned(), output: vec![output.name.clone()], ..NodeProto::default() };
        let last = self.in_order(&end, &view)?;
        // What does not lead to the output is of no use.
        let mut wanted = HashSet::from([last.as_str()]);
        for node in self.network.nodes.iter().rev() {
            if wanted.contains(node.name.as_str()) {
                wanted.extend(node.inputs.iter().map(String::as_str));
            }
        }
        let nodes = self.network.nodes.iter().filter(|node| wanted.contains(node.name.as_str())).cloned().collect();
        let mut network = Network { name, nodes, ..self.network };
        // The output is the last node.
        if let Some(at) = network.nodes.iter().position(|node| node.name == last) {
            network.nodes.truncate(at + 1);
        }
        let mut weights = Weights::default();
        for (name, shape) in network.parameters() {
            weights.insert(&name, shape, self.weights.take(&name)?)?;
        }
        network.shapes()?;
        weights.check(&network)?;
        Ok((network, weights))
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
