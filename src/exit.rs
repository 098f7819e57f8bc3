//! What the exit status means.

use std::process::ExitCode;

/// Exit status of every command; `chameleon --help` prints this table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExitStatus {
    /// The command did what it was asked.
    Success,
    /// It ran, and its answer is "no": nothing found to analyze, a model no better than the generic one.
    Negative,
    /// It could not run: bad arguments, unreadable input, a damaged registry.
    Error,
    /// The status of the program that `chameleon run` started.
    Child(u8),
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        match status {
            ExitStatus::Success => ExitCode::SUCCESS,
            ExitStatus::Negative => ExitCode::from(1),
            ExitStatus::Error => ExitCode::from(2),
            ExitStatus::Child(code) => ExitCode::from(code),
        }
    }
}
