//! The application's own files of data: words that it reads from disk instead of writing them in its source.
//!
//! Only files that lie with the source are read, and only where the source names them.

use std::fs;
use std::path::{Path, PathBuf};

/// Ends of the names of files that hold words.
const EXTENSIONS: [&str; 8] = ["txt", "json", "csv", "tsv", "names", "lst", "yaml", "yml"];

/// Longer files are data sets, not lists of words: a program does not carry them. A dictionary of a language has 1 to 3 MB.
const MAX_BYTES: u64 = 4 << 20;

/// The same of files that are only guessed to be meant: what is taken to be read costs time in all that is tried.
const MAX_GUESSED: u64 = 2 << 10;

/// More files than this are a data set.
const MAX_FILES: usize = 2000;

/// The files of data below a root.
#[derive(Debug, Default)]
pub(crate) struct DataFiles {
    root: PathBuf,
    /// Paths relative to the root, as dotted sources have them: with `/` between the parts.
    paths: Vec<String>,
}

impl DataFiles {
    /// No files yet, below this folder.
    pub(crate) fn below(root: &Path) -> Self {
        Self { root: root.to_owned(), paths: Vec::new() }
    }

    /// Notes a file, if it is one of data.
    pub(crate) fn note(&mut self, relative: String) {
        let extension = Path::new(&relative).extension().map(|extension| extension.to_string_lossy().to_lowercase());
        let fits = extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str()));
        if fits && self.paths.len() < MAX_FILES {
            self.paths.push(relative);
        }
    }

    /// The only file of which the path is the end of this one, the longest such end.
    fn ending(&self, parts: &[&str]) -> Option<&String> {
        let tails = (0..parts.len()).map(|from| parts[from..].join("/"));
        for tail in tails {
            let within = format!("/{tail}");
            let mut fitting = self.paths.iter().filter(|path| **path == tail || path.ends_with(&within));
            if let Some(first) = fitting.next() {
                return fitting.next().is_none().then_some(first);
            }
        }
        None
    }

    /// The text of the file that `source` means by `wanted`: beside it, from the root, or the only one whose path ends
    /// so (where a program is started from is not known).
    pub(crate) fn text(&self, source: &str, wanted: &str) -> Option<String> {
        let wanted = wanted.replace('\\', "/");
        let parts: Vec<&str> = wanted.split('/').filter(|part| !matches!(*part, "" | "." | "..")).collect();
        let name = parts.join("/");
        let folder = source.rsplit_once('/').map(|(folder, _)| folder);
        let beside = folder.map(|folder| format!("{folder}/{name}"));
        let ending = format!("/{name}");
        let exact = |path: &&String| Some(*path) == beside.as_ref();
        let found =
            self.paths.iter().find(exact).or_else(|| self.paths.iter().find(|path| **path == name)).or_else(|| {
                let mut ends = self.paths.iter().filter(|path| path.ends_with(&ending));
                ends.next().filter(|_| ends.next().is_none())
            });
        // A place on the author's machine, where the folder that the source lies in is called something.
        let guessed = || if is_absolute(&wanted) { self.ending(parts.get(1..)?) } else { None };
        let (found, most) = match found {
            Some(found) => (found, MAX_BYTES),
            None => (guessed()?, MAX_GUESSED),
        };
        let path = self.root.join(found);
        let fits = fs::symlink_metadata(&path).is_ok_and(|data| data.is_file() && data.len() <= most);
        let text = decoded(fits.then(|| fs::read(path).ok()).flatten()?);
        (!holds_secret(&text)).then_some(text)
    }
}

/// Whether a path begins at the root of a disk or at somebody's home.
fn is_absolute(path: &str) -> bool {
    path.starts_with(['/', '~']) || path.get(1..3) == Some(":/")
}

/// Bytes as text: UTF-8, or else Latin-1, in which every byte is a character.
fn decoded(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| error.as_bytes().iter().map(|&byte| char::from(byte)).collect())
}

/// Whether a text looks like a configuration with credentials: those do not belong into a decision process. That a list
/// of words has `secret` in it does not make it one: a credential has a name, and a value after it.
fn holds_secret(text: &str) -> bool {
    const MARKS: [&str; 7] = ["private_key", "password", "secret", "token", "api_key", "apikey", "client_id"];
    let text = text.to_lowercase();
    text.lines().any(|line| {
        let Some((name, _)) = line.split_once([':', '=']) else { return false };
        MARKS.iter().any(|mark| name.contains(mark))
    })
}

#[cfg(test)]
mod tests {
    use super::DataFiles;

    #[test]
    fn credentials_stay_where_they_are() {
        assert!(super::holds_secret("{\"API_KEY\": \"x\"}"));
        assert!(super::holds_secret("AWS_SECRET=x\n"));
        assert!(!super::holds_secret("apple\nkeyboard\nsecret santa\n"));
    }

    #[test]
    fn words_in_an_older_encoding_are_read() {
        assert_eq!(super::decoded(b"jalape\xf1o".to_vec()), "jalape\u{f1}o");
    }

    #[test]
    fn the_nearest_file_is_meant_and_never_one_of_several() {
        let root = std::env::temp_dir().join(format!("chameleon-data-{}", std::process::id()));
        for (path, text) in [("words.txt", "root"), ("app/words.txt", "app"), ("a/x.txt", "1"), ("b/x.txt", "2")] {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        }
        let mut files = DataFiles::below(&root);
        for path in ["words.txt", "app/words.txt", "a/x.txt", "b/x.txt", "main.py"] {
            files.note(path.to_owned());
        }
        assert_eq!(files.text("app/main.py", "words.txt").as_deref(), Some("app"));
        assert_eq!(files.text("main.py", "./words.txt").as_deref(), Some("root"));
        assert_eq!(files.text("main.py", "C:\\somewhere\\a\\x.txt").as_deref(), Some("1"));
        assert_eq!(files.text("main.py", "/opt/somewhere/x.txt"), None);
        for nothing in ["", "/", "//", "~", "C:/", "."] {
            assert_eq!(files.text("main.py", nothing), None);
        }
        assert_eq!(files.text("main.py", "a\\x.txt").as_deref(), Some("1"));
        assert_eq!(files.text("main.py", "x.txt"), None);
        assert_eq!(files.text("main.py", "main.py"), None);
        std::fs::remove_dir_all(root).expect("the folder goes away");
    }
}
