//! Variables: lexical scopes, then the module, then the callers.

use std::cell::RefCell;
use std::rc::Rc;

use foldhash::HashSet;

use super::dismantle::dismantle;
use super::value::Value;
use crate::program::{Stmt, StmtKind, Target};

/// The variables of one activation of a function, comprehension or module.
pub(super) struct Scope<'p> {
    /// In order of appearance: few enough to be looked through.
    variables: RefCell<Vec<(&'p str, Value<'p>)>>,
    /// The scope that this one was written in.
    parent: Option<Rc<Scope<'p>>>,
    /// Names assigned somewhere in the function: unbound until then.
    pub(super) locals: Rc<HashSet<&'p str>>,
    /// Names declared `global` or `nonlocal`.
    pub(super) outer: RefCell<HashSet<&'p str>>,
    /// A comprehension's scope: assignments by `:=` go to the one around it.
    pub(super) comprehension: bool,
}

impl<'p> Scope<'p> {
    pub(super) fn new(parent: Option<Rc<Scope<'p>>>, locals: Rc<HashSet<&'p str>>) -> Rc<Self> {
        Rc::new(Self { variables: RefCell::default(), parent, locals, outer: RefCell::default(), comprehension: false })
    }

    pub(super) fn of_comprehension(parent: Rc<Scope<'p>>) -> Rc<Self> {
        Rc::new(Self {
            variables: RefCell::default(),
            parent: Some(parent),
            locals: Rc::default(),
            outer: RefCell::default(),
            comprehension: true,
        })
    }

    /// The function's scope that a comprehension's scope is in.
    pub(super) fn function_scope(self: &Rc<Self>) -> Rc<Self> {
        let mut scope = Rc::clone(self);
        while scope.comprehension {
            let Some(parent) = scope.parent.clone() else { break };
            scope = parent;
        }
        scope
    }

    pub(super) fn set(&self, name: &'p str, value: Value<'p>) {
        let mut variables = self.variables.borrow_mut();
        match variables.iter_mut().find(|variable| variable.0 == name) {
            Some(variable) => variable.1 = value,
            None => variables.push((name, value)),
        }
    }

    /// The variables, in order of appearance.
    pub(super) fn all(&self) -> Vec<(&'p str, Value<'p>)> {
        self.variables.borrow().clone()
    }

    /// All values; the scope is empty afterwards.
    pub(super) fn take(&self) -> Vec<Value<'p>> {
        self.variables.take().into_iter().map(|variable| variable.1).collect()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.variables.borrow().iter().any(|variable| variable.0 == name)
    }

    /// Looks in this scope and those it was written in.
    pub(super) fn get(&self, name: &str) -> Option<Value<'p>> {
        let mut scope = self;
        loop {
            if let Some((_, value)) = scope.variables.borrow().iter().find(|variable| variable.0 == name) {
                return Some(value.clone());
            }
            scope = scope.parent.as_deref()?;
        }
    }
}

impl Drop for Scope<'_> {
    fn drop(&mut self) {
        dismantle(self.take());
    }
}

/// The names a body assigns, in any of its statements.
pub(super) fn assigned<'p>(body: &'p [Stmt], names: &mut HashSet<&'p str>) {
    for stmt in body {
        match &stmt.kind {
            StmtKind::Assign { targets, .. } => targets.iter().for_each(|target| bound(target, names)),
            StmtKind::AugAssign { target, .. } => bound(target, names),
            StmtKind::For { target, body, orelse, .. } => {
                bound(target, names);
                assigned(body, names);
                assigned(orelse, names);
            }
            StmtKind::If { body, orelse, .. } | StmtKind::While { body, orelse, .. } => {
                assigned(body, names);
                assigned(orelse, names);
            }
            StmtKind::Try { body, handlers, orelse, finally } => {
                assigned(body, names);
                for handler in handlers {
                    assigned(&handler.1, names);
                }
                assigned(orelse, names);
                assigned(finally, names);
            }
            _ => {}
        }
    }
}

fn bound<'p>(target: &'p Target, names: &mut HashSet<&'p str>) {
    match target {
        Target::Name { name } => {
            names.insert(name);
        }
        Target::Tuple { elements } => elements.iter().for_each(|element| bound(element, names)),
        Target::Starred { inner } => bound(inner, names),
        Target::Attribute { .. } | Target::Subscript { .. } => {}
    }
}
