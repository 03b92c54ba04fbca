//! Why no answer is given, in words an agent can act on.
//!
//! The set is closed. What a refusal quotes is either the caller's own words, bounded, or names that passed the tier table.

use crate::access::Withheld;
use std::fmt;

/// Why no answer is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The arguments do not fit the tool's schema.
    BadArguments { problem: String },
    /// There is no tool of that name.
    UnknownTool { tool: String, tools: Vec<&'static str> },
    /// Unknown, not approved and not readable are one and the same.
    NoSuchRepository { repo: String },
    /// No indexed file or folder of that path.
    NoSuchPath {
        repo: String,
        path: String,
        near: Vec<String>,
    },
    /// No symbol of that handle or name.
    NoSuchSymbol {
        symbol: String,
        near: Vec<String>,
        /// Bytes of the file it was looked for in that no parser could read.
        unparsed: u32,
    },
    /// A name that several symbols share.
    Ambiguous { symbol: String, candidates: Vec<String> },
    /// A cursor of another query or of an index that has changed since.
    StaleCursor,
    /// The tier of the repository does not tell names, so nothing can be asked for by name.
    NamesWithheld { repo: String },
    /// The search took longer than it may.
    Cancelled,
    /// The scope names the clients that are answered, and this is none of them.
    ClientNotApproved { client: String },
    /// The index on disk could not be read; the operator's log says why.
    Unavailable { repo: String },
    /// The host has not said for too long what the caller may read, whatever it is.
    Unverified { host: String },
    /// The caller's login at the host has ended.
    LoggedOut { host: String },
    /// An operator has stopped the caller, or everybody.
    Suspended,
    /// The call failed inside louver, in a way nobody foresaw.
    Failed,
    /// The caller was told of as many symbols as the scope allows in an hour.
    OverBudget { symbols: u64, minutes: u64 },
}

/// The one refusal that leaves no record: the record itself could not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the audit log cannot be written, so no answer can be given; tell the operator of this louver server")]
pub struct NotRecorded;

impl Refusal {
    /// What a caller is told about `repo` when nothing may be told.
    pub(crate) fn withheld(why: Withheld, repo: &str) -> Self {
        match why {
            Withheld::NotReadable => Self::NoSuchRepository { repo: repo.to_owned() },
            Withheld::Unverified { host, lapsed: _ } => Self::Unverified { host },
            Withheld::LoggedOut { host } => Self::LoggedOut { host },
            Withheld::Suspended => Self::Suspended,
        }
    }

    /// The word the record keeps.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::BadArguments { .. } => "bad-arguments",
            Self::UnknownTool { .. } => "unknown-tool",
            Self::NoSuchRepository { .. } => "no-such-repository",
            Self::NoSuchPath { .. } => "no-such-path",
            Self::NoSuchSymbol { .. } => "no-such-symbol",
            Self::Ambiguous { .. } => "ambiguous",
            Self::StaleCursor => "stale-cursor",
            Self::NamesWithheld { .. } => "names-withheld",
            Self::Cancelled => "cancelled",
            Self::ClientNotApproved { .. } => "client-not-approved",
            Self::Unavailable { .. } => "unavailable",
            Self::Unverified { .. } => "unverified",
            Self::LoggedOut { .. } => "logged-out",
            Self::Suspended => "suspended",
            Self::OverBudget { .. } => "over-budget",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadArguments { problem } => write!(f, "bad arguments: {}", quoted(problem)),
            Self::UnknownTool { tool, tools } => {
                write!(f, "no tool `{}`; the tools are {}", quoted(tool), tools.join(", "))
            }
            Self::NoSuchRepository { repo } => {
                write!(
                    f,
                    "no repository `{}`; list_repos names the ones you may ask about",
                    quoted(repo)
                )
            }
            Self::NoSuchPath { repo, path, near } => {
                write!(f, "no indexed file or folder `{}` in {repo}", quoted(path))?;
                suggest(f, near, "get_outline with the repository alone shows its folders")
            }
            Self::NoSuchSymbol { symbol, near, unparsed } => {
                write!(f, "no symbol `{}`", quoted(symbol))?;
                if *unparsed > 0 {
                    write!(
                        f,
                        "; {unparsed} bytes of that file could not be parsed, and it may be there"
                    )?;
                }
                suggest(f, near, "search_symbols finds names and words")
            }
            Self::Ambiguous { symbol, candidates } => {
                write!(
                    f,
                    "`{}` names {} symbols; ask again with one of\n{}",
                    quoted(symbol),
                    candidates.len(),
                    candidates.join("\n")
                )
            }
            Self::StaleCursor => f.write_str(
                "the cursor belongs to another query or to an index that has changed since; ask again without it",
            ),
            Self::NamesWithheld { repo } => {
                write!(
                    f,
                    "the tier of {repo} withholds names; list_repos and get_outline with the repository alone give its counts"
                )
            }
            Self::Cancelled => {
                f.write_str("the call was cancelled or took too long; narrow it with repo, path or kind")
            }
            Self::ClientNotApproved { client } => write!(
                f,
                "the security team has not approved the client `{}`; use one it has, or ask it to add this one under [clients]",
                quoted(client)
            ),
            Self::Unavailable { repo } => write!(
                f,
                "the index of {repo} cannot be read; tell the operator of this louver server"
            ),
            Self::Unverified { host } => write!(
                f,
                "`{host}` cannot be asked at the moment what you may read, so nothing can be told; try again in a minute"
            ),
            Self::LoggedOut { host } => {
                write!(
                    f,
                    "your login at `{host}` has ended; connect to louver again and log in"
                )
            }
            Self::Failed => f.write_str("the call failed inside louver; tell its operator"),
            Self::OverBudget { symbols, minutes } => write!(
                f,
                "you were told of {symbols} different symbols within an hour, which is as many as the security team allows; ask again in {minutes} min"
            ),
            Self::Suspended => f.write_str("your access was stopped by the operator of this louver server"),
        }
    }
}

fn suggest(f: &mut fmt::Formatter<'_>, near: &[String], otherwise: &str) -> fmt::Result {
    if near.is_empty() {
        write!(f, "; {otherwise}")
    } else {
        write!(f, "; near it:\n{}", near.join("\n"))
    }
}

/// The caller's own words, cut to a length and freed of control characters.
fn quoted(text: &str) -> String {
    const LONGEST: usize = 200;
    let mut out: String = text
        .chars()
        .map(|c| if c == '\n' { ' ' } else { c })
        .filter(|c| !c.is_control())
        .take(LONGEST)
        .collect();
    if text.chars().count() > LONGEST {
        out.push('…');
    }
    out
}
