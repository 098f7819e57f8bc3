//! The application's words: which branch each leads to, and how it is compared.

use std::collections::{BTreeMap, BTreeSet};

use super::Reason;
use super::branches::Branches;
use super::constants::Constants;
use super::joined;
use super::matching::{MODES, is_pattern, neighbours};
use super::probe::{NEUTRAL, Outcome, Probe};
use crate::decider::DecideError;
use crate::program::{Program, Span};
use crate::summary::{MatchMode, Vocabulary, Word};

/// Words of one branch whose neighbours are tried; the rest follow the same mode if it explains the vocabulary.
const MAX_PROBED: usize = 10;

/// Words without an outcome of their own that are tried together with a label of a branch: so many pairs.
const MAX_PAIRED: usize = 256;

/// Words without an outcome of their own that are tried all together.
const MAX_IDLE: usize = 24;

/// How often words are tried that were compared only with others before them.
const ROUNDS: usize = 3;

/// A word that the program compares with labels.
pub(super) struct Found {
    /// As compared, e.g. after `lower()`.
    text: String,
    /// As written.
    pub(super) written: String,
    pub(super) span: Span,
    /// The outcome it leads to; none when no spelling of it changes anything.
    pub(super) outcome: Option<Outcome>,
    /// It changes what other labels lead to.
    pub(super) in_company: bool,
    /// There are too many words for it to be tried beside others: what it does there is not known.
    pub(super) untried: bool,
    /// It leads there only in one label with the others of these groups.
    pub(super) groups: Vec<usize>,
    /// It leads there only in one label with a word of this outcome.
    pub(super) beside: Option<Outcome>,
    /// What there is to say about it beside other words.
    pub(super) remarks: Vec<String>,
    pub(super) mode: MatchMode,
}

impl Found {
    /// Whether a text of the source is this word.
    pub(super) fn is(&self, text: &str) -> bool {
        self.written == text || self.text == text || self.text.trim().to_lowercase() == text.trim().to_lowercase()
    }

    /// Whether it leads where it does in a label of its own.
    fn is_alone(&self) -> bool {
        self.groups.is_empty() && self.beside.is_none()
    }

    /// The text as it is compared.
    pub(super) fn compared(&self) -> &str {
        &self.text
    }

    /// Labels that could be the word itself.
    pub(super) fn spellings(&self) -> Vec<String> {
        super::matching::spellings(&self.text)
    }
}

/// Whether a text may be compared with one of the values of an enumeration, of which some are given: what is in none of
/// them is compared with something else of the answer.
fn may_match(text: &str, values: &[String]) -> bool {
    let text = text.trim().to_lowercase();
    values.is_empty() || is_pattern(&text) || values.iter().any(|value| value.to_lowercase().contains(&text))
}

/// All words, in order of appearance; branches that no label reaches but a word does are added to `found`.
pub(super) fn find(
    program: &Program,
    probe: &mut Probe<'_>,
    found: &mut Branches,
    vocabulary: &Vocabulary,
) -> Result<Vec<Found>, DecideError> {
    let constants = Constants::of(program);
    let entry = program.functions.get(program.entry.0 as usize).map(|function| function.span).unwrap_or_default();
    let values = if probe.subject.knows(NEUTRAL) { &[][..] } else { vocabulary.labels.as_slice() };
    // Comparisons later in a chain show only after earlier ones failed; single labels went through all of them.
    let compared: Vec<String> = probe.compared().into_iter().filter(|text| !text.trim().is_empty()).collect();
    let negated = found.branches.iter().find(|branch| branch.negated).map(|branch| branch.outcome);
    probe.merge_split()?;
    let rest = probe.labels(&[NEUTRAL])?;
    // A pattern that only splits any name looks for nothing.
    let only_split = if rest == found.default { Vec::new() } else { only_split(probe, &compared, rest)? };
    let compared: Vec<String> = compared.into_iter().filter(|text| !only_split.contains(text)).collect();
    let mut kept_away = BTreeSet::new();
    let mut elsewhere = BTreeMap::new();
    if negated.is_some() || rest != found.default {
        for text in &compared {
            for form in super::matching::spellings(text) {
                let outcome = probe.labels(&[&form])?;
                if outcome == found.default {
                    kept_away.insert(text.clone());
                } else if negated.is_none() && outcome != rest && !probe.fails(outcome) {
                    elsewhere.entry(text.clone()).or_insert((outcome, form));
                }
            }
        }
    }
    kept_away.retain(|text| !elsewhere.contains_key(text));
    if let (None, Some(branch)) = (negated, found.branches.iter_mut().find(|branch| branch.outcome == rest)) {
        branch.except = !kept_away.is_empty();
    }
    let against = negated.or_else(|| found.branches.iter().find(|branch| branch.except).map(|branch| branch.outcome));
    let mut words: Vec<Found> = Vec::new();
    let mut fresh = compared;
    // A word of the program can be what leads to the comparison with the next one, alone or in one label with others.
    let (mut alone, mut together, mut groups) = (0, 0, Vec::new());
    while alone < ROUNDS && together < MAX_IDLE {
        for text in std::mem::take(&mut fresh) {
            let (written, span) = constants.place(&text).unwrap_or_else(|| (text.clone(), entry));
            let outcome = if against.is_some() && !elsewhere.contains_key(&text) {
                against.filter(|_| kept_away.contains(&text))
            } else {
                let led = match elsewhere.remove(&text) {
                    Some(led) => Some(led),
                    None if !may_match(&text, values) => None,
                    None => found.spelling(probe, &text)?,
                };
                if let Some((outcome, spelling)) = &led {
                    found.of_word(*outcome, spelling);
                }
                led.map(|led| led.0)
            };
            words.push(Found {
                text,
                written,
                span,
                outcome,
                in_company: false,
                untried: false,
                groups: Vec::new(),
                beside: None,
                remarks: Vec::new(),
                mode: MatchMode::Other,
            });
        }
        fresh = new_ones(probe, &only_split, &words);
        if !fresh.is_empty() {
            alone += 1;
            continue;
        }
        if against.is_some() {
            break;
        }
        groups = joined::groups(probe, found, &words)?;
        joined::try_in_one(probe, &words, &groups)?;
        fresh = new_ones(probe, &only_split, &words);
        if fresh.is_empty() {
            break;
        }
        together += 1;
    }
    if against.is_none() {
        joined::assign(probe, found, &mut words, groups)?;
        joined::beside(probe, found, &mut words)?;
    }
    words.sort_by_key(|word| word.span);
    for at in 0..found.branches.len() {
        let branch = &found.branches[at];
        let against = branch.negated || branch.except;
        let (outcome, hit) = (branch.outcome, if against { found.default } else { branch.outcome });
        let mut of_branch: Vec<_> =
            words.iter_mut().filter(|word| word.outcome == Some(outcome) && word.is_alone()).collect();
        set_modes(probe, &mut of_branch, hit, found, vocabulary)?;
    }
    Ok(words)
}

/// What was compared with labels and is none of the words yet.
fn new_ones(probe: &Probe<'_>, only_split: &[String], words: &[Found]) -> Vec<String> {
    let is_known = |text: &String| only_split.contains(text) || words.iter().any(|word| word.text == *text);
    let is_new = |text: &String| !text.trim().is_empty() && !is_known(text);
    probe.compared().into_iter().filter(is_new).collect()
}

/// The patterns all of whose matches lead to what any name does.
fn only_split(probe: &mut Probe<'_>, compared: &[String], rest: Outcome) -> Result<Vec<String>, DecideError> {
    let mut only_split = Vec::new();
    for text in compared.iter().filter(|text| is_pattern(text)) {
        let mut all = true;
        for form in super::matching::spellings(text) {
            all = all && probe.labels(&[&form])? == rest;
        }
        only_split.extend(all.then(|| text.clone()));
    }
    Ok(only_split)
}

/// Words that do nothing alone: those that do something in company are marked, and the first case is told.
pub(super) fn in_company(
    probe: &mut Probe<'_>,
    found: &Branches,
    words: &mut [Found],
) -> Result<Option<Reason>, DecideError> {
    let mut first = None;
    let beside: Vec<_> = found.branches.iter().filter(|branch| !branch.negated).take(MAX_PROBED).collect();
    let most = MAX_PAIRED / beside.len().max(1);
    for (at, word) in words.iter_mut().filter(|word| word.outcome.is_none()).enumerate() {
        word.untried = at >= most;
        for branch in beside.iter().filter(|_| at < most) {
            let Some(sample) = branch.samples.first() else { continue };
            let mut labels = word.spellings();
            labels.retain(|label| probe.subject.knows(label));
            for label in labels {
                // In one label with a word of the branch: what no label of the vocabulary shows is no other branch.
                let in_one = probe.labels(&[&format!("{sample} {label}")])?;
                word.in_company |= in_one != branch.outcome && in_one != found.default;
                let mut together = probe.labels(&[sample, &label])?;
                let mut how = "together with";
                if probe.differ_by_data_only(together, branch.outcome) {
                    if probe.subject.exclude(&label, sample) {
                        continue;
                    }
                    // What leads to the same as no word at all can still be found first.
                    together = probe.labels(&[&label, sample])?;
                    how = "after";
                    if together == probe.labels(&[NEUTRAL, sample])? {
                        continue;
                    }
                }
                word.in_company = true;
                if first.is_none() {
                    let alone = probe.shown_beside(branch.outcome, together);
                    let together = match probe.own_effects(together, branch.outcome)[..] {
                        [] => probe.shown(together),
                        _ => probe.shown_beside(together, branch.outcome),
                    };
                    first =
                        Some(Reason(format!("`{sample}` alone leads to `{alone}`, {how} `{label}` to `{together}`")));
                }
                break;
            }
        }
    }
    Ok(first.or(needed_together(probe, found, words)?))
}

/// The fewest labels that lead somewhere together while none of them does alone.
fn needed_together(
    probe: &mut Probe<'_>,
    found: &Branches,
    words: &mut [Found],
) -> Result<Option<Reason>, DecideError> {
    let idle = words.iter().filter(|word| word.outcome.is_none() && !word.in_company).take(MAX_IDLE);
    let spelled: Vec<Vec<String>> = idle.map(Found::spellings).collect();
    // As they are written first: two spellings of one word would count as two labels.
    let written: Vec<String> = spelled.iter().filter_map(|forms| forms.first()).cloned().collect();
    let mut needed = None;
    // What any name leads to takes none of them.
    let usual = [found.default, probe.labels(&[NEUTRAL])?];
    for mut labels in [written, spelled.concat()] {
        labels.retain(|label| probe.subject.knows(label));
        let outcome = probe.labels(&texts(&labels))?;
        // A label of a form that the API never answers in can be what the program fails on.
        let fails = probe.fails(outcome) && !probe.fails(found.default);
        let is_usual = usual.iter().any(|&usual| probe.differ_by_data_only(outcome, usual));
        if !labels.is_empty() && !fails && !is_usual {
            needed = Some((labels, outcome));
            break;
        }
    }
    let Some((mut labels, mut outcome)) = needed else { return Ok(None) };
    for at in (0..labels.len()).rev() {
        let left_out = labels.remove(at);
        let without = probe.labels(&texts(&labels))?;
        // None at all is an empty answer, which is something else.
        if usual.contains(&without) || labels.is_empty() {
            labels.insert(at, left_out);
        } else {
            outcome = without;
        }
    }
    for word in words.iter_mut().filter(|word| word.outcome.is_none() && !word.in_company).take(MAX_IDLE) {
        for place in 0..labels.len() {
            for label in word.spellings() {
                let mut others = labels.clone();
                others[place] = label;
                word.in_company |= probe.labels(&texts(&others))? == outcome;
            }
        }
    }
    let quoted: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
    let (labels, outcome) = (quoted.join(" and "), probe.decision(outcome));
    Ok(Some(Reason(format!("no label alone leads to `{outcome}`, but {labels} together do"))))
}

fn texts(labels: &[String]) -> Vec<&str> {
    labels.iter().map(String::as_str).collect()
}

/// The words of one branch, as the summary shows them; `unions` are outcomes that are two branches at once.
pub(super) fn of(words: &[Found], outcome: Outcome, unions: &[(Outcome, [Outcome; 2])]) -> Vec<Word> {
    let leads_here =
        |led: Outcome| led == outcome || unions.iter().any(|(whole, parts)| *whole == led && parts.contains(&outcome));
    let own = words.iter().filter(|word| word.outcome.is_some_and(leads_here));
    own.map(shown).collect()
}

/// A word as the summary shows it.
pub(super) fn shown(word: &Found) -> Word {
    Word { text: word.written.clone(), mode: word.mode, span: word.span }
}

/// The words that lead there in company of another branch's.
pub(super) fn of_pair(words: &[Found], outcome: Outcome) -> Vec<Word> {
    let own = words.iter().filter(|word| word.in_company && word.outcome == Some(outcome));
    own.map(shown).collect()
}

/// The first mode that explains every observation: for all words of the branch together, else for each by itself.
fn set_modes(
    probe: &mut Probe<'_>,
    words: &mut [&mut Found],
    hit: Outcome,
    found: &Branches,
    vocabulary: &Vocabulary,
) -> Result<(), DecideError> {
    let miss = if hit == found.default { None } else { Some(found.default) };
    let mut near = Vec::new();
    for word in words.iter().take(MAX_PROBED) {
        let mut seen = Vec::new();
        // Of a closed set of values there is nothing near.
        for label in neighbours(&word.text).into_iter().filter(|label| probe.subject.knows(label)).collect::<Vec<_>>() {
            let outcome = probe.labels(&[&label])?;
            seen.push((label, outcome));
        }
        near.push(seen);
    }
    // Another branch's outcome says nothing: its words may have come first.
    let verdict = |outcome: Outcome| match miss {
        Some(miss) if outcome != hit && outcome != miss => None,
        _ => Some(outcome == hit),
    };
    let explains = |mode: MatchMode, texts: &[&str], label: &str, outcome: Outcome| {
        let predicted = texts.iter().any(|text| mode.matches(text, label));
        verdict(outcome).is_none_or(|actual| actual == predicted)
    };
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    let singles = || vocabulary.labels.iter().map(String::as_str).zip(found.singles.iter().copied());
    let together = MODES.into_iter().find(|&mode| {
        near.iter().flatten().all(|(label, outcome)| explains(mode, &texts, label, *outcome))
            && singles().all(|(label, outcome)| explains(mode, &texts, label, outcome))
    });
    let modes: Vec<_> = match together {
        Some(mode) => vec![mode; words.len()],
        None => (0..words.len())
            .map(|at| {
                let seen = near.get(at).map(Vec::as_slice).unwrap_or_default();
                let own = MODES.into_iter().find(|&mode| {
                    !seen.is_empty()
                        && seen.iter().all(|(label, outcome)| explains(mode, &texts[at..=at], label, *outcome))
                });
                own.unwrap_or(MatchMode::Other)
            })
            .collect(),
    };
    for (word, mode) in words.iter_mut().zip(modes) {
        word.mode = mode;
    }
    Ok(())
}
