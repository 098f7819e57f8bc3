//! Whether what labels of two branches lead to together is what each of them does.

use std::collections::BTreeSet;

use super::probe::{Outcome, Probe};
use crate::decision::Effect;

/// Whether the outcome of two labels together is that of both: it says all that tells the one from the other, be it in
/// another form such as a longer list, and does nothing that neither does. Numbers may be any, as they add up.
pub(super) fn is_of_both(probe: &Probe<'_>, both: Outcome, parts: [Outcome; 2], default: Outcome) -> bool {
    let [one, other] = parts.map(|part| probe.own_effects(part, default));
    let whole = probe.own_effects(both, default);
    let acts = |action: &str| one.iter().chain(&other).any(|effect| effect.action == action);
    whole.iter().all(|effect| acts(&effect.action)) && says_both(&whole, [&one, &other])
}

/// Whether effects say what is said in each of two others alone.
fn says_both(whole: &[&Effect], parts: [&[&Effect]; 2]) -> bool {
    let said = words(whole);
    let [one, other] = parts.map(words);
    let alone = one.symmetric_difference(&other);
    alone.filter(|word| word.parse::<f64>().is_err()).all(|word| said.contains(word))
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
        says_both(&[&whole], [&[&one], &[&other]])
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
