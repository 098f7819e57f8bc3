//! Values that a parameter is always handed: written at the calls, or in a variable that is set once.

use chameleon_decision::Expr;
use tree_sitter::Node;

use super::{Lower, constructed};
use crate::python::entry::is_test;
use crate::python::project::Referent;
use crate::python::syntax::{field, named, visit_all};

/// What a text of the program is made of.
const LITERALS: [&str; 13] = [
    "string",
    "string_start",
    "string_content",
    "string_end",
    "escape_sequence",
    "concatenated_string",
    "integer",
    "float",
    "list",
    "tuple",
    "set",
    "dictionary",
    "pair",
];

/// Where a value is written.
struct Written<'t> {
    /// The function in which it means what it says.
    function: usize,
    node: Node<'t>,
    /// The same for two that are alike.
    key: String,
}

impl<'t> Lower<'_, 't> {
    /// The value that all calls of this function in the run hand to a parameter, if it is written in the program. What a
    /// framework calls, or what a service hands an event to, is handed something else.
    pub(super) fn handed(&self, name: &str) -> Option<Expr> {
        let function = &self.project.functions[self.function];
        let is_called_outside = self.is_decorated(function.node?) || function.name.contains("handler");
        if is_called_outside {
            return None;
        }
        let mut found: Option<Written<'t>> = None;
        for (caller, value) in self.passed_values(self.place_of(name)?, name) {
            if is_test(&self.project.functions[caller].name) {
                continue;
            }
            let written = Lower::new(self.project, caller).written(value?)?;
            if found.as_ref().is_some_and(|known| known.key != written.key) {
                return None;
            }
            found = found.or(Some(written));
        }
        let Written { function, node, .. } = found?;
        Some(Lower::new(self.project, function).expr(node))
    }

    /// Where a value is written, seen from here.
    fn written(&self, value: Node<'t>) -> Option<Written<'t>> {
        let text = self.parsed.text(value).to_owned();
        if is_literal(value) || self.is_written_out(value) {
            return Some(Written { function: self.function, node: value, key: text });
        }
        let (owner, name, is_shared) = match value.kind() {
            "identifier" => match self.project.lookup(self.function, &text) {
                Referent::Local(name) => (self.function, name, false),
                Referent::Global(module, name) => (self.project.modules[module].function, name, true),
                _ => return None,
            },
            "attribute" => {
                let variable = self.attribute_variable(value)?;
                let (module, name) = variable.split_once(':')?;
                let module: usize = module.parse().ok()?;
                (self.project.modules.get(module)?.function, name.to_owned(), true)
            }
            _ => return None,
        };
        let at = Lower::new(self.project, owner);
        let literal = at.set_once(&name).filter(|value| is_literal(*value) || at.is_written_out(*value))?;
        // A list that is changed later is what its variable is; of a local one only plain values are sure to stay.
        if is_shared {
            return Some(Written { function: self.function, node: value, key: format!("{owner}:{name}") });
        }
        let key = Lower::new(self.project, owner).parsed.text(literal).to_owned();
        let is_plain = !matches!(literal.kind(), "list" | "set" | "dictionary");
        is_plain.then_some(Written { function: owner, node: literal, key })
    }

    /// Whether a value is an object that only holds values, made of what is written out.
    fn is_written_out(&self, value: Node<'t>) -> bool {
        let class = constructed(self.project, self.function, value);
        let is_record = class.is_some_and(|class| self.project.classes[class].is_record);
        let arguments = field(value, "arguments").filter(|_| is_record).map(named);
        arguments.is_some_and(|arguments| {
            let plain = |argument: &Node<'t>| is_literal(field(*argument, "value").unwrap_or(*argument));
            arguments.iter().all(plain)
        })
    }

    /// The value of a variable of this function that is set in one place only, and by no loop.
    fn set_once(&self, name: &str) -> Option<Node<'t>> {
        let function = &self.project.functions[self.function];
        let (mut values, mut otherwise) = (Vec::new(), false);
        visit_all(function.body, |node| {
            let left = field(node, "left").filter(|left| self.parsed.text(*left) == name);
            match (node.kind(), left) {
                ("assignment", Some(_)) => values.extend(field(node, "right")),
                (_, Some(_)) => otherwise |= matches!(node.kind(), "augmented_assignment" | "for_statement"),
                _ => {}
            }
        });
        let [value] = values[..] else { return None };
        (!otherwise).then_some(value)
    }

    /// Whether decorators of a library's or the application's own stand before a function.
    fn is_decorated(&self, function: Node<'t>) -> bool {
        let around = function.parent().filter(|parent| parent.kind() == "decorated_definition");
        let decorators = around.map(named).unwrap_or_default().into_iter().filter(|node| node.kind() == "decorator");
        decorators.into_iter().any(|node| !matches!(self.parsed.text(node), "@staticmethod" | "@classmethod"))
    }
}

/// Whether a value is written out: texts and numbers, and what holds nothing else.
fn is_literal(value: Node<'_>) -> bool {
    let mut literal = LITERALS.contains(&value.kind());
    visit_all(value, |part| literal &= !part.is_named() || LITERALS.contains(&part.kind()));
    literal
}
