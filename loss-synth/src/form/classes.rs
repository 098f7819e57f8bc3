//! Classes of which one stands in the answer, with a share for each: what a decision on them is as one on members, or on
//! numbers.
//!
//! A decision on nothing but which class stands there is one on members of an enumeration. Where shares count, too, all
//! of it is written with numbers made of the same outputs: that a class stands in the answer is that its share is above
//! each other one's.

use chameleon_decision::{Bounds, Branch, Condition, DecisionType, Limit, Region, Summary};

use crate::answer::{Answer, Class, Field, Number};
use crate::error::LossError;
use crate::link::Link;

/// Summary and answer without classes; none where the answer has none.
pub(super) fn lowered(summary: &Summary, answer: &Answer) -> Result<Option<(Summary, Answer)>, LossError> {
    let Answer::Classes { field, classes, never } = answer else { return Ok(None) };
    let members = |of: &[Class]| of.iter().map(|class| class.member.clone()).collect();
    if summary.branches.iter().all(|branch| branch.regions.is_empty() && branch.conditions.is_empty()) {
        let field = Field { name: field.clone(), members: members(classes), never: members(never) };
        return Ok(Some((summary.clone(), Answer::Members { fields: vec![field], elements: 1 })));
    }
    let shares = Shares { classes, never };
    let branches: Vec<Branch> =
        summary.branches.iter().map(|branch| shares.branch(branch)).collect::<Result<_, _>>()?;
    let mut numbers: Vec<Number> = Vec::new();
    for bounds in branches.iter().flat_map(|branch| branch.regions.iter().flatten()) {
        if numbers.iter().all(|number| number.field != bounds.field) {
            numbers.push(Number { field: bounds.field.clone(), at: 0, link: shares.link(&bounds.field)? });
        }
    }
    let lowered =
        Summary { decision_type: DecisionType::Range, order: None, reason: None, branches, ..summary.clone() };
    Ok(Some((lowered, Answer::Numbers { numbers })))
}

/// The numbers where a class is true: it has all of the share.
pub(super) fn true_numbers(answer: &Answer, numbers: &[Number]) -> Vec<Vec<f64>> {
    let Answer::Classes { classes, .. } = answer else { return Vec::new() };
    let of_class = |class: usize| numbers.iter().map(|number| number.link.of_class(class)).collect();
    if numbers.is_empty() { Vec::new() } else { (0..classes.len()).map(of_class).collect() }
}

struct Shares<'a> {
    classes: &'a [Class],
    never: &'a [Class],
}

impl Shares<'_> {
    /// The branch by its regions alone.
    fn branch(&self, branch: &Branch) -> Result<Branch, LossError> {
        if branch.min_score.is_some() || (branch.negated && !branch.conditions.is_empty()) {
            let reason = format!("branch `{}` asks for more than a class and its share", branch.name);
            return Err(LossError::NotInTaxonomy { reason });
        }
        let mut regions = if branch.regions.is_empty() { vec![Region::new()] } else { branch.regions.clone() };
        for condition in &branch.conditions {
            regions = crossed(&regions, &self.condition(condition)?);
        }
        if !branch.labels.is_empty() {
            if let Some(unknown) = branch.labels.iter().find(|label| self.all().all(|class| class.member != **label)) {
                return Err(LossError::UnknownLabel {
                    branch: branch.name.clone(),
                    label: unknown.clone(),
                    vocabulary: "the answer".to_owned(),
                });
            }
            let listed = |class: &&Class| branch.labels.contains(&class.member) != branch.negated;
            let members: Vec<Region> =
                self.all().filter(listed).map(|class| self.greatest(class, self.all())).collect();
            regions = crossed(&regions, &members);
        }
        Ok(Branch { labels: Vec::new(), negated: false, conditions: Vec::new(), regions, ..branch.clone() })
    }

    fn all(&self) -> impl Iterator<Item = &Class> {
        self.classes.iter().chain(self.never)
    }

    /// The regions in which a condition holds.
    fn condition(&self, condition: &Condition) -> Result<Vec<Region>, LossError> {
        if condition.values.is_empty() {
            return Ok(condition.intervals.iter().map(|bounds| vec![bounds.clone()]).collect());
        }
        if condition.values != [Condition::GREATEST] {
            return Err(unknown(&condition.field));
        }
        let greatest = |share: &str| {
            let class = self.all().find(|class| class.share == share).ok_or_else(|| unknown(&condition.field))?;
            Ok(self.greatest(class, self.all()))
        };
        condition.field.split(" or ").map(greatest).collect()
    }

    /// Where a class has the greatest share.
    fn greatest<'c>(&self, class: &Class, others: impl Iterator<Item = &'c Class>) -> Region {
        let above = Some(Limit { value: 0.0, inclusive: false });
        let bounds = |field| Bounds { field, low: above, high: None, percent: false };
        let mut region: Region = others
            .filter(|other| other.share != class.share && !self.never.contains(other))
            .map(|other| bounds(format!("{} - {}", class.share, other.share)))
            .collect();
        if self.never.contains(class) {
            region.push(bounds(class.share.clone()));
        }
        region
    }

    /// How the outputs make a number, as summaries write it: a share, the difference of two (`a - b`), or their mean
    /// (`(a + b) / 2`).
    fn link(&self, field: &str) -> Result<Link, LossError> {
        let classes = self.classes.len();
        if let Some(class) = self.classes.iter().position(|class| class.share == field) {
            return Ok(Link::Share { class, classes });
        }
        let mean = field.strip_prefix('(').and_then(|field| field.strip_suffix(") / 2"));
        let terms = match (mean.and_then(|sum| sum.split_once(" + ")), field.split_once(" - ")) {
            (Some((one, other)), _) => vec![(one, 0.5), (other, 0.5)],
            (None, Some((one, other))) => vec![(one, 1.0), (other, -1.0)],
            (None, None) => vec![(field, 1.0)],
        };
        let mut values = vec![0.0; classes];
        for (share, weight) in terms {
            match self.classes.iter().position(|class| class.share == share) {
                Some(class) => values[class] += weight,
                None if self.never.iter().any(|class| class.share == share) => {}
                None => return Err(unknown(field)),
            }
        }
        Ok(Link::Expectation { values })
    }
}

fn unknown(field: &str) -> LossError {
    LossError::UnknownField { field: field.to_owned(), api: "the answer".to_owned() }
}

/// The regions in which one of both lists holds.
fn crossed(some: &[Region], others: &[Region]) -> Vec<Region> {
    let with = |region: &Region| others.iter().map(|other| [region.as_slice(), other].concat()).collect::<Vec<_>>();
    some.iter().flat_map(with).collect()
}
