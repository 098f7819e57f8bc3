//! What an item must be beside its name: of a type, with a number in some interval.

mod elsewhere;
pub(super) mod split;

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::Draft;
use super::axes::{Axis, Stretch, stretches};
use super::branches::Branches;
use super::constants::Constants;
use super::held::{self, Held};
use super::matching::spellings;
use super::probe::{NEUTRAL, Outcome, Probe};
use super::subject::{Subject, alternatives, put};
use super::words::Found as Word;
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::program::Program;
use crate::shape::{ITEM, Path, Shape, show_path};
use crate::summary::Condition;

/// Labels of a branch that are tried with every value.
const MAX_LABELS: usize = 48;

/// The fields of an answer, as seen from the names.
struct Fields<'s> {
    shape: &'s Shape,
    /// Other fields of the item that has the name.
    own: Vec<(Path, &'s Shape)>,
    /// Fields of what lies in lists of the item.
    below: Vec<(Path, &'s Shape)>,
    /// All else.
    others: Vec<(Path, &'s Shape)>,
    /// Lists of the item of which the number can have a say.
    held: Vec<Held<'s>>,
    /// Whether these lists hold something where nothing is said of them.
    fills: bool,
}

/// The conditions of every branch, and what is to be said about them.
pub(super) struct Conditions {
    of_branches: Vec<Vec<Condition>>,
    notes: BTreeSet<String>,
    /// The values that a field with a say can have: no words for names.
    values: BTreeSet<String>,
}

impl<'s> Fields<'s> {
    fn of(shape: &'s Shape) -> Option<Self> {
        let leaves = shape.leaves();
        let (name, _) =
            leaves.iter().find(|(path, leaf)| **leaf == Shape::Name && path.iter().any(|step| step == ITEM))?;
        let item = name[..=name.iter().rposition(|step| step == ITEM)?].to_vec();
        let mut fields =
            Self { shape, own: Vec::new(), below: Vec::new(), others: Vec::new(), held: Held::all(shape), fills: true };
        for (path, leaf) in leaves {
            let inside = path.strip_prefix(item.as_slice());
            match inside.map(|rest| rest.iter().any(|step| step == ITEM)) {
                Some(false) if !matches!(leaf, Shape::Name | Shape::Score | Shape::Percent) => {
                    fields.own.push((path, leaf));
                }
                Some(false) => {}
                Some(true) => fields.below.push((path, leaf)),
                None => fields.others.push((path, leaf)),
            }
        }
        Some(fields)
    }

    /// An answer of one item with this name, where every list of the item holds something.
    fn answer(&self, probe: &Probe<'_>, label: &str) -> Json {
        let mut answer = probe.subject.output(ApiOutput::sure([label])).answer(self.shape);
        for (path, _) in &self.below {
            let Some(at) = path.iter().rposition(|step| step == ITEM) else { continue };
            let is_own = self.held.iter().any(|held| path.starts_with(&held.path));
            if let Some(item) = self.shape.at(&path[..at]).and_then(Shape::item).filter(|_| !is_own) {
                put(&mut answer, &path[..at], Json::Array(vec![item.nothing()]));
            }
        }
        // As many as the names were tried with, else one.
        if self.fills {
            held::fill(&mut answer, self.shape);
        }
        answer
    }
}

/// What the outcome on an answer is for a branch.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Taken,
    /// As without the name.
    Idle,
    Other,
}

pub(super) struct Search<'a, 's, 'p> {
    pub(super) probe: &'a mut Probe<'p>,
    fields: Fields<'s>,
    constants: &'a Constants,
    pub(super) default: Outcome,
    /// Numbers of an item that are compared with each other.
    related: BTreeSet<String>,
    /// Fields, values of them with which a name that no application looks for leads elsewhere, and where.
    elsewhere: Vec<(String, Outcome, Vec<String>)>,
}

impl<'a, 's, 'p> Search<'a, 's, 'p> {
    fn new(probe: &'a mut Probe<'p>, fields: Fields<'s>, constants: &'a Constants, default: Outcome) -> Self {
        Self { probe, fields, constants, default, related: BTreeSet::new(), elsewhere: Vec::new() }
    }

    pub(super) fn outcome(&mut self, label: &str, set: &[(&Path, &Json)]) -> Result<Outcome, DecideError> {
        let mut answer = self.fields.answer(self.probe, label);
        for (path, value) in set {
            put(&mut answer, path, (*value).clone());
        }
        self.probe.run(&ApiOutput::Answer { answer })
    }

    pub(super) fn way(&mut self, branch: Outcome, label: &str, set: &[(&Path, &Json)]) -> Result<Way, DecideError> {
        let outcome = self.outcome(label, set)?;
        // An item on a list, and none.
        let by_data = branch != self.default && self.probe.differ_by_data_only(branch, self.default);
        let is = |other: Outcome| outcome == other || !by_data && self.probe.differ_by_data_only(outcome, other);
        // Of which not even any name is handed on, it is not looked for a word in.
        let is_less = || by_data && self.probe.hands_on_less(outcome, self.default);
        Ok(if is(branch) {
            Way::Taken
        } else if is(self.default) || is_less() {
            Way::Idle
        } else {
            Way::Other
        })
    }

    /// Has lists of items hold nothing where it takes that to reach the branches.
    fn empty_if_needed(&mut self, samples: &[(Outcome, String)]) -> Result<(), DecideError> {
        for fills in [true, false] {
            self.fields.fills = fills;
            let mut all = true;
            for (branch, label) in samples {
                all &= self.way(*branch, label, &[])? == Way::Taken;
            }
            if all {
                return Ok(());
            }
        }
        self.fields.fills = true;
        Ok(())
    }

    /// Whether no other name has an outcome of its own, and nothing but fields of the item makes a difference.
    fn is_about_items(&mut self, samples: &[(Outcome, String)]) -> Result<bool, DecideError> {
        let own: Vec<(Path, Json)> = values(&self.fields.own).collect();
        for (path, value) in &own {
            if self.way(self.default, NEUTRAL, &[(path, value)])? != Way::Taken {
                return Ok(false);
            }
            self.note_elsewhere(path, value)?;
        }
        let others: Vec<(Path, Json)> = values(&self.fields.others).collect();
        for (path, value) in &others {
            for (branch, label) in samples {
                if self.way(*branch, label, &[(path, value)])? != Way::Taken {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// The condition on one field for the branch of these labels; `Err` where there is none that says it all.
    fn on_field(
        &mut self,
        (branch, labels): (Outcome, &[String]),
        (path, leaf): &(Path, &Shape),
        notes: &mut BTreeSet<String>,
    ) -> Result<Result<Option<Condition>, ()>, DecideError> {
        if matches!(leaf, Shape::Number { .. }) {
            return self.on_number((branch, labels), path);
        }
        let (mut passing, mut failed) = (Vec::new(), false);
        for value in alternatives(leaf) {
            let mut ways = Vec::new();
            for label in labels {
                ways.push(self.way(branch, label, &[(path, &value)])?);
            }
            if ways.contains(&Way::Other) {
                return Ok(Err(()));
            }
            if ways.iter().all(|way| *way == Way::Taken) {
                passing.push(value);
                continue;
            }
            failed = true;
            if let Some(at) = ways.iter().position(|way| *way == Way::Taken) {
                let shown = shown(&value);
                let field = show_path(path);
                notes.insert(format!("`{}` leads there also with {shown} as {field}, not all words do", labels[at]));
            }
        }
        if !failed {
            return Ok(Ok(None));
        }
        if matches!(leaf, Shape::Text) || passing.is_empty() {
            return Ok(Err(()));
        }
        let values = passing.iter().map(shown).collect();
        Ok(Ok(Some(Condition { field: show_path(path), values, intervals: Vec::new() })))
    }

    fn on_number(
        &mut self,
        (branch, labels): (Outcome, &[String]),
        path: &Path,
    ) -> Result<Result<Option<Condition>, ()>, DecideError> {
        let axis = Axis::all(self.fields.shape).into_iter().find(|axis| axis.path == *path);
        let (Some(axis), Some(first)) = (axis, labels.first()) else { return Ok(Ok(None)) };
        let (base, values) = (self.fields.answer(self.probe, first), axis.values(self.constants));
        let found = stretches(self.probe, &values, &|value| {
            let mut answer = base.clone();
            put(&mut answer, path, Json::from(value));
            answer
        })?;
        let mut intervals = Vec::new();
        for stretch in &found {
            let value = Json::from(stretch.sample);
            let way = self.way(branch, first, &[(path, &value)])?;
            for label in &labels[1..] {
                if self.way(branch, label, &[(path, &value)])? != way {
                    return Ok(Err(()));
                }
            }
            match way {
                Way::Taken => intervals.push(stretch.bounds(&axis)),
                Way::Idle => {}
                Way::Other => return Ok(Err(())),
            }
        }
        if intervals.len() == found.len() || self.is_relative((branch, first), path, &found)? {
            return Ok(Ok(None));
        }
        Ok(if intervals.is_empty() {
            Err(())
        } else {
            Ok(Some(Condition { field: axis.show(), values: Vec::new(), intervals }))
        })
    }

    /// Whether the stretches of a number end where another number of the item lies, wherever that is: then it is which of
    /// the two is greater that decides, and no limit.
    fn is_relative(
        &mut self,
        (branch, label): (Outcome, &str),
        path: &Path,
        found: &[Stretch],
    ) -> Result<bool, DecideError> {
        let base = self.fields.answer(self.probe, label);
        let is_other = |(other, leaf): &&(Path, &Shape)| other != path && matches!(leaf, Shape::Number { .. });
        let others: Vec<Path> = self.fields.own.iter().filter(is_other).map(|(other, _)| other.clone()).collect();
        let edges: Vec<[f64; 2]> = found.windows(2).map(|pair| [pair[0].sample, pair[1].sample]).collect();
        for other in others {
            let Some(at) = number_at(&base, &other) else { continue };
            if !edges.iter().any(|[below, above]| (*below..=*above).contains(&at)) {
                continue;
            }
            let (low, high) = (edges[0][0], edges[edges.len() - 1][1]);
            let mut turns = true;
            for share in [0.3, 0.6] {
                turns &= self.turns_at((branch, label), path, &other, low + (high - low) * share)?;
            }
            if turns {
                let (one, two) = (show_path(path), show_path(&other));
                let (one, two) = if one < two { (one, two) } else { (two, one) };
                self.related.insert(format!("{one} and {two} are compared with each other"));
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a number decides otherwise just below another one than just above it.
    fn turns_at(
        &mut self,
        (branch, label): (Outcome, &str),
        path: &Path,
        other: &Path,
        value: f64,
    ) -> Result<bool, DecideError> {
        let beside = value.abs().max(1.0) / 64.0;
        let [below, at, above] = [value - beside, value, value + beside].map(Json::from);
        let below = self.way(branch, label, &[(path, &below), (other, &at)])?;
        Ok(below != self.way(branch, label, &[(path, &above), (other, &at)])?)
    }

    /// Values with which what lies below the item has a say, too.
    fn note_below(
        &mut self,
        (branch, label): (Outcome, &str),
        condition: &Condition,
        notes: &mut BTreeSet<String>,
    ) -> Result<(), DecideError> {
        let Some((path, leaf)) = self.fields.own.iter().find(|own| show_path(&own.0) == condition.field).cloned()
        else {
            return Ok(());
        };
        let below: Vec<(Path, Json)> = values(&self.fields.below).collect();
        for value in alternatives(leaf).iter().filter(|value| condition.values.contains(&shown(value))) {
            for form in spellings(label) {
                if self.way(branch, &form, &[(&path, value)])? != Way::Taken {
                    continue;
                }
                for (other, set) in &below {
                    if self.way(branch, &form, &[(&path, value), (other, set)])? != Way::Taken {
                        let (value, field, other) = (shown(value), &condition.field, show_path(other));
                        notes.insert(format!("with {value} as {field}, {other} has a say, too"));
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether the name and the value must be of the same item.
    fn is_of_one_item(
        &mut self,
        (branch, label): (Outcome, &str),
        conditions: &[Condition],
    ) -> Result<bool, DecideError> {
        for condition in conditions {
            let own = self.fields.own.iter().find(|own| show_path(&own.0) == condition.field).cloned();
            let Some((path, leaf)) = own else { continue };
            let (passing, failing): (Vec<Json>, Vec<Json>) =
                alternatives(leaf).into_iter().partition(|value| holds(condition, value));
            // What fails for another word of the branch may pass for this one.
            let mut wrong = None;
            for value in &failing {
                if wrong.is_none() && self.way(branch, label, &[(&path, value)])? == Way::Idle {
                    wrong = Some(value);
                }
            }
            let (Some(passing), Some(failing)) = (passing.first(), wrong) else { continue };
            let mut answer = self.fields.answer(self.probe, label);
            put(&mut answer, &path, failing.clone());
            let mut other = self.fields.answer(self.probe, NEUTRAL);
            put(&mut other, &path, passing.clone());
            super::ranges::append(&mut answer, &other, &path);
            let outcome = self.probe.run(&ApiOutput::Answer { answer })?;
            let by_data = self.probe.differ_by_data_only(branch, self.default);
            if outcome != self.default && (by_data || !self.probe.differ_by_data_only(outcome, self.default)) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The conditions on other fields of the items, where they say when the branches are taken; `None` where they do not.
pub(super) fn find(
    probe: &mut Probe<'_>,
    found: &Branches,
    words: &[Word],
    (shape, program): (&Shape, &Program),
) -> Result<Option<Conditions>, DecideError> {
    let Some(fields) = Fields::of(shape).filter(|_| !matches!(probe.subject, Subject::Members(_))) else {
        return Ok(None);
    };
    if found.branches.is_empty() || found.branches.iter().any(|branch| branch.negated || branch.except) {
        return Ok(None);
    }
    let mut labels: Vec<Vec<String>> = Vec::new();
    for branch in &found.branches {
        let mut own = branch.samples.clone();
        for word in words.iter().filter(|word| word.outcome == Some(branch.outcome)).take(MAX_LABELS) {
            let text = word.compared();
            if !own.iter().any(|label| label == text) && probe.labels(&[text])? == branch.outcome {
                own.push(text.to_owned());
            }
        }
        labels.push(own);
    }
    let mut all = Conditions { of_branches: Vec::new(), notes: BTreeSet::new(), values: BTreeSet::new() };
    let constants = Constants::of(program);
    let mut search = Search::new(probe, fields, &constants, found.default);
    let samples: Vec<(Outcome, String)> = found
        .branches
        .iter()
        .zip(&labels)
        .filter_map(|(branch, labels)| Some((branch.outcome, labels.first()?.clone())))
        .collect();
    search.empty_if_needed(&samples)?;
    if samples.len() < labels.len() || !search.is_about_items(&samples)? {
        return Ok(None);
    }
    for (branch, labels) in found.branches.iter().zip(&labels) {
        let mut conditions = Vec::new();
        for field in search.fields.own.clone() {
            let Ok(condition) = search.on_field((branch.outcome, labels), &field, &mut all.notes)? else {
                return Ok(None);
            };
            conditions.extend(condition);
        }
        for held in search.fields.held.clone() {
            let Ok(condition) = search.on_list((branch.outcome, labels), &held)? else { return Ok(None) };
            conditions.extend(condition);
            for (path, leaf) in search.fields.below.clone() {
                if path.starts_with(&held.path) && matches!(leaf, Shape::Number { .. }) {
                    let Ok(condition) = search.on_number((branch.outcome, labels), &path)? else { return Ok(None) };
                    conditions.extend(condition);
                }
            }
        }
        for condition in &conditions {
            search.note_below((branch.outcome, &labels[0]), condition, &mut all.notes)?;
        }
        if !search.is_of_one_item((branch.outcome, &labels[0]), &conditions)? {
            return Ok(None);
        }
        all.of_branches.push(conditions);
    }
    let is_related = !search.related.is_empty();
    all.notes.extend(search.say_elsewhere());
    all.notes.append(&mut search.related);
    all.values = values(&search.fields.own).map(|(_, value)| shown(&value)).collect();
    let has_say = is_related || all.of_branches.iter().any(|conditions| !conditions.is_empty());
    Ok(has_say.then_some(all))
}

impl Draft {
    /// Adds the conditions to the branches, which are in their order; words that are values of other fields are none of
    /// names.
    pub(super) fn add_conditions(&mut self, program: &Program, conditions: Conditions, words: &mut [Word]) {
        for (branch, conditions) in self.summary.branches.iter_mut().zip(conditions.of_branches) {
            branch.conditions = conditions;
        }
        for note in conditions.notes {
            self.warn(program, note);
        }
        for word in words.iter_mut().filter(|word| conditions.values.contains(word.compared())) {
            word.in_company = true;
        }
    }
}

/// Every value of every field.
fn values<'f>(fields: &'f [(Path, &Shape)]) -> impl Iterator<Item = (Path, Json)> + use<'f> {
    fields.iter().flat_map(|(path, leaf)| alternatives(leaf).into_iter().map(move |value| (path.clone(), value)))
}

/// The number at a place of an answer's first item.
fn number_at(answer: &Json, path: &Path) -> Option<f64> {
    path.iter().try_fold(answer, |part, step| if step == ITEM { part.get(0) } else { part.get(step) })?.as_f64()
}

fn holds(condition: &Condition, value: &Json) -> bool {
    match value.as_f64() {
        Some(number) => condition.intervals.iter().any(|interval| interval.holds(number)),
        None => condition.values.contains(&shown(value)),
    }
}

/// A value as people write it.
fn shown(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
