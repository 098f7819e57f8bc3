//! Why no loss can be made.

/// Why a summary and a configuration give no loss.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LossError {
    /// The decision has none of the forms that a margin can be written for.
    #[error("the decision has no form that a margin can be written for: {reason}")]
    NotInTaxonomy {
        /// The summary's own reason.
        reason: String,
    },
    /// A multi-choice that does not say which branch wins.
    #[error("the multi-choice decision has no order")]
    NoOrder,
    /// A branch's label is not in the vocabulary.
    #[error("branch `{branch}`: label `{label}` is not in vocabulary `{vocabulary}`")]
    UnknownLabel {
        /// The branch.
        branch: String,
        /// The label.
        label: String,
        /// The vocabulary's name.
        vocabulary: String,
    },
    /// No label of the vocabulary reaches any branch.
    #[error("no label of vocabulary `{vocabulary}` reaches any branch, so the same is decided whatever is seen")]
    Unreachable {
        /// The vocabulary's name.
        vocabulary: String,
    },
    /// Where numbers decide, every answer takes the same branches.
    #[error("whatever is answered, the same is decided: {reasons}")]
    Settled {
        /// Of each branch, why no answer takes it, or every answer.
        reasons: String,
    },
    /// The number of all items decides, whatever they are.
    #[error("branch `{branch}`: how many items there are of whatever name decides, which cannot be customized")]
    CountsAll {
        /// The branch.
        branch: String,
    },
    /// A black-list where the order of labels decides.
    #[error("branch `{branch}` is a black-list, which has no place in the order of the labels")]
    NegatedInOrder {
        /// The branch.
        branch: String,
    },
    /// A score threshold no score can pass, or not a number.
    #[error("branch `{branch}`: the score threshold is {value}, expected a number below 1")]
    MinScore {
        /// The branch.
        branch: String,
        /// The threshold.
        value: f64,
    },
    /// The decision is about a field that the answer does not have.
    #[error("the decision is about `{field}`, which is no field of {api}")]
    UnknownField {
        /// The field, as the summary writes it.
        field: String,
        /// The API.
        api: String,
    },
    /// The decision is about something that a classifier does not answer.
    #[error("the decision hangs on {field}; only decisions on {only} can be customized")]
    Unanswered {
        /// The field, as the summary writes it.
        field: String,
        /// What it answers.
        only: &'static str,
    },
    /// A loss that runs the application's program cannot be written as a formula.
    #[error("the decision has no formula: its loss runs the application's program, which PyTorch cannot")]
    NoFormula,
    /// The application looks at no result at all.
    #[error("the application looks at the first 0 results, so the same is decided whatever is seen")]
    NothingSeen,
    /// The request asks for surer items than there can be.
    #[error("the request asks for scores of at least {value}, expected a number below 1")]
    LeastScore {
        /// What it asks for.
        value: f64,
    },
    /// A configuration value out of its range.
    #[error("loss configuration: {field} is {value}, expected {expected}")]
    Config {
        /// The field.
        field: &'static str,
        /// Its value.
        value: f64,
        /// Its range.
        expected: &'static str,
    },
}
