//! What names a scope binds.
//!
//! Terms: a *scope* is a function, or the module; lambdas and comprehensions count to the scope around them. A name is
//! *captured* when a nested function reads it from an outer function.

use std::collections::{HashMap, HashSet};

use tree_sitter::Node;

use super::syntax::{Parsed, children, field, fields, named, visit_all, visit_scope};

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Binding {
    /// A variable.
    Variable,
    /// A function: index into the project's functions.
    Function(usize),
    /// A class: index into the project's classes.
    Class(usize),
    /// An imported module or member, by its dotted name.
    Import(String),
}

/// A scope's names.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope<'t> {
    /// Names bound here.
    pub(super) bindings: HashMap<String, Binding>,
    /// Names declared `global`.
    pub(super) globals: HashSet<String>,
    /// Names declared `nonlocal`.
    pub(super) nonlocals: HashSet<String>,
    /// Variables that nested functions read.
    pub(super) captured: HashSet<String>,
    /// Variables assigned the result of a call, with what is called: instances of classes are found by it.
    pub(super) constructed: HashMap<String, Node<'t>>,
    /// Variables that stand for what a name says, with that name: `Level = models.Ticket.Level`.
    pub(super) aliases: HashMap<String, Node<'t>>,
    /// As `constructed`, for `self.name = Class()`.
    pub(super) constructed_attributes: Vec<(String, Node<'t>)>,
    /// Attributes assigned a variable, for `self.name = name`.
    pub(super) passed_attributes: Vec<(String, Node<'t>)>,
    /// The scope's code yields.
    pub(super) yields: bool,
}

impl<'t> Scope<'t> {
    /// Reads the names that `body` binds. Functions and classes are bound by the project, which numbers them.
    pub(super) fn collect(parsed: &Parsed, body: Node<'t>) -> Self {
        let mut scope = Self::default();
        visit_scope(body, |node| scope.add(parsed, node));
        for name in scope.globals.iter().chain(&scope.nonlocals) {
            scope.bindings.remove(name);
        }
        scope
    }

    /// Binds a variable unless the name already stands for something more telling.
    pub(super) fn bind_variable(&mut self, name: &str) {
        self.bindings.entry(name.to_owned()).or_insert(Binding::Variable);
    }

    fn add(&mut self, parsed: &Parsed, node: Node<'t>) {
        match node.kind() {
            "assignment" => {
                if let Some(left) = field(node, "left") {
                    self.bind_pattern(parsed, left);
                    self.note_construction(parsed, left, field(node, "right"));
                }
            }
            "augmented_assignment" | "for_statement" | "for_in_clause" => {
                if let Some(left) = field(node, "left") {
                    self.bind_pattern(parsed, left);
                }
            }
            "named_expression" => {
                if let Some(name) = field(node, "name") {
                    self.bind_pattern(parsed, name);
                }
            }
            "as_pattern" | "except_clause" => {
                // In a `match`, the name is no field.
                let last = || named(node).last().copied().filter(|last| last.kind() == "identifier");
                let is_of_case = node.parent().is_some_and(|parent| parent.kind() == "case_pattern");
                if let Some(alias) = field(node, "alias").or_else(|| last().filter(|_| is_of_case)) {
                    self.bind_pattern(parsed, alias);
                }
            }
            "lambda" => {
                if let Some(parameters) = field(node, "parameters") {
                    self.bind_pattern(parsed, parameters);
                }
            }
            "case_pattern" | "union_pattern" | "keyword_pattern" | "splat_pattern" => {
                let names = named(node).into_iter().filter(|inner| match inner.kind() {
                    "dotted_name" => !parsed.text(*inner).contains('.'),
                    kind => kind == "identifier" && node.kind() == "splat_pattern",
                });
                names.for_each(|name| self.bind_variable(parsed.text(name)));
            }
            "global_statement" => {
                self.globals.extend(named(node).into_iter().map(|name| parsed.text(name).to_owned()));
            }
            "nonlocal_statement" => {
                self.nonlocals.extend(named(node).into_iter().map(|name| parsed.text(name).to_owned()));
            }
            "yield" => self.yields = true,
            _ => {}
        }
    }

    fn bind_pattern(&mut self, parsed: &Parsed, pattern: Node<'_>) {
        let mut stack = vec![pattern];
        while let Some(node) = stack.pop() {
            match node.kind() {
                "identifier" => self.bind_variable(parsed.text(node)),
                // `a.b = x` and `a[i] = x` bind no name.
                "attribute" | "subscript" | "type" => {}
                "default_parameter" | "typed_default_parameter" => stack.extend(field(node, "name")),
                _ => stack.extend(named(node)),
            }
        }
    }

    fn note_construction(&mut self, parsed: &Parsed, left: Node<'_>, right: Option<Node<'t>>) {
        let Some(right) = right else { return };
        let attribute = || {
            let (object, name) = (field(left, "object")?, field(left, "attribute")?);
            (parsed.text(object) == "self").then(|| parsed.text(name).to_owned())
        };
        if let (Some(name), "identifier") = (attribute(), right.kind()) {
            self.passed_attributes.push((name, right));
            return;
        }
        if let ("identifier", "identifier" | "attribute") = (left.kind(), right.kind()) {
            self.aliases.insert(parsed.text(left).to_owned(), right);
        }
        let Some(callee) = constructor(right) else { return };
        if left.kind() == "identifier" {
            self.constructed.insert(parsed.text(left).to_owned(), callee);
        } else if let Some(name) = attribute() {
            self.constructed_attributes.push((name, callee));
        }
    }
}

/// What a value calls: `Class()`, also as what is taken for want of another: `given or Class()`.
fn constructor(value: Node<'_>) -> Option<Node<'_>> {
    match value.kind() {
        "call" => field(value, "function"),
        "boolean_operator" => constructor(field(value, "right")?),
        "conditional_expression" => named(value).into_iter().find_map(constructor),
        _ => None,
    }
}

/// One imported name.
pub(super) struct Import {
    /// What it binds.
    pub(super) name: ImportName,
    /// The dotted module or member.
    pub(super) target: String,
}

/// What an import binds.
pub(super) enum ImportName {
    /// This name.
    Alias(String),
    /// Every name of the target.
    Star,
    /// Nothing of its own (`import a.b` binds `a`, which has its own entry).
    None,
}

/// Imports anywhere in a file. An import inside a function counts for the whole file: that it would not be visible
/// elsewhere matters only to programs that fail.
pub(super) fn imports(parsed: &Parsed, package: &[String]) -> Vec<Import> {
    let mut found = Vec::new();
    visit_all(parsed.tree.root_node(), |node| match node.kind() {
        "import_statement" => plain_imports(parsed, node, &mut found),
        "import_from_statement" => from_imports(parsed, node, package, &mut found),
        "assignment" => found.extend(called_import(parsed, node)),
        _ => {}
    });
    found
}

/// `vision = imp.load_source("vision", "/opt/app/vision.py")`, `vision = importlib.import_module("vision")`.
fn called_import(parsed: &Parsed, node: Node<'_>) -> Option<Import> {
    let name = field(node, "left").filter(|left| left.kind() == "identifier")?;
    let call = field(node, "right").filter(|right| right.kind() == "call")?;
    if !matches!(parsed.text(field(call, "function")?), "imp.load_source" | "importlib.import_module" | "__import__") {
        return None;
    }
    let module = named(field(call, "arguments")?).into_iter().next().filter(|first| first.kind() == "string")?;
    let content = named(module).into_iter().filter(|part| part.kind() == "string_content");
    let target: String = content.map(|part| parsed.text(part)).collect();
    let is_path = |c: char| c == '.' || c == '_' || c.is_alphanumeric();
    (!target.is_empty() && target.chars().all(is_path))
        .then(|| Import { name: ImportName::Alias(parsed.text(name).to_owned()), target })
}

fn plain_imports(parsed: &Parsed, node: Node<'_>, found: &mut Vec<Import>) {
    for name in fields(node, "name") {
        if name.kind() == "aliased_import" {
            if let Some((alias, target)) = aliased(parsed, name) {
                found.push(Import { name: ImportName::Alias(alias), target });
            }
        } else {
            let target = parsed.text(name).to_owned();
            let first = target.split('.').next().unwrap_or_default().trim().to_owned();
            found.push(Import { name: ImportName::Alias(first.clone()), target: first });
            found.push(Import { name: ImportName::None, target });
        }
    }
}

fn from_imports(parsed: &Parsed, node: Node<'_>, package: &[String], found: &mut Vec<Import>) {
    let Some(module) = field(node, "module_name").map(|module| absolute(parsed, module, package)) else {
        return;
    };
    for name in fields(node, "name") {
        let plain = || (parsed.text(name).to_owned(), parsed.text(name).to_owned());
        let pair = if name.kind() == "aliased_import" { aliased(parsed, name) } else { Some(plain()) };
        let Some((alias, member)) = pair else { continue };
        let target = if module.is_empty() { member } else { format!("{module}.{member}") };
        found.push(Import { name: ImportName::Alias(alias), target });
    }
    if children(node).iter().any(|child| child.kind() == "wildcard_import") {
        found.push(Import { name: ImportName::Star, target: module });
    }
}

fn aliased(parsed: &Parsed, node: Node<'_>) -> Option<(String, String)> {
    Some((parsed.text(field(node, "alias")?).to_owned(), parsed.text(field(node, "name")?).to_owned()))
}

/// The dotted module of a `from` import; leading dots count from `package`, the folder of the importing file.
fn absolute(parsed: &Parsed, module: Node<'_>, package: &[String]) -> String {
    let text = parsed.text(module).trim();
    let dots = text.chars().take_while(|c| *c == '.').count();
    if dots == 0 {
        return text.to_owned();
    }
    let keep = (package.len() + 1).saturating_sub(dots);
    let rest = text[dots..].trim();
    let mut parts: Vec<&str> = package[..keep].iter().map(String::as_str).collect();
    parts.extend((!rest.is_empty()).then_some(rest));
    parts.join(".")
}
