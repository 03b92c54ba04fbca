//! What can be wrong with a scope file, where it is, and what to write instead.

use super::filter::GlobFault;
use super::location::UrlFault;
use super::name::InvalidName;
use super::tier::UnknownTier;
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
        /// Where it was first used.
        first: usize,
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
    #[error("`{0}` is for repositories with a `url`; remove it")]
    UselessCredential(&'static str),
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
}

fn lines(errors: &[ScopeError]) -> String {
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    lines.join("\n")
}
