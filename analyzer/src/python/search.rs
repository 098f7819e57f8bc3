//! Looks for the function on a chain that decides by the answer alone, and for the fewest assumptions that it takes.

use chameleon_decision::{
    ApiOutput, DecideError, Decider, DecisionProcess, FORMAT_VERSION, Problem, Span, Vocabulary, summarize,
};

use super::cut::{Assumption, Ways};
use super::entry::{CallGraph, Chain};
use super::lower::{Lowered, Site};
use super::project::Project;
use super::slice::{Slice, slice};

/// Unknown tests that are tried both ways.
const MAX_TURNED: usize = 8;

/// More unknown tests at once are not tried.
const MAX_OPEN: usize = 24;

/// How often tests that come to light behind others are added.
const ROUNDS: usize = 4;

/// What it takes to make the processes of one API call.
pub(super) struct Run<'a> {
    pub(super) project: &'a Project<'a>,
    pub(super) lowered: &'a Lowered,
    pub(super) graph: &'a CallGraph,
    pub(super) site: &'a Site,
    pub(super) vocabulary: &'a Vocabulary,
}

type Found = (DecisionProcess, Vec<Problem>);

impl Run<'_> {
    /// The process of a chain. Where the outermost function hangs on things outside, an inner one may still decide by
    /// the answer alone: that one is taken, and what stopped the outer one is reported. Where none does, the outermost
    /// one is read as far as it decides by the answer.
    pub(super) fn best(&self, chain: &Chain) -> Found {
        let parts: Vec<Chain> = (0..chain.functions.len())
            .map(|from| Chain { functions: chain.functions[from..].to_vec(), decides: chain.decides })
            .collect();
        let stopped = self.undecided(&self.cut(chain, &Ways::new(), None)).map(|(_, problem)| problem);
        for (at, part) in parts.iter().enumerate() {
            let Some(ways) = self.ways(part) else { continue };
            let (process, mut problems) = self.process(part, ways);
            if at == 0 {
                return (process, problems);
            }
            if !process.summary.branches.is_empty() {
                problems.extend(stopped);
                return (process, problems);
            }
        }
        if let Some(found) = parts.iter().find_map(|part| self.shortened(part)) {
            return found;
        }
        let slice = self.cut(chain, &Ways::new(), None);
        (self.summarized(slice), stopped.into_iter().collect())
    }

    /// Ways for unknown tests with which a chain decides by the answer alone: none where that is so anyway.
    fn ways(&self, chain: &Chain) -> Option<Ways> {
        if self.undecided(&self.cut(chain, &Ways::new(), None)).is_none() {
            return Some(Ways::new());
        }
        // First as if nothing outside had a say, then as if everything had, then without what was assumed to hold.
        [(false, true), (true, true), (false, false)].into_iter().find_map(|(open, assumed)| {
            let mut ways = Ways::new();
            for _ in 0..ROUNDS {
                let slice = self.cut(chain, &ways, None);
                if !ways.is_empty() && self.undecided(&slice).is_none() {
                    return Some(self.fewest(chain, ways));
                }
                let known = ways.len();
                for span in slice.open {
                    ways.entry(span).or_insert(open);
                }
                for assumption in slice.assumptions.iter().filter(|_| !assumed) {
                    ways.entry(assumption.span).or_insert(false);
                }
                if ways.len() == known || ways.len() > MAX_OPEN {
                    break;
                }
            }
            None
        })
    }

    /// Leaves out every way without which the chain still decides.
    fn fewest(&self, chain: &Chain, mut ways: Ways) -> Ways {
        for span in ways.keys().copied().collect::<Vec<_>>() {
            if let Some(way) = ways.remove(&span)
                && self.undecided(&self.cut(chain, &ways, None)).is_some()
            {
                ways.insert(span, way);
            }
        }
        ways
    }

    /// The process of a chain as it is. An unknown test is taken to hold unless more outcomes show when it does not:
    /// `if seen_lately: return` says nothing about the answer.
    fn process(&self, chain: &Chain, mut ways: Ways) -> Found {
        let slice = self.cut(chain, &ways, None);
        let assumed = slice.assumptions.clone();
        let mut found = self.told(chain, slice);
        for Assumption { span, holds, .. } in assumed.into_iter().filter(|a| a.holds).take(MAX_TURNED) {
            let before = ways.insert(span, !holds);
            let slice = self.cut(chain, &ways, None);
            let other = self.told(chain, slice);
            if other.0.summary.branches.len() > found.0.summary.branches.len() {
                found = other;
            } else {
                match before {
                    Some(way) => ways.insert(span, way),
                    None => ways.remove(&span),
                };
            }
        }
        found
    }

    /// The process of a chain up to where things outside begin to decide, if there are branches until then.
    fn shortened(&self, chain: &Chain) -> Option<Found> {
        let mut slice = self.cut(chain, &Ways::new(), None);
        let mut problem = None;
        for _ in 0..ROUNDS {
            let Some((place, found)) = self.undecided(&slice) else { break };
            slice = self.cut(chain, &Ways::new(), Some(place?));
            problem = Some(found);
        }
        if self.undecided(&slice).is_some() {
            return None;
        }
        let (process, mut problems) = self.told(chain, slice);
        if let Some(Problem { file, line, reason }) = problem {
            problems.push(Problem { file, line, reason: format!("{reason}; it is read up to here") });
        }
        (!process.summary.branches.is_empty()).then_some((process, problems))
    }

    fn cut(&self, chain: &Chain, ways: &Ways, stop: Option<Span>) -> Slice {
        slice(self.project, self.lowered, self.graph, chain, self.site, ways, stop)
    }

    /// The process of a slice, and what there is to say about it.
    fn told(&self, chain: &Chain, slice: Slice) -> Found {
        let mut problems: Vec<Problem> =
            slice.assumptions.iter().map(|assumption| self.assumption(*assumption)).collect();
        if !chain.decides {
            let reason = "the labels are returned or shown, never compared: nothing here decides from them".to_owned();
            problems.push(Problem { file: self.path(self.site.span.file), line: self.site.span.line, reason });
        }
        (self.summarized(slice), problems)
    }

    fn assumption(&self, Assumption { span, holds, is_loop }: Assumption) -> Problem {
        let what = if is_loop { "this loop runs as" } else { "this test depends on" };
        let way = match (is_loop, holds) {
            (false, true) => "held",
            (false, false) => "did not hold",
            (true, true) => "ran once",
            (true, false) => "did not run",
        };
        let what = if is_loop {
            format!("{what} something outside the program says")
        } else {
            format!("{what} something outside the program")
        };
        let reason = format!("{what}; the decision is read as if it {way}");
        Problem { file: self.path(span.file), line: span.line, reason }
    }

    fn summarized(&self, slice: Slice) -> DecisionProcess {
        let (summary, warnings) = summarize(&slice.program, &self.site.api, self.vocabulary);
        DecisionProcess {
            version: FORMAT_VERSION,
            api: self.site.api.clone(),
            call: slice.call,
            program: slice.program,
            summary,
            warnings,
        }
    }

    /// The first place where the program's decision hangs on something outside, with the run's file where it is in the
    /// run, and what there is to say about it.
    fn undecided(&self, slice: &Slice) -> Option<(Option<Span>, Problem)> {
        let decider = Decider::new(&slice.program, self.site.api.default_top_k);
        let empty = std::iter::once(ApiOutput::Labels { labels: Vec::new() });
        let single = self.vocabulary.labels.iter().map(|label| ApiOutput::labels([(label.as_str(), 1.0)]));
        let error: DecideError = empty.chain(single).find_map(|output| decider.decide(&output).err())?;
        let span = error.span();
        let path = slice.program.files.get(span.file as usize).cloned().unwrap_or_default();
        let file = self.project.modules.iter().find(|module| module.parsed.path == path);
        let place = file.map(|module| Span { file: module.parsed.file, ..span });
        let text = error.to_string();
        let reason = text.strip_prefix(&format!("line {}: ", span.line)).unwrap_or(&text).to_owned();
        Some((place, Problem { file: path, line: span.line, reason }))
    }

    fn path(&self, file: u32) -> String {
        let module = self.project.modules.iter().find(|module| module.parsed.file == file);
        module.map(|module| module.parsed.path.clone()).unwrap_or_default()
    }
}
