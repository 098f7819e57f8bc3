//! Exceptions that the program raises itself: what they are given is part of what it decides.

use std::rc::Rc;

use super::expressions::Args;
use super::machine::{Machine, Run, Stop};
use super::render::{render, repr, to_str};
use super::text::Text;
use super::value::{Value, is_dotted_name};
use super::walk::Walk;
use crate::decision::Rendered;
use crate::program::Span;

/// Under which name the text of an exception is kept.
pub(super) const TEXT: &str = "<text>";

/// An exception.
pub(super) struct Exception<'p> {
    /// Its class, as written.
    pub(super) class: String,
    /// What the program gave it; `None` where Python itself raised it, or what the program calls.
    given: Option<Args<'p>>,
}

impl Exception<'_> {
    /// As it shows in a decision.
    pub(super) fn shown(&self, walk: &mut Walk) -> Rendered {
        let Some(given) = self.given.as_ref().filter(|given| !given.all().is_empty()) else {
            return Rendered::Chosen(self.class.clone());
        };
        let mut values: Vec<Rendered> = given.positional.iter().map(|value| render(value, walk)).collect();
        for (name, value) in &given.keywords {
            values.push(Rendered::Keyword { name: name.clone(), value: Box::new(render(value, walk)) });
        }
        Rendered::Call { callee: self.class.clone(), values }
    }

    /// What `str` makes of it. Classes of libraries make texts of their own.
    fn text(&self, walk: &mut Walk) -> Option<Text> {
        let given = self.given.as_ref()?;
        if !given.keywords.is_empty() {
            return None;
        }
        match given.positional.as_slice() {
            [] => Some(Text::program("")),
            [one] if self.class == "KeyError" => Some(repr(one, walk)),
            [one] => Some(to_str(one, walk)),
            several => Some(repr(&Value::tuple(several.to_vec()), walk)),
        }
    }
}

impl<'p> Machine<'p, '_> {
    /// `raise Class(arguments)`; without a class, the exception at hand again.
    pub(super) fn raise_own<T>(&mut self, class: &str, given: Args<'p>) -> Run<T> {
        let again = self.handling.last().filter(|_| class.is_empty()).cloned();
        let raised = again.unwrap_or_else(|| Rc::new(Exception { class: class.to_owned(), given: Some(given) }));
        let class = raised.class.clone();
        self.raised = Some(raised);
        Err(Stop::Raise(class))
    }

    /// The exception of this class that is on its way up.
    pub(super) fn take_raised(&mut self, class: &str) -> Rc<Exception<'p>> {
        let own = self.raised.take().filter(|raised| raised.class == class);
        own.unwrap_or_else(|| Rc::new(Exception { class: class.to_owned(), given: None }))
    }

    /// What `as` binds in a handler: an object of which is known what the program gave it.
    pub(super) fn handled(&mut self, span: Span) -> Run<Value<'p>> {
        let Some(exception) = self.handling.last().cloned() else { return Ok(Value::unknown("an exception")) };
        let Some(given) = &exception.given else { return Ok(Value::unknown("an exception")) };
        let (shown, text) = self.walk(span, |walk| (exception.shown(walk), exception.text(walk)))?;
        let object = Value::unknown_shown("an exception", shown);
        if let Value::Unknown(unknown) = &object {
            let mut stored = unknown.stored.borrow_mut();
            for (name, value) in given.keywords.iter().filter(|keyword| is_dotted_name(&keyword.0)) {
                stored.insert(format!(".{name}"), value.clone());
            }
            stored.insert(".args".to_owned(), Value::tuple(given.positional.clone()));
            if let Some(text) = text {
                stored.insert(TEXT.to_owned(), Value::Str(text));
            }
            drop(stored);
            self.hold_true(unknown);
        }
        Ok(object)
    }
}
