//! One operator after the other.

use super::super::OnnxError;
use super::super::attributes::Constant;
use super::super::proto::NodeProto;
use super::Importer;
use super::value::{Dim, Part, Value, View};
use crate::net::Op;

impl Importer {
    /// Translates a node.
    pub(super) fn node(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        if let Some(constant) = self.folded(node)? {
            return self.set(node, Value::Constant(constant));
        }
        match node.op_type.as_str() {
            "Conv" => self.conv(node),
            "BatchNormalization" => self.batch_norm(node),
            "Gemm" => self.gemm(node),
            "MatMul" => self.matmul(node),
            "Relu" => self.unary(node, Op::Relu),
            "HardSwish" => self.unary(node, Op::HardSwish),
            "Sigmoid" => self.unary(node, Op::Sigmoid),
            "Gelu" if node.text("approximate") != "tanh" => self.unary(node, Op::Gelu),
            "HardSigmoid" => self.hard_sigmoid(node),
            "Clip" => self.clip(node),
            "Softmax" => self.softmax(node),
            "Add" => self.add(node),
            "Sub" => self.sub(node),
            "Mul" => self.mul(node),
            "Div" => self.div(node),
            "Pow" => self.pow(node),
            "Sqrt" => self.sqrt(node),
            "Erf" => self.erf(node),
            "Concat" => self.concat(node),
            "MaxPool" | "AveragePool" => self.pool(node),
            "GlobalAveragePool" => self.global_pool(node, true),
            "ReduceMean" => self.reduce_mean(node),
            "LayerNormalization" => self.layer_norm(node),
            "Resize" => self.resize(node),
            "Cast" if node.int("to", 1) != 1 => Err(node.fault("of a value to another type than f32")),
            "Identity" | "Dropout" | "Cast" => {
                let value = self.value(node, 0)?.clone();
                self.set(node, value)
            }
            "Transpose" | "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" | "Gather" | "Slice" | "Split" => {
                self.rearrange(node)
            }
            _ => Err(node.fault("an operator that is not read")),
        }
    }

    /// A function of each number.
    fn unary(&mut self, node: &NodeProto, op: Op) -> Result<(), OnnxError> {
        let x = self.view(node, 0)?;
        let y = self.each(node, &x, op)?;
        self.set(node, Value::View(y))
    }

    /// A function of each number of a value, rearranged as that is.
    pub(super) fn each(&mut self, node: &NodeProto, x: &View, op: Op) -> Result<View, OnnxError> {
        let x = self.without_factor(node, x)?;
        let value = self.push(node, op, vec![x.value.clone()])?;
        Ok(x.of(value))
    }

    fn conv(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let x = self.view(node, 0)?;
        let weight = self.needed(node, 1)?;
        let bias = self.constant(node, 2).map(Constant::floats);
        let (_, stride, padding) = node.window()?;
        let groups = usize::try_from(node.int("group", 1)).map_err(|_| node.fault("group below zero"))?;
        let &[c_out, depth, kernel, columns] = weight.shape.as_slice() else {
            return Err(node.fault(format!("weights of shape {:?}", weight.shape)));
        };
        if kernel != columns {
            return Err(node.fault(format!("a kernel of {kernel} by {columns}; only squares are read")));
        }
        if bias.as_ref().is_some_and(|bias| bias.len() != c_out) {
            return Err(node.fault("its bias is not a number for each output"));
        }
        // A vector is a map of one pixel, too.
        if self.shape(&x.value).len() == 1 && kernel == 1 && groups == 1 {
            let x = self.vector(node, &x)?;
            let bias = bias.unwrap_or_else(|| vec![0.0; c_out]);
            let y = self.linear(node, x, (depth, c_out), weight.floats(), bias)?;
            return self.set(node, Value::View(View::new(&y, &[1, c_out, 1, 1])));
        }
        let x = self.map(node, &x)?;
        let c_in = depth.checked_mul(groups).ok_or_else(|| node.fault("too many groups"))?;
        let op = Op::Conv2d { c_in, c_out, kernel, stride, padding, groups, bias: bias.is_some() };
        let name = self.push(node, op, vec![x])?;
        self.parameter(&name, "weight", weight.shape.clone(), weight.floats())?;
        if let Some(bias) = bias {
            self.parameter(&name, "bias", vec![c_out], bias)?;
        }
        self.set_map(node, &name)
    }

    /// The output is a map of the network.
    pub(super) fn set_map(&mut self, node: &NodeProto, name: &str) -> Result<(), OnnxError> {
        let sizes: Vec<usize> = std::iter::once(1).chain(self.shape(name).iter().copied()).collect();
        self.set(node, Value::View(View::new(name, &sizes)))
    }

    fn batch_norm(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let x = self.view(node, 0)?;
        let x = self.map(node, &x)?;
        let weight = self.needed(node, 1)?;
        let channels = weight.numbers.len();
        let op = Op::BatchNorm2d { channels, eps: f64::from(node.float("epsilon", 1e-5)) };
        let name = self.push(node, op, vec![x])?;
        for (i, suffix) in [(1, "weight"), (2, "bias"), (3, "running_mean"), (4, "running_var")] {
            let constant = self.needed(node, i)?;
            self.parameter(&name, suffix, vec![channels], constant.floats())?;
        }
        self.set_map(node, &name)
    }

    /// A linear map of weights (outputs, inputs).
    pub(super) fn linear(
        &mut self,
        node: &NodeProto,
        x: String,
        (d_in, d_out): (usize, usize),
        weight: Vec<f32>,
        bias: Vec<f32>,
    ) -> Result<String, OnnxError> {
        if weight.len() != d_in.saturating_mul(d_out) || bias.len() != d_out {
            return Err(node.fault(format!("{} weights and {} biases of ({d_out}, {d_in})", weight.len(), bias.len())));
        }
        let name = self.push(node, Op::Linear { d_in, d_out }, vec![x])?;
        self.parameter(&name, "weight", vec![d_out, d_in], weight)?;
        self.parameter(&name, "bias", vec![d_out], bias)?;
        Ok(name)
    }

    fn gemm(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let x = self.view(node, 0)?;
        let plain = [node.float("alpha", 1.0), node.float("beta", 1.0)].iter().all(|f| (f - 1.0).abs() < f32::EPSILON);
        if !plain || node.int("transA", 0) != 0 {
            return Err(node.fault("scaled or with a transposed left side"));
        }
        let (sides, data) = matrix(node, &self.needed(node, 1)?, node.int("transB", 0) != 0)?;
        let bias = match self.constant(node, 2) {
            Some(bias) if bias.numbers.len() == sides.1 => bias.floats(),
            Some(bias) => return Err(node.fault(format!("a bias of shape {:?} for {} outputs", bias.shape, sides.1))),
            None if node.input.get(2).is_none_or(String::is_empty) => vec![0.0; sides.1],
            None => return Err(node.fault("its bias is not a constant")),
        };
        self.product(node, &x, sides, data, bias)
    }

    /// The last dimension times a matrix.
    pub(super) fn product(
        &mut self,
        node: &NodeProto,
        x: &View,
        sides: (usize, usize),
        weight: Vec<f32>,
        bias: Vec<f32>,
    ) -> Result<(), OnnxError> {
        let mut sizes = x.sizes();
        if sizes.last() != Some(&sides.0) {
            return Err(node.fault(format!("a value of shape {sizes:?} times a matrix of {} rows", sides.0)));
        }
        let rows = self.rows(node, x)?;
        let name = self.linear(node, rows, sides, weight, bias)?;
        if let Some(last) = sizes.last_mut() {
            *last = sides.1;
        }
        self.set(node, Value::View(View::new(&name, &sizes)))
    }

    fn hard_sigmoid(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let usual = (node.float("alpha", 0.2) - 1.0 / 6.0).abs() < 1e-6 && (node.float("beta", 0.5) - 0.5).abs() < 1e-6;
        if usual { self.unary(node, Op::HardSigmoid) } else { Err(node.fault("other slopes than 1/6")) }
    }

    fn clip(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let limit = |i: usize, name: &str| {
            let attribute = node.attribute(name).map(|attribute| attribute.f);
            self.constant(node, i).and_then(Constant::scalar).or(attribute)
        };
        let limits = (limit(1, "min"), limit(2, "max"));
        let is_six = |high: f32| (high - 6.0).abs() < f32::EPSILON;
        match (limits, self.value(node, 0)?.clone()) {
            // Clipped to 0..6, x + 3 is six times what is called the hard sigmoid.
            ((Some(0.0), Some(high)), Value::Part(x, Part::PlusThree)) if is_six(high) => {
                let y = self.each(node, &x, Op::HardSigmoid)?;
                self.set(node, Value::View(y.times(6.0)))
            }
            ((Some(0.0), Some(high)), _) if is_six(high) => self.unary(node, Op::Relu6),
            ((Some(0.0), None), _) => self.unary(node, Op::Relu),
            ((Some(0.0), Some(high)), _) if high >= f32::MAX => self.unary(node, Op::Relu),
            (limits, _) => Err(node.fault(format!("limits {limits:?}; only from 0, to 6 or without end, is read"))),
        }
    }

    fn concat(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let mut tokens = Vec::new();
        while let Some(constant) = self.constant(node, tokens.len()) {
            tokens.push(constant.clone());
        }
        if !tokens.is_empty() {
            return self.class_tokens(node, &tokens);
        }
        let parts = (0..node.input.len()).map(|i| self.view(node, i)).collect::<Result<Vec<_>, _>>()?;
        let axis = parts.first().and_then(|first| first.axis(node.int("axis", 1)));
        if axis != Some(1) || parts.iter().any(|part| part.dims[0].size != 1 || !matches!(part.dims.len(), 2 | 4)) {
            return Err(node.fault("another axis than that of channels or features"));
        }
        let is_map = parts[0].dims.len() == 4;
        let mut inputs = Vec::with_capacity(parts.len());
        for part in &parts {
            let is_vector = self.shape(&part.value).len() == 1 || !is_map;
            inputs.push(if is_vector { self.vector(node, part)? } else { self.map(node, part)? });
        }
        let name = self.push(node, Op::Concat, inputs)?;
        match self.shape(&name) {
            &[d] if is_map => self.set(node, Value::View(View::new(&name, &[1, d, 1, 1]))),
            _ => self.set_map(node, &name),
        }
    }

    /// Constants before tokens.
    fn class_tokens(&mut self, node: &NodeProto, constants: &[Constant]) -> Result<(), OnnxError> {
        let fault = || node.fault("constants other than tokens before all others");
        if node.input.len() != constants.len() + 1 {
            return Err(fault());
        }
        let x = self.view(node, constants.len())?;
        let &[1, count, features] = x.sizes().as_slice() else { return Err(fault()) };
        if x.axis(node.int("axis", 1)) != Some(1) {
            return Err(fault());
        }
        let mut value = self.rows(node, &x)?;
        let mut tokens = count;
        for constant in constants.iter().rev() {
            if constant.shape.len() != 3 || constant.shape[0] != 1 || constant.shape[2] != features {
                return Err(fault());
            }
            for token in constant.floats().chunks_exact(features.max(1)).rev() {
                value = self.push(node, Op::ClassToken { features }, vec![value])?;
                self.parameter(&value, "value", vec![features], token.to_vec())?;
                tokens += 1;
            }
        }
        self.set(node, Value::View(View::new(&value, &[1, tokens, features])))
    }

    fn pool(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let (kernel, stride, padding) = node.window()?;
        let x = self.view(node, 0)?;
        let x = self.map(node, &x)?;
        // Rounded up or down is the same where windows end with the sides.
        let ends =
            |side: &usize| (side + 2 * padding).checked_sub(kernel).is_some_and(|rest| rest % stride.max(1) == 0);
        if node.int("ceil_mode", 0) != 0 && !self.shape(&x)[1..].iter().all(ends) {
            return Err(node.fault("sides rounded up"));
        }
        let op = if node.op_type == "MaxPool" {
            Op::MaxPool2d { kernel, stride, padding }
        } else if padding > 0 && node.int("count_include_pad", 0) != 0 {
            return Err(node.fault("padding that counts"));
        } else {
            Op::AvgPool2d { kernel, stride, padding }
        };
        let name = self.push(node, op, vec![x])?;
        self.set_map(node, &name)
    }

    fn global_pool(&mut self, node: &NodeProto, keeps: bool) -> Result<(), OnnxError> {
        let x = self.view(node, 0)?;
        let &[_, channels, ..] = x.sizes().as_slice() else { return Err(node.fault("needs a batch of images")) };
        // The mean of a vector's only pixel is itself.
        let name = if self.shape(&x.value).len() == 1 {
            self.vector(node, &x)?
        } else {
            let map = self.map(node, &x)?;
            self.push(node, Op::GlobalAvgPool, vec![map])?
        };
        let sizes = [1, channels, 1, 1];
        self.set(node, Value::View(View::new(&name, &sizes[..if keeps { 4 } else { 2 }])))
    }

    fn reduce_mean(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let rank = match self.value(node, 0)? {
            Value::View(x) | Value::Part(x, _) => x.dims.len(),
            _ => 0,
        };
        let given = self.integers(node, "axes", 1).unwrap_or_default();
        let mut axes: Vec<usize> = given.iter().filter_map(|&axis| super::value::axis_of(axis, rank)).collect();
        axes.sort_unstable();
        let keeps = node.int("keepdims", 1) != 0;
        match (rank, axes.as_slice()) {
            (4, [2, 3]) => self.global_pool(node, keeps),
            (2.., &[axis]) if axis + 1 == rank && keeps => self.mean_of_features(node),
            _ => Err(node.fault(format!("axes {given:?}; only rows and columns, or what layer normalization takes"))),
        }
    }

    fn layer_norm(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let x = self.view(node, 0)?;
        let weight = self.needed(node, 1)?;
        let features = weight.numbers.len();
        let last = x.dims.len().checked_sub(1);
        if x.axis(node.int("axis", -1)) != last || weight.shape.len() != 1 {
            return Err(node.fault("normalizes more than the last dimension"));
        }
        let bias = self.constant(node, 2).map_or_else(|| vec![0.0; features], Constant::floats);
        let eps = f64::from(node.float("epsilon", 1e-5));
        let y = self.normalized(node, &x, eps, weight.floats(), bias)?;
        self.set(node, Value::View(y))
    }

    /// Layer normalization of the last dimension.
    pub(super) fn normalized(
        &mut self,
        node: &NodeProto,
        x: &View,
        eps: f64,
        weight: Vec<f32>,
        bias: Vec<f32>,
    ) -> Result<View, OnnxError> {
        let features = weight.len();
        if x.dims.last().map(|dim| dim.size) != Some(features) || bias.len() != features {
            return Err(node.fault(format!("{features} features of a value of shape {:?}", x.sizes())));
        }
        let rows = self.rows(node, x)?;
        let name = self.push(node, Op::LayerNorm { features, eps }, vec![rows])?;
        self.parameter(&name, "weight", vec![features], weight)?;
        self.parameter(&name, "bias", vec![features], bias)?;
        Ok(View::new(&name, &x.sizes()))
    }

    fn resize(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let x = self.view(node, 0)?;
        let scales = self.constant(node, 2).map(Constant::floats).unwrap_or_default();
        let nearest = matches!(node.text("mode"), "" | "nearest")
            && node.text("coordinate_transformation_mode") == "asymmetric"
            && node.text("nearest_mode") == "floor";
        let is_one = |s: f32| (s - 1.0).abs() < f32::EPSILON;
        match scales.as_slice() {
            &[n, c, h, w] if nearest && is_one(n) && is_one(c) && is_one(h / w) && h.fract() == 0.0 && h >= 1.0 => {
                let map = self.map(node, &x)?;
                let name = self.push(node, Op::Upsample { factor: h as usize }, vec![map])?;
                self.set_map(node, &name)
            }
            _ => Err(node.fault("only whole factors of the nearest pixel (asymmetric, floor) are read")),
        }
    }

    /// The dimensions of a view that heads, rows and features take, the heads' left out where there is one.
    pub(super) fn heads(view: &View) -> Option<[Dim; 3]> {
        match view.dims.as_slice() {
            [batch @ .., heads, rows, features] if batch.iter().all(|dim| dim.size == 1) => {
                Some([*heads, *rows, *features])
            }
            [rows, features] => Some([Dim { size: 1, stride: 0 }, *rows, *features]),
            _ => None,
        }
    }
}

/// Sides (inputs, outputs) and numbers (outputs, inputs) of a matrix (inputs, outputs), or the other way round.
pub(super) fn matrix(
    node: &NodeProto,
    weight: &Constant,
    transposed: bool,
) -> Result<((usize, usize), Vec<f32>), OnnxError> {
    let &[rows, columns] = weight.shape.as_slice() else {
        return Err(node.fault(format!("weights of shape {:?}", weight.shape)));
    };
    if transposed {
        return Ok(((columns, rows), weight.floats()));
    }
    let numbers = weight.floats();
    let data = (0..rows * columns).map(|i| numbers[i % rows * columns + i / rows]).collect();
    Ok(((rows, columns), data))
}
