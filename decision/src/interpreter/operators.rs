//! Arithmetic and comparison.

use std::cmp::Ordering;
use std::rc::Rc;

use super::frame::is_column;
use super::machine::{Machine, Run, raise};
use super::memory::Measured;
use super::shuffled;
use super::table::{Key, Table, texts};
use super::text::Text;
use super::value::{Growth, Number, Value};
use super::walk::Walk;
use crate::decision::Rendered;
use crate::program::{BinaryOp, CompareOp, Span};

/// Shorter words may be anywhere.
const SHORTEST_WORD: usize = 2;

/// How deep nested containers are compared; beyond that the result is unknown.
const MAX_NESTING: usize = 32;

/// An operation on something unknown with more parts than this is not shown.
const MAX_SHOWN: usize = 12;

/// What something unknown holds that is known to be a path.
pub(super) const PATH: &str = "path";

impl<'p> Machine<'p, '_> {
    pub(super) fn binary(&mut self, left: &Value<'p>, op: BinaryOp, right: &Value<'p>, span: Span) -> Run<Value<'p>> {
        if let Some(value) = self.computed_by_class(left, op, right, span)? {
            return Ok(value);
        }
        if let (Value::Str(left), BinaryOp::Add, Value::Str(right)) = (left, op, right) {
            self.charge((left.as_str().len() + right.as_str().len()) / 8, span)?;
            return Ok(Value::Str(Text::join([left, right])));
        }
        // What is added to a text is a text, whatever it says; the known part still shows.
        if let (Value::Unknown(_), BinaryOp::Add, Value::Str(_)) | (Value::Str(_), BinaryOp::Add, Value::Unknown(_)) =
            (left, op, right)
        {
            let (left, right) = (self.text_of(left, span)?, self.text_of(right, span)?);
            self.charge((left.as_str().len() + right.as_str().len()) / 8, span)?;
            return Ok(Value::Str(Text::join([&left, &right])));
        }
        if let (Value::Str(pattern), BinaryOp::Mod) = (left, op) {
            return Ok(Value::Str(self.percent_format(pattern, right, span)?));
        }
        if let Some(what) = left.unknown_text().or_else(|| right.unknown_text()) {
            return self.unknown_result(what, (left, right), op, span);
        }
        if let (Some((a, a_data)), Some((b, b_data))) = (left.number(), right.number()) {
            if let (Value::Bool(a), Value::Bool(b)) = (left, right) {
                match op {
                    BinaryOp::BitAnd => return Ok(Value::Bool(a & b)),
                    BinaryOp::BitOr => return Ok(Value::Bool(a | b)),
                    BinaryOp::BitXor => return Ok(Value::Bool(a ^ b)),
                    _ => {}
                }
            }
            let Some(number) = arithmetic(a, op, b)? else { return Ok(Value::unknown("an integer beyond 64 bits")) };
            return Ok(number.into_value(a_data || b_data));
        }
        if [left, right].iter().any(|side| matches!(side, Value::List(list) if is_column(&list.borrow()))) {
            return self.combined_columns(left, op, right, span);
        }
        match (left, op, right) {
            (Value::Enum(a), _, Value::Enum(b)) => a.combined(op, b).map_or_else(|| raise("TypeError"), Ok),
            (Value::List(a), BinaryOp::Add, Value::List(b)) => {
                let (a, b) = (a.borrow(), b.borrow());
                self.charge(a.items.len() + b.items.len(), span)?;
                let items = a.items.iter().chain(&b.items).cloned().collect();
                Ok(Value::list(items, joint_growth(a.growth, b.growth)))
            }
            (Value::Tuple(a), BinaryOp::Add, Value::Tuple(b)) => {
                self.charge(a.len() + b.len(), span)?;
                Ok(Value::tuple(a.iter().chain(b.iter()).cloned().collect::<Vec<_>>()))
            }
            (sequence, BinaryOp::Mul, Value::Int(count, _)) | (Value::Int(count, _), BinaryOp::Mul, sequence) => {
                self.repeat(sequence, *count, span)
            }
            (Value::Set(a), BinaryOp::Sub | BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor, Value::Set(b)) => {
                let name = match op {
                    BinaryOp::Sub => "difference",
                    BinaryOp::BitAnd => "intersection",
                    BinaryOp::BitOr => "union",
                    _ => "symmetric_difference",
                };
                self.charge(a.borrow().len() + b.borrow().len(), span)?;
                let (a, b) = (a.borrow().clone(), b.borrow().keys());
                self.set_operation(&a, name, b, span)
            }
            (Value::Dict(a), BinaryOp::BitOr, Value::Dict(_)) => {
                self.charge(a.borrow().len(), span)?;
                let mut merged: Table<'p> = a.borrow().clone();
                self.update(&mut merged, right, span)?;
                Ok(Value::Dict(Rc::new(merged.into())))
            }
            _ => raise("TypeError"),
        }
    }

    /// The result of an operation on something unknown. What the program chose for it shows, unless it is built up in a
    /// loop over the API's items, as often as there are any.
    fn unknown_result(
        &mut self,
        what: String,
        (left, right): (&Value<'p>, &Value<'p>),
        op: BinaryOp,
        span: Span,
    ) -> Run<Value<'p>> {
        let is_path = op == BinaryOp::Div
            && (matches!((left, right), (Value::Str(_), _) | (_, Value::Str(_)))
                || matches!(left, Value::Unknown(folder) if folder.stored.borrow().contains_key(PATH)));
        let path = (left.clone(), right.clone());
        let (left, right) = (self.render(left, span)?, self.render(right, span)?);
        let chosen = |side: &Rendered| !matches!(side, Rendered::Unknown | Rendered::Named(_) | Rendered::Data);
        let small = left.size() + right.size() <= MAX_SHOWN;
        if self.iteration.is_some() || !small || !(chosen(&left) || chosen(&right)) {
            return Ok(Value::unknown(what));
        }
        let part = |side: Rendered| match side {
            Rendered::Parts(inner) => {
                let edge = |mark: &str| Rendered::Chosen(mark.to_owned());
                Rendered::Parts([vec![edge("(")], inner, vec![edge(")")]].concat())
            }
            side => side,
        };
        let operator = Rendered::Chosen(format!(" {} ", symbol(op)));
        let shown = Rendered::Parts(vec![part(left), operator, part(right)]);
        // Only a path is divided by a text: what is done with it, is done with this path.
        let what = if is_path && !shown.has_data() { format!("({shown})") } else { what };
        let value = Value::unknown_shown(what, shown);
        if let (true, Value::Unknown(unknown)) = (is_path, &value) {
            let mut stored = unknown.stored.borrow_mut();
            stored.insert(PATH.to_owned(), Value::None);
            if let (parent, Value::Str(name)) = path
                && !name.as_str().contains('/')
            {
                stored.extend([(".name".to_owned(), Value::Str(name)), (".parent".to_owned(), parent)]);
            }
        }
        Ok(value)
    }

    fn repeat(&mut self, sequence: &Value<'p>, count: i64, span: Span) -> Run<Value<'p>> {
        let count = usize::try_from(count).unwrap_or(0);
        // Nothing, however often, is nothing.
        let times = |length: usize| if length == 0 { 0 } else { count };
        let mut pay = |length: usize| self.charge(length.saturating_mul(count), span);
        match sequence {
            Value::Str(text) => {
                pay(text.as_str().len())?;
                Ok(Value::Str(text.derive(text.as_str().repeat(count))))
            }
            Value::List(list) => {
                let list = list.borrow();
                pay(list.items.len())?;
                let items = (0..times(list.items.len())).flat_map(|_| list.items.iter().cloned()).collect();
                Ok(Value::list(items, list.growth))
            }
            Value::Tuple(items) => {
                pay(items.len())?;
                Ok(Value::tuple((0..times(items.len())).flat_map(|_| items.iter().cloned()).collect::<Vec<_>>()))
            }
            _ => raise("TypeError"),
        }
    }

    // === Comparison ===

    pub(super) fn compare(&mut self, left: &Value<'p>, op: CompareOp, right: &Value<'p>, span: Span) -> Run<Value<'p>> {
        let (left, right) = (left.as_text(), right.as_text());
        if let Value::List(column) = left
            && is_column(&column.borrow())
            && !matches!(right, Value::List(_))
            && !matches!(op, CompareOp::Is | CompareOp::IsNot | CompareOp::In | CompareOp::NotIn)
        {
            return self.compared_column(column, op, right, span);
        }
        if let Some(value) = self.compared_by_class(left, op, right, span)? {
            return Ok(value);
        }
        self.inspect_pair(left, right);
        if let (Value::Unknown(unknown), Value::None) | (Value::None, Value::Unknown(unknown)) = (left, right)
            && self.is_held_true(unknown)
        {
            return Ok(Value::Bool(matches!(op, CompareOp::IsNot | CompareOp::Ne)));
        }
        let result = match op {
            CompareOp::Is | CompareOp::IsNot => {
                let same = self.walk(span, |walk| identical(left, right, walk))?;
                let Some(same) = same else { return Ok(unknown_of(left, right)) };
                same == (op == CompareOp::Is)
            }
            CompareOp::In | CompareOp::NotIn => {
                let Some(found) = self.contains(right, left, span)? else { return Ok(unknown_of(right, left)) };
                found == (op == CompareOp::In)
            }
            CompareOp::Eq | CompareOp::Ne => {
                self.note_measured(left, op, right, span);
                let Some(equal) = self.equal(left, right, span)? else { return Ok(unknown_of(left, right)) };
                equal == (op == CompareOp::Eq)
            }
            _ => {
                self.note_measured(left, op, right, span);
                let Some(order) = self.order(left, right, span)? else { return Ok(unknown_of(left, right)) };
                match op {
                    CompareOp::Lt => order == Some(Ordering::Less),
                    CompareOp::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
                    CompareOp::Gt => order == Some(Ordering::Greater),
                    _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
                }
            }
        };
        Ok(Value::Bool(result))
    }

    fn note_measured(&self, left: &Value<'p>, op: CompareOp, right: &Value<'p>, span: Span) {
        if let (true, Some((left, _)), Some((right, _))) = (self.tracing, left.number(), right.number()) {
            self.memory.note_measured(Measured { span, op, left: left.as_f64(), right: right.as_f64() });
        }
    }

    /// Notes a comparison of two values: of the API's data, and with which of the program's texts.
    pub(super) fn inspect_pair(&mut self, left: &Value<'p>, right: &Value<'p>) {
        if !holds_data(left) && !holds_data(right) {
            return;
        }
        self.looked();
        // A key that is looked for in the answer is no name that the API gives, nor is what is only asked to be there.
        let in_answer = [left, right].iter().any(|value| matches!(value, Value::Api(_) | Value::None));
        if self.tracing && !in_answer {
            self.note_words(left);
            self.note_words(right);
        }
    }

    fn note_words(&self, value: &Value<'p>) {
        match value {
            Value::Str(text) if text.is_data() || text.is_unknown() => {}
            Value::Str(text) => self.memory.note_compared(text),
            Value::Enum(member) if member.is_text => self.note_words(&member.value),
            Value::List(list) => list.borrow().items.iter().for_each(|item| self.note_word(item)),
            Value::Tuple(items) => items.iter().for_each(|item| self.note_word(item)),
            Value::Iterator(cursor) => cursor.borrow().items.as_slice().iter().for_each(|item| self.note_word(item)),
            Value::Set(table) | Value::Dict(table) => {
                table.borrow().entries().iter().for_each(|item| self.note_word(&item.0));
            }
            _ => {}
        }
    }

    fn note_word(&self, item: &Value<'p>) {
        if matches!(item, Value::Str(_) | Value::Enum(_)) {
            self.note_words(item);
        }
    }

    /// Whether a text of which a part is unknown holds another: it does where the known parts do. Where there are some, it is
    /// taken for it that nothing else says so, which is noted.
    fn contains_in_known(&self, text: &Text, part: &Text, span: Span) -> Option<bool> {
        let known: Vec<String> = text.known_pieces().collect();
        if known.iter().any(|known| known.contains(part.as_str())) {
            return Some(true);
        }
        let presumes = !known.is_empty() && !part.is_data() && part.as_str().len() >= SHORTEST_WORD;
        if presumes {
            self.memory.note_presumed(span);
        }
        presumes.then_some(false)
    }

    fn contains(&mut self, container: &Value<'p>, item: &Value<'p>, span: Span) -> Run<Option<bool>> {
        match container {
            Value::Str(text) => match item {
                Value::Str(part) => {
                    self.charge(text.cost(), span)?;
                    if !part.is_unknown() && text.is_unknown() {
                        return Ok(self.contains_in_known(text, part, span));
                    }
                    let unknown = text.is_unknown() || part.is_unknown();
                    Ok((!unknown).then(|| text.holds(part)))
                }
                Value::Unknown(_) => Ok(None),
                _ => raise("TypeError"),
            },
            Value::Set(table) | Value::Dict(table) => {
                if item.unknown_text().is_some() {
                    return Ok(if table.borrow().len() == 0 { Some(false) } else { None });
                }
                let table = table.borrow();
                let is_there = self.walk(span, |walk| table.has(item, walk))?;
                let Some(is_there) = is_there else { return raise("TypeError") };
                Ok(if is_there { Some(true) } else { (!table.unknown_keys).then_some(false) })
            }
            Value::Api(object) => match item {
                Value::Str(key) if !key.is_unknown() => Ok(object.has_key(key.as_str())),
                _ => Ok(None),
            },
            Value::Enum(flags) if !flags.is_text => match (flags.bits(), item) {
                (Some(bits), Value::Enum(item)) if item.class == flags.class => {
                    Ok(item.bits().map(|own| own & bits == own))
                }
                _ => raise("TypeError"),
            },
            Value::Unknown(_) => match self.special(container, "__contains__", vec![item.clone()], span)? {
                Some(value) => self.truth(&value, span).map(Some),
                None => Ok(None),
            },
            _ => {
                let shuffled = match container {
                    Value::List(list) => shuffled::whole(&list.borrow().items),
                    _ => None,
                };
                let shuffled = shuffled.map(|items| Value::list(items, Growth::Fixed));
                let container = shuffled.as_ref().unwrap_or(container);
                if let Some((is_one, steps)) = among(container, item) {
                    self.charge_each(steps, span)?;
                    return Ok(Some(is_one));
                }
                let mut found = Some(false);
                self.each(container, span, &mut |machine, candidate| {
                    machine.charge(1, span)?;
                    match machine.equal(&candidate, item, span)? {
                        Some(true) => {
                            found = Some(true);
                            return Ok(false);
                        }
                        Some(false) => {}
                        None => found = None,
                    }
                    Ok(true)
                })?;
                Ok(found)
            }
        }
    }
}

/// Whether a name that is watched is among texts, and the steps that looking through them takes; `None` for anything else.
fn among(container: &Value<'_>, item: &Value<'_>) -> Option<(bool, u64)> {
    /// Every item is counted by the loop and by the comparison.
    const EACH: u64 = 2;
    let Value::Str(text) = item else { return None };
    match container {
        Value::List(list) => text.among(|| texts(list.borrow().items.iter()), EACH),
        Value::Tuple(items) => text.among(|| texts(items.iter()), EACH),
        _ => None,
    }
}

fn symbol(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::FloorDiv => "//",
        BinaryOp::Mod => "%",
        BinaryOp::Pow => "**",
        BinaryOp::BitAnd => "&",
        BinaryOp::BitOr => "|",
        BinaryOp::BitXor => "^",
    }
}

pub(super) fn joint_growth(a: Growth, b: Growth) -> Growth {
    match (a, b) {
        _ if a == b => a,
        (Growth::Sample, Growth::Fixed) | (Growth::Fixed, Growth::Sample) => Growth::Sample,
        _ => Growth::Grown,
    }
}

/// Whether comparing this value looks at data of the API.
pub(super) fn holds_data(value: &Value<'_>) -> bool {
    let data = |item: &Value<'_>| item.is_data();
    match value {
        Value::List(list) => list.borrow().growth == Growth::Mirror || list.borrow().items.iter().any(data),
        Value::Tuple(items) => items.iter().any(data),
        Value::Set(table) | Value::Dict(table) => {
            value.is_data() || table.borrow().entries().iter().any(|entry| data(&entry.0))
        }
        other => other.is_data(),
    }
}

fn unknown_of<'p>(left: &Value<'p>, right: &Value<'p>) -> Value<'p> {
    let what = left.unknown_text().or_else(|| right.unknown_text());
    Value::unknown(what.unwrap_or_else(|| "an unknown value".to_owned()))
}

fn identical<'p>(left: &Value<'p>, right: &Value<'p>, walk: &mut Walk) -> Option<bool> {
    match (left, right) {
        (Value::List(a), Value::List(b)) => Some(Rc::ptr_eq(a, b)),
        (Value::Set(a), Value::Set(b)) | (Value::Dict(a), Value::Dict(b)) => Some(Rc::ptr_eq(a, b)),
        (Value::Unknown(a), Value::Unknown(b)) if Rc::ptr_eq(a, b) => Some(true),
        (Value::Bool(a), Value::Bool(b)) => Some(a == b),
        (Value::Bool(_), Value::Member(member)) | (Value::Member(member), Value::Bool(_)) if !member.is_flag() => {
            Some(false)
        }
        (Value::Bool(_), Value::Int(..)) | (Value::Int(..), Value::Bool(_)) => Some(false),
        // A text of the API's is a new object; only the program's own constants are shared.
        (Value::Str(a), Value::Str(b)) if a.is_data() != b.is_data() => Some(false),
        (Value::Unknown(_), _) | (_, Value::Unknown(_)) => None,
        _ => equal(left, right, walk),
    }
}

/// Python's `==`; `None` when unknown.
pub(super) fn equal<'p>(left: &Value<'p>, right: &Value<'p>, walk: &mut Walk) -> Option<bool> {
    equal_nested(left, right, MAX_NESTING, walk)
}

fn equal_nested<'p>(left: &Value<'p>, right: &Value<'p>, depth: usize, walk: &mut Walk) -> Option<bool> {
    let depth = depth.checked_sub(1)?;
    if let (Some((a, _)), Some((b, _))) = (left.number(), right.number()) {
        #[expect(clippy::float_cmp, reason = "Python's == on floats")]
        return Some(match (a, b) {
            (Number::Int(a), Number::Int(b)) => a == b,
            _ => a.as_f64() == b.as_f64(),
        });
    }
    let mut all = |a: &[Value<'p>], b: &[Value<'p>]| {
        if a.len() != b.len() {
            return Some(false);
        }
        let mut known = true;
        for (a, b) in a.iter().zip(b) {
            if !walk.pay(1) {
                return None;
            }
            match equal_nested(a, b, depth, walk) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => known = false,
            }
        }
        known.then_some(true)
    };
    match (left, right) {
        (Value::Str(a), Value::Str(b)) if a.is_unknown() || b.is_unknown() => {
            // What something is known of is not empty.
            let is_more = |one: &Text, other: &Text| {
                other.is_exact() && other.as_str().is_empty() && one.known_pieces().next().is_some()
            };
            (is_more(a, b) || is_more(b, a)).then_some(false)
        }
        (Value::Str(a), Value::Str(b)) => pays_to_compare(a, b, walk).then(|| a.is(b)),
        (Value::None, Value::None) => Some(true),
        (Value::Unknown(_), _) | (_, Value::Unknown(_)) => None,
        (Value::List(a), Value::List(b)) => {
            Rc::ptr_eq(a, b).then_some(true).or_else(|| all(&a.borrow().items, &b.borrow().items))
        }
        (Value::Tuple(a), Value::Tuple(b)) => all(a, b),
        (Value::Set(a), Value::Set(b)) => {
            let (a, b) = (a.borrow(), b.borrow());
            Some(a.len() == b.len() && is_subset(&a, &b, walk))
        }
        (Value::Dict(a), Value::Dict(b)) => {
            let (a, b) = (a.borrow(), b.borrow());
            if a.len() != b.len() {
                return Some(false);
            }
            let mut known = true;
            for (key, value) in a.entries() {
                if !walk.pay(1) {
                    return None;
                }
                let other = Key::of(key, walk).and_then(|key| b.get(&key));
                match other.map(|other| equal_nested(value, other, depth, walk)) {
                    Some(Some(true)) => {}
                    Some(None) => known = false,
                    _ => return Some(false),
                }
            }
            known.then_some(true)
        }
        (Value::Tuple(_), _) | (_, Value::Tuple(_)) => Some(false),
        (a, b) => Some(matches!((Key::of(a, walk), Key::of(b, walk)), (Some(a), Some(b)) if a == b)),
    }
}

/// Whether all keys of one table are in another.
fn is_subset<'p>(table: &Table<'p>, of: &Table<'p>, walk: &mut Walk) -> bool {
    let mut keys = table.entries().iter().map(|entry| &entry.0);
    keys.all(|key| walk.pay(1) && Key::of(key, walk).is_some_and(|key| of.contains(&key)))
}

/// Pays for comparing two texts, which only takes long where they are as long as each other. Names of the answer are not
/// looked at for that.
fn pays_to_compare(a: &Text, b: &Text, walk: &mut Walk) -> bool {
    let is_free = a.is_watched() || b.is_watched() || a.as_str().len() != b.as_str().len();
    is_free || walk.pay_text(a.as_str().len())
}

/// An order: `None` when unknown, `Some(None)` for NaN.
pub(super) type Ordered = Option<Option<Ordering>>;

/// Python's order.
pub(super) fn order<'p>(left: &Value<'p>, right: &Value<'p>, walk: &mut Walk) -> Run<Ordered> {
    order_nested(left, right, MAX_NESTING, walk)
}

fn order_nested<'p>(left: &Value<'p>, right: &Value<'p>, depth: usize, walk: &mut Walk) -> Run<Ordered> {
    let Some(depth) = depth.checked_sub(1) else { return Ok(None) };
    if let (Some((a, _)), Some((b, _))) = (left.number(), right.number()) {
        return Ok(Some(match (a, b) {
            (Number::Int(a), Number::Int(b)) => Some(a.cmp(&b)),
            _ => a.as_f64().partial_cmp(&b.as_f64()),
        }));
    }
    if left.unknown_text().or_else(|| right.unknown_text()).is_some() {
        return Ok(None);
    }
    let mut lists = |a: &[Value<'p>], b: &[Value<'p>]| -> Run<Ordered> {
        for (a, b) in a.iter().zip(b) {
            if !walk.pay(1) {
                return Ok(None);
            }
            match equal(a, b, walk) {
                Some(true) => {}
                Some(false) => return order_nested(a, b, depth, walk),
                None => return Ok(None),
            }
        }
        Ok(Some(Some(a.len().cmp(&b.len()))))
    };
    match (left, right) {
        (Value::Str(a), Value::Str(b)) => {
            let (a, b) = (a.as_str(), b.as_str());
            Ok(walk.pay_text(a.len().min(b.len())).then(|| Some(a.cmp(b))))
        }
        (Value::List(a), Value::List(b)) => lists(&a.borrow().items, &b.borrow().items),
        (Value::Tuple(a), Value::Tuple(b)) => lists(a, b),
        (Value::Set(a), Value::Set(b)) => {
            let (a, b) = (a.borrow(), b.borrow());
            Ok(Some(match (is_subset(&a, &b, walk), is_subset(&b, &a, walk)) {
                (true, true) => Some(Ordering::Equal),
                (true, false) => Some(Ordering::Less),
                (false, true) => Some(Ordering::Greater),
                (false, false) => None,
            }))
        }
        _ => raise("TypeError"),
    }
}

/// Arithmetic; `None` when an integer leaves 64 bits.
fn arithmetic(a: Number, op: BinaryOp, b: Number) -> Run<Option<Number>> {
    let (Number::Int(x), Number::Int(y)) = (a, b) else {
        return float_arithmetic(a.as_f64(), op, b.as_f64()).map(|value| Some(Number::Float(value)));
    };
    let whole = match op {
        BinaryOp::Add => x.checked_add(y),
        BinaryOp::Sub => x.checked_sub(y),
        BinaryOp::Mul => x.checked_mul(y),
        BinaryOp::Div | BinaryOp::FloorDiv | BinaryOp::Mod if y == 0 => return raise("ZeroDivisionError"),
        BinaryOp::Div => return Ok(Some(Number::Float(x as f64 / y as f64))),
        // Python rounds down and the remainder has the divisor's sign.
        BinaryOp::FloorDiv => {
            x.checked_div(y).map(|q| if x.wrapping_rem(y) != 0 && (x < 0) != (y < 0) { q - 1 } else { q })
        }
        BinaryOp::Mod => x.checked_rem(y).map(|r| if r != 0 && (r < 0) != (y < 0) { r + y } else { r }),
        BinaryOp::Pow if y < 0 => {
            return float_arithmetic(x as f64, op, y as f64).map(|value| Some(Number::Float(value)));
        }
        BinaryOp::Pow => u32::try_from(y).ok().and_then(|y| x.checked_pow(y)),
        BinaryOp::BitAnd => Some(x & y),
        BinaryOp::BitOr => Some(x | y),
        BinaryOp::BitXor => Some(x ^ y),
    };
    Ok(whole.map(Number::Int))
}

fn float_arithmetic(x: f64, op: BinaryOp, y: f64) -> Run<f64> {
    match op {
        BinaryOp::Add => Ok(x + y),
        BinaryOp::Sub => Ok(x - y),
        BinaryOp::Mul => Ok(x * y),
        BinaryOp::Div | BinaryOp::FloorDiv | BinaryOp::Mod if y == 0.0 => raise("ZeroDivisionError"),
        BinaryOp::Div => Ok(x / y),
        BinaryOp::FloorDiv => Ok((x / y).floor()),
        BinaryOp::Mod => {
            let r = x % y;
            Ok(if r != 0.0 && (r < 0.0) != (y < 0.0) { r + y } else { r })
        }
        BinaryOp::Pow if x == 0.0 && y < 0.0 => raise("ZeroDivisionError"),
        BinaryOp::Pow => Ok(x.powf(y)),
        BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor => raise("TypeError"),
    }
}
