//! `louver bench audit`: what recording costs on the disk that it is run on.
//!
//! Every figure of the log stands beside a bare loop in the same run: writes of as many bytes as the callers' records have, each followed by
//! `fdatasync`. That loop is what group commit could reach if nothing else took time. Both take turns, so that a busy machine is busy for both.

use super::{Format, Shared, progress};
use crate::audit::{
    AuditError, Class, Client, Decision, Log, Options, Permission, Personal, Reader, Record, Repo, Sha256Digest,
    Subject, Symbols,
};
use anyhow::{Context as _, bail};
use serde_json::json;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

#[derive(Debug, clap::Args)]
pub(super) struct Bench {
    /// Where to write; it must be on the disk to measure [default: the data directory]
    #[arg(long)]
    dir: Option<PathBuf>,
    /// How long to measure each number of callers
    #[arg(long, default_value_t = 10, value_name = "SECONDS")]
    seconds: u64,
    /// How many records to verify; 0 for none
    #[arg(long, default_value_t = 1_000_000)]
    records: u64,
}

/// The numbers of agents that ask at the same time.
const CALLERS: [usize; 3] = [1, 8, 64];
/// How often log and bare loop take turns.
const TURNS: u32 = 10;
/// How many records are on their way at the same time when a log is filled.
const ON_THE_WAY: u64 = 1_024;

pub(super) fn run(shared: &Shared, own: &Path, options: &Bench) -> anyhow::Result<ExitCode> {
    let parent = options.dir.as_deref().unwrap_or(own);
    let folder = tempfile::Builder::new()
        .prefix("bench-audit-")
        .tempdir_in(parent)
        .with_context(|| format!("cannot write in `{}`", parent.display()))?;
    for callers in CALLERS {
        let figures = Figures::measure(&folder.path().join(callers.to_string()), callers, options.seconds)?;
        figures.put(shared.format)?;
    }
    if options.records > 0 {
        verify(&folder.path().join("verify"), options.records, shared.format)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What was measured with one number of callers.
struct Figures {
    callers: usize,
    record_bytes: u64,
    recorded: Speed,
    bare: Speed,
}

/// How long each of many took, and all of them together.
#[derive(Default)]
struct Speed {
    each: Vec<Duration>,
    all: Duration,
}

impl Speed {
    fn per_second(&self) -> f64 {
        self.each.len() as f64 / self.all.as_secs_f64()
    }

    fn percentile(&self, percent: usize) -> u64 {
        let at = (self.each.len() * percent / 100).min(self.each.len().saturating_sub(1));
        self.each
            .get(at)
            .map_or(0, |it| u64::try_from(it.as_micros()).unwrap_or(u64::MAX))
    }
}

impl Figures {
    fn measure(dir: &Path, callers: usize, seconds: u64) -> anyhow::Result<Self> {
        let log = open(dir)?;
        let turn = Duration::from_secs(seconds) / TURNS;
        let record_bytes = record_bytes(&log)?;
        let mut file = File::create(dir.join("bare"))?;
        let bytes = vec![b'x'; usize::try_from(record_bytes + 2)? * callers];
        let (mut recorded, mut bare) = (Speed::default(), Speed::default());
        for _ in 0..TURNS {
            write_bare(&mut file, &bytes, turn, &mut bare)?;
            append(&log, callers, turn, &mut recorded)?;
        }
        log.close()?;
        recorded.each.sort_unstable();
        bare.each.sort_unstable();
        Ok(Self {
            callers,
            record_bytes,
            recorded,
            bare,
        })
    }

    fn put(&self, format: Format) -> io::Result<()> {
        let rate = self.recorded.per_second();
        let possible = self.bare.per_second() * self.callers as f64;
        let (p50, p99) = (self.recorded.percentile(50), self.recorded.percentile(99));
        let sync = self.bare.percentile(50);
        if format == Format::Json {
            return progress::put(format_args!(
                "{}",
                json!({
                    "version": 1, "callers": self.callers, "records_per_second": rate.round(), "p50_us": p50, "p99_us": p99,
                    "bare_syncs_per_second": self.bare.per_second().round(), "bare_p50_us": sync, "ratio": (rate / possible * 100.0).round() / 100.0,
                    "record_bytes": self.record_bytes,
                })
            ));
        }
        progress::put(format_args!(
            "{:>3} callers: {rate:.0} records/s, p50 {p50} µs, p99 {p99} µs; a bare loop of the same bytes: {:.0} syncs/s, p50 {sync} µs; ratio {:.2}",
            self.callers,
            self.bare.per_second(),
            rate / possible
        ))
    }
}

fn open(dir: &Path) -> Result<Log, AuditError> {
    let options = Options {
        tick: None,
        ..Options::new("bench.example/louver")
    };
    Log::open(dir, options)
}

/// A record like that of an answer, with every field that one has.
fn record(log: &Log) -> Result<Record, AuditError> {
    let mut record = Record::new(Class::Retrieval);
    record.subject = Some(Subject {
        host: "git.example".into(),
        id: "4711".into(),
        login: Some(log.commit(Personal::Login, "alice")?),
    });
    record.session = Some("7f3c2a90-5d1e-4f6b-9a8e-2b4c6d8e0f12".into());
    record.client = Some(Client::claimed("agent", "1.2.3"));
    record.tool = Some("search_symbols".into());
    record.repos = vec![Repo {
        name: "acme/web".into(),
        commit: Some("0f".repeat(20)),
        tier: Some("internal".into()),
    }];
    record.query = Some(log.query("where is the session store"));
    record.arguments = Some(log.digest(b"{\"query\":\"where is the session store\"}"));
    record.decision = Some(Decision::Allow);
    record.permission = Some(Permission {
        source: "git.example".into(),
        checked_at: 1_790_000_000_000_000,
        age_ms: 20,
    });
    record.scope_digest = Some(Sha256Digest::of(b"scope"));
    record.symbols = Some(Symbols::of([
        "acme/web:src/session.rs#Store",
        "acme/web:src/session.rs#Store::open",
        "acme/web:src/session.rs#Store::find",
    ]));
    (record.items, record.bytes, record.tokens) = (Some(3), Some(640), Some(160));
    (record.names_withheld, record.raw_source_bytes) = (Some(0), Some(0));
    record.output_sha256 = Some(Sha256Digest::of(b"answer"));
    record.duration_us = Some(2_300);
    Ok(record)
}

/// The length of a record as the log has it.
fn record_bytes(log: &Log) -> anyhow::Result<u64> {
    let receipt = log.append(record(log)?)?;
    log.checkpoint()?;
    let entry = Reader::open(log.dir())?.records(receipt.index()).next();
    Ok(entry.context("the record is not in the log")??.record.len() as u64)
}

/// Appends from as many threads for as long.
fn append(log: &Log, callers: usize, time: Duration, into: &mut Speed) -> anyhow::Result<()> {
    let began = Instant::now();
    let work = || {
        let mut each = Vec::new();
        while began.elapsed() < time {
            let before = Instant::now();
            drop(log.append(record(log)?)?);
            each.push(before.elapsed());
        }
        Ok::<_, AuditError>(each)
    };
    let each: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..callers).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(thread::ScopedJoinHandle::join).collect()
    });
    for each in each {
        let Ok(each) = each else { bail!("a caller ended early") };
        into.each.append(&mut each?);
    }
    into.all += began.elapsed();
    Ok(())
}

/// Writes and syncs the same bytes again and again: what the disk allows.
fn write_bare(file: &mut File, bytes: &[u8], time: Duration, into: &mut Speed) -> io::Result<()> {
    let began = Instant::now();
    while began.elapsed() < time {
        let before = Instant::now();
        file.write_all(bytes)?;
        file.sync_data()?;
        into.each.push(before.elapsed());
    }
    into.all += began.elapsed();
    Ok(())
}

/// Fills a log with many records and verifies it.
fn verify(dir: &Path, records: u64, format: Format) -> anyhow::Result<()> {
    let log = open(dir)?;
    let (sender, answers) = mpsc::channel();
    for number in 0..records {
        let sender = sender.clone();
        log.append_then(record(&log)?, move |answer| drop(sender.send(answer.map(drop))));
        // No more than this are on their way, so that groups are full and memory is not.
        if number >= ON_THE_WAY {
            answers.recv()??;
        }
    }
    let own = log.dir().to_owned();
    log.close()?;
    let (began, cpu) = (Instant::now(), cpu_time()?);
    let verified = Reader::open(&own)?.verify(None);
    let (wall, cpu) = (began.elapsed(), cpu_time()?.saturating_sub(cpu));
    let Ok(verified) = verified else {
        bail!("the log of the benchmark does not verify; this is a bug of louver");
    };
    let size = verified.checkpoint.size;
    let bytes = stored(&own)? / size;
    let (cpu, wall) = (cpu.as_millis(), wall.as_millis());
    if format == Format::Json {
        let line = json!({ "version": 1, "verified": size, "cpu_ms": cpu, "wall_ms": wall, "bytes_per_record": bytes });
        return Ok(progress::put(format_args!("{line}"))?);
    }
    Ok(progress::put(format_args!(
        "verified {size} records in {cpu} ms of processor time, {wall} ms in all; {bytes} bytes on disk for each"
    ))?)
}

/// The time this thread has had a processor.
fn cpu_time() -> anyhow::Result<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").context("this system does not tell processor time")?;
    let nanos = text.split(' ').next().unwrap_or_default().parse()?;
    Ok(Duration::from_nanos(nanos))
}

/// The bytes of all files below a directory.
fn stored(dir: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        bytes += if kind.is_dir() {
            stored(&entry.path())?
        } else {
            entry.metadata()?.len()
        };
    }
    Ok(bytes)
}
