//! Which cell of the detector's grid is to find which object.
//!
//! An object belongs to the cells near its centre (centre sampling: FCOS, Tian et al. 2019, section 4.1; YOLOX, Ge et al.
//! 2021). Of two objects the smaller one gets a cell. A cell elsewhere on an object is to see no object of its own, and
//! what it would name does not matter; a cell outside of all objects is to name nothing.

use chameleon_models::objects::boxes::{CODE, Cell, area};
use chameleon_models::zoo::objects::PassConfig;

use super::scenes::Shown;

/// Distance, in cells and along either side, up to which a cell is near an object's centre.
const RADIUS: f64 = 1.0;

/// What a cell is to find.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Target {
    /// This object of the scene.
    Object(usize),
    /// Part of an object that other cells find.
    Part,
    /// Nothing that matters: an object is here that another pass is to find.
    Ignored,
    /// Nothing.
    Background,
}

/// The targets of a grid's cells, row by row, in a pass over the scene.
pub(super) fn assign(objects: &[Shown], pass: &PassConfig, rows: usize, columns: usize) -> Vec<Target> {
    let mut order: Vec<usize> = (0..objects.len()).collect();
    order.sort_by(|&a, &b| area(&objects[a].bounds).total_cmp(&area(&objects[b].bounds)));
    let cells = (0..rows * columns).map(|i| Cell { row: i / columns, column: i % columns, rows, columns });
    let target = |cell: Cell| {
        let near = |&&i: &&usize| {
            let [x, y, ..] = cell.encode(&objects[i].bounds);
            x.abs() <= RADIUS && y.abs() <= RADIUS
        };
        match order.iter().find(near) {
            Some(&i) if pass.fits(&objects[i].bounds) => Target::Object(i),
            Some(_) => Target::Ignored,
            None if objects.iter().any(|shown| contains(shown, cell) && !pass.fits(&shown.bounds)) => Target::Ignored,
            None if objects.iter().any(|shown| contains(shown, cell)) => Target::Part,
            None => Target::Background,
        }
    };
    cells.map(target).collect()
}

fn contains(shown: &Shown, cell: Cell) -> bool {
    let (x, y) = cell.centre();
    let bounds = &shown.bounds;
    (bounds.left..=bounds.right).contains(&x) && (bounds.top..=bounds.bottom).contains(&y)
}

/// Targets of a batch's cells as numbers: all cells of the first scene, row by row, then those of the second.
#[derive(Debug, Default)]
pub(super) struct Targets {
    /// Indices of the cells that are to find an object.
    pub(super) found: Vec<i64>,
    /// For each of these, the object's class.
    pub(super) classes: Vec<i64>,
    /// For each of these, the box as the cell writes it.
    pub(super) codes: Vec<[f32; CODE]>,
    /// Indices of the cells outside of all objects.
    pub(super) background: Vec<i64>,
    /// Indices of the cells of which nothing is asked.
    pub(super) ignored: Vec<i64>,
    /// Cells so far.
    pub(super) cells: i64,
}

impl Targets {
    /// Adds a scene of `side` x `side` cells in a pass over it.
    pub(super) fn add(&mut self, objects: &[Shown], pass: &PassConfig, side: usize) {
        let (rows, columns) = (side, side);
        for (i, target) in assign(objects, pass, rows, columns).into_iter().enumerate() {
            match target {
                Target::Object(object) => {
                    let cell = Cell { row: i / columns, column: i % columns, rows, columns };
                    self.found.push(self.cells + i as i64);
                    self.classes.push(i64::from(objects[object].class));
                    self.codes.push(cell.encode(&objects[object].bounds).map(|value| value as f32));
                }
                Target::Part => {}
                Target::Ignored => self.ignored.push(self.cells + i as i64),
                Target::Background => self.background.push(self.cells + i as i64),
            }
        }
        self.cells += (rows * columns) as i64;
    }
}

#[cfg(test)]
mod tests {
    use chameleon_decision::BoundingBox;
    use proptest::prelude::*;

    use super::*;

    const ANY: PassConfig = PassConfig { side: 64, smallest: 0.0, largest: 1.0 };

    #[test]
    fn of_an_object_that_another_pass_finds_nothing_is_asked() {
        let small = PassConfig { largest: 0.5, ..ANY };
        let targets = assign(&[shown(0.0, 0.0, 1.0, 0.2)], &small, 4, 4);
        assert_eq!(targets[..4], [Target::Ignored; 4]);
        assert_eq!(targets[15], Target::Background);
    }

    fn shown(left: f64, top: f64, right: f64, bottom: f64) -> Shown {
        Shown { class: 3, bounds: BoundingBox { left, top, right, bottom } }
    }

    #[test]
    fn the_cells_at_the_centre_find_an_object_and_its_rim_is_part_of_it() {
        let targets = assign(&[shown(0.0, 0.0, 1.0, 0.9)], &ANY, 4, 4);
        assert_eq!(targets[5], Target::Object(0));
        assert_eq!(targets[0], Target::Part);
        assert_eq!(assign(&[], &ANY, 2, 3), [Target::Background; 6]);
    }

    #[test]
    fn the_smaller_of_two_objects_gets_a_cell() {
        let objects = [shown(0.0, 0.0, 1.0, 1.0), shown(0.4, 0.4, 0.6, 0.6)];
        assert_eq!(assign(&objects, &ANY, 1, 1), [Target::Object(1)]);
    }

    proptest! {
        #[test]
        fn an_object_alone_is_found_by_some_cell_that_writes_its_box(
            x in 0.0..0.9, y in 0.0..0.9, w in 0.01..0.5, h in 0.01..0.5, side in 1_usize..9
        ) {
            let object: Shown = shown(x, y, f64::min(x + w, 1.0), f64::min(y + h, 1.0));
            let mut targets = Targets::default();
            let (rows, columns) = (side, side);
            targets.add(&[], &ANY, side);
            targets.add(&[object], &ANY, side);
            prop_assert!(!targets.found.is_empty());
            prop_assert_eq!(targets.cells as usize, 2 * rows * columns);
            for (&i, code) in targets.found.iter().zip(&targets.codes) {
                let i = i as usize - rows * columns;
                let cell = Cell { row: i / columns, column: i % columns, rows, columns };
                let bounds = cell.decode(code.map(f64::from));
                prop_assert!((bounds.left - object.bounds.left).abs() < 1e-4);
                prop_assert!((bounds.bottom - object.bounds.bottom).abs() < 1e-4);
            }
        }
    }
}
