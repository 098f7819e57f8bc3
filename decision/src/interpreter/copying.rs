//! `copy.copy` and `copy.deepcopy`.
//!
//! Containers and the program's own objects are copied. What comes from outside and the answer are not: they are compared
//! by what they are, not by what they hold.

use std::rc::Rc;

use foldhash::HashMap;

use super::expressions::Args;
use super::machine::{Machine, Run, raise};
use super::table::Table;
use super::value::{Unknown, Value};
use crate::program::Span;

/// Copies so far, by the place of the original: what is there twice is there twice in the copy, and may be in itself.
type Copies<'p> = HashMap<usize, Value<'p>>;

impl<'p> Machine<'p, '_> {
    pub(super) fn copied(&mut self, name: &str, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let Some(value) = args.at_or(0, "x") else { return raise("TypeError") };
        let value = value.clone();
        if name == "copy.deepcopy" {
            self.deep_copy(&value, &mut Copies::default(), span)
        } else {
            self.copy(&value, span)
        }
    }

    fn copy(&mut self, value: &Value<'p>, span: Span) -> Run<Value<'p>> {
        if let Some(own) = self.special(value, "__copy__", Vec::new(), span)? {
            return Ok(own);
        }
        self.charge(held(value), span)?;
        Ok(match value {
            Value::List(list) => {
                let list = list.borrow();
                Value::list_of(list.class, list.items.clone(), list.growth)
            }
            Value::Set(table) => Value::Set(Rc::new(table.borrow().clone().into())),
            Value::Dict(table) => Value::Dict(Rc::new(table.borrow().clone().into())),
            Value::Unknown(object) if object.is_record => {
                let stored = object.stored.borrow().clone();
                self.object_like(object, stored)
            }
            other => other.clone(),
        })
    }

    fn deep_copy(&mut self, value: &Value<'p>, copies: &mut Copies<'p>, span: Span) -> Run<Value<'p>> {
        let Some(place) = place(value) else { return Ok(value.clone()) };
        if let Some(copy) = copies.get(&place) {
            return Ok(copy.clone());
        }
        if let Some(own) = self.special(value, "__deepcopy__", vec![Value::unknown("memo")], span)? {
            return Ok(own);
        }
        // The copy is there before what it holds, which may be itself.
        let copy = self.copy(value, span)?;
        copies.insert(place, copy.clone());
        self.nested(span, |machine| machine.deepen(&copy, copies, span))
    }

    /// Puts copies in the place of what a copy holds.
    fn deepen(&mut self, copy: &Value<'p>, copies: &mut Copies<'p>, span: Span) -> Run<Value<'p>> {
        match copy {
            Value::List(list) => {
                let items = list.borrow().items.clone();
                let items = self.deep_copies(&items, copies, span)?;
                list.borrow_mut().items = items;
            }
            Value::Tuple(items) => return Ok(Value::tuple(self.deep_copies(items, copies, span)?)),
            Value::Dict(table) => {
                let values: Vec<_> = table.borrow().entries().iter().map(|entry| entry.1.clone()).collect();
                let values = self.deep_copies(&values, copies, span)?;
                table.borrow_mut().set_values(values);
            }
            Value::Unknown(object) => {
                let (names, values): (Vec<_>, Vec<_>) = object.stored.borrow().clone().into_iter().unzip();
                let values = self.deep_copies(&values, copies, span)?;
                object.stored.borrow_mut().extend(names.into_iter().zip(values));
            }
            _ => {}
        }
        Ok(copy.clone())
    }

    fn deep_copies(&mut self, values: &[Value<'p>], copies: &mut Copies<'p>, span: Span) -> Run<Vec<Value<'p>>> {
        values.iter().map(|value| self.deep_copy(value, copies, span)).collect()
    }

    /// An object of the same class that holds this.
    fn object_like(&mut self, object: &Unknown<'p>, stored: HashMap<String, Value<'p>>) -> Value<'p> {
        let copy = Rc::new(Unknown {
            text: object.text.clone(),
            shown: object.shown.clone(),
            is_record: object.is_record,
            is_object: object.is_object,
            stored: stored.into(),
        });
        self.objects.push(Rc::clone(&copy));
        Value::Unknown(copy)
    }
}

/// Where a value lies that holds others; none for one that needs no copy.
fn place(value: &Value<'_>) -> Option<usize> {
    match value {
        Value::List(list) => Some(Rc::as_ptr(list) as usize),
        Value::Set(table) | Value::Dict(table) => Some(Rc::as_ptr(table) as usize),
        Value::Tuple(tuple) => Some(Rc::as_ptr(tuple) as usize),
        Value::Unknown(object) if object.is_record => Some(Rc::as_ptr(object) as usize),
        _ => None,
    }
}

/// How many values are copied.
fn held(value: &Value<'_>) -> usize {
    let table = |table: &Table<'_>| table.len();
    1 + match value {
        Value::List(list) => list.borrow().items.len(),
        Value::Set(set) | Value::Dict(set) => table(&set.borrow()),
        Value::Tuple(items) => items.len(),
        Value::Unknown(object) if object.is_record => object.stored.borrow().len(),
        _ => 0,
    }
}
