//! The official conformance runner of MCP against a served louver, once for each era.
//!
//! `tests/clients/conformance-expected-failures.yml` lists what only the runner's own fixture server can answer.

use crate::clients::{folder, node};
use crate::served::{SHOP, Served};
use std::collections::BTreeSet;
use std::fs;

#[test]
fn both_eras_conform() {
    let louver = Served::start(SHOP);
    let mut met = BTreeSet::new();
    for revision in ["2026-07-28", "2025-11-25"] {
        met.extend(run(&louver, revision));
    }
    let listed = listed();
    assert!(listed.len() > 10, "the file lists {listed:?}");
    let unmet: Vec<&String> = listed.difference(&met).collect();
    assert!(unmet.is_empty(), "no run fails as the file expects: {unmet:?}");
}

/// Runs the scenarios a revision requires; returns those that failed as expected.
#[track_caller]
fn run(louver: &Served, revision: &str) -> BTreeSet<String> {
    let expected = folder().join("conformance-expected-failures.yml");
    // The scenario on DNS rebinding only runs against `localhost`.
    let url = format!("http://localhost:{}/mcp", louver.address().port());
    let output = node("node_modules/@modelcontextprotocol/conformance/dist/index.js")
        .args([
            "server",
            "--url",
            &url,
            "--requirements",
            revision,
            "--expected-failures",
        ])
        .arg(expected)
        .env("NO_COLOR", "1")
        .output()
        .expect("the runner starts");
    let report = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    let verdict = report.find("=== SUMMARY").map_or(&*report, |at| &report[at..]);
    assert!(output.status.success(), "{revision}: {verdict}{complaint}");
    for scenario in [
        "tools-list",
        "dns-rebinding-protection",
        "resources-list",
        "prompts-list",
    ] {
        let passes = report
            .lines()
            .any(|line| line.starts_with(&format!("✓ {scenario}:")) && line.ends_with(" 0 failed"));
        assert!(passes, "{revision}: {scenario} did not pass: {verdict}");
    }
    report
        .lines()
        .filter_map(|line| line.strip_prefix("  ~ ").map(str::to_owned))
        .collect()
}

/// The entries of the file of expected failures.
fn listed() -> BTreeSet<String> {
    let text =
        fs::read_to_string(folder().join("conformance-expected-failures.yml")).expect("the file of expected failures");
    let entries = text.lines().filter_map(|line| line.strip_prefix("  - "));
    entries
        .map(|entry| {
            entry
                .split(" #")
                .next()
                .unwrap_or_default()
                .trim_matches('"')
                .to_owned()
        })
        .collect()
}
