//! Ends a function where things outside begin to decide.
//!
//! An application may mix what it made of the answer with what it knows from elsewhere: the warmth of the clothes it saw
//! with the weather report. What it made of the answer until then is a decision all the same: the values that hang on
//! the answer and are used further on are shown as the outcome, and the function ends there.

use std::collections::BTreeSet;

use chameleon_decision::{Expr, ExprKind, Function, Span, Stmt, StmtKind};

use super::cut::shown;
use super::facts::Facts;
use super::visit;

/// Ends one function.
pub(super) struct Shorten<'a> {
    /// Facts of the slice.
    pub(super) facts: &'a Facts<'a>,
    /// The function, for its variables' facts.
    pub(super) function: usize,
    /// Whether a statement reaches the place to end before.
    pub(super) reaches: &'a dyn Fn(&Stmt) -> bool,
}

impl Shorten<'_> {
    /// Ends `code` before the first statement that reaches the place.
    pub(super) fn run(&self, code: &mut Function) {
        let mut kept = Kept { bound: BTreeSet::new(), chosen: BTreeSet::new() };
        kept.bound.extend(code.parameters.iter().map(|parameter| parameter.name.trim_start_matches('*').to_owned()));
        self.block(&mut code.body, &mut kept);
    }

    fn block(&self, block: &mut Vec<Stmt>, kept: &mut Kept) {
        let Some(at) = block.iter().position(self.reaches) else { return };
        for stmt in &block[..at] {
            kept.bound.extend(visit::bound_in(std::slice::from_ref(stmt)).into_iter().filter(|_| is_certain(stmt)));
            self.note_chosen(stmt, false, &mut kept.chosen);
        }
        // Into what runs whatever the answer is.
        if self.is_passage(&block[at])
            && let Some(inner) =
                visit::blocks_mut(&mut block[at]).into_iter().find(|inner| inner.iter().any(self.reaches))
        {
            self.block(inner, kept);
            return;
        }
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
            StmtKind::Assign { value, .. } => (false, fact(value).api && !fact(value).data),
            _ => (false, false),
        };
        if controlled || picks {
            chosen.extend(visit::written(stmt));
        }
        for inner in visit::blocks(stmt).into_iter().flatten() {
            self.note_chosen(inner, controlled || tested, chosen);
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

/// Whether a statement surely runs to its end.
fn is_certain(stmt: &Stmt) -> bool {
    matches!(stmt.kind, StmtKind::Assign { .. } | StmtKind::AugAssign { .. } | StmtKind::Expr { .. })
}

/// `name = ...` as an outcome.
fn show(span: Span, name: &str) -> Stmt {
    let args = vec![Expr { span, kind: ExprKind::Name { name: name.to_owned() } }];
    let (text, reason) = (format!("{} =", shown(name)), "the decision is read up to here".to_owned());
    let kind = ExprKind::Opaque { text, call: true, args, reason };
    Stmt { span, kind: StmtKind::Expr { value: Expr { span, kind } } }
}
