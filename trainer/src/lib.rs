//! Pre-training, customization and evaluation with libtorch.

#![forbid(unsafe_code)]

pub mod adapt;
pub mod augment;
mod convert;
pub mod customize;
pub mod data;
pub mod dataset;
pub mod device;
pub mod evaluate;
pub mod evaluation;
pub mod export;
pub mod measure;
pub mod metrics;
pub mod module;
pub mod objects;
pub mod optim;
pub mod pretrain;
pub mod progress;
pub mod service;
pub mod tail;
pub mod text;
