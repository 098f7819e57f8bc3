//! Builtins that make collections, or look for something in one: `list`, `zip`, `sorted`, `max` and their like.

use std::cmp::Ordering;
use std::rc::Rc;

use super::expressions::Args;
use super::machine::{Machine, Run, raise};
use super::operators::holds_data;
use super::shuffled;
use super::sorting::sorted;
use super::table::{Class, Key, Table};
use super::value::{Growth, ListClass, Value};
use crate::program::{CompareOp, Span};

impl<'p> Machine<'p, '_> {
    pub(super) fn collection(&mut self, name: &str, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let Some(first) = args.get(0) else {
            return match name {
                "list" => Ok(Value::list(Vec::new(), Growth::Fixed)),
                "tuple" => Ok(Value::tuple(Vec::new())),
                "set" | "frozenset" => self.set_of(Vec::new(), Growth::Fixed, span),
                "zip" => Ok(Value::iterator(Vec::new(), Growth::Fixed)),
                _ => raise("TypeError"),
            };
        };
        if let (Value::Unknown(unknown), "list" | "tuple" | "set" | "frozenset" | "sorted" | "reversed") = (first, name)
        {
            return Ok(Value::unknown(format!("{name}({})", unknown.text)));
        }
        let growth = self.growth(first);
        match name {
            "map" => return self.map(args, span),
            "filter" => return self.filter(args, span),
            "zip" => return self.zip(args, span),
            // Calls the first until it gives the second.
            "iter" if args.positional.len() > 1 => return Ok(Value::unknown("iter(...)")),
            "iter" if matches!(first, Value::Iterator(_) | Value::Generator(_)) => return Ok(first.clone()),
            _ => {}
        }
        let mut items = Vec::new();
        let seen = self.each(first, span, &mut |machine, item| {
            machine.charge(1, span)?;
            items.push(item);
            Ok(true)
        })?;
        let growth = if seen == Growth::Sample { seen } else { growth };
        Ok(match name {
            "list" => Value::list(items, growth),
            "tuple" if growth == Growth::Sample => Value::unknown("a tuple of unknown length"),
            "tuple" => Value::tuple(items),
            "set" | "frozenset" => return self.set_of(items, growth, span),
            "iter" => Value::iterator(items, growth),
            "reversed" => Value::iterator(items.into_iter().rev().collect(), growth),
            "enumerate" => {
                let start = match args.at_or(1, "start") {
                    None => Some(0),
                    Some(Value::Int(start, _)) => Some(*start),
                    Some(Value::Bool(start)) => Some(i64::from(*start)),
                    Some(start) if start.unknown_text().is_some() => None,
                    Some(_) => return raise("TypeError"),
                };
                let number = |place: i64| match start.map(|start| start.checked_add(place)) {
                    Some(Some(number)) => Value::int(number),
                    Some(None) => Value::unknown("an integer beyond 64 bits"),
                    None => Value::unknown("a number from enumerate(...)"),
                };
                let numbered = (0..).zip(items).map(|(place, item)| Value::tuple(vec![number(place), item]));
                Value::iterator(numbered.collect(), growth)
            }
            _ => Value::list(self.sorted(items, args, span)?, growth),
        })
    }

    pub(super) fn map(&mut self, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let (Some(function), Some(iterable)) = (args.get(0), args.get(1)) else { return raise("TypeError") };
        let growth = self.growth(iterable);
        let rows = if args.positional.len() == 2 {
            self.items(iterable, span)?.into_iter().map(|item| vec![item]).collect()
        } else {
            self.rows(&args.positional[1..], span)?
        };
        let mut mapped = Vec::new();
        for row in rows {
            mapped.push(self.call_value(function, Args::positional(row), span)?);
        }
        Ok(Value::iterator(mapped, growth))
    }

    pub(super) fn filter(&mut self, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let (Some(function), Some(iterable)) = (args.get(0), args.get(1)) else { return raise("TypeError") };
        let mut kept = Vec::new();
        for item in self.items(iterable, span)? {
            let verdict = match function {
                Value::None => item.clone(),
                _ => self.call_value(function, Args::positional(vec![item.clone()]), span)?,
            };
            if self.truth(&verdict, span)? {
                kept.push(item);
            }
        }
        Ok(Value::iterator(kept, Growth::Grown))
    }

    pub(super) fn zip(&mut self, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let growths: Vec<_> = args.positional.iter().map(|iterable| self.growth(iterable)).collect();
        let mirrors = growths.iter().all(|growth| *growth == Growth::Mirror);
        let growth = if mirrors {
            Growth::Mirror
        } else if growths.contains(&Growth::Sample) {
            Growth::Sample
        } else {
            growths.into_iter().find(|g| *g != Growth::Mirror).unwrap_or(Growth::Fixed)
        };
        let rows = match args.keyword("strict") {
            None | Some(Value::Bool(false)) => self.rows(&args.positional, span)?,
            Some(Value::Bool(true)) => self.rows_alike(&args.positional, span)?,
            Some(_) => return Ok(Value::unknown("zip(...)")),
        };
        Ok(Value::iterator(rows.into_iter().map(Value::tuple).collect(), growth))
    }

    fn columns(&mut self, iterables: &[Value<'p>], span: Span) -> Run<Vec<Vec<Value<'p>>>> {
        iterables.iter().map(|iterable| self.items(iterable, span)).collect()
    }

    /// Rows of columns that must all be as long.
    fn rows_alike(&mut self, iterables: &[Value<'p>], span: Span) -> Run<Vec<Vec<Value<'p>>>> {
        let columns = self.columns(iterables, span)?;
        if columns.windows(2).any(|pair| pair[0].len() != pair[1].len()) {
            return raise("ValueError");
        }
        self.rows_of(&columns, span)
    }

    fn rows(&mut self, iterables: &[Value<'p>], span: Span) -> Run<Vec<Vec<Value<'p>>>> {
        let columns = self.columns(iterables, span)?;
        self.rows_of(&columns, span)
    }

    fn rows_of(&mut self, columns: &[Vec<Value<'p>>], span: Span) -> Run<Vec<Vec<Value<'p>>>> {
        let length = columns.iter().map(Vec::len).min().unwrap_or(0);
        self.charge(length.saturating_mul(columns.len()), span)?;
        Ok((0..length).map(|at| columns.iter().map(|column| column[at].clone()).collect()).collect())
    }

    /// Sorts as `sorted(items, key=..., reverse=...)` does: stable, also in reverse.
    pub(super) fn sorted(&mut self, items: Vec<Value<'p>>, args: &Args<'p>, span: Span) -> Run<Vec<Value<'p>>> {
        self.charge(items.len().saturating_mul(4), span)?;
        let in_some_order = shuffled::whole(&items);
        let is_shuffled = in_some_order.is_some();
        let items = in_some_order.unwrap_or(items);
        let mut keyed = Vec::with_capacity(items.len());
        for item in items {
            keyed.push((self.sort_key(&item, args, span)?, item));
        }
        let reverse = match args.keyword("reverse") {
            Some(value) => self.truth(&value.clone(), span)?,
            None => false,
        };
        // As Python does it, so that equal items stay in order.
        if reverse {
            keyed.reverse();
        }
        // Which of several things outside comes first nobody needs to know who looks at all; of the API's it may decide.
        let of_answer = keyed.iter().any(|pair| is_of_answer(&pair.1));
        let mut is_known = true;
        let mut keyed = sorted(keyed, &mut |a, b| match self.order(&a.0, &b.0, span)? {
            Some(order) => Ok(order == Some(Ordering::Less)),
            None if of_answer => Err(self.undetermined(span, "the order of unknown values")),
            None => {
                is_known = false;
                Ok(false)
            }
        })?;
        if reverse {
            keyed.reverse();
        }
        // Where the keys are unknown nobody knows the order; of equal ones any comes first, as they were shuffled.
        let is_open = !is_known || is_shuffled && self.has_ties(&keyed, span)?;
        let sorted: Vec<Value<'p>> = keyed.into_iter().map(|pair| pair.1).collect();
        Ok(if is_open { shuffled::anywhere(sorted) } else { sorted })
    }

    /// Whether two neighbours have the same key.
    fn has_ties(&mut self, keyed: &[(Value<'p>, Value<'p>)], span: Span) -> Run<bool> {
        for pair in keyed.windows(2) {
            if self.order(&pair[0].0, &pair[1].0, span)? == Some(Some(Ordering::Equal)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn sort_key(&mut self, item: &Value<'p>, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        match args.keyword("key") {
            None | Some(Value::None) => Ok(item.clone()),
            Some(key) => self.call_value(&key.clone(), Args::positional(vec![item.clone()]), span),
        }
    }

    pub(super) fn extreme(&mut self, largest: bool, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let items = match args.positional.as_slice() {
            [] => return raise("TypeError"),
            [iterable] => {
                if let Value::Unknown(unknown) = iterable {
                    return Ok(Value::unknown(format!("{}({})", if largest { "max" } else { "min" }, unknown.text)));
                }
                // Whether there is any was looked at.
                self.inspect(iterable);
                self.items(iterable, span)?
            }
            several => several.to_vec(),
        };
        let mut best: Option<(Value<'p>, Value<'p>)> = None;
        for item in items {
            let key = self.sort_key(&item, args, span)?;
            let better = match &best {
                None => true,
                Some((best_key, _)) => match self.order(&key, best_key, span)? {
                    Some(Some(Ordering::Greater)) => largest,
                    Some(Some(Ordering::Less)) => !largest,
                    Some(_) => false,
                    None => return Ok(Value::unknown("the extreme of unknown values")),
                },
            };
            if better {
                best = Some((key, item));
            }
        }
        match (best, args.keyword("default")) {
            (Some((_, item)), _) => Ok(item),
            (None, Some(fallback)) => Ok(fallback.clone()),
            (None, None) => raise("ValueError"),
        }
    }

    /// `bisect.bisect(items, value)`: how many of the items, which are in order, come before the value.
    pub(super) fn bisect(&mut self, name: &str, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let (Some(items), Some(value)) = (args.at_or(0, "a"), args.at_or(1, "x")) else { return raise("TypeError") };
        let unknown = items.unknown_text().or_else(|| value.unknown_text());
        if unknown.is_some() || args.positional.len() + args.keywords.len() > 2 {
            return Ok(Value::unknown(format!("{name}(...)")));
        }
        let items = self.items(items, span)?;
        let (mut low, mut high) = (0, items.len());
        while low < high {
            self.charge(1, span)?;
            let middle = usize::midpoint(low, high);
            let before = if name.ends_with("_left") {
                self.compare(&items[middle], CompareOp::Lt, value, span)?
            } else {
                self.compare(value, CompareOp::Lt, &items[middle], span)?
            };
            if self.truth(&before, span)? == name.ends_with("_left") {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(Value::int(low as i64))
    }

    pub(super) fn range(&mut self, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let mut numbers = Vec::new();
        let mut data = false;
        for value in &args.positional {
            match value {
                Value::Int(value, from_api) => {
                    numbers.push(*value);
                    data |= *from_api;
                }
                Value::Bool(value) => numbers.push(i64::from(*value)),
                Value::Unknown(unknown) => return Ok(Value::unknown(format!("range({})", unknown.text))),
                _ => return raise("TypeError"),
            }
        }
        let (start, stop, step) = match numbers.as_slice() {
            [stop] => (0, *stop, 1),
            [start, stop] => (*start, *stop, 1),
            [_, _, 0] => return raise("ValueError"),
            [start, stop, step] => (*start, *stop, *step),
            _ => return raise("TypeError"),
        };
        let length = i128::from(stop) - i128::from(start);
        let length = if step > 0 { length } else { -length }.max(0) / i128::from(step).abs();
        self.charge(usize::try_from(length).unwrap_or(usize::MAX), span)?;
        let mut items = Vec::new();
        let mut at = start;
        while (step > 0 && at < stop) || (step < 0 && at > stop) {
            items.push(Value::int(at));
            at = at.saturating_add(step);
        }
        Ok(Value::list(items, if data { Growth::Mirror } else { Growth::Fixed }))
    }

    pub(super) fn dictionary(&mut self, name: &str, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let mut table = Table::new(Growth::Fixed);
        let counter = name.ends_with("Counter");
        let default = name.ends_with("defaultdict");
        table.class = match name {
            _ if counter => Class::Counter,
            _ if default => Class::Default(args.get(0).cloned().unwrap_or(Value::None)),
            _ if name.ends_with("OrderedDict") => Class::Ordered,
            _ => Class::Dict,
        };
        if let Some(entries) = args.get(usize::from(default)) {
            if let Value::Unknown(unknown) = entries {
                return Ok(Value::unknown(format!("{name}({})", unknown.text)));
            }
            if matches!(entries, Value::Api(_)) {
                return Ok(entries.clone());
            }
            if counter && !matches!(entries, Value::Dict(_)) {
                table.growth = Growth::Grown;
                self.count_into(&mut table, entries, span)?;
            } else {
                self.update(&mut table, entries, span)?;
            }
        }
        for (name, value) in &args.keywords {
            table.insert(Key::Str(name.as_str().into()), Value::str(name.as_str()), value.clone());
        }
        Ok(Value::Dict(Rc::new(table.into())))
    }

    pub(super) fn deque(&mut self, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let most = match args.at_or(1, "maxlen") {
            None | Some(Value::None) => None,
            Some(Value::Int(most, _)) => Some(usize::try_from(*most).or_else(|_| raise("ValueError"))?),
            Some(Value::Unknown(unknown)) => return Ok(Value::unknown(format!("deque(..., {})", unknown.text))),
            Some(_) => return raise("TypeError"),
        };
        let (mut items, growth) = match args.get(0) {
            None => (Vec::new(), Growth::Fixed),
            Some(Value::Unknown(unknown)) => return Ok(Value::unknown(format!("deque({})", unknown.text))),
            Some(iterable) => (self.items(iterable, span)?, self.growth(iterable)),
        };
        let surplus = items.len().saturating_sub(most.unwrap_or(usize::MAX));
        items.drain(..surplus);
        Ok(Value::list_of(ListClass::Deque(most), items, growth))
    }
}

/// Whether data of the API is in an item.
fn is_of_answer(item: &Value<'_>) -> bool {
    let values = |table: &Table<'_>| table.entries().iter().any(|entry| entry.1.is_data());
    holds_data(item) || matches!(item, Value::Dict(table) if values(&table.borrow()))
}
