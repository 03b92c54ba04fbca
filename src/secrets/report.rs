//! Findings of many files as text, JSON lines and SARIF 2.1.0: rule and place, never the value.

use std::fmt::Write;

use serde::Serialize;
use serde_json::{Value, json};

use super::scanner::{Finding, Scanner};

/// A finding and the file it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileFinding<'s> {
    pub path: &'s str,
    pub finding: Finding<'s>,
}

#[derive(Serialize)]
struct Line<'s> {
    rule: &'s str,
    path: &'s str,
    line: usize,
    column: usize,
}

/// Writes `path:line:column: rule: description`, one finding a line.
pub fn to_text(scanner: &Scanner, findings: &[FileFinding<'_>]) -> String {
    let mut text = String::new();
    for FileFinding { path, finding } in findings {
        let description = scanner
            .rules()
            .find(|rule| rule.id == finding.rule)
            .map_or("", |rule| rule.description);
        // Writing to a string cannot fail.
        let _infallible = writeln!(
            text,
            "{path}:{}:{}: {}: {description}",
            finding.line, finding.column, finding.rule
        );
    }
    text
}

/// Writes one JSON object a line: `rule`, `path`, `line`, `column`.
pub fn to_jsonl(findings: &[FileFinding<'_>]) -> String {
    let lines = findings.iter().map(|FileFinding { path, finding }| {
        let line = Line {
            rule: finding.rule,
            path,
            line: finding.line,
            column: finding.column,
        };
        serde_json::to_string(&line).expect("strings and numbers are always JSON") + "\n"
    });
    lines.collect()
}

/// Writes a SARIF 2.1.0 log of one run, with the rules that found something.
pub fn to_sarif(scanner: &Scanner, findings: &[FileFinding<'_>]) -> String {
    let rules: Vec<_> = scanner
        .rules()
        .filter(|rule| findings.iter().any(|found| found.finding.rule == rule.id))
        .collect();
    let results = findings.iter().map(|FileFinding { path, finding }| {
        json!({
            "ruleId": finding.rule,
            "ruleIndex": rules.iter().position(|rule| rule.id == finding.rule),
            "level": "error",
            "message": { "text": format!("found what the rule `{}` describes; remove it and revoke it if it is in use", finding.rule) },
            "locations": [{
                "physicalLocation": {
                    "artifactLocation": { "uri": uri(path) },
                    "region": { "startLine": finding.line, "startColumn": finding.column },
                },
            }],
        })
    });
    let results: Vec<Value> = results.collect();
    let rules: Vec<Value> = rules
        .iter()
        .map(|rule| json!({ "id": rule.id, "shortDescription": { "text": rule.description } }))
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "louver", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

/// A path as a relative URI reference.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            b'\\' => uri.push('/'),
            _ => {
                let _infallible = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}
