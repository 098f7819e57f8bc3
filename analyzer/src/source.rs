//! Finds and reads the files to analyze.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chameleon_decision::Problem;
use serde::Serialize;

use crate::AnalyzeError;
use crate::data::DataFiles;

/// Larger files are generated or are data; a person's source file is a few hundred kilobytes at most.
const MAX_BYTES: u64 = 2 << 20;

/// How deep folders are followed, a guard against loops of links.
const MAX_FOLDERS: usize = 40;

/// Why folders of packages are left out.
const INSTALLED: &str = "holds installed packages";

/// Why a linked file is left out.
const OUTSIDE: &str = "is a link that leads out of the folder to analyze";

/// Folders that hold other people's code.
const SKIPPED_FOLDERS: [&str; 6] = ["venv", "env", "node_modules", "site-packages", "__pycache__", "virtualenv"];

/// What a virtual environment puts into its folder; the application may lie beside it.
const ENVIRONMENT_FOLDERS: [&str; 7] = ["lib", "lib64", "bin", "scripts", "include", "share", "etc"];

/// A file's text.
pub(crate) struct SourceFile {
    /// Path relative to the root, with `/` between the parts.
    pub(crate) path: String,
    /// Its text; bytes that are not UTF-8 are replaced.
    pub(crate) text: Arc<str>,
}

/// A folder that was not looked into.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Skipped {
    /// Path relative to the analyzed root.
    pub folder: String,
    /// Why.
    pub reason: &'static str,
}

/// All files of a run.
pub(crate) struct Sources {
    /// Sorted by path.
    pub(crate) files: Vec<SourceFile>,
    /// Files left out, with the reason.
    pub(crate) problems: Vec<Problem>,
    /// Folders left out, in order of path.
    pub(crate) skipped: Vec<Skipped>,
    /// Files of data beside them.
    pub(crate) data: DataFiles,
}

/// Reads `root` if it is a Python file, else all Python files below it.
pub(crate) fn read(root: &Path) -> Result<Sources, AnalyzeError> {
    let unreadable = |source| AnalyzeError::Unreadable { path: root.to_owned(), source };
    let metadata = fs::metadata(root).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => AnalyzeError::NotFound { path: root.to_owned() },
        _ => unreadable(source),
    })?;
    let folder = if metadata.is_dir() { root } else { root.parent().unwrap_or(root) };
    let mut sources =
        Sources { files: Vec::new(), problems: Vec::new(), skipped: Vec::new(), data: DataFiles::below(folder) };
    if metadata.is_dir() {
        let mut paths = Vec::new();
        walk(root, 0, &mut paths, &mut sources, root).map_err(unreadable)?;
        if paths.is_empty() {
            return Err(AnalyzeError::NoPythonFile { path: root.to_owned() });
        }
        paths.sort();
        sources.skipped.sort();
        for path in paths {
            let name = relative(root, &path);
            match load(&path) {
                Ok(bytes) => sources.add(name, bytes),
                Err(error) => sources.problems.push(problem(name, error.to_string())),
            }
        }
    } else {
        let bytes = load(root).map_err(unreadable)?;
        if !is_python(root) && !starts_python(&bytes) {
            return Err(AnalyzeError::NotPython { path: root.to_owned() });
        }
        let name = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        sources.add(name, bytes);
        let beside = fs::read_dir(if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
        for entry in beside.into_iter().flatten().flatten() {
            sources.data.note(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(sources)
}

impl Sources {
    fn skip(&mut self, root: &Path, folder: &Path, reason: &'static str) {
        self.skipped.push(Skipped { folder: relative(root, folder), reason });
    }

    fn add(&mut self, path: String, bytes: Vec<u8>) {
        if bytes.contains(&0) {
            self.problems.push(problem(path, "holds NUL bytes, so it is not Python source".to_owned()));
            return;
        }
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let line = error.as_bytes()[..valid].split(|byte| *byte == b'\n').count();
                let mut found = problem(path.clone(), "is not UTF-8; the other bytes were replaced".to_owned());
                found.line = u32::try_from(line).unwrap_or(u32::MAX);
                self.problems.push(found);
                String::from_utf8_lossy(error.as_bytes()).into_owned()
            }
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text).into();
        self.files.push(SourceFile { path, text });
    }
}

fn walk(folder: &Path, depth: usize, paths: &mut Vec<PathBuf>, sources: &mut Sources, root: &Path) -> io::Result<()> {
    let entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    // An application may have its packages beside it, as what is uploaded to a function service does.
    let installed = installed_names(&entries);
    if depth > 0 && is_installed(&entries, &installed) {
        sources.skip(root, folder, INSTALLED);
        return Ok(());
    }
    let environment = folder.join("pyvenv.cfg").exists();
    for entry in entries {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        // Linked files are read, if they lie in the folder as well; linked folders are not followed.
        let is_folder = entry.file_type()?.is_dir();
        if name.starts_with('.') {
            if is_folder {
                sources.skip(root, &path, "is hidden");
            }
            continue;
        }
        if installed.contains(&name) {
            if is_folder {
                sources.skip(root, &path, INSTALLED);
            }
            continue;
        }
        if is_folder {
            let of_environment = environment && ENVIRONMENT_FOLDERS.contains(&name.to_lowercase().as_str());
            if of_environment || SKIPPED_FOLDERS.contains(&name.as_str()) {
                let reason = if of_environment {
                    "belongs to a virtual environment"
                } else {
                    "is called as other people's code"
                };
                sources.skip(root, &path, reason);
                continue;
            }
            if depth >= MAX_FOLDERS {
                sources.problems.push(problem(relative(root, &path), "is nested too deep".to_owned()));
            } else if let Err(error) = walk(&path, depth + 1, paths, sources, root) {
                sources.problems.push(problem(relative(root, &path), format!("cannot be listed: {error}")));
            }
        } else if is_python(&path) && path.is_file() {
            if entry.file_type()?.is_symlink() && !is_below(root, &path) {
                sources.problems.push(problem(relative(root, &path), OUTSIDE.to_owned()));
            } else {
                paths.push(path);
            }
        } else {
            sources.data.note(relative(root, &path));
        }
    }
    Ok(())
}

/// Whether a link leads to something in a folder.
fn is_below(folder: &Path, link: &Path) -> bool {
    let places = fs::canonicalize(folder).and_then(|folder| Ok((folder, fs::canonicalize(link)?)));
    places.is_ok_and(|(folder, target)| target.starts_with(folder))
}

/// Whether a package installer filled the folder (`pip install --target lib`), which leaves a record beside each
/// package, and no file is there that it did not bring; or a virtual environment did, which puts the packages below the
/// standard library.
fn is_installed(entries: &[fs::DirEntry], installed: &HashSet<String>) -> bool {
    let is_own = |entry: &fs::DirEntry| {
        is_python(&entry.path()) && !installed.contains(entry.file_name().to_string_lossy().as_ref())
    };
    let is_filled = entries.iter().any(|entry| is_record(&entry.file_name())) && !entries.iter().any(is_own);
    is_filled || entries.iter().any(|entry| entry.file_name() == "site-packages")
}

/// Whether this is what a package installer writes about a package.
fn is_record(name: &OsStr) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "dist-info")
}

/// The folders and files that a package installer put beside its records.
fn installed_names(entries: &[fs::DirEntry]) -> HashSet<String> {
    let mut names = HashSet::new();
    for entry in entries.iter().filter(|entry| is_record(&entry.file_name())) {
        let own = entry.file_name().to_string_lossy().into_owned();
        names.extend(own.split('-').next().map(str::to_owned));
        names.insert(own);
        let modules = fs::read_to_string(entry.path().join("top_level.txt")).unwrap_or_default();
        names.extend(modules.lines().flat_map(|module| [module.to_owned(), format!("{module}.py")]));
        // One file a line, its path first.
        let record = fs::read_to_string(entry.path().join("RECORD")).unwrap_or_default();
        let top = |line: &str| line.split(['/', ',']).next().map(str::to_owned);
        names.extend(record.lines().filter_map(top).filter(|name| name != ".."));
    }
    names
}

fn load(path: &Path) -> io::Result<Vec<u8>> {
    let size = fs::metadata(path)?.len();
    if size > MAX_BYTES {
        let message = format!("has {size} bytes; files over {MAX_BYTES} bytes are not read");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    fs::read(path)
}

fn is_python(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "py" || extension == "pyw")
}

fn starts_python(bytes: &[u8]) -> bool {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    line.starts_with(b"#!") && line.windows(6).any(|window| window == b"python")
}

fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn problem(file: String, reason: String) -> Problem {
    Problem { file, line: 1, reason }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::read;

    #[cfg(unix)]
    #[test]
    fn links_are_read_that_stay_in_the_folder() {
        use std::os::unix::fs::symlink;

        let root = std::env::temp_dir().join(format!("chameleon-links-{}", std::process::id()));
        fs::create_dir_all(root.join("app")).expect("a folder");
        fs::write(root.join("secret.py"), "").expect("a file");
        fs::write(root.join("app/main.py"), "").expect("a file");
        symlink("main.py", root.join("app/again.py")).expect("a link");
        symlink("../secret.py", root.join("app/other.py")).expect("a link");
        symlink("/etc/hostname", root.join("app/system.py")).expect("a link");
        let sources = read(&root.join("app")).expect("sources");
        let paths: Vec<&str> = sources.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["again.py", "main.py"]);
        let mut problems: Vec<&str> = sources.problems.iter().map(|problem| problem.file.as_str()).collect();
        problems.sort_unstable();
        assert_eq!(problems, ["other.py", "system.py"]);
        fs::remove_dir_all(root).expect("the folder goes away");
    }

    #[test]
    fn installed_packages_are_left_out_and_the_application_beside_them_is_read() {
        let root = std::env::temp_dir().join(format!("chameleon-source-{}", std::process::id()));
        for path in [
            "app/main.py",
            "app/pyvenv.cfg",
            "app/Lib/os.py",
            "old/Lib/site-packages/six.py",
            "old/Lib/os.py",
            "old/app.py",
            "vendored/flask/app.py",
            "vendored/flask-1.0.dist-info/METADATA",
            "web/node_modules/gyp/gyp.py",
            ".git/hooks/update.py",
        ] {
            let path = root.join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, "").expect("a file");
        }
        let sources = read(&root).expect("sources");
        let paths: Vec<&str> = sources.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["app/main.py", "old/app.py"]);
        let skipped: Vec<&str> = sources.skipped.iter().map(|skipped| skipped.folder.as_str()).collect();
        assert_eq!(skipped, [".git", "app/Lib", "old/Lib", "vendored", "web/node_modules"]);
        fs::remove_dir_all(root).expect("the folder goes away");
    }
}
