//! What an expression refers to: a function or class of the run, a library's member, an object of a known class.

use tree_sitter::Node;

use super::Lower;
use crate::python::project::{Referent, parameter_name};
use crate::python::syntax::{field, named, visit_scope};

/// What web frameworks keep between calls, one value under each name.
pub(super) const SESSIONS: [&str; 3] = ["streamlit.session_state", "flask.session", "flask.g"];

/// How many assignments an object's class is followed through.
const MAX_HOPS: u32 = 6;

impl<'t> Lower<'_, 't> {
    /// What a plain or dotted name means; `None` when it is a value.
    pub(super) fn referent(&self, node: Node<'_>) -> Option<Referent> {
        match node.kind() {
            "identifier" => match self.project.lookup(self.function, self.parsed.text(node)) {
                Referent::Local(_) | Referent::Cell(..) => None,
                Referent::Global(module, name) => self.alias(module, &name).map(Referent::Class),
                referent => Some(referent),
            },
            "attribute" => {
                let (object, name) = (field(node, "object")?, field(node, "attribute")?);
                let name = self.parsed.text(name);
                match Self::nameable(object).then(|| self.referent(object)).flatten()? {
                    Referent::Module(module) => self.project.member(module, name),
                    Referent::Library(library) => {
                        Some(self.project.resolve(self.module(), &format!("{library}.{name}"), 0))
                    }
                    Referent::Class(class) => match self.project.method(class, name) {
                        Some(method) => Some(Referent::Function(method)),
                        None => self.project.inner_class(class, name).map(Referent::Class),
                    },
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The class in another one that a variable of a module stands for: `Level = Ticket.Level`.
    fn alias(&self, module: usize, name: &str) -> Option<usize> {
        let function = self.project.modules[module].function;
        let named = *self.project.functions[function].scope.aliases.get(name)?;
        // A name that stands for itself is followed nowhere.
        let is_inner = named.kind() == "attribute" && Self::nameable(named);
        match is_inner.then(|| Lower::new(self.project, function).inner_class(named)).flatten()? {
            Referent::Class(class) => Some(class),
            _ => None,
        }
    }

    /// What the dots of a name lead to, where it begins with a class or a module.
    fn inner_class(&self, node: Node<'_>) -> Option<Referent> {
        if node.kind() == "identifier" {
            return match self.project.lookup(self.function, self.parsed.text(node)) {
                referent @ (Referent::Class(_) | Referent::Module(_)) => Some(referent),
                _ => None,
            };
        }
        let name = self.parsed.text(field(node, "attribute")?);
        match self.inner_class(field(node, "object")?)? {
            Referent::Module(module) => self.project.member(module, name),
            Referent::Class(class) => self.project.inner_class(class, name).map(Referent::Class),
            _ => None,
        }
    }

    /// Whether a node is a name with at most a handful of dots: longer chains are values, and following them would
    /// recurse as deep as the source is long.
    fn nameable(node: Node<'_>) -> bool {
        let mut at = node;
        for _ in 0..8 {
            match (at.kind(), field(at, "object")) {
                ("identifier", _) => return true,
                ("attribute", Some(object)) => at = object,
                _ => return false,
            }
        }
        false
    }

    /// The class of the object that an expression gives, when all of it is in the run.
    pub(super) fn class_of(&self, node: Node<'t>) -> Option<usize> {
        let class = self.class_in(self.function, node, MAX_HOPS)?;
        // Objects of a class of which there are several show when they run what they are.
        (!self.project.is_of_objects(class) || self.own_class(node).is_some()).then_some(class)
    }

    fn class_in(&self, function: usize, node: Node<'t>, hops: u32) -> Option<usize> {
        let hops = hops.checked_sub(1)?;
        match node.kind() {
            "identifier" => {
                let name = self.parsed_in(function).text(node);
                if let Some(class) = self.receiver_class(function, name) {
                    return Some(class);
                }
                let (owner, name) = match self.project.lookup(function, name) {
                    Referent::Local(name) => (function, name),
                    Referent::Cell(owner, name) => (owner, name),
                    Referent::Global(module, name) => (self.project.modules[module].function, name),
                    // What a class says is the same for itself and for its objects.
                    Referent::Class(class) if !self.project.classes[class].is_of_values() => return Some(class),
                    _ => return None,
                };
                match self.project.functions[owner].scope.constructed.get(&name) {
                    Some(callee) => self.class_called(owner, *callee, hops),
                    None => self.class_passed(owner, &name, hops).or_else(|| self.class_annotated(owner, &name)),
                }
            }
            "attribute" => {
                let class = self.class_in(function, field(node, "object")?, hops)?;
                let name = self.parsed_in(function).text(field(node, "attribute")?);
                let lineage = self.project.lineage(class);
                let classes = || lineage.iter().map(|class| &self.project.classes[*class]);
                if let Some((function, callee)) = classes().find_map(|class| class.constructed.get(name)) {
                    return self.class_called(*function, *callee, hops);
                }
                let (function, variable) = classes().find_map(|class| class.passed.get(name))?;
                self.class_in(*function, *variable, hops)
            }
            "call" => {
                let callee = field(node, "function")?;
                if callee.kind() == "identifier" && self.parsed_in(function).text(callee) == "super" {
                    let class = self.project.functions[function].class?;
                    return self.project.lineage(class).get(1).copied();
                }
                self.class_called(function, callee, hops)
            }
            "parenthesized_expression" | "await" => self.class_in(function, *named(node).first()?, hops),
            _ => None,
        }
    }

    /// The class of the objects that a parameter gets, where all calls of its function in the run agree.
    fn class_passed(&self, function: usize, name: &str, hops: u32) -> Option<usize> {
        let place = Lower::new(self.project, function).place_of(name)?;
        if let Some(known) = self.project.parameter_classes.borrow().get(&(function, place)) {
            return *known;
        }
        // A parameter that is passed on to itself has no class by that.
        self.project.parameter_classes.borrow_mut().insert((function, place), None);
        let mut classes = Vec::new();
        let default = self.default_of(function, name);
        let around = self.project.functions[function].parent.unwrap_or(function);
        let mut passed = Lower::new(self.project, function).passed_values(place, name);
        if passed.is_empty() && default.is_some() {
            passed.push((around, None));
        }
        for (caller, value) in passed {
            let given = value.map(|value| (caller, value)).or(default.map(|value| (around, value)));
            classes.push(given.and_then(|(at, value)| Lower::new(self.project, at).class_in(at, value, hops)));
        }
        classes.dedup();
        let class = if let [class] = classes[..] { class } else { None };
        self.project.parameter_classes.borrow_mut().insert((function, place), class);
        class
    }

    /// What a parameter is where a call says nothing of it.
    fn default_of(&self, function: usize, name: &str) -> Option<Node<'t>> {
        let parsed = self.parsed_in(function);
        let parameters = field(self.project.functions[function].node?, "parameters").map(named)?;
        let it = parameters.into_iter().find(|node| parameter_name(parsed, *node).as_deref() == Some(name))?;
        field(it, "value").filter(|value| value.kind() != "none")
    }

    /// The class that `callee(...)` makes or gives an object of, seen from `function`.
    fn class_called(&self, function: usize, callee: Node<'t>, hops: u32) -> Option<usize> {
        let at = Lower::new(self.project, function);
        match at.referent(callee) {
            Some(Referent::Class(class)) => (!self.project.classes[class].is_of_values()).then_some(class),
            Some(Referent::Function(called)) => self.class_returned(called, hops),
            Some(_) => None,
            None => at.own_class(callee).or_else(|| at.class_looked_up(callee)).or_else(|| {
                let (object, name) = (field(callee, "object")?, field(callee, "attribute")?);
                let class = self.class_in(function, object, hops)?;
                self.class_returned(self.project.method(class, at.parsed.text(name))?, hops)
            }),
        }
    }

    /// The class that a dictionary has under a key: `DETECTORS["labels"]()`, `DETECTORS.get(kind)()`. Which key does not
    /// count where it has one class only.
    pub(super) fn class_looked_up(&self, callee: Node<'t>) -> Option<usize> {
        let (table, key) = match callee.kind() {
            "subscript" => (field(callee, "value")?, field(callee, "subscript")?),
            "call" => {
                let getter = field(callee, "function")?;
                let name = self.parsed.text(field(getter, "attribute")?);
                (field(getter, "object").filter(|_| name == "get")?, *named(field(callee, "arguments")?).first()?)
            }
            _ => return None,
        };
        let (parsed, written) = (table.kind() == "identifier").then(|| self.assigned(table)).flatten()?;
        if written.kind() != "dictionary" {
            return None;
        }
        let (mut found, mut all) = (None, Vec::new());
        for pair in named(written) {
            let Some(Referent::Class(class)) = self.referent(field(pair, "value")?) else { return None };
            if parsed.text(field(pair, "key")?) == self.parsed.text(key) && key.kind() == "string" {
                found = Some(class);
            }
            all.push(class);
        }
        all.dedup();
        found.or(if let [class] = all[..] { Some(class) } else { None })
    }

    /// The class that `cls` is in a method of the class.
    pub(super) fn own_class(&self, callee: Node<'_>) -> Option<usize> {
        let function = &self.project.functions[self.function];
        let is_receiver =
            callee.kind() == "identifier" && function.receiver.as_deref() == Some(self.parsed.text(callee));
        function.class.filter(|_| is_receiver && function.is_class_method)
    }

    /// The class of the objects that a function returns, where all that it returns agrees.
    fn class_returned(&self, function: usize, hops: u32) -> Option<usize> {
        let hops = hops.checked_sub(1)?;
        if let Some(known) = self.project.returned_classes.borrow().get(&function) {
            return *known;
        }
        // A function that returns what it returns has no class by that.
        self.project.returned_classes.borrow_mut().insert(function, None);
        let mut values = Vec::new();
        visit_scope(self.project.functions[function].body, |node| {
            if node.kind() == "return_statement" {
                // That there is none says nothing of what there is else.
                values.extend(named(node).first().copied().filter(|value| value.kind() != "none"));
            }
        });
        let mut classes: Vec<Option<usize>> =
            values.into_iter().map(|value| self.class_in(function, value, hops)).collect();
        classes.dedup();
        let class = if let [class] = classes[..] { class } else { None };
        let class = class.filter(|class| self.is_made_once(*class));
        self.project.returned_classes.borrow_mut().insert(function, class);
        class
    }

    /// The class that a parameter is annotated with, unless others extend it.
    fn class_annotated(&self, function: usize, name: &str) -> Option<usize> {
        let at = Lower::new(self.project, function);
        let parameters = field(self.project.functions[function].node?, "parameters").map(named)?;
        let is_it = |parameter: &&Node<'t>| parameter_name(at.parsed, **parameter).as_deref() == Some(name);
        let annotation = at.parsed.text(field(*parameters.iter().find(is_it)?, "type")?);
        let plain = annotation.trim_matches(['"', '\'']);
        let plain = plain.strip_prefix("Optional[").and_then(|plain| plain.strip_suffix(']')).unwrap_or(plain);
        let plain = plain.strip_suffix("| None").unwrap_or(plain).trim();
        let Referent::Class(class) = self.project.lookup(function, plain) else { return None };
        let is_one = !self.project.classes[class].is_of_values() && self.is_made_once(class);
        // What the class says of its fields, e.g. of a request's, is what they are where whoever makes it says nothing.
        let is_made = !self.project.classes[class].has_fields || self.project.callers.makes(class);
        (is_one && is_made && !self.project.is_extended(class)).then_some(class)
    }

    /// Whether objects of a class are made in one place at most: what is kept of several, one set of attributes for the
    /// class, is of none of them.
    fn is_made_once(&self, class: usize) -> bool {
        self.project.method(class, "__init__").is_none_or(|init| self.project.callers.count(init) < 2)
    }

    /// Whether an object is made by a library.
    pub(super) fn is_of_library(&self, object: Node<'t>) -> bool {
        let (owner, name) = match self.project.lookup(self.function, self.parsed.text(object)) {
            Referent::Local(name) => (self.function, name),
            Referent::Cell(owner, name) => (owner, name),
            Referent::Global(module, name) => (self.project.modules[module].function, name),
            _ => return false,
        };
        let made = self.project.functions[owner].scope.constructed.get(&name);
        made.is_some_and(|callee| {
            matches!(Lower::new(self.project, owner).referent(*callee), Some(Referent::Library(_)))
        })
    }

    /// The class of `self` (or whatever the receiver is called) here or in a function around.
    fn receiver_class(&self, function: usize, name: &str) -> Option<usize> {
        let mut at = Some(function);
        while let Some(function) = at {
            let function = &self.project.functions[function];
            if function.receiver.as_deref() == Some(name) {
                return function.class;
            }
            at = function.parent;
        }
        None
    }

    fn parsed_in(&self, function: usize) -> &'t crate::python::syntax::Parsed {
        self.project.modules[self.project.functions[function].module].parsed
    }

    /// The variable behind an item of what a web framework keeps between calls: `st.session_state["answer"]`.
    pub(super) fn session_variable(&self, node: Node<'t>) -> Option<String> {
        let (object, key) = match node.kind() {
            "subscript" => {
                let index = field(node, "subscript").filter(|index| index.kind() == "string")?;
                let [content] =
                    named(index).into_iter().filter(|part| part.kind() == "string_content").collect::<Vec<_>>()[..]
                else {
                    return None;
                };
                (field(node, "value")?, content)
            }
            _ => (field(node, "object")?, field(node, "attribute")?),
        };
        match self.referent(object)? {
            Referent::Library(name) if SESSIONS.contains(&name.as_str()) => {
                Some(format!("0:{}['{}']", self.parsed.text(object), self.parsed.text(key)))
            }
            _ => None,
        }
    }

    /// The variable behind `object.name` when the object's class is in the run, or the object is a module of it.
    pub(super) fn attribute_variable(&self, node: Node<'t>) -> Option<String> {
        let (object, name) = (field(node, "object")?, field(node, "attribute")?);
        let name = self.parsed.text(name);
        if let Some(class) = self.class_of(object) {
            return self.project.method(class, name).is_none().then(|| self.attribute_name(class, name));
        }
        if !Self::nameable(object) {
            return None;
        }
        match self.referent(object)? {
            Referent::Class(class) if self.project.method(class, name).is_none() => {
                Some(self.attribute_name(class, name))
            }
            Referent::Module(module) => match self.project.member(module, name)? {
                Referent::Global(module, name) => Some(format!("{module}:{name}")),
                _ => None,
            },
            _ => None,
        }
    }
}
