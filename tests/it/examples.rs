//! The ready files in `examples/` are what their readers take.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn example(name: &str) -> (PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|err| panic!("{}: {err}", path.display()));
    (path, text)
}

#[test]
fn the_scope_file_parses() {
    let (path, text) = example("louver.toml");
    let scope = louver::scope::Scope::parse(&text, &path).expect("a scope");
    assert!(scope.repos().len() > 1 && !scope.approved().is_empty());
}

#[test]
fn client_registrations_have_the_form_their_client_reads() {
    for (name, list) in [
        ("claude-code.mcp.json", "mcpServers"),
        ("claude-code.http.mcp.json", "mcpServers"),
        ("claude-code.managed-mcp.json", "mcpServers"),
        ("cursor.mcp.json", "mcpServers"),
        ("vscode.mcp.json", "servers"),
    ] {
        let (_, text) = example(name);
        let file: Value = serde_json::from_str(&text).unwrap_or_else(|err| panic!("{name}: {err}"));
        let server = &file[list]["louver"];
        match server["command"].as_str() {
            Some(command) => {
                assert_eq!(command, "louver", "{name}");
                let arguments: Vec<&str> = server["args"]
                    .as_array()
                    .expect("args")
                    .iter()
                    .filter_map(Value::as_str)
                    .collect();
                assert_eq!(&arguments[..2], ["serve", "--stdio"], "{name}");
            }
            None => {
                let url = server["url"]
                    .as_str()
                    .unwrap_or_else(|| panic!("{name} names neither a command nor a url"));
                assert!(
                    url.starts_with("http://127.0.0.1:") && url.ends_with("/mcp"),
                    "{name}: {url}"
                );
            }
        }
        if name.starts_with("vscode") || name.contains("http") || name.contains("managed") {
            assert_eq!(server["type"], "http", "{name}");
        }
    }
}

#[test]
fn the_systemd_unit_runs_commands_that_exist() {
    let (_, text) = example("louver.service");
    let mut section = "";
    let mut commands = Vec::new();
    for line in text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        if let Some(name) = line.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
            section = name;
            continue;
        }
        let (key, value) = line.split_once('=').unwrap_or_else(|| panic!("not a setting: {line}"));
        if section == "Service" && key.starts_with("ExecStart") {
            commands.push(value.to_owned());
        }
    }
    assert!(!commands.is_empty());
    for command in commands {
        let words: Vec<&str> = command.split(' ').collect();
        assert_eq!(words[0], "/usr/local/bin/louver", "{command}");
        let help = std::process::Command::new(env!("CARGO_BIN_EXE_louver"))
            .args([words[1], "--help"])
            .output()
            .expect("louver runs");
        let help = String::from_utf8_lossy(&help.stdout).into_owned();
        for option in words.iter().filter(|word| word.starts_with("--")) {
            assert!(help.contains(option), "`{}` has no option {option}", words[1]);
        }
    }
}
