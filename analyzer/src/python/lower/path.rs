//! Paths of files, as far as they are written in the source.

use tree_sitter::Node;

use super::Lower;
use crate::python::project::{Referent, parameter_name};
use crate::python::syntax::{Parsed, children, field, named, visit_all};

/// How many assignments and calls a path is followed through; where it goes on in several ways at once, each doubling of
/// their number counts as one more, so that functions that call themselves all over are done in time.
const MAX_HOPS: u32 = 12;

/// More files than this are not read by one function.
const MAX_PATHS: usize = 16;

/// What is left of some hops for each of several ways.
fn shared(hops: u32, ways: usize) -> u32 {
    hops.saturating_sub(ways.max(1).ilog2())
}

impl<'t> Lower<'_, 't> {
    /// The end of a path as far as it is written in the source: `os.path.join(folder, "words.txt")` is `words.txt`.
    pub(super) fn path(&self, node: Node<'t>) -> Option<String> {
        self.path_within(node, MAX_HOPS)
    }

    fn path_within(&self, node: Node<'t>, hops: u32) -> Option<String> {
        let hops = hops.checked_sub(1)?;
        match node.kind() {
            "string" => {
                let literal = children(node).iter().all(|child| child.kind() != "interpolation");
                let text: String = children(node)
                    .into_iter()
                    .filter(|child| child.kind() == "string_content")
                    .map(|child| self.parsed.text(child))
                    .collect();
                (literal && !text.is_empty()).then_some(text)
            }
            "parenthesized_expression" => self.path_within(*named(node).first()?, hops),
            "identifier" => self.named_path(node, hops),
            "binary_operator" => {
                let hops = shared(hops, 2);
                let right = self.path_within(field(node, "right")?, hops)?;
                let left = self.path_within(field(node, "left")?, hops).unwrap_or_default();
                Some(match field(node, "operator")?.kind() {
                    "+" => left + &right,
                    "/" => format!("{left}/{right}"),
                    _ => return None,
                })
            }
            "call" => {
                let arguments = named(field(node, "arguments")?);
                if let Some(path) = self.renamed_path(node, &arguments, hops) {
                    return Some(path);
                }
                match self.parsed.text(field(node, "function")?).rsplit('.').next()? {
                    "join" | "joinpath" => {
                        let hops = shared(hops, arguments.len());
                        let known = arguments.iter().rev().map_while(|part| self.path_within(*part, hops));
                        let mut parts: Vec<String> = known.collect();
                        parts.reverse();
                        (!parts.is_empty()).then(|| parts.join("/"))
                    }
                    "Path" | "PurePath" | "str" | "abspath" | "realpath" | "expanduser" => {
                        self.path_within(*arguments.first()?, hops)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// `path.with_name("words.txt")` and `path.with_suffix(".txt")`, where the path may be that of the source itself.
    fn renamed_path(&self, call: Node<'t>, arguments: &[Node<'t>], hops: u32) -> Option<String> {
        let callee = field(call, "function")?;
        let (object, method) = (field(callee, "object")?, self.parsed.text(field(callee, "attribute")?));
        if !matches!(method, "with_name" | "with_suffix") {
            return None;
        }
        let hops = shared(hops, 2);
        let new = self.path_within(*arguments.first()?, hops)?;
        let names_source = |parsed: &Parsed, node: Node<'_>| parsed.text(node).contains("__file__");
        let behind = (object.kind() == "identifier").then(|| self.assigned(object)).flatten();
        let is_source =
            names_source(self.parsed, object) || behind.is_some_and(|(parsed, value)| names_source(parsed, value));
        let path = if is_source { Some(self.parsed.path.clone()) } else { self.path_within(object, hops) };
        let path = path?;
        if method == "with_name" {
            let folder = path.rsplit_once('/').filter(|_| !is_source);
            return Some(folder.map_or_else(|| new.clone(), |(folder, _)| format!("{folder}/{new}")));
        }
        let name = path.rsplit('/').next().unwrap_or(&path);
        let (stem, _) = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).unwrap_or((name, ""));
        let folder = if is_source { "" } else { path.strip_suffix(name).unwrap_or_default() };
        Some(format!("{folder}{stem}{new}"))
    }

    /// The path behind a variable.
    fn named_path(&self, node: Node<'t>, hops: u32) -> Option<String> {
        let name = self.parsed.text(node);
        if let Some((_, path)) = self.bound.as_ref().filter(|bound| bound.0 == name) {
            return Some(path.clone());
        }
        match self.assigned(node) {
            Some((parsed, value)) => {
                let bound = self.bound.clone();
                let at = Lower { parsed, bound, ..Lower::new(self.project, self.function) };
                at.path_within(value, hops)
            }
            None => self.passed(name, hops),
        }
    }

    /// The paths that parameters of this function get, where its calls give several: each with its name.
    pub(super) fn different_paths(&self) -> Vec<(String, Vec<String>)> {
        let node = self.project.functions[self.function].node;
        let parameters = node.and_then(|node| field(node, "parameters")).map(named).unwrap_or_default();
        let names = parameters.into_iter().filter_map(|parameter| parameter_name(self.parsed, parameter));
        let several = |name: String| {
            let values = self.passed_values(self.place_of(&name)?, &name);
            let hops = shared(MAX_HOPS, values.len());
            let known = values
                .into_iter()
                .filter_map(|(caller, value)| Lower::new(self.project, caller).path_within(value?, hops));
            let mut paths: Vec<String> = known.take(MAX_PATHS).collect();
            paths.sort();
            paths.dedup();
            (!paths.is_empty()).then_some((name, paths))
        };
        names.filter_map(several).collect()
    }

    /// The only value that is assigned to a variable, in this function or in a module.
    pub(super) fn assigned(&self, name: Node<'t>) -> Option<(&'t Parsed, Node<'t>)> {
        let (function, name) = match self.project.lookup(self.function, self.parsed.text(name)) {
            Referent::Local(name) => (self.function, name),
            Referent::Cell(owner, name) => (owner, name),
            Referent::Global(module, name) => (self.project.modules[module].function, name),
            _ => return None,
        };
        let function = &self.project.functions[function];
        let parsed = self.project.modules[function.module].parsed;
        let mut values = Vec::new();
        visit_all(function.node.unwrap_or(function.body), |node| {
            let (target, value) = match node.kind() {
                "assignment" => (field(node, "left"), field(node, "right")),
                "default_parameter" | "typed_default_parameter" => (field(node, "name"), field(node, "value")),
                _ => return,
            };
            if target.is_some_and(|target| parsed.text(target) == name) {
                values.extend(value);
            }
        });
        let [value] = values[..] else { return None };
        Some((parsed, value))
    }

    /// The path that a parameter always gets, where all calls of this function in the run agree.
    fn passed(&self, name: &str, hops: u32) -> Option<String> {
        let values = self.passed_values(self.place_of(name)?, name);
        let hops = shared(hops, values.len());
        let mut paths = values
            .into_iter()
            .map(|(caller, value)| value.and_then(|value| Lower::new(self.project, caller).path_within(value, hops)));
        let first = paths.next()??;
        paths.all(|path| path.as_ref() == Some(&first)).then_some(first)
    }

    /// The place of a parameter of this function among the arguments of its calls.
    pub(super) fn place_of(&self, name: &str) -> Option<usize> {
        let parameters = field(self.project.functions[self.function].node?, "parameters").map(named)?;
        let receivers = usize::from(self.project.functions[self.function].receiver.is_some());
        let is_it = |parameter: &Node<'_>| parameter_name(self.parsed, *parameter).as_deref() == Some(name);
        parameters.iter().position(is_it)?.checked_sub(receivers)
    }

    /// What the calls of this function in the run give for a parameter, with the function that calls.
    pub(super) fn passed_values(&self, place: usize, name: &str) -> Vec<(usize, Option<Node<'t>>)> {
        let calls = self.calls_of_it().into_iter();
        calls.map(|(caller, call)| (caller, Lower::new(self.project, caller).argument(call, place, name))).collect()
    }

    /// The argument at a place, or by this name.
    fn argument(&self, call: Node<'t>, place: usize, name: &str) -> Option<Node<'t>> {
        let arguments = named(field(call, "arguments")?);
        let is_named = |argument: &&Node<'t>| argument.kind() == "keyword_argument";
        let by_name = arguments.iter().filter(is_named).find_map(|argument| {
            let own = field(*argument, "name").is_some_and(|own| self.parsed.text(own) == name);
            own.then(|| field(*argument, "value")).flatten()
        });
        by_name.or_else(|| arguments.iter().filter(|argument| !is_named(argument)).nth(place).copied())
    }
}
