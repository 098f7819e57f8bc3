//! Rows of the network's last layer.

use anyhow::{Context, Result, ensure};
use chameleon_models::zoo::Generic;
use tch::{Kind, Tensor};

/// Affine maps from features to the logits of n labels. Plain numbers, so that threads can share them.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// (n, D), row-major.
    pub weight: Vec<f32>,
    /// (n).
    pub bias: Vec<f32>,
}

impl Head {
    /// The generic head of all labels.
    ///
    /// # Errors
    /// The network has none.
    pub fn generic(model: &dyn Generic) -> Result<Self> {
        let head = model.head().context("the network's head")?;
        Ok(Self { weight: head.weight, bias: head.bias })
    }

    /// D.
    pub fn dim(&self) -> usize {
        self.weight.len() / self.bias.len().max(1)
    }

    /// Root mean square of the weights; 1 where all are zero, as there is nothing to be relative to.
    pub fn scale(&self) -> f64 {
        let squares: f64 = self.weight.iter().map(|&w| f64::from(w).powi(2)).sum();
        let scale = (squares / self.weight.len().max(1) as f64).sqrt();
        if scale > 0.0 { scale } else { 1.0 }
    }

    /// The rows of some labels.
    ///
    /// # Panics
    /// There is no such row.
    #[must_use]
    pub fn rows(&self, labels: &[u16]) -> Self {
        let dim = self.dim();
        let row = |&label: &u16| &self.weight[usize::from(label) * dim..][..dim];
        Self {
            weight: labels.iter().flat_map(row).copied().collect(),
            bias: labels.iter().map(|&label| self.bias[usize::from(label)]).collect(),
        }
    }

    /// The mean of several heads of the same labels: its logits are the mean of theirs (Wortsman et al. 2022).
    ///
    /// # Errors
    /// There are none, or their shapes differ.
    pub fn mean(heads: &[&Self]) -> Result<Self> {
        let first = heads.first().context("the mean of no heads")?;
        let alike =
            heads.iter().all(|head| head.weight.len() == first.weight.len() && head.bias.len() == first.bias.len());
        ensure!(alike, "heads of different shapes have no mean");
        let mean = |part: fn(&Self) -> &Vec<f32>| {
            let at = |i: usize| heads.iter().map(|head| part(head)[i]).sum::<f32>() / heads.len() as f32;
            (0..part(first).len()).map(at).collect()
        };
        Ok(Self { weight: mean(|head| &head.weight), bias: mean(|head| &head.bias) })
    }

    /// As tensors: (n, D) and (n).
    pub fn tensors(&self) -> (Tensor, Tensor) {
        let shape = [self.bias.len() as i64, self.dim() as i64];
        (Tensor::from_slice(&self.weight).reshape(shape), Tensor::from_slice(&self.bias))
    }

    /// The numbers of two tensors.
    ///
    /// # Errors
    /// libtorch cannot hand them out.
    pub fn of_tensors(weight: &Tensor, bias: &Tensor) -> Result<Self> {
        Ok(Self { weight: values(weight)?, bias: values(bias)? })
    }

    /// Logits of the candidates that count, row-major: (N, R * n), see [`affine`].
    ///
    /// # Errors
    /// libtorch cannot hand them out.
    pub fn logits(&self, features: &Features) -> Result<Vec<f32>> {
        let (weight, bias) = self.tensors();
        values(&tch::no_grad(|| affine(features, &weight, &bias)))
    }
}

/// What a head reads of N images.
pub struct Features {
    /// (N, K, D): K candidates of each.
    pub values: Tensor,
    /// R, how many of its best candidates an image has logits of for each label.
    pub ranks: usize,
    /// (N, K, 1): where an image has fewer candidates than others, true; none where that makes no difference.
    pub absent: Option<Tensor>,
}

impl From<Tensor> for Features {
    /// Features (N, K, D) of which the best candidate counts.
    fn from(values: Tensor) -> Self {
        Self { values, ranks: 1, absent: None }
    }
}

/// The logit of a candidate that is not there: nothing shifts it to where it is seen, and its sigmoid is a number.
const ABSENT: f64 = -1e4;

/// `features weight^T + bias`, for each image and label the R largest over its candidates, descending: (N, K, D) to
/// (N, R * n), all labels' largest first, then all labels' second, and so on. Where R is 1: an object is in an image
/// where one of its candidates is one. Else there are as many as candidates are.
pub fn affine(features: &Features, weight: &Tensor, bias: &Tensor) -> Tensor {
    let logits = features.values.matmul(&weight.tr()) + bias; // (N, K, n)
    if features.ranks > 1 {
        let logits = match &features.absent {
            Some(absent) => logits.masked_fill(absent, ABSENT),
            None => logits,
        };
        return logits.topk(features.ranks as i64, 1, true, true).0.flatten(1, 2);
    }
    if logits.size()[1] == 1 { logits.squeeze_dim(1) } else { logits.amax([1i64].as_slice(), false) }
}

/// All numbers of a tensor, row-major.
///
/// # Errors
/// libtorch cannot hand them out.
pub fn values(tensor: &Tensor) -> Result<Vec<f32>> {
    Ok(Vec::<f32>::try_from(tensor.detach().to_kind(Kind::Float).contiguous().reshape([-1]))?)
}
