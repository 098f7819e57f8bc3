//! Decision processes to losses that punish only decision-changing errors.
//!
//! One idea carries every type of decision: the *decision margin*, by how much scores must change before the application
//! decides something wrong (positive: right, with that much room; negative: wrong, by that much). It is the smallest
//! margin of the critical errors (`ChameleonAPI`, OSDI 2024) that the true answer leaves open:
//!
//! | error       | what happens                                                   | margin, from scores `m` and thresholds `t`       |
//! |-------------|----------------------------------------------------------------|--------------------------------------------------|
//! | miss        | the right branch is not taken                                  | `m(right) - t(right)`                            |
//! | overtake    | a wrong branch is taken and looked at before the right one     | e.g. `max(m(right), t(wrong)) - m(wrong)`        |
//! | false alarm | no branch is right, but one is taken                           | `min over branches (t - m)`                      |
//!
//! What `m` and `t` are depends on the [`Answer`], the form in which the API answers:
//!
//! | decision                             | a branch is taken by the margin                                                    |
//! |--------------------------------------|------------------------------------------------------------------------------------|
//! | labels                               | best score of its labels, less the threshold or the cut to k, whichever is higher  |
//! | members of an enumeration            | best score of its members, less the best of the others                             |
//! | ranges of a number (or of a score)   | distance of the number to the nearer end of the range                              |
//! | a class and its share                | as members, or as ranges of several shares                                         |
//! | counts from a to b                   | `min(margin of the a-th best label, minus that of the b+1-th)`                     |
//! | every item by itself                 | as above, with a row for each item                                                 |
//! | none of these ([`Probe`])            | found by running the program around its output                                     |
//!
//! [`DecisionLoss`] adds a soft step of each term's margin. Errors that change no decision appear in no term, so they
//! have no gradient. [`DecisionLoss::to_pytorch`] writes the same loss as a Python module.
//!
//! ```
//! # use chameleon_decision::{Branch, Decision, DecisionType, Summary, Vocabulary};
//! # let vocabulary = Vocabulary { name: "v".into(), labels: ["Fire", "Bonfire", "Lake"].map(String::from).to_vec() };
//! # let labels = vec!["Fire".into(), "Bonfire".into()];
//! # let branch = Branch { name: "alarm".into(), labels, ..Branch::default() };
//! # let summary = Summary { decision_type: DecisionType::TrueFalse, field: None, per_element: false, by_line: false, again: false, handed: None, several: None, within: None, order: None, ranked: None,
//! #     branches: vec![branch], idle: vec![], top_k: None, left_out: 0, default: Decision::default(), vocabulary: "v".into(),
//! #     reason: None };
//! use chameleon_loss::{DecisionLoss, LossConfig};
//! let loss = DecisionLoss::new(&summary, &vocabulary, LossConfig::default())?;
//! let logits = [-1.0, 2.0, 5.0]; // Bonfire is seen, so the alarm goes off: right when Fire is true
//! let mut gradient = [0.0; 3];
//! let value = loss.value_and_gradient(&logits, &[vec![0]], &mut gradient);
//! assert!(value < 0.2 && gradient[2] == 0.0);
//! # Ok::<(), chameleon_loss::LossError>(())
//! ```
//!
//! This crate is pure maths: no files, no networks, no libtorch.

#![forbid(unsafe_code)]

mod answer;
mod classifier;
mod config;
mod dual;
mod error;
mod form;
mod formula;
mod link;
mod loss;
mod pooling;
mod probe;
mod pytorch;
mod scores;
mod step;
mod terms;

pub use answer::{Answer, Class, Field, Number, Truth};
pub use classifier::Classifier;
pub use config::{LossConfig, Space, TermWeights};
pub use error::LossError;
pub use form::{CountRange, Interval, LeftOut, LossBranch, Rule, Takes, Unreached, counts_all};
pub use formula::{Formula, FormulaBranch, FormulaCase, FormulaTerm, Rival};
pub use link::Link;
pub use loss::{DecisionLoss, ProgramScores, TermMargin};
pub use pooling::Pooling;
pub use probe::{IsRight, IsRightFor, Probe};
pub use step::Step;
pub use terms::TermKind;
