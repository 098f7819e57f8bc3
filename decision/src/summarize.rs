//! The canonical summary of a program, found by running it over a vocabulary.
//!
//! First it is found what of the answer makes a difference: numbers of the whole answer (a sentiment's score), names of
//! items (labels, categories, objects), members of enumerations (an entity's type, a likelihood), numbers of items, or
//! only how many items there are. What follows treats all but the numbers as labels: every label alone gives the
//! branches; pairs of labels give the order; lower scores give the thresholds; later places give the top-k; labels near
//! the application's words give the way they are compared. What comes out is then checked against the program on random
//! outputs, and called [`DecisionType::Other`] where it does not predict the program.

mod absent;
mod aggregate;
mod apart;
mod axes;
mod beside;
mod branches;
mod by_labels;
mod by_value;
mod characters;
mod choice;
mod conditions;
mod conjunction;
mod constants;
mod copies;
mod counted;
mod counts;
mod deeds;
mod enough;
mod excluded;
mod fields;
mod forms;
mod greatest;
mod grid;
mod handed;
mod held;
mod held_counts;
mod idle;
mod items;
mod joined;
mod joint;
mod kinds;
mod ladders;
mod lead;
mod lengths;
mod lines;
mod lists;
mod matching;
mod measured;
mod mixed;
mod name;
mod namesakes;
mod nested;
mod numbers;
mod order;
mod pieces;
mod preferred;
mod presence;
mod probe;
mod products;
mod ranges;
mod rank;
mod regions;
mod same_items;
mod scores;
mod several;
mod several_lists;
mod shares;
mod showing;
mod subject;
mod sums;
mod sure_counts;
mod texts;
mod together;
mod tree;
mod union;
mod unknown_value;
mod unrelated;
mod untold;
mod values;
mod verify;
mod votes;
mod warnings;
mod within;
mod words;

use constants::Constants;
use kinds::Kinds;
pub(crate) use lead::after;
use mixed::Mixed;
use probe::{Outcome, Probe};
use ranges::Where;
use subject::{Members, Subject};
pub use warnings::speaks_of_all_answers;

use crate::decider::{DecideError, Decider};
use crate::shape::ITEM;
use crate::summary::Handed;
use crate::{Api, ApiOutput, Bounds, Branch, DecisionType, Program, Summary, Vocabulary, Warning};

/// The canonical form of `program`, and what looks doubtful in it. `vocabulary` holds the names that the API's items can
/// have; where it is empty, only the program's own words are tried.
///
/// A program that fits no class, or whose decision depends on more than the API's output, is [`DecisionType::Other`]
/// with the reason.
pub fn summarize(program: &Program, api: &Api, vocabulary: &Vocabulary) -> (Summary, Vec<Warning>) {
    Decider::new(program, api).summarize(vocabulary)
}

impl Decider<'_> {
    /// As [`summarize`], where other APIs that the program asks answer as this decider is given.
    pub fn summarize(&self, vocabulary: &Vocabulary) -> (Summary, Vec<Warning>) {
        Draft::of(self, vocabulary)
    }
}

/// The reason of a summary whose program does the same on every answer.
pub const SAME_OUTCOME: &str = "every answer that was tried leads to the same outcome";
/// The reason of a summary where other APIs answer so that this one is not asked.
pub const NOT_ASKED: &str = "the API is not asked then";
/// How a warning begins that an answer without results leads to something that no other one does.
pub const EMPTY_OUTCOME: &str = "an empty answer has an outcome of its own";
/// Why a summary is of no known kind where what is answered is not decided by, but shown or kept.
pub const HANDED_ON: &str = "the names are handed on as they are";

/// How the reason begins where no more than that there are results makes a difference.
pub const ONLY_EMPTY: &str = "only an answer without results is told apart";

/// Why a program fits no class.
#[derive(Clone)]
struct Reason(String);

impl Reason {
    /// Whether it is that nothing of the answer decides.
    fn is_of_nothing(&self) -> bool {
        self.0 == SAME_OUTCOME || self.0 == HANDED_ON
    }
}

impl From<DecideError> for Reason {
    fn from(error: DecideError) -> Self {
        Self(error.to_string())
    }
}

#[derive(Clone)]
struct Draft {
    summary: Summary,
    warnings: Vec<Warning>,
    /// What the application does on an answer of nothing.
    default_outcome: Outcome,
    /// Why names fit no class, unless something else of the answer does.
    put_off: Option<Reason>,
    /// How several items are put together is told: the highest decides, or their mean.
    is_put_together: bool,
}

impl Draft {
    fn of(decider: &Decider<'_>, vocabulary: &Vocabulary) -> (Summary, Vec<Warning>) {
        let (program, api) = decider.subject();
        let api = same_items::as_read(api, program);
        let decider = decider.of(&api);
        let left_out = lead::find(&decider);
        let (plain, decider) = (&decider, &decider.clone().leading(left_out));
        let draft = Self::about(decider, vocabulary);
        // How many there are at all counts those that are left out.
        let counts = |branch: &Branch| {
            let of_all = branch.words.is_empty() && branch.labels.is_empty() && branch.conditions.is_empty();
            of_all && branch.regions.iter().flatten().any(|bounds| bounds.field == Bounds::COUNT)
        };
        let (left_out, decider, draft) = match left_out {
            1.. if draft.summary.branches.iter().any(counts) => (0, plain, Self::about(plain, vocabulary)),
            _ => (left_out, decider, draft),
        };
        let draft = absent::filled(draft, decider, vocabulary);
        let draft = texts::retold(draft, decider);
        let draft = same_items::told(draft, decider);
        let mut draft = apart::told(draft, decider);
        for branch in &mut draft.summary.branches {
            let all = !branch.labels.is_empty() && branch.labels.len() == vocabulary.labels.len();
            branch.any = all && branch.words.is_empty() && !branch.negated && !branch.except;
        }
        draft.summary.left_out = u32::try_from(left_out).unwrap_or(u32::MAX);
        (draft.summary, draft.warnings)
    }

    fn about(decider: &Decider<'_>, vocabulary: &Vocabulary) -> Self {
        let mut draft = Draft {
            summary: Summary::of_nothing(vocabulary.name.clone()),
            warnings: Vec::new(),
            default_outcome: 0,
            put_off: None,
            is_put_together: false,
        };
        let (program, api) = decider.subject();
        draft.fill(decider, program, api, vocabulary);
        draft.take_back_idle(vocabulary);
        draft.take_back_numbers();
        draft
    }

    fn give_up(&mut self, reason: String) {
        self.summary.decision_type = DecisionType::Other;
        self.summary.order = None;
        self.summary.reason = Some(reason);
    }

    /// A word that leads to a branch is not without effect, though it stands in another list, too, which is not asked; where
    /// one of several branches is taken, the list of another may come first.
    fn take_back_idle(&mut self, vocabulary: &Vocabulary) {
        let Summary { decision_type, branches, idle, .. } = &mut self.summary;
        if *decision_type != DecisionType::MultiChoice {
            let leads = |text: &String| {
                branches.iter().any(|branch| {
                    // A branch for any label is none for this one.
                    let some = branch.labels.len() < vocabulary.labels.len();
                    (some && branch.labels.contains(text)) || branch.words.iter().any(|word| word.text == *text)
                })
            };
            idle.retain(|word| !leads(&word.text));
        }
    }

    /// Where how many there are changes nothing but the end of a word that is printed beside their number, nothing is decided.
    fn take_back_numbers(&mut self) {
        let Summary { decision_type, branches, default, .. } = &self.summary;
        let differs = |branch: &Branch| !branch.outcome.is_same_without_data(default) && branch.outcome != *default;
        if *decision_type == DecisionType::Count
            && branches.iter().any(differs)
            && branches.iter().all(|branch| branch.outcome.is_same_but_for_number(default))
        {
            self.summary.branches.clear();
            self.give_up(SAME_OUTCOME.to_owned());
        }
    }

    /// Finds what the decision is about: one part of the answer, or several fields of an item together.
    fn fill<'p>(&mut self, decider: &Decider<'p>, program: &Program, api: &'p Api, vocabulary: &Vocabulary) {
        let constants = Constants::of(program);
        let mut probe = Probe::new(decider.clone(), &constants);
        let told = self.kind(&mut probe, (program, api), &constants, vocabulary);
        if let Err(Reason(reason)) = told {
            self.give_up(reason);
        }
        beside::tell(self, decider);
        probe.hurry();
        let known = self.warnings.clone();
        // What cannot be tried is left untold.
        unknown_value::tell(self, &mut probe, api).ok();
        let untold = untold::tell(self, &mut probe, api, &constants).unwrap_or_default();
        // The score of one item may be a sum of one.
        let may_be_sum = match self.summary.decision_type {
            // How long a text of names is that are handed on is the sum of nothing.
            DecisionType::Other => !self.is_put_together && self.summary.reason.as_deref() != Some(HANDED_ON),
            DecisionType::Range => self.summary.field.as_deref().is_none_or(|field| field.contains(ITEM)),
            _ => false,
        };
        // Of several kinds that are counted it is not known yet how they go together.
        let is_sum = may_be_sum && sums::fill(self, &mut probe, api).unwrap_or_default();
        let is_open = match self.summary.decision_type {
            DecisionType::Other => !self.is_put_together,
            DecisionType::Count => self.summary.branches.len() == 2,
            _ => untold,
        };
        let told = std::mem::replace(&mut self.warnings, known);
        let of_several = |draft: &mut Self, probe: &mut Probe<'_>| {
            is_open && draft.of_kinds(probe, (program, api), &constants).unwrap_or_default()
                || untold && enough::fill(draft, probe, (program, api), &constants).unwrap_or_default()
        };
        if is_sum || of_several(self, &mut probe) {
            self.warnings.retain(|warning| warning.message != warnings::SAME_WAYS);
            untold::tell(self, &mut probe, api, &constants).ok();
        } else {
            self.warnings = told;
        }
        self.tell_deeds(&probe);
        presence::tell(self, &probe, (program, api), &constants);
        let presumed = [(probe.presumed(), warnings::PRESUMED), (probe.presumed_one(), warnings::PRESUMED_ONE)];
        for (mut places, message) in presumed {
            places.dedup_by_key(|span| (span.file, span.line));
            self.warnings.extend(places.into_iter().map(|span| Warning { span, message: message.to_owned() }));
        }
    }

    /// Adds to each branch what it does outside with the API's data, though that alone decides nothing.
    fn tell_deeds(&mut self, probe: &Probe<'_>) {
        let outcomes = self.summary.branches.iter_mut().map(|branch| &mut branch.outcome);
        for outcome in outcomes.chain([&mut self.summary.default]) {
            if let Some(whole) = probe.with_deeds(outcome) {
                *outcome = whole;
            }
        }
    }

    /// Fills the draft where it is items of the branches' kinds beside others that decide, by their numbers.
    fn of_kinds(
        &mut self,
        probe: &mut Probe<'_>,
        (program, api): (&Program, &Api),
        constants: &Constants,
    ) -> Result<bool, DecideError> {
        if self.summary.branches.is_empty() {
            return Ok(false);
        }
        let mut mixed = Mixed::of(probe, (&api.answer, api.repeats), constants, &self.summary);
        let Some(kinds) = Kinds::of(self, probe, api, &mut mixed)? else { return Ok(false) };
        Ok(shares::fill(self, probe, (program, constants), (&mut mixed, &kinds))?
            || votes::fill(self, probe, api, (&mut mixed, &kinds))?)
    }

    /// Finds what kind of decision it is.
    fn kind<'p>(
        &mut self,
        probe: &mut Probe<'p>,
        (program, api): (&Program, &'p Api),
        constants: &Constants,
        vocabulary: &Vocabulary,
    ) -> Result<(), Reason> {
        let Err(reason) = self.of_one(probe, (program, api), constants, vocabulary) else { return Ok(()) };
        // What is tested and comes to the same may take several fields to come to something else.
        let selects = reason.0 == HANDED_ON && self.summary.branches.iter().any(|branch| branch.min_score.is_some());
        let is_told = selects || self.summary.branches.iter().any(|branch| !branch.regions.is_empty());
        if is_told || (reason.is_of_nothing() && probe.inspecting.is_empty()) {
            return Err(reason);
        }
        probe.turn_to(Subject::Names);
        probe.multiply(copies::Copies::default());
        if let Some(told) = fields::fill(self, probe, (program, &api.answer), constants).ok().flatten() {
            return Err(told);
        }
        let greatest = greatest::fill(self, probe, &api.answer, constants).ok().flatten();
        if greatest.is_some() {
            self.is_put_together = true;
            self.warn_of_nothing(program, probe);
        }
        // What else there is to say against it is the reason.
        Err(greatest.unwrap_or(reason))
    }

    /// Warns of an answer of nothing where it leads elsewhere than one of an item that says nothing.
    fn warn_of_nothing(&mut self, program: &Program, probe: &Probe<'_>) {
        let of_empty = |warning: &Warning| warning.message.starts_with(EMPTY_OUTCOME);
        let empty = probe.decision(self.default_outcome).clone();
        if empty != self.summary.default && !self.warnings.iter().any(of_empty) {
            self.warn(program, format!("{EMPTY_OUTCOME}: {empty}"));
        }
    }

    /// Tries one after the other what of the answer the decision could be about.
    fn of_one<'p>(
        &mut self,
        probe: &mut Probe<'p>,
        (program, api): (&Program, &'p Api),
        constants: &Constants,
        vocabulary: &Vocabulary,
    ) -> Result<(), Reason> {
        self.default_outcome = probe.run(&ApiOutput::Answer { answer: api.answer.nothing() })?;
        self.summary.default = probe.decision(self.default_outcome).clone();
        for members in Members::of(api) {
            if by_value::fill(self, probe, (&api.answer, &members), constants)? {
                return Ok(());
            }
        }
        if ranges::fill(self, probe, &api.answer, constants, Where::Whole)? {
            return Ok(());
        }
        if let Some(field) = subject::named_field(&api.answer) {
            self.summary.field = Some(field);
            if self.by_names((program, api), probe, vocabulary)? {
                return Ok(());
            }
        }
        // What was left out as logging has made the outcomes before void.
        self.default_outcome = probe.run(&ApiOutput::Answer { answer: api.answer.nothing() })?;
        self.summary.default = probe.decision(self.default_outcome).clone();
        // What is odd about names counts only where nothing else of the answer is found to decide.
        let about_names = (std::mem::take(&mut self.warnings), std::mem::take(&mut self.summary.idle));
        // What happens whatever an item is called may hang on what else there is about it.
        let logging = probe.leave_out(Vec::new());
        for members in Members::of(api) {
            self.default_outcome = probe.run(&ApiOutput::Answer { answer: api.answer.nothing() })?;
            if let Some(members) = members.relevant(probe)? {
                let words = Vocabulary { name: members.show(), labels: members.vocabulary() };
                self.summary.field = Some(members.show());
                self.summary.vocabulary.clone_from(&words.name);
                probe.turn_to(Subject::Members(members.clone()));
                let told = self.by_labels((program, api), probe, &words);
                let excluded = excluded::find(self, probe, &api.answer, program);
                warnings::take_back_turned(self, probe);
                if told? {
                    let told = (self.warnings.clone(), self.summary.idle.clone());
                    let retold = within::tell_further(self, probe, (program, api), &members, vocabulary)?;
                    if excluded.is_ok() && !retold {
                        forms::add(self, probe, (program, &api.answer), constants);
                    }
                    if excluded.is_ok() || retold {
                        return Ok(());
                    }
                    // Why no class fits says it already.
                    (self.warnings, self.summary.idle) = told;
                    return excluded;
                }
            }
        }
        probe.turn_to(Subject::Names);
        probe.leave_out(logging);
        self.default_outcome = probe.run(&ApiOutput::Answer { answer: api.answer.nothing() })?;
        if ranges::fill(self, probe, &api.answer, constants, Where::Items)? {
            return Ok(());
        }
        if self.put_off.is_none() && forms::fill(self, probe, (program, &api.answer), constants)? {
            return Ok(());
        }
        if counts::fill(self, probe, &api.answer)? {
            return Ok(());
        }
        if copies::fill(self, probe, (program, api), constants, vocabulary)? {
            return Ok(());
        }
        if constants.counts() && sure_counts::fill(self, probe, &api.answer)? {
            return Ok(());
        }
        if products::fill(self, probe, &api.answer, constants)? {
            return Ok(());
        }
        if grid::fill_together(self, probe, &api.answer, constants)? {
            return Ok(());
        }
        if self.put_off.is_none()
            && let Some(within) = within::find(probe, &api.answer)?
        {
            self.summary.field = subject::named_field(&api.answer);
            self.summary.vocabulary.clone_from(&vocabulary.name);
            probe.turn_to(Subject::Within(within));
            if self.by_names((program, api), probe, vocabulary)? {
                return Ok(());
            }
            probe.turn_to(Subject::Names);
        }
        if self.put_off.is_none() && lengths::fill(self, probe, &api.answer, constants)? {
            return Ok(());
        }
        if self.put_off.is_none() && held_counts::fill(self, probe, &api.answer)? {
            return Ok(());
        }
        let cut = if self.put_off.is_none() { rank::of_names(probe, &api.answer)? } else { None };
        if let Some(rank::Cut { count, by }) = cut {
            (self.summary.top_k, self.summary.ranked) = (Some(count), by);
        }
        (self.warnings, self.summary.idle) = about_names;
        // A value of another field is no name without effect.
        let values: Vec<String> = Members::of(api).iter().flat_map(Members::vocabulary).collect();
        self.summary.idle.retain(|word| !values.iter().any(|value| value.eq_ignore_ascii_case(&word.text)));
        if let Some(reason) = self.put_off.take() {
            return Err(reason);
        }
        self.of_presence(probe, api, constants)
    }

    /// What is left to say where nothing but that there is something in the answer makes a difference, or not even that.
    fn of_presence<'p>(&mut self, probe: &mut Probe<'p>, api: &'p Api, constants: &Constants) -> Result<(), Reason> {
        let told = counts::tells_empty(probe, &api.answer)?;
        if let Some((_, list)) = told.as_ref().filter(|_| self.summary.top_k != Some(1)) {
            self.summary.again = counts::acts_again(probe, &api.answer, list)?;
            let mut handed = handed::of_list(probe, &api.answer, list);
            let of_all = matches!(handed, Some(handed::OfList::Place(Handed::All)));
            if (handed.is_none() || of_all)
                && let Some(within) = choice::within_item(probe, &api.answer, list)?
            {
                handed = Some(handed::OfList::By(within));
                // Of each item, then.
                (self.summary.per_element, self.summary.again) = (of_all, false);
            }
            self.hand_on(handed);
        }
        let some = told.map(|told| told.0);
        // Every answer that is tried has an item.
        let usual = some.unwrap_or(self.default_outcome);
        let together = together::reason(probe, &api.answer, constants, usual)?;
        warnings::take_back_turned(self, probe);
        let told = match some {
            Some(any) => {
                let own = !probe.own_effects(any, self.default_outcome).is_empty();
                let shown = if own { probe.shown_beside(any, self.default_outcome) } else { probe.shown(any) };
                format!("{ONLY_EMPTY}; any other that was tried leads to `{shown}`")
            }
            None if self.summary.top_k.is_some() => {
                self.summary.field = subject::named_field(&api.answer);
                HANDED_ON.to_owned()
            }
            None => SAME_OUTCOME.to_owned(),
        };
        Err(together.unwrap_or(Reason(told)))
    }

    /// Tells which of several items is handed on.
    fn hand_on(&mut self, of_list: Option<handed::OfList>) {
        match of_list {
            // That it is done again for each says it already.
            Some(handed::OfList::Place(Handed::All)) if self.summary.again => {}
            Some(handed::OfList::Place(handed)) => self.summary.handed = Some(handed),
            Some(handed::OfList::By(number)) => {
                (self.summary.handed, self.summary.ranked) = (Some(Handed::Greatest), Some(number));
            }
            // By what the first few are chosen is told before what is within one.
            Some(handed::OfList::Within(..)) if self.summary.top_k.is_some() => {
                self.summary.handed = Some(Handed::First);
            }
            Some(handed::OfList::Within(handed, of)) => {
                (self.summary.handed, self.summary.ranked) = (Some(handed), Some(of));
            }
            None => {}
        }
    }

    fn warn(&mut self, program: &Program, message: String) {
        let entry = program.functions.get(program.entry.0 as usize);
        let span = entry.map(|function| function.span).unwrap_or_default();
        self.warnings.push(Warning { span, message });
    }
}
