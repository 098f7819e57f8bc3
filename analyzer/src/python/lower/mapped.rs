//! A function of the application's own that is called once for every item of something: `map(rate, texts)`,
//! `pool.map(rate, texts)`, `table["text"].apply(rate)`. It is a comprehension, so that it is followed like any other call.

use chameleon_decision::{Comprehension, ComprehensionKind, Expr, ExprKind, FunctionId, Target};
use tree_sitter::Node;

use super::Lower;
use crate::python::project::Referent;
use crate::python::syntax::{field, named};

/// What the item is called.
const ITEM: &str = "<item>";

impl<'t> Lower<'_, 't> {
    /// Lowers a call that applies a function to every item.
    pub(super) fn mapped(&mut self, node: Node<'t>, callee: Node<'t>, arguments: Node<'t>) -> Option<ExprKind> {
        if self.parsed.text(callee) == "map" && matches!(self.referent(callee), Some(Referent::Free(_))) {
            let [work, items] = named(arguments)[..] else { return None };
            // Python 2 makes the whole list at once.
            let is_list = self.parsed.is_python_two();
            let kind = if is_list { ComprehensionKind::List } else { ComprehensionKind::Generator };
            return self.of_each(node, work, kind, |lower| lower.expr(items));
        }
        let (object, name) = (field(callee, "object")?, field(callee, "attribute")?);
        if self.own_method(callee).is_some() || matches!(self.referent(callee), Some(Referent::Function(_))) {
            return None;
        }
        let given = named(arguments);
        match (self.parsed.text(name), &given[..]) {
            ("map" | "imap", &[work, items]) if items.kind() != "keyword_argument" => {
                self.of_each(node, work, ComprehensionKind::List, |lower| lower.expr(items))
            }
            ("apply" | "map", &[work]) => {
                let column = self.of_each(node, work, ComprehensionKind::List, |lower| lower.expr(object))?;
                Some(self.column(node, column))
            }
            // A row of a table is none of its columns.
            ("apply", &[work, axis]) if axis.kind() == "keyword_argument" => {
                let rows = |lower: &mut Self| lower.opaque_expr(object, "it is a row of a table");
                let column = self.of_each(node, work, ComprehensionKind::List, rows)?;
                Some(self.column(node, column))
            }
            _ => None,
        }
    }

    fn column(&self, node: Node<'t>, items: ExprKind) -> ExprKind {
        let args = vec![self.at(node, items)];
        ExprKind::Builtin { name: "pandas.Series".to_owned(), args, keywords: Vec::new() }
    }

    fn of_each(
        &mut self,
        node: Node<'t>,
        work: Node<'t>,
        kind: ComprehensionKind,
        items: impl FnOnce(&mut Self) -> Expr,
    ) -> Option<ExprKind> {
        let (name, element) = match self.own_function(work) {
            Some(function) => {
                let item = self.at(node, ExprKind::Name { name: ITEM.to_owned() });
                let function = FunctionId(function as u32);
                (ITEM.to_owned(), self.at(node, ExprKind::Call { function, args: vec![item], keywords: Vec::new() }))
            }
            None if work.kind() == "lambda" => match self.expr(work).kind {
                ExprKind::Lambda { parameters, body } => match &parameters[..] {
                    [one] if one.default.is_none() && !one.name.starts_with('*') => (one.name.clone(), *body),
                    _ => return None,
                },
                _ => return None,
            },
            None => return None,
        };
        let clauses = vec![(Target::Name { name }, items(self), Vec::new())];
        Some(ExprKind::Comprehension { inner: Box::new(Comprehension { kind, element, value: None, clauses }) })
    }

    /// The application's own function or method that an expression is.
    pub(super) fn own_function(&self, work: Node<'t>) -> Option<usize> {
        match self.referent(work) {
            Some(Referent::Function(function)) => Some(function),
            _ => self.own_method(work),
        }
    }
}
