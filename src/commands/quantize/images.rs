//! Photographs as input tensors: some to calibrate with, others to compare on.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chameleon_models::net::ImageInput;
use chameleon_models::preprocess::{self, DecodeLimits};
use indicatif::ProgressBar;

use crate::printer;

/// The most photographs that are compared on.
const HELD_OUT: usize = 2000;

type Tensors = Vec<Vec<f32>>;

/// Reads up to `calibrate` photographs and up to 2000 others, both spread evenly over all that is there. With fewer than
/// `2 * calibrate` every second one is held out. What cannot be read is told and left out.
pub(super) fn read(
    paths: &[PathBuf],
    input: &ImageInput,
    calibrate: usize,
    bar: &ProgressBar,
) -> Result<(Tensors, Tensors)> {
    let mut files = Vec::new();
    for path in paths {
        collect(path, &mut files)?;
    }
    files.sort();
    let calibrate = calibrate.min(files.len().div_ceil(2)).max(1);
    let (first, rest) = spread(files, calibrate);
    let (second, _) = spread(rest, HELD_OUT);
    bar.set_length((first.len() + second.len()) as u64);
    let read_all =
        |files: Vec<PathBuf>| -> Tensors { files.iter().filter_map(|file| tensor(file, input, bar)).collect() };
    Ok((read_all(first), read_all(second)))
}

/// `n` of the files at even distances, and the others.
fn spread(files: Vec<PathBuf>, n: usize) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let total = files.len();
    let (mut chosen, mut others) = (Vec::new(), Vec::new());
    for (i, file) in files.into_iter().enumerate() {
        let is_chosen = i * n / total.max(1) != (i + 1) * n / total.max(1) || n >= total;
        if is_chosen { chosen.push(file) } else { others.push(file) }
    }
    (chosen, others)
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let context = || path.display().to_string();
    if !fs::metadata(path).with_context(context)?.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path).with_context(context)? {
        let entry = entry.with_context(context)?.path();
        let is_image = entry
            .extension()
            .and_then(|e| e.to_str())
            .is_some_and(|extension| ["jpg", "jpeg", "png", "webp"].contains(&extension.to_ascii_lowercase().as_str()));
        if is_image || entry.is_dir() {
            collect(&entry, files)?;
        }
    }
    Ok(())
}

fn tensor(file: &Path, input: &ImageInput, bar: &ProgressBar) -> Option<Vec<f32>> {
    bar.inc(1);
    let read = || -> Result<Vec<f32>> {
        Ok(preprocess::tensor(&preprocess::decode(&fs::read(file)?, DecodeLimits::default())?, input))
    };
    match read() {
        Ok(tensor) => Some(tensor),
        Err(error) => {
            bar.suspend(|| printer::note(format_args!("{}: {error:#}", file.display())));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_chosen_evenly_and_none_is_lost() {
        let files: Vec<PathBuf> = (0..10).map(|i| PathBuf::from(i.to_string())).collect();
        for n in 1..12 {
            let (chosen, others) = spread(files.clone(), n);
            assert_eq!((chosen.len(), others.len()), (n.min(10), 10 - n.min(10)));
        }
    }
}
