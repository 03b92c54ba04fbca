//! `louver serve`: answers MCP clients until it is told to stop.

use super::place::{Place, load_scope};
use super::{Shared, progress};
use crate::access::{AccessState, Clock, HostTokens, LocalHost, Logins, Loopback, Permissions, RepoHost, code_hosts};
use crate::audit::Log;
use crate::monitor::Monitor;
use crate::scope::{Scope, ScopeInForce};
use crate::server::{self, HttpOptions, Listed, Login, Webhooks};
use crate::tools::Desk;
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
    /// List every tool to the client on standard input, as http://ADDR/mcp/all does
    #[arg(long, conflicts_with = "http")]
    all_tools: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Transport {
    /// Serve one client on standard input and output
    #[arg(long)]
    stdio: bool,
    /// Serve any number of clients at http://ADDR/mcp (every tool listed: /mcp/all); unless the scope file has a `[[host]]`, ADDR must be a loopback address
    #[arg(long, value_name = "ADDR")]
    http: Option<SocketAddr>,
}

pub(super) fn run(shared: &Shared, options: &Options) -> anyhow::Result<ExitCode> {
    let scope = load_scope(shared)?;
    let place = Place::of(shared)?;
    let log = Arc::new(place.open_log()?);
    let monitored = scope.clone();
    // Over standard input there is one caller, whom the operating system vouches for.
    let (desk, door) = if options.transport.http.is_some() && !scope.hosts().is_empty() {
        let (desk, door) = with_logins(&place, scope, &log)?;
        (desk, Some(door))
    } else {
        let host: Box<dyn RepoHost> = match options.transport.http {
            Some(_) => Box::new(Loopback::default()),
            None => Box::new(LocalHost),
        };
        (place.open_desk_for(scope, Arc::clone(&log), host)?, None)
    };
    let (login, webhooks) = door.unzip();
    let followed = ScopeInForce::following(place.scope_store(), monitored);
    let monitor = Monitor::start(&log, followed).context("cannot watch the log")?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let result = match options.transport.http {
        Some(address) => runtime.block_on(async {
            let stop = CancellationToken::new();
            tokio::spawn(stop_on_signal(stop.clone()));
            let options = HttpOptions {
                address,
                login,
                webhooks,
                stop,
            };
            server::serve_http(desk, options, |bound| {
                progress::say(format_args!("serving http://{bound}/mcp"));
            })
            .await
        }),
        None => {
            let listed = if options.all_tools { Listed::All } else { Listed::Usual };
            runtime.block_on(server::serve_stdio(desk, listed))
        }
    };
    // A tool call that is still running holds the log; it gets the time to finish its record.
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    drop(monitor);
    result?;
    Ok(ExitCode::SUCCESS)
}

/// How people log in, and how their hosts say that something has changed.
type FrontDoor = (Arc<Login>, Arc<Webhooks>);

/// The desk and the door of a louver whose people log in at a repository host.
fn with_logins(place: &Place, scope: Scope, log: &Arc<Log>) -> anyhow::Result<(Arc<Desk>, FrontDoor)> {
    let config = scope.server().cloned();
    let config = config.context("the scope file has a [[host]] and no [server]; write `[server]` with `public_url`")?;
    let store = Arc::new(place.open_store(&scope)?);
    let clock = Clock::system();
    let hosts = code_hosts(&scope, &clock)?;
    let tokens: Arc<dyn HostTokens> = Arc::clone(&store) as _;
    let logins = Arc::new(Logins::new(hosts, tokens, clock.clone(), Some(&config.public_url)));
    let state: Arc<dyn AccessState> = Arc::clone(&store) as _;
    let permissions = Permissions::new(&scope, Arc::clone(&logins), state, clock)?;
    let followed = Arc::new(ScopeInForce::following(place.scope_store(), scope.clone()));
    let login = Login::new(&followed, config, store, logins, Arc::clone(log))?;
    let webhooks = Webhooks::new(permissions.clone(), &followed, Arc::clone(log));
    let desk = place.open_desk_for(scope, Arc::clone(log), Box::new(permissions))?;
    Ok((desk, (Arc::new(login), Arc::new(webhooks))))
}

pub(super) async fn stop_on_signal(stop: CancellationToken) {
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
