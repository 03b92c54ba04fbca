//! Questions an agent asks about real code, with answers that people read from the source.
//!
//! `tests/data/questions/` has a file for each repository, which is a package that the tests install anyway, at a version that a lock file
//! pins. Of an answer that louver gives, every place must be one of the expected ones: nothing may be invented. What it does not find is
//! written beside the question with the reason, and a question with such a gap counts as wrong.

use crate::world::{World, commit, git};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file of questions.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Repository {
    package: String,
    version: String,
    question: Vec<Question>,
}

/// One question: exactly one of the kinds is asked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    ask: String,
    calls: Option<String>,
    constructs: Option<String>,
    implements: Option<String>,
    extends: Option<String>,
    impact: Option<String>,
    from: Option<String>,
    to: Option<String>,
    /// `path#Symbol` and the lines of the relation.
    answer: Vec<String>,
    /// The part of the answer that is not found.
    #[serde(default)]
    missing: Vec<String>,
    why: Option<String>,
}

const REPOSITORIES: [&str; 6] = ["ajv", "click", "express", "indicatif", "starlette", "tower"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn questions(name: &str) -> Repository {
    let path = root().join("tests/data/questions").join(format!("{name}.toml"));
    toml::from_str(&fs::read_to_string(path).expect("readable")).expect("questions")
}

/// What a command prints.
fn said(command: &mut Command) -> Vec<u8> {
    let output = command.current_dir(root()).output().expect("it ran");
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// Where the crates are that louver depends on. Those of other platforms need not have been downloaded.
fn crates() -> Value {
    let tool = |variable: &str, name: &str| Command::new(std::env::var(variable).unwrap_or_else(|_| name.to_owned()));
    let host = said(tool("RUSTC", "rustc").args(["--print", "host-tuple"]));
    let host = String::from_utf8(host).expect("a platform");
    let metadata = said(tool("CARGO", "cargo").args([
        "metadata",
        "--format-version=1",
        "--locked",
        "--offline",
        "--filter-platform",
        host.trim(),
    ]));
    serde_json::from_slice(&metadata).expect("metadata")
}

/// The folder of a package, and the folder of the repository that it is copied to: Python finds a package by the name of its folder.
fn folder<'q>(of: &'q Repository, crates: &Value) -> (PathBuf, &'q str) {
    let clients = root().join("tests/clients");
    let (kind, name) = of.package.split_once(':').expect("a kind and a name");
    match kind {
        "crate" => {
            let packages = crates["packages"].as_array().expect("packages");
            let found = packages
                .iter()
                .find(|it| it["name"] == name && it["version"] == of.version.as_str());
            let found = found.unwrap_or_else(|| panic!("{name} {} is no dependency", of.version));
            let manifest = Path::new(found["manifest_path"].as_str().expect("a path"));
            (manifest.parent().expect("a folder").to_owned(), "")
        }
        "npm" => {
            let folder = clients.join("node_modules").join(name);
            let manifest = fs::read_to_string(folder.join("package.json")).expect("installed by tests/run");
            let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
            assert_eq!(manifest["version"], of.version.as_str(), "{name}");
            (folder, "")
        }
        "pypi" => {
            let lib = clients.join(".venv/lib");
            let python = fs::read_dir(lib)
                .expect("installed by tests/run")
                .next()
                .expect("a Python");
            let packages = python.expect("readable").path().join("site-packages");
            let facts = packages.join(format!("{name}-{}.dist-info", of.version));
            assert!(facts.is_dir(), "{name} is not {}", of.version);
            (packages.join(name), name)
        }
        _ => panic!("no kind of package {kind}"),
    }
}

/// Copies the source of a package: no builds of it, nothing installed below it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("readable") {
        let entry = entry.expect("readable");
        let name = entry.file_name();
        let is_source = !matches!(
            name.to_str(),
            Some("node_modules" | "dist" | "__pycache__" | ".git" | ".gitignore")
        );
        match entry.file_type().expect("a type") {
            kind if kind.is_dir() && is_source => copy(&entry.path(), &to.join(&name)),
            kind if kind.is_file() && is_source => _ = fs::copy(entry.path(), to.join(&name)).expect("copied"),
            _ => {}
        }
    }
}

impl Question {
    /// The tool to ask and its arguments.
    fn call(&self, repo: &str) -> (&'static str, Value) {
        let full = |symbol: &String| match symbol.contains('#') {
            true => format!("{repo}:{symbol}"),
            false => symbol.clone(),
        };
        let of = [
            ("calls", &self.calls),
            ("constructs", &self.constructs),
            ("implements", &self.implements),
            ("extends", &self.extends),
        ];
        if let (Some(from), Some(to)) = (&self.from, &self.to) {
            return ("trace_calls", json!({"symbol": full(from), "to": full(to)}));
        }
        if let Some(of) = &self.impact {
            return ("analyze_impact", json!({"targets": [full(of)], "depth": 1}));
        }
        let mut asked = of.iter().filter_map(|(relation, of)| Some((relation, of.as_ref()?)));
        let (relation, of) = asked.next().expect("a kind of question");
        ("find_references", json!({"symbol": full(of), "relations": [relation]}))
    }

    /// What was answered, in the words of the expected answer.
    fn answered(&self, answer: &Value) -> Vec<String> {
        let item = |it: &Value| {
            let handle = it["handle"].as_str().expect("a handle");
            let mut text = handle.split_once(':').expect("a path").1.to_owned();
            if self.implements.is_some() {
                // The block that implements, which has a number, stands for its type.
                text.truncate(text.find('~').unwrap_or(text.len()));
            }
            for line in it["lines"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|_| self.impact.is_none())
            {
                _ = write!(text, " {line}");
            }
            text
        };
        let certain = |it: &&Value| it["method"] != "possible";
        let items = answer["items"].as_array().expect("items");
        let mut all: Vec<String> = items.iter().filter(certain).map(item).collect();
        if self.from.is_none() {
            all.sort_unstable();
        }
        all
    }
}

#[test]
fn answers_are_right_and_nothing_is_invented() {
    let crates = crates();
    let all: Vec<(&str, Repository)> = REPOSITORIES.iter().map(|name| (*name, questions(name))).collect();
    let folders: Vec<tempfile::TempDir> = all
        .iter()
        .map(|(_, of)| {
            let dir = tempfile::tempdir().expect("a folder");
            git(dir.path(), &["init", "-q", "-b", "main"]);
            let (from, below) = folder(of, &crates);
            copy(&from, &dir.path().join(below));
            commit(dir.path(), &[]);
            dir
        })
        .collect();
    let names: Vec<String> = all.iter().map(|(name, _)| format!("acme/{name}")).collect();
    let repos: Vec<_> = names
        .iter()
        .zip(&folders)
        .map(|(name, dir)| (name.as_str(), "internal", dir.path()))
        .collect();
    let world = World::of(&repos);
    let (mut asked, mut right, mut faults) = (0, 0, String::new());
    for ((_, of), repo) in all.iter().zip(&names) {
        for question in &of.question {
            asked += 1;
            right += usize::from(question.missing.is_empty());
            assert_eq!(question.missing.is_empty(), question.why.is_none(), "{}", question.ask);
            let (tool, mut arguments) = question.call(repo);
            arguments["format"] = "json".into();
            arguments["max_tokens"] = 16_000.into();
            let answer = world.ask(tool, arguments);
            let answer: Value = serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{}: {answer}", question.ask));
            let found = question.answered(&answer);
            let mut expected = question.answer.clone();
            expected.retain(|it| !question.missing.contains(it));
            if found != expected {
                _ = writeln!(
                    faults,
                    "{repo}: {}\n  expected {expected:#?}\n  found {found:#?}",
                    question.ask
                );
            }
            let says_none = answer["notes"].to_string().contains("none: every indexed file");
            if says_none && !question.answer.is_empty() {
                _ = writeln!(faults, "{repo}: {}\n  says that there is none", question.ask);
            }
        }
    }
    assert!(faults.is_empty(), "{faults}");
    assert!(asked >= 60 && right * 100 >= asked * 95, "{right} of {asked} are right");
}
