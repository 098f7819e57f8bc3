//! Decisions by several kinds of items against each other: the kind of which there are most wins, or that whose scores add
//! up to most.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value as Json;

use super::Draft;
use super::kinds::{Kinds, WAYS, said};
use super::mixed::Mixed;
use super::probe::Probe;
use crate::api::Api;
use crate::decider::DecideError;

/// Answers tried.
const TRIALS: usize = 96;

/// So many of them at least must be no draw.
const ENOUGH: usize = 12;

/// Most items of an answer.
const MOST: usize = 7;

/// Sums this close to each other are a draw.
const NEAR: f64 = 1e-6;

/// How much an item is worth.
#[derive(Clone, Copy)]
enum Worth {
    One,
    Score,
}

/// Says in the draft what it takes to win where branches vie with each other; says whether they do.
pub(super) fn fill(
    draft: &mut Draft,
    probe: &mut Probe<'_>,
    api: &Api,
    (mixed, kinds): (&mut Mixed<'_>, &Kinds),
) -> Result<bool, DecideError> {
    let branches = draft.summary.branches.len();
    let is_plain = |branch: &crate::Branch| !branch.negated && !branch.except && branch.with.is_none();
    if branches < 2 || !draft.summary.branches.iter().all(is_plain) {
        return Ok(false);
    }
    let tries = [
        (Worth::One, false, "items match"),
        (Worth::Score, false, "the scores of its items add up to"),
        (Worth::Score, true, "the scores of its items, some of which count for several branches, add up to"),
    ];
    for (worth, shared, what) in tries {
        let counts = if shared { counts(probe, api, (&mut *mixed, kinds), branches)? } else { Counts::default() };
        if shared && counts.shared.is_empty() {
            break;
        }
        if let Some(draw) = wins(probe, api, (&mut *mixed, kinds, &counts), (worth, branches))? {
            let draw = if draw { "; a draw is as if there were none of them" } else { "" };
            let how = match worth {
                Worth::One => format!("the branch that most {what} wins{draw}"),
                Worth::Score => format!("the branch wins for which {what} most{draw}"),
            };
            draft.give_up(how);
            draft.summary.top_k = None;
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the branch that is worth most wins on every answer where that is no draw; if so, whether a draw leads to what none
/// of the items does.
fn wins(
    probe: &mut Probe<'_>,
    api: &Api,
    (mixed, kinds, counts): (&mut Mixed<'_>, &Kinds, &Counts),
    (worth, branches): (Worth, usize),
) -> Result<Option<bool>, DecideError> {
    let none = probe.run(&kinds.answer(mixed, Vec::new()))?;
    let none = said(probe.decision(none));
    let (mut clear, mut draws, mut as_none) = (0, 0, true);
    for _ in 0..TRIALS {
        let (mut items, mut worths) = (Vec::new(), vec![0.0; branches]);
        for _ in 0..2 + mixed.below(MOST - 1) {
            let kind = mixed.below(kinds.count());
            let at = mixed.below(kinds.different(kind));
            if counts.unsure.contains(&(kind, at)) {
                continue;
            }
            let item = kinds.one(kind, at, mixed.below(WAYS)).clone();
            if items.iter().all(|other| kinds.go_together(mixed, other, &item)) {
                let others = counts.shared.get(&(kind, at)).into_iter().flatten().copied();
                for branch in std::iter::once(kind).chain(others) {
                    if let Some(sum) = worths.get_mut(branch) {
                        *sum += worth.of(&item, api, kinds);
                    }
                }
                items.push(item);
            }
        }
        let most = worths.iter().copied().fold(0.0, f64::max);
        let mut first = (0..branches).filter(|&at| worths[at] > most - NEAR);
        let (Some(winner), other) = (first.next().filter(|_| most > 0.0), first.next()) else { continue };
        let outcome = probe.run(&kinds.answer(mixed, items))?;
        if other.is_some() {
            draws += 1;
            as_none &= said(probe.decision(outcome)) == none;
            continue;
        }
        if said(probe.decision(outcome)) != kinds.said[winner] {
            return Ok(None);
        }
        // Where only one branch has items at all, it wins anyway.
        clear += usize::from(worths.iter().filter(|sum| **sum > 0.0).count() > 1);
    }
    Ok((clear >= ENOUGH).then_some(draws > 0 && as_none))
}

/// The other branches that items count for, by kind and place; an item of two branches takes the one that comes first.
#[derive(Default)]
struct Counts {
    shared: HashMap<(usize, usize), Vec<usize>>,
    /// Items that take no branch for want of a score, though they count a little.
    unsure: HashSet<(usize, usize)>,
}

/// Finds items that count for another branch, too: beside a little of that one it is this one's that is worth most.
fn counts(
    probe: &mut Probe<'_>,
    api: &Api,
    (mixed, kinds): (&mut Mixed<'_>, &Kinds),
    branches: usize,
) -> Result<Counts, DecideError> {
    let mut found = Counts::default();
    for kind in branches..kinds.count() {
        for at in 0..kinds.different(kind) {
            if !kinds.leads_there_surely(probe, (mixed, &api.answer), (kind, at))? {
                found.unsure.insert((kind, at));
            }
        }
    }
    // Where all items of a kind give way to another, that one comes first.
    let mut gives_way = BTreeMap::new();
    for kind in 0..branches {
        for at in 0..kinds.different(kind) {
            let [_, high, _] = kinds.ways(kind, at);
            for other in (0..branches).filter(|other| *other != kind) {
                let [low, ..] = kinds.ways(other, 0);
                let is_less = kinds.score(&api.answer, low) < kinds.score(&api.answer, high);
                if !is_less || !kinds.go_together(mixed, high, low) {
                    continue;
                }
                let outcome = probe.run(&kinds.answer(mixed, vec![high.clone(), low.clone()]))?;
                if said(probe.decision(outcome)) == kinds.said[other] {
                    found.shared.entry((kind, at)).or_default().push(other);
                    *gives_way.entry((kind, other)).or_insert(0) += 1;
                }
            }
        }
    }
    if gives_way.iter().any(|((kind, _), count)| *count == kinds.different(*kind)) {
        return Ok(Counts::default());
    }
    Ok(found)
}

impl Worth {
    fn of(self, item: &Json, api: &Api, kinds: &Kinds) -> f64 {
        match self {
            Self::One => 1.0,
            Self::Score => kinds.score(&api.answer, item).unwrap_or(1.0),
        }
    }
}
