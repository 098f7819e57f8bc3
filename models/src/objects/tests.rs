mod bank;
mod detector;

use chameleon_decision::BoundingBox;
use proptest::prelude::*;

use super::boxes::{Cell, area, overlap};
use super::suppress::suppress;

fn bounds() -> impl Strategy<Value = BoundingBox> {
    // Sides of at least a thousandth, inside the image.
    (0.0..0.999, 0.0..0.999, 0.001..1.0, 0.001..1.0).prop_map(|(left, top, width, height): (f64, f64, f64, f64)| {
        BoundingBox { left, top, right: (left + width).min(1.0), bottom: (top + height).min(1.0) }
    })
}

fn cell() -> impl Strategy<Value = Cell> {
    (1_usize..20, 1_usize..20)
        .prop_flat_map(|(rows, columns)| (0..rows, 0..columns, Just(rows), Just(columns)))
        .prop_map(|(row, column, rows, columns)| Cell { row, column, rows, columns })
}

fn differ(a: &BoundingBox, b: &BoundingBox) -> f64 {
    [a.left - b.left, a.top - b.top, a.right - b.right, a.bottom - b.bottom]
        .map(f64::abs)
        .into_iter()
        .fold(0.0, f64::max)
}

proptest! {
    #[test]
    fn any_cell_writes_any_box(cell in cell(), bounds in bounds()) {
        prop_assert!(differ(&cell.decode(cell.encode(&bounds)), &bounds) < 1e-9);
    }

    #[test]
    fn what_cells_write_lies_in_the_image(cell in cell(), code in prop::array::uniform4(-1e6..1e6)) {
        let bounds = cell.decode(code);
        for value in [bounds.left, bounds.top, bounds.right, bounds.bottom] {
            prop_assert!((0.0..=1.0).contains(&value));
        }
        prop_assert!(bounds.left <= bounds.right && bounds.top <= bounds.bottom);
    }

    #[test]
    fn overlap_is_symmetric_one_with_itself_and_no_more_than_the_areas_allow(a in bounds(), b in bounds()) {
        let both = overlap(&a, &b);
        prop_assert!((both - overlap(&b, &a)).abs() < 1e-12);
        prop_assert!((overlap(&a, &a) - 1.0).abs() < 1e-9);
        let (small, large) = (area(&a).min(area(&b)), area(&a).max(area(&b)));
        prop_assert!((0.0..=small / large + 1e-9).contains(&both));
    }

    #[test]
    fn what_stays_is_apart_and_covers_what_goes(
        boxes in prop::collection::vec(bounds(), 0..40), limit in 0.0..1.0, most in 1_usize..50
    ) {
        let kept = suppress(&boxes, limit, most);
        prop_assert!(kept.is_sorted() && kept.len() <= most);
        prop_assert_eq!(kept.first().copied(), (!boxes.is_empty()).then_some(0));
        for (i, &a) in kept.iter().enumerate() {
            prop_assert!(kept[..i].iter().all(|&b| overlap(&boxes[a], &boxes[b]) <= limit));
        }
        if kept.len() < most {
            for (i, bounds) in boxes.iter().enumerate().filter(|(i, _)| !kept.contains(i)) {
                let better = kept.iter().take_while(|&&k| k < i);
                prop_assert!(better.into_iter().any(|&k| overlap(&boxes[k], bounds) > limit));
            }
        }
        let again: Vec<BoundingBox> = kept.iter().map(|&i| boxes[i]).collect();
        prop_assert_eq!(suppress(&again, limit, most).len(), again.len());
    }
}
