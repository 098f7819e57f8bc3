//! The command line of the trainer. `chameleon` starts it; it can be used by itself.

#![forbid(unsafe_code)]

use std::io::Read as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Exit status when the command could not run, as `chameleon` has it.
const COULD_NOT_RUN: u8 = 2;

#[derive(Parser)]
#[command(name = "chameleon-trainer", version, about = "Trains and customizes Chameleon's models")]
struct Cli {
    /// End when standard input is closed: so the trainer ends with the program that started it, however that ends
    #[arg(long, global = true, hide = true)]
    end_with_stdin: bool,
    /// The build of the program that starts this one: another build may write what this one cannot read
    #[arg(long, global = true, hide = true, value_name = "ID")]
    build: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a model for one application's decision from the generic one
    Customize(chameleon_trainer::customize::Options),
    /// Compare all arms on many decisions
    Evaluate(chameleon_trainer::evaluate::Options),
    /// Compare an application's model with the generic one on labelled images
    Measure(chameleon_trainer::measure::Options),
    /// Adapt the generic model to its owner's images
    Adapt(chameleon_trainer::adapt::Options),
    /// Train the generic image-label network on a folder of Parquet shards
    Pretrain(chameleon_trainer::pretrain::Options),
    /// Train an object detector on the image-label network
    PretrainObjects(chameleon_trainer::objects::Options),
    /// Write the folder that ships from a run of `pretrain-objects`
    ExportObjects(chameleon_trainer::objects::ExportOptions),
    /// Write the folder that ships from a pre-training run: network, weights, labels, feature bank, manifest
    Export(chameleon_trainer::export::Options),
    /// Train a generic model of texts: sentiment, topics or entities
    PretrainText(chameleon_trainer::text::pretrain::Options),
    /// Write the folder that ships from a run of `pretrain-text`
    ExportText(chameleon_trainer::text::export::Options),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    if cli.end_with_stdin {
        std::thread::spawn(end_with_stdin);
    }
    if let Some(other) = cli.build.filter(|build| build != chameleon_decision::BUILD) {
        eprintln!(
            "error: chameleon-trainer is of another build ({}) than the chameleon that starts it ({other}); run `make build`",
            chameleon_decision::BUILD
        );
        return ExitCode::from(COULD_NOT_RUN);
    }
    let result = match cli.command {
        Command::Customize(options) => chameleon_trainer::customize::run(&options),
        Command::Evaluate(options) => chameleon_trainer::evaluate::run(&options),
        Command::Measure(options) => chameleon_trainer::measure::run(&options),
        Command::Adapt(options) => chameleon_trainer::adapt::run(&options),
        Command::Pretrain(options) => chameleon_trainer::pretrain::run(&options),
        Command::PretrainObjects(options) => chameleon_trainer::objects::run(&options),
        Command::ExportObjects(options) => chameleon_trainer::objects::export(&options),
        Command::Export(options) => chameleon_trainer::export::run(&options),
        Command::PretrainText(options) => chameleon_trainer::text::pretrain::run(&options),
        Command::ExportText(options) => chameleon_trainer::text::export::run(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(COULD_NOT_RUN)
        }
    }
}

/// Outputs are written whole and renamed, so the process may end anywhere. It ends at once: `std::process::exit` would run
/// libtorch's destructors under the threads that still train.
fn end_with_stdin() {
    let mut buffer = [0; 64];
    // An error is as good as the end: nobody is there any more.
    while std::io::stdin().lock().read(&mut buffer).is_ok_and(|read| read > 0) {}
    signal_hook::low_level::exit(i32::from(COULD_NOT_RUN));
}
