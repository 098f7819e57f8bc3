//! The registry against a model of it, against crashes, and against damage.

mod crash;
mod damage;
mod model;
mod plain;

use std::fs;
use std::path::Path;

use tempfile::TempDir;

/// A registry directory and app model folders.
struct Bench {
    temp: TempDir,
}

impl Bench {
    fn new() -> Self {
        Self { temp: TempDir::new().expect("a temporary directory") }
    }

    fn dir(&self) -> std::path::PathBuf {
        self.temp.path().join("registry")
    }

    /// Writes an app model whose head is `content`.
    fn model(&self, content: &str) -> std::path::PathBuf {
        let folder = self.temp.path().join("model");
        write_model(&folder, content);
        folder
    }
}

fn write_model(folder: &Path, content: &str) {
    fs::create_dir_all(folder).expect("the folder");
    fs::write(folder.join("app.json"), format!(r#"{{"version":1,"evaluation":{{"of":"{content}"}}}}"#))
        .expect("app.json");
    fs::write(folder.join("head.safetensors"), content).expect("the head");
}
