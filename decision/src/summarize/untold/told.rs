//! All that an account tells, to be held against what an answer leads to.

use std::collections::BTreeSet;

use crate::decision::Decision;
use crate::summarize::lists::{self, Held};
use crate::summarize::probe::Probe;
use crate::summarize::{Draft, HANDED_ON, numbers};

/// What an outcome does, and a word with it.
pub(in crate::summarize) type News = (String, String);

/// What is done, and the words with it: all that is told, or some of it.
pub(super) struct Told {
    /// An action with a word of the program's own in it.
    words: BTreeSet<(String, String)>,
    /// Words in messages, whatever is done.
    messages: BTreeSet<String>,
    /// The warnings.
    warnings: Vec<String>,
    /// Places that are shown with nothing in them, and those that are shown with data of the API.
    empty: BTreeSet<News>,
    filled: BTreeSet<News>,
    /// That names are handed on is all there is to tell.
    is_handed_on: bool,
}

/// What stands for every number.
const A_NUMBER: &str = "0";

impl Told {
    pub(super) fn of(draft: &Draft, probe: &Probe<'_>) -> Self {
        let summary = &draft.summary;
        let mut told = Self {
            words: BTreeSet::new(),
            messages: BTreeSet::new(),
            warnings: draft.warnings.iter().map(|warning| warning.message.clone()).collect(),
            empty: BTreeSet::new(),
            filled: BTreeSet::new(),
            is_handed_on: summary.reason.as_deref() == Some(HANDED_ON),
        };
        told.add(&summary.default);
        told.add(&Decision { effects: probe.left_out().to_vec() });
        summary.branches.iter().for_each(|branch| told.add(&branch.outcome));
        let messages = draft.warnings.iter().map(|warning| warning.message.as_str());
        for message in messages.chain(summary.reason.as_deref()) {
            told.messages.extend(message.split(|c: char| !c.is_alphanumeric()).map(str::to_owned));
        }
        told
    }

    pub(super) fn add(&mut self, decision: &Decision) {
        self.words.extend(news(decision));
        // Where any number is told, each is.
        let any = decision.effects.iter().filter(|effect| numbers::says_any(effect));
        self.words.extend(any.map(|effect| (effect.action.clone(), A_NUMBER.to_owned())));
        let (empty, filled) = held(decision);
        self.empty.extend(empty);
        self.filled.extend(filled);
    }

    /// The first place where an outcome has data of the API, and all that is told has nothing.
    pub(super) fn lacks_data(&self, decision: &Decision) -> Option<News> {
        if self.empty.is_empty() || self.is_handed_on {
            return None;
        }
        let is_warned_of = |(_, place): &News| {
            let key = place.rsplit('{').next().unwrap_or_default();
            place.contains('{') && self.warnings.iter().any(|warning| warning.contains(&format!("{key}<data>")))
        };
        let is_told = |place: &News| self.filled.contains(place) || is_warned_of(place);
        held(decision).1.into_iter().find(|place| self.empty.contains(place) && !is_told(place))
    }

    /// Takes places of which an outcome has data of the API for told.
    pub(super) fn add_places(&mut self, decision: &Decision) {
        self.filled.extend(held(decision).1);
    }

    /// The first thing that an outcome does which is not told.
    pub(super) fn lacks(&self, decision: &Decision) -> Option<News> {
        news(decision).into_iter().find(|news| !self.words.contains(news) && !self.messages.contains(&news.1))
    }
}

/// All that an outcome does, word by word; numbers are all alike, since they may count, and say nothing where they are
/// printed.
pub(in crate::summarize) fn news(decision: &Decision) -> Vec<News> {
    let mut all = Vec::new();
    for effect in &decision.effects {
        // That something is printed says nothing yet.
        if effect.action != "print" {
            all.push((effect.action.clone(), String::new()));
        }
        for word in effect.chosen_words() {
            match word.parse::<f64>() {
                Ok(_) if effect.action == "print" => {}
                Ok(_) => all.push((effect.action.clone(), A_NUMBER.to_owned())),
                Err(_) => all.push((effect.action.clone(), word)),
            }
        }
    }
    all
}

/// The places where an outcome has nothing, and those where it has data of the API.
pub(super) fn held(decision: &Decision) -> (Vec<News>, Vec<News>) {
    let (mut empty, mut filled) = (Vec::new(), Vec::new());
    for effect in &decision.effects {
        for (at, value) in effect.values.iter().enumerate() {
            for held in lists::held(&value.to_string()) {
                let (all, place) = match held {
                    Held::Nothing(place) => (&mut empty, place),
                    Held::Data(place) => (&mut filled, place),
                };
                all.push((effect.action.clone(), format!("{at} {place}")));
            }
        }
    }
    (empty, filled)
}
