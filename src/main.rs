//! The `chameleon` command line: parses, runs one command, maps its outcome to an exit status.
//!
//! It is lean: no libtorch. What needs training starts `chameleon-trainer` as a child.

#![forbid(unsafe_code)]

mod cli;
mod commands;
mod exit;
mod home;
mod printer;
mod process;
mod report;
mod service;
mod trainer;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;
use crate::exit::ExitStatus;

fn main() -> ExitCode {
    let cli = Cli::parse();
    init_tracing(cli.global.verbose);
    match commands::run(cli) {
        Ok(status) => status.into(),
        Err(error) if is_broken_pipe(&error) => ExitStatus::Success.into(),
        Err(error) => {
            printer::error(&error);
            ExitStatus::Error.into()
        }
    }
}

/// Logs go to stderr; `CHAMELEON_LOG` overrides the count of `-v`.
fn init_tracing(verbose: u8) {
    let default = match verbose {
        0 => "warn",
        1 => "chameleon=info,chameleon_proxy=info",
        2 => "chameleon=debug,chameleon_proxy=debug",
        _ => "trace",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("CHAMELEON_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

/// `chameleon analyze … | head` ends when `head` has seen enough; that is no failure.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
