//! Members of the program's own enumerations, classes that extend `enum.Enum`.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::expressions::Args;
use super::machine::{Machine, Run, raise};
use super::operators::equal;
use super::value::{EnumMember, Value};
use super::walk::Walk;
use crate::program::{BinaryOp, Span};

impl<'p> EnumMember<'p> {
    /// The member whose class, name and value are the arguments; the last two say whether it is a text or a flag as well.
    pub(super) fn made(args: &Args<'p>) -> Value<'p> {
        let text = |at: usize| match args.get(at) {
            Some(Value::Str(text)) => text.shared(),
            _ => "".into(),
        };
        let value = match args.get(2) {
            // `BOTH = A | B`.
            Some(Value::Enum(flags)) if flags.is_flag => flags.value.clone(),
            value => value.cloned().unwrap_or(Value::None),
        };
        let is_text = matches!(args.get(3), Some(Value::Bool(true))) && matches!(value, Value::Str(_));
        let is_flag = matches!(args.get(4), Some(Value::Bool(true))) && matches!(value, Value::Int(..));
        Value::Enum(Rc::new(Self { class: text(0), name: text(1), value, is_text, is_flag }))
    }

    /// Its bits, where it is a flag.
    pub(super) fn bits(&self) -> Option<i64> {
        match self.value {
            Value::Int(bits, _) if self.is_flag => Some(bits),
            _ => None,
        }
    }

    /// `a | b`, `a & b` or `a ^ b` of two flags of one class.
    pub(super) fn combined(&self, op: BinaryOp, other: &Self) -> Option<Value<'p>> {
        let (a, b) = (self.bits()?, other.bits().filter(|_| self.class == other.class)?);
        let names = |member: &Self, bits: i64| -> BTreeSet<String> {
            if bits == 0 { BTreeSet::new() } else { member.name.split('|').map(str::to_owned).collect() }
        };
        let (own, others) = (names(self, a), names(other, b));
        let (bits, names): (i64, Vec<String>) = match op {
            BinaryOp::BitOr => (a | b, own.union(&others).cloned().collect()),
            BinaryOp::BitAnd => (a & b, own.intersection(&others).cloned().collect()),
            BinaryOp::BitXor => (a ^ b, own.symmetric_difference(&others).cloned().collect()),
            _ => return None,
        };
        let name = if bits == 0 { "0".to_owned() } else { names.join("|") };
        let (class, name) = (Rc::clone(&self.class), Rc::from(name));
        Some(Value::Enum(Rc::new(Self { class, name, value: Value::int(bits), is_text: false, is_flag: true })))
    }

    /// As `str` writes it.
    pub(super) fn path(&self) -> String {
        format!("{}.{}", self.class, self.name)
    }

    /// Its name, its value, or an attribute of the text that it is.
    pub(super) fn attribute(self: &Rc<Self>, name: &str) -> Run<Value<'p>> {
        match name {
            "name" | "_name_" => Ok(Value::str(Rc::clone(&self.name))),
            "value" | "_value_" => Ok(self.value.clone()),
            _ if self.is_text => Ok(Value::Bound(Rc::new((self.value.clone(), name.to_owned())))),
            _ => raise("AttributeError"),
        }
    }
}

impl<'p> Machine<'p, '_> {
    /// What an enumeration is written as: a member, or the search for one.
    pub(super) fn enumeration(&mut self, what: &str, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        match what {
            "<member>" => Ok(EnumMember::made(args)),
            "<member of>" => self.member_of(args, span),
            _ => self.member_named(args, span),
        }
    }

    /// `Class(value)`: the first member of the given ones with this value.
    fn member_of(&mut self, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        self.member(args, "ValueError", span, |member, wanted, walk| match wanted {
            Value::Enum(_) => equal(&Value::Enum(Rc::clone(member)), wanted, walk),
            _ => equal(&member.value, wanted, walk),
        })
    }

    /// `Class[name]`.
    fn member_named(&mut self, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        self.member(args, "KeyError", span, |member, wanted, walk| {
            equal(&Value::str(Rc::clone(&member.name)), wanted, walk)
        })
    }

    fn member(
        &mut self,
        args: &Args<'p>,
        none: &str,
        span: Span,
        fits: impl Fn(&Rc<EnumMember<'p>>, &Value<'p>, &mut Walk) -> Option<bool>,
    ) -> Run<Value<'p>> {
        let Some(wanted) = args.get(0) else { return raise("TypeError") };
        for member in args.positional.iter().skip(1) {
            let Value::Enum(own) = member else { return Ok(Value::unknown("a member of an enumeration")) };
            self.inspect_pair(&own.value, wanted);
            match self.walk(span, |walk| fits(own, wanted, walk))? {
                Some(true) => return Ok(member.clone()),
                Some(false) => {}
                None => return Ok(Value::unknown("a member of an enumeration")),
            }
        }
        raise(none)
    }
}
