//! Everything that can be done with louver, and the one record it leaves: every command, every tool, every refusal. What is new and not listed
//! here fails, and so does what leaves no record, two, or one of another kind.

use crate::served::World;
use crate::tokens::{create, site};
use crate::world::{self, own_checkout};
use louver::access::{Asked, LocalHost, RepoHost, Subject, Verdict, Withheld};
use louver::audit::{Archive, Filter, Stored};
use louver::disclosure::Refusal;
use louver::scope::ApprovedRepo;
use louver::tools;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Stdio;

/// What a command leaves.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Leaves {
    /// One record of this class.
    One(&'static str),
    /// None, for this reason.
    Nothing(&'static str),
}
use Leaves::{Nothing, One};

const OWN_FILES: &str = "it works on files of whoever runs it, and reads nothing that louver keeps";

/// Every command and what it leaves. Commands that end by themselves are run.
const COMMANDS: &[(&str, Leaves)] = &[
    ("init", Nothing(OWN_FILES)),
    ("index", One("index")),
    ("serve", Nothing("its answers, refusals and logins are the records")),
    ("ask", One("retrieval")),
    (
        "status",
        Nothing("it counts what is approved, indexed and recorded, and shows nothing of code or people"),
    ),
    ("scope check", One("admin")),
    ("scope plan", One("admin")),
    ("scope test", One("admin")),
    ("scope apply", One("scope_change")),
    ("scope explain", One("admin")),
    ("scope history", One("admin")),
    ("scope schema", Nothing("it prints what is built in")),
    ("exception request", One("admin")),
    ("exception approve", One("admin")),
    ("exception list", One("admin")),
    ("exception end", One("admin")),
    ("purge", One("index")),
    ("audit tail", One("export")),
    ("audit search", One("export")),
    ("audit export", One("export")),
    ("audit bundle", One("export")),
    ("audit verify", One("admin")),
    ("audit prove", One("export")),
    ("audit consistency", One("export")),
    ("audit report session", One("export")),
    ("audit report user", One("export")),
    ("audit report repository", One("export")),
    ("audit report access", One("export")),
    ("audit report controls", One("export")),
    ("audit incident find", One("export")),
    ("audit incident similar", One("export")),
    ("audit incident pack", One("export")),
    ("audit hold set", One("admin")),
    ("audit hold release", One("admin")),
    ("audit hold list", One("admin")),
    ("audit retention apply", One("admin")),
    ("audit erase-person", One("admin")),
    ("demo", Nothing("it has a log of its own, which it shows")),
    ("access list", One("admin")),
    ("access revoke", One("admin")),
    ("access restore", One("admin")),
    ("access explain", One("admin")),
    (
        "doctor",
        Nothing("it must work where no record can be written, and shows nothing of code or people"),
    ),
    ("scan", Nothing(OWN_FILES)),
    ("reveal", One("admin")),
    ("policy render", One("admin")),
    ("bench calls", Nothing(OWN_FILES)),
    ("bench parse", Nothing(OWN_FILES)),
    ("bench retrieval", Nothing(OWN_FILES)),
    ("bench audit", Nothing("it measures a log of its own")),
    ("token create", One("auth")),
    ("token list", One("admin")),
    ("token revoke", One("auth")),
    (
        "witness",
        Nothing("it runs until it is stopped; that it began is a record, which monitoring.rs sees"),
    ),
];

/// Commands that run on, or on something else than this world.
const NOT_RUN: [&str; 7] = [
    "serve",
    "demo",
    "bench calls",
    "bench parse",
    "bench retrieval",
    "bench audit",
    "witness",
];

/// The records of all logs, but for those of the logs themselves.
fn records(audit: &Path) -> Vec<Stored> {
    let found = Archive::open(audit).and_then(|archive| archive.find(&Filter::default()));
    let mut found = found.expect("records");
    found.retain(|it| !matches!(it.class(), "start" | "stop" | "tick"));
    found
}

fn keys(records: &[Stored]) -> BTreeSet<(String, u64)> {
    records.iter().map(|it| (it.log.clone(), it.index)).collect()
}

/// The records that came since.
fn since(audit: &Path, before: &BTreeSet<(String, u64)>) -> Vec<Stored> {
    let mut after = records(audit);
    after.retain(|it| !before.contains(&(it.log.clone(), it.index)));
    after
}

/// What a command is called with beside its name.
fn arguments<'a>(command: &str, files: &'a Files) -> Vec<&'a str> {
    match command {
        "init" => vec!["--config", &files.config],
        "index" => vec!["acme/shop"],
        "ask" => vec!["list_repos"],
        "scope explain" | "access explain" => vec!["site:ada", "acme/shop"],
        "exception request" => vec!["e", "--repo", "acme/vault", "--who", "site:bob", "--justification", "j"],
        "exception approve" => vec!["e", "--by", "ciso"],
        "exception end" => vec!["e"],
        "audit bundle" => vec!["--output", &files.bundle],
        "audit prove" => vec!["0"],
        "audit consistency" => vec!["--older", &files.checkpoint],
        "audit report session" | "audit incident similar" => vec![&files.session],
        "audit report user" => vec!["ada"],
        "audit report repository" => vec!["acme/shop"],
        "audit report controls" => vec!["soc2"],
        "audit incident pack" => vec!["case", "--output", &files.pack],
        "audit hold set" => vec!["law", "--reason", "law"],
        "audit hold release" => vec!["law"],
        "audit retention apply" => vec!["--keep", "9d"],
        "audit erase-person" => vec!["bob"],
        "access revoke" | "access restore" => vec!["--user", "site:bob"],
        "scan" => vec![&files.text],
        "reveal" => vec!["text"],
        "token create" => vec!["--user", "ada", "--name", "ci"],
        "token revoke" => vec![&files.token],
        "purge" => vec!["acme/shop"],
        _ => Vec::new(),
    }
}

struct Files {
    config: String,
    bundle: String,
    pack: String,
    text: String,
    checkpoint: String,
    session: String,
    token: String,
}

/// Two repositories of a static host, one of them with words of its own.
fn everything() -> World {
    let world = site();
    let scope = fs::read_to_string(world.config()).expect("a scope file");
    let vault = "name = \"acme/vault\"\npath = \"repo-1\"\ntier = \"internal\"";
    let scope = scope.replace(vault, &vault.replace("internal", "confidential"));
    fs::write(
        world.config(),
        format!(
            "{scope}\n[roles]\napprove = [\"ciso\"]\nreveal = [\"local:{}\"]\n",
            user()
        ),
    )
    .expect("written");
    world.run(&["scope", "apply"]);
    world.run(&["index"]);
    world
}

fn user() -> String {
    LocalHost::subject().login
}

#[test]
fn every_command_leaves_its_one_record_or_is_listed_with_a_reason() {
    let mut commands = Vec::new();
    leaves_of(&louver::cli::command(), "", &mut commands);
    let listed: Vec<&str> = COMMANDS.iter().map(|(command, _)| *command).collect();
    assert_eq!(commands, listed);

    let world = everything();
    let audit = world.data().join("audit");
    let outside = tempfile::tempdir().expect("a folder");
    // `init` looks at the folder it is called in; the tests' own checkout may be on no branch.
    let checkout = own_checkout();
    let out = |name: &str| outside.path().join(name).display().to_string();
    let (token, _) = create(&world, "ada", &[]);
    let files = Files {
        config: out("louver.toml"),
        bundle: out("bundle"),
        pack: out("pack"),
        text: out("text"),
        checkpoint: audit.join("0/checkpoint").display().to_string(),
        session: session(&world),
        token,
    };
    fs::write(&files.text, "nothing\n").expect("written");
    for (command, leaves) in COMMANDS.iter().filter(|(command, _)| !NOT_RUN.contains(command)) {
        let words: Vec<&str> = command.split(' ').chain(arguments(command, &files)).collect();
        let before = keys(&records(&audit));
        let output = world
            .louver(&words)
            .current_dir(checkout.path())
            .stdin(Stdio::null())
            .output()
            .expect("ran");
        let complaint = String::from_utf8_lossy(&output.stderr);
        // Retention is refused while there is a hold, which is recorded as well.
        assert!(
            output.status.success() || *command == "audit retention apply",
            "{command}: {complaint}"
        );
        let left: Vec<String> = since(&audit, &before)
            .iter()
            .map(|it| {
                let name = it.text("/tool").or(it.text("/rule")).unwrap_or_default();
                let is_right = command.starts_with(name) || name.starts_with("token-") || name == "list_repos";
                assert!(is_right || *command == "index", "{command} left a record of `{name}`");
                it.class().to_owned()
            })
            .collect();
        let expected = match leaves {
            One(class) => vec![(*class).to_owned()],
            Nothing(_) => Vec::new(),
        };
        assert_eq!(left, expected, "{command}");
    }
}

/// A session that something was told in.
fn session(world: &World) -> String {
    world.run(&["ask", "list_repos"]);
    let found = world.run(&["audit", "incident", "find", "--format", "json"]);
    let found: Value = serde_json::from_slice(&found.stdout).expect("JSON");
    found["sessions"][0].as_str().expect("a session").to_owned()
}

#[test]
fn every_tool_leaves_one_record_of_its_answer() {
    let world = in_process("", |_| Box::new(LocalHost));
    for tool in tools::all() {
        let arguments = match tool.name {
            "list_repos" => json!({}),
            "search_symbols" => json!({ "query": "run" }),
            "get_outline" => json!({ "target": "acme/app:src/lib.rs" }),
            "get_symbol" => json!({ "symbols": ["acme/app:src/lib.rs#Ledger.price"] }),
            "analyze_impact" => json!({ "targets": ["acme/app:src/lib.rs#Ledger.price"] }),
            "get_api_surface" => json!({ "target": "acme/app:src/lib.rs" }),
            "get_dependencies" => json!({ "target": "acme/app" }),
            "get_history" => json!({ "target": "acme/app:src/lib.rs" }),
            "get_index_status" => json!({ "repo": "acme/app" }),
            "get_classification" => json!({ "target": "acme/app:src/lib.rs" }),
            "get_type_hierarchy" => json!({ "symbol": "acme/app:src/lib.rs#Ledger" }),
            "find_references" | "trace_calls" => {
                json!({ "symbol": "acme/app:src/lib.rs#Ledger.price" })
            }
            "explore" => json!({ "task": "what a ledger costs" }),
            new => panic!("say here what `{new}` is asked"),
        };
        let left = called(&world, tool.name, arguments.clone());
        assert_eq!(
            left,
            [("retrieval".to_owned(), tool.name.to_owned(), "granted".to_owned())],
            "{arguments}"
        );
    }
}

/// What one call leaves: class, tool and rule.
fn called(world: &world::World, tool: &str, arguments: Value) -> Vec<(String, String, String)> {
    let audit = world.data().join("audit");
    let before = keys(&records(&audit));
    let answer = world.call(tool, arguments);
    let left = since(&audit, &before);
    let word = |it: &Stored, pointer: &str| it.text(pointer).unwrap_or_default().to_owned();
    assert!(left.len() == 1, "{tool}: {} records of {answer:?}", left.len());
    left.iter()
        .map(|it| (it.class().to_owned(), word(it, "/tool"), word(it, "/rule")))
        .collect()
}

const LEDGER: &str = "pub struct Ledger;\nimpl Ledger {\n    pub fn price(&self) -> u64 { 7 }\n    pub fn run(&self) {}\n}\n\
    pub struct Till;\nimpl Till {\n    pub fn run(&self) { Ledger.price(); }\n}\n";

/// One repository in this process, with more in its scope, for whom `host` vouches.
fn in_process(more: &str, host: impl FnOnce(&louver::scope::Scope) -> Box<dyn RepoHost>) -> world::World {
    let repo = world::repository(&[("src/lib.rs", LEDGER)]);
    let text = format!(
        "version = 1\n{more}\n[[repo]]\nname = \"acme/app\"\npath = {:?}\ntier = \"internal\"\nowner = \"tests\"\n",
        repo.path().display().to_string()
    );
    world::World::hosted(&text, host)
}

/// A host that always says the same.
#[derive(Debug)]
struct Says(Withheld);

impl RepoHost for Says {
    fn verdicts(&self, _: &Subject, repos: &[&ApprovedRepo], _: Asked) -> Vec<Verdict> {
        repos.iter().map(|_| Verdict::Withheld(self.0.clone())).collect()
    }

    fn unknown(&self, _: &Subject, _: &str) -> Withheld {
        self.0.clone()
    }
}

/// How each refusal comes about: what is in the scope, who vouches, which call. A new kind of refusal does not compile until it is here.
fn provoked(refusal: &Refusal) -> (&'static str, Option<Withheld>, &'static str, Value) {
    let outline = json!({ "target": "acme/app" });
    let host = || "git.example".to_owned();
    match refusal {
        Refusal::BadArguments { .. } => ("", None, "search_symbols", json!({ "query": 7 })),
        Refusal::UnknownTool { .. } => ("", None, "read_file", json!({})),
        Refusal::NoSuchRepository { .. } => ("", Some(Withheld::NotReadable), "get_outline", outline),
        Refusal::NoSuchPath { .. } => ("", None, "get_outline", json!({ "target": "acme/app:src/none.rs" })),
        Refusal::NoSuchSymbol { .. } => (
            "",
            None,
            "find_references",
            json!({ "symbol": "acme/app:src/lib.rs#None" }),
        ),
        Refusal::Ambiguous { .. } => ("", None, "find_references", json!({ "symbol": "run" })),
        Refusal::StaleCursor => ("", None, "search_symbols", json!({ "query": "run", "cursor": "AAAA" })),
        Refusal::NamesWithheld { .. } => (
            "[tiers.internal]\nnames = \"withheld\"\n",
            None,
            "find_references",
            json!({ "symbol": "acme/app:src/lib.rs#Ledger" }),
        ),
        Refusal::Cancelled => ("", None, "CANCELLED", outline),
        Refusal::ClientNotApproved { .. } => ("[clients]\napproved = [\"other\"]\n", None, "list_repos", json!({})),
        Refusal::Unavailable { .. } => ("", None, "DAMAGED", outline),
        Refusal::Unverified { .. } => {
            let why = Withheld::Unverified {
                host: host(),
                lapsed: false,
            };
            ("", Some(why), "get_outline", outline)
        }
        Refusal::LoggedOut { .. } => ("", Some(Withheld::LoggedOut { host: host() }), "get_outline", outline),
        Refusal::Suspended => ("", Some(Withheld::Suspended), "get_outline", outline),
        Refusal::Failed => ("", None, "FAILED", outline),
        Refusal::OverBudget { .. } => ("[audit]\nsymbols_per_hour = 1\n", None, "OVER", outline),
    }
}

/// One of each kind.
fn refusals() -> Vec<Refusal> {
    let text = String::new;
    let repo = text();
    vec![
        Refusal::BadArguments { problem: text() },
        Refusal::UnknownTool {
            tool: text(),
            tools: Vec::new(),
        },
        Refusal::NoSuchRepository { repo: text() },
        Refusal::NoSuchPath {
            repo: text(),
            path: text(),
            near: Vec::new(),
        },
        Refusal::NoSuchSymbol {
            symbol: text(),
            near: Vec::new(),
            unparsed: 0,
        },
        Refusal::Ambiguous {
            symbol: text(),
            candidates: Vec::new(),
        },
        Refusal::StaleCursor,
        Refusal::NamesWithheld { repo: text() },
        Refusal::Cancelled,
        Refusal::ClientNotApproved { client: text() },
        Refusal::Unavailable { repo },
        Refusal::Unverified { host: text() },
        Refusal::LoggedOut { host: text() },
        Refusal::Suspended,
        Refusal::Failed,
        Refusal::OverBudget { symbols: 1, minutes: 1 },
    ]
}

#[test]
fn every_refusal_leaves_one_record_of_its_rule() {
    for refusal in refusals() {
        let (scope, withheld, tool, arguments) = provoked(&refusal);
        let world = in_process(scope, |_| match withheld {
            Some(why) => Box::new(Says(why)),
            None => Box::new(LocalHost),
        });
        let left = match tool {
            "CANCELLED" => {
                let audit = world.data().join("audit");
                let before = keys(&records(&audit));
                world.call_cancelled("get_outline", &arguments);
                let left = since(&audit, &before);
                left.iter()
                    .map(|it| {
                        (
                            it.class().to_owned(),
                            "get_outline".to_owned(),
                            it.text("/rule").unwrap_or_default().to_owned(),
                        )
                    })
                    .collect()
            }
            "OVER" => {
                world.ask("get_outline", json!({ "target": "acme/app:src/lib.rs" }));
                called(&world, "get_outline", arguments)
            }
            // Rubbish in place of an index is nothing that the index library foresees.
            "FAILED" => {
                damage(&world.data().join("index"), "", usize::MAX);
                called(&world, "get_outline", arguments)
            }
            "DAMAGED" => {
                damage(&world.data().join("index"), ".store", 24);
                called(&world, "get_outline", arguments)
            }
            tool => called(&world, tool, arguments),
        };
        let expected = ("denial", refusal.rule());
        let left: Vec<(&str, &str)> = left
            .iter()
            .map(|(class, _, rule)| (class.as_str(), rule.as_str()))
            .collect();
        assert_eq!(left, [expected], "{refusal:?}");
    }
}

/// Makes files of an index unreadable, whole or in their first bytes.
fn damage(index: &Path, kind: &str, most: usize) {
    for (path, mut bytes) in world::files_below(index) {
        if bytes.len() > 64 && path.display().to_string().ends_with(kind) {
            let end = most.min(bytes.len());
            bytes[..end].fill(0xff);
            fs::write(&path, bytes).expect("written");
        }
    }
}

/// Every command that has none below it.
fn leaves_of(command: &clap::Command, path: &str, out: &mut Vec<String>) {
    for sub in command
        .get_subcommands()
        .filter(|it| !it.is_hide_set() && it.get_name() != "help")
    {
        let path = format!("{path} {}", sub.get_name()).trim().to_owned();
        if sub.has_subcommands() {
            leaves_of(sub, &path, out);
        } else {
            out.push(path);
        }
    }
}
