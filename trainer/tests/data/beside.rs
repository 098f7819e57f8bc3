//! Decisions that hang on two APIs about the same images.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use chameleon_analyzer::Catalog;
use chameleon_decision::{ApiOutput, Decision, DecisionProcess, Given};
use chameleon_models::app::AppModel;
use chameleon_models::bank::Split;
use chameleon_models::labeler::ImageLabeler;
use chameleon_models::objects::ObjectDetector;
use chameleon_models::preprocess::{self, DecodeLimits, RgbImage};
use chameleon_models::zoo;
use chameleon_trainer::customize::examples::Examples;
use chameleon_trainer::customize::{Depth, Inputs, Material, customize};
use chameleon_trainer::measure::measure;
use chameleon_trainer::progress::ProgressMode;
use chameleon_trainer::service::Service;
use tch::Device;

use crate::customize::image;
use crate::files::Folder;

const IMAGES: usize = 240;
const NAMES: [&[&str]; 4] = [&[], &["Dog"], &["Bottle"], &["Dog", "Bottle"]];
const APP: &str = r#"
from google.cloud import vision

def look(image):
    client = vision.ImageAnnotatorClient()
    labels = [label.description for label in client.label_detection(image=image).label_annotations]
    objects = [thing.name for thing in client.object_localization(image=image).localized_object_annotations]
    if "Dog" in labels and "Bottle" in objects:
        return "thirsty"
    return "dog" if "Dog" in labels else "nothing"
"#;

/// Images in which the detector finds something, of which the names say nothing of the split.
fn images() -> Folder {
    let (folder, server) = (Folder::new(), Server::new(None, None));
    let decode = |bytes: &Vec<u8>| preprocess::decode(bytes, DecodeLimits::default()).expect("decodes");
    let drawn = (0..).map(image).filter(|bytes| !server.detector.look(&decode(bytes)).candidates.is_empty());
    let mut list = Vec::new();
    for (i, bytes) in drawn.take(IMAGES).enumerate() {
        folder.write(&format!("{i}.png"), bytes);
        let labels = serde_json::to_string(NAMES[i % NAMES.len()]).expect("serializes");
        list.push(format!("{{\"file_name\": \"{i}.png\", \"labels\": {labels}}}"));
    }
    folder.write("metadata.jsonl", list.join("\n"));
    folder
}

fn process(operation: &str) -> DecisionProcess {
    let folder = Folder::with(&[("look.py", APP)]);
    let mut catalog = Catalog::new(zoo::image_label_vocabulary().expect("ships"));
    catalog.add_vocabulary("objects", zoo::image_object_vocabulary().expect("ships"));
    let analysis = chameleon_analyzer::analyze(&folder.path().join("look.py"), &catalog).expect("reads");
    analysis.processes.into_iter().find(|process| process.api.operation == operation).expect("it decides by it")
}

fn inputs(data: &Path, beside: &[&Path]) -> Inputs {
    Inputs {
        beside: beside.iter().map(|folder| folder.to_path_buf()).collect(),
        alone: false,
        data: Some(data.to_owned()),
        labels_map: None,
        base: None,
        depth: Depth::Head,
        device: Device::Cpu,
        recipe: None,
        weighting: None,
        seed: 1,
        seeds: 2,
        steps: Some(40),
        quiet: true,
        progress: ProgressMode::None,
    }
}

fn material(process: &DecisionProcess, data: &Path, beside: &[&Path]) -> Material {
    let service = Service::of(&process.api).expect("a model answers it");
    inputs(data, beside).read_for(process, service, None).expect("reads")
}

fn decoded(data: &Path, name: &str) -> RgbImage {
    let bytes = std::fs::read(data.join(name)).expect("it is there");
    preprocess::decode(&bytes, DecodeLimits::default()).expect("decodes")
}

/// What the server answers for an image: labels and objects.
struct Server {
    labeler: ImageLabeler,
    detector: ObjectDetector,
    objects: Option<AppModel>,
}

impl Server {
    fn new(labels: Option<AppModel>, objects: Option<AppModel>) -> Self {
        let model = zoo::image_labels().expect("ships");
        let labeler = ImageLabeler::new(&model).expect("compiles");
        let labeler =
            labels.map_or(labeler.clone(), |app| labeler.for_app(&model, Arc::new(app)).expect("made for it"));
        let detector = ObjectDetector::new(&model, &zoo::image_objects(&model).expect("ships")).expect("fits");
        Self { labeler, detector, objects }
    }

    fn answers(&self, image: &RgbImage) -> [ApiOutput; 2] {
        let features = self.labeler.features(&[preprocess::tensor(image, self.labeler.input())]);
        let labels = self.labeler.labels(&features[0]).into_iter().map(|label| (label.description, label.score));
        let objects = self.detector.detect(image, self.objects.as_ref()).into_iter();
        [ApiOutput::labels(labels), ApiOutput::labels(objects.map(|object| (object.name, object.score)))]
    }
}

/// The decision on labels and objects.
fn decide(process: &DecisionProcess, [labels, objects]: [ApiOutput; 2]) -> Decision {
    let given = Given { api: "google/vision/object_localization".to_owned(), output: objects };
    process.decider().given(given).decide(&labels).expect("nothing else decides")
}

/// The balanced rate over some images, counted anew: both APIs' answers as they are served, decided by the program.
fn counted<'i>(process: &DecisionProcess, server: &Server, data: &Path, images: impl Iterator<Item = &'i str>) -> f64 {
    let mut by_decision = BTreeMap::<String, (usize, usize)>::new();
    for name in images {
        let number: usize = name.trim_end_matches(".png").parse().expect("the image's number");
        let truth = || ApiOutput::labels(NAMES[number % NAMES.len()].iter().map(|&name| (name, 1.0)));
        let right = decide(process, [truth(), truth()]);
        let served = decide(process, server.answers(&decoded(data, name)));
        let (wrong, all) = by_decision.entry(format!("{right:?}")).or_default();
        *wrong += usize::from(served != right);
        *all += 1;
    }
    by_decision.values().map(|(wrong, all)| *wrong as f64 / *all as f64).sum::<f64>() / by_decision.len() as f64
}

/// The names of the images of a split, in the order of the list.
fn of_split(examples: &Examples, split: Split) -> Vec<String> {
    assert_eq!(examples.split.len(), IMAGES, "the detector finds something in all of them");
    examples.of(split).into_iter().map(|i| format!("{i}.png")).collect()
}

#[test]
fn models_made_one_after_the_other_are_served_together_as_they_were_measured() {
    let (data, kept) = (images(), Folder::new());
    let [labels, objects] = ["label_detection", "object_localization"].map(process);
    let first = material(&labels, data.path(), &[]);
    let test = of_split(&first.examples, Split::Test);
    let test = || test.iter().map(String::as_str);
    let (app, evaluation) = customize("look", &labels, first, None, ProgressMode::None).expect("customizes");
    let beside = "beside this one the generic model of object localization answers";
    assert!(evaluation.remarks.iter().any(|remark| remark.contains(beside)), "{:?}", evaluation.remarks);
    let generic = counted(&labels, &Server::new(None, None), data.path(), test());
    assert!((evaluation.arms["G"].balanced.mean - generic).abs() < 1e-9, "{generic}: {:?}", evaluation.arms["G"]);
    let served = counted(&labels, &Server::new(Some(app.clone()), None), data.path(), test());
    assert!((evaluation.served.test - served).abs() < 1e-9, "{served}: {:?}", evaluation.served);

    let folder = kept.path().join("look");
    app.write(&folder, &[]).expect("writes");
    let second = material(&objects, data.path(), &[&folder]);
    assert!(of_split(&second.examples, Split::Test).iter().map(String::as_str).eq(test()), "the same split");
    let (detector, evaluation) = customize("look", &objects, second, None, ProgressMode::None).expect("customizes");
    assert!((evaluation.arms["G"].balanced.mean - served).abs() < 1e-9, "it begins where the first one ended");
    let both = counted(&labels, &Server::new(Some(app), Some(detector.clone())), data.path(), test());
    assert!((evaluation.served.test - both).abs() < 1e-9, "{both}: {:?}", evaluation.served);
    assert!(both < generic, "{both} of {generic}");

    let measured = measure(&detector, material(&objects, data.path(), &[&folder])).expect("measures");
    let names: Vec<String> = (0..IMAGES).map(|i| format!("{i}.png")).collect();
    let model = AppModel::read(&folder, &zoo::image_labels().expect("ships")).expect("reads");
    let all =
        counted(&labels, &Server::new(Some(model), Some(detector)), data.path(), names.iter().map(String::as_str));
    assert!((measured.published.balanced - all).abs() < 1e-9, "{all}: {measured:?}");
}

#[test]
fn a_model_of_an_api_that_is_not_asked_is_refused() {
    let (data, kept) = (images(), Folder::new());
    let labels = process("label_detection");
    let (app, _) =
        customize("look", &labels, material(&labels, data.path(), &[]), None, ProgressMode::None).expect("customizes");
    let folder = kept.path().join("look");
    app.write(&folder, &[]).expect("writes");
    let refused = inputs(data.path(), &[&folder]).read_for(&labels, Service::ImageLabels, None).err();
    let refused = format!("{:#}", refused.expect("it is its own API"));
    assert!(
        refused.contains("a model of image labels, which this decision does not ask for beside its own"),
        "{refused}"
    );
}

#[test]
fn where_the_others_truth_is_not_known_it_is_taken_to_answer_as_it_is_given() {
    let data = Folder::new();
    for i in 0..12 {
        // No object is called so.
        data.write(&format!("{}/{i}.png", ["Dog", "Mammal"][i % 2]), image(i));
    }
    let labels = process("label_detection");
    assert!(material(&labels, data.path(), &[]).examples.beside.is_none());
    let maps = Folder::new();
    let map = maps.write("map.csv", "mammal,Animal\n");
    let mapped = Inputs { labels_map: Some(map), ..inputs(data.path(), &[]) };
    let read = |inputs: &Inputs| inputs.read_for(&labels, Service::ImageLabels, None).expect("reads").examples;
    let beside = read(&mapped).beside.expect("objects have a name for it");
    assert_eq!((beside.answered.len(), beside.right.len()), (12, 12));
    assert!(read(&Inputs { alone: true, ..mapped }).beside.is_none());
}
