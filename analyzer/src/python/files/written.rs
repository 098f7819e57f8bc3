//! Where the source writes into a file that it names.

use std::cell::Cell;
use std::collections::HashMap;

use chameleon_decision::{Constant, Expr, ExprKind, Keyword, StmtKind, Target};

use super::file_name;
use crate::python::lower::Lowered;
use crate::python::visit;

/// How far the name of a file is followed through variables and arguments.
const MAX_HOPS: u32 = 4;

/// How many expressions are looked at for the names of files.
const MAX_LOOKED_AT: u32 = 20_000;

/// How the names of functions begin that write what they are given into the file that they are given.
const WRITERS: &[&str] = &["to_", "save", "dump", "write", "export"];

/// A call that writes.
pub(super) struct Write<'a> {
    /// The function that it is in.
    pub(super) function: usize,
    /// The call.
    pub(super) expr: &'a Expr,
    /// The files that it may write into.
    pub(super) files: Vec<String>,
}

/// All calls that write into files whose names are in the source.
pub(super) fn places(lowered: &Lowered) -> Vec<Write<'_>> {
    let names = Names::new(lowered);
    (0..lowered.functions.len()).flat_map(|function| writes(&names, function)).collect()
}

fn writes<'a>(names: &Names<'a>, function: usize) -> Vec<Write<'a>> {
    let body = &names.lowered.functions[function].body;
    let mut opened: HashMap<&str, Vec<String>> = HashMap::new();
    visit::stmts(body, &mut |stmt| {
        let StmtKind::Assign { targets, value } = &stmt.kind else { return };
        let [Target::Name { name }] = &targets[..] else { return };
        let files: Vec<String> = match &value.kind {
            _ if is_opened_to_write(value) => names.files(function, value, MAX_HOPS),
            // What writes through what was opened: `csv.writer(file)`.
            ExprKind::Opaque { args, .. } => args.iter().flat_map(|arg| behind(&opened, arg)).collect(),
            _ => Vec::new(),
        };
        if !files.is_empty() {
            opened.entry(name).or_default().extend(files);
        }
    });
    let mut found = Vec::new();
    visit::exprs(body, &mut |expr| {
        let Some((callee, object, args, keywords)) = called(expr) else { return };
        let values = || object.into_iter().chain(args).chain(keywords.iter().map(|keyword| &keyword.value));
        let mut files: Vec<String> = values().flat_map(|value| behind(&opened, value)).collect();
        if files.is_empty() && WRITERS.iter().any(|start| callee.starts_with(start)) {
            files = values().flat_map(|value| names.files(function, value, MAX_HOPS)).collect();
        }
        if !files.is_empty() {
            found.push(Write { function, expr, files });
        }
    });
    found
}

/// The files that a variable was opened for.
fn behind(opened: &HashMap<&str, Vec<String>>, expr: &Expr) -> Vec<String> {
    match &expr.kind {
        ExprKind::Name { name } => opened.get(name.as_str()).cloned().unwrap_or_default(),
        _ => Vec::new(),
    }
}

type Called<'e> = (&'e str, Option<&'e Expr>, &'e [Expr], &'e [Keyword]);

/// The last part of what an expression calls, and what that is given.
fn called(expr: &Expr) -> Option<Called<'_>> {
    let (callee, object, args, keywords) = match &expr.kind {
        ExprKind::Method { object, name, args, keywords } => (name, Some(&**object), &args[..], &keywords[..]),
        ExprKind::Builtin { name, args, keywords } => (name, None, &args[..], &keywords[..]),
        ExprKind::Opaque { text, args, .. } => (text, None, &args[..], &[][..]),
        _ => return None,
    };
    let callee = callee.split('(').next().unwrap_or(callee);
    Some((callee.rsplit('.').next().unwrap_or(callee), object, args, keywords))
}

/// Whether an expression opens a file to write into it.
fn is_opened_to_write(expr: &Expr) -> bool {
    let Some(("open", _, args, keywords)) = called(expr) else { return false };
    let values = args.iter().skip(1).chain(keywords.iter().map(|keyword| &keyword.value));
    values.into_iter().any(|value| {
        matches!(&value.kind, ExprKind::Constant { value: Constant::Str(mode) } if mode.starts_with(['w', 'a', 'x']))
    })
}

/// An expression, and the function that it is in.
type Placed<'a> = (usize, &'a Expr);

/// The names of files that are in the source, and where they go.
struct Names<'a> {
    lowered: &'a Lowered,
    /// What variables are set to, by the function that they belong to; those of a module belong to none.
    set: HashMap<(Option<usize>, &'a str), Vec<Placed<'a>>>,
    /// The calls of a function.
    calls: HashMap<usize, Vec<Placed<'a>>>,
    left: Cell<u32>,
}

impl<'a> Names<'a> {
    fn new(lowered: &'a Lowered) -> Self {
        let mut names = Self { lowered, set: HashMap::new(), calls: HashMap::new(), left: Cell::new(MAX_LOOKED_AT) };
        for (at, function) in lowered.functions.iter().enumerate() {
            visit::stmts(&function.body, &mut |stmt| {
                let StmtKind::Assign { targets, value } = &stmt.kind else { return };
                for target in targets {
                    if let Target::Name { name } = target {
                        names.set.entry((owner(at, name), name)).or_default().push((at, value));
                    }
                }
            });
            visit::exprs(&function.body, &mut |expr| {
                if let ExprKind::Call { function: callee, .. } = &expr.kind {
                    names.calls.entry(callee.0 as usize).or_default().push((at, expr));
                }
            });
        }
        names
    }

    /// The files that an expression may be the name of, or is given the name of.
    fn files(&self, function: usize, expr: &Expr, hops: u32) -> Vec<String> {
        let Some(left) = self.left.get().checked_sub(1).filter(|_| hops > 0) else { return Vec::new() };
        self.left.set(left);
        let all = |exprs: &[Expr]| exprs.iter().flat_map(|expr| self.files(function, expr, hops - 1)).collect();
        match &expr.kind {
            ExprKind::Constant { value: Constant::Str(text) } => file_name(text).into_iter().collect(),
            ExprKind::Name { name } => {
                let set = self.set.get(&(owner(function, name), name)).into_iter().flatten().copied();
                let values: Vec<(usize, &Expr)> = set.chain(self.given(function, name)).collect();
                values.into_iter().flat_map(|(at, value)| self.files(at, value, hops - 1)).collect()
            }
            ExprKind::Subscript { object, .. } => self.files(function, object, hops),
            ExprKind::Opaque { args, .. } | ExprKind::Builtin { args, .. } => all(args),
            ExprKind::List { elements } | ExprKind::Tuple { elements } => all(elements),
            ExprKind::Binary { right, .. } => self.files(function, right, hops - 1),
            _ => Vec::new(),
        }
    }

    /// What a parameter is given, and falls back to.
    fn given(&self, function: usize, name: &str) -> Vec<(usize, &'a Expr)> {
        let parameters = &self.lowered.functions[function].parameters;
        let Some(place) = parameters.iter().position(|parameter| parameter.name == name) else { return Vec::new() };
        let mut found: Vec<(usize, &Expr)> = parameters[place].default.iter().map(|value| (function, value)).collect();
        for (at, call) in self.calls.get(&function).into_iter().flatten() {
            if let ExprKind::Call { args, keywords, .. } = &call.kind {
                let by_name = keywords.iter().filter(|keyword| keyword.name == name).map(|keyword| &keyword.value);
                found.extend(args.get(place).into_iter().chain(by_name).map(|value| (*at, value)));
            }
        }
        found
    }
}

/// The function that a variable belongs to.
fn owner(function: usize, name: &str) -> Option<usize> {
    (!name.contains(':')).then_some(function)
}
