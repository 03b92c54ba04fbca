//! `kill -9` at random moments, while indexing and while answering sixteen clients: 25 times, or as often as `LOUVER_CRASHES` says.

use crate::served::{Answer, Files, Served, World};
use louver::audit::{Reader, instances};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

/// How many clients ask at once.
const CLIENTS: usize = 16;

fn times() -> u64 {
    std::env::var("LOUVER_CRASHES").map_or(25, |it| it.parse().expect("LOUVER_CRASHES is a number"))
}

/// The files of round `n`: a handful of modules whose every function carries the round in its name.
fn files(round: u64) -> Vec<(String, String)> {
    (0..40)
        .map(|file| {
            let functions: String = (0..12)
                .map(|at| format!("/// Does part {at}.\npub fn part_{at}_of_round_{round}(n: u32) -> u32 {{ if n > 1 {{ part_{at}_of_round_{round}(n - 1) }} else {{ n }} }}\n"))
                .collect();
            (format!("src/module_{file}.rs"), functions)
        })
        .collect()
}

fn borrowed(files: &[(String, String)]) -> Vec<(&str, &str)> {
    files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect()
}

/// Spreads kill times over a range without a random generator, so that a failure can be repeated.
fn moment(round: u64, longest: Duration) -> Duration {
    longest.mul_f64((round * 7_919 % 1_000) as f64 / 1_000.0)
}

/// Every log of a world verifies.
fn assert_logs_verify(world: &World) {
    for dir in instances(&world.data().join("audit")).expect("logs") {
        if let Err(findings) = Reader::open(&dir).expect("a log").verify(None) {
            panic!("{} does not verify: {findings:?}", dir.display());
        }
    }
}

#[test]
fn a_crash_while_indexing_leaves_a_whole_generation() {
    let first = files(0);
    let world = World::of(&borrowed(&first) as Files<'_>);
    let mut published = 0;
    let (mut finished, mut killed) = (0, 0);
    // Every kill gives the next run more time and every run that is done less, so that both happen however busy the machine is.
    let mut longest = Duration::from_millis(700);
    for round in 1..=times() {
        for (path, text) in files(round) {
            fs::write(world.repo(0).join(path), text).expect("written");
        }
        crate::served::git(&world.repo(0), &["add", "-A"]);
        crate::served::git(&world.repo(0), &["commit", "-q", "-m", "round"]);
        let mut indexing = world
            .louver(&["index"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("louver starts");
        thread::sleep(moment(round, longest));
        match indexing.try_wait().expect("asked") {
            Some(_) => {
                longest = longest.mul_f64(0.9);
                finished += 1;
            }
            None => {
                longest = longest.mul_f64(1.2);
                indexing.kill().expect("killed");
                indexing.wait().expect("reaped");
                killed += 1;
            }
        }
        published = generation(&world, published, round);
        assert_logs_verify(&world);
    }
    assert!(
        killed >= 5 && finished >= 1,
        "the moments were not spread: {killed} killed, {finished} finished"
    );
    world.run(&["index"]);
    assert_eq!(generation(&world, published, times()), times());
}

/// The round that answers come from: whole, and not before the one seen last.
fn generation(world: &World, before: u64, newest: u64) -> u64 {
    let output = world.run(&[
        "ask",
        "get_outline",
        "target=acme/app:src/module_7.rs",
        "max_tokens=16000",
    ]);
    let outline = String::from_utf8_lossy(&output.stdout).into_owned();
    let seen: Vec<u64> = (before..=newest)
        .filter(|round| outline.contains(&format!("part_0_of_round_{round}(")))
        .collect();
    let [round] = seen[..] else {
        panic!("not one generation of {before}..={newest}: {seen:?}\n{outline}")
    };
    for file in [0, 20, 39] {
        let handle = format!("symbol=acme/app:src/module_{file}.rs#part_11_of_round_{round}");
        world.run(&["ask", "find_references", &handle]);
    }
    round
}

/// A server that can be killed under its clients.
struct Killable {
    process: Child,
    address: SocketAddr,
}

impl Killable {
    fn start(world: &World) -> Self {
        let mut process = world
            .louver(&["serve", "--http", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("louver starts");
        let lines = BufReader::new(process.stderr.take().expect("a pipe")).lines();
        let address = lines
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("serving http://")?.strip_suffix("/mcp")?.parse().ok());
        Self {
            process,
            address: address.expect("an address"),
        }
    }

    fn kill(mut self) {
        self.process.kill().expect("killed");
        self.process.wait().expect("reaped");
    }
}

/// Calls a tool; `None` when the server died first.
fn call(address: SocketAddr, tool: &str, arguments: &Value) -> Option<Answer> {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": tool, "arguments": arguments } }).to_string();
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    let head = format!(
        "POST /mcp HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\nAccept: application/json, \
         text/event-stream\r\nMCP-Protocol-Version: 2025-11-25\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let json = text.split_once("\r\n\r\n")?.1;
    let from = json.find('{')?;
    let to = json.rfind('}')?;
    let reply: Value = serde_json::from_str(json.get(from..=to)?).ok()?;
    Some(Answer::of(&reply))
}

#[allow(clippy::print_stdout, reason = "what was counted, for whoever asks with --nocapture")]
#[test]
fn a_crash_while_answering_loses_no_record_of_an_answer() {
    let files = files(0);
    let world = World::of(&borrowed(&files) as Files<'_>);
    let calls = [
        ("list_repos", json!({})),
        ("search_symbols", json!({"query": "part"})),
        ("get_outline", json!({"target": "acme/app:src/module_3.rs"})),
        (
            "get_symbol",
            json!({"symbols": ["acme/app:src/module_3.rs#part_1_of_round_0"]}),
        ),
        ("find_references", json!({"symbol": "nothing of that name"})),
    ];
    let answers = Mutex::new(Vec::new());
    for round in 1..=times() {
        let server = Killable::start(&world);
        let address = server.address;
        let before = answers.lock().expect("unpoisoned").len();
        thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (answers, calls) = (&answers, &calls);
                scope.spawn(move || {
                    for (tool, arguments) in calls.iter().cycle().skip(client) {
                        match call(address, tool, arguments) {
                            Some(answer) => answers.lock().expect("unpoisoned").push(answer),
                            None => break,
                        }
                    }
                });
            }
            // Every second time the server dies while it answers, however slow the machine is; else perhaps before.
            let waits = |since: Instant| round % 2 == 1 && since.elapsed() < Duration::from_secs(60);
            let since = Instant::now();
            while waits(since) && answers.lock().expect("unpoisoned").len() == before {
                thread::sleep(Duration::from_millis(1));
            }
            thread::sleep(Duration::from_millis(20) + moment(round, Duration::from_millis(150)));
            server.kill();
        });
        assert_logs_verify(&world);
    }
    let answers = answers.into_inner().expect("unpoisoned");
    assert!(
        answers.len() as u64 >= times().div_ceil(2),
        "too few answers to mean anything: {}",
        answers.len()
    );
    let records = world.records();
    for answer in &answers {
        let receipt = answer
            .receipt
            .as_ref()
            .unwrap_or_else(|| panic!("an answer without a receipt: {}", answer.text));
        let record = receipt
            .record(&records)
            .unwrap_or_else(|| panic!("no record behind {receipt:?}"));
        assert_eq!(
            record["output_sha256"],
            louver::audit::Sha256Digest::of(answer.text.as_bytes()).to_string(),
            "the record is of another answer"
        );
    }
    println!(
        "{} answers before {} kills, each with its record",
        answers.len(),
        times()
    );
    // The last server goes on where the killed ones stopped.
    let served = Served::over(world);
    assert!(served.call("list_repos", json!({})).receipt.is_some());
}
