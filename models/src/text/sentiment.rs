//! Sentiment: three classes of a passage, and what the APIs make of them.
//!
//! The score is the share of the positive class less that of the negative one; the magnitude the sum of its size over
//! the sentences. A text is mixed as far as its sentences are of both signs: twice the smaller of what the positive and what
//! the negative ones score, the mean over the sentences. A neutral sentence beside a negative one disagrees with nothing.

use std::ops::Range;

use chameleon_decision::{SentenceSentiment, Sentiment, SentimentClasses};

use super::passages::{passages, tokens_of};
use super::sentences::sentences;
use super::tokens::{Token, tokenize};
use crate::app::AppModel;
use crate::head::softmax;
use crate::zoo::TextModel;

/// The outputs.
pub const CLASSES: [&str; 3] = ["negative", "neutral", "positive"];
/// The score that each class stands for.
pub const SCORES: [f64; 3] = [-1.0, 0.0, 1.0];

pub(super) fn sentiment(model: &TextModel, text: &str, app: Option<&AppModel>) -> Sentiment {
    let app = model.own(app);
    let tokens = tokenize(text);
    let spans = sentences(text);
    let places = tokens_of(&spans, &tokens);
    let of_sentence = |(span, place): (Range<usize>, &Range<usize>)| {
        let score = score(&shares(model, &tokens[place.clone()], app));
        SentenceSentiment { span, score, magnitude: score.abs() }
    };
    let sentences: Vec<SentenceSentiment> = spans.into_iter().zip(&places).map(of_sentence).collect();
    let document = document(model, text, &tokens, app);
    let mixed = disagreement(&sentences);
    let [negative, neutral, positive] = document.map(|share| share * (1.0 - mixed));
    Sentiment {
        score: score(&document),
        magnitude: sentences.iter().map(|sentence| sentence.magnitude).sum(),
        classes: SentimentClasses { positive, negative, neutral, mixed },
        sentences,
    }
}

/// Shares of the classes in a whole text: the mean over its passages, by their length.
fn document(model: &TextModel, text: &str, tokens: &[Token], app: Option<&AppModel>) -> [f64; 3] {
    if tokens.is_empty() {
        return [0.0, 1.0, 0.0];
    }
    let mut sum = [0.0; 3];
    for passage in passages(text, tokens) {
        let weight = passage.len() as f64 / tokens.len() as f64;
        let shares = shares(model, &tokens[passage], app);
        sum.iter_mut().zip(shares).for_each(|(sum, share)| *sum += weight * share);
    }
    sum
}

fn shares(model: &TextModel, tokens: &[Token], app: Option<&AppModel>) -> [f64; 3] {
    let shares = softmax(&model.net.logits(&model.features(tokens), app));
    [0, 1, 2].map(|class| shares.get(class).copied().unwrap_or(0.0))
}

fn score(shares: &[f64; 3]) -> f64 {
    shares.iter().zip(SCORES).map(|(share, score)| share * score).sum::<f64>().clamp(-1.0, 1.0)
}

fn disagreement(sentences: &[SentenceSentiment]) -> f64 {
    let count = sentences.len().max(1) as f64;
    let mean = |of: fn(f64) -> f64| sentences.iter().map(|sentence| of(sentence.score)).sum::<f64>() / count;
    let (positive, negative) = (mean(|score| score.max(0.0)), mean(|score| (-score).max(0.0)));
    2.0 * positive.min(negative)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(scores: &[f64]) -> f64 {
        let sentence = |&score: &f64| SentenceSentiment { span: 0..1, score, magnitude: score.abs() };
        disagreement(&scores.iter().map(sentence).collect::<Vec<_>>())
    }

    #[test]
    fn only_sentences_of_both_signs_disagree() {
        for scores in [&[][..], &[-0.9], &[-0.9, 0.0], &[-0.9, -0.1], &[0.8, 0.0, 0.3]] {
            assert!(of(scores) < 1e-12, "{scores:?}");
        }
        assert!((of(&[1.0, -1.0]) - 1.0).abs() < 1e-12);
        assert!((of(&[0.8, -0.4]) - 0.4).abs() < 1e-12);
    }
}
