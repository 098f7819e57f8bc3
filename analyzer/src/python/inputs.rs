//! Programs that ask more than one API: the answers of the others are inputs, too.
//!
//! A decision process is about one API. Where its decision hangs on what another API answers, in a call of its own or
//! because one request asks for both, its program reads that answer as a second input, and its summary is what it does
//! where the other API answers as *given*: nothing, or else what lets more than one outcome show.

use std::collections::BTreeMap;

use chameleon_decision::{Api, ApiOutput, Decider, ExprKind, Given, Problem, Program, Vocabulary};

use super::cut::Ways;
use super::entry::Chain;
use super::lower::Site;
use super::search::{Found, Run, is_remark};
use super::slice::{End, Slice};
use super::{path, probe, visit};

/// How many answers of another API are tried.
const MAX_TRIED: usize = 24;

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

/// The best process of a chain: as if other APIs were something outside, unless that takes assumptions and as much is
/// decided where they answer.
pub(super) fn best(run: &Run<'_>, chain: &Chain, others: &[Site]) -> Found {
    let found = run.best(chain);
    let said = |found: &Found| (found.0.summary.reason.is_none(), found.0.summary.branches.len());
    let assumes = !found.1.iter().all(is_remark);
    if !assumes && said(&found) > (true, 0) {
        return found;
    }
    let better = |other: &Found| said(other) > said(&found) || (assumes && said(other) == said(&found));
    with_others(run, chain, others).filter(better).unwrap_or(found)
}

/// The process in which other APIs answer nothing, or else the first thing with which more than one outcome shows; `None`
/// where they have no say, where nothing is decided all the same, or where still other things have a say.
fn with_others(run: &Run<'_>, chain: &Chain, others: &[Site]) -> Option<Found> {
    let usual = nothing(others);
    let slice = run.with_inputs(others, &usual).cut(chain, &Ways::new(), End::Whole);
    let apis = asked(&slice.program);
    if apis.is_empty() {
        return None;
    }
    let telling = |given: &Vec<Given>| {
        let (run, slice) = (run.with_inputs(others, given), slice.untried());
        !run.budget.is_spent() && run.undecided(&slice).is_none() && run.tells_apart(&slice)
    };
    let given = std::iter::once(usual.clone()).chain(answering(&apis, &usual, &slice)).find(telling)?;
    let (mut process, mut problems) = run.with_inputs(others, &given).told(&slice.untried());
    process.given.retain(|given| apis.contains_key(&given.api));
    if process.summary.branches.is_empty() {
        return None;
    }
    for Given { api, output } in &process.given {
        let answer = apis.get(api).map(|api| output.answer(&api.answer).to_string()).unwrap_or_default();
        let site = others.iter().find(|site| site.api.path() == *api)?;
        let reason = format!("the decision hangs on this answer, too; it is read as if it were {answer}");
        problems.push(Problem { file: path(run.project, site.span.file), line: site.span.line, reason });
    }
    Some((process, problems))
}

/// One of these APIs answers something.
fn answering(apis: &BTreeMap<String, Api>, usual: &[Given], slice: &Slice) -> Vec<Vec<Given>> {
    let nameless = Vocabulary { name: String::new(), labels: Vec::new() };
    let mut contexts = Vec::new();
    for (path, api) in apis {
        let words = probe::short_words(&slice.program).chain(probe::own_words(&slice.program));
        let answers = words.chain(probe::answers(&api.answer, &nameless, &slice.program));
        for output in answers.take(MAX_TRIED) {
            let mut given = usual.to_vec();
            given.iter_mut().filter(|given| given.api == *path).for_each(|given| given.output = output.clone());
            contexts.push(given);
        }
    }
    contexts
}

/// Whether a slice's decision hangs on answers of other APIs.
pub(super) fn are_needed(run: &Run<'_>, slice: &Slice) -> bool {
    if asked(&slice.program).is_empty() {
        return false;
    }
    let decider = Decider::new(&slice.program, &run.site.api).within(run.budget);
    let answers = probe::answers(&run.site.api.answer, run.vocabulary, &slice.program);
    decider.decide_each(answers).any(|decided| decided.is_err())
}

/// The other APIs that a program asks, by path.
fn asked(program: &Program) -> BTreeMap<String, Api> {
    let mut apis = BTreeMap::new();
    let mut note = |expr: &chameleon_decision::Expr| {
        let asked: Vec<&Api> = match &expr.kind {
            ExprKind::OtherOutput { api, beside, .. } => std::iter::once(&**api).chain(beside).collect(),
            ExprKind::ApiOutput { beside, .. } => beside.iter().collect(),
            _ => return,
        };
        apis.extend(asked.into_iter().map(|api| (api.path(), api.clone())));
    };
    visit::exprs(&program.globals, &mut note);
    for function in &program.functions {
        visit::exprs(&function.body, &mut note);
    }
    apis
}
