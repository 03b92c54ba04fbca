//! Watching the record: alerts, and sending records and checkpoints to where the organisation keeps and watches them.
//!
//! Everything here follows the logs on disk, from threads of its own: an answer waits for its record and for nothing else. One process of a data
//! directory watches; if it ends, another takes its place.

mod alerts;
mod anchor;
mod stream;
mod syslog;

use crate::audit::{Archive, AuditError, Class, Log, Record, Tail};
use crate::scope::{AnchorConfig, Scope, ScopeInForce, StreamConfig};
use alerts::{Finding, Watch};
use reqwest::blocking::Client;
use reqwest::redirect::Policy;
use serde_json::Value;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long the watch waits for new records.
const PAUSE: Duration = Duration::from_millis(500);
/// How long a process waits before it asks whether another one still watches.
const IN_RESERVE: Duration = Duration::from_secs(5);
/// What is usual for somebody rests on so much time.
const MEMORY: Duration = Duration::from_secs(30 * 86_400);
const BATCH: u64 = 256;
/// How long a process that ends waits for what is being sent.
const FAREWELL: Duration = Duration::from_secs(2);

/// Watches until it is dropped.
#[derive(Debug)]
pub struct Monitor {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Monitor {
    /// Follows the logs beside `log`, under the rules of the scope in force, and records alerts in `log`.
    pub fn start(log: &Arc<Log>, scope: ScopeInForce) -> std::io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let dir = log.dir().parent().unwrap_or(log.dir()).to_owned();
        let log = Arc::downgrade(log);
        let thread = thread::Builder::new()
            .name("monitor".to_owned())
            .spawn(move || watch(&log, &dir, &scope, stopped))?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        drop(self.stop.take());
        // Somebody may be waited for who never answers. What was not sent is sent after the next start.
        let began = Instant::now();
        while self.thread.as_ref().is_some_and(|thread| !thread.is_finished()) && began.elapsed() < FAREWELL {
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// What a follower of the log waits on, and tells alerts to.
pub(crate) struct Line {
    /// It is closed when the server ends, whoever still waits here.
    log: Weak<Log>,
    stopped: Mutex<Receiver<()>>,
}

impl Line {
    fn new(log: &Weak<Log>) -> (Sender<()>, Self) {
        let (stop, stopped) = mpsc::channel();
        (stop, Self::over(log, stopped))
    }

    fn over(log: &Weak<Log>, stopped: Receiver<()>) -> Self {
        Self {
            log: Weak::clone(log),
            stopped: Mutex::new(stopped),
        }
    }

    /// Waits, and at once no longer when it is time to stop.
    fn pause(&self, time: Duration) {
        let stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody sends anything; whether it is time to stop is asked elsewhere.
        _ = stopped.recv_timeout(time);
    }

    fn is_cut(&self) -> bool {
        let stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(stopped.try_recv(), Err(mpsc::TryRecvError::Disconnected))
    }

    /// Becomes the follower `name`, as soon as no other process is. Gives nothing when it is time to stop.
    fn take_up(&self, dir: &Path, name: &str) -> Option<Tail> {
        while !self.is_cut() {
            match Tail::open(dir, name) {
                Ok(Some(tail)) => return Some(tail),
                Ok(None) => {}
                Err(error) => tracing::error!(name, error = told(&error), "the place in the log cannot be read"),
            }
            self.pause(IN_RESERVE);
        }
        None
    }

    /// Records an alert that is about nobody, and tells whether that was possible.
    fn alert(&self, rule: &'static str, detail: Value) -> bool {
        let detail = detail.as_object().cloned().unwrap_or_default();
        self.record(&Finding {
            rule,
            person: None,
            session: None,
            detail,
        })
    }

    fn record(&self, finding: &Finding) -> bool {
        let Finding {
            rule,
            person,
            session,
            detail,
        } = finding;
        let Some(log) = self.log.upgrade() else { return false };
        let recorded = (|| {
            let mut record = Record::new(Class::Alert);
            record.rule = Some((*rule).to_owned());
            record.session.clone_from(session);
            if let Some((host, id, login)) = person {
                // The login of somebody who was erased is not known any more.
                let login = if login.is_empty() { id } else { login };
                record.subject = Some(log.subject(host, id, login)?);
            }
            log.append(record.with_detail(detail.clone()))
        })();
        match recorded {
            Ok(receipt) => tracing::warn!(rule, record = receipt.index(), "an alert"),
            Err(error) => {
                tracing::error!(rule, error = told(&error), "an alert could not be recorded");
                return false;
            }
        }
        true
    }
}

/// Records alerts, and lets streams and anchors run as the scope in force has them.
fn watch(log: &Weak<Log>, dir: &Path, scope: &ScopeInForce, stopped: Receiver<()>) {
    let line = Line::over(log, stopped);
    let mut senders = Senders::default();
    while let Some(tail) = line.take_up(dir, "alerts") {
        let mut alarm = Alarm {
            watch: Watch::default(),
            tail,
        };
        if let Err(error) = alarm.remember(dir, &scope.current(&|_| ())) {
            tracing::error!(
                error = told(&error),
                "earlier records could not be read; what is usual is learnt anew"
            );
        }
        while !line.is_cut() {
            let scope = scope.current(&|_| ());
            senders.follow(&scope, log, dir);
            if let Err(error) = alarm.step(&scope, &line) {
                tracing::error!(
                    error = told(&error),
                    "records cannot be watched for alerts; it is tried again"
                );
                alarm.tail.rewind();
                line.pause(IN_RESERVE);
            }
            line.pause(PAUSE);
        }
    }
}

/// The rules, and where they are in the logs.
struct Alarm {
    watch: Watch,
    tail: Tail,
}

impl Alarm {
    /// Learns from the records before the place what is usual. Where there never was a place, there is nothing to catch up with.
    fn remember(&mut self, dir: &Path, scope: &Scope) -> Result<(), AuditError> {
        if self.tail.is_new() {
            self.tail.skip()?;
            self.tail.keep()?;
        }
        let since = now().saturating_sub(micros(MEMORY));
        let (watch, tail) = (&mut self.watch, &self.tail);
        let mut known = Vec::new();
        Archive::open(dir)?.recent(since, &mut |record| {
            if tail.is_behind(&record) {
                known.push(record);
            }
            Ok(())
        })?;
        known.sort_by_key(|record| record.time());
        for record in &known {
            drop(watch.see(record, &scope.audit().alerts, scope.clients()));
        }
        // Logs that ended before this process began are not waited for.
        drop(watch.silence(now(), &scope.audit().alerts));
        Ok(())
    }

    fn step(&mut self, scope: &Scope, line: &Line) -> Result<(), AuditError> {
        let rules = &scope.audit().alerts;
        for record in self.tail.read(BATCH)? {
            for finding in self.watch.see(&record, rules, scope.clients()) {
                line.record(&finding);
            }
        }
        self.tail.keep()?;
        for finding in self.watch.silence(now(), rules) {
            line.record(&finding);
        }
        Ok(())
    }
}

/// Something that is sent to, and how it is stopped.
#[derive(Debug, PartialEq, Eq)]
enum Target {
    Stream(StreamConfig),
    Anchor(AnchorConfig),
}

/// The streams and anchors that run.
#[derive(Debug, Default)]
struct Senders {
    running: Vec<(Target, Sender<()>, JoinHandle<()>)>,
}

impl Senders {
    /// Stops what the scope no longer has and starts what it has anew.
    fn follow(&mut self, scope: &Scope, log: &Weak<Log>, dir: &Path) {
        let audit = scope.audit();
        let streams = audit.streams.iter().cloned().map(Target::Stream);
        let wanted: Vec<Target> = streams
            .chain(audit.anchors.iter().cloned().map(Target::Anchor))
            .collect();
        let (stay, go) = std::mem::take(&mut self.running)
            .into_iter()
            .partition(|(target, ..)| wanted.contains(target));
        self.running = stay;
        stop(go);
        for target in wanted {
            if self.running.iter().any(|(running, ..)| *running == target) {
                continue;
            }
            let (cut, line) = Line::new(log);
            let dir = dir.to_owned();
            let thread = match &target {
                Target::Stream(config) => {
                    let config = config.clone();
                    thread::Builder::new().spawn(move || stream::run(&config, &dir, &line))
                }
                Target::Anchor(config) => {
                    let config = config.clone();
                    thread::Builder::new().spawn(move || anchor::run(&config, &dir, &line))
                }
            };
            match thread {
                Ok(thread) => self.running.push((target, cut, thread)),
                Err(error) => tracing::error!(%error, "a stream cannot be started; it is tried again"),
            }
        }
    }
}

impl Drop for Senders {
    fn drop(&mut self) {
        stop(std::mem::take(&mut self.running));
    }
}

/// Tells all to stop before it waits for any.
fn stop(senders: Vec<(Target, Sender<()>, JoinHandle<()>)>) {
    let threads: Vec<_> = senders
        .into_iter()
        .map(|(_, cut, thread)| {
            drop(cut);
            thread
        })
        .collect();
    for thread in threads {
        drop(thread.join());
    }
}

/// HTTP to where the scope says and nowhere else, never dropped: a blocking client must not end inside an asynchronous task.
fn client() -> Result<&'static Client, stream::Failure> {
    static CLIENT: LazyLock<Result<Client, String>> = LazyLock::new(|| {
        Client::builder()
            .redirect(Policy::none())
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(20))
            .user_agent(concat!("louver/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| error.to_string())
    });
    CLIENT.as_ref().map_err(|error| error.as_str().into())
}

/// Microseconds since 1970, as records have them.
fn now() -> u64 {
    micros(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn told(error: &AuditError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
