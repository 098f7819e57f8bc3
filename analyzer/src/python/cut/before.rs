//! What runs before the API call: only the values it sets matter.

use std::collections::BTreeSet;

use chameleon_decision::{Expr, ExprKind, PREPARING, Stmt, StmtKind, Target};

use super::after::described;
use super::{Cut, exits, havoc, is_true, unknown};
use crate::python::lower::RECORD;
use crate::python::{fills, visit};

impl Cut<'_> {
    /// Statements that run before the focus: only the values they set matter.
    pub(in crate::python) fn before(&mut self, block: &[Stmt]) -> Vec<Stmt> {
        block.iter().flat_map(|stmt| self.before_stmt(stmt)).collect()
    }

    /// A statement that runs before the focus in the same block. Where it would leave the block the focus is not reached,
    /// as with a setting by which nobody asks the API: what is decided is what it does otherwise.
    pub(in crate::python) fn before_focus(&mut self, stmt: &Stmt) -> Vec<Stmt> {
        match &stmt.kind {
            StmtKind::If { test, body, orelse } if exits(body) && !self.fact(test).other => {
                let span = test.span;
                let mut out = self.before_stmt(&Stmt { span, kind: StmtKind::Expr { value: test.clone() } });
                out.extend(orelse.iter().flat_map(|stmt| self.before_focus(stmt)));
                out
            }
            _ => self.before_stmt(stmt),
        }
    }

    fn before_stmt(&mut self, stmt: &Stmt) -> Vec<Stmt> {
        let span = stmt.span;
        match &stmt.kind {
            StmtKind::Assign { value, .. } | StmtKind::AugAssign { value, .. } => {
                if let Some(known) = self.known_in(stmt) {
                    vec![muted(&known)]
                } else if self.fact(value).unknown || self.leads_on(value) || self.writes_unknown(stmt) {
                    let mut out = self.prepared(value);
                    out.extend(havoc(span, visit::written(stmt)));
                    out
                } else {
                    vec![muted(stmt)]
                }
            }
            StmtKind::Expr { value } => {
                let names = visit::written(stmt);
                if names.is_empty() {
                    return self.prepared(value);
                }
                let reorders = matches!(&value.kind, ExprKind::Opaque { text, .. } if visit::reorders(text));
                // The list keeps its items, in an order that the interpreter does not know.
                if self.fact(value).unknown && !reorders { havoc(span, names) } else { vec![muted(stmt)] }
            }
            StmtKind::If { test, body, orelse } if self.is_closed(test) => {
                let mut out = self.prepared(test);
                out.extend(self.before_unknown(stmt, test, body, orelse));
                out
            }
            StmtKind::If { test, body, orelse } => {
                let (body, orelse) = (self.before(body), self.before(orelse));
                vec![Stmt { span, kind: StmtKind::If { test: test.clone(), body, orelse } }]
            }
            StmtKind::For { target, iter, body, orelse } if !self.is_closed(iter) => {
                let (body, orelse) = (self.before(body), self.before(orelse));
                let (target, iter) = (target.clone(), iter.clone());
                vec![Stmt { span, kind: StmtKind::For { target, iter, body, orelse } }]
            }
            StmtKind::While { test, body, orelse } if !self.fact(test).unknown && !is_true(test) => {
                let (body, orelse) = (self.before(body), self.before(orelse));
                vec![Stmt { span, kind: StmtKind::While { test: test.clone(), body, orelse } }]
            }
            StmtKind::For { iter: test, orelse, .. } | StmtKind::While { test, orelse, .. } => {
                if self.ways.get(&test.span) == Some(&false) {
                    self.assume(test, false, true);
                    return self.before(orelse);
                }
                self.give_up(test.span, stmt)
            }
            // What is kept from before is given, if it is there: that the call is reached means that it was not.
            StmtKind::Try { body, handlers, finally, .. } if exits(body) && handlers.iter().any(|(_, h)| !exits(h)) => {
                let handler = handlers.iter().find(|(_, handler)| !exits(handler)).map_or(&[][..], |(_, h)| h);
                if body.iter().any(|stmt| matches!(stmt.kind, StmtKind::Return { .. })) {
                    self.passed.push(stmt.span);
                }
                let mut out = self.before(handler);
                out.extend(self.before(finally));
                out
            }
            StmtKind::Try { body, orelse, finally, .. } => {
                let mut out = self.before(body);
                out.extend(self.before(orelse));
                out.extend(self.before(finally));
                out
            }
            _ => vec![stmt.clone()],
        }
    }

    /// What runs of an expression whose own value is not to be had or not asked for: calls of functions that set shared
    /// variables. An object is made, words are loaded.
    pub(in crate::python) fn prepared(&self, expr: &Expr) -> Vec<Stmt> {
        let (mut callees, mut setting) = (Vec::new(), Vec::new());
        visit::below(expr, &mut |part| {
            if let ExprKind::Call { function, args, keywords } = &part.kind {
                let args = args.iter().chain(keywords.iter().map(|keyword| &keyword.value));
                let mut facts = args.map(|arg| self.fact(arg));
                // What is added to a list, for something unknown or seen before, is about another turn or another answer.
                if self.graph.binds(function.0 as usize) || !facts.any(|fact| fact.unknown || fact.data) {
                    setting.push(function.0 as usize);
                }
                callees.push(function.0 as usize);
            }
        });
        let mut set: BTreeSet<&str> =
            setting.iter().flat_map(|callee| self.graph.changed_by(*callee)).map(String::as_str).collect();
        visit::below(expr, &mut |part| set.extend(self.filled_by(part)));
        if set.is_empty() || self.graph.reachable(callees).iter().any(|reached| self.chain.contains(reached)) {
            return Vec::new();
        }
        let span = expr.span;
        let run = Expr {
            span,
            kind: ExprKind::Builtin { name: PREPARING.to_owned(), args: vec![expr.clone()], keywords: Vec::new() },
        };
        let run = muted(&Stmt { span, kind: StmtKind::Expr { value: run } });
        // Where it cannot be followed to its end, what it sets is not known.
        let handlers = vec![(Vec::new(), havoc(span, set.into_iter().map(str::to_owned).collect()))];
        vec![Stmt { span, kind: StmtKind::Try { body: vec![run], handlers, orelse: Vec::new(), finally: Vec::new() } }]
    }

    /// Variables into which a call puts something: an object that is made further, or what is not about another answer.
    fn filled_by<'e>(&self, call: &'e Expr) -> Vec<&'e str> {
        let lowered = self.facts.lowered();
        let filled = fills::filled_by(lowered, &lowered.filled, call);
        if filled.is_empty() {
            return filled;
        }
        let is_of_object = fills::handed(lowered, call).iter().any(|(callee, _)| lowered.is_method(*callee));
        let mut is_about_another = false;
        visit::parts(call, &mut |part| {
            let fact = self.fact(part);
            is_about_another |= fact.unknown || fact.data;
        });
        if is_of_object || !is_about_another { filled } else { Vec::new() }
    }

    /// A variable that gets a dictionary or an object under names that the program wrote, where only some of what is in it
    /// is unknown.
    fn known_in(&self, stmt: &Stmt) -> Option<Stmt> {
        let mut known = stmt.clone();
        let StmtKind::Assign { targets, value } = &mut known.kind else { return None };
        let is_name = |target: &Target| matches!(target, Target::Name { .. });
        if !targets.iter().all(is_name) || self.leads_on(value) || !self.fact(value).unknown {
            return None;
        }
        self.know_parts(value).then_some(known)
    }

    /// Makes those parts of a display unknown that something outside has a part in; whether there are any others.
    fn know_parts(&self, value: &mut Expr) -> bool {
        let mut parts: Vec<&mut Expr> = match &mut value.kind {
            ExprKind::Dict { items } => {
                if !items.iter().all(|(key, _)| matches!(key.kind, ExprKind::Constant { .. })) {
                    return false;
                }
                items.iter_mut().map(|(_, value)| value).collect()
            }
            // Rows of a table, each of which begins with what the program wrote.
            ExprKind::List { elements } | ExprKind::Tuple { elements } if elements.iter().all(is_row) => {
                return elements.iter_mut().all(|row| self.know_row(row));
            }
            ExprKind::Builtin { name, keywords, .. } if name == RECORD => {
                keywords.iter_mut().map(|keyword| &mut keyword.value).collect()
            }
            _ => return false,
        };
        for part in &mut parts {
            if self.fact(part).unknown {
                **part = unknown(part.span, described(part));
            }
        }
        true
    }

    fn know_row(&self, row: &mut Expr) -> bool {
        match &mut row.kind {
            ExprKind::List { elements } | ExprKind::Tuple { elements } => {
                for part in elements.iter_mut().filter(|part| self.fact(part).unknown) {
                    *part = unknown(part.span, described(part));
                }
                true
            }
            _ => self.know_parts(row),
        }
    }

    /// Whether the value of an expression cannot be had before the call.
    fn is_closed(&self, expr: &Expr) -> bool {
        self.fact(expr).unknown || self.leads_on(expr)
    }

    fn before_unknown(&mut self, stmt: &Stmt, test: &Expr, body: &[Stmt], orelse: &[Stmt]) -> Vec<Stmt> {
        match (exits(body), exits(orelse)) {
            (true, _) => return self.before(orelse),
            (_, true) => return self.before(body),
            _ => {}
        }
        match self.ways.get(&test.span) {
            Some(&holds) => {
                self.assume(test, holds, false);
                self.before(if holds { body } else { orelse })
            }
            None => self.give_up(test.span, stmt),
        }
    }

    /// Whether an expression calls a function that leads to the API call: not to be run for its value.
    fn leads_on(&self, expr: &Expr) -> bool {
        let mut found = false;
        visit::below(expr, &mut |expr| {
            found |=
                matches!(&expr.kind, ExprKind::Call { function, .. } if self.chain.contains(&(function.0 as usize)));
        });
        found
    }

    /// Whether a statement changes a part of something unknown, or at an unknown place.
    fn writes_unknown(&self, stmt: &Stmt) -> bool {
        let StmtKind::Assign { targets, .. } = &stmt.kind else { return false };
        targets.iter().any(|target| match target {
            Target::Attribute { object, .. } => self.fact(object).unknown,
            Target::Subscript { object, index } => self.fact(object).unknown || self.fact(index).unknown,
            _ => false,
        })
    }
}

/// Whether a display is a row of a table: a dictionary, or a tuple or list with something that the program wrote.
fn is_row(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Dict { items } => !items.is_empty(),
        ExprKind::List { elements } | ExprKind::Tuple { elements } => {
            elements.iter().any(|element| matches!(element.kind, ExprKind::Constant { .. }))
                && !elements.iter().any(|element| matches!(element.kind, ExprKind::Starred { .. }))
        }
        _ => false,
    }
}

/// A statement whose calls of the outside show nothing.
fn muted(stmt: &Stmt) -> Stmt {
    let mut stmt = stmt.clone();
    visit::own_exprs_mut(&mut stmt, &mut |expr| {
        visit::map_expr(expr, &mut |expr| {
            if let ExprKind::Opaque { call, .. } = &mut expr.kind {
                *call = false;
            }
        });
    });
    stmt
}
