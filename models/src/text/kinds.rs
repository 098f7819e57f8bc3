//! Of what kind a name is: a linear head over what is seen of all its tokens.
//!
//! The tagger finds where names are; its own outputs, added up over a name's tokens, say what the name is. As they are
//! linear in the tokens' features, so is their sum: an application's rows can be put over the generic ones, as over any
//! head. The first token has the rows of tags that begin a name, the others those of tags inside.

use std::ops::Range;

use super::TAGS;
use super::model::TextNet;
use crate::head::Head;
use crate::zoo::LabelInfo;

/// The outputs, as Google's API calls them. A name of none of the other kinds is `OTHER`.
pub const KINDS: [&str; 4] = ["OTHER", "PERSON", "LOCATION", "ORGANIZATION"];

/// The tags that begin and go on with a name of each kind.
const OWN_TAGS: [[usize; 2]; 4] = [[0, 0], [1, 2], [3, 4], [5, 6]];

/// The kinds of a tagger's names.
#[derive(Clone, Debug, PartialEq)]
pub struct Kinds {
    /// The outputs, in order: [`KINDS`], class by class.
    pub labels: Vec<LabelInfo>,
    /// Their rows, (4, 2 D + 1).
    pub head: Head,
}

/// A name in some tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// Places of its tokens.
    pub tokens: Range<usize>,
    /// How likely its least likely tag is, 0..1.
    pub score: f64,
    /// What is seen of it, (2 D + 1), none negative: the features of the first token, the sum of the others', and how
    /// many others there are.
    pub features: Vec<f32>,
}

impl Kinds {
    /// Those of the tags of a tagger, whose rows these are.
    pub fn of(tags: &Head) -> Self {
        let dim = tags.features();
        let row = |tag: usize| &tags.weight[tag * dim..(tag + 1) * dim];
        let mut head = Head { weight: Vec::with_capacity(KINDS.len() * (2 * dim + 1)), bias: Vec::new() };
        for [begin, inside] in OWN_TAGS {
            head.weight.extend_from_slice(row(begin));
            head.weight.extend_from_slice(row(inside));
            head.weight.push(tags.bias[inside]);
            head.bias.push(tags.bias[begin]);
        }
        let label = |(class, name): (u16, &str)| LabelInfo { name: name.to_owned(), classes: vec![class] };
        Self { labels: (0..).zip(KINDS).map(label).collect(), head }
    }
}

/// The names that a tagger finds where it sees this of each token; none for a network without a chain of [`TAGS`].
pub fn names(net: &TextNet, seen: &[Vec<u64>]) -> Vec<Name> {
    let Some(chain) = net.chain.as_ref().filter(|_| net.head.bias.len() == TAGS.len()) else { return Vec::new() };
    let features: Vec<Vec<f32>> = seen.iter().map(|seen| net.encoder.encode(seen)).collect();
    let outputs: Vec<Vec<f32>> = features.iter().map(|features| net.logits(features, None)).collect();
    let (tags, marginals) = (chain.best(&outputs), chain.marginals(&outputs));
    let mut found: Vec<Name> = Vec::new();
    let mut last = 0;
    for (i, &tag) in tags.iter().enumerate() {
        let score = marginals[i][tag];
        let goes_on = |[begin, inside]: [usize; 2]| tag == inside && (last == begin || last == inside);
        match found.last_mut() {
            Some(open) if tag != 0 && OWN_TAGS.into_iter().any(goes_on) => {
                open.tokens.end = i + 1;
                open.score = open.score.min(score);
            }
            _ if tag != 0 => found.push(Name { tokens: i..i + 1, score, features: Vec::new() }),
            _ => {}
        }
        last = tag;
    }
    for name in &mut found {
        name.features = joined(&features[name.tokens.clone()]);
    }
    found
}

fn joined(tokens: &[Vec<f32>]) -> Vec<f32> {
    let Some((first, others)) = tokens.split_first() else { return Vec::new() };
    let mut sum = vec![0.0; first.len()];
    for other in others {
        sum.iter_mut().zip(other).for_each(|(sum, value)| *sum += value);
    }
    let mut all = first.clone();
    all.extend(sum);
    all.push(others.len() as f32);
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_tags_of_the_kinds_are_the_taggers() {
        for (kind, [begin, inside]) in KINDS.iter().zip(OWN_TAGS).skip(1) {
            assert_eq!(TAGS[begin], format!("B-{}", &kind[..3]));
            assert_eq!(TAGS[inside], format!("I-{}", &kind[..3]));
        }
    }

    proptest! {
        #[test]
        fn a_kinds_logit_is_the_sum_of_its_tags_outputs(
            weight in proptest::collection::vec(-2.0_f32..2.0, 7 * 3),
            bias in proptest::collection::vec(-2.0_f32..2.0, 7),
            tokens in proptest::collection::vec(proptest::collection::vec(0.0_f32..2.0, 3), 1..5),
        ) {
            let tags = Head { weight, bias };
            let got = Kinds::of(&tags).head.logits(&joined(&tokens), None);
            for (kind, [begin, inside]) in OWN_TAGS.into_iter().enumerate() {
                let of = |(i, token): (usize, &Vec<f32>)| tags.logits(token, None)[if i == 0 { begin } else { inside }];
                let expected: f32 = tokens.iter().enumerate().map(of).sum();
                prop_assert!((got[kind] - expected).abs() < 1e-3);
            }
        }
    }
}
