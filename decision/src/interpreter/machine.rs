//! The state of one run.

use std::collections::BTreeSet;
use std::rc::Rc;

use foldhash::{HashMap, HashSet};

use super::alike::Outline;
use super::dismantle::dismantle;
use super::effects::Effects;
use super::exception::Exception;
use super::known_parts;
use super::memory::Memory;
use super::scope::Scope;
use super::value::{Unknown, Value};
use super::watch::Log;
use crate::api::Api;
use crate::budget::Budget;
use crate::decider::DecideError;
use crate::decision::{Decision, Effect, Rendered};
use crate::output::ApiOutput;
use crate::process::Given;
use crate::program::{Function, FunctionId, Program, Span, Stmt, StmtKind};

/// Steps one run may take; a decision over a hundred labels takes a few thousand.
pub(crate) const MAX_STEPS: u64 = 1_000_000;
/// What a run costs besides its steps.
const START: u64 = 100;
/// How deeply statements, expressions and calls may nest: what fits a thread's 2 MiB stack in a debug build.
pub(crate) const MAX_DEPTH: u32 = 150;
/// How many tests of unknown values one run may go through.
const MAX_CHOICES: usize = 24;

/// Why evaluation does not go on.
pub(super) enum Stop {
    /// A Python exception on its way up.
    Raise(String),
    /// The program ended itself, e.g. `sys.exit()`, or waits for its next call of the API.
    Exit,
    /// The decision cannot be determined.
    Error(DecideError),
}

pub(super) type Run<T> = Result<T, Stop>;

pub(super) fn raise<T>(exception: &str) -> Run<T> {
    Err(Stop::Raise(exception.to_owned()))
}

/// A test of an unknown value, decided by the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) span: Span,
    pub(crate) what: String,
    pub(crate) taken: bool,
}

/// What a run did besides its effects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Trace {
    /// Outcomes of `if`, `while` and conditional expressions, by the place of their tests.
    pub(crate) tests: BTreeSet<(Span, bool)>,
    /// Tests that looked at data of the API themselves.
    pub(crate) inspecting: BTreeSet<Span>,
    pub(crate) observation: Observation,
    /// Texts that something outside was given, word for word, and those known in what was returned or printed with
    /// something unknown.
    pub(crate) sent: Vec<String>,
    /// How many results the call asked for, where it said so.
    pub(crate) asked: Option<usize>,
    /// Steps taken, in all ways through tests of unknown values.
    pub(crate) steps: u64,
    /// Effects, each as often as it happened, and the items of lists that they show.
    pub(crate) shown: usize,
    /// The items of lists among these.
    pub(crate) listed: usize,
}

/// What a run shows word for word, the API's data in it; only what the program determines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observation {
    /// The value returned, as Python's `repr`; absent when something in it is unknown.
    pub returned: Option<String>,
    /// Class of the exception that ended the run.
    pub raised: Option<String>,
    /// The texts printed, in order, without those that hold something unknown.
    pub printed: Vec<String>,
}

impl Observation {
    /// All of it as one text.
    pub(crate) fn text(&self) -> String {
        let returned = self.returned.iter().chain(&self.printed);
        returned.map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    /// Keeps what another run shows, too.
    fn keep_common(&mut self, other: &Self) {
        self.returned = self.returned.take().filter(|returned| other.returned.as_ref() == Some(returned));
        self.raised = self.raised.take().filter(|raised| other.raised.as_ref() == Some(raised));
        let mut left: Vec<&String> = other.printed.iter().collect();
        self.printed.retain(|line| {
            let at = left.iter().position(|other| *other == line);
            at.is_some_and(|at| left.remove(at) == line)
        });
    }
}

impl Trace {
    /// Takes over what another way through the tests of unknown values did; only what both show is observed.
    pub(crate) fn merge(&mut self, other: Self) {
        self.observation.keep_common(&other.observation);
        self.sent.retain(|text| other.sent.contains(text));
        self.steps += other.steps;
        self.shown = self.shown.max(other.shown);
        self.listed = self.listed.max(other.listed);
        self.tests.extend(other.tests);
        self.inspecting.extend(other.inspecting);
    }
}

/// What one run gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) decision: Decision,
    pub(crate) choices: Vec<Choice>,
    pub(crate) called_api: bool,
    pub(crate) trace: Trace,
}

impl Ran {
    /// The same without some of the steps.
    pub(super) fn before(mut self, steps: u64) -> Self {
        self.trace.steps -= steps;
        self
    }

    /// The same with some steps more.
    pub(super) fn after(mut self, steps: u64) -> Self {
        self.trace.steps += steps;
        self
    }
}

/// What answers a run besides the output that it is about.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'o> {
    pub(crate) api: &'o Api,
    /// How many results a call gets that does not say.
    pub(crate) default_top_k: Option<u32>,
    /// Answers of other APIs.
    pub(crate) given: &'o [Given],
    /// What pays for the steps.
    pub(crate) budget: Option<&'o Budget>,
}

/// The last value of a place that outlives the run.
#[derive(Clone)]
pub(super) struct Stored {
    pub(super) span: Span,
    pub(super) value: Rendered,
    /// The moment it was stored, and the effects there were.
    pub(super) moment: u64,
    pub(super) effects: usize,
}

/// One run of a program.
pub(super) struct Machine<'p, 'o> {
    pub(super) program: &'p Program,
    pub(super) output: &'o ApiOutput,
    pub(super) around: Surroundings<'o>,
    pub(super) globals: Rc<Scope<'p>>,
    pub(super) scopes: Vec<Rc<Scope<'p>>>,
    pub(super) called_api: u32,
    /// Tests of the API's data that what runs now hangs on: it grows with each, and falls back where every way through
    /// the statement or call that tested has come together again.
    pub(super) inspections: u64,
    /// Tests of the API's data so far.
    pub(super) looks: u64,
    /// Inspections at the start of the iteration over the API's items that the run is in, provided that the loop was
    /// reached without any.
    pub(super) iteration: Option<u64>,
    /// Variables of the running function that tests of the API's data chose in this iteration: what is done with them was
    /// decided.
    pub(super) chosen: HashSet<&'p str>,
    /// The exception on its way up, as far as the program made it.
    pub(super) raised: Option<Rc<Exception<'p>>>,
    /// Exceptions of the handlers that the run is in.
    pub(super) handling: Vec<Rc<Exception<'p>>>,
    pub(super) tracing: bool,
    /// Loops over unknown collections that the run is in: how many turns there are is unknown.
    pub(super) sampling: u32,
    /// Loops over collections that were filled under conditions that the run is in.
    pub(super) grown: u32,
    /// Whether such a loop was left early, which it may not have been.
    pub(super) doubtful: bool,
    pub(super) trace: Trace,
    /// Attributes and items stored on unknown objects, and module variables: their last value is observable.
    pub(super) stored: HashMap<String, Stored>,
    /// How often something happened so far, or time went by, of which an outsider could see what was stored before.
    pub(super) moments: u64,
    /// What the module's containers that functions fill hold when the entry begins.
    pub(super) before: Vec<(&'p str, Span, Rendered)>,
    /// Regular expressions of this run, by source and flags.
    pub(super) patterns: HashSet<(Rc<str>, String)>,
    /// What `json.dumps` made texts of.
    pub(super) dumped: HashMap<Rc<str>, Value<'p>>,
    pub(super) effects: Effects,
    pub(super) steps: u64,
    /// The steps after which the run is stopped.
    pub(super) limit: u64,
    depth: u32,
    script: &'o [bool],
    pub(super) memory: &'o Memory<'p>,
    /// What is asked about the names in the answer, if that is noted.
    pub(super) log: Option<Rc<Log>>,
    pub(super) choices: Vec<Choice>,
    /// Tests of unknown values so far, those of a known truth among them.
    pub(super) asked: u64,
    /// Where the API was called first, and what the function was given that called it.
    pub(super) first_call: Option<(Rc<Scope<'p>>, String)>,
    pub(super) known_choices: Vec<(Rc<Unknown<'p>>, bool)>,
    /// Which way the test at hand goes if it is of something unknown.
    pub(super) assumed: Option<bool>,
    /// Scopes that a lambda or generator holds on to: it may be a variable of that very scope.
    pub(super) captured: Vec<Rc<Scope<'p>>>,
    /// Objects whose initializers run.
    pub(super) making: Vec<Rc<Unknown<'p>>>,
    /// Objects that the program made: they may hold each other.
    pub(super) objects: Vec<Rc<Unknown<'p>>>,
}

impl Drop for Machine<'_, '_> {
    fn drop(&mut self) {
        self.captured.iter().for_each(|scope| drop(scope.take()));
        let objects = std::mem::take(&mut self.objects);
        dismantle(objects.iter().flat_map(|object| object.stored.take().into_values()).collect());
    }
}

/// Runs `program` once, unless the memory tells what comes of it; tests of unknown values go as `script` says, then true.
pub(crate) fn run<'p>(
    program: &'p Program,
    around: Surroundings<'_>,
    output: &ApiOutput,
    script: &[bool],
    tracing: bool,
    memory: &Memory<'p>,
) -> Result<Ran, DecideError> {
    let outline = if memory.learns() { Outline::of(output, script, tracing) } else { None };
    let Some((outline, labels)) = outline else {
        return run_anew(program, around, output, (script, tracing), (memory, None)).0;
    };
    if let Some((ran, steps)) = memory.known(&outline, labels) {
        debug_assert_eq!(
            (ran.clone(), steps),
            run_anew(program, Surroundings { budget: None, ..around }, output, (script, tracing), (memory, None)),
            "an answer like another one leads elsewhere"
        );
        if let Some(budget) = around.budget {
            budget.spend(steps + START);
        }
        return ran;
    }
    let (log, generation) = (Rc::new(Log::default()), memory.generation());
    let (ran, steps) = run_anew(program, around, output, (script, tracing), (memory, Some(Rc::clone(&log))));
    if memory.generation() == generation {
        memory.learn(outline, &log, &ran, steps);
    }
    ran
}

/// Runs `program` once; also tells the steps that it takes.
fn run_anew<'p>(
    program: &'p Program,
    around: Surroundings<'_>,
    output: &ApiOutput,
    (script, tracing): (&[bool], bool),
    (memory, log): (&Memory<'p>, Option<Rc<Log>>),
) -> (Result<Ran, DecideError>, u64) {
    let mut machine = Machine::new(program, around, output, (script, tracing), (memory, log));
    let ended = machine.main();
    let ran = machine.end(ended);
    let steps = machine.steps;
    if let Some(budget) = around.budget {
        budget.spend(steps + START);
    }
    (ran, steps)
}

impl<'p, 'o> Machine<'p, 'o> {
    /// The state before the run.
    pub(super) fn new(
        program: &'p Program,
        around: Surroundings<'o>,
        output: &'o ApiOutput,
        (script, tracing): (&'o [bool], bool),
        (memory, log): (&'o Memory<'p>, Option<Rc<Log>>),
    ) -> Self {
        let globals = Scope::new(None, Rc::default());
        Self {
            program,
            output,
            around,
            scopes: vec![Rc::clone(&globals)],
            globals,
            called_api: 0,
            inspections: 0,
            looks: 0,
            iteration: None,
            raised: None,
            chosen: HashSet::default(),
            handling: Vec::new(),
            tracing,
            sampling: 0,
            grown: 0,
            doubtful: false,
            trace: Trace::default(),
            stored: HashMap::default(),
            moments: 0,
            before: Vec::new(),
            patterns: HashSet::default(),
            dumped: HashMap::default(),
            effects: Effects::default(),
            steps: 0,
            limit: MAX_STEPS,
            depth: 0,
            script,
            memory,
            log,
            choices: Vec::new(),
            asked: 0,
            first_call: None,
            known_choices: Vec::new(),
            assumed: None,
            captured: Vec::new(),
            making: Vec::new(),
            objects: Vec::new(),
        }
    }
}

impl<'p> Machine<'p, '_> {
    fn main(&mut self) -> Run<()> {
        let program = self.program;
        self.block(&program.globals)?;
        self.note_filled()?;
        let entry = self.function(program.entry, Span::default())?;
        if entry.name == "<module>" {
            self.block(&entry.body)?;
            return Ok(());
        }
        let mut args = Vec::new();
        for parameter in &entry.parameters {
            args.push(match &parameter.default {
                Some(default) => self.eval(default)?,
                None => Value::unknown(parameter.name.trim_start_matches('*')),
            });
        }
        let (value, span) = self.activate(program.entry, args)?;
        if returns_value(&entry.body) {
            let shown = self.render(&value, entry.span)?;
            self.note_listed(value.listed());
            if self.tracing {
                let text = self.repr(&value, entry.span)?;
                if text.is_exact() && !self.doubtful {
                    self.trace.observation.returned = Some(text.as_str().to_owned());
                } else if !self.doubtful {
                    self.send(&[value]);
                }
            }
            self.push_effect(span.unwrap_or(entry.span), "return", vec![shown]);
        }
        Ok(())
    }

    /// What the run comes to that ended so.
    fn end(&mut self, ended: Run<()>) -> Result<Ran, DecideError> {
        let ended = match ended {
            Err(Stop::Raise(exception)) => self.end_by(&exception),
            other => other,
        };
        let ran = match ended {
            Ok(()) | Err(Stop::Exit | Stop::Raise(_)) => self.finish(),
            Err(stop) => Err(stop),
        };
        ran.map_err(|stop| match stop {
            Stop::Error(error) => error,
            // Nothing of the program runs any more that could raise.
            Stop::Raise(what) => DecideError::Malformed { span: Span::default(), what },
            Stop::Exit => DecideError::Malformed { span: Span::default(), what: "exit".to_owned() },
        })
    }

    /// Shows the exception that nothing caught.
    fn end_by(&mut self, exception: &str) -> Run<()> {
        let entry = self.program.functions.get(self.program.entry.0 as usize);
        let span = entry.map_or(Span::default(), |entry| entry.span);
        self.trace.observation.raised = Some(exception.to_owned());
        let raised = self.take_raised(exception);
        let shown = self.walk(span, |walk| raised.shown(walk))?;
        self.push_effect(span, "raise", vec![shown]);
        Ok(())
    }

    fn finish(&mut self) -> Run<Ran> {
        let filled = self.filled_since()?;
        let mut stored: Vec<_> = self.stored.drain().collect();
        stored.sort_by(|a, b| a.0.cmp(&b.0));
        for (place, Stored { span, value, .. }) in stored {
            self.note_listed(self.globals.get(&place).map_or(0, |value| value.listed()));
            let value = self.contents_of(&place, span)?.unwrap_or(value);
            self.push_effect(span, &format!("{place} ="), vec![value]);
        }
        for (place, span, value) in filled {
            self.push_effect(span, &format!("{place} ="), vec![value]);
        }
        self.trace.steps = self.steps;
        Ok(Ran {
            decision: Decision { effects: std::mem::take(&mut self.effects).into_list() },
            choices: std::mem::take(&mut self.choices),
            called_api: self.called_api > 0,
            trace: std::mem::take(&mut self.trace),
        })
    }

    /// What a container that was stored in a module variable holds at the end: it may have been filled since.
    fn contents_of(&mut self, place: &str, span: Span) -> Run<Option<Rendered>> {
        match self.globals.get(place) {
            Some(value @ (Value::List(_) | Value::Dict(_) | Value::Set(_))) => self.render(&value, span).map(Some),
            _ => Ok(None),
        }
    }

    pub(super) fn function(&self, id: FunctionId, span: Span) -> Run<&'p Function> {
        let function = self.program.functions.get(id.0 as usize);
        function.ok_or_else(|| self.malformed(span, format!("there is no function {}", id.0)))
    }

    #[expect(clippy::unused_self, reason = "reads as part of the run at every call")]
    pub(super) fn malformed(&self, span: Span, what: impl Into<String>) -> Stop {
        Stop::Error(DecideError::Malformed { span, what: what.into() })
    }

    // === Effects ===

    /// Records an effect, unless it happens for every item of the API alike: then nothing decided it.
    pub(super) fn effect(&mut self, span: Span, action: &str, values: &[Value<'p>]) -> Run<()> {
        if self.tracing && action == "print" && self.sampling == 0 {
            let texts = values.iter().map(|value| self.text_of(value, span)).collect::<Run<Vec<_>>>()?;
            if texts.iter().all(super::text::Text::is_exact) {
                let line = texts.iter().map(super::text::Text::as_str).collect::<Vec<_>>().join(" ");
                self.trace.observation.printed.push(line);
            } else {
                self.send(values);
            }
        }
        if !self.is_undecided() {
            let values = self.rendered(values, span)?;
            self.push_effect(span, action, values);
        }
        Ok(())
    }

    /// Notes what something outside is given.
    pub(super) fn send(&mut self, values: &[Value<'p>]) {
        if !self.tracing || self.sampling > 0 {
            return;
        }
        self.trace.sent.extend(known_parts::of(values));
    }

    /// Values as they show in a decision.
    pub(super) fn rendered(&mut self, values: &[Value<'p>], span: Span) -> Run<Vec<Rendered>> {
        let rendered = values.iter().map(|value| self.render(value, span)).collect::<Run<Vec<_>>>()?;
        self.note_listed(values.iter().map(Value::listed).sum());
        Ok(rendered)
    }

    /// Notes items of lists that show.
    fn note_listed(&mut self, items: usize) {
        self.trace.shown += items;
        self.trace.listed += items;
    }

    /// Arguments as they show, of which the last have these names.
    pub(super) fn rendered_args(&mut self, values: &[Value<'p>], names: &[String], span: Span) -> Run<Vec<Rendered>> {
        let mut shown = self.rendered(values, span)?;
        let first = shown.len().saturating_sub(names.len());
        for (value, name) in shown[first..].iter_mut().zip(names) {
            let given = std::mem::replace(value, Rendered::Unknown);
            *value = Rendered::Keyword { name: name.clone(), value: Box::new(given) };
        }
        Ok(shown)
    }

    pub(super) fn push_effect(&mut self, span: Span, action: &str, values: Vec<Rendered>) {
        self.trace.shown += 1;
        self.moments += u64::from(action != "print");
        self.effects.add(Effect { span, action: action.to_owned(), values });
    }

    /// Notes that data of the API was tested: what follows is decided by it.
    pub(super) fn inspect(&mut self, value: &Value<'p>) {
        if value.is_data() {
            self.looked();
        }
    }

    /// Notes a test of the API's data.
    pub(super) fn looked(&mut self) {
        self.inspections += 1;
        self.looks += 1;
    }

    /// Whether the run is in a loop over the API's items and nothing about the item was tested yet.
    pub(super) fn is_undecided(&self) -> bool {
        self.iteration == Some(self.inspections)
    }

    // === Limits ===

    /// Pays for work; strings and lists pay for their length.
    pub(super) fn charge(&mut self, steps: usize, span: Span) -> Run<()> {
        self.steps = self.steps.saturating_add(steps as u64);
        if self.steps > self.limit {
            return Err(Stop::Error(DecideError::TooLong { span, limit: self.limit }));
        }
        Ok(())
    }

    /// Pays for work that takes its steps one by one, so that it is stopped at the limit.
    pub(super) fn charge_each(&mut self, steps: u64, span: Span) -> Run<()> {
        let most = self.limit.saturating_add(1).saturating_sub(self.steps);
        self.charge(steps.min(most) as usize, span)
    }

    pub(super) fn nested<T>(&mut self, span: Span, work: impl FnOnce(&mut Self) -> Run<T>) -> Run<T> {
        if self.depth >= MAX_DEPTH {
            return Err(Stop::Error(DecideError::TooDeep { span, limit: MAX_DEPTH }));
        }
        self.depth += 1;
        let result = work(self);
        self.depth -= 1;
        result
    }

    // === Unknown tests ===

    /// Which way a test of something unknown goes in this run.
    pub(super) fn choose(&mut self, span: Span, what: &str) -> Run<bool> {
        if self.assumed.is_none() && self.choices.len() >= MAX_CHOICES {
            return Err(Stop::Error(DecideError::Undetermined { span, what: what.to_owned() }));
        }
        self.asked += 1;
        if let Some(holds) = self.assumed {
            return Ok(holds);
        }
        let taken = self.script.get(self.choices.len()).copied().unwrap_or(true);
        self.choices.push(Choice { span, what: what.to_owned(), taken });
        Ok(taken)
    }

    /// From now on an object whose value is not known is at least known to be true.
    pub(super) fn hold_true(&mut self, unknown: &Rc<Unknown<'p>>) {
        self.known_choices.push((Rc::clone(unknown), true));
    }

    /// Whether an object of which nothing else is known is true in this run.
    pub(super) fn is_held_true(&self, unknown: &Rc<Unknown<'p>>) -> bool {
        unknown.is_record || self.known_choices.iter().any(|known| known.1 && Rc::ptr_eq(&known.0, unknown))
    }

    /// The truth of an unknown object: one object keeps its truth during a run.
    pub(super) fn choose_truth(&mut self, span: Span, unknown: &Rc<Unknown<'p>>) -> Run<bool> {
        if let Some(known) = self.known_choices.iter().find(|known| Rc::ptr_eq(&known.0, unknown)) {
            self.asked += 1;
            return Ok(known.1);
        }
        let taken = self.choose(span, &unknown.text)?;
        self.known_choices.push((Rc::clone(unknown), taken));
        Ok(taken)
    }
}

/// Whether some `return` in the body carries a value.
fn returns_value(body: &[Stmt]) -> bool {
    body.iter().any(|stmt| match &stmt.kind {
        StmtKind::Return { value } => value.is_some(),
        StmtKind::If { body, orelse, .. }
        | StmtKind::For { body, orelse, .. }
        | StmtKind::While { body, orelse, .. } => returns_value(body) || returns_value(orelse),
        StmtKind::Try { body, handlers, orelse, finally } => {
            returns_value(body)
                || handlers.iter().any(|handler| returns_value(&handler.1))
                || returns_value(orelse)
                || returns_value(finally)
        }
        _ => false,
    })
}
