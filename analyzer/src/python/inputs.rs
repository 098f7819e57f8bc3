//! Programs that ask more than one API: the answers of the others are inputs, too.
//!
//! A decision process is about one API. Where its decision hangs on what another API answers, in a call of its own or
//! because one request asks for both, its program reads that answer as a second input, and its summary is what it does
//! where the other API answers as *given*: nothing, or else what lets more than one outcome show. Beside it is told what
//! it does in other *contexts*, where that is something else.

use std::collections::BTreeMap;

use chameleon_decision::{Api, ApiOutput, Decider, Decision, Given, Problem, Rendered, Span, Summary};

use super::cut::Ways;
use super::entry::Chain;
use super::lower::Site;
pub(crate) use super::probe::UNKNOWN_NAME;
use super::search::{Found, Run, is_remark, says_nothing_of_tests};
use super::slice::{End, Slice};
use super::{contexts, path, probe};

/// Every one of these APIs answers nothing.
pub(super) fn nothing(sites: &[Site]) -> Vec<Given> {
    let mut given: Vec<Given> = Vec::new();
    for site in sites {
        let api = site.api.path();
        if given.iter().all(|known| known.api != api) {
            given.push(Given { api, output: ApiOutput::Answer { answer: site.api.answer.nothing() } });
        }
    }
    given
}

/// The best process of a chain: as if other APIs were something outside, unless that hangs on them and as much is decided
/// where they answer.
pub(super) fn best(run: &Run<'_>, chain: &Chain, others: &[Site]) -> Found {
    let found = run.best(chain);
    let said = |(process, _): &Found| contexts::told(process);
    let is_free = found.1.iter().all(says_nothing_of_tests);
    if is_free && said(&found).1 {
        // Else it may be others' answers that make what is left open.
        let is_whole = others.is_empty() || !leaves_open(&found.0.summary);
        let makes = |other: &Found| !other.0.given.is_empty() && said(other) >= said(&found);
        let whole = if is_whole { None } else { with_others(run, chain, others).filter(makes) };
        return whole.unwrap_or(found);
    }
    let assumes = !found.1.iter().all(is_remark);
    let tells_more = |other: &Found| assumes || !other.0.contexts.is_empty();
    let better = |other: &Found| said(other) > said(&found) || (tells_more(other) && said(other) == said(&found));
    with_others(run, chain, others).filter(better).unwrap_or(found)
}

/// The process in which other APIs answer nothing, or else the first thing with which more than one outcome shows, with what
/// is decided where they answer something else; `None` where they have no say, or where nothing is decided all the same.
fn with_others(run: &Run<'_>, chain: &Chain, others: &[Site]) -> Option<Found> {
    let usual = nothing(others);
    let usually = run.with_inputs(others, &usual);
    let slice = usually.cut(chain, &Ways::new(), End::Whole);
    let apis = slice.program.other_apis();
    let tried = contexts::of(&apis, &usual, &slice.program);
    let trying = contexts::Trying::new(run, &apis, &slice.program);
    let telling = |given: &&Vec<Given>| {
        let decides = || run.with_inputs(others, given).undecided(&slice.untried()).is_none();
        !run.budget.is_spent() && trying.tells_apart(given) && decides()
    };
    let (mut process, mut problems) = match tried.iter().find(telling) {
        Some(given) => run.with_inputs(others, given).told(&slice.untried()),
        // Still other things have a say.
        None if tried.is_empty() => return None,
        None => usually.best(chain),
    };
    let apis = process.program.other_apis();
    process.given.retain(|given| apis.contains_key(&given.api));
    if !contexts::is_told(&process.summary) {
        return None;
    }
    let more = contexts::tell(run, &apis, &mut process, &tried);
    for given in &process.given {
        let site = others.iter().find(|site| site.api.path() == given.api)?;
        let reason = match (more, process.contexts.is_empty()) {
            (true, _) => "the decision hangs on this answer, too, in more ways than are told".to_owned(),
            (false, true) => {
                let answer = describe(&apis, given).unwrap_or_else(|| "nothing".to_owned());
                let answer = answer.replace(UNKNOWN_NAME, "…");
                format!("the decision hangs on this answer, too; it is read as if it were {answer}")
            }
            (false, false) => continue,
        };
        problems.push(Problem { file: path(run.project, site.span.file), line: site.span.line, reason });
    }
    Some((process, problems))
}

/// Whether a value of what is done is not known.
fn leaves_open(summary: &Summary) -> bool {
    let is_open = |decision: &Decision| {
        decision.effects.iter().flat_map(|effect| &effect.values).any(|value| matches!(value, Rendered::Unknown))
    };
    summary.branches.iter().map(|branch| &branch.outcome).chain([&summary.default]).any(is_open)
}

/// Whether a value that one decision leaves open is one that the program chooses in the other.
fn is_chosen_in(open: &Decision, other: &Decision) -> bool {
    let mut effects = open.effects.iter().zip(&other.effects).filter(|(open, other)| open.span == other.span);
    effects.any(|(open, other)| {
        let mut values = open.values.iter().zip(&other.values);
        values.any(|values| matches!(values, (Rendered::Unknown, Rendered::Chosen(_))))
    })
}

/// What another API answers, as people read it; `None` where it answers nothing.
pub(crate) fn describe(apis: &BTreeMap<String, (Api, Span)>, given: &Given) -> Option<String> {
    let (api, _) = apis.get(&given.api)?;
    let answer = given.output.answer(&api.answer);
    (answer != api.answer.nothing()).then(|| api.answer.describe(&answer))
}

/// Whether a slice's decision hangs on answers of other APIs: without them it is none, or leaves a value open that the
/// program chooses by them.
pub(super) fn are_needed(run: &Run<'_>, slice: &Slice) -> bool {
    if slice.program.other_apis().is_empty() {
        return false;
    }
    let decider = Decider::new(&slice.program, &run.site.api).within(run.budget);
    let given = run.given.iter().cloned().fold(decider.clone(), Decider::given);
    let answers = probe::answers(&run.site.api.answer, run.vocabulary, &slice.program);
    let answers: Vec<ApiOutput> = answers.chain(probe::more_answers(&slice.program)).collect();
    let decided = decider.decide_each(answers.iter().cloned());
    decided.zip(&answers).any(|(decided, answer)| match decided {
        Ok(decision) => given.decide(answer).is_ok_and(|other| is_chosen_in(&decision, &other)),
        Err(_) => true,
    })
}
