//! Texts of an answer that a program takes apart at marks of its own: what a picture of a face was called holds a name and a
//! group, `ada_lovelace_staff.jpg`. A text without the marks has it fail, which says nothing of what it decides.

use serde_json::Value as Json;

use super::Draft;
use super::constants::Constants;
use super::probe::{Outcome, Probe, fails};
use super::texts::answer;
use crate::decider::{DecideError, Decider};
use crate::output::ApiOutput;
use crate::shape::{Path, Shape, show_path};
use crate::summary::Vocabulary;

/// What stands for a part of a text of which nothing is asked: some text, another, and a number.
const PARTS: [&str; 3] = ["x", "y", "1"];

/// More parts between the same marks are not tried.
const MOST_PARTS: usize = 6;

/// More marks are not tried together.
const MAX_MARKS: usize = 3;

/// Words that are tried as a part.
const MAX_WORDS: usize = 16;

/// Texts that are told.
const MAX_TOLD: usize = 12;

/// How a text is put together: so many parts between one mark, and perhaps another behind which there is one more.
#[derive(Clone)]
struct Form {
    count: usize,
    mark: String,
    end: Option<String>,
    part: &'static str,
}

impl Form {
    /// The text, one part of which is this one.
    fn text(&self, at: usize, part: &str) -> String {
        let parts: Vec<&str> = (0..self.count).map(|place| if place == at { part } else { self.part }).collect();
        let end = self.end.as_ref().map(|end| format!("{end}{}", self.part));
        parts.join(&self.mark) + &end.unwrap_or_default()
    }

    fn plain(&self) -> String {
        self.text(0, self.part)
    }
}

/// The draft, or, where a text without marks has the program fail, what it is for texts that have them.
pub(super) fn told(draft: Draft, decider: &Decider<'_>) -> Draft {
    let (program, api) = decider.subject();
    let constants = Constants::of(program);
    let says_something = draft.summary.branches.iter().any(|branch| !fails(&branch.outcome));
    if constants.marks.is_empty() || constants.marks.len() > MAX_MARKS || draft.summary.is_undecided() || says_something
    {
        return draft;
    }
    let leaves = api.answer.leaves();
    let is_named = |path: &Path| path.last().is_some_and(|field| constants.names(field));
    // What names of a known vocabulary look like is known.
    let is_free = |leaf: &Shape| *leaf == Shape::Text || (*leaf == Shape::Name && api.vocabulary.is_none());
    let texts = leaves.into_iter().filter(|(path, leaf)| is_free(leaf) && is_named(path));
    for path in texts.map(|leaf| leaf.0).take(MAX_MARKS) {
        let mut probe = Probe::new(decider.clone(), &constants);
        probe.hurry();
        let Ok(Some((texts, failing))) = texts_of(&mut probe, &api.answer, &path, &constants.marks) else { continue };
        let mut api = api.clone();
        api.vocabulary = None;
        let (usual, field) = (texts[0].clone(), show_path(&path));
        api.answer.at_mut(&path).into_iter().for_each(|leaf| *leaf = Shape::Word(texts.clone()));
        let vocabulary = Vocabulary { name: "any text".to_owned(), labels: Vec::new() };
        let mut told = Draft::about(&decider.of(&api), &vocabulary);
        if told.summary.is_undecided() {
            continue;
        }
        // Words are those of a part, and shown in the texts.
        told.summary.branches.iter_mut().for_each(|branch| branch.words.clear());
        told.summary.idle.clear();
        let before = told.summary.reason.take().map_or(String::new(), |reason| format!("{reason}; "));
        let failing = probe.shown(failing);
        told.give_up(format!(
            "{before}{field} is taken apart, and read as a text such as `{usual}`; one without these marks leads to `{failing}`"
        ));
        return told;
    }
    draft
}

/// Texts with which the program does not fail: one that says nothing, another such, and those that lead elsewhere; and what
/// one without marks leads to.
fn texts_of(
    probe: &mut Probe<'_>,
    shape: &Shape,
    path: &Path,
    marks: &[String],
) -> Result<Option<(Vec<String>, Outcome)>, DecideError> {
    let run = |probe: &mut Probe<'_>, text: &str| {
        probe.run(&ApiOutput::Answer { answer: answer(shape, path, Json::from(text)) })
    };
    let failing = run(probe, PARTS[0])?;
    if !probe.fails(failing) {
        return Ok(None);
    }
    let mut passing = None;
    for form in forms(marks) {
        let outcome = run(probe, &form.plain())?;
        if !probe.fails(outcome) {
            passing = Some((form, outcome));
            break;
        }
    }
    let Some((form, usual)) = passing else { return Ok(None) };
    let other = Form { part: if form.part == PARTS[0] { PARTS[1] } else { "2" }, ..form.clone() };
    let (mut texts, mut outcomes) = (vec![form.plain(), other.plain()], vec![usual]);
    let words: Vec<String> = probe.compared().into_iter().filter(|word| !word.trim().is_empty()).collect();
    for word in words.iter().filter(|word| !marks.contains(word)).take(MAX_WORDS) {
        for at in 0..form.count {
            let text = form.text(at, word);
            let outcome = run(probe, &text)?;
            let is_known = |probe: &Probe<'_>| outcomes.iter().any(|known| probe.differ_by_data_only(*known, outcome));
            if !probe.fails(outcome) && !is_known(probe) && texts.len() < MAX_TOLD {
                outcomes.push(outcome);
                texts.push(text);
            }
        }
    }
    Ok(Some((texts, failing)))
}

/// The forms to try, the simplest first.
fn forms(marks: &[String]) -> Vec<Form> {
    let mut forms = Vec::new();
    for part in [PARTS[0], PARTS[2]] {
        for mark in marks {
            for count in 2..=MOST_PARTS {
                forms.push(Form { count, mark: mark.clone(), end: None, part });
            }
        }
        for mark in marks {
            for end in marks.iter().filter(|end| *end != mark) {
                for count in 2..=MOST_PARTS {
                    forms.push(Form { count, mark: mark.clone(), end: Some(end.clone()), part });
                }
            }
        }
    }
    forms
}
