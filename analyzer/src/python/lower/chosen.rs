//! Methods of a client that are chosen before they are called: out of a dictionary or a list, or by a name of their own.

use chameleon_decision::{CompareOp, Constant, Expr, ExprKind};
use tree_sitter::Node;

use super::Lower;
use super::expr::constant;
use crate::python::syntax::{field, named, visit_all};

/// How many methods a collection may hold.
const MAX_METHODS: usize = 16;

/// How many names stand between a call and what is called.
const MAX_NAMES: u32 = 3;

/// Methods of a text that leave it the word that it is.
const SPELLINGS: [&str; 4] = ["casefold", "lower", "strip", "upper"];

/// Methods of a dictionary or a list after which it does not hold what it was made with.
const CHANGES: [&str; 10] =
    ["append", "clear", "extend", "insert", "pop", "popitem", "remove", "reverse", "setdefault", "update"];

/// The place of a value in a dictionary or a list.
enum Place<'t> {
    Key(Node<'t>),
    Index(i64),
}

impl<'t> Lower<'_, 't> {
    /// A call of one of several methods of a client: `{"faces": client.detect_faces, ...}[wanted](Image=image)`. Each is
    /// a call of its own, made where its key is the one asked for.
    pub(super) fn chosen_call(&mut self, node: Node<'t>, callee: Node<'t>, arguments: Node<'t>) -> Option<ExprKind> {
        let (held, index) = self.picked(callee, MAX_NAMES)?;
        let methods = methods_held(held);
        if methods.len() > MAX_METHODS || !methods.iter().any(|(_, value)| self.is_api_method(*value, arguments)) {
            return None;
        }
        let (args, _) = self.arguments(arguments);
        let mut chosen = ExprKind::CallValue { callee: Box::new(self.expr(callee)), args };
        // Of a key that is there twice the last one holds.
        for (place, method) in methods {
            if !self.is_api_method(method, arguments) {
                continue;
            }
            let Some(output) = self.api_output(method, method, arguments) else { continue };
            let key: Expr = match place {
                Place::Key(key) => {
                    let key = self.expr(key);
                    self.note_key(method, index, &key);
                    key
                }
                Place::Index(at) => self.at(index, constant(Constant::Int(at))),
            };
            let test = ExprKind::Compare { left: Box::new(self.expr(index)), rest: vec![(CompareOp::Eq, key)] };
            chosen = ExprKind::IfElse {
                test: Box::new(self.at(index, test)),
                body: Box::new(self.at(method, output)),
                orelse: Box::new(self.at(node, chosen)),
            };
        }
        Some(chosen)
    }

    /// Notes with a call what the parameter says which is looked up for it: who says something else asks for another.
    fn note_key(&mut self, method: Node<'t>, index: Node<'t>, key: &Expr) {
        let ExprKind::Constant { value: Constant::Str(key) } = &key.kind else { return };
        // `wanted.lower()` is told by `wanted`.
        let mut name = index;
        while let Some(method) = field(name, "function") {
            let (Some(object), Some(called)) = (field(method, "object"), field(method, "attribute")) else { return };
            if !SPELLINGS.contains(&self.parsed.text(called)) {
                return;
            }
            name = object;
        }
        let asked = (self.parsed.text(name).to_owned(), key.as_str().into());
        let span = self.parsed.span(method);
        self.sites.iter_mut().filter(|site| site.span == span).for_each(|site| site.asked = Some(asked.clone()));
    }

    /// The method of a client that a name stands for, which is set once: `detect = client.detect_labels`.
    pub(super) fn method_named(&self, callee: Node<'t>) -> Option<Node<'t>> {
        let value = self.set_to(callee).filter(|_| callee.kind() == "identifier")?;
        (value.kind() == "attribute").then_some(value)
    }

    /// The collection that something is taken out of, and by what: `held[index]`, `held.get(index)`, or a name for it.
    fn picked(&self, callee: Node<'t>, names: u32) -> Option<(Node<'t>, Node<'t>)> {
        let (object, index) = match callee.kind() {
            "identifier" => return self.picked(self.set_to(callee)?, names.checked_sub(1)?),
            "subscript" => (field(callee, "value")?, field(callee, "subscript")?),
            "call" => {
                let method = field(callee, "function").filter(|method| method.kind() == "attribute")?;
                if self.parsed.text(field(method, "attribute")?) != "get" {
                    return None;
                }
                (field(method, "object")?, named(field(callee, "arguments")?).first().copied()?)
            }
            _ => return None,
        };
        let is_literal = |node: &Node<'t>| matches!(node.kind(), "dictionary" | "list" | "tuple");
        let held = if is_literal(&object) {
            object
        } else {
            self.set_to(object).filter(is_literal).filter(|_| !self.is_changed(object))?
        };
        Some((held, index))
    }

    /// Whether something in this file is put into what a name stands for, or taken out of it.
    fn is_changed(&self, name: Node<'t>) -> bool {
        let is_it = |node: Option<Node<'t>>| node.is_some_and(|node| self.parsed.text(node) == self.parsed.text(name));
        let mut changed = false;
        visit_all(self.parsed.tree.root_node(), |node| {
            changed |= match node.kind() {
                "assignment" | "augmented_assignment" => {
                    field(node, "left").is_some_and(|left| left.kind() == "subscript" && is_it(field(left, "value")))
                }
                "call" => field(node, "function").is_some_and(|method| {
                    let called = field(method, "attribute").map(|called| self.parsed.text(called));
                    is_it(field(method, "object")) && called.is_some_and(|called| CHANGES.contains(&called))
                }),
                _ => false,
            };
        });
        changed
    }

    /// What the only assignment in this file to a name, or to an attribute that is written alike, gives it.
    fn set_to(&self, name: Node<'t>) -> Option<Node<'t>> {
        match name.kind() {
            "identifier" => {
                let (parsed, value) = self.assigned(name)?;
                std::ptr::eq(parsed, self.parsed).then_some(value)
            }
            "attribute" => {
                let mut values = Vec::new();
                visit_all(self.parsed.tree.root_node(), |node| {
                    let is_it =
                        field(node, "left").is_some_and(|left| self.parsed.text(left) == self.parsed.text(name));
                    if node.kind() == "assignment" && is_it {
                        values.extend(field(node, "right"));
                    }
                });
                let [value] = values[..] else { return None };
                Some(value)
            }
            _ => None,
        }
    }
}

/// What a dictionary or a list holds, and where.
fn methods_held(held: Node<'_>) -> Vec<(Place<'_>, Node<'_>)> {
    if held.kind() != "dictionary" {
        return (0..).map(Place::Index).zip(named(held)).collect();
    }
    let pairs = named(held).into_iter().filter(|pair| pair.kind() == "pair");
    pairs.filter_map(|pair| Some((Place::Key(field(pair, "key")?), field(pair, "value")?))).collect()
}
