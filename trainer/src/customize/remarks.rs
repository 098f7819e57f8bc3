//! What the numbers of a customization say that is easily overlooked.

use super::report::Served;
use crate::evaluation::strata::{Strata, Weighting};

/// Remarks on a model that is to be served: where the test examples, which had no part in the choice, do not confirm it,
/// and where it is better by the decision and worse by the example. `wrong` and `generic` are its and the generic model's
/// wrong decisions on the test examples.
pub(super) fn of(strata: &Strata, served: &Served, wrong: &[bool], generic: &[bool]) -> Vec<String> {
    if !served.passes {
        return Vec::new();
    }
    let percent = |rate: f64| format!("{:.1} %", 100.0 * rate);
    let (own, before) = (strata.error(wrong), strata.error(generic));
    let mut remarks = Vec::new();
    if own > before || (own >= before && own > 0.0) {
        remarks.push(format!(
            "the test examples do not confirm that it is better: it decides {} of them wrong, the generic model {}; it was chosen by the tuning examples",
            percent(own),
            percent(before)
        ));
    }
    let natural =
        |wrong: &[bool]| wrong.iter().filter(|&&is_wrong| is_wrong).count() as f64 / wrong.len().max(1) as f64;
    let (own, before) = (natural(wrong), natural(generic));
    if strata.weighting() == Weighting::Balanced && own > before {
        remarks.push(format!(
            "counted example by example, on the data's own mix, it decides {} wrong instead of {}: see --weighting natural",
            percent(own),
            percent(before)
        ));
    }
    remarks
}

/// A remark on a decision that counts and hangs on other APIs.
pub(super) const COUNTS_ALONE: &str = "how many objects there are decides: other APIs that the decision hangs on are taken to \
     answer as it is given in the decision process, whatever they answer for these images";

/// A remark on the other APIs whose answers count.
pub(super) fn beside(models: &[String]) -> Option<String> {
    (!models.is_empty()).then(|| {
        let told = models.join(" and ");
        let answer = if models.len() == 1 { "answers" } else { "answer" };
        format!("a decision is right if it is the one on what is true for all APIs that it hangs on; beside this one {told} {answer}")
    })
}

/// A remark on examples that are in no split.
pub(super) fn left_out(count: usize) -> Option<String> {
    let are = if count == 1 { "example is" } else { "examples are" };
    (count > 0).then(|| {
        format!("{count} {are} left out: what is right for them is what the application does at a single number alone, which no model answers")
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::customize::arms::Arm;

    fn served(passes: bool) -> Served {
        Served {
            arm: Arm::Decision,
            seeds: vec![1],
            offsets: BTreeMap::new(),
            others: 0.0,
            tuning: 0.1,
            tuning_generic: 0.2,
            p_value: 0.01,
            p_limit: 0.0125,
            passes,
            reason: String::new(),
            test: 0.1,
        }
    }

    /// 80 examples of one decision and 20 of another, of which so many are decided wrong.
    fn remarks(weighting: Weighting, own: [usize; 2], generic: [usize; 2], passes: bool) -> Vec<String> {
        let decisions: Vec<u32> = (0..100).map(|i| u32::from(i >= 80)).collect();
        let wrong = |counts: [usize; 2]| -> Vec<bool> {
            (0..100).map(|i| i < counts[0] || (80..80 + counts[1]).contains(&i)).collect()
        };
        of(&Strata::new(&decisions, weighting), &served(passes), &wrong(own), &wrong(generic))
    }

    #[test]
    fn a_model_that_is_worse_on_the_own_mix_is_told() {
        let remarks = |weighting| remarks(weighting, [12, 2], [2, 10], true);
        let told = "counted example by example, on the data's own mix, it decides 14.0 % wrong instead of 12.0 %: see --weighting natural";
        assert_eq!(remarks(Weighting::Balanced), [told]);
        assert!(remarks(Weighting::Natural)[0].starts_with("the test examples do not confirm"), "14 is more than 12");
    }

    #[test]
    fn test_examples_that_do_not_confirm_the_choice_are_told() {
        let told = remarks(Weighting::Balanced, [8, 10], [8, 8], true);
        assert!(told[0].contains("it decides 30.0 % of them wrong, the generic model 25.0 %"), "{told:?}");
        assert!(remarks(Weighting::Balanced, [8, 8], [8, 10], true).is_empty());
        assert!(remarks(Weighting::Balanced, [8, 10], [8, 8], false).is_empty(), "it is not served");
    }
}
