//! Starting `chameleon-trainer`, the binary that links libtorch, as a child.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use anyhow::{Context, Result, bail};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

const NAME: &str = "chameleon-trainer";

/// The trainer's exit status when it could not run and has said why.
const TOLD: i32 = 2;

/// The numbers of the signals that ask a program to end.
const SIGINT: u8 = 2;
const SIGTERM: u8 = 15;

/// The trainer could not run, and its own message is on stderr: there is nothing to add.
#[derive(Debug, thiserror::Error)]
#[error("{NAME} could not run")]
pub(crate) struct Told;

/// A signal ended the work.
#[derive(Debug, thiserror::Error)]
#[error("stopped by signal {0}")]
pub(crate) struct Stopped(u8);

impl Stopped {
    /// The exit status as a shell would give it.
    pub(crate) fn code(&self) -> u8 {
        128 + self.0
    }
}

/// The user's own data and what counts in it, for the commands that train and measure.
#[derive(clap::Args)]
pub(crate) struct Inputs {
    /// Your own labelled images or texts: a folder or file in one of the layouts that README lists [default: those that
    /// ship]
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// CSV file of rows `name,label`: what the names in --data are called in the model's vocabulary
    #[arg(long, value_name = "FILE", requires = "data")]
    labels_map: Option<PathBuf>,
    /// Where layers before the head are trained and measured: `cpu`, or `cuda` with a libtorch that has it [default: cpu]
    #[arg(long)]
    device: Option<String>,
    /// Which rate of wrong decisions is to be low [default: balanced]
    #[arg(long, value_enum)]
    weighting: Option<Weighting>,
}

impl Inputs {
    /// Whether there are some.
    pub(crate) fn has_data(&self) -> bool {
        self.data.is_some()
    }

    /// As the trainer takes them.
    pub(crate) fn words(&self) -> Vec<OsString> {
        options([
            ("--data", self.data.clone().map(OsString::from)),
            ("--labels-map", self.labels_map.clone().map(OsString::from)),
            ("--device", self.device.clone().map(OsString::from)),
            ("--weighting", self.weighting.map(|weighting| weighting.name().into())),
        ])
    }
}

/// Options with their values, those that have one, as the trainer takes them.
pub(crate) fn options<const N: usize>(options: [(&str, Option<OsString>); N]) -> Vec<OsString> {
    options.into_iter().filter_map(|(option, value)| Some([option.into(), value?])).flatten().collect()
}

/// A number as an option's value.
pub(crate) fn number(number: impl Into<u64>) -> OsString {
    number.into().to_string().into()
}

/// Options without a value, those that are switched on, as the trainer takes them.
pub(crate) fn switches<const N: usize>(switches: [(&str, bool); N]) -> Vec<OsString> {
    switches.into_iter().filter(|(_, is_on)| *is_on).map(|(option, _)| option.into()).collect()
}

/// How much an image counts in a rate of wrong decisions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Weighting {
    /// Every decision counts the same, however rare
    #[default]
    Balanced,
    /// Every image counts the same, so a decision counts by how frequent it is in the data
    Natural,
}

impl Weighting {
    fn name(self) -> &'static str {
        match self {
            Self::Balanced => "balanced",
            Self::Natural => "natural",
        }
    }
}

/// How much of the network is customized.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Depth {
    /// The head: seconds
    Head,
    /// The head; then adapters of low rank in the last stage too, and what is better on the tuning images is kept:
    /// minutes
    Adapters,
    /// As adapters, but the last stage itself: the application then brings a network's half
    Stage,
    /// As adapters, in all stages
    AllAdapters,
    /// As adapters, but all layers themselves: the application then brings a network of its own
    Full,
}

impl Depth {
    /// As the trainer takes it.
    pub(crate) fn words(self) -> [OsString; 2] {
        let name = match self {
            Self::Head => "head",
            Self::Adapters => "adapters",
            Self::Stage => "stage",
            Self::AllAdapters => "all-adapters",
            Self::Full => "full",
        };
        ["--depth".into(), name.into()]
    }
}

/// Runs the trainer with these arguments and returns what it printed on stdout. Its stderr (progress, messages) is
/// this process's own.
///
/// # Errors
/// The trainer is not found, cannot start, or fails; its own message is then already on stderr.
pub(crate) fn run(arguments: &[OsString]) -> Result<String> {
    let path = find()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("no thread to wait in")?;
    let output = runtime.block_on(output_of(&path, arguments))?;
    match output.status.code() {
        Some(0) => {}
        Some(TOLD) => return Err(Told.into()),
        _ => bail!("{NAME} ended with {}", output.status),
    }
    String::from_utf8(output.stdout).with_context(|| format!("{NAME} printed something that is not UTF-8"))
}

/// Waits for the trainer. A request to end this process ends the trainer first, so that what was made for it is cleared
/// away.
async fn output_of(path: &Path, arguments: &[OsString]) -> Result<Output> {
    let mut child = Command::new(path)
        .args(arguments)
        .args(["--end-with-stdin", "--build", chameleon_decision::BUILD])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("{} does not start", path.display()))?;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    // Held until the trainer is done: it ends when this process does, even when that is killed.
    let stdin = child.stdin.take();
    let output = tokio::select! {
        output = child.wait_with_output() => output?,
        _ = terminate.recv() => return Err(Stopped(SIGTERM).into()),
        _ = interrupt.recv() => return Err(Stopped(SIGINT).into()),
    };
    drop(stdin);
    Ok(output)
}

/// `CHAMELEON_TRAINER`, else the trainer beside this program, else the one on the `PATH`.
fn find() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("CHAMELEON_TRAINER") {
        return Ok(path.into());
    }
    let beside = std::env::current_exe().ok().and_then(|path| Some(path.parent()?.join(NAME)));
    let on_path = std::env::var_os("PATH")
        .into_iter()
        .flat_map(|path| std::env::split_paths(&path).map(|folder| folder.join(NAME)).collect::<Vec<_>>());
    beside.into_iter().chain(on_path).find(|path| path.is_file()).with_context(|| {
        format!(
            "{NAME} is neither beside this program nor on the PATH; build it with `make build` or set CHAMELEON_TRAINER"
        )
    })
}
