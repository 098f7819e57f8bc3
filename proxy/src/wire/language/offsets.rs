//! Where something stands in a text, in the units that the caller counts in.

/// `EncodingType`: the unit of offsets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// Offsets are not wanted: they are all -1.
    #[default]
    None,
    /// Bytes.
    Utf8,
    /// Code units of two bytes.
    Utf16,
    /// Code points.
    Utf32,
}

impl Encoding {
    /// The encoding of a number of `EncodingType`.
    pub fn from_number(number: i32) -> Option<Self> {
        Some(match number {
            0 => Self::None,
            1 => Self::Utf8,
            2 => Self::Utf16,
            3 => Self::Utf32,
            _ => return None,
        })
    }

    /// The number of a name.
    pub fn number_of(name: &str) -> Option<i32> {
        ["NONE", "UTF8", "UTF16", "UTF32"].iter().position(|known| *known == name).map(|number| number as i32)
    }
}

/// Translates offsets in bytes into the units of an encoding.
pub struct Offsets {
    units: Units,
}

enum Units {
    None,
    Bytes,
    /// For every byte, the units before it.
    Counted(Vec<u32>),
}

impl Offsets {
    /// Of one text.
    pub fn new(text: &str, encoding: Encoding) -> Self {
        let counted = |width: fn(char) -> u32| {
            let mut before = 0;
            let mut units = Vec::with_capacity(text.len() + 1);
            for character in text.chars() {
                units.resize(units.len() + character.len_utf8(), before);
                before += width(character);
            }
            units.push(before);
            Units::Counted(units)
        };
        Self {
            units: match encoding {
                Encoding::None => Units::None,
                Encoding::Utf8 => Units::Bytes,
                Encoding::Utf16 => counted(|character| character.len_utf16() as u32),
                Encoding::Utf32 => counted(|_| 1),
            },
        }
    }

    /// The offset of a byte.
    pub fn at(&self, byte: usize) -> i32 {
        match &self.units {
            Units::None => -1,
            Units::Bytes => byte as i32,
            Units::Counted(units) => units.get(byte).or(units.last()).map_or(0, |units| *units as i32),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn offsets_are_in_the_units_asked_for() {
        // é: two bytes; the emoji: four bytes, two code units.
        let text = "é😀x";
        let at = |encoding| Offsets::new(text, encoding).at(6);
        assert_eq!([Encoding::None, Encoding::Utf8, Encoding::Utf16, Encoding::Utf32].map(at), [-1, 6, 3, 2]);
    }

    proptest! {
        #[test]
        fn an_offset_is_the_length_of_what_stands_before(text: String, at: prop::sample::Index) {
            let boundaries: Vec<usize> = text.char_indices().map(|(i, _)| i).chain([text.len()]).collect();
            let byte = boundaries[at.index(boundaries.len())];
            let before = &text[..byte];
            prop_assert_eq!(Offsets::new(&text, Encoding::Utf16).at(byte) as usize, before.encode_utf16().count());
            prop_assert_eq!(Offsets::new(&text, Encoding::Utf32).at(byte) as usize, before.chars().count());
        }
    }
}
