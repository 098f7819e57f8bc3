//! What every variable and function result depends on: the API's answer, things outside the program, both, or neither.
//!
//! A flow-insensitive data-flow analysis over the whole program: facts only grow, until nothing changes. A value
//! depends on the API also when it was assigned under a condition that does (a flag set in a loop over the labels).

mod binding;
mod fact;
mod reading;

use std::collections::{BTreeSet, HashMap, HashSet};

use chameleon_decision::{Constant, Expr, ExprKind, Function, Stmt, StmtKind, Target};

use super::laid_out::{Item, LaidOut, elements};
use super::lower::{Lowered, OBJECT, Site};
use super::{contexts, visit};
use binding::plain;
pub(super) use fact::Fact;

/// The facts of a program.
pub(super) struct Facts<'a> {
    lowered: &'a Lowered,
    functions: &'a [Function],
    /// Functions used as values, and what these may give.
    escaping: Vec<usize>,
    escaped: Fact,
    /// The call whose answer it is about.
    site: &'a Site,
    /// Calls of other APIs whose answers are inputs too, and not something outside.
    inputs: &'a [Site],
    /// Shared variables have a `:` in their name and belong to no function.
    variables: HashMap<(usize, String), Fact>,
    /// Functions that lead to the API call.
    chain: &'a [usize],
    /// Functions that the entry reaches: only these call those of the chain in the slice.
    reached: &'a [usize],
    /// Shared variables that the code at hand sets; all others come from outside.
    bound: HashSet<String>,
    results: Vec<Fact>,
    /// Collections that are written in the code.
    laid_out: LaidOut<'a>,
    changed: bool,
}

const SHARED: usize = usize::MAX;

impl<'a> Facts<'a> {
    /// Finds the facts of `live` functions, in which the parameters of `roots` and the shared variables set `elsewhere`
    /// come from outside.
    /// A condition on the way along `chain` to the call is taken to hold, so nothing depends on it.
    pub(super) fn new(
        lowered: &'a Lowered,
        live: &[usize],
        roots: &[usize],
        (chain, reached): (&'a [usize], &'a [usize]),
        elsewhere: &BTreeSet<String>,
        site: &'a Site,
        inputs: &'a [Site],
    ) -> Self {
        let functions = lowered.functions.as_slice();
        // What a lambda is given is no variable from outside.
        let bound = |at: &usize| {
            let mut names = visit::bound_in(&functions[*at].body);
            visit::exprs(&functions[*at].body, &mut |expr| {
                if let ExprKind::Lambda { parameters, .. } = &expr.kind {
                    names.extend(parameters.iter().map(|parameter| plain(parameter).to_owned()));
                }
            });
            names
        };
        let bound = live.iter().flat_map(bound);
        let mut facts = Self {
            lowered,
            functions,
            escaping: escaping(functions),
            escaped: Fact::default(),
            site,
            inputs,
            chain,
            reached,
            variables: HashMap::new(),
            bound: bound.filter(|name| !elsewhere.contains(name)).collect(),
            results: vec![Fact::default(); functions.len()],
            laid_out: LaidOut::new(functions, live),
            changed: true,
        };
        let roots: HashSet<usize> = roots.iter().copied().collect();
        while facts.changed {
            facts.changed = false;
            facts.escaped = facts.escaping.iter().fold(Fact::default(), |fact, at| fact | facts.results[*at]);
            for &function in live {
                facts.function(function, roots.contains(&function));
            }
        }
        facts
    }

    /// The code that the facts are about.
    pub(super) fn lowered(&self) -> &'a Lowered {
        self.lowered
    }

    /// Whether a function that calls the one of the site may ask for it: the site is chosen by what a parameter says.
    pub(super) fn may_ask(&self, caller: usize) -> bool {
        let Some((parameter, key)) = &self.site.asked else { return true };
        let parameters = &self.functions[self.site.function].parameters;
        let place = parameters.iter().position(|known| plain(known) == parameter);
        let says_other = |said: &Expr| match &said.kind {
            ExprKind::Constant { value: Constant::Str(said) } => !said.trim().eq_ignore_ascii_case(key),
            _ => false,
        };
        let mut asks = false;
        visit::exprs(&self.functions[caller].body, &mut |expr| {
            if let ExprKind::Call { function, args, keywords } = &expr.kind
                && function.0 as usize == self.site.function
            {
                let by_name = keywords.iter().find(|keyword| keyword.name == *parameter).map(|keyword| &keyword.value);
                let said = by_name.or_else(|| args.get(place?));
                asks |= said.is_none_or(|said| !says_other(said));
            }
        });
        asks
    }

    /// Whether a function puts something of the answer into what it is given.
    pub(super) fn hands_back(&self, function: usize) -> bool {
        let parameters = &self.functions[function].parameters;
        let places = self.lowered.filled[function].iter().filter_map(|place| parameters.get(*place));
        places.into_iter().any(|parameter| self.variable(function, plain(parameter)).api)
    }

    /// Whether a name is one of a field of the answer, however it is spelled.
    pub(super) fn is_of_answer(&self, name: &str) -> bool {
        let name = contexts::plain(name);
        let leaves = self.site.api.answer.leaves();
        leaves.iter().flat_map(|(path, _)| path).any(|field| contexts::plain(field) == name)
    }

    /// What calling a function gives depends on.
    pub(super) fn result(&self, function: usize) -> Fact {
        self.results[function]
    }

    /// What a variable, seen from a function, depends on.
    pub(super) fn variable(&self, function: usize, name: &str) -> Fact {
        let shared = name.contains(':');
        let owner = if shared { SHARED } else { function };
        let outside = shared && !self.bound.contains(name);
        let fallback = if outside { Fact::UNKNOWN } else { Fact::default() };
        self.variables.get(&(owner, name.to_owned())).map_or(fallback, |fact| *fact | fallback)
    }

    fn set(&mut self, function: usize, name: &str, fact: Fact) {
        let owner = if name.contains(':') { SHARED } else { function };
        let known = self.variables.entry((owner, name.to_owned())).or_default();
        self.changed |= *known | fact != *known;
        *known |= fact;
    }

    fn function(&mut self, function: usize, root: bool) {
        let code = &self.functions[function];
        for parameter in &code.parameters {
            let mut fact = parameter.default.as_ref().map(|default| self.expr(function, default)).unwrap_or_default();
            // An entry runs with its defaults; only what has none is unknown.
            if root && parameter.default.is_none() {
                fact |= Fact::UNKNOWN;
            }
            self.set(function, plain(parameter), fact);
        }
        self.block(function, &code.body, Fact::default());
    }

    fn block(&mut self, function: usize, block: &'a [Stmt], control: Fact) {
        for stmt in block {
            self.stmt(function, stmt, control);
        }
    }

    fn stmt(&mut self, function: usize, stmt: &'a Stmt, control: Fact) {
        visit::own_exprs(stmt, &mut |expr| self.bind_inside(function, expr, control));
        let mut inner = control;
        match &stmt.kind {
            StmtKind::Assign { targets, value } => {
                let fact = self.expr(function, value) | control;
                for target in targets {
                    self.assign(function, target, fact);
                }
            }
            StmtKind::AugAssign { target, value, .. } => {
                let fact = self.expr(function, value) | control;
                self.assign(function, target, fact);
            }
            StmtKind::If { test, .. } | StmtKind::While { test, .. } => inner |= self.expr(function, test).control(),
            StmtKind::For { target, iter, .. } => {
                let mut items = self.expr(function, iter);
                if stmt.blocks().into_iter().any(|block| self.leads(block)) {
                    // The slice looks at one turn, whichever it is.
                    items = Fact { known: false, ..items | Fact::UNKNOWN };
                    self.assign(function, target, items | control);
                } else {
                    items = self.assign_items(function, target, iter, control);
                }
                inner |= items.control();
            }
            StmtKind::Return { value } => {
                let fact = value.as_ref().map(|value| self.expr(function, value)).unwrap_or_default() | control;
                let known = self.results[function];
                self.changed |= known | fact != known;
                self.results[function] |= fact;
            }
            _ => {}
        }
        for block in stmt.blocks() {
            let assumed = inner != control && !inner.api && self.leads(block);
            self.block(function, block, if assumed { control } else { inner });
        }
    }

    /// Whether a block holds the API call, or a call that leads to it.
    fn leads(&self, block: &[Stmt]) -> bool {
        let mut found = false;
        visit::exprs(block, &mut |expr| {
            found |= match &expr.kind {
                ExprKind::ApiOutput { .. } => self.site.span == expr.span,
                ExprKind::Call { function, .. } => self.chain.contains(&(function.0 as usize)),
                _ => false,
            };
        });
        found
    }

    fn assign(&mut self, function: usize, target: &Target, fact: Fact) {
        match target {
            Target::Name { name } => self.set(function, name, fact),
            Target::Attribute { object, .. } => self.touch(function, object, fact),
            Target::Subscript { object, index } => {
                let fact = fact | self.expr(function, index);
                self.touch(function, object, fact);
            }
            Target::Tuple { elements } => elements.iter().for_each(|element| self.assign(function, element, fact)),
            Target::Starred { inner } => self.assign(function, inner, fact),
        }
    }

    /// Assigns what a loop gets, one after the other; gives what it hangs on how often the loop runs.
    fn assign_items(&mut self, function: usize, target: &Target, iter: &Expr, control: Fact) -> Fact {
        let whole = self.expr(function, iter);
        if !self.is_laid_out(function, iter) {
            self.assign(function, target, whole | control);
            return whole;
        }
        for (part, fact) in self.parts_of_items(function, target, iter) {
            self.assign(function, part, fact | control);
        }
        Fact { unknown: false, ..whole }
    }

    /// The parts of a target, and what is in those parts of a collection's items that are assigned to it.
    fn parts_of_items<'t>(&self, function: usize, target: &'t Target, iter: &Expr) -> Vec<(&'t Target, Fact)> {
        let parts = match target {
            Target::Tuple { elements } => &elements[..],
            _ => &[],
        };
        let fact = |expr: &Expr| self.expr(function, expr);
        let starred = parts.iter().any(|part| matches!(part, Target::Starred { .. }));
        let mut found = Vec::new();
        for item in self.laid_out.items(function, iter).unwrap_or_default() {
            match (item, parts) {
                (Item::Pair(key, value), [first, second]) if !starred => {
                    found.extend([(first, fact(key)), (second, fact(value))]);
                }
                (Item::Pair(key, value), _) => found.push((target, fact(key) | fact(value))),
                (Item::One(item), _) => match elements(item, parts.len()).filter(|_| !starred && !parts.is_empty()) {
                    Some(elements) => found.extend(parts.iter().zip(elements.iter().map(fact))),
                    None => found.push((target, fact(item))),
                },
            }
        }
        found
    }

    /// Whether what a loop runs over is written in the source, and not all of it is something outside: a table whose
    /// sentences name a user.
    pub(super) fn is_laid_out(&self, function: usize, iter: &Expr) -> bool {
        let is_known = |expr: &Expr| {
            let mut known = false;
            visit::below(expr, &mut |part| {
                known |= matches!(part.kind, ExprKind::Constant { .. });
            });
            known
        };
        let items = self.laid_out.items(function, iter).unwrap_or_default();
        self.expr(function, iter).is_foreign()
            && items.iter().all(|item| match item {
                Item::Pair(key, _) => !self.expr(function, key).unknown,
                Item::One(item) => is_known(item),
            })
            && !items.is_empty()
    }

    fn touch(&mut self, function: usize, object: &Expr, fact: Fact) {
        if let Some(name) = visit::root(object) {
            self.set(function, name, fact);
        }
    }
}

/// Functions used as values, but for methods that objects keep: these are called by their name.
fn escaping(functions: &[Function]) -> Vec<usize> {
    let mut found = BTreeSet::new();
    for function in functions {
        visit::stmts(&function.body, &mut |stmt| {
            visit::own_exprs(stmt, &mut |expr| escaping_in(expr, &mut found));
        });
    }
    found.into_iter().collect()
}

fn escaping_in(expr: &Expr, found: &mut BTreeSet<usize>) {
    match &expr.kind {
        ExprKind::FunctionValue { function } => drop(found.insert(function.0 as usize)),
        ExprKind::Builtin { name, .. } if name == OBJECT => visit::parts(expr, &mut |part| {
            if !matches!(part.kind, ExprKind::FunctionValue { .. }) {
                escaping_in(part, found);
            }
        }),
        _ => visit::parts(expr, &mut |part| escaping_in(part, found)),
    }
}
