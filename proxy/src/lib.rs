//! Wire front ends, routing and the model registry.
