//! Opening a generation: readers, the table of files, sums.

use super::{FileEntry, Loaded, Segment};
use crate::extraction::words::WordKey;
use crate::index::cache::{Cache, Rows};
use crate::index::row::Centrality;
use crate::index::schema::{self, Fields};
use crate::index::{Generation, IndexError, Totals};
use rustc_hash::FxHashMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use tantivy::columnar::{ColumnIndex, ColumnValues};
use tantivy::directory::MmapDirectory;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocId, DocSet as _, InvertedIndexReader, ReloadPolicy, SegmentReader, TERMINATED};

/// Tells one state of a folder from another: every publishing renames a new file into place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::index) struct Stamp {
    inode: u64,
    seconds: i64,
    nanoseconds: i64,
}

impl Stamp {
    /// The stamp of a repository's folder; `None` if nothing can be in it.
    pub(in crate::index) fn of(folder: &Path) -> Option<Self> {
        let meta = std::fs::metadata(folder.join("meta.json")).ok()?;
        Some(Self {
            inode: meta.ino(),
            seconds: meta.mtime(),
            nanoseconds: meta.mtime_nsec(),
        })
    }
}

/// Opens what is published in `folder`.
pub(super) fn load(folder: &Path, repo: &str, key: &WordKey, cache: &Arc<Cache>) -> Result<Option<Loaded>, IndexError> {
    // Another process may publish or merge between the description and the segments; then both are read again.
    while let Some(stamp) = Stamp::of(folder) {
        let loaded = load_once(folder, repo, (key, cache), stamp);
        if Stamp::of(folder) == Some(stamp) {
            return loaded.map_err(IndexError::tantivy(repo));
        }
    }
    Ok(None)
}

fn load_once(
    folder: &Path,
    repo: &str,
    (key, cache): (&WordKey, &Arc<Cache>),
    stamp: Stamp,
) -> tantivy::Result<Option<Loaded>> {
    let (schema, fields) = schema::build();
    let index = tantivy::Index::open(MmapDirectory::open(folder)?)?;
    schema::register(&index);
    let described = index
        .load_metas()?
        .payload
        .and_then(|text| serde_json::from_str::<Generation>(&text).ok());
    let Some(generation) = described.filter(|generation| generation.repo == repo && index.schema() == schema) else {
        return Ok(None);
    };
    let reader = index
        .reader_builder()
        .reload_policy(ReloadPolicy::Manual)
        .doc_store_cache_num_blocks(8)
        .try_into()?;
    let searcher = reader.searcher();
    let mut table = Table::default();
    let mut segments = Vec::new();
    for (at, reader) in searcher.segment_readers().iter().enumerate() {
        segments.push(open_segment(reader, &fields)?);
        table.add_segment(at as u32, reader, &segments[at], &fields)?;
    }
    let Table {
        mut files,
        grammars,
        totals,
        edges,
    } = table;
    files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    for (at, file) in files.iter_mut().enumerate() {
        if let Some(&(document, centrality)) = edges.get(&file.path) {
            (file.edges, file.centrality) = (Some(document), centrality);
        }
        for document in std::iter::once(file.file).chain(file.edges) {
            segments[document.segment_ord as usize]
                .entries
                .push((document.doc_id, at as u32));
        }
    }
    segments.iter_mut().for_each(|segment| segment.entries.sort_unstable());
    Ok(Some(Loaded {
        generation,
        totals,
        stamp,
        key: key.clone(),
        fields,
        searcher,
        rows: Rows::new(cache),
        segments,
        files,
        grammars,
    }))
}

fn open_segment(reader: &SegmentReader, fields: &Fields) -> tantivy::Result<Segment> {
    Ok(Segment {
        paths: reader.inverted_index(fields.path)?,
        names: reader.inverted_index(fields.name)?,
        parts: reader.inverted_index(fields.parts)?,
        words: reader.inverted_index(fields.words)?,
        file_words: reader.inverted_index(fields.file_words)?,
        targets: reader.inverted_index(fields.targets)?,
        file_ids: reader.inverted_index(fields.file_id)?,
        kept: reader.inverted_index(fields.facts_path)?,
        containers: column(reader, "container")?,
        traits: column(reader, "traits")?,
        alive: reader.alive_bitset().cloned(),
        entries: Vec::new(),
    })
}

/// A column of numbers, 0 where there is none.
fn column(reader: &SegmentReader, name: &str) -> tantivy::Result<Arc<dyn ColumnValues<u64>>> {
    let column = reader.fast_fields().u64(name)?;
    Ok(match column.index {
        // Every document has one, so no document is looked up first.
        ColumnIndex::Full => column.values,
        _ => column.first_or_default_col(0),
    })
}

/// The table of files, as segments are added to it.
#[derive(Default)]
struct Table {
    files: Vec<FileEntry>,
    grammars: Vec<String>,
    totals: Totals,
    /// Where the relations of a file are, and how central it is. They may be in another segment, so they are joined by path.
    edges: FxHashMap<Box<str>, (DocAddress, Centrality)>,
}

impl Table {
    fn add_segment(
        &mut self,
        at: u32,
        reader: &SegmentReader,
        segment: &Segment,
        fields: &Fields,
    ) -> tantivy::Result<()> {
        let count = |name: &str| column(reader, name);
        let (lines, bytes, unparsed, sites, referrers) = (
            count("lines")?,
            count("bytes")?,
            count("unparsed_bytes")?,
            count("sites")?,
            count("referrers")?,
        );
        let grammars = self.grammars_of(reader, fields)?;
        each_term(&segment.paths, segment, |path, documents| {
            let Some(&file) = documents.first() else { return };
            self.totals.files += 1;
            self.totals.symbols += documents
                .iter()
                .filter(|&&doc| segment.traits(doc).kind().is_some())
                .count() as u64;
            self.totals.units += documents.len() as u64 - 1;
            self.totals.lines += lines.get_val(file);
            self.totals.bytes += bytes.get_val(file);
            self.totals.unparsed_bytes += unparsed.get_val(file);
            self.files.push(FileEntry {
                path: String::from_utf8_lossy(path).into(),
                file: DocAddress::new(at, file),
                edges: None,
                centrality: Centrality::default(),
                grammar: grammars.get(&file).copied().unwrap_or_default(),
                traits: segment.traits(file),
                trace: OnceLock::new(),
                symbols: documents.len() as u32 - 1,
                lines: lines.get_val(file) as u32,
                bytes: bytes.get_val(file) as u32,
                unparsed_bytes: unparsed.get_val(file) as u32,
            });
        })?;
        each_term(
            &*reader.inverted_index(fields.edges_path)?,
            segment,
            |path, documents| {
                let Some(&document) = documents.first() else { return };
                self.totals.references += sites.get_val(document);
                let centrality = Centrality::from_stored(referrers.get_val(document));
                let found = (DocAddress::new(at, document), centrality);
                self.edges.insert(String::from_utf8_lossy(path).into(), found);
            },
        )
    }

    /// The grammar of every file of a segment that has one, as a place in the list of grammars.
    fn grammars_of(&mut self, reader: &SegmentReader, fields: &Fields) -> tantivy::Result<FxHashMap<DocId, u8>> {
        let mut out = FxHashMap::default();
        let terms = reader.inverted_index(fields.grammar)?;
        let mut stream = terms.terms().stream()?;
        while let Some((grammar, info)) = stream.next() {
            let grammar = String::from_utf8_lossy(grammar);
            let at = self
                .grammars
                .iter()
                .position(|known| *known == grammar)
                .unwrap_or_else(|| {
                    self.grammars.push(grammar.into_owned());
                    self.grammars.len() - 1
                });
            let mut postings = terms.read_postings_from_terminfo(info, IndexRecordOption::Basic)?;
            while postings.doc() != TERMINATED {
                out.insert(postings.doc(), at as u8);
                postings.advance();
            }
        }
        Ok(out)
    }
}

/// Calls `each` with every term and its documents that are not deleted.
fn each_term(
    reader: &InvertedIndexReader,
    segment: &Segment,
    mut each: impl FnMut(&[u8], &[DocId]),
) -> tantivy::Result<()> {
    let mut documents = Vec::new();
    let mut stream = reader.terms().stream()?;
    while let Some((term, info)) = stream.next() {
        documents.clear();
        let mut postings = reader.read_postings_from_terminfo(info, IndexRecordOption::Basic)?;
        while postings.doc() != TERMINATED {
            if segment.is_alive(postings.doc()) {
                documents.push(postings.doc());
            }
            postings.advance();
        }
        each(term, &documents);
    }
    Ok(())
}
