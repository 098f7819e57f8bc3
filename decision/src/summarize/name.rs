//! Names of branches, and the places that show them.

use super::probe::{Outcome, Probe};
use crate::decision::{Effect, Rendered};
use crate::program::Span;

/// Longest name, in characters.
const LONGEST: usize = 40;

/// Short names from what each branch does, no two alike.
pub(super) fn of(branches: &[Vec<&Effect>]) -> Vec<String> {
    let texts: Vec<String> = branches.iter().map(|effects| text(effects)).collect();
    let clauses: Vec<String> = texts.iter().map(|text| first_clause(text).to_owned()).collect();
    let mut names = Vec::with_capacity(texts.len());
    let short = if all_differ(&clauses) { clauses } else { texts };
    let words: Vec<Vec<String>> = branches.iter().map(|effects| all_texts(effects)).collect();
    for (at, name) in short.iter().enumerate() {
        let alike = (0..short.len()).filter(|&other| other != at && short[other] == *name);
        let others: Vec<&String> = alike.flat_map(|other| &words[other]).collect();
        let own = words[at].iter().find(|word| *word != name && !others.is_empty() && !others.contains(word));
        let name = own.map_or_else(|| name.clone(), |own| format!("{name} {own}"));
        names.push(unlike(shortened(name), &names));
    }
    names
}

/// Everything that a branch says, in order.
fn all_texts(effects: &[&Effect]) -> Vec<String> {
    let mut texts = Vec::new();
    for value in effects.iter().flat_map(|effect| &effect.values) {
        add_texts(value, &mut texts);
    }
    texts
}

fn add_texts(value: &Rendered, texts: &mut Vec<String>) {
    match value {
        Rendered::Parts(parts) | Rendered::Call { values: parts, .. } => {
            for part in parts {
                add_texts(part, texts);
            }
        }
        Rendered::Keyword { value, .. } => add_texts(value, texts),
        Rendered::Chosen(_) | Rendered::Named(_) | Rendered::Data | Rendered::Unknown => {
            texts.extend(chosen_text(value));
        }
    }
}

/// What the branch says, else what it calls.
fn text(effects: &[&Effect]) -> String {
    let chosen = effects.iter().flat_map(|effect| effect.values.iter().filter_map(chosen_text)).next();
    chosen.or_else(|| effects.first().map(|effect| effect.action.clone())).unwrap_or_else(|| "nothing".to_owned())
}

fn chosen_text(value: &Rendered) -> Option<String> {
    match value {
        Rendered::Chosen(text) => {
            let line = text.replace("\\n", " ");
            let bare = line.trim_matches(|c: char| !c.is_alphanumeric());
            (!bare.is_empty()).then(|| bare.to_owned())
        }
        Rendered::Parts(parts) | Rendered::Call { values: parts, .. } => parts.iter().find_map(chosen_text),
        Rendered::Keyword { value, .. } => chosen_text(value),
        Rendered::Named(name) => name.rsplit_once('.').map(|(_, last)| last.to_owned()),
        Rendered::Data | Rendered::Unknown => None,
    }
}

/// Up to the first punctuation that ends a clause: `Recycle it` of `Recycle it: this goes into the blue bin`.
fn first_clause(text: &str) -> &str {
    let ends = text.match_indices([':', '.', ',', ';', '!', '?']);
    let mut ends = ends.filter(|(at, mark)| text[at + mark.len()..].starts_with(' ')).map(|(at, _)| at);
    ends.next().map_or(text, |end| &text[..end])
}

fn all_differ(names: &[String]) -> bool {
    names.iter().enumerate().all(|(i, name)| !names[..i].contains(name))
}

fn shortened(name: String) -> String {
    if name.chars().count() <= LONGEST {
        return name;
    }
    name.chars().take(LONGEST).collect::<String>().trim_end().to_owned() + "…"
}

pub(super) fn unlike(name: String, others: &[String]) -> String {
    if !others.contains(&name) {
        return name;
    }
    let numbered =
        (2..=others.len() + 2).map(|number| format!("{name} ({number})")).find(|name| !others.contains(name));
    numbered.unwrap_or(name)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn names(texts: &[&str]) -> Vec<String> {
        let effect = |text: &&str| Effect {
            span: Span::default(),
            action: "print".to_owned(),
            values: vec![Rendered::Parts(vec![Rendered::Unknown, Rendered::Chosen((*text).to_owned())])],
        };
        let effects: Vec<Effect> = texts.iter().map(effect).collect();
        of(&effects.iter().map(|effect| vec![effect]).collect::<Vec<_>>())
    }

    #[test]
    fn a_branch_is_named_by_the_first_clause_that_tells_it_from_the_others() {
        assert_eq!(names(&["': Recycle it: blue bin.'", "': Compost it: green bin.'"]), ["Recycle it", "Compost it"]);
        assert_eq!(names(&["'It is: food'", "'It is: paper'"]), ["It is: food", "It is: paper"]);
        assert_eq!(names(&["'3.5 stars'"]), ["3.5 stars"]);
    }

    #[test]
    fn equal_names_are_told_apart_by_what_else_their_branches_say() {
        let effect = |bin: &str| Effect {
            span: Span::default(),
            action: "print".to_owned(),
            values: ["'-> recycling:'", bin].map(|text| Rendered::Chosen(text.to_owned())).to_vec(),
        };
        let effects = ["'paper'", "'glass'", "'paper'"].map(effect);
        let names = of(&effects.iter().map(|effect| vec![effect]).collect::<Vec<_>>());
        assert_eq!(names, ["recycling", "recycling glass", "recycling (2)"]);
        let effects = [effect("'paper'"), effect("'glass'")];
        let names = of(&effects.iter().map(|effect| vec![effect]).collect::<Vec<_>>());
        assert_eq!(names, ["recycling paper", "recycling glass"]);
    }

    #[test]
    fn equal_names_are_numbered_and_long_ones_cut() {
        assert_eq!(names(&["'yes'", "'yes'"]), ["yes", "yes (2)"]);
        assert_eq!(names(&[&format!("'{}'", "a".repeat(60))])[0].chars().count(), LONGEST + 1);
        assert_eq!(names(&["'?!'"]), ["print"]);
    }
}
