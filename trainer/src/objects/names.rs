//! Which objects the data set's classes are.

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};
use chameleon_models::zoo::LabelInfo;

/// The shipped table, for Tiny `ImageNet`.
const TABLE: &str = include_str!("names.txt");
/// Instead of names: there is no object in images of this class.
const BACKGROUND: &str = "-";
/// Instead of names: images of this class are left out.
const LEFT_OUT: &str = "?";

/// The names of an object API, and what the classes have to do with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ObjectNames {
    /// The names, in the order of the first class that has them.
    pub(super) labels: Vec<LabelInfo>,
    /// For each class, the indices of its names; `None` if its images are left out. A background has none.
    pub(super) of_class: Vec<Option<Vec<usize>>>,
}

impl ObjectNames {
    /// The shipped table for classes with these `WordNet` numbers.
    ///
    /// # Errors
    /// A class is not in the table.
    pub(super) fn shipped(wnids: &[String]) -> Result<Self> {
        Self::read(TABLE, wnids)
    }

    /// Reads a table of lines `wnid what people call it: name, name`. Empty lines and those that begin with `#` are
    /// comments.
    ///
    /// # Errors
    /// A line of another form, or a class without one.
    pub(super) fn read(table: &str, wnids: &[String]) -> Result<Self> {
        let mut names = Self { labels: Vec::new(), of_class: Vec::new() };
        let lines = table.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut table = HashMap::new();
        for line in lines {
            let (class, of_class) = line.split_once(": ").with_context(|| format!("`{line}` has no `: `"))?;
            let wnid = class.split_whitespace().next().unwrap_or_default();
            ensure!(table.insert(wnid, of_class).is_none(), "class {wnid} has two lines");
        }
        for (class, wnid) in wnids.iter().enumerate() {
            let line = table.get(wnid.as_str()).with_context(|| format!("the table of objects has no class {wnid}"))?;
            let of_class = match *line {
                LEFT_OUT => None,
                BACKGROUND => Some(Vec::new()),
                line => Some(line.split(", ").map(|name| names.index(name, class as u16)).collect()),
            };
            names.of_class.push(of_class);
        }
        Ok(names)
    }

    /// The indices of a class's names; `None` if its images are left out, nothing for a background.
    pub(super) fn names(&self, class: u16) -> Option<&[usize]> {
        self.of_class.get(usize::from(class))?.as_deref()
    }

    /// Whether images of a class show an object.
    pub(super) fn is_object(&self, class: u16) -> bool {
        self.names(class).is_some_and(|names| !names.is_empty())
    }

    /// How many classes there are of each kind, in words.
    pub(super) fn account(&self) -> String {
        let count =
            |wanted: fn(&Option<Vec<usize>>) -> bool| self.of_class.iter().filter(|names| wanted(names)).count();
        let named = count(|names| names.as_ref().is_some_and(|names| !names.is_empty()));
        let background = count(|names| names.as_ref().is_some_and(Vec::is_empty));
        let left_out = count(Option::is_none);
        let all = self.of_class.len();
        format!("of {all} classes, {named} are objects with names, {background} are background and {left_out} left out")
    }

    /// The index of a name, which `class` now has too.
    fn index(&mut self, name: &str, class: u16) -> usize {
        let found = self.labels.iter().position(|label| label.name == name);
        let index = found.unwrap_or_else(|| {
            self.labels.push(LabelInfo { name: name.to_owned(), classes: Vec::new() });
            self.labels.len() - 1
        });
        self.labels[index].classes.push(class);
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wnids(list: &[&str]) -> Vec<String> {
        list.iter().map(|&wnid| wnid.to_owned()).collect()
    }

    #[test]
    fn classes_share_names_and_landscapes_have_none() {
        let table = "# comment\n\nn1 Tabby: Cat, Animal\nn2 Alp: -\nn3 Shop: ?\nn4 Persian cat: Cat, Animal\n";
        let names = ObjectNames::read(table, &wnids(&["n1", "n2", "n3", "n4"])).expect("reads");
        let label = |name: &str| LabelInfo { name: name.to_owned(), classes: vec![0, 3] };
        assert_eq!(names.labels, [label("Cat"), label("Animal")]);
        assert_eq!(names.account(), "of 4 classes, 2 are objects with names, 1 are background and 1 left out");
        assert_eq!(names.of_class, [Some(vec![0, 1]), Some(vec![]), None, Some(vec![0, 1])]);
    }

    #[test]
    fn what_is_missing_or_double_is_said() {
        let error = |table: &str| ObjectNames::read(table, &wnids(&["n1"])).expect_err("refused").to_string();
        assert_eq!(error("n2 Alp: -"), "the table of objects has no class n1");
        assert_eq!(error("n1 a: A\nn1 b: B"), "class n1 has two lines");
        assert_eq!(error("n1 nothing"), "`n1 nothing` has no `: `");
    }
}
