//! Expressions other than calls, literals and lambdas.

use chameleon_decision::{
    BUILTINS, BinaryOp, BoolOp, CompareOp, Comprehension, ComprehensionKind, Constant, Expr, ExprKind, Keyword,
    Parameter, REGEX_FLAGS, Target, UnaryOp,
};
use tree_sitter::Node;

use super::Lower;
use super::table::COLUMN;
use crate::calls::{LIBRARY_NUMBERS, LIBRARY_TEXTS, modern};
use crate::python::project::Referent;
use crate::python::syntax::{children, field, named};

impl<'t> Lower<'_, 't> {
    /// Lowers an expression; what is nested too deep is opaque.
    pub(super) fn expr(&mut self, node: Node<'t>) -> Expr {
        let kind = self.nested(node, Self::expr_kind);
        let kind = kind.unwrap_or_else(|| self.opaque(node, "nested too deep"));
        // An answer is known by the place of its call, which may be waited for, or stand in brackets.
        let mut place = node;
        while matches!(kind, ExprKind::ApiOutput { .. })
            && matches!(place.kind(), "parenthesized_expression" | "await")
            && let Some(inner) = named(place).first()
        {
            place = *inner;
        }
        self.at(place, kind)
    }

    fn expr_kind(&mut self, node: Node<'t>) -> ExprKind {
        match node.kind() {
            "identifier" => self.name(node),
            "string" => self.string(node),
            "concatenated_string" => self.concatenated(node),
            "integer" | "float" => self.number(node),
            "true" => constant(Constant::Bool(true)),
            "false" => constant(Constant::Bool(false)),
            "none" => constant(Constant::None),
            "parenthesized_expression" | "await" => match named(node).first() {
                Some(inner) => self.expr(*inner).kind,
                None => self.broken(node),
            },
            "call" => self.call(node),
            "attribute" => self.attribute(node),
            "subscript" => self.subscript(node),
            "comparison_operator" => self.comparison(node),
            "boolean_operator" => self.boolean(node),
            "not_operator" => self.unary(node, UnaryOp::Not),
            "unary_operator" => match field(node, "operator").map(|operator| operator.kind()) {
                Some("-") => self.unary(node, UnaryOp::Neg),
                Some("+") => self.unary(node, UnaryOp::Pos),
                _ => self.opaque(node, "this operator is not supported"),
            },
            "binary_operator" => self.binary(node),
            "conditional_expression" => self.conditional(node),
            "list" => ExprKind::List { elements: self.elements(node) },
            "tuple" | "expression_list" | "pattern_list" => ExprKind::Tuple { elements: self.elements(node) },
            "set" => ExprKind::Set { elements: self.elements(node) },
            "dictionary" => self.dictionary(node),
            // What is unpacked is all that follows the star, which the parser takes for a part of its first name.
            "list_splat" | "list_splat_pattern" if node.parent().is_some_and(begins_with_star) => {
                match named(node).first() {
                    Some(inner) => self.expr(*inner).kind,
                    None => self.broken(node),
                }
            }
            "list_splat" | "list_splat_pattern" => match named(node).first() {
                Some(inner) => ExprKind::Starred { value: Box::new(self.expr(*inner)) },
                None => self.broken(node),
            },
            "list_comprehension" => self.comprehension(node, ComprehensionKind::List),
            "set_comprehension" => self.comprehension(node, ComprehensionKind::Set),
            "dictionary_comprehension" => self.comprehension(node, ComprehensionKind::Dict),
            "generator_expression" => self.comprehension(node, ComprehensionKind::Generator),
            "lambda" => self.lambda(node),
            "named_expression" => match (field(node, "name"), field(node, "value")) {
                (Some(name), Some(value)) => {
                    let name = self.variable(self.parsed.text(name));
                    ExprKind::Walrus { name, value: Box::new(self.expr(value)) }
                }
                _ => self.broken(node),
            },
            "ERROR" => self.broken(node),
            other => {
                let reason = format!("{} is not supported", other.replace('_', " "));
                self.opaque(node, &reason)
            }
        }
    }

    fn broken(&mut self, node: Node<'_>) -> ExprKind {
        self.opaque(node, "this is not valid Python")
    }

    fn name(&mut self, node: Node<'t>) -> ExprKind {
        let name = self.parsed.text(node);
        if self.inner.iter().any(|inner| inner == name) {
            return ExprKind::Name { name: name.to_owned() };
        }
        if self.class_body.is_some_and(|class| self.project.classes[class].variables.contains(name)) {
            return ExprKind::Name { name: self.variable(name) };
        }
        match self.project.lookup(self.function, name) {
            Referent::Local(_) | Referent::Cell(..) | Referent::Global(..) => {
                ExprKind::Name { name: self.variable(name) }
            }
            Referent::Function(function) => function_value(function),
            Referent::Free(_) if name == "__name__" => constant(Constant::Str("__main__".to_owned())),
            // The interpreter knows builtins as values too, e.g. `key=len`.
            Referent::Free(_) if BUILTINS.contains(&modern(name)) => ExprKind::Name { name: modern(name).to_owned() },
            Referent::Free(_) => self.opaque(node, "nothing here defines it"),
            Referent::Class(class) if self.project.classes[class].is_enumeration => {
                ExprKind::List { elements: self.members(node, class) }
            }
            Referent::Library(library) => {
                library_text(&library).unwrap_or_else(|| self.opaque(node, "it is not a value"))
            }
            Referent::Class(_) | Referent::Module(_) => self.opaque(node, "it is not a value"),
        }
    }

    fn attribute(&mut self, node: Node<'t>) -> ExprKind {
        let (Some(object), Some(attribute)) = (field(node, "object"), field(node, "attribute")) else {
            return self.broken(node);
        };
        if let Some(name) = self.attribute_variable(node).or_else(|| self.session_variable(node)) {
            let variable = ExprKind::Name { name };
            if !self.is_made_here(object) {
                return variable;
            }
            let (object, variable) = (self.expr(object), self.at(node, variable));
            return self.second(node, object, variable);
        }
        let name = self.parsed.text(attribute).to_owned();
        // The message behind an object of the newer clients, which is the same answer.
        if name == "_pb" {
            return self.expr(object).kind;
        }
        if let Some(default) = self.option(node) {
            return default;
        }
        match self.referent(node) {
            Some(Referent::Function(function)) => return function_value(function),
            Some(referent) => {
                let text = match &referent {
                    Referent::Library(name) => library_text(name),
                    _ => None,
                };
                let known = text.or_else(|| self.enumeration_member(node));
                return known.unwrap_or_else(|| self.opaque(node, "it is outside the application"));
            }
            None => {}
        }
        if self.builtin_class(object).is_some() {
            return self.unbound_method(node, name);
        }
        if let Some(method) = self.class_of(object).and_then(|class| self.project.method(class, &name)) {
            if self.project.functions[method].is_property {
                let function = chameleon_decision::FunctionId(method as u32);
                return ExprKind::Call { function, args: Vec::new(), keywords: Vec::new() };
            }
            return function_value(method);
        }
        let object = self.expr(object);
        if name == "responses" && self.parsed.text.contains("batch_annotate_images") {
            // The answer to a batch of one: the response itself, in a list.
            return ExprKind::List { elements: vec![object] };
        }
        ExprKind::Attribute { object: Box::new(object), name }
    }

    /// `str.lower` as a value: a function of its receiver.
    fn unbound_method(&mut self, node: Node<'t>, name: String) -> ExprKind {
        let receiver = "receiver".to_owned();
        let object = Box::new(self.at(node, ExprKind::Name { name: receiver.clone() }));
        let call = ExprKind::Method { object, name, args: Vec::new(), keywords: Vec::new() };
        let parameters = vec![Parameter { name: receiver, default: None }];
        ExprKind::Lambda { parameters, body: Box::new(self.at(node, call)) }
    }

    fn subscript(&mut self, node: Node<'t>) -> ExprKind {
        let indices = crate::python::syntax::fields(node, "subscript");
        let (Some(object), [index]) = (field(node, "value"), &indices[..]) else {
            return self.opaque(node, "an index of several parts is not supported");
        };
        if let Some(name) = self.session_variable(node) {
            return ExprKind::Name { name };
        }
        if let Some(item) = self.enumeration_item(object, *index) {
            return item;
        }
        if let Some(Referent::Class(class)) = self.referent(object) {
            let class_of_members = &self.project.classes[class];
            if class_of_members.is_enumeration {
                return self.member_named(node, class, *index);
            }
            if class_of_members.is_of_numbers() {
                return self.number_named(node, class, *index);
            }
        }
        let is_table = index.kind() == "string" && self.is_table(object);
        let object = Box::new(self.expr(object));
        if index.kind() != "slice" {
            let part = ExprKind::Subscript { object, index: Box::new(self.expr(*index)) };
            if !is_table {
                return part;
            }
            let args = vec![self.at(node, part)];
            return ExprKind::Builtin { name: COLUMN.to_owned(), args, keywords: Vec::new() };
        }
        let mut parts = [None, None, None];
        let mut at = 0;
        for child in children(*index) {
            if child.kind() == ":" {
                at += 1;
            } else if child.is_named() && at < parts.len() {
                parts[at] = Some(Box::new(self.expr(child)));
            }
        }
        let [start, stop, step] = parts;
        ExprKind::Slice { object, start, stop, step }
    }

    /// `"text" in locals()`, whether a variable has got a value; none for any other comparison.
    fn bound_test(&mut self, node: Node<'t>) -> Option<ExprKind> {
        let [left, right] = named(node)[..] else { return None };
        let callee = (right.kind() == "call").then(|| field(right, "function")).flatten()?;
        if self.parsed.text(callee) != "locals" || self.project.functions[self.function].node.is_none() {
            return None;
        }
        let content = named(left).into_iter().filter(|part| part.kind() == "string_content");
        let name: String = content.map(|part| self.parsed.text(part)).collect();
        let args = vec![self.at(left, constant(Constant::Str(name)))];
        let bound = ExprKind::Builtin { name: "<bound>".to_owned(), args, keywords: Vec::new() };
        match children(node).into_iter().map(|child| child.kind()).find_map(compare_op)? {
            CompareOp::In => Some(bound),
            CompareOp::NotIn => Some(ExprKind::Unary { op: UnaryOp::Not, value: Box::new(self.at(node, bound)) }),
            _ => None,
        }
    }

    fn comparison(&mut self, node: Node<'t>) -> ExprKind {
        if let Some(test) = self.bound_test(node) {
            return test;
        }
        let (mut operands, mut places) = (Vec::new(), Vec::new());
        let mut operators = Vec::new();
        for child in children(node) {
            match compare_op(child.kind()) {
                Some(operator) => operators.push(operator),
                None if child.is_named() && !child.is_extra() => {
                    places.push(child);
                    operands.push(self.expr(child));
                }
                None => {}
            }
        }
        if operands.len() != operators.len() + 1 || operators.is_empty() {
            return self.broken(node);
        }
        if let ([operator @ (CompareOp::In | CompareOp::NotIn)], [_, container]) = (&operators[..], &places[..])
            && let Some(method) = self.class_of(*container).and_then(|class| self.project.method(class, "__contains__"))
        {
            let (function, args) = (chameleon_decision::FunctionId(method as u32), vec![operands.remove(0)]);
            let found = ExprKind::Call { function, args, keywords: Vec::new() };
            let found =
                ExprKind::Builtin { name: "bool".to_owned(), args: vec![self.at(node, found)], keywords: Vec::new() };
            return match operator {
                CompareOp::In => found,
                _ => ExprKind::Unary { op: UnaryOp::Not, value: Box::new(self.at(node, found)) },
            };
        }
        if let ([operator], [left, right]) = (&operators[..], &places[..])
            && let Some(special) = self.special_comparison(node, *operator, [*left, *right])
        {
            return special;
        }
        let left = Box::new(operands.remove(0));
        ExprKind::Compare { left, rest: operators.into_iter().zip(operands).collect() }
    }

    /// `a or b or c` nests to the left in the tree; a word list of hundreds of terms must not nest here.
    fn boolean(&mut self, node: Node<'t>) -> ExprKind {
        let operator = |node: Node<'_>| field(node, "operator").map(|operator| operator.kind());
        let wanted = operator(node);
        let mut terms = Vec::new();
        let mut at = node;
        while at.kind() == "boolean_operator" && operator(at) == wanted {
            let (Some(left), Some(right)) = (field(at, "left"), field(at, "right")) else {
                return self.broken(node);
            };
            terms.push(right);
            at = left;
        }
        terms.push(at);
        if let ([fallback, first], Some("or")) = (terms.as_slice(), wanted)
            && let Some(setting) = self.setting_or(*first, *fallback)
        {
            return setting;
        }
        let op = if wanted == Some("and") { BoolOp::And } else { BoolOp::Or };
        ExprKind::Bool { op, values: terms.into_iter().rev().map(|term| self.expr(term)).collect() }
    }

    fn unary(&mut self, node: Node<'t>, op: UnaryOp) -> ExprKind {
        match field(node, "argument") {
            Some(argument) => ExprKind::Unary { op, value: Box::new(self.expr(argument)) },
            None => self.broken(node),
        }
    }

    fn binary(&mut self, node: Node<'t>) -> ExprKind {
        let (Some(left), Some(right)) = (field(node, "left"), field(node, "right")) else {
            return self.broken(node);
        };
        match field(node, "operator").and_then(|operator| binary_op(operator.kind())) {
            Some(op) => ExprKind::Binary { left: Box::new(self.expr(left)), op, right: Box::new(self.expr(right)) },
            None => self.opaque(node, "this operator is not supported"),
        }
    }

    fn conditional(&mut self, node: Node<'t>) -> ExprKind {
        match named(node)[..] {
            [body, test, orelse] => ExprKind::IfElse {
                test: Box::new(self.expr(test)),
                body: Box::new(self.expr(body)),
                orelse: Box::new(self.expr(orelse)),
            },
            _ => self.broken(node),
        }
    }

    fn elements(&mut self, node: Node<'t>) -> Vec<Expr> {
        named(node).into_iter().map(|element| self.element(element)).collect()
    }

    /// One of several values, or all that are unpacked.
    fn element(&mut self, node: Node<'t>) -> Expr {
        let value = self.expr(node);
        if begins_with_star(node) { self.at(node, ExprKind::Starred { value: Box::new(value) }) } else { value }
    }

    fn dictionary(&mut self, node: Node<'t>) -> ExprKind {
        let mut items = Vec::new();
        for entry in named(node) {
            if let (Some(key), Some(value)) = (field(entry, "key"), field(entry, "value")) {
                let pair = (self.expr(key), self.expr(value));
                items.push(pair);
            } else {
                // `**other`: the interpreter's convention for unpacking.
                let Some(inner) = named(entry).first().copied() else { return self.broken(node) };
                let value = Box::new(self.expr(inner));
                let none = self.at(entry, constant(Constant::None));
                items.push((self.at(entry, ExprKind::Starred { value }), none));
            }
        }
        ExprKind::Dict { items }
    }

    fn comprehension(&mut self, node: Node<'t>, kind: ComprehensionKind) -> ExprKind {
        let mut bound = Vec::new();
        let parts = named(node).into_iter().filter(|part| part.kind() == "for_in_clause");
        parts.filter_map(|part| field(part, "left")).for_each(|left| self.bound_by(left, &mut bound));
        // What the outermost clause runs over is evaluated outside.
        let outermost = named(node).into_iter().find(|part| part.kind() == "for_in_clause");
        let first = outermost.and_then(|part| field(part, "right")).map(|right| self.expr(right));
        self.binding(bound, |lower| lower.comprehension_with(node, kind, first))
    }

    /// The names that a comprehension's target binds.
    fn bound_by(&self, target: Node<'t>, bound: &mut Vec<String>) {
        let mut work = vec![target];
        while let Some(node) = work.pop() {
            match node.kind() {
                "identifier" => bound.push(self.parsed.text(node).to_owned()),
                "attribute" | "subscript" => {}
                _ => work.extend(named(node)),
            }
        }
    }

    fn comprehension_with(&mut self, node: Node<'t>, kind: ComprehensionKind, mut first: Option<Expr>) -> ExprKind {
        let mut clauses: Vec<(Target, Expr, Vec<Expr>)> = Vec::new();
        for clause in named(node) {
            match clause.kind() {
                "for_in_clause" => {
                    if let (Some(left), Some(right)) = (field(clause, "left"), field(clause, "right")) {
                        let iter = first.take().unwrap_or_else(|| self.expr(right));
                        clauses.push((self.target(left), iter, Vec::new()));
                    }
                }
                "if_clause" => {
                    if let (Some(test), Some(last)) = (named(clause).first().copied(), clauses.len().checked_sub(1)) {
                        let test = self.expr(test);
                        clauses[last].2.push(test);
                    }
                }
                _ => {}
            }
        }
        let Some(body) = field(node, "body") else { return self.broken(node) };
        let (element, value) = match (field(body, "key"), field(body, "value")) {
            (Some(key), Some(value)) if body.kind() == "pair" => (self.expr(key), Some(self.expr(value))),
            _ => (self.expr(body), None),
        };
        ExprKind::Comprehension { inner: Box::new(Comprehension { kind, element, value, clauses }) }
    }

    /// Positional and keyword arguments; `**options` is a keyword of that name.
    pub(super) fn arguments(&mut self, node: Node<'t>) -> (Vec<Expr>, Vec<Keyword>) {
        if node.kind() == "generator_expression" {
            return (vec![self.expr(node)], Vec::new());
        }
        let (mut args, mut keywords) = (Vec::new(), Vec::new());
        for argument in named(node) {
            match argument.kind() {
                "keyword_argument" => {
                    if let (Some(name), Some(value)) = (field(argument, "name"), field(argument, "value")) {
                        let value = self.expr(value);
                        keywords.push(Keyword { name: self.parsed.text(name).to_owned(), value });
                    }
                }
                "dictionary_splat" => {
                    if let Some(inner) = named(argument).first().copied() {
                        keywords.push(Keyword { name: "**".to_owned(), value: self.expr(inner) });
                    }
                }
                _ => args.push(self.element(argument)),
            }
        }
        (args, keywords)
    }
}

/// Whether an expression of several parts begins with a star: `*names[0]`.
fn begins_with_star(node: Node<'_>) -> bool {
    let mut at = node;
    loop {
        let first = match at.kind() {
            "subscript" => field(at, "value"),
            "attribute" => field(at, "object"),
            "call" => field(at, "function"),
            _ => return at != node && matches!(at.kind(), "list_splat" | "list_splat_pattern"),
        };
        let Some(first) = first else { return false };
        at = first;
    }
}

pub(super) fn constant(value: Constant) -> ExprKind {
    ExprKind::Constant { value }
}

/// A text or number of the standard library, or a flag of its regular expressions.
fn library_text(name: &str) -> Option<ExprKind> {
    if REGEX_FLAGS.contains(&name) {
        return Some(ExprKind::Builtin { name: name.to_owned(), args: Vec::new(), keywords: Vec::new() });
    }
    if matches!(name, "math.inf" | "numpy.inf") {
        // JSON has no word for it.
        let text = Expr { span: chameleon_decision::Span::default(), kind: constant(Constant::Str("inf".to_owned())) };
        return Some(ExprKind::Builtin { name: "float".to_owned(), args: vec![text], keywords: Vec::new() });
    }
    if let Some((_, number)) = LIBRARY_NUMBERS.iter().find(|(known, _)| *known == name) {
        return Some(constant(Constant::Float(*number)));
    }
    let text = LIBRARY_TEXTS.iter().find(|(known, _)| *known == name)?.1;
    Some(constant(Constant::Str(text.to_owned())))
}

fn function_value(function: usize) -> ExprKind {
    ExprKind::FunctionValue { function: chameleon_decision::FunctionId(function as u32) }
}

fn compare_op(token: &str) -> Option<CompareOp> {
    Some(match token {
        "==" => CompareOp::Eq,
        "!=" | "<>" => CompareOp::Ne,
        "<" => CompareOp::Lt,
        "<=" => CompareOp::Le,
        ">" => CompareOp::Gt,
        ">=" => CompareOp::Ge,
        "in" => CompareOp::In,
        "not in" => CompareOp::NotIn,
        "is" => CompareOp::Is,
        "is not" => CompareOp::IsNot,
        _ => return None,
    })
}

/// The operator of a token such as `+`.
pub(super) fn binary_op(token: &str) -> Option<BinaryOp> {
    Some(match token {
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Sub,
        "*" => BinaryOp::Mul,
        "/" => BinaryOp::Div,
        "//" => BinaryOp::FloorDiv,
        "%" => BinaryOp::Mod,
        "**" => BinaryOp::Pow,
        "&" => BinaryOp::BitAnd,
        "|" => BinaryOp::BitOr,
        "^" => BinaryOp::BitXor,
        _ => return None,
    })
}
