//! Pre-training, customization and evaluation with libtorch.
