//! Appending: records that come together share one write and one sync, and nobody has an answer before it.
//!
//! Whoever comes while nobody writes does it at once, on its own thread. Those who come meanwhile are numbered, framed and hashed as they come, and wait
//! in batches that end where a bundle does. A thread writes these, one after the other for as long as there are any: the disk waits neither for a thread
//! to be woken nor, where there are many, for the callers of a batch to be woken.

use std::{
    collections::VecDeque,
    fs::File,
    os::fd::AsFd,
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, Thread},
};

use super::{
    AuditError, Receipt,
    draft::{Draft, now},
    journal::Journal,
    merkle::Hash,
    publish::Shared,
    tiles::WIDTH,
};

/// Waking so many takes about as long as a sync.
const MANY: usize = 8;
/// Memory for the bytes of a batch that is kept for a later one.
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
    line: Mutex<Line>,
    /// There are batches for the thread, or it is to end.
    handed: Condvar,
    /// Held by whoever the line says is writing, and by nobody else.
    journal: Mutex<Journal>,
}

/// A log that no other process writes.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) origin: Arc<str>,
    pub(super) dir: PathBuf,
    pub(super) lock: File,
    pub(super) min_free_bytes: u64,
}

/// Those who wait to be written, and who writes.
#[derive(Debug)]
struct Line {
    /// The number of the next record.
    next: u64,
    batches: VecDeque<Batch>,
    writing: Writing,
    /// The thread has ended or is about to.
    is_closed: bool,
    spare: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writing {
    Nobody,
    Caller,
    Thread,
}

/// Records of one bundle that share a write and a sync.
#[derive(Debug)]
struct Batch {
    framed: Vec<u8>,
    first: u64,
    leaves: Vec<Hash>,
    /// Who came first.
    caller: Thread,
    outcome: Arc<Outcome>,
}

/// What those who share a write are told.
#[derive(Debug, Default)]
struct Outcome {
    written: OnceLock<Result<(), AuditError>>,
    /// What the first one is to tell the others.
    to_tell: OnceLock<Result<(), AuditError>>,
}

/// The place of one of those who share a write.
#[derive(Debug)]
struct Place {
    index: u64,
    leaf: Hash,
    /// Counted from the first of the batch.
    nth: usize,
    outcome: Arc<Outcome>,
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
            line: Mutex::new(Line {
                next: journal.size(),
                batches: VecDeque::new(),
                writing: Writing::Nobody,
                is_closed: false,
                spare: Vec::new(),
            }),
            handed: Condvar::new(),
            journal: Mutex::new(journal),
        }
    }

    /// Appends a record and returns once it is durable.
    pub(super) fn append(&self, draft: &Draft) -> Result<Receipt, AuditError> {
        let mut line = self.line();
        let place = line.join(draft);
        if line.writing == Writing::Nobody {
            line.writing = Writing::Caller;
            self.lead(line);
        } else {
            drop(line);
        }
        place.wait()?;
        Ok(Receipt {
            origin: Arc::clone(&self.origin),
            index: place.index,
            leaf: place.leaf,
        })
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

    /// Writes what callers leave to it, until `close`.
    pub(super) fn run(&self) {
        let mut line = self.line();
        loop {
            if line.writing == Writing::Thread {
                while !line.batches.is_empty() {
                    line = self.write_first(line);
                }
                line.writing = Writing::Nobody;
            } else if line.is_closed {
                return;
            } else {
                line = self.handed.wait(line).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// Ends the thread. From now on callers write by themselves.
    pub(super) fn close(&self) {
        self.line().is_closed = true;
        self.handed.notify_one();
    }

    /// Writes the first batch on the thread of a caller, and leaves those that came meanwhile to the writer's own.
    fn lead<'a>(&'a self, line: MutexGuard<'a, Line>) {
        let mut line = self.write_first(line);
        // A log that stopped may have lost its thread too.
        while (line.is_closed || self.shared.check().is_err()) && !line.batches.is_empty() {
            line = self.write_first(line);
        }
        if line.batches.is_empty() {
            line.writing = Writing::Nobody;
        } else {
            line.writing = Writing::Thread;
            drop(line);
            self.handed.notify_one();
        }
    }

    /// Writes the first batch and tells everybody in it. The line is open meanwhile.
    fn write_first<'a>(&'a self, mut line: MutexGuard<'a, Line>) -> MutexGuard<'a, Line> {
        let Some(batch) = line.batches.pop_front() else {
            return line;
        };
        drop(line);
        let led = Led {
            writer: self,
            batch: &batch,
        };
        let written = self.write(&batch);
        std::mem::forget(led);
        if let Err(error) = &written {
            self.line().refuse(batch.first, error);
        }
        batch.tell(written);
        let mut line = self.line();
        line.keep(batch.framed);
        line
    }

    fn write(&self, batch: &Batch) -> Result<(), AuditError> {
        self.ready()?;
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        let written = journal.append(&batch.framed, batch.leaves.len() as u64);
        written.map_err(|error| self.shared.stop(&error))?;
        drop(journal);
        self.shared.hand(&batch.leaves);
        Ok(())
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// Puts a record with those that wait. Its number is its own unless the line is refused.
    fn join(&mut self, draft: &Draft) -> Place {
        let index = self.next;
        self.next += 1;
        if self.batches.is_empty() || index.is_multiple_of(WIDTH) {
            self.batches.push_back(Batch {
                framed: std::mem::take(&mut self.spare),
                first: index,
                leaves: Vec::new(),
                caller: thread::current(),
                outcome: Arc::default(),
            });
        }
        let last = self.batches.len() - 1;
        let batch = &mut self.batches[last];
        let leaf = draft.frame(index, now(), &mut batch.framed);
        batch.leaves.push(leaf);
        Place {
            index,
            leaf,
            nth: batch.leaves.len() - 1,
            outcome: Arc::clone(&batch.outcome),
        }
    }

    /// Tells everybody that waits why nothing can be written, and begins again with the number of the first that was not.
    fn refuse(&mut self, first: u64, error: &AuditError) {
        for batch in self.batches.drain(..) {
            batch.tell(Err(error.again()));
        }
        self.next = first;
    }

    /// Keeps the memory of a batch that is written.
    fn keep(&mut self, mut framed: Vec<u8>) {
        framed.clear();
        framed.shrink_to(KEPT_BYTES);
        self.spare = framed;
    }
}

impl Batch {
    /// Tells everybody in it. Of many the first one does, so that whoever writes can go on.
    fn tell(&self, written: Result<(), AuditError>) {
        if self.leaves.len() < MANY {
            drop(self.outcome.written.set(written));
        } else {
            drop(self.outcome.to_tell.set(written));
        }
        self.caller.unpark();
    }
}

impl Place {
    fn wait(&self) -> Result<(), AuditError> {
        while self.nth == 0 && self.outcome.written.get().is_none() {
            match self.outcome.to_tell.get() {
                Some(written) => drop(self.outcome.written.set(again(written))),
                None => thread::park(),
            }
        }
        again(self.outcome.written.wait())
    }
}

fn again(written: &Result<(), AuditError>) -> Result<(), AuditError> {
    written.as_ref().copied().map_err(AuditError::again)
}

/// Stops the log and tells everybody who waits, should writing come to no end.
struct Led<'a> {
    writer: &'a Writer,
    batch: &'a Batch,
}

impl Drop for Led<'_> {
    fn drop(&mut self) {
        let error = self.writer.shared.stop(&AuditError::Closed);
        let mut line = self.writer.line();
        line.refuse(self.batch.first, &error);
        line.writing = Writing::Nobody;
        self.batch.tell(Err(error));
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
