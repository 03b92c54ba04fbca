//! Appending: records that come together share one write and one sync, and nobody has an answer before it.
//!
//! There is no thread that writes. The first of a group waits until the group before it is synced, takes along everybody who came meanwhile, writes and
//! syncs for all of them and wakes them at once. Whoever is alone writes without waiting for anybody.

use std::{
    fs::File,
    os::fd::AsFd,
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use super::{
    AuditError, Receipt,
    draft::{Draft, now},
    journal::Journal,
    merkle::Hash,
    publish::Shared,
};

/// However slow the disk is, nobody waits longer than this for others to come.
const MAX_PATIENCE: Duration = Duration::from_millis(2);
/// Memory for the bytes of a group that is kept for the next one.
const KEPT_BYTES: usize = 1 << 20;

/// Takes records of many callers and appends them.
#[derive(Debug)]
pub(super) struct Writer {
    origin: Arc<str>,
    dir: PathBuf,
    /// Keeps other processes out, and is how the disk is asked for its room.
    lock: File,
    min_free_bytes: AtomicU64,
    shared: Arc<Shared>,
    gathering: Mutex<Gathering>,
    /// As many have come as were expected.
    complete: Condvar,
    end: Mutex<End>,
}

/// A log that no other process writes.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) origin: Arc<str>,
    pub(super) dir: PathBuf,
    pub(super) lock: File,
    pub(super) min_free_bytes: u64,
}

/// Those who wait for the next write.
#[derive(Debug)]
struct Gathering {
    drafts: Vec<Draft>,
    group: Arc<Group>,
    /// Their first one is to be told when there are so many.
    expected: usize,
}

/// What those who share a write are told.
#[derive(Debug, Default)]
struct Group {
    done: OnceLock<Result<Done, AuditError>>,
}

/// Where the records of a group are in the log.
#[derive(Debug)]
struct Done {
    first: u64,
    leaves: Vec<Hash>,
}

/// The end of the log. Whoever holds it is the only one that writes.
#[derive(Debug)]
struct End {
    journal: Journal,
    framed: Vec<u8>,
    /// Those that came before the last sync or during it: most of them come again soon.
    callers: usize,
    last_sync: Duration,
}

impl Writer {
    /// Appends to `journal` for as long as it holds the log's lock.
    pub(super) fn new(log: Held, journal: Journal, shared: Arc<Shared>) -> Self {
        let Held {
            origin,
            dir,
            lock,
            min_free_bytes,
        } = log;
        Self {
            origin,
            dir,
            lock,
            min_free_bytes: min_free_bytes.into(),
            shared,
            gathering: Mutex::new(Gathering {
                drafts: Vec::new(),
                group: Arc::default(),
                expected: usize::MAX,
            }),
            complete: Condvar::new(),
            end: Mutex::new(End {
                journal,
                framed: Vec::new(),
                callers: 0,
                last_sync: Duration::ZERO,
            }),
        }
    }

    /// Appends a record and returns once it is durable.
    pub(super) fn append(&self, draft: Draft) -> Result<Receipt, AuditError> {
        let (group, place) = self.join(draft);
        if place == 0 {
            self.lead(&group);
        }
        match group.done.wait() {
            Ok(done) => Ok(Receipt {
                origin: Arc::clone(&self.origin),
                index: done.first + place as u64,
                leaf: done.leaves[place],
            }),
            Err(error) => Err(error.again()),
        }
    }

    /// Tells why nothing can be appended now, if so.
    pub(super) fn ready(&self) -> Result<(), AuditError> {
        self.shared.check()?;
        check_room(&self.lock, &self.dir, self.min_free_bytes.load(Ordering::Relaxed))
    }

    /// Changes how much room the disk must have.
    pub(super) fn keep_free(&self, bytes: u64) {
        self.min_free_bytes.store(bytes, Ordering::Relaxed);
    }

    /// Puts a record with those that wait, and gives its place among them.
    fn join(&self, draft: Draft) -> (Arc<Group>, usize) {
        let mut gathering = self.gathering();
        gathering.drafts.push(draft);
        if gathering.drafts.len() == gathering.expected {
            self.complete.notify_one();
        }
        (Arc::clone(&gathering.group), gathering.drafts.len() - 1)
    }

    /// Appends the records of a group, and those that join it until its turn has come.
    fn lead(&self, group: &Group) {
        let led = Led { writer: self, group };
        let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        let drafts = self.gather(&end);
        let done = self.write(&mut end, &drafts);
        // The next group begins while those of this one are woken.
        drop(end);
        drop(group.done.set(done));
        drop(led);
    }

    /// Waits for those who shared the last sync, a quarter of the time that it took: they were just answered, and without them the next sync
    /// would be theirs alone.
    fn gather(&self, end: &End) -> Vec<Draft> {
        let patience = (end.last_sync / 4).min(MAX_PATIENCE);
        let began = Instant::now();
        let mut gathering = self.gathering();
        while gathering.drafts.len() < end.callers {
            let left = patience.saturating_sub(began.elapsed());
            if left.is_zero() {
                break;
            }
            gathering.expected = end.callers;
            let waited = self.complete.wait_timeout(gathering, left);
            gathering = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        gathering.expected = usize::MAX;
        gathering.group = Arc::default();
        std::mem::take(&mut gathering.drafts)
    }

    /// Writes and syncs. A bundle ends where it is full, and the rest goes to the next one.
    fn write(&self, end: &mut End, drafts: &[Draft]) -> Result<Done, AuditError> {
        self.ready()?;
        let first = end.journal.size();
        let mut leaves = Vec::with_capacity(drafts.len());
        let mut rest = drafts;
        while !rest.is_empty() {
            let (together, later) = rest.split_at(rest.len().min(end.journal.room()));
            end.framed.clear();
            for draft in together {
                leaves.push(draft.frame(first + leaves.len() as u64, now(), &mut end.framed));
            }
            let began = Instant::now();
            let written = end.journal.append(&end.framed, together.len() as u64);
            written.map_err(|error| self.shared.stop(&error))?;
            end.last_sync = began.elapsed();
            rest = later;
        }
        end.framed.shrink_to(KEPT_BYTES);
        end.callers = drafts.len() + self.gathering().drafts.len();
        self.shared.hand(&leaves);
        Ok(Done { first, leaves })
    }

    fn gathering(&self) -> MutexGuard<'_, Gathering> {
        self.gathering.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever leads a group answers all of it, and stops the log if it cannot.
struct Led<'a> {
    writer: &'a Writer,
    group: &'a Group,
}

impl Drop for Led<'_> {
    fn drop(&mut self) {
        if self.group.done.get().is_none() {
            let error = self.writer.shared.stop(&AuditError::Closed);
            drop(self.group.done.set(Err(error)));
        }
    }
}

/// Refuses when the disk that `file` is on has too little room left; `dir` is what the operator knows.
pub(super) fn check_room(file: impl AsFd, dir: &Path, needed: u64) -> Result<(), AuditError> {
    let room = rustix::fs::fstatvfs(file)
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
