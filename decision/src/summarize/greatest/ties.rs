//! Which of several fields wins where they are equally great.

use super::Fields;
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::summarize::probe::{Outcome, Probe};
use crate::summarize::verify::Random;

/// Answers tried for each pair of fields.
const TRIALS: usize = 6;

/// The fields in an order in which each wins over those after it where both are the greatest; `None` where there is none.
pub(super) fn order(
    probe: &mut Probe<'_>,
    fields: &Fields<'_>,
    led: &[Outcome],
) -> Result<Option<Vec<usize>>, DecideError> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut wins: Vec<(usize, usize)> = Vec::new();
    for one in 0..led.len() {
        for other in one + 1..led.len() {
            if probe.differ_by_data_only(led[one], led[other]) {
                continue;
            }
            let mut winner = None;
            for _ in 0..TRIALS {
                let answer = fields.answer(&[one, other], &mut random);
                let outcome = probe.run(&ApiOutput::Answer { answer })?;
                let won = [(one, other), (other, one)];
                let won = won.into_iter().find(|(first, _)| probe.differ_by_data_only(outcome, led[*first]));
                let Some(won) = won else { return Ok(None) };
                if *winner.get_or_insert(won) != won {
                    return Ok(None);
                }
            }
            wins.extend(winner);
        }
    }
    let mut left: Vec<usize> = (0..led.len()).collect();
    let mut order = Vec::new();
    while !left.is_empty() {
        let loses = |at: usize| wins.iter().any(|(first, second)| *second == at && left.contains(first));
        let Some(place) = left.iter().position(|&at| !loses(at)) else { return Ok(None) };
        order.push(left.remove(place));
    }
    Ok(Some(order))
}
