//! The arguments as typed.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use chameleon_models::zoo::{self, ImageLabels};
use clap::{Args, Parser, Subcommand};

use crate::commands::{
    adapt, analyze, ca, completions, config, corpus, customize, evaluate, label, loss, model, quantize, registry,
    report, run, serve,
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
    /// Folder of the base model, as `adapt` writes it [default: the model that ships with this program]
    #[arg(long, global = true, value_name = "FOLDER", env = "CHAMELEON_BASE", help_heading = "Global options")]
    pub(crate) base: Option<PathBuf>,
    /// Say less: no progress, no remarks
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub(crate) quiet: bool,
    /// Say more; repeat for more still
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Global options")]
    pub(crate) verbose: u8,
}

impl Global {
    /// The generic model that applications' models change.
    ///
    /// # Errors
    /// The folder given holds no base model, or the program was built with a damaged one.
    pub(crate) fn base(&self) -> Result<ImageLabels> {
        match &self.base {
            Some(folder) => zoo::read(folder).with_context(|| format!("--base {}", folder.display())),
            None => Ok(zoo::image_labels()?),
        }
    }

    /// The base model as the trainer's commands take it.
    pub(crate) fn base_words(&self) -> Vec<OsString> {
        self.base.iter().flat_map(|folder| [OsString::from("--base"), folder.into()]).collect()
    }
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
    /// Adapt the generic model to your images: a base for the models of all your applications
    Adapt(adapt::Arguments),
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
    /// Bring your own network as an ONNX file, or take a model away as one
    Model(model::Arguments),
    /// Turn a model into one with weights of 8 or 4 bits, which is smaller and faster
    Quantize(quantize::Arguments),
    /// Write an HTML report about an application's models
    Report(report::Arguments),
    /// List the applications of a corpus, or check the analyzer against the decisions they are known to make
    Corpus(corpus::Arguments),
    /// List, roll back, check and repair published models
    Registry(registry::Arguments),
    /// Show or remove the local certificate authority
    Ca(ca::Arguments),
    /// Show the configuration of the server, or check a file
    Config(config::Arguments),
    /// Print a completion script for a shell
    Completions(completions::Arguments),
}
