//! The trainable rows of the head: free, or with a change of low rank.

use rand::Rng;
use tch::{Kind, Tensor, nn, no_grad};

use super::head::Head;

/// Rows under training.
pub(super) struct Rows {
    /// (n, D): trained itself, or what the low-rank change is added to.
    base: Tensor,
    /// (n, r) and (r, D): their product is the change (Hu et al. 2021).
    factors: Option<(Tensor, Tensor)>,
    /// (n).
    pub(super) bias: Tensor,
}

impl Rows {
    /// Rows that begin as `start`.
    pub(super) fn new(variables: &nn::VarStore, start: &Head, rank: Option<usize>, rng: &mut impl Rng) -> Self {
        let root = variables.root();
        let (weight, bias) = start.tensors();
        let (n, dim) = (start.bias.len(), start.dim());
        let bias = root.var_copy("bias", &bias);
        let Some(rank) = rank else {
            return Self { base: root.var_copy("weight", &weight), factors: None, bias };
        };
        // One factor begins at zero, so the rows begin as they are.
        let scale = (1.0 / dim.max(1) as f32).sqrt();
        let values: Vec<f32> = (0..rank * dim).map(|_| rng.random_range(-scale..=scale)).collect();
        let down = Tensor::from_slice(&values).reshape([rank as i64, dim as i64]);
        let up = Tensor::zeros([n as i64, rank as i64], (Kind::Float, bias.device()));
        Self { base: weight, factors: Some((root.var_copy("up", &up), root.var_copy("down", &down))), bias }
    }

    /// (n, D).
    pub(super) fn weight(&self) -> Tensor {
        match &self.factors {
            None => self.base.shallow_clone(),
            Some((up, down)) => &self.base + up.matmul(down),
        }
    }

    /// Weight decay towards the generic rows, decoupled from the gradient (Loshchilov & Hutter 2019). A low-rank change
    /// decays towards none.
    pub(super) fn pull(&mut self, (weight, bias): &(Tensor, Tensor), amount: f64) {
        no_grad(|| {
            let _ = self.bias.lerp_(bias, amount);
            match &mut self.factors {
                None => drop(self.base.lerp_(weight, amount)),
                Some((up, _)) => drop(up.g_mul_scalar_(1.0 - amount)),
            }
        });
    }
}
