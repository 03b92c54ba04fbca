//! A language as louver knows it: one folder of `grammars/`, compiled in or read at run time.

mod glob;
mod manifest;
mod nodes;

pub(super) use manifest::{Documented, Embedded, FileRoutes, MemberRule, Repair, TagWord, Template};
pub(super) use nodes::{FIRST, Flags, ITSELF, LAST, NodeKind, Nodes, OF_KIND, REST, Role, is_part};

use super::Limits;
use super::contracts::{self, ContractQuery};
use super::pattern::{Query, QueryError};
use super::symbols::SymbolQuery;
use super::tree::Kinds;
use manifest::Manifest;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{LazyLock, OnceLock};
use std::{any::Any, fmt, fs, io};
use tree_sitter::Language;

/// A folder of `grammars/` as `build.rs` found it.
struct Folder {
    name: &'static str,
    files: &'static [(&'static str, &'static str)],
}

/// Makes the language of a parser crate.
type ParserFn = fn() -> Language;

include!(concat!(env!("OUT_DIR"), "/grammars.rs"));

static COMPILED_IN: LazyLock<Vec<Grammar>> = LazyLock::new(|| {
    let compile = |folder: &Folder| {
        let files = folder
            .files
            .iter()
            .map(|&(name, text)| (name.to_owned(), text.into()))
            .collect();
        Grammar::new(folder.name, files).expect("compiled-in grammars are checked by tests/it/corpus.rs")
    };
    FOLDERS.iter().map(compile).collect()
});

type Files = BTreeMap<String, Cow<'static, str>>;

/// The rules by which files of one language are read. Compiled on first use, then shared by all threads.
pub struct Grammar {
    name: String,
    files: Files,
    manifest: Manifest,
    language: Language,
    kinds: OnceLock<Kinds>,
    nodes: Nodes,
    symbols: OnceLock<SymbolQuery>,
    contracts: OnceLock<contracts::Groups>,
    memo: OnceLock<Box<dyn Any + Send + Sync>>,
}

/// Why a folder is not a grammar.
#[derive(Debug, thiserror::Error)]
pub enum GrammarError {
    #[error("cannot read the grammar folder `{folder}`")]
    Read { folder: String, source: io::Error },
    #[error("grammar `{grammar}` has no `grammar.toml`")]
    NoManifest { grammar: String },
    #[error("`{grammar}/grammar.toml`: {reason}")]
    Manifest { grammar: String, reason: String },
    #[error("`{grammar}/grammar.toml`: no parser `{parser}` is compiled in; use one of {known}")]
    UnknownParser {
        grammar: String,
        parser: String,
        known: String,
    },
    #[error("`{grammar}/grammar.toml`: `inherits` names `{parent}`, which is not compiled in")]
    UnknownParent { grammar: String, parent: String },
    #[error("`{grammar}/{file}`: {reason}")]
    Table {
        grammar: String,
        file: &'static str,
        reason: String,
    },
    #[error("`{grammar}/queries/{query}.scm` line {line}: {reason}")]
    Query {
        grammar: String,
        query: String,
        line: usize,
        reason: String,
    },
}

impl Grammar {
    /// The compiled-in grammars, in the order of their folders.
    pub fn all() -> &'static [Self] {
        &COMPILED_IN
    }

    /// The compiled-in grammar of a folder of `grammars/`.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::all().iter().find(|grammar| grammar.name == name)
    }

    /// The compiled-in grammar for a path, or for a text that says itself what it is.
    pub fn for_path(path: &str, text: Option<&[u8]>) -> Option<&'static Self> {
        Self::choose(Self::all(), path, text)
    }

    /// The grammar among `grammars` that claims a path. The first line of a script without a telling name says which one that is, and
    /// marks in the text do where languages share an extension; of two whose marks it has, the later is meant, as C++ is C with more.
    pub fn choose<'g>(grammars: &'g [Self], path: &str, text: Option<&[u8]>) -> Option<&'g Self> {
        let file = path.rsplit('/').next().unwrap_or(path);
        let extension = file.rsplit_once('.').map(|(_, extension)| extension);
        let text = text.unwrap_or_default();
        let is_one = |list: &[String]| extension.is_some_and(|has| list.iter().any(|it| it == has));
        let by_name = |grammar: &&Self| grammar.manifest.file_names.iter().any(|it| it == file);
        let by_marks = |grammar: &&Self| extension.is_some_and(|it| grammar.manifest.has_mark(it, text));
        let by_extension = |grammar: &&Self| is_one(&grammar.manifest.extensions);
        let is_own = |grammar: &&Self| !extension.is_some_and(|it| grammar.manifest.is_foreign(it, text));
        let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let line = std::str::from_utf8(line.get(..line.len().min(200)).unwrap_or_default()).unwrap_or_default();
        let by_line = |grammar: &&Self| {
            let line = line.strip_prefix("#!").unwrap_or_default();
            let mut words = line.split(|c: char| c.is_whitespace() || c == '/');
            words.any(|word| grammar.manifest.interpreters.iter().any(|it| it == word))
        };
        let mut all = grammars.iter();
        all.find(by_name)
            .or_else(|| grammars.iter().rfind(|it| by_marks(it) && is_own(it)))
            .or_else(|| grammars.iter().find(|it| by_extension(it) && is_own(it)))
            .or_else(|| grammars.iter().filter(|_| extension.is_none()).find(by_line))
    }

    /// Reads a grammar from a folder laid out like those of `grammars/`, for a parser that is compiled in.
    pub fn load(folder: &Path) -> Result<Self, GrammarError> {
        let failed = |source| GrammarError::Read {
            folder: folder.display().to_string(),
            source,
        };
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut files = Files::new();
        for (prefix, within) in [("", folder.to_owned()), ("queries/", folder.join("queries"))] {
            for entry in fs::read_dir(&within).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                let file = entry.file_name().to_string_lossy().into_owned();
                if file.ends_with(".toml") || file.ends_with(".scm") {
                    let text = fs::read_to_string(entry.path()).map_err(failed)?;
                    files.insert(format!("{prefix}{file}"), text.into());
                }
            }
        }
        Self::from_files(&name, files.into_iter().map(|(file, text)| (file, text.into_owned())))
    }

    /// Makes a grammar of the files of its folder, named as in `grammar.toml` and `queries/symbols.scm`.
    pub fn from_files(name: &str, files: impl IntoIterator<Item = (String, String)>) -> Result<Self, GrammarError> {
        let grammar = Self::new(
            name,
            files.into_iter().map(|(file, text)| (file, text.into())).collect(),
        )?;
        grammar.check()?;
        Ok(grammar)
    }

    /// Whether the tables and queries of the folder can be read and fit the parser.
    pub fn check(&self) -> Result<(), GrammarError> {
        self.symbol_query()?;
        self.contract_query()?;
        self.check_structure()?;
        super::bindings::check(self).map_err(|(file, reason)| GrammarError::Table {
            grammar: self.name.clone(),
            file,
            reason,
        })
    }

    /// Whether the nodes of its own patterns can stand in each other as they do there, which the parser's library knows.
    fn check_structure(&self) -> Result<(), GrammarError> {
        for name in ["symbols", "contracts", "imports"] {
            let text = self.files.get(&format!("queries/{name}.scm")).map(Cow::as_ref);
            tree_sitter::Query::new(&self.language, text.unwrap_or_default())
                .map_err(|error| self.bad_query(name, error.row, error.message))?;
        }
        Ok(())
    }

    fn bad_query(&self, name: &str, row: usize, reason: String) -> GrammarError {
        GrammarError::Query {
            grammar: self.name.clone(),
            query: name.to_owned(),
            line: row + 1,
            reason,
        }
    }

    fn new(name: &str, files: Files) -> Result<Self, GrammarError> {
        let grammar = || name.to_owned();
        let text = files
            .get("grammar.toml")
            .ok_or_else(|| GrammarError::NoManifest { grammar: grammar() })?;
        let bad = |reason: String| GrammarError::Manifest {
            grammar: grammar(),
            reason,
        };
        let mut table: toml::Table = text.parse().map_err(|error: toml::de::Error| bad(error.to_string()))?;
        if let Some(parent) = table.get("inherits").and_then(|it| it.as_str()).map(str::to_owned) {
            let unknown = || GrammarError::UnknownParent {
                grammar: grammar(),
                parent: parent.clone(),
            };
            let folder = FOLDERS.iter().find(|it| it.name == parent).ok_or_else(unknown)?;
            let inherited = folder.file("grammar.toml").ok_or_else(unknown)?;
            let inherited = inherited
                .parse()
                .map_err(|error: toml::de::Error| bad(error.to_string()))?;
            table = manifest::merge(inherited, table);
        }
        let manifest: Manifest = table
            .try_into()
            .map_err(|error: toml::de::Error| bad(error.to_string()))?;
        let parser = PARSERS.iter().find(|(parser, _)| *parser == manifest.parser);
        let (_, language) = parser.ok_or_else(|| GrammarError::UnknownParser {
            grammar: grammar(),
            parser: manifest.parser.clone(),
            known: PARSERS
                .iter()
                .map(|(parser, _)| format!("`{parser}`"))
                .collect::<Vec<_>>()
                .join(", "),
        })?;
        let language = language();
        let nodes = Nodes::compile(&language, &manifest).map_err(bad)?;
        Ok(Self {
            name: grammar(),
            files,
            manifest,
            kinds: OnceLock::new(),
            language,
            nodes,
            symbols: OnceLock::new(),
            contracts: OnceLock::new(),
            memo: OnceLock::new(),
        })
    }

    /// The folder's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file name extensions it claims, without the dot.
    pub fn extensions(&self) -> &[String] {
        &self.manifest.extensions
    }

    /// The files it was made of, as [`Self::from_files`] takes them.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(name, text)| (name.as_str(), text.as_ref()))
    }

    pub(super) fn language(&self) -> &Language {
        &self.language
    }

    /// What the kinds and fields of nodes are called.
    pub(super) fn kinds(&self) -> &Kinds {
        self.kinds.get_or_init(|| Kinds::of(&self.language))
    }

    pub(super) fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The limits for files of this language.
    pub(super) fn limits(&self, general: &Limits) -> Limits {
        let own = &self.manifest.limits;
        Limits {
            bytes: own.bytes.unwrap_or(general.bytes),
            line_bytes: own.line_bytes.unwrap_or(general.line_bytes),
            ..*general
        }
    }

    /// What each node kind of the language means to extraction.
    pub(super) fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// The compiled `queries/symbols.scm`.
    pub(super) fn symbols(&self) -> &SymbolQuery {
        self.symbols.get_or_init(|| {
            self.symbol_query()
                .expect("`Grammar::check` and tests/it/corpus.rs see to it")
        })
    }

    fn symbol_query(&self) -> Result<SymbolQuery, GrammarError> {
        SymbolQuery::new(self.query("symbols")?).map_err(|reason| GrammarError::Query {
            grammar: self.name.clone(),
            query: "symbols".to_owned(),
            line: 1,
            reason,
        })
    }

    /// The patterns of `queries/contracts.scm`.
    pub(super) fn contracts(&self) -> &contracts::Groups {
        self.contracts.get_or_init(|| {
            let text = self.file("queries/contracts.scm").unwrap_or_default();
            contracts::Groups::of(patterns(text))
        })
    }

    fn contract_query(&self) -> Result<ContractQuery, GrammarError> {
        ContractQuery::new(self.query("contracts")?).map_err(|reason| self.bad_contracts(reason))
    }

    /// The error of patterns that compile and say nothing.
    pub(super) fn bad_contracts(&self, reason: String) -> GrammarError {
        GrammarError::Query {
            grammar: self.name.clone(),
            query: "contracts".to_owned(),
            line: 1,
            reason,
        }
    }

    /// The text of a file of the folder (`bindings.toml`, `queries/refs.scm`), its own or inherited.
    pub(super) fn file(&self, name: &str) -> Option<&str> {
        self.files
            .get(name)
            .map(Cow::as_ref)
            .or_else(|| self.parent()?.file(name))
    }

    /// Reads `queries/<name>.scm`; a missing file is an empty query. Of an inherited file, the patterns that mention nodes
    /// or fields this language lacks are left out.
    pub(super) fn query(&self, name: &str) -> Result<Query, GrammarError> {
        let file = format!("queries/{name}.scm");
        let text = self.file(&file).unwrap_or_default();
        match self.compile(name, text) {
            Err(_) if !self.files.contains_key(&file) => self.compile(name, &self.known_patterns(text)),
            read => read,
        }
    }

    fn known_patterns(&self, inherited: &str) -> String {
        let known = patterns(inherited).filter(|it| self.knows(it));
        known.collect::<Vec<_>>().join("\n")
    }

    /// Compiles patterns of `queries/<name>.scm`.
    pub(super) fn compile(&self, name: &str, text: &str) -> Result<Query, GrammarError> {
        Query::new(&self.language, text).map_err(|error| self.bad_query(name, error.row, error.message))
    }

    /// What another part of extraction compiles from this grammar, made once. There is one such part: `bindings`.
    pub(super) fn memo<T: Send + Sync + 'static>(&self, make: impl FnOnce(&Self) -> T) -> &T {
        let memo = self.memo.get_or_init(|| Box::new(make(self)));
        memo.downcast_ref().expect("one type of memo per grammar")
    }

    fn parent(&self) -> Option<&'static Folder> {
        let parent = self.manifest.inherits.as_deref()?;
        FOLDERS.iter().find(|it| it.name == parent)
    }

    /// Whether the language has what a pattern names.
    pub(super) fn knows(&self, pattern: &str) -> bool {
        !matches!(
            Query::new(&self.language, pattern),
            Err(QueryError { is_foreign: true, .. })
        )
    }
}

impl Folder {
    fn file(&self, name: &str) -> Option<&'static str> {
        self.files.iter().find(|(file, _)| *file == name).map(|(_, text)| *text)
    }
}

impl fmt::Debug for Grammar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Grammar({})", self.name)
    }
}

/// The top-level patterns of a query file: each expression together with the captures that follow it.
fn patterns(query: &str) -> impl Iterator<Item = String> {
    let mut out: Vec<String> = Vec::new();
    let mut depth = 0;
    for line in query
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with(';'))
    {
        match out.last_mut() {
            Some(open) if depth > 0 => {
                open.push(' ');
                open.push_str(line);
            }
            _ => out.push(line.to_owned()),
        }
        let mut quoted = false;
        let mut escaped = false;
        for c in line.chars() {
            if escaped {
                escaped = false;
                continue;
            }
            match c {
                '\\' => escaped = quoted,
                '"' => quoted = !quoted,
                '(' | '[' if !quoted => depth += 1,
                ')' | ']' if !quoted => depth -= 1,
                _ => (),
            }
        }
    }
    out.into_iter()
}
