//! The append-only end of a log, and how it is found again after a crash.
//!
//! Records are acknowledged once they are synced here. A bundle is synced before the next one is written to, so only the last one can be torn.

use std::{fs::File, io::Write};

use serde::Deserialize;

use super::{
    AuditError,
    files::{ensure_dir, failed, private, read_if_any, sync_dir},
    merkle::{Hash, leaf_hash},
    note::{Checkpoint, Verifier},
    tiles::{Layout, Tree, WIDTH, frames},
};

/// Journal files are created this many at once, so that their directory is seldom synced while somebody waits.
const AHEAD: u64 = 8;

/// The bundle that records are appended to.
#[derive(Debug)]
pub(super) struct Journal {
    layout: Layout,
    file: File,
    bundle: u64,
    /// The number of records in the bundle; never a full bundle's.
    records: u64,
}

impl Journal {
    /// Gives the number of the next record.
    pub(super) const fn size(&self) -> u64 {
        self.bundle * WIDTH + self.records
    }

    /// Writes framed records, at most as many as the bundle has room for, and syncs them. After an error nothing is known of what is on disk, and
    /// nothing more may be appended.
    pub(super) fn append(&mut self, framed: &[u8], records: u64) -> Result<(), AuditError> {
        let path = self.layout.journal(self.bundle);
        self.file.write_all(framed).map_err(failed("write", &path))?;
        self.file.sync_data().map_err(failed("sync", &path))?;
        self.records += records;
        if self.records == WIDTH {
            *self = Self::at(self.layout.clone(), self.bundle + 1, 0)?;
        }
        Ok(())
    }

    fn at(layout: Layout, bundle: u64, records: u64) -> Result<Self, AuditError> {
        let path = layout.journal(bundle);
        if !path.exists() {
            for ahead in bundle..bundle + AHEAD {
                let path = layout.journal(ahead);
                drop(
                    private()
                        .append(true)
                        .create(true)
                        .open(&path)
                        .map_err(failed("create", &path))?,
                );
            }
            sync_dir(&layout.journal_dir())?;
        }
        let file = private().append(true).open(&path).map_err(failed("open", &path))?;
        Ok(Self {
            layout,
            file,
            bundle,
            records,
        })
    }
}

/// What was found when a log was opened.
#[derive(Debug)]
pub(super) struct Recovered {
    pub(super) journal: Journal,
    pub(super) tree: Tree,
    /// The number of records in the last checkpoint, if there was one.
    pub(super) published: Option<u64>,
    /// The bytes that were cut off because they are no whole record.
    pub(super) torn_bytes: u64,
    /// Whether the log was closed in good order before.
    pub(super) stopped: bool,
}

/// The members of a record that place it in its log.
#[derive(Deserialize)]
struct Place {
    seq: u64,
    class: String,
}

/// Finds the end of a log: the checkpoint, then the records after it. Cuts off a torn end, and refuses whatever cannot come from a crash.
pub(super) fn recover(layout: &Layout, verifier: &Verifier) -> Result<Recovered, AuditError> {
    ensure_dir(&layout.journal_dir())?;
    let checkpoint = read_checkpoint(layout, verifier)?;
    let published = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.size);
    let mut replay = Replay {
        layout,
        tree: layout.read_tree(published)?,
        last: None,
    };
    if let Some(checkpoint) = &checkpoint
        && replay.tree.root() != checkpoint.root
    {
        return Err(layout.contradiction(format!(
            "the tiles of its first {published} records have another root than its checkpoint"
        )));
    }
    let edge = match published % WIDTH {
        0 => Vec::new(),
        width => layout.read_tile(0, published / WIDTH, width)?,
    };
    let mut bundle = published / WIDTH;
    let mut torn_bytes = 0;
    let records = loop {
        let Some(end) = replay.bundle(bundle, if bundle == published / WIDTH { &edge } else { &[] })? else {
            break 0;
        };
        if end.records == WIDTH {
            bundle += 1;
            continue;
        }
        if end.torn > 0 {
            torn_bytes = end.torn;
            cut(layout, bundle, end.whole)?;
        }
        break end.records;
    };
    refuse_later_bundles(layout, bundle)?;
    if records == 0 && replay.last.is_none() && bundle > 0 {
        replay.look_back(bundle - 1)?;
    }
    let stopped = replay.last.as_deref() == Some("stop");
    let journal = Journal::at(layout.clone(), bundle, records)?;
    // Records that nobody was told of may not be synced yet, and are about to be vouched for.
    journal
        .file
        .sync_all()
        .map_err(failed("sync", &layout.journal(bundle)))?;
    Ok(Recovered {
        journal,
        tree: replay.tree,
        published: checkpoint.map(|checkpoint| checkpoint.size),
        torn_bytes,
        stopped,
    })
}

/// Reads and checks the checkpoint, if there is one.
pub(super) fn read_checkpoint(layout: &Layout, verifier: &Verifier) -> Result<Option<Checkpoint>, AuditError> {
    let Some(bytes) = read_if_any(&layout.checkpoint())? else {
        return Ok(None);
    };
    let text = String::from_utf8(bytes).map_err(|_| layout.contradiction("its checkpoint is not text".into()))?;
    Ok(Some(Checkpoint::open(&text, verifier)?))
}

struct Replay<'log> {
    layout: &'log Layout,
    tree: Tree,
    last: Option<String>,
}

/// Where the records of a bundle end.
struct End {
    records: u64,
    whole: u64,
    torn: u64,
}

impl Replay<'_> {
    /// Adds the records of a bundle that the tree does not have yet; those it has must be the `known` ones.
    fn bundle(&mut self, bundle: u64, known: &[Hash]) -> Result<Option<End>, AuditError> {
        let first = bundle * WIDTH;
        let Some(bytes) = self.layout.read_own_bundle(bundle)? else {
            return if known.is_empty() {
                Ok(None)
            } else {
                Err(self.missing(first, known))
            };
        };
        let mut end = End {
            records: 0,
            whole: 0,
            torn: 0,
        };
        for (range, record) in frames(&bytes) {
            let index = first + end.records;
            let place = serde_json::from_slice::<Place>(record)
                .ok()
                .filter(|place| place.seq == index);
            match known.get(usize::try_from(end.records).unwrap_or(usize::MAX)) {
                Some(leaf) if *leaf == leaf_hash(record) => {}
                Some(_) => return Err(self.layout.contradiction(format!("record {index} was changed"))),
                None if place.is_none() || end.records == WIDTH => break,
                None => self.tree.push(leaf_hash(record)),
            }
            self.last = place.map(|place| place.class);
            end.records += 1;
            end.whole = range.end as u64;
        }
        if end.records < known.len() as u64 {
            return Err(self.missing(
                first + end.records,
                &known[..known.len() - usize::try_from(end.records).unwrap_or(0)],
            ));
        }
        end.torn = bytes.len() as u64 - end.whole;
        let closed = self.layout.bundle(bundle, None).exists();
        if closed && (end.records < WIDTH || end.torn > 0) || end.records == WIDTH && end.torn > 0 {
            return Err(self
                .layout
                .contradiction(format!("record {} does not belong where it is", first + end.records)));
        }
        Ok(Some(end))
    }

    /// Reads what the last record of a full bundle is, when no record follows it.
    fn look_back(&mut self, bundle: u64) -> Result<(), AuditError> {
        let bytes = self.layout.read_own_bundle(bundle)?.unwrap_or_default();
        let last = frames(&bytes)
            .last()
            .and_then(|(_, record)| serde_json::from_slice::<Place>(record).ok());
        self.last = last.map(|place| place.class);
        Ok(())
    }

    fn missing(&self, index: u64, known: &[Hash]) -> AuditError {
        self.layout.contradiction(format!(
            "record {index} is missing, and {} of its checkpoint with it",
            known.len() - 1
        ))
    }
}

/// Records in a later bundle prove that the earlier one was complete and synced, so that no crash can have torn it.
fn refuse_later_bundles(layout: &Layout, last: u64) -> Result<(), AuditError> {
    for bundle in last + 1..=last + AHEAD {
        if layout.read_own_bundle(bundle)?.is_some_and(|bytes| !bytes.is_empty()) {
            let index = bundle * WIDTH;
            return Err(layout.contradiction(format!(
                "there are records from {index} on, and records before them are missing or broken"
            )));
        }
    }
    Ok(())
}

/// Cuts a torn record off the journal. Nobody was told that it was recorded.
fn cut(layout: &Layout, bundle: u64, whole: u64) -> Result<(), AuditError> {
    let path = layout.journal(bundle);
    let file = private().write(true).open(&path).map_err(failed("open", &path))?;
    file.set_len(whole)
        .and_then(|()| file.sync_all())
        .map_err(failed("repair", &path))
}
