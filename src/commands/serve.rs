//! `chameleon serve`

use std::net::SocketAddr;

use anyhow::{Context, Result};
use chameleon_proxy::redirect::export_lines;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::Global;
use crate::exit::ExitStatus;
use crate::home::Home;
use crate::printer;
use crate::service::{Service, environment};

/// Where to serve, and for whom.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Address and port; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8088")]
    listen: SocketAddr,
    /// Whose model callers get that name no application [default: the generic one]
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
}

pub(crate) fn run(arguments: Arguments, global: &Global) -> Result<ExitStatus> {
    let home = Home::resolve(global.home.as_deref())?;
    let runtime = tokio::runtime::Runtime::new().context("no threads for the server")?;
    runtime.block_on(async {
        let environment = environment();
        let service =
            Service::bind(&home, global.base()?, arguments.listen, arguments.app.clone(), &environment).await?;
        printer::data(&greeting(&service, arguments.app, &environment))?;
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

/// Where the server is and how to point a program at it, as lines that a shell can read.
fn greeting(service: &Service, app: Option<String>, environment: &chameleon_proxy::redirect::Environment) -> String {
    let apps = match service.apps.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
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
