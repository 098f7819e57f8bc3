//! Variables as lines for a shell.

use std::fmt::Write;

/// `export NAME='value'` for each, for `sh` and its relatives; safe for any value.
pub fn export_lines(variables: &[(String, String)]) -> String {
    variables.iter().fold(String::new(), |mut lines, (name, value)| {
        let quoted = value.replace('\'', r"'\''");
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "export {name}='{quoted}'");
        lines
    })
}
