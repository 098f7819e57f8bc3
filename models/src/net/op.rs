//! The operations, their shapes and their parameters.

use serde::{Deserialize, Serialize};

use super::{NetworkError, Shape};

/// One operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Op {
    /// Square-kernel cross-correlation with zero padding.
    Conv2d {
        /// Input channels.
        c_in: usize,
        /// Output channels.
        c_out: usize,
        /// Kernel rows and columns.
        kernel: usize,
        /// Step in both directions.
        stride: usize,
        /// Zeros added on every side.
        padding: usize,
        /// Channel groups; `c_in` and `c_out` are multiples of it.
        #[serde(default = "one", skip_serializing_if = "is_one")]
        groups: usize,
        /// Whether a bias is added.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        bias: bool,
    },
    /// Normalization by running statistics (inference) or batch statistics (training).
    BatchNorm2d {
        /// Channels of input and output.
        channels: usize,
        /// Added to the variance.
        eps: f64,
    },
    /// max(x, 0).
    Relu,
    /// min(max(x, 0), 6).
    Relu6,
    /// x clamp(x / 6 + 1 / 2, 0, 1).
    HardSwish,
    /// clamp(x / 6 + 1 / 2, 0, 1).
    HardSigmoid,
    /// 1 / (1 + e^-x).
    Sigmoid,
    /// x / (1 + e^-x).
    Silu,
    /// x times the normal distribution function of x.
    Gelu,
    /// Softmax of the last dimension of (D) or (T, D).
    Softmax,
    /// Element-wise sum of two values of the same shape.
    Add,
    /// Element-wise product of two values of the same shape, or of (C, H, W) with a factor a channel, (C).
    Mul,
    /// Values one behind the other in their first dimension: channels or features.
    Concat,
    /// Maximum of squares; what lies outside counts as nothing.
    MaxPool2d {
        /// Rows and columns of a square.
        kernel: usize,
        /// Step in both directions.
        stride: usize,
        /// How far squares reach beyond each side, at most half of `kernel`.
        padding: usize,
    },
    /// Mean of squares; what lies outside is not counted.
    AvgPool2d {
        /// Rows and columns of a square.
        kernel: usize,
        /// Step in both directions.
        stride: usize,
        /// How far squares reach beyond each side, at most half of `kernel`.
        padding: usize,
    },
    /// Mean over rows and columns: (C, H, W) to (C).
    GlobalAvgPool,
    /// Every pixel `factor` times in both directions.
    Upsample {
        /// Rows and columns that a pixel becomes.
        factor: usize,
    },
    /// Affine map of the features: (D) or the last dimension of (T, D).
    Linear {
        /// Input features.
        d_in: usize,
        /// Output features.
        d_out: usize,
    },
    /// Normalization of the last dimension of (D) or (T, D), with a scale and an offset for each feature.
    LayerNorm {
        /// Features.
        features: usize,
        /// Added to the variance.
        eps: f64,
    },
    /// Scaled dot-product attention of queries, keys and values, each (T, D), in heads of D / heads features.
    Attention {
        /// Heads; D is a multiple of them.
        heads: usize,
    },
    /// Pixels as tokens: (C, H, W) to (H W, C).
    Tokens,
    /// A learned token before all others: (T, D) to (T + 1, D).
    ClassToken {
        /// D.
        features: usize,
    },
    /// Learned numbers added to (T, D), such as positions.
    Offset {
        /// T.
        tokens: usize,
        /// D.
        features: usize,
    },
    /// One token: (T, D) to (D).
    SelectToken {
        /// Which, from 0.
        index: usize,
    },
}

fn one() -> usize {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if passes a reference")]
fn is_one(n: &usize) -> bool {
    *n == 1
}

impl Op {
    /// Suffixes and shapes of its parameters and buffers.
    pub(super) fn parameters(&self) -> Vec<(&'static str, Shape)> {
        match *self {
            Self::Conv2d { c_in, c_out, kernel, groups, bias, .. } => {
                let mut all = vec![("weight", vec![c_out, c_in / groups, kernel, kernel])];
                if bias {
                    all.push(("bias", vec![c_out]));
                }
                all
            }
            Self::BatchNorm2d { channels, .. } => {
                ["weight", "bias", "running_mean", "running_var"].map(|suffix| (suffix, vec![channels])).to_vec()
            }
            Self::Linear { d_in, d_out } => vec![("weight", vec![d_out, d_in]), ("bias", vec![d_out])],
            Self::LayerNorm { features, .. } => vec![("weight", vec![features]), ("bias", vec![features])],
            Self::ClassToken { features } => vec![("value", vec![features])],
            Self::Offset { tokens, features } => vec![("value", vec![tokens, features])],
            _ => Vec::new(),
        }
    }

    /// Checks what makes sense for no input at all.
    pub(super) fn check(&self, node: &str) -> Result<(), NetworkError> {
        // The parameters' sizes follow from the numbers here, not only from the inputs' shapes.
        let parameters = match self {
            Self::Conv2d { groups: 0, .. } => None,
            _ => self.parameters().iter().try_fold(0_usize, |sum, (_, shape)| {
                let elements = shape.iter().try_fold(1_usize, |product, &side| product.checked_mul(side));
                sum.checked_add(elements?)
            }),
        };
        match parameters {
            Some(0..=super::MAX_ELEMENTS) => Ok(()),
            _ => Err(NetworkError::TooLarge(node.to_owned())),
        }
    }

    /// The shape of the result, or what the operation expects instead of `inputs`.
    pub(super) fn shape(&self, inputs: &[&[usize]]) -> Result<Shape, String> {
        match (self, inputs) {
            (Self::Add | Self::Mul, [a, b]) if a == b => Ok(a.to_vec()),
            (Self::Mul, [a @ [c, _, _], [factors]]) if c == factors => Ok(a.to_vec()),
            (Self::Add, _) => Err("two values of one shape".to_owned()),
            (Self::Mul, _) => Err("two values of one shape, or (c, h, w) and (c)".to_owned()),
            (Self::Concat, [first, ..]) => concat_shape(first, inputs),
            (Self::Attention { heads }, [q @ [_, d], k @ [_, e], v]) => {
                let fits = d == e && k == v && *heads > 0 && d.is_multiple_of(*heads);
                if fits { Ok(q.to_vec()) } else { Err(format!("three values (t, d), d a multiple of {heads}")) }
            }
            (_, [x]) => self.unary_shape(x),
            _ => Err("one value".to_owned()),
        }
    }

    fn unary_shape(&self, x: &[usize]) -> Result<Shape, String> {
        match (self, x) {
            (&Self::Conv2d { c_in, c_out, kernel, stride, padding, groups, .. }, &[c, h, w]) => {
                let grouped = groups > 0 && c_in.is_multiple_of(groups) && c_out.is_multiple_of(groups);
                let sides = [h, w].map(|n| window_count(n, kernel, stride, padding));
                match sides {
                    [Some(rows), Some(columns)] if c == c_in && grouped => Ok(vec![c_out, rows, columns]),
                    _ => Err(format!("({c_in}, h, w) with h, w >= {kernel} - 2 * {padding}")),
                }
            }
            (Self::Conv2d { c_in, .. }, _) => Err(format!("({c_in}, h, w)")),
            (Self::BatchNorm2d { channels, .. }, [c, _, _]) if c == channels => Ok(x.to_vec()),
            (Self::BatchNorm2d { channels, .. }, _) => Err(format!("({channels}, h, w)")),
            (
                &(Self::MaxPool2d { kernel, stride, padding } | Self::AvgPool2d { kernel, stride, padding }),
                &[c, h, w],
            ) if padding <= kernel / 2 => match [h, w].map(|n| window_count(n, kernel, stride, padding)) {
                [Some(rows), Some(columns)] => Ok(vec![c, rows, columns]),
                _ => Err(format!("(c, h, w) with h, w >= {kernel} - 2 * {padding}")),
            },
            (Self::MaxPool2d { .. } | Self::AvgPool2d { .. }, _) => Err("(c, h, w), padding half of kernel".to_owned()),
            (Self::GlobalAvgPool, [c, _, _]) => Ok(vec![*c]),
            (Self::Upsample { factor }, [c, h, w]) => match (h.checked_mul(*factor), w.checked_mul(*factor)) {
                (Some(rows), Some(columns)) => Ok(vec![*c, rows, columns]),
                _ => Err("(c, h, w) that stays countable".to_owned()),
            },
            (Self::Tokens, [c, h, w]) => Ok(vec![h * w, *c]),
            (Self::GlobalAvgPool | Self::Upsample { .. } | Self::Tokens, _) => Err("(c, h, w)".to_owned()),
            (Self::Linear { d_in, d_out }, [tokens @ .., d]) if d == d_in && tokens.len() < 2 => {
                Ok(tokens.iter().copied().chain([*d_out]).collect())
            }
            (Self::Linear { d_in, .. }, _) => Err(format!("({d_in}) or (t, {d_in})")),
            (Self::LayerNorm { features, .. }, [tokens @ .., d]) if d == features && tokens.len() < 2 => Ok(x.to_vec()),
            (Self::LayerNorm { features, .. }, _) => Err(format!("({features}) or (t, {features})")),
            (Self::Softmax, [_, _, _]) => Err("(d) or (t, d)".to_owned()),
            (Self::ClassToken { features }, [t, d]) if d == features => Ok(vec![t + 1, *d]),
            (Self::ClassToken { features }, _) => Err(format!("(t, {features})")),
            (Self::Offset { tokens, features }, [t, d]) if t == tokens && d == features => Ok(x.to_vec()),
            (Self::Offset { tokens, features }, _) => Err(format!("({tokens}, {features})")),
            (Self::SelectToken { index }, [t, d]) if index < t => Ok(vec![*d]),
            (Self::SelectToken { index }, _) => Err(format!("(t, d) with t > {index}")),
            (
                Self::Relu
                | Self::Relu6
                | Self::HardSwish
                | Self::HardSigmoid
                | Self::Sigmoid
                | Self::Silu
                | Self::Gelu
                | Self::Softmax
                | Self::Concat,
                _,
            ) => Ok(x.to_vec()),
            (Self::Add | Self::Mul, _) => Err("two values".to_owned()),
            (Self::Attention { .. }, _) => Err("three values".to_owned()),
        }
    }

    /// Multiply-accumulates for each number of the result.
    pub(super) fn macs_per_output(&self, input: &[usize]) -> usize {
        match self {
            Self::Conv2d { c_in, kernel, groups, .. } => c_in / groups * kernel * kernel,
            Self::Linear { d_in, .. } => *d_in,
            // Scores and their weighted sum, both over all tokens.
            Self::Attention { .. } => 2 * input[0],
            _ => 0,
        }
    }
}

fn concat_shape(first: &[usize], inputs: &[&[usize]]) -> Result<Shape, String> {
    let alike = inputs.iter().all(|shape| shape.len() == first.len() && shape[1..] == first[1..]);
    if !alike || first.len() == 2 {
        return Err("(c, h, w) of one size, or (d)".to_owned());
    }
    let mut shape = first.to_vec();
    shape[0] = inputs.iter().try_fold(0_usize, |sum, shape| sum.checked_add(shape[0])).ok_or("fewer channels")?;
    Ok(shape)
}

/// Rows or columns after a window moved over `n`; `None` where it does not fit the padded side.
fn window_count(n: usize, kernel: usize, stride: usize, padding: usize) -> Option<usize> {
    let room = padding.checked_mul(2)?.checked_add(n)?.checked_sub(kernel)?;
    if kernel == 0 { None } else { Some(room.checked_div(stride)? + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_parameters_of_an_operation_count_towards_its_size() {
        let linear = |d_in, d_out| Op::Linear { d_in, d_out }.check("head");
        let too_large = Err(NetworkError::TooLarge("head".to_owned()));
        assert_eq!(linear(1 << 10, 1 << 10), Ok(()));
        // The weights alone, and weights that leave no room for the bias.
        assert_eq!(linear(1 << 20, 1 << 20), too_large);
        assert_eq!(linear(1 << 18, 1 << 10), too_large);
        assert_eq!(linear(usize::MAX, 2), too_large);
    }
}
