//! Functions that make ready for storing what they are given: they take apart what is nested, call themselves on every
//! part, and put it together again, with other types of numbers (boto3 refuses `float` where it stores, and takes
//! `Decimal`).
//!
//! Nothing is decided in them by what an answer says, and which types the parts have may hang on things outside. So each
//! is lowered to what it is to a decision: it gives what it is given.

use chameleon_decision::{ComprehensionKind, Constant, Expr, ExprKind, Function, Stmt, StmtKind, Target};

/// The number that equals the one that it is made of, whatever type that is of.
const NUMBER: &str = "Decimal";

/// Lets every function that converts give what it is given.
pub(super) fn pass_on(functions: &mut [Function]) {
    for (index, function) in functions.iter_mut().enumerate() {
        let Some(value) = converted(index, function) else { continue };
        let span = function.span;
        let value = Some(Expr { span, kind: ExprKind::Name { name: value } });
        function.body = vec![Stmt { span, kind: StmtKind::Return { value } }];
    }
}

/// The parameter that a function converts, if that is all it does.
fn converted(index: usize, function: &Function) -> Option<String> {
    let parameter = function.parameters.last().filter(|parameter| parameter.default.is_none())?;
    let mut conversion = Conversion { function: index, value: &parameter.name, nests: false };
    let ends = function.body.iter().any(|stmt| matches!(stmt.kind, StmtKind::Return { .. }));
    (ends && conversion.block(&function.body) && conversion.nests).then(|| parameter.name.clone())
}

struct Conversion<'f> {
    function: usize,
    value: &'f str,
    /// Whether the function calls itself on the parts.
    nests: bool,
}

impl Conversion<'_> {
    fn block(&mut self, block: &[Stmt]) -> bool {
        block.iter().all(|stmt| self.stmt(stmt))
    }

    fn stmt(&mut self, stmt: &Stmt) -> bool {
        match &stmt.kind {
            StmtKind::If { test, body, orelse } => self.asks_type(test) && self.block(body) && self.block(orelse),
            StmtKind::Return { value: Some(value) } => self.made(value),
            StmtKind::For { target, iter, body, orelse } => self.in_place(target, iter, body) && orelse.is_empty(),
            StmtKind::Expr { value } => matches!(value.kind, ExprKind::Constant { .. }),
            _ => false,
        }
    }

    /// `isinstance(value, ...)`, `type(value) is ...`, `value is None`, and what is joined of such.
    fn asks_type(&self, test: &Expr) -> bool {
        match &test.kind {
            ExprKind::Builtin { name, args, .. } => {
                name == "isinstance" && args.first().is_some_and(|of| self.is_value(of))
            }
            ExprKind::Bool { values, .. } => values.iter().all(|value| self.asks_type(value)),
            ExprKind::Unary { value, .. } => self.asks_type(value),
            ExprKind::Compare { left, rest } => match &left.kind {
                ExprKind::Builtin { name, args, .. } => {
                    name == "type" && args.first().is_some_and(|of| self.is_value(of))
                }
                _ => self.is_value(left) && rest.iter().all(|(_, with)| is_none(with)),
            },
            _ => false,
        }
    }

    /// What the function gives: the value, the number that equals it, or its parts, each converted.
    fn made(&mut self, given: &Expr) -> bool {
        match &given.kind {
            ExprKind::Opaque { text, args, .. } => is_number(text) && args.iter().all(|arg| self.is_written(arg)),
            ExprKind::IfElse { test, body, orelse } => self.asks_type(test) && self.made(body) && self.made(orelse),
            ExprKind::Builtin { name, args, keywords } => match &args[..] {
                [parts] => {
                    matches!(name.as_str(), "list" | "tuple" | "dict") && keywords.is_empty() && self.made(parts)
                }
                _ => false,
            },
            ExprKind::Comprehension { inner } => {
                let [(target, iter, conditions)] = &inner.clauses[..] else { return false };
                let set = inner.kind == ComprehensionKind::Set;
                !set && conditions.is_empty() && self.parts(target, iter, &inner.element, inner.value.as_ref())
            }
            _ => self.is_value(given),
        }
    }

    /// Every part, or every pair, of the value in its own place.
    fn parts(&mut self, target: &Target, iter: &Expr, element: &Expr, value: Option<&Expr>) -> bool {
        match (target, value) {
            (Target::Name { name }, None) => self.is_value(iter) && self.converts(element, name),
            (Target::Tuple { elements }, Some(value)) => {
                let [Target::Name { name: key }, Target::Name { name: of }] = &elements[..] else { return false };
                let keeps = is_name(element, key) || self.converts(element, key);
                self.is_method(iter, "items") && keeps && (is_name(value, of) || self.converts(value, of))
            }
            _ => false,
        }
    }

    /// `for key in value: value[key] = convert(value[key])`, and the like.
    fn in_place(&mut self, target: &Target, iter: &Expr, body: &[Stmt]) -> bool {
        let [Stmt { kind: StmtKind::Assign { targets, value: given }, .. }] = body else { return false };
        let [Target::Subscript { object, index }] = &targets[..] else { return false };
        let (key, of) = match target {
            Target::Name { name } => (name, None),
            Target::Tuple { elements } => match &elements[..] {
                [Target::Name { name }, Target::Name { name: of }] => (name, Some(of)),
                _ => return false,
            },
            _ => return false,
        };
        let Some(part) = self.own_call(given) else { return false };
        let same = match (&part.kind, of) {
            (ExprKind::Name { name }, Some(of)) => name == of,
            (ExprKind::Subscript { object, index }, _) => self.is_value(object) && is_name(index, key),
            _ => false,
        };
        self.nests |= same;
        same && self.is_value(object) && is_name(index, key) && self.goes_through(iter)
    }

    fn goes_through(&self, iter: &Expr) -> bool {
        let of_value = |args: &[Expr]| matches!(args, [of] if self.is_value(of));
        match &iter.kind {
            ExprKind::Builtin { name, args, .. } if name == "range" => match &args[..] {
                [Expr { kind: ExprKind::Builtin { name, args, .. }, .. }] => name == "len" && of_value(args),
                _ => false,
            },
            ExprKind::Builtin { name, args, .. } => {
                let lists =
                    |arg: &Expr| self.is_value(arg) || self.is_method(arg, "items") || self.is_method(arg, "keys");
                matches!(name.as_str(), "enumerate" | "list") && matches!(&args[..], [of] if lists(of))
            }
            _ => self.is_value(iter) || self.is_method(iter, "keys") || self.is_method(iter, "items"),
        }
    }

    /// Whether an expression is a call of the function itself on this variable.
    fn converts(&mut self, expr: &Expr, variable: &str) -> bool {
        let converts = self.own_call(expr).is_some_and(|part| is_name(part, variable));
        self.nests |= converts;
        converts
    }

    /// What the function itself is called on.
    fn own_call<'e>(&self, expr: &'e Expr) -> Option<&'e Expr> {
        match &expr.kind {
            ExprKind::Call { function, args, keywords }
                if function.0 as usize == self.function && keywords.is_empty() =>
            {
                args.last()
            }
            _ => None,
        }
    }

    /// The value, or the text that it is written as.
    fn is_written(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Builtin { name, args, .. } => {
                matches!(name.as_str(), "str" | "repr") && matches!(&args[..], [of] if self.is_value(of))
            }
            _ => self.is_value(expr),
        }
    }

    fn is_value(&self, expr: &Expr) -> bool {
        is_name(expr, self.value)
    }

    fn is_method(&self, expr: &Expr, method: &str) -> bool {
        matches!(&expr.kind, ExprKind::Method { object, name, args, .. }
            if name == method && args.is_empty() && self.is_value(object))
    }
}

fn is_number(callee: &str) -> bool {
    callee.rsplit('.').next() == Some(NUMBER)
}

fn is_name(expr: &Expr, wanted: &str) -> bool {
    matches!(&expr.kind, ExprKind::Name { name } if name == wanted)
}

fn is_none(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Constant { value: Constant::None })
}
