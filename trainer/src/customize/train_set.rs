//! The training images of one application, and what they are said to show.

use std::collections::HashMap;
use std::iter::repeat_n;

use anyhow::Result;
use chameleon_loss::{DecisionLoss, Truth};
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::pool::Pool;
use super::recipe::Recipe;
use crate::evaluation::form::Form;
use crate::evaluation::judge::Judge;
use crate::evaluation::strata::Strata;

/// Seed of the choice of images and of the noise: the same for all arms and seeds of training.
const SEED: u64 = 0x5E7;

/// Training images.
pub struct TrainSet {
    /// Those that are drawn equally often, none empty.
    pub groups: Vec<Vec<usize>>,
    /// How many there are; some may be in a group several times.
    count: usize,
    /// True labels, where they are not those of the pool.
    noisy: HashMap<usize, Vec<u16>>,
}

impl TrainSet {
    /// Of the training images `train` as many, and as noisy, as the recipe says.
    ///
    /// # Errors
    /// The program cannot be run.
    pub fn new(train: &[usize], pool: &Pool, recipe: &Recipe, loss: &DecisionLoss, judge: &mut Judge) -> Result<Self> {
        let examples = &pool.examples;
        let decisions = train.iter().map(|&i| Ok(judge.right(examples.truth(i))?.decision));
        let strata = Strata::new(&decisions.collect::<Result<Vec<_>>>()?, recipe.weighting);
        let images = |group: &Vec<usize>| group.iter().map(|&place| train[place]).collect();
        let mut groups: Vec<Vec<usize>> = strata.equal_groups().iter().map(images).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(SEED);
        if let Some(count) = recipe.images {
            let each = (count / groups.len().max(1)).max(1);
            for group in &mut groups {
                group.shuffle(&mut rng);
                group.truncate(each);
            }
        }
        let count = groups.iter().map(Vec::len).sum();
        if recipe.hard_negatives > 1 && pool.form() == Form::Labels {
            let own = loss.labels();
            for group in &mut groups {
                let hard = hardest(group, pool, &own);
                group.extend(repeat_n(hard, recipe.hard_negatives - 1).flatten());
            }
        }
        let mut noisy = HashMap::new();
        if recipe.noise > 0.0 {
            let all = groups.iter().flatten();
            noisy.extend(all.map(|&i| (i, with_noise(&examples.targets[i], pool, loss, recipe.noise, &mut rng))));
        }
        Ok(Self { groups, count, noisy })
    }

    /// What is said to be true of an image.
    pub fn truth<'t>(&'t self, pool: &'t Pool, image: usize) -> Truth<'t> {
        match self.noisy.get(&image) {
            Some(labels) => pool.examples.truth_of(image, labels),
            None => pool.examples.truth(image),
        }
    }

    /// The labels that an image is said to carry, ascending.
    pub fn labels<'t>(&'t self, pool: &'t Pool, image: usize) -> &'t [u16] {
        self.noisy.get(&image).unwrap_or(&pool.examples.targets[image])
    }

    /// How many images there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// Of the images of a group that carry none of the application's `own` labels the quarter to which the generic model gives
/// one of them most nearly.
fn hardest(group: &[usize], pool: &Pool, own: &[usize]) -> Vec<usize> {
    let carries = |image: usize| own.iter().any(|&label| pool.examples.targets[image].contains(&(label as u16)));
    let score = |image: usize| own.iter().map(|&label| pool.row(image)[label]).fold(f32::NEG_INFINITY, f32::max);
    let mut without: Vec<(f32, usize)> =
        group.iter().filter(|&&image| !carries(image)).map(|&image| (score(image), image)).collect();
    without.sort_by(|a, b| b.0.total_cmp(&a.0));
    without.truncate(without.len() / 4);
    without.into_iter().map(|(_, image)| image).collect()
}

/// Labels of which those of a branch may have been replaced by another label of the same branch, once.
fn with_noise(truth: &[u16], pool: &Pool, loss: &DecisionLoss, noise: f64, rng: &mut ChaCha8Rng) -> Vec<u16> {
    let mut labels = truth.to_vec();
    for branch in loss.branches() {
        let within = |label: &u16| branch.labels.binary_search(&usize::from(*label)).is_ok();
        if !labels.iter().any(within) || !rng.random_bool(noise) {
            continue;
        }
        labels.retain(|label| !within(label));
        let own: Vec<u16> = branch.labels.iter().map(|&label| label as u16).collect();
        // A branch that carries a label is not empty.
        labels.extend(pool.labels_of(&own).choose(rng));
    }
    labels.sort_unstable();
    labels
}
