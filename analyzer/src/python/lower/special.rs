//! Methods that Python calls by itself: `float(reading)`, `reading < other`.

use chameleon_decision::{CompareOp, Expr, ExprKind, FunctionId, UnaryOp};
use tree_sitter::Node;

use super::Lower;
use crate::python::syntax::named;

impl<'t> Lower<'_, 't> {
    /// A builtin function of an object whose class says what it gives.
    pub(super) fn special_builtin(&mut self, node: Node<'t>, name: &str, arguments: Node<'t>) -> Option<ExprKind> {
        let methods: &[&str] = match name {
            "float" => &["__float__", "__index__"],
            "int" => &["__int__", "__index__", "__trunc__"],
            "abs" => &["__abs__"],
            "len" => &["__len__"],
            "bool" => &["__bool__", "__len__"],
            "str" => &["__str__", "__repr__"],
            "repr" => &["__repr__"],
            "round" => &["__round__"],
            _ => return None,
        };
        let [object] = named(arguments)[..] else { return None };
        let value = methods.iter().find_map(|method| self.special_method(object, method, Vec::new()))?;
        if name == "bool" {
            let args = vec![self.at(node, value)];
            return Some(ExprKind::Builtin { name: name.to_owned(), args, keywords: Vec::new() });
        }
        Some(value)
    }

    /// `left op right`, where the class of one of them says how it is compared.
    pub(super) fn special_comparison(
        &mut self,
        node: Node<'t>,
        op: CompareOp,
        places: [Node<'t>; 2],
    ) -> Option<ExprKind> {
        let (own, reflected) = op.methods()?;
        let [left, right] = places;
        for (object, method, other) in [(left, own, right), (right, reflected, left)] {
            if self.has_special(object, method) {
                let other = self.expr(other);
                return self.special_method(object, method, vec![other]);
            }
        }
        if op != CompareOp::Ne {
            return None;
        }
        let same = self.special_comparison(node, CompareOp::Eq, places)?;
        Some(ExprKind::Unary { op: UnaryOp::Not, value: Box::new(self.at(node, same)) })
    }

    fn has_special(&self, object: Node<'t>, method: &str) -> bool {
        self.class_of(object).is_some_and(|class| self.project.method(class, method).is_some())
    }

    /// The call of a method of an object, where its class is known.
    fn special_method(&mut self, object: Node<'t>, method: &str, args: Vec<Expr>) -> Option<ExprKind> {
        let method = self.project.method(self.class_of(object)?, method)?;
        let call = ExprKind::Call { function: FunctionId(method as u32), args, keywords: Vec::new() };
        if !self.is_made_here(object) {
            return Some(call);
        }
        let (made, call) = (self.expr(object), self.at(object, call));
        Some(self.second(object, made, call))
    }
}
