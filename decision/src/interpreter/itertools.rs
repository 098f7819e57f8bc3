//! Functions of `itertools`, evaluated at once.

use super::expressions::Args;
use super::machine::{Machine, Run, raise};
use super::operators::joint_growth;
use super::value::{Growth, Value};
use crate::program::Span;

impl<'p> Machine<'p, '_> {
    /// `itertools.chain(one, other)` and `itertools.chain.from_iterable(several)`.
    pub(super) fn chain(&mut self, name: &str, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let several = match (name.ends_with("from_iterable"), args.get(0)) {
            (true, Some(several)) if several.unknown_text().is_none() => self.items(several, span)?,
            (true, Some(_)) => return Ok(Value::unknown(format!("{name}(...)"))),
            (true, None) => return raise("TypeError"),
            (false, _) => args.positional.clone(),
        };
        let (mut items, mut growth) = (Vec::new(), None);
        for iterable in &several {
            if iterable.unknown_text().is_some() {
                return Ok(Value::unknown(format!("{name}(...)")));
            }
            let own = self.growth(iterable);
            growth = Some(growth.map_or(own, |before| joint_growth(before, own)));
            items.extend(self.items(iterable, span)?);
        }
        Ok(Value::iterator(items, growth.unwrap_or(Growth::Fixed)))
    }

    /// `itertools.islice(items, stop)` and `itertools.islice(items, start, stop, step)`.
    pub(super) fn islice(&mut self, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let Some((iterable, bounds)) = args.positional.split_first() else { return raise("TypeError") };
        if let Some(what) = args.positional.iter().find_map(Value::unknown_text) {
            return Ok(Value::unknown(format!("itertools.islice({what})")));
        }
        let (start, stop, step) = match bounds {
            [stop] => (&Value::None, stop, &Value::None),
            [start, stop] => (start, stop, &Value::None),
            [start, stop, step] => (start, stop, step),
            _ => return raise("TypeError"),
        };
        let (start, stop, step) = (place(start, 0)?, place(stop, usize::MAX)?, place(step, 1)?);
        if step == 0 {
            return raise("ValueError");
        }
        let growth = self.growth(iterable);
        let (mut items, mut at) = (Vec::new(), 0);
        if stop > 0 {
            self.each(iterable, span, &mut |machine, item| {
                machine.charge(1, span)?;
                if at >= start && (at - start) % step == 0 {
                    items.push(item);
                }
                at += 1;
                Ok(at < stop)
            })?;
        }
        Ok(Value::iterator(items, growth))
    }
}

fn place(value: &Value<'_>, usual: usize) -> Run<usize> {
    match value {
        Value::None => Ok(usual),
        Value::Int(at, _) => usize::try_from(*at).or_else(|_| raise("ValueError")),
        _ => raise("ValueError"),
    }
}
