//! Assignments that expressions make: parameters of what they call, and objects that methods change.

use chameleon_decision::{Expr, ExprKind, Parameter};

use super::{Fact, Facts};
use crate::python::{fills, visit};

impl<'a> Facts<'a> {
    /// Assignments that expressions make: comprehension variables, walruses, changed receivers, arguments.
    pub(super) fn bind_inside(&mut self, function: usize, expr: &'a Expr, control: Fact) {
        visit::below(expr, &mut |expr| match &expr.kind {
            ExprKind::Comprehension { inner } => {
                for (target, iter, _) in &inner.clauses {
                    self.assign_items(function, target, iter, Fact::default());
                }
            }
            ExprKind::Walrus { name, value } => {
                let fact = self.expr(function, value) | control;
                self.set(function, name, fact);
            }
            ExprKind::Method { object, args, keywords, .. } => {
                self.methods(function, expr, control);
                let mut fact = control;
                for arg in args.iter().chain(keywords.iter().map(|keyword| &keyword.value)) {
                    fact |= self.expr(function, arg);
                }
                // Reading an unknown object's method leaves a known one alone: `name.lower()` changes nothing.
                if fact != Fact::default() && visit::written_by(expr) {
                    self.touch(function, object, fact);
                }
            }
            // Whoever else calls what leads to the API call is no part of the slice.
            ExprKind::Call { function: callee, .. }
                if self.chain.contains(&(callee.0 as usize)) && !self.reached.contains(&function) => {}
            ExprKind::Call { function: callee, args, keywords } => {
                self.arguments(function, callee.0 as usize, &args.iter().collect::<Vec<_>>(), control);
                self.fill(function, expr);
                for keyword in keywords {
                    let fact = chosen(self.expr(function, &keyword.value), control);
                    self.set(callee.0 as usize, &keyword.name, fact);
                }
            }
            ExprKind::Builtin { name, args, .. } if matches!(name.as_str(), "map" | "filter") => {
                let Some((called, given)) = args.split_first() else { return };
                let ExprKind::Lambda { parameters, .. } = &called.kind else { return };
                for (parameter, items) in parameters.iter().zip(given) {
                    let fact = self.expr(function, items);
                    self.set(function, plain(parameter), fact);
                }
            }
            ExprKind::Attribute { .. } => self.methods(function, expr, control),
            ExprKind::CallValue { args, .. } => {
                // Which function it is is not tracked: all lambdas and function values may get these.
                let fact = args.iter().fold(Fact::default(), |fact, arg| fact | self.expr(function, arg));
                if fact != Fact::default() {
                    self.hand_to_lambdas(function, fact);
                    for callee in self.escaping.clone() {
                        for parameter in &self.functions[callee].parameters {
                            self.set(callee, plain(parameter), fact);
                        }
                    }
                }
            }
            _ => {}
        });
    }

    /// What is called by its value may be any lambda of the function.
    pub(super) fn hand_to_lambdas(&mut self, function: usize, fact: Fact) {
        let mut names = Vec::new();
        visit::exprs(&self.functions[function].body, &mut |expr| {
            if let ExprKind::Lambda { parameters, .. } = &expr.kind {
                names.extend(parameters.iter().map(|parameter| plain(parameter).to_owned()));
            }
        });
        for name in names {
            self.set(function, &name, fact);
        }
    }

    /// A call of an object's method: it may be that of any class, which is handed the object first.
    pub(super) fn methods(&mut self, function: usize, expr: &'a Expr, control: Fact) {
        let lowered = self.lowered;
        let (object, args, keywords) = match &expr.kind {
            ExprKind::Method { object, args, keywords, .. } => (object, args.as_slice(), keywords.as_slice()),
            ExprKind::Attribute { object, .. } => (object, &[][..], &[][..]),
            _ => return,
        };
        for &callee in lowered.methods_of(expr) {
            let args: Vec<&Expr> = std::iter::once(&**object).chain(args).collect();
            self.arguments(function, callee, &args, control);
            self.fill(function, expr);
            for keyword in keywords {
                let fact = chosen(self.expr(function, &keyword.value), control);
                self.set(callee, &keyword.name, fact);
            }
        }
    }

    /// What a call puts into what it is given.
    pub(super) fn fill(&mut self, function: usize, expr: &Expr) {
        let lowered = self.lowered;
        for (callee, args) in fills::handed(lowered, expr) {
            for place in &lowered.filled[callee] {
                let parameter = self.functions[callee].parameters.get(*place);
                if let (Some(parameter), Some(root)) = (parameter, args.get(*place).and_then(|arg| visit::root(arg))) {
                    let fact = self.variable(callee, plain(parameter));
                    self.set(function, root, fact);
                }
            }
        }
    }

    pub(super) fn arguments(&mut self, function: usize, callee: usize, args: &[&'a Expr], control: Fact) {
        let parameters = &self.functions[callee].parameters;
        let mut spread = Fact::default();
        for (at, arg) in args.iter().enumerate() {
            let fact = chosen(self.expr(function, arg), control);
            match (&arg.kind, parameters.get(at)) {
                (ExprKind::Starred { .. }, _) => spread |= fact,
                (_, Some(parameter)) => self.set(callee, plain(parameter), fact),
                (_, None) => {
                    if let Some(last) = parameters.last() {
                        self.set(callee, plain(last), fact);
                    }
                }
            }
        }
        if spread != Fact::default() {
            for parameter in parameters {
                self.set(callee, plain(parameter), spread);
            }
        }
    }
}

/// An argument of a call that is made under a condition: a value of the program's own is chosen by it.
fn chosen(argument: Fact, control: Fact) -> Fact {
    if argument.unknown { argument } else { argument | control }
}

/// A parameter's name as the body reads it.
pub(super) fn plain(parameter: &Parameter) -> &str {
    parameter.name.trim_start_matches('*')
}
