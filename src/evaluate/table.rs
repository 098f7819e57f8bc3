//! The results as text.

use std::fmt::{self, Write as _};

use super::results::{ARMS, Average, Results};
use crate::report::Ratio;

/// Averages, ratios and a line for each decision.
pub(crate) fn table(results: &Results) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, results);
    text
}

fn write(text: &mut String, results: &Results) -> fmt::Result {
    let (measured, skipped) = (results.decisions.len(), results.skipped.len());
    writeln!(
        text,
        "{measured} decisions evaluated, {skipped} not; {}; {} seeds\n",
        results.source,
        results.seeds.len()
    )?;
    writeln!(text, "wrong decisions on the test examples, %, mean over the decisions (95 % interval)\n")?;
    write!(text, "{:<28}{:>4}", "", "")?;
    for arm in ARMS {
        write!(text, "  {arm:<17}")?;
    }
    writeln!(text)?;
    for group in &results.groups {
        write!(text, "{:<28}{:>4}", group.title(), group.decisions)?;
        for arm in ARMS {
            write!(text, "  {:<17}", group.arms.get(arm).map_or_else(String::new, average))?;
        }
        writeln!(text)?;
    }
    writeln!(text, "\nratios of wrong decisions (95 % interval)\n")?;
    for group in &results.groups {
        let ratios: Vec<String> =
            group.ratios.iter().map(|(name, ratio)| format!("{name} {}", quotient(ratio))).collect();
        writeln!(text, "{:<28}      {}", group.title(), ratios.join("   "))?;
    }
    write!(text, "\n{:<34}{:<16}{:<14}", "", "", "")?;
    for arm in ARMS {
        write!(text, "{arm:>6}")?;
    }
    writeln!(text, "  served")?;
    for decision in &results.decisions {
        write!(text, "{:<34}{:<16}{:<14}", decision.name, decision.service, decision.decision_type)?;
        for arm in ARMS {
            let rate = decision.rate(arm).map_or_else(String::new, |rate| format!("{:.1}", 100.0 * rate));
            write!(text, "{rate:>6}")?;
        }
        let worse = if decision.worse_than_generic { ", worse than G" } else { "" };
        writeln!(text, "  {}{worse}", decision.serves())?;
    }
    if !results.skipped.is_empty() {
        writeln!(text, "\nnot evaluated")?;
    }
    for (reason, names) in results.reasons() {
        match names.as_slice() {
            [name] => writeln!(text, "{name:<34}{reason}")?,
            names => writeln!(text, "{}\n{:<34}{reason}", names.join(", "), "")?,
        }
    }
    Ok(())
}

fn average(average: &Average) -> String {
    let high = average.interval.high.unwrap_or(1.0);
    format!("{:.1} [{:.1}, {:.1}]", 100.0 * average.rate, 100.0 * average.interval.low, 100.0 * high)
}

pub(super) fn quotient(ratio: &Ratio) -> String {
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
    format!("{} [{:.2}, {}]", number(ratio.value), ratio.interval.low, number(ratio.interval.high))
}
