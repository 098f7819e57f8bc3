//! Pre-training, customization and evaluation with libtorch.

pub mod augment;
pub mod dataset;
pub mod metrics;
pub mod module;
pub mod optim;
pub mod pretrain;
