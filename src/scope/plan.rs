//! What putting another scope into force would do, worked out before it is done.

use super::exception::ExceptionState;
use super::filter::PathDecision;
use super::{ListedRepo, RepoName, Scope, Tier};
use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

/// What is kept of a repository, for counting what would go.
pub trait Kept {
    /// Calls `visit` with each indexed path of a repository and the number of its symbols.
    fn files(&self, repo: &RepoName, visit: &mut dyn FnMut(&str, u64));
}

/// The difference between two scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Repositories that come, go or change, by name.
    pub repos: Vec<RepoChange>,
    /// Parts of the file that change without touching a single repository.
    pub parts: Vec<&'static str>,
    /// Whether some of it needs running servers to be started again.
    pub restart: bool,
}

/// What becomes of one repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepoChange {
    /// Its name.
    pub name: RepoName,
    /// In a word.
    pub change: Change,
    /// The tier before and after.
    pub tier: (Option<Tier>, Option<Tier>),
    /// Indexed paths that become excluded, in their order.
    pub excluded: Vec<String>,
    /// How many symbols are purged.
    pub symbols: u64,
    /// People who may be told about it from then on, as far as its host agrees.
    pub gain: Vec<String>,
    /// People who may no longer.
    pub lose: Vec<String>,
    /// What else of its entry changes.
    pub fields: Vec<&'static str>,
    /// Whether its names are told in clear from then on, where its tier tells pseudonyms.
    pub names_in_clear: bool,
}

/// What becomes of a repository, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It is approved from then on.
    In,
    /// It is not approved any more: everything kept of it is purged.
    Out,
    /// The name means a repository at another place: everything kept of the old one is purged.
    Moved,
    /// It stays, under other rules.
    Changed,
}

/// Everybody the host lets read a repository, in the list of who gains or loses.
pub const EVERYBODY: &str = "everybody who can read it at its host";

impl Plan {
    /// Works out what putting `after` into force would do. Without `before`, nothing was in force.
    pub fn of(before: Option<&Scope>, after: &Scope, kept: &dyn Kept, now: SystemTime) -> Self {
        let listed = |scope: Option<&Scope>| -> BTreeSet<RepoName> {
            let repos = scope.into_iter().flat_map(Scope::repos);
            repos.map(|repo| repo.name().clone()).collect()
        };
        let names: BTreeSet<RepoName> = listed(before).union(&listed(Some(after))).cloned().collect();
        let by_name = |scope: Option<&Scope>| -> BTreeMap<RepoName, ListedRepo> {
            let repos = scope.into_iter().flat_map(Scope::repos);
            repos.map(|repo| (repo.name().clone(), repo.clone())).collect()
        };
        let (old, new) = (by_name(before), by_name(Some(after)));
        let repos = names.iter().filter_map(|name| {
            let old = before.zip(old.get(name));
            let new = new.get(name).map(|repo| (after, repo));
            change(name, old, new, kept, now)
        });
        Self {
            repos: repos.collect(),
            parts: before.map_or_else(Vec::new, |before| parts(before, after)),
            restart: before.is_some_and(|before| needs_restart(before, after)),
        }
    }

    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        self.repos.is_empty() && self.parts.is_empty()
    }

    /// How many symbols would be purged.
    pub fn symbols(&self) -> u64 {
        self.repos.iter().map(|repo| repo.symbols).sum()
    }
}

impl Change {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
            Self::Moved => "moved",
            Self::Changed => "changed",
        }
    }
}

/// Whether a running server goes on as it was started in some respect: the addresses and clients of `[server]`, and whether people log in at
/// all. Hosts themselves are followed.
pub fn needs_restart(before: &Scope, after: &Scope) -> bool {
    before.server != after.server || before.hosts.is_empty() != after.hosts.is_empty()
}

type Entry<'a> = Option<(&'a Scope, &'a ListedRepo)>;

fn change(name: &RepoName, old: Entry<'_>, new: Entry<'_>, kept: &dyn Kept, now: SystemTime) -> Option<RepoChange> {
    let approved = |entry: Entry<'_>| entry.is_some_and(|(_, repo)| repo.tier != Tier::Restricted);
    let kind = match (approved(old), approved(new)) {
        (false, false) if tiers(old) == tiers(new) => return None,
        (false, true) => Change::In,
        (true, false) => Change::Out,
        (true, true) if places(old) != places(new) => Change::Moved,
        _ => Change::Changed,
    };
    let mut out = RepoChange {
        name: name.clone(),
        change: kind,
        tier: (tiers(old), tiers(new)),
        excluded: Vec::new(),
        symbols: 0,
        gain: Vec::new(),
        lose: Vec::new(),
        fields: Vec::new(),
        names_in_clear: new.is_some_and(|(_, repo)| repo.told.names_in_clear),
    };
    match (kind, old, new) {
        (Change::Out | Change::Moved, ..) => kept.files(name, &mut |_, symbols| out.symbols += symbols),
        (Change::Changed, Some((_, was)), Some((_, is))) => {
            out.fields = fields(was, is);
            if out.fields.contains(&"exclude") {
                kept.files(name, &mut |path, symbols| {
                    if is.filter.decide(path) != PathDecision::Approved {
                        out.excluded.push(path.to_owned());
                        out.symbols += symbols;
                    }
                });
            }
        }
        _ => (),
    }
    let (was, is) = (circle(old, now), circle(new, now));
    out.gain = is.difference(&was).cloned().collect();
    out.lose = was.difference(&is).cloned().collect();
    let same = kind == Change::Changed
        && out.tier.0 == out.tier.1
        && out.fields.is_empty()
        && out.gain.is_empty()
        && out.lose.is_empty();
    (!same).then_some(out)
}

fn tiers(entry: Entry<'_>) -> Option<Tier> {
    entry.map(|(_, repo)| repo.tier)
}

fn places(entry: Entry<'_>) -> Option<String> {
    entry.map(|(_, repo)| format!("{} {}", repo.location, repo.reference))
}

/// Who may be told about a repository, as far as the scope says.
fn circle(entry: Entry<'_>, now: SystemTime) -> BTreeSet<String> {
    let Some((scope, repo)) = entry.filter(|(_, repo)| repo.tier != Tier::Restricted) else {
        return BTreeSet::new();
    };
    let Some(readers) = &repo.readers else {
        return BTreeSet::from([EVERYBODY.to_owned()]);
    };
    let active = scope
        .exceptions()
        .iter()
        .filter(|exception| exception.repo == repo.name && exception.state(now) == ExceptionState::Active);
    let lists = [&readers[..]]
        .into_iter()
        .chain(active.map(|exception| &exception.who[..]));
    lists
        .flat_map(|list| scope.people().members(list))
        .map(ToString::to_string)
        .collect()
}

/// What differs between two entries of one repository, beside its tier.
fn fields(was: &ListedRepo, is: &ListedRepo) -> Vec<&'static str> {
    // Exhaustive on purpose: a field added to an entry is a question asked here.
    let ListedRepo {
        name: _,
        tier: _,
        owner,
        location,
        reference,
        credential,
        max_file_bytes,
        history,
        filter,
        host,
        readers,
        review_by,
        retention,
        told,
        place: _,
    } = is;
    let mut out = Vec::new();
    let mut note = |differs: bool, field| {
        if differs {
            out.push(field);
        }
    };
    note(was.owner != *owner, "owner");
    note(was.location != *location, "place");
    note(was.reference != *reference, "reference");
    note(was.credential != *credential, "credential");
    note(was.max_file_bytes != *max_file_bytes, "max_file_bytes");
    note(was.history != *history, "history");
    note(!was.filter.rules().eq(filter.rules()), "exclude");
    note(was.host != *host, "host");
    note(was.readers != *readers, "readers");
    note(was.review_by != *review_by, "review_by");
    note(was.retention != *retention, "retention");
    note(was.told.lowered != told.lowered, "tiers");
    note(was.told.names_in_clear != told.names_in_clear, "names");
    out
}

fn parts(before: &Scope, after: &Scope) -> Vec<&'static str> {
    let Scope {
        digest: _,
        repos: _,
        hosts,
        server,
        people,
        exceptions,
        expectations,
        organisation,
        clients,
        audit,
        tiers,
        signers,
    } = after;
    let mut out = Vec::new();
    let mut note = |differs: bool, part| {
        if differs {
            out.push(part);
        }
    };
    note(before.hosts != *hosts, "host");
    note(before.server != *server, "server");
    note(before.people != *people, "teams and roles");
    note(before.exceptions != *exceptions, "exceptions");
    note(before.expectations != *expectations, "tests");
    note(before.organisation != *organisation, "organisation");
    note(before.clients != *clients, "clients");
    note(before.audit != *audit, "audit");
    note(before.tiers != *tiers, "tiers");
    note(before.signers != *signers, "changes");
    out
}
