//! Decisions by what an item is called and how sure the API is of it: an unsure label is looked at by hand, whatever it is
//! called; one name needs a higher score than another; a name that is sure leads elsewhere than the same one that is not.
//!
//! Each name is a ladder over its score. Names with the same ladder are told together, and all others, too.

use super::axes::{Axis, Stretch, stretches};
use super::branches::Branches;
use super::constants::Constants;
use super::matching::spellings;
use super::probe::{NEUTRAL, OTHER, Outcome, Probe};
use super::verify::Random;
use super::words::{self, Found as Word};
use super::{Draft, Reason, name};
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::shape::Shape;
use crate::summary::{Bounds, Branch, DecisionType, MinScore, Region, Vocabulary};

/// More stretches of a name's score are no ladder.
const MAX_STRETCHES: usize = 6;

/// Names whose ladders are found one by one.
const MAX_NAMES: usize = 64;

/// Words of a branch whose scores are compared with its labels'.
const MAX_WORDS: usize = 24;

/// So far from a limit nothing is rounded.
const LITTLE: f64 = 1e-6;

/// More ladders say nothing to anyone.
const MAX_LADDERS: usize = 8;

/// Scores that show whether those of other labels make a difference.
const SCORES: [f64; 8] = [0.0, 0.1, 0.3, 0.5, 0.7, 0.85, 0.95, 1.0];

/// Answers of one label on which the ladders are checked.
const TRIALS: usize = 96;

/// Names with the same ladder; no name for all others.
struct Ladder {
    names: Vec<String>,
    stretches: Vec<Stretch>,
}

/// Whether labels of no branch lead elsewhere by their score, and not only, as all labels do, to what an answer of nothing
/// leads to.
pub(super) fn tells_others(
    probe: &mut Probe<'_>,
    found: &Branches,
    cuts: &[Result<Option<MinScore>, Reason>],
) -> Result<bool, DecideError> {
    let all_cut = cuts.iter().all(|cut| matches!(cut, Ok(Some(_))));
    for score in SCORES {
        let outcome = probe.scored(&[(NEUTRAL, score)])?;
        let as_none = outcome == found.empty && all_cut;
        if outcome != found.default && !as_none && !probe.differ_by_data_only(outcome, found.default) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether some word of a branch needs another score than its labels do.
pub(super) fn tells_words(
    probe: &mut Probe<'_>,
    (found, words): (&Branches, &[Word]),
    cuts: &[Result<Option<MinScore>, Reason>],
) -> Result<bool, DecideError> {
    for (branch, cut) in found.branches.iter().zip(cuts) {
        let Ok(Some(cut)) = cut else { continue };
        let (above, below) =
            if cut.inclusive { (cut.value, cut.value.next_down()) } else { (cut.value.next_up(), cut.value) };
        let own = words.iter().filter(|word| word.outcome == Some(branch.outcome) && !branch.negated && !branch.except);
        for word in own.take(MAX_WORDS) {
            for form in spellings(word.compared()) {
                if probe.labels(&[&form])? != branch.outcome {
                    continue;
                }
                // What a percentage loses may lie on the other side.
                let outcomes =
                    [above + LITTLE, below - LITTLE].map(|score| probe.scored(&[(&form, score.clamp(0.0, 1.0))]));
                let [above, below] = outcomes;
                if above? != branch.outcome || (below? == branch.outcome && cut.value > LITTLE) {
                    return Ok(true);
                }
                break;
            }
        }
    }
    Ok(false)
}

/// Fills the draft with the ladders, and says what kind of decision it is; `None` where they do not say it all.
pub(super) fn fill(
    draft: &mut Draft,
    probe: &mut Probe<'_>,
    (found, words): (&Branches, &[Word]),
    (shape, constants): (&Shape, &Constants),
    vocabulary: &Vocabulary,
) -> Result<Option<Reason>, DecideError> {
    let score = Axis::all(shape).into_iter().find(|axis| axis.is_in_list() && axis.is_score(shape));
    let Some(axis) = score.filter(|_| probe.copies().count() == 1) else { return Ok(None) };
    let mut ladders: Vec<Ladder> = Vec::new();
    for name in names(probe, found, words, vocabulary)? {
        let Some(found) = ladder(probe, &name, (shape, &axis), constants)? else { return Ok(None) };
        // The first is that of all others: what leads to the same needs no name.
        let own = if ladders.is_empty() { Vec::new() } else { vec![name] };
        match ladders.iter_mut().find(|known| are_alike(&known.stretches, &found)) {
            Some(known) if !known.names.is_empty() => known.names.extend(own),
            Some(_) => {}
            None => ladders.push(Ladder { names: own, stretches: found }),
        }
    }
    // One for every name is no ladder of names.
    if matches!(ladders.as_slice(), [only] if only.names.is_empty()) {
        return Ok(None);
    }
    let steps: usize = ladders.iter().map(|ladder| ladder.stretches.len()).sum();
    if ladders.len() > MAX_LADDERS || steps <= ladders.len() || !hold(probe, &ladders, (shape, &axis), vocabulary)? {
        return Ok(None);
    }
    tell(draft, probe, (found, words, &ladders), &axis, vocabulary);
    if is_first_only(probe, &ladders, &axis)? {
        draft.summary.top_k = Some(1);
    }
    Ok(Some(Reason("what a label is called and how sure it is decide together".to_owned())))
}

/// The name that stands for all others, and those of each branch.
fn names(
    probe: &mut Probe<'_>,
    found: &Branches,
    words: &[Word],
    vocabulary: &Vocabulary,
) -> Result<Vec<String>, DecideError> {
    let mut names = vec![NEUTRAL.to_owned()];
    for branch in found.branches.iter().filter(|branch| !branch.negated && !branch.except) {
        let few = branch.labels.len() * 2 <= vocabulary.labels.len();
        names.extend(branch.labels.iter().filter(|_| few).map(|&at| vocabulary.labels[at].clone()));
        for word in words.iter().filter(|word| word.outcome == Some(branch.outcome)) {
            for form in spellings(word.compared()) {
                if probe.labels(&[&form])? == branch.outcome {
                    names.push(form);
                    break;
                }
            }
        }
    }
    let mut known = std::collections::BTreeSet::new();
    names.retain(|name| known.insert(name.clone()));
    names.truncate(MAX_NAMES);
    Ok(names)
}

/// Where the outcome of one label changes with its score.
fn ladder(
    probe: &mut Probe<'_>,
    label: &str,
    (shape, axis): (&Shape, &Axis),
    constants: &Constants,
) -> Result<Option<Vec<Stretch>>, DecideError> {
    let answer = probe.subject.output(ApiOutput::sure([label])).answer(shape);
    let found = stretches(probe, &axis.values(constants), &|value| axis.in_answer(&answer, value))?;
    Ok((found.len() <= MAX_STRETCHES).then_some(found))
}

fn are_alike(one: &[Stretch], other: &[Stretch]) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|(one, other)| one.outcome == other.outcome && one.low == other.low && one.high == other.high)
}

impl Ladder {
    fn at(&self, axis: &Axis, value: f64) -> Option<Outcome> {
        self.stretches.iter().find(|stretch| stretch.bounds(axis).holds(value)).map(|stretch| stretch.outcome)
    }
}

/// Whether the ladders say what single labels of the vocabulary lead to.
fn hold(
    probe: &mut Probe<'_>,
    ladders: &[Ladder],
    (shape, axis): (&Shape, &Axis),
    vocabulary: &Vocabulary,
) -> Result<bool, DecideError> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let Some(others) = ladders.iter().find(|ladder| ladder.names.is_empty()) else { return Ok(false) };
    let named: Vec<&String> = ladders.iter().flat_map(|ladder| &ladder.names).collect();
    for _ in 0..TRIALS {
        let any = if random.below(2) == 0 && !named.is_empty() {
            named[random.below(named.len())].as_str()
        } else {
            vocabulary.labels.get(random.below(vocabulary.labels.len().max(1))).map_or(NEUTRAL, String::as_str)
        };
        let (least, greatest) = axis.range();
        let value = least + (greatest - least) * random.below(101) as f64 / 100.0;
        let own = ladders.iter().find(|ladder| ladder.names.iter().any(|name| name == any)).unwrap_or(others);
        let answer = probe.subject.output(ApiOutput::sure([any])).answer(shape);
        let outcome = probe.run(&ApiOutput::Answer { answer: axis.in_answer(&answer, value) })?;
        let Some(expected) = own.at(axis, value) else { return Ok(false) };
        if !probe.differ_by_data_only(outcome, expected) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Writes a branch down for each ladder's stretch that does not lead to what no branch does.
fn tell(
    draft: &mut Draft,
    probe: &Probe<'_>,
    (found, words, ladders): (&Branches, &[Word], &[Ladder]),
    axis: &Axis,
    vocabulary: &Vocabulary,
) {
    let usual = found.default;
    let mut told: Vec<(Outcome, Vec<Region>, Vec<&Ladder>)> = Vec::new();
    for ladder in ladders {
        let mut own: Vec<(Outcome, Vec<Region>)> = Vec::new();
        for stretch in ladder.stretches.iter().filter(|stretch| stretch.outcome != usual) {
            let bounds: Bounds = stretch.bounds(axis);
            let region = if bounds.low.is_none() && bounds.high.is_none() { Vec::new() } else { vec![bounds] };
            match own.iter_mut().find(|known| known.0 == stretch.outcome) {
                Some(known) => known.1.push(region),
                None => own.push((stretch.outcome, vec![region])),
            }
        }
        for (outcome, regions) in own {
            match told.iter_mut().find(|known| known.0 == outcome && known.1 == regions) {
                Some(known) => known.2.push(ladder),
                None => told.push((outcome, regions, vec![ladder])),
            }
        }
    }
    let effects: Vec<Vec<_>> = told.iter().map(|told| probe.own_effects(told.0, usual)).collect();
    let names = name::of(&effects);
    let named: Vec<&String> = ladders.iter().flat_map(|ladder| &ladder.names).collect();
    draft.summary.branches.clear();
    for (((outcome, regions, ladders), effects), name) in told.into_iter().zip(&effects).zip(names) {
        let any_other = ladders.iter().any(|ladder| ladder.names.is_empty());
        let is_named = |name: &String| ladders.iter().any(|ladder| ladder.names.contains(name));
        let own = |label: &&String| is_named(label) || (any_other && !named.contains(label));
        let is_own = |word: &&Word| !any_other && spellings(word.compared()).iter().any(is_named);
        draft.summary.branches.push(Branch {
            name,
            outcome: probe.decision(outcome).clone(),
            words: words.iter().filter(is_own).map(words::shown).collect(),
            labels: vocabulary.labels.iter().filter(own).cloned().collect(),
            regions: regions.into_iter().filter(|region| !region.is_empty()).collect(),
            evidence: name::evidence(probe, outcome, usual, effects),
            ..Branch::default()
        });
    }
    draft.summary.decision_type = DecisionType::Other;
    draft.summary.order = None;
}

/// Whether a second label makes no difference, whatever it is.
fn is_first_only(probe: &mut Probe<'_>, ladders: &[Ladder], axis: &Axis) -> Result<bool, DecideError> {
    let sample = |ladder: &Ladder, at: usize| {
        let name = ladder.names.first().map_or(NEUTRAL, String::as_str).to_owned();
        (name, ladder.stretches[at].sample / axis.whole(), ladder.stretches[at].outcome)
    };
    let all: Vec<_> =
        ladders.iter().flat_map(|ladder| (0..ladder.stretches.len()).map(move |at| sample(ladder, at))).collect();
    let mut is_tried = false;
    for (first, score, outcome) in &all {
        for (second, other, led) in &all {
            // One of no name in particular is any other, too.
            let second = match (second == first, first.as_str()) {
                (false, _) => second.as_str(),
                (true, NEUTRAL) if led != outcome => OTHER,
                (true, _) => continue,
            };
            let led = probe.scored(&[(first, *score), (second, *other)])?;
            if !probe.differ_by_data_only(led, *outcome) {
                return Ok(false);
            }
            is_tried = true;
        }
    }
    Ok(is_tried)
}
