//! Which repositories of an answer are told by pseudonyms, and with which words.

use super::policy::{Policy, Telling, WITHHELD};
use super::pseudonym::{Keyring, Lexicon, OwnWords};
use super::{Own, Source};
use crate::index::RepoView;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// The lexicons of repositories, each made once for a generation of its index.
pub struct Pseudonyms {
    keys: Keyring,
    own: OwnWords,
    made: Mutex<BTreeMap<String, Made>>,
}

struct Made {
    commit: String,
    generation: u64,
    own: OwnWords,
    lexicon: Arc<Lexicon>,
}

impl Pseudonyms {
    /// Makes pseudonyms with these keys; `own` are names of the organisation that consist of public words.
    pub fn new(keys: Keyring, own: OwnWords) -> Self {
        Self {
            keys,
            own,
            made: Mutex::default(),
        }
    }

    /// The lexicon of a repository as it is indexed now; `named` are the words that the scope lists.
    pub(crate) fn lexicon(&self, view: &RepoView, named: &OwnWords) -> Arc<Lexicon> {
        let generation = view.generation();
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = made.get(view.name())
            && found.generation == generation.number
            && found.commit == generation.info.commit
            && found.own == *named
        {
            return Arc::clone(&found.lexicon);
        }
        let words = view.clone();
        let lexicon = Arc::new(Lexicon::new(self.keys.clone(), self.own.and(named), move |each| {
            each_name(&words, each);
        }));
        made.insert(
            view.name().to_owned(),
            Made {
                commit: generation.info.commit.clone(),
                generation: generation.number,
                own: named.clone(),
                lexicon: Arc::clone(&lexicon),
            },
        );
        lexicon
    }
}

impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pseudonyms").finish_non_exhaustive()
    }
}

/// Hands over every text of a repository that an answer may quote. A file that cannot be read has nothing to tell.
fn each_name(view: &RepoView, each: &mut dyn FnMut(&str)) {
    for (path, facts) in &view.generation().info.packages.files {
        each(path);
        let required = facts.requires.iter().flat_map(|it| [&it.package.name, &it.alias]);
        let locked = facts.locked.iter().map(|it| &it.name);
        let own = facts.provides.iter().map(|it| &it.name).chain([&facts.module]);
        required.chain(locked).chain(own).for_each(|name| each(name.expose()));
    }
    for summary in view.files() {
        each(summary.path);
        let Ok(Some(file)) = view.file(summary.path) else {
            continue;
        };
        for (module, _, _) in file.imports() {
            each(module.expose());
        }
        for symbol in file.symbols() {
            each(symbol.name().expose());
            each(symbol.signature().expose());
            for step in symbol.outline() {
                step.names.iter().for_each(|name| each(name));
            }
        }
    }
}

/// The lexicons of one answer.
pub(crate) struct Veil<'a> {
    repos: Vec<(&'a str, Option<&'a Arc<Lexicon>>)>,
    /// What the tier of each repository tells, in the same order.
    policies: Vec<Policy>,
    own: Option<&'a Own>,
    replaced: Cell<u32>,
    redacted: Cell<u32>,
    /// Whether the item in hand was found to be one of a repository told in clear.
    in_clear: Cell<bool>,
}

impl<'a> Veil<'a> {
    pub(super) fn of(sources: &'a [Source<'_>]) -> Self {
        Self {
            repos: sources
                .iter()
                .map(|it| (it.grant.repo().name().as_str(), it.lexicon.as_ref()))
                .collect(),
            policies: sources.iter().map(|it| Policy::of_repo(it.grant.repo())).collect(),
            own: sources.first().map(|it| &*it.own),
            replaced: Cell::new(0),
            redacted: Cell::new(0),
            in_clear: Cell::new(false),
        }
    }

    /// Replaces the own words of a handle behind the name of its repository, and those of the texts that belong to it.
    pub(crate) fn item<'t>(&self, handle: &mut String, texts: impl IntoIterator<Item = &'t mut String>) {
        let Some(lexicon) = self.lexicon(handle) else {
            self.in_clear.set(true);
            return;
        };
        let name = self.repo(handle).map_or(0, |(name, _)| name.len());
        let tail = lexicon.hide(&handle[name..]);
        handle.truncate(name);
        handle.push_str(&tail.text);
        self.replaced.set(self.replaced.get() + tail.replaced);
        for text in texts {
            self.hide(lexicon, text);
        }
    }

    /// Drops the lines of what a handle names where a tier keeps them back.
    pub(crate) fn lines<T>(&self, handle: &str, lines: &mut Vec<T>) {
        if !self.tells(handle, |policy| policy.lines) {
            lines.clear();
        }
    }

    /// The same for one line; a tier that keeps it back tells 0.
    pub(crate) fn line(&self, handle: &str, line: &mut u32) {
        if !self.tells(handle, |policy| policy.lines) {
            *line = 0;
        }
    }

    /// The same for the first and the last line.
    pub(crate) fn span(&self, handle: &str, span: &mut [u32; 2]) {
        span.iter_mut().for_each(|line| self.line(handle, line));
    }

    /// Takes out the kind of what a handle names where a tier keeps it back.
    pub(crate) fn kind(&self, handle: &str, kind: &mut String) {
        if !kind.is_empty() && !self.tells(handle, |policy| policy.kinds) {
            WITHHELD.clone_into(kind);
        }
    }

    /// Whether a field is shown; where nothing says whose the handle is, every repository of the answer has to show it.
    fn tells(&self, handle: &str, field: impl Fn(&Policy) -> Telling) -> bool {
        let whose = self.repos.iter().position(|(name, _)| belongs(handle, name));
        match whose.and_then(|at| self.policies.get(at)) {
            Some(policy) => field(policy).is_shown(),
            None => self.policies.iter().all(|policy| field(policy).is_shown()),
        }
    }

    /// The lexicon for what a handle names; a handle without a repository belongs to the only one of the answer.
    pub(crate) fn lexicon(&self, handle: &str) -> Option<&'a Lexicon> {
        match (self.repo(handle), self.repos.as_slice()) {
            (Some((_, lexicon)), _) => lexicon.map(AsRef::as_ref),
            (None, [(_, lexicon)]) => lexicon.map(AsRef::as_ref),
            // Nothing says whose it is: told like the most careful of them.
            _ => self.repos.iter().find_map(|(_, lexicon)| *lexicon).map(AsRef::as_ref),
        }
    }

    pub(crate) fn hide(&self, lexicon: &Lexicon, text: &mut String) {
        let hidden = lexicon.hide(text);
        *text = hidden.text;
        self.replaced.set(self.replaced.get() + hidden.replaced);
    }

    /// Takes the organisation's own words out of prose, at every tier.
    pub(crate) fn prose(&self, text: &mut String) {
        let found = self.own.map_or(0, |own| own.redact_prose(text));
        self.redacted.set(self.redacted.get() + found);
    }

    fn repo(&self, handle: &str) -> Option<(&'a str, Option<&'a Arc<Lexicon>>)> {
        self.repos.iter().copied().find(|(name, _)| belongs(handle, name))
    }

    /// Whether any repository of the answer is told by pseudonyms.
    pub(super) fn is_drawn(&self) -> bool {
        self.repos.iter().any(|(_, lexicon)| lexicon.is_some())
    }

    pub(super) fn replaced(&self) -> u32 {
        self.replaced.get()
    }

    pub(super) fn redacted(&self) -> u32 {
        self.redacted.get()
    }

    /// Whether the item handed in since the last question was told in clear.
    pub(super) fn was_in_clear(&self) -> bool {
        self.in_clear.replace(false)
    }
}

/// Whether a handle names something of this repository, or the repository itself.
fn belongs(handle: &str, repo: &str) -> bool {
    let rest = handle.strip_prefix(repo);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '#']))
}

impl fmt::Debug for Veil<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Veil").finish_non_exhaustive()
    }
}
