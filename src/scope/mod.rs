//! The scope: which repositories may be indexed, how much may be told about each, and which of their files count as absent.
//!
//! The security team keeps it in one strict TOML file. What the file does not list does not exist for louver: the default is to deny.
//! [`Scope::approve`] is the only source of an [`ApprovedRepo`], which every later step asks for.

mod audit;
mod clients;
mod decision;
mod edit;
mod error;
mod exception;
mod expectation;
mod fields;
mod filter;
mod hosts;
mod in_force;
mod location;
pub mod moment;
mod name;
mod network;
mod organisation;
mod parse;
mod people;
mod plan;
mod schema;
mod server;
mod shapes;
mod starter;
mod suggest;
mod telling;
mod text;
mod tier;
mod values;
mod warnings;

use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

pub use audit::{AlertRules, AnchorConfig, AnchorTarget, AuditConfig, CLASSES, PushTarget, StreamConfig, StreamTarget};
pub use clients::{Clients, Others};
pub use decision::{Action, Decision, Request, Resource, Rule, decide};
pub use edit::{Edit, EditError, add_exception, quoted, set_in_exception};
pub use error::{Problem, ScopeError, ScopeErrors};
pub use exception::{Exception, ExceptionState, MOST_DAYS, Monitoring};
pub use expectation::{Expectation, Outcome, Unmet, asking, unmet};
pub use filter::{GlobFault, PathDecision, PathFilter};
pub use hosts::{Bounds, HostBinding, HostConfig, HostKind, RemoteHost, ServiceCredential, StaticUser};
pub use in_force::{Applied, Commit, ScopeInForce, ScopeLock, ScopeStore, StoreError};
pub use location::{Location, UrlFault};
pub use moment::{Moment, day};
pub use name::{InvalidName, RepoName};
pub use network::Network;
pub use organisation::{Organisation, OwnPattern};
pub use people::{HostTeam, NobodyMeant, People, Subject, Who};
pub use plan::{Change, EVERYBODY, Kept, Plan, RepoChange, needs_restart};
pub use schema::json_schema;
pub use server::{ClientConfig, ClientMetadata, JwksSource, JwtConfig, SecretSource, ServerConfig};
pub use starter::starter;
pub use telling::TierChange;
pub use text::ScopeText;
pub use tier::{Tier, UnknownTier};
pub use warnings::{Warning, warnings};

/// The largest file that is read when the scope sets no `max_file_bytes`: 99.95 % of source files are smaller.
pub const DEFAULT_MAX_FILE_BYTES: u64 = 1 << 20;

/// A scope file that was read, checked and found right.
#[derive(Clone, Debug)]
pub struct Scope {
    digest: String,
    repos: Vec<Arc<ListedRepo>>,
    hosts: Arc<[HostConfig]>,
    server: Option<Arc<ServerConfig>>,
    people: Arc<People>,
    exceptions: Arc<[Exception]>,
    expectations: Arc<[Expectation]>,
    organisation: Arc<Organisation>,
    clients: Arc<Clients>,
    audit: Arc<AuditConfig>,
    tiers: Arc<telling::Changed>,
    signers: Option<Signers>,
}

/// The file of keys whose signatures on a commit make a change of the scope a reviewed one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signers(Arc<Path>);

/// What of a repository may be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Reference {
    /// The branch that `HEAD` names.
    #[default]
    Head,
    /// A branch.
    Branch(String),
    /// A tag.
    Tag(String),
}

/// How long the mirror of a remote repository is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// No mirror is kept after indexing.
    pub discard_sources: bool,
    /// A mirror that was not fetched into for this many days is removed.
    pub days: Option<u32>,
}

/// A repository as the scope file lists it, approved or not.
#[derive(Clone, Debug)]
pub struct ListedRepo {
    name: RepoName,
    tier: Tier,
    owner: String,
    location: Location,
    reference: Reference,
    credential: Credential,
    max_file_bytes: u64,
    history: u32,
    filter: PathFilter,
    host: Option<HostBinding>,
    readers: Option<Vec<Who>>,
    review_by: Option<Moment>,
    retention: Retention,
    /// What the scope changes about its tier.
    told: TierChange,
    /// The file and line it stands at.
    place: String,
}

/// A repository the scope approves. [`Scope::approve`] is the only source of one.
#[derive(Clone, Debug)]
pub struct ApprovedRepo(Arc<ListedRepo>);

/// Where the credential of a remote repository is found when it is needed; the secret itself is never part of the scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// The host is asked without a credential (over SSH: with the keys of the running agent).
    None,
    /// The value of this environment variable.
    Env {
        /// The account name sent with the token.
        user: String,
        /// The name of the variable.
        variable: String,
    },
    /// What this command prints; it is started without a shell.
    Command {
        /// The account name sent with the token, unless the command prints one.
        user: String,
        /// The program and its arguments.
        command: Vec<String>,
    },
}

impl Scope {
    /// Reads and checks the scope file with what it includes, and that the local repositories it names are there.
    pub fn load(path: &Path) -> Result<Self, ScopeErrors> {
        Self::of(&ScopeText::read(path)?)
    }

    /// Checks a scope that was read, and that the local repositories it names are there.
    pub fn of(text: &ScopeText) -> Result<Self, ScopeErrors> {
        parse::scope(text, &|folder| folder.is_dir())
    }

    /// Checks a scope that was read, without looking at the disk.
    pub fn of_text(text: &ScopeText) -> Result<Self, ScopeErrors> {
        parse::scope(text, &|_| true)
    }

    /// Checks the text of a scope file that would lie at `path`, without looking at the disk.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ScopeErrors> {
        Self::of_text(&ScopeText::of(path, text))
    }

    /// Returns the SHA-256 of the scope file in hexadecimal: what a record names the rules in force by.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Returns every repository the file lists, in its order.
    pub fn repos(&self) -> impl ExactSizeIterator<Item = &ListedRepo> {
        self.repos.iter().map(AsRef::as_ref)
    }

    /// Returns the repository hosts people log in at.
    pub fn hosts(&self) -> &[HostConfig] {
        &self.hosts
    }

    /// Returns how louver serves people who log in; without it, it serves the local user alone.
    pub fn server(&self) -> Option<&ServerConfig> {
        self.server.as_deref()
    }

    /// Returns teams and roles.
    pub fn people(&self) -> &People {
        &self.people
    }

    /// Returns the groups of a host that decide who may be told about an approved repository.
    pub fn teams_at(&self, host: &str) -> Vec<&HostTeam> {
        let approved = |name: &RepoName| self.listed(name).is_some_and(|repo| repo.tier != Tier::Restricted);
        let readers = self
            .repos()
            .filter(|repo| approved(&repo.name))
            .filter_map(ListedRepo::readers);
        let exceptions = self
            .exceptions()
            .iter()
            .filter(|it| approved(&it.repo))
            .map(|it| &it.who[..]);
        let named = readers.chain(exceptions).flat_map(|list| self.people.at_hosts(list));
        let mut out: Vec<&HostTeam> = named.filter(|team| team.host == host).collect();
        out.sort_unstable_by(|one, two| one.name.cmp(&two.name));
        out.dedup();
        out
    }

    /// Returns every exception, whatever its state.
    pub fn exceptions(&self) -> &[Exception] {
        &self.exceptions
    }

    /// Returns what the file says must be decided.
    pub fn expectations(&self) -> &[Expectation] {
        &self.expectations
    }

    /// Returns the organisation's own words, domains and patterns.
    pub fn organisation(&self) -> &Organisation {
        &self.organisation
    }

    /// Returns which MCP clients are answered.
    pub fn clients(&self) -> &Clients {
        &self.clients
    }

    /// Returns what records keep, who is told of them, and what is worth an alert.
    pub fn audit(&self) -> &AuditConfig {
        &self.audit
    }

    /// Returns what it changes about a tier's table.
    pub fn told_at(&self, tier: Tier) -> TierChange {
        self.tiers.of(tier)
    }

    /// Returns the file of keys that must have signed the commit a scope is applied from; `None` asks for no signature.
    pub fn allowed_signers(&self) -> Option<&Path> {
        self.signers.as_ref().map(|signers| &*signers.0)
    }

    /// Approves a repository that is listed with a tier other than `restricted`.
    pub fn approve(&self, name: &RepoName) -> Option<ApprovedRepo> {
        let listed = self.repos.iter().find(|repo| repo.name == *name)?;
        Self::approve_listed(listed)
    }

    /// Returns every approved repository, in the order of the file.
    pub fn approved(&self) -> Vec<ApprovedRepo> {
        self.repos.iter().filter_map(Self::approve_listed).collect()
    }

    fn approve_listed(listed: &Arc<ListedRepo>) -> Option<ApprovedRepo> {
        (listed.tier != Tier::Restricted).then(|| ApprovedRepo(Arc::clone(listed)))
    }

    fn listed(&self, name: &RepoName) -> Option<&ListedRepo> {
        self.repos().find(|repo| repo.name == *name)
    }
}

impl ListedRepo {
    /// Returns the name the repository is asked for by.
    pub fn name(&self) -> &RepoName {
        &self.name
    }

    /// Returns how much may be told about the repository.
    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// Returns who answers for the repository.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Returns where the repository is.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Returns the rule for paths inside the repository.
    pub fn paths(&self) -> &PathFilter {
        &self.filter
    }

    /// Returns who alone may be told about it; `None` leaves that to its host.
    pub fn readers(&self) -> Option<&[Who]> {
        self.readers.as_deref()
    }

    /// Returns the day its entry is to be reviewed by.
    pub fn review_by(&self) -> Option<Moment> {
        self.review_by
    }

    /// Returns how long its mirror is kept.
    pub fn retention(&self) -> Retention {
        self.retention
    }

    /// Returns the one approved branch or tag.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }
}

impl std::fmt::Display for Reference {
    /// A branch as its name, which is how answers cite it; a tag in full.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Head => Ok(()),
            Self::Branch(name) => f.write_str(name),
            Self::Tag(name) => write!(f, "refs/tags/{name}"),
        }
    }
}

impl ApprovedRepo {
    /// Returns the name the repository is asked for by.
    pub fn name(&self) -> &RepoName {
        &self.0.name
    }

    /// Returns how much may be told about the repository.
    pub fn tier(&self) -> Tier {
        self.0.tier
    }

    /// Returns who answers for the repository.
    pub fn owner(&self) -> &str {
        &self.0.owner
    }

    /// Returns where the repository is.
    pub fn location(&self) -> &Location {
        &self.0.location
    }

    /// Returns what the repository is called at the host that says who may read it.
    pub fn host(&self) -> Option<&HostBinding> {
        self.0.host.as_ref()
    }

    /// Returns the one approved branch or tag.
    pub fn reference(&self) -> &Reference {
        &self.0.reference
    }

    /// Returns how long its mirror is kept.
    pub fn retention(&self) -> Retention {
        self.0.retention
    }

    /// Returns what the scope changes about the tier's table.
    pub fn told(&self) -> &TierChange {
        &self.0.told
    }

    /// Returns where the credential for the host is found.
    pub fn credential(&self) -> &Credential {
        &self.0.credential
    }

    /// Returns the size above which a file is never read.
    pub fn max_file_bytes(&self) -> u64 {
        self.0.max_file_bytes
    }

    /// Returns how many commits may be looked at, the approved one among them: 1 leaves the past out.
    pub fn history(&self) -> u32 {
        self.0.history
    }

    /// Returns the rule for paths inside the repository.
    pub fn paths(&self) -> &PathFilter {
        &self.0.filter
    }

    /// Returns the name of the folder that may hold this repository's data.
    ///
    /// It depends on name, location and branch, so that a changed scope entry never meets what an earlier one fetched.
    pub fn storage_key(&self) -> String {
        let mut hash = Sha256::new();
        let location = self.0.location.to_string();
        let reference = self.0.reference.to_string();
        for part in [self.0.name.as_str(), &location, &reference] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let mut key = hex(&hash.finalize());
        key.truncate(32);
        key
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a `String` cannot fail.
            _ = write!(text, "{byte:02x}");
            text
        })
}
