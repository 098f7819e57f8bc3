//! The `chameleon` command line.
fn main() {}
