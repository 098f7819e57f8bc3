//! Chooses where a slice starts.
//!
//! From the function that calls the API, callers are followed as long as something of the answer comes back to them. The
//! entry is the outermost function on such a chain that *decides*: tests the answer, or hands it to a function that
//! does. Callers above it only pass on what was decided.

use std::collections::{BTreeSet, HashMap};

use chameleon_decision::{
    BinaryOp, BoolOp, CompareOp, Constant, Expr, ExprKind, Function, Span, Stmt, StmtKind, Target,
};

use super::facts::Facts;
use super::lower::{Lowered, Site};
use super::visit;

/// Longer chains of calls are cut.
const MAX_CHAIN: usize = 12;

/// More ways to reach one call are not followed.
const MAX_CHAINS: usize = 64;

/// What sorts numbers into intervals, or chooses where something holds.
const BINNING: [&str; 4] = ["pandas.cut", "numpy.digitize", "numpy.select", "numpy.where"];

/// What looks for a pattern in a text: functions of `re` and methods of a compiled pattern.
const SEARCHES: [&str; 5] = ["findall", "finditer", "fullmatch", "match", "search"];

/// What changes a text by a pattern, or takes it apart.
const REWRITES: [&str; 3] = ["split", "sub", "subn"];

/// A way to the API call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chain {
    /// Functions, each called by the one before; the first is the entry, the last calls the API.
    pub(super) functions: Vec<usize>,
    /// Whether anything tests the answer.
    pub(super) decides: bool,
}

/// Calls between functions.
pub(super) struct CallGraph {
    callees: Vec<Vec<usize>>,
    callers: Vec<Vec<usize>>,
    /// Functions that a function calls or passes on, in its body or as a default.
    referred: Vec<Vec<usize>>,
    /// Shared variables that a function sets or whose contents it changes, itself or through what it calls.
    changed: Vec<BTreeSet<String>>,
    /// Those among them that it gives a value.
    bound: Vec<BTreeSet<String>>,
}

impl CallGraph {
    /// Who calls whom.
    pub(super) fn new(lowered: &Lowered) -> Self {
        let functions = &lowered.functions;
        let none = vec![Vec::new(); functions.len()];
        let changed = functions.iter().map(|function| shared(visit::written_in(&function.body))).collect();
        let bound = functions.iter().map(|function| shared(visit::bound_in(&function.body))).collect();
        let mut graph = Self { callees: none.clone(), callers: none.clone(), referred: none, changed, bound };
        for (caller, function) in functions.iter().enumerate() {
            graph.referred[caller] = refers(&function.body);
            for default in function.parameters.iter().filter_map(|parameter| parameter.default.as_ref()) {
                visit::below(default, &mut |expr| graph.referred[caller].extend(referred(expr)));
            }
            let methods = methods_in(lowered, &function.body);
            graph.referred[caller].extend(&methods);
            for callee in calls(&function.body).into_iter().chain(methods) {
                if !graph.callees[caller].contains(&callee) {
                    graph.callees[caller].push(callee);
                    graph.callers[callee].push(caller);
                }
            }
        }
        hand_on(&mut graph.changed, &graph.callers);
        hand_on(&mut graph.bound, &graph.callers);
        graph
    }

    /// Whether a function calls this one.
    pub(super) fn is_called(&self, function: usize) -> bool {
        !self.callers[function].is_empty()
    }

    /// Shared variables that a call of a function sets, or whose contents it changes.
    pub(super) fn changed_by(&self, function: usize) -> &BTreeSet<String> {
        &self.changed[function]
    }

    /// Whether a call of a function gives shared variables a value.
    pub(super) fn binds(&self, function: usize) -> bool {
        !self.bound[function].is_empty()
    }

    /// The functions that lead to one of some.
    pub(super) fn leading_to(&self, ends: impl Iterator<Item = usize>) -> BTreeSet<usize> {
        let mut found: BTreeSet<usize> = BTreeSet::new();
        let mut work: Vec<usize> = ends.collect();
        while let Some(function) = work.pop() {
            if found.insert(function) {
                work.extend((0..self.referred.len()).filter(|caller| self.referred[*caller].contains(&function)));
            }
        }
        found
    }

    /// Everything reached from `roots` through calls and function values.
    pub(super) fn reachable(&self, roots: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut found: Vec<usize> = Vec::new();
        let mut work: Vec<usize> = roots.into_iter().collect();
        while let Some(function) = work.pop() {
            if !found.contains(&function) {
                found.push(function);
                work.extend(&self.referred[function]);
            }
        }
        found.sort_unstable();
        found
    }
}

/// Methods that are handed their object and may be called in a block, by their names.
fn methods_in(lowered: &Lowered, block: &[Stmt]) -> Vec<usize> {
    let mut found = Vec::new();
    if !lowered.methods.is_empty() {
        visit::exprs(block, &mut |expr| found.extend_from_slice(lowered.methods_of(expr)));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The shared variables among some.
fn shared(names: Vec<String>) -> BTreeSet<String> {
    names.into_iter().filter(|name| name.contains(':')).collect()
}

/// Hands what functions do on to their callers, until nothing changes.
fn hand_on(done: &mut [BTreeSet<String>], callers: &[Vec<usize>]) {
    let mut work: Vec<usize> = (0..done.len()).filter(|at| !done[*at].is_empty()).collect();
    while let Some(callee) = work.pop() {
        for &caller in &callers[callee] {
            let more: Vec<String> = done[callee].difference(&done[caller]).cloned().collect();
            if !more.is_empty() {
                done[caller].extend(more);
                work.push(caller);
            }
        }
    }
}

/// The function that an expression calls or is.
fn referred(expr: &Expr) -> Option<usize> {
    match &expr.kind {
        ExprKind::Call { function, .. } | ExprKind::FunctionValue { function } => Some(function.0 as usize),
        _ => None,
    }
}

/// Functions that a block calls or passes on.
pub(super) fn refers(block: &[Stmt]) -> Vec<usize> {
    let mut found = Vec::new();
    visit::exprs(block, &mut |expr| found.extend(referred(expr)));
    found
}

/// Functions that a block calls.
pub(super) fn calls(block: &[Stmt]) -> Vec<usize> {
    let mut found = Vec::new();
    visit::exprs(block, &mut |expr| {
        if let ExprKind::Call { function, .. } = &expr.kind {
            found.push(function.0 as usize);
        }
    });
    found
}

/// Finds the entries for one API call.
pub(super) fn chains(functions: &[Function], graph: &CallGraph, facts: &Facts<'_>, site: &Site) -> Vec<Chain> {
    let mut search = Search { functions, graph, facts, decides: HashMap::new(), found: Vec::new() };
    search.climb(&mut vec![site.function]);
    let mut chains: Vec<Chain> = Vec::new();
    for chain in search.found {
        if !chains.contains(&chain) {
            chains.push(chain);
        }
    }
    let all = chains.clone();
    // A shorter way is part of a longer one, and says less.
    chains.retain(|chain| {
        !all.iter().any(|other| {
            other != chain && other.functions.ends_with(&chain.functions) && (other.decides || !chain.decides)
        })
    });
    chains
}

/// The shortest chain of calls from one function to another.
pub(super) fn chain_between(graph: &CallGraph, from: usize, to: usize) -> Option<Chain> {
    let mut before: HashMap<usize, usize> = HashMap::from([(from, from)]);
    let mut next = vec![from];
    while !before.contains_key(&to) {
        let mut reached = Vec::new();
        for function in next {
            for &callee in &graph.callees[function] {
                before.entry(callee).or_insert_with(|| {
                    reached.push(callee);
                    function
                });
            }
        }
        if reached.is_empty() {
            return None;
        }
        next = reached;
    }
    let mut functions = vec![to];
    while let Some(&last) = functions.last().filter(|last| **last != from) {
        functions.push(before[&last]);
    }
    functions.reverse();
    Some(Chain { functions, decides: true })
}

struct Search<'a> {
    functions: &'a [Function],
    graph: &'a CallGraph,
    facts: &'a Facts<'a>,
    decides: HashMap<usize, bool>,
    found: Vec<Chain>,
}

impl Search<'_> {
    /// `path` is innermost first.
    fn climb(&mut self, path: &mut Vec<usize>) {
        let top = path[path.len() - 1];
        let escapes = self.facts.result(top).api || self.shares(top) || self.raises(top) || self.facts.hands_back(top);
        let climbs = |caller: &usize| {
            escapes
                && !path.contains(caller)
                && !is_test(&self.functions[*caller].name)
                && (path.len() > 1 || self.facts.may_ask(*caller))
        };
        let callers: Vec<usize> = self.graph.callers[top].iter().copied().filter(climbs).collect();
        if callers.is_empty() || path.len() >= MAX_CHAIN {
            self.finish(path);
        }
        for caller in callers {
            if self.found.len() >= MAX_CHAINS {
                return;
            }
            path.push(caller);
            self.climb(path);
            path.pop();
        }
    }

    fn finish(&mut self, path: &[usize]) {
        let deciding = (0..path.len()).rev().find(|at| {
            let next = at.checked_sub(1).map(|below| path[below]);
            self.decides_at(path[*at], next)
        });
        let used = deciding.map_or(1, |at| at + 1);
        let functions = path[..used].iter().rev().copied().collect();
        self.found.push(Chain { functions, decides: deciding.is_some() });
    }

    /// Whether a function raises an exception of its own where the answer says so, which no handler in it catches.
    fn raises(&self, function: usize) -> bool {
        let mut work = vec![(self.functions[function].body.as_slice(), false)];
        while let Some((block, asked)) = work.pop() {
            for stmt in block {
                match &stmt.kind {
                    StmtKind::Raise { exception, .. } if asked && !exception.is_empty() => return true,
                    StmtKind::If { test, body, orelse } => {
                        let asked = asked || (self.facts.expr(function, test).api && !is_error_check(test));
                        work.extend([(body.as_slice(), asked), (orelse.as_slice(), asked)]);
                    }
                    StmtKind::Try { handlers, .. } if !handlers.is_empty() => {}
                    _ => work.extend(stmt.blocks().into_iter().map(|block| (block.as_slice(), asked))),
                }
            }
        }
        false
    }

    /// Whether a handler catches what a function raises by the answer.
    fn handles(&self, block: &[Stmt]) -> bool {
        let mut found = false;
        visit::stmts(block, &mut |stmt| {
            if let StmtKind::Try { body, handlers, .. } = &stmt.kind {
                found |= !handlers.is_empty() && calls(body).into_iter().any(|callee| self.raises(callee));
            }
        });
        found
    }

    /// Whether a function leaves something of the answer in a shared variable, or in an object that it makes.
    fn shares(&self, function: usize) -> bool {
        let makes = |callee: &&usize| self.functions[**callee].name.ends_with(".__init__");
        let made = self.graph.callees[function].iter().filter(makes);
        std::iter::once(&function).chain(made).any(|&writer| {
            let written = visit::written_in(&self.functions[writer].body);
            written.iter().any(|name| name.contains(':') && self.facts.variable(writer, name).api)
        })
    }

    /// Whether a function tests the answer itself, or through a callee other than `next`.
    fn decides_at(&mut self, function: usize, next: Option<usize>) -> bool {
        if self.tests(function) {
            return true;
        }
        let callees = self.graph.callees[function].clone();
        callees.into_iter().any(|callee| Some(callee) != next && self.decides_below(callee))
    }

    fn decides_below(&mut self, function: usize) -> bool {
        if let Some(known) = self.decides.get(&function) {
            return *known;
        }
        self.decides.insert(function, false);
        let decides = self.decides_at(function, None);
        self.decides.insert(function, decides);
        decides
    }

    fn tests(&self, function: usize) -> bool {
        self.test_in(function).is_some() || self.handles(&self.functions[function].body)
    }

    /// The first place at which a function tests the answer.
    fn test_in(&self, function: usize) -> Option<Span> {
        let mut found: Option<Span> = None;
        let mut note = |span: Span, tests: bool| {
            if tests && found.is_none_or(|known| span < known) {
                found = Some(span);
            }
        };
        let body = &self.functions[function].body;
        let mut idle: Vec<Span> = Vec::new();
        visit::stmts(body, &mut |stmt| match &stmt.kind {
            StmtKind::If { test, .. } if shows_if_there(stmt, self.facts) || asks_whether_it_came(test) => {
                visit::below(test, &mut |part| idle.push(part.span));
            }
            StmtKind::If { test, .. } | StmtKind::While { test, .. } => {
                note(test.span, self.facts.expr(function, test).api && !is_error_check(test));
            }
            // What is done for every match is done where there is one.
            StmtKind::For { iter, .. } if is_search(iter) => note(iter.span, self.facts.expr(function, iter).api),
            // A value of the program's own is returned where there is an item.
            StmtKind::For { iter, body, .. } => {
                note(iter.span, self.facts.expr(function, iter).api && self.returns_own(function, body));
            }
            _ => {}
        });
        visit::exprs(body, &mut |expr| note(expr.span, !idle.contains(&expr.span) && self.chooses(function, expr)));
        found.or_else(|| self.handles(body).then(|| body.first().map_or_else(Span::default, |stmt| stmt.span)))
    }

    /// Whether a block returns a value in which no data of the answer is, whatever it finds.
    fn returns_own(&self, function: usize, block: &[Stmt]) -> bool {
        block.iter().any(|stmt| match &stmt.kind {
            StmtKind::Return { value: Some(value) } => !self.facts.expr(function, value).data,
            _ => false,
        })
    }

    /// Whether an expression turns data of the answer into a choice.
    fn chooses(&self, function: usize, expr: &Expr) -> bool {
        let api = |expr: &Expr| self.facts.expr(function, expr).api;
        // The sentences of a table may hold data of the answer: its keys are the program's all the same.
        let is_own = |object: &Expr| !api(object) || self.is_record(function, object);
        match &expr.kind {
            ExprKind::Compare { .. } => api(expr) && !is_error_check(expr),
            ExprKind::IfElse { test, .. } => api(test),
            ExprKind::Subscript { object, index } => api(index) && is_own(object),
            // Which come first, or which one is the greatest, is chosen by what the key looks at.
            ExprKind::Builtin { name, args, keywords } if name == "sorted" => {
                keywords.iter().any(|keyword| keyword.name == "key") && args.first().is_some_and(api)
            }
            ExprKind::Method { object, name, keywords, .. } if name == "sort" => {
                keywords.iter().any(|keyword| keyword.name == "key") && api(object)
            }
            ExprKind::Method { object, name, args, .. } => match name.as_str() {
                "get" => args.first().is_some_and(api) && is_own(object),
                "intersection" | "issubset" | "issuperset" | "isdisjoint" | "startswith" | "endswith" | "count" => {
                    api(expr)
                }
                // Where a word is, another one is not.
                "find" | "index" | "rfind" | "rindex" => {
                    api(object)
                        && matches!(args.as_slice(), [word, ..] if self.facts.expr(function, word).known && !api(word))
                }
                // Without the word there is one part.
                "split" | "rsplit" | "partition" | "rpartition" if args.first().is_some_and(is_word) => api(object),
                // What matches a pattern is handed on, and nothing else.
                _ => applies_pattern(self.facts, function, expr, &SEARCHES),
            },
            ExprKind::Builtin { name, .. } if name.starts_with("re.") => {
                applies_pattern(self.facts, function, expr, &SEARCHES)
            }
            ExprKind::Builtin { name, args, .. } if BINNING.contains(&name.as_str()) => args.first().is_some_and(api),
            ExprKind::Binary { op: BinaryOp::BitAnd, .. } => api(expr),
            ExprKind::Comprehension { inner } => inner.clauses.iter().flat_map(|(_, _, tests)| tests).any(api),
            ExprKind::Builtin { name, args, keywords } if matches!(name.as_str(), "max" | "min") => {
                let by_key = keywords.iter().any(|keyword| keyword.name == "key");
                let reads_key = keywords.iter().any(|keyword| matches!(keyword.value.kind, ExprKind::Lambda { .. }));
                by_key && args.first().is_some_and(|among| api(among) && (reads_key || self.is_record(function, among)))
            }
            _ => false,
        }
    }

    /// Whether an expression is a dictionary whose keys are written in the function: the greatest of its values chooses
    /// one of them. Keys that are names of the answer are only handed on.
    fn is_record(&self, function: usize, expr: &Expr) -> bool {
        let written = |value: &Expr| match &value.kind {
            ExprKind::Dict { items } => {
                let text = |key: &Expr| matches!(&key.kind, ExprKind::Constant { value: Constant::Str(_) });
                items.len() > 1 && items.iter().all(|(key, _)| text(key))
            }
            _ => false,
        };
        let ExprKind::Name { name: wanted } = &expr.kind else { return written(expr) };
        let mut found = false;
        visit::stmts(&self.functions[function].body, &mut |stmt| {
            if let StmtKind::Assign { targets, value } = &stmt.kind {
                let is_target = |target: &Target| matches!(target, Target::Name { name } if name == wanted);
                found |= targets.iter().any(is_target) && written(value);
            }
        });
        found
    }
}

/// Whether a statement only prints a part of an answer where it is there, perhaps with other parts:
/// `if "ParentId" in text: print(text["ParentId"])`.
fn shows_if_there(stmt: &Stmt, facts: &Facts<'_>) -> bool {
    let StmtKind::If { test, body, orelse } = &stmt.kind else { return false };
    let ExprKind::Compare { left, rest } = &test.kind else { return false };
    let (ExprKind::Constant { value: Constant::Str(name) }, [(CompareOp::In, _)]) = (&left.kind, rest.as_slice())
    else {
        return false;
    };
    // A key of the program's own is a word.
    if !facts.is_of_answer(name) {
        return false;
    }
    let prints = |stmt: &Stmt, is_wanted: &dyn Fn(&str) -> bool| {
        let StmtKind::Expr { value } = &stmt.kind else { return false };
        let mut reads = false;
        visit::below(value, &mut |part| {
            reads |= matches!(&part.kind, ExprKind::Subscript { index, .. }
                if matches!(&index.kind, ExprKind::Constant { value: Constant::Str(key) } if is_wanted(key)));
        });
        reads && matches!(&value.kind, ExprKind::Builtin { name, .. } if name == "print")
    };
    orelse.is_empty()
        && body.iter().all(|stmt| prints(stmt, &|key| facts.is_of_answer(key)))
        && body.iter().any(|stmt| prints(stmt, &|key| key == name))
}

/// Whether a test asks for nothing but whether there was an answer: that it is one, and its status.
fn asks_whether_it_came(test: &Expr) -> bool {
    fn of_status(part: &Expr) -> Option<BTreeSet<&str>> {
        let (mut found, mut names) = (false, BTreeSet::new());
        visit::below(part, &mut |part| match &part.kind {
            ExprKind::Constant { value: Constant::Str(key) } => found |= key == "HTTPStatusCode",
            ExprKind::Name { name } => drop(names.insert(name.as_str())),
            _ => {}
        });
        (found && matches!(part.kind, ExprKind::Compare { .. })).then_some(names)
    }
    let parts = match &test.kind {
        ExprKind::Bool { op: BoolOp::And, values } => values.as_slice(),
        _ => std::slice::from_ref(test),
    };
    let answers: BTreeSet<&str> = parts.iter().filter_map(of_status).flatten().collect();
    let is_answer = |part: &Expr| matches!(&part.kind, ExprKind::Name { name } if answers.contains(name.as_str()));
    parts.iter().any(|part| of_status(part).is_some())
        && parts.iter().all(|part| is_answer(part) || of_status(part).is_some())
}

/// Whether an expression looks for the matches of a pattern.
fn is_search(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Builtin { name, .. } => matches!(name.as_str(), "re.finditer" | "re.findall"),
        ExprKind::Method { name, .. } => matches!(name.as_str(), "finditer" | "findall"),
        _ => false,
    }
}

/// Whether an expression is a word that is written in the program, and not a mark between words.
fn is_word(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Constant { value: Constant::Str(text) } if text.chars().any(char::is_alphabetic))
}

/// The first place at which a pattern changes a text of the answer, or takes it apart.
pub(super) fn rewrites(functions: &[Function], facts: &Facts<'_>) -> Option<Span> {
    let mut found: Option<Span> = None;
    for (at, function) in functions.iter().enumerate() {
        visit::exprs(&function.body, &mut |expr| {
            if found.is_none_or(|known| expr.span < known) && applies_pattern(facts, at, expr, &REWRITES) {
                found = Some(expr.span);
            }
        });
    }
    found
}

/// Whether an expression applies a pattern to the answer in one of these ways: a function of `re`, or a method of a compiled
/// pattern.
fn applies_pattern(facts: &Facts<'_>, function: usize, expr: &Expr, ways: &[&str]) -> bool {
    let (name, args, keywords) = match &expr.kind {
        ExprKind::Builtin { name, args, keywords } => (name.strip_prefix("re."), args, keywords),
        ExprKind::Method { object, name, args, keywords } => {
            let pattern = facts.expr(function, object);
            (Some(name.as_str()).filter(|_| pattern.known && !pattern.data), args, keywords)
        }
        _ => return false,
    };
    let mut given = args.iter().chain(keywords.iter().map(|keyword| &keyword.value));
    name.is_some_and(|name| ways.contains(&name)) && given.any(|arg| facts.expr(function, arg).api)
}

/// Whether a function is a unit test, which checks what the application decides and decides nothing itself.
pub(super) fn is_test(name: &str) -> bool {
    let (class, method) = name.rsplit_once('.').unwrap_or(("", name));
    let class = class.rsplit('.').next().unwrap_or_default();
    let is_case = class.starts_with("Test") || class.ends_with("Test") || class.ends_with("Tests");
    method.starts_with("test_") && (class.is_empty() || is_case)
}

/// `response.error.message` and its like: whether the call failed, not what it saw.
pub(super) fn is_error_check(test: &Expr) -> bool {
    let mut found = false;
    visit::below(test, &mut |expr| {
        found |= matches!(&expr.kind, ExprKind::Attribute { name, .. } if name == "error");
    });
    found
}
