//! Networks as data, their weights, and the CPU inference engine.

pub mod engine;
pub mod net;
pub mod resnet;
pub mod weights;
