//! Whether a decision hangs on how many there are of a name in no other way than is learnt.

use std::collections::HashMap;
use std::iter::repeat_n;

use anyhow::{Context, Result, ensure};
use chameleon_decision::{ApiOutput, Decision, DecisionProcess, DecisionType};
use chameleon_loss::{DecisionLoss, Truth};
use rand::seq::index;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::pool::Pool;

/// Random answers on which the program is tried.
const TRIALS: usize = 400;
/// Different names in one of them.
const MOST_NAMES: usize = 4;
/// How often a name is repeated in one of them, or once more than what is learnt tells apart.
const MOST_REPEATED: usize = 4;

/// By how much a result is less sure than the one before: all of them pass what scores are asked for.
const SCORE_STEP: f64 = 1e-6;

/// Names of an answer, each with how often it is there.
type Counted = Vec<(u16, usize)>;

/// Tries the program on answers of the loss's names and one other, some of them repeated. Where numbers are learnt, it has
/// to do the same wherever the loss takes the same branches; else, the same as on each name once.
///
/// # Errors
/// It does not, or the program cannot be run.
pub(super) fn check_repeats(process: &DecisionProcess, pool: &Pool, loss: &DecisionLoss) -> Result<()> {
    if !process.api.repeats {
        return Ok(());
    }
    let names = &pool.vocabulary.labels;
    let own = names_of(process, names, loss);
    let ranks = pool.examples.ranks;
    let answers = answers(&own, names.len(), ranks, loss.top_k().unwrap_or(usize::MAX));
    let output = |answer: &Counted| {
        let repeated = |&(name, times): &(u16, usize)| repeat_n(names[usize::from(name)].as_str(), times);
        let scores = (0_u32..).map(|place| 1.0 - f64::from(place) * SCORE_STEP);
        ApiOutput::labels(answer.iter().flat_map(repeated).zip(scores))
    };
    let decided = |answers: &[Counted]| -> Result<Vec<Decision>> {
        let decided = process.decider().decide_each(answers.iter().map(output)).collect::<Result<_, _>>();
        decided.context("the application's program cannot be run")
    };
    let did = |answer: &Counted, decision: &Decision| {
        format!("on {} it does `{}`", shown(answer, names), decision.describe())
    };
    let decisions = decided(&answers)?;
    if ranks == 1 {
        let once: Vec<Counted> =
            answers.iter().map(|answer| answer.iter().map(|&(name, _)| (name, 1)).collect()).collect();
        for (((answer, decision), once), other) in answers.iter().zip(&decisions).zip(&once).zip(&decided(&once)?) {
            // That a number is handed on, of which any decides alike, or that the same is done for each item, is no
            // decision of its own.
            let summary = &process.summary;
            let for_each = summary.per_element || summary.again || summary.handed.is_some();
            let any_number = summary.decision_type == DecisionType::Count
                && summary.taken(&output(answer)) == summary.taken(&output(once));
            let alike = for_each || any_number;
            ensure!(
                decision == other || alike,
                "the decision hangs on how many there are of some names beside others, which cannot be learnt: {}, {}",
                did(answer, decision),
                did(once, other)
            );
        }
        return Ok(());
    }
    let mut by_branches: HashMap<Vec<bool>, (&Counted, &Decision)> = HashMap::new();
    for (answer, decision) in answers.iter().zip(&decisions) {
        let taken = loss.right_branches(Truth::Labels(&outputs(answer, names.len(), ranks)));
        let (known, other) = *by_branches.entry(taken).or_insert((answer, decision));
        ensure!(
            decision == other,
            "the decision hangs on more than how many there are of its names, which cannot be learnt: {}, {}",
            did(known, other),
            did(answer, decision)
        );
    }
    Ok(())
}

/// The names that the loss or the summary looks at, ascending: of a program that is run, the loss knows those only that
/// make a difference once.
fn names_of(process: &DecisionProcess, names: &[String], loss: &DecisionLoss) -> Vec<u16> {
    let listed = process.summary.branches.iter().flat_map(|branch| &branch.labels);
    let listed = listed.filter_map(|label| names.iter().position(|name| name == label));
    let mut own: Vec<u16> =
        loss.labels().into_iter().filter(|&name| name < names.len()).chain(listed).map(|name| name as u16).collect();
    own.sort_unstable();
    own.dedup();
    own
}

/// No name, each repeated by itself, and random ones; none of more results than are looked at.
fn answers(own: &[u16], names: usize, ranks: usize, most: usize) -> Vec<Counted> {
    let other = (0..names as u16).find(|name| own.binary_search(name).is_err());
    let all: Vec<u16> = own.iter().copied().chain(other).collect();
    let most_repeated = MOST_REPEATED.max(ranks + 1);
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let alone = all.iter().flat_map(|&name| (1..=most_repeated).map(move |times| vec![(name, times)]));
    let mut answers: Vec<Counted> = std::iter::once(Vec::new()).chain(alone).collect();
    answers.extend((0..TRIALS).filter(|_| !all.is_empty()).map(|_| {
        let several = rng.random_range(1..=all.len().min(MOST_NAMES));
        let chosen = index::sample(&mut rng, all.len(), several);
        chosen.into_iter().map(|place| (all[place], rng.random_range(1..=most_repeated))).collect()
    }));
    answers.retain(|answer| answer.iter().map(|(_, times)| times).sum::<usize>() <= most);
    answers
}

/// The outputs that are true where there are so many of each name: see [`chameleon_loss::Answer::Labels`].
fn outputs(answer: &Counted, names: usize, ranks: usize) -> Vec<u16> {
    let of = |&(name, times): &(u16, usize)| (0..times.min(ranks)).map(move |rank| (rank * names) as u16 + name);
    let mut outputs: Vec<u16> = answer.iter().flat_map(of).collect();
    outputs.sort_unstable();
    outputs
}

fn shown(answer: &Counted, names: &[String]) -> String {
    let one = |&(name, times): &(u16, usize)| format!("{times} {}", names[usize::from(name)]);
    if answer.is_empty() { "no object".to_owned() } else { answer.iter().map(one).collect::<Vec<_>>().join(", ") }
}
