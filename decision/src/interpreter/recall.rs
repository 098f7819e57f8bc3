//! Calls that are remembered: a function that is given nothing of the API's, reads nothing but plain values and changes
//! nothing does the same each time, such as turning a motor by a thousand steps. It is run once for all answers.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::rc::Rc;

use foldhash::HashSet;

use super::effects::Effects;
use super::machine::{Machine, Run};
use super::scope::{Scope, assigned};
use super::value::{Growth, ListClass, Unknown, Value};
use crate::program::{Expr, ExprKind, Function, FunctionId, Span, Stmt, StmtKind, Target};

/// Calls of fewer steps are as soon run again.
const LEAST: u64 = 200;

/// Longest account of what a call is given, in bytes.
const LONGEST: usize = 4096;

/// Effects, tests, and texts: those printed, and those given to something outside.
pub(super) type Shown = (Effects, BTreeSet<(Span, bool)>, [Vec<String>; 2]);

/// What a call did.
pub(super) struct Recalled<'p> {
    value: Value<'p>,
    shown: Shown,
}

/// What is known of a function.
#[derive(Clone)]
pub(super) enum Kind<'p> {
    /// Its calls may be remembered; the variables that it reads from around it.
    Plain(Rc<[&'p str]>),
    /// They are not.
    Other,
}

impl<'p> Machine<'p, '_> {
    /// As [`Machine::activate`], from memory where the very call was made before.
    pub(super) fn recall(&mut self, id: FunctionId, args: Vec<Value<'p>>) -> Run<Value<'p>> {
        let Some(given) = self.given(id, &args)? else { return Ok(self.activate(id, args)?.0) };
        if let Some(known) = self.memory.recalled(id, &given) {
            self.charge(1 + known.shown.0.list().len(), Span::default())?;
            self.show_again(&known.shown);
            return Ok(known.value.clone());
        }
        let (state, steps, before) = (self.state(), self.steps, self.take_shown());
        let result = self.activate(id, args.clone());
        let shown = self.put_back(before);
        self.show_again(&shown);
        let value = result?.0;
        if self.steps - steps < LEAST {
            self.memory.run_always(id);
        } else if self.state() == state && is_plain(&value) && self.given(id, &args)?.as_ref() == Some(&given) {
            self.memory.remember(id, given, Recalled { value: value.clone(), shown });
        }
        Ok(value)
    }

    /// What shows of the run so far; from here on it shows nothing yet.
    pub(super) fn take_shown(&mut self) -> Shown {
        let texts = [&mut self.trace.observation.printed, &mut self.trace.sent].map(std::mem::take);
        (std::mem::take(&mut self.effects), std::mem::take(&mut self.trace.tests), texts)
    }

    /// Shows again what it showed before; what it showed since.
    pub(super) fn put_back(&mut self, before: Shown) -> Shown {
        let since = self.take_shown();
        (self.effects, self.trace.tests, [self.trace.observation.printed, self.trace.sent]) = before;
        since
    }

    fn show_again(&mut self, (effects, tests, [printed, sent]): &Shown) {
        effects.list().iter().for_each(|effect| self.effects.add(effect.clone()));
        self.moments += u64::from(!effects.list().is_empty());
        self.trace.tests.extend(tests);
        self.trace.observation.printed.extend(printed.iter().cloned());
        self.trace.sent.extend(sent.iter().cloned());
    }

    /// What a call that only works on values leaves as it is.
    fn state(&self) -> [u64; 6] {
        let counts = [self.choices.len(), self.known_choices.len(), self.dumped.len(), self.captured.len()];
        let [choices, known, dumped, captured] = counts.map(|count| count as u64);
        [choices, known, dumped, captured, self.looks, u64::from(self.doubtful)]
    }

    /// An account of all that a call can depend on; `None` where it cannot be remembered.
    fn given(&mut self, id: FunctionId, args: &[Value<'p>]) -> Run<Option<String>> {
        if self.iteration.is_some() || self.sampling > 0 {
            return Ok(None);
        }
        let function = self.function(id, Span::default())?;
        let Kind::Plain(reads) = self.memory.kind_of(id, || kind(function)) else { return Ok(None) };
        // Only what is traced is recalled where it is.
        let mut given = if self.tracing { "t".to_owned() } else { String::new() };
        for arg in args {
            if !self.account(arg, &mut given) {
                return Ok(None);
            }
        }
        for name in reads.iter() {
            let value = self.lookup(name, function.span)?;
            if !self.account(&value, &mut given) {
                return Ok(None);
            }
        }
        Ok(Some(given))
    }

    /// An account of a function's variables, as far as they are plain values or things outside.
    pub(super) fn given_to(&self, scope: &Scope<'p>) -> String {
        let mut given = String::new();
        for (name, value) in scope.all() {
            let mut account = String::new();
            if self.account(&value, &mut account) {
                given.push_str(name);
                given.push_str(&account);
            }
        }
        given
    }

    fn is_chosen(&self, unknown: &Rc<Unknown<'p>>) -> bool {
        self.known_choices.iter().any(|known| Rc::ptr_eq(&known.0, unknown))
    }

    /// Writes down a value of the program's; `false` for any other, and where much would have to be written.
    fn account(&self, value: &Value<'p>, out: &mut String) -> bool {
        let written = match value {
            Value::None => write!(out, "n;"),
            Value::Bool(value) => write!(out, "b{value};"),
            Value::Int(value, false) => write!(out, "i{value};"),
            Value::Float(value, false) => write!(out, "f{:x};", value.to_bits()),
            Value::Str(text) if text.is_plain() => write!(out, "s{}:{}", text.as_str().len(), text.as_str()),
            Value::Unknown(unknown) if unknown.stored.borrow().is_empty() && !self.is_chosen(unknown) => {
                write!(out, "u{:?}{:?};", unknown.text, unknown.shown)
            }
            Value::Tuple(items) => {
                out.push('(');
                return items.iter().all(|item| self.account(item, out)) && write!(out, ")").is_ok();
            }
            Value::List(list) => {
                let list = list.borrow();
                out.push('[');
                return list.class == ListClass::List
                    && list.growth == Growth::Fixed
                    && list.items.iter().all(|item| self.account(item, out))
                    && write!(out, "]").is_ok();
            }
            _ => return false,
        };
        written.is_ok() && out.len() <= LONGEST
    }
}

fn is_plain(value: &Value<'_>) -> bool {
    match value {
        Value::None | Value::Bool(_) | Value::Int(_, false) | Value::Float(_, false) => true,
        Value::Str(text) => text.is_plain(),
        _ => false,
    }
}

/// Whether calls of a function can be remembered, by what is written in it.
fn kind(function: &Function) -> Kind<'_> {
    let mut names = Names(HashSet::default());
    if !names.block(&function.body) {
        return Kind::Other;
    }
    let mut own = HashSet::default();
    assigned(&function.body, &mut own);
    own.extend(function.parameters.iter().map(|parameter| parameter.name.trim_start_matches('*')));
    let mut reads: Vec<&str> = names.0.difference(&own).copied().collect();
    reads.sort_unstable();
    Kind::Plain(reads.into())
}

/// The names that are read in statements and expressions of the kinds that only work on values and call things outside.
struct Names<'p>(HashSet<&'p str>);

impl<'p> Names<'p> {
    fn block(&mut self, block: &'p [Stmt]) -> bool {
        block.iter().all(|stmt| match &stmt.kind {
            StmtKind::Assign { targets, value } => targets.iter().all(is_variable) && self.expr(value),
            StmtKind::AugAssign { target, value, .. } => {
                if let Target::Name { name } = target {
                    self.0.insert(name);
                }
                is_variable(target) && self.expr(value)
            }
            StmtKind::If { test, body, orelse } | StmtKind::While { test, body, orelse } => {
                self.expr(test) && self.block(body) && self.block(orelse)
            }
            StmtKind::For { target, iter, body, orelse } => {
                is_variable(target) && self.expr(iter) && self.block(body) && self.block(orelse)
            }
            StmtKind::Return { value } => value.iter().all(|value| self.expr(value)),
            StmtKind::Expr { value } => self.expr(value),
            StmtKind::Break | StmtKind::Continue => true,
            StmtKind::Try { .. } | StmtKind::Raise { .. } | StmtKind::Global { .. } => false,
        })
    }

    fn expr(&mut self, expr: &'p Expr) -> bool {
        match &expr.kind {
            ExprKind::Constant { .. } => true,
            ExprKind::Name { name } => {
                self.0.insert(name);
                true
            }
            ExprKind::List { elements } | ExprKind::Tuple { elements } => self.all(elements),
            ExprKind::Unary { value, .. } => self.expr(value),
            ExprKind::Binary { left, right, .. } => self.expr(left) && self.expr(right),
            ExprKind::Bool { values, .. } => self.all(values),
            ExprKind::Compare { left, rest } => self.expr(left) && rest.iter().all(|pair| self.expr(&pair.1)),
            ExprKind::IfElse { test, body, orelse } => self.expr(test) && self.expr(body) && self.expr(orelse),
            ExprKind::Attribute { object, .. } => self.expr(object),
            ExprKind::Subscript { object, index } => self.expr(object) && self.expr(index),
            // What `json.loads` makes of a text hangs on what was dumped before.
            ExprKind::Builtin { name, args, keywords } => {
                !name.starts_with("json.") && self.all(args) && keywords.iter().all(|keyword| self.expr(&keyword.value))
            }
            ExprKind::Method { object, args, keywords, .. } => {
                self.expr(object) && self.all(args) && keywords.iter().all(|keyword| self.expr(&keyword.value))
            }
            ExprKind::Opaque { args, .. } => self.all(args),
            _ => false,
        }
    }

    fn all(&mut self, exprs: &'p [Expr]) -> bool {
        exprs.iter().all(|expr| self.expr(expr))
    }
}

fn is_variable(target: &Target) -> bool {
    match target {
        Target::Name { .. } => true,
        Target::Tuple { elements } => elements.iter().all(is_variable),
        Target::Attribute { .. } | Target::Subscript { .. } | Target::Starred { .. } => false,
    }
}
