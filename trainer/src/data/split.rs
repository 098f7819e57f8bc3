//! What each record is for, where the source does not say it.

use std::collections::BTreeMap;

use chameleon_models::bank::Split;
use chameleon_models::zoo::sha256;

/// What counts of a record when it is dealt out.
#[derive(Clone, Copy)]
pub(super) struct Dealt<'r> {
    /// Its name, which is no other's.
    pub name: &'r str,
    /// Its labels.
    pub labels: &'r [u16],
    /// What the source says it is for.
    pub split: Option<Split>,
}

/// What each record is for. What the source says stays, except that a split it lacks is taken from another:
///
/// - nothing said: half to train, a quarter each to tune and to test;
/// - no images to test with: every second one of those to tune with;
/// - no images to tune (or train) with: of those to train (or tune) with, a third to tune;
/// - all for the same: as if nothing were said.
pub(super) fn complete(records: &[Dealt]) -> Vec<Split> {
    let has = |split| records.iter().any(|record| record.split == split);
    let all_three = [Split::Train, Split::Tune, Split::Train, Split::Test].as_slice();
    let train_and_tune = [Split::Train, Split::Tune, Split::Train].as_slice();
    let given = [Some(Split::Train), Some(Split::Tune), Some(Split::Test)];
    let patterns: &[(Option<Split>, &[Split])] = match (has(None), given.map(has)) {
        (true, _) => &[(None, all_three)],
        (false, [true, false, false]) => &[(given[0], all_three)],
        (false, [false, true, false]) => &[(given[1], all_three)],
        (false, [false, false, true]) => &[(given[2], all_three)],
        (false, [true, true, false]) => &[(given[1], &[Split::Tune, Split::Test])],
        (false, [true, false, true]) => &[(given[0], train_and_tune)],
        (false, [false, true, true]) => &[(given[1], train_and_tune)],
        (false, [true, true, true] | [false, false, false]) => &[],
    };
    let mut split: Vec<Split> = records.iter().map(|record| record.split.unwrap_or(Split::Train)).collect();
    for (from, pattern) in patterns {
        deal(records, *from, pattern, &mut split);
    }
    split
}

/// Deals the records of one split out in a pattern, those with the same labels after one another, in the order of the hash
/// of their name: so that the order of the source does not matter, nor what the labels are called, and few of a kind are
/// dealt out as many are.
fn deal(records: &[Dealt], from: Option<Split>, pattern: &[Split], split: &mut [Split]) {
    let mut by_labels: BTreeMap<&[u16], Vec<(String, usize)>> = BTreeMap::new();
    for (i, record) in records.iter().enumerate().filter(|(_, record)| record.split == from) {
        by_labels.entry(record.labels).or_default().push((sha256(record.name.as_bytes()), i));
    }
    let mut groups: Vec<_> = by_labels.into_values().collect();
    for group in &mut groups {
        group.sort();
    }
    groups.sort();
    for (rank, (_, i)) in groups.concat().into_iter().enumerate() {
        split[i] = pattern[rank % pattern.len()];
    }
}
