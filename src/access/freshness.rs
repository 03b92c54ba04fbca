//! What hosts have said, and how old it is: a soft bound to ask anew behind, a hard bound past which it is worth nothing.

use super::{Asked, Change, Clock, CodeAccess, Subject};
use crate::scope::{ApprovedRepo, Bounds, Tier};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// A person and a repository, by ids that stay.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) host: String,
    pub(super) subject: String,
    pub(super) about: About,
}

/// What was asked about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum About {
    /// An approved repository of the host, by its id there.
    Repo(String),
    /// A name that a person has asked for and not been told about, whether or not anything has it.
    Name(String),
    /// A group of the host.
    Group(String),
}

/// What is known at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Readable, and fresh.
    Readable { checked_at: SystemTime },
    /// Readable, and due to be asked for behind.
    Aging { checked_at: SystemTime },
    /// Refused a moment ago.
    Denied,
    /// Nothing that may be relied on; `lapsed` if it was readable the last time.
    Nothing { lapsed: bool },
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    access: CodeAccess,
    checked_at: SystemTime,
}

/// More entries than this are not kept; the oldest go first.
const MOST_ENTRIES: usize = 100_000;
/// When something that lapsed is no longer missed.
const MISSED: Duration = Duration::from_secs(900);

/// The memory of one process.
#[derive(Debug)]
pub(super) struct Freshness {
    clock: Clock,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    entries: HashMap<Key, Entry>,
    /// Counts the changes that were applied, so that an answer from before one is not taken for one from after it.
    generation: u64,
}

impl Freshness {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            held: Mutex::default(),
        }
    }

    /// What is known about a repository of this tier.
    pub(super) fn known(&self, key: &Key, bounds: &Bounds, tier: Tier, asked: Asked) -> Known {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Entry { access, checked_at }) = held.entries.get(key).copied() else {
            return Known::Nothing { lapsed: false };
        };
        // A clock that was set back makes everything old.
        let Some(age) = self.clock.since(checked_at) else {
            return Known::Nothing { lapsed: false };
        };
        let (hard, soft) = (bounds.hard(tier), bounds.soft(tier));
        match access {
            CodeAccess::Readable if age < soft => Known::Readable { checked_at },
            CodeAccess::Readable if age < hard => Known::Aging { checked_at },
            CodeAccess::Readable => Known::Nothing {
                lapsed: age < hard + MISSED,
            },
            // To refuse for longer costs nobody's secrets; a person who was let in just now names the repository.
            CodeAccess::Denied if asked == Asked::WithAll && age < hard.max(bounds.negative) => Known::Denied,
            CodeAccess::Denied => Known::Nothing { lapsed: false },
        }
    }

    /// Whether this name was refused to this person a moment ago.
    pub(super) fn refused(&self, key: &Key, bounds: &Bounds) -> bool {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = held.entries.get(key);
        entry
            .and_then(|entry| self.clock.since(entry.checked_at))
            .is_some_and(|age| age < bounds.negative)
    }

    pub(super) fn generation(&self) -> u64 {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).generation
    }

    /// Keeps an answer to a question that was sent at `checked_at`, unless something has changed since.
    pub(super) fn keep(&self, key: Key, access: CodeAccess, checked_at: SystemTime, generation: u64) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.generation != generation {
            return;
        }
        if held.entries.len() >= MOST_ENTRIES {
            held.shed();
        }
        held.entries.insert(key, Entry { access, checked_at });
    }

    /// Forgets what a change is about.
    pub(super) fn forget(&self, change: &Change) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.generation += 1;
        held.entries.retain(|key, _| !key.is_touched(change));
    }
}

impl Held {
    /// Drops the older half.
    fn shed(&mut self) {
        let mut times: Vec<SystemTime> = self.entries.values().map(|entry| entry.checked_at).collect();
        times.sort_unstable();
        if let Some(middle) = times.get(times.len() / 2).copied() {
            self.entries.retain(|_, entry| entry.checked_at > middle);
        }
    }
}

impl Key {
    /// The key of an approved repository, if it is at the person's own host.
    pub(super) fn of(subject: &Subject, repo: &ApprovedRepo) -> Option<Self> {
        let binding = repo.host().filter(|binding| binding.host == subject.issuer)?;
        Some(Self {
            host: subject.issuer.clone(),
            subject: subject.id.clone(),
            about: About::Repo(binding.id.clone()),
        })
    }

    /// The key of a name.
    pub(super) fn name(subject: &Subject, name: &str) -> Self {
        Self {
            host: subject.issuer.clone(),
            subject: subject.id.clone(),
            about: About::Name(name.to_owned()),
        }
    }

    /// The key of a group.
    pub(super) fn group(subject: &Subject, group: &str) -> Self {
        Self {
            host: subject.issuer.clone(),
            subject: subject.id.clone(),
            about: About::Group(group.to_owned()),
        }
    }

    fn is_touched(&self, change: &Change) -> bool {
        match change {
            Change::Subject { host, id } => self.host == *host && self.subject == *id,
            // What a name was refused for is not told apart, so every refusal of the host goes.
            Change::Repo { host, id } => {
                self.host == *host
                    && match &self.about {
                        About::Repo(own) => own == id,
                        About::Name(_) | About::Group(_) => true,
                    }
            }
            Change::Host(host) => self.host == *host,
            Change::All => true,
        }
    }
}
