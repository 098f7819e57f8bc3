//! Entities: names to mentions, mentions of one name to an entity.

use std::collections::HashMap;
use std::ops::Range;

use chameleon_decision::{Entity, EntityKind, EntitySentiment, Mention, SentenceSentiment};

use super::context::contexts;
use super::kinds::{KINDS, names};
use super::passages::passages;
use super::tokens::{Token, TokenKind, tokenize};
use crate::app::AppModel;
use crate::zoo::TextModel;

/// The outputs: outside, and the beginning and inside of each kind (BIO).
pub const TAGS: [&str; 7] = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG"];

/// A mention with what was found out about it.
struct Found {
    span: Range<usize>,
    kind: EntityKind,
    score: f64,
}

pub(super) fn entities(model: &TextModel, text: &str, app: Option<&AppModel>) -> Vec<Entity> {
    let app = model.own(app);
    let tokens = tokenize(text);
    let mut order: Vec<Entity> = Vec::new();
    let mut known: HashMap<(String, EntityKind), usize> = HashMap::new();
    for passage in passages(text, &tokens) {
        for Found { span, kind, score } in mentions(model, &tokens[passage], app) {
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

fn mentions(model: &TextModel, tokens: &[Token], app: Option<&AppModel>) -> Vec<Found> {
    let Some(kinds) = &model.kinds else { return Vec::new() };
    let found = names(&model.net, &contexts(tokens)).into_iter().filter_map(|name| {
        let (first, last) = (tokens.get(name.tokens.start)?, tokens.get(name.tokens.end - 1)?);
        let logits = kinds.head.logits(&name.features, app);
        let best = (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b]))?;
        Some(Found { span: name_span(first).start..name_span(last).end, kind: kind(KINDS[best]), score: name.score })
    });
    found.collect()
}

fn kind(name: &str) -> EntityKind {
    match name {
        "PERSON" => EntityKind::Person,
        "LOCATION" => EntityKind::Location,
        "ORGANIZATION" => EntityKind::Organization,
        _ => EntityKind::Other,
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
