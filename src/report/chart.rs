//! Bar charts as inline SVG.

use std::fmt::Write as _;

use super::evaluation::{Arm, Evaluation};
use super::html::escape;

/// Width of the part with bars, in pixels of the drawing.
const WIDTH: f64 = 460.0;
/// Where it begins; names stand to the left.
const LEFT: f64 = 290.0;
const ROW: f64 = 34.0;
const TOP: f64 = 10.0;

/// Rate of wrong decisions by arm, with interval and one dot a seed.
pub(super) fn rates(evaluation: &Evaluation) -> String {
    let arms = evaluation.ordered();
    let high = |arm: &Arm| evaluation.rate(arm).interval.high.unwrap_or(evaluation.rate(arm).mean);
    let largest = arms.iter().map(|(_, arm)| high(arm)).fold(0.05, f64::max);
    let x = |rate: f64| LEFT + WIDTH * rate / (largest * 1.15);
    let mut drawing = open(arms.len(), "wrong decisions by arm");
    for (i, (name, arm)) in arms.iter().enumerate() {
        let middle = TOP + ROW * (i as f64 + 0.5);
        let rate = evaluation.rate(arm);
        title(&mut drawing, name, &arm.description, middle);
        bar(&mut drawing, "rate", LEFT, x(rate.mean), middle);
        line(&mut drawing, x(rate.interval.low), x(high(arm)), middle);
        for seed in &rate.by_seed {
            let _ = write!(drawing, "<circle class=\"seed\" cx=\"{:.1}\" cy=\"{middle}\" r=\"2.5\"/>", x(*seed));
        }
        label(&mut drawing, x(high(arm)) + 6.0, middle, &format!("{:.1} %", 100.0 * rate.mean));
    }
    drawing.push_str("</svg>\n");
    drawing
}

/// Wrong test decisions by kind of critical error.
pub(super) fn errors(evaluation: &Evaluation) -> String {
    let arms = evaluation.ordered();
    let parts = |arm: &Arm| {
        [("miss", arm.errors.miss), ("overtake", arm.errors.overtake), ("false-alarm", arm.errors.false_alarm)]
    };
    let total = |arm: &Arm| parts(arm).iter().map(|(_, count)| count).sum::<f64>();
    let largest = arms.iter().map(|(_, arm)| total(arm)).fold(1.0, f64::max);
    let mut drawing = open(arms.len(), "wrong decisions by kind of error");
    for (i, (name, arm)) in arms.iter().enumerate() {
        let middle = TOP + ROW * (i as f64 + 0.5);
        title(&mut drawing, name, &arm.description, middle);
        let mut from = LEFT;
        for (class, count) in parts(arm) {
            let to = from + WIDTH * count / (largest * 1.15);
            bar(&mut drawing, class, from, to, middle);
            if to - from > 26.0 {
                label(&mut drawing, from + 4.0, middle, &format!("{count:.0}"));
            }
            from = to;
        }
    }
    drawing.push_str(
        "</svg>\n<p class=\"legend\"><span class=\"miss\"></span> missed <span class=\"overtake\"></span> \
                      overtaken by a wrong branch <span class=\"false-alarm\"></span> false alarm \
                      (test examples, mean over seeds)</p>\n",
    );
    drawing
}

fn open(rows: usize, what: &str) -> String {
    let (width, height) = (LEFT + WIDTH + 20.0, TOP * 2.0 + ROW * rows as f64);
    format!("<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{what}\">")
}

fn title(drawing: &mut String, name: &str, description: &str, middle: f64) {
    let (name, description, y) = (escape(name), escape(description), middle + 4.0);
    let _ = write!(drawing, "<text x=\"0\" y=\"{y}\"><tspan class=\"arm\">{name}</tspan> {description}</text>");
}

fn bar(drawing: &mut String, class: &str, from: f64, to: f64, middle: f64) {
    let (width, y) = ((to - from).max(0.0), middle - 10.0);
    let _ = write!(drawing, "<rect class=\"{class}\" x=\"{from:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"20\"/>");
}

fn line(drawing: &mut String, from: f64, to: f64, middle: f64) {
    let _ = write!(drawing, "<path class=\"interval\" d=\"M{from:.1} {middle}H{to:.1}\"/>");
}

fn label(drawing: &mut String, x: f64, middle: f64, text: &str) {
    let _ = write!(drawing, "<text x=\"{x:.1}\" y=\"{}\">{}</text>", middle + 4.0, escape(text));
}
