//! The past of a repository: what each commit did to the symbols of the files it changed, and who owns the files of the approved one.
//!
//! Versions of files are parsed like the files of the approved commit and forgotten at once. A commit whose record is kept is not read again.

use super::read::ReadFile;
use super::{EXTRACTOR, IndexingError};
use crate::extraction::owners::{self, Owners};
use crate::extraction::words::WordKey;
use crate::extraction::{self, FileFacts, Fragment, Lines, Pool, Symbol, SymbolIdx, SymbolKind, Visibility, commits};
use crate::index::{History, Identity, Named, PastCommit, PastFile, PastState, PastSymbol, Update, identify};
use crate::scope::ApprovedRepo;
use crate::sources::{self, BlobId, Entry, FileChange, Hunk, Mirror, Reader, Snapshot};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use std::collections::BTreeMap;
use std::hash::{Hash as _, Hasher as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Commits whose files are held at once.
const BATCH: usize = 100;
/// Symbols of a commit beyond this are left out: it is an import or a sweep.
const MOST_SYMBOLS: usize = 4_000;

/// One version of a file, as far as comparing takes it.
struct Version {
    symbols: Vec<PastSymbol>,
    /// The place of the innermost symbol of every line.
    lines: Vec<Option<u32>>,
}

/// A version by its content and the language its path tells.
type Key = (BlobId, String);
type Versions = FxHashMap<Key, Option<Arc<Version>>>;

/// What versions of files are read with.
pub(super) struct Reading<'a> {
    pub(super) repo: &'a ApprovedRepo,
    pub(super) mirror: &'a Mirror,
    pub(super) pool: &'a Pool,
    pub(super) jobs: usize,
    pub(super) word_key: &'a WordKey,
    /// Whether the scope excludes code.
    pub(super) is_guarded: bool,
}

impl Reading<'_> {
    /// Puts the past of the approved commit in place of what was kept before, as far as they differ.
    pub(super) fn update(
        &self,
        update: &mut Update,
        snapshot: &Snapshot,
        files: &[ReadFile],
    ) -> Result<(), IndexingError> {
        let kept = update
            .base()
            .map_or_else(|| Ok(History::default()), |base| base.history())?;
        let (owners, owned) = owned(&self.mirror.reader()?, snapshot, files);
        let mut history = History {
            made_under: self.rules(),
            depth: self.repo.history(),
            is_guarded: self.is_guarded,
            commits: Vec::new(),
            owners,
            owned,
        };
        if history.depth > 1 {
            let known = if kept.made_under == history.made_under {
                &kept.commits[..]
            } else {
                &[]
            };
            history.commits = self.commits(known)?;
        }
        if self.is_guarded {
            guard(&mut history.commits, files, self.word_key);
        }
        if kept != history {
            update.put_history(&history)?;
        }
        Ok(())
    }

    /// A digest of all that decides what is kept of a commit.
    fn rules(&self) -> u64 {
        let mut hasher = FxHasher::default();
        EXTRACTOR.hash(&mut hasher);
        self.is_guarded.hash(&mut hasher);
        self.repo.max_file_bytes().hash(&mut hasher);
        self.repo.paths().rules().for_each(|rule| rule.hash(&mut hasher));
        hasher.finish()
    }

    fn commits(&self, kept: &[PastCommit]) -> Result<Vec<PastCommit>, IndexingError> {
        let kept: FxHashMap<[u8; 20], &PastCommit> = kept.iter().map(|it| (it.id, it)).collect();
        let known = |id: sources::CommitId| kept.get(id.as_bytes()).is_some_and(|it| it.is_compared);
        let met = self.mirror.past(&extraction::reads, &known)?;
        let mut out = Vec::with_capacity(met.len());
        let mut versions = Versions::default();
        for batch in met.chunks(BATCH) {
            self.read(batch, &mut versions)?;
            for commit in batch {
                let known = kept.get(commit.id.as_bytes()).filter(|it| it.is_compared);
                let made = || self.commit(commit, &versions);
                out.push(known.map_or_else(made, |&known| PastCommit {
                    // The end of the history may have moved.
                    parents: ids(commit),
                    ..known.clone()
                }));
            }
        }
        out.sort_by_key(|commit: &PastCommit| std::cmp::Reverse(commit.committed_at));
        Ok(out)
    }

    /// Parses the versions that a batch compares; what the batch before needed is kept, because neighbours share them.
    fn read(&self, batch: &[sources::PastCommit], versions: &mut Versions) -> Result<(), IndexingError> {
        let mut wanted = BTreeMap::<Key, &Entry>::new();
        for file in batch
            .iter()
            .filter_map(|it| it.changes.as_ref())
            .flat_map(|it| &it.files)
        {
            for entry in [&file.before, &file.after]
                .into_iter()
                .flatten()
                .filter(|_| file.is_read)
            {
                wanted.insert(key(entry), entry);
            }
        }
        versions.retain(|key, _| wanted.contains_key(key));
        let missing: Vec<(Key, &Entry)> = wanted
            .into_iter()
            .filter(|(key, _)| !versions.contains_key(key))
            .collect();
        let readers = (0..self.jobs.max(1))
            .map(|_| self.mirror.reader())
            .collect::<Result<Vec<_>, _>>()?;
        let pool = self.pool;
        let (next, read) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(missing.len())));
        std::thread::scope(|scope| {
            for reader in readers {
                let (next, read, missing) = (&next, &read, &missing);
                scope.spawn(move || {
                    while let Some((key, entry)) = missing.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let version = version(pool, &reader, entry).map(Arc::new);
                        read.lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .push((key.clone(), version));
                    }
                });
            }
        });
        versions.extend(read.into_inner().map_err(|_| IndexingError::Reader)?);
        Ok(())
    }

    fn commit(&self, commit: &sources::PastCommit, versions: &Versions) -> PastCommit {
        let mut out = PastCommit {
            id: *commit.id.as_bytes(),
            committed_at: commit.committed_at,
            parents: ids(commit),
            author: commits::author(&commit.author, self.word_key),
            // Prose may speak of what the scope excludes.
            subject: if self.is_guarded {
                Fragment::default()
            } else {
                commits::subject(&commit.subject)
            },
            is_compared: commit.changes.is_some(),
            is_cut: false,
            files: Vec::new(),
        };
        let Some(changes) = &commit.changes else {
            return out;
        };
        out.is_cut = changes.is_cut;
        let mut symbols = 0;
        for change in &changes.files {
            let mut file = compared(change, versions);
            symbols += file.symbols.len();
            if symbols > MOST_SYMBOLS {
                file.symbols.clear();
                out.is_cut = true;
            }
            out.files.push(file);
        }
        out
    }
}

fn version(pool: &Pool, reader: &Reader, entry: &Entry) -> Option<Version> {
    let path = entry.path().as_str();
    let facts = pool.extract(path, reader.read(entry).ok()?.into_text()).ok()?;
    Some(Version::of(path, &facts))
}

fn ids(commit: &sources::PastCommit) -> Vec<[u8; 20]> {
    commit.parents.iter().map(|id| *id.as_bytes()).collect()
}

/// Two files of the same content can be read by different grammars, and whether they are tests is told by their paths.
fn key(entry: &Entry) -> Key {
    (entry.blob(), entry.path().as_str().to_owned())
}

fn compared(change: &FileChange, versions: &Versions) -> PastFile {
    let path = |entry: &Option<Entry>| entry.as_ref().map(|entry| entry.path().to_string());
    let version = |entry: &Option<Entry>| match entry {
        Some(entry) => versions.get(&key(entry))?.as_deref().map(Some),
        None => Some(None),
    };
    let sides = version(&change.before)
        .zip(version(&change.after))
        .filter(|_| change.is_read);
    let lines = |side: fn(&Hunk) -> (u32, u32)| change.hunks.iter().map(|hunk| side(hunk).1).sum();
    PastFile {
        before: path(&change.before),
        after: path(&change.after),
        added: lines(|hunk| hunk.after),
        removed: lines(|hunk| hunk.before),
        is_read: sides.is_some(),
        symbols: sides.map_or_else(Vec::new, |(before, after)| changed(before, after, &change.hunks)),
    }
}

/// The symbols that are on one side only, are told otherwise, or have lines that differ.
fn changed(before: Option<&Version>, after: Option<&Version>, hunks: &[Hunk]) -> Vec<PastSymbol> {
    let touched = |side: Option<&Version>, of: fn(&Hunk) -> (u32, u32)| -> Vec<bool> {
        let Some(version) = side else { return Vec::new() };
        let mut out = vec![false; version.symbols.len()];
        for (first, count) in hunks.iter().map(of) {
            let lines = first as usize..first as usize + count as usize;
            let owners = lines.filter_map(|line| *version.lines.get(line.wrapping_sub(1))?);
            owners.for_each(|owner| out[owner as usize] = true);
        }
        out
    };
    let (was_touched, is_touched) = (touched(before, |hunk| hunk.before), touched(after, |hunk| hunk.after));
    let symbols = |side: Option<&Version>| side.map_or_else(Vec::new, |it| it.symbols.clone());
    let mut is: FxHashMap<_, (usize, PastSymbol)> = FxHashMap::default();
    for (at, symbol) in symbols(after).into_iter().enumerate() {
        is.insert((symbol.qualified.clone(), symbol.ordinal), (at, symbol));
    }
    let mut out = Vec::new();
    for (at, mut symbol) in symbols(before).into_iter().enumerate() {
        symbol.before = symbol.after.take();
        let mut is_changed = true;
        if let Some((now, same)) = is.remove(&(symbol.qualified.clone(), symbol.ordinal)) {
            is_changed = was_touched[at] || is_touched[now] || symbol.before != same.after || symbol.kind != same.kind;
            symbol.after = same.after;
            symbol.kind = same.kind;
        }
        if is_changed {
            out.push(symbol);
        }
    }
    let mut new: Vec<(usize, PastSymbol)> = is.into_values().collect();
    new.sort_by_key(|(at, _)| *at);
    out.extend(new.into_iter().map(|(_, symbol)| symbol));
    out
}

impl Version {
    fn of(path: &str, facts: &FileFacts) -> Self {
        let symbols = identities(path, facts)
            .into_iter()
            .zip(&facts.symbols)
            .map(|(identity, symbol)| PastSymbol {
                qualified: Fragment::new(identity.qualified),
                ordinal: identity.ordinal,
                kind: symbol.kind,
                before: None,
                after: Some(PastState {
                    visibility: symbol.visibility,
                    is_offered: is_offered(facts, symbol),
                    signature: symbol.signature.clone(),
                }),
            });
        let mut lines = vec![None; facts.lines as usize];
        // A container comes before what it contains, so the innermost is the last to say so.
        for (at, symbol) in facts.symbols.iter().enumerate() {
            let Lines { start, end } = symbol.lines;
            let of_symbol = lines
                .iter_mut()
                .take(end as usize)
                .skip(start.saturating_sub(1) as usize);
            of_symbol.for_each(|line| *line = Some(at as u32));
        }
        Self {
            symbols: symbols.collect(),
            lines,
        }
    }
}

fn identities(path: &str, facts: &FileFacts) -> Vec<Identity> {
    let named = facts.symbols.iter().map(|symbol| Named {
        name: facts.name(symbol.name).expose(),
        container: symbol.container.map(|SymbolIdx(at)| at),
        kind: symbol.kind,
        does_something: !symbol.outline.is_empty(),
    });
    identify(path, &named.collect::<Vec<_>>())
}

/// Whether code outside can name a symbol: it is public, and so is all it is in.
fn is_offered(facts: &FileFacts, symbol: &Symbol) -> bool {
    let is_public = |it: &Symbol| it.visibility == Visibility::Public && !it.modifiers.is_test;
    if !is_public(symbol) || symbol.kind == SymbolKind::Impl {
        return false;
    }
    let mut at = symbol.container;
    while let Some(container) = at.map(|at| facts.symbol(at)) {
        let is_open = match container.kind {
            SymbolKind::Impl => !container.modifiers.is_test,
            kind => is_public(container) && !kind.is_callable(),
        };
        if !is_open {
            return false;
        }
        at = container.container;
    }
    true
}

/// Puts keyed hashes in place of what may lead into excluded code: names of symbols that are no longer there, and all former signatures.
fn guard(commits: &mut [PastCommit], files: &[ReadFile], key: &WordKey) {
    let hashed = |text: &Fragment| Fragment::new(format!("‹{:08x}›", key.hash(text.expose())));
    let is_hashed = |text: &Fragment| text.expose().starts_with('‹');
    let mut present = FxHashMap::<&str, FxHashSet<String>>::default();
    for file in files {
        let names = identities(&file.path, &file.facts).into_iter().map(|it| it.qualified);
        present.insert(&file.path, names.collect());
    }
    for file in commits.iter_mut().flat_map(|commit| &mut commit.files) {
        let path = file.after.as_deref().or(file.before.as_deref()).unwrap_or_default();
        let there = present.get(path);
        for symbol in &mut file.symbols {
            let is_there = there.is_some_and(|names| names.contains(symbol.qualified.expose()));
            if !is_there && !is_hashed(&symbol.qualified) {
                symbol.qualified = hashed(&symbol.qualified);
            }
            for state in [&mut symbol.before, &mut symbol.after].into_iter().flatten() {
                if !is_hashed(&state.signature) {
                    state.signature = hashed(&state.signature);
                }
            }
        }
    }
}

type Owned = (Vec<Vec<Fragment>>, Vec<(String, u32)>);

/// The owners of the files that are indexed, as the approved commit names them.
fn owned(reader: &Reader, snapshot: &Snapshot, files: &[ReadFile]) -> Owned {
    let entry = |place: &&str| {
        let at = snapshot
            .entries()
            .binary_search_by(|entry| entry.path().as_str().cmp(place));
        at.ok().map(|at| &snapshot.entries()[at])
    };
    let text = owners::PLACES
        .iter()
        .find_map(entry)
        .and_then(|entry| reader.read_written(entry).ok());
    let rules = text
        .map(|text| Owners::read(&text.into_text()))
        .filter(|rules| !rules.is_empty());
    let (mut sets, mut owned) = (Vec::<Vec<Fragment>>::new(), Vec::new());
    for file in files {
        let owners = rules.as_ref().map_or(&[][..], |rules| rules.of(&file.path));
        if owners.is_empty() {
            continue;
        }
        let known = sets.iter().position(|set| set == owners);
        let at = known.unwrap_or_else(|| {
            sets.push(owners.to_vec());
            sets.len() - 1
        });
        owned.push((file.path.clone(), at as u32));
    }
    (sets, owned)
}
