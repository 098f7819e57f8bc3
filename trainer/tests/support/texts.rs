//! Applications that ask about texts, customized in few steps.

use std::fs;
use std::path::Path;

use chameleon_analyzer::Catalog;
use chameleon_decision::{DecisionProcess, Vocabulary};
use chameleon_models::app::AppModel;
use chameleon_trainer::customize::recipe::Recipe;
use chameleon_trainer::customize::report::Evaluation;
use chameleon_trainer::customize::{self, Depth, Inputs, Material};
use chameleon_trainer::data::View;
use chameleon_trainer::progress::ProgressMode;
use chameleon_trainer::service::Service;

/// Asks Google for the types of entities.
pub(crate) const PEOPLE_AND_PLACES: &str = "\
from google.cloud import language_v1
from google.cloud.language_v1 import enums

def found(text):
    client = language_v1.LanguageServiceClient()
    document = {'content': text, 'type': enums.Document.Type.PLAIN_TEXT}
    for entity in client.analyze_entities(document).entities:
        kind = enums.Entity.Type(entity.type).name
        if kind == 'PERSON':
            return 'who'
        elif kind == 'LOCATION':
            return 'where'
    return 'neither'
";

/// The one decision of a source.
pub(crate) fn process(source: &str) -> DecisionProcess {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("app.py"), source).expect("writes");
    let catalog = Catalog::new(Vocabulary { name: "none".to_owned(), labels: vec!["Dog".to_owned()] });
    let analysis = chameleon_analyzer::analyze(folder.path(), &catalog).expect("reads");
    assert_eq!(analysis.processes.len(), 1, "{:?}", analysis.problems);
    analysis.processes.into_iter().next().expect("one")
}

/// What ships, or `data`, with few steps.
pub(crate) fn material(process: &DecisionProcess, data: Option<&Path>) -> anyhow::Result<Material> {
    let inputs = Inputs {
        beside: Vec::new(),
        alone: false,
        depth: Depth::Head,
        device: tch::Device::Cpu,
        data: data.map(Path::to_owned),
        labels_map: None,
        base: None,
        recipe: None,
        weighting: None,
        seed: 1,
        seeds: 2,
        steps: Some(20),
        quiet: true,
        progress: ProgressMode::None,
    };
    let material = inputs.read(Service::of(&process.api)?, None, &[View::Plain])?;
    let recipe = Recipe { resamples: 100, ..material.recipe.clone() };
    Ok(Material { recipe, ..material })
}

/// Customizes with it.
pub(crate) fn customized(process: &DecisionProcess, data: Option<&Path>) -> anyhow::Result<(AppModel, Evaluation)> {
    customize::customize("app", process, material(process, data)?, None, ProgressMode::None)
}
