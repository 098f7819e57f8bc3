//! The result for people.

use std::fmt::{self, Display, Formatter};

use super::arms::Arm;
use super::report::{ArmReport, Evaluation, Rate};

impl Display for Evaluation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let images = &self.images;
        writeln!(f, "{}: {} training, {} tuning, {} test examples", self.app, images.train, images.tune, images.test)?;
        writeln!(f, "\nwrong decisions on the test examples, % (95 % interval)\n")?;
        writeln!(
            f,
            "  {:<4}{:<36}{:<21}{:<21}{:>7}{:>10}{:>13}",
            "arm", "", "balanced", "natural", "missed", "overtaken", "false alarm"
        )?;
        for arm in Arm::ALL {
            if let Some(report) = self.arms.get(arm.name()) {
                write_arm(f, arm.name(), report)?;
            }
        }
        writeln!(f)?;
        for (name, ratio) in &self.ratios {
            let number = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.2}"));
            let interval = format!("[{:.2}, {}]", ratio.interval.low, number(ratio.interval.high));
            writeln!(f, "  {name:<5} {} {interval}", number(ratio.value))?;
        }
        if self.attempts.len() > 1 {
            writeln!(f, "\ncustomized, and the best arm's wrong decisions on tuning and test examples, %\n")?;
            for attempt in &self.attempts {
                let (tuning, test) = (100.0 * attempt.tuning, 100.0 * attempt.test);
                writeln!(f, "  {:<28}{:<4}{tuning:>6.1}{test:>7.1}", attempt.depth(), attempt.arm.name())?;
            }
        }
        let verdict = if self.served.passes { "served" } else { "not served" };
        writeln!(f, "\n{verdict}: {}", self.served.reason)?;
        self.remarks.iter().try_for_each(|remark| writeln!(f, "note: {remark}"))
    }
}

fn write_arm(f: &mut Formatter<'_>, name: &str, report: &ArmReport) -> fmt::Result {
    writeln!(
        f,
        "  {name:<4}{:<36}{:<21}{:<21}{:>7.1}{:>10.1}{:>13.1}",
        report.description,
        rate(&report.balanced),
        rate(&report.natural),
        report.errors.miss,
        report.errors.overtake,
        report.errors.false_alarm,
    )
}

fn rate(rate: &Rate) -> String {
    let high = rate.interval.high.unwrap_or(1.0);
    format!("{:.1} [{:.1}, {:.1}]", 100.0 * rate.mean, 100.0 * rate.interval.low, 100.0 * high)
}
