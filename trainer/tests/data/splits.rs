//! What records are for where the source does not say it.

use chameleon_models::bank::Split::{self, Test, Train, Tune};
use chameleon_trainer::data::{Content, DataSet, ImageSource, Record};
use proptest::prelude::*;

fn set(given: &[(Option<Split>, u16)]) -> DataSet {
    let record = |(i, &(split, label)): (usize, &(Option<Split>, u16))| Record {
        name: format!("{i}.png"),
        content: Content::Image(ImageSource::File(format!("{i}.png").into())),
        labels: vec![label],
        objects: Vec::new(),
        groups: Vec::new(),
        uncounted: Vec::new(),
        split,
        place: String::new(),
    };
    DataSet { source: String::new(), records: given.iter().enumerate().map(record).collect(), notes: Vec::new() }
}

fn counts(given: &[(Option<Split>, usize)]) -> [usize; 3] {
    let given: Vec<_> = given.iter().flat_map(|&(split, count)| vec![(split, 0); count]).collect();
    let splits = set(&given).splits();
    [Train, Tune, Test].map(|split| splits.iter().filter(|&&other| other == split).count())
}

#[test]
fn a_split_that_is_not_there_is_taken_from_another() {
    assert_eq!(counts(&[(None, 40)]), [20, 10, 10]);
    assert_eq!(counts(&[(Some(Train), 40)]), [20, 10, 10]);
    assert_eq!(counts(&[(Some(Test), 40)]), [20, 10, 10]);
    assert_eq!(counts(&[(Some(Train), 30), (Some(Tune), 10)]), [30, 5, 5]);
    assert_eq!(counts(&[(Some(Train), 30), (Some(Test), 10)]), [20, 10, 10]);
    assert_eq!(counts(&[(Some(Tune), 30), (Some(Test), 10)]), [20, 10, 10]);
    assert_eq!(counts(&[(Some(Train), 7), (Some(Tune), 8), (Some(Test), 9)]), [7, 8, 9]);
    assert_eq!(counts(&[(None, 40), (Some(Test), 10)]), [20, 10, 20]);
}

#[test]
fn few_of_a_kind_are_dealt_out_as_many_are() {
    let splits = set(&(0..40).map(|label| (None, label)).collect::<Vec<_>>()).splits();
    assert_eq!([Train, Tune, Test].map(|split| splits.iter().filter(|&&other| other == split).count()), [20, 10, 10]);
}

#[test]
fn what_labels_are_called_makes_no_difference() {
    let of = |label: fn(u16) -> u16| set(&(0..60).map(|i| (None, label(i % 7))).collect::<Vec<_>>()).splits();
    assert_eq!(of(|label| label), of(|label| 6 - label));
    let [one, other] =
        [|i: u16| i % 2, |i: u16| i % 3].map(|label| set(&(0..60).map(|i| (None, label(i))).collect::<Vec<_>>()));
    assert_eq!(one.splits_among(&[&other]), other.splits_among(&[&one]));
}

fn records() -> impl Strategy<Value = Vec<(Option<Split>, u16)>> {
    let split = prop_oneof![Just(None), Just(Some(Train)), Just(Some(Tune)), Just(Some(Test))];
    prop::collection::vec((split, 0..3u16), 0..60)
}

proptest! {
    #[test]
    fn test_images_stay_test_images_unless_there_is_nothing_else(given in records()) {
        let splits = set(&given).splits();
        prop_assert_eq!(splits.len(), given.len());
        if given.iter().any(|(split, _)| *split != Some(Test)) {
            for ((given, _), split) in given.iter().zip(&splits) {
                prop_assert!(*given != Some(Test) || *split == Test);
            }
        }
    }

    #[test]
    fn the_order_of_the_source_does_not_matter(given in records(), turn in 0..60usize) {
        let mut turned = set(&given);
        let turn = turn.min(turned.records.len());
        turned.records.rotate_left(turn);
        let mut splits = turned.splits();
        splits.rotate_right(turn);
        prop_assert_eq!(splits, set(&given).splits());
    }
}
