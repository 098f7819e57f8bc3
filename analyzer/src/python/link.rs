//! Gives a slice its final names and numbers, so that it stands on its own.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chameleon_decision::{Api, Expr, ExprKind, Function, FunctionId, Program, Span, Stmt, StmtKind, Target};

use super::cut::{havoc, shown};
use super::lower::Site;
use super::project::Project;
use super::visit;

/// Gives files, functions and shared variables their final names and numbers.
pub(super) fn link(
    project: &Project<'_>,
    entry: usize,
    mut functions: BTreeMap<usize, Function>,
    mut globals: Vec<Stmt>,
    (site, beside): (&Site, Vec<Api>),
    inputs: &[Site],
) -> (Program, Span) {
    let module_file = |function: &usize| project.modules[project.functions[*function].module].parsed.file;
    let mut files = vec![module_file(&entry)];
    let mut used = functions.keys().map(module_file).collect::<Vec<_>>();
    visit::stmts(&globals, &mut |stmt| used.push(stmt.span.file));
    used.push(site.span.file);
    for file in used {
        if !files.contains(&file) {
            files.push(file);
        }
    }
    let private = private_attributes(project, entry, &functions, &globals);
    if let Some(code) = functions.get_mut(&entry) {
        // The object is made in the slice: its attributes live as long as the entry runs, and are no effect.
        let start = havoc(code.span, private.clone());
        code.body.splice(0..0, start);
    }
    let numbers: HashMap<usize, u32> =
        functions.keys().enumerate().map(|(at, function)| (*function, at as u32)).collect();
    let names = shared_names(functions.values(), &globals);
    let mut rename = Rename { files: &files, numbers: &numbers, names: &names, site, beside, inputs };
    let mut out = Vec::new();
    for (index, mut function) in functions {
        let cells = format!("{}:{}.", project.functions[index].module, project.functions[index].name);
        // Module code runs in the module's own scope, and a function owns the variables it shares with inner ones.
        let declared = if project.functions[index].node.is_none() {
            Vec::new()
        } else {
            let owned = |name: &str| name.strip_prefix(&cells).is_some_and(|rest| !rest.contains('.'));
            let mut shared = visit::bound_in(&function.body);
            shared.retain(|name| name.contains(':') && !owned(name) && !(index == entry && private.contains(name)));
            shared.sort();
            shared.dedup();
            shared
        };
        if project.functions[entry].node.is_none() && index != entry {
            make(&mut function.body, &private);
        }
        if !declared.is_empty() {
            let kind = StmtKind::Global { names: declared };
            function.body.insert(0, Stmt { span: function.span, kind });
        }
        rename.function(&mut function);
        out.push(function);
    }
    rename.block(&mut globals);
    let paths = files.iter().map(|file| path_of(project, *file)).collect();
    let program = Program { files: paths, globals, functions: out, entry: FunctionId(numbers[&entry]) };
    (program, rename.span(site.span))
}

/// Attributes of objects that the slice itself makes: set in functions only, of a class that is not the entry's own.
fn private_attributes(
    project: &Project<'_>,
    entry: usize,
    functions: &BTreeMap<usize, Function>,
    globals: &[Stmt],
) -> Vec<String> {
    let code = &project.functions[entry];
    let is_init = |function: usize| project.functions[function].name.ends_with(".__init__");
    let outside = code.class.map(|class| project.lineage(class)).unwrap_or_default();
    let made = functions.keys().filter_map(|at| {
        let function = &project.functions[*at];
        let class = function.class.filter(|class| !outside.contains(class))?;
        is_init(*at).then(|| &project.classes[project.attribute_owner(class, "")])
    });
    let prefixes: Vec<String> = made.map(|class| format!("{}:{}.", class.module, class.name)).collect();
    let mut kept = visit::bound_in(globals);
    if code.node.is_none() {
        // Objects of the module stay: what is set later is seen, but for what the module itself sets.
        let later = functions.iter().filter(|(function, _)| **function != entry && !is_init(**function));
        kept.extend(later.flat_map(|(_, function)| visit::bound_in(&function.body)));
    }
    let mut names: Vec<String> = functions.values().flat_map(|function| visit::bound_in(&function.body)).collect();
    names.retain(|name| prefixes.iter().any(|prefix| name.starts_with(prefix)) && !kept.contains(name));
    names.sort();
    names.dedup();
    names
}

/// Sets attributes of an object that is made as such, and not as variables of the module that stay.
fn make(block: &mut [Stmt], private: &[String]) {
    for stmt in block {
        if let StmtKind::Assign { targets, value } = &stmt.kind
            && let [Target::Name { name }] = &targets[..]
            && private.contains(name)
        {
            let kind = ExprKind::Walrus { name: name.clone(), value: Box::new(value.clone()) };
            stmt.kind = StmtKind::Expr { value: Expr { span: stmt.span, kind } };
        }
        for inner in visit::blocks_mut(stmt) {
            make(inner, private);
        }
    }
}

fn path_of(project: &Project<'_>, file: u32) -> String {
    let module = project.modules.iter().find(|module| module.parsed.file == file);
    module.map(|module| module.parsed.path.clone()).unwrap_or_default()
}

/// Final names of shared variables: without the module where that is unambiguous.
fn shared_names<'a>(functions: impl Iterator<Item = &'a Function>, globals: &[Stmt]) -> HashMap<String, String> {
    let mut found = BTreeSet::new();
    let mut blocks: Vec<&[Stmt]> = vec![globals];
    blocks.extend(functions.map(|function| function.body.as_slice()));
    for block in blocks {
        found.extend(visit::bound_in(block));
        visit::exprs(block, &mut |expr| {
            if let ExprKind::Name { name } = &expr.kind {
                found.insert(name.clone());
            }
        });
    }
    found.retain(|name| name.contains(':'));
    let clash = |name: &str| found.iter().filter(|other| shown(other) == shown(name)).count() > 1;
    found
        .iter()
        .map(|name| {
            let plain = shown(name);
            (name.clone(), if clash(name) { name.replace(':', ".") } else { plain.to_owned() })
        })
        .collect()
}

struct Rename<'a> {
    files: &'a [u32],
    numbers: &'a HashMap<usize, u32>,
    names: &'a HashMap<String, String>,
    /// The call that the slice is about.
    site: &'a Site,
    /// Calls of other APIs whose answers are inputs.
    /// What else the request of the site asks for.
    beside: Vec<Api>,
    inputs: &'a [Site],
}

impl Rename<'_> {
    fn function(&mut self, function: &mut Function) {
        function.span = self.span(function.span);
        for parameter in &mut function.parameters {
            if let Some(default) = &mut parameter.default {
                visit::map_expr(default, &mut |expr| self.expr(expr));
            }
        }
        self.block(&mut function.body);
    }

    fn block(&mut self, block: &mut [Stmt]) {
        visit::map_exprs(block, &mut |expr| self.expr(expr));
        self.stmts(block);
    }

    fn stmts(&self, block: &mut [Stmt]) {
        for stmt in block {
            stmt.span = self.span(stmt.span);
            match &mut stmt.kind {
                StmtKind::Assign { targets, .. } => targets.iter_mut().for_each(|target| self.target(target)),
                StmtKind::AugAssign { target, .. } | StmtKind::For { target, .. } => self.target(target),
                StmtKind::Global { names } => names.iter_mut().for_each(|name| self.name(name)),
                _ => {}
            }
            for inner in visit::blocks_mut(stmt) {
                self.stmts(inner);
            }
        }
    }

    fn expr(&self, expr: &mut Expr) {
        let place = expr.span;
        expr.span = self.span(place);
        match &mut expr.kind {
            ExprKind::Name { name } | ExprKind::Walrus { name, .. } => self.name(name),
            ExprKind::Call { function, .. } | ExprKind::FunctionValue { function } => {
                function.0 = self.numbers.get(&(function.0 as usize)).copied().unwrap_or(u32::MAX);
            }
            ExprKind::Lambda { parameters, .. } => {
                for parameter in parameters {
                    self.name(&mut parameter.name);
                }
            }
            ExprKind::Comprehension { inner } => {
                inner.clauses.iter_mut().for_each(|(target, _, _)| self.target(target));
            }
            ExprKind::ApiOutput { max_results, form, beside } => {
                if place == self.site.span {
                    beside.clone_from(&self.beside);
                    return;
                }
                let mut asked = self.inputs.iter().filter(|other| other.span == place).map(|other| other.api.clone());
                expr.kind = match asked.next() {
                    Some(api) => ExprKind::OtherOutput {
                        api: Box::new(api),
                        max_results: max_results.take(),
                        form: *form,
                        beside: asked.collect(),
                    },
                    None => ExprKind::Builtin { name: "<answer>".to_owned(), args: Vec::new(), keywords: Vec::new() },
                };
            }
            _ => {}
        }
    }

    fn target(&self, target: &mut Target) {
        match target {
            Target::Name { name } => self.name(name),
            Target::Tuple { elements } => elements.iter_mut().for_each(|element| self.target(element)),
            Target::Starred { inner } => self.target(inner),
            Target::Attribute { .. } | Target::Subscript { .. } => {}
        }
    }

    fn name(&self, name: &mut String) {
        if let Some(new) = self.names.get(name.as_str()) {
            name.clone_from(new);
        } else if name.contains(':') {
            *name = shown(name).to_owned();
        }
    }

    fn span(&self, span: Span) -> Span {
        let file = self.files.iter().position(|file| *file == span.file).unwrap_or(0);
        Span { file: file as u32, ..span }
    }
}
