//! Training texts as the network sees them: bags of dictionary rows with what is right for each.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use anyhow::{Result, ensure};
use chameleon_models::text::context::contexts;
use chameleon_models::text::sentences::sentences;
use chameleon_models::text::{NGrams, TAGS, TextInput, Token, opening, tokenize};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::read::{self, Tagged};
use super::task::Task;

/// One text: a bag of n-grams, or one a token, with a class for each bag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The numbers of each bag's n-grams.
    pub bags: Vec<Vec<u64>>,
    /// Of a text's n-grams, those of words.
    pub words: Vec<u64>,
    /// Each bag's class among the model's.
    pub classes: Vec<u16>,
    /// The place of the text's data set in the task.
    pub set: usize,
    /// For tags: the bag where each of the data set's own tokens begins; `None` for a token without any character.
    pub first: Vec<Option<usize>>,
}

/// The texts of a split of a task's data sets.
///
/// # Errors
/// A data set cannot be read or has other classes than the task.
pub fn read(task: Task, data: &Path, split: &str) -> Result<Vec<Sample>> {
    let TextInput::Passage(n_grams) = task.input() else {
        let rows = read::tagged(&data.join("btc-entities"), split)?;
        return rows.iter().map(of_tags).collect();
    };
    let mut samples = Vec::new();
    for (set, of) in task.sets().iter().enumerate() {
        for row in read::labelled(&data.join(of.folder), split)? {
            let class = of.classes.get(usize::from(row.class)).copied();
            ensure!(class.is_some(), "{}: class {}", of.folder, row.class);
            samples.push(of_text(n_grams, &row.text, class.unwrap_or_default(), set));
        }
    }
    Ok(samples)
}

/// The training texts whose label is only a good guess: the first sentence of each.
///
/// # Errors
/// A data set cannot be read.
pub fn guessed(task: Task, data: &Path) -> Result<Vec<Sample>> {
    let (TextInput::Passage(n_grams), (folders, class)) = (task.input(), task.guessed()) else {
        return Ok(Vec::new());
    };
    let mut samples = Vec::new();
    for folder in folders {
        for row in read::labelled(&data.join(folder), "train")? {
            let first = sentences(&row.text).into_iter().next().unwrap_or_default();
            samples.push(of_text(n_grams, &row.text[first], class, task.sets().len()));
        }
    }
    Ok(samples)
}

fn of_text(n_grams: NGrams, text: &str, class: u16, set: usize) -> Sample {
    let tokens = opening(text);
    let words = NGrams { characters: None, ..n_grams }.of(&tokens);
    Sample { bags: vec![n_grams.of(&tokens)], words, classes: vec![class], set, first: Vec::new() }
}

/// The set's tokens are cut anew, as raw texts will be; a piece has the tag of the token it is from.
///
/// # Errors
/// A tag is none of [`TAGS`].
pub fn of_tags(row: &Tagged) -> Result<Sample> {
    let text = row.tokens.join(" ");
    let tokens = tokenize(&text);
    let mut classes = vec![0; tokens.len()];
    let mut first = Vec::new();
    let mut start = 0;
    for (word, tag) in row.tokens.iter().zip(&row.tags) {
        let pieces = pieces(&tokens, start..start + word.len());
        start += word.len() + 1;
        first.push((!pieces.is_empty()).then_some(pieces.start));
        for (i, piece) in pieces.enumerate() {
            classes[piece] = tag_class(tag, i > 0)?;
        }
    }
    Ok(Sample { bags: contexts(&tokens), words: Vec::new(), classes, set: 0, first })
}

/// Places of the tokens that begin within some bytes.
fn pieces(tokens: &[Token], bytes: Range<usize>) -> Range<usize> {
    let before = |at: usize| tokens.partition_point(|token| token.span.start < at);
    before(bytes.start)..before(bytes.end)
}

fn tag_class(tag: &str, inside: bool) -> Result<u16> {
    let tag = if inside { tag.replacen("B-", "I-", 1) } else { tag.to_owned() };
    let class = TAGS.iter().position(|known| **known == tag);
    ensure!(class.is_some(), "tag `{tag}`; expected one of {}", TAGS.join(", "));
    Ok(class.unwrap_or_default() as u16)
}

/// Puts every `one_in`-th sample, in an order that depends on nothing but their number, into the second part.
pub fn split(samples: Vec<Sample>, one_in: usize) -> (Vec<Sample>, Vec<Sample>) {
    let mut order: Vec<usize> = (0..samples.len()).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(0));
    let mut held_out = vec![false; samples.len()];
    order.into_iter().step_by(one_in.max(2)).for_each(|i| held_out[i] = true);
    let (second, first): (Vec<_>, Vec<_>) = samples.into_iter().zip(held_out).partition(|(_, held_out)| *held_out);
    let alone = |pairs: Vec<(Sample, bool)>| pairs.into_iter().map(|pair| pair.0).collect();
    (alone(first), alone(second))
}

/// The n-grams that the network knows.
#[derive(Clone, Debug, PartialEq)]
pub struct Dictionary {
    /// Their numbers, ascending.
    pub ids: Vec<u64>,
    /// Logarithm of each one's inverse document frequency, over the mean of all.
    pub rarity: Vec<f32>,
}

/// The n-grams that at least `least` bags have.
pub fn dictionary(samples: &[Sample], least: u32) -> Dictionary {
    let mut counts: HashMap<u64, u32> = HashMap::new();
    for id in samples.iter().flat_map(|sample| sample.bags.iter().flatten()) {
        *counts.entry(*id).or_default() += 1;
    }
    let bags: usize = samples.iter().map(|sample| sample.bags.len()).sum();
    let mut kept: Vec<(u64, u32)> = counts.into_iter().filter(|(_, count)| *count >= least).collect();
    kept.sort_unstable();
    // One more bag than there are: an n-gram of all of them still has some weight.
    let inverse = |&(_, count): &(u64, u32)| ((bags + 1) as f32 / count as f32).ln();
    let mean = kept.iter().map(inverse).sum::<f32>() / kept.len().max(1) as f32;
    Dictionary {
        ids: kept.iter().map(|(id, _)| *id).collect(),
        rarity: kept.iter().map(|kept| (inverse(kept) / mean).ln()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(ids: Vec<u64>) -> Sample {
        Sample { bags: vec![ids], words: Vec::new(), classes: vec![0], set: 0, first: Vec::new() }
    }

    #[test]
    fn pieces_of_a_token_share_its_tag() {
        let words = |all: &[&str]| all.iter().map(|word| (*word).to_owned()).collect();
        let row = Tagged { tokens: words(&["in", "Stoke-on-Trent", "", "!"]), tags: words(&["O", "B-LOC", "O", "O"]) };
        let sample = of_tags(&row).expect("known tags");
        // in Stoke - on - Trent !
        assert_eq!(sample.classes, [0, 3, 4, 4, 4, 4, 0]);
        assert_eq!(sample.first, [Some(0), Some(1), None, Some(6)]);
        assert_eq!(sample.bags.len(), 7);
    }

    #[test]
    fn the_dictionary_holds_what_occurs_often_enough() {
        let samples = [sample(vec![5, 3]), sample(vec![9, 5]), sample(vec![3])];
        assert_eq!(dictionary(&samples, 2).ids, [3, 5]);
        let all = dictionary(&samples, 1);
        assert!(all.rarity[0] < 0.0 && all.rarity[2] > 0.0, "{all:?}");
    }

    #[test]
    fn a_split_is_the_same_every_time() {
        let samples: Vec<Sample> = (0..20).map(|i| sample(vec![i])).collect();
        let (first, second) = split(samples.clone(), 5);
        assert_eq!((first.len(), second.len()), (16, 4));
        assert_eq!(split(samples, 5).1, second);
    }
}
