//! What of an answer a program looks at, and answers made of it.

use serde_json::{Map, Value as Json};

use super::probe::{NEUTRAL, Probe};
use crate::api::Api;
use crate::decider::DecideError;
use crate::output::{ApiOutput, Label};
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
    /// The list whose items have the fields; none for fields of the whole answer.
    list: Option<Path>,
    /// The fields, from the item on.
    fields: Vec<Path>,
}

impl Subject<'_> {
    /// The answer that shows these labels.
    pub(super) fn output(&self, labels: ApiOutput) -> ApiOutput {
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
        let mut answer = members.shape.nothing();
        put(&mut answer, list, Json::Array(vec![item]));
        Some(ApiOutput::Answer { answer })
    }

    /// Whether two labels cannot stand in one answer: a field of the whole answer has one value.
    pub(super) fn exclude(&self, one: &str, other: &str) -> bool {
        match self {
            Self::Members(members) if members.list.is_none() => members.field_of(one) == members.field_of(other),
            _ => false,
        }
    }

    /// Whether several items can be the same label whatever their names are.
    pub(super) fn repeats(&self) -> bool {
        matches!(self, Self::Members(members) if members.list.is_some())
    }

    /// Whether an answer has one label at most.
    pub(super) fn is_single(&self) -> bool {
        matches!(self, Self::Members(members) if members.list.is_none() && members.fields.len() == 1)
    }
}

impl<'p> Members<'p> {
    /// The groups of such fields in the API's answer: those of each list's items, then those of the answer itself.
    pub(super) fn of(api: &'p Api) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for (path, leaf) in api.answer.leaves() {
            if !matches!(leaf, Shape::Choice(_) | Shape::Word(_) | Shape::Flag) {
                continue;
            }
            let cut = path.iter().position(|step| step == ITEM);
            let (list, field) = match cut {
                Some(at) => (Some(path[..at].to_vec()), path[at + 1..].to_vec()),
                None => (None, path),
            };
            if field.iter().any(|step| step == ITEM) {
                continue;
            }
            match groups.iter_mut().find(|group| group.list == list) {
                Some(group) => group.fields.push(field),
                None => groups.push(Self { shape: &api.answer, list, fields: vec![field] }),
            }
        }
        groups.sort_by_key(|group| group.list.is_none());
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
        match &self.list {
            Some(list) => match self.shape.at(list) {
                Some(Shape::List(item)) => item,
                _ => self.shape,
            },
            None => self.shape,
        }
    }

    fn values(&self, field: &[String]) -> Vec<String> {
        match self.item().at(field) {
            // A number that no member has is an empty name.
            Some(Shape::Choice(choice)) => choice.members.iter().filter(|member| !member.is_empty()).cloned().collect(),
            Some(Shape::Word(words)) => words.clone(),
            Some(Shape::Flag) => vec!["true".to_owned()],
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
        let mut answer = self.shape.nothing();
        if let Some(list) = &self.list {
            put(&mut answer, list, Json::Array(items.collect()));
        } else {
            // Of two values of one field the first, the surer one, stands.
            labels.iter().rev().for_each(|label| self.set(&mut answer, &label.description));
        }
        answer
    }

    /// Sets the field that the label is a value of; other labels leave the item as it is.
    fn set(&self, item: &mut Json, label: &str) {
        for field in &self.fields {
            if let Some(value) = self.values(field).into_iter().find(|value| self.label(field, value) == label) {
                let flag = matches!(self.item().at(field), Some(Shape::Flag));
                put(item, field, if flag { Json::from(true) } else { Json::from(value) });
            }
        }
    }
}

/// An item of defaults with this score and name.
fn filled(shape: &Shape, score: f64, text: &str) -> Json {
    match shape {
        Shape::Name => Json::from(text),
        Shape::Record(fields) => {
            let fields = fields.iter().map(|(name, field)| (name.clone(), filled(field, score, text)));
            Json::Object(fields.collect::<Map<_, _>>())
        }
        Shape::Score => Json::from(score),
        Shape::Percent => Json::from(score * 100.0),
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
    }
    Ok(None)
}

/// The names of items, as people write the field.
pub(super) fn named_field(shape: &Shape) -> Option<String> {
    let leaves = shape.leaves();
    let name = leaves.iter().find(|(path, leaf)| **leaf == Shape::Name && path.iter().any(|step| step == ITEM))?;
    Some(show_path(&name.0))
}
