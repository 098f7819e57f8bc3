//! What other APIs answer for the same images, where an application's decision hangs on that, too.
//!
//! Such a decision is right where the program comes to what it comes to when all of its APIs answer what is true. So a
//! model for one of them is trained, tuned and measured beside what the others' models answer for each image, as they are
//! served: it learns to mend what they get wrong, where it can, and nothing where it cannot. The models of one application
//! are made one after the other, each beside those that are there (coordinate descent).

mod other;

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result};
use chameleon_decision::{ApiOutput, Given};
use chameleon_models::bank::Split;

use crate::data::{self, DataError, DataSet, Labels};
use crate::progress::ProgressMode;

pub use other::Other;

/// What other APIs answer for N images.
pub struct Beside {
    /// Each a set of their answers, none twice.
    pub situations: Vec<Vec<Given>>,
    /// The situation of each image, N.
    pub answered: Vec<u32>,
    /// What it is where the others answer what is true: of each image one situation for every order of that, N.
    pub right: Vec<Vec<u32>>,
    /// Who answers, for people.
    pub models: Vec<String>,
}

/// Images as all APIs of an application name them.
pub(super) struct Asked<'o> {
    others: Vec<(&'o Other, DataSet)>,
}

impl<'o> Asked<'o> {
    /// Reads the labels of the images at `path` as the others name them; `own` are the names of this API. Others whose models
    /// do not know the data's names are left out, with a note.
    ///
    /// # Errors
    /// The data or the map cannot be read.
    pub(super) fn read(
        path: &Path,
        map: Option<&Path>,
        own: &Labels,
        others: &'o [Other],
    ) -> Result<(Self, Vec<String>)> {
        let names: Vec<Labels> = others.iter().map(Other::labels).collect();
        let (mut asked, mut notes) = (Vec::new(), Vec::new());
        for (place, other) in others.iter().enumerate() {
            let rest = names.iter().enumerate().filter(|(at, _)| *at != place).map(|(_, names)| names);
            let rest: Vec<&Labels> = rest.chain([own]).collect();
            let mut names = names[place].clone();
            if let Some(map) = map {
                names = names.with_map(map, &rest)?;
            }
            let unknown = match data::read(path, &names) {
                Ok(set) if set.records.iter().any(|record| !record.labels.is_empty()) => {
                    asked.push((other, set));
                    continue;
                }
                Ok(_) => "none of the data's names is one of its own".to_owned(),
                Err(DataError::UnknownLabels(unknown)) => unknown.to_string(),
                Err(error) => return Err(error.into()),
            };
            notes.push(format!(
                "{} is asked, too, and taken to answer as it is given in the decision process: what it should answer for these \
                 images is not known ({unknown})",
                other.api.operation.replace('_', " ")
            ));
        }
        Ok((Self { others: asked }, notes))
    }

    /// What each record of `set`, which is of the same images, is for: the same for the others' models, if their decisions
    /// hang on this API in turn.
    pub(super) fn splits(&self, set: &DataSet) -> Vec<Split> {
        set.splits_among(&self.others.iter().map(|(_, set)| set).collect::<Vec<_>>())
    }

    /// What the others answer for the images of these names, and should; none where there are no others.
    ///
    /// # Errors
    /// An image cannot be read, or a model cannot be run.
    pub(super) fn answers(&self, names: &[&str], mode: ProgressMode) -> Result<Option<Beside>> {
        if self.others.is_empty() {
            return Ok(None);
        }
        let mut situations = Situations::default();
        let mut answered: Vec<Vec<Given>> = vec![Vec::new(); names.len()];
        let mut right: Vec<Vec<Vec<Given>>> = vec![vec![Vec::new()]; names.len()];
        for (other, set) in &self.others {
            let api = other.api.path();
            let given = |output| Given { api: api.clone(), output };
            let answers = other.answers(set, mode)?;
            let by_name: HashMap<&str, usize> =
                set.records.iter().enumerate().map(|(place, record)| (record.name.as_str(), place)).collect();
            for (place, name) in names.iter().enumerate() {
                let at = *by_name.get(name).with_context(|| format!("{name}: read for one API and not for another"))?;
                answered[place].push(given(answers[at].clone()));
                let outputs = other.right(&set.records[at]);
                let known = std::mem::take(&mut right[place]);
                let and = |known: &[Given], output: &ApiOutput| [known, &[given(output.clone())]].concat();
                let joined = known.iter().flat_map(|known| outputs.iter().map(move |output| and(known, output)));
                right[place] = joined.collect();
            }
        }
        let answered = answered.into_iter().map(|given| situations.number(given)).collect();
        let right = right.into_iter().map(|all| all.into_iter().map(|given| situations.number(given)).collect());
        let right = right.collect();
        let models = self.others.iter().map(|(other, _)| other.described()).collect();
        Ok(Some(Beside { situations: situations.all, answered, right, models }))
    }
}

/// Situations, each once.
#[derive(Default)]
struct Situations {
    all: Vec<Vec<Given>>,
    known: HashMap<Vec<(String, String)>, u32>,
}

impl Situations {
    fn number(&mut self, given: Vec<Given>) -> u32 {
        let key = given.iter().map(|given| (given.api.clone(), given.output.key())).collect();
        *self.known.entry(key).or_insert_with(|| {
            self.all.push(given);
            self.all.len() as u32 - 1
        })
    }
}
