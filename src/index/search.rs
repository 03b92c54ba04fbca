//! Search: names, words and mixtures of both, over the repositories a caller may read and nothing else.

mod cover;
mod damping;
mod gather;
mod names;
mod query;
mod rank;
mod ranking;
mod trace;
mod union;

pub use ranking::Ranking;
pub(super) use trace::Trace;

use super::IndexError;
use super::stored::{IndexedFile, IndexedSymbol};
use super::view::RepoView;
use crate::extraction::{Lines, SymbolKind, Visibility};
use std::sync::Arc;

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub struct SearchQuery {
    /// A name, words, or both.
    pub text: String,
    /// Only symbols of these kinds; all kinds and passages of unparsed files if empty.
    pub kinds: Vec<SymbolKind>,
    /// Only files these grammars read; all files if empty.
    pub grammars: Vec<String>,
    /// Only files under this folder, or that match this pattern if it holds `*`, `?`, `[` or `{`.
    pub path: Option<String>,
    /// Only symbols of these visibilities; all if empty.
    pub visibilities: Vec<Visibility>,
    /// How many hits are left out before the first.
    pub offset: usize,
    /// How many hits are wanted.
    pub limit: usize,
    /// Which of them are given; all if it is not set.
    pub spread: Option<Spread>,
}

/// Hits that are not all in one place. What is not given is not read.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    /// How many of one file are given.
    pub of_file: usize,
    /// How many are given.
    pub most: usize,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct SearchResult {
    /// The best first. The order is the same for the same generations.
    pub hits: Vec<Hit>,
    /// The files of everything that was found, the best first, as many as hits were wanted.
    pub files: Vec<FileHit>,
    /// Candidates that were ranked: what `offset` can run through.
    pub total: usize,
}

/// One thing that was found.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The repository's name.
    pub repo: String,
    pub place: Place,
    /// Why it was found, the strongest reason first.
    pub why: Vec<Why>,
}

/// Where a hit is.
#[derive(Clone, Debug)]
pub enum Place {
    Symbol(IndexedSymbol),
    /// Lines of a file that have no symbol of their own.
    Lines {
        file: Arc<IndexedFile>,
        lines: Lines,
    },
}

impl Place {
    /// The file it is in.
    pub fn file(&self) -> &Arc<IndexedFile> {
        match self {
            Self::Symbol(symbol) => symbol.file(),
            Self::Lines { file, .. } => file,
        }
    }

    pub fn lines(&self) -> Lines {
        match self {
            Self::Symbol(symbol) => symbol.lines(),
            Self::Lines { lines, .. } => *lines,
        }
    }
}

/// A file in which something was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileHit {
    /// The repository's name.
    pub repo: String,
    pub path: String,
    /// How many of the hits, those beyond `limit` included, are in it.
    pub hits: usize,
}

/// Why something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// Its name is the one asked for, but for case and separators.
    Name,
    /// Its name is like the one asked for.
    SimilarName,
    /// Its name holds words of the query.
    NameWords,
    /// Its path or its file's name holds words of the query.
    Path,
    /// Its signature holds words of the query.
    Signature,
    /// Its documentation holds words of the query.
    Documentation,
    /// Its body, or the rest of its file, uses words of the query.
    Body,
}

impl Why {
    pub const ALL: [Self; 7] = [
        Self::Name,
        Self::SimilarName,
        Self::NameWords,
        Self::Path,
        Self::Signature,
        Self::Documentation,
        Self::Body,
    ];

    /// The word clients see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::SimilarName => "similar_name",
            Self::NameWords => "name_words",
            Self::Path => "path",
            Self::Signature => "signature",
            Self::Documentation => "documentation",
            Self::Body => "body",
        }
    }
}

/// Searches `views`. Statistics are those of `views`, so what else is indexed changes nothing.
pub fn search(views: &[RepoView], query: &SearchQuery) -> Result<SearchResult, IndexError> {
    search_by(Ranking::builtin(), views, query)
}

/// [`search`] with other weights.
pub fn search_by(ranking: &Ranking, views: &[RepoView], query: &SearchQuery) -> Result<SearchResult, IndexError> {
    rank::Search::new(views, query, ranking)?.run()
}
