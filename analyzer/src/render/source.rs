//! Source lines and line breaking.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use crate::calls::CLIENT_STYLES;
use crate::secrets::masked_line;

/// Lines are broken here where words allow.
const WIDTH: usize = 100;

/// Longer source lines are cut.
const MAX_SOURCE: usize = 84;

/// The text of the files at hand.
pub(super) struct Sources<'a>(pub(super) &'a BTreeMap<String, Arc<str>>);

impl Sources<'_> {
    /// The generation of the client library that a file uses, where it shows.
    pub(super) fn client_style(&self, file: &str) -> Option<&'static str> {
        let text = self.0.get(file)?;
        CLIENT_STYLES.iter().find(|(sign, _)| text.contains(sign)).map(|(_, style)| *style)
    }

    /// A line, from 1, without its indentation; `None` when the text is not at hand.
    pub(super) fn line(&self, file: &str, line: u32) -> Option<String> {
        let line = self.0.get(file)?.lines().nth(line.checked_sub(1)? as usize)?.trim();
        let line = masked_line(line);
        let cut = line.chars().count() > MAX_SOURCE;
        Some(if cut { line.chars().take(MAX_SOURCE - 1).chain(['…']).collect() } else { line })
    }
}

/// Writes `first` and then the words of `text`, continued on lines indented by `indent`.
pub(super) fn wrap(out: &mut String, first: &str, indent: usize, text: &str) {
    let mut line = first.to_owned();
    let mut fresh = true;
    for word in text.split_whitespace() {
        if !fresh && line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(out, "{line}");
            line = " ".repeat(indent);
            fresh = true;
        }
        if !fresh {
            line.push(' ');
        }
        line.push_str(word);
        fresh = false;
    }
    let _ = writeln!(out, "{}", line.trim_end());
}
