//! A disk that fails under a server: `strace` makes one call on the log's files fail, each in turn, and no answer leaves without its record.
//!
//! A run asks the server until it refuses or nothing is left to fail, ends it with `kill -9`, and starts it again on a disk that works.
//! `LOUVER_FAULTS=all` tries every call; otherwise only every third one is made to fail, which every kind of call has.

use crate::served::{Answer, Receipt, World};
use louver::audit::{Archive, Class, Filter, Log, Options, Reader, Record, WIDTH, instances};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// How many servers run at once: they mostly wait.
const SIDE_BY_SIDE: u64 = 6;
/// Longer than the log waits between checkpoints, so that those fail too.
const WATCHED: Duration = Duration::from_millis(1_500);
/// More calls of one kind than any run makes.
const MOST_CALLS: u64 = 400;

/// So many records are there before, that the next ones need another bundle and the one after that further journal files.
const BEFORE: u64 = 8 * WIDTH - 4;

/// When a call is made to fail. `strace` counts the calls of each thread by itself, so threads that open the same files are watched apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// While a server makes a log.
    Beginning,
    /// While a server opens the log that is there.
    Opening,
    /// While it appends.
    Appending,
    /// While it publishes a checkpoint.
    Publishing,
}
use When::{Appending, Beginning, Opening, Publishing};

/// What is made to fail: the call, its error and when.
const FAULTS: &[(&str, &str, When)] = &[
    ("openat", "EIO", Beginning),
    ("openat", "ENOSPC", Opening),
    ("openat", "ENOSPC", Appending),
    ("openat", "EIO", Publishing),
    ("write", "ENOSPC", Beginning),
    ("write", "EIO", Opening),
    ("write", "EIO", Appending),
    ("write", "ENOSPC", Appending),
    ("write", "ENOSPC", Publishing),
    ("fdatasync", "EIO", Opening),
    ("fdatasync", "EIO", Appending),
    ("fdatasync", "ENOSPC", Appending),
    ("fdatasync", "EIO", Publishing),
    ("fsync", "EIO", Beginning),
    ("fsync", "EIO", Opening),
    ("fsync", "EIO", Appending),
    ("fsync", "EIO", Publishing),
    ("rename", "EIO", Opening),
    ("rename", "ENOSPC", Publishing),
    ("mkdir", "ENOSPC", Beginning),
    ("linkat", "EIO", Beginning),
];

/// The files and folders of the log that a server opens then, below `data`.
fn paths(data: &Path, when: When) -> Vec<PathBuf> {
    let mut names = Vec::new();
    if when != Publishing {
        names.extend(
            [
                "",
                "/key",
                "/query-key",
                "/0",
                "/0/lock",
                "/0/people.jsonl",
                "/0/people.lock",
            ]
            .map(str::to_owned),
        );
        names.push("/0/journal".to_owned());
        names.extend((0..20).map(|bundle| format!("/0/journal/{bundle}")));
    }
    if when != Appending {
        names.extend(
            [
                "/0",
                "/0/vkey",
                "/0/checkpoint",
                "/0/temporary",
                "/0/tile",
                "/0/journal",
            ]
            .map(str::to_owned),
        );
        for kind in ["0", "1", "entries"] {
            names.push(format!("/0/tile/{kind}"));
            for tile in [0, 7, 8] {
                names.push(format!("/0/tile/{kind}/{tile:03}"));
                names.push(format!("/0/tile/{kind}/{tile:03}.p"));
            }
        }
    }
    names
        .into_iter()
        .map(|name| PathBuf::from(format!("{}/audit{name}", data.display())))
        .collect()
}

type Fault = (&'static str, &'static str, When);

/// A server on a data directory of its own.
struct Server {
    process: Child,
    address: Option<SocketAddr>,
    said: Arc<Mutex<String>>,
}

impl Server {
    fn start(mut command: Command) -> Self {
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(process.stderr.take().expect("a pipe")).lines();
        let said = Arc::new(Mutex::new(String::new()));
        let keep = |said: &Mutex<String>, line: &str| {
            let mut said = said.lock().expect("unpoisoned");
            said.push_str(line);
            said.push('\n');
        };
        let address = lines.by_ref().map_while(Result::ok).find_map(|line| {
            keep(&said, &line);
            line.strip_prefix("serving http://")?.strip_suffix("/mcp")?.parse().ok()
        });
        let rest = Arc::clone(&said);
        thread::spawn(move || lines.map_while(Result::ok).for_each(|line| keep(&rest, &line)));
        Self { process, address, said }
    }

    fn kill(mut self) -> String {
        drop(self.process.kill());
        self.process.wait().expect("reaped");
        self.said.lock().expect("unpoisoned").clone()
    }
}

fn send(address: SocketAddr, method: &str, path: &str, body: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\nAccept: application/json, \
         text/event-stream\r\nMCP-Protocol-Version: 2025-11-25\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let status = text.split(' ').nth(1)?.parse().ok()?;
    Some((status, text.split_once("\r\n\r\n")?.1.to_owned()))
}

/// The answer to a call: one with a receipt, or a refusal to answer at all.
fn call(address: SocketAddr) -> Option<Answer> {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "list_repos", "arguments": {} } });
    let (_, text) = send(address, "POST", "/mcp", &body.to_string())?;
    let json = text.get(text.find('{')?..=text.rfind('}')?)?;
    Some(Answer::of(&serde_json::from_str::<Value>(json).ok()?))
}

fn louver(world: &World, data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_louver"));
    command
        .arg("--config")
        .arg(world.config())
        .arg("--data")
        .arg(data)
        .args(["serve", "--http", "127.0.0.1:0"]);
    for name in ["LOUVER_CONFIG", "LOUVER_DATA", "LOUVER_LOG"] {
        command.env_remove(name);
    }
    command
}

/// What `strace` is told: the `at`-th call on a path of the log fails.
fn strace(data: &Path, trace: &Path, (call, error, when): Fault, at: u64) -> Command {
    let mut command = Command::new("strace");
    command.args(["-f", "-o"]).arg(trace);
    for path in paths(data, when) {
        command.arg("-P").arg(path);
    }
    command.args(["-e", &format!("trace={call}"), "-e"]);
    command.arg(format!("inject={call}:error={error}:when={at}"));
    command
}

/// A server whose disk fails.
fn failing(world: &World, data: &Path, trace: &Path, fault: Fault, at: u64) -> Server {
    let plain = louver(world, data);
    if matches!(fault.2, Beginning | Opening) {
        let mut command = strace(data, trace, fault, at);
        // `-D`: louver is the child of this process, so that it can be killed.
        command
            .args(["-D", "-qq"])
            .arg(plain.get_program())
            .args(plain.get_args());
        for name in ["LOUVER_CONFIG", "LOUVER_DATA", "LOUVER_LOG"] {
            command.env_remove(name);
        }
        return Server::start(command);
    }
    let server = Server::start(plain);
    assert!(server.address.is_some(), "it starts");
    let mut tracer = strace(data, trace, fault, at)
        .args(["-p", &server.process.id().to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("strace starts");
    let mut lines = BufReader::new(tracer.stderr.take().expect("a pipe"))
        .lines()
        .map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    assert!(
        first.contains("attached"),
        "strace must be allowed to attach, as root is: {first}"
    );
    // It ends with the server.
    thread::spawn(move || {
        lines.for_each(drop);
        drop(tracer.wait());
    });
    server
}

/// What a run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// There was no such call to fail.
    NothingFailed,
    /// The server did not start, and said why.
    NotStarted,
    /// It answered until it refused every call, and said why.
    Refused,
    /// What failed was not needed.
    Unharmed,
}

fn run(world: &World, fault: Fault, at: u64) -> Outcome {
    let what = format!("{fault:?} {at}");
    let folder = tempfile::Builder::new()
        .prefix("louver-fault-")
        .tempdir()
        .expect("a folder");
    let (data, trace) = (folder.path().join("data"), folder.path().join("trace"));
    copy(&world.data(), &data);
    if fault.2 == Beginning {
        fs::remove_dir_all(data.join("audit")).expect("a log");
    }
    let server = failing(world, &data, &trace, fault, at);
    let mut receipts: Vec<Receipt> = Vec::new();
    let mut outcome = Outcome::Unharmed;
    match server.address {
        None => outcome = Outcome::NotStarted,
        Some(address) => {
            let began = Instant::now();
            let mut after = 0;
            while began.elapsed() < WATCHED && after < 2 {
                let answer = call(address).unwrap_or_else(|| panic!("{what}: no reply"));
                match answer.receipt {
                    Some(receipt) => {
                        assert_eq!(outcome, Outcome::Unharmed, "{what}: it answers again");
                        receipts.push(receipt);
                    }
                    None => {
                        assert!(
                            answer.text.contains("the audit log cannot be written"),
                            "{what}: {answer:?}"
                        );
                        let (status, reason) = send(address, "GET", "/readyz", "").expect("a reply");
                        assert_eq!(status, 503, "{what}: {reason}");
                        assert!(
                            reason.contains("audit") && reason.contains("os error"),
                            "{what}: {reason}"
                        );
                        outcome = Outcome::Refused;
                        after += 1;
                    }
                }
                thread::sleep(Duration::from_millis(100));
            }
        }
    }
    let said = server.kill();
    let injected = fs::read_to_string(&trace).unwrap_or_default().contains("INJECTED");
    if outcome == Outcome::NotStarted {
        assert!(
            injected && said.contains("audit") && said.contains("error"),
            "{what}: {said}"
        );
    }
    assert!(injected || outcome == Outcome::Unharmed, "{what}: {outcome:?} {said}");
    assert_repaired(world, &data, &receipts, &what);
    if injected { outcome } else { Outcome::NothingFailed }
}

/// On a disk that works it starts, answers, has every record that was promised, and verifies.
fn assert_repaired(world: &World, data: &Path, receipts: &[Receipt], what: &str) {
    let server = Server::start(louver(world, data));
    let Some(address) = server.address else {
        panic!("{what}: it does not start again: {}", server.kill())
    };
    let answer = call(address).and_then(|answer| answer.receipt);
    assert!(answer.is_some(), "{what}: it does not answer again");
    drop(server.kill());
    let found = Archive::open(&data.join("audit"))
        .and_then(|archive| archive.find(&Filter::default()))
        .expect("records");
    let records: Vec<Value> = found.iter().map(|it| it.json().clone()).collect();
    for receipt in receipts.iter().chain(&answer) {
        assert!(
            receipt.record(&records).is_some(),
            "{what}: no record behind {receipt:?}"
        );
    }
    for log in instances(&data.join("audit")).expect("logs") {
        // Whatever a killed server has not published yet is published when the log is opened.
        let verdict = Reader::open(&log).map(|reader| reader.verify(None));
        assert!(matches!(verdict, Ok(Ok(_))), "{what}: {verdict:?}");
    }
}

/// Fills the log of a world.
fn fill(world: &World) {
    let audit = world.data().join("audit");
    let vkey = fs::read_to_string(audit.join("0/vkey")).expect("a key");
    let origin = vkey.split_once("/0+").expect("a first log").0;
    let options = Options {
        tick: None,
        ..Options::new(origin)
    };
    let log = Log::open(&audit, options).expect("the log");
    let size = |log: &Log| {
        let signed = log.checkpoint().expect("a checkpoint");
        signed
            .lines()
            .nth(1)
            .and_then(|line| line.parse::<u64>().ok())
            .expect("a size")
    };
    // It ends with the record that it was closed.
    let missing = BEFORE - size(&log) - 1;
    let next = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                while next.fetch_add(1, Ordering::Relaxed) < missing {
                    drop(log.append(Record::new(Class::Admin)).expect("a receipt"));
                }
            });
        }
    });
    drop(log.close().expect("closed"));
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for item in fs::read_dir(from).expect("a folder") {
        let item = item.expect("an item");
        let to = to.join(item.file_name());
        if item.path().is_dir() {
            copy(&item.path(), &to);
        } else {
            fs::copy(item.path(), to).expect("a copy");
        }
    }
}

#[allow(clippy::print_stdout, reason = "what failed, for whoever asks with --nocapture")]
#[test]
fn a_failing_disk_lets_no_answer_out_without_its_record() {
    Command::new("strace")
        .arg("-V")
        .output()
        .expect("`strace` is missing; run tests/run");
    let world = World::of(&[("src/lib.rs", "pub fn price() -> u64 { 7 }\n")]);
    fill(&world);
    let stride = if std::env::var("LOUVER_FAULTS").is_ok_and(|it| it == "all") {
        1
    } else {
        3
    };
    let mut table = String::new();
    for (kind, &fault) in (0..).zip(FAULTS) {
        let next = AtomicU64::new(1 + kind % stride);
        let outcomes = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for _ in 0..SIDE_BY_SIDE {
                scope.spawn(|| {
                    loop {
                        let at = next.fetch_add(stride, Ordering::Relaxed);
                        assert!(at < MOST_CALLS, "calls never end");
                        match run(&world, fault, at) {
                            Outcome::NothingFailed => break,
                            outcome => outcomes.lock().expect("unpoisoned").push(outcome),
                        }
                    }
                });
            }
        });
        let outcomes = outcomes.into_inner().expect("unpoisoned");
        let count = |wanted: Outcome| outcomes.iter().filter(|it| **it == wanted).count();
        table.push_str(&format!(
            "{} {} {:?}: {} failed; not started {}, refused {}, not needed {}\n",
            fault.0,
            fault.1,
            fault.2,
            outcomes.len(),
            count(Outcome::NotStarted),
            count(Outcome::Refused),
            count(Outcome::Unharmed)
        ));
        assert!(!outcomes.is_empty() || stride > 1, "nothing failed: {fault:?}");
    }
    println!("{table}");
}
