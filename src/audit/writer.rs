//! The one thread that appends: it numbers records, writes those that wait together, syncs once, and then answers.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use super::{
    AuditError, Receipt, Record,
    journal::Journal,
    merkle::{Hash, leaf_hash},
    publish::Shared,
    record::{Class, MAX_BYTES, RecordError, Server, canonical},
    tiles::frame,
};

/// At most this many records share one sync.
const MAX_GROUP: usize = 256;
/// The symbols of an identifier, in order: those of Crockford's base 32.
const ID_SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// What is done with the receipt, or with the reason that there is none.
pub(super) type Answer = Box<dyn FnOnce(Result<Receipt, AuditError>) + Send>;

/// A record that waits to be appended.
pub(super) struct Job {
    pub(super) record: Box<Record>,
    pub(super) answer: Answer,
}

/// A record in the form it is written in.
struct Entry {
    framed: Vec<u8>,
    leaf: Hash,
    answer: Answer,
}

/// The state of the writing thread.
pub(super) struct Writer {
    pub(super) origin: Arc<str>,
    pub(super) server: Server,
    pub(super) dir: PathBuf,
    pub(super) min_free_bytes: u64,
    pub(super) journal: Journal,
    pub(super) shared: Arc<Shared>,
}

impl Writer {
    /// Appends what comes, and a tick whenever one is due, until nobody can send any more.
    pub(super) fn run(mut self, jobs: &Receiver<Job>, tick: Option<Duration>) {
        let mut last_tick = Instant::now();
        loop {
            let next = match tick {
                Some(every) => jobs.recv_timeout(every.saturating_sub(last_tick.elapsed())),
                None => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match next {
                Ok(first) => {
                    let more = jobs.try_iter().take(MAX_GROUP - 1);
                    self.append(std::iter::once(first).chain(more).collect());
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            // Asked after every group, so that a busy log ticks too.
            if tick.is_some_and(|every| last_tick.elapsed() >= every) {
                last_tick = Instant::now();
                self.append(vec![own(Class::Tick)]);
            }
        }
        self.append(vec![own(Class::Stop)]);
        self.shared.close();
    }

    fn append(&mut self, jobs: Vec<Job>) {
        let first = self.journal.size();
        let mut entries = Vec::with_capacity(jobs.len());
        let ready = self
            .shared
            .check()
            .and_then(|()| check_room(&self.dir, self.min_free_bytes));
        for job in jobs {
            // Asked again for each answer, because an error cannot be copied.
            let usable = if ready.is_ok() {
                Ok(())
            } else {
                self.shared
                    .check()
                    .and_then(|()| check_room(&self.dir, self.min_free_bytes))
            };
            match usable.and_then(|()| self.entry(job.record, first + entries.len() as u64)) {
                Ok((framed, leaf)) => entries.push(Entry {
                    framed,
                    leaf,
                    answer: job.answer,
                }),
                Err(error) => (job.answer)(Err(error)),
            }
        }
        if !entries.is_empty() {
            self.write(first, entries);
        }
    }

    fn write(&mut self, first: u64, entries: Vec<Entry>) {
        let (framed, answers): (Vec<_>, Vec<_>) = entries
            .into_iter()
            .map(|entry| (entry.framed, (entry.leaf, entry.answer)))
            .unzip();
        if let Err(error) = self.journal.append(&framed) {
            for (_, answer) in answers {
                answer(Err(self.shared.stop(&error)));
            }
            return;
        }
        self.shared.hand(answers.iter().map(|(leaf, _)| *leaf));
        for (index, (leaf, answer)) in (first..).zip(answers) {
            answer(Ok(Receipt {
                origin: Arc::clone(&self.origin),
                index,
                leaf,
            }));
        }
    }

    /// Completes a record and gives its framed form and its leaf.
    fn entry(&self, mut record: Box<Record>, seq: u64) -> Result<(Vec<u8>, Hash), AuditError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        record.seq = seq;
        record.ts = u64::try_from(now.as_micros()).unwrap_or(u64::MAX);
        record.id = new_id(now).map_err(AuditError::Random)?;
        record.server = self.server.clone();
        let bytes = canonical(&serde_json::to_value(&record).map_err(RecordError::from)?)?;
        let mut framed = Vec::with_capacity(bytes.len() + 2);
        if bytes.len() > MAX_BYTES || !frame(&bytes, &mut framed) {
            return Err(RecordError::TooLong(bytes.len()).into());
        }
        Ok((framed, leaf_hash(&bytes)))
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

/// Makes a record that the log writes about itself, and nobody waits for.
fn own(class: Class) -> Job {
    Job {
        record: Box::new(Record::new(class)),
        answer: Box::new(drop),
    }
}

/// Makes an identifier in the form of a ULID: 48 bits of milliseconds, 80 of chance.
fn new_id(now: Duration) -> Result<String, getrandom::Error> {
    let mut chance = [0; 16];
    getrandom::fill(&mut chance[6..])?;
    let bits = (now.as_millis() << 80) | u128::from_be_bytes(chance);
    Ok((0..26)
        .rev()
        .map(|position| char::from(ID_SYMBOLS[(bits >> (position * 5)) as usize & 31]))
        .collect())
}
