//! How a word of the application is compared with a label, as far as labels can show.

use super::probe::NEUTRAL;
use crate::decider::DecideError;
use crate::sample;
use crate::summary::MatchMode;

/// Modes from the most to the least particular: the first that explains every observation is reported.
pub(super) const MODES: [MatchMode; 13] = [
    MatchMode::Exact,
    MatchMode::Iexact,
    MatchMode::FirstWord,
    MatchMode::AnyWord,
    MatchMode::PathSegment,
    MatchMode::StartsWith,
    MatchMode::IstartsWith,
    MatchMode::EndsWith,
    MatchMode::IendsWith,
    MatchMode::Contains,
    MatchMode::Icontains,
    MatchMode::IcontainsEitherWay,
    MatchMode::Any,
];

/// How a word is compared, as far as its neighbours show that lead where it does.
pub(super) fn mode_of(
    word: &str,
    mut hits: impl FnMut(&str) -> Result<bool, DecideError>,
) -> Result<MatchMode, DecideError> {
    let seen = neighbours(word).into_iter().map(|near| Ok((hits(&near)?, near)));
    let seen = seen.collect::<Result<Vec<_>, DecideError>>()?;
    let explains = |mode: &MatchMode| seen.iter().all(|(hit, near)| mode.matches(word, near) == *hit);
    Ok(MODES.into_iter().find(explains).unwrap_or(MatchMode::Other))
}

/// Spellings under which a label could be the word itself.
pub(super) fn spellings(word: &str) -> Vec<String> {
    let mut capitalised = word.to_lowercase();
    if let Some(first) = capitalised.chars().next() {
        let upper: String = first.to_uppercase().collect();
        capitalised.replace_range(..first.len_utf8(), &upper);
    }
    // The word may be a pattern: as it is written it says little.
    let mut forms: Vec<String> = sample::of(word).into_iter().collect();
    forms.extend([word.to_owned(), capitalised, word.to_lowercase(), word.to_uppercase()]);
    forms.dedup();
    forms
}

/// Whether a word has the marks of a pattern.
pub(super) fn is_pattern(word: &str) -> bool {
    sample::of(word).is_some()
}

/// A path whose first part is the word.
pub(super) fn path_of(word: &str) -> String {
    format!("/{word}")
}

/// Labels near a word that tell the modes apart.
pub(super) fn neighbours(word: &str) -> Vec<String> {
    let mut near = spellings(word);
    near.push(NEUTRAL.to_owned());
    near.push(path_of(word));
    near.push(format!("{}/{NEUTRAL}", path_of(word)));
    for form in spellings(word).into_iter().take(2) {
        near.push(format!("{form}q"));
        near.push(format!("q{form}"));
        near.push(format!("{form} Qzxjv"));
        near.push(format!("Qzxjv {form}"));
        near.push(format!("Qzxjv {form} Qzxjv"));
    }
    let characters: Vec<char> = word.chars().collect();
    if characters.len() > 3 {
        near.push(characters[..characters.len() - 1].iter().collect());
        near.push(characters[1..].iter().collect());
        near.push(characters[..2].iter().collect());
    }
    // Spaces may be taken out before names are compared.
    if characters.len() > 3 && !word.contains(' ') {
        near.push(characters[..2].iter().chain(&[' ']).chain(&characters[2..]).collect());
    }
    near.retain(|label| !label.trim().is_empty());
    near
}
