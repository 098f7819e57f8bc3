//! Lists within items, such as the moods of each face: what several of the outer items lead to, and one whose list is empty.

use serde_json::Value as Json;

use super::Draft;
use super::axes::Axis;
use super::branches::Branches;
use super::probe::Probe;
use super::ranges::append;
use super::several::{self, Sample, Several};
use super::subject::{Subject, put};
use super::verify::Random;
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::program::Program;
use crate::shape::{ITEM, Path, Shape, show_path};
use crate::summary::{DecisionType, Order};

/// Names that the lists hold, and how many of one branch: one may be counted apart from another.
const MAX_NAMES: usize = 8;
const NAMES_OF_ONE: usize = 2;

/// Outer items that are tried for samples, of which so many of each outcome are kept.
const FACES: usize = 24;
const MAX_ALIKE: usize = 2;

/// Answers of several outer items whose lists hold every name; every so many are long.
const TRIALS: usize = 32;
const LONG: usize = 8;

/// Parts of one that scores are.
const PARTS: usize = 1000;

/// Names with how sure the API is of them.
type Scored<'s> = Vec<(&'s str, f64)>;

/// The lists of the names that decide.
struct Nested {
    /// The list around.
    outer: Path,
    inner: Path,
    names: Vec<String>,
}

impl Draft {
    /// Tells what several outer items lead to, where that is not what all their names would in one list.
    pub(super) fn of_nested(
        &mut self,
        probe: &mut Probe<'_>,
        found: &Branches,
        (program, shape): (&Program, &Shape),
    ) -> Result<(), DecideError> {
        let Some(nested) = Nested::of(probe, found) else { return Ok(()) };
        let samples = nested.samples(probe)?;
        let Some(several) = several::find(probe, (shape, &nested.outer), &samples, found.default)? else {
            return Ok(());
        };
        let empty = nested.empty(probe)?;
        let outer = show_path(&nested.outer);
        let of_outer = match &several {
            Several::First if nested.passes_over_empty(probe, &empty, &samples)? => {
                Some("the first whose list is not empty decides".to_owned())
            }
            Several::First => Some("the first alone decides".to_owned()),
            Several::Own if nested.adds_up(probe, shape)? => {
                Some("the sums of their scores decide, as the scores of one do".to_owned())
            }
            _ if self.is_of_one_list(found, &several) => None,
            Several::Own if nested.is_one_list(probe, shape)? => {
                Some("the lists of all of them are looked at as one".to_owned())
            }
            Several::Apart => Some("each is decided on by itself".to_owned()),
            _ => several.show(probe, found.default),
        };
        self.summary.several = of_outer.map(|told| format!("of {outer}: {told}"));
        let outcomes = [found.default, found.empty];
        if !probe.fails(empty.outcome) && !outcomes.iter().any(|&known| probe.differ_by_data_only(empty.outcome, known))
        {
            let inner = nested.inner.last().cloned().unwrap_or_default();
            let what = probe.shown(empty.outcome);
            self.warn(program, format!("one of {outer} without {inner} has an outcome of its own: {what}"));
        }
        Ok(())
    }

    /// Whether this is what all names in one list would lead to.
    fn is_of_one_list(&self, found: &Branches, several: &Several) -> bool {
        if self.summary.top_k.is_some() {
            return false;
        }
        match (self.summary.decision_type, self.summary.order, several) {
            (DecisionType::TrueFalse, _, Several::FirstThatLeads | Several::EachThatLeads)
            | (_, Some(Order::ApiOutput), Several::FirstThatLeads)
            | (DecisionType::MultiSelect, _, Several::Apart)
            | (_, Some(Order::LastMatch), Several::Last) => true,
            (_, Some(Order::AppPriority), Several::Order(order)) => {
                let branches = found.branches.iter().map(|branch| branch.outcome).chain([found.default]);
                let told: Vec<_> = branches.filter(|outcome| order.contains(outcome)).collect();
                told == *order
            }
            _ => false,
        }
    }
}

impl Nested {
    fn of(probe: &Probe<'_>, found: &Branches) -> Option<Self> {
        let Subject::Members(members) = &probe.subject else { return None };
        let inner = members.list()?.clone();
        let outer = inner[..inner.iter().position(|step| step == ITEM)?].to_vec();
        let plain = found.branches.iter().filter(|branch| !branch.negated && !branch.except);
        let mut names: Vec<String> =
            plain.flat_map(|branch| branch.samples.iter().take(NAMES_OF_ONE)).take(MAX_NAMES).cloned().collect();
        let all = members.vocabulary().into_iter().zip(&found.singles);
        let of_none = all.filter(|(_, outcome)| **outcome == found.default).map(|(name, _)| name);
        names.extend(of_none.take(NAMES_OF_ONE));
        (!names.is_empty()).then_some(Self { outer, inner, names })
    }

    /// The answer of one outer item whose list holds these.
    fn answer(probe: &Probe<'_>, mut held: Vec<(&str, f64)>) -> Json {
        held.sort_by(|one, other| other.1.total_cmp(&one.1));
        match probe.subject.output(ApiOutput::labels(held)) {
            ApiOutput::Answer { answer } => answer,
            ApiOutput::Labels { .. } => Json::Null,
        }
    }

    fn run(probe: &mut Probe<'_>, answer: Json) -> Result<Sample, DecideError> {
        let outcome = probe.run(&ApiOutput::Answer { answer: answer.clone() })?;
        Ok(Sample { answer, outcome })
    }

    /// Scores for all names, in some order.
    fn scores(&self, random: &mut Random) -> Scored<'_> {
        self.names.iter().map(|name| (name.as_str(), (1 + random.below(PARTS - 1)) as f64 / PARTS as f64)).collect()
    }

    /// Outer items that lead to all that one leads to, be it by one name or by the scores of all.
    fn samples(&self, probe: &mut Probe<'_>) -> Result<Vec<Sample>, DecideError> {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let mut samples: Vec<Sample> = Vec::new();
        for at in 0..FACES {
            let held = match at % 2 {
                0 => vec![(self.names[at / 2 % self.names.len()].as_str(), 1.0)],
                _ => self.scores(&mut random),
            };
            let sample = Self::run(probe, Self::answer(probe, held))?;
            if samples.iter().filter(|known| known.outcome == sample.outcome).count() < MAX_ALIKE {
                samples.push(sample);
            }
        }
        // Of more outcomes than are put together, one item each.
        let mut told = Vec::new();
        let (first, more): (Vec<_>, Vec<_>) = samples.into_iter().partition(|sample| {
            let is_new = !told.contains(&sample.outcome);
            told.push(sample.outcome);
            is_new
        });
        Ok(first.into_iter().chain(more).collect())
    }

    /// An outer item whose list is empty.
    fn empty(&self, probe: &mut Probe<'_>) -> Result<Sample, DecideError> {
        let mut answer = Self::answer(probe, vec![(self.names[0].as_str(), 1.0)]);
        put(&mut answer, &self.inner, Json::Array(Vec::new()));
        Self::run(probe, answer)
    }

    /// Whether an outer item with an empty list changes nothing before another.
    fn passes_over_empty(
        &self,
        probe: &mut Probe<'_>,
        empty: &Sample,
        samples: &[Sample],
    ) -> Result<bool, DecideError> {
        let mut differs = false;
        for sample in samples.iter().take(MAX_NAMES) {
            let mut answer = empty.answer.clone();
            append(&mut answer, &sample.answer, &self.item());
            let outcome = probe.run(&ApiOutput::Answer { answer })?;
            if !probe.differ_by_data_only(outcome, sample.outcome) {
                return Ok(false);
            }
            differs |= !probe.differ_by_data_only(empty.outcome, sample.outcome);
        }
        Ok(differs)
    }

    /// Whether the names lead where they do in one list with the mean of their scores: their sums decide.
    fn adds_up(&self, probe: &mut Probe<'_>, shape: &Shape) -> Result<bool, DecideError> {
        self.is_as_one(probe, shape, &|items| {
            let mean = |at: usize| items.iter().map(|item| item[at].1).sum::<f64>() / items.len() as f64;
            self.names.iter().enumerate().map(|(at, name)| (name.as_str(), mean(at))).collect()
        })
    }

    /// Whether outer items lead where one does that has all their lists in one.
    fn is_one_list(&self, probe: &mut Probe<'_>, shape: &Shape) -> Result<bool, DecideError> {
        self.is_as_one(probe, shape, &|items| items.concat())
    }

    /// Whether outer items lead where one does whose list is made of theirs, whatever else is known of them.
    fn is_as_one<'s>(
        &'s self,
        probe: &mut Probe<'_>,
        shape: &Shape,
        list: &dyn Fn(&[Scored<'s>]) -> Scored<'s>,
    ) -> Result<bool, DecideError> {
        let axes: Vec<Axis> = Axis::all(shape).into_iter().filter(|axis| axis.is_of(&self.outer)).collect();
        let mut random = Random(0x2545_f491_4f6c_dd1d);
        let (mut led, mut differs) = (Vec::new(), false);
        for trial in 0..TRIALS {
            let count = if trial % LONG == LONG - 1 { 8 } else { 2 } + random.below(3);
            let items: Vec<_> = (0..count).map(|_| self.scores(&mut random)).collect();
            let one = Self::run(probe, Self::answer(probe, list(&items)))?;
            let mut answers = items.into_iter().map(|item| {
                let mut answer = Self::answer(probe, item);
                several::vary(&mut answer, &axes, &mut random, trial % 2 == 0);
                answer
            });
            let Some(first) = answers.next() else { return Ok(false) };
            let mut all = first.clone();
            answers.for_each(|answer| append(&mut all, &answer, &self.item()));
            let (all, first) = (Self::run(probe, all)?, Self::run(probe, first)?);
            if !probe.differ_by_data_only(all.outcome, one.outcome) {
                return Ok(false);
            }
            differs |= !probe.differ_by_data_only(all.outcome, first.outcome);
            led.push(all.outcome);
        }
        Ok(differs && led.iter().any(|outcome| *outcome != led[0]))
    }

    fn item(&self) -> Path {
        [self.outer.as_slice(), &[ITEM.to_owned()]].concat()
    }
}
