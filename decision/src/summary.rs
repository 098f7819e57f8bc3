//! The canonical summary: what people read and the loss is made from.

use serde::{Deserialize, Serialize};

use crate::decision::Decision;
use crate::program::Span;

/// The finite set of labels an API can answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vocabulary {
    /// Name, for messages.
    pub name: String,
    /// The labels as the API spells them.
    pub labels: Vec<String>,
}

/// The kind of decision (`ChameleonAPI`'s taxonomy, OSDI 2024).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionType {
    /// One branch: is any of its labels in the output?
    TrueFalse,
    /// Several branches, of which at most one is taken.
    MultiChoice,
    /// Several branches, each taken or not on its own.
    MultiSelect,
    /// Several branches, taken by where a number of the answer lies.
    Range,
    /// Branches taken by how many items of a kind there are.
    Count,
    /// None of these; the program still decides.
    Other,
}

/// Which branch of a multi-choice wins when several match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The branch of the first (highest-scored) label that matches any.
    ApiOutput,
    /// The first branch, in the summary's order, that matches any label.
    AppPriority,
    /// The branch of the last label that matches any: later labels overwrite.
    LastMatch,
}

/// Which of several items is handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Handed {
    /// The first in the answer.
    First,
    /// That of the highest score, wherever it is.
    Highest,
    /// That of the greatest number by which they are ranked, wherever it is.
    Greatest,
    /// The last: later ones overwrite.
    Last,
    /// Each that takes the branch, and no other.
    All,
    /// All there are, where one of them takes the branch.
    Everything,
    /// The first in the answer, whether it takes the branch or another does.
    FirstOfAny,
    /// None, but what is done is done with a list that has something for each that takes the branch.
    Listed,
    /// The first in the answer, and of a list within it the first.
    FirstWithin,
    /// The first in the answer, and of a list within it that of the greatest number.
    GreatestWithin,
}

/// How a word is compared with a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchMode {
    /// Equal.
    Exact,
    /// Equal when case is folded.
    Iexact,
    /// The word is a substring of the label.
    Contains,
    /// As `Contains`, case folded.
    Icontains,
    /// Either is a substring of the other, case folded.
    IcontainsEitherWay,
    /// The label starts with the word.
    StartsWith,
    /// As `StartsWith`, case folded.
    IstartsWith,
    /// The label ends with the word.
    EndsWith,
    /// As `EndsWith`, case folded.
    IendsWith,
    /// The label's first word equals the word, case folded.
    FirstWord,
    /// Any word of the label equals the word, case folded.
    AnyWord,
    /// The first part of the label's path equals the word: `News` of `/News/Weather`.
    PathSegment,
    /// Every label matches.
    Any,
    /// None of these fits; the labels reached are exact all the same.
    Other,
}

impl MatchMode {
    /// Whether a word matches a label so; no word does in a way that none of the others is.
    pub fn matches(self, word: &str, label: &str) -> bool {
        let folded = |text: &str| text.to_lowercase();
        match self {
            Self::Exact => word == label,
            Self::Iexact => folded(word) == folded(label),
            Self::Contains => label.contains(word),
            Self::Icontains => folded(label).contains(&folded(word)),
            Self::IcontainsEitherWay => {
                let (label, word) = (folded(label), folded(word));
                label.contains(&word) || word.contains(&label)
            }
            Self::StartsWith => label.starts_with(word),
            Self::IstartsWith => folded(label).starts_with(&folded(word)),
            Self::EndsWith => label.ends_with(word),
            Self::IendsWith => folded(label).ends_with(&folded(word)),
            Self::FirstWord => label.split_whitespace().next().is_some_and(|first| folded(first) == folded(word)),
            Self::AnyWord => label.split_whitespace().any(|any| folded(any) == folded(word)),
            Self::PathSegment => label.split('/').nth(1) == Some(word),
            Self::Any => true,
            Self::Other => false,
        }
    }
}

/// A word of the application, as written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// The text.
    pub text: String,
    /// How it is compared.
    pub mode: MatchMode,
    /// Where it is tested.
    pub span: Span,
}

/// A word that has no effect where it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdleWord {
    /// The text, as written.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// A lower bound on a score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MinScore {
    /// The bound, in 0..1.
    pub value: f64,
    /// Whether a score equal to it passes.
    pub inclusive: bool,
}

/// One end of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// Where it ends.
    pub value: f64,
    /// Whether that value still belongs to it.
    pub inclusive: bool,
}

/// An interval of a number of the answer; an absent end is open to the least or greatest value that the API gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// The number: a field of the answer such as `document_sentiment.score`; `count` and `share`, how many of the items match
    /// and which part of all they are; or `sum`, what they are worth together.
    pub field: String,
    /// The lower end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<Limit>,
    /// The upper end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<Limit>,
    /// The number is a score in 0..100, where the score of a label is in 0..1.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub percent: bool,
}

/// Intervals that must all hold.
pub type Region = Vec<Bounds>;

/// What a field of the item must be, beside its name: one of these values, or a number in one of these intervals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// The field, e.g. `entities[].type`.
    pub field: String,
    /// Members of its enumeration, in the API's order; or that it is the greatest of those beside it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// Intervals, for a number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intervals: Vec<Bounds>,
}

impl Condition {
    /// What stands in the place of a value where the field must be the greatest of those beside it.
    pub const GREATEST: &'static str = "the greatest";
    /// How a field begins that is what a text is made of; its one value says it in words: `only digits`.
    pub const CHARACTERS: &'static str = "characters of ";
}

/// One branch of the decision.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Branch {
    /// Short name made from what the branch does, unique in the summary.
    pub name: String,
    /// What the application does when only this branch is taken.
    pub outcome: Decision,
    /// The application's words, in order of appearance.
    pub words: Vec<Word>,
    /// Labels of the vocabulary that reach this branch alone at full score, in vocabulary order. With `negated`, those
    /// that keep the application from it.
    pub labels: Vec<String>,
    /// The branch is taken when none of the labels is there (a black-list).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub negated: bool,
    /// The branch is taken by any label but those that match a word: the words are left out one by one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub except: bool,
    /// Every name of the vocabulary takes the branch, and no word is asked for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub any: bool,
    /// Names with which an item does not take the branch, where it is another field that decides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unless: Vec<Word>,
    /// The name of a branch that must be taken, too: this one is taken in its place when labels of both are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<String>,
    /// For a range or a count: the branch is taken where one of these regions holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<Region>,
    /// The score a label needs, where the application cuts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_score: Option<MinScore>,
    /// What else must hold of the item whose name speaks for the branch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// The source lines that show it.
    pub evidence: Vec<Span>,
}

impl Branch {
    /// Whether a name takes it or does not, whatever else there is in the answer.
    pub fn takes_by_name(&self) -> bool {
        self.regions.is_empty()
            && self.conditions.is_empty()
            && self.unless.is_empty()
            && self.with.is_none()
            && self.min_score.is_none()
    }
}

/// The canonical form of a decision process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The class.
    pub decision_type: DecisionType,
    /// What of the answer the decision is about, e.g. `label_annotations[].description`, `document_sentiment.score`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Each item of the answer is decided on by itself, and the application does something for each.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub per_element: bool,
    /// What is compared is each line of a text by itself: `order` is that of the lines, and `within` is about one of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_line: bool,
    /// What a branch does is done again for every further item that takes it: a line is printed for each, and no more is
    /// decided by it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
    /// For multi-choice: which branch wins. For one branch with a cut: [`Order::LastMatch`] where only the score of the
    /// last label that matches counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// For a multi-choice in the order of the answer: which branch wins where one label matches words of several. By
    /// [`Order::AppPriority`] the first of the summary, by [`Order::ApiOutput`] that whose word stands first in the
    /// label, by [`Order::LastMatch`] last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Order>,
    /// The branches; for app priority in the application's order.
    pub branches: Vec<Branch>,
    /// Words that are compared with the answer, or listed with such words, and change nothing there: no spelling of them
    /// does, or another branch takes them first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub idle: Vec<IdleWord>,
    /// How many of the API's results the application looks at: the smaller of what it asks for and what it slices;
    /// absent when it takes the API's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_k: Option<u32>,
    /// How many of the first results the application does not look at; `top_k` is of those after them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u32,
    /// The number by which the results are put in order, the greatest first, before those are looked at, or by which the
    /// one that is handed on is chosen; for [`Handed::FirstWithin`], the list that it is the first of, and for
    /// [`Handed::GreatestWithin`] a number in that list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ranked: Option<String>,
    /// Of several items that take the one branch, the one whose data is handed on, where it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed: Option<Handed>,
    /// What several items lead to, in words, where each leads somewhere by what is in it and it is not told otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub several: Option<String>,
    /// What the application does when no branch is taken.
    pub default: Decision,
    /// Name of the vocabulary the labels are from.
    pub vocabulary: String,
    /// For `Other`: why it fits no class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Bounds {
    /// The field that is how many of the items match.
    pub const COUNT: &str = "count";
    /// The field that is which part of all items match.
    pub const SHARE: &str = "share";
    /// The field that is what the items are worth together.
    pub const SUM: &str = "sum";
}

impl Summary {
    /// Whether some names are left out, or those that the API is not sure enough of.
    pub fn selects_names(&self) -> bool {
        self.branches.iter().any(|branch| branch.except || branch.min_score.is_some())
    }

    /// Whether the greatest of several fields decides, and where it is one of those that take no branch, the default is
    /// what is done.
    pub fn leaves_a_greatest(&self) -> bool {
        let greatest = |branch: &Branch| {
            let first = branch.conditions.first().filter(|condition| condition.values == [Condition::GREATEST])?;
            Some(first.field.clone())
        };
        let Some(led) = self.branches.iter().map(greatest).collect::<Option<Vec<_>>>() else { return false };
        let led: Vec<&str> = led.iter().flat_map(|fields| fields.split(" or ")).collect();
        let fields = self.field.as_deref().unwrap_or_default();
        !led.is_empty() && fields.split(", ").any(|field| !led.contains(&field))
    }

    /// A summary that tells nothing yet, of no known kind.
    pub fn of_nothing(vocabulary: String) -> Self {
        Self {
            decision_type: DecisionType::Other,
            field: None,
            per_element: false,
            by_line: false,
            again: false,
            handed: None,
            several: None,
            within: None,
            order: None,
            branches: Vec::new(),
            idle: Vec::new(),
            top_k: None,
            left_out: 0,
            ranked: None,
            default: Decision::default(),
            vocabulary,
            reason: None,
        }
    }

    /// For each branch the one of another summary that is taken by the same, where both are of one kind and every branch
    /// has one: what is told apart is the same, though not what is done.
    pub fn branches_of(&self, other: &Self) -> Option<Vec<usize>> {
        let taken_by = |branch: &Branch| Branch {
            name: String::new(),
            outcome: Decision::default(),
            evidence: Vec::new(),
            with: None,
            ..branch.clone()
        };
        let alike = |summary: &Self| Self {
            branches: Vec::new(),
            idle: Vec::new(),
            default: Decision::default(),
            ..summary.clone()
        };
        if alike(self) != alike(other) {
            return None;
        }
        let mut places = Vec::new();
        for branch in &self.branches {
            let is_it = |(at, known): &(usize, &Branch)| !places.contains(at) && taken_by(known) == taken_by(branch);
            places.push(other.branches.iter().enumerate().find(is_it)?.0);
        }
        Some(places)
    }

    /// Whether the decision hangs on something that is not the API's answer, so that not even what an answer of nothing
    /// leads to is known.
    pub fn is_undecided(&self) -> bool {
        let reason = self.reason.as_deref();
        reason.is_some_and(|reason| reason.ends_with(crate::decider::UNDETERMINED)) && self.default.effects.is_empty()
    }
}

/// Of a number that is not written where it is nothing.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives it so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
