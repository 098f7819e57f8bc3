//! `difflib.SequenceMatcher`: how alike two texts are (Ratcliff and Metzener, Dr. Dobb's Journal, July 1988, with the
//! standard library's rule that characters which fill much of a long text start no match).

use std::collections::HashMap;

use super::expressions::Args;
use super::machine::{Machine, Run, raise};
use super::text::Text;
use super::value::{Growth, Value};
use crate::program::Span;

/// From this length on characters can be too frequent to start a match.
const LONG: usize = 200;

/// Two texts to compare.
pub(super) struct Matcher {
    a: Text,
    b: Text,
}

impl<'p> Machine<'p, '_> {
    /// `SequenceMatcher(None, a, b)` of two texts; anything else is not followed.
    #[expect(clippy::unused_self, reason = "one shape for all constructors")]
    pub(super) fn sequence_matcher(&mut self, args: &Args<'p>) -> Value<'p> {
        let junk = args.at_or(0, "isjunk");
        let text = |at, name| match args.at_or(at, name) {
            None => Some(Text::program("")),
            Some(Value::Str(text)) if !text.is_unknown() => Some(text.clone()),
            _ => None,
        };
        match (junk, text(1, "a"), text(2, "b"), args.at_or(3, "autojunk")) {
            (None | Some(Value::None), Some(a), Some(b), None) => Value::Matcher(std::rc::Rc::new(Matcher { a, b })),
            _ => Value::unknown("SequenceMatcher(...)"),
        }
    }

    /// `difflib.get_close_matches(word, possibilities, n=3, cutoff=0.6)`: the most alike, best first.
    pub(super) fn close_matches(&mut self, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let (Some(word), Some(possibilities)) = (args.at_or(0, "word"), args.at_or(1, "possibilities")) else {
            return raise("TypeError");
        };
        let most = args.at_or(2, "n").map_or(Some(3), |n| match n {
            Value::Int(n, _) => usize::try_from(*n).ok().filter(|n| *n > 0),
            _ => None,
        });
        let cutoff =
            args.at_or(3, "cutoff").map_or(Some(0.6), |cutoff| cutoff.number().map(|number| number.0.as_f64()));
        let unknown = || Ok(Value::unknown("difflib.get_close_matches(...)"));
        let (Value::Str(text), Some(cutoff)) = (word, cutoff) else { return unknown() };
        let Some(most) = most else { return raise("ValueError") };
        let wanted: Vec<char> = text.as_str().chars().collect();
        let mut close = Vec::new();
        for item in self.items(possibilities, span)? {
            let Value::Str(other) = &item else { return unknown() };
            if text.is_unknown() || other.is_unknown() {
                return unknown();
            }
            self.inspect_pair(word, &item);
            let own: Vec<char> = other.as_str().chars().collect();
            self.charge(own.len() * wanted.len() / 8, span)?;
            let alike = ratio(&own, &wanted);
            if alike >= cutoff {
                close.push((alike, other.shared(), item));
            }
        }
        close.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| b.1.cmp(&a.1)));
        let best = close.into_iter().take(most).map(|(_, _, item)| item);
        Ok(Value::list(best.collect(), Growth::Grown))
    }

    pub(super) fn matcher_method(&mut self, matcher: &Matcher, name: &str, span: Span) -> Run<Value<'p>> {
        let (a, b): (Vec<char>, Vec<char>) =
            (matcher.a.as_str().chars().collect(), matcher.b.as_str().chars().collect());
        match name {
            "ratio" => {
                self.charge(a.len() * b.len() / 8, span)?;
                let data = matcher.a.is_data() || matcher.b.is_data();
                Ok(Value::Float(ratio(&a, &b), data))
            }
            "quick_ratio" | "real_quick_ratio" | "get_matching_blocks" | "get_opcodes" | "find_longest_match" => {
                Ok(Value::unknown(format!("SequenceMatcher(...).{name}(...)")))
            }
            _ => raise("AttributeError"),
        }
    }
}

fn ratio(a: &[char], b: &[char]) -> f64 {
    let length = a.len() + b.len();
    if length == 0 {
        return 1.0;
    }
    let places = places(b);
    let mut matches = 0;
    let mut open = vec![(0..a.len(), 0..b.len())];
    while let Some((in_a, in_b)) = open.pop() {
        let (i, j, size) = longest(a, b, &places, in_a.clone(), in_b.clone());
        if size > 0 {
            matches += size;
            open.push((in_a.start..i, in_b.start..j));
            open.push((i + size..in_a.end, j + size..in_b.end));
        }
    }
    2.0 * matches as f64 / length as f64
}

/// Where each character stands, without those too frequent to start a match.
fn places(b: &[char]) -> HashMap<char, Vec<usize>> {
    let mut places: HashMap<char, Vec<usize>> = HashMap::new();
    for (at, &c) in b.iter().enumerate() {
        places.entry(c).or_default().push(at);
    }
    if b.len() >= LONG {
        places.retain(|_, at| at.len() <= b.len() / 100 + 1);
    }
    places
}

/// The longest stretch that both have, the first one of several: its place in each, and its length.
fn longest(
    a: &[char],
    b: &[char],
    places: &HashMap<char, Vec<usize>>,
    in_a: std::ops::Range<usize>,
    in_b: std::ops::Range<usize>,
) -> (usize, usize, usize) {
    let (mut best_a, mut best_b, mut best) = (in_a.start, in_b.start, 0);
    let mut ending: HashMap<usize, usize> = HashMap::new();
    for i in in_a.clone() {
        let mut next = HashMap::new();
        for &j in places.get(&a[i]).into_iter().flatten().filter(|j| in_b.contains(j)) {
            let size = 1 + j.checked_sub(1).and_then(|before| ending.get(&before)).copied().unwrap_or_default();
            next.insert(j, size);
            if size > best {
                (best_a, best_b, best) = (i + 1 - size, j + 1 - size, size);
            }
        }
        ending = next;
    }
    // Characters that start no match may still go on with one.
    while best_a > in_a.start && best_b > in_b.start && a[best_a - 1] == b[best_b - 1] {
        (best_a, best_b, best) = (best_a - 1, best_b - 1, best + 1);
    }
    while best_a + best < in_a.end && best_b + best < in_b.end && a[best_a + best] == b[best_b + best] {
        best += 1;
    }
    (best_a, best_b, best)
}

#[cfg(test)]
mod tests {
    use super::ratio;

    fn of(a: &str, b: &str) -> f64 {
        ratio(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>())
    }

    /// Values of `CPython` 3.11.
    #[test]
    fn ratios_are_those_of_cpython() {
        for (a, b, expected) in [
            ("", "", 1.0),
            ("haiti", "haiti", 1.0),
            ("haiti", "tahiti", 0.727_272_727_272_727_3),
            ("earthquake", "quake", 0.666_666_666_666_666_6),
            ("abcd", "bcde", 0.75),
            ("tide", "diet", 0.25),
            ("diet", "tide", 0.5),
        ] {
            assert_eq!(of(a, b).to_bits(), f64::to_bits(expected), "{a} {b}");
        }
        let long = "ab".repeat(120);
        assert_eq!(of("ab", &long).to_bits(), 0.016_528_925_619_834_71_f64.to_bits());
        // Only `x` is rare enough.
        assert_eq!(of(&format!("x{long}"), &format!("{long}x")).to_bits(), 0.004_149_377_593_360_996_f64.to_bits());
    }
}
