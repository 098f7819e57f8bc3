//! What runs after the API call: everything stays that may depend on the answer.

use chameleon_decision::{Expr, ExprKind, Span, Stmt, StmtKind, Target, UnaryOp};

use super::{Cut, exits, is_true, once, shown, unknown};
use crate::calls::READING_METHODS;
use crate::python::entry::is_error_check;
use crate::python::visit;

impl Cut<'_> {
    /// Statements that run after the focus. `controlled`: whether they run depends on the answer.
    pub(super) fn after(&mut self, block: &[Stmt], controlled: bool) -> Vec<Stmt> {
        block.iter().flat_map(|stmt| self.after_stmt(stmt, controlled)).collect()
    }

    pub(super) fn after_stmt(&mut self, stmt: &Stmt, controlled: bool) -> Vec<Stmt> {
        let span = stmt.span;
        match &stmt.kind {
            StmtKind::If { test, body, orelse } => self.after_if(stmt, test, body, orelse, controlled),
            StmtKind::For { target, iter, body, orelse } => {
                let fact = self.fact(iter);
                let controlled = controlled || fact.api;
                if self.is_outside(iter) {
                    return self.after_outside_for(stmt, target, iter.span, [body, orelse], controlled);
                }
                let (body, orelse) = (self.after(body, controlled), self.after(orelse, controlled));
                vec![Stmt { span, kind: StmtKind::For { target: target.clone(), iter: iter.clone(), body, orelse } }]
            }
            StmtKind::While { test, body, orelse } => {
                let fact = self.fact(test);
                if is_true(test) && !leaves(body) {
                    let inner = self.after(body, controlled);
                    return vec![once(span, None, inner)];
                }
                let controlled = controlled || fact.api;
                if self.is_outside(test) {
                    if self.ways.get(&test.span) == Some(&false) {
                        self.assume(test.span, false, true);
                        return self.after(orelse, controlled);
                    }
                    self.open.push(test.span);
                    let inner = self.after(body, controlled);
                    return vec![once(span, None, inner)];
                }
                let (body, orelse) = (self.after(body, controlled), self.after(orelse, controlled));
                vec![Stmt { span, kind: StmtKind::While { test: test.clone(), body, orelse } }]
            }
            StmtKind::Try { body, handlers, orelse, finally } => {
                let body = self.after(body, controlled);
                let handlers = handlers.iter().map(|(names, h)| (names.clone(), self.after(h, controlled))).collect();
                let (orelse, finally) = (self.after(orelse, controlled), self.after(finally, controlled));
                vec![Stmt { span, kind: StmtKind::Try { body, handlers, orelse, finally } }]
            }
            _ => vec![self.quieted(stmt)],
        }
    }

    /// Whether an expression is something outside that the answer has no part in as data.
    fn is_outside(&self, expr: &Expr) -> bool {
        self.fact(expr).is_foreign() || self.facts.is_surely_unknown(self.function, expr)
    }

    /// A loop over something outside is looked at once, or not at all.
    fn after_outside_for(
        &mut self,
        stmt: &Stmt,
        target: &Target,
        iter: Span,
        [body, orelse]: [&Vec<Stmt>; 2],
        controlled: bool,
    ) -> Vec<Stmt> {
        if self.ways.get(&iter) == Some(&false) {
            self.assume(iter, false, true);
            return self.after(orelse, controlled);
        }
        if !controlled && !self.matters(body) {
            return self.give_up(iter, stmt);
        }
        self.open.push(iter);
        let inner = self.after(body, controlled);
        let mut out = vec![once(stmt.span, Some(target), inner)];
        out.extend(self.after(orelse, controlled));
        out
    }

    /// A statement in which reading something unknown shows nothing.
    fn quieted(&self, stmt: &Stmt) -> Stmt {
        let mut stmt = stmt.clone();
        visit::own_exprs_mut(&mut stmt, &mut |expr| {
            visit::map_expr(expr, &mut |expr| {
                if let ExprKind::Method { object, name, .. } = &expr.kind
                    && READING_METHODS.contains(&name.as_str())
                    && self.fact(object).is_foreign()
                {
                    *expr = unknown(expr.span, &format!("{}.{name}(...)", described(object)));
                }
            });
        });
        stmt
    }

    fn after_if(&mut self, stmt: &Stmt, test: &Expr, body: &[Stmt], orelse: &[Stmt], controlled: bool) -> Vec<Stmt> {
        let span = stmt.span;
        let fact = self.fact(test);
        if fact.api && is_error_check(test) {
            // A decision is about an answer; that there is none is the API's business.
            let negated = matches!(&test.kind, ExprKind::Unary { op: UnaryOp::Not, .. });
            return self.after(if negated { body } else { orelse }, controlled);
        }
        if !self.is_outside(test) {
            let inner = controlled || fact.api;
            let (body, orelse) = (self.after(body, inner), self.after(orelse, inner));
            return vec![Stmt { span, kind: StmtKind::If { test: test.clone(), body, orelse } }];
        }
        let way = self.ways.get(&test.span).copied();
        if !controlled {
            match (exits(body), exits(orelse)) {
                (true, false) => return self.after(orelse, controlled),
                (false, true) => return self.after(body, controlled),
                _ => {}
            }
            if way.is_none() && !self.matters(body) && !self.matters(orelse) {
                return self.give_up(test.span, stmt);
            }
        }
        let holds = way.unwrap_or(true);
        self.assume(test.span, holds, false);
        self.after(if holds { body } else { orelse }, controlled)
    }

    /// Whether a block uses the answer, or ends something.
    fn matters(&self, block: &[Stmt]) -> bool {
        let mut found = false;
        visit::stmts(block, &mut |stmt| {
            found |= matches!(
                stmt.kind,
                StmtKind::Return { .. } | StmtKind::Raise { .. } | StmtKind::Break | StmtKind::Continue
            );
        });
        visit::exprs(block, &mut |expr| found |= self.fact(expr).api);
        found
    }
}

/// How an unknown object is called.
fn described(object: &Expr) -> &str {
    match &object.kind {
        ExprKind::Opaque { text, .. } => text,
        _ => visit::root(object).map_or("...", shown),
    }
}

/// Whether a loop body can leave its loop.
fn leaves(block: &[Stmt]) -> bool {
    let mut found = false;
    visit::stmts(block, &mut |stmt| {
        found |= matches!(stmt.kind, StmtKind::Break | StmtKind::Return { .. } | StmtKind::Raise { .. });
    });
    found
}
