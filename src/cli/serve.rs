//! `louver serve`: answers MCP clients until it is told to stop.

use super::place::{Place, load_scope};
use super::{Shared, progress};
use crate::server::{self, HttpOptions};
use anyhow::Context as _;
use clap::Args;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    transport: Transport,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Transport {
    /// Serve one client on standard input and output
    #[arg(long)]
    stdio: bool,
    /// Serve any number of clients at http://ADDR/mcp; without a login, ADDR must be a loopback address
    #[arg(long, value_name = "ADDR")]
    http: Option<SocketAddr>,
}

pub(super) fn run(shared: &Shared, options: &Options) -> anyhow::Result<ExitCode> {
    let scope = load_scope(shared)?;
    let place = Place::of(shared)?;
    let log = Arc::new(place.open_log()?);
    let desk = place.open_desk(scope, Arc::clone(&log))?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let result = match options.transport.http {
        Some(address) => runtime.block_on(async {
            let stop = CancellationToken::new();
            tokio::spawn(stop_on_signal(stop.clone()));
            server::serve_http(desk, HttpOptions { address, stop }, |bound| {
                progress::say(format_args!("serving http://{bound}/mcp"));
            })
            .await
        }),
        None => runtime.block_on(server::serve_stdio(desk)),
    };
    // A tool call that is still running holds the log; it gets the time to finish its record.
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    result?;
    Ok(ExitCode::SUCCESS)
}

async fn stop_on_signal(stop: CancellationToken) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return;
    };
    tokio::select! {
        _ = terminate.recv() => (),
        _ = tokio::signal::ctrl_c() => (),
    }
    stop.cancel();
}
