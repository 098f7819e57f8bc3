//! Places to assign to.

use chameleon_decision::{Expr, ExprKind, Target};
use tree_sitter::Node;

use super::Lower;
use crate::python::syntax::{field, fields, named};

impl<'t> Lower<'_, 't> {
    /// The left side of an assignment or a loop variable.
    pub(super) fn target(&mut self, node: Node<'t>) -> Target {
        self.nested(node, Self::target_inner).unwrap_or_else(|| Target::Name { name: "_".to_owned() })
    }

    fn target_inner(&mut self, node: Node<'t>) -> Target {
        match node.kind() {
            "attribute" => self.attribute_target(node),
            "subscript" => {
                if let Some(name) = self.session_variable(node) {
                    return Target::Name { name };
                }
                let Some(object) = field(node, "value") else { return self.lost_target(node) };
                let object = Box::new(self.expr(object));
                let index = match &fields(node, "subscript")[..] {
                    [index] if index.kind() != "slice" => self.expr(*index),
                    parts => self.place(node, parts),
                };
                Target::Subscript { object, index: Box::new(index) }
            }
            "pattern_list" | "tuple_pattern" | "list_pattern" | "tuple" | "list" | "expression_list" => {
                Target::Tuple { elements: named(node).into_iter().map(|element| self.target(element)).collect() }
            }
            "list_splat_pattern" | "list_splat" => match named(node)[..] {
                [inner] => Target::Starred { inner: Box::new(self.target(inner)) },
                _ => self.lost_target(node),
            },
            "as_pattern_target" | "parenthesized_expression" => match named(node)[..] {
                [inner] => self.target(inner),
                _ => Target::Name { name: self.variable(self.parsed.text(node)) },
            },
            "identifier" => Target::Name { name: self.variable(self.parsed.text(node)) },
            _ => self.lost_target(node),
        }
    }

    fn attribute_target(&mut self, node: Node<'t>) -> Target {
        if let Some(name) = self.attribute_variable(node).or_else(|| self.session_variable(node)) {
            return Target::Name { name };
        }
        match (field(node, "object"), field(node, "attribute")) {
            (Some(object), Some(name)) => {
                let name = self.parsed.text(name).to_owned();
                Target::Attribute { object: Box::new(self.expr(object)), name }
            }
            _ => self.lost_target(node),
        }
    }

    /// Some of the items of what is assigned to. Which ones is not known, so that all of them may have changed.
    fn place(&self, node: Node<'t>, parts: &[Node<'t>]) -> Expr {
        let whole = self.parsed.text(node);
        let text = parts.first().zip(parts.last()).and_then(|(first, last)| {
            let start = first.start_byte().checked_sub(node.start_byte())?;
            whole.get(start..last.end_byte().checked_sub(node.start_byte())?)
        });
        let kind = ExprKind::Opaque {
            text: text.unwrap_or(whole).to_owned(),
            call: false,
            args: Vec::new(),
            names: Vec::new(),
            reason: "several places at once are not followed".to_owned(),
        };
        self.at(node, kind)
    }

    fn lost_target(&mut self, node: Node<'t>) -> Target {
        self.problem(node, format!("assigning to `{}` is not supported", self.shown(node)));
        Target::Name { name: "_".to_owned() }
    }
}
