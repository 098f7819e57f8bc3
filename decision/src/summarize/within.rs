//! Names that count only where another field of their item has some value: an entity's name where its type fits.

use serde_json::Value as Json;

use super::held::Held;
use super::matching::spellings;
use super::probe::{NEUTRAL, Probe};
use super::subject::{Subject, Within, alternatives};
use crate::decider::DecideError;
use crate::shape::{ITEM, Path, Shape};

/// Words that are tried with every value.
const MAX_WORDS: usize = 24;

/// The value with which most of the program's words lead somewhere; none where it takes more than one value to have all
/// of those that do.
pub(super) fn find<'p>(probe: &mut Probe<'p>, shape: &'p Shape) -> Result<Option<Within<'p>>, DecideError> {
    let mut best: Option<(Within<'p>, Vec<String>)> = None;
    let mut acting: Vec<String> = Vec::new();
    for (path, value) in values(shape, probe.most()) {
        let within = Within { shape, path, value };
        probe.turn_to(Subject::Within(within.clone()));
        let words = words(probe)?;
        acting.extend(words.iter().filter(|word| !acting.contains(word)).cloned().collect::<Vec<_>>());
        if !words.is_empty() && best.as_ref().is_none_or(|best| words.len() > best.1.len()) {
            best = Some((within, words));
        }
    }
    probe.turn_to(Subject::Names);
    Ok(best.filter(|best| best.1.len() == acting.len()).map(|best| best.0))
}

/// The program's words that lead elsewhere than a name that no application looks for.
fn words(probe: &mut Probe<'_>) -> Result<Vec<String>, DecideError> {
    let usual = probe.labels(&[NEUTRAL])?;
    let mut acting = Vec::new();
    for word in probe.compared().into_iter().filter(|word| !word.trim().is_empty()).take(MAX_WORDS) {
        for form in spellings(&word) {
            let outcome = probe.labels(&[&form])?;
            if !probe.differ_by_data_only(outcome, usual) {
                acting.push(word);
                break;
            }
        }
    }
    Ok(acting)
}

/// The values of the fields beside a name.
fn values(shape: &Shape, most: usize) -> Vec<(Path, Json)> {
    let leaves = shape.leaves();
    let name = leaves.iter().find(|(path, leaf)| **leaf == Shape::Name && path.iter().any(|step| step == ITEM));
    let Some((name, _)) = name else { return Vec::new() };
    let item = &name[..=name.iter().rposition(|step| step == ITEM).unwrap_or_default()];
    let beside = |path: &Path| path.strip_prefix(item).is_some_and(|rest| rest.iter().all(|step| step != ITEM));
    let fields = leaves.iter().filter(|(path, leaf)| beside(path) && !matches!(leaf, Shape::Text));
    let own = fields.flat_map(|(path, leaf)| alternatives(leaf).into_iter().map(|value| (path.clone(), value)));
    // Few or many of a list.
    let held = Held::all(shape).into_iter();
    own.chain(held.flat_map(|held| [1, most].map(|count| (held.path.clone(), held.of(count))))).collect()
}
