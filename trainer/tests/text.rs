//! Generic models of texts: from Parquet files to a folder that can be read, and what a run refuses.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use chameleon_models::bank::Split;
use chameleon_models::text::{TextModels, tokenize};
use chameleon_models::zoo::{self, TextModel, TextTask};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use tempfile::TempDir;

const TEXTS: &str = "message texts { required binary text (UTF8); required int64 label; }";
const TOKENS: &str = "message tokens {
    required group tokens (LIST) { repeated group list { required binary element (UTF8); } }
    required group tags (LIST) { repeated group list { required binary element (UTF8); } }
}";

fn writer(path: &Path, schema: &str) -> SerializedFileWriter<File> {
    fs::create_dir_all(path.parent().expect("below a folder")).expect("a folder");
    let schema = Arc::new(parse_message_type(schema).expect("a schema"));
    SerializedFileWriter::new(File::create(path).expect("creates"), schema, Arc::new(WriterProperties::default()))
        .expect("a writer")
}

fn bytes(words: &[&str]) -> Vec<ByteArray> {
    words.iter().map(|word| ByteArray::from(*word)).collect()
}

/// Writes texts with their classes.
fn write_texts(path: &Path, rows: &[(String, i64)]) {
    let mut file = writer(path, TEXTS);
    let mut group = file.next_row_group().expect("a row group");
    let texts: Vec<&str> = rows.iter().map(|row| row.0.as_str()).collect();
    let mut column = group.next_column().expect("in order").expect("text");
    column.typed::<ByteArrayType>().write_batch(&bytes(&texts), None, None).expect("writes");
    column.close().expect("closes");
    let labels: Vec<i64> = rows.iter().map(|row| row.1).collect();
    let mut column = group.next_column().expect("in order").expect("label");
    column.typed::<Int64Type>().write_batch(&labels, None, None).expect("writes");
    column.close().expect("closes");
    group.close().expect("closes");
    file.close().expect("closes");
}

/// Writes texts in tokens, each with its tag.
fn write_tokens(path: &Path, rows: &[Vec<(&str, &str)>]) {
    let mut file = writer(path, TOKENS);
    let mut group = file.next_row_group().expect("a row group");
    let repeats: Vec<i16> = rows.iter().flat_map(|row| (0..row.len()).map(|i| i16::from(i > 0))).collect();
    let defined = vec![1; repeats.len()];
    let (tokens, tags): (Vec<&str>, Vec<&str>) = rows.iter().flatten().copied().unzip();
    for words in [tokens, tags] {
        let mut column = group.next_column().expect("in order").expect("a list");
        column.typed::<ByteArrayType>().write_batch(&bytes(&words), Some(&defined), Some(&repeats)).expect("writes");
        column.close().expect("closes");
    }
    group.close().expect("closes");
    file.close().expect("closes");
}

fn trainer(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_chameleon-trainer")).args(arguments).output().expect("starts")
}

/// Pre-trains with little and exports.
fn train(task: &str, data: &Path, out: &Path) -> Output {
    let (data, run) = (data.to_string_lossy(), out.join("run"));
    let run = run.to_string_lossy();
    let small = ["--epochs", "20", "--batch", "8", "--features", "8", "--least", "1", "--learning-rate", "0.02"];
    let pretrained =
        trainer(&[&["pretrain-text", "--task", task, "--data", &data, "--out", &run], &small[..]].concat());
    if !pretrained.status.success() {
        return pretrained;
    }
    let out = out.join("model");
    trainer(&["export-text", "--task", task, "--run", &run, "--data", &data, "--out", &out.to_string_lossy()])
}

fn made(task: &str, data: &Path) -> (TempDir, TextModel) {
    let out = tempfile::tempdir().expect("a folder");
    let output = train(task, data, out.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let model = zoo::read_text(&out.path().join("model")).expect("reads");
    (out, model)
}

fn both_splits(data: &Path, set: &str, write: impl Fn(&Path)) {
    for split in ["train", "validation"] {
        write(&data.join(set).join(format!("{split}-00000-of-00001.parquet")));
    }
}

/// Tweets and reviews whose mood is in one word.
fn moods(data: &Path) {
    let noun = ["film", "phone", "song", "train", "meal", "coat"];
    let row = |i: usize, words: &[&str], class: i64| (format!("this {} is {}", noun[i % 6], words[i % 2]), class);
    let tweets: Vec<(String, i64)> = (0..36)
        .flat_map(|i| [row(i, &["awful", "bad"], 0), row(i, &["here", "blue"], 1), row(i, &["great", "good"], 2)])
        .collect();
    let reviews: Vec<(String, i64)> =
        (0..24).flat_map(|i| [row(i, &["awful", "dull"], 0), row(i, &["great", "moving"], 1)]).collect();
    both_splits(data, "tweet-sentiment", |path| write_texts(path, &tweets));
    let news: Vec<(String, i64)> = (0..12).map(|i| (format!("The {} is here. It is late.", noun[i % 6]), 0)).collect();
    for set in ["ag-news", "bbc-news"] {
        both_splits(data, set, |path| write_texts(path, &news));
    }
    both_splits(data, "movie-reviews", |path| write_texts(path, &reviews));
}

fn places(data: &Path) {
    let rows: Vec<Vec<(&str, &str)>> = (0..40)
        .map(|i| match i % 2 {
            0 => vec![("in", "O"), ("New", "B-LOC"), ("York", "I-LOC"), ("now", "O"), ("", "O")],
            _ => vec![("Ada", "B-PER"), ("is", "O"), ("late", "O")],
        })
        .collect();
    both_splits(data, "btc-entities", |path| write_tokens(path, &rows));
}

#[test]
fn a_trained_network_tells_moods_apart_and_brings_its_bank() {
    let data = tempfile::tempdir().expect("a folder");
    moods(data.path());
    let (out, model) = made("sentiment", data.path());
    let outputs = |text: &str| model.net.logits(&model.features(&tokenize(text)), None);
    let (good, bad) = (outputs("this film is great"), outputs("this film is awful"));
    assert!(good[2] > good[0] && bad[0] > bad[2], "{good:?} {bad:?}");
    assert!(model.manifest.metrics["validation"]["tweet-sentiment accuracy"].as_f64() > Some(0.9));

    let bank = zoo::read_text_bank(&out.path().join("model"), &model).expect("a bank");
    let count = |split: Split| bank.split.iter().filter(|of| **of == split).count();
    // One in seven of 156 training texts; the validation split in halves.
    assert_eq!([Split::Train, Split::Tune, Split::Test].map(count), [23, 78, 78]);
}

#[test]
fn a_trained_tagger_finds_the_names() {
    let data = tempfile::tempdir().expect("a folder");
    places(data.path());
    let (_, tagger) = made("entities", data.path());
    assert!(tagger.manifest.metrics["validation"]["btc-entities span F1"].as_f64() > Some(0.9));
    let [sentiment, topics] = [TextTask::Sentiment, TextTask::Topics].map(|task| zoo::text(task).expect("it ships"));
    let models = TextModels::new(sentiment, topics, tagger).expect("models of the three tasks");
    let names: Vec<String> =
        models.entities("Ada is in New York", None).into_iter().map(|entity| entity.name).collect();
    assert!(names.contains(&"New York".to_owned()), "{names:?}");
}

#[test]
fn what_is_no_data_set_of_the_task_is_refused() {
    let data = tempfile::tempdir().expect("a folder");
    let message = |task: &str| {
        let out = tempfile::tempdir().expect("a folder");
        let output = train(task, data.path(), out.path());
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(message("sentiment").contains("tweet-sentiment"), "{}", message("sentiment"));
    let rows: Vec<(String, i64)> = (0..20).map(|i| (format!("text {i}"), 7)).collect();
    both_splits(data.path(), "ag-news", |path| write_texts(path, &rows));
    assert!(message("topics").contains("ag-news: class 7"), "{}", message("topics"));
    both_splits(data.path(), "btc-entities", |path| write_tokens(path, &vec![vec![("Ada", "B-DOG")]; 20]));
    assert!(message("entities").contains("tag `B-DOG`"), "{}", message("entities"));
}
