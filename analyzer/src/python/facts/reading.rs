//! What reading an expression depends on.

use chameleon_decision::{Constant, Expr, ExprKind, Shape, makes_object};

use super::{Fact, Facts};
use crate::python::lower::{OBJECT, RECORD};
use crate::python::visit;

/// Attributes that answers have besides their fields.
const ANSWER_EXTRAS: [&str; 10] =
    ["error", "message", "code", "details", "responses", "name", "value", "text", "content", "data"];

impl Facts<'_> {
    /// What an expression depends on.
    pub(in crate::python) fn expr(&self, function: usize, expr: &Expr) -> Fact {
        let mut fact = match &expr.kind {
            ExprKind::Name { name } => return self.variable(function, name),
            // Arguments reach the result of an own function through its parameters, or not at all.
            ExprKind::Call { function, .. } => return self.result(function.0 as usize),
            ExprKind::ApiOutput { .. } if self.site.span == expr.span => Fact::API,
            ExprKind::ApiOutput { .. } if self.is_input(expr) => Fact::INPUT,
            ExprKind::ApiOutput { .. } => Fact::OTHER,
            ExprKind::Opaque { .. } => Fact::UNKNOWN,
            ExprKind::CallValue { .. } => self.escaped,
            ExprKind::Builtin { name, .. } if name == RECORD || name == OBJECT => {
                Fact { object: true, ..Fact::default() }
            }
            ExprKind::Attribute { object, name } if self.is_beyond(function, object, name) => {
                return if self.is_beside(name) { Fact::INPUT } else { Fact::OTHER };
            }
            _ => Fact::default(),
        };
        for &callee in self.lowered.methods_of(expr) {
            fact |= self.result(callee);
        }
        let is_handed_on = matches!(&expr.kind, ExprKind::Builtin { name, .. } if name != RECORD && name != OBJECT)
            || matches!(&expr.kind, ExprKind::Method { .. } | ExprKind::Opaque { .. });
        visit::parts(expr, &mut |part| {
            fact |= match &part.kind {
                // What is called is told by what it gives.
                ExprKind::FunctionValue { function } if is_handed_on => self.result(function.0 as usize),
                _ => self.expr(function, part),
            };
        });
        // What something outside makes of the answer is no longer its data.
        fact.data &= match &expr.kind {
            // But an object holds it, to be read again.
            ExprKind::Opaque { .. } => self.holds_data(function, expr),
            ExprKind::Method { object, .. } => !self.lacks_value(function, object),
            _ => true,
        };
        fact.known = !self.lacks_value(function, expr);
        fact
    }

    /// Whether an expression makes an object that is given data of the answer by name.
    pub(super) fn holds_data(&self, function: usize, expr: &Expr) -> bool {
        let ExprKind::Opaque { text, args, names, .. } = &expr.kind else { return false };
        let named = args.iter().rev().take(names.len());
        makes_object(text, names) && named.into_iter().any(|arg| self.expr(function, arg).data)
    }

    pub(super) fn is_input(&self, call: &Expr) -> bool {
        self.inputs.iter().any(|input| input.span == call.span)
    }

    /// Whether an attribute of the answer is a part of it that the API's shape does not tell of, such as what was asked
    /// for along with it.
    pub(super) fn is_beyond(&self, function: usize, object: &Expr, name: &str) -> bool {
        let name = name.trim_end_matches('_');
        !ANSWER_EXTRAS.contains(&name)
            && !has_field(&self.site.api.answer, name)
            && self.is_rooted_in_data(function, object)
    }

    /// Whether a part of the answer was asked for along with it, and is an input.
    pub(super) fn is_beside(&self, name: &str) -> bool {
        let beside = self.inputs.iter().filter(|input| input.span == self.site.span);
        beside.into_iter().any(|input| has_field(&input.api.answer, name.trim_end_matches('_')))
    }

    /// Whether what an expression begins with holds data of the answer.
    pub(super) fn is_rooted_in_data(&self, function: usize, expr: &Expr) -> bool {
        let mut at = expr;
        loop {
            at = match &at.kind {
                ExprKind::Attribute { object, .. }
                | ExprKind::Subscript { object, .. }
                | ExprKind::Slice { object, .. } => object,
                ExprKind::Name { name } => return self.variable(function, name).is_answer(),
                ExprKind::Call { function, .. } => return self.result(function.0 as usize).is_answer(),
                ExprKind::ApiOutput { .. } => return self.site.span == at.span,
                _ => return false,
            };
        }
    }

    /// Whether an expression is unknown however the program got to it, and not for what the answer holds.
    pub(in crate::python) fn is_surely_unknown(&self, function: usize, expr: &Expr) -> bool {
        let fact = self.expr(function, expr);
        fact.unknown && !fact.data && self.lacks_value(function, expr)
    }

    pub(super) fn lacks_value(&self, function: usize, expr: &Expr) -> bool {
        let lacks = |expr: &Expr| self.lacks_value(function, expr);
        match &expr.kind {
            ExprKind::Name { .. } | ExprKind::Call { .. } => !self.expr(function, expr).known,
            ExprKind::Attribute { object, name } if self.is_beyond(function, object, name) => !self.is_beside(name),
            ExprKind::Opaque { .. } => !self.holds_data(function, expr),
            ExprKind::ApiOutput { .. } => self.site.span != expr.span && !self.is_input(expr),
            ExprKind::Bool { values, .. } => values.iter().all(lacks),
            ExprKind::Subscript { object, index } if picked(object, index).is_some() => {
                picked(object, index).is_some_and(lacks)
            }
            ExprKind::Attribute { object, .. }
            | ExprKind::Subscript { object, .. }
            | ExprKind::Slice { object, .. }
            | ExprKind::Method { object, .. } => lacks(object),
            ExprKind::Unary { value, .. } => lacks(value),
            ExprKind::Binary { left, right, .. } => lacks(left) || lacks(right),
            ExprKind::Compare { left, rest } => lacks(left) || rest.iter().any(|(_, right)| lacks(right)),
            ExprKind::Builtin { args, .. } => args.iter().any(lacks),
            // What the answer is for each of many things outside is looked at for one of them.
            ExprKind::Comprehension { inner } => {
                let made = std::iter::once(&inner.element).chain(&inner.value);
                inner.clauses.first().is_some_and(|(_, iter, _)| lacks(iter))
                    && !made.into_iter().any(|part| self.expr(function, part).data)
            }
            _ => false,
        }
    }
}

/// Whether a shape has a field of this name anywhere.
fn has_field(shape: &Shape, name: &str) -> bool {
    match shape {
        Shape::Record(fields) => fields.iter().any(|(field, inner)| field == name || has_field(inner, name)),
        Shape::List(item) | Shape::NonEmpty(item) | Shape::Single(item) => has_field(item, name),
        _ => false,
    }
}

/// What another API answers, beside the request that shows.
fn picked<'e>(object: &'e Expr, index: &Expr) -> Option<&'e Expr> {
    let (ExprKind::Tuple { elements }, ExprKind::Constant { value: Constant::Int(1) }) = (&object.kind, &index.kind)
    else {
        return None;
    };
    match &elements[..] {
        [_, answer @ Expr { kind: ExprKind::ApiOutput { .. }, .. }] => Some(answer),
        _ => None,
    }
}
