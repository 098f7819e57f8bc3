//! Decisions by names, or by anything that can stand for a name.

mod class;
mod several;

use std::fmt::Write as _;

use self::class::{classify, floor};
use self::several::{chooses, hands_on};
use super::axes::Axis;
use super::branches::{Branches, Found};
use super::constants::Constants;
use super::counts::Counted;
use super::probe::{NEUTRAL, Outcome, Probe};
use super::subject::other_field;
use super::{
    Draft, EMPTY_OUTCOME, Reason, conditions, conjunction, idle, items, joined, ladders, lines, name, ranges, scores,
    warnings, words,
};
use crate::api::Api;
use crate::decider::DecideError;
use crate::process::Warning;
use crate::program::Program;
use crate::shape::Shape;
use crate::summary::{Branch, Condition, DecisionType, MinScore, Order, Vocabulary};

/// Of vocabularies up to this every label is tried with other fields.
const FEW: usize = 16;

impl Draft {
    /// Warns of answers with so few labels that they have an outcome of their own.
    fn warn_of_few(&mut self, program: &Program, probe: &mut Probe<'_>, found: &Branches) {
        if let Some((fewest, outcome)) = found.fewest {
            let what = probe.decision(outcome);
            self.warn(program, format!("an answer with fewer than {fewest} results has an outcome of its own: {what}"));
        } else if !probe.differ_by_data_only(found.empty, found.default) {
            let what = probe.decision(found.empty);
            self.warn(program, format!("{EMPTY_OUTCOME}: {what}"));
        }
    }

    /// Adds to the warning of an empty answer how unsure results are as good as none.
    fn add_floor(&mut self, nothing_below: Option<MinScore>) {
        let of_empty = |warning: &&mut Warning| warning.message.starts_with(EMPTY_OUTCOME);
        if let (Some(cut), Some(warning)) = (nothing_below, self.warnings.iter_mut().find(of_empty)) {
            let how = if cut.inclusive { "below" } else { "of at most" };
            let _ = write!(warning.message, "; so has one with no score but {how} {}", cut.value);
        }
    }

    /// Fills the draft when the decision hangs on labels; `false` when none makes a difference.
    pub(super) fn by_labels(
        &mut self,
        (program, api): (&Program, &Api),
        probe: &mut Probe<'_>,
        vocabulary: &Vocabulary,
    ) -> Result<bool, Reason> {
        let mut found = Branches::find(probe, vocabulary)?;
        let lines = vocabulary.labels.is_empty() && Constants::of(program).lines;
        found.lines = lines;
        if lines {
            lines::show(probe)?;
        }
        self.summary.default = probe.decision(found.default).clone();
        self.warn_of_few(program, probe, &found);
        let mut words =
            if probe.subject.has_words() { words::find(program, probe, &mut found, vocabulary)? } else { Vec::new() };
        in_source_order(probe, &mut found, &words);
        joined::tell(self, probe, &words);
        let mut company = words::in_company(probe, &found, &mut words)?;
        if company.is_none() && lines {
            company = lines::find(probe, &found, &mut words)?;
        }
        if found.branches.is_empty() {
            if let Some(reason) = company {
                // The words may belong to another field, such as an entity's type.
                self.put_off.get_or_insert(reason);
                return Ok(false);
            }
            self.tell(program, probe, (&found, &words, false), vocabulary)?;
            return Ok(false);
        }
        let several = probe.copies().count() > 1;
        let per_item = !several && items::are_apart(probe, &found, vocabulary)?;
        let pairs = if !several && (company.is_some() || !per_item) {
            conjunction::find(probe, &found, &mut words, vocabulary)?
        } else {
            Vec::new()
        };
        let company = company.filter(|_| pairs.is_empty());
        let (class, counted) = classify(probe, (&mut found, &words), (api.repeats, per_item), vocabulary)?;
        let ends = [found.default, found.empty];
        let cuts = found.branches.iter().map(|branch| scores::threshold(probe, branch, ends));
        let cuts = cuts.collect::<Result<Vec<_>, _>>()?;
        let top_k = self.top_k(probe, (&found, &pairs), per_item)?;
        self.describe(probe, &found, &words, &cuts, vocabulary);
        let one_branch = matches!(class, Ok((DecisionType::MultiChoice, _)));
        let told = self.warnings.clone();
        self.tell(program, probe, (&found, &words, one_branch), vocabulary)?;
        if let Some(reason) = company {
            self.summary.top_k = top_k.ok().flatten();
            return Err(reason);
        }
        let before = told.clone();
        match self.is_about_names((program, api), probe, (&found, &mut words, one_branch), (vocabulary, told)) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(reason) => {
                let Some(cells) = conditions::split::find(probe, &found, (&api.answer, program))? else {
                    return Err(reason);
                };
                self.warnings = before;
                self.split(probe, &found, cells);
                return Ok(true);
            }
        }
        if let Some((one, other)) = items::mixing(probe, &found, vocabulary)? {
            return Err(Reason(format!("the outcome hangs on {one} and on {other} of one item together")));
        }
        if self.by_scores((program, api), probe, (&found, &words), (&cuts, per_item), vocabulary)? {
            return Ok(true);
        }
        let class = if pairs.is_empty() {
            class?
        } else {
            self.add_pairs(probe, &mut found, (pairs, &words), class?, vocabulary)?
        };
        if found.any_name && counted.is_none() && vocabulary.labels.is_empty() {
            self.warn_of_most(program, probe, &found, api)?;
        }
        // Of a closed set of values, one that is none of them says nothing.
        let any = |branch: &Found| branch.except || probe.subject.knows(NEUTRAL);
        let only = found.any_name && matches!(found.branches.as_slice(), [branch] if any(branch));
        if only && hands_on(probe, &found) && !chooses(probe, &found) {
            match counted {
                None => return Err(self.handed_on(probe, (&found, &words), (program, api))?),
                // Whatever it is called, how sure the API may be: each item is handed on.
                Some(Counted::Each) if words.is_empty() && cuts.iter().all(|cut| matches!(cut, Ok(None))) => {
                    self.summary.branches.clear();
                    return Ok(false);
                }
                Some(_) => {}
            }
        }
        if found.any_name && counted.is_none() && words.is_empty() && probe.fails(found.empty) {
            return Err(Reason("only an answer without results is told apart, and the program fails on it".to_owned()));
        }
        // Where each item leaves its trace, those before one show whatever its place is.
        let top_k = if matches!(counted, Some(Counted::Each)) { top_k.unwrap_or(None) } else { top_k? };
        if let Some(reason) = cuts.into_iter().find_map(Result::err) {
            return Err(reason);
        }
        if found.any_name && words.is_empty() {
            self.name_score(&api.answer);
        }
        found.nothing_below = floor(probe, &found, &self.summary)?;
        self.add_floor(found.nothing_below);
        self.rank(probe, (&mut found, &words), (class, top_k), counted.is_none(), (program, api))?;
        self.settle(program, probe, (&found, counted), vocabulary)?;
        Ok(true)
    }

    /// Fills the draft where the score of what is seen leads elsewhere, and not only counts or does not.
    fn by_scores(
        &mut self,
        (program, api): (&Program, &Api),
        probe: &mut Probe<'_>,
        (found, words): (&Branches, &[words::Found]),
        (cuts, per_item): (&[Result<Option<MinScore>, Reason>], bool),
        vocabulary: &Vocabulary,
    ) -> Result<bool, Reason> {
        let by_name = !found.any_name && !found.branches.iter().any(|branch| branch.negated || branch.except);
        let others = by_name
            && !per_item
            && (ladders::tells_others(probe, found, cuts)? || ladders::tells_words(probe, (found, words), cuts)?);
        let constants = Constants::of(program);
        let differ = cuts.iter().any(Result::is_err);
        let ladder = differ && found.branches.len() == 1 && !others;
        if ladder && ranges::fill_labelled(self, probe, (found, per_item), &api.answer, &constants)? {
            return Ok(true);
        }
        let is_ladder = others || (by_name && differ);
        if !is_ladder {
            return Ok(false);
        }
        match ladders::fill(self, probe, (found, words), (&api.answer, &constants), vocabulary)? {
            Some(reason) => Err(reason),
            None => Ok(false),
        }
    }

    /// Has the one branch be several, each under its conditions.
    fn split(&mut self, probe: &Probe<'_>, found: &Branches, cells: Vec<(Outcome, Vec<Condition>)>) {
        let Some(labelled) = self.summary.branches.pop() else { return };
        let effects: Vec<_> = cells.iter().map(|cell| probe.own_effects(cell.0, found.default)).collect();
        let names = name::of(&effects);
        for (((outcome, conditions), effects), name) in cells.into_iter().zip(effects).zip(names) {
            self.summary.branches.push(Branch {
                name,
                outcome: probe.decision(outcome).clone(),
                conditions,
                evidence: name::evidence(probe, outcome, found.default, &effects),
                ..labelled.clone()
            });
        }
        let several = self.summary.branches.len() > 1;
        self.summary.decision_type = if several { DecisionType::MultiChoice } else { DecisionType::TrueFalse };
        self.summary.order = several.then_some(Order::ApiOutput);
        warnings::take_back_turned(self, probe);
    }

    /// Where any name will do, and how sure it is decides, that is what the decision is about.
    fn name_score(&mut self, shape: &Shape) {
        let score = Axis::all(shape).into_iter().find(|axis| axis.is_in_list() && axis.is_score(shape));
        if let ([branch], Some(score)) = (self.summary.branches.as_slice(), score)
            && branch.min_score.is_some()
        {
            self.summary.field = Some(score.show());
        }
    }

    /// Whether it is names that decide: alone, or with other fields of their items, which are added as conditions.
    fn is_about_names(
        &mut self,
        (program, api): (&Program, &Api),
        probe: &mut Probe<'_>,
        (found, words, one_branch): (&Branches, &mut [words::Found], bool),
        (vocabulary, told): (&Vocabulary, Vec<Warning>),
    ) -> Result<bool, Reason> {
        let samples = found.branches.iter().filter_map(|branch| branch.samples.first());
        // Of a few values, those of no branch may be one with something else.
        let others = vocabulary.labels.iter().filter(|_| vocabulary.labels.len() <= FEW);
        let samples: Vec<&str> = samples.chain(others).map(String::as_str).chain([NEUTRAL]).collect();
        let Some(other) = other_field(probe, &api.answer, &samples)? else { return Ok(true) };
        if let Some(conditions) = conditions::find(probe, found, words, (&api.answer, program))? {
            // With the answers that were tried for them there is less to warn of.
            self.warnings = told;
            self.add_conditions(program, conditions, words);
            self.tell(program, probe, (found, words, one_branch), vocabulary)?;
            return Ok(true);
        }
        let field = self.summary.field.clone().unwrap_or_default();
        let reason = Reason(format!("the outcome hangs on {field} and on {other} together"));
        if !found.is_for_any(vocabulary) {
            return Err(reason);
        }
        // Whatever the name is: then it is the other field that decides.
        self.put_off.get_or_insert(reason);
        self.summary.branches.clear();
        Ok(false)
    }

    /// What looks doubtful about the branches, and the words that change nothing.
    fn tell(
        &mut self,
        program: &Program,
        probe: &mut Probe<'_>,
        (found, words, one_branch): (&Branches, &[words::Found], bool),
        vocabulary: &Vocabulary,
    ) -> Result<(), DecideError> {
        warnings::try_more(probe, words)?;
        warnings::find(self, program, probe, found, words, vocabulary);
        let constants = Constants::of(program);
        // Which lines stand before a line of a text can matter.
        let lines = constants.lines && vocabulary.labels.is_empty();
        self.summary.idle = if lines { Vec::new() } else { idle::of(&constants, probe, words, one_branch) };
        if lines {
            self.warnings
                .extend(probe.in_few_steps(|probe| lines::warnings(probe, words)).ok().flatten().unwrap_or_default());
        }
        Ok(())
    }

    fn describe(
        &mut self,
        probe: &Probe<'_>,
        found: &Branches,
        words: &[words::Found],
        cuts: &[Result<Option<MinScore>, Reason>],
        vocabulary: &Vocabulary,
    ) {
        let effects: Vec<_> =
            found.branches.iter().map(|branch| probe.own_effects(branch.outcome, found.default)).collect();
        let names = name::of(&effects);
        for (((branch, cut), effects), name) in found.branches.iter().zip(cuts).zip(effects).zip(names) {
            self.summary.branches.push(Branch {
                name,
                outcome: probe.decision(branch.outcome).clone(),
                words: words::of(words, branch.outcome, &found.unions),
                labels: branch.labels.iter().map(|&at| vocabulary.labels[at].clone()).collect(),
                negated: branch.negated,
                except: branch.except,
                any: false,
                unless: Vec::new(),
                with: None,
                regions: Vec::new(),
                min_score: cut.as_ref().ok().copied().flatten(),
                conditions: Vec::new(),
                evidence: name::evidence(probe, branch.outcome, found.default, &effects),
            });
        }
    }
}

/// Puts branches in the order of the source; a priority of the application's own is sorted by later.
fn in_source_order(probe: &Probe<'_>, found: &mut Branches, words: &[words::Found]) {
    let default = found.default;
    found.branches.sort_by_key(|branch| {
        let first = words::of(words, branch.outcome, &[]).iter().map(|word| word.span).min();
        // Values of fields are no words; what is done with them stands somewhere, too.
        let done = probe.own_effects(branch.outcome, default).iter().map(|effect| effect.span).min();
        let first = first.or(done.filter(|_| !probe.subject.has_words()));
        (first.is_none(), first)
    });
}
