//! One branch: what it does, for which words and labels, and where the source says so.

use std::fmt::Write;

use chameleon_decision::{
    Bounds, Branch, Condition, Decision, DecisionProcess, DecisionType, EMPTY_OUTCOME, Enumeration, HANDED_ON, ITEM,
    Limit, MatchMode, OUT_OF_BUDGET, Shape, Span, Summary, Word, sample_of_pattern, show_path,
};

use super::line;
use super::source::{Sources, wrap};
use crate::apis::{ANY_TEXT, IMAGE_LABELS};

/// More labels than this are counted, not listed.
const MAX_LABELS: usize = 12;

/// More source lines than this are left out.
const MAX_EVIDENCE: usize = 6;

/// How people name [`Bounds::SHARE`].
const SHARE_OF_ITEMS: &str = "share of the items that match";

/// Writes a branch.
pub(super) fn render(out: &mut String, process: &DecisionProcess, at: usize, branch: &Branch, sources: &Sources<'_>) {
    outcome(out, (process.summary.branches.len() > 1).then_some(at), branch, &process.summary);
    for (mode, words) in by_mode(&branch.words) {
        let name = match branch {
            Branch { except: true, .. } => "     but not  ",
            Branch { negated: true, .. } => "     unless   ",
            _ => "     words    ",
        };
        wrap(out, name, 14, &compared(mode, &words, process.summary.by_line));
    }
    // Where any text can come there are no labels but those that the words say.
    let open = branch.labels.is_empty() && process.summary.vocabulary == ANY_TEXT;
    let is_about_labels = branch.regions.is_empty() && branch.conditions.is_empty();
    let has_words = !branch.words.is_empty();
    if !(open && has_words) && (is_about_labels || has_words || !branch.labels.is_empty()) {
        let text = match branch {
            // What is called as another branch asks takes that one.
            Branch { any: true, .. } if !asks_beside(process, branch) => "any".to_owned(),
            Branch { any: true, .. } | Branch { except: true, .. } => "any other".to_owned(),
            _ if open => "any".to_owned(),
            _ => labels(branch, &process.summary.vocabulary),
        };
        wrap(out, if branch.negated { "     unless   " } else { "     labels   " }, 14, &text);
    }
    for (mode, words) in by_mode(&branch.unless) {
        wrap(out, "     unless   ", 14, &format!("it is called {}", compared(mode, &words, process.summary.by_line)));
    }
    if let Some(base) = &branch.with {
        let base = process.summary.branches.iter().position(|branch| branch.name == *base).unwrap_or_default();
        wrap(out, "     and      ", 14, &format!("a label of branch {}", base + 1));
    }
    for (at, region) in branch.regions.iter().enumerate() {
        let bounds = region.iter().map(interval).collect::<Vec<_>>().join(" and ");
        wrap(out, if at == 0 { "     where    " } else { "     or       " }, 14, &bounds);
    }
    if let Some(min) = branch.min_score {
        let sign = if min.inclusive { ">=" } else { ">" };
        line!(out, "     score    {sign} {}", min.value);
    }
    let is_first =
        |at: usize| at == 0 && branch.words.is_empty() && branch.labels.is_empty() && branch.regions.is_empty();
    for (at, condition) in branch.conditions.iter().enumerate() {
        wrap(out, if is_first(at) { "     where    " } else { "     and      " }, 14, &one_of(condition));
    }
    let shown = evidence(process, branch);
    for (place, (file, line)) in shown.iter().take(MAX_EVIDENCE).enumerate() {
        let text = sources.line(file, *line).unwrap_or_else(|| (*file).to_owned());
        line!(out, "     {}{line:>4} │ {text}", if place == 0 { "source " } else { "       " });
    }
    if shown.len() > MAX_EVIDENCE {
        line!(out, "            {} more lines", shown.len() - MAX_EVIDENCE);
    }
    line!(out);
}

/// Whether another branch is taken by words, and by nothing else.
fn asks_beside(process: &DecisionProcess, branch: &Branch) -> bool {
    let asks = |other: &&Branch| !other.negated && !other.except && !other.words.is_empty() && other.takes_by_name();
    process.summary.branches.iter().filter(asks).any(|other| other.name != branch.name)
}

/// Writes what a branch does, with its number where it is one of several.
pub(super) fn outcome(out: &mut String, at: Option<usize>, branch: &Branch, summary: &Summary) {
    let number = at.map_or_else(String::new, |at| format!("{}. ", at + 1));
    let others: Vec<&Decision> =
        summary.branches.iter().map(|branch| &branch.outcome).chain([&summary.default]).collect();
    wrap(out, &format!("  {number}"), 4 + number.len(), &branch.outcome.describe_among(&others));
}

/// Writes what happens when no branch is taken.
pub(super) fn default(out: &mut String, process: &DecisionProcess) {
    let name = match process.summary.decision_type {
        DecisionType::Range if !tells_empty(process) => return,
        DecisionType::Other if process.summary.is_undecided() => return,
        DecisionType::Other if found_nothing_out(process) => return,
        DecisionType::TrueFalse | DecisionType::MultiChoice | DecisionType::MultiSelect | DecisionType::Count => {
            "  Otherwise   "
        }
        // What is told here is what any other label leads to.
        DecisionType::Other if warns_of_empty(process) || selects(&process.summary) => "  Otherwise   ",
        DecisionType::Other if process.summary.leaves_a_greatest() => "  Otherwise   ",
        DecisionType::Other | DecisionType::Range => "  Without labels  ",
    };
    let outcome = &process.summary.default;
    let text = if outcome.effects.is_empty() { "nothing".to_owned() } else { outcome.describe() };
    let text = only_left(process).map_or_else(|| text.clone(), |member| format!("({member}) {text}"));
    wrap(out, name, 14, &text);
    line!(out);
}

/// The one value of a field of the whole answer that takes no branch.
fn only_left(process: &DecisionProcess) -> Option<&str> {
    let Summary { field, branches, decision_type, .. } = &process.summary;
    if !matches!(decision_type, DecisionType::TrueFalse | DecisionType::MultiChoice)
        || branches.iter().any(|branch| branch.negated || branch.except || branch.any || !branch.takes_by_name())
    {
        return None;
    }
    let leaves = process.api.answer.leaves();
    let (_, leaf) =
        leaves.iter().find(|(path, _)| Some(show_path(path)) == *field && !path.iter().any(|s| s == ITEM))?;
    let (Shape::Word(members) | Shape::Choice(Enumeration { members, .. })) = leaf else { return None };
    let is_left = |member: &&String| !branches.iter().any(|branch| branch.labels.contains(*member));
    let mut left = members.iter().filter(is_left);
    left.next().filter(|_| left.next().is_none()).map(String::as_str)
}

/// Whether the steps that there were ended before it was known what an answer of nothing leads to.
fn found_nothing_out(process: &DecisionProcess) -> bool {
    let Summary { default, reason, .. } = &process.summary;
    default.effects.is_empty() && reason.as_ref().is_some_and(|reason| reason.contains(OUT_OF_BUDGET))
}

/// Writes what happens whatever the answer is.
pub(super) fn always(out: &mut String, process: &DecisionProcess) {
    let outcome = &process.summary.default;
    let text = if outcome.effects.is_empty() { "nothing".to_owned() } else { outcome.describe() };
    wrap(out, "  Always      ", 14, &text);
    line!(out);
}

/// Whether it is names that are handed on, but not all of them.
pub(super) fn selects(summary: &Summary) -> bool {
    summary.reason.as_deref() == Some(HANDED_ON) && summary.selects_names()
}

/// Whether it is told apart from it what an empty answer leads to.
fn warns_of_empty(process: &DecisionProcess) -> bool {
    let of_empty = |message: &str| message.starts_with(EMPTY_OUTCOME);
    !process.summary.branches.is_empty() && process.warnings.iter().any(|warning| of_empty(&warning.message))
}

/// Whether an answer without items leads to something that no branch does, where items have the number that decides.
fn tells_empty(process: &DecisionProcess) -> bool {
    let summary = &process.summary;
    let of_items = summary.field.as_deref().is_some_and(|field| field.contains("[]"));
    of_items && summary.branches.iter().all(|branch| branch.outcome != summary.default)
}

/// Writes the words that change nothing.
pub(super) fn idle(out: &mut String, process: &DecisionProcess) {
    let words: Vec<String> = process.summary.idle.iter().map(|word| format!("\"{}\"", word.text)).collect();
    if !words.is_empty() {
        wrap(out, "  No effect   ", 14, &words.join(", "));
        line!(out);
    }
}

fn labels(branch: &Branch, vocabulary: &str) -> String {
    if branch.labels.is_empty() {
        let only = if vocabulary == IMAGE_LABELS { "; the API knows more" } else { "" };
        return format!("none of {vocabulary}{only}");
    }
    let mut text = branch.labels.iter().take(MAX_LABELS).cloned().collect::<Vec<_>>().join(", ");
    if branch.labels.len() > MAX_LABELS {
        let _ = write!(text, "  +{} more", branch.labels.len() - MAX_LABELS);
    }
    text
}

/// `-0.25 < document_sentiment.score <= 0.25`.
pub(super) fn interval(bounds: &Bounds) -> String {
    let field = if bounds.field == Bounds::SHARE { SHARE_OF_ITEMS } else { &bounds.field };
    if bounds.field == Bounds::SHARE && bounds.low.is_some_and(|low| low.value >= 1.0) {
        return "every item matches".to_owned();
    }
    if let (Some(low), Some(high)) = (bounds.low, bounds.high)
        && low == high
    {
        return format!("{field} = {}", low.value);
    }
    let sign = |limit: &Limit| if limit.inclusive { "<=" } else { "<" };
    let low = bounds.low.map_or_else(String::new, |low| format!("{} {} ", low.value, sign(&low)));
    let high = bounds.high.map_or_else(String::new, |high| format!(" {} {}", sign(&high), high.value));
    format!("{low}{field}{high}")
}

/// `entities[].type is LOCATION or EVENT`, `text_detections[].detected_text has only digits`.
fn one_of(condition: &Condition) -> String {
    if let Some(text) = condition.field.strip_prefix(Condition::CHARACTERS) {
        format!("{text} has {}", condition.values.join(" or "))
    } else if condition.values.is_empty() {
        condition.intervals.iter().map(interval).collect::<Vec<_>>().join(" or ")
    } else {
        format!("{} is {}", condition.field, condition.values.join(" or "))
    }
}

/// Words grouped by how they are compared, in order of first appearance.
fn by_mode(words: &[Word]) -> Vec<(MatchMode, Vec<&Word>)> {
    let mut groups: Vec<(MatchMode, Vec<&Word>)> = Vec::new();
    for word in words {
        match groups.iter_mut().find(|(mode, _)| *mode == word.mode) {
            Some((_, group)) => group.push(word),
            None => groups.push((word.mode, vec![word])),
        }
    }
    groups
}

/// Words and how they are compared, with a label or with a line of one.
fn compared(mode: MatchMode, words: &[&Word], by_line: bool) -> String {
    let is_pattern = |word: &&Word| sample_of_pattern(&word.text).is_some();
    let how = match mode {
        MatchMode::Other if words.iter().all(is_pattern) => "regular expression",
        mode => mode_name(mode),
    };
    let how = if by_line { how.replace("label", "line") } else { how.to_owned() };
    let words: Vec<String> = words.iter().map(|word| format!("\"{}\"", word.text)).collect();
    format!("{}  ({how})", words.join(", "))
}

fn mode_name(mode: MatchMode) -> &'static str {
    match mode {
        MatchMode::Exact => "equal",
        MatchMode::Iexact => "equal, case ignored",
        MatchMode::Contains => "inside the label",
        MatchMode::Icontains => "inside the label, case ignored",
        MatchMode::IcontainsEitherWay => "inside the label or the other way round, case ignored",
        MatchMode::StartsWith => "at the start of the label",
        MatchMode::IstartsWith => "at the start of the label, case ignored",
        MatchMode::EndsWith => "at the end of the label",
        MatchMode::IendsWith => "at the end of the label, case ignored",
        MatchMode::FirstWord => "the label's first word",
        MatchMode::AnyWord => "any word of the label",
        MatchMode::PathSegment => "the first part of the label's path",
        MatchMode::Any => "every label",
        MatchMode::Other => "compared in another way",
    }
}

/// The lines that show a branch, each once, in order.
fn evidence<'p>(process: &'p DecisionProcess, branch: &Branch) -> Vec<(&'p str, u32)> {
    let words = branch.words.iter().map(|word| word.span);
    let spans = branch.evidence.iter().copied().chain(words);
    let file = |span: Span| process.program.files.get(span.file as usize).map_or("", String::as_str);
    let mut lines: Vec<(&str, u32)> = spans.filter(|span| span.line > 0).map(|span| (file(span), span.line)).collect();
    lines.sort_unstable();
    lines.dedup();
    lines
}
