//! Where Chameleon keeps what it makes: `--home`, else `CHAMELEON_HOME`, else the user's data folder.

use std::path::{Path, PathBuf, absolute};

use anyhow::{Context, Result};

/// Folder of all state: the registry and the certificate authority.
#[derive(Clone, Debug)]
pub(crate) struct Home(PathBuf);

impl Home {
    /// `given`, else `$XDG_DATA_HOME/chameleon`, else `~/.local/share/chameleon`. Nothing is created here.
    ///
    /// # Errors
    /// None is given and neither variable is set, or the one given is empty.
    pub(crate) fn resolve(given: Option<&Path>) -> Result<Self> {
        if let Some(path) = given {
            // Programs are told of files in it, and may run elsewhere.
            return Ok(Self(absolute(path).context("--home names no folder")?));
        }
        let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let data = data.or_else(|| std::env::home_dir().map(|home| home.join(".local/share")));
        let data = data.context("no home folder is known; give --home FOLDER")?;
        Ok(Self(data.join("chameleon")))
    }

    /// The model registry.
    pub(crate) fn registry(&self) -> PathBuf {
        self.0.join("registry")
    }

    /// The configuration of the server, if there is one.
    pub(crate) fn settings(&self) -> PathBuf {
        self.0.join("config.toml")
    }

    /// The local certificate authority.
    pub(crate) fn authority(&self) -> PathBuf {
        self.0.join("ca")
    }
}
