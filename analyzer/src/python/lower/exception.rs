//! Exceptions: raised, by a statement or by what a web framework calls `abort`, and handled.

use chameleon_decision::{ExprKind, HANDLED, Stmt, StmtKind};
use tree_sitter::Node;

use super::Lower;
use crate::calls::ABORTS;
use crate::python::project::Referent;
use crate::python::syntax::{field, fields, named};

/// A handler: the classes that it catches, and its statements.
pub(super) type Handler = (Vec<String>, Vec<Stmt>);

/// What `abort` raises.
const ABORTED: &str = "HTTPException";

impl<'t> Lower<'_, 't> {
    /// `raise Class(...)`, `raise Class`, `raise`.
    pub(super) fn raise_statement(&mut self, node: Node<'t>) -> StmtKind {
        let again = StmtKind::Raise { exception: String::new(), args: Vec::new(), keywords: Vec::new() };
        // Without a name the exception at hand is raised again.
        let Some(raised) = named(node).first().copied() else { return again };
        if raised.kind() == "identifier" && self.is_handled(node, self.parsed.text(raised)) {
            return again;
        }
        let (class, arguments) = (field(raised, "function"), field(raised, "arguments"));
        let exception = last_part(self.parsed.text(class.unwrap_or(raised)));
        let (args, keywords) = match (raised.kind(), arguments) {
            ("call", Some(arguments)) => self.arguments(arguments),
            _ => (Vec::new(), Vec::new()),
        };
        StmtKind::Raise { exception, args, keywords }
    }

    /// Whether a name is that of the exception that a handler around handles.
    fn is_handled(&self, node: Node<'t>, name: &str) -> bool {
        let mut at = node.parent();
        while let Some(around) = at.filter(|around| around.kind() != "function_definition") {
            if around.kind() == "except_clause" && Self::aliases(around).iter().any(|a| self.parsed.text(*a) == name) {
                return true;
            }
            at = around.parent();
        }
        false
    }

    /// `abort(404)` of a web framework, which raises.
    pub(super) fn abort(&mut self, node: Node<'t>) -> Option<StmtKind> {
        let (callee, arguments) = (field(node, "function")?, field(node, "arguments")?);
        match self.referent(callee)? {
            Referent::Library(name) if ABORTS.contains(&name.as_str()) => {
                let (args, keywords) = self.arguments(arguments);
                Some(StmtKind::Raise { exception: ABORTED.to_owned(), args, keywords })
            }
            _ => None,
        }
    }

    /// `return abort(404)`, which returns nothing.
    pub(super) fn returned_abort(&mut self, node: Node<'t>) -> Option<StmtKind> {
        let value = named(node).first().copied().filter(|value| value.kind() == "call")?;
        self.abort(value)
    }

    /// The names under which a clause has the exception.
    fn aliases(clause: Node<'t>) -> Vec<Node<'t>> {
        let patterns = fields(clause, "value").into_iter().filter(|value| value.kind() == "as_pattern");
        let within = patterns.filter_map(|pattern| field(pattern, "alias"));
        field(clause, "alias").into_iter().chain(within).collect()
    }

    /// `except Class as name: ...`.
    pub(super) fn handler(&mut self, clause: Node<'t>) -> Handler {
        let mut names = Vec::new();
        for mut value in fields(clause, "value") {
            if value.kind() == "as_pattern" {
                let Some(inner) = named(value).first().copied() else { continue };
                value = inner;
            }
            let classes =
                if matches!(value.kind(), "tuple" | "parenthesized_expression") { named(value) } else { vec![value] };
            names.extend(classes.into_iter().map(|class| last_part(self.parsed.text(class))));
        }
        self.add_extending(&mut names);
        let mut body = Vec::new();
        for alias in Self::aliases(clause) {
            let value = if self.may_be_raised(&names) {
                self.at(alias, ExprKind::Builtin { name: HANDLED.to_owned(), args: Vec::new(), keywords: Vec::new() })
            } else {
                self.opaque_expr(alias, "an exception")
            };
            let target = self.target(alias);
            body.push(Stmt { span: self.parsed.span(alias), kind: StmtKind::Assign { targets: vec![target], value } });
        }
        if let Some(block) = named(clause).last().filter(|block| block.kind() == "block") {
            body.extend(self.block(*block));
        }
        (names, body)
    }

    /// Adds the application's own classes that extend one of these.
    fn add_extending(&self, names: &mut Vec<String>) {
        for class in 0..self.project.classes.len() {
            let lineage = self.project.lineage(class);
            let of = lineage.iter().flat_map(|of| {
                let of = &self.project.classes[*of];
                of.bases.iter().map(|base| last_part(base)).chain([of.name.clone()])
            });
            let own = &self.project.classes[class].name;
            if !names.contains(own) && of.into_iter().any(|name| names.contains(&name)) {
                names.push(own.clone());
            }
        }
    }

    /// Whether the application itself raises what a handler catches: what any other exception says is outside.
    fn may_be_raised(&self, names: &[String]) -> bool {
        let raises = |text: &str, name: &str| {
            text.match_indices("raise ").any(|(at, word)| {
                let class =
                    text[at + word.len()..].split(|c: char| c != '.' && c != '_' && !c.is_alphanumeric()).next();
                class.is_some_and(|class| last_part(class) == name)
            })
        };
        names.iter().any(|name| self.project.modules.iter().any(|module| raises(&module.parsed.text, name)))
    }
}

fn last_part(dotted: &str) -> String {
    dotted.rsplit('.').next().unwrap_or(dotted).trim().to_owned()
}
