//! `trace_calls`: trees of callers and callees, chains, cycles, and what an empty answer claims.

use crate::world::{World, repository};
use serde_json::{Value, json};

const CODE: &str = "mod store;

pub fn main_entry() {
    plan();
    report();
}

fn plan() {
    report();
    walk(3);
}

fn report() {
    store::save();
}

fn walk(n: u32) {
    step(n);
}

fn step(n: u32) {
    if n > 0 {
        walk(n - 1);
    }
    std::process::id();
}

fn alone() {}

pub struct Shape;
";

const STORE: &str = "pub fn save() {}\n";

fn world() -> (World, tempfile::TempDir) {
    let repo = repository(&[("src/lib.rs", CODE), ("src/store.rs", STORE)]);
    (World::of(&[("acme/app", "public", repo.path())]), repo)
}

/// Depth, symbol and fold of every step.
fn steps(world: &World, mut arguments: Value) -> Vec<String> {
    arguments["format"] = "json".into();
    let answer: Value = serde_json::from_str(&world.ask("trace_calls", arguments)).expect("JSON");
    let items = answer["items"].as_array().expect("items");
    let step = |item: &Value| {
        let handle = item["handle"].as_str().expect("a handle");
        let symbol = handle.rsplit('#').next().expect("a symbol");
        let fold = item["fold"].as_str().map(|fold| format!(" {fold}"));
        format!("{} {symbol}{}", item["depth"], fold.unwrap_or_default())
    };
    items.iter().map(step).collect()
}

#[test]
fn callees_are_a_tree_with_cycles_and_repeats_folded() {
    let (world, _repo) = world();
    assert_eq!(
        steps(
            &world,
            json!({"symbol": "main_entry", "direction": "callees", "depth": 5})
        ),
        [
            "0 main_entry",
            "1 plan",
            "2 report seen",
            "2 walk",
            "3 step",
            "4 walk cycle",
            "1 report",
            "2 save",
        ]
    );
}

#[test]
fn callers_are_followed_over_files_and_end_where_depth_does() {
    let (world, _repo) = world();
    assert_eq!(
        steps(&world, json!({"symbol": "src/store.rs#save", "depth": 2})),
        ["0 save", "1 report", "2 main_entry deeper", "2 plan deeper"]
    );
    let text = world.ask("trace_calls", json!({"symbol": "src/store.rs#save"}));
    assert!(text.contains("\n src/lib.rs#report module L"), "{text}");
    assert!(text.contains("\n  #main_entry lexical L5\n"), "{text}");
}

const SHAPES: &str = "package a

type Shape interface { Draw() }

type Square struct{}
func (s Square) Draw() { paint() }

type Circle struct{}
func (c Circle) Draw() { paint() }

type Group struct { inside Shape }
func (g Group) Draw() { g.inside.Draw() }

func paint() {}
func show(s Shape) { s.Draw() }
";

const SHAPE_TESTS: &str = "package a

import \"testing\"

func TestPaint(t *testing.T) { paint() }
func TestSquare(t *testing.T) { Square{}.Draw(); checkAll() }
func checkAll() { check() }
func check() {}
func TestSquareAgain(t *testing.T) { Square{}.Draw() }
";

#[test]
fn tests_and_repeated_run_time_targets_are_counted_beyond_the_first_call() {
    let repo = repository(&[
        ("go.mod", "module a\n"),
        ("shapes.go", SHAPES),
        ("shapes_test.go", SHAPE_TESTS),
    ]);
    let world = World::of(&[("acme/app", "public", repo.path())]);
    let text = world.ask("trace_calls", json!({"symbol": "paint"}));
    let tree = text.split_once("\ncounts").expect("counts").0;
    let lines: Vec<&str> = tree.lines().skip(1).collect();
    assert_eq!(
        lines,
        [
            "shapes.go#paint",
            " #Square.Draw lexical L6 +2 tests",
            "  #Group.Draw dispatch L12 +2 dispatch seen",
            "  #show dispatch L15",
            " #Circle.Draw lexical L9 +2 dispatch seen",
            " shapes_test.go#TestPaint module L5",
        ]
    );
    // What only tests have is asked about for its tests.
    let text = world.ask("trace_calls", json!({"symbol": "check"}));
    assert!(text.contains("\n  #TestSquare "), "{text}");
}

#[test]
fn a_chain_is_the_shortest_one() {
    let (world, _repo) = world();
    let chain = steps(&world, json!({"symbol": "main_entry", "to": "src/store.rs#save"}));
    assert_eq!(chain, ["0 main_entry", "1 report", "2 save"]);
    let chain = steps(&world, json!({"symbol": "plan", "to": "step"}));
    assert_eq!(chain, ["0 plan", "1 walk", "2 step"]);
}

#[test]
fn an_absence_says_what_it_rests_on() {
    let (world, _repo) = world();
    let none = world.ask("trace_calls", json!({"symbol": "walk", "to": "main_entry"}));
    assert!(none.contains("no chain of resolved calls"), "{none}");
    assert!(
        none.contains("1 symbols reached") && none.contains("external=1"),
        "{none}"
    );
    let short = world.ask("trace_calls", json!({"symbol": "main_entry", "to": "step", "depth": 2}));
    assert!(short.contains("within 2"), "{short}");
    let alone = world.ask("trace_calls", json!({"symbol": "alone"}));
    assert!(alone.contains("0 same-name calls and 0 unparsed bytes"), "{alone}");
    let shape = world.ask("trace_calls", json!({"symbol": "Shape"}));
    assert!(shape.contains("it is a struct: ask about its members"), "{shape}");
}

#[test]
fn a_chain_needs_two_ends_in_one_repository() {
    let (one, two) = (
        repository(&[("a.rs", "pub fn here() {}\n")]),
        repository(&[("b.rs", "pub fn there() {}\n")]),
    );
    let world = World::of(&[("acme/one", "public", one.path()), ("acme/two", "public", two.path())]);
    let across = world.call("trace_calls", json!({"symbol": "here", "to": "there"}));
    assert!(
        across.is_refusal && across.text.contains("different repositories"),
        "{}",
        across.text
    );
    let same = world.call("trace_calls", json!({"symbol": "here", "to": "here"}));
    assert!(same.is_refusal && same.text.contains("same symbol"), "{}", same.text);
}

#[test]
fn what_may_be_called_is_named_where_it_is_not_followed() {
    let repo = repository(&[
        ("a.py", "def run(job):\n    job.start_now()\n"),
        ("b.py", "class Mail:\n    def start_now(self):\n        pass\n"),
    ]);
    let world = World::of(&[("acme/jobs", "internal", repo.path())]);
    let callees = world.ask("trace_calls", json!({"symbol": "run", "direction": "callees"}));
    assert!(
        callees.contains("possible, not followed: acme/jobs:b.py#Mail.start_now L2"),
        "{callees}"
    );
    let callers = world.ask("trace_calls", json!({"symbol": "Mail.start_now"}));
    assert!(
        callers.contains("possible, not followed: acme/jobs:a.py#run L2"),
        "{callers}"
    );
}

#[test]
fn a_route_does_what_the_function_that_answers_it_does() {
    let code = "import express from 'express';
import { save } from './save';
const app = express();
app.post('/notes.add', async (req, res) => { save(req.body); });
app.get('/notes', (req, res) => { res.send('x'); });
";
    let repo = repository(&[
        ("src/app.ts", code),
        (
            "src/save.ts",
            "export function save(note: string) { store(note); }\nfunction store(note: string) {}\n",
        ),
    ]);
    let world = World::of(&[("acme/notes", "internal", repo.path())]);
    let route = "acme/notes:src/app.ts#POST /notes.add";
    let callers = world.ask("trace_calls", json!({"symbol": "store"}));
    assert!(callers.contains("src/app.ts#POST /notes.add import L4"), "{callers}");
    let chain = world.ask("trace_calls", json!({"symbol": route, "to": "store"}));
    assert!(chain.contains("src/save.ts#save"), "{chain}");
    let impact = world.ask("analyze_impact", json!({"targets": ["store"]}));
    assert!(impact.contains("POST /notes.add"), "{impact}");
    // By its path alone, which reads like a member of something.
    let found = world.ask("search_symbols", json!({"query": "notes.add"}));
    assert!(found.contains("POST /notes.add"), "{found}");
}

#[test]
fn a_member_without_a_body_sets_off_what_stands_in_its_place() {
    let source = "interface Store { void save(); }\nclass Disk implements Store {\n    public void save() { sync(); }\n    void sync() {}\n}\nclass Memory implements Store {\n    public void save() {}\n}\n";
    let repo = repository(&[("Store.java", source)]);
    let world = World::of(&[("acme/app", "public", repo.path())]);
    let arguments = json!({"symbol": "Store.save", "direction": "callees"});
    let told = world.ask("trace_calls", arguments.clone());
    assert_eq!(
        steps(&world, arguments),
        ["0 Store.save", "1 Disk.save", "2 Disk.sync", "1 Memory.save"],
        "{told}"
    );
    assert!(told.contains("dispatch"), "{told}");
    let chain = steps(&world, json!({"symbol": "Store.save", "to": "Disk.sync"}));
    assert_eq!(chain, ["0 Store.save", "1 Disk.save", "2 Disk.sync"]);
}
