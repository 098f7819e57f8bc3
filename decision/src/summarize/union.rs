//! Whether what labels of several branches lead to together is what each of them does.

use std::collections::BTreeSet;

use super::probe::{Outcome, Probe};
use crate::decision::Effect;

/// Whether the outcome of several labels together is that of each: it says all that tells the one from the other, be it
/// in another form such as a longer list, and does nothing that none does. Numbers may be any, as they add up.
pub(super) fn is_of_all(probe: &Probe<'_>, together: Outcome, parts: &[Outcome], default: Outcome) -> bool {
    let parts: Vec<Vec<&Effect>> = parts.iter().map(|&part| probe.own_effects(part, default)).collect();
    let whole = probe.own_effects(together, default);
    let acts = |action: &str| parts.iter().flatten().any(|effect| effect.action == action);
    let usual: Vec<&Effect> = probe.decision(default).effects.iter().collect();
    whole.iter().all(|effect| acts(&effect.action)) && says_all(&whole, &parts, &usual)
}

/// Whether effects say what is said in some of the others but not in all, nor is said where none is taken: a place that is
/// empty then, and is filled by another.
fn says_all(whole: &[&Effect], parts: &[Vec<&Effect>], usual: &[&Effect]) -> bool {
    let (said, usual) = (words(whole), words(usual));
    let parts: Vec<BTreeSet<String>> = parts.iter().map(|part| words(part)).collect();
    let in_all = |word: &String| parts.iter().all(|part| part.contains(word));
    let told = parts.iter().flatten().filter(|word| !in_all(word) && !usual.contains(*word));
    told.filter(|word| word.parse::<f64>().is_err()).all(|word| said.contains(word))
}

/// The numbers of effects.
pub(super) fn numbers(effects: &[&Effect]) -> BTreeSet<String> {
    words(effects).into_iter().filter(|word| word.parse::<f64>().is_ok()).collect()
}

/// The words and numbers of effects.
fn words(effects: &[&Effect]) -> BTreeSet<String> {
    let text = effects.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    // White space within a text is shown as Python writes it, with a letter that is no part of the word after it.
    let text = [r"\n", r"\t", r"\r"].iter().fold(text, |text, space| text.replace(space, " "));
    let split = text.split(|c: char| !c.is_alphanumeric() && c != '.' && c != '_').map(|word| word.trim_matches('.'));
    split.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::Rendered;
    use crate::program::Span;

    fn says(whole: &str, one: &str, other: &str) -> bool {
        let effect = |text: &str| Effect {
            span: Span::default(),
            action: "return".to_owned(),
            values: vec![Rendered::Chosen(text.to_owned())],
        };
        let (whole, one, other) = (effect(whole), effect(one), effect(other));
        says_all(&[&whole], &[vec![&one], vec![&other]], &[])
    }

    #[test]
    fn what_is_said_where_none_is_taken_need_not_be_said() {
        let effect = |text: &str| Effect {
            span: Span::default(),
            action: "return".to_owned(),
            values: vec![Rendered::Chosen(text.to_owned())],
        };
        let [usual, one, other] =
            ["{'a': None, 'b': 0}", "{'a': 'dog', 'b': 0}", "{'a': None, 'b': 'cat'}"].map(effect);
        let says = |whole: &str| says_all(&[&effect(whole)], &[vec![&one], vec![&other]], &[&usual]);
        assert!(says("{'a': 'dog', 'b': 'cat'}"));
        assert!(!says("{'a': 'dog', 'b': 'both'}"));
        assert!(!says("{'a': None, 'b': 'cat'}"));
    }

    #[test]
    fn a_longer_list_a_greater_number_and_flags_of_both_are_both() {
        assert!(says("['d', 'c']", "['d']", "['c']"));
        assert!(says(r"'A dog.\nTwo cats.'", "'A dog.'", "'Two cats.'"));
        assert!(says("3", "1", "2"));
        assert!(says("'a dog, a cat'", "'A dog'", "'a cat'"));
        assert!(says("(True, True)", "(False, True)", "(True, False)"));
    }

    #[test]
    fn another_word_is_not() {
        assert!(!says("'fight'", "['d']", "['c']"));
        assert!(!says("'both'", "'dog'", "'cat'"));
    }
}
