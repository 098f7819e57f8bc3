//! One photograph with what both models make of it.

use std::io::Cursor;
use std::path::Path;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chameleon_decision::Label;
use image::RgbImage;
use image::imageops::FilterType;

use super::html::escape;

/// Longer side of the picture in the page, in pixels.
const SIDE: u32 = 320;
/// Labels shown for each model.
const SHOWN: usize = 5;

/// Labels and the decision that follows from them.
pub(crate) struct Answer {
    /// Highest score first.
    pub(crate) labels: Vec<Label>,
    /// In words.
    pub(crate) decision: String,
}

/// A photograph and two answers.
pub(crate) struct Photo {
    name: String,
    /// JPEG bytes of a small copy.
    picture: Vec<u8>,
    generic: Answer,
    own: Answer,
}

impl Photo {
    /// Keeps a small copy of the picture.
    ///
    /// # Errors
    /// It cannot be encoded.
    pub(crate) fn new(path: &Path, image: RgbImage, generic: Answer, own: Answer) -> Result<Self> {
        let small = image::DynamicImage::ImageRgb8(image).resize(SIDE, SIDE, FilterType::Triangle);
        let mut picture = Cursor::new(Vec::new());
        small.write_to(&mut picture, image::ImageFormat::Jpeg).with_context(|| format!("{}", path.display()))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Self { name, picture: picture.into_inner(), generic, own })
    }

    pub(super) fn card(&self) -> String {
        format!(
            "<figure><img alt=\"{0}\" src=\"data:image/jpeg;base64,{1}\"><figcaption><b>{0}</b>\
             <table><tr><th>generic</th><th>its own</th></tr>\
             <tr><td><code>{2}</code></td><td><code>{3}</code></td></tr>\
             <tr><td>{4}</td><td>{5}</td></tr></table></figcaption></figure>\n",
            escape(&self.name),
            STANDARD.encode(&self.picture),
            escape(&self.generic.decision),
            escape(&self.own.decision),
            labels(&self.generic),
            labels(&self.own),
        )
    }
}

fn labels(answer: &Answer) -> String {
    let line = |label: &Label| format!("{:.2} {}", label.score, escape(&label.description));
    let shown: Vec<String> = answer.labels.iter().take(SHOWN).map(line).collect();
    if shown.is_empty() { "no label".to_owned() } else { shown.join("<br>") }
}
