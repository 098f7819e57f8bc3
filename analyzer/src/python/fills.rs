//! What functions put into what they are given: `def note(result, image): result["labels"] = ...` changes its caller's
//! dictionary, `super().__init__(words)` the object that is made.

use std::collections::{BTreeSet, HashMap};

use chameleon_decision::{Expr, ExprKind, Function};

use super::lower::Lowered;
use super::visit;

/// The places of parameters whose contents a function changes, itself or through what it calls, by function.
pub(super) fn filled(lowered: &Lowered) -> Vec<BTreeSet<usize>> {
    let functions = lowered.functions.as_slice();
    let mut filled = vec![BTreeSet::new(); functions.len()];
    for (at, function) in functions.iter().enumerate() {
        let changed = visit::changed_in(&function.body);
        filled[at]
            .extend(own_parameters(function).into_iter().filter(|(name, _)| changed.contains(name)).map(|own| own.1));
    }
    let mut grown = true;
    while grown {
        grown = false;
        for (at, function) in functions.iter().enumerate() {
            let own = own_parameters(function);
            let mut more = Vec::new();
            visit::exprs(&function.body, &mut |expr| {
                more.extend(filled_by(lowered, &filled, expr).into_iter().filter_map(|name| own.get(name).copied()));
            });
            for place in more {
                grown |= filled[at].insert(place);
            }
        }
    }
    filled
}

/// Parameters that are what a caller gave wherever the function reads them, with their places.
fn own_parameters(function: &Function) -> HashMap<&str, usize> {
    let bound = visit::bound_in(&function.body);
    let names = function.parameters.iter().enumerate().map(|(place, parameter)| (parameter.name.as_str(), place));
    names.filter(|(name, _)| !name.starts_with('*') && bound.iter().all(|other| other != name)).collect()
}

/// Variables whose contents a call changes, by what it hands on.
pub(super) fn filled_by<'e>(lowered: &Lowered, filled: &[BTreeSet<usize>], expr: &'e Expr) -> Vec<&'e str> {
    let mut names = Vec::new();
    for (callee, args) in handed(lowered, expr) {
        let places = filled.get(callee).into_iter().flatten();
        names.extend(places.filter_map(|place| visit::root(args.get(*place)?)));
    }
    names
}

/// The functions that an expression may call, each with its arguments by place.
pub(super) fn handed<'e>(lowered: &Lowered, expr: &'e Expr) -> Vec<(usize, Vec<&'e Expr>)> {
    match &expr.kind {
        ExprKind::Call { function, args, .. } => vec![(function.0 as usize, args.iter().collect())],
        ExprKind::Method { object, args, .. } => {
            let args: Vec<&Expr> = std::iter::once(&**object).chain(args).collect();
            lowered.methods_of(expr).iter().map(|method| (*method, args.clone())).collect()
        }
        _ => Vec::new(),
    }
}
