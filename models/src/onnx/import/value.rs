//! What the names of a graph stand for while it is read.

use super::super::attributes::Constant;

/// What a name stands for.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Constant(Constant),
    View(View),
    /// A step of an operation that exporters write as several.
    Part(View, Part),
    /// Products of queries and keys, times a factor.
    Scores {
        queries: View,
        keys: View,
        factor: f32,
        /// Whether their softmax was taken.
        softmax: bool,
    },
}

/// Steps towards an operation on a value x. Those of layer normalization are of the last dimension.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Part {
    /// `scale * erf(x / sqrt(2)) + shift`.
    Erf {
        scale: f32,
        shift: f32,
    },
    /// x + 3.
    PlusThree,
    Mean,
    Centered,
    Squares,
    /// The mean of the squares of what is centered, plus eps.
    Variance {
        eps: f32,
    },
    Deviation {
        eps: f32,
    },
}

/// A dimension of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dim {
    pub(super) size: usize,
    /// Distance in the value; 0 for a size of one.
    pub(super) stride: usize,
}

/// The numbers of a network's value, or some of them, in another order, times a factor. The first dimension of most is
/// that of the batch, which is one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct View {
    /// A value of the network.
    pub(super) value: String,
    pub(super) dims: Vec<Dim>,
    pub(super) offset: usize,
    pub(super) factor: f32,
}

impl View {
    /// All numbers of a value in order.
    pub(super) fn new(value: &str, sizes: &[usize]) -> Self {
        let mut view = Self { value: value.to_owned(), dims: Vec::with_capacity(sizes.len()), offset: 0, factor: 1.0 };
        let mut stride = 1_usize;
        for &size in sizes.iter().rev() {
            view.dims.push(Dim { size, stride: if size == 1 { 0 } else { stride } });
            stride = stride.saturating_mul(size);
        }
        view.dims.reverse();
        view
    }

    pub(super) fn sizes(&self) -> Vec<usize> {
        self.dims.iter().map(|dim| dim.size).collect()
    }

    pub(super) fn len(&self) -> usize {
        // Beside an empty side the others can be of any length.
        self.dims.iter().fold(1_usize, |product, dim| product.saturating_mul(dim.size))
    }

    /// The dimensions that are longer than one.
    pub(super) fn long(&self) -> Vec<Dim> {
        self.dims.iter().copied().filter(|dim| dim.size != 1).collect()
    }

    /// An axis counted from the front, if it is there.
    pub(super) fn axis(&self, axis: i64) -> Option<usize> {
        axis_of(axis, self.dims.len())
    }

    pub(super) fn transposed(&self, order: &[usize]) -> Option<Self> {
        let mut seen = vec![false; self.dims.len()];
        for &axis in order {
            if std::mem::replace(seen.get_mut(axis)?, true) {
                return None;
            }
        }
        let whole = order.len() == self.dims.len();
        whole.then(|| Self { dims: order.iter().map(|&axis| self.dims[axis]).collect(), ..self.clone() })
    }

    /// Elements `first..first + size` of an axis.
    pub(super) fn narrowed(&self, axis: usize, first: usize, size: usize) -> Option<Self> {
        let dim = *self.dims.get(axis)?;
        if first.checked_add(size)? > dim.size {
            return None;
        }
        let mut view = self.clone();
        view.offset += first * dim.stride;
        view.dims[axis] = Dim { size, stride: if size == 1 { 0 } else { dim.stride } };
        Some(view)
    }

    /// The same numbers in other dimensions, if that is a view, too.
    pub(super) fn reshaped(&self, sizes: &[usize]) -> Option<Self> {
        let product = sizes.iter().try_fold(1_usize, |product, &size| product.checked_mul(size))?;
        if product != self.len() {
            return None;
        }
        if product == 0 {
            let dims = sizes.iter().map(|&size| Dim { size, stride: 0 }).collect();
            return Some(Self { dims, ..self.clone() });
        }
        // Dimensions that lie one within the other are one.
        let mut runs: Vec<Dim> = Vec::new();
        for dim in self.long() {
            match runs.last_mut() {
                Some(last) if last.stride == dim.size * dim.stride => {
                    *last = Dim { size: last.size * dim.size, stride: dim.stride };
                }
                _ => runs.push(dim),
            }
        }
        let mut dims = Vec::with_capacity(sizes.len());
        let mut run = Dim { size: 1, stride: 0 };
        for &size in sizes.iter().rev() {
            if size == 1 {
                dims.push(Dim { size: 1, stride: 0 });
                continue;
            }
            if run.size == 1 {
                run = runs.pop()?;
            }
            if !run.size.is_multiple_of(size) {
                return None;
            }
            dims.push(Dim { size, stride: run.stride });
            run = Dim { size: run.size / size, stride: run.stride * size };
        }
        dims.reverse();
        Some(Self { dims, ..self.clone() })
    }

    /// The same rearrangement of another value of the same shape.
    pub(super) fn of(&self, value: String) -> Self {
        Self { value, ..self.clone() }
    }

    pub(super) fn times(&self, factor: f32) -> Self {
        Self { factor: self.factor * factor, ..self.clone() }
    }
}

/// An axis counted from the front, of so many.
pub(super) fn axis_of(axis: i64, rank: usize) -> Option<usize> {
    let rank = i64::try_from(rank).ok()?;
    let axis = if axis < 0 { axis.checked_add(rank)? } else { axis };
    if axis < rank { usize::try_from(axis).ok() } else { None }
}

/// Whether two factors are the same but for rounding.
pub(super) fn is_near(a: f32, b: f32) -> bool {
    (a - b).abs() <= 1e-5 * b.abs().max(1e-5)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The places that a view reads, in order.
    fn places(view: &View) -> Vec<usize> {
        view.dims.iter().fold(vec![view.offset], |places, dim| {
            places.iter().flat_map(|place| (0..dim.size).map(move |i| place + i * dim.stride)).collect()
        })
    }

    proptest! {
        #[test]
        fn a_reshaped_view_reads_the_same_places(
            sizes in prop::collection::vec(1_usize..5, 1..5),
            order in Just((0..5_usize).collect::<Vec<_>>()).prop_shuffle(),
            to in prop::collection::vec(1_usize..9, 1..4),
        ) {
            let order: Vec<usize> = order.into_iter().filter(|axis| *axis < sizes.len()).collect();
            let view = View::new("x", &sizes).transposed(&order).unwrap();
            let mut to = to;
            let product: usize = to.iter().product();
            if view.len().is_multiple_of(product) {
                to.push(view.len() / product);
            }
            match view.reshaped(&to) {
                Some(reshaped) => {
                    prop_assert_eq!(reshaped.sizes(), to);
                    prop_assert_eq!(places(&reshaped), places(&view));
                }
                // In order, everything can be reshaped.
                None => prop_assert!(to.iter().product::<usize>() != view.len() || !order.is_sorted()),
            }
        }
    }
}
