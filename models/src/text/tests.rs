//! The models that ship, on texts they were not trained on, and on what is no text at all.

use chameleon_decision::EntityKind;
use proptest::prelude::*;

use super::*;
use crate::app::{AppManifest, BaseRef, FORMAT_VERSION};
use crate::fixture::damage;
use crate::zoo::{Generic as _, TextTask};

fn models() -> TextModels {
    TextModels::shipped().unwrap()
}

#[test]
fn moods_have_their_sign() {
    let models = models();
    let good = ["What a wonderful, moving film. I loved it!", "so happy with my new phone, great camera :)"];
    let bad = ["The worst service ever, I hate this airline.", "a dull and lifeless mess , boring from start to end"];
    let plain = models.sentiment("Parliament votes on the bill on Tuesday, the minister says #politics", None);
    for (texts, sign) in [(good, 1.0), (bad, -1.0)] {
        for text in texts {
            let found = models.sentiment(text, None);
            assert!(found.score * sign > 0.2, "{text}: {}", found.score);
            assert!(found.classes.neutral < plain.classes.neutral, "{text}: {:?}", found.classes);
        }
    }
}

#[test]
fn a_text_of_two_moods_is_mixed_and_has_magnitude() {
    let found = models().sentiment("I love the beautiful rooms. I hate the awful, terrible food.", None);
    let scores: Vec<f64> = found.sentences.iter().map(|sentence| sentence.score).collect();
    assert!(scores.len() == 2 && scores[0] > 0.2 && scores[1] < -0.2, "{scores:?}");
    assert!(found.classes.mixed > 0.3 && found.magnitude > found.score.abs() + 0.3);
}

#[test]
fn topics_are_category_paths() {
    let models = models();
    let first = |text: &str| models.categories(text, None).first().map(|category| category.name.clone());
    let match_report = "The striker scored twice as the club won the cup final after extra time, the coach said.";
    let markets = "Shares fell on Wall Street as oil prices rose and the company cut its quarterly profit forecast.";
    assert_eq!(first(match_report).as_deref(), Some("/Sports"));
    let of_markets = first(markets).unwrap_or_default();
    assert!(["/Finance", "/Business & Industrial"].contains(&of_markets.as_str()), "{of_markets}");
}

#[test]
fn names_are_found_where_they_are() {
    let text = "Angela Merkel met Barack Obama in Berlin. Merkel later flew to London.";
    let found = models().entities(text, None);
    for (name, kind) in [("Berlin", EntityKind::Location), ("London", EntityKind::Location)] {
        assert!(found.iter().any(|entity| entity.name == name && entity.kind == kind), "{name} in {found:?}");
    }
    let total: f64 = found.iter().map(|entity| entity.salience).sum();
    assert!((total - 1.0).abs() < 1e-9);
    for mention in found.iter().flat_map(|entity| &entity.mentions) {
        assert!(!text[mention.span.clone()].trim().is_empty());
    }
}

#[test]
fn the_mood_towards_a_name_is_that_of_its_sentences() {
    let text = "London is a wonderful, beautiful city. I hate the awful airport in Berlin.";
    let found = models().entity_sentiment(text, None, None);
    let of = |name: &str| found.iter().find(|entity| entity.name == name).and_then(|entity| entity.sentiment);
    let (london, berlin) = (of("London").unwrap(), of("Berlin").unwrap());
    assert!(london.score > 0.2 && berlin.score < -0.2, "{london:?} {berlin:?}");
}

#[test]
fn nothing_is_neutral_and_about_nothing() {
    let models = models();
    for text in ["", " \n\t "] {
        let found = models.sentiment(text, None);
        assert!(found.score.abs() < 1e-9 && found.magnitude.abs() < 1e-9 && found.sentences.is_empty());
        assert!((found.classes.neutral - 1.0).abs() < 1e-9);
        assert!(models.categories(text, None).is_empty() && models.entities(text, None).is_empty());
    }
    assert_eq!(models.sentiment("😀😀😀", None).sentences.len(), 1);
}

#[test]
fn a_megabyte_is_read_to_its_end() {
    let models = models();
    let text = "I love London. ".repeat(70_000);
    let found = models.sentiment(&text, None);
    assert_eq!(found.sentences.len(), 70_000);
    assert!(found.score > 0.2);
    assert_eq!(models.entities(&text, None).iter().map(|entity| entity.mentions.len()).max(), Some(70_000));
}

#[test]
fn an_app_model_changes_its_own_task_only() {
    let models = models();
    let base = models.generic(TextTask::Sentiment);
    let labels: Vec<String> = base.labels().iter().map(|label| label.name.clone()).collect();
    let manifest = AppManifest {
        version: FORMAT_VERSION,
        app: "grumbler".to_owned(),
        base: BaseRef::of(base),
        labels,
        layers: None,
        others: 0.0,
        process: serde_json::Value::Null,
        evaluation: serde_json::Value::Null,
        recipe: serde_json::Value::Null,
    };
    let head = base.head().unwrap();
    let bias = vec![9.0, 0.0, 0.0];
    let app = AppModel::new(manifest, vec![0.0; head.weight.len()], bias, base).unwrap();
    let text = "What a wonderful film about London, I loved the actors and the music.";
    assert!(models.sentiment(text, Some(&app)).score < -0.9);
    assert_eq!(models.categories(text, Some(&app)), models.categories(text, None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_text_has_an_answer_in_its_ranges(text in "(\\PC|[.!? \n@#]|London |good ){0,80}") {
        let models = models_once();
        let found = models.sentiment(&text, None);
        let classes = found.classes;
        let total = classes.positive + classes.negative + classes.neutral + classes.mixed;
        prop_assert!((total - 1.0).abs() < 1e-9 && (-1.0..=1.0).contains(&found.score) && found.magnitude >= 0.0);
        for sentence in &found.sentences {
            prop_assert!(text.get(sentence.span.clone()).is_some());
        }
        for entity in models.entities(&text, None) {
            prop_assert!((0.0..=1.0 + 1e-9).contains(&entity.score) && !entity.mentions.is_empty());
            prop_assert!(entity.mentions.iter().all(|mention| text.get(mention.span.clone()).is_some()));
        }
        prop_assert!(models.categories(&text, None).iter().all(|category| category.confidence >= 0.5));
    }

    #[test]
    fn damaged_weights_are_refused_or_run(bit in any::<usize>(), cut in 0_usize..40) {
        let model = models_once().generic(TextTask::Topics);
        let small = small(model.net.network);
        if let Ok(net) = TextNet::read(model.net.network, &damage(&small, bit, cut)) {
            prop_assert!(net.outputs(&[1, 2, 3]).iter().all(|z| !z.is_nan()));
        }
    }
}

fn models_once() -> &'static TextModels {
    static MODELS: std::sync::OnceLock<TextModels> = std::sync::OnceLock::new();
    MODELS.get_or_init(models)
}

/// A weights file of three n-grams.
fn small(network: TextNetwork) -> Vec<u8> {
    let mut weights = crate::weights::Weights::default();
    for (name, shape) in network.parameters(3) {
        let count = shape.iter().product();
        weights.insert(&name, shape, vec![0.25; count]).unwrap();
    }
    TextNet::write(&[1, 2, 9], &weights).unwrap()
}

#[test]
fn a_network_is_read_as_it_was_written() {
    let network = models_once().generic(TextTask::Topics).net.network;
    let net = TextNet::read(network, &small(network)).unwrap();
    assert_eq!(net.encoder.rows(&[1, 2, 3]).collect::<Vec<_>>(), [0, 1]);
    let other = TextNetwork { outputs: network.outputs + 1, ..network };
    assert!(TextNet::read(other, &small(network)).is_err());
    assert!(TextNet::read(TextNetwork { version: 99, ..network }, &small(network)).is_err());
}
