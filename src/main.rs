//! The `chameleon` command line: parses, runs one command, maps its outcome to an exit status.
//!
//! It is lean: no libtorch. What needs training starts `chameleon-trainer` as a child.

#![forbid(unsafe_code)]

mod child;
mod cli;
mod commands;
mod corpus;
mod evaluate;
mod exit;
mod home;
mod printer;
mod process;
mod published;
mod report;
mod service;
mod trainer;

use std::io::IsTerminal as _;
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
        Err(error) if error.is::<trainer::Told>() => ExitStatus::Error.into(),
        Err(error) if error.is::<process::NoDecision>() => {
            printer::error(&error);
            ExitStatus::Negative.into()
        }
        Err(error) if error.is::<trainer::Stopped>() => {
            ExitStatus::Child(error.downcast_ref().map_or(0, trainer::Stopped::code)).into()
        }
        Err(error) => {
            printer::error(&error);
            ExitStatus::Error.into()
        }
    }
}

/// Logs go to stderr; `CHAMELEON_LOG` overrides the count of `-v`. Of the libraries below only warnings are shown: what
/// they trace are frames, and with them what callers send.
fn init_tracing(verbose: u8) {
    // Covers the library crates, too, whose names begin like this.
    let default = match verbose {
        0 => "warn",
        1 => "warn,chameleon=info",
        2 => "warn,chameleon=debug",
        _ => "warn,chameleon=trace",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("CHAMELEON_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default));
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).init();
}

/// `chameleon analyze … | head` ends when `head` has seen enough; that is no failure.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
