//! Running the program on small outputs and telling its outcomes apart.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use serde_json::Value as Json;

use super::constants::{Constants, KEYS};
use super::copies::Copies;
use super::deeds::{Deeds, reaches_out};
use super::held;
use super::lines;
use super::matching::{is_pattern, spellings};
use super::subject::Subject;
use crate::decider::{DecideError, Decider};
use crate::decision::{Decision, Effect, Rendered};
use crate::interpreter::{Measured, Memory, Trace};
use crate::output::ApiOutput;
use crate::program::Span;
use crate::shape::Shape;

/// A label that no application looks for.
pub(super) const NEUTRAL: &str = "Qzxjv";
/// Another one.
pub(super) const OTHER: &str = "Wqyvk";

/// Number of an outcome, in order of discovery.
pub(super) type Outcome = usize;

/// Steps that all runs of one summary may take: some seconds. Thousands of answers to a usual program take a hundredth.
const MAX_STEPS: u64 = 50_000_000;

/// Steps that all runs of what is tried at the end may take.
pub(super) const FEW_STEPS: u64 = 2_000_000;

/// Characters of an outcome in a message.
const LONGEST_SHOWN: usize = 160;

/// Labels with the bits of their scores, and how many more were appended.
type Answered = (Vec<(String, Option<u64>)>, usize);

/// What was done on an answer.
struct Ran {
    decision: Decision,
    trace: Trace,
}

/// A program under probing. The API's own default count is not applied, so that the program's cuts show.
pub(super) struct Probe<'p> {
    decider: Decider<'p>,
    memory: Memory<'p>,
    /// What labels stand for; set by [`Probe::turn_to`].
    pub(super) subject: Subject<'p>,
    /// How many items labels stand for; set by [`Probe::multiply`].
    copies: Copies,
    /// Outcomes on these labels with these scores (by their bits; none for labels as good as sure) and padding.
    seen: HashMap<Answered, Outcome>,
    /// What was done on answers that were tried before.
    ran: foldhash::HashMap<String, Rc<Ran>>,
    outcomes: Vec<Decision>,
    index: HashMap<Decision, Outcome>,
    /// Labels appended to each output, for programs that look at a fixed number of labels and fail on fewer.
    pub(super) padding: usize,
    steps: u64,
    /// How many steps all runs may take; set lower by [`Probe::hurry`].
    most_steps: u64,
    /// How much showed in the last run.
    times: usize,
    listed: usize,
    printed: usize,
    /// What the last run returned and printed.
    observed: String,
    /// The same by its ways: what was returned, given to something outside, and printed.
    ways: [String; 3],
    /// Outcomes that are another one but for the API's data.
    same: HashMap<Outcome, Outcome>,
    /// Effects that say nothing: they happen on every label, only not on none.
    noise: Vec<Effect>,
    /// Those of them that reach something outside, by outcome.
    deeds: Deeds,
    /// Tests by outcome, from the traced runs.
    pub(super) tests: HashMap<Outcome, BTreeSet<(Span, bool)>>,
    pub(super) all_tests: BTreeSet<(Span, bool)>,
    pub(super) inspecting: BTreeSet<Span>,
    /// How many items of a list within an item are tried.
    pub(super) counts: Vec<usize>,
    /// How many lines stand before and after one in a text of several that is tried.
    pub(super) lines_around: usize,
    /// Lines of a text may be taken by a place that is not the first.
    pub(super) takes_lines: bool,
    /// Names are compared by more than what is in them.
    pub(super) has_patterns: bool,
    /// The texts that the program is written with.
    pub(super) written: Vec<String>,
}

impl<'p> Probe<'p> {
    pub(super) fn new(decider: Decider<'p>, constants: &Constants) -> Self {
        Self {
            decider: decider.without_default_top_k(),
            memory: Memory::of_many(),
            subject: Subject::Names,
            copies: Copies::default(),
            seen: HashMap::new(),
            ran: HashMap::default(),
            outcomes: Vec::new(),
            index: HashMap::new(),
            padding: 0,
            steps: 0,
            most_steps: MAX_STEPS,
            times: 0,
            listed: 0,
            printed: 0,
            observed: String::new(),
            ways: Default::default(),
            same: HashMap::new(),
            noise: Vec::new(),
            deeds: Deeds::default(),
            tests: HashMap::new(),
            all_tests: BTreeSet::new(),
            inspecting: BTreeSet::new(),
            counts: held::counts(&constants.numbers),
            lines_around: lines::around(constants),
            takes_lines: lines::are_taken(constants),
            has_patterns: constants.patterns,
            written: constants.texts.iter().map(|text| text.0.clone()).collect(),
        }
    }

    /// The most items of a list within an item that are tried.
    pub(super) fn most(&self) -> usize {
        self.counts.last().copied().unwrap_or_default()
    }

    /// The outcome on these labels in this order, all as good as sure.
    pub(super) fn labels(&mut self, labels: &[&str]) -> Result<Outcome, DecideError> {
        let key = labels.iter().map(|&label| (label.to_owned(), None)).collect();
        self.remembered(key, |probe| {
            let labels: Vec<(&str, f64)> = labels.iter().map(|&label| (label, 1.0)).collect();
            let copied = probe.copies.of(&labels);
            let padding = std::iter::repeat_n(NEUTRAL, probe.padding_of(labels.len()));
            let labels = copied.iter().map(|label| label.0.as_str()).chain(padding);
            probe.run(&probe.subject.output(ApiOutput::sure(labels)))
        })
    }

    /// The outcome on these labels, each of which stands for itself.
    pub(super) fn exactly(&mut self, labels: &[&str]) -> Result<Outcome, DecideError> {
        self.run(&self.subject.output(ApiOutput::sure(labels.iter().copied())))
    }

    /// Gives all that is tried from now on a few steps: what is known without it is told in any case.
    pub(super) fn hurry(&mut self) {
        self.most_steps = MAX_STEPS.min(self.steps + FEW_STEPS);
    }

    /// What is found in a few steps; `None` where it takes more.
    pub(super) fn in_few_steps<T>(
        &mut self,
        find: impl FnOnce(&mut Self) -> Result<T, DecideError>,
    ) -> Result<Option<T>, DecideError> {
        let most = self.most_steps;
        self.most_steps = most.min(self.steps + FEW_STEPS);
        let found = find(self);
        self.most_steps = most;
        match found {
            Err(DecideError::TooLong { .. }) if self.steps < most => Ok(None),
            found => found.map(Some),
        }
    }

    /// An answer as the program gets it.
    pub(super) fn whole(&self, answer: &Json) -> Json {
        let output = ApiOutput::Answer { answer: answer.clone() };
        self.decider.led(&output).answer(&self.decider.subject().1.answer)
    }

    /// How many results the program asks the API for.
    pub(super) fn asked_for(&self) -> Option<usize> {
        self.decider.results_asked_for()
    }

    /// Labels stand for so many items from now on.
    pub(super) fn multiply(&mut self, copies: Copies) {
        self.copies = copies;
        self.seen.clear();
    }

    /// How many items labels stand for.
    pub(super) fn copies(&self) -> &Copies {
        &self.copies
    }

    /// The outcome on these labels with scores.
    pub(super) fn scored(&mut self, labels: &[(&str, f64)]) -> Result<Outcome, DecideError> {
        let key = labels.iter().map(|&(label, score)| (label.to_owned(), Some(score.to_bits()))).collect();
        self.remembered(key, |probe| {
            // What is appended scores least, as the API orders by score.
            let least = labels.iter().map(|label| label.1).fold(1.0, f64::min);
            let padding = std::iter::repeat_n((NEUTRAL, least), probe.padding_of(labels.len()));
            let copied = probe.copies.of(labels);
            let copied = copied.iter().map(|(label, score)| (label.as_str(), *score));
            probe.run(&probe.subject.output(ApiOutput::labels(copied.chain(padding))))
        })
    }

    /// Labels stand for something else from now on.
    pub(super) fn turn_to(&mut self, subject: Subject<'p>) {
        self.subject = subject;
        self.seen.clear();
    }

    /// The outcome on labels that may have been tried before.
    fn remembered(
        &mut self,
        labels: Vec<(String, Option<u64>)>,
        run: impl FnOnce(&mut Self) -> Result<Outcome, DecideError>,
    ) -> Result<Outcome, DecideError> {
        let key = (labels, self.padding);
        if let Some(known) = self.seen.get(&key) {
            return Ok(*self.same.get(known).unwrap_or(known));
        }
        let outcome = run(self)?;
        self.seen.insert(key, outcome);
        Ok(outcome)
    }

    /// What the last run returned, printed and gave to something outside, word for word, as far as it is known.
    pub(super) fn observed(&self) -> &str {
        &self.observed
    }

    /// The same by its ways: what it returned, gave to something outside, and printed.
    pub(super) fn ways(&self) -> &[String; 3] {
        &self.ways
    }

    /// How much shows on an answer, each time that it does: what is done for every item shows more often with more of them.
    pub(super) fn shown_times(&mut self, output: &ApiOutput) -> Result<usize, DecideError> {
        self.run(output)?;
        Ok(self.times)
    }

    /// The same without the items of lists: a list that holds more items is one all the same.
    pub(super) fn acted_times(&mut self, output: &ApiOutput) -> Result<usize, DecideError> {
        self.run(output)?;
        Ok(self.times - self.listed)
    }

    /// How much is printed on an answer, as far as it is known.
    pub(super) fn printed_times(&mut self, output: &ApiOutput) -> Result<usize, DecideError> {
        self.run(output)?;
        Ok(self.printed)
    }

    /// The outcome on an answer.
    pub(super) fn run(&mut self, output: &ApiOutput) -> Result<Outcome, DecideError> {
        let key = output.key();
        if let Some(ran) = self.ran.get(&key).map(Rc::clone) {
            return Ok(self.noted(&ran));
        }
        let ran = Rc::new(self.try_out(output, None)?);
        self.ran.insert(key, Rc::clone(&ran));
        Ok(self.noted(&ran))
    }

    fn try_out(&mut self, output: &ApiOutput, memory: Option<&Memory<'p>>) -> Result<Ran, DecideError> {
        self.check_steps()?;
        let (decision, trace) = self.decider.trace(output, true, memory.unwrap_or(&self.memory))?;
        self.steps += trace.steps;
        Ok(Ran { decision, trace })
    }

    /// The outcome on an answer, and the numbers that were compared for it.
    pub(super) fn measured(&mut self, output: &ApiOutput) -> Result<(Outcome, Vec<Measured>), DecideError> {
        // Calls that are remembered compare nothing.
        let memory = Memory::default();
        let ran = self.try_out(output, Some(&memory))?;
        Ok((self.noted(&ran), memory.measured()))
    }

    fn check_steps(&self) -> Result<(), DecideError> {
        if self.steps < self.most_steps {
            return Ok(());
        }
        Err(DecideError::TooLong { span: self.decider.entry_span(), limit: self.most_steps })
    }

    fn noted(&mut self, Ran { decision, trace }: &Ran) -> Outcome {
        (self.times, self.listed) = (trace.shown, trace.listed.min(trace.shown));
        self.printed = trace.observation.printed.len();
        self.observed = [trace.observation.text(), trace.sent.join("\n")].concat();
        let returned = trace.observation.returned.clone().unwrap_or_default();
        self.ways = [returned, trace.sent.join("\n"), trace.observation.printed.join("\n")];
        let outcome = self.intern(decision.clone());
        self.all_tests.extend(&trace.tests);
        self.tests.entry(outcome).or_default().extend(&trace.tests);
        self.inspecting.extend(&trace.inspecting);
        outcome
    }

    /// Where it was taken for it that what is unknown in a text does not say what is looked for.
    pub(super) fn presumed(&self) -> Vec<Span> {
        self.memory.presumed()
    }

    /// Where it was taken for it that all unknown keys are one.
    pub(super) fn presumed_one(&self) -> Vec<Span> {
        self.memory.presumed_one()
    }

    /// The program's own texts that were compared with data of the API, without keys that an answer written as a text
    /// is searched for.
    pub(super) fn compared(&self) -> Vec<String> {
        let mut texts = self.memory.compared();
        // A pattern with a key in it is looked for in an answer that is written as a text, and in no name.
        let has_key = |text: &str| is_pattern(text) && ["':", "\":"].iter().any(|end| text.contains(end));
        texts.retain(|text| !KEYS.contains(&text.as_str()) && !has_key(text));
        texts
    }

    /// How many items' names make a difference, if fewer than some: the names of those after them can as well be unknown.
    pub(super) fn looks_at(&mut self, shape: &Shape) -> Result<Option<u32>, DecideError> {
        const MANY: usize = 12;
        let names: Vec<String> = (0..MANY).map(|number| format!("{NEUTRAL} {number}")).collect();
        let whole = ApiOutput::sure(names.iter().map(String::as_str)).answer(shape);
        let usual = self.run(&ApiOutput::Answer { answer: whole.clone() })?;
        // A list of names shows as the API's, however many of them are known.
        let [returned, sent, _] = self.ways.clone();
        for count in 1..MANY - 1 {
            let mut answer = whole.clone();
            hide_names(&mut answer, shape, count);
            // Where the unknown is asked for, it makes a difference.
            let is_usual = self.run(&ApiOutput::Answer { answer }).is_ok_and(|outcome| outcome == usual);
            if is_usual && self.ways[..2] == [returned.as_str(), sent.as_str()] {
                return Ok(u32::try_from(count).ok());
            }
        }
        Ok(None)
    }

    fn padding_of(&self, labels: usize) -> usize {
        (self.padding + 1).saturating_sub(labels.max(1)) + usize::from(labels == 0 && self.padding > 0)
    }

    /// The number of an outcome.
    pub(super) fn intern(&mut self, mut decision: Decision) -> Outcome {
        let is_noise = |effect: &Effect| {
            // What is printed at one place says "1 label" or "2 labels".
            let same = |noise: &Effect| noise.span == effect.span && effect.action == "print" && passes_through(effect);
            self.noise.iter().any(|noise| noise == effect || same(noise))
        };
        let mut done = Decision::default();
        if !self.noise.is_empty() {
            done.clone_from(&decision);
            decision.effects.retain(|effect| !is_noise(effect));
            done.effects.retain(|effect| reaches_out(effect) || !is_noise(effect));
        }
        let outcome = self.number_of(decision);
        if !self.noise.is_empty() {
            self.deeds.note(&self.outcomes[outcome], &done);
        }
        outcome
    }

    fn number_of(&mut self, decision: Decision) -> Outcome {
        if let Some(outcome) = self.index.get(&decision) {
            return *self.same.get(outcome).unwrap_or(outcome);
        }
        self.outcomes.push(decision.clone());
        self.index.insert(decision, self.outcomes.len() - 1);
        self.outcomes.len() - 1
    }

    /// An outcome of a summary with what is done outside on all answers that lead there, though it decides nothing.
    pub(super) fn with_deeds(&self, outcome: &Decision) -> Option<Decision> {
        self.deeds.whole(outcome)
    }

    fn take_for(&mut self, outcome: Outcome, kind: Outcome) {
        self.same.insert(outcome, kind);
        self.deeds.merge(&self.outcomes[outcome], &self.outcomes[kind]);
    }

    pub(super) fn decision(&self, outcome: Outcome) -> &Decision {
        &self.outcomes[outcome]
    }

    /// An outcome as a message names it: not at more length than a line or two.
    pub(super) fn shown(&self, outcome: Outcome) -> String {
        self.decision(outcome).shortened(LONGEST_SHOWN)
    }

    /// What an outcome does that another does not, as a message names it.
    pub(super) fn shown_beside(&self, outcome: Outcome, other: Outcome) -> String {
        let own = |one: Outcome, beside: Outcome| Decision {
            effects: self.own_effects(one, beside).into_iter().cloned().collect(),
        };
        let (text, beside) = (own(outcome, other).to_string(), own(other, outcome).to_string());
        from_difference(&text, &beside)
    }

    /// Leaves out effects that only pass the API's data on and tell an empty answer from one with any label, however
    /// doubtful that is: logging. Where one of `singles` or of what words lead to has something else chosen at the same
    /// place, it is none. Returns whether there were any; outcomes found before are void then.
    pub(super) fn ignore_logging(
        &mut self,
        (empty, common): (Outcome, Outcome),
        singles: &[Outcome],
        by_words: &[Outcome],
    ) -> Result<bool, DecideError> {
        let doubtful = self.scored(&[(NEUTRAL, 0.0)])?;
        let [before, always] = [empty, doubtful].map(|outcome| &self.outcomes[outcome].effects);
        let other = |effect: &Effect, at: &Effect| at.span == effect.span && at.action == effect.action && at != effect;
        let is_chosen = |effect: &Effect| {
            let effects = singles.iter().chain(by_words).flat_map(|&single| &self.outcomes[single].effects);
            effects.into_iter().any(|at| other(effect, at))
        };
        // Nor is what one of the program's own words keeps it from: those are left out of what is shown.
        if by_words.contains(&empty) {
            return Ok(false);
        }
        // What only some of a few values lead to is no logging.
        let is_usual = |effect: &Effect| {
            let having = singles.iter().filter(|&&single| self.outcomes[single].effects.contains(effect)).count();
            singles.is_empty() || having * 2 > singles.len()
        };
        // The same is done on an empty answer, with other words: one of the two was chosen.
        let is_answered = |effect: &Effect| {
            let has_data = effect.values.iter().any(Rendered::has_data);
            let answers =
                |at: &&Effect| !has_data && contrast(at, effect) || !always.contains(at) && is_instead(at, effect);
            before.iter().any(|at| answers(&at))
        };
        let passing = |effect: &&Effect| {
            let passes = !before.contains(effect) && always.contains(effect) && passes_through(effect);
            // Nobody logs by giving up.
            let is_kept = is_deed(effect) || effect.action == "raise";
            passes && !is_kept && is_usual(effect) && !is_chosen(effect) && !is_answered(effect)
        };
        let noise: Vec<_> = self.outcomes[common].effects.iter().filter(passing).cloned().collect();
        if noise.is_empty() {
            return Ok(false);
        }
        self.noise.extend(noise);
        self.void();
        Ok(true)
    }

    /// Leaves out these effects and no others from now on; outcomes found before are void. Gives what was left out.
    pub(super) fn leave_out(&mut self, noise: Vec<Effect>) -> Vec<Effect> {
        if noise == self.noise {
            return noise;
        }
        self.void();
        std::mem::replace(&mut self.noise, noise)
    }

    /// The effects that are left out as logging.
    pub(super) fn left_out(&self) -> &[Effect] {
        &self.noise
    }

    fn void(&mut self) {
        self.seen.clear();
        self.outcomes.clear();
        self.index.clear();
        self.same.clear();
        self.tests.clear();
    }

    /// Takes outcomes that are the same but for the API's data for one, except those in `apart`.
    pub(super) fn merge_by_data(&mut self, outcomes: &mut [Outcome], apart: &[Outcome]) {
        let mut kinds: Vec<Outcome> = Vec::new();
        for outcome in outcomes.iter_mut().filter(|outcome| !apart.contains(outcome)) {
            let is_part = |a: Outcome, b: Outcome| self.outcomes[a].is_part_by_data(&self.outcomes[b]);
            match kinds.iter().find(|&&kind| is_part(kind, *outcome) || is_part(*outcome, kind)) {
                Some(&kind) if kind != *outcome => {
                    self.take_for(*outcome, kind);
                    *outcome = kind;
                }
                Some(_) => {}
                None => kinds.push(*outcome),
            }
        }
    }

    /// Whether two outcomes differ in nothing but how many of the API's data are listed.
    pub(super) fn differ_by_repeats_only(&self, a: Outcome, b: Outcome) -> bool {
        a == b || self.outcomes[a].is_same_but_for_repeats(&self.outcomes[b])
    }

    /// Takes what the program's patterns lead to for what any name does, where it is only listed in more parts: a text is
    /// split by a pattern, and not looked for.
    pub(super) fn merge_split(&mut self) -> Result<(), DecideError> {
        let usual = self.labels(&[NEUTRAL])?;
        for pattern in self.compared().into_iter().filter(|text| is_pattern(text)) {
            for form in spellings(&pattern) {
                let outcome = self.labels(&[&form])?;
                if outcome != usual && self.differ_by_repeats_only(outcome, usual) {
                    self.take_for(outcome, usual);
                }
            }
        }
        Ok(())
    }

    /// Whether the program fails for want of labels.
    pub(super) fn wants_more(&self, outcome: Outcome) -> bool {
        // A column of a table says so with `KeyError`.
        let failed = ["IndexError", "KeyError"].map(|name| Rendered::Chosen(name.to_owned()));
        let effects = &self.outcomes[outcome].effects;
        effects.iter().any(|effect| effect.action == "raise" && effect.values.iter().any(|v| failed.contains(v)))
    }

    /// Whether an outcome ends with an exception that says nothing: one that the program gives a reason is as good an
    /// outcome as any.
    pub(super) fn fails(&self, outcome: Outcome) -> bool {
        fails(&self.outcomes[outcome])
    }

    /// Whether an outcome does something of this name.
    pub(super) fn does(&self, outcome: Outcome, action: &str) -> bool {
        self.outcomes[outcome].effects.iter().any(|effect| effect.action == action)
    }

    /// Whether two outcomes are the same but for the API's data, of which one may have none.
    pub(super) fn differ_by_data_only(&self, a: Outcome, b: Outcome) -> bool {
        a == b || self.outcomes[a].is_same_without_data(&self.outcomes[b])
    }

    /// Whether an outcome is another one but for some of the API's data, which it lacks.
    pub(super) fn hands_on_less(&self, less: Outcome, more: Outcome) -> bool {
        less != more
            && self.outcomes[less].is_part_by_data(&self.outcomes[more])
            && !self.outcomes[more].is_part_by_data(&self.outcomes[less])
    }

    /// What an outcome does that another does not.
    pub(super) fn own_effects(&self, outcome: Outcome, default: Outcome) -> Vec<&Effect> {
        let usual = &self.outcomes[default].effects;
        self.outcomes[outcome].effects.iter().filter(|effect| !usual.contains(effect)).collect()
    }
}

/// A text, shortened: where it is long, from a little before the place where it differs from another one.
fn from_difference(text: &str, beside: &str) -> String {
    /// Characters before that place.
    const BEFORE: usize = 24;
    let same = text.chars().zip(beside.chars()).take_while(|(one, other)| one == other).count();
    let skipped = if text.chars().count() > LONGEST_SHOWN { same.saturating_sub(BEFORE) } else { 0 };
    let rest: String = text.chars().skip(skipped).collect();
    let start = if skipped > 0 { "…" } else { "" };
    match rest.char_indices().nth(LONGEST_SHOWN) {
        Some((end, _)) => format!("{start}{}…", &rest[..end]),
        None => format!("{start}{rest}"),
    }
}

/// As [`Probe::fails`].
pub(super) fn fails(decision: &Decision) -> bool {
    let says_nothing = |value: &Rendered| matches!(value, Rendered::Chosen(_));
    decision.effects.iter().any(|effect| effect.action == "raise" && effect.values.iter().all(says_nothing))
}

/// Whether two effects do the same, each with words of the program's own that the other lacks.
pub(super) fn contrast(one: &Effect, other: &Effect) -> bool {
    let (a, b) = (one.chosen_words(), other.chosen_words());
    // What is not there is no word.
    let own = |words: &BTreeSet<String>, others: &BTreeSet<String>| words.difference(others).any(|word| word != "None");
    one.action == other.action && own(&a, &b) && own(&b, &a)
}

/// Whether one effect says something in place of another that says something, too, whatever words they share: "a stranger
/// is at the door" of "Ada is at the door".
fn is_instead(one: &Effect, other: &Effect) -> bool {
    let (a, b) = (one.chosen_words(), other.chosen_words());
    one.action == other.action && !b.is_empty() && a.difference(&b).next().is_some()
}

/// Whether an effect shows nothing that the program chose, except that it happens.
pub(super) fn passes_through(effect: &Effect) -> bool {
    fn chosen(value: &Rendered) -> bool {
        match value {
            Rendered::Chosen(_) => true,
            Rendered::Data | Rendered::Unknown | Rendered::Named(_) => false,
            Rendered::Call { values, .. } => !values.is_empty() && values.iter().all(chosen),
            Rendered::Keyword { value, .. } => chosen(value),
            Rendered::Parts(parts) => !parts.iter().any(|part| matches!(part, Rendered::Data)),
        }
    }
    !effect.values.is_empty() && !effect.values.iter().all(chosen) && effect.action != "return"
}

/// Whether an effect does something to things outside that the answer has no part in: a file is removed, and nothing shown.
fn is_deed(effect: &Effect) -> bool {
    let is_call = effect.action != "print" && !effect.action.ends_with(" =");
    is_call && !effect.values.iter().any(Rendered::has_data)
}

/// Makes the names of all items together unknown, below a part of an answer.
fn hide_whole(part: &mut Json, shape: Option<&Shape>) {
    match shape {
        Some(Shape::Names) => *part = Json::Null,
        Some(Shape::Record(fields)) => {
            part.as_object_mut().into_iter().flatten().for_each(|(name, part)| hide_whole(part, fields.get(name)));
        }
        _ => {}
    }
}

/// Makes the names of all items after the first `count` of each list unknown.
fn hide_names(answer: &mut Json, shape: &Shape, count: usize) {
    let (Shape::Record(fields), Json::Object(parts)) = (shape, answer) else { return };
    for (name, part) in parts {
        hide_whole(part, fields.get(name));
        let (Some(Shape::List(item)), Json::Array(items)) = (fields.get(name), part) else { continue };
        let Shape::Record(item) = &**item else { continue };
        for (name, _) in item.iter().filter(|(_, leaf)| **leaf == Shape::Name) {
            items.iter_mut().skip(count).filter_map(|item| item.get_mut(name)).for_each(|part| *part = Json::Null);
        }
    }
}
