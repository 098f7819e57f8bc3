//! What of an answer a program looks at, and answers made of it.

use serde_json::{Map, Value as Json};

use super::counted;
use super::held::Held;
use super::probe::{NEUTRAL, Probe};
use super::verify::Random;
use crate::api::Api;
use crate::decider::DecideError;
use crate::output::{ApiOutput, Label, percent};
use crate::shape::{ITEM, Path, Shape, show_path};

/// What a label given to the probe stands for.
#[derive(Clone, Debug)]
pub(super) enum Subject<'p> {
    /// The name of an item.
    Names,
    /// The name of an item of which another field has this value.
    Within(Within<'p>),
    /// A member of an enumeration, a closed word or a flag.
    Members(Members<'p>),
}

/// A value of a field that all items have.
#[derive(Clone, Debug)]
pub(super) struct Within<'p> {
    pub(super) shape: &'p Shape,
    pub(super) path: Path,
    pub(super) value: Json,
}

/// Fields of a closed set of values.
#[derive(Clone, Debug)]
pub(super) struct Members<'p> {
    shape: &'p Shape,
    /// The list whose items have the fields, perhaps one in an item of another list; none for fields of the whole answer.
    list: Option<Path>,
    /// The fields, from the item on.
    fields: Vec<Path>,
}

impl Subject<'_> {
    /// The answer that shows these labels.
    pub(super) fn output(&self, labels: ApiOutput) -> ApiOutput {
        let labels = match labels {
            ApiOutput::Labels { labels } => ApiOutput::Labels { labels: counted::items(labels) },
            answer @ ApiOutput::Answer { .. } => answer,
        };
        match (self, labels) {
            (Self::Members(members), ApiOutput::Labels { labels }) => {
                ApiOutput::Answer { answer: members.answer(&labels) }
            }
            (Self::Within(within), labels) => {
                let mut answer = labels.answer(within.shape);
                put(&mut answer, &within.path, within.value.clone());
                ApiOutput::Answer { answer }
            }
            (_, labels) => labels,
        }
    }
}

impl Subject<'_> {
    /// Whether the program's words can be labels as they are.
    pub(super) fn has_words(&self) -> bool {
        !matches!(self, Self::Members(members) if members.fields.len() > 1)
    }

    /// Whether a label can stand in an answer at all: of a closed set of values, only its own.
    pub(super) fn knows(&self, label: &str) -> bool {
        match self {
            Self::Names | Self::Within(_) => true,
            Self::Members(members) => members.field_of(label).is_some(),
        }
    }

    /// The answer of one item that is both labels, if they are values of different fields.
    pub(super) fn in_one_item(&self, one: &str, other: &str) -> Option<ApiOutput> {
        let Self::Members(members) = self else { return None };
        let list = members.list.as_ref().filter(|_| members.field_of(one) != members.field_of(other))?;
        let mut item = filled(members.item(), 1.0, NEUTRAL);
        members.set(&mut item, one);
        members.set(&mut item, other);
        Some(ApiOutput::Answer { answer: members.with_items(list, vec![item]) })
    }

    /// Whether two labels cannot stand in one answer: a field of the whole answer has one value.
    pub(super) fn exclude(&self, one: &str, other: &str) -> bool {
        match self {
            Self::Members(members) if members.list.is_none() => members.field_of(one) == members.field_of(other),
            _ => false,
        }
    }

    /// Whether several items can be the same label whatever their names are: not those within one item, which has each
    /// value once.
    pub(super) fn repeats(&self) -> bool {
        let is_outer = |list: &Path| list.iter().all(|step| step != ITEM);
        matches!(self, Self::Members(members) if members.list.as_ref().is_some_and(is_outer))
    }

    /// The fields that labels are values of.
    pub(super) fn own(&self, shape: &Shape) -> Vec<Path> {
        match self {
            Self::Members(members) => members.paths(),
            Self::Within(within) => name_of_items(shape).into_iter().chain([within.path.clone()]).collect(),
            Self::Names => name_of_items(shape).into_iter().collect(),
        }
    }

    /// Whether an answer has one label at most.
    pub(super) fn is_single(&self) -> bool {
        matches!(self, Self::Members(members) if members.list.is_none() && members.fields.len() == 1)
    }
}

impl<'p> Members<'p> {
    /// The groups of such fields in the API's answer: those of each list's items, then those of lists within these, then
    /// those of the answer itself.
    pub(super) fn of(api: &'p Api) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for (path, leaf) in api.answer.leaves() {
            if !matches!(leaf, Shape::Choice(_) | Shape::Word(_) | Shape::Flag) {
                continue;
            }
            let cut = path.iter().rposition(|step| step == ITEM);
            let (list, field) = match cut {
                Some(at) => (Some(path[..at].to_vec()), path[at + 1..].to_vec()),
                None => (None, path),
            };
            match groups.iter_mut().find(|group| group.list == list) {
                Some(group) => group.fields.push(field),
                None => groups.push(Self { shape: &api.answer, list, fields: vec![field] }),
            }
        }
        let depth = |list: &Path| list.iter().filter(|step| *step == ITEM).count();
        groups.sort_by_key(|group| (group.list.is_none(), group.list.as_ref().map(depth)));
        groups
    }

    /// The same with those of its fields that make a difference, if any does.
    pub(super) fn relevant(&self, probe: &mut Probe<'_>) -> Result<Option<Self>, DecideError> {
        let mut fields = Vec::new();
        for field in &self.fields {
            let alone = Self { fields: vec![field.clone()], ..self.clone() };
            let mut outcomes = Vec::new();
            for value in alone.values(field).iter().map(String::as_str).chain([NEUTRAL]) {
                let label = Label { description: value.to_owned(), score: 1.0 };
                outcomes.push(probe.run(&ApiOutput::Answer { answer: alone.answer(&[label]) })?);
            }
            if outcomes.iter().any(|outcome| *outcome != outcomes[0]) {
                fields.push(field.clone());
            }
        }
        Ok((!fields.is_empty()).then(|| Self { fields, ..self.clone() }))
    }

    /// The one field of the whole answer that these are, if that is all, and its values.
    pub(super) fn single(&self) -> Option<(Path, Vec<String>)> {
        let [field] = self.fields.as_slice() else { return None };
        let is_choice = matches!(self.item().at(field), Some(Shape::Choice(_) | Shape::Word(_)));
        (self.list.is_none() && is_choice).then(|| (field.clone(), self.values(field)))
    }

    /// Whether several items can have them.
    pub(super) fn are_of_items(&self) -> bool {
        self.list.is_some()
    }

    /// The list whose items have the fields.
    pub(super) fn list(&self) -> Option<&Path> {
        self.list.as_ref()
    }

    /// The name of the items that have the fields.
    pub(super) fn name(&self, shape: &Shape) -> Option<Path> {
        name_in(shape, self.list.as_ref()?)
    }

    /// The one field that these are, if it is one of the items that have the names.
    pub(super) fn of_named_items(&self, shape: &'p Shape) -> Option<(Path, &'p Shape)> {
        let [path] = &self.paths()[..] else { return None };
        let is_beside = self.list.is_some() && self.list == list_of_names(shape);
        is_beside.then(|| Some((path.clone(), shape.at(path)?))).flatten()
    }

    /// The fields, from the answer on.
    fn paths(&self) -> Vec<Path> {
        let path = |field: &Path| match &self.list {
            Some(list) => [list.clone(), vec![ITEM.to_owned()], field.clone()].concat(),
            None => field.clone(),
        };
        self.fields.iter().map(path).collect()
    }

    /// The fields as people write them.
    pub(super) fn show(&self) -> String {
        self.paths().iter().map(|path| show_path(path)).collect::<Vec<_>>().join(", ")
    }

    /// Every value of every field, as labels; where there are several fields a value is shown with its field.
    pub(super) fn vocabulary(&self) -> Vec<String> {
        self.fields
            .iter()
            .flat_map(|field| self.values(field).into_iter().map(|value| self.label(field, &value)))
            .collect()
    }

    fn item(&self) -> &'p Shape {
        let list = self.list.as_ref().and_then(|list| self.shape.at(list)?.item());
        list.unwrap_or(self.shape)
    }

    fn values(&self, field: &[String]) -> Vec<String> {
        match self.item().at(field) {
            // A number that no member has is an empty name.
            Some(Shape::Choice(choice)) => choice.members.iter().filter(|member| !member.is_empty()).cloned().collect(),
            Some(Shape::Word(words)) => words.clone(),
            // Of several flags, all that are not set are one and the same item.
            Some(Shape::Flag) if self.fields.len() > 1 => vec!["true".to_owned()],
            Some(Shape::Flag) => vec!["true".to_owned(), "false".to_owned()],
            _ => Vec::new(),
        }
    }

    fn field_of(&self, label: &str) -> Option<usize> {
        self.fields.iter().position(|field| self.values(field).iter().any(|value| self.label(field, value) == label))
    }

    fn label(&self, field: &[String], value: &str) -> String {
        if self.fields.len() == 1 { value.to_owned() } else { format!("{} {value}", show_path(field)) }
    }

    fn answer(&self, labels: &[Label]) -> Json {
        let items = labels.iter().enumerate().map(|(at, label)| {
            let mut item = filled(self.item(), label.score, &format!("{NEUTRAL}{at}"));
            self.set(&mut item, &label.description);
            item
        });
        if let Some(list) = &self.list {
            return if labels.is_empty() { self.shape.nothing() } else { self.with_items(list, items.collect()) };
        }
        let mut answer = self.shape.nothing();
        // Of two values of one field the first, the surer one, stands.
        labels.iter().rev().for_each(|label| self.set(&mut answer, &label.description));
        answer
    }

    /// The answer with these items in a list; a list around it has one item.
    fn with_items(&self, list: &[String], items: Vec<Json>) -> Json {
        let mut answer = self.shape.nothing();
        for at in (0..list.len()).filter(|at| list[*at] == ITEM) {
            let around = self.shape.at(&list[..=at]).map_or(Json::Null, |item| filled(item, 1.0, NEUTRAL));
            put(&mut answer, &list[..at], Json::Array(vec![around]));
        }
        put(&mut answer, list, Json::Array(items));
        answer
    }

    /// Sets the field that the label is a value of; other labels leave the item as it is.
    fn set(&self, item: &mut Json, label: &str) {
        for field in &self.fields {
            if let Some(value) = self.values(field).into_iter().find(|value| self.label(field, value) == label) {
                let flag = matches!(self.item().at(field), Some(Shape::Flag));
                put(item, field, if flag { Json::from(value == "true") } else { Json::from(value) });
            }
        }
    }
}

/// An item of defaults with this score and name.
pub(super) fn filled(shape: &Shape, score: f64, text: &str) -> Json {
    match shape {
        Shape::Name | Shape::SameName => Json::from(text),
        Shape::Single(item) => filled(item, score, text),
        Shape::Record(fields) => {
            let fields = fields.iter().map(|(name, field)| (name.clone(), filled(field, score, text)));
            Json::Object(fields.collect::<Map<_, _>>())
        }
        Shape::Score => Json::from(score),
        Shape::Percent => Json::from(percent(score)),
        other => other.nothing(),
    }
}

/// Replaces the part at a path that exists, in a list that of every item.
pub(super) fn put(answer: &mut Json, path: &[String], value: Json) {
    let Some((step, rest)) = path.split_first() else {
        *answer = value;
        return;
    };
    if step == ITEM {
        answer.as_array_mut().into_iter().flatten().for_each(|item| put(item, rest, value.clone()));
        return;
    }
    if let Some(part) = answer.get_mut(step) {
        put(part, rest, value);
    }
}

/// Values that show whether a field makes a difference.
pub(super) fn alternatives(leaf: &Shape) -> Vec<Json> {
    match leaf {
        // A number that no member has is an empty name.
        Shape::Choice(choice) => {
            choice.members.iter().filter(|name| !name.is_empty()).map(|name| Json::from(name.as_str())).collect()
        }
        Shape::Word(words) => words.iter().map(|word| Json::from(word.as_str())).collect(),
        Shape::Number { low, high } => vec![Json::from(*low), Json::from((low + high) / 2.0), Json::from(*high)],
        Shape::Text => vec![Json::from(NEUTRAL)],
        Shape::Flag => vec![Json::from(false), Json::from(true)],
        Shape::OnlyWhere { then, .. } => alternatives(then),
        _ => Vec::new(),
    }
}

/// A field beside the subject that changes what these labels lead to.
pub(super) fn other_field(
    probe: &mut Probe<'_>,
    shape: &Shape,
    samples: &[&str],
) -> Result<Option<String>, DecideError> {
    let own = match &probe.subject {
        Subject::Members(members) => members.paths(),
        Subject::Names | Subject::Within(_) => Vec::new(),
    };
    for sample in samples {
        let answer = probe.subject.output(ApiOutput::sure([*sample])).answer(shape);
        let usual = probe.run(&ApiOutput::Answer { answer: answer.clone() })?;
        for (path, leaf) in shape.leaves().into_iter().filter(|leaf| !own.contains(&leaf.0)) {
            for value in alternatives(leaf) {
                let mut answer = answer.clone();
                put(&mut answer, &path, value);
                if probe.run(&ApiOutput::Answer { answer })? != usual {
                    return Ok(Some(show_path(&path)));
                }
            }
        }
        for held in Held::all(shape) {
            for count in [0, 1, probe.most()] {
                let mut answer = answer.clone();
                put(&mut answer, &held.path, held.of(count));
                if probe.run(&ApiOutput::Answer { answer })? != usual {
                    return Ok(Some(show_path(&held.path)));
                }
            }
        }
    }
    together(probe, shape, samples, &own)
}

/// Answers of several other fields at once that are tried for each sample.
const TRIALS: usize = 24;

/// Fields beside the subject that change what these labels lead to only together, such as a flag and how sure it is.
fn together(
    probe: &mut Probe<'_>,
    shape: &Shape,
    samples: &[&str],
    own: &[Path],
) -> Result<Option<String>, DecideError> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for sample in samples {
        let plain = probe.subject.output(ApiOutput::sure([*sample])).answer(shape);
        if let Some(together) = needed_together(probe, (shape, own), &plain, &mut random)? {
            return Ok(Some(together));
        }
    }
    Ok(None)
}

/// Fields, but for some, that change what an answer leads to only together.
pub(super) fn needed_together(
    probe: &mut Probe<'_>,
    (shape, own): (&Shape, &[Path]),
    plain: &Json,
    random: &mut Random,
) -> Result<Option<String>, DecideError> {
    let fields: Vec<(Path, Vec<Json>)> = shape
        .leaves()
        .into_iter()
        .filter(|leaf| !own.contains(&leaf.0))
        .map(|(path, leaf)| (path, alternatives(leaf)))
        .filter(|(_, values)| values.len() > 1)
        .collect();
    if fields.len() < 2 {
        return Ok(None);
    }
    let usual = probe.run(&ApiOutput::Answer { answer: plain.clone() })?;
    for _ in 0..TRIALS {
        let mut answer = plain.clone();
        for (path, values) in &fields {
            put(&mut answer, path, values[random.below(values.len())].clone());
        }
        let outcome = probe.run(&ApiOutput::Answer { answer: answer.clone() })?;
        if probe.differ_by_data_only(outcome, usual) {
            continue;
        }
        let mut needed = Vec::new();
        for (path, _) in &fields {
            let mut without = answer.clone();
            put(&mut without, path, shape.at(path).map_or(Json::Null, Shape::nothing));
            let outcome = probe.run(&ApiOutput::Answer { answer: without.clone() })?;
            if probe.differ_by_data_only(outcome, usual) {
                needed.push(show_path(path));
            } else {
                answer = without;
            }
        }
        let together = if needed.is_empty() { "other fields".to_owned() } else { needed.join(", ") };
        return Ok(Some(together));
    }
    Ok(None)
}

/// The names of items, as people write the field.
pub(super) fn named_field(shape: &Shape) -> Option<String> {
    Some(show_path(&name_of_items(shape)?))
}

/// The list whose items have the names.
pub(super) fn list_of_names(shape: &Shape) -> Option<Path> {
    let mut name = name_of_items(shape)?;
    name.truncate(name.iter().rposition(|step| step == ITEM)?);
    Some(name)
}

/// The first text that items are known by.
pub(super) fn name_of_items(shape: &Shape) -> Option<Path> {
    let is_of_items = |path: &Path| path.iter().any(|step| step == ITEM);
    let mut names = shape.leaves().into_iter().filter(|(path, leaf)| **leaf == Shape::Name && is_of_items(path));
    names.next().map(|(path, _)| path)
}

/// The name of a list's items.
fn name_in(shape: &Shape, list: &[String]) -> Option<Path> {
    let is_own = |path: &Path| {
        path.strip_prefix(list).is_some_and(|rest| {
            rest.first().is_some_and(|step| step == ITEM) && rest[1..].iter().all(|step| step != ITEM)
        })
    };
    let mut names = shape.leaves().into_iter().filter(|(path, leaf)| **leaf == Shape::Name && is_own(path));
    names.next().map(|(path, _)| path)
}
