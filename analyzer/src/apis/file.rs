//! The table of APIs as it is written.

use std::collections::BTreeMap;

use chameleon_decision::{Api, Enumeration, ITEM, Path, Shape};
use serde::Deserialize;

use super::{Earlier, Legacy, NamedPart, Operation};

/// Why a text is no table of APIs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApisError {
    /// Not TOML, or something is missing or of another kind.
    #[error("not a table of APIs: {0}")]
    Toml(toml::de::Error),
    /// A field names an enumeration that is not there.
    #[error("{operation}: there is no enumeration `{name}`; write its members under [enumerations]")]
    Enumeration {
        /// The operation whose answer has the field.
        operation: String,
        /// The name.
        name: String,
    },
    /// A field names a shape that is not there.
    #[error("{operation}: there is no shape `{name}`; write it under [shapes]")]
    Shape {
        /// The operation whose answer has the field.
        operation: String,
        /// The name.
        name: String,
    },
    /// Named shapes within named shapes without an end.
    #[error("{operation}: the shape `{name}` is within itself, or within {DEEPEST} others; spell it out")]
    Endless {
        /// The operation whose answer has the field.
        operation: String,
        /// The name.
        name: String,
    },
}

/// What a row names and the table does not have.
enum Missing {
    Enumeration(String),
    Shape(String),
    /// A shape that is within itself, or too deep within others.
    End(String),
}

/// A table that was read.
pub(super) struct Read {
    pub(super) operations: Vec<Operation>,
    pub(super) enumerations: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default)]
    enumerations: BTreeMap<String, Vec<String>>,
    /// Parts of more than one answer.
    #[serde(default)]
    shapes: BTreeMap<String, ShapeRow>,
    #[serde(default)]
    service: Vec<ServiceRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceRow {
    provider: String,
    name: String,
    #[serde(default)]
    modules: Vec<String>,
    #[serde(default)]
    annotate: Vec<String>,
    #[serde(default)]
    annotate_batch: Vec<String>,
    discovery: Option<DiscoveryRow>,
    rest: Option<String>,
    #[serde(default)]
    named_in_source: bool,
    /// Parts that every answer of the service has.
    #[serde(default)]
    every: BTreeMap<String, ShapeRow>,
    #[serde(default)]
    operation: Vec<OperationRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OperationRow {
    name: String,
    #[serde(default)]
    methods: Vec<String>,
    feature: Option<String>,
    discovery: Option<DiscoveryRow>,
    legacy: Option<Legacy>,
    earlier: Option<EarlierRow>,
    rest: Option<String>,
    #[serde(default)]
    limit: Vec<String>,
    #[serde(default)]
    least: Vec<String>,
    default_top_k: Option<u32>,
    default_least: Option<f64>,
    #[serde(default)]
    repeats: bool,
    #[serde(default)]
    in_order: bool,
    vocabulary: Option<String>,
    answer: ShapeRow,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EarlierRow {
    client: String,
    today: Option<String>,
    returns: Option<String>,
    answer: ShapeRow,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct DiscoveryRow {
    resource: String,
    method: String,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ShapeRow {
    Record(BTreeMap<String, ShapeRow>),
    List(Box<ShapeRow>),
    NonEmpty(Box<ShapeRow>),
    Single(Box<ShapeRow>),
    Named(Box<ShapeRow>),
    Name,
    SameName,
    Names,
    Score,
    Percent,
    Number { low: f64, high: f64 },
    Choice(String),
    Shape(String),
    Word(Vec<String>),
    Text,
    Flag,
    Polygon,
    Other,
    OnlyWhere { field: String, is: String, then: Box<ShapeRow> },
}

/// Shapes within shapes: deeper ones go round in a circle.
const DEEPEST: usize = 32;

/// Reads a table; `known` are enumerations that it may name besides its own.
pub(super) fn read(text: &str, known: &BTreeMap<String, Vec<String>>) -> Result<Read, ApisError> {
    let Table { enumerations, shapes, service } = toml::from_str(text).map_err(ApisError::Toml)?;
    let mut all = known.clone();
    all.extend(enumerations.clone());
    let mut operations = Vec::new();
    for mut service in service {
        for row in std::mem::take(&mut service.operation) {
            operations.push(operation(&service, row, &all, &shapes)?);
        }
    }
    Ok(Read { operations, enumerations })
}

fn operation(
    service: &ServiceRow,
    row: OperationRow,
    enumerations: &BTreeMap<String, Vec<String>>,
    shapes: &BTreeMap<String, ShapeRow>,
) -> Result<Operation, ApisError> {
    let mut api = Api {
        provider: service.provider.clone(),
        service: service.name.clone(),
        operation: row.name,
        answer: Shape::Other,
        default_top_k: row.default_top_k,
        default_least: row.default_least,
        repeats: row.repeats,
        in_order: row.in_order,
        vocabulary: row.vocabulary,
    };
    let missing = |missing: Missing| match missing {
        Missing::Enumeration(name) => ApisError::Enumeration { operation: api.path(), name },
        Missing::Shape(name) => ApisError::Shape { operation: api.path(), name },
        Missing::End(name) => ApisError::Endless { operation: api.path(), name },
    };
    let mut answer = row.answer;
    if let ShapeRow::Record(fields) = &mut answer {
        fields.extend(service.every.clone());
    }
    let read = |answer: ShapeRow| {
        let mut reader = Reader { enumerations, shapes, depth: 0, path: Vec::new(), named: Vec::new() };
        let answer = reader.shape(answer).map_err(missing)?;
        // What lies in another such part has a place only once that part is there.
        reader.named.sort_by_key(|part| part.path.len());
        Ok((answer, reader.named))
    };
    let earlier = match row.earlier {
        Some(EarlierRow { client, today, returns, answer }) => {
            let (answer, named) = read(answer)?;
            Some(Earlier { client, today, returns, answer, named })
        }
        None => None,
    };
    let (answer, named) = read(answer)?;
    api.answer = answer;
    // What a service asks for by feature goes through its one address, where the feature tells the operation.
    let by_feature = row.feature.is_some();
    let shared = |own: Option<DiscoveryRow>| own.or_else(|| service.discovery.clone().filter(|_| by_feature));
    Ok(Operation {
        api,
        modules: service.modules.clone(),
        methods: row.methods,
        annotate: if by_feature { service.annotate.clone() } else { Vec::new() },
        annotate_batch: if by_feature { service.annotate_batch.clone() } else { Vec::new() },
        discovery: shared(row.discovery).map(|row| (row.resource, row.method)),
        legacy: row.legacy,
        earlier,
        rest: row.rest.or_else(|| service.rest.clone().filter(|_| by_feature)),
        feature: row.feature,
        named_in_source: service.named_in_source.then(|| service.name.clone()),
        limit: row.limit,
        least: row.least,
        named,
    })
}

/// Makes shapes of rows.
struct Reader<'e> {
    enumerations: &'e BTreeMap<String, Vec<String>>,
    shapes: &'e BTreeMap<String, ShapeRow>,
    /// Shapes by name that the row is within.
    depth: usize,
    /// Where the row is.
    path: Path,
    /// Parts that are met only where a program names them.
    named: Vec<NamedPart>,
}

impl Reader<'_> {
    /// What `row` is, a step further down.
    fn below(&mut self, step: &str, row: ShapeRow) -> Result<Shape, Missing> {
        self.path.push(step.to_owned());
        let shape = self.shape(row);
        self.path.pop();
        shape
    }

    /// The shape that a row names.
    fn by_name(&mut self, name: String) -> Result<Shape, Missing> {
        if self.depth >= DEEPEST {
            return Err(Missing::End(name));
        }
        let Some(row) = self.shapes.get(&name) else { return Err(Missing::Shape(name)) };
        self.depth += 1;
        let shape = self.shape(row.clone());
        self.depth -= 1;
        shape
    }

    /// The shape, or what it names that is not there.
    fn shape(&mut self, row: ShapeRow) -> Result<Shape, Missing> {
        Ok(match row {
            ShapeRow::Record(fields) => {
                let mut record = BTreeMap::new();
                for (name, field) in fields {
                    let shape = self.below(&name, field)?;
                    record.insert(name, shape);
                }
                Shape::Record(record)
            }
            ShapeRow::List(item) => Shape::List(Box::new(self.below(ITEM, *item)?)),
            ShapeRow::NonEmpty(item) => Shape::NonEmpty(Box::new(self.below(ITEM, *item)?)),
            ShapeRow::Single(item) => Shape::Single(Box::new(self.shape(*item)?)),
            ShapeRow::Named(part) => {
                let shape = self.shape(*part)?;
                self.named.push(NamedPart { path: self.path.clone(), shape });
                Shape::Other
            }
            ShapeRow::Name => Shape::Name,
            ShapeRow::SameName => Shape::SameName,
            ShapeRow::Names => Shape::Names,
            ShapeRow::Score => Shape::Score,
            ShapeRow::Percent => Shape::Percent,
            ShapeRow::Number { low, high } => Shape::Number { low, high },
            ShapeRow::Choice(name) => match self.enumerations.get(&name) {
                Some(members) => Shape::Choice(Enumeration { members: members.clone(), name }),
                None => return Err(Missing::Enumeration(name)),
            },
            ShapeRow::Shape(name) => self.by_name(name)?,
            ShapeRow::Word(words) => Shape::Word(words),
            ShapeRow::Text => Shape::Text,
            ShapeRow::Flag => Shape::Flag,
            ShapeRow::Polygon => Shape::Polygon,
            ShapeRow::Other => Shape::Other,
            ShapeRow::OnlyWhere { field, is, then } => {
                Shape::OnlyWhere { field, is, then: Box::new(self.shape(*then)?) }
            }
        })
    }
}
