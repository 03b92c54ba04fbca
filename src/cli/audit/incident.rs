//! `louver audit incident`: what reached somebody, who else behaved alike, and the evidence of it.

use super::out::{archive, write_bundle};
use super::select::{Select, now};
use crate::audit::report::{Shape, session_of};
use crate::audit::{Archive, Class, Filter, Hold, Stored, rfc3339};
use crate::cli::record::Act;
use crate::cli::{Format, Shared, progress};
use anyhow::bail;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List every repository, file and symbol that reached a person, client or session
    Find {
        #[command(flatten)]
        select: Select,
    },
    /// List the sessions of the same shape as one, the most alike first
    Similar {
        /// The session, as `find` names it
        session: String,
        /// How many to list
        #[arg(long, short = 'n', default_value_t = 10)]
        most: usize,
    },
    /// Write the evidence into a new folder, and hold the log so that retention removes none of it
    Pack {
        /// What the incident is called: letters, digits and dashes
        name: String,
        #[command(flatten)]
        select: Select,
        /// The folder to make
        #[arg(long, value_name = "DIR")]
        output: PathBuf,
    },
}

pub(super) fn run(shared: &Shared, options: &Options) -> anyhow::Result<ExitCode> {
    match &options.command {
        Command::Find { select } => find(shared, &select.filter(now())?),
        Command::Similar { session, most } => similar(shared, session, *most),
        Command::Pack { name, select, output } => pack(shared, name, &select.filter(now())?, output),
    }
}

/// What reached them, by repository.
#[derive(Default)]
struct Reached {
    answers: u64,
    commits: BTreeSet<String>,
    files: BTreeSet<String>,
    symbols: BTreeSet<String>,
    /// Symbols that only their number is known of: a long list that is no longer beside the log.
    unlisted: u64,
}

/// What the log says of them, all repositories together.
#[derive(Default)]
struct Findings {
    repos: BTreeMap<String, Reached>,
    sessions: BTreeSet<String>,
    /// When the first and the last answer left.
    span: Option<(u64, u64)>,
    raw_source_bytes: u64,
}

impl Findings {
    fn of(archive: &Archive, filter: &Filter) -> anyhow::Result<Self> {
        let mut all = Self::default();
        archive.each(filter, &mut |record| {
            if record.class() == "retrieval" {
                all.add(&record);
            }
            Ok(())
        })?;
        Ok(all)
    }

    fn add(&mut self, record: &Stored) {
        self.sessions.insert(session_of(record));
        let time = record.time();
        let (first, last) = self.span.unwrap_or((time, time));
        self.span = Some((first.min(time), last.max(time)));
        self.raw_source_bytes += record.number("/raw_source_bytes").unwrap_or_default();
        for (name, commit, _) in record.repos() {
            let reached = self.repos.entry(name.to_owned()).or_default();
            reached.answers += 1;
            reached.commits.insert(commit.to_owned());
            let of_repo = record
                .symbols()
                .filter_map(|id| id.strip_prefix(name)?.strip_prefix(':'));
            for id in of_repo {
                reached.files.insert(id.split('#').next().unwrap_or(id).to_owned());
                reached.symbols.insert(id.to_owned());
            }
            if record.has_unknown_symbols() {
                reached.unlisted += record.number("/symbols/count").unwrap_or_default();
            }
        }
    }

    fn to_json(&self, filter: &Filter) -> Value {
        let repos = self.repos.iter().map(|(name, it)| {
            json!({ "repository": name, "answers": it.answers, "commits": it.commits, "files": it.files,
                    "symbols": it.symbols, "symbols_unlisted": it.unlisted })
        });
        let repos: Vec<_> = repos.collect();
        let first = self.span.map(|(first, _)| rfc3339(first));
        let last = self.span.map(|(_, last)| rfc3339(last));
        json!({ "question": filter.to_string(), "first": first, "last": last, "sessions": self.sessions,
                "raw_source_bytes": self.raw_source_bytes, "repositories": repos })
    }

    fn print(&self) -> anyhow::Result<()> {
        match self.span {
            Some((first, last)) => progress::put(format_args!(
                "{} from {} to {}; raw_source_bytes={}",
                counted(self.repos.len(), "repository", "repositories"),
                rfc3339(first),
                rfc3339(last),
                self.raw_source_bytes
            ))?,
            None => progress::put(format_args!("nothing reached them"))?,
        }
        for session in &self.sessions {
            progress::put(format_args!("session {session}"))?;
        }
        for (name, it) in &self.repos {
            progress::put(format_args!(
                "{name} answers={} commits={} files={} symbols={} symbols_unlisted={}",
                it.answers,
                it.commits.len(),
                it.files.len(),
                it.symbols.len(),
                it.unlisted
            ))?;
            for symbol in &it.symbols {
                progress::put(format_args!("  {symbol}"))?;
            }
        }
        Ok(())
    }
}

fn find(shared: &Shared, filter: &Filter) -> anyhow::Result<ExitCode> {
    let (place, archive) = archive(shared)?;
    let findings = Findings::of(&archive, filter)?;
    Act::new(Class::Export, "audit incident find")
        .about(&filter.to_string())
        .record(&place)?;
    if shared.format == Format::Json {
        progress::put(format_args!("{}", findings.to_json(filter)))?;
    } else {
        findings.print()?;
    }
    Ok(ExitCode::SUCCESS)
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn similar(shared: &Shared, session: &str, most: usize) -> anyhow::Result<ExitCode> {
    let (place, archive) = archive(shared)?;
    let shapes = Shape::all(&archive, &Filter::default())?;
    let Some(wanted) = shapes.get(session) else {
        bail!("no session `{session}`; `louver audit incident find` names them");
    };
    Act::new(Class::Export, "audit incident similar")
        .about(session)
        .record(&place)?;
    let mut alike: Vec<(f64, &String, &Shape)> = shapes
        .iter()
        .filter(|(name, _)| *name != session)
        .map(|(name, shape)| (wanted.likeness(shape), name, shape))
        .collect();
    alike.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    for (likeness, name, shape) in alike.into_iter().take(most) {
        if shared.format == Format::Json {
            progress::put(format_args!(
                "{}",
                json!({ "session": name, "likeness": likeness, "shape": shape })
            ))?;
        } else {
            progress::put(format_args!(
                "{likeness:.2} {name} answers={} refusals={} symbols={} repositories={} from {} to {}",
                shape.answers,
                shape.refusals,
                shape.symbols,
                shape.repositories,
                rfc3339(shape.first),
                rfc3339(shape.last)
            ))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn pack(shared: &Shared, name: &str, filter: &Filter, output: &std::path::Path) -> anyhow::Result<ExitCode> {
    if !Hold::is_name(name) {
        bail!("`{name}` cannot name an incident; use up to 64 letters, digits and dashes");
    }
    let (place, archive) = archive(shared)?;
    let hold = Hold {
        name: name.to_owned(),
        reason: "incident".to_owned(),
        since: now(),
    };
    write_bundle(&place, &archive, filter, output, true, "audit incident pack")?;
    hold.set(&place.audit())?;
    progress::put(format_args!(
        "the hold `{name}` keeps the log as it is until it is released"
    ))?;
    Ok(ExitCode::SUCCESS)
}
