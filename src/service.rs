//! A server put together from this machine's home folder, and the environment that redirects a program to it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use chameleon_models::text::TextModels;
use chameleon_models::zoo::{self, ImageLabels};
use chameleon_proxy::connect::{Credentials, Parent};
use chameleon_proxy::redirect::{self, Environment, Identity, Redirect};
use chameleon_proxy::registry::Reader;
use chameleon_proxy::serve::{Config, Generics, Models, Objects, Server, Settings};
use chameleon_proxy::tls::{Authority, Tls, public_root_store, write_bundle};
use chameleon_proxy::upstream::{Options, Upstream};

use crate::home::Home;

/// A bound server with what its clients need.
pub(crate) struct Service {
    /// Not yet serving.
    pub(crate) server: Server,
    /// What answers.
    pub(crate) models: Arc<Models>,
    registry: Reader,
    bundle: PathBuf,
    google: Identity,
    /// How programs prove to AWS who they are, where their calls can be led here.
    aws: Option<Identity>,
}

impl Service {
    /// Binds the address that the settings name. Programs in `environment` that have no credentials of a cloud get
    /// stand-ins.
    ///
    /// # Errors
    /// The address is taken, the certificate authority cannot be made or read, the model that ships is damaged, or
    /// the default application has no model.
    pub(crate) async fn bind(
        home: &Home,
        base: ImageLabels,
        settings: &Settings,
        environment: &Environment,
    ) -> Result<Self> {
        let folder = home.authority();
        let trusted = redirect::trusted_files(environment);
        let (authority, bundle) = Authority::open(&folder)
            .and_then(|authority| {
                let bundle = write_bundle(&folder, &authority, &trusted)?;
                Ok((authority, bundle))
            })
            .context("the certificate authority cannot be used; --home FOLDER keeps it elsewhere")?;
        let registry = Reader::new(home.registry());
        let models = Models::new(generics(base)?, Some(registry.clone()))?.with_limits(settings.decode_limits());
        let models = Arc::new(models);
        let identity = |own| if own { Identity::Own } else { Identity::Local };
        let of_google =
            redirect::has_google_credentials(environment) || redirect::has_google_machine(environment).await;
        let google = identity(of_google);
        let aws = identity(redirect::has_aws_credentials(environment));
        let listen = settings.server.listen;
        let mut config = Config::new(listen, Arc::clone(&models));
        config.tls = Some(Tls::new(authority));
        config.credentials = (google == Identity::Local).then(Credentials::default);
        config.parent = parent(environment);
        config.upstream = upstream(settings, &trusted, config.parent.clone())?;
        config.aws_keys = redirect::aws_keys(environment);
        config.private = settings.reaches_private(listen);
        config.registry_poll = settings.server.reload;
        config.limits = settings.limits();
        config.apps.api_keys.extend(settings.api_keys.0.clone());
        config.apps.default_app.clone_from(&settings.server.app);
        // Calls that are signed for this server get no further, unless they can be signed anew.
        let leads_aws = aws == Identity::Local || redirect::signs_with_key(environment) || config.upstream.is_none();
        let server = Server::bind(config).await.with_context(|| format!("cannot listen on {listen}"))?;
        let service = Self { server, models, registry, bundle, google, aws: leads_aws.then_some(aws) };
        if let Some(app) = &settings.server.app {
            service.require(app)?;
        }
        Ok(service)
    }

    /// # Errors
    /// `app` has no model that can be served; the message says why, and which applications have one.
    pub(crate) fn require(&self, app: &str) -> Result<()> {
        if self.models.has(app) {
            return Ok(());
        }
        if self.registry.current()?.apps.contains_key(app) {
            bail!("the model of {app} cannot be served; the reason is in the warning above");
        }
        let known = match self.models.apps().as_slice() {
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
            aws: self.aws,
            aws_region: redirect::has_aws_region(existing),
        };
        redirect::environment(&redirect, existing)
    }
}

/// All models that ship, but this one of labels. The detector of objects stands on the label model that ships, whichever
/// one labels images.
fn generics(labels: ImageLabels) -> Result<Generics> {
    let backbone = zoo::image_labels()?;
    let objects = Objects::new(zoo::image_objects(&backbone)?, &backbone)?;
    Ok(Generics { labels, objects: Some(objects), texts: Some(TextModels::shipped()?) })
}

/// The way to the real APIs.
fn upstream(settings: &Settings, trusted: &[PathBuf], parent: Option<Parent>) -> Result<Option<Upstream>> {
    if !settings.upstream.enabled {
        return Ok(None);
    }
    let mut options = Options::new(public_root_store(trusted));
    options.connect_timeout = settings.upstream.connect_timeout;
    options.answer_timeout = settings.upstream.answer_timeout;
    options.idle_timeout = settings.upstream.idle_timeout;
    options.connect_to = settings.connect_to()?;
    options.parent = parent;
    Ok(Some(Upstream::new(&options)?))
}

/// The configuration: the file named, or else the one in the home folder if there is one, or else the defaults.
///
/// # Errors
/// The file cannot be read or is wrong.
pub(crate) fn settings(home: &Home, named: Option<&Path>) -> Result<Settings> {
    match named {
        Some(path) => Settings::read(path).context("the configuration cannot be used"),
        None if home.settings().is_file() => {
            Settings::read(&home.settings()).context("the configuration cannot be used")
        }
        None => Ok(Settings::default()),
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
