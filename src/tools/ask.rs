//! What a tool works with: the caller's grants and one snapshot of the index, never more.

use super::args;
use super::cursor::CursorKey;
use super::handle::Handle;
use crate::access::{Grant, Grants};
use crate::disclosure::pseudonym::Lexicon;
use crate::disclosure::{
    Budget, HeaderFacts, Item, Own, Page, Policy, Prepared, Pseudonyms, Refusal, RepoHeader, Source, header, prepare,
};
use crate::extraction::SymbolKind;
use crate::index::{EdgeTarget, IndexError, IndexedSymbol, RepoView, Snapshot};
use crate::resolution::RelationKind;
use crate::scope::{RepoName, Scope};
use serde::Serialize;
use std::cell::OnceCell;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// One call on its way to an answer.
pub(crate) struct Ask<'a> {
    grants: &'a Grants<'a>,
    snapshot: &'a Snapshot,
    pseudonyms: Option<&'a Pseudonyms>,
    own: Arc<Own>,
    /// The views of approved repositories whose tier withholds literals, made when they are opened.
    bare: BTreeMap<String, OnceCell<RepoView>>,
    /// The lexicons of approved repositories, each looked up when its repository is opened.
    lexicons: BTreeMap<String, OnceCell<Arc<Lexicon>>>,
    now: SystemTime,
    cancelled: &'a dyn Fn() -> bool,
}

/// A granted repository and its index.
#[derive(Clone, Copy)]
pub(crate) struct Opened<'a> {
    pub(crate) grant: &'a Grant,
    pub(crate) view: &'a RepoView,
    pub(crate) policy: Policy,
    lexicon: Option<&'a Arc<Lexicon>>,
    own: &'a Arc<Own>,
}

/// How many candidates an ambiguous name lists.
const MOST_CANDIDATES: usize = 20;
/// What is said where a tier keeps relations back.
pub(super) const RELATIONS_WITHHELD: &str = "the tier of this repository withholds relations, and how many there are";
/// How many near misses a refusal names.
const MOST_NEAR: usize = 5;

impl<'a> Ask<'a> {
    pub(crate) fn new(
        grants: &'a Grants<'a>,
        snapshot: &'a Snapshot,
        (scope, pseudonyms, own): (&Scope, Option<&'a Pseudonyms>, &Arc<Own>),
        now: SystemTime,
        cancelled: &'a dyn Fn() -> bool,
    ) -> Self {
        Self {
            grants,
            snapshot,
            pseudonyms,
            own: Arc::clone(own),
            bare: scope
                .repos()
                .map(|repo| (repo.name().to_string(), OnceCell::new()))
                .collect(),
            lexicons: scope
                .repos()
                .map(|repo| (repo.name().to_string(), OnceCell::new()))
                .collect(),
            now,
            cancelled,
        }
    }

    /// Refuses a call that nobody waits for any more.
    pub(crate) fn still_wanted(&self) -> Result<(), Refusal> {
        if (self.cancelled)() {
            Err(Refusal::Cancelled)
        } else {
            Ok(())
        }
    }

    /// Every repository the caller may be told about, in the order of the scope file.
    pub(crate) fn opened(&self) -> impl Iterator<Item = Opened<'_>> {
        self.grants.iter().filter_map(|grant| self.open(grant))
    }

    /// The repository called `name`. Unknown, not approved, not readable and not yet indexed read the same.
    pub(crate) fn repo(&self, name: &str) -> Result<Opened<'_>, Refusal> {
        let refused = || Refusal::NoSuchRepository { repo: name.to_owned() };
        let parsed: RepoName = name.parse().map_err(|_| refused())?;
        let grant = self.grants.get(&parsed).map_err(|why| Refusal::withheld(why, name))?;
        self.open(grant).ok_or_else(refused)
    }

    /// Whether the caller may ask about a repository called `name`, found out by asking about all: a symbol's name costs no question of its
    /// own, and takes the same time whatever it is.
    pub(crate) fn is_repo(&self, name: &str) -> bool {
        self.opened().any(|opened| opened.name() == name)
    }

    fn open(&self, grant: &'a Grant) -> Option<Opened<'_>> {
        if !grant.holds(self.now) {
            return None;
        }
        let view = self.snapshot.open(grant)?;
        let policy = Policy::of_repo(grant.repo());
        let lexicon = self.lexicon(view, policy);
        let policy = match lexicon {
            Some(_) => policy,
            None => policy.without_pseudonyms(),
        };
        let view = match policy.literals.is_told() {
            true => view,
            false => self.bare.get(view.name())?.get_or_init(|| view.without_contracts()),
        };
        Some(Opened {
            grant,
            view,
            policy,
            lexicon,
            own: &self.own,
        })
    }

    fn lexicon(&self, view: &RepoView, policy: Policy) -> Option<&Arc<Lexicon>> {
        let pseudonyms = self.pseudonyms.filter(|_| policy.is_veiled())?;
        let held = self.lexicons.get(view.name())?;
        Some(held.get_or_init(|| pseudonyms.lexicon(view, self.own.words())))
    }

    /// The repositories a call is about: the one it names, or all whose tier answers by name.
    pub(crate) fn named_or_all(&self, name: Option<&str>) -> Result<Vec<Opened<'_>>, Refusal> {
        match name {
            Some(name) => Ok(vec![self.repo(name)?.by_name()?]),
            None => Ok(self.opened().filter(|it| it.policy.answers_by_name()).collect()),
        }
    }

    /// The one symbol a handle or name means: for a declaration, the definition that it stands for.
    pub(crate) fn symbol(&self, text: &str) -> Result<(Opened<'_>, IndexedSymbol), Refusal> {
        let text = args::filled("symbol", text, 500)?;
        let handle = Handle::parse(text, |name| self.is_repo(name));
        let Some(symbol) = handle.symbol.clone() else {
            return Err(args::bad(format!(
                "`{text}` names no symbol; write `repo:path#Type.method` or a symbol's name"
            )));
        };
        let handle = self.with_repo(handle);
        let repos = self.named_or_all(handle.repo.as_deref())?;
        if let Some(path) = &handle.path {
            let mut exact = Vec::new();
            for opened in &repos {
                let found = opened
                    .view
                    .by_handle(&opened.asked(&format!("{path}#{symbol}")))
                    .map_err(|err| opened.unavailable(&err))?;
                exact.extend(found.map(|symbol| (*opened, symbol)));
            }
            if exact.len() == 1 {
                let (opened, symbol) = exact.remove(0);
                return Ok((opened, opened.defined(symbol)?));
            }
        }
        self.by_name(text, &plain(&symbol), handle.path.as_deref(), &repos)
    }

    /// A handle whose first part is no repository names a path in any of them.
    pub(crate) fn with_repo(&self, handle: Handle) -> Handle {
        match &handle.repo {
            Some(place) if handle.path.is_none() && place.contains(['/', '.']) && !self.is_repo(place) => Handle {
                path: handle.repo,
                repo: None,
                ..handle
            },
            _ => handle,
        }
    }

    /// The repository and path that `text` names; the path is empty for a repository as a whole, and nothing need be there.
    pub(crate) fn place(&self, text: &str) -> Result<(Opened<'_>, String), Refusal> {
        let Handle { repo, path, .. } = self.with_repo(Handle::parse_place(text));
        let path = path.unwrap_or_default();
        let path = path.trim_matches('/');
        let opened = match &repo {
            Some(repo) => self.repo(repo)?,
            None => self.holder(text, path)?,
        };
        Ok((opened, path.to_owned()))
    }

    /// The one repository that has something at `path`.
    fn holder(&self, text: &str, path: &str) -> Result<Opened<'_>, Refusal> {
        let has = |opened: &Opened<'_>| {
            let path = opened.asked(path);
            matches!(opened.view.file(&path), Ok(Some(_))) || opened.view.files_under(&path).next().is_some()
        };
        let mut holders: Vec<Opened<'_>> = self.named_or_all(None)?.into_iter().filter(has).collect();
        match holders.len() {
            1 => Ok(holders.remove(0)),
            0 => Err(Refusal::NoSuchRepository { repo: text.to_owned() }),
            _ => Err(Refusal::Ambiguous {
                symbol: text.to_owned(),
                candidates: holders.iter().map(|it| it.told(&it.asked(path))).collect(),
            }),
        }
    }

    fn by_name<'o>(
        &self,
        text: &str,
        name: &str,
        path: Option<&str>,
        repos: &[Opened<'o>],
    ) -> Result<(Opened<'o>, IndexedSymbol), Refusal> {
        let mut found = Vec::new();
        for opened in repos {
            let symbols = opened
                .view
                .by_qualified_suffix(&opened.asked(name), MOST_CANDIDATES + 1)
                .map_err(|err| opened.unavailable(&err))?;
            let here = symbols
                .into_iter()
                .filter(|it| path.is_none_or(|path| it.path() == opened.asked(path)));
            found.extend(here.map(|symbol| (*opened, symbol)));
        }
        keep_the_meant(&mut found);
        if let (true, Some((around, last))) = (found.is_empty(), name.rsplit_once('.')) {
            found = named_within(around, last, repos)?;
            keep_the_meant(&mut found);
        }
        if found.len() <= MOST_CANDIDATES {
            let defined = found.into_iter().map(|(opened, it)| Ok((opened, opened.defined(it)?)));
            found = defined.collect::<Result<_, _>>()?;
            let mut seen = HashSet::new();
            found.retain(|(opened, it)| seen.insert((opened.name().to_owned(), it.id())));
        }
        match found.len() {
            0 => Err(Refusal::NoSuchSymbol {
                symbol: text.to_owned(),
                near: self.near(name, repos),
                unparsed: path.map_or(0, |path| unparsed_in(path, repos)),
            }),
            1 => Ok(found.remove(0)),
            _ => Err(Refusal::Ambiguous {
                symbol: text.to_owned(),
                candidates: found
                    .iter()
                    .take(MOST_CANDIDATES)
                    .map(|(opened, it)| opened.full_handle(it))
                    .collect(),
            }),
        }
    }

    /// Handles of symbols with a similar name, among what the caller may see.
    fn near(&self, name: &str, repos: &[Opened<'_>]) -> Vec<String> {
        super::search_symbols::find(name, repos, MOST_NEAR).unwrap_or_default()
    }

    /// A page about `repos`, its header first.
    pub(crate) fn page<I>(&self, repos: &[Opened<'_>], items: Vec<I>, offset: u64, total: u64) -> Page<I> {
        Page {
            repos: repos.iter().map(|it| self.header(*it)).collect(),
            shown: offset + items.len() as u64,
            total,
            cursor: None,
            items,
            counts: BTreeMap::new(),
            notes: Vec::new(),
        }
    }

    /// What is answered about relations where the tier says nothing of them, nor how many there are.
    pub(crate) fn without_relations<I: Item>(&self, opened: Opened<'_>, budget: Budget) -> Prepared {
        let mut page = self.page::<I>(&[opened], Vec::new(), 0, 0);
        page.notes.push(RELATIONS_WITHHELD.to_owned());
        prepare(page, &[opened.source()], budget, |_| None)
    }

    pub(crate) fn header(&self, opened: Opened<'_>) -> RepoHeader {
        let info = &opened.view.generation().info;
        let now = self.now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        header(
            opened.grant.repo(),
            HeaderFacts {
                commit: &info.commit,
                indexed_seconds_ago: now.saturating_sub(u64::try_from(info.indexed_at).unwrap_or_default()),
                coverage: opened.view.totals().coverage(),
            },
        )
    }

    /// The key of cursors for this question over these repositories.
    pub(crate) fn cursor_key(tool: &str, question: &impl Serialize, repos: &[Opened<'_>]) -> CursorKey {
        let question = serde_json::to_string(question).unwrap_or_default();
        let generations: Vec<String> = repos
            .iter()
            .map(|it| {
                format!(
                    "{}@{}#{}",
                    it.view.name(),
                    it.view.generation().info.commit,
                    it.view.generation().number
                )
            })
            .collect();
        CursorKey::new(&format!("{tool} {question}"), generations.iter().map(String::as_str))
    }
}

/// The symbols of a name whose package, folder or file is called as what stands before it, or which have such a receiver.
fn named_within<'o>(
    around: &str,
    last: &str,
    repos: &[Opened<'o>],
) -> Result<Vec<(Opened<'o>, IndexedSymbol)>, Refusal> {
    let around = around.rsplit('.').next().unwrap_or(around);
    let mut found = Vec::new();
    for opened in repos {
        let around = opened.asked(around);
        let symbols = opened
            .view
            .by_qualified_suffix(&opened.asked(last), MOST_CANDIDATES * 8);
        let symbols = symbols.map_err(|err| opened.unavailable(&err))?;
        let is_within = |it: &IndexedSymbol| {
            it.path()
                .split(['/', '.'])
                .any(|part| part.eq_ignore_ascii_case(&around))
        };
        let meant = symbols
            .into_iter()
            .filter(|it| it.has_receiver(&around) || is_within(it));
        found.extend(meant.map(|symbol| (*opened, symbol)));
    }
    Ok(found)
}

/// How much of the file of a path no parser could read.
fn unparsed_in(path: &str, repos: &[Opened<'_>]) -> u32 {
    let of = |opened: &Opened<'_>| {
        let asked = opened.asked(path);
        let found = opened.view.files().find(|file| file.path == asked);
        found.map_or(0, |file| file.unparsed_bytes)
    };
    repos.iter().map(of).max().unwrap_or_default()
}

/// Of symbols that share a name, leaves those that who asks means: a type rather than the blocks of its members or a field of that name, what
/// does something rather than its overloads and prototypes, and of the places that speak of one route, event or key the first.
fn keep_the_meant(found: &mut Vec<(Opened<'_>, IndexedSymbol)>) {
    use SymbolKind::{Constant, Constructor, EnumMember, Field, Impl, Module, Property, Variable};
    let is_type_too = |it: &IndexedSymbol| it.container().is_some_and(|of| of.name() == it.name());
    let rank = |it: &IndexedSymbol| match it.kind() {
        kind if kind.is_contract() => 3,
        Constructor if is_type_too(it) => 1,
        Impl => 2,
        Constant | EnumMember | Field | Module | Property | Variable => 1,
        _ => 0,
    };
    let best = found.iter().map(|(_, it)| rank(it)).min();
    found.retain(|(_, it)| Some(rank(it)) == best);
    if best == Some(3) {
        found.dedup_by(|(_, a), (_, b)| a.name() == b.name());
        return;
    }
    let place = |it: &IndexedSymbol| (it.path().to_owned(), it.qualified().to_owned());
    let declares = |it: &IndexedSymbol| it.kind().is_callable() && !it.does_something();
    let done: HashSet<_> = found
        .iter()
        .filter(|(_, it)| !declares(it))
        .map(|(_, it)| place(it))
        .collect();
    found.retain(|(_, it)| !declares(it) || !done.contains(&place(it)));
}

impl<'a> Opened<'a> {
    /// The name of the repository, as handles begin.
    pub(crate) fn name(&self) -> &'a str {
        self.view.name()
    }

    /// Refuses a repository whose tier withholds names.
    pub(crate) fn by_name(self) -> Result<Self, Refusal> {
        if self.policy.answers_by_name() {
            Ok(self)
        } else {
            Err(Refusal::NamesWithheld {
                repo: self.name().to_owned(),
            })
        }
    }

    /// The definition that a symbol stands for, if it is a declaration: what means either leads there.
    fn defined(self, symbol: IndexedSymbol) -> Result<IndexedSymbol, Refusal> {
        let is_data = matches!(symbol.kind(), SymbolKind::Variable | SymbolKind::Constant);
        if !is_data && !symbol.kind().is_callable() || symbol.does_something() {
            return Ok(symbol);
        }
        let find = || {
            let edges = self.view.outgoing(symbol.id())?;
            let mut declared = edges.iter().filter(|edge| edge.kind == RelationKind::Declares);
            match declared.next().map(|edge| &edge.target) {
                Some(EdgeTarget::Symbol { id, .. }) => self.view.symbol(*id),
                _ => Ok(None),
            }
        };
        let found = find().map_err(|err| self.unavailable(&err))?;
        Ok(found.unwrap_or(symbol))
    }

    pub(crate) fn full_handle(&self, symbol: &IndexedSymbol) -> String {
        self.told(&symbol.handle())
    }

    /// A path, or a symbol behind its path, as clients are told it.
    pub(crate) fn told(&self, place: &str) -> String {
        match self.lexicon {
            Some(lexicon) => format!("{}:{}", self.name(), lexicon.hide(place).text),
            None => format!("{}:{place}", self.name()),
        }
    }

    /// What a caller's words mean here: pseudonyms stand for the words they were told for.
    pub(crate) fn asked(&self, text: &str) -> String {
        self.lexicon
            .map_or_else(|| text.to_owned(), |lexicon| lexicon.asked(text))
    }

    /// Whether names are told by pseudonyms.
    pub(crate) fn is_veiled(&self) -> bool {
        self.lexicon.is_some()
    }

    /// Tells the operator what is wrong with an index, and the caller that something is.
    pub(crate) fn unavailable(&self, err: &IndexError) -> Refusal {
        tracing::error!(repo = self.name(), error = %err, "an index could not be read");
        Refusal::Unavailable {
            repo: self.name().to_owned(),
        }
    }

    pub(crate) fn source(&self) -> Source<'a> {
        Source {
            grant: self.grant,
            commit: self.view.generation().info.commit.clone(),
            lexicon: self.lexicon.cloned(),
            own: Arc::clone(self.own),
        }
    }
}

/// `a::b::c`, `A#b` and `a.b.c()` are written as the index does: `a.b.c`.
fn plain(name: &str) -> String {
    name.trim_end_matches("()").replace("::", ".").replace('\\', ".")
}
