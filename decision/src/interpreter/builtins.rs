//! Python's builtins and the pure library functions that decision code calls.

use std::cmp::Ordering;
use std::rc::Rc;

use super::expressions::Args;
use super::frame::{columns_growth, is_frame, rows};
use super::machine::{Machine, Run, Stop, raise};
use super::numerals;
use super::response;
use super::sequences::COUNTED;
use super::shuffled;
use super::sorting::sorted;
use super::strings::capitalize;
use super::table::{Class, Key, Table};
use super::text::Text;
use super::value::{Growth, ListClass, Number, Spelling, Value};
use crate::decision::Rendered;
use crate::library::BUILTINS;
use crate::program::{BinaryOp, CompareOp, HANDLED, SAID, SETTING, Span};

/// Whether a name is a builtin when the program does not bind it.
pub(super) fn is_builtin(name: &str) -> bool {
    BUILTINS.contains(&name)
}

impl<'p> Machine<'p, '_> {
    /// What the source says in a form of its own.
    fn of_source(&mut self, name: &str, args: Args<'p>, span: Span) -> Run<Value<'p>> {
        match name {
            "<record>" => Ok(self.record(args)),
            "<object>" => Ok(self.object(args)),
            "<instance>" => Ok(Self::instance(&args)),
            "<file>" => Ok(Value::unknown("what is in another file")),
            // What it holds is not known, but that something is there.
            "<answer>" => {
                let answer = Value::unknown("the answer of another API call");
                if let Value::Unknown(unknown) = &answer {
                    self.hold_true(unknown);
                }
                Ok(answer)
            }
            "<message>" => args.get(0).map_or_else(|| raise("TypeError"), |message| Ok(response::in_full(message))),
            "<json>" => args.get(0).map_or_else(|| raise("TypeError"), |message| Ok(response::in_json(message))),
            // Whether a variable has got a value.
            "<bound>" => Ok(Value::Bool(matches!(
                args.get(0),
                Some(Value::Str(name)) if self.scope().function_scope().has(name.as_str())
            ))),
            _ => self.enumeration(name, &args, span),
        }
    }

    pub(super) fn call_builtin(&mut self, name: &str, args: Args<'p>, span: Span) -> Run<Value<'p>> {
        self.charge(1, span)?;
        let name = name.strip_prefix("builtins.").unwrap_or(name);
        let known = self.known_builtin(name, args, span)?;
        Ok(known.unwrap_or_else(|| Value::unknown(format!("{name}(...)"))))
    }

    /// What a builtin gives; `None` where it is not known.
    fn known_builtin(&mut self, name: &str, args: Args<'p>, span: Span) -> Run<Option<Value<'p>>> {
        let value: Run<Value<'p>> = match name {
            "print" => {
                let printed = self.as_printed(&args.positional, span)?;
                self.effect(span, "print", &printed)?;
                Ok(Value::None)
            }
            "exit" | "quit" | "sys.exit" | "os._exit" => {
                self.effect(span, name, &args.positional)?;
                Err(Stop::Exit)
            }
            "any" | "all" => self.any_all(name == "any", &args, span),
            "next" => self.next(&args, span),
            "len" => self.len(&args, span),
            "bool" => Ok(Value::Bool(match args.get(0) {
                Some(value) => self.truth(value, span)?,
                None => false,
            })),
            "str" | "repr" | "ascii" if args.get(0).is_some_and(Value::is_object) => self.text_of_object(&args, span),
            "float" | "int" | "abs" if args.get(0).is_some_and(Value::is_object) => {
                let object = args.positional[0].clone();
                let number = self.special(&object, &format!("__{name}__"), Vec::new(), span)?;
                number.map_or_else(|| raise("TypeError"), Ok)
            }
            "str" | "repr" | "ascii" => Ok(Value::Str(match args.get(0) {
                Some(value) if name == "str" => self.text_of(value, span)?,
                Some(value) => self.repr(value, span)?,
                None => Text::program(""),
            })),
            "format" => self.format(&args, span),
            "int" | "float" | "abs" | "round" | "math.floor" | "math.ceil" | "math.sqrt" => {
                self.numeric(name, &args, span)
            }
            "list" | "tuple" | "set" | "frozenset" | "iter" | "reversed" | "enumerate" | "zip" | "map" | "filter"
            | "sorted" => self.collection(name, &args, span),
            "dict"
            | "collections.OrderedDict"
            | "OrderedDict"
            | "collections.Counter"
            | "Counter"
            | "collections.defaultdict"
            | "defaultdict" => self.dictionary(name, &args, span),
            "collections.deque" | "deque" => self.deque(&args, span),
            "pandas.DataFrame" | "pandas.Series" | "pandas.concat" | "<column>" => self.table(name, &args, span),
            "range" => self.range(&args, span),
            "math.isclose" => self.is_close(&args),
            known if super::math::is_known(known) => self.math(known, &args, span),
            "html.escape" | "xml.sax.saxutils.escape" => escape(name, &args),
            "min" | "max" => self.extreme(name == "max", &args, span),
            "numpy.average" => self.weighted_mean(&args, span),
            "sum" | "math.fsum" | "statistics.mean" | "numpy.mean" => self.sum(name, &args, span),
            "divmod" => self.divmod(&args, span),
            "pow" => match args.positional.as_slice() {
                [a, b] => self.binary(a, BinaryOp::Pow, b, span),
                [] | [_] if args.keywords.is_empty() => raise("TypeError"),
                _ => Ok(Value::unknown("pow(...)")),
            },
            "ord" | "chr" => character(name, &args),
            "bytes" => self.bytes(&args, span),
            "object" => Ok(Value::object("an object".to_owned(), Rendered::Unknown, [])),
            "itertools.chain" | "itertools.chain.from_iterable" => self.chain(name, &args, span),
            "itertools.islice" => self.islice(&args, span),
            "isinstance" => self.isinstance(&args),
            "type" => type_of(&args),
            "string.capwords" => capwords(&args),
            "getattr" => self.getattr(&args),
            "hasattr" => Ok(has_attribute(&args)),
            "<record>" | "<object>" | "<instance>" | "<file>" | "<bound>" | "<answer>" | "<json>" | "<message>"
            | "<member>" | "<member of>" | "<member named>" => self.of_source(name, args, span),
            HANDLED => self.handled(span),
            SAID => Ok(Value::Bool(true)),
            "<undefined>" => raise("NameError"),
            SETTING => args.get(0).cloned().map_or_else(|| raise("TypeError"), Ok),
            "bisect.bisect" | "bisect.bisect_right" | "bisect.bisect_left" => self.bisect(name, &args, span),
            "difflib.get_close_matches" => self.close_matches(&args, span),
            "difflib.SequenceMatcher" => Ok(self.sequence_matcher(&args)),
            "json.dumps" => self.json_dumps(&args, span),
            "json.loads" => self.json_loads(&args, span),
            "copy.copy" | "copy.deepcopy" => self.copied(name, &args, span),
            // A response in another dress keeps what the decision looks at.
            "json.load"
            | "MessageToDict"
            | "MessageToJson"
            | "json_format.MessageToDict"
            | "json_format.MessageToJson"
            | "google.protobuf.json_format.MessageToDict"
            | "google.protobuf.json_format.MessageToJson" => {
                args.get(0).cloned().map_or_else(|| raise("TypeError"), Ok)
            }
            _ if name.starts_with("re.") => self.regex_call(name, &args, span),
            _ if name.starts_with("str.")
                || name.starts_with("dict.")
                || name.starts_with("list.")
                || name.starts_with("set.") =>
            {
                self.unbound(name, args, span)
            }
            _ if name.starts_with("operator.") => self.operator(name, &args, span),
            _ => return Ok(None),
        };
        value.map(Some)
    }

    /// `format(value, spec)`.
    fn format(&mut self, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let spec = match args.get(1) {
            Some(spec) if spec.unknown_text().is_some() => return Ok(Value::unknown("format(...)")),
            Some(Value::Str(spec)) => spec.as_str(),
            Some(_) => return raise("TypeError"),
            None => "",
        };
        let Some(value) = args.get(0) else { return raise("TypeError") };
        Ok(Value::Str(self.format_value(value, spec, span)?))
    }

    /// `bytes(text, encoding)`: a text as [`Machine::str_method`] encodes it.
    fn bytes(&mut self, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        match args.positional.as_slice() {
            [] => Ok(Value::Str(Text::program("").loosely())),
            [Value::Str(_)] if args.keywords.is_empty() => raise("TypeError"),
            [Value::Str(text), ..] => self.str_method(text, "encode", args, span),
            _ => Ok(Value::unknown("bytes(...)")),
        }
    }

    fn divmod(&mut self, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let [a, b] = args.positional.as_slice() else { return raise("TypeError") };
        let quotient = self.binary(a, BinaryOp::FloorDiv, b, span)?;
        Ok(Value::tuple(vec![quotient, self.binary(a, BinaryOp::Mod, b, span)?]))
    }

    fn getattr(&mut self, args: &Args<'p>) -> Run<Value<'p>> {
        let (Some(object), Some(Value::Str(name))) = (args.get(0), args.get(1)) else { return raise("TypeError") };
        if name.is_unknown() {
            return Ok(Value::unknown("getattr(...)"));
        }
        let found = self.attribute(object, name.as_str());
        match (found, args.get(2)) {
            (Err(Stop::Raise(class)), Some(default)) if class == "AttributeError" => Ok(default.clone()),
            // Which methods a text or a container has is not known before one is called.
            (Ok(Value::Bound(_)), Some(_)) if !matches!(object, Value::Unknown(_) | Value::Api(_)) => {
                Ok(Value::unknown(format!("getattr(..., {})", name.as_str())))
            }
            (found, _) => found,
        }
    }

    /// `str.lower(text)`: the method with its receiver as first argument.
    fn unbound(&mut self, name: &str, mut args: Args<'p>, span: Span) -> Run<Value<'p>> {
        if args.positional.is_empty() {
            return raise("TypeError");
        }
        let object = args.positional.remove(0);
        let (_, method) = name.split_once('.').unwrap_or(("", name));
        if method == "fromkeys" {
            let value = args.get(0).cloned().unwrap_or(Value::None);
            let mut table = Table::new(self.growth(&object));
            for key in self.items(&object, span)? {
                let place = self.key(&key, span)?;
                table.insert(place, key, value.clone());
            }
            return Ok(Value::Dict(Rc::new(table.into())));
        }
        self.call_method(&object, method, args, span)
    }

    fn operator(&mut self, name: &str, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        match (name, args.positional.as_slice()) {
            (_, []) => raise("TypeError"),
            ("operator.itemgetter" | "operator.attrgetter", [key]) => {
                let method = if name == "operator.itemgetter" { "\u{0}item" } else { "\u{0}attr" };
                Ok(Value::Builtin(format!("operator.{method}:{}", self.repr(key, span)?.as_str()).into()))
            }
            (getter, [object]) if getter.starts_with("operator.\u{0}item:") => {
                let key = getter.trim_start_matches("operator.\u{0}item:");
                let key = match key.parse::<i64>() {
                    Ok(at) => Value::int(at),
                    Err(_) => Value::str(key.trim_matches(['\'', '"'])),
                };
                self.item(object, &key, span)
            }
            (getter, [object]) if getter.starts_with("operator.\u{0}attr:") => {
                let name = getter.trim_start_matches("operator.\u{0}attr:").trim_matches(['\'', '"']).to_owned();
                self.attribute(object, &name)
            }
            ("operator.contains", [container, item]) => self.compare(item, CompareOp::In, container, span),
            _ => Ok(Value::unknown(format!("{name}(...)"))),
        }
    }

    fn any_all(&mut self, any: bool, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let Some(iterable) = args.get(0) else { return raise("TypeError") };
        let mut found = !any;
        self.each(iterable, span, &mut |machine, item| {
            if machine.truth(&item, span)? == any {
                found = any;
                return Ok(false);
            }
            Ok(true)
        })?;
        if !matches!(iterable, Value::Generator(_)) {
            self.inspect(iterable);
        }
        Ok(Value::Bool(found))
    }

    fn next(&mut self, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let Some(iterator) = args.get(0) else { return raise("TypeError") };
        if let Value::Unknown(unknown) = iterator {
            return Ok(Value::unknown(format!("next({})", unknown.text)));
        }
        if !matches!(iterator, Value::Iterator(_) | Value::Generator(_)) {
            return raise("TypeError");
        }
        // Whether there is a next one was looked at.
        self.inspect(iterator);
        let mut first = None;
        self.each(iterator, span, &mut |_, item| {
            first = Some(item);
            Ok(false)
        })?;
        match (first, args.get(1)) {
            (Some(item), _) => Ok(item),
            (None, Some(fallback)) => Ok(fallback.clone()),
            (None, None) => raise("StopIteration"),
        }
    }

    fn len(&mut self, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let Some(value) = args.get(0) else { return raise("TypeError") };
        let length = match value {
            Value::List(list) => list.borrow().items.len(),
            Value::Tuple(items) => items.len(),
            Value::Dict(frame) if is_frame(&frame.borrow()) => {
                let frame = frame.borrow();
                return Ok(Value::Int(rows(&frame) as i64, columns_growth(&frame) == Growth::Mirror));
            }
            Value::Set(table) | Value::Dict(table) => {
                let table = table.borrow();
                let doubtful = table.doubtful();
                if doubtful > 0 {
                    self.memory.note_presumed_one(span);
                }
                table.len() - doubtful
            }
            Value::Str(text) if text.is_unknown() => return Ok(Value::unknown(format!("len({})", text.as_str()))),
            Value::Str(text) => {
                self.charge(text.as_str().len() / COUNTED, span)?;
                text.as_str().chars().count()
            }
            Value::Unknown(unknown) => {
                let own = self.special(value, "__len__", Vec::new(), span)?;
                return Ok(own.unwrap_or_else(|| Value::unknown(format!("len({})", unknown.text))));
            }
            Value::Api(_) => self.items(value, span)?.len(),
            _ => return raise("TypeError"),
        };
        Ok(Value::Int(length as i64, value.is_data()))
    }

    fn numeric(&mut self, name: &str, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let Some(value) = args.get(0) else { return Ok(Value::int(0)) };
        if let Some(what) = value.unknown_text() {
            return Ok(Value::unknown(format!("{name}({what})")));
        }
        if let Value::Str(text) = value {
            self.charge(text.as_str().len() / COUNTED, span)?;
            return number_of(name, text, args);
        }
        if name == "int" && args.at_or(1, "base").is_some() {
            return raise("TypeError");
        }
        let Some((number, data)) = value.number() else { return raise("TypeError") };
        let whole = |value: f64| {
            if value.is_nan() {
                raise("ValueError")
            } else if value.is_infinite() {
                raise("OverflowError")
            } else if value.abs() < 9.2e18 {
                Ok(Value::Int(value as i64, data))
            } else {
                Ok(Value::unknown("an integer beyond 64 bits"))
            }
        };
        match (name, number) {
            ("float", number) => Ok(Value::Float(number.as_f64(), data)),
            ("abs", Number::Int(value)) => {
                Ok(value.checked_abs().map_or(Value::unknown("an integer beyond 64 bits"), |v| Value::Int(v, data)))
            }
            ("abs", Number::Float(value)) => Ok(Value::Float(value.abs(), data)),
            ("math.sqrt", number) if number.as_f64() < 0.0 => raise("ValueError"),
            ("math.sqrt", number) => Ok(Value::Float(number.as_f64().sqrt(), data)),
            ("round", number) => match (number, args.at_or(1, "ndigits")) {
                (Number::Int(value), None | Some(Value::None)) => Ok(Value::Int(value, data)),
                (Number::Int(value), Some(Value::Int(digits, _))) if *digits >= 0 => Ok(Value::Int(value, data)),
                (Number::Int(value), Some(Value::Int(digits, _))) => whole(round_to(value as f64, *digits)),
                (number, None | Some(Value::None)) => whole(number.as_f64().round_ties_even()),
                (number, Some(Value::Int(digits, _))) => Ok(Value::Float(round_to(number.as_f64(), *digits), data)),
                _ => raise("TypeError"),
            },
            (_, Number::Int(value)) => Ok(Value::Int(value, data)),
            ("math.floor", Number::Float(value)) => whole(value.floor()),
            ("math.ceil", Number::Float(value)) => whole(value.ceil()),
            (_, Number::Float(value)) => whole(value.trunc()),
        }
    }

    fn collection(&mut self, name: &str, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
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

    fn map(&mut self, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
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

    fn filter(&mut self, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
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

    fn zip(&mut self, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
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
        let mut keyed = sorted(keyed, &mut |a, b| match self.order(&a.0, &b.0, span)? {
            Some(order) => Ok(order == Some(Ordering::Less)),
            None => Err(self.undetermined(span, "the order of unknown values")),
        })?;
        if reverse {
            keyed.reverse();
        }
        // Of equal ones any comes first, as they were shuffled.
        let ties = is_shuffled && self.has_ties(&keyed, span)?;
        let sorted: Vec<Value<'p>> = keyed.into_iter().map(|pair| pair.1).collect();
        Ok(if ties { shuffled::anywhere(sorted) } else { sorted })
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

    fn extreme(&mut self, largest: bool, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
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

    /// `math.isclose(a, b, rel_tol=..., abs_tol=...)`.
    fn is_close(&mut self, args: &Args<'p>) -> Run<Value<'p>> {
        let (Some(a), Some(b)) = (args.get(0), args.get(1)) else { return raise("TypeError") };
        let (rel, abs) = (Value::Float(1e-9, false), Value::Float(0.0, false));
        let tolerances = [args.keyword("rel_tol").unwrap_or(&rel), args.keyword("abs_tol").unwrap_or(&abs)];
        if let Some(what) = [a, b].into_iter().chain(tolerances).find_map(Value::unknown_text) {
            return Ok(Value::unknown(format!("math.isclose({what})")));
        }
        self.inspect_pair(a, b);
        let number = |value: &Value<'p>| value.number().map_or_else(|| raise("TypeError"), |n| Ok(n.0.as_f64()));
        let (a, b, rel, abs) = (number(a)?, number(b)?, number(tolerances[0])?, number(tolerances[1])?);
        if rel < 0.0 || abs < 0.0 {
            return raise("ValueError");
        }
        #[expect(clippy::float_cmp, reason = "as Python does, for infinities")]
        let same = a == b;
        let near = a.is_finite() && b.is_finite() && (a - b).abs() <= (rel * a.abs().max(b.abs())).max(abs);
        Ok(Value::Bool(same || near))
    }

    /// `bisect.bisect(items, value)`: how many of the items, which are in order, come before the value.
    fn bisect(&mut self, name: &str, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
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

    /// `numpy.average(values, weights=weights)`.
    fn weighted_mean(&mut self, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let (Some(values), Some(weights)) = (args.at_or(0, "a"), args.at_or(2, "weights")) else {
            return self.sum("numpy.mean", args, span);
        };
        if let Some(what) = values.unknown_text().or_else(|| weights.unknown_text()) {
            return Ok(Value::unknown(format!("numpy.average({what})")));
        }
        let (values, weights) = (self.items(values, span)?, self.items(weights, span)?);
        if values.len() != weights.len() {
            return raise("ValueError");
        }
        let (mut total, mut weight) = (Value::int(0), Value::int(0));
        for (value, by) in values.iter().zip(&weights) {
            let part = self.binary(value, BinaryOp::Mul, by, span)?;
            total = self.binary(&total, BinaryOp::Add, &part, span)?;
            weight = self.binary(&weight, BinaryOp::Add, by, span)?;
        }
        self.binary(&total, BinaryOp::Div, &weight, span)
    }

    fn sum(&mut self, name: &str, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let Some(iterable) = args.get(0) else { return raise("TypeError") };
        let mut total = args.at_or(1, "start").cloned().unwrap_or(Value::int(0));
        if matches!(total, Value::Str(_)) || args.positional.len() > 2 {
            return raise("TypeError");
        }
        let mut count = 0;
        let mirrors = self.growth(iterable) == Growth::Mirror;
        for item in self.items(iterable, span)? {
            total = self.binary(&total, BinaryOp::Add, &item, span)?;
            count += 1;
        }
        if name.ends_with("mean") {
            total = match (count, name) {
                (0, "statistics.mean") => return raise("StatisticsError"),
                (0, _) => Value::Float(f64::NAN, false),
                _ => self.binary(&total, BinaryOp::Div, &Value::int(count), span)?,
            };
        }
        if let ("math.fsum", Some((number, data))) = (name, total.number()) {
            total = Value::Float(number.as_f64(), data);
        }
        Ok(if mirrors { total.into_data() } else { total })
    }

    fn range(&mut self, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
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

    fn dictionary(&mut self, name: &str, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
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

    fn deque(&mut self, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
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

    #[expect(clippy::unused_self, reason = "one shape for all builtins")]
    fn isinstance(&mut self, args: &Args<'p>) -> Run<Value<'p>> {
        let (Some(value), Some(class)) = (args.get(0), args.get(1)) else { return raise("TypeError") };
        let classes = match class {
            Value::Tuple(classes) => classes.to_vec(),
            class => vec![class.clone()],
        };
        let has_class = matches!(value, Value::Unknown(unknown) if unknown.class_name().is_some());
        let mut unknown = value.unknown_text().filter(|_| !matches!(value, Value::Str(_)) && !has_class);
        for class in classes {
            match class {
                Value::Builtin(class) => {
                    let own = value.type_name();
                    if own == class.trim_start_matches("collections.")
                        || &*class == "object"
                        || (&*class == "dict" && is_mapping(value))
                        || (own == "bool" && &*class == "int")
                        || (own == "set" && &*class == "frozenset")
                    {
                        return Ok(Value::Bool(true));
                    }
                }
                other => unknown = other.unknown_text().or(unknown),
            }
        }
        Ok(unknown.map_or(Value::Bool(false), |what| Value::unknown(format!("isinstance(..., {what})"))))
    }
}

/// The number that a text says, for `int` and `float`.
fn number_of<'p>(name: &str, text: &Text, args: &Args<'p>) -> Run<Value<'p>> {
    let (string, data) = (text.as_str(), text.is_data());
    let base = match args.at_or(1, "base") {
        None => 10,
        Some(Value::Int(base, _)) => *base,
        Some(base) if base.unknown_text().is_some() => return Ok(Value::unknown("int(..., base)")),
        Some(_) => return raise("TypeError"),
    };
    if !string.is_ascii() && string.contains(|c: char| !c.is_ascii() && c.is_numeric()) {
        // Digits of other scripts.
        return Ok(Value::unknown(format!("{name}(...)")));
    }
    match name {
        "int" => Ok(match numerals::whole(string, base)? {
            Some(number) => Value::Int(number, data),
            None => Value::unknown("an integer beyond 64 bits"),
        }),
        "float" => Ok(Value::Float(numerals::float(string)?, data)),
        _ => raise("TypeError"),
    }
}

/// `hasattr(object, name)`: unknown of what comes from outside.
fn has_attribute<'p>(args: &Args<'p>) -> Value<'p> {
    let outside = || Value::unknown("hasattr(...)");
    let Some(Value::Str(name)) = args.get(1).filter(|name| name.unknown_text().is_none()) else { return outside() };
    match args.get(0) {
        Some(Value::Unknown(object)) if object.has_attribute(name.as_str()) => Value::Bool(true),
        Some(Value::None) if !name.as_str().starts_with("__") => Value::Bool(false),
        _ => outside(),
    }
}

/// `string.capwords(text)`.
fn capwords<'p>(args: &Args<'p>) -> Run<Value<'p>> {
    let Some(Value::Str(text)) = args.get(0) else { return raise("TypeError") };
    let words: Vec<_> = text.as_str().split_whitespace().map(capitalize).collect();
    Ok(Value::Str(text.derive(words.join(" "))))
}

/// `ord(text)` and `chr(number)`.
fn character<'p>(name: &str, args: &Args<'p>) -> Run<Value<'p>> {
    let Some(value) = args.get(0) else { return raise("TypeError") };
    if let Some(what) = value.unknown_text() {
        return Ok(Value::unknown(format!("{name}({what})")));
    }
    match (name, value) {
        ("ord", Value::Str(text)) => match text.as_str().chars().collect::<Vec<_>>().as_slice() {
            [c] => Ok(Value::Int(i64::from(u32::from(*c)), text.is_data())),
            _ => raise("TypeError"),
        },
        ("chr", Value::Int(code, data)) => match u32::try_from(*code).ok().and_then(char::from_u32) {
            Some(c) if *data => Ok(Value::data(c.to_string())),
            Some(c) => Ok(Value::str(c.to_string())),
            None => raise("ValueError"),
        },
        _ => raise("TypeError"),
    }
}

/// `html.escape(text)` and `xml.sax.saxutils.escape(text)`: the former escapes quotes too.
fn escape<'p>(name: &str, args: &Args<'p>) -> Run<Value<'p>> {
    let text = match args.get(0) {
        Some(Value::Str(text)) if args.positional.len() == 1 && args.keywords.is_empty() => text,
        Some(_) => return Ok(Value::unknown(format!("{name}(...)"))),
        None => return raise("TypeError"),
    };
    let quotes = name.starts_with("html.");
    Ok(Value::Str(text.map(|piece| {
        let escaped = piece.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        if quotes { escaped.replace('"', "&quot;").replace('\'', "&#x27;") } else { escaped }
    })))
}

/// Rounds half to even on the decimal text, as Python does (it rounds the exact binary value).
fn round_to(value: f64, digits: i64) -> f64 {
    if digits >= 0 {
        // Rust's formatting rounds the exact binary value correctly.
        format!("{value:.*}", digits.min(320) as usize).parse().unwrap_or(value)
    } else {
        let scale = 10f64.powi(digits.unsigned_abs().min(320) as i32);
        (value / scale).round_ties_even() * scale
    }
}
/// `type(value)`.
fn type_of<'p>(args: &Args<'p>) -> Run<Value<'p>> {
    Ok(match args.get(0) {
        Some(Value::Unknown(unknown)) => Value::unknown(format!("type({})", unknown.text)),
        Some(value) => Value::Builtin(value.type_name().into()),
        None => return raise("TypeError"),
    })
}

/// Whether a value is a dictionary, as all of a JSON answer is.
fn is_mapping(value: &Value<'_>) -> bool {
    match value {
        Value::Dict(_) => true,
        Value::Api(object) => object.spelling != Spelling::Message,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Api;
    use crate::interpreter::machine::Surroundings;
    use crate::interpreter::memory::Memory;
    use crate::library::{PURE_FUNCTIONS, REGEX_FLAGS};
    use crate::output::ApiOutput;
    use crate::program::Program;

    /// Arguments of which some fit each function.
    fn arguments<'p>() -> Vec<Vec<Value<'p>>> {
        let (text, half, two) = (Value::str("1"), Value::Float(0.5, false), Value::int(2));
        let list = || Value::list(vec![Value::str("1")], Growth::Fixed);
        let numbers = || Value::list(vec![Value::int(1)], Growth::Fixed);
        let mut frame = Table::new(Growth::Fixed);
        frame.class = Class::Frame;
        let frames = Value::list(vec![Value::Dict(Rc::new(frame.into()))], Growth::Fixed);
        let class = Value::Builtin("int".into());
        vec![
            vec![],
            vec![text.clone()],
            vec![text.clone(), text.clone()],
            vec![text.clone(), text.clone(), text.clone()],
            vec![text.clone(), list()],
            vec![two.clone()],
            vec![half.clone()],
            vec![two.clone(), two.clone()],
            vec![half.clone(), half],
            vec![numbers()],
            vec![numbers(), numbers()],
            vec![numbers(), two.clone()],
            vec![class.clone(), list()],
            vec![two, class],
            vec![Value::None, text],
            vec![Value::iterator(vec![Value::None], Growth::Fixed)],
            vec![frames],
        ]
    }

    #[test]
    fn every_function_that_is_said_to_be_known_gives_a_value() {
        let program =
            Program { files: Vec::new(), globals: Vec::new(), functions: Vec::new(), entry: crate::FunctionId(0) };
        let (api, output, memory) =
            (Api::google_label_detection(), ApiOutput::labels([("Dog", 0.9)]), Memory::default());
        let around = Surroundings { api: &api, default_top_k: None, given: &[], budget: None };
        let mut machine = Machine::new(&program, around, &output, (&[], false), (&memory, None));
        for name in BUILTINS.iter().chain(PURE_FUNCTIONS).chain(REGEX_FLAGS) {
            let mut gives = |args| match machine.call_builtin(name, Args::positional(args), Span::default()) {
                Ok(Value::Unknown(unknown)) => !unknown.text.ends_with("(...)"),
                Ok(_) => true,
                Err(_) => false,
            };
            assert!(arguments().into_iter().any(&mut gives), "{name}");
        }
    }
}
