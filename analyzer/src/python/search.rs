//! Looks for the function on a chain that decides by the answer alone, and for the fewest assumptions that it takes.

mod telling;
mod trial;
mod ways;

use std::fmt::Write as _;
use std::rc::Rc;

use chameleon_decision::{ApiOutput, Budget, DecisionProcess, DecisionType, Given, Problem, Span, Vocabulary};

use super::contexts;
use super::cut::Ways;
use super::entry::{CallGraph, Chain};
use super::lower::{Lowered, Site};
use super::memo::Memo;
use super::path;
use super::project::Project;
use super::slice::{End, Slice, slice};
use telling::LONGEST_OTHERWISE;
pub(crate) use telling::is_of_a_test;
pub(super) use telling::{is_remark, says_nothing_of_tests};
use ways::{ASSUMING, Assuming, Mixed, ROUNDS};

/// Steps that cutting a slice takes for each statement there is.
const CUT: u64 = 20;

/// How many answers on which a decision hangs on something outside are tried beside the others.
const MAX_STOPS: usize = 3;

/// Which part of the steps that are left a search with one of them may take.
const STOPS_SHARE: u64 = 8;

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
    /// Answers on which the decision was found to hang on something outside: they are tried with all others.
    pub(super) stopping: &'a [ApiOutput],
    /// Statements of the code.
    pub(super) size: u64,
    /// What pays for all of it.
    pub(super) budget: &'a Budget,
    /// What was cut and tried before.
    pub(super) memo: Rc<Memo>,
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

    /// The process of a chain. That it hangs on something outside may come to light only when it is summarized, on an
    /// answer that is not among those tried: then the search begins anew with that one, and what it finds is taken where it
    /// is of a known kind.
    pub(super) fn best(&self, chain: &Chain) -> Found {
        let found = self.found(chain);
        let mut stopping = self.stopping.to_vec();
        let mut next = self.memo.stop_of(&found.0.summary);
        while let Some(answer) = next.filter(|_| stopping.len() < MAX_STOPS && !self.budget.is_spent()) {
            stopping.push(answer);
            let budget = Budget::new(self.budget.limit().saturating_sub(self.budget.spent()) / STOPS_SHARE);
            let run = Run { stopping: &stopping, ..self.within(&budget) };
            let other = run.found(chain);
            self.budget.spend(budget.spent());
            if budget.is_spent() {
                break;
            }
            if contexts::told(&other.0).1 {
                return other;
            }
            next = run.memo.stop_of(&other.0.summary);
        }
        found
    }

    /// The process of a chain, as far as the answers that are tried show. Where the outermost function hangs on things
    /// outside, an inner one may still decide by the answer alone: that one is taken, and what stopped the outer one is
    /// reported. Where none does, the outermost one is read as far as it decides by the answer.
    fn found(&self, chain: &Chain) -> Found {
        let parts: Vec<Chain> = (0..chain.functions.len())
            .map(|from| Chain { functions: chain.functions[from..].to_vec(), decides: chain.decides })
            .collect();
        let stopped = self.undecided(&self.cut(chain, &Ways::new(), End::Whole)).map(|(_, problem)| problem);
        let (mut constant, mut parts_left) = (None, parts.len());
        for (at, part) in parts.iter().enumerate() {
            let decides = self.undecided(&self.cut(part, &Ways::new(), End::Whole)).is_none();
            let (found, same) = self.of_part(part, at == 0, decides);
            if let Some(mut found) = found {
                found.1.extend(stopped.filter(|_| at > 0));
                return found;
            }
            constant = constant.or(same);
            if at == 0 && decides {
                // What an inner function makes of the answer comes to nothing.
                parts_left = 1;
                break;
            }
        }
        let parts = &parts[..parts_left];
        let early = |part: &Chain| self.shortened(part, 1).or_else(|| self.mixing(part));
        let found = parts.iter().find_map(early).or_else(|| constant.map(|slice| self.told(&slice)));
        let found = found.or_else(|| self.asked_alike(parts, stopped.as_ref())).or_else(|| self.known_outside(chain));
        found.unwrap_or_else(|| self.undetermined(chain, stopped))
    }

    /// The process of one part of a chain, as it is or with what is assumed about tests of things outside, if it has
    /// branches; else, of the outermost part, the slice that does the same on every answer, if one does.
    fn of_part(&self, part: &Chain, is_outermost: bool, decides: bool) -> (Option<Found>, Option<Rc<Slice>>) {
        let plain = decides.then(|| self.chosen(part, Ways::new()));
        let assuming = ASSUMING.iter().filter_map(|&(idle, turned)| {
            let ways = self.ways(part, Assuming { idle, turned, mixed: Mixed::Open }, !decides)?;
            Some((self.chosen(part, ways), turned))
        });
        let (mut broken, mut constant) = (None, None);
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
                // What ends in a value that is not what it is taken for may do so for what is assumed.
                if as_it_is || self.shown(&slice).broken == 0 {
                    return (Some(found), None);
                }
                broken = broken.or(Some(found));
                continue;
            }
            let asks = slice.assumptions.iter().any(|assumption| assumption.of_answer);
            if is_outermost && !asks && (as_it_is || !(turned || decides)) {
                constant = constant.or(Some(slice));
            }
        }
        (broken, constant)
    }

    /// The process of the first part in which what something outside says of the answer is assumed, if it has branches: what
    /// is asked about the answer is asked for what follows where it holds.
    fn asked_alike(&self, parts: &[Chain], stopped: Option<&Problem>) -> Option<Found> {
        for (at, part) in parts.iter().enumerate() {
            let assuming = [ASSUMING[1], ASSUMING[0], ASSUMING[2]].map(|assuming| (assuming, Mixed::Alike));
            let mut assuming = assuming.into_iter().chain([(ASSUMING[1], Mixed::Onward)]);
            let found = assuming.find_map(|((idle, turned), mixed)| {
                let ways = self.ways(part, Assuming { idle, turned, mixed }, true)?;
                // A test that only some answers lead to is taken one way for all of them: that any result at all makes
                // a difference may come of just that.
                self.branching(&self.chosen(part, ways)).filter(|found| self.tells_more_than_empty(&found.0))
            });
            if let Some(mut found) = found {
                found.1.extend(stopped.filter(|_| at > 0).cloned());
                return Some(found);
            }
        }
        None
    }

    /// The process of a chain that does not decide by the answer alone, whatever is assumed.
    fn undetermined(&self, chain: &Chain, stopped: Option<Problem>) -> Found {
        let slice = self.cut(chain, &Ways::new(), End::Whole);
        match slice.assumptions.iter().find(|assumption| assumption.of_answer).copied() {
            Some(asked) if stopped.is_none() => self.asking(&slice, asked.span),
            _ => {
                let mut process = self.summarized(&slice);
                if let (Some(reason), Some(held)) = (&mut process.summary.reason, self.where_all_holds(chain)) {
                    let _ = write!(reason, "; where it holds: `{held}`");
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

    /// The process of a chain with these ways.
    fn process_with(&self, chain: &Chain, ways: Ways) -> Found {
        self.told(&self.chosen(chain, ways))
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
}
