//! Objects of the program's own classes, of which there are several: each holds its attributes, and knows the methods of
//! its class, which are handed it.

use std::rc::Rc;

use super::expressions::Args;
use super::machine::{Machine, Run};
use super::value::{Unknown, Value};
use crate::program::{BinaryOp, CompareOp, FunctionId, Span};

/// Stands before the name of a method where an object keeps it.
const METHOD: &str = "()";

/// Where an object keeps the name of its class.
const CLASS: &str = "class";

/// Where an object that only holds values keeps it.
const RECORD_CLASS: &str = "record";

/// Stands before the name of a method that reading it calls.
const PROPERTY: &str = "@";

impl<'p> Machine<'p, '_> {
    /// An object of the class of this name, with attributes and methods.
    pub(super) fn object(&mut self, args: Args<'p>) -> Value<'p> {
        let name = match args.get(0) {
            Some(Value::Str(name)) => name.as_str().to_owned(),
            _ => "an object".to_owned(),
        };
        let is_method = |name: &str| name.starts_with(METHOD) || name.starts_with(PROPERTY);
        let keep = |(name, value): (String, Value<'p>)| {
            if is_method(&name) { (name, value) } else { (format!(".{name}"), value) }
        };
        let class = (CLASS.to_owned(), Value::str(name.as_str()));
        let object = Rc::new(Unknown::object(name, args.keywords.into_iter().map(keep).chain([class])));
        self.objects.push(Rc::clone(&object));
        Value::Unknown(object)
    }

    /// An object of which only the attributes are known, and perhaps what its class is called.
    pub(super) fn record(&mut self, args: Args<'p>) -> Value<'p> {
        let class = args.get(0).cloned();
        let object = Value::record(args.keywords);
        if let Value::Unknown(unknown) = &object {
            unknown.stored.borrow_mut().extend(class.map(|class| (RECORD_CLASS.to_owned(), class)));
            self.hold_true(unknown);
        }
        object
    }

    /// Whether a value is an object of one of the classes of the program that are named.
    pub(super) fn instance(args: &Args<'p>) -> Value<'p> {
        let is_named = |class: &str| {
            let mut names = args.positional.iter().skip(1);
            names.any(|name| matches!(name, Value::Str(name) if name.as_str() == class))
        };
        match args.get(0) {
            Some(Value::Enum(member)) => Value::Bool(is_named(&member.class)),
            Some(Value::Unknown(unknown)) => match unknown.class_name() {
                Some(class) => Value::Bool(is_named(&class)),
                None => Value::unknown(format!("the class of {}", unknown.text)),
            },
            _ => Value::Bool(false),
        }
    }

    /// What an object's method gives, if it has it.
    pub(super) fn own_method(
        &mut self,
        object: &Rc<Unknown<'p>>,
        name: &str,
        mut args: Args<'p>,
        span: Span,
    ) -> Run<Option<Value<'p>>> {
        let Some(method) = method(object, METHOD, name) else { return Ok(None) };
        args.positional.insert(0, Value::Unknown(Rc::clone(object)));
        self.call_function(method, args, span).map(Some)
    }

    /// As [`Machine::own_method`], with plain arguments.
    pub(super) fn special(
        &mut self,
        object: &Value<'p>,
        name: &str,
        args: Vec<Value<'p>>,
        span: Span,
    ) -> Run<Option<Value<'p>>> {
        match object {
            Value::Unknown(unknown) if unknown.is_record => {
                self.own_method(unknown, name, Args::positional(args), span)
            }
            _ => Ok(None),
        }
    }

    /// A comparison that the class of one of the objects says.
    pub(super) fn compared_by_class(
        &mut self,
        left: &Value<'p>,
        op: CompareOp,
        right: &Value<'p>,
        span: Span,
    ) -> Run<Option<Value<'p>>> {
        let Some((own, reflected)) = op.methods() else { return Ok(None) };
        if !left.is_object() && !right.is_object() {
            return Ok(None);
        }
        for (object, method, other) in [(left, own, right), (right, reflected, left)] {
            if let Some(value) = self.special(object, method, vec![other.clone()], span)? {
                return Ok(Some(value));
            }
        }
        if op != CompareOp::Ne {
            return Ok(None);
        }
        let same = self.compared_by_class(left, CompareOp::Eq, right, span)?;
        same.map(|same| Ok(Value::Bool(!self.truth(&same, span)?))).transpose()
    }

    /// What an operator gives where the class of one of the objects says it.
    pub(super) fn computed_by_class(
        &mut self,
        left: &Value<'p>,
        op: BinaryOp,
        right: &Value<'p>,
        span: Span,
    ) -> Run<Option<Value<'p>>> {
        if !left.is_object() && !right.is_object() {
            return Ok(None);
        }
        let name = match op {
            BinaryOp::Add => "add",
            BinaryOp::Sub => "sub",
            BinaryOp::Mul => "mul",
            BinaryOp::Div => "truediv",
            BinaryOp::FloorDiv => "floordiv",
            BinaryOp::Mod => "mod",
            BinaryOp::Pow => "pow",
            BinaryOp::BitAnd => "and",
            BinaryOp::BitOr => "or",
            BinaryOp::BitXor => "xor",
        };
        let value = self.special(left, &format!("__{name}__"), vec![right.clone()], span)?;
        match value {
            Some(value) => Ok(Some(value)),
            None => self.special(right, &format!("__r{name}__"), vec![left.clone()], span),
        }
    }

    /// What reading an attribute of an object gives, where it is a method of its class.
    pub(super) fn of_class(&mut self, object: &Rc<Unknown<'p>>, name: &str) -> Run<Option<Value<'p>>> {
        if !object.is_record || object.stored.borrow().contains_key(&format!(".{name}")) {
            return Ok(None);
        }
        let receiver = Value::Unknown(Rc::clone(object));
        if let Some(property) = method(object, PROPERTY, name) {
            return self.call_function(property, Args::positional(vec![receiver]), Span::default()).map(Some);
        }
        Ok(method(object, METHOD, name).map(|_| Value::Bound(Rc::new((receiver, name.to_owned())))))
    }

    /// The text of an object, as its class says it.
    pub(super) fn text_of_object(&mut self, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let Some(object) = args.get(0) else { return Ok(Value::str("")) };
        for name in ["__str__", "__repr__"] {
            if let Some(text) = self.special(object, name, Vec::new(), span)? {
                return Ok(text);
            }
        }
        Ok(Value::Str(self.text_of(object, span)?))
    }

    /// Values as they are printed.
    pub(super) fn as_printed(&mut self, values: &[Value<'p>], span: Span) -> Run<Vec<Value<'p>>> {
        let printed = |value: &Value<'p>| {
            if value.is_object() {
                self.text_of_object(&Args::positional(vec![value.clone()]), span)
            } else {
                Ok(value.clone())
            }
        };
        values.iter().map(printed).collect()
    }

    /// Whether an object of the program's own is true: as it says itself, or as there is something in it.
    pub(super) fn object_truth(&mut self, object: &Rc<Unknown<'p>>, span: Span) -> Run<bool> {
        for name in ["__bool__", "__nonzero__", "__len__"] {
            if let Some(value) = self.own_method(object, name, Args::positional(Vec::new()), span)? {
                // What a method answers with an object of its own is not asked on and on.
                return if matches!(value, Value::Unknown(_)) { Ok(true) } else { self.truth(&value, span) };
            }
        }
        Ok(true)
    }
}

impl Unknown<'_> {
    /// Whether it is an object of a class whose methods it knows.
    pub(super) fn is_of_class(&self) -> bool {
        self.is_record && self.stored.borrow().contains_key(CLASS)
    }

    /// The name of its class, where that is one of the program's.
    pub(super) fn class_name(&self) -> Option<String> {
        let stored = self.stored.borrow();
        match stored.get(CLASS).or_else(|| stored.get(RECORD_CLASS)) {
            Some(Value::Str(name)) => Some(name.as_str().to_owned()),
            _ => None,
        }
    }

    /// Whether it is known to have an attribute: one that was set, or a method of its class.
    pub(super) fn has_attribute(&self, name: &str) -> bool {
        let stored = self.stored.borrow();
        let is_method = [METHOD, PROPERTY].iter().any(|kind| stored.contains_key(&format!("{kind}{name}")));
        stored.contains_key(&format!(".{name}")) || (self.is_record && is_method)
    }

    /// Whether the class of an object has a method of this name.
    pub(super) fn has_method(&self, name: &str) -> bool {
        self.is_record && method(self, METHOD, name).is_some()
    }
}

impl Value<'_> {
    /// Whether it is an object of one of the program's own classes.
    pub(super) fn is_object(&self) -> bool {
        matches!(self, Self::Unknown(unknown) if unknown.is_of_class())
    }
}

/// A method of an object's class.
fn method(object: &Unknown<'_>, kind: &str, name: &str) -> Option<FunctionId> {
    match object.stored.borrow().get(&format!("{kind}{name}")) {
        Some(Value::Function(method)) => Some(*method),
        _ => None,
    }
}
