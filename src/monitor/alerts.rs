//! What is worth an alert: rules over records, the same for every record in whatever order processes wrote them.
//!
//! An alert never rests on how often somebody asked, and holds no name of code: it counts different symbols, repositories and refusals.

use crate::audit::Stored;
use crate::scope::{AlertRules, Clients};
use serde_json::{Map, Value, json};
use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{Hash as _, Hasher as _};

const SECOND: u64 = 1_000_000;
const DAY: u64 = 86_400 * SECOND;
/// A session in which nothing was asked for so long has ended.
const ENDED: u64 = 3_600 * SECOND;
/// Refusals count together within this time.
const PATIENCE: u64 = 600 * SECOND;
/// What is usual rests on at least this many sessions, and on at most this many.
const USUAL: std::ops::RangeInclusive<usize> = 5..=20;
/// However little is usual, fewer symbols than this are nothing unusual.
const UNREMARKABLE: u64 = 100;
/// Refusals that say somebody asks for what is not theirs. A misspelt symbol is none.
const TELLING: [&str; 6] = [
    "no-such-repository",
    "names-withheld",
    "client-not-approved",
    "over-budget",
    "suspended",
    "logged-out",
];

/// Something a rule noticed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Finding {
    pub(super) rule: &'static str,
    /// Host, id and login of the person, if it is about one.
    pub(super) person: Option<(String, String, String)>,
    pub(super) session: Option<String>,
    pub(super) detail: Map<String, Value>,
}

/// What is remembered of the records seen.
#[derive(Debug, Default)]
pub(super) struct Watch {
    sessions: HashMap<String, Session>,
    people: HashMap<String, Person>,
    logs: HashMap<String, Life>,
    /// What was told lately, and when, so that it is not told again and again.
    told: HashMap<String, u64>,
}

#[derive(Debug, Default)]
struct Session {
    account: String,
    symbols: HashSet<u64>,
    repos: HashSet<String>,
    last: u64,
}

#[derive(Debug, Default)]
struct Person {
    /// How many symbols the last sessions were told.
    usual: VecDeque<u64>,
    refused: VecDeque<u64>,
}

#[derive(Debug, Default)]
struct Life {
    last: u64,
    is_open: bool,
}

impl Watch {
    /// Takes a record into account and gives what is worth an alert.
    pub(super) fn see(&mut self, record: &Stored, rules: &AlertRules, clients: &Clients) -> Vec<Finding> {
        let mut found = Vec::new();
        self.life(record, rules, &mut found);
        match record.class() {
            "retrieval" => self.retrieval(record, rules, &mut found),
            "denial" => self.denial(record, rules, &mut found),
            "auth" if record.text("/decision") == Some("deny") => self.refused(record, rules, &mut found),
            _ => {}
        }
        if rules.unknown_client && matches!(record.class(), "retrieval" | "denial") {
            let name = record.text("/client/name");
            let key = format!("client {} {}", account(record), name.unwrap_or_default());
            if !clients.approved(name) && self.is_news(key, record.time(), DAY) {
                found.push(finding("unknown-client", record, json!({ "client": name })));
            }
        }
        found
    }

    /// What is worth an alert because nothing happens.
    pub(super) fn silence(&mut self, now: u64, rules: &AlertRules) -> Vec<Finding> {
        let most = rules.silence_minutes * 60 * SECOND;
        let mut found = Vec::new();
        for (log, life) in &mut self.logs {
            if most > 0 && life.is_open && now.saturating_sub(life.last) > most {
                life.is_open = false;
                found.push(of_log(
                    "log-silent",
                    log,
                    json!({ "seconds": (now - life.last) / SECOND }),
                ));
            }
        }
        found
    }

    fn life(&mut self, record: &Stored, rules: &AlertRules, found: &mut Vec<Finding>) {
        let life = self.logs.entry(record.log.clone()).or_default();
        let gap = record.time().saturating_sub(life.last);
        let most = rules.silence_minutes * 60 * SECOND;
        let is_start = record.class() == "start";
        if most > 0 && is_start && record.text("/detail/before") == Some("interrupted") {
            let recovered = record.number("/detail/recovered");
            found.push(of_log(
                "log-interrupted",
                &record.log,
                json!({ "index": record.index, "recovered": recovered }),
            ));
        } else if most > 0 && life.is_open && !is_start && gap > most {
            found.push(of_log(
                "log-gap",
                &record.log,
                json!({ "index": record.index, "seconds": gap / SECOND }),
            ));
        }
        life.last = record.time();
        life.is_open = record.class() != "stop";
    }

    fn retrieval(&mut self, record: &Stored, rules: &AlertRules, found: &mut Vec<Finding>) {
        let now = record.time();
        let findings: Map<String, Value> = record
            .redactions()
            .map(|(rule, n)| (rule.to_owned(), n.into()))
            .collect();
        if rules.secret_finding && !findings.is_empty() {
            found.push(finding(
                "secret-finding",
                record,
                json!({ "index": record.index, "redactions": findings }),
            ));
        }
        let rule = record.text("/rule").unwrap_or_default();
        let is_exception = !matches!(rule, "" | "granted");
        if rules.exception && is_exception && self.is_news(format!("{rule} {}", session(record)), now, DAY) {
            found.push(finding("exception-used", record, json!({ "exception": rule })));
        }
        self.volume(record, rules, found);
    }

    /// Different symbols and repositories of a session, against the bound and against what is usual for the person.
    fn volume(&mut self, record: &Stored, rules: &AlertRules, found: &mut Vec<Finding>) {
        let (key, account) = (session(record), account(record));
        if !self.sessions.contains_key(&key) {
            self.end_sessions(record.time());
        }
        let usual = self.people.get(&account).and_then(Person::usual);
        let entry = self.sessions.entry(key.clone()).or_default();
        entry.account = account;
        entry.last = record.time();
        entry.repos.extend(record.repos().map(|(name, _, _)| name.to_owned()));
        entry.symbols.extend(record.symbols().map(hashed));
        let (symbols, repos) = (entry.symbols.len() as u64, entry.repos.len() as u64);
        let cap = rules.distinct_symbols;
        if cap > 0 && symbols >= cap && self.is_news(format!("symbols {key}"), record.time(), DAY) {
            found.push(finding(
                "many-symbols",
                record,
                json!({ "symbols": symbols, "bound": cap }),
            ));
        }
        let bound = usual.map(|usual| (usual * rules.times_usual).max(UNREMARKABLE));
        let bound = bound.filter(|bound| rules.times_usual > 0 && symbols > *bound);
        if let Some(bound) = bound
            && self.is_news(format!("unusual {key}"), record.time(), DAY)
        {
            let detail = json!({ "symbols": symbols, "bound": bound, "usual": usual });
            found.push(finding("unusual-volume", record, detail));
        }
        let most = rules.repositories;
        if most > 0 && repos >= most && self.is_news(format!("sweep {key}"), record.time(), DAY) {
            found.push(finding(
                "sweep",
                record,
                json!({ "repositories": repos, "bound": most }),
            ));
        }
    }

    fn denial(&mut self, record: &Stored, rules: &AlertRules, found: &mut Vec<Finding>) {
        let rule = record.text("/rule").unwrap_or_default();
        if rule == "unverified" && rules.permission_source {
            let host = record.text("/subject/host").unwrap_or_default();
            if self.is_news(format!("down {host}"), record.time(), PATIENCE) {
                found.push(Finding {
                    person: None,
                    session: None,
                    ..finding("permission-source-down", record, json!({ "host": host }))
                });
            }
        }
        if TELLING.contains(&rule) {
            self.refused(record, rules, found);
        }
    }

    fn refused(&mut self, record: &Stored, rules: &AlertRules, found: &mut Vec<Finding>) {
        let (now, account) = (record.time(), account(record));
        let refused = &mut self.people.entry(account.clone()).or_default().refused;
        refused.push_back(now);
        while refused
            .front()
            .is_some_and(|first| now.saturating_sub(*first) > PATIENCE)
        {
            refused.pop_front();
        }
        let count = refused.len() as u64;
        if rules.denials > 0 && count >= rules.denials && self.is_news(format!("refused {account}"), now, PATIENCE) {
            found.push(finding(
                "repeated-denials",
                record,
                json!({ "denials": count, "minutes": 10 }),
            ));
        }
    }

    /// Takes sessions in which nothing happens any more into what is usual, and forgets what is long told.
    fn end_sessions(&mut self, now: u64) {
        let people = &mut self.people;
        self.sessions.retain(|_, session| {
            let goes_on = now.saturating_sub(session.last) < ENDED;
            if !goes_on {
                let usual = &mut people.entry(session.account.clone()).or_default().usual;
                usual.push_back(session.symbols.len() as u64);
                if usual.len() > *USUAL.end() {
                    usual.pop_front();
                }
            }
            goes_on
        });
        self.told.retain(|_, at| now.saturating_sub(*at) < DAY);
    }

    fn is_news(&mut self, what: String, now: u64, again: u64) -> bool {
        let is_news = self.told.get(&what).is_none_or(|at| now.saturating_sub(*at) >= again);
        if is_news {
            self.told.insert(what, now);
        }
        is_news
    }
}

impl Person {
    fn usual(&self) -> Option<u64> {
        let count = self.usual.len();
        (count >= *USUAL.start()).then(|| self.usual.iter().sum::<u64>() / count as u64)
    }
}

fn account(record: &Stored) -> String {
    record.account().unwrap_or_default()
}

/// The session of a record. Where clients have none, a person's day with one client is one.
fn session(record: &Stored) -> String {
    match record.text("/session") {
        Some(session) => session.to_owned(),
        None => format!(
            "{} {} {}",
            account(record),
            record.text("/client/name").unwrap_or_default(),
            record.time() / DAY
        ),
    }
}

fn hashed(symbol: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    symbol.hash(&mut hasher);
    hasher.finish()
}

fn finding(rule: &'static str, record: &Stored, detail: Value) -> Finding {
    let login = record.login.clone().unwrap_or_default();
    let person = record.account().and_then(|account| {
        account
            .split_once(':')
            .map(|(host, id)| (host.to_owned(), id.to_owned(), login))
    });
    let mut detail = detail.as_object().cloned().unwrap_or_default();
    detail.insert("record".to_owned(), format!("{}#{}", record.log, record.index).into());
    Finding {
        rule,
        person,
        session: record.text("/session").map(str::to_owned),
        detail,
    }
}

fn of_log(rule: &'static str, log: &str, detail: Value) -> Finding {
    let mut detail = detail.as_object().cloned().unwrap_or_default();
    detail.insert("log".to_owned(), log.into());
    Finding {
        rule,
        person: None,
        session: None,
        detail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60 * SECOND;

    fn at(ts: u64, class: &str, more: &Value) -> Stored {
        let mut json = json!({ "class": class, "ts": ts, "subject": { "host": "git.example", "id": "alice" } });
        for (key, value) in more.as_object().into_iter().flatten() {
            json[key] = value.clone();
        }
        Stored::of("louver.example/0", ts, json)
    }

    fn told(ts: u64, session: &str, symbols: std::ops::Range<u64>) -> Stored {
        let ids: Vec<String> = symbols.map(|n| format!("f{n}")).collect();
        at(
            ts,
            "retrieval",
            &json!({ "session": session, "rule": "granted", "symbols": { "ids": ids } }),
        )
    }

    fn rules(found: &[Finding]) -> Vec<&'static str> {
        found.iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn what_is_unusual_is_measured_by_the_person_s_own_sessions() {
        let (mut watch, usual) = (
            Watch::default(),
            AlertRules {
                silence_minutes: 0,
                ..AlertRules::default()
            },
        );
        let mut see = |record: &Stored| rules(&watch.see(record, &usual, &Clients::default()));
        let day = |n: u64| n * DAY;
        for n in 0..4 {
            assert!(see(&told(day(n), &n.to_string(), 0..40)).is_empty());
        }
        // Four sessions say nothing yet, five do: forty symbols are usual, two hundred are the bound.
        assert!(see(&told(day(4), "early", 0..900)).is_empty());
        let mut watch = Watch::default();
        let mut see = |record: &Stored| rules(&watch.see(record, &usual, &Clients::default()));
        for n in 0..5 {
            assert!(see(&told(day(n), &n.to_string(), 0..40)).is_empty());
        }
        assert!(see(&told(day(6), "six", 0..200)).is_empty());
        assert_eq!(see(&told(day(6) + MINUTE, "six", 200..201)), ["unusual-volume"]);
        assert!(see(&told(day(6) + 2 * MINUTE, "six", 201..300)).is_empty(), "told once");
    }

    #[test]
    fn a_log_that_has_a_gap_or_falls_silent_is_noticed() {
        let (mut watch, usual) = (Watch::default(), AlertRules::default());
        let see = |watch: &mut Watch, ts, class: &str, more: &Value| {
            rules(&watch.see(&at(ts, class, more), &usual, &Clients::default()))
        };
        let none = json!({});
        assert!(see(&mut watch, 0, "start", &json!({ "detail": { "before": "nothing" } })).is_empty());
        assert!(see(&mut watch, 4 * MINUTE, "tick", &none).is_empty());
        assert_eq!(see(&mut watch, 10 * MINUTE, "tick", &none), ["log-gap"]);
        assert!(watch.silence(14 * MINUTE, &usual).is_empty());
        assert_eq!(rules(&watch.silence(16 * MINUTE, &usual)), ["log-silent"]);
        assert!(watch.silence(30 * MINUTE, &usual).is_empty(), "told once");
        assert_eq!(
            see(
                &mut watch,
                40 * MINUTE,
                "start",
                &json!({ "detail": { "before": "interrupted" } })
            ),
            ["log-interrupted"]
        );
        assert!(see(&mut watch, 41 * MINUTE, "stop", &none).is_empty());
        assert!(watch.silence(90 * MINUTE, &usual).is_empty(), "it was closed");
        assert!(
            see(
                &mut watch,
                95 * MINUTE,
                "start",
                &json!({ "detail": { "before": "stopped" } })
            )
            .is_empty()
        );
        let off = AlertRules {
            silence_minutes: 0,
            ..usual
        };
        assert!(watch.silence(900 * MINUTE, &off).is_empty());
    }
}
