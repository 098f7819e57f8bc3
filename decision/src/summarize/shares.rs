//! Decisions by how many items of one kind there are beside others: more than two of them, every one, most of them.
//!
//! What is a kind was found before, with single items: those that lead to the branch, and those that lead nowhere. Answers
//! of so many of the one and so many of the other then show whether it is their number that decides, or their share.

use serde_json::Value as Json;

use super::constants::Constants;
use super::counts::{self, Counted};
use super::kinds::{Kinds, Said, WAYS, said};
use super::mixed::Mixed;
use super::numbers;
use super::probe::{Outcome, Probe};
use super::verify::LONGEST;
use super::{Draft, EMPTY_OUTCOME, axes};
use crate::decider::DecideError;
use crate::decision::Rendered;
use crate::output::ApiOutput;
use crate::process::Warning;
use crate::program::Program;
use crate::summary::{Bounds, Condition, DecisionType, Limit, Region};

/// Most items of each kind in an answer that has both.
const MOST: usize = 5;

/// Greater numbers of both kinds, for shares between those of few items.
const MORE: [[usize; 2]; 8] = [[1, 40], [1, 19], [1, 9], [3, 7], [7, 3], [9, 1], [19, 1], [40, 1]];

/// What answers of the same numbers lead to.
type Cell = (Outcome, Said);

/// The outcomes of answers by how many items match (first) and how many do not.
struct Grid {
    cells: Vec<Vec<Cell>>,
    /// Those of some greater numbers, if there can be as many.
    more: Vec<([usize; 2], Cell)>,
}

/// What of the numbers decides, and what it leads to.
struct Found {
    reason: String,
    usual: Outcome,
    steps: Vec<(Outcome, Vec<Region>)>,
    is_count: bool,
}

/// Fills the draft where its one branch is taken by how many items match it, or by their share; says whether it is.
pub(super) fn fill(
    draft: &mut Draft,
    probe: &mut Probe<'_>,
    (program, constants): (&Program, &Constants),
    (mixed, kinds): (&mut Mixed<'_>, &Kinds),
) -> Result<bool, DecideError> {
    let branches = draft.summary.branches.as_slice();
    let Some(branch) = branches.first() else { return Ok(false) };
    // Where only the first few are looked at, what comes after them does not count.
    let few = draft.summary.top_k.is_some_and(|most| most as usize <= 2 * MOST);
    if few || branch.negated || branch.except || branch.with.is_some() {
        return Ok(false);
    }
    if kinds.count() != 2 {
        return Ok(false);
    }
    let Some(grid) = Grid::of(probe, mixed, kinds)? else { return Ok(false) };
    if grid.shows_each(probe) {
        return Ok(false);
    }
    let Some(found) = by_number(probe, mixed, kinds, &grid)?.or_else(|| grid.by_share(constants)) else {
        return Ok(false);
    };
    let (none, usual) = (grid.said(0, 0), said(probe.decision(found.usual)));
    draft.tell_shares(probe, found);
    let of_empty = |warning: &Warning| warning.message.starts_with(EMPTY_OUTCOME);
    if *none != usual && !draft.warnings.iter().any(of_empty) {
        let what = probe.decision(grid.cells[0][0].0);
        draft.warn(program, format!("{EMPTY_OUTCOME}: {what}"));
    }
    Ok(true)
}

impl Grid {
    /// The table, if it is the numbers alone that decide.
    fn of(probe: &mut Probe<'_>, mixed: &mut Mixed<'_>, kinds: &Kinds) -> Result<Option<Self>, DecideError> {
        let repeat = kinds.repeat(mixed);
        let most = |kind: usize| if repeat { MOST } else { kinds.different(kind).min(MOST) };
        let mut cells = Vec::new();
        for matching in 0..=most(0) {
            let mut row: Vec<Cell> = Vec::new();
            for others in 0..=most(1) {
                for way in 0..WAYS {
                    let outcome = probe.run(&several(kinds, mixed, [matching, others], way))?;
                    let said = said(probe.decision(outcome));
                    match row.get(others) {
                        Some(known) if known.1 != said => return Ok(None),
                        Some(_) => {}
                        None => row.push((outcome, said)),
                    }
                }
            }
            cells.push(row);
        }
        let mut more = Vec::new();
        for numbers in MORE.into_iter().filter(|_| repeat) {
            let outcome = probe.run(&several(kinds, mixed, numbers, 0))?;
            more.push((numbers, (outcome, said(probe.decision(outcome)))));
        }
        Ok(Some(Self { cells, more }))
    }

    fn said(&self, matching: usize, others: usize) -> &Said {
        &self.cells[matching][others].1
    }

    /// Whether what one matching item shows of itself shows beside another one, too, of which nothing shows.
    fn shows_each(&self, probe: &Probe<'_>) -> bool {
        let shows = |matching: usize, others: usize| {
            let cell = self.cells.get(matching).and_then(|row| row.get(others));
            cell.is_some_and(|cell| {
                let effects = &probe.decision(cell.0).effects;
                effects.iter().any(|effect| effect.values.iter().any(Rendered::has_data))
            })
        };
        shows(1, 0) && shows(1, 1) && !shows(0, 1) && self.said(1, 1) == self.said(0, 1)
    }

    /// Whether items of both kinds do what each kind does without the other, and nothing else.
    fn are_apart(&self) -> bool {
        let all = |matching: usize, others: usize| -> Said {
            self.said(matching, 0).union(self.said(0, others)).cloned().collect()
        };
        let own = |said: &Said, other: &Said| said.difference(other).next().is_some();
        let (one, other) = (self.said(1, 0), self.said(0, 1));
        let told = own(one, other) && own(other, one);
        let places =
            (1..self.cells.len()).flat_map(|matching| (1..self.cells[matching].len()).map(move |of| (matching, of)));
        told && places.into_iter().all(|(matching, others)| *self.said(matching, others) == all(matching, others))
    }

    /// What every answer of so many matching items leads to, if the others have no say.
    fn row(&self, matching: usize) -> Option<&Cell> {
        let row = &self.cells[matching];
        row.iter().all(|cell| cell.1 == row[0].1).then(|| &row[0])
    }

    /// The shares of matching items that were tried, in ascending order, as fractions, with what they lead to; `None` where
    /// one leads to this or that.
    fn shares(&self) -> Option<Vec<(usize, usize, &Cell)>> {
        let mut shares: Vec<(usize, usize, &Cell)> = Vec::new();
        let few = self.cells.iter().enumerate().flat_map(|(matching, row)| {
            let numbers = row.iter().enumerate();
            numbers.map(move |(others, cell)| ([matching, others], cell))
        });
        let more = self.more.iter().map(|(numbers, cell)| (*numbers, cell));
        for ([matching, others], cell) in few.chain(more).filter(|(numbers, _)| numbers.iter().sum::<usize>() > 0) {
            let all = matching + others;
            match shares.iter().find(|(part, whole, _)| part * all == matching * whole) {
                Some((_, _, known)) if known.1 != cell.1 => return None,
                Some(_) => {}
                None => shares.push((matching, all, cell)),
            }
        }
        shares.sort_by(|a, b| (a.0 * b.1).cmp(&(b.0 * a.1)));
        Some(shares)
    }

    /// The decision by the share of the items that match.
    fn by_share(&self, constants: &Constants) -> Option<Found> {
        // What items of both kinds lead to together may be what each of them does by itself.
        if self.are_apart() {
            return None;
        }
        let shares = self.shares()?;
        let usual = self.cells[0].get(1)?;
        let mut steps: Vec<(&Cell, Vec<Region>)> = Vec::new();
        let mut low = None;
        for (at, &(part, whole, cell)) in shares.iter().enumerate() {
            let next = shares.get(at + 1);
            if next.is_some_and(|next| next.2.1 == cell.1) {
                continue;
            }
            let value = |part: usize, whole: usize| part as f64 / whole as f64;
            let end = next.map(|next| limit_between(value(part, whole), value(next.0, next.1), constants));
            let high = end.map(axes::turned);
            let region = vec![Bounds { field: Bounds::SHARE.to_owned(), low, high, percent: false }];
            match steps.iter_mut().find(|step| step.0.1 == cell.1) {
                Some(step) => step.1.push(region),
                None => steps.push((cell, vec![region])),
            }
            low = end;
        }
        let steps: Vec<(Outcome, Vec<Region>)> =
            steps.into_iter().filter(|step| step.0.1 != usual.1).map(|(cell, regions)| (cell.0, regions)).collect();
        let is_all = |share: &Bounds| share.low == Some(Limit { value: 1.0, inclusive: true });
        let every = steps.iter().all(|step| step.1.iter().flatten().all(is_all));
        // Between none and all it makes no difference how many.
        let is_end = |limit: &Option<Limit>| limit.is_none_or(|limit| [0.0, 1.0].contains(&limit.value));
        let ends = steps.iter().flat_map(|step| step.1.iter().flatten()).all(|it| is_end(&it.low) && is_end(&it.high));
        let reason = match (every, ends) {
            (true, _) => "every item has to match",
            (false, true) => "whether some items match, or all of them, decides",
            (false, false) => "the share of the items that match decides",
        };
        let reason = reason.to_owned();
        // Any of them will do: that is told otherwise.
        let any = self.said(1, 0) == self.said(1, self.cells[1].len() - 1);
        (!steps.is_empty() && !any).then_some(Found { reason, usual: usual.0, steps, is_count: false })
    }
}

/// An answer of so many items of both kinds: those of the one first, or of the other, or in any order.
fn several(kinds: &Kinds, mixed: &mut Mixed<'_>, numbers: [usize; 2], way: usize) -> ApiOutput {
    let mut items: Vec<Json> = Vec::new();
    for (kind, number) in numbers.into_iter().enumerate() {
        let start = mixed.below(kinds.different(kind));
        for at in start..start + number {
            let place = [items.len(), 0, mixed.below(items.len() + 1)][way % WAYS];
            items.insert(place, kinds.one(kind, at, way).clone());
        }
    }
    kinds.answer(mixed, items)
}

/// The decision by how many items match, whatever others there are.
fn by_number(
    probe: &mut Probe<'_>,
    mixed: &Mixed<'_>,
    kinds: &Kinds,
    grid: &Grid,
) -> Result<Option<Found>, DecideError> {
    let mut rows: Vec<Cell> = Vec::new();
    for matching in 0..grid.cells.len() {
        let Some(row) = grid.row(matching) else { return Ok(None) };
        rows.push(row.clone());
    }
    if kinds.repeat(mixed) {
        for number in rows.len()..=LONGEST as usize {
            let items = (0..number).map(|at| kinds.one(0, at, at).clone()).collect();
            let outcome = probe.run(&kinds.answer(mixed, items))?;
            rows.push((outcome, said(probe.decision(outcome))));
        }
    }
    if rows.len() < 3 || rows[1..].iter().all(|row| row.1 == rows[1].1) {
        return Ok(None);
    }
    let first = |said: &Said| rows.iter().find(|row| row.1 == *said).map_or(rows[0].0, |row| row.0);
    let alike: Vec<Outcome> = rows.iter().map(|row| first(&row.1)).collect();
    let Counted::Steps(mut steps) = counts::steps(&alike) else { return Ok(None) };
    let usual = alike[0];
    steps.retain(|step| step.0 != usual);
    // What says how many there are says so.
    let outcomes: Vec<Outcome> = rows.iter().map(|row| row.0).collect();
    let merged = numbers::merged(probe, &outcomes);
    for (outcome, _) in &mut steps {
        *outcome = outcomes.iter().position(|other| other == outcome).map_or(*outcome, |at| merged[at]);
    }
    let reason = "how many items match decides".to_owned();
    Ok((!steps.is_empty()).then_some(Found { reason, usual, steps, is_count: true }))
}

/// Where a share stops leading to the one and begins to lead to the other: a number of the program's, a half, or the
/// least that is known to lead there.
fn limit_between(below: f64, above: f64, constants: &Constants) -> Limit {
    let whole = [1.0, 0.5].into_iter();
    let mut written = whole.chain(constants.numbers.iter().flat_map(|&number| [number, number / 100.0]));
    // The least share above none at all is that of one item among any number.
    let least = if below > 0.0 { above } else { 0.0 };
    let value = written.find(|value| (below..=above).contains(value)).unwrap_or(least);
    // What is just below leads to the lower one.
    Limit { value, inclusive: value > below }
}

impl Draft {
    fn tell_shares(&mut self, probe: &Probe<'_>, found: Found) {
        let mut branches = std::mem::take(&mut self.summary.branches).into_iter();
        let Some(mut items) = branches.next() else { return };
        let mut conditions = std::mem::take(&mut items.conditions);
        for bounds in
            std::mem::take(&mut items.regions).into_iter().flatten().filter(|bounds| bounds.field != Bounds::COUNT)
        {
            match conditions.iter_mut().find(|known| known.field == bounds.field) {
                Some(known) => known.intervals.push(bounds),
                None => conditions.push(Condition {
                    field: bounds.field.clone(),
                    values: Vec::new(),
                    intervals: vec![bounds],
                }),
            }
        }
        let is_known = found.is_count && conditions.is_empty() && !items.labels.is_empty();
        self.summary.default = probe.decision(found.usual).clone();
        self.push_regions(probe, found.usual, found.steps, Some(&items));
        for branch in &mut self.summary.branches {
            branch.conditions.clone_from(&conditions);
        }
        (self.summary.decision_type, self.summary.reason) =
            if is_known { (DecisionType::Count, None) } else { (DecisionType::Other, Some(found.reason)) };
        (self.summary.again, self.summary.per_element) = (false, false);
        (self.summary.handed, self.summary.top_k, self.summary.order) = (None, None, None);
    }
}
