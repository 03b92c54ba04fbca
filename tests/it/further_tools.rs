//! The tools that `/mcp/all` lists beside the usual ones: what they answer, and where they are listed.

use crate::served::{SHOP, Served};
use crate::world::{World, repository};
use serde_json::{Value, json};

const RUST: &str = "pub mod shapes;
pub trait Named { fn name(&self) -> String; }
pub trait Shape: Named { fn area(&self) -> f64; fn twice(&self) -> f64 { self.area() * 2.0 } }
pub struct Square(f64);
impl Shape for Square { fn area(&self) -> f64 { self.0 } }
impl std::fmt::Display for Square {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { Ok(()) }
}
impl Square { pub fn side(&self) -> f64 { self.half() * 2.0 } fn half(&self) -> f64 { self.0 / 2.0 } }
struct Hidden;
impl Hidden { pub fn never(&self) {} }
";

const SHAPES: &str = "pub use crate::Square as Quadrat;
use crate::{Named, Shape};
pub struct Circle;
impl Shape for Circle { fn area(&self) -> f64 { 1.0 } fn twice(&self) -> f64 { 2.0 } }
impl Named for crate::Square { fn name(&self) -> String { String::new() } }
";

const TYPESCRIPT: &str = "export interface Animal { speak(): string }
export interface Pet extends Animal { owner: string }
export class Dog implements Pet { owner = ''; speak() { return ''; } }
export class Puppy extends Dog { speak() { return ''; } }
export class Lost extends Error {}
export class A extends B {}
export class B extends A {}
class Inner { open() {} }
";

fn world(tier: &str) -> (World, tempfile::TempDir) {
    let repo = repository(&[
        ("src/lib.rs", RUST),
        ("src/shapes.rs", SHAPES),
        ("web/animals.ts", TYPESCRIPT),
        ("web/index.ts", "export { Dog, Puppy as Pup } from './animals';\n"),
        (
            "web/broken.ts",
            "export function whole() {}\nexport class { ) ] = = broken {{{ function\n",
        ),
        ("web/animals.test.ts", "export function helper() {}\n"),
    ]);
    (World::of(&[("acme/zoo", tier, repo.path())]), repo)
}

#[test]
fn what_is_looked_for_in_a_file_that_was_not_read_whole_may_be_there() {
    let (world, _repo) = world("public");
    for (symbol, says) in [
        ("acme/zoo:web/broken.ts#lost", true),
        ("acme/zoo:web/animals.ts#lost", false),
    ] {
        let refused = world.call("find_references", json!({ "symbol": symbol }));
        assert!(refused.is_refusal, "{}", refused.text);
        assert_eq!(
            refused.text.contains("could not be parsed, and it may be there"),
            says,
            "{}",
            refused.text
        );
    }
}

/// Side, depth, name, relation, method and fold of every entry.
fn hierarchy(world: &World, symbol: &str) -> Vec<String> {
    let answer = world.ask("get_type_hierarchy", json!({ "symbol": symbol, "format": "json" }));
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    let entry = |item: &Value| {
        let text = |key: &str| item[key].as_str().unwrap_or_default();
        let name = |key: &str| text(key).rsplit('#').next().unwrap_or_default().to_owned();
        let words = [
            text("side").to_owned(),
            item["depth"].to_string(),
            name("handle"),
            text("relation").to_owned(),
            name("of"),
            text("method").to_owned(),
            text("fold").to_owned(),
        ];
        let words: Vec<String> = words.into_iter().filter(|it| !it.is_empty()).collect();
        words.join(" ")
    };
    answer["items"].as_array().expect("items").iter().map(entry).collect()
}

#[test]
fn a_type_knows_what_is_above_and_below_it_over_files_and_blocks() {
    let (world, _repo) = world("public");
    assert_eq!(
        hierarchy(&world, "Named"),
        [
            "subtypes 1 Shape extends lexical",
            "subtypes 2 Square implements lexical",
            "subtypes 2 Circle implements lexical",
            "subtypes 1 Square implements lexical seen",
        ]
    );
    assert_eq!(
        hierarchy(&world, "Square"),
        [
            "supertypes 1 Shape implements lexical",
            "supertypes 2 Named extends lexical",
            "supertypes 1 fmt.Display implements external",
            "supertypes 1 Named implements lexical seen",
            "overrides 1 Square.area overrides Shape.area lexical",
            "overrides 1 Square.name overrides Named.name lexical",
        ]
    );
    assert_eq!(
        hierarchy(&world, "Animal"),
        [
            "subtypes 1 Pet extends lexical",
            "subtypes 2 Dog implements lexical",
            "subtypes 3 Puppy extends lexical",
        ]
    );
    assert_eq!(hierarchy(&world, "Lost"), ["supertypes 1 Error extends external"]);
}

#[test]
fn cycles_end_and_members_have_a_hierarchy_of_their_own() {
    let (world, _repo) = world("public");
    assert_eq!(
        hierarchy(&world, "web/animals.ts#A")[..2],
        ["supertypes 1 B extends lexical", "supertypes 2 A extends lexical cycle"]
    );
    assert_eq!(
        hierarchy(&world, "Shape.twice"),
        ["subtypes 1 Circle.twice overrides lexical"]
    );
    assert_eq!(
        hierarchy(&world, "Puppy.speak"),
        [
            "supertypes 1 Dog.speak overrides lexical",
            "supertypes 2 Animal.speak overrides lexical"
        ]
    );
    let none = world.ask("get_type_hierarchy", json!({ "symbol": "Hidden" }));
    assert!(none.contains("note none; "), "{none}");
    let shallow = world.ask("get_type_hierarchy", json!({ "symbol": "Animal", "depth": 1 }));
    assert!(shallow.contains("(deeper)") && !shallow.contains("#Puppy"), "{shallow}");
}

#[test]
fn overloads_are_given_away_once() {
    let read = "export function read(at: number): string;\nexport function read(at: string): string;\n\
                export function read(at: number | string): string { return String(at); }\n";
    let repo = repository(&[("index.ts", "export { read } from './read';\n"), ("read.ts", read)]);
    let world = World::of(&[("acme/app", "public", repo.path())]);
    let surface = world.ask("get_api_surface", json!({ "target": "acme/app:index.ts" }));
    assert!(surface.contains("shown=1/1"), "{surface}");
    assert!(surface.contains("\n L1 exports read.ts#read\n"), "{surface}");
}

#[test]
fn a_surface_holds_what_is_public_and_nothing_else() {
    let (world, _repo) = world("public");
    let rust = world.ask("get_api_surface", json!({ "target": "acme/zoo:src/" }));
    for there in [
        "pub trait Shape: Named",
        "fn twice(&self) -> f64",
        "impl Shape for Square",
        "pub fn side(&self) -> f64",
        "exports src/lib.rs#Square",
        "pub struct Circle",
    ] {
        assert!(rust.contains(there), "{there} is missing: {rust}");
    }
    for not_there in ["Hidden", "never", "half", "self.0"] {
        assert!(!rust.contains(not_there), "{not_there}: {rust}");
    }
    assert_eq!(rust.matches("fn area").count(), 1, "a block repeats its trait: {rust}");
    let web = world.ask("get_api_surface", json!({ "target": "acme/zoo:web/" }));
    assert!(web.contains("exports web/animals.ts#Puppy"), "{web}");
    assert!(!web.contains("Inner") && !web.contains("helper"), "{web}");
    let classes = world.ask(
        "get_api_surface",
        json!({ "target": "acme/zoo:web", "kinds": ["class"] }),
    );
    assert!(
        classes.contains("class Dog") && !classes.contains("interface Pet"),
        "{classes}"
    );
    let missing = world.call("get_api_surface", json!({ "target": "acme/zoo:nowhere/" }));
    assert!(missing.is_refusal, "{}", missing.text);
}

#[test]
fn a_status_says_what_was_not_understood() {
    let (world, _repo) = world("internal");
    let status = world.ask("get_index_status", json!({ "repo": "acme/zoo", "format": "json" }));
    let status: Value = serde_json::from_str(&status).expect("JSON");
    let item = &status["items"][0];
    let languages: Vec<(&str, u64)> = item["languages"]
        .as_array()
        .expect("languages")
        .iter()
        .map(|it| {
            (
                it["language"].as_str().expect("text"),
                it["files"].as_u64().expect("a number"),
            )
        })
        .collect();
    assert_eq!(languages, [("rust", 2), ("typescript", 4)]);
    assert_eq!(item["languages"][0]["coverage"], "100");
    assert_ne!(item["languages"][1]["coverage"], "100");
    assert_eq!(item["unparsed"][0]["handle"], "acme/zoo:web/broken.ts");
}

#[test]
fn a_confidential_repository_tells_its_own_words_to_none_of_them() {
    let repo = repository(&[
        (
            "src/lib.rs",
            "pub trait Zorblax { fn frobnicate(&self); }\npub struct Quuxley;\nimpl Zorblax for Quuxley { fn frobnicate(&self) {} }\n",
        ),
        ("src/zorblax.ts", "export class { ) ] = = broken {{{ function\n"),
    ]);
    let world = World::of(&[("acme/secret", "confidential", repo.path())]);
    let surface = world.ask("get_api_surface", json!({ "target": "acme/secret", "format": "json" }));
    let surface: Value = serde_json::from_str(&surface).expect("JSON");
    let mut entries = surface["items"].as_array().expect("items").iter();
    let base = entries.find(|it| it["kind"] == "trait").expect("a trait")["handle"].clone();
    for (tool, arguments) in [
        ("get_type_hierarchy", json!({ "symbol": base })),
        ("get_type_hierarchy", json!({ "symbol": base, "format": "json" })),
        ("get_api_surface", json!({ "target": "acme/secret" })),
        ("get_index_status", json!({})),
        ("get_classification", json!({ "target": "acme/secret" })),
        (
            "get_classification",
            json!({ "target": "acme/secret:.env", "format": "json" }),
        ),
    ] {
        let told = world.ask(tool, arguments).to_lowercase();
        for word in ["zorblax", "quuxley", "frobnicate"] {
            assert!(!told.contains(word), "{tool} tells `{word}`: {told}");
        }
        assert!(told.contains("acme/secret"), "{told}");
        assert!(tool != "get_type_hierarchy" || told.contains("implements"), "{told}");
    }
}

#[test]
fn the_further_tools_are_listed_where_they_are_asked_for_and_answered_everywhere() {
    let louver = Served::start(SHOP);
    let listed = |path: &str| -> Vec<String> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} });
        let headers = [
            ("Content-Type", "application/json"),
            ("Accept", "application/json, text/event-stream"),
        ];
        let reply = louver.send("POST", path, &headers, body.to_string().as_bytes());
        let tools = reply.json()["result"]["tools"].take();
        let names = tools.as_array().expect("tools").iter();
        names
            .map(|it| it["name"].as_str().expect("a name").to_owned())
            .collect()
    };
    let (usual, all) = (listed("/mcp"), listed("/mcp/all"));
    assert_eq!(usual.len(), 8);
    let expected: Vec<&str> = louver::tools::all().iter().map(|tool| tool.name).collect();
    assert_eq!(all, expected);
    assert_eq!(all[..8], usual);
    let answer = louver.answer("get_index_status", json!({}));
    assert!(answer.contains("generation=1"), "{answer}");
}

#[test]
fn a_classification_says_what_is_told_and_quotes_no_exclusion() {
    let repo = repository(&[
        ("src/lib.rs", "pub fn run() {}\n"),
        ("infra/merger/db.rs", "pub fn hidden() {}\n"),
    ]);
    let path = repo.path().display().to_string();
    let world = World::from_scope(&format!(
        "version = 1\n[[repo]]\nname = \"acme/app\"\npath = {path:?}\ntier = \"internal\"\nowner = \"sec\"\nexclude = [\"**/merger/**\"]\n"
    ));
    let asked = |target: &str| world.ask("get_classification", json!({ "target": target }));
    let whole = asked("acme/app");
    assert!(
        whole.contains("acme/app approved rule=tier files=1 owner=sec ground=listed"),
        "{whole}"
    );
    assert!(
        whole.contains(" withheld documentation\n exclusions 1 and the default ones"),
        "{whole}"
    );
    for (target, expected) in [
        ("acme/app:src/lib.rs", "approved rule=tier files=1"),
        ("acme/app:src/nothing.rs", "approved rule=tier files=0"),
        // The same whether or not there is such a file.
        ("acme/app:infra/merger/db.rs", "excluded rule=scope files=0"),
        ("acme/app:infra/merger/none.rs", "excluded rule=scope files=0"),
        ("acme/app:deep/.env", "excluded rule=.env files=0"),
        (
            "acme/app:node_modules/x/index.js",
            "vendored rule=node_modules/ files=0",
        ),
    ] {
        let told = asked(target);
        assert!(told.contains(&format!("{target} {expected}")), "{told}");
        assert!(!told.contains("**/merger"), "{told}");
        assert_eq!(
            told.contains(" shown names"),
            expected.starts_with("approved"),
            "{told}"
        );
    }
}

#[test]
fn a_map_shows_what_is_used_most_and_says_what_it_leaves_out() {
    let user = |n: u32| {
        format!(
            "use crate::core::Store;\npub fn user{n}(store: &Store) -> u32 {{ store.load({n}) }}\nfn alone() {{}}\n"
        )
    };
    let core = "/// Keeps things.\npub struct Store { kept: u32 }\nimpl Store {\n    pub fn load(&self, id: u32) -> u32 { self.step(id) }\n    \
                fn step(&self, id: u32) -> u32 { id + self.kept }\n    pub fn never(&self) {}\n}\n";
    let users: Vec<(String, String)> = (1..=3).map(|n| (format!("src/user{n}.rs"), user(n))).collect();
    let mut files = vec![
        (
            "Cargo.toml",
            "[package]\nname = \"app\"\nversion = \"1.0.0\"\nedition = \"2021\"\n",
        ),
        (
            "src/lib.rs",
            "pub mod core;\npub mod user1;\npub mod user2;\npub mod user3;\n",
        ),
        ("src/core.rs", core),
        ("tests/all.rs", "#[test]\nfn first() { app::user1::user1(&todo!()); }\n"),
    ];
    files.extend(users.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let repo = repository(&files);
    let world = World::of(&[("acme/app", "internal", repo.path())]);
    let map = world.ask("get_outline", json!({ "target": "acme/app", "map": true }));
    let first = map.lines().nth(1).unwrap_or_default();
    assert!(
        first.starts_with("src/core.rs rust"),
        "the most used file comes first: {map}"
    );
    for there in [
        "pub struct Store",
        "#Store.load: pub fn load(&self, id: u32) -> u32 uses=3",
        "#Store.step: fn step(&self, id: u32) -> u32 ·private uses=1",
        "files_left_out=",
        "symbols_left_out=",
    ] {
        assert!(map.contains(there), "{there}: {map}");
    }
    // Nothing but a test uses the users.
    for not in ["never", "alone", "first", "kept", "Keeps", "src/user1.rs"] {
        assert!(!map.contains(not), "{not}: {map}");
    }
    let folder = world.ask(
        "get_outline",
        json!({ "target": "acme/app:src/", "map": true, "max_tokens": 200 }),
    );
    assert!(folder.contains("Store") && !folder.contains("tests/"), "{folder}");
    let file = world.ask("get_outline", json!({ "target": "acme/app:src/core.rs", "map": true }));
    assert!(file.contains("never"), "a file is outlined whole: {file}");
    let hidden = World::of(&[("acme/app", "confidential", repo.path())]);
    let map = hidden.ask("get_outline", json!({ "target": "acme/app", "map": true }));
    assert!(map.contains("uses=3") && !map.contains("id: u32"), "{map}");
}

#[test]
fn an_outline_names_what_others_hardly_ask_for() {
    let source = "pub struct Store { rows: u32, cap: u32, pub name: String }\nimpl Clone for Store { fn clone(&self) -> Self { todo!() } }\n\
                  impl Store {\n    pub fn open(&self) -> u32 { fn inner() -> u32 { 1 }\n inner() }\n    fn seek(&self, at: u64) -> u32 { 1 }\n}\n\
                  #[cfg(test)]\nmod tests {\n    #[test]\n    fn opens() { fn helper() {}\n helper() }\n    #[test]\n    fn seeks() {}\n}\n";
    let repo = repository(&[("src/lib.rs", source), ("tests/all.rs", "#[test]\nfn whole() {}\n")]);
    let world = World::of(&[("acme/app", "internal", repo.path())]);
    let outline = |private: Option<bool>, format: &str| {
        let mut arguments = json!({ "target": "acme/app:src/lib.rs", "format": format });
        if let Some(private) = private {
            arguments["private"] = private.into();
        }
        world.ask("get_outline", arguments)
    };
    let brief = outline(None, "text");
    for there in [
        "-rows -cap\n",
        "pub name: String",
        "-clone\n",
        "pub fn open(&self) -> u32\n",
        "-inner\n",
        "-seek\n",
        "-opens -seeks\n",
    ] {
        assert!(brief.contains(there), "{there}: {brief}");
    }
    assert!(!brief.contains("at: u64") && !brief.contains("helper"), "{brief}");
    let whole = outline(Some(true), "text");
    assert!(
        whole.contains("fn seek(&self, at: u64) -> u32") && whole.contains("fn helper()"),
        "{whole}"
    );
    let public = outline(Some(false), "text");
    assert!(!public.contains("rows") && !public.contains("seek"), "{public}");
    let page: serde_json::Value = serde_json::from_str(&outline(None, "json")).expect("JSON");
    let items = page["items"].as_array().expect("items");
    let named = items.iter().filter_map(|it| it["handles"].as_array()).flatten();
    for handle in named {
        let symbol = world.ask("get_symbol", json!({ "symbols": [handle] }));
        assert!(symbol.contains(" L"), "{symbol}");
    }
    let tests = world.ask("get_outline", json!({ "target": "acme/app:tests/all.rs" }));
    assert!(tests.contains("-whole\n"), "{tests}");
}
