//! Freeing nested values without recursion: a program can nest lists deeper than the stack.

use std::rc::Rc;

use super::value::{ApiObject, Cursor, EnumMember, List, Tuple, Unknown, Value};

/// Frees values, and what only they hold, one after the other.
pub(super) fn dismantle(mut values: Vec<Value<'_>>) {
    while let Some(value) = values.pop() {
        match value {
            Value::List(list) => {
                if let Some(mut list) = Rc::into_inner(list).map(std::cell::RefCell::into_inner) {
                    values.append(&mut list.items);
                }
            }
            Value::Tuple(tuple) => {
                if let Some(mut tuple) = Rc::into_inner(tuple) {
                    values.append(&mut tuple.0);
                }
            }
            Value::Set(table) | Value::Dict(table) => {
                if let Some(mut table) = Rc::into_inner(table).map(std::cell::RefCell::into_inner) {
                    values.extend(table.take());
                }
            }
            Value::Iterator(cursor) => {
                if let Some(mut cursor) = Rc::into_inner(cursor).map(std::cell::RefCell::into_inner) {
                    values.extend(std::mem::take(&mut cursor.items));
                }
            }
            Value::Lambda(lambda) => {
                if let Some(lambda) = Rc::into_inner(lambda) {
                    values.extend(lambda.defaults.into_iter().flatten());
                    values.extend(Rc::into_inner(lambda.scope).map(|scope| scope.take()).unwrap_or_default());
                }
            }
            Value::Generator(generator) => {
                if let Some(generator) = Rc::into_inner(generator) {
                    values.extend(Rc::into_inner(generator.scope).map(|scope| scope.take()).unwrap_or_default());
                }
            }
            Value::Enum(member) => {
                if let Some(mut member) = Rc::into_inner(member) {
                    values.push(std::mem::replace(&mut member.value, Value::None));
                }
            }
            Value::Bound(bound) => values.extend(Rc::into_inner(bound).map(|bound| bound.0)),
            Value::Api(answer) => {
                if let Some(answer) = Rc::into_inner(answer) {
                    values.extend(answer.stored.take().into_iter().map(|stored| stored.1));
                }
            }
            Value::Unknown(unknown) => {
                if let Some(unknown) = Rc::into_inner(unknown) {
                    values.extend(unknown.stored.take().into_values());
                }
            }
            _ => {}
        }
    }
}

impl Drop for List<'_> {
    fn drop(&mut self) {
        dismantle(std::mem::take(&mut self.items));
    }
}

impl Drop for EnumMember<'_> {
    fn drop(&mut self) {
        if matches!(self.value, Value::Enum(_)) {
            dismantle(vec![std::mem::replace(&mut self.value, Value::None)]);
        }
    }
}

impl Drop for Tuple<'_> {
    fn drop(&mut self) {
        dismantle(std::mem::take(&mut self.0));
    }
}

impl Drop for Cursor<'_> {
    fn drop(&mut self) {
        dismantle(std::mem::take(&mut self.items).collect());
    }
}

impl Drop for ApiObject<'_> {
    fn drop(&mut self) {
        dismantle(self.stored.take().into_iter().map(|stored| stored.1).collect());
    }
}

impl Drop for Unknown<'_> {
    fn drop(&mut self) {
        dismantle(self.stored.take().into_values().collect());
    }
}
