//! `louver audit search | export | bundle`: records leave the log, and that is recorded first.

use super::select::{Select, now};
use super::{line, logs};
use crate::audit::export::Form;
use crate::audit::{self, Archive, Class, Entry, Stored};
use crate::cli::place::Place;
use crate::cli::record::Act;
use crate::cli::{Format, Shared, progress};
use anyhow::{Context as _, bail};
use clap::Args;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Export {
    #[command(flatten)]
    select: Select,
    /// Write to a new file instead of stdout
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Bundle {
    #[command(flatten)]
    select: Select,
    /// The folder to make
    #[arg(long, value_name = "DIR")]
    output: PathBuf,
    /// Leave out who stands behind the commitments
    #[arg(long)]
    without_people: bool,
}

/// The logs of the data directory, of which there is at least one.
pub(super) fn archive(shared: &Shared) -> anyhow::Result<(Place, Archive)> {
    let place = Place::of(shared)?;
    logs(shared)?;
    let archive = Archive::open(&place.audit())?;
    Ok((place, archive))
}

pub(super) fn search(shared: &Shared, select: &Select) -> anyhow::Result<ExitCode> {
    let filter = select.filter(now())?;
    let (place, archive) = archive(shared)?;
    let found = archive.find(&filter)?;
    Act::new(Class::Export, "audit search")
        .about(&filter.to_string())
        .with("records", found.len())
        .record(&place)?;
    for record in &found {
        progress::put(format_args!("{}", told(shared, record)))?;
    }
    progress::say(format_args!("{} records", found.len()));
    Ok(ExitCode::SUCCESS)
}

/// A record as `search` shows it: a line, or the export of it.
pub(super) fn told(shared: &Shared, record: &Stored) -> String {
    if shared.format == Format::Json {
        return Form::Jsonl.line(record);
    }
    let entry = Entry {
        index: record.index,
        record: record.bytes.clone(),
    };
    let who = record
        .login
        .as_deref()
        .map_or_else(String::new, |login| format!(" login={login}"));
    format!("{} {}{who}", record.log, line(&entry))
}

pub(super) fn export(shared: &Shared, options: &Export) -> anyhow::Result<ExitCode> {
    let form = match shared.format {
        Format::Text | Format::Csv => Form::Csv,
        Format::Json | Format::Jsonl => Form::Jsonl,
        Format::Ocsf => Form::Ocsf,
        Format::Cef => Form::Cef,
        Format::Syslog => Form::Syslog,
        Format::Sarif => bail!("records have no form in SARIF; choose --format csv, jsonl, ocsf, cef or syslog"),
    };
    let filter = options.select.filter(now())?;
    let (place, archive) = archive(shared)?;
    let mut out: Box<dyn Write> = match &options.output {
        Some(path) => Box::new(BufWriter::new(new_file(path)?)),
        None => Box::new(BufWriter::new(std::io::stdout().lock())),
    };
    // Counted first, so that the record is there before the first line leaves.
    let mut count = 0_u64;
    archive.each(&filter, &mut |_| {
        count += 1;
        Ok(())
    })?;
    Act::new(Class::Export, "audit export")
        .about(&filter.to_string())
        .with("form", format!("{form:?}").to_lowercase())
        .with("records", count)
        .record(&place)?;
    let mut lines = Vec::new();
    lines.extend(form.head());
    let mut failed = None;
    archive.each(&filter, &mut |record| {
        lines.push(form.line(&record));
        if failed.is_none() {
            failed = write_lines(&mut out, &mut lines).err();
        }
        Ok(())
    })?;
    let written = match failed {
        Some(error) => Err(error),
        None => write_lines(&mut out, &mut lines).and_then(|()| out.flush()),
    };
    match written {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => (),
        other => other.context("the export could not be written; it is not complete")?,
    }
    progress::say(format_args!("{count} records"));
    Ok(ExitCode::SUCCESS)
}

fn write_lines(out: &mut dyn Write, lines: &mut Vec<String>) -> std::io::Result<()> {
    lines.drain(..).try_for_each(|line| writeln!(out, "{line}"))
}

/// A file that only its owner may read and that was not there before.
fn new_file(path: &Path) -> anyhow::Result<File> {
    let mut options = File::options();
    options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot create `{}`; name a file that does not exist", path.display()))
}

pub(super) fn bundle(shared: &Shared, options: &Bundle) -> anyhow::Result<ExitCode> {
    let filter = options.select.filter(now())?;
    let (place, archive) = archive(shared)?;
    write_bundle(
        &place,
        &archive,
        &filter,
        &options.output,
        !options.without_people,
        "audit bundle",
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Writes evidence to a new folder and says what it is.
pub(super) fn write_bundle(
    place: &Place,
    archive: &Archive,
    filter: &audit::Filter,
    output: &Path,
    with_people: bool,
    command: &'static str,
) -> anyhow::Result<()> {
    if output.exists() {
        bail!("`{}` is there already; name a new folder", output.display());
    }
    Act::new(Class::Export, command)
        .about(&filter.to_string())
        .record(place)?;
    let manifest = audit::Bundle::write(archive, filter, output, with_people, now())?;
    for log in &manifest.logs {
        progress::put(format_args!(
            "{}: {} records under a checkpoint of {}",
            log.origin,
            log.records.len(),
            log.size
        ))?;
    }
    progress::put(format_args!(
        "wrote `{}`; check it with `louver audit verify {0}` or `python3 {0}/verify.py --bundle {0}`",
        output.display()
    ))?;
    Ok(())
}
