//! Texts with tagged names, as the conferences on natural language learning write them: a token a line with its tag, in
//! columns apart by white space, the tag in the last; an empty line ends a text.
//!
//! Tags are `O`, and `B-` or `I-` with a kind: `PER`, `LOC`, `ORG`, or one of their longer names. Names of other kinds
//! count as names of no kind that is asked for.

use std::path::{Path, PathBuf};

use chameleon_models::bank::Split;

use super::DataError;
use super::folders::entries;
use super::layout::split_of_file;
use super::lines::each_line;
use super::split::{self, Dealt};
use crate::text::read::Tagged;

/// Texts with tagged names, of one source.
#[derive(Clone, Debug)]
pub struct TaggedSet {
    /// What it is, for the report.
    pub source: String,
    /// The texts, in the order of the source.
    pub texts: Vec<Tagged>,
    /// What each is for.
    pub splits: Vec<Split>,
}

/// What the kinds of tags are called.
const KINDS: [(&str, &[&str]); 3] =
    [("PER", &["PER", "PERSON"]), ("LOC", &["LOC", "LOCATION", "GPE"]), ("ORG", &["ORG", "ORGANIZATION"])];
/// What begins a line that says where a document begins.
const DOCUMENT: &str = "-DOCSTART-";

/// Reads a file, or all files of a folder whose names end in `.conll`, `.bio` or `.iob`.
///
/// # Errors
/// A file cannot be read, a line has no tag, or there is no text.
pub fn read(path: &Path) -> Result<TaggedSet, DataError> {
    let mut texts = Vec::new();
    let mut said = Vec::new();
    for file in files(path)? {
        let of_file = read_file(&file)?;
        said.resize(said.len() + of_file.len(), split_of_file(&file));
        texts.extend(of_file);
    }
    if texts.is_empty() {
        return Err(DataError::format(path.display(), "no tagged text in it; expected files in CoNLL format (.conll)"));
    }
    let names: Vec<String> =
        texts.iter().enumerate().map(|(i, text)| format!("{i} {}", text.tokens.join(" "))).collect();
    let dealt = names.iter().zip(&said).map(|(name, split)| Dealt { name, labels: &[], split: *split });
    let splits = split::complete(&dealt.collect::<Vec<_>>());
    Ok(TaggedSet { source: path.display().to_string(), texts, splits })
}

fn files(path: &Path) -> Result<Vec<PathBuf>, DataError> {
    if !path.metadata().map_err(DataError::io(path))?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let ending = |file: &PathBuf| file.extension().and_then(|ending| ending.to_str()).map(str::to_lowercase);
    let is_list = |file: &PathBuf| matches!(ending(file).as_deref(), Some("conll" | "bio" | "iob")) && file.is_file();
    Ok(entries(path)?.into_iter().filter(is_list).collect())
}

fn read_file(file: &Path) -> Result<Vec<Tagged>, DataError> {
    let empty = || Tagged { tokens: Vec::new(), tags: Vec::new() };
    let (mut texts, mut open) = (Vec::new(), empty());
    each_line(file, |line, place| {
        let mut columns = line.split_whitespace();
        match (columns.next(), columns.next_back()) {
            (Some(token), Some(tag)) if token != DOCUMENT => {
                let reason = format_args!("the tag is `{tag}`; expected `O`, or `B-` or `I-` with a kind");
                let tag = known(tag).ok_or_else(|| DataError::format(place, reason))?;
                open.tokens.push(token.to_owned());
                open.tags.push(tag);
            }
            (Some(token), None) if token != DOCUMENT => {
                return Err(DataError::format(place, "expected a token and its tag, apart by white space"));
            }
            _ if !open.tokens.is_empty() => texts.push(std::mem::replace(&mut open, empty())),
            _ => {}
        }
        Ok(())
    })?;
    texts.extend(Some(open).filter(|open| !open.tokens.is_empty()));
    Ok(texts)
}

/// A tag as the tagger knows it: `O` for kinds that it does not.
fn known(tag: &str) -> Option<String> {
    let Some((place @ ("B" | "I"), kind)) = tag.split_once('-') else {
        return (tag == "O").then(|| tag.to_owned());
    };
    let found = KINDS.iter().find(|(_, names)| names.contains(&kind.to_uppercase().as_str()));
    Some(found.map_or_else(|| "O".to_owned(), |(kind, _)| format!("{place}-{kind}")))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn read_text(text: &str) -> Result<TaggedSet, DataError> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("names.conll");
        fs::write(&file, text).expect("writes");
        read(&file)
    }

    #[test]
    fn a_text_ends_at_an_empty_line() {
        let set = read_text("-DOCSTART- -X- O\n\nAda NNP B-PER\nsleeps VB O\n\n\nin IN O\nRome\tB-GPE\nMars B-MISC")
            .expect("reads");
        let texts: Vec<String> = set.texts.iter().map(|text| text.tokens.join(" ")).collect();
        assert_eq!(texts, ["Ada sleeps", "in Rome Mars"]);
        assert_eq!(set.texts[1].tags, ["O", "B-LOC", "O"]);
    }

    #[test]
    fn a_line_without_a_tag_is_named() {
        for (text, expected) in
            [("Ada B-PER\nsleeps\n", "line 2: expected a token"), ("Ada PER\n", "line 1: the tag is `PER`")]
        {
            let message = read_text(text).expect_err("refused").to_string();
            assert!(message.contains(expected), "{message}");
        }
        assert!(read_text("\n\n").expect_err("refused").to_string().contains("no tagged text"));
    }
}
