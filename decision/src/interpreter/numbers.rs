//! Builtins of numbers: `round`, `sum` and their like.

use super::expressions::Args;
use super::machine::{Machine, Run, raise};
use super::numerals;
use super::sequences::COUNTED;
use super::text::Text;
use super::value::{Growth, Number, Value};
use crate::program::{BinaryOp, Span};

impl<'p> Machine<'p, '_> {
    pub(super) fn numeric(&mut self, name: &str, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let Some(value) = args.get(0) else { return Ok(Value::int(0)) };
        if let Some(what) = value.unknown_text() {
            return Ok(Value::unknown(format!("{name}({what})")));
        }
        if let Value::Str(text) = value {
            self.charge(text.as_str().len() / COUNTED, span)?;
            return number_of(name, text, args);
        }
        if name == "int" && args.at_or(1, "base").is_some() {
            return raise("TypeError");
        }
        let Some((number, data)) = value.number() else { return raise("TypeError") };
        let whole = |value: f64| {
            if value.is_nan() {
                raise("ValueError")
            } else if value.is_infinite() {
                raise("OverflowError")
            } else if value.abs() < 9.2e18 {
                Ok(Value::Int(value as i64, data))
            } else {
                Ok(Value::unknown("an integer beyond 64 bits"))
            }
        };
        match (name, number) {
            ("float", number) => Ok(Value::Float(number.as_f64(), data)),
            ("abs", Number::Int(value)) => {
                Ok(value.checked_abs().map_or(Value::unknown("an integer beyond 64 bits"), |v| Value::Int(v, data)))
            }
            ("abs", Number::Float(value)) => Ok(Value::Float(value.abs(), data)),
            ("math.sqrt", number) if number.as_f64() < 0.0 => raise("ValueError"),
            ("math.sqrt", number) => Ok(Value::Float(number.as_f64().sqrt(), data)),
            ("round", number) => match (number, args.at_or(1, "ndigits")) {
                (Number::Int(value), None | Some(Value::None)) => Ok(Value::Int(value, data)),
                (Number::Int(value), Some(Value::Int(digits, _))) if *digits >= 0 => Ok(Value::Int(value, data)),
                (Number::Int(value), Some(Value::Int(digits, _))) => whole(round_to(value as f64, *digits)),
                (number, None | Some(Value::None)) => whole(number.as_f64().round_ties_even()),
                (number, Some(Value::Int(digits, _))) => Ok(Value::Float(round_to(number.as_f64(), *digits), data)),
                _ => raise("TypeError"),
            },
            (_, Number::Int(value)) => Ok(Value::Int(value, data)),
            ("math.floor", Number::Float(value)) => whole(value.floor()),
            ("math.ceil", Number::Float(value)) => whole(value.ceil()),
            (_, Number::Float(value)) => whole(value.trunc()),
        }
    }

    pub(super) fn divmod(&mut self, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let [a, b] = args.positional.as_slice() else { return raise("TypeError") };
        let quotient = self.binary(a, BinaryOp::FloorDiv, b, span)?;
        Ok(Value::tuple(vec![quotient, self.binary(a, BinaryOp::Mod, b, span)?]))
    }

    /// `math.isclose(a, b, rel_tol=..., abs_tol=...)`.
    pub(super) fn is_close(&mut self, args: &Args<'p>) -> Run<Value<'p>> {
        let (Some(a), Some(b)) = (args.get(0), args.get(1)) else { return raise("TypeError") };
        let (rel, abs) = (Value::Float(1e-9, false), Value::Float(0.0, false));
        let tolerances = [args.keyword("rel_tol").unwrap_or(&rel), args.keyword("abs_tol").unwrap_or(&abs)];
        if let Some(what) = [a, b].into_iter().chain(tolerances).find_map(Value::unknown_text) {
            return Ok(Value::unknown(format!("math.isclose({what})")));
        }
        self.inspect_pair(a, b);
        let number = |value: &Value<'p>| value.number().map_or_else(|| raise("TypeError"), |n| Ok(n.0.as_f64()));
        let (a, b, rel, abs) = (number(a)?, number(b)?, number(tolerances[0])?, number(tolerances[1])?);
        if rel < 0.0 || abs < 0.0 {
            return raise("ValueError");
        }
        #[expect(clippy::float_cmp, reason = "as Python does, for infinities")]
        let same = a == b;
        let near = a.is_finite() && b.is_finite() && (a - b).abs() <= (rel * a.abs().max(b.abs())).max(abs);
        Ok(Value::Bool(same || near))
    }

    /// `numpy.average(values, weights=weights)`.
    pub(super) fn weighted_mean(&mut self, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let (Some(values), Some(weights)) = (args.at_or(0, "a"), args.at_or(2, "weights")) else {
            return self.sum("numpy.mean", args, span);
        };
        if let Some(what) = values.unknown_text().or_else(|| weights.unknown_text()) {
            return Ok(Value::unknown(format!("numpy.average({what})")));
        }
        let (values, weights) = (self.items(values, span)?, self.items(weights, span)?);
        if values.len() != weights.len() {
            return raise("ValueError");
        }
        let (mut total, mut weight) = (Value::int(0), Value::int(0));
        for (value, by) in values.iter().zip(&weights) {
            let part = self.binary(value, BinaryOp::Mul, by, span)?;
            total = self.binary(&total, BinaryOp::Add, &part, span)?;
            weight = self.binary(&weight, BinaryOp::Add, by, span)?;
        }
        self.binary(&total, BinaryOp::Div, &weight, span)
    }

    pub(super) fn sum(&mut self, name: &str, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let Some(iterable) = args.get(0) else { return raise("TypeError") };
        let mut total = args.at_or(1, "start").cloned().unwrap_or(Value::int(0));
        if matches!(total, Value::Str(_)) || args.positional.len() > 2 {
            return raise("TypeError");
        }
        let mut count = 0;
        let mirrors = self.growth(iterable) == Growth::Mirror;
        for item in self.items(iterable, span)? {
            total = self.binary(&total, BinaryOp::Add, &item, span)?;
            count += 1;
        }
        if name.ends_with("mean") {
            total = match (count, name) {
                (0, "statistics.mean") => return raise("StatisticsError"),
                (0, _) => Value::Float(f64::NAN, false),
                _ => self.binary(&total, BinaryOp::Div, &Value::int(count), span)?,
            };
        }
        if let ("math.fsum", Some((number, data))) = (name, total.number()) {
            total = Value::Float(number.as_f64(), data);
        }
        Ok(if mirrors { total.into_data() } else { total })
    }
}

/// The number that a text says, for `int` and `float`.
fn number_of<'p>(name: &str, text: &Text, args: &Args<'p>) -> Run<Value<'p>> {
    let (string, data) = (text.as_str(), text.is_data());
    let base = match args.at_or(1, "base") {
        None => 10,
        Some(Value::Int(base, _)) => *base,
        Some(base) if base.unknown_text().is_some() => return Ok(Value::unknown("int(..., base)")),
        Some(_) => return raise("TypeError"),
    };
    if !string.is_ascii() && string.contains(|c: char| !c.is_ascii() && c.is_numeric()) {
        // Digits of other scripts.
        return Ok(Value::unknown(format!("{name}(...)")));
    }
    match name {
        "int" => Ok(match numerals::whole(string, base)? {
            Some(number) => Value::Int(number, data),
            None => Value::unknown("an integer beyond 64 bits"),
        }),
        "float" => Ok(Value::Float(numerals::float(string)?, data)),
        _ => raise("TypeError"),
    }
}

/// Rounds half to even on the decimal text, as Python does (it rounds the exact binary value).
fn round_to(value: f64, digits: i64) -> f64 {
    if digits >= 0 {
        // Rust's formatting rounds the exact binary value correctly.
        format!("{value:.*}", digits.min(320) as usize).parse().unwrap_or(value)
    } else {
        let scale = 10f64.powi(digits.unsigned_abs().min(320) as i32);
        (value / scale).round_ties_even() * scale
    }
}
