//! The readable account of an analysis, plain text for a terminal.
//!
//! One section per decision process: the call, the decision in words, the branches with their words and the labels
//! these reach, and the source lines that show it. Then what could not be followed. Colour is left to the caller.

mod branch;
mod source;

use std::collections::BTreeMap;
use std::fmt::Write;

use chameleon_decision::{
    Api, Bounds, Branch, Context, DecisionProcess, DecisionType, Given, Handed, ITEM, NOT_ASKED, Order, SAME_OUTCOME,
    Shape, Span, Summary,
};

use crate::Analysis;
use source::Sources;

/// Writing to a string cannot fail; the macro says so once.
macro_rules! line {
    ($out:expr) => { $out.push('\n') };
    ($out:expr, $($arg:tt)*) => {{
        let _ = writeln!($out, $($arg)*);
    }};
}
use line;

use crate::python::{decides_nothing, inputs, is_of_a_test};

/// The field that nearly every decision is about.
const LABEL_FIELD: &str = "label_annotations[].description";

/// More outcomes of another context are left to the JSON form.
pub(crate) const MAX_OUTCOMES: usize = 3;

/// The account as plain text, its lines at most about a hundred characters wide.
pub fn render(analysis: &Analysis) -> String {
    let mut out = String::new();
    let sources = Sources(&analysis.sources);
    for process in &analysis.processes {
        out.push_str(&told(process, &sources));
    }
    if analysis.processes.is_empty() {
        let passed_on = analysis.problems.iter().any(|problem| decides_nothing(&problem.reason));
        let what = if passed_on { "decision from an answer of" } else { "call of" };
        line!(out, "No {what} a known ML API in {} {}.", analysis.files, plural(analysis.files, "Python file"));
    }
    if !analysis.problems.is_empty() {
        line!(out, "Not followed");
        for problem in &analysis.problems {
            let place = format!("{}:{}", problem.file, problem.line);
            source::wrap(&mut out, &format!("  {place}  "), 4, &problem.reason);
            if is_of_a_test(&problem.reason)
                && let Some(line) = sources.line(&problem.file, problem.line)
            {
                line!(out, "    {line}");
            }
        }
    }
    if !analysis.skipped.is_empty() {
        line!(out, "Not looked into");
        for skipped in &analysis.skipped {
            line!(out, "  {}/  {}", skipped.folder, skipped.reason);
        }
    }
    out
}

/// One decision as [`render`] tells it, where the source is not at hand.
pub fn render_process(process: &DecisionProcess) -> String {
    told(process, &Sources(&BTreeMap::new()))
}

fn told(process: &DecisionProcess, sources: &Sources<'_>) -> String {
    let mut out = String::new();
    section(&mut out, process, sources);
    // What another answer names that no word is for.
    out.replace(inputs::UNKNOWN_NAME, "…")
}

fn section(out: &mut String, process: &DecisionProcess, sources: &Sources<'_>) {
    let program = &process.program;
    let file = |span: Span| program.files.get(span.file as usize).map_or("?", String::as_str);
    let entry = program.functions.get(program.entry.0 as usize);
    let entry_name = entry.map_or("?", |function| function.name.as_str());
    let entry_file = entry.map_or("?", |function| file(function.span));

    let style = sources.client_style(file(process.call)).map_or_else(String::new, |style| format!(" ({style})"));
    line!(out, "{}:{}  {}{style}", file(process.call), process.call.line, api_name(&process.api));
    if let Some(line) = sources.line(file(process.call), process.call.line) {
        line!(out, "    {line}");
    }
    line!(out);
    let place = if entry_name == "<module>" { "the module's own code".to_owned() } else { format!("{entry_name}()") };
    line!(out, "  Decided in  {place}, {entry_file}");
    let asked = program.other_apis();
    if process.contexts.is_empty() {
        decided(out, process, sources);
    } else {
        line!(out);
        context(out, process, &asked, &process.given);
        decided(out, process, sources);
    }
    for Context { given, summary, warnings: doubts } in &process.contexts {
        let given_otherwise: Vec<Given> =
            given.iter().filter(|given| !process.given.contains(given)).cloned().collect();
        context(out, process, &asked, &given_otherwise);
        let then = DecisionProcess {
            given: given.clone(),
            summary: summary.clone(),
            contexts: Vec::new(),
            warnings: doubts.clone(),
            ..process.clone()
        };
        otherwise(out, &then, &process.summary, sources);
        let own = doubts.iter().filter(|warning| !process.warnings.contains(warning)).cloned().collect();
        warnings(out, &DecisionProcess { warnings: own, ..then }, sources);
    }
    warnings(out, process, sources);
    line!(out);
}

/// Under which answers of other APIs what follows is decided.
fn context(out: &mut String, process: &DecisionProcess, asked: &BTreeMap<String, (Api, Span)>, given: &[Given]) {
    let mut silent: Vec<String> = Vec::new();
    let mut answers: Vec<String> = Vec::new();
    for given in given {
        let Some((api, span)) = asked.get(&given.api) else { continue };
        let file = process.program.files.get(span.file as usize).map_or("?", String::as_str);
        let name = format!("{} ({file}:{})", api.operation.replace('_', " "), span.line);
        match inputs::describe(asked, given) {
            Some(answer) => answers.push(format!("{name} answers {answer}")),
            None => silent.push(name),
        }
    }
    if let Some(last) = silent.pop() {
        let (names, verb) =
            if silent.is_empty() { (last, "answers") } else { (format!("{} and {last}", silent.join(", ")), "answer") };
        answers.push(format!("{names} {verb} nothing"));
    }
    source::wrap(out, "  Where       ", 14, &answers.join(", and "));
}

/// What is decided in another context; in short where the same is told apart.
fn otherwise(out: &mut String, process: &DecisionProcess, usual: &Summary, sources: &Sources<'_>) {
    let summary = &process.summary;
    if summary.reason.as_deref() == Some(SAME_OUTCOME) {
        return branch::always(out, process);
    }
    if summary.reason.as_deref() == Some(NOT_ASKED) {
        source::wrap(out, "  Decision    ", 14, "none: this API is not asked then");
        line!(out);
        return branch::always(out, process);
    }
    let Some(places) = summary.branches_of(usual) else {
        return decided(out, process, sources);
    };
    let is_same = |(branch, place): (&Branch, &usize)| branch.outcome == usual.branches[*place].outcome;
    if summary.branches.len() == usual.branches.len() && summary.branches.iter().zip(&places).all(is_same) {
        source::wrap(out, "  Decision    ", 14, "the same but for what is done otherwise");
        line!(out);
    } else if places.len() <= MAX_OUTCOMES {
        let missing = (0..usual.branches.len()).filter(|at| !places.contains(at)).map(|at| (at + 1).to_string());
        let missing: Vec<String> = missing.collect();
        let without = if missing.is_empty() { String::new() } else { format!(" but {}", missing.join(", ")) };
        source::wrap(out, "  Decision    ", 14, &format!("by the same{without}, with other outcomes"));
        line!(out);
        for (branch, place) in summary.branches.iter().zip(&places) {
            branch::outcome(out, (usual.branches.len() > 1).then_some(*place), branch, summary);
        }
        line!(out);
    } else {
        source::wrap(out, "  Decision    ", 14, "by the same, with other outcomes (--json has them)");
        line!(out);
    }
    branch::default(out, process);
}

/// What is decided: the kind, the branches, and what is done otherwise.
fn decided(out: &mut String, process: &DecisionProcess, sources: &Sources<'_>) {
    source::wrap(out, "  Decision    ", 14, &decision(process));
    if process.summary.per_element {
        source::wrap(out, "              ", 14, "for each item of the answer on its own");
    }
    // Where nothing is looked for, none of them matches.
    let any = matches!(process.summary.decision_type, DecisionType::Other | DecisionType::Count)
        && !branch::selects(&process.summary);
    if process.summary.again {
        let matching = if any { "" } else { " that matches" };
        source::wrap(
            out,
            "              ",
            14,
            &format!("what it does is done again for every further item{matching}"),
        );
    }
    if let Some(handed) = process.summary.handed {
        let number = process.summary.ranked.as_deref().unwrap_or("score");
        let which = match handed {
            Handed::First if any => "the first one is handed on",
            Handed::Last if any => "the last one is handed on",
            Handed::First => "the first one that matches is handed on",
            Handed::Highest => "the one of the highest score is handed on",
            Handed::Greatest => &format!("the one of the greatest {number} is handed on"),
            Handed::Last => "the last one that matches is handed on",
            Handed::All if any => "all are handed on",
            Handed::All if process.summary.decision_type == DecisionType::MultiChoice => {
                "of the branch taken, all that match are handed on"
            }
            Handed::All => "all that match are handed on",
            Handed::Everything => "all items are handed on, those that do not match, too",
            Handed::Listed => "a list with something for each that matches is handed on, once",
            Handed::FirstWithin => &format!("the first one is handed on, and of {number} the first"),
            Handed::GreatestWithin => {
                &format!("the first one is handed on, and of it the one of the greatest {number}")
            }
            Handed::FirstOfAny => "the first one is handed on, whether it matches or another does",
        };
        source::wrap(out, "              ", 14, which);
    }
    if let Some(field) = process.summary.field.as_ref().filter(|field| *field != LABEL_FIELD) {
        source::wrap(out, "  By          ", 14, field);
    }
    let is_about_items = process.summary.field.as_ref().is_some_and(|field| field.contains("[]"));
    if is_about_items && let Some(results) = results(process) {
        source::wrap(out, "  Looks at    ", 14, &results);
    }
    if let Some(several) = &process.summary.several {
        source::wrap(out, "  Several     ", 14, several);
    }
    if let Some(least) = process.asks_for {
        // No more digits than were written.
        let percent = format!("{:.4}", least.value * 100.0);
        let percent = percent.trim_end_matches('0').trim_end_matches('.');
        source::wrap(out, "  Asks for    ", 14, &format!("at least {percent} %"));
    }
    line!(out);

    for (at, branch) in process.summary.branches.iter().enumerate() {
        branch::render(out, process, at, branch, sources);
    }
    branch::default(out, process);
    branch::idle(out, process);
}

fn warnings(out: &mut String, process: &DecisionProcess, sources: &Sources<'_>) {
    for warning in &process.warnings {
        let file = process.program.files.get(warning.span.file as usize).map_or("?", String::as_str);
        source::wrap(out, "  Warning     ", 14, &format!("{}:{}  {}", file, warning.span.line, warning.message));
        if warning.span.line == warning.span.end_line
            && let Some(line) = sources.line(file, warning.span.line)
        {
            line!(out, "              {line}");
        }
    }
    if !process.warnings.is_empty() {
        line!(out);
    }
}

fn api_name(api: &Api) -> String {
    let provider = match api.provider.as_str() {
        "google" => "Google Cloud",
        "aws" => "AWS",
        other => other,
    };
    format!("{provider} {} {}", title(&api.service), api.operation.replace('_', " "))
}

fn title(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Which branch wins where one label, or one line of it, has words of several.
fn within(summary: &Summary) -> String {
    let which = match summary.within {
        Some(Order::AppPriority) => "the first in the order below",
        Some(Order::ApiOutput) => "that whose word stands first in it",
        Some(Order::LastMatch) => "that whose word stands last in it",
        None => return String::new(),
    };
    format!("; of several in one {}, {which}", if summary.by_line { "line" } else { "label" })
}

/// The type and order in words.
fn decision(process: &DecisionProcess) -> String {
    let summary = &process.summary;
    let branches = summary.branches.len();
    match (summary.decision_type, summary.order) {
        (DecisionType::TrueFalse, _) if summary.by_line => "true or false, by the lines of the text".to_owned(),
        (DecisionType::TrueFalse, _) => "true or false".to_owned(),
        (DecisionType::MultiChoice, order) => {
            let order = match order {
                Some(Order::ApiOutput) if summary.by_line => "the first line of the text that matches any of them wins",
                Some(Order::AppPriority) if summary.by_line => {
                    "the first in the order below that matches any line of the text wins"
                }
                Some(Order::LastMatch) if summary.by_line => {
                    "the last line of the text that matches any of them wins, as later ones overwrite"
                }
                Some(Order::ApiOutput) if is_scored(process) => {
                    "the highest-scored label that matches any of them wins"
                }
                Some(Order::ApiOutput) => "the first result that matches any of them wins",
                Some(Order::AppPriority) if summary.per_element => "the first in the order below that it matches",
                Some(Order::AppPriority) => "the first in the order below that matches any label wins",
                Some(Order::LastMatch) if !is_scored(process) => {
                    "the last result that matches any of them wins, as later ones overwrite"
                }
                Some(Order::LastMatch) => {
                    "the lowest-scored label that matches any of them wins, as later ones overwrite"
                }
                // One field of the whole answer has one value.
                None if summary.field.as_ref().is_some_and(|field| !field.contains(ITEM)) => {
                    let field = summary.field.as_deref().unwrap_or_default();
                    return format!("one of {branches} branches, by what {field} is");
                }
                None => "which wins is not known",
            };
            format!("one of {branches} branches: {order}{}", within(summary))
        }
        (DecisionType::MultiSelect, _) => {
            let lines = if summary.by_line { ", by the lines of the text" } else { "" };
            format!("any of {branches} {}, each on its own{lines}{}", plural(branches, "branch"), within(summary))
        }
        (DecisionType::Range, _) => {
            let bounds = summary.branches.iter().flat_map(|branch| branch.regions.iter().flatten());
            let mut fields: Vec<&str> = bounds.map(|bounds| bounds.field.as_str()).collect();
            fields.sort_unstable();
            fields.dedup();
            // Of labels it is their score that lies somewhere.
            let field = match fields[..] {
                [one] if one != Bounds::COUNT => one,
                _ => summary.field.as_deref().unwrap_or("a number"),
            };
            format!("one of {branches} branches, by where {field} lies")
        }
        (DecisionType::Count, _) => "by how many there are".to_owned(),
        (DecisionType::Other, _) if branch::selects(summary) => "which of the names are handed on".to_owned(),
        (DecisionType::Other, _) => {
            let reason = summary.reason.as_deref().unwrap_or("it fits none of the known kinds");
            format!("of no known kind: {reason}")
        }
    }
}

/// Whether the items of the answer have scores, by which the API orders them.
fn is_scored(process: &DecisionProcess) -> bool {
    let is_score = |leaf: &Shape| matches!(leaf, Shape::Score | Shape::Percent);
    !process.api.in_order
        && process.api.answer.leaves().iter().any(|(path, leaf)| is_score(leaf) && path.iter().any(|step| step == ITEM))
}

fn results(process: &DecisionProcess) -> Option<String> {
    let left_out = process.summary.left_out as usize;
    let first = match left_out {
        0 => String::new(),
        1 => " after the first".to_owned(),
        count => format!(" after the first {count}"),
    };
    if let (Some(field), Some(k)) = (&process.summary.ranked, process.summary.top_k) {
        return Some(match k {
            1 => format!("the result of the greatest {field} only{first}"),
            k => format!("the {k} results of the greatest {field}{first}"),
        });
    }
    let of_first = |k: usize| match (k, left_out) {
        (0, _) => "none of the results".to_owned(),
        (1, 0) => "the first result only".to_owned(),
        (k, 0) => format!("the first {k} {}", plural(k, "result")),
        (1, _) => format!("the result{first} only"),
        (k, _) => format!("the {k} results{first}"),
    };
    if let Some(k) = process.summary.top_k {
        return Some(of_first(k as usize));
    }
    let asked = process.decider().results_asked_for().map(|asked| asked.saturating_sub(left_out));
    if process.summary.decision_type == DecisionType::Other {
        // It may look at fewer of them.
        let all = (left_out > 0).then(|| format!("results{first}"));
        return asked.map(|asked| format!("no more than {asked} {}{first}", plural(asked, "result"))).or(all);
    }
    Some(match (asked, process.api.default_top_k) {
        (Some(asked), _) => of_first(asked),
        (None, Some(k)) => format!("all results{first} (the API sends {k} unless asked otherwise)"),
        (None, None) => format!("all results{first}"),
    })
}

fn plural(count: usize, noun: &str) -> String {
    match (count, noun.ends_with("ch")) {
        (1, _) => noun.to_owned(),
        (_, true) => format!("{noun}es"),
        _ => format!("{noun}s"),
    }
}
