//! Decisions by names, or by anything that can stand for a name.

use std::fmt::Write as _;

use super::axes::Axis;
use super::branches::{Branches, Found};
use super::constants::Constants;
use super::counts::{self, Counted};
use super::probe::{NEUTRAL, Outcome, Probe, contrast};
use super::subject::other_field;
use super::{
    Draft, EMPTY_OUTCOME, Reason, conditions, conjunction, handed, idle, items, joint, ladders, lines, name, order,
    patterns, preferred, ranges, rank, scores, verify, warnings, words,
};
use crate::api::Api;
use crate::decider::DecideError;
use crate::decision::Rendered;
use crate::process::Warning;
use crate::program::Program;
use crate::sample;
use crate::shape::Shape;
use crate::summary::{Branch, Condition, DecisionType, Handed, MatchMode, MinScore, Order, Summary, Vocabulary};

/// What is said where an item that is as one before it counts no more.
const REPEATS_DROPPED: &str = "an item that is all like one before it leads to nothing more";

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
        if lines {
            lines::show(probe)?;
        }
        self.summary.default = probe.decision(found.default).clone();
        self.warn_of_few(program, probe, &found);
        let mut words =
            if probe.subject.has_words() { words::find(program, probe, &mut found, vocabulary)? } else { Vec::new() };
        in_source_order(probe, &mut found, &words);
        patterns::tell(self, program, &words);
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
        let top_k = scores::top_k(probe, (&found, &pairs), per_item)?;
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
                None => return Err(self.handed_on(probe, (&found, &words), api)?),
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
        self.rank(probe, (&found, &words), (class, top_k), counted.is_none(), (program, api))?;
        self.settle(program, probe, (&found, counted), vocabulary)?;
        Ok(true)
    }

    /// How many labels are looked at, and which of several branches or items win; numbers of items are another matter.
    fn rank(
        &mut self,
        probe: &mut Probe<'_>,
        (found, words): (&Branches, &[words::Found]),
        (class, top_k): (Class, Option<u32>),
        is_uncounted: bool,
        (program, api): (&Program, &Api),
    ) -> Result<(), DecideError> {
        // Where every label takes some branch, the first of those that do is the first.
        let decides_first = class == (DecisionType::MultiChoice, Some(Order::ApiOutput)) && found.filler.is_none();
        let top_k = if decides_first { Some(1) } else { top_k };
        self.summary.top_k = top_k;
        if let Some(count) = top_k {
            self.summary.ranked = rank::of_branches(probe, found, &api.answer, count)?;
        }
        let class = if top_k == Some(1) && is_uncounted { order::in_one_label(probe, found, class)? } else { class };
        self.set_class(probe, found, class);
        if is_uncounted {
            self.of_several(probe, (found, words), (program, api))?;
            if self.summary.decision_type == DecisionType::MultiSelect {
                self.warnings.extend(joint::other_numbers(probe, found)?);
            }
            self.of_nested(probe, found, (program, &api.answer))?;
        }
        Ok(())
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

    /// The class of the decision, and in which order branches win.
    fn set_class(&mut self, probe: &Probe<'_>, found: &Branches, class: Class) {
        (self.summary.decision_type, self.summary.order) = class;
        if self.summary.decision_type == DecisionType::MultiChoice && self.summary.top_k == Some(1) {
            // Branches can match the same label only, and then the application's order decides.
            self.summary.order = Some(Order::AppPriority);
        }
        if probe.subject.is_single() {
            // The answer has one value, so no order decides between two.
            self.summary.order = None;
        }
        self.summary.within = found.within.filter(|_| self.summary.order == Some(Order::ApiOutput));
    }

    /// Warns of how many names are put into a list. Which names are there to be left out is not known, so that it is the
    /// number of others that shows.
    fn warn_of_most(
        &mut self,
        program: &Program,
        probe: &mut Probe<'_>,
        found: &Branches,
        api: &Api,
    ) -> Result<(), DecideError> {
        if hands_on(probe, found)
            && collects(probe, found)
            && let Some(most) = probe.looks_at(&api.answer)?
        {
            self.warn(program, format!("of the names that are not left out no more than {most} are taken"));
        }
        Ok(())
    }

    /// What numbers of items do, or, where they do nothing, the check of what was found.
    fn settle(
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

    /// That names are only handed on, and which of them.
    fn handed_on(
        &mut self,
        probe: &mut Probe<'_>,
        (found, words): (&Branches, &[words::Found]),
        api: &Api,
    ) -> Result<Reason, DecideError> {
        // Names that are left out may stand before the one that is not.
        let leaves_out = found.branches.iter().any(|branch| branch.except);
        self.summary.top_k = if leaves_out { None } else { probe.looks_at(&api.answer)? };
        if let Some(cut) = rank::of_names(probe, &api.answer)?.filter(|cut| cut.by.is_some()) {
            (self.summary.top_k, self.summary.ranked) = (Some(cut.count), cut.by);
        }
        if self.summary.top_k != Some(1) {
            // That names are handed on says so already, unless some are left out.
            let selects = self.summary.selects_names();
            let names: Vec<_> = found.branches.iter().map(|branch| branch.samples.clone()).collect();
            let handed = handed::find(probe, found, &names, (&api.answer, &[]))?;
            self.summary.handed = handed.filter(|handed| match handed {
                Handed::All => selects,
                Handed::Everything => false,
                _ => true,
            });
            self.prefer(probe, (found, words))?;
        } else if let Some(preferred) = preferred::find(probe, found, words)? {
            // Of those it is not the first that is looked at.
            self.summary.top_k = None;
            self.summary.handed = Some(if self.summary.ranked.is_some() { Handed::Greatest } else { Handed::First });
            self.add_preferred(preferred);
        }
        Ok(Reason(super::HANDED_ON.to_owned()))
    }

    /// What comes of several items of one branch: each is acted on, or one of them is handed on.
    fn of_several(
        &mut self,
        probe: &mut Probe<'_>,
        (found, words): (&Branches, &[words::Found]),
        (program, api): (&Program, &Api),
    ) -> Result<(), DecideError> {
        use DecisionType::{MultiChoice, MultiSelect, TrueFalse};
        if !matches!(self.summary.decision_type, TrueFalse | MultiChoice | MultiSelect) {
            return Ok(());
        }
        let names = alike(probe, found, words, api.repeats)?;
        self.summary.again = items::act_again(probe, found, &names)?;
        if self.summary.top_k != Some(1) && hands_on(probe, found) {
            let least: Vec<_> =
                self.summary.branches.iter().map(|branch| branch.min_score.map(|min| min.value)).collect();
            let handed = handed::find(probe, found, &names, (&api.answer, &least))?;
            // A list of all that match is handed on once.
            if handed == Some(Handed::All) && self.summary.again {
                self.summary.again = items::act_apart(probe, found, &names)?;
            }
            let again = self.summary.again;
            self.summary.handed = handed.filter(|handed| *handed != Handed::All || !again);
            self.prefer(probe, (found, words))?;
        }
        // What grows with a list is done once, with more on the list.
        if self.summary.again && !items::act_apart(probe, found, &names)? {
            self.summary.again = false;
            self.summary.handed.get_or_insert(Handed::Listed);
        }
        let may_repeat = api.repeats || probe.subject.repeats();
        if self.summary.again && may_repeat && items::drop_repeats(probe, found, &names, &api.answer)? {
            self.warn(program, REPEATS_DROPPED.to_owned());
        }
        Ok(())
    }

    /// Tells which names are handed on before the one that is else.
    fn prefer(
        &mut self,
        probe: &mut Probe<'_>,
        (found, words): (&Branches, &[words::Found]),
    ) -> Result<(), DecideError> {
        let is_one = self.summary.handed.is_some_and(|one| !matches!(one, Handed::All | Handed::Everything));
        if is_one && let Some(preferred) = preferred::find(probe, found, words)? {
            self.add_preferred(preferred);
        }
        Ok(())
    }

    fn add_preferred(&mut self, preferred: preferred::Preferred) {
        let is_one = |text: &String| preferred.words.contains(text);
        self.summary.idle.retain(|word| !is_one(&word.text));
        // They take the branch as any other name does.
        let any = self.summary.branches.iter_mut().filter(|branch| !branch.except);
        any.for_each(|branch| branch.words.retain(|word| word.mode != MatchMode::Any || !is_one(&word.text)));
        self.warnings.push(preferred.warning);
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

    /// Checks what the summary says against the program. Where only the last label that matches is judged by its score,
    /// as a later one overwrites, that is its order.
    fn verify(&mut self, probe: &mut Probe<'_>, found: &Branches, vocabulary: &Vocabulary) -> Result<(), Reason> {
        let Err(reason) = verify::check(probe, found, &self.summary, vocabulary)? else { return Ok(()) };
        let has_cut = self.summary.branches.iter().any(|branch| branch.min_score.is_some() && !branch.negated);
        if self.summary.decision_type != DecisionType::TrueFalse || !has_cut {
            return Err(reason);
        }
        self.summary.order = Some(Order::LastMatch);
        verify::check(probe, found, &self.summary, vocabulary)?.map_err(|_| reason)
    }

    /// Every item is decided on by itself, and leaves its own trace.
    fn each(&mut self, found: &Branches) {
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

/// The score below which a label is as good as none, where the application cuts before it looks, or what is no branch's,
/// and has an outcome of its own for an empty answer.
fn floor(probe: &mut Probe<'_>, found: &Branches, summary: &Summary) -> Result<Option<MinScore>, DecideError> {
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

/// Whether what a branch does carries the API's data.
fn hands_on(probe: &Probe<'_>, found: &Branches) -> bool {
    let data = |outcome: Outcome| {
        let effects = probe.own_effects(outcome, found.default);
        effects.iter().any(|effect| effect.values.iter().any(Rendered::has_data))
    };
    found.branches.iter().any(|branch| data(branch.outcome))
}

/// Whether what the one branch does says something in words of the program's own where others stand without it, whatever
/// data of the API it carries besides.
fn chooses(probe: &Probe<'_>, found: &Branches) -> bool {
    let [branch] = found.branches.as_slice() else { return false };
    let (own, usual) =
        (probe.own_effects(branch.outcome, found.default), probe.own_effects(found.default, branch.outcome));
    own.iter().any(|effect| usual.iter().any(|other| contrast(effect, other)))
}

/// Whether every name that is not left out is put into a list.
fn collects(probe: &Probe<'_>, found: &Branches) -> bool {
    let [branch] = found.branches.as_slice() else { return false };
    let effects = probe.own_effects(branch.outcome, found.default);
    let lists = effects.iter().any(|effect| effect.values.iter().any(Rendered::lists_data));
    lists && branch.except && !probe.fails(found.default)
}

type Class = (DecisionType, Option<Order>);

/// The class and order of the branches, and what numbers of items do where they matter.
fn classify(
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
                found.within = order::within_label(probe, found)?;
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

/// Up to three names that lead to each branch by themselves, be they in the vocabulary or only words of the program's.
fn alike(
    probe: &mut Probe<'_>,
    found: &Branches,
    words: &[words::Found],
    repeats: bool,
) -> Result<Vec<Vec<String>>, DecideError> {
    const ENOUGH: usize = 3;
    let mut all = Vec::new();
    for branch in &found.branches {
        let mut names: Vec<String> = branch.samples.iter().take(ENOUGH).cloned().collect();
        for word in words.iter().filter(|word| word.outcome == Some(branch.outcome)).map(words::Found::compared) {
            let matched = [sample::of(word), sample::another(word)].into_iter().flatten();
            for name in matched.chain([word.to_owned()]) {
                let is_new = names.len() < ENOUGH && !names.contains(&name);
                if is_new && probe.labels(&[&name])? == branch.outcome {
                    names.push(name);
                }
            }
        }
        if let (true, [only]) = (repeats || probe.subject.repeats(), names.as_slice()) {
            names = vec![only.clone(); ENOUGH];
        }
        all.push(names);
    }
    Ok(all)
}
