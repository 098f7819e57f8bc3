//! The command line of the trainer. `chameleon` starts it; it can be used by itself.

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "chameleon-trainer", version, about = "Trains and customizes Chameleon's models")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a model for one application's decision from the generic one
    Customize(chameleon_trainer::customize::Options),
    /// Train the generic image-label network on a folder of Parquet shards
    Pretrain(chameleon_trainer::pretrain::Options),
    /// Write the folder that ships from a pre-training run: network, weights, labels, feature bank, manifest
    Export(chameleon_trainer::export::Options),
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Customize(options) => chameleon_trainer::customize::run(&options),
        Command::Pretrain(options) => chameleon_trainer::pretrain::run(&options),
        Command::Export(options) => chameleon_trainer::export::run(&options),
    }
}
