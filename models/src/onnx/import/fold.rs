//! Operators whose operands are constants: mostly what graphs compute from shapes.

use super::super::OnnxError;
use super::super::attributes::{Constant, Numbers, extent};
use super::super::proto::NodeProto;
use super::Importer;
use super::value::{Value, View, axis_of};

/// The most numbers that are worked out at once, and in all for a file of no size; parameters are not made larger by what is
/// done to them.
pub(super) const MOST: usize = 1 << 24;

/// A constant read as a view of itself, so that rearranging constants and values is the same.
pub(super) fn gathered(constant: &Constant, view: &View) -> Constant {
    // Sides before an empty one would be walked for nothing.
    let is_empty = view.dims.iter().any(|dim| dim.size == 0);
    let mut places = if is_empty { Vec::new() } else { vec![view.offset] };
    for dim in &view.dims {
        places = places.iter().flat_map(|place| (0..dim.size).map(move |i| place + i * dim.stride)).collect();
    }
    let numbers = match &constant.numbers {
        Numbers::Floats(all) => Numbers::Floats(places.iter().map(|&i| all[i]).collect()),
        Numbers::Integers(all) => Numbers::Integers(places.iter().map(|&i| all[i]).collect()),
    };
    Constant { shape: view.sizes(), numbers }
}

impl Importer {
    /// The node's result if it follows from constants and shapes alone.
    pub(super) fn folded(&self, node: &NodeProto) -> Result<Option<Constant>, OnnxError> {
        if node.op_type == "Shape" {
            return self.shape_of(node).map(Some);
        }
        let mut operands = Vec::with_capacity(node.input.len());
        for i in (0..node.input.len()).filter(|i| !node.input[*i].is_empty()) {
            match self.constant(node, i) {
                Some(constant) => operands.push(constant),
                None => return Ok(None),
            }
        }
        let fault = || node.fault(format!("of constants {:?}", operands.iter().map(|c| &c.shape).collect::<Vec<_>>()));
        let result = match (node.op_type.as_str(), operands.as_slice()) {
            ("Constant", []) => constant_node(node)?,
            ("Identity", [x]) => (*x).clone(),
            ("Cast", [x]) => cast(x, node.int("to", 1)),
            ("Sqrt", [x]) => map(x, f32::sqrt),
            ("Neg", [x]) => binary(&integer(&[], 0), x, i64::checked_sub, |a, b| a - b).ok_or_else(fault)?,
            ("Add", [a, b]) => binary(a, b, i64::checked_add, |a, b| a + b).ok_or_else(fault)?,
            ("Sub", [a, b]) => binary(a, b, i64::checked_sub, |a, b| a - b).ok_or_else(fault)?,
            ("Mul", [a, b]) => binary(a, b, i64::checked_mul, |a, b| a * b).ok_or_else(fault)?,
            ("Div", [a, b]) => binary(a, b, i64::checked_div, |a, b| a / b).ok_or_else(fault)?,
            ("Mod", [a, b]) => binary(a, b, i64::checked_rem_euclid, |a, b| a % b).ok_or_else(fault)?,
            ("Pow", [a, b]) => {
                binary(a, b, |a, b| a.checked_pow(u32::try_from(b).ok()?), f32::powf).ok_or_else(fault)?
            }
            ("Equal", [a, b]) => {
                binary(a, b, |a, b| Some(i64::from(a == b)), |a, b| f32::from(u8::from(a.to_bits() == b.to_bits())))
                    .ok_or_else(fault)?
            }
            ("Where", [c, a, b]) => choose(c, a, b).ok_or_else(fault)?,
            ("ConstantOfShape", [sizes]) => constant_of_shape(node, sizes)?.ok_or_else(fault)?,
            ("Expand", [x, sizes]) => expanded(x, sizes).ok_or_else(fault)?,
            ("Concat", parts) => concat(parts, node.int("axis", 0)).ok_or_else(fault)?,
            ("Gather", [x, indices]) => gather(x, indices, node.int("axis", 0)).ok_or_else(fault)?,
            _ => return Ok(None),
        };
        Ok(Some(result))
    }

    fn shape_of(&self, node: &NodeProto) -> Result<Constant, OnnxError> {
        let sizes = match self.value(node, 0)? {
            Value::Constant(constant) => constant.shape.clone(),
            Value::View(view) | Value::Part(view, _) => view.sizes(),
            Value::Scores { .. } => return Err(node.fault("the shape of attention scores")),
        };
        let place = |name: &str, default: i64| {
            let place = node.int(name, default);
            let place = if place < 0 { place.saturating_add(sizes.len() as i64) } else { place };
            usize::try_from(place).unwrap_or(0).min(sizes.len())
        };
        let (start, end) = (place("start", 0), place("end", i64::MAX));
        let part = sizes.get(start..end).unwrap_or(&[]);
        let numbers = part.iter().map(|&size| size as i64).collect::<Vec<_>>();
        Ok(Constant { shape: vec![numbers.len()], numbers: Numbers::Integers(numbers) })
    }
}

fn integer(shape: &[usize], n: i64) -> Constant {
    Constant { shape: shape.to_vec(), numbers: Numbers::Integers(vec![n; shape.iter().product()]) }
}

fn constant_node(node: &NodeProto) -> Result<Constant, OnnxError> {
    if let Some(tensor) = node.attribute("value").and_then(|attribute| attribute.t.as_ref()) {
        return Constant::read(tensor);
    }
    let one = |numbers| Constant { shape: Vec::new(), numbers };
    let list = |n: usize, numbers| Constant { shape: vec![n], numbers };
    let given = ["value_int", "value_ints", "value_float"].into_iter().find_map(|name| node.attribute(name));
    match given {
        Some(a) if a.name == "value_int" => Ok(one(Numbers::Integers(vec![a.i]))),
        Some(a) if a.name == "value_ints" => Ok(list(a.ints.len(), Numbers::Integers(a.ints.clone()))),
        Some(a) => Ok(one(Numbers::Floats(vec![a.f]))),
        None => Err(node.fault("it holds no tensor")),
    }
}

/// Floats and integers are told apart; of each there is one width.
fn cast(x: &Constant, to: i64) -> Constant {
    const FLOATS: [i64; 4] = [1, 10, 11, 16];
    let is_float = FLOATS.contains(&to);
    let numbers = if is_float { Numbers::Floats(x.floats()) } else { Numbers::Integers(x.integers()) };
    Constant { shape: x.shape.clone(), numbers }
}

fn map(x: &Constant, f: impl Fn(f32) -> f32) -> Constant {
    Constant { shape: x.shape.clone(), numbers: Numbers::Floats(x.floats().into_iter().map(f).collect()) }
}

/// The shape of two of them after broadcasting.
pub(super) fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let side = |shape: &[usize], i: usize| (i + shape.len()).checked_sub(rank).map_or(1, |i| shape[i]);
    let sides = (0..rank).map(|i| match (side(a, i), side(b, i)) {
        (a, b) if a == b || b == 1 => Some(a),
        (1, b) => Some(b),
        _ => None,
    });
    sides.collect()
}

/// A constant in the shape that it is broadcast to.
pub(super) fn expand(x: &Constant, shape: &[usize]) -> Option<Constant> {
    let elements = extent(shape)?;
    if x.shape == shape {
        return Some(x.clone());
    }
    if elements > MOST || broadcast(&x.shape, shape)? != shape {
        return None;
    }
    let mut view = View::new("", &x.shape);
    while view.dims.len() < shape.len() {
        view.dims.insert(0, super::value::Dim { size: 1, stride: 0 });
    }
    view.dims.iter_mut().zip(shape).for_each(|(dim, &size)| dim.size = size);
    Some(gathered(x, &view))
}

fn expanded(x: &Constant, sizes: &Constant) -> Option<Constant> {
    let sizes: Option<Vec<usize>> = sizes.integers().into_iter().map(|n| usize::try_from(n).ok()).collect();
    expand(x, &broadcast(&x.shape, &sizes?)?)
}

fn binary(
    a: &Constant,
    b: &Constant,
    whole: impl Fn(i64, i64) -> Option<i64>,
    float: impl Fn(f32, f32) -> f32,
) -> Option<Constant> {
    let shape = broadcast(&a.shape, &b.shape)?;
    let (a, b) = (expand(a, &shape)?, expand(b, &shape)?);
    let numbers = match (&a.numbers, &b.numbers) {
        (Numbers::Integers(a), Numbers::Integers(b)) => {
            Numbers::Integers(a.iter().zip(b).map(|(a, b)| whole(*a, *b)).collect::<Option<_>>()?)
        }
        _ => Numbers::Floats(a.floats().into_iter().zip(b.floats()).map(|(a, b)| float(a, b)).collect()),
    };
    Some(Constant { shape, numbers })
}

fn choose(condition: &Constant, a: &Constant, b: &Constant) -> Option<Constant> {
    let shape = broadcast(&broadcast(&a.shape, &b.shape)?, &condition.shape)?;
    let (condition, a, b) = (expand(condition, &shape)?, expand(a, &shape)?, expand(b, &shape)?);
    let chosen = condition.integers().into_iter().zip(a.integers()).zip(b.integers());
    match (&a.numbers, &b.numbers) {
        (Numbers::Integers(_), Numbers::Integers(_)) => {
            let numbers = chosen.map(|((c, a), b)| if c == 0 { b } else { a }).collect();
            Some(Constant { shape, numbers: Numbers::Integers(numbers) })
        }
        _ => None,
    }
}

fn constant_of_shape(node: &NodeProto, sizes: &Constant) -> Result<Option<Constant>, OnnxError> {
    let value = match node.attribute("value").and_then(|attribute| attribute.t.as_ref()) {
        Some(tensor) => Constant::read(tensor)?,
        None => Constant { shape: vec![1], numbers: Numbers::Floats(vec![0.0]) },
    };
    let one = Constant { shape: Vec::new(), numbers: value.numbers };
    Ok(if one.numbers.len() == 1 { expanded(&one, sizes) } else { None })
}

fn concat(parts: &[&Constant], axis: i64) -> Option<Constant> {
    let first = parts.first()?;
    let axis = axis_of(axis, first.shape.len())?;
    let outer: usize = first.shape[..axis].iter().product();
    let mut shape = first.shape.clone();
    shape[axis] = 0;
    for part in parts {
        let fits = part.shape.len() == shape.len() && (0..shape.len()).all(|i| i == axis || part.shape[i] == shape[i]);
        if !fits {
            return None;
        }
        shape[axis] = shape[axis].checked_add(part.shape[axis])?;
    }
    if extent(&shape)? > MOST {
        return None;
    }
    let is_whole = parts.iter().all(|part| matches!(part.numbers, Numbers::Integers(_)));
    let numbers = if is_whole {
        Numbers::Integers(interleaved(outer, parts.iter().map(|part| part.integers())))
    } else {
        Numbers::Floats(interleaved(outer, parts.iter().map(|part| part.floats())))
    };
    Some(Constant { shape, numbers })
}

/// Of each part its `outer`-th share, again and again.
fn interleaved<T: Copy>(outer: usize, parts: impl Iterator<Item = Vec<T>>) -> Vec<T> {
    let parts: Vec<Vec<T>> = parts.collect();
    let share = |part: &[T], i: usize| part[part.len() / outer * i..part.len() / outer * (i + 1)].to_vec();
    (0..outer).flat_map(|i| parts.iter().flat_map(move |part| share(part, i))).collect()
}

/// One element of an axis, or several of the only one.
fn gather(x: &Constant, indices: &Constant, axis: i64) -> Option<Constant> {
    let axis = axis_of(axis, x.shape.len())?;
    let view = View::new("", &x.shape);
    if indices.shape.is_empty() {
        let index = axis_of(*indices.integers().first()?, x.shape[axis])?;
        let mut part = view.narrowed(axis, index, 1)?;
        part.dims.remove(axis);
        return Some(gathered(x, &part));
    }
    if x.shape.len() != 1 || indices.shape.len() != 1 || indices.numbers.len() > MOST {
        return None;
    }
    let places: Option<Vec<usize>> = indices.integers().into_iter().map(|i| axis_of(i, x.shape[0])).collect();
    let numbers = match &x.numbers {
        Numbers::Floats(all) => Numbers::Floats(places?.into_iter().map(|i| all[i]).collect()),
        Numbers::Integers(all) => Numbers::Integers(places?.into_iter().map(|i| all[i]).collect()),
    };
    Some(Constant { shape: indices.shape.clone(), numbers })
}
