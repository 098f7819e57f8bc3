//! The base64 that proto JSON allows: either alphabet, padding or none, whitespace anywhere.

use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{DecodeError, Engine};
use bytes::Bytes;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

pub(in crate::wire) fn decode(text: &str) -> Result<Bytes, DecodeError> {
    let unusual = |byte: u8| matches!(byte, b'-' | b'_') || byte.is_ascii_whitespace();
    if !text.bytes().any(unusual) {
        return LENIENT.decode(text).map(Bytes::from);
    }
    let standard: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).map(to_standard).collect();
    LENIENT.decode(standard).map(Bytes::from)
}

/// From the URL-safe alphabet to the standard one.
fn to_standard(byte: u8) -> u8 {
    match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_dialect_decodes_to_the_same_bytes(bytes: Vec<u8>) {
            for dialect in [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD] {
                let mut text = dialect.encode(&bytes);
                prop_assert_eq!(decode(&text).unwrap(), &bytes);
                text.insert(0, '\n');
                prop_assert_eq!(decode(&text).unwrap(), &bytes);
            }
        }

        #[test]
        fn any_text_decodes_or_is_refused(text: String) {
            let _ = decode(&text);
        }
    }
}
