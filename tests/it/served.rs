//! A louver of its own for a test: repositories made with git, indexed and served by the real program.
//!
//! ```ignore
//! let louver = Served::start(&[("src/lib.rs", "pub fn price() {}")]);
//! let answer = louver.call("search_symbols", json!({ "query": "price" }));
//! assert!(answer.text.contains("#price"));
//! ```
//!
//! [`World`] is the repositories, the scope file and the data directory; [`Served`] is a server on them. Both are gone on drop.

use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

/// The name of the repository that [`World::of`] and [`Served::start`] make.
pub(crate) const REPO: &str = "acme/app";

/// The revision of MCP that [`Served::request`] speaks.
pub(crate) const REVISION: &str = "2026-07-28";

/// Long enough for a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// Files of a repository: paths and texts.
pub(crate) type Files<'a> = &'a [(&'a str, &'a str)];

/// A repository to make and approve.
pub(crate) struct Repo<'a> {
    pub(crate) name: &'a str,
    pub(crate) tier: &'a str,
    pub(crate) files: Files<'a>,
}

/// Approved repositories and their index, with no server yet.
pub(crate) struct World {
    folder: TempDir,
    /// More of the environment of every louver on it.
    environment: Vec<(&'static str, PathBuf)>,
}

impl World {
    /// One repository of tier `internal`, indexed.
    pub(crate) fn of(files: Files<'_>) -> Self {
        Self::with(&[Repo {
            name: REPO,
            tier: "internal",
            files,
        }])
    }

    /// Several repositories, indexed.
    pub(crate) fn with(repos: &[Repo<'_>]) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("louver-served-")
            .tempdir()
            .expect("a folder");
        let world = Self {
            folder,
            environment: Vec::new(),
        };
        let mut scope = "version = 1\n".to_owned();
        for (n, Repo { name, tier, files }) in repos.iter().enumerate() {
            let path = world.folder.path().join(format!("repo-{n}"));
            commit_all(&path, files);
            scope.push_str(&format!(
                "\n[[repo]]\nname = \"{name}\"\npath = \"repo-{n}\"\ntier = \"{tier}\"\nowner = \"tests\"\n"
            ));
        }
        fs::write(world.config(), scope).expect("a scope file");
        world.run(&["index"]);
        world
    }

    /// Sets a variable in the environment of every louver that is started on it from now on.
    pub(crate) fn set(&mut self, name: &'static str, value: &Path) {
        self.environment.push((name, value.to_owned()));
    }

    /// The scope file.
    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("louver.toml")
    }

    /// The data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The working copy of a repository, by its place in the list.
    pub(crate) fn repo(&self, n: usize) -> PathBuf {
        self.folder.path().join(format!("repo-{n}"))
    }

    /// Program and arguments of a louver on this world, for clients that start it themselves.
    pub(crate) fn command_line(&self, arguments: &[&str]) -> (String, Vec<String>) {
        let text = |path: PathBuf| path.into_os_string().into_string().expect("a UTF-8 path");
        let own = [
            "--config".to_owned(),
            text(self.config()),
            "--data".to_owned(),
            text(self.data()),
        ];
        let arguments = own.into_iter().chain(arguments.iter().map(|&it| it.to_owned()));
        (env!("CARGO_BIN_EXE_louver").to_owned(), arguments.collect())
    }

    /// A louver on this world, not yet started. Its environment says nothing of the person who runs the tests.
    pub(crate) fn louver(&self, arguments: &[&str]) -> Command {
        let (program, arguments) = self.command_line(arguments);
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_remove("LOUVER_CONFIG")
            .env_remove("LOUVER_DATA")
            .env_remove("LOUVER_LOG")
            .envs(self.environment.iter().map(|(name, value)| (*name, value)));
        command
    }

    /// Runs a louver to its end, which must be a good one.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let output = self
            .louver(arguments)
            .stdin(Stdio::null())
            .output()
            .expect("louver starts");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "louver {arguments:?}: {complaint}");
        output
    }

    /// Every record of every log, in the order of time.
    pub(crate) fn records(&self) -> Vec<Value> {
        let output = self.run(&["audit", "tail", "--format", "json", "-n", "1000000"]);
        let text = String::from_utf8(output.stdout).expect("records are UTF-8");
        text.lines()
            .map(|line| serde_json::from_str(line).expect("a record is JSON"))
            .collect()
    }

    /// The records of calls: answers and refusals.
    pub(crate) fn call_records(&self) -> Vec<Value> {
        let mut records = self.records();
        records.retain(|it| it["class"] == "retrieval" || it["class"] == "denial");
        records
    }
}

/// Makes a repository whose one commit holds `files`.
fn commit_all(path: &Path, files: Files<'_>) {
    for (name, text) in files {
        let file = path.join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder is made");
        fs::write(file, text).expect("a file is written");
    }
    fs::create_dir_all(path).expect("a folder is made");
    git(path, &["init", "-q", "-b", "main"]);
    git(path, &["add", "--all"]);
    git(path, &["commit", "-q", "--allow-empty", "-m", "all"]);
}

/// Runs git in a folder, without the configuration of this machine.
#[track_caller]
pub(crate) fn git(path: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=o", "-c", "user.email=o@example.com", "-c", "gc.auto=0"])
        .args(arguments)
        .current_dir(path)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .expect("git is installed");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {complaint}");
}

/// A server over HTTP on a [`World`]; ends on drop.
pub(crate) struct Served {
    world: Arc<World>,
    server: Child,
    address: SocketAddr,
    stderr: Arc<Mutex<String>>,
}

impl Deref for Served {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself; either way nothing is left of it.
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

impl Served {
    /// Makes, indexes and serves one repository of tier `internal`.
    pub(crate) fn start(files: Files<'_>) -> Self {
        Self::over(World::of(files))
    }

    /// Serves a world.
    pub(crate) fn over(world: World) -> Self {
        Self::at(world, 0)
    }

    /// Serves a world at a port.
    pub(crate) fn at(world: World, port: u16) -> Self {
        Self::on(Arc::new(world), port)
    }

    /// Another process on the same world.
    pub(crate) fn beside(&self) -> Self {
        Self::on(Arc::clone(&self.world), 0)
    }

    #[track_caller]
    fn on(world: Arc<World>, port: u16) -> Self {
        let mut server = world
            .louver(&["serve", "--http", &format!("127.0.0.1:{port}")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("louver starts");
        let mut lines = BufReader::new(server.stderr.take().expect("a pipe")).lines();
        let stderr = Arc::new(Mutex::new(String::new()));
        let address = lines.by_ref().find_map(|line| {
            let line = line.ok()?;
            keep(&stderr, &line);
            line.strip_prefix("serving http://")?.strip_suffix("/mcp")?.parse().ok()
        });
        let Some(address) = address else {
            drop(server.kill());
            panic!("louver does not serve: {}", stderr.lock().expect("unpoisoned"));
        };
        let rest = Arc::clone(&stderr);
        thread::spawn(move || lines.map_while(Result::ok).for_each(|line| keep(&rest, &line)));
        Self {
            world,
            server,
            address,
            stderr,
        }
    }

    /// The same world served anew, after `kill -9`.
    pub(crate) fn killed(mut self) -> Self {
        self.server.kill().expect("killed");
        self.server.wait().expect("reaped");
        Self::on(Arc::clone(&self.world), 0)
    }

    /// The MCP endpoint.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has said on stderr so far.
    pub(crate) fn stderr(&self) -> String {
        self.stderr.lock().expect("unpoisoned").clone()
    }

    /// Calls a tool. An error of the protocol counts as one, and has its message as text.
    #[track_caller]
    pub(crate) fn call(&self, tool: &str, arguments: Value) -> Answer {
        let reply = self.request("tools/call", json!({ "name": tool, "arguments": arguments }));
        Answer::of(&reply.json())
    }

    /// Calls a tool that must answer.
    #[track_caller]
    pub(crate) fn answer(&self, tool: &str, arguments: Value) -> String {
        let answer = self.call(tool, arguments);
        assert!(!answer.is_error, "{tool}: {}", answer.text);
        answer.text
    }

    /// Sends one request as a client of [`REVISION`] does, with all headers it must have.
    #[track_caller]
    pub(crate) fn request(&self, method: &str, mut params: Value) -> Reply {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": REVISION,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": { "name": "served", "version": "1" },
        });
        let name = params["name"].as_str().or(params["uri"].as_str()).map(header_value);
        let mut headers = vec![("MCP-Protocol-Version", REVISION), ("Mcp-Method", method)];
        headers.extend(name.as_deref().map(|name| ("Mcp-Name", name)));
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        self.post(&headers, body.to_string().as_bytes())
    }

    /// Posts bytes to the endpoint as JSON.
    #[track_caller]
    pub(crate) fn post(&self, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let own = [
            ("Content-Type", "application/json"),
            ("Accept", "application/json, text/event-stream"),
        ];
        self.send("POST", "/mcp", &[&own, headers].concat(), body)
    }

    /// Sends one HTTP request on a connection of its own. A `Host` among the headers replaces the right one.
    #[track_caller]
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        Reply::fetch(self.address, method, path, headers, body)
    }
}

fn keep(stderr: &Mutex<String>, line: &str) {
    let mut kept = stderr.lock().expect("unpoisoned");
    kept.push_str(line);
    kept.push('\n');
}

/// A value as headers carry it: in base64 behind a sentinel if it is not plain.
fn header_value(value: &str) -> String {
    use base64::Engine as _;
    let is_plain =
        value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && value.trim() == value && !value.starts_with("=?");
    if is_plain {
        return value.to_owned();
    }
    let coded = base64::engine::general_purpose::STANDARD.encode(value);
    format!("=?base64?{coded}?=")
}

/// An HTTP response.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    /// Sends one HTTP request to an address of this machine and reads the answer.
    #[track_caller]
    pub(crate) fn fetch(address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Self {
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n",
            body.len()
        );
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            head.push_str(&format!("Host: {address}\r\n"));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let mut stream = TcpStream::connect(address).expect("the server accepts");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.write_all(head.as_bytes()).expect("the server reads a head");
        // A body that is too long is refused before it was read to its end, which ends the writing.
        drop(stream.write_all(body));
        let mut bytes = Vec::new();
        let ended = stream.read_to_end(&mut bytes);
        Self::parse(&bytes).unwrap_or_else(|| panic!("no HTTP answer: {ended:?} {:?}", String::from_utf8_lossy(&bytes)))
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|it| it == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let body = &bytes[end + 4..];
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let body = if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
            unchunked(body)?
        } else {
            body.to_vec()
        };
        Some(Self {
            status,
            head,
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }

    /// The value of a header, if there is one.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// The cookies it sets: names and values.
    pub(crate) fn cookies(&self) -> Vec<(String, String)> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let set = lines.filter(|(key, _)| key.eq_ignore_ascii_case("set-cookie"));
        let pairs = set.filter_map(|(_, value)| value.split(';').next()?.split_once('='));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// The body as JSON; of an event stream, its last message.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let last = self
            .body
            .lines()
            .rev()
            .find_map(|line| line.strip_prefix("data:"))
            .unwrap_or(&self.body);
        serde_json::from_str(last).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }
}

fn unchunked(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    loop {
        let end = bytes.windows(2).position(|it| it == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).ok()?.trim(), 16).ok()?;
        bytes = bytes.get(end + 2..)?;
        if size == 0 {
            return Some(out);
        }
        out.extend_from_slice(bytes.get(..size)?);
        bytes = bytes.get(size + 2..)?;
    }
}

/// What a client was told.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) is_error: bool,
    pub(crate) receipt: Option<Receipt>,
}

impl Answer {
    /// Reads a JSON-RPC response to a tool call.
    pub(crate) fn of(response: &Value) -> Self {
        let Some(result) = response.get("result") else {
            let error = &response["error"];
            return Self {
                text: error["message"].as_str().unwrap_or_default().to_owned(),
                is_error: true,
                receipt: Receipt::of(&error["data"]),
            };
        };
        let blocks = result["content"].as_array().map(Vec::as_slice).unwrap_or_default();
        let texts: Vec<&str> = blocks.iter().filter_map(|it| it["text"].as_str()).collect();
        Self {
            text: texts.join("\n"),
            is_error: result["isError"] == true,
            receipt: Receipt::of(&result["_meta"]),
        }
    }
}

/// Where the record of an answer is, as the client was told.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Receipt {
    pub(crate) origin: String,
    pub(crate) index: u64,
    pub(crate) leaf: String,
}

impl Receipt {
    /// Reads the receipt out of the `_meta` of a result, or the `data` of an error.
    pub(crate) fn of(meta: &Value) -> Option<Self> {
        let receipt = meta.get("louver/receipt")?;
        Some(Self {
            origin: receipt["origin"].as_str()?.to_owned(),
            index: receipt["index"].as_u64()?,
            leaf: receipt["leaf"].as_str()?.to_owned(),
        })
    }

    /// The record it speaks of: by the log's instance, the record's number and the hash of its canonical bytes.
    pub(crate) fn record<'a>(&self, records: &'a [Value]) -> Option<&'a Value> {
        let instance = self.origin.rsplit('/').next()?;
        let record = records
            .iter()
            .find(|it| it["server"]["instance"] == instance && it["seq"] == self.index)?;
        (leaf_hash(record) == self.leaf).then_some(record)
    }
}

/// The leaf hash of RFC 6962 over a record, whose canonical form is JSON with sorted keys, as `serde_json` writes maps.
fn leaf_hash(record: &Value) -> String {
    use base64::Engine as _;
    use sha2::{Digest as _, Sha256};
    let hash = Sha256::new()
        .chain_update([0])
        .chain_update(record.to_string())
        .finalize();
    base64::engine::general_purpose::STANDARD.encode(hash)
}

/// A small shop in Rust and TypeScript. What must never reach a client says `CANARY`.
pub(crate) const SHOP: Files<'static> = &[
    (
        "Cargo.toml",
        "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    ),
    ("package.json", "{ \"name\": \"shop\", \"version\": \"0.1.0\" }\n"),
    (
        "src/lib.rs",
        "//! A shop: orders, and what is owed for them.\n\npub mod billing;\npub mod order;\n\npub use order::Order;\n",
    ),
    (
        "src/order.rs",
        r#"//! Orders.

use crate::billing::{self, Bill};

/// What a customer wants. CANARY in the second sentence.
#[derive(Clone, Debug)]
pub struct Order {
    pub id: u64,
    items: Vec<Item>,
}

/// One line of an order.
#[derive(Clone, Debug)]
pub struct Item {
    pub price: u64,
    pub count: u32,
}

impl Order {
    /// Begins an order without items.
    pub fn new(id: u64) -> Self {
        Self { id, items: Vec::new() }
    }

    /// Adds up what the items cost.
    pub fn total(&self) -> u64 {
        let mut sum = 0;
        for item in &self.items {
            if item.count == 0 {
                // CANARY in a comment.
                continue;
            }
            sum += billing::round(item.price * u64::from(item.count), "CANARY");
        }
        sum
    }

    /// Asks for the money.
    pub fn charge(&self) -> Result<Bill, String> {
        let total = self.total();
        if total == 0 {
            return Err("CANARY: nothing to charge".to_owned());
        }
        Ok(billing::bill(self.id, total))
    }
}
"#,
    ),
    (
        "src/billing.rs",
        r#"//! Bills.

/// A request for money.
pub struct Bill {
    pub order: u64,
    pub amount: u64,
}

/// Writes a bill.
pub fn bill(order: u64, amount: u64) -> Bill {
    Bill { order, amount: round(amount, "CANARY") }
}

/// Rounds an amount to what coins can pay.
pub(crate) fn round(amount: u64, _why: &str) -> u64 {
    amount - amount % 5
}
"#,
    ),
    (
        "web/cart.ts",
        r#"import { request } from "./net";

/** What a visitor has picked. */
export class Cart {
  private items: string[] = [];

  /** Adds an item to the cart. */
  add(item: string): void {
    if (item === "CANARY") return;
    this.items.push(item);
  }

  /** Orders what is in the cart. */
  async order(): Promise<string> {
    return await request("/CANARY", this.items);
  }
}
"#,
    ),
    (
        "web/net.ts",
        "/** Sends a request to the shop. */\nexport async function request(path: string, body: unknown): Promise<string> {\n  \
         const answer = await fetch(path, { body: JSON.stringify(body) });\n  return await answer.text();\n}\n",
    ),
];
