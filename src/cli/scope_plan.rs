//! `louver scope plan`: what applying the scope file would do, as text, JSON or Markdown.

use super::place::Place;
use super::scope::administered;
use super::{Format, Shared, progress};
use crate::audit::Decision;
use crate::index::Snapshot;
use crate::scope::{Kept, Plan, RepoChange, RepoName, Scope, Tier};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::SystemTime;

/// How many excluded paths are listed one by one.
const LISTED: usize = 20;

/// Counts in the index.
pub(super) struct Indexed(pub(super) Snapshot);

impl Kept for Indexed {
    fn files(&self, repo: &RepoName, visit: &mut dyn FnMut(&str, u64)) {
        for file in self.0.repo(repo.as_str()).into_iter().flat_map(|view| view.files()) {
            visit(file.path, u64::from(file.symbols));
        }
    }
}

pub(super) fn run(shared: &Shared, markdown: bool) -> anyhow::Result<ExitCode> {
    let after = Scope::load(&shared.config)?;
    let place = Place::of(shared)?;
    let before = place.applied_scope()?;
    let kept = Indexed(place.open_index()?.snapshot());
    let plan = Plan::of(before.as_ref(), &after, &kept, SystemTime::now());
    let digests = (before.as_ref().map(Scope::digest), after.digest());
    if markdown {
        progress::put(format_args!("{}", in_markdown(&plan, digests)))?;
    } else if shared.format == Format::Json {
        progress::put(format_args!("{}", in_json(&plan, digests)))?;
    } else {
        progress::put(format_args!("{}", in_text(&plan, digests)))?;
    }
    let about = json!({ "repos": plan.repos.len(), "symbols": plan.symbols() });
    administered(shared, "scope plan", Decision::Allow, about)?;
    Ok(if plan.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(3)
    })
}

type Digests<'a> = (Option<&'a str>, &'a str);

fn word(tier: Option<Tier>) -> &'static str {
    tier.map_or("unlisted", Tier::as_str)
}

fn in_text(plan: &Plan, (before, after): Digests<'_>) -> String {
    let mut out = match before {
        Some(before) => format!("in force sha256:{before}\n"),
        None => "in force: nothing was applied yet\n".to_owned(),
    };
    // Writing to a `String` cannot fail.
    _ = writeln!(out, "would be sha256:{after}");
    for repo in &plan.repos {
        _ = writeln!(out, "{}", line(repo));
        for path in repo.excluded.iter().take(LISTED) {
            _ = writeln!(out, "    newly excluded: {path}");
        }
        more(&mut out, repo.excluded.len());
        for (people, verb) in [(&repo.gain, "gains"), (&repo.lose, "loses")] {
            for person in people {
                _ = writeln!(out, "    {verb}: {person}");
            }
        }
    }
    for part in &plan.parts {
        _ = writeln!(out, "changed: {part}");
    }
    if plan.restart {
        _ = writeln!(out, "{RESTART}");
    }
    out.push_str(if plan.is_empty() {
        "nothing changes"
    } else {
        "apply it with `louver scope apply --expect-digest sha256:"
    });
    if !plan.is_empty() {
        _ = write!(out, "{after}`");
    }
    out
}

fn more(out: &mut String, count: usize) {
    if count > LISTED {
        _ = writeln!(out, "    and {} more", count - LISTED);
    }
}

fn line(repo: &RepoChange) -> String {
    let RepoChange {
        name,
        change,
        tier: (was, is),
        excluded,
        symbols,
        gain: _,
        lose: _,
        fields,
        names_in_clear,
    } = repo;
    let mut line = format!("{} {name}", change.as_str());
    if was == is {
        line.push_str(&format!(" tier={}", word(*is)));
    } else {
        line.push_str(&format!(" tier={}->{}", word(*was), word(*is)));
    }
    if *names_in_clear {
        line.push_str(" names=clear");
    }
    if !fields.is_empty() {
        line.push_str(&format!(" fields={}", fields.join(",")));
    }
    if !excluded.is_empty() {
        line.push_str(&format!(" excludes={}", excluded.len()));
    }
    if *symbols > 0 {
        line.push_str(&format!(" purges={symbols} symbols"));
    }
    line
}

/// What running servers do not follow by themselves.
pub(super) const RESTART: &str = "restart: running servers keep `[server]`, and whether people log in at all, as they began; restart `louver serve` after it is applied";

fn in_json(plan: &Plan, (before, after): Digests<'_>) -> Value {
    let repos: Vec<Value> = plan
        .repos
        .iter()
        .map(|it| {
            json!({
                "repo": it.name.as_str(), "change": it.change.as_str(), "tier_before": word(it.tier.0), "tier_after": word(it.tier.1),
                "fields": it.fields, "excluded": it.excluded, "symbols_purged": it.symbols, "gain": it.gain, "lose": it.lose, "names_in_clear": it.names_in_clear,
            })
        })
        .collect();
    json!({ "version": 1, "changes": !plan.is_empty(), "before": before, "after": after, "repos": repos, "parts": plan.parts, "symbols_purged": plan.symbols(), "restart": plan.restart })
}

fn in_markdown(plan: &Plan, (before, after): Digests<'_>) -> String {
    let mut out = "### What this scope would change\n\n".to_owned();
    let before = before.map_or("nothing".to_owned(), |digest| format!("`{}`", short(digest)));
    _ = writeln!(out, "In force: {before}; proposed: `sha256:{after}`.\n");
    if plan.is_empty() {
        out.push_str("Nothing changes.\n");
        return out;
    }
    if !plan.repos.is_empty() {
        out.push_str("| repository | change | tier | symbols purged | newly excluded files | gains | loses |\n");
        out.push_str("|---|---|---|---:|---:|---|---|\n");
    }
    for repo in &plan.repos {
        let tier = match repo.tier {
            (was, is) if was == is => word(is).to_owned(),
            (was, is) => format!("{} → {}", word(was), word(is)),
        };
        let clear = if repo.names_in_clear { ", names in clear" } else { "" };
        let change = match (repo.change.as_str(), &repo.fields[..]) {
            (change, []) => change.to_owned(),
            (change, fields) => format!("{change}: {}", fields.join(", ")),
        };
        _ = writeln!(
            out,
            "| `{}` | {change} | {tier}{clear} | {} | {} | {} | {} |",
            repo.name,
            repo.symbols,
            repo.excluded.len(),
            cell(&repo.gain),
            cell(&repo.lose)
        );
    }
    for repo in plan.repos.iter().filter(|repo| !repo.excluded.is_empty()) {
        _ = writeln!(out, "\nNewly excluded in `{}`:\n", repo.name);
        for path in repo.excluded.iter().take(LISTED) {
            _ = writeln!(out, "- `{}`", path.replace(['`', '\n'], " "));
        }
        if repo.excluded.len() > LISTED {
            _ = writeln!(out, "- and {} more", repo.excluded.len() - LISTED);
        }
    }
    if !plan.parts.is_empty() {
        _ = writeln!(out, "\nAlso changed: {}.", plan.parts.join(", "));
    }
    if plan.restart {
        _ = writeln!(out, "\n{RESTART}");
    }
    out
}

fn cell(people: &[String]) -> String {
    people.join(", ").replace('|', "\\|")
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}
