//! Sums, products and quotients: of values, or with constants, which are folded into the parameters of what is before.

use super::super::OnnxError;
use super::super::attributes::Constant;
use super::super::proto::NodeProto;
use super::Importer;
use super::fold::{broadcast, expand};
use super::value::{Part, Value, View, is_near};
use crate::net::Op;

impl Importer {
    pub(super) fn add(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let Some((value, constant)) = self.with_constant(node)? else {
            let sum = self.of_two(node, Op::Add)?;
            return self.set(node, Value::View(sum));
        };
        match (value, constant.scalar()) {
            (Value::Part(x, Part::Erf { scale, shift }), Some(c)) => {
                self.set(node, Value::Part(x, Part::Erf { scale, shift: shift + c }))
            }
            (Value::Part(x, Part::Variance { eps }), Some(c)) => {
                self.set(node, Value::Part(x, Part::Variance { eps: eps + c }))
            }
            (Value::View(x), Some(c)) if is_near(c, 3.0) && is_near(x.factor, 1.0) => {
                self.set(node, Value::Part(x, Part::PlusThree))
            }
            (Value::View(x), _) => self.add_constant(node, &x, &constant),
            _ => Err(node.fault("a constant is added to a part of an operation that is not known")),
        }
    }

    /// A constant added: into the bias of what is before, else as numbers of their own for every token.
    fn add_constant(&mut self, node: &NodeProto, x: &View, constant: &Constant) -> Result<(), OnnxError> {
        let x = self.without_factor(node, x)?;
        if let Some(shifts) = per_output(&x, self.shape(&x.value), constant)
            && let Some(value) = self.shifted(node, &x.value, &shifts)?
        {
            return self.set(node, Value::View(x.of(value)));
        }
        let sizes = x.sizes();
        let fault = || node.fault(format!("a constant of shape {:?} added to a value of {sizes:?}", constant.shape));
        let rows = self.rows(node, &x)?;
        let &[tokens, features] = self.shape(&rows) else { return Err(fault()) };
        let numbers = expand(constant, &sizes).ok_or_else(fault)?.floats();
        let name = self.push(node, Op::Offset { tokens, features }, vec![rows])?;
        self.parameter(&name, "value", vec![tokens, features], numbers)?;
        self.set(node, Value::View(View::new(&name, &sizes)))
    }

    pub(super) fn sub(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        match (self.value(node, 0)?, self.value(node, 1)?) {
            (Value::View(x), Value::Part(y, Part::Mean)) if x == y => {
                let x = x.clone();
                self.set(node, Value::Part(x, Part::Centered))
            }
            _ => Err(node.fault("a difference that is no part of layer normalization")),
        }
    }

    pub(super) fn mul(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let Some((value, constant)) = self.with_constant(node)? else { return self.mul_values(node) };
        match (value, constant.scalar()) {
            (Value::View(x), Some(c)) => self.set(node, Value::View(x.times(c))),
            (Value::Part(x, Part::Erf { scale, shift }), Some(c)) => {
                self.set(node, Value::Part(x, Part::Erf { scale: scale * c, shift: shift * c }))
            }
            (Value::Scores { queries, keys, factor, softmax: false }, Some(c)) => {
                self.set(node, Value::Scores { queries, keys, factor: factor * c, softmax: false })
            }
            (Value::View(x), None) => {
                let x = self.without_factor(node, &x)?;
                let factors = per_output(&x, self.shape(&x.value), &constant);
                let fault = || node.fault(format!("a constant of shape {:?} that is not folded", constant.shape));
                let factors = factors.ok_or_else(fault)?;
                let value = self.scaled(node, &x.value, &|i| factors[i])?.ok_or_else(fault)?;
                self.set(node, Value::View(x.of(value)))
            }
            _ => Err(node.fault("a part of an operation that is not known, times a constant")),
        }
    }

    fn mul_values(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        match (self.value(node, 0)?.clone(), self.value(node, 1)?.clone()) {
            // x (a erf(x / sqrt 2) + a) is 2 a GELU(x).
            (Value::View(x), Value::Part(y, Part::Erf { scale, shift }))
            | (Value::Part(y, Part::Erf { scale, shift }), Value::View(x)) => {
                let factor = x.factor / y.factor;
                let same = View { factor: 1.0, ..x.clone() } == View { factor: 1.0, ..y.clone() };
                if !same || !is_near(scale, shift) {
                    return Err(node.fault("a product with erf that is not GELU"));
                }
                let gelu = self.each(node, &y, Op::Gelu)?;
                self.set(node, Value::View(gelu.times(2.0 * scale * factor)))
            }
            (Value::Part(x, Part::Centered), Value::Part(y, Part::Centered)) if x == y => {
                self.set(node, Value::Part(x, Part::Squares))
            }
            (Value::View(a), Value::View(b)) if a.len() == b.len() => {
                let factor = a.factor * b.factor;
                let [a, b] = [a, b].map(|view| View { factor: 1.0, ..view });
                let product = self.of_views(node, Op::Mul, &a, &b)?;
                self.set(node, Value::View(product.times(factor)))
            }
            (Value::View(a), Value::View(b)) => {
                let (map, factors) = if a.len() > b.len() { (a, b) } else { (b, a) };
                self.mul_channels(node, &map, &factors)
            }
            _ => Err(node.fault("a product of parts of operations that are not known")),
        }
    }

    /// A map with a factor for each channel.
    fn mul_channels(&mut self, node: &NodeProto, map: &View, factors: &View) -> Result<(), OnnxError> {
        let factor = map.factor * factors.factor;
        let [map, factors] = [map, factors].map(|view| View { factor: 1.0, ..view.clone() });
        if factors.sizes() != [1, map.sizes().get(1).copied().unwrap_or(0), 1, 1] {
            return Err(node.fault(format!("a product of shapes {:?} and {:?}", map.sizes(), factors.sizes())));
        }
        let inputs = vec![self.map(node, &map)?, self.vector(node, &factors)?];
        let name = self.push(node, Op::Mul, inputs)?;
        let sizes = map.sizes();
        self.set(node, Value::View(View::new(&name, &sizes).times(factor)))
    }

    pub(super) fn div(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        match (self.value(node, 0)?.clone(), self.value(node, 1)?.clone()) {
            (value, Value::Constant(constant)) => {
                let divisor = constant.scalar().filter(|c| c.is_normal());
                let c = 1.0 / divisor.ok_or_else(|| node.fault("a division by more than one number, or by zero"))?;
                match value {
                    Value::View(x) => self.set(node, Value::View(x.times(c))),
                    Value::Scores { queries, keys, factor, softmax: false } => {
                        self.set(node, Value::Scores { queries, keys, factor: factor * c, softmax: false })
                    }
                    _ => Err(node.fault("a part of an operation that is not known, divided")),
                }
            }
            (Value::Part(x, Part::Centered), Value::Part(y, Part::Deviation { eps })) if x == y => {
                let features = x.dims.last().map_or(0, |dim| dim.size);
                let (ones, zeros) = (vec![1.0; features], vec![0.0; features]);
                let normalized = self.normalized(node, &x, f64::from(eps), ones, zeros)?;
                self.set(node, Value::View(normalized))
            }
            _ => Err(node.fault("a quotient that is no part of layer normalization")),
        }
    }

    pub(super) fn pow(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let exponent = self.constant(node, 1).and_then(Constant::scalar);
        match (self.value(node, 0)?.clone(), exponent) {
            (Value::Part(x, Part::Centered), Some(exponent)) if is_near(exponent, 2.0) => {
                self.set(node, Value::Part(x, Part::Squares))
            }
            _ => Err(node.fault("a power that is no part of layer normalization")),
        }
    }

    pub(super) fn sqrt(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        match self.value(node, 0)?.clone() {
            Value::Part(x, Part::Variance { eps }) => self.set(node, Value::Part(x, Part::Deviation { eps })),
            _ => Err(node.fault("a root that is no part of layer normalization")),
        }
    }

    pub(super) fn mean_of_features(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        match self.value(node, 0)?.clone() {
            Value::View(x) => self.set(node, Value::Part(x, Part::Mean)),
            Value::Part(x, Part::Squares) => self.set(node, Value::Part(x, Part::Variance { eps: 0.0 })),
            _ => Err(node.fault("a mean that is no part of layer normalization")),
        }
    }

    pub(super) fn erf(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let x = self.view(node, 0)?;
        // The function's argument is x / sqrt(2).
        let x = x.times(std::f32::consts::SQRT_2);
        if !is_near(x.factor, 1.0) {
            return Err(node.fault("erf of something else than x / sqrt(2)"));
        }
        self.set(node, Value::Part(View { factor: 1.0, ..x }, Part::Erf { scale: 1.0, shift: 0.0 }))
    }

    /// The operand that is no constant, and the one that is.
    fn with_constant(&self, node: &NodeProto) -> Result<Option<(Value, Constant)>, OnnxError> {
        Ok(match (self.value(node, 0)?, self.value(node, 1)?) {
            (value, Value::Constant(constant)) | (Value::Constant(constant), value) => {
                Some((value.clone(), constant.clone()))
            }
            _ => None,
        })
    }

    fn of_two(&mut self, node: &NodeProto, op: Op) -> Result<View, OnnxError> {
        let (a, b) = (self.view(node, 0)?, self.view(node, 1)?);
        self.of_views(node, op, &a, &b)
    }

    /// An operation on the numbers of two values in pairs.
    fn of_views(&mut self, node: &NodeProto, op: Op, a: &View, b: &View) -> Result<View, OnnxError> {
        let sizes = broadcast(&a.sizes(), &b.sizes()).filter(|sizes| {
            let elements = sizes.iter().try_fold(1_usize, |product, &side| product.checked_mul(side));
            elements == Some(a.len()) && elements == Some(b.len())
        });
        let fault = || node.fault(format!("of shapes {:?} and {:?}", a.sizes(), b.sizes()));
        let sizes = sizes.ok_or_else(fault)?;
        let (a, b) = (self.without_factor(node, a)?, self.without_factor(node, b)?);
        // Values that are rearranged alike need not be put in order.
        if a.long() == b.long() && a.offset == b.offset && self.shape(&a.value) == self.shape(&b.value) {
            let view = a.reshaped(&sizes).ok_or_else(fault)?;
            let value = self.push(node, op, vec![a.value, b.value])?;
            return Ok(view.of(value));
        }
        let inputs = vec![self.in_order(node, &a)?, self.in_order(node, &b)?];
        let value = self.push(node, op, inputs)?;
        Ok(View::new(&value, &sizes))
    }

    /// The value of a node like that of `value`, its outputs multiplied by factors. `None` if it has no parameters that
    /// these could be folded into.
    pub(super) fn scaled(
        &mut self,
        node: &NodeProto,
        value: &str,
        factor: &dyn Fn(usize) -> f32,
    ) -> Result<Option<String>, OnnxError> {
        self.changed(node, value, &|suffix, row, number| match suffix {
            "weight" | "bias" => number * factor(row),
            _ => number,
        })
    }

    /// As [`Importer::scaled`], for numbers added.
    fn shifted(&mut self, node: &NodeProto, value: &str, shifts: &[f32]) -> Result<Option<String>, OnnxError> {
        self.changed(node, value, &|suffix, row, number| if suffix == "bias" { number + shifts[row] } else { number })
    }

    /// A copy of a node with other parameters; the old one goes in the end unless something else reads it.
    fn changed(
        &mut self,
        from: &NodeProto,
        value: &str,
        change: &dyn Fn(&str, usize, f32) -> f32,
    ) -> Result<Option<String>, OnnxError> {
        let Some(&place) = self.places.get(value) else { return Ok(None) };
        let old = self.network.nodes[place].clone();
        let (mut op, outputs) = match old.op {
            Op::Conv2d { c_out, .. } => (old.op.clone(), c_out),
            Op::Linear { d_out, .. } => (old.op.clone(), d_out),
            Op::LayerNorm { features, .. } => (old.op.clone(), features),
            Op::BatchNorm2d { channels, .. } => (old.op.clone(), channels),
            _ => return Ok(None),
        };
        let had_bias = !matches!(op, Op::Conv2d { bias: false, .. });
        if let Op::Conv2d { bias, .. } = &mut op {
            *bias = true;
        }
        let suffixes: &[&str] = match op {
            Op::BatchNorm2d { .. } => &["weight", "bias", "running_mean", "running_var"],
            _ => &["weight", "bias"],
        };
        let name = self.push(from, op, old.inputs)?;
        for suffix in suffixes {
            let (shape, data) = if *suffix == "bias" && !had_bias {
                (vec![outputs], vec![0.0; outputs])
            } else {
                let tensor = self.weights.get(&format!("{value}.{suffix}"))?;
                (tensor.shape().to_vec(), tensor.data().to_vec())
            };
            let depth = (data.len() / outputs.max(1)).max(1);
            let data = data.iter().enumerate().map(|(i, n)| change(suffix, i / depth, *n)).collect();
            self.parameter(&name, suffix, shape, data)?;
        }
        Ok(Some(name))
    }
}

/// A constant as a number for each output of what makes a value in order: a channel of (1, C, H, W), else a feature of
/// the last dimension.
fn per_output(x: &View, shape: &[usize], constant: &Constant) -> Option<Vec<f32>> {
    let outputs = if shape.len() == 3 { *shape.first()? } else { *shape.last()? };
    let sizes = x.sizes();
    if x.offset != 0 || x.long() != View::new("", shape).long() {
        return None;
    }
    if constant.numbers.len() == 1 {
        return Some(vec![constant.scalar()?; outputs]);
    }
    // The outputs' dimension counted from behind; all others of the constant are one.
    let behind = if shape.len() == 3 { 3 } else { 1 };
    let is_there = sizes.len() >= behind && sizes[sizes.len() - behind] == outputs;
    let own = constant.shape.len().checked_sub(behind)?;
    let is_alone = constant.shape.iter().enumerate().all(|(i, &side)| side == 1 || i == own);
    (is_there && is_alone && constant.numbers.len() == outputs).then(|| constant.floats())
}
