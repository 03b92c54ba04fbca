//! The command line: one file per subcommand.
//!
//! Data goes to stdout, everything else to stderr. Exit codes: 0 done, 1 failed, 2 misused, 3 found something.

mod access;
mod ask;
mod audit;
mod bench;
mod bench_audit;
mod bench_bare;
mod bench_calls;
mod bench_parse;
mod bench_retrieval;
mod bench_share;
mod demo;
mod doctor;
mod exception;
mod index;
mod init;
mod place;
mod policy;
mod progress;
mod purge;
mod record;
mod reveal;
mod scan;
mod scope;
mod scope_apply;
mod scope_plan;
mod serve;
mod signed;
mod status;
mod token;
mod witness;

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// Shows coding agents how approved code is built, and never the code.
///
/// louver indexes the repositories a scope file approves and answers MCP clients with structure: signatures, outlines, relations.
/// Every answer leaves a record in a tamper-evident log before it is sent.
#[derive(Debug, Parser)]
#[command(version, about, long_about, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 done, 1 failed, 2 misused, 3 found something (scan, scope, doctor).\n\
    Environment: LOUVER_CONFIG, LOUVER_DATA, LOUVER_LOG (log filter, e.g. `info`), NO_COLOR.\n\
    Start with `louver demo`, or `louver init PATH` and then `louver index`."
)]
struct Cli {
    #[command(flatten)]
    shared: Shared,
    #[command(subcommand)]
    command: Command,
}

/// Options every subcommand takes.
#[derive(Clone, Debug, Args)]
struct Shared {
    /// The scope file
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "LOUVER_CONFIG",
        default_value = "louver.toml"
    )]
    config: PathBuf,
    /// Where index, mirrors and log are kept [default: the user's data directory]
    #[arg(long, global = true, value_name = "DIR", env = "LOUVER_DATA")]
    data: Option<PathBuf>,
    /// How results are written to stdout
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Say less on stderr
    #[arg(long, short, global = true)]
    quiet: bool,
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    /// Only for `scan`
    Sarif,
    /// Only for `audit export`, like those below
    Csv,
    Jsonl,
    Ocsf,
    Cef,
    Syslog,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a scope file that approves the given repositories
    Init(init::Options),
    /// Index every approved repository, or the named ones
    Index(index::Options),
    /// Serve MCP clients over stdio or HTTP
    Serve(serve::Options),
    /// Ask one tool, as an agent would
    Ask(ask::Options),
    /// Show what is approved, indexed and recorded
    Status,
    /// Check, plan, test and apply the scope file
    Scope(scope::Options),
    /// Request, approve, list and end exceptions, in the scope file
    Exception(exception::Options),
    /// Take repositories off the disk
    Purge(purge::Options),
    /// Read and verify the retrieval log
    Audit(Box<audit::Options>),
    /// Show the main job on a real repository, without any configuration
    Demo(demo::Options),
    /// Show who can reach which repository, stop them, or say why they can
    Access(access::Options),
    /// Check the set-up: scope file, data directory, log, hosts and their registrations
    Doctor,
    /// Look for credentials and personal data in files or standard input
    Scan(scan::Options),
    /// Put words of the organisation back in place of pseudonyms; every use is recorded
    Reveal(reveal::Options),
    /// Write the policy for people, from the scope in force
    Policy(policy::Options),
    /// Measure louver on your own repositories
    Bench(bench::Options),
    /// Make, list and revoke tokens for people and CI jobs without a browser
    Token(token::Options),
    /// Sign the checkpoints of other louvers' logs, so that none of them can take one back
    Witness(witness::Options),
    /// Parses files for another louver; not for people
    #[command(name = "extraction-worker", hide = true)]
    ExtractionWorker,
}

/// Every subcommand and its options, as `--help` tells them.
pub fn command() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}

/// Runs the command line and returns its exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(err) => {
            let code = if err.use_stderr() { 2 } else { 0 };
            // Nothing is left to tell anyone if this cannot be written.
            drop(err.print());
            return ExitCode::from(code);
        }
    };
    if matches!(cli.command, Command::ExtractionWorker) {
        return crate::extraction::worker::main();
    }
    log_to_stderr(cli.shared.quiet);
    match run(&cli) {
        Ok(code) => code,
        Err(err) => {
            progress::say(format_args!("error: {err:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    let shared = &cli.shared;
    match &cli.command {
        Command::Init(options) => init::run(shared, options),
        Command::Index(options) => index::run(shared, options),
        Command::Serve(options) => serve::run(shared, options),
        Command::Ask(options) => ask::run(shared, options),
        Command::Status => status::run(shared),
        Command::Scope(options) => scope::run(shared, options),
        Command::Exception(options) => exception::run(shared, options),
        Command::Purge(options) => purge::run(shared, options),
        Command::Audit(options) => audit::run(shared, options),
        Command::Demo(options) => demo::run(shared, options),
        Command::Access(options) => access::run(shared, options),
        Command::Doctor => doctor::run(shared),
        Command::Scan(options) => scan::run(shared, options),
        Command::Reveal(options) => reveal::run(shared, options),
        Command::Policy(options) => policy::run(shared, options),
        Command::Bench(options) => bench::run(shared, options),
        Command::Token(options) => token::run(shared, options),
        Command::Witness(options) => witness::run(shared, options),
        Command::ExtractionWorker => Ok(ExitCode::SUCCESS),
    }
}

/// Log lines name repositories, counts and reasons; `Fragment` and `SourceText` have nothing to print.
fn log_to_stderr(quiet: bool) {
    let usual = if quiet { "error" } else { "warn,rmcp=error" };
    let filter = EnvFilter::try_from_env("LOUVER_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(filter)
        .with_ansi(progress::colour())
        .init();
}
