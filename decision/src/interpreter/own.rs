//! Values of the program's own, and expressions that give them as far as that can be seen without a run.

use super::machine::{Machine, Run};
use super::value::Value;
use crate::decision::Rendered;
use crate::program::{Expr, ExprKind, Span, Stmt, StmtKind};

/// How many functions are looked into for what they give.
const MAX_HOPS: u32 = 2;

impl<'p> Machine<'p, '_> {
    /// Whether what an expression gives is a value of the program's own, whatever the data; found out once for all runs.
    pub(super) fn gives_own(&self, expr: &'p Expr) -> bool {
        self.memory.gives_own(expr, |expr| self.gives_own_within(expr, MAX_HOPS))
    }

    /// Whether a value that a test of the API's data led to is one of the program's own.
    pub(super) fn is_own(&mut self, value: &Value<'p>, span: Span) -> Run<bool> {
        Ok(!matches!(self.render(value, span)?, Rendered::Data | Rendered::Unknown))
    }

    fn gives_own_within(&self, expr: &'p Expr, hops: u32) -> bool {
        match &expr.kind {
            ExprKind::Constant { .. } | ExprKind::Compare { .. } => true,
            ExprKind::IfElse { body, orelse, .. } => {
                self.gives_own_within(body, hops) && self.gives_own_within(orelse, hops)
            }
            ExprKind::Call { function, .. } if hops > 0 => {
                let Ok(function) = self.function(*function, expr.span) else { return false };
                let mut given = Vec::new();
                returned(&function.body, &mut given);
                !given.is_empty() && given.into_iter().all(|value| self.gives_own_within(value, hops - 1))
            }
            _ => false,
        }
    }
}

/// The values that a function's body returns.
fn returned<'p>(body: &'p [Stmt], values: &mut Vec<&'p Expr>) {
    for stmt in body {
        match &stmt.kind {
            StmtKind::Return { value } => values.extend(value),
            StmtKind::If { body, orelse, .. }
            | StmtKind::For { body, orelse, .. }
            | StmtKind::While { body, orelse, .. } => {
                returned(body, values);
                returned(orelse, values);
            }
            StmtKind::Try { body, handlers, orelse, finally } => {
                for block in [body, orelse, finally].into_iter().chain(handlers.iter().map(|handler| &handler.1)) {
                    returned(block, values);
                }
            }
            _ => {}
        }
    }
}
