//! Cuts a function down to what decides.
//!
//! *Before* the API call the program has shown nothing that depends on the answer: only values are kept, and a test of
//! something unknown (is there a file?) is taken to lead to the call, since otherwise there is no decision. *After* the
//! call everything stays that may depend on the answer; loops over unknown things run once, and a test of something
//! unknown that the answer has no part in is taken to hold, or not to where that tells more, which is reported.

mod after;
mod before;
mod rounds;

use std::collections::BTreeMap;

use chameleon_decision::{Constant, Expr, ExprKind, Span, Stmt, StmtKind, Target};

use super::entry::CallGraph;
use super::facts::{Fact, Facts};
use super::lower::NUMBER;
use super::{several, visit};
use crate::calls::EXITS;

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

/// Which way tests of unknown things go, by the place of the test: `true` holds. A loop over unknown things runs once
/// or not at all.
pub(super) type Ways = BTreeMap<Span, bool>;

/// Something that was assumed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Assumption {
    /// The test, or what a loop runs over.
    pub(super) span: Span,
    /// Whether it is taken to hold.
    pub(super) holds: bool,
    /// It is a loop.
    pub(super) is_loop: bool,
    /// Data of the answer is in it: something outside is asked about what the API saw.
    pub(super) of_answer: bool,
}

/// An unknown test about which something could be assumed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    /// The test, or what a loop runs over.
    pub(super) span: Span,
    /// The way in which it has no say.
    pub(super) idle: bool,
    /// Data of the answer is in it, too, beside other tests that it is joined with.
    pub(super) mixed: bool,
}

/// Cuts one function.
pub(super) struct Cut<'a> {
    /// Facts of the slice.
    pub(super) facts: &'a Facts<'a>,
    /// Who calls whom.
    pub(super) graph: &'a CallGraph,
    /// The function, for its variables' facts.
    pub(super) function: usize,
    /// Where it leads.
    pub(super) focus: Focus,
    /// Functions that lead to the API call.
    pub(super) chain: &'a [usize],
    /// Unknown tests whose way is given.
    pub(super) ways: &'a Ways,
    /// In a loop over things outside, in a function that is called for its value.
    pub(super) searches: bool,
    /// What loops that hold the focus run over.
    pub(super) each: Vec<ExprKind>,
    /// What was assumed on the way.
    pub(super) assumptions: Vec<Assumption>,
    /// Unknown tests about which nothing was assumed, so that what they set became unknown.
    pub(super) open: Vec<Open>,
    /// Tests of what something outside says in some calls, and the program itself in others.
    pub(super) partly: Vec<Span>,
    /// Tests of something outside after the answer, which return at once where they hold, or do not: taken not to.
    pub(super) passed: Vec<Span>,
    /// Tests of what a loop that asks the API keeps from one round to the next.
    pub(super) kept: Vec<Span>,
}

impl Cut<'_> {
    /// Cuts a block that holds the focus; without a focus in it, all of it comes after.
    pub(super) fn toward(&mut self, block: &[Stmt]) -> Vec<Stmt> {
        let Some(at) = block.iter().position(|stmt| self.holds(stmt)) else {
            return self.after(block, false);
        };
        let mut out: Vec<Stmt> = block[..at].iter().flat_map(|stmt| self.before_focus(stmt)).collect();
        out.extend(self.focus(&block[at]));
        if !is_endless(&block[at]) {
            out.extend(self.after(&block[at + 1..], false));
        }
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
        self.holds_directly(stmt) || stmt.blocks().into_iter().any(|block| self.block_holds(block))
    }

    pub(super) fn block_holds(&self, block: &[Stmt]) -> bool {
        block.iter().any(|stmt| self.holds(stmt))
    }

    /// The statement that holds the focus.
    fn focus(&mut self, stmt: &Stmt) -> Vec<Stmt> {
        let span = stmt.span;
        if self.holds_directly(stmt) {
            // A loop that asks the API each time is looked at once.
            if let StmtKind::While { test, body, .. } = &stmt.kind {
                let inner = self.after(body, true);
                let body = vec![once(span, None, inner)];
                return vec![Stmt { span, kind: StmtKind::If { test: test.clone(), body, orelse: Vec::new() } }];
            }
            let stmt = self.asking_once(stmt);
            return self.after_stmt(&stmt, false);
        }
        match &stmt.kind {
            StmtKind::If { test, body, orelse } => {
                let leads = self.block_holds(body);
                if !self.is_answered(test) {
                    return self.toward(if leads { body } else { orelse });
                }
                // Where another API answers otherwise, the call is not made.
                let (body, orelse) = if leads {
                    (self.toward(body), self.after(orelse, true))
                } else {
                    (self.after(body, true), self.toward(orelse))
                };
                vec![Stmt { span, kind: StmtKind::If { test: test.clone(), body, orelse } }]
            }
            StmtKind::For { target, iter, body, orelse } if self.block_holds(body) => {
                // How many another API found is its own matter.
                if !self.fact(iter).other {
                    several::run_over(iter, &mut self.each);
                }
                let inner = self.toward(body);
                let mut out = vec![once(span, Some(target), inner)];
                out.extend(self.after(orelse, false));
                out
            }
            StmtKind::While { body, .. } if self.block_holds(body) => {
                self.kept.extend(self.kept(body));
                let inner = self.toward(body);
                vec![once(span, None, inner)]
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
            _ => stmt.blocks().into_iter().find(|b| self.block_holds(b)).map_or_else(Vec::new, |b| self.toward(b)),
        }
    }

    /// A statement in which a comprehension that asks the API anew for each item is looked at for one of them.
    fn asking_once(&mut self, stmt: &Stmt) -> Stmt {
        let mut each = Vec::new();
        let stmt = self.with_asking_once(stmt, &mut each);
        self.each.extend(each);
        stmt
    }

    fn with_asking_once(&self, stmt: &Stmt, each: &mut Vec<ExprKind>) -> Stmt {
        let mut stmt = stmt.clone();
        visit::own_exprs_mut(&mut stmt, &mut |expr| {
            visit::map_expr(expr, &mut |expr| {
                let ExprKind::Comprehension { inner } = &mut expr.kind else { return };
                let Some((target, iter, _)) = inner.clauses.first() else { return };
                let fact = self.fact(iter);
                let mut names = Vec::new();
                visit::bound(target, &mut |name| names.push(name.to_owned()));
                let mut made = std::iter::once(&inner.element).chain(&inner.value);
                if !fact.api && !fact.other && made.any(|part| self.asks_about(part, &names)) {
                    several::run_over(iter, each);
                    inner.clauses[0].1 = unknown(iter.span, "what is gone through");
                }
            });
        });
        stmt
    }

    /// Whether the function that leads on is called for one of these variables.
    fn asks_about(&self, expr: &Expr, names: &[String]) -> bool {
        let Focus::Call(wanted) = self.focus else { return false };
        let mut found = false;
        visit::below(expr, &mut |part| {
            let ExprKind::Call { function, args, keywords } = &part.kind else { return };
            if function.0 as usize == wanted {
                let given = args.iter().chain(keywords.iter().map(|keyword| &keyword.value));
                given.for_each(|arg| {
                    visit::below(arg, &mut |part| {
                        found |= matches!(&part.kind, ExprKind::Name { name } if names.contains(name));
                    });
                });
            }
        });
        found
    }

    /// Whether it is known where the answer of another API is.
    fn is_answered(&self, expr: &Expr) -> bool {
        let fact = self.fact(expr);
        fact.other && !fact.unknown && !fact.api
    }

    fn fact(&self, expr: &Expr) -> Fact {
        self.facts.expr(self.function, expr)
    }

    /// Makes unknown whatever a statement sets, and notes that nothing was assumed about its test.
    fn give_up(&mut self, test: Span, stmt: &Stmt) -> Vec<Stmt> {
        let names = visit::written_in(std::slice::from_ref(stmt));
        if !names.is_empty() {
            self.open.push(Open { span: test, idle: false, mixed: false });
        }
        havoc(stmt.span, names)
    }

    fn assume(&mut self, expr: &Expr, holds: bool, is_loop: bool) {
        let mut of_answer = false;
        visit::below(expr, &mut |part| of_answer |= self.fact(part).data);
        self.assumptions.push(Assumption { span: expr.span, holds, is_loop, of_answer });
    }
}

/// A loop body run once with an unknown item, so that `break` and `continue` keep their meaning.
fn once(span: Span, target: Option<&Target>, body: Vec<Stmt>) -> Stmt {
    let item = match target {
        Some(Target::Name { name }) => unknown(span, shown(name)),
        _ => unknown(span, "an item of the loop"),
    };
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

/// An unknown value.
pub(super) fn unknown(span: Span, text: &str) -> Expr {
    let reason = "it comes from outside the program".to_owned();
    Expr {
        span,
        kind: ExprKind::Opaque { text: text.to_owned(), call: false, args: Vec::new(), names: Vec::new(), reason },
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

/// A variable's name without its module, or the number of its loop.
pub(super) fn shown(name: &str) -> &str {
    match name.split_once(':') {
        Some((_, name)) => name,
        None => name.split(NUMBER).next().unwrap_or(name),
    }
}

/// Whether a block never runs to its end.
pub(super) fn exits(block: &[Stmt]) -> bool {
    block.iter().any(|stmt| match &stmt.kind {
        StmtKind::Return { .. } | StmtKind::Raise { .. } | StmtKind::Break | StmtKind::Continue => true,
        StmtKind::If { body, orelse, .. } => exits(body) && exits(orelse),
        StmtKind::Expr { value } => {
            matches!(&value.kind, ExprKind::Opaque { text, .. } if EXITS.contains(&text.as_str()))
        }
        _ => false,
    })
}

/// Whether nothing that stands after a statement is ever reached: a loop that nothing ends but a way out of its function.
fn is_endless(stmt: &Stmt) -> bool {
    fn breaks(block: &[Stmt]) -> bool {
        block.iter().any(|stmt| match &stmt.kind {
            StmtKind::Break => true,
            // What breaks in a loop within it ends that one.
            StmtKind::For { orelse, .. } | StmtKind::While { orelse, .. } => breaks(orelse),
            _ => stmt.blocks().into_iter().any(|block| breaks(block)),
        })
    }
    matches!(&stmt.kind, StmtKind::While { test, body, .. } if is_true(test) && !breaks(body))
}

fn is_true(test: &Expr) -> bool {
    matches!(&test.kind, ExprKind::Constant { value: Constant::Bool(true) | Constant::Int(1) })
}
