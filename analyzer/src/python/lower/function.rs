//! Functions, their parameters, and lambdas.

use chameleon_decision::{Expr, ExprKind, Function, Parameter, Stmt, StmtKind, Target};
use tree_sitter::Node;

use super::{Lower, loop_variables};
use crate::python::project::parameter_name;
use crate::python::syntax::{field, named};
use crate::python::visit;

/// The variable that collects what a generator yields: a generator is read as a function that returns the list.
const YIELDED: &str = "<yielded>";

impl<'t> Lower<'_, 't> {
    /// The function this lowering is for.
    pub(super) fn function(&mut self) -> Function {
        let function = &self.project.functions[self.function];
        let (name, node, body) = (function.name.clone(), function.node, function.body);
        let span = self.parsed.span(node.unwrap_or(body));
        let parameters = node.and_then(|node| field(node, "parameters"));
        let mut parameters = parameters.map(|list| self.parameters(list)).unwrap_or_default();
        let is_handed_object = self.is_handed_object();
        if function.receiver.is_some() && !parameters.is_empty() && !is_handed_object {
            parameters.remove(0);
        }
        let others = parameters.iter_mut().skip(usize::from(is_handed_object));
        for parameter in others.filter(|p| p.default.is_none() && !p.name.starts_with('*')) {
            parameter.default = self.handed(&parameter.name).or_else(|| self.clicked(node?, &parameter.name));
        }
        let mut statements = self.shared_parameters(&parameters, span);
        let yields = function.scope.yields && node.is_some();
        if yields {
            statements.push(assign(span, YIELDED, ExprKind::List { elements: Vec::new() }));
        }
        statements.extend(self.block(body));
        if yields {
            statements.push(Stmt { span, kind: StmtKind::Return { value: Some(yielded(span)) } });
        }
        if let Some(object) = self.made_object() {
            statements.push(Stmt { span, kind: StmtKind::Return { value: Some(Expr { span, kind: object }) } });
        }
        let mut function = Function { name, parameters, body: statements, span };
        loop_variables::set_apart(&mut function);
        function
    }

    /// Parameters that nested functions read live in the shared variable too.
    fn shared_parameters(&self, parameters: &[Parameter], span: chameleon_decision::Span) -> Vec<Stmt> {
        let captured = &self.project.functions[self.function].scope.captured;
        parameters
            .iter()
            .map(|parameter| parameter.name.trim_start_matches('*'))
            .filter(|name| captured.contains(*name))
            .map(|name| assign(span, &self.cell_name(self.function, name), ExprKind::Name { name: name.to_owned() }))
            .collect()
    }

    /// Parameters of a function or lambda; `*args` and `**named` keep their stars.
    pub(super) fn parameters(&mut self, list: Node<'t>) -> Vec<Parameter> {
        named(list).into_iter().filter_map(|node| self.parameter(node)).collect()
    }

    fn parameter(&mut self, node: Node<'t>) -> Option<Parameter> {
        let name = parameter_name(self.parsed, node)?;
        let inner = if node.kind() == "typed_parameter" { *named(node).first()? } else { node };
        Some(match inner.kind() {
            "list_splat_pattern" => Parameter { name: format!("*{name}"), default: None },
            "dictionary_splat_pattern" => Parameter { name: format!("**{name}"), default: None },
            _ => Parameter { name, default: field(inner, "value").map(|value| self.default(value)) },
        })
    }

    /// Defaults are evaluated in the scope around the function.
    fn default(&mut self, value: Node<'t>) -> Expr {
        let function = self.function;
        let parent = self.project.functions[function].parent;
        self.function = parent.unwrap_or(function);
        let mut default = self.declared(value).unwrap_or_else(|| self.expr(value));
        self.function = function;
        // They are evaluated once, when the function is defined: nothing that a call of it does.
        visit::map_expr(&mut default, &mut |expr| {
            if let ExprKind::Opaque { call, .. } = &mut expr.kind {
                *call = false;
            }
        });
        default
    }

    /// `lambda x: ...`.
    pub(super) fn lambda(&mut self, node: Node<'t>) -> ExprKind {
        let mut parameters = field(node, "parameters").map(|list| self.parameters(list)).unwrap_or_default();
        let Some(body) = field(node, "body") else { return self.opaque(node, "this lambda has no body") };
        let names = parameters.iter().map(|parameter| parameter.name.trim_start_matches('*').to_owned()).collect();
        self.binding(names, |lower| {
            for parameter in &mut parameters {
                // Lambdas count to the scope around them, so the body reads the name that scope gives.
                parameter.name = lower.variable(&parameter.name);
            }
            ExprKind::Lambda { parameters, body: Box::new(lower.expr(body)) }
        })
    }

    /// `return value`; in a generator, what was yielded so far.
    pub(super) fn return_statement(&mut self, node: Node<'t>) -> StmtKind {
        if self.project.functions[self.function].scope.yields {
            return StmtKind::Return { value: Some(yielded(self.parsed.span(node))) };
        }
        if let Some(object) = self.made_object() {
            return StmtKind::Return { value: Some(self.at(node, object)) };
        }
        StmtKind::Return { value: named(node).first().map(|value| self.expr(*value)) }
    }

    /// `yield value` and `yield from values`.
    pub(super) fn yield_statement(&mut self, node: Node<'t>) -> StmtKind {
        let span = self.parsed.span(node);
        let from = self.parsed.text(node).trim_start_matches("yield").trim_start().starts_with("from ");
        let value = match named(node).first() {
            Some(value) => self.expr(*value),
            None => Expr { span, kind: ExprKind::Constant { value: chameleon_decision::Constant::None } },
        };
        let object = Box::new(yielded(span));
        let name = if from { "extend" } else { "append" }.to_owned();
        let kind = ExprKind::Method { object, name, args: vec![value], keywords: Vec::new() };
        StmtKind::Expr { value: Expr { span, kind } }
    }
}

fn yielded(span: chameleon_decision::Span) -> Expr {
    Expr { span, kind: ExprKind::Name { name: YIELDED.to_owned() } }
}

fn assign(span: chameleon_decision::Span, name: &str, value: ExprKind) -> Stmt {
    let targets = vec![Target::Name { name: name.to_owned() }];
    Stmt { span, kind: StmtKind::Assign { targets, value: Expr { span, kind: value } } }
}
