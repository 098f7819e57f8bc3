//! Functions of numbers, of the standard library's `math`.

use super::expressions::Args;
use super::machine::{Machine, Run, raise};
use super::value::{Number, Value};
use crate::program::Span;

/// A function of one number.
type OfOne = fn(f64) -> f64;

/// The functions of one number, by name.
const OF_ONE: [(&str, OfOne); 18] = [
    ("acos", f64::acos),
    ("asin", f64::asin),
    ("atan", f64::atan),
    ("cos", f64::cos),
    ("cosh", f64::cosh),
    ("degrees", f64::to_degrees),
    ("exp", f64::exp),
    ("expm1", f64::exp_m1),
    ("fabs", f64::abs),
    ("log10", f64::log10),
    ("log1p", f64::ln_1p),
    ("log2", f64::log2),
    ("radians", f64::to_radians),
    ("sin", f64::sin),
    ("sinh", f64::sinh),
    ("tan", f64::tan),
    ("tanh", f64::tanh),
    ("cbrt", f64::cbrt),
];

/// The functions of several numbers, and those that give a whole one.
const OTHERS: [&str; 8] = ["hypot", "dist", "atan2", "pow", "copysign", "fmod", "log", "trunc"];

/// Whether a builtin is one of these functions.
pub(super) fn is_known(builtin: &str) -> bool {
    let name = builtin.strip_prefix("math.");
    name.is_some_and(|name| OTHERS.contains(&name) || OF_ONE.iter().any(|known| known.0 == name))
}

impl<'p> Machine<'p, '_> {
    /// `math.hypot(x, y)` and its like: what is made of the API's numbers is a number of the API's.
    pub(super) fn math(&mut self, name: &str, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let name = name.trim_start_matches("math.");
        let mut given = args.positional.clone();
        if name == "dist" {
            let [from, to] = &args.positional[..] else { return raise("TypeError") };
            if let Some(what) = from.unknown_text().or_else(|| to.unknown_text()) {
                return Ok(Value::unknown(format!("math.dist({what})")));
            }
            given = [self.items(from, span)?, self.items(to, span)?].concat();
        }
        if let Some(what) = given.iter().find_map(Value::unknown_text) {
            return Ok(Value::unknown(format!("math.{name}({what})")));
        }
        let mut data = false;
        let mut numbers = Vec::with_capacity(given.len());
        for value in &given {
            let Some((number, is_data)) = value.number() else { return raise("TypeError") };
            data |= is_data;
            numbers.push(number);
        }
        if let ("trunc", [Number::Int(whole)]) = (name, &numbers[..]) {
            return Ok(Value::Int(*whole, data));
        }
        let numbers: Vec<f64> = numbers.into_iter().map(Number::as_f64).collect();
        let result = match (name, &numbers[..]) {
            ("hypot", of) => of.iter().fold(0.0, |sum: f64, number| sum.hypot(*number)),
            ("dist", of) if of.len() % 2 == 0 => {
                let (from, to) = of.split_at(of.len() / 2);
                from.iter().zip(to).fold(0.0, |sum: f64, (a, b)| sum.hypot(a - b))
            }
            ("dist", _) => return raise("ValueError"),
            ("atan2", [y, x]) => y.atan2(*x),
            ("pow", [base, exponent]) if *base == 0.0 && *exponent < 0.0 => return raise("ValueError"),
            ("pow", [base, exponent]) => base.powf(*exponent),
            ("copysign", [of, sign]) => of.copysign(*sign),
            ("fmod", [of, by]) => of % by,
            ("log", [of]) => of.ln(),
            ("log", [of, base]) if *of <= 0.0 || *base <= 0.0 => return raise("ValueError"),
            ("log", [_, base]) if base.ln() == 0.0 => return raise("ZeroDivisionError"),
            ("log", [of, base]) => of.ln() / base.ln(),
            ("trunc", [of]) if of.is_finite() && of.abs() < 9.2e18 => return Ok(Value::Int(of.trunc() as i64, data)),
            (_, [of]) => match OF_ONE.iter().find(|known| known.0 == name) {
                Some((_, function)) => function(*of),
                None => return Ok(Value::unknown(format!("math.{name}(...)"))),
            },
            _ => return raise("TypeError"),
        };
        let is_log = name.starts_with("log");
        match result {
            // As Python has it: no logarithm of nothing, and no number that is none, of numbers.
            result if is_log && result == f64::NEG_INFINITY => raise("ValueError"),
            result if result.is_nan() && !numbers.iter().any(|number| number.is_nan()) => raise("ValueError"),
            result if result.is_infinite() && numbers.iter().all(|number| number.is_finite()) => raise("OverflowError"),
            result => Ok(Value::Float(result, data)),
        }
    }
}
