//! Measures of the tasks.

use std::collections::HashSet;

/// Mean over the classes of the harmonic mean of precision and recall.
pub fn macro_f1(right: &[usize], guessed: &[usize], classes: usize) -> f64 {
    let f1 = |class: usize| {
        let pairs = right.iter().zip(guessed);
        let both = pairs.filter(|(a, b)| **a == class && **b == class).count();
        let either = right.iter().chain(guessed).filter(|c| **c == class).count();
        2.0 * both as f64 / either.max(1) as f64
    };
    (0..classes).map(f1).sum::<f64>() / classes.max(1) as f64
}

/// Share of the guesses that are right.
pub fn accuracy(right: &[usize], guessed: &[usize]) -> f64 {
    right.iter().zip(guessed).filter(|(a, b)| a == b).count() as f64 / right.len().max(1) as f64
}

/// The spans that BIO tags describe: first token, end, kind. An inside tag without a beginning begins one.
pub fn spans<'t>(tags: &[&'t str]) -> HashSet<(usize, usize, &'t str)> {
    let mut found = HashSet::new();
    let mut open: Option<(usize, &str)> = None;
    for (i, tag) in tags.iter().chain([&"O"]).enumerate() {
        let goes_on = open.is_some_and(|(_, kind)| tag.strip_prefix("I-") == Some(kind));
        if goes_on {
            continue;
        }
        if let Some((start, kind)) = open.take() {
            found.insert((start, i, kind));
        }
        open = tag.split_once('-').map(|(_, kind)| (i, kind));
    }
    found
}

/// Counts of spans: right, guessed, and both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpanCounts {
    right: usize,
    guessed: usize,
    both: usize,
}

impl SpanCounts {
    /// Adds one text's tags.
    pub fn add(&mut self, right: &[&str], guessed: &[&str]) {
        let (right, guessed) = (spans(right), spans(guessed));
        self.both += right.intersection(&guessed).count();
        self.right += right.len();
        self.guessed += guessed.len();
    }

    /// Harmonic mean of precision and recall over all spans.
    pub fn f1(self) -> f64 {
        2.0 * self.both as f64 / (self.right + self.guessed).max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_end_where_another_begins() {
        let found = spans(&["B-PER", "I-PER", "B-PER", "I-LOC", "O", "I-ORG"]);
        assert_eq!(found, HashSet::from([(0, 2, "PER"), (2, 3, "PER"), (3, 4, "LOC"), (5, 6, "ORG")]));
    }

    #[test]
    fn a_span_counts_only_as_a_whole() {
        let mut counts = SpanCounts::default();
        counts.add(&["B-PER", "I-PER", "B-LOC"], &["B-PER", "O", "B-LOC"]);
        assert!((counts.f1() - 0.5).abs() < 1e-12);
    }

    #[test]
    fn every_class_counts_the_same() {
        let right = [0, 0, 0, 1];
        assert!((macro_f1(&right, &[0, 0, 0, 0], 2) - 0.5 * 6.0 / 7.0).abs() < 1e-12);
        assert!((accuracy(&right, &[0, 0, 0, 0]) - 0.75).abs() < 1e-12);
    }
}
