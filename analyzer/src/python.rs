//! Python source to decision processes.
//!
//! The stages, one module each: [`syntax`] parses; [`scope`] and [`project`] say what names mean; [`lower`] translates
//! every function into the program language; [`facts`] finds what depends on the API's answer; [`entry`] chooses where
//! a slice starts; [`cut`] and [`slice`] make it.

mod cut;
mod entry;
mod facts;
mod lower;
mod project;
mod scope;
mod slice;
mod syntax;
mod visit;

use chameleon_decision::{ApiOutput, DecideError, DecisionProcess, FORMAT_VERSION, Problem, Vocabulary, summarize};

use self::entry::{CallGraph, Chain};
use self::facts::Facts;
use self::lower::{Lowered, Site};
use self::project::Project;
use self::syntax::Parsed;
use crate::calls::API_CALLS;
use crate::source::SourceFile;

/// What was found in Python files.
pub(crate) struct Found {
    /// In order of file and line of the call.
    pub(crate) processes: Vec<DecisionProcess>,
    /// What could not be followed.
    pub(crate) problems: Vec<Problem>,
}

/// Analyzes files that belong together.
pub(crate) fn analyze(files: &[SourceFile], vocabulary: &Vocabulary) -> Found {
    let mut found = Found { processes: Vec::new(), problems: Vec::new() };
    let parsed: Vec<Parsed> = (0..).zip(files).filter_map(|(at, file)| syntax::parse(at, file)).collect();
    let parsed = related(&parsed);
    found.problems.extend(parsed.iter().flat_map(|parsed| parsed.syntax_problems()));
    let project = Project::new(&parsed);
    let lowered = lower::lower(&project);
    if lowered.sites.is_empty() {
        return found;
    }
    found.problems.extend(lowered.problems.iter().cloned());
    let graph = CallGraph::new(&lowered.functions);
    let all: Vec<usize> = (0..lowered.functions.len()).collect();
    for site in &lowered.sites {
        let facts = Facts::new(&lowered.functions, &all, &[], Some(site.span));
        for chain in entry::chains(&lowered.functions, &graph, &facts, site) {
            let (process, problems) = process(&project, &lowered, &graph, &chain, site, vocabulary);
            found.processes.push(process);
            found.problems.extend(problems);
        }
    }
    found
}

/// The files that call an API, those they import from, and those that import from either.
fn related(parsed: &[Parsed]) -> Vec<&Parsed> {
    let calls = |parsed: &Parsed| API_CALLS.iter().any(|call| parsed.text.contains(call.method));
    if !parsed.iter().any(calls) {
        return Vec::new();
    }
    let all: Vec<&Parsed> = parsed.iter().collect();
    let project = Project::new(&all);
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

fn process(
    project: &Project<'_>,
    lowered: &Lowered,
    graph: &CallGraph,
    chain: &Chain,
    site: &Site,
    vocabulary: &Vocabulary,
) -> (DecisionProcess, Vec<Problem>) {
    let slice = slice::slice(project, lowered, graph, chain, site);
    let mut problems = Vec::new();
    let path = |file: u32| {
        let module = project.modules.iter().find(|module| module.parsed.file == file);
        module.map(|module| module.parsed.path.clone()).unwrap_or_default()
    };
    for assumption in slice.assumptions {
        let (file, line) = (path(assumption.span.file), assumption.span.line);
        problems.push(Problem { file, line, reason: assumption.reason });
    }
    if !chain.decides {
        let reason = "the labels are returned or shown, never compared: nothing here decides from them".to_owned();
        problems.push(Problem { file: path(site.span.file), line: site.span.line, reason });
    }
    let (summary, warnings) = summarize(&slice.program, &site.api, vocabulary);
    let process = DecisionProcess {
        version: FORMAT_VERSION,
        api: site.api.clone(),
        call: slice.call,
        program: slice.program,
        summary,
        warnings,
    };
    problems.extend(undecided(&process, vocabulary));
    (process, problems)
}

/// The first place where the program's decision hangs on something outside.
fn undecided(process: &DecisionProcess, vocabulary: &Vocabulary) -> Option<Problem> {
    let decider = process.decider();
    let empty = std::iter::once(ApiOutput::Labels { labels: Vec::new() });
    let single = vocabulary.labels.iter().map(|label| ApiOutput::labels([(label.as_str(), 1.0)]));
    let error: DecideError = empty.chain(single).find_map(|output| decider.decide(&output).err())?;
    let span = error.span();
    let file = process.program.files.get(span.file as usize).cloned().unwrap_or_default();
    let text = error.to_string();
    let reason = text.strip_prefix(&format!("line {}: ", span.line)).unwrap_or(&text).to_owned();
    Some(Problem { file, line: span.line, reason })
}
