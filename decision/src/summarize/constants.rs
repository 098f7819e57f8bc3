//! The texts and numbers a program is written with, and their places.

use std::collections::BTreeSet;

use super::lead;
use super::lines::FARTHEST;
use super::verify::LONGEST;
use crate::interpreter::snake_case;
use crate::program::{Constant, Expr, ExprKind, Function, Parameter, Program, Span, Stmt, StmtKind, Target};

/// All constants of a program, in order of appearance.
#[derive(Default)]
pub(super) struct Constants {
    pub(super) texts: Vec<(String, Span)>,
    /// Numbers, without their signs.
    pub(super) numbers: Vec<f64>,
    /// The lists, tuples and sets of texts alone that are no rows of a table.
    pub(super) lists: Vec<Vec<(String, Span)>>,
    /// Every `if` and `elif` with the texts that it asks for.
    pub(super) tests: Vec<Test>,
    /// Whether a text is taken apart into its lines.
    pub(super) lines: bool,
    /// The greatest number by which a part is taken out of a list, from its start or its end, or which its length is
    /// compared with.
    pub(super) farthest: usize,
    /// Where a text is taken apart into its words, or a blank is looked for.
    pub(super) words: Vec<Span>,
    /// Whether regular expressions or likenesses of texts are asked for.
    pub(super) patterns: bool,
    pub(super) asks: Asks,
    /// What texts are taken apart at.
    pub(super) marks: Vec<String>,
    /// Names of attributes and texts that can be keys, in snake case.
    fields: BTreeSet<String>,
    /// Texts that only show or name a result: returned, printed, or the name of a group of words.
    shown: Vec<(String, Span)>,
}

/// What a program asks of lists and texts.
#[derive(Default)]
pub(super) struct Asks {
    /// Of what kind a text's characters are.
    pub(super) characters: bool,
    /// How long something is.
    pub(super) length: bool,
    /// What comes after the first of several things.
    pub(super) rest: bool,
}

impl Asks {
    fn note(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Slice { start: Some(start), .. } => self.rest |= is_late(start),
            ExprKind::Builtin { name, args, .. } if name == "range" => {
                self.rest |= args.len() > 1 && args.first().is_some_and(is_late);
            }
            ExprKind::Builtin { name, .. } => self.length |= name == "len",
            ExprKind::Method { name, args, .. } => {
                self.rest |= name == "pop" && !args.is_empty();
                self.characters |= CHARACTER_TESTS.contains(&name.as_str());
            }
            _ => {}
        }
    }
}

/// A test of the program.
pub(super) struct Test {
    pub(super) span: Span,
    /// The test that failed before an `elif` is asked.
    pub(super) before: Option<Span>,
    /// The texts on a side of a comparison in it.
    pub(super) compared: Vec<(String, Span)>,
    /// The texts that stand in it as a condition by themselves, which holds always.
    pub(super) bare: Vec<(String, Span)>,
}

/// Keys of answers that are no part of the model, and no name that an API gives.
pub(super) const KEYS: [&str; 12] = [
    "ContentTypes",
    "GeneralLabels",
    "HTTPHeaders",
    "ImageProperties",
    "LabelModelVersion",
    "ModerationModelVersion",
    "OrientationCorrection",
    "ResponseMetadata",
    "TextModelVersion",
    "UnrecognizedFaces",
    "fullTextAnnotation",
    "imagePropertiesAnnotation",
];

/// Methods that ask of what kind the characters of a text are.
const CHARACTER_TESTS: [&str; 9] =
    ["isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "islower", "isnumeric", "istitle", "isupper"];

impl Constants {
    pub(super) fn of(program: &Program) -> Self {
        let mut constants = Self::default();
        constants.block(&program.globals);
        for Function { parameters, body, .. } in &program.functions {
            constants.parameters(parameters);
            constants.block(body);
        }
        constants.fields.extend(constants.texts.iter().map(|text| snake_case(&text.0)));
        constants.texts.retain(|text| !KEYS.contains(&text.0.as_str()));
        constants.texts.sort_by_key(|text| text.1);
        constants.shown.sort_by_key(|text| text.1);
        constants
    }

    /// Where a text that the program compared is written, and how it is spelled there. A text made at run time (by
    /// `lower()`, by `split()`) is looked for with its case folded and inside longer constants, and last among those
    /// that only show a result.
    pub(super) fn place(&self, text: &str) -> Option<(String, Span)> {
        let whole = |texts: &[(String, Span)], same: &dyn Fn(&str) -> bool| {
            texts.iter().find(|constant| same(&constant.0)).cloned()
        };
        let folded = text.trim().to_lowercase();
        let among = |texts: &[(String, Span)]| {
            whole(texts, &|constant| constant == text)
                .or_else(|| whole(texts, &|constant| constant.trim().to_lowercase() == folded))
        };
        among(&self.texts).or_else(|| among(&self.shown)).or_else(|| {
            let inside = self.texts.iter().find(|constant| constant.0.to_lowercase().contains(&folded));
            inside.filter(|_| !folded.is_empty()).map(|constant| (text.to_owned(), constant.1))
        })
    }

    /// Whether a number is written that items can be counted up to.
    pub(super) fn counts(&self) -> bool {
        let is_one = |number: &f64| number.fract() == 0.0 && (1.0..f64::from(LONGEST)).contains(number);
        self.numbers.iter().any(is_one)
    }

    /// Whether a field of an answer is named: as an attribute, a key, or in any other text.
    pub(super) fn names(&self, field: &str) -> bool {
        self.fields.contains(field)
    }

    /// A value that the program shows as it is.
    fn result(&mut self, value: &Expr) {
        match &value.kind {
            ExprKind::Constant { value: Constant::Str(text) } => self.shown.push((text.clone(), value.span)),
            _ => self.expr(value),
        }
    }

    fn block(&mut self, body: &[Stmt]) {
        for stmt in body {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Assign { targets, value } => {
                for target in targets {
                    self.target(target);
                }
                self.expr(value);
            }
            StmtKind::AugAssign { target, value, .. } => {
                self.target(target);
                self.expr(value);
            }
            StmtKind::If { test, body, orelse } => {
                self.test(test, None);
                self.block(body);
                self.orelse(test.span, orelse);
            }
            StmtKind::While { test, body, orelse } => {
                self.expr(test);
                self.block(body);
                self.block(orelse);
            }
            StmtKind::For { target, iter, body, orelse } => {
                self.target(target);
                self.expr(iter);
                self.block(body);
                self.block(orelse);
            }
            StmtKind::Try { body, handlers, orelse, finally } => {
                self.block(body);
                for handler in handlers {
                    self.block(&handler.1);
                }
                self.block(orelse);
                self.block(finally);
            }
            StmtKind::Return { value: Some(value) } => self.result(value),
            StmtKind::Expr { value } => self.expr(value),
            StmtKind::Raise { args, keywords, .. } => {
                args.iter().chain(keywords.iter().map(|keyword| &keyword.value)).for_each(|value| self.result(value));
            }
            StmtKind::Return { value: None } | StmtKind::Break | StmtKind::Continue | StmtKind::Global { .. } => {}
        }
    }

    fn test(&mut self, test: &Expr, before: Option<Span>) {
        self.expr(test);
        let mut found = Test { span: test.span, before, compared: Vec::new(), bare: Vec::new() };
        found.condition(test);
        self.tests.push(found);
    }

    /// What follows when the test at `before` fails; an `elif` is an `if` alone there.
    fn orelse(&mut self, before: Span, block: &[Stmt]) {
        match block {
            [Stmt { kind: StmtKind::If { test, body, orelse }, .. }] => {
                self.test(test, Some(before));
                self.block(body);
                self.orelse(test.span, orelse);
            }
            block => self.block(block),
        }
    }

    fn target(&mut self, target: &Target) {
        match target {
            Target::Name { .. } => {}
            Target::Attribute { object, .. } => self.expr(object),
            Target::Subscript { object, index } => {
                self.expr(object);
                self.expr(index);
            }
            Target::Tuple { elements } => {
                for element in elements {
                    self.target(element);
                }
            }
            Target::Starred { inner } => self.target(inner),
        }
    }

    /// Notes the numbers of a place: `2`, `-2`, `at + 2`.
    fn note_place(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Constant { value: Constant::Int(number) } => {
                let place = usize::try_from(number.unsigned_abs()).unwrap_or(usize::MAX);
                // One so far away is none of a line.
                self.farthest = self.farthest.max(if place <= FARTHEST { place } else { 0 });
            }
            ExprKind::Unary { value, .. } => self.note_place(value),
            ExprKind::Binary { left, right, .. } => {
                self.note_place(left);
                self.note_place(right);
            }
            _ => {}
        }
    }

    fn parameters(&mut self, parameters: &[Parameter]) {
        parameters.iter().filter_map(|parameter| parameter.default.as_ref()).for_each(|default| self.expr(default));
    }

    fn exprs<'a>(&mut self, exprs: impl IntoIterator<Item = &'a Expr>) {
        exprs.into_iter().for_each(|expr| self.expr(expr));
    }

    fn expr(&mut self, expr: &Expr) {
        self.asks.note(expr);
        match &expr.kind {
            ExprKind::Constant { value: Constant::Str(text) } => self.texts.push((text.clone(), expr.span)),
            ExprKind::Constant { value: Constant::Int(number) } => self.numbers.push(*number as f64),
            ExprKind::Constant { value: Constant::Float(number) } => self.numbers.push(*number),
            ExprKind::Constant { .. } | ExprKind::Name { .. } | ExprKind::FunctionValue { .. } => {}
            ExprKind::ApiOutput { max_results, .. } | ExprKind::OtherOutput { max_results, .. } => {
                self.exprs(max_results.as_deref());
            }
            ExprKind::List { elements } | ExprKind::Tuple { elements } | ExprKind::Set { elements } => {
                self.lists.extend(texts(elements));
                let lists = self.lists.len();
                self.exprs(elements);
                // Rows of a table are records, not lists of words.
                self.lists.truncate(lists);
            }
            ExprKind::Dict { items } => {
                for (key, value) in items {
                    let is_group = matches!(
                        value.kind,
                        ExprKind::List { .. } | ExprKind::Tuple { .. } | ExprKind::Set { .. } | ExprKind::Dict { .. }
                    );
                    if is_group {
                        self.result(key);
                    } else {
                        self.expr(key);
                    }
                    self.expr(value);
                }
            }
            ExprKind::Starred { value } | ExprKind::Unary { value, .. } | ExprKind::Walrus { value, .. } => {
                self.expr(value);
            }
            ExprKind::Binary { left, right, .. } => self.exprs([&**left, &**right]),
            ExprKind::Bool { values, .. } => self.exprs(values),
            ExprKind::Compare { left, rest } => {
                self.words.extend(text(left).filter(|(text, _)| text == " ").map(|(_, span)| span));
                let sides = || std::iter::once(&**left).chain(rest.iter().map(|pair| &pair.1));
                if sides().any(|side| matches!(&side.kind, ExprKind::Builtin { name, .. } if name == "len")) {
                    sides().for_each(|side| self.note_place(side));
                }
                self.exprs(sides());
            }
            ExprKind::IfElse { test, body, orelse } => self.exprs([&**test, &**body, &**orelse]),
            ExprKind::Attribute { object, name } => {
                self.fields.insert(snake_case(name.strip_suffix('_').unwrap_or(name)));
                self.expr(object);
            }
            ExprKind::Subscript { object, index } => {
                self.note_place(index);
                self.exprs([&**object, &**index]);
            }
            ExprKind::Slice { object, start, stop, step } => {
                self.expr(object);
                [start, stop].into_iter().flatten().for_each(|bound| self.note_place(bound));
                self.exprs([start, stop, step].into_iter().filter_map(|bound| bound.as_deref()));
            }
            ExprKind::Builtin { name, args, .. } if name == "print" => args.iter().for_each(|arg| self.result(arg)),
            ExprKind::Call { args, keywords, .. } | ExprKind::Builtin { args, keywords, .. } => {
                let is_of =
                    |module: &str| matches!(&expr.kind, ExprKind::Builtin { name, .. } if name.starts_with(module));
                self.patterns |= is_of("re.") || is_of("difflib.");
                self.exprs(args);
                self.exprs(keywords.iter().map(|keyword| &keyword.value));
            }
            ExprKind::Method { object, name, args, keywords } => {
                let breaks =
                    |arg: &Expr| matches!(&arg.kind, ExprKind::Constant { value: Constant::Str(text) } if text == "\n");
                self.words.extend((name == "split" && args.is_empty()).then_some(expr.span));
                self.lines |= name == "splitlines" || (name == "split" && args.first().is_some_and(breaks));
                if matches!(name.as_str(), "split" | "rsplit" | "partition" | "rpartition") {
                    let mark = args.first().and_then(text).map(|mark| mark.0);
                    self.marks.extend(mark.filter(|mark| !mark.trim().is_empty() && !self.marks.contains(mark)));
                }
                self.expr(object);
                self.exprs(args);
                self.exprs(keywords.iter().map(|keyword| &keyword.value));
            }
            ExprKind::CallValue { callee, args } => {
                self.expr(callee);
                self.exprs(args);
            }
            ExprKind::Lambda { parameters, body } => {
                self.parameters(parameters);
                self.expr(body);
            }
            ExprKind::Comprehension { inner } => {
                self.expr(&inner.element);
                self.exprs(&inner.value);
                for (target, iter, tests) in &inner.clauses {
                    self.target(target);
                    self.expr(iter);
                    self.exprs(tests);
                }
            }
            ExprKind::Format { parts } => self.exprs(parts.iter().map(|part| &part.0)),
            ExprKind::Opaque { args, .. } => self.exprs(args),
        }
    }
}

impl Test {
    fn condition(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Bool { values, .. } => values.iter().for_each(|value| self.condition(value)),
            ExprKind::Unary { value, .. } => self.condition(value),
            ExprKind::Compare { left, rest } => {
                self.compared.extend(std::iter::once(&**left).chain(rest.iter().map(|pair| &pair.1)).filter_map(text));
            }
            _ => self.bare.extend(text(expr)),
        }
    }
}

/// The elements, if all are texts.
fn texts(elements: &[Expr]) -> Option<Vec<(String, Span)>> {
    elements.iter().map(text).collect()
}

fn text(expr: &Expr) -> Option<(String, Span)> {
    match &expr.kind {
        ExprKind::Constant { value: Constant::Str(text) } => Some((text.clone(), expr.span)),
        _ => None,
    }
}

/// Whether a number is a place after as many as anyone leaves out.
fn is_late(expr: &Expr) -> bool {
    let most = lead::MOST as i64;
    matches!(&expr.kind, ExprKind::Constant { value: Constant::Int(place) } if (1..=most).contains(place))
}
