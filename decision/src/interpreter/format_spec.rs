//! Python's format specifications: `[[fill]align][sign][#][0][width][grouping][.precision][type]`.

use super::machine::{Run, raise};
use super::render::float_repr;
use super::value::Number;

/// The widest field that is honoured; a hostile width must not fill the memory.
const MAX_WIDTH: usize = 4096;

pub(super) struct Spec {
    pub(super) fill: char,
    /// Left out: numbers go right, texts left.
    pub(super) align: Option<char>,
    /// What stands before a number that is not negative: `+`, a space, or nothing.
    pub(super) sign: &'static str,
    /// `0x` and its like before a number.
    pub(super) prefixed: bool,
    pub(super) width: usize,
    grouping: Option<char>,
    pub(super) precision: Option<usize>,
    pub(super) kind: Option<char>,
}

impl Spec {
    pub(super) fn parse(spec: &str) -> Self {
        let mut rest: &[char] = &spec.chars().collect::<Vec<_>>();
        let is_align = |c: &char| matches!(c, '<' | '>' | '^' | '=');
        let (mut fill, mut align) = (' ', None);
        if let [first, second, tail @ ..] = rest
            && is_align(second)
        {
            (fill, align, rest) = (*first, Some(*second), tail);
        } else if let [first, tail @ ..] = rest
            && is_align(first)
        {
            (align, rest) = (Some(*first), tail);
        }
        let sign = match take(&mut rest, &['+', '-', ' ']) {
            Some('+') => "+",
            Some(' ') => " ",
            _ => "",
        };
        let prefixed = take(&mut rest, &['#']).is_some();
        if take(&mut rest, &['0']).is_some() && align.is_none() {
            (fill, align) = ('0', Some('0'));
        }
        let width = digits(&mut rest).unwrap_or(0);
        let grouping = take(&mut rest, &[',', '_']);
        let precision = take(&mut rest, &['.']).and_then(|_| digits(&mut rest));
        Self { fill, align, sign, prefixed, width, grouping, precision, kind: rest.first().copied() }
    }

    /// A text under this specification.
    pub(super) fn text(&self, text: &str) -> Run<String> {
        if self.align == Some('=') || !matches!(self.kind, None | Some('s')) {
            return raise("ValueError");
        }
        let cut: String = text.chars().take(self.precision.unwrap_or(usize::MAX)).collect();
        Ok(self.padded("", &cut, '<'))
    }

    /// A number under this specification.
    pub(super) fn number(&self, number: Number) -> Run<String> {
        let negative = match number {
            Number::Int(value) => value < 0,
            Number::Float(value) => value.is_sign_negative() && !value.is_nan(),
        };
        let body = match (self.kind, number) {
            (None | Some('b' | 'c' | 'd' | 'n' | 'o' | 'x' | 'X'), Number::Int(value)) => self.integer(value)?,
            (_, number) => self.float(number.as_f64().abs())?,
        };
        let body = match self.grouping {
            Some(mark) => grouped(&body, mark),
            None => body,
        };
        Ok(self.padded(if negative { "-" } else { self.sign }, &body, '>'))
    }

    fn integer(&self, value: i64) -> Run<String> {
        if self.precision.is_some() {
            return raise("ValueError");
        }
        let magnitude = value.unsigned_abs();
        Ok(match (self.kind, self.prefixed) {
            (Some('b'), true) => format!("{magnitude:#b}"),
            (Some('b'), false) => format!("{magnitude:b}"),
            (Some('o'), true) => format!("{magnitude:#o}"),
            (Some('o'), false) => format!("{magnitude:o}"),
            (Some('x'), true) => format!("{magnitude:#x}"),
            (Some('x'), false) => format!("{magnitude:x}"),
            (Some('X'), true) => format!("0X{magnitude:X}"),
            (Some('X'), false) => format!("{magnitude:X}"),
            (Some('c'), _) => match u32::try_from(value).ok().and_then(char::from_u32) {
                Some(c) => c.to_string(),
                None => return raise("OverflowError"),
            },
            _ => magnitude.to_string(),
        })
    }

    fn float(&self, value: f64) -> Run<String> {
        let precision = self.precision.unwrap_or(6);
        if !value.is_finite() && matches!(self.kind, None | Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'n' | '%')) {
            let text = float_repr(value) + if self.kind == Some('%') { "%" } else { "" };
            return Ok(if matches!(self.kind, Some('E' | 'F' | 'G')) { text.to_uppercase() } else { text });
        }
        Ok(match self.kind {
            Some('%') => format!("{:.precision$}%", value * 100.0),
            Some('f' | 'F') => format!("{value:.precision$}"),
            Some('e') => scientific(value, precision),
            Some('E') => scientific(value, precision).to_uppercase(),
            Some('g' | 'n') => general(value, precision.max(1), false),
            Some('G') => general(value, precision.max(1), false).to_uppercase(),
            None if self.precision.is_some() => general(value, precision.max(1), true),
            None => float_repr(value),
            Some(_) => return raise("ValueError"),
        })
    }

    /// The field, filled up to its width.
    pub(super) fn padded(&self, sign: &str, body: &str, usual: char) -> String {
        let missing = self.width.saturating_sub(sign.len() + body.chars().count());
        let fills = |count: usize| self.fill.to_string().repeat(count);
        // A zero before the width pads numbers after their sign, and texts as usual.
        let align = match self.align {
            None => usual,
            Some('0') => {
                if usual == '>' {
                    '='
                } else {
                    usual
                }
            }
            Some(align) => align,
        };
        match align {
            '<' => format!("{sign}{body}{}", fills(missing)),
            '^' => format!("{}{sign}{body}{}", fills(missing / 2), fills(missing - missing / 2)),
            '=' => format!("{sign}{}{body}", fills(missing)),
            _ => format!("{}{sign}{body}", fills(missing)),
        }
    }
}

/// Takes the next character if it is one of these.
fn take(rest: &mut &[char], any: &[char]) -> Option<char> {
    let first = rest.first().copied().filter(|c| any.contains(c))?;
    *rest = &rest[1..];
    Some(first)
}

fn digits(rest: &mut &[char]) -> Option<usize> {
    let end = rest.iter().position(|c| !c.is_ascii_digit()).unwrap_or(rest.len());
    let number = rest[..end].iter().collect::<String>();
    *rest = &rest[end..];
    (end > 0).then(|| number.parse().unwrap_or(MAX_WIDTH).min(MAX_WIDTH))
}

fn scientific(value: f64, precision: usize) -> String {
    let text = format!("{value:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    format!("{digits}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

/// C's `%g`; with `point`, as Python writes a float of which only the precision is given: always a float.
fn general(value: f64, precision: usize, point: bool) -> String {
    let rounded = format!("{value:.*e}", precision - 1);
    let (digits, exponent) = rounded.split_once('e').unwrap_or((&rounded, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trim = |text: &str| {
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() }
    };
    if exponent < -4 || exponent >= precision as i32 - i32::from(point) {
        return format!("{}e{}{:02}", trim(digits), if exponent < 0 { '-' } else { '+' }, exponent.abs());
    }
    let fixed = trim(&format!("{value:.*}", (precision as i32 - 1 - exponent).max(0) as usize));
    if point && !fixed.contains('.') { fixed + ".0" } else { fixed }
}

/// A mark between groups of three digits.
fn grouped(text: &str, mark: char) -> String {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let mut out = String::with_capacity(text.len() * 4 / 3);
    for (i, c) in text[..end].char_indices() {
        if i > 0 && (end - i).is_multiple_of(3) {
            out.push(mark);
        }
        out.push(c);
    }
    out + &text[end..]
}
