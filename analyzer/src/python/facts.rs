//! What every variable and function result depends on: the API's answer, things outside the program, both, or neither.
//!
//! A flow-insensitive data-flow analysis over the whole program: facts only grow, until nothing changes. A value
//! depends on the API also when it was assigned under a condition that does (a flag set in a loop over the labels).

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::{BitOr, BitOrAssign};

use chameleon_decision::{Constant, Expr, ExprKind, Function, Parameter, Shape, Stmt, StmtKind, Target, makes_object};

use super::laid_out::{Item, LaidOut, elements};
use super::lower::{Lowered, OBJECT, RECORD, Site};
use super::{contexts, fills, visit};

/// Attributes that answers have besides their fields.
const ANSWER_EXTRAS: [&str; 10] =
    ["error", "message", "code", "details", "responses", "name", "value", "text", "content", "data"];

/// What a value may depend on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a set of six bits, joined bit by bit")]
pub(super) struct Fact {
    /// The API's answer has a part in it, as data or by having chosen it.
    pub(super) api: bool,
    /// Data of the answer flows into it.
    pub(super) data: bool,
    /// Something outside the program has a part in it.
    pub(super) unknown: bool,
    /// It may have a value that the program determines (an unknown condition on the way to it does not count).
    pub(super) known: bool,
    /// Another call of an API has a part in it.
    pub(super) other: bool,
    /// It may be an object that the program made, or hold one: its attributes are its own, not parts of an answer.
    pub(super) object: bool,
}

impl Fact {
    const API: Self = Self { api: true, data: true, unknown: false, known: true, other: false, object: false };
    const UNKNOWN: Self = Self { api: false, data: false, unknown: true, known: false, other: false, object: false };
    const OTHER: Self = Self { other: true, ..Self::UNKNOWN };
    const INPUT: Self = Self { api: false, data: false, unknown: false, known: true, other: true, object: false };

    /// Whether only things outside have a part in it.
    pub(super) fn is_foreign(self) -> bool {
        self.unknown && !self.api
    }

    /// Whether it is a value of the program's own that the answer chose.
    pub(super) fn is_chosen(self) -> bool {
        self.api && !self.data && self.known && !self.unknown
    }

    /// Whether it may be a part of the answer itself.
    fn is_answer(self) -> bool {
        self.data && !self.object
    }

    /// What values set under a condition that depends on this take from it.
    fn control(self) -> Self {
        Self { data: false, known: false, object: false, ..self }
    }
}

impl BitOr for Fact {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self {
            api: self.api || other.api,
            data: self.data || other.data,
            unknown: self.unknown || other.unknown,
            known: self.known || other.known,
            other: self.other || other.other,
            object: self.object || other.object,
        }
    }
}

impl BitOrAssign for Fact {
    fn bitor_assign(&mut self, other: Self) {
        *self = *self | other;
    }
}

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

    /// Assignments that expressions make: comprehension variables, walruses, changed receivers, arguments.
    fn bind_inside(&mut self, function: usize, expr: &'a Expr, control: Fact) {
        visit::below(expr, &mut |expr| match &expr.kind {
            ExprKind::Comprehension { inner } => {
                for (target, iter, _) in &inner.clauses {
                    self.assign_items(function, target, iter, Fact::default());
                }
            }
            ExprKind::Walrus { name, value } => {
                let fact = self.expr(function, value) | control;
                self.set(function, name, fact);
            }
            ExprKind::Method { object, args, keywords, .. } => {
                self.methods(function, expr, control);
                let mut fact = control;
                for arg in args.iter().chain(keywords.iter().map(|keyword| &keyword.value)) {
                    fact |= self.expr(function, arg);
                }
                // Reading an unknown object's method leaves a known one alone: `name.lower()` changes nothing.
                if fact != Fact::default() && visit::written_by(expr) {
                    self.touch(function, object, fact);
                }
            }
            // Whoever else calls what leads to the API call is no part of the slice.
            ExprKind::Call { function: callee, .. }
                if self.chain.contains(&(callee.0 as usize)) && !self.reached.contains(&function) => {}
            ExprKind::Call { function: callee, args, keywords } => {
                self.arguments(function, callee.0 as usize, &args.iter().collect::<Vec<_>>(), control);
                self.fill(function, expr);
                for keyword in keywords {
                    let fact = chosen(self.expr(function, &keyword.value), control);
                    self.set(callee.0 as usize, &keyword.name, fact);
                }
            }
            ExprKind::Builtin { name, args, .. } if matches!(name.as_str(), "map" | "filter") => {
                let Some((called, given)) = args.split_first() else { return };
                let ExprKind::Lambda { parameters, .. } = &called.kind else { return };
                for (parameter, items) in parameters.iter().zip(given) {
                    let fact = self.expr(function, items);
                    self.set(function, plain(parameter), fact);
                }
            }
            ExprKind::Attribute { .. } => self.methods(function, expr, control),
            ExprKind::CallValue { args, .. } => {
                // Which function it is is not tracked: all lambdas and function values may get these.
                let fact = args.iter().fold(Fact::default(), |fact, arg| fact | self.expr(function, arg));
                if fact != Fact::default() {
                    self.hand_to_lambdas(function, fact);
                    for callee in self.escaping.clone() {
                        for parameter in &self.functions[callee].parameters {
                            self.set(callee, plain(parameter), fact);
                        }
                    }
                }
            }
            _ => {}
        });
    }

    /// What is called by its value may be any lambda of the function.
    fn hand_to_lambdas(&mut self, function: usize, fact: Fact) {
        let mut names = Vec::new();
        visit::exprs(&self.functions[function].body, &mut |expr| {
            if let ExprKind::Lambda { parameters, .. } = &expr.kind {
                names.extend(parameters.iter().map(|parameter| plain(parameter).to_owned()));
            }
        });
        for name in names {
            self.set(function, &name, fact);
        }
    }

    /// A call of an object's method: it may be that of any class, which is handed the object first.
    fn methods(&mut self, function: usize, expr: &'a Expr, control: Fact) {
        let lowered = self.lowered;
        let (object, args, keywords) = match &expr.kind {
            ExprKind::Method { object, args, keywords, .. } => (object, args.as_slice(), keywords.as_slice()),
            ExprKind::Attribute { object, .. } => (object, &[][..], &[][..]),
            _ => return,
        };
        for &callee in lowered.methods_of(expr) {
            let args: Vec<&Expr> = std::iter::once(&**object).chain(args).collect();
            self.arguments(function, callee, &args, control);
            self.fill(function, expr);
            for keyword in keywords {
                let fact = chosen(self.expr(function, &keyword.value), control);
                self.set(callee, &keyword.name, fact);
            }
        }
    }

    /// What a call puts into what it is given.
    fn fill(&mut self, function: usize, expr: &Expr) {
        let lowered = self.lowered;
        for (callee, args) in fills::handed(lowered, expr) {
            for place in &lowered.filled[callee] {
                let parameter = self.functions[callee].parameters.get(*place);
                if let (Some(parameter), Some(root)) = (parameter, args.get(*place).and_then(|arg| visit::root(arg))) {
                    let fact = self.variable(callee, plain(parameter));
                    self.set(function, root, fact);
                }
            }
        }
    }

    fn arguments(&mut self, function: usize, callee: usize, args: &[&'a Expr], control: Fact) {
        let parameters = &self.functions[callee].parameters;
        let mut spread = Fact::default();
        for (at, arg) in args.iter().enumerate() {
            let fact = chosen(self.expr(function, arg), control);
            match (&arg.kind, parameters.get(at)) {
                (ExprKind::Starred { .. }, _) => spread |= fact,
                (_, Some(parameter)) => self.set(callee, plain(parameter), fact),
                (_, None) => {
                    if let Some(last) = parameters.last() {
                        self.set(callee, plain(last), fact);
                    }
                }
            }
        }
        if spread != Fact::default() {
            for parameter in parameters {
                self.set(callee, plain(parameter), spread);
            }
        }
    }

    /// What an expression depends on.
    pub(super) fn expr(&self, function: usize, expr: &Expr) -> Fact {
        let mut fact = match &expr.kind {
            ExprKind::Name { name } => return self.variable(function, name),
            // Arguments reach the result of an own function through its parameters, or not at all.
            ExprKind::Call { function, .. } => return self.result(function.0 as usize),
            ExprKind::ApiOutput { .. } if self.site.span == expr.span => Fact::API,
            ExprKind::ApiOutput { .. } if self.is_input(expr) => Fact::INPUT,
            ExprKind::ApiOutput { .. } => Fact::OTHER,
            ExprKind::Opaque { .. } => Fact::UNKNOWN,
            ExprKind::CallValue { .. } => self.escaped,
            ExprKind::Builtin { name, .. } if name == RECORD || name == OBJECT => {
                Fact { object: true, ..Fact::default() }
            }
            ExprKind::Attribute { object, name } if self.is_beyond(function, object, name) => {
                return if self.is_beside(name) { Fact::INPUT } else { Fact::OTHER };
            }
            _ => Fact::default(),
        };
        for &callee in self.lowered.methods_of(expr) {
            fact |= self.result(callee);
        }
        let is_handed_on = matches!(&expr.kind, ExprKind::Builtin { name, .. } if name != RECORD && name != OBJECT)
            || matches!(&expr.kind, ExprKind::Method { .. } | ExprKind::Opaque { .. });
        visit::parts(expr, &mut |part| {
            fact |= match &part.kind {
                // What is called is told by what it gives.
                ExprKind::FunctionValue { function } if is_handed_on => self.result(function.0 as usize),
                _ => self.expr(function, part),
            };
        });
        // What something outside makes of the answer is no longer its data.
        fact.data &= match &expr.kind {
            // But an object holds it, to be read again.
            ExprKind::Opaque { .. } => self.holds_data(function, expr),
            ExprKind::Method { object, .. } => !self.lacks_value(function, object),
            _ => true,
        };
        fact.known = !self.lacks_value(function, expr);
        fact
    }

    /// Whether an expression makes an object that is given data of the answer by name.
    fn holds_data(&self, function: usize, expr: &Expr) -> bool {
        let ExprKind::Opaque { text, args, names, .. } = &expr.kind else { return false };
        let named = args.iter().rev().take(names.len());
        makes_object(text, names) && named.into_iter().any(|arg| self.expr(function, arg).data)
    }

    fn is_input(&self, call: &Expr) -> bool {
        self.inputs.iter().any(|input| input.span == call.span)
    }

    /// Whether an attribute of the answer is a part of it that the API's shape does not tell of, such as what was asked
    /// for along with it.
    fn is_beyond(&self, function: usize, object: &Expr, name: &str) -> bool {
        let name = name.trim_end_matches('_');
        !ANSWER_EXTRAS.contains(&name)
            && !has_field(&self.site.api.answer, name)
            && self.is_rooted_in_data(function, object)
    }

    /// Whether a part of the answer was asked for along with it, and is an input.
    fn is_beside(&self, name: &str) -> bool {
        let beside = self.inputs.iter().filter(|input| input.span == self.site.span);
        beside.into_iter().any(|input| has_field(&input.api.answer, name.trim_end_matches('_')))
    }

    /// Whether what an expression begins with holds data of the answer.
    fn is_rooted_in_data(&self, function: usize, expr: &Expr) -> bool {
        let mut at = expr;
        loop {
            at = match &at.kind {
                ExprKind::Attribute { object, .. }
                | ExprKind::Subscript { object, .. }
                | ExprKind::Slice { object, .. } => object,
                ExprKind::Name { name } => return self.variable(function, name).is_answer(),
                ExprKind::Call { function, .. } => return self.result(function.0 as usize).is_answer(),
                ExprKind::ApiOutput { .. } => return self.site.span == at.span,
                _ => return false,
            };
        }
    }

    /// Whether an expression is unknown however the program got to it, and not for what the answer holds.
    pub(super) fn is_surely_unknown(&self, function: usize, expr: &Expr) -> bool {
        let fact = self.expr(function, expr);
        fact.unknown && !fact.data && self.lacks_value(function, expr)
    }

    fn lacks_value(&self, function: usize, expr: &Expr) -> bool {
        let lacks = |expr: &Expr| self.lacks_value(function, expr);
        match &expr.kind {
            ExprKind::Name { .. } | ExprKind::Call { .. } => !self.expr(function, expr).known,
            ExprKind::Attribute { object, name } if self.is_beyond(function, object, name) => !self.is_beside(name),
            ExprKind::Opaque { .. } => !self.holds_data(function, expr),
            ExprKind::ApiOutput { .. } => self.site.span != expr.span && !self.is_input(expr),
            ExprKind::Bool { values, .. } => values.iter().all(lacks),
            ExprKind::Subscript { object, index } if picked(object, index).is_some() => {
                picked(object, index).is_some_and(lacks)
            }
            ExprKind::Attribute { object, .. }
            | ExprKind::Subscript { object, .. }
            | ExprKind::Slice { object, .. }
            | ExprKind::Method { object, .. } => lacks(object),
            ExprKind::Unary { value, .. } => lacks(value),
            ExprKind::Binary { left, right, .. } => lacks(left) || lacks(right),
            ExprKind::Compare { left, rest } => lacks(left) || rest.iter().any(|(_, right)| lacks(right)),
            ExprKind::Builtin { args, .. } => args.iter().any(lacks),
            // What the answer is for each of many things outside is looked at for one of them.
            ExprKind::Comprehension { inner } => {
                let made = std::iter::once(&inner.element).chain(&inner.value);
                inner.clauses.first().is_some_and(|(_, iter, _)| lacks(iter))
                    && !made.into_iter().any(|part| self.expr(function, part).data)
            }
            _ => false,
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

/// Whether a shape has a field of this name anywhere.
fn has_field(shape: &Shape, name: &str) -> bool {
    match shape {
        Shape::Record(fields) => fields.iter().any(|(field, inner)| field == name || has_field(inner, name)),
        Shape::List(item) | Shape::NonEmpty(item) => has_field(item, name),
        _ => false,
    }
}

/// What another API answers, beside the request that shows.
fn picked<'e>(object: &'e Expr, index: &Expr) -> Option<&'e Expr> {
    let (ExprKind::Tuple { elements }, ExprKind::Constant { value: Constant::Int(1) }) = (&object.kind, &index.kind)
    else {
        return None;
    };
    match &elements[..] {
        [_, answer @ Expr { kind: ExprKind::ApiOutput { .. }, .. }] => Some(answer),
        _ => None,
    }
}

/// An argument of a call that is made under a condition: a value of the program's own is chosen by it.
fn chosen(argument: Fact, control: Fact) -> Fact {
    if argument.unknown { argument } else { argument | control }
}

/// A parameter's name as the body reads it.
fn plain(parameter: &Parameter) -> &str {
    parameter.name.trim_start_matches('*')
}
