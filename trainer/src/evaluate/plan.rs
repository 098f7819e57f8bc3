//! What to evaluate: `plan.json`, as `chameleon evaluate` writes it.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use chameleon_decision::{DecisionProcess, FORMAT_VERSION as PROCESS_VERSION};
use serde::{Deserialize, Serialize};

use super::results::Skipped;

/// Version of the file's form.
pub const FORMAT_VERSION: u32 = 1;

/// Decisions to evaluate.
#[derive(Debug, Serialize, Deserialize)]
pub struct Plan {
    /// [`FORMAT_VERSION`].
    pub version: u32,
    /// Each with a name of its own.
    pub decisions: Vec<Planned>,
    /// Decisions known to be left out.
    pub skipped: Vec<Skipped>,
}

/// One decision of an application.
#[derive(Debug, Serialize, Deserialize)]
pub struct Planned {
    /// Name in the results, and of its file.
    pub name: String,
    /// What is decided.
    pub process: DecisionProcess,
}

impl Plan {
    /// Reads a plan.
    ///
    /// # Errors
    /// The file cannot be read, is of another version, or a name occurs twice or is none for a file.
    pub fn read(file: &Path) -> Result<Self> {
        let bytes = fs::read(file).with_context(|| format!("{}", file.display()))?;
        let plan: Self = serde_json::from_slice(&bytes).with_context(|| format!("{}: not a plan", file.display()))?;
        ensure!(
            plan.version == FORMAT_VERSION,
            "{}: version {}, expected {FORMAT_VERSION}",
            file.display(),
            plan.version
        );
        let mut names = HashSet::new();
        for Planned { name, process } in &plan.decisions {
            let sound = !name.is_empty() && !name.starts_with('.') && name.chars().all(is_plain);
            ensure!(sound, "{}: `{name}` cannot name a file", file.display());
            ensure!(process.version == PROCESS_VERSION, "`{name}`: decision process of version {}", process.version);
            if !names.insert(name) {
                bail!("{}: `{name}` twice", file.display());
            }
        }
        Ok(plan)
    }
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "._-".contains(c)
}
