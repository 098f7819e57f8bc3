//! Rows of the network's last layer.

use anyhow::{Context, Result};
use chameleon_models::resnet::HEAD;
use chameleon_models::zoo::ImageLabels;
use tch::{Kind, Tensor};

/// Affine maps from features to the logits of n labels.
#[derive(Debug)]
pub struct Head {
    /// (n, D).
    pub weight: Tensor,
    /// (n).
    pub bias: Tensor,
}

impl Head {
    /// The generic head of all labels.
    ///
    /// # Errors
    /// The network has none.
    pub fn generic(model: &ImageLabels) -> Result<Self> {
        let tensor = |suffix: &str| -> Result<Tensor> {
            let tensor = model.weights.get(&format!("{HEAD}.{suffix}")).context("the network's head")?;
            let shape: Vec<i64> = tensor.shape().iter().map(|&n| n as i64).collect();
            Ok(Tensor::from_slice(tensor.data()).reshape(shape))
        };
        Ok(Self { weight: tensor("weight")?, bias: tensor("bias")? })
    }

    /// The rows of some labels.
    #[must_use]
    pub fn rows(&self, labels: &[u16]) -> Self {
        let labels: Vec<i64> = labels.iter().map(|&label| i64::from(label)).collect();
        let labels = Tensor::from_slice(&labels);
        Self { weight: self.weight.index_select(0, &labels), bias: self.bias.index_select(0, &labels) }
    }

    /// A copy without history.
    #[must_use]
    pub fn snapshot(&self) -> Self {
        Self { weight: self.weight.detach().copy(), bias: self.bias.detach().copy() }
    }

    /// Logits (N, n) of features (N, D).
    pub fn forward(&self, features: &Tensor) -> Tensor {
        features.matmul(&self.weight.tr()) + &self.bias
    }

    /// Logits of features, as numbers.
    ///
    /// # Errors
    /// libtorch cannot hand them out.
    pub fn logits(&self, features: &Tensor) -> Result<Vec<f32>> {
        values(&tch::no_grad(|| self.forward(features)))
    }
}

/// All numbers of a tensor, row-major.
///
/// # Errors
/// libtorch cannot hand them out.
pub fn values(tensor: &Tensor) -> Result<Vec<f32>> {
    Ok(Vec::<f32>::try_from(tensor.detach().to_kind(Kind::Float).contiguous().reshape([-1]))?)
}
