//! `louver policy render`: the policy for people, written from the scope and the tier table in force, so that paper and enforcement agree.

use super::place::{Place, load_scope};
use super::record::Act;
use super::{Shared, progress};
use crate::audit::Class;
use crate::disclosure::tier_table;
use crate::scope::{Scope, Tier};
use crate::tools;
use clap::{Args, Subcommand};
use std::fmt::Write as _;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the policy as Markdown: tools, classification, access, exceptions, incidents, training
    Render,
}

pub(super) fn run(shared: &Shared, options: &Options) -> anyhow::Result<ExitCode> {
    match options.command {
        Command::Render => {
            let scope = load_scope(shared)?;
            Act::new(Class::Admin, "policy render").record(&Place::of(shared)?)?;
            progress::put(format_args!("{}", render(&scope).trim_end()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn render(scope: &Scope) -> String {
    let mut out = String::from("# How coding agents may use our code\n\n");
    line(
        &mut out,
        "Written by `louver policy render` from the rules in force. Change the scope file, not this text.",
    );
    line(&mut out, &format!("Scope in force: `sha256:{}`.", scope.digest()));
    approved_tools(&mut out);
    classification(&mut out, scope);
    access(&mut out, scope);
    exceptions(&mut out);
    incidents(&mut out);
    training(&mut out);
    out
}

/// One paragraph.
fn line(out: &mut String, text: &str) {
    // Writing to a `String` cannot fail.
    _ = writeln!(out, "{text}\n");
}

fn approved_tools(out: &mut String) {
    line(out, "## 1. Approved tools");
    line(
        out,
        &format!(
            "Agents learn about our code from louver {} and from nothing else. Its tools only read:",
            env!("CARGO_PKG_VERSION")
        ),
    );
    for tool in tools::all() {
        _ = writeln!(out, "* `{}`: {}", tool.name, tool.description);
    }
    line(
        out,
        "\nProhibited: pasting files, parts of files, logs or credentials into an agent; using an agent with a personal account.",
    );
}

fn classification(out: &mut String, scope: &Scope) {
    line(out, "## 2. Classification");
    line(
        out,
        "A repository that is not listed, or whose tier is not clear, is restricted: it is not read, indexed or answered.",
    );
    let rows: Vec<_> = Tier::ALL
        .into_iter()
        .map(|tier| (tier, tier_table(tier, &scope.told_at(tier))))
        .collect();
    let Some((_, fields)) = rows.first() else { return };
    _ = writeln!(
        out,
        "| what | {} |",
        rows.iter()
            .map(|(tier, _)| tier.to_string())
            .collect::<Vec<_>>()
            .join(" | ")
    );
    _ = writeln!(out, "|---|{}", "---|".repeat(rows.len()));
    for (at, (field, _)) in fields.iter().enumerate() {
        let cells: Vec<&str> = rows.iter().map(|(_, row)| row[at].1).collect();
        _ = writeln!(out, "| {field} | {} |", cells.join(" | "));
    }
    line(
        out,
        "\nBodies, literals and comments that are no documentation leave at no tier. `pseudonym`: words of our own are replaced. `shape`: number \
         and types of parameters. `counts`: how many, not which.",
    );
    if scope.told_at(Tier::Confidential).names_in_clear {
        line(
            out,
            "Names of confidential repositories are told in clear, by decision of those who keep the scope: `names = \"clear\"`.",
        );
    }
    line(out, "### Repositories");
    _ = writeln!(out, "| repository | tier | answers for it |\n|---|---|---|");
    for repo in scope.repos() {
        _ = writeln!(
            out,
            "| {} | {} | {} |",
            cell(repo.name().as_str()),
            repo.tier(),
            cell(repo.owner())
        );
    }
    line(
        out,
        "\nFiles that hold secrets, data or a person's settings (`.env*`, `*.pem`, `*.key`, `credentials.*`, `data/`, `logs/` and the like) are \
         excluded everywhere, beside what the scope file excludes. Of an excluded file nothing is known: no symbol, relation, name or mention.",
    );
}

fn access(out: &mut String, scope: &Scope) {
    line(out, "## 3. Access and authentication");
    line(
        out,
        "Who cannot read a repository's code at its host gets no answer about it. Nobody has more rights in louver than at the host, \
         administrators included. A permission is asked of the host and relied on for a bounded time; when the host cannot be asked, the answer is no.",
    );
    if scope.hosts().is_empty() {
        line(
            out,
            "No code host is configured: only the user of this machine is answered.",
        );
    }
    for host in scope.hosts() {
        _ = writeln!(out, "* host `{}`", cell(&host.name));
    }
    if !scope.hosts().is_empty() {
        out.push('\n');
    }
    line(
        out,
        "Every answer and every refusal is recorded in a tamper-evident log before it is given: who, when, which repository and commit, under \
         which permission and which rules. Prompts are not recorded. `louver audit verify` checks the log without trust in louver.",
    );
}

fn exceptions(out: &mut String) {
    line(out, "## 4. Exceptions");
    line(
        out,
        "An exception is a reviewed change of the scope file: who, which repository, until when (90 days at most), who approved it, why. It ends by \
         itself, to the second. While it lasts its use is watched closely. Where a classification is unclear, the repository stays restricted and \
         its owner is asked.",
    );
}

fn incidents(out: &mut String) {
    line(out, "## 5. Incidents");
    line(
        out,
        "Whoever sees code, a secret or a customer's data where it does not belong reports it the same day; nobody is blamed for a report. The \
         report is written up within 24 hours. Containment: set the repository's tier to `restricted`, which purges it from index, mirror and \
         caches. Evidence: `louver audit` shows every answer that was given. A secret that was seen is rotated.",
    );
}

fn training(out: &mut String) {
    line(out, "## 6. Training");
    line(
        out,
        "Before first use everybody reads this policy and the tier table, and renews that once a year. An agent asks `list_repos` for the \
         tier of every repository its user can read, and what the tier tells.",
    );
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
