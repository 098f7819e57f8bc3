//! The HTML report about an application's models: one self-contained page, no script, nothing fetched.

mod chart;
mod evaluation;
mod html;
mod photo;

use std::fmt::Write as _;

use anyhow::{Context, Result};
use chameleon_analyzer::render_process;
use chameleon_decision::DecisionProcess;
use chameleon_models::app::AppManifest;

pub(crate) use evaluation::{ErrorCounts, Evaluation, Interval, Ratio};
pub(crate) use html::escape;
pub(crate) use photo::{Answer, Photo};

use crate::process;

pub(crate) const STYLE: &str = include_str!("style.css");

/// A model to report on.
pub(crate) struct Reported {
    /// The name that it is published under.
    pub(crate) name: String,
    /// What it is.
    pub(crate) manifest: AppManifest,
    /// Photographs with its answers.
    pub(crate) photos: Vec<Photo>,
}

/// The page for an application's models, one after the other.
///
/// # Errors
/// A model's description holds no decision process or no evaluation.
pub(crate) fn render(app: &str, models: &[Reported]) -> Result<String> {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{}</title><style>{STYLE}</style></head>\n<body>",
        escape(app)
    );
    for model in models {
        page.push_str(&section(model).with_context(|| model.name.clone())?);
    }
    page.push_str("</body></html>\n");
    Ok(page)
}

fn section(model: &Reported) -> Result<String> {
    let process = process::of_model(&model.manifest)?;
    let evaluation: Evaluation =
        serde_json::from_value(model.manifest.evaluation.clone()).context("the model's evaluation")?;
    let mut text = format!("<h1>{}</h1>\n", escape(&model.name));
    text.push_str(&headline(&evaluation));
    text.push_str(&decision(&process));
    text.push_str(&comparison(&evaluation));
    text.push_str(&gallery(&model.photos));
    writeln!(text, "<h2>The loss</h2>\n<pre>{}</pre>", escape(&evaluation.formula))?;
    Ok(text)
}

fn headline(evaluation: &Evaluation) -> String {
    let served = &evaluation.served;
    let generic = evaluation.arms.get("G").map_or(f64::NAN, |arm| evaluation.rate(arm).mean);
    let mut text = format!(
        "<p class=\"headline\">Wrong decisions on held-out examples: <b>{:.1} %</b> with the generic model, \
         <b>{:.1} %</b> with the application's own.</p>\n<p>{}</p>\n",
        100.0 * generic,
        100.0 * served.test,
        escape(&served.reason)
    );
    for remark in &evaluation.remarks {
        let _ = writeln!(text, "<p>Note: {}</p>", escape(remark));
    }
    text
}

fn decision(process: &DecisionProcess) -> String {
    format!("<h2>What it decides</h2>\n<pre>{}</pre>\n", escape(render_process(process).trim_end()))
}

fn comparison(evaluation: &Evaluation) -> String {
    let images = &evaluation.images;
    let mut text = format!(
        "<h2>How often it decides wrong</h2>\n<p>{} training, {} tuning and {} test examples; {} seeds.</p>\n",
        images.train,
        images.tune,
        images.test,
        evaluation.seeds.len()
    );
    text.push_str(&chart::rates(evaluation));
    text.push_str("<h3>Why decisions were wrong</h3>\n");
    text.push_str(&chart::errors(evaluation));
    text.push_str("<table><tr><th>ratio of wrong decisions</th><th>value</th><th>95 % interval</th></tr>\n");
    for (name, ratio) in &evaluation.ratios {
        let number = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.2}"));
        let _ = writeln!(
            text,
            "<tr><td>{}</td><td>{}</td><td>{:.2} to {}</td></tr>",
            escape(name),
            number(ratio.value),
            ratio.interval.low,
            number(ratio.interval.high)
        );
    }
    let _ = writeln!(text, "</table>\n<p class=\"small\">{}</p>", escape(&evaluation.protocol));
    text
}

fn gallery(photos: &[Photo]) -> String {
    if photos.is_empty() {
        return String::new();
    }
    let mut text = String::from("<h2>Photographs</h2>\n<div class=\"gallery\">\n");
    for photo in photos {
        text.push_str(&photo.card());
    }
    text.push_str("</div>\n");
    text
}
