//! The same labels are read from every layout.

use chameleon_trainer::data::{Content, DataSet, ImageLoader};
use proptest::prelude::*;

use crate::files::{Folder, labels, png, read};
use crate::layouts::Layout;

const NAMES: [&str; 6] = ["Apple", "Bread", "Shoe", "Cloud", "Food", "Landscape"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_same_labels_are_read_from_every_layout(
        chosen in prop::collection::vec(prop::sample::subsequence(NAMES.to_vec(), 0..NAMES.len()), 1..9),
    ) {
        let images: Vec<Vec<u8>> = (0..chosen.len()).map(|i| png(i as u8)).collect();
        let resolve = |names: &Vec<&str>| {
            let mut all: Vec<u16> = names.iter().flat_map(|name| labels().resolve(name).expect("known")).collect();
            all.sort_unstable();
            all.dedup();
            all
        };
        let expected: Vec<Vec<u16>> = chosen.iter().map(resolve).collect();
        for layout in Layout::ALL {
            let folder = Folder::new();
            let list = layout.write(&folder, &images, &chosen);
            let names = |set: &DataSet| set.records.iter().map(|record| record.name.clone()).collect::<Vec<_>>();
            let sets = [&*list, folder.path()].map(|path| read(path).expect("reads"));
            prop_assert_eq!(names(&sets[0]), names(&sets[1]), "the name of {:?} says where it is", layout);
            prop_assert!(names(&sets[0]).iter().all(|name| !name.starts_with('/')), "{:?}", layout);
            for set in sets {
                prop_assert_eq!(&set.targets(), &expected, "{:?}", layout);
                let mut loader = ImageLoader::default();
                for (record, image) in set.records.iter().zip(&images) {
                    let Content::Image(source) = &record.content;
                    prop_assert!(loader.bytes(source).expect("reads") == *image, "{:?}", layout);
                }
            }
        }
    }
}
