//! Method calls: by the receiver's type.

use super::expressions::Args;
use super::machine::{Machine, Run, raise};
use super::value::{ApiField, Growth, Value};
use crate::program::{CompareOp, Span};

impl<'p> Machine<'p, '_> {
    pub(super) fn call_method(&mut self, object: &Value<'p>, name: &str, args: Args<'p>, span: Span) -> Run<Value<'p>> {
        self.charge(1, span)?;
        match object {
            Value::Unknown(unknown) => {
                let stored = unknown.stored.borrow().get(&format!(".{name}")).cloned();
                if let Some(callee @ (Value::Function(_) | Value::Lambda(_) | Value::Builtin(_) | Value::Bound(_))) =
                    stored
                {
                    return self.call_value(&callee, args, span);
                }
                // A future's work is done.
                if let ("result", Some(given)) = (name, unknown.stored.borrow().get(".<result>")) {
                    return Ok(given.clone());
                }
                if unknown.has_method(name)
                    && let Some(value) = self.own_method(unknown, name, args.clone(), span)?
                {
                    return Ok(value);
                }
                let called = format!("{}.{name}", unknown.text);
                self.outside_call(span, &called, (&args.all(), &args.names()))
            }
            // As bytes or not, what is unknown in it stays where it is.
            Value::Str(text) if matches!(name, "encode" | "decode") => self.str_method(text, name, &args, span),
            Value::Str(text) => {
                let given = args.positional.iter().chain(args.keywords.iter().map(|keyword| &keyword.1));
                let unknown = object.unknown_text().or_else(|| given.into_iter().find_map(Value::unknown_text));
                if let Some(what) = unknown.filter(|_| !matches!(name, "format" | "join")) {
                    return Ok(Value::unknown(format!("{what}.{name}(...)")));
                }
                self.str_method(text, name, &args, span)
            }
            Value::List(list) => self.list_method(object, list, name, &args, span),
            Value::Tuple(items) => self.tuple_method(items, name, &args, span),
            Value::Dict(dict) => self.dict_method(object, dict, name, &args, span),
            Value::Set(set) => self.set_method(object, set, name, &args, span),
            Value::Api(api) => match name {
                "has_key" | "__contains__" => match args.get(0) {
                    Some(key) => self.compare(key, CompareOp::In, object, span),
                    None => raise("TypeError"),
                },
                "get" => {
                    let fallback = args.get(1).cloned().unwrap_or(Value::None);
                    match args.get(0) {
                        Some(Value::Str(key)) if !key.is_unknown() => {
                            let found = api.key(key.as_str());
                            if found.is_none() && key.as_str() != "error" {
                                self.looked();
                            }
                            Ok(found.unwrap_or(fallback))
                        }
                        _ => Ok(Value::unknown("an item of the response")),
                    }
                }
                "keys" => {
                    let keys = self.items(object, span)?;
                    Ok(Value::list(keys, Growth::Fixed))
                }
                "items" | "values" => {
                    // What is not modelled is no text or number that a value could be compared with.
                    let is_told = |field: &&ApiField<'p>| name == "items" || !matches!(field.value, Value::Unknown(_));
                    let fields = api.fields().iter().filter(|field| field.in_json).filter(is_told);
                    let entry = |field: &ApiField<'p>| match name {
                        "items" => Value::tuple(vec![Value::str(api.spelling.key(&field.name)), field.value.clone()]),
                        _ => field.value.clone(),
                    };
                    Ok(Value::list(fields.map(entry).collect(), Growth::Fixed))
                }
                "to_dict" | "to_json" | "json" | "copy" | "execute" | "read" | "decode" => Ok(object.clone()),
                // A part of the response taken for a text fails.
                "lower" | "upper" | "casefold" | "title" | "strip" | "split" | "replace" | "startswith"
                | "endswith" => raise("AttributeError"),
                // Only what the response holds can be called; the client's other helpers are not followed.
                _ => Ok(Value::unknown(format!("{name}(...) of the response"))),
            },
            Value::Enum(member) if member.is_text => self.call_method(&member.value, name, args, span),
            Value::Match(found) => self.match_method(found, name, &args, span),
            Value::Matcher(matcher) => self.matcher_method(matcher, name, span),
            Value::Pattern(pattern) => self.pattern_method(pattern, name, &args, span),
            Value::Builtin(builtin) => {
                let called = format!("{builtin}.{name}");
                self.call_builtin(&called, args, span)
            }
            Value::Float(value, data) if name == "is_integer" => Ok(if *data {
                self.looked();
                Value::Bool(value.fract() == 0.0)
            } else {
                Value::Bool(value.fract() == 0.0)
            }),
            _ => raise("AttributeError"),
        }
    }
}
