//! What an expression refers to: a function or class of the run, a library's member, an object of a known class.

use tree_sitter::Node;

use super::Lower;
use crate::python::project::Referent;
use crate::python::syntax::{field, named};

/// How many assignments an object's class is followed through.
const MAX_HOPS: u32 = 6;

impl<'t> Lower<'_, 't> {
    /// What a plain or dotted name means; `None` when it is a value.
    pub(super) fn referent(&self, node: Node<'_>) -> Option<Referent> {
        match node.kind() {
            "identifier" => match self.project.lookup(self.function, self.parsed.text(node)) {
                Referent::Local(_) | Referent::Cell(..) | Referent::Global(..) => None,
                referent => Some(referent),
            },
            "attribute" => {
                let (object, name) = (field(node, "object")?, field(node, "attribute")?);
                let name = self.parsed.text(name);
                match Self::nameable(object).then(|| self.referent(object)).flatten()? {
                    Referent::Module(module) => self.project.member(module, name),
                    Referent::Library(library) => {
                        Some(self.project.resolve(self.module(), &format!("{library}.{name}"), 0))
                    }
                    Referent::Class(class) => self.project.method(class, name).map(Referent::Function),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Whether a node is a name with at most a handful of dots: longer chains are values, and following them would
    /// recurse as deep as the source is long.
    fn nameable(node: Node<'_>) -> bool {
        let mut at = node;
        for _ in 0..8 {
            match (at.kind(), field(at, "object")) {
                ("identifier", _) => return true,
                ("attribute", Some(object)) => at = object,
                _ => return false,
            }
        }
        false
    }

    /// The class of the object that an expression gives, when all of it is in the run.
    pub(super) fn class_of(&self, node: Node<'t>) -> Option<usize> {
        self.class_in(self.function, node, MAX_HOPS)
    }

    fn class_in(&self, function: usize, node: Node<'t>, hops: u32) -> Option<usize> {
        let hops = hops.checked_sub(1)?;
        match node.kind() {
            "identifier" => {
                let name = self.parsed_in(function).text(node);
                if let Some(class) = self.receiver_class(function, name) {
                    return Some(class);
                }
                let (owner, name) = match self.project.lookup(function, name) {
                    Referent::Local(name) => (function, name),
                    Referent::Cell(owner, name) => (owner, name),
                    Referent::Global(module, name) => (self.project.modules[module].function, name),
                    _ => return None,
                };
                match self.project.functions[owner].scope.constructed.get(&name) {
                    Some(callee) => self.class_called(owner, *callee),
                    None => self.class_passed(owner, &name, hops),
                }
            }
            "attribute" => {
                let class = self.class_in(function, field(node, "object")?, hops)?;
                let name = self.parsed_in(function).text(field(node, "attribute")?);
                let lineage = self.project.lineage(class);
                let classes = || lineage.iter().map(|class| &self.project.classes[*class]);
                if let Some((function, callee)) = classes().find_map(|class| class.constructed.get(name)) {
                    return self.class_called(*function, *callee);
                }
                let (function, variable) = classes().find_map(|class| class.passed.get(name))?;
                self.class_in(*function, *variable, hops)
            }
            "call" => {
                let callee = field(node, "function")?;
                if callee.kind() == "identifier" && self.parsed_in(function).text(callee) == "super" {
                    let class = self.project.functions[function].class?;
                    return self.project.lineage(class).get(1).copied();
                }
                self.class_called(function, callee)
            }
            "parenthesized_expression" | "await" => self.class_in(function, *named(node).first()?, hops),
            _ => None,
        }
    }

    /// The class of the objects that a parameter gets, where all calls of its function in the run agree.
    fn class_passed(&self, function: usize, name: &str, hops: u32) -> Option<usize> {
        let place = Lower::new(self.project, function).place_of(name)?;
        if let Some(known) = self.project.parameter_classes.borrow().get(&(function, place)) {
            return *known;
        }
        // A parameter that is passed on to itself has no class by that.
        self.project.parameter_classes.borrow_mut().insert((function, place), None);
        let mut classes = Vec::new();
        for (caller, value) in Lower::new(self.project, function).passed_values(place, name) {
            classes.push(value.and_then(|value| Lower::new(self.project, caller).class_in(caller, value, hops)));
        }
        classes.dedup();
        let class = if let [class] = classes[..] { class } else { None };
        self.project.parameter_classes.borrow_mut().insert((function, place), class);
        class
    }

    /// The class that `callee(...)` makes an object of, seen from `function`.
    fn class_called(&self, function: usize, callee: Node<'t>) -> Option<usize> {
        let at = Lower { function, parsed: self.parsed_in(function), ..Lower::new(self.project, function) };
        match at.referent(callee)? {
            Referent::Class(class) if !self.project.classes[class].is_record => Some(class),
            _ => None,
        }
    }

    /// The class of `self` (or whatever the receiver is called) here or in a function around.
    fn receiver_class(&self, function: usize, name: &str) -> Option<usize> {
        let mut at = Some(function);
        while let Some(function) = at {
            let function = &self.project.functions[function];
            if function.receiver.as_deref() == Some(name) {
                return function.class;
            }
            at = function.parent;
        }
        None
    }

    fn parsed_in(&self, function: usize) -> &'t crate::python::syntax::Parsed {
        self.project.modules[self.project.functions[function].module].parsed
    }

    /// The variable behind `object.name` when the object's class is in the run, or the object is a module of it.
    pub(super) fn attribute_variable(&self, node: Node<'t>) -> Option<String> {
        let (object, name) = (field(node, "object")?, field(node, "attribute")?);
        let name = self.parsed.text(name);
        if let Some(class) = self.class_of(object) {
            return self.project.method(class, name).is_none().then(|| self.attribute_name(class, name));
        }
        if !Self::nameable(object) {
            return None;
        }
        match self.referent(object)? {
            Referent::Class(class) if self.project.method(class, name).is_none() => {
                Some(self.attribute_name(class, name))
            }
            Referent::Module(module) => match self.project.member(module, name)? {
                Referent::Global(module, name) => Some(format!("{module}:{name}")),
                _ => None,
            },
            _ => None,
        }
    }
}
