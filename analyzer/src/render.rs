//! The readable account of an analysis.

use crate::Analysis;

/// The account as plain text.
pub fn render(analysis: &Analysis) -> String {
    format!("{} processes\n", analysis.processes.len())
}
