//! A table of outcomes as a few parts of it, each with one outcome.

use super::Outcome;

/// Cells of every field that lead to one outcome in all combinations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) cells: Vec<Vec<usize>>,
    pub(super) outcome: Outcome,
}

/// Cuts a table of so many cells a field (the last field's side by side) until each part has one outcome: first what one
/// field alone decides, as people write such tests.
pub(super) fn parts(sizes: &[usize], outcomes: &[Outcome]) -> Vec<Part> {
    let all = sizes.iter().map(|&size| (0..size).collect()).collect();
    let mut found = Vec::new();
    cut(&Grid { sizes, outcomes }, all, &mut found);
    found
}

struct Grid<'g> {
    sizes: &'g [usize],
    outcomes: &'g [Outcome],
}

impl Grid<'_> {
    /// The outcomes of a block, each time they occur.
    fn within(&self, cells: &[Vec<usize>]) -> Vec<Outcome> {
        let mut places = vec![0];
        for (own, size) in cells.iter().zip(self.sizes) {
            places = places.iter().flat_map(|place| own.iter().map(move |cell| place * size + cell)).collect();
        }
        places.into_iter().map(|place| self.outcomes[place]).collect()
    }
}

fn cut(grid: &Grid<'_>, cells: Vec<Vec<usize>>, found: &mut Vec<Part>) {
    let within = grid.within(&cells);
    let Some(&outcome) = within.first() else { return };
    if within.iter().all(|other| *other == outcome) {
        found.push(Part { cells, outcome });
        return;
    }
    let Some((field, side)) = best_cut(grid, &cells) else { return };
    let rest: Vec<usize> = cells[field].iter().copied().filter(|cell| !side.contains(cell)).collect();
    for own in [side, rest] {
        let mut part = cells.clone();
        part[field] = own;
        cut(grid, part, found);
    }
}

/// Whether a side has one outcome, how much of the block it then is, and how many outcomes are left.
type Worth = (bool, usize, std::cmp::Reverse<usize>);

/// The field and those of its cells that are cut off: the most of the block with one outcome, else the cut that leaves the
/// fewest outcomes on both sides.
fn best_cut(grid: &Grid<'_>, cells: &[Vec<usize>]) -> Option<(usize, Vec<usize>)> {
    let mut best: Option<(Worth, usize, Vec<usize>)> = None;
    for (field, own) in cells.iter().enumerate().filter(|(_, own)| own.len() > 1) {
        for side in sides(grid, cells, field, own) {
            let [inside, outside] =
                [&side, &own.iter().copied().filter(|cell| !side.contains(cell)).collect()].map(|own: &Vec<usize>| {
                    let mut part = cells.to_vec();
                    part[field].clone_from(own);
                    grid.within(&part)
                });
            let kinds = [&inside, &outside].map(|part| {
                let mut kinds: Vec<Outcome> = part.clone();
                kinds.sort_unstable();
                kinds.dedup();
                kinds.len()
            });
            let pure = kinds[0] == 1;
            let worth = (pure, if pure { inside.len() } else { 0 }, std::cmp::Reverse(kinds[0] + kinds[1]));
            if best.as_ref().is_none_or(|known| worth > known.0) {
                best = Some((worth, field, side));
            }
        }
    }
    best.map(|(_, field, side)| (field, side))
}

/// Cells of a field that may be cut off: those from either end on, and all that lead to one and the same by themselves.
fn sides(grid: &Grid<'_>, cells: &[Vec<usize>], field: usize, own: &[usize]) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = Vec::new();
    for at in 1..own.len() {
        all.push(own[..at].to_vec());
        all.push(own[at..].to_vec());
    }
    let mut alone: Vec<(Outcome, Vec<usize>)> = Vec::new();
    for &cell in own {
        let mut part = cells.to_vec();
        part[field] = vec![cell];
        let within = grid.within(&part);
        if within.iter().all(|outcome| *outcome == within[0]) {
            match alone.iter_mut().find(|known| known.0 == within[0]) {
                Some(known) => known.1.push(cell),
                None => alone.push((within[0], vec![cell])),
            }
        }
    }
    all.extend(alone.into_iter().map(|known| known.1).filter(|side| side.len() < own.len()));
    all
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tests_one_after_another_are_told_as_such() {
        // Rows: eyes closed or open; columns: too young or not.
        let found = parts(&[2, 2], &[0, 0, 1, 2]);
        let part = |eyes: &[usize], age: &[usize], outcome| Part { cells: vec![eyes.to_vec(), age.to_vec()], outcome };
        assert_eq!(found, [part(&[0], &[0, 1], 0), part(&[1], &[0], 1), part(&[1], &[1], 2)]);
    }

    proptest! {
        #[test]
        fn every_combination_is_in_one_part(sizes in vec(1_usize..4, 1..4), drawn in vec(0_usize..3, 27)) {
            let outcomes = &drawn[..sizes.iter().product()];
            let found = parts(&sizes, outcomes);
            for (at, &outcome) in outcomes.iter().enumerate() {
                let mut left = at;
                let mut cells = vec![0; sizes.len()];
                for (cell, size) in cells.iter_mut().zip(&sizes).rev() {
                    (*cell, left) = (left % size, left / size);
                }
                let holding: Vec<&Part> =
                    found.iter().filter(|part| part.cells.iter().zip(&cells).all(|(own, cell)| own.contains(cell))).collect();
                prop_assert_eq!(holding.len(), 1);
                prop_assert_eq!(holding[0].outcome, outcome);
            }
        }
    }
}
