//! The user's own texts as examples of a generic model of texts.

use anyhow::{Context, Result, ensure};
use chameleon_models::text::opening;
use chameleon_models::zoo::{Generic as _, TextModel};

use super::examples::Examples;
use crate::data::conll::TaggedSet;
use crate::data::texts::{TextRecord, TextSet};
use crate::evaluation::form::TRUE_SCORES;
use crate::service::Service;
use crate::text::{names, samples};

/// Texts through the network, with what is true of each.
///
/// # Errors
/// Of a text it is not known what the service answers for it: its labels, or the class or score of its sentiment.
pub(super) fn examples(set: TextSet, service: Service, model: &TextModel) -> Result<Examples> {
    let split = set.splits();
    let features = set.records.iter().flat_map(|record| model.features(&opening(&record.text))).collect();
    let dim = model.feature_count();
    if !matches!(service, Service::TextSentiment | Service::TextClasses) {
        let labels = |record: TextRecord| record.labels.with_context(|| format!("{}: no label", record.place));
        let targets = set.records.into_iter().map(labels).collect::<Result<_>>()?;
        return Examples::new(set.source, dim, features, targets, split);
    }
    let moods = set.records.iter().map(mood).collect::<Result<Vec<(u16, f64)>>>()?;
    let targets = moods.iter().map(|(class, _)| vec![*class]).collect();
    let examples = Examples::new(set.source, dim, features, targets, split)?;
    if service == Service::TextClasses {
        return Ok(examples);
    }
    examples.with_scores(moods.iter().map(|(_, score)| *score).collect())
}

/// The names that the tagger finds in tagged texts, each with its true kind.
///
/// # Errors
/// A tag is none that the tagger knows.
pub(super) fn names(set: TaggedSet, model: &TextModel) -> Result<Examples> {
    let (mut features, mut targets, mut split) = (Vec::new(), Vec::new(), Vec::new());
    for (text, of) in set.texts.iter().zip(&set.splits) {
        let found = names::found(&model.net, &samples::of_tags(text)?);
        split.resize(split.len() + found.kinds.len(), *of);
        features.extend(found.features);
        targets.extend(found.kinds.into_iter().map(|kind| vec![kind]));
    }
    Examples::new(set.source, model.feature_count(), features, targets, split)
}

/// Class and score of a text's sentiment: where one is not known, the other tells it.
fn mood(record: &TextRecord) -> Result<(u16, f64)> {
    let class = record.labels.as_deref().filter(|labels| !labels.is_empty());
    ensure!(class.is_none_or(|labels| labels.len() == 1), "{}: more than one class of sentiment", record.place);
    let known = class.and_then(|labels| labels.first()).copied();
    let of_class = |class: u16| TRUE_SCORES.get(usize::from(class)).copied();
    let score = record.score.or_else(|| of_class(known?));
    let score = score.with_context(|| format!("{}: neither a class of sentiment nor a score", record.place))?;
    Ok((known.unwrap_or_else(|| nearest(score)), score))
}

/// The class whose true score is the nearest.
fn nearest(score: f64) -> u16 {
    let distance = |class: &u16| (TRUE_SCORES[usize::from(*class)] - score).abs();
    (0..TRUE_SCORES.len() as u16).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(labels: Option<&[u16]>, score: Option<f64>) -> TextRecord {
        let labels = labels.map(<[u16]>::to_vec);
        TextRecord { text: "so it is".to_owned(), labels, score, split: None, place: "moods.csv, line 2".to_owned() }
    }

    #[test]
    fn a_class_has_a_score_and_a_score_a_class() {
        assert_eq!(mood(&record(Some(&[0]), None)).expect("known"), (0, -0.6));
        assert_eq!(mood(&record(None, Some(0.9))).expect("known"), (2, 0.9));
        assert_eq!(mood(&record(Some(&[2]), Some(0.3))).expect("known"), (2, 0.3));
    }

    #[test]
    fn a_text_needs_one_class_or_a_score() {
        for labels in [None, Some([].as_slice()), Some(&[0, 2])] {
            let message = mood(&record(labels, None)).expect_err("unclear").to_string();
            assert!(message.starts_with("moods.csv, line 2: "), "{message}");
        }
    }
}
