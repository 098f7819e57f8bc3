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
    /// Train the generic image-label network on a folder of Parquet shards
    Pretrain(chameleon_trainer::pretrain::Options),
    /// Write the folder that ships from a pre-training run: network, weights, labels, feature bank, manifest
    Export(chameleon_trainer::export::Options),
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Pretrain(options) => chameleon_trainer::pretrain::run(&options),
        Command::Export(options) => chameleon_trainer::export::run(&options),
    }
}
