//! Objects of classes of which there are several: each holds attributes of its own, and its methods are handed it. Those of
//! any other class share one set of attributes.

use chameleon_decision::{Constant, Expr, ExprKind, FunctionId, Keyword};
use tree_sitter::Node;

use super::Lower;
use super::expr::constant;
use super::record::given_fields;
use crate::python::project::Referent;
use crate::python::syntax::{field, named};

/// The builtin that makes an object of a class: its name, attributes, and methods.
pub(in crate::python) const OBJECT: &str = "<object>";

/// The builtin that says whether its first argument is an object of one of the classes that the others name.
const INSTANCE: &str = "<instance>";

/// Methods by which an object is made: they give it.
const MAKING: [&str; 2] = ["__init__", "__post_init__"];

impl<'t> Lower<'_, 't> {
    /// Whether the function is a method that is handed its object.
    pub(super) fn is_handed_object(&self) -> bool {
        let function = &self.project.functions[self.function];
        let of_objects = function.class.is_some_and(|class| self.project.is_of_objects(class));
        of_objects && function.receiver.is_some() && !function.is_class_method
    }

    /// The object that this function makes, which it gives.
    pub(super) fn made_object(&self) -> Option<ExprKind> {
        let function = &self.project.functions[self.function];
        let name = function.name.rsplit('.').next().unwrap_or_default();
        let receiver = function.receiver.as_deref().filter(|_| self.is_handed_object() && MAKING.contains(&name))?;
        Some(ExprKind::Name { name: self.variable(receiver) })
    }

    /// `Class(...)`: an object, which its initializer gives back.
    pub(super) fn own_object(
        &mut self,
        node: Node<'t>,
        class: usize,
        mut args: Vec<Expr>,
        keywords: Vec<Keyword>,
    ) -> ExprKind {
        if let Some(init) = self.project.method(class, "__init__") {
            args.insert(0, self.bare_object(node, class, Vec::new()));
            return ExprKind::Call { function: FunctionId(init as u32), args, keywords };
        }
        let has_fields = self.project.lineage(class).into_iter().any(|class| self.project.classes[class].has_fields);
        let given = if has_fields { given_fields(&self.fields(class), args, keywords) } else { Vec::new() };
        let object = self.bare_object(node, class, given);
        match self.project.method(class, "__post_init__") {
            Some(init) if has_fields => {
                ExprKind::Call { function: FunctionId(init as u32), args: vec![object], keywords: Vec::new() }
            }
            _ => object.kind,
        }
    }

    /// An object with what its class says of all of them, and these attributes.
    fn bare_object(&self, node: Node<'t>, class: usize, given: Vec<Keyword>) -> Expr {
        let mut keywords = given;
        let lineage = self.project.lineage(class);
        for &class in &lineage {
            let mut variables: Vec<&String> = self.project.classes[class].variables.iter().collect();
            variables.sort();
            for name in variables {
                let variable = ExprKind::Name { name: self.attribute_name(class, name) };
                add(&mut keywords, name.clone(), self.at(node, variable));
            }
        }
        let mut methods: Vec<(&String, usize)> = Vec::new();
        for &class in &lineage {
            let own = self.project.classes[class].methods.iter().map(|(name, method)| (name, *method));
            let own = own.filter(|(name, _)| methods.iter().all(|known| known.0 != *name));
            methods.extend(own.collect::<Vec<_>>());
        }
        methods.sort();
        for (name, method) in methods {
            let function = &self.project.functions[method];
            let name = match (&function.receiver, function.is_property) {
                (Some(_), true) => format!("@{name}"),
                (Some(_), false) if !function.is_class_method => format!("(){name}"),
                _ => name.clone(),
            };
            let value = ExprKind::FunctionValue { function: FunctionId(method as u32) };
            add(&mut keywords, name, self.at(node, value));
        }
        let args = vec![self.class_name(node, class)];
        self.at(node, ExprKind::Builtin { name: OBJECT.to_owned(), args, keywords })
    }

    /// The name of a class of the run.
    pub(super) fn class_name(&self, node: Node<'t>, class: usize) -> Expr {
        self.at(node, constant(Constant::Str(self.project.classes[class].name.clone())))
    }

    /// Whether a value is an object of a class of the run: unknown of one whose class does not show when it runs.
    pub(super) fn is_instance(&self, node: Node<'t>, value: &Expr, class: usize) -> ExprKind {
        let below = (0..self.project.classes.len()).filter(|other| self.project.lineage(*other).contains(&class));
        let names = below.map(|class| self.class_name(node, class));
        let args = std::iter::once(value.clone()).chain(names).collect();
        ExprKind::Builtin { name: INSTANCE.to_owned(), args, keywords: Vec::new() }
    }

    /// `isinstance(value, Class)` with a class of the run.
    pub(super) fn instance_test(&mut self, node: Node<'t>, arguments: Node<'t>) -> Option<ExprKind> {
        let [value, class] = named(arguments)[..] else { return None };
        match self.referent(class) {
            Some(Referent::Class(class)) => {
                let value = self.expr(value);
                Some(self.is_instance(node, &value, class))
            }
            _ => None,
        }
    }

    /// `super().method(...)` in a method that is handed its object.
    pub(super) fn method_of_base(&mut self, callee: Node<'t>, arguments: Node<'t>) -> Option<ExprKind> {
        let (object, name) = (field(callee, "object")?, field(callee, "attribute")?);
        let called = (object.kind() == "call").then(|| field(object, "function")).flatten()?;
        if self.parsed.text(called) != "super" || !self.is_handed_object() {
            return None;
        }
        let function = &self.project.functions[self.function];
        let (class, receiver) = (function.class?, function.receiver.clone()?);
        let name = self.parsed.text(name);
        let bases = self.project.lineage(class).into_iter().skip(1);
        let method = bases.into_iter().find_map(|base| self.project.classes[base].methods.get(name).copied());
        let Some(method) = method else { return Some(constant(Constant::None)) };
        let (mut args, keywords) = self.arguments(arguments);
        args.insert(0, self.at(object, ExprKind::Name { name: self.variable(&receiver) }));
        Some(ExprKind::Call { function: FunctionId(method as u32), args, keywords })
    }
}

/// Adds what is not known yet.
fn add(keywords: &mut Vec<Keyword>, name: String, value: Expr) {
    if keywords.iter().all(|known| known.name != name) {
        keywords.push(Keyword { name, value });
    }
}
