//! What a run asks about the names in an answer.
//!
//! A text that is such a name, or is made from one by a change of all its letters, is *watched*: whether it is the same as
//! another text, is among the items of a list, begins with something, and so on, is noted with what came out. Whoever
//! looks at its characters in any other way has *read* it, which is noted, too. A run that read nothing hangs on the
//! names by what it asked alone.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::sequences::sliced;
use super::strings;
use crate::output::Label;

/// Longer accounts are as soon run again.
const LONGEST: usize = 4096;

/// Characters whose change takes a step.
pub(super) const CHARACTERS: usize = 8;

/// Which text of an answer a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// That of the label at this place.
    Label(usize),
    /// All labels, one a line.
    All,
}

impl Source {
    /// The score in an answer of these labels.
    pub(super) fn score(self, labels: &[Label]) -> f64 {
        match self {
            Self::Label(at) => labels.get(at).map_or(0.0, |label| label.score),
            Self::All => 0.0,
        }
    }

    /// The text in an answer of these labels.
    pub(super) fn text(self, labels: &[Label]) -> Cow<'_, str> {
        match self {
            Self::Label(at) => labels.get(at).map_or("", |label| label.description.as_str()).into(),
            Self::All => {
                let names: Vec<&str> = labels.iter().map(|label| label.description.as_str()).collect();
                names.join("\n").into()
            }
        }
    }
}

/// A change of a text that hangs on nothing but the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// A method of `str` that takes nothing, by its name.
    Method(&'static str),
    /// The characters from one place to another, in steps.
    Slice([Option<i64>; 3]),
}

impl Change {
    /// That of a method which takes nothing.
    pub(super) fn of_method(name: &str) -> Option<Self> {
        const KNOWN: [&str; 9] =
            ["lower", "upper", "casefold", "swapcase", "title", "capitalize", "strip", "lstrip", "rstrip"];
        KNOWN.into_iter().find(|known| *known == name).map(Self::Method)
    }

    /// The text after the change.
    pub(super) fn apply(&self, text: &str) -> String {
        match self {
            Self::Method(name) => strings::changed(text, name).unwrap_or_else(|| text.to_owned()),
            Self::Slice(bounds) => sliced(text, *bounds),
        }
    }
}

/// A name of an answer, and how it was changed since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) source: Source,
    pub(super) changes: Rc<[Change]>,
}

/// A question about a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// Is it this one?
    Is(Rc<str>),
    /// Is this in it?
    Holds(Rc<str>),
    /// Is it in this?
    Within(Rc<str>),
    Begins(Rc<str>),
    Ends(Rc<str>),
    /// Is it one of these? They are looked through in order, each of which takes so many steps.
    Among(Rc<[Rc<str>]>, u64),
    /// Which one of these is it?
    Which(Rc<[Rc<str>]>),
    /// How many bytes has it? That is only paid for.
    Bytes,
    /// How many characters has it? That is only paid for.
    Characters,
    /// How sure is the API of it?
    Score,
}

impl Question {
    /// The answer for a text of this score, and the steps that finding it takes.
    pub(super) fn ask(&self, text: &str, score: f64) -> (u64, u64) {
        let place = |among: &[Rc<str>]| among.iter().position(|one| **one == *text);
        let paid = |length: usize| (0, (length / CHARACTERS) as u64);
        match self {
            Self::Is(other) => (u64::from(**other == *text), 0),
            Self::Holds(part) => (u64::from(text.contains(&**part)), 0),
            Self::Within(whole) => (u64::from(whole.contains(text)), 0),
            Self::Begins(start) => (u64::from(text.starts_with(&**start)), 0),
            Self::Ends(end) => (u64::from(text.ends_with(&**end)), 0),
            Self::Among(among, each) => match place(among) {
                Some(at) => (1, (at as u64 + 1) * each),
                None => (0, among.len() as u64 * each),
            },
            Self::Which(among) => (place(among).map_or(0, |at| at as u64 + 1), 0),
            Self::Bytes => paid(text.len()),
            Self::Characters => paid(text.chars().count()),
            Self::Score => (score.to_bits(), 0),
        }
    }
}

/// A question that was asked, and what came out.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) form: Form,
    pub(super) question: Question,
    pub(super) answer: u64,
    pub(super) cost: u64,
}

/// What a run has asked so far.
#[derive(Debug, Default)]
pub(super) struct Log {
    asked: RefCell<Vec<Asked>>,
    read: Cell<bool>,
}

impl Log {
    /// Notes that a name is looked at in a way that is no question.
    pub(super) fn read(&self) {
        self.read.set(true);
    }

    /// Whether a name was looked at in a way that is no question.
    pub(super) fn is_read(&self) -> bool {
        self.read.get()
    }

    /// How many questions were asked.
    pub(super) fn len(&self) -> usize {
        self.asked.borrow().len()
    }

    /// The questions before any name was read.
    pub(super) fn take(&self) -> Vec<Asked> {
        self.asked.take()
    }
}

/// That a text is a name of an answer, or made from one.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    pub(super) log: Rc<Log>,
    pub(super) form: Form,
    /// That of the label, where it is asked for.
    score: f64,
}

impl Watched {
    pub(super) fn new(log: &Rc<Log>, source: Source, score: f64) -> Self {
        Self { log: Rc::clone(log), form: Form { source, changes: Rc::default() }, score }
    }

    /// The same of the text after a change.
    pub(super) fn changed(&self, change: Change) -> Self {
        let changes = self.form.changes.iter().cloned().chain([change]).collect();
        Self { log: Rc::clone(&self.log), form: Form { source: self.form.source, changes }, score: self.score }
    }

    /// The answer to a question about this text, and its steps.
    pub(super) fn ask(&self, text: &str, question: Question) -> (u64, u64) {
        let (answer, cost) = question.ask(text, self.score);
        if !self.log.is_read() {
            let mut asked = self.log.asked.borrow_mut();
            asked.push(Asked { form: self.form.clone(), question, answer, cost });
            if asked.len() > LONGEST {
                self.log.read();
            }
        }
        (answer, cost)
    }

    /// Notes that the score of the label is looked at.
    pub(super) fn ask_score(&self) {
        self.ask("", Question::Score);
    }
}
