//! Builtins that ask what a value is and has: `isinstance`, `type`, `getattr`.

use super::expressions::Args;
use super::machine::{Machine, Run, Stop, raise};
use super::value::{Spelling, Value};

impl<'p> Machine<'p, '_> {
    pub(super) fn getattr(&mut self, args: &Args<'p>) -> Run<Value<'p>> {
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

    #[expect(clippy::unused_self, reason = "one shape for all builtins")]
    pub(super) fn isinstance(&mut self, args: &Args<'p>) -> Run<Value<'p>> {
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

/// `hasattr(object, name)`: unknown of what comes from outside.
pub(super) fn has_attribute<'p>(args: &Args<'p>) -> Value<'p> {
    let outside = || Value::unknown("hasattr(...)");
    let Some(Value::Str(name)) = args.get(1).filter(|name| name.unknown_text().is_none()) else { return outside() };
    match args.get(0) {
        Some(Value::Unknown(object)) if object.has_attribute(name.as_str()) => Value::Bool(true),
        Some(Value::None) if !name.as_str().starts_with("__") => Value::Bool(false),
        _ => outside(),
    }
}

/// `type(value)`.
pub(super) fn type_of<'p>(args: &Args<'p>) -> Run<Value<'p>> {
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
