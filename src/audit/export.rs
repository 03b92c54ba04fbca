//! Records for other programs: spreadsheets, log stores and security monitoring. Metadata only, as records hold nothing else.

use super::archive::{Stored, rfc3339};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// A form to export records in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Comma-separated values (RFC 4180), safe to open in a spreadsheet.
    Csv,
    /// One JSON object a line: where the record is, whose it is, and the record as it was written.
    Jsonl,
    /// OCSF 1.3, class API Activity (6003), one JSON object a line.
    Ocsf,
    /// ArcSight's Common Event Format.
    Cef,
    /// RFC 5424.
    Syslog,
}

/// The columns of [`Form::Csv`].
const COLUMNS: [&str; 22] = [
    "time",
    "log",
    "index",
    "class",
    "host",
    "account",
    "login",
    "session",
    "oauth_client",
    "client",
    "address",
    "tool",
    "repositories",
    "decision",
    "rule",
    "symbols",
    "items",
    "bytes",
    "tokens",
    "redactions",
    "raw_source_bytes",
    "output_sha256",
];

/// The private enterprise number that RFC 5612 sets aside for documentation: louver has none of its own.
const ENTERPRISE: u32 = 32473;

impl Form {
    /// The line before the records, if the form has one.
    pub fn head(self) -> Option<String> {
        (self == Self::Csv).then(|| COLUMNS.join(","))
    }

    /// One record as a line.
    pub fn line(self, record: &Stored) -> String {
        match self {
            Self::Csv => csv(record),
            Self::Jsonl => jsonl(record).to_string(),
            Self::Ocsf => ocsf(record).to_string(),
            Self::Cef => cef(record),
            Self::Syslog => syslog(record),
        }
    }
}

fn client(record: &Stored) -> String {
    let name = record.text("/client/name").unwrap_or_default();
    match record.text("/client/version") {
        Some(version) if !version.is_empty() => format!("{name} {version}"),
        _ => name.to_owned(),
    }
}

fn repositories(record: &Stored) -> String {
    let repos: Vec<String> = record
        .repos()
        .map(|(name, commit, tier)| format!("{name}@{}:{tier}", commit.get(..10).unwrap_or(commit)))
        .collect();
    repos.join(" ")
}

fn redactions(record: &Stored) -> String {
    let rules: Vec<String> = record
        .redactions()
        .map(|(rule, count)| format!("{rule}={count}"))
        .collect();
    rules.join(" ")
}

fn csv(record: &Stored) -> String {
    let word = |pointer: &str| record.text(pointer).unwrap_or_default().to_owned();
    let number = |pointer: &str| record.number(pointer).map_or_else(String::new, |it| it.to_string());
    let cells = [
        rfc3339(record.time()),
        record.log.clone(),
        record.index.to_string(),
        record.class().to_owned(),
        word("/subject/host"),
        word("/subject/id"),
        record.login.clone().unwrap_or_default(),
        word("/session"),
        word("/oauth_client"),
        client(record),
        record.address.clone().unwrap_or_default(),
        word("/tool"),
        repositories(record),
        word("/decision"),
        word("/rule"),
        number("/symbols/count"),
        number("/items"),
        number("/bytes"),
        number("/tokens"),
        redactions(record),
        number("/raw_source_bytes"),
        word("/output_sha256"),
    ];
    cells.map(|cell| csv_cell(&cell)).join(",")
}

/// A cell as text: quoted where it must be, and never a formula, whatever a client called itself.
fn csv_cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '|', '%']);
    let text = if is_formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

fn jsonl(record: &Stored) -> Value {
    let mut line =
        json!({ "log": record.log, "index": record.index, "time": rfc3339(record.time()), "record": record.json() });
    for (key, value) in [("login", &record.login), ("address", &record.address)] {
        if let Some(value) = value {
            line[key] = json!(value);
        }
    }
    line
}

/// Severity ids of OCSF: 1 informational, 2 low, 3 medium.
fn severity(record: &Stored) -> u8 {
    match (record.class(), record.text("/decision")) {
        ("alert", _) => 3,
        ("denial", _) | (_, Some("deny" | "error")) => 2,
        _ => 1,
    }
}

fn ocsf(record: &Stored) -> Value {
    let word = |pointer: &str| record.text(pointer);
    // Create 1, read 2, update 3, delete 4, other 99.
    let activity = match record.class() {
        "retrieval" | "denial" | "export" => 2,
        "scope_change" | "admin" => 3,
        _ => 99,
    };
    let status = match word("/decision") {
        Some("deny" | "error") => 2,
        Some(_) => 1,
        None => 0,
    };
    let mut user = Map::new();
    user.insert(
        "uid".to_owned(),
        json!(record.account().unwrap_or_else(|| "louver".to_owned())),
    );
    user.extend(record.login.as_ref().map(|login| ("name".to_owned(), json!(login))));
    let mut actor = json!({ "user": user });
    if let Some(session) = word("/session") {
        actor["session"] = json!({ "uid": session });
    }
    if word("/client/name").is_some() {
        actor["app_name"] = json!(client(record));
    }
    let endpoint = match &record.address {
        Some(address) => json!({ "ip": address }),
        None => json!({ "name": "local" }),
    };
    let resources: Vec<Value> = record
        .repos()
        .map(|(name, commit, tier)| json!({ "name": name, "type": "repository", "version": commit, "labels": [format!("tier:{tier}")] }))
        .collect();
    json!({
        "class_uid": 6003, "class_name": "API Activity", "category_uid": 6, "category_name": "Application Activity",
        "activity_id": activity, "type_uid": 600_300 + activity, "severity_id": severity(record), "status_id": status,
        "status_detail": word("/rule").unwrap_or_default(),
        "time": record.time() / 1_000, "actor": actor, "src_endpoint": endpoint, "resources": resources,
        "api": { "operation": word("/tool").unwrap_or(record.class()), "service": { "name": "louver" } },
        "metadata": {
            "version": "1.3.0", "uid": word("/id").unwrap_or_default(), "log_name": record.log, "sequence": record.index,
            "product": { "name": "louver", "vendor_name": "louver", "version": word("/server/version").unwrap_or_default() },
        },
        "unmapped": { "record": record.json() },
    })
}

fn cef(record: &Stored) -> String {
    let header = |text: &str| {
        text.replace('\\', "\\\\")
            .replace('|', "\\|")
            .replace(['\n', '\r'], " ")
    };
    let operation = record.text("/tool").unwrap_or(record.class());
    // CEF counts severity from 0 to 10.
    let grade = [0, 3, 5, 8][usize::from(severity(record)).min(3)];
    let mut line = format!(
        "CEF:0|louver|louver|{}|{}|{}|{grade}|",
        header(record.text("/server/version").unwrap_or_default()),
        header(record.class()),
        header(operation),
    );
    let number = |pointer: &str| record.number(pointer).map(|it| it.to_string());
    let word = |pointer: &str| record.text(pointer).map(str::to_owned);
    let fields = [
        ("rt", Some((record.time() / 1_000).to_string())),
        ("externalId", Some(format!("{}:{}", record.log, record.index))),
        ("suid", record.account()),
        ("suser", record.login.clone()),
        ("src", record.address.clone()),
        (
            "requestClientApplication",
            Some(client(record)).filter(|it| !it.is_empty()),
        ),
        ("act", word("/decision")),
        ("reason", word("/rule")),
        ("cs1Label", Some("repositories".to_owned())),
        ("cs1", Some(repositories(record))),
        ("cs2Label", Some("session".to_owned())),
        ("cs2", word("/session")),
        ("cn1Label", Some("symbols".to_owned())),
        ("cn1", number("/symbols/count")),
        ("cn2Label", Some("rawSourceBytes".to_owned())),
        ("cn2", number("/raw_source_bytes")),
        ("out", number("/bytes")),
    ];
    for (key, value) in fields {
        if let Some(value) = value.filter(|it| !it.is_empty()) {
            let value = value
                .replace('\\', "\\\\")
                .replace('=', "\\=")
                .replace('\n', "\\n")
                .replace('\r', "\\r");
            // Writing to a string does not fail.
            let _written = write!(line, "{key}={value} ");
        }
    }
    line.trim_end().to_owned()
}

fn syslog(record: &Stored) -> String {
    // Facility 13 is "log audit"; severities: 4 warning, 5 notice, 6 informational.
    let grade = [6, 6, 5, 4][usize::from(severity(record)).min(3)];
    let word = |pointer: &str| record.text(pointer).map(str::to_owned);
    let number = |pointer: &str| record.number(pointer).map(|it| it.to_string());
    let parameters = [
        ("log", Some(record.log.clone())),
        ("index", Some(record.index.to_string())),
        ("account", record.account()),
        ("login", record.login.clone()),
        ("address", record.address.clone()),
        ("session", word("/session")),
        ("client", Some(client(record)).filter(|it| !it.is_empty())),
        ("tool", word("/tool")),
        ("repositories", Some(repositories(record)).filter(|it| !it.is_empty())),
        ("decision", word("/decision")),
        ("rule", word("/rule")),
        ("symbols", number("/symbols/count")),
        ("rawSourceBytes", number("/raw_source_bytes")),
    ];
    let mut data = format!("[louver@{ENTERPRISE}");
    for (name, value) in parameters {
        if let Some(value) = value {
            let value: String = value.chars().filter(|c| !c.is_control()).collect();
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace(']', "\\]");
            // Writing to a string does not fail.
            let _written = write!(data, " {name}=\"{value}\"");
        }
    }
    let host = record.log.split('/').next().unwrap_or("-");
    format!(
        "<{}>1 {} {host} louver - {} {data}]",
        13 * 8 + grade,
        rfc3339(record.time()),
        record.class()
    )
}

#[cfg(test)]
mod tests {
    use super::csv_cell;

    #[test]
    fn no_cell_is_a_formula() {
        for (text, cell) in [
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
        ] {
            assert_eq!(csv_cell(text), cell);
        }
    }
}
