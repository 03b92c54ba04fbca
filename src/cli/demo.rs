//! `louver demo`: the main job on a real repository, without configuration and without a network.

use super::place::Place;
use super::{Format, Shared, index, init, progress};
use crate::audit::Reader;
use crate::scope::{RepoName, Scope, starter};
use crate::server::{self, Client, HttpOptions};
use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::{Map, Value};
use std::env;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// A git repository [default: the one around this folder]
    #[arg(long, value_name = "PATH")]
    repo: Option<PathBuf>,
    /// Words to search for [default: a question that fits any program]
    #[arg(long, value_name = "WORDS")]
    question: Option<String>,
}

/// What the demo shows of an answer; an agent gets it whole.
const MOST_LINES: usize = 24;

pub(super) fn run(shared: &Shared, options: &Options) -> anyhow::Result<ExitCode> {
    let repo = find_repo(options.repo.as_deref())?;
    let name = repo
        .file_name()
        .map_or_else(|| "repo".into(), |it| it.to_string_lossy())
        .into_owned();
    let name: RepoName = init::name_of(&name).parse()?;
    let folder = tempfile::Builder::new()
        .prefix("louver-demo-")
        .tempdir()
        .context("no room for the demo's index")?;
    let config = folder.path().join("louver.toml");
    fs::write(&config, starter([(&name, repo.as_path())])).context("cannot write the demo's scope file")?;
    let shared = Shared {
        config: config.clone(),
        data: Some(folder.path().join("data")),
        format: Format::Text,
        quiet: shared.quiet,
    };
    let approved = format!("the scope file approves one repository: {name} ({})", repo.display());
    say("1", &approved)?;
    let text = fs::read_to_string(&config)?;
    let stated: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    show(&stated.join("\n"))?;

    let scope = Scope::load(&config)?;
    let place = Place::of(&shared)?;
    let log = Arc::new(place.open_log()?);
    say(
        "2",
        "louver indexes its committed files with tree-sitter; working copy, history and excluded files stay unread",
    )?;
    let indexer = index::indexer(&place, Arc::clone(&log), &scope, None)?;
    for repo in scope.approved() {
        let began = std::time::Instant::now();
        let report = index::index_one(&indexer, &repo, false, shared.quiet)?;
        index::tell(&shared, &report, began)?;
    }
    drop(indexer);

    let desk = place.open_desk(scope, Arc::clone(&log))?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let question = options
        .question
        .clone()
        .unwrap_or_else(|| "where is the program started and its command line read".to_owned());
    runtime.block_on(ask_over_http(desk, name.as_ref(), &question))?;
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));

    log.checkpoint().context("cannot publish a checkpoint of the log")?;
    say("4", "every answer left a record before it was sent; the log verifies")?;
    records(log.dir())?;
    register(&repo)?;
    Ok(ExitCode::SUCCESS)
}

/// Says how the repository becomes the one that Claude Code asks about.
fn register(repo: &Path) -> anyhow::Result<()> {
    say("5", "to register louver in Claude Code for this repository:")?;
    let program = env::current_exe().unwrap_or_else(|_| "louver".into());
    progress::put(format_args!(
        "  {program} init {repo} --config {repo}/louver.toml && {program} index --config {repo}/louver.toml",
        program = program.display(),
        repo = repo.display(),
    ))?;
    progress::put(format_args!(
        "  claude mcp add --transport stdio louver -- {program} serve --stdio --config {repo}/louver.toml",
        program = program.display(),
        repo = repo.display(),
    ))?;
    Ok(())
}

/// Starts a real server on loopback and asks it through a real client.
async fn ask_over_http(desk: Arc<crate::tools::Desk>, repo: &str, question: &str) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let (ready, bound) = tokio::sync::oneshot::channel();
    let options = HttpOptions {
        login: None,
        webhooks: None,
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        stop: stop.clone(),
    };
    let server = tokio::spawn(server::serve_http(desk, options, move |address| {
        // Nobody waits for the address only if the demo has ended already.
        let _ended = ready.send(address);
    }));
    let address = bound.await.context("the server did not start")?;
    say(
        "3",
        &format!("an MCP client asks http://{address}/mcp what a newcomer's agent would ask"),
    )?;
    let client = Client::connect(&format!("http://{address}/mcp")).await?;
    let asked = ask_all(&client, repo, question).await;
    client.close().await;
    stop.cancel();
    server.await.context("the server ended badly")??;
    asked
}

async fn ask_all(client: &Client, repo: &str, question: &str) -> anyhow::Result<()> {
    ask(client, "list_repos", &[]).await?;
    ask(client, "get_outline", &[("target", repo.into())]).await?;
    let found = ask(
        client,
        "search_symbols",
        &[
            ("query", question.into()),
            ("repo", repo.into()),
            ("limit", 5.into()),
            ("kinds", vec!["function", "method"].into()),
        ],
    )
    .await?;
    let Some(handle) = first_handle(&found) else {
        progress::put(format_args!(
            "nothing found for that question; try another with --question"
        ))?;
        return Ok(());
    };
    ask(client, "get_symbol", &[("symbols", vec![handle.clone()].into())]).await?;
    ask(client, "find_references", &[("symbol", handle.into())]).await?;
    Ok(())
}

async fn ask(client: &Client, tool: &str, arguments: &[(&str, Value)]) -> anyhow::Result<String> {
    let arguments: Map<String, Value> = arguments
        .iter()
        .map(|(key, value)| ((*key).to_owned(), value.clone()))
        .collect();
    progress::put(format_args!("\n> {tool} {}", Value::Object(arguments.clone())))?;
    let answer = client.call(tool, arguments).await?;
    show(&answer)?;
    Ok(answer)
}

/// The handle of the first symbol in an answer: its path line, then the name below it.
fn first_handle(answer: &str) -> Option<String> {
    let mut place = "";
    for line in answer.lines().skip(1) {
        match line.trim_start().strip_prefix('#') {
            Some(rest) => return Some(format!("{place}#{}", rest.split(' ').next()?)),
            None if !line.starts_with(' ') => place = line.split(' ').next()?,
            None => (),
        }
    }
    None
}

fn records(dir: &Path) -> anyhow::Result<()> {
    let reader = Reader::open(dir)?;
    for entry in reader.records(0) {
        progress::put(format_args!("  {}", super::audit::line(&entry?)))?;
    }
    match reader.verify(None) {
        Ok(verified) => Ok(progress::put(format_args!("  {}", super::audit::verdict(&verified)))?),
        Err(findings) => bail!(
            "the log does not verify: {}",
            findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        ),
    }
}

fn find_repo(given: Option<&Path>) -> anyhow::Result<PathBuf> {
    let start = match given {
        Some(path) => path.to_owned(),
        None => env::current_dir()?,
    };
    let start = fs::canonicalize(&start).with_context(|| format!("no folder `{}`", start.display()))?;
    match start
        .ancestors()
        .find(|folder| folder.join(".git").exists() || folder.join("HEAD").is_file())
    {
        Some(found) if given.is_none() || found == start => Ok(found.to_owned()),
        _ => bail!(
            "`{}` is not a git repository; name one with --repo PATH",
            start.display()
        ),
    }
}

fn say(step: &str, text: &str) -> std::io::Result<()> {
    progress::put(format_args!("\n== {step}. {text}"))
}

fn show(text: &str) -> std::io::Result<()> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    for line in lines.iter().take(MOST_LINES) {
        let short: String = line.chars().take(160).collect();
        progress::put(format_args!("  {short}"))?;
    }
    if lines.len() > MOST_LINES {
        progress::put(format_args!("  … {} more lines", lines.len() - MOST_LINES))?;
    }
    Ok(())
}
