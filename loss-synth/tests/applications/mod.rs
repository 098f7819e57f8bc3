//! Applications from their source in `programs/`, and what they do on the answers that raw outputs make.

use std::path::Path;

use chameleon_analyzer::Catalog;
use chameleon_decision::{ApiOutput, Decision, DecisionProcess, Shape, Vocabulary, show_path};
use chameleon_loss::{Answer, Classifier, DecisionLoss, Link, LossConfig, LossError, Truth};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

const LABELS: [&str; 14] = [
    "Food",
    "Fruit",
    "Vegetable",
    "Glass",
    "Bottle",
    "Jar",
    "Plastic",
    "Smoke",
    "Person",
    "Crowd",
    "Sky",
    "Tree",
    "Water",
    "Street",
];

/// What a classifier of sentiments tells apart.
const CLASSES: [&str; 3] = ["negative", "neutral", "positive"];

/// Items in a list that is decided on as a whole.
const ITEMS: usize = 4;

/// An application with the form of answer it decides by.
pub(crate) struct Application {
    pub(crate) name: String,
    pub(crate) answer: Answer,
    process: DecisionProcess,
}

/// What is true of a row.
#[derive(Clone, Debug)]
pub(crate) enum Truths {
    Labels(Vec<u16>),
    Numbers(Vec<f64>),
}

impl Truths {
    pub(crate) fn as_truth(&self) -> Truth<'_> {
        match self {
            Self::Labels(labels) => Truth::Labels(labels),
            Self::Numbers(numbers) => Truth::Numbers(numbers),
        }
    }
}

fn vocabulary() -> Vocabulary {
    Vocabulary { name: "image-labels".to_owned(), labels: LABELS.map(str::to_owned).to_vec() }
}

impl Application {
    pub(crate) fn read(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/programs/{name}.py"));
        let analysis = chameleon_analyzer::analyze(&path, &Catalog::new(vocabulary())).expect("the source is there");
        let process = analysis.processes.into_iter().next().expect("it decides something");
        let answer = Answer::of(&process, &vocabulary(), ITEMS).expect("its answer has a form");
        Self { name: name.to_owned(), answer, process }
    }

    /// The same application on answers of one item.
    pub(crate) fn of_single_items(self) -> Self {
        Self { answer: Answer::Element { vocabulary: vocabulary() }, ..self }
    }

    /// The same application with a network that has a class for each of some numbers.
    pub(crate) fn of_ordered_classes(self) -> Self {
        let Answer::Numbers { mut numbers } = self.answer else { panic!("{} is about a number", self.name) };
        for number in &mut numbers {
            number.link = Link::Expectation { values: vec![-1.0, -0.5, 0.0, 0.5, 1.0] };
        }
        Self { answer: Answer::Numbers { numbers }, ..self }
    }

    /// The same application with a classifier of three sentiments.
    pub(crate) fn of_classes(self) -> Self {
        let classifier = Classifier::Sentiment { classes: &CLASSES, scores: &[-1.0, 0.0, 1.0] };
        let answer = Answer::of_classifier(&self.process, &classifier).expect("the API answers classes");
        Self { answer, ..self }
    }

    pub(crate) fn loss(&self, config: LossConfig) -> Result<DecisionLoss, LossError> {
        DecisionLoss::with_answer(&self.process.summary, &self.answer, self.asking(config))
    }

    pub(crate) fn any_loss(&self, config: LossConfig) -> DecisionLoss {
        self.try_any_loss(config).expect("a loss can be made")
    }

    pub(crate) fn try_any_loss(&self, config: LossConfig) -> Result<DecisionLoss, LossError> {
        DecisionLoss::of(&self.process, &self.answer, self.asking(config))
    }

    /// The same where the API answers no more when nothing is said; unless nothing at all is to be cut.
    fn asking(&self, config: LossConfig) -> LossConfig {
        LossConfig { default_top_k: config.default_top_k.and(self.process.api.default_top_k), ..config }
    }

    pub(crate) fn probed(&self, config: LossConfig) -> DecisionLoss {
        DecisionLoss::by_probing(&self.process, &vocabulary(), self.asking(config)).expect("labels change what it does")
    }

    /// Whether the program decides right on the answer that these raw outputs make.
    pub(crate) fn is_right(&self, raw: &[f32], truth: &Truths) -> bool {
        self.right(truth).contains(&self.decide(&self.output(raw)))
    }

    fn decide(&self, output: &ApiOutput) -> Decision {
        self.process.decider().decide(output).expect("the program decides")
    }

    fn right(&self, truth: &Truths) -> Vec<Decision> {
        let decider = self.process.decider();
        match (truth, &self.answer) {
            (Truths::Labels(labels), Answer::Labels { vocabulary, .. }) => {
                let names: Vec<&str> = labels.iter().map(|&output| name(vocabulary, usize::from(output))).collect();
                decider.acceptable(&names).expect("the program decides")
            }
            (Truths::Labels(labels), Answer::Classes { .. }) => {
                let share = |class: usize| f64::from(u8::from(labels.contains(&(class as u16))));
                vec![self.decide(&answer_of_classes([share(0), share(1), share(2)]))]
            }
            (Truths::Labels(labels), _) => {
                let mut raw = vec![-9.0; self.answer.width()];
                for &label in labels {
                    raw[usize::from(label)] = 9.0;
                }
                vec![self.decide(&self.output(&raw))]
            }
            (Truths::Numbers(numbers), _) => vec![self.decide(&self.answer_of_numbers(numbers))],
        }
    }

    /// The answer as an API would give it.
    fn output(&self, raw: &[f32]) -> ApiOutput {
        let score = |z: f32| 1.0 / (1.0 + (-f64::from(z)).exp());
        let seen = |z: f32| score(z) >= self.process.least_score().max(0.5);
        match &self.answer {
            Answer::Labels { vocabulary, .. } | Answer::Element { vocabulary } => {
                let mut labels: Vec<usize> = (0..raw.len()).filter(|&label| seen(raw[label])).collect();
                labels.sort_by(|&a, &b| raw[b].total_cmp(&raw[a]));
                labels.truncate(if matches!(self.answer, Answer::Element { .. }) { 1 } else { usize::MAX });
                let scored = |output: usize| (name(vocabulary, output), score(raw[output]));
                ApiOutput::labels(labels.into_iter().map(scored))
            }
            Answer::Items { .. } => {
                let (list, item) = self.list();
                let items = vec![item.nothing(); raw.iter().filter(|&&z| seen(z)).count()];
                ApiOutput::Answer { answer: json!({ list: items }) }
            }
            Answer::Members { .. } => self.answer_of_members(raw),
            Answer::Classes { .. } => {
                let share = |class: usize| Link::Share { class, classes: CLASSES.len() }.number(raw);
                answer_of_classes([share(0), share(1), share(2)])
            }
            Answer::Numbers { numbers } => {
                let mut start = 0;
                let values = numbers.iter().map(|number| {
                    start += number.link.width();
                    number.link.number(&raw[start - number.link.width()..start])
                });
                self.answer_of_numbers(&values.collect::<Vec<_>>())
            }
        }
    }

    /// The first list of the answer, and its items.
    fn list(&self) -> (String, &Shape) {
        let Shape::Record(fields) = &self.process.api.answer else { panic!("an answer is a record") };
        let list = fields.iter().find_map(|(name, shape)| match shape {
            Shape::List(item) => Some((name.clone(), item.as_ref())),
            _ => None,
        });
        list.expect("the answer has a list")
    }

    fn answer_of_members(&self, raw: &[f32]) -> ApiOutput {
        let Answer::Members { fields, elements } = &self.answer else { panic!("members") };
        let mut answers: Vec<Json> = Vec::new();
        let mut start = 0;
        for _ in 0..*elements {
            let mut answer = None;
            for field in fields {
                let scores = &raw[start..start + field.members.len()];
                let best = (0..scores.len()).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).expect("members");
                let member = field.members[best].rsplit(' ').next().unwrap_or_default();
                let path: Vec<String> = self.path(&field.name);
                let with = self.process.api.answer.with(&path, Json::from(member));
                answer = Some(answer.map_or(with.clone(), |before| merged(before, &with)));
                start += scores.len();
            }
            answers.push(answer.expect("fields"));
        }
        let joined = answers.into_iter().reduce(|all, one| {
            let (list, _) = self.list();
            let items =
                [&all[&list], &one[&list]].iter().flat_map(|items| items.as_array().expect("a list").clone()).collect();
            let mut all = all;
            all[&list] = Json::Array(items);
            all
        });
        ApiOutput::Answer { answer: joined.expect("an item") }
    }

    fn answer_of_numbers(&self, numbers: &[f64]) -> ApiOutput {
        if matches!(self.answer, Answer::Items { .. }) {
            let (list, item) = self.list();
            return ApiOutput::Answer { answer: json!({ list: vec![item.nothing(); numbers[0] as usize] }) };
        }
        let Answer::Numbers { numbers: fields } = &self.answer else { panic!("numbers") };
        let answer = self.process.api.answer.with(&self.path(&fields[0].field), Json::from(numbers[0]));
        ApiOutput::Answer { answer }
    }

    fn path(&self, shown: &str) -> Vec<String> {
        let leaves = self.process.api.answer.leaves();
        leaves.into_iter().find(|leaf| show_path(&leaf.0) == shown).expect("a field of the answer").0
    }
}

/// What Comprehend answers for a text of one sentence, of which nothing is mixed.
fn answer_of_classes(shares: [f64; 3]) -> ApiOutput {
    let greatest = (0..3).max_by(|&a, &b| shares[a].total_cmp(&shares[b])).expect("three classes");
    let [negative, neutral, positive] = shares;
    let scores = json!({ "negative": negative, "neutral": neutral, "positive": positive, "mixed": 0.0 });
    let sentiment = CLASSES[greatest].to_uppercase();
    ApiOutput::Answer { answer: json!({ "sentiment": sentiment, "sentiment_score": scores }) }
}

/// What an output stands for: all labels once, then all for the second time, and so on.
fn name(vocabulary: &Vocabulary, output: usize) -> &str {
    &vocabulary.labels[output % vocabulary.labels.len()]
}

/// One answer with what another says that it does not: for fields of one record.
fn merged(mut answer: Json, other: &Json) -> Json {
    if let (Some(fields), Some(others)) = (answer.as_object_mut(), other.as_object()) {
        for (name, value) in others {
            let default = matches!(value.as_str(), Some("UNKNOWN" | "false"));
            if let Some(own) = fields.get_mut(name).filter(|_| !default) {
                *own = if value.is_object() { merged(own.take(), value) } else { value.clone() };
            }
        }
    }
    answer
}

/// Raw outputs of a row.
pub(crate) fn any_raw(answer: &Answer) -> impl Strategy<Value = Vec<f32>> + use<> {
    prop::collection::vec(-4.0f32..4.0, answer.width())
}

/// What can be true of a row.
pub(crate) fn any_truth(answer: &Answer) -> BoxedStrategy<Truths> {
    let width = answer.width() as u16;
    match answer {
        Answer::Labels { vocabulary, most, .. } if *most > 1 => {
            let (names, most) = (vocabulary.labels.len() as u16, *most as u16);
            // Of a label that is there so often, the first outputs are true.
            prop::collection::btree_map(0..names, 1..=most, 0..5)
                .prop_map(move |times| {
                    let outputs = |(label, times): (u16, u16)| (0..times).map(move |rank| rank * names + label);
                    Truths::Labels(times.into_iter().flat_map(outputs).collect())
                })
                .boxed()
        }
        Answer::Labels { .. } | Answer::Items { .. } => prop::collection::btree_set(0..width, 0..5)
            .prop_map(|labels| Truths::Labels(labels.into_iter().collect()))
            .boxed(),
        Answer::Element { .. } | Answer::Classes { .. } => {
            (0..width).prop_map(|label| Truths::Labels(vec![label])).boxed()
        }
        Answer::Members { fields, elements } => {
            let sizes: Vec<u16> =
                (0..*elements).flat_map(|_| fields.iter().map(|field| field.members.len() as u16)).collect();
            prop::collection::vec(0.0..1.0f64, sizes.len())
                .prop_map(move |shares| {
                    let mut start = 0;
                    let labels = shares.iter().zip(&sizes).map(|(share, &size)| {
                        start += size;
                        start - size + (share * f64::from(size)) as u16
                    });
                    Truths::Labels(labels.collect())
                })
                .boxed()
        }
        Answer::Numbers { numbers } => {
            let link = numbers[0].link.clone();
            prop::collection::vec(-4.0f32..4.0, link.width())
                .prop_map(move |raw| Truths::Numbers(vec![link.number(&raw)]))
                .boxed()
        }
    }
}
