//! One decision's result and its file, `decisions/NAME.json`. A run that was interrupted goes on with the files that
//! are there, if they were made from the same inputs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use chameleon_decision::DecisionType;
use chameleon_models::files::replace;
use serde::{Deserialize, Serialize};

use crate::customize::report::Evaluation;
use crate::evaluation::strata::Strata;
use crate::service::Service;

/// Version of the file's form.
const FORMAT_VERSION: u32 = 3;

/// A result, or why there is none.
#[derive(Debug, Serialize, Deserialize)]
pub struct Row {
    version: u32,
    /// SHA-256 of everything that the result follows from.
    key: String,
    /// The decision's name.
    pub name: String,
    /// Whose answers it is about.
    pub service: Service,
    /// Its type.
    pub decision_type: DecisionType,
    /// What came out.
    pub outcome: Outcome,
}

/// What came out for one decision.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All arms were measured.
    Measured(Box<Measurement>),
    /// The decision cannot be evaluated with these images, for this reason.
    Skipped(String),
}

/// One decision's numbers.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measurement {
    /// The comparison.
    pub evaluation: Evaluation,
    /// Test images by right decision: places among the test images, which all decisions of the service share.
    pub strata: Vec<Vec<usize>>,
    /// Per arm, by how many seeds each test image is decided wrong.
    pub wrong: BTreeMap<String, Vec<u32>>,
    /// The same of what the product serves: 0 or 1.
    pub wrong_served: Vec<u32>,
}

impl Measurement {
    /// The test images, weighted as the recipe says.
    pub fn strata(&self) -> Strata {
        Strata::of(self.strata.clone(), self.wrong_served.len(), self.evaluation.recipe.weighting)
    }
}

impl Row {
    /// A result made from the inputs with this key.
    pub fn new(name: String, service: Service, decision_type: DecisionType, key: String, outcome: Outcome) -> Self {
        Self { version: FORMAT_VERSION, key, name, service, decision_type, outcome }
    }

    /// The result that an earlier run left, if it has this key. A file that cannot be used is as good as none.
    pub fn read(folder: &Path, name: &str, key: &str) -> Option<Self> {
        let bytes = fs::read(folder.join(file_name(name))).ok()?;
        let row: Self = serde_json::from_slice(&bytes).ok()?;
        (row.version == FORMAT_VERSION && row.key == key && row.name == name).then_some(row)
    }

    /// Writes the file: whole or not at all.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        write_json(&folder.join(file_name(&self.name)), self)
    }
}

/// Writes JSON: whole or not at all.
///
/// # Errors
/// It cannot be written.
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let mut text = serde_json::to_vec(value)?;
    text.push(b'\n');
    replace(path, &text).with_context(|| format!("{}", path.display()))
}

fn file_name(name: &str) -> String {
    format!("{name}.json")
}
