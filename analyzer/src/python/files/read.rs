//! Where the source reads a file that it names.

use std::collections::{HashMap, HashSet};

use tree_sitter::Node;

use super::file_name;
use crate::python::syntax::{Parsed, field, named, visit_all};

/// Functions that read the file that they are given.
const READERS: &[&str] = &[
    "open",
    "read_csv",
    "read_excel",
    "read_json",
    "read_pickle",
    "read_table",
    "read_text",
    "genfromtxt",
    "loadtxt",
    "load",
];

/// Where each file is read, by its name without folders, in order of place.
pub(super) fn places(parsed: &[Parsed]) -> HashMap<String, Vec<(String, u32)>> {
    let names = assigned(parsed);
    let own: HashSet<&str> = parsed.iter().flat_map(own_readers).collect();
    let mut read: HashMap<String, Vec<(String, u32)>> = HashMap::new();
    for parsed in parsed {
        let mut places = Vec::new();
        visit_all(parsed.tree.root_node(), |node| {
            let Some(callee) = callee(parsed, node) else { return };
            let args = field(node, "arguments").map(named).unwrap_or_default();
            let looked_at = match () {
                () if own.contains(callee) => args.len(),
                () if reads(parsed, node) => 1,
                () => 0,
            };
            let line = node.start_position().row as u32 + 1;
            let files = args.into_iter().take(looked_at).flat_map(|arg| files_in(parsed, arg, &names));
            places.extend(files.map(|file| (line, file)));
        });
        places.sort();
        for (line, file) in places {
            read.entry(file).or_default().push((parsed.path.clone(), line));
        }
    }
    read
}

/// The last part of what is called.
fn callee<'p>(parsed: &'p Parsed, node: Node<'_>) -> Option<&'p str> {
    let callee = (node.kind() == "call").then(|| field(node, "function")).flatten()?;
    Some(parsed.text(field(callee, "attribute").unwrap_or(callee)))
}

/// Whether a call reads the file that it is given first.
fn reads(parsed: &Parsed, call: Node<'_>) -> bool {
    let is_mode = |node: Node<'_>| {
        let value = match node.kind() {
            "keyword_argument" if field(node, "name").is_some_and(|name| parsed.text(name) == "mode") => {
                field(node, "value")
            }
            "string" => Some(node),
            _ => None,
        };
        value.and_then(|value| literal(parsed, value)).is_some_and(|mode| mode.starts_with(['w', 'a', 'x']))
    };
    callee(parsed, call).is_some_and(|callee| READERS.contains(&callee))
        && field(call, "arguments").is_some_and(|args| !named(args).into_iter().skip(1).any(is_mode))
}

/// Functions of the application that read a file whose name they are given.
fn own_readers(parsed: &Parsed) -> Vec<&str> {
    let mut found = Vec::new();
    visit_all(parsed.tree.root_node(), |node| {
        if node.kind() != "function_definition" {
            return;
        }
        let (Some(name), Some(body), Some(given)) =
            (field(node, "name"), field(node, "body"), field(node, "parameters"))
        else {
            return;
        };
        let given: HashSet<&str> = named(given)
            .into_iter()
            .map(|parameter| parsed.text(field(parameter, "name").unwrap_or(parameter)).split(':').next().unwrap_or(""))
            .collect();
        let mut is_reader = false;
        visit_all(body, |call| {
            let first = || field(call, "arguments").and_then(|args| named(args).first().copied());
            is_reader |= reads(parsed, call) && first().is_some_and(|first| given.contains(parsed.text(first)));
        });
        if is_reader {
            found.push(parsed.text(name));
        }
    });
    found
}

/// A text as it is written, if nothing is put into it.
fn literal<'p>(parsed: &'p Parsed, node: Node<'_>) -> Option<&'p str> {
    match &named(node)
        .into_iter()
        .filter(|part| part.kind() != "string_start" && part.kind() != "string_end")
        .collect::<Vec<_>>()[..]
    {
        [one] if node.kind() == "string" && one.kind() == "string_content" => Some(parsed.text(*one)),
        _ => None,
    }
}

/// The files that variables are the names of, by the module and the variable.
fn assigned(parsed: &[Parsed]) -> HashMap<(u32, &str), Vec<String>> {
    let mut names: HashMap<(u32, &str), Vec<String>> = HashMap::new();
    for parsed in parsed {
        visit_all(parsed.tree.root_node(), |node| {
            if node.kind() != "assignment" {
                return;
            }
            let (Some(left), Some(right)) = (field(node, "left"), field(node, "right")) else { return };
            if matches!(left.kind(), "identifier" | "attribute") {
                let left = parsed.text(field(left, "attribute").unwrap_or(left));
                names.entry((parsed.file, left)).or_default().extend(literals(parsed, right));
            }
        });
    }
    names
}

/// The names of files that are written in an expression, those of what is called in it left out.
fn literals(parsed: &Parsed, node: Node<'_>) -> Vec<String> {
    let mut files = Vec::new();
    visit_all(node, |part| files.extend(literal(parsed, part).and_then(file_name)));
    files
}

/// The files that an expression may be the name of.
fn files_in(parsed: &Parsed, node: Node<'_>, names: &HashMap<(u32, &str), Vec<String>>) -> Vec<String> {
    let mut files = literals(parsed, node);
    let variable = match node.kind() {
        "subscript" => field(node, "value"),
        _ => Some(node),
    };
    if let Some(variable) = variable.filter(|variable| matches!(variable.kind(), "identifier" | "attribute")) {
        let name = parsed.text(field(variable, "attribute").unwrap_or(variable));
        files.extend(names.get(&(parsed.file, name)).into_iter().flatten().cloned());
    }
    files
}
