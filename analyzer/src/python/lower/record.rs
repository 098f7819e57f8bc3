//! Objects that only hold values: data classes and named tuples.

use chameleon_decision::{Expr, ExprKind, Keyword};
use tree_sitter::Node;

use super::Lower;
use crate::python::project::Referent;
use crate::python::syntax::{Parsed, children, field, named};

/// The builtin that makes an object of its named arguments.
pub(in crate::python) const RECORD: &str = "<record>";

/// A field and its default.
pub(super) type Field = (String, Option<Expr>);

/// The object with these fields, of the class that this says.
pub(super) fn record(fields: &[Field], class: Option<Expr>, args: Vec<Expr>, given: Vec<Keyword>) -> ExprKind {
    let class = class.into_iter().collect();
    ExprKind::Builtin { name: RECORD.to_owned(), args: class, keywords: given_fields(fields, args, given) }
}

/// What the fields of an object are given, or are without it.
pub(super) fn given_fields(fields: &[Field], args: Vec<Expr>, given: Vec<Keyword>) -> Vec<Keyword> {
    let mut args = args.into_iter();
    let mut given = given;
    let mut keywords = Vec::new();
    for (name, default) in fields {
        let named = given.iter().position(|keyword| keyword.name == *name).map(|at| given.remove(at).value);
        if let Some(value) = args.next().or(named).or_else(|| default.clone()) {
            keywords.push(Keyword { name: name.clone(), value });
        }
    }
    keywords
}

impl<'t> Lower<'_, 't> {
    /// An object of a data class that has methods: its fields are shared variables, as those of any other class.
    pub(super) fn with_fields(
        &mut self,
        node: Node<'t>,
        class: usize,
        args: Vec<Expr>,
        keywords: Vec<Keyword>,
    ) -> ExprKind {
        let ExprKind::Builtin { keywords: given, .. } = record(&self.fields(class), None, args, keywords) else {
            return self.opaque(node, "an object");
        };
        let set = |field: Keyword| {
            let name = self.attribute_name(class, &field.name);
            self.at(node, ExprKind::Walrus { name, value: Box::new(field.value) })
        };
        let set = given.into_iter().map(set).collect();
        let set = self.at(node, ExprKind::Tuple { elements: set });
        let object = self.opaque_expr(node, "an object");
        self.second(node, set, object)
    }

    /// The fields of a data class, those of its bases first.
    pub(super) fn fields(&self, class: usize) -> Vec<Field> {
        let mut fields: Vec<Field> = Vec::new();
        for class in self.project.lineage(class).into_iter().rev() {
            let class = &self.project.classes[class];
            // Defaults are evaluated where the class is defined.
            let mut at = Lower::new(self.project, self.project.modules[class.module].function);
            for statement in named(class.body) {
                let assignment = named(statement).first().copied().filter(|inner| inner.kind() == "assignment");
                let Some(assignment) = assignment.filter(|inner| field(*inner, "type").is_some()) else { continue };
                let Some(name) = field(assignment, "left").map(|left| at.parsed.text(left).to_owned()) else {
                    continue;
                };
                let default = field(assignment, "right").and_then(|value| at.field_default(value));
                fields.retain(|known| known.0 != name);
                fields.push((name, default));
            }
        }
        fields
    }

    /// The value behind `= value`, `= field(default=value)` or `= field(default_factory=list)`.
    fn field_default(&mut self, value: Node<'t>) -> Option<Expr> {
        let callee = (value.kind() == "call").then(|| field(value, "function")).flatten();
        let called = callee.map(|callee| self.parsed.text(callee).rsplit('.').next().unwrap_or_default());
        if !matches!(called, Some("field" | "Field" | "ib")) {
            return Some(self.expr(value));
        }
        let settings = field(value, "arguments").map(named).unwrap_or_default();
        settings.into_iter().find_map(|setting| {
            let (name, given) = (field(setting, "name")?, field(setting, "value")?);
            match (self.parsed.text(name), self.parsed.text(given)) {
                ("default", _) => Some(self.expr(given)),
                ("default_factory", "list") => Some(self.at(value, ExprKind::List { elements: Vec::new() })),
                ("default_factory", "dict") => Some(self.at(value, ExprKind::Dict { items: Vec::new() })),
                ("default_factory", "set") => Some(self.at(value, ExprKind::Set { elements: Vec::new() })),
                ("default_factory", _) if given.kind() == "lambda" => Some(self.expr(field(given, "body")?)),
                _ => None,
            }
        })
    }

    /// The object that a call of a `collections.namedtuple` makes.
    pub(super) fn named_tuple(&mut self, callee: Node<'t>, arguments: Node<'t>) -> Option<ExprKind> {
        let (parsed, made) = match callee.kind() {
            "identifier" => self.assigned(callee)?,
            "attribute" => self.assigned_in_class(callee)?,
            _ => return None,
        };
        let maker = (made.kind() == "call").then(|| field(made, "function")).flatten()?;
        if parsed.text(maker).rsplit('.').next() != Some("namedtuple") {
            return None;
        }
        let names = *named(field(made, "arguments")?).get(1)?;
        let text = |node: Node<'_>| -> String {
            let content = children(node).into_iter().filter(|child| child.kind() == "string_content");
            content.map(|child| parsed.text(child)).collect()
        };
        let names: Vec<String> = match names.kind() {
            "string" => text(names).replace(',', " ").split_whitespace().map(str::to_owned).collect(),
            "list" | "tuple" => named(names).into_iter().map(text).collect(),
            _ => return None,
        };
        let (args, keywords) = self.arguments(arguments);
        let fields: Vec<Field> = names.into_iter().map(|name| (name, None)).collect();
        Some(record(&fields, None, args, keywords))
    }

    /// What the body of a class says once of a variable of its own that stands here: `self.Found`, `Report.Found`.
    fn assigned_in_class(&self, node: Node<'t>) -> Option<(&'t Parsed, Node<'t>)> {
        let (object, name) = (field(node, "object")?, field(node, "attribute")?);
        let class = match self.referent(object) {
            Some(Referent::Class(class)) => class,
            _ => self.class_of(object).or_else(|| self.own_class(object))?,
        };
        let name = self.parsed.text(name);
        let says = |class: &usize| self.project.classes[*class].variables.contains(name);
        let class = &self.project.classes[self.project.lineage(class).into_iter().find(says)?];
        let parsed = self.project.modules[class.module].parsed;
        let assignments = named(class.body).into_iter().filter_map(|statement| named(statement).first().copied());
        let mut values = assignments
            .filter(|inner| inner.kind() == "assignment")
            .filter(|inner| field(*inner, "left").is_some_and(|left| parsed.text(left) == name))
            .filter_map(|inner| field(inner, "right"));
        let value = values.next()?;
        values.next().is_none().then_some((parsed, value))
    }
}
