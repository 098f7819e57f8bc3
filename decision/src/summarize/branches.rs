//! The outcomes of single labels, grouped into branches.

use std::collections::HashMap;

use super::joint::Joint;
use super::matching::{path_of, spellings};
use super::probe::{NEUTRAL, Outcome, Probe, passes_through};
use super::unrelated;
use crate::decider::DecideError;
use crate::decision::{Effect, Rendered};
use crate::sample;
use crate::summary::{MinScore, Order, Vocabulary};

/// Paddings to try for programs that look at a fixed number of labels.
const PADDINGS: [usize; 4] = [1, 2, 4, 9];

/// Words of the program that are tried for being left out.
const MAX_LEFT_OUT: usize = 24;

/// Words that are tried for choosing what is shown of any name.
const MAX_APART: usize = 48;

/// Labels that are tried with each padding.
const PADDED: usize = 8;

/// One branch in the making.
#[derive(Default)]
pub(super) struct Found {
    pub(super) outcome: Outcome,
    /// Indices into the vocabulary.
    pub(super) labels: Vec<usize>,
    /// Outputs that take the branch: a label of the vocabulary, or else a spelling of a word.
    pub(super) samples: Vec<String>,
    pub(super) negated: bool,
    /// Its words are the labels that do not take it.
    pub(super) except: bool,
    /// The outcome of the branch that must be taken, too.
    pub(super) with: Option<Outcome>,
}

/// What single labels lead to.
pub(super) struct Branches {
    /// The outcome when no branch is taken.
    pub(super) default: Outcome,
    /// The outcome on an empty answer; nearly always the default.
    pub(super) empty: Outcome,
    #[expect(clippy::struct_field_names, reason = "the one word for them everywhere")]
    pub(super) branches: Vec<Found>,
    /// The outcome of each label of the vocabulary alone.
    pub(super) singles: Vec<Outcome>,
    /// Outcomes that are two branches at once.
    pub(super) unions: Vec<(Outcome, [Outcome; 2])>,
    /// Sets of branches that lead to something of their own together.
    pub(super) joint: Vec<Joint>,
    /// Which branch a label takes that holds words of two.
    pub(super) within: Option<Order>,
    /// Texts are taken apart into their lines, which may be what is compared.
    pub(super) lines: bool,
    /// The score below which labels are as good as none, where that makes a difference.
    pub(super) nothing_below: Option<MinScore>,
    /// The one branch is taken by labels of any name, known or not.
    pub(super) any_name: bool,
    /// A label that leaves the default as it is, if there is one.
    pub(super) filler: Option<String>,
    /// The application fails on answers of fewer labels than these, and how.
    pub(super) fewest: Option<(usize, Outcome)>,
    /// An answer without results has an outcome unlike that of any label.
    pub(super) tells_empty: bool,
}

/// What the program's own words lead to: those that the API's list of names has not.
fn by_words(probe: &mut Probe<'_>) -> Result<Vec<Outcome>, DecideError> {
    let texts: Vec<String> = probe.compared().into_iter().take(MAX_APART).collect();
    texts.iter().map(|text| probe.labels(&[&sample::of(text).unwrap_or_else(|| text.clone())])).collect()
}

impl Branches {
    pub(super) fn find(probe: &mut Probe<'_>, vocabulary: &Vocabulary) -> Result<Self, DecideError> {
        let (mut empty, mut singles) = survey(probe, vocabulary)?;
        // The neutral name stands for all others, so that an API without a vocabulary has something to fail on.
        let mut neutral = probe.labels(&[NEUTRAL])?;
        let starved = singles.iter().chain([&neutral]).all(|&outcome| probe.wants_more(outcome));
        if starved && pad(probe, vocabulary)? {
            (empty, singles) = survey(probe, vocabulary)?;
            neutral = probe.labels(&[NEUTRAL])?;
        }
        // An API without a vocabulary answers anything.
        let mut common = most_common(&singles).unwrap_or(neutral);
        let by_words = by_words(probe)?;
        if !probe.differ_by_data_only(empty, common) && probe.ignore_logging((empty, common), &singles, &by_words)? {
            (empty, singles) = survey(probe, vocabulary)?;
            common = match most_common(&singles) {
                Some(common) => common,
                None => probe.labels(&[NEUTRAL])?,
            };
        }
        let unwritten = unwritten(probe, empty, vocabulary, &singles);
        // There is no answer without a value.
        empty = unwritten.unwrap_or(empty);
        let mut default = match unwritten {
            Some(unwritten) => unwritten,
            None => default_of(probe, empty, common, &singles)?,
        };
        let any = probe.labels(&[NEUTRAL])?;
        // A list of names is not all that an API knows: what is left out may be none of them.
        let leaves_out = singles.iter().all(|&single| single == any) && leaves_some_out(probe, (empty, any))?;
        if leaves_out {
            default = empty;
        }
        probe.merge_by_data(&mut singles, &[default, empty]);
        let filler = if probe.labels(&[NEUTRAL])? == default {
            Some(NEUTRAL.to_owned())
        } else {
            singles.iter().position(|&outcome| outcome == default).map(|at| vocabulary.labels[at].clone())
        };
        let mut found = Self {
            default,
            empty,
            branches: Vec::new(),
            singles,
            unions: Vec::new(),
            joint: Vec::new(),
            within: None,
            lines: false,
            nothing_below: None,
            any_name: false,
            filler,
            fewest: None,
            tells_empty: false,
        };
        found.fewest = fewest(probe)?;
        found.tells_empty = !probe.differ_by_data_only(empty, any);
        found.group(vocabulary);
        if leaves_out {
            let outcome = probe.labels(&[NEUTRAL])?;
            found.of_word(outcome, NEUTRAL);
        }
        found.turn_black_list(probe, vocabulary)?;
        if let [branch] = found.branches.as_slice() {
            found.any_name = !branch.negated && probe.labels(&[NEUTRAL])? == branch.outcome;
        }
        Ok(found)
    }

    /// One branch for each outcome but the default, in order of the first label.
    fn group(&mut self, vocabulary: &Vocabulary) {
        let mut places: HashMap<Outcome, usize> = HashMap::new();
        for (at, &outcome) in self.singles.iter().enumerate() {
            if outcome == self.default {
                continue;
            }
            let place = *places.entry(outcome).or_insert(self.branches.len());
            if place == self.branches.len() {
                self.branches.push(Found {
                    outcome,
                    labels: Vec::new(),
                    samples: Vec::new(),
                    negated: false,
                    except: false,
                    with: None,
                });
            }
            self.branches[place].labels.push(at);
            if self.branches[place].samples.len() < 8 {
                self.branches[place].samples.push(vocabulary.labels[at].clone());
            }
        }
    }

    /// A branch that nearly every label takes and some label keeps from it, whatever else is there, is a black-list.
    fn turn_black_list(&mut self, probe: &mut Probe<'_>, vocabulary: &Vocabulary) -> Result<(), DecideError> {
        let [branch] = self.branches.as_mut_slice() else { return Ok(()) };
        let black: Vec<_> = (0..self.singles.len()).filter(|&at| self.singles[at] == self.default).collect();
        let (Some(&first), Some(sample)) = (black.first(), branch.samples.first()) else { return Ok(()) };
        let first = vocabulary.labels[first].as_str();
        let kept_away =
            probe.labels(&[sample, first])? == self.default && probe.labels(&[first, sample])? == self.default;
        if kept_away && black.len() < branch.labels.len() {
            branch.labels = black;
            branch.negated = true;
        }
        Ok(())
    }

    /// Whether one branch is taken for any name at all.
    pub(super) fn is_for_any(&self, vocabulary: &Vocabulary) -> bool {
        matches!(self.branches.as_slice(), [branch] if !branch.negated && branch.labels.len() == vocabulary.labels.len())
    }

    /// The branch of an outcome; a new one without labels when only a word of the program leads there.
    pub(super) fn of_word(&mut self, outcome: Outcome, sample: &str) {
        match self.branches.iter_mut().find(|branch| branch.outcome == outcome) {
            Some(branch) if branch.labels.is_empty() && branch.samples.len() < 8 => {
                branch.samples.push(sample.to_owned());
            }
            Some(_) => {}
            None => self.branches.push(Found {
                outcome,
                labels: Vec::new(),
                samples: vec![sample.to_owned()],
                negated: false,
                except: false,
                with: None,
            }),
        }
    }

    /// The outcome of the first spelling of a word that leads anywhere.
    pub(super) fn spelling(&self, probe: &mut Probe<'_>, word: &str) -> Result<Option<(Outcome, String)>, DecideError> {
        for form in spellings(word).into_iter().chain([path_of(word)]) {
            let outcome = probe.labels(&[&form])?;
            // A form that the API never answers in can be what the program fails on.
            if outcome != self.default && (!probe.fails(outcome) || probe.fails(self.default)) {
                return Ok(Some((outcome, form)));
            }
        }
        Ok(None)
    }
}

/// Appends as many labels to each output as make a few of them do something but fail; `false` when none do.
fn pad(probe: &mut Probe<'_>, vocabulary: &Vocabulary) -> Result<bool, DecideError> {
    for padding in PADDINGS {
        probe.padding = padding;
        for label in vocabulary.labels.iter().map(String::as_str).take(PADDED).chain([NEUTRAL]) {
            let outcome = probe.labels(&[label])?;
            if !probe.wants_more(outcome) {
                return Ok(true);
            }
        }
    }
    // It fails for something else.
    probe.padding = 0;
    Ok(false)
}

fn survey(probe: &mut Probe<'_>, vocabulary: &Vocabulary) -> Result<(Outcome, Vec<Outcome>), DecideError> {
    let empty = probe.labels(&[])?;
    Ok((empty, unrelated::singles(probe, vocabulary)?))
}

fn most_common(outcomes: &[Outcome]) -> Option<Outcome> {
    let mut counts: HashMap<Outcome, usize> = HashMap::new();
    for &outcome in outcomes {
        *counts.entry(outcome).or_default() += 1;
    }
    counts.into_iter().max_by_key(|&(outcome, count)| (count, std::cmp::Reverse(outcome))).map(|pair| pair.0)
}

/// The outcome on no label, unless any label at all leads elsewhere: then an empty answer is a case of its own. What any
/// label leads to shows on one that no application looks for, and not on most of the vocabulary, of which the branches
/// may take the better part.
fn default_of(
    probe: &mut Probe<'_>,
    empty: Outcome,
    common: Outcome,
    singles: &[Outcome],
) -> Result<Outcome, DecideError> {
    let neutral = probe.labels(&[NEUTRAL])?;
    if common == empty {
        return Ok(empty);
    }
    // Where only an empty answer and a few labels make the application act, they are the branch, not the default.
    let acts = |one, other| probe.own_effects(one, other).iter().any(|effect| !probe.does(other, &effect.action));
    let more = |one, other| !probe.own_effects(one, other).is_empty();
    let idle = (!more(common, empty) && more(empty, common)) || (!acts(common, empty) && acts(empty, common));
    if singles.contains(&empty) {
        return Ok(if idle { common } else { empty });
    }
    if neutral == empty {
        return Ok(empty);
    }
    if probe.differ_by_data_only(empty, common) {
        return Ok(common);
    }
    // So does any label, only otherwise: a look-up that finds none of the program's words.
    if probe.fails(empty) && probe.fails(neutral) && common == neutral {
        return Ok(neutral);
    }
    let some_differ = singles.is_empty() || singles.iter().any(|&outcome| outcome != neutral);
    if probe.fails(empty) && !probe.fails(neutral) && some_differ {
        return Ok(neutral);
    }
    // Without a vocabulary what is no word of the program's is the usual answer.
    if singles.is_empty() && some_word_differs(probe, [empty, neutral])? {
        return Ok(neutral);
    }
    let agree = singles.iter().filter(|&&outcome| outcome == common).count();
    let others = agree < singles.len();
    // A branch for any label, seen against an empty answer, is one when something was chosen there.
    let only_passes = probe.own_effects(common, empty).iter().all(|effect| passes_through(effect));
    // Of a few values, what the one of them leads to is no more usual than what the other does.
    let only_passes = only_passes && (!others || probe.subject.knows(NEUTRAL));
    Ok(if (others && agree * 2 > singles.len()) || only_passes { common } else { empty })
}

/// What the values lead to that the program does not name, where it names the one that an answer of nothing has, and another:
/// `if s == "NEGATIVE": ... elif s == "NEUTRAL": ... else: ...`.
fn unwritten(probe: &Probe<'_>, empty: Outcome, vocabulary: &Vocabulary, singles: &[Outcome]) -> Option<Outcome> {
    if probe.subject.knows(NEUTRAL) {
        return None;
    }
    let texts = probe.compared();
    let is_written = |label: &String| texts.iter().any(|text| text.eq_ignore_ascii_case(label));
    let (mut named, mut others) = (Vec::new(), Vec::new());
    for (label, &outcome) in vocabulary.labels.iter().zip(singles) {
        if is_written(label) { &mut named } else { &mut others }.push(outcome);
    }
    let (&other, rest) = others.split_first()?;
    // A value that nothing is done for is no branch.
    let acts = singles.iter().any(|&outcome| !probe.own_effects(empty, outcome).is_empty());
    let one = acts && rest.iter().all(|&outcome| outcome == other);
    (one && !named.contains(&other) && named.contains(&empty) && named.iter().any(|&outcome| outcome != empty))
        .then_some(other)
}

/// Whether a word that the program compares names with leads to neither of two outcomes.
fn some_word_differs(probe: &mut Probe<'_>, known: [Outcome; 2]) -> Result<bool, DecideError> {
    for word in probe.compared().into_iter().filter(|word| !word.trim().is_empty()).take(MAX_LEFT_OUT) {
        for form in spellings(&word) {
            let outcome = probe.labels(&[&form])?;
            if !known.contains(&outcome) && !probe.fails(outcome) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Whether any name is handed on but those that are the program's words: with them it is as if nothing had been answered.
fn leaves_some_out(probe: &mut Probe<'_>, (empty, usual): (Outcome, Outcome)) -> Result<bool, DecideError> {
    let hands_on = |effect: &&Effect| effect.values.iter().any(Rendered::has_data);
    let only_passes = probe.differ_by_data_only(usual, empty) || probe.own_effects(usual, empty).iter().any(hands_on);
    if usual == empty || probe.fails(empty) || !only_passes {
        return Ok(false);
    }
    for word in probe.compared().into_iter().filter(|word| !word.trim().is_empty()).take(MAX_LEFT_OUT) {
        for form in spellings(&word) {
            // What is left out is so beside any other name.
            if probe.labels(&[&form])? == empty && probe.labels(&[&form, NEUTRAL])? == usual {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// How many labels an application that looks at a fixed number of them needs, and what it does with one less.
fn fewest(probe: &mut Probe<'_>) -> Result<Option<(usize, Outcome)>, DecideError> {
    let padding = std::mem::take(&mut probe.padding);
    let mut found = None;
    for count in (0..=padding).rev().filter(|_| padding > 0) {
        let outcome = probe.labels(&vec![NEUTRAL; count])?;
        if probe.wants_more(outcome) {
            found = Some((count + 1, outcome));
            break;
        }
    }
    probe.padding = padding;
    Ok(found)
}
