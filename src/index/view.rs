//! Reading one generation of one repository: files, symbols and the relations between them.

mod edges;
mod load;

pub use edges::{EdgeCount, EdgePage, IncomingEdge, Via, id_by_name};
pub(super) use load::Stamp;

use super::cache::{Cache, Rows};
use super::row::Centrality;
use super::schema::Fields;
use super::search::Trace;
use super::squeeze::{digest, expand, needed};
use super::stored::{IndexedFile, IndexedSymbol};
use super::traits::{Traits, compact};
use super::update::kept_place;
use super::{Generation, IndexError, SymbolId, Totals, parse_handle};
use crate::extraction::words::WordKey;
use rustc_hash::{FxHashMap, FxHashSet};
use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use tantivy::columnar::ColumnValues;
use tantivy::fastfield::AliveBitSet;
use tantivy::postings::{BlockSegmentPostings, SegmentPostings, TermInfo};
use tantivy::schema::{IndexRecordOption, TantivyDocument, Value as _};
use tantivy::{DocAddress, DocId, DocSet as _, InvertedIndexReader, Searcher, SegmentReader, TERMINATED};

/// One generation of one repository. Cheap to clone; it stays readable while newer generations are published.
#[derive(Clone)]
pub struct RepoView(Arc<Loaded>, Contracts);

/// Whether routes, commands, events and keys are in a view.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Contracts {
    Shown,
    Hidden,
}

/// What a generation keeps in memory: about 150 bytes for each file, and its part of the [`Cache`].
pub(super) struct Loaded {
    generation: Generation,
    totals: Totals,
    stamp: Stamp,
    key: WordKey,
    fields: Fields,
    searcher: Searcher,
    rows: Rows,
    pub(super) segments: Vec<Segment>,
    /// In the order of paths.
    pub(super) files: Vec<FileEntry>,
    grammars: Vec<String>,
}

/// One segment's readers, opened once.
pub(super) struct Segment {
    pub(super) paths: Arc<InvertedIndexReader>,
    pub(super) names: Arc<InvertedIndexReader>,
    pub(super) parts: Arc<InvertedIndexReader>,
    pub(super) words: Arc<InvertedIndexReader>,
    pub(super) file_words: Arc<InvertedIndexReader>,
    targets: Arc<InvertedIndexReader>,
    file_ids: Arc<InvertedIndexReader>,
    kept: Arc<InvertedIndexReader>,
    containers: Arc<dyn ColumnValues<u64>>,
    traits: Arc<dyn ColumnValues<u64>>,
    alive: Option<AliveBitSet>,
    /// File and relation documents with their place in [`Loaded::files`], in the order of documents.
    entries: Vec<(DocId, u32)>,
}

/// Where the documents of a file are.
pub(super) struct FileEntry {
    pub(super) path: Box<str>,
    file: DocAddress,
    edges: Option<DocAddress>,
    centrality: Centrality,
    grammar: u8,
    pub(super) traits: Traits,
    /// What search worked out of the path.
    pub(super) trace: OnceLock<Trace>,
    symbols: u32,
    lines: u32,
    bytes: u32,
    unparsed_bytes: u32,
}

/// A line of a list of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSummary<'a> {
    pub path: &'a str,
    pub grammar: &'a str,
    pub lines: u32,
    pub bytes: u32,
    /// Bytes under a syntax error.
    pub unparsed_bytes: u32,
    /// Symbols and passages.
    pub symbols: u32,
    pub is_test: bool,
    pub is_generated: bool,
    pub centrality: Centrality,
}

impl RepoView {
    /// Opens what is published in `folder`; `None` if nothing is.
    pub(super) fn open(
        folder: &Path,
        repo: &str,
        key: &WordKey,
        cache: &Arc<Cache>,
    ) -> Result<Option<Self>, IndexError> {
        Ok(load::load(folder, repo, key, cache)?.map(|loaded| Self(Arc::new(loaded), Contracts::Shown)))
    }

    /// The same generation without its contracts: nothing that is asked of it tells of one.
    #[must_use]
    pub fn without_contracts(&self) -> Self {
        Self(Arc::clone(&self.0), Contracts::Hidden)
    }

    pub(super) fn hides_contracts(&self) -> bool {
        self.1 == Contracts::Hidden
    }

    pub(super) fn loaded(&self) -> &Loaded {
        &self.0
    }

    pub(super) fn stamp(&self) -> Stamp {
        self.0.stamp
    }

    pub(super) fn key(&self) -> &WordKey {
        &self.0.key
    }

    /// The repository's name.
    pub fn name(&self) -> &str {
        &self.0.generation.repo
    }

    /// What the generation says about itself.
    pub fn generation(&self) -> &Generation {
        &self.0.generation
    }

    /// Sums over its files.
    pub fn totals(&self) -> Totals {
        self.0.totals
    }

    /// All files, in the order of paths.
    pub fn files(&self) -> impl Iterator<Item = FileSummary<'_>> {
        self.0.files.iter().map(|entry| self.summary(entry))
    }

    /// The file at a path, without reading it.
    pub fn summary_of(&self, path: &str) -> Option<FileSummary<'_>> {
        let at = self.0.files.binary_search_by(|entry| (*entry.path).cmp(path)).ok()?;
        Some(self.summary(&self.0.files[at]))
    }

    /// The files in a folder and the folders in it; all files for an empty path.
    pub fn files_under(&self, folder: &str) -> impl Iterator<Item = FileSummary<'_>> {
        let folder = folder.trim_end_matches('/');
        let prefix = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        let first = self.0.files.partition_point(|entry| *entry.path < *prefix);
        let rest = self.0.files[first..].iter();
        rest.take_while(move |entry| entry.path.starts_with(&prefix))
            .map(|entry| self.summary(entry))
    }

    fn summary<'a>(&'a self, entry: &'a FileEntry) -> FileSummary<'a> {
        FileSummary {
            path: &entry.path,
            grammar: self.grammar_of(entry),
            lines: entry.lines,
            bytes: entry.bytes,
            unparsed_bytes: entry.unparsed_bytes,
            symbols: entry.symbols,
            is_test: entry.traits.is_test(),
            is_generated: entry.traits.is_generated(),
            centrality: entry.centrality,
        }
    }

    pub(super) fn grammar_of(&self, entry: &FileEntry) -> &str {
        &self.0.grammars[usize::from(entry.grammar)]
    }

    /// The file at a path.
    pub fn file(&self, path: &str) -> Result<Option<Arc<IndexedFile>>, IndexError> {
        match self.0.files.binary_search_by(|entry| (*entry.path).cmp(path)) {
            Ok(at) => self.read_file(self.0.files[at].file).map(Some),
            Err(_) => Ok(None),
        }
    }

    /// The symbols of a file, or of every file in a folder, in the order of paths and lines.
    pub fn outline(&self, path: &str) -> impl Iterator<Item = Result<IndexedSymbol, IndexError>> {
        let exact = self.0.files.binary_search_by(|entry| (*entry.path).cmp(path)).is_ok();
        let paths: Vec<&str> = match exact {
            true => vec![&*self.0.files[self.0.files.partition_point(|entry| *entry.path < *path)].path],
            false => self.files_under(path).map(|file| file.path).collect(),
        };
        paths.into_iter().flat_map(|path| match self.file(path) {
            Ok(file) => file.iter().flat_map(IndexedFile::symbols).map(Ok).collect::<Vec<_>>(),
            Err(error) => vec![Err(error)],
        })
    }

    /// The symbol with an id.
    pub fn symbol(&self, id: SymbolId) -> Result<Option<IndexedSymbol>, IndexError> {
        for file in self.files_with_id(id)? {
            if let Some(symbol) = self.read_file(file)?.with_id(id) {
                return Ok(Some(symbol));
            }
        }
        Ok(None)
    }

    /// The path of the file that an id, of the file or of a symbol in it, leads to.
    pub fn path_of(&self, id: SymbolId) -> Result<Option<&str>, IndexError> {
        let files = self.files_with_id(id)?;
        let entries = files.into_iter().filter_map(|at| self.0.entry(at));
        let mut paths = entries.map(|at| &*self.0.files[at as usize].path);
        Ok(paths.find(|path| SymbolId::of_file(path).file() == id.file()))
    }

    /// Files whose half of an id is that of `id`: one, but for a collision.
    fn files_with_id(&self, id: SymbolId) -> Result<Vec<DocAddress>, IndexError> {
        let mut out = Vec::new();
        for (at, segment) in self.0.segments.iter().enumerate() {
            let key = u64::from(id.file()).to_be_bytes();
            self.each(segment, &segment.file_ids, &key, |doc| {
                out.push(DocAddress::new(at as u32, doc))
            })?;
        }
        Ok(out)
    }

    /// The symbol with a handle `path#Qual.name` or `path#Qual.name~2`.
    pub fn by_handle(&self, handle: &str) -> Result<Option<IndexedSymbol>, IndexError> {
        let Some((path, qualified, ordinal)) = parse_handle(handle) else {
            return Ok(None);
        };
        Ok(self.file(path)?.and_then(|file| file.with_handle(qualified, ordinal)))
    }

    /// Symbols whose qualified name is `name` or ends in `.name`, in the order of paths and lines; at most `limit`.
    pub fn by_qualified_suffix(&self, name: &str, limit: usize) -> Result<Vec<IndexedSymbol>, IndexError> {
        let (rest, last) = name.rsplit_once('.').unwrap_or(("", name));
        let mut units = Vec::new();
        for (at, segment) in self.0.segments.iter().enumerate() {
            let mut found = |doc| units.push(DocAddress::new(at as u32, doc));
            if rest.is_empty() {
                self.each(segment, &segment.names, compact(last).as_bytes(), &mut found)?;
            } else {
                let around = self.named(segment, &compact(rest.rsplit('.').next().unwrap_or(rest)))?;
                self.each(segment, &segment.names, compact(last).as_bytes(), |doc| {
                    if segment.is_within(doc, &around) {
                        found(doc);
                    }
                })?;
                // The points may be part of a name: `app.mail.host`.
                self.each(segment, &segment.names, compact(name).as_bytes(), &mut found)?;
            }
        }
        let suffix = |qualified: &str| {
            qualified
                .strip_suffix(name)
                .is_some_and(|head| head.is_empty() || head.ends_with('.'))
        };
        self.symbols_at(units, limit, |symbol| suffix(symbol.qualified()))
    }

    /// The symbols of a segment that have a name, given in letters and digits alone.
    pub(super) fn named(&self, segment: &Segment, name: &str) -> Result<FxHashSet<DocId>, IndexError> {
        let mut out = FxHashSet::default();
        self.each(segment, &segment.names, name.as_bytes(), |doc| _ = out.insert(doc))?;
        Ok(out)
    }

    /// The blob and the facts kept of a file.
    pub(crate) fn facts(&self, path: &str) -> Result<Option<Vec<u8>>, IndexError> {
        let Some(bytes) = self.kept_at(path)? else {
            return Ok(None);
        };
        // Facts that do not fit the file are facts of another, and count as none.
        Ok(expand(&bytes, &self.file_pack(path)?))
    }

    /// The value of the whole repository kept under a name; what cannot be read counts as none.
    pub(crate) fn kept(&self, name: &str) -> Result<Option<Vec<u8>>, IndexError> {
        Ok(self.kept_at(&kept_place(name))?.and_then(|bytes| expand(&bytes, &[])))
    }

    fn kept_at(&self, place: &str) -> Result<Option<Vec<u8>>, IndexError> {
        for (at, segment) in self.0.segments.iter().enumerate() {
            let mut found = None;
            self.each(segment, &segment.kept, place.as_bytes(), |doc| {
                found = Some(DocAddress::new(at as u32, doc))
            })?;
            if let Some(document) = found {
                return self.stored(document).map(Some);
            }
        }
        Ok(None)
    }

    /// The file at a place of [`Loaded::files`].
    pub(super) fn entry_file(&self, entry: u32) -> Result<Arc<IndexedFile>, IndexError> {
        self.read_file(self.0.files[entry as usize].file)
    }

    fn read_file(&self, at: DocAddress) -> Result<Arc<IndexedFile>, IndexError> {
        let is_bare = self.hides_contracts();
        let read = || IndexedFile::decode(self.name(), &self.read(at)?, is_bare);
        self.0.rows.file(at, is_bare, read)
    }

    /// Every stored value and every term, those of deleted documents included.
    pub(super) fn stored_values(&self) -> Result<Vec<Vec<u8>>, IndexError> {
        let mut likes = FxHashMap::default();
        for entry in &self.0.files {
            let pack = self.read(entry.file)?;
            likes.insert(digest(&pack), pack);
        }
        let mut out = vec![self.generation().info.packages.stored()];
        for (segment, reader) in self.0.searcher.segment_readers().iter().enumerate() {
            for doc in 0..reader.max_doc() {
                let at = DocAddress::new(segment as u32, doc);
                let Some(bytes) = self.bytes(at)? else { continue };
                let like = needed(&bytes).and_then(|seen| likes.get(&seen)).map(Vec::as_slice);
                out.extend(expand(&bytes, &[]).or_else(|| expand(&bytes, like.unwrap_or_default())));
            }
            out.extend(terms(reader).map_err(IndexError::tantivy(self.name()))?);
        }
        Ok(out)
    }

    /// The value stored of a file; empty if there is none.
    pub(super) fn file_pack(&self, path: &str) -> Result<Vec<u8>, IndexError> {
        match self.0.files.binary_search_by(|entry| (*entry.path).cmp(path)) {
            Ok(at) => self.read(self.0.files[at].file),
            Err(_) => Ok(Vec::new()),
        }
    }

    /// The value stored with a document.
    fn read(&self, at: DocAddress) -> Result<Vec<u8>, IndexError> {
        expand(&self.stored(at)?, &[]).ok_or_else(|| self.corrupt())
    }

    fn corrupt(&self) -> IndexError {
        IndexError::Corrupt {
            repo: self.name().to_owned(),
        }
    }

    /// The bytes stored with a document.
    fn stored(&self, at: DocAddress) -> Result<Vec<u8>, IndexError> {
        self.bytes(at)?.ok_or_else(|| self.corrupt())
    }

    fn bytes(&self, at: DocAddress) -> Result<Option<Vec<u8>>, IndexError> {
        let document: TantivyDocument = self.0.searcher.doc(at).map_err(IndexError::tantivy(self.name()))?;
        let value = document.get_first(self.0.fields.pack);
        Ok(value.and_then(|value| value.as_bytes().map(<[u8]>::to_vec)))
    }

    /// Calls `found` with every document of a term that is not deleted.
    pub(super) fn each(
        &self,
        segment: &Segment,
        reader: &InvertedIndexReader,
        term: &[u8],
        mut found: impl FnMut(DocId),
    ) -> Result<(), IndexError> {
        let Some(mut postings) = self.postings(reader, term, IndexRecordOption::Basic)? else {
            return Ok(());
        };
        while postings.doc() != TERMINATED {
            if segment.is_alive(postings.doc()) {
                found(postings.doc());
            }
            postings.advance();
        }
        Ok(())
    }

    /// The postings of a word with its levels, to be read a block at a time.
    pub(super) fn leveled(
        &self,
        reader: &InvertedIndexReader,
        term: &[u8],
    ) -> Result<Option<BlockSegmentPostings>, IndexError> {
        self.opened(reader, term, |info| {
            reader.read_block_postings_from_terminfo(info, IndexRecordOption::WithFreqs)
        })
    }

    /// The documents of a term, to be read a block at a time.
    pub(super) fn blocks(
        &self,
        reader: &InvertedIndexReader,
        term: &[u8],
    ) -> Result<Option<BlockSegmentPostings>, IndexError> {
        self.opened(reader, term, |info| {
            reader.read_block_postings_from_terminfo(info, IndexRecordOption::Basic)
        })
    }

    /// The postings of a term.
    pub(super) fn postings(
        &self,
        reader: &InvertedIndexReader,
        term: &[u8],
        option: IndexRecordOption,
    ) -> Result<Option<SegmentPostings>, IndexError> {
        self.opened(reader, term, |info| reader.read_postings_from_terminfo(info, option))
    }

    fn opened<P>(
        &self,
        reader: &InvertedIndexReader,
        term: &[u8],
        open: impl FnOnce(&TermInfo) -> std::io::Result<P>,
    ) -> Result<Option<P>, IndexError> {
        let info = reader.terms().get(term);
        let postings = info.and_then(|info| info.as_ref().map(open).transpose());
        postings.map_err(|error| IndexError::tantivy(self.name())(error.into()))
    }
}

/// Every term of a segment, whatever field it is of.
fn terms(reader: &SegmentReader) -> tantivy::Result<Vec<Vec<u8>>> {
    let mut out = Vec::new();
    for (field, entry) in reader.schema().fields() {
        if !entry.is_indexed() {
            continue;
        }
        let terms = reader.inverted_index(field)?;
        let mut stream = terms.terms().stream()?;
        while let Some((term, _)) = stream.next() {
            out.push(term.to_vec());
        }
    }
    Ok(out)
}

impl Loaded {
    /// The file of a document and the document's ordinal in it: the documents of a file follow it.
    pub(super) fn place(&self, at: DocAddress) -> Option<(u32, u32)> {
        let (doc, entry) = self.segments[at.segment_ord as usize].entry_before(at.doc_id)?;
        let (file, ordinal) = (&self.files[entry as usize], at.doc_id - doc);
        (file.file == DocAddress::new(at.segment_ord, doc) && ordinal <= file.symbols).then_some((entry, ordinal))
    }

    /// The file that a file's or its relations' document belongs to.
    fn entry(&self, at: DocAddress) -> Option<u32> {
        let entries = &self.segments[at.segment_ord as usize].entries;
        let found = entries.binary_search_by_key(&at.doc_id, |&(doc, _)| doc).ok()?;
        Some(entries[found].1)
    }
}

impl FileEntry {
    /// Symbols and passages: the documents that follow the file's.
    pub(super) fn symbols(&self) -> u32 {
        self.symbols
    }

    /// How many other files refer to it, from 0 to about 1.
    pub(super) fn referred(&self) -> f32 {
        self.centrality.value()
    }

    pub(super) fn document(&self) -> DocAddress {
        self.file
    }
}

impl Segment {
    pub(super) fn is_alive(&self, doc: DocId) -> bool {
        self.alive.as_ref().is_none_or(|alive| alive.is_alive(doc))
    }

    /// The last entry that is not after a document: that of its file, if it is a symbol's.
    fn entry_before(&self, doc: DocId) -> Option<(DocId, u32)> {
        let after = self.entries.partition_point(|&(entry, _)| entry <= doc);
        self.entries.get(after.checked_sub(1)?).copied()
    }

    /// Whether the symbol around a symbol is one of `around`.
    pub(super) fn is_within(&self, doc: DocId, around: &FxHashSet<DocId>) -> bool {
        let container = self.containers.get_val(doc) as u32;
        container > 0
            && self
                .entry_before(doc)
                .is_some_and(|(file, _)| around.contains(&(file + container)))
    }

    pub(super) fn traits(&self, doc: DocId) -> Traits {
        Traits(self.traits.get_val(doc))
    }

    /// The traits of several documents at once, as [`Traits`] packs them.
    pub(super) fn all_traits(&self, docs: &[DocId], out: &mut [u64]) {
        self.traits.get_vals(docs, out);
    }
}

impl fmt::Debug for RepoView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RepoView")
            .field("generation", self.generation())
            .finish_non_exhaustive()
    }
}
