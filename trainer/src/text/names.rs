//! The names that a tagger finds in tagged texts, each with its true kind.

use chameleon_models::text::TextNet;
use chameleon_models::text::kinds::{KINDS, names};

use super::samples::Sample;

/// Names of one text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// What is seen of each, one after the other.
    pub features: Vec<f32>,
    /// The true kind of each, a class of [`KINDS`].
    pub kinds: Vec<u16>,
}

/// The names that the tagger finds in a text of tags.
pub fn found(net: &TextNet, sample: &Sample) -> Found {
    let mut found = Found::default();
    for name in names(net, &sample.bags) {
        found.kinds.push(kind(&sample.classes[name.tokens]));
        found.features.extend(name.features);
    }
    found
}

/// The kind that most of a name's tokens are tagged with; of equally many, the first of [`KINDS`].
fn kind(tags: &[u16]) -> u16 {
    // Tags begin and go on with a kind: none, 1 and 2, 3 and 4, 5 and 6.
    let count = |kind: &u16| tags.iter().filter(|tag| tag.div_ceil(2) == *kind).count();
    // The last of equals is taken.
    (0..KINDS.len() as u16).rev().max_by_key(count).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_of_the_kind_of_most_of_its_tokens() {
        assert_eq!(kind(&[1, 2, 0]), 1);
        assert_eq!(kind(&[0, 4, 4]), 2);
        assert_eq!(kind(&[0, 5]), 0);
        assert_eq!(kind(&[]), 0);
    }
}
