//! Entities: tags of tokens to mentions, mentions of one name to an entity.

use std::collections::HashMap;
use std::ops::Range;

use chameleon_decision::{Entity, EntityKind, EntitySentiment, Mention, SentenceSentiment};

use super::context::contexts;
use super::passages::passages;
use super::tokens::{Token, TokenKind, tokenize};
use crate::zoo::TextModel;

/// The outputs: outside, and the beginning and inside of each kind (BIO).
pub const TAGS: [&str; 7] = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG"];

/// A mention with what was found out about it.
struct Found {
    span: Range<usize>,
    kind: EntityKind,
    score: f64,
}

pub(super) fn entities(model: &TextModel, text: &str) -> Vec<Entity> {
    let tokens = tokenize(text);
    let mut order: Vec<Entity> = Vec::new();
    let mut known: HashMap<(String, EntityKind), usize> = HashMap::new();
    for passage in passages(text, &tokens) {
        for Found { span, kind, score } in mentions(model, &tokens[passage]) {
            let name = &text[span.clone()];
            let mention = Mention { span, proper: true };
            if let Some(&i) = known.get(&(name.to_lowercase(), kind)) {
                order[i].score = order[i].score.max(score);
                order[i].mentions.push(mention);
            } else {
                known.insert((name.to_lowercase(), kind), order.len());
                let (name, mentions) = (name.to_owned(), vec![mention]);
                order.push(Entity { name, kind, salience: 0.0, score, mentions, sentiment: None });
            }
        }
    }
    rank(&mut order, text.len());
    order
}

/// Salience: every mention counts, the less the later it comes, down to half at the end.
fn rank(entities: &mut [Entity], length: usize) {
    let weight = |mention: &Mention| 1.0 - 0.5 * mention.span.start as f64 / length.max(1) as f64;
    let weights: Vec<f64> = entities.iter().map(|entity| entity.mentions.iter().map(weight).sum()).collect();
    let total: f64 = weights.iter().sum();
    for (entity, weight) in entities.iter_mut().zip(weights) {
        entity.salience = weight / total;
    }
    entities.sort_by(|a, b| b.salience.total_cmp(&a.salience));
}

fn mentions(model: &TextModel, tokens: &[Token]) -> Vec<Found> {
    let Some(chain) = &model.net.chain else { return Vec::new() };
    let outputs: Vec<Vec<f32>> = contexts(tokens).iter().map(|seen| model.net.outputs(seen)).collect();
    let (tags, marginals) = (chain.best(&outputs), chain.marginals(&outputs));
    let mut found: Vec<Found> = Vec::new();
    let mut last = None;
    for (i, (token, &tag)) in tokens.iter().zip(&tags).enumerate() {
        let name = model.labels.get(tag).map_or(TAGS[0], |label| label.name.as_str());
        let kind = kind(name);
        let (score, span) = (marginals[i][tag], name_span(token));
        match (kind, found.last_mut()) {
            (Some(kind), Some(open)) if name.starts_with("I-") && last == Some(kind) => {
                open.span.end = span.end;
                open.score = open.score.min(score);
            }
            (Some(kind), _) => found.push(Found { span, kind, score }),
            (None, _) => {}
        }
        last = kind;
    }
    found
}

fn kind(tag: &str) -> Option<EntityKind> {
    match tag.get(2..)? {
        "PER" => Some(EntityKind::Person),
        "LOC" => Some(EntityKind::Location),
        "ORG" => Some(EntityKind::Organization),
        _ => Some(EntityKind::Other),
    }
}

/// The name in a token: a hashtag's and a user's is without its mark.
fn name_span(token: &Token) -> Range<usize> {
    match token.kind {
        TokenKind::Hashtag | TokenKind::User => token.span.start + 1..token.span.end,
        _ => token.span.clone(),
    }
}

/// The mood towards an entity: that of the sentences with its mentions, each once.
pub(super) fn sentiment(mentions: &[Mention], sentences: &[SentenceSentiment]) -> EntitySentiment {
    let names =
        |sentence: &&SentenceSentiment| mentions.iter().any(|mention| sentence.span.contains(&mention.span.start));
    let scores: Vec<f64> = sentences.iter().filter(names).map(|sentence| sentence.score).collect();
    let count = scores.len().max(1) as f64;
    EntitySentiment {
        score: scores.iter().sum::<f64>() / count,
        magnitude: scores.iter().map(|score| score.abs()).sum(),
    }
}
