//! Attention, which exporters write as a product of queries and keys, its softmax, and the product of that with values.

use super::super::OnnxError;
use super::super::proto::NodeProto;
use super::Importer;
use super::nodes::matrix;
use super::value::{Dim, Value, View, is_near};
use crate::net::Op;

impl Importer {
    pub(super) fn matmul(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        match (self.value(node, 0)?.clone(), self.value(node, 1)?.clone()) {
            (Value::View(x), Value::Constant(weight)) => {
                let (sides, data) = matrix(node, &weight, false)?;
                self.product(node, &x, sides, data, vec![0.0; sides.1])
            }
            (Value::View(queries), Value::View(keys)) => {
                self.set(node, Value::Scores { queries, keys, factor: 1.0, softmax: false })
            }
            (Value::Scores { queries, keys, factor, softmax: true }, Value::View(values)) => {
                let factor = factor * queries.factor * keys.factor;
                let context = self.attention(node, &queries, &keys, &values, factor)?;
                self.set(node, Value::View(context))
            }
            _ => Err(node.fault("a product that is neither by a constant nor a part of attention")),
        }
    }

    pub(super) fn softmax(&mut self, node: &NodeProto) -> Result<(), OnnxError> {
        match self.value(node, 0)?.clone() {
            Value::Scores { queries, keys, factor, softmax: false } => {
                let rank = queries.dims.len() as i64;
                if ![-1, rank - 1].contains(&node.int("axis", -1)) {
                    return Err(node.fault("another axis than that of the keys"));
                }
                self.set(node, Value::Scores { queries, keys, factor, softmax: true })
            }
            Value::View(x) => {
                if x.axis(node.int("axis", -1)) != x.dims.len().checked_sub(1) {
                    return Err(node.fault("another axis than the last"));
                }
                let rows = self.rows(node, &x)?;
                let name = self.push(node, Op::Softmax, vec![rows])?;
                self.set(node, Value::View(View::new(&name, &x.sizes())))
            }
            _ => Err(node.fault("of something that is no value")),
        }
    }

    /// The result (..., heads, T, width) of queries (..., heads, T, width), keys (..., heads, width, S) and values
    /// (..., heads, S, width).
    fn attention(
        &mut self,
        node: &NodeProto,
        queries: &View,
        keys: &View,
        values: &View,
        factor: f32,
    ) -> Result<View, OnnxError> {
        let all = (Self::heads(queries), Self::heads(keys), Self::heads(values));
        let (Some([heads, rows, width]), Some([k_heads, k_width, k_rows]), Some([v_heads, v_rows, v_width])) = all
        else {
            return Err(node.fault("queries, keys or values without heads, rows and features"));
        };
        let alike = heads.size == k_heads.size && heads.size == v_heads.size && k_rows.size == v_rows.size;
        if !alike || width.size != k_width.size || width.size != v_width.size {
            let sizes = [queries, keys, values].map(View::sizes);
            return Err(node.fault(format!("queries, keys and values of shapes {sizes:?}")));
        }
        let rank = queries.dims.len();
        // What is not the usual scale is one of the queries.
        let usual = 1.0 / (width.size as f32).sqrt();
        let scale = if is_near(factor, usual) { 1.0 } else { factor / usual };
        let queries = self.tokens(node, &View { factor: scale, ..queries.clone() }, [rows, heads, width])?;
        let keys = self.tokens(node, &View { factor: 1.0, ..keys.clone() }, [k_rows, k_heads, k_width])?;
        let values = self.tokens(node, values, [v_rows, v_heads, v_width])?;
        let name = self.push(node, Op::Attention { heads: heads.size }, vec![queries, keys, values])?;
        let context = View::new(&name, &[1, rows.size, heads.size, width.size]);
        let mut context = context.transposed(&[0, 2, 1, 3]).ok_or_else(|| node.fault("heads"))?;
        // As many dimensions as the queries have: of the batch and of a single head there need be none.
        let surplus = 4_usize.checked_sub(rank).ok_or_else(|| node.fault("more than four dimensions"))?;
        context.dims.drain(..surplus);
        Ok(context)
    }

    /// A value (T, heads * width).
    fn tokens(&mut self, node: &NodeProto, view: &View, dims: [Dim; 3]) -> Result<String, OnnxError> {
        let view = View { dims: dims.to_vec(), ..view.clone() };
        let value = self.in_order(node, &view)?;
        match self.shape(&value) {
            &[t, d] if t == dims[0].size && d == dims[1].size * dims[2].size => Ok(value),
            shape => Err(node.fault(format!("queries, keys or values of shape {shape:?} instead of tokens"))),
        }
    }
}
