//! Rows that were read lately, unpacked: what answers ask for again and again is read once.
//!
//! All repositories of one process share the space, so it is bounded whatever their number. A generation that nobody holds any more leaves
//! nothing behind.

use super::pack::EdgesPack;
use super::stored::IndexedFile;
use rustc_hash::FxHashMap;
use std::hash::BuildHasher as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tantivy::DocAddress;

/// Bytes that unpacked rows take at most, as far as they can be counted.
const MOST: usize = 64 << 20;
/// Parts with a lock each, so that callers seldom wait for each other.
const PARTS: usize = 4;
/// A part forgets what was not asked for while this much came.
const HALF: usize = MOST / PARTS / 2;

/// The rows of all generations of one process.
#[derive(Default)]
pub(super) struct Cache {
    parts: [Mutex<Part>; PARTS],
    generations: AtomicU64,
}

/// The rows of one generation.
pub(super) struct Rows {
    cache: Arc<Cache>,
    generation: u64,
}

/// A row by its document.
#[derive(Clone)]
enum Row {
    File(Arc<IndexedFile>),
    Edges(Arc<EdgesPack>),
}

/// Rows in two layers: what is asked for goes to the new one, and what is left in the old one when the new is full is forgotten.
#[derive(Default)]
struct Part {
    new: FxHashMap<Key, (Row, usize)>,
    old: FxHashMap<Key, (Row, usize)>,
    /// Bytes in the new layer.
    held: usize,
}

/// Generation, document, and whether contracts are left out.
type Key = (u64, DocAddress, bool);

impl Rows {
    pub(super) fn new(cache: &Arc<Cache>) -> Self {
        Self {
            cache: Arc::clone(cache),
            generation: cache.generations.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// The file of a document, its contracts left out if `is_bare`; read if it is not held.
    pub(super) fn file<E>(
        &self,
        at: DocAddress,
        is_bare: bool,
        read: impl FnOnce() -> Result<Arc<IndexedFile>, E>,
    ) -> Result<Arc<IndexedFile>, E> {
        let key = (self.generation, at, is_bare);
        if let Some(Row::File(file)) = self.cache.get(key) {
            return Ok(file);
        }
        let file = read()?;
        self.cache.put(key, Row::File(Arc::clone(&file)), file.weight());
        Ok(file)
    }

    /// The relations of a document; read if they are not held.
    pub(super) fn edges<E>(
        &self,
        at: DocAddress,
        read: impl FnOnce() -> Result<EdgesPack, E>,
    ) -> Result<Arc<EdgesPack>, E> {
        let key = (self.generation, at, false);
        if let Some(Row::Edges(edges)) = self.cache.get(key) {
            return Ok(edges);
        }
        let edges = Arc::new(read()?);
        self.cache.put(key, Row::Edges(Arc::clone(&edges)), edges.weight());
        Ok(edges)
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        for part in &self.cache.parts {
            part.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .forget(self.generation);
        }
    }
}

impl Cache {
    fn part(&self, key: Key) -> &Mutex<Part> {
        let hash = rustc_hash::FxBuildHasher.hash_one(key);
        &self.parts[(hash >> 32) as usize % PARTS]
    }

    fn get(&self, key: Key) -> Option<Row> {
        self.part(key).lock().unwrap_or_else(PoisonError::into_inner).get(key)
    }

    fn put(&self, key: Key, row: Row, weight: usize) {
        if weight <= HALF {
            let mut part = self.part(key).lock().unwrap_or_else(PoisonError::into_inner);
            part.put(key, row, weight);
        }
    }
}

impl Part {
    fn get(&mut self, key: Key) -> Option<Row> {
        if let Some((row, _)) = self.new.get(&key) {
            return Some(row.clone());
        }
        let (row, weight) = self.old.remove(&key)?;
        self.put(key, row.clone(), weight);
        Some(row)
    }

    fn put(&mut self, key: Key, row: Row, weight: usize) {
        if self.held + weight > HALF {
            self.old = std::mem::take(&mut self.new);
            self.held = 0;
        }
        if self.new.insert(key, (row, weight)).is_none() {
            self.held += weight;
        }
    }

    fn forget(&mut self, generation: u64) {
        self.old.retain(|key, _| key.0 != generation);
        self.new.retain(|key, _| key.0 != generation);
        self.held = self.new.values().map(|(_, weight)| weight).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cache: &Rows, doc: u32, weight: usize) -> bool {
        let key = (cache.generation, DocAddress::new(0, doc), false);
        let known = cache.cache.get(key).is_some();
        if !known {
            cache.cache.put(key, Row::Edges(Arc::default()), weight);
        }
        known
    }

    fn held(cache: &Cache) -> usize {
        let part = |part: &Mutex<Part>| {
            let part = part.lock().unwrap_or_else(PoisonError::into_inner);
            part.new
                .values()
                .chain(part.old.values())
                .map(|(_, weight)| weight)
                .sum::<usize>()
        };
        cache.parts.iter().map(part).sum()
    }

    #[test]
    fn what_is_asked_for_stays_and_the_rest_goes() {
        let cache = Arc::new(Cache::default());
        let rows = Rows::new(&cache);
        for doc in 1..10_000 {
            row(&rows, doc, HALF / 100);
            assert_eq!(row(&rows, 0, HALF / 100), doc > 1);
            assert!(held(&cache) <= MOST);
        }
        assert!(!row(&rows, 5, HALF / 100));
        row(&rows, 10_000, HALF + 1);
        assert!(
            !row(&rows, 10_000, HALF + 1),
            "a row of more than half a part is not held"
        );
    }

    #[test]
    fn a_generation_leaves_nothing_behind() {
        let cache = Arc::new(Cache::default());
        let (first, second) = (Rows::new(&cache), Rows::new(&cache));
        for doc in 0..100 {
            assert!(!row(&first, doc, 10) && !row(&second, doc, 20));
        }
        drop(first);
        assert_eq!(held(&cache), 2_000);
        drop(second);
        assert_eq!(held(&cache), 0);
    }
}
