//! Statements.

use chameleon_decision::{
    BoolOp, Constant, Expr, ExprKind, FunctionId, Keyword, Span, Stmt, StmtKind, Target, UnaryOp,
};
use tree_sitter::Node;

use super::Lower;
use super::expr::{binary_op, constant};
use crate::python::syntax::{field, fields, named};

type Arm = (Span, Expr, Vec<Stmt>);

/// Longer `elif` ladders are written without nesting.
const LONG_LADDER: usize = 12;

impl<'t> Lower<'_, 't> {
    /// The statements of a block, or of a whole module.
    pub(super) fn block(&mut self, node: Node<'t>) -> Vec<Stmt> {
        named(node).into_iter().flat_map(|statement| self.statement(statement)).collect()
    }

    /// One statement may become several (a `with`), or none (an import).
    fn statement(&mut self, node: Node<'t>) -> Vec<Stmt> {
        self.nested(node, Self::statement_inner).unwrap_or_default()
    }

    fn statement_inner(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let kind = match node.kind() {
            "expression_statement" => return self.expression_statement(node),
            "if_statement" => return self.if_statement(node),
            "for_statement" => return self.for_statement(node),
            "while_statement" => return self.while_statement(node),
            "try_statement" => return self.try_statement(node),
            "with_statement" => return self.with_statement(node),
            "match_statement" => return self.match_statement(node),
            "class_definition" => return self.class_statement(node),
            "decorated_definition" => return field(node, "definition").map(|d| self.statement(d)).unwrap_or_default(),
            "assert_statement" => return self.assert_statement(node),
            "delete_statement" => return self.delete_statement(node),
            "print_statement" => self.print_statement(node),
            "return_statement" => match self.returned_abort(node) {
                Some(raise) => raise,
                None => self.return_statement(node),
            },
            "raise_statement" => self.raise_statement(node),
            "break_statement" => StmtKind::Break,
            "continue_statement" => StmtKind::Continue,
            // `async` and broken regions hold statements of their own.
            "ERROR" => return self.salvage(node),
            "exec_statement" => {
                self.problem(node, "code in strings is not followed".to_owned());
                return Vec::new();
            }
            // Imports, scopes and `pass` leave no code; functions are lowered on their own.
            _ => return Vec::new(),
        };
        vec![Stmt { span: self.parsed.span(node), kind }]
    }

    fn salvage(&mut self, node: Node<'t>) -> Vec<Stmt> {
        named(node)
            .into_iter()
            .filter(|child| child.kind().ends_with("_statement"))
            .flat_map(|s| self.statement(s))
            .collect()
    }

    fn body(&mut self, node: Node<'t>, name: &str) -> Vec<Stmt> {
        field(node, name).map(|body| self.block(body)).unwrap_or_default()
    }

    fn expression_statement(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let span = self.parsed.span(node);
        let parts = named(node);
        let [inner] = parts[..] else {
            return parts.into_iter().map(|part| self.effect(part)).collect();
        };
        match inner.kind() {
            "assignment" => self.assignment(inner).into_iter().map(|kind| Stmt { span, kind }).collect(),
            "augmented_assignment" => self.augmented(inner).into_iter().map(|kind| Stmt { span, kind }).collect(),
            "yield" => vec![Stmt { span, kind: self.yield_statement(inner) }],
            // A docstring, or a bare constant.
            "string" | "concatenated_string" | "ellipsis" | "integer" | "identifier" => Vec::new(),
            _ => match self.abort(inner) {
                Some(kind) => vec![Stmt { span, kind }],
                None => vec![self.effect(inner)],
            },
        }
    }

    fn effect(&mut self, node: Node<'t>) -> Stmt {
        let span = self.parsed.span(node);
        Stmt { span, kind: StmtKind::Expr { value: self.expr(node) } }
    }

    fn assignment(&mut self, node: Node<'t>) -> Option<StmtKind> {
        let mut targets = Vec::new();
        let mut at = node;
        loop {
            targets.push(field(at, "left")?);
            at = field(at, "right")?;
            if at.kind() != "assignment" {
                break;
            }
        }
        let value =
            if at.kind() == "yield" { self.opaque_expr(at, "what is sent to a generator") } else { self.expr(at) };
        if let [target] = targets[..]
            && let Some(setter) = self.setter(target)
        {
            let function = FunctionId(setter as u32);
            let call = ExprKind::Call { function, args: vec![value], keywords: Vec::new() };
            return Some(StmtKind::Expr { value: self.at(node, call) });
        }
        let value = self.member(targets.last().copied().filter(|_| targets.len() == 1), at, value);
        Some(StmtKind::Assign { targets: targets.into_iter().map(|target| self.target(target)).collect(), value })
    }

    /// What a class does where one of its properties is set.
    fn setter(&self, target: Node<'t>) -> Option<usize> {
        let (object, name) = (field(target, "object")?, field(target, "attribute")?);
        self.project.method(self.class_of(object)?, &format!("{}.setter", self.parsed.text(name)))
    }

    fn augmented(&mut self, node: Node<'t>) -> Option<StmtKind> {
        let target = self.target(field(node, "left")?);
        let value = self.expr(field(node, "right")?);
        let operator = field(node, "operator")?.kind();
        Some(match binary_op(operator.trim_end_matches('=')) {
            Some(op) => StmtKind::AugAssign { target, op, value },
            None => StmtKind::Assign {
                targets: vec![target],
                value: self.opaque_expr(node, "this operator is not supported"),
            },
        })
    }

    fn if_statement(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let alternatives = fields(node, "alternative");
        let long = alternatives.len() > LONG_LADDER;
        // Each `elif` nests one deeper in what comes out.
        let depth = self.depth;
        self.depth += if long { 1 } else { alternatives.len() as u32 };
        let mut arms: Vec<_> = self.arm(node).into_iter().collect();
        let mut orelse = Vec::new();
        for alternative in alternatives {
            if alternative.kind() == "else_clause" {
                orelse = self.body(alternative, "body");
            } else {
                arms.extend(self.arm(alternative));
            }
        }
        self.depth = depth;
        if long {
            return flat_ladder(self.parsed.span(node), arms, orelse);
        }
        for (span, test, body) in arms.into_iter().rev() {
            orelse = vec![Stmt { span, kind: StmtKind::If { test, body, orelse } }];
        }
        orelse
    }

    fn arm(&mut self, node: Node<'t>) -> Option<Arm> {
        let test = self.expr(field(node, "condition")?);
        Some((self.parsed.span(node), test, self.body(node, "consequence")))
    }

    fn for_statement(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let (Some(left), Some(right)) = (field(node, "left"), field(node, "right")) else { return Vec::new() };
        let iter = self.expr(right);
        let target = self.target(left);
        let body = self.body(node, "body");
        let orelse = self.loop_else(node);
        vec![Stmt { span: self.parsed.span(node), kind: StmtKind::For { target, iter, body, orelse } }]
    }

    fn while_statement(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let Some(test) = field(node, "condition") else { return Vec::new() };
        let test = self.expr(test);
        let body = self.body(node, "body");
        let orelse = self.loop_else(node);
        vec![Stmt { span: self.parsed.span(node), kind: StmtKind::While { test, body, orelse } }]
    }

    fn loop_else(&mut self, node: Node<'t>) -> Vec<Stmt> {
        field(node, "alternative").map(|clause| self.body(clause, "body")).unwrap_or_default()
    }

    fn try_statement(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let body = self.body(node, "body");
        let (mut handlers, mut orelse, mut finally) = (Vec::new(), Vec::new(), Vec::new());
        for clause in named(node) {
            match clause.kind() {
                "except_clause" => handlers.push(self.handler(clause)),
                "else_clause" => orelse = self.body(clause, "body"),
                "finally_clause" => finally = named(clause).last().map(|b| self.block(*b)).unwrap_or_default(),
                _ => {}
            }
        }
        vec![Stmt { span: self.parsed.span(node), kind: StmtKind::Try { body, handlers, orelse, finally } }]
    }

    /// The body runs in place; what `as` binds is whatever the expression gives.
    fn with_statement(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let mut statements = Vec::new();
        let items = named(node).into_iter().filter(|child| child.kind() == "with_clause").flat_map(named);
        for item in items {
            let Some(value) = field(item, "value") else { continue };
            let span = self.parsed.span(value);
            match (value.kind(), field(value, "alias"), named(value).first().copied()) {
                ("as_pattern", Some(alias), Some(inner)) => {
                    let value = self.expr(inner);
                    let targets = vec![self.target(alias)];
                    statements.push(Stmt { span, kind: StmtKind::Assign { targets, value } });
                }
                _ => statements.push(Stmt { span, kind: StmtKind::Expr { value: self.expr(value) } }),
            }
        }
        statements.extend(self.body(node, "body"));
        statements
    }

    fn class_statement(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let Some(body) = field(node, "body") else { return Vec::new() };
        let class = self.project.classes.iter().position(|class| class.body == body);
        let outer = std::mem::replace(&mut self.class_body, class);
        let statements = self.block(body);
        self.class_body = outer;
        statements
    }

    fn assert_statement(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let Some(test) = named(node).first().copied() else { return Vec::new() };
        let span = self.parsed.span(node);
        let value = Box::new(self.expr(test));
        let test = Expr { span: value.span, kind: ExprKind::Unary { op: UnaryOp::Not, value } };
        let (exception, keywords) = ("AssertionError".to_owned(), Vec::new());
        let args = named(node).get(1).map(|message| self.expr(*message)).into_iter().collect();
        let raise = Stmt { span, kind: StmtKind::Raise { exception, args, keywords } };
        vec![Stmt { span, kind: StmtKind::If { test, body: vec![raise], orelse: Vec::new() } }]
    }

    /// `del container[key]` is `container.pop(key)`, `del container[:]` is `container.clear()`; a deleted name is never read
    /// again.
    fn delete_statement(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let mut statements = Vec::new();
        let is_list =
            |target: &Node<'t>| matches!(target.kind(), "expression_list" | "tuple" | "parenthesized_expression");
        let targets =
            named(node).into_iter().flat_map(|target| if is_list(&target) { named(target) } else { vec![target] });
        for target in targets {
            let (method, args) = match (field(target, "value"), field(target, "subscript")) {
                (Some(_), Some(index)) if index.kind() != "slice" => ("pop", vec![self.expr(index)]),
                (Some(_), Some(all)) if named(all).is_empty() => ("clear", Vec::new()),
                _ if target.kind() == "identifier" => continue,
                _ => {
                    self.problem(target, format!("deleting `{}` is not supported", self.shown(target)));
                    continue;
                }
            };
            let Some(object) = field(target, "value") else { continue };
            let object = Box::new(self.expr(object));
            let kind = ExprKind::Method { object, name: method.to_owned(), args, keywords: Vec::new() };
            let value = self.at(target, kind);
            statements.push(Stmt { span: value.span, kind: StmtKind::Expr { value } });
        }
        statements
    }

    /// Python 2's `print a, b`; a `print (a)` parses the same way.
    fn print_statement(&mut self, node: Node<'t>) -> StmtKind {
        let args = fields(node, "argument").into_iter().map(|argument| self.expr(argument)).collect();
        let kind = ExprKind::Builtin { name: "print".to_owned(), args, keywords: Vec::<Keyword>::new() };
        StmtKind::Expr { value: self.at(node, kind) }
    }
}

/// `if a: ... elif b: ... else: ...` as `open = True`, `if open and a: open = False ...`, and so on.
fn flat_ladder(span: Span, arms: Vec<Arm>, orelse: Vec<Stmt>) -> Vec<Stmt> {
    let name = format!("<ladder {}.{}>", span.line, span.column);
    let open = |span| Expr { span, kind: ExprKind::Name { name: name.clone() } };
    let set = |span, value| {
        let targets = vec![Target::Name { name: name.clone() }];
        let value = Expr { span, kind: constant(Constant::Bool(value)) };
        Stmt { span, kind: StmtKind::Assign { targets, value } }
    };
    let mut out = vec![set(span, true)];
    for (span, test, mut body) in arms {
        body.insert(0, set(span, false));
        let place = test.span;
        let kind = ExprKind::Bool { op: BoolOp::And, values: vec![open(place), test] };
        let test = Expr { span: place, kind };
        out.push(Stmt { span, kind: StmtKind::If { test, body, orelse: Vec::new() } });
    }
    out.push(Stmt { span, kind: StmtKind::If { test: open(span), body: orelse, orelse: Vec::new() } });
    out
}
