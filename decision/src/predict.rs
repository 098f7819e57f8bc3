//! What a summary says an output leads to.

use crate::output::{ApiOutput, Label, percent};
use crate::summary::{Bounds, Branch, DecisionType, Limit, MinScore, Order, Region, Summary};

impl MinScore {
    /// Whether a score passes.
    pub fn admits(&self, score: f64) -> bool {
        if self.inclusive { score >= self.value } else { score > self.value }
    }
}

impl Bounds {
    /// Whether a value lies inside.
    pub fn holds(&self, value: f64) -> bool {
        let above = |low: Limit| if low.inclusive { value >= low.value } else { value > low.value };
        let below = |high: Limit| if high.inclusive { value <= high.value } else { value < high.value };
        self.low.is_none_or(above) && self.high.is_none_or(below)
    }
}

impl Branch {
    /// Whether a label's score lies where this branch is taken.
    fn reaches(&self, label: &Label) -> bool {
        let score = |bounds: &Bounds| if bounds.percent { percent(label.score) } else { label.score };
        let inside = |region: &Region| region.iter().all(|bounds| bounds.holds(score(bounds)));
        self.labels.contains(&label.description) && self.regions.iter().any(inside)
    }

    /// Whether a label speaks for this branch (against it, when negated).
    fn meets(&self, label: &Label) -> bool {
        self.min_score.is_none_or(|cut| cut.admits(label.score)) && self.labels.contains(&label.description)
    }
}

impl Summary {
    /// The branches that `output` takes, by their place in [`Summary::branches`]: at most one unless this is a
    /// multi-select. Empty when the default applies; for [`DecisionType::Other`] and counts, which only the program
    /// decides; and for ranges of anything but labels' scores. Conditions on other fields of a branch's items are taken to
    /// hold: labels have no such fields.
    pub fn taken(&self, output: &ApiOutput) -> Vec<usize> {
        let ApiOutput::Labels { labels } = output else { return Vec::new() };
        let labels = labels.get(self.left_out as usize..).unwrap_or_default();
        let labels = &labels[..labels.len().min(self.top_k.map_or(usize::MAX, |k| k as usize))];
        let number = |branch: &Branch| labels.iter().filter(|label| branch.meets(label)).count() as f64;
        let holds = |branch: &Branch, bounds: &Bounds| bounds.field == Bounds::COUNT && bounds.holds(number(branch));
        let of_number = |branch: &Branch| branch.regions.iter().any(|region| region.iter().all(|it| holds(branch, it)));
        let present = |branch: &Branch| {
            if branch.regions.is_empty() { labels.iter().any(|label| branch.meets(label)) } else { of_number(branch) }
        };
        let has_base = |branch: &Branch| {
            let is_base = |other: &Branch| branch.with.as_ref() == Some(&other.name) && present(other);
            branch.with.is_none() || self.branches.iter().any(is_base)
        };
        let taken = |branch: &Branch| has_base(branch) && present(branch) != (branch.negated && !labels.is_empty());
        let of_label = |label: &Label| self.branches.iter().position(|branch| branch.meets(label));
        match (self.decision_type, self.order) {
            // Where labels have a range, the first of them in the answer decides.
            (DecisionType::Range, _) => {
                let of_range =
                    |label: &Label| self.branches.iter().any(|branch| branch.labels.contains(&label.description));
                let first = labels.iter().find(|label| of_range(label));
                let branch = first.and_then(|label| self.branches.iter().position(|branch| branch.reaches(label)));
                branch.into_iter().collect()
            }
            (DecisionType::Other, _) => Vec::new(),
            (DecisionType::Count, _) => self.branches.iter().position(of_number).into_iter().collect(),
            (DecisionType::MultiSelect, _) => {
                let all: Vec<usize> = (0..self.branches.len()).filter(|&at| taken(&self.branches[at])).collect();
                let replaced = |at: usize| {
                    all.iter().any(|&other| self.branches[other].with.as_ref() == Some(&self.branches[at].name))
                };
                all.iter().copied().filter(|&at| !replaced(at)).collect()
            }
            // One branch that the last of its labels decides by its score.
            (DecisionType::TrueFalse, Some(Order::LastMatch)) => {
                let named = |label: &Label| self.branches.iter().any(|one| one.labels.contains(&label.description));
                labels.iter().rev().find(|label| named(label)).and_then(of_label).into_iter().collect()
            }
            (DecisionType::MultiChoice, Some(Order::ApiOutput)) => {
                labels.iter().find_map(of_label).into_iter().collect()
            }
            (DecisionType::MultiChoice, Some(Order::LastMatch)) => {
                labels.iter().rev().find_map(of_label).into_iter().collect()
            }
            _ => self.branches.iter().position(taken).into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::Decision;

    #[test]
    fn bounds_in_percent_hold_for_scores_of_labels() {
        let limit = |value: f64, inclusive: bool| Some(Limit { value, inclusive });
        let branch = |name: &str, low: Option<Limit>, high: Option<Limit>| Branch {
            name: name.to_owned(),
            labels: vec!["Dog".to_owned()],
            regions: vec![vec![Bounds { field: "labels[].confidence".to_owned(), low, high, percent: true }]],
            ..Branch::default()
        };
        let summary = Summary {
            decision_type: DecisionType::Range,
            field: None,
            per_element: false,
            by_line: false,
            again: false,
            handed: None,
            several: None,
            within: None,
            ranked: None,
            order: None,
            branches: vec![
                branch("unsure", limit(50.0, true), limit(80.0, false)),
                branch("sure", limit(80.0, true), None),
            ],
            idle: Vec::new(),
            top_k: None,
            left_out: 0,
            default: Decision::default(),
            vocabulary: "image-labels".to_owned(),
            reason: None,
        };
        let taken = |score: f64| summary.taken(&ApiOutput::labels([("Dog", score)]));
        let none: [usize; 0] = [];
        assert_eq!(taken(0.4), none);
        assert_eq!(taken(0.5), [0]);
        assert_eq!(taken(0.79), [0]);
        assert_eq!(taken(0.8), [1]);
        assert_eq!(summary.taken(&ApiOutput::labels([("Cat", 0.9)])), none);
    }

    #[test]
    fn results_that_are_left_out_take_no_branch() {
        let branch = Branch { labels: vec!["Dog".to_owned()], ..Branch::default() };
        let mut summary = Summary::of_nothing("image-labels".to_owned());
        (summary.decision_type, summary.branches, summary.left_out) = (DecisionType::TrueFalse, vec![branch], 1);
        let taken = |names: &[&str]| summary.taken(&ApiOutput::sure(names.iter().copied()));
        assert_eq!(taken(&["Cat", "Dog"]), [0]);
        assert!(taken(&["Dog", "Cat"]).is_empty());
        assert!(taken(&[]).is_empty());
    }
}
