//! `chameleon run`

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitStatus as Ended;
use std::time::Duration;

use anyhow::{Context, Result};
use chameleon_models::zoo::ImageLabels;
use tokio::process::Command;
use tokio::sync::oneshot;

use crate::child;
use crate::cli::Global;
use crate::commands::serve::Options;
use crate::exit::ExitStatus;
use crate::home::Home;
use crate::service::{Service, environment};

/// What to run with which model.
#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("model").required(true)))]
pub(crate) struct Arguments {
    /// Answer with this application's model
    #[arg(long, value_name = "NAME", group = "model")]
    app: Option<String>,
    /// Answer with the generic model
    #[arg(long, group = "model")]
    generic: bool,
    #[command(flatten)]
    options: Options,
    /// The program and its arguments, after `--`
    #[arg(required = true, last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

pub(crate) fn run(arguments: Arguments, global: &Global) -> Result<ExitStatus> {
    let home = Home::resolve(global.home.as_deref())?;
    let runtime = tokio::runtime::Runtime::new().context("no threads for the server")?;
    let ended = runtime.block_on(serve_and_run(&home, global.base()?, arguments))?;
    Ok(ExitStatus::Child(child::code(ended)))
}

async fn serve_and_run(home: &Home, base: ImageLabels, arguments: Arguments) -> Result<Ended> {
    let environment = environment();
    let mut settings = arguments.options.settings(home)?;
    settings.server.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    settings.server.app = None;
    // The only client has ended by then.
    settings.limits.shutdown_delay = Duration::ZERO;
    let service = Service::bind(home, base, &settings, &environment).await?;
    if let Some(app) = &arguments.app {
        service.require(app)?;
    }
    let redirected = service.environment(arguments.app, &environment);
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(service.server.run(async {
        // An error means that the other end is gone: stop all the same.
        let _ = stopped.await;
    }));
    let program = &arguments.command[0];
    let mut child = Command::new(program)
        .args(&arguments.command[1..])
        .envs(redirected)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("{} does not start", program.to_string_lossy()))?;
    let ended = child::wait(&mut child).await?;
    // The server may have stopped already; there is nobody left to tell.
    let _ = stop.send(());
    server.await.context("the server stopped early")?;
    Ok(ended)
}
