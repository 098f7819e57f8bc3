//! Collections that are laid out in the source: how many items there are and what their keys are is known, also where
//! something outside has a part in some of their values.

use std::collections::HashMap;

use chameleon_decision::{Expr, ExprKind, Function, Stmt, StmtKind, Target};

use super::visit;

/// An item that a loop over such a collection gets.
pub(super) enum Item<'a> {
    /// As it is written.
    One(&'a Expr),
    /// A key and its value.
    Pair(&'a Expr, &'a Expr),
}

/// The variables that are given such a collection once, and nothing else.
pub(super) struct LaidOut<'a> {
    /// By function and name; none where it is not the only thing that is done with it.
    found: HashMap<(usize, String), Option<&'a Expr>>,
}

impl<'a> LaidOut<'a> {
    pub(super) fn new(functions: &'a [Function], live: &[usize]) -> Self {
        let mut found = HashMap::new();
        for &function in live {
            visit::stmts(&functions[function].body, &mut |stmt| note(function, stmt, &mut found));
        }
        Self { found }
    }

    /// What a loop over an expression gets, one after the other.
    pub(super) fn items<'s>(&'s self, function: usize, iter: &'s Expr) -> Option<Vec<Item<'s>>> {
        let (over, method) = match &iter.kind {
            ExprKind::Method { object, name, args, .. } if args.is_empty() => (&**object, name.as_str()),
            _ => (iter, ""),
        };
        let over = match &over.kind {
            ExprKind::Name { name } => (*self.found.get(&(function, name.clone()))?)?,
            _ => over,
        };
        match (&over.kind, method) {
            (ExprKind::Dict { items }, "items") => {
                Some(items.iter().map(|(key, value)| Item::Pair(key, value)).collect())
            }
            (ExprKind::Dict { items }, "values") => Some(items.iter().map(|(_, value)| Item::One(value)).collect()),
            (ExprKind::Dict { items }, "keys" | "") => Some(items.iter().map(|(key, _)| Item::One(key)).collect()),
            (ExprKind::List { elements } | ExprKind::Tuple { elements }, "") => {
                let starred = elements.iter().any(|element| matches!(element.kind, ExprKind::Starred { .. }));
                (!starred).then(|| elements.iter().map(Item::One).collect())
            }
            _ => None,
        }
    }
}

fn note<'a>(function: usize, stmt: &'a Stmt, found: &mut HashMap<(usize, String), Option<&'a Expr>>) {
    let laid_out = match &stmt.kind {
        StmtKind::Assign { targets, value } => match (&targets[..], &value.kind) {
            ([Target::Name { .. }], ExprKind::Dict { .. } | ExprKind::List { .. } | ExprKind::Tuple { .. }) => {
                Some(value)
            }
            _ => None,
        },
        _ => None,
    };
    for name in visit::written(stmt) {
        let known = found.entry((function, name));
        known.and_modify(|known| *known = None).or_insert(laid_out);
    }
}

/// The elements of a list or tuple that is written with so many of them.
pub(super) fn elements(expr: &Expr, count: usize) -> Option<&[Expr]> {
    match &expr.kind {
        ExprKind::List { elements } | ExprKind::Tuple { elements } if elements.len() == count => Some(elements),
        _ => None,
    }
}
