//! Decisions by which of several fields is the greatest: the mood of a face that is likeliest, the sentiment that is surest.

mod ties;

use serde_json::Value as Json;

use super::axes::Axis;
use super::constants::Constants;
use super::probe::{NEUTRAL, Outcome, Probe};
use super::ranges::append;
use super::several::{self, Sample, Several};
use super::subject::{filled, put};
use super::verify::Random;
use super::{Draft, Reason, name};
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::shape::{ITEM, Path, Shape, show_path};
use crate::summary::{Branch, Condition, DecisionType, Order};

/// Answers tried for each field that is the greatest.
const TRIALS: usize = 8;

/// More fields than these are not compared with each other.
const MAX_FIELDS: usize = 16;

/// Answers of several items that are tried, of which so many must not be a draw.
const SEVERAL: usize = 48;
const ENOUGH: usize = 12;

/// Every so many of them are long.
const LONG: usize = 8;

/// Sums this close to each other are a draw.
const NEAR: f64 = 1e-6;

/// The least step of a number that is tried as the greatest.
const FROM: usize = 2;

/// Fields of one record that can be compared: numbers of one range, or members of one enumeration.
struct Fields<'s> {
    paths: Vec<Path>,
    leaf: &'s Shape,
    /// The answer in which they are set.
    base: Json,
    /// The place of the least member that is tried as the greatest.
    least: usize,
    /// Below that member none of them counts.
    is_limit: bool,
}

/// Fills the draft with what each field leads to where it is the greatest; `None` where that does not say it all.
pub(super) fn fill(
    draft: &mut Draft,
    probe: &mut Probe<'_>,
    shape: &Shape,
    constants: &Constants,
) -> Result<Option<Reason>, DecideError> {
    for fields in Fields::all(shape, constants) {
        let usual = probe.run(&ApiOutput::Answer { answer: fields.base.clone() })?;
        let Some((fields, led)) = fields.led_from(probe, usual)? else { continue };
        let order = ties::order(probe, &fields, &led)?;
        draft.tell_greatest(probe, &fields, (&led, order.as_deref()), usual);
        fields.of_several(draft, probe, shape, (&led, usual))?;
        let ties = order.map(|order| fields.show_ties(&order)).unwrap_or_default();
        return Ok(Some(Reason(format!("which of these fields is the greatest decides{ties}"))));
    }
    Ok(None)
}

impl<'s> Fields<'s> {
    /// The groups of fields, of the answer or of an item of a list: all that are alike, and those of them that the program
    /// names.
    fn all(shape: &'s Shape, constants: &Constants) -> Vec<Self> {
        let named = |path: &Path| path.last().is_some_and(|own| constants.names(own));
        let mut groups = Self::alike(shape, &|_| true);
        groups.retain(|group| group.paths.iter().any(named));
        groups.extend(Self::alike(shape, &named));
        groups
    }

    fn alike(shape: &'s Shape, counts: &dyn Fn(&Path) -> bool) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for (path, leaf) in shape.leaves() {
            let Some((own, parent)) = path.split_last() else { continue };
            let lists = path.iter().filter(|step| *step == ITEM).count();
            let is_one = matches!(leaf, Shape::Number { low, high } if low < high) || matches!(leaf, Shape::Choice(_));
            if !is_one || lists > 1 || own == ITEM || !counts(&path) {
                continue;
            }
            let alike =
                |group: &&mut Self| group.leaf == leaf && group.paths[0].split_last().is_some_and(|it| it.1 == parent);
            match groups.iter_mut().find(alike) {
                Some(group) => group.paths.push(path),
                None => groups.push(Self { paths: vec![path], leaf, base: Json::Null, least: FROM, is_limit: false }),
            }
        }
        groups.retain(|group| (2..=MAX_FIELDS).contains(&group.paths.len()));
        for group in &mut groups {
            group.base = shape.nothing();
            if let Some(list) = group.list() {
                let item = shape.at(&list).and_then(Shape::item).map_or(Json::Null, |item| filled(item, 1.0, NEUTRAL));
                put(&mut group.base, &list, Json::Array(vec![item]));
            }
        }
        groups
    }

    /// The list whose items have the fields.
    fn list(&self) -> Option<Path> {
        let at = self.paths[0].iter().position(|step| step == ITEM)?;
        Some(self.paths[0][..at].to_vec())
    }

    /// An answer in which some fields are the greatest.
    fn answer(&self, greatest: &[usize], random: &mut Random) -> Json {
        self.answer_below(greatest, usize::MAX, random)
    }

    /// The same with members before this place only.
    fn answer_below(&self, greatest: &[usize], end: usize, random: &mut Random) -> Json {
        let mut answer = self.base.clone();
        for (path, value) in self.paths.iter().zip(self.values(greatest, end, random)) {
            put(&mut answer, path, value);
        }
        answer
    }

    fn values(&self, greatest: &[usize], end: usize, random: &mut Random) -> Vec<Json> {
        /// Steps between the least and the greatest that a number can be.
        const STEPS: usize = 1000;
        match self.leaf {
            Shape::Choice(choice) => {
                let end = choice.members.len().min(end);
                let top = self.least + random.below(end.saturating_sub(self.least));
                let below = |random: &mut Random| random.below(top);
                let levels = (0..self.paths.len()).map(|at| if greatest.contains(&at) { top } else { below(random) });
                let levels: Vec<usize> = levels.collect();
                levels
                    .into_iter()
                    .map(|at| choice.members.get(at).map_or(Json::Null, |it| Json::from(it.as_str())))
                    .collect()
            }
            Shape::Number { low, high } => {
                let top = FROM + random.below(STEPS - FROM);
                let value = |at: usize| Json::from(low + (high - low) * at as f64 / STEPS as f64);
                (0..self.paths.len())
                    .map(|at| value(if greatest.contains(&at) { top } else { random.below(top) }))
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// What each field leads to where it is the greatest, with the least member of an enumeration from which it does; below
    /// it everything leads to what is usual.
    fn led_from(mut self, probe: &mut Probe<'_>, usual: Outcome) -> Result<Option<(Self, Vec<Outcome>)>, DecideError> {
        let Shape::Choice(choice) = self.leaf else {
            return Ok(self.led(probe)?.map(|led| (self, led)));
        };
        for least in 1..choice.members.len() {
            self.least = least;
            let Some(led) = self.led(probe)? else { continue };
            self.least = 1;
            self.is_limit = least > 1 && self.leads_to(probe, least, usual)?;
            self.least = least;
            // The least member is as good as none, so that what the next one leads to may be another matter.
            return Ok((least <= FROM || self.is_limit).then_some((self, led)));
        }
        Ok(None)
    }

    /// Whether the greatest of them leads to this where it is a member before this place, whichever it is.
    fn leads_to(&self, probe: &mut Probe<'_>, end: usize, usual: Outcome) -> Result<bool, DecideError> {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        for greatest in 0..self.paths.len() {
            for _ in 0..TRIALS {
                let answer = self.answer_below(&[greatest], end, &mut random);
                let outcome = probe.run(&ApiOutput::Answer { answer })?;
                if !probe.differ_by_data_only(outcome, usual) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Which wins of those that are equally great.
    fn show_ties(&self, order: &[usize]) -> String {
        let names = order.iter().filter_map(|&at| self.paths[at].last().cloned());
        format!("; of several that are, the first of {}", names.collect::<Vec<_>>().join(", "))
    }

    /// The members of which one must be the greatest, where it is not any.
    fn members(&self) -> Vec<String> {
        match self.leaf {
            Shape::Choice(choice) if self.is_limit => choice.members[self.least..].to_vec(),
            _ => Vec::new(),
        }
    }

    /// What each field leads to, if it is always the same and not the same for all.
    fn led(&self, probe: &mut Probe<'_>) -> Result<Option<Vec<Outcome>>, DecideError> {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let mut led = Vec::new();
        for greatest in 0..self.paths.len() {
            let mut known = None;
            for _ in 0..TRIALS {
                let outcome = probe.run(&ApiOutput::Answer { answer: self.answer(&[greatest], &mut random) })?;
                let known = *known.get_or_insert(outcome);
                if !probe.differ_by_data_only(known, outcome) {
                    return Ok(None);
                }
            }
            led.extend(known);
        }
        let alike = led.iter().all(|outcome| probe.differ_by_data_only(*outcome, led[0]));
        Ok((!alike).then_some(led))
    }

    /// What several items lead to.
    fn of_several(
        &self,
        draft: &mut Draft,
        probe: &mut Probe<'_>,
        shape: &Shape,
        (led, usual): (&[Outcome], Outcome),
    ) -> Result<(), DecideError> {
        let Some(list) = self.list() else { return Ok(()) };
        for way in WAYS {
            if self.adds_up(probe, (shape, &list), way, led)? {
                draft.summary.several = Some(way.show().to_owned());
                return Ok(());
            }
        }
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let mut samples = vec![Sample { answer: self.base.clone(), outcome: usual }];
        samples.extend((0..led.len()).map(|at| {
            let answer = self.answer(&[at], &mut random);
            Sample { answer, outcome: led[at] }
        }));
        let Some(several) = several::find(probe, (shape, &list), &samples, usual)? else { return Ok(()) };
        draft.summary.top_k = (several == Several::First).then_some(1);
        draft.summary.order = (several == Several::Last).then_some(Order::LastMatch);
        draft.summary.several = several.show(probe, usual);
        Ok(())
    }

    /// Whether of several items it decides which field is the greatest of what their fields come to, one by one.
    fn adds_up(
        &self,
        probe: &mut Probe<'_>,
        (shape, list): (&Shape, &Path),
        way: Way,
        led: &[Outcome],
    ) -> Result<bool, DecideError> {
        let mut random = Random(0x2545_f491_4f6c_dd1d);
        // Whatever else is known of an item may weigh it.
        let is_other = |axis: &Axis| axis.is_of(list) && !self.paths.contains(&axis.path);
        let others: Vec<Axis> = Axis::all(shape).into_iter().filter(is_other).collect();
        let path = &self.paths[0];
        let mut clear = 0;
        for trial in 0..SEVERAL {
            let mut sums = vec![0.0; self.paths.len()];
            let mut answer: Option<Json> = None;
            for _ in 0..if trial % LONG == LONG - 1 { 10 } else { 2 } + random.below(3) {
                let values = self.values(&[random.below(self.paths.len())], usize::MAX, &mut random);
                sums.iter_mut().zip(&values).for_each(|(sum, value)| *sum = way.with(*sum, self.level(value)));
                let mut item = self.base.clone();
                several::vary(&mut item, &others, &mut random, trial % 2 == 0);
                self.paths.iter().zip(values).for_each(|(path, value)| put(&mut item, path, value));
                match &mut answer {
                    Some(answer) => append(answer, &item, path),
                    None => answer = Some(item),
                }
            }
            let most = sums.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let mut first = (0..sums.len()).filter(|&at| sums[at] > most - NEAR);
            let (Some(winner), None, Some(answer)) = (first.next(), first.next(), answer) else { continue };
            let outcome = probe.run(&ApiOutput::Answer { answer })?;
            if !probe.differ_by_data_only(outcome, led[winner]) {
                return Ok(false);
            }
            clear += 1;
        }
        Ok(clear >= ENOUGH)
    }

    /// A number to compare with others by: that of a member is its place.
    fn level(&self, value: &Json) -> f64 {
        match self.leaf {
            Shape::Choice(choice) => {
                choice.members.iter().position(|member| value == member.as_str()).unwrap_or_default() as f64
            }
            _ => value.as_f64().unwrap_or_default(),
        }
    }
}

/// How one field of several items becomes one number.
#[derive(Clone, Copy)]
enum Way {
    Sum,
    Highest,
}

const WAYS: [Way; 2] = [Way::Sum, Way::Highest];

impl Way {
    fn with(self, known: f64, level: f64) -> f64 {
        match self {
            Self::Sum => known + level,
            Self::Highest => known.max(level),
        }
    }

    fn show(self) -> &'static str {
        match self {
            Self::Sum => "the sums of each field over all of them decide, as the fields of one do",
            Self::Highest => "the highest of each field of any of them decides, as the fields of one do",
        }
    }
}

impl Draft {
    fn tell_greatest(
        &mut self,
        probe: &Probe<'_>,
        fields: &Fields<'_>,
        (led, order): (&[Outcome], Option<&[usize]>),
        usual: Outcome,
    ) {
        let mut branches: Vec<(Outcome, Vec<String>)> = Vec::new();
        let as_they_are: Vec<usize> = (0..led.len()).collect();
        let places = order.unwrap_or(&as_they_are).iter().map(|&at| (&fields.paths[at], led[at]));
        for (path, outcome) in places.filter(|(_, outcome)| *outcome != usual) {
            match branches.iter_mut().find(|known| probe.differ_by_data_only(known.0, outcome)) {
                Some(known) => known.1.push(show_path(path)),
                None => branches.push((outcome, vec![show_path(path)])),
            }
        }
        let effects: Vec<_> = branches.iter().map(|branch| probe.own_effects(branch.0, usual)).collect();
        let names = name::of(&effects);
        self.summary.branches.clear();
        self.summary.idle.clear();
        let members = fields.members();
        for (((outcome, paths), effects), name) in branches.into_iter().zip(effects).zip(names) {
            let field = paths.join(" or ");
            let condition = |values: Vec<String>| Condition { field: field.clone(), values, intervals: Vec::new() };
            let of_members = (!members.is_empty()).then(|| condition(members.clone()));
            self.summary.branches.push(Branch {
                name,
                outcome: probe.decision(outcome).clone(),
                conditions: std::iter::once(condition(vec![Condition::GREATEST.to_owned()]))
                    .chain(of_members)
                    .collect(),
                evidence: name::evidence(probe, outcome, usual, &effects),
                ..Branch::default()
            });
        }
        self.summary.decision_type = DecisionType::Other;
        self.summary.default = probe.decision(usual).clone();
        self.summary.field = Some(fields.paths.iter().map(|path| show_path(path)).collect::<Vec<_>>().join(", "));
        (self.summary.again, self.summary.per_element) = (false, false);
        (self.summary.handed, self.summary.ranked) = (None, None);
    }
}
