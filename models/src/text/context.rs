//! What a tagger of tokens sees: each token's form and its neighbours', each as a number.

use super::ngrams::id;
use super::tokens::{Token, TokenKind};

/// Neighbours on either side whose form counts.
const WINDOW: isize = 2;
/// Characters at a token's beginning and end that count.
const AFFIX: usize = 4;
/// Lengths of the n-grams within a token, its boundaries included.
const CHARACTERS: [usize; 2] = [3, 4];
/// Characters of a shape, at most.
const SHAPE: usize = 8;
/// Shares of capitalised words above and below which their case says little.
const MANY_CAPITALS: f32 = 0.7;
const FEW_CAPITALS: f32 = 0.05;

/// One token as its neighbours see it.
struct Form {
    normal: String,
    shape: String,
}

/// For each token of a passage, the numbers of what is seen of it, each once, ascending.
pub fn contexts(tokens: &[Token]) -> Vec<Vec<u64>> {
    let forms: Vec<Form> =
        tokens.iter().map(|token| Form { normal: token.normal(), shape: shape(token.text) }).collect();
    let style = style(tokens);
    (0..tokens.len()).map(|i| context(&tokens[i], &forms, i, style)).collect()
}

fn context(token: &Token, forms: &[Form], i: usize, style: u8) -> Vec<u64> {
    let mut found = Vec::with_capacity(64);
    let at = |offset: isize| i.checked_add_signed(offset).and_then(|j| forms.get(j));
    let word = |offset: isize| at(offset).map_or("<edge>", |form| form.normal.as_str()).as_bytes();
    let shape = |offset: isize| at(offset).map_or("<edge>", |form| form.shape.as_str()).as_bytes();
    let mut add = |kind: u8, parts: &[&[u8]]| found.push(id(kind, parts.iter().copied()));
    for offset in -WINDOW..=WINDOW {
        let place = [offset as u8];
        add(b'W', &[&place, word(offset)]);
        add(b'S', &[&place, shape(offset)]);
    }
    add(b'B', &[b"-", word(-1), word(0)]);
    add(b'B', &[b"+", word(0), word(1)]);
    add(b'T', &[b"-", shape(-1), shape(0)]);
    add(b'T', &[b"+", shape(0), shape(1)]);
    add(b'T', &[b"*", shape(-1), shape(0), shape(1)]);
    let first = &shape(0)[..shape(0).len().min(2)];
    add(b'C', &[&[style], first]);
    add(b'P', &[&[i.min(3) as u8], first]);
    if matches!(token.kind, TokenKind::Word | TokenKind::Hashtag | TokenKind::Symbol) {
        spelling(&forms[i].normal, &mut add);
    }
    if let TokenKind::Hashtag | TokenKind::User = token.kind {
        let name = token.text[1..].to_lowercase();
        add(b'N', &[name.as_bytes()]);
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Beginnings, ends and n-grams of a word; those of a hashtag's are its word's.
fn spelling(word: &str, add: &mut impl FnMut(u8, &[&[u8]])) {
    let starts: Vec<usize> = word.char_indices().map(|(at, _)| at).chain([word.len()]).collect();
    for n in 1..=AFFIX.min(starts.len() - 1) {
        add(b'p', &[&word.as_bytes()[..starts[n]]]);
        add(b's', &[&word.as_bytes()[starts[starts.len() - 1 - n]..]]);
    }
    let bounded = ["<", word.trim_start_matches('#'), ">"].concat();
    let starts: Vec<usize> = bounded.char_indices().map(|(at, _)| at).chain([bounded.len()]).collect();
    for n in CHARACTERS {
        for at in starts.windows(n + 1) {
            add(b'c', &[&bounded.as_bytes()[at[0]..at[n]]]);
        }
    }
}

/// `Xx` of `London`, `Xd` of `B52`: kinds of character, repetitions once.
fn shape(word: &str) -> String {
    let mut shape = String::new();
    for c in word.chars() {
        let kind = match c {
            c if c.is_uppercase() => 'X',
            c if c.is_lowercase() => 'x',
            c if c.is_numeric() => 'd',
            other => other,
        };
        if !shape.ends_with(kind) {
            shape.push(kind);
        }
    }
    shape.chars().take(SHAPE).collect()
}

/// Whether the passage's words are nearly all capitalised, nearly none, or some.
fn style(tokens: &[Token]) -> u8 {
    let words = tokens.iter().filter(|token| token.kind == TokenKind::Word);
    let capitals = words.clone().filter(|token| token.text.starts_with(char::is_uppercase)).count();
    match capitals as f32 / words.count().max(1) as f32 {
        share if share > MANY_CAPITALS => b'>',
        share if share < FEW_CAPITALS => b'<',
        _ => b'=',
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tokens::tokenize;
    use super::*;

    #[test]
    fn shapes_are_kinds_of_character() {
        assert_eq!(["London", "B52", "iPhone", "U.S", "!!!", ""].map(shape), ["Xx", "Xd", "xXx", "X.X", "!", ""]);
    }

    #[test]
    fn the_same_word_in_another_place_is_another_context() {
        let seen = contexts(&tokenize("to Paris from Paris"));
        assert_eq!(seen.len(), 4);
        assert_ne!(seen[1], seen[3]);
    }

    proptest! {
        #[test]
        fn every_token_of_any_text_has_a_context(text in "(\\PC|[@# .]){0,40}") {
            let tokens = tokenize(&text);
            let seen = contexts(&tokens);
            prop_assert_eq!(seen.len(), tokens.len());
            prop_assert!(seen.iter().all(|ids| ids.is_sorted() && !ids.is_empty()));
        }
    }
}
