//! Statements.

use std::rc::Rc;

use super::frame::is_frame;
use super::machine::{Machine, Run, Stop, Stored, raise};
use super::scope::{Scope, assigned};
use super::value::{Growth, ListClass, Unknown, Value};
use crate::decider::DecideError;
use crate::decision::Effect;
use crate::program::{ASSUMED, BinaryOp, Constant, Expr, ExprKind, FunctionId, SAID, Span, Stmt, StmtKind, Target};

/// How a block ended.
pub(super) enum Flow<'p> {
    Next,
    Break,
    Continue,
    Return(Value<'p>, Span),
}

impl<'p> Machine<'p, '_> {
    /// Runs a function's body with these arguments, one per parameter.
    pub(super) fn activate(&mut self, id: FunctionId, args: Vec<Value<'p>>) -> Run<(Value<'p>, Option<Span>)> {
        let function = self.function(id, Span::default())?;
        let locals = self.memory.locals(id, function);
        let scope = Scope::new(None, locals);
        let first = match args.first() {
            Some(Value::Unknown(object)) => Some(Rc::clone(object)),
            _ => None,
        };
        for (parameter, arg) in function.parameters.iter().zip(args) {
            scope.set(parameter.name.trim_start_matches('*'), arg);
        }
        self.scopes.push(scope);
        let inspections = self.inspections;
        let chosen = std::mem::take(&mut self.chosen);
        let made = self.making.len();
        if function.name.ends_with(".__init__") {
            self.making.extend(first.filter(|object| object.is_of_class()));
        }
        let flow = self.nested(function.span, |machine| machine.block(&function.body));
        self.making.truncate(made);
        self.chosen = chosen;
        self.scopes.pop();
        let tested = self.inspections > inspections;
        self.inspections = inspections;
        let (value, span) = match flow? {
            Flow::Return(value, span) => (value, Some(span)),
            _ => (Value::None, None),
        };
        // Which value it gives was chosen by a test, unless it is the API's data all the same.
        if tested && self.is_own(&value, function.span)? {
            self.inspections += 1;
        }
        Ok((value, span))
    }

    pub(super) fn block(&mut self, body: &'p [Stmt]) -> Run<Flow<'p>> {
        for stmt in body {
            let inspections = self.inspections;
            match self.exec(stmt)? {
                Flow::Next if self.inspections == inspections => {}
                Flow::Next if self.memory.jumps(stmt, jumps) => {}
                Flow::Next => {
                    self.inspections = inspections;
                    if self.iteration.is_some() {
                        assigned(std::slice::from_ref(stmt), &mut self.chosen);
                    }
                }
                ended => return Ok(ended),
            }
        }
        Ok(Flow::Next)
    }

    fn exec(&mut self, stmt: &'p Stmt) -> Run<Flow<'p>> {
        self.charge(1, stmt.span)?;
        match &stmt.kind {
            StmtKind::Assign { targets, value } => {
                let value = self.eval(value)?;
                for target in targets {
                    self.assign(target, value.clone(), stmt.span)?;
                }
            }
            StmtKind::AugAssign { target, op, value } => self.aug_assign(target, *op, value, stmt.span)?,
            StmtKind::If { test, body, orelse } => return self.exec_if(test, body, orelse),
            StmtKind::For { target, iter, body, orelse } => {
                return self.nested(stmt.span, |machine| machine.exec_for(target, iter, body, orelse));
            }
            StmtKind::While { test, body, orelse } => {
                return self.nested(stmt.span, |machine| machine.exec_while(test, body, orelse));
            }
            StmtKind::Break => return Ok(Flow::Break),
            StmtKind::Continue => return Ok(Flow::Continue),
            StmtKind::Return { value } => {
                let value = value.as_ref().map_or(Ok(Value::None), |value| self.eval(value))?;
                return Ok(Flow::Return(value, stmt.span));
            }
            StmtKind::Raise { exception, args, keywords } => {
                let given = self.args(args, keywords)?;
                return self.raise_own(exception, given);
            }
            StmtKind::Try { body, handlers, orelse, finally } => {
                return self.nested(stmt.span, |machine| machine.exec_try(body, handlers, orelse, finally));
            }
            StmtKind::Expr { value } => {
                self.eval(value)?;
            }
            StmtKind::Global { names } => {
                let scope = self.scope().function_scope();
                scope.outer.borrow_mut().extend(names.iter().map(String::as_str));
            }
        }
        Ok(Flow::Next)
    }

    /// An `elif` chain is walked, not nested: applications have ladders of a hundred steps.
    fn exec_if(&mut self, test: &'p Expr, body: &'p [Stmt], orelse: &'p [Stmt]) -> Run<Flow<'p>> {
        let (mut test, mut body, mut orelse) = (test, body, orelse);
        loop {
            if self.test(test)? {
                return self.nested(test.span, |machine| machine.block(body));
            }
            match orelse {
                [Stmt { kind: StmtKind::If { test: t, body: b, orelse: o }, span }] => {
                    self.charge(1, *span)?;
                    (test, body, orelse) = (t, b, o);
                }
                _ => return self.nested(test.span, |machine| machine.block(orelse)),
            }
        }
    }

    fn exec_for(&mut self, target: &'p Target, iter: &'p Expr, body: &'p [Stmt], orelse: &'p [Stmt]) -> Run<Flow<'p>> {
        let iterable = self.eval(iter)?;
        let mirrors = iterable.is_data() && (self.inspections == 0 || self.is_undecided());
        let around = self.iteration;
        let made = mirrors && matches!(&iterable, Value::List(list) if list.borrow().class == ListClass::List);
        // What was filled under conditions has as many items, in the order, as the answer has.
        let grown = u32::from(self.growth(&iterable) == Growth::Grown);
        self.grown += grown;
        let mut ended = None;
        let result = self.each(&iterable, iter.span, &mut |machine, item| {
            machine.charge(1, iter.span)?;
            if mirrors {
                machine.iteration = Some(machine.inspections);
                machine.chosen.clear();
            }
            machine.assign(target, item, iter.span)?;
            if made {
                machine.note_chosen(target);
            }
            match machine.block(body)? {
                Flow::Next | Flow::Continue => Ok(true),
                flow => {
                    ended = Some(flow);
                    Ok(false)
                }
            }
        });
        self.iteration = around;
        self.grown -= grown;
        if result? == Growth::Sample && ended.is_some() {
            // There may have been no turn at all.
            self.doubtful = true;
        }
        match ended {
            None => self.block(orelse),
            Some(Flow::Break) => Ok(Flow::Next),
            Some(flow) => Ok(flow),
        }
    }

    /// Notes what a loop over a list of the program's making gets that is no data of the API's: `[(kind_of(label), label) for ...]`.
    fn note_chosen(&mut self, target: &'p Target) {
        match target {
            Target::Name { name } => {
                let value = self.scope().get(name);
                let is_own = match &value {
                    Some(Value::Bool(_)) => true,
                    Some(Value::Str(text)) => !text.is_data() && !text.is_unknown(),
                    _ => false,
                };
                if is_own {
                    self.chosen.insert(name);
                }
            }
            Target::Tuple { elements } => elements.iter().for_each(|element| self.note_chosen(element)),
            Target::Attribute { .. } | Target::Subscript { .. } | Target::Starred { .. } => {}
        }
    }

    /// A loop that calls the API and goes on for ever, or for as long as something unknown holds, makes one decision
    /// per turn: the run ends where the next call would be.
    fn exec_while(&mut self, test: &'p Expr, body: &'p [Stmt], orelse: &'p [Stmt]) -> Run<Flow<'p>> {
        let calls = self.called_api;
        loop {
            self.charge(1, test.span)?;
            let asked = self.asked;
            let value = self.eval(test)?;
            if self.called_api > calls {
                if value.unknown_text().is_some() {
                    break;
                }
                if matches!(test.kind, ExprKind::Constant { .. }) {
                    return Err(Stop::Exit);
                }
            }
            if !self.truth_of_test(&value, test.span)? {
                break;
            }
            match self.block(body)? {
                Flow::Next | Flow::Continue => {}
                Flow::Break => return Ok(Flow::Next),
                flow @ Flow::Return(..) => return Ok(flow),
            }
            if value.unknown_text().is_some() {
                break;
            }
            // A turn without a call that hung on something unknown: the turns with a call are other runs.
            let waits = self.called_api == calls && self.asked > asked;
            if waits && matches!(test.kind, ExprKind::Constant { .. }) {
                return Err(Stop::Exit);
            }
        }
        self.block(orelse)
    }

    fn exec_try(
        &mut self,
        body: &'p [Stmt],
        handlers: &'p [(Vec<String>, Vec<Stmt>)],
        orelse: &'p [Stmt],
        finally: &'p [Stmt],
    ) -> Run<Flow<'p>> {
        let depth = self.scopes.len();
        let iteration = self.iteration;
        let mut result = self.block(body);
        if let Err(Stop::Raise(exception)) = &result {
            let exception = exception.clone();
            self.scopes.truncate(depth);
            self.iteration = iteration;
            // Which exception it is may hang on the data: what follows is decided.
            if self.called_api > 0 {
                self.looked();
            }
            let handler = handlers
                .iter()
                .find(|(names, _)| names.is_empty() || names.iter().any(|name| catches(name, &exception)));
            if let Some((_, handler)) = handler {
                let exception = self.take_raised(&exception);
                self.handling.push(exception);
                result = self.block(handler);
                self.handling.pop();
            }
        } else if let Ok(Flow::Next) = &result {
            result = self.block(orelse);
        }
        if let Err(Stop::Error(_)) = &result {
            return result;
        }
        match self.block(finally)? {
            Flow::Next => result,
            ended => Ok(ended),
        }
    }

    // === Targets ===

    pub(super) fn assign(&mut self, target: &'p Target, value: Value<'p>, span: Span) -> Run<()> {
        match target {
            Target::Name { name } => self.bind(name, value, span),
            Target::Attribute { object, name } => {
                let object = self.eval(object)?;
                self.set_attribute(&object, name, value, span)
            }
            Target::Subscript { object, index } => {
                let object = self.eval(object)?;
                let index = self.eval(index)?;
                self.set_item(&object, &index, value, span)
            }
            Target::Tuple { elements } => self.unpack(elements, &value, span),
            Target::Starred { .. } => Err(self.malformed(span, "a starred target outside a tuple")),
        }
    }

    /// Binds a variable of the running function, or of the module where the function says `global`.
    pub(super) fn bind(&mut self, name: &'p str, value: Value<'p>, span: Span) -> Run<()> {
        let scope = Rc::clone(self.scope());
        if !scope.outer.borrow().contains(name) {
            scope.set(name, value);
            return Ok(());
        }
        let outer = self.scope_outside(name);
        if Rc::ptr_eq(&outer, &self.globals) {
            self.store(name.to_owned(), &value, span)?;
        }
        outer.set(name, value);
        Ok(())
    }

    /// The scope of a variable that the function says is not its own.
    pub(super) fn scope_outside(&self, name: &str) -> Rc<Scope<'p>> {
        let outer = self.scopes.iter().rev().skip(1).find(|outer| outer.has(name)).cloned();
        outer.unwrap_or_else(|| Rc::clone(&self.globals))
    }

    /// Notes the last value of a place that outlives the run.
    fn store(&mut self, place: String, value: &Value<'p>, span: Span) -> Run<()> {
        if !self.is_undecided() {
            let value = self.render(value, span)?;
            let stored = Stored { span, value, moment: self.moments, effects: self.effects.list().len() };
            self.stored.insert(place, stored);
        }
        Ok(())
    }

    /// As [`Machine::store`], for a place of something outside, which is there for others to see: the value before has been
    /// an effect where something else has happened since, as where a light is on for a second.
    fn store_outside(&mut self, place: &str, value: &Value<'p>, span: Span) -> Run<()> {
        let seen = self.stored.get(place).filter(|before| before.moment < self.moments).cloned();
        self.store(place.to_owned(), value, span)?;
        let now = self.stored.get(place).map(|stored| &stored.value);
        if let Some(before) = seen.filter(|before| now != Some(&before.value)) {
            let effect = Effect { span: before.span, action: format!("{place} ="), values: vec![before.value] };
            self.effects.insert(before.effects, effect);
        }
        Ok(())
    }

    fn is_making(&self, object: &Rc<Unknown<'p>>) -> bool {
        self.making.iter().any(|made| Rc::ptr_eq(made, object))
    }

    fn set_attribute(&mut self, object: &Value<'p>, name: &str, value: Value<'p>, span: Span) -> Run<()> {
        match object {
            Value::Unknown(unknown) => {
                let place = format!(".{name}");
                // Where an object gets an attribute, it is still made, and as long as its initializer runs.
                let is_new = !unknown.stored.borrow().contains_key(&place);
                let is_made = unknown.is_of_class() && (is_new || self.is_making(unknown));
                if !is_made {
                    self.store_outside(&format!("{}{place}", unknown.text), &value, span)?;
                }
                unknown.stored.borrow_mut().insert(place, value);
                Ok(())
            }
            Value::Api(object) => {
                self.charge(object.cost_of(&value), span)?;
                object.put(name, value);
                Ok(())
            }
            _ => raise("AttributeError"),
        }
    }

    fn set_item(&mut self, object: &Value<'p>, index: &Value<'p>, value: Value<'p>, span: Span) -> Run<()> {
        match object {
            Value::Unknown(unknown) if unknown.is_of_class() => {
                let put = self.special(object, "__setitem__", vec![index.clone(), value], span)?;
                if put.is_some() { Ok(()) } else { raise("TypeError") }
            }
            Value::Unknown(unknown) => {
                let place = format!("[{}]", self.repr(index, span)?.as_str());
                self.store_outside(&format!("{}{place}", unknown.text), &value, span)?;
                unknown.stored.borrow_mut().insert(place, value);
                Ok(())
            }
            Value::Dict(dict) => {
                let key = self.key(index, span)?;
                let growth = self.growth_of(dict.borrow().growth, dict.borrow().len());
                let mut dict = dict.borrow_mut();
                // Whether an unknown key is one more is not known: how many there are says no more than before.
                let is_mirror = dict.growth == Growth::Mirror && index.unknown_text().is_some();
                if !dict.contains(&key) && !is_mirror {
                    dict.growth = growth;
                }
                dict.insert(key, index.clone(), value);
                Ok(())
            }
            Value::List(list) => {
                let length = list.borrow().items.len();
                let at = self.index_in(index, length, span)?;
                list.borrow_mut().items[at] = value;
                Ok(())
            }
            Value::Bound(bound) => match &**bound {
                (Value::Dict(frame), name) if name == "loc" && is_frame(&frame.borrow()) => {
                    self.set_row(frame, index, &value, span)
                }
                _ => raise("TypeError"),
            },
            Value::Api(object) => {
                if let Value::Str(key) = index {
                    self.charge(object.cost_of(&value), span)?;
                    object.put(key.as_str(), value);
                }
                Ok(())
            }
            _ => raise("TypeError"),
        }
    }

    /// How a container that grows now gets its length.
    pub(super) fn growth_of(&self, before: Growth, length: usize) -> Growth {
        let mirrors = self.is_undecided() && (length == 0 || before == Growth::Mirror);
        match before {
            _ if mirrors => Growth::Mirror,
            // Set one by one under names that the program wrote: a record, not a collection.
            Growth::Fixed | Growth::Sample if self.iteration.is_none() && self.grown == 0 => before,
            _ => Growth::Grown,
        }
    }

    fn unpack(&mut self, elements: &'p [Target], value: &Value<'p>, span: Span) -> Run<()> {
        if let Some(what) = value.unknown_text() {
            for (i, element) in elements.iter().enumerate() {
                let inner = if let Target::Starred { inner } = element { inner } else { element };
                self.assign(inner, Value::unknown(format!("{what}[{i}]")), span)?;
            }
            return Ok(());
        }
        let mut items = Vec::new();
        let growth = self.each(value, span, &mut |machine, item| {
            machine.charge(1, span)?;
            items.push(item);
            Ok(true)
        })?;
        if growth == Growth::Sample {
            return self.unpack(elements, &Value::unknown("an item of an unknown collection"), span);
        }
        let starred = elements.iter().position(|element| matches!(element, Target::Starred { .. }));
        let fits = match starred {
            Some(_) => items.len() + 1 >= elements.len(),
            None => items.len() == elements.len(),
        };
        if !fits && !items.is_empty() && items.iter().all(|item| item.unknown_text().is_some()) {
            // Made of something unknown item by item: how many there are is not known either.
            return self.unpack(elements, &items[0].clone(), span);
        }
        if !fits {
            return raise("ValueError");
        }
        if let Some(at) = starred {
            let end = at + items.len() + 1 - elements.len();
            let rest: Vec<_> = items.drain(at..end).collect();
            items.insert(at, Value::list(rest, Growth::Fixed));
        }
        for (element, item) in elements.iter().zip(items) {
            let inner = if let Target::Starred { inner } = element { inner } else { element };
            self.assign(inner, item, span)?;
        }
        Ok(())
    }

    fn aug_assign(&mut self, target: &'p Target, op: BinaryOp, value: &'p Expr, span: Span) -> Run<()> {
        match target {
            Target::Name { name } => {
                let old = self.lookup(name, span)?;
                let right = self.eval(value)?;
                let new = self.aug(&old, op, &right, span)?;
                self.bind(name, new, span)
            }
            Target::Attribute { object, name } => {
                let object = self.eval(object)?;
                let old = self.attribute(&object, name)?;
                let right = self.eval(value)?;
                let new = self.aug(&old, op, &right, span)?;
                self.set_attribute(&object, name, new, span)
            }
            Target::Subscript { object, index } => {
                let object = self.eval(object)?;
                let index = self.eval(index)?;
                let old = self.item(&object, &index, span)?;
                let right = self.eval(value)?;
                let new = self.aug(&old, op, &right, span)?;
                self.set_item(&object, &index, new, span)
            }
            Target::Tuple { .. } | Target::Starred { .. } => Err(self.malformed(span, "`op=` on a tuple")),
        }
    }

    fn aug(&mut self, old: &Value<'p>, op: BinaryOp, right: &Value<'p>, span: Span) -> Run<Value<'p>> {
        if let (Value::List(list), BinaryOp::Add) = (old, op) {
            let more = self.items(right, span)?;
            self.charge(more.len(), span)?;
            let growth = self.growth_of(list.borrow().growth, list.borrow().items.len());
            let mut list = list.borrow_mut();
            list.growth = growth;
            list.items.extend(more);
            drop(list);
            return Ok(old.clone());
        }
        let new = self.binary(old, op, right, span)?;
        // A counter of all the API's items is the API's number of items.
        Ok(if self.is_undecided() { new.into_data() } else { new })
    }

    // === Tests ===

    /// Evaluates the test of a branch.
    pub(super) fn test(&mut self, test: &'p Expr) -> Run<bool> {
        if matches!(&test.kind, ExprKind::Builtin { name, .. } if name == SAID) {
            // It went the other way on no answer, and could not.
            self.looked();
            return Ok(true);
        }
        if let Some((inner, holds)) = assumed(test) {
            let around = self.assumed.replace(holds);
            let taken = self.test(inner);
            self.assumed = around;
            return taken;
        }
        let looks = self.looks;
        // What is assumed of a test is not assumed of those that are made for its value.
        let assumed = self.assumed.take();
        let value = self.eval(test)?;
        self.assumed = assumed;
        let taken = self.truth_of_test(&value, test.span)?;
        if self.looks > 0 {
            // It may ask for what an earlier test of the API's data left behind: a flag, a counter.
            self.inspections += 1;
        }
        if self.tracing && self.looks > looks {
            self.trace.inspecting.insert(test.span);
        }
        Ok(taken)
    }

    fn truth_of_test(&mut self, value: &Value<'p>, span: Span) -> Run<bool> {
        let taken = self.truth(value, span)?;
        if self.tracing {
            self.trace.tests.insert((span, taken));
        }
        Ok(taken)
    }

    /// Python's truth of a value.
    pub(super) fn truth(&mut self, value: &Value<'p>, span: Span) -> Run<bool> {
        if let Value::Unknown(unknown) = value {
            if unknown.is_object && !unknown.is_record {
                return Ok(true);
            }
            return if unknown.is_record { self.object_truth(unknown, span) } else { self.choose_truth(span, unknown) };
        }
        self.inspect(value);
        Ok(match value {
            Value::None => false,
            Value::Bool(value) => *value,
            Value::Int(value, _) => *value != 0,
            Value::Member(member) => member.number != 0,
            Value::Enum(member) => member.bits() != Some(0),
            Value::Float(value, _) => *value != 0.0,
            Value::Str(text) => match value.unknown_text() {
                Some(what) if text.pieces().len() == 1 => self.choose(span, &what)?,
                _ => !text.is_empty(),
            },
            Value::List(list) => !list.borrow().items.is_empty(),
            Value::Tuple(items) => !items.is_empty(),
            Value::Set(table) | Value::Dict(table) => table.borrow().len() > 0,
            _ => true,
        })
    }

    #[expect(clippy::unused_self, reason = "reads as part of the run at every call")]
    pub(super) fn undetermined(&self, span: Span, what: impl Into<String>) -> Stop {
        Stop::Error(DecideError::Undetermined { span, what: what.into() })
    }
}

/// A test that goes one way where its value is not known, and that way.
fn assumed(test: &Expr) -> Option<(&Expr, bool)> {
    let ExprKind::Builtin { name, args, .. } = &test.kind else { return None };
    match args.as_slice() {
        [inner, Expr { kind: ExprKind::Constant { value: Constant::Bool(holds) }, .. }] if name == ASSUMED => {
            Some((inner, *holds))
        }
        _ => None,
    }
}

/// Whether a statement may leave a block around it, so that what comes next hangs on the tests in it.
fn jumps(stmt: &Stmt) -> bool {
    let mut blocks = vec![(std::slice::from_ref(stmt), false)];
    while let Some((block, in_loop)) = blocks.pop() {
        for stmt in block {
            match &stmt.kind {
                StmtKind::Return { .. } | StmtKind::Raise { .. } => return true,
                StmtKind::Break | StmtKind::Continue if !in_loop => return true,
                StmtKind::Expr { value: Expr { kind: ExprKind::Opaque { text, .. }, .. } } if is_exit(text) => {
                    return true;
                }
                StmtKind::If { body, orelse, .. } => blocks.extend([(&body[..], in_loop), (&orelse[..], in_loop)]),
                StmtKind::For { body, orelse, .. } | StmtKind::While { body, orelse, .. } => {
                    blocks.extend([(&body[..], true), (&orelse[..], in_loop)]);
                }
                StmtKind::Try { body, handlers, orelse, finally } => {
                    blocks.extend(handlers.iter().map(|handler| (&handler.1[..], in_loop)));
                    blocks.extend([body, orelse, finally].map(|block| (&block[..], in_loop)));
                }
                _ => {}
            }
        }
    }
    false
}

/// Whether calling this ends the program.
pub(super) fn is_exit(callee: &str) -> bool {
    matches!(callee, "exit" | "quit" | "sys.exit" | "os._exit")
}

/// Whether a handler for `handler` catches `exception`, by Python's hierarchy of built-in exceptions.
fn catches(handler: &str, exception: &str) -> bool {
    let name = |text: &'_ str| text.rsplit('.').next().unwrap_or(text).to_owned();
    let (handler, exception) = (name(handler), name(exception));
    let exit = matches!(exception.as_str(), "SystemExit" | "KeyboardInterrupt" | "GeneratorExit");
    match handler.as_str() {
        "BaseException" => true,
        "Exception" => !exit,
        "LookupError" => matches!(exception.as_str(), "KeyError" | "IndexError" | "LookupError"),
        "ArithmeticError" => {
            matches!(
                exception.as_str(),
                "ZeroDivisionError" | "OverflowError" | "FloatingPointError" | "ArithmeticError"
            )
        }
        "ValueError" => exception == "ValueError" || exception.starts_with("Unicode") || exception == "JSONDecodeError",
        "RuntimeError" => matches!(exception.as_str(), "RuntimeError" | "RecursionError" | "NotImplementedError"),
        "NameError" => matches!(exception.as_str(), "NameError" | "UnboundLocalError"),
        "OSError" | "IOError" | "EnvironmentError" => {
            matches!(
                exception.as_str(),
                "OSError" | "IOError" | "FileNotFoundError" | "PermissionError" | "ConnectionError"
            )
        }
        _ => handler == exception,
    }
}
