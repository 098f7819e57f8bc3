//! Iteration, attributes, items and slices.

use std::rc::Rc;

use super::frame::{has_columns, is_column, is_frame, rows};
use super::machine::{Machine, Run, raise};
use super::table::{Class, Key};
use super::value::{Growth, ListClass, Unknown, Value};
use super::watch::Change;
use crate::decision::Rendered;
use crate::program::Span;

/// Items that are copied in a step, where a loop may end before it has come to them.
const COPIED: usize = 8;

/// Characters that are counted in a step.
pub(super) const COUNTED: usize = 64;

/// What is called for each item; false ends the iteration.
type Each<'p, 'f, M> = &'f mut dyn FnMut(&mut M, Value<'p>) -> Run<bool>;

impl<'p> Machine<'p, '_> {
    /// Calls `each` with every item until it says false, and says how a collection of all would get its length.
    /// Generators run only as far as that.
    pub(super) fn each(&mut self, iterable: &Value<'p>, span: Span, each: Each<'p, '_, Self>) -> Run<Growth> {
        let growth = self.growth(iterable);
        let sampled = u32::from(growth == Growth::Sample);
        self.sampling += sampled;
        let result = self.each_item(iterable, span, each);
        self.sampling -= sampled;
        result.map(|own| own.unwrap_or(growth))
    }

    /// As [`Machine::each`]; a generator knows only at its end how it got its length.
    fn each_item(&mut self, iterable: &Value<'p>, span: Span, each: Each<'p, '_, Self>) -> Run<Option<Growth>> {
        match iterable {
            Value::List(list) => {
                // Python reads the list as it is at each turn, so that a body may change it.
                let mut at = 0;
                loop {
                    let item = list.borrow().items.get(at).cloned();
                    let Some(item) = item else { return Ok(None) };
                    self.charge(1, span)?;
                    if !each(self, item)? {
                        return Ok(None);
                    }
                    at += 1;
                }
            }
            Value::Iterator(cursor) => loop {
                let item = cursor.borrow_mut().items.next();
                let Some(item) = item else { return Ok(None) };
                if !each(self, item)? {
                    return Ok(None);
                }
            },
            Value::Generator(generator) => {
                let generator = Rc::clone(generator);
                let skipped = generator.taken.get();
                let mut seen = 0;
                let growth = self.comprehend(generator.comprehension, Rc::clone(&generator.scope), &mut |machine| {
                    machine.charge(1, span)?;
                    seen += 1;
                    if seen <= skipped {
                        return Ok(true);
                    }
                    generator.taken.set(seen);
                    let element = machine.eval(&generator.comprehension.element)?;
                    // The body belongs to the scope around the generator, not to the generator's own.
                    let own = machine.scopes.pop();
                    let result = each(machine, element);
                    machine.scopes.extend(own);
                    result
                })?;
                Ok(Some(growth))
            }
            // One turn stands for all: nothing tells the items of an unknown collection apart.
            Value::Unknown(unknown) if unknown.is_of_class() => {
                let Some(items) = self.special(iterable, "__iter__", Vec::new(), span)? else {
                    return raise("TypeError");
                };
                // An object that gives itself as its iterator is not followed.
                let items = if matches!(items, Value::Unknown(_)) { Value::unknown("an iterator") } else { items };
                self.each(&items, span, each).map(Some)
            }
            Value::Unknown(unknown) => {
                let item = Value::unknown(format!("an item of {}", unknown.text));
                each(self, item)?;
                Ok(None)
            }
            _ => {
                for item in self.snapshot(iterable, span)? {
                    self.charge(1, span)?;
                    if !each(self, item)? {
                        break;
                    }
                }
                Ok(None)
            }
        }
    }

    fn snapshot(&mut self, iterable: &Value<'p>, span: Span) -> Run<Vec<Value<'p>>> {
        let copied = match iterable {
            Value::Tuple(items) => items.len(),
            Value::Set(table) | Value::Dict(table) => table.borrow().len(),
            Value::Str(text) => text.as_str().len(),
            _ => 0,
        };
        self.charge(copied / COPIED, span)?;
        match iterable {
            Value::Tuple(items) => Ok(items.to_vec()),
            Value::Set(table) | Value::Dict(table) => Ok(table.borrow().keys()),
            Value::Str(text) if text.is_unknown() => Ok(vec![Value::unknown(text.as_str())]),
            Value::Str(text) => Ok(text.as_str().chars().map(|c| Value::Str(text.derive(c.to_string()))).collect()),
            // A protobuf list inside a response is a list; the response itself cannot be iterated, a JSON object can.
            Value::Api(object) => {
                let fields = object.fields().iter().filter(|field| field.in_json);
                Ok(fields.map(|field| Value::str(object.spelling.key(&field.name))).collect())
            }
            _ => raise("TypeError"),
        }
    }

    /// All items.
    pub(super) fn items(&mut self, iterable: &Value<'p>, span: Span) -> Run<Vec<Value<'p>>> {
        let mut items = Vec::new();
        self.each(iterable, span, &mut |machine, item| {
            machine.charge(1, span)?;
            items.push(item);
            Ok(true)
        })?;
        Ok(items)
    }

    /// How a collection made from all items of `iterable` gets its length.
    #[expect(clippy::unused_self, reason = "reads as part of the run at every call")]
    pub(super) fn growth(&self, iterable: &Value<'p>) -> Growth {
        match iterable {
            Value::List(list) => list.borrow().growth,
            Value::Set(table) | Value::Dict(table) => table.borrow().growth,
            Value::Iterator(cursor) => cursor.borrow().growth,
            Value::Generator(_) => Growth::Grown,
            Value::Unknown(_) => Growth::Sample,
            _ => Growth::Fixed,
        }
    }

    // === Attributes and items ===

    /// A part of something unknown: read twice it is the same unknown.
    fn part(unknown: &Unknown<'p>, place: String) -> Value<'p> {
        if let Some(value) = unknown.stored.borrow().get(&place) {
            return value.clone();
        }
        let value = Value::unknown(format!("{}{place}", unknown.text));
        unknown.stored.borrow_mut().insert(place, value.clone());
        value
    }

    /// What something outside that has a name holds under a key of the program's own: `os.environ["QUEUE"]` is not
    /// `os.environ["OTHER"]`.
    fn entry(unknown: &Unknown<'p>, place: String) -> Value<'p> {
        let value = Self::part(unknown, place.clone());
        match (&value, &unknown.shown) {
            (Value::Unknown(known), Rendered::Named(name)) if matches!(known.shown, Rendered::Unknown) => {
                let text = format!("{name}{place}");
                let named = Value::unknown_shown(known.text.clone(), Rendered::Named(text));
                unknown.stored.borrow_mut().insert(place, named.clone());
                named
            }
            _ => value,
        }
    }

    pub(super) fn attribute(&mut self, object: &Value<'p>, name: &str) -> Run<Value<'p>> {
        match object {
            Value::Unknown(unknown) => match self.of_class(unknown, name)? {
                Some(value) => Ok(value),
                None => Ok(Self::part(unknown, format!(".{name}"))),
            },
            // The body of an HTTP answer, which is read as JSON next.
            Value::Api(answer) if matches!(name, "content" | "text" | "data") && answer.is_body_without(name) => {
                Ok(object.clone())
            }
            // A JSON object's method taken off it: `max(scores, key=scores.get)`.
            Value::Api(answer) if name == "get" && answer.is_body_without(name) => {
                Ok(Value::Bound(Rc::new((object.clone(), name.to_owned()))))
            }
            Value::Api(object) => Ok(object.attribute(name)),
            Value::Member(member) if !member.is_flag() => match name {
                "name" => Ok(Value::data(std::rc::Rc::clone(&member.name))),
                "value" => Ok(Value::Int(member.number, true)),
                _ => raise("AttributeError"),
            },
            Value::Enum(member) => member.attribute(name),
            // A member of a library's enumeration, which is lowered to its number.
            Value::Int(_, false) if name == "value" => Ok(object.clone()),
            Value::Int(_, false) if name == "name" => Ok(Value::unknown("a member's name")),
            Value::Builtin(builtin) => Ok(Value::Builtin(format!("{builtin}.{name}").into())),
            Value::Match(found) if name == "string" => Ok(Value::Str(found.subject.clone())),
            Value::Pattern(pattern) if name == "pattern" => Ok(Value::str(Rc::clone(&pattern.source))),
            Value::Dict(frame) if is_frame(&frame.borrow()) => {
                let frame = frame.borrow();
                match frame.get(&Key::Str(name.into())) {
                    Some(column) => Ok(column.clone()),
                    None if name == "empty" => Ok(Value::data_flag(rows(&frame) == 0)),
                    None => Ok(Value::Bound(Rc::new((object.clone(), name.to_owned())))),
                }
            }
            Value::None
            | Value::Bool(_)
            | Value::Int(..)
            | Value::Member(_)
            | Value::Float(..)
            | Value::Function(_)
            | Value::Lambda(_) => raise("AttributeError"),
            other => Ok(Value::Bound(Rc::new((other.clone(), name.to_owned())))),
        }
    }

    /// An item of something that the program does not determine: rows of a table from outside, or what an object of the
    /// program's own gives.
    fn item_outside(
        &mut self,
        object: &Value<'p>,
        unknown: &Rc<Unknown<'p>>,
        index: &Value<'p>,
        span: Span,
    ) -> Run<Value<'p>> {
        if let Value::List(mask) = index
            && is_mask(index)
            && has_columns(unknown)
        {
            return self.masked_outside(unknown, mask, span);
        }
        if let Some(value) = self.special(object, "__getitem__", vec![index.clone()], span)? {
            return Ok(value);
        }
        let place = format!("[{}]", self.repr(index, span)?.as_str());
        let is_own = matches!(index, Value::Str(key) if key.is_plain());
        Ok(if is_own { Self::entry(unknown, place) } else { Self::part(unknown, place) })
    }

    /// An item that something outside picks: which one is not known, but from what, if that is no data of the answer.
    fn item_among(&mut self, items: &[Value<'p>], span: Span) -> Run<Value<'p>> {
        let mut parts = vec![Rendered::Chosen("[".to_owned())];
        for (at, item) in items.iter().take(MAX_NAMED).enumerate() {
            parts.extend((at > 0).then(|| Rendered::Chosen(", ".to_owned())));
            parts.push(self.render(item, span)?);
        }
        let end = if items.len() > MAX_NAMED { ", ...]" } else { "]" };
        parts.push(Rendered::Chosen(end.to_owned()));
        let among = Rendered::Parts(parts);
        // What picks among items that were picked themselves would grow with every step.
        if items.is_empty() || among.has_data() || among.size() >= MAX_SHOWN {
            return Ok(unknown_item());
        }
        let text = format!("an item of {among}");
        Ok(Value::unknown_shown(text, Rendered::Parts(vec![Rendered::Chosen("an item of ".to_owned()), among])))
    }

    pub(super) fn item(&mut self, object: &Value<'p>, index: &Value<'p>, span: Span) -> Run<Value<'p>> {
        match object {
            Value::Unknown(unknown) => self.item_outside(object, unknown, index, span),
            Value::Dict(frame) if is_frame(&frame.borrow()) && is_mask(index) => match index {
                Value::List(mask) => self.masked(frame, mask, span),
                _ => raise("TypeError"),
            },
            Value::Bound(bound) if bound.1 == "loc" && is_mask(index) => self.item(&bound.0, index, span),
            Value::Dict(dict) => {
                let found = self.walk(span, |walk| dict.borrow().find(index, walk))?;
                let Some(found) = found else { return raise("TypeError") };
                if let Some(name) = found.as_ref().and_then(|item| named_by(index, item)) {
                    return Ok(name);
                }
                self.inspect_pair(index, object);
                if let Some(value) = found {
                    return Ok(value);
                }
                if index.unknown_text().is_some() || dict.borrow().unknown_keys {
                    return Ok(Value::unknown("an item under an unknown key"));
                }
                let class = dict.borrow().class.clone();
                match class {
                    Class::Dict | Class::Ordered | Class::Frame | Class::Default(Value::None) => raise("KeyError"),
                    Class::Counter => Ok(Value::int(0)),
                    Class::Default(factory) => {
                        let value =
                            self.call_value(&factory, super::expressions::Args::positional(Vec::new()), span)?;
                        let key = self.key(index, span)?;
                        let mut dict = dict.borrow_mut();
                        dict.growth = if dict.growth == Growth::Mirror { Growth::Mirror } else { Growth::Grown };
                        dict.insert(key, index.clone(), value.clone());
                        Ok(value)
                    }
                }
            }
            Value::Api(object) => match index {
                Value::Str(key) if !key.is_unknown() => {
                    if let Some(value) = object.key(key.as_str()) {
                        return Ok(value);
                    }
                    self.looked();
                    raise("KeyError")
                }
                Value::Unknown(_) | Value::Str(_) => Ok(Value::unknown("an item of the response")),
                _ => raise("TypeError"),
            },
            Value::Match(found) => found.group(index),
            Value::List(list) => {
                let length = list.borrow().items.len();
                // Beyond the end of the API's list raises: how many there are was looked at.
                if list.borrow().growth == Growth::Mirror && matches!(index, Value::Int(at, _) if *at >= length as i64)
                {
                    self.looked();
                }
                if index.unknown_text().is_some() {
                    // Whichever it is of one that is not the API's, it is that one.
                    let (some, growth) = {
                        let list = list.borrow();
                        (list.items.iter().take(MAX_NAMED + 1).cloned().collect::<Vec<_>>(), list.growth)
                    };
                    return match some.as_slice() {
                        [only] if growth != Growth::Mirror => Ok(only.clone()),
                        _ if matches!(growth, Growth::Mirror | Growth::Sample) => Ok(unknown_item()),
                        some => self.item_among(some, span),
                    };
                }
                if list.borrow().growth == Growth::Sample && !matches!(index, Value::Int(0 | -1, _)) {
                    return Ok(Value::unknown("an item of an unknown collection"));
                }
                // A column is asked for a row by its number.
                let is_column = matches!(list.borrow().class, ListClass::View("Series"));
                if is_column && matches!(index, Value::Int(at, _) if *at < 0 || *at >= length as i64) {
                    return raise("KeyError");
                }
                let at = self.index_in(index, length, span)?;
                let item = list.borrow().items[at].clone();
                Ok(self.chosen_by(index, item))
            }
            Value::Tuple(items) => {
                if index.unknown_text().is_some() {
                    return self.item_among(&items[..items.len().min(MAX_NAMED + 1)], span);
                }
                let at = self.index_in(index, items.len(), span)?;
                Ok(self.chosen_by(index, items[at].clone()))
            }
            Value::Str(text) => {
                if let Some(what) =
                    text.is_unknown().then(|| object.unknown_text()).flatten().or_else(|| index.unknown_text())
                {
                    return Ok(Value::unknown(what));
                }
                self.charge(text.as_str().len() / COUNTED, span)?;
                let at = self.index_in(index, text.as_str().chars().count(), span)?;
                let character = text.as_str().chars().nth(at).map(String::from).unwrap_or_default();
                Ok(Value::Str(text.derive(character)))
            }
            _ => raise("TypeError"),
        }
    }

    /// An item that a number of the API's picks from the program's own: chosen, unless it is that number's name.
    fn chosen_by(&mut self, index: &Value<'p>, item: Value<'p>) -> Value<'p> {
        if !index.is_data() {
            return item;
        }
        named_by(index, &item).unwrap_or_else(|| {
            self.looked();
            item
        })
    }

    /// An index as Python counts it, checked against the length.
    pub(super) fn index_in(&mut self, index: &Value<'p>, length: usize, span: Span) -> Run<usize> {
        let at = match index {
            Value::Int(at, _) => *at,
            Value::Member(member) => member.number,
            Value::Bool(at) => i64::from(*at),
            Value::Unknown(unknown) => return Err(self.undetermined(span, unknown.text.clone())),
            _ => return raise("TypeError"),
        };
        let at = if at < 0 { at.saturating_add(length as i64) } else { at };
        match usize::try_from(at) {
            Ok(at) if at < length => Ok(at),
            _ => raise("IndexError"),
        }
    }

    pub(super) fn slice(&mut self, object: &Value<'p>, bounds: &[Value<'p>; 3], span: Span) -> Run<Value<'p>> {
        let unknown = bounds.iter().chain([object]).find_map(Value::unknown_text);
        if let Some(what) = unknown {
            // What is known in a text of which a part is taken, such as the words put in place of others, is in one of them.
            self.send(std::slice::from_ref(object));
            return Ok(Value::unknown(format!("{what}[:]")));
        }
        let mut numbers = [None; 3];
        for (number, bound) in numbers.iter_mut().zip(bounds) {
            *number = match bound {
                Value::None => None,
                Value::Int(at, _) => Some(*at),
                Value::Bool(at) => Some(i64::from(*at)),
                // Places in a text that the API gives are whole numbers.
                Value::Float(at, true) => Some(*at as i64),
                _ => return raise("TypeError"),
            };
        }
        if numbers[2] == Some(0) {
            return raise("ValueError");
        }
        match object {
            Value::List(list) => {
                let list = list.borrow();
                let picked = places(numbers, list.items.len());
                self.charge(picked.len(), span)?;
                // From where a test of the API's data has led to, it is no longer one element for each of the API's.
                let is_chosen = self.looks > 0 && bounds.iter().any(Value::is_data);
                let growth = if is_chosen && list.growth == Growth::Mirror { Growth::Grown } else { list.growth };
                Ok(Value::list(picked.into_iter().map(|at| list.items[at].clone()).collect(), growth))
            }
            Value::Tuple(items) => {
                let picked = places(numbers, items.len());
                self.charge(picked.len(), span)?;
                Ok(Value::tuple(picked.into_iter().map(|at| items[at].clone()).collect::<Vec<_>>()))
            }
            Value::Str(text) => {
                self.charge(text.cost_of_characters(), span)?;
                let picked = text.changed(Change::Slice(numbers));
                Ok(Value::Str(picked.unwrap_or_else(|| text.derive(sliced(text.as_str(), numbers)))))
            }
            _ => raise("TypeError"),
        }
    }
}

/// The characters of a text from one place to another, in steps.
pub(super) fn sliced(text: &str, bounds: [Option<i64>; 3]) -> String {
    let characters: Vec<char> = text.chars().collect();
    places(bounds, characters.len()).into_iter().map(|at| characters[at]).collect()
}

/// The indices that a slice picks, as Python's `slice.indices` gives them.
fn places([start, stop, step]: [Option<i64>; 3], length: usize) -> Vec<usize> {
    let length = length as i64;
    let step = step.unwrap_or(1);
    let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let clamp = |at: i64| if at < 0 { at.saturating_add(length).max(low) } else { at.min(high) };
    let mut at = start.map_or(if step > 0 { low } else { high }, clamp);
    let stop = stop.map_or(if step > 0 { high } else { low }, clamp);
    let mut picked = Vec::new();
    while (step > 0 && at < stop) || (step < 0 && at > stop) {
        picked.push(at as usize);
        at = at.saturating_add(step);
    }
    picked
}

/// So many items of a collection say which one it is.
const MAX_NAMED: usize = 3;

/// Values in them of which no more is shown.
const MAX_SHOWN: usize = 40;

/// An item of a collection of which no more is known.
fn unknown_item<'p>() -> Value<'p> {
    Value::unknown("an item at an unknown index")
}

/// Whether this is a column of truth values, by which rows of a frame are picked.
fn is_mask(index: &Value<'_>) -> bool {
    let is_flag = |item: &Value<'_>| matches!(item, Value::Bool(_) | Value::Unknown(_));
    matches!(index, Value::List(list) if is_column(&list.borrow()) && list.borrow().items.iter().all(is_flag))
}

/// The item as data of the API, where it is only another name of the member that picks it: its number, or its words.
pub(super) fn named_by<'p>(index: &Value<'p>, item: &Value<'p>) -> Option<Value<'p>> {
    match (index, item) {
        (Value::Member(member), Value::Str(text)) if is_name_of(&member.name, text.as_str()) => {
            Some(Value::data(text.as_str()))
        }
        (Value::Member(member), Value::Int(number, _)) if !member.is_flag() && member.number == *number => {
            Some(item.clone().into_data())
        }
        _ => None,
    }
}

/// `Very likely` is `VERY_LIKELY`, and so is `very likely`; `Possibly` is `POSSIBLE`.
fn is_name_of(member: &str, text: &str) -> bool {
    /// Letters that a word and another form of it have in common.
    const STEM: usize = 5;
    let text = text.to_ascii_uppercase();
    let mut words = text.split([' ', '-', '_']).filter(|word| !word.is_empty());
    let alike = |one: &str, other: &str| {
        let stem = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
        one == other || (stem >= STEM && one.len().abs_diff(other.len()) <= 2)
    };
    member.split('_').all(|part| words.next().is_some_and(|word| alike(part, word))) && words.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::is_name_of;

    #[test]
    fn names_of_members_are_known_in_other_forms() {
        for (member, text) in
            [("VERY_LIKELY", "Very likely"), ("POSSIBLE", "Possibly"), ("UNLIKELY", "unlikely"), ("UNKNOWN", "Unknown")]
        {
            assert!(is_name_of(member, text), "{text}");
        }
        for (member, text) in
            [("LIKELY", "VERY_LIKELY"), ("VERY_LIKELY", "LIKELY"), ("LIKELY", "yes"), ("POSSIBLE", "")]
        {
            assert!(!is_name_of(member, text), "{text}");
        }
    }
}
