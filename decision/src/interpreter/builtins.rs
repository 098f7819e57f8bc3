//! Python's builtins and the pure library functions that decision code calls.

use std::rc::Rc;

use super::expressions::Args;
use super::frame::{columns_growth, is_frame, rows};
use super::machine::{Machine, Run, Stop, raise};
use super::response;
use super::sequences::COUNTED;
use super::strings::capitalize;
use super::table::Table;
use super::text::Text;
use super::types::{has_attribute, type_of};
use super::value::{Growth, Value};
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
            binned if super::binning::is_known(binned) => self.binned(binned, &args, span),
            "range" => self.range(&args, span),
            "math.isclose" => self.is_close(&args),
            known if super::math::is_known(known) => self.math(known, &args, span),
            "min" | "max" => self.extreme(name == "max", &args, span),
            "numpy.average" => self.weighted_mean(&args, span),
            "sum" | "math.fsum" | "statistics.mean" | "numpy.mean" => self.sum(name, &args, span),
            "divmod" => self.divmod(&args, span),
            "pow" => match args.positional.as_slice() {
                [a, b] => self.binary(a, BinaryOp::Pow, b, span),
                [] | [_] if args.keywords.is_empty() => raise("TypeError"),
                _ => Ok(Value::unknown("pow(...)")),
            },
            "html.escape" | "xml.sax.saxutils.escape" | "ord" | "chr" | "string.capwords" => {
                self.of_text(name, &args, span)
            }
            "bytes" => self.bytes(&args, span),
            "object" => Ok(Value::object("an object".to_owned(), Rendered::Unknown, [])),
            "itertools.chain" | "itertools.chain.from_iterable" => self.chain(name, &args, span),
            "itertools.islice" => self.islice(&args, span),
            "isinstance" => self.isinstance(&args),
            "type" => type_of(&args),
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

    /// A function that goes through a text.
    fn of_text(&mut self, name: &str, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        if let Some(Value::Str(text)) = args.get(0) {
            self.charge(text.as_str().len() / COUNTED, span)?;
        }
        match name {
            "ord" | "chr" => character(name, args),
            "string.capwords" => capwords(args),
            _ => escape(name, args),
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Api;
    use crate::interpreter::machine::Surroundings;
    use crate::interpreter::memory::Memory;
    use crate::interpreter::table::Class;
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
        let edges = Value::list(vec![Value::int(0), Value::int(1)], Growth::Fixed);
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
            // Into intervals, whose edges go up, by their places.
            vec![numbers(), edges, Value::Bool(true), Value::Bool(false)],
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
