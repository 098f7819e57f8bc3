//! From the names of a data set to indices of the model's vocabulary.

use std::collections::HashMap;
use std::path::Path;

use chameleon_models::zoo::LabelInfo;

use super::DataError;

/// The name of records without any label of the vocabulary.
pub(super) const NONE: &str = "_none";
/// In a map: every name that is neither in it nor a label.
const OTHERS: &str = "*";
/// What separates several labels in a cell.
pub(super) const SEPARATORS: [char; 2] = [';', '|'];

/// The labels of a model, to be found by name, whatever the case.
#[derive(Clone, Debug)]
pub struct Labels {
    all: Vec<LabelInfo>,
    /// Place of each label by its name in lower case.
    by_name: HashMap<String, usize>,
    /// What the user's names stand for, by name in lower case.
    map: HashMap<String, Vec<usize>>,
}

impl Labels {
    /// The labels of a model.
    pub fn new(labels: &[LabelInfo]) -> Self {
        let by_name = labels.iter().enumerate().rev().map(|(i, label)| (label.name.to_lowercase(), i)).collect();
        Self { all: labels.to_vec(), by_name, map: HashMap::new() }
    }

    /// The same, where other names stand for some labels: rows `name,label` of a CSV file, with several labels
    /// separated by `;` or `|`, none for a name that says nothing, and the name `*` for all that are not named. A row of
    /// labels that are `others`' alone is for them.
    ///
    /// # Errors
    /// The file cannot be read, or names a label that is nowhere.
    pub fn with_map(mut self, file: &Path, others: &[&Self]) -> Result<Self, DataError> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::All).from_path(file);
        let reader = reader.as_mut().map_err(|error| DataError::csv(file, error))?;
        for (i, row) in reader.records().enumerate() {
            let row = row.map_err(|error| DataError::csv(file, &error))?;
            let (Some(name), Some(labels), None) = (row.get(0), row.get(1), row.get(2)) else {
                return Err(DataError::csv_row(file, &row, "expected `name,label`"));
            };
            if i == 0 && (name, labels) == ("name", "label") {
                continue;
            }
            let labels = labels.split(SEPARATORS).map(str::trim).filter(|label| !label.is_empty() && *label != NONE);
            let labels: Vec<&str> = labels.collect();
            let is_known = |label: &str, by: &Self| by.by_name.contains_key(&label.to_lowercase());
            let is_nowhere =
                |label: &&&str| !is_known(label, &self) && !others.iter().any(|other| is_known(label, other));
            if let Some(label) = labels.iter().find(is_nowhere) {
                let known = self.all.len();
                let reason = format!("`{label}` is not one of the {known} labels of the model");
                return Err(DataError::csv_row(file, &row, reason));
            }
            let own = labels.iter().filter_map(|label| self.by_name.get(&label.to_lowercase()).copied());
            let own: Vec<usize> = own.collect();
            if !own.is_empty() || labels.is_empty() {
                self.map.insert(name.to_lowercase(), own);
            }
        }
        Ok(self)
    }

    /// Their names.
    pub(super) fn names(&self) -> Vec<String> {
        self.all.iter().map(|label| label.name.clone()).collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Indices of the named label and of all that always come with it, ascending; `None` if there is no such label.
    pub fn resolve(&self, name: &str) -> Option<Vec<u16>> {
        let name = name.trim().to_lowercase();
        if name == NONE {
            return Some(Vec::new());
        }
        if let Some(labels) = self.map.get(&name) {
            return Some(self.all_implied(labels));
        }
        match self.by_name.get(&name) {
            Some(&label) => Some(self.all_implied(&[label])),
            None => self.map.get(OTHERS).map(|labels| self.all_implied(labels)),
        }
    }

    fn all_implied(&self, labels: &[usize]) -> Vec<u16> {
        let mut all: Vec<u16> = labels.iter().flat_map(|&label| self.implied(label)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// A label brings those whose classes include all of its own, and itself. Ascending.
    pub(super) fn implied(&self, label: usize) -> Vec<u16> {
        let classes = &self.all[label].classes;
        let broader = |other: &LabelInfo| !classes.is_empty() && classes.iter().all(|c| other.classes.contains(c));
        (0..self.all.len()).filter(|&i| i == label || broader(&self.all[i])).map(|i| i as u16).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Labels {
        let label = |name: &str, classes: &[u16]| LabelInfo { name: name.to_owned(), classes: classes.to_vec() };
        let table =
            [label("Animal", &[0, 1]), label("Dog", &[0]), label("Cat", &[1]), label("Car", &[2]), label("Joy", &[])];
        Labels::new(&table)
    }

    #[test]
    fn a_label_brings_the_broader_ones() {
        assert_eq!(labels().resolve("dog"), Some(vec![0, 1]));
        assert_eq!(labels().resolve(" ANIMAL "), Some(vec![0]));
        assert_eq!(labels().resolve("Zebra"), None);
        assert_eq!(labels().resolve(NONE), Some(vec![]));
    }

    #[test]
    fn a_label_without_classes_brings_no_other() {
        assert_eq!(labels().resolve("Joy"), Some(vec![4]));
    }
}
