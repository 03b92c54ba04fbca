//! The past of repositories: `get_history`, and what changed between two commits in `analyze_impact` and `get_api_surface`.

use crate::world::{World, commit, files_below, git, repository};
use louver::extraction::words::WordKey;
use louver::index::Index;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const LIB: &str = "pub struct Cart;
impl Cart {
    pub fn price(&self, items: u32) -> u32 {
        items * unit()
    }
    pub fn zorbold(&self) -> u32 {
        1
    }
}
fn unit() -> u32 {
    7
}
pub fn quuxley() -> u32 {
    3
}
";

const USES: &str = "use crate::Cart;
pub fn pay(cart: &Cart) -> u32 {
    cart.price(2)
}
pub fn report() -> u32 {
    0
}
fn one() {}
fn two() {}
fn three() {}
";

const OWNERS: &str =
    "* @acme/all\n/src/uses.rs @acme/pay jane@example.com\n/src/checkout.rs @acme/pay jane@example.com\n";

/// Commits everything that stands in the folder, under a message.
fn save(dir: &Path, message: &str) -> String {
    git(dir, &["add", "-A", "--force"]);
    git(dir, &["commit", "-q", "--allow-empty", "-m", message]);
    rev(dir, "HEAD")
}

fn rev(dir: &Path, name: &str) -> String {
    let output = Command::new("git")
        .args(["rev-parse", name])
        .current_dir(dir)
        .output()
        .expect("git runs");
    String::from_utf8(output.stdout).expect("an id").trim().to_owned()
}

fn change(dir: &Path, path: &str, from: &str, to: &str) {
    let text = fs::read_to_string(dir.join(path)).expect("there");
    assert!(text.contains(from), "{path} has no {from}");
    fs::write(dir.join(path), text.replace(from, to)).expect("written");
}

fn scope(repo: &TempDir, tier: &str, more: &str) -> String {
    format!(
        "version = 1\n[[repo]]\nname = \"acme/shop\"\npath = {:?}\ntier = {tier:?}\nowner = \"tests\"\n{more}\n",
        repo.path().display().to_string()
    )
}

/// A repository of seven commits, with their ids from the first on.
fn shop() -> (TempDir, Vec<String>) {
    let repo = repository(&[
        (
            "Cargo.toml",
            "[package]\nname = \"shop\"\nversion = \"1.0.0\"\nedition = \"2021\"\n",
        ),
        ("src/lib.rs", &format!("pub mod uses;\n{LIB}")),
        ("src/uses.rs", USES),
        ("CODEOWNERS", OWNERS),
        ("private/deal.rs", "pub fn zorblax() {}\n"),
    ]);
    let dir = repo.path();
    let mut ids = vec![rev(dir, "HEAD")];
    change(dir, "src/lib.rs", "    7\n", "    8\n");
    change(dir, "src/uses.rs", "    0\n", "    1\n");
    ids.push(save(dir, "unit: costs more, says jane.doe@example.com"));
    change(dir, "src/lib.rs", "items: u32)", "items: u32, code: Option<u32>)");
    change(
        dir,
        "src/lib.rs",
        "    pub fn zorbold(&self) -> u32 {\n        1\n    }\n",
        "",
    );
    change(dir, "src/lib.rs", "pub fn quuxley", "pub fn fresh() {}\npub fn quuxley");
    change(dir, "src/uses.rs", "price(2)", "price(2, None)");
    ids.push(save(dir, "cart: prices take a code"));
    git(dir, &["mv", "src/uses.rs", "src/checkout.rs"]);
    change(dir, "src/lib.rs", "mod uses", "mod checkout");
    ids.push(save(dir, "uses is the checkout"));
    git(dir, &["checkout", "-q", "-b", "side"]);
    change(dir, "src/checkout.rs", "    1\n", "    2\n");
    change(dir, "src/lib.rs", "    8\n", "    9\n");
    ids.push(save(dir, "report: another number"));
    git(dir, &["checkout", "-q", "main"]);
    change(dir, "src/lib.rs", "    3\n", "    4\n");
    ids.push(save(dir, "fees: more"));
    git(dir, &["merge", "-q", "--no-ff", "-m", "merge side", "side"]);
    ids.push(rev(dir, "HEAD"));
    (repo, ids)
}

fn world(tier: &str) -> (World, TempDir, Vec<String>) {
    let (repo, ids) = shop();
    let world = World::from_scope(&scope(&repo, tier, "history = 50\nexclude = [\"nothing/**\"]"));
    (world, repo, ids)
}

/// Ids and changes of the commits in a history, the newest first.
fn commits(world: &World, target: &str) -> Vec<(String, String)> {
    let answer: Value =
        serde_json::from_str(&world.ask("get_history", json!({ "target": target, "format": "json" }))).expect("JSON");
    let items = answer["items"].as_array().expect("items").clone();
    let text = |item: &Value, key: &str| item[key].as_str().unwrap_or_default().to_owned();
    let commits = items.iter().filter(|it| it["entry"] == "commit");
    let mut found: Vec<(String, String)> = commits.map(|it| (text(it, "id"), text(it, "change"))).collect();
    found.sort();
    found
}

#[track_caller]
fn expect_commits(world: &World, target: &str, ids: &[String], expected: &[(usize, &str)]) {
    let mut expected: Vec<(String, String)> = expected
        .iter()
        .map(|(at, change)| (ids[*at][..12].to_owned(), (*change).to_owned()))
        .collect();
    expected.sort();
    assert_eq!(commits(world, target), expected, "{target}");
}

#[test]
fn commits_belong_to_the_symbols_whose_lines_they_changed() {
    let (world, _repo, ids) = world("internal");
    expect_commits(
        &world,
        "acme/shop:src/lib.rs#unit",
        &ids,
        &[(0, "added"), (1, "body"), (4, "body")],
    );
    expect_commits(
        &world,
        "acme/shop:src/lib.rs#Cart.price",
        &ids,
        &[(0, "added"), (2, "signature")],
    );
    expect_commits(
        &world,
        "acme/shop:src/lib.rs#quuxley",
        &ids,
        &[(0, "added"), (5, "body")],
    );
    // Through a rename, and what a merge brought in counts where it was made.
    expect_commits(
        &world,
        "acme/shop:src/checkout.rs#report",
        &ids,
        &[(0, "added"), (1, "body"), (4, "body")],
    );
    let file = [
        (0, "added"),
        (1, "changed"),
        (2, "changed"),
        (3, "renamed"),
        (4, "changed"),
    ];
    expect_commits(&world, "acme/shop:src/checkout.rs", &ids, &file);
    let told = world.ask("get_history", json!({ "target": "acme/shop:src/checkout.rs#report" }));
    for there in [
        "src/lib.rs#unit function 3 of 3 commits",
        "report: another number",
        "owners by CODEOWNERS: @acme/pay 1 file, ‹e-mail address› 1 file",
        "commits=3",
        "authors=1",
        "the last 7 commits are known",
    ] {
        assert!(told.contains(there), "{there}: {told}");
    }
    assert!(!told.contains("jane") && !told.contains("tests@localhost"), "{told}");
    let whole = world.ask("get_history", json!({ "target": "acme/shop" }));
    for there in [
        "changes most",
        "src/lib.rs 6 commits",
        "src/checkout.rs 5 commits",
        "src/lib.rs#unit function 3 commits",
        "@acme/all",
    ] {
        assert!(whole.contains(there), "{there}: {whole}");
    }
    let missing = world.call("get_history", json!({ "target": "acme/shop:src/uses.rs" }));
    assert!(
        missing.is_refusal,
        "a file that is gone has no history: {}",
        missing.text
    );
}

#[test]
fn impact_of_two_commits_is_that_of_the_symbols_that_differ() {
    let (world, _repo, ids) = world("internal");
    let between = |from: &str, to: &str| {
        world.call(
            "analyze_impact",
            json!({ "targets": [format!("acme/shop@{from}..{to}")] }),
        )
    };
    let told = between(&ids[1], &ids[2]).text;
    for there in [
        "0 #Cart.price method",
        ": signature\n",
        "added=1",
        "0 #Cart.zorbold method public: removed\n",
        "1 #pay function",
        "calls src/lib.rs#Cart.price",
        "changed_signature=1",
        "removed=1",
        "public_changed=",
        "owners by CODEOWNERS: @acme/all 1 file, @acme/pay 1 file",
    ] {
        assert!(told.contains(there), "{there}: {told}");
    }
    assert!(
        !told.contains("#unit") && !told.contains("#quuxley") && !told.contains("#fresh"),
        "{told}"
    );
    let told = between(&ids[0][..8], "").text;
    assert!(told.contains("6 commits") || told.contains("5 commits"), "{told}");
    for there in [
        "#unit function",
        "#quuxley function",
        "#report function",
        "#Cart.price method",
    ] {
        assert!(told.contains(there), "{there}: {told}");
    }
    // From one branch to the other: what the first had is undone.
    let told = between(&ids[4], &ids[5]).text;
    for there in ["#unit function", "#quuxley function", "#report function"] {
        assert!(told.contains(there), "{there}: {told}");
    }
    assert!(!told.contains("0 #Cart.price"), "{told}");
    for (from, to) in [("1a2b3c4d", ""), (&ids[1][..8], "deadbeef00")] {
        let refused = between(from, to);
        assert!(
            refused.is_refusal && refused.text.contains("raise `history`"),
            "{}",
            refused.text
        );
    }
}

#[test]
fn an_interface_is_compared_between_two_commits() {
    let (world, _repo, ids) = world("public");
    let surface = |arguments: Value| world.ask("get_api_surface", arguments);
    let told = surface(json!({ "target": "acme/shop", "from": ids[1], "to": ids[2] }));
    for there in [
        "breaking: changed method #Cart.price",
        "code: Option<u32>",
        "; before pub fn price(&self, items: u32) -> u32",
        "breaking: removed method #Cart.zorbold pub fn zorbold(&self) -> u32",
        " added function #fresh",
        "breaking=2",
        "added=1",
    ] {
        assert!(told.contains(there), "{there}: {told}");
    }
    assert!(!told.contains("unit"), "what is private is no interface: {told}");
    let same = surface(json!({ "target": "acme/shop", "from": ids[0], "to": ids[1] }));
    assert!(same.contains("shown=0/0"), "bodies are no interface: {same}");
    let below = surface(json!({ "target": "acme/shop:src/checkout.rs", "from": ids[1] }));
    assert!(below.contains("shown=0/0"), "{below}");
    let refused = world.call("get_api_surface", json!({ "target": "acme/shop", "to": ids[1] }));
    assert!(refused.is_refusal, "{}", refused.text);
}

#[test]
fn without_the_setting_there_is_no_past_and_the_answer_says_what_to_do() {
    let (repo, ids) = shop();
    let world = World::from_scope(&scope(&repo, "internal", ""));
    let told = world.ask("get_history", json!({ "target": "acme/shop:src/lib.rs" }));
    assert!(
        told.contains("shown=0/0") && told.contains("set `history = 200`"),
        "{told}"
    );
    assert!(told.contains("@acme/all"), "owners need no history: {told}");
    let refused = world.call(
        "analyze_impact",
        json!({ "targets": [format!("acme/shop@{}..", ids[1])] }),
    );
    assert!(
        refused.is_refusal && refused.text.contains("set `history = 200`"),
        "{}",
        refused.text
    );
}

#[test]
fn what_the_tier_withholds_is_not_in_the_past_either() {
    let (world, _repo, ids) = world("confidential");
    for (tool, arguments) in [
        ("get_history", json!({ "target": "acme/shop" })),
        ("get_history", json!({ "target": "acme/shop", "format": "json" })),
        ("get_api_surface", json!({ "target": "acme/shop", "from": ids[0] })),
        (
            "analyze_impact",
            json!({ "targets": [format!("acme/shop@{}..", ids[0])] }),
        ),
    ] {
        let told = world.ask(tool, arguments);
        for word in [
            "zorblax",
            "zorbold",
            "quuxley",
            "takes a code",
            "another number",
            "@acme/pay",
        ] {
            assert!(!told.contains(word), "{tool} tells `{word}`: {told}");
        }
    }
    let told = world.ask("get_history", json!({ "target": "acme/shop" }));
    assert!(
        told.contains(&ids[5][..12]) && told.contains("commits=6"),
        "ids, days and counts are told: {told}"
    );
    let surface = world.ask("get_api_surface", json!({ "target": "acme/shop", "from": ids[0] }));
    assert!(surface.contains("counted, not named"), "{surface}");
}

#[test]
fn names_in_clear_are_in_clear_in_the_past_and_nothing_else_is() {
    let (repo, ids) = shop();
    let ask = |more: &str| {
        let more = format!("history = 50\n[tiers.confidential]\nnames = \"clear\"\n{more}");
        let world = World::from_scope(&scope(&repo, "confidential", &more));
        world.ask(
            "get_api_surface",
            json!({ "target": "acme/shop", "from": ids[0], "format": "json" }),
        )
    };
    let told = ask("");
    assert!(
        told.contains("#Cart.zorbold") && told.contains("\"method\"") && !told.contains("items: u32"),
        "{told}"
    );
    let told = ask("kinds = \"withheld\"\n");
    assert!(told.contains("#Cart.zorbold") && !told.contains("\"method\""), "{told}");
}

#[test]
fn excluded_code_has_no_past_and_what_is_gone_may_live_on_in_it() {
    let (repo, ids) = shop();
    let dir = repo.path();
    let deal = "pub fn zorblax() {}\npub fn quuxfar() {}\n";
    commit(
        dir,
        &[
            ("private/deal.rs", deal),
            ("src/moved.rs", "pub fn frobnicate() {}\npub fn stays() {}\n"),
        ],
    );
    fs::remove_file(dir.join("src/moved.rs")).expect("there");
    commit(
        dir,
        &[("private/deal.rs", &format!("{deal}pub fn frobnicate() {{}}\n"))],
    );
    let world = World::from_scope(&scope(&repo, "public", "history = 50\nexclude = [\"private/**\"]"));
    let mut told = String::new();
    for arguments in [json!({ "target": "acme/shop" }), json!({ "target": "acme/shop:src/" })] {
        told.push_str(&world.ask("get_history", arguments));
    }
    for from in &ids[..2] {
        told.push_str(&world.ask("get_api_surface", json!({ "target": "acme/shop", "from": from })));
        told.push_str(&world.ask("analyze_impact", json!({ "targets": [format!("acme/shop@{from}..")] })));
    }
    for word in ["deal", "zorblax", "quuxfar", "frobnicate"] {
        assert!(!told.contains(word), "`{word}`: {told}");
    }
    let index = Index::open(&world.data().join("index"), WordKey::new([7; 32])).expect("an index");
    let mut kept = index.stored_values("acme/shop").expect("readable");
    kept.extend(
        files_below(&world.data().join("index"))
            .into_iter()
            .map(|(_, bytes)| bytes),
    );
    for word in ["zorblax", "quuxfar", "private/deal", "frobnicate", "costs more"] {
        let found = kept
            .iter()
            .any(|bytes| bytes.windows(word.len()).any(|it| it == word.as_bytes()));
        assert!(!found, "`{word}` is kept");
    }
}

#[test]
fn the_past_follows_the_setting_and_new_commits() {
    let (repo, mut ids) = shop();
    let world = World::from_scope(&scope(&repo, "internal", "history = 3"));
    let known = |world: &World| {
        commits(world, "acme/shop")
            .into_iter()
            .map(|(id, _)| id)
            .collect::<Vec<_>>()
    };
    // The merge, its parents, and theirs, which have nothing to be compared with.
    let expected = |at: &[usize]| {
        let mut all: Vec<String> = at.iter().map(|at| ids[*at][..12].to_owned()).collect();
        all.sort();
        all
    };
    assert_eq!(known(&world), expected(&[4, 5]));
    let world = world.under(&scope(&repo, "internal", "history = 50"), true);
    assert_eq!(known(&world), expected(&[0, 1, 2, 3, 4, 5]));
    change(repo.path(), "src/lib.rs", "    9\n", "    10\n");
    ids.push(save(repo.path(), "unit: ten"));
    let world = world.under(&scope(&repo, "internal", "history = 50"), true);
    expect_commits(
        &world,
        "acme/shop:src/lib.rs#unit",
        &ids,
        &[(0, "added"), (1, "body"), (4, "body"), (7, "body")],
    );
    // Lowered, what is out of reach goes when the scope is put into force, before anything is indexed again.
    let world = world.under(&scope(&repo, "internal", "history = 2"), false);
    assert_eq!(known(&world), [ids[7][..12].to_owned()]);
    let world = world.under(
        &scope(&repo, "internal", "history = 50\nexclude = [\"src/checkout.rs\"]"),
        true,
    );
    let told = world.ask("get_history", json!({ "target": "acme/shop" }));
    assert!(!told.contains("checkout.rs"), "{told}");
}
