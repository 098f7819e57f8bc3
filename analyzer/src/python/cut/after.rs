//! What runs after the API call: everything stays that may depend on the answer.

use chameleon_decision::{ASSUMED, BoolOp, CompareOp, Constant, Expr, ExprKind, SAID, Stmt, StmtKind, Target, UnaryOp};

use super::{Assumption, Cut, Focus, Open, exits, is_endless, is_true, once, shown, unknown};
use crate::calls::READING_METHODS;
use crate::python::entry::is_error_check;
use crate::python::visit;

impl Cut<'_> {
    /// Statements that run after the focus. `controlled`: whether they run depends on the answer.
    pub(super) fn after(&mut self, block: &[Stmt], controlled: bool) -> Vec<Stmt> {
        let mut out = Vec::new();
        for (at, stmt) in block.iter().enumerate() {
            if let Some(found) = self.looked_up(stmt, &block[at + 1..], controlled) {
                out.extend(found);
                break;
            }
            out.extend(self.after_stmt(stmt, controlled));
            if is_endless(stmt) {
                break;
            }
        }
        out
    }

    /// What a function gives that looks up what the answer says in something outside, and else gives nothing: it finds it,
    /// unless it is taken not to.
    fn looked_up(&mut self, stmt: &Stmt, rest: &[Stmt], controlled: bool) -> Option<Vec<Stmt>> {
        let StmtKind::If { test, body, orelse } = &stmt.kind else { return None };
        let looks = matches!(self.focus, Focus::Values) && !controlled && orelse.is_empty();
        let finds = matches!(body.last(), Some(Stmt { kind: StmtKind::Return { value: Some(value) }, .. }) if !is_nothing(value));
        let gives_nothing = match rest {
            [] => true,
            [Stmt { kind: StmtKind::Return { value }, .. }] => value.as_ref().is_none_or(is_nothing),
            _ => false,
        };
        if !looks || !finds || !gives_nothing || !self.fact(test).api || !self.is_outside(test) {
            return None;
        }
        let holds = self.ways.get(&test.span).copied().unwrap_or(true);
        self.assumptions.push(Assumption { span: test.span, holds, is_loop: false, of_answer: true });
        Some(self.after(if holds { body } else { rest }, controlled))
    }

    pub(super) fn after_stmt(&mut self, stmt: &Stmt, controlled: bool) -> Vec<Stmt> {
        let span = stmt.span;
        match &stmt.kind {
            StmtKind::If { test, body, orelse } => self.after_if(stmt, test, body, orelse, controlled),
            StmtKind::For { target, iter, body, orelse } => {
                let fact = self.fact(iter);
                let controlled = controlled || fact.api;
                if self.is_outside(iter) && !self.facts.is_laid_out(self.function, iter) {
                    return self.after_outside_for(stmt, target, iter, [body, orelse], controlled);
                }
                let (body, orelse) = (self.after(body, controlled), self.after(orelse, controlled));
                vec![Stmt { span, kind: StmtKind::For { target: target.clone(), iter: iter.clone(), body, orelse } }]
            }
            StmtKind::While { test, body, orelse } => {
                let fact = self.fact(test);
                if is_true(test) {
                    // What it waits for may be something outside: then nothing is left that ends it.
                    let body = self.after(body, controlled);
                    if !leaves(&body) {
                        return vec![once(span, None, body)];
                    }
                    let orelse = self.after(orelse, controlled);
                    return vec![Stmt { span, kind: StmtKind::While { test: test.clone(), body, orelse } }];
                }
                let controlled = controlled || fact.api;
                if self.is_outside(test) {
                    if self.ways.get(&test.span) == Some(&false) {
                        self.assume(test, false, true);
                        return self.after(orelse, controlled);
                    }
                    if !self.reads_data(body) {
                        self.open.push(Open { span: test.span, idle: false, mixed: false });
                    }
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

    /// Whether an expression is something outside that the answer has no part in, neither as data nor with a value that
    /// it chose.
    fn is_outside(&self, expr: &Expr) -> bool {
        let surely_unknown = self.facts.is_surely_unknown(self.function, expr);
        self.fact(expr).is_foreign() || (surely_unknown && !self.reads_chosen(expr))
    }

    fn reads_chosen(&self, expr: &Expr) -> bool {
        // What something outside says of it is outside.
        if matches!(expr.kind, ExprKind::Opaque { .. }) {
            return false;
        }
        let mut found = matches!(expr.kind, ExprKind::Name { .. }) && self.fact(expr).is_chosen();
        visit::parts(expr, &mut |part| found |= self.reads_chosen(part));
        found
    }

    /// A loop over something outside is looked at once, or not at all.
    fn after_outside_for(
        &mut self,
        stmt: &Stmt,
        target: &Target,
        iter: &Expr,
        [body, orelse]: [&Vec<Stmt>; 2],
        controlled: bool,
    ) -> Vec<Stmt> {
        if self.ways.get(&iter.span) == Some(&false) {
            self.assume(iter, false, true);
            return self.after(orelse, controlled);
        }
        if !controlled && !self.matters(body) {
            return self.give_up(iter.span, stmt);
        }
        // Not to run what looks at the answer would be no decision by it, and not to find what is looked for no value.
        if !self.reads_data(body) && !returns(body) {
            self.open.push(Open { span: iter.span, idle: false, mixed: false });
        }
        // Another API is asked for what it finds, and may find nothing; a setting that is looked for is there.
        let searches = matches!(self.focus, Focus::Values) && !self.reads_other(stmt);
        let around = std::mem::replace(&mut self.searches, searches);
        let inner = self.after(body, controlled);
        self.searches = around;
        let mut out = vec![once(stmt.span, Some(target), inner)];
        out.extend(self.after(orelse, controlled));
        out
    }

    fn reads_other(&self, stmt: &Stmt) -> bool {
        let mut found = false;
        visit::own_exprs(stmt, &mut |expr| found |= self.fact(expr).other);
        found
    }

    /// A statement in which reading something unknown shows nothing.
    fn quieted(&mut self, stmt: &Stmt) -> Stmt {
        let mut stmt = stmt.clone();
        visit::own_exprs_mut(&mut stmt, &mut |expr| {
            visit::map_expr(expr, &mut |expr| {
                if let ExprKind::Method { object, name, args, .. } = &expr.kind
                    && READING_METHODS.contains(&name.as_str())
                    // A container's own takes nothing: `mailbox.copy(number, folder)` is another's.
                    && (name != "copy" || args.is_empty())
                    && self.fact(object).is_foreign()
                    && !self.is_given_answer(object, args)
                {
                    *expr = unknown(expr.span, &format!("{}.{name}(...)", described(object)));
                }
                if self.is_chosen_outside(expr) {
                    *expr = unknown(expr.span, "what something outside chooses");
                }
                if let ExprKind::Comprehension { inner } = &mut expr.kind {
                    let tests = inner.clauses.iter_mut().flat_map(|clause| &mut clause.2);
                    tests.for_each(|test| self.assume_kept(test));
                }
            });
        });
        stmt
    }

    /// Whether a method gets something of the answer, whose object is a variable that is something outside at one time and
    /// a value of the program's own at another.
    fn is_given_answer(&self, object: &Expr, args: &[Expr]) -> bool {
        let is_own = matches!(object.kind, ExprKind::Name { .. }) && self.fact(object).known;
        is_own && args.iter().any(|arg| self.fact(arg).api)
    }

    /// Whether something outside chooses among values of the program: `count or 0`, which is something outside, too.
    fn is_chosen_outside(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::IfElse { test, body, orelse } => {
                self.is_outside(test) && !self.fact(body).api && !self.fact(orelse).api
            }
            ExprKind::Bool { values, .. } => {
                values.first().is_some_and(|first| self.is_outside(first))
                    && !values.iter().any(|value| self.fact(value).api)
            }
            _ => false,
        }
    }

    /// An item that a comprehension keeps if something outside says so is kept where that way is given.
    fn assume_kept(&mut self, test: &mut Expr) {
        if !self.is_outside(test) {
            *test = self.with_assumed_operands(test);
            return;
        }
        match self.ways.get(&test.span) {
            None => self.open.push(Open { span: test.span, idle: true, mixed: false }),
            Some(&holds) => {
                self.assume(&*test, holds, false);
                test.kind = ExprKind::Constant { value: Constant::Bool(holds) };
            }
        }
    }

    fn after_if(&mut self, stmt: &Stmt, test: &Expr, body: &[Stmt], orelse: &[Stmt], controlled: bool) -> Vec<Stmt> {
        let span = stmt.span;
        let fact = self.fact(test);
        if fact.api && is_error_check(test) {
            // A decision is about an answer; that there is none is the API's business.
            let negated = matches!(&test.kind, ExprKind::Unary { op: UnaryOp::Not, .. });
            return self.after(if negated { body } else { orelse }, controlled);
        }
        let way = self.ways.get(&test.span).copied();
        if !self.is_outside(test) {
            let partly = self.is_partly_outside(test);
            if let Some(holds) = way.filter(|_| !partly) {
                self.assume(test, holds, false);
                let body = self.after(if holds { body } else { orelse }, controlled || fact.api);
                // What is done with an item is done because of what is said of it.
                let kind = ExprKind::Builtin { name: SAID.to_owned(), args: Vec::new(), keywords: Vec::new() };
                let test = Expr { span: test.span, kind };
                return vec![Stmt { span, kind: StmtKind::If { test, body, orelse: Vec::new() } }];
            }
            let test = match way {
                Some(holds) => {
                    self.assume(test, holds, false);
                    where_unknown(test, holds)
                }
                None => self.with_assumed_operands(test),
            };
            self.partly.extend((partly && way.is_none()).then_some(test.span));
            let inner = controlled || fact.api;
            let (body, orelse) = (self.after(body, inner), self.after(orelse, inner));
            return vec![Stmt { span, kind: StmtKind::If { test, body, orelse } }];
        }
        if !controlled {
            match (exits(body), exits(orelse)) {
                // A function that looks for something among things outside and gives it finds it.
                (true, false) if self.searches && finds(body) => return self.after(body, controlled),
                (true, false) => {
                    self.pass(test, body);
                    return self.after(orelse, controlled);
                }
                (false, true) => {
                    self.pass(test, orelse);
                    return self.after(body, controlled);
                }
                _ => {}
            }
            if way.is_none() && !self.matters(body) && !self.matters(orelse) {
                return self.give_up(test.span, stmt);
            }
        }
        let holds = way.unwrap_or(true);
        self.assume(test, holds, false);
        self.after(if holds { body } else { orelse }, controlled)
    }

    /// Whether a test is of no data of the answer, but of what the function is called with: something outside in some calls,
    /// and what the program says in others.
    fn is_partly_outside(&self, test: &Expr) -> bool {
        let parameters = &self.facts.lowered().functions[self.function].parameters;
        let (mut all, mut any) = (true, false);
        visit::below(test, &mut |part| match &part.kind {
            ExprKind::Opaque { .. }
            | ExprKind::Bool { .. }
            | ExprKind::ApiOutput { .. }
            | ExprKind::OtherOutput { .. } => all = false,
            ExprKind::Name { name } => {
                let fact = self.fact(part);
                let is_parameter = parameters.iter().any(|parameter| parameter.name == *name);
                all &= !fact.data && (is_parameter || !fact.unknown);
                any |= is_parameter && fact.unknown && fact.known;
            }
            _ => {}
        });
        all && any && !self.fact(test).data
    }

    /// Notes that a test is taken not to lead to a block that returns, unless it asks whether a call came through.
    fn pass(&mut self, test: &Expr, block: &[Stmt]) {
        let returns = block.iter().any(|stmt| matches!(stmt.kind, StmtKind::Return { .. }));
        // What a function gives that looks at another API's answer is decided by that.
        let tells = !matches!(self.focus, Focus::Values) || self.fact(test).other;
        if returns && tells && !asks_status(test) {
            self.passed.push(test.span);
        }
    }

    /// A test in which operands of `and` and `or` that are something outside are replaced where their way is given:
    /// `is_person and door.is_open()`.
    fn with_assumed_operands(&mut self, test: &Expr) -> Expr {
        let ExprKind::Bool { op, values } = &test.kind else { return self.with_assumed_limit(test) };
        let operand = |cut: &mut Self, operand: &Expr| {
            let outside = cut.is_outside(operand);
            let fact = cut.fact(operand);
            if !(outside || fact.data && fact.unknown) {
                return cut.with_assumed_operands(operand);
            }
            let Some(&holds) = cut.ways.get(&operand.span) else {
                cut.open.push(Open { span: operand.span, idle: *op == BoolOp::And, mixed: !outside });
                return if outside { operand.clone() } else { cut.with_assumed_operands(operand) };
            };
            cut.assume(operand, holds, false);
            Expr { span: operand.span, kind: ExprKind::Constant { value: Constant::Bool(holds) } }
        };
        let values = values.iter().map(|value| operand(self, value)).collect();
        Expr { span: test.span, kind: ExprKind::Bool { op: *op, values } }
    }

    /// A number of the answer that is compared with a limit from outside, which a setting or a request says, is enough
    /// where that way is given.
    fn with_assumed_limit(&mut self, test: &Expr) -> Expr {
        let ExprKind::Compare { left, rest } = &test.kind else { return test.clone() };
        let [(op, right)] = rest.as_slice() else { return test.clone() };
        let orders = matches!(op, CompareOp::Lt | CompareOp::Le | CompareOp::Gt | CompareOp::Ge);
        let (left_outside, right_outside) = (self.is_outside(left), self.is_outside(right));
        let (limit, of_answer) = if right_outside { (right, &**left) } else { (&**left, right) };
        if !orders || left_outside == right_outside || !self.fact(of_answer).data || !self.is_outside(limit) {
            return test.clone();
        }
        let Some(&holds) = self.ways.get(&test.span) else {
            self.open.push(Open { span: test.span, idle: true, mixed: false });
            return test.clone();
        };
        self.assumptions.push(Assumption { span: test.span, holds, is_loop: false, of_answer: false });
        Expr { span: test.span, kind: ExprKind::Constant { value: Constant::Bool(holds) } }
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

    /// Whether a block uses data of the answer.
    fn reads_data(&self, block: &[Stmt]) -> bool {
        let mut found = false;
        visit::exprs(block, &mut |expr| found |= self.fact(expr).data);
        found
    }
}

/// Whether a value stands for nothing that was found.
fn is_nothing(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Constant { value } => matches!(value, Constant::None | Constant::Bool(false)),
        ExprKind::List { elements } | ExprKind::Tuple { elements } => elements.is_empty(),
        ExprKind::Dict { items } => items.is_empty(),
        _ => false,
    }
}

/// Whether a test asks how a request went: `response.status_code != 200`.
fn asks_status(test: &Expr) -> bool {
    let mut found = false;
    visit::below(test, &mut |expr| {
        found |= match &expr.kind {
            ExprKind::Attribute { name, .. } => matches!(name.as_str(), "status_code" | "ok" | "status"),
            ExprKind::Constant { value: Constant::Str(key) } => key == "HTTPStatusCode",
            ExprKind::Opaque { text, .. } => ["status_code", ".ok", ".status"].iter().any(|end| text.ends_with(end)),
            _ => false,
        };
    });
    found
}

/// How an unknown object is called.
pub(super) fn described(object: &Expr) -> &str {
    match &object.kind {
        ExprKind::Opaque { text, .. } => text,
        _ => visit::root(object).map_or("...", shown),
    }
}

/// Whether a value is returned anywhere in a block.
fn returns(block: &[Stmt]) -> bool {
    let mut found = false;
    visit::stmts(block, &mut |stmt| found |= matches!(stmt.kind, StmtKind::Return { value: Some(_) }));
    found
}

/// Whether a block ends by returning a value.
fn finds(block: &[Stmt]) -> bool {
    matches!(block.last(), Some(Stmt { kind: StmtKind::Return { value: Some(_) }, .. }))
}

/// Whether a loop body can leave its loop.
fn leaves(block: &[Stmt]) -> bool {
    let mut found = false;
    visit::stmts(block, &mut |stmt| {
        found |= matches!(stmt.kind, StmtKind::Break | StmtKind::Return { .. } | StmtKind::Raise { .. });
    });
    found
}

/// A test that goes this way where what it asks is not known.
fn where_unknown(test: &Expr, holds: bool) -> Expr {
    let span = test.span;
    let way = Expr { span, kind: ExprKind::Constant { value: Constant::Bool(holds) } };
    let kind = ExprKind::Builtin { name: ASSUMED.to_owned(), args: vec![test.clone(), way], keywords: Vec::new() };
    Expr { span, kind }
}
