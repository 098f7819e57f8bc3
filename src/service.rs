//! A server put together from this machine's home folder, and the environment that redirects a program to it.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use chameleon_models::zoo::ImageLabels;
use chameleon_proxy::connect::{Credentials, Parent};
use chameleon_proxy::redirect::{self, Environment, Identity, Redirect};
use chameleon_proxy::registry::Reader;
use chameleon_proxy::serve::{Config, Models, Server};
use chameleon_proxy::tls::{Authority, Tls, write_bundle};

use crate::home::Home;

/// The file that holds the public roots and the local authority, beside the authority.
const BUNDLE: &str = "bundle.pem";

/// A bound server with what its clients need.
pub(crate) struct Service {
    /// Not yet serving.
    pub(crate) server: Server,
    /// Names of the applications that have a model.
    pub(crate) apps: BTreeSet<String>,
    registry: Reader,
    bundle: PathBuf,
    google: Identity,
}

impl Service {
    /// Binds `listen`. Programs in `environment` that have no Google credentials of their own get stand-ins.
    ///
    /// # Errors
    /// The address is taken, the certificate authority cannot be made or read, the model that ships is damaged, or
    /// `default_app` has no model.
    pub(crate) async fn bind(
        home: &Home,
        base: ImageLabels,
        listen: SocketAddr,
        default_app: Option<String>,
        environment: &Environment,
    ) -> Result<Self> {
        let folder = home.authority();
        let bundle = folder.join(BUNDLE);
        let authority = Authority::open(&folder)
            .and_then(|authority| {
                write_bundle(&bundle, &authority, &redirect::trusted_files(environment))?;
                Ok(authority)
            })
            .context("the certificate authority cannot be used; --home FOLDER keeps it elsewhere")?;
        let registry = Reader::new(home.registry());
        let models = Arc::new(Models::new(base, Some(registry.clone()))?);
        let apps: BTreeSet<String> = models.apps().into_iter().collect();
        let google = if redirect::has_google_credentials(environment) { Identity::Own } else { Identity::Local };
        let credentials = (google == Identity::Local).then(Credentials::default);
        let mut config = Config::new(listen, models);
        config.tls = Some(Tls::new(authority));
        config.credentials = credentials;
        config.parent = parent(environment);
        config.apps.default_app.clone_from(&default_app);
        let server = Server::bind(config).await.with_context(|| format!("cannot listen on {listen}"))?;
        let service = Self { server, apps, registry, bundle, google };
        if let Some(app) = default_app {
            service.require(&app)?;
        }
        Ok(service)
    }

    /// # Errors
    /// `app` has no model that can be served; the message says why, and which applications have one.
    pub(crate) fn require(&self, app: &str) -> Result<()> {
        if self.apps.contains(app) {
            return Ok(());
        }
        if self.registry.current()?.apps.contains_key(app) {
            bail!("the model of {app} cannot be served; the reason is in the warning above");
        }
        let known = match self.apps.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            [] => "no application has one yet".to_owned(),
            names => format!("there are models for {}", names.join(", ")),
        };
        bail!("{app} has no model ({known}); make one with `chameleon customize PATH --app {app}`")
    }

    /// What to set in the environment of a program, so that its calls come here and get the model of `app`.
    pub(crate) fn environment(&self, app: Option<String>, existing: &Environment) -> Vec<(String, String)> {
        let redirect = Redirect {
            server: self.server.local_addr(),
            app,
            ca_bundle: self.bundle.clone(),
            google: self.google,
            // No operation of AWS is answered yet.
            aws: None,
        };
        redirect::environment(&redirect, existing)
    }
}

/// The proxy that programs were to use before: what is not served here still goes through it.
fn parent(environment: &Environment) -> Option<Parent> {
    let value = |names: [&str; 2]| names.iter().find_map(|name| environment.get(*name)).map_or("", String::as_str);
    Parent::parse(value(["https_proxy", "HTTPS_PROXY"]), value(["no_proxy", "NO_PROXY"]))
}

/// This process's environment, without what is not UTF-8.
pub(crate) fn environment() -> Environment {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}
