//! The generic models of texts.

use std::path::Path;

use chameleon_decision::Vocabulary;

use super::embedded;
use super::files::{self, Files, Folder};
use super::{
    BANK, Generic, LABELS, LabelInfo, LabelsFile, MANIFEST, Manifest, NETWORK, WEIGHTS, ZooError, check_labels,
    vocabulary,
};
use crate::app::AppModel;
use crate::bank::{Bank, BankError};
use crate::text::context::contexts;
use crate::text::kinds::Kinds;
use crate::text::{TAGS, TextInput, TextNet, Token};

/// What a generic model of texts is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextTask {
    /// Negative, neutral or positive.
    Sentiment,
    /// Category paths.
    Topics,
    /// Persons, places and organizations.
    Entities,
}

impl TextTask {
    /// All.
    pub const ALL: [Self; 3] = [Self::Sentiment, Self::Topics, Self::Entities];

    /// The model's name, and its folder's.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sentiment => "text-sentiment",
            Self::Topics => "text-topics",
            Self::Entities => "text-entities",
        }
    }
}

/// A network of texts with its outputs' names.
#[derive(Clone, Debug)]
pub struct TextModel {
    /// Where it comes from.
    pub manifest: Manifest,
    /// The network.
    pub net: TextNet,
    /// Its outputs, in order.
    pub labels: Vec<LabelInfo>,
    /// Of a tagger: of what kind the names are that it finds.
    pub kinds: Option<Kinds>,
}

impl TextModel {
    /// The app model, if it was made for this network.
    pub fn own<'a>(&self, app: Option<&'a AppModel>) -> Option<&'a AppModel> {
        app.filter(|app| app.manifest.base.name == self.manifest.name)
    }

    /// The features (D) of a passage; of a network that looks at single tokens, those of the first.
    pub fn features(&self, tokens: &[Token]) -> Vec<f32> {
        let ids = match self.net.network.input {
            TextInput::Passage(n_grams) => n_grams.of(tokens),
            TextInput::Tokens => contexts(tokens).into_iter().next().unwrap_or_default(),
        };
        self.net.encoder.encode(&ids)
    }

    fn from_files(files: &dyn Files) -> Result<Self, ZooError> {
        let manifest: Manifest = files::json(MANIFEST, &files.bytes(MANIFEST)?)?;
        let network = files::json(NETWORK, &files::listed(files, &manifest, NETWORK)?)?;
        let labels: LabelsFile = files::json(LABELS, &files::listed(files, &manifest, LABELS)?)?;
        let net = TextNet::read(network, &files::listed(files, &manifest, WEIGHTS)?)?;
        check_labels(&labels.labels, network.outputs)?;
        let is_tagger = network.input == TextInput::Tokens;
        if is_tagger && !labels.labels.iter().map(|label| label.name.as_str()).eq(TAGS) {
            return Err(ZooError::Unsuitable(format!("`{}`: its outputs are no tags of names", manifest.name)));
        }
        let kinds = net.chain.is_some().then(|| Kinds::of(&net.head));
        Ok(Self { manifest, net, labels: labels.labels, kinds })
    }

    fn bank(&self, files: &dyn Files) -> Result<Bank, ZooError> {
        let bank = Bank::read(&files::listed(files, &self.manifest, BANK)?, Generic::labels(self))?;
        let expected = self.feature_count();
        if bank.dim == expected { Ok(bank) } else { Err(BankError::Dim { expected, got: bank.dim }.into()) }
    }
}

/// Reads a model of texts from a folder on disk.
///
/// # Errors
/// A file is missing, is not the one in the manifest, or does not fit the others.
pub fn read_text(folder: &Path) -> Result<TextModel, ZooError> {
    TextModel::from_files(&Folder(folder))
}

/// Reads the feature bank of a model of texts from a folder on disk.
///
/// # Errors
/// As [`read_text`]; the bank is damaged or another model's.
pub fn read_text_bank(folder: &Path, model: &TextModel) -> Result<Bank, ZooError> {
    model.bank(&Folder(folder))
}

/// The model of texts that ships with the program.
///
/// # Errors
/// The program was built with files that do not fit each other.
pub fn text(task: TextTask) -> Result<TextModel, ZooError> {
    TextModel::from_files(embedded::text(task))
}

/// The feature bank of the model of texts that ships with the program. Only with the cargo feature `bank`, which adds
/// its megabytes to the binary.
///
/// # Errors
/// As [`text()`].
#[cfg(feature = "bank")]
pub fn text_bank(task: TextTask) -> Result<Bank, ZooError> {
    text(task)?.bank(embedded::text(task))
}

/// The category paths of the topic model that ships with the program, without unpacking its weights.
///
/// # Errors
/// As [`text()`].
pub fn topic_vocabulary() -> Result<Vocabulary, ZooError> {
    let files = embedded::text(TextTask::Topics);
    let manifest: Manifest = files::json(MANIFEST, &files.bytes(MANIFEST)?)?;
    let labels: LabelsFile = files::json(LABELS, &files::listed(files, &manifest, LABELS)?)?;
    Ok(vocabulary(&manifest, &labels.labels))
}
