//! The `match` statement: each pattern becomes a test of the subject, which binds names as it goes.

use chameleon_decision::{
    BoolOp, CompareOp, Comprehension, ComprehensionKind, Constant, Expr, ExprKind, Stmt, StmtKind, Target, UnaryOp,
};
use tree_sitter::Node;

use super::Lower;
use super::expr::constant;
use crate::python::project::Referent;
use crate::python::syntax::{children, field, fields, named};

/// Classes whose one pattern in brackets is about the subject itself: `str(text)`.
const SELF_MATCHING: [&str; 11] =
    ["bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"];

/// The variable that holds what `**rest` looks at, one key at a time.
const REST_KEY: &str = "<key>";

impl<'t> Lower<'_, 't> {
    /// `match` becomes an `if` chain. Whether a pattern that is not known holds is
    /// unknown.
    pub(super) fn match_statement(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let subjects = fields(node, "subject");
        let (Some(subject), Some(body)) = (subjects.first().copied(), field(node, "body")) else { return Vec::new() };
        let span = self.parsed.span(subject);
        let name = format!("<match {}>", span.line);
        let read = Expr { span, kind: ExprKind::Name { name: name.clone() } };
        let targets = vec![Target::Name { name }];
        // `match a, b:` is about the pair.
        let value = if children(node).iter().any(|child| child.kind() == ",") {
            let elements = subjects.iter().map(|subject| self.expr(*subject)).collect();
            Expr { span, kind: ExprKind::Tuple { elements } }
        } else {
            self.expr(subject)
        };
        let mut statements = vec![Stmt { span, kind: StmtKind::Assign { targets, value } }];
        let mut orelse = Vec::new();
        for case in fields(body, "alternative").into_iter().rev() {
            let test = self.case_test(case, &read);
            let body = field(case, "consequence").map(|body| self.block(body)).unwrap_or_default();
            orelse = vec![Stmt { span: self.parsed.span(case), kind: StmtKind::If { test, body, orelse } }];
        }
        statements.extend(orelse);
        statements
    }

    fn case_test(&mut self, case: Node<'t>, subject: &Expr) -> Expr {
        let patterns: Vec<_> = named(case).into_iter().filter(|child| child.kind() == "case_pattern").collect();
        let is_open = children(case).iter().any(|child| child.kind() == ",");
        let test = match patterns[..] {
            [pattern] if !is_open => self.pattern(pattern, subject),
            _ => self.sequence(case, &patterns, subject),
        };
        let Some(test) = test else {
            let shown = patterns.iter().map(|pattern| self.shown(*pattern)).collect::<Vec<_>>().join(", ");
            let reason = format!("the pattern `{shown}` is not supported");
            self.problem(case, reason.clone());
            return self.opaque_expr(patterns.first().copied().unwrap_or(case), &reason);
        };
        let guard = field(case, "guard").and_then(|guard| named(guard).first().map(|test| self.expr(*test)));
        self.all_of(case, std::iter::once(test).chain(guard).collect())
    }

    /// The test of a pattern; `None` where it is not known.
    fn pattern(&mut self, node: Node<'t>, subject: &Expr) -> Option<Expr> {
        self.nested(node, |lower, node| lower.pattern_inner(node, subject)).flatten()
    }

    fn pattern_inner(&mut self, node: Node<'t>, subject: &Expr) -> Option<Expr> {
        let parts = named(node);
        match node.kind() {
            "case_pattern" if self.parsed.text(node) == "_" => Some(self.always(node)),
            "case_pattern" => self.simple(node, &children(node), subject),
            "as_pattern" => {
                let [inner, name] = parts[..] else { return None };
                let tests = vec![self.pattern(inner, subject)?, self.capture(name, subject)];
                Some(self.all_of(node, tests))
            }
            "union_pattern" => self.union(node, subject),
            "list_pattern" => self.sequence(node, &parts, subject),
            "tuple_pattern" => match parts[..] {
                // Only a comma makes a tuple.
                [inner] if !children(node).iter().any(|child| child.kind() == ",") => self.pattern(inner, subject),
                _ => self.sequence(node, &parts, subject),
            },
            "dict_pattern" => self.mapping(node, subject),
            "class_pattern" => self.class_pattern(node, &parts, subject),
            "dotted_name" => {
                if let [name] = parts[..] {
                    return Some(self.capture(name, subject));
                }
                let value = self.dotted_value(node)?;
                Some(self.comparison_with(node, subject, CompareOp::Eq, value))
            }
            _ => None,
        }
    }

    /// A pattern without brackets of its own, of these tokens: `3`, `-3`, `"text"`, `None`, `Color.RED`, `_`.
    fn simple(&mut self, node: Node<'t>, tokens: &[Node<'t>], subject: &Expr) -> Option<Expr> {
        match tokens {
            [token] if token.kind() == "_" => Some(self.always(node)),
            [token] if matches!(token.kind(), "true" | "false" | "none") => {
                let value = self.expr(*token);
                Some(self.comparison_with(node, subject, CompareOp::Is, value))
            }
            [token] if !is_literal(*token) => self.pattern(*token, subject),
            _ => {
                let values = vec![self.literal_of(tokens)?];
                let values = Expr { span: self.parsed.span(node), kind: ExprKind::Tuple { elements: values } };
                Some(self.comparison_with(node, subject, CompareOp::In, values))
            }
        }
    }

    /// The text or number that these tokens are.
    fn literal_of(&mut self, tokens: &[Node<'t>]) -> Option<Expr> {
        match tokens {
            [value] if is_literal(*value) => Some(self.expr(*value)),
            [minus, value] if minus.kind() == "-" && is_literal(*value) => {
                let value = Box::new(self.expr(*value));
                Some(self.at(*minus, ExprKind::Unary { op: UnaryOp::Neg, value }))
            }
            _ => None,
        }
    }

    /// `a | b | c`; texts and numbers are looked for together.
    fn union(&mut self, node: Node<'t>, subject: &Expr) -> Option<Expr> {
        let tokens = children(node);
        let alternatives: Vec<&[Node<'t>]> = tokens.split(|token| token.kind() == "|").collect();
        let literals: Option<Vec<Expr>> = alternatives.iter().map(|tokens| self.literal_of(tokens)).collect();
        if let Some(elements) = literals {
            let values = Expr { span: self.parsed.span(node), kind: ExprKind::Tuple { elements } };
            return Some(self.comparison_with(node, subject, CompareOp::In, values));
        }
        let tests: Option<Vec<Expr>> = alternatives.iter().map(|tokens| self.simple(node, tokens, subject)).collect();
        Some(self.at(node, ExprKind::Bool { op: BoolOp::Or, values: tests? }))
    }

    /// `[a, *rest, b]`: a list or a tuple of as many.
    fn sequence(&mut self, node: Node<'t>, patterns: &[Node<'t>], subject: &Expr) -> Option<Expr> {
        let star = patterns.iter().position(|pattern| splat_of(*pattern).is_some());
        let fixed = patterns.len() - usize::from(star.is_some());
        let classes = ["list", "tuple"].map(|class| self.at(node, ExprKind::Name { name: class.to_owned() }));
        let classes = self.at(node, ExprKind::Tuple { elements: classes.to_vec() });
        let mut tests = vec![self.builtin(node, "isinstance", vec![subject.clone(), classes])];
        if star.is_none() || fixed > 0 {
            let length = self.builtin(node, "len", vec![subject.clone()]);
            let wanted = self.int(node, fixed as i64);
            let op = if star.is_some() { CompareOp::Ge } else { CompareOp::Eq };
            tests.push(self.comparison_with(node, &length, op, wanted));
        }
        for (at, pattern) in patterns.iter().enumerate() {
            let before_end = (patterns.len() - at) as i64;
            if let Some(splat) = splat_of(*pattern) {
                let Some(name) = named(splat).first().copied() else { continue };
                let start = Some(Box::new(self.int(node, at as i64)));
                let stop = (before_end > 1).then(|| Box::new(self.int(node, 1 - before_end)));
                let kind = ExprKind::Slice { object: Box::new(subject.clone()), start, stop, step: None };
                let rest = self.at(splat, kind);
                let rest = self.builtin(splat, "list", vec![rest]);
                tests.push(self.capture(name, &rest));
                continue;
            }
            let is_after = star.is_some_and(|star| at > star);
            let index = self.int(*pattern, if is_after { -before_end } else { at as i64 });
            let kind = ExprKind::Subscript { object: Box::new(subject.clone()), index: Box::new(index) };
            let item = self.at(*pattern, kind);
            tests.push(self.pattern(*pattern, &item)?);
        }
        Some(self.all_of(node, tests))
    }

    /// `{"key": pattern, **rest}`.
    fn mapping(&mut self, node: Node<'t>, subject: &Expr) -> Option<Expr> {
        let class = self.at(node, ExprKind::Name { name: "dict".to_owned() });
        let mut tests = vec![self.builtin(node, "isinstance", vec![subject.clone(), class])];
        let tokens = children(node);
        let entries = tokens.split(|token| matches!(token.kind(), "{" | "," | "}")).filter(|entry| !entry.is_empty());
        let mut keys = Vec::new();
        let mut values = Vec::new();
        for entry in entries {
            if let [splat] = entry
                && splat.kind() == "splat_pattern"
            {
                let Some(name) = named(*splat).first().copied() else { continue };
                let rest = self.rest_of(*splat, subject, &keys);
                values.push(self.capture(name, &rest));
                continue;
            }
            let colon = entry.iter().position(|token| token.kind() == ":")?;
            let (key, value) = (self.key_of(&entry[..colon])?, *entry.get(colon + 1)?);
            tests.push(self.comparison_with(value, &key, CompareOp::In, subject.clone()));
            let kind = ExprKind::Subscript { object: Box::new(subject.clone()), index: Box::new(key.clone()) };
            let item = self.at(value, kind);
            values.push(self.pattern(value, &item)?);
            keys.push(key);
        }
        tests.extend(values);
        Some(self.all_of(node, tests))
    }

    fn key_of(&mut self, tokens: &[Node<'t>]) -> Option<Expr> {
        match tokens {
            [token] if matches!(token.kind(), "true" | "false" | "none") => Some(self.expr(*token)),
            [token] if token.kind() == "dotted_name" => self.dotted_value(*token),
            _ => self.literal_of(tokens),
        }
    }

    /// What a dictionary holds under other keys.
    fn rest_of(&self, node: Node<'t>, subject: &Expr, keys: &[Expr]) -> Expr {
        let key = self.at(node, ExprKind::Name { name: REST_KEY.to_owned() });
        let known = self.at(node, ExprKind::Tuple { elements: keys.to_vec() });
        let test = self.comparison_with(node, &key, CompareOp::NotIn, known);
        let kind = ExprKind::Subscript { object: Box::new(subject.clone()), index: Box::new(key.clone()) };
        let inner = Comprehension {
            kind: ComprehensionKind::Dict,
            element: key,
            value: Some(self.at(node, kind)),
            clauses: vec![(Target::Name { name: REST_KEY.to_owned() }, subject.clone(), vec![test])],
        };
        self.at(node, ExprKind::Comprehension { inner: Box::new(inner) })
    }

    /// `Class(pattern, name=pattern)`.
    fn class_pattern(&mut self, node: Node<'t>, parts: &[Node<'t>], subject: &Expr) -> Option<Expr> {
        let (class, patterns) = parts.split_first()?;
        let name = self.parsed.text(*class);
        let referent = self.dotted_referent(*class);
        let is_plain = matches!(&referent, Some(Referent::Free(name)) if SELF_MATCHING.contains(&name.as_str()));
        let mut fields = Vec::new();
        let mut tests = vec![if let Some(Referent::Class(own)) = referent {
            fields = self.match_args(own);
            let of = self.is_instance(node, subject, own);
            self.at(node, of)
        } else {
            let class =
                self.at(*class, if is_plain { ExprKind::Name { name: name.to_owned() } } else { outside(name) });
            self.builtin(node, "isinstance", vec![subject.clone(), class])
        }];
        for (at, pattern) in patterns.iter().enumerate() {
            let keyword = named(*pattern).first().copied().filter(|inner| inner.kind() == "keyword_pattern");
            let (name, rest) = match keyword {
                Some(keyword) => {
                    let tokens = children(keyword);
                    (self.parsed.text(*tokens.first()?).to_owned(), Some((keyword, tokens.get(2..)?.to_vec())))
                }
                None if is_plain => {
                    tests.push(self.pattern(*pattern, subject)?);
                    continue;
                }
                // Which attributes a class from outside lists is not known.
                None if fields.is_empty() => {
                    let item = self.at(*pattern, outside(&format!("a part of {name}")));
                    tests.push(self.pattern(*pattern, &item)?);
                    continue;
                }
                None => (fields.get(at)?.clone(), None),
            };
            let item = self.at(*pattern, ExprKind::Attribute { object: Box::new(subject.clone()), name });
            tests.push(match rest {
                Some((keyword, tokens)) => self.simple(keyword, &tokens, &item)?,
                None => self.pattern(*pattern, &item)?,
            });
        }
        Some(self.all_of(node, tests))
    }

    /// The attributes that stand for patterns without a name: those that the class lists, or its fields.
    fn match_args(&self, class: usize) -> Vec<String> {
        self.fields(class).into_iter().map(|field| field.0).collect()
    }

    /// Sets a variable, and holds.
    fn capture(&mut self, name: Node<'t>, value: &Expr) -> Expr {
        let text = self.parsed.text(name);
        if text == "_" {
            return self.always(name);
        }
        let kind = ExprKind::Walrus { name: self.variable(text), value: Box::new(value.clone()) };
        // A tuple of one is true, whatever is in it.
        let bound = self.at(name, kind);
        self.at(name, ExprKind::Tuple { elements: vec![bound] })
    }

    /// What a dotted name means in the run.
    fn dotted_referent(&self, node: Node<'t>) -> Option<Referent> {
        let names = named(node);
        let (first, rest) = names.split_first()?;
        let first = self.project.lookup(self.function, self.parsed.text(*first));
        rest.iter().try_fold(first, |referent, name| {
            let name = self.parsed.text(*name);
            match referent {
                Referent::Module(module) => self.project.member(module, name),
                Referent::Library(library) => {
                    Some(self.project.resolve(self.module(), &format!("{library}.{name}"), 0))
                }
                Referent::Class(class) => self.project.inner_class(class, name).map(Referent::Class),
                _ => None,
            }
        })
    }

    /// The value of a dotted name: a member of an enumeration, a constant of a module, an attribute.
    fn dotted_value(&mut self, node: Node<'t>) -> Option<Expr> {
        let names = named(node);
        let (last, before) = names.split_last()?;
        let name = self.parsed.text(*last);
        let mut known = before.iter().map(|part| self.parsed.text(*part));
        let first = self.project.lookup(self.function, known.next()?);
        let owner = known.try_fold(first, |referent, name| match referent {
            Referent::Module(module) => self.project.member(module, name),
            Referent::Library(library) => Some(Referent::Library(format!("{library}.{name}"))),
            Referent::Class(class) => self.project.inner_class(class, name).map(Referent::Class),
            _ => None,
        });
        let kind = match owner? {
            Referent::Class(class) => ExprKind::Name { name: self.attribute_name(class, name) },
            Referent::Module(module) => match self.project.member(module, name)? {
                Referent::Global(module, name) => ExprKind::Name { name: format!("{module}:{name}") },
                _ => return None,
            },
            Referent::Library(library) => {
                constant(Constant::Int(self.project.catalog.member(&format!("{library}.{name}"))?))
            }
            Referent::Local(_) | Referent::Cell(..) | Referent::Global(..) => match before {
                [object] if self.receiver_attribute(*object, name).is_some() => {
                    ExprKind::Name { name: self.receiver_attribute(*object, name)? }
                }
                [object] => {
                    let object = Box::new(self.expr(*object));
                    ExprKind::Attribute { object, name: name.to_owned() }
                }
                _ => return None,
            },
            _ => return None,
        };
        Some(self.at(node, kind))
    }

    fn receiver_attribute(&self, object: Node<'t>, name: &str) -> Option<String> {
        self.class_of(object).map(|class| self.attribute_name(class, name))
    }

    fn always(&self, node: Node<'t>) -> Expr {
        self.at(node, constant(Constant::Bool(true)))
    }

    fn int(&self, node: Node<'t>, value: i64) -> Expr {
        self.at(node, constant(Constant::Int(value)))
    }

    fn builtin(&self, node: Node<'t>, name: &str, args: Vec<Expr>) -> Expr {
        self.at(node, ExprKind::Builtin { name: name.to_owned(), args, keywords: Vec::new() })
    }

    fn comparison_with(&self, node: Node<'t>, left: &Expr, op: CompareOp, right: Expr) -> Expr {
        self.at(node, ExprKind::Compare { left: Box::new(left.clone()), rest: vec![(op, right)] })
    }

    /// All of these tests; those that always hold are left out.
    fn all_of(&self, node: Node<'t>, tests: Vec<Expr>) -> Expr {
        let holds = |test: &Expr| matches!(test.kind, ExprKind::Constant { value: Constant::Bool(true) });
        let mut tests: Vec<Expr> = tests.into_iter().filter(|test| !holds(test)).collect();
        match tests.len() {
            0 => self.always(node),
            1 => tests.remove(0),
            _ => self.at(node, ExprKind::Bool { op: BoolOp::And, values: tests }),
        }
    }
}

/// A class from outside the application, or something of one.
fn outside(text: &str) -> ExprKind {
    let reason = "it comes from outside the application".to_owned();
    ExprKind::Opaque { text: text.to_owned(), call: false, args: Vec::new(), names: Vec::new(), reason }
}

fn is_literal(node: Node<'_>) -> bool {
    matches!(node.kind(), "string" | "concatenated_string" | "integer" | "float")
}

/// `*rest` in a sequence.
fn splat_of(pattern: Node<'_>) -> Option<Node<'_>> {
    named(pattern).first().copied().filter(|inner| inner.kind() == "splat_pattern")
}
