//! Labels that change what labels of a branch lead to: a branch that is taken in another one's place.

use super::branches::{Branches, Found};
use super::matching::mode_of;
use super::probe::{NEUTRAL, Outcome, Probe};
use super::words::{self, Found as Word};
use super::{Draft, Reason, name, union};
use crate::decider::DecideError;
use crate::summary::{Branch, DecisionType, MatchMode, Order, Vocabulary};

/// Labels that are kept to stand for a branch.
const MAX_SAMPLES: usize = 7;

/// The branches that need a label of another branch beside their own; none where a word that matters in company is not
/// explained by them. Their words get their outcomes.
pub(super) fn find(
    probe: &mut Probe<'_>,
    found: &Branches,
    words: &mut [Word],
    vocabulary: &Vocabulary,
) -> Result<Vec<Found>, DecideError> {
    let mut pairs: Vec<Found> = Vec::new();
    for base in found.branches.iter().filter(|base| !base.negated && !base.except) {
        let Some(sample) = base.samples.first() else { continue };
        if let Some(pair) = with_any_other(probe, (found, base, sample), words, vocabulary)? {
            pairs.push(pair);
            continue;
        }
        let mut pair: Option<Found> = None;
        for word in words.iter_mut().filter(|word| word.in_company) {
            for form in word.spellings() {
                let Some(both) = beside(probe, found, (sample, &form))? else { continue };
                let pair = pair.get_or_insert_with(|| beginning(both, base));
                if pair.outcome != both {
                    return Ok(Vec::new());
                }
                pair.samples.push(form);
                word.outcome = Some(both);
                break;
            }
        }
        if let Some(mut pair) = pair {
            for word in words.iter_mut().filter(|word| word.outcome == Some(pair.outcome)) {
                word.mode = mode(probe, sample, pair.outcome, word)?;
            }
            pair.labels = labels(probe, (found, sample), pair.outcome, vocabulary)?;
            pairs.push(pair);
        }
    }
    let explained = words.iter().all(|word| !word.in_company || word.outcome.is_some());
    Ok(if explained { pairs } else { Vec::new() })
}

/// The branch that any label beside one of the base takes but those of some words, such as the first label that is in no
/// list of words where another one is in it. The words get its outcome.
fn with_any_other(
    probe: &mut Probe<'_>,
    (found, base, sample): (&Branches, &Found, &str),
    words: &mut [Word],
    vocabulary: &Vocabulary,
) -> Result<Option<Found>, DecideError> {
    if probe.labels(&[NEUTRAL])? != found.default {
        return Ok(None);
    }
    let Some(both) = beside(probe, found, (sample, NEUTRAL))? else { return Ok(None) };
    let same = probe.differ_by_data_only(both, base.outcome)
        || union::is_of_all(probe, both, &[base.outcome, found.default], found.empty);
    if same {
        return Ok(None);
    }
    for word in words.iter_mut().filter(|word| word.outcome.is_none()) {
        for form in word.spellings() {
            if probe.labels(&[sample, &form])? == base.outcome && probe.labels(&[&form, sample])? == base.outcome {
                (word.outcome, word.in_company) = (Some(both), true);
                word.mode = mode(probe, sample, base.outcome, word)?;
                break;
            }
        }
    }
    let labels = labels(probe, (found, sample), both, vocabulary)?;
    let names = labels.iter().take(MAX_SAMPLES).map(|&at| vocabulary.labels[at].clone());
    let samples = names.chain([NEUTRAL.to_owned()]).collect();
    Ok(Some(Found { labels, samples, except: true, ..beginning(both, base) }))
}

/// What a label leads to beside one of a branch, in either order and however unsure, where nothing else leads there.
fn beside(
    probe: &mut Probe<'_>,
    found: &Branches,
    (sample, other): (&str, &str),
) -> Result<Option<Outcome>, DecideError> {
    let both = probe.labels(&[sample, other])?;
    let known = both == found.default || found.branches.iter().any(|branch| branch.outcome == both);
    let holds =
        !known && probe.labels(&[other, sample])? == both && probe.scored(&[(sample, 1.0), (other, 0.0)])? == both;
    Ok(holds.then_some(both))
}

/// A branch in the place of `base`, for no label yet.
fn beginning(outcome: Outcome, base: &Found) -> Found {
    Found { outcome, labels: Vec::new(), samples: Vec::new(), negated: false, except: false, with: Some(base.outcome) }
}

/// The labels of the vocabulary that do nothing alone and lead to `outcome` beside one of the base.
fn labels(
    probe: &mut Probe<'_>,
    (found, sample): (&Branches, &str),
    outcome: Outcome,
    vocabulary: &Vocabulary,
) -> Result<Vec<usize>, DecideError> {
    let mut labels = Vec::new();
    for (at, label) in vocabulary.labels.iter().enumerate() {
        if found.singles[at] == found.default && probe.labels(&[sample, label])? == outcome {
            labels.push(at);
        }
    }
    Ok(labels)
}

/// How a word is compared, as far as labels beside one of the base show that lead to `hit` for the word.
fn mode(probe: &mut Probe<'_>, sample: &str, hit: Outcome, word: &Word) -> Result<MatchMode, DecideError> {
    mode_of(word.compared(), |near| Ok(probe.labels(&[sample, near])? == hit))
}

/// Whether each of these branches comes just before the one in whose place it is taken: what comes before that comes before
/// it, and what comes after that after it.
fn are_just_before(probe: &mut Probe<'_>, found: &Branches, pairs: &[Found]) -> Result<bool, DecideError> {
    for pair in pairs {
        let base = found.branches.iter().position(|base| Some(base.outcome) == pair.with);
        let (Some(base), Some(sample)) = (base, pair.samples.first()) else { return Ok(false) };
        let Some(own) = found.branches[base].samples.first() else { return Ok(false) };
        for (at, other) in found.branches.iter().enumerate().filter(|(at, _)| *at != base) {
            let Some(beside) = other.samples.first() else { return Ok(false) };
            let expected = if at < base { other.outcome } else { pair.outcome };
            for labels in [[beside, own, sample], [own, sample, beside]] {
                if probe.labels(&labels.map(String::as_str))? != expected {
                    return Ok(false);
                }
            }
        }
    }
    Ok(true)
}

impl Draft {
    /// Adds the branches that are taken in another one's place; with one branch alone, its place is before it.
    pub(super) fn add_pairs(
        &mut self,
        probe: &mut Probe<'_>,
        found: &mut Branches,
        (pairs, words): (Vec<Found>, &[Word]),
        class: (DecisionType, Option<Order>),
        vocabulary: &Vocabulary,
    ) -> Result<(DecisionType, Option<Order>), Reason> {
        let class = match class {
            (DecisionType::MultiSelect | DecisionType::Count, _) => class,
            (DecisionType::TrueFalse, _) => (DecisionType::MultiChoice, Some(Order::AppPriority)),
            (DecisionType::MultiChoice, Some(Order::AppPriority)) if are_just_before(probe, found, &pairs)? => class,
            _ => return Err(Reason("labels of two branches together are a case of their own".to_owned())),
        };
        for pair in pairs {
            let base = found.branches.iter().position(|base| Some(base.outcome) == pair.with).unwrap_or_default();
            let name = self.summary.branches.get(base).map(|base| base.name.clone()).unwrap_or_default();
            let effects = probe.own_effects(pair.outcome, found.default);
            let own = name::of(std::slice::from_ref(&effects)).pop().unwrap_or_default();
            let branch = Branch {
                name: name::unlike(
                    own,
                    &self.summary.branches.iter().map(|other| other.name.clone()).collect::<Vec<_>>(),
                ),
                outcome: probe.decision(pair.outcome).clone(),
                words: words::of_pair(words, pair.outcome),
                labels: pair.labels.iter().map(|&at| vocabulary.labels[at].clone()).collect(),
                negated: false,
                except: pair.except,
                any: false,
                unless: Vec::new(),
                with: Some(name),
                regions: Vec::new(),
                min_score: None,
                conditions: Vec::new(),
                evidence: name::evidence(probe, pair.outcome, found.default, &effects),
            };
            let at = if class.0 == DecisionType::MultiChoice { base } else { found.branches.len() };
            self.summary.branches.insert(at, branch);
            found.branches.insert(at, pair);
        }
        Ok(class)
    }
}
