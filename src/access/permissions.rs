//! The decision: in scope, of a tier that is answered, readable says the host, and said so within the bound.
//!
//! The host is asked as the person. There is no way around it for anybody: no administrator, no public repository, no cached list.

use super::freshness::{Freshness, Key, Known};
use super::listing::Listing;
use super::logins::LoginFault;
use super::setup::Setup;
use super::single_flight::{Gate, SingleFlight};
use super::webhook::{HeaderOf, WebhookFault};
use super::{
    AccessState, Asked, Change, Check, Clock, CodeAccess, CodeHost, Hold, HostError, HostToken, Listed, Logins,
    Memberships, News, RepoHost, Subject, TokensUnavailable, Verdict, Withheld,
};
use crate::scope::{ApprovedRepo, Bounds, HostTeam, Scope, Tier};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, SystemTime};

/// How many questions are under way at once, over all callers.
const AT_ONCE: usize = 32;
/// How many questions of one call are under way at once.
const AT_ONCE_PER_CALL: usize = 16;
/// How many questions are asked behind at once.
const BEHIND: usize = 8;
/// From how many repositories on it is worth asking the host for its list of them.
const WORTH_A_LISTING: usize = 10;
/// How long a host that did not answer a person is not asked again for them.
const PAUSE: Duration = Duration::from_secs(5);

/// What the hosts of the scope file permit, asked as the person and remembered for a bounded time.
///
/// Cheap to clone; clones share what they know.
#[derive(Clone)]
pub struct Permissions(Arc<Inner>);

struct Inner {
    logins: Arc<Logins>,
    /// Replaced whole; a call keeps to the one it began with.
    setup: RwLock<Arc<Setup>>,
    state: Arc<dyn AccessState>,
    clock: Clock,
    freshness: Freshness,
    flights: SingleFlight<Key, Asking>,
    gate: Gate,
    /// What is being asked for anew while an older answer is served.
    behind: Mutex<HashSet<Key>>,
    /// Hosts that did not answer a person, and until when they are left alone.
    silent: Mutex<HashMap<Subject, SystemTime>>,
    /// The last change that was applied, and what is on hold.
    news: Mutex<News>,
    /// Who is told when a host says something else than before.
    turned: OnceLock<Turned>,
}

/// Takes what a host says now of a right that it said something else of before.
type Turned = Box<dyn Fn(&Check) + Send + Sync>;

/// What came of asking a host.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Asking {
    Said { access: CodeAccess, checked_at: SystemTime },
    Silent,
    LoggedOut,
}

/// A person who may ask at all, and the rules their answers are under.
struct Asker<'a> {
    inner: &'a Arc<Inner>,
    host: Arc<dyn CodeHost>,
    bounds: Bounds,
    subject: &'a Subject,
    holds: Vec<Hold>,
}

impl Permissions {
    /// Permissions at the hosts of `scope`. A secret that is named and cannot be had is an error.
    pub fn new(
        scope: &Scope,
        logins: Arc<Logins>,
        state: Arc<dyn AccessState>,
        clock: Clock,
    ) -> Result<Self, HostError> {
        let setup = Setup::first(scope, &logins, &clock)?;
        Ok(Self(Arc::new(Inner {
            logins,
            setup: RwLock::new(Arc::new(setup)),
            state,
            freshness: Freshness::new(clock.clone()),
            clock,
            flights: SingleFlight::default(),
            gate: Gate::new(AT_ONCE),
            behind: Mutex::default(),
            silent: Mutex::default(),
            news: Mutex::default(),
            turned: OnceLock::new(),
        })))
    }

    /// From now on tells `turned` of rights that came and went, before anything is answered because of them. Only the first one is told.
    pub fn tell(&self, turned: impl Fn(&Check) + Send + Sync + 'static) {
        drop(self.0.turned.set(Box::new(turned)));
    }

    /// Takes a webhook of `host`: a signed word that something has changed. Returns what is asked for anew because of it.
    pub fn webhook(&self, host: &str, header: HeaderOf<'_>, body: &[u8]) -> Result<Vec<Change>, WebhookFault> {
        let setup = self.0.setup();
        let webhook = setup.host(host).and_then(|it| it.webhook());
        let webhook = webhook.ok_or(WebhookFault::Unexpected)?;
        let delivery = webhook.check(header, body)?;
        for change in &delivery.changes {
            self.0.freshness.forget(change);
            self.0.state.announce(change).map_err(|err| {
                tracing::error!(error = %err, host, "other processes could not be told of a webhook");
                WebhookFault::NotShared
            })?;
        }
        webhook.settle(&delivery);
        Ok(delivery.changes)
    }

    /// Ends a person's login, here and at the host, and what rested on it.
    pub fn sign_out(&self, subject: &Subject) -> Result<(), TokensUnavailable> {
        self.0.logins.sign_out(subject)?;
        self.changed(&Change::Subject {
            host: subject.issuer.clone(),
            id: subject.id.clone(),
        });
        Ok(())
    }

    /// Takes note, in every process, that permissions may have changed. It can only shorten what is relied on.
    pub fn changed(&self, change: &Change) {
        self.0.changed(change);
    }

    /// The logins it asks with.
    pub fn logins(&self) -> &Arc<Logins> {
        &self.0.logins
    }
}

impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permissions").finish_non_exhaustive()
    }
}

impl RepoHost for Permissions {
    fn now(&self) -> SystemTime {
        self.0.clock.now()
    }

    fn follow(&self, scope: &Scope) {
        self.0.follow(scope);
    }

    fn verdicts(&self, subject: &Subject, repos: &[&ApprovedRepo], asked: Asked) -> Vec<Verdict> {
        let asker = match Asker::admit(&self.0, subject) {
            Ok(asker) => asker,
            Err(why) => return repos.iter().map(|_| Verdict::Withheld(why.clone())).collect(),
        };
        let mut verdicts: Vec<Option<Verdict>> = repos.iter().map(|repo| asker.remembered(repo, asked)).collect();
        let open: Vec<usize> = (0..repos.len()).filter(|place| verdicts[*place].is_none()).collect();
        let listing = match asked {
            Asked::WithAll => asker.listing(open.iter().map(|place| repos[*place])),
            Asked::ByName => None,
        };
        for (place, verdict) in in_parallel(&open, |place| asker.verdict(repos[place], asked, listing.as_ref())) {
            verdicts[place] = Some(verdict);
        }
        let unasked = || Verdict::Withheld(Withheld::NotReadable);
        verdicts
            .into_iter()
            .map(|verdict| verdict.unwrap_or_else(unasked))
            .collect()
    }

    fn memberships(&self, subject: &Subject, teams: &[&HostTeam]) -> Memberships {
        let mut found = Memberships::default();
        let Ok(asker) = Asker::admit(&self.0, subject) else {
            return found;
        };
        for team in teams.iter().filter(|team| team.host == subject.issuer) {
            if let Some(until) = asker.in_group(&team.group) {
                found.until = Some(found.until.map_or(until, |other| other.min(until)));
                found.teams.push(team.name.clone());
            }
        }
        found
    }

    fn unknown(&self, subject: &Subject, name: &str) -> Withheld {
        Asker::admit(&self.0, subject).map_or_else(|why| why, |asker| asker.unknown(name))
    }
}

/// Answers several questions with a few threads, and in the caller's own if there is one only.
fn in_parallel<T: Send>(places: &[usize], answer: impl Fn(usize) -> T + Sync) -> Vec<(usize, T)> {
    if let [only] = places {
        return vec![(*only, answer(*only))];
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some(place) = places.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push((*place, answer(*place)));
        }
        done
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..places.len().min(AT_ONCE_PER_CALL))
            .map(|_| scope.spawn(work))
            .collect();
        // What a lost worker was asked stays unanswered, and what is unanswered is withheld.
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_default())
            .collect()
    })
}

impl<'a> Asker<'a> {
    /// Lets somebody ask who is not stopped, at a host louver knows.
    fn admit(inner: &'a Arc<Inner>, subject: &'a Subject) -> Result<Self, Withheld> {
        let holds = inner.catch_up().map_err(|err| {
            tracing::error!(error = %err, "nothing is answered while it is not known who is stopped");
            silent(subject, false)
        })?;
        let is_stopped = holds.iter().any(|hold| match hold {
            Hold::All => true,
            Hold::Subject { host, id } => *host == subject.issuer && *id == subject.id,
            Hold::Repo(_) => false,
        });
        if is_stopped {
            return Err(Withheld::Suspended);
        }
        let setup = inner.setup();
        let at = setup.host(&subject.issuer).ok_or(Withheld::NotReadable)?;
        let host = at.host().ok_or_else(|| silent(subject, false))?;
        Ok(Self {
            inner,
            host: Arc::clone(host),
            bounds: at.bounds().clone(),
            subject,
            holds,
        })
    }

    /// The repository's key, if there is anything to ask the host about it.
    fn key(&self, repo: &ApprovedRepo) -> Option<Key> {
        let is_stopped = self
            .holds
            .iter()
            .any(|hold| matches!(hold, Hold::Repo(name) if name == repo.name().as_str()));
        Key::of(self.subject, repo).filter(|_| !is_stopped)
    }

    /// The verdict that needs no question, if there is one.
    fn remembered(&self, repo: &ApprovedRepo, asked: Asked) -> Option<Verdict> {
        let Some(key) = self.key(repo) else {
            return (asked == Asked::WithAll).then_some(Verdict::Withheld(Withheld::NotReadable));
        };
        match self.inner.freshness.known(&key, &self.bounds, repo.tier(), asked) {
            Known::Readable { checked_at } => Some(self.readable(repo, checked_at)),
            Known::Aging { checked_at } => {
                self.ask_behind(&key, repo);
                Some(self.readable(repo, checked_at))
            }
            Known::Denied => Some(Verdict::Withheld(Withheld::NotReadable)),
            Known::Nothing { .. } => None,
        }
    }

    /// What the host lists to the person, if so many repositories are to be asked about that it saves questions.
    fn listing<'r>(&self, repos: impl Iterator<Item = &'r ApprovedRepo>) -> Option<Listing> {
        let keys = repos.filter_map(|repo| Some((self.key(repo)?, repo)));
        let wanted: Vec<&str> = keys.filter_map(|(_, repo)| Some(repo.host()?.id.as_str())).collect();
        if wanted.len() < WORTH_A_LISTING || self.host.identity_only() || self.inner.is_silent(self.subject) {
            return None;
        }
        let generation = self.inner.freshness.generation();
        let (paths, checked_at) = self.inner.list(&self.host, self.subject, &wanted)?;
        Some(Listing {
            paths,
            checked_at,
            generation,
        })
    }

    /// The verdict, for which the host is asked unless it has just been.
    fn verdict(&self, repo: &ApprovedRepo, asked: Asked, listing: Option<&Listing>) -> Verdict {
        let Some(key) = self.key(repo) else {
            return Verdict::Withheld(self.unknown(repo.name().as_str()));
        };
        let name = Key::name(self.subject, repo.name().as_str());
        if asked == Asked::ByName && self.inner.freshness.refused(&name, &self.bounds) {
            return Verdict::Withheld(Withheld::NotReadable);
        }
        let known = self.inner.freshness.known(&key, &self.bounds, repo.tier(), asked);
        let lapsed = known == Known::Nothing { lapsed: true };
        if self.inner.is_silent(self.subject) {
            return Verdict::Withheld(silent(self.subject, lapsed));
        }
        let generation = self.inner.freshness.generation();
        let ask = || self.inner.ask(&self.host, self.subject, &key, (repo, listing));
        let asking = if self.bounds.hard(repo.tier()).is_zero() {
            // Every call has a question of its own.
            ask()
        } else {
            self.inner.flights.ask(&key, ask).unwrap_or(Asking::Silent)
        };
        match asking {
            Asking::Said {
                access: CodeAccess::Readable,
                checked_at,
            } => self.readable(repo, checked_at),
            Asking::Said {
                access: CodeAccess::Denied,
                checked_at,
            } => {
                if asked == Asked::ByName {
                    let freshness = &self.inner.freshness;
                    freshness.keep(name, CodeAccess::Denied, checked_at, generation);
                }
                Verdict::Withheld(Withheld::NotReadable)
            }
            Asking::Silent => Verdict::Withheld(silent(self.subject, lapsed)),
            Asking::LoggedOut => Verdict::Withheld(logged_out(self.subject)),
        }
    }

    /// Why nothing is told about a name nothing has: found out the way it is for one that may not be read.
    fn unknown(&self, name: &str) -> Withheld {
        let inner = self.inner;
        let key = Key::name(self.subject, name);
        if inner.freshness.refused(&key, &self.bounds) {
            return Withheld::NotReadable;
        }
        if inner.is_silent(self.subject) {
            return silent(self.subject, false);
        }
        let generation = inner.freshness.generation();
        let ask = || {
            inner.ask_host(&self.host, self.subject, |token| {
                self.host.alive(token).map(|()| CodeAccess::Denied)
            })
        };
        match inner.flights.ask(&key, ask).unwrap_or(Asking::Silent) {
            Asking::Said { access, checked_at } => {
                inner.freshness.keep(key, access, checked_at, generation);
                Withheld::NotReadable
            }
            Asking::Silent => silent(self.subject, false),
            Asking::LoggedOut => logged_out(self.subject),
        }
    }

    /// Until when the host's word holds that the person is in the group. It is as fresh as the tier with the shortest bound wants.
    fn in_group(&self, group: &str) -> Option<SystemTime> {
        let inner = self.inner;
        let tier = Tier::ALL.into_iter().min_by_key(|tier| self.bounds.hard(*tier))?;
        // What a bound of nothing allows holds in the moment it was said.
        let until = |checked_at: SystemTime| checked_at + self.bounds.hard(tier) + Duration::from_nanos(1);
        let key = Key::group(self.subject, group);
        match inner.freshness.known(&key, &self.bounds, tier, Asked::WithAll) {
            Known::Readable { checked_at } | Known::Aging { checked_at } => return Some(until(checked_at)),
            Known::Denied => return None,
            Known::Nothing { .. } if inner.is_silent(self.subject) => return None,
            Known::Nothing { .. } => (),
        }
        let generation = inner.freshness.generation();
        let ask = || {
            inner.ask_host(&self.host, self.subject, |token| match token {
                Some(token) if self.host.in_group(token, self.subject, group)? => Ok(CodeAccess::Readable),
                _ => Ok(CodeAccess::Denied),
            })
        };
        let Asking::Said { access, checked_at } = inner.flights.ask(&key, ask)? else {
            return None;
        };
        inner.freshness.keep(key, access, checked_at, generation);
        (access == CodeAccess::Readable).then(|| until(checked_at))
    }

    fn readable(&self, repo: &ApprovedRepo, checked_at: SystemTime) -> Verdict {
        Verdict::Readable {
            source: self.host.source(),
            checked_at,
            expires_at: checked_at + self.bounds.hard(repo.tier()),
        }
    }

    /// Asks for an answer to replace one that is served meanwhile.
    fn ask_behind(&self, key: &Key, repo: &ApprovedRepo) {
        let inner = self.inner;
        if inner.is_silent(self.subject) || !inner.begin_behind(key) {
            return;
        }
        let (own, host, subject) = (Arc::clone(inner), Arc::clone(&self.host), self.subject.clone());
        let (repo, asked) = (repo.clone(), key.clone());
        let started = thread::Builder::new().name("permission".to_owned()).spawn(move || {
            // Nobody waits for it: what it brings is kept, or the old answer ages on.
            let _answer = own
                .flights
                .ask(&asked, || own.ask(&host, &subject, &asked, (&repo, None)));
            own.end_behind(&asked);
        });
        if started.is_err() {
            inner.end_behind(key);
        }
    }
}

impl Inner {
    /// Applies what other processes have announced, and says what is on hold.
    fn catch_up(&self) -> Result<Vec<Hold>, TokensUnavailable> {
        let mut known = self.news.lock().unwrap_or_else(PoisonError::into_inner);
        let news = self.state.news(known.latest)?;
        for change in &news.changes {
            self.freshness.forget(change);
        }
        let holds = news.holds.clone();
        *known = News {
            changes: Vec::new(),
            ..news
        };
        Ok(holds)
    }

    fn changed(&self, change: &Change) {
        self.freshness.forget(change);
        if let Err(err) = self.state.announce(change) {
            tracing::error!(error = %err, "other processes could not be told of a change; their bound still holds");
        }
    }

    fn setup(&self) -> Arc<Setup> {
        Arc::clone(&self.setup.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Goes over to the hosts of another scope.
    fn follow(&self, scope: &Scope) {
        let before = self.setup();
        let after = Arc::new(before.after(scope, &self.clock));
        self.logins.replace(after.hosts());
        *self.setup.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&after);
        // What is being asked under the old one is not kept either.
        for host in after.changed_since(&before) {
            self.freshness.forget(&Change::Host(host));
        }
    }

    /// Asks the host for its list, and when it was asked; without one, each repository is asked about by itself.
    fn list(&self, host: &Arc<dyn CodeHost>, subject: &Subject, wanted: &[&str]) -> Option<(Listed, SystemTime)> {
        let mut listed = Mutex::new(Listed::new());
        let asking = self.ask_host(host, subject, |token| {
            let found = match token {
                Some(token) => host.listed(token, wanted),
                None => Ok(Listed::new()),
            };
            match found {
                Ok(found) => *listed.lock().unwrap_or_else(PoisonError::into_inner) = found,
                // A list that makes no sense is no word about any repository.
                Err(HostError::Garbage { .. }) => {
                    tracing::warn!(host = host.name(), "a list of repositories made no sense")
                }
                Err(err) => return Err(err),
            }
            Ok(CodeAccess::Denied)
        });
        let listed = std::mem::take(listed.get_mut().unwrap_or_else(PoisonError::into_inner));
        match asking {
            Asking::Said { checked_at, .. } => Some((listed, checked_at)),
            Asking::Silent | Asking::LoggedOut => None,
        }
    }

    /// Asks the host about a repository, and keeps what it says. One it has just listed is asked about at git alone.
    fn ask(
        &self,
        host: &Arc<dyn CodeHost>,
        subject: &Subject,
        key: &Key,
        (repo, listing): (&ApprovedRepo, Option<&Listing>),
    ) -> Asking {
        let listed = listing.and_then(|listing| {
            let path = listing.paths.get(&repo.host()?.id)?;
            Some((listing, path))
        });
        let generation = listed.map_or_else(|| self.freshness.generation(), |(listing, _)| listing.generation);
        let mut asking = self.ask_host(host, subject, |token| match (token, listed) {
            (Some(token), Some((_, path))) => host.code_access_at(token, path),
            (Some(token), None) => host.code_access(token, repo),
            (None, _) => host.code_access_of(subject, repo),
        });
        if let (Asking::Said { checked_at, .. }, Some((listing, _))) = (&mut asking, listed) {
            // As old as the older of its two halves.
            *checked_at = listing.checked_at.min(*checked_at);
        }
        if let Asking::Said { access, checked_at } = &asking {
            self.freshness.keep(key.clone(), *access, *checked_at, generation);
            let check = Check {
                subject: subject.clone(),
                repo: repo.name().to_string(),
                repo_id: repo.host().map(|binding| binding.id.clone()).unwrap_or_default(),
                readable: *access == CodeAccess::Readable,
                source: host.source().to_owned(),
                checked_at: *checked_at,
            };
            match (self.state.saw(&check), self.turned.get()) {
                (Ok(Some(before)), Some(turned)) if before != check.readable => turned(&check),
                (Ok(_), _) => {}
                (Err(err), _) => {
                    tracing::warn!(error = %err, "what a host said could not be kept for `louver access list`")
                }
            }
        }
        asking
    }

    /// Asks the host with the person's login. Whatever goes wrong is silence, and silence grants nothing.
    fn ask_host(
        &self,
        host: &Arc<dyn CodeHost>,
        subject: &Subject,
        ask: impl Fn(Option<&HostToken>) -> Result<CodeAccess, HostError>,
    ) -> Asking {
        let inside = self.gate.enter();
        // From before the question: what the host saw cannot be older.
        let checked_at = self.clock.now();
        let answer = self.logins.ask_as(&**host, subject, ask);
        drop(inside);
        match answer {
            Ok(access) => {
                self.silent
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .remove(subject);
                Asking::Said { access, checked_at }
            }
            Err(LoginFault::Ended) => {
                tracing::info!(host = host.name(), subject = subject.id, "a login has ended");
                self.changed(&Change::Subject {
                    host: subject.issuer.clone(),
                    id: subject.id.clone(),
                });
                Asking::LoggedOut
            }
            Err(err) => {
                tracing::warn!(host = host.name(), error = %err, "a host could not be asked");
                let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
                silent.insert(subject.clone(), self.clock.now() + PAUSE);
                Asking::Silent
            }
        }
    }

    fn is_silent(&self, subject: &Subject) -> bool {
        let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        silent.retain(|_, until| now < *until && *until <= now + PAUSE);
        silent.contains_key(subject)
    }

    fn begin_behind(&self, key: &Key) -> bool {
        let mut behind = self.behind.lock().unwrap_or_else(PoisonError::into_inner);
        behind.len() < BEHIND && behind.insert(key.clone())
    }

    fn end_behind(&self, key: &Key) {
        self.behind.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

fn silent(subject: &Subject, lapsed: bool) -> Withheld {
    Withheld::Unverified {
        host: subject.issuer.clone(),
        lapsed,
    }
}

fn logged_out(subject: &Subject) -> Withheld {
    Withheld::LoggedOut {
        host: subject.issuer.clone(),
    }
}
