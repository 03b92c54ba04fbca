//! What tools answer: their shape, their schemas, their limits, and the promise that no source is in them.

use crate::world::{World, commit, own_checkout, repository};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tree_sitter::{Node, Parser};

const CODE: &str = "/// Opens the store. Then more prose.
pub fn open(path: &str) -> Result<Store, Error> {
    let store = Store::new(path);
    if store.is_locked() {
        return Err(Error::Locked);
    }
    store.load()?;
    Ok(store)
}

/// A store of things.
pub struct Store {
    path: String,
}

pub enum Error {
    Locked,
}

impl Store {
    pub fn new(path: &str) -> Self {
        Self { path: path.to_owned() }
    }

    fn is_locked(&self) -> bool {
        self.path.is_empty()
    }

    fn load(&self) -> Result<(), Error> {
        Ok(())
    }
}
";

fn small() -> (World, tempfile::TempDir) {
    let repo = repository(&[
        ("src/lib.rs", CODE),
        ("src/other.rs", "pub fn open() {}\n"),
        (
            "Cargo.toml",
            "[package]\nname = \"store\"\n[dependencies]\nserde = \"1\"\n",
        ),
    ]);
    (World::of(&[("acme/store", "public", repo.path())]), repo)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

#[test]
fn every_answer_as_json_fits_its_published_schema() {
    let (world, _repo) = small();
    let calls = [
        ("list_repos", json!({})),
        ("search_symbols", json!({"query": "open store"})),
        ("get_outline", json!({"target": "acme/store"})),
        ("get_outline", json!({"target": "acme/store:src/lib.rs"})),
        (
            "get_symbol",
            json!({"symbols": ["Store.new", "acme/store:src/lib.rs#open"]}),
        ),
        ("find_references", json!({"symbol": "Store.new"})),
        (
            "find_references",
            json!({"symbol": "acme/store:src/lib.rs#open", "direction": "outgoing"}),
        ),
        ("trace_calls", json!({"symbol": "Store.new"})),
        (
            "analyze_impact",
            json!({"targets": ["Store.new", "acme/store:src/lib.rs"]}),
        ),
        ("explore", json!({"task": "open the store"})),
        ("get_type_hierarchy", json!({"symbol": "Store"})),
        ("get_api_surface", json!({"target": "acme/store"})),
        ("get_dependencies", json!({"target": "acme/store"})),
        ("get_history", json!({"target": "acme/store:src/lib.rs#open"})),
        ("get_index_status", json!({})),
        ("get_classification", json!({"target": "acme/store"})),
        ("get_classification", json!({"target": "acme/store:.env"})),
        (
            "trace_calls",
            json!({"symbol": "acme/store:src/lib.rs#open", "to": "Store.load"}),
        ),
    ];
    let mut unused: HashSet<&str> = louver::tools::all().iter().map(|tool| tool.name).collect();
    for (tool, mut arguments) in calls {
        unused.remove(tool);
        let (_, schema) = louver::disclosure::schemas()
            .into_iter()
            .find(|(name, _)| *name == tool)
            .expect("a schema");
        arguments["format"] = "json".into();
        let answer: Value = serde_json::from_str(&world.ask(tool, arguments.clone())).expect("JSON");
        if let Err(err) = jsonschema::validate(&schema, &answer) {
            panic!("{tool} {arguments}: {err}\n{answer:#}");
        }
    }
    assert!(unused.is_empty(), "tools without a checked answer: {unused:?}");
}

/// `UPDATE_EXPECT=1` writes the files anew.
#[test]
fn the_published_schemas_are_those_of_the_code() {
    let folder = root().join("index-schema/disclosed");
    for (tool, schema) in louver::disclosure::schemas() {
        let path = folder.join(format!("{tool}.schema.json"));
        let text = serde_json::to_string_pretty(&schema).expect("JSON") + "\n";
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&path, &text).expect("written");
        }
        let published = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            published,
            text,
            "{} is out of date; run the tests with UPDATE_EXPECT=1",
            path.display()
        );
    }
}

#[test]
fn a_tier_that_withholds_relations_tells_not_even_how_many() {
    let repo = repository(&[("src/lib.rs", CODE)]);
    let world = World::from_scope(&format!(
        "version = 1\n[tiers.internal]\nrelations = \"withheld\"\n\n[[repo]]\nname = \"acme/store\"\npath = \"{}\"\n\
         tier = \"internal\"\nowner = \"tests\"\n",
        repo.path().display()
    ));
    for (tool, arguments) in [
        ("find_references", json!({"symbol": "Store.new"})),
        ("trace_calls", json!({"symbol": "Store.new"})),
        ("analyze_impact", json!({"targets": ["Store.new"]})),
        ("get_symbol", json!({"symbols": ["Store.new"]})),
        ("get_type_hierarchy", json!({"symbol": "Store"})),
        ("explore", json!({"task": "open the store"})),
    ] {
        for format in ["text", "json"] {
            let mut arguments = arguments.clone();
            arguments["format"] = format.into();
            let told = world.ask(tool, arguments);
            for word in [
                "in_calls",
                "used_by",
                "direct",
                "depend on",
                "symbols reached",
                "supertypes",
                "\"exact\"",
                "external",
            ] {
                assert!(!told.contains(word), "{tool} tells `{word}`: {told}");
            }
        }
    }
    let told = world.ask("find_references", json!({"symbol": "Store.new"}));
    assert!(told.contains("withholds relations"), "{told}");
}

#[test]
fn a_list_of_the_uses_of_a_field_says_what_it_lacks() {
    let (world, _repo) = small();
    for (symbol, relations, says) in [
        ("Store.path", json!([]), true),
        ("Store.path", json!(["reads"]), true),
        ("Store.path", json!(["type_use"]), false),
        ("Store.load", json!([]), false),
    ] {
        let told = world.ask("find_references", json!({"symbol": symbol, "relations": relations}));
        assert_eq!(told.contains("whose type no syntax states"), says, "{told}");
    }
}

#[test]
fn files_without_a_grammar_are_listed_as_text() {
    let repo = repository(&[
        ("src/lib.rs", CODE),
        ("db/schema.sql", "create table things (id int);\n"),
    ]);
    let world = World::of(&[("acme/store", "public", repo.path())]);
    let told = world.ask("list_repos", json!({}));
    assert!(told.contains("languages=rust:1,text:1"), "{told}");
}

#[test]
fn an_ambiguous_name_lists_candidates_and_a_missing_one_says_what_is_near() {
    let (world, _repo) = small();
    let ambiguous = world.call("get_symbol", json!({"symbols": ["open"]}));
    assert!(ambiguous.is_refusal);
    for handle in ["acme/store:src/lib.rs#open", "acme/store:src/other.rs#open"] {
        assert!(ambiguous.text.contains(handle), "{}", ambiguous.text);
    }
    let missing = world.call("get_symbol", json!({"symbols": ["Store.neww"]}));
    assert!(
        missing.is_refusal && missing.text.contains("#Store.new"),
        "{}",
        missing.text
    );
    let path = world.call("get_outline", json!({"target": "acme/store:src/lob.rs"}));
    assert!(path.is_refusal && path.text.contains("src/lob.rs"), "{}", path.text);
}

#[test]
fn a_name_of_overloads_is_all_of_them() {
    let code = "class Box {\n  void put(int a) {}\n  void put(String a) {}\n  void take() {}\n}\n";
    let repo = repository(&[("Box.java", code)]);
    let world = World::of(&[("acme/box", "public", repo.path())]);
    let told = world.ask("get_symbol", json!({"symbols": ["Box.put"]}));
    assert!(told.contains("put(int a)") && told.contains("put(String a)"), "{told}");
    // Who asks by the whole handle knows the file.
    let one = world.ask("get_symbol", json!({"symbols": ["acme/box:Box.java#Box.take"]}));
    assert!(one.contains(" #Box.take method") && !one.contains("Box.java"), "{one}");
}

#[test]
fn a_handle_is_taken_in_every_form_that_is_printed() {
    let (world, _repo) = small();
    for symbol in [
        "acme/store:src/lib.rs#Store.new",
        "src/lib.rs#Store.new",
        "acme/store#Store.new",
        "Store.new",
        "Store::new",
        "Store.new()",
    ] {
        let answer = world.ask("get_symbol", json!({"symbols": [symbol]}));
        assert!(answer.contains("#Store.new method"), "{symbol}: {answer}");
    }
}

#[test]
fn a_list_of_one_needs_no_brackets() {
    let (world, _repo) = small();
    for (tool, exact, loose) in [
        (
            "get_symbol",
            json!({"symbols": ["Store.new"]}),
            json!({"symbol": "Store.new"}),
        ),
        (
            "get_symbol",
            json!({"symbols": ["Store.new"]}),
            json!({"symbols": "Store.new"}),
        ),
        (
            "analyze_impact",
            json!({"targets": ["Store.new"]}),
            json!({"target": "Store.new"}),
        ),
        (
            "find_references",
            json!({"symbol": "Store.new", "relations": ["calls"]}),
            json!({"symbol": "Store.new", "relations": "calls"}),
        ),
        (
            "explore",
            json!({"task": "make a store"}),
            json!({"query": "make a store"}),
        ),
    ] {
        // The head says how old the index is.
        let body = |arguments| {
            let text = world.ask(tool, arguments);
            text.split_once('\n').expect("a head").1.to_owned()
        };
        assert_eq!(body(exact), body(loose), "{tool}");
    }
}

#[test]
fn pages_follow_one_another_and_a_changed_index_ends_them() {
    let code: String = (0..200)
        .map(|n| format!("/// Part number {n} of the whole.\npub fn part_{n}() {{}}\n"))
        .collect();
    let repo = repository(&[("src/lib.rs", &code)]);
    let world = World::of(&[("acme/parts", "public", repo.path())]);
    let mut seen = HashSet::new();
    let mut cursor: Option<String> = None;
    for _page in 0..200 {
        let mut arguments = json!({"target": "acme/parts:src/lib.rs", "max_tokens": 600, "format": "json"});
        if let Some(cursor) = &cursor {
            arguments["cursor"] = cursor.clone().into();
        }
        let page: Value = serde_json::from_str(&world.ask("get_outline", arguments)).expect("JSON");
        for item in page["items"].as_array().expect("items") {
            assert!(seen.insert(item.to_string()), "shown twice: {item}");
        }
        cursor = page["cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 201, "a file and 200 functions");

    let first: Value = serde_json::from_str(&world.ask(
        "get_outline",
        json!({"target": "acme/parts:src/lib.rs", "max_tokens": 600, "format": "json"}),
    ))
    .expect("JSON");
    let cursor = first["cursor"].as_str().expect("a cursor").to_owned();
    commit(repo.path(), &[("src/more.rs", "pub fn more() {}")]);
    let newer = World::of(&[("acme/parts", "public", repo.path())]);
    let stale = newer.call(
        "get_outline",
        json!({"target": "acme/parts:src/lib.rs", "max_tokens": 600, "format": "json", "cursor": cursor}),
    );
    assert!(stale.is_refusal && stale.text.contains("cursor"), "{}", stale.text);
}

#[test]
fn no_answer_is_longer_than_its_budget() {
    let own = own_checkout();
    let world = World::of(&[("louver", "public", own.path())]);
    for max_tokens in [200, 500, 2_000, 16_000] {
        for (tool, arguments) in [
            ("get_outline", json!({"target": "louver"})),
            ("get_outline", json!({"target": "louver:src/index/mod.rs"})),
            (
                "search_symbols",
                json!({"query": "how is a record written before the answer", "limit": 100}),
            ),
            (
                "get_symbol",
                json!({"symbols": ["Desk.call", "Disclosed", "ApprovedRepo"]}),
            ),
            ("find_references", json!({"symbol": "Fragment.expose"})),
        ] {
            for format in ["text", "json"] {
                let mut arguments = arguments.clone();
                arguments["max_tokens"] = max_tokens.into();
                arguments["format"] = format.into();
                let answer = world.call(tool, arguments.clone());
                // `budget.rs` counts with a tokenizer; no text of names and marks has six bytes a token.
                let limit = max_tokens as usize * 6;
                assert!(
                    answer.is_refusal || answer.text.len() <= limit,
                    "{tool} {arguments}: {} bytes",
                    answer.text.len()
                );
                assert!(!answer.is_refusal, "{tool} {arguments}: {}", answer.text);
            }
        }
    }
}

#[test]
fn an_answer_is_the_same_every_time() {
    let (world, _repo) = small();
    let ask = || world.ask("search_symbols", json!({"query": "store", "format": "json"}));
    let without_age = |text: String| {
        let mut page: Value = serde_json::from_str(&text).expect("JSON");
        page["repos"][0]["indexed"] = Value::Null;
        page
    };
    assert_eq!(without_age(ask()), without_age(ask()));
}

/// Source lines of function bodies, and every answer louver gives about louver. Paths of routes are names, and told whole.
#[test]
fn no_forty_characters_of_a_body_are_in_any_answer() {
    let own = own_checkout();
    let world = World::of(&[("louver", "public", own.path())]);
    let (mut bodies, mut elsewhere) = (HashSet::new(), HashSet::new());
    let mut parser = Parser::new();
    parser
        .set_language(&tree_sitter_rust::LANGUAGE.into())
        .expect("a grammar");
    let mut files = Vec::new();
    let listing = Command::new("git")
        .args(["ls-tree", "-r", "--name-only", "HEAD", "src"])
        .current_dir(root())
        .output()
        .expect("git runs");
    for path in String::from_utf8_lossy(&listing.stdout)
        .lines()
        .filter(|path| path.ends_with(".rs"))
    {
        let shown = Command::new("git")
            .args(["show", &format!("HEAD:{path}")])
            .current_dir(root())
            .output()
            .expect("git runs");
        let tree = parser.parse(&shown.stdout, None).expect("parsed");
        collect(
            tree.root_node(),
            &shown.stdout,
            false,
            &mut String::new(),
            &mut [&mut elsewhere, &mut bodies],
        );
        files.push(path.to_owned());
    }
    // What also stands outside of every body, such as a long type that a field has too, is not told from a body.
    bodies.retain(|run| !elsewhere.contains(run));
    assert!(bodies.len() > 100_000, "the bodies were not read: {}", bodies.len());
    let mut answers = 0;
    for path in &files {
        let target = format!("louver:{path}");
        let outline = world.ask(
            "get_outline",
            json!({"target": target, "format": "json", "max_tokens": 16_000}),
        );
        let page: Value = serde_json::from_str(&outline).expect("JSON");
        let mut texts = vec![
            outline.clone(),
            world.ask("get_outline", json!({"target": target, "max_tokens": 16_000})),
        ];
        for handle in page["items"]
            .as_array()
            .expect("items")
            .iter()
            .filter_map(|it| it["handle"].as_str())
            .filter(|it| it.contains('#'))
        {
            texts.push(world.ask("get_symbol", json!({"symbols": [handle], "max_tokens": 16_000})));
        }
        for text in texts {
            answers += 1;
            let text = squeezed(&crate::body_runs::without_routes(&text));
            for run in runs(&text) {
                assert!(
                    !bodies.contains(run),
                    "{path}: forty characters of a body in an answer: {run}"
                );
            }
        }
    }
    assert!(answers > 1_000, "too few answers: {answers}");
}

const RUN: usize = 40;

/// Without white space, so that another layout hides nothing.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

/// Every run of forty characters.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    (0..starts.len().saturating_sub(RUN))
        .map(move |n| (starts[n], starts[n + RUN]))
        .map(|(from, to)| &text[from..to])
}

/// Adds the runs of what stands in function bodies to the second set and of all else to the first. Definitions inside of a body are
/// told as themselves, so they are not part of it.
fn collect(node: Node<'_>, source: &[u8], in_body: bool, zone: &mut String, out: &mut [&mut HashSet<String>; 2]) {
    let kind = node.kind();
    let is_item =
        kind.ends_with("_item") || kind == "macro_definition" || kind.ends_with("comment") || kind == "attribute_item";
    let apart = is_item || kind == "block";
    if apart {
        flush(zone, out[usize::from(in_body)]);
    }
    let in_body = in_body && !is_item;
    if node.child_count() == 0 {
        zone.push_str(&String::from_utf8_lossy(&source[node.byte_range()]));
    }
    for n in 0..node.child_count() {
        let Some(child) = node.child(n) else { continue };
        let is_body =
            kind == "function_item" && node.child_by_field_name("body").is_some_and(|it| it.id() == child.id());
        if is_body {
            flush(zone, out[usize::from(in_body)]);
        }
        collect(child, source, in_body || is_body, zone, out);
        if is_body {
            flush(zone, out[1]);
        }
    }
    if apart {
        flush(zone, out[usize::from(in_body || kind == "block")]);
    }
}

fn flush(zone: &mut String, out: &mut HashSet<String>) {
    let text = squeezed(zone);
    out.extend(runs(&text).map(str::to_owned));
    zone.clear();
}
