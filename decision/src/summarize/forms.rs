//! Decisions by what a text is made of, and how long it is: the number of a card is twelve digits.

mod kinds;
mod table;

use std::collections::BTreeSet;

use self::kinds::Made;
use self::table::{Numbering, Table, Tried};
use super::branches::Found;
use super::constants::Constants;
use super::lengths::LENGTHS;
use super::measured::{Equal, Texts};
use super::probe::{Outcome, Probe};
use super::subject::Subject;
use super::values::{self, Sample};
use super::{Draft, EMPTY_OUTCOME, Reason, name, scores, tree};
use crate::decider::DecideError;
use crate::decision::Decision;
use crate::output::ApiOutput;
use crate::program::Program;
use crate::shape::{Path, Shape, show_path};
use crate::summary::{Bounds, Branch, Condition, DecisionType, Limit, Order, Region};

/// Numbers of the program around which lengths are tried.
const MAX_NUMBERS: usize = 6;

/// Numbers that may be lengths of parts of a text, and the greatest of them.
const MAX_PARTS: usize = 3;
const LONGEST_PART: usize = 8;

/// Lengths that are tried in any case: so many characters a text has that is made of four kinds.
const SHORT: usize = 4;

/// More branches say nothing to anyone.
const MAX_BRANCHES: usize = 6;

/// So many texts at most may lead elsewhere than what they are made of says.
const MAX_EXCEPTIONS: usize = 3;

/// Texts that are tried where one may show that there is more to try.
const MAX_TEXTS: usize = 48;

/// So many texts of one make show whether their number makes a difference.
const MANY: usize = 12;

/// What an item must be called.
enum Needs {
    /// It may have any name.
    Nothing,
    Such(Taking),
    /// Something that has no words, or it leads to more than one thing.
    Other,
}

/// What a text must be to take a branch, and the marks in it that count for nothing.
type Taking = (Vec<Condition>, Vec<char>);

/// What any other text leads to, and the other parts with what there is to say of them.
type Divided<'a> = (Outcome, Vec<&'a tree::Part>, Vec<Vec<Condition>>);

/// Fills the draft where the decision hangs on what one text is made of, and how long it is; `false` when it does not.
pub(super) fn fill(
    draft: &mut Draft,
    probe: &mut Probe<'_>,
    (program, shape): (&Program, &Shape),
    constants: &Constants,
) -> Result<bool, Reason> {
    if !constants.asks.characters {
        return Ok(false);
    }
    let is_text = |leaf: &Shape| matches!(leaf, Shape::Name | Shape::Names | Shape::Text);
    let paths: Vec<Path> = shape.leaves().into_iter().filter(|leaf| is_text(leaf.1)).map(|leaf| leaf.0).collect();
    for path in &paths {
        let texts = Texts::new(shape, path);
        if let Some(samples) = of_texts(draft, probe, program, (&texts, path), constants)? {
            values::tell(draft, probe, (shape, path), &samples, constants)?;
            return Ok(true);
        }
    }
    for path in &paths {
        for (field, value) in values::each(shape, path, constants) {
            let texts = values::texts(shape, path, (&field, &value));
            if let Some(samples) = of_texts(draft, probe, program, (&texts, path), constants)? {
                values::tell(draft, probe, (shape, path), &samples, constants)?;
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Fills the draft where such texts decide; texts that take each branch then.
fn of_texts(
    draft: &mut Draft,
    probe: &mut Probe<'_>,
    program: &Program,
    (texts, path): (&Texts<'_>, &Path),
    constants: &Constants,
) -> Result<Option<Vec<Sample>>, DecideError> {
    let lengths = lengths(constants);
    for equal in [Equal::Strictly, Equal::ButForData] {
        let Some(mut table) = probe.in_few_steps(|probe| least(probe, texts, (&lengths, equal)))?.flatten() else {
            continue;
        };
        let mut told = draft.clone();
        if table.tell(&mut told, probe, program, (texts, path), constants)? {
            let branches: Vec<Decision> = told.summary.branches.iter().map(|branch| branch.outcome.clone()).collect();
            *draft = told;
            return table.samples(probe, texts, &branches).map(Some);
        }
    }
    Ok(None)
}

/// Adds to each branch that a value of another field takes what the item's name must be made of, and how long it must be;
/// what cannot be tried in a few steps is left untold.
pub(super) fn add(
    draft: &mut Draft,
    probe: &mut Probe<'_>,
    (program, shape): (&Program, &Shape),
    constants: &Constants,
) {
    let Subject::Members(members) = &probe.subject else { return };
    let Some(path) = members.name(shape).filter(|_| constants.asks.characters || constants.asks.length) else { return };
    for at in 0..draft.summary.branches.len() {
        let branch = &draft.summary.branches[at];
        let Some(label) = branch.labels.first().filter(|_| !branch.negated && !branch.except).cloned() else {
            continue;
        };
        let usual = draft.default_outcome;
        let found = probe.in_few_steps(|probe| of_branch(probe, (shape, &path), (&label, usual), constants));
        match found {
            Ok(Some(Needs::Nothing) | None) | Err(_) => {}
            Ok(Some(Needs::Other)) => {
                draft.warn(program, format!("what {} is made of has a say, too", show_path(&path)));
            }
            Ok(Some(Needs::Such((conditions, taken_out)))) => {
                draft.summary.branches[at].conditions.extend(conditions);
                draft.warn_of_marks(program, &taken_out, &path);
            }
        }
    }
}

/// What an item of this label must be called to take its branch.
fn of_branch(
    probe: &mut Probe<'_>,
    (shape, path): (&Shape, &Path),
    (label, usual): (&str, Outcome),
    constants: &Constants,
) -> Result<Needs, DecideError> {
    let makes = if constants.asks.characters { Made::all() } else { vec![Made::LETTERS] };
    let base = probe.subject.output(ApiOutput::sure([label])).answer(shape);
    let led = probe.run(&ApiOutput::Answer { answer: base.clone() })?;
    let texts = Texts::new(shape, path).within(base);
    let lengths = lengths(constants);
    Ok(match Table::find(probe, (&texts, 1), (&makes, &lengths), Numbering::Taking { led, usual })? {
        Tried::One => Needs::Nothing,
        Tried::Placed => Needs::Other,
        Tried::Table(table) => taking(table, probe, &texts, path)?.map_or(Needs::Other, Needs::Such),
    })
}

/// What a text must be to take a branch, if that is one thing, and the marks in it that count for nothing.
fn taking(
    mut table: Table,
    probe: &mut Probe<'_>,
    texts: &Texts<'_>,
    path: &Path,
) -> Result<Option<Taking>, DecideError> {
    let parts = table.parts();
    if parts.iter().any(|part| part.outcome == Numbering::ELSEWHERE) {
        return Ok(None);
    }
    let mut taking = parts.iter().filter(|part| part.outcome == Numbering::TAKES);
    let (Some(one), None) = (taking.next(), taking.next()) else { return Ok(None) };
    let Some(conditions) = table.conditions(one, &show_path(path)) else { return Ok(None) };
    Ok(table.taken_out(probe, texts, Numbering::LEAVES)?.map(|taken_out| (conditions, taken_out)))
}

impl Draft {
    /// Says that characters are taken out of a text before it is looked at.
    fn warn_of_marks(&mut self, program: &Program, marks: &[char], path: &Path) {
        if !marks.is_empty() {
            let quoted: Vec<String> = marks.iter().map(|mark| format!("`{mark}`")).collect();
            self.warn(program, format!("{} in {} counts for nothing", quoted.join(" or "), show_path(path)));
        }
    }
}

/// The table of as few texts as it takes, if there are several makes of which some lead elsewhere than others.
fn least(
    probe: &mut Probe<'_>,
    texts: &Texts<'_>,
    (lengths, equal): (&[usize], Equal),
) -> Result<Option<Table>, DecideError> {
    let makes = Made::all();
    let of = |probe: &mut Probe<'_>, count: usize| {
        let found = Table::find(probe, (texts, count), (&makes, lengths), Numbering::new(equal))?;
        Ok::<_, DecideError>(if let Tried::Table(table) = found { Some(table) } else { None })
    };
    let one = of(probe, 1)?;
    if one.is_some() || !texts.are_several() {
        // How long it is alone is told otherwise.
        return Ok(one.filter(Table::is_of_makes));
    }
    let Some(many) = of(probe, MANY)?.filter(Table::is_of_makes) else { return Ok(None) };
    for count in 2..MANY {
        if let Some(table) = of(probe, count)? {
            // Else it is their number that decides.
            return Ok(table.is_like(&many, |one, other| equal.holds(probe, one, other)).then_some(table));
        }
    }
    Ok(None)
}

/// Texts of some makes at each length, for programs that ask what a text is made of; none for others.
pub(super) fn texts(constants: &Constants) -> Vec<String> {
    let lengths = if constants.asks.characters { lengths(constants) } else { Vec::new() };
    let all = lengths.into_iter().flat_map(|length| Made::plain().into_iter().map(move |made| (length, made)));
    all.filter_map(|(length, made)| made.texts(length).into_iter().next()).take(MAX_TEXTS).collect()
}

/// The lengths at which something may change, in order: one less than each number of the program, itself, and one more.
fn lengths(constants: &Constants) -> Vec<usize> {
    let numbers = constants.numbers.iter().filter(|number| LENGTHS.contains(number) && number.fract() == 0.0);
    let numbers: BTreeSet<usize> = numbers.map(|number| *number as usize).collect();
    let around = numbers.iter().take(MAX_NUMBERS).flat_map(|&number| number.saturating_sub(1).max(1)..=number + 1);
    // A text may be of two parts, each of which has a length of its own.
    let few: Vec<usize> = numbers.iter().copied().filter(|number| *number < LONGEST_PART).take(MAX_PARTS).collect();
    let sums = few.iter().flat_map(|one| few.iter().map(move |other| one + other));
    let all: BTreeSet<usize> = (1..=SHORT + 1).chain(around).chain(sums).collect();
    all.into_iter().collect()
}

impl Table {
    /// Writes the branches down; `false` where they do not say it all.
    fn tell(
        &mut self,
        draft: &mut Draft,
        probe: &mut Probe<'_>,
        program: &Program,
        (texts, path): (&Texts<'_>, &Path),
        constants: &Constants,
    ) -> Result<bool, DecideError> {
        let parts = self.parts();
        let part = self.part_of_text(probe, texts, &parts)?;
        let of = part.map_or_else(String::new, |part| format!("a {part} of "));
        let field = of + &show_path(path);
        let Some((usual, told, conditions)) = self.divided(&parts, draft.default_outcome, &field) else {
            return Ok(false);
        };
        let Some(taken_out) = self.taken_out(probe, texts, usual)? else { return Ok(false) };
        let exceptions = self.exceptions(probe, texts)?;
        if exceptions.len() > MAX_EXCEPTIONS {
            return Ok(false);
        }
        let effects: Vec<Vec<_>> = told.iter().map(|part| probe.own_effects(part.outcome, usual)).collect();
        let names = name::of(&effects);
        draft.summary.branches.clear();
        for (((part, effects), name), conditions) in told.iter().zip(&effects).zip(names).zip(conditions) {
            draft.summary.branches.push(Branch {
                name,
                outcome: probe.decision(part.outcome).clone(),
                conditions,
                regions: self.number(),
                evidence: name::evidence(probe, part.outcome, usual, effects),
                ..Branch::default()
            });
        }
        let one = draft.summary.branches.len() == 1;
        draft.summary.decision_type = if one { DecisionType::TrueFalse } else { DecisionType::MultiChoice };
        draft.summary.default = probe.decision(usual).clone();
        draft.summary.field = Some(show_path(path));
        draft.summary.vocabulary.clear();
        if !probe.differ_by_data_only(usual, draft.default_outcome) {
            let what = probe.decision(draft.default_outcome);
            draft.warn(program, format!("{EMPTY_OUTCOME}: {what}"));
        }
        // A blank between words is none within one.
        let within: Vec<char> = taken_out.into_iter().filter(|mark| *mark != ' ' || part != Some("word")).collect();
        draft.warn_of_marks(program, &within, path);
        for (text, outcome) in exceptions {
            draft.warn(program, format!("`{text}` leads to `{}`", probe.shown(outcome)));
        }
        if self.hangs_on_value(probe, texts, constants)? {
            draft.warn(program, format!("the number that {field} is has a say, too"));
        }
        if self.count == 1 {
            self.scores(draft, probe, texts, (&told, usual))?;
            self.of_several(draft, probe, (texts, program), usual)?;
        }
        Ok(true)
    }

    /// Adds how sure of a text the API must be.
    fn scores(
        &self,
        draft: &mut Draft,
        probe: &mut Probe<'_>,
        texts: &Texts<'_>,
        (told, usual): (&[&tree::Part], Outcome),
    ) -> Result<(), DecideError> {
        if !texts.are_names() {
            return Ok(());
        }
        for (at, part) in told.iter().enumerate() {
            let Some([sample, ..]) = self.longest(|outcome| outcome == part.outcome) else { continue };
            let outcome = probe.labels(&[&sample])?;
            let branch = Found { outcome, samples: vec![sample], ..Found::default() };
            if let Ok(least) = scores::threshold(probe, &branch, [usual, draft.default_outcome])? {
                draft.summary.branches[at].min_score = least;
            }
        }
        Ok(())
    }

    /// What any other text leads to, and the other parts with what there is to say of them: what no text leads to, if any
    /// leads there, else what takes the most words.
    fn divided<'a>(&self, parts: &'a [tree::Part], nothing: Outcome, field: &str) -> Option<Divided<'a>> {
        let leads = parts.iter().any(|part| part.outcome == nothing);
        let usual = [nothing].into_iter().filter(|_| leads).chain(parts.iter().rev().map(|part| part.outcome));
        usual.take(MAX_BRANCHES).find_map(|usual| {
            let told: Vec<&tree::Part> = parts.iter().filter(|part| part.outcome != usual).collect();
            let conditions: Option<Vec<_>> = told.iter().map(|part| self.conditions(part, field)).collect();
            let conditions = conditions.filter(|told| told.len() <= MAX_BRANCHES)?;
            Some((usual, told, conditions))
        })
    }

    /// That it takes several such texts.
    fn number(&self) -> Vec<Region> {
        let low = Some(Limit { value: self.count as f64, inclusive: true });
        let bounds = Bounds { field: Bounds::COUNT.to_owned(), low, high: None, percent: false };
        if self.count > 1 { vec![vec![bounds]] } else { Vec::new() }
    }

    /// What several texts lead to.
    fn of_several(
        &self,
        draft: &mut Draft,
        probe: &mut Probe<'_>,
        (texts, program): (&Texts<'_>, &Program),
        usual: Outcome,
    ) -> Result<(), DecideError> {
        let Numbering::Outcomes { equal, .. } = self.numbering else { return Ok(()) };
        let (led, other) = (self.longest(|outcome| outcome != usual), self.longest(|outcome| outcome == usual));
        let (Some(led), Some(other)) = (led, other) else { return Ok(()) };
        draft.summary.top_k =
            texts.first_only(probe, [&led[0], &other[0]], |probe, one, other| equal.holds(probe, one, other))?;
        draft.summary.again = texts.act_again(probe, &led[0], true)?;
        warn_of_more(draft, probe, (texts, &led[0], &other[0]), program)?;
        // Of one text one branch at most is taken.
        if draft.summary.decision_type == DecisionType::MultiChoice && draft.summary.top_k == Some(1) {
            draft.summary.order = Some(Order::ApiOutput);
        }
        if let (None, false, 1) = (draft.summary.top_k, draft.summary.again, draft.summary.branches.len()) {
            let handed = texts.handed_on(probe, &led, Some(&other))?;
            draft.summary.handed = handed.filter(|_| !self.longest_shows(probe, texts, usual).unwrap_or(true));
        }
        Ok(())
    }

    /// Whether of texts of two lengths that lead somewhere the longer one shows, whichever comes first.
    fn longest_shows(&self, probe: &mut Probe<'_>, texts: &Texts<'_>, usual: Outcome) -> Result<bool, DecideError> {
        let Some((short, long)) = self.two_lengths(usual) else { return Ok(false) };
        let mut shows = |pair: [&str; 2]| -> Result<[bool; 2], DecideError> {
            probe.run(&texts.answer(&pair))?;
            let observed = probe.observed().to_lowercase();
            Ok([&short, &long].map(|text| observed.contains(&text.to_lowercase())))
        };
        Ok(shows([&short, &long])? == shows([&long, &short])? && shows([&short, &long])? != [true, true])
    }
}

/// Warns where more texts lead to something that one does not.
fn warn_of_more(
    draft: &mut Draft,
    probe: &mut Probe<'_>,
    (texts, led, other): (&Texts<'_>, &str, &str),
    program: &Program,
) -> Result<(), DecideError> {
    let one = probe.run(&texts.answer(&[led]))?;
    for (several, what) in [
        (vec![led; 2], "two such texts lead"),
        (vec![led; MANY], "many such texts lead"),
        (vec![other, led], "such a text after another one leads"),
    ] {
        let outcome = probe.run(&texts.answer(&several))?;
        let none = probe.run(&texts.answer(&[other]))?;
        let is_told = probe.differ_by_repeats_only(outcome, one) || outcome == none && draft.summary.top_k == Some(1);
        if texts.are_several() && !is_told {
            draft.warn(program, format!("{what} to `{}`", probe.shown_beside(outcome, one)));
            break;
        }
    }
    Ok(())
}
