//! Which decisions an application takes, and which are right.

use std::collections::HashMap;

use anyhow::{Context, Result};
use chameleon_decision::{Branch, DecideError, Decider, Decision, DecisionProcess, Given, MinScore};
use chameleon_loss::{DecisionLoss, Number, ProgramScores, Takes, Truth};
use foldhash::fast::FixedState;

use super::answers::{Style, classes, entity, sentiment};
use super::form::{Form, best, by_class, of_class, sentiment_score, shares, sigmoid};

/// An interned decision.
pub type DecisionId = u32;

/// What is right for one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    /// Right decisions, each once.
    pub acceptable: Vec<DecisionId>,
    /// The one the image counts under: the first that does something, if any.
    pub decision: DecisionId,
}

/// Runs the application's program, each different input once.
///
/// Decisions are numbered as they come. Copies agree on the numbers given before they were made, and so on all that are
/// right for an image.
#[derive(Clone)]
pub struct Judge<'p> {
    decider: Decider<'p>,
    form: Form,
    style: Style,
    vocabulary: &'p [String],
    bounds: Vec<MinScore>,
    /// Numbers that classes are compared by, with what each is compared with; none where that is not known.
    numbers: Option<Vec<(Number, Vec<MinScore>)>>,
    /// The logit from which on the API answers a label.
    floor: f32,
    decisions: HashMap<Decision, DecisionId>,
    /// Whether the very scores count.
    calculates: bool,
    /// What other APIs answer, by situation.
    situations: &'p [Vec<Given>],
    /// The class of each situation: in all of one, the program does the same, as far as it was tried.
    classes: Vec<u32>,
    by_output: HashMap<Vec<(u16, u32)>, DecisionId, FixedState>,
    /// Kept for its memory.
    key: Vec<(u16, u32)>,
    by_truth: HashMap<Known, Right>,
    default: DecisionId,
}

/// What is true of an image or text, to be found again.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Known {
    Labels(Vec<u16>),
    /// With the right situations.
    Beside(Vec<u16>, Vec<u32>),
    /// Numbers by their bits.
    Numbers(Vec<u64>),
}

impl From<Truth<'_>> for Known {
    fn from(truth: Truth) -> Self {
        match truth {
            Truth::Labels(labels) => Self::Labels(labels.to_vec()),
            Truth::Beside { labels, right, .. } => Self::Beside(labels.to_vec(), right.to_vec()),
            Truth::Numbers(numbers) => Self::Numbers(numbers.iter().map(|number| number.to_bits()).collect()),
        }
    }
}

impl<'p> Judge<'p> {
    /// A judge of a process over the labels of `vocabulary`, answered in this form.
    ///
    /// # Errors
    /// The program fails on an empty output.
    pub fn new(process: &'p DecisionProcess, form: Form, vocabulary: &'p [String]) -> Result<Self> {
        let mut judge = Self {
            decider: process.decider(),
            form,
            style: Style::of(&process.api),
            vocabulary,
            bounds: process.summary.branches.iter().flat_map(bounds).collect(),
            numbers: None,
            floor: floor(process),
            calculates: false,
            situations: &[],
            classes: Vec::new(),
            decisions: HashMap::new(),
            by_output: HashMap::default(),
            key: Vec::new(),
            by_truth: HashMap::new(),
            default: 0,
        };
        judge.default = judge.decide(&[], None)?;
        Ok(judge)
    }

    /// Takes decisions beside other APIs, whose answers make these situations: what is true is then [`Truth::Beside`]. In
    /// all situations of one class the program does the same.
    pub fn look_beside(&mut self, situations: &'p [Vec<Given>], class: impl FnMut(u32) -> u32) {
        self.situations = situations;
        self.classes = (0..situations.len() as u32).map(class).collect();
        self.by_output.clear();
    }

    /// Looks at scores as the program does. Without it, as the summary does, of a decision that has one.
    pub fn look_at(&mut self, scores: ProgramScores) {
        self.bounds = scores.constants.iter().flat_map(|&value| both(value)).collect();
        self.calculates = scores.calculates;
        self.by_output.clear();
    }

    /// Looks at shares of classes as the loss does.
    pub fn look_at_numbers(&mut self, loss: &DecisionLoss) {
        let regions = loss.branches().iter().filter_map(|branch| match &branch.takes {
            Takes::Numbers(regions) => Some(regions),
            _ => None,
        });
        let intervals: Vec<_> = regions.flatten().flatten().collect();
        let of = |(place, number): (usize, &Number)| {
            let own = intervals.iter().filter(|(at, _)| *at == place);
            let ends = own.flat_map(|(_, interval)| [interval.low, interval.high].into_iter().flatten());
            (number.clone(), ends.flat_map(|end| both(end.value)).collect())
        };
        self.numbers = Some(loss.numbers().iter().enumerate().map(of).collect());
        self.by_output.clear();
    }

    /// The logit from which on a label is answered: that of a score of one half, or of what the request asks for.
    pub fn floor(&self) -> f32 {
        self.floor
    }

    /// The decision on an output of these labels (index, logit), highest first, in a situation that other APIs' answers
    /// make, if these count.
    ///
    /// # Errors
    /// The decision depends on more than the output.
    pub fn decide(&mut self, output: &[(u16, f32)], situation: Option<u32>) -> Result<DecisionId> {
        let answer = self.form.answer(output, self.vocabulary, self.style);
        let decision = match situation {
            Some(situation) => self.among(situation).decide(&answer),
            None => self.decider.decide(&answer),
        };
        Ok(self.intern(decision.context("the application's program cannot be run")?))
    }

    /// The program in a situation.
    fn among(&self, situation: u32) -> Decider<'p> {
        self.situations[situation as usize].iter().cloned().fold(self.decider.clone(), Decider::given)
    }

    /// As [`Judge::decide`] for an output cut to the application's labels, remembered by their order and by which of the
    /// application's score thresholds they pass: nothing else counts, unless the program calculates. Then only an empty
    /// output is remembered. Of a sentiment, by the thresholds that its score passes; of classes, by the one that is
    /// answered and the thresholds that shares pass; of an entity, by its kind. In all situations of one class the decision
    /// is the same.
    ///
    /// # Errors
    /// As [`Judge::decide`].
    pub fn decide_fast(&mut self, output: &[(u16, f32)], situation: Option<u32>) -> Result<DecisionId> {
        let is_unknown = self.form == Form::Classes && self.numbers.is_none();
        if is_unknown || (self.calculates && !output.is_empty()) {
            return self.decide(output, situation);
        }
        let passed = |score: f64| self.bounds.iter().filter(|bound| passes(**bound, score)).count() as u32;
        self.key.clear();
        // No label has this number.
        self.key.extend(situation.map(|situation| (u16::MAX, self.classes[situation as usize])));
        match self.form {
            Form::Labels => self.key.extend(output.iter().map(|&(label, z)| (label, passed(sigmoid(z))))),
            Form::Sentiment => self.key.push((0, passed(sentiment_score(output)))),
            Form::Classes => {
                let shares = shares(output);
                let answered = shares.named().iter().position(|(name, _)| *name == shares.greatest());
                self.key.push((0, answered.map_or(0, |place| place as u32)));
                let raw = by_class(output);
                for (place, (number, bounds)) in (1..).zip(self.numbers.iter().flatten()) {
                    let value = number.link.number(&raw);
                    self.key.push((place, bounds.iter().filter(|bound| passes(**bound, value)).count() as u32));
                }
            }
            Form::Entity => self.key.extend(best(output).map(|kind| (kind, 0))),
        }
        if let Some(&known) = self.by_output.get(&self.key) {
            return Ok(known);
        }
        let decision = self.decide(output, situation)?;
        self.by_output.insert(self.key.clone(), decision);
        Ok(decision)
    }

    /// What is right for an image with these true labels, or a text with this true score.
    ///
    /// # Errors
    /// As [`Judge::decide`].
    pub fn right(&mut self, truth: Truth) -> Result<Right> {
        let key = Known::from(truth);
        if let Some(known) = self.by_truth.get(&key) {
            return Ok(known.clone());
        }
        let decisions = self.right_decisions(truth).context("the application's program cannot be run")?;
        let mut acceptable: Vec<DecisionId> = Vec::with_capacity(decisions.len());
        for decision in decisions {
            let id = self.intern(decision);
            if !acceptable.contains(&id) {
                acceptable.push(id);
            }
        }
        let decision = acceptable.iter().copied().find(|&id| id != self.default).unwrap_or(self.default);
        let right = Right { acceptable, decision };
        self.by_truth.insert(key, right.clone());
        Ok(right)
    }

    fn right_decisions(&self, truth: Truth) -> Result<Vec<Decision>, DecideError> {
        let names = |labels: &[u16]| -> Vec<&str> {
            labels.iter().map(|&label| self.vocabulary[usize::from(label)].as_str()).collect()
        };
        match truth {
            Truth::Labels(labels) if self.form == Form::Entity => {
                names(labels).into_iter().map(|kind| self.decider.decide(&entity(kind, self.style))).collect()
            }
            Truth::Labels(labels) if self.form == Form::Classes => {
                labels.iter().map(|&class| self.decider.decide(&classes(&of_class(class), self.style))).collect()
            }
            Truth::Labels(labels) => self.decider.acceptable(&names(labels)),
            Truth::Beside { labels, right, .. } => {
                let names = names(labels);
                let all = right.iter().map(|&situation| self.among(situation).acceptable(&names));
                Ok(all.collect::<Result<Vec<_>, _>>()?.concat())
            }
            Truth::Numbers(scores) => scores.iter().map(|&score| self.decider.decide(&sentiment(score))).collect(),
        }
    }

    fn intern(&mut self, decision: Decision) -> DecisionId {
        let next = self.decisions.len() as DecisionId;
        *self.decisions.entry(decision).or_insert(next)
    }
}

/// The scores at which a branch may be taken or left. At the end of an interval, a score below, at and above it is told
/// apart.
fn bounds(branch: &Branch) -> impl Iterator<Item = MinScore> {
    let ends = branch.regions.iter().flatten().flat_map(|bounds| {
        let whole = if bounds.percent { 100.0 } else { 1.0 };
        [bounds.low, bounds.high].into_iter().flatten().map(move |end| end.value / whole)
    });
    let ends = ends.flat_map(both);
    branch.min_score.into_iter().chain(ends)
}

/// A number below, at and above a value is told apart.
fn both(value: f64) -> [MinScore; 2] {
    [true, false].map(|inclusive| MinScore { value, inclusive })
}

fn floor(process: &DecisionProcess) -> f32 {
    let least = process.least_score().clamp(0.5, 1.0);
    (least / (1.0 - least)).ln() as f32
}

fn passes(bound: MinScore, score: f64) -> bool {
    if bound.inclusive { score >= bound.value } else { score > bound.value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chameleon_decision::{Bounds, Limit};

    #[test]
    fn scores_in_and_around_an_interval_are_told_apart() {
        let end = |value, inclusive| Some(Limit { value, inclusive });
        let band = Bounds {
            field: "label_annotations[].score".to_owned(),
            low: end(0.6, true),
            high: end(0.8, false),
            percent: false,
        };
        let branch = Branch {
            name: "sure enough".to_owned(),
            labels: vec!["Dog".to_owned()],
            regions: vec![vec![band]],
            ..Branch::default()
        };
        let passed = |score| bounds(&branch).filter(|bound| passes(*bound, score)).count();
        let seen = [0.5, 0.6, 0.7, 0.8, 0.9].map(passed);
        assert_eq!(seen, [0, 1, 2, 3, 4]);
    }
}
