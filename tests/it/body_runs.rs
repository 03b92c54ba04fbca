//! No run of eight tokens of a body stands in what an index keeps or an answer says.
//!
//! Bodies are found by the fields of the syntax tree here, and not by what extraction calls one. `LOUVER_BODY_RUNS` names further
//! repositories to try, separated by `:`.

use crate::world::{World, git, own_checkout};
use louver::extraction::words::WordKey;
use louver::index::Index;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;
use std::path::Path;
use std::process::Command;
use tree_sitter::{Language, Node, Parser, Tree};

/// How many tokens in a row are too many.
const BOUND: usize = 8;

/// What a repository says in bodies, and outside of them.
#[derive(Default)]
struct Zones {
    inside: Vec<String>,
    outside: Vec<String>,
}

fn language(path: &str) -> Option<Language> {
    Some(match path.rsplit('.').next()? {
        "rs" => tree_sitter_rust::LANGUAGE.into(),
        "ts" | "mts" => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
        "tsx" => tree_sitter_typescript::LANGUAGE_TSX.into(),
        "py" => tree_sitter_python::LANGUAGE.into(),
        "go" => tree_sitter_go::LANGUAGE.into(),
        _ => return None,
    })
}

/// The words and signs of a text, as `\w+|[^\w\s]` finds them.
fn tokens(text: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = if is_word(first) {
            rest.find(|c| !is_word(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        out.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    out
}

fn is_callable(kind: &str) -> bool {
    let words = ["function", "method", "closure", "func_literal", "lambda"];
    words.iter().any(|word| kind.contains(word)) && !kind.contains("type")
}

fn is_definition(kind: &str) -> bool {
    is_callable(kind) || kind.ends_with("_item") || kind.starts_with("class_d")
}

/// Where the head of a definition ends. The members of a structure are heads, those of a class and of an `impl` have bodies.
fn head_end(node: Node<'_>) -> usize {
    let body = match node.kind() {
        kind if is_callable(kind) => zone(node),
        "struct_item" | "enum_item" | "union_item" => None,
        "const_item" | "static_item" => node.child_by_field_name("value"),
        _ => node.child_by_field_name("body"),
    };
    body.map_or(node.end_byte(), |body| body.start_byte())
}

/// The part of a node that is body or value: of a function, of a constant, of a default.
fn zone<'t>(node: Node<'t>) -> Option<Node<'t>> {
    let field = if is_callable(node.kind()) { "body" } else { "value" };
    let is_kept = matches!(
        node.kind(),
        "type_alias_declaration"
            | "type_alias"
            | "type_item"
            | "type_parameter"
            | "map_type"
            | "channel_type"
            | "keyword_argument"
    );
    node.child_by_field_name(field).filter(|_| !is_kept)
}

/// A text of Rust in which macros that hold nothing but whole items in their braces are blanked around them, as the items are definitions there.
fn without_item_macros(parser: &mut Parser, tree: &Tree, text: &str) -> String {
    let mut bare = text.as_bytes().to_vec();
    let mut nodes = vec![tree.root_node()];
    while let Some(node) = nodes.pop() {
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.children(&mut cursor).collect();
        nodes.extend(children.iter().filter(|it| it.kind() != "token_tree"));
        let around = node
            .parent()
            .filter(|it| it.kind() == "expression_statement")
            .or(Some(node));
        let around = around.and_then(|it| it.parent()).map_or("", |it| it.kind());
        let is_item = node.kind() == "macro_invocation" && ["source_file", "declaration_list"].contains(&around);
        let invocation = Some(node).filter(|_| is_item);
        let Some(list) = invocation.and_then(|it| it.named_child(it.named_child_count() as u32 - 1)) else {
            continue;
        };
        let inside = list.start_byte() + 1..list.end_byte() - 1;
        let items = parser.parse(&text[inside.clone()], None).expect("a tree");
        let mut cursor = items.root_node().walk();
        let mut children = items.root_node().named_children(&mut cursor);
        let are_items =
            children.all(|it| it.kind().ends_with("_item") || it.is_extra() || it.kind() == "attribute_item");
        if text[list.byte_range()].starts_with('{') && are_items && !items.root_node().has_error() {
            let around = [node.start_byte()..inside.start, inside.end..list.end_byte()];
            around.into_iter().for_each(|range| bare[range].fill(b' '));
        }
    }
    String::from_utf8(bare).expect("whole characters")
}

/// The heads of the items that a macro of Rust makes, with the members of structures.
fn heads_in(text: &str) -> Vec<Range<usize>> {
    const WORDS: [&str; 9] = [
        "fn", "struct", "enum", "union", "trait", "impl", "type", "const", "static",
    ];
    const BEFORE: [&str; 9] = ["pub", "(", "crate", "super", ")", "async", "unsafe", "const", "extern"];
    let at = |token: &str| token.as_ptr() as usize - text.as_ptr() as usize;
    let tokens = tokens(text);
    let mut heads = Vec::new();
    for (place, word) in tokens.iter().enumerate().filter(|(_, word)| WORDS.contains(word)) {
        let before = tokens[..place]
            .iter()
            .rev()
            .take_while(|it| BEFORE.contains(it))
            .count();
        let has_members = ["struct", "enum", "union"].contains(word);
        let (mut depth, mut end) = (0, text.len());
        for token in &tokens[place..] {
            match *token {
                "{" if depth == 0 && !has_members => end = at(token),
                ";" if depth == 0 => end = at(token),
                "=" if depth == 0 && ["type", "const", "static"].contains(word) => end = at(token),
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth -= 1,
                _ => {}
            }
            if depth < 0 || has_members && depth == 0 && *token == "}" {
                end = at(token);
            }
            if end < text.len() {
                break;
            }
        }
        heads.push(at(tokens[place - before])..end);
    }
    heads
}

impl Zones {
    fn add(&mut self, path: &str, text: &str) {
        let Some(language) = language(path) else {
            self.outside.push(text.to_owned());
            return;
        };
        let mut parser = Parser::new();
        parser.set_language(&language).expect("a language");
        let mut tree = parser.parse(text, None).expect("a tree");
        let mut bare = text.to_owned();
        for _ in 0..if path.ends_with(".rs") { 3 } else { 0 } {
            bare = without_item_macros(&mut parser, &tree, &bare);
            tree = parser.parse(&bare, None).expect("a tree");
        }
        let mut outside = vec![true; text.len()];
        let mut comments = Vec::new();
        let mut nodes = vec![(tree.root_node(), false)];
        while let Some((node, is_inside)) = nodes.pop() {
            let mut cursor = node.walk();
            let inner = zone(node);
            for child in node.children(&mut cursor) {
                let enters = inner == Some(child) || matches!(child.kind(), "token_tree" | "macro_definition");
                let documentation = child
                    .named_child(0)
                    .filter(|_| node.kind().contains("function_definition"));
                if enters && !is_inside {
                    outside[child.byte_range()].fill(false);
                }
                if child.kind() == "macro_definition" {
                    for head in heads_in(&text[child.byte_range()]) {
                        outside[child.start_byte() + head.start..child.start_byte() + head.end].fill(true);
                    }
                }
                if child.kind().ends_with("comment") {
                    comments.push(child.byte_range());
                }
                let is_documentation = ["///", "//!", "/**"]
                    .iter()
                    .any(|mark| text[child.byte_range()].starts_with(mark));
                if child.kind().ends_with("comment") && is_documentation {
                    outside[child.byte_range()].fill(true);
                }
                // The first string of a body is its documentation; the head of a definition inside is a head too.
                if let Some(first) = documentation.filter(|first| first.kind() == "expression_statement") {
                    outside[first.byte_range()].fill(true);
                }
                let member = child.child_by_field_name("value").filter(|_| child.kind() == "pair");
                if let Some(function) = member.filter(|value| is_callable(value.kind())) {
                    let end = zone(function).map_or(function.end_byte(), |body| body.start_byte());
                    outside[child.start_byte()..end].fill(true);
                }
                if matches!(
                    child.kind(),
                    "type_alias_declaration" | "interface_declaration" | "type_declaration"
                ) {
                    outside[child.byte_range()].fill(true);
                }
                if let Some(declared) = child
                    .child_by_field_name("type")
                    .filter(|_| child.kind() == "assignment")
                {
                    outside[child.start_byte()..declared.end_byte()].fill(true);
                }
                if child.kind() == "decorator" {
                    outside[child.byte_range()].fill(true);
                }
                if (is_inside || enters) && is_definition(child.kind()) {
                    let end = head_end(child);
                    outside[child.start_byte()..end].fill(true);
                }
                nodes.push((child, is_inside || enters));
            }
        }
        let only = |outside: &[bool], is_outside: bool, gap: char| -> String {
            let chars = text.char_indices();
            chars
                .map(|(at, c)| if outside[at] == is_outside || c == '\n' { c } else { gap })
                .collect()
        };
        // The head of a definition inside parts a body in two.
        let bodies = only(&outside, false, '\0');
        self.inside.extend(
            bodies
                .split('\0')
                .filter(|part| !part.trim().is_empty())
                .map(str::to_owned),
        );
        let kept = only(&outside, true, ' ');
        // Documentation is told without the marks of comments, which would part a run.
        let bare = kept
            .lines()
            .map(|line| line.trim_start().trim_start_matches(['/', '*', '!', '#']));
        self.outside.push(bare.collect::<Vec<_>>().join("\n"));
        // A union is told without the bar that it may begin with.
        let tokens = tokens(&kept);
        let before = std::iter::once("").chain(tokens.iter().copied());
        let barless = before
            .zip(&tokens)
            .filter(|(before, token)| **token != "|" || ![":", "=", "<"].contains(before));
        self.outside
            .push(barless.map(|(_, token)| *token).collect::<Vec<_>>().join(" "));
        self.outside.push(kept);
        comments.into_iter().for_each(|range| outside[range].fill(false));
        let bare = only(&outside, true, ' ');
        self.outside.push(members(&bare));
        self.outside.push(shape(&bare));
    }

    /// Digests of the runs that only bodies have.
    fn runs(&self) -> HashSet<u64> {
        let of = |texts: &[String]| -> HashSet<u64> {
            let tokens = texts.iter().map(|text| tokens(text));
            tokens
                .flat_map(|tokens| {
                    tokens
                        .windows(BOUND)
                        .filter(|run| is_text(run))
                        .map(digest)
                        .collect::<Vec<_>>()
                })
                .collect()
        };
        of(&self.inside).difference(&of(&self.outside)).copied().collect()
    }
}

/// The text with the semicolons that members of a type are told with, where their source parts them by lines.
fn members(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let mut out = String::new();
    for (at, line) in lines.iter().enumerate() {
        out.push_str(line);
        let next = lines.get(at + 1).copied().unwrap_or("}");
        let goes_on = line.ends_with(['{', '(', '[', '<', '|', '&', '=', ':', ',', ';'])
            || next.starts_with(['}', ')', ']', '>', '|', '&', '=', ':', '?']);
        out.push_str(if goes_on { "\n" } else { ";\n" });
    }
    out
}

/// The text without the names that stand before types, as the shape of a signature is told.
fn shape(text: &str) -> String {
    let tokens = tokens(text);
    let is_name = |at: usize| match (tokens.get(at + 1), tokens.get(at + 2)) {
        (Some(&":"), next) => next != Some(&":"),
        (Some(&"?"), Some(&":")) => true,
        _ => false,
    };
    let mut out = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at].starts_with(|c: char| c.is_alphanumeric() || c == '_') && is_name(at) {
            at += if tokens[at + 1] == ":" { 2 } else { 3 };
        } else if tokens[at] == "=" && [Some(&","), Some(&")")].contains(&tokens.get(at + 1)) {
            at += 1;
        } else {
            out.push(tokens[at]);
            at += 1;
        }
    }
    out.join(" ")
}

/// Whether a run has words, and not only signs, which numbers in a row may look like.
fn is_text(run: &[&str]) -> bool {
    let is_word = |token: &&&str| token.len() > 1 && token.starts_with(char::is_alphabetic);
    run.iter().filter(is_word).count() > 1
}

fn digest(run: &[&str]) -> u64 {
    let mut hasher = DefaultHasher::new();
    run.hash(&mut hasher);
    hasher.finish()
}

/// A text without the patterns of routes, which are names and told whole.
pub(crate) fn without_routes(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_-.~@{}*/".contains(c);
    let pieces = text.split_inclusive(|c| !is_part(c));
    let kept = pieces.map(|piece| match piece.trim_end_matches(|c| !is_part(c)) {
        route if route.starts_with('/') => &piece[route.len()..],
        _ => piece,
    });
    kept.collect()
}

fn assert_without(runs: &HashSet<u64>, what: &str, text: &str) {
    let text = without_routes(text);
    let tokens = tokens(&text);
    let found = tokens.windows(BOUND).find(|run| runs.contains(&digest(run)));
    assert!(
        found.is_none(),
        "{what} holds a run of a body: {}\nin {text}",
        found.unwrap_or_default().join(" ")
    );
}

/// The texts of an answer in JSON, whose own quotes and commas are of no source.
fn texts(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.values().for_each(|value| texts(value, out)),
        Value::Array(values) => values.iter().for_each(|value| texts(value, out)),
        Value::String(text) => out.push(text.clone()),
        _ => {}
    }
}

fn git_text(repo: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(repo)
        .output()
        .expect("git runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Tries one repository; `every` is the share of its symbols that are asked for.
fn check(repo: &Path, tiers: &[&str], every: usize) {
    let mut zones = Zones::default();
    let paths = git_text(repo, &["ls-tree", "-r", "--name-only", "HEAD"]);
    for path in paths.lines() {
        zones.outside.push(path.to_owned());
        if language(path).is_some() || path.ends_with(".md") {
            zones.add(path, &git_text(repo, &["show", &format!("HEAD:{path}")]));
        }
    }
    let runs = zones.runs();
    assert!(runs.len() > 1000, "{} has {} runs", repo.display(), runs.len());
    for tier in tiers {
        let world = World::of(&[("acme/own", tier, repo)]);
        if *tier == "public" {
            let index = Index::open(&world.data().join("index"), WordKey::new([0; 32])).expect("opens");
            let values = index.stored_values("acme/own").expect("reads");
            assert!(values.len() > 10, "{} values are stored", values.len());
            for value in values {
                assert_without(&runs, "a stored value", &String::from_utf8_lossy(&value));
            }
        }
        let answers = answers(&world, every);
        assert!(answers.len() > 20, "{} answers", answers.len());
        for (what, answer) in answers {
            assert_without(&runs, &format!("{what} at {tier}"), &answer);
        }
    }
}

/// The texts of outlines of all files, and of a share of the symbols.
fn answers(world: &World, every: usize) -> Vec<(String, String)> {
    let ask = |tool: &str, arguments: Value| -> Value {
        let mut arguments = arguments;
        arguments["format"] = "json".into();
        arguments["max_tokens"] = 16_000.into();
        serde_json::from_str(&world.ask(tool, arguments)).expect("JSON")
    };
    let mut folders = vec!["acme/own".to_owned()];
    let (mut out, mut symbols) = (Vec::new(), Vec::new());
    let mut seen = HashSet::new();
    while let Some(target) = folders.pop() {
        if !seen.insert(target.clone()) {
            continue;
        }
        let page = ask("get_outline", json!({ "target": target, "private": true }));
        for item in page["items"].as_array().into_iter().flatten() {
            let handle = item["handle"].as_str().unwrap_or_default().to_owned();
            match item["entry"].as_str() {
                Some("folder" | "file") => folders.push(handle),
                _ if handle.contains('#') => symbols.push(handle),
                _ => {}
            }
        }
        let mut all = Vec::new();
        texts(&page, &mut all);
        out.extend(all.into_iter().map(|text| (target.clone(), text)));
    }
    for symbol in symbols.iter().step_by(every) {
        let text = world.ask("get_symbol", json!({"symbols": [symbol], "max_tokens": 16_000}));
        out.push((symbol.clone(), text));
        let text = world.ask("find_references", json!({"symbol": symbol, "direction": "outgoing"}));
        out.push((symbol.clone(), text));
    }
    out
}

#[test]
fn no_run_of_a_body_is_kept_or_told() {
    // Tests quote what answers look like, and so does what makes them.
    let own = own_checkout();
    git(
        own.path(),
        &[
            "rm",
            "-q",
            "-r",
            "tests",
            "grammars",
            "benches",
            "src/tools",
            "src/disclosure",
            "src/server",
            "src/cli",
        ],
    );
    git(own.path(), &["commit", "-q", "-m", "what is left"]);
    check(own.path(), &["public"], 150);
    let further = std::env::var("LOUVER_BODY_RUNS").unwrap_or_default();
    for repo in further.split(':').filter(|repo| !repo.is_empty()) {
        check(Path::new(repo), &["public", "internal", "confidential"], 10);
    }
}

#[test]
fn a_run_of_a_body_is_found_where_there_is_one() {
    let source = "/// Adds them.\nfn add(a: u8) -> u8 {\n    let sum = a + 1; call(sum, a, 2)\n}\nconst N: [u8; 4] = [one, two, 3, 4];\n";
    let mut zones = Zones::default();
    zones.add("a.rs", source);
    let runs = zones.runs();
    let has = |text: &str| tokens(text).windows(BOUND).any(|run| runs.contains(&digest(run)));
    assert!(has("let sum = a + 1; call") && has("[one, two, 3, 4]"));
    assert!(!has("fn add(a: u8) -> u8 {") && !has("Adds them. fn add(a: u8)"));
}
