//! Alerts, streams and anchors: what the organisation is told of its own log, without anybody waiting for it.

use crate::served::{SHOP, Served, World};
use crate::sources::host::{Host, Manner};
use louver::audit::{
    Archive, Class, Client, Decision, Filter, Log, Options, Reader, Record, Repo, Stored, Symbols, WitnessKey,
};
use louver::monitor::Monitor;
use louver::scope::{Scope, ScopeInForce};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Long enough for a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until something is so.
#[track_caller]
fn until<T>(what: &str, mut is: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = is() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "never: {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

fn open(dir: &Path) -> Arc<Log> {
    let options = Options {
        tick: None,
        ..Options::new("louver.example/audit")
    };
    Arc::new(Log::open(dir, options).expect("a log"))
}

fn in_force(text: &str) -> ScopeInForce {
    let text = format!("version = 1\n{text}");
    Scope::parse(&text, Path::new("/nowhere/louver.toml"))
        .expect("a scope")
        .into()
}

fn found(dir: &Path, class: &str) -> Vec<Stored> {
    let filter = Filter {
        class: Some(class.to_owned()),
        ..Filter::default()
    };
    Archive::open(dir)
        .and_then(|archive| archive.find(&filter))
        .expect("records")
}

/// A record as a person's agent leaves it.
fn asked(log: &Log, person: &str, class: Class, change: impl FnOnce(&mut Record)) {
    let mut record = Record::new(class);
    record.subject = Some(log.subject("git.example", "7", person).expect("a subject"));
    record.client = Some(Client::claimed("agent", "1"));
    record.decision = Some(Decision::Allow);
    change(&mut record);
    drop(log.append(record).expect("a record"));
}

fn told(log: &Log, person: &str, session: &str, symbols: std::ops::Range<u32>) {
    asked(log, person, Class::Retrieval, |record| {
        record.session = Some(session.to_owned());
        record.symbols = Some(Symbols::of(symbols.map(|n| format!("acme/app:src/lib.rs#f{n}"))));
    });
}

/// The rules of all alerts, once there are as many as expected and a moment has brought no more.
#[track_caller]
fn alerts(dir: &Path, expected: &[&str]) -> Vec<Stored> {
    let rules = |alerts: &[Stored]| {
        let mut rules: Vec<_> = alerts
            .iter()
            .filter_map(|it| it.text("/rule").map(str::to_owned))
            .collect();
        rules.sort_unstable();
        rules
    };
    let began = Instant::now();
    while found(dir, "alert").len() < expected.len() && began.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(100));
    }
    thread::sleep(Duration::from_millis(2_500));
    let alerts = found(dir, "alert");
    assert_eq!(rules(&alerts), expected, "{alerts:?}");
    alerts
}

#[test]
fn each_rule_notices_what_it_is_for_and_names_no_code() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = open(dir.path());
    let scope = "[clients]\napproved = [\"agent\"]\nothers = \"allow\"\n[audit.alerts]\ndistinct_symbols = 50\nrepositories = 3\ndenials = 4\n";
    let monitor = Monitor::start(&log, in_force(scope)).expect("a monitor");
    until("the monitor has its place", || {
        dir.path().join("followers/alerts.json").exists().then_some(())
    });
    // Much of the same is nothing.
    for _ in 0..300 {
        told(&log, "alice", "one", 0..10);
    }
    for _ in 0..3 {
        asked(&log, "alice", Class::Denial, |record| {
            record.rule = Some("no-such-repository".into())
        });
        asked(&log, "alice", Class::Denial, |record| {
            record.rule = Some("no-such-symbol".into())
        });
    }
    alerts(dir.path(), &[]);
    told(&log, "alice", "two", 0..60);
    told(&log, "alice", "two", 60..90);
    asked(&log, "alice", Class::Denial, |record| {
        record.rule = Some("over-budget".into())
    });
    asked(&log, "bob", Class::Denial, |record| {
        record.rule = Some("unverified".into())
    });
    asked(&log, "bob", Class::Retrieval, |record| {
        record.redactions = BTreeMap::from([("aws-key".into(), 1)]);
    });
    asked(&log, "bob", Class::Retrieval, |record| {
        record.rule = Some("exception vault-2026".into())
    });
    asked(&log, "bob", Class::Retrieval, |record| {
        record.client = Some(Client::claimed("scraper", "1"))
    });
    asked(&log, "bob", Class::Retrieval, |record| {
        record.repos = (0..3)
            .map(|n| Repo {
                name: format!("acme/r{n}"),
                ..Repo::default()
            })
            .collect();
    });
    let expected = [
        "exception-used",
        "many-symbols",
        "permission-source-down",
        "repeated-denials",
        "secret-finding",
        "sweep",
        "unknown-client",
    ];
    let found = alerts(dir.path(), &expected);
    drop(monitor);
    for alert in &found {
        let text = String::from_utf8_lossy(&alert.bytes);
        assert!(
            !text.contains("#f") && !text.contains("src/lib"),
            "an alert names code: {text}"
        );
    }
    let many = found
        .iter()
        .find(|it| it.text("/rule") == Some("many-symbols"))
        .expect("an alert");
    assert_eq!(
        (many.login.as_deref(), many.text("/session")),
        (Some("alice"), Some("two"))
    );
    assert_eq!(many.json()["detail"]["symbols"], 60);
    assert_eq!(many.json()["detail"]["record"], json!("louver.example/audit/0#307"));
    // A monitor that starts again says nothing twice.
    let _monitor = Monitor::start(&log, in_force(scope)).expect("a monitor");
    alerts(dir.path(), &expected);
}

#[test]
fn a_server_that_was_killed_is_worth_an_alert() {
    let mut louver = Served::over(World::of(SHOP));
    until("the monitor has its place", || {
        louver.data().join("audit/followers/alerts.json").exists().then_some(())
    });
    assert!(louver.call("list_repos", json!({})).receipt.is_some());
    louver = louver.killed();
    let audit = louver.data().join("audit");
    let alert = until("an alert", || found(&audit, "alert").pop());
    assert_eq!(alert.text("/rule"), Some("log-interrupted"));
}

/// Every record of every log, as a list of `log#index`.
fn all(dir: &Path) -> Vec<String> {
    let records = Archive::open(dir)
        .and_then(|archive| archive.find(&Filter::default()))
        .expect("records");
    records.iter().map(|it| format!("{}#{}", it.log, it.index)).collect()
}

/// How often each record is in some lines of JSON.
fn counted(lines: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for line in lines
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
    {
        if let Some(index) = line["index"].as_u64() {
            *counts
                .entry(format!("{}#{index}", line["log"].as_str().unwrap_or_default()))
                .or_default() += 1;
        }
    }
    counts
}

#[test]
fn a_file_gets_every_record_once_and_goes_on_where_it_was() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("records.jsonl");
    let scope = format!(
        "[[audit.stream]]\nname = \"copy\"\nkind = \"file\"\npath = {:?}\n",
        file.display().to_string()
    );
    let logs = dir.path().join("logs");
    for round in 1..=3 {
        let log = open(&logs);
        let monitor = Monitor::start(&log, in_force(&scope)).expect("a monitor");
        for n in 0..400 {
            told(&log, "alice", &format!("{round}"), n..n + 1);
        }
        let wanted = all(&logs).len();
        until("everything is sent", || {
            (counted(&fs::read_to_string(&file).unwrap_or_default()).len() >= wanted).then_some(())
        });
        drop(monitor);
        // What a full disk leaves of a line.
        let torn = fs::OpenOptions::new()
            .append(true)
            .open(&file)
            .and_then(|mut file| file.write_all(b"{\"log\":"));
        torn.expect("written");
    }
    let text = fs::read_to_string(&file).expect("a file");
    assert!(counted(&text).values().all(|count| *count == 1), "each once");
    assert!(
        text.contains("\"checkpoint\":\"louver.example/audit/0\\n"),
        "and checkpoints"
    );
    assert!(text.contains("\"login\":\"alice\""));
}

/// An HTTP server that takes what is posted to it, but for the first three times.
fn webhook(bodies: &Arc<Mutex<Vec<(bool, String)>>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let bodies = Arc::clone(bodies);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let (has_token, body) = request(&stream);
            let mut bodies = bodies.lock().expect("unpoisoned");
            bodies.push((has_token, body));
            let status = if bodies.len() <= 3 {
                "503 Busy"
            } else {
                "204 No Content"
            };
            let _sent = write!(
                &stream,
                "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
        }
    });
    port
}

fn request(stream: &TcpStream) -> (bool, String) {
    let mut reader = BufReader::new(stream);
    let (mut length, mut has_token) = (0, false);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a head");
        let line = line.trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().expect("a length");
        }
        has_token |= line == "authorization: bearer t0ken";
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    (has_token, String::from_utf8(body).expect("text"))
}

#[test]
fn a_webhook_that_was_down_gets_everything_in_the_end_and_nobody_waits() {
    let dir = tempfile::tempdir().expect("a folder");
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let port = webhook(&bodies);
    fs::write(dir.path().join("token"), "t0ken\n").expect("written");
    let scope = format!(
        "[[audit.stream]]\nname = \"hook\"\nkind = \"webhook\"\nurl = \"http://127.0.0.1:{port}/louver\"\ntoken_file = {:?}\nclasses = [\"retrieval\"]\n",
        dir.path().join("token").display().to_string()
    );
    let logs = dir.path().join("logs");
    let log = open(&logs);
    let _monitor = Monitor::start(&log, in_force(&scope)).expect("a monitor");
    for n in 0..600 {
        told(&log, "alice", "one", n..n + 1);
    }
    // They were all recorded while the other side was still refusing the first.
    let wanted = found(&logs, "retrieval").len();
    assert_eq!(wanted, 600);
    let taken = || {
        let bodies = bodies.lock().expect("unpoisoned");
        assert!(bodies.iter().all(|(has_token, _)| *has_token));
        bodies.iter().skip(3).map(|(_, body)| body.as_str()).collect::<String>()
    };
    until("everything is sent", || {
        (counted(&taken()).len() == wanted).then_some(())
    });
    assert!(!taken().contains("\"class\":\"start\""), "only what is wanted");
}

/// Takes octet-counted syslog from one connection until `most` messages came.
fn syslog(stream: &mut dyn std::io::Read, most: usize) -> Vec<String> {
    let mut reader = BufReader::new(stream);
    let mut messages = Vec::new();
    while messages.len() < most {
        let mut length = Vec::new();
        if reader.read_until(b' ', &mut length).unwrap_or(0) == 0 {
            break;
        }
        let length = String::from_utf8_lossy(&length).trim().parse().expect("a length");
        let mut message = vec![0; length];
        if reader.read_exact(&mut message).is_err() {
            break;
        }
        messages.push(String::from_utf8(message).expect("text"));
    }
    messages
}

fn indexes(messages: &[String]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for message in messages {
        if let Some((_, rest)) = message.split_once(" index=\"") {
            *counts
                .entry(rest.split('"').next().unwrap_or_default().to_owned())
                .or_default() += 1;
        }
    }
    counts
}

#[test]
fn syslog_that_breaks_off_gets_everything_at_least_once() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let dir = tempfile::tempdir().expect("a folder");
    let scope = format!("[[audit.stream]]\nname = \"siem\"\nkind = \"syslog\"\naddress = \"tcp://127.0.0.1:{port}\"\n");
    let log = open(dir.path());
    for n in 0..700 {
        told(&log, "alice", "one", n..n + 1);
    }
    let messages = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&messages);
    thread::spawn(move || {
        for (number, stream) in listener.incoming().map_while(Result::ok).enumerate() {
            // The first two connections break in the middle of a batch, and what they had is lost.
            let most = if number < 2 { 100 } else { usize::MAX };
            let mut stream = stream;
            if most == 100 {
                drop(syslog(&mut stream, most));
                continue;
            }
            let mut reader = BufReader::new(stream);
            loop {
                let mut length = Vec::new();
                if reader.read_until(b' ', &mut length).unwrap_or(0) == 0 {
                    break;
                }
                let mut message = vec![0; String::from_utf8_lossy(&length).trim().parse().expect("a length")];
                if reader.read_exact(&mut message).is_err() {
                    break;
                }
                kept.lock()
                    .expect("unpoisoned")
                    .push(String::from_utf8(message).expect("text"));
            }
        }
    });
    let _monitor = Monitor::start(&log, in_force(&scope)).expect("a monitor");
    let kept = until("everything is sent", || {
        let messages = messages.lock().expect("unpoisoned");
        (indexes(&messages).len() >= 701 && messages.iter().any(|it| it.contains(" checkpoint - ")))
            .then(|| messages.clone())
    });
    assert!(
        kept.iter()
            .all(|it| it.starts_with("<110>1 2") || it.starts_with("<108>1 2")),
        "{}",
        kept[0]
    );
}

/// A TLS server made with Python, with a certificate for `localhost` from an authority of its own.
const TLS_SERVER: &str = r#"
import datetime, socket, ssl, sys
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
folder = sys.argv[1]
def name(text): return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
now = datetime.datetime.now(datetime.timezone.utc)
def made(subject, issuer, key, signer, is_ca):
    builder = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer)).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
    builder = builder.not_valid_after(now + datetime.timedelta(days=30)).add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
    if not is_ca:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    return builder.sign(signer, hashes.SHA256())
authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
pem = serialization.Encoding.PEM
open(folder + "/ca.pem", "wb").write(made("authority", "authority", authority, authority, True).public_bytes(pem))
open(folder + "/cert.pem", "wb").write(made("localhost", "authority", key, authority, False).public_bytes(pem))
open(folder + "/key.pem", "wb").write(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(folder + "/cert.pem", folder + "/key.pem")
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
while True:
    plain, _ = server.accept()
    try:
        with context.wrap_socket(plain, server_side=True) as stream:
            while data := stream.recv(65536):
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()
    except ssl.SSLError:
        print("REFUSED", flush=True)
"#;

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn syslog_in_tls_is_sent_to_whom_the_authority_vouches_for_only() {
    let dir = tempfile::tempdir().expect("a folder");
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/.venv/bin/python");
    let mut server = Command::new(if own.exists() { own } else { "python3".into() })
        .args(["-c", TLS_SERVER])
        .arg(dir.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let mut out = BufReader::new(server.stdout.take().expect("a pipe"));
    let _ended = Ended(server);
    let mut port = String::new();
    out.read_line(&mut port).expect("a port");
    let port = port.trim().to_owned();
    let said = Arc::new(Mutex::new(String::new()));
    let kept = Arc::clone(&said);
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = out.read(&mut buffer) {
            kept.lock()
                .expect("unpoisoned")
                .push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
    });
    let scope = |ca: &str| {
        in_force(&format!(
            "[[audit.stream]]\nname = \"siem\"\nkind = \"syslog\"\naddress = \"tls://localhost:{port}\"\n{ca}"
        ))
    };
    let log = open(&dir.path().join("logs"));
    told(&log, "alice", "one", 0..3);
    let monitor = Monitor::start(&log, scope("")).expect("a monitor");
    until("a stranger is refused", || {
        said.lock().expect("unpoisoned").contains("REFUSED").then_some(())
    });
    drop(monitor);
    let _monitor = Monitor::start(
        &log,
        scope(&format!(
            "ca_file = {:?}\n",
            dir.path().join("ca.pem").display().to_string()
        )),
    );
    until("a record is sent", || {
        said.lock()
            .expect("unpoisoned")
            .contains("login=\"alice\"")
            .then_some(())
    });
}

#[test]
fn checkpoints_are_committed_to_a_git_repository() {
    let dir = tempfile::tempdir().expect("a folder");
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .args(arguments)
            .current_dir(dir.path())
            .output()
            .expect("git");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    git(&["init", "-q", "--bare", "marks.git"]);
    let repository = dir.path().join("marks.git").display().to_string();
    let scope = format!("[[audit.anchor]]\nname = \"git\"\nkind = \"git\"\npath = {repository:?}\n");
    let logs = dir.path().join("logs");
    for round in 1..=2 {
        let log = open(&logs);
        told(&log, "alice", "one", 0..3);
        drop(log.checkpoint().expect("a checkpoint"));
        let _monitor = Monitor::start(&log, in_force(&scope)).expect("a monitor");
        until("a commit", || {
            let count = git(&["--git-dir", "marks.git", "rev-list", "--count", "louver-checkpoints"]);
            (count.trim() == round.to_string()).then_some(())
        });
    }
    let first = git(&[
        "--git-dir",
        "marks.git",
        "show",
        "louver-checkpoints~1:checkpoints/louver.example_audit_0",
    ]);
    let reader = Reader::open(&logs.join("0")).expect("a log");
    assert!(reader.verify(Some(&first)).is_ok(), "{first}");
}

#[test]
fn checkpoints_are_pushed_and_a_refused_push_is_an_alert_and_tried_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .args(arguments)
            .current_dir(dir.path())
            .output()
            .expect("git");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let count = |repository: &str| git(&["--git-dir", repository, "rev-list", "--count", "louver-checkpoints"]);
    git(&["init", "-q", "--bare", "marks.git"]);
    git(&["init", "-q", "--bare", "far.git"]);
    let takes = |takes: &str| git(&["--git-dir", "far.git", "config", "http.receivepack", takes]);
    takes("false");
    // `louver:t0ken`.
    let manner = Manner {
        authorization: Some("Basic bG91dmVyOnQwa2Vu"),
        ..Manner::default()
    };
    let host = Host::start(dir.path(), manner);
    let scope = format!(
        "[[audit.anchor]]\nname = \"far\"\nkind = \"git\"\npath = {:?}\npush = {:?}\ncredential_user = \"louver\"\n\
         credential_command = [\"printf\", \"t0ken\"]\n",
        dir.path().join("marks.git"),
        host.url("far.git"),
    );
    let logs = dir.path().join("logs");
    let log = open(&logs);
    told(&log, "alice", "one", 0..3);
    drop(log.checkpoint().expect("a checkpoint"));
    let monitor = Monitor::start(&log, in_force(&scope)).expect("a monitor");
    let alert = alerts(&logs, &["anchor-down"]).remove(0);
    assert_eq!(alert.text("/detail/anchor"), Some("far"));
    assert_eq!(count("marks.git").trim(), "1", "it is committed here");
    told(&log, "alice", "one", 3..6);
    drop(monitor);

    takes("true");
    let _monitor = Monitor::start(&log, in_force(&scope)).expect("a monitor");
    until("what was refused is pushed", || {
        (count("far.git").trim() == count("marks.git").trim()).then_some(())
    });
    let pushed = git(&[
        "--git-dir",
        "far.git",
        "show",
        "louver-checkpoints:checkpoints/louver.example_audit_0",
    ]);
    assert!(
        Reader::open(&logs.join("0"))
            .expect("a log")
            .verify(Some(&pushed))
            .is_ok(),
        "{pushed}"
    );
}

#[test]
fn a_witness_signs_what_continues_and_nothing_else() {
    let dir = tempfile::tempdir().expect("a folder");
    let logs = dir.path().join("logs");
    let log = open(&logs);
    told(&log, "alice", "one", 0..3);
    let mut witness = Command::new(env!("CARGO_BIN_EXE_louver"))
        .args([
            "witness",
            "--http",
            "127.0.0.1:0",
            "--name",
            "witness.example",
            "--data",
        ])
        .arg(dir.path().join("witness"))
        .args(["--log", &log.verifier().to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("louver starts");
    let mut vkey = String::new();
    BufReader::new(witness.stdout.take().expect("a pipe"))
        .read_line(&mut vkey)
        .expect("a key");
    let address = BufReader::new(witness.stderr.take().expect("a pipe"))
        .lines()
        .map_while(Result::ok)
        .find_map(|line| {
            line.strip_prefix("witnessing at ")?
                .strip_suffix("/add-checkpoint")
                .map(str::to_owned)
        });
    let _ended = Ended(witness);
    let address = address.expect("an address");
    let scope = format!(
        "[[audit.anchor]]\nname = \"w\"\nkind = \"witness\"\nurl = \"{address}\"\nvkey = \"{}\"\n",
        vkey.trim()
    );
    let key = WitnessKey::parse(&vkey).expect("a key");
    let signed = logs.join("0/witnessed/w");
    let reader = Reader::open(&logs.join("0")).expect("a log");
    for _ in 0..2 {
        told(&log, "alice", "one", 0..3);
        let newest = log.checkpoint().expect("a checkpoint");
        let _monitor = Monitor::start(&log, in_force(&scope)).expect("a monitor");
        until("a signature", || {
            let note = fs::read_to_string(&signed).ok()?;
            (note.starts_with(&newest[..newest.find("\n\n")?]) && key.check(&note).is_ok()).then_some(())
        });
    }
    let note = fs::read_to_string(&signed).expect("a note");
    // What it signed is still a checkpoint of the log to whoever knows nothing of witnesses.
    assert!(reader.verify(Some(&note)).is_ok());
    assert!(key.check(&note.replacen("\n4\n", "\n3\n", 1)).is_err());

    // A log rewritten by whoever has its key.
    let forged = dir.path().join("forged");
    fs::create_dir_all(&forged).expect("a folder");
    fs::copy(logs.join("key"), forged.join("key")).expect("a key");
    let other = open(&forged);
    for _ in 0..9 {
        told(&other, "mallory", "one", 0..3);
    }
    drop(other.checkpoint().expect("a checkpoint"));
    let _monitor = Monitor::start(&other, in_force(&scope)).expect("a monitor");
    let alert = until("an alert", || found(&forged, "alert").pop());
    assert_eq!(alert.text("/rule"), Some("anchor-down"));
    assert!(!forged.join("0/witnessed/w").exists());
}
