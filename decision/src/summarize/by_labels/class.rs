//! The class of a decision by names: which branches win, how many labels are looked at, and what numbers of them do.

use super::several::alike;
use crate::api::Api;
use crate::decider::DecideError;
use crate::program::Program;
use crate::summarize::branches::{Branches, Found};
use crate::summarize::counts::{self, Counted};
use crate::summarize::probe::{NEUTRAL, Probe};
use crate::summarize::{Draft, Reason, joint, order, rank, scores, verify, words};
use crate::summary::{Branch, DecisionType, MatchMode, MinScore, Order, Summary, Vocabulary};

pub(super) type Class = (DecisionType, Option<Order>);

impl Draft {
    /// How many labels are looked at, and which of several branches or items win; numbers of items are another matter.
    pub(super) fn rank(
        &mut self,
        probe: &mut Probe<'_>,
        (found, words): (&mut Branches, &[words::Found]),
        (class, top_k): (Class, Option<u32>),
        is_uncounted: bool,
        (program, api): (&Program, &Api),
    ) -> Result<(), Reason> {
        // Where every label takes some branch, the first of those that do is the first.
        let decides_first = class == (DecisionType::MultiChoice, Some(Order::ApiOutput)) && found.filler.is_none();
        let top_k = if decides_first { Some(1) } else { top_k };
        self.summary.top_k = top_k;
        if let Some(count) = top_k {
            self.summary.ranked = rank::of_branches(probe, found, &api.answer, count)?;
        }
        let by_lines = if top_k == Some(1) && is_uncounted { order::by_lines(probe, found, class)? } else { None };
        if by_lines.is_some() {
            // By priority they are told in its order.
            let place =
                |branch: &Branch| found.branches.iter().position(|own| *probe.decision(own.outcome) == branch.outcome);
            self.summary.branches.sort_by_cached_key(|branch| place(branch).unwrap_or(usize::MAX));
        }
        // What is inside a line is inside the text.
        let inside = |word: &words::Found| matches!(word.mode, MatchMode::Contains | MatchMode::Icontains);
        let all_inside = words.iter().filter(|word| word.outcome.is_some()).all(inside);
        let is_as_text = |class: &Class| matches!(class, (DecisionType::TrueFalse, _) | (_, Some(Order::AppPriority)));
        let by_lines = by_lines.filter(|class| !(all_inside && is_as_text(class)));
        self.summary.by_line = by_lines.is_some();
        if by_lines.is_some()
            && let Some(message) = order::of_two_lines(probe, found)?
        {
            self.warn(program, message);
        }
        let class = match by_lines {
            Some(class) => class,
            None if top_k == Some(1) && is_uncounted => order::in_one_label(probe, found, class)?,
            None => class,
        };
        self.set_class(probe, found, class);
        if is_uncounted {
            self.of_several(probe, (found, words), (program, api))?;
            if self.summary.decision_type == DecisionType::MultiSelect {
                self.warnings.extend(joint::other_numbers(probe, found)?);
            }
            // For want of steps, or as several of them hang on something outside: what one leads to is told all the same.
            if self.of_nested(probe, found, (program, &api.answer)).is_err() {
                self.summary.several = Some("not told: what they lead to together cannot be tried".to_owned());
            }
        }
        Ok(())
    }

    /// The class of the decision, and in which order branches win.
    pub(super) fn set_class(&mut self, probe: &Probe<'_>, found: &Branches, class: Class) {
        (self.summary.decision_type, self.summary.order) = class;
        let by_text = matches!(found.within, Some(Order::ApiOutput | Order::LastMatch));
        let of_one = self.summary.top_k == Some(1) && !self.summary.by_line;
        if self.summary.decision_type == DecisionType::MultiChoice && of_one && !by_text {
            // Branches can match the same label only, and then the application's order decides.
            self.summary.order = Some(Order::AppPriority);
        }
        if probe.subject.is_single() {
            // The answer has one value, so no order decides between two.
            self.summary.order = None;
        }
        let order = self.summary.order;
        self.summary.within = found.within.filter(|within| {
            // One line takes what its own words say, whichever lines there are besides.
            let of_line = self.summary.by_line && order != Some(*within);
            order == Some(Order::ApiOutput) || of_line
        });
    }

    /// What numbers of items do, or, where they do nothing, the check of what was found.
    pub(super) fn settle(
        &mut self,
        program: &Program,
        probe: &mut Probe<'_>,
        (found, counted): (&Branches, Option<Counted>),
        vocabulary: &Vocabulary,
    ) -> Result<(), Reason> {
        match counted {
            // Whose numbers they are beside a branch that is taken in another one's place is told of names and numbers.
            Some(Counted::Steps(_)) if self.summary.branches.len() > 1 => {
                return Err(Reason(counts::MAKES_A_DIFFERENCE.to_owned()));
            }
            Some(Counted::Steps(steps)) => {
                counts::check_scores(probe, found, &self.summary)??;
                self.count(probe, steps);
            }
            Some(Counted::Number(_)) if self.summary.branches.len() > 1 => self.numbers(program, &[0]),
            Some(Counted::Number(outcome)) => self.number(program, probe, outcome),
            Some(Counted::Numbers(counted)) => self.numbers(program, &counted),
            Some(_) => self.each(found),
            None => self.verify(probe, found, vocabulary)?,
        }
        Ok(())
    }

    /// Checks what the summary says against the program. Where only the last label that matches is judged by its score,
    /// as a later one overwrites, that is its order.
    pub(super) fn verify(
        &mut self,
        probe: &mut Probe<'_>,
        found: &Branches,
        vocabulary: &Vocabulary,
    ) -> Result<(), Reason> {
        let Err(reason) = verify::check(probe, found, &self.summary, vocabulary)? else { return Ok(()) };
        let has_cut = self.summary.branches.iter().any(|branch| branch.min_score.is_some() && !branch.negated);
        if self.summary.decision_type != DecisionType::TrueFalse || !has_cut {
            return Err(reason);
        }
        self.summary.order = Some(Order::LastMatch);
        verify::check(probe, found, &self.summary, vocabulary)?.map_err(|_| reason)
    }

    /// Every item is decided on by itself, and leaves its own trace.
    pub(super) fn each(&mut self, found: &Branches) {
        self.summary.per_element = true;
        if self.summary.decision_type == DecisionType::MultiSelect {
            return;
        }
        (self.summary.decision_type, self.summary.order) = match found.branches.len() {
            1 => (DecisionType::TrueFalse, None),
            _ => (DecisionType::MultiChoice, Some(Order::AppPriority)),
        };
    }
}

/// The class and order of the branches, and what numbers of items do where they matter.
pub(super) fn classify(
    probe: &mut Probe<'_>,
    (found, words): (&mut Branches, &[words::Found]),
    (repeats, per_item): (bool, bool),
    vocabulary: &Vocabulary,
) -> Result<(Result<Class, Reason>, Option<Counted>), DecideError> {
    if per_item {
        return Ok((order::of_item(probe, found)?, Some(Counted::Each)));
    }
    if probe.copies().count() > 1 {
        return Ok(match counts::of_several(probe, found, words, repeats)? {
            Ok(counted) => (Ok((DecisionType::Count, None)), Some(counted)),
            Err(reason) => (Err(reason), None),
        });
    }
    let Err(reason) = order::same_branch(probe, found, repeats)? else {
        let class = order::find(probe, found)?;
        if let Ok((DecisionType::MultiChoice, order)) = class {
            let alike = alike(probe, found, words, repeats)?;
            let alike: Vec<Vec<&str>> = alike.iter().map(|of| of.iter().map(String::as_str).collect()).collect();
            if let Err(reason) = order::outweigh(probe, order, &alike)? {
                return Ok((Err(reason), None));
            }
            if order == Some(Order::ApiOutput) {
                found.within = order::within_label(probe, found, words).unwrap_or_default();
            }
        }
        return Ok((class, None));
    };
    let counted = match counts::of_branches(probe, found, words, repeats)? {
        Ok(Counted::Same) => return Ok((Err(reason), None)),
        Err(reason) => return Ok((Err(reason), None)),
        // The number of all items is the API's, no count of one kind.
        Ok(Counted::Number(_)) if found.is_for_any(vocabulary) => Counted::Each,
        Ok(counted) => counted,
    };
    let class = match counted {
        Counted::Each => order::of_item(probe, found)?,
        _ => Ok((DecisionType::Count, None)),
    };
    Ok((class, Some(counted)))
}

/// The score below which a label is as good as none, where the application cuts before it looks, or what is no branch's,
/// and has an outcome of its own for an empty answer.
pub(super) fn floor(
    probe: &mut Probe<'_>,
    found: &Branches,
    summary: &Summary,
) -> Result<Option<MinScore>, DecideError> {
    let cuts: Vec<Option<MinScore>> = summary.branches.iter().map(|branch| branch.min_score).collect();
    if found.empty == found.default || cuts.is_empty() || cuts.contains(&None) {
        return Ok(None);
    }
    let shared = cuts[0].filter(|cut| cuts.iter().all(|other| *other == Some(*cut)));
    if let Some(cut) = shared {
        let below = if cut.inclusive { cut.value.next_down() } else { cut.value };
        return Ok((probe.scored(&[(NEUTRAL, below)])? == found.empty).then_some(cut));
    }
    let any = Found {
        outcome: found.default,
        labels: Vec::new(),
        samples: vec![NEUTRAL.to_owned()],
        negated: false,
        except: false,
        with: None,
    };
    let cut = scores::threshold(probe, &any, [found.empty; 2])?.ok().flatten();
    Ok(cut.filter(|cut| cuts.iter().flatten().all(|other| other.value >= cut.value)))
}
