//! Pre-training of the generic image-label network.

mod batches;
mod checkpoint;
mod evaluate;
mod mix;
mod objective;
mod options;
mod run;
mod schedule;
mod settings;
mod teacher;

use std::collections::HashMap;

use anyhow::{Result, ensure};
use chameleon_models::net::{ImageInput, Network};
use chameleon_models::resnet::{ResNetConfig, resnet};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

pub use checkpoint::{read_tensors, write_tensors};
pub use evaluate::logits;
pub use objective::class_columns;
pub use options::Options;
pub use settings::SETTINGS;

use crate::dataset::{ImageSet, read_labels, shards};
use crate::module::Module;
use run::Run;
pub(crate) use run::append_line;

/// Rows and columns of the data set's images, and of the network's input.
pub const SIDE: usize = 64;
/// Images held out of the training shards to choose and to stop by.
const TUNING_IMAGES: usize = 2000;

/// The network that is trained, with `width` times the channels of the one that ships, which has 222 M
/// multiply-accumulates an image and 3.7 M parameters.
pub fn network(outputs: usize, width: usize) -> Network {
    resnet(&ResNetConfig {
        name: "image-labels".to_owned(),
        input: ImageInput {
            channels: 3,
            height: SIDE,
            width: SIDE,
            mean: vec![0.480, 0.448, 0.397],
            std: vec![0.276, 0.269, 0.282],
        },
        stem: (32 * width, 2),
        stages: vec![(48 * width, 1, 1), (96 * width, 2, 2), (192 * width, 2, 2), (384 * width, 1, 2)],
        outputs,
    })
}

/// Trains, or goes on with, the network in `options.out`.
///
/// # Errors
/// Data or checkpoint cannot be read, or the output folder cannot be written.
pub fn run(options: &Options) -> Result<()> {
    options.check()?;
    let labels = read_labels(&options.data)?;
    let fingerprint = settings::labels_of(&options.data)?;
    settings::check_resumable(options, &fingerprint)?;
    let (train, tuning) = load_images(options)?;
    tch::manual_seed(options.seed as i64);
    tch::Cuda::cudnn_set_benchmark(true);
    let network = network(labels.len(), options.width);
    let module = match &options.from {
        Some(weights) => Module::from_tensors(network, &read_tensors(weights)?, options.device)?,
        None => Module::new(network, options.device),
    };
    let mut run = Run::new(options, module, &labels, &train)?;
    settings::write(options, &fingerprint)?;
    run.train(options.stop_at, &tuning)
}

/// Training images and those held out for tuning, the same number of each class.
fn load_images(options: &Options) -> Result<(ImageSet, ImageSet)> {
    let mut files = shards(&options.data, "train")?;
    ensure!(files.len() >= options.shards, "{}: only {} training shards", options.data.display(), files.len());
    files.truncate(options.shards);
    let all = ImageSet::read(&files, SIDE)?;
    let (train, tuning) = stratified(&all, TUNING_IMAGES);
    Ok((all.select(&train), all.select(&tuning)))
}

/// Splits off about `held_out` images, equally many of each class; the split is the same for every run.
fn stratified(set: &ImageSet, held_out: usize) -> (Vec<usize>, Vec<usize>) {
    let mut by_class: HashMap<u16, Vec<usize>> = HashMap::new();
    let mut order: Vec<usize> = (0..set.len()).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(0));
    for i in order {
        by_class.entry(set.classes[i]).or_default().push(i);
    }
    let each = held_out / by_class.len().max(1);
    let (mut train, mut tuning) = (Vec::new(), Vec::new());
    for indices in by_class.values() {
        let cut = each.min(indices.len());
        tuning.extend(&indices[..cut]);
        train.extend(&indices[cut..]);
    }
    train.sort_unstable();
    tuning.sort_unstable();
    (train, tuning)
}
