//! Files and symbols as they come out of the index.

use super::flow::FlowStep;
use super::pack::{FilePack, ImportPack, SymbolPack};
use super::row::{Identity, Named, identify};
use super::{IndexError, SymbolId, handle};
use crate::extraction::{Fragment, Lines, Modifiers, SymbolKind, Visibility};
use std::sync::{Arc, OnceLock};

/// A file of one generation.
#[derive(Debug)]
pub struct IndexedFile {
    pack: FilePack,
    identities: OnceLock<Vec<Identity>>,
}

impl IndexedFile {
    /// Reads a file, its contracts left out if `is_bare`.
    pub(super) fn decode(repo: &str, bytes: &[u8], is_bare: bool) -> Result<Arc<Self>, IndexError> {
        let pack = FilePack::from_bytes(bytes);
        let mut pack = pack.ok_or_else(|| IndexError::Corrupt { repo: repo.to_owned() })?;
        if is_bare {
            // They come last, so that the position of no other symbol changes.
            pack.symbols.retain(|symbol| !symbol.kind.is_contract());
        }
        Ok(Arc::new(Self {
            pack,
            identities: OnceLock::new(),
        }))
    }

    /// From the root of the repository, with `/` between folders.
    pub fn path(&self) -> &str {
        &self.pack.path
    }

    /// The git blob it was read from.
    pub fn blob(&self) -> [u8; 20] {
        self.pack.blob
    }

    /// The folder of `grammars/` that read it; empty if none did.
    pub fn grammar(&self) -> &str {
        &self.pack.grammar
    }

    pub fn lines(&self) -> u32 {
        self.pack.lines
    }

    pub fn bytes(&self) -> u32 {
        self.pack.bytes
    }

    /// The lines under a syntax error.
    pub fn unparsed(&self) -> &[Lines] {
        &self.pack.unparsed
    }

    pub fn unparsed_bytes(&self) -> u32 {
        self.pack.unparsed_bytes
    }

    pub fn is_test(&self) -> bool {
        self.pack.is_test
    }

    pub fn is_generated(&self) -> bool {
        self.pack.is_generated
    }

    /// Its imports: the module as written, the file of the repository it leads to, the line.
    pub fn imports(&self) -> impl Iterator<Item = (&Fragment, Option<&str>, u32)> {
        self.pack
            .imports
            .iter()
            .map(|ImportPack { module, file, line }| (module, file.as_deref(), *line))
    }

    /// How many symbols it defines.
    pub fn symbol_count(&self) -> usize {
        self.pack.symbols.len()
    }

    /// Its symbols in document order.
    pub fn symbols(self: &Arc<Self>) -> impl Iterator<Item = IndexedSymbol> {
        (0..self.pack.symbols.len() as u32).filter_map(|at| self.symbol(at))
    }

    /// The symbol at a position, from 0.
    pub fn symbol(self: &Arc<Self>, at: u32) -> Option<IndexedSymbol> {
        ((at as usize) < self.pack.symbols.len()).then(|| IndexedSymbol {
            file: Arc::clone(self),
            at,
        })
    }

    /// The lines of the passage at a position, from 0.
    pub(super) fn passage(&self, at: u32) -> Option<Lines> {
        self.pack.passages.get(at as usize).copied()
    }

    pub(super) fn with_id(self: &Arc<Self>, id: SymbolId) -> Option<IndexedSymbol> {
        let at = self.identities().iter().position(|identity| identity.id == id)?;
        self.symbol(at as u32)
    }

    pub(super) fn with_handle(self: &Arc<Self>, qualified: &str, ordinal: u32) -> Option<IndexedSymbol> {
        let found = |identity: &Identity| identity.qualified == qualified && identity.ordinal == ordinal;
        let at = self.identities().iter().position(found)?;
        self.symbol(at as u32)
    }

    /// About how many bytes it takes in memory.
    pub(super) fn weight(&self) -> usize {
        self.pack.weight()
    }

    fn identities(&self) -> &[Identity] {
        self.identities.get_or_init(|| {
            let keys = self.pack.symbols.iter().zip(0..).map(|(symbol, at)| Named {
                name: self.pack.name(symbol.name).expose(),
                container: symbol.container,
                kind: symbol.kind,
                does_something: self.pack.does_something(at),
            });
            identify(&self.pack.path, &keys.collect::<Vec<_>>())
        })
    }
}

/// A symbol of one generation.
#[derive(Clone, Debug)]
pub struct IndexedSymbol {
    file: Arc<IndexedFile>,
    at: u32,
}

impl IndexedSymbol {
    fn pack(&self) -> &SymbolPack {
        &self.file.pack.symbols[self.at as usize]
    }

    fn identity(&self) -> &Identity {
        &self.file.identities()[self.at as usize]
    }

    /// The file that defines it.
    pub fn file(&self) -> &Arc<IndexedFile> {
        &self.file
    }

    pub fn path(&self) -> &str {
        self.file.path()
    }

    /// Its position among the symbols of its file, from 0.
    pub fn position(&self) -> u32 {
        self.at
    }

    pub fn id(&self) -> SymbolId {
        self.identity().id
    }

    pub fn name(&self) -> &Fragment {
        self.file.pack.name(self.pack().name)
    }

    /// Names from the outermost container inwards, `.` between them.
    pub fn qualified(&self) -> &str {
        &self.identity().qualified
    }

    /// `path#Qual.name`, with `~2` for the second of equals.
    pub fn handle(&self) -> String {
        handle(self.path(), self.qualified(), self.identity().ordinal)
    }

    pub fn kind(&self) -> SymbolKind {
        self.pack().kind
    }

    pub fn visibility(&self) -> Visibility {
        self.pack().visibility
    }

    /// Whether it is the block in which a type implements a trait.
    pub fn is_implementation(&self) -> bool {
        self.kind() == SymbolKind::Impl && self.signature().expose().contains(" for ")
    }

    pub fn modifiers(&self) -> Modifiers {
        self.pack().modifiers
    }

    pub fn lines(&self) -> Lines {
        self.pack().lines()
    }

    pub fn signature(&self) -> &Fragment {
        &self.pack().signature
    }

    pub fn summary(&self) -> &Fragment {
        &self.pack().summary
    }

    pub fn documentation(&self) -> &Fragment {
        &self.pack().documentation
    }

    /// What its body does, step by step.
    pub fn outline(&self) -> Vec<FlowStep> {
        self.file.pack.outline(self.at)
    }

    /// Whether its outline has steps.
    pub fn does_something(&self) -> bool {
        self.file.pack.does_something(self.at)
    }

    /// The symbol around it.
    pub fn container(&self) -> Option<Self> {
        self.file.symbol(self.pack().container?)
    }

    /// Whether it is a method that stands apart from its type, which has this name.
    pub fn has_receiver(&self, name: &str) -> bool {
        let is_apart = self.kind() == SymbolKind::Method && self.container().is_none();
        let head = self.signature().expose().split_once(self.name().expose());
        let mut words = head
            .map_or("", |(head, _)| head)
            .split(|c: char| !c.is_alphanumeric() && c != '_');
        is_apart && words.any(|word| word == name)
    }

    /// The symbols directly inside it, in document order.
    pub fn members(&self) -> impl Iterator<Item = Self> {
        let is_inside = |symbol: &SymbolPack| symbol.container == Some(self.at);
        let symbols = self.file.pack.symbols.iter().zip(0..);
        symbols.filter_map(move |(symbol, at)| is_inside(symbol).then(|| self.file.symbol(at))?)
    }

    /// [`Self::members`], and those that `impl` blocks in the same file add to a type.
    pub fn all_members(&self) -> Vec<Self> {
        let mut out: Vec<Self> = self.members().collect();
        if self.kind() != SymbolKind::Impl {
            let blocks = self.file.pack.symbols.iter().zip(0..);
            let blocks = blocks.filter(|(symbol, _)| symbol.kind == SymbolKind::Impl);
            let blocks = blocks.filter_map(|(_, at)| self.file.symbol(at));
            for block in blocks.filter(|block| block.qualified() == self.qualified()) {
                out.extend(block.members());
            }
        }
        out
    }
}
