//! The scope: which repositories may be indexed, how much may be told about each, and which of their files count as absent.
//!
//! The security team keeps it in one strict TOML file. What the file does not list does not exist for louver: the default is to deny.
//! [`Scope::approve`] is the only source of an [`ApprovedRepo`], which every later step asks for.

mod decision;
mod error;
mod fields;
mod filter;
mod hosts;
mod location;
mod name;
mod parse;
mod server;
mod starter;
mod suggest;
mod tier;

use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

pub use decision::{Decision, Resource, Rule, decide};
pub use error::{Problem, ScopeError, ScopeErrors};
pub use filter::{GlobFault, PathDecision, PathFilter};
pub use hosts::{Bounds, HostBinding, HostConfig, HostKind, RemoteHost, ServiceCredential, StaticUser};
pub use location::{Location, UrlFault};
pub use name::{InvalidName, RepoName};
pub use server::{ClientConfig, ClientMetadata, JwksSource, JwtConfig, SecretSource, ServerConfig};
pub use starter::starter;
pub use tier::{Tier, UnknownTier};

/// The largest file that is read when the scope sets no `max_file_bytes`: 99.95 % of source files are smaller.
pub const DEFAULT_MAX_FILE_BYTES: u64 = 1 << 20;

/// A scope file that was read, checked and found right.
#[derive(Clone, Debug)]
pub struct Scope {
    digest: String,
    repos: Vec<Arc<ListedRepo>>,
    hosts: Arc<[HostConfig]>,
    server: Option<Arc<ServerConfig>>,
}

/// A repository as the scope file lists it, approved or not.
#[derive(Clone, Debug)]
pub struct ListedRepo {
    name: RepoName,
    tier: Tier,
    owner: String,
    location: Location,
    branch: Option<String>,
    credential: Credential,
    max_file_bytes: u64,
    filter: PathFilter,
    host: Option<HostBinding>,
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
    /// Reads and checks the scope file, and that the local repositories it names are there.
    pub fn load(path: &Path) -> Result<Self, ScopeErrors> {
        let bytes = fs::read(path).map_err(|source| ScopeErrors::Read {
            path: path.to_owned(),
            source,
        })?;
        parse::scope(&bytes, path, &|folder| folder.is_dir())
    }

    /// Checks the text of a scope file that would lie at `path`, without looking at the disk.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ScopeErrors> {
        parse::scope(text.as_bytes(), path, &|_| true)
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

    /// Returns the one approved branch; `None` stands for the branch `HEAD` names.
    pub fn branch(&self) -> Option<&str> {
        self.0.branch.as_deref()
    }

    /// Returns where the credential for the host is found.
    pub fn credential(&self) -> &Credential {
        &self.0.credential
    }

    /// Returns the size above which a file is never read.
    pub fn max_file_bytes(&self) -> u64 {
        self.0.max_file_bytes
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
        for part in [self.0.name.as_str(), &location, self.branch().unwrap_or_default()] {
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
