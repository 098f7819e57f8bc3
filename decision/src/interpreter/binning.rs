//! Numbers sorted into intervals, and values chosen row by row: pandas' `cut`, numpy's `digitize`, `select` and `where`.

use super::expressions::Args;
use super::frame::SERIES;
use super::machine::{Machine, Run, raise};
use super::value::{Growth, Value};
use crate::program::{CompareOp, Span};

/// Whether it is one of them.
pub(super) fn is_known(name: &str) -> bool {
    matches!(name, "pandas.cut" | "numpy.digitize" | "numpy.select" | "numpy.where")
}

impl<'p> Machine<'p, '_> {
    pub(super) fn binned(&mut self, name: &str, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let unknown = || Ok(Value::unknown(format!("{name}(...)")));
        let made = match name {
            "pandas.cut" => self.cut(args, span)?,
            "numpy.digitize" => self.digitize(args, span)?,
            "numpy.select" => self.select(args, span)?,
            _ => self.chosen_where(args, span)?,
        };
        made.map_or_else(unknown, Ok)
    }

    /// `pandas.cut(x, bins, right=True, labels=None, include_lowest=False)`: for each number the label of its interval,
    /// `nan` where it is in none. The edges go up; which of an interval's two belongs to it is what `right` says.
    fn cut(&mut self, args: &Args<'p>, span: Span) -> Run<Option<Value<'p>>> {
        let known = ["x", "bins", "right", "labels", "include_lowest"];
        let (Some(numbers), Some(edges)) = (args.at_or(0, "x"), args.at_or(1, "bins")) else {
            return raise("TypeError");
        };
        let right = flag(args.at_or(2, "right"), true);
        let lowest = flag(args.at_or(6, "include_lowest"), false);
        let (Some(right), Some(lowest)) = (right, lowest) else { return Ok(None) };
        let is_more =
            args.positional.len() > 4 || args.keywords.iter().any(|(name, _)| !known.contains(&name.as_str()));
        let (Value::List(_), Some(edges)) = (numbers, self.edges(edges, span)?) else { return Ok(None) };
        // One edge bounds nothing.
        if is_more || edges.len() < 2 {
            return Ok(None);
        }
        let labels = match args.at_or(3, "labels") {
            Some(Value::Bool(false)) => {
                (0..edges.len() as i64).map(Value::int).take(edges.len().saturating_sub(1)).collect()
            }
            Some(labels @ (Value::List(_) | Value::Tuple(_))) => self.items(labels, span)?,
            _ => return Ok(None),
        };
        if labels.len() + 1 != edges.len() {
            return raise("ValueError");
        }
        let place = |machine: &mut Self, number: &Value<'p>| {
            let at = machine.place_among(&edges, number, right, span)?;
            if at == 0 && right && lowest && machine.holds(number, CompareOp::Eq, &edges[0], span)? {
                return Ok(labels[0].clone());
            }
            let label = at.checked_sub(1).and_then(|at| labels.get(at));
            Ok(label.cloned().unwrap_or(Value::Float(f64::NAN, false)))
        };
        self.for_each_row(numbers, span, place).map(Some)
    }

    /// `numpy.digitize(x, bins, right=False)`: how many of the edges, which go up, a number lies beyond.
    fn digitize(&mut self, args: &Args<'p>, span: Span) -> Run<Option<Value<'p>>> {
        let (Some(numbers), Some(edges)) = (args.at_or(0, "x"), args.at_or(1, "bins")) else {
            return raise("TypeError");
        };
        let (Some(right), Some(edges)) = (flag(args.at_or(2, "right"), false), self.edges(edges, span)?) else {
            return Ok(None);
        };
        let place = |machine: &mut Self, number: &Value<'p>| {
            Ok(Value::int(machine.place_among(&edges, number, right, span)? as i64))
        };
        match numbers {
            Value::List(_) => self.for_each_row(numbers, span, place).map(Some),
            one if one.number().is_some() => place(self, one).map(Some),
            _ => Ok(None),
        }
    }

    /// `numpy.select([mask, ...], [values, ...], default=0)`: in each row the value of the first mask that holds.
    fn select(&mut self, args: &Args<'p>, span: Span) -> Run<Option<Value<'p>>> {
        let (Some(masks), Some(values)) = (args.at_or(0, "condlist"), args.at_or(1, "choicelist")) else {
            return raise("TypeError");
        };
        let (Value::List(_), Value::List(_)) = (masks, values) else { return Ok(None) };
        let (masks, values) = (self.items(masks, span)?, self.items(values, span)?);
        if masks.len() != values.len() {
            return raise("ValueError");
        }
        let none = Value::int(0);
        let default = args.at_or(2, "default").unwrap_or(&none);
        self.first_that_holds(&masks, &values, default, span)
    }

    /// `numpy.where(mask, values, others)`.
    fn chosen_where(&mut self, args: &Args<'p>, span: Span) -> Run<Option<Value<'p>>> {
        let [mask, value, other] = args.positional.as_slice() else { return Ok(None) };
        self.first_that_holds(std::slice::from_ref(mask), std::slice::from_ref(value), other, span)
    }

    /// In each row the value whose mask is the first that holds there; of single values, that value.
    fn first_that_holds(
        &mut self,
        masks: &[Value<'p>],
        values: &[Value<'p>],
        default: &Value<'p>,
        span: Span,
    ) -> Run<Option<Value<'p>>> {
        let mut rows = None;
        let mut growth = Growth::Fixed;
        for part in masks.iter().chain(values).chain([default]) {
            match part {
                Value::List(list) => {
                    let list = list.borrow();
                    if rows.is_some_and(|rows| rows != list.items.len()) {
                        return Ok(None);
                    }
                    (rows, growth) = (Some(list.items.len()), list.growth);
                }
                Value::Unknown(_) | Value::Dict(_) | Value::Set(_) | Value::Tuple(_) => return Ok(None),
                _ => {}
            }
        }
        let mut chosen = Vec::new();
        for at in 0..rows.unwrap_or(1) {
            let mut found = default;
            for (mask, value) in masks.iter().zip(values) {
                self.charge(1, span)?;
                if self.truth(&in_row(mask, at), span)? {
                    found = value;
                    break;
                }
            }
            chosen.push(in_row(found, at));
        }
        Ok(match rows {
            Some(_) => Some(Value::list_of(SERIES, chosen, own(growth))),
            None => chosen.pop(),
        })
    }

    /// What a function makes of each number of a column.
    fn for_each_row(
        &mut self,
        numbers: &Value<'p>,
        span: Span,
        mut of_one: impl FnMut(&mut Self, &Value<'p>) -> Run<Value<'p>>,
    ) -> Run<Value<'p>> {
        let growth = match numbers {
            Value::List(list) => list.borrow().growth,
            _ => Growth::Fixed,
        };
        let mut made = Vec::new();
        for number in self.items(numbers, span)? {
            self.charge(1, span)?;
            made.push(match &number {
                number if number.number().is_some() => of_one(self, number)?,
                Value::None => Value::Float(f64::NAN, false),
                _ => Value::unknown("a number's interval"),
            });
        }
        Ok(Value::list_of(SERIES, made, own(growth)))
    }

    /// The edges of intervals, if they are numbers that go up.
    fn edges(&mut self, edges: &Value<'p>, span: Span) -> Run<Option<Vec<Value<'p>>>> {
        if !matches!(edges, Value::List(_) | Value::Tuple(_)) {
            return Ok(None);
        }
        let edges = self.items(edges, span)?;
        let numbers: Option<Vec<f64>> = edges.iter().map(|edge| Some(edge.number()?.0.as_f64())).collect();
        let goes_up = numbers.is_some_and(|numbers| numbers.is_sorted_by(|one, next| one < next));
        Ok(goes_up.then_some(edges))
    }

    /// How many of the edges a number lies beyond; where `right` says so, an edge belongs to what is below it.
    fn place_among(&mut self, edges: &[Value<'p>], number: &Value<'p>, right: bool, span: Span) -> Run<usize> {
        let below = if right { CompareOp::Le } else { CompareOp::Lt };
        for (at, edge) in edges.iter().enumerate() {
            self.charge(1, span)?;
            if self.holds(number, below, edge, span)? {
                return Ok(at);
            }
        }
        Ok(edges.len())
    }

    fn holds(&mut self, left: &Value<'p>, op: CompareOp, right: &Value<'p>, span: Span) -> Run<bool> {
        let holds = self.compare(left, op, right, span)?;
        self.truth(&holds, span)
    }
}

/// A flag that is known.
fn flag(given: Option<&Value<'_>>, default: bool) -> Option<bool> {
    match given {
        None => Some(default),
        Some(Value::Bool(flag)) => Some(*flag),
        Some(_) => None,
    }
}

/// What stands in a row of a column; a single value is in all.
fn in_row<'p>(column: &Value<'p>, at: usize) -> Value<'p> {
    match column {
        Value::List(list) => list.borrow().items.get(at).cloned().unwrap_or(Value::None),
        one => one.clone(),
    }
}

/// The growth of a column of the program's own values, one for each of another.
fn own(growth: Growth) -> Growth {
    if growth == Growth::Mirror { Growth::Grown } else { growth }
}
