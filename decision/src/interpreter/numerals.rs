//! `int` and `float` of texts.

use super::machine::{Run, raise};

/// The number that a text says in a base, `None` where it has more than 64 bits.
pub(super) fn whole(text: &str, base: i64) -> Run<Option<i64>> {
    if base != 0 && !(2..=36).contains(&base) {
        return raise("ValueError");
    }
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = match (base, prefix(digits)) {
        (0, Some((radix, digits))) => (radix, digits),
        // Zeros before a number that is written in no base of its own would make it an old octal one.
        (0, None) if digits.starts_with('0') && digits.contains(|c: char| matches!(c, '1'..='9')) => {
            return raise("ValueError");
        }
        (0, None) => (10, digits),
        (base, Some((radix, digits))) if base == i64::from(radix) => (radix, digits),
        (base, _) => (base as u32, digits),
    };
    if !are_separated(digits) {
        return raise("ValueError");
    }
    let mut number = Some(0_i64);
    for c in digits.chars().filter(|c| *c != '_') {
        let Some(digit) = c.to_digit(radix) else { return raise("ValueError") };
        let digit = if negative { -i64::from(digit) } else { i64::from(digit) };
        number = number.and_then(|number| number.checked_mul(i64::from(radix))?.checked_add(digit));
    }
    Ok(number)
}

/// The number that a text says.
pub(super) fn float(text: &str) -> Run<f64> {
    let text = text.trim();
    let is_apart = |part: &str| part.is_empty() || are_separated(part);
    // An underscore stands between two digits.
    if text.contains('_') && !text.split(|c: char| !c.is_ascii_digit() && c != '_').all(is_apart) {
        return raise("ValueError");
    }
    text.replace('_', "").parse().or_else(|_| raise("ValueError"))
}

/// The base that a number is written in, and its digits.
fn prefix(text: &str) -> Option<(u32, &str)> {
    let mut characters = text.chars();
    let radix = match (characters.next()?, characters.next()?.to_ascii_lowercase()) {
        ('0', 'x') => 16,
        ('0', 'o') => 8,
        ('0', 'b') => 2,
        _ => return None,
    };
    let digits = characters.as_str();
    Some((radix, digits.strip_prefix('_').unwrap_or(digits)))
}

/// Whether there are digits, with at most one underscore between two of them.
fn are_separated(digits: &str) -> bool {
    digits.split('_').all(|part| !part.is_empty())
}
