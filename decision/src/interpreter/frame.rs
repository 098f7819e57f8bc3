//! Tables of rows and named columns, as pandas' `DataFrame`: as much of them as programs need that put the items of an
//! answer into one. A frame is a dictionary of its columns, each a list.

use std::rc::Rc;

use super::expressions::Args;
use super::machine::{Machine, Run, raise};
use super::table::{Class, Key, Table};
use super::value::{Growth, List, ListClass, Shared, Unknown, Value};
use super::walk::Walk;
use crate::program::{BinaryOp, CompareOp, Span};

/// The class of a frame's columns.
pub(super) const SERIES: ListClass = ListClass::View("Series");

/// Methods of dictionaries that frames have, too.
const OF_DICTIONARIES: [&str; 6] = ["copy", "get", "items", "keys", "pop", "update"];

/// Methods that write a frame to a file or a database.
const WRITING: [&str; 5] = ["to_csv", "to_excel", "to_parquet", "to_pickle", "to_sql"];

/// Rows that `head` and `tail` give when not told.
const ROWS: usize = 5;

impl<'p> Machine<'p, '_> {
    /// What pandas makes of values.
    pub(super) fn table(&mut self, name: &str, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        match name {
            "pandas.Series" => self.column(args, span),
            // What is read from a table under a name is a column, if it is a list.
            "<column>" => match args.get(0) {
                Some(Value::List(list)) if is_column(&list.borrow()) => Ok(Value::List(Rc::clone(list))),
                Some(Value::List(_) | Value::Tuple(_)) => self.column(args, span),
                other => Ok(other.cloned().unwrap_or(Value::None)),
            },
            "pandas.concat" => self.concat(args, span),
            _ => self.frame(args, span),
        }
    }

    /// `pandas.DataFrame(data, columns=names)`.
    fn frame(&mut self, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let names = match args.keyword("columns") {
            Some(names) => self.items(names, span)?,
            None => Vec::new(),
        };
        let mut frame = Table::new(Growth::Fixed);
        frame.class = Class::Frame;
        for name in names {
            self.walk(span, |walk| set(&mut frame, name, Vec::new(), Growth::Fixed, walk))?;
        }
        match args.at_or(0, "data") {
            None | Some(Value::None) => {}
            Some(Value::Dict(columns)) => {
                // What makes a column may change the dictionary.
                let columns = columns.borrow().entries().to_vec();
                let rows = match args.keyword("index") {
                    Some(index @ (Value::List(_) | Value::Tuple(_))) => Some(self.items(index, span)?.len()),
                    _ => None,
                };
                for (name, column) in columns {
                    let items = match rows {
                        // One value beside a list of rows is in each of them.
                        Some(rows) if !matches!(column, Value::List(_) | Value::Tuple(_)) => {
                            self.charge(rows, span)?;
                            vec![column.clone(); rows]
                        }
                        _ => self.items(&column, span)?,
                    };
                    let growth = growth_of(&column);
                    self.walk(span, |walk| set(&mut frame, name, items, growth, walk))?;
                }
            }
            Some(rows @ Value::List(_)) => {
                let growth = growth_of(rows);
                for row in self.items(rows, span)? {
                    match &row {
                        Value::Dict(row) => {
                            self.walk(span, |walk| add_row(&mut frame, &row.borrow(), growth, walk))?;
                        }
                        Value::Tuple(_) | Value::List(_) if !frame.entries().is_empty() => {
                            let items = self.items(&row, span)?;
                            let row = self.walk(span, |walk| named_row(frame.keys(), items, walk))??;
                            self.walk(span, |walk| add_row(&mut frame, &row, growth, walk))?;
                        }
                        _ => return Ok(Value::unknown("pandas.DataFrame(...)")),
                    }
                }
            }
            Some(_) => return Ok(Value::unknown("pandas.DataFrame(...)")),
        }
        Ok(Value::Dict(Rc::new(frame.into())))
    }

    /// `pandas.Series(items)`.
    fn column(&mut self, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let items = match args.at_or(0, "data") {
            Some(items @ (Value::List(_) | Value::Tuple(_))) => items,
            Some(_) => return Ok(Value::unknown("pandas.Series(...)")),
            None => &Value::tuple(Vec::new()),
        };
        if args.keywords.iter().any(|(name, _)| name != "data") {
            return Ok(Value::unknown("pandas.Series(...)"));
        }
        let growth = growth_of(items);
        Ok(Value::list_of(SERIES, self.items(items, span)?, growth))
    }

    /// `pandas.concat([one, other])` of frames: the rows of both.
    fn concat(&mut self, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let Some(frames) = args.at_or(0, "objs") else { return raise("TypeError") };
        let mut whole = Table::new(Growth::Fixed);
        whole.class = Class::Frame;
        for frame in self.items(frames, span)? {
            match &frame {
                Value::Dict(frame) if is_frame(&frame.borrow()) => self.add_rows(&mut whole, &frame.borrow(), span)?,
                _ => return Ok(Value::unknown("pandas.concat(...)")),
            }
        }
        Ok(Value::Dict(Rc::new(whole.into())))
    }

    /// A method of a frame; `None` where a frame has the dictionary's.
    pub(super) fn frame_method(
        &mut self,
        frame: &Shared<Table<'p>>,
        name: &str,
        args: &Args<'p>,
        span: Span,
    ) -> Run<Option<Value<'p>>> {
        let frame = frame.borrow();
        if !is_frame(&frame) {
            return Ok(None);
        }
        let made = |frame: Table<'p>| Ok(Some(Value::Dict(Rc::new(frame.into()))));
        match name {
            "append" => {
                let Some(Value::Dict(more)) = args.get(0) else { return Ok(Some(Value::unknown("append(...)"))) };
                let mut longer = self.walk(span, |walk| part(&frame, usize::MAX, false, walk))?;
                let more = more.borrow();
                if is_frame(&more) {
                    self.add_rows(&mut longer, &more, span)?;
                } else {
                    let growth = self.growth_of(columns_growth(&frame), rows(&frame));
                    self.walk(span, |walk| add_row(&mut longer, &more, growth, walk))?;
                }
                made(longer)
            }
            "head" | "tail" => {
                let count = match args.at_or(0, "n") {
                    None => ROWS,
                    Some(Value::Int(count, _)) => usize::try_from(*count).unwrap_or(0),
                    Some(_) => return Ok(Some(Value::unknown(format!("{name}(...)")))),
                };
                made(self.walk(span, |walk| part(&frame, count, name == "tail", walk))?)
            }
            "iterrows" => {
                let mut numbered = Vec::new();
                for at in 0..rows(&frame) {
                    let mut row = self.walk(span, |walk| row_of(&frame, at, walk))?;
                    (row.class, row.unknown_keys) = (Class::Frame, frame.unknown_keys);
                    numbered.push(Value::tuple(vec![Value::int(at as i64), Value::Dict(Rc::new(row.into()))]));
                }
                Ok(Some(Value::list(numbered, columns_growth(&frame))))
            }
            "fillna" | "reset_index" => made(self.walk(span, |walk| part(&frame, usize::MAX, false, walk))?),
            // What stands for no value at all is nothing that an answer holds.
            "replace" if matches!(args.get(0), Some(Value::Unknown(_))) => {
                made(self.walk(span, |walk| part(&frame, usize::MAX, false, walk))?)
            }
            "to_string" => Ok(Some(Value::Str(self.repr(&Value::Dict(Rc::new(frame.clone().into())), span)?))),
            _ if OF_DICTIONARIES.contains(&name) => Ok(None),
            // Where the rows of a table from outside go, and any that are written to a file.
            _ if frame.unknown_keys || WRITING.contains(&name) => {
                let shown = Value::Dict(Rc::new(frame.clone().into()));
                let given: Vec<Value<'p>> = std::iter::once(shown).chain(args.all()).collect();
                self.outside_call(span, &format!("table.{name}"), (&given, &args.names())).map(Some)
            }
            _ => Ok(Some(Value::unknown(format!("{name}(...) of a table")))),
        }
    }

    /// `frame.loc[label] = values`: a row more, or other values where the row's number is known.
    pub(super) fn set_row(
        &mut self,
        frame: &Shared<Table<'p>>,
        label: &Value<'p>,
        values: &Value<'p>,
        span: Span,
    ) -> Run<()> {
        let given = if let Value::Dict(row) = values {
            row.borrow().clone()
        } else {
            let names = frame.borrow().keys();
            let values = self.items(values, span)?;
            self.walk(span, |walk| named_row(names, values, walk))??
        };
        let known = match label {
            Value::Int(at, _) => usize::try_from(*at).ok().filter(|at| *at < rows(&frame.borrow())),
            _ => None,
        };
        let Some(at) = known else {
            let growth = self.growth_of(columns_growth(&frame.borrow()), rows(&frame.borrow()));
            return self.walk(span, |walk| add_row(&mut frame.borrow_mut(), &given, growth, walk));
        };
        for (name, column) in frame.borrow().entries() {
            let key = self.walk(span, |walk| Key::of(name, walk))?;
            let value = key.and_then(|key| given.get(&key).cloned());
            if let (Some(value), Value::List(column)) = (value, column) {
                // Columns that were set one by one may be shorter.
                if let Some(item) = column.borrow_mut().items.get_mut(at) {
                    *item = value;
                }
            }
        }
        Ok(())
    }

    /// `frame[mask]`: the rows where the mask holds.
    pub(super) fn masked(&mut self, frame: &Shared<Table<'p>>, mask: &Shared<List<'p>>, span: Span) -> Run<Value<'p>> {
        let flags = mask.borrow().items.clone();
        let mut kept = Vec::new();
        for (at, flag) in flags.iter().enumerate() {
            if self.truth(flag, span)? {
                kept.push(at);
            }
        }
        let frame = frame.borrow();
        let mut out = Table::new(frame.growth);
        out.class = Class::Frame;
        for (name, column) in frame.entries() {
            let Value::List(column) = column else { continue };
            let items = &column.borrow().items;
            let picked = kept.iter().filter_map(|&at| items.get(at).cloned()).collect();
            self.walk(span, |walk| set(&mut out, name.clone(), picked, Growth::Grown, walk))?;
        }
        Ok(Value::Dict(Rc::new(out.into())))
    }

    /// `frame[mask]` of a frame from outside: the rows where the mask holds, with the columns that the program gave it.
    pub(super) fn masked_outside(
        &mut self,
        outside: &Unknown<'p>,
        mask: &Shared<List<'p>>,
        span: Span,
    ) -> Run<Value<'p>> {
        let mut frame = Table::new(Growth::Fixed);
        frame.class = Class::Frame;
        let stored = outside.stored.borrow();
        let mut columns: Vec<_> = stored.iter().collect();
        columns.sort_by_key(|column| column.0);
        for (place, column) in columns {
            let name = place.strip_prefix("['").and_then(|place| place.strip_suffix("']"));
            if let (Some(name), Value::List(column)) = (name, column) {
                let List { items, growth, .. } = &*column.borrow();
                self.walk(span, |walk| set(&mut frame, Value::str(name), items.clone(), *growth, walk))?;
            }
        }
        drop(stored);
        let kept = self.masked(&Rc::new(frame.into()), mask, span)?;
        if let Value::Dict(kept) = &kept {
            // What else it holds is not known.
            kept.borrow_mut().unknown_keys = true;
        }
        Ok(kept)
    }

    /// Columns, or a column and one value, combined row by row: `mask & other`, `scores * 100`.
    pub(super) fn combined_columns(
        &mut self,
        left: &Value<'p>,
        op: BinaryOp,
        right: &Value<'p>,
        span: Span,
    ) -> Run<Value<'p>> {
        let length = |side: &Value<'p>| match side {
            Value::List(list) => Some((list.borrow().items.len(), list.borrow().growth)),
            _ => None,
        };
        let (length, growth) = match (length(left), length(right)) {
            (Some(left), Some(right)) if left.0 != right.0 => return Ok(Value::unknown("columns of two lengths")),
            (Some(found), _) | (None, Some(found)) => found,
            (None, None) => return raise("TypeError"),
        };
        let row = |side: &Value<'p>, at: usize| match side {
            Value::List(list) => list.borrow().items.get(at).cloned().unwrap_or(Value::None),
            one => one.clone(),
        };
        let mut items = Vec::new();
        for at in 0..length {
            self.charge(1, span)?;
            let (left, right) = (row(left, at), row(right, at));
            // A column can hold itself.
            items.push(match (&left, &right) {
                (Value::List(_), _) | (_, Value::List(_)) => Value::unknown("a list in a table"),
                _ => self.binary(&left, op, &right, span)?,
            });
        }
        Ok(Value::list_of(SERIES, items, growth))
    }

    /// What a column counts of each value, the most frequent first: `column.value_counts()`.
    pub(super) fn value_counts(&mut self, column: &Value<'p>, span: Span) -> Run<Value<'p>> {
        let counted = self.call_builtin("collections.Counter", Args::positional(vec![column.clone()]), span)?;
        let Value::Dict(counts) = &counted else { return Ok(counted) };
        let counts = counts.borrow();
        let mut table = Table::new(counts.growth);
        for (value, count) in counts.most_common() {
            let key = self.key(&value, span)?;
            table.insert(key, value, count);
        }
        table.unknown_keys = counts.unknown_keys;
        Ok(Value::Dict(Rc::new(table.into())))
    }

    /// A column's values, each once, in order of first occurrence: `column.unique()`.
    pub(super) fn unique(&mut self, column: &Shared<List<'p>>, span: Span) -> Run<Value<'p>> {
        let List { items, growth, .. } = &*column.borrow();
        let mut seen = Table::new(Growth::Fixed);
        for item in items {
            self.charge(1, span)?;
            let Some(key) = self.walk(span, |walk| Key::of(item, walk))? else {
                return Ok(Value::unknown("unique(...)"));
            };
            seen.insert(key, item.clone(), Value::None);
        }
        let growth = if *growth == Growth::Mirror && seen.len() < items.len() { Growth::Grown } else { *growth };
        Ok(Value::list(seen.keys(), growth))
    }

    /// A column compared with one value: a mask.
    pub(super) fn compared_column(
        &mut self,
        column: &Shared<List<'p>>,
        op: CompareOp,
        other: &Value<'p>,
        span: Span,
    ) -> Run<Value<'p>> {
        let (items, growth) = (column.borrow().items.clone(), column.borrow().growth);
        let flag = |item: &Value<'p>| match item {
            // A column can hold itself.
            Value::List(_) => Ok(Value::unknown("a list in a table")),
            item => self.compare(item, op, other, span),
        };
        let flags = items.iter().map(flag).collect::<Run<Vec<_>>>()?;
        Ok(Value::list_of(SERIES, flags, growth))
    }

    /// `column.isin(values)`.
    pub(super) fn column_in(&mut self, column: &Shared<List<'p>>, values: &Value<'p>, span: Span) -> Run<Value<'p>> {
        self.compared_column(column, CompareOp::In, values, span)
    }

    fn add_rows(&mut self, frame: &mut Table<'p>, more: &Table<'p>, span: Span) -> Run<()> {
        for at in 0..rows(more) {
            let growth = self.growth_of(columns_growth(frame), rows(frame));
            self.walk(span, |walk| {
                let row = row_of(more, at, walk);
                add_row(frame, &row, growth, walk);
            })?;
        }
        Ok(())
    }
}

/// Whether the program gave something from outside a column.
pub(super) fn has_columns(outside: &Unknown<'_>) -> bool {
    outside.stored.borrow().values().any(|stored| matches!(stored, Value::List(_)))
}

/// Values as a row with these names.
fn named_row<'p>(names: Vec<Value<'p>>, values: Vec<Value<'p>>, walk: &mut Walk) -> Run<Table<'p>> {
    if names.len() != values.len() {
        return raise("ValueError");
    }
    let mut row = Table::new(Growth::Fixed);
    for (name, value) in names.into_iter().zip(values) {
        if let Some(key) = Key::of(&name, walk) {
            row.insert(key, name, value);
        }
    }
    Ok(row)
}

/// One row of a frame.
fn row_of<'p>(frame: &Table<'p>, at: usize, walk: &mut Walk) -> Table<'p> {
    let mut row = Table::new(Growth::Fixed);
    for (name, column) in frame.entries() {
        if let (true, Some(key), Value::List(column)) = (walk.pay(1), Key::of(name, walk), column) {
            row.insert(key, name.clone(), item_of(column, at));
        }
    }
    row
}

/// A column's value in a row; columns that were set one by one may be shorter.
fn item_of<'p>(column: &Shared<List<'p>>, at: usize) -> Value<'p> {
    column.borrow().items.get(at).cloned().unwrap_or(Value::None)
}

/// Whether a list is a column of a frame.
pub(super) fn is_column(list: &List<'_>) -> bool {
    list.class == SERIES
}

/// Whether a dictionary is a frame.
pub(super) fn is_frame(table: &Table<'_>) -> bool {
    matches!(table.class, Class::Frame)
}

/// How many rows a frame has.
pub(super) fn rows(frame: &Table<'_>) -> usize {
    match frame.entries().first() {
        Some((_, Value::List(column))) => column.borrow().items.len(),
        _ => 0,
    }
}

/// How a frame got its rows.
pub(super) fn columns_growth(frame: &Table<'_>) -> Growth {
    frame.entries().first().map_or(Growth::Fixed, |column| growth_of(&column.1))
}

fn growth_of(list: &Value<'_>) -> Growth {
    match list {
        Value::List(list) => list.borrow().growth,
        _ => Growth::Fixed,
    }
}

fn set<'p>(frame: &mut Table<'p>, name: Value<'p>, column: Vec<Value<'p>>, growth: Growth, walk: &mut Walk) {
    if let (true, Some(key)) = (walk.pay(column.len()), Key::of(&name, walk)) {
        frame.insert(key, name, Value::list_of(SERIES, column, growth));
    }
}

/// The first rows of a frame, or its last, with columns of their own.
fn part<'p>(frame: &Table<'p>, count: usize, last: bool, walk: &mut Walk) -> Table<'p> {
    let mut out = Table::new(frame.growth);
    out.class = Class::Frame;
    for (name, column) in frame.entries() {
        let Value::List(column) = column else { continue };
        let List { items, growth, .. } = &*column.borrow();
        let count = count.min(items.len());
        let range = if last { items.len() - count..items.len() } else { 0..count };
        set(&mut out, name.clone(), items[range].to_vec(), *growth, walk);
    }
    out
}

fn add_row<'p>(frame: &mut Table<'p>, row: &Table<'p>, growth: Growth, walk: &mut Walk) {
    let before = rows(frame);
    for (name, _) in row.entries() {
        let is_new = Key::of(name, walk).is_some_and(|key| !frame.contains(&key));
        if is_new && walk.pay(before) {
            set(frame, name.clone(), vec![Value::None; before], growth, walk);
        }
    }
    for (name, column) in frame.entries() {
        if !walk.pay(1) {
            return;
        }
        let value = Key::of(name, walk).and_then(|key| row.get(&key).cloned()).unwrap_or(Value::None);
        if let Value::List(column) = column {
            let mut column = column.borrow_mut();
            column.items.push(value);
            column.growth = growth;
        }
    }
}
