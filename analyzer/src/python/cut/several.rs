//! Loops that ask the API once for each of many things: the slice looks at one of them, and what it cannot tell is what
//! becomes of the answers together.

use chameleon_decision::{BinaryOp, Constant, Expr, ExprKind, Span, Stmt, StmtKind, Target};

use super::Cut;
use crate::python::visit;

/// Functions that make one of many.
const TOGETHER: [&str; 9] =
    ["sum", "len", "max", "min", "sorted", "math.fsum", "numpy.mean", "statistics.mean", "collections.Counter"];

/// Wrappers of what a loop runs over that leave its length as it is, or tell it.
const AROUND: [&str; 8] = ["range", "len", "enumerate", "zip", "reversed", "sorted", "list", "tqdm"];

/// Methods that go through all there is of their object.
const THROUGH: [&str; 5] = ["items", "values", "keys", "iterrows", "itertuples"];

impl Cut<'_> {
    /// Notes a loop that holds the focus.
    pub(super) fn note_loop(&mut self, iter: Option<&Expr>, body: &[Stmt], rest: &[Stmt]) {
        if let Some(iter) = iter {
            run_over(iter, &mut self.each);
        }
        let kept = self.kept(body, rest);
        self.summed.extend(kept);
    }

    /// How many there are of what the focus is in a loop over: the one that is looked at.
    pub(crate) fn counted(&self, body: &mut [Stmt]) {
        visit::map_exprs(body, &mut |expr| {
            let ExprKind::Builtin { name, args, .. } = &expr.kind else { return };
            if name == "len" && args.len() == 1 && self.each.contains(&args[0].kind) {
                expr.kind = ExprKind::Constant { value: Constant::Int(1) };
            }
        });
    }

    /// Where what comes of an answer is added to what came of the others: a number that is counted up, or a list of
    /// which the `rest` makes one.
    fn kept(&self, body: &[Stmt], rest: &[Stmt]) -> Option<Span> {
        let inside = visit::bound_in(body);
        let mut found = None;
        visit::stmts(body, &mut |stmt| {
            let (place, value, listed) = match &stmt.kind {
                StmtKind::AugAssign { target, op: BinaryOp::Add | BinaryOp::Sub, value } => (place(target), value, false),
                StmtKind::Assign { targets, value } => match (&targets[..], &value.kind) {
                    ([target], ExprKind::Binary { op: BinaryOp::Add, left, .. })
                        if place(target).is_some() && place(target) == visit::root(left) =>
                    {
                        (place(target), value, false)
                    }
                    _ => return,
                },
                StmtKind::Expr { value } => match &value.kind {
                    ExprKind::Method { object, name, args, .. } if name == "append" && args.len() == 1 => {
                        (visit::root(object), &args[0], true)
                    }
                    _ => return,
                },
                _ => return,
            };
            let Some(name) = place else { return };
            let starts_here = listed && binds(body, name);
            if !starts_here && !is_text(value) && self.hangs(name, value) && (!listed || makes_one(rest, name)) {
                found = found.or(Some(stmt.span));
            }
        });
        let _ = inside;
        found
    }

    /// Whether the answer has a part in what is added.
    fn hangs(&self, name: &str, value: &Expr) -> bool {
        self.fact(value).api || self.facts.variable(self.function, name).api
    }
}
