//! Every case gives the decision written in it.
//!
//! `UPDATE_CASES=1 cargo test -p chameleon-analyzer --test cases` writes what comes out into the cases, to be read
//! before it is committed.

mod support;

use std::fmt::Write as _;

#[test]
fn cases_give_the_decision_written_in_them() {
    let update = std::env::var_os("UPDATE_CASES").is_some();
    let mut failures = String::new();
    let cases = support::cases();
    assert!(cases.len() >= 30, "only {} cases", cases.len());
    for case in cases {
        let actual = support::short(&case.analyze());
        if update {
            case.accept(&actual);
        } else if actual != case.expected {
            let _ = write!(failures, "\n{}\n{}", case.path.display(), difference(&case.expected, &actual));
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn the_account_names_every_branch_and_its_source() {
    for case in support::cases() {
        let analysis = case.analyze();
        let account = chameleon_analyzer::render(&analysis);
        for process in &analysis.processes {
            for word in process.summary.branches.iter().flat_map(|branch| &branch.words) {
                assert!(account.contains(&format!("\"{}\"", word.text)), "{}: {word:?} in\n{account}", case.name);
            }
        }
        for problem in &analysis.problems {
            assert!(account.contains(&format!("{}:{}", problem.file, problem.line)), "{account}");
        }
    }
}

#[test]
fn the_account_says_how_sure_the_request_wants_items_to_be() {
    let told = support::cases().into_iter().filter(|case| {
        let analysis = case.analyze();
        let asked = analysis.processes.iter().any(|process| process.asks_for.is_some());
        assert_eq!(asked, chameleon_analyzer::render(&analysis).contains("Asks for    at least "), "{}", case.name);
        asked
    });
    assert!(told.count() > 0);
    assert!(account_of("sureness-said-elsewhere").contains("Asks for    at least 85 %"));
    assert!(account_of("words-that-are-sure-enough").contains("Asks for    at least 85 %"));
}

#[test]
fn the_account_says_how_many_results_the_request_asks_for() {
    let told = account_of;
    assert!(told("number-of-results-handed-on").contains("Looks at    the first 60 results"));
    assert!(told("filled-in-by-several").contains("Looks at    the first 20 results"));
}

#[test]
fn the_account_names_what_is_left() {
    assert!(account_of("all-but-one-that-is-skipped").contains("labels   any other"));
    assert!(account_of("sentiment-that-is-left").contains("Otherwise   (NEUTRAL) return 'noted'"));
}

fn account_of(name: &str) -> String {
    let case = support::cases().into_iter().find(|case| case.name == name).expect("the case is there");
    chameleon_analyzer::render(&case.analyze())
}

/// Lines only in one of the texts, in place.
fn difference(expected: &str, actual: &str) -> String {
    let (a, b): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), actual.lines().collect());
    // Longest common subsequence; cases are short.
    let mut best = vec![vec![0_usize; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            best[i][j] = if a[i] == b[j] { best[i + 1][j + 1] + 1 } else { best[i + 1][j].max(best[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, String::new());
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            let _ = writeln!(out, "    {}", a[i]);
            (i, j) = (i + 1, j + 1);
        } else if j == b.len() || (i < a.len() && best[i + 1][j] >= best[i][j + 1]) {
            let _ = writeln!(out, "  - {}", a[i]);
            i += 1;
        } else {
            let _ = writeln!(out, "  + {}", b[j]);
            j += 1;
        }
    }
    out
}
