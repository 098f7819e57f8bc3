//! The loss of one application, written out: as data for programs and as text for people.

mod text;

pub(crate) use text::ordinal;

use chameleon_decision::DecisionType;
use serde::{Deserialize, Serialize};

use crate::config::Space;
use crate::form::{LossBranch, Outputs, Rule, Takes, Unreached};
use crate::loss::DecisionLoss;
use crate::pooling::Pooling;
use crate::scores::logit;
use crate::step::Step;
use crate::terms::TermKind;

/// The loss of one application; its `Display` is the text for people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Formula {
    /// The class of the decision.
    pub decision_type: DecisionType,
    /// How seen branches become a decision.
    pub rule: Rule,
    /// How many results are looked at; none when all.
    pub top_k: Option<usize>,
    /// What scores are compared as.
    pub space: Space,
    /// From a margin to a loss.
    pub step: Step,
    /// How a largest score is taken.
    pub pooling: Pooling,
    /// How much more a wrong decision counts.
    pub wrong_weight: f64,
    /// What `m` of a branch is compared with; none where the program is run.
    pub rival: Option<Rival>,
    /// The numbers that the ends of intervals bound, in the order in which these name them; none where labels decide.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<String>,
    /// The branches that some label reaches; where they exclude one another, after them what none takes.
    pub branches: Vec<FormulaBranch>,
    /// What of the decision is not in it, since no answer reaches it.
    #[serde(default, skip_serializing_if = "Unreached::is_empty")]
    pub unreached: Unreached,
    /// What is punished, by what is true of the example.
    pub cases: Vec<FormulaCase>,
}

/// What the scores of a branch's labels are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rival {
    /// What a label must exceed to be seen: a threshold, or the cut to k.
    Threshold,
    /// The other members of the same field, of which only the best stands in the answer.
    Members,
    /// The other labels of the same item, and the threshold.
    MembersAndThreshold,
    /// The ends of intervals, since the answer is numbers.
    Ends,
}

/// One branch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FormulaBranch {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: Vec<String>,
    /// Whether it is taken when none of them is seen.
    pub negated: bool,
    /// The score a label needs, in 0..1.
    pub min_score: f64,
    /// The same in the space that scores are compared in.
    pub threshold: f64,
    /// What makes it be taken.
    pub takes: Takes,
}

/// The terms for some examples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FormulaCase {
    /// Which examples, to be read after "if".
    pub when: String,
    /// The terms; the loss is their sum.
    pub terms: Vec<FormulaTerm>,
}

/// `weight * step(margin)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FormulaTerm {
    /// The critical error it punishes.
    pub kind: TermKind,
    /// Its weight.
    pub weight: f64,
    /// By how much the error does not happen, in scores `m` and thresholds `t` of branches.
    pub margin: String,
}

impl DecisionLoss {
    /// The formula as data.
    pub fn terms(&self) -> Formula {
        let form = &self.form;
        let branches = form.all_branches().map(|branch| FormulaBranch {
            name: branch.name.clone(),
            labels: branch.labels.iter().map(|&label| form.names[label].clone()).collect(),
            negated: branch.negated,
            min_score: branch.min_score,
            threshold: match self.config.space {
                Space::Logit => logit(branch.min_score),
                Space::Probability => branch.min_score,
            },
            takes: branch.takes.clone(),
        });
        Formula {
            decision_type: form.decision_type,
            rule: form.rule,
            top_k: form.top_k,
            space: self.config.space,
            step: self.config.step,
            pooling: self.config.pooling,
            wrong_weight: self.config.wrong_weight,
            rival: (form.rule != Rule::Program).then_some(match form.outputs {
                Outputs::Scored => Rival::Threshold,
                Outputs::Slots { floor: false, .. } => Rival::Members,
                Outputs::Slots { floor: true, .. } => Rival::MembersAndThreshold,
                Outputs::Numbers(_) => Rival::Ends,
            }),
            numbers: match &form.outputs {
                Outputs::Numbers(numbers) => numbers.iter().map(|number| number.field.clone()).collect(),
                Outputs::Scored | Outputs::Slots { .. } => Vec::new(),
            },
            branches: branches.collect(),
            unreached: form.unreached.clone(),
            cases: self.cases(),
        }
    }

    /// The formula as text for people.
    pub fn formula(&self) -> String {
        self.terms().to_string()
    }

    fn cases(&self) -> Vec<FormulaCase> {
        let branches = 0..self.form.branches.len();
        match self.form.rule {
            Rule::Independent => branches.flat_map(|k| self.independent(k)).collect(),
            Rule::FirstBranch => branches.map(|k| self.first(k)).chain([self.none()]).collect(),
            Rule::HighestScore | Rule::LowestScore => vec![self.any(), self.none()],
            Rule::Exclusive => {
                let none = (!self.form.is_complete()).then(|| self.none());
                branches.map(|k| self.only(k)).chain(none).collect()
            }
            Rule::FirstItem | Rule::LastItem => vec![self.items(), self.none()],
            Rule::Each => self.each().to_vec(),
            Rule::Program => probed().to_vec(),
        }
    }

    fn independent(&self, k: usize) -> [FormulaCase; 2] {
        let branch = &self.form.branches[k];
        let (with, without) =
            (format!("the example has a label of {}", branch.name), format!("it has none of {}", branch.name));
        let (taken, spared) = if branch.negated { (without, with) } else { (with, without) };
        [
            FormulaCase { when: taken, terms: vec![self.term(TermKind::Miss, self.taken(k))] },
            FormulaCase { when: spared, terms: vec![self.term(TermKind::FalseAlarm, self.spared(k))] },
        ]
    }

    fn first(&self, k: usize) -> FormulaCase {
        let branch = &self.form.branches[k];
        let what = if branch.negated { "without labels of" } else { "with labels of" };
        let when = match k {
            0 => format!("the example is one {what} {}", branch.name),
            _ => format!("the first branch the example should take is {}", branch.name),
        };
        let mut terms = vec![self.term(TermKind::Miss, self.taken(k))];
        if k > 0 {
            terms.push(self.term(TermKind::Overtake, least(&(0..k).map(|j| self.spared(j)).collect::<Vec<_>>())));
        }
        FormulaCase { when, terms }
    }

    fn any(&self) -> FormulaCase {
        let by_branch = self.form.rule == Rule::HighestScore;
        let (thing, miss, overtake) = if by_branch {
            ("branch", "m(r) - t(r)", "min over other branches w of max(m(r), t(w)) - m(w)")
        } else {
            ("label", "z(r) - t(r)", "min over labels l of other branches of max(t(l) - z(l), z(l) - z(r))")
        };
        let mut terms = vec![self.term(TermKind::Miss, miss.to_owned())];
        if self.form.branches.len() > 1 {
            terms.push(self.term(TermKind::Overtake, overtake.to_owned()));
        }
        let when = format!("the example has labels of a branch; r is its right {thing} with the most room");
        FormulaCase { when, terms }
    }

    fn only(&self, k: usize) -> FormulaCase {
        let when = format!("the right branch is {}", self.form.branches[k].name);
        FormulaCase { when, terms: vec![self.term(TermKind::Miss, self.taken(k))] }
    }

    fn items(&self) -> FormulaCase {
        let (first, earlier) = if self.form.rule == Rule::FirstItem { ("first", "earlier") } else { ("last", "later") };
        let when = format!("r is the branch of the {first} item that has one; e is the item with the most room");
        let overtake = format!("min over {earlier} items f and other branches w of t(w, f) - m(w, f)");
        let mut terms = vec![self.term(TermKind::Miss, "m(r, e) - t(r, e)".to_owned())];
        if self.form.branches.len() > 1 {
            terms.push(self.term(TermKind::Overtake, overtake));
        }
        FormulaCase { when, terms }
    }

    fn each(&self) -> [FormulaCase; 2] {
        let case = |when: &str, kind, margin: &str| FormulaCase {
            when: format!("a label l of a branch {when}; summed over these labels"),
            terms: vec![self.term(kind, margin.to_owned())],
        };
        [case("is true", TermKind::Miss, "z(l) - t(l)"), case("is not true", TermKind::FalseAlarm, "t(l) - z(l)")]
    }

    fn none(&self) -> FormulaCase {
        let margin = match &self.form.rest {
            Some(rest) => distance(rest, false),
            None => least(&(0..self.form.branches.len()).map(|k| self.spared(k)).collect::<Vec<_>>()),
        };
        let when = "the example should take no branch".to_owned();
        FormulaCase { when, terms: vec![self.term(TermKind::FalseAlarm, margin)] }
    }

    fn term(&self, kind: TermKind, margin: String) -> FormulaTerm {
        FormulaTerm { kind, weight: self.config.weights.of(kind), margin }
    }

    fn taken(&self, k: usize) -> String {
        distance(&self.form.branches[k], false)
    }

    fn spared(&self, k: usize) -> String {
        distance(&self.form.branches[k], true)
    }
}

/// A program that is run has no terms but its margin.
fn probed() -> [FormulaCase; 2] {
    let case = |when: &str, margin: &str| FormulaCase {
        when: when.to_owned(),
        terms: vec![FormulaTerm { kind: TermKind::Miss, weight: 1.0, margin: margin.to_owned() }],
    };
    [
        case("the decision is right", "the smallest change of the z of one label that makes it wrong"),
        case("it is wrong", "minus the smallest change of labels' z that makes it right"),
    ]
}

/// By how much a branch is taken, or is not.
fn distance(branch: &LossBranch, spared: bool) -> String {
    let name = &branch.name;
    match (&branch.takes, spared != branch.negated) {
        (Takes::Seen, false) => format!("m({name}) - t({name})"),
        (Takes::Seen, true) => format!("t({name}) - m({name})"),
        _ if spared => format!("-d({name})"),
        _ => format!("d({name})"),
    }
}

fn least(margins: &[String]) -> String {
    match margins {
        [one] => one.clone(),
        _ => format!("min({})", margins.join(", ")),
    }
}
