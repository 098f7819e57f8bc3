//! From trained parameters to the folder that ships.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use chameleon_models::files::check_replaceable;
use chameleon_models::head::Head;
use chameleon_models::objects::ObjectDetector;
use chameleon_models::objects::bank::ObjectBank;
use chameleon_models::objects::network::head;
use chameleon_models::weights::{Precision, Weights};
use chameleon_models::zoo::objects::{DETECTOR, Detector, ImageObjects, NAME, NAMES_BIAS, NAMES_WEIGHT};
use chameleon_models::zoo::{self, ImageLabels, Manifest};
use serde_json::{Value, json};

use super::Settings;
use super::bank::{BankOptions, Sources};
use super::boxed::BoxedImages;
use super::calibrate::{Answer, Calibration};
use super::measure::{Measured, answers, look, measure, mosaics, singles};
use super::names::ObjectNames;
use super::train::WIDTHS;
use super::trained::Trained;
use crate::dataset::{shards, wnids};
use crate::pretrain::SIDE;

/// What to export, and from where.
#[derive(Clone, Debug, clap::Args)]
pub struct ExportOptions {
    /// Folder that `pretrain-objects` wrote
    #[arg(long)]
    pub run: PathBuf,
    /// Folder with `train-*.parquet`, `validation-*.parquet` (columns image, label, bbox) and `classes.txt`
    #[arg(long)]
    pub data: PathBuf,
    /// Folder to write: detector.json, weights.safetensors, labels.json, bank.safetensors, manifest.json
    #[arg(long)]
    pub out: PathBuf,
    /// Folder of the image-label network that it stands on, instead of the one that ships
    #[arg(long)]
    pub backbone: Option<PathBuf>,
    /// Boxes that overlap by more than this are of one object
    #[arg(long, default_value_t = 0.5)]
    pub overlap: f64,
    /// The most candidates of an image
    #[arg(long, default_value_t = 20)]
    pub candidates: usize,
    /// Candidates with a greater doubt are dropped: the negative logarithm of the probability that there is an object
    #[arg(long, default_value_t = 3.5)]
    pub doubt: f32,
    /// What the bank takes
    #[command(flatten)]
    pub bank: BankOptions,
    /// Do not look at the validation split, and make no bank: for experiments, which are to be decided on the images
    /// held out
    #[arg(long)]
    pub no_validation: bool,
}

/// Calibrates, measures and writes the folder.
///
/// # Errors
/// The run or the data cannot be read, the parts do not fit, or the folder cannot be written.
pub fn export(options: &ExportOptions) -> Result<()> {
    check_replaceable(&options.out, zoo::MANIFEST).with_context(|| format!("{}", options.out.display()))?;
    let backbone = super::backbone(options.backbone.as_deref())?;
    let trained = Trained::read(&options.run, &backbone)?;
    let names = ObjectNames::shipped(&wnids(&options.data)?)?;
    // Settings that do not fit are refused before images are read.
    detector(options, &backbone, &trained)?.check()?;
    let fresh = if options.no_validation { None } else { Some(unseen(options, &trained, &names)?) };
    let (_, held_out) = super::images(&options.data, &trained.settings, &names)?;
    let mut objects = calibrated(options, &backbone, &names, &trained, &held_out)?;
    let mut bank = None;
    if let Some(sources) = fresh {
        let detector = ObjectDetector::new(&backbone, &objects)?;
        let seed = trained.settings.seed;
        let scenes = [singles(&sources.validation), mosaics(&sources.validation, seed)];
        let measured = scenes.map(|scenes| measure(&detector, &look(&detector, &scenes, &names), &names));
        print("validation split", &measured);
        objects.manifest.metrics["validation"] = summary(&measured);
        bank = Some(super::bank::bank(&options.bank, seed, &detector, &names, &sources)?);
    }
    write(&options.out, objects, bank.as_ref())
}

/// Images that training has not seen: of the shards left, and of the validation split.
fn unseen(options: &ExportOptions, trained: &Trained, names: &ObjectNames) -> Result<Sources> {
    let mut files = shards(&options.data, "train")?;
    let left = files.split_off(trained.settings.shards.min(files.len()));
    ensure!(!left.is_empty(), "{}: no shard is left for the bank", options.data.display());
    let read = |files: &[PathBuf]| super::usable(&BoxedImages::read(files, SIDE)?, names);
    Ok(Sources { pool: read(&left)?, validation: read(&shards(&options.data, "validation")?)? })
}

/// The detector with scores that mean something, fitted to the images held out.
fn calibrated(
    options: &ExportOptions,
    backbone: &ImageLabels,
    names: &ObjectNames,
    trained: &Trained,
    held_out: &BoxedImages,
) -> Result<ImageObjects> {
    let rows = |calibration: Calibration| {
        let (weight, bias) = (trained.weights.get(NAMES_WEIGHT)?, trained.weights.get(NAMES_BIAS)?);
        anyhow::Ok(calibration.apply(weight.data(), bias.data()))
    };
    let as_trained = rows(Calibration::NONE)?;
    let objects = assemble(options, backbone, names, trained, as_trained.clone())?;
    let detector = ObjectDetector::new(backbone, &objects)?;
    let scenes = [singles(held_out), mosaics(held_out, trained.settings.seed)];
    let seen = scenes.map(|scenes| look(&detector, &scenes, names));
    let mut sample: Vec<Answer> = Vec::new();
    for seen in &seen {
        sample.extend(answers(seen, names, |features| as_trained.logits(features, None)));
    }
    let calibration = Calibration::fit(&sample)?;
    let mut objects = assemble(options, backbone, names, trained, rows(calibration)?)?;
    let detector = ObjectDetector::new(backbone, &objects)?;
    let measured = seen.map(|seen| measure(&detector, &seen, names));
    print("images held out of training", &measured);
    objects.manifest.metrics = json!({ "calibration": calibration, "held_out": summary(&measured) });
    Ok(objects)
}

/// The detector as it will be read back: parameters rounded to f16.
fn assemble(
    options: &ExportOptions,
    backbone: &ImageLabels,
    names: &ObjectNames,
    trained: &Trained,
    rows: Head,
) -> Result<ImageObjects> {
    let mut weights = Weights::default();
    for (name, tensor) in trained.weights.iter().filter(|(name, _)| ![NAMES_WEIGHT, NAMES_BIAS].contains(name)) {
        weights.insert(name, tensor.shape().to_vec(), tensor.data().to_vec())?;
    }
    let Settings { shards, tuning, .. } = trained.settings;
    let manifest = Manifest {
        name: NAME.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        base: None,
        converted_from: None,
        files: BTreeMap::new(),
        recipe: serde_json::to_value(&trained.settings)?,
        data: json!({
            "set": "Tiny ImageNet, 64x64, one box an image; research use only (ImageNet's terms)",
            "detector": format!("{shards} training shards from the first, without {tuning} images a class"),
            "names": names.account(),
        }),
        metrics: Value::Null,
    };
    let detector = detector(options, backbone, trained)?;
    let objects = ImageObjects { manifest, detector, weights, names: rows, labels: names.labels.clone() };
    Ok(objects.rounded(Precision::F16)?.checked(backbone)?)
}

fn detector(options: &ExportOptions, backbone: &ImageLabels, trained: &Trained) -> Result<Detector> {
    Ok(Detector {
        base: trained.base.clone(),
        passes: trained.settings.passes(),
        overlap: options.overlap,
        candidates: options.candidates,
        doubt: options.doubt,
        nodes: head(&backbone.network, WIDTHS)?,
    })
}

fn write(folder: &Path, objects: ImageObjects, bank: Option<&ObjectBank>) -> Result<()> {
    let mut files = vec![
        (DETECTOR, serde_json::to_vec_pretty(&objects.detector)?),
        (zoo::LABELS, serde_json::to_vec(&json!({ "labels": objects.labels }))?),
        (zoo::WEIGHTS, objects.all_weights()?.write_safetensors(Precision::F16)?),
    ];
    if let Some(bank) = bank {
        files.push((zoo::BANK, bank.write()?));
    }
    objects.manifest.write(folder, &files).with_context(|| format!("{}", folder.display()))
}

fn summary([singles, mosaics]: &[Measured; 2]) -> Value {
    json!({ "single": singles, "mosaics": mosaics })
}

fn print(what: &str, measured: &[Measured; 2]) {
    println!("{what}\n            scenes objects   AP50  found  precision recall");
    for (name, m) in ["single", "mosaics"].iter().zip(measured) {
        println!(
            "  {name:<10}{:6} {:7}  {:.3}  {:.3}  {:.3}     {:.3}",
            m.scenes, m.objects, m.ap50, m.found, m.precision, m.recall
        );
    }
}
