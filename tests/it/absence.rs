//! What an empty or short list of uses claims where many symbols share a name.

use crate::world::{World, repository};
use serde_json::{Value, json};

/// So many classes with a method `go` and so many calls of it on something whose type nobody states.
fn world(classes: usize, calls: usize) -> (World, tempfile::TempDir) {
    let class = |n: usize| {
        format!("class A{n}:\n    def go(self):\n        return {n}\n\n    def own{n}(self):\n        pass\n\n\n")
    };
    let classes: String = (0..classes).map(class).collect();
    let calls: String = (0..calls)
        .map(|n| format!("def use{n}(x):\n    x.go()\n\n\n"))
        .collect();
    let repo = repository(&[
        ("a.py", &classes),
        ("b.py", &calls),
        ("c.js", "function use(x) { x.go(); }\n"),
    ]);
    (World::of(&[("acme/app", "public", repo.path())]), repo)
}

fn asked(world: &World, tool: &str, symbol: &str) -> Value {
    let mut arguments = json!({"symbol": symbol, "format": "json"});
    if tool == "analyze_impact" {
        arguments = json!({"targets": [symbol], "format": "json"});
    }
    serde_json::from_str(&world.ask(tool, arguments)).expect("JSON")
}

#[test]
fn a_call_that_may_mean_any_of_many_is_told_as_possible_for_each() {
    let (world, _repo) = world(12, 3);
    let answer = asked(&world, "find_references", "A7.go");
    let items = answer["items"].as_array().expect("items");
    let methods: Vec<&Value> = items.iter().map(|item| &item["method"]).collect();
    assert_eq!(methods, ["possible"; 3], "{answer}");
    assert_eq!(answer["counts"]["in_possible"], 3, "{answer}");
    assert!(!answer["notes"].to_string().contains("none"), "{answer}");
    let answer = asked(&world, "find_references", "A7.own7");
    assert!(
        answer["notes"].to_string().contains("none: every indexed file"),
        "{answer}"
    );
    let outgoing = world.ask("find_references", json!({"symbol": "use1", "direction": "outgoing"}));
    assert!(outgoing.contains("any of many of the name there"), "{outgoing}");
}

#[test]
fn where_such_calls_are_too_many_to_list_their_number_is_told() {
    let (world, _repo) = world(12, 50);
    let answer = asked(&world, "find_references", "A7.go");
    let notes = answer["notes"].to_string();
    assert_eq!(answer["counts"]["in_possible"], 50, "{answer}");
    assert!(
        notes.contains("none confirmed; 50 same-name places are possible"),
        "{notes}"
    );
    assert!(notes.contains("50 of the possible uses are not listed"), "{notes}");
    let callers = world.ask("trace_calls", json!({"symbol": "A7.go", "direction": "callers"}));
    assert!(callers.contains("50 same-name calls"), "{callers}");
    let impact = asked(&world, "analyze_impact", "A7.go");
    assert!(impact.to_string().contains("50"), "{impact}");
}

#[test]
fn a_member_that_is_reached_through_what_it_overrides_says_so() {
    let base = "class Base {\n    void run() {}\n    void go() { run(); }\n}\n";
    let derived = "class Derived extends Base implements Runnable {\n    void run() {}\n    public void other() {}\n}\nclass Alone {\n    void own() {}\n}\n";
    let repo = repository(&[("Base.java", base), ("Derived.java", derived)]);
    let world = World::of(&[("acme/app", "public", repo.path())]);
    for tool in ["find_references", "trace_calls"] {
        let notes = |symbol: &str| asked(&world, tool, symbol)["notes"].to_string();
        let overrides = "calls of acme/app:Base.java#Base.run, which it overrides, may reach it";
        assert!(
            notes("Derived.run").contains(overrides),
            "{tool}: {}",
            notes("Derived.run")
        );
        assert!(
            notes("Derived.other").contains("a base of its type from outside"),
            "{tool}"
        );
        assert!(!notes("Alone.own").contains("outside of the repository"), "{tool}");
    }
    let constructor = repository(&[(
        "A.java",
        "class A {\n    A() {}\n}\nclass B {\n    A make() { return new A(); }\n}\n",
    )]);
    let world = World::of(&[("acme/app", "public", constructor.path())]);
    let answer = asked(&world, "find_references", "A.A");
    assert!(answer["notes"].to_string().contains("listed at the type"), "{answer}");
}

#[test]
fn names_without_their_type_and_attributes_without_their_ending_are_uses() {
    let swift = "enum Color { case red, blue(Int) }\nenum Other { case single }\nstruct Use {\n  var color: Color = .red\n  func run(given: Color, other: Missing) {\n    if given == .red { take(.single) }\n    switch given {\n    case .red: break\n    case .blue(let n): print(n)\n    }\n    other.kind = .single\n  }\n}\n";
    let sharp = "using System;\nclass MarkAttribute : Attribute { }\n[Mark] class Use { [Mark] void Run() { } }\n";
    let repo = repository(&[("a.swift", swift), ("b.cs", sharp)]);
    let world = World::of(&[("acme/app", "public", repo.path())]);
    let found = |symbol: &str| {
        let answer = asked(&world, "find_references", symbol);
        let items = answer["items"].as_array().expect("items").clone();
        let told = |item: &Value| {
            format!(
                "{} {} {}",
                item["relation"].as_str()?,
                item["method"].as_str()?,
                item["lines"]
            )
            .into()
        };
        items.iter().filter_map(told).collect::<Vec<String>>()
    };
    assert_eq!(found("Color.red"), ["reads static [4]", "reads static [6,8]"]);
    assert_eq!(found("Color.blue"), ["reads static [9]"]);
    assert_eq!(found("Other.single"), ["reads possible [6]"]);
    assert_eq!(found("MarkAttribute"), ["type_use lexical [3]"; 2]);
}

#[test]
fn files_that_are_read_as_text_only_are_no_ground_for_an_absence() {
    let store = "export function saveDraft() {}\nexport function dropDraft() {}\nexport class Cart { own() {} }\n";
    let view = "<template><button @click=\"saveDraft()\">it's</button></template>\n<script setup>\nimport { dropDraft } from './store'\ndropDraft()\n</script>\n";
    let page = "<p class=\"cart\"><%= link_to \"saveDraft\", \"/\" %></p>\n";
    let repo = repository(&[
        ("store.ts", store),
        ("View.vue", view),
        ("page.erb", page),
        ("README.md", "saveDraft\n"),
    ]);
    let world = World::of(&[("acme/app", "public", repo.path())]);
    let answer = asked(&world, "find_references", "saveDraft");
    let notes = answer["notes"].to_string();
    assert!(notes.contains("none resolved; 1 files read as text only"), "{notes}");
    assert!(notes.contains("have its name: acme/app:View.vue"), "{notes}");
    assert!(!notes.contains("parsed whole"), "{notes}");
    let callers = asked(&world, "trace_calls", "saveDraft")["notes"].to_string();
    assert!(callers.contains("1 files read as text only"), "{callers}");
    let impact = asked(&world, "analyze_impact", "saveDraft")["notes"].to_string();
    assert!(impact.contains("1 files read as text only"), "{impact}");
    let answer = asked(&world, "find_references", "dropDraft");
    assert_eq!(
        answer["counts"]["in_calls"], 1,
        "the script of a component is code: {answer}"
    );
    let answer = asked(&world, "find_references", "Cart.own");
    assert!(
        answer["notes"].to_string().contains("none: every indexed file"),
        "{answer}"
    );
}

#[test]
fn a_generated_table_that_code_includes_uses_what_it_names() {
    let table = "/* Automatically generated by gen.py, do not edit. */\nstruct cmd table[] = {\n{\"set\", setCommand, 1},\n};\n";
    let repo = repository(&[
        ("cmd.h", "void setCommand(int c);\n"),
        ("cmd.c", "#include \"cmd.h\"\nvoid setCommand(int c) { }\n"),
        ("all.c", "#include \"cmd.h\"\n#include \"cmds.def\"\n"),
        ("cmds.def", table),
    ]);
    let world = World::of(&[("acme/app", "public", repo.path())]);
    let told = world.ask("find_references", json!({"symbol": "setCommand"}));
    assert!(told.contains("cmds.def") && told.contains("L3"), "{told}");
}

#[test]
fn an_empty_list_of_some_relations_says_so_and_an_overriding_property_what_it_overrides() {
    let code = "interface Net {\n    val online: Boolean\n}\nclass Always : Net {\n    override val online = true\n}\nfun use(net: Net) = net.online\n";
    let repo = repository(&[("Net.kt", code)]);
    let world = World::of(&[("acme/app", "public", repo.path())]);
    let told = world.ask("find_references", json!({"symbol": "Net", "relations": ["constructs"]}));
    assert!(told.contains("none of these relations"), "{told}");
    let told = world.ask("find_references", json!({"symbol": "Net", "relations": ["implements"]}));
    assert!(told.contains("#Always"), "{told}");
    let told = world.ask("find_references", json!({"symbol": "Always.online"}));
    assert!(
        told.contains("uses of acme/app:Net.kt#Net.online, which it overrides, may reach it"),
        "{told}"
    );
}

#[test]
fn calls_that_were_taken_to_lead_out_of_the_repository_are_no_ground_for_an_absence() {
    let ours = "class Queue:\n    def drain_all(self):\n        pass\n\n    def only_ours(self):\n        pass\n\n    def join_up(self):\n        pass\n";
    let uses = "import outside\nfrom outside import given, Made\n\n\ndef use():\n    Made().drain_all()\n    outside.join_up()\n    'text'.only_ours()\n";
    let repo = repository(&[("queue.py", ours), ("uses.py", uses)]);
    let world = World::of(&[("acme/app", "public", repo.path())]);
    let notes = |tool: &str, symbol: &str| asked(&world, tool, symbol)["notes"].to_string();
    for tool in ["find_references", "trace_calls", "analyze_impact"] {
        let told = notes(tool, "Queue.drain_all");
        let said = "1 calls of this name were taken to lead out of the repository, and may not: acme/app:uses.py";
        assert!(told.contains(said), "{tool}: {told}");
        assert!(!told.contains("parsed whole"), "{tool}: {told}");
        for certain in ["Queue.join_up", "Queue.only_ours"] {
            let told = notes(tool, certain);
            assert!(!told.contains("lead out"), "{tool} {certain}: {told}");
        }
    }
}

#[test]
fn what_is_annotated_may_be_called_by_what_reads_annotations() {
    let source =
        "class Jobs {\n    @Scheduled(cron = \"0\")\n    void run() {}\n    @Deprecated\n    void old() {}\n}\n";
    let repo = repository(&[("Jobs.java", source)]);
    let world = World::of(&[("acme/app", "public", repo.path())]);
    for tool in ["find_references", "trace_calls", "analyze_impact"] {
        let notes = |symbol: &str| asked(&world, tool, symbol)["notes"].to_string();
        assert!(
            notes("Jobs.run").contains("it is annotated"),
            "{tool}: {}",
            notes("Jobs.run")
        );
        assert!(
            !notes("Jobs.old").contains("it is annotated"),
            "{tool}: {}",
            notes("Jobs.old")
        );
    }
}

#[test]
fn types_without_a_name_are_told_where_they_stand() {
    let repo = repository(&[
        (
            "p/Base.java",
            "package p;\npublic abstract class Base { abstract void on(); void idle() {} }\n",
        ),
        (
            "p/Use.java",
            "package p;\nclass Use {\n    Base held = new Base() { void on() {} };\n    void run() { take(new Base() { void on() {} void idle() {} }); }\n    void take(Base of) { of.on(); }\n}\n",
        ),
    ]);
    let world = World::of(&[("acme/app", "public", repo.path())]);
    let types = world.ask("get_type_hierarchy", json!({"symbol": "Base"}));
    for told in ["#Use.held field extends", "#Use.run method extends", "nameless=2"] {
        assert!(types.contains(told), "{told}: {types}");
    }
    let on = world.ask("get_type_hierarchy", json!({"symbol": "Base.on"}));
    assert!(on.contains("#Use.held.on method overrides"), "{on}");
    assert!(on.contains("types without a name"), "{on}");
    let idle = json!({"symbol": "Base.idle", "relations": ["overrides"]});
    let idle = world.ask("find_references", idle);
    assert!(idle.contains("types without a name"), "{idle}");
    assert!(!idle.contains("none: every indexed file"), "{idle}");
    let reached = world.ask("trace_calls", json!({"symbol": "Use.take", "direction": "callees"}));
    assert!(reached.contains("#Use.held.on dispatch"), "{reached}");
}
