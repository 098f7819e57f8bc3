//! Encoded protobuf messages taken apart and put together by fields, without knowing all of them: what is not known
//! here is passed on as it came.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use prost::DecodeError;
use prost::encoding::{self, DecodeContext, WireType, decode_key, decode_varint, skip_field};

use super::status::Status;

/// One field of an encoded message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::wire) struct Field {
    /// Its number.
    pub(in crate::wire) tag: u32,
    /// Key and value as they are encoded.
    pub(in crate::wire) raw: Bytes,
    /// The content of a string, bytes or message; empty for other types.
    pub(in crate::wire) content: Bytes,
}

/// The fields of a message, one by one. Ends after the first that is malformed.
pub(in crate::wire) fn fields(message: Bytes) -> impl Iterator<Item = Result<Field, DecodeError>> {
    let mut rest = message;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let field = next(&mut rest);
        if field.is_err() {
            rest.clear();
        }
        Some(field)
    })
}

fn next(rest: &mut Bytes) -> Result<Field, DecodeError> {
    let start = rest.clone();
    let (tag, wire_type) = decode_key(rest)?;
    let mut value = rest.clone();
    skip_field(wire_type, tag, rest, DecodeContext::default())?;
    let raw = start.slice(..start.len() - rest.len());
    let content = if wire_type == WireType::LengthDelimited {
        // Cannot be longer than what was skipped.
        let length = decode_varint(&mut value)? as usize;
        value.slice(..length.min(value.remaining()))
    } else {
        Bytes::new()
    };
    Ok(Field { tag, raw, content })
}

/// How often the field `tag` occurs.
pub(in crate::wire) fn count(message: Bytes, tag: u32) -> Result<usize, DecodeError> {
    fields(message).try_fold(0, |n, field| Ok(n + usize::from(field?.tag == tag)))
}

/// Appends a message (or string, or bytes) as the field `tag`.
pub(in crate::wire) fn put(tag: u32, content: &[u8], buf: &mut BytesMut) {
    encoding::encode_key(tag, WireType::LengthDelimited, buf);
    encoding::encode_varint(content.len() as u64, buf);
    buf.put_slice(content);
}

/// The message without the fields for which `drop` is true.
pub(in crate::wire) fn without(message: Bytes, drop: impl Fn(u32) -> bool) -> Result<BytesMut, DecodeError> {
    let mut kept = BytesMut::with_capacity(message.len());
    for field in fields(message) {
        let field = field?;
        if !drop(field.tag) {
            kept.put_slice(&field.raw);
        }
    }
    Ok(kept)
}

/// One message of two answers: fields of `local` take the place of the same fields of `upstream`.
pub(in crate::wire) fn merge(upstream: Bytes, local: Bytes) -> Result<Bytes, DecodeError> {
    let mut own: Vec<u32> = Vec::new();
    for field in fields(local.clone()) {
        let tag = field?.tag;
        if !own.contains(&tag) {
            own.push(tag);
        }
    }
    let mut merged = without(upstream, |tag| own.contains(&tag))?;
    merged.put(local);
    Ok(merged.freeze())
}

/// The caller's message is no protobuf.
#[expect(clippy::needless_pass_by_value, reason = "the form that map_err wants")]
pub(in crate::wire) fn malformed(error: DecodeError) -> Status {
    Status::invalid(format!("The request message cannot be parsed: {error}."))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::Message;

    use super::*;

    #[derive(Clone, PartialEq, Message)]
    struct Sample {
        #[prost(message, repeated, tag = "1")]
        items: Vec<Sample>,
        #[prost(int32, tag = "2")]
        number: i32,
        #[prost(string, tag = "3")]
        text: String,
        #[prost(float, tag = "4")]
        float: f32,
    }

    fn sample() -> impl Strategy<Value = Sample> {
        let leaf = (any::<i32>(), ".{0,8}", any::<f32>().prop_filter("equal to itself", |x| !x.is_nan()));
        let leaf = leaf.prop_map(|(number, text, float)| Sample { items: Vec::new(), number, text, float });
        leaf.prop_recursive(2, 8, 3, |inner| {
            prop::collection::vec(inner, 0..3).prop_map(|items| Sample { items, ..Sample::default() })
        })
    }

    proptest! {
        #[test]
        fn the_fields_of_a_message_are_the_whole_message(sample in sample()) {
            let bytes = Bytes::from(sample.encode_to_vec());
            let joined: Vec<u8> = fields(bytes.clone()).flat_map(|field| field.unwrap().raw).collect();
            prop_assert_eq!(&joined, &bytes);
            prop_assert_eq!(count(bytes, 1).unwrap(), sample.items.len());
        }

        #[test]
        fn the_local_answer_wins_field_by_field(upstream in sample(), local in sample()) {
            let encode = |sample: &Sample| Bytes::from(sample.encode_to_vec());
            let merged = Sample::decode(merge(encode(&upstream), encode(&local)).unwrap()).unwrap();
            let expected = Sample {
                items: if local.items.is_empty() { upstream.items } else { local.items },
                number: if local.number == 0 { upstream.number } else { local.number },
                text: if local.text.is_empty() { upstream.text } else { local.text },
                // Neither zero is sent.
                float: if local.float == 0.0 { upstream.float } else { local.float },
            };
            prop_assert_eq!(merged, expected);
        }

        #[test]
        fn any_bytes_are_fields_or_an_error(bytes: Vec<u8>) {
            let _ = merge(Bytes::from(bytes.clone()), Bytes::from(bytes));
        }
    }
}
