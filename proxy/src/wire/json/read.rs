//! Reading single values out of raw JSON, with errors that name the field as the API's front end names it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::wire::status::Status;

/// Where a value stands and which type belongs there.
pub(in crate::wire) struct At {
    path: String,
    expected: &'static str,
}

impl At {
    /// The whole message.
    pub(in crate::wire) fn root(message: &'static str) -> Self {
        Self { path: String::new(), expected: message }
    }

    /// A field of a message. `expected` is the full name of a message or enum, or `TYPE_…` for a scalar.
    pub(in crate::wire) fn field(&self, name: &str, expected: &'static str) -> Self {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Self { path, expected }
    }

    /// An element of a repeated field.
    pub(in crate::wire) fn element(&self, index: usize) -> Self {
        Self { path: format!("{}[{index}]", self.path), expected: self.expected }
    }

    /// The value is not of the expected type.
    pub(in crate::wire) fn invalid(&self, raw: &RawValue) -> Status {
        self.refuse(&excerpt(raw))
    }

    /// The value is not of the expected type, for a reason that is put before the value.
    pub(in crate::wire) fn invalid_because(&self, raw: &RawValue, reason: &str) -> Status {
        self.refuse(&format!("{reason} {}", excerpt(raw)))
    }

    fn refuse(&self, what: &str) -> Status {
        if self.path.is_empty() {
            return Status::invalid("Invalid JSON payload received. Root element must be a message.");
        }
        let scalar = self.expected.starts_with("TYPE_");
        let prefix = if scalar { "" } else { "type.googleapis.com/" };
        let message = format!("Invalid value at '{}' ({prefix}{}), {what}", self.path, self.expected);
        Status::invalid_field(self.path.clone(), message)
    }
}

/// Most characters of a wrong value that an error repeats.
const EXCERPT: usize = 80;

fn excerpt(raw: &RawValue) -> String {
    let text = raw.get();
    match text.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The raw values of the fields `names` (in camel case) of an object; `None` for absent and for `null`.
pub(in crate::wire) fn fields<'a, const N: usize>(
    raw: &'a RawValue,
    at: &At,
    names: [&'static str; N],
) -> Result<[Option<&'a RawValue>; N], Status> {
    let mut deserializer = serde_json::Deserializer::from_str(raw.get());
    let values = Fields { names }.deserialize(&mut deserializer).map_err(|_| at.invalid(raw))?;
    Ok(values.map(|value| value.filter(|raw| raw.get() != "null")))
}

/// The first `keep` elements of an array, and how many there are.
pub(in crate::wire) fn elements<'a>(
    raw: &'a RawValue,
    at: &At,
    keep: usize,
) -> Result<(Vec<&'a RawValue>, usize), Status> {
    let mut deserializer = serde_json::Deserializer::from_str(raw.get());
    Elements { keep }.deserialize(&mut deserializer).map_err(|_| at.invalid(raw))
}

/// A string.
pub(in crate::wire) fn text<'a>(raw: &'a RawValue, at: &At) -> Result<Cow<'a, str>, Status> {
    serde_json::from_str::<Text>(raw.get()).map(|text| text.0).map_err(|_| at.invalid(raw))
}

/// A 32-bit integer, as a number or as a string; `5.0` and `5e0` are integers too.
pub(in crate::wire) fn int32(raw: &RawValue, at: &At) -> Result<i32, Status> {
    let digits = if raw.get().starts_with('"') { text(raw, at)? } else { Cow::Borrowed(raw.get()) };
    let integer = digits.parse::<i32>().ok().or_else(|| {
        let value = digits.parse::<f64>().ok()?;
        let fits = value.fract() == 0.0 && (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&value);
        fits.then_some(value as i32)
    });
    integer.ok_or_else(|| at.invalid(raw))
}

/// A boolean.
pub(in crate::wire) fn boolean(raw: &RawValue, at: &At) -> Result<bool, Status> {
    serde_json::from_str(raw.get()).map_err(|_| at.invalid(raw))
}

/// A string, borrowed unless it has escapes: most of them are images of megabytes.
struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

/// The object `raw` as it is, but for the field `name` (in camel case), which becomes `value`, or goes if there is none.
pub(in crate::wire) fn replace(
    raw: &RawValue,
    at: &At,
    name: &'static str,
    value: Option<&str>,
) -> Result<String, Status> {
    let mut deserializer = serde_json::Deserializer::from_str(raw.get());
    let mut copied = Copied { name }.deserialize(&mut deserializer).map_err(|_| at.invalid(raw))?;
    if let Some(value) = value {
        push_field(&mut copied, &format!("\"{name}\""), value);
    }
    copied.push('}');
    Ok(copied)
}

/// Appends `key:value` to an object that is open at its end.
fn push_field(object: &mut String, key: &str, value: &str) {
    if object.len() > 1 {
        object.push(',');
    }
    object.push_str(key);
    object.push(':');
    object.push_str(value);
}

/// Copies an object without one field, and leaves it open at the end.
struct Copied {
    name: &'static str,
}

impl<'de> DeserializeSeed<'de> for Copied {
    type Value = String;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Copied {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut copied = String::from("{");
        while let Some(Text(key)) = map.next_key()? {
            let value: &RawValue = map.next_value()?;
            if !names_field(&key, self.name) {
                let key = serde_json::to_string(&key).map_err(serde::de::Error::custom)?;
                push_field(&mut copied, &key, value.get());
            }
        }
        Ok(copied)
    }
}

struct Fields<const N: usize> {
    names: [&'static str; N],
}

impl<'de, const N: usize> DeserializeSeed<'de> for Fields<N> {
    type Value = [Option<&'de RawValue>; N];
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, const N: usize> Visitor<'de> for Fields<N> {
    type Value = [Option<&'de RawValue>; N];

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = [None; N];
        while let Some(Text(key)) = map.next_key()? {
            match self.names.iter().position(|name| names_field(&key, name)) {
                Some(field) => values[field] = Some(map.next_value()?),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(values)
    }
}

/// Whether `key`, in camel or snake case, is the field `camel`.
fn names_field(key: &str, camel: &str) -> bool {
    if key == camel {
        return true;
    }
    let snake =
        camel.chars().flat_map(|c| c.is_ascii_uppercase().then_some('_').into_iter().chain([c.to_ascii_lowercase()]));
    key.chars().eq(snake)
}

struct Elements {
    keep: usize,
}

impl<'de> DeserializeSeed<'de> for Elements {
    type Value = (Vec<&'de RawValue>, usize);
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Elements {
    type Value = (Vec<&'de RawValue>, usize);

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut kept = Vec::new();
        while kept.len() < self.keep {
            let Some(element) = sequence.next_element()? else { break };
            kept.push(element);
        }
        let mut total = kept.len();
        while sequence.next_element::<IgnoredAny>()?.is_some() {
            total += 1;
        }
        Ok((kept, total))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn replaced(json: &str, value: Option<&str>) -> Option<String> {
        let raw: &RawValue = serde_json::from_str(json).ok()?;
        replace(raw, &At::root("x"), "maxResults", value).ok()
    }

    #[test]
    fn one_field_is_replaced_and_the_others_stay_as_they_are_written() {
        let json = r#"{"a\"b": [1.50, {"max_results":1}] ,"max_results":3,"maxResults":null}"#;
        assert_eq!(replaced(json, Some("7")).unwrap(), r#"{"a\"b":[1.50, {"max_results":1}],"maxResults":7}"#);
        assert_eq!(replaced("{}", Some("7")).unwrap(), r#"{"maxResults":7}"#);
        assert_eq!(replaced(r#"{"maxResults":1}"#, None).unwrap(), "{}");
        assert_eq!(replaced("[1]", None), None);
    }

    proptest! {
        #[test]
        fn what_is_replaced_is_json_with_the_new_value(keys in prop::collection::vec(".{0,6}", 0..5), value: i32) {
            let object: serde_json::Map<_, _> = keys.into_iter().map(|key| (key, serde_json::json!([value]))).collect();
            let json = serde_json::Value::from(object.clone()).to_string();
            let back: serde_json::Value = serde_json::from_str(&replaced(&json, Some("true")).unwrap()).unwrap();
            let mut expected = object;
            expected.insert("maxResults".to_owned(), true.into());
            prop_assert_eq!(back, serde_json::Value::from(expected));
        }
    }

    #[test]
    fn field_names_match_in_both_cases_only() {
        assert!(names_field("maxResults", "maxResults"));
        assert!(names_field("max_results", "maxResults"));
        for other in ["maxresults", "max_Results", "MaxResults", "max__results", ""] {
            assert!(!names_field(other, "maxResults"), "{other}");
        }
    }
}
