//! Text to tokens: words as Unicode cuts them (UAX #29), with the forms of the web kept whole.

use std::iter::Peekable;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

/// Schemes and prefixes that begin an address of the web.
const ADDRESSES: [&str; 3] = ["http://", "https://", "www."];

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A word, a number, or both mixed.
    Word,
    /// `#word`.
    Hashtag,
    /// `@name`.
    User,
    /// An address of the web, to the next white space.
    Url,
    /// Punctuation, a symbol or an emoji; repetitions of one (`!!!`) are one token.
    Symbol,
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token<'t> {
    /// What it is.
    pub kind: TokenKind,
    /// As it is written.
    pub text: &'t str,
    /// Its bytes in the text.
    pub span: Range<usize>,
}

impl Token<'_> {
    /// What stands for it in n-grams: lower case, every digit a `0`, one form for all users and all addresses.
    pub fn normal(&self) -> String {
        match self.kind {
            TokenKind::Url => "<url>".to_owned(),
            TokenKind::User => "<user>".to_owned(),
            TokenKind::Word | TokenKind::Hashtag | TokenKind::Symbol => {
                let plain = self.text.chars().map(|c| match c {
                    '0'..='9' => '0',
                    '’' => '\'',
                    other => other,
                });
                plain.flat_map(char::to_lowercase).collect()
            }
        }
    }
}

/// The tokens of a text, in order; white space is none.
pub fn tokenize(text: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut pieces = pieces_from(text, 0);
    while let Some((start, piece)) = pieces.next() {
        let rest = &text[start..];
        let (kind, end) = if ADDRESSES.iter().any(|address| starts_with(rest, address)) {
            (TokenKind::Url, start + rest.find(char::is_whitespace).unwrap_or(rest.len()))
        } else {
            let next = pieces.peek().filter(|next| next.0 == start + piece.len() && is_word(next.1));
            match (piece, next) {
                ("@", Some(name)) => (TokenKind::User, name.0 + name.1.len()),
                ("#", Some(name)) => (TokenKind::Hashtag, name.0 + name.1.len()),
                _ if is_word(piece) => (TokenKind::Word, start + piece.len()),
                _ => (TokenKind::Symbol, start + piece.len()),
            }
        };
        if end > start + piece.len() {
            // What was taken may end within a piece: white space that joins words is none of an address.
            pieces = pieces_from(text, end);
        }
        match tokens.last_mut() {
            Some(last) if repeats(last, &text[start..end], start) => {
                last.span.end = end;
                last.text = &text[last.span.clone()];
            }
            _ => tokens.push(Token { kind, text: &text[start..end], span: start..end }),
        }
    }
    tokens
}

/// The words and symbols of a text from one place on (UAX 29), each with its own place.
fn pieces_from(text: &str, start: usize) -> Peekable<impl Iterator<Item = (usize, &str)>> {
    let pieces = text[start..].split_word_bound_indices().map(move |(place, piece)| (start + place, piece));
    pieces.filter(|(_, piece)| !piece.trim().is_empty()).peekable()
}

fn is_word(piece: &str) -> bool {
    piece.chars().any(|c| c.is_alphanumeric() || c == '_')
}

/// Case of ASCII apart.
fn starts_with(text: &str, prefix: &str) -> bool {
    text.as_bytes().get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// Whether `piece` goes on with the symbol that `last` ends with.
fn repeats(last: &Token, piece: &str, start: usize) -> bool {
    last.kind == TokenKind::Symbol && last.span.end == start && !piece.is_empty() && last.text.ends_with(piece)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let tokens: Vec<&str> = tokenize(text).into_iter().map(|token| token.text).collect();
        assert_eq!(tokens, expected);
    }

    #[test]
    fn the_forms_of_the_web_stay_whole() {
        check(
            "@ada_l loves #rust, see https://a.b/c?d=e!",
            &["@ada_l", "loves", "#rust", ",", "see", "https://a.b/c?d=e!"],
        );
        check("Don't stop!!! ...", &["Don't", "stop", "!!!", "..."]);
        check("3.5% of C++ # 1", &["3.5", "%", "of", "C", "++", "#", "1"]);
        check("so 😀😀👍🏽", &["so", "😀😀", "👍🏽"]);
        check(" \n\t", &[]);
    }

    #[test]
    fn n_grams_see_one_form() {
        let normal = |text: &str| tokenize(text).into_iter().map(|token| token.normal()).collect::<Vec<_>>();
        assert_eq!(normal("WWW.A.org @Ada Don’t 1987"), ["<url>", "<user>", "don't", "0000"]);
    }

    proptest! {
        #[test]
        fn tokens_are_the_text_without_its_white_space(text in "(\\PC|[@#!. \n]|http://){0,40}") {
            let tokens = tokenize(&text);
            let mut end = 0;
            for token in &tokens {
                prop_assert!(token.span.start >= end && !token.text.is_empty());
                prop_assert_eq!(&text[token.span.clone()], token.text);
                prop_assert!(text[end..token.span.start].trim().is_empty());
                end = token.span.end;
            }
            prop_assert!(text[end..].trim().is_empty());
        }
    }
}
