//! Dictionaries and sets: insertion order, Python's equality of keys.

use std::rc::Rc;

use foldhash::HashMap;

use super::dismantle::dismantle;
use super::value::{Growth, Value};
use super::walk::Walk;

/// How deep tuples in a key are followed.
const MAX_NESTING: u32 = 16;

/// What makes two keys the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    None,
    /// Integers, booleans and floats with an integer value.
    Int(i64),
    /// Other floats, by their bits.
    Float(u64),
    Str(Rc<str>),
    Tuple(Vec<Key>),
    /// Objects, by identity.
    Object(usize),
}

impl Key {
    /// The key of a value; `None` where Python says unhashable.
    pub(super) fn of(value: &Value<'_>, walk: &mut Walk) -> Option<Self> {
        Self::nested(value, MAX_NESTING, walk)
    }

    fn nested(value: &Value<'_>, depth: u32, walk: &mut Walk) -> Option<Self> {
        let Some(depth) = depth.checked_sub(1) else {
            walk.give_up(MAX_NESTING);
            return None;
        };
        Some(match value {
            Value::None => Self::None,
            Value::Bool(value) => Self::Int(i64::from(*value)),
            Value::Int(value, _) => Self::Int(*value),
            Value::Member(member) => Self::Int(member.number),
            Value::Float(value, _) if value.fract() == 0.0 && value.abs() < 9e15 => Self::Int(*value as i64),
            Value::Float(value, _) => Self::Float(value.to_bits()),
            Value::Str(text) => Self::Str(text.shared()),
            Value::Tuple(items) if walk.pay(items.len()) => {
                Self::Tuple(items.iter().map(|item| Self::nested(item, depth, walk)).collect::<Option<_>>()?)
            }
            Value::Tuple(_) | Value::List(_) | Value::Set(_) | Value::Dict(_) => return None,
            Value::Iterator(it) => Self::Object(Rc::as_ptr(it) as usize),
            Value::Generator(it) => Self::Object(Rc::as_ptr(it) as usize),
            Value::Function(id) => Self::Object(id.0 as usize),
            Value::Lambda(it) => Self::Object(Rc::as_ptr(it) as usize),
            Value::Builtin(name) => Self::Tuple(vec![Self::None, Self::Str(Rc::clone(name))]),
            Value::Bound(it) => Self::Object(Rc::as_ptr(it) as usize),
            Value::Api(it) => Self::Object(Rc::as_ptr(it) as usize),
            Value::Pattern(it) => Self::Object(Rc::as_ptr(it) as usize),
            Value::Match(it) => Self::Object(Rc::as_ptr(it) as usize),
            Value::Matcher(it) => Self::Object(Rc::as_ptr(it) as usize),
            Value::Enum(member) if member.is_text => Self::nested(&member.value, depth, walk)?,
            Value::Enum(member) => {
                let own = match member.bits() {
                    Some(bits) => Self::Int(bits),
                    None => Self::Str(Rc::clone(&member.name)),
                };
                Self::Tuple(vec![Self::None, Self::Str(Rc::clone(&member.class)), own])
            }
            Value::Unknown(it) => Self::Object(Rc::as_ptr(it) as usize),
        })
    }
}

/// A dictionary; a set is one whose values are `None`.
#[derive(Clone)]
pub(super) struct Table<'p> {
    entries: Vec<(Value<'p>, Value<'p>)>,
    index: HashMap<Key, usize>,
    pub(super) growth: Growth,
    /// Set when some key is unknown: a look-up that fails may be any of it.
    pub(super) unknown_keys: bool,
    /// Which of Python's dictionaries it is.
    pub(super) class: Class<'p>,
}

/// A class of dictionaries.
#[derive(Clone)]
pub(super) enum Class<'p> {
    Dict,
    Ordered,
    /// A missing key is zero, and not stored.
    Counter,
    /// A missing key gets the value that the factory makes, and is stored; without factory it raises.
    Default(Value<'p>),
    /// A table of columns; see `frame`.
    Frame,
}

impl Drop for Table<'_> {
    fn drop(&mut self) {
        dismantle(self.take());
    }
}

impl<'p> Table<'p> {
    /// Everything the table holds; the table is empty afterwards.
    pub(super) fn take(&mut self) -> Vec<Value<'p>> {
        std::mem::take(&mut self.entries).into_iter().flat_map(|(key, value)| [key, value]).collect()
    }

    pub(super) fn new(growth: Growth) -> Self {
        Self { entries: Vec::new(), index: HashMap::default(), growth, unknown_keys: false, class: Class::Dict }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many keys are unknown, but for one of them: they can all be one and the same.
    pub(super) fn doubtful(&self) -> usize {
        let unknown = || self.entries.iter().filter(|entry| entry.0.unknown_text().is_some()).count();
        if self.unknown_keys { unknown().saturating_sub(1) } else { 0 }
    }

    pub(super) fn entries(&self) -> &[(Value<'p>, Value<'p>)] {
        &self.entries
    }

    /// The entries of a `Counter`: highest count first, ties in order of insertion.
    pub(super) fn most_common(&self) -> Vec<(Value<'p>, Value<'p>)> {
        let mut entries = self.entries.clone();
        let count = |value: &Value<'p>| value.number().map_or(0.0, |(number, _)| number.as_f64());
        entries.sort_by(|a, b| count(&b.1).total_cmp(&count(&a.1)));
        entries
    }

    pub(super) fn keys(&self) -> Vec<Value<'p>> {
        self.entries.iter().map(|entry| entry.0.clone()).collect()
    }

    pub(super) fn get(&self, key: &Key) -> Option<&Value<'p>> {
        self.index.get(key).map(|&at| &self.entries[at].1)
    }

    /// The value under a key; `None` where Python says unhashable.
    #[expect(clippy::option_option, reason = "no key and no value are different answers")]
    pub(super) fn find(&self, key: &Value<'p>, walk: &mut Walk) -> Option<Option<Value<'p>>> {
        if let Value::Str(text) = key
            && let Some(place) = text.which(|| self.texts())
        {
            return Some(place.map(|at| self.entries[at].1.clone()));
        }
        Some(self.get(&Key::of(key, walk)?).cloned())
    }

    /// Whether a key is there; `None` where Python says unhashable.
    pub(super) fn has(&self, key: &Value<'p>, walk: &mut Walk) -> Option<bool> {
        if let Value::Str(text) = key
            && let Some((is_one, _)) = text.among(|| self.texts(), 0)
        {
            return Some(is_one);
        }
        Some(self.contains(&Key::of(key, walk)?))
    }

    /// The keys, if they are all texts.
    fn texts(&self) -> Option<Rc<[Rc<str>]>> {
        texts(self.entries.iter().map(|entry| &entry.0))
    }

    pub(super) fn contains(&self, key: &Key) -> bool {
        self.index.contains_key(key)
    }

    /// Sets a key; an existing one keeps its place and spelling.
    pub(super) fn insert(&mut self, key: Key, shown: Value<'p>, value: Value<'p>) {
        self.unknown_keys |= shown.unknown_text().is_some();
        if let Some(&at) = self.index.get(&key) {
            self.entries[at].1 = value;
        } else {
            self.index.insert(key, self.entries.len());
            self.entries.push((shown, value));
        }
    }

    /// Puts other values under the keys, in their order.
    pub(super) fn set_values(&mut self, values: Vec<Value<'p>>) {
        for (entry, value) in self.entries.iter_mut().zip(values) {
            entry.1 = value;
        }
    }

    pub(super) fn remove(&mut self, key: &Key) -> Option<(Value<'p>, Value<'p>)> {
        let at = self.index.remove(key)?;
        for place in self.index.values_mut() {
            if *place > at {
                *place -= 1;
            }
        }
        Some(self.entries.remove(at))
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.index.clear();
    }
}

/// What values say, if they are all texts.
pub(super) fn texts<'v, 'p: 'v>(values: impl Iterator<Item = &'v Value<'p>>) -> Option<Rc<[Rc<str>]>> {
    let text = |value: &Value<'p>| match value {
        Value::Str(text) if !text.is_unknown() => Some(text.shared()),
        _ => None,
    };
    values.map(text).collect()
}
