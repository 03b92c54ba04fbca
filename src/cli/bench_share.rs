//! What recording is of a tool call: how long calls take, and how much of it passes between the making of the record and the answer.

use super::place::Place;
use super::{Format, Shared, bench, progress};
use crate::access::LocalHost;
use crate::audit::Reader;
use crate::scope::Scope;
use crate::tools::Caller;
use anyhow::Context as _;
use serde_json::{Map, Value, json};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often each tool is called.
const CALLS: u32 = 200;
/// How many files the repository has, each with a few functions.
const FILES: u32 = 200;
const TOOLS: [(&str, &str); 3] = [
    ("list_repos", "{}"),
    ("get_outline", r#"{"target":"bench:src/ledger7.rs"}"#),
    ("search_symbols", r#"{"query":"price of a ledger"}"#),
];

/// Calls tools of an index of its own in `folder`, which is on the disk to measure.
pub(super) fn run(shared: &Shared, folder: &Path) -> anyhow::Result<()> {
    let root = folder.join("source");
    fs::create_dir_all(root.join("src")).context("no room for a repository")?;
    for file in 0..FILES {
        let text = format!(
            "/// A ledger.\npub struct Ledger{file};\nimpl Ledger{file} {{\n    /// The price.\n    pub fn price{file}(&self) -> u64 {{ {file} }}\n}}\n"
        );
        fs::write(root.join(format!("src/ledger{file}.rs")), text)?;
    }
    drop(bench::indexed(shared, &root, folder)?);
    let place = Place::of(&Shared {
        config: folder.join("louver.toml"),
        data: Some(folder.join("data")),
        ..shared.clone()
    })?;
    let log = Arc::new(place.open_log()?);
    let desk = place.open_desk(Scope::load(&folder.join("louver.toml"))?, Arc::clone(&log))?;
    let caller = Caller {
        subject: LocalHost::subject(),
        session: None,
        oauth_client: None,
        repos: None,
        client_name: Some("louver bench".to_owned()),
        client_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        address: None,
        trace: None,
    };
    for (tool, arguments) in TOOLS {
        let arguments: Map<String, Value> = serde_json::from_str(arguments)?;
        let mut calls = Vec::new();
        for _ in 0..CALLS {
            let began = Instant::now();
            let answer = desk.call(&caller, tool, arguments.clone(), &|| false)?;
            calls.push((began.elapsed(), answer.record()));
            anyhow::ensure!(!answer.is_refusal(), "`{tool}` was refused: {}", answer.text());
        }
        put(tool, &log, &calls, shared.format)?;
    }
    Ok(())
}

/// A record says how long the call took until it was made; what is more is what recording cost.
fn put(tool: &str, log: &crate::audit::Log, calls: &[(Duration, u64)], format: Format) -> anyhow::Result<()> {
    let first = calls.first().context("nothing was called")?.1;
    let mut recording = Vec::new();
    let records = Reader::open(log.dir())?;
    let mut records = records.records(first);
    for (whole, number) in calls {
        let entry = records
            .by_ref()
            .find(|it| it.as_ref().is_ok_and(|it| it.index == *number));
        let entry = entry.context("a record is missing")??;
        let record: Value = serde_json::from_slice(&entry.record)?;
        let before = record["duration_us"].as_u64().context("a record has no duration")?;
        recording.push(whole.saturating_sub(Duration::from_micros(before)));
    }
    let mut whole: Vec<Duration> = calls.iter().map(|(whole, _)| *whole).collect();
    let (whole, recording) = (median(&mut whole), median(&mut recording));
    let share = 100.0 * recording.as_secs_f64() / whole.as_secs_f64();
    if format == Format::Json {
        let line = json!({
            "version": 2, "tool": tool, "call_us": whole.as_micros() as u64, "recording_us": recording.as_micros() as u64, "share_percent": share.round(),
        });
        return Ok(progress::put(format_args!("{line}"))?);
    }
    Ok(progress::put(format_args!(
        "{tool}: {} µs a call, {} µs of it for the record: {share:.0} %",
        whole.as_micros(),
        recording.as_micros()
    ))?)
}

fn median(all: &mut [Duration]) -> Duration {
    all.sort_unstable();
    all.get(all.len() / 2).copied().unwrap_or_default()
}
