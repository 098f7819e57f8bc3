//! What is decided where other APIs answer otherwise.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use chameleon_decision::{
    Api, ApiOutput, Branch, Constant, Context, Decider, Decision, DecisionProcess, DecisionType, Expr, ExprKind, Given,
    ITEM, NOT_ASKED, ONLY_EMPTY, Program, Rendered, Shape, Span, Summary, speaks_of_all_answers,
};
use serde_json::Value as Json;

use super::search::Run;
use super::{probe, visit};
use crate::render::MAX_OUTCOMES;

/// How many answers of another API are tried.
const MAX_TRIED: usize = 48;

/// On how many answers of the one API they are compared.
const MAX_COMPARED: usize = 48;

/// And on how many labels of its vocabulary.
const MAX_LABELS: usize = 24;

/// More contexts are not told.
const MAX_TOLD: usize = 5;

/// The same, where so many branches are told apart that they are not told again.
const MAX_TOLD_OF_MANY: usize = 2;

/// What other APIs can answer: all as usual, or one of them something else. None where there are no others.
pub(super) fn of(apis: &BTreeMap<String, (Api, Span)>, usual: &[Given], program: &Program) -> Vec<Vec<Given>> {
    let mut contexts = Vec::new();
    for (path, (api, _)) in apis {
        for output in answers(api, program).into_iter().take(MAX_TRIED) {
            let mut given = usual.to_vec();
            given.iter_mut().filter(|given| given.api == *path).for_each(|given| given.output = output.clone());
            contexts.push(given);
        }
    }
    if !contexts.is_empty() {
        contexts.insert(0, usual.to_vec());
    }
    contexts
}

/// Answers of another API with which something else may be decided: items that are called what the program has words for,
/// and values of the parts that it names.
fn answers(api: &Api, program: &Program) -> Vec<ApiOutput> {
    let named = identifiers(program);
    let is_named = |step: &String| named.contains(&plain(step));
    let words = probe::short_words(program).chain(probe::own_words(program));
    let (own, more): (Vec<_>, Vec<_>) = words.enumerate().partition(|(at, _)| *at < MAX_TRIED / 3);
    let parts = api
        .answer
        .leaves()
        .into_iter()
        .filter(|(path, _)| path.iter().rfind(|step| *step != ITEM).is_some_and(is_named));
    let parts = parts.flat_map(|(path, leaf)| probe::with_part(&api.answer, path, leaf));
    let unknown = ApiOutput::labels([(probe::UNKNOWN_NAME, 1.0)]);
    let own = std::iter::once(unknown).chain(own.into_iter().map(|(_, output)| output));
    let parts = probe::wholes(&api.answer).into_iter().chain(parts).map(|output| called_something(api, &output));
    own.chain(parts).chain(present(&api.answer)).chain(more.into_iter().map(|(_, output)| output)).collect()
}

/// Answers with one item about which nothing is said, where items are called nothing: that there is one may be asked.
fn present(shape: &Shape) -> Vec<ApiOutput> {
    let mut lists: Vec<&[String]> = Vec::new();
    let leaves = shape.leaves();
    for (path, _) in &leaves {
        let list = path.iter().position(|step| step == ITEM).map(|at| &path[..=at]);
        lists.extend(list.filter(|list| !lists.contains(list)));
    }
    let nameless =
        |list: &&[String]| !leaves.iter().any(|(path, leaf)| path.starts_with(list) && matches!(leaf, Shape::Name));
    let below = |list: &[String]| leaves.iter().find(|(path, _)| path.starts_with(list));
    let one = |(path, leaf): &(chameleon_decision::Path, &Shape)| shape.with(path, leaf.nothing());
    let answers = lists.into_iter().filter(nameless).filter_map(below).map(one);
    answers.map(|answer| ApiOutput::Answer { answer }).collect()
}

/// An answer whose items have names, of which the API is sure.
fn called_something(api: &Api, output: &ApiOutput) -> ApiOutput {
    let mut answer = output.answer(&api.answer);
    for (path, leaf) in api.answer.leaves() {
        let full = match leaf {
            Shape::Name | Shape::SameName => Json::from(probe::UNKNOWN_NAME),
            Shape::Score => Json::from(1.0),
            Shape::Percent => Json::from(100.0),
            _ => continue,
        };
        if let Some(part) = probe::at(&mut answer, &path).filter(|part| **part == leaf.nothing()) {
            *part = full;
        }
    }
    ApiOutput::Answer { answer }
}

/// The names of attributes and the texts that a program is written with.
fn identifiers(program: &Program) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut note = |expr: &Expr| match &expr.kind {
        ExprKind::Attribute { name, .. } => drop(found.insert(plain(name))),
        ExprKind::Constant { value: Constant::Str(text) } => drop(found.insert(plain(text))),
        _ => {}
    };
    visit::program(program, &mut note);
    found
}

/// A name however it is spelled: `face_details`, `FaceDetails`, `faceDetails`.
pub(super) fn plain(name: &str) -> String {
    name.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect()
}

/// Adds to a process what is decided in those contexts in which it is something else than where other APIs answer as
/// given. Whether there are more of them than are told.
pub(super) fn tell(
    run: &Run<'_>,
    apis: &BTreeMap<String, (Api, Span)>,
    process: &mut DecisionProcess,
    tried: &[Vec<Given>],
) -> bool {
    if process.given.is_empty() {
        return false;
    }
    let program = process.program.clone();
    let mut trying = Trying::new(run, apis, &program);
    trying.answers.splice(0..0, leading(&process.summary));
    let many = process.summary.branches.len() > MAX_OUTCOMES;
    let most = if many { MAX_TOLD_OF_MANY } else { MAX_TOLD };
    let Some(usual) = trying.kind(&process.given) else { return false };
    let simplest = trying.simplest(&process.given, &usual);
    if simplest != process.given && trying.decider(&simplest).summarize(run.vocabulary).0 == process.summary {
        process.given = simplest;
    }
    let mut kinds = vec![usual];
    let (mut more, mut unasked) = (false, Vec::new());
    for context in tried {
        let is_asked = |given: &&Given| process.given.iter().any(|known| known.api == given.api);
        let context: Vec<Given> = context.iter().filter(is_asked).cloned().collect();
        let is_spent = run.budget.is_spent();
        let is_new = |kind: &Kind| !kinds.iter().any(|known| known.is(kind));
        let kind = if is_spent { None } else { trying.kind(&context).filter(is_new) };
        if is_spent || (kind.is_some() && process.contexts.len() + unasked.len() >= most) {
            process.warnings.retain(|warning| !speaks_of_all_answers(warning));
            process.summary.idle.clear();
            more = true;
            break;
        }
        let Some(kind) = kind else { continue };
        let given = trying.simplest(&context, &kind);
        if !kind.asks {
            // What stands before the call is tested by this answer.
            process.warnings.retain(|warning| !speaks_of_all_answers(warning));
            unasked.extend(kind.decided.first().map(|default| not_asked(given, default.clone(), &process.summary)));
            kinds.push(kind);
            continue;
        }
        let (mut summary, mut warnings) = trying.decider(&given).summarize(run.vocabulary);
        summary.idle.clear();
        let leads =
            |text: &str| summary.branches.iter().any(|branch| branch.words.iter().any(|word| word.text == text));
        process.summary.idle.retain(|word| !leads(&word.text));
        process.warnings.retain(|warning| !speaks_of_all_answers(warning) || warnings.contains(warning));
        let is_known = |known: &Context| known.summary == summary;
        let is_usual = Summary { idle: Vec::new(), ..process.summary.clone() } == summary;
        if !is_usual && !process.contexts.iter().any(is_known) {
            warnings.retain(|warning| !speaks_of_all_answers(warning));
            process.contexts.push(Context { given, summary, warnings });
        }
        kinds.push(kind);
    }
    best_first(process);
    process.contexts.extend(unasked);
    more
}

/// A context in which other APIs answer so that the call is not made.
fn not_asked(given: Vec<Given>, default: Decision, usual: &Summary) -> Context {
    let reason = Some(NOT_ASKED.to_owned());
    let summary = Summary { default, reason, ..Summary::of_nothing(usual.vocabulary.clone()) };
    Context { given, summary, warnings: Vec::new() }
}

/// Tells first what is decided in a context in which that is of a known kind, with what is doubtful there.
fn best_first(process: &mut DecisionProcess) {
    let is_known = |summary: &Summary| summary.decision_type != DecisionType::Other;
    if is_known(&process.summary) {
        return;
    }
    if let Some(context) = process.contexts.iter_mut().find(|context| is_known(&context.summary)) {
        let Context { given, summary, warnings } = context;
        std::mem::swap(given, &mut process.given);
        std::mem::swap(summary, &mut process.summary);
        std::mem::swap(warnings, &mut process.warnings);
        warnings.retain(|warning| !speaks_of_all_answers(warning));
    }
}

/// What is decided in a context.
struct Kind {
    /// On each of the answers that are compared.
    decided: Vec<Decision>,
    /// Whether the one API is asked at all.
    asks: bool,
    /// What the items of other answers are called, and their numbers.
    names: Vec<String>,
}

impl Kind {
    /// Whether another kind is the same: that a name is shown is no difference to one that the program has no word for.
    fn is(&self, other: &Self) -> bool {
        if self.asks != other.asks {
            return false;
        }
        if self.decided == other.decided {
            return true;
        }
        if !self.names.iter().any(|name| name == probe::UNKNOWN_NAME) {
            return false;
        }
        let mut names: Vec<&str> = self.names.iter().chain(&other.names).map(String::as_str).collect();
        // `0.0` is in `50.0`, too.
        names.sort_unstable_by_key(|name| Reverse(name.len()));
        let unnamed = |kind: &Self| -> Vec<Decision> { kind.decided.iter().map(|one| unnamed(one, &names)).collect() };
        unnamed(self) == unnamed(other)
    }
}

/// A decision in which names are not told apart that are shown with it.
fn unnamed(decision: &Decision, names: &[&str]) -> Decision {
    let mut decision = decision.clone();
    decision.effects.iter_mut().flat_map(|effect| &mut effect.values).for_each(|value| without(value, names));
    decision
}

fn without(value: &mut Rendered, names: &[&str]) {
    match value {
        // That of an item which is called nothing.
        Rendered::Chosen(text) if text == "''" => *text = format!("'{}'", probe::UNKNOWN_NAME),
        Rendered::Chosen(text) => {
            for name in names {
                *text = text.replace(name, probe::UNKNOWN_NAME);
            }
        }
        Rendered::Parts(values) | Rendered::Call { values, .. } => {
            for value in values {
                without(value, names);
            }
        }
        Rendered::Keyword { value, .. } => without(value, names),
        Rendered::Data | Rendered::Unknown | Rendered::Named(_) => {}
    }
}

/// An answer that takes each branch.
fn leading(summary: &Summary) -> Vec<ApiOutput> {
    let first = |branch: &Branch| {
        let word = branch.words.first().map(|word| &word.text);
        branch.labels.first().or(word).map(|name| ApiOutput::labels([(name.as_str(), 1.0)]))
    };
    summary.branches.iter().filter_map(first).take(MAX_COMPARED).collect()
}

/// What a program does in contexts.
pub(super) struct Trying<'t> {
    run: &'t Run<'t>,
    apis: &'t BTreeMap<String, (Api, Span)>,
    program: &'t Program,
    /// Answers of the one API, on which contexts are compared.
    answers: Vec<ApiOutput>,
}

impl<'t> Trying<'t> {
    pub(super) fn new(run: &'t Run<'t>, apis: &'t BTreeMap<String, (Api, Span)>, program: &'t Program) -> Self {
        let api = &run.site.api;
        let nothing = ApiOutput::Answer { answer: api.answer.nothing() };
        let answers = std::iter::once(nothing).chain(answers(api, program)).take(MAX_COMPARED);
        let labels = probe::answers(&api.answer, run.vocabulary, program).take(MAX_LABELS);
        Self { run, apis, program, answers: answers.chain(labels).collect() }
    }

    /// Whether different things are decided in a context, and nothing else has a say.
    pub(super) fn tells_apart(&self, given: &[Given]) -> bool {
        self.kind(given).is_some_and(|kind| kind.decided.iter().any(|decision| *decision != kind.decided[0]))
    }

    fn decider(&self, given: &[Given]) -> Decider<'_> {
        let decider = Decider::new(self.program, &self.run.site.api).within(self.run.budget);
        given.iter().cloned().fold(decider, Decider::given)
    }

    /// What is decided in a context on each of the answers; `None` where something else has a say.
    fn kind(&self, given: &[Given]) -> Option<Kind> {
        let decider = self.decider(given);
        let decided = decider.decide_each(self.answers.iter().cloned()).collect::<Result<_, _>>().ok()?;
        let asks = decider.asks(self.answers.first()?).ok()?;
        Some(Kind { decided, asks, names: self.names(given) })
    }

    /// Whether the very same is decided in a context.
    fn is_of(&self, given: &[Given], kind: &Kind) -> bool {
        let decider = self.decider(given);
        let mut decided = decider.decide_each(self.answers.iter().cloned()).zip(&kind.decided);
        decided.all(|(decided, known)| decided.is_ok_and(|decided| decided == *known))
            && self.answers.first().is_some_and(|first| decider.asks(first).is_ok_and(|asks| asks == kind.asks))
    }

    /// What the items of the answers are called that are given, and their numbers, as they show where they are printed.
    fn names(&self, given: &[Given]) -> Vec<String> {
        let mut names = Vec::new();
        for given in given {
            let Some((api, _)) = self.apis.get(&given.api) else { continue };
            let mut answer = given.output.answer(&api.answer);
            for (path, leaf) in api.answer.leaves() {
                let Some(part) = probe::at(&mut answer, &path) else { continue };
                match leaf {
                    Shape::Name | Shape::SameName | Shape::Names | Shape::Text => {
                        names.extend(part.as_str().map(str::to_owned));
                    }
                    Shape::Score | Shape::Percent | Shape::Number { .. } => {
                        names.extend(part.as_f64().map(|number| format!("{number:?}")));
                    }
                    _ => {}
                }
            }
        }
        names.retain(|name| !name.is_empty());
        names
    }

    /// A context without all that makes no difference.
    fn simplest(&self, given: &[Given], kind: &Kind) -> Vec<Given> {
        let mut given = given.to_vec();
        for at in 0..given.len() {
            let Some((api, _)) = self.apis.get(&given[at].api) else { continue };
            let answer = given[at].output.answer(&api.answer);
            if answer == api.answer.nothing() {
                continue;
            }
            given[at].output = ApiOutput::Answer { answer };
            // Every item is called something.
            for (path, leaf) in api.answer.leaves().into_iter().filter(|(_, leaf)| !matches!(leaf, Shape::Name)) {
                if self.run.budget.is_spent() {
                    break;
                }
                let before = given[at].output.clone();
                let ApiOutput::Answer { answer } = &mut given[at].output else { break };
                let Some(part) = probe::at(answer, &path).filter(|part| **part != leaf.nothing()) else { continue };
                *part = leaf.nothing();
                if !self.is_of(&given, kind) {
                    given[at].output = before;
                }
            }
        }
        given
    }
}

/// Whether it is told what is decided, be it by no more than that there is something in the answer.
pub(super) fn is_told(summary: &Summary) -> bool {
    match &summary.reason {
        Some(reason) => reason.starts_with(ONLY_EMPTY),
        None => !summary.branches.is_empty(),
    }
}

/// How much is told: whether anything is, whether it is of a class or has branches at least, and how many outcomes are.
pub(super) fn told(process: &DecisionProcess) -> (bool, bool, usize) {
    let summary = &process.summary;
    (is_told(summary), is_told(summary) && summary.reason.is_none(), outcomes(process))
}

/// How many outcomes are told of, in whatever context.
fn outcomes(process: &DecisionProcess) -> usize {
    let summaries = std::iter::once(&process.summary).chain(process.contexts.iter().map(|context| &context.summary));
    let mut outcomes: Vec<&Decision> = Vec::new();
    for summary in summaries {
        let present = summary.branches.is_empty() && is_told(summary);
        let branches = summary.branches.iter().map(|branch| &branch.outcome);
        for outcome in branches.chain(present.then_some(&summary.default)) {
            if !outcomes.contains(&outcome) {
                outcomes.push(outcome);
            }
        }
    }
    outcomes.len()
}
