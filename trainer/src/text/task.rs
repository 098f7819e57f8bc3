//! What each task is: its data sets, its labels, and what the network sees.

use chameleon_models::text::{CLASSES, NGrams, TAGS, TextInput};
use chameleon_models::zoo::{LabelInfo, TextTask};

/// What is pre-trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Negative, neutral or positive: on `tweet-sentiment` and `movie-reviews`; news are taken for neutral
    Sentiment,
    /// Category paths: on `ag-news` and `bbc-news`
    Topics,
    /// Persons, places and organizations: on `btc-entities`
    Entities,
}

/// A data set of a task.
#[derive(Clone, Copy, Debug)]
pub struct Set {
    /// Its folder's name.
    pub folder: &'static str,
    /// The model's class of each of its classes.
    pub classes: &'static [u16],
    /// The label by which each of its classes is told from its others: all different.
    pub columns: &'static [usize],
}

/// How much a text counts whose label is only a good guess.
const GUESSED: f64 = 0.5;

/// Category paths and the classes whose texts they are said of: the topics of `ag-news` are 0 to 3 (world, sports,
/// business, science and technology), those of `bbc-news` 4 to 8 (business, entertainment, politics, sport, tech).
///
/// The words are those of Google's category list that applications ask for. `/Computers & Electronics` is said of all
/// of AG's science and technology: most of it is.
const TOPICS: [(&str, &[u16]); 9] = [
    ("/News", &[0, 6]),
    ("/Law & Government", &[6]),
    ("/Business & Industrial", &[2, 4]),
    ("/Finance", &[2, 4]),
    ("/Sports", &[1, 7]),
    ("/Computers & Electronics", &[3, 8]),
    ("/Science", &[3]),
    ("/Arts & Entertainment", &[5]),
    ("/Internet & Telecom", &[3, 8]),
];

impl Task {
    /// The model that it makes.
    pub fn model(self) -> TextTask {
        match self {
            Self::Sentiment => TextTask::Sentiment,
            Self::Topics => TextTask::Topics,
            Self::Entities => TextTask::Entities,
        }
    }

    /// Its labelled sets; entities have one of their own form.
    pub fn sets(self) -> &'static [Set] {
        match self {
            Self::Sentiment => &[
                Set { folder: "tweet-sentiment", classes: &[0, 1, 2], columns: &[0, 1, 2] },
                Set { folder: "movie-reviews", classes: &[3, 4], columns: &[0, 2] },
            ],
            Self::Topics => &[
                Set { folder: "ag-news", classes: &[0, 1, 2, 3], columns: &[0, 4, 2, 6] },
                Set { folder: "bbc-news", classes: &[4, 5, 6, 7, 8], columns: &[2, 7, 1, 4, 5] },
            ],
            Self::Entities => &[],
        }
    }

    /// Folders of texts whose sentences are of one class more often than not, and that class: news are mostly neutral.
    /// They are learned from, and nothing is measured with them.
    pub fn guessed(self) -> (&'static [&'static str], u16) {
        match self {
            Self::Sentiment => (&["ag-news", "bbc-news"], 1),
            Self::Topics | Self::Entities => (&[], 0),
        }
    }

    /// How much a text of a data set counts in training; those behind the labelled sets are the guessed ones.
    pub fn weight(self, set: usize) -> f64 {
        if set < self.sets().len() { 1.0 } else { GUESSED }
    }

    /// The outputs.
    pub fn labels(self) -> Vec<LabelInfo> {
        let label = |name: &str, classes: &[u16]| LabelInfo { name: name.to_owned(), classes: classes.to_vec() };
        match self {
            Self::Sentiment => {
                let classes: [&[u16]; 3] = [&[0, 3], &[1], &[2, 4]];
                CLASSES.iter().zip(classes).map(|(name, classes)| label(name, classes)).collect()
            }
            Self::Topics => TOPICS.iter().map(|(name, classes)| label(name, classes)).collect(),
            Self::Entities => (0..).zip(TAGS).map(|(class, name)| label(name, &[class])).collect(),
        }
    }

    /// What the network sees.
    pub fn input(self) -> TextInput {
        match self {
            Self::Sentiment => {
                TextInput::Passage(NGrams { words: 2, characters: Some((3, 5)), capitals: false, first: 0 })
            }
            Self::Topics => TextInput::Passage(NGrams { words: 2, characters: Some((4, 5)), capitals: true, first: 8 }),
            Self::Entities => TextInput::Tokens,
        }
    }
}
