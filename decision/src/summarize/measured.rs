//! Several texts, of which it is known where each leads alone by how long it is or what it is made of.

use serde_json::Value as Json;

use super::probe::{Outcome, Probe};
use super::ranges::append;
use super::subject::{list_of_names, put};
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::shape::{ITEM, Path, Shape};
use crate::summary::Handed;

/// Texts of which it can be told that they show.
const SHORTEST: usize = 2;

/// Which outcomes are taken for one. A list with a text on it and one without are the same but for data.
#[derive(Clone, Copy)]
pub(super) enum Equal {
    Strictly,
    ButForData,
}

impl Equal {
    pub(super) fn holds(self, probe: &Probe<'_>, one: Outcome, other: Outcome) -> bool {
        one == other || matches!(self, Self::ButForData) && probe.differ_by_data_only(one, other)
    }
}

/// Answers of some texts at one place.
pub(super) struct Texts<'s> {
    shape: &'s Shape,
    path: &'s Path,
    /// They are the names of the items.
    are_names: bool,
    /// The answer of one item that they are put in; none of an item that has nothing else.
    base: Option<Json>,
}

impl<'s> Texts<'s> {
    pub(super) fn new(shape: &'s Shape, path: &'s Path) -> Self {
        let are_names = shape.at(path) == Some(&Shape::Name)
            && list_of_names(shape).is_some_and(|list| path.starts_with(&list) && path[list.len()] == ITEM);
        Self { shape, path, are_names, base: None }
    }

    /// Texts in an item of this answer.
    pub(super) fn within(self, base: Json) -> Self {
        Self { base: Some(base), ..self }
    }

    fn one(&self, text: &str) -> Json {
        let Some(mut answer) = self.base.clone() else { return self.shape.with(self.path, Json::from(text)) };
        put(&mut answer, self.path, Json::from(text));
        answer
    }

    /// An answer with these texts.
    pub(super) fn answer(&self, texts: &[&str]) -> ApiOutput {
        if self.are_names() {
            return ApiOutput::sure(texts.iter().copied());
        }
        let mut answers = texts.iter().map(|text| self.one(text));
        let mut answer = answers.next().unwrap_or_else(|| self.shape.nothing());
        answers.for_each(|more| append(&mut answer, &more, self.path));
        ApiOutput::Answer { answer }
    }

    /// Whether they are the names of items of which nothing else is said.
    pub(super) fn are_names(&self) -> bool {
        self.are_names && self.base.is_none()
    }

    pub(super) fn are_several(&self) -> bool {
        self.path.iter().any(|step| step == ITEM)
    }

    /// Whether a second text like this one has the application do something once more; `listed` says that the items of a
    /// list do not count.
    pub(super) fn act_again(&self, probe: &mut Probe<'_>, text: &str, listed: bool) -> Result<bool, DecideError> {
        let [one, both] = [self.answer(&[text]), self.answer(&[text, text])];
        let times = if listed { Probe::acted_times } else { Probe::shown_times };
        Ok(times(probe, &both)? > times(probe, &one)?)
    }

    /// `Some(1)` where only the first of several texts is looked at. The two lead to different outcomes.
    pub(super) fn first_only(
        &self,
        probe: &mut Probe<'_>,
        [one, other]: [&str; 2],
        is_one: impl Fn(&Probe<'_>, Outcome, Outcome) -> bool,
    ) -> Result<Option<u32>, DecideError> {
        if !self.are_several() {
            return Ok(None);
        }
        for (first, second) in [(one, other), (other, one)] {
            let (alone, both) = (self.answer(&[first]), self.answer(&[first, second]));
            let (alone, both) = (probe.run(&alone)?, probe.run(&both)?);
            if !is_one(probe, both, alone) {
                return Ok(None);
            }
        }
        Ok(Some(1))
    }

    /// Which of three texts that lead somewhere shows: the first or the last, or all of them, where one that leads nowhere
    /// (one of `others`) does not.
    pub(super) fn handed_on(
        &self,
        probe: &mut Probe<'_>,
        texts: &[String; 3],
        others: Option<&[String; 3]>,
    ) -> Result<Option<Handed>, DecideError> {
        // What is so short is found anywhere.
        let is_short = |text: &String| text.chars().count() < SHORTEST;
        if !self.are_several() || texts.iter().chain(others.into_iter().flatten()).any(is_short) {
            return Ok(None);
        }
        let mut shown = |texts: [&str; 3]| -> Result<Vec<usize>, DecideError> {
            probe.run(&self.answer(&texts))?;
            let observed = probe.observed().to_lowercase();
            Ok((0..texts.len()).filter(|at| observed.contains(&texts[*at].to_lowercase())).collect())
        };
        let [first, second, third] = texts.each_ref().map(String::as_str);
        Ok(match (shown([first, second, third])?.as_slice(), others) {
            ([0], _) => Some(Handed::First),
            ([2], _) => Some(Handed::Last),
            ([0, 1, 2], Some([.., other])) if shown([first, second, other])? == [0, 1] => Some(Handed::All),
            _ => None,
        })
    }
}
