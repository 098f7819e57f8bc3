//! Operators that rearrange numbers, and the way back: the node that makes the numbers of a view in order.

use super::super::OnnxError;
use super::super::attributes::Constant;
use super::super::proto::NodeProto;
use super::Importer;
use super::fold::gathered;
use super::value::{Dim, Value, View, axis_of, is_near};
use crate::net::{Op, Shape};

impl Importer {
    /// Operators that make a view of their first input, be it a constant or not.
    pub(super) fn rearrange(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        let constant = self.constant(node, 0).cloned();
        let x = match &constant {
            Some(constant) => View::new("", &constant.shape),
            None => self.view(node, 0)?,
        };
        let parts = self.rearranged(node, &x)?;
        for (output, part) in node.output.iter().zip(parts) {
            let value = match &constant {
                Some(constant) => Value::Constant(gathered(constant, &part)),
                None => Value::View(part),
            };
            self.bind(output, value)?;
        }
        Ok(())
    }

    fn rearranged(&self, node: &NodeProto, x: &View) -> Result<Vec<View>, OnnxError> {
        let sizes = x.sizes();
        let fault = || node.fault(format!("of a value of shape {sizes:?}; only what rearranges its numbers is read"));
        let one = match node.op_type.as_str() {
            "Transpose" => {
                let reversed: Vec<i64> = (0..sizes.len() as i64).rev().collect();
                let order = if node.ints("perm").is_empty() { &reversed } else { node.ints("perm") };
                let order: Option<Vec<usize>> = order.iter().map(|&axis| x.axis(axis)).collect();
                order.and_then(|order| x.transposed(&order))
            }
            "Reshape" => {
                let target = self.needed(node, 1)?.integers();
                reshape_sizes(&sizes, &target, node.int("allowzero", 0) != 0).and_then(|sizes| x.reshaped(&sizes))
            }
            "Flatten" => axis_of(node.int("axis", 1), sizes.len() + 1).and_then(|axis| {
                let product = |sizes: &[usize]| sizes.iter().fold(1_usize, |all, &side| all.saturating_mul(side));
                x.reshaped(&[product(&sizes[..axis]), product(&sizes[axis..])])
            }),
            "Squeeze" => self.squeezed(node, x),
            "Unsqueeze" => self.integers(node, "axes", 1).and_then(|axes| unsqueezed(x, &axes)),
            "Gather" => self.selected(node, x),
            "Slice" => self.sliced(node, x),
            "Split" => return self.split(node, x).ok_or_else(fault),
            _ => None,
        };
        Ok(vec![one.ok_or_else(fault)?])
    }

    fn squeezed(&self, node: &NodeProto, x: &View) -> Option<View> {
        let axes: Vec<usize> = match self.integers(node, "axes", 1) {
            Some(axes) => axes.into_iter().map(|axis| x.axis(axis)).collect::<Option<_>>()?,
            None => (0..x.dims.len()).filter(|&axis| x.dims[axis].size == 1).collect(),
        };
        let kept = x.dims.iter().enumerate().filter(|(axis, _)| !axes.contains(axis));
        let view = View { dims: kept.map(|(_, dim)| *dim).collect(), ..x.clone() };
        axes.iter().all(|&axis| x.dims[axis].size == 1).then_some(view)
    }

    /// One element of an axis.
    fn selected(&self, node: &NodeProto, x: &View) -> Option<View> {
        let axis = x.axis(node.int("axis", 0))?;
        let indices = self.constant(node, 1)?;
        let [index] = indices.integers()[..] else { return None };
        let mut part = x.narrowed(axis, axis_of(index, x.dims[axis].size)?, 1)?;
        if indices.shape.is_empty() {
            part.dims.remove(axis);
        }
        Some(part)
    }

    /// Ranges of some axes.
    fn sliced(&self, node: &NodeProto, x: &View) -> Option<View> {
        let starts = self.integers(node, "starts", 1)?;
        let ends = self.integers(node, "ends", 2)?;
        let axes = self.integers(node, "axes", 3).unwrap_or_else(|| (0..starts.len() as i64).collect());
        let steps = self.constant(node, 4).map_or_else(|| vec![1; starts.len()], Constant::integers);
        let fits = ends.len() == starts.len() && axes.len() == starts.len() && steps.iter().all(|&step| step == 1);
        if !fits {
            return None;
        }
        let mut view = x.clone();
        for ((axis, start), end) in axes.into_iter().zip(starts).zip(ends) {
            let axis = x.axis(axis)?;
            let size = i64::try_from(view.dims[axis].size).ok()?;
            let place = |i: i64| if i < 0 { i.saturating_add(size).max(0) } else { i.min(size) };
            let (first, last) = (usize::try_from(place(start)).ok()?, usize::try_from(place(end)).ok()?);
            view = view.narrowed(axis, first, last.checked_sub(first)?)?;
        }
        Some(view)
    }

    fn split(&self, node: &NodeProto, x: &View) -> Option<Vec<View>> {
        let axis = x.axis(node.int("axis", 0))?;
        let size = x.dims[axis].size;
        let sizes = self.integers(node, "split", 1).unwrap_or_else(|| {
            let part = size.div_ceil(node.output.len().max(1));
            (0..node.output.len()).map(|i| part.min(size.saturating_sub(i * part)) as i64).collect()
        });
        let mut first = 0_usize;
        let mut parts = Vec::with_capacity(sizes.len());
        for size in sizes {
            let size = usize::try_from(size).ok()?;
            parts.push(x.narrowed(axis, first, size)?);
            first += size;
        }
        (first == size && parts.len() == node.output.len()).then_some(parts)
    }

    /// A value that holds the numbers of a view in order: as (C, H, W), (T, D) or (D), whichever it is.
    pub(super) fn in_order(&mut self, node: &NodeProto, view: &View) -> Result<String, OnnxError> {
        let view = self.without_factor(node, view)?;
        let shape = self.shape(&view.value).to_vec();
        let (long, whole) = (view.long(), View::new("", &shape).long());
        if view.offset == 0 && long == whole {
            return Ok(view.value);
        }
        // Sides that lie one within the other are the same numbers in the same order.
        if view.offset == 0 && view.len() == shape.iter().product::<usize>() {
            let flat = [view.len()];
            let is_flat = view.reshaped(&flat).is_some_and(|view| view.long() == View::new("", &flat).long());
            if is_flat && shape.len() < 3 {
                return Ok(view.value);
            }
        }
        match (shape.as_slice(), long.as_slice()) {
            (&[c, h, w], _) if is_pixels_first(&view, c, h * w) => self.push(node, Op::Tokens, vec![view.value]),
            (&[_, d], [Dim { stride: 1, size }]) if *size == d && view.offset.is_multiple_of(d) => {
                self.push(node, Op::SelectToken { index: view.offset / d }, vec![view.value])
            }
            _ => self.linear_part(node, &view, &shape),
        }
    }

    /// Some outputs of a linear map, as one of those outputs only.
    fn linear_part(&mut self, node: &NodeProto, view: &View, shape: &Shape) -> Result<String, OnnxError> {
        let fault = || {
            let sizes = view.sizes();
            node.fault(format!("reads {sizes:?} numbers of a value of shape {shape:?} in an order that is not known"))
        };
        let linear = self.places.get(&view.value).map(|&place| self.network.nodes[place].clone());
        let linear = linear.filter(|linear| matches!(linear.op, Op::Linear { .. })).ok_or_else(fault)?;
        let Op::Linear { d_in, d_out } = linear.op else { return Err(fault()) };
        let mut long = view.long();
        if let [t, _] = *shape.as_slice()
            && t > 1
        {
            if long.first() != Some(&Dim { size: t, stride: d_out }) {
                return Err(fault());
            }
            long.remove(0);
        }
        let mut rows = vec![view.offset];
        for dim in &long {
            rows = rows.iter().flat_map(|row| (0..dim.size).map(move |i| row + i * dim.stride)).collect();
        }
        if rows.iter().any(|&row| row >= d_out) {
            return Err(fault());
        }
        let get = |suffix: &str| Ok::<_, OnnxError>(self.weights.get(&format!("{}.{suffix}", view.value))?.data());
        let (weight, bias) = (get("weight")?, get("bias")?);
        let part_weight = rows.iter().flat_map(|&row| weight[row * d_in..(row + 1) * d_in].to_vec()).collect();
        let part_bias = rows.iter().map(|&row| bias[row]).collect();
        let name = self.push(node, Op::Linear { d_in, d_out: rows.len() }, linear.inputs)?;
        self.parameter(&name, "weight", vec![rows.len(), d_in], part_weight)?;
        self.parameter(&name, "bias", vec![rows.len()], part_bias)?;
        Ok(name)
    }

    /// The view with its factor folded into the parameters of what makes it.
    pub(super) fn without_factor(&mut self, node: &NodeProto, view: &View) -> Result<View, OnnxError> {
        if is_near(view.factor, 1.0) {
            return Ok(View { factor: 1.0, ..view.clone() });
        }
        let fault = || node.fault(format!("a factor of {} that is not known what for", view.factor));
        let name = self.scaled(node, &view.value, &|_| view.factor)?.ok_or_else(fault)?;
        Ok(View { value: name, factor: 1.0, ..view.clone() })
    }

    /// A vector (D); a map of one pixel is one, too.
    pub(super) fn vector(&mut self, node: &NodeProto, view: &View) -> Result<String, OnnxError> {
        let value = self.in_order(node, view)?;
        match self.shape(&value) {
            // A map of one pixel is its own mean.
            [_, 1, 1] => self.push(node, Op::GlobalAvgPool, vec![value]),
            [_] => Ok(value),
            [1, _] => self.push(node, Op::SelectToken { index: 0 }, vec![value]),
            shape => Err(node.fault(format!("needs a vector, not a value of shape {shape:?}"))),
        }
    }

    /// Rows of features, (T, D) or one of them, (D).
    pub(super) fn rows(&mut self, node: &NodeProto, view: &View) -> Result<String, OnnxError> {
        let features = view.dims.last().map_or(1, |dim| dim.size);
        if view.len() == features {
            return self.vector(node, view);
        }
        let flat = view.reshaped(&[view.len() / features.max(1), features]);
        let value = self.in_order(node, flat.as_ref().unwrap_or(view))?;
        match self.shape(&value) {
            [_, d] if *d == features => Ok(value),
            shape => Err(node.fault(format!("needs rows of {features} features, not a value of shape {shape:?}"))),
        }
    }

    /// A map (C, H, W).
    pub(super) fn map(&mut self, node: &NodeProto, view: &View) -> Result<String, OnnxError> {
        let value = self.in_order(node, view)?;
        let sizes = view.sizes();
        if sizes.len() == 4 && sizes[1..] == *self.shape(&value) {
            Ok(value)
        } else {
            Err(node.fault(format!("needs a batch of images, not a value of shape {sizes:?}")))
        }
    }
}

/// Whether a view of (C, pixels) goes through the pixels and for each through the channels.
fn is_pixels_first(view: &View, channels: usize, pixels: usize) -> bool {
    let expected = View::new("", &[channels, pixels]).transposed(&[1, 0]);
    view.offset == 0 && view.reshaped(&[pixels, channels]).map(|view| view.long()) == expected.map(|view| view.long())
}

fn unsqueezed(x: &View, axes: &[i64]) -> Option<View> {
    let rank = x.dims.len().checked_add(axes.len())?;
    let mut axes: Vec<usize> = axes.iter().map(|&axis| axis_of(axis, rank)).collect::<Option<_>>()?;
    axes.sort_unstable();
    let mut view = x.clone();
    for axis in axes {
        if axis > view.dims.len() {
            return None;
        }
        view.dims.insert(axis, Dim { size: 1, stride: 0 });
    }
    Some(view)
}

/// Sizes of which 0 stands for the old one and -1 for what is left.
fn reshape_sizes(old: &[usize], target: &[i64], allow_zero: bool) -> Option<Vec<usize>> {
    let mut sizes = Vec::with_capacity(target.len());
    for (i, &size) in target.iter().enumerate() {
        sizes.push(match size {
            0 if !allow_zero => *old.get(i)?,
            -1 => 1,
            size => usize::try_from(size).ok()?,
        });
    }
    let known = sizes.iter().try_fold(1_usize, |product, &size| product.checked_mul(size))?;
    let mut open = target.iter().enumerate().filter(|(_, size)| **size == -1).map(|(i, _)| i);
    if let Some(i) = open.next() {
        sizes[i] = old.iter().product::<usize>().checked_div(known)?;
    }
    if open.next().is_some() { None } else { Some(sizes) }
}
