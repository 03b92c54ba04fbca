//! `louver audit`: reads, verifies, exports and keeps the retrieval log.

mod incident;
mod keep;
mod out;
mod report;
mod select;

use super::place::Place;
use super::record::{self, Act};
use super::{Format, Shared, progress};
use crate::audit::note::Verifier;
use crate::audit::{Class, Entry, Reader, Verified, instances, rfc3339, verify_bundle};
use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

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
    /// Find records by person, repository, symbol, tool, decision, session or time
    Search(select::Select),
    /// Write records for other programs, as --format csv, jsonl, ocsf, cef or syslog
    Export(out::Export),
    /// Write records with their proofs and a verifier into a new folder, as evidence
    Bundle(out::Bundle),
    /// Check that no record was changed, dropped, inserted or reordered
    Verify {
        /// A log directory or an evidence bundle [default: every log of the data directory]
        dir: Option<PathBuf>,
        /// A checkpoint kept from earlier; the log must continue it
        #[arg(long, value_name = "FILE")]
        older: Option<PathBuf>,
        /// The verifier key you were given [default: the one in the log or bundle]
        #[arg(long, value_name = "KEY")]
        vkey: Option<String>,
    },
    /// Write a proof that one record is in the log, as a C2SP tlog-proof
    Prove {
        /// The number of the record
        index: u64,
        /// A log directory [default: the first log of the data directory]
        dir: Option<PathBuf>,
    },
    /// Write a proof that the log continues a checkpoint kept from earlier, as a C2SP add-checkpoint request
    Consistency {
        /// A log directory [default: the first log of the data directory]
        dir: Option<PathBuf>,
        /// The checkpoint kept from earlier
        #[arg(long, value_name = "FILE")]
        older: PathBuf,
    },
    /// Count what the log is evidence of, as Markdown or JSON
    Report(report::Options),
    /// Look into what reached a person, client or session
    Incident(incident::Options),
    /// Forbid that records are removed, or list and release such holds
    Hold(keep::Holds),
    /// Remove records by age
    Retention(keep::Retention),
    /// Erase a person's login and addresses; every record still verifies
    ErasePerson(keep::Erase),
}

pub(super) fn run(shared: &Shared, options: &Options) -> anyhow::Result<ExitCode> {
    match &options.command {
        Command::Tail { lines, follow } => tail(shared, *lines, *follow),
        Command::Search(select) => out::search(shared, select),
        Command::Export(export) => out::export(shared, export),
        Command::Bundle(bundle) => out::bundle(shared, bundle),
        Command::Verify { dir, older, vkey } => verify(shared, dir.as_deref(), older.as_deref(), vkey.as_deref()),
        Command::Prove { index, dir } => prove(shared, *index, dir.as_deref()),
        Command::Consistency { dir, older } => consistency(shared, dir.as_deref(), older),
        Command::Report(options) => report::run(shared, options),
        Command::Incident(options) => incident::run(shared, options),
        Command::Hold(holds) => keep::holds(shared, holds),
        Command::Retention(retention) => keep::retention(shared, retention),
        Command::ErasePerson(erase) => keep::erase(shared, erase),
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
    let dirs = logs(shared)?;
    Act::new(Class::Export, "audit tail")
        .about(&format!("lines={lines}"))
        .record(&Place::of(shared)?)?;
    for dir in dirs {
        let reader = Reader::open(&dir)?;
        let mut next = reader.first()?;
        for entry in reader.records(next) {
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
    let time = rfc3339(time_of(entry));
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

fn verify(shared: &Shared, dir: Option<&Path>, older: Option<&Path>, vkey: Option<&str>) -> anyhow::Result<ExitCode> {
    let key = vkey
        .map(|text| Verifier::parse(text).context("--vkey is no verifier key; it looks like `name+hash+key`"))
        .transpose()?;
    let dirs = match dir {
        Some(dir) if dir.join("manifest.json").is_file() => return verify_a_bundle(dir, key),
        Some(dir) => vec![dir.to_owned()],
        None => logs(shared)?,
    };
    let older = older.map(kept_checkpoint).transpose()?;
    let mut wrong = false;
    for found in dirs {
        let reader = match &key {
            Some(key) => Reader::with_key(&found, key.clone()),
            None => Reader::open(&found)?,
        };
        match reader.verify(older.as_deref()) {
            Ok(verified) => progress::put(format_args!("{}", verdict(&verified)))?,
            Err(findings) => {
                wrong = true;
                for finding in findings {
                    progress::put(format_args!("{}: {finding}", found.display()))?;
                }
            }
        }
    }
    if dir.is_none() && !wrong {
        record::Act::new(Class::Admin, "audit verify").record(&Place::of(shared)?)?;
    }
    Ok(if wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn verify_a_bundle(dir: &Path, key: Option<Verifier>) -> anyhow::Result<ExitCode> {
    match verify_bundle(dir, key.as_slice()) {
        Ok(manifest) => {
            for log in &manifest.logs {
                progress::put(format_args!(
                    "verified {}: {} records, each with its proof under the signed checkpoint of {} records",
                    log.origin,
                    log.records.len(),
                    log.size
                ))?;
            }
            progress::put(format_args!(
                "verified: {} files of `{}`",
                manifest.files.len(),
                dir.display()
            ))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(wrong) => {
            for error in wrong {
                progress::put(format_args!("{}: {error}", dir.display()))?;
            }
            Ok(ExitCode::FAILURE)
        }
    }
}

fn kept_checkpoint(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read the checkpoint `{}`", path.display()))
}

fn consistency(shared: &Shared, dir: Option<&Path>, older: &Path) -> anyhow::Result<ExitCode> {
    let log = match dir {
        Some(dir) => dir.to_owned(),
        None => logs(shared)?.remove(0),
    };
    let proof = Reader::open(&log)?.prove_continued(&kept_checkpoint(older)?)?;
    if dir.is_none() {
        Act::new(Class::Export, "audit consistency").record(&Place::of(shared)?)?;
    }
    progress::put(format_args!("{}", proof.trim_end()))?;
    Ok(ExitCode::SUCCESS)
}

fn prove(shared: &Shared, index: u64, dir: Option<&Path>) -> anyhow::Result<ExitCode> {
    let is_own = dir.is_none();
    let dir = match dir {
        Some(dir) => dir.to_owned(),
        None => logs(shared)?.remove(0),
    };
    let proof = Reader::open(&dir)?.prove(index)?;
    if is_own {
        Act::new(Class::Export, "audit prove")
            .about(&format!("record={index}"))
            .record(&Place::of(shared)?)?;
    }
    progress::put(format_args!("{}", proof.to_string().trim_end()))?;
    Ok(ExitCode::SUCCESS)
}
