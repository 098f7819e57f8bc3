//! Networks as data, their weights, and the CPU inference engine.

pub mod net;
pub mod resnet;
