//! Decisions by several fields of one item together: a face that looks ahead, is old enough and surely smiles.
//!
//! Fields that have a say are found by changing one of them at a time on random answers. Between the values at which
//! something changes lie cells; every combination of cells is tried, and what comes out is told as conditions, the fewest
//! that say it. Random answers then check that.

mod tree;

use serde_json::Value as Json;

use super::aggregate;
use super::axes::{self, Axis, stretches};
use super::constants::Constants;
use super::probe::{NEUTRAL, Outcome, Probe};
use super::ranges::append;
use super::subject::{alternatives, put};
use super::verify::Random;
use super::{Draft, Reason, name};
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::program::Program;
use crate::shape::{ITEM, Path, Shape, show_path};
use crate::summary::{Branch, Condition, DecisionType, Limit};

/// Random answers on which every field is changed.
const POINTS: usize = 48;

/// More fields together are no table that anyone reads.
const MAX_FIELDS: usize = 5;

/// Settings of the other fields with which a number's limits are looked for.
const SETTINGS: usize = 12;

/// Pairs of numbers with which it is tried whether only their mean counts.
const PAIRS: usize = 6;

/// How often fields and limits are looked for once more.
const MAX_ROUNDS: usize = 12;

/// More limits of one number are no ladder.
const MAX_LIMITS: usize = 8;

/// More combinations of cells are not tried.
const MAX_CELLS: usize = 768;

/// More conditions than these say nothing to anyone.
const MAX_PARTS: usize = 10;

/// Answers on which the table is checked.
const TRIALS: usize = 96;

/// The outcome of every combination of cells, and the parts that these make.
type Divided = (Vec<Outcome>, Vec<tree::Part>);

/// What two items lead to, by what each of them does.
type Trial = ([Outcome; 2], Outcome);

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
            return table.tell(draft, probe, program, &parts).map(Some);
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

    /// Random answers.
    fn settings(&self, constants: &Constants) -> Vec<Json> {
        let values: Vec<Vec<Json>> = self.fields.iter().map(|field| field.values(constants)).collect();
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let one = |_| {
            let mut answer = self.base.clone();
            for (field, values) in self.fields.iter().zip(&values) {
                field.set(&mut answer, &values[random.below(values.len())]);
            }
            answer
        };
        (0..SETTINGS).map(one).collect()
    }

    /// Other fields that change what some part leads to, alone or together, with an answer that shows it: those that have a
    /// say only where others pass.
    fn more(
        &self,
        probe: &mut Probe<'_>,
        parts: &[tree::Part],
        constants: &Constants,
    ) -> Result<Option<(Vec<usize>, Json)>, DecideError> {
        for part in parts.iter().take(MAX_PARTS) {
            let answer = self.answer(&part.cells.iter().map(|cells| cells[0]).collect::<Vec<_>>());
            for (at, field) in self.others.iter().enumerate() {
                for value in field.values(constants) {
                    let mut other = answer.clone();
                    field.set(&mut other, &value);
                    if probe.run(&ApiOutput::Answer { answer: other.clone() })? != part.outcome {
                        return Ok(Some((vec![at], other)));
                    }
                }
            }
        }
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        for part in parts.iter().take(MAX_PARTS) {
            let answer = self.answer(&part.cells.iter().map(|cells| cells[0]).collect::<Vec<_>>());
            for _ in 0..SETTINGS {
                let together = self.together(probe, (&answer, part.outcome), constants, &mut random)?;
                if together.is_some() {
                    return Ok(together);
                }
            }
        }
        Ok(None)
    }

    /// The other fields that change the outcome together, if random values of all do.
    fn together(
        &self,
        probe: &mut Probe<'_>,
        (answer, outcome): (&Json, Outcome),
        constants: &Constants,
        random: &mut Random,
    ) -> Result<Option<(Vec<usize>, Json)>, DecideError> {
        let mut tried: Vec<Option<Json>> = Vec::new();
        for field in &self.others {
            let values = field.values(constants);
            let last = values.len().saturating_sub(1);
            let at = if random.below(2) == 0 { [0, last][random.below(2)] } else { random.below(last + 1) };
            tried.push(values.get(at).cloned());
        }
        let with = |tried: &[Option<Json>]| {
            let mut answer = answer.clone();
            for (field, value) in self.others.iter().zip(tried) {
                if let Some(value) = value {
                    field.set(&mut answer, value);
                }
            }
            answer
        };
        let differs = |probe: &mut Probe<'_>, tried: &[Option<Json>]| {
            probe.run(&ApiOutput::Answer { answer: with(tried) }).map(|other| other != outcome)
        };
        if !differs(probe, &tried)? {
            return Ok(None);
        }
        for at in 0..tried.len() {
            let value = tried[at].take();
            if !differs(probe, &tried)? {
                tried[at] = value;
            }
        }
        Ok(Some(((0..tried.len()).filter(|&at| tried[at].is_some()).collect(), with(&tried))))
    }

    /// Which fields change what some answer leads to.
    fn telling(&self, probe: &mut Probe<'_>, constants: &Constants) -> Result<Vec<bool>, DecideError> {
        let values: Vec<Vec<Json>> = self.fields.iter().map(|field| field.values(constants)).collect();
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let mut telling = vec![false; values.len()];
        for _ in 0..POINTS {
            let mut answer = self.base.clone();
            for (field, values) in self.fields.iter().zip(&values) {
                // Some as they are, and some as high or low as they can be: few answers pass several limits.
                match random.below(4) {
                    0 => {}
                    1 => field.set(&mut answer, &values[[0, values.len() - 1][random.below(2)]]),
                    _ => field.set(&mut answer, &values[random.below(values.len())]),
                }
            }
            let usual = probe.run(&ApiOutput::Answer { answer: answer.clone() })?;
            for (at, field) in self.fields.iter().enumerate().filter(|(at, _)| values[*at].len() > 1) {
                let mut other = answer.clone();
                let last = values[at].len() - 1;
                let place = if random.below(2) == 0 { [0, last][random.below(2)] } else { random.below(last + 1) };
                field.set(&mut other, &values[at][place]);
                let outcome = probe.run(&ApiOutput::Answer { answer: other })?;
                telling[at] |= outcome != usual;
            }
        }
        Ok(telling)
    }

    /// Finds the cells of every field, beside those that are known, with the other fields as in these answers; `false` where
    /// there are too many.
    fn find_cells(
        &mut self,
        probe: &mut Probe<'_>,
        constants: &Constants,
        settings: &[Json],
    ) -> Result<bool, DecideError> {
        for at in 0..self.fields.len() {
            let Some(axis) = self.fields[at].axis.clone() else {
                self.fields[at].cells = self.fields[at].values(constants).into_iter().map(Cell::Value).collect();
                continue;
            };
            let known = self.fields[at].cells.iter().filter_map(Cell::low);
            let mut limits: Vec<Limit> = known.collect();
            for setting in settings {
                let field = &self.fields[at];
                let found = stretches(probe, &axis.few_values(constants), &|value| {
                    let mut answer = setting.clone();
                    field.set(&mut answer, &Json::from(value));
                    answer
                })?;
                limits.extend(found.iter().filter_map(|stretch| stretch.low));
            }
            let cells = axis.cut(&mut limits);
            if limits.len() > MAX_LIMITS {
                return Ok(false);
            }
            self.fields[at].cells = cells.into_iter().map(Cell::Interval).collect();
        }
        Ok(self.fields.iter().map(|field| field.cells.len()).product::<usize>() <= MAX_CELLS)
    }

    /// Two numbers of which only the mean counts, such as the ends of an age's range, are one field.
    fn take_means(&mut self, probe: &mut Probe<'_>, settings: &[Json]) -> Result<(), DecideError> {
        for other in (1..self.fields.len()).rev() {
            for one in 0..other {
                if !self.is_mean(probe, [one, other], settings)? {
                    continue;
                }
                let second = self.fields.remove(other);
                let field = &mut self.fields[one];
                field.paths.extend(second.paths);
                field.axis = field.axis.as_ref().map(|axis| Axis::mean(axis, &field.paths[1]));
                field.cells.clear();
                break;
            }
        }
        Ok(())
    }

    /// Whether only the mean of two numbers that stand beside each other counts, where they count.
    fn is_mean(&self, probe: &mut Probe<'_>, [one, other]: [usize; 2], settings: &[Json]) -> Result<bool, DecideError> {
        let [one, other] = [&self.fields[one], &self.fields[other]];
        let (Some(first), Some(second)) = (&one.axis, &other.axis) else { return Ok(false) };
        let record = |axis: &Axis| axis.path.split_last().map(|last| last.1.to_vec());
        if first.range() != second.range() || record(first) != record(second) || one.paths.len() > 1 {
            return Ok(false);
        }
        let mut random = Random(0x2545_f491_4f6c_dd1d);
        let mut counts = false;
        for setting in settings {
            let mut led = None;
            let (low, high) = first.range();
            let middle = f64::midpoint(low, high);
            // Their means are exact.
            let mut any = || low + (high - low) * random.below(65) as f64 / 64.0;
            let random = [(); PAIRS].map(|()| (any(), any()));
            for (a, b) in [(low, high), (high, low), (low, middle)].into_iter().chain(random) {
                let mut at = |a: f64, b: f64| {
                    let mut answer = setting.clone();
                    one.set(&mut answer, &Json::from(a));
                    other.set(&mut answer, &Json::from(b));
                    probe.run(&ApiOutput::Answer { answer })
                };
                let apart = at(a, b)?;
                if apart != at(f64::midpoint(a, b), f64::midpoint(a, b))? {
                    return Ok(false);
                }
                counts |= *led.get_or_insert(apart) != apart;
            }
        }
        Ok(counts)
    }

    /// What each combination of cells leads to, the last field's cells side by side.
    fn outcomes(&self, probe: &mut Probe<'_>) -> Result<Option<Vec<Outcome>>, DecideError> {
        let mut outcomes = Vec::new();
        for at in 0..self.fields.iter().map(|field| field.cells.len()).product() {
            outcomes.push(probe.run(&ApiOutput::Answer { answer: self.answer(&self.cells_at(at)) })?);
        }
        let differs = outcomes.iter().any(|&outcome| outcome != outcomes[0]);
        Ok(differs.then_some(outcomes))
    }

    /// The cells of a combination.
    fn cells_at(&self, mut at: usize) -> Vec<usize> {
        let mut places = vec![0; self.fields.len()];
        for (place, field) in places.iter_mut().zip(&self.fields).rev() {
            *place = at % field.cells.len();
            at /= field.cells.len();
        }
        places
    }

    fn answer(&self, cells: &[usize]) -> Json {
        let mut answer = self.base.clone();
        for (field, &cell) in self.fields.iter().zip(cells) {
            field.set(&mut answer, &field.cells[cell].sample());
        }
        answer
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
        program: &Program,
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
        let of_several = self.of_several(draft, probe, (parts, usual))?;
        let what = match (shown.as_slice(), &self.list) {
            ([one], _) => format!("{one} decides"),
            (_, Some(_)) => "several fields of one item decide together".to_owned(),
            (_, None) => "several fields decide together".to_owned(),
        };
        Ok(Reason(format!("{what}{of_several}")))
    }

    /// What several items lead to, as far as two of them show it.
    fn of_several(
        &self,
        draft: &mut Draft,
        probe: &mut Probe<'_>,
        (parts, usual): (&[tree::Part], Outcome),
    ) -> Result<String, DecideError> {
        let Some(list) = &self.list else { return Ok(String::new()) };
        let samples: Vec<(Json, Outcome)> = parts
            .iter()
            .take(MAX_FIELDS)
            .map(|part| {
                let first: Vec<usize> = part.cells.iter().map(|cells| cells[0]).collect();
                (self.answer(&first), part.outcome)
            })
            .collect();
        let mut trials: Vec<Trial> = Vec::new();
        for (one, first) in &samples {
            for (other, second) in &samples {
                let mut both = one.clone();
                append(&mut both, other, &[list.as_slice(), &[ITEM.to_owned()]].concat());
                let outcome = probe.run(&ApiOutput::Answer { answer: both })?;
                trials.push(([*first, *second], outcome));
            }
        }
        let all = |fits: &dyn Fn(&Trial) -> bool| trials.iter().all(fits);
        let same = |probe: &Probe<'_>, a: Outcome, b: Outcome| probe.differ_by_data_only(a, b);
        Ok(if all(&|(parts, both)| same(probe, parts[0], *both)) {
            draft.summary.top_k = Some(1);
            String::new()
        } else if all(&|(parts, both)| {
            let own = if parts[0] == usual { parts[1] } else { parts[0] };
            same(probe, own, *both)
        }) {
            String::new()
        } else if all(&|(parts, both)| same(probe, parts[1], *both)) {
            "; of several items the last one does".to_owned()
        } else if all(&|(_, both)| same(probe, trials[0].1, *both)) {
            format!("; more than one item lead to `{}`", probe.shown(trials[0].1))
        } else if all(&|(parts, both)| aggregate::is_both(probe, *both, *parts)) {
            draft.summary.per_element = true;
            String::new()
        } else {
            "; what several items lead to is something of its own".to_owned()
        })
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
