//! Credentials for repository hosts: taken from the environment or a command when a host asks, used once, kept nowhere.

use crate::scope::Credential;
use git2::{Cred, CredentialType};
use std::env;
use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// How long a credential command may take: long enough for a vault, too short for a question to a person who is not there.
const COMMAND_LIMIT: Duration = Duration::from_secs(30);

/// More than this is no credential.
const MAX_OUTPUT: u64 = 64 << 10;

/// Why a credential cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialFault {
    /// The host wants one and the scope names none.
    #[error("the host asks for one; set `credential_env` or `credential_command` in the scope file")]
    NotConfigured,
    /// The variable is not set, or empty.
    #[error("the environment variable `{0}` is not set; set it for the louver process")]
    Variable(String),
    /// The command cannot be started.
    #[error("the command `{program}` cannot be started ({kind}); give its full path in `credential_command`")]
    Start {
        /// The program.
        program: String,
        /// What the operating system says.
        kind: std::io::ErrorKind,
    },
    /// The command failed.
    #[error("the command `{0}` failed; run it by hand as the user louver runs as")]
    Failed(String),
    /// The command did not end.
    #[error("the command `{program}` took longer than {} s; it must not wait for input", COMMAND_LIMIT.as_secs())]
    Slow {
        /// The program.
        program: String,
    },
    /// The command printed nothing of use.
    #[error(
        "the command `{0}` printed no credential; it prints one line with the token, or `username=` and `password=` lines"
    )]
    Nothing(String),
    /// The host wants a kind of credential that cannot be given.
    #[error(
        "the host asks for a kind of login that louver does not have; use an access token over HTTPS, or a key over SSH"
    )]
    Unsupported,
    /// No SSH agent answers.
    #[error("no SSH agent answers with a key; start one, or name the place of a private key with `credential_command`")]
    NoAgent,
}

/// An account name and a secret. It is not `Debug`, so that it cannot be logged.
struct Login {
    user: String,
    secret: String,
}

/// Returns what to answer when a host asks for a credential.
///
/// `account` is the user name in the address, which only SSH addresses have.
pub(super) fn answer(
    credential: &Credential,
    account: Option<&str>,
    allowed: CredentialType,
) -> Result<Cred, CredentialFault> {
    let account = account.unwrap_or("git");
    if allowed.contains(CredentialType::USER_PASS_PLAINTEXT) {
        let Login { user, secret } = login(credential)?.ok_or(CredentialFault::NotConfigured)?;
        return Cred::userpass_plaintext(&user, &secret).map_err(|_| CredentialFault::Unsupported);
    }
    if allowed.contains(CredentialType::SSH_MEMORY) || allowed.contains(CredentialType::SSH_KEY) {
        return match login(credential)? {
            Some(key) => {
                Cred::ssh_key_from_memory(account, None, &key.secret, None).map_err(|_| CredentialFault::Unsupported)
            }
            None => Cred::ssh_key_from_agent(account).map_err(|_| CredentialFault::NoAgent),
        };
    }
    if allowed.contains(CredentialType::USERNAME) {
        return Cred::username(account).map_err(|_| CredentialFault::Unsupported);
    }
    Err(CredentialFault::Unsupported)
}

fn login(credential: &Credential) -> Result<Option<Login>, CredentialFault> {
    match credential {
        Credential::None => Ok(None),
        Credential::Env { user, variable } => {
            let value = env::var(variable).ok().filter(|value| !value.trim().is_empty());
            let value = value.ok_or_else(|| CredentialFault::Variable(variable.clone()))?;
            Ok(Some(parse(&value, user)))
        }
        Credential::Command { user, command } => {
            let (program, arguments) = command.split_first().ok_or(CredentialFault::NotConfigured)?;
            let output = run(program, arguments)?;
            if output.trim().is_empty() {
                return Err(CredentialFault::Nothing(program.clone()));
            }
            Ok(Some(parse(&output, user)))
        }
    }
}

/// Reads what git's credential helpers print, a private key, or a bare token.
fn parse(output: &str, user: &str) -> Login {
    let field = |name: &str| output.lines().find_map(|line| line.strip_prefix(name));
    let Some(secret) = field("password=") else {
        let secret = output.trim();
        let is_key = secret.starts_with("-----BEGIN");
        let secret = if is_key {
            secret
        } else {
            secret.lines().next().unwrap_or_default().trim_end()
        };
        return Login {
            user: user.to_owned(),
            secret: format!("{secret}{}", if is_key { "\n" } else { "" }),
        };
    };
    Login {
        user: field("username=").unwrap_or(user).to_owned(),
        secret: secret.to_owned(),
    }
}

/// Runs a command without a shell and without input, and returns what it prints.
fn run(program: &str, arguments: &[String]) -> Result<String, CredentialFault> {
    let started = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = started.map_err(|error| CredentialFault::Start {
        program: program.to_owned(),
        kind: error.kind(),
    })?;
    let failed = || CredentialFault::Failed(program.to_owned());
    let mut stdout = child.stdout.take().ok_or_else(failed)?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut output = String::new();
        let read = stdout.by_ref().take(MAX_OUTPUT).read_to_string(&mut output);
        // Nobody listens any more once the command is given up.
        drop(sender.send(read.map(|_| output)));
    });
    if !finished(&mut child, program)? {
        return Err(failed());
    }
    // A process the command left behind may hold the pipe open, so the end of the output is not waited for without a limit.
    receiver
        .recv_timeout(COMMAND_LIMIT)
        .ok()
        .and_then(Result::ok)
        .ok_or_else(failed)
}

fn finished(child: &mut Child, program: &str) -> Result<bool, CredentialFault> {
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status.success()),
            Ok(None) if start.elapsed() < COMMAND_LIMIT => thread::sleep(Duration::from_millis(5)),
            Ok(None) => {
                // It may end between the two calls; either way it is over.
                drop(child.kill());
                drop(child.wait());
                return Err(CredentialFault::Slow {
                    program: program.to_owned(),
                });
            }
            Err(_) => return Err(CredentialFault::Failed(program.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_credential_is_a_token_a_key_or_what_helpers_print() {
        let read = |output| {
            let login = parse(output, "oauth2");
            (login.user, login.secret)
        };
        let pair = |user: &str, secret: &str| (user.to_owned(), secret.to_owned());
        assert_eq!(read("t0ken\n"), pair("oauth2", "t0ken"));
        assert_eq!(read("t0ken\nurl: x\n"), pair("oauth2", "t0ken"));
        assert_eq!(read("protocol=https\nusername=bot\npassword=p=w\n"), pair("bot", "p=w"));
        assert_eq!(
            read("-----BEGIN KEY-----\nx\n-----END KEY-----\n"),
            pair("oauth2", "-----BEGIN KEY-----\nx\n-----END KEY-----\n")
        );
    }
}
