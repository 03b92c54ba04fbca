//! Uses of a package from another approved repository: found where the caller may read both, and where the manifest says so.

use crate::world::{World, repository};
use serde_json::json;

const LIBRARY: &[(&str, &str)] = &[
    (
        "rust/Cargo.toml",
        "[package]\nname = \"acme-util\"\nversion = \"2.0.0\"\n",
    ),
    (
        "rust/src/lib.rs",
        "pub mod inner;\npub fn help() {}\npub fn inline() {}\nfn hidden() { help() }\npub struct Tool;\nimpl Tool { pub fn make() -> Self { Self } }\n",
    ),
    ("rust/src/inner.rs", "pub fn twice() {}\n"),
    ("rust/src/more.rs", "pub fn twice() {}\n"),
    ("js/package.json", r#"{"name":"@acme/kit","main":"index.ts"}"#),
    (
        "js/index.ts",
        "export function paint(): void {}\nexport class Brush { stroke() {} }\n",
    ),
    ("go/go.mod", "module example.com/acme/pump\n"),
    ("go/flow/flow.go", "package flow\n\nfunc Start() {}\n"),
    ("py/pyproject.toml", "[project]\nname = \"acme-tools\"\n"),
    ("py/acme_tools/__init__.py", "def polish():\n    pass\n"),
];

const USER: &[(&str, &str)] = &[
    (
        "Cargo.toml",
        "[package]\nname = \"app\"\n[dependencies]\nacme-util = \"2\"\nserde = \"1\"\n",
    ),
    (
        "src/lib.rs",
        "use acme_util::{help, Tool};\nuse acme_util::inner::twice;\npub fn run() { help(); twice(); acme_util::inline(); Tool::make(); }\n",
    ),
    ("src/own.rs", "fn help() {}\npub fn not_this() { help(); }\n"),
    (
        "web/package.json",
        r#"{"name":"web","dependencies":{"@acme/kit":"^1"}}"#,
    ),
    (
        "web/src/a.ts",
        "import { paint, Brush } from '@acme/kit';\nexport function draw() { paint(); new Brush(); }\n",
    ),
    (
        "cmd/go.mod",
        "module example.com/acme/cmd\n\nrequire example.com/acme/pump v1.0.0\n",
    ),
    (
        "cmd/main.go",
        "package main\n\nimport \"example.com/acme/pump/flow\"\n\nfunc main() { flow.Start() }\n",
    ),
    ("tool/requirements.txt", "acme-tools==1.0\n"),
    (
        "tool/run.py",
        "from acme_tools import polish\n\ndef go():\n    polish()\n",
    ),
];

fn worlds(library: &str, user: &str) -> (World, [tempfile::TempDir; 2]) {
    let repos = [repository(LIBRARY), repository(USER)];
    let world = World::of(&[
        ("acme/lib", library, repos[0].path()),
        ("acme/app", user, repos[1].path()),
    ]);
    (world, repos)
}

#[test]
fn a_symbol_knows_its_users_in_other_repositories() {
    let (world, _repos) = worlds("public", "internal");
    for (symbol, user, how) in [
        ("rust/src/lib.rs#help", "acme/app:src/lib.rs\n", "#run calls import L3"),
        (
            "rust/src/lib.rs#inline",
            "acme/app:src/lib.rs\n",
            "#run calls import L3",
        ),
        (
            "rust/src/lib.rs#Tool.make",
            "acme/app:src/lib.rs\n",
            "#run calls import L3",
        ),
        (
            "rust/src/inner.rs#twice",
            "possible acme/app:src/lib.rs\n",
            "#run calls possible L3",
        ),
        ("js/index.ts#paint", "acme/app:web/src/a.ts\n", "#draw calls import L2"),
        (
            "js/index.ts#Brush",
            "acme/app:web/src/a.ts\n",
            "#draw constructs import L2",
        ),
        (
            "go/flow/flow.go#Start",
            "acme/app:cmd/main.go\n",
            "#main calls import L5",
        ),
        (
            "py/acme_tools/__init__.py#polish",
            "acme/app:tool/run.py\n",
            "#go calls import L4",
        ),
    ] {
        let told = world.ask("find_references", json!({ "symbol": format!("acme/lib:{symbol}") }));
        assert!(told.contains(user) && told.contains(how), "{symbol}: {told}");
        assert!(!told.contains("own.rs") && told.contains("repos=2"), "{symbol}: {told}");
    }
    let imports = json!({ "symbol": "acme/lib:rust/src/lib.rs#help", "relations": ["imports"] });
    let told = world.ask("find_references", imports);
    assert!(
        told.contains("(top of file) imports import L1") && !told.contains("#run"),
        "{told}"
    );
    let hidden = world.ask(
        "find_references",
        json!({ "symbol": "acme/lib:rust/src/lib.rs#hidden" }),
    );
    assert!(!hidden.contains("acme/app"), "{hidden}");
}

#[test]
fn impact_and_traces_name_the_other_repository() {
    let (world, _repos) = worlds("public", "public");
    let impact = world.ask("analyze_impact", json!({ "targets": ["acme/lib:rust/src/lib.rs"] }));
    assert!(impact.contains("acme/app uses this from outside in"), "{impact}");
    let trace = world.ask("trace_calls", json!({ "symbol": "acme/lib:js/index.ts#paint" }));
    assert!(trace.contains("acme/app uses this from outside in"), "{trace}");
    let callees = world.ask(
        "trace_calls",
        json!({ "symbol": "acme/lib:js/index.ts#paint", "direction": "callees" }),
    );
    assert!(!callees.contains("acme/app"), "{callees}");
}

/// What is told by pseudonyms in its own repository is told by them here.
#[test]
fn a_confidential_user_is_told_by_pseudonyms() {
    let library = repository(LIBRARY);
    let user = repository(&[
        (
            "Cargo.toml",
            "[package]\nname = \"app\"\n[dependencies]\nacme-util = \"2\"\n",
        ),
        ("src/zorblax.rs", "use acme_util::help;\npub fn quuxley() { help(); }\n"),
    ]);
    let world = World::of(&[
        ("acme/lib", "public", library.path()),
        ("acme/app", "confidential", user.path()),
    ]);
    for format in ["text", "json"] {
        let asked = json!({ "symbol": "acme/lib:rust/src/lib.rs#help", "format": format });
        let told = world.ask("find_references", asked);
        assert!(told.contains("acme/app:src/"), "{told}");
        for word in ["zorblax", "quuxley"] {
            assert!(!told.to_lowercase().contains(word), "{word}: {told}");
        }
    }
}
