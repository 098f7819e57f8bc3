//! The numbers and names of one application, as Python writes them.

use std::fmt::Write as _;

use crate::config::Space;
use crate::form::{CountRange, Interval, LossBranch, Outputs, Rule, Takes};
use crate::link::Link;
use crate::loss::DecisionLoss;
use crate::pooling::Pooling;
use crate::step::Step;

/// Columns of text.
const WIDTH: usize = 110;

/// Appends the constants of a loss to a module.
pub(super) fn write(loss: &DecisionLoss, module: &mut String) {
    let (form, config) = (&loss.form, &loss.config);
    let (Step::Softplus { beta, margin } | Step::Sigmoid { beta, margin }) = config.step;
    let mut constant = |name: &str, value: String, remark: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(module, "{name} = {value}  # {remark}");
    };
    constant("WIDTH", form.width.to_string(), "raw outputs of a row");
    constant("BETA", number(beta), "sharpness of the step");
    constant("MARGIN", number(margin), "margin asked for");
    constant("WRONG_WEIGHT", number(config.wrong_weight), "how much more a wrong decision counts");
    constant("MISS", number(config.weights.miss), "weights of the kinds of error");
    let in_order = [Rule::FirstBranch, Rule::HighestScore, Rule::LowestScore, Rule::FirstItem, Rule::LastItem];
    if in_order.contains(&form.rule) {
        constant("OVERTAKE", number(config.weights.overtake), "");
    }
    if matches!(form.rule, Rule::FirstItem | Rule::LastItem) {
        constant("LAST", python(form.rule == Rule::LastItem).to_owned(), "whether later items win");
    }
    constant("FALSE_ALARM", number(config.weights.false_alarm), "");
    if let Pooling::LogSumExp { temperature } = config.pooling {
        constant("TEMPERATURE", number(temperature), "softness of the largest score");
    }
    match &form.outputs {
        Outputs::Scored => constant("TOP_K", optional(form.top_k), "results that the application looks at"),
        Outputs::Slots { slots, floor } => {
            let ends: Vec<String> = slots.iter().map(|slot| format!("({}, {})", slot.start, slot.end)).collect();
            constant("SLOTS", format!("[{}]", ends.join(", ")), "of each, one member stands in the answer");
            constant("HAS_FLOOR", python(*floor).to_owned(), "whether it does only with a sufficient score");
        }
        Outputs::Numbers(numbers) => {
            let shown = numbers.iter().map(|number| {
                let (link, details) = link(&number.link);
                format!("({}, ({}, {}), {link}, {details})", text(&number.field), number.at, number.end())
            });
            let shown: Vec<String> = shown.collect();
            constant("NUMBERS", format!("[{}]", shown.join(", ")), "field, its outputs, how they make it");
            let outputs = python(config.space == Space::Logit);
            constant("COMPARE_OUTPUTS", outputs.to_owned(), "raw outputs are compared, not numbers");
        }
    }
    module.push_str("\nBRANCHES = [\n");
    let numbers = matches!(form.outputs, Outputs::Numbers(_));
    form.all_branches().for_each(|one| branch(one, (!numbers).then_some(form.names.as_slice()), module));
    module.push_str("]\n");
    // A remark that says nothing is no remark.
    *module = module.replace("  # \n", "\n");
}

fn branch(branch: &LossBranch, names: Option<&[String]>, module: &mut String) {
    let _ = writeln!(module, "    {{\n        \"name\": {},", text(&branch.name));
    if let Some(names) = names {
        let _ = writeln!(module, "        \"negated\": {},", python(branch.negated));
        let _ = writeln!(module, "        \"min_score\": {},", number(branch.min_score));
        module.push_str("        \"labels\": {\n");
        wrapped(branch.labels.iter().map(|&label| format!("{}: {label},", text(&names[label]))), module);
        module.push_str("        },\n");
    }
    let takes = match &branch.takes {
        Takes::Seen => None,
        Takes::Count(ranges) => Some(("counts", list(ranges, count_range))),
        Takes::Score(intervals) => Some(("scores", list(intervals, interval))),
        Takes::Numbers(regions) => Some(("regions", list(regions, |region| list(region, bounds)))),
    };
    if let Some((name, value)) = takes {
        let _ = writeln!(module, "        \"{name}\": {value},");
    }
    module.push_str("    },\n");
}

/// Items side by side, in as many lines as they need.
fn wrapped(items: impl Iterator<Item = String>, module: &mut String) {
    const INDENT: &str = "            ";
    let mut line = String::new();
    for item in items {
        if !line.is_empty() && INDENT.len() + line.chars().count() + 1 + item.chars().count() > WIDTH {
            let _ = writeln!(module, "{INDENT}{line}");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&item);
    }
    let _ = writeln!(module, "{INDENT}{line}");
}

fn list<T>(items: &[T], show: impl Fn(&T) -> String) -> String {
    format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", "))
}

fn count_range(range: &CountRange) -> String {
    format!("({}, {})", range.least, optional(range.most))
}

fn interval(interval: &Interval) -> String {
    let end = |limit: Option<chameleon_decision::Limit>| {
        limit.map_or("None".to_owned(), |limit| format!("({}, {})", number(limit.value), python(limit.inclusive)))
    };
    format!("({}, {})", end(interval.low), end(interval.high))
}

fn bounds((at, within): &(usize, Interval)) -> String {
    let ends = interval(within);
    format!("({at}, {}", &ends[1..])
}

fn link(link: &Link) -> (&'static str, String) {
    match link {
        Link::Identity => ("\"identity\"", "None".to_owned()),
        Link::Positive => ("\"positive\"", "None".to_owned()),
        Link::Bounded { low, high } => ("\"bounded\"", format!("({}, {})", number(*low), number(*high))),
        Link::Expectation { values } => ("\"expectation\"", list(values, |value| number(*value))),
        Link::Share { class, .. } => ("\"share\"", class.to_string()),
    }
}

/// A number that Python reads as the very same float.
fn number(value: f64) -> String {
    format!("{value:?}")
}

fn optional(value: Option<usize>) -> String {
    value.map_or("None".to_owned(), |value| value.to_string())
}

fn python(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// A text between double quotes; JSON's escapes are Python's.
fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
