//! Thin helpers over tree-sitter: parsing, spans, text, and the places where the syntax is broken.

use std::sync::{Arc, OnceLock};

use chameleon_decision::{Problem, Span};
use tree_sitter::{Node, Parser, Tree};

use crate::source::SourceFile;

/// How many broken places of one file are reported: more say nothing new.
const MAX_REPORTED: usize = 20;

/// Lines longer than this get byte columns: counting characters from the start of a megabyte line, for every node on
/// it, is quadratic.
const MAX_COUNTED: usize = 4096;

/// A parsed file.
pub(super) struct Parsed {
    /// Index among the files of the run.
    pub(super) file: u32,
    /// Path relative to the root.
    pub(super) path: String,
    /// The text.
    pub(super) text: Arc<str>,
    /// The syntax tree.
    pub(super) tree: Tree,
    /// Whether it is written for Python 2, once somebody asked.
    of_two: OnceLock<bool>,
}

/// Parses one file. Python 2 is accepted; what cannot be parsed is a region of the tree, not a failure.
pub(super) fn parse(file: u32, source: &SourceFile) -> Option<Parsed> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_python::LANGUAGE.into()).ok()?;
    let tree = parser.parse(source.text.as_bytes(), None)?;
    Some(Parsed { file, path: source.path.clone(), text: Arc::clone(&source.text), tree, of_two: OnceLock::new() })
}

impl Parsed {
    /// Whether a statement stands in it that only Python 2 has: `print names`, `exec code`.
    pub(super) fn is_python_two(&self) -> bool {
        *self.of_two.get_or_init(|| {
            let mut found = false;
            visit_all(self.tree.root_node(), |node| {
                // `print (names)` is a call in Python 3.
                let is_call = || field(node, "argument").is_some_and(|first| first.kind().starts_with("parenthesized"));
                found |= match node.kind() {
                    "print_statement" => !is_call(),
                    "exec_statement" => true,
                    _ => false,
                };
            });
            found
        })
    }

    /// The text of a node.
    pub(super) fn text(&self, node: Node<'_>) -> &str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    /// The place of a node.
    pub(super) fn span(&self, node: Node<'_>) -> Span {
        let (start, end) = (node.start_position(), node.end_position());
        Span {
            file: self.file,
            line: start.row as u32 + 1,
            column: self.column(node.start_byte(), start.column),
            end_line: end.row as u32 + 1,
            end_column: self.column(node.end_byte(), end.column),
        }
    }

    fn column(&self, byte: usize, column: usize) -> u32 {
        let characters = if column > MAX_COUNTED {
            column
        } else {
            self.text.get(byte - column..byte).map_or(column, |prefix| prefix.chars().count())
        };
        characters as u32 + 1
    }

    /// A problem at a node.
    pub(super) fn problem(&self, node: Node<'_>, reason: impl Into<String>) -> Problem {
        Problem { file: self.path.clone(), line: node.start_position().row as u32 + 1, reason: reason.into() }
    }

    /// One problem for each outermost broken region.
    pub(super) fn syntax_problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut stack = vec![self.tree.root_node()];
        while let Some(node) = stack.pop() {
            if node.is_error() || node.is_missing() {
                let shown: String = self.text(node).lines().next().unwrap_or_default().chars().take(40).collect();
                let reason = if node.is_missing() {
                    format!("syntax error: `{}` is missing", node.kind())
                } else {
                    format!("syntax error near `{}`", shown.trim())
                };
                problems.push(self.problem(node, reason));
                if problems.len() == MAX_REPORTED {
                    break;
                }
            } else if node.has_error() {
                let mut children = children(node);
                children.reverse();
                stack.extend(children);
            }
        }
        problems
    }
}

/// All children, named or not.
pub(super) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.children(&mut cursor).collect()
}

/// Named children without comments.
pub(super) fn named(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| !child.is_extra()).collect()
}

/// Every child of a field.
pub(super) fn fields<'t>(node: Node<'t>, field: &str) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.children_by_field_name(field, &mut cursor).filter(Node::is_named).collect()
}

/// A child by field.
pub(super) fn field<'t>(node: Node<'t>, field: &str) -> Option<Node<'t>> {
    node.child_by_field_name(field)
}

/// Whether a node starts a scope of its own whose inside an outer scope does not see.
pub(super) fn is_scope(node: Node<'_>) -> bool {
    matches!(node.kind(), "function_definition" | "class_definition")
}

/// Visits `node` and everything below it in source order, without recursion, leaving out the inside of nested functions
/// and classes (they themselves are visited).
pub(super) fn visit_scope<'t>(node: Node<'t>, mut visit: impl FnMut(Node<'t>)) {
    let mut stack = named(node);
    stack.reverse();
    while let Some(node) = stack.pop() {
        visit(node);
        if !is_scope(node) {
            let mut below = named(node);
            below.reverse();
            stack.extend(below);
        }
    }
}

/// Visits everything below `node`, nested scopes included.
pub(super) fn visit_all<'t>(node: Node<'t>, mut visit: impl FnMut(Node<'t>)) {
    let mut stack = vec![node];
    while let Some(node) = stack.pop() {
        visit(node);
        stack.extend(named(node));
    }
}
