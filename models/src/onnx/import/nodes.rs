//! One operator after the other.

use super::super::OnnxError;
use super::super::attributes::Constant;
use super::super::proto::NodeProto;
use super::Importer;
use crate::net::Op;

impl Importer {
    /// Translates a node.
    pub(super) fn node(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        match node.op_type.as_str() {
            "Constant" => self.constant_node(node),
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
            "Mul" => self.mul(node),
            "Concat" => self.concat(node),
            "MaxPool" | "AveragePool" => self.pool(node),
            "GlobalAveragePool" => self.unary(node, Op::GlobalAvgPool),
            "ReduceMean" => self.reduce_mean(node),
            "LayerNormalization" => self.layer_norm(node),
            "Resize" => self.resize(node),
            // A vector is a map of one pixel, too.
            "Identity" | "Dropout" | "Unsqueeze" => self.same(node),
            "Flatten" | "Reshape" | "Squeeze" => self.flatten(node),
            _ => Err(node.fault("an operator that is not read")),
        }
    }

    fn unary(&mut self, node: &NodeProto, op: Op) -> Result<(), OnnxError> {
        let x = self.value(node, 0)?;
        self.push(node, op, vec![x]).map(drop)
    }

    fn same(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        if let Some(constant) = self.constant(node, 0).cloned() {
            return self.define(node, constant);
        }
        let x = self.value(node, 0)?;
        self.alias(node, x)
    }

    fn constant_node(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let tensor = node.attribute("value").and_then(|attribute| attribute.t.as_ref());
        let constant = Constant::read(tensor.ok_or_else(|| node.fault("it holds no tensor"))?)?;
        self.define(node, constant)
    }

    fn define(&mut self, node: &NodeProto, constant: Constant) -> Result<(), OnnxError> {
        let output = node.output.first().ok_or_else(|| node.fault("it makes no value"))?;
        self.constants.insert(output.clone(), constant);
        Ok(())
    }

    fn conv(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let x = self.value(node, 0)?;
        let weight = self.needed(node, 1)?;
        let bias = self.constant(node, 2).cloned();
        let (_, stride, padding) = node.window()?;
        let groups = usize::try_from(node.int("group", 1)).map_err(|_| node.fault("group below zero"))?;
        let &[c_out, depth, kernel, columns] = weight.shape.as_slice() else {
            return Err(node.fault(format!("weights of shape {:?}", weight.shape)));
        };
        if kernel != columns {
            return Err(node.fault(format!("a kernel of {kernel} by {columns}; only squares are read")));
        }
        if self.shape(&x).len() == 1 && kernel == 1 && groups == 1 {
            let bias = bias.map_or_else(|| vec![0.0; c_out], |bias| bias.data);
            return self.linear(node, x, (depth, c_out), weight.data, bias);
        }
        let c_in = depth.checked_mul(groups).ok_or_else(|| node.fault("too many groups"))?;
        let op = Op::Conv2d { c_in, c_out, kernel, stride, padding, groups, bias: bias.is_some() };
        let name = self.push(node, op, vec![x])?;
        self.parameter(&name, "weight", weight.shape, weight.data)?;
        match bias {
            Some(bias) => self.parameter(&name, "bias", bias.shape, bias.data),
            None => Ok(()),
        }
    }

    fn batch_norm(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let x = self.value(node, 0)?;
        let [weight, bias, mean, variance] = [1, 2, 3, 4].map(|i| self.needed(node, i));
        let weight = weight?;
        let op = Op::BatchNorm2d { channels: weight.data.len(), eps: f64::from(node.float("epsilon", 1e-5)) };
        let name = self.push(node, op, vec![x])?;
        for (suffix, constant) in
            [("weight", weight), ("bias", bias?), ("running_mean", mean?), ("running_var", variance?)]
        {
            self.parameter(&name, suffix, constant.shape, constant.data)?;
        }
        Ok(())
    }

    /// A linear map of weights (outputs, inputs).
    fn linear(
        &mut self,
        node: &NodeProto,
        x: String,
        (d_in, d_out): (usize, usize),
        weight: Vec<f32>,
        bias: Vec<f32>,
    ) -> Result<(), OnnxError> {
        let name = self.push(node, Op::Linear { d_in, d_out }, vec![x])?;
        self.parameter(&name, "weight", vec![d_out, d_in], weight)?;
        self.parameter(&name, "bias", vec![d_out], bias)
    }

    fn gemm(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let x = self.value(node, 0)?;
        let plain = [node.float("alpha", 1.0), node.float("beta", 1.0)].iter().all(|f| (f - 1.0).abs() < f32::EPSILON);
        if !plain || node.int("transA", 0) != 0 {
            return Err(node.fault("scaled or with a transposed left side"));
        }
        let (sides, data) = matrix(node, &self.needed(node, 1)?, node.int("transB", 0) != 0)?;
        let bias = self.constant(node, 2).map_or_else(|| vec![0.0; sides.1], |bias| bias.data.clone());
        self.linear(node, x, sides, data, bias)
    }

    fn matmul(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let x = self.value(node, 0)?;
        let (sides, data) = matrix(node, &self.needed(node, 1)?, false)?;
        self.linear(node, x, sides, data, vec![0.0; sides.1])
    }

    fn hard_sigmoid(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let usual = (node.float("alpha", 0.2) - 1.0 / 6.0).abs() < 1e-6 && (node.float("beta", 0.5) - 0.5).abs() < 1e-6;
        if usual { self.unary(node, Op::HardSigmoid) } else { Err(node.fault("other slopes than 1/6")) }
    }

    fn clip(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let limit = |i: usize, name: &str| {
            let attribute = node.attribute(name).map(|attribute| attribute.f);
            self.constant(node, i).and_then(|constant| constant.data.first().copied()).or(attribute)
        };
        let limits = (limit(1, "min"), limit(2, "max"));
        match limits {
            (Some(low), Some(high)) if low.abs() < f32::EPSILON && (high - 6.0).abs() < f32::EPSILON => {
                self.unary(node, Op::Relu6)
            }
            (Some(low), None) if low.abs() < f32::EPSILON => self.unary(node, Op::Relu),
            limits => Err(node.fault(format!("limits {limits:?}; only from 0 to 6 is read"))),
        }
    }

    fn softmax(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let x = self.value(node, 0)?;
        // With the batch, the last axis is as many as the shape has sides.
        let last = self.shape(&x).len() as i64;
        if [last, -1].contains(&node.int("axis", -1)) {
            self.push(node, Op::Softmax, vec![x]).map(drop)
        } else {
            Err(node.fault("another axis than the last"))
        }
    }

    fn add(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        for (value, constant) in [(0, 1), (1, 0)] {
            if let Some(constant) = self.constant(node, constant).cloned() {
                return self.add_bias(node, value, &constant);
            }
        }
        let inputs = vec![self.value(node, 0)?, self.value(node, 1)?];
        self.push(node, Op::Add, inputs).map(drop)
    }

    /// A constant added to a linear map is its bias.
    fn add_bias(&mut self, node: &NodeProto, value: usize, constant: &Constant) -> Result<(), OnnxError> {
        let x = self.value(node, value)?;
        let last = self.network.nodes.last().filter(|last| last.name == x);
        let Some(Op::Linear { d_out, .. }) = last.map(|last| last.op.clone()) else {
            return Err(node.fault("a constant is added to something else than a linear map"));
        };
        if constant.data.len() != d_out {
            return Err(node.fault(format!("{} numbers added to {d_out}", constant.data.len())));
        }
        let bias = self.weights.get(&format!("{x}.bias"))?.data();
        let sums = bias.iter().zip(&constant.data).map(|(a, b)| a + b).collect();
        self.parameter(&x, "bias", vec![d_out], sums)?;
        self.alias(node, x)
    }

    fn mul(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let mut inputs = vec![self.value(node, 0)?, self.value(node, 1)?];
        // The factors of channels are the second here.
        if self.shape(&inputs[0]).len() < self.shape(&inputs[1]).len() {
            inputs.swap(0, 1);
        }
        self.push(node, Op::Mul, inputs).map(drop)
    }

    fn concat(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let inputs = (0..node.input.len()).map(|i| self.value(node, i)).collect::<Result<Vec<_>, _>>()?;
        let sides = inputs.first().map_or(0, |first| self.shape(first).len() as i64);
        if [1, -sides].contains(&node.int("axis", 1)) {
            self.push(node, Op::Concat, inputs).map(drop)
        } else {
            Err(node.fault("another axis than the channels"))
        }
    }

    fn pool(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let (kernel, stride, padding) = node.window()?;
        if node.op_type == "MaxPool" {
            return self.unary(node, Op::MaxPool2d { kernel, stride, padding });
        }
        if padding > 0 && node.int("count_include_pad", 0) != 0 {
            return Err(node.fault("padding that counts"));
        }
        self.unary(node, Op::AvgPool2d { kernel, stride, padding })
    }

    fn reduce_mean(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let given = self.constant(node, 1).map(Constant::integers);
        let mut axes = given.unwrap_or_else(|| node.ints("axes").to_vec());
        axes.iter_mut().filter(|axis| **axis < 0).for_each(|axis| *axis = axis.saturating_add(4));
        axes.sort_unstable();
        if axes == [2, 3] {
            self.unary(node, Op::GlobalAvgPool)
        } else {
            Err(node.fault(format!("axes {axes:?}; only rows and columns are read")))
        }
    }

    fn layer_norm(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let x = self.value(node, 0)?;
        let weight = self.needed(node, 1)?;
        let features = weight.data.len();
        let bias = self.constant(node, 2).map_or_else(|| vec![0.0; features], |bias| bias.data.clone());
        let eps = f64::from(node.float("epsilon", 1e-5));
        let name = self.push(node, Op::LayerNorm { features, eps }, vec![x])?;
        self.parameter(&name, "weight", vec![features], weight.data)?;
        self.parameter(&name, "bias", vec![features], bias)
    }

    fn resize(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let scales = self.constant(node, 2).map(|scales| scales.data.clone()).unwrap_or_default();
        let nearest = matches!(node.text("mode"), "" | "nearest")
            && node.text("coordinate_transformation_mode") == "asymmetric"
            && node.text("nearest_mode") == "floor";
        let is_one = |s: f32| (s - 1.0).abs() < f32::EPSILON;
        match scales.as_slice() {
            &[n, c, h, w] if nearest && is_one(n) && is_one(c) && is_one(h / w) && h.fract() == 0.0 && h >= 1.0 => {
                self.unary(node, Op::Upsample { factor: h as usize })
            }
            _ => Err(node.fault("only whole factors of the nearest pixel (asymmetric, floor) are read")),
        }
    }

    /// To a vector, which here needs that nothing but channels is left.
    fn flatten(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let x = self.value(node, 0)?;
        match self.shape(&x) {
            [_] => self.alias(node, x),
            // A map of one pixel is its own mean.
            [_, 1, 1] => self.push(node, Op::GlobalAvgPool, vec![x]).map(drop),
            shape => Err(node.fault(format!("a value of shape {shape:?}; only of one pixel"))),
        }
    }
}

/// Sides (inputs, outputs) and numbers (outputs, inputs) of a matrix (inputs, outputs), or the other way round.
fn matrix(node: &NodeProto, weight: &Constant, transposed: bool) -> Result<((usize, usize), Vec<f32>), OnnxError> {
    let &[rows, columns] = weight.shape.as_slice() else {
        return Err(node.fault(format!("weights of shape {:?}", weight.shape)));
    };
    if transposed {
        return Ok(((columns, rows), weight.data.clone()));
    }
    let data = (0..rows * columns).map(|i| weight.data[i % rows * columns + i / rows]).collect();
    Ok(((rows, columns), data))
}
