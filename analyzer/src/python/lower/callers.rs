//! Where functions are called, by what the callee is written as: found once for all who ask.

use std::collections::{HashMap, HashSet};

use tree_sitter::Node;

use super::Lower;
use crate::python::project::{Project, Referent};
use crate::python::syntax::{field, named, visit_scope};

/// A call and the function that it stands in.
pub(in crate::python) type Place<'t> = (usize, Node<'t>);

/// The calls of a run.
#[derive(Default)]
pub(in crate::python) struct Callers<'t> {
    /// By the function that is called, an initializer for its class.
    of: HashMap<usize, Vec<Place<'t>>>,
    /// Calls of methods of objects, by the method's name.
    methods: HashMap<&'t str, Vec<Place<'t>>>,
    /// Classes that are called.
    made: HashSet<usize>,
    /// What they are given by name.
    given: HashSet<(usize, &'t str)>,
}

impl<'t> Callers<'t> {
    /// How many calls of a function by its name there are, of an initializer by its class's.
    pub(in crate::python) fn count(&self, function: usize) -> usize {
        self.of.get(&function).map_or(0, Vec::len)
    }

    /// Whether the run makes objects of a class; of one that it does not, others make them.
    pub(in crate::python) fn makes(&self, class: usize) -> bool {
        self.made.contains(&class)
    }

    /// Whether an object of a class is made with a value for this field.
    pub(in crate::python) fn gives(&self, class: usize, name: &str) -> bool {
        self.given.contains(&(class, name))
    }

    /// The calls of a function by its name, of an initializer by its class's.
    pub(in crate::python) fn calls(&self, function: usize) -> &[Place<'t>] {
        self.of.get(&function).map_or(&[], Vec::as_slice)
    }

    /// Whether a function in a class may be called as a method of an object, under its name without its class's: on any
    /// of which it is not known that the method is another one.
    pub(in crate::python) fn calls_on_object(&self, project: &Project<'t>, function: usize, name: &str) -> bool {
        let calls = self.methods.get(name).map_or(&[][..], Vec::as_slice);
        calls.iter().any(|(caller, call)| {
            let own = field(*call, "function").and_then(|callee| Lower::new(project, *caller).own_method(callee));
            own.is_none_or(|own| own == function)
        })
    }

    /// Finds them.
    pub(in crate::python) fn new(project: &Project<'t>) -> Self {
        let mut callers = Self::default();
        for caller in 0..project.functions.len() {
            let at = Lower::new(project, caller);
            visit_scope(project.functions[caller].body, |node| {
                let Some(callee) = (node.kind() == "call").then(|| field(node, "function")).flatten() else { return };
                let referent = at.referent(callee);
                let class = match referent {
                    Some(Referent::Class(class)) => Some(class),
                    Some(_) => None,
                    None => at.own_class(callee),
                };
                if let Some(class) = class {
                    callers.made.insert(class);
                    let arguments = field(node, "arguments").map(named).unwrap_or_default();
                    let names = arguments.into_iter().filter_map(|argument| field(argument, "name"));
                    callers.given.extend(names.map(|name| (class, at.parsed.text(name))));
                }
                let called = match referent {
                    Some(Referent::Function(function)) => Some(function),
                    _ if class.is_some() => class.and_then(|class| project.method(class, "__init__")),
                    Some(_) => None,
                    None => {
                        if let Some(name) = field(callee, "attribute") {
                            callers.methods.entry(at.parsed.text(name)).or_default().push((caller, node));
                        }
                        None
                    }
                };
                if let Some(function) = called {
                    callers.of.entry(function).or_default().push((caller, node));
                }
            });
        }
        callers
    }
}

impl<'t> Lower<'_, 't> {
    /// The calls of this function in the run, in order of the functions that they stand in.
    pub(super) fn calls_of_it(&self) -> Vec<Place<'t>> {
        let callers = &self.project.callers;
        let mut calls = callers.of.get(&self.function).cloned().unwrap_or_default();
        let name = self.project.functions[self.function].name.rsplit('.').next().unwrap_or_default();
        for &(caller, call) in callers.methods.get(name).into_iter().flatten() {
            let class = field(call, "function")
                .and_then(|callee| field(callee, "object"))
                .and_then(|object| Lower::new(self.project, caller).class_of(object));
            if class.and_then(|class| self.project.method(class, name)) == Some(self.function) {
                calls.push((caller, call));
            }
        }
        calls.sort_by_key(|call| call.0);
        calls
    }
}
