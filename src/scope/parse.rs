//! Turns the text of a scope file into a [`Scope`], or into everything that is wrong with it.

use super::audit::{self, AuditConfig};
use super::clients::{self, Clients};
use super::error::{Problem, ScopeErrors};
use super::exception::{self, Draft, Exception};
use super::expectation::{self, Expectation};
use super::fields::{Faults, Fields, Found, position};
use super::filter::{PathFilter, PathFilterBuilder};
use super::hosts::{self, HostConfig};
use super::location::Location;
use super::name::RepoName;
use super::organisation::{self, Organisation};
use super::people::{self, HostTeam, People, Team, Who};
use super::server::{self, ServerConfig};
use super::shapes::{CHANGES, DEFAULTS, FILE, INCLUDED, REPO};
use super::telling::{self, Changed, TierChange};
use super::text::{ScopeText, is_plain_name};
use super::tier::Tier;
use super::values::{credential, exclude, history, max_file_bytes, reference, retention, tier};
use super::{DEFAULT_MAX_FILE_BYTES, ListedRepo, Retention, Scope, Signers};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use toml::de::DeTable;

/// What one repository takes over from the rest of the file.
struct Defaults {
    tier: Tier,
    max_file_bytes: u64,
    history: u32,
    retention: Retention,
    filter: PathFilterBuilder,
}

/// What the files say.
#[derive(Default)]
struct Document {
    server: Option<ServerConfig>,
    hosts: Vec<HostConfig>,
    repos: Vec<Arc<ListedRepo>>,
    people: People,
    exceptions: Vec<Exception>,
    expectations: Vec<Expectation>,
    organisation: Organisation,
    clients: Clients,
    audit: AuditConfig,
    tiers: Changed,
    signers: Option<Signers>,
}

/// What the checks of single repositories share.
struct Context<'a> {
    base: &'a Path,
    folder_exists: &'a dyn Fn(&Path) -> bool,
    defaults: Defaults,
    hosts: &'a [HostConfig],
}

/// One file on its way.
struct File<'a> {
    number: usize,
    path: PathBuf,
    text: &'a str,
}

/// What can only be checked once every file is read.
#[derive(Default)]
struct Later {
    people: Vec<(usize, Found<Who>)>,
    team_hosts: Vec<(usize, Found<String>)>,
    exceptions: Vec<(usize, Draft)>,
    repo_lines: HashMap<String, String>,
    team_lines: HashMap<String, String>,
    exception_lines: HashMap<String, String>,
}

pub(super) fn scope(source: &ScopeText, folder_exists: &dyn Fn(&Path) -> bool) -> Result<Scope, ScopeErrors> {
    let mut faults = Faults::default();
    let base = source.path().parent().unwrap_or(Path::new(""));
    let mut files = Vec::new();
    let parts = [(source.path().to_owned(), source.main())].into_iter();
    let parts = parts.chain(source.included().map(|(name, bytes)| (base.join(name), bytes)));
    for (number, (path, bytes)) in parts.enumerate() {
        let text = str::from_utf8(bytes).unwrap_or_else(|error| {
            let end = error.valid_up_to();
            faults.enter(number);
            faults.add(&(end..end), Problem::NotUtf8);
            str::from_utf8(&bytes[..end]).unwrap_or_default()
        });
        files.push(File { number, path, text });
    }
    // What a broken text seems to say is no ground for further complaints.
    let document = if faults.is_empty() {
        document(source, &files, base, folder_exists, &mut faults)
    } else {
        Document::default()
    };
    if !faults.is_empty() {
        let files: Vec<(PathBuf, &str)> = files.into_iter().map(|file| (file.path, file.text)).collect();
        return Err(ScopeErrors::Invalid {
            errors: faults.located(&files),
        });
    }
    let Document {
        server,
        hosts,
        repos,
        people,
        exceptions,
        expectations,
        organisation,
        clients,
        audit,
        tiers,
        signers,
    } = document;
    Ok(Scope {
        digest: source.digest(),
        repos,
        hosts: hosts.into(),
        server: server.map(Arc::new),
        people: Arc::new(people),
        exceptions: exceptions.into(),
        expectations: expectations.into(),
        organisation: Arc::new(organisation),
        clients: Arc::new(clients),
        audit: Arc::new(audit),
        tiers: Arc::new(tiers),
        signers,
    })
}

fn document(
    source: &ScopeText,
    files: &[File<'_>],
    base: &Path,
    folder_exists: &dyn Fn(&Path) -> bool,
    faults: &mut Faults,
) -> Document {
    let tables: Vec<_> = files.iter().map(|file| parsed(file, faults)).collect();
    let (Some(main), Some(first)) = (files.first(), tables.first()) else {
        return Document::default();
    };
    if !faults.is_empty() {
        return Document::default();
    }
    faults.enter(0);
    let fields = Fields::of(first.get_ref(), 0..0, &FILE, faults);
    version(&fields, faults);
    includes(&fields, source, faults);
    let hosts = hosts::hosts(&fields, main.text, base, faults);
    let mut later = Later::default();
    let mut document = Document {
        server: server::server(&fields, base, &hosts, faults),
        organisation: organisation::organisation(&fields, faults),
        clients: clients::clients(&fields, faults),
        audit: audit::audit(&fields, base, faults),
        tiers: telling::changed(&fields, faults),
        signers: signers(&fields, base, faults),
        ..Document::default()
    };
    let named = people::roles(&fields, &mut document.people, faults);
    later.people.extend(named.into_iter().map(|who| (0, who)));
    let context = Context {
        base,
        folder_exists,
        defaults: defaults(&fields, faults),
        hosts: &hosts,
    };
    context.lists(&fields, main, &mut document, &mut later, faults);
    for (file, table) in files.iter().zip(&tables).skip(1) {
        faults.enter(file.number);
        let fields = Fields::of(table.get_ref(), 0..0, &INCLUDED, faults);
        context.lists(&fields, file, &mut document, &mut later, faults);
    }
    let with_teams: Vec<String> = later.team_hosts.iter().map(|(_, host)| host.value.clone()).collect();
    settle(later, &hosts, &mut document, faults);
    document.hosts = hosts;
    for host in &mut document.hosts {
        if let Some(remote) = &mut host.remote {
            remote.has_teams = with_teams.contains(&host.name);
        }
    }
    document
}

fn parsed<'a>(file: &File<'a>, faults: &mut Faults) -> toml::Spanned<DeTable<'a>> {
    let (table, syntax) = DeTable::parse_recoverable(file.text);
    faults.enter(file.number);
    for error in syntax {
        faults.add(
            &error.span().unwrap_or(0..0),
            Problem::Syntax(error.message().replace('\n', ", ")),
        );
    }
    table
}

fn includes(file: &Fields<'_>, source: &ScopeText, faults: &mut Faults) {
    for Found { value, span } in file.texts("include", faults).unwrap_or_default() {
        let shown = value.escape_debug().to_string();
        if !is_plain_name(value) {
            faults.add(&span, Problem::Include(shown));
        } else if !source.included().any(|(name, _)| name == value) {
            faults.add(&span, Problem::NoInclude(shown));
        }
    }
}

fn signers(file: &Fields<'_>, base: &Path, faults: &mut Faults) -> Option<Signers> {
    let table = file.table("changes", &CHANGES, faults)?;
    if !table.has("allowed_signers") {
        table.missing("allowed_signers", faults);
    }
    let found = table.text("allowed_signers", faults)?;
    Some(Signers(base.join(found.value).into()))
}

/// Checks what one file may say about another: people, teams, repositories of exceptions.
fn settle(later: Later, hosts: &[HostConfig], document: &mut Document, faults: &mut Faults) {
    for (file, Found { value, span }) in &later.people {
        faults.enter(*file);
        match value {
            Who::Team(name) if !document.people.teams.contains_key(name) => {
                faults.add(span, Problem::NoSuchTeam(name.clone()));
            }
            Who::Login { host, .. } | Who::Id { host, .. }
                if host != "local" && !hosts.iter().any(|known| known.name == *host) =>
            {
                faults.add(span, Problem::NoHostOfPerson(host.clone()));
            }
            _ => (),
        }
    }
    for (file, Found { value, span }) in &later.team_hosts {
        faults.enter(*file);
        // Only what can be asked as the person says who is in a group.
        match hosts.iter().find(|known| known.name == *value) {
            None => faults.add(span, Problem::NoHostOfPerson(value.escape_debug().to_string())),
            Some(host) if host.remote.as_ref().is_none_or(|remote| remote.service.is_some()) => {
                faults.add(span, Problem::NoTeamsThere(value.clone()));
            }
            Some(_) => (),
        }
    }
    for (file, draft) in later.exceptions {
        faults.enter(file);
        let Draft {
            exception,
            id: _,
            repo,
            who: _,
            approved_by,
        } = draft;
        if !document.repos.iter().any(|listed| listed.name == exception.repo) {
            faults.add(&repo, Problem::NoSuchRepo(exception.repo.to_string()));
        }
        match &exception.approved_by {
            Some(name) if !document.people.may_approve(name) => {
                faults.add(&approved_by, Problem::NotAnApprover(name.escape_debug().to_string()));
            }
            _ => (),
        }
        document.exceptions.push(exception);
    }
    for repo in &mut document.repos {
        if let Some(repo) = Arc::get_mut(repo) {
            repo.told = document.tiers.of(repo.tier);
        }
    }
}

fn version(file: &Fields<'_>, faults: &mut Faults) {
    if !file.has("version") {
        file.missing("version", faults);
    }
    match file.integer("version", faults) {
        Some(Found { value, span }) if value != 1 => faults.add(&span, Problem::Version(value)),
        _ => {}
    }
}

fn defaults(file: &Fields<'_>, faults: &mut Faults) -> Defaults {
    let mut filter = PathFilterBuilder::new();
    exclude(file, "scope", &mut filter, faults);
    let table = file.table("defaults", &DEFAULTS, faults);
    let read_tier = table.as_ref().and_then(|table| tier(table, faults));
    let read_limit = table.as_ref().and_then(|table| max_file_bytes(table, faults));
    let read_history = table.as_ref().and_then(|table| history(table, faults));
    let retention = table
        .as_ref()
        .map(|table| retention(table, Retention::default(), faults));
    Defaults {
        tier: read_tier.unwrap_or(Tier::Restricted),
        max_file_bytes: read_limit.unwrap_or(DEFAULT_MAX_FILE_BYTES),
        history: read_history.unwrap_or(1),
        retention: retention.unwrap_or_default(),
        filter,
    }
}

fn name(entry: &Fields<'_>, faults: &mut Faults) -> Option<Found<RepoName>> {
    if !entry.has("name") {
        entry.missing("name", faults);
    }
    let Found { value, span } = entry.text("name", faults)?;
    match RepoName::new(value) {
        Ok(name) => Some(Found { value: name, span }),
        Err(fault) => {
            let name = value.escape_debug().to_string();
            faults.add(&span, Problem::Name { name, fault });
            None
        }
    }
}

/// Hosts take `Acme/Pay` and `acme/pay` for the same repository, so two entries must differ in more than letter case.
fn unique(name: &Found<RepoName>, file: &File<'_>, lines: &mut HashMap<String, String>, faults: &mut Faults) {
    if let Some(first) = taken(&name.value.as_str().to_lowercase(), &name.span, file, lines) {
        let name_text = name.value.to_string();
        faults.add(&name.span, Problem::DuplicateName { name: name_text, first });
    }
}

/// Notes where a name is used first; returns where that was if it is not here.
fn taken(name: &str, span: &Range<usize>, file: &File<'_>, lines: &mut HashMap<String, String>) -> Option<String> {
    match lines.entry(name.to_owned()) {
        Entry::Vacant(free) => {
            let (line, _) = position(file.text, span.start);
            free.insert(file.place(line));
            None
        }
        Entry::Occupied(taken) => Some(taken.get().clone()),
    }
}

impl File<'_> {
    fn line_of(&self, span: &Range<usize>) -> String {
        let (line, _) = position(self.text, span.start);
        format!("{}:{line}", self.path.display())
    }

    /// A line of the scope file itself is named by its number alone.
    fn place(&self, line: usize) -> String {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        if self.number == 0 {
            line.to_string()
        } else {
            format!("{line} of {name}")
        }
    }
}

impl Context<'_> {
    /// Reads what every file may hold.
    fn lists(
        &self,
        fields: &Fields<'_>,
        file: &File<'_>,
        document: &mut Document,
        later: &mut Later,
        faults: &mut Faults,
    ) {
        teams(fields, file, document, later, faults);
        for entry in &fields.tables("repo", &REPO, faults) {
            let name = name(entry, faults);
            if let Some(name) = &name {
                unique(name, file, &mut later.repo_lines, faults);
            }
            let readers = people::list(entry, "readers", faults);
            let repo = self.repo(entry, name, readers.as_deref(), faults);
            document.repos.extend(repo.map(|repo| {
                let place = file.line_of(&entry.span());
                Arc::new(ListedRepo { place, ..repo })
            }));
            let readers = readers.into_iter().flatten();
            later.people.extend(readers.map(|who| (file.number, who)));
        }
        exceptions(fields, file, later, faults);
        for entry in &fields.tables("test", &expectation::TEST, faults) {
            let place = file.line_of(&entry.span());
            let Some(expectation) = expectation::expectation(entry, place, faults) else {
                continue;
            };
            if let Some(team @ Who::Team(_)) = &expectation.user {
                let (value, span) = (team.clone(), entry.span_of("user"));
                later.people.push((file.number, Found { value, span }));
            }
            document.expectations.push(expectation);
        }
    }

    fn repo(
        &self,
        entry: &Fields<'_>,
        name: Option<Found<RepoName>>,
        readers: Option<&[Found<Who>]>,
        faults: &mut Faults,
    ) -> Option<ListedRepo> {
        if !entry.has("owner") {
            entry.missing("owner", faults);
        }
        let owner = entry.text("owner", faults);
        let read_tier = tier(entry, faults);
        let limit = max_file_bytes(entry, faults);
        let depth = history(entry, faults);
        let reference = reference(entry, faults);
        let location = self.location(entry, faults);
        let credential = credential(entry, "url", faults);
        let filter = self.filter(entry, faults);
        let host = hosts::binding(entry, name.as_ref().map(|name| &name.value), self.hosts, faults);
        let retention = self.retention(entry, faults);
        let review_by = entry.moment("review_by", faults);
        Some(ListedRepo {
            name: name?.value,
            tier: read_tier.unwrap_or(self.defaults.tier),
            owner: owner?.value.to_owned(),
            location: location?,
            reference,
            credential,
            max_file_bytes: limit.unwrap_or(self.defaults.max_file_bytes),
            history: depth.unwrap_or(self.defaults.history),
            filter: filter?,
            host,
            readers: readers.map(|list| list.iter().map(|who| who.value.clone()).collect()),
            review_by: review_by.map(|day| day.value),
            retention,
            told: TierChange::default(),
            place: String::new(),
        })
    }

    /// A local repository has no mirror to keep or discard.
    fn retention(&self, entry: &Fields<'_>, faults: &mut Faults) -> Retention {
        if entry.has("path") {
            for key in ["sources", "retention_days"].into_iter().filter(|key| entry.has(key)) {
                faults.add(&entry.span_of(key), Problem::NoMirror(key));
            }
            return Retention::default();
        }
        retention(entry, self.defaults.retention, faults)
    }

    fn location(&self, entry: &Fields<'_>, faults: &mut Faults) -> Option<Location> {
        match (entry.has("path"), entry.has("url")) {
            (true, true) => {
                faults.add(&entry.span_of("url"), Problem::PathAndUrl);
                None
            }
            (false, false) => {
                faults.add(&entry.span(), Problem::NoLocation);
                None
            }
            (true, false) => self.folder(entry, faults),
            (false, true) => {
                let Found { value, span } = entry.text("url", faults)?;
                let location = Location::from_url(value);
                location.map_err(|fault| faults.add(&span, Problem::Url(fault))).ok()
            }
        }
    }

    fn folder(&self, entry: &Fields<'_>, faults: &mut Faults) -> Option<Location> {
        let Found { value, span } = entry.text("path", faults)?;
        let folder = self.base.join(value);
        let problem = if value.contains("://") {
            Problem::UrlAsPath
        } else if value == "~" || value.starts_with("~/") {
            Problem::HomePath
        } else if !(self.folder_exists)(&folder) {
            Problem::NoSuchFolder(folder)
        } else {
            return Some(Location::Path(folder));
        };
        faults.add(&span, problem);
        None
    }

    fn filter(&self, entry: &Fields<'_>, faults: &mut Faults) -> Option<PathFilter> {
        let mut filter = self.defaults.filter.clone();
        exclude(entry, "repo", &mut filter, faults);
        let glob = "exclude".to_owned();
        let built = filter.build();
        built
            .map_err(|fault| faults.add(&entry.span_of("exclude"), Problem::Glob { glob, fault }))
            .ok()
    }
}

fn teams(fields: &Fields<'_>, file: &File<'_>, document: &mut Document, later: &mut Later, faults: &mut Faults) {
    for entry in fields.tables("team", &people::TEAM, faults) {
        let Some((name, Found { value: team, span })) = people::team(&entry, faults) else {
            continue;
        };
        if let Some(first) = taken(&name.value, &name.span, file, &mut later.team_lines) {
            let duplicate = Problem::Duplicate {
                what: "team",
                name: name.value.clone(),
                first,
            };
            faults.add(&name.span, duplicate);
        }
        match &team {
            Team::Listed(members) => later.people.extend(members.iter().map(|who| {
                let (value, span) = (who.clone(), span.clone());
                (file.number, Found { value, span })
            })),
            Team::AtHost(HostTeam { host, .. }) => {
                let value = host.clone();
                later.team_hosts.push((file.number, Found { value, span }));
            }
        }
        document.people.teams.insert(name.value, team);
    }
}

fn exceptions(fields: &Fields<'_>, file: &File<'_>, later: &mut Later, faults: &mut Faults) {
    for entry in &fields.tables("exception", &exception::EXCEPTION, faults) {
        let Some(mut draft) = exception::exception(entry, file.line_of(&entry.span()), faults) else {
            continue;
        };
        if let Some(first) = taken(&draft.exception.id, &draft.id, file, &mut later.exception_lines) {
            let (what, name) = ("exception", draft.exception.id.clone());
            faults.add(&draft.id, Problem::Duplicate { what, name, first });
        }
        later.people.extend(draft.who.drain(..).map(|who| (file.number, who)));
        later.exceptions.push((file.number, draft));
    }
}
