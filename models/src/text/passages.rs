//! Long texts to passages of the length that the networks were trained on: whole sentences, as many as fit.

use std::ops::Range;

use super::sentences::sentences;
use super::tokens::Token;

/// Tokens of a passage, at most.
pub const MOST_TOKENS: usize = 64;

/// Places of each sentence's tokens; a sentence is a range of bytes of the text that the tokens are from.
pub fn tokens_of(sentences: &[Range<usize>], tokens: &[Token]) -> Vec<Range<usize>> {
    let mut next = 0;
    let mut of = |sentence: &Range<usize>| {
        let start = next;
        next += tokens[next..].iter().take_while(|token| token.span.start < sentence.end).count();
        start..next
    };
    sentences.iter().map(&mut of).collect()
}

/// Places of each passage's tokens, none empty.
pub fn passages(text: &str, tokens: &[Token]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for sentence in tokens_of(&sentences(text), tokens) {
        match found.last_mut() {
            Some(last) if sentence.end - last.start <= MOST_TOKENS => last.end = sentence.end,
            _ => {
                let starts = sentence.clone().step_by(MOST_TOKENS);
                found.extend(starts.map(|start| start..(start + MOST_TOKENS).min(sentence.end)));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tokens::tokenize;
    use super::*;

    #[test]
    fn short_sentences_share_a_passage_and_long_ones_are_cut() {
        let text = "One two three. ".repeat(20);
        let found = passages(&text, &tokenize(&text));
        assert_eq!(found, [0..64, 64..80]);
        let text = "word ".repeat(100);
        assert_eq!(passages(&text, &tokenize(&text)), [0..64, 64..100]);
    }

    proptest! {
        #[test]
        fn every_token_is_in_one_passage(text in "(\\PC|[. \n?@]|http://){0,200}") {
            let tokens = tokenize(&text);
            let mut next = 0;
            for passage in passages(&text, &tokens) {
                prop_assert!(passage.start == next && !passage.is_empty() && passage.len() <= MOST_TOKENS);
                next = passage.end;
            }
            prop_assert_eq!(next, tokens.len());
        }
    }
}
