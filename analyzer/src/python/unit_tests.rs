//! Unit tests, which check what an application decides and decide nothing themselves.

use chameleon_decision::Problem;

use super::syntax::Parsed;
use crate::apis::Catalog;

/// Unit tests in which an API could be called, and all files but unit tests; where nothing else calls one, they are no
/// tests of it. Their doubles stand in for what the application is made of, and would be taken for it.
pub(super) fn apart<'p>(parsed: &'p [Parsed], catalog: &Catalog) -> (Vec<&'p Parsed>, Vec<&'p Parsed>) {
    let calls = |parsed: &&Parsed| catalog.is_called_in(&parsed.text);
    let (tests, own): (Vec<&Parsed>, Vec<&Parsed>) = parsed.iter().partition(|parsed| is_unit_test(parsed));
    if own.iter().any(calls) {
        (tests.into_iter().filter(calls).collect(), own)
    } else {
        (Vec::new(), parsed.iter().collect())
    }
}

/// Says that unit tests are not looked into, once for all of them.
pub(super) fn left_out(tests: &[&Parsed]) -> Option<Problem> {
    let [first, others @ ..] = tests else { return None };
    let what = match others.len() {
        0 => "this one calls".to_owned(),
        1 => "this one and another call".to_owned(),
        count => format!("this one and {count} others call"),
    };
    let reason = format!("unit tests decide nothing: what {what} is not looked into");
    Some(Problem { file: first.path.clone(), line: 1, reason })
}

/// Whether a file is one that pytest or unittest finds, and has tests for them.
fn is_unit_test(parsed: &Parsed) -> bool {
    let name = parsed.path.rsplit('/').next().unwrap_or_default();
    let Some(stem) = name.strip_suffix(".py") else { return false };
    let is_found = stem == "conftest" || stem.starts_with("test") || stem.ends_with("_test");
    let signs = ["import pytest", "from pytest", "import unittest", "from unittest", "def test_"];
    is_found && parsed.text.lines().any(|line| signs.iter().any(|sign| line.starts_with(sign)))
}
