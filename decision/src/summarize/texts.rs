//! Free texts of an answer that are compared with the program's words: the number of a face, the address of a page, the
//! names of a label's parents.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::Draft;
use super::constants::Constants;
use super::matching::spellings;
use super::probe::{NEUTRAL, Outcome, Probe};
use super::subject::{filled, put};
use super::warnings::take_back_turned;
use crate::api::Api;
use crate::decider::{DecideError, Decider};
use crate::output::ApiOutput;
use crate::program::Program;
use crate::shape::{ITEM, Path, Shape, show_path};
use crate::summary::{DecisionType, Vocabulary};

/// Texts of an answer that are tried.
const MAX_TEXTS: usize = 3;

/// Words that are tried in each.
const MAX_WORDS: usize = 24;

/// Words that are quoted in a warning.
const MAX_QUOTED: usize = 4;

/// What a text of the whole answer is that is none of the program's words.
const OTHER: &str = "any other";

/// Words that lead somewhere as one text of the answer, by what they lead to.
struct Acting {
    path: Path,
    words: Vec<(Outcome, Vec<String>)>,
    /// What any text leads to, where that is not what none does.
    any: Option<Outcome>,
}

/// The draft, or, where names are not what it is about, what a text says; else with a warning for every such text.
pub(super) fn retold(mut draft: Draft, decider: &Decider<'_>) -> Draft {
    let (program, api) = decider.subject();
    let constants = Constants::of(program);
    let paths = paths(&api.answer, &constants);
    if paths.is_empty() || draft.summary.is_undecided() {
        return draft;
    }
    let mut probe = Probe::new(decider.clone(), &constants);
    for path in paths {
        let Ok(acting) = acting(&mut probe, &api.answer, path) else { return draft };
        if acting.words.is_empty() && acting.any.is_none() {
            continue;
        }
        if let Some(better) = retell(&draft, decider, &acting) {
            return better;
        }
        warn(&mut draft, program, &probe, &acting);
    }
    take_back_turned(&mut draft, &probe);
    draft
}

/// The texts of an answer that the program names, with all that they are in.
fn paths(shape: &Shape, constants: &Constants) -> Vec<Path> {
    let is_named = |path: &Path| path.iter().all(|step| step == ITEM || constants.names(step));
    let texts = shape.leaves().into_iter().filter(|(path, leaf)| **leaf == Shape::Text && is_named(path));
    texts.map(|(path, _)| path).take(MAX_TEXTS).collect()
}

fn acting(probe: &mut Probe<'_>, shape: &Shape, path: Path) -> Result<Acting, DecideError> {
    let run = |probe: &mut Probe<'_>, text: &str| {
        probe.run(&ApiOutput::Answer { answer: answer(shape, &path, Json::from(text)) })
    };
    let (none, usual) = (run(probe, "")?, run(probe, NEUTRAL)?);
    let mut words: Vec<(Outcome, Vec<String>)> = Vec::new();
    let compared = probe.compared().into_iter().filter(|word| !word.trim().is_empty());
    for word in compared.take(MAX_WORDS).collect::<Vec<_>>() {
        for form in spellings(&word) {
            let outcome = run(probe, &form)?;
            if outcome != usual && (!probe.fails(outcome) || probe.fails(usual)) {
                match words.iter_mut().find(|known| known.0 == outcome) {
                    Some(known) => known.1.push(word),
                    None => words.push((outcome, vec![word])),
                }
                break;
            }
        }
    }
    let any = Some(usual).filter(|usual| !probe.differ_by_data_only(*usual, none) && !probe.fails(none));
    Ok(Acting { path, words, any })
}

/// The answer of one sure item with this text; a list around it has one item.
pub(super) fn answer(shape: &Shape, path: &[String], text: Json) -> Json {
    let mut answer = filled(shape, 1.0, NEUTRAL);
    for at in (0..path.len()).filter(|at| path[*at] == ITEM) {
        let item = shape.at(&path[..=at]).map_or(Json::Null, |item| filled(item, 1.0, NEUTRAL));
        put(&mut answer, &path[..at], Json::Array(vec![item]));
    }
    put(&mut answer, path, text);
    answer
}

/// What the text says, where the draft has no words or labels of its own.
fn retell(draft: &Draft, decider: &Decider<'_>, acting: &Acting) -> Option<Draft> {
    let says_little = matches!(draft.summary.decision_type, DecisionType::Other | DecisionType::Count);
    let has_labels = draft.summary.branches.iter().any(|branch| !branch.words.is_empty() || !branch.labels.is_empty());
    if acting.words.is_empty() || has_labels || !says_little {
        return None;
    }
    let api = looked_at(decider.subject().1, acting);
    let vocabulary = Vocabulary { name: "any text".to_owned(), labels: Vec::new() };
    let mut told = Draft::about(&decider.of(&api), &vocabulary);
    if acting.path.iter().filter(|step| *step == ITEM).count() > 1 {
        count_items(&mut told, decider, &acting.path);
    }
    let is_better = !told.summary.branches.is_empty() && told.summary.field.is_some();
    (is_better && (told.summary.decision_type != DecisionType::Other || draft.summary.branches.is_empty()))
        .then_some(told)
}

/// Of a list within an item it is not how many items are looked at: that is what the call asks for.
fn count_items(draft: &mut Draft, decider: &Decider<'_>, path: &[String]) {
    let asked = decider.results_asked_for().and_then(|count| u32::try_from(count).ok());
    let looked_at = items_looked_at(draft, decider, path).or(asked);
    let within = std::mem::replace(&mut draft.summary.top_k, looked_at).filter(|count| Some(*count) != asked);
    let list = path.iter().rposition(|step| step == ITEM).map(|at| show_path(&path[..at]));
    if let Some((count, list)) = within.zip(list) {
        let places = if count == 1 { "place of".to_owned() } else { format!("{count} places of") };
        draft.warn(decider.subject().0, format!("only the first {places} {list} of each item is looked at"));
    }
}

/// How many items around a list with a word of the draft make a difference, if fewer than some.
fn items_looked_at(draft: &Draft, decider: &Decider<'_>, path: &[String]) -> Option<u32> {
    const MANY: usize = 12;
    let branch = draft.summary.branches.iter().find(|branch| !branch.negated && !branch.words.is_empty())?;
    let shape = &decider.subject().1.answer;
    let list = &path[..path.iter().position(|step| step == ITEM)?];
    let item = |text: &str| {
        let answer = answer(shape, path, Json::from(text));
        Some(list.iter().try_fold(&answer, |part, step| part.get(step))?.get(0)?.clone())
    };
    let decider = decider.clone().without_default_top_k();
    let decide = |items: Vec<Json>| {
        let mut answer = answer(shape, path, Json::from(NEUTRAL));
        put(&mut answer, list, Json::Array(items));
        decider.decide(&ApiOutput::Answer { answer }).ok()
    };
    let other = item(NEUTRAL)?;
    let forms = spellings(&branch.words[0].text);
    let usual = decide(vec![other.clone(); MANY])?;
    let at = |word: &Json, place: usize| {
        let mut items = vec![other.clone(); MANY];
        items[place] = word.clone();
        decide(items).is_some_and(|decision| decision != usual)
    };
    let word = forms.iter().filter_map(|form| item(form)).find(|word| at(word, 0))?;
    let count = (1..MANY).find(|&place| !at(&word, place))?;
    u32::try_from(count).ok()
}

/// The API as one whose items are known by the text, or, for a text of the whole answer, where it is one of the words.
fn looked_at(api: &Api, acting: &Acting) -> Api {
    let mut api = api.clone();
    let is_of_items = acting.path.iter().any(|step| step == ITEM);
    if is_of_items {
        let names: Vec<Path> = api.answer.leaves().into_iter().filter(is_name).map(|leaf| leaf.0).collect();
        for name in names {
            api.answer.at_mut(&name).into_iter().for_each(|leaf| *leaf = Shape::Text);
        }
        api.vocabulary = None;
        api.repeats = true;
    }
    let words = acting.words.iter().flat_map(|led| &led.1).cloned();
    let leaf =
        if is_of_items { Shape::Name } else { Shape::Word(std::iter::once(OTHER.to_owned()).chain(words).collect()) };
    api.answer.at_mut(&acting.path).into_iter().for_each(|place| *place = leaf.clone());
    api
}

fn is_name((_, leaf): &(Path, &Shape)) -> bool {
    matches!(leaf, Shape::Name | Shape::Names)
}

/// Says what the text leads to beside what the draft is about.
fn warn(draft: &mut Draft, program: &Program, probe: &Probe<'_>, acting: &Acting) {
    let field = show_path(&acting.path);
    if draft.summary.field.as_ref() == Some(&field) {
        return;
    }
    let known: BTreeSet<String> = draft.warnings.iter().map(|warning| warning.message.clone()).collect();
    let mut say = |message: String| {
        if !known.contains(&message) {
            draft.warn(program, message);
        }
    };
    for (outcome, words) in &acting.words {
        let quoted: Vec<String> = words.iter().take(MAX_QUOTED).map(|word| format!("`{word}`")).collect();
        let more = words.len() - quoted.len();
        let more = if more > 0 { format!(" or {more} more words") } else { String::new() };
        let (quoted, outcome) = (quoted.join(", "), probe.shown(*outcome));
        say(format!("{field} has a say, too: {quoted}{more} there leads to `{outcome}`"));
    }
    if let (Some(any), true) = (acting.any, acting.words.is_empty()) {
        let outcome = probe.shown(any);
        say(format!("{field} has a say, too: any text there leads to `{outcome}`"));
    }
    // A word that acts there is none without effect.
    let acts = |text: &str| acting.words.iter().flat_map(|led| &led.1).any(|word| word.eq_ignore_ascii_case(text));
    draft.summary.idle.retain(|word| !acts(&word.text));
}
