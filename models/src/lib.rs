//! Networks as data, their weights, and the CPU inference engine.
//!
//! From bytes to labels:
//!
//! ```no_run
//! use chameleon_models::labeler::ImageLabeler;
//! use chameleon_models::{preprocess, zoo};
//!
//! let model = zoo::image_labels()?;
//! let labeler = ImageLabeler::new(&model)?;
//! let image = preprocess::decode(&std::fs::read("dog.jpg")?, preprocess::DecodeLimits::default())?;
//! let features = labeler.features(&[preprocess::tensor(&image, labeler.input())]);
//! for label in labeler.labels(&features[0]) {
//!     println!("{:.2} {}", label.score, label.description);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | holds |
//! |---|---|
//! | [`net`], [`resnet`] | networks as data |
//! | [`onnx`] | networks from and to ONNX files |
//! | [`weights`] | their parameters, from and to safetensors |
//! | [`engine`] | inference in f32 and small integers |
//! | [`mod@quantize`] | a trained network to a quantized one |
//! | [`quantization`] | how values and weights are quantized |
//! | [`preprocess`] | image bytes to input tensors |
//! | [`zoo`], [`bank`] | models that ship, and features to customize them with |
//! | [`app`], [`layers`], [`adapters`] | one application's changes to a model |
//! | [`head`] | the last layer, with one application's rows over the generic ones |
//! | [`labeler`] | images to labels: all of it together |
//! | [`objects`] | images to named boxes |
//! | [`text`] | texts to sentiment, topics and entities |
//! | [`files`] | writing a file as a whole |

#![deny(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that fails should panic"))]

pub mod adapters;
pub mod app;
pub mod bank;
pub mod engine;
pub mod files;
#[cfg(test)]
mod fixture;
pub mod head;
pub mod labeler;
pub mod layers;
pub mod net;
pub mod objects;
pub mod onnx;
pub mod preprocess;
pub mod quantization;
pub mod quantize;
pub mod resnet;
pub mod text;
pub mod weights;
pub mod zoo;
