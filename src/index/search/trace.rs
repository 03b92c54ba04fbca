//! What ranking asks of a path whatever the query, worked out when it is first asked.

use super::damping::Role;
use crate::extraction::words;
use crate::index::traits::{Traits, compact};
use crate::index::view::FileEntry;
use crate::index::weigh::stem_of;
use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher as _;

/// A path as ranking sees it.
#[derive(Clone, Copy, Debug)]
pub(in crate::index) struct Trace {
    pub(super) role: Role,
    /// The marks of the stems of its words, and of its name as one word.
    marks: Marks,
    /// The hash of its name without case and separators.
    name: u32,
}

impl Trace {
    /// The trace of a file's path, remembered with the file.
    pub(super) fn of_file(file: &FileEntry) -> &Self {
        file.trace.get_or_init(|| Self::of(&file.path, file.traits))
    }

    fn of(path: &str, traits: Traits) -> Self {
        let (folders, stem) = stem_of(path);
        let (mut marks, name) = (Marks::default(), compact(stem));
        for part in folders.into_iter().chain([stem]) {
            words::split(part, |word| marks.add(&words::stem(word)));
        }
        marks.add(&words::stem(&name));
        Self {
            role: Role::of_file(path, traits),
            marks,
            name: hash(&name) as u32,
        }
    }

    /// Whether the path may hold a word with one of the stems in `marks`. If not, it holds none.
    pub(super) fn may_hold(&self, marks: &Marks) -> bool {
        self.marks.0.iter().zip(marks.0).any(|(a, b)| a & b != 0)
    }

    /// Whether its name may be `compact`, which is without case and separators. If not, it is another.
    pub(super) fn may_be_named(&self, compact: &str) -> bool {
        self.name == hash(compact) as u32
    }
}

/// A few bits that tell most sets of stems apart.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Marks([u64; 2]);

impl Marks {
    pub(super) fn add(&mut self, stem: &str) {
        let bit = hash(stem) >> 57;
        self.0[(bit / 64) as usize] |= 1 << (bit % 64);
    }
}

fn hash(text: &str) -> u64 {
    FxBuildHasher.hash_one(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_hold_what_it_holds() {
        let trace = Trace::of("crates/parsers/http_server.rs", Traits(0));
        let may = |stem: &str| {
            let mut marks = Marks::default();
            marks.add(stem);
            trace.may_hold(&marks)
        };
        for held in ["crates", "parsers", "http", "server", "httpserver"] {
            assert!(may(&words::stem(held)), "{held}");
        }
        let others = ["open", "file", "write", "token", "stream", "queue", "socket", "retry"];
        assert!(others.iter().filter(|word| may(&words::stem(word))).count() < 3);
        assert!(trace.may_be_named("httpserver"));
        assert!(!trace.may_be_named("http"));
    }
}
