//! What can be wrong with a scope file, where it is, and what to write instead.

use super::filter::GlobFault;
use super::location::UrlFault;
use super::moment::Moment;
use super::name::InvalidName;
use super::telling;
use super::tier::{Tier, UnknownTier};
use std::io;
use std::path::PathBuf;

/// Why there is no scope: the file cannot be read, or has errors.
#[derive(Debug, thiserror::Error)]
pub enum ScopeErrors {
    /// The file cannot be read.
    #[error("cannot read the scope file `{path}`; `louver init` writes one")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// Everything that is wrong with the file, in its order.
    #[error("{}", lines(errors))]
    Invalid {
        /// The errors, at least one.
        errors: Vec<ScopeError>,
    },
}

/// One error of a scope file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}:{line}:{column}: {problem}", path.display())]
pub struct ScopeError {
    /// The scope file.
    pub path: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// What is wrong, and what to write instead.
    pub problem: Problem,
}

/// What is wrong at one place of a scope file, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The bytes are not text.
    #[error("not UTF-8; save the file as UTF-8 text")]
    NotUtf8,
    /// The text is not TOML.
    #[error("not TOML: {0}; texts go in quotes, tables begin with `[[repo]]` or `[defaults]`")]
    Syntax(String),
    /// A key that means nothing.
    #[error("unknown key `{key}` in {table}; {advice}")]
    UnknownKey {
        /// The key.
        key: String,
        /// Where it stands.
        table: &'static str,
        /// What to do about it.
        advice: String,
    },
    /// A value of another type than the key takes.
    #[error("`{key}` is {found}; write {wanted}")]
    WrongType {
        /// The key.
        key: &'static str,
        /// What was written.
        found: &'static str,
        /// What to write.
        wanted: &'static str,
    },
    /// A list with something in it that the key does not take.
    #[error("`{key}` contains {found}; write {wanted}")]
    WrongItem {
        /// The key.
        key: &'static str,
        /// What was written.
        found: &'static str,
        /// What to write.
        wanted: &'static str,
    },
    /// A required key is absent.
    #[error("{table} has no `{key}`; write {wanted}")]
    Missing {
        /// The key.
        key: &'static str,
        /// Where it is missing.
        table: &'static str,
        /// What to write.
        wanted: &'static str,
    },
    /// A text with nothing in it.
    #[error("`{key}` is empty; write {wanted}")]
    Empty {
        /// The key.
        key: &'static str,
        /// What to write.
        wanted: &'static str,
    },
    /// A format of the file that this louver does not know.
    #[error("version {0} of the scope file is not known; write `version = 1`")]
    Version(i64),
    /// Not a tier.
    #[error(transparent)]
    Tier(UnknownTier),
    /// Not a repository name.
    #[error("bad name `{name}`: {fault}")]
    Name {
        /// What was written.
        name: String,
        /// Why it is refused.
        fault: InvalidName,
    },
    /// The same name twice.
    #[error(
        "the name `{name}` is taken by the repository on line {first}, whatever its letter case; write another name, or remove one of the two"
    )]
    DuplicateName {
        /// The name.
        name: String,
        /// The line where it was first used; in another file, with its name.
        first: String,
    },
    /// Two places at once.
    #[error("a repository has a `path` or a `url`, not both; remove one")]
    PathAndUrl,
    /// No place at all.
    #[error(
        "the repository has no place; write `path = \"../payments\"` or `url = \"https://git.example.com/acme/payments.git\"`"
    )]
    NoLocation,
    /// A folder that is not there.
    #[error("there is no folder `{}`; correct `path`, which is relative to the scope file, or remove the repository", .0.display())]
    NoSuchFolder(PathBuf),
    /// A path that a shell would expand.
    #[error("`~` is not expanded; write the path in full, or relative to the scope file")]
    HomePath,
    /// A URL in place of a path.
    #[error("`path` holds a URL; write it as `url = …`")]
    UrlAsPath,
    /// Not an acceptable clone URL.
    #[error("bad `url`: {0}")]
    Url(UrlFault),
    /// Not an acceptable address to push to.
    #[error("bad `push`: {0}")]
    PushUrl(UrlFault),
    /// Not an acceptable glob.
    #[error("bad glob `{glob}`: {fault}")]
    Glob {
        /// What was written.
        glob: String,
        /// Why it is refused.
        fault: GlobFault,
    },
    /// Not a branch name.
    #[error("bad branch `{0}`; write a branch name such as `main`, without `refs/heads/`, spaces or wildcards")]
    Branch(String),
    /// Credentials for a place that needs none.
    #[error("`{0}` means nothing without `{1}`; remove it")]
    UselessCredential(&'static str, &'static str),
    /// Two sources of one credential.
    #[error("a repository has `credential_env` or `credential_command`, not both; remove one")]
    TwoCredentials,
    /// A value in place of the name of a variable.
    #[error(
        "`credential_env` is the name of an environment variable, such as `PAYMENTS_TOKEN`; if this was the credential itself, revoke it: the scope file is no place for secrets"
    )]
    NotAVariable,
    /// A limit out of its range.
    #[error("`max_file_bytes` is {0}; write a number from 1 to 67108864 (64 MiB)")]
    FileBytes(i64),
    /// A history deeper than is looked at, or none at all.
    #[error("`history` is {0}; write a number of commits from 1 (the approved one alone) to 10000")]
    History(i64),
    /// Not one of a few words.
    #[error("unknown `{key}` `{value}`; write {wanted}")]
    UnknownWord {
        /// The key.
        key: &'static str,
        /// What was written.
        value: String,
        /// What to write.
        wanted: &'static str,
    },
    /// Not a word to call something by.
    #[error("bad `{key}` `{value}`; write up to 64 lower-case letters, digits, `-`, `_` and `.`")]
    NotAWord {
        /// The key.
        key: &'static str,
        /// What was written.
        value: String,
    },
    /// Not a day, and not a moment.
    #[error(
        "`{0}` is no day and no full moment; write a day as in `2027-02-18`, or a moment as in `2027-02-18T12:00:00Z`"
    )]
    Moment(&'static str),
    /// Not a person, and not a team.
    #[error("bad person `{0}`; write `HOST:LOGIN`, `HOST#ID` or `team:NAME`, as in `github:alice`")]
    Who(String),
    /// A person of a host that the file does not describe.
    #[error(
        "there is no host `{0}`; write the name of a [[host]] before the `:` or `#`, or `local` for the local user"
    )]
    NoHostOfPerson(String),
    /// A team that the file does not describe.
    #[error("there is no team `{0}`; write a [[team]] table with that name, or correct it")]
    NoSuchTeam(String),
    /// A team inside a team.
    #[error("a team holds people, not teams; write them one by one, as in `members = [\"github:alice\"]`")]
    TeamInTeam,
    /// A team that is listed and a host's as well.
    #[error("a team is listed under `members`, or is a `group` of a `host`; remove one of the two, or write two teams")]
    TwoKindsOfTeam,
    /// A host that cannot be asked who is in a group.
    #[error(
        "`{0}` cannot be asked who is in a group, as it is not asked in the name of the person; write the people under `members`"
    )]
    NoTeamsThere(String),
    /// A group that could lead elsewhere.
    #[error("bad group `{0}`; write the host's names with `/` between them, as in `acme/payments`")]
    Group(String),
    /// Something called like another.
    #[error("the {what} `{name}` is there already, on line {first}; write another name, or remove one of the two")]
    Duplicate {
        /// What it is.
        what: &'static str,
        /// Its name.
        name: String,
        /// The line where it was first used; in another file, with its name.
        first: String,
    },
    /// A repository that the file does not list.
    #[error("the scope lists no repository `{0}`; write the name of a [[repo]], or remove the exception")]
    NoSuchRepo(String),
    /// An exception that ends before it begins.
    #[error("the exception ends before it begins, on {0}; write a later `until`, or remove it")]
    EndsBefore(Moment),
    /// An exception for longer than is allowed.
    #[error("the exception lasts {0} days; write an `until` at most 90 days after `from`, and review it then")]
    TooLong(i64),
    /// Somebody who may not approve.
    #[error("`{0}` may not approve exceptions; write one of the names under `approve` in [roles]")]
    NotAnApprover(String),
    /// A tier that would tell more than the table allows.
    #[error(
        "`{field} = \"{word}\"` in [tiers.{tier}] is not less than its `{usual}`; a tier can only be made to tell less: write `{field} = {}`, or remove the line",
        less(field)
    )]
    TellsMore {
        /// The field.
        field: &'static str,
        /// What was written.
        word: String,
        /// The tier.
        tier: Tier,
        /// What the table says.
        usual: &'static str,
    },
    /// An include that could lead elsewhere.
    #[error(
        "bad include `{0}`; write the plain name of a `.toml` file in the directory of the scope file, without folders"
    )]
    Include(String),
    /// An include that is not there.
    #[error("there is no file `{0}` in the directory of the scope file; correct the name, or remove it from `include`")]
    NoInclude(String),
    /// Not a regular expression that can be used.
    #[error("bad `regex`: {0}; write a regular expression that matches some text, as in `'ACME-[0-9]{{4,}}'`")]
    Pattern(String),
    /// A word that would be found everywhere.
    #[error(
        "`{key}` contains `{value}`, which would be found in too many places; write words of three letters or more"
    )]
    ShortWord {
        /// The key.
        key: &'static str,
        /// What was written.
        value: String,
    },
    /// Not a domain.
    #[error("bad domain `{0}`; write it without scheme, port and wildcard, as in `corp.example.com`")]
    Domain(String),
    /// A number of days out of its range.
    #[error("`retention_days` is {0}; write a number from 1 to 3650")]
    Days(i64),
    /// Two references at once.
    #[error("a repository has a `branch` or a `tag`, not both; remove one")]
    BranchAndTag,
    /// Not a tag name.
    #[error("bad tag `{0}`; write a tag name such as `v1.2.0`, without `refs/tags/`, spaces or wildcards")]
    Tag(String),
    /// A rule for mirrors of a repository that has none.
    #[error("`{0}` is about the mirror of a repository with a `url`; a local one has none: remove it")]
    NoMirror(&'static str),
    /// Not a word for a host.
    #[error(
        "bad host name `{0}`; write up to 40 lower-case letters, digits and `-`, beginning with a letter; `local`, `louver` and `team` are taken"
    )]
    HostName(String),
    /// The same host twice.
    #[error("the host `{name}` is described on line {first}; write another name, or remove one of the two")]
    DuplicateHost {
        /// The name.
        name: String,
        /// Where it was first used.
        first: usize,
    },
    /// Not a kind of host.
    #[error("unknown kind of host `{kind}`; write {}", suggestion.unwrap_or("github, gitlab, bitbucket, gitea or static"))]
    HostKind {
        /// What was written.
        kind: String,
        /// What may have been meant.
        suggestion: Option<&'static str>,
    },
    /// A host that the file does not describe.
    #[error("there is no host `{0}`; write a [[host]] table with that name, or correct it")]
    NoSuchHost(String),
    /// A key that a kind of host does not have.
    #[error("`{key}` means nothing for a host of kind `{kind}`; remove it")]
    NotForKind {
        /// The key.
        key: &'static str,
        /// The kind.
        kind: &'static str,
    },
    /// A host that cannot tell what somebody else may read.
    #[error("Gitea and Forgejo cannot tell louver which code another account may read; remove `identity_only`")]
    NoIdentityOnly,
    /// The same person twice.
    #[error("the id `{0}` is taken by another user of this host; write another id, or remove one of the two")]
    DuplicateUser(String),
    /// An id without the host it belongs to.
    #[error("`id` is the repository's id at its host; write `host` too, or remove it")]
    IdWithoutHost,
    /// Not an id of a repository.
    #[error("`id` is {0}; write the number the host gives the repository, as in `id = 583231`")]
    NotAnId(i64),
    /// Not a UUID.
    #[error(
        "`id` is no UUID; Bitbucket shows it as `uuid` at https://api.bitbucket.org/2.0/repositories/WORKSPACE/REPOSITORY"
    )]
    NotAUuid,
    /// A time out of its range.
    #[error("`{key}` is {value}; write a number of seconds from 0 to {}", if *key == "leeway_seconds" { 300 } else { 900 })]
    Seconds {
        /// The key.
        key: &'static str,
        /// What was written.
        value: i64,
    },
    /// Bounds the wrong way round.
    #[error("`soft_seconds` is more than `hard_seconds`, which is {0}; lower it")]
    SoftAboveHard(u64),
    /// An address that no token may be sent to.
    #[error(
        "bad `{0}`; write an address that begins with `https://` (`http://` is for this machine only), without account, `?` or `#`"
    )]
    BaseUrl(&'static str),
    /// A path where only a machine may be named.
    #[error("`public_url` has a path; write the address alone, as in `https://louver.example.com`")]
    PublicPath,
    /// Not a way to treat metadata documents.
    #[error("unknown `client_metadata` `{0}`; write off, pinned, allowlist or open")]
    ClientMetadata(String),
    /// Not an origin as browsers write it.
    #[error(
        "bad `browser_origins` entry `{0}`; write what browsers send as `Origin`, as in `https://inspector.example.com`, without a path or `/`"
    )]
    Origin(String),
    /// Neither an address nor a network.
    #[error("bad `trusted_proxies` entry `{0}`; write an address, or a network as in `10.0.0.0/8`; not everybody")]
    Network(String),
    /// Neither a document nor a domain.
    #[error(
        "bad `client_metadata_allow` entry `{0}`; with `pinned` write the address of a document that begins with `https://` (`http://` is for this machine only), with `allowlist` a domain, as in `claude.ai` or `*.example.com`"
    )]
    DocumentSource(String),
    /// Two sources of one thing.
    #[error("there is `{0}` or `{1}`, not both; remove one")]
    TwoSources(&'static str, &'static str),
    /// A number out of its range.
    #[error("`{key}` is {value}; write a number from {least} to {most}")]
    Number {
        /// The key.
        key: &'static str,
        /// What was written.
        value: i64,
        /// The least it may be.
        least: u64,
        /// The most it may be.
        most: u64,
    },
    /// Two streams or anchors of one name, which is what their place in the log is kept under.
    #[error("the name `{0}` is taken by another stream or anchor; write another name, or remove one of the two")]
    SameName(String),
    /// A key that a kind of stream or anchor does not have.
    #[error("`{key}` means nothing for kind `{kind}`; remove it")]
    NotForStream {
        /// The key.
        key: &'static str,
        /// The kind.
        kind: &'static str,
    },
    /// Not a class of records.
    #[error(
        "there is no class of records `{0}`; write some of retrieval, denial, auth, scope_change, index, export, admin, alert, tick, start, stop"
    )]
    Class(String),
    /// Not where syslog can be sent.
    #[error(
        "bad `address` `{0}`; write `tls://` or `tcp://`, a machine and a port, as in `address = \"tls://siem.example.com:6514\"`"
    )]
    SyslogAddress(String),
    /// A secret in place of the name of a variable.
    #[error(
        "`{0}` is the name of an environment variable in capitals; if this was the secret itself, replace it at the host: the scope file is no place for secrets"
    )]
    SecretInScope(&'static str),
}

fn lines(errors: &[ScopeError]) -> String {
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

fn less(field: &str) -> String {
    let words: Vec<String> = telling::words_of(field)
        .iter()
        .map(|word| format!("\"{word}\""))
        .collect();
    words.join("` or `")
}
