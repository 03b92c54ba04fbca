//! Evidence in figures: counted from records, each figure with the records and the checkpoint it rests on.

use super::archive::{Archive, Filter, LogState, Stored, rfc3339};
use super::{AuditError, RecordError};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// At most this many lines of a list are written out; the rest is counted.
const LONGEST: usize = 200;

/// What a report is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// One session, record by record.
    Session(String),
    /// One person.
    User(String),
    /// One repository.
    Repository(String),
    /// Who was let in where, when last and on which ground.
    Access,
    /// The controls of a framework: `soc2`, `iso27001`, `hipaa` or `pci`.
    Controls(String),
}

/// The records of one log that a report counted, and the state they are in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Basis {
    pub log: String,
    /// Numbers of the first and last record counted.
    pub first: u64,
    pub last: u64,
    pub records: u64,
    /// Size and root of the checkpoint the log had.
    pub size: u64,
    pub root: String,
}

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    pub records: u64,
    pub answers: u64,
    pub refusals: u64,
    pub redacted_answers: u64,
    pub logins_and_tokens: u64,
    pub scope_changes: u64,
    pub index_changes: u64,
    pub exports: u64,
    pub administrative_acts: u64,
    pub alerts: u64,
    pub ticks: u64,
    pub starts: u64,
    pub people: u64,
    pub sessions: u64,
    pub clients: u64,
    pub symbols_disclosed: u64,
    pub bytes_disclosed: u64,
    pub tokens_disclosed: u64,
    pub names_withheld: u64,
    pub redactions: u64,
    pub raw_source_bytes: u64,
    pub oldest_permission_ms: u64,
}

/// A report, ready to be written as Markdown or JSON.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub title: String,
    pub question: String,
    pub made: String,
    /// The times of the first and last record counted.
    pub from: String,
    pub to: String,
    pub basis: Vec<Basis>,
    pub figures: Figures,
    pub tables: Vec<Table>,
}

/// A table of a report.
#[derive(Clone, Debug, Serialize)]
pub struct Table {
    pub title: String,
    pub columns: Vec<&'static str>,
    pub rows: Vec<Vec<String>>,
    /// Rows that are not written out.
    pub more: u64,
}

impl Table {
    fn new(title: &str, columns: &[&'static str], mut rows: Vec<Vec<String>>) -> Self {
        let more = rows.len().saturating_sub(LONGEST);
        rows.truncate(LONGEST);
        Self {
            title: title.to_owned(),
            columns: columns.to_vec(),
            rows,
            more: more as u64,
        }
    }
}

/// One control of a framework, and the figures that are evidence for it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Control {
    framework: String,
    id: String,
    title: String,
    says: String,
    evidence: Vec<String>,
}

#[derive(Deserialize)]
struct Controls {
    control: Vec<Control>,
}

/// The frameworks a report can be made for: the word to ask with, and the name.
pub const FRAMEWORKS: [(&str, &str); 4] = [
    ("soc2", "SOC 2"),
    ("iso27001", "ISO/IEC 27001:2022"),
    ("hipaa", "HIPAA Security Rule"),
    ("pci", "PCI DSS 4.0.1"),
];

/// What is counted on the way through the records.
#[derive(Default)]
struct Tally {
    figures: Figures,
    basis: BTreeMap<String, Basis>,
    span: Option<(u64, u64)>,
    people: BTreeSet<String>,
    sessions: BTreeSet<String>,
    clients: BTreeSet<String>,
    tools: BTreeMap<String, u64>,
    rules: BTreeMap<String, u64>,
    redactions: BTreeMap<String, u64>,
    repos: BTreeMap<String, Reached>,
    by_person: BTreeMap<String, Reached>,
    access: BTreeMap<(String, String), Access>,
    timeline: Vec<Vec<String>>,
}

#[derive(Default)]
struct Reached {
    answers: u64,
    symbols: u64,
    tiers: BTreeSet<String>,
    last: u64,
}

struct Access {
    tier: String,
    source: String,
    last: u64,
    age_ms: u64,
    index: u64,
}

impl Report {
    /// Counts what `filter` and `subject` mean in `archive`.
    pub fn of(archive: &Archive, subject: &Subject, filter: &Filter, made: u64) -> Result<Self, AuditError> {
        let mut filter = filter.clone();
        match subject {
            Subject::Session(id) => filter.session = Some(id.clone()),
            Subject::User(user) => filter.user = Some(user.clone()),
            Subject::Repository(repo) => filter.repo = Some(repo.clone()),
            Subject::Access | Subject::Controls(_) => (),
        }
        let mut tally = Tally::default();
        archive.each(&filter, &mut |record| {
            tally.count(&record, matches!(subject, Subject::Session(_) | Subject::User(_)));
            Ok(())
        })?;
        let states = archive.states()?;
        let tables = tally.tables(subject);
        Ok(Self {
            title: subject.title(),
            question: filter.to_string(),
            made: rfc3339(made),
            from: tally.span.map_or_else(String::new, |(first, _)| rfc3339(first)),
            to: tally.span.map_or_else(String::new, |(_, last)| rfc3339(last)),
            basis: tally.basis(&states),
            figures: tally.finish(),
            tables,
        })
    }

    /// The report for people.
    pub fn markdown(&self) -> String {
        let mut out = format!(
            "# {}\n\nQuestion: {}. Made at {}.\n\n",
            self.title, self.question, self.made
        );
        if self.from.is_empty() {
            out.push_str("No record answers it.\n\n");
        } else {
            put(&mut out, format_args!("Records from {} to {}.\n\n", self.from, self.to));
        }
        out.push_str(
            "## What it rests on\n\n| log | records | counted | checkpoint size | root |\n|---|---|---|---|---|\n",
        );
        for basis in &self.basis {
            let Basis {
                log,
                first,
                last,
                records,
                size,
                root,
            } = basis;
            let range = if *records == 0 {
                "none".to_owned()
            } else {
                format!("{first}–{last}")
            };
            put(
                &mut out,
                format_args!("| {log} | {range} | {records} | {size} | `{root}` |\n"),
            );
        }
        out.push_str("\n`louver audit verify` checks that these records are the ones under that checkpoint.\n\n## Figures\n\n| figure | count |\n|---|---|\n");
        if let Ok(serde_json::Value::Object(figures)) = serde_json::to_value(&self.figures) {
            for (name, value) in figures {
                put(&mut out, format_args!("| {} | {value} |\n", name.replace('_', " ")));
            }
        }
        for table in &self.tables {
            put(
                &mut out,
                format_args!("\n## {}\n\n| {} |\n|", table.title, table.columns.join(" | ")),
            );
            out.push_str(&"---|".repeat(table.columns.len()));
            out.push('\n');
            for row in &table.rows {
                let cells: Vec<String> = row
                    .iter()
                    .map(|cell| cell.replace('|', "\\|").replace('\n', " "))
                    .collect();
                put(&mut out, format_args!("| {} |\n", cells.join(" | ")));
            }
            if table.more > 0 {
                put(
                    &mut out,
                    format_args!("\n{} more; `louver audit search` and `export` give all.\n", table.more),
                );
            }
        }
        out
    }

    /// The report for programs.
    pub fn json(&self) -> Result<String, AuditError> {
        Ok(serde_json::to_string_pretty(self).map_err(RecordError::from)?)
    }
}

impl Subject {
    fn title(&self) -> String {
        match self {
            Self::Session(id) => format!("Session {id}"),
            Self::User(user) => format!("What reached {user}"),
            Self::Repository(repo) => format!("Who reached {repo}"),
            Self::Access => "Access, as the log shows it".to_owned(),
            Self::Controls(word) => {
                let name = FRAMEWORKS
                    .iter()
                    .find(|(it, _)| it == word)
                    .map_or(word.as_str(), |(_, name)| name);
                format!("Evidence for {name}")
            }
        }
    }
}

impl Tally {
    fn count(&mut self, record: &Stored, with_timeline: bool) {
        let time = record.time();
        self.span = Some(
            self.span
                .map_or((time, time), |(first, last)| (first.min(time), last.max(time))),
        );
        let basis = self.basis.entry(record.log.clone()).or_insert_with(|| Basis {
            first: record.index,
            ..Basis::default()
        });
        basis.last = record.index;
        basis.records += 1;
        self.sort(record);
        self.people.extend(record.account());
        self.sessions.extend(record.text("/session").map(str::to_owned));
        self.clients.extend(record.text("/client/name").map(str::to_owned));
        self.add(record);
        if record.class() == "retrieval" {
            self.reach(record);
        }
        if with_timeline {
            let repos: Vec<&str> = record.repos().map(|(name, _, _)| name).collect();
            self.timeline.push(vec![
                rfc3339(time),
                format!("{}:{}", record.log, record.index),
                record.class().to_owned(),
                record.text("/tool").unwrap_or_default().to_owned(),
                record.text("/decision").unwrap_or_default().to_owned(),
                repos.join(" "),
                record.number("/symbols/count").unwrap_or_default().to_string(),
            ]);
        }
    }

    fn sort(&mut self, record: &Stored) {
        let figures = &mut self.figures;
        figures.records += 1;
        let class = match record.class() {
            "retrieval" => &mut figures.answers,
            "denial" => &mut figures.refusals,
            "auth" => &mut figures.logins_and_tokens,
            "scope_change" => &mut figures.scope_changes,
            "index" => &mut figures.index_changes,
            "export" => &mut figures.exports,
            "alert" => &mut figures.alerts,
            "tick" => &mut figures.ticks,
            "start" => &mut figures.starts,
            _ => &mut figures.administrative_acts,
        };
        *class += 1;
        if record.text("/decision") == Some("redact") {
            figures.redacted_answers += 1;
        }
    }

    fn add(&mut self, record: &Stored) {
        let number = |pointer: &str| record.number(pointer).unwrap_or_default();
        let figures = &mut self.figures;
        figures.names_withheld += number("/names_withheld");
        figures.raw_source_bytes += number("/raw_source_bytes");
        figures.oldest_permission_ms = figures.oldest_permission_ms.max(number("/permission/age_ms"));
        for (rule, count) in record.redactions() {
            figures.redactions += count;
            *self.redactions.entry(rule.to_owned()).or_default() += count;
        }
        if record.class() == "retrieval" {
            figures.symbols_disclosed += number("/symbols/count");
            figures.bytes_disclosed += number("/bytes");
            figures.tokens_disclosed += number("/tokens");
        }
        if let Some(tool) = record.text("/tool") {
            *self.tools.entry(tool.to_owned()).or_default() += 1;
        }
        if record.class() == "denial" {
            let rule = record.text("/rule").unwrap_or("none");
            *self.rules.entry(rule.to_owned()).or_default() += 1;
        }
    }

    fn reach(&mut self, record: &Stored) {
        let symbols = record.number("/symbols/count").unwrap_or_default();
        let person = record.login.clone().or_else(|| record.account()).unwrap_or_default();
        let account = record.account().unwrap_or_default();
        for (name, _, tier) in record.repos() {
            for (map, key) in [(&mut self.repos, name), (&mut self.by_person, person.as_str())] {
                let reached = map.entry(key.to_owned()).or_default();
                reached.answers += 1;
                // An answer about several repositories lists all its symbols once.
                reached.symbols += symbols;
                reached.tiers.insert(tier.to_owned());
                reached.last = reached.last.max(record.time());
            }
            let access = Access {
                tier: tier.to_owned(),
                source: record.text("/permission/source").unwrap_or_default().to_owned(),
                last: record.time(),
                age_ms: record.number("/permission/age_ms").unwrap_or_default(),
                index: record.index,
            };
            self.access.insert((account.clone(), name.to_owned()), access);
        }
    }

    fn basis(&self, states: &[LogState]) -> Vec<Basis> {
        let of = |state: &LogState| {
            let counted = self.basis.get(&state.origin).cloned().unwrap_or_default();
            Basis {
                log: state.origin.clone(),
                size: state.checkpoint.size,
                root: state.checkpoint.root.to_string(),
                ..counted
            }
        };
        states.iter().map(of).collect()
    }

    fn finish(self) -> Figures {
        Figures {
            people: self.people.len() as u64,
            sessions: self.sessions.len() as u64,
            clients: self.clients.len() as u64,
            ..self.figures
        }
    }

    fn tables(&self, subject: &Subject) -> Vec<Table> {
        let counts = |title: &str, column: &'static str, map: &BTreeMap<String, u64>| {
            let rows = map
                .iter()
                .map(|(key, count)| vec![key.clone(), count.to_string()])
                .collect();
            Table::new(title, &[column, "count"], rows)
        };
        let mut tables = Vec::new();
        if let Subject::Controls(word) = subject {
            tables.push(self.controls(word));
        }
        if *subject == Subject::Access {
            tables.push(self.access_table());
        }
        tables.push(reached("Repositories", "repository", &self.repos));
        tables.push(reached("People", "person", &self.by_person));
        tables.push(counts("Tools and commands", "tool", &self.tools));
        tables.push(counts("Refusals", "rule", &self.rules));
        tables.push(counts("Redactions", "rule", &self.redactions));
        if !self.timeline.is_empty() {
            let columns = ["time", "record", "class", "tool", "decision", "repositories", "symbols"];
            let mut rows = self.timeline.clone();
            rows.sort();
            tables.push(Table::new("Timeline", &columns, rows));
        }
        tables.retain(|table| !table.rows.is_empty());
        tables
    }

    fn access_table(&self) -> Table {
        let rows = self.access.iter().map(|((account, repo), access)| {
            vec![
                account.clone(),
                repo.clone(),
                access.tier.clone(),
                access.source.clone(),
                rfc3339(access.last),
                access.age_ms.to_string(),
                access.index.to_string(),
            ]
        });
        let columns = [
            "account",
            "repository",
            "tier",
            "granted by",
            "last answer",
            "permission age ms",
            "record",
        ];
        Table::new("Who was let in where", &columns, rows.collect())
    }

    fn controls(&self, word: &str) -> Table {
        let name = FRAMEWORKS
            .iter()
            .find(|(it, _)| *it == word)
            .map_or(word, |(_, name)| name);
        let figures = serde_json::to_value(&self.figures).unwrap_or_default();
        let all: Controls = toml::from_str(include_str!("../../index-schema/controls.toml"))
            .unwrap_or(Controls { control: Vec::new() });
        let rows = all
            .control
            .into_iter()
            .filter(|control| control.framework == name)
            .map(|control| {
                let Control {
                    framework: _,
                    id,
                    title,
                    says,
                    evidence,
                } = control;
                let people = [
                    ("people", self.people.len()),
                    ("sessions", self.sessions.len()),
                    ("clients", self.clients.len()),
                ];
                let figure = |key: &String| {
                    let counted = people
                        .iter()
                        .find(|(it, _)| it == key)
                        .map(|(_, count)| count.to_string());
                    let value =
                        counted.unwrap_or_else(|| figures.get(key).map_or_else(String::new, ToString::to_string));
                    format!("{}: {value}", key.replace('_', " "))
                };
                let evidence: Vec<String> = evidence.iter().map(figure).collect();
                vec![id, title, says, evidence.join("; ")]
            });
        Table::new(
            "Controls",
            &["control", "title", "what louver does", "figures"],
            rows.collect(),
        )
    }
}

fn reached(title: &str, column: &'static str, map: &BTreeMap<String, Reached>) -> Table {
    let rows = map.iter().map(|(key, it)| {
        let tiers: Vec<&str> = it.tiers.iter().map(String::as_str).collect();
        vec![
            key.clone(),
            it.answers.to_string(),
            it.symbols.to_string(),
            tiers.join(" "),
            rfc3339(it.last),
        ]
    });
    Table::new(title, &[column, "answers", "symbols", "tiers", "last"], rows.collect())
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _written = out.write_fmt(text);
}

/// The shape of one session: how much of what it did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Shape {
    pub account: String,
    pub answers: u64,
    pub refusals: u64,
    pub symbols: u64,
    pub repositories: u64,
    pub tools: BTreeMap<String, u64>,
    pub first: u64,
    pub last: u64,
    #[serde(skip)]
    repos: BTreeSet<String>,
}

impl Shape {
    /// The shape of every session; calls without one are taken together by account, client and day.
    pub fn all(archive: &Archive, filter: &Filter) -> Result<BTreeMap<String, Self>, AuditError> {
        let mut shapes: BTreeMap<String, Self> = BTreeMap::new();
        archive.each(filter, &mut |record| {
            if matches!(record.class(), "retrieval" | "denial") {
                shapes.entry(session_of(&record)).or_default().add(&record);
            }
            Ok(())
        })?;
        Ok(shapes)
    }

    fn add(&mut self, record: &Stored) {
        self.account = record.account().unwrap_or_default();
        if record.class() == "denial" {
            self.refusals += 1;
        } else {
            self.answers += 1;
        }
        self.symbols += record.number("/symbols/count").unwrap_or_default();
        self.repos.extend(record.repos().map(|(name, _, _)| name.to_owned()));
        self.repositories = self.repos.len() as u64;
        *self
            .tools
            .entry(record.text("/tool").unwrap_or_default().to_owned())
            .or_default() += 1;
        let time = record.time();
        self.first = if self.first == 0 { time } else { self.first.min(time) };
        self.last = self.last.max(time);
    }

    /// How alike two sessions are, from 0 to 1: the cosine of their logarithmic counts.
    pub fn likeness(&self, other: &Self) -> f64 {
        let names: BTreeSet<&String> = self.tools.keys().chain(other.tools.keys()).collect();
        let vector = |shape: &Self| {
            let own = [shape.answers, shape.refusals, shape.symbols, shape.repositories];
            let tools = names
                .iter()
                .map(|name| shape.tools.get(*name).copied().unwrap_or_default());
            own.into_iter()
                .chain(tools)
                .map(|count| (count as f64).ln_1p())
                .collect::<Vec<f64>>()
        };
        let (a, b) = (vector(self), vector(other));
        let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
        let norms = (dot(&a, &a) * dot(&b, &b)).sqrt();
        if norms > 0.0 { dot(&a, &b) / norms } else { 0.0 }
    }
}

/// The session of a record, or what stands for one where the client has none.
pub fn session_of(record: &Stored) -> String {
    if let Some(session) = record.text("/session") {
        return session.to_owned();
    }
    let day = rfc3339(record.time());
    let day = day.get(..10).unwrap_or_default();
    let client = record.text("/client/name").unwrap_or("-");
    format!("{}/{client}/{day}", record.account().unwrap_or_default())
}
