//! Opening a log and appending to it.

use std::{
    fs::{File, TryLockError},
    path::Path,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use hmac::{Hmac, Mac};
use serde_json::{Map, json};
use sha2::Sha256;

use super::{
    AuditError,
    aside::{Aside, Personal},
    draft::Draft,
    files::{ensure_dir, failed, private, read_if_any, replace, secret, sync_dir},
    journal::{Recovered, recover},
    merkle::Hash,
    note::{Signer, Verifier},
    publish::{Publisher, Shared},
    record::{Class, Commitment, Detail, KeyedDigest, Query, Record, Server, Sha256Digest, Subject},
    tiles::Layout,
    writer::{Held, Writer, check_room},
};

/// At most this many processes write logs in one directory.
const MAX_INSTANCES: u32 = 64;

/// The text of a question is cut to this length where it is kept at all; its digest is of the whole.
const MAX_QUESTION_BYTES: usize = 4_096;

/// How a log is kept.
#[derive(Clone, Debug)]
pub struct Options {
    /// The name of the family of logs: a host and a path, without a scheme. Each log appends its instance.
    pub origin: String,
    /// The version of louver that writes.
    pub version: String,
    /// Records are refused while the disk has less room than this.
    pub min_free_bytes: u64,
    /// How often a tick is recorded.
    pub tick: Option<Duration>,
    /// Whether the text of questions is kept, which the organisation must have chosen.
    pub keep_queries: bool,
}

impl Options {
    /// Gives the usual choices: a tick every minute, 64 MiB of room, and no text of questions.
    pub fn new(origin: impl Into<String>) -> Self {
        Self {
            origin: origin.into(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            min_free_bytes: 64 << 20,
            tick: Some(Duration::from_secs(60)),
            keep_queries: false,
        }
    }
}

/// Proof that one record is durable. Not `Clone`: one receipt, one answer.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a receipt is spent on the answer it records"]
pub struct Receipt {
    pub(super) origin: Arc<str>,
    pub(super) index: u64,
    pub(super) leaf: Hash,
}

impl Receipt {
    /// Gives the origin of the log that has the record.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Gives the number of the record.
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// Gives the hash of the record in the tree.
    pub const fn leaf(&self) -> &Hash {
        &self.leaf
    }
}

/// A log that this process writes. Dropping it writes a last record and a last checkpoint.
pub struct Log {
    layout: Layout,
    verifier: Verifier,
    aside: Aside,
    /// Has taken the key, so that a digest need not.
    keyed: Hmac<Sha256>,
    keep_queries: AtomicBool,
    server: Server,
    shared: Arc<Shared>,
    writer: Arc<Writer>,
    closing: Arc<Closing>,
    threads: Vec<JoinHandle<()>>,
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Log({})", self.verifier.name())
    }
}

impl Log {
    /// Opens the first log in `dir` that no other process writes, and creates what is missing: the directory, the keys, the log.
    pub fn open(dir: &Path, options: Options) -> Result<Self, AuditError> {
        ensure_dir(dir)?;
        let (instance, lock) = lock_instance(dir)?;
        let layout = Layout::new(dir.join(&instance));
        let signer = Signer::new(&format!("{}/{instance}", options.origin), &secret(&dir.join("key"))?)?;
        let verifier = signer.verifier().clone();
        keep_vkey(&layout, &verifier)?;
        check_room(&lock, layout.dir(), options.min_free_bytes)?;

        let Recovered {
            journal,
            tree,
            published,
            torn_bytes,
            stopped,
        } = recover(&layout, &verifier)?;
        let records = tree.size();
        let mut publisher = Publisher::new(layout.clone(), signer, tree, published.unwrap_or(0));
        let shared = Arc::new(Shared::new(records, publisher.publish()?));
        let held = Held {
            origin: verifier.name().into(),
            dir: layout.dir().to_owned(),
            lock,
            min_free_bytes: options.min_free_bytes,
        };
        let writer = Writer::new(held, journal, Arc::clone(&shared));
        let mut log = Self {
            aside: Aside::open(layout.dir())?,
            keyed: keyed(&secret(&dir.join("query-key"))?),
            keep_queries: AtomicBool::new(options.keep_queries),
            server: Server {
                version: options.version,
                instance,
            },
            layout,
            verifier,
            writer: Arc::new(writer),
            closing: Arc::default(),
            threads: Vec::new(),
            shared: Arc::clone(&shared),
        };
        log.spawn("audit-publisher", move || publisher.run(&shared))?;
        let writer = Arc::clone(&log.writer);
        log.spawn("audit-writer", move || writer.run())?;
        if let Some(every) = options.tick {
            let (closing, writer, server) = (Arc::clone(&log.closing), Arc::clone(&log.writer), log.server.clone());
            log.spawn("audit-ticker", move || {
                while !closing.wait(every) {
                    // Why a tick could not be recorded is told to those who ask for records.
                    drop(Draft::of(Record::new(Class::Tick), &server).and_then(|tick| writer.append(&tick)));
                }
            })?;
        }
        log.record_start(records, published, torn_bytes, stopped)?;
        Ok(log)
    }

    /// Appends a record and returns once it is durable. Callers that come together share one sync.
    pub fn append(&self, record: Record) -> Result<Receipt, AuditError> {
        let record = self.settle(record)?;
        self.writer.append(&Draft::of(record, &self.server)?)
    }

    /// Gives what stands for a personal value in a record. The value itself is kept beside the log, where it can be erased.
    pub fn commit(&self, kind: Personal, value: &str) -> Result<Commitment, AuditError> {
        self.shared.check()?;
        self.aside.commit(kind, value).map_err(|error| self.shared.stop(&error))
    }

    /// Gives what stands for a person in a record. Where an account's id is its login, as in a list of people that numbers nobody, the id
    /// is the login's commitment too: it must not stay when the login is erased.
    pub fn subject(&self, host: &str, id: &str, login: &str) -> Result<Subject, AuditError> {
        let commitment = self.commit(Personal::Login, login)?;
        let is_login = id.eq_ignore_ascii_case(login);
        Ok(Subject {
            host: host.to_owned(),
            id: if is_login {
                commitment.to_string()
            } else {
                id.to_owned()
            },
            login: Some(commitment),
        })
    }

    /// Gives what stands for a question in a record: a keyed digest, and the text if the organisation chose to keep it.
    pub fn query(&self, text: &str) -> Query {
        Query {
            digest: self.digest(text.as_bytes()),
            text: self
                .keep_queries
                .load(Ordering::Relaxed)
                .then(|| bounded(text).to_owned()),
        }
    }

    /// Gives the digest of some bytes under the log's own key, with which a suspected text can be confirmed and not guessed.
    pub fn digest(&self, bytes: &[u8]) -> KeyedDigest {
        let mac = self.keyed.clone().chain_update(bytes).finalize();
        KeyedDigest(Sha256Digest::new(mac.into_bytes().into()))
    }

    /// Tells whether the log takes records, and if not, why.
    pub fn health(&self) -> Result<(), AuditError> {
        self.shared.check()?;
        if self.threads.iter().any(JoinHandle::is_finished) {
            return Err(AuditError::Closed);
        }
        self.writer.ready()
    }

    /// Takes over what the organisation chose anew: whether the text of questions is kept, and how much room the disk must have.
    pub fn follow(&self, keep_queries: bool, min_free_bytes: u64) {
        self.keep_queries.store(keep_queries, Ordering::Relaxed);
        self.writer.keep_free(min_free_bytes);
    }

    /// Publishes a checkpoint of everything that is recorded by now, and gives it.
    pub fn checkpoint(&self) -> Result<String, AuditError> {
        self.shared.checkpoint()
    }

    /// Gives the key to verify the log with.
    pub const fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Gives the directory of this log.
    pub fn dir(&self) -> &Path {
        self.layout.dir()
    }

    /// Closes the log in good order and gives its last checkpoint.
    pub fn close(mut self) -> Result<String, AuditError> {
        self.shut();
        self.shared.checkpoint()
    }

    fn spawn(&mut self, name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), AuditError> {
        let thread = thread::Builder::new().name(name.to_owned()).spawn(work);
        self.threads
            .push(thread.map_err(failed("start a thread for", self.layout.dir()))?);
        Ok(())
    }

    /// Moves what is too long out of the record: a detail, a list of symbols.
    fn settle(&self, mut record: Record) -> Result<Record, AuditError> {
        if let Some(Detail::Inline(detail)) = record.detail.take() {
            record.detail = Some(self.aside.keep(detail)?);
        }
        if let Some(lines) = record.symbols.as_mut().and_then(|symbols| symbols.lines.take()) {
            self.aside.keep_list(&lines)?;
        }
        Ok(record)
    }

    fn record_start(
        &self,
        records: u64,
        published: Option<u64>,
        torn_bytes: u64,
        stopped: bool,
    ) -> Result<(), AuditError> {
        let before = match (records, stopped) {
            (0, _) => "nothing",
            (_, true) => "stopped",
            (_, false) => "interrupted",
        };
        let detail = Map::from_iter([
            ("before".to_owned(), json!(before)),
            ("recovered".to_owned(), json!(records - published.unwrap_or(0))),
            ("torn_bytes".to_owned(), json!(torn_bytes)),
        ]);
        self.append(Record::new(Class::Start).with_detail(detail)).map(drop)
    }

    fn shut(&mut self) {
        if self.threads.is_empty() {
            return;
        }
        self.closing.begin();
        self.writer.close();
        // The first thread is the publisher, which has a last record to publish.
        for thread in self.threads.drain(1..) {
            drop(thread.join());
        }
        drop(self.append(Record::new(Class::Stop)));
        self.shared.close();
        for thread in self.threads.drain(..) {
            // A thread that panicked has stopped; whoever waited for it was told.
            drop(thread.join());
        }
    }
}

/// Tells a thread that waits that the log is being closed.
#[derive(Debug, Default)]
struct Closing {
    begun: Mutex<bool>,
    changed: Condvar,
}

impl Closing {
    fn begin(&self) {
        *self.begun.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    /// Waits for so long, and tells whether the log is being closed.
    fn wait(&self, time: Duration) -> bool {
        let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(begun, time, |begun| !*begun);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// Begins digests under a key.
fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    // One block, filled up with zeros, is what HMAC makes of a shorter key.
    let mut block = hmac::digest::generic_array::GenericArray::default();
    block[..key.len()].copy_from_slice(key);
    Hmac::new(&block)
}

impl Drop for Log {
    fn drop(&mut self) {
        self.shut();
    }
}

/// A question as long as a record can hold it among everything else.
fn bounded(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_QUESTION_BYTES)]
}

/// Locks the first log that is free. The lock lasts as long as its file is open, so a crash frees it.
fn lock_instance(dir: &Path) -> Result<(String, File), AuditError> {
    for instance in 0..MAX_INSTANCES {
        let instance = instance.to_string();
        ensure_dir(&dir.join(&instance))?;
        let path = dir.join(&instance).join("lock");
        let file = private()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed("open", &path))?;
        match file.try_lock() {
            Ok(()) => return Ok((instance, file)),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(failed("lock", &path)(error)),
        }
    }
    Err(AuditError::InUse {
        dir: dir.to_owned(),
        count: MAX_INSTANCES,
    })
}

/// Writes the verifier key beside the log it belongs to, once. Another key there means another origin or a lost key.
fn keep_vkey(layout: &Layout, verifier: &Verifier) -> Result<(), AuditError> {
    let path = layout.vkey();
    match read_if_any(&path)? {
        Some(found) if found == format!("{verifier}\n").as_bytes() => Ok(()),
        Some(found) => {
            let found = String::from_utf8_lossy(&found).trim().to_owned();
            Err(layout.contradiction(format!(
                "it was written with the key `{found}` and would go on with `{verifier}`"
            )))
        }
        None => {
            replace(&layout.temporary(), &path, format!("{verifier}\n").as_bytes())?;
            sync_dir(layout.dir())
        }
    }
}
