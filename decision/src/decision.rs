//! What an application does for one API output.
//!
//! A decision is the set of things an outsider could observe: values returned and calls made, with the API's own data
//! masked. `print("recycle: " + label.description)` for *Glass* and for *Plastic* is the same decision, since the
//! description is data that passes through, while `"recycle"` was chosen by a branch. Masking is by taint: text and
//! numbers that come from the API stay [`Rendered::Data`] through string operations and arithmetic; the result of a
//! comparison, a membership test or a look-up by key is chosen, and shows.
//!
//! Two decisions are equal when the user sees the same:
//! - Effects count by what they do, not by where in the source they are, once each, in any order: the order in which a
//!   loop over labels meets two categories follows the scores and was not decided.
//! - A collection that was filled under conditions shows its distinct elements in sorted order, for the same reason.
//! - What happens to every label alike, before anything about it was tested, was not decided and is left out: a program
//!   that prints each label and then decides does the same on no label as on one that it ignores.

use std::collections::BTreeSet;
use std::collections::hash_map::DefaultHasher;
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

use crate::program::Span;

/// More effects than these are counted where a decision is described.
const MAX_DESCRIBED: usize = 12;

/// Characters of a value of the program's own that are shown.
const LONGEST_VALUE: usize = 400;

/// A value as it shows in a decision.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rendered {
    /// A value the program chose, as Python's `repr`.
    Chosen(String),
    /// Data of the API that passes through, e.g. a description or a score.
    Data,
    /// A value the program does not determine (user input, an unknown call).
    Unknown,
    /// As [`Rendered::Unknown`], where the program chose it by a name, e.g. `GPIO.HIGH`.
    Named(String),
    /// The value of a call outside the program, by what it was given, e.g. `url_for('index')`.
    Call {
        /// What is called, as written.
        callee: String,
        /// The arguments.
        values: Vec<Rendered>,
    },
    /// An argument that is given by its name.
    Keyword {
        /// The name.
        name: String,
        /// What is given.
        value: Box<Rendered>,
    },
    /// The pieces of a formatted string, or of a container with its brackets and separators.
    Parts(Vec<Rendered>),
}

/// One observable thing the application does; equal to another when it does the same, wherever it is in the source.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Effect {
    /// Where in the source.
    pub span: Span,
    /// `return`, `raise`, `place =` for a stored value, or the called name as written, e.g. `print`, `servo.open`.
    pub action: String,
    /// The returned or stored value, or the arguments.
    pub values: Vec<Rendered>,
}

impl PartialEq for Effect {
    fn eq(&self, other: &Self) -> bool {
        self.action == other.action && self.values == other.values
    }
}

impl Eq for Effect {}

impl Hash for Effect {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.action.hash(state);
        self.values.hash(state);
    }
}

/// What the application decides: its effects, each once, in order of first occurrence. The order does not count when
/// decisions are compared.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Decision {
    /// The effects.
    pub effects: Vec<Effect>,
}

impl PartialEq for Decision {
    fn eq(&self, other: &Self) -> bool {
        let inside = |a: &Self, b: &Self| a.effects.iter().all(|effect| b.effects.contains(effect));
        // Mostly they are there in the same order.
        self.effects == other.effects || inside(self, other) && inside(other, self)
    }
}

impl Eq for Decision {}

impl Hash for Decision {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let one = |effect: &Effect| {
            let mut hasher = DefaultHasher::new();
            effect.hash(&mut hasher);
            hasher.finish()
        };
        // Independent of order and repetition, as equality is.
        let mut hashes: Vec<u64> = self.effects.iter().map(one).collect();
        hashes.sort_unstable();
        hashes.dedup();
        hashes.hash(state);
    }
}

impl Decision {
    /// Short text for people, e.g. `return 'compost'`; effects are separated by `; `, and beyond a dozen counted: the first
    /// and the last ones are shown then. Of a long value of the program's own, such as a whole table, the beginning and the
    /// end are shown.
    pub fn describe(&self) -> String {
        self.describe_among(&[])
    }

    /// The same among the other decisions of a program: where not all effects are shown, those that most of them have are
    /// left out first, and of as common ones those in the middle. What is shown is in the order in which it is done.
    pub fn describe_among(&self, others: &[&Self]) -> String {
        let last = self.effects.len().saturating_sub(1);
        let having = |effect: &Effect| others.iter().filter(|other| other.effects.contains(effect)).count();
        let mut places: Vec<usize> = (0..self.effects.len()).collect();
        places.sort_by_cached_key(|&at| (having(&self.effects[at]), at.min(last - at), at));
        places.truncate(MAX_DESCRIBED);
        places.sort_unstable();
        let mut effects: Vec<Effect> = places.into_iter().map(|at| self.effects[at].clone()).collect();
        let more = self.effects.len() - effects.len();
        effects.iter_mut().flat_map(|effect| &mut effect.values).for_each(Rendered::shorten);
        let text = Self { effects }.to_string();
        if more == 0 { text } else { format!("{text}; and {more} more") }
    }

    /// The decision as a message names it, in so many characters at most.
    pub fn shortened(&self, most: usize) -> String {
        let text = self.to_string();
        match text.char_indices().nth(most) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        }
    }

    /// Whether another decision could be this one without any data of the API, or the other way round: `print([])` and
    /// `print([<data>])`, `print('labels: ')` and `print('labels: '<data>', ')`.
    pub(crate) fn is_same_without_data(&self, other: &Self) -> bool {
        let has_data =
            |decision: &Self| decision.effects.iter().any(|effect| effect.values.iter().any(Rendered::has_data));
        let words = |decision: &Self| {
            let mut words: Vec<String> = decision.effects.iter().map(|effect| effect.words("")).collect();
            words.sort_unstable();
            words.dedup();
            words
        };
        (has_data(self) || has_data(other)) && words(self) == words(other)
    }
}

impl Decision {
    /// Whether this one is another without some of the API's data, all else alike: `search('')` of `search(<data>)`. With as
    /// much data in both, the marks around it were chosen: `print(<data>, ':)')` is not `print(<data>, ':(')`.
    pub(crate) fn is_part_by_data(&self, other: &Self) -> bool {
        let shown = |decision: &Self, show: &dyn Fn(&Effect) -> String| {
            let mut effects: Vec<_> = decision.effects.iter().map(|effect| (effect.words(""), effect)).collect();
            effects.sort_by(|a, b| a.0.cmp(&b.0));
            effects.iter().map(|(_, effect)| show(effect)).collect::<Vec<_>>().join(";")
        };
        let words = |effect: &Effect| effect.words(DATA);
        let (own, whole) = (shown(self, &words), shown(other, &words));
        if own == whole {
            // What stands around a list's items may come in another order.
            let marked = |decision: &Self| {
                let text = shown(decision, &|effect| effect.to_string());
                let mut marks: Vec<char> = text.chars().filter(|c| !AROUND.contains(c) && !c.is_whitespace()).collect();
                marks.sort_unstable();
                marks
            };
            return marked(self) == marked(other);
        }
        let mut left = own.chars().peekable();
        let only_data = whole.chars().all(|c| left.next_if_eq(&c).is_some() || DATA.contains(c));
        only_data && left.peek().is_none()
    }
}

impl Decision {
    /// Whether another decision differs in nothing but the API's data and the number of what is printed with it: `face` and
    /// `faces` after how many there are.
    pub(crate) fn is_same_but_for_number(&self, other: &Self) -> bool {
        let words = |decision: &Self| {
            let words = |effect: &Effect| match effect.action.as_str() {
                // An empty list is one of the API's data.
                "print" if effect.values.iter().any(|value| value.has_data() || value.to_string() == "[]") => {
                    let text = effect.to_string().replace("<data>", "").replace("<number>", "");
                    let words =
                        text.split(|c: char| !c.is_alphabetic()).map(|word| word.strip_suffix('s').unwrap_or(word));
                    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
                }
                _ => effect.words(""),
            };
            decision.effects.iter().map(words).collect::<BTreeSet<String>>()
        };
        self == other || words(self) == words(other)
    }
}

impl Decision {
    /// Whether another decision differs in nothing but how many of the API's data are in a list: the parts that a pattern
    /// splits a text into.
    pub(crate) fn is_same_but_for_repeats(&self, other: &Self) -> bool {
        let shown = |decision: &Self| {
            let once = |effect: &Effect| {
                let mut text = effect.to_string();
                while text.contains(LISTED) {
                    text = text.replace(LISTED, "<data>");
                }
                text
            };
            decision.effects.iter().map(once).collect::<BTreeSet<String>>()
        };
        self == other || shown(self) == shown(other)
    }
}

/// Two of the API's data in a list.
const LISTED: &str = "<data>, <data>";

/// Marks that stand around values, and between them.
const AROUND: &[char] = &['[', ']', '{', '}', ',', '\'', '"'];

/// Stands for the API's data where decisions are compared by words.
const DATA: &str = "\u{1}";

impl Effect {
    /// The words of the program's own in it.
    pub(crate) fn chosen_words(&self) -> BTreeSet<String> {
        let mut words = BTreeSet::new();
        self.values.iter().for_each(|value| value.collect_words(&mut words));
        words
    }

    /// What is left without the marks around values, with `data` for the API's data.
    fn words(&self, data: &str) -> String {
        let values = self.values.iter().map(|value| value.words(data)).collect::<Vec<_>>().join(",");
        format!("{} {values}", self.action)
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.effects.is_empty() {
            return f.write_str("nothing");
        }
        // What is called for the value that another effect is given shows there.
        let inside = |effect: &Effect| self.effects.iter().any(|other| other.values.iter().any(|v| v.holds(effect)));
        for (i, effect) in self.effects.iter().filter(|effect| !inside(effect)).enumerate() {
            write!(f, "{}{effect}", if i == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl Rendered {
    /// Leaves out the middle of long texts.
    fn shorten(&mut self) {
        match self {
            Self::Chosen(text) | Self::Named(text) => {
                let length = text.chars().count();
                if length > LONGEST_VALUE {
                    let kept = LONGEST_VALUE / 2;
                    let (start, end) = (text.chars().take(kept), text.chars().skip(length - kept));
                    *text = start.chain(['…']).chain(end).collect();
                }
            }
            Self::Parts(values) | Self::Call { values, .. } => values.iter_mut().for_each(Self::shorten),
            Self::Keyword { value, .. } => value.shorten(),
            Self::Data | Self::Unknown => {}
        }
    }

    /// Whether data of the API is in a list: that of one item or of several, which are shown alike.
    pub(crate) fn lists_data(&self) -> bool {
        let parts = match self {
            Self::Parts(parts) => parts,
            Self::Keyword { value, .. } => return value.lists_data(),
            _ => return false,
        };
        let within = |opened: &Self| matches!(opened, Self::Chosen(text) if text.ends_with('['));
        parts.windows(2).any(|pair| within(&pair[0]) && pair[1].has_data()) || parts.iter().any(Self::lists_data)
    }

    /// Whether the value comes from this very call.
    fn holds(&self, effect: &Effect) -> bool {
        match self {
            Self::Call { callee, values } => {
                (*callee == effect.action && *values == effect.values) || values.iter().any(|value| value.holds(effect))
            }
            Self::Parts(parts) => parts.iter().any(|part| part.holds(effect)),
            Self::Keyword { value, .. } => value.holds(effect),
            Self::Chosen(_) | Self::Data | Self::Unknown | Self::Named(_) => false,
        }
    }

    /// Whether data of the API are in it.
    pub(crate) fn has_data(&self) -> bool {
        match self {
            Self::Data => true,
            Self::Call { values, .. } | Self::Parts(values) => values.iter().any(Self::has_data),
            Self::Keyword { value, .. } => value.has_data(),
            Self::Chosen(_) | Self::Unknown | Self::Named(_) => false,
        }
    }

    /// The letters, digits and pictographs, with `data` for the API's data.
    fn words(&self, data: &str) -> String {
        match self {
            Self::Data => data.to_owned(),
            Self::Parts(parts) => parts.iter().map(|part| part.words(data)).collect(),
            Self::Keyword { name, value } => format!("{name}={}", value.words(data)),
            Self::Call { callee, values } => {
                let values = values.iter().map(|value| value.words(data)).collect::<Vec<_>>().join(",");
                format!("{callee}({values})")
            }
            Self::Chosen(text) => {
                without_escapes(text).chars().filter(|c| c.is_alphanumeric() || is_pictograph(*c)).collect()
            }
            Self::Unknown | Self::Named(_) => self.to_string(),
        }
    }

    fn collect_words(&self, words: &mut BTreeSet<String>) {
        match self {
            Self::Parts(parts) => parts.iter().for_each(|part| part.collect_words(words)),
            Self::Keyword { name, value } => {
                words.extend((name != "**").then(|| name.clone()));
                value.collect_words(words);
            }
            Self::Call { values, .. } => values.iter().for_each(|value| value.collect_words(words)),
            Self::Chosen(text) => {
                let is_mark = |c: char| !c.is_alphanumeric() && !is_pictograph(c);
                let text = without_escapes(text);
                words.extend(text.split(is_mark).filter(|word| !word.is_empty()).map(str::to_owned));
            }
            Self::Data | Self::Unknown | Self::Named(_) => {}
        }
    }

    /// How many values there are in this one, itself counted.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Call { values, .. } | Self::Parts(values) => 1 + values.iter().map(Self::size).sum::<usize>(),
            Self::Keyword { value, .. } => value.size(),
            Self::Chosen(_) | Self::Data | Self::Unknown | Self::Named(_) => 1,
        }
    }
}

/// The text that Python shows with a space for every end of a line and every tab.
fn without_escapes(shown: &str) -> String {
    shown.replace("\\n", " ").replace("\\r", " ").replace("\\t", " ")
}

/// Whether the character says something by itself, as an emoji or a tick does, where a mark only stands around values:
/// an application that answers a face with a face has no other words.
fn is_pictograph(c: char) -> bool {
    matches!(c, '\u{2600}'..='\u{27bf}' | '\u{2b50}'..='\u{2b55}' | '\u{1f000}'..='\u{1faff}')
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        match self.action.as_str() {
            "return" | "raise" => write!(f, "{} {values}", self.action),
            assigned if assigned.ends_with(" =") => write!(f, "{assigned} {values}"),
            called => write!(f, "{called}({values})"),
        }
    }
}

impl fmt::Display for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chosen(text) => f.write_str(text),
            Self::Data => f.write_str("<data>"),
            Self::Unknown => f.write_str("<unknown>"),
            Self::Named(name) => f.write_str(name),
            Self::Call { callee, values } => {
                let values = values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                write!(f, "{callee}({values})")
            }
            Self::Parts(parts) => parts.iter().try_for_each(|part| part.fmt(f)),
            Self::Keyword { name, value } if name == "**" => write!(f, "**{value}"),
            Self::Keyword { name, value } => write!(f, "{name}={value}"),
        }
    }
}
