//! Walks over the program language.
//!
//! One place knows what is below what; everything else asks for "all expressions" or "all statements". Lowering bounds
//! the depth, so recursion is safe here.

use crate::program::{Expr, ExprKind, Program, Stmt, StmtKind, Target};

/// The two flavours of a walk, over shared and over exclusive references.
macro_rules! walks {
    ($own_exprs:ident, $target_exprs:ident, $parts:ident, $iter:ident, $as_ref:ident $(, $mut:tt)?) => {
        /// Calls `visit` on every expression directly in a statement: tests, values, and those inside targets.
        pub fn $own_exprs<'a>(stmt: &'a $($mut)? Stmt, visit: &mut dyn FnMut(&'a $($mut)? Expr)) {
            match &$($mut)? stmt.kind {
                StmtKind::Assign { targets, value } => {
                    for target in targets {
                        $target_exprs(target, visit);
                    }
                    visit(value);
                }
                StmtKind::AugAssign { target, value, .. } => {
                    $target_exprs(target, visit);
                    visit(value);
                }
                StmtKind::If { test, .. } | StmtKind::While { test, .. } => visit(test),
                StmtKind::For { target, iter, .. } => {
                    $target_exprs(target, visit);
                    visit(iter);
                }
                StmtKind::Return { value } => value.$iter().for_each(visit),
                StmtKind::Expr { value } => visit(value),
                StmtKind::Raise { args, keywords, .. } => {
                    args.$iter().chain(keywords.$iter().map(|keyword| &$($mut)? keyword.value)).for_each(visit);
                }
                StmtKind::Break
                | StmtKind::Continue
                | StmtKind::Try { .. }
                | StmtKind::Global { .. } => {}
            }
        }

        fn $target_exprs<'a>(target: &'a $($mut)? Target, visit: &mut dyn FnMut(&'a $($mut)? Expr)) {
            match target {
                Target::Name { .. } => {}
                Target::Attribute { object, .. } => visit(object),
                Target::Subscript { object, index } => {
                    visit(object);
                    visit(index);
                }
                Target::Tuple { elements } => elements.$iter().for_each(|element| $target_exprs(element, visit)),
                Target::Starred { inner } => $target_exprs(inner, visit),
            }
        }

        /// Calls `visit` on the expressions directly in an expression.
        pub fn $parts<'a>(expr: &'a $($mut)? Expr, visit: &mut dyn FnMut(&'a $($mut)? Expr)) {
            match &$($mut)? expr.kind {
                ExprKind::Constant { .. } | ExprKind::Name { .. } | ExprKind::FunctionValue { .. } => {}
                ExprKind::ApiOutput { max_results, .. } | ExprKind::OtherOutput { max_results, .. } => {
                    if let Some(limit) = max_results {
                        visit(limit);
                    }
                }
                ExprKind::List { elements } | ExprKind::Tuple { elements } | ExprKind::Set { elements } => {
                    elements.$iter().for_each(visit);
                }
                ExprKind::Dict { items } => items.$iter().for_each(|(key, value)| {
                    visit(key);
                    visit(value);
                }),
                ExprKind::Starred { value } | ExprKind::Unary { value, .. } | ExprKind::Walrus { value, .. } => visit(value),
                ExprKind::Binary { left, right, .. } => {
                    visit(left);
                    visit(right);
                }
                ExprKind::Bool { values, .. } => values.$iter().for_each(visit),
                ExprKind::Compare { left, rest } => {
                    visit(left);
                    for (_, right) in rest {
                        visit(right);
                    }
                }
                ExprKind::IfElse { test, body, orelse } => [test, body, orelse].into_iter().for_each(|part| visit(part)),
                ExprKind::Attribute { object, .. } => visit(object),
                ExprKind::Subscript { object, index } => {
                    visit(object);
                    visit(index);
                }
                ExprKind::Slice { object, start, stop, step } => {
                    visit(object);
                    [start, stop, step].into_iter().flatten().for_each(|part| visit(part));
                }
                ExprKind::Call { args, keywords, .. } | ExprKind::Builtin { args, keywords, .. } => {
                    args.$iter().chain(keywords.$iter().map(|keyword| &$($mut)? keyword.value)).for_each(visit);
                }
                ExprKind::Method { object, args, keywords, .. } => {
                    visit(object);
                    args.$iter().chain(keywords.$iter().map(|keyword| &$($mut)? keyword.value)).for_each(visit);
                }
                ExprKind::CallValue { callee, args } => {
                    visit(callee);
                    args.$iter().for_each(visit);
                }
                ExprKind::Lambda { parameters, body } => {
                    parameters.$iter().filter_map(|parameter| parameter.default.$as_ref()).for_each(&mut *visit);
                    visit(body);
                }
                ExprKind::Comprehension { inner } => {
                    for (target, iter, tests) in &$($mut)? inner.clauses {
                        visit(iter);
                        $target_exprs(target, visit);
                        tests.$iter().for_each(&mut *visit);
                    }
                    visit(&$($mut)? inner.element);
                    inner.value.$iter().for_each(visit);
                }
                ExprKind::Format { parts } => parts.$iter().for_each(|(part, _)| visit(part)),
                ExprKind::Opaque { args, .. } => args.$iter().for_each(visit),
            }
        }
    };
}

walks!(own_exprs, target_exprs, parts, iter, as_ref);
walks!(own_exprs_mut, target_exprs_mut, parts_mut, iter_mut, as_mut, mut);

/// Calls `visit` on every expression of a block, inner before outer, to change it.
pub fn map_exprs(block: &mut [Stmt], visit: &mut dyn FnMut(&mut Expr)) {
    for stmt in block {
        own_exprs_mut(stmt, &mut |expr| map_expr(expr, visit));
        for inner in blocks_mut(stmt) {
            map_exprs(inner, visit);
        }
    }
}

/// Calls `visit` on everything in an expression and then on itself.
pub fn map_expr(expr: &mut Expr, visit: &mut dyn FnMut(&mut Expr)) {
    parts_mut(expr, &mut |part| map_expr(part, visit));
    visit(expr);
}

/// The blocks of a statement, to change them.
pub fn blocks_mut(stmt: &mut Stmt) -> Vec<&mut Vec<Stmt>> {
    match &mut stmt.kind {
        StmtKind::If { body, orelse, .. }
        | StmtKind::For { body, orelse, .. }
        | StmtKind::While { body, orelse, .. } => {
            vec![body, orelse]
        }
        StmtKind::Try { body, handlers, orelse, finally } => {
            let handlers = handlers.iter_mut().map(|(_, handler)| handler);
            [body].into_iter().chain(handlers).chain([orelse, finally]).collect()
        }
        _ => Vec::new(),
    }
}

/// Calls `visit` on every statement, outer before inner.
pub fn stmts<'a>(block: &'a [Stmt], visit: &mut dyn FnMut(&'a Stmt)) {
    for stmt in block {
        visit(stmt);
        for inner in stmt.blocks() {
            stmts(inner, visit);
        }
    }
}

/// How many statements there are in a block.
pub fn size(block: &[Stmt]) -> u64 {
    let mut size = 0;
    stmts(block, &mut |_| size += 1);
    size
}

/// Calls `visit` on every expression of a block, outer before inner.
pub fn exprs<'a>(block: &'a [Stmt], visit: &mut dyn FnMut(&'a Expr)) {
    stmts(block, &mut |stmt| own_exprs(stmt, &mut |expr| below(expr, visit)));
}

/// Calls `visit` on every expression of a program's statements, outer before inner.
pub fn program<'a>(program: &'a Program, visit: &mut dyn FnMut(&'a Expr)) {
    exprs(&program.globals, visit);
    for function in &program.functions {
        exprs(&function.body, visit);
    }
}

/// Calls `visit` on an expression and everything in it, outer before inner.
pub fn below<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&'a Expr)) {
    visit(expr);
    parts(expr, &mut |part| below(part, visit));
}

/// Names a target binds.
pub fn bound<'a>(target: &'a Target, visit: &mut dyn FnMut(&'a str)) {
    match target {
        Target::Name { name } => visit(name),
        Target::Attribute { .. } | Target::Subscript { .. } => {}
        Target::Tuple { elements } => elements.iter().for_each(|element| bound(element, visit)),
        Target::Starred { inner } => bound(inner, visit),
    }
}

/// Methods that change their receiver.
const MUTATORS: &[&str] = &[
    "append",
    "extend",
    "insert",
    "remove",
    "pop",
    "clear",
    "sort",
    "reverse",
    "add",
    "discard",
    "update",
    "setdefault",
    "popitem",
    "appendleft",
];

/// Names of variables that a statement itself (not the blocks in it) assigns, or whose contents it changes.
pub fn written(stmt: &Stmt) -> Vec<String> {
    let mut names = Vec::new();
    match &stmt.kind {
        StmtKind::Assign { targets, .. } => targets.iter().for_each(|target| places(target, &mut names)),
        StmtKind::AugAssign { target, .. } | StmtKind::For { target, .. } => places(target, &mut names),
        _ => {}
    }
    own_exprs(stmt, &mut |expr| {
        below(expr, &mut |expr| match &expr.kind {
            ExprKind::Walrus { name, .. } => names.push(name.clone()),
            ExprKind::Method { object, name, .. } if MUTATORS.contains(&name.as_str()) => {
                names.extend(root(object).map(str::to_owned));
            }
            ExprKind::Opaque { text, args, .. } if reorders(text) => {
                names.extend(args.first().and_then(root).map(str::to_owned));
            }
            _ => {}
        });
    });
    names
}

/// Whether a call of something outside changes the order of its first argument in place.
pub fn reorders(text: &str) -> bool {
    let callee = text.split('(').next().unwrap_or(text);
    matches!(callee.rsplit('.').next(), Some("shuffle" | "heapify"))
}

fn places(target: &Target, names: &mut Vec<String>) {
    match target {
        Target::Name { name } => names.push(name.clone()),
        Target::Attribute { object, .. } | Target::Subscript { object, .. } => {
            names.extend(root(object).map(str::to_owned));
        }
        Target::Tuple { elements } => elements.iter().for_each(|element| places(element, names)),
        Target::Starred { inner } => places(inner, names),
    }
}

/// The variable at the bottom of `a.b[c].d`.
pub fn root(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Name { name } => Some(name),
        ExprKind::Attribute { object, .. }
        | ExprKind::Subscript { object, .. }
        | ExprKind::Slice { object, .. }
        | ExprKind::Method { object, .. } => root(object),
        _ => None,
    }
}

/// All names written anywhere in a block.
pub fn written_in(block: &[Stmt]) -> Vec<String> {
    let mut names = Vec::new();
    stmts(block, &mut |stmt| names.extend(written(stmt)));
    names
}

/// Variables whose contents a block changes: an attribute or item is set, something is added.
pub fn changed_in(block: &[Stmt]) -> Vec<&str> {
    let mut names = Vec::new();
    stmts(block, &mut |stmt| {
        match &stmt.kind {
            StmtKind::Assign { targets, .. } => targets.iter().for_each(|target| changed(target, &mut names)),
            StmtKind::AugAssign { target, .. } | StmtKind::For { target, .. } => changed(target, &mut names),
            _ => {}
        }
        own_exprs(stmt, &mut |expr| {
            below(expr, &mut |expr| match &expr.kind {
                ExprKind::Method { object, .. } if written_by(expr) => names.extend(root(object)),
                _ => {}
            });
        });
    });
    names
}

fn changed<'a>(target: &'a Target, names: &mut Vec<&'a str>) {
    match target {
        Target::Name { .. } => {}
        Target::Attribute { object, .. } | Target::Subscript { object, .. } => names.extend(root(object)),
        Target::Tuple { elements } => elements.iter().for_each(|element| changed(element, names)),
        Target::Starred { inner } => changed(inner, names),
    }
}

/// Whether a method call changes its receiver.
pub fn written_by(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Method { name, .. } if MUTATORS.contains(&name.as_str()))
}

/// Names that a block binds (not those whose contents it only changes).
pub fn bound_in(block: &[Stmt]) -> Vec<String> {
    let mut names = Vec::new();
    stmts(block, &mut |stmt| {
        let mut add = |target: &Target| bound(target, &mut |name| names.push(name.to_owned()));
        match &stmt.kind {
            StmtKind::Assign { targets, .. } => targets.iter().for_each(&mut add),
            StmtKind::AugAssign { target, .. } | StmtKind::For { target, .. } => add(target),
            _ => {}
        }
        own_exprs(stmt, &mut |expr| {
            below(expr, &mut |expr| {
                if let ExprKind::Walrus { name, .. } = &expr.kind {
                    names.push(name.clone());
                }
            });
        });
    });
    names
}
