//! Pre-training of a generic model of texts.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use chameleon_models::files::replace;
use chameleon_models::text::encoder::BIAS;
use chameleon_models::text::model::HEAD_BIAS;
use chameleon_models::text::network::FORMAT_VERSION;
use chameleon_models::text::{TAGS, TextNet, TextNetwork};
use chameleon_models::weights::Weights;
use chameleon_models::zoo;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use tch::Device;
use tch::nn::{AdamW, OptimizerConfig as _, VarStore};

use super::members::{mean, merged};
use super::net::{Batch, Net, NetConfig, shuffled};
use super::objective::Objective;
use super::samples::{self, Dictionary, Sample};
use super::score::{SpanCounts, accuracy, macro_f1};
use super::stack::{Stacked, stacked};
use super::task::Task;
use super::{bayes, margin};
use crate::progress::{Progress, ProgressMode};

/// The run's settings and what it achieved on the held-out texts, beside its weights.
pub const SETTINGS: &str = "settings.json";

/// Settings of a run.
#[derive(Clone, Debug, clap::Args, Serialize)]
pub struct Options {
    /// What to train
    #[arg(long, value_enum)]
    pub task: Task,
    /// Folder with the data sets' folders: `tweet-sentiment`, `movie-reviews`, `ag-news` and `bbc-news` for sentiment,
    /// the last two for topics, `btc-entities` for entities, with `train-*.parquet`
    #[arg(long)]
    #[serde(skip)]
    pub data: PathBuf,
    /// Folder to write
    #[arg(long)]
    #[serde(skip)]
    pub out: PathBuf,
    /// One training text in so many is held out: to tune by, and later for the feature bank
    #[arg(long, default_value_t = 7, value_name = "NUM")]
    pub held_out: usize,
    /// Passes over the training texts
    #[arg(long, default_value_t = 5)]
    pub epochs: usize,
    /// Texts a step
    #[arg(long, default_value_t = 64)]
    pub batch: usize,
    /// Networks whose mean is taken, each of another seed
    #[arg(long, default_value_t = 3)]
    pub members: usize,
    /// Features before the head, of each member
    #[arg(long, default_value_t = 12)]
    pub features: usize,
    /// Texts (or tokens) that an n-gram must occur in to be in the dictionary
    #[arg(long, default_value_t = 3, value_name = "NUM")]
    pub least: u32,
    /// Adam's rate at the start; it falls to zero in a line
    #[arg(long, default_value_t = 3e-3)]
    pub learning_rate: f64,
    /// Weight decay of the embeddings
    #[arg(long, default_value_t = 1e-4)]
    pub weight_decay: f64,
    /// How much of the logarithm of its inverse document frequency an n-gram's weight begins with, 0 to 1
    #[arg(long, default_value_t = 0.0, value_name = "SHARE")]
    pub rarity: f32,
    /// Chance that an n-gram of a text is left out in training
    #[arg(long, default_value_t = 0.5)]
    pub dropout: f64,
    /// Chance that a feature is left out
    #[arg(long, default_value_t = 0.2)]
    pub feature_dropout: f64,
    /// Seed of everything random
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How to show progress on stderr
    #[arg(long, value_enum, default_value_t = ProgressMode::Auto, value_name = "HOW")]
    #[serde(skip)]
    pub progress: ProgressMode,
}

/// Trains and writes network, weights, settings and measures.
///
/// # Errors
/// A setting makes no sense, the data cannot be read, or the folder cannot be written.
pub fn run(options: &Options) -> Result<()> {
    check(options)?;
    fs::create_dir_all(&options.out).with_context(|| format!("{}", options.out.display()))?;
    let (train, tune) = samples::split(samples::read(options.task, &options.data, "train")?, options.held_out);
    ensure!(train.len() >= options.batch, "{} training texts, fewer than a batch", train.len());
    let dictionary = samples::dictionary(&train, options.least);
    let ids = &dictionary.ids;
    let learned: Vec<Sample> = train.iter().cloned().chain(samples::guessed(options.task, &options.data)?).collect();
    let steps = options.members * options.epochs * (learned.len() / options.batch);
    let mut progress = Progress::start(options.progress, "training", steps as u64);
    let seeds = (0..options.members as u64).map(|member| options.seed.wrapping_add(member));
    let members = seeds.map(|seed| train_net(options, seed, &learned, &dictionary, &mut progress));
    let mut weights = mean(&members.collect::<Result<Vec<_>>>()?)?;
    drop(progress);
    if options.task != Task::Entities {
        weights = with_sum(options.task, weights, &train, &tune, &dictionary)?;
    }
    let network = network(options.task, &weights)?;
    let bytes = TextNet::write(ids, &weights)?;
    let measured = measure(options.task, &TextNet::read(network, &bytes)?, &tune);
    let settings = serde_json::json!({ "settings": options, "dictionary": ids.len(), "train": train.len(), "guessed": learned.len() - train.len(),
        "held_out": tune.len(), "measured": measured });
    println!("{}", serde_json::to_string_pretty(&settings)?);
    replace(&options.out.join(zoo::NETWORK), &serde_json::to_vec_pretty(&network)?)?;
    replace(&options.out.join(zoo::WEIGHTS), &bytes)?;
    replace(&options.out.join(SETTINGS), &serde_json::to_vec_pretty(&settings)?)?;
    Ok(())
}

fn check(options: &Options) -> Result<()> {
    let counts = [options.batch, options.epochs, options.members, options.features];
    ensure!(counts.iter().all(|count| *count > 0), "--batch, --epochs, --members and --features must be at least 1");
    ensure!(options.held_out >= 2, "--held-out {}: at least 2", options.held_out);
    ensure!((0.0..=1.0).contains(&options.rarity), "--rarity {}: a share lies in 0..1", options.rarity);
    let shares = [options.dropout, options.feature_dropout];
    ensure!(shares.iter().all(|share| (0.0..1.0).contains(share)), "a chance to be left out lies in 0..1, 1 left out");
    Ok(())
}

/// One member.
fn train_net(
    options: &Options,
    seed: u64,
    train: &[Sample],
    dictionary: &Dictionary,
    progress: &mut Progress,
) -> Result<Weights> {
    tch::manual_seed(seed as i64);
    let variables = VarStore::new(Device::Cpu);
    let config = NetConfig {
        factor: dictionary.rarity.iter().map(|rarity| options.rarity * rarity).collect(),
        features: options.features,
        row_dropout: options.dropout,
        feature_dropout: options.feature_dropout,
    };
    let net = Net::new(&variables.root(), config, options.task)?;
    let mut optimizer = AdamW { wd: 0.0, ..AdamW::default() }.build(&variables, options.learning_rate)?;
    optimizer.set_weight_decay_group(Net::decaying(), options.weight_decay);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let steps = options.epochs * (train.len() / options.batch);
    let mut step = 0;
    for _ in 0..options.epochs {
        for places in shuffled(train.len(), options.batch, &mut rng) {
            optimizer.set_lr(options.learning_rate * (1.0 - step as f64 / steps as f64));
            let batch = Batch::new(places.iter().map(|&i| &train[i]), &dictionary.ids);
            optimizer.backward_step(&net.loss(&batch)?);
            step += 1;
            progress.tick();
        }
    }
    net.weights()
}

/// The network and a classifier that is one sum for each label, as much of each as tells the held-out texts best.
///
/// Where labels are topics, the widest margin errs less than naive Bayes; where they are moods, it does not.
fn with_sum(task: Task, net: Weights, train: &[Sample], tune: &[Sample], dictionary: &Dictionary) -> Result<Weights> {
    let objective = Objective::new(task);
    let member = if task == Task::Topics { margin::member } else { bayes::member };
    let members = [net, member(train, dictionary, &objective, task.labels().len())?];
    let outputs = |weights: &Weights| -> Result<Vec<f32>> {
        let net = TextNet::new(network(task, weights)?, dictionary.ids.clone(), weights.clone())?;
        Ok(tune.iter().flat_map(|sample| net.outputs(&sample.bags[0])).collect())
    };
    let outputs = members.iter().map(outputs).collect::<Result<Vec<_>>>()?;
    let Stacked { shares, bias } = stacked(&outputs, tune, &objective)?;
    let mut weights = merged(&members, &shares)?;
    let bias = weights.get(HEAD_BIAS)?.data().iter().zip(bias).map(|(own, more)| own + more).collect();
    let mut head = Weights::default();
    head.insert(HEAD_BIAS, vec![task.labels().len()], bias)?;
    weights.replace_by(head);
    Ok(weights)
}

/// The network that weights are of.
fn network(task: Task, weights: &Weights) -> Result<TextNetwork> {
    let features = weights.get(BIAS)?.data().len();
    Ok(TextNetwork { version: FORMAT_VERSION, input: task.input(), features, outputs: task.labels().len() })
}

/// How good a network is on some samples; the engine runs it, with the weights as rounded.
pub fn measure(task: Task, net: &TextNet, samples: &[Sample]) -> BTreeMap<String, f64> {
    if task == Task::Entities {
        return BTreeMap::from([("btc-entities span F1".to_owned(), span_f1(net, samples))]);
    }
    let mut measured = BTreeMap::new();
    for (set, of) in task.sets().iter().enumerate() {
        let mut right = Vec::new();
        let mut guessed = Vec::new();
        for sample in samples.iter().filter(|sample| sample.set == set) {
            let outputs = net.outputs(&sample.bags[0]);
            let best = |&a: &usize, &b: &usize| outputs[of.columns[a]].total_cmp(&outputs[of.columns[b]]);
            guessed.push((0..of.columns.len()).max_by(best).unwrap_or(0));
            right.push(of.classes.iter().position(|&class| class == sample.classes[0]).unwrap_or(0));
        }
        measured.insert(format!("{} accuracy", of.folder), accuracy(&right, &guessed));
        measured.insert(format!("{} macro-F1", of.folder), macro_f1(&right, &guessed, of.classes.len()));
    }
    measured
}

/// Over the spans of the data set's own tokens: each has the tag of its first piece.
fn span_f1(net: &TextNet, samples: &[Sample]) -> f64 {
    let mut counts = SpanCounts::default();
    for sample in samples {
        let outputs: Vec<Vec<f32>> = sample.bags.iter().map(|bag| net.outputs(bag)).collect();
        let tags = net.chain.as_ref().map_or_else(Vec::new, |chain| chain.best(&outputs));
        let of = |tag: &dyn Fn(usize) -> usize| -> Vec<&str> {
            sample.first.iter().map(|first| first.map_or(TAGS[0], |first| TAGS[tag(first)])).collect()
        };
        counts.add(&of(&|i| usize::from(sample.classes[i])), &of(&|i| tags.get(i).copied().unwrap_or(0)));
    }
    counts.f1()
}
