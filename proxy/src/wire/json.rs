//! Requests in JSON, read without building them as trees: a few bytes of JSON make a hundred of tree, and callers are
//! not trusted.
//!
//! Google's APIs take proto JSON (<https://protobuf.dev/programming-guides/json/>), read leniently: field names in
//! camel or snake case, enums by name or number, numbers as strings, both alphabets of base64, unknown fields passed
//! over. Errors name the field as the APIs' front end names it.

pub(in crate::wire) mod base64;
pub(in crate::wire) mod read;

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::status::Status;
use read::{At, int32, text};

/// The root of a body; `None` for an empty one, which is an empty message.
///
/// # Errors
/// `INVALID_ARGUMENT` when it is no JSON.
pub(in crate::wire) fn root(body: &[u8]) -> Result<Option<&RawValue>, Status> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if body.trim_ascii().is_empty() {
        return Ok(None);
    }
    serde_json::from_slice(body)
        .map(Some)
        .map_err(|error| Status::invalid(format!("Invalid JSON payload received. {error}.")))
}

/// An enum's name, or its number. Numbers without a name are kept, as protobuf's open enums are.
pub(in crate::wire) fn enumeration(
    raw: &RawValue,
    at: &At,
    from_name: impl Fn(&str) -> Option<i32>,
) -> Result<i32, Status> {
    let named = text(raw, at).ok().and_then(|name| from_name(&name));
    named.map_or_else(|| int32(raw, at), Ok)
}

/// The fields of an object, each as it is written.
pub(in crate::wire) type Fields = BTreeMap<String, Box<RawValue>>;

/// One object of two answers: fields of `local` take the place of the same fields of `upstream`. `None` if one of them
/// is no object.
pub(crate) fn merge(upstream: &[u8], local: &str) -> Option<Vec<u8>> {
    let mut merged: Fields = serde_json::from_slice(upstream).ok()?;
    merged.extend(serde_json::from_str::<Fields>(local).ok()?);
    serde_json::to_vec(&merged).ok()
}
