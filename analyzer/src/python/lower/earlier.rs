//! What the oldest versions of a client answered: one field, where later ones answer a record that has it.

use chameleon_decision::Shape;
use tree_sitter::Node;

use super::Lower;
use crate::apis::Operation;

use crate::python::syntax::{field, visit_all};

impl<'t> Lower<'_, 't> {
    /// The field that a call of an operation gives in the place of its answer, if the source uses it so: what it reads
    /// of the call, or of the variable that is set to it, or else whether any source reads the field.
    pub(super) fn field_answered(&self, node: Node<'t>, operation: &Operation) -> Option<String> {
        let earlier = operation.earlier.as_ref()?;
        let returned = earlier.returns.as_ref()?;
        let Shape::Record(fields) = &earlier.answer else { return None };
        if !earlier.is_used_in(self.project.modules.iter().map(|module| &*module.parsed.text)) {
            return None;
        }
        let read = self.read_of(node);
        let of_whole = if read.is_empty() {
            let modules = &self.project.modules;
            modules.iter().any(|module| {
                let mut found = false;
                visit_all(module.parsed.tree.root_node(), |part| {
                    found |= part.kind() == "attribute"
                        && field(part, "attribute").is_some_and(|name| module.parsed.text(name) == returned);
                });
                found
            })
        } else {
            read.iter().any(|name| fields.contains_key(*name))
        };
        (!of_whole).then(|| returned.clone())
    }

    /// The attributes that are read of what a call gives: there, or of the variable that it is assigned to.
    fn read_of(&self, node: Node<'t>) -> Vec<&'t str> {
        let Some(parent) = node.parent() else { return Vec::new() };
        let attribute = |part: Node<'t>| field(part, "attribute").map(|name| self.parsed.text(name));
        if parent.kind() == "attribute" {
            return attribute(parent).into_iter().collect();
        }
        let is_assigned = parent.kind() == "assignment" && field(parent, "right") == Some(node);
        let Some(target) = field(parent, "left").filter(|_| is_assigned) else { return Vec::new() };
        let name = self.parsed.text(target);
        let mut read = Vec::new();
        visit_all(self.project.functions[self.function].body, |part| {
            let is_it = field(part, "object").is_some_and(|object| self.parsed.text(object) == name);
            if part.kind() == "attribute" && is_it {
                read.extend(attribute(part));
            }
        });
        read
    }
}
