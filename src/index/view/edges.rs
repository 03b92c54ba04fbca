//! Relations in both directions.

use super::{FileSummary, RepoView, Segment};
use crate::extraction::{Fragment, SymbolKind, bindings, uses_are_unread, words};
use crate::index::coded::{number, target_prefix};
use crate::index::pack::{EdgesPack, kind_number};
use crate::index::row::EdgeRow;
use crate::index::stored::{IndexedFile, IndexedSymbol};
use crate::index::traits::compact;
use crate::index::update::{OUTSIDE, target_term};
use crate::index::{IndexError, SymbolId};
use crate::resolution::{Method, RelationKind};
use std::collections::BTreeMap;
use std::sync::Arc;
use tantivy::postings::{Postings as _, TermInfo};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocSet as _, TERMINATED};

/// How a relation reached its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Via {
    /// It was resolved, by this method.
    Method(Method),
    /// The target shares the name that was written; nothing says that it is meant.
    Possible,
}

/// How many relations of one sort point to a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EdgeCount {
    pub kind: RelationKind,
    pub via: Via,
    pub count: u32,
}

/// A relation that points to the symbol asked for.
#[derive(Clone, Debug)]
pub struct IncomingEdge {
    /// The file it starts in.
    pub file: Arc<IndexedFile>,
    /// The symbol it starts from; `None` for the top of the file.
    pub from: Option<IndexedSymbol>,
    pub kind: RelationKind,
    pub via: Via,
    /// Counted from 1.
    pub line: u32,
}

/// Some of the relations that point to a symbol.
#[derive(Clone, Debug)]
pub struct EdgePage {
    /// In the order of paths and lines.
    pub edges: Vec<IncomingEdge>,
    /// How many there are on all pages.
    pub total: u32,
}

impl RepoView {
    /// How many relations point to a symbol, by kind and method. Reads no relations but those of its own file.
    pub fn incoming_counts(&self, id: SymbolId) -> Result<Vec<EdgeCount>, IndexError> {
        let mut sums = BTreeMap::<(RelationKind, Via), u32>::new();
        for segment in &self.loaded().segments {
            self.each_target(segment, id, |kind, via, _, sites| {
                *sums.entry((kind, via)).or_default() += sites
            })?;
        }
        self.each_own(id, |kind, via, _, _| *sums.entry((kind, via)).or_default() += 1)?;
        Ok(sums
            .into_iter()
            .map(|((kind, via), count)| EdgeCount { kind, via, count })
            .collect())
    }

    /// Relations that point to a symbol, of the kinds and methods that `wanted` keeps.
    pub fn incoming(
        &self,
        id: SymbolId,
        wanted: impl Fn(RelationKind, Via) -> bool,
        offset: usize,
        limit: usize,
    ) -> Result<EdgePage, IndexError> {
        let mut sites = BTreeMap::<u32, (DocAddress, u32)>::new();
        for (at, segment) in self.loaded().segments.iter().enumerate() {
            self.each_target(segment, id, |kind, via, doc, count| {
                let address = DocAddress::new(at as u32, doc);
                if let Some(entry) = self.loaded().entry(address).filter(|_| wanted(kind, via)) {
                    sites.entry(entry).or_insert((address, 0)).1 += count;
                }
            })?;
        }
        self.each_own(id, |kind, via, entry, address| {
            if wanted(kind, via) {
                sites.entry(entry).or_insert((address, 0)).1 += 1;
            }
        })?;
        let total = sites.values().map(|&(_, count)| count).sum();
        let (mut skip, mut edges) = (offset, Vec::new());
        // Entries are in the order of paths.
        for (entry, (address, count)) in sites {
            if edges.len() >= limit {
                break;
            }
            if skip >= count as usize {
                skip -= count as usize;
                continue;
            }
            let here = self.sites_in(entry, address, id, &wanted)?;
            edges.extend(here.into_iter().skip(skip).take(limit - edges.len()));
            skip = 0;
        }
        Ok(EdgePage { edges, total })
    }

    /// Relations that bear the name of a symbol and may lead to any of more symbols of that name than a relation lists; all of them, or none
    /// where there are more than `most`.
    pub fn sharing_name(&self, symbol: &IndexedSymbol, most: usize) -> Result<EdgePage, IndexError> {
        let id = id_by_name(symbol);
        let mut page = self.incoming(id, |_, _| true, 0, most)?;
        if page.total as usize > most {
            page.edges.clear();
        }
        Ok(page)
    }

    /// How many calls bear the name of a symbol and were taken to lead out of the repository though they may not, and the files they stand in, in
    /// the order of their paths.
    pub fn taken_outside(&self, symbol: &IndexedSymbol) -> Result<(u32, Vec<&str>), IndexError> {
        let id = id_by_name(symbol);
        let failed = |error: std::io::Error| IndexError::tantivy(self.name())(error.into());
        let term = target_term(id, RelationKind::Calls, OUTSIDE);
        let (mut sum, mut files) = (0, Vec::new());
        for (at, segment) in self.loaded().segments.iter().enumerate() {
            let Some(info) = segment.targets.terms().get(term).map_err(failed)? else {
                continue;
            };
            let each = |doc, sites| {
                let entry = self.loaded().entry(DocAddress::new(at as u32, doc));
                files.extend(entry.map(|entry| self.summary(&self.loaded().files[entry as usize]).path));
                sum += sites;
            };
            self.each_site(segment, &info, each).map_err(failed)?;
        }
        files.sort_unstable();
        Ok((sum, files))
    }

    /// The paths of the files that have a symbol's name among their words and in which uses are not read, in order.
    pub fn unread_uses(&self, symbol: &IndexedSymbol) -> Result<Vec<&str>, IndexError> {
        let failed = |error: std::io::Error| IndexError::tantivy(self.name())(error.into());
        let word = self.key().hash(&words::stem(&compact(symbol.name().expose())));
        let mut files = Vec::new();
        for (at, segment) in self.loaded().segments.iter().enumerate() {
            let Some(info) = segment.file_words.terms().get(number(word)).map_err(failed)? else {
                continue;
            };
            let option = IndexRecordOption::Basic;
            let mut postings = segment
                .file_words
                .read_postings_from_terminfo(&info, option)
                .map_err(failed)?;
            while postings.doc() != TERMINATED {
                let entry = self.loaded().entry(DocAddress::new(at as u32, postings.doc()));
                let file = entry.map(|entry| self.summary(&self.loaded().files[entry as usize]));
                let is_unread = |file: FileSummary<'_>| uses_are_unread(file.path, !file.grammar.is_empty());
                let file = file.filter(|file| segment.is_alive(postings.doc()) && is_unread(*file));
                files.extend(file.map(|file| file.path));
                postings.advance();
            }
        }
        files.sort_unstable();
        Ok(files)
    }

    /// Relations that start from a symbol, in document order; for a file's id, those at the top of the file.
    pub fn outgoing(&self, id: SymbolId) -> Result<Vec<EdgeRow>, IndexError> {
        for address in self.files_with_id(id)? {
            let file = self.read_file(address)?;
            let from = match id.is_file() {
                true => None,
                false => match file.with_id(id) {
                    Some(symbol) => Some(symbol.position()),
                    None => continue,
                },
            };
            return self.edges_where(file.path(), |start, _| start == from);
        }
        Ok(Vec::new())
    }

    /// Every relation that starts in a file, in document order.
    pub fn edges_of(&self, path: &str) -> Result<Vec<EdgeRow>, IndexError> {
        self.edges_where(path, |_, _| true)
    }

    /// Those relations that start in a file of which `wanted` keeps start and kind, in document order.
    pub fn edges_where(
        &self,
        path: &str,
        wanted: impl Fn(Option<u32>, RelationKind) -> bool,
    ) -> Result<Vec<EdgeRow>, IndexError> {
        match self.packed(path)? {
            Some(edges) => Ok(edges
                .rows(|from, kind| self.shows(kind) && wanted(from, kind))
                .collect()),
            None => Ok(Vec::new()),
        }
    }

    /// The relations that start in a file and lead to what is outside of the repository and bears `name`, in document order.
    pub fn edges_outside(&self, path: &str, name: &Fragment) -> Result<Vec<EdgeRow>, IndexError> {
        match self.packed(path)? {
            Some(edges) => Ok(edges.outside(name).filter(|edge| self.shows(edge.kind)).collect()),
            None => Ok(Vec::new()),
        }
    }

    fn packed(&self, path: &str) -> Result<Option<Arc<EdgesPack>>, IndexError> {
        let files = &self.loaded().files;
        let entry = files.binary_search_by(|entry| (*entry.path).cmp(path)).ok();
        let address = entry.and_then(|at| files[at].edges);
        address.map(|address| self.read_edges(address)).transpose()
    }

    /// The relations of one file that point to `id`, by line.
    fn sites_in(
        &self,
        entry: u32,
        address: DocAddress,
        id: SymbolId,
        wanted: &impl Fn(RelationKind, Via) -> bool,
    ) -> Result<Vec<IncomingEdge>, IndexError> {
        let file = self.entry_file(entry)?;
        let mut out = Vec::new();
        self.read_edges(address)?.each_site(id, |from, kind, method, line| {
            let via = method.map_or(Via::Possible, Via::Method);
            if wanted(kind, via) {
                out.push(IncomingEdge {
                    file: Arc::clone(&file),
                    from: from.and_then(|at| file.symbol(at)),
                    kind,
                    via,
                    line,
                });
            }
        });
        out.sort_by_key(|edge| edge.line);
        Ok(out)
    }

    /// Whether relations of a kind are in this view: those of contracts are where they are.
    fn shows(&self, kind: RelationKind) -> bool {
        kind != RelationKind::HandledBy || !self.hides_contracts()
    }

    fn read_edges(&self, address: DocAddress) -> Result<Arc<EdgesPack>, IndexError> {
        let read = || bitcode::decode(&self.read(address)?).map_err(|_| self.corrupt());
        self.loaded().rows.edges(address, read)
    }

    /// Calls `each` with kind, method and place for every relation to `id` in its own file, whose place is that among the files and that of the
    /// document that holds the relations.
    fn each_own(
        &self,
        id: SymbolId,
        mut each: impl FnMut(RelationKind, Via, u32, DocAddress),
    ) -> Result<(), IndexError> {
        for file in self.files_with_id(id)? {
            let Some(entry) = self.loaded().entry(file) else {
                continue;
            };
            let Some(address) = self.loaded().files[entry as usize].edges else {
                continue;
            };
            self.read_edges(address)?.each_site(id, |_, kind, method, _| {
                if self.shows(kind) {
                    each(kind, method.map_or(Via::Possible, Via::Method), entry, address);
                }
            });
        }
        Ok(())
    }

    /// Calls `each` with kind, method, document and number of relations, for every other file that has relations to `id`.
    fn each_target(
        &self,
        segment: &Segment,
        id: SymbolId,
        mut each: impl FnMut(RelationKind, Via, u32, u32),
    ) -> Result<(), IndexError> {
        let failed = |error: std::io::Error| IndexError::tantivy(self.name())(error.into());
        let prefix = target_prefix(id);
        // Kind and method are letters, which a digit of the base-85 numbers may follow but never exceeds.
        let last = [prefix.as_slice(), &[u8::MAX]].concat();
        let mut terms = segment
            .targets
            .terms()
            .range()
            .ge(prefix)
            .lt(last)
            .into_stream()
            .map_err(failed)?;
        while let Some((term, info)) = terms.next() {
            if let Some((kind, via)) = sort_of(term).filter(|(kind, _)| self.shows(*kind)) {
                self.each_site(segment, info, |doc, sites| each(kind, via, doc, sites))
                    .map_err(failed)?;
            }
        }
        Ok(())
    }

    fn each_site(&self, segment: &Segment, info: &TermInfo, mut each: impl FnMut(u32, u32)) -> std::io::Result<()> {
        let mut postings = segment
            .targets
            .read_postings_from_terminfo(info, IndexRecordOption::WithFreqs)?;
        while postings.doc() != TERMINATED {
            if segment.is_alive(postings.doc()) {
                each(postings.doc(), postings.term_freq());
            }
            postings.advance();
        }
        Ok(())
    }
}

/// What stands for a symbol and all others that are meant where it is by nothing but their name.
pub fn id_by_name(symbol: &IndexedSymbol) -> SymbolId {
    let is_type = |of: IndexedSymbol| {
        !of.kind().is_callable() && !matches!(of.kind(), SymbolKind::Module | SymbolKind::Namespace)
    };
    let is_member = symbol.kind() == SymbolKind::Method || symbol.container().is_some_and(is_type);
    let is_called = symbol.kind().is_callable() && is_member;
    SymbolId::of_name(
        bindings::family(symbol.file().grammar()),
        symbol.name().expose(),
        is_called,
    )
}

/// What the last two letters of a target's term say.
fn sort_of(term: &[u8]) -> Option<(RelationKind, Via)> {
    let &[kind, method] = term.get(10..12)? else {
        return None;
    };
    let kind = RelationKind::ALL
        .into_iter()
        .find(|&each| kind_number(each) + b'A' == kind)?;
    let via = match method - b'A' {
        crate::index::update::POSSIBLE => Via::Possible,
        number => Via::Method(*Method::ALL.get(usize::from(number))?),
    };
    Some((kind, via))
}
