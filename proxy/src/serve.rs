//! The server: one port for every protocol, the applications' models behind it.
//!
//! A connection's first byte says what it is: a TLS handshake, or HTTP in the clear (HTTP/1.1, or HTTP/2 by prior
//! knowledge). What is inside TLS, or inside a tunnel that a `CONNECT` opens, is HTTP again, and every other request ends
//! in one service.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that fails should panic"))]

mod aws;
mod batch;
mod config;
mod connection;
mod context;
mod drain;
mod images;
mod language;
mod metrics;
mod models;
mod pool;
mod real;
mod reply;
mod service;
mod settings;
mod stream;
mod timing;
mod vision;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

pub use config::{Config, Limits};
pub use models::{Generics, Models, Objects};
pub use settings::{ApiKeys, LimitSettings, ServerSettings, Settings, SettingsError, TunnelSettings, UpstreamSettings};

use connection::Connections;
use drain::Drain;
use service::Service;

/// A server that is bound to its port.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    local_addr: SocketAddr,
    config: Config,
}

impl Server {
    /// Binds the port. Clients can connect from now on; they are served by [`Server::run`].
    ///
    /// # Errors
    /// The address cannot be bound.
    pub async fn bind(config: Config) -> io::Result<Self> {
        let listener = TcpListener::bind(config.listen).await?;
        let local_addr = listener.local_addr()?;
        if let Some(upstream) = &config.upstream {
            upstream.set_own(local_addr);
        }
        Ok(Self { listener, local_addr, config })
    }

    /// The address that was bound; its port is the real one even if port 0 was asked for.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Serves until `shutdown` is ready, and says so for [`Limits::shutdown_delay`] more. Calls that are under way are
    /// then finished, for as long as [`Limits::shutdown_grace`] allows.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let Self { listener, config, .. } = self;
        let drain = Drain::new();
        let mut tasks = JoinSet::new();
        tasks.spawn(Arc::clone(&config.models).follow(config.registry_poll));
        let (delay, grace) = (config.limits.shutdown_delay, config.limits.shutdown_grace);
        let places = Arc::new(Semaphore::new(config.limits.connections.clamp(1, Semaphore::MAX_PERMITS)));
        let connections = Connections::new(config, drain.clone());
        let announced = drain.clone();
        let stop = async move {
            shutdown.await;
            tracing::info!(?delay, "Shutting down");
            announced.announce(delay).await;
        };
        tokio::pin!(stop);
        loop {
            let accepted = tokio::select! {
                () = &mut stop => break,
                accepted = accept(&listener, &places) => accepted,
            };
            while tasks.try_join_next().is_some() {}
            let (tcp, peer, place) = accepted;
            let connections = connections.clone();
            tasks.spawn(async move {
                connections.serve(tcp, peer).await;
                drop(place);
            });
        }
        drop((listener, connections));
        if !drain.finish(grace).await {
            tracing::warn!(?grace, "Connections were cut off");
        }
        tasks.shutdown().await;
    }
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<tokio::sync::OwnedSemaphorePermit>) {
    // The semaphore is never closed.
    let place = Arc::clone(places).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((tcp, peer)) => return (tcp, peer, place),
            Err(error) => {
                // Either this one client is gone already, or the process is out of file descriptors; trying again at
                // once would in the second case take a whole core.
                tracing::warn!(%error, "A connection was not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
