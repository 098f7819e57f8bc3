//! Which answers of other APIs a program tells apart.

use std::collections::{BTreeSet, HashMap};

use chameleon_decision::{ApiOutput, Decider, Decision, DecisionProcess, Given, Label};

use super::relevant::{NEUTRAL, scored, shares_words};

/// Kinds of labels of which pairs are tried, the first ones.
const MAX_PAIRED: usize = 8;
/// Names that share words with the program, beside which others are tried.
const MAX_NAMED: usize = 16;
/// Items of no known name that are put beside one another, to see whether their number counts.
const MAX_COUNTED: usize = 12;

/// Answers of other APIs, sorted into classes: of one class are those with which the program does the same on every label
/// that makes a difference and on pairs of them.
#[derive(Debug, Default)]
pub(super) struct Situations {
    /// The class of each situation.
    classes: Vec<u32>,
    /// Of each class its first situation, and how many it has.
    examples: Vec<(Vec<Given>, usize)>,
}

impl Situations {
    /// Sorts situations by what the program does with labels of these kinds. `constants` are the scores that it may compare
    /// with.
    pub(super) fn new(
        process: &DecisionProcess,
        vocabulary: &[String],
        kinds: &[Vec<usize>],
        constants: &[f64],
        given: &[Vec<Given>],
    ) -> Self {
        let probes = Probes { process, outputs: outputs(vocabulary, kinds) };
        let sight = Sight::new(&probes, constants, given);
        let mut by_sight: HashMap<Vec<Seen>, u32> = HashMap::new();
        let mut by_deed: HashMap<Vec<Option<Decision>>, u32> = HashMap::new();
        let mut situations = Self::default();
        for given in given {
            let class = *by_sight.entry(sight.of(given)).or_insert_with(|| {
                *by_deed.entry(probes.deeds(given)).or_insert_with(|| {
                    situations.examples.push((given.clone(), 0));
                    situations.examples.len() as u32 - 1
                })
            });
            situations.examples[class as usize].1 += 1;
            situations.classes.push(class);
        }
        situations
    }

    /// The class of a situation.
    pub(super) fn class(&self, situation: u32) -> u32 {
        self.classes[situation as usize]
    }

    /// How many classes there are.
    pub(super) fn len(&self) -> usize {
        self.examples.len()
    }

    /// Situations of the commonest classes, one of each.
    pub(super) fn commonest(&self, most: usize) -> Vec<&[Given]> {
        let mut examples: Vec<&(Vec<Given>, usize)> = self.examples.iter().collect();
        examples.sort_by_key(|example| std::cmp::Reverse(example.1));
        examples.into_iter().take(most).map(|example| example.0.as_slice()).collect()
    }

    /// The program in situations of a class; without one, as the process has it given.
    pub(super) fn decider<'p>(&self, process: &'p DecisionProcess, class: Option<u32>) -> Decider<'p> {
        class.map_or_else(|| process.decider(), |class| among(process, &self.examples[class as usize].0))
    }
}

/// The program where other APIs answer so.
pub(super) fn among<'p>(process: &'p DecisionProcess, given: &[Given]) -> Decider<'p> {
    given.iter().cloned().fold(process.decider(), Decider::given)
}

/// The program with the outputs by which situations are told apart.
struct Probes<'p> {
    process: &'p DecisionProcess,
    outputs: Vec<ApiOutput>,
}

impl Probes<'_> {
    /// What the program does with each of the outputs where other APIs answer so.
    fn deeds(&self, given: &[Given]) -> Vec<Option<Decision>> {
        among(self.process, given).decide_each(self.outputs.iter().cloned()).map(Result::ok).collect()
    }
}

/// Nothing, each label by itself, and pairs in both orders.
fn outputs(vocabulary: &[String], kinds: &[Vec<usize>]) -> Vec<ApiOutput> {
    let name = |label: usize| vocabulary[label].as_str();
    let output = |labels: &[&str]| ApiOutput::labels(scored(labels));
    let mut tried = vec![output(&[])];
    tried.extend(kinds.iter().flatten().map(|&label| output(&[name(label)])));
    let first: Vec<&str> =
        kinds.iter().filter_map(|kind| kind.first()).take(MAX_PAIRED).map(|&label| name(label)).collect();
    for (place, &a) in first.iter().enumerate() {
        let others = first.iter().enumerate().filter(|(other, _)| *other != place);
        tried.extend(others.map(|(_, &b)| output(&[a, b])));
    }
    tried
}

/// An item of another API's answer as the program may see it: whose it is, its name, and which of the program's scores it
/// passes.
type Seen = (String, String, usize);

/// What of other APIs' answers the program may look at, so that most of thousands of answers need not be tried.
struct Sight<'c> {
    constants: &'c [f64],
    /// By API, the names that count; none where all of them do.
    names: HashMap<String, Option<BTreeSet<String>>>,
}

impl<'c> Sight<'c> {
    fn new(probes: &Probes<'_>, constants: &'c [f64], given: &[Vec<Given>]) -> Self {
        let mut all: HashMap<&str, BTreeSet<&str>> = HashMap::new();
        for Given { api, output } in given.iter().flatten() {
            all.entry(api).or_default().extend(labels(output).iter().map(|label| label.description.as_str()));
        }
        let names = all.into_iter().map(|(api, names)| (api.to_owned(), counting(probes, api, &names))).collect();
        Self { constants, names }
    }

    fn of(&self, given: &[Given]) -> Vec<Seen> {
        let seen = |Given { api, output }: &Given| -> Vec<Seen> {
            if !matches!(output, ApiOutput::Labels { .. }) {
                return vec![(api.clone(), format!("{output:?}"), 0)];
            }
            let names = self.names.get(api).and_then(Option::as_ref);
            let counts = |label: &&Label| names.is_none_or(|names| names.contains(&label.description));
            let passed = |score: f64| self.constants.partition_point(|&constant| constant <= score);
            let item = |label: &Label| (api.clone(), label.description.clone(), passed(label.score));
            labels(output).iter().filter(counts).map(item).collect()
        };
        given.iter().flat_map(seen).collect()
    }
}

/// Those of an API's names that make a difference, alone or beside another that does or that the program is written with;
/// none where it counts how many items there are, whatever they are called.
fn counting(probes: &Probes<'_>, api: &str, names: &BTreeSet<&str>) -> Option<BTreeSet<String>> {
    let deeds =
        |names: &[&str]| probes.deeds(&[Given { api: api.to_owned(), output: ApiOutput::labels(scored(names)) }]);
    let nothing = deeds(&[]);
    if (1..=MAX_COUNTED).any(|count| deeds(&vec![NEUTRAL; count]) != nothing) {
        return None;
    }
    let alone = names.iter().copied().filter(|name| deeds(&[name]) != nothing);
    let shares = shares_words(probes.process);
    let named = names.iter().copied().filter(|name| shares(name)).take(MAX_NAMED);
    let known: BTreeSet<&str> = alone.chain(named).collect();
    let beside = |name: &&str| {
        known.iter().any(|other| deeds(&[other, name]) != deeds(&[other]) || deeds(&[name, other]) != deeds(&[other]))
    };
    let more = names.iter().copied().filter(|name| !known.contains(name)).filter(beside);
    Some(known.iter().copied().chain(more).map(str::to_owned).collect())
}

/// The items of an answer; none of one that is no list of names.
fn labels(output: &ApiOutput) -> &[Label] {
    match output {
        ApiOutput::Labels { labels } => labels,
        _ => &[],
    }
}
