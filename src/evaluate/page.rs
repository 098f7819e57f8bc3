//! The results as one self-contained HTML page: no script, nothing fetched.

use std::fmt::Write as _;

use super::results::{ARMS, DecisionResult, Group, Results};
use super::table::quotient;
use crate::report::{STYLE, escape};

const WIDTH: f64 = 900.0;
const LEFT: f64 = 260.0;
const ROW: f64 = 22.0;

/// The page.
pub(crate) fn page(results: &Results) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Wrong decisions</title>\
         <style>{STYLE}</style></head>\n<body><h1>Wrong decisions of {} applications' decisions</h1>\n",
        results.decisions.len()
    );
    page.push_str(&headline(results));
    page.push_str(&averages(&results.groups));
    page.push_str("<h2>Each decision</h2>\n<p>From the generic model (open) over tuned thresholds (light) to what is served (full).</p>\n");
    page.push_str(&chart(&results.decisions));
    page.push_str(&by_decision(&results.decisions));
    page.push_str(&errors(results));
    page.push_str(&remarks(&results.decisions));
    page.push_str(&skipped(results));
    // Writing to a string cannot fail, here and below.
    let _ = writeln!(
        page,
        "<h2>How it was measured</h2>\n<p>{}</p>\n<p>Model {}; {}; seeds {:?}.</p>\n</body></html>",
        escape(&results.protocol),
        escape(&results.model),
        escape(&results.source),
        results.seeds
    );
    page
}

fn headline(results: &Results) -> String {
    let Some(all) = results.groups.first().filter(|group| group.decisions > 0) else {
        return "<p class=\"headline\">No decision could be evaluated.</p>\n".to_owned();
    };
    let rate = |arm: &str| all.arms.get(arm).map_or(f64::NAN, |average| 100.0 * average.rate);
    format!(
        "<p class=\"headline\">The generic model decides <b>{:.1} %</b> of the test examples wrong, with tuned \
         thresholds <b>{:.1} %</b>, the served models <b>{:.1} %</b>.</p>\n",
        rate("G"),
        rate("T"),
        rate("S")
    )
}

fn averages(groups: &[Group]) -> String {
    let mut text = String::from("<h2>Averages</h2>\n<table><tr><th>decisions</th><th></th>");
    for arm in ARMS {
        let _ = write!(text, "<th>{arm}</th>");
    }
    text.push_str("<th>ratios</th></tr>\n");
    for group in groups {
        let _ = write!(text, "<tr><td>{}</td><td>{}</td>", escape(&group.title()), group.decisions);
        for arm in ARMS {
            let cell = group.arms.get(arm).map_or_else(String::new, |average| {
                let high = average.interval.high.unwrap_or(1.0);
                let (low, high) = (100.0 * average.interval.low, 100.0 * high);
                format!("{:.1}<br><span class=\"small\">{low:.1} to {high:.1}</span>", 100.0 * average.rate)
            });
            let _ = write!(text, "<td>{cell}</td>");
        }
        let ratios: Vec<String> =
            group.ratios.iter().map(|(name, ratio)| format!("{name} {}", quotient(ratio))).collect();
        let _ = writeln!(text, "<td class=\"small\">{}</td></tr>", ratios.join("<br>"));
    }
    text.push_str(
        "</table>\n<p class=\"small\">Percent of wrong decisions with 95 % intervals. G generic model, \
        T tuned thresholds, K specialist of the labels' category, B cross-entropy, B+ the same as long as C, \
        C decision loss, S what is served.</p>\n",
    );
    text
}

/// One line a decision: G, T and S on one scale.
fn chart(decisions: &[DecisionResult]) -> String {
    let largest = decisions.iter().filter_map(|decision| decision.rate("G")).fold(0.05, f64::max);
    let x = |rate: f64| LEFT + (WIDTH - LEFT - 60.0) * rate / largest;
    let height = ROW * decisions.len() as f64 + 10.0;
    let mut drawing =
        format!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"wrong decisions, before and after\">");
    for (i, decision) in decisions.iter().enumerate() {
        let y = ROW * (i as f64 + 0.5) + 5.0;
        let _ = write!(drawing, "<text x=\"0\" y=\"{:.1}\">{}</text>", y + 4.0, escape(&decision.name));
        let (generic, served) = (decision.rate("G").unwrap_or(0.0), decision.served);
        let _ = write!(drawing, "<path class=\"interval\" d=\"M{:.1} {y}H{:.1}\"/>", x(served), x(generic));
        let mut dot = |rate: f64, opacity: f64| {
            let _ = write!(
                drawing,
                "<circle class=\"rate\" stroke=\"currentColor\" style=\"fill-opacity:{opacity}\" cx=\"{:.1}\" cy=\"{y}\" r=\"5\"/>",
                x(rate)
            );
        };
        dot(generic, 0.0);
        if let Some(tuned) = decision.rate("T") {
            dot(tuned, 0.3);
        }
        dot(served, 1.0);
        let _ = write!(
            drawing,
            "<text x=\"{:.1}\" y=\"{:.1}\">{:.0} %</text>",
            x(generic) + 10.0,
            y + 4.0,
            100.0 * generic
        );
    }
    drawing.push_str("</svg>\n");
    drawing
}

fn by_decision(decisions: &[DecisionResult]) -> String {
    let mut text = String::from("<table><tr><th>decision</th><th>type</th>");
    for arm in ARMS {
        let _ = write!(text, "<th>{arm}</th>");
    }
    text.push_str("<th>served</th></tr>\n");
    for decision in decisions {
        let _ = write!(text, "<tr><td>{}</td><td>{}</td>", escape(&decision.name), escape(&decision.decision_type));
        for arm in ARMS {
            let rate = decision.rate(arm).map_or_else(String::new, |rate| format!("{:.1}", 100.0 * rate));
            let _ = write!(text, "<td>{rate}</td>");
        }
        let worse = if decision.worse_than_generic { ", worse than G" } else { "" };
        let _ = writeln!(text, "<td>{}{worse}</td></tr>", escape(decision.serves()));
    }
    text.push_str("</table>\n");
    text
}

fn errors(results: &Results) -> String {
    let mut text = String::from(
        "<h2>Why decisions were wrong</h2>\n<p>Critical errors on the test examples, summed over the decisions, mean over \
         seeds; and the mean average precision of the applications' labels.</p>\n<table><tr><th>arm</th><th>missed</th>\
         <th>overtaken</th><th>false alarm</th><th>other</th><th>label quality</th></tr>\n",
    );
    for arm in ARMS {
        let reports: Vec<_> = results.decisions.iter().filter_map(|row| row.evaluation.arms.get(arm)).collect();
        if reports.is_empty() {
            continue;
        }
        let sum =
            |of: fn(&crate::report::ErrorCounts) -> f64| reports.iter().map(|report| of(&report.errors)).sum::<f64>();
        let quality = reports.iter().map(|report| report.label_quality).sum::<f64>() / reports.len() as f64;
        let _ = writeln!(
            text,
            "<tr><td>{arm}</td><td>{:.0}</td><td>{:.0}</td><td>{:.0}</td><td>{:.0}</td><td>{:.3}</td></tr>",
            sum(|errors| errors.miss),
            sum(|errors| errors.overtake),
            sum(|errors| errors.false_alarm),
            sum(|errors| errors.other),
            quality
        );
    }
    text.push_str("</table>\n");
    text
}

fn remarks(decisions: &[DecisionResult]) -> String {
    if decisions.iter().all(|decision| decision.evaluation.remarks.is_empty()) {
        return String::new();
    }
    let mut text = String::from("<h2>Notes</h2>\n<table><tr><th>decision</th><th></th></tr>\n");
    for decision in decisions {
        for remark in &decision.evaluation.remarks {
            let _ = writeln!(text, "<tr><td>{}</td><td>{}</td></tr>", escape(&decision.name), escape(remark));
        }
    }
    text.push_str("</table>\n");
    text
}

fn skipped(results: &Results) -> String {
    if results.skipped.is_empty() {
        return String::new();
    }
    let mut text = String::from("<h2>Not evaluated</h2>\n<table><tr><th>decisions</th><th>why</th></tr>\n");
    for (reason, names) in results.reasons() {
        let _ = writeln!(text, "<tr><td>{}</td><td>{}</td></tr>", escape(&names.join(", ")), escape(reason));
    }
    text.push_str("</table>\n");
    text
}
