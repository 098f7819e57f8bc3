//! A text that a regular expression matches, to try a program with.

use regex_syntax::hir::{Class, ClassUnicodeRange, Hir, HirKind};

/// Longer texts are not made.
const LONGEST: usize = 200;

/// What stands for a character where it may be one of many, the plainest first.
const PLAIN: [char; 7] = ['1', 'a', 'A', ' ', '-', '/', '.'];

/// As [`PLAIN`], for a second text.
const OTHERS: [char; 7] = ['2', 'b', 'B', ' ', '_', '#', ','];

/// How a text is made.
#[derive(Clone, Copy)]
struct Writing {
    plain: &'static [char],
    /// How often at least stands what may stand so often.
    least: u32,
}

/// The shortest text, made of plain characters, that a pattern matches; `None` where the text is no pattern but a word.
pub(crate) fn of(pattern: &str) -> Option<String> {
    made(pattern, &PLAIN)
}

/// Another such text.
pub(crate) fn another(pattern: &str) -> Option<String> {
    let text = made(pattern, &OTHERS)?;
    (made(pattern, &PLAIN)? != text).then_some(text)
}

/// A text in which a pattern finds nothing; `None` where the text is no pattern, or one that matches anything.
pub(crate) fn without(pattern: &str) -> Option<String> {
    if !is_pattern(pattern) {
        return None;
    }
    let regex = regex::Regex::new(&pattern.replace("\\Z", "\\z")).ok()?;
    let texts = PLAIN.iter().chain(&OTHERS).map(|plain| plain.to_string().repeat(2));
    texts.rev().find(|text| !text.trim().is_empty() && !regex.is_match(text))
}

fn made(pattern: &str, plain: &'static [char]) -> Option<String> {
    if !is_pattern(pattern) {
        return None;
    }
    let hir = regex_syntax::parse(&pattern.replace("\\Z", "\\z")).ok()?;
    // What may be left out is left out, unless nothing is left then: `[0-9]*`.
    (0..=1).find_map(|least| {
        let mut text = String::new();
        write(&hir, Writing { plain, least }, &mut text)?;
        (!text.trim().is_empty() && text != pattern).then_some(text)
    })
}

/// Whether a text has the marks of a pattern: plain words have none of them, or do not parse.
fn is_pattern(text: &str) -> bool {
    let marks = ["\\d", "\\w", "\\s", "\\b", "\\.", "\\$", "[", "(?", ".*", ".+", "{", "|", "^"];
    marks.iter().any(|mark| text.contains(mark))
}

fn write(hir: &Hir, how: Writing, text: &mut String) -> Option<()> {
    if text.len() > LONGEST {
        return None;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => text.push(one_of(class, how.plain)?),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(u32::MAX);
            for _ in 0..repetition.min.max(how.least).min(most) {
                write(&repetition.sub, how, text)?;
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, how, text)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write(part, how, text))?,
        HirKind::Alternation(ways) => write(ways.first()?, how, text)?,
    }
    Some(())
}

fn one_of(class: &Class, plain: &[char]) -> Option<char> {
    let Class::Unicode(class) = class else { return None };
    let has = |wanted: &char| class.ranges().iter().any(|range| (range.start()..=range.end()).contains(wanted));
    plain.iter().copied().find(has).or_else(|| class.ranges().first().map(ClassUnicodeRange::start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_matched_by_its_pattern() {
        for pattern in [
            r"978(?:-?\d){10}",
            r"([0-9]{2} ){5,}",
            r"^[A-Z]{3}-\d{4}$",
            r"(DRAW|DATE): \w+",
            r"[^a-z]x",
            r"^[0-9.]*$",
            r"[1-9]*\s",
        ] {
            let sample = of(pattern).expect(pattern);
            assert!(regex::Regex::new(pattern).expect("a pattern").is_match(&sample), "{pattern}: {sample}");
        }
    }

    #[test]
    fn a_pattern_finds_nothing_in_a_text_without_it() {
        for pattern in [r"\w+", r"[^a-z]", r"\d{4}", r"[,.#_/-]|\d"] {
            let text = without(pattern).expect(pattern);
            assert!(!regex::Regex::new(pattern).expect("a pattern").is_match(&text), "{pattern}: {text}");
        }
        assert_eq!(without(".*"), None);
        assert_eq!(without("Dog"), None);
    }

    #[test]
    fn words_are_no_patterns() {
        for word in ["Dog", "C++", "St. Bernard", "why?", "[", "{x", ""] {
            assert_eq!(of(word), None, "{word}");
        }
    }
}
