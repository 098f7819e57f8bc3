//! Methods of lists, tuples, dictionaries and sets.

use std::rc::Rc;

use super::expressions::Args;
use super::frame::is_column;
use super::machine::{Machine, Run, raise};
use super::sequences::named_by;
use super::table::{Class, Key, Table};
use super::value::{Growth, List, ListClass, Number, Shared, Tuple, Value};
use crate::program::Span;

/// Items that are moved up by a place in a step.
const MOVED: usize = 16;

/// Methods of lists and sets, which no dictionary has.
const OF_LISTS: &[&str] =
    &["append", "extend", "insert", "remove", "sort", "reverse", "index", "count", "add", "discard"];

/// Methods of texts and dictionaries, which no list has.
const OF_OTHERS: &[&str] = &[
    "lower",
    "upper",
    "title",
    "capitalize",
    "casefold",
    "strip",
    "lstrip",
    "rstrip",
    "split",
    "rsplit",
    "splitlines",
    "replace",
    "startswith",
    "endswith",
    "find",
    "format",
    "join",
    "encode",
    "decode",
    "isdigit",
    "isalpha",
    "get",
    "keys",
    "values",
    "items",
    "setdefault",
    "update",
    "add",
    "discard",
];

impl<'p> Machine<'p, '_> {
    pub(super) fn list_method(
        &mut self,
        object: &Value<'p>,
        list: &Shared<List<'p>>,
        name: &str,
        args: &Args<'p>,
        span: Span,
    ) -> Run<Value<'p>> {
        if matches!(list.borrow().class, ListClass::Deque(_))
            && let Some(result) = self.deque_method(object, list, name, args, span)?
        {
            return Ok(result);
        }
        if is_column(&list.borrow())
            && let Some(result) = self.column_method(object, list, name, args, span)?
        {
            return Ok(result);
        }
        match (name, args.positional.as_slice()) {
            ("append" | "add", [item]) => {
                self.grow(list);
                list.borrow_mut().items.push(item.clone());
            }
            ("insert", [Value::Int(at, _), item]) => {
                self.grow(list);
                let length = list.borrow().items.len() as i64;
                let at = if *at < 0 { (at.saturating_add(length)).max(0) } else { (*at).min(length) };
                self.charge(length as usize, span)?;
                list.borrow_mut().items.insert(at as usize, item.clone());
            }
            ("extend", [more]) => {
                let growth = self.growth(more);
                let more = self.items(more, span)?;
                if list.borrow().items.is_empty() && growth == Growth::Mirror {
                    list.borrow_mut().growth = growth;
                } else if !more.is_empty() {
                    self.grow(list);
                }
                list.borrow_mut().items.extend(more);
            }
            ("pop", _) => {
                self.inspect(object);
                let length = list.borrow().items.len();
                let at = self.index_in(args.get(0).unwrap_or(&Value::int(-1)), length, span)?;
                self.charge(length, span)?;
                return Ok(list.borrow_mut().items.remove(at));
            }
            ("remove", [item]) => {
                self.inspect_pair(object, item);
                let at = self.places_of(item, &list.borrow().items, 1, span)?.first().copied();
                let Some(at) = at else { return raise("ValueError") };
                list.borrow_mut().items.remove(at);
            }
            ("clear", []) => list.borrow_mut().items.clear(),
            ("reverse", []) => {
                self.charge(list.borrow().items.len(), span)?;
                list.borrow_mut().items.reverse();
            }
            ("copy", []) => {
                let list = list.borrow();
                self.charge(list.items.len(), span)?;
                return Ok(Value::list_of(list.class, list.items.clone(), list.growth));
            }
            ("sort", _) => {
                let items = list.borrow().items.clone();
                let sorted = self.sorted(items, args, span)?;
                list.borrow_mut().items = sorted;
            }
            ("index", [item, bounds @ ..]) => {
                self.inspect_pair(object, item);
                let items = list.borrow();
                let place = self.index_of(item, &items.items, bounds, span)?;
                // Where it is among the API's says the answer.
                return Ok(if items.growth == Growth::Mirror { place.into_data() } else { place });
            }
            ("count", [item]) => {
                self.inspect_pair(object, item);
                let count = self.places_of(item, &list.borrow().items, usize::MAX, span)?.len();
                return Ok(Value::int(count as i64));
            }
            ("__contains__", [item]) => {
                return self.compare(item, crate::program::CompareOp::In, object, span);
            }
            ("append" | "insert" | "extend" | "remove" | "index" | "count", _) => return raise("TypeError"),
            (name, _) if OF_OTHERS.contains(&name) => return raise("AttributeError"),
            // A list that was put into a table of pandas, or an array of numpy, is a list here and has their methods.
            _ => return Ok(Value::unknown(format!("{name}(...)"))),
        }
        Ok(Value::None)
    }

    /// Methods that a column of a frame has of its own.
    fn column_method(
        &mut self,
        object: &Value<'p>,
        list: &Shared<List<'p>>,
        name: &str,
        args: &Args<'p>,
        span: Span,
    ) -> Run<Option<Value<'p>>> {
        let of_all = |name: &str, machine: &mut Self| {
            machine.call_builtin(name, Args::positional(vec![object.clone()]), span).map(Some)
        };
        match (name, args.positional.as_slice()) {
            ("tolist" | "to_list", _) => {
                let List { items, growth, .. } = &*list.borrow();
                self.charge(items.len(), span)?;
                Ok(Some(Value::list(items.clone(), *growth)))
            }
            ("mean", []) => of_all("numpy.mean", self),
            ("sum" | "max" | "min" | "any" | "all", []) => of_all(name, self),
            ("value_counts", []) if args.keywords.is_empty() => self.value_counts(object, span).map(Some),
            ("unique", []) if args.keywords.is_empty() => self.unique(list, span).map(Some),
            ("nunique", []) if args.keywords.is_empty() => {
                let values = self.unique(list, span)?;
                self.call_builtin("len", Args::positional(vec![values]), span).map(Some)
            }
            ("isin", [values]) => self.column_in(list, values, span).map(Some),
            _ => Ok(None),
        }
    }

    /// Methods that a `deque` has of its own, or that its length bounds.
    fn deque_method(
        &mut self,
        object: &Value<'p>,
        list: &Shared<List<'p>>,
        name: &str,
        args: &Args<'p>,
        span: Span,
    ) -> Run<Option<Value<'p>>> {
        let more = match (name, args.positional.as_slice()) {
            ("append" | "appendleft", [item]) => vec![item.clone()],
            ("extend" | "extendleft", [more]) => self.items(more, span)?,
            ("popleft", []) => {
                self.inspect(object);
                self.charge(list.borrow().items.len() / MOVED, span)?;
                let mut list = list.borrow_mut();
                return if list.items.is_empty() { raise("IndexError") } else { Ok(Some(list.items.remove(0))) };
            }
            ("rotate", _) => {
                let steps = match args.get(0) {
                    None => 1,
                    Some(Value::Int(steps, _)) => *steps,
                    Some(_) => return raise("TypeError"),
                };
                self.charge(list.borrow().items.len(), span)?;
                let items = &mut list.borrow_mut().items;
                let length = items.len().max(1) as i64;
                items.rotate_right(steps.rem_euclid(length) as usize % length as usize);
                return Ok(Some(Value::None));
            }
            _ => return Ok(None),
        };
        self.charge(list.borrow().items.len() + more.len(), span)?;
        self.grow(list);
        let mut list = list.borrow_mut();
        let ListClass::Deque(most) = list.class else { return Ok(None) };
        let most = most.unwrap_or(usize::MAX);
        for item in more {
            if name.ends_with("left") {
                list.items.insert(0, item);
                list.items.truncate(most);
            } else {
                list.items.push(item);
                let surplus = list.items.len().saturating_sub(most);
                list.items.drain(..surplus);
            }
        }
        Ok(Some(Value::None))
    }

    fn grow(&mut self, list: &Shared<List<'p>>) {
        let growth = {
            let list = list.borrow();
            self.growth_of(list.growth, list.items.len())
        };
        // One item more, and only under a condition: the program collects.
        list.borrow_mut().growth = growth;
    }

    pub(super) fn tuple_method(
        &mut self,
        items: &Rc<Tuple<'p>>,
        name: &str,
        args: &Args<'p>,
        span: Span,
    ) -> Run<Value<'p>> {
        let Some((item, bounds)) = args.positional.split_first() else { return raise("AttributeError") };
        self.inspect_pair(&Value::Tuple(Rc::clone(items)), item);
        match name {
            "index" => self.index_of(item, items, bounds, span),
            "count" => Ok(Value::int(self.places_of(item, items, usize::MAX, span)?.len() as i64)),
            _ => raise("AttributeError"),
        }
    }

    /// Where an item stands among others, the first `most` places.
    fn places_of(&mut self, item: &Value<'p>, items: &[Value<'p>], most: usize, span: Span) -> Run<Vec<usize>> {
        let mut places = Vec::new();
        for (at, other) in items.iter().enumerate() {
            if places.len() == most {
                break;
            }
            self.charge(1, span)?;
            if self.equal(other, item, span)? == Some(true) {
                places.push(at);
            }
        }
        Ok(places)
    }

    /// `items.index(item, start, stop)`.
    fn index_of(&mut self, item: &Value<'p>, items: &[Value<'p>], bounds: &[Value<'p>], span: Span) -> Run<Value<'p>> {
        let Some([start, stop]) = clamped(bounds, items.len())? else { return Ok(Value::unknown("index(...)")) };
        let places = self.places_of(item, items.get(start..stop).unwrap_or_default(), 1, span)?;
        places.first().map_or_else(|| raise("ValueError"), |at| Ok(Value::int((start + at) as i64)))
    }

    pub(super) fn dict_method(
        &mut self,
        object: &Value<'p>,
        dict: &Shared<Table<'p>>,
        name: &str,
        args: &Args<'p>,
        span: Span,
    ) -> Run<Value<'p>> {
        if let Some(value) = self.frame_method(dict, name, args, span)? {
            return Ok(value);
        }
        match name {
            "get" => {
                let Some(key) = args.get(0) else { return raise("TypeError") };
                let found = self.walk(span, |walk| dict.borrow().find(key, walk))?;
                let Some(found) = found else { return raise("TypeError") };
                if let Some(name) = found.as_ref().and_then(|item| named_by(key, item)) {
                    return Ok(name);
                }
                self.inspect_pair(key, object);
                if found.is_none() && (key.unknown_text().is_some() || dict.borrow().unknown_keys) {
                    return Ok(Value::unknown("an item under an unknown key"));
                }
                Ok(found.or_else(|| args.get(1).cloned()).unwrap_or(Value::None))
            }
            "setdefault" | "pop" => {
                let Some(shown) = args.get(0).cloned() else { return raise("TypeError") };
                let key = self.key(&shown, span)?;
                let found = dict.borrow().get(&key).cloned();
                self.inspect_pair(&shown, object);
                if found.is_none() && (shown.unknown_text().is_some() || dict.borrow().unknown_keys) {
                    return Ok(Value::unknown("an item under an unknown key"));
                }
                if name == "pop" {
                    self.charge(dict.borrow().len() / MOVED, span)?;
                    let fallback = args.get(1).cloned();
                    return match dict.borrow_mut().remove(&key).map(|entry| entry.1).or(fallback) {
                        Some(value) => Ok(value),
                        None => raise("KeyError"),
                    };
                }
                let value = found.clone().or_else(|| args.get(1).cloned()).unwrap_or(Value::None);
                if name == "setdefault" && found.is_none() {
                    let growth = self.growth_of(dict.borrow().growth, dict.borrow().len());
                    let mut dict = dict.borrow_mut();
                    dict.growth = growth;
                    dict.insert(key, shown, value.clone());
                }
                Ok(value)
            }
            "keys" => {
                let dict = dict.borrow();
                self.charge(dict.len(), span)?;
                Ok(Value::list_of(view(&dict, ["dict_keys", "odict_keys"]), dict.keys(), dict.growth))
            }
            "values" => {
                let dict = dict.borrow();
                self.charge(dict.len(), span)?;
                let values = dict.entries().iter().map(|entry| entry.1.clone()).collect();
                Ok(Value::list_of(view(&dict, ["dict_values", "odict_values"]), values, dict.growth))
            }
            "items" => {
                let dict = dict.borrow();
                self.charge(dict.len(), span)?;
                let pair = |(key, value): &(Value<'p>, Value<'p>)| Value::tuple(vec![key.clone(), value.clone()]);
                let items = dict.entries().iter().map(pair).collect();
                Ok(Value::list_of(view(&dict, ["dict_items", "odict_items"]), items, dict.growth))
            }
            "update" => {
                if let Some(more) = args.get(0) {
                    self.charge(dict.borrow().len(), span)?;
                    let mut merged = dict.borrow().clone();
                    if matches!(dict.borrow().class, Class::Counter) && !matches!(more, Value::Dict(_)) {
                        self.count_into(&mut merged, more, span)?;
                    } else {
                        self.update(&mut merged, more, span)?;
                    }
                    *dict.borrow_mut() = merged;
                }
                for (name, value) in &args.keywords {
                    dict.borrow_mut().insert(Key::Str(name.as_str().into()), Value::str(name.as_str()), value.clone());
                }
                Ok(Value::None)
            }
            "copy" => {
                self.charge(dict.borrow().len(), span)?;
                Ok(Value::Dict(Rc::new(dict.borrow().clone().into())))
            }
            "clear" => {
                dict.borrow_mut().clear();
                Ok(Value::None)
            }
            "most_common" => self.most_common(dict, args, span),
            "__contains__" | "has_key" => match args.get(0) {
                Some(key) => self.compare(key, crate::program::CompareOp::In, object, span),
                None => raise("TypeError"),
            },
            name if OF_OTHERS.contains(&name) || OF_LISTS.contains(&name) => raise("AttributeError"),
            // What pandas counts is a dictionary here and has its own methods.
            _ => Ok(Value::unknown(format!("{name}(...)"))),
        }
    }

    /// `Counter.most_common(n)`: highest count first, ties in order of insertion.
    fn most_common(&mut self, dict: &Shared<Table<'p>>, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let dict = dict.borrow();
        self.charge(dict.len(), span)?;
        let mut entries = dict.most_common();
        if let Some(Value::Int(most, _)) = args.get(0) {
            entries.truncate(usize::try_from(*most).unwrap_or(0));
        }
        let pairs = entries.into_iter().map(|(key, value)| Value::tuple(vec![key, value])).collect();
        Ok(Value::list(pairs, Growth::Grown))
    }

    /// Takes over the entries of a dictionary or of pairs.
    pub(super) fn update(&mut self, table: &mut Table<'p>, more: &Value<'p>, span: Span) -> Run<()> {
        if let Value::Dict(more) = more {
            let more = more.borrow();
            if table.len() == 0 {
                table.growth = more.growth;
            } else if !matches!(more.growth, Growth::Fixed | Growth::Sample) && more.len() > 0 {
                table.growth = Growth::Grown;
            }
            for (key, value) in more.entries() {
                self.charge(1, span)?;
                let place = self.key(key, span)?;
                table.insert(place, key.clone(), value.clone());
            }
            return Ok(());
        }
        if let Value::Unknown(_) = more {
            // It may hold any key.
            table.unknown_keys = true;
            return Ok(());
        }
        let growth = self.growth(more);
        if table.len() == 0 {
            table.growth = growth;
        }
        for pair in self.items(more, span)? {
            let pair = self.items(&pair, span)?;
            let [key, value] = pair.as_slice() else { return raise("ValueError") };
            let place = self.key(key, span)?;
            table.insert(place, key.clone(), value.clone());
        }
        Ok(())
    }

    /// Counts the items, as `Counter` does.
    pub(super) fn count_into(&mut self, table: &mut Table<'p>, items: &Value<'p>, span: Span) -> Run<()> {
        for item in self.items(items, span)? {
            let key = self.key(&item, span)?;
            let count = match table.get(&key) {
                Some(Value::Int(count, _)) => count + 1,
                _ => 1,
            };
            table.insert(key, item, Value::int(count));
        }
        Ok(())
    }

    pub(super) fn set_method(
        &mut self,
        object: &Value<'p>,
        set: &Shared<Table<'p>>,
        name: &str,
        args: &Args<'p>,
        span: Span,
    ) -> Run<Value<'p>> {
        match name {
            "add" => {
                let Some(shown) = args.get(0).cloned() else { return raise("TypeError") };
                let key = self.key(&shown, span)?;
                let growth = self.growth_of(set.borrow().growth, set.borrow().len());
                let mut set = set.borrow_mut();
                set.growth = growth;
                set.insert(key, shown, Value::None);
                Ok(Value::None)
            }
            "discard" | "remove" => {
                let Some(shown) = args.get(0).cloned() else { return raise("TypeError") };
                let key = self.key(&shown, span)?;
                self.inspect_pair(object, &shown);
                self.charge(set.borrow().len() / MOVED, span)?;
                let removed = set.borrow_mut().remove(&key).is_some();
                if removed || name == "discard" { Ok(Value::None) } else { raise("KeyError") }
            }
            "clear" => {
                set.borrow_mut().clear();
                Ok(Value::None)
            }
            "copy" => {
                self.charge(set.borrow().len(), span)?;
                Ok(Value::Set(Rc::new(set.borrow().clone().into())))
            }
            "update" => {
                for more in &args.positional {
                    for item in self.items(more, span)? {
                        self.set_method(object, set, "add", &Args::positional(vec![item]), span)?;
                    }
                }
                Ok(Value::None)
            }
            "union"
            | "intersection"
            | "difference"
            | "symmetric_difference"
            | "isdisjoint"
            | "issubset"
            | "issuperset" => {
                let mut result = Value::Set(Rc::clone(set));
                if args.positional.is_empty() && name.starts_with("is") {
                    return raise("TypeError");
                }
                for other in &args.positional {
                    self.inspect_pair(&result, other);
                    let others = self.items(other, span)?;
                    let Value::Set(current) = &result else { return raise("TypeError") };
                    self.charge(current.borrow().len(), span)?;
                    let current = current.borrow().clone();
                    result = self.set_operation(&current, name, others, span)?;
                }
                Ok(result)
            }
            _ => raise("AttributeError"),
        }
    }

    /// One set operation with the items of another collection.
    pub(super) fn set_operation(
        &mut self,
        set: &Table<'p>,
        name: &str,
        others: Vec<Value<'p>>,
        span: Span,
    ) -> Run<Value<'p>> {
        self.charge(set.len() + others.len(), span)?;
        let own = Value::Set(Rc::new(set.clone().into()));
        let other = self.set_of(others, Growth::Grown, span)?;
        self.inspect_pair(&own, &other);
        let Value::Set(other) = other else { return raise("TypeError") };
        let other = other.borrow();
        let (ours, theirs) = (set.keys(), other.keys());
        // An item that is not known may be any of the other set's.
        let unknown = ours.iter().chain(&theirs).find_map(Value::unknown_text);
        if let Some(what) = unknown.filter(|_| name != "union") {
            return Ok(Value::unknown(format!("a set with {what} in it")));
        }
        let (both, only_ours) = self.parted(ours, &other, span)?;
        let kept: Vec<_> = match name {
            "isdisjoint" => return Ok(Value::Bool(both.is_empty())),
            "issubset" => return Ok(Value::Bool(only_ours.is_empty())),
            "issuperset" => return Ok(Value::Bool(self.parted(theirs, set, span)?.1.is_empty())),
            "intersection" => both,
            "difference" => only_ours,
            "union" => set.keys().into_iter().chain(theirs).collect(),
            _ => [only_ours, self.parted(theirs, set, span)?.1].concat(),
        };
        self.set_of(kept, Growth::Grown, span)
    }

    /// Items that are in a table, and those that are not.
    fn parted(
        &mut self,
        items: Vec<Value<'p>>,
        table: &Table<'p>,
        span: Span,
    ) -> Run<(Vec<Value<'p>>, Vec<Value<'p>>)> {
        let (mut inside, mut outside) = (Vec::new(), Vec::new());
        for item in items {
            let key = self.key(&item, span)?;
            if table.contains(&key) { &mut inside } else { &mut outside }.push(item);
        }
        Ok((inside, outside))
    }
}

/// Where to begin and to end, as Python counts it from either side; `None` where that is not known.
pub(super) fn clamped(bounds: &[Value<'_>], length: usize) -> Run<Option<[usize; 2]>> {
    let mut places = [0, length];
    if bounds.len() > places.len() {
        return raise("TypeError");
    }
    for (place, bound) in places.iter_mut().zip(bounds) {
        *place = match (bound, bound.number()) {
            (Value::None, _) => *place,
            (_, Some((Number::Int(at), _))) if at < 0 => at.saturating_add(length as i64).max(0) as usize,
            (_, Some((Number::Int(at), _))) => (at as usize).min(length),
            _ if bound.unknown_text().is_some() => return Ok(None),
            _ => return raise("TypeError"),
        };
    }
    Ok(Some(places))
}

/// A view of a dictionary, by the names for plain and for ordered ones.
fn view(dict: &Table<'_>, [plain, ordered]: [&'static str; 2]) -> ListClass {
    ListClass::View(if matches!(dict.class, Class::Ordered) { ordered } else { plain })
}
