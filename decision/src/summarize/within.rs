//! Names that count only where another field of their item has some value: an entity's name where its type fits.

use serde_json::Value as Json;

use super::Draft;
use super::held::Held;
use super::matching::spellings;
use super::probe::{NEUTRAL, Outcome, Probe};
use super::subject::{self, Members, Subject, Within, alternatives};
use crate::api::Api;
use crate::decider::DecideError;
use crate::program::Program;
use crate::shape::{ITEM, Path, Shape};
use crate::summary::{Branch, Summary, Vocabulary};

/// Words that are tried with every value.
const MAX_WORDS: usize = 24;

/// Words that are quoted in a warning.
const MAX_QUOTED: usize = 4;

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
    Ok(acting(probe, &[])?.into_iter().map(|acting| acting.word).collect())
}

/// A word of the program's, and where it leads as a name.
struct Acting {
    word: String,
    outcome: Outcome,
}

/// The program's words, but for some, that lead elsewhere than a name that no application looks for.
fn acting(probe: &mut Probe<'_>, others: &[String]) -> Result<Vec<Acting>, DecideError> {
    let usual = probe.labels(&[NEUTRAL])?;
    let mut found = Vec::new();
    let words = probe.compared().into_iter().filter(|word| !word.trim().is_empty() && !others.contains(word));
    for word in words.take(MAX_WORDS).collect::<Vec<_>>() {
        for form in spellings(&word) {
            let outcome = probe.labels(&[&form])?;
            // Of a text of several parts more is handed on, whatever they say.
            let acts = !probe.differ_by_data_only(outcome, usual)
                || outcome != usual && probe.labels(&[&meaningless(&form)])? != outcome;
            if acts {
                found.push(Acting { word, outcome });
                break;
            }
        }
    }
    Ok(found)
}

/// A text of the same form that no application looks for: as many letters in the place of letters and digits, or of signs
/// where there is nothing else.
fn meaningless(text: &str) -> String {
    let signs = !text.chars().any(char::is_alphanumeric);
    let mut letters = NEUTRAL.chars().cycle();
    let mut other = |c: char| if c.is_alphanumeric() || signs && !c.is_whitespace() { letters.next() } else { None };
    text.chars().map(|c| other(c).unwrap_or(c)).collect()
}

/// Where a field of an item decides alone, as it seems, names are tried as the program compares them with the values that
/// take its branches: one selection can follow another. If there is one branch and words of names say more than the field,
/// the draft is about these, and it is said that it is; else it warns of them.
pub(super) fn tell_further<'p>(
    draft: &mut Draft,
    probe: &mut Probe<'p>,
    (program, api): (&Program, &'p Api),
    members: &Members<'p>,
    vocabulary: &Vocabulary,
) -> Result<bool, DecideError> {
    let Some((path, leaf)) = members.of_named_items(&api.answer) else { return Ok(false) };
    // Words that keep an item from its branch are told with it.
    let kept_away = draft.summary.branches.iter().flat_map(|branch| branch.unless.iter().map(|word| word.text.clone()));
    let known: Vec<String> = members.vocabulary().into_iter().chain(kept_away).collect();
    let is_open = |branch: &Branch| !branch.negated && !branch.except && branch.regions.is_empty();
    let taken: Vec<String> =
        draft.summary.branches.iter().filter(|branch| is_open(branch)).flat_map(|b| b.labels.clone()).collect();
    let mut further = Vec::new();
    for value in alternatives(leaf) {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if !taken.contains(&text) {
            continue;
        }
        let within = Within { shape: &api.answer, path: path.clone(), value };
        probe.turn_to(Subject::Within(within.clone()));
        let words = acting(probe, &known)?;
        if !words.is_empty() {
            further.push((text, within, words));
        }
    }
    if let ([_], [(_, within, _)]) = (taken.as_slice(), further.as_slice()) {
        probe.turn_to(Subject::Within(within.clone()));
        let mut retold = Draft { summary: Summary::of_nothing(vocabulary.name.clone()), ..draft.clone() };
        retold.warnings.clear();
        retold.summary.field = subject::named_field(&api.answer);
        if matches!(retold.by_names((program, api), probe, vocabulary), Ok(true)) && !retold.summary.branches.is_empty()
        {
            *draft = retold;
            return Ok(true);
        }
    }
    probe.turn_to(Subject::Members(members.clone()));
    let name = subject::named_field(&api.answer).unwrap_or_default();
    for (value, _, mut words) in further {
        while let Some(outcome) = words.first().map(|acting| acting.outcome) {
            let (alike, others): (Vec<Acting>, Vec<Acting>) =
                words.into_iter().partition(|acting| acting.outcome == outcome);
            words = others;
            let is_one = |text: &str| alike.iter().any(|acting| acting.word.eq_ignore_ascii_case(text));
            draft.summary.idle.retain(|idle| !is_one(&idle.text));
            let (few, more) = alike.split_at(alike.len().min(MAX_QUOTED));
            let quoted: Vec<String> = few.iter().map(|acting| format!("`{}`", acting.word)).collect();
            let more = if more.is_empty() { String::new() } else { format!(" or {} more words", more.len()) };
            let (quoted, outcome) = (quoted.join(", "), probe.shown(outcome));
            let message = format!("{name} has a say, too: with {value}, {quoted}{more} there leads to `{outcome}`");
            draft.warn(program, message);
        }
    }
    Ok(false)
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
