//! The table of APIs: what is called how, and what it answers.
//!
//! The table is data, `apis.toml`; nothing else names a provider's methods. A user's own table of the same form adds to
//! it.

mod file;

use std::borrow::Cow;
use std::collections::BTreeMap;

use chameleon_decision::{Api, Path, Shape, Vocabulary};

pub use file::ApisError;

/// The names that answers can hold, by the name that the table gives them.
const VOCABULARIES: [(&str, &str); 8] = [
    ("objects", include_str!("../vocabularies/objects.txt")),
    ("content-categories", include_str!("../vocabularies/content-categories.txt")),
    ("moderation-categories", include_str!("../vocabularies/moderation-categories.txt")),
    ("moderation-labels", include_str!("../vocabularies/moderation-labels.txt")),
    ("languages", include_str!("../vocabularies/languages.txt")),
    ("pii-types", include_str!("../vocabularies/pii-types.txt")),
    ("body-parts", include_str!("../vocabularies/body-parts.txt")),
    ("toxic-content", include_str!("../vocabularies/toxic-content.txt")),
];

/// The vocabulary of labels of images: those that the models here know, or the user's own list. No API publishes all of its.
pub(crate) const IMAGE_LABELS: &str = "image-labels";

/// The vocabulary of an API whose names can be anything.
pub(crate) const ANY_TEXT: &str = "any text";

/// Everything known about APIs: how they are called, what they answer, which names their answers can hold.
#[derive(Clone, Debug)]
pub struct Catalog {
    pub(crate) operations: Vec<Operation>,
    pub(crate) enumerations: BTreeMap<String, Vec<String>>,
    /// By the name that the table gives them.
    vocabularies: BTreeMap<String, Vocabulary>,
}

/// One operation of a service.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) api: Api,
    /// Modules that hold the client; where none of them is imported no client is called.
    pub(crate) modules: Vec<String>,
    /// The client's methods for it.
    pub(crate) methods: Vec<String>,
    /// Methods whose request names the operation among its features, and those that take a list of such requests.
    pub(crate) annotate: Vec<String>,
    pub(crate) annotate_batch: Vec<String>,
    /// Its name as a feature.
    pub(crate) feature: Option<String>,
    /// The discovery client's resource and method.
    pub(crate) discovery: Option<(String, String)>,
    /// How it was asked for before the client of today.
    pub(crate) legacy: Option<Legacy>,
    /// What an earlier generation of the client answers.
    pub(crate) earlier: Option<Earlier>,
    /// The end of the REST address.
    pub(crate) rest: Option<String>,
    /// The service's name stands in the source as a text, e.g. `boto3.client("rekognition")`.
    pub(crate) named_in_source: Option<String>,
    /// Names of the argument that limits the number of items.
    pub(crate) limit: Vec<String>,
    /// Names of the argument that says how sure an item must be.
    pub(crate) least: Vec<String>,
    /// Parts of the answer that are looked into only where a source names them, those around others first: to try all
    /// that an answer can hold takes longer than most programs are worth.
    pub(crate) named: Vec<NamedPart>,
}

/// A part of an answer that most programs do not look at.
#[derive(Clone, Debug)]
pub(crate) struct NamedPart {
    pub(crate) path: Path,
    pub(crate) shape: Shape,
}

/// A client library's earlier generation: a method of an image, which answers one field of what the API does.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Legacy {
    /// How its client is made, as sources write it: without that, a method of this name is something else.
    pub(crate) client: String,
    pub(crate) method: String,
    /// The field of the answer that the method returns.
    pub(crate) returns: String,
    /// Names of the argument that limits the number of items.
    #[serde(default)]
    pub(crate) limit: Vec<String>,
}

/// An earlier generation of a client library, which answers in another shape.
#[derive(Clone, Debug)]
pub(crate) struct Earlier {
    /// How its client is made, as sources write it, and how today's is.
    pub(crate) client: String,
    pub(crate) today: Option<String>,
    /// The field of the answer that the oldest versions gave in its place.
    pub(crate) returns: Option<String>,
    /// What it answers.
    pub(crate) answer: Shape,
    /// Parts of that which are looked into only where a source names them.
    pub(crate) named: Vec<NamedPart>,
}

impl Earlier {
    /// Whether it is this generation that sources call.
    pub(crate) fn is_used_in<'s>(&self, mut sources: impl Iterator<Item = &'s str> + Clone) -> bool {
        let makes_today = |text: &str| self.today.as_ref().is_some_and(|today| text.contains(today));
        sources.clone().any(|text| text.contains(&self.client)) && !sources.any(makes_today)
    }
}

impl Catalog {
    /// The APIs that ship, and the labels that images can have.
    ///
    /// # Panics
    ///
    /// Never: that the shipped table can be read is a test.
    pub fn new(image_labels: Vocabulary) -> Self {
        let empty = Self { operations: Vec::new(), enumerations: BTreeMap::new(), vocabularies: BTreeMap::new() };
        let mut catalog = empty.with_apis(include_str!("../apis.toml")).expect("the shipped table is well formed");
        for (name, names) in VOCABULARIES {
            let labels = names.lines().map(str::to_owned).collect();
            catalog.add_vocabulary(name, Vocabulary { name: name.to_owned(), labels });
        }
        catalog.add_vocabulary(IMAGE_LABELS, image_labels);
        catalog
    }

    /// Adds a table of APIs in TOML, of the form of the shipped one; an operation of the same name replaces the known one.
    ///
    /// # Errors
    ///
    /// When the text is no such table; the message names the place.
    pub fn with_apis(mut self, toml: &str) -> Result<Self, ApisError> {
        let file::Read { operations, enumerations } = file::read(toml, &self.enumerations)?;
        self.enumerations.extend(enumerations);
        for operation in operations {
            self.operations.retain(|known| known.api.path() != operation.api.path());
            self.operations.push(operation);
        }
        Ok(self)
    }

    /// Says which names the answers of the APIs can hold that have the vocabulary `name`.
    pub fn add_vocabulary(&mut self, name: &str, vocabulary: Vocabulary) {
        self.vocabularies.insert(name.to_owned(), vocabulary);
    }

    /// Every API, in the order of the table.
    pub fn apis(&self) -> impl Iterator<Item = &Api> {
        self.operations.iter().map(|operation| &operation.api)
    }

    /// The names that an API's items can have; empty where any can come or none are known.
    pub fn vocabulary(&self, api: &Api) -> Vocabulary {
        let name = api.vocabulary.clone().unwrap_or_else(|| ANY_TEXT.to_owned());
        self.vocabularies.get(&name).cloned().unwrap_or(Vocabulary { name, labels: Vec::new() })
    }

    /// The same, with the parts of answers that these sources name.
    pub(crate) fn as_named_in(&self, sources: &[&str]) -> Cow<'_, Self> {
        let mut catalog = Cow::Borrowed(self);
        for (at, operation) in self.operations.iter().enumerate() {
            let earlier = operation.earlier.as_ref().filter(|earlier| earlier.is_used_in(sources.iter().copied()));
            if let Some(earlier) = earlier {
                catalog.to_mut().operations[at].api.answer.clone_from(&earlier.answer);
            }
            for part in earlier.map_or(&operation.named, |earlier| &earlier.named) {
                let Some(name) = part.path.last() else { continue };
                let forms = [name.clone(), camel_case(name), pascal_case(name)];
                if sources.iter().any(|text| forms.iter().any(|form| has_word(text, form)))
                    && let Some(place) = catalog.to_mut().operations[at].api.answer.at_mut(&part.path)
                {
                    *place = part.shape.clone();
                }
            }
        }
        catalog
    }

    /// Whether a source text could call any API.
    pub(crate) fn is_called_in(&self, text: &str) -> bool {
        self.operations.iter().any(|operation| operation.is_called_in(text))
    }

    /// The number of a member of an enumeration, by the end of a dotted name such as `vision.Likelihood.LIKELY`.
    pub(crate) fn member(&self, dotted: &str) -> Option<i64> {
        self.enumerations.iter().find_map(|(name, members)| {
            let (owner, member) = dotted.rsplit_once('.')?;
            let number = members.iter().position(|known| known == member && !known.is_empty())?;
            is_end(owner, name).then_some(number as i64)
        })
    }

    /// The members of an enumeration, by its dotted name, with their numbers.
    pub(crate) fn members(&self, dotted: &str) -> Option<Vec<(&str, i64)>> {
        let (_, members) = self.enumerations.iter().find(|(name, _)| is_end(dotted, name))?;
        let numbered = members.iter().map(String::as_str).zip(0..);
        Some(numbered.filter(|(member, _)| !member.is_empty()).collect())
    }

    /// Whether a dotted name is that of an enumeration.
    pub(crate) fn is_enumeration(&self, dotted: &str) -> bool {
        self.enumerations.keys().any(|name| is_end(dotted, name))
    }
}

impl Operation {
    fn is_called_in(&self, text: &str) -> bool {
        let called = [&self.methods, &self.annotate, &self.annotate_batch].into_iter().flatten();
        called.into_iter().any(|method| text.contains(method.as_str()))
            || self.discovery.as_ref().is_some_and(|(_, method)| text.contains(method.as_str()))
            || self.legacy.as_ref().is_some_and(|legacy| text.contains(legacy.method.as_str()))
            || self.rest.as_ref().is_some_and(|rest| text.contains(rest.as_str()))
    }
}

/// `labelAnnotations` of `label_annotations`.
pub(crate) fn camel_case(name: &str) -> String {
    let pascal = pascal_case(name);
    let mut rest = pascal.chars();
    rest.next().map_or_else(String::new, |first| first.to_lowercase().chain(rest).collect())
}

/// `LabelAnnotations` of `label_annotations`.
fn pascal_case(name: &str) -> String {
    let capitalised = |part: &str| {
        let mut rest = part.chars();
        rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
    };
    name.split('_').map(capitalised).collect()
}

/// Whether a name stands in a text as a whole word: `TEXT_DETECTION` is not in `DOCUMENT_TEXT_DETECTION`.
pub(crate) fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part))
}

/// Whether a dotted name ends in another.
fn is_end(dotted: &str, end: &str) -> bool {
    dotted.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog() -> Catalog {
        Catalog::new(Vocabulary { name: "any".to_owned(), labels: vec!["Food".to_owned()] })
    }

    #[test]
    fn the_shipped_table_can_be_read_and_agrees_with_the_built_in_api() {
        let catalog = catalog();
        assert!(catalog.apis().any(|api| *api == Api::google_label_detection()));
        assert_eq!(catalog.vocabulary(&Api::google_label_detection()).labels, ["Food"]);
    }

    #[test]
    fn enumerations_are_known_by_the_end_of_a_name() {
        let catalog = catalog();
        assert_eq!(catalog.member("vision.Likelihood.LIKELY"), Some(4));
        assert_eq!(catalog.member("enums.Entity.Type.PERSON"), Some(1));
        assert_eq!(catalog.member("Type.PERSON"), None);
        assert!(catalog.is_enumeration("language_v1.Entity.Type"));
    }

    #[test]
    fn a_table_of_the_user_adds_and_replaces() {
        let table = r#"
            [[service]]
            provider = "acme"
            name = "eyes"
            modules = ["acme.eyes"]
            [[service.operation]]
            name = "look"
            methods = ["look"]
            answer.record.things.list.record = { word = "name", sure = "percent" }
        "#;
        let catalog = catalog().with_apis(table).expect("a table");
        assert!(catalog.apis().any(|api| api.path() == "acme/eyes/look"));
        assert!(catalog.is_called_in("client.look(x)"));
    }

    #[test]
    fn a_bad_table_is_refused_with_its_place() {
        let wrong = "[[service]]\nprovider = \"acme\"\n";
        let error = catalog().with_apis(wrong).expect_err("no name").to_string();
        assert!(error.contains("name"), "{error}");
        let unknown = "[[service]]\nprovider=\"a\"\nname=\"b\"\n[[service.operation]]\nname=\"c\"\nanswer.record.x = { choice = \"Nowhere\" }\n";
        let error = catalog().with_apis(unknown).expect_err("no such enumeration").to_string();
        assert!(error.contains("Nowhere") && error.contains("a/b/c"), "{error}");
        let of_shape = |shape: &str| unknown.replace("choice = \"Nowhere\"", &format!("shape = \"{shape}\""));
        let error = catalog().with_apis(&of_shape("Nowhere")).expect_err("no such shape").to_string();
        assert!(error.contains("there is no shape `Nowhere`"), "{error}");
        let circle = format!("[shapes]\nring.list = {{ shape = \"ring\" }}\n{}", of_shape("ring"));
        let error = catalog().with_apis(&circle).expect_err("no end").to_string();
        assert!(error.contains("`ring` is within itself") && error.contains("a/b/c"), "{error}");
    }
}
