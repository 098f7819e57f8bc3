//! How a network's raw outputs become the answer that an application reads.
//!
//! A loss compares scores; a network gives raw outputs. In between stands the form of the API's answer, and it is all
//! that the two need to know of each other: a trainer for another kind of answer says which of these it trains, the
//! loss does the rest.

use chameleon_decision::{Bounds, DecisionProcess, DecisionType, ITEM, Shape, Summary, Vocabulary, show_path};
use serde::{Deserialize, Serialize};

use crate::error::LossError;
use crate::form::count_range;
use crate::link::Link;

/// An enumeration of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The field, as the summary writes it: `sentiment`, `entities[].type`.
    pub name: String,
    /// The labels that stand for its members, as the summary writes them: those that the network tells apart.
    pub members: Vec<String>,
    /// Further members of the enumeration, which the network never answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub never: Vec<String>,
}

/// One number of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Number {
    /// The field, as the summary writes it: `document_sentiment.score`.
    pub field: String,
    /// Where its raw outputs begin in a row. Numbers may be made of the same outputs, as the shares of classes are.
    pub at: usize,
    /// How raw outputs make it.
    pub link: Link,
}

impl Number {
    /// Where its raw outputs end.
    pub(crate) fn end(&self) -> usize {
        self.at + self.link.width()
    }
}

/// A class, of which a share is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    /// What the answer calls it: `NEGATIVE`.
    pub member: String,
    /// The field of its share in 0..1, as the summary writes it: `sentiment_score.negative`.
    pub share: String,
}

/// The form of the answer, with what each raw output of a row stands for.
///
/// | answer     | raw outputs of a row                 | what the application sees                                      |
/// |------------|--------------------------------------|----------------------------------------------------------------|
/// | `Labels`   | (R x L): one a label, R times        | labels of sufficient score, highest first, cut to k            |
/// | `Element`  | (L): one a label                     | one item: its best label, if that scores enough                |
/// | `Members`  | (E x M): one a member, item by item  | for each item and field the member of the greatest output      |
/// | `Classes`  | (C): one a class                     | the class of the greatest output, and all shares by softmax    |
/// | `Items`    | (E): one a possible item             | how many items score enough                                    |
/// | `Numbers`  | one or more for each number, shared  | the numbers                                                    |
/// |            | or not                               |                                                                |
///
/// Where an application decides on every item of a list by itself, a row is one item (`Element`, `Members` of one
/// item, `Numbers`), and the batch is the items of all inputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Answer {
    /// A list of labels.
    Labels {
        /// The labels.
        vocabulary: Vocabulary,
        /// Whether the API gives scores in 0..100, as bounds on a label's score are then written.
        percent: bool,
        /// R, how many of one label an answer can have: the network's outputs are all labels for the first of each, then
        /// all for the second, and so on. What is true is told the same way: of a label that is there twice, the first
        /// and the second.
        most: usize,
    },
    /// One item of a list, such as an object, known by a label.
    Element {
        /// The labels.
        vocabulary: Vocabulary,
    },
    /// Members of enumerations.
    Members {
        /// The fields; of each, one member stands in every item.
        fields: Vec<Field>,
        /// How many items a row is of: 1 for the answer itself.
        elements: usize,
    },
    /// Classes, with their shares. What is true is a class, as [`Truth::Labels`]: it then has all of the share.
    Classes {
        /// The field that one of them stands in, as the summary writes it: `sentiment`.
        field: String,
        /// Those that the network tells apart.
        classes: Vec<Class>,
        /// Those that the API has, too, and the network gives no share.
        never: Vec<Class>,
    },
    /// A list of which only the length counts.
    Items {
        /// The most there can be.
        most: usize,
    },
    /// Numbers.
    Numbers {
        /// The numbers.
        numbers: Vec<Number>,
    },
}

impl Answer {
    /// Labels with scores in 0..1.
    pub fn labels(vocabulary: &Vocabulary) -> Self {
        Self::Labels { vocabulary: vocabulary.clone(), percent: false, most: 1 }
    }

    /// Labels with the scores of the process's API; if this can answer a label several times and the decision counts, as
    /// many of each as the decision tells apart.
    pub fn labels_of(process: &DecisionProcess, vocabulary: &Vocabulary) -> Self {
        let leaves = process.api.answer.leaves();
        let percent = leaves.iter().any(|(path, leaf)| show_path(path).contains(ITEM) && **leaf == Shape::Percent);
        let most = if process.api.repeats { most_counted(&process.summary) } else { 1 };
        Self::Labels { vocabulary: vocabulary.clone(), percent, most }
    }

    /// The form of answer that `process` decides by, with one item a row where items are decided on by themselves.
    /// `vocabulary` holds the labels of the network, for APIs that name things; `most` is how many items a list can
    /// have where a row is a whole list.
    ///
    /// # Errors
    /// The summary's field is none of the API's answer.
    pub fn of(process: &DecisionProcess, vocabulary: &Vocabulary, most: usize) -> Result<Self, LossError> {
        let (summary, shape) = (&process.summary, &process.api.answer);
        let fields: Vec<&str> = summary.field.iter().flat_map(|field| field.split(", ")).collect();
        let leaves: Vec<(String, &Shape)> =
            shape.leaves().into_iter().map(|(path, leaf)| (show_path(&path), leaf)).collect();
        let found: Vec<(&str, &Shape)> = fields
            .iter()
            .filter_map(|&field| leaves.iter().find(|leaf| leaf.0 == field).map(|leaf| (field, leaf.1)))
            .collect();
        let named = summary.branches.iter().any(|branch| !branch.labels.is_empty());
        match found.first() {
            None if !named && !fields.is_empty() => Ok(Self::Items { most }),
            Some((_, Shape::Choice(_) | Shape::Word(_) | Shape::Flag)) => Ok(members(summary, &found, most)),
            Some((_, Shape::Number { .. } | Shape::Score | Shape::Percent)) if !named => Ok(numbers(&found)),
            _ if fields.is_empty()
                || matches!(found.first(), Some((_, Shape::Name | Shape::Score | Shape::Percent))) =>
            {
                Ok(Self::labels_of(process, vocabulary))
            }
            _ => Err(LossError::UnknownField { field: fields.join(", "), api: process.api.path() }),
        }
    }

    /// Members that the API has and the network never answers, as the summary writes them.
    pub(crate) fn never(&self) -> Vec<&str> {
        match self {
            Self::Members { fields, .. } => fields.iter().flat_map(|field| &field.never).map(String::as_str).collect(),
            Self::Classes { never, .. } => never.iter().map(|class| class.member.as_str()).collect(),
            _ => Vec::new(),
        }
    }

    /// Raw outputs of a row.
    pub fn width(&self) -> usize {
        match self {
            Self::Labels { vocabulary, most, .. } => most * vocabulary.labels.len(),
            Self::Element { vocabulary } => vocabulary.labels.len(),
            Self::Members { fields, elements } => elements * members_of_one(fields),
            Self::Classes { classes, .. } => classes.len(),
            Self::Items { most } => *most,
            Self::Numbers { numbers } => numbers.iter().map(Number::end).max().unwrap_or(0),
        }
    }
}

/// Raw outputs of one item.
pub(crate) fn members_of_one(fields: &[Field]) -> usize {
    fields.iter().map(|field| field.members.len()).sum()
}

/// More of one label than these are not told apart: each is an output for every label.
const MOST_COUNTED: usize = 64;

/// The number of items from which on a decision tells no more apart, at least 1.
fn most_counted(summary: &Summary) -> usize {
    if summary.decision_type != DecisionType::Count {
        return 1;
    }
    let regions = summary.branches.iter().flat_map(|branch| branch.regions.iter().flatten());
    let counts = regions.filter(|bounds| bounds.field == Bounds::COUNT).map(count_range);
    counts.map(|range| range.most.map_or(range.least, |most| most + 1)).fold(1, usize::max).min(MOST_COUNTED)
}

/// The summary writes a member with its field, from the item on, where there are several fields.
fn members(summary: &Summary, found: &[(&str, &Shape)], most: usize) -> Answer {
    let fields = found.iter().map(|&(name, leaf)| {
        let own = name.rsplit_once("[].").map_or(name, |(_, own)| own);
        let shown = |member: &String| if found.len() == 1 { member.clone() } else { format!("{own} {member}") };
        Field { name: name.to_owned(), members: members_of(leaf).iter().map(shown).collect(), never: Vec::new() }
    });
    let fields: Vec<Field> = fields.collect();
    let in_list = found.iter().any(|field| field.0.contains(ITEM));
    Answer::Members { fields, elements: if in_list && !summary.per_element { most } else { 1 } }
}

/// The members of an enumeration; none of another leaf.
pub(crate) fn members_of(leaf: &Shape) -> Vec<String> {
    match leaf {
        // A number that no member has is an empty name.
        Shape::Choice(choice) => choice.members.iter().filter(|member| !member.is_empty()).cloned().collect(),
        Shape::Word(words) => words.clone(),
        Shape::Flag => vec!["false".to_owned(), "true".to_owned()],
        _ => Vec::new(),
    }
}

/// What has no limit that anyone meets is only known to be positive. Each has an output of its own.
fn numbers(found: &[(&str, &Shape)]) -> Answer {
    let link = |leaf: &Shape| match leaf {
        Shape::Percent => Link::Bounded { low: 0.0, high: 100.0 },
        Shape::Number { low, high } if *low == 0.0 && *high > 1.0 => Link::Positive,
        Shape::Number { low, high } => Link::Bounded { low: *low, high: *high },
        _ => Link::Bounded { low: 0.0, high: 1.0 },
    };
    let numbers = found.iter().enumerate();
    let numbers = numbers.map(|(at, (field, leaf))| Number { field: (*field).to_owned(), at, link: link(leaf) });
    Answer::Numbers { numbers: numbers.collect() }
}

/// What is true of one row's input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Truth<'a> {
    /// Indices of the raw outputs that are true: labels, members (one a field and item), items that are there.
    Labels(&'a [u16]),
    /// The numbers of the answer in order; of [`Answer::Items`] the one number of items.
    Numbers(&'a [f64]),
    /// Labels of an image that other APIs are asked about, too: see [`DecisionLoss::beside`](crate::DecisionLoss::beside).
    Beside {
        /// As [`Truth::Labels`].
        labels: &'a [u16],
        /// The situation that the others' answers make.
        answered: u32,
        /// Those that right answers of theirs make: where the order of what is true counts, one for each.
        right: &'a [u32],
    },
}

impl<'a> Truth<'a> {
    /// The labels that are true, where labels are.
    pub fn labels(self) -> Option<&'a [u16]> {
        match self {
            Self::Labels(labels) | Self::Beside { labels, .. } => Some(labels),
            Self::Numbers(_) => None,
        }
    }
}
