//! Reads YAML as `PyYAML` does, which follows version 1.1: `yes` and `on` are true, `010` is eight, `1e3` is a text.

use std::collections::HashMap;
use std::sync::LazyLock;

use chameleon_decision::Constant;
use regex::Regex;
use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};

/// Deeper nesting is not read.
const MAX_DEPTH: usize = 24;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Yaml {
    /// A text, number, truth value or nothing.
    Scalar(Constant),
    /// A sequence.
    List(Vec<Self>),
    /// A mapping, in the order in which it is written; of a key that is there twice, the last value counts.
    Map(Vec<(Self, Self)>),
}

/// The only document of a text; `None` for what is no YAML, holds values of other kinds, such as dates, or has more values
/// than `most`.
pub(crate) fn read(text: &str, most: usize) -> Option<Yaml> {
    let mut reader = Reader { events: Parser::new_from_str(text), anchors: HashMap::new(), left: most };
    let mut found = None;
    loop {
        match reader.next()? {
            Event::StreamStart | Event::DocumentEnd | Event::Nothing => {}
            Event::DocumentStart(_) if found.is_none() => {
                let event = reader.next()?;
                found = Some(reader.value(event, MAX_DEPTH)?);
            }
            Event::StreamEnd => return Some(found.unwrap_or(Yaml::Scalar(Constant::None))),
            _ => return None,
        }
    }
}

struct Reader<'t> {
    events: Parser<'t, StrInput<'t>>,
    /// What aliases stand for, and how many values that is.
    anchors: HashMap<usize, (Yaml, usize)>,
    /// Values that may still come.
    left: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Option<Event<'t>> {
        self.events.next()?.ok().map(|(event, _)| event)
    }

    /// The value that begins with this event.
    fn value(&mut self, event: Event<'t>, depth: usize) -> Option<Yaml> {
        let depth = depth.checked_sub(1)?;
        let before = self.left;
        self.left = self.left.checked_sub(1)?;
        let (anchor, value) = match event {
            Event::Alias(anchor) => {
                let (value, size) = self.anchors.get(&anchor)?.clone();
                self.left = self.left.checked_sub(size)?;
                return Some(value);
            }
            // What a tag makes of a value is not known.
            Event::Scalar(_, _, _, Some(_)) | Event::SequenceStart(_, Some(_)) | Event::MappingStart(_, Some(_)) => {
                return None;
            }
            Event::Scalar(text, ScalarStyle::Plain, anchor, None) => (anchor, Yaml::Scalar(plain(&text)?)),
            Event::Scalar(text, _, anchor, None) => (anchor, Yaml::Scalar(Constant::Str(text.into_owned()))),
            Event::SequenceStart(anchor, None) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        Event::SequenceEnd => break,
                        event => items.push(self.value(event, depth)?),
                    }
                }
                (anchor, Yaml::List(items))
            }
            Event::MappingStart(anchor, None) => (anchor, Yaml::Map(self.pairs(depth)?)),
            _ => return None,
        };
        if anchor > 0 {
            self.anchors.insert(anchor, (value.clone(), before - self.left));
        }
        Some(value)
    }

    fn pairs(&mut self, depth: usize) -> Option<Vec<(Yaml, Yaml)>> {
        let (mut merged, mut own) = (Vec::new(), Vec::new());
        loop {
            let event = match self.next()? {
                Event::MappingEnd => break,
                event => event,
            };
            let merges = matches!(&event, Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<");
            let key = self.value(event, depth)?;
            let event = self.next()?;
            match (merges, self.value(event, depth)?) {
                (false, value) if matches!(key, Yaml::Scalar(_)) => own.push((key, value)),
                (true, Yaml::Map(pairs)) => merged.extend(pairs),
                _ => return None,
            }
        }
        // Of the same key, its own value counts.
        merged.extend(own);
        Some(merged)
    }
}

/// What a scalar without quotes is; `None` for dates, and for numbers that hold colons or do not fit.
fn plain(text: &str) -> Option<Constant> {
    static NUMBER: LazyLock<Option<[Regex; 3]>> = LazyLock::new(|| {
        let float = r"^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)$";
        let int = r"^[-+]?(?:0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+)$";
        let other = r"^(?:[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*|=)$";
        Some([Regex::new(float).ok()?, Regex::new(int).ok()?, Regex::new(other).ok()?])
    });
    let [float, int, other] = NUMBER.as_ref()?;
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Constant::None,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Constant::Bool(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Constant::Bool(false),
        _ if float.is_match(text) => Constant::Float(text.replace('_', "").parse().ok()?),
        _ if int.is_match(text) => Constant::Int(whole(&text.replace('_', ""))?),
        _ if other.is_match(text) => return None,
        _ if matches!(text.trim_start_matches(['-', '+']), ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") => {
            return None;
        }
        _ => Constant::Str(text.to_owned()),
    })
}

fn whole(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = match (digits.strip_prefix("0b"), digits.strip_prefix("0x"), digits.strip_prefix('0')) {
        (Some(digits), _, _) => (2, digits),
        (_, Some(digits), _) => (16, digits),
        (_, _, Some(digits)) if !digits.is_empty() => (8, digits),
        _ => (10, digits),
    };
    i64::from_str_radix(&format!("{sign}{digits}"), radix).ok()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use chameleon_decision::Constant;
    use proptest::prelude::*;

    use super::{Yaml, read};

    fn text(text: &str) -> Yaml {
        Yaml::Scalar(Constant::Str(text.to_owned()))
    }

    #[test]
    fn scalars_are_what_pyyaml_makes_of_them() {
        let read = |text: &str| match read(text, 10) {
            Some(Yaml::Scalar(value)) => Some(value),
            _ => None,
        };
        let word = |text: &str| Some(Constant::Str(text.to_owned()));
        assert_eq!(read("yes"), Some(Constant::Bool(true)));
        assert_eq!(read("'yes'"), word("yes"));
        assert_eq!(read("010"), Some(Constant::Int(8)));
        assert_eq!(read("-0x1F"), Some(Constant::Int(-31)));
        assert_eq!(read("1_000"), Some(Constant::Int(1000)));
        assert_eq!(read("0.5"), Some(Constant::Float(0.5)));
        assert_eq!(read("1e3"), word("1e3"));
        assert_eq!(read("1.5e+3"), Some(Constant::Float(1500.0)));
        assert_eq!(read("~"), Some(Constant::None));
        assert_eq!(read(""), Some(Constant::None));
        assert_eq!(read("08"), word("08"));
        assert_eq!(read("2024-01-05"), None);
        assert_eq!(read("10:30"), None);
        assert_eq!(read("!!python/name:os.system ''"), None);
    }

    #[test]
    fn mappings_keep_their_order_and_merge() {
        let found = read("base: &b {kind: pet}\ndog:\n  <<: *b\n  words: [Dog, 'Puppy']\n", 100);
        let base = Yaml::Map(vec![(text("kind"), text("pet"))]);
        let words = Yaml::List(vec![text("Dog"), text("Puppy")]);
        let dog = Yaml::Map(vec![(text("kind"), text("pet")), (text("words"), words)]);
        assert_eq!(found, Some(Yaml::Map(vec![(text("base"), base), (text("dog"), dog)])));
    }

    #[test]
    fn what_grows_without_end_is_not_read() {
        let mut laughs = "a0: &a0 [x, x]\n".to_owned();
        for level in 1..40 {
            let _ = writeln!(laughs, "a{level}: &a{level} [*a{0}, *a{0}]", level - 1);
        }
        assert_eq!(read(&laughs, 8000), None);
        assert_eq!(read(&"[".repeat(100_000), 8000), None);
        assert_eq!(read("a: *unknown", 8000), None);
        assert_eq!(read("a: 1\n---\nb: 2\n", 8000), None);
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "[-a-z0-9:#&*!|>'\"%@{}\\[\\], \\n\\t?.~<=]{0,80}") {
            let _ = read(&text, 1000);
        }
    }
}
