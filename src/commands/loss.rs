//! `chameleon loss`

use std::path::PathBuf;

use anyhow::{Context, Result};
use chameleon_decision::{DecisionProcess, Vocabulary};
use chameleon_loss::{Answer, Classifier, DecisionLoss, LossConfig, LossError};
use chameleon_models::text::{CLASSES, KINDS, SCORES};
use chameleon_models::zoo::Kind;

use crate::exit::ExitStatus;
use crate::{printer, process};

/// Items that a list can have, where the loss is about all of them: as many raw outputs there are.
const MOST_ITEMS: usize = 10;

/// Whose loss to show.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A Python file, or a folder of them
    path: PathBuf,
    /// The decision, when there are several: the API call's line, if need be with FILE: before and :FUNCTION or
    /// :OPERATION after it
    #[arg(long, value_name = "PLACE")]
    call: Option<String>,
    /// What to print
    #[arg(long, value_name = "FORM", value_enum, default_value_t = Emit::Text)]
    emit: Emit,
    /// The same as `--emit json`
    #[arg(long, conflicts_with = "emit")]
    json: bool,
}

/// The forms of a loss.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Emit {
    /// The formula, to read
    Text,
    /// Its terms as JSON
    Json,
    /// A Python module that needs torch and nothing else
    Pytorch,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitStatus> {
    let catalog = process::model_catalog()?;
    let process = process::find(&arguments.path, arguments.call.as_deref())?;
    let config = LossConfig { default_top_k: process.api.default_top_k, ..LossConfig::default() };
    let loss = answer(&process, &catalog.vocabulary(&process.api))
        .and_then(|answer| DecisionLoss::of(&process, &answer, config))
        .with_context(|| format!("{}", arguments.path.display()))?;
    match if arguments.json { Emit::Json } else { arguments.emit } {
        Emit::Text => printer::data(&loss.formula())?,
        Emit::Json => printer::json(&loss.terms())?,
        Emit::Pytorch => {
            let title = format!("Decision loss of {}, about {}.", arguments.path.display(), process.api.path());
            printer::data(&loss.to_pytorch(&title).with_context(|| format!("{}", arguments.path.display()))?)?;
        }
    }
    Ok(ExitStatus::Success)
}

/// The form of answer that a model is customized to give; where none can be, the one that the API describes.
fn answer(process: &DecisionProcess, vocabulary: &Vocabulary) -> Result<Answer, LossError> {
    let kinds = KINDS.map(str::to_owned);
    let classifier = match Kind::of_api(&process.api) {
        Some(Kind::Sentiment) => Some(Classifier::Sentiment { classes: &CLASSES, scores: &SCORES }),
        Some(Kind::Entities) => Some(Classifier::Entity { kinds: &kinds }),
        Some(Kind::Labels | Kind::Objects | Kind::Topics) | None => None,
    };
    match classifier.map(|classifier| Answer::of_classifier(process, &classifier)) {
        None | Some(Err(LossError::Unanswered { .. })) => Answer::of(process, vocabulary, MOST_ITEMS),
        Some(answer) => answer,
    }
}
