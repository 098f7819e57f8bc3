//! The environment that makes an unchanged program reach the local server.
