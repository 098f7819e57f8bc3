//! Ends a function where things outside begin to decide.
//!
//! An application may mix what it made of the answer with what it knows from elsewhere: the warmth of the clothes it saw
//! with the weather report. What it made of the answer until then is a decision all the same: the values that hang on
//! the answer and are used further on are shown as the outcome, and the function ends there.

use std::collections::BTreeSet;

use chameleon_decision::{Expr, ExprKind, Function, Span, Stmt, StmtKind, UnaryOp};

use super::cut::{shown, unknown};
use super::facts::Facts;
use super::visit;

/// Ends one function.
pub(super) struct Shorten<'a> {
    /// Facts of the slice.
    pub(super) facts: &'a Facts<'a>,
    /// The function, for its variables' facts.
    pub(super) function: usize,
    /// Where to end.
    pub(super) stop: Stop<'a>,
}

/// Where to end a function.
#[derive(Clone, Copy)]
pub(super) enum Stop<'a> {
    /// Before the first statement for which this holds.
    Reaching(&'a dyn Fn(&Stmt) -> bool),
    /// Before what the answer chose is first mixed with things outside.
    Mixing,
}

impl Shorten<'_> {
    /// Ends `code`; gives the place.
    pub(super) fn run(&self, code: &mut Function) -> Option<Span> {
        let mut kept = Kept { bound: BTreeSet::new(), chosen: BTreeSet::new() };
        kept.bound.extend(code.parameters.iter().map(|parameter| parameter.name.trim_start_matches('*').to_owned()));
        let span = self.block(&mut code.body, &mut kept)?;
        // Beside values that are returned before, the end of the function would look like `return None`.
        let mut returns = false;
        visit::stmts(&code.body, &mut |stmt| returns |= matches!(stmt.kind, StmtKind::Return { value: Some(_) }));
        if returns {
            return_unknown(&mut code.body, span);
        }
        Some(span)
    }

    fn block(&self, block: &mut Vec<Stmt>, kept: &mut Kept) -> Option<Span> {
        let mut at = 0;
        while at < block.len() {
            let passage = self.is_passage(&block[at]);
            if self.stops(&block[at], kept) {
                // Into what runs whatever the answer is.
                let inner = visit::blocks_mut(&mut block[at]).into_iter();
                if let Some(inner) = inner.filter(|_| passage).find(|inner| self.stops_in(inner, kept)) {
                    return self.block(inner, kept);
                }
                return Some(Self::end(block, at, kept));
            }
            kept.bound.extend(certain(&block[at]));
            self.note_chosen(&block[at], false, &mut kept.chosen);
            at += 1;
        }
        None
    }

    fn stops_in(&self, block: &[Stmt], kept: &Kept) -> bool {
        block.iter().any(|stmt| self.stops(stmt, kept))
    }

    fn stops(&self, stmt: &Stmt, kept: &Kept) -> bool {
        match self.stop {
            Stop::Reaching(reaches) => reaches(stmt),
            Stop::Mixing => {
                let mut mixes = false;
                visit::own_exprs(stmt, &mut |expr| {
                    mixes |= self.facts.expr(self.function, expr).unknown && reads(expr, &kept.chosen);
                });
                mixes || stmt.blocks().into_iter().any(|block| self.stops_in(block, kept))
            }
        }
    }

    /// Ends a block before the statement at this place.
    fn end(block: &mut Vec<Stmt>, at: usize, kept: &Kept) -> Span {
        let rest = block.split_off(at);
        let span = rest.first().map(|stmt| stmt.span).unwrap_or_default();
        let mut read = BTreeSet::new();
        visit::exprs(&rest, &mut |expr| {
            if let ExprKind::Name { name } = &expr.kind {
                read.insert(name.clone());
            }
        });
        let shown = kept.chosen.iter().filter(|name| kept.bound.contains(*name) && read.contains(*name));
        block.extend(shown.map(|name| show(span, name)));
        block.push(Stmt { span, kind: StmtKind::Return { value: None } });
        span
    }

    /// Whether what is inside a statement runs at most once, and whether it does hangs on nothing of the answer.
    fn is_passage(&self, stmt: &Stmt) -> bool {
        match &stmt.kind {
            StmtKind::Try { .. } => true,
            StmtKind::If { test, .. } => !self.facts.expr(self.function, test).api,
            StmtKind::For { iter, .. } => matches!(
                &iter.kind,
                ExprKind::List { elements } if matches!(elements[..], [Expr { kind: ExprKind::Opaque { .. }, .. }])
            ),
            _ => false,
        }
    }

    /// Variables that the answer has chosen a value for: set under a test of it, or to the outcome of one.
    fn note_chosen(&self, stmt: &Stmt, controlled: bool, chosen: &mut BTreeSet<String>) {
        let fact = |expr: &Expr| self.facts.expr(self.function, expr);
        let (tested, picks) = match &stmt.kind {
            StmtKind::If { test, .. } | StmtKind::While { test, .. } => (fact(test).api, false),
            StmtKind::For { iter, .. } => (fact(iter).api, false),
            StmtKind::Assign { value, .. } => (false, fact(value).api && (!fact(value).data || is_verdict(value))),
            _ => (false, false),
        };
        if controlled || picks {
            chosen.extend(visit::written(stmt));
        }
        for inner in stmt.blocks().into_iter().flatten() {
            self.note_chosen(inner, controlled || tested, chosen);
        }
    }
}

/// Whether an expression is true or false, so that of the data in it nothing is handed on: `any(name in words for ...)`.
fn is_verdict(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Compare { .. } => true,
        ExprKind::Unary { op, .. } => matches!(op, UnaryOp::Not),
        ExprKind::Bool { values, .. } => values.iter().all(is_verdict),
        ExprKind::Builtin { name, .. } => matches!(name.as_str(), "any" | "all" | "bool" | "isinstance"),
        _ => false,
    }
}

/// Makes the end that stands at a place one that returns something not known.
fn return_unknown(block: &mut [Stmt], place: Span) {
    for stmt in block {
        match &mut stmt.kind {
            StmtKind::Return { value: value @ None } if stmt.span == place => {
                *value = Some(unknown(place, "what comes of it further on"));
            }
            _ => visit::blocks_mut(stmt).into_iter().for_each(|inner| return_unknown(inner, place)),
        }
    }
}

/// Variables at the place to end before.
struct Kept {
    /// Those that surely have a value.
    bound: BTreeSet<String>,
    /// Those whose value hangs on the answer.
    chosen: BTreeSet<String>,
}

/// Whether an expression reads one of these variables.
fn reads(expr: &Expr, names: &BTreeSet<String>) -> bool {
    let mut found = false;
    visit::below(expr, &mut |expr| found |= matches!(&expr.kind, ExprKind::Name { name } if names.contains(name)));
    found
}

/// Variables that have a value after a statement, however it went.
fn certain(stmt: &Stmt) -> BTreeSet<String> {
    let all = |block: &[Stmt]| block.iter().flat_map(certain).collect::<BTreeSet<_>>();
    match &stmt.kind {
        StmtKind::Assign { .. } | StmtKind::AugAssign { .. } | StmtKind::Expr { .. } => {
            visit::bound_in(std::slice::from_ref(stmt)).into_iter().collect()
        }
        StmtKind::If { body, orelse, .. } => all(body).intersection(&all(orelse)).cloned().collect(),
        _ => BTreeSet::new(),
    }
}

/// `name = ...` as an outcome.
fn show(span: Span, name: &str) -> Stmt {
    let args = vec![Expr { span, kind: ExprKind::Name { name: name.to_owned() } }];
    let (text, reason) = (format!("{} =", shown(name)), "the decision is read up to here".to_owned());
    let kind = ExprKind::Opaque { text, call: true, args, names: Vec::new(), reason };
    Stmt { span, kind: StmtKind::Expr { value: Expr { span, kind } } }
}
