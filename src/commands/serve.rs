//! `chameleon serve`

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, Result};
use chameleon_proxy::redirect::export_lines;
use chameleon_proxy::serve::Settings;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::Global;
use crate::exit::ExitStatus;
use crate::home::Home;
use crate::printer;
use crate::service::{Service, environment, settings};

/// Where to serve, and for whom.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Address and port; port 0 takes a free one [default: 127.0.0.1:8088]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Whose model callers get that name no application [default: the generic one]
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
    #[command(flatten)]
    options: Options,
}

/// What `serve` and `run` have in common.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Configuration, see `chameleon config` [default: config.toml in the home folder, if it is there]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Send nothing to the real APIs: what no model answers is an error
    #[arg(long)]
    no_upstream: bool,
}

impl Options {
    /// # Errors
    /// The configuration cannot be used.
    pub(crate) fn settings(&self, home: &Home) -> Result<Settings> {
        let mut settings = settings(home, self.config.as_deref())?;
        settings.upstream.enabled &= !self.no_upstream;
        Ok(settings)
    }
}

pub(crate) fn run(arguments: Arguments, global: &Global) -> Result<ExitStatus> {
    let home = Home::resolve(global.home.as_deref())?;
    allow_many_connections();
    let runtime = tokio::runtime::Runtime::new().context("no threads for the server")?;
    runtime.block_on(async {
        let environment = environment();
        let mut settings = arguments.options.settings(&home)?;
        settings.server.listen = arguments.listen.unwrap_or(settings.server.listen);
        settings.server.app = arguments.app.or(settings.server.app);
        let service = Service::bind(&home, global.base()?, &settings, &environment).await?;
        printer::data(&greeting(&service, settings.server.app, &environment))?;
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let stop = async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        };
        service.server.run(stop).await;
        Ok(ExitStatus::Success)
    })
}

/// Asks the system for as many open files as it gives: a connection is one, and one more where it leads on.
fn allow_many_connections() {
    let limit = getrlimit(Resource::Nofile);
    // What the system does not give, the server does without: further connections wait.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

/// Where the server is and how to point a program at it, as lines that a shell can read.
fn greeting(service: &Service, app: Option<String>, environment: &chameleon_proxy::redirect::Environment) -> String {
    let apps = match service.models.apps().as_slice() {
        [] => "# no application has a model yet: every caller gets the generic one".to_owned(),
        names => format!(
            "# models: {}; choose one as the user in https_proxy, e.g. http://{}:app@…",
            names.join(", "),
            names[0]
        ),
    };
    let address = service.server.local_addr();
    let open = if address.ip().is_loopback() { "" } else { "\n# whoever reaches this address can use it as a proxy" };
    format!(
        "# serving on http://{address} until interrupted{open}\n{apps}\n# in the shell of a program to redirect:\n{}",
        export_lines(&service.environment(app, environment))
    )
}
