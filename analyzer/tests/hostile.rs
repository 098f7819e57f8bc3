//! Input meant to break the analyzer is reported, not fatal.

mod support;

use std::fs;
use std::path::PathBuf;

use chameleon_analyzer::{Analysis, AnalyzeError, analyze};
use support::catalog;

use proptest::prelude::*;

const CALL: &str = "
from google.cloud import vision

def classify(path):
    response = vision.ImageAnnotatorClient().label_detection(image=path)
    for label in response.label_annotations:
        if label.description == 'Dog':
            return 'dog'
    return 'no dog'
";

fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("hostile-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join(name);
    fs::write(&path, bytes).expect("a file");
    path
}

fn analysis(name: &str, bytes: &[u8]) -> Analysis {
    analyze(&file(name, bytes), &catalog()).expect("an analysis")
}

#[test]
fn deep_parentheses_are_reported_and_the_rest_is_read() {
    let source = format!("{CALL}\nx = {}1{}\n", "(".repeat(100_000), ")".repeat(100_000));
    let analysis = analysis("parentheses.py", source.as_bytes());
    assert_eq!(analysis.processes.len(), 1);
    assert!(!analysis.problems.is_empty());
}

#[test]
fn deep_operators_calls_and_blocks_do_not_overflow() {
    let block = |depth: usize| " ".repeat(depth) + "if label:\n";
    let blocks: String = (0..300).map(block).collect();
    for (name, code) in [
        ("sums.py", format!("x = {}1", "1 + ".repeat(50_000))),
        ("nots.py", format!("x = {}1", "not ".repeat(50_000))),
        ("calls.py", format!("x = f{}", "()".repeat(50_000))),
        ("attributes.py", format!("x = f{}", ".a".repeat(50_000))),
        ("lists.py", format!("x = {}{}", "[".repeat(50_000), "]".repeat(50_000))),
        ("lambdas.py", format!("x = {}1", "lambda: ".repeat(20_000))),
        ("blocks.py", format!("{blocks}{}pass", " ".repeat(300))),
        ("unclosed.py", "(".repeat(100_000)),
    ] {
        let analysis = analysis(name, format!("{CALL}\n{code}\n").as_bytes());
        assert!(analysis.processes.len() <= 1, "{name}");
    }
}

#[test]
fn what_is_picked_again_and_again_from_what_was_picked_does_not_grow() {
    let source = CALL.replace(
        "    for label",
        "    import random\n    some = 'a'\n    for step in range(2000):\n        some = [some, some, 'b'][random.randint(0, 2)]\n    for label",
    );
    let source = source.replace("return 'dog'", "return some");
    assert_eq!(analysis("picked.py", source.as_bytes()).processes.len(), 1);
}

#[test]
fn a_ladder_of_a_hundred_arms_is_read_whole() {
    let arm = |n: u32| format!("        elif label.description == 'W{n}':\n            return {n}\n");
    let mut arms: String = (0..100).map(arm).collect();
    arms += "        elif label.description == 'Cat':\n            return 'cat'\n";
    let source = CALL.replace("    return 'no dog'", &format!("{arms}    return 'no dog'"));
    let analysis = analysis("ladder.py", source.as_bytes());
    assert_eq!(analysis.problems, []);
    let reached: Vec<_> = analysis.processes[0].summary.branches.iter().flat_map(|branch| &branch.labels).collect();
    assert_eq!(reached, ["Dog", "Cat"]);
}

#[test]
fn long_word_lists_are_read_whole() {
    let terms: Vec<String> = (0..800).map(|n| format!("label.description == 'W{n}'")).collect();
    let source =
        CALL.replace("label.description == 'Dog'", &format!("{} or label.description == 'Dog'", terms.join(" or ")));
    let analysis = analysis("terms.py", source.as_bytes());
    assert_eq!(analysis.problems, []);
    assert_eq!(analysis.processes[0].summary.branches[0].labels, ["Dog"]);
}

#[test]
fn bytes_that_are_no_text_are_reported_with_the_line() {
    let latin = [CALL.as_bytes(), b"\nname = 'caf\xe9'\n"].concat();
    let analysis = analysis("latin.py", &latin);
    assert_eq!(analysis.processes.len(), 1);
    assert_eq!(analysis.problems[0].line, CALL.lines().count() as u32 + 2);

    let binary: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let analysis = self::analysis("binary.py", &binary);
    assert!(analysis.processes.is_empty());
    assert!(analysis.problems[0].reason.contains("NUL"), "{:?}", analysis.problems);
}

#[test]
fn an_empty_file_has_no_call_and_no_problem() {
    let analysis = analysis("empty.py", b"");
    assert!(analysis.processes.is_empty() && analysis.problems.is_empty());
    assert!(chameleon_analyzer::render(&analysis).contains("No call of a known ML API in 1 Python file."));
}

#[test]
fn recursion_of_the_application_ends() {
    let source = "
from google.cloud import vision

def a(path, depth):
    labels = b(path, depth)
    return a(path, depth + 1) if 'Dog' in labels else labels

def b(path, depth):
    labels = vision.ImageAnnotatorClient().label_detection(image=path).label_annotations
    if 'Cat' in [label.description for label in labels]:
        return a(path, depth)
    return []
";
    assert_eq!(analysis("recursion.py", source.as_bytes()).processes[0].call.line, 9);
}

#[test]
fn a_huge_file_is_left_out_of_a_folder_and_refused_alone() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("huge-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("app.py"), CALL).expect("a file");
    fs::write(folder.join("data.py"), vec![b'#'; 3 << 20]).expect("a file");
    let analysis = analyze(&folder, &catalog()).expect("an analysis");
    let alone = analyze(&folder.join("data.py"), &catalog());
    fs::remove_dir_all(&folder).expect("the folder goes away");
    assert_eq!(analysis.processes.len(), 1);
    assert_eq!(analysis.problems[0].file, "data.py");
    assert!(matches!(alone, Err(AnalyzeError::Unreadable { .. })), "{alone:?}");
}

#[test]
fn what_cannot_be_analyzed_at_all_is_an_error_that_names_the_path() {
    let text = analyze(&file("notes.txt", b"not python"), &catalog()).expect_err("no Python").to_string();
    assert!(text.contains("notes.txt is not a Python file"), "{text}");
    let text = analyze("/nonexistent/app.py".as_ref(), &catalog()).expect_err("nothing there").to_string();
    assert_eq!(text, "/nonexistent/app.py does not exist");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("empty-folder");
    fs::create_dir_all(&folder).expect("a folder");
    let error = analyze(&folder, &catalog()).expect_err("no file");
    assert!(matches!(error, AnalyzeError::NoPythonFile { .. }), "{error}");
}

#[test]
fn other_peoples_code_is_not_read() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("skipped-{}", std::process::id()));
    for inside in ["venv/lib", "node_modules/x", ".git", "mine/env2/lib"] {
        fs::create_dir_all(folder.join(inside)).expect("a folder");
        fs::write(folder.join(inside).join("app.py"), CALL).expect("a file");
    }
    fs::write(folder.join("mine/env2/pyvenv.cfg"), "").expect("a file");
    fs::write(folder.join("app.py"), CALL).expect("a file");
    let analysis = analyze(&folder, &catalog()).expect("an analysis");
    fs::remove_dir_all(&folder).expect("the folder goes away");
    assert_eq!(analysis.files, 1);
}

#[test]
fn odd_values_end_no_analysis() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("odd-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let source = [
        "from enum import Enum\nimport pandas as pd\n",
        "words = open('/').read()\n",
        "table = pd.DataFrame(columns=['a', 'b'])\ncolumn = table['a']\ncolumn.append(column)\nmask = column == 1\n",
        "table.loc[0] = [1, 2]\n",
        "kept = None\nfor turn in range(30000):\n    class Kept(Enum):\n        ONE = kept\n    kept = Kept.ONE\n",
        CALL,
    ];
    fs::write(folder.join("app.py"), source.concat()).expect("a file");
    let analysis = analyze(&folder, &catalog());
    fs::remove_dir_all(&folder).expect("the folder goes away");
    assert_eq!(analysis.expect("an analysis").files, 1);
}

#[test]
fn what_is_put_into_an_answer_is_paid_for() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("put-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let source = "import boto3\n\n\ndef judge(image):\n    answer = boto3.client('rekognition').detect_faces(Image=image)\n    \
                  wide = [1] * 20000\n    for turn in range(5000):\n        answer['Wide'] = wide\n    \
                  if len(answer['FaceDetails']) > 1:\n        print('many')\n";
    fs::write(folder.join("app.py"), source).expect("a file");
    let analysis = analyze(&folder, &catalog());
    fs::remove_dir_all(&folder).expect("the folder goes away");
    let analysis = analysis.expect("an analysis");
    let reasons = analysis.processes.iter().filter_map(|process| process.summary.reason.as_deref());
    let told: Vec<&str> = reasons.chain(analysis.problems.iter().map(|problem| problem.reason.as_str())).collect();
    assert!(told.iter().any(|reason| reason.contains("steps")), "{told:?}");
}

#[test]
fn packages_beside_the_application_are_left_out() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("beside-{}", std::process::id()));
    // A function with its packages, and a folder of packages alone.
    for place in ["", "function/", "lib/"] {
        for inside in ["six-1.0.dist-info", "web_kit", "web_kit-2.1.dist-info"] {
            fs::create_dir_all(folder.join(place).join(inside)).expect("a folder");
        }
        fs::write(folder.join(place).join("six-1.0.dist-info/RECORD"), "six.py,sha256=x,10\n").expect("a file");
        for file in ["six.py", "web_kit/vision.py"] {
            fs::write(folder.join(place).join(file), CALL).expect("a file");
        }
    }
    fs::create_dir_all(folder.join("mine")).expect("a folder");
    for file in ["mine/app.py", "app.py", "function/handler.py"] {
        fs::write(folder.join(file), CALL).expect("a file");
    }
    let analysis = analyze(&folder, &catalog()).expect("an analysis");
    fs::remove_dir_all(&folder).expect("the folder goes away");
    assert_eq!(analysis.files, 3, "only the application's own");
    let skipped = analysis.skipped.iter().map(|skipped| skipped.folder.as_str());
    let packages: Vec<&str> = skipped.filter(|folder| !folder.ends_with(".dist-info")).collect();
    assert_eq!(packages, ["function/web_kit", "lib", "web_kit"]);
}

/// Pieces of Python that make sense in few orders.
const PIECES: &[&str] = &[
    "if ",
    "elif ",
    "else",
    "for ",
    "while ",
    " in ",
    "not ",
    "label",
    "labels",
    "label.description",
    "label.score",
    "response",
    "response.label_annotations",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    ":",
    ",",
    " = ",
    " += ",
    " == ",
    " > ",
    "'Dog'",
    "0.5",
    "lambda x: ",
    "return ",
    "break",
    "continue",
    "def f(x):",
    "class A:",
    "self",
    ".",
    "any",
    "len",
    "print",
    "yield ",
    "try",
    "except",
    "with open('x') as f",
    "import os",
    "global g",
    "*",
    "**",
    "f'{label}'",
    "\n",
    "\n    ",
    "\n        ",
    "\n            ",
    "\\",
    "'",
    "\"\"\"",
    "#",
    "\u{e9}",
    "\0",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the source, there is an analysis, and its processes can be stored and shown.
    #[test]
    fn no_source_breaks_the_analyzer(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..40)) {
        let source = CALL.replace("        if label.description", &format!("        {}\n        if label.description", pieces.concat()));
        let analysis = analysis("soup.py", source.as_bytes());
        for process in &analysis.processes {
            let json = serde_json::to_string(process).expect("JSON");
            let read: chameleon_decision::DecisionProcess = serde_json::from_str(&json).expect("the same process");
            prop_assert_eq!(&read, process);
        }
        prop_assert!(!chameleon_analyzer::render(&analysis).is_empty());
    }
}
