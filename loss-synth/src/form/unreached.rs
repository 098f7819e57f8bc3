//! What of a decision no answer of the network reaches: it can be neither learnt nor measured, and its user must know.

use std::fmt::{self, Display, Formatter};

use chameleon_decision::{Branch, MatchMode, Summary, Word};
use serde::{Deserialize, Serialize};

/// Words that a remark names.
const NAMED: usize = 10;

/// What of a summary a loss is not about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unreached {
    /// Branches that no answer takes, or every answer.
    pub branches: Vec<LeftOut>,
    /// Words of the other branches that no label of the network matches, in order of appearance.
    pub words: Vec<String>,
}

/// A branch that is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Its name in the summary.
    pub branch: String,
    /// Why.
    pub reason: String,
}

impl Unreached {
    /// Whether the loss is about the whole decision.
    pub fn is_empty(&self) -> bool {
        self.branches.is_empty() && self.words.is_empty()
    }

    /// Each branch that is left out, with why.
    pub(super) fn reasons(&self) -> String {
        let shown = |LeftOut { branch, reason }: &LeftOut| format!("branch `{branch}`: {reason}");
        self.branches.iter().map(shown).collect::<Vec<_>>().join("; ")
    }

    /// A line for each thing that is left out.
    pub fn remarks(&self) -> Vec<String> {
        let branch = |LeftOut { branch, reason }: &LeftOut| {
            format!("branch `{branch}` can be neither learnt nor measured: {reason}")
        };
        let more = self.words.len().saturating_sub(NAMED);
        let named = self.words[..self.words.len() - more].join(", ");
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        let words = || format!("no label of the model is meant by {named}{rest}");
        self.branches.iter().map(branch).chain((!self.words.is_empty()).then(words)).collect()
    }
}

impl Display for Unreached {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.remarks().join("\n"))
    }
}

/// The words that match no label of their branch but such as the network `never` answers.
pub(super) fn words(summary: &Summary, never: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for branch in summary.branches.iter().filter(|branch| !branch.any && !branch.labels.is_empty()) {
        let lost = branch.words.iter().filter(|word| !reaches(word, branch, never));
        for word in lost.map(|word| word.text.clone()) {
            if !found.contains(&word) {
                found.push(word);
            }
        }
    }
    found.retain(|text| {
        let of_others = summary.branches.iter().flat_map(|branch| branch.words.iter().map(move |word| (word, branch)));
        !of_others.into_iter().any(|(word, branch)| word.text == *text && reaches(word, branch, never))
    });
    found
}

/// Whether a word is met by a label of its branch. Where it is not known how it is compared, it is taken to be.
fn reaches(word: &Word, branch: &Branch, never: &[&str]) -> bool {
    let mut labels = branch.labels.iter().filter(|label| !never.contains(&label.as_str()));
    word.mode == MatchMode::Other || labels.any(|label| word.mode.matches(&word.text, label))
}
