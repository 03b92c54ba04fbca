//! `louver exception`: writes exceptions into the scope file, where they are reviewed like every other rule. There is no other store of them.

use super::scope::administered;
use super::{Format, Shared, progress};
use crate::audit::Decision;
use crate::scope::{
    Edit, Exception, MOST_DAYS, Moment, Monitoring, RepoName, Scope, ScopeText, Who, add_exception, moment, quoted,
    set_in_exception,
};
use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a request into the scope file; it opens nothing before it is approved and applied
    Request {
        /// A word to call it by
        id: String,
        /// The repository it is to open
        #[arg(long)]
        repo: RepoName,
        /// Whom to open it to, as HOST:LOGIN, HOST#ID or team:NAME; can be repeated
        #[arg(long, required = true)]
        who: Vec<Who>,
        /// For how many days from today, at most 90
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=90))]
        days: u32,
        /// Why it is needed
        #[arg(long)]
        justification: String,
        /// Do not mark the records of answers under it
        #[arg(long)]
        normal_monitoring: bool,
    },
    /// Write who approved a request into the scope file
    Approve {
        /// The exception
        id: String,
        /// Who approves it
        #[arg(long)]
        by: String,
    },
    /// List the exceptions of the scope file with their state
    List,
    /// Let an exception end now, in the scope file
    End {
        /// The exception
        id: String,
    },
}

pub(super) fn run(shared: &Shared, options: &Options) -> anyhow::Result<ExitCode> {
    match &options.command {
        Command::List => list(shared),
        Command::Request {
            id,
            repo,
            who,
            days,
            justification,
            normal_monitoring,
        } => {
            let exception = requested(id, repo, who, *days, justification, *normal_monitoring)?;
            let source = ScopeText::read(&shared.config)?;
            let edit = add_exception(&source, &exception)?;
            change(shared, &source, &edit, "request", id)
        }
        Command::Approve { id, by } => {
            let source = ScopeText::read(&shared.config)?;
            let edit = set_in_exception(&source, id, &[("approved_by", quoted(by))])?;
            change(shared, &source, &edit, "approve", id)
        }
        Command::End { id } => {
            let source = ScopeText::read(&shared.config)?;
            let edit = set_in_exception(&source, id, &ending(&source, id)?)?;
            change(shared, &source, &edit, "end", id)
        }
    }
}

fn requested(
    id: &str,
    repo: &RepoName,
    who: &[Who],
    days: u32,
    justification: &str,
    normal: bool,
) -> anyhow::Result<Exception> {
    let now = SystemTime::now();
    let last = now + Duration::from_secs(u64::from(days - 1) * 24 * 60 * 60);
    let day = |at: SystemTime| -> anyhow::Result<Moment> {
        let text = moment::day(at);
        text.parse().ok().with_context(|| format!("`{text}` is no day"))
    };
    Ok(Exception {
        id: id.to_owned(),
        repo: repo.clone(),
        who: who.to_vec(),
        from: day(now)?,
        until: day(last)?,
        justification: justification.to_owned(),
        approved_by: None,
        monitoring: if normal {
            Monitoring::Normal
        } else {
            Monitoring::Enhanced
        },
        place: String::new(),
    })
}

/// One that has not begun never does: it ends in the second after it begins.
fn ending(source: &ScopeText, id: &str) -> anyhow::Result<Vec<(&'static str, String)>> {
    let scope = Scope::of_text(source)?;
    let now = SystemTime::now();
    let Some(exception) = scope.exceptions().iter().find(|it| it.id == id) else {
        bail!("there is no exception `{id}`; `louver exception list` names them");
    };
    if exception.until.ends() <= now {
        bail!("the exception `{id}` ended with {}", exception.until);
    }
    if exception.from.begins() >= now {
        let from = exception.from.begins();
        return Ok(vec![("until", moment::second(from + Duration::from_secs(1)))]);
    }
    Ok(vec![("until", moment::second(now))])
}

/// Writes the file, unless the scope would have errors then.
fn change(shared: &Shared, source: &ScopeText, edit: &Edit, verb: &str, id: &str) -> anyhow::Result<ExitCode> {
    let changed = edited(source, edit);
    let scope = Scope::of_text(&changed)?;
    let path = match &edit.file {
        None => shared.config.clone(),
        Some(name) => shared.config.parent().unwrap_or(Path::new("")).join(name),
    };
    let about = json!({ "exception": id, "digest": scope.digest() });
    administered(shared, &format!("exception {verb}"), Decision::Allow, about)?;
    replace(&path, edit.text.as_bytes()).with_context(|| format!("cannot write `{}`", path.display()))?;
    progress::say(format_args!(
        "wrote `{}`; have the change reviewed, and put it into force with `louver scope apply`",
        path.display()
    ));
    Ok(ExitCode::SUCCESS)
}

fn edited(source: &ScopeText, edit: &Edit) -> ScopeText {
    let main = match edit.file {
        None => edit.text.as_bytes(),
        Some(_) => source.main(),
    };
    source
        .included()
        .fold(ScopeText::of(source.path(), main), |text, (name, bytes)| {
            let bytes = if edit.file.as_deref() == Some(name) {
                edit.text.as_bytes()
            } else {
                bytes
            };
            text.with(name, bytes)
        })
}

/// The file keeps its permissions, and is the old or the new one whatever happens.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let path = fs::canonicalize(path)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut draft = tempfile::NamedTempFile::new_in(folder)?;
    draft.write_all(bytes)?;
    draft.as_file().set_permissions(fs::metadata(&path)?.permissions())?;
    draft.as_file().sync_all()?;
    draft.persist(&path).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

fn list(shared: &Shared) -> anyhow::Result<ExitCode> {
    let scope = Scope::of_text(&ScopeText::read(&shared.config)?)?;
    let now = SystemTime::now();
    for exception in scope.exceptions() {
        let Exception {
            id,
            repo,
            who,
            from,
            until,
            justification,
            approved_by,
            monitoring,
            place: _,
        } = exception;
        let state = exception.state(now).as_str();
        let who: Vec<String> = who.iter().map(ToString::to_string).collect();
        if shared.format == Format::Json {
            let line: Value = json!({
                "version": 1, "id": id, "state": state, "repo": repo.as_str(), "who": who, "from": from.to_string(), "until": until.to_string(),
                "justification": justification, "approved_by": approved_by, "monitoring": monitoring.as_str(),
            });
            progress::put(format_args!("{line}"))?;
        } else {
            progress::put(format_args!(
                "{id} {state} repo={repo} who={} from={from} until={until} approved_by={} monitoring={}",
                who.join(","),
                approved_by.as_deref().unwrap_or("-"),
                monitoring.as_str()
            ))?;
        }
    }
    let about = json!({ "exceptions": scope.exceptions().len(), "most_days": MOST_DAYS });
    administered(shared, "exception list", Decision::Allow, about)?;
    Ok(ExitCode::SUCCESS)
}
