//! `louver audit`: reads and verifies the retrieval log.

use super::place::Place;
use super::{Format, Shared, progress};
use crate::audit::{Entry, Reader, Verified, instances};
use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the last records
    Tail {
        /// How many
        #[arg(long, short = 'n', default_value_t = 20)]
        lines: usize,
        /// Wait for further records and show them
        #[arg(long, short)]
        follow: bool,
    },
    /// Check that no record was changed, dropped, inserted or reordered
    Verify {
        /// A log directory [default: every log of the data directory]
        dir: Option<PathBuf>,
        /// A checkpoint kept from earlier; the log must continue it
        #[arg(long, value_name = "FILE")]
        older: Option<PathBuf>,
    },
    /// Write a proof that one record is in the log, as a C2SP tlog-proof
    Prove {
        /// The number of the record
        index: u64,
        /// A log directory [default: the first log of the data directory]
        dir: Option<PathBuf>,
    },
}

pub(super) fn run(shared: &Shared, options: &Options) -> anyhow::Result<ExitCode> {
    match &options.command {
        Command::Tail { lines, follow } => tail(shared, *lines, *follow),
        Command::Verify { dir, older } => verify(shared, dir.as_deref(), older.as_deref()),
        Command::Prove { index, dir } => prove(shared, *index, dir.as_deref()),
    }
}

fn logs(shared: &Shared) -> anyhow::Result<Vec<PathBuf>> {
    let dir = Place::of(shared)?.audit();
    let found = if dir.is_dir() { instances(&dir)? } else { Vec::new() };
    if found.is_empty() {
        bail!("no log in `{}` yet; the first answer begins one", dir.display());
    }
    Ok(found)
}

fn tail(shared: &Shared, lines: usize, follow: bool) -> anyhow::Result<ExitCode> {
    let mut readers: Vec<(Reader, u64)> = Vec::new();
    let mut entries: Vec<(u64, Entry)> = Vec::new();
    for dir in logs(shared)? {
        let reader = Reader::open(&dir)?;
        let mut next = 0;
        for entry in reader.records(0) {
            let entry = entry?;
            next = entry.index + 1;
            entries.push((time_of(&entry), entry));
        }
        readers.push((reader, next));
    }
    entries.sort_by_key(|(at, _)| *at);
    for (_, entry) in entries.iter().skip(entries.len().saturating_sub(lines)) {
        put(shared, entry)?;
    }
    if !follow {
        return Ok(ExitCode::SUCCESS);
    }
    loop {
        std::thread::sleep(Duration::from_millis(500));
        for (reader, next) in &mut readers {
            for entry in reader.records(*next) {
                let entry = entry?;
                *next = entry.index + 1;
                put(shared, &entry)?;
            }
        }
    }
}

fn put(shared: &Shared, entry: &Entry) -> anyhow::Result<()> {
    let text = match shared.format {
        Format::Json => String::from_utf8_lossy(&entry.record).into_owned(),
        _ => line(entry),
    };
    Ok(progress::put(format_args!("{text}"))?)
}

/// One record as a person reads it.
pub(super) fn line(entry: &Entry) -> String {
    let record: Value = serde_json::from_slice(&entry.record).unwrap_or_default();
    let word = |path: &str| record.pointer(path).and_then(Value::as_str).map(str::to_owned);
    let number = |path: &str| record.pointer(path).and_then(Value::as_u64);
    let time = i128::from(time_of(entry)) * 1_000;
    let time = OffsetDateTime::from_unix_timestamp_nanos(time)
        .ok()
        .and_then(|it| it.format(&Rfc3339).ok())
        .unwrap_or_default();
    let mut out = format!("{} {time} {}", entry.index, word("/class").unwrap_or_default());
    for (name, value) in [
        ("tool", word("/tool")),
        ("user", word("/subject/id")),
        ("client", word("/client/name")),
        ("decision", word("/decision")),
        ("rule", word("/rule")),
    ] {
        if let Some(value) = value {
            out.push_str(&format!(" {name}={value}"));
        }
    }
    if let Some(Value::Array(repos)) = record.get("repos") {
        for repo in repos {
            let name = repo.get("name").and_then(Value::as_str).unwrap_or_default();
            let commit = repo.get("commit").and_then(Value::as_str).unwrap_or_default();
            out.push_str(&format!(" repo={name}@{}", commit.get(..10).unwrap_or(commit)));
        }
    }
    for (name, path) in [
        ("symbols", "/symbols/count"),
        ("bytes", "/bytes"),
        ("raw_source_bytes", "/raw_source_bytes"),
    ] {
        if let Some(value) = number(path) {
            out.push_str(&format!(" {name}={value}"));
        }
    }
    out
}

/// The result of a verification that found nothing wrong.
pub(super) fn verdict(verified: &Verified) -> String {
    let checkpoint = &verified.checkpoint;
    format!(
        "verified {}: {} records under the signed checkpoint, {} after it, {} bytes",
        checkpoint.origin, checkpoint.size, verified.unpublished, verified.bytes
    )
}

fn time_of(entry: &Entry) -> u64 {
    let record: Value = serde_json::from_slice(&entry.record).unwrap_or_default();
    record.get("ts").and_then(Value::as_u64).unwrap_or_default()
}

fn verify(shared: &Shared, dir: Option<&Path>, older: Option<&Path>) -> anyhow::Result<ExitCode> {
    let dirs = match dir {
        Some(dir) => vec![dir.to_owned()],
        None => logs(shared)?,
    };
    let older = older
        .map(|path| {
            fs::read_to_string(path).with_context(|| format!("cannot read the checkpoint `{}`", path.display()))
        })
        .transpose()?;
    let mut wrong = false;
    for dir in dirs {
        match Reader::open(&dir)?.verify(older.as_deref()) {
            Ok(verified) => progress::put(format_args!("{}", verdict(&verified)))?,
            Err(findings) => {
                wrong = true;
                for finding in findings {
                    progress::put(format_args!("{}: {finding}", dir.display()))?;
                }
            }
        }
    }
    Ok(if wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn prove(shared: &Shared, index: u64, dir: Option<&Path>) -> anyhow::Result<ExitCode> {
    let dir = match dir {
        Some(dir) => dir.to_owned(),
        None => logs(shared)?.remove(0),
    };
    let proof = Reader::open(&dir)?.prove(index)?;
    progress::put(format_args!("{}", proof.to_string().trim_end()))?;
    Ok(ExitCode::SUCCESS)
}
