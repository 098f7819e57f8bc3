//! Decisions by what the items are worth together: points for words that add up, or the sum of the scores of some labels.
//!
//! What the program compares shows what it adds up to. Single names show what each is worth, random answers that it is
//! the sum which is compared, and the comparisons where the outcome changes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::kinds::{Said, said};
use super::matching::{is_pattern, spellings};
use super::probe::{NEUTRAL, Outcome, Probe};
use super::subject::list_of_names;
use super::verify::Random;
use super::{Draft, axes, numbers};
use crate::api::Api;
use crate::decider::DecideError;
use crate::interpreter::Measured;
use crate::output::ApiOutput;
use crate::program::{CompareOp, Span};
use crate::summary::{Bounds, DecisionType, Limit, Region};

/// Words whose worth is found out.
const MAX_WORDS: usize = 40;

/// Answers of several names that are tried.
const TRIALS: usize = 64;

/// Most names of such an answer, but for a few of more.
const MOST: usize = 5;

/// Words that are shown with what they are worth.
const SHOWN: usize = 16;

/// How sure names are with which it is tried whether that counts.
const UNSURE: f64 = 0.9;

/// What is lost in sums of this many numbers.
const NEAR: f64 = 1e-6;

/// Outcomes, and the sums that lead to them.
type Steps = Vec<(Outcome, Vec<Region>)>;

/// One run: what it led to, and every comparison that was made once.
struct Run {
    outcome: Outcome,
    compared: BTreeMap<Span, Measured>,
}

/// On which side of a comparison the sum stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
    /// Two sums are compared with each other.
    Both,
}

/// What names are worth in what is compared at one place.
struct Sum {
    side: Side,
    /// What no name is worth.
    start: f64,
    worth: Vec<(String, f64)>,
    /// Each is worth the more the surer it is.
    is_scaled: bool,
}

/// Fills the draft where a sum decides; says whether it does.
pub(super) fn fill(draft: &mut Draft, probe: &mut Probe<'_>, api: &Api) -> Result<bool, DecideError> {
    if list_of_names(&api.answer).is_none() {
        return Ok(false);
    }
    for base in [&[][..], &[(NEUTRAL, 1.0)]] {
        let none = run(probe, base)?;
        if let Some((sum, steps)) = of_base(probe, &none)? {
            draft.tell_sum(probe, &sum, steps, none.outcome);
            return Ok(true);
        }
    }
    Ok(false)
}

/// The sum that decides, and what it leads to, where this is without any of the names.
fn of_base(probe: &mut Probe<'_>, none: &Run) -> Result<Option<(Sum, Steps)>, DecideError> {
    let mut singles: Vec<(String, Run)> = Vec::new();
    let words = if none.compared.is_empty() { Vec::new() } else { probe.compared() };
    let usual = run(probe, &[(NEUTRAL, 1.0)])?.outcome;
    for word in words.into_iter().filter(|word| !word.trim().is_empty()).take(MAX_WORDS).chain([NEUTRAL.to_owned()]) {
        for form in spellings(&word) {
            let single = run(probe, &[(&form, 1.0)])?;
            let is_other = |(span, one): (&Span, &Measured)| {
                none.compared
                    .get(span)
                    .is_some_and(|other| differs(one.left, other.left) || differs(one.right, other.right))
            };
            // What a pattern only splits is as many parts, and no points.
            let is_split = is_pattern(&word) && probe.differ_by_repeats_only(single.outcome, usual);
            // What the program fails on is worth nothing.
            if !probe.fails(single.outcome)
                && !is_split
                && single.compared.iter().any(is_other)
                && singles.iter().all(|known| known.0 != form)
            {
                singles.push((form, single));
                break;
            }
        }
    }
    for span in none.compared.keys() {
        let Some(sum) = Sum::at(probe, *span, none, &singles)? else { continue };
        if let Some(steps) = sum.steps(probe, *span, none)? {
            return Ok(Some((sum, steps)));
        }
    }
    Ok(None)
}

/// Whether two numbers are not the very same.
fn differs(one: f64, other: f64) -> bool {
    one.to_bits() != other.to_bits()
}

/// Runs the program on these labels.
fn run(probe: &mut Probe<'_>, labels: &[(&str, f64)]) -> Result<Run, DecideError> {
    let (outcome, measured) = probe.measured(&ApiOutput::labels(labels.iter().copied()))?;
    let mut times: BTreeMap<Span, usize> = BTreeMap::new();
    for one in &measured {
        *times.entry(one.span).or_default() += 1;
    }
    let once = measured.into_iter().filter(|one| times[&one.span] == 1);
    Ok(Run { outcome, compared: once.map(|one| (one.span, one)).collect() })
}

impl Side {
    /// The side that is not the same with each of these.
    fn of(none: &Measured, others: &[&Measured]) -> Option<Self> {
        let varies = |side: &dyn Fn(&Measured) -> f64| others.iter().any(|other| differs(side(other), side(none)));
        match (varies(&|one| one.left), varies(&|one| one.right)) {
            (true, false) => Some(Self::Left),
            (false, true) => Some(Self::Right),
            (true, true) => Some(Self::Both),
            (false, false) => None,
        }
    }

    fn value(self, measured: &Measured) -> f64 {
        match self {
            Self::Left => measured.left,
            Self::Right => measured.right,
            Self::Both => measured.left - measured.right,
        }
    }

    /// Where what is above begins to lead elsewhere: just before a number, just after it, or both.
    fn limits(self, measured: &Measured) -> Vec<Limit> {
        let value = match self {
            Self::Left => measured.right,
            Self::Right => measured.left,
            Self::Both => 0.0,
        };
        let turned = self == Self::Right;
        let ways: &[bool] = match measured.op {
            CompareOp::Eq | CompareOp::Ne => &[true, false],
            CompareOp::Ge | CompareOp::Lt => &[!turned],
            _ => &[turned],
        };
        ways.iter().map(|&inclusive| Limit { value, inclusive }).collect()
    }
}

impl Sum {
    /// What names are worth where two numbers are compared; `None` where that is no sum.
    fn at(
        probe: &mut Probe<'_>,
        span: Span,
        none: &Run,
        singles: &[(String, Run)],
    ) -> Result<Option<Self>, DecideError> {
        let Some(all) = singles.iter().map(|single| single.1.compared.get(&span)).collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        let base = &none.compared[&span];
        let Some(side) = Side::of(base, &all) else { return Ok(None) };
        let start = side.value(base);
        let worth = singles.iter().zip(&all).map(|(single, one)| (single.0.clone(), side.value(one) - start));
        let worth: Vec<(String, f64)> = worth.filter(|word| word.1 != 0.0).collect();
        if worth.len() < 2 {
            return Ok(None);
        }
        let mut is_scaled = None;
        for (word, whole) in worth.iter().take(3) {
            let Some(unsure) = run(probe, &[(word, UNSURE)])?.compared.get(&span).copied() else { return Ok(None) };
            let part = (side.value(&unsure) - start) / whole;
            let scaled = (part - UNSURE).abs() < NEAR;
            if !(scaled || (part - 1.0).abs() < NEAR) || *is_scaled.get_or_insert(scaled) != scaled {
                return Ok(None);
            }
        }
        // Where each is worth the same it is their number that decides.
        let is_number = is_scaled == Some(false) && worth.iter().all(|word| !differs(word.1, worth[0].1));
        if is_number {
            return Ok(None);
        }
        Ok(Some(Self { side, start, worth, is_scaled: is_scaled.unwrap_or_default() }))
    }

    /// An answer of several names, and what they are worth together.
    fn mixture(&self, random: &mut Random, trial: usize) -> (Vec<(&str, f64)>, f64) {
        let most = if trial.is_multiple_of(4) { 2 * MOST } else { MOST };
        let mut names: Vec<(&str, f64)> = Vec::new();
        let mut sum = self.start;
        for place in 0..=random.below(most) {
            let Some((name, worth)) = self.worth.get(random.below(self.worth.len() + 1)) else { continue };
            if names.iter().all(|known| known.0 != name) {
                let score = 1.0 - place as f64 * (1.0 - UNSURE) / (2 * MOST) as f64;
                names.push((name, score));
                sum += if self.is_scaled { worth * score } else { *worth };
            }
        }
        (names, sum)
    }

    /// What sums lead where, and what no name leads to, if it is the sum that decides.
    fn steps(&self, probe: &mut Probe<'_>, span: Span, none: &Run) -> Result<Option<Steps>, DecideError> {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let mut tried = vec![(self.start, none.outcome)];
        let mut others: BTreeMap<Span, Vec<Limit>> = BTreeMap::new();
        for trial in 0..TRIALS {
            let (names, sum) = self.mixture(&mut random, trial);
            let ran = run(probe, &names)?;
            let is_sum = |one: &Measured, side: Side| (side.value(one) - sum).abs() < NEAR * (1.0 + sum.abs());
            if !ran.compared.get(&span).is_some_and(|one| is_sum(one, self.side)) {
                return Ok(None);
            }
            // The same sum may be compared with other numbers, too.
            for (place, one) in &ran.compared {
                let side = [self.side, Side::Left, Side::Right].into_iter().find(|side| is_sum(one, *side));
                let limits = side.map(|side| side.limits(one)).unwrap_or_default();
                others.entry(*place).and_modify(|known| known.retain(|limit| limits.contains(limit))).or_insert(limits);
            }
            tried.push((sum, ran.outcome));
        }
        let limits = others.into_values().flatten().collect();
        Ok(steps(probe, &tried, limits))
    }

    /// Why it is no class of its own.
    fn reason(&self) -> String {
        let plain = self.is_scaled && self.worth.iter().all(|word| !differs(word.1, self.worth[0].1));
        let one = |(name, worth): &(String, f64)| {
            let name = if name == NEUTRAL { "any other".to_owned() } else { format!("`{name}`") };
            if plain { name } else { format!("{name} {}", (worth / NEAR).round() * NEAR) }
        };
        let mut names = self.worth.iter().take(SHOWN).map(one).collect::<Vec<_>>().join(", ");
        if self.worth.len() > SHOWN {
            let _ = write!(names, " and {} more", self.worth.len() - SHOWN);
        }
        let what = match (self.is_scaled, plain) {
            (true, true) => "the sum of the scores of",
            (true, false) => "the sum of the scores, each times what stands beside its name, of",
            (false, _) => "the sum of the points of",
        };
        let from = if self.start == 0.0 { String::new() } else { format!(", from {} on,", self.start) };
        format!("{what} {names}{from} decides")
    }
}

/// The intervals between limits, by what the sums in them lead to; `None` where one leads to this or that.
fn steps(probe: &mut Probe<'_>, tried: &[(f64, Outcome)], mut limits: Vec<Limit>) -> Option<Steps> {
    let mut steps: Vec<(Said, Outcome, Vec<Bounds>)> = Vec::new();
    for (low, high) in axes::between(&mut limits) {
        let bounds = Bounds { field: Bounds::SUM.to_owned(), low, high, percent: false };
        let inside: Vec<Outcome> = tried.iter().filter(|one| bounds.holds(one.0)).map(|one| one.1).collect();
        let Some(&outcome) = inside.first() else { continue };
        let words = said(probe.decision(outcome));
        if inside.iter().any(|other| said(probe.decision(*other)) != words) {
            return None;
        }
        let outcome = of_all(probe, &inside).unwrap_or(outcome);
        match steps.iter_mut().find(|step| step.0 == words) {
            // The one ends where the other begins.
            Some(step) => match step.2.last_mut().filter(|last| last.high == low.map(axes::turned)) {
                Some(last) => last.high = high,
                None => step.2.push(bounds),
            },
            None => steps.push((words, outcome, vec![bounds])),
        }
    }
    (steps.len() > 1).then(|| {
        steps
            .into_iter()
            .map(|(_, outcome, bounds)| (outcome, bounds.into_iter().map(|one| vec![one]).collect()))
            .collect()
    })
}

/// The outcome that these are where each says a number of its own.
fn of_all(probe: &mut Probe<'_>, inside: &[Outcome]) -> Option<Outcome> {
    let (first, rest) = inside.split_first()?;
    let other = rest.iter().find(|other| *other != first)?;
    let all = numbers::of_any(probe.decision(*first), probe.decision(*other))?;
    Some(probe.intern(all))
}

impl Draft {
    fn tell_sum(&mut self, probe: &Probe<'_>, sum: &Sum, mut steps: Steps, usual: Outcome) {
        let usual_words = said(probe.decision(usual));
        steps.retain(|step| said(probe.decision(step.0)) != usual_words);
        self.summary.branches.clear();
        self.summary.default = probe.decision(usual).clone();
        self.push_regions(probe, usual, steps, None);
        self.give_up(sum.reason());
        self.summary.decision_type = DecisionType::Other;
        (self.summary.again, self.summary.per_element) = (false, false);
        (self.summary.handed, self.summary.ranked) = (None, None);
        let is_worth = |text: &str| sum.worth.iter().any(|word| word.0.eq_ignore_ascii_case(text));
        self.summary.idle.retain(|word| !is_worth(&word.text));
    }
}
