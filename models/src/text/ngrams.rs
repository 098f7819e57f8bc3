//! What a classifier of texts sees: the set of a text's n-grams of words and of characters, each as a number.

use std::hash::Hasher as _;

use fnv::FnvHasher;
use serde::{Deserialize, Serialize};

use super::tokens::{Token, TokenKind};

/// Which n-grams a network looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NGrams {
    /// The most words of an n-gram, 1 to 4.
    pub words: usize,
    /// The fewest and the most characters of an n-gram within a word, its boundaries included, 2 to 8; none for none.
    pub characters: Option<(usize, usize)>,
    /// Whether words with capitals also count as they are written: names and acronyms are told from other words.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub capitals: bool,
    /// How many of the first tokens also count as first ones: titles say most.
    #[serde(default, skip_serializing_if = "is_none")]
    pub first: usize,
}

/// Kinds of n-gram, so that the same letters as a word and within one are two.
const WORDS: u8 = b'w';
const CHARACTERS: u8 = b'c';
const CAPITALS: u8 = b'C';
const FIRST: u8 = b'f';

impl NGrams {
    /// Whether the numbers are in their ranges.
    pub(crate) fn is_sound(self) -> bool {
        let characters = |(low, high): (usize, usize)| 2 <= low && low <= high && high <= 8;
        (1..=4).contains(&self.words) && self.characters.is_none_or(characters)
    }

    /// The numbers of all n-grams of some tokens, each once, ascending.
    pub fn of(self, tokens: &[Token]) -> Vec<u64> {
        let normal: Vec<String> = tokens.iter().map(Token::normal).collect();
        let mut found = Vec::new();
        for n in 1..=self.words {
            found.extend(normal.windows(n).map(|words| id(WORDS, words.iter().map(String::as_bytes))));
        }
        found.extend(normal.iter().take(self.first).map(|word| id(FIRST, [word.as_bytes()])));
        for (token, normal) in tokens.iter().zip(&normal) {
            if self.capitals && token.kind == TokenKind::Word && token.text.chars().any(char::is_uppercase) {
                found.push(id(CAPITALS, [token.text.as_bytes()]));
            }
            if token.kind == TokenKind::Hashtag {
                found.push(id(WORDS, [&normal.as_bytes()[1..]]));
            }
            if let Some(lengths) = self.characters.filter(|_| is_spelled(token.kind)) {
                characters(normal, lengths, &mut found);
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// What descriptions leave out.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
fn is_none(count: &usize) -> bool {
    *count == 0
}

/// Whether a token's characters say something.
fn is_spelled(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Word | TokenKind::Hashtag | TokenKind::Symbol)
}

fn characters(word: &str, (low, high): (usize, usize), found: &mut Vec<u64>) {
    let bounded: String = ["<", word, ">"].concat();
    let starts: Vec<usize> = bounded.char_indices().map(|(at, _)| at).chain([bounded.len()]).collect();
    for n in low..=high {
        found.extend(starts.windows(n + 1).map(|at| id(CHARACTERS, [&bounded.as_bytes()[at[0]..at[n]]])));
    }
}

/// FNV-1a of a kind and its parts: the same on every machine, since weights are stored by it.
pub(crate) fn id<'p>(kind: u8, parts: impl IntoIterator<Item = &'p [u8]>) -> u64 {
    let mut hasher = FnvHasher::default();
    hasher.write(&[kind]);
    for part in parts {
        hasher.write(part);
        // No text holds this byte, so parts do not run into each other.
        hasher.write(&[0xff]);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokenize;
    use super::*;

    fn of(text: &str, words: usize, characters: Option<(usize, usize)>) -> Vec<u64> {
        NGrams { words, characters, capitals: false, first: 0 }.of(&tokenize(text))
    }

    #[test]
    fn each_n_gram_counts_once() {
        // a, b, a b, b a
        assert_eq!(of("a b a b", 2, None).len(), 4);
        // <a>, <ab ab>
        assert_eq!(of("a ab", 1, Some((3, 3))).len(), 2 + 3);
    }

    #[test]
    fn a_hashtag_is_also_its_word() {
        let word = of("rust", 1, None)[0];
        assert!(of("#Rust", 1, None).contains(&word) && of("@rust", 1, None) != of("rust", 1, None));
    }

    #[test]
    fn capitals_and_first_words_count_besides() {
        let of = |text| NGrams { words: 1, characters: None, capitals: true, first: 2 }.of(&tokenize(text));
        // us, US, us as a first word; go, go as a first word; there
        assert_eq!(of("US go there").len(), 6);
        assert_eq!(of("us go there").len(), 5);
        assert_eq!(of("go us there").len(), 5);
    }

    #[test]
    fn words_do_not_run_into_each_other() {
        assert_ne!(id(WORDS, [b"ab".as_slice(), b"c"]), id(WORDS, [b"a".as_slice(), b"bc"]));
    }

    #[test]
    fn numbers_stay_the_same_for_ever() {
        assert_eq!(id(WORDS, [b"rust".as_slice()]), 0xb341a718ea54a241);
    }
}
