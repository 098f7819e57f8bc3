//! What a data set writes instead of names: class numbers, `WordNet` ids, Open Images ids; and the tables of names that
//! lie beside it.
//!
//! | file | form |
//! |---|---|
//! | `classes.txt` | a class a line: its name, or tab-separated `number`, `code`, `name`, of which one or two can be left out |
//! | `labels.json` | `["name", …]`, `{"0": "name", …}`, or `{"labels": [{"name": …, "classes": [code or number, …]}, …]}` |
//! | `*class-descriptions*.csv` | `code,name` |

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::DataError;
use super::folders::{entries, file_name};

const CLASSES: &str = "classes.txt";
const LABELS: &str = "labels.json";
const DESCRIPTIONS: &str = "class-descriptions";
/// A longer `labels.json` is no table of names.
const LONGEST: u64 = 16 << 20;
/// A number stands for a code, a code for a name: no chain of a right table is longer.
const CHAIN: usize = 3;

/// Names by code.
#[derive(Debug, Default)]
pub(super) struct Codes {
    names: HashMap<String, Vec<String>>,
}

impl Codes {
    /// Takes the tables that are in a folder.
    ///
    /// # Errors
    /// A table cannot be read or is damaged.
    pub(super) fn read(&mut self, folder: &Path) -> Result<(), DataError> {
        let files: Vec<_> = entries(folder)?.into_iter().filter(|path| path.is_file()).collect();
        let named =
            |is: fn(&str) -> bool| files.iter().filter(move |path| file_name(path).is_some_and(|name| is(&name)));
        for file in named(is_descriptions) {
            self.descriptions(file)?;
        }
        for file in named(|name| name == CLASSES) {
            self.classes(&fs::read_to_string(file).map_err(DataError::io(file))?);
        }
        // Last: what it says about a class goes before the class's own name.
        for file in named(|name| name == LABELS) {
            self.labels(file)?;
        }
        Ok(())
    }

    /// Whether a table has a code.
    pub(super) fn has(&self, code: &str) -> bool {
        self.names.contains_key(code)
    }

    /// The names of a code; what is no code is a name itself.
    pub(super) fn names(&self, code: &str) -> Vec<String> {
        let mut names = vec![code.to_owned()];
        for _ in 0..CHAIN {
            names = names.into_iter().flat_map(|name| self.names.get(&name).cloned().unwrap_or(vec![name])).collect();
        }
        names
    }

    fn classes(&mut self, text: &str) {
        for (line, text) in text.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate() {
            let mut fields: Vec<&str> = match text.split_once(char::is_whitespace) {
                _ if text.contains('\t') => text.split('\t').map(str::trim).collect(),
                Some((code, name)) if is_wordnet(code) => vec![code, name.trim()],
                _ => vec![text],
            };
            let number = if fields.len() > 1 && fields[0].parse::<u32>().is_ok() {
                fields.remove(0).to_owned()
            } else {
                line.to_string()
            };
            self.names.insert(number, vec![fields[0].to_owned()]);
            if let [code, name, ..] = fields[..] {
                self.names.insert(code.to_owned(), vec![name.to_owned()]);
            }
        }
    }

    fn labels(&mut self, file: &Path) -> Result<(), DataError> {
        if fs::metadata(file).map_err(DataError::io(file))?.len() > LONGEST {
            return Ok(());
        }
        let bytes = fs::read(file).map_err(DataError::io(file))?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|error| DataError::format(file.display(), error))?;
        let name = |value: &Value| value.as_str().map(ToOwned::to_owned);
        if let Some(labels) = value.get("labels").and_then(Value::as_array) {
            self.names_of_classes(labels);
        } else if let Some(names) = value.as_array() {
            let names = names.iter().enumerate().filter_map(|(i, value)| Some((i.to_string(), vec![name(value)?])));
            self.names.extend(names);
        } else if let Some(names) = value.get("id2label").unwrap_or(&value).as_object() {
            self.names.extend(names.iter().filter_map(|(code, value)| Some((code.clone(), vec![name(value)?]))));
        }
        Ok(())
    }

    fn names_of_classes(&mut self, labels: &[Value]) {
        let mut by_class = HashMap::<String, Vec<String>>::new();
        for label in labels {
            let Some(name) = label.get("name").and_then(Value::as_str) else { continue };
            for class in label.get("classes").and_then(Value::as_array).into_iter().flatten() {
                let code = class.as_str().map_or_else(|| class.to_string(), ToOwned::to_owned);
                by_class.entry(code).or_default().push(name.to_owned());
            }
        }
        self.names.extend(by_class);
    }

    fn descriptions(&mut self, file: &Path) -> Result<(), DataError> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::All).from_path(file);
        let reader = reader.as_mut().map_err(|error| DataError::csv(file, error))?;
        for row in reader.records() {
            let row = row.map_err(|error| DataError::csv(file, &error))?;
            let (Some(code), Some(name)) = (row.get(0), row.get(1)) else {
                return Err(DataError::csv_row(file, &row, "expected `code,name`"));
            };
            self.names.insert(code.to_owned(), vec![name.to_owned()]);
        }
        Ok(())
    }
}

/// Whether a file is a table of the names of codes, by its name.
pub(super) fn is_descriptions(name: &str) -> bool {
    name.contains(DESCRIPTIONS) && Path::new(name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"))
}

fn is_wordnet(word: &str) -> bool {
    word.strip_prefix('n').is_some_and(|digits| digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)]) -> Codes {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            fs::write(folder.path().join(name), text).expect("writes");
        }
        let mut codes = Codes::default();
        codes.read(folder.path()).expect("reads");
        codes
    }

    #[test]
    fn classes_have_names_by_number_and_by_code() {
        let named = read(&[("classes.txt", "tench\ngreat white shark\n")]);
        assert_eq!(named.names("1"), ["great white shark"]);
        let coded = read(&[("classes.txt", "n01440764 tench\nn01484850\tgreat white shark\n")]);
        assert_eq!([coded.names("0"), coded.names("n01484850")], [["tench"], ["great white shark"]]);
        let numbered = read(&[("classes.txt", "7\tn01440764\ttench\n9\tshark\n")]);
        assert_eq!([numbered.names("7"), numbered.names("n01440764")], [["tench"], ["tench"]]);
        assert_eq!([numbered.names("9"), numbered.names("0")], [["shark"], ["0"]]);
    }

    #[test]
    fn labels_of_classes_go_before_the_names_of_classes() {
        let labels = r#"{"labels": [{"name": "Fish", "classes": ["n01440764", 1]}, {"name": "Tench", "classes": ["n01440764"]}]}"#;
        let codes = read(&[("classes.txt", "0\tn01440764\ttench, Tinca tinca\n"), ("labels.json", labels)]);
        assert_eq!(codes.names("0"), ["Fish", "Tench"]);
        assert_eq!(codes.names("1"), ["Fish"]);
        for list in [r#"["cat", "dog"]"#, r#"{"1": "dog"}"#, r#"{"id2label": {"1": "dog"}}"#] {
            assert_eq!(read(&[("labels.json", list)]).names("1"), ["dog"], "{list}");
        }
    }

    #[test]
    fn open_images_classes_have_descriptions() {
        let codes = read(&[("oidv7-class-descriptions.csv", "LabelName,DisplayName\n/m/0k5j,\"Car, motor\"\n")]);
        assert_eq!(codes.names("/m/0k5j"), ["Car, motor"]);
    }

    #[test]
    fn a_table_that_leads_in_circles_ends() {
        let codes = read(&[("labels.json", r#"{"a": "b", "b": "a"}"#)]);
        assert_eq!(codes.names("a").len(), 1);
    }
}
