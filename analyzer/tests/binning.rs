//! What pandas and numpy sort into intervals lies where their documentation says: an edge belongs to one of its two sides.

mod support;

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use chameleon_analyzer::{Analysis, analyze};
use chameleon_decision::ApiOutput;
use proptest::prelude::*;
use serde_json::json;
use support::catalog;

const BEFORE: &str = "
import numpy as np
import pandas as pd
from google.cloud import language_v1

client = language_v1.LanguageServiceClient()

def place(text):
    score = client.analyze_sentiment(document={'content': text}).document_sentiment.score
";

/// The analysis of a function that returns this of a score.
fn analysis(returned: &str) -> Analysis {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let own = format!("binning-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(own);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("app.py"), format!("{BEFORE}    return {returned}\n")).expect("a file");
    let analysis = analyze(&folder, &catalog());
    fs::remove_dir_all(&folder).expect("the folder goes away");
    analysis.expect("an analysis")
}

/// What is returned for a score, in words.
fn returned(analysis: &Analysis, score: f64) -> String {
    let [process] = &analysis.processes[..] else { panic!("{} processes", analysis.processes.len()) };
    let answer = json!({ "document_sentiment": { "score": score } });
    process.decider().decide(&ApiOutput::Answer { answer }).expect("a decision").to_string()
}

/// Scores and edges are eighths, so that scores lie on edges, too.
fn eighths() -> impl Iterator<Item = f64> {
    (-8..=8).map(|eighth| f64::from(eighth) / 8.0)
}

fn edges() -> impl Strategy<Value = Vec<f64>> {
    proptest::collection::btree_set(-6_i32..=6, 2..6)
        .prop_map(|edges| edges.into_iter().map(|edge| f64::from(edge) / 8.0).collect())
}

fn python(flag: bool) -> &'static str {
    if flag { "True" } else { "False" }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_cut_number_has_the_label_of_the_interval_that_holds_it(
        edges in edges(), right in any::<bool>(), lowest in any::<bool>(),
    ) {
        let labels: Vec<String> = (1..edges.len()).map(|at| format!("'{at}'")).collect();
        let flags = format!("right={}, include_lowest={}", python(right), python(lowest));
        let analysis = analysis(&format!("pd.cut([score], {edges:?}, labels=[{}], {flags})[0]", labels.join(", ")));
        for score in eighths() {
            let holds = |at: usize| {
                let (low, high) = (edges[at], edges[at + 1]);
                let inside = if right { low < score && score <= high } else { low <= score && score < high };
                inside || (lowest && at == 0 && score.to_bits() == low.to_bits())
            };
            let label = (0..labels.len()).find(|at| holds(*at)).map_or("nan", |at| labels[at].as_str());
            prop_assert_eq!(returned(&analysis, score), format!("return {label}"), "{} in {:?} {}", score, edges, flags);
        }
    }

    #[test]
    fn the_place_of_a_number_is_how_many_edges_it_lies_beyond(edges in edges(), right in any::<bool>()) {
        let names: Vec<String> = (0..=edges.len()).map(|at| format!("'{at}'")).collect();
        let place = format!("np.digitize(score, {edges:?}, right={})", python(right));
        let analysis = analysis(&format!("[{}][{place}]", names.join(", ")));
        for score in eighths() {
            let beyond = edges.iter().filter(|edge| if right { **edge < score } else { **edge <= score }).count();
            prop_assert_eq!(returned(&analysis, score), format!("return '{beyond}'"), "{} in {:?}", score, edges);
        }
    }
}
