//! The past of a repository as it is kept: commits, and what each did to the symbols of the files it changed. No version of a file is kept.

use super::{IndexError, IndexedFile, IndexedSymbol, RepoView, Update};
use crate::extraction::{Fragment, SymbolKind, Visibility};
use bitcode::{Decode, Encode};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// The past of a repository, as deep as the scope says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct History {
    /// A digest of the rules it was made under; under others it is made anew.
    pub made_under: u64,
    /// How many commits deep it was asked to be; 1 is no past.
    pub depth: u32,
    /// Whether the scope excludes code: what is gone from approved files may live on in excluded ones, and is not named.
    pub is_guarded: bool,
    /// The newest first.
    pub commits: Vec<PastCommit>,
    /// Who owns files, each set once.
    pub owners: Vec<Vec<Fragment>>,
    /// Files that have owners, in the order of paths, each with the place of its set.
    pub owned: Vec<(String, u32)>,
}

/// One commit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct PastCommit {
    pub id: [u8; 20],
    /// In seconds since 1970.
    pub committed_at: i64,
    /// First the one it was compared with.
    pub parents: Vec<[u8; 20]>,
    /// A keyed hash that tells authors apart.
    pub author: u32,
    /// The first line of its message, as prose.
    pub subject: Fragment,
    /// Whether there was something to compare it with.
    pub is_compared: bool,
    /// Whether it changed more than is looked at.
    pub is_cut: bool,
    pub files: Vec<PastFile>,
}

/// What a commit did to a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct PastFile {
    /// `None` if it was new.
    pub before: Option<String>,
    /// `None` if it was removed.
    pub after: Option<String>,
    pub added: u32,
    pub removed: u32,
    /// Whether its symbols were read on every side that is there.
    pub is_read: bool,
    pub symbols: Vec<PastSymbol>,
}

/// What a commit did to a symbol: at least one of its lines is another.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PastSymbol {
    /// As in a handle: names from the outermost container inwards.
    pub qualified: Fragment,
    /// Its number among symbols of that name, from 1.
    pub ordinal: u32,
    pub kind: SymbolKind,
    pub before: Option<PastState>,
    pub after: Option<PastState>,
}

/// A symbol at one commit.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PastState {
    pub visibility: Visibility,
    /// Whether code outside can name it, as far as its file tells.
    pub is_offered: bool,
    pub signature: Fragment,
}

/// What happened to a symbol between two commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    Removed,
    /// Another signature, or offered to others than before.
    Signature,
    /// Another body.
    Body,
    Added,
}

impl Fate {
    /// The word clients see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Signature => "signature",
            Self::Body => "body",
            Self::Added => "added",
        }
    }
}

/// What happened to a file between two commits.
#[derive(Clone, Debug, Default)]
pub struct DiffFile {
    pub before: Option<String>,
    pub after: Option<String>,
    pub is_read: bool,
    pub symbols: Vec<PastSymbol>,
}

/// What two commits differ in.
#[derive(Clone, Debug, Default)]
pub struct Diff {
    pub from: [u8; 20],
    pub to: [u8; 20],
    /// Commits between them that were looked at.
    pub commits: u32,
    /// Whether one of them changed more than was looked at.
    pub is_cut: bool,
    pub files: Vec<DiffFile>,
}

/// Why two commits cannot be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoDiff {
    /// Not among the commits that are kept, or of several that begin so.
    Unknown,
    /// Both are there, and where they part is not.
    Apart,
}

impl PastSymbol {
    /// What happened to it; `None` if it was never there on either side.
    pub fn fate(&self) -> Option<Fate> {
        match (&self.before, &self.after) {
            (None, None) => None,
            (Some(_), None) => Some(Fate::Removed),
            (None, Some(_)) => Some(Fate::Added),
            (Some(before), Some(after)) if before != after => Some(Fate::Signature),
            _ => Some(Fate::Body),
        }
    }

    /// Whether this is the symbol with a qualified name, or a member of it.
    pub fn is_of(&self, symbol: &IndexedSymbol) -> bool {
        let rest = self.qualified.expose().strip_prefix(symbol.qualified());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// Whether this is the symbol with a qualified name, whichever of those that share it.
    pub fn is_named(&self, symbol: &IndexedSymbol) -> bool {
        self.qualified.expose() == symbol.qualified()
    }

    /// Whether this is a symbol, in it or around it.
    pub fn is_kin(&self, symbol: &IndexedSymbol) -> bool {
        let rest = symbol.qualified().strip_prefix(self.qualified.expose());
        self.is_of(symbol) || rest.is_some_and(|rest| rest.starts_with('.'))
    }

    /// Whether it is a member of another symbol of its file, at any depth.
    pub fn is_in(&self, outer: &Self) -> bool {
        let rest = self.qualified.expose().strip_prefix(outer.qualified.expose());
        rest.is_some_and(|rest| rest.starts_with('.'))
    }

    /// The symbol of this name in a file as it is indexed now.
    pub fn now(&self, view: &RepoView, path: &str) -> Result<Option<IndexedSymbol>, IndexError> {
        let file = view.file(path)?;
        Ok(file.and_then(|file| file.called(&self.qualified, self.ordinal)))
    }
}

impl IndexedFile {
    /// The symbol of a qualified name and a number among those that share it.
    pub fn called(self: &Arc<Self>, qualified: &Fragment, ordinal: u32) -> Option<IndexedSymbol> {
        self.with_handle(qualified.expose(), ordinal)
    }
}

impl History {
    /// The commit whose id begins with `prefix`; `None` if none or several do.
    pub fn commit(&self, prefix: &str) -> Option<&PastCommit> {
        let prefix = prefix.to_ascii_lowercase();
        let mut found = self.commits.iter().filter(|it| hex(&it.id).starts_with(&prefix));
        found.next().filter(|_| found.next().is_none())
    }

    /// Who owns a file.
    pub fn owners_of(&self, path: &str) -> &[Fragment] {
        let at = self.owned.binary_search_by(|(owned, _)| owned.as_str().cmp(path));
        let set = at.ok().and_then(|at| self.owners.get(self.owned[at].1 as usize));
        set.map_or(&[], Vec::as_slice)
    }

    /// Every path that is kept.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        let files = self.commits.iter().flat_map(|commit| &commit.files);
        let sides = files.flat_map(|file| [&file.before, &file.after]).flatten();
        sides.chain(self.owned.iter().map(|(path, _)| path)).map(String::as_str)
    }

    /// What two commits differ in, put together from the commits that lead from one to the other.
    pub fn diff(&self, from: &str, to: &str) -> Result<Diff, NoDiff> {
        let (from, to) = (
            self.commit(from).ok_or(NoDiff::Unknown)?,
            self.commit(to).ok_or(NoDiff::Unknown)?,
        );
        let by_id: FxHashMap<[u8; 20], &PastCommit> = self.commits.iter().map(|it| (it.id, it)).collect();
        let back = trunk(&by_id, from);
        let ancestors: FxHashSet<[u8; 20]> = back.iter().map(|it| it.id).collect();
        let there = trunk(&by_id, to);
        let forth: Vec<&PastCommit> = there
            .iter()
            .take_while(|it| !ancestors.contains(&it.id))
            .copied()
            .collect();
        let fork = there.get(forth.len()).ok_or(NoDiff::Apart)?;
        let mut composed = Composed::default();
        for commit in back.iter().take_while(|it| it.id != fork.id) {
            composed.add(commit, true);
        }
        for commit in forth.iter().rev() {
            composed.add(commit, false);
        }
        Ok(composed.finish(from.id, to.id))
    }
}

/// A commit and its first parents, as far as they are kept.
fn trunk<'h>(by_id: &FxHashMap<[u8; 20], &'h PastCommit>, from: &'h PastCommit) -> Vec<&'h PastCommit> {
    let mut out = vec![from];
    while let Some(parent) = out[out.len() - 1].parents.first().and_then(|id| by_id.get(id)) {
        if out.len() > by_id.len() {
            break;
        }
        out.push(parent);
    }
    out
}

/// Changes one after the other, file by file. What came and went is no change; a body that was changed and changed back is one.
#[derive(Default)]
struct Composed {
    diff: Diff,
    /// The place of each file by the path it has at the moment.
    at: FxHashMap<String, usize>,
    /// Files that are gone at the moment.
    gone: FxHashMap<String, usize>,
    known: FxHashMap<(usize, Fragment, u32), usize>,
}

impl Composed {
    fn add(&mut self, commit: &PastCommit, is_undone: bool) {
        self.diff.commits += 1;
        self.diff.is_cut |= commit.is_cut || !commit.is_compared;
        for file in &commit.files {
            let (before, after) = match is_undone {
                true => (&file.after, &file.before),
                false => (&file.before, &file.after),
            };
            let at = self.file(before.as_deref(), after.as_deref());
            self.diff.files[at].is_read &= file.is_read;
            for symbol in &file.symbols {
                self.symbol(at, symbol, is_undone);
            }
        }
    }

    /// The place of the file that a change is about, which has the path after the change from now on.
    fn file(&mut self, before: Option<&str>, after: Option<&str>) -> usize {
        let known = before.and_then(|path| self.at.remove(path)).or_else(|| {
            after
                .filter(|_| before.is_none())
                .and_then(|path| self.gone.remove(path))
        });
        let at = known.unwrap_or_else(|| {
            self.diff.files.push(DiffFile {
                before: before.map(str::to_owned),
                is_read: true,
                ..DiffFile::default()
            });
            self.diff.files.len() - 1
        });
        self.diff.files[at].after = after.map(str::to_owned);
        match (before, after) {
            (_, Some(path)) => _ = self.at.insert(path.to_owned(), at),
            (Some(path), None) => _ = self.gone.insert(path.to_owned(), at),
            (None, None) => (),
        }
        at
    }

    fn symbol(&mut self, file: usize, change: &PastSymbol, is_undone: bool) {
        let mut change = change.clone();
        if is_undone {
            std::mem::swap(&mut change.before, &mut change.after);
        }
        let symbols = &mut self.diff.files[file].symbols;
        let key = (file, change.qualified.clone(), change.ordinal);
        match self.known.get(&key) {
            Some(&at) => symbols[at].after = change.after,
            None => {
                self.known.insert(key, symbols.len());
                symbols.push(change);
            }
        }
    }

    fn finish(mut self, from: [u8; 20], to: [u8; 20]) -> Diff {
        for file in &mut self.diff.files {
            file.symbols.retain(|symbol| symbol.fate().is_some());
        }
        self.diff
            .files
            .retain(|file| file.before.is_some() || file.after.is_some());
        self.diff.files.sort_by(|a, b| a.path().cmp(b.path()));
        Diff { from, to, ..self.diff }
    }
}

impl DiffFile {
    /// Its path after, or before if it is gone.
    pub fn path(&self) -> &str {
        self.after.as_deref().or(self.before.as_deref()).unwrap_or_default()
    }
}

/// An id as clients see it.
pub fn hex(id: &[u8; 20]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The name under which it is kept.
const PLACE: &str = "history";

impl Update {
    /// Keeps the past in place of what was kept before.
    pub fn put_history(&mut self, history: &History) -> Result<(), IndexError> {
        self.put_kept(PLACE, &bitcode::encode(history))
    }
}

impl RepoView {
    /// The past as far as it is kept; what cannot be read counts as nothing, and the next indexing writes it anew.
    pub fn history(&self) -> Result<History, IndexError> {
        let kept = self.kept(PLACE)?;
        Ok(kept.and_then(|bytes| bitcode::decode(&bytes).ok()).unwrap_or_default())
    }
}
