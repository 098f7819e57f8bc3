//! Settings of the application's surroundings: where a value is written for when nobody sets another, it is read with that.

use chameleon_decision::{Constant, Expr, ExprKind, SETTING};
use tree_sitter::Node;

use super::Lower;
use super::resolve::SESSIONS;
use crate::python::project::Referent;
use crate::python::syntax::{field, named, visit_all};
use crate::secrets;

/// What a request brings along, often with a value beside it for when it does not.
const REQUESTS: [&str; 3] = ["flask.request.args", "flask.request.form", "flask.request.values"];

/// What reads a variable of the environment.
const ENVIRONMENT: [&str; 2] = ["os.environ.get", "os.getenv"];

/// What streamlit asks its user for, with the place of the value that it shows at first.
const WIDGETS: [(&str, usize); 4] = [("slider", 3), ("number_input", 3), ("text_input", 1), ("text_area", 1)];

/// Functions that give the options of the command line.
const PARSERS: [&str; 2] = ["parse_args", "parse_known_args"];

/// What frameworks are told of a parameter, its default first.
const DECLARING: [&str; 6] =
    ["typer.Option", "typer.Argument", "fastapi.Query", "fastapi.Form", "fastapi.Body", "fastapi.Header"];

/// What a class of settings says of one of them, its default first.
const FIELDS: [&str; 3] = ["pydantic.Field", "pydantic.fields.Field", "pydantic.v1.Field"];

/// Longer texts are no words to compare with.
const LONGEST: usize = 400;

impl<'t> Lower<'_, 't> {
    /// `os.environ.get("LIMIT", "80")`: the value that is meant where nobody sets another. What a web framework keeps for
    /// a user can be a number or a list of words.
    pub(super) fn setting(&mut self, name: &str, arguments: Node<'t>) -> Option<ExprKind> {
        if let Some(widget) = name.strip_prefix("streamlit.") {
            let widget = widget.trim_start_matches("sidebar.");
            if let Some((_, place)) = WIDGETS.into_iter().find(|(known, _)| *known == widget) {
                return self.widget(place, arguments);
            }
        }
        if FIELDS.contains(&name) {
            return self.field_setting(arguments);
        }
        let is_type =
            |argument: &Node<'t>| field(*argument, "name").is_some_and(|name| self.parsed.text(name) == "type");
        let given: Vec<_> = named(arguments).into_iter().filter(|argument| !is_type(argument)).collect();
        let [key, default] = given[..] else { return None };
        let is_kept = name.strip_suffix(".get").is_some_and(|of| SESSIONS.contains(&of) || REQUESTS.contains(&of));
        if !is_kept && !ENVIRONMENT.contains(&name) {
            return None;
        }
        let default = field(default, "value").filter(|_| default.kind() == "keyword_argument").unwrap_or(default);
        let default = self.expr(default);
        let is_written = if is_kept {
            is_list(&default) || is_number(&default)
        } else {
            is_plain(&self.literal_text(key), &default)
        };
        is_written.then(|| set(default))
    }

    /// `st.slider("How sure", 0.0, 1.0, 0.8)`: what it shows at first.
    fn widget(&mut self, place: usize, arguments: Node<'t>) -> Option<ExprKind> {
        let first = named(arguments).into_iter().take_while(|argument| argument.kind() != "keyword_argument");
        let value = self.keyword(arguments, "value").or_else(|| first.collect::<Vec<_>>().get(place).copied())?;
        let label = *named(arguments).first()?;
        let value = self.expr(value);
        is_plain(&self.literal_text(label), &value).then(|| set(value))
    }

    /// `os.getenv("ANIMAL") or "Dog"`.
    pub(super) fn setting_or(&mut self, first: Node<'t>, fallback: Node<'t>) -> Option<ExprKind> {
        let callee = (first.kind() == "call").then(|| field(first, "function")).flatten()?;
        let [key] = named(field(first, "arguments")?)[..] else { return None };
        match self.referent(callee)? {
            Referent::Library(name) if ENVIRONMENT.contains(&name.as_str()) => {}
            _ => return None,
        }
        let default = self.expr(fallback);
        is_plain(&self.literal_text(key), &default).then(|| set(default))
    }

    /// `args.limit`, where `args` holds the options of the command line: the default of the option.
    pub(super) fn option(&mut self, node: Node<'t>) -> Option<ExprKind> {
        let (object, name) = (field(node, "object")?, field(node, "attribute")?);
        if object.kind() != "identifier" || !self.holds_options(object) {
            return None;
        }
        self.default_of_option(self.parsed.text(name), "add_argument")
    }

    /// Whether a variable holds what the command line says.
    fn holds_options(&self, object: Node<'t>) -> bool {
        let text = self.parsed.text(object);
        let (owner, name) = match self.project.lookup(self.function, text) {
            Referent::Local(name) => (self.function, name),
            Referent::Cell(owner, name) => (owner, name),
            Referent::Global(module, name) => (self.project.modules[module].function, name),
            _ => return false,
        };
        let at = Lower::new(self.project, owner);
        if let Some(made) = self.project.functions[owner].scope.constructed.get(&name) {
            return at.parses_options(*made);
        }
        // A parameter that is handed them.
        let Some(place) = at.place_of(&name) else { return false };
        let values = at.passed_values(place, &name);
        let is_them = |(caller, value): &(usize, Option<Node<'t>>)| {
            let from = Lower::new(self.project, *caller);
            value.is_some_and(|value| match value.kind() {
                "call" => field(value, "function").is_some_and(|callee| from.parses_options(callee)),
                "identifier" => {
                    let scope = &self.project.functions[*caller].scope;
                    scope.constructed.get(from.parsed.text(value)).is_some_and(|made| from.parses_options(*made))
                }
                _ => false,
            })
        };
        !values.is_empty() && values.iter().all(is_them)
    }

    /// Whether calling this gives the options: a parser's method, or a function of the application's that calls it.
    fn parses_options(&self, callee: Node<'t>) -> bool {
        if let Some(method) = field(callee, "attribute") {
            return PARSERS.contains(&self.parsed.text(method));
        }
        let Some(Referent::Function(function)) = self.referent(callee) else { return false };
        let body = self.project.functions[function].body;
        let parsed = self.project.modules[self.project.functions[function].module].parsed;
        let mut found = false;
        visit_all(body, |node| {
            found |= node.kind() == "attribute"
                && field(node, "attribute").is_some_and(|name| PARSERS.contains(&parsed.text(name)));
        });
        found
    }

    /// The default of the option of this name, if all options of that name have the same.
    fn default_of_option(&self, name: &str, adds: &str) -> Option<ExprKind> {
        let mut found: Option<ExprKind> = None;
        for module in &self.project.modules {
            let mut calls = Vec::new();
            visit_all(module.parsed.tree.root_node(), |node| {
                let method = field(node, "function").and_then(|callee| field(callee, "attribute"));
                if node.kind() == "call" && method.is_some_and(|method| module.parsed.text(method) == adds) {
                    calls.extend(field(node, "arguments"));
                }
            });
            for arguments in calls {
                let mut at = Lower::new(self.project, module.function);
                if at.option_name(arguments).as_deref() == Some(name) {
                    let default = at.option_default(arguments)?;
                    if found.as_ref().is_some_and(|known| !same(known, &default)) {
                        return None;
                    }
                    found = Some(default);
                }
            }
        }
        found
    }

    /// The name under which an option's value is found: `dest`, or its first long name.
    fn option_name(&self, arguments: Node<'t>) -> Option<String> {
        if let Some(name) = self.keyword(arguments, "dest") {
            return Some(self.literal_text(name));
        }
        let names: Vec<String> = named(arguments)
            .into_iter()
            .filter(|argument| argument.kind() == "string")
            .map(|argument| self.literal_text(argument))
            .collect();
        // Of a plain name, click takes that one.
        let plain = names.iter().find(|name| !name.starts_with('-'));
        let long = names.iter().find(|name| name.starts_with("--"));
        let name = plain.or(long).or(names.first())?;
        let name = name.split('/').next().unwrap_or(name);
        Some(name.trim_start_matches('-').replace('-', "_"))
    }

    /// What an option is where it is not given.
    fn option_default(&mut self, arguments: Node<'t>) -> Option<ExprKind> {
        let default = self.expr(self.keyword(arguments, "default")?);
        let name = self.option_name(arguments).unwrap_or_default();
        let is_written = match &default.kind {
            ExprKind::Constant { value: Constant::Str(text) } => {
                !text.is_empty() && text.len() <= LONGEST && !secrets::is_credential(&name)
            }
            // A flag is there to be set: both ways are looked at.
            ExprKind::Constant { value } => !matches!(value, Constant::None | Constant::Bool(_)),
            ExprKind::Unary { value, .. } => is_number(value),
            _ => is_list(&default),
        };
        if !is_written {
            return None;
        }
        // A text is made what the option is, as one of the command line would be.
        let made = self.keyword(arguments, "type").map(|made| self.parsed.text(made));
        let is_text = matches!(default.kind, ExprKind::Constant { value: Constant::Str(_) });
        let setting = set(default);
        Some(match made {
            Some(made @ ("int" | "float")) if is_text => ExprKind::Builtin {
                name: made.to_owned(),
                args: vec![self.at(arguments, setting)],
                keywords: Vec::new(),
            },
            _ => setting,
        })
    }

    /// The default that decorators of click give a parameter: `@click.option("--limit", default=3)`.
    pub(super) fn clicked(&self, function: Node<'t>, name: &str) -> Option<Expr> {
        let around = function.parent().filter(|parent| parent.kind() == "decorated_definition")?;
        let decorators = named(around).into_iter().filter(|node| node.kind() == "decorator");
        let calls = decorators.filter_map(|node| named(node).first().copied().filter(|call| call.kind() == "call"));
        for call in calls {
            let (Some(callee), Some(arguments)) = (field(call, "function"), field(call, "arguments")) else { continue };
            let last = self.parsed.text(callee).rsplit('.').next().unwrap_or_default();
            let mut at = Lower::new(self.project, self.project.modules[self.module()].function);
            if matches!(last, "option" | "argument") && at.option_name(arguments).as_deref() == Some(name) {
                let kind = at.option_default(arguments)?;
                return Some(at.at(arguments, kind));
            }
        }
        None
    }

    /// The default that a framework is told in the place of a parameter's: `limit: int = typer.Option(3)`.
    pub(super) fn declared(&mut self, value: Node<'t>) -> Option<Expr> {
        let (callee, arguments) = (field(value, "function")?, field(value, "arguments")?);
        match self.referent(callee)? {
            Referent::Library(name) if DECLARING.contains(&name.as_str()) => {}
            _ => return None,
        }
        let first = named(arguments).into_iter().next().filter(|first| first.kind() != "keyword_argument");
        let default = first.or_else(|| self.keyword(arguments, "default"))?;
        let default = self.expr(default);
        let is_value = matches!(&default.kind, ExprKind::Constant { value } if *value != Constant::None);
        is_value.then(|| self.at(value, set(default)))
    }

    /// `limit: float = Field(default=0.8, env="LIMIT")` in a class of settings: the default, a number, a text or a list.
    fn field_setting(&mut self, arguments: Node<'t>) -> Option<ExprKind> {
        let assigned =
            arguments.parent().and_then(|call| call.parent()).filter(|outer| outer.kind() == "assignment")?;
        let key = field(assigned, "left")?;
        let body = assigned.parent().and_then(|statement| statement.parent())?;
        let class = self.project.classes.iter().position(|class| class.body.id() == body.id());
        if class.is_some_and(|class| self.project.callers.gives(class, self.parsed.text(key))) {
            return None;
        }
        let first = named(arguments).into_iter().next().filter(|first| first.kind() != "keyword_argument");
        let default = self.expr(first.or_else(|| self.keyword(arguments, "default"))?);
        let is_written = is_plain(self.parsed.text(key), &default) || is_list(&default);
        is_written.then(|| set(default))
    }

    fn keyword(&self, arguments: Node<'t>, wanted: &str) -> Option<Node<'t>> {
        let mut keywords = named(arguments).into_iter().filter(|argument| argument.kind() == "keyword_argument");
        let is_it = |keyword: &Node<'t>| field(*keyword, "name").is_some_and(|name| self.parsed.text(name) == wanted);
        field(keywords.find(is_it)?, "value")
    }

    fn literal_text(&self, node: Node<'t>) -> String {
        let content = named(node).into_iter().filter(|part| part.kind() == "string_content");
        content.map(|part| self.parsed.text(part)).collect()
    }
}

fn set(default: Expr) -> ExprKind {
    ExprKind::Builtin { name: SETTING.to_owned(), args: vec![default], keywords: Vec::new() }
}

/// Whether two defaults are alike, wherever they are written.
fn same(a: &ExprKind, b: &ExprKind) -> bool {
    match (a, b) {
        (ExprKind::Constant { value: a }, ExprKind::Constant { value: b }) => a == b,
        (ExprKind::Builtin { name: a, args: x, .. }, ExprKind::Builtin { name: b, args: y, .. }) => {
            a == b && x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(&x.kind, &y.kind))
        }
        _ => a == b,
    }
}

/// Whether the value of a setting of this name is one to go on with: a number, or a text that is no credential.
fn is_plain(key: &str, default: &Expr) -> bool {
    let key = key.to_lowercase();
    match &default.kind {
        ExprKind::Constant { value: Constant::Str(text) } => {
            let is_secret = secrets::is_credential(&key) || key.ends_with("key");
            !text.is_empty() && text.len() <= LONGEST && !is_secret
        }
        ExprKind::Constant { value } => !matches!(value, Constant::None | Constant::Bool(_)),
        _ => false,
    }
}

/// Whether a list of written values is written here.
fn is_list(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::List { elements } | ExprKind::Set { elements } | ExprKind::Tuple { elements } => {
            elements.iter().all(|element| matches!(element.kind, ExprKind::Constant { .. }))
        }
        _ => false,
    }
}

/// Whether a number is written here, as a text or not.
fn is_number(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Constant { value: Constant::Int(_) | Constant::Float(_) } => true,
        ExprKind::Constant { value: Constant::Str(text) } => text.trim().parse::<f64>().is_ok_and(f64::is_finite),
        _ => false,
    }
}
