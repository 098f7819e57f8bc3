//! Decisions by several fields of one item together: a face that looks ahead, is old enough and surely smiles.
//!
//! Fields that have a say are found by changing one of them at a time on random answers. Between the values at which
//! something changes lie cells; every combination of cells is tried, and what comes out is told as conditions, the fewest
//! that say it. Random answers then check that.

mod cells;
mod relevant;
mod several;

use serde_json::Value as Json;

use super::axes::{self, Axis};
use super::constants::Constants;
use super::probe::{NEUTRAL, Outcome, Probe};
use super::subject::{alternatives, put};
use super::verify::Random;
use super::{Draft, Reason, name, tree};
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::program::Program;
use crate::shape::{ITEM, Path, Shape, show_path};
use crate::summary::{Branch, Condition, DecisionType, Limit};

/// More fields together are no table that anyone reads.
const MAX_FIELDS: usize = 5;

/// Settings of the other fields with which a number's limits are looked for.
const SETTINGS: usize = 12;

/// How often fields and limits are looked for once more.
const MAX_ROUNDS: usize = 12;

/// More combinations of cells are not tried.
const MAX_CELLS: usize = 768;

/// More conditions than these say nothing to anyone.
const MAX_PARTS: usize = 10;

/// Answers on which the table is checked.
const TRIALS: usize = 96;

/// The outcome of every combination of cells, and the parts that these make.
type Divided = (Vec<Outcome>, Vec<tree::Part>);

/// Fields of the answer, and of the one item of a list, that could decide.
struct Table<'s> {
    /// The list whose item has some of the fields.
    list: Option<Path>,
    base: Json,
    /// Where what the item is called stands.
    name: Option<Path>,
    fields: Vec<Field<'s>>,
    /// Those that have shown no say yet.
    others: Vec<Field<'s>>,
}

/// What has a say.
#[derive(Clone)]
struct Field<'s> {
    /// Where it stands; two numbers where it is their mean.
    paths: Vec<Path>,
    leaf: &'s Shape,
    axis: Option<Axis>,
    cells: Vec<Cell>,
}

/// Values of a field between which nothing changes.
#[derive(Clone, Debug)]
enum Cell {
    Value(Json),
    Interval(axes::Cell),
}

/// Fills the draft with what fields decide together, and says what kind of decision it is; `None` where that does not say
/// it all.
pub(super) fn fill(
    draft: &mut Draft,
    probe: &mut Probe<'_>,
    (program, shape): (&Program, &Shape),
    constants: &Constants,
) -> Result<Option<Reason>, DecideError> {
    draft.default_outcome = probe.run(&ApiOutput::Answer { answer: shape.nothing() })?;
    let lists = shape.lists();
    let whole = lists.is_empty().then_some(None);
    for list in lists.into_iter().map(Some).chain(whole) {
        let Some(mut table) = Table::of(probe, shape, list, constants)? else { continue };
        let Some((outcomes, parts)) = table.find_parts(probe, constants)? else { continue };
        if parts.len() <= MAX_PARTS && table.says_all(probe, (shape, &outcomes), constants)? {
            return table.tell(draft, probe, (program, shape), &parts).map(Some);
        }
    }
    Ok(None)
}

impl<'s> Table<'s> {
    /// The fields that make a difference on some answer, if there are a few.
    fn of(
        probe: &mut Probe<'_>,
        shape: &'s Shape,
        list: Option<Path>,
        constants: &Constants,
    ) -> Result<Option<Self>, DecideError> {
        let mut base = shape.nothing();
        if let Some(list) = &list {
            let Some(item) = shape.at(list).and_then(Shape::item) else { return Ok(None) };
            put(&mut base, list, Json::Array(vec![item.nothing()]));
        }
        let in_item = |path: &Path| {
            let inside = list.as_ref().and_then(|list| path.strip_prefix(list.as_slice()));
            inside.map_or(path.as_slice(), |inside| &inside[1..]).iter().all(|step| step != ITEM)
        };
        let axes = Axis::all(shape);
        let (mut fields, mut name) = (Vec::new(), None);
        for (path, leaf) in shape.leaves().into_iter().filter(|(path, _)| in_item(path)) {
            match leaf {
                Shape::Name => {
                    put(&mut base, &path, Json::from(NEUTRAL));
                    name = Some(path.clone());
                }
                Shape::Score => put(&mut base, &path, Json::from(1.0)),
                Shape::Percent => put(&mut base, &path, Json::from(100.0)),
                _ => {}
            }
            let axis = axes.iter().find(|axis| axis.path == path).cloned();
            if axis.is_some() || matches!(leaf, Shape::Choice(_) | Shape::Word(_) | Shape::Flag) {
                fields.push(Field { paths: vec![path], leaf, axis, cells: Vec::new() });
            }
        }
        let mut table = Self { list, base, name, fields, others: Vec::new() };
        let telling = table.telling(probe, constants)?;
        let enough = (1..=MAX_FIELDS).contains(&telling.iter().filter(|tells| **tells).count());
        let (mut own, mut others) = (Vec::new(), Vec::new());
        for (field, tells) in std::mem::take(&mut table.fields).into_iter().zip(telling) {
            if tells { own.push(field) } else { others.push(field) }
        }
        (table.fields, table.others) = (own, others);
        Ok(enough.then_some(table))
    }

    /// The table and its parts, in each of which no other field changes anything; `None` where it takes too many.
    fn find_parts(&mut self, probe: &mut Probe<'_>, constants: &Constants) -> Result<Option<Divided>, DecideError> {
        let mut settings = self.settings(constants);
        for _ in 0..MAX_ROUNDS {
            self.take_means(probe, &settings)?;
            if self.fields.len() > MAX_FIELDS || !self.find_cells(probe, constants, &settings)? {
                return Ok(None);
            }
            let Some(outcomes) = self.outcomes(probe)? else { return Ok(None) };
            let sizes: Vec<usize> = self.fields.iter().map(|field| field.cells.len()).collect();
            let parts = tree::parts(&sizes, &outcomes);
            if parts.len() > MAX_CELLS / 8 {
                return Ok(None);
            }
            // Where the other fields pass all their tests, a number may have limits that no random answer has shown.
            let known = settings.len();
            let samples = parts.iter().map(|part| self.answer(&part.cells.iter().map(|it| it[0]).collect::<Vec<_>>()));
            for sample in samples.collect::<Vec<_>>() {
                if !settings.contains(&sample) {
                    settings.push(sample);
                }
            }
            let cells = self.fields.iter().map(|field| field.cells.len()).sum::<usize>();
            if !self.find_cells(probe, constants, &settings[known..])? {
                return Ok(None);
            }
            if self.fields.iter().map(|field| field.cells.len()).sum::<usize>() > cells {
                continue;
            }
            let Some((more, shown)) = self.more(probe, &parts, constants)? else {
                return Ok(Some((outcomes, parts)));
            };
            for at in more.into_iter().rev() {
                let field = self.others.remove(at);
                self.fields.push(field);
            }
            settings.extend(self.settings(constants));
            settings.push(shown);
        }
        Ok(None)
    }

    /// Whether the table says what random answers lead to.
    fn says_all(
        &self,
        probe: &mut Probe<'_>,
        (shape, outcomes): (&Shape, &[Outcome]),
        constants: &Constants,
    ) -> Result<bool, DecideError> {
        let below = self.lists_below(shape);
        let mut random = Random(0x2545_f491_4f6c_dd1d);
        let values: Vec<Vec<Json>> = self.fields.iter().map(|field| field.values(constants)).collect();
        let words = probe.compared();
        for _ in 0..TRIALS {
            let mut answer = self.base.clone();
            let mut place = 0;
            for (field, values) in self.fields.iter().zip(&values) {
                let value = &values[random.below(values.len())];
                field.set(&mut answer, value);
                let Some(cell) = field.cells.iter().position(|cell| cell.holds(value)) else { return Ok(false) };
                place = place * field.cells.len() + cell;
            }
            // Neither may what lies in lists of the item have a say, nor what it is called.
            for (list, item) in below.iter().filter(|_| random.below(2) == 0).collect::<Vec<_>>() {
                put(&mut answer, list, Json::Array(vec![filled(item, &mut random)]));
            }
            if let (Some(name), false) = (&self.name, words.is_empty()) {
                let word = &words[random.below(words.len())];
                put(&mut answer, name, Json::from(word.as_str()));
            }
            let outcome = probe.run(&ApiOutput::Answer { answer })?;
            if outcome != outcomes[place] {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The lists that the item holds.
    fn lists_below<'a>(&self, shape: &'a Shape) -> Vec<(Path, &'a Shape)> {
        let Some(list) = &self.list else { return Vec::new() };
        let mut found: Vec<(Path, &Shape)> = Vec::new();
        for (path, _) in shape.leaves() {
            let Some(inside) = path.strip_prefix(list.as_slice()) else { continue };
            let Some(at) = inside.iter().skip(1).position(|step| step == ITEM) else { continue };
            let held = path[..=list.len() + at].to_vec();
            if let Some(item) = shape.at(&held).and_then(Shape::item).filter(|_| found.iter().all(|it| it.0 != held)) {
                found.push((held, item));
            }
        }
        found
    }

    /// Writes the branches down; says what kind of decision it is.
    fn tell(
        &self,
        draft: &mut Draft,
        probe: &mut Probe<'_>,
        (program, shape): (&Program, &Shape),
        parts: &[tree::Part],
    ) -> Result<Reason, DecideError> {
        let usual = otherwise(parts, draft.default_outcome);
        let told: Vec<&tree::Part> = parts.iter().filter(|part| part.outcome != usual).collect();
        let effects: Vec<Vec<_>> = told
            .iter()
            .map(|part| match probe.own_effects(part.outcome, usual) {
                own if own.is_empty() => probe.decision(part.outcome).effects.iter().collect(),
                own => own,
            })
            .collect();
        let names = name::of(&effects);
        draft.summary.branches.clear();
        draft.summary.idle.clear();
        draft.warnings.clear();
        for ((part, effects), name) in told.iter().zip(&effects).zip(names) {
            let conditions = self.fields.iter().zip(&part.cells).filter_map(|(field, cells)| field.condition(cells));
            draft.summary.branches.push(Branch {
                name,
                outcome: probe.decision(part.outcome).clone(),
                conditions: conditions.collect(),
                evidence: name::evidence(probe, part.outcome, usual, effects),
                ..Branch::default()
            });
        }
        draft.summary.decision_type = DecisionType::Other;
        (draft.summary.order, draft.summary.top_k, draft.summary.ranked) = (None, None, None);
        // What was found of several items by one field alone says nothing of more of them.
        draft.summary.per_element = false;
        draft.summary.default = probe.decision(usual).clone();
        let shown: Vec<String> = self.fields.iter().map(Field::show).collect();
        draft.summary.field = Some(shown.join(", "));
        draft.summary.vocabulary.clear();
        if usual != draft.default_outcome {
            let what = probe.decision(draft.default_outcome);
            draft.warn(program, format!("{}: {what}", super::EMPTY_OUTCOME));
        }
        self.of_several(draft, probe, shape, (parts, usual))?;
        Ok(Reason(match (shown.as_slice(), &self.list) {
            ([one], _) => format!("{one} decides"),
            (_, Some(_)) => "several fields of one item decide together".to_owned(),
            (_, None) => "several fields decide together".to_owned(),
        }))
    }
}

impl Field<'_> {
    fn show(&self) -> String {
        self.axis.as_ref().map_or_else(|| show_path(&self.paths[0]), Axis::show)
    }

    fn set(&self, answer: &mut Json, value: &Json) {
        self.paths.iter().for_each(|path| put(answer, path, value.clone()));
    }

    /// Values that are tried of it.
    fn values(&self, constants: &Constants) -> Vec<Json> {
        match &self.axis {
            Some(axis) => axis.few_values(constants).into_iter().map(Json::from).collect(),
            None => alternatives(self.leaf),
        }
    }

    /// What these cells say of the field; none if they are all.
    fn condition(&self, cells: &[usize]) -> Option<Condition> {
        if cells.len() == self.cells.len() {
            return None;
        }
        let mut condition = Condition { field: self.show(), values: Vec::new(), intervals: Vec::new() };
        for (place, &at) in cells.iter().enumerate() {
            match (&self.cells[at], &self.axis) {
                (Cell::Value(value), _) => {
                    condition.values.push(value.as_str().map_or_else(|| value.to_string(), str::to_owned));
                }
                (Cell::Interval(cell), Some(axis)) => {
                    let joined = place > 0 && cells[place - 1] + 1 == at;
                    match condition.intervals.last_mut().filter(|_| joined) {
                        Some(last) => last.high = cell.high,
                        None => condition.intervals.push(axis.bounds(cell.low, cell.high)),
                    }
                }
                (Cell::Interval(_), None) => {}
            }
        }
        Some(condition)
    }
}

impl Cell {
    fn sample(&self) -> Json {
        match self {
            Self::Value(value) => value.clone(),
            Self::Interval(cell) => Json::from(cell.sample),
        }
    }

    /// Where it begins.
    fn low(&self) -> Option<Limit> {
        if let Self::Interval(cell) = self { cell.low } else { None }
    }

    fn holds(&self, value: &Json) -> bool {
        match (self, value.as_f64()) {
            (Self::Value(own), _) => own == value,
            (Self::Interval(cell), Some(number)) => cell.holds(number),
            (Self::Interval(_), None) => false,
        }
    }
}

/// What no branch leads to: the outcome of nothing, if an item can lead there, else one that takes several conditions to say.
fn otherwise(parts: &[tree::Part], nothing: Outcome) -> Outcome {
    let count = |outcome: Outcome| parts.iter().filter(|part| part.outcome == outcome).count();
    let most = parts.iter().map(|part| part.outcome).max_by_key(|&outcome| count(outcome));
    most.filter(|&most| count(nothing) == 0 && count(most) > 1).unwrap_or(nothing)
}

/// An item of any values.
fn filled(shape: &Shape, random: &mut Random) -> Json {
    let mut item = shape.nothing();
    for (path, leaf) in shape.leaves() {
        let values = alternatives(leaf);
        if !values.is_empty() {
            put(&mut item, &path, values[random.below(values.len())].clone());
        }
    }
    item
}
