//! Serves a model from a folder: `cargo run -p chameleon-proxy --example serve -- MODEL [REGISTRY] [ADDRESS]`.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use chameleon_models::zoo;
use chameleon_proxy::registry::Reader;
use chameleon_proxy::serve::{Config, Models, Server};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let model = PathBuf::from(args.next().context("usage: serve MODEL [REGISTRY] [ADDRESS]")?);
    let registry = args.next().map(Reader::new);
    let listen = args.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned()).parse()?;

    let base = zoo::read(&model).with_context(|| format!("reading {}", model.display()))?;
    let models = Arc::new(Models::new(base, registry)?);
    let server = Server::bind(Config::new(listen, models)).await?;
    println!("http://{}", server.local_addr());
    server
        .run(async {
            let _ = tokio::signal::ctrl_c().await;
        })
        .await;
    Ok(())
}
