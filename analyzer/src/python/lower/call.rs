//! Calls: of the API, of the application's own functions, of builtins, of methods, and of everything outside.

use chameleon_decision::{BUILTINS, Expr, ExprKind, FunctionId, Keyword, PURE_FUNCTIONS};
use tree_sitter::Node;

use super::Lower;
use super::record::record;
use crate::apis::Operation;
use crate::calls::{DEFERRING, LOG_RECEIVERS, QUIET_FUNCTIONS, RESPONSE_CONVERTERS, TECHNICAL_NAMES, modern};
use crate::python::project::Referent;
use crate::python::syntax::{field, named};

/// Arguments by which clients are given what to look at.
const GIVEN_BY_NAME: [&str; 7] = ["Image", "Text", "TextList", "image", "document", "request", "text"];

/// Functions that gave lists in Python 2.
const LISTS_OF_OLD: [&str; 3] = ["filter", "map", "zip"];

impl<'t> Lower<'_, 't> {
    /// Lowers a call.
    pub(super) fn call(&mut self, node: Node<'t>) -> ExprKind {
        let (Some(callee), Some(arguments)) = (field(node, "function"), field(node, "arguments")) else {
            return self.opaque(node, "this is not valid Python");
        };
        if let Some(output) = self.api_output(node, callee, arguments) {
            return output;
        }
        if let Some(chosen) = self.chosen_call(node, callee, arguments) {
            return chosen;
        }
        if let Some(work) = self.handed_to_thread(node, callee, arguments) {
            return work;
        }
        if let Some(work) = self.awaited(node, callee, arguments) {
            return work;
        }
        if let Some(each) = self.mapped(node, callee, arguments) {
            return each;
        }
        if let Some(member) = self.enumeration_call(callee, arguments) {
            return member;
        }
        if let Some(record) = self.named_tuple(callee, arguments) {
            return record;
        }
        if let Some(content) = self.file_content(node, callee, arguments) {
            return content;
        }
        if let Some(work) = self.deferred(node, callee, arguments) {
            return work;
        }
        if let Some(converted) = self.converted_response(callee, arguments) {
            return converted;
        }
        match self.referent(callee) {
            Some(Referent::Function(function)) => self.own_call(function, callee, arguments),
            Some(Referent::Class(class)) => self.construction(node, class, arguments),
            Some(Referent::Library(name)) => self.library_call(node, &name, arguments),
            Some(Referent::Free(name)) => self.free_call(node, &name, arguments),
            Some(Referent::Module(_) | Referent::Global(..) | Referent::Local(_) | Referent::Cell(..)) | None => {
                match self.own_class(callee).or_else(|| self.class_looked_up(callee)) {
                    Some(class) => self.construction(node, class, arguments),
                    None => self.value_call(node, callee, arguments),
                }
            }
        }
    }

    fn own_call(&mut self, function: usize, callee: Node<'t>, arguments: Node<'t>) -> ExprKind {
        let (mut args, keywords) = self.arguments(arguments);
        // `Class.method(self, x)` passes the receiver by hand, but for a method of the class itself.
        let own = &self.project.functions[function];
        let through_class = callee.kind() == "attribute" && own.receiver.is_some() && !own.is_class_method;
        let is_handed_object = own.class.is_some_and(|class| self.project.is_of_objects(class));
        if through_class && !is_handed_object && !args.is_empty() {
            args.remove(0);
        }
        ExprKind::Call { function: FunctionId(function as u32), args, keywords }
    }

    /// `Class(...)` runs the initializer; the object itself is unknown, its attributes are shared variables.
    fn construction(&mut self, node: Node<'t>, class: usize, arguments: Node<'t>) -> ExprKind {
        let name = self.project.classes[class].name.clone();
        // A member of an enumeration of numbers is its number.
        if self.project.classes[class].is_of_numbers()
            && let [value] = named(arguments)[..]
        {
            return self.expr(value).kind;
        }
        if self.project.classes[class].is_enumeration {
            return self.member_of(node, class, arguments);
        }
        let (args, keywords) = self.arguments(arguments);
        if self.project.classes[class].is_record {
            return record(&self.fields(class), Some(self.class_name(node, class)), args, keywords);
        }
        if self.project.is_of_objects(class) {
            return self.own_object(node, class, args, keywords);
        }
        let Some(init) = self.project.method(class, "__init__") else {
            if self.project.lineage(class).into_iter().any(|class| self.project.classes[class].has_fields) {
                return self.with_fields(node, class, args, keywords);
            }
            // What extends something outside may do something there.
            let is_whole = self.project.is_whole(class);
            return outside(name, !is_whole, args, keywords);
        };
        let init = self.at(node, ExprKind::Call { function: FunctionId(init as u32), args, keywords });
        let object = self.opaque_expr(node, "an object");
        self.second(node, init, object)
    }

    /// Evaluates both, gives the second.
    pub(super) fn second(&mut self, node: Node<'t>, first: Expr, second: Expr) -> ExprKind {
        let pair = self.at(node, ExprKind::Tuple { elements: vec![first, second] });
        let index = self.at(node, super::expr::constant(chameleon_decision::Constant::Int(1)));
        ExprKind::Subscript { object: Box::new(pair), index: Box::new(index) }
    }

    fn library_call(&mut self, node: Node<'t>, name: &str, arguments: Node<'t>) -> ExprKind {
        if let Some(number) = self.setting(name, arguments) {
            return number;
        }
        let (args, keywords) = self.arguments(arguments);
        let name = match name {
            "numpy.average" | "numpy.nanmean" if args.len() == 1 && keywords.is_empty() => "numpy.mean",
            "numpy.sum" if args.len() == 1 && keywords.is_empty() => "sum",
            "statistics.fmean" => "statistics.mean",
            other => other,
        };
        if name == "sum" || PURE_FUNCTIONS.contains(&name) {
            return ExprKind::Builtin { name: name.to_owned(), args, keywords };
        }
        let last = name.rsplit('.').next().unwrap_or(name);
        if TECHNICAL_NAMES.contains(&last) {
            return self.opaque(node, "it comes from outside the application");
        }
        if is_quiet(name) {
            return outside(self.shown(node), false, args, keywords);
        }
        let written = field(node, "function").map_or_else(|| name.to_owned(), |callee| self.shown(callee));
        outside(written, true, args, keywords)
    }

    fn free_call(&mut self, node: Node<'t>, name: &str, arguments: Node<'t>) -> ExprKind {
        let name = modern(name);
        if let Some(test) = (name == "isinstance").then(|| self.instance_test(node, arguments)).flatten() {
            return test;
        }
        if let Some(special) = self.special_builtin(node, name, arguments) {
            return special;
        }
        if BUILTINS.contains(&name) {
            let (args, keywords) = self.arguments(arguments);
            let made = ExprKind::Builtin { name: name.to_owned(), args, keywords };
            if LISTS_OF_OLD.contains(&name) && self.parsed.is_python_two() {
                let args = vec![self.at(node, made)];
                return ExprKind::Builtin { name: "list".to_owned(), args, keywords: Vec::new() };
            }
            return made;
        }
        self.library_call(node, name, arguments)
    }

    /// A call of something that is no plain name of a function: a method of an object, a lambda, a parameter.
    fn value_call(&mut self, node: Node<'t>, callee: Node<'t>, arguments: Node<'t>) -> ExprKind {
        let (Some(object), Some(name)) = (field(callee, "object"), field(callee, "attribute")) else {
            let called = self.class_of(callee).and_then(|class| self.project.method(class, "__call__"));
            if let Some(method) = called {
                return self.method_call(node, callee, method, arguments);
            }
            let (args, _) = self.arguments(arguments);
            return ExprKind::CallValue { callee: Box::new(self.expr(callee)), args };
        };
        let name = self.parsed.text(name).to_owned();
        if self.is_log(object) {
            return self.opaque(node, "it only writes a log");
        }
        if let Some(call) = self.method_of_base(callee, arguments) {
            return call;
        }
        if let Some(method) = self.own_method(callee) {
            return self.method_call(node, object, method, arguments);
        }
        if TECHNICAL_NAMES.contains(&name.as_str()) && object.kind() != "string" {
            return self.opaque(node, "it builds a request");
        }
        if let Some(class) = self.builtin_class(object) {
            let (args, keywords) = self.arguments(arguments);
            return ExprKind::Builtin { name: format!("{class}.{name}"), args, keywords };
        }
        if name == "run_in_executor"
            && let [_, work, args @ ..] = &named(arguments)[..]
            && let Some(Referent::Function(function)) = self.referent(*work)
        {
            // It runs elsewhere, and what is awaited is what it gives.
            let args = args.iter().map(|arg| self.expr(*arg)).collect();
            return ExprKind::Call { function: FunctionId(function as u32), args, keywords: Vec::new() };
        }
        let object = Box::new(self.expr(object));
        let (args, keywords) = self.arguments(arguments);
        ExprKind::Method { object, name, args, keywords }
    }

    /// `await asyncio.to_thread(work, a)` and `await loop.run_in_executor(None, work, a)`: what the work gives.
    fn handed_to_thread(&mut self, node: Node<'t>, callee: Node<'t>, arguments: Node<'t>) -> Option<ExprKind> {
        let name = self.parsed.text(field(callee, "attribute").unwrap_or(callee));
        let before = match name {
            "to_thread" => 0,
            "run_in_executor" => 1,
            _ => return None,
        };
        let work = named(arguments).get(before).copied()?;
        if let Some(output) = self.api_output(node, work, arguments) {
            return Some(output);
        }
        let function = match self.referent(work) {
            Some(Referent::Function(function)) => function,
            _ => self.own_method(work)?,
        };
        let (args, keywords) = self.arguments(arguments);
        let args = args.into_iter().skip(before + 1).collect();
        Some(ExprKind::Call { function: FunctionId(function as u32), args, keywords })
    }

    /// `Thread(target=work, args=(a, b))`: the work is done, whenever that is.
    fn deferred(&mut self, node: Node<'t>, callee: Node<'t>, arguments: Node<'t>) -> Option<ExprKind> {
        match self.referent(callee) {
            Some(Referent::Library(name)) if DEFERRING.contains(&name.as_str()) => {}
            _ => return None,
        }
        let given = |wanted: &str| {
            let keywords = named(arguments).into_iter().filter(|argument| argument.kind() == "keyword_argument");
            let mut keywords = keywords.filter_map(|keyword| Some((field(keyword, "name")?, field(keyword, "value")?)));
            keywords.find(|(name, _)| self.parsed.text(*name) == wanted).map(|(_, value)| value)
        };
        let work = given("target")?;
        let function = match self.referent(work) {
            Some(Referent::Function(function)) => function,
            _ => self.own_method(work)?,
        };
        let args = match given("args") {
            None => Vec::new(),
            Some(args) if matches!(args.kind(), "tuple" | "list") => named(args),
            Some(_) => return None,
        };
        let args = args.into_iter().map(|arg| self.expr(arg)).collect();
        let call = self.at(node, ExprKind::Call { function: FunctionId(function as u32), args, keywords: Vec::new() });
        let reason = "it runs elsewhere".to_owned();
        let thread =
            ExprKind::Opaque { text: "thread".to_owned(), call: false, args: Vec::new(), names: Vec::new(), reason };
        let thread = self.at(node, thread);
        Some(self.second(node, call, thread))
    }

    /// `str` in `str.lower(text)`, unless the application calls something of its own so.
    pub(super) fn builtin_class(&self, object: Node<'t>) -> Option<&'static str> {
        let text = (object.kind() == "identifier").then(|| self.parsed.text(object))?;
        let class = ["str", "dict", "list", "set"].into_iter().find(|class| *class == text)?;
        matches!(self.referent(object), Some(Referent::Free(_))).then_some(class)
    }

    fn method_call(&mut self, node: Node<'t>, object: Node<'t>, method: usize, arguments: Node<'t>) -> ExprKind {
        let (args, keywords) = self.arguments(arguments);
        let call = ExprKind::Call { function: FunctionId(method as u32), args, keywords };
        if !self.is_made_here(object) {
            return call;
        }
        let object = self.expr(object);
        let call = self.at(node, call);
        self.second(node, object, call)
    }

    /// Whether an object comes of a call that must run first: `Class(...).method()`, `detect(image).labels`.
    pub(super) fn is_made_here(&self, object: Node<'t>) -> bool {
        let callee = (object.kind() == "call").then(|| field(object, "function")).flatten();
        callee.is_some_and(|callee| self.parsed.text(callee) != "super")
    }

    /// The application's own method that a callee is.
    pub(super) fn own_method(&self, callee: Node<'t>) -> Option<usize> {
        let (object, name) = (field(callee, "object")?, field(callee, "attribute")?);
        let name = self.parsed.text(name);
        match self.class_of(object) {
            Some(class) => match self.project.method(class, name) {
                Some(method) if !self.project.is_abstract(method) => Some(method),
                // A class may leave what it calls to the one that extends it.
                own => self.project.method_below(class, name).or(own),
            },
            None => self.wrapper(callee, name),
        }
    }

    /// The one method of the application that is called as an API's is, where what it is called on is nothing known: a
    /// client of the application's own was handed here. The API's own method is given what it looks at by name.
    fn wrapper(&self, callee: Node<'t>, name: &str) -> Option<usize> {
        let is_known = |operation: &Operation| operation.methods.iter().any(|method| method == name);
        if !self.project.catalog.operations.iter().any(is_known) || self.is_of_library(field(callee, "object")?) {
            return None;
        }
        let arguments = named(field(callee.parent()?, "arguments")?);
        let by_name = |argument: &Node<'t>| {
            field(*argument, "name").is_some_and(|name| GIVEN_BY_NAME.contains(&self.parsed.text(name)))
        };
        if arguments.iter().any(by_name) {
            return None;
        }
        let classes = self.project.classes.iter().enumerate();
        let mut having = classes.filter(|(_, class)| class.methods.contains_key(name));
        let (class, methods) = having.next().map(|(at, class)| (at, &class.methods))?;
        let is_inside = self.project.functions[self.function].class == Some(class);
        (having.next().is_none() && !is_inside).then(|| methods.get(name).copied()).flatten()
    }

    fn is_log(&self, object: Node<'_>) -> bool {
        let text = self.parsed.text(object);
        LOG_RECEIVERS.iter().any(|log| text == *log || text.strip_suffix(log).is_some_and(|rest| rest.ends_with('.')))
    }

    /// `MessageToDict(response)`, `json.loads(MessageToJson(response))`: the response in another dress.
    fn converted_response(&mut self, callee: Node<'t>, arguments: Node<'t>) -> Option<ExprKind> {
        let last = |callee: Node<'_>| self.parsed.text(callee).rsplit('.').next().unwrap_or_default().to_owned();
        if matches!(self.referent(callee), Some(Referent::Function(_))) || self.own_method(callee).is_some() {
            return None;
        }
        let first = *named(arguments).first()?;
        let converter = last(callee);
        if RESPONSE_CONVERTERS.contains(&converter.as_str()) {
            let message = self.expr(first);
            let settings = named(arguments);
            let keeps_numbers = settings.iter().any(|setting| {
                let name = field(*setting, "name").map(|name| self.parsed.text(name));
                name == Some("use_integers_for_enums") && field(*setting, "value").is_some_and(|v| v.kind() == "true")
            });
            // Those of the messages themselves leave members of enumerations their numbers.
            let name = match (converter.starts_with("MessageTo"), keeps_numbers) {
                (true, false) => "<json>",
                (true, true) => return Some(message.kind),
                (false, _) => "<message>",
            };
            return Some(ExprKind::Builtin { name: name.to_owned(), args: vec![message], keywords: Vec::new() });
        }
        let inner = (first.kind() == "call").then(|| field(first, "function")).flatten()?;
        let loads = last(callee) == "loads" && RESPONSE_CONVERTERS.contains(&last(inner).as_str());
        loads.then(|| self.expr(first).kind)
    }
}

fn is_quiet(name: &str) -> bool {
    // A client that is made is only made.
    let last = name.rsplit('.').next().unwrap_or(name);
    let is_class = last.ends_with("Client") && last.starts_with(|c: char| c.is_ascii_uppercase());
    is_class
        || QUIET_FUNCTIONS.iter().any(|quiet| match quiet.strip_suffix('.') {
            Some(module) => name.strip_prefix(module).is_some_and(|rest| rest.starts_with('.')),
            None => name == *quiet || name.strip_prefix(quiet).is_some_and(|rest| rest.starts_with('.')),
        })
}

/// A call of something outside, with everything it is given.
fn outside(text: String, call: bool, mut args: Vec<Expr>, keywords: Vec<Keyword>) -> ExprKind {
    let names = keywords.iter().map(|keyword| keyword.name.clone()).collect();
    args.extend(keywords.into_iter().map(|keyword| keyword.value));
    ExprKind::Opaque { text, call, args, names, reason: "it is outside the application".to_owned() }
}
