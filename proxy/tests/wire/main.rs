//! The server as clients see it: real sockets, real HTTP, a real (if tiny) network.

#![allow(clippy::unwrap_used, reason = "a test that fails should panic")]

mod apps;
mod cloud;
mod fuzz;
mod golden;
mod grpc;
mod hostile;
mod load;
mod model;
mod rest;
mod secrets;
mod server;
mod standins;
mod support;
mod texts;
mod tunnel;
mod upstream;
