//! Syntax to the program language, one function at a time, without following calls.
//!
//! Variables keep their name when they are local. All others get one name for the whole run, `module:name`, where
//! `name` is a module variable, `Class.attribute` (an object is the bag of its attributes, one object per class), or
//! `function.variable` for a variable that a nested function shares. A `:` therefore tells a shared variable from a
//! local one; the colon and the module go away when a slice is put together.

mod api;
mod awaited;
mod call;
mod callers;
mod chosen;
mod earlier;
mod enumeration;
mod exception;
mod expr;
mod file;
mod function;
mod handed;
mod literal;
mod loop_variables;
mod mapped;
mod object;
mod path;
mod pattern;
mod record;
mod resolve;
mod setting;
mod special;
mod stmt;
mod table;
mod target;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use chameleon_decision::{Api, Expr, ExprKind, Function, MinScore, Problem, Span};
use tree_sitter::Node;

pub(super) use self::callers::Callers;
pub(super) use self::loop_variables::NUMBER;
pub(super) use self::object::OBJECT;
pub(super) use self::record::RECORD;
use super::project::{Project, Referent};
use super::syntax::{Parsed, field};
use super::{conversions, fills};

/// How deep expressions and statements may nest. People's code stays under 30; the rest of the pipeline recurses over
/// what comes out of here, and JSON readers refuse more than 128 levels, of which one level here makes two or three.
const MAX_DEPTH: u32 = 48;

/// An API call in the source.
#[derive(Clone, Debug)]
pub(super) struct Site {
    /// Where: unique among sites.
    pub(super) span: Span,
    /// What is called.
    pub(super) api: Api,
    /// The least score that is asked for.
    pub(super) asks_for: Option<MinScore>,
    /// Index of the function that calls.
    pub(super) function: usize,
    /// The parameter of the function that says which of several methods is called, and what it says for this one.
    pub(super) asked: Option<(String, Rc<str>)>,
    /// The call with what it is given, as far as these are plain values: what shows of it to an outsider.
    pub(super) request: Rc<Expr>,
}

/// The lowered code of a run.
#[derive(Default)]
pub(super) struct Lowered {
    /// By index in the project.
    pub(super) functions: Vec<Function>,
    /// All API calls, in order of place.
    pub(super) sites: Vec<Site>,
    /// What could not be lowered.
    pub(super) problems: Vec<Problem>,
    /// Methods that are handed their object, by name: which of them a call of an object's method is shows when it runs.
    pub(super) methods: BTreeMap<String, Vec<usize>>,
    /// Those among them that reading an attribute calls.
    pub(super) properties: BTreeSet<usize>,
    /// The places of parameters whose contents a function changes, by function.
    pub(super) filled: Vec<BTreeSet<usize>>,
}

impl Lowered {
    /// Whether a function is a method that is handed its object.
    pub(super) fn is_method(&self, function: usize) -> bool {
        self.methods.values().flatten().any(|method| *method == function)
    }

    /// The methods that an expression calls if it is about an object that has them.
    pub(super) fn methods_of(&self, expr: &Expr) -> &[usize] {
        let (name, is_read) = match &expr.kind {
            ExprKind::Method { name, .. } => (name, false),
            ExprKind::Attribute { name, .. } => (name, true),
            _ => return &[],
        };
        let methods = self.methods.get(name).map_or(&[][..], Vec::as_slice);
        if is_read && !methods.iter().any(|method| self.properties.contains(method)) { &[] } else { methods }
    }
}

/// Lowers every function of a project.
pub(super) fn lower(project: &Project<'_>) -> Lowered {
    let mut lowered = Lowered::default();
    for function in 0..project.functions.len() {
        let mut lower = Lower::new(project, function);
        if lower.is_handed_object() {
            let name = project.functions[function].name.rsplit('.').next().unwrap_or_default();
            lowered.methods.entry(name.to_owned()).or_default().push(function);
            lowered.properties.extend(project.functions[function].is_property.then_some(function));
        }
        lowered.functions.push(lower.function());
        lowered.sites.extend(lower.sites);
        lowered.problems.extend(lower.problems);
    }
    lowered.sites.sort_by_key(|site| site.span);
    conversions::pass_on(&mut lowered.functions);
    lowered.filled = fills::filled(&lowered);
    lowered
}

/// The class of which a call makes an object, seen from a function.
pub(super) fn constructed<'t>(project: &Project<'t>, function: usize, call: Node<'t>) -> Option<usize> {
    let callee = (call.kind() == "call").then(|| field(call, "function")).flatten()?;
    let at = Lower::new(project, function);
    match at.referent(callee) {
        Some(Referent::Class(class)) => Some(class),
        Some(_) => None,
        None => at.own_class(callee),
    }
}

/// Whether a callee, seen from a function, is a function or method of the run.
pub(super) fn is_own_method<'t>(project: &Project<'t>, function: usize, callee: Node<'t>) -> bool {
    let at = Lower::new(project, function);
    matches!(at.referent(callee), Some(Referent::Function(_) | Referent::Class(_))) || at.own_method(callee).is_some()
}

/// Lowers one function.
struct Lower<'p, 't> {
    project: &'p Project<'t>,
    parsed: &'t Parsed,
    function: usize,
    /// The class whose body is being lowered, as part of the code around it.
    class_body: Option<usize>,
    /// Names that the comprehensions and lambdas around bind, in the code of a module or class: they are no variables of it.
    inner: Vec<String>,
    /// A parameter, and the path that it is taken to be.
    bound: Option<(String, String)>,
    depth: u32,
    sites: Vec<Site>,
    problems: Vec<Problem>,
}

impl<'p, 't> Lower<'p, 't> {
    fn new(project: &'p Project<'t>, function: usize) -> Self {
        let parsed = project.modules[project.functions[function].module].parsed;
        Self {
            project,
            parsed,
            function,
            class_body: None,
            inner: Vec::new(),
            bound: None,
            depth: 0,
            sites: Vec::new(),
            problems: Vec::new(),
        }
    }

    fn module(&self) -> usize {
        self.project.functions[self.function].module
    }

    fn at(&self, node: Node<'_>, kind: ExprKind) -> Expr {
        Expr { span: self.parsed.span(node), kind }
    }

    fn problem(&mut self, node: Node<'_>, reason: String) {
        let problem = self.parsed.problem(node, reason);
        self.problems.push(problem);
    }

    /// Runs `inner` one level deeper; `None`, with a problem, when that is too deep.
    fn nested<'n, T>(&mut self, node: Node<'n>, inner: impl FnOnce(&mut Self, Node<'n>) -> T) -> Option<T> {
        if self.depth >= MAX_DEPTH {
            self.problem(node, format!("nested deeper than {MAX_DEPTH} levels"));
            return None;
        }
        self.depth += 1;
        let value = inner(self, node);
        self.depth -= 1;
        Some(value)
    }

    /// Something outside the slice whose evaluation shows nothing.
    fn opaque(&self, node: Node<'_>, reason: &str) -> ExprKind {
        ExprKind::Opaque {
            text: self.shown(node),
            call: false,
            args: Vec::new(),
            names: Vec::new(),
            reason: reason.to_owned(),
        }
    }

    fn opaque_expr(&self, node: Node<'_>, reason: &str) -> Expr {
        self.at(node, self.opaque(node, reason))
    }

    /// A node's text for people: one line, not long.
    fn shown(&self, node: Node<'_>) -> String {
        const MAX: usize = 60;
        let mut text = self.parsed.text(node).split_whitespace().collect::<Vec<_>>().join(" ");
        if text.chars().count() > MAX {
            text = text.chars().take(MAX - 1).chain(['…']).collect();
        }
        text
    }

    /// The name under which the variable `name` is kept.
    fn variable(&self, name: &str) -> String {
        if self.inner.iter().any(|inner| inner == name) {
            return name.to_owned();
        }
        if let Some(class) = self.class_body
            && self.project.classes[class].variables.contains(name)
        {
            return self.attribute_name(class, name);
        }
        match self.project.lookup(self.function, name) {
            Referent::Cell(owner, name) => self.cell_name(owner, &name),
            Referent::Global(module, name) => format!("{module}:{name}"),
            _ if self.project.functions[self.function].node.is_none() => format!("{}:{name}", self.module()),
            _ => name.to_owned(),
        }
    }

    /// Runs `inside` where these names are a comprehension's or a lambda's own. In a function they are variables like all
    /// others; to a module they would be shared ones that nothing sets.
    fn binding<T>(&mut self, names: Vec<String>, inside: impl FnOnce(&mut Self) -> T) -> T {
        let around = self.inner.len();
        if self.class_body.is_some() || self.project.functions[self.function].node.is_none() {
            self.inner.extend(names);
        }
        let value = inside(self);
        self.inner.truncate(around);
        value
    }

    fn cell_name(&self, owner: usize, name: &str) -> String {
        let owner = &self.project.functions[owner];
        format!("{}:{}.{name}", owner.module, owner.name)
    }

    fn attribute_name(&self, class: usize, name: &str) -> String {
        let owner = &self.project.classes[self.project.attribute_owner(class, name)];
        format!("{}:{}.{name}", owner.module, owner.name)
    }
}
