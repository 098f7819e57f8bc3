//! Which classes have objects with attributes of their own.
//!
//! Most classes of an application stand for one object: a detector, a bot, the application itself. Their attributes are
//! shared variables, which are followed wherever they are set. Where several objects of a class are made, or one in a
//! list or a loop, these are values that each hold their own, unless they ask the API: the way to it must be seen before
//! anything runs.

use std::collections::{BTreeSet, HashSet};

use tree_sitter::Node;

use super::entry::{CallGraph, is_test};
use super::lower::{Lowered, constructed, is_own_method};
use super::project::{Project, Referent};
use super::syntax::{field, named, visit_scope};

/// How many functions an object is followed through that return it.
const MAX_HOPS: u32 = 2;

/// The classes whose objects hold attributes of their own.
pub(super) fn of_several(project: &Project<'_>, lowered: &Lowered, graph: &CallGraph) -> HashSet<usize> {
    let mut made = Made { project, counts: vec![0; project.classes.len()], scattered: BTreeSet::new() };
    made.find();
    if made.counts.iter().all(|count| *count == 0) {
        return HashSet::new();
    }
    let asking = graph.leading_to(lowered.sites.iter().map(|site| site.function));
    let mut found = HashSet::new();
    for family in families(project) {
        let count: usize = family.iter().map(|class| made.counts[*class]).sum();
        let is_several = count > 1 || family.iter().any(|class| made.scattered.contains(class));
        let is_plain = |class: &usize| {
            let methods = project.classes[*class].methods.values();
            is_plain(project, *class) && methods.clone().all(|method| !asking.contains(method))
        };
        if is_several && family.iter().all(is_plain) {
            found.extend(family);
        }
    }
    found.retain(|class| !project.classes[*class].is_of_values());
    found
}

/// Whether nothing but its methods says how an object of a class behaves.
fn is_plain(project: &Project<'_>, class: usize) -> bool {
    let own = &project.classes[class];
    let is_usual = |method: &usize| {
        let receiver = project.functions[*method].receiver.as_deref();
        project.functions[*method].is_class_method || receiver.is_none_or(|receiver| receiver == "self")
    };
    !own.is_enumeration && project.is_whole(class) && own.methods.values().all(is_usual)
}

/// Classes that extend each other, together.
fn families(project: &Project<'_>) -> Vec<Vec<usize>> {
    let mut families: Vec<Vec<usize>> = Vec::new();
    for class in 0..project.classes.len() {
        let mut family = project.lineage(class);
        families.retain_mut(|other| {
            let is_related = other.iter().any(|known| family.contains(known));
            if is_related {
                family.append(other);
            }
            !is_related
        });
        family.sort_unstable();
        family.dedup();
        families.push(family);
    }
    families
}

/// Where objects are made.
struct Made<'a, 't> {
    project: &'a Project<'t>,
    /// In how many places, by class.
    counts: Vec<usize>,
    /// Classes of which objects are made in a loop, or put into something.
    scattered: BTreeSet<usize>,
}

impl<'t> Made<'_, 't> {
    fn find(&mut self) {
        let project = self.project;
        let functions = (0..project.functions.len()).filter(|at| !is_test(&project.functions[*at].name));
        let bodies = functions.map(|function| (function, project.functions[function].body));
        let classes = project.classes.iter().map(|class| (class.parent, class.body));
        for (function, body) in bodies.chain(classes) {
            visit_scope(body, |node| {
                if let Some(class) = constructed(project, function, node) {
                    self.counts[class] += 1;
                    if self.is_scattered(function, node, MAX_HOPS) {
                        self.scattered.insert(class);
                    }
                }
            });
        }
    }

    /// Whether an object is made where nothing says which one it is: in a loop, in a list, handed to something outside.
    fn is_scattered(&self, function: usize, call: Node<'t>, hops: u32) -> bool {
        let parsed = self.project.modules[self.project.functions[function].module].parsed;
        let mut at = call;
        let mut is_kept = true;
        while let Some(parent) = at.parent() {
            match parent.kind() {
                "assignment" => is_kept &= !self.is_handed_out(function, parent),
                "parenthesized_expression"
                | "await"
                | "boolean_operator"
                | "conditional_expression"
                | "keyword_argument"
                | "attribute"
                | "default_parameter"
                | "call" => {}
                "return_statement" => {
                    let calls = if hops > 0 { self.project.callers.calls(function) } else { &[] };
                    is_kept &= !calls.iter().any(|(caller, call)| self.is_scattered(*caller, *call, hops - 1));
                }
                "argument_list" => {
                    let callee = parent.parent().and_then(|call| field(call, "function"));
                    is_kept &= callee.is_some_and(|callee| is_own(self.project, function, parsed.text(callee)));
                }
                "for_statement" | "while_statement" => return true,
                "module" | "function_definition" | "class_definition" => break,
                kind if kind.ends_with("statement") || kind.ends_with("clause") || kind == "block" => {}
                _ => is_kept = false,
            }
            at = parent;
        }
        !is_kept
    }

    /// Whether the variable that an object is put into is handed to something outside: what that sees are its attributes.
    fn is_handed_out(&self, function: usize, assignment: Node<'t>) -> bool {
        let parsed = self.project.modules[self.project.functions[function].module].parsed;
        let Some(variable) = field(assignment, "left").filter(|left| left.kind() == "identifier") else { return false };
        let mut found = false;
        visit_scope(self.project.functions[function].body, |node| {
            let Some(callee) = (node.kind() == "call").then(|| field(node, "function")).flatten() else { return };
            let given = field(node, "arguments").map(named).unwrap_or_default();
            let mut given = given.into_iter().map(|argument| field(argument, "value").unwrap_or(argument));
            found |= given.any(|given| parsed.text(given) == parsed.text(variable))
                && matches!(callee.kind(), "attribute")
                && !is_own_method(self.project, function, callee);
        });
        found
    }
}

/// Whether a plain name is a function or class of the run.
fn is_own(project: &Project<'_>, function: usize, name: &str) -> bool {
    matches!(project.lookup(function, name), Referent::Function(_) | Referent::Class(_))
}
