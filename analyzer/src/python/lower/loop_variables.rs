//! Variables of several loops, each its own.
//!
//! `for text in first: ...` and then `for text in second: ...` use one name for two things. Facts are of a variable at all
//! times: what is known of the one would be said of the other, too.

use std::collections::BTreeMap;

use chameleon_decision::{ExprKind, Function, Stmt, StmtKind, Target};

use crate::python::visit;

/// Stands before the number of the loop in the name of its variable.
pub(in crate::python) const NUMBER: char = '\'';

/// Gives the variables of all loops but the first names of their own, where only loops bind a name, none of them in
/// another, and nothing reads it outside of them.
pub(super) fn set_apart(function: &mut Function) {
    let mut uses = Uses::default();
    uses.read(&function.body, &mut Vec::new());
    let names = uses.of.into_iter().filter(|(name, of)| of.loops > 1 && !of.elsewhere && !name.contains(':'));
    let mut loops: BTreeMap<String, usize> = names.map(|(name, _)| (name, 0)).collect();
    for parameter in &function.parameters {
        loops.remove(parameter.name.trim_start_matches('*'));
    }
    if !loops.is_empty() {
        rename(&mut function.body, &mut loops);
    }
}

/// How a name is used.
#[derive(Default)]
struct Use {
    /// Loops that bind it.
    loops: usize,
    /// It is bound by something else, by a loop within one that binds it, or read where none does.
    elsewhere: bool,
}

#[derive(Default)]
struct Uses {
    of: BTreeMap<String, Use>,
}

impl Uses {
    /// Reads a block within loops that bind these names.
    fn read(&mut self, block: &[Stmt], within: &mut Vec<String>) {
        for stmt in block {
            visit::own_exprs(stmt, &mut |expr| {
                visit::below(expr, &mut |expr| match &expr.kind {
                    ExprKind::Name { name } if !within.contains(name) => self.spoil(name),
                    ExprKind::Walrus { name, .. } => self.spoil(name),
                    ExprKind::Lambda { parameters, body } => {
                        for parameter in parameters {
                            self.spoil(parameter.name.trim_start_matches('*'));
                        }
                        // Called later, it reads what the name stands for then.
                        visit::below(body, &mut |expr| {
                            if let ExprKind::Name { name } = &expr.kind {
                                self.spoil(name);
                            }
                        });
                    }
                    ExprKind::Comprehension { inner } => {
                        let targets = inner.clauses.iter().map(|(target, ..)| target);
                        targets.for_each(|target| visit::bound(target, &mut |name| self.spoil(name)));
                    }
                    _ => {}
                });
            });
            let around = within.len();
            match &stmt.kind {
                StmtKind::For { target, .. } => visit::bound(target, &mut |name| {
                    let of = self.of.entry(name.to_owned()).or_default();
                    of.loops += 1;
                    of.elsewhere |= within.iter().any(|known| known == name);
                    within.push(name.to_owned());
                }),
                _ => visit::bound_in(std::slice::from_ref(stmt)).iter().for_each(|name| {
                    // What is bound in the blocks below is seen there.
                    if stmt.blocks().is_empty() {
                        self.spoil(name);
                    }
                }),
            }
            stmt.blocks().into_iter().for_each(|inner| self.read(inner, within));
            within.truncate(around);
        }
    }

    fn spoil(&mut self, name: &str) {
        self.of.entry(name.to_owned()).or_default().elsewhere = true;
    }
}

/// Renames what loops after the first bind.
fn rename(block: &mut [Stmt], loops: &mut BTreeMap<String, usize>) {
    for stmt in block {
        if let StmtKind::For { target, body, orelse, .. } = &mut stmt.kind {
            let mut bound = Vec::new();
            visit::bound(target, &mut |name| bound.push(name.to_owned()));
            for name in bound {
                let Some(number) = loops.get_mut(&name) else { continue };
                *number += 1;
                if *number > 1 {
                    let own = format!("{name}{NUMBER}{number}");
                    rename_target(target, &name, &own);
                    let mut each = |expr: &mut chameleon_decision::Expr| match &mut expr.kind {
                        ExprKind::Name { name: read } if *read == name => read.clone_from(&own),
                        _ => {}
                    };
                    visit::map_exprs(body, &mut each);
                    visit::map_exprs(orelse, &mut each);
                }
            }
        }
        for inner in visit::blocks_mut(stmt) {
            rename(inner, loops);
        }
    }
}

fn rename_target(target: &mut Target, name: &str, own: &str) {
    match target {
        Target::Name { name: bound } if bound == name => own.clone_into(bound),
        Target::Tuple { elements } => elements.iter_mut().for_each(|element| rename_target(element, name, own)),
        Target::Starred { inner } => rename_target(inner, name, own),
        Target::Name { .. } | Target::Attribute { .. } | Target::Subscript { .. } => {}
    }
}
