//! `louver bench audit`: what recording costs on the disk that it is run on.
//!
//! Every figure of the log stands beside two others of the same run. A bare loop writes as many bytes as the callers' records have and calls `fdatasync`,
//! which is what group commit could reach if callers took no time at all. A bare group commit has as many callers hand ready-made bytes to a thread that
//! writes, syncs and wakes them, which is what it can reach on this machine. All take turns, so that a busy machine is busy for all, and what is told
//! is the median of the turns.

use super::bench_bare::{Speed, write_alone, write_grouped};
use super::{Format, Shared, bench_share, progress};
use crate::audit::{
    AuditError, Class, Client, Decision, Log, Options, Permission, Personal, Reader, Record, Repo, Sha256Digest,
    Subject, Symbols,
};
use anyhow::{Context as _, bail};
use serde_json::json;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
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
/// How often log, bare loop and bare group commit take turns.
const TURNS: u32 = 9;
/// How many threads fill a log.
const FILLERS: usize = 64;

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
    bench_share::run(shared, &folder.path().join("calls"))?;
    if options.records > 0 {
        verify(&folder.path().join("verify"), options.records, shared.format)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What was measured with one number of callers.
struct Figures {
    callers: usize,
    record_bytes: u64,
    turns: Vec<Turn>,
    /// Processor time for each record.
    cpu: Duration,
}

/// One turn of each.
struct Turn {
    recorded: Speed,
    alone: Speed,
    grouped: Speed,
}

impl Figures {
    fn measure(dir: &Path, callers: usize, seconds: u64) -> anyhow::Result<Self> {
        let log = open(dir)?;
        let time = Duration::from_secs(seconds) / TURNS;
        let record_bytes = record_bytes(&log)?;
        let (mut alone, mut grouped) = (File::create(dir.join("alone"))?, File::create(dir.join("grouped"))?);
        let bytes = vec![b'x'; usize::try_from(record_bytes + 2)? * callers];
        let (mut turns, mut cpu, mut records) = (Vec::new(), Duration::ZERO, 0);
        for _ in 0..TURNS {
            let alone = write_alone(&mut alone, &bytes, time)?;
            let before = process_time()?;
            let recorded = append(&log, callers, time)?;
            cpu += process_time()?.saturating_sub(before);
            records += recorded.each.len();
            let grouped = write_grouped(&mut grouped, &bytes[..bytes.len() / callers], callers, time)?;
            turns.push(Turn {
                recorded,
                alone,
                grouped,
            });
        }
        log.close()?;
        Ok(Self {
            callers,
            record_bytes,
            turns,
            cpu: cpu / u32::try_from(records.max(1))?,
        })
    }

    fn median(&self, of: impl Fn(&Turn) -> f64) -> f64 {
        let mut all: Vec<f64> = self.turns.iter().map(of).collect();
        all.sort_unstable_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or_default()
    }

    /// Microseconds that so many of all took at most.
    fn percentile(&self, percent: usize, of: impl Fn(&Turn) -> &Speed) -> u64 {
        let mut each: Vec<Duration> = self.turns.iter().flat_map(|it| of(it).each.iter().copied()).collect();
        each.sort_unstable();
        let at = (each.len() * percent / 100).min(each.len().saturating_sub(1));
        each.get(at)
            .map_or(0, |it| u64::try_from(it.as_micros()).unwrap_or(u64::MAX))
    }

    fn put(&self, format: Format) -> io::Result<()> {
        let callers = self.callers as f64;
        let (rate, syncs) = (
            self.median(|it| it.recorded.per_second()),
            self.median(|it| it.alone.per_second()),
        );
        let grouped = self.median(|it| it.grouped.per_second());
        let of_grouped = self.median(|it| it.recorded.per_second() / it.grouped.per_second());
        let of_alone = self.median(|it| it.recorded.per_second() / (it.alone.per_second() * callers));
        let (p50, p99) = (
            self.percentile(50, |it| &it.recorded),
            self.percentile(99, |it| &it.recorded),
        );
        let sync = self.percentile(50, |it| &it.alone);
        let cpu = self.cpu.as_nanos() as f64 / 1_000.0;
        if format == Format::Json {
            let hundredths = |ratio: f64| (ratio * 100.0).round() / 100.0;
            return progress::put(format_args!(
                "{}",
                json!({
                    "version": 2, "callers": self.callers, "records_per_second": rate.round(), "p50_us": p50, "p99_us": p99, "cpu_us": hundredths(cpu),
                    "bare_group_per_second": grouped.round(), "ratio_to_bare_group": hundredths(of_grouped),
                    "bare_syncs_per_second": syncs.round(), "bare_p50_us": sync, "ratio_to_ideal": hundredths(of_alone),
                    "record_bytes": self.record_bytes,
                })
            ));
        }
        progress::put(format_args!(
            "{:>3} callers: {rate:.0} records/s, p50 {p50} µs, p99 {p99} µs, {cpu:.1} µs of processor time each; {of_grouped:.2} of a bare group commit \
             ({grouped:.0}/s); {of_alone:.2} of {} times a bare loop ({syncs:.0} syncs/s, p50 {sync} µs)",
            self.callers, self.callers
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
fn append(log: &Log, callers: usize, time: Duration) -> anyhow::Result<Speed> {
    let began = Instant::now();
    let work = || {
        let mut each = Vec::new();
        while began.elapsed() < time {
            let before = Instant::now();
            drop(log.append(record(log)?)?);
            each.push(before.elapsed());
        }
        Ok(each)
    };
    let each = side_by_side(callers, work)?;
    Ok(Speed {
        each: each.concat(),
        all: began.elapsed(),
    })
}

/// Does the same in as many threads.
fn side_by_side<T: Send>(threads: usize, work: impl Fn() -> Result<T, AuditError> + Sync) -> anyhow::Result<Vec<T>> {
    let done: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(&work)).collect();
        threads.into_iter().map(thread::ScopedJoinHandle::join).collect()
    });
    let done = done.into_iter().map(|done| match done {
        Ok(done) => Ok(done?),
        Err(_) => bail!("a caller ended early"),
    });
    done.collect()
}

/// Fills a log with many records and verifies it.
fn verify(dir: &Path, records: u64, format: Format) -> anyhow::Result<()> {
    let log = open(dir)?;
    let next = AtomicU64::new(0);
    side_by_side(FILLERS, || {
        while next.fetch_add(1, Ordering::Relaxed) < records {
            drop(log.append(record(&log)?)?);
        }
        Ok(())
    })?;
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

/// The time this process has had processors, in the steps that the system counts.
fn process_time() -> anyhow::Result<Duration> {
    let text = fs::read_to_string("/proc/self/stat").context("this system does not tell processor time")?;
    let (_, after_name) = text
        .rsplit_once(") ")
        .context("this system does not tell processor time")?;
    let ticks = after_name.split(' ').skip(11).take(2).map(str::parse::<u64>);
    // Linux counts for programs in hundredths of a second.
    Ok(Duration::from_millis(10) * u32::try_from(ticks.sum::<Result<u64, _>>()?)?)
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
