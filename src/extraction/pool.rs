//! Workers that parse, kept busy and replaced when they fail.

use super::extract::{Options, Skipped};
use super::facts::FileFacts;
use super::packages::PackageFacts;
use super::worker::{self, Reply, Request, Setup};
use super::{Grammar, SourceText, passages};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use std::{fmt, fs, io, thread};

/// How long a worker may take over one file before it is killed.
const WALL_TIME: Duration = Duration::from_secs(10);

/// How many times as long one may take that was kept from its work: a file is not lost because the machine is busy.
const PATIENCE: u32 = 4;

/// Names a file by what is in it and the grammar that reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash(pub [u8; 32]);

/// Why a pool gave a file up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WorkerSkip {
    /// Extraction itself gave it up.
    Extraction(Skipped),
    /// The worker died of it; it will not be tried again.
    ParserCrash,
    /// The worker had to be killed; it will not be tried again.
    ParserTimeout,
    /// A worker failed on it before.
    Quarantined,
    UnsupportedLanguage,
    /// No worker can be started.
    NoWorker,
}

impl WorkerSkip {
    /// The word operators see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Extraction(reason) => reason.word(),
            Self::ParserCrash => "parser-crash",
            Self::ParserTimeout => "parser-timeout",
            Self::Quarantined => "quarantined",
            Self::UnsupportedLanguage => "unsupported-language",
            Self::NoWorker => "no-worker",
        }
    }
}

impl fmt::Display for WorkerSkip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Worker processes that read files on behalf of many threads.
pub struct Pool {
    program: PathBuf,
    setup: Setup,
    grammars: Vec<Grammar>,
    jobs: usize,
    wall_time: Duration,
    state: Arc<Shared>,
    watchdog: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// A worker became idle, or the watchdog has something new to look at.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Worker>,
    /// Workers that exist, idle or busy.
    count: usize,
    busy: Vec<Busy>,
    quarantine: BTreeSet<ContentHash>,
    ending: bool,
}

/// A worker that has until `until`, and longer as long as it has hardly had a processor since `begun`.
struct Busy {
    process: Arc<Process>,
    begun: Instant,
    until: Instant,
    wall_time: Duration,
    /// What it had had of a processor before, where the system tells.
    processor: Option<Duration>,
}

impl Busy {
    fn new(process: Arc<Process>, wall_time: Duration) -> Self {
        let begun = Instant::now();
        Self {
            begun,
            until: begun + wall_time,
            wall_time,
            processor: process.processor_time(),
            process,
        }
    }

    /// Whether its time is up; if it was kept from its work it gets more.
    fn is_over(&mut self, now: Instant) -> bool {
        if self.until > now {
            return false;
        }
        let used = self.process.processor_time().zip(self.processor);
        let was_kept = used.is_some_and(|(now, before)| now.saturating_sub(before) < self.wall_time / 2);
        if was_kept && now < self.begun + self.wall_time * PATIENCE {
            self.until = now + self.wall_time;
            return false;
        }
        true
    }
}

struct Worker {
    process: Arc<Process>,
    input: ChildStdin,
    output: ChildStdout,
    /// It has answered before, so its death may be nobody's fault.
    is_used: bool,
}

/// A process that does not outlive its last owner.
struct Process {
    child: Mutex<Child>,
    id: u32,
    timed_out: Mutex<bool>,
}

enum Failure {
    Died { was_used: bool },
    TimedOut,
}

impl Pool {
    /// A pool of up to `jobs` workers, each `program` run with [`worker::ARGUMENT`]. They start when needed.
    pub fn new(program: PathBuf, jobs: usize, options: &Options) -> Self {
        Self::with_grammars(program, jobs, options, Vec::new())
    }

    /// A pool that knows grammars beside those compiled in, which come first.
    pub fn with_grammars(program: PathBuf, jobs: usize, options: &Options, grammars: Vec<Grammar>) -> Self {
        let state = Arc::new(Shared::default());
        let shared = Arc::clone(&state);
        Self {
            program,
            setup: Setup::new(options, &grammars),
            grammars,
            jobs: jobs.max(1),
            wall_time: WALL_TIME,
            state,
            watchdog: Some(thread::spawn(move || watch(&shared))),
        }
    }

    /// Changes how long a worker may take over one file.
    pub fn with_wall_time(mut self, wall_time: Duration) -> Self {
        self.wall_time = wall_time;
        self
    }

    /// Reads one file in a worker; waits for one if all are busy. May be called from many threads.
    pub fn extract(&self, path: &str, text: SourceText) -> Result<FileFacts, WorkerSkip> {
        let Some(grammar) = self.grammar_for(path, &text).map(|grammar| grammar.name().to_owned()) else {
            return self.passages(path, &text);
        };
        match self.read(path, grammar, text)? {
            Reply::Facts(facts) => Ok(*facts),
            Reply::Skipped(reason) => Err(WorkerSkip::Extraction(reason)),
            Reply::Packages(_) => Err(WorkerSkip::Extraction(Skipped::ParserMismatch)),
        }
    }

    /// Reads the packages that a manifest or lock file names, in a worker too: anybody may have written it.
    pub fn packages(&self, path: &str, text: SourceText) -> Option<PackageFacts> {
        match self.read(path, worker::PACKAGES.to_owned(), text) {
            Ok(Reply::Packages(facts)) => facts,
            _ => None,
        }
    }

    fn read(&self, path: &str, grammar: String, text: SourceText) -> Result<Reply, WorkerSkip> {
        if !self.lock().quarantine.is_empty() && self.lock().quarantine.contains(&hash(&grammar, text.as_bytes())) {
            return Err(WorkerSkip::Quarantined);
        }
        let request = Request {
            path: path.to_owned(),
            grammar,
            text: text.into_bytes(),
        };
        let failure = loop {
            let worker = self.take().map_err(|_| WorkerSkip::NoWorker)?;
            match self.ask(worker, &request) {
                Ok(reply) => return Ok(reply),
                // Perhaps it was dead already; a fresh one tells.
                Err(Failure::Died { was_used: true }) => (),
                Err(Failure::Died { was_used: false }) => break WorkerSkip::ParserCrash,
                Err(Failure::TimedOut) => break WorkerSkip::ParserTimeout,
            }
        };
        self.lock().quarantine.insert(hash(&request.grammar, &request.text));
        Err(failure)
    }

    /// Reads a file that no grammar takes. No foreign code has a part in it, so it needs no process of its own.
    fn passages(&self, path: &str, text: &SourceText) -> Result<FileFacts, WorkerSkip> {
        let style = passages::style(path).ok_or(WorkerSkip::UnsupportedLanguage)?;
        let options = self.setup.options();
        passages::extract(style, text.as_bytes(), &options.word_key, &options.limits).map_err(WorkerSkip::Extraction)
    }

    /// The grammar that will read a file, if there is one.
    pub fn grammar_for(&self, path: &str, text: &SourceText) -> Option<&Grammar> {
        let text = Some(text.as_bytes());
        Grammar::choose(&self.grammars, path, text).or_else(|| Grammar::for_path(path, text))
    }

    /// Files never to be tried, from an earlier pool's [`Self::quarantined`].
    pub fn quarantine(&self, files: impl IntoIterator<Item = ContentHash>) {
        self.lock().quarantine.extend(files);
    }

    /// The files that made a worker fail.
    pub fn quarantined(&self) -> Vec<ContentHash> {
        self.lock().quarantine.iter().copied().collect()
    }

    /// The process ids of the workers that wait for a file.
    pub fn idle_processes(&self) -> Vec<u32> {
        self.lock().idle.iter().map(|worker| worker.process.id).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An idle worker, or a new one while there are fewer than wanted.
    fn take(&self) -> io::Result<Worker> {
        let mut state = self.lock();
        loop {
            if let Some(worker) = state.idle.pop() {
                return Ok(worker);
            }
            if state.count < self.jobs {
                state.count += 1;
                break;
            }
            state = self.state.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        self.start().inspect_err(|_| self.release())
    }

    /// Makes room for a worker in place of one that is gone.
    fn release(&self) {
        self.lock().count -= 1;
        self.state.changed.notify_all();
    }

    fn start(&self) -> io::Result<Worker> {
        let mut child = Command::new(&self.program)
            .arg(worker::ARGUMENT)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // What a parser complains about may quote what it read.
            .stderr(Stdio::null())
            .spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let id = child.id();
        let process = Arc::new(Process {
            child: Mutex::new(child),
            id,
            timed_out: Mutex::new(false),
        });
        let (mut input, output) = pipes.ok_or(io::ErrorKind::BrokenPipe)?;
        worker::send(&mut input, &self.setup)?;
        Ok(Worker {
            process,
            input,
            output,
            is_used: false,
        })
    }

    /// Sends one file to a worker and waits for its facts, while the watchdog looks at the clock.
    fn ask(&self, mut worker: Worker, request: &Request) -> Result<Reply, Failure> {
        let process = Arc::clone(&worker.process);
        let busy = Busy::new(Arc::clone(&process), self.wall_time);
        self.lock().busy.push(busy);
        self.state.changed.notify_all();
        let reply =
            worker::send(&mut worker.input, request).and_then(|()| worker::receive::<Reply>(&mut worker.output));
        let mut state = self.lock();
        state.busy.retain(|busy| !Arc::ptr_eq(&busy.process, &process));
        let was_used = std::mem::replace(&mut worker.is_used, true);
        if let Ok(Some(reply)) = reply {
            state.idle.push(worker);
            drop(state);
            self.state.changed.notify_all();
            return Ok(reply);
        }
        drop(state);
        drop(worker);
        self.release();
        let timed_out = *process.timed_out.lock().unwrap_or_else(PoisonError::into_inner);
        Err(if timed_out {
            Failure::TimedOut
        } else {
            Failure::Died { was_used }
        })
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.lock().ending = true;
        self.state.changed.notify_all();
        if let Some(watchdog) = self.watchdog.take() {
            // It has no way to fail that would matter here.
            let _ended = watchdog.join();
        }
        self.lock().idle.clear();
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pool({} jobs)", self.jobs)
    }
}

impl Process {
    /// What it has had of a processor so far, where the system tells.
    fn processor_time(&self) -> Option<Duration> {
        // Linux counts in hundredths of a second here, whatever its own clock does.
        const TICK: Duration = Duration::from_millis(10);
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.id)).ok()?;
        // The second field is a name in parentheses; user and system time are the fields 14 and 15.
        let (_, fields) = stat.rsplit_once(')')?;
        let ticks = fields.split_ascii_whitespace().skip(11).take(2);
        let ticks: u32 = ticks.map(|field| field.parse().unwrap_or(0)).sum();
        Some(TICK * ticks)
    }

    fn kill(&self) {
        // It may be gone already.
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        let _gone = child.kill();
        let _status = child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Kills the workers whose time is up, until the pool ends.
fn watch(shared: &Shared) {
    let mut state = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
    while !state.ending {
        let now = Instant::now();
        for busy in state.busy.extract_if(.., |busy| busy.is_over(now)) {
            *busy.process.timed_out.lock().unwrap_or_else(PoisonError::into_inner) = true;
            busy.process.kill();
        }
        let next = state.busy.iter().map(|busy| busy.until).min();
        let wait = next.map_or(Duration::from_secs(3600), |until| until.saturating_duration_since(now));
        (state, _) = shared
            .changed
            .wait_timeout(state, wait)
            .unwrap_or_else(PoisonError::into_inner);
    }
}

fn hash(grammar: &str, text: &[u8]) -> ContentHash {
    let digest = Sha256::new()
        .chain_update(grammar)
        .chain_update([0])
        .chain_update(text)
        .finalize();
    ContentHash(digest.into())
}
