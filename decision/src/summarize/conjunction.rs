//! Labels that change what labels of a branch lead to: a branch that is taken in another one's place.

use super::branches::{Branches, Found};
use super::matching::{MODES, matches, neighbours};
use super::probe::Probe;
use super::words::{self, Found as Word};
use super::{Draft, Reason, name};
use crate::decider::DecideError;
use crate::summary::{Branch, DecisionType, MatchMode, Order, Vocabulary};

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
        let mut pair: Option<Found> = None;
        for word in words.iter_mut().filter(|word| word.in_company) {
            for form in word.spellings() {
                let both = probe.labels(&[sample, &form])?;
                let known = both == found.default || found.branches.iter().any(|branch| branch.outcome == both);
                if known
                    || probe.labels(&[&form, sample])? != both
                    || probe.scored(&[(sample, 1.0), (&form, 0.0)])? != both
                {
                    continue;
                }
                let pair = pair.get_or_insert_with(|| Found {
                    outcome: both,
                    labels: Vec::new(),
                    samples: Vec::new(),
                    negated: false,
                    except: false,
                    with: Some(base.outcome),
                });
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
                word.mode = mode(probe, sample, &pair, word)?;
            }
            for (at, label) in vocabulary.labels.iter().enumerate() {
                if found.singles[at] == found.default && probe.labels(&[sample, label])? == pair.outcome {
                    pair.labels.push(at);
                }
            }
            pairs.push(pair);
        }
    }
    let explained = words.iter().all(|word| !word.in_company || word.outcome.is_some());
    Ok(if explained { pairs } else { Vec::new() })
}

/// How a word is compared, as far as labels beside one of the base show.
fn mode(probe: &mut Probe<'_>, sample: &str, pair: &Found, word: &Word) -> Result<MatchMode, DecideError> {
    let text = word.compared();
    let mut seen = Vec::new();
    for near in neighbours(text) {
        let hit = probe.labels(&[sample, &near])? == pair.outcome;
        seen.push((near, hit));
    }
    let explains = |mode: &MatchMode| seen.iter().all(|(near, hit)| matches(*mode, text, near) == *hit);
    Ok(MODES.into_iter().find(explains).unwrap_or(MatchMode::Other))
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
        let class = match class.0 {
            DecisionType::MultiSelect | DecisionType::Count => class,
            DecisionType::TrueFalse => (DecisionType::MultiChoice, Some(Order::AppPriority)),
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
                except: false,
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
