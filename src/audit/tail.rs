//! Following every log of a directory: each record once it is under a checkpoint, with a place that outlives the process.

use super::{
    AuditError, Reader, Stored,
    archive::stored_from,
    files::{ensure_dir, failed, private, read_if_any, replace, sync_dir},
    instances,
    note::Checkpoint,
};
use std::{
    collections::BTreeMap,
    fs::{File, TryLockError},
    path::{Path, PathBuf},
};

/// Where what follows the logs keeps its places.
const FOLDER: &str = "followers";

/// One follower of all logs in a directory. Two processes cannot be the same follower at the same time.
#[derive(Debug)]
pub struct Tail {
    dir: PathBuf,
    place: PathBuf,
    /// The next record to give, by the log's folder.
    next: BTreeMap<String, u64>,
    /// The same, as it was kept last.
    kept: BTreeMap<String, u64>,
    /// The last checkpoint seen of each log, and its size.
    seen: BTreeMap<String, (String, u64)>,
    is_new: bool,
    _lock: File,
}

impl Tail {
    /// Takes up the place of the follower `name`, a file name. Gives nothing while another process has it.
    pub fn open(dir: &Path, name: &str) -> Result<Option<Self>, AuditError> {
        let folder = dir.join(FOLDER);
        ensure_dir(&folder)?;
        let path = folder.join(format!("{name}.lock"));
        let mut options = private();
        let lock = options.write(true).create(true).truncate(false).open(&path);
        let lock = lock.map_err(failed("open", &path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(failed("lock", &path)(error)),
        }
        let place = folder.join(format!("{name}.json"));
        let bytes = read_if_any(&place)?;
        let kept: BTreeMap<String, u64> = match &bytes {
            Some(bytes) => {
                serde_json::from_slice(bytes).map_err(|error| failed("read the place in", &place)(error.into()))?
            }
            None => BTreeMap::new(),
        };
        Ok(Some(Self {
            dir: dir.to_owned(),
            place,
            next: kept.clone(),
            kept,
            seen: BTreeMap::new(),
            is_new: bytes.is_none(),
            _lock: lock,
        }))
    }

    /// Whether the follower never kept a place.
    pub const fn is_new(&self) -> bool {
        self.is_new
    }

    /// Whether a record comes before the place.
    pub fn is_behind(&self, record: &Stored) -> bool {
        let instance = record.log.rsplit('/').next().unwrap_or_default();
        self.next.get(instance).is_some_and(|next| record.index < *next)
    }

    /// Goes to the end of every log.
    pub fn skip(&mut self) -> Result<(), AuditError> {
        while !self.read(1 << 10)?.is_empty() {}
        Ok(())
    }

    /// Gives about as many records as asked for that came since, log by log.
    pub fn read(&mut self, most: u64) -> Result<Vec<Stored>, AuditError> {
        let mut found = Vec::new();
        for log in instances(&self.dir)? {
            let (Some(instance), Some(signed)) = (
                log.file_name().and_then(|name| name.to_str()).map(str::to_owned),
                read_if_any(&log.join("checkpoint"))?,
            ) else {
                continue;
            };
            let size = self.size(&log, &instance, &String::from_utf8_lossy(&signed))?;
            let from = self.next.get(&instance).copied().unwrap_or_default();
            if from >= size || found.len() as u64 >= most {
                continue;
            }
            let reader = Reader::open(&log)?;
            let from = from.max(reader.first()?);
            let to = size.min(from + most - found.len() as u64);
            let next = stored_from(&log, &reader, from..to, &mut |record| {
                found.push(record);
                Ok(())
            })?;
            self.next.insert(instance, next);
        }
        Ok(found)
    }

    /// Keeps the place: what was given before is not given again, in any process.
    pub fn keep(&mut self) -> Result<(), AuditError> {
        if self.next != self.kept || self.is_new {
            let bytes = serde_json::to_vec(&self.next).map_err(super::RecordError::from)?;
            replace(&self.place.with_extension("new"), &self.place, &bytes)?;
            sync_dir(super::files::parent(&self.place))?;
            self.kept.clone_from(&self.next);
            self.is_new = false;
        }
        Ok(())
    }

    /// Goes back to the place that was kept last.
    pub fn rewind(&mut self) {
        self.next.clone_from(&self.kept);
    }

    /// The last checkpoint seen of each log.
    pub fn checkpoints(&self) -> impl Iterator<Item = &str> {
        self.seen.values().map(|(signed, _)| signed.as_str())
    }

    fn size(&mut self, log: &Path, instance: &str, signed: &str) -> Result<u64, AuditError> {
        match self.seen.get(instance) {
            Some((known, size)) if known == signed => Ok(*size),
            _ => {
                let size = Checkpoint::open(signed, Reader::open(log)?.verifier())?.size;
                self.seen.insert(instance.to_owned(), (signed.to_owned(), size));
                Ok(size)
            }
        }
    }
}
