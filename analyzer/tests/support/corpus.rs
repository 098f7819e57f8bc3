//! The applications of `apps-corpus`, and random answers of the APIs they call.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use chameleon_decision::Shape;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::support::Random;

/// An application as its `app.json` describes it.
#[derive(Deserialize)]
pub(crate) struct App {
    pub(crate) name: String,
    pub(crate) decisions: Vec<Described>,
    #[serde(skip)]
    pub(crate) folder: PathBuf,
}

/// One of its decisions.
#[derive(Deserialize)]
pub(crate) struct Described {
    pub(crate) api: String,
    pub(crate) calls_in: Place,
    pub(crate) decides_in: String,
    pub(crate) run: Run,
}

#[derive(Deserialize)]
pub(crate) struct Place {
    pub(crate) file: String,
}

/// How the decision is run.
#[derive(Deserialize)]
pub(crate) struct Run {
    pub(crate) file: String,
    pub(crate) call: String,
}

/// The function that a copy of an application ends with: it makes the call that runs the application.
pub(crate) const CALLING: &str = "calling";

/// What stands for the placeholders in a call, as in the harness.
const PLACEHOLDERS: [(&str, &str); 3] = [
    ("{image}", "'image.jpg'"),
    ("{bytes}", "b'not looked at'"),
    ("{text}", "'A text of a dozen words that nobody reads, as the answer is given.'"),
];

impl App {
    /// A copy of the application in a folder of its own, in which the file that is run ends with [`CALLING`].
    pub(crate) fn calling(&self, run: &Run) -> PathBuf {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let own = format!("{}-{}-{}", self.name, std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(own);
        copy(&self.folder, &folder);
        let call = PLACEHOLDERS.iter().fold(run.call.clone(), |call, (name, literal)| call.replace(name, literal));
        let file = folder.join(&run.file);
        let source = fs::read_to_string(&file).expect("the source");
        fs::write(&file, format!("{source}\n\ndef {CALLING}():\n    return {call}\n")).expect("the source is written");
        folder
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a copy");
        }
    }
}

/// All applications, by folder.
pub(crate) fn apps() -> Vec<App> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../apps-corpus");
    let entries = fs::read_dir(corpus).expect("the corpus").map(|entry| entry.expect("an entry").path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.join("app.json").is_file()).collect();
    folders.sort();
    let read = |folder: PathBuf| {
        let text = fs::read_to_string(folder.join("app.json")).expect("a description");
        let app: App = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        App { folder: folder.canonicalize().expect("a path"), ..app }
    };
    folders.into_iter().map(read).collect()
}

/// What answers are made of: texts and numbers that the application is written with, and the API's own names.
pub(crate) struct Material {
    pub(crate) words: Vec<String>,
    pub(crate) numbers: Vec<f64>,
    pub(crate) names: Vec<String>,
    /// The API names each thing once.
    pub(crate) distinct: bool,
}

impl Material {
    /// An answer of this shape.
    pub(crate) fn answer(&self, shape: &Shape, random: &mut Random) -> Value {
        match shape {
            Shape::Record(fields) => {
                let fields = fields.iter().map(|(name, field)| (name.clone(), self.answer(field, random)));
                Value::Object(fields.collect::<Map<_, _>>())
            }
            Shape::List(item) => self.list(item, random),
            Shape::NonEmpty(item) => match self.list(item, random) {
                Value::Array(items) if items.is_empty() => Value::Array(vec![self.answer(item, random)]),
                items => items,
            },
            Shape::Single(item) => match self.list(item, random) {
                Value::Array(items) if items.len() > 1 => Value::Array(items),
                _ => self.answer(item, random),
            },
            Shape::Name | Shape::SameName | Shape::Names | Shape::Text => Value::from(self.name(random)),
            Shape::Score => Value::from(self.number(0.0, 1.0, random)),
            Shape::Percent => Value::from(self.number(0.0, 100.0, random)),
            Shape::Number { low, high } => Value::from(self.number(*low, *high, random)),
            Shape::Choice(choice) => {
                let members: Vec<&String> = choice.members.iter().filter(|member| !member.is_empty()).collect();
                Value::from(members[random.below(members.len())].as_str())
            }
            Shape::Word(words) => Value::from(words[random.below(words.len())].as_str()),
            Shape::Flag => Value::from(random.below(2) == 0),
            Shape::Polygon => shape.nothing(),
            _ => Value::Null,
        }
    }

    fn list(&self, item: &Shape, random: &mut Random) -> Value {
        let count = [0, 1, 1, 2, 3, 5, 8, 12][random.below(8)];
        let mut items: Vec<Value> = (0..count).map(|_| self.answer(item, random)).collect();
        let Shape::Record(fields) = item else { return Value::Array(items) };
        let field = |wanted: &dyn Fn(&Shape) -> bool| fields.iter().find(|field| wanted(field.1)).map(|field| field.0);
        if let Some(name) = field(&|shape| *shape == Shape::Name).filter(|_| self.distinct) {
            let mut seen: Vec<Value> = Vec::new();
            items.retain(|item| {
                let new = !seen.contains(&item[name]);
                seen.push(item[name].clone());
                new
            });
        }
        if let Some(score) = field(&|shape| matches!(shape, Shape::Score | Shape::Percent)) {
            let of = |item: &Value| item[score].as_f64().unwrap_or_default();
            items.sort_by(|a, b| of(b).total_cmp(&of(a)));
        }
        Value::Array(items)
    }

    /// A word of the application in some spelling, alone or among others, or any name.
    fn name(&self, random: &mut Random) -> String {
        let any = |random: &mut Random| match self.names.len() {
            0 => "Thing".to_owned(),
            count => self.names[random.below(count)].clone(),
        };
        if self.words.is_empty() || random.below(4) == 0 {
            return any(random);
        }
        let word = &self.words[random.below(self.words.len())];
        let mut capitals = word.chars();
        let capitalised = capitals.next().map_or_else(String::new, |c| c.to_uppercase().chain(capitals).collect());
        match random.below(9) {
            0 | 1 => word.clone(),
            2 | 3 => capitalised,
            4 => word.to_lowercase(),
            5 => word.to_uppercase(),
            6 => format!("{capitalised} {}", any(random).to_lowercase()),
            7 => format!("{} {word}", any(random)),
            _ => format!("{capitalised}s"),
        }
    }

    /// A number in a range: often one that the application compares with, or its neighbour.
    fn number(&self, low: f64, high: f64, random: &mut Random) -> f64 {
        let known: Vec<f64> = self.numbers.iter().copied().filter(|number| (low..=high).contains(number)).collect();
        if !known.is_empty() && random.below(2) == 0 {
            let number = known[random.below(known.len())];
            return [number, number.next_down(), number.next_up()][random.below(3)].clamp(low, high);
        }
        low + (high - low) * random.below(10_001) as f64 / 10_000.0
    }
}

/// Texts and numbers a program is written with.
pub(crate) fn constants(program: &Value, words: &mut Vec<String>, numbers: &mut Vec<f64>) {
    match program {
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), value) {
                    ("str", Value::String(text)) if !words.contains(text) && !text.trim().is_empty() => {
                        words.push(text.clone());
                    }
                    ("int" | "float", Value::Number(number)) => {
                        let number = number.as_f64().unwrap_or_default();
                        for scaled in [number, -number, number / 100.0, number * 2.0 - 1.0] {
                            if !numbers.contains(&scaled) {
                                numbers.push(scaled);
                            }
                        }
                    }
                    _ => constants(value, words, numbers),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| constants(item, words, numbers)),
        _ => {}
    }
}
