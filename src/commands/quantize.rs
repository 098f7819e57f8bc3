//! `chameleon quantize`

mod compare;
mod images;

use std::path::PathBuf;

use anyhow::{Result, bail};
use chameleon_models::quantize::Options;
use chameleon_models::zoo::{self, ImageLabels};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::Global;
use crate::exit::ExitStatus;
use crate::printer;
use compare::Comparison;

/// What to quantize, with which photographs, and where to put it.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Photographs to measure the network's values on, such as those the application will see: files, or folders with
    /// everything in them
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// Bits of a weight, 8 or 4
    #[arg(long, value_name = "BITS", default_value_t = 8, value_parser = bits)]
    bits: u8,
    /// Folder to write the model to; `serve --base` serves it
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Photographs to calibrate with; up to 2000 others are used to compare
    #[arg(long, value_name = "N", default_value_t = 256)]
    calibrate: usize,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

fn bits(text: &str) -> Result<u8, &'static str> {
    match text {
        "4" => Ok(4),
        "8" => Ok(8),
        _ => Err("expected 8 or 4"),
    }
}

pub(crate) fn run(arguments: &Arguments, global: &Global) -> Result<ExitStatus> {
    let model = global.base()?;
    let bar = bar(global.quiet || arguments.json);
    let (calibration, held_out) = images::read(&arguments.images, &model.network.input, arguments.calibrate, &bar)?;
    if calibration.is_empty() {
        bail!("no photograph can be read there");
    }
    bar.set_message("quantizing");
    bar.reset();
    bar.set_length(calibration.len() as u64);
    let quantized = model.quantized(&calibration, Options { bits: arguments.bits }, || bar.inc(1))?;
    quantized.write(&arguments.out)?;
    // Compared is what was written.
    let written = zoo::read(&arguments.out)?;
    bar.set_message("comparing");
    bar.reset();
    bar.set_length(held_out.len() as u64);
    let comparison = compare::compare(&model, &written, &held_out, &bar)?;
    bar.finish_and_clear();
    report(arguments, &written, calibration.len(), &comparison)?;
    Ok(ExitStatus::Success)
}

fn report(arguments: &Arguments, model: &ImageLabels, calibrated: usize, comparison: &Comparison) -> Result<()> {
    let bytes = std::fs::metadata(arguments.out.join(zoo::WEIGHTS))?.len();
    if arguments.json {
        return printer::json(&serde_json::json!({
            "model": arguments.out,
            "bits": arguments.bits,
            "weights_bytes": bytes,
            "calibration_images": calibrated,
            "comparison": comparison,
        }));
    }
    let text = format!(
        "{} with {}-bit weights in {} ({:.1} MB), calibrated on {calibrated} photographs\n{comparison}",
        model.manifest.name,
        arguments.bits,
        arguments.out.display(),
        bytes as f64 / 1e6,
    );
    Ok(printer::data(&text)?)
}

fn bar(hidden: bool) -> ProgressBar {
    let target = if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(None, target);
    let style = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())).with_message("reading")
}
