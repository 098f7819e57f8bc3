//! Text to sentences: as Unicode cuts them (UAX #29), but not after a title or an initial.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

/// Words whose full stop ends no sentence, in lower case.
const ABBREVIATIONS: [&str; 20] = [
    "mr", "mrs", "ms", "dr", "prof", "st", "sr", "jr", "gen", "col", "lt", "sgt", "capt", "rev", "hon", "gov", "sen",
    "rep", "vs", "no",
];

/// The sentences' bytes in the text, in order, without the white space around them. Every line ends one.
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    // Whether the sentence before goes on.
    let mut open = false;
    for (start, piece) in text.split_sentence_bound_indices() {
        let trimmed = piece.trim();
        if trimmed.is_empty() {
            continue;
        }
        let start = start + (piece.len() - piece.trim_start().len());
        let end = start + trimmed.len();
        match found.last_mut() {
            Some(last) if open => last.end = end,
            _ => found.push(start..end),
        }
        open = !piece.ends_with(['\n', '\r', '\u{2029}']) && ends_with_abbreviation(trimmed);
    }
    found
}

fn ends_with_abbreviation(sentence: &str) -> bool {
    let Some(body) = sentence.strip_suffix('.') else { return false };
    let word = body.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase) && word != "I";
    initial || ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = sentences(text).into_iter().map(|span| &text[span]).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn sentences_end_where_a_reader_ends_them() {
        check(" It works. Does it? Yes!  ", &["It works.", "Does it?", "Yes!"]);
        check("Dr. A. Lovelace met Mr. Babbage. They talked.", &["Dr. A. Lovelace met Mr. Babbage.", "They talked."]);
        check("So do I. Good", &["So do I.", "Good"]);
        check("one line\nanother", &["one line", "another"]);
        check(" \n ", &[]);
    }

    proptest! {
        #[test]
        fn sentences_are_the_text_without_white_space_between(text in "(\\PC|[. \n?]){0,60}") {
            let mut end = 0;
            for span in sentences(&text) {
                prop_assert!(span.start >= end && span.start < span.end);
                prop_assert!(text[end..span.start].trim().is_empty());
                end = span.end;
            }
            prop_assert!(text[end..].trim().is_empty());
        }
    }
}
