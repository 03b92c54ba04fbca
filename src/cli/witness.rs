//! `louver witness`: signs checkpoints of logs that are not its own.

use super::place::Place;
use super::record::Act;
use super::{Shared, progress, serve};
use crate::audit::Class;
use crate::audit::{Witness, note::Verifier};
use crate::server;
use anyhow::Context as _;
use clap::Args;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Serve at http://ADDR/add-checkpoint; louvers ask it over HTTPS, or from this machine
    #[arg(long, value_name = "ADDR")]
    http: SocketAddr,
    /// What the witness is called in its signatures, as in `witness.example.com`
    #[arg(long)]
    name: String,
    /// The verifier key of a log to witness: its file `vkey`; may be repeated
    #[arg(long = "log", value_name = "VKEY", required = true)]
    logs: Vec<String>,
}

pub(super) fn run(shared: &Shared, options: &Options) -> anyhow::Result<ExitCode> {
    let place = Place::of(shared)?;
    let logs: Result<Vec<Verifier>, _> = options.logs.iter().map(|text| Verifier::parse(text)).collect();
    let logs = logs.context("--log is no verifier key; it looks like `name+hash+key`")?;
    let witness = Witness::open(&place.root().join("witness"), &options.name, logs)?;
    Act::new(Class::Admin, "witness")
        .with("key", witness.key().to_string())
        .record(&place)?;
    progress::put(format_args!("{}", witness.key()))?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    runtime.block_on(async {
        let stop = CancellationToken::new();
        tokio::spawn(serve::stop_on_signal(stop.clone()));
        server::serve_witness(Arc::new(witness), options.http, stop, |bound| {
            progress::say(format_args!("witnessing at http://{bound}/add-checkpoint"));
        })
        .await
    })?;
    Ok(ExitCode::SUCCESS)
}
