//! The best documents for some weighed words, found without looking at most of the others.
//!
//! A word's contribution to a score is bounded, so once enough good documents are known, documents that hold only the weakest words need no
//! look (the MaxScore method of Turtle and Flood). The result is exact.

use crate::index::IndexError;
use crate::index::coded::number;
use crate::index::view::{RepoView, Segment};
use crate::index::weigh::LEVELS;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::Arc;
use tantivy::postings::BlockSegmentPostings;
use tantivy::{DocAddress, DocId, InvertedIndexReader, TERMINATED};

/// A word to look for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Term {
    key: [u8; 5],
    weight: f32,
}

impl Term {
    /// How much a document counts that is all about the word.
    pub(super) fn weight(&self) -> f32 {
        self.weight
    }
}

/// Which words are meant: those of symbols or those of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Unit,
    File,
}

impl Level {
    fn reader(self, segment: &Segment) -> &Arc<InvertedIndexReader> {
        match self {
            Self::Unit => &segment.words,
            Self::File => &segment.file_words,
        }
    }
}

/// A document with its score. Ordered by score, then by place, so that there are no ties.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scored {
    pub(super) score: f32,
    pub(super) repo: u32,
    pub(super) at: DocAddress,
}

impl Eq for Scored {}

impl PartialOrd for Scored {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scored {
    fn cmp(&self, other: &Self) -> Ordering {
        let place = |it: &Self| Reverse((it.repo, it.at));
        self.score
            .total_cmp(&other.score)
            .then_with(|| place(self).cmp(&place(other)))
    }
}

/// Weighs words by how rare they are in `views`, and in nothing else. A word that is nowhere weighs nothing.
pub(super) fn weigh(views: &[RepoView], level: Level, words: &[(u32, f32)]) -> Result<Vec<Term>, IndexError> {
    let count = |view: &RepoView| match level {
        Level::Unit => view.totals().units,
        Level::File => view.totals().files,
    };
    let documents = views.iter().map(count).sum::<u64>() as f32;
    let mut out = Vec::with_capacity(words.len());
    for &(hash, times) in words {
        let key = number(hash);
        let mut found = 0;
        for view in views {
            for segment in &view.loaded().segments {
                let info = level.reader(segment).terms().get(key);
                let info = info.map_err(|error| IndexError::tantivy(view.name())(error.into()))?;
                found += info.map_or(0, |info| info.doc_freq);
            }
        }
        let found = found as f32;
        let rarity = (1.0 + (documents.max(found) - found + 0.5) / (found + 0.5)).ln();
        out.push(Term {
            key,
            weight: if found > 0.0 { times * rarity } else { 0.0 },
        });
    }
    Ok(out)
}

/// The `limit` best documents that `accept` lets pass, best first.
pub(super) fn top(
    views: &[RepoView],
    level: Level,
    terms: &[Term],
    limit: usize,
    accept: impl Fn(u32, DocAddress) -> bool,
) -> Result<Vec<Scored>, IndexError> {
    let mut best = Best::new(limit);
    for (repo, view) in views.iter().enumerate() {
        for (at, segment) in view.loaded().segments.iter().enumerate() {
            let cursors = open(view, level.reader(segment), terms)?;
            let place = |doc| DocAddress::new(at as u32, doc);
            let accept = |doc| segment.is_alive(doc) && accept(repo as u32, place(doc));
            walk(cursors, &mut best, accept, |doc, score| Scored {
                score,
                repo: repo as u32,
                at: place(doc),
            });
        }
    }
    let mut list: Vec<Scored> = best.iter().copied().collect();
    list.sort_unstable_by(|a, b| b.cmp(a));
    Ok(list)
}

/// The scores of those documents of one segment that have any and are in one of `ranges`, which are in order and apart.
pub(super) fn score_ranges(
    view: &RepoView,
    level: Level,
    terms: &[Term],
    segment: u32,
    ranges: &[Range<DocId>],
) -> Result<Vec<(DocId, f32)>, IndexError> {
    let reader = level.reader(&view.loaded().segments[segment as usize]);
    let mut sums = vec![0.0_f32; ranges.iter().map(ExactSizeIterator::len).sum()];
    for mut cursor in open(view, reader, terms)? {
        let mut first = 0;
        for range in ranges {
            cursor.seek(range.start);
            cursor.each_below(range.end, |doc, score| {
                sums[first + (doc - range.start) as usize] += score
            });
            first += range.len();
        }
    }
    let scored = ranges.iter().cloned().flatten().zip(sums);
    Ok(scored.filter(|&(_, score)| score > 0.0).collect())
}

/// The scores of some documents of one segment, given in their order.
pub(super) fn score_documents(
    view: &RepoView,
    level: Level,
    terms: &[Term],
    segment: u32,
    documents: &[DocId],
) -> Result<Vec<f32>, IndexError> {
    let reader = level.reader(&view.loaded().segments[segment as usize]);
    let mut sums = vec![0.0; documents.len()];
    for mut cursor in open(view, reader, terms)? {
        for (sum, &doc) in sums.iter_mut().zip(documents) {
            if cursor.seek(doc) == doc {
                *sum += cursor.score();
            }
        }
    }
    Ok(sums)
}

/// Postings of one word, read a block at a time.
struct Cursor {
    postings: BlockSegmentPostings,
    /// The place in the block.
    at: usize,
    weight: f32,
}

impl Cursor {
    /// The document it stands on; [`TERMINATED`] at the end.
    fn doc(&self) -> DocId {
        self.postings.docs().get(self.at).copied().unwrap_or(TERMINATED)
    }

    fn score(&self) -> f32 {
        scored(self.weight, self.postings.freq(self.at))
    }

    /// Moves to `target` or beyond, unless it is there already.
    fn seek(&mut self, target: DocId) -> DocId {
        if self.doc() < target {
            self.at = self.postings.seek(target);
        }
        self.doc()
    }

    /// Moves to `end` or beyond, and calls `each` with the documents passed.
    fn each_below(&mut self, end: DocId, mut each: impl FnMut(DocId, f32)) {
        loop {
            let docs = self.postings.docs().get(self.at..).unwrap_or_default();
            let below = match docs.last() {
                None => return,
                Some(&last) if last < end => docs.len(),
                Some(_) => docs.partition_point(|&doc| doc < end),
            };
            let freqs = &self.postings.freqs()[self.at..];
            for (&doc, &freq) in docs[..below].iter().zip(freqs) {
                each(doc, scored(self.weight, freq));
            }
            if below < docs.len() {
                self.at += below;
                return;
            }
            self.postings.advance();
            self.at = 0;
        }
    }
}

/// What a word adds to a document in which it has a level.
fn scored(weight: f32, level: u32) -> f32 {
    weight * level as f32 / LEVELS as f32
}

fn open(view: &RepoView, reader: &InvertedIndexReader, terms: &[Term]) -> Result<Vec<Cursor>, IndexError> {
    let mut out = Vec::with_capacity(terms.len());
    for term in terms.iter().filter(|term| term.weight > 0.0) {
        if let Some(postings) = view.leveled(reader, &term.key)? {
            out.push(Cursor {
                postings,
                at: 0,
                weight: term.weight,
            });
        }
    }
    // The weakest first.
    out.sort_by(|a, b| a.weight.total_cmp(&b.weight));
    Ok(out)
}

/// The best of what was found so far.
pub(super) struct Best {
    heap: BinaryHeap<Reverse<Scored>>,
    limit: usize,
    is_full: bool,
}

impl Best {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            heap: BinaryHeap::with_capacity(limit),
            limit,
            is_full: false,
        }
    }

    /// What must be exceeded to be among the best by what comes later in the order of places.
    pub(super) fn threshold(&self) -> f32 {
        match self.heap.peek() {
            Some(Reverse(worst)) if self.is_full => worst.score,
            _ => 0.0,
        }
    }

    /// Takes what scores more than [`Self::threshold`].
    pub(super) fn push(&mut self, scored: Scored) {
        if !self.is_full {
            self.heap.push(Reverse(scored));
        } else if let Some(mut worst) = self.heap.peek_mut() {
            *worst = Reverse(scored);
        }
        self.is_full = self.heap.len() >= self.limit;
    }

    /// In no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Scored> {
        self.heap.iter().map(|Reverse(scored)| scored)
    }
}

/// Documents scored together: their sums fit the nearest cache.
const WINDOW: u32 = 4_096;

/// The sums of one window of documents, and which documents have one.
struct Window {
    sums: [f32; WINDOW as usize],
    touched: [u64; WINDOW as usize / 64],
}

impl Window {
    fn add(&mut self, at: u32, score: f32) {
        self.sums[at as usize] += score;
        self.touched[at as usize / 64] |= 1 << (at % 64);
    }

    /// Calls `each` with every document that has a sum, and forgets it.
    fn drain(&mut self, mut each: impl FnMut(u32, f32)) {
        for block in 0..self.touched.len() {
            let mut bits = std::mem::take(&mut self.touched[block]);
            while bits != 0 {
                let at = block as u32 * 64 + bits.trailing_zeros();
                bits &= bits - 1;
                each(at, std::mem::take(&mut self.sums[at as usize]));
            }
        }
    }
}

fn walk(
    mut cursors: Vec<Cursor>,
    best: &mut Best,
    accept: impl Fn(DocId) -> bool,
    make: impl Fn(DocId, f32) -> Scored,
) {
    // The most the first `n` cursors can add together.
    let mut bounds = vec![0.0];
    for cursor in &cursors {
        bounds.push(bounds[bounds.len() - 1] + cursor.weight);
    }
    let mut window = Window {
        sums: [0.0; WINDOW as usize],
        touched: [0; WINDOW as usize / 64],
    };
    let mut weak = 0;
    loop {
        while weak < cursors.len() && bounds[weak + 1] <= best.threshold() {
            weak += 1;
        }
        let (low, high) = cursors.split_at_mut(weak);
        let first = high.iter().map(Cursor::doc).min().filter(|&doc| doc != TERMINATED);
        let Some(first) = first else { return };
        let end = first.saturating_add(WINDOW);
        for cursor in high.iter_mut() {
            cursor.each_below(end, |doc, score| window.add(doc - first, score));
        }
        window.drain(|at, strong| {
            let (doc, threshold) = (first + at, best.threshold());
            let mut score = strong;
            for (at, cursor) in low.iter_mut().enumerate().rev() {
                if score + bounds[at + 1] <= threshold {
                    return;
                }
                if cursor.seek(doc) == doc {
                    score += cursor.score();
                }
            }
            if score > threshold && accept(doc) {
                best.push(make(doc, score));
            }
        });
    }
}
