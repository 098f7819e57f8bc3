//! What texts of each make and length lead to.

use super::kinds::{Kinds, Made};
use crate::decider::DecideError;
use crate::decision::Decision;
use crate::summarize::constants::Constants;
use crate::summarize::matching::spellings;
use crate::summarize::measured::{Equal, Texts};
use crate::summarize::probe::{Outcome, Probe};
use crate::summarize::tree::{self, Part};
use crate::summarize::values::Sample;
use crate::summary::{Bounds, Condition, Limit};

/// Words of the program that are tried as well.
const MAX_WORDS: usize = 24;

/// Numbers of the program that are tried as texts.
const MAX_NUMBERS: usize = 8;

/// Characters that are often taken out before a text is looked at.
const TAKEN_OUT: [char; 6] = [' ', '-', '.', ',', ':', '/'];

/// Makes that lead to the same at each length, with what they lead to.
type Group = (Vec<Made>, Vec<Outcome>);

/// A make, and what it leads to at each length that it can have.
type Row = (Made, Vec<Option<Outcome>>);

/// How outcomes are told apart.
pub(super) enum Numbering {
    /// Each by itself, but those that are taken for one.
    Outcomes {
        equal: Equal,
        /// One of each.
        known: Vec<Outcome>,
    },
    /// Whether it is this one, but for data.
    Taking {
        led: Outcome,
        /// What is no other one, though it may be the same but for data: a list without items.
        usual: Outcome,
    },
}

impl Numbering {
    /// The number of the outcome that is asked for.
    pub(super) const TAKES: Outcome = 1;
    /// That of what is done without the item.
    pub(super) const LEAVES: Outcome = 0;
    /// That of any other.
    pub(super) const ELSEWHERE: Outcome = 2;

    pub(super) fn new(equal: Equal) -> Self {
        Self::Outcomes { equal, known: Vec::new() }
    }

    fn number(&mut self, probe: &Probe<'_>, outcome: Outcome) -> Outcome {
        match self {
            Self::Outcomes { equal, known } => {
                let same = known.iter().copied().find(|one| equal.holds(probe, *one, outcome));
                same.unwrap_or_else(|| {
                    known.push(outcome);
                    outcome
                })
            }
            Self::Taking { led, .. } if outcome == *led => Self::TAKES,
            Self::Taking { usual, .. } if outcome == *usual => Self::LEAVES,
            Self::Taking { led, .. } if probe.differ_by_data_only(outcome, *led) => Self::TAKES,
            Self::Taking { usual, .. } if probe.differ_by_data_only(outcome, *usual) => Self::LEAVES,
            Self::Taking { .. } => Self::ELSEWHERE,
        }
    }
}

/// What was found of texts of each make and length.
pub(super) enum Tried {
    /// They all lead to one and the same.
    One,
    /// Where in a text what stands makes a difference.
    Placed,
    Table(Table),
}

/// What texts of each make and length lead to.
pub(super) struct Table {
    pub(super) numbering: Numbering,
    /// How many texts of one make and length are answered.
    pub(super) count: usize,
    lengths: Vec<usize>,
    groups: Vec<Group>,
}

impl Table {
    pub(super) fn find(
        probe: &mut Probe<'_>,
        (texts, count): (&Texts<'_>, usize),
        (makes, lengths): (&[Made], &[usize]),
        mut numbering: Numbering,
    ) -> Result<Tried, DecideError> {
        let mut first = None;
        let few = makes.iter().filter(|made| makes.len() == 1 || made.is_telling());
        let mut few = few.flat_map(|made| lengths.iter().filter_map(|length| made.texts(*length).into_iter().next()));
        let mut differ = false;
        while let Some(text) = few.next().filter(|_| !differ) {
            let outcome = probe.run(&texts.answer(&vec![text.as_str(); count]))?;
            let outcome = numbering.number(probe, outcome);
            differ = *first.get_or_insert(outcome) != outcome;
        }
        if !differ {
            return Ok(Tried::One);
        }
        let mut rows: Vec<Row> = Vec::new();
        for &made in makes {
            let mut own = Vec::new();
            for &length in lengths {
                let mut same = None;
                for text in made.texts(length) {
                    let outcome = probe.run(&texts.answer(&vec![text.as_str(); count]))?;
                    let outcome = numbering.number(probe, outcome);
                    if *same.get_or_insert(outcome) != outcome {
                        return Ok(Tried::Placed);
                    }
                }
                own.push(same);
            }
            rows.push((made, own));
        }
        Ok(Tried::Table(Self { numbering, count, lengths: lengths.to_vec(), groups: grouped(&rows) }))
    }

    /// Whether what a text is made of makes a difference, and not only how long it is.
    pub(super) fn is_of_makes(&self) -> bool {
        self.groups.len() > 1
    }

    /// Whether another table says the same.
    pub(super) fn is_like(&self, other: &Self, same: impl Fn(Outcome, Outcome) -> bool) -> bool {
        let same = |one: &Group, other: &Group| {
            one.0 == other.0 && one.1.iter().zip(&other.1).all(|(one, other)| same(*one, *other))
        };
        self.groups.len() == other.groups.len()
            && self.groups.iter().zip(&other.groups).all(|(one, other)| same(one, other))
    }

    /// Its parts of one outcome each.
    pub(super) fn parts(&self) -> Vec<Part> {
        let outcomes: Vec<Outcome> = self.groups.iter().flat_map(|group| group.1.clone()).collect();
        tree::parts(&[self.groups.len(), self.lengths.len()], &outcomes)
    }

    /// Three of the longest texts that lead to such an outcome: they are found nowhere else.
    pub(super) fn longest(&self, is_such: impl Fn(Outcome) -> bool) -> Option<[String; 3]> {
        let cells = self.groups.iter().flat_map(|(makes, outcomes)| {
            let cells = self.lengths.iter().zip(outcomes).filter(|cell| is_such(*cell.1));
            let made = |length: usize| makes.iter().find(move |made| made.least() <= length);
            cells.filter_map(move |cell| Some((*cell.0, made(*cell.0)?))).collect::<Vec<_>>()
        });
        cells.max_by_key(|cell| cell.0).map(|(length, made)| made.marked(length))
    }

    /// Two texts of different lengths that lead to one and the same, which is not this.
    pub(super) fn two_lengths(&self, usual: Outcome) -> Option<(String, String)> {
        self.groups.iter().find_map(|(makes, outcomes)| {
            let made = makes.first()?;
            let places = (0..self.lengths.len()).filter(|at| self.lengths[*at] >= made.least().max(2));
            let leading: Vec<usize> = places.filter(|at| outcomes[*at] != usual).collect();
            let (short, long) = (*leading.first()?, *leading.last()?);
            let [one, other] = [short, long].map(|at| made.marked(self.lengths[at]));
            (short != long && outcomes[short] == outcomes[long]).then(|| (one[0].clone(), other[1].clone()))
        })
    }

    /// Texts that take each of these branches, where there are some.
    pub(super) fn samples(
        &self,
        probe: &mut Probe<'_>,
        texts: &Texts<'_>,
        branches: &[Decision],
    ) -> Result<Vec<Sample>, DecideError> {
        let mut samples = Vec::new();
        for branch in branches {
            let told = probe.intern(branch.clone());
            let Some([text, ..]) = self.longest(|outcome| outcome == told) else { continue };
            let several = vec![text; self.count];
            let outcome = probe.run(&texts.answer(&several.iter().map(String::as_str).collect::<Vec<_>>()))?;
            samples.push(Sample { texts: several, outcome });
        }
        Ok(samples)
    }

    /// What the cells of a part say of a text; `None` where that has no words.
    pub(super) fn conditions(&self, part: &Part, field: &str) -> Option<Vec<Condition>> {
        let mut conditions = Vec::new();
        if part.cells[0].len() < self.groups.len() {
            let makes = part.cells[0].iter().flat_map(|group| self.groups[*group].0.iter().copied());
            let values = vec![Kinds::of(makes).describe()?];
            conditions.push(Condition { field: Condition::CHARACTERS.to_owned() + field, values, intervals: vec![] });
        }
        if part.cells[1].len() < self.lengths.len() {
            let field = format!("length of {field}");
            let intervals = self.intervals(&part.cells[1], &field);
            conditions.push(Condition { field, values: Vec::new(), intervals });
        }
        Some(conditions)
    }

    /// The stretches of lengths that these cells are.
    fn intervals(&self, cells: &[usize], field: &str) -> Vec<Bounds> {
        let limit = |at: usize| Some(Limit { value: self.lengths[at] as f64, inclusive: true });
        let mut intervals: Vec<Bounds> = Vec::new();
        for (place, &at) in cells.iter().enumerate() {
            let high = limit(at).filter(|_| at + 1 < self.lengths.len());
            if let Some(last) = intervals.last_mut().filter(|_| place > 0 && cells[place - 1] + 1 == at) {
                last.high = high;
            } else {
                let low = limit(at).filter(|_| at > 0);
                intervals.push(Bounds { field: field.to_owned(), low, high, percent: false });
            }
        }
        // Only an empty text is shorter than the shortest.
        let only = intervals.iter_mut().filter(|bounds| bounds.low.is_none() && bounds.high == limit(0));
        only.for_each(|bounds| bounds.low = limit(0));
        intervals
    }

    /// Marks that may stand in a text and change nothing; `None` where one leads elsewhere than the table says.
    pub(super) fn taken_out(
        &mut self,
        probe: &mut Probe<'_>,
        texts: &Texts<'_>,
        usual: Outcome,
    ) -> Result<Option<Vec<char>>, DecideError> {
        let mut taken_out = Vec::new();
        for mark in TAKEN_OUT {
            let (mut ignored, mut counted) = (true, true);
            for at in 0..self.groups.len() {
                let Some((mut text, led)) = self.telling(at, usual) else { continue };
                text.insert(1, mark);
                let predicted = self.predicted(&text);
                let outcome = self.led(probe, texts, &text)?;
                ignored &= outcome == led;
                counted &= predicted.is_none_or(|known| known == outcome);
            }
            match (ignored, counted) {
                (_, true) => {}
                (true, false) => taken_out.push(mark),
                (false, false) => return Ok(None),
            }
        }
        Ok(Some(taken_out))
    }

    /// What a text is taken apart into, of which one that leads somewhere is enough, beside one that leads nowhere.
    pub(super) fn part_of_text(
        &mut self,
        probe: &mut Probe<'_>,
        texts: &Texts<'_>,
        parts: &[Part],
    ) -> Result<Option<&'static str>, DecideError> {
        let outcomes: Vec<Outcome> = parts.iter().map(|part| part.outcome).collect();
        for (mark, name) in [(' ', "word"), ('\n', "line")] {
            for &outcome in &outcomes {
                let Some([led, ..]) = self.longest(|own| own == outcome) else { continue };
                for other in self.others(outcome) {
                    let both = [format!("{led}{mark}{other}"), format!("{other}{mark}{led}")];
                    let mut taken = true;
                    for text in &both {
                        // Nor does the mark count for nothing.
                        let as_one = [text.clone(), text.replace(mark, "")];
                        taken &= as_one.iter().all(|text| self.predicted(text) != Some(outcome))
                            && self.led(probe, texts, text)? == outcome;
                    }
                    if taken {
                        return Ok(Some(name));
                    }
                }
            }
        }
        Ok(None)
    }

    /// Texts of each make that lead to something else.
    fn others(&self, outcome: Outcome) -> Vec<String> {
        let of_group = |(makes, outcomes): &Group| {
            let at = outcomes.iter().rposition(|own| *own != outcome);
            let length = at.map_or(0, |at| self.lengths[at]);
            let long_enough = makes.iter().filter(move |made| made.least() <= length);
            long_enough.map(|made| made.marked(length)[0].clone()).collect::<Vec<_>>()
        };
        self.groups.iter().flat_map(of_group).collect()
    }

    /// Whether the number that a text is decides, too: one of the program's leads elsewhere than the table says.
    pub(super) fn hangs_on_value(
        &mut self,
        probe: &mut Probe<'_>,
        texts: &Texts<'_>,
        constants: &Constants,
    ) -> Result<bool, DecideError> {
        let whole = constants.numbers.iter().filter(|number| number.fract() == 0.0 && **number < 1e9);
        let near = whole.take(MAX_NUMBERS).flat_map(|number| [number - 1.0, *number, number + 1.0]);
        for number in near.filter(|number| *number >= 0.0) {
            let text = number.to_string();
            if let Some(known) = self.predicted(&text)
                && self.led(probe, texts, &text)? != known
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A text of a group that leads somewhere, if one does, and where any leads.
    fn telling(&self, group: usize, usual: Outcome) -> Option<(String, Outcome)> {
        let (makes, outcomes) = &self.groups[group];
        let made = makes.first()?;
        let places = || (0..self.lengths.len()).filter(|at| self.lengths[*at] >= made.least().max(2));
        let at = places().find(|at| outcomes[*at] != usual).or_else(|| places().next())?;
        Some((made.texts(self.lengths[at]).into_iter().next()?, outcomes[at]))
    }

    /// Texts with the words that the program asks for which lead elsewhere than the table says, one for each outcome.
    pub(super) fn exceptions(
        &mut self,
        probe: &mut Probe<'_>,
        texts: &Texts<'_>,
    ) -> Result<Vec<(String, Outcome)>, DecideError> {
        let asked: Vec<String> = probe.compared().into_iter().filter(|word| !word.trim().is_empty()).collect();
        let forms = asked.iter().take(MAX_WORDS).flat_map(|word| spellings(word).into_iter().take(1));
        let forms: Vec<String> = forms.flat_map(|form| self.holding(&form)).collect();
        let mut found: Vec<(String, Outcome)> = Vec::new();
        for form in forms {
            let Some(known) = self.predicted(&form) else { continue };
            let outcome = self.led(probe, texts, &form)?;
            if outcome != known && found.iter().all(|other| other.1 != outcome) {
                found.push((form, outcome));
            }
        }
        Ok(found)
    }

    /// A word, and texts of the lengths that are tried which begin or end with it.
    fn holding(&self, word: &str) -> Vec<String> {
        let mut all = vec![word.to_owned()];
        let length = word.chars().count();
        let Some(made) = Made::of(word) else { return all };
        for rest in self.lengths.iter().filter_map(|own| own.checked_sub(length)).filter(|rest| *rest > 0) {
            for made in [made].into_iter().chain(Made::plain()) {
                let [_, rest, _] = made.marked(rest);
                all.extend([format!("{word}{rest}"), format!("{rest}{word}")]);
            }
        }
        all
    }

    /// What a text leads to, as it is numbered here.
    fn led(&mut self, probe: &mut Probe<'_>, texts: &Texts<'_>, text: &str) -> Result<Outcome, DecideError> {
        let outcome = probe.run(&texts.answer(&vec![text; self.count]))?;
        Ok(self.numbering.number(probe, outcome))
    }

    /// What the table says of a text.
    fn predicted(&self, text: &str) -> Option<Outcome> {
        let made = Made::of(text)?;
        let (_, outcomes) = self.groups.iter().find(|group| group.0.contains(&made))?;
        let length = text.chars().count();
        let at = self.lengths.iter().rposition(|known| *known <= length)?;
        outcomes.get(at).copied()
    }
}

/// Makes that lead to the same at each length. Which of a few groups one of several kinds belongs to, where no text is so
/// short that it would tell, is as it is most easily said.
fn grouped(rows: &[Row]) -> Vec<Group> {
    let mut groups: Vec<(Vec<Made>, Vec<Option<Outcome>>)> = Vec::new();
    for (made, own) in rows {
        let agreeing = groups.iter_mut().filter(|group| agree(&group.1, own));
        // The first of the greatest.
        match agreeing.rev().max_by_key(|group| group.0.len()) {
            Some((makes, outcomes)) => {
                makes.push(*made);
                outcomes.iter_mut().zip(own).for_each(|(known, own)| *known = known.or(*own));
            }
            None => groups.push((vec![*made], own.clone())),
        }
    }
    groups.into_iter().map(|(makes, own)| (makes, complete(&own))).collect()
}

/// Whether two makes lead to the same at each length that texts of both have.
fn agree(one: &[Option<Outcome>], other: &[Option<Outcome>]) -> bool {
    one.iter().zip(other).all(|pair| !matches!(pair, (Some(one), Some(other)) if one != other))
}

/// The outcomes at each length: where there is no text so short, that of the next. The longest are of any make.
fn complete(own: &[Option<Outcome>]) -> Vec<Outcome> {
    (0..own.len()).filter_map(|at| own[at..].iter().find_map(|one| *one)).collect()
}
