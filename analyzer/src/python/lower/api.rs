//! Calls of an API: through its client library, the discovery client, or its REST address.

use std::collections::BTreeSet;
use std::rc::Rc;

use chameleon_decision::{Constant, Expr, ExprKind, MinScore, ResponseForm, Shape};
use tree_sitter::Node;

use super::expr::constant;
use super::{Lower, Site};
use crate::apis::{Legacy, Operation, camel_case, has_word};
use crate::python::project::Referent;
use crate::python::syntax::{Parsed, children, field, named, visit_all};

/// The builtin that stands for reading a name that nothing defines.
const UNDEFINED: &str = "<undefined>";

/// What the names of features have in them.
const FEATURES: &[&str] = &["_DETECTION", "_LOCALIZATION", "IMAGE_PROPERTIES"];

/// Functions that send a request to an address.
const SENDERS: &[&str] = &["post", "urlopen", "request", "fetch"];

/// How many names an address is followed through: `urlopen(request)`, `request = Request(URL)`, `URL = HOST + PATH`.
const MAX_NAMES: usize = 4;

/// How many variables in the arguments of a call are looked behind.
const MAX_VARIABLES: usize = 12;

/// How an operation is called at a place.
struct Called<'c> {
    operation: &'c Operation,
    form: ResponseForm,
    /// The request says what is wanted, so what limits it may stand outside the call.
    by_request: bool,
    /// The one field of the answer that an earlier generation of the client gives.
    legacy: Option<&'c Legacy>,
}

impl<'t> Lower<'_, 't> {
    /// The API's answer, where a call is one of an API.
    pub(super) fn api_output(&mut self, node: Node<'t>, callee: Node<'t>, arguments: Node<'t>) -> Option<ExprKind> {
        let callee = self.method_named(callee).unwrap_or(callee);
        let mut all = self.client_calls(callee, arguments);
        if all.is_empty() {
            all.extend(self.legacy_call(callee, arguments));
        }
        if all.is_empty() {
            all = self.rest_calls(callee, arguments);
        }
        let span = self.parsed.span(node);
        if !self.sites.iter().any(|known| known.span == span) {
            let request = if all.is_empty() { None } else { Some(self.request(node, callee, arguments)) };
            let site = |called: &Called<'_>| {
                let (api, request) = (called.operation.api.clone(), Rc::clone(request.as_ref()?));
                let asks_for = self.least_score(called.operation, arguments);
                Some(Site { span, api, asks_for, function: self.function, asked: None, request })
            };
            let sites: Vec<Site> = all.iter().filter_map(site).collect();
            self.sites.extend(sites);
        }
        let called = all.into_iter().next()?;
        let names = called.legacy.map_or(&called.operation.limit, |legacy| &legacy.limit);
        let body = self.project.functions[self.function].body;
        let limit = self.limit_in(arguments, names);
        let behind =
            || if called.by_request { self.limit_in(body, names) } else { self.limit_behind(arguments, names) };
        let limit = limit.or_else(behind);
        let max_results = limit.map(|limit| Box::new(self.expr(limit)));
        let mut output = ExprKind::ApiOutput { max_results, form: called.form, beside: Vec::new() };
        let field = called.legacy.map(|legacy| legacy.returns.clone());
        if let Some(name) = field.or_else(|| self.field_answered(node, called.operation)) {
            output = ExprKind::Attribute { object: Box::new(self.at(node, output)), name };
        }
        let Some(name) = self.undefined_client(callee) else { return Some(output) };
        let reason = format!("nothing defines `{name}`: Python raises NameError here, before the API is asked");
        self.problem(node, reason);
        let kind = ExprKind::Builtin { name: UNDEFINED.to_owned(), args: Vec::new(), keywords: Vec::new() };
        let (raises, output) = (self.at(node, kind), self.at(node, output));
        Some(self.second(node, raises, output))
    }

    /// Whether a method is one of a client that asks an API.
    pub(super) fn is_api_method(&self, method: Node<'t>, arguments: Node<'t>) -> bool {
        method.kind() == "attribute" && !self.client_calls(method, arguments).is_empty()
    }

    /// The call as one of something outside, with the arguments that call nothing themselves.
    fn request(&mut self, node: Node<'t>, callee: Node<'t>, arguments: Node<'t>) -> Rc<Expr> {
        let is_plain = |argument: &Node<'t>| {
            let mut plain = true;
            visit_all(*argument, |part| {
                plain &= !matches!(part.kind(), "call" | "lambda" | "await" | "yield" | "named_expression")
                    && !part.kind().ends_with("comprehension")
                    && part.kind() != "generator_expression";
            });
            plain
        };
        let (mut args, mut names) = (Vec::new(), Vec::new());
        for argument in named(arguments).into_iter().filter(is_plain) {
            match (field(argument, "name"), field(argument, "value")) {
                (Some(name), Some(value)) if argument.kind() == "keyword_argument" => {
                    args.push(self.expr(value));
                    names.push(self.parsed.text(name).to_owned());
                }
                _ if names.is_empty() && !argument.kind().ends_with("splat") => args.push(self.expr(argument)),
                _ => {}
            }
        }
        let reason = "it is another API".to_owned();
        let text = self.shown(callee);
        Rc::new(self.at(node, ExprKind::Opaque { text, call: true, args, names, reason }))
    }

    /// The name that a call's client begins with, where nothing at all defines it.
    fn undefined_client(&self, callee: Node<'t>) -> Option<String> {
        let mut client = field(callee, "object")?;
        while let Some(object) = field(client, "object") {
            client = object;
        }
        if client.kind() != "identifier" {
            return None;
        }
        match self.project.lookup(self.function, self.parsed.text(client)) {
            Referent::Free(name) if !self.project.may_define_unseen(self.module()) => Some(name),
            _ => None,
        }
    }

    /// A method of a client: the library's, or the discovery client's.
    fn client_calls(&self, callee: Node<'t>, arguments: Node<'t>) -> Vec<Called<'t>> {
        let (Some(object), Some(method)) = (field(callee, "object"), field(callee, "attribute")) else {
            return Vec::new();
        };
        let method = self.parsed.text(method);
        if self.own_method(callee).is_some() || matches!(self.referent(callee), Some(Referent::Function(_))) {
            return Vec::new();
        }
        let is = |methods: &[String]| methods.iter().any(|known| known == method);
        let called = |operation: &'t Operation| {
            let wanted = || operation.feature.as_ref().is_none_or(|feature| self.asks_for(arguments, feature));
            // The client asks for everything where a request names no feature.
            let unsaid = || is(&operation.annotate) && !self.names_features(arguments) && self.reads(operation);
            let by_request = is(&operation.annotate) || is(&operation.annotate_batch);
            if (is(&operation.methods) || (by_request && (wanted() || unsaid()))) && self.has_client(operation) {
                return Some(Called { operation, form: ResponseForm::Client, by_request, legacy: None });
            }
            let (resource, discovered) = operation.discovery.as_ref()?;
            let through = method == discovered
                && self.parsed.text(object).trim_end().ends_with(&format!("{resource}()"))
                && wanted();
            through.then_some(Called { operation, form: ResponseForm::Json, by_request: true, legacy: None })
        };
        self.of_request(arguments, self.project.catalog.operations.iter().filter_map(called))
    }

    /// What a request asks for and the program reads of the answer, if that is several things; else the first.
    fn of_request(&self, arguments: Node<'t>, all: impl Iterator<Item = Called<'t>>) -> Vec<Called<'t>> {
        let mut all = all.peekable();
        if !all.peek().is_some_and(|first| first.by_request) {
            return all.take(1).collect();
        }
        let mut all: Vec<Called<'t>> = all.filter(|called| called.by_request).collect();
        let feature_text = self.feature_text(arguments);
        let named = |operation: &Operation| match (&feature_text, &operation.feature) {
            (Some(text), Some(feature)) => is_type(text, feature),
            _ => true,
        };
        let is_read = |called: &Called<'_>| named(called.operation) && self.reads(called.operation);
        let read: Vec<bool> = all.iter().map(is_read).collect();
        if read.contains(&true) {
            let mut read = read.into_iter();
            all.retain(|_| read.next().unwrap_or(false));
        } else {
            all.truncate(1);
        }
        // Two ways to read a text answer alike.
        let mut answers = Vec::new();
        all.retain(|called| {
            let answer = &called.operation.api.answer;
            let first = !answers.contains(&answer);
            answers.push(answer);
            first
        });
        all
    }

    /// Whether the function names a part of an operation's answer, or else its file or any other.
    fn reads(&self, operation: &Operation) -> bool {
        let Shape::Record(parts) = &operation.api.answer else { return false };
        let names: Vec<String> = parts.keys().flat_map(|part| [part.clone(), camel_case(part)]).collect();
        let body = self.project.functions[self.function].body;
        let here = [self.parsed.text(body), &self.parsed.text];
        let there = self.project.modules.iter().map(|module| &*module.parsed.text);
        here.into_iter().chain(there).any(|text| names.iter().any(|name| has_word(text, name)))
    }

    /// Whether the features that a request asks for are named anywhere.
    fn names_features(&self, arguments: Node<'t>) -> bool {
        self.feature_text(arguments).is_some()
    }

    /// A method of an image that a client of an earlier generation made. The same names are methods of boto3, which are
    /// given an `Image`.
    fn legacy_call(&self, callee: Node<'t>, arguments: Node<'t>) -> Option<Called<'t>> {
        let method = self.parsed.text(field(callee, "attribute")?);
        let is_image = |argument: &Node<'t>| field(*argument, "name").is_some_and(|n| self.parsed.text(n) == "Image");
        if self.own_method(callee).is_some() || named(arguments).iter().any(is_image) {
            return None;
        }
        let made =
            |legacy: &Legacy| self.project.modules.iter().any(|module| module.parsed.text.contains(&legacy.client));
        self.project.catalog.operations.iter().find_map(|operation| {
            let legacy = operation.legacy.as_ref().filter(|legacy| legacy.method == method)?;
            (made(legacy) && self.has_client(operation)).then_some(Called {
                operation,
                form: ResponseForm::Client,
                by_request: false,
                legacy: Some(legacy),
            })
        })
    }

    /// A request to the API's address.
    fn rest_calls(&self, callee: Node<'t>, arguments: Node<'t>) -> Vec<Called<'t>> {
        let name = field(callee, "attribute").unwrap_or(callee);
        if !SENDERS.contains(&self.parsed.text(name)) {
            return Vec::new();
        }
        // The address may be a constant of the module, or be put together.
        let Some(address) = self.address(arguments) else { return Vec::new() };
        let from = self.address_texts(address);
        let operations = &self.project.catalog.operations;
        let is_here = |rest: &String| from.iter().any(|text| text.contains(rest.as_str()));
        let rests: BTreeSet<&String> = operations.iter().filter_map(|operation| operation.rest.as_ref()).collect();
        // A function that is handed now this address and now that asks no one API.
        if rests.into_iter().filter(|rest| is_here(rest)).count() > 1 {
            return Vec::new();
        }
        let all = operations.iter().filter_map(|operation| {
            let here = operation.rest.as_ref().is_some_and(is_here);
            let wanted = || operation.feature.as_ref().is_none_or(|feature| self.asks_for(arguments, feature));
            (here && wanted()).then_some(Called { operation, form: ResponseForm::Json, by_request: true, legacy: None })
        });
        self.of_request(arguments, all)
    }

    /// The argument that a request's address is: `url`, or the first one that is not the method's name
    /// (`request("POST", url)`).
    fn address(&self, arguments: Node<'t>) -> Option<Node<'t>> {
        let given = named(arguments);
        let is_url =
            |argument: &&Node<'t>| field(**argument, "name").is_some_and(|name| self.parsed.text(name) == "url");
        let is_method = |argument: Node<'t>| {
            let text = self.parsed.text(argument).trim_matches(['"', '\'']);
            argument.kind() == "string" && text.chars().all(|c| c.is_ascii_alphabetic())
        };
        let plain = |argument: &&Node<'t>| argument.kind() != "keyword_argument" && !is_method(**argument);
        given.iter().find(is_url).or_else(|| given.iter().find(plain)).or(given.first()).copied()
    }

    /// What an address is written with: its own text, what is assigned to its names, here or in the module that they come
    /// from, and what callers hand on for a parameter.
    fn address_texts(&self, address: Node<'t>) -> Vec<String> {
        let body = self.project.functions[self.function].body;
        let mut texts = vec![self.parsed.text(address).to_owned()];
        let mut left = vec![(self.parsed, address)];
        let mut seen = BTreeSet::new();
        for _ in 0..MAX_NAMES {
            for (parsed, node) in std::mem::take(&mut left) {
                visit_all(node, |part| {
                    let name = parsed.text(part);
                    if !matches!(part.kind(), "identifier" | "attribute") || !seen.insert(name.to_owned()) {
                        return;
                    }
                    let places = [body, self.parsed.tree.root_node()];
                    let here = places.into_iter().find_map(|place| assigned(self.parsed, place, name));
                    let assigned =
                        here.map(|value| (self.parsed, value)).or_else(|| self.assigned_elsewhere(part, name));
                    match assigned {
                        Some((parsed, value)) => {
                            texts.push(parsed.text(value).to_owned());
                            left.push((parsed, value));
                        }
                        None => texts.extend(self.handed_texts(name)),
                    }
                });
            }
        }
        texts
    }

    /// What another module assigns to a name of its own that stands here: `config.ADDRESS`.
    fn assigned_elsewhere(&self, node: Node<'t>, name: &str) -> Option<(&'t Parsed, Node<'t>)> {
        let referent = match node.kind() {
            "identifier" => Some(self.project.lookup(self.function, name)),
            _ => self.referent(node),
        };
        let Some(Referent::Global(module, name)) = referent else { return None };
        let parsed = self.project.modules[module].parsed;
        Some((parsed, assigned(parsed, parsed.tree.root_node(), &name)?))
    }

    /// What calls of this function, wherever they are, are written with for one of its parameters.
    fn handed_texts(&self, parameter: &str) -> Vec<String> {
        let function = &self.project.functions[self.function];
        let name = function.name.rsplit('.').next().unwrap_or_default();
        let parameters = function.node.and_then(|node| field(node, "parameters")).map(named).unwrap_or_default();
        let own = parameters.iter().map(|node| self.parsed.text(field(*node, "name").unwrap_or(*node)));
        let own: Vec<&str> = own.filter(|name| function.receiver.as_deref() != Some(*name)).collect();
        let Some(place) = own.iter().position(|own| own.split(':').next() == Some(parameter)) else {
            return Vec::new();
        };
        let mut texts = Vec::new();
        for module in &self.project.modules {
            let root = module.parsed.tree.root_node();
            visit_all(root, |node| {
                let callee = (node.kind() == "call").then(|| field(node, "function")).flatten();
                if callee.is_none_or(|callee| module.parsed.text(callee).rsplit('.').next() != Some(name)) {
                    return;
                }
                let arguments = field(node, "arguments").map(named).unwrap_or_default();
                let keyword =
                    |node: &&Node<'t>| field(**node, "name").is_some_and(|n| module.parsed.text(n) == parameter);
                let given = arguments.iter().find(keyword).or_else(|| arguments.get(place));
                let Some(given) = given else { return };
                texts.push(module.parsed.text(*given).to_owned());
                visit_all(*given, |part| {
                    if part.kind() == "identifier" {
                        let value = assigned(module.parsed, root, module.parsed.text(part));
                        texts.extend(value.map(|value| module.parsed.text(value).to_owned()));
                    }
                });
            });
        }
        texts
    }

    /// The client may be made in another file than it is used in.
    fn has_client(&self, operation: &Operation) -> bool {
        let is = |target: &str, module: &str| {
            target.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let modules = &self.project.modules;
        let mut imported = modules.iter().flat_map(|module| &module.imported);
        let has = imported.any(|target| operation.modules.iter().any(|module| is(target, module)));
        let named = operation.named_in_source.as_ref().is_none_or(|name| {
            let quoted = [format!("'{name}'"), format!("\"{name}\"")];
            modules.iter().any(|module| quoted.iter().any(|quoted| module.parsed.text.contains(quoted.as_str())))
        });
        has && named
    }

    /// Whether a request names a feature.
    fn asks_for(&self, arguments: Node<'t>, feature: &str) -> bool {
        if let Some(text) = self.feature_text(arguments) {
            return has_word(&text, feature);
        }
        // Another file hands them on, or holds them.
        self.project.modules.iter().any(|module| {
            has_word(&module.parsed.text, feature)
                && has_word(&without_comments(module.parsed, module.parsed.tree.root_node()), feature)
        })
    }

    /// Where a request names its features: in the arguments if any is named there, else anywhere in the function, else in
    /// the file.
    fn feature_text(&self, arguments: Node<'t>) -> Option<String> {
        let body = self.project.functions[self.function].body;
        let places = [arguments, body, self.parsed.tree.root_node()].into_iter();
        places.map(|place| without_comments(self.parsed, place)).find(|text| names_feature(text))
    }

    /// The value of the argument or key that limits the number of items, below a node.
    fn limit_in(&self, node: Node<'t>, names: &[String]) -> Option<Node<'t>> {
        let is_limit = |name: &str| names.iter().any(|limit| limit == name.trim_matches(['"', '\'']));
        let mut found = None;
        visit_all(node, |node| {
            let name = match node.kind() {
                "keyword_argument" => field(node, "name"),
                "pair" => field(node, "key"),
                _ => None,
            };
            if name.is_some_and(|name| is_limit(self.parsed.text(name))) {
                found = found.or(field(node, "value"));
            }
        });
        found
    }

    /// As that, where what is handed over is a variable that holds the request.
    fn limit_behind(&self, arguments: Node<'t>, names: &[String]) -> Option<Node<'t>> {
        // What is written elsewhere may not be known here.
        self.behind(arguments, names).filter(|limit| matches!(limit.kind(), "integer" | "float"))
    }

    /// The value of the key of such a name in a dictionary that a variable in the arguments holds.
    fn behind(&self, arguments: Node<'t>, names: &[String]) -> Option<Node<'t>> {
        let mut variables = Vec::new();
        visit_all(arguments, |node| {
            if node.kind() == "identifier" && variables.len() < MAX_VARIABLES {
                variables.push(node);
            }
        });
        variables.into_iter().find_map(|variable| {
            let (parsed, value) = self.assigned(variable)?;
            let is_here = std::ptr::eq(parsed, self.parsed) && matches!(value.kind(), "dictionary" | "list");
            self.limit_in(is_here.then_some(value)?, names)
        })
    }

    /// The least score that a request asks for, written there, as a constant, or in the calls of the function that asks.
    fn least_score(&self, operation: &Operation, arguments: Node<'t>) -> Option<MinScore> {
        let least = &operation.least;
        let node = self.limit_in(arguments, least).or_else(|| self.behind(arguments, least))?;
        let number = self.number_behind(node, MAX_NAMES)?;
        let in_percent = operation.api.answer.leaves().iter().any(|(_, leaf)| **leaf == Shape::Percent);
        let value = if in_percent { number / 100.0 } else { number };
        (0.0..=1.0).contains(&value).then_some(MinScore { value, inclusive: true })
    }

    /// The number that a value is, through so many names.
    fn number_behind(&self, node: Node<'t>, names: usize) -> Option<f64> {
        let written = self.parsed.text(node);
        if let Ok(number) = written.trim().parse() {
            return Some(number);
        }
        let names = names.checked_sub(1)?;
        if node.kind() == "call" {
            let converts = field(node, "function").is_some_and(|to| matches!(self.parsed.text(to), "float" | "int"));
            let [value] = named(field(node, "arguments")?)[..] else { return None };
            return converts.then(|| self.number_behind(value, names)).flatten();
        }
        if !matches!(node.kind(), "identifier" | "attribute") {
            return None;
        }
        let own = assigned(self.parsed, self.project.functions[self.function].body, written);
        let passed = if own.is_none() { self.numbers_passed(written, names) } else { Vec::new() };
        if let Some(first) = passed.first() {
            return first.filter(|_| passed.iter().all(|number| number == first));
        }
        // A parameter of which no call is known is what it falls back to.
        let here = match own {
            None if self.place_of(written).is_some() => return self.default_number(written, names),
            None => assigned(self.parsed, self.parsed.tree.root_node(), written),
            own => own,
        };
        if let Some(value) = here {
            return self.number_behind(value, names);
        }
        let (parsed, value) = self.assigned_elsewhere(node, written)?;
        parsed.text(value).trim().parse().ok()
    }

    /// What the calls of this function in the run give for one of its parameters.
    fn numbers_passed(&self, name: &str, names: usize) -> Vec<Option<f64>> {
        let values = self.place_of(name).map_or_else(Vec::new, |place| self.passed_values(place, name));
        if values.len() > MAX_VARIABLES {
            return vec![None];
        }
        let number = |(caller, value): (usize, Option<Node<'t>>)| match value {
            Some(value) => Lower::new(self.project, caller).number_behind(value, names),
            None => self.default_number(name, names),
        };
        values.into_iter().map(number).collect()
    }

    /// What one of this function's parameters is where a call does not say.
    fn default_number(&self, parameter: &str, names: usize) -> Option<f64> {
        let node = self.project.functions[self.function].node?;
        self.number_behind(assigned(self.parsed, field(node, "parameters")?, parameter)?, names)
    }

    /// `Likelihood(face.joy_likelihood)` is the member itself, `Likelihood.Name(number)` its name.
    pub(super) fn enumeration_call(&mut self, callee: Node<'t>, arguments: Node<'t>) -> Option<ExprKind> {
        if matches!(self.referent(callee), Some(Referent::Free(name)) if name == "getattr")
            && let [class, name] = named(arguments)[..]
        {
            return self.enumeration_item(class, name);
        }
        let name = self.library_name(callee)?;
        let [value] = named(arguments)[..] else { return None };
        if self.project.catalog.is_enumeration(&name) {
            return Some(self.expr(value).kind);
        }
        let class = name.strip_suffix(".Name")?;
        let object: Expr = self.project.catalog.is_enumeration(class).then(|| self.expr(value))?;
        Some(ExprKind::Attribute { object: Box::new(object), name: "name".to_owned() })
    }

    /// `vision.Likelihood.LIKELY` as its number.
    pub(super) fn enumeration_member(&self, node: Node<'t>) -> Option<ExprKind> {
        let member = self.project.catalog.member(&self.library_name(node)?)?;
        Some(constant(Constant::Int(member)))
    }

    /// `vision.Likelihood[name]` and `getattr(vision.Likelihood, name)` as the number of the member of that name.
    pub(super) fn enumeration_item(&mut self, class: Node<'t>, name: Node<'t>) -> Option<ExprKind> {
        let members = self.project.catalog.members(&self.library_name(class)?)?;
        let items = members.into_iter().map(|(member, number)| {
            let member = self.at(class, constant(Constant::Str(member.to_owned())));
            (member, self.at(class, constant(Constant::Int(number))))
        });
        let object = ExprKind::Dict { items: items.collect() };
        let (object, index) = (Box::new(self.at(class, object)), Box::new(self.expr(name)));
        Some(ExprKind::Subscript { object, index })
    }

    fn library_name(&self, node: Node<'t>) -> Option<String> {
        match self.referent(node) {
            Some(Referent::Library(name)) => Some(name),
            _ => None,
        }
    }
}

/// The source of a node, where a comment says nothing of what is asked for.
fn without_comments(parsed: &Parsed, node: Node<'_>) -> String {
    let (mut comments, mut left) = (Vec::new(), vec![node]);
    while let Some(node) = left.pop() {
        if node.kind() == "comment" {
            comments.push(node.byte_range());
        }
        left.extend(children(node));
    }
    comments.sort_unstable_by_key(|comment| comment.start);
    let mut text = String::new();
    let mut end = node.start_byte();
    for comment in comments {
        text.push_str(&parsed.text[end..comment.start]);
        end = comment.end;
    }
    text.push_str(&parsed.text[end..node.end_byte()]);
    text
}

/// What is assigned to a name below a node, or is its default as a parameter.
fn assigned<'t>(parsed: &Parsed, place: Node<'t>, name: &str) -> Option<Node<'t>> {
    let mut found = None;
    visit_all(place, |node| {
        let left = match node.kind() {
            "assignment" => field(node, "left"),
            "default_parameter" | "typed_default_parameter" => field(node, "name"),
            _ => None,
        };
        if found.is_none() && left.is_some_and(|left| parsed.text(left) == name) {
            found = field(node, "right").or_else(|| field(node, "value"));
        }
    });
    found
}

fn names_feature(text: &str) -> bool {
    FEATURES.iter().any(|feature| text.contains(feature))
}

/// Whether a feature is asked for as the type of one, and not only compared with.
fn is_type(text: &str, feature: &str) -> bool {
    let before = |line: &str| line.find(feature).map(|at| line[..at].to_lowercase());
    text.lines().any(|line| has_word(line, feature) && before(line).is_some_and(|before| before.contains("type")))
}
