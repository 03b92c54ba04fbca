//! Verifying a log: everything a checkpoint vouches for is computed again from the records.

use memchr::memmem::Finder;
use serde::Deserialize;

use super::{
    AuditError, Reader,
    merkle::{self, Hash, leaf_hash},
    note::{Checkpoint, NoteError},
    record::VERSION,
    tiles::{Tile, Tree, WIDTH, frames},
};

/// A log with more findings than this is not worth listing further.
const MAX_FINDINGS: usize = 100;

/// What a verified log was found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The checkpoint that everything was held against.
    pub checkpoint: Checkpoint,
    /// The number of records that came after it, which only their own form was checked of.
    pub unpublished: u64,
    /// The bytes of all records.
    pub bytes: u64,
}

/// One thing that is wrong with a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// The checkpoint is not one of this log.
    #[error("the checkpoint is not by this log: {0}")]
    Checkpoint(NoteError),
    /// The older checkpoint is not one of this log.
    #[error("the older checkpoint is not by this log: {0}")]
    OlderCheckpoint(NoteError),
    /// The log had more records once.
    #[error("records {size} to {} are gone: the older checkpoint covers them and the log does not", old - 1)]
    Shorter {
        /// The number of records the checkpoint covers.
        size: u64,
        /// The number it covered before.
        old: u64,
    },
    /// The records before the older checkpoint are not those it vouched for.
    #[error("one of the first {old} records is not what it was at the older checkpoint")]
    History {
        /// The number of records of the older checkpoint.
        old: u64,
    },
    /// The records are not those the checkpoint vouches for.
    #[error("the first {size} records do not have the root of the checkpoint")]
    Root {
        /// The number of records in the checkpoint.
        size: u64,
    },
    /// A record is not the one whose hash is in the tree.
    #[error("record {index} is not the one in the tree")]
    Changed {
        /// The number of the record.
        index: u64,
    },
    /// A record has the number of another one.
    #[error("record {index} has the number {found}")]
    Misplaced {
        /// The number it should have.
        index: u64,
        /// The number it has.
        found: u64,
    },
    /// A record is not a record.
    #[error("record {index} cannot be read: {why}")]
    Unreadable {
        /// The number it should have.
        index: u64,
        /// What is wrong with it.
        why: String,
    },
    /// A record the checkpoint covers is not there.
    #[error("record {index} is missing")]
    Missing {
        /// Its number.
        index: u64,
    },
    /// There are bytes where no record can be.
    #[error("after record {index} there are {bytes} bytes that belong to no record")]
    Surplus {
        /// The last record before them.
        index: u64,
        /// Their number.
        bytes: u64,
    },
    /// A tile does not follow from the tiles or records below it.
    #[error("tile {index} of level {level} does not follow from what is below it")]
    Tile {
        /// Its level.
        level: u32,
        /// Its index in the level.
        index: u64,
    },
    /// A file could not be read.
    #[error("{0}")]
    File(String),
}

/// The members of a record that every version has.
#[derive(Deserialize)]
struct Envelope {
    v: u32,
    seq: u64,
}

/// What follows a record's number in the form that louver writes. A string cannot hold it, because its quotes would be escaped.
const AFTER_SEQ: &[u8] = br#","server":{"instance":""#;

/// How a record of this version ends.
const END: &[u8] = br#","v":1}"#;
const _: () = assert!(VERSION == 1, "`END` names the version");

/// Tells at a glance that a record is written as louver writes them and has this number. Where it does not, parsing tells what there is: most of the
/// time to verify a log would go into parsing records whose hash is all that matters.
fn is_plain(after_seq: &Finder<'_>, record: &[u8], index: u64) -> bool {
    // Of two that look like it, one is inside of something else, and parsing tells which.
    let mut found = after_seq.find_iter(record);
    let (Some(at), None) = (found.next(), found.next()) else {
        return false;
    };
    let before_seq = record[..at].strip_suffix(index.to_string().as_bytes());
    record.starts_with(b"{\"")
        && record.ends_with(END)
        && before_seq.is_some_and(|before| before.ends_with(br#","seq":"#))
}

impl Reader {
    /// Verifies the whole log against its checkpoint, and against an older signed checkpoint if there is one, offline.
    pub fn verify(&self, older: Option<&str>) -> Result<Verified, Vec<Finding>> {
        let checkpoint = self.checkpoint().map_err(|error| vec![Finding::File(error.chain())])?;
        let checkpoint =
            Checkpoint::open(&checkpoint, &self.verifier).map_err(|error| vec![Finding::Checkpoint(error)])?;
        let older = older.map(|older| Checkpoint::open(older, &self.verifier)).transpose();
        let older = older.map_err(|error| vec![Finding::OlderCheckpoint(error)])?;

        let mut walk = Walk {
            reader: self,
            size: checkpoint.size,
            older: older.as_ref(),
            tree: Tree::default(),
            findings: Vec::new(),
            bytes: 0,
            after: 0,
            after_seq: Finder::new(AFTER_SEQ),
        };
        if let Some(old) = older.as_ref().filter(|old| old.size > checkpoint.size) {
            walk.findings.push(Finding::Shorter {
                size: checkpoint.size,
                old: old.size,
            });
        }
        walk.check_older();
        if let Err(error) = walk.records() {
            walk.findings.push(Finding::File(error.chain()));
        }
        if walk.findings.is_empty() && walk.tree.root() != checkpoint.root {
            walk.findings.push(Finding::Root { size: checkpoint.size });
        }
        let Walk {
            findings, bytes, after, ..
        } = walk;
        if findings.is_empty() {
            Ok(Verified {
                checkpoint,
                unpublished: after,
                bytes,
            })
        } else {
            Err(findings)
        }
    }
}

/// One pass over all records.
struct Walk<'log> {
    reader: &'log Reader,
    size: u64,
    older: Option<&'log Checkpoint>,
    tree: Tree,
    findings: Vec<Finding>,
    bytes: u64,
    after: u64,
    after_seq: Finder<'static>,
}

impl Walk<'_> {
    fn records(&mut self) -> Result<(), AuditError> {
        let kept = self.reader.first()?.min(self.size) / WIDTH;
        for bundle in 0..kept {
            self.pruned(bundle)?;
        }
        for bundle in kept.. {
            let bytes = self.reader.bundle(bundle)?;
            let first = bundle * WIDTH;
            if bytes.is_empty() && first >= self.size {
                break;
            }
            self.bundle(first, &bytes);
            self.full_tiles()?;
            // Where a record is missing, those behind it have no place to be compared with.
            if self.findings.len() >= MAX_FINDINGS || self.tree.size() < self.size.min(first + WIDTH) {
                return Ok(());
            }
        }
        for tile in self.tree.partial().collect::<Vec<_>>() {
            self.tile(&tile)?;
        }
        self.partial_bundle()
    }

    /// Grows the tree by records that retention removed: their hashes stay, and the root vouches for them.
    fn pruned(&mut self, bundle: u64) -> Result<(), AuditError> {
        for leaf in self.reader.layout.read_tile(0, bundle, WIDTH)? {
            self.tree.push(leaf);
            self.check_older();
        }
        self.full_tiles()
    }

    /// Checks the records of a bundle and grows the tree by those under the checkpoint.
    fn bundle(&mut self, first: u64, bytes: &[u8]) {
        let mut index = first;
        let mut end = 0;
        for (range, record) in frames(bytes).take(usize::try_from(WIDTH).unwrap_or(usize::MAX)) {
            self.record(index, record);
            index += 1;
            end = range.end;
        }
        self.bytes += end as u64;
        if index < self.size.min(first + WIDTH) {
            self.findings.push(Finding::Missing { index });
        } else if end < bytes.len() && (index < self.size || index == first + WIDTH) {
            // What follows the last record of a log that is being written is a record on its way.
            self.findings.push(Finding::Surplus {
                index: index.saturating_sub(1),
                bytes: (bytes.len() - end) as u64,
            });
        }
    }

    fn record(&mut self, index: u64, record: &[u8]) {
        if !is_plain(&self.after_seq, record, index) {
            self.parse(index, record);
        }
        if index >= self.size {
            self.after += 1;
            return;
        }
        self.tree.push(leaf_hash(record));
        self.check_older();
    }

    /// Says what is wrong with a record that does not look like one.
    fn parse(&mut self, index: u64, record: &[u8]) {
        match serde_json::from_slice::<Envelope>(record) {
            Ok(Envelope { seq, .. }) if seq != index => self.findings.push(Finding::Misplaced { index, found: seq }),
            Ok(Envelope { v, .. }) if v != VERSION => {
                self.findings.push(Finding::Unreadable {
                    index,
                    why: format!("its version is {v}"),
                });
            }
            Ok(_) => {}
            Err(error) => self.findings.push(Finding::Unreadable {
                index,
                why: error.to_string(),
            }),
        }
    }

    /// Compares with the older checkpoint when the tree has just its size.
    fn check_older(&mut self) {
        if let Some(older) = self.older.filter(|older| older.size == self.tree.size())
            && self.tree.root() != older.root
        {
            self.findings.push(Finding::History { old: older.size });
        }
    }

    fn full_tiles(&mut self) -> Result<(), AuditError> {
        self.tree.take_full().iter().try_for_each(|tile| self.tile(tile))
    }

    /// Compares a computed tile with the stored one.
    fn tile(&mut self, tile: &Tile) -> Result<(), AuditError> {
        let Tile { level, index, hashes } = tile;
        let stored = self.reader.layout.read_tile(*level, *index, hashes.len() as u64)?;
        if *level > 0 {
            // Above a wrong record every tile is wrong too, which says nothing more.
            if stored != *hashes && self.findings.is_empty() {
                self.findings.push(Finding::Tile {
                    level: *level,
                    index: *index,
                });
            }
            return Ok(());
        }
        for (at, (stored, computed)) in (index * WIDTH..).zip(stored.iter().zip(hashes)) {
            if stored != computed {
                self.findings.push(Finding::Changed { index: at });
            }
        }
        Ok(())
    }

    /// Holds the partial bundle that others read against the records.
    fn partial_bundle(&mut self) -> Result<(), AuditError> {
        let (bundle, width) = (self.size / WIDTH, self.size % WIDTH);
        let path = self.reader.layout.bundle(bundle, Some(width));
        if width == 0 || self.reader.layout.bundle(bundle, None).exists() {
            return Ok(());
        }
        let partial = super::files::read_if_any(&path)?.unwrap_or_default();
        let own: Vec<Hash> = self
            .tree
            .partial()
            .next()
            .filter(|tile| tile.level == 0)
            .map(|tile| tile.hashes)
            .unwrap_or_default();
        let theirs: Vec<Hash> = frames(&partial).map(|(_, record)| leaf_hash(record)).collect();
        if merkle::root_of(&own) != merkle::root_of(&theirs) || own.len() != theirs.len() {
            let at = own
                .iter()
                .zip(&theirs)
                .take_while(|(own, theirs)| own == theirs)
                .count();
            self.findings.push(Finding::Changed {
                index: bundle * WIDTH + at as u64,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_plain_only_with_its_own_number_in_its_place() {
        let finder = Finder::new(AFTER_SEQ);
        let plain = |record: &str| is_plain(&finder, record.as_bytes(), 17);
        let good = r#"{"class":"tick","id":"0","seq":17,"server":{"instance":"0","version":"1"},"ts":1,"v":1}"#;
        assert!(plain(good));
        for (from, to) in [
            (":17,", ":18,"),
            (":17,", ":117,"),
            (":17,", ":\"17,"),
            ("\"seq\"", "\"sec\""),
            ("\"v\":1", "\"v\":2"),
            ("server", "serves"),
            ("{\"class", "[\"class"),
        ] {
            assert!(!plain(&good.replace(from, to)), "{from} as {to}");
        }
        let nested = good.replace("\"id\"", r#""detail":{"seq":17,"server":{"instance":"0"}},"id""#);
        assert!(!plain(&nested), "what is inside of a detail is not the number");
    }
}
