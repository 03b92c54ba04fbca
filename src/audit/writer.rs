//! The one thread that appends: it numbers records, writes those that wait together, syncs once, and then answers.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

use super::{
    AuditError, Receipt, Record,
    draft::{Draft, now},
    journal::Journal,
    merkle::{Hash, leaf_hash},
    publish::Shared,
    record::{Class, Server},
};

/// At most this many records share one sync.
const MAX_GROUP: usize = 256;
/// However slow the disk is, nobody waits longer than this for others to come.
const MAX_PATIENCE: Duration = Duration::from_millis(2);

/// What is done with the receipt, or with the reason that there is none.
pub(super) type Answer = Box<dyn FnOnce(Result<Receipt, AuditError>) + Send>;

/// A record that waits to be appended.
pub(super) struct Job {
    pub(super) draft: Draft,
    pub(super) answer: Answer,
}

/// The state of the writing thread.
pub(super) struct Writer {
    pub(super) origin: Arc<str>,
    pub(super) server: Server,
    pub(super) dir: PathBuf,
    pub(super) min_free_bytes: Arc<AtomicU64>,
    pub(super) journal: Journal,
    pub(super) shared: Arc<Shared>,
    pub(super) jobs: Receiver<Job>,
    pub(super) pace: Pace,
}

/// How many come at once, and how long the disk takes for them.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// Those that came before the last sync or during it: most of them come again soon.
    callers: usize,
    last_sync: Duration,
}

impl Writer {
    /// Appends what comes, and a tick whenever one is due, until nobody can send any more.
    pub(super) fn run(mut self, tick: Option<Duration>) {
        let mut last_tick = Instant::now();
        let mut waiting = Vec::new();
        loop {
            let next = match tick {
                _ if !waiting.is_empty() => Ok(None),
                Some(every) => self
                    .jobs
                    .recv_timeout(every.saturating_sub(last_tick.elapsed()))
                    .map(Some),
                None => self.jobs.recv().map(Some).map_err(|_| RecvTimeoutError::Disconnected),
            };
            match next {
                Ok(first) => {
                    waiting.extend(first);
                    self.gather(&mut waiting);
                    // A group ends where its bundle ends: one sync, one file.
                    let later = waiting.split_off(waiting.len().min(self.journal.room().min(MAX_GROUP)));
                    let group = std::mem::replace(&mut waiting, later);
                    self.append(group, &mut waiting);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            // Asked after every group, so that a busy log ticks too.
            if tick.is_some_and(|every| last_tick.elapsed() >= every) {
                last_tick = Instant::now();
                self.append_own(Class::Tick, &mut waiting);
            }
        }
        self.append_own(Class::Stop, &mut waiting);
        self.shared.close();
    }

    /// Waits for those who shared the last sync, a quarter of the time that it took: they were just answered, and without them the next sync
    /// would be theirs alone.
    fn gather(&self, waiting: &mut Vec<Job>) {
        let patience = (self.pace.last_sync / 4).min(MAX_PATIENCE);
        let began = Instant::now();
        loop {
            waiting.extend(self.jobs.try_iter().take(MAX_GROUP.saturating_sub(waiting.len())));
            if waiting.len() >= self.pace.callers.min(MAX_GROUP) {
                return;
            }
            match self.jobs.recv_timeout(patience.saturating_sub(began.elapsed())) {
                Ok(job) => waiting.push(job),
                Err(_) => return,
            }
        }
    }

    /// Appends a group. Those that came meanwhile are put with the `waiting`.
    fn append(&mut self, group: Vec<Job>, waiting: &mut Vec<Job>) {
        let (mut framed, mut leaves) = (Vec::new(), Vec::with_capacity(group.len()));
        let first = self.journal.size();
        let done = self.ready().and_then(|()| {
            for (seq, job) in (first..).zip(&group) {
                let length = job.draft.frame(seq, now(), &mut framed);
                leaves.push(leaf_hash(&framed[framed.len() - length..]));
            }
            let began = Instant::now();
            let written = self.journal.append(&framed, leaves.len() as u64);
            self.pace.last_sync = began.elapsed();
            written.map_err(|error| self.shared.stop(&error))
        });
        waiting.extend(self.jobs.try_iter().take(MAX_GROUP));
        self.pace.callers = group.len() + waiting.len();
        match done {
            Ok(()) => self.answer(first, &leaves, group),
            Err(mut error) => {
                for job in group {
                    // An error cannot be copied.
                    let again = self.ready().err().unwrap_or(AuditError::Closed);
                    (job.answer)(Err(std::mem::replace(&mut error, again)));
                }
            }
        }
    }

    fn answer(&self, first: u64, leaves: &[Hash], group: Vec<Job>) {
        self.shared.hand(leaves.iter().copied());
        for ((index, leaf), job) in (first..).zip(leaves).zip(group) {
            (job.answer)(Ok(Receipt {
                origin: Arc::clone(&self.origin),
                index,
                leaf: *leaf,
            }));
        }
    }

    /// Tells why nothing can be appended now, if so.
    fn ready(&self) -> Result<(), AuditError> {
        self.shared.check()?;
        check_room(&self.dir, self.min_free_bytes.load(Ordering::Relaxed))
    }

    /// Appends a record that the log writes about itself, and nobody waits for.
    fn append_own(&mut self, class: Class, waiting: &mut Vec<Job>) {
        match Draft::of(Record::new(class), &self.server) {
            Ok(draft) => {
                let answer: Answer = Box::new(drop);
                self.append(vec![Job { draft, answer }], waiting);
            }
            Err(error) => drop(self.shared.stop(&error)),
        }
    }
}

/// Refuses when the disk has too little room left.
pub(super) fn check_room(dir: &std::path::Path, needed: u64) -> Result<(), AuditError> {
    let room = rustix::fs::statvfs(dir)
        .map_err(|error| super::files::failed("ask for the room left at", dir)(error.into()))?;
    let free = room.f_bavail.saturating_mul(room.f_frsize);
    if free < needed {
        Err(AuditError::DiskLow {
            dir: dir.to_owned(),
            free,
            needed,
        })
    } else {
        Ok(())
    }
}
