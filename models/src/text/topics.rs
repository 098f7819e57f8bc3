//! Topics: a sigmoid for each category path, as labels of images.

use chameleon_decision::Category;

use super::tokens::{Token, tokenize};
use crate::app::AppModel;
use crate::head;
use crate::zoo::TextModel;

/// Tokens that tell a text's topics; what comes after them is not looked at.
const MOST_TOKENS: usize = 1024;

/// The tokens by which a text's topics are told.
pub fn opening(text: &str) -> Vec<Token<'_>> {
    let mut tokens = tokenize(text);
    tokens.truncate(MOST_TOKENS);
    tokens
}

pub(super) fn categories(model: &TextModel, text: &str, app: Option<&AppModel>) -> Vec<Category> {
    let tokens = opening(text);
    if tokens.is_empty() {
        return Vec::new();
    }
    let logits = model.net.logits(&model.features(&tokens), model.own(app));
    let found = head::found(&logits).into_iter();
    found.map(|(i, confidence)| Category { name: model.labels[i].name.clone(), confidence }).collect()
}
