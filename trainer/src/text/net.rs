//! The trainable network of texts, and its loss for each task.

use anyhow::Result;
use chameleon_models::text::chain::{START, TRANSITIONS};
use chameleon_models::text::encoder::{BIAS, EMBEDDING};
use chameleon_models::text::model::{HEAD_BIAS, HEAD_WEIGHT};
use chameleon_models::weights::Weights;
use rand::Rng;
use tch::nn::{Init, Path};
use tch::{Kind, Tensor};

use super::objective::Objective;
use super::samples::Sample;
use super::task::Task;
use crate::customize::head::values;

/// Group of the parameters that decay.
const DECAYING: usize = 1;
/// Spread of the first embeddings.
const SPREAD: f64 = 0.05;

/// Sizes and regularization.
#[derive(Clone, Debug)]
pub struct NetConfig {
    /// Logarithm of the factor that each row of the dictionary begins with, V.
    pub factor: Vec<f32>,
    /// Features, D.
    pub features: usize,
    /// Chance that a row of a bag is left out in training.
    pub row_dropout: f64,
    /// Chance that a feature is.
    pub feature_dropout: f64,
}

/// Some samples, all bags one after the other.
pub struct Batch {
    /// Dictionary rows of all bags.
    rows: Tensor,
    /// Where each bag begins, and the end of the last, (B + 1).
    offsets: Tensor,
    /// Bags.
    bags: usize,
    /// Bags of each sample.
    lengths: Vec<i64>,
    /// Class of each bag.
    classes: Vec<u16>,
    /// The samples' data sets.
    sets: Vec<usize>,
}

impl Batch {
    /// The bags of some samples, with the rows of those n-grams that the dictionary has.
    pub fn new<'s>(samples: impl IntoIterator<Item = &'s Sample>, dictionary: &[u64]) -> Self {
        let (mut rows, mut offsets) = (Vec::<i64>::new(), vec![0_i64]);
        let (mut lengths, mut classes, mut sets) = (Vec::new(), Vec::new(), Vec::new());
        for sample in samples {
            for bag in &sample.bags {
                rows.extend(bag.iter().filter_map(|id| dictionary.binary_search(id).ok()).map(|row| row as i64));
                offsets.push(rows.len() as i64);
            }
            lengths.push(sample.bags.len() as i64);
            classes.extend(&sample.classes);
            sets.push(sample.set);
        }
        let bags = offsets.len() - 1;
        Self { rows: Tensor::from_slice(&rows), offsets: Tensor::from_slice(&offsets), bags, lengths, classes, sets }
    }
}

/// The parameters.
pub struct Net {
    config: NetConfig,
    embedding: Tensor,
    /// Logarithm of each row's factor: n-grams that say much may grow without growing apart.
    factor: Tensor,
    bias: Tensor,
    head_weight: Tensor,
    head_bias: Tensor,
    transitions: Tensor,
    start: Tensor,
    objective: Objective,
    task: Task,
}

impl Net {
    /// A network with random embeddings.
    ///
    /// # Errors
    /// libtorch's message.
    pub fn new(path: &Path, config: NetConfig, task: Task) -> Result<Self> {
        let (rows, features, outputs) =
            (config.factor.len() as i64, config.features as i64, task.labels().len() as i64);
        let decaying = path.set_group(DECAYING);
        let zeros = Init::Const(0.0);
        let normal = Init::Randn { mean: 0.0, stdev: SPREAD };
        Ok(Self {
            embedding: decaying.f_var("embedding", &[rows, features], normal)?,
            factor: decaying.var_copy("factor", &Tensor::from_slice(&config.factor)),
            config,
            bias: path.f_var("bias", &[features], zeros)?,
            head_weight: path.f_var("head_weight", &[outputs, features], Init::Randn { mean: 0.0, stdev: 0.1 })?,
            head_bias: path.f_var("head_bias", &[outputs], zeros)?,
            transitions: path.f_var("transitions", &[outputs, outputs], zeros)?,
            start: path.f_var("start", &[outputs], zeros)?,
            objective: Objective::new(task),
            task,
        })
    }

    /// The group of parameters that decay, for the optimizer.
    pub fn decaying() -> usize {
        DECAYING
    }

    /// Outputs (bags, L); `train` drops rows and features.
    ///
    /// # Errors
    /// libtorch's message.
    pub fn forward(&self, batch: &Batch, train: bool) -> Result<Tensor> {
        let mut factor = self.factor.f_index_select(0, &batch.rows)?.exp();
        if train {
            factor = factor.dropout(self.config.row_dropout, true);
        }
        let (sum, ..) = Tensor::f_embedding_bag(
            &self.embedding,
            &batch.rows,
            &batch.offsets,
            false,
            0,
            false,
            Some(&factor),
            true,
        )?;
        let counts = &batch.offsets.slice(0, 1, None, 1) - batch.offsets.slice(0, 0, batch.bags as i64, 1);
        let scale = counts.clamp_min(1).to_kind(Kind::Float).rsqrt().unsqueeze(1);
        let features = (sum * scale + &self.bias).relu().dropout(self.config.feature_dropout, train);
        Ok(features.f_matmul(&self.head_weight.tr())? + &self.head_bias)
    }

    /// The loss of a batch.
    ///
    /// # Errors
    /// libtorch's message.
    pub fn loss(&self, batch: &Batch) -> Result<Tensor> {
        let outputs = self.forward(batch, true)?;
        match self.task {
            Task::Entities => Ok(self.chain_loss(&outputs, batch)),
            Task::Sentiment | Task::Topics => self.objective.loss(&outputs, &batch.classes, &batch.sets),
        }
    }

    /// Mean negative log-likelihood of the samples' tags under the chain, by the forward algorithm.
    fn chain_loss(&self, outputs: &Tensor, batch: &Batch) -> Tensor {
        let longest = batch.lengths.iter().copied().max().unwrap_or(0);
        if longest == 0 {
            return outputs.sum(Kind::Float);
        }
        let samples = batch.lengths.len() as i64;
        let pad = |flat: &Tensor| Tensor::pad_sequence(&flat.split_with_sizes(&batch.lengths, 0), true, 0.0, "right");
        let outputs = pad(outputs); // (samples, longest, tags)
        let tags = pad(&self.objective.labels(&batch.classes)); // (samples, longest)
        let lengths = Tensor::from_slice(&batch.lengths);
        let there =
            Tensor::arange(longest, (Kind::Int64, outputs.device())).unsqueeze(0).lt_tensor(&lengths.unsqueeze(1));
        let emitted = outputs.gather(2, &tags.unsqueeze(2), false).squeeze_dim(2);
        let from = tags.slice(1, 0, longest - 1, 1);
        let to = tags.slice(1, 1, longest, 1);
        let tag_count = self.start.size()[0];
        let moved = self.transitions.reshape([-1]).index_select(0, &(from * tag_count + to).reshape([-1]));
        let moved = moved.reshape([samples, longest - 1]);
        let mask = there.to_kind(Kind::Float);
        let first = self.start.index_select(0, &tags.select(1, 0)) * mask.select(1, 0);
        let path = (emitted * &mask).sum_dim_intlist(1, false, Kind::Float)
            + (moved * mask.slice(1, 1, longest, 1)).sum_dim_intlist(1, false, Kind::Float)
            + first;
        let mut reached = &self.start + outputs.select(1, 0); // (samples, tags)
        for place in 1..longest {
            let next = (reached.unsqueeze(2) + &self.transitions).logsumexp(1, false) + outputs.select(1, place);
            reached = next.where_self(&there.select(1, place).unsqueeze(1), &reached);
        }
        (reached.logsumexp(1, false) * mask.select(1, 0) - path).sum(Kind::Float) / samples as f64
    }

    /// The parameters as the engine reads them: each row times its factor.
    ///
    /// # Errors
    /// libtorch cannot hand them out, or training has diverged.
    pub fn weights(&self) -> Result<Weights> {
        let (rows, features) = (self.config.factor.len(), self.config.features);
        let outputs = self.task.labels().len();
        let embedding = &self.embedding * self.factor.exp().unsqueeze(1);
        let mut tensors = vec![
            (EMBEDDING, vec![rows, features], values(&embedding)?),
            (BIAS, vec![features], values(&self.bias)?),
            (HEAD_WEIGHT, vec![outputs, features], values(&self.head_weight)?),
            (HEAD_BIAS, vec![outputs], values(&self.head_bias)?),
        ];
        if self.task == Task::Entities {
            tensors.push((TRANSITIONS, vec![outputs, outputs], values(&self.transitions)?));
            tensors.push((START, vec![outputs], values(&self.start)?));
        }
        let mut weights = Weights::default();
        for (name, shape, data) in tensors {
            weights.insert(name, shape, data)?;
        }
        Ok(weights)
    }
}

/// Samples in random order, in batches; a rest that fills none is left for the next pass.
pub fn shuffled(count: usize, batch: usize, rng: &mut impl Rng) -> Vec<Vec<usize>> {
    use rand::seq::SliceRandom;
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(rng);
    order.chunks_exact(batch.max(1)).map(<[usize]>::to_vec).collect()
}
