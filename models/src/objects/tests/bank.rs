use proptest::prelude::*;

use crate::bank::{BankError, Split};
use crate::fixture::{damage, labels};
use crate::objects::bank::{BankScene, ObjectBank};

const DIM: usize = 3;

fn bank() -> ObjectBank {
    let scene = |k: usize, classes: &[u16], split| BankScene {
        features: (0..k * DIM).map(|i| ((i * 7 + k) % 11) as f32 / 4.0).collect(),
        classes: classes.to_vec(),
        split,
    };
    let scenes = vec![scene(2, &[1, 3], Split::Train), scene(1, &[], Split::Tune), scene(4, &[0, 0, 3], Split::Test)];
    ObjectBank::new(DIM, scenes, &labels()).unwrap()
}

#[test]
fn scenes_come_back_with_their_rows_and_names() {
    let back = ObjectBank::read(&bank().write().unwrap(), &labels()).unwrap();
    assert_eq!(back.objects, [vec![1, 2, 4, 5], vec![], vec![0, 0, 1, 1, 4, 4, 5]]);
    assert_eq!(back.write().unwrap(), bank().write().unwrap(), "rounding again changes nothing");
    for (back, scene) in back.scenes.iter().zip(&bank().scenes) {
        assert_eq!((&back.classes, back.split), (&scene.classes, scene.split));
        assert_eq!(back.features.len(), scene.features.len());
        // The largest of a dimension is 2.5.
        let close = |(a, b): (&f32, &f32)| (a - b).abs() <= 2.5 / 255.0 * 0.501;
        assert!(back.features.iter().zip(&scene.features).all(close));
    }
}

#[test]
fn banks_that_mean_nothing_are_refused() {
    let new = |features: Vec<f32>, classes: Vec<u16>| {
        ObjectBank::new(DIM, vec![BankScene { features, classes, split: Split::Train }], &labels())
    };
    assert!(matches!(new(vec![], vec![0]), Err(BankError::Length { .. })));
    assert!(matches!(new(vec![0.0; 4], vec![0]), Err(BankError::Length { .. })));
    assert!(matches!(new(vec![-1.0; 3], vec![0]), Err(BankError::Value)));
    assert!(matches!(new(vec![0.0; 3], vec![9]), Err(BankError::Class(9))));
}

proptest! {
    #[test]
    fn damaged_banks_never_panic(bit in any::<usize>(), cut in 0_usize..3) {
        if let Ok(bank) = ObjectBank::read(&damage(&bank().write().unwrap(), bit, cut), &labels()) {
            prop_assert_eq!(bank.objects.len(), bank.len());
            prop_assert!(bank.scenes.iter().all(|scene| scene.features.len() % bank.dim == 0));
        }
    }
}
