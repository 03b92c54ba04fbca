//! Writing: the changes of one generation, invisible until they are published.

use super::coded::{Coded, target_prefix};
use super::contract::meaning;
use super::generation::{Generation, GenerationInfo};
use super::pack::{EdgesPack, FilePack, kind_number, method_number};
use super::row::{Centrality, EdgeRow, EdgeTarget, FileRow, SymbolRow};
use super::schema::Fields;
use super::squeeze::squeeze;
use super::traits::{Traits, compact};
use super::view::RepoView;
use super::weigh::{Hasher, Words};
use super::{IndexError, Shared, SymbolId};
use crate::extraction::words;
use crate::resolution::RelationKind;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tantivy::indexer::UserOperation;
use tantivy::schema::{Field, TantivyDocument};
use tantivy::{IndexWriter, TantivyError, Term};

/// Memory tantivy may fill before it writes a segment.
const MEMORY: usize = 96 << 20;

/// The digit that stands for a possible target where a method stands otherwise.
pub(super) const POSSIBLE: u8 = 15;

/// The digit for what was taken to lead out of the repository, and may not.
pub(super) const OUTSIDE: u8 = 14;

/// Changes to one repository's index. Dropped unpublished, it leaves no trace in any answer.
pub struct Update {
    shared: Arc<Shared>,
    repo: String,
    fields: Fields,
    writer: IndexWriter,
    base: Option<RepoView>,
    /// The number of the generation before.
    number: u64,
    hasher: Hasher,
    erase: bool,
    /// The file that was put last, as it is stored.
    last: Option<(String, Vec<u8>)>,
}

impl Update {
    pub(super) fn new(
        shared: Arc<Shared>,
        repo: &str,
        index: &tantivy::Index,
        fields: Fields,
    ) -> Result<Self, IndexError> {
        let writer = writer(index).map_err(IndexError::tantivy(repo))?;
        // What a killed process left behind has the names that this one is going to use.
        writer
            .garbage_collect_files()
            .wait()
            .map_err(IndexError::tantivy(repo))?;
        let hasher = Hasher::new(shared.key.clone());
        Ok(Self {
            shared,
            repo: repo.to_owned(),
            fields,
            writer,
            base: None,
            number: 0,
            hasher,
            erase: false,
            last: None,
        })
    }

    pub(super) fn follow(&mut self, base: Option<RepoView>) {
        self.number = base.as_ref().map_or(0, |base| base.generation().number);
        self.base = base;
    }

    /// The generation this one follows.
    pub fn base(&self) -> Option<&RepoView> {
        self.base.as_ref()
    }

    /// Leaves out everything the generation before held.
    pub fn clear(&mut self) -> Result<(), IndexError> {
        self.writer
            .delete_all_documents()
            .map_err(IndexError::tantivy(&self.repo))?;
        self.base = None;
        Ok(())
    }

    /// Takes a file out: its symbols, its relations and its facts.
    pub fn remove_file(&mut self, path: &str) {
        for field in [self.fields.path, self.fields.edges_path, self.fields.facts_path] {
            self.writer.delete_term(Term::from_field_text(field, path));
        }
    }

    /// Makes sure that no byte of a removed file is left on disk after publishing, at the price of rewriting what it shared a segment with.
    /// Otherwise that happens when a fifth of a segment is out of date.
    pub fn erase_removed(&mut self) {
        self.erase = true;
    }

    /// Puts a file in place of an earlier version of it. Relations and facts stay as they are.
    pub fn put_file(&mut self, row: &FileRow) -> Result<(), IndexError> {
        let mut operations = vec![UserOperation::Delete(Term::from_field_text(
            self.fields.path,
            &row.path,
        ))];
        let parts: Vec<String> = row
            .symbols
            .iter()
            .map(|symbol| parts(&mut self.hasher, symbol))
            .collect();
        let mut words = Words::new(&mut self.hasher, row);
        let members = members(row);
        let mut units = Vec::with_capacity(row.symbols.len() + row.passages.len());
        for ((symbol, members), parts) in row.symbols.iter().zip(&members).zip(parts) {
            let mut unit = TantivyDocument::new();
            unit.add_text(self.fields.words, words.of_symbol(row, symbol, members));
            unit.add_u64(self.fields.traits, Traits::of_symbol(symbol, row).0);
            unit.add_u64(
                self.fields.container,
                symbol.container.map_or(0, |at| u64::from(at) + 1),
            );
            add_names(&self.fields, symbol, parts, &mut unit);
            units.push(unit);
        }
        for passage in &row.passages {
            let mut unit = TantivyDocument::new();
            unit.add_text(self.fields.words, Words::of_passage(&passage.vocabulary));
            unit.add_u64(self.fields.traits, Traits::of_file(row).0);
            units.push(unit);
        }
        let file_words = words.of_file(row);
        let pack = FilePack::of(row).into_bytes();
        let document = file_document(&self.fields, row, file_words, &self.squeezed(&pack, &[])?);
        self.last = Some((row.path.clone(), pack));
        operations.push(UserOperation::Add(document));
        for mut unit in units {
            unit.add_text(self.fields.path, &row.path);
            operations.push(UserOperation::Add(unit));
        }
        // One batch goes to one segment, in order: a symbol's ordinal is its distance from its file.
        self.writer.run(operations).map_err(IndexError::tantivy(&self.repo))?;
        Ok(())
    }

    /// Puts the relations that start in a file in place of earlier ones, and how central the file is.
    pub fn put_edges(&mut self, path: &str, edges: &[EdgeRow], rank: Centrality) -> Result<(), IndexError> {
        let mut document = TantivyDocument::new();
        let pack = bitcode::encode(&EdgesPack::of(edges));
        document.add_bytes(self.fields.pack, &self.squeezed(&pack, &[])?);
        document.add_text(self.fields.targets, targets(path, edges));
        document.add_u64(self.fields.sites, edges.len() as u64);
        document.add_u64(self.fields.referrers, u64::from(rank.0));
        self.replace(self.fields.edges_path, path, document)
    }

    /// Keeps facts of a file for a later update. What they are is the caller's affair.
    pub fn put_facts(&mut self, path: &str, facts: &[u8]) -> Result<(), IndexError> {
        let pack = match self.last.take().filter(|(last, _)| last == path) {
            Some((_, pack)) => pack,
            None => self.base.as_ref().map_or(Ok(Vec::new()), |base| base.file_pack(path))?,
        };
        let squeezed = self.squeezed(facts, &pack)?;
        let mut document = TantivyDocument::new();
        document.add_bytes(self.fields.pack, &squeezed);
        self.replace(self.fields.facts_path, path, document)
    }

    /// The facts kept of a file in the generation this one follows.
    pub fn facts(&self, path: &str) -> Result<Option<Vec<u8>>, IndexError> {
        self.base.as_ref().map_or(Ok(None), |base| base.facts(path))
    }

    /// Keeps a value of the whole repository for a later update, in place of what was kept under its name.
    pub fn put_kept(&mut self, name: &str, value: &[u8]) -> Result<(), IndexError> {
        let squeezed = self.squeezed(value, &[])?;
        let mut document = TantivyDocument::new();
        document.add_bytes(self.fields.pack, &squeezed);
        self.replace(self.fields.facts_path, &kept_place(name), document)
    }

    /// Keeps nothing under a name any more.
    pub fn remove_kept(&mut self, name: &str) {
        let term = Term::from_field_text(self.fields.facts_path, &kept_place(name));
        self.writer.delete_term(term);
    }

    /// Puts how central a file is in place of what it was; its relations stay.
    pub fn put_centrality(&mut self, path: &str, rank: Centrality) -> Result<(), IndexError> {
        let edges = self.base.as_ref().map_or(Ok(Vec::new()), |base| base.edges_of(path))?;
        self.put_edges(path, &edges, rank)
    }

    fn squeezed(&self, value: &[u8], like: &[u8]) -> Result<Vec<u8>, IndexError> {
        squeeze(value, like).map_err(|error| IndexError::tantivy(&self.repo)(error.into()))
    }

    fn replace(&mut self, key: Field, path: &str, mut document: TantivyDocument) -> Result<(), IndexError> {
        document.add_text(key, path);
        document.add_u64(self.fields.traits, 0);
        let operations = [
            UserOperation::Delete(Term::from_field_text(key, path)),
            UserOperation::Add(document),
        ];
        self.writer.run(operations).map_err(IndexError::tantivy(&self.repo))?;
        Ok(())
    }

    /// Makes the changes visible, all at once, and durable. Queries that have begun go on with the generation before.
    pub fn publish(self, info: GenerationInfo) -> Result<Generation, IndexError> {
        let Self {
            shared,
            repo,
            mut writer,
            erase,
            number,
            ..
        } = self;
        let failed = IndexError::tantivy(&repo);
        let generation = Generation {
            repo: repo.clone(),
            number: number + 1,
            info,
        };
        let mut commit = writer.prepare_commit().map_err(&failed)?;
        // The description is part of the file whose renaming publishes the segments.
        commit.set_payload(&serde_json::to_string(&generation).expect("text and numbers always serialize"));
        commit.commit().map_err(&failed)?;
        if erase {
            erase_deleted(&mut writer).map_err(&failed)?;
        }
        writer.garbage_collect_files().wait().map_err(&failed)?;
        writer.wait_merging_threads().map_err(&failed)?;
        shared.remove_other_versions(&repo)?;
        shared.reload(&repo)?;
        Ok(generation)
    }
}

/// The writer of an index. A lock that is held is asked for again for a second: while this process starts another, what it has just given back is
/// held by the one that starts.
fn writer(index: &tantivy::Index) -> tantivy::Result<IndexWriter> {
    let mut tries = 0;
    loop {
        match index.writer_with_num_threads(1, MEMORY) {
            Err(TantivyError::LockFailure(..)) if tries < 20 => thread::sleep(Duration::from_millis(50)),
            done => return done,
        }
        tries += 1;
    }
}

/// Where values of the whole repository are kept among the facts of files: under names that no path has.
pub(super) fn kept_place(name: &str) -> String {
    format!("\0{name}")
}

/// Rewrites every segment that holds deleted documents.
fn erase_deleted(writer: &mut IndexWriter) -> tantivy::Result<()> {
    for segment in writer.index().searchable_segment_metas()? {
        if segment.num_deleted_docs() > 0 {
            writer.merge(&[segment.id()]).wait()?;
        }
    }
    Ok(())
}

/// The names of what each symbol contains.
fn members(row: &FileRow) -> Vec<Vec<&str>> {
    let mut out = vec![Vec::new(); row.symbols.len()];
    for symbol in row.symbols.iter().filter(|symbol| !symbol.kind.is_contract()) {
        if let Some(list) = symbol.container.and_then(|at| out.get_mut(at as usize)) {
            list.push(symbol.name.expose());
        }
    }
    out
}

fn add_names(fields: &Fields, symbol: &SymbolRow, parts: String, document: &mut TantivyDocument) {
    let name = symbol.name.expose();
    document.add_text(fields.name, compact(name));
    // A route is asked for by its path as well.
    if symbol.kind.is_contract()
        && let Some((_, path)) = name.split_once(' ')
    {
        document.add_text(fields.name, compact(path));
    }
    if let Some(meaning) = meaning(symbol.kind, name) {
        document.add_text(fields.name, meaning);
    }
    document.add_text(fields.parts, parts);
}

/// The words of a name and their stems, each once.
fn parts(hasher: &mut Hasher, symbol: &SymbolRow) -> String {
    let mut parts = Vec::new();
    words::split(symbol.name.expose(), |part| {
        parts.extend([part.to_owned(), hasher.stem(part).to_owned()]);
    });
    parts.sort_unstable();
    parts.dedup();
    let mut coded = Coded::default();
    parts.iter().for_each(|part| coded.add(part, 1));
    coded.finish()
}

fn file_document(fields: &Fields, row: &FileRow, words: String, pack: &[u8]) -> TantivyDocument {
    let mut document = TantivyDocument::new();
    document.add_text(fields.path, &row.path);
    document.add_u64(fields.file_id, u64::from(SymbolId::of_file(&row.path).file()));
    document.add_text(fields.grammar, &row.grammar);
    document.add_text(fields.file_words, words);
    document.add_bytes(fields.pack, pack);
    document.add_u64(fields.traits, Traits::of_file(row).0);
    document.add_u64(fields.lines, u64::from(row.lines));
    document.add_u64(fields.bytes, u64::from(row.bytes));
    document.add_u64(fields.unparsed_bytes, u64::from(row.unparsed_bytes));
    document
}

/// The term for what refers to a symbol by a relation of this kind, found by this method.
pub(super) fn target_term(id: SymbolId, kind: RelationKind, method: u8) -> [u8; 12] {
    let mut term = [0; 12];
    term[..10].copy_from_slice(&target_prefix(id));
    term[10] = b'A' + kind_number(kind);
    term[11] = b'A' + method;
    term
}

/// A term for every symbol a file refers to, kind and method, as often as it does. Relations within the file have none: whoever asks for those
/// of a symbol knows its file, and reads them there.
fn targets(path: &str, edges: &[EdgeRow]) -> String {
    let here = SymbolId::of_file(path).file();
    let mut counts = BTreeMap::<[u8; 12], u32>::new();
    let mut count = |id: SymbolId, edge: &EdgeRow, method: u8| {
        if id.file() == here {
            return;
        }
        *counts.entry(target_term(id, edge.kind, method)).or_default() += 1;
    };
    for edge in edges {
        match &edge.target {
            EdgeTarget::Symbol { id, method } => count(*id, edge, method_number(*method)),
            EdgeTarget::Possible(ids) => ids.iter().for_each(|&id| count(id, edge, POSSIBLE)),
            EdgeTarget::External { alike, .. } => alike.iter().for_each(|&id| count(id, edge, OUTSIDE)),
        }
    }
    let mut coded = Coded::default();
    for (term, count) in &counts {
        coded.add(std::str::from_utf8(term).expect("the digits are ASCII"), *count);
    }
    coded.finish()
}
