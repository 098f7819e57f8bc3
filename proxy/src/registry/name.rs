//! Application names.

use super::RegistryError;

/// Longest name, in bytes.
const MAX_LEN: usize = 64;

/// Checks an application's name: 1 to 64 of `a-z`, `0-9`, `.`, `_`, `-`, starting with a letter or digit. Names end up
/// in file contents, URLs and proxy credentials; this set needs no escaping in any of them.
///
/// # Errors
/// [`RegistryError::Name`].
pub fn check_name(name: &str) -> Result<(), RegistryError> {
    let known = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-');
    let starts_well = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if name.len() <= MAX_LEN && starts_well && name.bytes().all(known) {
        Ok(())
    } else {
        Err(RegistryError::Name { name: name.chars().take(MAX_LEN + 1).collect() })
    }
}

/// Whether a file of an app model may have this name.
pub(super) fn is_file_name(name: &str) -> bool {
    let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    (1..=128).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_held_to_the_documented_set() {
        for good in ["a", "garbage-sorter", "0", "a.b_c-d", &"x".repeat(64)] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "A", "a b", "../x", ".hidden", "-flag", "é", "a/b", "a\0", &"x".repeat(65)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
