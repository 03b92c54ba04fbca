//! Routes, commands, events and keys: found, told by tier, joined over repositories, and nothing but names.

use crate::world::{World, files_below, repository};
use serde_json::{Value, json};
use tempfile::TempDir;

const SERVICE: &str = "import os

def load():
    return os.environ['ZORVIK_DATABASE_URL'], os.getenv('LOG_LEVEL', 'CANARY_default')

def start():
    url = os.environ.get('ZORVIK_DATABASE_URL') or 'postgres://CANARY:CANARY@db'
    return url, os.environ.get('CANARY in words'), os.getenv('ghp_CANARY00000000000000000000000000000000')
";

const OTHER: &str = "package main

import \"os\"

func Open() string { return os.Getenv(\"ZORVIK_DATABASE_URL\") }
";

const HIDDEN: &str = "export const key = process.env.ONLY_IN_EXCLUDED;\n";

fn two(tier: &str) -> (World, TempDir, TempDir) {
    let service = repository(&[("service/app.py", SERVICE), ("private/hidden.ts", HIDDEN)]);
    let other = repository(&[("main.go", OTHER)]);
    let text = format!(
        "version = 1\n[[repo]]\nname = \"acme/service\"\npath = {:?}\ntier = {tier:?}\nowner = \"tests\"\nexclude = [\"private/**\"]\n\
         [[repo]]\nname = \"acme/other\"\npath = {:?}\ntier = \"internal\"\nowner = \"tests\"\n",
        service.path().display().to_string(),
        other.path().display().to_string()
    );
    (World::from_scope(&text), service, other)
}

fn handles(world: &World, tool: &str, arguments: Value) -> Vec<String> {
    let mut arguments = arguments;
    arguments["format"] = json!("json");
    let answer: Value = serde_json::from_str(&world.ask(tool, arguments)).expect("JSON");
    let items = answer["items"].as_array().expect("items").iter();
    items
        .map(|it| it["handle"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn who_reads_a_key_is_told_over_repositories() {
    let (world, _service, _other) = two("internal");
    let answer = world.ask("find_references", json!({ "symbol": "ZORVIK_DATABASE_URL" }));
    for expected in [
        "acme/service:service/app.py",
        "#load reads",
        "#start reads",
        "acme/other:main.go",
        "#Open reads",
        "in_other_repositories=1",
        "reads=3",
    ] {
        assert!(answer.contains(expected), "{expected}: {answer}");
    }
}

#[test]
fn keys_are_searched_listed_and_shown_with_what_reads_them() {
    let (world, _service, _other) = two("internal");
    let found = handles(&world, "search_symbols", json!({ "query": "LOG_LEVEL" }));
    assert_eq!(
        found.first().map(String::as_str),
        Some("acme/service:service/app.py#load.LOG_LEVEL")
    );
    let listed = handles(
        &world,
        "get_api_surface",
        json!({ "target": "acme/service", "kinds": ["environment_key"] }),
    );
    assert_eq!(
        listed,
        [
            "acme/service:service/app.py#load.ZORVIK_DATABASE_URL",
            "acme/service:service/app.py#load.LOG_LEVEL",
            "acme/service:service/app.py#start.ZORVIK_DATABASE_URL",
        ]
    );
    let symbol = world.ask("get_symbol", json!({ "symbols": ["load"] }));
    assert!(symbol.contains("environment_key LOG_LEVEL L4"), "{symbol}");
}

#[test]
fn only_names_are_kept_and_told() {
    let (world, _service, _other) = two("internal");
    let tools = [
        ("get_outline", json!({ "target": "acme/service:service/app.py" })),
        ("get_symbol", json!({ "symbols": ["start"] })),
        ("search_symbols", json!({ "query": "canary" })),
        (
            "get_api_surface",
            json!({ "target": "acme/service", "kinds": ["environment_key"] }),
        ),
    ];
    for (tool, arguments) in tools {
        let answer = world.ask(tool, arguments).replace("\"canary\"", "");
        assert!(!answer.to_lowercase().contains("canary"), "{tool}: {answer}");
        assert!(!answer.contains("ONLY_IN_EXCLUDED"), "{tool}: {answer}");
    }
    for (path, bytes) in files_below(&world.data().join("index")) {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        assert!(!text.contains("canary"), "{}", path.display());
    }
}

#[test]
fn a_confidential_key_is_a_pseudonym_and_leads_to_no_other_repository() {
    let (world, _service, _other) = two("confidential");
    let listed = handles(
        &world,
        "get_api_surface",
        json!({ "target": "acme/service", "kinds": ["environment_key"] }),
    );
    assert_eq!(listed.len(), 3, "{listed:?}");
    assert!(
        !listed.iter().any(|it| it.to_lowercase().contains("zorvik")),
        "{listed:?}"
    );
    let own = world.ask("find_references", json!({ "symbol": listed[0] }));
    assert!(own.contains("reads=2") && !own.contains("acme/other"), "{own}");
    let clear = world.ask("find_references", json!({ "symbol": "acme/other#ZORVIK_DATABASE_URL" }));
    assert!(clear.contains("reads=1") && !clear.contains("acme/service"), "{clear}");
}

#[test]
fn a_tier_that_withholds_literals_knows_of_none() {
    let service = repository(&[("service/app.py", SERVICE)]);
    let text = format!(
        "version = 1\n[tiers.internal]\nliterals = \"withheld\"\n[[repo]]\nname = \"acme/service\"\npath = {:?}\ntier = \"internal\"\nowner = \"tests\"\n",
        service.path().display().to_string(),
    );
    let world = World::from_scope(&text);
    let kinds = json!({ "target": "acme/service", "kinds": ["environment_key"] });
    assert_eq!(handles(&world, "get_api_surface", kinds), Vec::<String>::new());
    for (tool, arguments) in [
        ("get_symbol", json!({ "symbols": ["load"] })),
        ("get_outline", json!({ "target": "acme/service:service/app.py" })),
        (
            "search_symbols",
            json!({ "query": "LOG_LEVEL", "kinds": ["environment_key"] }),
        ),
    ] {
        let answer = world.ask(tool, arguments);
        assert!(
            !answer.contains("LOG_LEVEL L") && !answer.contains("#load.LOG_LEVEL"),
            "{tool}: {answer}"
        );
    }
    let known = world.call("find_references", json!({ "symbol": "LOG_LEVEL" })).text;
    let unknown = world.call("find_references", json!({ "symbol": "LOG_NOTHING" })).text;
    assert_eq!(known.replace("LOG_LEVEL", "X"), unknown.replace("LOG_NOTHING", "X"));
}

const SERVER: &str = "import express from 'express';
import { EventEmitter } from 'events';
import { showUser } from './users';
const app = express();
const emitter = new EventEmitter();
app.get('/users/:id', showUser);
app.post('/users', (req, res) => { emitter.emit('user.created', 'CANARY'); res.send('CANARY'); });
app.get('/CANARY and more', showUser);
emitter.on('user.created', onCreated);
function onCreated() { return 'CANARY'; }
";
const USERS: &str = "import { find } from './store';
export function showUser(req, res) { return find(req.params.id); }
";
const STORE: &str = "export function find(id) { return id; }\n";
const WEB: &str = "export async function load(id: string) {
  const user = await fetch(`${process.env.API}/users/${id}`);
  await fetch('https://CANARY.example/users?CANARY=1', { method: 'POST', body: 'CANARY' });
  return user;
}
";

fn shop() -> (World, TempDir, TempDir) {
    let api = repository(&[
        ("src/server.ts", SERVER),
        ("src/users.ts", USERS),
        ("src/store.ts", STORE),
    ]);
    let web = repository(&[("src/load.ts", WEB)]);
    let repos = [
        ("acme/api", "internal", api.path()),
        ("acme/web", "internal", web.path()),
    ];
    (World::of(&repos), api, web)
}

#[test]
fn a_route_leads_to_what_answers_it_and_to_who_asks_it_elsewhere() {
    let (world, _api, _web) = shop();
    let listed = handles(
        &world,
        "get_api_surface",
        json!({ "target": "acme/api", "kinds": ["route"] }),
    );
    assert_eq!(
        listed,
        [
            "acme/api:src/server.ts#GET /users/{id}",
            "acme/api:src/server.ts#POST /users"
        ]
    );
    let uses = world.ask("find_references", json!({ "symbol": listed[0] }));
    for expected in [
        "acme/api:src/users.ts",
        "#showUser handled_by",
        "acme/web:src/load.ts",
        "#load.GET /users/{} request",
        "in_other_repositories=1",
    ] {
        assert!(uses.contains(expected), "{expected}: {uses}");
    }
    let found = handles(
        &world,
        "search_symbols",
        json!({ "query": "POST /users", "kinds": ["route"] }),
    );
    assert_eq!(found.first(), Some(&listed[1]));
}

#[test]
fn who_changes_what_answers_a_route_is_told_of_the_route() {
    let (world, _api, _web) = shop();
    let symbol = world.ask("get_symbol", json!({ "symbols": ["showUser"] }));
    assert!(symbol.contains("handled_by import #GET /users/{id}"), "{symbol}");
    let impact = world.ask("analyze_impact", json!({ "targets": ["acme/api:src/store.ts#find"] }));
    assert!(impact.contains("GET /users/{id}"), "{impact}");
}

#[test]
fn an_event_has_senders_and_receivers() {
    let (world, _api, _web) = shop();
    let uses = world.ask("find_references", json!({ "symbol": "user.created" }));
    for expected in [
        "#user.created publisher",
        "#user.created~2 subscriber",
        "#onCreated handled_by",
    ] {
        assert!(uses.contains(expected), "{expected}: {uses}");
    }
    for (path, bytes) in files_below(&world.data().join("index")) {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        assert!(!text.contains("canary"), "{}", path.display());
    }
}
