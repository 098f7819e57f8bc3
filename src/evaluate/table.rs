//! The results as text.

use std::fmt::{self, Write as _};

use super::results::{ARMS, Average, Group, Results};
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
    if measured == 0 {
        writeln!(text, "no decision evaluated, {skipped} not")?;
        return write_skipped(text, results);
    }
    writeln!(
        text,
        "{measured} {} evaluated, {skipped} not; {}; {} seeds\n",
        if measured == 1 { "decision" } else { "decisions" },
        results.source,
        results.seeds.len()
    )?;
    let groups: Vec<&Group> = results.groups.iter().filter(|group| !repeats(group, &results.groups)).collect();
    writeln!(text, "wrong decisions on the test examples, %, mean over the decisions (95 % interval)\n")?;
    write!(text, "{:<28}{:>4}", "", "")?;
    for arm in ARMS {
        write!(text, "  {arm:<17}")?;
    }
    writeln!(text)?;
    for group in &groups {
        write!(text, "{:<28}{:>4}", group.title(), group.decisions)?;
        for arm in ARMS {
            write!(text, "  {:<17}", group.arms.get(arm).map_or_else(String::new, average))?;
        }
        writeln!(text)?;
    }
    writeln!(text, "\nratios of wrong decisions (95 % interval)\n")?;
    for group in &groups {
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
    writeln!(text, "\n{LEGEND}")?;
    let remarked = results.decisions.iter().filter(|decision| !decision.evaluation.remarks.is_empty());
    for (at, decision) in remarked.enumerate() {
        if at == 0 {
            writeln!(text, "\nnotes")?;
        }
        for remark in &decision.evaluation.remarks {
            writeln!(text, "{:<34}{remark}", decision.name)?;
        }
    }
    write_skipped(text, results)
}

/// What the names of the columns stand for.
const LEGEND: &str = "G generic model, T tuned thresholds, K specialist of the labels' category, B cross-entropy, \
B+ the same as long as C, C decision loss, S what is served";

/// Whether a group is of the very decisions of the one above it: all decisions of a service are of one type.
fn repeats(group: &Group, groups: &[Group]) -> bool {
    let above = |other: &&Group| other.service == group.service && other.decision_type.is_none();
    group.decision_type.is_some() && groups.iter().find(above).is_some_and(|above| above.decisions == group.decisions)
}

fn write_skipped(text: &mut String, results: &Results) -> fmt::Result {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn results(decisions: usize, skipped: &[&str]) -> Results {
        let group = |decision_type: Option<&str>| json!({ "service": "topics", "decision_type": decision_type, "decisions": decisions, "arms": {}, "ratios": {} });
        let skipped: Vec<_> = skipped.iter().map(|name| json!({ "name": name, "reason": "no label" })).collect();
        let results = json!({
            "protocol": "", "model": "", "source": "a bank", "seeds": [1], "decisions": [], "skipped": skipped,
            "groups": [group(None), group(Some("true_false"))],
        });
        serde_json::from_value(results).expect("results")
    }

    #[test]
    fn without_a_result_there_is_no_empty_table() {
        let expected = format!("no decision evaluated, 1 not\n\nnot evaluated\n{:<34}no label\n", "mine");
        assert_eq!(table(&results(0, &["mine"])), expected);
    }

    #[test]
    fn a_group_of_the_same_decisions_is_not_shown_again() {
        let results = results(1, &[]);
        assert!(!repeats(&results.groups[0], &results.groups));
        assert!(repeats(&results.groups[1], &results.groups));
    }
}
