//! What the generation before knows: blobs, kept facts, and in short what its rows hold.

use super::IndexingError;
use super::read::{Depth, ReadFile};
use crate::extraction::FileFacts;
use crate::extraction::packages::PackageFacts;
use crate::index::{RepoView, Update};
use bitcode::{Decode, Encode};
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher as _};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The name under which the state is kept.
const STATE: &str = "state";

/// How many files share a value of kept interfaces.
const SHARED_BY: usize = 64;

/// What is known of a repository beside facts and rows. As long as none of it changes, neither do the rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(super) struct State {
    /// The manifests and lock files that were read.
    pub(super) manifests: Vec<(String, [u8; 20])>,
    /// A digest of the code that the scope excluded; 0 where it was none.
    pub(super) excluded: u64,
    /// In the order of paths.
    pub(super) files: Vec<FileState>,
}

/// One file. Its outline and its relations depend on other files, so what the index holds of them is told apart by digests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(super) struct FileState {
    pub(super) path: String,
    pub(super) blob: [u8; 20],
    /// Its facts say less than the file: they are not used again.
    pub(super) is_withheld: bool,
    pub(super) digests: Digests,
    pub(super) figures: Figures,
    /// The places of the other files that it imports or refers to.
    pub(super) refers_to: Vec<u32>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(super) struct Digests {
    /// Of what its row takes from other files.
    pub(super) row: u64,
    pub(super) edges: u64,
    /// Of what other files can come to see.
    pub(super) interface: u64,
}

/// What reports add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(super) struct Figures {
    pub(super) lines: u32,
    pub(super) bytes: u32,
    pub(super) unparsed_bytes: u32,
    pub(super) symbols: u32,
    pub(super) relations: u32,
}

impl State {
    /// Of every file, how many others refer to it.
    pub(super) fn referrers(&self) -> Vec<u32> {
        let mut out = vec![0; self.files.len()];
        for &to in self.files.iter().flat_map(|file| &file.refers_to) {
            if let Some(count) = out.get_mut(to as usize) {
                *count += 1;
            }
        }
        out
    }

    /// How many values the interfaces are kept in.
    fn chunks(&self) -> usize {
        self.files.len().div_ceil(SHARED_BY).next_power_of_two()
    }

    /// The files of each value.
    fn members(&self) -> Vec<Vec<usize>> {
        let chunks = self.chunks();
        let mut out = vec![Vec::new(); chunks];
        for (at, file) in self.files.iter().enumerate() {
            out[digest(&file.path) as usize & (chunks - 1)].push(at);
        }
        out
    }
}

/// The generation before.
pub(super) struct Known {
    base: Option<RepoView>,
    pub(super) state: State,
}

/// Interfaces by the places of their files in the state.
pub(super) type Interfaces = FxHashMap<usize, Vec<u8>>;

impl Known {
    /// Reads what `update` builds on.
    pub(super) fn of(update: &Update) -> Result<Self, IndexingError> {
        let base = update.base().cloned();
        let kept = base.as_ref().map_or(Ok(None), |base| base.kept(STATE))?;
        let state = kept.and_then(|bytes| bitcode::decode(&bytes).ok()).unwrap_or_default();
        Ok(Self { base, state })
    }

    /// The place in the state of a file whose blob has not changed and whose facts can be used again.
    pub(super) fn place(&self, path: &str, blob: [u8; 20]) -> Option<usize> {
        let at = self.place_of(path)?;
        let file = &self.state.files[at];
        (file.blob == blob && !file.is_withheld).then_some(at)
    }

    pub(super) fn place_of(&self, path: &str) -> Option<usize> {
        let files = &self.state.files;
        files.binary_search_by(|file| file.path.as_str().cmp(path)).ok()
    }

    /// Whether a manifest or lock file was read from the same blob.
    pub(super) fn has_manifest(&self, manifest: &(String, [u8; 20])) -> bool {
        self.state.manifests.binary_search(manifest).is_ok()
    }

    /// The packages that a file names.
    pub(super) fn packages(&self, path: &str) -> Option<PackageFacts> {
        let files = &self.base.as_ref()?.generation().info.packages.files;
        files.iter().find(|it| it.0 == path).map(|it| it.1.clone())
    }

    /// The files that the generation before has and `files` lack.
    pub(super) fn gone(&self, files: &[ReadFile]) -> Vec<String> {
        let is_gone = |path: &str| files.binary_search_by(|file| file.path.as_str().cmp(path)).is_err();
        let all = self.base.iter().flat_map(RepoView::files);
        all.map(|file| file.path.to_owned())
            .filter(|path| is_gone(path))
            .collect()
    }

    /// All kept interfaces.
    pub(super) fn interfaces(&self) -> Result<Interfaces, IndexingError> {
        let mut out = Interfaces::default();
        let Some(base) = &self.base else { return Ok(out) };
        for (chunk, members) in self.state.members().into_iter().enumerate() {
            let kept = base.kept(&chunk_name(chunk))?;
            let list: Option<Vec<Vec<u8>>> = kept.and_then(|bytes| bitcode::decode(&bytes).ok());
            out.extend(members.into_iter().zip(list.unwrap_or_default()));
        }
        Ok(out)
    }

    /// What is kept of a file beside its interface.
    pub(super) fn rest(&self, path: &str) -> Result<Option<Vec<u8>>, IndexingError> {
        Ok(self.base.as_ref().map_or(Ok(None), |base| base.facts(path))?)
    }

    /// Gives facts to the files that have none yet, as deep as `depth` says. What cannot be read is left without.
    pub(super) fn load(
        &self,
        files: &mut [ReadFile],
        interfaces: &Interfaces,
        depth: Depth,
        jobs: usize,
    ) -> Result<(), IndexingError> {
        let facts = |file: &ReadFile| -> Result<Option<FileFacts>, IndexingError> {
            let Some(interface) = self.place_of(&file.path).and_then(|at| interfaces.get(&at)) else {
                return Ok(None);
            };
            if depth == Depth::Interface {
                return Ok(FileFacts::from_interface(interface));
            }
            let rest = self.rest(&file.path)?;
            Ok(rest.and_then(|rest| FileFacts::from_kept(interface, &rest)))
        };
        let wanted: Vec<Mutex<&mut ReadFile>> = files
            .iter_mut()
            .filter(|file| file.depth == Depth::Nothing)
            .map(Mutex::new)
            .collect();
        let next = AtomicUsize::new(0);
        let work = || -> Result<(), IndexingError> {
            while let Some(file) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
                let mut file = file.lock().map_err(|_| IndexingError::Reader)?;
                if let Some(found) = facts(&file)? {
                    (*file.facts, file.depth) = (found, depth);
                }
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..jobs).map(|_| scope.spawn(work)).collect();
            let mut done = work();
            for other in others {
                done = done.and(other.join().map_err(|_| IndexingError::Reader)?);
            }
            done
        })
    }
}

/// Keeps `state`, and the interfaces that differ from those of the state before. `interface` gives that of a file by its place.
pub(super) fn keep<'a>(
    update: &mut Update,
    before: &State,
    state: &State,
    interface: &dyn Fn(usize) -> Option<&'a [u8]>,
) -> Result<(), IndexingError> {
    let of = |state: &State, members: &[usize]| -> Vec<(String, u64)> {
        let files = members.iter().map(|&at| &state.files[at]);
        files.map(|file| (file.path.clone(), file.digests.interface)).collect()
    };
    let were = if before.files.is_empty() {
        Vec::new()
    } else {
        before.members()
    };
    let are = state.members();
    let is_same_division = were.len() == are.len();
    for (chunk, members) in are.iter().enumerate() {
        if is_same_division && of(before, &were[chunk]) == of(state, members) {
            continue;
        }
        let bytes = |at: &usize| interface(*at).unwrap_or_default().to_vec();
        let list: Vec<Vec<u8>> = members.iter().map(bytes).collect();
        update.put_kept(&chunk_name(chunk), &bitcode::encode(&list))?;
    }
    for chunk in are.len()..were.len() {
        update.remove_kept(&chunk_name(chunk));
    }
    if before != state {
        update.put_kept(STATE, &bitcode::encode(state))?;
    }
    Ok(())
}

fn chunk_name(chunk: usize) -> String {
    format!("interfaces/{chunk}")
}

/// The digest by which values are told apart.
pub(super) fn digest<T: Hash + ?Sized>(value: &T) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}
