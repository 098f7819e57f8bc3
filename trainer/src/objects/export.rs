//! From trained parameters to the folder that ships.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use chameleon_models::app::BaseRef;
use chameleon_models::files::replace;
use chameleon_models::head::Head;
use chameleon_models::objects::ObjectDetector;
use chameleon_models::objects::bank::ObjectBank;
use chameleon_models::objects::network::head;
use chameleon_models::weights::{Precision, Weights};
use chameleon_models::zoo::objects::{DETECTOR, Detector, ImageObjects, NAME, NAMES_BIAS, NAMES_WEIGHT};
use chameleon_models::zoo::{self, ImageLabels, Manifest};
use serde_json::{Value, json};

use super::Options;
use super::bank::Sources;
use super::boxed::BoxedImages;
use super::calibrate::{Answer, Calibration};
use super::measure::{Measured, answers, look, measure, mosaics, singles};
use super::names::ObjectNames;
use super::train::WIDTHS;
use crate::dataset::shards;
use crate::pretrain::SIDE;

/// The parameters as trained, before calibration: kept to calibrate again.
const TRAINED: &str = "trained.safetensors";

/// The parameters of a run before it calibrated them.
///
/// # Errors
/// The file cannot be read.
pub(super) fn uncalibrated(folder: &Path) -> Result<Weights> {
    let path = folder.join(TRAINED);
    let bytes = fs::read(&path).with_context(|| format!("{}", path.display()))?;
    Weights::read_safetensors(&bytes).with_context(|| format!("{}", path.display()))
}

/// Calibrates, measures and writes.
///
/// # Errors
/// The parts do not fit, the validation split cannot be read, or the folder cannot be written.
pub(super) fn finish(
    options: &Options,
    backbone: &ImageLabels,
    names: &ObjectNames,
    tuning: &BoxedImages,
    trained: &Weights,
) -> Result<()> {
    write(&options.out.join(TRAINED), &trained.write_safetensors(Precision::F32)?)?;
    let network_logits = Calibration::NONE.apply(trained.get(NAMES_WEIGHT)?.data(), trained.get(NAMES_BIAS)?.data());
    let objects = assemble(options, backbone, names, trained, network_logits.clone())?;
    let detector = ObjectDetector::new(backbone, &objects)?;
    let tuning_scenes = [singles(tuning), mosaics(tuning, options.seed)];
    let seen = tuning_scenes.map(|scenes| look(&detector, &scenes, names));
    let mut sample: Vec<Answer> = Vec::new();
    for seen in &seen {
        sample.extend(answers(seen, names, |features| network_logits.logits(features, None)));
    }
    let calibration = Calibration::fit(&sample)?;
    let rows = calibration.apply(trained.get(NAMES_WEIGHT)?.data(), trained.get(NAMES_BIAS)?.data());
    let mut objects = assemble(options, backbone, names, trained, rows)?;
    let detector = ObjectDetector::new(backbone, &objects)?;
    let tuned = seen.map(|seen| measure(&detector, &seen, names));
    print("images held out of training", &tuned);
    objects.manifest.metrics = json!({ "calibration": calibration, "held_out": summary(&tuned) });
    let mut bank = None;
    if !options.no_validation {
        let read = |files: &[PathBuf]| super::usable(&BoxedImages::read(files, SIDE)?, names);
        let validation = read(&shards(&options.data, "validation")?)?;
        let scenes = [singles(&validation), mosaics(&validation, options.seed)];
        let measured = scenes.map(|scenes| measure(&detector, &look(&detector, &scenes, names), names));
        print("validation split", &measured);
        objects.manifest.metrics["validation"] = summary(&measured);
        let unused = shards(&options.data, "train")?.split_off(options.shards);
        ensure!(!unused.is_empty(), "{}: no shard is left for the bank", options.data.display());
        let sources = Sources { pool: read(&unused)?, validation };
        bank = Some(super::bank::bank(options, &detector, names, &sources)?);
    }
    write_folder(&options.out, &mut objects, bank.as_ref())
}

/// The detector as it will be read back: parameters rounded to f16.
fn assemble(
    options: &Options,
    backbone: &ImageLabels,
    names: &ObjectNames,
    trained: &Weights,
    rows: Head,
) -> Result<ImageObjects> {
    let mut weights = Weights::default();
    for (name, tensor) in trained.iter().filter(|(name, _)| ![NAMES_WEIGHT, NAMES_BIAS].contains(name)) {
        weights.insert(name, tensor.shape().to_vec(), tensor.data().to_vec())?;
    }
    let detector = Detector {
        base: BaseRef::of(backbone),
        passes: super::passes(options),
        overlap: options.overlap,
        candidates: options.candidates,
        doubt: options.doubt,
        nodes: head(&backbone.network, WIDTHS)?,
    };
    let manifest = Manifest {
        name: NAME.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        base: None,
        converted_from: None,
        files: BTreeMap::new(),
        recipe: serde_json::to_value(options)?,
        data: json!({
            "set": "Tiny ImageNet, 64x64, one box an image; research use only (ImageNet's terms)",
            "detector": format!("training shards 0-{}, without {} images a class", options.shards - 1, options.tuning),
            "names": "of 200 classes, 190 are objects with names, 5 are background and 5 are left out",
        }),
        metrics: Value::Null,
    };
    let objects = ImageObjects { manifest, detector, weights, names: rows, labels: names.labels.clone() };
    Ok(objects.rounded(Precision::F16)?.checked(backbone)?)
}

/// Writes every file, the manifest last: a reader sees the old folder or an error, never a mixture it would accept.
fn write_folder(folder: &Path, objects: &mut ImageObjects, bank: Option<&ObjectBank>) -> Result<()> {
    let mut files = vec![
        (DETECTOR, serde_json::to_vec_pretty(&objects.detector)?),
        (zoo::LABELS, serde_json::to_vec(&json!({ "labels": objects.labels }))?),
        (zoo::WEIGHTS, objects.all_weights()?.write_safetensors(Precision::F16)?),
    ];
    if let Some(bank) = bank {
        files.push((zoo::BANK, bank.write()?));
    }
    for (name, bytes) in &files {
        objects.manifest.files.insert((*name).to_owned(), zoo::sha256(bytes));
        write(&folder.join(name), bytes)?;
    }
    write(&folder.join(zoo::MANIFEST), &serde_json::to_vec_pretty(&objects.manifest)?)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    replace(path, bytes).with_context(|| format!("{}", path.display()))
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
