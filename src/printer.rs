//! Talk goes to stderr, data to stdout.

use std::io::{self, Write as _};

/// Prints an error with its whole chain of causes on one line.
pub(crate) fn error(error: &anyhow::Error) {
    // Nothing is left to do when even stderr is closed.
    let _ = writeln!(io::stderr(), "error: {error:#}");
}

/// A remark for the person at the terminal.
pub(crate) fn note(message: impl std::fmt::Display) {
    let _ = writeln!(io::stderr(), "{message}");
}

/// Writes data to stdout, ending with a newline.
///
/// # Errors
/// stdout is closed.
pub(crate) fn data(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    out.flush()
}

/// Writes a value as indented JSON to stdout.
///
/// # Errors
/// stdout is closed.
pub(crate) fn json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    Ok(data(&serde_json::to_string_pretty(value)?)?)
}
