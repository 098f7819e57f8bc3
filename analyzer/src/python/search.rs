//! Looks for the function on a chain that decides by the answer alone, and for the fewest assumptions that it takes.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;
use std::rc::Rc;

use chameleon_decision::{
    ApiOutput, Budget, DecideError, Decider, Decision, DecisionProcess, DecisionType, Effect, Expr, ExprKind,
    FORMAT_VERSION, Given, Problem, Program, SETTING, Span, StmtKind, Vocabulary,
};

use super::cut::{Assumption, Open, Ways, exits};
use super::entry::{CallGraph, Chain};
use super::lower::{Lowered, Site};
use super::memo::{Memo, Shown};
use super::project::Project;
use super::slice::{End, Slice, slice};
use super::{inputs, path, probe, visit};

/// What is said of a test of something outside that returns at once, whatever the answer is: no assumption about what
/// is decided otherwise.
const RETURNS: &str =
    "this test depends on something outside the program, and returns; the decision is read as if it did not";

/// Whether this is said of a test, whose line shows what is compared.
pub(crate) fn is_of_a_test(reason: &str) -> bool {
    reason.starts_with("this test depends on") || reason.starts_with("the decision depends on")
}

/// What is said of a setting for which a value is written in the program.
const FALLS_BACK: &str = "this setting may be another; the decision is read with the value that is written here";

/// What is said where one call's answer is told of several that are added up.
const SUMMED: &str = "what several calls answer is put together here; what is told is what one of them leads to";

/// Whether a remark tells no assumption that could as well be another.
pub(super) fn is_remark(problem: &Problem) -> bool {
    matches!(problem.reason.as_str(), RETURNS | FALLS_BACK | SUMMED)
}

/// Whether a remark is about no test of something outside.
pub(super) fn says_nothing_of_tests(problem: &Problem) -> bool {
    is_remark(problem) && problem.reason != RETURNS
}

/// Unknown tests that are tried both ways.
const MAX_TURNED: usize = 8;

/// More unknown tests at once are not tried.
const MAX_OPEN: usize = 24;

/// Steps that cutting a slice takes for each statement there is.
const CUT: u64 = 20;

/// Of more assumptions than these it is not said what is done otherwise.
const MAX_OTHERWISE: usize = 4;

/// Answers that are tried to find one that leads to something.
const MAX_ANSWERS: usize = 120;

/// Characters of what is done otherwise.
const LONGEST_OTHERWISE: usize = 120;

/// Exceptions of values that are not what the program takes them for: no outcome that anyone means.
const BROKEN: [&str; 4] = ["TypeError", "AttributeError", "NameError", "UnboundLocalError"];

/// How often tests that come to light behind others are added.
const ROUNDS: usize = 4;

/// The same, where they are found one by one.
const MANY_ROUNDS: usize = 10;

/// What it takes to make the processes of one API call.
#[derive(Clone)]
pub(super) struct Run<'a> {
    pub(super) project: &'a Project<'a>,
    pub(super) lowered: &'a Lowered,
    pub(super) graph: &'a CallGraph,
    pub(super) site: &'a Site,
    pub(super) vocabulary: &'a Vocabulary,
    /// Calls of other APIs whose answers are inputs too; all others are something outside.
    pub(super) inputs: &'a [Site],
    /// What those APIs answer.
    pub(super) given: &'a [Given],
    /// Statements of the code.
    pub(super) size: u64,
    /// What pays for all of it.
    pub(super) budget: &'a Budget,
    /// What was cut and tried before.
    pub(super) memo: Rc<Memo>,
}

/// What is assumed where nothing decides otherwise, one after the other: that nothing outside has a say, that everything
/// has, and that what was taken to hold does not. First whether open tests are idle, then whether the others are turned.
const ASSUMING: [(bool, bool); 3] = [(true, false), (false, false), (true, true)];

/// What is assumed in one try.
#[derive(Clone, Copy)]
struct Assuming {
    /// Open tests go the way in which they have no say.
    idle: bool,
    /// What was taken to hold does not.
    turned: bool,
    /// What is assumed about tests that the answer has a part in, and that hang on something else all the same.
    mixed: Mixed,
}

/// What is assumed about tests that hang on the answer and on something outside together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mixed {
    /// Nothing.
    Open,
    /// They go the way that does not leave at once what is done with the answer.
    Onward,
    /// They go the way of all others.
    Alike,
}

pub(super) type Found = (DecisionProcess, Vec<Problem>);

/// The place where a decision hangs on something outside, with the run's file where it is in the run, and what there is
/// to say about it.
pub(super) type Stopped = (Option<Span>, Problem);

impl<'a> Run<'a> {
    /// The same, where the answers of these calls are inputs, as given.
    pub(super) fn with_inputs<'b>(&'b self, inputs: &'b [Site], given: &'b [Given]) -> Run<'b>
    where
        'a: 'b,
    {
        Run { inputs, given, memo: Rc::default(), ..self.clone() }
    }

    /// The same within other steps.
    pub(super) fn within<'b>(&'b self, budget: &'b Budget) -> Run<'b>
    where
        'a: 'b,
    {
        Run { budget, memo: Rc::default(), ..self.clone() }
    }

    /// The process of a chain. Where the outermost function hangs on things outside, an inner one may still decide by
    /// the answer alone: that one is taken, and what stopped the outer one is reported. Where none does, the outermost
    /// one is read as far as it decides by the answer.
    pub(super) fn best(&self, chain: &Chain) -> Found {
        let parts: Vec<Chain> = (0..chain.functions.len())
            .map(|from| Chain { functions: chain.functions[from..].to_vec(), decides: chain.decides })
            .collect();
        let stopped = self.undecided(&self.cut(chain, &Ways::new(), End::Whole)).map(|(_, problem)| problem);
        let (mut constant, mut parts_left) = (None, parts.len());
        for (at, part) in parts.iter().enumerate() {
            let decides = self.undecided(&self.cut(part, &Ways::new(), End::Whole)).is_none();
            let plain = decides.then(|| self.chosen(part, Ways::new()));
            let assuming = ASSUMING.iter().filter_map(|&(idle, turned)| {
                let ways = self.ways(part, Assuming { idle, turned, mixed: Mixed::Open }, !decides)?;
                Some((self.chosen(part, ways), turned))
            });
            let mut broken = None;
            for (as_it_is, (slice, turned)) in
                plain.into_iter().map(|slice| (true, (slice, false))).chain(assuming.map(|slice| (false, slice)))
            {
                if let Some(mut found) = self.branching(&slice) {
                    // What is assumed may hide what the answer told apart before.
                    let branches = found.0.summary.branches.len();
                    let early = if as_it_is { None } else { self.shortened(part, self.outcomes(&slice)) };
                    if let Some(early) = early.filter(|early| early.0.summary.branches.len() > branches) {
                        found = early;
                    }
                    found.1.extend(stopped.clone().filter(|_| at > 0));
                    // What ends in a value that is not what it is taken for may do so for what is assumed.
                    if as_it_is || self.shown(&slice).broken == 0 {
                        return found;
                    }
                    broken = broken.or(Some(found));
                    continue;
                }
                let asks = slice.assumptions.iter().any(|assumption| assumption.of_answer);
                if at == 0 && !asks && (as_it_is || !(turned || decides)) {
                    constant = constant.or(Some(slice));
                }
            }
            if let Some(found) = broken {
                return found;
            }
            if at == 0 && decides {
                // What an inner function makes of the answer comes to nothing.
                parts_left = 1;
                break;
            }
        }
        let early = |part: &Chain| self.shortened(part, 1).or_else(|| self.mixing(part));
        if let Some(found) = parts[..parts_left].iter().find_map(early) {
            return found;
        }
        if let Some(slice) = constant {
            return self.told(&slice);
        }
        for (at, part) in parts[..parts_left].iter().enumerate() {
            // What is asked about the answer is asked for what follows where it holds.
            let assuming = [ASSUMING[1], ASSUMING[0], ASSUMING[2]].map(|assuming| (assuming, Mixed::Alike));
            let mut assuming = assuming.into_iter().chain([(ASSUMING[1], Mixed::Onward)]);
            let found = assuming.find_map(|((idle, turned), mixed)| {
                let ways = self.ways(part, Assuming { idle, turned, mixed }, true)?;
                // A test that only some answers lead to is taken one way for all of them: that any result at all makes
                // a difference may come of just that.
                self.branching(&self.chosen(part, ways)).filter(|found| self.tells_more_than_empty(&found.0))
            });
            if let Some(mut found) = found {
                found.1.extend(stopped.filter(|_| at > 0));
                return found;
            }
        }
        if let Some(found) = self.known_outside(chain) {
            return found;
        }
        let slice = self.cut(chain, &Ways::new(), End::Whole);
        match slice.assumptions.iter().find(|assumption| assumption.of_answer).copied() {
            Some(asked) if stopped.is_none() => self.asking(&slice, asked.span),
            _ => {
                let mut process = self.summarized(&slice);
                if let (Some(reason), Some(held)) = (&mut process.summary.reason, self.where_all_holds(chain)) {
                    reason.push_str(&format!("; where it holds: `{held}`"));
                }
                (process, stopped.into_iter().collect())
            }
        }
    }

    /// What is done where everything holds that something outside has a say in, if that is not what is done with nothing.
    fn where_all_holds(&self, chain: &Chain) -> Option<String> {
        let assuming = Assuming { idle: false, turned: false, mixed: Mixed::Alike };
        let slice = self.cut(chain, &self.ways(chain, assuming, true)?, End::Whole);
        let decider = self.decider(&slice.program);
        let nothing = ApiOutput::Answer { answer: self.site.api.answer.nothing() };
        let usual = decider.decide(&nothing).ok()?;
        let held = decider.decide_each(self.answers(&slice)).flatten().find(|decision| *decision != usual)?;
        Some(held.shortened(LONGEST_OTHERWISE))
    }

    /// The process of a chain that looks up in something outside what the API found, such as the person that a face
    /// belongs to, as if it were there: where what is found has no name, that there is something is what decides.
    fn known_outside(&self, chain: &Chain) -> Option<Found> {
        if !self.vocabulary.labels.is_empty() {
            return None;
        }
        let assuming = Assuming { idle: false, turned: false, mixed: Mixed::Alike };
        let slice = self.chosen(chain, self.ways(chain, assuming, true)?);
        self.tells_apart(&slice).then(|| self.told(&slice))
    }

    /// The process of a slice that asks something outside about the answer, of which no more is left than that there is
    /// something in it: that says nothing.
    fn asking(&self, slice: &Slice, place: Span) -> Found {
        let (mut process, mut problems) = self.told(slice);
        if !self.tells_more_than_empty(&process) {
            let reason = "the decision depends on what something outside the program says of the answer".to_owned();
            let summary = &mut process.summary;
            (summary.decision_type, summary.order) = (DecisionType::Other, None);
            summary.branches.clear();
            summary.reason = Some(format!("line {}: {reason}", place.line));
            problems = vec![Problem { file: path(self.project, place.file), line: place.line, reason }];
        }
        (process, problems)
    }

    /// The process of a slice, if it has branches.
    fn branching(&self, slice: &Slice) -> Option<Found> {
        if !self.tells_apart(slice) {
            return None;
        }
        let found = self.told(slice);
        // Where something outside is asked about what the API saw, it is not that it saw anything that decides.
        let asks = slice.assumptions.iter().any(|assumption| assumption.of_answer);
        let says = !found.0.summary.branches.is_empty() && (!asks || self.tells_more_than_empty(&found.0));
        says.then_some(found)
    }

    /// The process of a chain as it is, whether it decides by the answer alone or not.
    pub(super) fn process(&self, chain: &Chain) -> Found {
        let Some((_, problem)) = self.undecided(&self.cut(chain, &Ways::new(), End::Whole)) else {
            return self.process_with(chain, Ways::new());
        };
        let ways = ASSUMING
            .iter()
            .find_map(|&(idle, turned)| self.ways(chain, Assuming { idle, turned, mixed: Mixed::Open }, true));
        if let Some(ways) = ways {
            return self.process_with(chain, ways);
        }
        let (process, mut problems) = self.process_with(chain, Ways::new());
        problems.push(problem);
        (process, problems)
    }

    /// Ways for unknown tests with which a chain decides by the answer alone: tests that come to light behind others are
    /// added until it does. `fewest`: those without which it decides as well are left out.
    fn ways(&self, chain: &Chain, assuming: Assuming, fewest: bool) -> Option<Ways> {
        let Assuming { idle, turned, mixed } = assuming;
        let answers = mixed != Mixed::Open;
        let mut ways = Ways::new();
        for _ in 0..if mixed == Mixed::Onward { MANY_ROUNDS } else { ROUNDS } {
            if self.budget.is_spent() {
                break;
            }
            let slice = self.cut(chain, &ways, End::Whole);
            let known = ways.len();
            let asks = known > 0 || answers || !slice.partly.is_empty();
            let undecided = if asks { self.undecided(&slice) } else { None };
            if known > 0 && undecided.is_none() {
                return Some(if fewest { self.fewest(chain, ways) } else { ways });
            }
            // Where one of several tests that are joined is mixed, the others are asked as they are.
            let joined = slice.open.iter().any(|open| open.mixed && !ways.contains_key(&open.span));
            if let Some((Some(place), _)) = undecided
                && (answers && !joined || slice.partly.contains(&place))
                && let Some(onward) = self.leads_on(place)
            {
                let is_partly = slice.partly.contains(&place);
                ways.entry(place).or_insert(if is_partly || mixed == Mixed::Onward { onward } else { !idle });
            }
            for &Open { span, idle: way, .. } in slice.open.iter().filter(|open| answers || !open.mixed) {
                ways.entry(span).or_insert(way == idle);
            }
            for assumption in slice.assumptions.iter().filter(|_| turned) {
                ways.entry(assumption.span).or_insert(false);
            }
            if ways.len() == known || ways.len() > MAX_OPEN {
                break;
            }
        }
        None
    }

    /// The way of a statement's test at this place that does not leave at once what is done; none where there is no such
    /// test.
    fn leads_on(&self, place: Span) -> Option<bool> {
        let mut found = None;
        for function in &self.lowered.functions {
            visit::stmts(&function.body, &mut |stmt| match &stmt.kind {
                StmtKind::If { test, body, .. } if test.span == place => found = Some(!exits(body)),
                _ => {}
            });
        }
        found
    }

    /// Leaves out every way without which the chain still decides.
    fn fewest(&self, chain: &Chain, mut ways: Ways) -> Ways {
        let all: Vec<Span> = ways.keys().copied().collect();
        self.leave_out(chain, &mut ways, &all);
        ways
    }

    /// Leaves out those of some ways that are not needed: all at once if none is, as to find that out takes longest.
    fn leave_out(&self, chain: &Chain, ways: &mut Ways, some: &[Span]) {
        if some.is_empty() || self.budget.is_spent() {
            return;
        }
        let left: Ways = some.iter().filter_map(|span| Some((*span, ways.remove(span)?))).collect();
        if self.undecided(&self.cut(chain, ways, End::Whole)).is_none() {
            return;
        }
        ways.extend(left);
        if some.len() > 1 {
            let (first, second) = some.split_at(some.len() / 2);
            self.leave_out(chain, ways, first);
            self.leave_out(chain, ways, second);
        }
    }

    /// The process of a chain with these ways.
    fn process_with(&self, chain: &Chain, ways: Ways) -> Found {
        self.told(&self.chosen(chain, ways))
    }

    /// The slice of a chain with these ways. Any other unknown test is taken to hold unless more outcomes show when it
    /// does not: `if seen_lately: return` says nothing about the answer.
    fn chosen(&self, chain: &Chain, mut ways: Ways) -> Rc<Slice> {
        let mut slice = self.cut(chain, &ways, End::Whole);
        let assumed: Vec<_> = slice.assumptions.iter().copied().filter(|a| a.holds).take(MAX_TURNED).collect();
        // What fails is not what is meant.
        let shows = |slice: &Slice| {
            let Shown { outcomes, failures, broken } = self.shown(slice);
            (outcomes - broken, Reverse(broken), Reverse(failures))
        };
        let mut outcomes = if assumed.is_empty() { (0, Reverse(0), Reverse(0)) } else { shows(&slice) };
        for Assumption { span, holds, .. } in assumed {
            if self.budget.is_spent() {
                break;
            }
            let before = ways.insert(span, !holds);
            let other = self.cut(chain, &ways, End::Whole);
            let shown = shows(&other);
            if shown > outcomes {
                (slice, outcomes) = (other, shown);
            } else {
                match before {
                    Some(way) => ways.insert(span, way),
                    None => ways.remove(&span),
                };
            }
        }
        slice
    }

    /// How many outcomes show on the answers that are tried.
    fn outcomes(&self, slice: &Slice) -> usize {
        self.shown(slice).outcomes
    }

    /// The same, with how many of them are failures.
    fn shown(&self, slice: &Slice) -> Shown {
        *slice.trial.outcomes.get_or_init(|| {
            let decider = self.decider(&slice.program);
            let more = decider.decide_each(probe::more_answers(&slice.program)).flatten();
            let mut shown: HashSet<Decision> = match slice.trial.decided.get() {
                Some(Ok(shown)) => shown.clone(),
                _ => decider.decide_each(self.answers(slice)).flatten().collect(),
            };
            shown.extend(more);
            let raises = |decision: &Decision, of: &dyn Fn(&Effect) -> bool| {
                decision.effects.iter().any(|effect| effect.action == "raise" && of(effect))
            };
            let is_broken = |effect: &Effect| BROKEN.iter().any(|name| effect.to_string() == format!("raise {name}"));
            Shown {
                outcomes: shown.len(),
                failures: shown.iter().filter(|decision| raises(decision, &|_| true)).count(),
                broken: shown.iter().filter(|decision| raises(decision, &is_broken)).count(),
            }
        })
    }

    /// Whether more than one outcome shows.
    pub(super) fn tells_apart(&self, slice: &Slice) -> bool {
        if let Some(outcomes) = slice.trial.outcomes.get() {
            return outcomes.outcomes > 1;
        }
        *slice.trial.tells_apart.get_or_init(|| {
            let decider = self.decider(&slice.program);
            let more = decider.decide_each(probe::more_answers(&slice.program)).flatten();
            match slice.trial.decided.get() {
                Some(Ok(shown)) => differ(shown.iter().cloned().chain(more)),
                _ => differ(decider.decide_each(self.answers(slice)).flatten().chain(more)),
            }
        })
    }

    /// Answers that go different ways through a slice.
    fn answers<'s>(&'s self, slice: &Slice) -> impl Iterator<Item = ApiOutput> + use<'s> {
        probe::answers(&self.site.api.answer, self.vocabulary, &slice.program)
    }

    /// The process of a chain up to where things outside begin to decide, if there are branches until then, and more
    /// outcomes than these.
    fn shortened(&self, chain: &Chain, outcomes: usize) -> Option<Found> {
        let mut slice = self.cut(chain, &Ways::new(), End::Whole);
        let mut problem = None;
        for _ in 0..ROUNDS {
            let Some((place, found)) = self.undecided(&slice) else { break };
            slice = self.cut(chain, &Ways::new(), End::Before(place?));
            problem = Some(found);
        }
        if self.undecided(&slice).is_some() || self.outcomes(&slice) <= outcomes {
            return None;
        }
        let (process, mut problems) = self.told(&slice);
        if let Some(Problem { file, line, reason }) = problem {
            problems.push(Problem { file, line, reason: format!("{reason}; it is read up to here") });
        }
        self.tells_more_than_empty(&process).then_some((process, problems))
    }

    /// The process of a chain up to where what the answer chose is mixed with things outside in a way that does not
    /// show, if there are branches until then.
    fn mixing(&self, chain: &Chain) -> Option<Found> {
        let slice = self.cut(chain, &Ways::new(), End::Mixing);
        if slice.ended.is_none() || self.undecided(&slice).is_some() || !self.tells_apart(&slice) {
            return None;
        }
        let Span { file, line, .. } = slice.ended?;
        let (process, mut problems) = self.told(&slice);
        let reason =
            "the decision is read up to here: what follows mixes it with something outside the program".to_owned();
        problems.push(Problem { file: path(self.project, file), line, reason });
        self.tells_more_than_empty(&process).then_some((process, problems))
    }

    /// Whether a branch says more than that there is something in the answer: that much is all that is left where the
    /// words a name is looked for among come from outside.
    fn tells_more_than_empty(&self, process: &DecisionProcess) -> bool {
        let all = self.vocabulary.labels.len();
        process.summary.branches.iter().any(|branch| {
            let some_names = branch.labels.len() < all || (all == 0 && !branch.labels.is_empty()) || branch.negated;
            some_names || !branch.words.is_empty() || !branch.regions.is_empty() || branch.min_score.is_some()
        })
    }

    pub(super) fn cut(&self, chain: &Chain, ways: &Ways, end: End) -> Rc<Slice> {
        self.memo.slice(chain, ways, end, || {
            self.budget.spend(self.size * CUT);
            slice(self.project, self.lowered, self.graph, chain, self.site, ways, (end, self.inputs))
        })
    }

    /// The process of a slice, and what there is to say about it.
    pub(super) fn told(&self, slice: &Slice) -> Found {
        let few = slice.assumptions.len() <= MAX_OTHERWISE;
        let assumed = slice.assumptions.iter().map(|assumption| self.assumption(slice, *assumption, few));
        let remark = |span: &Span, reason: &str| Problem {
            file: path(self.project, span.file),
            line: span.line,
            reason: reason.to_owned(),
        };
        let passed = slice.passed.iter().map(|span| remark(span, RETURNS));
        let passed = passed.chain(slice.summed.iter().map(|span| remark(span, SUMMED)));
        let problems = assumed.chain(passed).chain(settings(slice)).collect();
        let mut process = self.summarized(slice);
        if few && !slice.assumptions.is_empty() {
            let branches = &process.summary.branches;
            // A word that is idle in one list can lead to the branch of another one.
            let leads = |text: &str| branches.iter().any(|branch| branch.words.iter().any(|word| word.text == text));
            process.summary.idle.retain(|word| leads(&word.text) || !self.wakes(slice, &word.text));
        }
        (process, problems)
    }

    /// What is assumed, and with `more` what is done otherwise.
    fn assumption(&self, slice: &Slice, assumption: Assumption, more: bool) -> Problem {
        let Assumption { span, holds, is_loop, .. } = assumption;
        let (what, way) = match (is_loop, holds) {
            (false, true) => ("this test depends on something outside the program", "held"),
            (false, false) => ("this test depends on something outside the program", "did not hold"),
            (true, _) => ("this loop runs over something outside the program", "did not run"),
        };
        let mut reason = format!("{what}; the decision is read as if it {way}");
        let otherwise = if more { self.otherwise(slice, assumption) } else { None };
        if let Some(otherwise) = otherwise {
            let others = if slice.assumptions.len() > 1 { ", all others the same" } else { "" };
            let _ = write!(reason, " (else{others}: {otherwise})");
        }
        Problem { file: path(self.project, span.file), line: span.line, reason }
    }

    /// Whether a word has an effect where something outside is not as it is assumed: it leads elsewhere than any other.
    fn wakes(&self, slice: &Slice, word: &str) -> bool {
        let assumptions = slice.assumptions.iter().filter(|assumption| !assumption.is_loop);
        assumptions.filter_map(|assumption| self.turned(slice, *assumption)).any(|turned| {
            let decider = self.decider(&turned.program);
            let led = |name: &str| decider.decide(&ApiOutput::labels([(name, 1.0)]));
            led(word).is_ok_and(|led_to| led(probe::UNKNOWN_NAME).is_ok_and(|usual| usual != led_to))
        })
    }

    /// The slice where something outside is not as it is assumed; none where that rests on something that is not told.
    fn turned(&self, slice: &Slice, assumption: Assumption) -> Option<Rc<Slice>> {
        let (chain, ways, end) = &slice.cut_by;
        let mut ways = ways.clone();
        ways.insert(assumption.span, !assumption.holds);
        let turned = self.cut(chain, &ways, *end);
        let told = |open: &Assumption| slice.assumptions.iter().any(|known| known.span == open.span);
        turned.assumptions.iter().all(told).then_some(turned)
    }

    /// What is done where something outside is not as it is assumed, on an answer that leads to something.
    fn otherwise(&self, slice: &Slice, assumption: Assumption) -> Option<String> {
        if assumption.is_loop || self.budget.is_spent() {
            return None;
        }
        let turned = self.turned(slice, assumption)?;
        let (decider, other) = (self.decider(&slice.program), self.decider(&turned.program));
        let own = probe::own_words(&slice.program).take(MAX_ANSWERS);
        let answers: Vec<ApiOutput> = self.answers(slice).take(MAX_ANSWERS).chain(own).collect();
        let each = decider.decide_each(answers.iter().cloned()).zip(other.decide_each(answers.iter().cloned()));
        let mut each = each.filter_map(|(led, otherwise)| led.ok().zip(otherwise.ok()));
        let (nothing, without) = each.next()?;
        // Best on an answer that leads to something; else on one that would, or on none.
        let mut differing = each.filter(|(led, otherwise)| led != otherwise);
        let first = differing.next();
        let leading = first.iter().cloned().chain(differing).find(|(led, _)| *led != nothing);
        let (led, otherwise) = leading.or(first).or((nothing != without).then_some((nothing, without)))?;
        let only = |one: &Decision, of: &Decision| {
            let effects = one.effects.iter().filter(|effect| !of.effects.contains(effect)).cloned().collect();
            Decision { effects }
        };
        let (more, less) = (only(&otherwise, &led), only(&led, &otherwise));
        let (word, told) = if more.effects.is_empty() { ("without ", less) } else { ("", more) };
        Some(format!("{word}`{}`", told.shortened(LONGEST_OTHERWISE)))
    }

    fn summarized(&self, slice: &Slice) -> DecisionProcess {
        let (summary, warnings, takes_given) = slice.trial.summary.get_or_init(|| {
            let takes_given = inputs::are_needed(self, slice);
            let given = if takes_given { self.given } else { &[] };
            let (mut summary, warnings) = self.decider_given(&slice.program, given).summarize(self.vocabulary);
            if let Some((_, Problem { file, line, reason })) = self.undecided(slice)
                && slice.program.files.get(slice.call.file as usize) != Some(&file)
                && summary.reason == Some(format!("line {line}: {reason}"))
            {
                summary.reason = Some(format!("{file}:{line}: {reason}"));
            }
            (summary, warnings, takes_given)
        });
        DecisionProcess {
            version: FORMAT_VERSION,
            api: self.site.api.clone(),
            call: slice.call,
            program: slice.program.clone(),
            given: if *takes_given { self.given.to_vec() } else { Vec::new() },
            contexts: Vec::new(),
            asks_for: self.site.asks_for,
            summary: summary.clone(),
            warnings: warnings.clone(),
        }
    }

    fn decider<'p>(&'p self, program: &'p Program) -> Decider<'p> {
        self.decider_given(program, self.given)
    }

    fn decider_given<'p>(&'p self, program: &'p Program, given: &[Given]) -> Decider<'p> {
        let decider = Decider::new(program, &self.site.api).within(self.budget);
        given.iter().cloned().fold(decider, Decider::given)
    }

    /// The first place where the program's decision hangs on something outside, with the run's file where it is in the
    /// run, and what there is to say about it.
    pub(super) fn undecided(&self, slice: &Slice) -> Option<Stopped> {
        let decided = slice.trial.decided.get_or_init(|| {
            let shown = self.decider(&slice.program).decide_each(self.answers(slice)).collect::<Result<_, _>>();
            shown.map_err(|error| self.stopped(slice, &error))
        });
        decided.as_ref().err().cloned()
    }

    fn stopped(&self, slice: &Slice, error: &DecideError) -> Stopped {
        let span = error.span();
        let file = slice.program.files.get(span.file as usize).cloned().unwrap_or_default();
        let module = self.project.modules.iter().find(|module| module.parsed.path == file);
        let place = module.map(|module| Span { file: module.parsed.file, ..span });
        let text = error.to_string();
        let reason = text.strip_prefix(&format!("line {}: ", span.line)).unwrap_or(&text).to_owned();
        (place, Problem { file, line: span.line, reason })
    }
}

/// Whether they are not all the same.
fn differ(mut shown: impl Iterator<Item = Decision>) -> bool {
    let first = shown.next();
    first.is_some_and(|first| shown.any(|other| other != first))
}

/// Settings that a slice takes for what the program falls back to.
fn settings(slice: &Slice) -> Vec<Problem> {
    let mut places = BTreeSet::new();
    let mut note = |expr: &Expr| {
        if matches!(&expr.kind, ExprKind::Builtin { name, .. } if name == SETTING) {
            places.insert((expr.span.file, expr.span.line));
        }
    };
    visit::program(&slice.program, &mut note);
    for function in &slice.program.functions {
        let defaults = function.parameters.iter().filter_map(|parameter| parameter.default.as_ref());
        defaults.for_each(|default| visit::below(default, &mut note));
    }
    let file = |at: u32| slice.program.files.get(at as usize).cloned().unwrap_or_default();
    let problem = |(at, line)| Problem { file: file(at), line, reason: FALLS_BACK.to_owned() };
    places.into_iter().map(problem).collect()
}
