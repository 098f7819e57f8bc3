//! `chameleon model`

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use chameleon_models::files;
use chameleon_models::net::ImageInput;
use chameleon_models::onnx;
use chameleon_models::zoo::ImageLabels;

use crate::cli::Global;
use crate::exit::ExitStatus;
use crate::printer;

/// What to do with models.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Turn an ONNX file into a model folder to serve, quantize or adapt with `--base`
    Import(Import),
    /// Write the base model as an ONNX file
    Export(Export),
}

#[derive(clap::Args)]
struct Import {
    /// A network that ends with a linear map to one score a label
    #[arg(value_name = "FILE.onnx")]
    file: PathBuf,
    /// Names of its outputs, one a line
    #[arg(long, value_name = "FILE")]
    labels: PathBuf,
    /// What is subtracted from the red, green and blue of pixels from 0 to 1
    #[arg(long, value_name = "R,G,B", value_delimiter = ',', default_values_t = [0.485, 0.456, 0.406])]
    mean: Vec<f32>,
    /// What red, green and blue are then divided by
    #[arg(long, value_name = "R,G,B", value_delimiter = ',', default_values_t = [0.229, 0.224, 0.225])]
    std: Vec<f32>,
    /// Folder to write the model to
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

#[derive(clap::Args)]
struct Export {
    /// File to write
    #[arg(value_name = "FILE.onnx")]
    file: PathBuf,
}

pub(crate) fn run(arguments: &Arguments, global: &Global) -> Result<ExitStatus> {
    match &arguments.action {
        Action::Import(arguments) => import(arguments),
        Action::Export(arguments) => export(arguments, global),
    }
}

fn import(arguments: &Import) -> Result<ExitStatus> {
    let context = || arguments.file.display().to_string();
    let (mut network, weights) =
        onnx::import(&std::fs::read(&arguments.file).with_context(context)?).with_context(context)?;
    let ImageInput { channels, .. } = network.input;
    if arguments.mean.len() != channels || arguments.std.len() != channels {
        bail!("the network reads {channels} channels; --mean and --std need as many numbers");
    }
    network.input.mean.clone_from(&arguments.mean);
    network.input.std.clone_from(&arguments.std);
    let text = std::fs::read_to_string(&arguments.labels).with_context(|| arguments.labels.display().to_string())?;
    let labels = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    let name =
        arguments.file.file_stem().map_or_else(|| "imported".to_owned(), |stem| stem.to_string_lossy().into_owned());
    let model = ImageLabels::from_network(&name, network, weights, labels).with_context(context)?;
    model.write(&arguments.out)?;
    printer::data(&format!(
        "{name}: {} labels, {:.0} M multiply-accumulates, in {}",
        model.labels.len(),
        model.network.macs()? as f64 / 1e6,
        arguments.out.display()
    ))?;
    Ok(ExitStatus::Success)
}

fn export(arguments: &Export, global: &Global) -> Result<ExitStatus> {
    let model = global.base()?;
    let bytes = onnx::export(&model.network, &model.weights)?;
    files::replace(&arguments.file, &bytes).with_context(|| arguments.file.display().to_string())?;
    printer::data(&format!("{}: {:.1} MB", arguments.file.display(), bytes.len() as f64 / 1e6))?;
    Ok(ExitStatus::Success)
}
