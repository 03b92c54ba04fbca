//! Reading a log: its records, its checkpoint, and proofs about both. The log may be written at the same time.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use super::{
    AuditError,
    files::{failed, read_if_any},
    merkle::{self, Hash, leaf_hash},
    note::{Checkpoint, Verifier},
    retention::Retained,
    tiles::{Layout, TileSubtrees, WIDTH, frames},
};

/// One record as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub index: u64,
    /// Its bytes: one JSON object.
    pub record: Vec<u8>,
}

/// Proof that one record is in a log, in C2SP's `tlog-proof` form. It is checked with the log's verifier key and the record, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    index: u64,
    path: Vec<Hash>,
    checkpoint: String,
}

impl Proof {
    /// Reads the text of a proof.
    pub fn parse(text: &str) -> Option<Self> {
        let (head, checkpoint) = text.split_once("\n\n")?;
        let mut lines = head.lines().peekable();
        if lines.next()? != "c2sp.org/tlog-proof@v1" {
            return None;
        }
        lines.next_if(|line| line.starts_with("extra "));
        let index = lines.next()?.strip_prefix("index ")?;
        let index = index.parse().ok().filter(|number: &u64| number.to_string() == index)?;
        let path = lines.map(Hash::from_base64).collect::<Option<Vec<Hash>>>()?;
        Some(Self {
            index,
            path,
            checkpoint: checkpoint.to_owned(),
        })
    }

    /// Checks that `record` is in the log of the key, and gives its number.
    pub fn check(&self, verifier: &Verifier, record: &[u8]) -> Option<u64> {
        let checkpoint = Checkpoint::open(&self.checkpoint, verifier).ok()?;
        let proven = merkle::check_inclusion(
            &self.path,
            self.index,
            checkpoint.size,
            &leaf_hash(record),
            &checkpoint.root,
        );
        proven.then_some(self.index)
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c2sp.org/tlog-proof@v1\nindex {}\n", self.index)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// Checks a proof that [`Reader::prove_continued`] made: that the log goes on from the `older` signed checkpoint.
pub fn check_continued(proof: &str, older: &str, verifier: &Verifier) -> bool {
    Continuation::parse(proof).is_some_and(|proof| proof.check(older, verifier))
}

/// The parts of a C2SP `add-checkpoint` request.
pub(super) struct Continuation<'text> {
    pub(super) old: u64,
    hashes: Vec<Hash>,
    pub(super) checkpoint: &'text str,
}

impl<'text> Continuation<'text> {
    pub(super) fn parse(text: &'text str) -> Option<Self> {
        let (head, checkpoint) = text.split_once("\n\n")?;
        let mut lines = head.lines();
        let old = lines.next()?.strip_prefix("old ")?;
        Some(Self {
            old: old.parse().ok().filter(|number: &u64| number.to_string() == old)?,
            hashes: lines.map(Hash::from_base64).collect::<Option<_>>()?,
            checkpoint,
        })
    }

    fn check(&self, older: &str, verifier: &Verifier) -> bool {
        let (Ok(older), Ok(newer)) = (
            Checkpoint::open(older, verifier),
            Checkpoint::open(self.checkpoint, verifier),
        ) else {
            return false;
        };
        older.size == self.old && self.continues(&older.root, &newer)
    }

    /// Whether the tree of `newer` begins with the first records, under their root.
    pub(super) fn continues(&self, root: &Hash, newer: &Checkpoint) -> bool {
        merkle::check_consistency(&self.hashes, (self.old, root), (newer.size, &newer.root))
    }
}

/// Reads the log of one instance.
#[derive(Clone, Debug)]
pub struct Reader {
    pub(super) layout: Layout,
    pub(super) verifier: Verifier,
}

impl Reader {
    /// Opens the log in `dir` with the verifier key stored there. Whoever trusts only a key of their own uses [`Reader::with_key`].
    pub fn open(dir: &Path) -> Result<Self, AuditError> {
        let path = Layout::new(dir.to_owned()).vkey();
        let text = fs::read_to_string(&path).map_err(failed("read", &path))?;
        Ok(Self::with_key(dir, Verifier::parse(&text)?))
    }

    /// Opens the log in `dir`, to be verified with this key.
    pub fn with_key(dir: &Path, verifier: Verifier) -> Self {
        Self {
            layout: Layout::new(dir.to_owned()),
            verifier,
        }
    }

    /// Gives the key the log is verified with.
    pub const fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Gives the number of the first record that is kept; a signed note says so where retention removed those before it.
    pub fn first(&self) -> Result<u64, AuditError> {
        Ok(Retained::read(self.layout.dir(), &self.verifier)?.map_or(0, |retained| retained.first))
    }

    /// Reads the records from a number on. At the end it gives nothing, and continues when asked again after more were recorded.
    pub fn records(&self, from: u64) -> Records<'_> {
        Records {
            reader: self,
            next: from,
            bundle: Vec::new(),
            ahead: Vec::new().into_iter(),
        }
    }

    /// Gives the first record of the last bundle that begins before a time, found by halving.
    pub(super) fn position(&self, since: u64) -> Result<u64, AuditError> {
        let first = self.first()?;
        let size = Checkpoint::open(&self.checkpoint()?, &self.verifier)?.size;
        let (mut low, mut high) = (first / WIDTH, size / WIDTH + 1);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.begins_before(middle, since)? {
                low = middle;
            } else {
                high = middle;
            }
        }
        Ok((low * WIDTH).max(first))
    }

    fn begins_before(&self, bundle: u64, since: u64) -> Result<bool, AuditError> {
        #[derive(serde::Deserialize)]
        struct Time {
            ts: u64,
        }
        let bytes = self.bundle(bundle)?;
        let time = frames(&bytes)
            .next()
            .and_then(|(_, record)| serde_json::from_slice::<Time>(record).ok());
        Ok(time.is_some_and(|time| time.ts < since))
    }

    /// Gives the signed text of the last checkpoint.
    pub fn checkpoint(&self) -> Result<String, AuditError> {
        let path = self.layout.checkpoint();
        fs::read_to_string(&path).map_err(failed("read", &path))
    }

    /// Makes the proof that a record is under the last checkpoint.
    pub fn prove(&self, index: u64) -> Result<Proof, AuditError> {
        let checkpoint = self.checkpoint()?;
        let Checkpoint { size, .. } = Checkpoint::open(&checkpoint, &self.verifier)?;
        let subtrees = TileSubtrees {
            layout: &self.layout,
            size,
        };
        match merkle::prove_inclusion(&subtrees, index, size)? {
            Some(path) => Ok(Proof {
                index,
                path,
                checkpoint,
            }),
            None => Err(self.no_record(index, size)),
        }
    }

    /// Makes the proof that the first `old` records are still the beginning of the first `new` ones.
    pub fn prove_consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, AuditError> {
        let size = self.size_for(new)?;
        let subtrees = TileSubtrees {
            layout: &self.layout,
            size,
        };
        merkle::prove_consistency(&subtrees, old, new)?.ok_or_else(|| self.no_record(old, new))
    }

    /// Makes the proof that the log continues an older checkpoint of it, in the form of a C2SP `add-checkpoint` request: the older size, hashes, and the
    /// last checkpoint.
    pub fn prove_continued(&self, older: &str) -> Result<String, AuditError> {
        let old = Checkpoint::open(older, &self.verifier)?.size;
        self.prove_from(old)
    }

    /// Makes the proof that the log continues its first `old` records, in the same form.
    pub fn prove_from(&self, old: u64) -> Result<String, AuditError> {
        let checkpoint = self.checkpoint()?;
        let Checkpoint { size, .. } = Checkpoint::open(&checkpoint, &self.verifier)?;
        let hashes = self.prove_consistency(old, size)?;
        let hashes: String = hashes.iter().map(|hash| format!("{hash}\n")).collect();
        Ok(format!("old {old}\n{hashes}\n{checkpoint}"))
    }

    /// Gives the root of the first `size` records.
    pub fn root(&self, size: u64) -> Result<Hash, AuditError> {
        let subtrees = TileSubtrees {
            layout: &self.layout,
            size: self.size_for(size)?,
        };
        merkle::root(&subtrees, size)
    }

    /// Gives the size of the last checkpoint, which must cover `size` records.
    fn size_for(&self, size: u64) -> Result<u64, AuditError> {
        let covered = Checkpoint::open(&self.checkpoint()?, &self.verifier)?.size;
        if size <= covered {
            Ok(covered)
        } else {
            Err(self.no_record(size - 1, covered))
        }
    }

    fn no_record(&self, index: u64, size: u64) -> AuditError {
        AuditError::NoRecord {
            dir: self.layout.dir().to_owned(),
            index,
            size,
        }
    }

    /// Reads the whole records of a bundle, as many as there are by now.
    pub(super) fn bundle(&self, bundle: u64) -> Result<Vec<u8>, AuditError> {
        if let Some(bytes) = self.layout.read_own_bundle(bundle)? {
            return Ok(bytes);
        }
        // A copy has no journal: what is there of the last bundle is as wide as its checkpoint says.
        let Some(checkpoint) = read_if_any(&self.layout.checkpoint())? else {
            return Ok(Vec::new());
        };
        let size = Checkpoint::open(&String::from_utf8_lossy(&checkpoint), &self.verifier)?.size;
        Ok(self.layout.read_bundle(bundle, size % WIDTH)?.unwrap_or_default())
    }
}

/// The records of a log, in order. See [`Reader::records`].
#[derive(Debug)]
pub struct Records<'log> {
    reader: &'log Reader,
    next: u64,
    bundle: Vec<u8>,
    ahead: std::vec::IntoIter<std::ops::Range<usize>>,
}

impl Records<'_> {
    fn fill(&mut self) -> Result<(), AuditError> {
        self.bundle = self.reader.bundle(self.next / WIDTH)?;
        let skipped = usize::try_from(self.next % WIDTH).unwrap_or(usize::MAX);
        let ranges: Vec<_> = frames(&self.bundle)
            .skip(skipped)
            .map(|(range, _)| range.start + 2..range.end)
            .collect();
        self.ahead = ranges.into_iter();
        Ok(())
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Entry, AuditError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ahead.len() == 0
            && let Err(error) = self.fill()
        {
            return Some(Err(error));
        }
        let range = self.ahead.next()?;
        let entry = Entry {
            index: self.next,
            record: self.bundle[range].to_vec(),
        };
        self.next += 1;
        Some(Ok(entry))
    }
}

/// Finds the logs in a directory: one for each process that wrote there at the same time.
pub fn instances(dir: &Path) -> Result<Vec<PathBuf>, AuditError> {
    let mut found = Vec::new();
    for item in fs::read_dir(dir).map_err(failed("read the directory", dir))? {
        let path = item.map_err(failed("read the directory", dir))?.path();
        let number = path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
        if let Some(number) = number.filter(|_| path.join("vkey").is_file()) {
            found.push((number, path));
        }
    }
    found.sort_unstable();
    Ok(found.into_iter().map(|(_, path)| path).collect())
}
