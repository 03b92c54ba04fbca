//! The directory of a log: C2SP's `tlog-tiles`, and the journal that becomes it.
//!
//! ```text
//! checkpoint                 the signed state
//! vkey                       the key to check it with
//! tile/<level>/<n>[.p/<w>]   hashes of the tree
//! tile/entries/<n>[.p/<w>]   records
//! journal/<n>                bundles of records that were not full at the last checkpoint
//! ```
//!
//! A journal file has the form of an entry bundle: it is what acknowledged records are synced to, and moves to `tile/entries` once it is full.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use super::{
    AuditError,
    files::{failed, read_if_any},
    merkle::{self, Hash},
};

/// The number of hashes in a full tile and of records in a full bundle.
pub const WIDTH: u64 = 256;
/// The height of the subtree that a full tile spans.
const HEIGHT: u32 = 8;

/// A run of neighbouring hashes of one level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tile {
    pub(super) level: u32,
    pub(super) index: u64,
    pub(super) hashes: Vec<Hash>,
}

impl Tile {
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.hashes.iter().flat_map(Hash::as_bytes).copied().collect()
    }
}

/// The right edge of a growing tree: for each level of tiles, the hashes that are not yet in a full one.
#[derive(Debug, Default)]
pub(super) struct Tree {
    size: u64,
    levels: Vec<Vec<Hash>>,
    full: Vec<Tile>,
}

impl Tree {
    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn push(&mut self, leaf: Hash) {
        let mut level = 0;
        let mut hash = leaf;
        self.size += 1;
        loop {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            self.levels[level].push(hash);
            if self.levels[level].len() as u64 != WIDTH {
                return;
            }
            let hashes = std::mem::take(&mut self.levels[level]);
            let Some(root) = merkle::root_of(&hashes) else { return };
            hash = root;
            let level_number = level as u32;
            let index = (self.size >> (HEIGHT * (level_number + 1))) - 1;
            self.full.push(Tile {
                level: level_number,
                index,
                hashes,
            });
            level += 1;
        }
    }

    pub(super) fn root(&self) -> Hash {
        let mut root: Option<Hash> = None;
        for hashes in &self.levels {
            let row: Vec<Hash> = hashes.iter().copied().chain(root).collect();
            root = merkle::root_of(&row);
        }
        root.unwrap_or_else(merkle::empty_root)
    }

    /// Gives the tiles that became full since the last call.
    pub(super) fn take_full(&mut self) -> Vec<Tile> {
        std::mem::take(&mut self.full)
    }

    /// Gives the tiles that are not full.
    pub(super) fn partial(&self) -> impl Iterator<Item = Tile> {
        (0..)
            .zip(&self.levels)
            .filter(|(_, hashes)| !hashes.is_empty())
            .map(|(level, hashes)| {
                let index = self.size >> (HEIGHT * (level + 1));
                Tile {
                    level,
                    index,
                    hashes: hashes.clone(),
                }
            })
    }
}

/// Finds and reads the files of one log.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    dir: PathBuf,
}

impl Layout {
    pub(super) const fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn checkpoint(&self) -> PathBuf {
        self.dir.join("checkpoint")
    }

    pub(super) fn vkey(&self) -> PathBuf {
        self.dir.join("vkey")
    }

    pub(super) fn temporary(&self) -> PathBuf {
        self.dir.join("temporary")
    }

    pub(super) fn journal_dir(&self) -> PathBuf {
        self.dir.join("journal")
    }

    pub(super) fn journal(&self, bundle: u64) -> PathBuf {
        self.journal_dir().join(bundle.to_string())
    }

    /// Gives the path of a bundle; of the partial one when a width is given.
    pub(super) fn bundle(&self, bundle: u64, width: Option<u64>) -> PathBuf {
        self.dir.join("tile/entries").join(numbered(bundle, width))
    }

    /// Gives the path of a tile; of the partial one when a width is given.
    pub(super) fn tile(&self, level: u32, index: u64, width: Option<u64>) -> PathBuf {
        self.dir.join(format!("tile/{level}")).join(numbered(index, width))
    }

    pub(super) fn contradiction(&self, what: String) -> AuditError {
        AuditError::Contradiction {
            dir: self.dir.clone(),
            what,
        }
    }

    /// Reads the first `width` hashes of a tile, from the full one or from the partial one that has them.
    pub(super) fn read_tile(&self, level: u32, index: u64, width: u64) -> Result<Vec<Hash>, AuditError> {
        let partial = (width < WIDTH).then(|| self.tile(level, index, Some(width)));
        let path = self.tile(level, index, None);
        let bytes = match partial.as_deref().map(read_if_any).transpose()?.flatten() {
            Some(bytes) => bytes,
            None => std::fs::read(&path).map_err(failed("read", &path))?,
        };
        let hashes: Vec<Hash> = bytes
            .as_chunks()
            .0
            .iter()
            .copied()
            .map(Hash::new)
            .take(usize::try_from(width).unwrap_or(usize::MAX))
            .collect();
        if hashes.len() as u64 == width {
            return Ok(hashes);
        }
        Err(self.contradiction(format!(
            "tile {index} of level {level} has {} hashes of {width}",
            hashes.len()
        )))
    }

    /// Reads what there is of a bundle: the full one, or what the journal has.
    pub(super) fn read_own_bundle(&self, bundle: u64) -> Result<Option<Vec<u8>>, AuditError> {
        let full = self.bundle(bundle, None);
        // The full one is asked twice: it may have moved there while the journal was asked.
        for path in [&full, &self.journal(bundle), &full] {
            if let Some(bytes) = read_if_any(path)? {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    /// Reads what there is of a bundle. In a copy without a journal, that can be the partial bundle of the given width.
    pub(super) fn read_bundle(&self, bundle: u64, width: u64) -> Result<Option<Vec<u8>>, AuditError> {
        match self.read_own_bundle(bundle)? {
            Some(bytes) => Ok(Some(bytes)),
            None => read_if_any(&self.bundle(bundle, Some(width))),
        }
    }

    /// Reads the right edge of the tree of the first `size` records.
    pub(super) fn read_tree(&self, size: u64) -> Result<Tree, AuditError> {
        let mut levels = Vec::new();
        for level in 0.. {
            let hashes = size.checked_shr(HEIGHT * level).unwrap_or(0);
            if hashes == 0 {
                break;
            }
            let width = hashes % WIDTH;
            levels.push(if width == 0 {
                Vec::new()
            } else {
                self.read_tile(level, hashes / WIDTH, width)?
            });
        }
        Ok(Tree {
            size,
            levels,
            full: Vec::new(),
        })
    }
}

/// Reads complete subtrees of the first `size` leaves out of tiles.
pub(super) struct TileSubtrees<'log> {
    pub(super) layout: &'log Layout,
    pub(super) size: u64,
}

impl merkle::Subtrees for TileSubtrees<'_> {
    type Error = AuditError;

    fn subtree(&self, height: u32, index: u64) -> Result<Hash, AuditError> {
        let (level, rest) = (height / HEIGHT, height % HEIGHT);
        let first = index << rest;
        let tile = first / WIDTH;
        let hashes = self.size >> (HEIGHT * level);
        let width = (hashes - tile * WIDTH).min(WIDTH);
        let row = self.layout.read_tile(level, tile, width)?;
        let start = usize::try_from(first % WIDTH).unwrap_or(usize::MAX);
        let root = row.get(start..start + (1 << rest)).and_then(merkle::root_of);
        root.ok_or_else(|| {
            self.layout
                .contradiction(format!("tile {tile} of level {level} is too narrow"))
        })
    }
}

/// Gives the records of a bundle with the range of bytes each one takes, and ends before the first that is not whole.
pub(super) fn frames(bundle: &[u8]) -> impl Iterator<Item = (Range<usize>, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (length, rest) = bundle.get(at..)?.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let record = rest.get(..length).filter(|record| !record.is_empty())?;
        let range = at..at + 2 + length;
        at = range.end;
        Some((range, record))
    })
}

/// Writes an index in elements of three digits, all but the last marked with an `x`.
fn numbered(index: u64, width: Option<u64>) -> PathBuf {
    let mut text = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        text = format!("x{:03}/{text}", rest % 1000);
        rest /= 1000;
    }
    match width {
        Some(width) => PathBuf::from(format!("{text}.p/{width}")),
        None => PathBuf::from(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_specification() {
        let layout = Layout::new(PathBuf::from("log"));
        assert_eq!(layout.tile(3, 1_234_067, None), Path::new("log/tile/3/x001/x234/067"));
        assert_eq!(layout.bundle(7, Some(12)), Path::new("log/tile/entries/007.p/12"));
    }

    #[test]
    fn a_growing_tree_has_the_root_and_the_tiles_of_the_specification() {
        let mut tree = Tree::default();
        let mut leaves = Vec::new();
        let mut full = Vec::new();
        for index in 0_u64..70_000 {
            let leaf = merkle::leaf_hash(&index.to_be_bytes());
            leaves.push(leaf);
            tree.push(leaf);
            if index < 1_100 {
                assert_eq!(Some(tree.root()), merkle::root_of(&leaves), "{} leaves", index + 1);
            }
            full.append(&mut tree.take_full());
        }
        assert_eq!(Some(tree.root()), merkle::root_of(&leaves));
        let count = |level| full.iter().filter(|tile| tile.level == level).count();
        assert_eq!(
            (count(0), count(1), count(2)),
            (273, 1, 0),
            "the example of the specification"
        );
        let partial: Vec<_> = tree
            .partial()
            .map(|tile| (tile.level, tile.index, tile.hashes.len()))
            .collect();
        assert_eq!(partial, [(0, 273, 112), (1, 1, 17), (2, 0, 1)]);
    }

    #[test]
    fn a_torn_record_ends_a_bundle() {
        let bundle = b"\0\x03one\0\x05three";
        for cut in 0..bundle.len() {
            let whole: Vec<&[u8]> = frames(&bundle[..cut]).map(|(_, record)| record).collect();
            assert_eq!(
                whole,
                if cut < 5 { vec![] } else { vec![b"one".as_slice()] },
                "cut at {cut}"
            );
        }
        assert_eq!(frames(bundle).count(), 2);
        assert_eq!(frames(&[0; 64]).count(), 0, "zeros are not records");
    }
}
