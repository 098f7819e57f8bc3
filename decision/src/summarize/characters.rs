//! Texts of letters and digits, for programs that ask of what kind a text's characters are: the number of a car.

use std::collections::BTreeSet;

use super::constants::Constants;

/// Lengths that are tried.
const MAX_LENGTHS: usize = 4;

/// Longer texts are not made.
const LONGEST: usize = 16;

/// Places at which letters and digits meet.
const MAX_PLACES: usize = 3;

/// Texts as long as the program's numbers, in which letters and digits meet at places that it names; none where it does
/// not ask of what kind they are.
pub(super) fn texts(constants: &Constants) -> Vec<String> {
    if !constants.asks.characters {
        return Vec::new();
    }
    let numbers =
        constants.numbers.iter().filter(|number| number.fract() == 0.0 && (1.0..=LONGEST as f64).contains(number));
    let numbers: BTreeSet<usize> = numbers.map(|number| *number as usize).collect();
    let sums = numbers.iter().flat_map(|one| numbers.iter().map(move |other| one + other));
    let sums = sums.filter(|sum| *sum <= LONGEST).take(MAX_LENGTHS);
    let lengths: BTreeSet<usize> = numbers.iter().rev().take(MAX_LENGTHS).copied().chain(sums).chain([1, 4]).collect();
    let texts = lengths.into_iter().flat_map(|length| {
        let places: Vec<usize> = numbers.iter().copied().filter(|place| *place < length).take(MAX_PLACES).collect();
        (0_u32..2 << places.len()).map(move |kinds| of_kinds(length, &places, kinds))
    });
    texts.collect()
}

/// A text whose parts between the places are letters or digits, as the bits say.
fn of_kinds(length: usize, places: &[usize], kinds: u32) -> String {
    let part = |at: usize| places.iter().filter(|place| **place <= at).count();
    (0..length).map(|at| if kinds >> part(at) & 1 == 1 { 'A' } else { '1' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_letters_or_digits() {
        assert_eq!(of_kinds(7, &[3], 0b01), "AAA1111");
        assert_eq!(of_kinds(7, &[2, 4], 0b101), "AA11AAA");
        assert_eq!(of_kinds(4, &[], 0), "1111");
    }
}
