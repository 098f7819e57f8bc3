//! What the runs of one program share: the elements of displays that are written out, such as long lists of words, calls
//! that do the same each time, the program's own texts that were compared with data of the API, and what runs came to.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use foldhash::{HashMap, HashSet};

use super::alike::{Alike, Outline};
use super::machine::Ran;
use super::recall::{Kind, Recalled};
use super::scope::assigned;
use super::text::Text;
use super::value::{Pattern, Value};
use super::watch::Log;
use crate::decider::DecideError;
use crate::output::Label;
use crate::program::{BinaryOp, CompareOp, Constant, Expr, ExprKind, Function, FunctionId, Span, Stmt};

/// Shorter displays are as soon evaluated.
const LEAST: usize = 4;

/// Calls that are remembered at most.
const MOST: usize = 256;

/// Patterns that are remembered at most: more than one run can pay for.
const MOST_PATTERNS: usize = 512;

/// Patterns by source and flags; none where a source is no pattern.
type Patterns = HashMap<(String, String), Option<Rc<Pattern>>>;

/// Names with the places where they are filled.
type Filled<'p> = Rc<[(&'p str, Span)]>;

/// Values of one program's displays, by the place of their elements in memory.
#[derive(Default)]
pub(crate) struct Memory<'p> {
    displays: RefCell<HashMap<*const Expr, Option<Rc<[Value<'p>]>>>>,
    compared: RefCell<HashSet<Rc<str>>>,
    functions: RefCell<HashMap<FunctionId, Kind<'p>>>,
    locals: RefCell<HashMap<FunctionId, Rc<HashSet<&'p str>>>>,
    jumps: RefCell<HashMap<*const Stmt, bool>>,
    own: RefCell<HashMap<*const Expr, bool>>,
    texts: RefCell<HashMap<*const Constant, Text>>,
    patterns: RefCell<Patterns>,
    calls: RefCell<HashMap<(FunctionId, String), Rc<Recalled<'p>>>>,
    filled: RefCell<Option<Filled<'p>>>,
    measured: RefCell<Vec<Measured>>,
    presumed: RefCell<BTreeSet<Span>>,
    presumed_one: RefCell<BTreeSet<Span>>,
    /// Runs that tell what comes of other answers, if many are tried.
    alike: Option<RefCell<Alike>>,
    /// It changes with what is remembered of calls: the same run takes fewer steps then.
    generation: Cell<u64>,
}

/// Two numbers of which it was asked which is greater.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub(crate) span: Span,
    pub(crate) op: CompareOp,
    pub(crate) left: f64,
    pub(crate) right: f64,
}

/// Comparisons of numbers that are noted at most.
const MOST_MEASURED: usize = 1024;

impl<'p> Memory<'p> {
    /// A memory for many answers that one decider is asked about.
    pub(crate) fn of_many() -> Self {
        Self { alike: Some(RefCell::default()), ..Self::default() }
    }

    /// Whether runs are remembered for answers that the program cannot tell from theirs.
    pub(super) fn learns(&self) -> bool {
        self.alike.is_some()
    }

    /// What a run on an answer comes to, and its steps, where a run before tells.
    pub(super) fn known(&self, outline: &Outline, labels: &[Label]) -> Option<(Result<Ran, DecideError>, u64)> {
        self.alike.as_ref()?.borrow().known(outline, labels, self.generation())
    }

    /// Remembers a run that asked this, and the steps that it took.
    pub(super) fn learn(&self, outline: Outline, log: &Log, ran: &Result<Ran, DecideError>, steps: u64) {
        if let Some(alike) = &self.alike {
            alike.borrow_mut().learn(outline, log, ran, (steps, self.generation()));
        }
    }

    /// What is remembered of calls, by a number.
    pub(super) fn generation(&self) -> u64 {
        self.generation.get()
    }

    /// Notes a text of the program's that was compared.
    pub(super) fn note_compared(&self, text: &Text) {
        let mut compared = self.compared.borrow_mut();
        if !compared.contains(text.as_str()) {
            compared.insert(text.shared());
        }
    }

    /// The texts that were compared, in alphabetical order.
    pub(crate) fn compared(&self) -> Vec<String> {
        let mut texts: Vec<String> = self.compared.borrow().iter().map(|text| (**text).to_owned()).collect();
        texts.sort_unstable();
        texts
    }

    /// Notes where it was taken for it that what is unknown in a text does not say what is looked for.
    pub(super) fn note_presumed(&self, place: Span) {
        self.presumed.borrow_mut().insert(place);
    }

    /// These places, in order.
    pub(crate) fn presumed(&self) -> Vec<Span> {
        self.presumed.borrow().iter().copied().collect()
    }

    /// Notes where it was taken for it that all unknown keys are one.
    pub(super) fn note_presumed_one(&self, place: Span) {
        self.presumed_one.borrow_mut().insert(place);
    }

    /// The places where it was taken for it that all unknown keys are one.
    pub(crate) fn presumed_one(&self) -> Vec<Span> {
        self.presumed_one.borrow().iter().copied().collect()
    }

    /// Notes numbers that were compared.
    pub(super) fn note_measured(&self, measured: Measured) {
        let mut all = self.measured.borrow_mut();
        if all.len() < MOST_MEASURED {
            all.push(measured);
        }
    }

    /// The numbers that were compared, in the order of the comparisons.
    pub(crate) fn measured(&self) -> Vec<Measured> {
        self.measured.borrow().clone()
    }

    /// The pattern of a source with these flags; `compile` makes it.
    pub(super) fn pattern(
        &self,
        source: &str,
        flags: &str,
        compile: impl Fn(&str, &str) -> Option<Pattern>,
    ) -> Option<Rc<Pattern>> {
        let key = (source.to_owned(), flags.to_owned());
        let mut patterns = self.patterns.borrow_mut();
        if let Some(known) = patterns.get(&key) {
            return known.clone();
        }
        let made = compile(source, flags).map(Rc::new);
        if patterns.len() >= MOST_PATTERNS {
            patterns.clear();
        }
        patterns.insert(key, made.clone());
        made
    }

    /// The module's containers that functions fill; `find` finds them.
    pub(super) fn filled(&self, find: impl FnOnce() -> Vec<(&'p str, Span)>) -> Rc<[(&'p str, Span)]> {
        Rc::clone(self.filled.borrow_mut().get_or_insert_with(|| find().into()))
    }

    /// The names that a function assigns.
    pub(super) fn locals(&self, id: FunctionId, function: &'p Function) -> Rc<HashSet<&'p str>> {
        let mut locals = self.locals.borrow_mut();
        let names = locals.entry(id).or_insert_with(|| {
            let mut names = HashSet::default();
            assigned(&function.body, &mut names);
            Rc::new(names)
        });
        Rc::clone(names)
    }

    /// Whether a statement may leave a block around it; `find` finds it out.
    pub(super) fn jumps(&self, stmt: &'p Stmt, find: impl FnOnce(&Stmt) -> bool) -> bool {
        *self.jumps.borrow_mut().entry(std::ptr::from_ref(stmt)).or_insert_with(|| find(stmt))
    }

    /// Whether an expression gives a value of the program's own; `find` finds it out.
    pub(super) fn gives_own(&self, expr: &'p Expr, find: impl FnOnce(&'p Expr) -> bool) -> bool {
        *self.own.borrow_mut().entry(std::ptr::from_ref(expr)).or_insert_with(|| find(expr))
    }

    /// A text that is written in the program.
    pub(super) fn text(&self, constant: &'p Constant, text: &str) -> Text {
        self.texts.borrow_mut().entry(std::ptr::from_ref(constant)).or_insert_with(|| Text::program(text)).clone()
    }

    /// Whether calls of a function may be remembered; `find` finds it out.
    pub(super) fn kind_of(&self, function: FunctionId, find: impl FnOnce() -> Kind<'p>) -> Kind<'p> {
        self.functions.borrow_mut().entry(function).or_insert_with(find).clone()
    }

    /// Calls of a function are not worth being remembered.
    pub(super) fn run_always(&self, function: FunctionId) {
        self.functions.borrow_mut().insert(function, Kind::Other);
        self.generation.set(self.generation() + 1);
    }

    /// What the call of a function that was given this did.
    pub(super) fn recalled(&self, function: FunctionId, given: &str) -> Option<Rc<Recalled<'p>>> {
        self.calls.borrow().get(&(function, given.to_owned())).cloned()
    }

    /// Remembers what a call did.
    pub(super) fn remember(&self, function: FunctionId, given: String, did: Recalled<'p>) {
        let mut calls = self.calls.borrow_mut();
        if calls.len() < MOST {
            calls.insert((function, given), Rc::new(did));
            self.generation.set(self.generation() + 1);
        }
    }

    /// The values of elements that are all written out; `make` evaluates one.
    pub(super) fn elements(
        &self,
        elements: &'p [Expr],
        make: impl Fn(&'p Expr) -> Option<Value<'p>>,
    ) -> Option<Rc<[Value<'p>]>> {
        if elements.len() < LEAST {
            return None;
        }
        let mut displays = self.displays.borrow_mut();
        let known = displays.entry(elements.as_ptr()).or_insert_with(|| {
            let written = elements.iter().all(is_written);
            if written { elements.iter().map(make).collect() } else { None }
        });
        known.clone()
    }
}

/// Whether an expression is a constant, or texts put together.
fn is_written(expr: &Expr) -> bool {
    let text = |expr: &Expr| matches!(&expr.kind, ExprKind::Constant { value: Constant::Str(_) });
    match &expr.kind {
        ExprKind::Constant { .. } => true,
        ExprKind::Binary { left, op: BinaryOp::Add, right } => text(left) && text(right),
        _ => false,
    }
}
