//! Expressions.

use std::borrow::Cow;
use std::rc::Rc;

use super::machine::{Machine, Run, Stop, raise};
use super::response::{self, Part, Whose};
use super::scope::Scope;
use super::shuffled;
use super::table::{Key, Table};
use super::text::{Origin, Text, TextBuilder};
use super::value::{Generator, Growth, Lambda, Value, is_dotted_name};
use crate::api::Api;
use crate::decider::DecideError;
use crate::decision::Rendered;
use crate::program::{
    BoolOp, CompareOp, Comprehension, ComprehensionKind, Constant, Expr, ExprKind, Function, Keyword, PREPARING,
    Parameter, ResponseForm, Span, Target, UnaryOp, makes_object,
};

/// Steps that one preparation may take.
const MAX_PREPARING: u64 = 50_000;

/// A value of an outside call with more parts than this is not shown.
const MAX_SHOWN: usize = 40;

/// The name under which something unknown is unpacked into named arguments, which may be any.
pub(super) const UNPACKED: &str = "**";

/// Arguments of a call, unpacked.
#[derive(Clone)]
pub(super) struct Args<'p> {
    pub(super) positional: Vec<Value<'p>>,
    pub(super) keywords: Vec<(String, Value<'p>)>,
}

impl<'p> Args<'p> {
    pub(super) fn positional(positional: Vec<Value<'p>>) -> Self {
        Self { positional, keywords: Vec::new() }
    }

    pub(super) fn get(&self, at: usize) -> Option<&Value<'p>> {
        self.positional.get(at)
    }

    pub(super) fn keyword(&self, name: &str) -> Option<&Value<'p>> {
        self.keywords.iter().find(|keyword| keyword.0 == name).map(|keyword| &keyword.1)
    }

    /// The argument given by place or by name.
    pub(super) fn at_or(&self, at: usize, name: &str) -> Option<&Value<'p>> {
        self.get(at).or_else(|| self.keyword(name))
    }

    /// The names of the last values, for an effect.
    pub(super) fn names(&self) -> Vec<String> {
        self.keywords.iter().map(|keyword| keyword.0.clone()).collect()
    }

    /// All values, for an effect.
    pub(super) fn all(&self) -> Vec<Value<'p>> {
        self.positional.iter().chain(self.keywords.iter().map(|keyword| &keyword.1)).cloned().collect()
    }
}

impl<'p> Machine<'p, '_> {
    pub(super) fn scope(&self) -> &Rc<Scope<'p>> {
        self.scopes.last().unwrap_or(&self.globals)
    }

    /// The running scope, for a value that holds on to it.
    fn capture(&mut self) -> Rc<Scope<'p>> {
        let scope = Rc::clone(self.scope());
        if !self.captured.last().is_some_and(|last| Rc::ptr_eq(last, &scope)) {
            self.captured.push(Rc::clone(&scope));
        }
        scope
    }

    pub(super) fn eval(&mut self, expr: &'p Expr) -> Run<Value<'p>> {
        self.charge(1, expr.span)?;
        match &expr.kind {
            ExprKind::Constant { value } => Ok(self.constant(value)),
            ExprKind::Name { name } => self.lookup(name, expr.span),
            _ => self.nested(expr.span, |machine| machine.eval_nested(expr)),
        }
    }

    fn eval_nested(&mut self, expr: &'p Expr) -> Run<Value<'p>> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Constant { value } => Ok(self.constant(value)),
            ExprKind::Name { name } => self.lookup(name, span),
            ExprKind::ApiOutput { max_results, form, beside } => self.api_output(max_results.as_deref(), *form, beside),
            ExprKind::OtherOutput { api, max_results, form, beside } => {
                self.other_output(api, max_results.as_deref(), *form, beside)
            }
            ExprKind::List { elements } => Ok(Value::list(self.elements(elements)?, Growth::Fixed)),
            ExprKind::Tuple { elements } => Ok(Value::tuple(self.elements(elements)?)),
            ExprKind::Set { elements } => {
                let elements = self.elements(elements)?;
                self.set_of(elements, Growth::Fixed, span)
            }
            ExprKind::Dict { items } => self.eval_dict(items, span),
            ExprKind::Starred { .. } => Err(self.malformed(span, "a starred expression outside a display or call")),
            ExprKind::Unary { op, value } => self.eval_unary(*op, value, span),
            ExprKind::Binary { left, op, right } => {
                let left = self.eval(left)?;
                let right = self.eval(right)?;
                self.binary(&left, *op, &right, span)
            }
            ExprKind::Bool { op, values } => self.eval_bool(*op, values, span),
            ExprKind::Compare { left, rest } => self.eval_compare(left, rest),
            ExprKind::IfElse { test, body, orelse } => {
                let chosen = if self.test(test)? { body } else { orelse };
                self.eval(chosen)
            }
            ExprKind::Attribute { object, name } => {
                let object = self.eval(object)?;
                self.attribute(&object, name)
            }
            ExprKind::Subscript { object, index } => {
                let object = self.eval(object)?;
                let index = self.eval(index)?;
                self.item(&object, &index, span)
            }
            ExprKind::Slice { object, start, stop, step } => {
                let object = self.eval(object)?;
                let mut bound = |bound: &'p Option<Box<Expr>>| match bound {
                    Some(bound) => self.eval(bound),
                    None => Ok(Value::None),
                };
                let bounds = [bound(start)?, bound(stop)?, bound(step)?];
                self.slice(&object, &bounds, span)
            }
            _ => self.eval_call(expr),
        }
    }

    fn eval_call(&mut self, expr: &'p Expr) -> Run<Value<'p>> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Call { function, args, keywords } => {
                let args = self.args(args, keywords)?;
                self.call_function(*function, args, span)
            }
            ExprKind::Builtin { name, args, .. } if name == PREPARING => self.prepare(args),
            ExprKind::Builtin { name, args, keywords } => {
                let args = self.args(args, keywords)?;
                self.call_builtin(name, args, span)
            }
            ExprKind::Method { object, name, args, keywords } => {
                let object = self.eval(object)?;
                let args = self.args(args, keywords)?;
                self.call_method(&object, name, args, span)
            }
            ExprKind::CallValue { callee, args } => {
                let callee = self.eval(callee)?;
                let args = self.args(args, &[])?;
                self.call_value(&callee, args, span)
            }
            ExprKind::FunctionValue { function } => {
                self.function(*function, span)?;
                Ok(Value::Function(*function))
            }
            ExprKind::Lambda { parameters, body } => {
                let mut defaults = Vec::new();
                for parameter in parameters {
                    defaults.push(parameter.default.as_ref().map(|default| self.eval(default)).transpose()?);
                }
                let scope = self.capture();
                Ok(Value::Lambda(Rc::new(Lambda { parameters, defaults, body, scope })))
            }
            ExprKind::Comprehension { inner } => self.eval_comprehension(inner, span),
            ExprKind::Format { parts } => self.eval_format(parts),
            ExprKind::Walrus { name, value } => {
                let value = self.eval(value)?;
                self.bind_walrus(name, value.clone());
                Ok(value)
            }
            ExprKind::Opaque { text, call, args, names, .. } => self.eval_opaque(text, *call, (args, names), span),
            _ => Err(self.malformed(span, "not an expression")),
        }
    }

    /// Evaluates what is there for the variables that it sets: what it shows is no part of the decision.
    fn prepare(&mut self, parts: &'p [Expr]) -> Run<Value<'p>> {
        let asked = self.log.as_ref().map(|log| log.len());
        let (shown, stored, limit) = (self.take_shown(), self.stored.clone(), self.limit);
        self.limit = limit.min(self.steps + MAX_PREPARING);
        let result = parts.iter().try_for_each(|part| self.eval(part).map(drop));
        self.put_back(shown);
        (self.stored, self.limit) = (stored, limit);
        // Whether it takes too long may hang on the names then.
        self.log.iter().filter(|log| Some(log.len()) != asked).for_each(|log| log.read());
        match result {
            Ok(()) => Ok(Value::None),
            // What takes too long to prepare is as unknown as what fails.
            Err(Stop::Error(DecideError::TooLong { .. })) if self.steps <= limit => raise("TimeoutError"),
            Err(stop) => Err(stop),
        }
    }

    fn api_output(&mut self, max_results: Option<&'p Expr>, form: ResponseForm, beside: &[Api]) -> Run<Value<'p>> {
        self.called_api += 1;
        let limit = self.limit(max_results, self.around.default_top_k)?;
        self.trace.asked = Some(limit).filter(|limit| max_results.is_some() && *limit != usize::MAX);
        if self.asks_for_something_else() {
            return Ok(Value::unknown("the answer for something else"));
        }
        let own = Part { api: self.around.api, output: self.output, limit, whose: Whose::Own, log: self.log.as_ref() };
        Ok(self.response(own, beside, form))
    }

    /// Whether a function that called the API before calls it again with other values: about another image or text, of
    /// which the answer is another one.
    fn asks_for_something_else(&mut self) -> bool {
        let scope = self.scope().function_scope();
        let Some((first, known)) = &self.first_call else {
            let given = self.given_to(&scope);
            self.first_call = Some((scope, given));
            return false;
        };
        !Rc::ptr_eq(first, &scope) && *known != self.given_to(&scope)
    }

    /// The answer of another API, if it is given.
    fn other_output(
        &mut self,
        api: &Api,
        max_results: Option<&'p Expr>,
        form: ResponseForm,
        beside: &[Api],
    ) -> Run<Value<'p>> {
        let limit = self.limit(max_results, api.default_top_k)?;
        Ok(match self.given_of(api, limit) {
            Some(part) => self.response(part, beside, form),
            None => Value::unknown(format!("the answer of {}", api.operation)),
        })
    }

    /// The answer of one request: a first part and, of what else it asks for, what is given.
    fn response(&self, first: Part<'_>, beside: &[Api], form: ResponseForm) -> Value<'p> {
        let others = beside.iter().filter_map(|api| self.given_of(api, usize::MAX));
        let parts: Vec<Part<'_>> = std::iter::once(first).chain(others).collect();
        let is_given = |api: &&Api| self.given_of(api, usize::MAX).is_some();
        let open: Vec<&Api> = beside.iter().filter(|api| !is_given(api)).collect();
        response::response(&parts, &open, form)
    }

    /// What is given of another API.
    fn given_of<'s>(&'s self, api: &'s Api, limit: usize) -> Option<Part<'s>> {
        let path = api.path();
        let given = self.around.given.iter().find(|given| given.api == path)?;
        Some(Part { api, output: &given.output, limit, whose: Whose::Given, log: None })
    }

    /// How many results a call gets.
    fn limit(&mut self, max_results: Option<&'p Expr>, default: Option<u32>) -> Run<usize> {
        let asked = max_results.map(|wanted| self.eval(wanted)).transpose()?;
        let limit = match asked {
            Some(Value::Int(count, _)) if count != 0 => Some(usize::try_from(count).unwrap_or(0)),
            // A request without a count, or with zero, gets the API's default.
            _ => default.map(|k| k as usize),
        };
        Ok(limit.unwrap_or(usize::MAX))
    }

    pub(super) fn lookup(&mut self, name: &'p str, span: Span) -> Run<Value<'p>> {
        let scope = Rc::clone(self.scope());
        if let Some(value) = scope.get(name) {
            if self.is_undecided() && self.chosen.contains(name) {
                self.inspections += 1;
            }
            return Ok(value);
        }
        let function = scope.function_scope();
        if function.locals.contains(name) && !function.outer.borrow().contains(name) {
            return raise("UnboundLocalError");
        }
        // A nested function reads the variables of the one it is in, which is among its callers.
        let callers = self.scopes.iter().rev().chain([&self.globals]);
        if let Some(value) = callers.into_iter().find_map(|scope| scope.get(name)) {
            return Ok(value);
        }
        self.charge(1, span)?;
        if super::builtins::is_builtin(name) {
            return Ok(Value::Builtin(name.into()));
        }
        Ok(Value::unknown(name))
    }

    fn bind_walrus(&mut self, name: &'p str, value: Value<'p>) {
        let scope = self.scope().function_scope();
        if scope.outer.borrow().contains(name) {
            // The field of an object that is made: what it holds shows where it is used.
            return self.scope_outside(name).set(name, value);
        }
        scope.set(name, value);
    }

    /// The value of a constant, whose text is made once for all runs.
    fn constant(&self, constant: &'p Constant) -> Value<'p> {
        match constant {
            Constant::Str(text) => Value::Str(self.memory.text(constant, text)),
            other => self::constant(other),
        }
    }

    fn elements(&mut self, elements: &'p [Expr]) -> Run<Vec<Value<'p>>> {
        if let Some(written) = self.memory.elements(elements, written) {
            self.charge(written.len(), elements[0].span)?;
            return Ok(written.to_vec());
        }
        let mut values = Vec::with_capacity(elements.len());
        for element in elements {
            if let ExprKind::Starred { value } = &element.kind {
                let value = self.eval(value)?;
                values.extend(self.items(&value, element.span)?);
            } else {
                values.push(self.eval(element)?);
            }
        }
        Ok(values)
    }

    pub(super) fn args(&mut self, args: &'p [Expr], keywords: &'p [Keyword]) -> Run<Args<'p>> {
        let positional = self.elements(args)?;
        let mut named = Vec::with_capacity(keywords.len());
        for keyword in keywords {
            let value = self.eval(&keyword.value)?;
            let unpacks = keyword.name.is_empty() || keyword.name == UNPACKED;
            match value {
                Value::Api(answer) if unpacks => named.extend(answer.entries()),
                Value::Dict(dict) if unpacks => {
                    let entries = dict.borrow().entries().to_vec();
                    for (key, value) in entries {
                        named.push((self.text_of(&key, keyword.value.span)?.as_str().to_owned(), value));
                    }
                }
                value => named.push((keyword.name.clone(), value)),
            }
        }
        Ok(Args { positional, keywords: named })
    }

    pub(super) fn set_of(&mut self, items: Vec<Value<'p>>, growth: Growth, span: Span) -> Run<Value<'p>> {
        let mut table = Table::new(growth);
        for item in items {
            let key = self.key(&item, span)?;
            table.insert(key, item, Value::None);
        }
        Ok(Value::Set(Rc::new(table.into())))
    }

    fn eval_dict(&mut self, items: &'p [(Expr, Expr)], span: Span) -> Run<Value<'p>> {
        let mut table = Table::new(Growth::Fixed);
        for (key, value) in items {
            if let ExprKind::Starred { value: unpacked } = &key.kind {
                let unpacked = self.eval(unpacked)?;
                self.update(&mut table, &unpacked, span)?;
                continue;
            }
            let shown = self.eval(key)?;
            let value = self.eval(value)?;
            let key = self.key(&shown, span)?;
            table.insert(key, shown, value);
        }
        Ok(Value::Dict(Rc::new(table.into())))
    }

    fn eval_unary(&mut self, op: UnaryOp, value: &'p Expr, span: Span) -> Run<Value<'p>> {
        let value = self.eval(value)?;
        if op == UnaryOp::Not {
            return Ok(Value::Bool(!self.truth(&value, span)?));
        }
        if let Some(what) = value.unknown_text() {
            return Ok(Value::unknown(what));
        }
        let negate = op == UnaryOp::Neg;
        match value.number() {
            Some((super::value::Number::Int(n), data)) if negate => {
                Ok(n.checked_neg().map_or_else(|| Value::unknown("an integer beyond 64 bits"), |n| Value::Int(n, data)))
            }
            Some((super::value::Number::Float(n), data)) if negate => Ok(Value::Float(-n, data)),
            Some((number, data)) => Ok(number.into_value(data)),
            None => raise("TypeError"),
        }
    }

    fn eval_bool(&mut self, op: BoolOp, values: &'p [Expr], span: Span) -> Run<Value<'p>> {
        let Some((last, firsts)) = values.split_last() else {
            return Err(self.malformed(span, "`and` or `or` without operands"));
        };
        for value in firsts {
            let value_span = value.span;
            let value = self.eval(value)?;
            if self.truth(&value, value_span)? == (op == BoolOp::Or) {
                // Taken as true or false in this run: a caller must not ask the unknown value again.
                return Ok(if value.unknown_text().is_some() { Value::Bool(op == BoolOp::Or) } else { value });
            }
        }
        self.eval(last)
    }

    /// How many there are of something outside, of which one stands for all, compared with a number: unknown, unless it is
    /// the same for any number of them.
    fn compared_count(&mut self, left: &'p Expr, rest: &'p [(CompareOp, Expr)]) -> Run<Option<Value<'p>>> {
        let [(op, right)] = rest else { return Ok(None) };
        let orders = !matches!(op, CompareOp::In | CompareOp::NotIn | CompareOp::Is | CompareOp::IsNot);
        let (counts_left, counts_right) = (self.counts_sample(left), self.counts_sample(right));
        if !orders || counts_left == counts_right {
            return Ok(None);
        }
        let limit = if counts_left { right } else { left };
        if !matches!(limit.kind, ExprKind::Constant { .. } | ExprKind::Name { .. }) {
            return Ok(None);
        }
        let limit = self.eval(limit)?;
        let Value::Int(number, false) = limit else { return Ok(None) };
        let mut results = Vec::new();
        for count in [1, number.max(1), i64::MAX] {
            let count = Value::int(count);
            let (a, b) = if counts_left { (&count, &limit) } else { (&limit, &count) };
            results.push(matches!(self.compare(a, *op, b, right.span)?, Value::Bool(true)));
        }
        results.dedup();
        Ok(Some(match results[..] {
            [result] => Value::Bool(result),
            _ => Value::unknown("how many there are of something outside"),
        }))
    }

    /// Whether an expression counts what one item of something outside stands for.
    fn counts_sample(&mut self, expr: &'p Expr) -> bool {
        let ExprKind::Builtin { name, args, .. } = &expr.kind else { return false };
        let [Expr { kind: ExprKind::Name { name: list }, .. }] = &args[..] else { return false };
        let value = (name == "len").then(|| self.lookup(list, expr.span).ok()).flatten();
        matches!(value, Some(Value::List(list)) if list.borrow().growth == Growth::Sample)
    }

    fn eval_compare(&mut self, left: &'p Expr, rest: &'p [(CompareOp, Expr)]) -> Run<Value<'p>> {
        if let Some(counted) = self.compared_count(left, rest)? {
            return Ok(counted);
        }
        let mut left_value = self.eval(left)?;
        let mut result = Value::Bool(true);
        for (i, (op, right)) in rest.iter().enumerate() {
            let span = right.span;
            let right = self.eval(right)?;
            result = self.compare(&left_value, *op, &right, span)?;
            if i + 1 < rest.len() && !self.truth(&result, span)? {
                return Ok(Value::Bool(false));
            }
            left_value = right;
        }
        Ok(result)
    }

    fn eval_format(&mut self, parts: &'p [(Expr, Option<String>)]) -> Run<Value<'p>> {
        let mut out = TextBuilder::default();
        for (part, spec) in parts {
            let value = self.eval(part)?;
            let value =
                if value.is_object() { self.text_of_object(&Args::positional(vec![value]), part.span)? } else { value };
            let text = match self.format_spec(spec.as_deref().unwrap_or("")) {
                Some(spec) => self.format_value(&value, &spec, part.span)?,
                None => Text::new("a formatted value", Origin::Unknown),
            };
            out.push(&text);
        }
        Ok(Value::Str(out.build()))
    }

    /// A format specification with the fields in it filled in; `None` where they are not known.
    fn format_spec<'s>(&self, spec: &'s str) -> Option<Cow<'s, str>> {
        if !spec.contains('{') {
            return Some(Cow::Borrowed(spec));
        }
        let mut filled = String::new();
        let mut rest = spec;
        while let Some((before, tail)) = rest.split_once('{') {
            let (field, after) = tail.split_once('}').unwrap_or((tail, ""));
            filled.push_str(before);
            match self.scope().get(field) {
                Some(Value::Int(number, _)) => filled.push_str(&number.to_string()),
                Some(Value::Str(text)) if !text.is_unknown() => filled.push_str(text.as_str()),
                None if field.parse::<u32>().is_ok() => filled.push_str(field),
                _ => return None,
            }
            rest = after;
        }
        Some(Cow::Owned(filled + rest))
    }

    fn eval_opaque(
        &mut self,
        text: &'p str,
        call: bool,
        (args, names): (&'p [Expr], &'p [String]),
        span: Span,
    ) -> Run<Value<'p>> {
        let args = self.elements(args)?;
        let callee = text.split('(').next().unwrap_or(text);
        if is_reordering(callee) {
            args.first().into_iter().for_each(shuffled::forget_places);
        }
        if !call {
            self.moments += u64::from(is_waiting(callee));
            if self.is_undecided() {
                return Ok(Value::unknown(text));
            }
            let values = self.rendered_args(&args, names, span)?;
            let shown = self.shown_call(callee, &values);
            return Ok(given_by(callee, text.to_owned(), shown, (&args, names)));
        }
        let value = self.outside_call(span, text, (&args, names))?;
        if super::statements::is_exit(text) {
            return Err(Stop::Exit);
        }
        Ok(value)
    }

    /// A call of something outside the program: an effect, and an unknown value.
    pub(super) fn outside_call(
        &mut self,
        span: Span,
        callee: &str,
        (args, names): (&[Value<'p>], &[String]),
    ) -> Run<Value<'p>> {
        let text = format!("{callee}(...)");
        if self.is_undecided() {
            return Ok(Value::unknown(text));
        }
        self.send(args);
        let values = self.rendered_args(args, names, span)?;
        let shown = self.shown_call(callee, &values);
        self.push_effect(span, callee, values);
        Ok(given_by(callee, text, shown, (args, names)))
    }

    /// The value of a call outside by what it was given, unless that says how many labels there are: what is built up
    /// by the same call again and again, or from each label's data.
    fn shown_call(&self, callee: &str, values: &[Rendered]) -> Option<Rendered> {
        let size: usize = values.iter().map(Rendered::size).sum();
        if values.is_empty() || size >= MAX_SHOWN || !is_dotted_name(callee) {
            return None;
        }
        let shown = Rendered::Call { callee: callee.to_owned(), values: values.to_vec() };
        let fits = !builds_up(&shown, callee) && (self.iteration.is_none() || !shown.has_data());
        fits.then_some(shown)
    }

    // === Calls ===

    pub(super) fn call_function(
        &mut self,
        id: crate::program::FunctionId,
        args: Args<'p>,
        span: Span,
    ) -> Run<Value<'p>> {
        let function: &'p Function = self.function(id, span)?;
        let mut bound = Vec::with_capacity(function.parameters.len());
        self.bind_args(
            &function.parameters,
            args,
            &mut |machine, parameter| match &parameter.default {
                Some(default) => machine.eval(default),
                None => Ok(Value::unknown(parameter.name.clone())),
            },
            &mut bound,
        )?;
        self.recall(id, bound)
    }

    /// Arguments in the order of the parameters; `*rest` and `**named` take what is left.
    fn bind_args(
        &mut self,
        parameters: &'p [Parameter],
        mut args: Args<'p>,
        default: &mut dyn FnMut(&mut Self, &'p Parameter) -> Run<Value<'p>>,
        bound: &mut Vec<Value<'p>>,
    ) -> Run<()> {
        let mut positional = std::mem::take(&mut args.positional).into_iter();
        if !parameters.iter().any(|parameter| parameter.name.starts_with(UNPACKED)) {
            args.keywords.retain(|keyword| keyword.0 != UNPACKED);
        }
        for parameter in parameters {
            let name = parameter.name.as_str();
            if name.starts_with("**") {
                let mut table = Table::new(Growth::Fixed);
                for (name, value) in std::mem::take(&mut args.keywords) {
                    table.insert(Key::Str(name.as_str().into()), Value::str(name), value);
                }
                bound.push(Value::Dict(Rc::new(table.into())));
            } else if name.starts_with('*') {
                bound.push(Value::tuple(positional.by_ref().collect::<Vec<_>>()));
            } else if let Some(at) = args.keywords.iter().position(|keyword| keyword.0 == name) {
                bound.push(args.keywords.remove(at).1);
            } else if let Some(value) = positional.next() {
                bound.push(value);
            } else {
                let value = default(self, parameter)?;
                bound.push(value);
            }
        }
        if positional.next().is_some() || !args.keywords.is_empty() {
            return raise("TypeError");
        }
        Ok(())
    }

    pub(super) fn call_value(&mut self, callee: &Value<'p>, args: Args<'p>, span: Span) -> Run<Value<'p>> {
        match callee {
            Value::Function(id) => self.call_function(*id, args, span),
            Value::Lambda(lambda) => self.call_lambda(lambda, args),
            Value::Builtin(name) => self.call_builtin(name, args, span),
            Value::Bound(bound) => self.call_method(&bound.0, &bound.1, args, span),
            Value::Unknown(unknown) if unknown.has_method("__call__") => {
                Ok(self.own_method(unknown, "__call__", args, span)?.unwrap_or(Value::None))
            }
            Value::Unknown(unknown) => self.outside_call(span, &unknown.text, (&args.all(), &args.names())),
            _ => raise("TypeError"),
        }
    }

    fn call_lambda(&mut self, lambda: &Rc<Lambda<'p>>, args: Args<'p>) -> Run<Value<'p>> {
        let mut bound = Vec::new();
        let defaults = lambda.parameters.iter().zip(&lambda.defaults);
        let defaults: Vec<_> = defaults.map(|(parameter, default)| (parameter.name.as_str(), default)).collect();
        self.bind_args(
            lambda.parameters,
            args,
            &mut |_, parameter| {
                let default = defaults.iter().find(|default| default.0 == parameter.name);
                match default.and_then(|default| default.1.clone()) {
                    Some(value) => Ok(value),
                    None => raise("TypeError"),
                }
            },
            &mut bound,
        )?;
        let scope = Scope::new(Some(Rc::clone(&lambda.scope)), Rc::default());
        for (parameter, value) in lambda.parameters.iter().zip(bound) {
            scope.set(parameter.name.trim_start_matches('*'), value);
        }
        self.scopes.push(scope);
        let result = self.eval(lambda.body);
        self.scopes.pop();
        result
    }

    // === Comprehensions ===

    fn eval_comprehension(&mut self, inner: &'p Comprehension, span: Span) -> Run<Value<'p>> {
        if inner.kind == ComprehensionKind::Generator {
            let scope = self.capture();
            let taken = std::cell::Cell::new(0);
            return Ok(Value::Generator(Rc::new(Generator { comprehension: inner, scope, taken })));
        }
        let scope = Rc::clone(self.scope());
        let mut items = Vec::new();
        let mut table = Table::new(Growth::Fixed);
        let mut chooses = false;
        let mut growth = self.comprehend(inner, scope, &mut |machine| {
            machine.charge(1, span)?;
            let looks = machine.looks;
            let element = machine.eval(&inner.element)?;
            if inner.kind == ComprehensionKind::List {
                chooses |= machine.looks > looks && machine.is_own(&element, span)?;
                items.push(element);
                return Ok(true);
            }
            let value = inner.value.as_ref().map_or(Ok(Value::None), |value| machine.eval(value))?;
            chooses |= machine.looks > looks && (machine.is_own(&value, span)? || machine.is_own(&element, span)?);
            let key = machine.key(&element, span)?;
            table.insert(key, element, value);
            Ok(true)
        })?;
        // Of no items it shows in no run what the elements would be.
        let is_empty = items.is_empty() && table.len() == 0;
        if growth == Growth::Mirror && (chooses || (is_empty && self.gives_own(&inner.element))) {
            growth = Growth::Grown;
        }
        table.growth = growth;
        Ok(match inner.kind {
            ComprehensionKind::List => Value::list(items, growth),
            ComprehensionKind::Dict => Value::Dict(Rc::new(table.into())),
            ComprehensionKind::Set | ComprehensionKind::Generator => Value::Set(Rc::new(table.into())),
        })
    }

    /// Runs `each` for every binding of the clauses until it says false; returns how the result got its length.
    pub(super) fn comprehend(
        &mut self,
        inner: &'p Comprehension,
        around: Rc<Scope<'p>>,
        each: &mut dyn FnMut(&mut Self) -> Run<bool>,
    ) -> Run<Growth> {
        self.scopes.push(Scope::of_comprehension(around));
        let mut growth = Growth::Fixed;
        let result = self.clauses(&inner.clauses, &mut growth, each);
        self.scopes.pop();
        result?;
        Ok(growth)
    }

    fn clauses(
        &mut self,
        clauses: &'p [(Target, Expr, Vec<Expr>)],
        growth: &mut Growth,
        each: &mut dyn FnMut(&mut Self) -> Run<bool>,
    ) -> Run<bool> {
        let Some(((target, iter, tests), inner)) = clauses.split_first() else { return each(self) };
        let iterable = self.eval(iter)?;
        if iterable.is_data() && *growth == Growth::Fixed {
            *growth = if tests.is_empty() { Growth::Mirror } else { Growth::Grown };
        } else {
            *growth = match (self.growth(&iterable), *growth) {
                (Growth::Sample, Growth::Fixed) => Growth::Sample,
                // What was filled under conditions has not one element for each of the API's: the matches in each text.
                (Growth::Grown, Growth::Mirror) => Growth::Grown,
                (_, known) => known,
            };
        }
        let inspections = self.inspections;
        let mut go_on = true;
        self.each(&iterable, iter.span, &mut |machine, item| {
            machine.charge(1, iter.span)?;
            machine.assign(target, item, iter.span)?;
            for test in tests {
                let taken = machine.test(test)?;
                if machine.inspections > inspections {
                    *growth = Growth::Grown;
                }
                if !taken {
                    return Ok(true);
                }
            }
            go_on = machine.nested(iter.span, |machine| machine.clauses(inner, growth, each))?;
            Ok(go_on)
        })?;
        Ok(go_on)
    }
}

/// Whether a call lets time go by.
fn is_waiting(callee: &str) -> bool {
    matches!(callee.rsplit('.').next(), Some("sleep" | "input" | "raw_input"))
}

/// Whether a function of the standard library, or one like it, changes the order of its first argument in place.
fn is_reordering(callee: &str) -> bool {
    let name = callee.rsplit('.').next().unwrap_or(callee);
    matches!(name, "shuffle" | "heapify")
}

/// What a call outside gives: of a class, an object that holds what it was given by name.
fn given_by<'p>(
    callee: &str,
    text: String,
    shown: Option<Rendered>,
    (args, names): (&[Value<'p>], &[String]),
) -> Value<'p> {
    if makes_object(callee, names) {
        let given = args[args.len().saturating_sub(names.len())..].iter().cloned();
        return Value::object(text, shown.unwrap_or(Rendered::Unknown), names.iter().cloned().zip(given));
    }
    match shown {
        Some(shown) => Value::unknown_shown(text, shown),
        None => Value::unknown(text),
    }
}

/// Whether an argument of a call comes from a call of the same.
fn builds_up(call: &Rendered, callee: &str) -> bool {
    let values = match call {
        Rendered::Call { values, .. } | Rendered::Parts(values) => values.as_slice(),
        Rendered::Keyword { value, .. } => std::slice::from_ref(&**value),
        _ => return false,
    };
    values.iter().any(|value| {
        matches!(value, Rendered::Call { callee: inner, .. } if inner == callee) || builds_up(value, callee)
    })
}

/// The value of a constant, or of texts put together.
fn written<'p>(expr: &Expr) -> Option<Value<'p>> {
    match &expr.kind {
        ExprKind::Constant { value } => Some(constant(value)),
        ExprKind::Binary { left, right, .. } => match (&left.kind, &right.kind) {
            (ExprKind::Constant { value: Constant::Str(left) }, ExprKind::Constant { value: Constant::Str(right) }) => {
                Some(Value::str(format!("{left}{right}")))
            }
            _ => None,
        },
        _ => None,
    }
}

fn constant<'p>(value: &Constant) -> Value<'p> {
    match value {
        Constant::None => Value::None,
        Constant::Bool(value) => Value::Bool(*value),
        Constant::Int(value) => Value::int(*value),
        Constant::Float(value) => Value::Float(*value, false),
        Constant::Str(value) => Value::Str(Text::new(value.as_str(), Origin::Program)),
    }
}
