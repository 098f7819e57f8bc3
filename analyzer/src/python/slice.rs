//! Puts a slice together: the functions from the entry on, cut, and the module-level values they need.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use chameleon_decision::{Constant, Expr, ExprKind, Function, FunctionId, Parameter, Program, Span, Stmt, StmtKind};

use super::cut::{Assumption, Cut, Focus, Open, Ways, havoc, unknown};
use super::entry::{CallGraph, Chain, calls, refers};
use super::facts::Facts;
use super::link::link;
use super::lower::{Lowered, Site};
use super::memo::Trial;
use super::project::Project;
use super::shorten::{Shorten, Stop};
use super::{several, visit};

/// A program and what was assumed to get it.
#[derive(Clone)]
pub(super) struct Slice {
    /// What it was cut by: the functions to the call, and the ways of unknown tests.
    pub(super) cut_by: (Chain, Ways, End),
    /// The program; files, functions and spans are its own.
    pub(super) program: Program,
    /// The call, with the program's file.
    pub(super) call: Span,
    /// What was assumed, with the run's file.
    pub(super) assumptions: Vec<Assumption>,
    /// Unknown tests about which nothing was assumed, with the run's file.
    pub(super) open: Vec<Open>,
    /// Tests of what something outside says in some calls only, with the run's file.
    pub(super) partly: Vec<Span>,
    /// Tests of something outside that return at once, taken not to, with the run's file.
    pub(super) passed: Vec<Span>,
    /// Where what comes of several calls' answers is put together, with the run's file.
    pub(super) summed: Vec<Span>,
    /// Tests of what a loop that asks the API keeps from one round to the next, with the run's file.
    pub(super) kept: Vec<Span>,
    /// Where the entry was ended early, with the run's file.
    pub(super) ended: Option<Span>,
    /// What trying the program has shown.
    pub(super) trial: Rc<Trial>,
}

impl Slice {
    /// The same, for trying it with other answers given.
    pub(super) fn untried(&self) -> Self {
        Self { trial: Rc::default(), ..self.clone() }
    }
}

/// Where the entry of a slice ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    /// Where the function does.
    Whole,
    /// Before what lies here.
    Before(Span),
    /// Before what the answer chose is mixed with things outside.
    Mixing,
}

/// Cuts the slice for one chain, where unknown tests go these ways.
pub(super) fn slice(
    project: &Project<'_>,
    lowered: &Lowered,
    graph: &CallGraph,
    chain: &Chain,
    site: &Site,
    ways: &Ways,
    (end, inputs): (End, &[Site]),
) -> Slice {
    let entry = chain.functions[0];
    let live = graph.reachable([entry]);
    let suppliers = suppliers(project, &live, entry);
    let asks = |init: &usize| graph.reachable([*init]).contains(&site.function);
    let mut made = initializers(project, &lowered.functions, &live, entry);
    made.retain(|init| !asks(init) || is_own(project, entry, *init));
    let roots: Vec<usize> = [entry].into_iter().chain(made.iter().copied()).collect();
    let known = graph.reachable(suppliers.iter().copied().chain(roots.iter().copied()));
    let prepared = prepared(lowered, graph, &suppliers, &chain.functions);
    let mut ran = graph.reachable(live.iter().chain(&roots).copied().chain(prepared));
    ran.extend(&suppliers);
    let elsewhere = set_elsewhere(project, &lowered.functions, &ran);
    let facts = Facts::new(lowered, &known, &roots, (&chain.functions[1..], &live), &elsewhere, site, inputs);
    let mut slicer = Slicer {
        lowered,
        graph,
        chain,
        site,
        facts: &facts,
        elsewhere: &elsewhere,
        ways,
        functions: BTreeMap::new(),
        assumptions: Vec::new(),
        open: Vec::new(),
        partly: Vec::new(),
        passed: Vec::new(),
        summed: Vec::new(),
        kept: Vec::new(),
    };
    for &function in &live {
        slicer.add(function, true);
    }
    let ended = match end {
        End::Whole => None,
        End::Before(place) => slicer.end_before(entry, place),
        End::Mixing => slicer.shorten(entry, Stop::Mixing),
    };
    let globals = slicer.globals(&suppliers, &made, entry);
    let Slicer { functions, assumptions, open, partly, passed, summed, kept, .. } = slicer;
    let is_beside = |other: &&Site| other.span == site.span && other.api != site.api;
    let beside = lowered.sites.iter().filter(is_beside).map(|other| other.api.clone()).collect();
    let (program, call) = link(project, entry, functions, globals, (site, beside), inputs);
    let cut_by = (chain.clone(), ways.clone(), end);
    Slice { cut_by, program, call, assumptions, open, partly, passed, summed, kept, ended, trial: Rc::default() }
}

/// Code that runs before the entry and sets what it reads: modules, and functions around nested ones.
fn suppliers(project: &Project<'_>, live: &[usize], entry: usize) -> Vec<usize> {
    let mut found = Vec::new();
    for &function in live {
        let mut parent = project.functions[function].parent;
        while let Some(at) = parent {
            if !live.contains(&at) && !found.contains(&at) {
                found.push(at);
            }
            parent = project.functions[at].parent;
        }
    }
    // Modules that the modules at hand import from supply values too; each runs once.
    for module in &project.modules {
        if !live.contains(&module.function) && !found.contains(&module.function) {
            found.push(module.function);
        }
    }
    found.retain(|function| *function != entry);
    // Outer code first: modules have no parent, and the entry's own module comes last among them.
    let own = project.functions[entry].module;
    found.sort_by_key(|function| {
        let code = &project.functions[*function];
        (code.parent.is_some(), code.module == own, *function)
    });
    found
}

/// What suppliers call on the way, but for what leads to the API call: that is where the slice is.
fn prepared(lowered: &Lowered, graph: &CallGraph, suppliers: &[usize], chain: &[usize]) -> Vec<usize> {
    let called = suppliers.iter().flat_map(|supplier| refers(&lowered.functions[*supplier].body));
    let leads_on = |callee: &usize| graph.reachable([*callee]).iter().any(|function| chain.contains(function));
    called.filter(|callee| !leads_on(callee)).collect()
}

/// Shared variables that functions set which neither run in the slice nor before it.
fn set_elsewhere(project: &Project<'_>, functions: &[Function], ran: &[usize]) -> BTreeSet<String> {
    // Copies of one method are of objects of different classes.
    let runs = |function: usize| {
        let node = project.functions[function].node;
        ran.iter().any(|ran| *ran == function || node.is_some() && project.functions[*ran].node == node)
    };
    let others = (0..functions.len()).filter(|function| !runs(*function));
    let others = others.filter(|function| !project.functions[*function].name.ends_with("__init__"));
    let mut names: BTreeSet<String> =
        others.flat_map(|function| visit::written_in(&functions[function].body)).collect();
    names.retain(|name| name.contains(':'));
    names
}

/// Whether an initializer is that of a method's own class.
fn is_own(project: &Project<'_>, method: usize, init: usize) -> bool {
    project.functions[method].class.and_then(|class| project.method(class, "__init__")) == Some(init)
}

/// The initializers of objects that were made before: of the entry's own, and of those that it was handed, whose
/// attributes the slice reads while nothing in it makes them.
fn initializers(project: &Project<'_>, functions: &[Function], live: &[usize], entry: usize) -> Vec<usize> {
    let mut read = BTreeSet::new();
    for &function in live {
        visit::exprs(&functions[function].body, &mut |expr| {
            if let ExprKind::Name { name } = &expr.kind {
                read.insert(name.as_str());
            }
        });
    }
    let is_read = |class: &usize| {
        // A family of classes has one set of attributes, which each sets in its own way.
        if project.is_of_objects(*class) || project.lineage(*class).len() > 1 || project.is_extended(*class) {
            return false;
        }
        let prefix = format!("{}:{}.", project.classes[*class].module, project.classes[*class].name);
        read.range(prefix.as_str()..).next().is_some_and(|name| name.starts_with(&prefix))
    };
    let own = project.functions[entry].class;
    let handed = (0..project.classes.len()).filter(|class| project.functions[entry].node.is_some() && is_read(class));
    let mut found: Vec<usize> = Vec::new();
    for class in own.into_iter().chain(handed) {
        let init = project.method(class, "__init__").filter(|init| *init != entry && !found.contains(init));
        found.extend(init.filter(|init| own == Some(class) || !live.contains(init)));
    }
    found
}

struct Slicer<'a> {
    lowered: &'a Lowered,
    graph: &'a CallGraph,
    chain: &'a Chain,
    site: &'a Site,
    facts: &'a Facts<'a>,
    /// Shared variables that functions outside the slice set.
    elsewhere: &'a BTreeSet<String>,
    ways: &'a Ways,
    functions: BTreeMap<usize, Function>,
    assumptions: Vec<Assumption>,
    open: Vec<Open>,
    partly: Vec<Span>,
    passed: Vec<Span>,
    summed: Vec<Span>,
    kept: Vec<Span>,
}

impl Slicer<'_> {
    /// Cuts a function and adds it.
    fn add(&mut self, function: usize, toward: bool) {
        if self.functions.contains_key(&function) {
            return;
        }
        let mut code = self.lowered.functions[function].clone();
        visit::map_exprs(&mut code.body, &mut |expr| self.show_request(function, expr));
        let at = self.chain.functions.iter().position(|link| *link == function);
        let focus = match at {
            Some(at) => match self.chain.functions.get(at + 1) {
                Some(next) => Focus::Call(*next),
                None => Focus::Api(self.site.span),
            },
            None => Focus::Values,
        };
        let mut cut = self.cut(function, focus);
        code.body = if toward { cut.toward(&code.body) } else { cut.before(&code.body) };
        several::count_one(&mut code.body, &cut.each);
        let whole = &self.lowered.functions[function].body;
        let summed = at.and_then(|_| several::summed(self.facts, function, whole, &|block| cut.block_holds(block)));
        let Cut { assumptions, open, partly, passed, kept, .. } = cut;
        self.kept.extend(kept);
        self.partly.extend(partly);
        self.summed.extend(summed);
        self.assumptions.extend(assumptions);
        self.open.extend(open);
        self.passed.extend(passed);
        self.functions.insert(function, code);
    }

    /// Another API that is asked with what the answer chose, such as a text's language, is asked for all to see.
    fn show_request(&self, function: usize, expr: &mut Expr) {
        if !matches!(expr.kind, ExprKind::ApiOutput { .. }) || expr.span == self.site.span {
            return;
        }
        let Some(other) = self.lowered.sites.iter().find(|site| site.span == expr.span) else { return };
        let ExprKind::Opaque { args, .. } = &other.request.kind else { return };
        if !args.iter().any(|arg| self.facts.expr(function, arg).api) {
            return;
        }
        let span = expr.span;
        let pair = ExprKind::Tuple { elements: vec![(*other.request).clone(), expr.clone()] };
        let second = ExprKind::Constant { value: Constant::Int(1) };
        expr.kind = ExprKind::Subscript {
            object: Box::new(Expr { span, kind: pair }),
            index: Box::new(Expr { span, kind: second }),
        };
    }

    /// Ends the entry before the statement that reaches a place.
    fn end_before(&mut self, entry: usize, place: Span) -> Option<Span> {
        let inside = |span: Span| span.file == place.file && span.line <= place.line && place.line <= span.end_line;
        let holding: Vec<usize> =
            self.functions.iter().filter(|(_, code)| inside(code.span)).map(|(function, _)| *function).collect();
        let graph = self.graph;
        let reaches = |stmt: &Stmt| {
            let reached = graph.reachable(calls(std::slice::from_ref(stmt)));
            inside(stmt.span) || reached.iter().any(|function| *function != entry && holding.contains(function))
        };
        self.shorten(entry, Stop::Reaching(&reaches))
    }

    fn shorten(&mut self, entry: usize, stop: Stop<'_>) -> Option<Span> {
        let code = self.functions.get_mut(&entry)?;
        Shorten { facts: self.facts, function: entry, stop }.run(code)
    }

    fn cut(&self, function: usize, focus: Focus) -> Cut<'_> {
        let (facts, graph) = (self.facts, self.graph);
        let (ways, chain) = (self.ways, self.chain.functions.as_slice());
        Cut {
            facts,
            graph,
            function,
            focus,
            chain,
            ways,
            searches: false,
            each: Vec::new(),
            assumptions: Vec::new(),
            open: Vec::new(),
            partly: Vec::new(),
            passed: Vec::new(),
            kept: Vec::new(),
        }
    }

    /// Statements of the suppliers that set what the slice reads, and the initializer of the entry's object.
    fn globals(&mut self, suppliers: &[usize], made: &[usize], entry: usize) -> Vec<Stmt> {
        let mut candidates: Vec<Stmt> = Vec::new();
        for &supplier in suppliers {
            let body = &self.lowered.functions[supplier].body;
            let mut cut = self.cut(supplier, Focus::Values);
            let statements = cut.before(body);
            let Cut { assumptions, open, .. } = cut;
            self.assumptions.extend(assumptions);
            self.open.extend(open);
            // What an outer function returns is not what the module does.
            candidates.extend(statements.into_iter().filter(|stmt| !matches!(stmt.kind, StmtKind::Return { .. })));
        }
        candidates.extend(made.iter().flat_map(|init| self.initializer(*init)));
        let mut chosen = vec![false; candidates.len()];
        loop {
            let needed =
                self.needed(candidates.iter().zip(&chosen).filter(|(_, chosen)| **chosen).map(|(stmt, _)| stmt));
            let mut grown = false;
            for (at, stmt) in candidates.iter().enumerate() {
                if !chosen[at] && self.sets(stmt).iter().any(|name| needed.contains(name)) {
                    chosen[at] = true;
                    grown = true;
                    let block = std::slice::from_ref(stmt);
                    for function in self.graph.reachable(calls(block)) {
                        self.add(function, false);
                    }
                    // What is kept to be called is called after the answer.
                    for function in self.graph.reachable(refers(block)) {
                        self.add(function, true);
                    }
                }
            }
            if !grown {
                break;
            }
        }
        let chosen: Vec<Stmt> = candidates.into_iter().zip(chosen).filter(|(_, c)| *c).map(|(stmt, _)| stmt).collect();
        let mut globals = self.unset(&chosen, entry);
        let read = self.needed(chosen.iter());
        globals.extend(chosen);
        // What they are when the entry runs is not what they were at first.
        let changed = self.elsewhere.intersection(&read).cloned().collect();
        globals.extend(havoc(self.lowered.functions[entry].span, changed));
        globals
    }

    /// A method's object was made before: its initializer ran with unknown arguments. Statements that need none of its
    /// local variables are taken as they are, so that what they set is a value of the program and no effect.
    fn initializer(&self, init: usize) -> Vec<Stmt> {
        let code = &self.lowered.functions[init];
        let body = self.cut(init, Focus::Values).before(&code.body);
        if body.iter().all(is_free_of_locals) {
            return body;
        }
        // A parameter that is always handed the same stands before others that are not.
        let given = code.parameters.iter().rposition(|p| p.default.is_none() && !p.name.starts_with('*'));
        let given = code.parameters[..given.map_or(0, |last| last + 1)].iter().filter(|p| !p.name.starts_with('*'));
        let value = |p: &Parameter| p.default.clone().unwrap_or_else(|| unknown(code.span, &p.name));
        let args = given.map(value).collect();
        let kind = ExprKind::Call { function: FunctionId(init as u32), args, keywords: Vec::new() };
        let value = Expr { span: code.span, kind };
        let prepared = self.cut(init, Focus::Values).prepared(&value);
        if !prepared.is_empty() {
            return prepared;
        }
        vec![Stmt { span: code.span, kind: StmtKind::Expr { value } }]
    }

    /// Shared variables that a statement sets, itself or through the functions it calls.
    fn sets(&self, stmt: &Stmt) -> Vec<String> {
        let block = std::slice::from_ref(stmt);
        let mut names = visit::written_in(block);
        for callee in calls(block) {
            for function in self.graph.reachable([callee]) {
                names.extend(visit::written_in(&self.lowered.functions[function].body));
            }
        }
        names.retain(|name| name.contains(':'));
        names
    }

    /// Shared variables that the slice so far reads.
    fn needed<'s>(&self, globals: impl Iterator<Item = &'s Stmt>) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        let mut note = |expr: &Expr| {
            if let ExprKind::Name { name } = &expr.kind
                && name.contains(':')
            {
                names.insert(name.clone());
            }
        };
        for function in self.functions.values() {
            visit::exprs(&function.body, &mut note);
            for default in function.parameters.iter().filter_map(|parameter| parameter.default.as_ref()) {
                visit::below(default, &mut note);
            }
        }
        for stmt in globals {
            visit::exprs(std::slice::from_ref(stmt), &mut note);
        }
        names
    }

    /// Makes unknown what the slice reads and nothing in it sets.
    fn unset(&self, globals: &[Stmt], entry: usize) -> Vec<Stmt> {
        let mut set: BTreeSet<String> = visit::bound_in(globals).into_iter().collect();
        for function in self.functions.values() {
            set.extend(visit::bound_in(&function.body));
        }
        let missing = self.needed(globals.iter()).into_iter().filter(|name| !set.contains(name)).collect();
        havoc(self.lowered.functions[entry].span, missing)
    }
}

/// Whether a statement only reads and sets shared variables.
fn is_free_of_locals(stmt: &Stmt) -> bool {
    let block = std::slice::from_ref(stmt);
    let mut free = visit::bound_in(block).iter().all(|name| name.contains(':'));
    visit::exprs(block, &mut |expr| {
        free &= !matches!(&expr.kind, ExprKind::Name { name } if !name.contains(':'));
    });
    visit::stmts(block, &mut |stmt| free &= !matches!(stmt.kind, StmtKind::Return { .. }));
    free
}
