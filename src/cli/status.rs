//! `louver status`: what is approved, what is indexed, whether the log is well.

use super::place::{Place, load_scope};
use super::{Format, Shared, progress};
use crate::audit::{Reader, instances};
use crate::index::Snapshot;
use crate::scope::{ListedRepo, Scope, Tier};
use serde_json::{Value, json};
use std::process::ExitCode;

pub(super) fn run(shared: &Shared) -> anyhow::Result<ExitCode> {
    let scope = load_scope(shared)?;
    let place = Place::of(shared)?;
    let snapshot = place.open_index()?.snapshot();
    let repos: Vec<Value> = scope.repos().map(|repo| of_repo(&scope, repo, &snapshot)).collect();
    let logs = of_logs(&place)?;
    if shared.format == Format::Json {
        let all = json!({ "version": 1, "scope": scope.digest(), "data": place.root(), "repos": repos, "logs": logs });
        progress::put(format_args!("{all}"))?;
        return Ok(ExitCode::SUCCESS);
    }
    progress::put(format_args!(
        "scope {} sha256:{}",
        shared.config.display(),
        scope.digest()
    ))?;
    progress::put(format_args!("data {}", place.root().display()))?;
    for repo in &repos {
        progress::put(format_args!("{}", line(repo)))?;
    }
    for log in &logs {
        progress::put(format_args!("log {} records={}", text(log, "dir"), log["records"]))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn of_repo(scope: &Scope, repo: &ListedRepo, snapshot: &Snapshot) -> Value {
    let name = repo.name().to_string();
    let mut out = json!({ "repo": name, "tier": repo.tier().to_string(), "owner": repo.owner() });
    out["state"] = if repo.tier() == Tier::Restricted || scope.approve(repo.name()).is_none() {
        "not approved".into()
    } else if let Some(view) = snapshot.repo(&name) {
        let (info, totals) = (&view.generation().info, view.totals());
        out["commit"] = info.commit.clone().into();
        out["indexed_at"] = info.indexed_at.into();
        out["files"] = totals.files.into();
        out["symbols"] = totals.symbols.into();
        out["relations"] = totals.references.into();
        out["skipped"] = json!(info.skipped);
        "indexed".into()
    } else {
        "not indexed yet; run `louver index`".into()
    };
    out
}

fn of_logs(place: &Place) -> anyhow::Result<Vec<Value>> {
    let dir = place.audit();
    if !dir.is_dir() {
        return Ok(Vec::new());
    }
    let mut out = Vec::new();
    for log in instances(&dir)? {
        let reader = Reader::open(&log)?;
        let records = reader.records(0).count();
        out.push(json!({ "dir": log, "records": records, "key": reader.verifier().to_string() }));
    }
    Ok(out)
}

fn line(repo: &Value) -> String {
    let mut out = format!(
        "repo {} tier={} {}",
        text(repo, "repo"),
        text(repo, "tier"),
        text(repo, "state")
    );
    if let Some(commit) = repo["commit"].as_str() {
        out.push_str(&format!(
            " commit={} files={} symbols={} relations={}",
            commit.get(..10).unwrap_or(commit),
            repo["files"],
            repo["symbols"],
            repo["relations"]
        ));
    }
    out
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}
