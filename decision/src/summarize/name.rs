//! Names of branches, and the places that show them.

use super::probe::{Outcome, Probe};
use crate::decision::{Effect, Rendered};
use crate::program::Span;
use crate::summary::Branch;

/// Longest name, in characters.
const LONGEST: usize = 40;

/// A short name from what a branch does, unlike those of `others`.
pub(super) fn of(effects: &[&Effect], others: &[Branch]) -> String {
    let chosen = effects.iter().flat_map(|effect| effect.values.iter().filter_map(chosen_text)).next();
    let name = chosen.or_else(|| effects.first().map(|effect| effect.action.clone()));
    let mut name = name.unwrap_or_else(|| "nothing".to_owned());
    if name.chars().count() > LONGEST {
        name = name.chars().take(LONGEST).collect::<String>().trim_end().to_owned() + "…";
    }
    let taken = |name: &str| others.iter().any(|other| other.name == name);
    if !taken(&name) {
        return name;
    }
    let numbered = (2..).map(|number| format!("{name} ({number})")).find(|name| !taken(name));
    numbered.unwrap_or(name)
}

fn chosen_text(value: &Rendered) -> Option<String> {
    match value {
        Rendered::Chosen(text) => {
            let bare = text.trim_matches(|c: char| matches!(c, '\'' | '"') || c.is_whitespace());
            (!bare.is_empty() && bare.chars().any(char::is_alphanumeric))
                .then(|| bare.replace("\\n", " ").trim().to_owned())
        }
        Rendered::Parts(parts) => parts.iter().find_map(chosen_text),
        Rendered::Data | Rendered::Unknown => None,
    }
}

/// The tests that went otherwise than on the default, and the effects.
pub(super) fn evidence(probe: &Probe<'_>, outcome: Outcome, default: Outcome, effects: &[&Effect]) -> Vec<Span> {
    let usual = probe.tests.get(&default);
    let own = probe.tests.get(&outcome).into_iter().flatten();
    let turned = own.filter(|test| usual.is_none_or(|usual| !usual.contains(*test))).map(|test| test.0);
    let mut spans: Vec<_> = turned.chain(effects.iter().map(|effect| effect.span)).collect();
    spans.sort_unstable();
    spans.dedup();
    spans
}
