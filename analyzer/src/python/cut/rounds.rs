//! What a loop that asks the API keeps from one round to the next.

use chameleon_decision::{ExprKind, Span, Stmt, StmtKind, Target};

use super::Cut;
use crate::python::visit;

impl Cut<'_> {
    /// The first test in a loop's body of a variable that the round before has set by what the API answered.
    pub(super) fn kept(&self, body: &[Stmt]) -> Option<Span> {
        let mut set: Vec<(&str, bool)> = Vec::new();
        let mut tested: Vec<(&str, Span)> = Vec::new();
        visit::stmts(body, &mut |stmt| match &stmt.kind {
            StmtKind::Assign { targets, value } => {
                let by_answer = self.fact(value).data || self.fact(value).api;
                set.extend(targets.iter().filter_map(name).map(|name| (name, by_answer)));
            }
            StmtKind::For { target, .. } => set.extend(name(target).map(|name| (name, false))),
            StmtKind::If { test, .. } => visit::below(test, &mut |part| {
                if let ExprKind::Name { name } = &part.kind
                    && set.iter().all(|(known, _)| known != name)
                {
                    tested.push((name, test.span));
                }
            }),
            _ => {}
        });
        let is_kept = |name: &str| set.iter().any(|&(known, by_answer)| known == name && by_answer);
        tested.into_iter().find(|(name, _)| is_kept(name)).map(|(_, test)| test)
    }
}

fn name(target: &Target) -> Option<&str> {
    match target {
        Target::Name { name } => Some(name),
        _ => None,
    }
}
