//! What the scope excludes leaves no name in the files that remain.

use super::read::ReadFile;
use crate::extraction::manifest::ManifestFacts;
use crate::extraction::words::WordKey;
use crate::extraction::{FileFacts, Fragment, Grammar, Leading, Withheld};
use crate::resolution::Workspace;
use crate::sources::{SkipReason, Snapshot};
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash as _, Hasher as _};

/// What the files of a commit withhold; nothing where no code is excluded.
pub(super) struct Withholding {
    all: Withheld,
    /// Of every file, in their order.
    leading: Vec<Leading>,
    /// A digest of what all rows depend on.
    digest: u64,
    key: WordKey,
}

impl Withholding {
    /// Finds what leads into excluded code and takes it out of `files`.
    pub(super) fn apply(
        files: &mut [ReadFile],
        manifests: &[(String, ManifestFacts)],
        snapshot: &Snapshot,
        key: &WordKey,
    ) -> Option<Self> {
        let excluded = excluded_code(snapshot);
        if excluded.is_empty() {
            return None;
        }
        let leading = leading(files, manifests, &excluded);
        let all = Withheld::new(
            files.iter().map(|file| &*file.facts).zip(&leading),
            files.iter().map(|file| file.path.as_str()),
            key,
        );
        let mut hasher = FxHasher::default();
        excluded.hash(&mut hasher);
        all.names().for_each(|name| name.hash(&mut hasher));
        for (file, leading) in files.iter_mut().zip(&leading) {
            file.facts.withhold(leading, &all, key);
        }
        Some(Self {
            all,
            leading,
            digest: hasher.finish(),
            key: key.clone(),
        })
    }

    /// Takes the same out of the facts of a file that was read again.
    pub(super) fn withhold(&self, at: usize, facts: &mut FileFacts) {
        facts.withhold(&self.leading[at], &self.all, &self.key);
    }

    /// A digest of what is withheld in the row of a file.
    pub(super) fn digest(&self, at: usize) -> u64 {
        let mut hasher = FxHasher::default();
        self.digest.hash(&mut hasher);
        self.leading[at].hash(&mut hasher);
        hasher.finish()
    }
}

/// A digest of the code that the scope excludes; 0 where it is none.
pub(super) fn excluded_digest(snapshot: &Snapshot) -> u64 {
    let excluded = excluded_code(snapshot);
    if excluded.is_empty() {
        return 0;
    }
    let mut hasher = FxHasher::default();
    excluded.hash(&mut hasher);
    hasher.finish().max(1)
}

/// The excluded paths that a grammar would read, in order, each with its grammar.
fn excluded_code(snapshot: &Snapshot) -> Vec<(&str, &'static str)> {
    let skips = snapshot.skips().iter();
    let mut excluded: Vec<(&str, &str)> = skips
        .filter(|skip| skip.reason == SkipReason::Excluded)
        .filter_map(|skip| Some((skip.path.as_str(), Grammar::for_path(&skip.path, None)?.name())))
        .collect();
    excluded.sort_unstable();
    excluded
}

fn leading(
    files: &[ReadFile],
    manifests: &[(String, ManifestFacts)],
    excluded: &[(&str, &'static str)],
) -> Vec<Leading> {
    let mut packages: FxHashMap<(&str, &str), Vec<Fragment>> = FxHashMap::default();
    for file in files {
        if let Some(package) = file.facts.package() {
            packages
                .entry((folder(&file.path), &file.facts.grammar))
                .or_insert(package);
        }
    }
    let stand_ins: Vec<(&str, FileFacts)> = excluded
        .iter()
        .map(|(path, grammar)| {
            let package = packages.get(&(folder(path), *grammar)).map(Vec::as_slice);
            (*path, FileFacts::stand_in(grammar, package))
        })
        .collect();
    let known = files.iter().map(|file| (file.path.as_str(), &*file.facts));
    let all: Vec<(&str, &FileFacts)> = known
        .chain(stand_ins.iter().map(|(path, facts)| (*path, facts)))
        .collect();
    let manifests: Vec<(&str, &ManifestFacts)> = manifests.iter().map(|(path, facts)| (path.as_str(), facts)).collect();
    Workspace::with_stand_ins(&all, files.len(), &manifests).leading()
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
