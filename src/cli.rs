//! The arguments as typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands::{
    analyze, ca, completions, corpus, customize, evaluate, label, loss, registry, report, run, serve,
};

const EXIT_CODES: &str = "\
Exit status:
  0  done
  1  it ran, and the answer is no: no decision found, a model no better than the generic one
  2  it could not run: bad arguments, unreadable input, a damaged registry
  (`chameleon run` exits with the status of the program it started)";

/// Finds what an application decides from an ML API's answer, customizes a model for that decision, and serves it
/// behind the same API
#[derive(Parser)]
#[command(name = "chameleon", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options every command takes.
#[derive(Args, Clone)]
pub(crate) struct Global {
    /// Folder of the registry and the certificate authority [default: the user's data folder]
    #[arg(long, global = true, value_name = "FOLDER", env = "CHAMELEON_HOME", help_heading = "Global options")]
    pub(crate) home: Option<PathBuf>,
    /// Say less: no progress, no remarks
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub(crate) quiet: bool,
    /// Say more; repeat for more still
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Global options")]
    pub(crate) verbose: u8,
}

/// One variant a command.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Show what an application decides from an ML API's answers
    Analyze(analyze::Arguments),
    /// Show the loss that punishes only errors that change the application's decision
    Loss(loss::Arguments),
    /// Customize a model for an application and publish it if it decides better than the generic one
    Customize(customize::Arguments),
    /// Compare generic, tuned and customized models on the decisions of many applications
    Evaluate(evaluate::Arguments),
    /// Serve the generic and the customized models behind the cloud's own API
    Serve(serve::Arguments),
    /// Start an unchanged program with its API calls redirected to the local models
    ///
    /// The models answer for as long as the program runs. For one that goes on in the background there is `serve`.
    Run(run::Arguments),
    /// Label photographs with the generic model or an application's own
    Label(label::Arguments),
    /// Write an HTML report about an application's model
    Report(report::Arguments),
    /// List the applications of a corpus, or check the analyzer against the decisions they are known to make
    Corpus(corpus::Arguments),
    /// List, roll back, check and repair published models
    Registry(registry::Arguments),
    /// Show or remove the local certificate authority
    Ca(ca::Arguments),
    /// Print a completion script for a shell
    Completions(completions::Arguments),
}
