//! Containers of the module that functions fill: `results["good"].append(text)`. What they hold at the end is observable,
//! as the last value of a module variable is.

use foldhash::HashSet;

use super::machine::{Machine, Run};
use super::scope::assigned;
use super::value::Value;
use crate::decision::Rendered;
use crate::program::{Expr, ExprKind, Function, Program, Span, Stmt, StmtKind, Target};

/// Methods that put something into a container.
const FILLING: [&str; 8] = ["append", "extend", "insert", "add", "update", "appendleft", "setdefault", "remove"];

impl Machine<'_, '_> {
    /// Notes what containers hold that functions fill, before they do.
    pub(super) fn note_filled(&mut self) -> Run<()> {
        let program = self.program;
        let filled = self.memory.filled(|| filled(program));
        for (name, span) in filled.iter() {
            if let Some(value) = self.globals.get(name).filter(is_container) {
                let before = self.render(&value, *span)?;
                self.before.push((*name, *span, before));
            }
        }
        Ok(())
    }

    /// Containers that functions have filled since: their places, and what they hold.
    pub(super) fn filled_since(&mut self) -> Run<Vec<(String, Span, Rendered)>> {
        let mut changed = Vec::new();
        for (name, span, before) in std::mem::take(&mut self.before) {
            let now = self.globals.get(name).filter(|value| is_container(value) && !value.is_data());
            let Some(now) = now.filter(|_| !self.stored.contains_key(name)) else { continue };
            let now = self.render(&now, span)?;
            if now != before {
                changed.push((name.to_owned(), span, now));
            }
        }
        Ok(changed)
    }
}

fn is_container(value: &Value<'_>) -> bool {
    matches!(value, Value::List(_) | Value::Dict(_) | Value::Set(_))
}

/// Variables of the module whose contents functions change, and where.
fn filled(program: &Program) -> Vec<(&str, Span)> {
    let mut found: Vec<(&str, Span)> = Vec::new();
    for function in &program.functions {
        let mut own: HashSet<&str> = own_names(function);
        let mut blocks = vec![function.body.as_slice()];
        while let Some(block) = blocks.pop() {
            for stmt in block {
                let name = filled_by(stmt).filter(|name| own.insert(name));
                found.extend(name.map(|name| (name, stmt.span)));
                blocks.extend(stmt.blocks().into_iter().map(Vec::as_slice));
            }
        }
    }
    found.sort_by_key(|filled| filled.0);
    found.dedup_by_key(|filled| filled.0);
    found
}

fn own_names(function: &Function) -> HashSet<&str> {
    let mut names = HashSet::default();
    assigned(&function.body, &mut names);
    names.extend(function.parameters.iter().map(|parameter| parameter.name.trim_start_matches('*')));
    names
}

/// The variable whose contents a statement changes.
fn filled_by(stmt: &Stmt) -> Option<&str> {
    match &stmt.kind {
        StmtKind::Expr { value: Expr { kind: ExprKind::Method { object, name, .. }, .. } } => {
            root(object).filter(|_| FILLING.contains(&name.as_str()))
        }
        StmtKind::Assign { targets, .. } => targets.iter().find_map(|target| match target {
            Target::Subscript { object, .. } => root(object),
            _ => None,
        }),
        StmtKind::AugAssign { target: Target::Subscript { object, .. }, .. } => root(object),
        _ => None,
    }
}

/// The variable at the bottom of `a[b][c]`.
fn root(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Name { name } => Some(name),
        ExprKind::Subscript { object, .. } => root(object),
        _ => None,
    }
}
