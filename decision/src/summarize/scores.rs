//! Score thresholds and how many results the application looks at.

use super::branches::{Branches, Found};
use super::probe::{NEUTRAL, Outcome, Probe};
use super::verify::LONGEST;
use super::{Draft, Reason};
use crate::decider::DecideError;
use crate::summary::MinScore;

/// Scores between which a ladder of outcomes would show.
const STEPS: u32 = 20;

/// The score that the branch's labels need, exact to the last bit. `idle` are the outcomes on other labels and on none.
pub(super) fn threshold(
    probe: &mut Probe<'_>,
    branch: &Found,
    idle: [Outcome; 2],
) -> Result<Result<Option<MinScore>, Reason>, DecideError> {
    let Some(sample) = branch.samples.first() else { return Ok(Ok(None)) };
    // A black-list is judged by what keeps the application from the branch; its samples are the other labels.
    let mut passes =
        |label: &str, score: f64| probe.scored(&[(label, score)]).map(|outcome| (outcome == branch.outcome, outcome));
    let mut lowest = None;
    let mut ladder = false;
    for step in 0..=STEPS {
        let (pass, outcome) = passes(sample, f64::from(step) / f64::from(STEPS))?;
        ladder |= if pass { false } else { !idle.contains(&outcome) || lowest.is_some() };
        if pass && lowest.is_none() {
            lowest = Some(step);
        }
    }
    if ladder {
        return Ok(Err(Reason("the outcome depends on ranges of the score".to_owned())));
    }
    let lowest = lowest.unwrap_or(STEPS);
    if lowest == 0 {
        return Ok(Ok(None));
    }
    let ends = [lowest - 1, lowest].map(|step| f64::from(step) / f64::from(STEPS));
    let [below, above] = neighbours(ends, &mut |score| Ok(passes(sample, score)?.0))?;
    for other in &branch.samples {
        if !passes(other, above)?.0 || passes(other, below)?.0 {
            return Ok(Err(Reason("labels of one branch need different scores".to_owned())));
        }
    }
    Ok(Ok(as_written([below, above], &mut |score| Ok(passes(sample, score)?.0))?))
}

/// The two neighbouring scores, of which the higher one passes, between one that does not pass and one that does.
pub(super) fn neighbours(
    ends: [f64; 2],
    passes: &mut dyn FnMut(f64) -> Result<bool, DecideError>,
) -> Result<[f64; 2], DecideError> {
    // Positive floats are ordered as their bits: halving ends at two neighbours.
    let [mut below, mut above] = ends.map(f64::to_bits);
    while above - below > 1 {
        let middle = below + (above - below) / 2;
        if passes(f64::from_bits(middle))? { above = middle } else { below = middle }
    }
    Ok([below, above].map(f64::from_bits))
}

/// The bound between two neighbouring scores as a person writes it; none where every score above 0 passes.
pub(super) fn as_written(
    [below, above]: [f64; 2],
    passes: &mut dyn FnMut(f64) -> Result<bool, DecideError>,
) -> Result<Option<MinScore>, DecideError> {
    // A percentage is a hundred times the score: what a person writes may lie a few floats off.
    let short = (above * 1e6).round() / 1e6;
    if (short - above).abs() < 1e-12 && ![below, above].map(f64::to_bits).contains(&short.to_bits()) {
        return Ok(Some(MinScore { value: short, inclusive: passes(short)? }));
    }
    // `> 0.7` passes first at the float after 0.7; the shorter of the two is what the source says.
    let inclusive = above.to_string().len() <= below.to_string().len();
    Ok((below != 0.0).then_some(MinScore { value: if inclusive { above } else { below }, inclusive }))
}

impl Draft {
    /// How many results the application looks at, or why their places in the answer say nothing.
    pub(super) fn top_k(
        &mut self,
        probe: &mut Probe<'_>,
        (found, pairs): (&Branches, &[Found]),
        per_item: bool,
    ) -> Result<Result<Option<u32>, Reason>, DecideError> {
        if let Some(reason) = in_alphabet(probe, found)? {
            self.is_put_together = true;
            return Ok(Err(reason));
        }
        top_k(probe, (found, pairs), per_item)
    }
}

/// How many results the application looks at, when fewer than the longest answer.
/// Where every item leaves its own trace (`per_item`), what the others leave shows beside the branch's; and where any
/// other label takes the place of a branch (`pairs`), that is what is looked for.
fn top_k(
    probe: &mut Probe<'_>,
    (found, pairs): (&Branches, &[Found]),
    per_item: bool,
) -> Result<Result<Option<u32>, Reason>, DecideError> {
    let Some(filler) = found.filler.clone().filter(|_| !probe.subject.is_single()) else { return Ok(Ok(None)) };
    let mut common: Option<Option<u32>> = None;
    for branch in found.branches.iter().filter(|branch| !branch.negated) {
        let Some(sample) = branch.samples.first() else { continue };
        let replaced = pairs.iter().any(|pair| pair.except && pair.with == Some(branch.outcome));
        let beside = if per_item || replaced { probe.labels(&[&filler, sample])? } else { branch.outcome };
        let reaches = |probe: &mut Probe<'_>, place: u32| {
            let mut labels = vec![filler.as_str(); place as usize];
            labels.push(sample);
            probe.labels(&labels).map(|outcome| outcome == beside)
        };
        let mut cut = None;
        if !reaches(probe, LONGEST)? {
            let mut place = 1;
            while reaches(probe, place)? {
                place += 1;
            }
            // The others that a label stands for are there, too.
            cut = Some(place + probe.copies().count() as u32 - 1);
            let before = vec![filler.as_str(); place as usize];
            let beyond = [&before[..], &[sample.as_str()]].concat();
            if probe.labels(&beyond)? != probe.labels(&before)? {
                let reason = format!("what a label like `{sample}` leads to depends on the labels before it");
                return Ok(Err(Reason(reason)));
            }
        }
        if common.is_some_and(|common| common != cut) {
            return Ok(Err(Reason("branches look at different numbers of results".to_owned())));
        }
        common = Some(cut);
    }
    Ok(Ok(common.flatten()))
}

/// Why the place of a name in the answer says nothing, where names are put in order first: of several it is the first or
/// the last of that order which decides.
fn in_alphabet(probe: &mut Probe<'_>, found: &Branches) -> Result<Option<Reason>, DecideError> {
    let branch = found.branches.iter().find(|branch| !branch.negated && !branch.except);
    let Some((sample, outcome)) = branch.and_then(|branch| Some((branch.samples.first()?.as_str(), branch.outcome)))
    else {
        return Ok(None);
    };
    // Signs before and behind all letters and digits.
    let (low, high) = (format!("!{NEUTRAL}"), format!("~{NEUTRAL}"));
    if [&low, &high].into_iter().any(|name| !probe.subject.knows(name) || probe.subject.exclude(name, sample)) {
        return Ok(None);
    }
    let beside = [probe.labels(&[&low, sample])?, probe.labels(&[&high, sample])?];
    let place = match beside.map(|led| led == outcome) {
        [false, true] => "first",
        [true, false] => "last",
        _ => return Ok(None),
    };
    let turned = [probe.labels(&[sample, &low])?, probe.labels(&[sample, &high])?];
    let alone = [probe.labels(&[&low])?, probe.labels(&[&high])?];
    let other = usize::from(place == "last");
    // Nor does the score decide first, or how often a name is there.
    let mut is_so = beside == turned && alone[0] == alone[1] && beside[other] == alone[other];
    for (name, led) in [&low, &high].into_iter().zip(beside) {
        let unequal = [[(name.as_str(), 1.0), (sample, 0.9)], [(sample, 1.0), (name.as_str(), 0.9)]];
        for labels in unequal {
            is_so = is_so && probe.scored(&labels)? == led;
        }
        is_so = is_so && probe.labels(&[name, name, sample])? == led && probe.labels(&[sample, sample, name])? == led;
    }
    Ok(is_so.then(|| Reason(format!("of several names the {place} in the order of the alphabet decides"))))
}
