//! The results for spreadsheets: one line for each decision and arm.

use std::fmt::Write as _;

use super::results::{DecisionResult, Results};
use crate::trainer::Weighting;

/// Rates lie in 0..1; the counts of critical errors are means over seeds.
pub(crate) fn csv(results: &Results) -> String {
    let mut text = String::from(
        "decision,service,type,arm,served,balanced,low,high,natural,miss,overtake,false_alarm,other,label_quality\n",
    );
    for decision in &results.decisions {
        for (name, arm) in &decision.evaluation.arms {
            let (rate, errors) = (&arm.balanced, &arm.errors);
            // Names of decisions hold neither commas nor quotes. Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "{},{},{},{name},{},{:.6},{:.6},{:.6},{:.6},{:.3},{:.3},{:.3},{:.3},{:.6}",
                decision.name,
                decision.service,
                decision.decision_type,
                decision.serves() == name,
                rate.mean,
                rate.interval.low,
                rate.interval.high.unwrap_or(1.0),
                arm.natural.mean,
                errors.miss,
                errors.overtake,
                errors.false_alarm,
                errors.other,
                arm.label_quality,
            );
        }
        let _ = writeln!(
            text,
            "{},{},{},S,true,{}",
            decision.name,
            decision.service,
            decision.decision_type,
            served(decision)
        );
    }
    text
}

/// The columns from `balanced` on: the rate that counts, and nothing else.
fn served(decision: &DecisionResult) -> String {
    match decision.evaluation.recipe.weighting {
        Weighting::Balanced => format!("{:.6},,,,,,,,", decision.served),
        Weighting::Natural => format!(",,,{:.6},,,,,", decision.served),
    }
}
