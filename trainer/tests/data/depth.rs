//! Layers before the head: trained with libtorch, served by the engine.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use chameleon_decision::{ApiOutput, Decision, DecisionProcess, Order};
use chameleon_models::app::{AppModel, LAYERS_FILE};
use chameleon_models::bank::Split;
use chameleon_models::labeler::ImageLabeler;
use chameleon_models::preprocess::{self, DecodeLimits};
use chameleon_models::quantize;
use chameleon_models::zoo::{self, Generic as _, ImageLabels};
use chameleon_trainer::customize::body::Body;
use chameleon_trainer::customize::examples::Examples;
use chameleon_trainer::customize::recipe::{Layers, Recipe, Stage};
use chameleon_trainer::customize::{Depth, Inputs, Material, customize};
use chameleon_trainer::data::{self, DataSet, Labels, View};
use chameleon_trainer::progress::ProgressMode;
use chameleon_trainer::service::{Model, Service};
use chameleon_trainer::tail::Part;

use tch::Device;

use crate::customize::image;
use crate::files::Folder;
use crate::support;

const FOLDERS: [&str; 3] = ["bread", "bottle", "_none"];
const IMAGES: usize = 90;

fn images() -> Folder {
    let folder = Folder::new();
    for i in 0..IMAGES {
        folder.write(&format!("{}/{i}.png", FOLDERS[i % FOLDERS.len()]), image(i));
    }
    folder
}

fn process() -> DecisionProcess {
    support::process(Order::ApiOutput, &[("food", vec!["Bread"]), ("recycle", vec!["Bottle"])])
}

fn material(model: &ImageLabels, set: &DataSet, layers: Option<Layers>) -> Material {
    let part = layers.as_ref().map_or(Part::LastStage, |layers| layers.part);
    let (body, features) = Body::read(set, model, part, Device::Cpu, ProgressMode::None).expect("a last stage");
    let examples = Examples::new("drawings".to_owned(), model.feature_count(), features, set.targets(), set.splits());
    // Of layers that are trained themselves the mean over seeds is served.
    let seeds = if layers.as_ref().is_some_and(|layers| layers.rank.is_none()) { vec![1, 2] } else { vec![1] };
    // The head alone may not learn anything here.
    let still = Stage { steps: 1, learning_rate: 0.0, checkpoints: 1, ..Stage::default() };
    Material {
        service: Service::ImageLabels,
        model: Model::Images(Box::new(model.clone())),
        examples: examples.expect("one row an image"),
        body: Some(body),
        recipe: Recipe { first: still.clone(), second: still, resamples: 100, layers, ..Recipe::default() },
        seeds,
    }
}

fn layers(depth: Depth) -> Layers {
    let stage = Stage { steps: 8, batch: 12, learning_rate: 0.1, checkpoints: 1, ..Stage::default() };
    let layers = Layers::at(depth).expect("deeper than the head");
    let rate = if layers.rank.is_some() { 0.01 } else { 0.001 };
    Layers { learning_rate: rate, first: stage.clone(), second: stage, ..layers }
}

/// The balanced rate of wrong decisions on the test images, counted anew: photographs through the engine, labels as they
/// are served, decided by the program.
fn served_error(process: &DecisionProcess, model: &ImageLabels, app: AppModel, set: &DataSet, folder: &Folder) -> f64 {
    let labeler = ImageLabeler::new(model).expect("compiles").for_app(model, Arc::new(app)).expect("made for it");
    let decider = process.decider();
    let mut by_decision = BTreeMap::<String, (usize, usize)>::new();
    let splits = set.splits();
    for (i, record) in set.records.iter().enumerate().filter(|(i, _)| splits[*i] == Split::Test) {
        let number = record.to_string().rsplit('/').next().and_then(|name| name.split('.').next()).map(str::to_owned);
        let number: usize = number.and_then(|number| number.parse().ok()).expect("the image's number");
        let name = format!("{}/{number}.png", FOLDERS[number % FOLDERS.len()]);
        let bytes = std::fs::read(folder.path().join(name)).expect("it is there");
        let image = preprocess::decode(&bytes, DecodeLimits::default()).expect("decodes");
        let features = labeler.features(&[preprocess::tensor(&image, labeler.input())]);
        let labels = labeler.labels(&features[0]).into_iter().map(|label| (label.description, label.score));
        let truth: Vec<&str> =
            set.records[i].labels.iter().map(|&l| model.labels[usize::from(l)].name.as_str()).collect();
        let right = decider.acceptable(&truth).expect("decides");
        let decided: Decision = decider.decide(&ApiOutput::labels(labels)).expect("decides");
        let (wrong, all) = by_decision.entry(format!("{right:?}")).or_default();
        *wrong += usize::from(!right.contains(&decided));
        *all += 1;
    }
    by_decision.values().map(|(wrong, all)| *wrong as f64 / *all as f64).sum::<f64>() / by_decision.len() as f64
}

#[test]
fn layers_are_served_as_they_were_measured() {
    let (model, folder, process) = (zoo::image_labels().expect("ships"), images(), process());
    let set = data::read(folder.path(), &Labels::new(&model.labels)).expect("reads");
    for depth in [Depth::Adapters, Depth::Stage, Depth::AllAdapters, Depth::Full] {
        let material = material(&model, &set, Some(layers(depth)));
        let (app, evaluation) = customize("sorter", &process, material, None, ProgressMode::None).expect("trains");
        let [head, deep] = evaluation.attempts.as_slice() else { panic!("two depths: {:?}", evaluation.attempts) };
        assert!(head.layers.is_none() && deep.layers == Some(layers(depth)));
        assert!(deep.tuning < head.tuning, "only layers can learn: {:?}", evaluation.attempts);
        assert!(!app.layers.is_empty());
        assert_eq!(evaluation.served.seeds, evaluation.seeds, "{depth:?}");
        let (served, measured) = (served_error(&process, &model, app.clone(), &set, &folder), evaluation.served.test);
        // Layers are served in f16: a decision on the edge may turn.
        assert!((served - measured).abs() < 0.04, "{depth:?}: {served} counted, {measured} measured");
        check_files(&app, &model);
    }
}

fn check_files(app: &AppModel, model: &ImageLabels) {
    let kept = Folder::new();
    let path = kept.path().join("sorter");
    app.write(&path, &[]).expect("writes");
    assert_eq!(&AppModel::read(&path, model).expect("reads back"), app);
    std::fs::write(path.join(LAYERS_FILE), "others").expect("writes");
    let refused = AppModel::read(&path, model).expect_err("refused").to_string();
    assert_eq!(refused, "layers.safetensors: not the one that app.json lists");
}

#[test]
fn a_budget_without_time_leaves_the_layers_alone() {
    let (model, folder, process) = (zoo::image_labels().expect("ships"), images(), process());
    let set = data::read(folder.path(), &Labels::new(&model.labels)).expect("reads");
    let material = material(&model, &set, None);
    let customized = customize("sorter", &process, material, Some(Instant::now()), ProgressMode::None);
    assert_eq!(customized.expect("trains").1.attempts.len(), 1);
}

#[test]
fn layers_of_a_quantized_network_are_refused_before_anything_is_trained() {
    let (model, folder, kept) = (zoo::image_labels().expect("ships"), images(), Folder::new());
    let calibration = [vec![0.5; model.network.input.elements()]];
    let quantized = model.quantized(&calibration, quantize::Options { bits: 8 }, || {}).expect("quantizes");
    let base = kept.path().join("quantized");
    quantized.write(&base).expect("writes");
    let inputs = |depth| Inputs {
        beside: Vec::new(),
        alone: false,
        data: Some(folder.path().to_owned()),
        labels_map: None,
        base: Some(base.clone()),
        depth,
        device: Device::Cpu,
        recipe: None,
        weighting: None,
        seed: 1,
        seeds: 1,
        steps: None,
        quiet: true,
        progress: ProgressMode::None,
    };
    for depth in [Depth::Adapters, Depth::Stage, Depth::AllAdapters, Depth::Full] {
        let refused =
            inputs(depth).read(Service::ImageLabels, None, &[View::Plain]).err().expect("refused").to_string();
        assert!(refused.contains("quantized, and layers before the head"), "{depth:?}: {refused}");
    }
    assert!(inputs(Depth::Head).read(Service::ImageLabels, None, &[View::Plain]).is_ok(), "heads fit");
}
