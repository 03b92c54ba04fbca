//! Where a repository is: a folder of this machine, or a host reached over HTTPS or SSH.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

/// Where a repository is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A repository on this machine, read through its object database.
    Path(PathBuf),
    /// A clone URL without credentials.
    Url(String),
}

/// Why a clone URL is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlFault {
    /// A `file://` URL.
    #[error("`file://` is not a clone URL here; write `path = \"…\"` with the folder instead")]
    File,
    /// Plain HTTP to another machine.
    #[error(
        "`http://` sends credentials and code unprotected; write `https://` (`http://` is for loopback addresses only)"
    )]
    PlainHttp,
    /// Something that is neither HTTPS nor SSH.
    #[error("a clone URL begins with `https://` or `ssh://`, or has the form `git@host:path`")]
    Scheme,
    /// A token or a password inside the URL.
    #[error(
        "the URL carries a credential; remove everything before the `@`, revoke that credential, and name the place of a new one with `credential_env` or `credential_command`"
    )]
    EmbeddedCredential,
    /// A query or a fragment.
    #[error(
        "a clone URL has no `?` and no `#`; remove what follows, and name the place of a token with `credential_env`"
    )]
    Query,
    /// Something that is not a host name.
    #[error("`{0}` is not a host name; write the URL that `git clone` takes")]
    Host(String),
    /// No path to a repository.
    #[error("the URL names no repository; write it with its path, as in `https://git.example.com/acme/payments.git`")]
    NoPath,
    /// White space, control characters or backslashes.
    #[error("a clone URL has no spaces, control characters or backslashes; write it as `git clone` takes it")]
    Characters,
}

/// How a URL names the machine and what lies there.
struct Parts<'a> {
    scheme: Scheme,
    user: Option<&'a str>,
    authority: &'a str,
    path: &'a str,
}

#[derive(PartialEq)]
enum Scheme {
    Http,
    Https,
    Ssh,
}

impl Location {
    /// Checks a clone URL; what is accepted is safe to print.
    pub(super) fn from_url(url: &str) -> Result<Self, UrlFault> {
        if url.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
            return Err(UrlFault::Characters);
        }
        let parts = Parts::of(url)?;
        if parts.carries_credential() {
            return Err(UrlFault::EmbeddedCredential);
        }
        if url.contains(['?', '#']) {
            return Err(UrlFault::Query);
        }
        let host = host_of(parts.authority).ok_or_else(|| UrlFault::Host(parts.authority.to_owned()))?;
        if parts.scheme == Scheme::Http && !is_loopback(host) {
            return Err(UrlFault::PlainHttp);
        }
        if parts.path.trim_matches('/').is_empty() {
            return Err(UrlFault::NoPath);
        }
        Ok(Self::Url(url.to_owned()))
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Url(url) => url.fmt(f),
        }
    }
}

impl<'a> Parts<'a> {
    fn of(url: &'a str) -> Result<Self, UrlFault> {
        let Some((scheme, rest)) = url.split_once("://") else {
            return Self::of_scp_form(url).ok_or(UrlFault::Scheme);
        };
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "https" => Scheme::Https,
            "http" => Scheme::Http,
            "ssh" => Scheme::Ssh,
            "file" => return Err(UrlFault::File),
            _ => return Err(UrlFault::Scheme),
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, authority) = split_user(authority);
        Ok(Self {
            scheme,
            user,
            authority,
            path,
        })
    }

    /// Reads `git@host:path`, the form that `scp` uses.
    fn of_scp_form(url: &'a str) -> Option<Self> {
        let (machine, path) = url.split_once(':')?;
        let (user, authority) = split_user(machine);
        user?;
        Some(Self {
            scheme: Scheme::Ssh,
            user,
            authority,
            path,
        })
    }

    /// Over SSH a user name is an address; everywhere else, and whenever it has a password, it is a credential.
    fn carries_credential(&self) -> bool {
        self.user
            .is_some_and(|user| self.scheme != Scheme::Ssh || user.contains(':'))
    }
}

/// Splits at the last `@`, as every client does that later connects.
fn split_user(authority: &str) -> (Option<&str>, &str) {
    match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    }
}

/// Returns the host of `host`, `host:port` or `[address]:port`.
fn host_of(authority: &str) -> Option<&str> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        let well_formed = address.parse::<Ipv6Addr>().is_ok() && (port.is_empty() || is_port(port.strip_prefix(':')?));
        return well_formed.then_some(address);
    }
    let (host, port) = authority.split_once(':').unwrap_or((authority, "1"));
    let well_formed = !host.is_empty()
        && !host.starts_with('-')
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    (well_formed && is_port(port)).then_some(host)
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok_and(|port| port > 0)
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || host.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::{Location, UrlFault};

    #[test]
    fn accepts_what_git_clones_over_a_protected_line() {
        for url in [
            "https://git.example.com/acme/payments.git",
            "https://git.example.com:8443/acme/payments",
            "ssh://git@git.example.com:2222/acme/payments.git",
            "git@git.example.com:acme/payments.git",
            "http://127.0.0.1:3000/acme/payments",
            "http://localhost/acme",
            "http://[::1]:80/acme",
        ] {
            assert_eq!(Location::from_url(url), Ok(Location::Url(url.to_owned())));
        }
    }

    #[test]
    fn refuses_hosts_that_only_look_like_loopback() {
        for url in [
            "http://127.0.0.1.example.com/a",
            "http://localhost.example.com/a",
            "http://127.1/a",
        ] {
            assert_eq!(Location::from_url(url), Err(UrlFault::PlainHttp), "{url}");
        }
        assert_eq!(
            Location::from_url("http://localhost@example.com/a"),
            Err(UrlFault::EmbeddedCredential)
        );
        assert_eq!(
            Location::from_url("http://localhost\\@example.com/a"),
            Err(UrlFault::Characters)
        );
        assert_eq!(
            Location::from_url("https://example.com:x/a"),
            Err(UrlFault::Host("example.com:x".to_owned()))
        );
        assert_eq!(Location::from_url("ext::sh -c id"), Err(UrlFault::Characters));
        assert_eq!(Location::from_url("ext::id"), Err(UrlFault::Scheme));
        assert_eq!(Location::from_url("git://example.com/a"), Err(UrlFault::Scheme));
        assert_eq!(
            Location::from_url("git@-oProxyCommand=x:a"),
            Err(UrlFault::Host("-oProxyCommand=x".to_owned()))
        );
    }
}
