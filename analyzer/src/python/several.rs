//! Loops that ask the API once for each of many things. A slice looks at one of them; what it cannot tell is what becomes
//! of the answers together.

use chameleon_decision::{BinaryOp, Constant, Expr, ExprKind, Span, Stmt, StmtKind, Target};

use super::facts::Facts;
use super::visit;

/// Functions that make one of many.
const TOGETHER: [&str; 10] = [
    "numpy.average",
    "sum",
    "len",
    "max",
    "min",
    "sorted",
    "math.fsum",
    "numpy.mean",
    "statistics.mean",
    "collections.Counter",
];

/// Methods of a table's columns that make one of many.
const OF_COLUMNS: [&str; 9] = ["mean", "median", "mode", "sum", "std", "max", "min", "idxmax", "value_counts"];

/// Functions around what a loop runs over that go through all of it.
const AROUND: [&str; 7] = ["range", "len", "enumerate", "zip", "reversed", "sorted", "list"];

/// Methods that go through all there is of their object.
const THROUGH: [&str; 5] = ["items", "values", "keys", "iterrows", "itertuples"];

/// What is run over, in a loop over this: `texts` in `enumerate(texts)`.
pub(super) fn run_over(iter: &Expr, found: &mut Vec<ExprKind>) {
    match &iter.kind {
        ExprKind::Builtin { name, args, .. } if AROUND.contains(&name.as_str()) => {
            for arg in args {
                run_over(arg, found);
            }
        }
        ExprKind::Method { object, name, args, .. } if args.is_empty() && THROUGH.contains(&name.as_str()) => {
            run_over(object, found);
        }
        ExprKind::Name { .. } | ExprKind::Attribute { .. } => found.push(iter.kind.clone()),
        ExprKind::Subscript { index, .. } if matches!(index.kind, ExprKind::Constant { .. }) => {
            found.push(iter.kind.clone());
        }
        _ => {}
    }
}

/// How many there are of what is run over: the one that is looked at.
pub(super) fn count_one(body: &mut [Stmt], each: &[ExprKind]) {
    visit::map_exprs(body, &mut |expr| {
        let ExprKind::Builtin { name, args, .. } = &expr.kind else { return };
        if name == "len" && args.len() == 1 && each.contains(&args[0].kind) {
            expr.kind = ExprKind::Constant { value: Constant::Int(1) };
        }
    });
}

/// Where, in a loop that `leads` to the call, what comes of an answer is added to what came of the others, of which the
/// function makes something afterwards.
pub(super) fn summed(
    facts: &Facts<'_>,
    function: usize,
    body: &[Stmt],
    leads: &dyn Fn(&[Stmt]) -> bool,
) -> Option<Span> {
    let mut found = None;
    visit::stmts(body, &mut |stmt| {
        if found.is_some() {
            return;
        }
        if let StmtKind::Assign { targets, value } = &stmt.kind
            && let [target] = &targets[..]
            && let Some(name) = place(target)
            && is_listed(value, leads)
            && after(body, stmt.span, name, true)
        {
            found = Some(stmt.span);
        }
        let (StmtKind::For { body: inner, .. } | StmtKind::While { body: inner, .. }) = &stmt.kind else { return };
        if !leads(inner) {
            return;
        }
        found = found.or_else(|| carried(facts, function, inner));
        visit::stmts(inner, &mut |added| {
            let Some((name, value, listed)) = adds(added) else { return };
            let hangs = || facts.expr(function, value).api || facts.variable(function, name).api;
            let made = || after(body, stmt.span, name, listed);
            if found.is_none() && !is_text(value) && !starts(inner, name) && hangs() && made() {
                found = Some(added.span);
            }
        });
    });
    found
}

/// Where a loop's body compares with what it kept of an answer before, which it replaces then: the greatest so far.
fn carried(facts: &Facts<'_>, function: usize, body: &[Stmt]) -> Option<Span> {
    let mut found = None;
    visit::stmts(body, &mut |stmt| {
        let StmtKind::If { test, body: kept, .. } = &stmt.kind else { return };
        let ExprKind::Compare { left, rest } = &test.kind else { return };
        let sides = std::iter::once(&**left).chain(rest.iter().map(|(_, right)| right));
        let anew = |name: &str| {
            let is_it = |target: &Target| matches!(target, Target::Name { name: set } if set == name);
            let sets =
                |stmt: &Stmt| matches!(&stmt.kind, StmtKind::Assign { targets, .. } if targets.iter().any(is_it));
            body.iter().any(sets)
        };
        let replaces = |side: &Expr| {
            let ExprKind::Name { name } = &side.kind else { return false };
            !anew(name)
                && kept.iter().any(|stmt| match &stmt.kind {
                    StmtKind::Assign { targets, value } => {
                        let is_it = |target: &Target| matches!(target, Target::Name { name: set } if set == name);
                        targets.iter().any(is_it) && facts.expr(function, value).data
                    }
                    _ => false,
                })
        };
        if found.is_none() && sides.into_iter().any(replaces) {
            found = Some(test.span);
        }
    });
    found
}

/// Whether an expression is a list of what a comprehension gives that asks anew for each item: what it first runs over is
/// asked for once.
fn is_listed(value: &Expr, leads: &dyn Fn(&[Stmt]) -> bool) -> bool {
    let asks = |part: &Expr| leads(&[Stmt { span: part.span, kind: StmtKind::Expr { value: part.clone() } }]);
    match &value.kind {
        ExprKind::Comprehension { inner } => {
            let later = inner.clauses.iter().skip(1).map(|(_, iter, _)| iter);
            let tests = inner.clauses.iter().flat_map(|(_, _, tests)| tests);
            std::iter::once(&inner.element).chain(&inner.value).chain(later).chain(tests).any(asks)
        }
        ExprKind::Builtin { args, .. } => args.iter().any(|arg| is_listed(arg, leads)),
        _ => false,
    }
}

/// What a statement adds to, what it adds, and whether that is put on a list.
fn adds(stmt: &Stmt) -> Option<(&str, &Expr, bool)> {
    match &stmt.kind {
        StmtKind::AugAssign { target, op: BinaryOp::Add | BinaryOp::Sub, value } => {
            Some((place(target)?, value, false))
        }
        StmtKind::Assign { targets, value } => {
            let ([target], ExprKind::Binary { op: BinaryOp::Add, left, .. }) = (&targets[..], &value.kind) else {
                return None;
            };
            let name = place(target).filter(|name| visit::root(left) == Some(name))?;
            Some((name, value, false))
        }
        StmtKind::Expr { value } => match &value.kind {
            ExprKind::Method { object, name, args, .. } if name == "append" && args.len() == 1 => {
                Some((visit::root(object)?, &args[0], true))
            }
            _ => None,
        },
        _ => None,
    }
}

fn place(target: &Target) -> Option<&str> {
    match target {
        Target::Name { name } => Some(name),
        Target::Attribute { object, .. } | Target::Subscript { object, .. } => visit::root(object),
        _ => None,
    }
}

/// Whether a loop's body gives a variable a new value each time.
fn starts(body: &[Stmt], name: &str) -> bool {
    let mut found = false;
    visit::stmts(body, &mut |stmt| {
        if let StmtKind::Assign { targets, .. } = &stmt.kind {
            let sets = targets.iter().any(|target| matches!(target, Target::Name { name: set } if set == name));
            found |= sets && adds(stmt).is_none();
        }
    });
    found
}

/// Whether a variable is read outside a loop, and made one of where it is a list.
fn after(body: &[Stmt], around: Span, name: &str, listed: bool) -> bool {
    let inside = |span: Span| around.line <= span.line && span.line <= around.end_line;
    let is_it = |expr: &Expr| visit::root(expr) == Some(name);
    let mut found = false;
    visit::exprs(body, &mut |expr| {
        found |= !inside(expr.span)
            && match &expr.kind {
                ExprKind::Builtin { name, args, .. } if listed => {
                    TOGETHER.contains(&name.as_str()) && args.iter().any(is_it)
                }
                ExprKind::Method { object, name: method, .. } if listed => {
                    (method == "count" && is_it(object))
                        || (OF_COLUMNS.contains(&method.as_str()) && mentions(object, name))
                }
                _ => !listed && is_it(expr),
            };
    });
    found
}

fn mentions(expr: &Expr, variable: &str) -> bool {
    let mut found = false;
    visit::below(expr, &mut |part| {
        found |= matches!(&part.kind, ExprKind::Name { name } if name == variable);
    });
    found
}

/// Whether an expression is a text, or puts one together.
fn is_text(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Constant { value: Constant::Str(_) } | ExprKind::Format { .. } => true,
        ExprKind::Binary { left, right, .. } => is_text(left) || is_text(right),
        ExprKind::Builtin { name, .. } => name == "str",
        _ => false,
    }
}
