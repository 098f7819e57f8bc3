//! What the application reads from its own files of words.
//!
//! `open("words.txt")` is the list of the file's lines; `read()`, `readlines()`, `json.load()`, `yaml.safe_load()`
//! and `csv.reader()` of it are what they give. A file that the application itself writes is not known.

use chameleon_decision::{BinaryOp, CompareOp, Constant, Expr, ExprKind};
use serde_json::Value as Json;
use tree_sitter::Node;

use super::Lower;
use super::expr::constant;
use crate::python::project::Referent;
use crate::python::syntax::{field, named, visit_all, visit_scope};
use crate::yaml::{self, Yaml};

/// More values than this in one file are not carried along.
const MAX_VALUES: usize = 8000;

/// The builtin that gives what is in a file of this name, which is not known.
const FILE: &str = "<file>";

/// Functions and methods that open or read a file.
const READING: [&str; 12] = [
    "open",
    "read",
    "readlines",
    "close",
    "read_text",
    "load",
    "loads",
    "safe_load",
    "full_load",
    "unsafe_load",
    "reader",
    "DictReader",
];

/// Methods of an open file that are followed.
const FOLLOWED: [&str; 3] = ["read", "readlines", "close"];

impl<'t> Lower<'_, 't> {
    /// The value of a call that opens or reads a file of the application's.
    pub(super) fn file_content(&mut self, node: Node<'t>, callee: Node<'t>, arguments: Node<'t>) -> Option<ExprKind> {
        let name = self.parsed.text(field(callee, "attribute").unwrap_or(callee));
        if !READING.contains(&name) {
            return None;
        }
        let content = self.content(node, callee, arguments);
        content.or_else(|| self.content_by_parameter(node, callee, arguments))
    }

    /// What a function that is given the file's name reads, by that name.
    fn content_by_parameter(&mut self, node: Node<'t>, callee: Node<'t>, arguments: Node<'t>) -> Option<ExprKind> {
        for (name, paths) in self.different_paths() {
            let mut files = Vec::new();
            for path in paths {
                self.bound = Some((name.clone(), path.clone()));
                let content = self.content(node, callee, arguments);
                self.bound = None;
                files.extend(content.map(|content| (self.text_expr(node, &path), self.at(node, content))));
            }
            if files.is_empty() {
                continue;
            }
            let given = || Box::new(self.at(node, ExprKind::Name { name: self.variable(&name) }));
            let names = ExprKind::Tuple { elements: files.iter().map(|file| file.0.clone()).collect() };
            let rest = vec![(CompareOp::In, self.at(node, names))];
            let test = Box::new(self.at(node, ExprKind::Compare { left: given(), rest }));
            let object = Box::new(self.at(node, ExprKind::Dict { items: files }));
            let body = Box::new(self.at(node, ExprKind::Subscript { object, index: given() }));
            // That another file is not known says nothing of these.
            let other = ExprKind::Builtin { name: FILE.to_owned(), args: vec![*given()], keywords: Vec::new() };
            return Some(ExprKind::IfElse { test, body, orelse: Box::new(self.at(node, other)) });
        }
        None
    }

    fn content(&mut self, node: Node<'t>, callee: Node<'t>, arguments: Node<'t>) -> Option<ExprKind> {
        if self.is_open(callee) {
            let text = self.opened_text(node)?;
            return self.lines(node, &text);
        }
        let name = self.parsed.text(field(callee, "attribute").unwrap_or(callee));
        let first = || named(arguments).first().copied();
        match (name, field(callee, "object")) {
            ("read", Some(file)) => Some(constant(Constant::Str(self.file_text(file)?))),
            ("readlines", Some(file)) => {
                let text = self.file_text(file)?;
                self.lines(node, &text)
            }
            ("close", Some(file)) => self.file_text(file).map(|_| constant(Constant::None)),
            ("read_text", Some(path)) => {
                let text = self.text_at(path)?;
                Some(constant(Constant::Str(text)))
            }
            ("load" | "loads", Some(module)) if self.parsed.text(module) == "json" => {
                let text = if name == "load" { self.file_text(first()?)? } else { self.read_text(first()?)? };
                let json = serde_json::from_str(&text).ok()?;
                let mut left = MAX_VALUES;
                Some(self.json(node, &json, &mut left)?.kind)
            }
            ("load" | "safe_load" | "full_load" | "unsafe_load", _) if self.is_yaml(callee) => {
                let text = first().and_then(|from| self.file_text(from).or_else(|| self.read_text(from)))?;
                Some(self.yaml(node, &yaml::read(&text, MAX_VALUES)?).kind)
            }
            ("reader", Some(module)) if self.parsed.text(module) == "csv" => {
                let text = self.file_text(first()?)?;
                self.rows(node, &text, self.delimiter(arguments)?)
            }
            ("DictReader", Some(module)) if self.parsed.text(module) == "csv" => {
                let text = self.file_text(first()?)?;
                self.records(node, &text, self.delimiter(arguments)?)
            }
            _ => None,
        }
    }

    /// Rows of separated values by the names in the first of them.
    fn records(&self, node: Node<'t>, text: &str, delimiter: char) -> Option<ExprKind> {
        let ExprKind::List { elements } = self.rows(node, text, delimiter)? else { return None };
        let mut rows = elements.into_iter().filter_map(|row| match row.kind {
            // Empty lines are no rows.
            ExprKind::List { elements } => (!is_empty(&elements)).then_some(elements),
            _ => None,
        });
        let names = rows.next()?;
        let none = || self.at(node, constant(Constant::None));
        let record = |row: Vec<Expr>| {
            let values = row.into_iter().chain(std::iter::repeat_with(none));
            self.at(node, ExprKind::Dict { items: names.iter().cloned().zip(values).collect() })
        };
        Some(ExprKind::List { elements: rows.map(record).collect() })
    }

    /// The text of a file that is read: `file.read()`, `path.read_text()`.
    fn read_text(&self, call: Node<'t>) -> Option<String> {
        let callee = (call.kind() == "call").then(|| field(call, "function")).flatten()?;
        let object = field(callee, "object")?;
        match self.parsed.text(field(callee, "attribute")?) {
            "read" => self.file_text(object),
            "read_text" => self.text_at(object),
            _ => None,
        }
    }

    fn is_yaml(&self, callee: Node<'t>) -> bool {
        matches!(self.referent(callee), Some(Referent::Library(name)) if name.starts_with("yaml."))
    }

    fn is_open(&self, callee: Node<'t>) -> bool {
        match self.referent(callee) {
            Some(Referent::Free(name)) => name == "open",
            Some(Referent::Library(name)) => matches!(name.as_str(), "io.open" | "codecs.open"),
            _ => false,
        }
    }

    /// The text of the file that an expression is: `open(...)` itself, or a variable that holds it.
    fn file_text(&self, file: Node<'t>) -> Option<String> {
        match file.kind() {
            "call" if self.is_open(field(file, "function")?) => self.opened_text(file),
            "identifier" => self.opened_text(self.opening(file)?),
            _ => None,
        }
    }

    /// The call of `open` behind a variable: that of the `with` around, else the last one before.
    fn opening(&self, variable: Node<'t>) -> Option<Node<'t>> {
        let name = self.parsed.text(variable);
        let mut found = None;
        visit_scope(self.project.functions[self.function].body, |node| {
            let (target, value) = match node.kind() {
                "assignment" => (field(node, "left"), field(node, "right")),
                "as_pattern" => (field(node, "alias"), named(node).first().copied()),
                _ => return,
            };
            let before = node.start_byte() <= variable.start_byte();
            if before && target.is_some_and(|target| self.parsed.text(target) == name) {
                found = value;
            }
        });
        found.filter(|value| value.kind() == "call" && field(*value, "function").is_some_and(|f| self.is_open(f)))
    }

    /// The text of the file that a call of `open` opens for reading.
    fn opened_text(&self, call: Node<'t>) -> Option<String> {
        let arguments = field(call, "arguments")?;
        let [path, rest @ ..] = &named(arguments)[..] else { return None };
        let writes = rest.iter().any(|argument| self.is_mode(*argument, &['w', 'a', 'x', '+', 'b']));
        if writes || !self.is_only_read(call) {
            return None;
        }
        self.text_at(*path)
    }

    /// Whether an argument is a mode with one of these letters.
    fn is_mode(&self, argument: Node<'t>, letters: &[char]) -> bool {
        let value = match argument.kind() {
            "keyword_argument" => match (field(argument, "name"), field(argument, "value")) {
                (Some(name), Some(value)) if self.parsed.text(name) == "mode" => value,
                _ => return false,
            },
            _ => argument,
        };
        value.kind() == "string" && self.parsed.text(value).trim_matches(['"', '\'']).contains(letters)
    }

    /// Whether the variable that holds an open file is only used in ways that are followed.
    fn is_only_read(&self, call: Node<'t>) -> bool {
        let Some(parent) = call.parent() else { return false };
        let name = match parent.kind() {
            "assignment" => field(parent, "left"),
            "as_pattern" => field(parent, "alias"),
            _ => return true,
        };
        let Some(name) = name.map(|name| self.parsed.text(name)) else { return false };
        let mut plain = true;
        visit_scope(self.project.functions[self.function].body, |node| {
            if let ("attribute", Some(object), Some(method)) =
                (node.kind(), field(node, "object"), field(node, "attribute"))
                && self.parsed.text(object) == name
            {
                plain &= FOLLOWED.contains(&self.parsed.text(method));
            }
        });
        plain
    }

    /// The text of the file at a path, unless the application writes it.
    fn text_at(&self, path: Node<'t>) -> Option<String> {
        let path = self.path(path)?;
        let text = self.project.data.text(&self.parsed.path, &path)?;
        (!self.is_written(&path)).then_some(text)
    }

    /// Whether a file of this name is opened for writing anywhere.
    fn is_written(&self, path: &str) -> bool {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let mut written = false;
        for module in &self.project.modules {
            let at = Lower::new(self.project, module.function);
            visit_all(module.parsed.tree.root_node(), |node| {
                let arguments = (node.kind() == "call").then(|| field(node, "arguments")).flatten();
                let arguments = arguments.map(named).unwrap_or_default();
                let [path, rest @ ..] = &arguments[..] else { return };
                let opens = field(node, "function").is_some_and(|callee| at.parsed.text(callee).ends_with("open"));
                if opens && rest.iter().any(|argument| at.is_mode(*argument, &['w', 'a', 'x', '+'])) {
                    let same = |path: String| path.rsplit(['/', '\\']).next() == Some(name);
                    written |= at.parsed.text(*path).contains(name) || at.path(*path).is_some_and(same);
                }
            });
        }
        written
    }

    fn text_expr(&self, node: Node<'_>, text: &str) -> Expr {
        self.at(node, constant(Constant::Str(text.to_owned())))
    }

    /// Lines with their ends, as iterating over a file gives them.
    fn lines(&self, node: Node<'_>, text: &str) -> Option<ExprKind> {
        let text = text.replace("\r\n", "\n");
        let elements: Vec<Expr> = text.split_inclusive('\n').map(|line| self.line(node, line)).collect();
        (elements.len() <= MAX_VALUES).then_some(ExprKind::List { elements })
    }

    /// A line as its text and its end, so that the word in it is a constant of its own.
    fn line(&self, node: Node<'_>, line: &str) -> Expr {
        let Some(text) = line.strip_suffix('\n').filter(|text| !text.is_empty()) else {
            return self.text_expr(node, line);
        };
        let [left, right] = [text, "\n"].map(|part| Box::new(self.text_expr(node, part)));
        self.at(node, ExprKind::Binary { left, op: BinaryOp::Add, right })
    }

    /// What separates the values of a row; other settings are not followed.
    fn delimiter(&self, arguments: Node<'t>) -> Option<char> {
        match named(arguments)[1..] {
            [] => Some(','),
            [setting] if setting.kind() == "keyword_argument" => {
                let is_it = self.parsed.text(field(setting, "name")?) == "delimiter";
                let value = self.parsed.text(field(setting, "value")?).trim_matches(['"', '\'']);
                let delimiter = if value == "\\t" { Some('\t') } else { value.chars().next() };
                delimiter.filter(|_| is_it)
            }
            _ => None,
        }
    }

    /// Rows of separated values; quotes would need more than this.
    fn rows(&self, node: Node<'_>, text: &str, delimiter: char) -> Option<ExprKind> {
        if text.contains('"') || text.len() > MAX_VALUES * 8 {
            return None;
        }
        let row = |line: &str| {
            let elements = line.split(delimiter).map(|cell| self.text_expr(node, cell)).collect();
            self.at(node, ExprKind::List { elements })
        };
        let elements: Vec<Expr> = text.lines().map(row).collect();
        (elements.len() <= MAX_VALUES).then_some(ExprKind::List { elements })
    }

    fn json(&self, node: Node<'_>, json: &Json, left: &mut usize) -> Option<Expr> {
        *left = left.checked_sub(1)?;
        let kind = match json {
            Json::Null => constant(Constant::None),
            Json::Bool(value) => constant(Constant::Bool(*value)),
            Json::Number(number) => match number.as_i64() {
                Some(whole) => constant(Constant::Int(whole)),
                None => constant(Constant::Float(number.as_f64()?)),
            },
            Json::String(text) => constant(Constant::Str(text.clone())),
            Json::Array(items) => {
                let elements = items.iter().map(|item| self.json(node, item, left)).collect::<Option<_>>()?;
                ExprKind::List { elements }
            }
            Json::Object(fields) => {
                let items =
                    fields.iter().map(|(key, value)| Some((self.text_expr(node, key), self.json(node, value, left)?)));
                ExprKind::Dict { items: items.collect::<Option<_>>()? }
            }
        };
        Some(self.at(node, kind))
    }
}

impl Lower<'_, '_> {
    fn yaml(&self, node: Node<'_>, yaml: &Yaml) -> Expr {
        let kind = match yaml {
            Yaml::Scalar(value) => constant(value.clone()),
            Yaml::List(items) => ExprKind::List { elements: items.iter().map(|item| self.yaml(node, item)).collect() },
            Yaml::Map(pairs) => {
                let pair = |(key, value): &(Yaml, Yaml)| (self.yaml(node, key), self.yaml(node, value));
                ExprKind::Dict { items: pairs.iter().map(pair).collect() }
            }
        };
        self.at(node, kind)
    }
}

/// Whether a row has nothing in it.
fn is_empty(row: &[Expr]) -> bool {
    matches!(row, [Expr { kind: ExprKind::Constant { value: Constant::Str(cell) }, .. }] if cell.is_empty())
}
