//! Running a program on an API output.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use thiserror::Error;

use crate::interpreter::{Choice, Memory, Observation, Ran, Surroundings, Trace, run};
use crate::summarize::after;
use crate::{Api, ApiOutput, Budget, Decision, DecisionProcess, Given, Program, Span};

/// How an account of a decision ends that hangs on something else than the answer.
pub(crate) const UNDETERMINED: &str = "which the program does not determine";

/// How it is said that the steps there were for an analysis were not enough.
pub const OUT_OF_BUDGET: &str = "the analysis takes more than";

/// Why a program's decision could not be determined.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecideError {
    /// The decision hangs on something that is not the API's output.
    #[error("line {}: the decision depends on {what}, {UNDETERMINED}", span.line)]
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
    /// The runs before took all the steps that there were for all of them.
    #[error("line {}: {OUT_OF_BUDGET} {limit} steps", span.line)]
    OutOfBudget {
        /// Where the program begins.
        span: Span,
        /// The steps that there were.
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
            | Self::OutOfBudget { span, .. }
            | Self::TooDeep { span, .. }
            | Self::Malformed { span, .. } => *span,
        }
    }
}

/// The answers on which a program's decision hangs on something outside, as they are come upon.
#[derive(Debug, Default)]
pub struct Stops {
    noted: Mutex<Vec<(DecideError, ApiOutput)>>,
}

impl Stops {
    /// The first answer on which the decision hangs on something outside that is told in these words.
    pub fn answer(&self, told: &str) -> Option<ApiOutput> {
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.iter().find(|(error, _)| error.to_string() == told).map(|(_, answer)| answer.clone())
    }

    /// Notes the first answer for each such thing.
    fn note(&self, error: &DecideError, answer: &ApiOutput) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(error, DecideError::Undetermined { .. }) && noted.iter().all(|(known, _)| known != error) {
            noted.push((error.clone(), answer.clone()));
        }
    }
}

/// Runs a program: what does the application do for this API output?
#[derive(Clone, Debug)]
pub struct Decider<'p> {
    program: &'p Program,
    api: &'p Api,
    default_top_k: Option<u32>,
    given: Vec<Given>,
    budget: Option<&'p Budget>,
    stops: Option<&'p Stops>,
    leading: usize,
}

impl<'p> Decider<'p> {
    /// A decider for `program` on answers of `api`.
    pub fn new(program: &'p Program, api: &'p Api) -> Self {
        Self {
            program,
            api,
            default_top_k: api.default_top_k,
            given: Vec::new(),
            budget: None,
            stops: None,
            leading: 0,
        }
    }

    /// The same, where another API that the program asks answers so. What no answer is given of is unknown.
    #[must_use]
    pub fn given(mut self, given: Given) -> Self {
        self.given.retain(|known| known.api != given.api);
        self.given.push(given);
        self
    }

    /// The same, where all runs together may take no more steps than these.
    #[must_use]
    pub fn within(self, budget: &'p Budget) -> Self {
        Self { budget: Some(budget), ..self }
    }

    /// The same, where answers on which the decision hangs on something outside are noted.
    #[must_use]
    pub fn noting(self, stops: &'p Stops) -> Self {
        Self { stops: Some(stops), ..self }
    }

    /// The program and the API that it is run for.
    pub(crate) fn subject(&self) -> (&'p Program, &'p Api) {
        (self.program, self.api)
    }

    /// The same, where a call that does not say how many results it wants gets all there are.
    pub(crate) fn without_default_top_k(self) -> Self {
        Self { default_top_k: None, ..self }
    }

    /// The same for answers that are looked at as another API's.
    pub(crate) fn of<'a>(&self, api: &'a Api) -> Decider<'a>
    where
        'p: 'a,
    {
        Decider { api, ..self.clone() }
    }

    /// The same, where so many items of a name that no application looks for stand before those of an answer, if it has any.
    pub(crate) fn leading(self, leading: usize) -> Self {
        Self { leading, ..self }
    }

    /// The answer that the program is run on for this one.
    pub(crate) fn led<'o>(&self, output: &'o ApiOutput) -> Cow<'o, ApiOutput> {
        match self.leading {
            0 => Cow::Borrowed(output),
            count => Cow::Owned(after(output, count, &self.api.answer)),
        }
    }

    fn surroundings(&self) -> Surroundings<'_> {
        Surroundings { api: self.api, default_top_k: self.default_top_k, given: &self.given, budget: self.budget }
    }

    /// Where the program begins.
    pub(crate) fn entry_span(&self) -> Span {
        self.program.functions.get(self.program.entry.0 as usize).map(|entry| entry.span).unwrap_or_default()
    }

    /// What the application does for `output`.
    ///
    /// Where a test hangs on something else than the output, both ways are run: when they come to the same decision
    /// that is the answer. Ways that never call the API are no decisions about its output and do not count.
    ///
    /// # Errors
    /// When the decision depends on anything else than the output, or the program does not end within the limits.
    pub fn decide(&self, output: &ApiOutput) -> Result<Decision, DecideError> {
        Ok(self.trace(output, false, &Memory::default())?.0)
    }

    /// What the application does for each of many outputs, as [`Decider::decide`]: faster than one by one.
    pub fn decide_each(
        &self,
        outputs: impl IntoIterator<Item = ApiOutput>,
    ) -> impl Iterator<Item = Result<Decision, DecideError>> {
        let memory = Memory::of_many();
        outputs.into_iter().map(move |output| Ok(self.trace(&output, false, &memory)?.0))
    }

    /// What the run for `output` shows word for word, for comparison with the application itself.
    ///
    /// # Errors
    /// As [`Decider::decide`].
    pub fn observe(&self, output: &ApiOutput) -> Result<Observation, DecideError> {
        Ok(self.trace(output, true, &Memory::default())?.1.observation)
    }

    /// How many results the call asks for, if it says so; found by running the program on an answer without any.
    pub fn results_asked_for(&self) -> Option<usize> {
        let decider = self.clone().without_default_top_k();
        let ran = decider.trace(&ApiOutput::labels::<&str>([]), false, &Memory::default());
        ran.ok().and_then(|(_, trace)| trace.asked)
    }

    /// As [`Decider::decide`], with what the run looked at.
    pub(crate) fn trace(
        &self,
        output: &ApiOutput,
        tracing: bool,
        memory: &Memory<'p>,
    ) -> Result<(Decision, Trace), DecideError> {
        Ok(self.runs(output, tracing, memory)?.finish())
    }

    /// Whether the application asks the API at all where other APIs answer as given: what they answer may be tested before.
    ///
    /// # Errors
    /// As [`Decider::decide`].
    pub fn asks(&self, output: &ApiOutput) -> Result<bool, DecideError> {
        Ok(self.runs(output, false, &Memory::default())?.first.is_some())
    }

    /// The places of tests at which the application looks at the answer.
    ///
    /// # Errors
    /// As [`Decider::decide`].
    pub fn tests(&self, output: &ApiOutput) -> Result<BTreeSet<Span>, DecideError> {
        Ok(self.trace(output, true, &Memory::default())?.1.inspecting)
    }

    /// The runs for `output`, one for each way through its tests of unknown values.
    fn runs(&self, output: &ApiOutput, tracing: bool, memory: &Memory<'p>) -> Result<Runs, DecideError> {
        let runs = self.runs_of(output, tracing, memory);
        if let (Err(error), Some(stops)) = (&runs, self.stops) {
            stops.note(error, output);
        }
        runs
    }

    fn runs_of(&self, output: &ApiOutput, tracing: bool, memory: &Memory<'p>) -> Result<Runs, DecideError> {
        let output = &*self.led(output);
        let mut runs = Runs::default();
        let mut script = Vec::new();
        loop {
            if let Some(budget) = self.budget.filter(|budget| budget.is_spent()) {
                return Err(DecideError::OutOfBudget { span: self.entry_span(), limit: budget.limit() });
            }
            let ran = run(self.program, self.surroundings(), output, &script, tracing, memory)?;
            script.clear();
            script.extend(ran.choices.iter().map(|choice| choice.taken));
            runs.add(ran)?;
            // The next script in depth-first order: the last way that was taken first is turned round.
            while script.last() == Some(&false) {
                script.pop();
            }
            match script.last_mut() {
                Some(last) => *last = false,
                None => return Ok(runs),
            }
        }
    }

    /// The distinct decisions that are right for an image whose true labels are `truth`.
    ///
    /// Every true label in turn is placed first, the others follow in the order given, all as good as sure; without
    /// true labels the decision on the empty output. A served decision is right if and only if it is in this list.
    ///
    /// # Errors
    /// As [`Decider::decide`].
    pub fn acceptable(&self, truth: &[&str]) -> Result<Vec<Decision>, DecideError> {
        let first = (0..truth.len().max(1)).map(|first| {
            let rest = (0..truth.len()).filter(move |&i| i != first);
            let order = truth.get(first).map(|_| first).into_iter().chain(rest);
            self.decide(&ApiOutput::sure(order.map(|i| truth[i])))
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

/// How many ways through tests of unknown values are tried.
const MAX_RUNS: usize = 256;

/// The runs of one program on one output, one for each way through its tests of unknown values.
#[derive(Default)]
struct Runs {
    count: usize,
    /// The first run that called the API.
    first: Option<Ran>,
    /// The first run at all, for programs that never call it.
    silent: Option<Ran>,
}

impl Runs {
    fn add(&mut self, ran: Ran) -> Result<(), DecideError> {
        self.count += 1;
        let place = if ran.called_api { &mut self.first } else { &mut self.silent };
        match place {
            None => *place = Some(ran),
            Some(first) if ran.called_api && first.decision != ran.decision => return Err(parting(first, &ran)),
            Some(first) => first.trace.merge(ran.trace),
        }
        if self.count >= MAX_RUNS
            && let Some(Choice { span, what, .. }) =
                self.first.as_ref().or(self.silent.as_ref()).and_then(|ran| ran.choices.last())
        {
            return Err(DecideError::Undetermined { span: *span, what: what.clone() });
        }
        Ok(())
    }

    fn finish(self) -> (Decision, Trace) {
        self.first.or(self.silent).map_or_else(Default::default, |ran| (ran.decision, ran.trace))
    }
}

/// The error for two runs that came to different decisions: the test where they parted.
fn parting(first: &Ran, other: &Ran) -> DecideError {
    let parted = first.choices.iter().zip(&other.choices).find(|(a, b)| a.taken != b.taken);
    let choice = parted.map(|(_, choice)| choice).or(other.choices.last());
    let (span, what) = choice.map_or_else(Default::default, |choice| (choice.span, choice.what.clone()));
    DecideError::Undetermined { span, what }
}

impl DecisionProcess {
    /// A decider for this process's program, with its API's default number of results and the answers that are given of
    /// other APIs.
    pub fn decider(&self) -> Decider<'_> {
        Decider { given: self.given.clone(), ..Decider::new(&self.program, &self.api) }
    }
}
