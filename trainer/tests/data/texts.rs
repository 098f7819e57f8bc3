//! Labelled texts in every layout, what is refused, and customization with them.

use std::path::Path;

use chameleon_models::bank::Split;
use chameleon_models::zoo::LabelInfo;
use chameleon_trainer::data::texts::{self, TextSet};
use chameleon_trainer::data::{DataError, Labels};
use proptest::prelude::*;

use crate::files::{Folder, message};

/// What is true of a text: its labels by name, its score.
type Expected<'e> = (&'e str, Option<&'e [u16]>, Option<f64>);

const EXPECTED: [Expected; 3] =
    [("It was good.", Some(&[2]), None), ("So, so", Some(&[1]), Some(0.1)), ("Bad; very bad", None, Some(-0.9))];

fn labels() -> Labels {
    let label = |name: &str, class| LabelInfo { name: name.to_owned(), classes: vec![class] };
    Labels::new(&[label("negative", 0), label("neutral", 1), label("positive", 2)])
}

fn read(path: &Path) -> Result<TextSet, DataError> {
    texts::read(path, &labels())
}

fn error(folder: &Folder) -> String {
    message(&read(folder.path()).expect_err("is refused")).replace(&format!("{}/", folder.path().display()), "")
}

#[track_caller]
fn assert_texts(set: &TextSet, expected: &[Expected]) {
    let found: Vec<Expected> =
        set.records.iter().map(|record| (record.text.as_str(), record.labels.as_deref(), record.score)).collect();
    assert_eq!(found, expected);
}

#[test]
fn lists_are_read_however_they_are_written() {
    for (name, text) in [
        ("moods.csv", "text,label,score\nIt was good.,Positive,\n\"So, so\",neutral,0.1\nBad; very bad,,-.9\n"),
        (
            "moods.tsv",
            "Score\tReview\tSentiment\n\tIt was good.\tpositive\n.1\tSo, so\tneutral\n-0.90\tBad; very bad\t\n",
        ),
        (
            "moods.jsonl",
            "{\"text\": \"It was good.\", \"label\": [\"positive\"]}\n\n{\"content\": \"So, so\", \"label\": \"neutral\", \"score\": 0.1}\n{\"text\": \"Bad; very bad\", \"score\": \"-0.9\", \"label\": null}\n",
        ),
    ] {
        let folder = Folder::with(&[(name, text)]);
        assert_texts(&read(folder.path()).unwrap_or_else(|error| panic!("{text}: {error}")), &EXPECTED);
        assert_texts(&read(&folder.path().join(name)).unwrap_or_else(|error| panic!("{text}: {error}")), &EXPECTED);
    }
}

#[test]
fn class_numbers_have_their_names_beside_the_list() {
    let folder = Folder::with(&[
        ("classes.txt", "0\tnegative\n1\tpositive\n"),
        ("train.csv", "text,label\ngood,1\n"),
        ("test.csv", "text,label\nbad,0\nmore,-1\n"),
    ]);
    let set = read(folder.path()).expect("reads");
    let mut found: Vec<_> = set.records.iter().map(|record| (record.labels.clone(), record.split)).collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(found, [(Some(vec![0]), Some(Split::Test)), (Some(vec![2]), Some(Split::Train))]);
    assert!(set.notes.concat().contains("1 texts have no known label"), "{:?}", set.notes);
}

#[test]
fn a_row_may_say_its_split() {
    let folder = Folder::with(&[("a.csv", "text,label,split\ngood,positive,train\nbad,negative,dev\n")]);
    let set = read(folder.path()).expect("reads");
    let splits: Vec<_> = set.records.iter().map(|record| record.split).collect();
    assert_eq!(splits, [Some(Split::Train), Some(Split::Tune)]);
}

#[test]
fn what_cannot_be_used_is_said_with_its_place() {
    for (name, text, expected) in [
        (
            "a.csv",
            "text,label\ngood,great\n",
            "a.csv, line 2: `great` (once): not among the labels negative, neutral, positive",
        ),
        ("a.csv", "text,score\ngood,9\n", "a.csv, line 2: the score is `9`; expected a number in -1..1"),
        ("a.csv", "text,score\n ,1\n", "a.csv, line 2: the text is empty"),
        ("a.csv", "text,label,split\ngood,positive,later\n", "a.csv, line 2: `later` is no split"),
        ("a.csv", "text,stars\ngood,5\n", "a.csv, line 1: the columns are `text`, `stars`; expected one for the text"),
        ("a.jsonl", "{\"text\": 5, \"label\": \"positive\"}\n", "a.jsonl, line 1: the text is no string"),
        ("a.jsonl", "{\"text\": \"good\", \"label\": {}}\n", "a.jsonl, line 1: the label is no text"),
        ("a.jsonl", "good\n", "a.jsonl, line 1: expected a JSON object"),
        ("a.parquet", "good", "a.parquet: not a whole Parquet file"),
        ("a.txt", "good", "no labelled text in it"),
    ] {
        let message = error(&Folder::with(&[(name, text)]));
        assert!(message.contains(expected), "{name}: {text}\n{message}");
    }
    let two = Folder::with(&[("a.csv", "text,label\ngood,positive\n"), ("b.csv", "text,label\nbad,negative\n")]);
    assert!(error(&two).contains("several lists of texts: a.csv, b.csv"), "{}", error(&two));
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(text in "(text|score|label|[,\t\n{}\":;0-9.a-z]|\\PC){0,80}", kind in 0..3_usize) {
        let folder = Folder::with(&[(["a.csv", "a.tsv", "a.jsonl"][kind], &text)]);
        // Whether it can be read is not the question.
        let _ = read(folder.path());
    }
}
