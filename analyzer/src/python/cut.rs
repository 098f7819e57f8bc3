//! Cuts a function down to what decides.
//!
//! *Before* the API call the program has shown nothing that depends on the answer: only values are kept, and a test of
//! something unknown (is there a file?) is taken to lead to the call, since otherwise there is no decision. *After* the
//! call everything stays that may depend on the answer; loops over unknown things run once, and a test of something
//! unknown that the answer has no part in is taken to hold, or not to where that tells more, which is reported.

use std::collections::BTreeSet;

use chameleon_decision::{Constant, Expr, ExprKind, Span, Stmt, StmtKind, Target, UnaryOp};

use super::entry::is_error_check;
use super::facts::{Fact, Facts};
use super::visit;
use crate::calls::{EXITS, READING_METHODS};

/// What the cut leads to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Focus {
    /// The API call at this place.
    Api(Span),
    /// A call of this function, which leads on.
    Call(usize),
    /// Nothing: the whole function is only there for the values it sets.
    Values,
}

/// Something that was assumed.
pub(super) struct Assumption {
    /// The test.
    pub(super) span: Span,
    /// Whether it is taken to hold.
    pub(super) holds: bool,
}

/// Cuts one function.
pub(super) struct Cut<'a> {
    /// Facts of the slice.
    pub(super) facts: &'a Facts<'a>,
    /// The function, for its variables' facts.
    pub(super) function: usize,
    /// Where it leads.
    pub(super) focus: Focus,
    /// Functions that lead to the API call.
    pub(super) chain: &'a [usize],
    /// Unknown tests that are taken not to hold.
    pub(super) failing: &'a BTreeSet<Span>,
    /// What was assumed on the way.
    pub(super) assumptions: Vec<Assumption>,
}

impl Cut<'_> {
    /// Cuts a block that holds the focus; without a focus in it, all of it comes after.
    pub(super) fn toward(&mut self, block: &[Stmt]) -> Vec<Stmt> {
        let Some(at) = block.iter().position(|stmt| self.holds(stmt)) else {
            return self.after(block, false);
        };
        let mut out = self.before(&block[..at]);
        out.extend(self.focus(&block[at]));
        out.extend(self.after(&block[at + 1..], false));
        out
    }

    fn is_focus(&self, expr: &Expr) -> bool {
        let mut found = false;
        visit::below(expr, &mut |expr| {
            found |= match (self.focus, &expr.kind) {
                (Focus::Api(span), ExprKind::ApiOutput { .. }) => expr.span == span,
                (Focus::Call(wanted), ExprKind::Call { function, .. }) => function.0 as usize == wanted,
                _ => false,
            };
        });
        found
    }

    fn holds_directly(&self, stmt: &Stmt) -> bool {
        let mut found = false;
        visit::own_exprs(stmt, &mut |expr| found |= self.is_focus(expr));
        found
    }

    fn holds(&self, stmt: &Stmt) -> bool {
        self.holds_directly(stmt) || visit::blocks(stmt).into_iter().any(|block| self.block_holds(block))
    }

    fn block_holds(&self, block: &[Stmt]) -> bool {
        block.iter().any(|stmt| self.holds(stmt))
    }

    /// The statement that holds the focus.
    fn focus(&mut self, stmt: &Stmt) -> Vec<Stmt> {
        let span = stmt.span;
        if self.holds_directly(stmt) {
            return match &stmt.kind {
                // A loop that asks the API each time is looked at once.
                StmtKind::While { test, body, .. } => {
                    let inner = self.after(body, true);
                    let body = vec![Self::once(span, None, inner)];
                    vec![Stmt { span, kind: StmtKind::If { test: test.clone(), body, orelse: Vec::new() } }]
                }
                _ => self.after_stmt(stmt, false),
            };
        }
        match &stmt.kind {
            StmtKind::If { body, orelse, .. } => {
                let branch = if self.block_holds(body) { body } else { orelse };
                self.toward(branch)
            }
            StmtKind::For { target, body, orelse, .. } if self.block_holds(body) => {
                let mut out = vec![];
                let inner = self.toward(body);
                out.push(Self::once(span, Some(target), inner));
                out.extend(self.after(orelse, false));
                out
            }
            StmtKind::While { body, .. } if self.block_holds(body) => {
                let inner = self.toward(body);
                vec![Self::once(span, None, inner)]
            }
            StmtKind::Try { body, handlers, orelse, finally } if self.block_holds(body) => {
                let body = self.toward(body);
                let handlers = handlers.iter().map(|(names, h)| (names.clone(), self.after(h, false))).collect();
                let (orelse, finally) = (self.after(orelse, false), self.after(finally, false));
                vec![Stmt { span, kind: StmtKind::Try { body, handlers, orelse, finally } }]
            }
            StmtKind::Try { body, handlers, orelse, finally } => {
                let mut out = self.before(body);
                let handlers = handlers.iter().map(|(_, handler)| handler);
                for block in [orelse, finally].into_iter().chain(handlers) {
                    if self.block_holds(block) {
                        out.extend(self.toward(block));
                        break;
                    }
                }
                out
            }
            _ => {
                visit::blocks(stmt).into_iter().find(|b| self.block_holds(b)).map_or_else(Vec::new, |b| self.toward(b))
            }
        }
    }

    /// A loop body run once with an unknown item, so that `break` and `continue` keep their meaning.
    fn once(span: Span, target: Option<&Target>, body: Vec<Stmt>) -> Stmt {
        let item = unknown(span, "an item of the loop");
        let iter = Expr { span, kind: ExprKind::List { elements: vec![item] } };
        let target = target.cloned().unwrap_or_else(|| Target::Name { name: "<loop>".to_owned() });
        // An unknown item cannot be taken apart; its parts are as unknown as itself.
        let (target, body) = match target {
            Target::Tuple { .. } | Target::Starred { .. } => {
                let mut names = Vec::new();
                visit::bound(&target, &mut |name| names.push(name.to_owned()));
                let mut whole = havoc(span, names);
                whole.extend(body);
                (Target::Name { name: "<loop>".to_owned() }, whole)
            }
            simple => (simple, body),
        };
        Stmt { span, kind: StmtKind::For { target, iter, body, orelse: Vec::new() } }
    }

    fn fact(&self, expr: &Expr) -> Fact {
        self.facts.expr(self.function, expr)
    }

    /// Statements that run before the focus: only the values they set matter.
    pub(super) fn before(&mut self, block: &[Stmt]) -> Vec<Stmt> {
        block.iter().flat_map(|stmt| self.before_stmt(stmt)).collect()
    }

    fn before_stmt(&mut self, stmt: &Stmt) -> Vec<Stmt> {
        let span = stmt.span;
        match &stmt.kind {
            StmtKind::Assign { value, .. } | StmtKind::AugAssign { value, .. } => {
                if self.fact(value).unknown || self.leads_on(value) || self.writes_unknown(stmt) {
                    havoc(span, visit::written(stmt))
                } else {
                    vec![muted(stmt)]
                }
            }
            StmtKind::Expr { value } => {
                let names = visit::written(stmt);
                if names.is_empty() {
                    return Vec::new();
                }
                if self.fact(value).unknown { havoc(span, names) } else { vec![muted(stmt)] }
            }
            StmtKind::If { test, body, orelse } if self.fact(test).unknown || self.leads_on(test) => {
                match (exits(body), exits(orelse)) {
                    (true, _) => self.before(orelse),
                    (_, true) => self.before(body),
                    _ => havoc(span, visit::written_in(std::slice::from_ref(stmt))),
                }
            }
            StmtKind::If { test, body, orelse } => {
                let (body, orelse) = (self.before(body), self.before(orelse));
                vec![Stmt { span, kind: StmtKind::If { test: test.clone(), body, orelse } }]
            }
            StmtKind::For { target, iter, body, orelse } if !self.fact(iter).unknown && !self.leads_on(iter) => {
                let (body, orelse) = (self.before(body), self.before(orelse));
                let (target, iter) = (target.clone(), iter.clone());
                vec![Stmt { span, kind: StmtKind::For { target, iter, body, orelse } }]
            }
            StmtKind::While { test, body, orelse } if !self.fact(test).unknown && !is_true(test) => {
                let (body, orelse) = (self.before(body), self.before(orelse));
                vec![Stmt { span, kind: StmtKind::While { test: test.clone(), body, orelse } }]
            }
            StmtKind::For { .. } | StmtKind::While { .. } => havoc(span, visit::written_in(std::slice::from_ref(stmt))),
            StmtKind::Try { body, orelse, finally, .. } => {
                let mut out = self.before(body);
                out.extend(self.before(orelse));
                out.extend(self.before(finally));
                out
            }
            _ => vec![stmt.clone()],
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

    /// Statements that run after the focus. `controlled`: whether they run depends on the answer.
    pub(super) fn after(&mut self, block: &[Stmt], controlled: bool) -> Vec<Stmt> {
        block.iter().flat_map(|stmt| self.after_stmt(stmt, controlled)).collect()
    }

    fn after_stmt(&mut self, stmt: &Stmt, controlled: bool) -> Vec<Stmt> {
        let span = stmt.span;
        match &stmt.kind {
            StmtKind::If { test, body, orelse } => self.after_if(stmt, test, body, orelse, controlled),
            StmtKind::For { target, iter, body, orelse } => {
                let fact = self.fact(iter);
                if fact.is_foreign() {
                    if !controlled && !self.matters(body) {
                        return havoc(span, visit::written_in(std::slice::from_ref(stmt)));
                    }
                    let inner = self.after(body, controlled);
                    let mut out = vec![Self::once(span, Some(target), inner)];
                    out.extend(self.after(orelse, controlled));
                    return out;
                }
                let controlled = controlled || fact.api;
                let (body, orelse) = (self.after(body, controlled), self.after(orelse, controlled));
                vec![Stmt { span, kind: StmtKind::For { target: target.clone(), iter: iter.clone(), body, orelse } }]
            }
            StmtKind::While { test, body, orelse } => {
                let fact = self.fact(test);
                let endless = is_true(test) && !leaves(body);
                if endless || fact.is_foreign() {
                    let inner = self.after(body, controlled);
                    return vec![Self::once(span, None, inner)];
                }
                let controlled = controlled || fact.api;
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
        let foreign = fact.is_foreign() || self.facts.is_surely_unknown(self.function, test);
        if !foreign {
            let inner = controlled || fact.api;
            let (body, orelse) = (self.after(body, inner), self.after(orelse, inner));
            return vec![Stmt { span, kind: StmtKind::If { test: test.clone(), body, orelse } }];
        }
        if !controlled {
            match (exits(body), exits(orelse)) {
                (true, false) => return self.after(orelse, controlled),
                (false, true) => return self.after(body, controlled),
                _ => {}
            }
            if !self.matters(body) && !self.matters(orelse) {
                return havoc(span, visit::written_in(std::slice::from_ref(stmt)));
            }
        }
        let holds = !self.failing.contains(&test.span);
        self.assumptions.push(Assumption { span: test.span, holds });
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

/// An unknown value.
pub(super) fn unknown(span: Span, text: &str) -> Expr {
    let reason = "it comes from outside the program".to_owned();
    Expr { span, kind: ExprKind::Opaque { text: text.to_owned(), call: false, args: Vec::new(), reason } }
}

/// How an unknown object is called.
fn described(object: &Expr) -> &str {
    match &object.kind {
        ExprKind::Opaque { text, .. } => text,
        _ => visit::root(object).map_or("...", shown),
    }
}

/// Makes variables unknown.
pub(super) fn havoc(span: Span, mut names: Vec<String>) -> Vec<Stmt> {
    names.sort();
    names.dedup();
    let assign = |name: String| {
        let value = unknown(span, shown(&name));
        Stmt { span, kind: StmtKind::Assign { targets: vec![Target::Name { name }], value } }
    };
    names.into_iter().map(assign).collect()
}

/// A variable's name without its module.
pub(super) fn shown(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, name)| name)
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

/// Whether a block never runs to its end.
fn exits(block: &[Stmt]) -> bool {
    block.iter().any(|stmt| match &stmt.kind {
        StmtKind::Return { .. } | StmtKind::Raise { .. } | StmtKind::Break | StmtKind::Continue => true,
        StmtKind::If { body, orelse, .. } => exits(body) && exits(orelse),
        StmtKind::Expr { value } => {
            matches!(&value.kind, ExprKind::Opaque { text, .. } if EXITS.contains(&text.as_str()))
        }
        _ => false,
    })
}

/// Whether a loop body can leave its loop.
fn leaves(block: &[Stmt]) -> bool {
    let mut found = false;
    visit::stmts(block, &mut |stmt| {
        found |= matches!(stmt.kind, StmtKind::Break | StmtKind::Return { .. } | StmtKind::Raise { .. });
    });
    found
}

fn is_true(test: &Expr) -> bool {
    matches!(&test.kind, ExprKind::Constant { value: Constant::Bool(true) | Constant::Int(1) })
}
