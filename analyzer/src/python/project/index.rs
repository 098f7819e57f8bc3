//! Every module, function and class of a tree, entered into the tables.

use std::collections::{HashMap, HashSet};

use tree_sitter::Node;

use super::names::package_of;
use super::{Class, Function, Module, Project, Referent};
use crate::python::scope::{Binding, ImportName, Scope, imports};
use crate::python::syntax::{Parsed, field, is_scope, named, visit_scope};

impl<'t> Project<'t> {
    pub(super) fn add_module(&mut self, parsed: &'t Parsed) {
        let parts = module_parts(&parsed.path);
        let package = package_of(&parsed.path, &parts);
        let (module, function) = (self.modules.len(), self.functions.len());
        let found = imports(parsed, package);
        let imported = found.iter().map(|import| import.target.clone()).collect();
        let name = parts.join(".");
        self.by_folded_name.entry(name.to_lowercase()).or_insert(module);
        let last = parts.last().cloned().unwrap_or_default();
        self.by_last_part.entry(last).or_default().push((module, name.clone()));
        self.by_name.entry(name).or_insert(module);
        let (declared, stars, extends_path) = (HashSet::new(), Vec::new(), parsed.text.contains("sys.path."));
        self.modules.push(Module { parsed, function, parts, imported, declared, stars, extends_path });
        self.add_function(module, "<module>".to_owned(), None, parsed.tree.root_node(), None, None);
        for import in found {
            match import.name {
                ImportName::Alias(alias) => {
                    self.functions[function].scope.bindings.insert(alias, Binding::Import(import.target));
                }
                ImportName::Star => self.modules[module].stars.push(import.target),
                ImportName::None => {}
            }
        }
        self.add_definitions(module, function);
    }

    /// Indexes the functions and classes below a scope, with a list of work instead of recursion: source may nest them
    /// as deep as it likes.
    pub(super) fn add_definitions(&mut self, module: usize, root: usize) {
        let mut work = vec![(root, None)];
        while let Some((parent, class)) = work.pop() {
            let body = class.map_or(self.functions[parent].body, |class: usize| self.classes[class].body);
            let mut found = Vec::new();
            visit_scope(body, |node| {
                if is_scope(node) {
                    found.push(node);
                }
            });
            for node in found {
                if node.kind() == "function_definition" {
                    if let Some(function) = self.define_function(module, node, parent, class) {
                        work.push((function, None));
                    }
                } else if let Some(class) = self.define_class(module, node, parent, class) {
                    work.push((parent, Some(class)));
                }
            }
        }
    }

    pub(super) fn define_function(
        &mut self,
        module: usize,
        node: Node<'t>,
        parent: usize,
        class: Option<usize>,
    ) -> Option<usize> {
        let parsed = self.modules[module].parsed;
        let name = parsed.text(field(node, "name")?).to_owned();
        let body = field(node, "body")?;
        let owner = class.map_or(&self.functions[parent].name, |class| &self.classes[class].name);
        let qualified = if owner == "<module>" { name.clone() } else { format!("{owner}.{name}") };
        let function = self.add_function(module, qualified, Some(node), body, Some(parent), class);
        if let Some(class) = class {
            let accessor = decorators(parsed, node).into_iter().find(|name| matches!(*name, "setter" | "deleter"));
            let method = accessor.map_or(name.clone(), |accessor| format!("{name}.{accessor}"));
            self.classes[class].methods.insert(method, function);
            let constructed = self.functions[function].scope.constructed_attributes.clone();
            for (attribute, callee) in constructed {
                self.classes[class].constructed.insert(attribute, (function, callee));
            }
            let passed = self.functions[function].scope.passed_attributes.clone();
            for (attribute, variable) in passed {
                self.classes[class].passed.insert(attribute, (function, variable));
            }
        } else {
            self.functions[parent].scope.bindings.insert(name, Binding::Function(function));
        }
        Some(function)
    }

    pub(super) fn define_class(
        &mut self,
        module: usize,
        node: Node<'t>,
        parent: usize,
        outer: Option<usize>,
    ) -> Option<usize> {
        let parsed = self.modules[module].parsed;
        let name = parsed.text(field(node, "name")?).to_owned();
        let body = field(node, "body")?;
        let bases = field(node, "superclasses").map(named).unwrap_or_default();
        let class = self.classes.len();
        let bases: Vec<String> = bases.into_iter().map(|base| parsed.text(base).to_owned()).collect();
        let mut is_record = decorators(parsed, node).iter().any(|name| matches!(*name, "dataclass" | "define" | "s"))
            || bases.iter().any(|base| matches!(base.rsplit('.').next(), Some("NamedTuple" | "BaseModel")));
        let has_fields = is_record;
        visit_scope(body, |inner| is_record &= inner.kind() != "function_definition");
        // One of numbers stands for its numbers.
        let is_enumeration = bases
            .iter()
            .any(|base| matches!(base.rsplit('.').next(), Some("Enum" | "StrEnum" | "Flag" | "TextChoices")));
        self.classes.push(Class {
            module,
            name: name.clone(),
            body,
            parent,
            bases,
            is_record,
            has_fields,
            is_enumeration,
            methods: HashMap::new(),
            inner: HashMap::new(),
            variables: Scope::collect(parsed, body).bindings.into_keys().collect(),
            constructed: HashMap::new(),
            passed: HashMap::new(),
        });
        match outer {
            // Its name is one of the class around it, but seen from there without that.
            Some(outer) => {
                self.classes[outer].inner.insert(name.clone(), class);
                self.functions[parent].scope.bindings.entry(name).or_insert(Binding::Class(class));
            }
            None => drop(self.functions[parent].scope.bindings.insert(name, Binding::Class(class))),
        }
        Some(class)
    }

    pub(super) fn add_function(
        &mut self,
        module: usize,
        name: String,
        node: Option<Node<'t>>,
        body: Node<'t>,
        parent: Option<usize>,
        class: Option<usize>,
    ) -> usize {
        let parsed = self.modules[module].parsed;
        let mut scope = Scope::collect(parsed, body);
        let mut receiver = None;
        let mut is_property = false;
        let is_class_method = node.is_some_and(|node| decorators(parsed, node).contains(&"classmethod"));
        if let Some(node) = node {
            is_property = decorators(parsed, node).iter().any(|name| matches!(*name, "property" | "cached_property"));
            let parameters = field(node, "parameters").map(named).unwrap_or_default();
            let names: Vec<String> = parameters.iter().filter_map(|p| parameter_name(parsed, *p)).collect();
            if class.is_some() && !is_static(parsed, node) {
                receiver = names.first().cloned();
            }
            for name in names {
                scope.bindings.insert(name, Binding::Variable);
            }
        }
        self.modules[module].declared.extend(scope.globals.iter().cloned());
        self.functions.push(Function {
            module,
            name,
            node,
            body,
            parent,
            class,
            receiver,
            is_class_method,
            is_property,
            scope,
        });
        self.functions.len() - 1
    }

    /// Finds the variables of outer functions that `function` reads.
    pub(super) fn note_captures(&mut self, function: usize) {
        if self.functions[function].node.is_none() {
            return;
        }
        let parsed = self.modules[self.functions[function].module].parsed;
        let mut used = HashSet::new();
        visit_scope(self.functions[function].body, |node| {
            if node.kind() == "identifier" {
                used.insert(parsed.text(node));
            }
        });
        for name in used {
            if let Referent::Cell(owner, name) = self.lookup(function, name) {
                self.functions[owner].scope.captured.insert(name);
            }
        }
    }
}

/// The name of a parameter node; none for the separators `*` and `/`.
pub(in crate::python) fn parameter_name(parsed: &Parsed, node: Node<'_>) -> Option<String> {
    let name = match node.kind() {
        "identifier" => node,
        "default_parameter" | "typed_default_parameter" => field(node, "name")?,
        "typed_parameter" | "list_splat_pattern" | "dictionary_splat_pattern" => {
            let inner = *named(node).first()?;
            return parameter_name(parsed, inner);
        }
        _ => return None,
    };
    (name.kind() == "identifier").then(|| parsed.text(name).to_owned())
}

fn is_static(parsed: &Parsed, function: Node<'_>) -> bool {
    decorators(parsed, function).contains(&"staticmethod")
}

/// The last parts of the names of what decorates a function or class.
fn decorators<'t>(parsed: &'t Parsed, node: Node<'_>) -> Vec<&'t str> {
    let around = node.parent().filter(|parent| parent.kind() == "decorated_definition");
    let children = around.map(named).unwrap_or_default().into_iter().filter(|child| child.kind() == "decorator");
    children
        .map(|child| {
            let name = parsed.text(child).trim_start_matches('@').split('(').next().unwrap_or_default().trim();
            name.rsplit('.').next().unwrap_or(name)
        })
        .collect()
}

fn module_parts(path: &str) -> Vec<String> {
    let stem = path.strip_suffix(".py").or_else(|| path.strip_suffix(".pyw")).unwrap_or(path);
    let mut parts: Vec<String> = stem.split('/').map(str::to_owned).collect();
    if parts.len() > 1 && parts.last().is_some_and(|last| last == "__init__") {
        parts.pop();
    }
    parts
}
