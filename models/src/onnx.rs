//! Networks from and to ONNX files.
//!
//! [`import`] reads the operators that convolutional networks are exported with, [`export`] writes any network that is
//! not quantized. Files come from outside and are not trusted: whatever they hold, reading ends in a network whose
//! parameters fit it, or in one error that names the node.
//!
//! | ONNX | here |
//! |---|---|
//! | `Conv` (square, same padding on all sides), `BatchNormalization`, `Gemm`, `MatMul` by a constant | `Conv2d`, `BatchNorm2d`, `Linear` |
//! | `Relu`, `Clip` from 0 or from 0 to 6, `HardSwish`, `HardSigmoid`, `Sigmoid`, `Gelu`, `Softmax` | the same |
//! | `Erf`, and `Add` 3 with `Clip`, where they make `Gelu`, `HardSwish` or `HardSigmoid` | these |
//! | `MaxPool`, `AveragePool`, `GlobalAveragePool`, `ReduceMean` of rows and columns | pooling |
//! | `Add`, `Mul`, `Concat` of channels, nearest `Resize`, `LayerNormalization`, in one node or taken apart | the same |
//! | `MatMul`, `Softmax`, `MatMul` of heads | `Attention` |
//! | `Concat` of a constant and tokens, `Add` of a constant | `ClassToken`, `Offset`, or folded into parameters |
//! | `Reshape`, `Transpose`, `Flatten`, `Squeeze`, `Unsqueeze`, `Slice`, `Gather`, `Split` | `Tokens`, `SelectToken`, parts of a `Linear`, or nothing |
//! | `Mul`, `Div` by constants | folded into parameters |
//! | `Identity`, `Dropout`, `Cast` of constants, arithmetic of shapes | nothing |

mod attributes;
mod export;
mod import;
mod proto;

use crate::net::NetworkError;
use crate::weights::WeightsError;

pub use export::export;
pub use import::import;

/// Why a file is not a network that can be run here, or a network cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OnnxError {
    /// The bytes are no ONNX model.
    #[error("not an ONNX model")]
    Format(#[from] prost::DecodeError),
    /// The model holds no graph, no input or no output.
    #[error("the model has no {0}")]
    Missing(&'static str),
    /// The input is no image batch of known size.
    #[error("input `{name}`: {problem}")]
    Input {
        /// The input.
        name: String,
        /// What is wrong.
        problem: String,
    },
    /// A constant is damaged or of a type that is not read.
    #[error("constant `{name}`: {problem}")]
    Constant {
        /// The constant.
        name: String,
        /// What is wrong.
        problem: String,
    },
    /// A node is not one that can be run here.
    #[error("node `{node}` ({op}): {problem}")]
    Node {
        /// The node.
        node: String,
        /// Its operator.
        op: String,
        /// What is wrong.
        problem: String,
    },
    /// The parameters are more than any network has that is run here, or its constants come to more than such files hold.
    #[error("too many numbers in its parameters or constants")]
    TooLarge,
    /// A network that is quantized cannot be written.
    #[error("quantized networks are not written as ONNX; export the one in f32")]
    Quantized,
    /// What was read is no network.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The parameters do not fit.
    #[error(transparent)]
    Weights(#[from] WeightsError),
}

#[cfg(test)]
mod tests;
