//! The words by which files and symbols are found, each with its weight.
//!
//! BM25F is computed up to the inverse document frequency when a row is written: the weight of a word is `tf / (tf + k1)`, where `tf` sums
//! its occurrences over the fields, each occurrence weighed by the field and divided by the field's length norm. Rounded to [`LEVELS`] steps
//! it becomes the frequency of the word's posting, so a query reads one posting list per word, whatever the number of fields.

use super::coded::{Coded, number, number_text};
use super::row::{FileRow, SymbolRow};
use super::traits::compact;
use crate::extraction::words::{self, WordKey};
use rustc_hash::FxHashMap;

/// How finely a weight is kept.
pub(super) const LEVELS: u32 = 15;

/// How the occurrences of a word in a field count.
struct Field {
    weight: f32,
    /// How much a field longer than `usual` is discounted, from 0 to 1.
    b: f32,
    /// Words in a field of ordinary length.
    usual: f32,
}

const fn field(weight: f32, b: f32, usual: f32) -> Field {
    Field { weight, b, usual }
}

mod symbol {
    use super::{Field, field};
    pub(super) const K1: f32 = 1.2;
    pub(super) const NAME: Field = field(3.0, 0.4, 3.0);
    pub(super) const CONTAINER: Field = field(1.0, 0.4, 3.0);
    pub(super) const SIGNATURE: Field = field(0.7, 0.5, 12.0);
    pub(super) const SUMMARY: Field = field(1.5, 0.4, 10.0);
    pub(super) const DOCUMENTATION: Field = field(0.8, 0.5, 30.0);
    pub(super) const MEMBERS: Field = field(0.7, 0.5, 12.0);
    pub(super) const BODY: Field = field(0.7, 0.5, 40.0);
}

mod file {
    use super::{Field, field};
    pub(super) const K1: f32 = 4.5;
    pub(super) const PATH: Field = field(5.0, 0.3, 6.0);
    pub(super) const NAMES: Field = field(3.0, 0.6, 60.0);
    pub(super) const DOCUMENTATION: Field = field(0.5, 0.3, 150.0);
    pub(super) const BODY: Field = field(1.0, 0.6, 600.0);
}

/// Turns words into the hashes of their stems, remembering those it has seen.
pub(super) struct Hasher {
    key: WordKey,
    known: FxHashMap<String, u32>,
    stems: FxHashMap<String, String>,
}

impl Hasher {
    pub(super) fn new(key: WordKey) -> Self {
        Self {
            key,
            known: FxHashMap::default(),
            stems: FxHashMap::default(),
        }
    }

    /// The hash of a word's stem.
    pub(super) fn hash(&mut self, word: &str) -> u32 {
        if let Some(&hash) = self.known.get(word) {
            return hash;
        }
        let hash = self.key.hash(&words::stem(word));
        self.known.insert(word.to_owned(), hash);
        hash
    }

    /// The stem of a word of a name.
    pub(super) fn stem(&mut self, word: &str) -> &str {
        if !self.stems.contains_key(word) {
            self.stems.insert(word.to_owned(), words::stem(word));
        }
        &self.stems[word]
    }

    fn text(&mut self, text: &str, into: &mut Vec<u32>) {
        words::split(text, |word| into.push(self.hash(word)));
    }

    /// The words of a name and, if there are several, the name as one word.
    fn name(&mut self, name: &str, into: &mut Vec<u32>) {
        let before = into.len();
        self.text(name, into);
        if into.len() > before + 1 {
            into.push(self.hash(&compact(name)));
        }
    }
}

/// The words of one file, computed once for the file and its symbols.
pub(super) struct Words<'a> {
    hasher: &'a mut Hasher,
    file: Bag,
    /// What the symbols so far say of the file: names, prose, the words of signatures and bodies.
    names: Vec<u32>,
    prose: Vec<u32>,
    body: Vec<u32>,
}

impl<'a> Words<'a> {
    /// Begins a file.
    pub(super) fn new(hasher: &'a mut Hasher, row: &FileRow) -> Self {
        let mut file = Bag::default();
        let mut path = Vec::new();
        let (folders, stem) = stem_of(&row.path);
        hasher.name(stem, &mut path);
        path.extend_from_within(..);
        for folder in folders {
            hasher.name(folder, &mut path);
        }
        file.add(&file::PATH, &path);
        Self {
            hasher,
            file,
            names: Vec::new(),
            prose: Vec::new(),
            body: row.vocabulary.clone(),
        }
    }

    /// The weighed words of a symbol, which count for its file too.
    pub(super) fn of_symbol(&mut self, row: &FileRow, symbol: &SymbolRow, members: &[&str]) -> String {
        let mut bag = Bag::default();
        let (mut list, mut signature, mut prose) = (Vec::new(), Vec::new(), Vec::new());
        self.hasher.text(symbol.signature.expose(), &mut signature);
        bag.add(&symbol::SIGNATURE, &signature);
        self.hasher.text(symbol.summary.expose(), &mut prose);
        let summary = prose.len();
        self.hasher.text(symbol.documentation.expose(), &mut prose);
        bag.add(&symbol::SUMMARY, &prose[..summary]);
        bag.add(&symbol::DOCUMENTATION, &prose[summary..]);
        self.hasher.name(symbol.name.expose(), &mut list);
        bag.add(&symbol::NAME, &list);
        // Where a tier withholds contracts, nothing else may be found by their names.
        if !symbol.kind.is_contract() {
            self.names.extend_from_slice(&list);
            self.prose.extend_from_slice(&prose);
            self.body.extend_from_slice(&signature);
            self.body.extend_from_slice(&symbol.vocabulary);
        }
        let container = symbol.container.and_then(|at| row.symbols.get(at as usize));
        let container = container.map(|container| container.name.expose());
        for (field, names) in [(&symbol::CONTAINER, container.as_slice()), (&symbol::MEMBERS, members)] {
            list.clear();
            names.iter().for_each(|name| self.hasher.name(name, &mut list));
            bag.add(field, &list);
        }
        bag.add(&symbol::BODY, &symbol.vocabulary);
        bag.finish(symbol::K1)
    }

    /// The weighed words of a passage.
    pub(super) fn of_passage(vocabulary: &[u32]) -> String {
        let mut bag = Bag::default();
        bag.add(&symbol::BODY, vocabulary);
        bag.finish(symbol::K1)
    }

    /// The weighed words of the file as a whole, once those of all its symbols were asked for.
    pub(super) fn of_file(mut self, row: &FileRow) -> String {
        row.passages
            .iter()
            .for_each(|passage| self.body.extend_from_slice(&passage.vocabulary));
        self.file.add(&file::NAMES, &self.names);
        self.file.add(&file::DOCUMENTATION, &self.prose);
        self.file.add(&file::BODY, &self.body);
        self.file.finish(file::K1)
    }
}

/// The last three folders of a path and its stem. A stem that says nothing gives way to the folder's name.
pub(super) fn stem_of(path: &str) -> (Vec<&str>, &str) {
    const GENERIC: [&str; 7] = ["mod", "index", "__init__", "lib", "main", "init", "package"];
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.split('.').find(|part| !part.is_empty()).unwrap_or(name);
    let all: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    let folders = all[all.len().saturating_sub(3)..].to_vec();
    match folders.last() {
        Some(&last) if GENERIC.contains(&stem) && last != "src" => (folders, last),
        _ => (folders, stem),
    }
}

/// Words with the sum of their weighed occurrences.
#[derive(Default)]
struct Bag(FxHashMap<u32, f32>);

impl Bag {
    fn add(&mut self, field: &Field, words: &[u32]) {
        let norm = 1.0 - field.b + field.b * words.len() as f32 / field.usual;
        let each = field.weight / norm;
        for &word in words {
            *self.0.entry(word).or_default() += each;
        }
    }

    fn finish(self, k1: f32) -> String {
        let mut list: Vec<(u32, f32)> = self.0.into_iter().collect();
        list.sort_unstable_by_key(|&(word, _)| word);
        let mut coded = Coded::default();
        for (word, tf) in list {
            let level = (tf / (tf + k1) * LEVELS as f32).round().max(1.0);
            coded.add(number_text(&number(word)), level as u32);
        }
        coded.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generic_stem_gives_way_to_its_folder() {
        assert_eq!(
            stem_of("crates/core/flags/mod.rs"),
            (vec!["crates", "core", "flags"], "flags")
        );
        assert_eq!(stem_of("a/b/c/d/router.test.ts"), (vec!["b", "c", "d"], "router"));
        assert_eq!(stem_of("src/main.rs"), (vec!["src"], "main"));
        assert_eq!(stem_of(".eslintrc.js"), (vec![], "eslintrc"));
    }
}
