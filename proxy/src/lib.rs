//! Wire front ends, routing and the model registry.

#![forbid(unsafe_code)]

pub mod connect;
mod hex;
mod percent;
pub mod redirect;
pub mod registry;
pub mod route;
pub mod serve;
pub mod tls;
pub mod upstream;
pub mod wire;
