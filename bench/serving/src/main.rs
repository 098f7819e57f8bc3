//! The server against its peers, in turn, in the same run:
//!
//! - `pass-through`: calls that go on to the real API, against nginx as TLS reverse proxy on the same route, and against
//!   no proxy at all. Needs nginx on the path.
//! - `labels`: labels of images over HTTPS, against the engine alone on the same images.
//!
//! ```text
//! cargo build --release && cargo run --release -p chameleon-bench-serving -- pass-through
//! ```

#![forbid(unsafe_code)]

mod certificates;
mod labels;
mod load;
mod machine;
mod numbers;
mod pass_through;
mod peers;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about)]
struct Arguments {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Subcommand)]
enum Bench {
    /// Calls that go on to the real API: against nginx, and against no proxy
    PassThrough(pass_through::Arguments),
    /// Labels of images over HTTPS: against the engine alone
    Labels(labels::Arguments),
}

fn main() -> Result<()> {
    match Arguments::parse().bench {
        Bench::PassThrough(arguments) => pass_through::run(&arguments),
        Bench::Labels(arguments) => labels::run(&arguments),
    }
}
