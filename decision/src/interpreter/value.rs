//! Python's values, with the mark of what came from the API.

use std::cell::{Cell, RefCell};
use std::ops::{Deref, Range};
use std::rc::Rc;

use foldhash::HashMap;

use super::scope::Scope;
use super::similarity::Matcher;
use super::table::{Class, Table};
use super::text::{Origin, Text};
use super::watch::Watched;
use crate::decision::Rendered;
use crate::program::{Comprehension, Expr, FunctionId, Parameter};

pub(super) type Shared<T> = Rc<RefCell<T>>;

/// A value; cloning shares containers, as assignment does in Python.
#[derive(Clone)]
pub(super) enum Value<'p> {
    None,
    Bool(bool),
    /// The number, and whether it came from the API.
    Int(i64, bool),
    /// The number, and whether it came from the API.
    Float(f64, bool),
    Str(Text),
    List(Shared<List<'p>>),
    Tuple(Rc<Tuple<'p>>),
    Set(Shared<Table<'p>>),
    Dict(Shared<Table<'p>>),
    /// `iter(...)`, `map(...)`, `zip(...)`: used up from the front.
    Iterator(Shared<Cursor<'p>>),
    Generator(Rc<Generator<'p>>),
    Function(FunctionId),
    Lambda(Rc<Lambda<'p>>),
    /// A builtin used as a value, e.g. `len` or `str.lower`.
    Builtin(Rc<str>),
    /// A method taken off its object, e.g. `scores.get`.
    Bound(Rc<(Value<'p>, String)>),
    Api(Rc<ApiObject<'p>>),
    /// A member of an enumeration of the API's: a number with a name.
    Member(Rc<Member>),
    /// A member of an enumeration of the program's own.
    Enum(Rc<EnumMember<'p>>),
    Pattern(Rc<Pattern>),
    Match(Rc<Match>),
    /// Two texts to compare, of `difflib`.
    Matcher(Rc<Matcher>),
    Unknown(Rc<Unknown<'p>>),
}

/// The items of a tuple.
pub(super) struct Tuple<'p>(pub(super) Vec<Value<'p>>);

impl<'p> Deref for Tuple<'p> {
    type Target = [Value<'p>];

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// Bytes of what is told about something unknown: a loop that goes from item to item of it would fill the memory with
/// longer and longer names.
const LONGEST_NAME: usize = 240;

/// A name that is too long, cut; no dotted name any more, as others begin alike.
fn shortened(mut name: String) -> String {
    if name.len() > LONGEST_NAME {
        let end = (0..=LONGEST_NAME).rev().find(|&at| name.is_char_boundary(at));
        name.truncate(end.unwrap_or(0));
        name.push('…');
    }
    name
}

/// How a container got its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Growth {
    /// Written out in the program.
    Fixed,
    /// One element for each of the API's: its length is data that passes through.
    Mirror,
    /// Filled under conditions.
    Grown,
    /// One element for each of an unknown collection: the one it holds stands for all.
    Sample,
}

pub(super) struct List<'p> {
    pub(super) items: Vec<Value<'p>>,
    pub(super) growth: Growth,
    pub(super) class: ListClass,
}

/// What a list is in Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListClass {
    List,
    /// A `deque`, with the most items it holds.
    Deque(Option<usize>),
    /// `dict.keys()` and its like, by class name.
    View(&'static str),
}

/// The rest of an iterator.
pub(super) struct Cursor<'p> {
    pub(super) items: std::vec::IntoIter<Value<'p>>,
    pub(super) growth: Growth,
}

/// A generator expression with the scope it was written in.
pub(super) struct Generator<'p> {
    pub(super) comprehension: &'p Comprehension,
    pub(super) scope: Rc<Scope<'p>>,
    /// Elements that `next` already took.
    pub(super) taken: Cell<usize>,
}

pub(super) struct Lambda<'p> {
    pub(super) parameters: &'p [Parameter],
    pub(super) defaults: Vec<Option<Value<'p>>>,
    pub(super) body: &'p Expr,
    pub(super) scope: Rc<Scope<'p>>,
}

/// The response or a part of it: answers attributes and keys alike.
pub(super) struct ApiObject<'p> {
    fields: Vec<ApiField<'p>>,
    /// The label that its numbers are of, if it is noted what is asked about it.
    label: Option<Watched>,
    pub(super) spelling: Spelling,
    /// What the program has put into it.
    pub(super) stored: RefCell<Vec<(String, Value<'p>)>>,
}

impl<'p> ApiObject<'p> {
    pub(super) fn new(fields: Vec<ApiField<'p>>, spelling: Spelling, label: Option<Watched>) -> Self {
        Self { fields, label, spelling, stored: RefCell::default() }
    }

    /// All that there is in it.
    pub(super) fn fields(&self) -> &[ApiField<'p>] {
        self.label.iter().for_each(Watched::ask_score);
        &self.fields
    }

    /// The field of a name in snake case.
    pub(super) fn field_of(&self, name: &str) -> Option<&ApiField<'p>> {
        let field = self.fields.iter().find(|field| *field.name == *name)?;
        if let Value::Float(..) = field.value {
            self.label.iter().for_each(Watched::ask_score);
        }
        Some(field)
    }
}

/// How an answer is written as a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// A message of protobuf.
    Message,
    /// A dictionary with keys such as `labelAnnotations`.
    Camel,
    /// A dictionary with keys such as `ModerationLabels`.
    Pascal,
}

impl Spelling {
    /// A field, which is known in snake case, as it is spelled.
    pub(super) fn key(self, field: &str) -> String {
        if self == Self::Message {
            return field.to_owned();
        }
        let mut upper = self == Self::Pascal;
        let mut key = String::with_capacity(field.len());
        for c in field.chars() {
            if c == '_' {
                upper = true;
            } else if std::mem::take(&mut upper) {
                key.push(c.to_ascii_uppercase());
            } else {
                key.push(c);
            }
        }
        key
    }
}

/// One field of an [`ApiObject`].
#[derive(Clone)]
pub(super) struct ApiField<'p> {
    /// In snake case.
    pub(super) name: Rc<str>,
    pub(super) value: Value<'p>,
    /// Whether a JSON answer has it: protobuf's leaves out what is empty, although the client's object has the attribute.
    pub(super) in_json: bool,
}

/// A member of an enumeration.
pub(super) struct Member {
    /// The enumeration, e.g. `Entity.Type`.
    pub(super) class: Rc<str>,
    pub(super) name: Rc<str>,
    pub(super) number: i64,
}

impl Member {
    /// Whether it is a truth value.
    pub(super) fn is_flag(&self) -> bool {
        &*self.class == "bool"
    }
}

/// A member of a class that extends `enum.Enum`.
pub(super) struct EnumMember<'p> {
    pub(super) class: Rc<str>,
    pub(super) name: Rc<str>,
    pub(super) value: Value<'p>,
    /// The class extends `str`, too: a member is the text that is its value.
    pub(super) is_text: bool,
    /// The class extends `enum.Flag`: members can be put together, and are alike where their values are.
    pub(super) is_flag: bool,
}

/// A compiled regular expression.
pub(super) struct Pattern {
    pub(super) regex: regex::Regex,
    pub(super) source: Rc<str>,
    /// By name, as `re.I|re.M`.
    pub(super) flags: Rc<str>,
}

/// A match of a regular expression.
pub(super) struct Match {
    /// The groups, the whole match first.
    pub(super) groups: Vec<Option<Group>>,
    pub(super) names: HashMap<String, usize>,
    /// The text that it was found in.
    pub(super) subject: Text,
}

/// What a group of a regular expression matched.
pub(super) struct Group {
    pub(super) text: Text,
    /// Where it stands in the text, in bytes.
    pub(super) place: Range<usize>,
}

/// A value that the program does not determine. What the program itself stored on it can be read back.
pub(super) struct Unknown<'p> {
    /// As written in the source, e.g. `request.files`.
    pub(super) text: String,
    /// As it shows in a decision.
    pub(super) shown: Rendered,
    /// Whether it only holds the values that the program gave it, and shows by them.
    pub(super) is_record: bool,
    /// An object that the program made by a class is true.
    pub(super) is_object: bool,
    pub(super) stored: RefCell<HashMap<String, Value<'p>>>,
}

impl<'p> Unknown<'p> {
    /// An object that the program made, of the class of this name.
    pub(super) fn object(class: String, stored: impl Iterator<Item = (String, Value<'p>)>) -> Self {
        Self {
            text: class,
            shown: Rendered::Unknown,
            is_record: true,
            is_object: true,
            stored: RefCell::new(stored.collect()),
        }
    }
}

impl Value<'_> {
    pub(super) fn str(string: impl Into<Rc<str>>) -> Self {
        Self::Str(Text::program(string))
    }

    pub(super) fn data(string: impl Into<Rc<str>>) -> Self {
        Self::Str(Text::new(string, Origin::Api))
    }

    /// A truth value of the API's: a member of `bool`, since [`Value::Bool`] does not remember where it came from.
    pub(super) fn data_flag(value: bool) -> Self {
        let name = if value { "True" } else { "False" };
        Self::Member(Rc::new(Member { class: "bool".into(), name: name.into(), number: i64::from(value) }))
    }

    pub(super) fn int(value: i64) -> Self {
        Self::Int(value, false)
    }

    pub(super) fn list(items: Vec<Self>, growth: Growth) -> Self {
        Self::list_of(ListClass::List, items, growth)
    }

    pub(super) fn list_of(class: ListClass, items: Vec<Self>, growth: Growth) -> Self {
        Self::List(Rc::new(RefCell::new(List { items, growth, class })))
    }

    pub(super) fn iterator(items: Vec<Self>, growth: Growth) -> Self {
        Self::Iterator(Rc::new(RefCell::new(Cursor { items: items.into_iter(), growth })))
    }

    pub(super) fn tuple(items: Vec<Self>) -> Self {
        Self::Tuple(Rc::new(Tuple(items)))
    }

    pub(super) fn unknown(text: impl Into<String>) -> Self {
        let text = shortened(text.into());
        let shown = if is_dotted_name(&text) { Rendered::Named(text.clone()) } else { Rendered::Unknown };
        Self::unknown_shown(text, shown)
    }

    pub(super) fn unknown_shown(text: impl Into<String>, shown: Rendered) -> Self {
        Self::Unknown(Rc::new(Unknown {
            text: shortened(text.into()),
            shown,
            is_record: false,
            is_object: false,
            stored: RefCell::default(),
        }))
    }

    /// An object of a class outside the program, which holds what it was given by name.
    pub(super) fn object(text: String, shown: Rendered, fields: impl IntoIterator<Item = (String, Self)>) -> Self {
        let stored = fields.into_iter().map(|(name, value)| (format!(".{name}"), value)).collect();
        Self::Unknown(Rc::new(Unknown {
            text: shortened(text),
            shown,
            is_record: false,
            is_object: true,
            stored: RefCell::new(stored),
        }))
    }

    /// An object that holds these fields.
    pub(super) fn record(fields: impl IntoIterator<Item = (String, Self)>) -> Self {
        let stored = fields.into_iter().map(|(name, value)| (format!(".{name}"), value)).collect();
        let (text, shown) = ("an object".to_owned(), Rendered::Unknown);
        Self::Unknown(Rc::new(Unknown { text, shown, is_record: true, is_object: true, stored: RefCell::new(stored) }))
    }

    /// Items of lists that were filled, this one and those in it.
    pub(super) fn listed(&self) -> usize {
        let of_list = |list: &List<'_>| if list.growth == Growth::Fixed { 0 } else { list.items.len() };
        let inner = |value: &Self| if let Self::List(list) = value { of_list(&list.borrow()) } else { 0 };
        match self {
            Self::List(list) => of_list(&list.borrow()),
            Self::Dict(dict) => dict.borrow().entries().iter().map(|entry| inner(&entry.1)).sum(),
            Self::Tuple(items) => items.iter().map(inner).sum(),
            Self::Api(answer) => answer.stored.borrow().iter().map(|stored| inner(&stored.1)).sum(),
            _ => 0,
        }
    }

    /// The text that a member of an enumeration of texts is; any other value itself.
    pub(super) fn as_text(&self) -> &Self {
        match self {
            Self::Enum(member) if member.is_text => &member.value,
            other => other,
        }
    }

    /// What is unknown about the value itself, if anything.
    pub(super) fn unknown_text(&self) -> Option<String> {
        match self {
            Self::Unknown(unknown) => Some(unknown.text.clone()),
            Self::Str(text) if text.is_unknown() => {
                let named = text.pieces().into_iter().find(|piece| piece.1 == Origin::Unknown);
                Some(named.map_or_else(String::new, |piece| piece.0.to_owned()))
            }
            _ => None,
        }
    }

    /// Whether the value itself came from the API (for a container: its length).
    pub(super) fn is_data(&self) -> bool {
        match self {
            Self::Int(_, data) | Self::Float(_, data) => *data,
            Self::Str(text) => text.is_data(),
            Self::List(list) => list.borrow().growth == Growth::Mirror,
            Self::Set(table) | Self::Dict(table) => table.borrow().growth == Growth::Mirror,
            Self::Iterator(cursor) => cursor.borrow().growth == Growth::Mirror,
            Self::Match(found) => found.subject.is_data(),
            Self::Api(_) | Self::Member(_) => true,
            _ => false,
        }
    }

    /// As a number of the API's, where it is a number.
    pub(super) fn into_data(self) -> Self {
        match self {
            Self::Int(value, _) => Self::Int(value, true),
            Self::Float(value, _) => Self::Float(value, true),
            other => other,
        }
    }

    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::None => "NoneType",
            Self::Bool(_) => "bool",
            Self::Member(member) if member.is_flag() => "bool",
            Self::Int(..) | Self::Member(_) => "int",
            Self::Float(..) => "float",
            Self::Str(_) => "str",
            Self::List(list) => match list.borrow().class {
                ListClass::List => "list",
                ListClass::Deque(_) => "deque",
                ListClass::View(name) => name,
            },
            Self::Tuple(_) => "tuple",
            Self::Set(_) => "set",
            Self::Dict(dict) => match dict.borrow().class {
                Class::Dict => "dict",
                Class::Ordered => "OrderedDict",
                Class::Counter => "Counter",
                Class::Default(_) => "defaultdict",
                Class::Frame => "DataFrame",
            },
            Self::Iterator(_) => "iterator",
            Self::Generator(_) => "generator",
            Self::Function(_) | Self::Lambda(_) => "function",
            Self::Builtin(_) | Self::Bound(_) => "builtin_function_or_method",
            Self::Api(_) => "response",
            Self::Pattern(_) => "re.Pattern",
            Self::Match(_) => "re.Match",
            Self::Matcher(_) => "SequenceMatcher",
            Self::Enum(member) if member.is_text => "str",
            Self::Enum(_) => "Enum",
            Self::Unknown(_) => "object",
        }
    }

    /// The number, for arithmetic; booleans count as 0 and 1.
    pub(super) fn number(&self) -> Option<(Number, bool)> {
        match self {
            Self::Bool(value) => Some((Number::Int(i64::from(*value)), false)),
            Self::Int(value, data) => Some((Number::Int(*value), *data)),
            Self::Float(value, data) => Some((Number::Float(*value), *data)),
            Self::Member(member) => Some((Number::Int(member.number), true)),
            _ => None,
        }
    }
}

/// Whether a text is a name of the source, e.g. `GPIO.HIGH`, not a description.
pub(super) fn is_dotted_name(text: &str) -> bool {
    let is_name = |part: &str| {
        part.chars().all(|c| c == '_' || c.is_alphanumeric()) && !part.starts_with(|c: char| c.is_ascii_digit())
    };
    text.split('.').all(|part| !part.is_empty() && is_name(part))
}

/// A Python number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    Int(i64),
    Float(f64),
}

impl Number {
    pub(super) fn as_f64(self) -> f64 {
        match self {
            Self::Int(value) => value as f64,
            Self::Float(value) => value,
        }
    }

    pub(super) fn into_value<'p>(self, data: bool) -> Value<'p> {
        match self {
            Self::Int(value) => Value::Int(value, data),
            Self::Float(value) => Value::Float(value, data),
        }
    }
}
