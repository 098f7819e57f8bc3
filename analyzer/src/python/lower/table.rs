//! Tables of pandas that come from outside: what is read from one under a name is a column, whatever was put there.

use tree_sitter::Node;

use super::Lower;
use crate::python::project::Referent;
use crate::python::syntax::{field, visit_all};

/// The builtin that makes a column of a list.
pub(super) const COLUMN: &str = "<column>";

/// What only tables have.
const OF_TABLES: [&str; 12] = [
    "columns",
    "dropna",
    "groupby",
    "iloc",
    "iterrows",
    "itertuples",
    "loc",
    "sort_values",
    "to_csv",
    "to_excel",
    "to_html",
    "to_sql",
];

impl<'t> Lower<'_, 't> {
    /// Whether a variable is a table: something of pandas is assigned to it, or it is used as only a table is.
    pub(super) fn is_table(&self, object: Node<'t>) -> bool {
        let imports = |target: &String| target == "pandas" || target.starts_with("pandas.");
        if !matches!(object.kind(), "identifier" | "attribute")
            || !self.project.modules[self.module()].imported.iter().any(imports)
        {
            return false;
        }
        let name = self.parsed.text(object);
        let is_own = object.kind() == "identifier"
            && matches!(self.project.lookup(self.function, name), Referent::Local(_) | Referent::Cell(..));
        let place = if is_own { self.project.functions[self.function].body } else { self.parsed.tree.root_node() };
        let mut found = false;
        visit_all(place, |node| {
            if found {
                return;
            }
            found = match node.kind() {
                "attribute" => {
                    let is = |part: &str, text: &dyn Fn(&str) -> bool| {
                        field(node, part).is_some_and(|part| text(self.parsed.text(part)))
                    };
                    is("object", &|text| text == name) && is("attribute", &|text| OF_TABLES.contains(&text))
                }
                "assignment" => {
                    let is_it = field(node, "left").is_some_and(|left| self.parsed.text(left) == name);
                    let made = field(node, "right").and_then(|right| field(right, "function"));
                    is_it && made.is_some_and(|callee| self.is_of_pandas(callee))
                }
                // Only a table is asked for the rows where a column of its own is something.
                "subscript" => {
                    let is_it = field(node, "value").is_some_and(|value| self.parsed.text(value) == name);
                    is_it && field(node, "subscript").is_some_and(|rows| self.is_test_of_column(rows, name))
                }
                _ => false,
            };
        });
        found
    }

    /// Whether an index is a test of a column of the table of this name: `table[table["mood"] == "bad"]`.
    fn is_test_of_column(&self, index: Node<'t>, name: &str) -> bool {
        let text = self.parsed.text(index).trim_start_matches(['(', '~', ' ']);
        let is_test = matches!(index.kind(), "comparison_operator" | "binary_operator" | "unary_operator");
        is_test && text.strip_prefix(name).is_some_and(|rest| rest.starts_with(['[', '.']))
    }

    fn is_of_pandas(&self, callee: Node<'t>) -> bool {
        matches!(self.referent(callee), Some(Referent::Library(name)) if name.starts_with("pandas."))
    }
}
