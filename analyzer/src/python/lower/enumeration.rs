//! The application's own enumerations: classes that extend `enum.Enum`, whose variables are members with a name and a
//! value.

use chameleon_decision::{Constant, Expr, ExprKind};
use tree_sitter::Node;

use super::Lower;
use super::expr::constant;
use crate::python::project::Class;
use crate::python::syntax::{field, named};

/// The builtin that makes a member of its class, its name, its value, whether it is a text, and whether it is a flag.
const MEMBER: &str = "<member>";
/// The builtin that gives the member with a value, the first argument, of those after it.
const MEMBER_OF: &str = "<member of>";
/// As that, with a name.
const MEMBER_NAMED: &str = "<member named>";

impl<'t> Lower<'_, 't> {
    /// What is assigned to a variable, which is a member where it stands in the body of an enumeration.
    pub(super) fn member(&mut self, target: Option<Node<'t>>, right: Node<'t>, value: Expr) -> Expr {
        let own = self.class_body.map(|class| &self.project.classes[class]);
        let value = match value.kind {
            // A value, and what people call it.
            ExprKind::Tuple { mut elements } if own.is_some_and(Class::is_of_choices) && elements.len() == 2 => {
                elements.remove(0)
            }
            kind => Expr { span: value.span, kind },
        };
        let (Some(class), Some(name)) = (self.class_body, target.filter(|target| target.kind() == "identifier")) else {
            return value;
        };
        let name = self.parsed.text(name);
        let own = &self.project.classes[class];
        if own.is_of_numbers() {
            return self.numbered(class, name, right).unwrap_or(value);
        }
        if !own.is_enumeration {
            return value;
        }
        let is_text =
            own.bases.iter().any(|base| matches!(base.rsplit('.').next(), Some("str" | "StrEnum" | "TextChoices")));
        // A name with an underscore is no member.
        if name.starts_with('_') {
            return value;
        }
        let value = self.numbered(class, name, right).unwrap_or(value);
        let text = |text: &str| self.at(right, constant(Constant::Str(text.to_owned())));
        let flag = |is: bool| self.at(right, constant(Constant::Bool(is)));
        let mut args = vec![text(&own.name), text(name), value, flag(is_text)];
        args.extend(own.is_of_flags().then(|| flag(true)));
        self.at(right, ExprKind::Builtin { name: MEMBER.to_owned(), args, keywords: Vec::new() })
    }

    /// The number that `auto()` gives: one more than that of the member before, or the next bit.
    fn numbered(&self, class: usize, name: &str, right: Node<'t>) -> Option<Expr> {
        let called = (right.kind() == "call").then(|| field(right, "function")).flatten()?;
        if !matches!(self.parsed.text(called), "auto" | "enum.auto") {
            return None;
        }
        let place = self.names(class).iter().position(|known| known == name)?;
        let number = if self.project.classes[class].is_of_flags() {
            // A member that says of itself that it is none comes first, if there is one.
            let bits = place - usize::from(place > 0 && self.begins_with_none(class));
            1_i64.checked_shl(u32::try_from(bits).ok()?).filter(|bit| *bit > 0)?
        } else {
            place as i64 + 1
        };
        Some(self.at(right, constant(Constant::Int(number))))
    }

    /// Whether the first member of an enumeration is zero.
    fn begins_with_none(&self, class: usize) -> bool {
        let class = &self.project.classes[class];
        let parsed = self.project.modules[class.module].parsed;
        let assigned = named(class.body).into_iter().filter_map(|statement| named(statement).first().copied());
        let mut values = assigned.filter_map(|inner| field(inner, "right"));
        values.next().is_some_and(|value| parsed.text(value) == "0")
    }

    /// The names of an enumeration's members, in order.
    fn names(&self, class: usize) -> Vec<String> {
        let class = &self.project.classes[class];
        let parsed = self.project.modules[class.module].parsed;
        let assigned = |statement: Node<'t>| {
            let inner = named(statement).first().copied().filter(|inner| inner.kind() == "assignment")?;
            let name = field(inner, "left").filter(|left| left.kind() == "identifier")?;
            field(inner, "right").map(|_| parsed.text(name).to_owned())
        };
        let names = named(class.body).into_iter().filter_map(assigned);
        names.filter(|name| !name.starts_with('_')).collect()
    }

    /// The members of an enumeration, in order.
    pub(super) fn members(&self, node: Node<'t>, class: usize) -> Vec<Expr> {
        let variable = |name: String| ExprKind::Name { name: self.attribute_name(class, &name) };
        self.names(class).into_iter().map(|name| self.at(node, variable(name))).collect()
    }

    /// `Class(value)`.
    pub(super) fn member_of(&mut self, node: Node<'t>, class: usize, arguments: Node<'t>) -> ExprKind {
        let [value] = named(arguments)[..] else { return self.opaque(node, "an enumeration is made here") };
        self.looked_up(node, class, value, MEMBER_OF)
    }

    /// `Class[name]`.
    pub(super) fn member_named(&mut self, node: Node<'t>, class: usize, index: Node<'t>) -> ExprKind {
        self.looked_up(node, class, index, MEMBER_NAMED)
    }

    /// `Class[name]` of an enumeration of numbers.
    pub(super) fn number_named(&mut self, node: Node<'t>, class: usize, index: Node<'t>) -> ExprKind {
        let names = self.names(class);
        let key = |name: String| self.at(node, constant(Constant::Str(name)));
        let keys: Vec<Expr> = names.into_iter().map(key).collect();
        let items = keys.into_iter().zip(self.members(node, class)).collect();
        let object = Box::new(self.at(node, ExprKind::Dict { items }));
        ExprKind::Subscript { object, index: Box::new(self.expr(index)) }
    }

    fn looked_up(&mut self, node: Node<'t>, class: usize, by: Node<'t>, builtin: &str) -> ExprKind {
        let mut args = vec![self.expr(by)];
        args.extend(self.members(node, class));
        ExprKind::Builtin { name: builtin.to_owned(), args, keywords: Vec::new() }
    }
}
