//! Sending records and checkpoints to where the organisation watches: every record at least once, in the order of its log.
//!
//! A stream reads the log from disk in a thread of its own, so that nobody who is answered ever waits for it. Its place in the log is kept once the
//! other side has what was sent.

use super::Line;
use super::syslog::Syslog;
use crate::access::Secret;
use crate::audit::{Stored, Tail, export::Form, rfc3339};
use crate::scope::{StreamConfig, StreamTarget};
use serde_json::json;
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// At most this many records are sent at once.
const BATCH: u64 = 256;
/// How long a stream waits for new records.
const PAUSE: Duration = Duration::from_millis(500);
/// How long it waits after a failure: at first, and at most.
const WAITS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// How often a checkpoint is sent at most.
const CHECKPOINTS: Duration = Duration::from_secs(60);
/// Syslog acknowledges nothing: what was sent counts as there when the connection still is, so much later.
const SETTLED: Duration = Duration::from_secs(2);
/// A stream that never comes to rest waits for that at least so often.
const RESTLESS: Duration = Duration::from_secs(20);
/// A stream that fails for so long is worth an alert.
const OUTAGE: Duration = Duration::from_secs(60);

/// Why something could not be sent.
pub(super) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Sends until the line is cut.
pub(super) fn run(config: &StreamConfig, dir: &Path, line: &Line) {
    let name = format!("stream-{}", config.name);
    while let Some(tail) = line.take_up(dir, &name) {
        let stream = Stream {
            config,
            tail,
            syslog: None,
            unsettled: None,
            sent: BTreeSet::new(),
            last_checkpoint: None,
        };
        stream.run(line);
    }
}

struct Stream<'a> {
    config: &'a StreamConfig,
    tail: Tail,
    syslog: Option<Syslog>,
    /// When the first and the last batch were sent that may still be lost.
    unsettled: Option<(Instant, Instant)>,
    /// The checkpoints sent.
    sent: BTreeSet<String>,
    last_checkpoint: Option<Instant>,
}

impl Stream<'_> {
    fn run(mut self, line: &Line) {
        let mut wait = WAITS.0;
        let mut failing: Option<Instant> = None;
        let mut alerted = false;
        while !line.is_cut() {
            match self.step() {
                Ok(0) => {
                    (failing, alerted, wait) = (None, false, WAITS.0);
                    line.pause(PAUSE);
                }
                Ok(_) => (failing, alerted, wait) = (None, false, WAITS.0),
                Err(error) => {
                    tracing::warn!(stream = self.config.name, %error, "records could not be sent; they are sent again");
                    self.tail.rewind();
                    self.syslog = None;
                    if self.unsettled.take().is_some() {
                        (self.sent, self.last_checkpoint) = (BTreeSet::new(), None);
                    }
                    let since = *failing.get_or_insert_with(Instant::now);
                    if !alerted && since.elapsed() >= OUTAGE {
                        alerted = line.alert("stream-down", json!({ "stream": self.config.name }));
                    }
                    line.pause(wait);
                    wait = (wait * 2).min(WAITS.1);
                }
            }
        }
    }

    /// Sends one batch and gives how many records there were to see.
    fn step(&mut self) -> Result<usize, Failure> {
        self.settle()?;
        let records = self.tail.read(BATCH)?;
        let wanted: Vec<&Stored> = records.iter().filter(|record| self.is_wanted(record)).collect();
        let checkpoints = self.checkpoints();
        if !wanted.is_empty() || !checkpoints.is_empty() {
            self.send(&wanted, &checkpoints)?;
        }
        if !checkpoints.is_empty() {
            self.sent = self.tail.checkpoints().map(str::to_owned).collect();
            self.last_checkpoint = Some(Instant::now());
        }
        if self.unsettled.is_none() {
            self.tail.keep()?;
        }
        Ok(records.len())
    }

    /// Keeps the place in the log once what was sent has settled.
    fn settle(&mut self) -> Result<(), Failure> {
        let Some((first, last)) = self.unsettled else {
            return Ok(());
        };
        if first.elapsed() >= RESTLESS {
            thread::sleep(SETTLED.saturating_sub(last.elapsed()));
        }
        if let Some(syslog) = &self.syslog {
            syslog.check()?;
        }
        if last.elapsed() >= SETTLED {
            self.tail.keep()?;
            self.unsettled = None;
        }
        Ok(())
    }

    fn is_wanted(&self, record: &Stored) -> bool {
        let classes = self.config.classes.as_ref();
        classes.is_none_or(|classes| classes.iter().any(|class| class == record.class()))
    }

    /// The checkpoints that are due: all that changed, once a minute.
    fn checkpoints(&self) -> Vec<String> {
        if self.last_checkpoint.is_some_and(|at| at.elapsed() < CHECKPOINTS) {
            return Vec::new();
        }
        let signed = self.tail.checkpoints().filter(|it| !self.sent.contains(*it));
        signed.map(str::to_owned).collect()
    }

    fn send(&mut self, records: &[&Stored], checkpoints: &[String]) -> Result<(), Failure> {
        let origin = |signed: &str| signed.lines().next().unwrap_or_default().to_owned();
        match &self.config.to {
            StreamTarget::Syslog { .. } => {
                let mut messages: Vec<String> = records.iter().map(|record| Form::Syslog.line(record)).collect();
                messages.extend(checkpoints.iter().map(|signed| {
                    let log = origin(signed);
                    let host = log.split('/').next().unwrap_or("-").to_owned();
                    let text = json!({ "log": log, "checkpoint": signed });
                    format!("<110>1 {} {host} louver - checkpoint - {text}", rfc3339(super::now()))
                }));
                let syslog = match self.syslog.take() {
                    Some(syslog) => syslog,
                    None => Syslog::connect(&self.config.to)?,
                };
                let now = Instant::now();
                self.unsettled = Some((self.unsettled.map_or(now, |(first, _)| first), now));
                // A connection that fails is dropped, and so is its batches' claim to be sent.
                self.syslog.insert(syslog).send(&messages)
            }
            StreamTarget::Webhook { url, token } => {
                let mut request = super::client()?.post(url.clone());
                if let Some(token) = token {
                    request = request.bearer_auth(Secret::from_source(token)?.reveal());
                }
                let body = lines(records, checkpoints);
                let request = request.header("content-type", "application/x-ndjson").body(body);
                let status = request.send()?.status();
                if status.is_success() {
                    Ok(())
                } else {
                    Err(format!("the other side answered {status}").into())
                }
            }
            StreamTarget::File(path) => {
                let mut options = OpenOptions::new();
                let mut file = options.read(true).append(true).create(true).mode(0o600).open(path)?;
                let mut text = lines(records, checkpoints);
                // A line that was cut off by a full disk or a crash must not swallow the next one.
                if !ends_in_newline(&mut file)? {
                    text.insert(0, '\n');
                }
                file.write_all(text.as_bytes())?;
                Ok(file.sync_data()?)
            }
        }
    }
}

fn ends_in_newline(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// A JSON object a line: records as `louver audit export --format jsonl` writes them, and checkpoints.
fn lines(records: &[&Stored], checkpoints: &[String]) -> String {
    let records = records.iter().map(|record| Form::Jsonl.line(record));
    let checkpoints = checkpoints
        .iter()
        .map(|signed| json!({ "log": signed.lines().next(), "checkpoint": signed }).to_string());
    records.chain(checkpoints).map(|line| line + "\n").collect()
}
