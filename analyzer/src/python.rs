//! Python source to decision processes.
//!
//! The stages, one module each: [`syntax`] parses; [`scope`] and [`project`] say what names mean; [`lower`] translates
//! every function into the program language; [`facts`] finds what depends on the API's answer; [`entry`] chooses where
//! a slice starts; [`cut`], [`slice`] and [`link`] make it; [`search`] tries slices until one decides by the answer.

mod cut;
mod entry;
mod facts;
mod inputs;
mod link;
mod lower;
mod probe;
mod project;
mod scope;
mod search;
mod shorten;
mod slice;
mod syntax;
mod visit;

use std::collections::BTreeSet;

use chameleon_decision::{DecisionProcess, Problem, SAME_OUTCOME};

use self::entry::CallGraph;
use self::facts::Facts;
use self::lower::Site;
use self::project::Project;
use self::search::Run;
use self::syntax::Parsed;
use crate::apis::Catalog;
use crate::data::DataFiles;
use crate::source::SourceFile;

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
    let parsed: Vec<Parsed> = (0..).zip(files).filter_map(|(at, file)| syntax::parse(at, file)).collect();
    let parsed = related(&parsed, data, catalog);
    found.problems.extend(parsed.iter().flat_map(|parsed| parsed.syntax_problems()));
    let project = Project::new(&parsed, data, catalog);
    let lowered = lower::lower(&project);
    if lowered.sites.is_empty() {
        return found;
    }
    found.problems.extend(lowered.problems.iter().cloned());
    let graph = CallGraph::new(&lowered.functions);
    let all: Vec<usize> = (0..lowered.functions.len()).collect();
    for site in &lowered.sites {
        let vocabulary = &catalog.vocabulary(&site.api);
        // Another call of the same API may be about the same thing or another: its answer stays unknown.
        let others: Vec<Site> = lowered.sites.iter().filter(|other| other.api != site.api).cloned().collect();
        let run =
            Run { project: &project, lowered: &lowered, graph: &graph, site, vocabulary, inputs: &[], given: &[] };
        let facts = Facts::new(&lowered.functions, &all, &[], &[], &BTreeSet::new(), site, &[]);
        if let Some(entry) = entry {
            for from in (0..lowered.functions.len()).filter(|&at| is_called(&lowered.functions[at].name, entry)) {
                if let Some(chain) = entry::chain_between(&graph, from, site.function) {
                    let (process, problems) = run.with_inputs(&others, &inputs::nothing(&others)).process(&chain);
                    found.processes.push(process);
                    found.problems.extend(problems);
                }
            }
            continue;
        }
        for chain in entry::chains(&lowered.functions, &graph, &facts, site) {
            if !chain.decides {
                found.problems.push(passes_through(&project, site));
                continue;
            }
            let process = inputs::best(&run, &chain, &others);
            let entry = |process: &DecisionProcess| {
                process.program.functions.get(process.program.entry.0 as usize).map(|entry| entry.span)
            };
            if !is_storable(&process.0) {
                let file = process.0.program.files.get(process.0.call.file as usize).cloned().unwrap_or_default();
                let reason = "the code around this call is nested too deep".to_owned();
                found.problems.push(Problem { file, line: process.0.call.line, reason });
                continue;
            }
            if tests_nothing(&process.0) {
                found.problems.push(passes_through(&project, site));
                continue;
            }
            let known = found.processes.iter().any(|other| {
                other.call == process.0.call
                    && other.program.files == process.0.program.files
                    && entry(other) == entry(&process.0)
            });
            if !known {
                found.processes.push(process.0);
                found.problems.extend(process.1);
            }
        }
    }
    found
}

/// Whether a function's name is the one asked for, its class before it or not.
fn is_called(name: &str, wanted: &str) -> bool {
    name.strip_suffix(wanted).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The files that call an API, those they import from, and those that import from either.
fn related<'p>(parsed: &'p [Parsed], data: &DataFiles, catalog: &Catalog) -> Vec<&'p Parsed> {
    let calls = |parsed: &Parsed| catalog.is_called_in(&parsed.text);
    if !parsed.iter().any(calls) {
        return Vec::new();
    }
    let all: Vec<&Parsed> = parsed.iter().collect();
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

/// Whether the program looks at nothing of the answer after all, e.g. only shows an enumeration's member by name.
fn tests_nothing(process: &DecisionProcess) -> bool {
    let summary = &process.summary;
    let same = summary.reason.as_deref() == Some(SAME_OUTCOME);
    same && process.warnings.is_empty() && summary.default.effects.is_empty()
}

/// What is said of a call whose answer nobody looks at.
fn passes_through(project: &Project<'_>, site: &Site) -> Problem {
    let reason = "the answer is returned or shown, never compared: nothing here decides from it".to_owned();
    Problem { file: path(project, site.span.file), line: site.span.line, reason }
}

/// Whether a process survives its JSON form: readers refuse deep nesting.
fn is_storable(process: &DecisionProcess) -> bool {
    serde_json::to_string(process).is_ok_and(|json| serde_json::from_str::<DecisionProcess>(&json).is_ok())
}
