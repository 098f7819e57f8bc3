//! What comes of several items of one branch: each is acted on, or one of them, or a list of them, is handed on.

use crate::api::Api;
use crate::decider::DecideError;
use crate::decision::Rendered;
use crate::program::Program;
use crate::sample;
use crate::summarize::branches::Branches;
use crate::summarize::probe::{Outcome, Probe, contrast};
use crate::summarize::{Draft, HANDED_ON, Reason, handed, items, preferred, rank, words};
use crate::summary::{DecisionType, Handed, MatchMode};

/// What is said where an item that is as one before it counts no more.
const REPEATS_DROPPED: &str = "an item that is all like one before it leads to nothing more";

impl Draft {
    /// That names are only handed on, and which of them.
    pub(super) fn handed_on(
        &mut self,
        probe: &mut Probe<'_>,
        (found, words): (&Branches, &[words::Found]),
        (program, api): (&Program, &Api),
    ) -> Result<Reason, DecideError> {
        // Names that are left out may stand before the one that is not.
        let leaves_out = found.branches.iter().any(|branch| branch.except);
        self.summary.top_k = if leaves_out { None } else { probe.looks_at(&api.answer)? };
        let mut most = None;
        match rank::of_names(probe, &api.answer)? {
            Some(cut) if cut.by.is_some() => (self.summary.top_k, self.summary.ranked) = (Some(cut.count), cut.by),
            Some(cut) if leaves_out && cut.count > 1 && probe.asked_for() != Some(cut.count as usize) => {
                most = Some(cut.count);
                self.warn(program, no_more_than(cut.count));
            }
            _ => {}
        }
        if self.summary.top_k != Some(1) {
            // That names are handed on says so already, unless some are left out.
            let selects = self.summary.selects_names();
            let names: Vec<_> = found.branches.iter().map(|branch| branch.samples.clone()).collect();
            let handed = handed::find(probe, found, &names, (&api.answer, &[]))?;
            self.summary.handed = handed.filter(|handed| match handed {
                Handed::All => selects && most.is_none(),
                Handed::Everything => false,
                _ => true,
            });
            self.prefer(probe, (found, words))?;
        } else if let Some(preferred) = preferred::find(probe, found, words)? {
            // Of those it is not the first that is looked at.
            self.summary.top_k = None;
            self.summary.handed = Some(if self.summary.ranked.is_some() { Handed::Greatest } else { Handed::First });
            self.add_preferred(preferred);
        }
        Ok(Reason(HANDED_ON.to_owned()))
    }

    /// What comes of several items of one branch: each is acted on, or one of them is handed on.
    pub(super) fn of_several(
        &mut self,
        probe: &mut Probe<'_>,
        (found, words): (&Branches, &[words::Found]),
        (program, api): (&Program, &Api),
    ) -> Result<(), DecideError> {
        use DecisionType::{MultiChoice, MultiSelect, TrueFalse};
        if !matches!(self.summary.decision_type, TrueFalse | MultiChoice | MultiSelect) {
            return Ok(());
        }
        let names = alike(probe, found, words, api.repeats)?;
        self.summary.again = items::act_again(probe, found, &names)?;
        if self.summary.top_k != Some(1) && hands_on(probe, found) {
            let least: Vec<_> =
                self.summary.branches.iter().map(|branch| branch.min_score.map(|min| min.value)).collect();
            let handed = handed::find(probe, found, &names, (&api.answer, &least))?;
            // A list of all that match is handed on once.
            if handed == Some(Handed::All) && self.summary.again {
                self.summary.again = items::act_apart(probe, found, &names)?;
            }
            let again = self.summary.again;
            self.summary.handed = handed.filter(|handed| *handed != Handed::All || !again);
            self.prefer(probe, (found, words))?;
        }
        // What grows with a list is done once, with more on the list.
        if self.summary.again && !items::act_apart(probe, found, &names)? {
            self.summary.again = false;
            self.summary.handed.get_or_insert(Handed::Listed);
        }
        let may_repeat = api.repeats || probe.subject.repeats();
        if self.summary.again && may_repeat && items::drop_repeats(probe, found, &names, &api.answer)? {
            self.warn(program, REPEATS_DROPPED.to_owned());
        }
        Ok(())
    }

    /// Tells which names are handed on before the one that is else.
    pub(super) fn prefer(
        &mut self,
        probe: &mut Probe<'_>,
        (found, words): (&Branches, &[words::Found]),
    ) -> Result<(), DecideError> {
        let is_one = self.summary.handed.is_some_and(|one| !matches!(one, Handed::All | Handed::Everything));
        if is_one && let Some(preferred) = preferred::find(probe, found, words)? {
            self.add_preferred(preferred);
        }
        Ok(())
    }

    pub(super) fn add_preferred(&mut self, preferred: preferred::Preferred) {
        let is_one = |text: &String| preferred.words.contains(text);
        self.summary.idle.retain(|word| !is_one(&word.text));
        // They take the branch as any other name does.
        let any = self.summary.branches.iter_mut().filter(|branch| !branch.except);
        any.for_each(|branch| branch.words.retain(|word| word.mode != MatchMode::Any || !is_one(&word.text)));
        self.warnings.push(preferred.warning);
    }

    /// Warns of how many names are put into a list. Which names are there to be left out is not known, so that it is the
    /// number of others that shows.
    pub(super) fn warn_of_most(
        &mut self,
        program: &Program,
        probe: &mut Probe<'_>,
        found: &Branches,
        api: &Api,
    ) -> Result<(), DecideError> {
        if hands_on(probe, found)
            && collects(probe, found)
            && let Some(most) = probe.looks_at(&api.answer)?
        {
            self.warn(program, no_more_than(most));
        }
        Ok(())
    }
}

/// What is said of how many names are taken where some are left out.
fn no_more_than(most: u32) -> String {
    format!("of the names that are not left out no more than {most} are taken")
}

/// Whether what a branch does carries the API's data.
pub(super) fn hands_on(probe: &Probe<'_>, found: &Branches) -> bool {
    let data = |outcome: Outcome| {
        let effects = probe.own_effects(outcome, found.default);
        effects.iter().any(|effect| effect.values.iter().any(Rendered::has_data))
    };
    found.branches.iter().any(|branch| data(branch.outcome))
}

/// Whether what the one branch does says something in words of the program's own where others stand without it, whatever
/// data of the API it carries besides.
pub(super) fn chooses(probe: &Probe<'_>, found: &Branches) -> bool {
    let [branch] = found.branches.as_slice() else { return false };
    let (own, usual) =
        (probe.own_effects(branch.outcome, found.default), probe.own_effects(found.default, branch.outcome));
    own.iter().any(|effect| usual.iter().any(|other| contrast(effect, other)))
}

/// Whether every name that is not left out is put into a list.
pub(super) fn collects(probe: &Probe<'_>, found: &Branches) -> bool {
    let [branch] = found.branches.as_slice() else { return false };
    let effects = probe.own_effects(branch.outcome, found.default);
    let lists = effects.iter().any(|effect| effect.values.iter().any(Rendered::lists_data));
    lists && branch.except && !probe.fails(found.default)
}

/// Up to three names that lead to each branch by themselves, be they in the vocabulary or only words of the program's.
pub(super) fn alike(
    probe: &mut Probe<'_>,
    found: &Branches,
    words: &[words::Found],
    repeats: bool,
) -> Result<Vec<Vec<String>>, DecideError> {
    const ENOUGH: usize = 3;
    let mut all = Vec::new();
    for branch in &found.branches {
        let mut names: Vec<String> = branch.samples.iter().take(ENOUGH).cloned().collect();
        for word in words.iter().filter(|word| word.outcome == Some(branch.outcome)).map(words::Found::compared) {
            let matched = [sample::of(word), sample::another(word)].into_iter().flatten();
            for name in matched.chain([word.to_owned()]) {
                let is_new = names.len() < ENOUGH && !names.contains(&name);
                if is_new && probe.labels(&[&name])? == branch.outcome {
                    names.push(name);
                }
            }
        }
        if let (true, [only]) = (repeats || probe.subject.repeats(), names.as_slice()) {
            names = vec![only.clone(); ENOUGH];
        }
        all.push(names);
    }
    Ok(all)
}
