//! How well a detector finds objects, measured with the engine that serves it.

use std::collections::HashMap;

use chameleon_models::labeler::MIN_SCORE;
use chameleon_models::objects::{Candidate, ObjectDetector};
use indicatif::{ProgressBar, ProgressStyle};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

use super::average_precision::{InScene, average_precision, matches};
use super::boxed::BoxedImages;
use super::calibrate::Answer;
use super::names::ObjectNames;
use super::scenes::{Scene, Shown, TILES};

/// Answers less certain than this are not ranked: the area they could add is below the last digit reported.
const LEAST_SCORE: f64 = 0.005;

/// What is in a scene and what the detector saw there.
pub(super) struct Seen {
    pub(super) objects: Vec<Shown>,
    /// Most certain first.
    pub(super) candidates: Vec<Candidate>,
}

/// How good a detector is.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Measured {
    pub(super) scenes: usize,
    pub(super) objects: usize,
    /// Mean of the names' AP50.
    pub(super) ap50: f64,
    /// Share of the objects that some candidate overlaps by at least one half.
    pub(super) found: f64,
    /// Share of the answers given (score at least one half) that are right.
    pub(super) precision: f64,
    /// Share of the objects' names that are answered.
    pub(super) recall: f64,
    /// AP50 of every name.
    pub(super) ap50_of_names: serde_json::Map<String, serde_json::Value>,
}

/// Every image by itself.
pub(super) fn singles(images: &BoxedImages) -> Vec<Scene> {
    (0..images.len()).map(|i| Scene::whole(images, i)).collect()
}

/// Mosaics of four images each, none used twice, their tiles of one size.
pub(super) fn mosaics(images: &BoxedImages, seed: u64) -> Vec<Scene> {
    let mut order: Vec<usize> = (0..images.len()).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let mosaic =
        |four: &[usize; TILES]| Scene::mosaic(&four.map(|i| Scene::whole(images, i)), 2 * images.set.side, (0.5, 0.5));
    order.as_chunks::<TILES>().0.iter().map(mosaic).collect()
}

/// Lets the detector look at scenes. Landscapes have no objects.
pub(super) fn look(detector: &ObjectDetector, scenes: &[Scene], names: &ObjectNames) -> Vec<Seen> {
    let bar = ProgressBar::new(scenes.len() as u64);
    if let Ok(style) = ProgressStyle::with_template("{elapsed_precise} {bar:30} {pos}/{len} scenes, {eta} left") {
        bar.set_style(style);
    }
    let seen = scenes.par_iter().map(|scene| {
        bar.inc(1);
        let objects = scene.objects.iter().filter(|shown| names.is_object(shown.class)).copied().collect();
        Seen { objects, candidates: detector.look(&scene.image).candidates }
    });
    let seen = seen.collect();
    bar.finish_and_clear();
    seen
}

/// All objects of one name, or of any.
fn objects(seen: &[Seen], names: &ObjectNames, name: Option<usize>) -> Vec<InScene> {
    let of_scene = |(scene, seen): (usize, &Seen)| {
        let wanted = |shown: &&Shown| {
            name.is_none_or(|name| names.names(shown.class).is_some_and(|names| names.contains(&name)))
        };
        let found: Vec<InScene> =
            seen.objects.iter().filter(wanted).map(|shown| InScene { scene, bounds: shown.bounds }).collect();
        found
    };
    seen.iter().enumerate().flat_map(of_scene).collect()
}

/// Measures a detector's answers in the scenes it saw.
pub(super) fn measure(detector: &ObjectDetector, seen: &[Seen], names: &ObjectNames) -> Measured {
    let mut by_name: Vec<Vec<(f64, InScene)>> = vec![Vec::new(); names.labels.len()];
    let index: HashMap<&str, usize> =
        names.labels.iter().enumerate().map(|(i, label)| (label.name.as_str(), i)).collect();
    for (scene, seen) in seen.iter().enumerate() {
        for object in detector.name(&seen.candidates, None, LEAST_SCORE) {
            by_name[index[object.name.as_str()]].push((object.score, InScene { scene, bounds: object.bounds }));
        }
    }
    let (mut given, mut right, mut wanted) = (0, 0, 0);
    let mut ap50_of_names = serde_json::Map::new();
    let mut sum = 0.0;
    for (name, answers) in by_name.iter_mut().enumerate() {
        answers.sort_by(|a, b| b.0.total_cmp(&a.0));
        let detections: Vec<InScene> = answers.iter().map(|(_, at)| *at).collect();
        let objects = objects(seen, names, Some(name));
        let answered = answers.iter().take_while(|(score, _)| *score >= MIN_SCORE).count();
        given += answered;
        right += matches(&detections[..answered], &objects).into_iter().filter(|&right| right).count();
        wanted += objects.len();
        if let Some(precision) = average_precision(&detections, &objects) {
            sum += precision;
            let rounded = (precision * 1e4).round() / 1e4;
            ap50_of_names.insert(names.labels[name].name.clone(), rounded.into());
        }
    }
    let all = objects(seen, names, None);
    let candidates: Vec<InScene> = seen
        .iter()
        .enumerate()
        .flat_map(|(scene, seen)| seen.candidates.iter().map(move |c| InScene { scene, bounds: c.bounds }))
        .collect();
    let found = matches(&candidates, &all).into_iter().filter(|&found| found).count();
    let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
    Measured {
        scenes: seen.len(),
        objects: all.len(),
        ap50: sum / ap50_of_names.len().max(1) as f64,
        found: share(found, all.len()),
        precision: share(right, given),
        recall: share(right, wanted),
        ap50_of_names,
    }
}

/// Every name at every candidate, with whether it would be right to answer it, to calibrate scores by. `logits` are the
/// network's own, of a candidate's features.
pub(super) fn answers(seen: &[Seen], names: &ObjectNames, logits: impl Fn(&[f32]) -> Vec<f32>) -> Vec<Answer> {
    let mut all = Vec::new();
    for seen in seen {
        let at = |bounds| InScene { scene: 0, bounds };
        let candidates: Vec<InScene> = seen.candidates.iter().map(|candidate| at(candidate.bounds)).collect();
        // Candidates are most certain first; an object is right at the first that overlaps it enough.
        let mut right = vec![Vec::new(); candidates.len()];
        for shown in &seen.objects {
            let found = matches(&candidates, &[at(shown.bounds)]);
            if let Some(first) = found.iter().position(|&found| found) {
                right[first].extend_from_slice(names.names(shown.class).unwrap_or_default());
            }
        }
        for (candidate, right) in seen.candidates.iter().zip(&right) {
            let doubt = f64::from(candidate.doubt());
            let logits = logits(&candidate.features).into_iter().enumerate();
            all.extend(logits.map(|(name, logit)| Answer { logit: logit.into(), doubt, right: right.contains(&name) }));
        }
    }
    all
}
