//! Python source to decision processes.
//!
//! The stages, one module each: [`syntax`] parses; [`scope`] and [`project`] say what names mean; [`lower`] translates
//! every function into the program language; [`facts`] finds what depends on the API's answer; [`entry`] chooses where
//! a slice starts; [`cut`], [`slice`] and [`link`] make it; [`search`] tries slices until one decides by the answer.

mod contexts;
mod conversions;
mod cut;
mod entry;
mod facts;
mod files;
mod fills;
pub(crate) mod inputs;
mod laid_out;
mod link;
mod lower;
mod memo;
mod objects;
mod probe;
mod project;
mod scope;
mod search;
mod several;
mod shorten;
mod slice;
mod syntax;
mod templates;
mod unit_tests;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use chameleon_decision::{
    Branch, Budget, DecisionProcess, OUT_OF_BUDGET, Problem, Program, Rendered, SAME_OUTCOME, Shape, Span, StmtKind,
    Vocabulary, show_path, visit,
};

use self::entry::{CallGraph, Chain};
use self::facts::Facts;
use self::files::{Files, NOT_FOLLOWED};
use self::lower::{Lowered, Site};
use self::project::Project;
use self::search::Run;
pub(crate) use self::search::is_of_a_test;
use self::syntax::Parsed;
use crate::apis::Catalog;
use crate::data::DataFiles;
use crate::source::SourceFile;

/// How it begins what is said of a call whose answer has no effect, before the place is named where it is tested.
const SAME_TEST: &str = "on no answer that was tried does ";

/// How it ends.
const SAME_DONE: &str = " change what is done: nothing here is found to decide from it";

/// What is said of a call from whose answer nothing is decided.
const PASSED_ON: &str = "the answer is returned or shown, never compared: nothing here decides from it";

/// How it begins what is said where a regular expression changes it on the way, before the place, and how it ends.
const REWRITTEN: &str = "a regular expression changes what is returned or shown of the answer (";
const NOTHING_ELSE: &str = "): nothing else here decides from it";

/// How it ends what is said of a call on some of whose answers the program breaks, where it does the same on all others.
const BREAKS: &str = "; it does the same on every other answer: nothing here decides from it";

/// Whether this is said of a call from whose answer nothing is decided.
pub(crate) fn decides_nothing(reason: &str) -> bool {
    reason == PASSED_ON
        || reason.ends_with(NOT_FOLLOWED)
        || reason.ends_with(BREAKS)
        || (reason.starts_with(REWRITTEN) && reason.ends_with(NOTHING_ELSE))
        || (reason.starts_with(SAME_TEST) && reason.ends_with(SAME_DONE))
}

/// Steps that the analysis of the calls in one file may take: some seconds. A usual application takes a hundredth.
const MAX_STEPS: u64 = 50_000_000;

/// Steps that the analysis of one function with the call in it may take at most, where that of all that follows takes too
/// many.
const FEW_STEPS: u64 = MAX_STEPS / 8;

/// Answers on which it is looked for a test of the answer that changes nothing.
const FEW_ANSWERS: usize = 40;

/// The steps that the calls in one file may take.
struct Shares {
    /// Calls that are still to be analyzed.
    calls: u64,
    left: u64,
    /// What a call has in any case.
    least: u64,
    /// What the analysis of inner functions may take, all together, and of one.
    inner: Budget,
    few: u64,
}

impl Shares {
    fn among(calls: u64) -> Self {
        let least = MAX_STEPS / 4 / calls.max(1);
        let few = FEW_STEPS.min(MAX_STEPS / 2 / calls.max(1));
        Self { calls, left: MAX_STEPS, least, inner: Budget::new(MAX_STEPS / 2), few }
    }

    /// What the next call may take: three quarters of what is left, so that no call takes it all, or, of the last one, all
    /// of it.
    fn next(&mut self) -> Budget {
        self.calls = self.calls.saturating_sub(1);
        let share = if self.calls == 0 { self.left } else { self.left / 4 * 3 };
        Budget::new(share.max(self.least))
    }
}

/// What was found in Python files.
pub(crate) struct Found {
    /// In order of file and line of the call.
    pub(crate) processes: Vec<DecisionProcess>,
    /// What could not be followed.
    pub(crate) problems: Vec<Problem>,
}

/// Analyzes files that belong together.
pub(crate) fn analyze(files: &[SourceFile], data: &DataFiles, catalog: &Catalog, entry: Option<&str>) -> Found {
    let mut found = Found { processes: Vec::new(), problems: Vec::new() };
    // Most trees call no API: a search for the names of the calls spares parsing them.
    if !files.iter().any(|file| catalog.is_called_in(&file.text)) {
        return found;
    }
    let everything: Vec<Parsed> = (0..).zip(files).filter_map(|(at, file)| syntax::parse(at, file)).collect();
    let (tests, own) = unit_tests::apart(&everything, catalog);
    found.problems.extend(unit_tests::left_out(&tests));
    let parsed = related(&own, data, catalog);
    let texts: Vec<&str> = parsed.iter().map(|parsed| &*parsed.text).collect();
    let catalog = &*catalog.as_named_in(&texts);
    found.problems.extend(parsed.iter().flat_map(|parsed| parsed.syntax_problems()));
    let mut project = Project::new(&parsed, data, catalog).with_templates().with_callers();
    let mut lowered = lower::lower(&project);
    if lowered.sites.is_empty() {
        return found;
    }
    let mut graph = CallGraph::new(&lowered);
    let of_several = objects::of_several(&project, &lowered, &graph);
    if !of_several.is_empty() {
        project = project.with_objects(of_several);
        lowered = lower::lower(&project);
        graph = CallGraph::new(&lowered);
    }
    // Where each class has its copy, nobody calls the method that they are copies of.
    lowered.sites.retain(|site| !project.originals.contains(&site.function) || graph.is_called(site.function));
    found.problems.extend(lowered.problems.iter().cloned());
    let size = lowered.functions.iter().map(|function| visit::size(&function.body)).sum();
    let mut shares: BTreeMap<u32, Shares> = BTreeMap::new();
    for site in &lowered.sites {
        let calls = || lowered.sites.iter().filter(|other| other.span.file == site.span.file).count() as u64;
        let share = shares.entry(site.span.file).or_insert_with(|| Shares::among(calls()));
        let budget = &share.next();
        // Another call of the same API may be about the same thing or another: its answer stays unknown.
        let is_other = |other: &&Site| other.api != site.api;
        let others: Vec<Site> = lowered.sites.iter().filter(is_other).cloned().collect();
        let run = Run {
            project: &project,
            lowered: &lowered,
            graph: &graph,
            site,
            vocabulary: &catalog.vocabulary(&site.api),
            inputs: &[],
            given: &[],
            stopping: &[],
            size,
            budget,
            memo: Rc::default(),
        };
        if !budget.is_spent() {
            match entry {
                Some(entry) => found.add_from(&run, &others, entry),
                None => found.add_chains(&run, &others),
            }
        }
        if budget.is_spent() {
            let known = match found.add_inner(&run, share) {
                Some(function) => format!("it is read as far as {function} tells"),
                None => "what is decided from this call is not found out".to_owned(),
            };
            let reason = format!("the analysis of this call takes more than {} steps: {known}", budget.limit());
            found.problems.push(Problem { file: path(&project, site.span.file), line: site.span.line, reason });
        }
        share.left = share.left.saturating_sub(budget.spent());
    }
    found.once_for_each_request(&project, &lowered.sites);
    found.tell_files(&Files::new(&everything), &project, &lowered);
    found
}

impl Found {
    /// Adds the processes of a call that begin at a function of this name.
    fn add_from(&mut self, run: &Run<'_>, others: &[Site], entry: &str) {
        let functions = &run.lowered.functions;
        for from in (0..functions.len()).filter(|&at| is_called(&functions[at].name, entry)) {
            if let Some(chain) = entry::chain_between(run.graph, from, run.site.function) {
                let (process, problems) = run.with_inputs(others, &inputs::nothing(others)).process(&chain);
                self.processes.push(process);
                self.problems.extend(problems);
            }
        }
    }

    /// That nothing is decided from a request is said once, and only where it is so of all things that it asks for and of
    /// all ways to it.
    fn once_for_each_request(&mut self, project: &Project<'_>, sites: &[Site]) {
        for (at, site) in sites.iter().enumerate() {
            if sites[..at].iter().any(|other| other.span == site.span) {
                continue;
            }
            let note = passes_through(project, site);
            let is_such = |problem: &Problem| {
                problem.file == note.file && problem.line == note.line && decides_nothing(&problem.reason)
            };
            let is_its_own = |process: &DecisionProcess| is_of(process, project, site);
            let mut kept = self.processes.iter().any(is_its_own);
            self.problems.retain(|problem| !is_such(problem) || !std::mem::replace(&mut kept, true));
        }
    }

    /// Adds the process of the outermost function around a call that few steps tell of, in the place of one that took too
    /// many.
    fn add_inner(&mut self, run: &Run<'_>, share: &Shares) -> Option<String> {
        let is_it = |other: &DecisionProcess| is_of(other, run.project, run.site) && other.api == run.site.api;
        let entry = |process: &DecisionProcess| {
            Some(process.program.functions.get(process.program.entry.0 as usize)?.name.clone())
        };
        if let Some(told) = self.processes.iter().find(|other| is_it(other) && is_told(other)) {
            return entry(told);
        }
        let functions = &run.lowered.functions;
        let all: Vec<usize> = (0..functions.len()).collect();
        let facts = Facts::new(run.lowered, &all, &[], (&[], &all), &BTreeSet::new(), run.site, &[]);
        let chain = entry::chains(functions, run.graph, &facts, run.site).into_iter().find(|chain| chain.decides)?;
        let mut told = None;
        for from in (0..chain.functions.len()).rev() {
            let budget = Budget::new(share.few);
            let part = Chain { functions: chain.functions[from..].to_vec(), decides: true };
            let (process, problems) = run.within(&budget).best(&part);
            share.inner.spend(budget.spent());
            if budget.is_spent() || share.inner.is_spent() {
                break;
            }
            if is_told(&process) && is_storable(&process) {
                told = Some((process, problems));
            }
        }
        let (process, problems) = told?;
        let name = entry(&process);
        self.processes.retain(|other| !is_it(other));
        self.processes.push(process);
        self.problems.extend(problems);
        name
    }

    /// That nothing is decided from an answer is not said where it is written to a file that is read elsewhere; where
    /// something is, this is said beside it.
    fn tell_files(&mut self, files: &Files, project: &Project<'_>, lowered: &Lowered) {
        for site in &lowered.sites {
            let Some(reason) = files.note(project, lowered, site) else { continue };
            let note = Problem { reason, ..passes_through(project, site) };
            let is_such = |problem: &&mut Problem| {
                problem.file == note.file && problem.line == note.line && decides_nothing(&problem.reason)
            };
            match self.problems.iter_mut().find(is_such) {
                Some(problem) => *problem = note,
                None => self.problems.push(note),
            }
        }
    }

    /// Adds the processes of a call, one for each way to it.
    fn add_chains(&mut self, run: &Run<'_>, others: &[Site]) {
        let functions = &run.lowered.functions;
        let all: Vec<usize> = (0..functions.len()).collect();
        let facts = Facts::new(run.lowered, &all, &[], (&[], &all), &BTreeSet::new(), run.site, &[]);
        for chain in entry::chains(functions, run.graph, &facts, run.site) {
            if run.budget.is_spent() {
                return;
            }
            let (process, problems) = if chain.decides {
                inputs::best(run, &chain, others)
            } else {
                let note = passes_through(run.project, run.site);
                let rewritten = entry::rewrites(functions, &facts).map(|span| {
                    let file = path(run.project, span.file);
                    let place = if file == note.file { "line ".to_owned() } else { format!("{file}:") };
                    format!("{REWRITTEN}{place}{}{NOTHING_ELSE}", span.line)
                });
                let reason = rewritten.unwrap_or_else(|| note.reason.clone());
                self.problems.push(Problem { reason, ..note });
                continue;
            };
            if !is_storable(&process) {
                let file = process.program.files.get(process.call.file as usize).cloned().unwrap_or_default();
                let reason = "the code around this call is nested too deep".to_owned();
                self.problems.push(Problem { file, line: process.call.line, reason });
            } else if let Some(breaks) = breaks_only(&process) {
                self.problems.push(Problem { reason: breaks + BREAKS, ..passes_through(run.project, run.site) });
                self.problems.extend(problems);
            } else if tests_nothing(&process) {
                let note = passes_through(run.project, run.site);
                let test = tested(&process, run.vocabulary).map_or_else(
                    || "it".to_owned(),
                    |Span { file, line, .. }| {
                        let file = process.program.files.get(file as usize).filter(|file| **file != note.file);
                        match file {
                            None => format!("the test of it in line {line}"),
                            Some(file) => format!("the test of it in {file}:{line}"),
                        }
                    },
                );
                self.problems.push(Problem { reason: format!("{SAME_TEST}{test}{SAME_DONE}"), ..note });
                self.problems.extend(problems);
            } else if !self.processes.iter().any(|other| is_same_slice(other, &process)) {
                self.processes.push(process);
                self.problems.extend(problems);
            }
        }
    }
}

/// Whether a process tells what is decided, and was not cut off by the steps that it took.
fn is_told(process: &DecisionProcess) -> bool {
    let is_cut_off = process.summary.reason.as_ref().is_some_and(|reason| reason.contains(OUT_OF_BUDGET));
    contexts::is_told(&process.summary) && !is_cut_off
}

/// Whether a process is about this call.
fn is_of(process: &DecisionProcess, project: &Project<'_>, site: &Site) -> bool {
    let place = process.call;
    let file = process.program.files.get(place.file as usize);
    file == Some(&path(project, site.span.file)) && Span { file: site.span.file, ..place } == site.span
}

/// Whether two processes are about the same call, from the same function on.
fn is_same_slice(one: &DecisionProcess, other: &DecisionProcess) -> bool {
    fn entry(process: &DecisionProcess) -> Option<(Span, &str)> {
        let entry = process.program.functions.get(process.program.entry.0 as usize)?;
        Some((entry.span, &entry.name))
    }
    // Of two things that one request asks for, and from neither of which is found out what is decided, one is told.
    let left_open = |process: &DecisionProcess| process.summary.branches.is_empty();
    let open_alike = left_open(one) && left_open(other) && one.summary.reason == other.summary.reason;
    let is_same_call = one.call == other.call && (one.api == other.api || open_alike);
    is_same_call && one.program.files == other.program.files && entry(one) == entry(other)
}

/// Whether a function's name is the one asked for, its class before it or not.
fn is_called(name: &str, wanted: &str) -> bool {
    name.strip_suffix(wanted).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The files that call an API, those they import from, and those that import from either.
fn related<'p>(parsed: &[&'p Parsed], data: &DataFiles, catalog: &Catalog) -> Vec<&'p Parsed> {
    let calls = |parsed: &&Parsed| catalog.is_called_in(&parsed.text);
    if !parsed.iter().any(calls) {
        return Vec::new();
    }
    let all: Vec<&Parsed> = parsed.to_vec();
    let project = Project::new(&all, data, catalog);
    let imports: Vec<Vec<usize>> = (0..all.len()).map(|module| project.imported_modules(module)).collect();
    let mut kept: Vec<bool> = parsed.iter().map(calls).collect();
    loop {
        let before = kept.iter().filter(|kept| **kept).count();
        for module in 0..all.len() {
            if kept[module] {
                imports[module].iter().for_each(|imported| kept[*imported] = true);
            } else if imports[module].iter().any(|imported| kept[*imported]) {
                kept[module] = true;
            }
        }
        if kept.iter().filter(|kept| **kept).count() == before {
            break;
        }
    }
    all.into_iter().zip(kept).filter(|(_, kept)| *kept).map(|(parsed, _)| parsed).collect()
}

fn path(project: &Project<'_>, file: u32) -> String {
    let module = project.modules.iter().find(|module| module.parsed.file == file);
    module.map(|module| module.parsed.path.clone()).unwrap_or_default()
}

/// Whether the program looks at nothing of the answer after all, e.g. only shows an enumeration's member by name: it does
/// the same on every answer, and no word and no condition of it is there in vain. One that fails on every answer is told.
fn tests_nothing(process: &DecisionProcess) -> bool {
    let summary = &process.summary;
    let fails = summary.default.effects.iter().any(|effect| effect.action == "raise");
    let same = summary.reason.as_deref() == Some(SAME_OUTCOME);
    same && !fails && process.warnings.is_empty() && summary.idle.is_empty()
}

/// The first test of the answer that is made on some of the answers that are tried.
fn tested(process: &DecisionProcess, vocabulary: &Vocabulary) -> Option<Span> {
    let decider = process.decider();
    let answers = probe::answers(&process.api.answer, vocabulary, &process.program).take(FEW_ANSWERS);
    answers.filter_map(|answer| decider.tests(&answer).ok()).flatten().min_by_key(|span| (span.file, span.line))
}

/// Where the program breaks on some members of an enumeration, which it does not say itself, and does the same on all
/// others: on which.
///
/// A table of names that is older than the API's enumeration is no decision: `("UNKNOWN", "PERSON")[entity.type]`.
fn breaks_only(process: &DecisionProcess) -> Option<String> {
    let summary = &process.summary;
    let field = summary.field.as_deref()?;
    let leaves = process.api.answer.leaves();
    let (_, leaf) = leaves.iter().find(|(path, _)| show_path(path) == field)?;
    let fails = summary.default.effects.iter().any(|effect| effect.action == "raise");
    if !matches!(leaf, Shape::Choice(_)) || summary.branches.is_empty() || fails || !process.warnings.is_empty() {
        return None;
    }
    let broken = |branch: &Branch| {
        let raised = branch.outcome.effects.iter().find(|effect| effect.action == "raise")?;
        let [Rendered::Chosen(class)] = raised.values.as_slice() else { return None };
        let labels = branch.labels.join(", ");
        (branch.words.is_empty() && !labels.is_empty()).then(|| format!("{labels} ({class})"))
    };
    let broken: Vec<String> = summary.branches.iter().map(broken).collect::<Option<_>>()?;
    (!raises(&process.program)).then(|| format!("the program breaks where {field} is {}", broken.join("; ")))
}

/// Whether a program has a `raise` of its own.
fn raises(program: &Program) -> bool {
    let mut raises = false;
    for function in &program.functions {
        visit::stmts(&function.body, &mut |stmt| raises |= matches!(stmt.kind, StmtKind::Raise { .. }));
    }
    raises
}

/// What is said of a call whose answer nobody looks at.
fn passes_through(project: &Project<'_>, site: &Site) -> Problem {
    Problem { file: path(project, site.span.file), line: site.span.line, reason: PASSED_ON.to_owned() }
}

/// Whether a process survives its JSON form: readers refuse deep nesting.
fn is_storable(process: &DecisionProcess) -> bool {
    serde_json::to_string(process).is_ok_and(|json| serde_json::from_str::<DecisionProcess>(&json).is_ok())
}
