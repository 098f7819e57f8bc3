//! Losses as `PyTorch` modules: in `PyTorch` itself they have the values and the gradients that the trainer works with.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use chameleon_analyzer::Catalog;
use chameleon_decision::{DecisionProcess, Vocabulary};
use chameleon_loss::{
    Answer, Classifier, DecisionLoss, Link, LossConfig, LossError, Number, Pooling, Space, Step, TermWeights, Truth,
};
use chameleon_tests::repository;
use serde_json::{Value, json};

/// Rows of a batch.
const ROWS: usize = 8;
/// Items of a list that is decided on as a whole.
const ITEMS: usize = 6;
/// Of values and gradients.
const TOLERANCE: f64 = 1e-5;

#[test]
fn modules_have_the_values_and_gradients_of_the_trainer() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut count = 0;
    for (app, process, vocabulary) in decisions()? {
        for (at, (answer, form)) in answers(&process, &vocabulary)?.iter().enumerate() {
            // The API's own form in every configuration, others in one of them in turn.
            let all = configurations();
            let chosen = if at == 0 { &all[..] } else { std::slice::from_ref(&all[count % all.len()]) };
            for (config, name) in chosen {
                let name = format!("{app}-{form}-{name}");
                count += usize::from(write(folder.path(), &name, &process, answer, *config, &mut random)?);
            }
        }
    }
    let differences = compare(folder.path())?;
    assert_eq!(differences.len(), count, "every module was run");
    let wrong: Vec<_> = differences.iter().filter(|(_, [value, slope])| value.max(*slope) > TOLERANCE).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    println!("{count} modules agree on values and gradients to {TOLERANCE}");
    Ok(())
}

/// Every decision of the corpus, and of the programs that show each type of decision, with the labels of its API.
fn decisions() -> Result<Vec<(String, DecisionProcess, Vocabulary)>> {
    let labels: Value =
        serde_json::from_str(&fs::read_to_string(repository().join("models/zoo/image-labels/labels.json"))?)?;
    let labels = labels["labels"].as_array().context("a list of labels")?;
    let names = labels.iter().filter_map(|label| label["name"].as_str().or(label.as_str())).map(str::to_owned);
    let catalog = Catalog::new(Vocabulary { name: "image-labels".to_owned(), labels: names.collect() });
    let mut paths = Vec::new();
    for folder in ["apps-corpus", "loss-synth/tests/programs"] {
        paths.extend(fs::read_dir(repository().join(folder))?.filter_map(|entry| Some(entry.ok()?.path())));
    }
    paths.retain(|path| path.is_dir() || path.extension().is_some_and(|extension| extension == "py"));
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let app = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        for (at, process) in chameleon_analyzer::analyze(&path, &catalog)?.processes.into_iter().enumerate() {
            let vocabulary = catalog.vocabulary(&process.api);
            found.push((format!("{app}-{at}"), process, vocabulary));
        }
    }
    Ok(found)
}

/// Every choice of a configuration at least once.
fn configurations() -> [(LossConfig, &'static str); 3] {
    let weights = TermWeights { miss: 1.5, overtake: 0.5, false_alarm: 2.0 };
    let hard = LossConfig {
        step: Step::Softplus { beta: 1.5, margin: 0.25 },
        pooling: Pooling::Max,
        weights,
        wrong_weight: 3.0,
        ..LossConfig::default()
    };
    let soft = LossConfig {
        space: Space::Probability,
        step: Step::Sigmoid { beta: 4.0, margin: 0.2 },
        pooling: Pooling::LogSumExp { temperature: 0.1 },
        ..hard
    };
    [(LossConfig::default(), "default"), (hard, "hard"), (soft, "soft")]
}

/// The forms of answer that a network for this decision can have: that of the API; of labels also one item, of numbers
/// what ordered classes make of them, and of sentiments the classes with their shares.
fn answers(process: &DecisionProcess, vocabulary: &Vocabulary) -> Result<Vec<(Answer, &'static str)>> {
    let answer = match Answer::of(process, vocabulary, ITEMS) {
        Ok(answer) => answer,
        Err(LossError::UnknownField { .. }) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let other = match &answer {
        Answer::Labels { vocabulary, .. } => Some((Answer::Element { vocabulary: vocabulary.clone() }, "item")),
        Answer::Numbers { numbers } => {
            let link = Link::Expectation { values: vec![-1.0, -0.5, 0.0, 0.5, 1.0] };
            let numbers = numbers.iter().enumerate().map(|(place, number)| Number {
                at: place * link.width(),
                link: link.clone(),
                ..number.clone()
            });
            Some((Answer::Numbers { numbers: numbers.collect() }, "classes"))
        }
        Answer::Element { .. } | Answer::Members { .. } | Answer::Items { .. } | Answer::Classes { .. } => None,
    };
    let of_sentiment = process.api.is("aws", "comprehend", "detect_sentiment");
    let classifier = Classifier::Sentiment { classes: &["negative", "neutral", "positive"], scores: &[-1.0, 0.0, 1.0] };
    let shares = of_sentiment.then(|| Answer::of_classifier(process, &classifier)).transpose()?;
    Ok(std::iter::once((answer, "api")).chain(other).chain(shares.map(|answer| (answer, "shares"))).collect())
}

/// Writes the module of a loss and a batch with what is expected; false where there is no formula.
fn write(
    folder: &Path,
    name: &str,
    process: &DecisionProcess,
    answer: &Answer,
    config: LossConfig,
    random: &mut Random,
) -> Result<bool> {
    let Ok(loss) = DecisionLoss::with_answer(&process.summary, answer, config) else { return Ok(false) };
    let rows: Vec<Vec<f32>> = (0..ROWS).map(|_| logits(answer, &loss, random)).collect();
    let numbers = !loss.numbers().is_empty();
    let true_numbers: Vec<Vec<f64>> = (0..ROWS).map(|_| true_numbers(answer, &loss, random)).collect();
    let true_labels: Vec<Vec<u16>> = (0..ROWS).map(|_| true_labels(answer, &loss, random)).collect();
    let truth: Vec<Truth> = if numbers {
        true_numbers.iter().map(|numbers| Truth::Numbers(numbers)).collect()
    } else {
        true_labels.iter().map(|labels| Truth::Labels(labels)).collect()
    };
    let mut gradient = vec![0.0; ROWS * answer.width()];
    let value = loss.value_and_gradient_of(&rows.concat(), &truth, &mut gradient);
    let gradient: Vec<&[f32]> = gradient.chunks_exact(answer.width()).collect();
    let truth = if numbers { json!(true_numbers) } else { json!(true_labels) };
    let batch = json!({"logits": rows, "numbers": numbers, "truth": truth, "value": value, "gradient": gradient});
    fs::write(folder.join(format!("{name}.json")), batch.to_string())?;
    fs::write(folder.join(format!("{name}.py")), loss.to_pytorch(name)?)?;
    Ok(true)
}

/// Of an application's own labels more than others reach the first results.
fn logits(answer: &Answer, loss: &DecisionLoss, random: &mut Random) -> Vec<f32> {
    let own = loss.labels();
    let is_list = matches!(answer, Answer::Labels { .. });
    let logit = |output: usize| {
        let z = 8.0 * random.share() as f32 - 4.0;
        if is_list && own.binary_search(&output).is_err() { z - 3.0 } else { z }
    };
    (0..answer.width()).map(logit).collect()
}

fn true_labels(answer: &Answer, loss: &DecisionLoss, random: &mut Random) -> Vec<u16> {
    if let Answer::Members { fields, elements } = answer {
        let mut start = 0;
        let sizes = (0..*elements).flat_map(|_| fields.iter().map(|field| field.members.len()));
        let members = sizes.map(|size| {
            start += size;
            (start - size + random.below(size)) as u16
        });
        return members.collect();
    }
    if let Answer::Classes { classes, .. } = answer {
        return vec![random.below(classes.len()) as u16];
    }
    let own = loss.labels();
    if let Answer::Element { .. } = answer {
        return own.get(random.below(own.len() + 1)).map(|&label| label as u16).into_iter().collect();
    }
    let mut labels: Vec<u16> =
        (0..random.below(4)).filter_map(|_| own.get(random.below(own.len()))).map(|&l| l as u16).collect();
    labels.extend((0..random.below(2)).map(|_| random.below(answer.width()) as u16));
    labels.sort_unstable();
    labels.dedup();
    labels
}

fn true_numbers(answer: &Answer, loss: &DecisionLoss, random: &mut Random) -> Vec<f64> {
    if loss.numbers().is_empty() {
        return Vec::new();
    }
    let raw: Vec<f32> = (0..answer.width()).map(|_| 6.0 * random.share() as f32 - 3.0).collect();
    let number = |number: &Number| number.link.number(&raw[number.at..number.at + number.link.width()]);
    loss.numbers().iter().map(number).collect()
}

/// The largest differences of value and gradient, by module.
fn compare(folder: &Path) -> Result<BTreeMap<String, [f64; 2]>> {
    let setup = Command::new("python3").arg(repository().join("scripts/torch_python.py")).output()?;
    ensure!(setup.status.success(), "{}", String::from_utf8_lossy(&setup.stderr));
    let mut python = Command::new("python3");
    python.args(["-W", "ignore"]).arg(repository().join("tests/tests/pytorch/compare.py")).arg(folder);
    python.env("PYTHONPATH", String::from_utf8(setup.stdout)?.trim());
    let finished = python.output()?;
    ensure!(finished.status.success(), "{}", String::from_utf8_lossy(&finished.stderr));
    Ok(serde_json::from_slice(&finished.stdout)?)
}

/// A small generator (xorshift), so that a failure can be seen again.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 11
    }

    fn share(&mut self) -> f64 {
        self.next() as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}
