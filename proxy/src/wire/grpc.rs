//! gRPC over HTTP/2, unary calls only: message framing, deadlines, and answers with their trailers.
//!
//! Source: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>. No call of the served APIs streams.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use prost::Message;

use super::status::{Code, Status};

mod details;

/// Bytes before each message: one flag, four of big-endian length.
const PREFIX_LEN: usize = 5;

const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");
const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const GRPC_STATUS_DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");
const GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// Whether a request's `content-type` says gRPC (`application/grpc`, `application/grpc+proto`, …; not gRPC-Web).
pub fn is_grpc(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    let rest = content_type.strip_prefix(b"application/grpc");
    rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')))
}

/// Parses `grpc-timeout`: at most eight digits and a unit, one of `H M S m u n`.
pub fn timeout(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = value.split_at_checked(value.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let amount: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(amount * 3600),
        "M" => Duration::from_secs(amount * 60),
        "S" => Duration::from_secs(amount),
        "m" => Duration::from_millis(amount),
        "u" => Duration::from_micros(amount),
        "n" => Duration::from_nanos(amount),
        _ => return None,
    })
}

/// Takes the one message out of the body of a unary call.
///
/// # Errors
/// `UNIMPLEMENTED` for a compressed message (the answer's `grpc-accept-encoding` then says `identity`),
/// `INVALID_ARGUMENT` when the body is not exactly one message.
pub fn unframe(body: &Bytes) -> Result<Bytes, Status> {
    let Some((prefix, message)) = body.split_first_chunk::<PREFIX_LEN>() else {
        return Err(Status::invalid("The call has no message."));
    };
    let [flag, length @ ..] = *prefix;
    match flag {
        0 => {}
        1 => return Err(Status::new(Code::Unimplemented, "Compressed messages are not accepted.")),
        _ => return Err(Status::invalid(format!("The message has an unknown flag: {flag}."))),
    }
    let length = u32::from_be_bytes(length) as usize;
    if message.len() != length {
        let message = format!("The message should have {length} bytes, {} came.", message.len());
        return Err(Status::invalid(message));
    }
    Ok(body.slice(PREFIX_LEN..))
}

/// Puts the prefix before a message.
pub fn frame(message: &impl Message) -> Bytes {
    let length = message.encoded_len();
    let mut framed = BytesMut::with_capacity(PREFIX_LEN + length);
    framed.put_u8(0);
    framed.put_u32(length as u32);
    message.encode_raw(&mut framed);
    framed.freeze()
}

/// Puts the prefix before a message that is encoded already.
pub fn frame_bytes(message: &Bytes) -> Bytes {
    let mut framed = BytesMut::with_capacity(PREFIX_LEN + message.len());
    framed.put_u8(0);
    framed.put_u32(message.len() as u32);
    framed.put_slice(message);
    framed.freeze()
}

/// One message of two answers: fields of `local` take the place of the same fields of `upstream`. `None` if one of them
/// is no message.
pub fn merge(upstream: Bytes, local: Bytes) -> Option<Bytes> {
    super::protobuf::merge(upstream, local).ok()
}

/// The head of a successful answer; its body is one [`frame`] and then [`ok_trailers`].
pub fn ok_head() -> http::response::Parts {
    head(HeaderMap::new())
}

/// `grpc-status: 0`.
pub fn ok_trailers() -> HeaderMap {
    HeaderMap::from_iter([(GRPC_STATUS, HeaderValue::from_static("0"))])
}

/// The head of a failed answer, which has no body ("trailers-only").
pub fn error_head(status: &Status) -> http::response::Parts {
    let mut headers = HeaderMap::new();
    headers.insert(GRPC_STATUS, HeaderValue::from(status.code.number()));
    headers.insert(GRPC_MESSAGE, percent_encode(&status.message));
    if let Some(details) = details::encode(status, &status.message) {
        headers.insert(GRPC_STATUS_DETAILS, details);
    }
    head(headers)
}

fn head(headers: HeaderMap) -> http::response::Parts {
    let (mut parts, ()) = Response::new(()).into_parts();
    parts.status = StatusCode::OK;
    parts.headers = headers;
    parts.headers.insert(CONTENT_TYPE, GRPC);
    parts.headers.insert(GRPC_ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    parts
}

/// Longest message sent, in bytes as encoded: clients refuse header blocks beyond 8 to 16 KiB, and then show
/// the developer no message at all.
const MAX_MESSAGE: usize = 2048;

/// Percent-encodes the UTF-8 bytes outside `0x20..=0x7e`, and `%` itself.
fn percent_encode(message: &str) -> HeaderValue {
    let mut encoded = Vec::with_capacity(message.len());
    for character in message.chars() {
        let before = encoded.len();
        let mut utf8 = [0; 4];
        for &byte in character.encode_utf8(&mut utf8).as_bytes() {
            if matches!(byte, b' '..=b'~') && byte != b'%' {
                encoded.push(byte);
            } else {
                encoded.extend_from_slice(format!("%{byte:02X}").as_bytes());
            }
        }
        // Half a character would be none.
        if encoded.len() > MAX_MESSAGE {
            encoded.truncate(before);
            break;
        }
    }
    HeaderValue::from_bytes(&encoded).expect("only printable ASCII was pushed")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn timeouts_in_every_unit_are_understood() {
        let cases = [
            ("12S", Duration::from_secs(12)),
            ("5990m", Duration::from_millis(5990)),
            ("10M", Duration::from_secs(600)),
            ("1H", Duration::from_secs(3600)),
            ("7u", Duration::from_micros(7)),
            ("99999999n", Duration::from_nanos(99_999_999)),
        ];
        for (text, expected) in cases {
            assert_eq!(timeout(&headers("grpc-timeout", text)), Some(expected), "{text}");
        }
        for text in ["", "S", "12", "-1S", "+1S", "1.5S", "123456789S", "12 S"] {
            assert_eq!(timeout(&headers("grpc-timeout", text)), None, "{text}");
        }
    }

    #[test]
    fn content_types_of_grpc_and_its_relatives_are_told_apart() {
        for (text, expected) in [
            ("application/grpc", true),
            ("application/grpc+proto", true),
            ("application/grpc;charset=utf-8", true),
            ("application/grpc-web", false),
            ("application/json", false),
        ] {
            assert_eq!(is_grpc(&headers("content-type", text)), expected, "{text}");
        }
    }

    #[test]
    fn a_message_in_any_language_survives_the_header() {
        let head = error_head(&Status::invalid("100 % é\n"));
        assert_eq!(head.headers["grpc-message"], "100 %25 %C3%A9%0A");
        assert_eq!(head.headers["grpc-status"], "3");
    }

    #[test]
    fn a_compressed_message_is_refused_as_unimplemented() {
        let status = unframe(&Bytes::from_static(&[1, 0, 0, 0, 0])).unwrap_err();
        assert_eq!(status.code, Code::Unimplemented);
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let encoded = |message: &str| percent_encode(message).to_str().unwrap().to_owned();
        assert_eq!(encoded(&"x".repeat(MAX_MESSAGE + 1)), "x".repeat(MAX_MESSAGE));
        // Nine bytes a character, of which 227 are 2043.
        assert_eq!(encoded(&"€".repeat(MAX_MESSAGE)), "%E2%82%AC".repeat(227));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_message_or_a_status(bytes: Vec<u8>) {
            let body = Bytes::from(bytes);
            if let Ok(message) = unframe(&body) {
                prop_assert_eq!(message.len() + PREFIX_LEN, body.len());
            }
        }

        #[test]
        fn what_is_framed_is_unframed(bytes: Vec<u8>) {
            let framed = frame(&bytes);
            let message = unframe(&framed).unwrap();
            prop_assert_eq!(Vec::<u8>::decode(message).unwrap(), bytes);
        }

        #[test]
        fn any_message_makes_a_short_header(message: String) {
            let head = error_head(&Status::invalid(message));
            prop_assert!(head.headers["grpc-message"].len() <= MAX_MESSAGE);
        }
    }
}
