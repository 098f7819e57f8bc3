//! Places to assign to.

use chameleon_decision::Target;
use tree_sitter::Node;

use super::Lower;
use crate::python::syntax::{field, named};

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
                match field(node, "subscript") {
                    Some(index) if index.kind() != "slice" => {
                        let index = Box::new(self.expr(index));
                        Target::Subscript { object, index }
                    }
                    _ => self.lost_target(node),
                }
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

    fn lost_target(&mut self, node: Node<'t>) -> Target {
        self.problem(node, format!("assigning to `{}` is not supported", self.shown(node)));
        Target::Name { name: "_".to_owned() }
    }
}
