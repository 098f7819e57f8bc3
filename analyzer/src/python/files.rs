//! Files that an application writes what it makes of an answer into, and that another place of it reads.
//!
//! What is decided there is decided from the answer, too, but no value leads to it: both only name the same file.

mod read;
mod written;

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;

use super::facts::Facts;
use super::lower::{Lowered, Site};
use super::path as path_of;
use super::project::Project;
use super::syntax::Parsed;

/// How it ends what is said of an answer that goes into a file.
pub(super) const NOT_FOLLOWED: &str = ": what is decided from it there, if anything, is not followed";

/// Ends of the names of files that hold pictures and sounds: what an answer says is in none of them.
const MEDIA: &[&str] = &["png", "jpg", "jpeg", "gif", "bmp", "webp", "tiff", "mp3", "wav", "ogg", "mp4", "avi", "pdf"];

/// How many files are named.
const MAX_NAMED: usize = 3;

/// What the source reads.
pub(super) struct Files {
    /// Where a file is read, by its name without folders.
    read: HashMap<String, Vec<(String, u32)>>,
}

impl Files {
    /// Finds where files that the source names are read.
    pub(super) fn new(parsed: &[Parsed]) -> Self {
        Self { read: read::places(parsed) }
    }

    /// What is to be said of a call of whose answer something is written into a file that is read elsewhere.
    pub(super) fn note(&self, project: &Project<'_>, lowered: &Lowered, site: &Site) -> Option<String> {
        if self.read.is_empty() {
            return None;
        }
        let mut writes = written::places(lowered);
        writes.retain(|write| write.files.iter().any(|file| self.read.contains_key(file)));
        if writes.is_empty() {
            return None;
        }
        let all: Vec<usize> = (0..lowered.functions.len()).collect();
        let facts = Facts::new(lowered, &all, &[], (&[], &all), &BTreeSet::new(), site, &[]);
        writes.retain(|write| facts.expr(write.function, write.expr).api);
        let mut files: Vec<(&String, &(String, u32))> = Vec::new();
        for write in &writes {
            let at = write.expr.span;
            // What the same module reads before is what was there, to which something is added.
            let is_added_to = |(path, line): &&(String, u32)| *line <= at.line && *path == path_of(project, at.file);
            for file in &write.files {
                let mut places = self.read.get(file).into_iter().flatten();
                if !files.iter().any(|known| known.0 == file) {
                    files.extend(places.find(|place| !is_added_to(place)).map(|place| (file, place)));
                }
            }
        }
        let (_, (path, line)) = files.first()?;
        let more = files.len().saturating_sub(MAX_NAMED);
        files.truncate(MAX_NAMED);
        // Which of several variables the answer is in is not told apart everywhere.
        let mut names = files.iter().map(|(file, _)| format!("`{file}`")).collect::<Vec<_>>().join(" or ");
        if more > 0 {
            let _ = write!(names, " or {more} more");
        }
        Some(format!("what is made of it is written to {names}, which {path}:{line} reads{NOT_FOLLOWED}"))
    }
}

/// The name of a file without its folders, where it looks like one that holds data.
fn file_name(text: &str) -> Option<String> {
    let name = text.rsplit(['/', '\\']).next()?;
    let (stem, end) = name.rsplit_once('.')?;
    let is_end = (1..=8).contains(&end.len()) && end.chars().all(char::is_alphanumeric) && !MEDIA.contains(&end);
    (is_end && !stem.is_empty() && name.chars().all(|c| !c.is_control() && c != '{')).then(|| name.to_owned())
}
