//! Categorized specialists: one head for each broad category of labels, shared by all applications.
//!
//! What an API provider could offer without knowing any application: models for animals, food, vehicles and so on. A
//! category is one of the broadest labels; its specialist trains on the labels below it, with images of the category
//! as often as others, for as many steps as the longest arm of a customization.

use anyhow::{Context, Result};
use chameleon_models::bank::Split;
use chameleon_models::zoo::LabelInfo;
use rayon::prelude::*;
use tch::{Reduction, Tensor};

use crate::customize::delta::Delta;
use crate::customize::head::Head;
use crate::customize::pool::Pool;
use crate::customize::recipe::Recipe;
use crate::customize::stage::{self, Trained};

/// Number of categories, as in `ChameleonAPI`'s comparison.
const CATEGORIES: usize = 10;

/// The specialists of several seeds, each as one head of all labels: rows outside all categories stay generic.
///
/// # Errors
/// libtorch's message.
pub fn specialists(
    labels: &[LabelInfo],
    pool: &Pool,
    recipe: &Recipe,
    seeds: &[u64],
    tick: &(dyn Fn() + Sync),
) -> Result<Vec<(u64, Head)>> {
    let categories = categories(labels);
    let jobs: Vec<(u64, &Category)> =
        seeds.iter().flat_map(|&seed| categories.iter().map(move |category| (seed, category))).collect();
    let trained: Vec<Head> =
        jobs.par_iter().map(|(seed, category)| train(pool, category, recipe, *seed, tick)).collect::<Result<_>>()?;
    let of_seed = |&seed: &u64| {
        let mut all = pool.head.clone();
        for ((_, category), head) in jobs.iter().zip(&trained).filter(|((of, _), _)| *of == seed) {
            put(&mut all, &category.labels, head);
        }
        (seed, all)
    };
    Ok(seeds.iter().map(of_seed).collect())
}

/// Steps of all specialists of `seeds` seeds.
pub fn steps(labels: &[LabelInfo], recipe: &Recipe, seeds: usize) -> usize {
    categories(labels).len() * seeds * (recipe.first.steps + recipe.second.steps)
}

/// Labels that one specialist is for.
struct Category {
    /// Its own label, the broadest.
    root: u16,
    /// All its labels, ascending.
    labels: Vec<u16>,
}

/// The labels with most classes among those that no other label includes, each with the labels that it includes and
/// no earlier one does.
fn categories(labels: &[LabelInfo]) -> Vec<Category> {
    let within = |a: &LabelInfo, b: &LabelInfo| a.classes.iter().all(|class| b.classes.contains(class));
    let is_root = |label: &&(u16, &LabelInfo)| {
        !labels.iter().any(|other| other.classes.len() > label.1.classes.len() && within(label.1, other))
    };
    let numbered: Vec<(u16, &LabelInfo)> = (0u16..).zip(labels).collect();
    let mut roots: Vec<&(u16, &LabelInfo)> = numbered.iter().filter(is_root).collect();
    roots.sort_by_key(|(_, label)| std::cmp::Reverse(label.classes.len()));
    roots.truncate(CATEGORIES);
    let mut taken = vec![false; labels.len()];
    let mut category = |&&(root, info): &&(u16, &LabelInfo)| {
        let below = numbered.iter().filter(|(_, label)| within(label, info)).map(|(i, _)| *i);
        let labels: Vec<u16> = below.filter(|&i| !std::mem::replace(&mut taken[usize::from(i)], true)).collect();
        Category { root, labels }
    };
    roots.iter().map(&mut category).collect()
}

fn train(pool: &Pool, category: &Category, recipe: &Recipe, seed: u64, tick: &(dyn Fn() + Sync)) -> Result<Head> {
    let carries = |&i: &usize| pool.examples.targets[i].binary_search(&category.root).is_ok();
    let (inside, outside): (Vec<usize>, Vec<usize>) = pool.examples.of(Split::Train).into_iter().partition(carries);
    let groups: Vec<Vec<usize>> = [inside, outside].into_iter().filter(|group| !group.is_empty()).collect();
    let loss = |images: &[usize], logits: &Tensor| {
        let targets = Tensor::from_slice(&pool.targets(images, &category.labels)).reshape(logits.size());
        Ok(logits.binary_cross_entropy_with_logits::<Tensor>(&targets, None, None, Reduction::Mean))
    };
    let generic = pool.head.rows(&category.labels);
    let trained =
        Trained { pool, groups: &groups, generic: &generic, rank: recipe.rank, layers: None, loss: &loss, tick };
    let mut delta = Delta::from(generic.clone());
    for (stage, order) in [(&recipe.first, 0), (&recipe.second, 1)] {
        let seed = seed.wrapping_mul(2).wrapping_add(order);
        delta = stage::train(&trained, &delta, stage, seed)?.pop().context("a stage without a checkpoint")?;
    }
    Ok(delta.head)
}

fn put(all: &mut Head, labels: &[u16], rows: &Head) {
    let dim = all.dim();
    for ((&label, row), bias) in labels.iter().zip(rows.weight.chunks_exact(dim)).zip(&rows.bias) {
        let place = usize::from(label);
        all.weight[place * dim..(place + 1) * dim].copy_from_slice(row);
        all.bias[place] = *bias;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_are_the_broadest_labels_with_what_they_include() {
        let label = |name: &str, classes: &[u16]| LabelInfo { name: name.to_owned(), classes: classes.to_vec() };
        let labels = [
            label("Dog", &[0]),
            label("Animal", &[0, 1, 2]),
            label("Food", &[3, 4]),
            label("Fish", &[1, 3]),
            label("Apple", &[4]),
        ];
        let found: Vec<(u16, Vec<u16>)> = categories(&labels).into_iter().map(|c| (c.root, c.labels)).collect();
        assert_eq!(found, [(1, vec![0, 1]), (2, vec![2, 4]), (3, vec![3])]);
    }
}
