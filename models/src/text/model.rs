//! A network of texts with its parameters and its outputs' names, read from bytes that are not trusted.
//!
//! The weights file is safetensors: `ids` U64 (V), the numbers of the dictionary's n-grams, and the tensors of
//! [`TextNetwork::parameters`] in f16, bf16 or f32.

use safetensors::{Dtype, SafeTensors};

use super::chain::Chain;
use super::encoder::{Encoder, EncoderError};
use super::network::{TextInput, TextNetwork, TextNetworkError};
use crate::app::AppModel;
use crate::head::Head;
use crate::weights::{self, Precision, Weights, WeightsError, decode};

/// Name of the tensor of the dictionary.
pub const IDS: &str = "ids";
/// Name of the head's matrix, (L, D).
pub const HEAD_WEIGHT: &str = "head.weight";
/// Name of the head's bias, (L).
pub const HEAD_BIAS: &str = "head.bias";

/// A network ready to run. Many threads may use it at once.
#[derive(Clone, Debug, PartialEq)]
pub struct TextNet {
    /// Its description.
    pub network: TextNetwork,
    /// Everything before the head.
    pub encoder: Encoder,
    /// The generic head.
    pub head: Head,
    /// Of a tagger.
    pub chain: Option<Chain>,
}

/// Why parts are no network of texts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TextNetError {
    /// The description.
    #[error(transparent)]
    Network(#[from] TextNetworkError),
    /// The tensors.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The dictionary.
    #[error(transparent)]
    Encoder(#[from] EncoderError),
}

impl TextNet {
    /// Puts a network together.
    ///
    /// # Errors
    /// The description is unsound, or a tensor is missing, unknown or of another shape.
    pub fn new(network: TextNetwork, ids: Vec<u64>, mut weights: Weights) -> Result<Self, TextNetError> {
        network.check()?;
        weights.check_shapes(&network.parameters(ids.len()))?;
        let encoder = Encoder::take(ids, &mut weights, network.features)?;
        let head = Head { weight: weights.take(HEAD_WEIGHT)?, bias: weights.take(HEAD_BIAS)? };
        let chain = match network.input {
            TextInput::Passage(_) => None,
            TextInput::Tokens => Some(Chain::take(&mut weights)?),
        };
        Ok(Self { network, encoder, head, chain })
    }

    /// Reads the bytes of a weights file.
    ///
    /// # Errors
    /// As [`TextNet::new`]; the bytes are no whole safetensors file, or hold other element types or values.
    pub fn read(network: TextNetwork, bytes: &[u8]) -> Result<Self, TextNetError> {
        network.check()?;
        let file = SafeTensors::deserialize(bytes).map_err(|error| WeightsError::Format(error.to_string()))?;
        let mut weights = Weights::default();
        let mut ids = None;
        for (name, view) in file.iter() {
            if name != IDS {
                weights.insert(name, view.shape().to_vec(), weights::values(name, &view)?)?;
            } else if view.dtype() == Dtype::U64 && view.shape().len() == 1 {
                ids = Some(decode(view.data(), u64::from_le_bytes));
            } else {
                return Err(WeightsError::Dtype { name: name.to_owned(), dtype: format!("{:?}", view.dtype()) }.into());
            }
        }
        let ids = ids.ok_or_else(|| WeightsError::Missing(IDS.to_owned()))?;
        Self::new(network, ids, weights)
    }

    /// The bytes of a weights file.
    ///
    /// # Errors
    /// A value does not fit f16.
    pub fn write(ids: &[u64], weights: &Weights) -> Result<Vec<u8>, WeightsError> {
        let mut tensors = weights.encode(Precision::F16)?;
        let bytes = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
        tensors.push((IDS, Dtype::U64, vec![ids.len()], bytes));
        weights::serialize(&tensors)
    }

    /// Logits (L) of features (D), with an application's rows put over the generic ones.
    pub fn logits(&self, features: &[f32], app: Option<&AppModel>) -> Vec<f32> {
        self.head.logits(features, app)
    }
}

impl TextNet {
    /// Logits (L) of a set of n-grams, by the generic head.
    pub fn outputs(&self, ids: &[u64]) -> Vec<f32> {
        self.logits(&self.encoder.encode(ids), None)
    }
}
