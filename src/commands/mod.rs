//! One file a command.

pub(crate) mod adapt;
pub(crate) mod analyze;
pub(crate) mod ca;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod corpus;
pub(crate) mod customize;
pub(crate) mod evaluate;
pub(crate) mod label;
pub(crate) mod loss;
pub(crate) mod model;
pub(crate) mod quantize;
pub(crate) mod registry;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod serve;

use anyhow::Result;

use crate::cli::{Cli, Command};
use crate::exit::ExitStatus;

/// Runs the command that was typed.
pub(crate) fn run(cli: Cli) -> Result<ExitStatus> {
    let global = cli.global;
    match cli.command {
        Command::Analyze(arguments) => analyze::run(&arguments),
        Command::Loss(arguments) => loss::run(&arguments),
        Command::Adapt(arguments) => adapt::run(&arguments, &global),
        Command::Customize(arguments) => customize::run(&arguments, &global),
        Command::Evaluate(arguments) => evaluate::run(&arguments, &global),
        Command::Serve(arguments) => serve::run(arguments, &global),
        Command::Run(arguments) => run::run(arguments, &global),
        Command::Label(arguments) => label::run(&arguments, &global),
        Command::Model(arguments) => model::run(&arguments, &global),
        Command::Quantize(arguments) => quantize::run(&arguments, &global),
        Command::Report(arguments) => report::run(&arguments, &global),
        Command::Corpus(arguments) => corpus::run(&arguments),
        Command::Registry(arguments) => registry::run(&arguments, &global),
        Command::Ca(arguments) => ca::run(&arguments, &global),
        Command::Config(arguments) => config::run(arguments, &global),
        Command::Completions(arguments) => completions::run(&arguments),
    }
}
