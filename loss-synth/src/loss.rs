//! The loss of a decision process.

use std::sync::Arc;

use chameleon_decision::{DecisionProcess, Given, HANDED_ON, Summary, Vocabulary};

use crate::answer::{Answer, Number, Truth};
use crate::config::LossConfig;
use crate::dual::Dual;
use crate::error::LossError;
use crate::form::{Form, LossBranch, Unreached};
use crate::pooling::Pooling;
use crate::probe::ProbedProgram;
use crate::scores::Scores;
use crate::terms::{TermKind, terms};

/// A loss that is low when an application decides right on its images, made from its summary.
#[derive(Clone, Debug)]
pub struct DecisionLoss {
    pub(crate) form: Form,
    pub(crate) config: LossConfig,
    /// What decides where no formula does.
    program: Option<Arc<ProbedProgram>>,
}

/// What a program that is run can tell of scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProgramScores<'p> {
    /// What it may compare them with, in 0..1, ascending.
    pub constants: &'p [f64],
    /// Whether it calculates with them, so that the slightest change may count. Its margins then take thousands of runs.
    pub calculates: bool,
}

/// The exact margin of one kind of critical error on one image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TermMargin {
    /// The error.
    pub kind: TermKind,
    /// By how much it does not happen; below zero, it happens.
    pub margin: f64,
}

impl DecisionLoss {
    /// The loss of this application over the labels of `vocabulary`.
    ///
    /// # Errors
    /// As [`DecisionLoss::with_answer`].
    pub fn new(summary: &Summary, vocabulary: &Vocabulary, config: LossConfig) -> Result<Self, LossError> {
        Self::with_answer(summary, &Answer::labels(vocabulary), config)
    }

    /// The loss of this application for a network whose raw outputs make an answer of this form.
    ///
    /// # Errors
    /// A decision for which no margin can be written, with the analyzer's reason; one that no answer changes; a label
    /// or field that the answer does not have; a configuration value out of its range.
    pub fn with_answer(summary: &Summary, answer: &Answer, config: LossConfig) -> Result<Self, LossError> {
        config.validate()?;
        Ok(Self { form: Form::new(summary, answer, &config)?, config, program: None })
    }

    /// The loss of an application: that of its summary where this has a form, else, for labels, that of its program,
    /// which is then run around every output. A program that hands names on as they are decides nothing by most of them.
    /// What the API does not answer for want of a score that the request asks for is not seen. A program that is run has
    /// one output a label, however many of it the `answer` can have.
    ///
    /// # Errors
    /// As [`DecisionLoss::with_answer`]; of a program, also when no label changes what it does.
    pub fn of(process: &DecisionProcess, answer: &Answer, config: LossConfig) -> Result<Self, LossError> {
        let config = config.asking(process)?;
        match (Self::with_answer(&process.summary, answer, config), answer) {
            (Err(LossError::NotInTaxonomy { reason }), Answer::Labels { vocabulary, .. }) if reason != HANDED_ON => {
                // Where no label by itself makes a difference, either, it is the form that tells why.
                match Self::by_probing(process, vocabulary, config) {
                    Err(LossError::Unreachable { .. }) => Err(LossError::NotInTaxonomy { reason }),
                    loss => loss,
                }
            }
            (loss, _) => loss,
        }
    }

    /// As [`DecisionLoss::of`], always by running the program.
    ///
    /// # Errors
    /// No label of the vocabulary changes what the program does; a configuration value out of its range.
    pub fn by_probing(
        process: &DecisionProcess,
        vocabulary: &Vocabulary,
        config: LossConfig,
    ) -> Result<Self, LossError> {
        Self::beside(process, vocabulary, config, &[])
    }

    /// As [`DecisionLoss::by_probing`], for images that other APIs are asked about, too: each of the `situations` is what
    /// these answer, and what is true of an image is [`Truth::Beside`]. A right decision is one that the program comes to
    /// where all of them answer right.
    ///
    /// # Errors
    /// As [`DecisionLoss::by_probing`], in all of the situations.
    pub fn beside(
        process: &DecisionProcess,
        vocabulary: &Vocabulary,
        config: LossConfig,
        situations: &[Vec<Given>],
    ) -> Result<Self, LossError> {
        let config = config.asking(process)?;
        let program = ProbedProgram::new(process, vocabulary, config, situations)?;
        let form = Form::of_program(&process.summary, vocabulary, &program.probe);
        Ok(Self { form, config, program: Some(Arc::new(program)) })
    }

    /// The class of a situation: in all of one, the program does the same on each label that makes a difference and on pairs
    /// of them.
    ///
    /// # Panics
    /// There is no such situation.
    pub fn situation_class(&self, situation: u32) -> u32 {
        self.program.as_ref().map_or(0, |program| program.class(situation))
    }

    /// Raw outputs of a row.
    pub fn width(&self) -> usize {
        self.form.width
    }

    /// The branches that some label reaches, in the summary's order.
    pub fn branches(&self) -> &[LossBranch] {
        &self.form.branches
    }

    /// What of the summary the loss is not about, since no answer reaches it.
    pub fn unreached(&self) -> &Unreached {
        &self.form.unreached
    }

    /// The numbers that the intervals of [`Takes::Numbers`](crate::Takes::Numbers) are of, in the order of their places;
    /// none where labels or members decide.
    pub fn numbers(&self) -> &[Number] {
        self.form.numbers()
    }

    /// For each of [`DecisionLoss::branches`], whether it is one to be taken when this is true.
    pub fn right_branches(&self, truth: Truth) -> Vec<bool> {
        self.form.right_branches(truth)
    }

    /// The configuration.
    pub fn config(&self) -> &LossConfig {
        &self.config
    }

    /// How many of the API's results the application looks at; none when all.
    pub fn top_k(&self) -> Option<usize> {
        self.form.top_k
    }

    /// Indices of all labels that can change the decision, ascending.
    pub fn labels(&self) -> Vec<usize> {
        let mut labels: Vec<usize> = self.branches().iter().flat_map(|branch| branch.labels.clone()).collect();
        labels.sort_unstable();
        labels.dedup();
        labels
    }

    /// Mean loss over a batch; writes its gradient by the logits.
    ///
    /// # Shapes
    /// - `logits`: (N, L), L the size of the vocabulary
    /// - `truth`: N lists of true label indices
    /// - `gradient`: (N, L), overwritten
    ///
    /// # Panics
    /// The three lengths do not fit together.
    pub fn value_and_gradient(&self, logits: &[f32], truth: &[Vec<u16>], gradient: &mut [f32]) -> f64 {
        let truth: Vec<Truth> = truth.iter().map(|labels| Truth::Labels(labels)).collect();
        self.value_and_gradient_of(logits, &truth, gradient)
    }

    /// As [`DecisionLoss::value_and_gradient`], for answers of any form.
    ///
    /// # Shapes
    /// - `logits`: (N, L), L the raw outputs of a row
    /// - `truth`: N
    /// - `gradient`: (N, L), overwritten
    ///
    /// # Panics
    /// The three lengths do not fit together.
    pub fn value_and_gradient_of(&self, logits: &[f32], truth: &[Truth], gradient: &mut [f32]) -> f64 {
        let width = self.form.width;
        assert_eq!(logits.len(), truth.len() * width, "logits must be (N, L) with N = {}, L = {width}", truth.len());
        assert_eq!(gradient.len(), logits.len(), "the gradient must have the logits' shape");
        let share = 1.0 / truth.len().max(1) as f64;
        let mut row_gradient = vec![0.0; width];
        let mut total = 0.0;
        for ((row, &truth), out) in logits.chunks_exact(width).zip(truth).zip(gradient.chunks_exact_mut(width)) {
            row_gradient.fill(0.0);
            total += self.add_image(row, truth, &mut row_gradient);
            for (out, &slope) in out.iter_mut().zip(&row_gradient) {
                *out = (share * slope) as f32;
            }
        }
        total * share
    }

    /// The loss of one image; adds its gradient.
    fn add_image(&self, logits: &[f32], truth: Truth, gradient: &mut [f64]) -> f64 {
        let mut loss = 0.0;
        for (kind, margin) in self.open_errors(self.config.pooling, logits, truth) {
            // No change of scores makes this decision right, so there is nothing to learn from it.
            if margin.value > f64::NEG_INFINITY {
                let weight = self.config.weights.of(kind);
                let (value, slope) = self.config.step.at(margin.value, self.config.wrong_weight);
                loss += weight * value;
                margin.add_slopes(weight * slope, gradient);
            }
        }
        loss
    }

    /// The exact margin of every critical error one image leaves open, with hard maxima. The application's decision is
    /// right exactly when all are above zero (a score equal to a threshold or to another score has margin 0).
    ///
    /// # Panics
    /// `logits` does not have the vocabulary's size.
    pub fn term_margins(&self, logits: &[f32], truth: &[u16]) -> Vec<TermMargin> {
        self.term_margins_of(logits, Truth::Labels(truth))
    }

    /// As [`DecisionLoss::term_margins`], for answers of any form.
    ///
    /// # Panics
    /// `logits` is not as long as a row of raw outputs.
    pub fn term_margins_of(&self, logits: &[f32], truth: Truth) -> Vec<TermMargin> {
        assert_eq!(logits.len(), self.form.width, "logits must be (L)");
        let errors = self.open_errors(Pooling::Max, logits, truth).into_iter();
        errors.map(|(kind, margin)| TermMargin { kind, margin: margin.value }).collect()
    }

    /// The decision margin: the smallest of [`DecisionLoss::term_margins`].
    ///
    /// # Panics
    /// `logits` does not have the vocabulary's size.
    pub fn margin(&self, logits: &[f32], truth: &[u16]) -> f64 {
        self.margin_of(logits, Truth::Labels(truth))
    }

    /// As [`DecisionLoss::margin`], for answers of any form.
    ///
    /// # Panics
    /// `logits` is not as long as a row of raw outputs.
    pub fn margin_of(&self, logits: &[f32], truth: Truth) -> f64 {
        self.term_margins_of(logits, truth).iter().map(|term| term.margin).fold(f64::INFINITY, f64::min)
    }

    /// The critical errors that happen on one image: those whose margin is not above zero.
    ///
    /// # Panics
    /// `logits` is not as long as a row of raw outputs.
    pub fn errors_of(&self, logits: &[f32], truth: Truth) -> Vec<TermKind> {
        if let Some(errors) = self.program.as_ref().and_then(|program| program.errors(logits, truth)) {
            return errors;
        }
        let terms = self.term_margins_of(logits, truth).into_iter();
        terms.filter(|term| term.margin <= 0.0).map(|term| term.kind).collect()
    }

    /// What a program that is run looks for in scores; none where a formula decides.
    pub fn program_scores(&self) -> Option<ProgramScores<'_>> {
        self.program.as_ref().map(|program| program.probe.scores())
    }

    /// The critical errors that one image leaves open, with their margins.
    fn open_errors(&self, pooling: Pooling, logits: &[f32], truth: Truth) -> Vec<(TermKind, Dual)> {
        if let Some(term) = self.program.as_ref().and_then(|program| program.margin(pooling, logits, truth)) {
            return vec![term];
        }
        let scores = Scores::new(&self.form, &self.config, pooling, logits);
        let terms = terms(self.form.rule, &self.form.right_branches(truth), truth, &scores);
        terms.into_iter().map(|term| (term.kind(), term.margin(&scores))).collect()
    }
}
