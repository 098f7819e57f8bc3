//! Percent-encoding undone (RFC 3986, section 2.1). A `+` stands for itself; that it is a blank is a matter of queries.

/// Undoes `%XX`. What is no valid escape stays as it is; bytes that are not UTF-8 are replaced.
pub(crate) fn decode(text: &str) -> String {
    String::from_utf8_lossy(&bytes(text)).into_owned()
}

/// Undoes `%XX`; `None` if one is malformed.
pub(crate) fn decode_strict(text: &str) -> Option<Vec<u8>> {
    let is_sound = text.match_indices('%').all(|(at, _)| escaped(&text.as_bytes()[at..]).is_some());
    is_sound.then(|| bytes(text))
}

fn bytes(text: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut left = text.as_bytes();
    while let [first, rest @ ..] = left {
        let (byte, rest) = escaped(left).map_or((*first, rest), |byte| (byte, &left[3..]));
        decoded.push(byte);
        left = rest;
    }
    decoded
}

/// The byte that an escape at the beginning stands for.
fn escaped(bytes: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = bytes else { return None };
    let digit = |byte: u8| (byte as char).to_digit(16);
    Some((digit(*high)? * 16 + digit(*low)?) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_once_and_malformed_ones_kept_or_refused() {
        for (text, expected, is_sound) in [
            ("a%20b%2Bc+d", "a b+c+d", true),
            ("%2541", "%41", true),
            ("%e2%82%AC", "\u{20ac}", true),
            ("100%", "100%", false),
            ("%4", "%4", false),
            ("%%41", "%A", false),
            ("%+1", "%+1", false),
        ] {
            assert_eq!(decode(text), expected, "{text}");
            assert_eq!(decode_strict(text), is_sound.then(|| expected.as_bytes().to_vec()), "{text}");
        }
        assert_eq!((decode("%ff"), decode_strict("%ff")), ("\u{fffd}".to_owned(), Some(vec![0xff])));
    }
}
