//! The life of a change: plan, apply, what running servers do with it, and what is left on disk.

use crate::served::{Answer, REPO, Repo, Served, World, git};
use crate::world::files_below;
use louver::extraction::words::WordKey;
use louver::index::Index;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

const KEPT: &str =
    "/// Stays.\npub fn staying_put() -> u32 { 1 }\npub fn asks() -> u32 { crate::gone::vanishing_act() }\n";
const GONE: &str =
    "/// Vanishes quietly.\npub fn vanishing_act() -> u32 { 2 }\npub struct VanishingCabinet { pub drawer: u32 }\n";

fn world() -> World {
    World::with(&[
        Repo {
            name: REPO,
            tier: "internal",
            files: &[
                ("src/lib.rs", "pub mod kept;\npub mod gone;\n"),
                ("src/kept.rs", KEPT),
                ("src/gone.rs", GONE),
            ],
        },
        Repo {
            name: "acme/other",
            tier: "internal",
            files: &[("lib.rs", "pub fn another_world() {}\n")],
        },
    ])
}

fn output(world: &World, arguments: &[&str]) -> Output {
    world
        .louver(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("louver starts")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn rewrite(world: &World, change: impl FnOnce(String) -> String) {
    let text = fs::read_to_string(world.config()).expect("the scope file");
    fs::write(world.config(), change(text)).expect("written");
}

fn exclude_gone(text: String) -> String {
    text.replacen(
        "owner = \"tests\"\n",
        "owner = \"tests\"\nexclude = [\"src/gone.rs\"]\n",
        1,
    )
}

/// Where below the data directory something learnt from sources has `word`: in the bytes of a file, or in a value an index stores compressed. The log
/// keeps its records.
fn holding(world: &World, word: &str) -> Vec<String> {
    let mut found = Vec::new();
    for folder in ["index", "mirrors"] {
        let folder = world.data().join(folder);
        if folder.is_dir() {
            let files = files_below(&folder).into_iter();
            let hits = files.filter(|(_, bytes)| bytes.windows(word.len()).any(|window| window == word.as_bytes()));
            found.extend(hits.map(|(path, _)| path.display().to_string()));
        }
    }
    // Stored values are compressed; they are searched as they read.
    let key = fs::read(world.data().join("word.key")).expect("a key");
    let key = WordKey::new(key.try_into().expect("32 bytes"));
    let index = Index::open(&world.data().join("index"), key).expect("an index");
    for repo in index.on_disk().expect("listed") {
        for value in index.stored_values(&repo).expect("reads") {
            if value.windows(word.len()).any(|window| window == word.as_bytes()) {
                found.push(format!("a value of {repo}"));
            }
        }
    }
    found
}

#[test]
fn a_plan_says_what_applying_does_and_changes_nothing() {
    let world = world();
    let first = output(&world, &["scope", "plan"]);
    assert_eq!(first.status.code(), Some(3), "{}", stdout(&first));
    assert!(
        stdout(&first).contains("in acme/app tier=unlisted->internal"),
        "{}",
        stdout(&first)
    );
    world.run(&["scope", "apply"]);
    let none = output(&world, &["scope", "plan"]);
    assert_eq!(none.status.code(), Some(0), "{}", stdout(&none));
    rewrite(&world, |text| {
        let text = exclude_gone(text).replace(
            "[[repo]]\nname = \"acme/other\"",
            "[[repo]]\nreaders = [\"local:somebody\"]\nname = \"acme/other\"",
        );
        format!("{text}\n[clients]\napproved = [\"claude-code\"]\n")
    });
    let plan = output(&world, &["scope", "plan", "--format", "json"]);
    assert_eq!(plan.status.code(), Some(3));
    let plan: Value = serde_json::from_slice(&plan.stdout).expect("JSON");
    let app = &plan["repos"][0];
    assert_eq!(app["repo"], REPO);
    assert_eq!(app["change"], "changed");
    assert_eq!(app["fields"], json!(["exclude"]));
    assert_eq!(app["excluded"], json!(["src/gone.rs"]));
    assert!(app["symbols_purged"].as_u64() >= Some(2), "{plan}");
    let other = &plan["repos"][1];
    assert_eq!(other["gain"], json!(["local:somebody"]));
    assert_eq!(other["lose"], json!(["everybody who can read it at its host"]));
    assert_eq!(plan["parts"], json!(["clients"]));
    let markdown = stdout(&output(&world, &["scope", "plan", "--markdown"]));
    assert!(
        markdown.contains("| `acme/app` | changed: exclude | internal |"),
        "{markdown}"
    );
    assert!(!holding(&world, "vanishing_act").is_empty(), "a plan purges nothing");
}

#[test]
fn what_an_exclusion_hides_is_gone_when_apply_returns() {
    let world = world();
    world.run(&["scope", "apply"]);
    // Compression may cut a word in two, which one depends on keys.
    let words = ["vanishing_act", "VanishingCabinet", "src/gone.rs"];
    assert!(
        words.iter().any(|word| !holding(&world, word).is_empty()),
        "the search finds something before the purge"
    );
    rewrite(&world, exclude_gone);
    let applied = stdout(&world.run(&["scope", "apply"]));
    assert!(applied.contains("purged from acme/app: 1 excluded files"), "{applied}");
    for word in ["VanishingCabinet", "Vanishes quietly", "src/gone.rs"] {
        assert_eq!(holding(&world, word), Vec::<String>::new(), "`{word}` is still on disk");
    }
    assert!(!holding(&world, "staying_put").is_empty());
    let records = world.records();
    let change = records
        .iter()
        .rev()
        .find(|it| it["class"] == "scope_change")
        .expect("a record");
    assert_eq!(change["detail"]["purged_files"][0]["repo"], REPO);
    assert_eq!(change["detail"]["purged_files"][0]["files"], 1);
    let outline = stdout(&world.run(&["ask", "get_symbol", "symbols=acme/app:src/kept.rs#asks"]));
    assert!(!outline.contains("src/gone.rs"), "{outline}");
}

#[test]
fn a_repository_that_leaves_is_gone_when_apply_returns() {
    for change in [
        |text: String| text.replacen("tier = \"internal\"", "tier = \"restricted\"", 1),
        |text: String| text.replacen("name = \"acme/app\"", "name = \"acme/renamed\"", 1),
        |text: String| text.replacen("path = \"repo-0\"", "path = \"repo-1\"", 1),
    ] {
        let world = world();
        world.run(&["scope", "apply"]);
        assert!(!holding(&world, "staying_put").is_empty());
        rewrite(&world, change);
        world.run(&["scope", "apply"]);
        assert_eq!(holding(&world, "staying_put"), Vec::<String>::new());
        assert!(
            !holding(&world, "another_world").is_empty(),
            "the other repository stays"
        );
    }
}

#[test]
fn the_applied_scope_is_in_force_and_the_edited_file_is_not() {
    let world = world();
    world.run(&["scope", "apply"]);
    rewrite(&world, |text| {
        text.replacen("tier = \"internal\"", "tier = \"restricted\"", 1)
    });
    let answer = stdout(&world.run(&["ask", "list_repos"]));
    assert!(answer.contains("acme/app"), "{answer}");
    let wrong = output(&world, &["scope", "apply", "--expect-digest", "sha256:00"]);
    assert_eq!(wrong.status.code(), Some(1));
    rewrite(&world, |text| format!("{text}\nnonsense = 1\n"));
    let invalid = output(&world, &["scope", "apply"]);
    assert_eq!(invalid.status.code(), Some(1));
    let answer = stdout(&world.run(&["ask", "list_repos"]));
    assert!(answer.contains("acme/app"), "the scope in force stays: {answer}");
    let alerts: Vec<Value> = world
        .records()
        .into_iter()
        .filter(|it| it["class"] == "alert")
        .collect();
    let rules: Vec<&str> = alerts.iter().filter_map(|it| it["rule"].as_str()).collect();
    assert!(
        rules.contains(&"scope-refused:digest") && rules.contains(&"scope-refused:invalid"),
        "{rules:?}"
    );
    fs::remove_file(world.config()).expect("removed");
    let missing = output(&world, &["serve", "--stdio"]);
    assert_eq!(missing.status.code(), Some(1), "without a scope file nothing starts");
}

#[test]
fn expectations_stand_before_every_apply() {
    let world = world();
    rewrite(&world, |text| {
        format!(
            "{text}\n[[test]]\nrepo = \"acme/app\"\npath = \"src/gone.rs\"\nexpect = \"excluded\"\n[[test]]\nuser = \"local:x\"\nrepo = \"acme/none\"\nexpect = \"unlisted\"\n"
        )
    });
    let test = output(&world, &["scope", "test"]);
    assert_eq!(test.status.code(), Some(3));
    assert!(
        stdout(&test).contains("acme/app:src/gone.rs is allowed, not excluded"),
        "{}",
        stdout(&test)
    );
    assert_eq!(output(&world, &["scope", "apply"]).status.code(), Some(1));
    rewrite(&world, exclude_gone);
    assert_eq!(output(&world, &["scope", "test"]).status.code(), Some(0));
    world.run(&["scope", "apply"]);
}

struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn no_answer_mixes_two_scopes_and_none_is_lost() {
    let world = world();
    world.run(&["scope", "apply"]);
    let served = Served::over(world);
    let open = fs::read_to_string(served.config()).expect("the scope file");
    let digest = |text: &str| louver::audit::Sha256Digest::of(text.as_bytes()).to_string();
    let closed = exclude_gone(open.clone());
    let stop = AtomicBool::new(false);
    let answers: Mutex<Vec<(u8, Answer)>> = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for client in 0..32 {
            let (served, stop, answers) = (&served, &stop, &answers);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let (kind, answer) = match client % 3 {
                        0 => (
                            0,
                            served.call("get_outline", json!({ "target": "acme/app:src/gone.rs" })),
                        ),
                        1 => (1, served.call("search_symbols", json!({ "query": "vanishing" }))),
                        _ => (
                            2,
                            served.call("get_outline", json!({ "target": "acme/app:src/kept.rs" })),
                        ),
                    };
                    answers.lock().expect("unpoisoned").push((kind, answer));
                }
            });
        }
        // Clients stop when this ends, a failed assertion included.
        let _stop = StopOnDrop(&stop);
        for round in 0..4 {
            let text = if round % 2 == 0 { &closed } else { &open };
            fs::write(served.config(), text).expect("written");
            served.run(&["scope", "apply"]);
            if round % 2 == 1 {
                served.run(&["index"]);
            }
            // From the moment `apply` returns, the new scope is what everybody is answered under.
            let after = served.call("get_outline", json!({ "target": "acme/app:src/gone.rs" }));
            assert!(
                round % 2 == 1 || !after.text.contains("VanishingCabinet"),
                "{}",
                after.text
            );
        }
    });
    let records = served.records();
    let answers = answers.into_inner().expect("unpoisoned");
    assert!(
        answers.len() > 64,
        "too few answers to mean anything: {}",
        answers.len()
    );
    let (mut under_open, mut under_closed) = (0, 0);
    for (kind, answer) in &answers {
        let receipt = answer
            .receipt
            .as_ref()
            .unwrap_or_else(|| panic!("no receipt: {}", answer.text));
        let record = receipt
            .record(&records)
            .unwrap_or_else(|| panic!("no record: {}", answer.text));
        if record["scope_digest"] == digest(&closed) {
            under_closed += 1;
            assert!(!answer.text.contains("VanishingCabinet"), "{}", answer.text);
        } else {
            assert_eq!(record["scope_digest"], digest(&open));
            under_open += 1;
        }
        if *kind == 2 {
            assert!(
                answer.text.contains("staying_put"),
                "an answer was lost: {}",
                answer.text
            );
        }
    }
    assert!(under_open > 0 && under_closed > 0, "{under_open} {under_closed}");
}

#[test]
fn only_signed_commits_apply_when_the_scope_asks_for_it() {
    let world = world();
    let folder = world.config().parent().expect("a folder").to_owned();
    let key = |name: &str| {
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"])
            .arg(folder.join(name))
            .status();
        assert!(made.expect("ssh-keygen runs").success());
        fs::read_to_string(folder.join(format!("{name}.pub"))).expect("a key")
    };
    let (ours, _) = (key("ours"), key("theirs"));
    fs::write(folder.join("allowed_signers"), format!("sec@example.com {ours}")).expect("written");
    fs::write(folder.join(".gitignore"), "repo-*\ndata\nours*\ntheirs*\n").expect("written");
    rewrite(&world, |text| {
        format!("{text}\n[changes]\nallowed_signers = \"allowed_signers\"\n")
    });
    git(&folder, &["init", "-q", "-b", "main"]);
    let commit = |key: Option<&str>| {
        git(&folder, &["add", "--all"]);
        match key {
            Some(key) => {
                let key = format!("user.signingkey={}", folder.join(key).display());
                git(
                    &folder,
                    &[
                        "-c",
                        "gpg.format=ssh",
                        "-c",
                        &key,
                        "commit",
                        "-q",
                        "-S",
                        "--allow-empty",
                        "-m",
                        "scope",
                    ],
                );
            }
            None => git(&folder, &["commit", "-q", "--allow-empty", "-m", "scope"]),
        }
    };
    let refused = |why: &str| {
        let output = output(&world, &["scope", "apply"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{why}: {said}");
        assert!(said.contains("sign it"), "{why}: {said}");
    };
    refused("not committed");
    commit(None);
    refused("not signed");
    commit(Some("theirs"));
    refused("signed with a foreign key");
    commit(Some("ours"));
    world.run(&["scope", "apply"]);
    assert!(stdout(&world.run(&["scope", "history"])).contains(" signed"));
    // Whoever can commit could add a key of their own; the keys in force decide.
    let theirs = fs::read_to_string(folder.join("theirs.pub")).expect("a key");
    fs::write(folder.join("allowed_signers"), format!("x@example.com {theirs}")).expect("written");
    commit(Some("theirs"));
    refused("signed with a key that the same commit allows");
    rewrite(&world, |text| {
        text.replace("[changes]\nallowed_signers = \"allowed_signers\"\n", "")
    });
    commit(Some("theirs"));
    refused("dropping the rule needs a signature too");
    commit(Some("ours"));
    rewrite(&world, |text| format!("{text}# changed after the commit\n"));
    refused("changed after the commit");
}

#[test]
fn an_exception_is_requested_approved_listed_and_ended_in_the_file() {
    let world = world();
    let me = louver::access::LocalHost::subject();
    let who = format!("local#{}", me.id);
    rewrite(&world, |text| {
        format!(
            "# The team's own words stay.\n{}",
            text.replacen(
                "owner = \"tests\"\n",
                "owner = \"tests\"\nreaders = [\"local:nobody-here\"]\n",
                1
            )
        )
    });
    let listed = |world: &World| stdout(&world.run(&["ask", "list_repos"]));
    world.run(&["scope", "apply"]);
    assert!(!listed(&world).contains("acme/app"));
    world.run(&[
        "exception",
        "request",
        "audit-1",
        "--repo",
        REPO,
        "--who",
        &who,
        "--days",
        "14",
        "--justification",
        "a \"reason\"",
    ]);
    world.run(&["scope", "apply"]);
    assert!(!listed(&world).contains("acme/app"), "a request opens nothing");
    assert!(stdout(&world.run(&["exception", "list"])).starts_with("audit-1 requested repo=acme/app"));
    world.run(&["exception", "approve", "audit-1", "--by", "ciso@example.com"]);
    world.run(&["scope", "apply"]);
    assert!(listed(&world).contains("acme/app"));
    world.run(&["ask", "get_outline", "target=acme/app:src/kept.rs"]);
    let records = world.call_records();
    assert_eq!(
        records.last().expect("a record")["rule"],
        "exception:audit-1",
        "enhanced monitoring names the exception"
    );
    let explained = stdout(&world.run(&["scope", "explain", &who, REPO]));
    assert!(explained.starts_with("allowed by exception:audit-1"), "{explained}");
    world.run(&["exception", "end", "audit-1"]);
    world.run(&["scope", "apply"]);
    assert!(!listed(&world).contains("acme/app"));
    let text = fs::read_to_string(world.config()).expect("the scope file");
    assert!(text.starts_with("# The team's own words stay.\n"), "{text}");
    assert!(text.contains("approved_by = \"ciso@example.com\""), "{text}");
    let tools: Vec<String> = world
        .records()
        .iter()
        .filter_map(|it| it["tool"].as_str().map(str::to_owned))
        .collect();
    for tool in [
        "exception request",
        "exception approve",
        "exception list",
        "exception end",
        "scope apply",
        "scope explain",
    ] {
        assert!(tools.iter().any(|it| it == tool), "no record of `{tool}`");
    }
}

#[test]
fn purging_takes_a_repository_off_the_disk_at_once() {
    let world = world();
    world.run(&["purge", "acme/other"]);
    assert_eq!(holding(&world, "another_world"), Vec::<String>::new());
    let folder: &Path = &world.data().join("index");
    assert_eq!(fs::read_dir(folder).expect("a folder").count(), 1);
    let records = world.records();
    let purge = records.iter().rev().find(|it| it["tool"] == "purge").expect("a record");
    assert_eq!(purge["detail"]["files"], 1);
    world.run(&["index"]);
    assert!(!holding(&world, "another_world").is_empty());
}

#[test]
fn only_approved_clients_are_answered() {
    let world = world();
    rewrite(&world, |text| {
        format!("{text}\n[clients]\napproved = [\"claude-code\"]\n")
    });
    let served = Served::over(world);
    let answer = served.call("list_repos", json!({}));
    assert!(answer.text.contains("has not approved"), "{}", answer.text);
    let records = served.call_records();
    assert_eq!(records.last().expect("a record")["rule"], "client-not-approved");
}

#[test]
fn names_in_clear_are_told_wherever_somebody_decides() {
    let world = world();
    rewrite(&world, |text| {
        text.replacen("tier = \"internal\"", "tier = \"confidential\"", 1)
    });
    world.run(&["scope", "apply"]);
    let planned = |world: &World| stdout(&output(world, &["scope", "plan"]));
    let said = |world: &World| {
        [
            stdout(&world.run(&["scope", "explain", "local:x", REPO])),
            stdout(&world.run(&["policy", "render"])),
        ]
    };
    assert!(said(&world).iter().all(|it| !it.contains("in clear")));
    rewrite(&world, |text| {
        format!("{text}\n[tiers.confidential]\nnames = \"clear\"\n")
    });
    assert!(
        planned(&world).contains("changed acme/app tier=confidential names=clear fields=names"),
        "{}",
        planned(&world)
    );
    let markdown = stdout(&output(&world, &["scope", "plan", "--markdown"]));
    assert!(markdown.contains("| confidential, names in clear |"), "{markdown}");
    world.run(&["scope", "apply"]);
    for said in said(&world) {
        assert!(said.contains("in clear"), "{said}");
    }
    let policy = stdout(&world.run(&["policy", "render"]));
    assert!(
        policy.contains("| names | shown | shown | shown | withheld |"),
        "{policy}"
    );
}
