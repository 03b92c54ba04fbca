//! A scope that is applied changes hosts in running servers too, whole or not at all.

use crate::access_world::{AccessWorld, bare, log_in};
use crate::over_http::bind;
use crate::served::{REPO, SHOP, Served, World as Files};
use crate::stand_in::{Role, StandIn, Visibility};
use crate::tokens::{create, repos, site};
use crate::world::repository;
use louver::access::{Asked, RepoHost as _, Subject, Verdict, Withheld};
use louver::scope::Scope;
use louver::scope::{HostKind, RepoName};
use serde_json::json;
use std::fs;

/// A change of the scope file of a served louver, applied.
fn apply(louver: &Files, from: &str, to: &str) -> String {
    let text = fs::read_to_string(louver.config()).expect("a scope file");
    assert!(text.contains(from), "{text}");
    fs::write(louver.config(), text.replace(from, to)).expect("written");
    let output = louver.run(&["scope", "apply"]);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn people_of_a_static_host_come_and_go_with_the_scope() {
    let world = site();
    let (_, bob) = create(&world, "bob", &[]);
    let louver = Served::over(world);
    assert!(repos(&louver, &bob).contains("acme/shop"));
    let own = "login = \"bob\"\nrepos = [\"acme/shop\"]";
    let said = apply(&louver, own, "login = \"bob\"\nrepos = []");
    assert!(!said.contains("restart"), "{said}");
    let told = repos(&louver, &bob);
    assert!(!told.contains("acme/shop"), "{told}");
    apply(&louver, "login = \"bob\"\nrepos = []", own);
    assert!(repos(&louver, &bob).contains("acme/shop"));
    // A person who was not there when the server began.
    let carl = format!("{own}\n[[host.user]]\nid = \"3\"\nlogin = \"carl\"\nrepos = [\"acme/vault\"]");
    apply(&louver, own, &carl);
    let (_, carl) = create(&louver, "carl", &[]);
    assert!(repos(&louver, &carl).contains("acme/vault"));
    // A bound of `[server]` is not followed, and it is said.
    let said = apply(
        &louver,
        "public_url = \"http://127.0.0.1:8080\"",
        "public_url = \"http://127.0.0.1:8081\"",
    );
    assert!(said.contains("restart `louver serve`"), "{said}");
}

#[test]
fn a_server_without_logins_stops_when_the_scope_wants_them() {
    let louver = Served::over(Files::of(SHOP));
    assert!(louver.answer("list_repos", json!({})).contains(REPO));
    let hosts =
        "version = 1\n[server]\npublic_url = \"http://127.0.0.1:8080\"\n[[host]]\nname = \"site\"\nkind = \"static\"\n";
    louver.run(&["scope", "apply"]);
    let text = fs::read_to_string(louver.config()).expect("a scope file");
    fs::write(louver.config(), text.replace("version = 1\n", hosts)).expect("written");
    let plan = String::from_utf8(louver.louver(&["scope", "plan"]).output().expect("planned").stdout).expect("text");
    assert!(plan.contains("restart `louver serve`"), "{plan}");
    let said = String::from_utf8(louver.run(&["scope", "apply"]).stdout).expect("text");
    assert!(said.contains("restart `louver serve`"), "{said}");
    let answer = louver.call("list_repos", json!({}));
    assert!(answer.is_error && !answer.text.contains(REPO), "{answer:?}");
}

/// Two hosts of one kind under the same name, one after the other, and one repository.
struct Hosts {
    access: AccessWorld,
    other: StandIn,
    alice: Subject,
    table: String,
    repo: String,
    secrets: tempfile::TempDir,
}

impl Hosts {
    fn start() -> Self {
        let source = repository(&[("src/lib.rs", "pub fn pay() {}\n")]);
        let (folder, bare) = bare(source.path());
        let hosts = [1, 2].map(|_| {
            let host = StandIn::start(HostKind::GitLab, &bare);
            host.person(1, "alice");
            host.repo(11, "acme/pay", Visibility::Private, true);
            host
        });
        let [host, other] = hosts;
        host.role(1, 11, Role::Reader);
        let secrets = tempfile::tempdir().expect("a folder");
        let table = host.table(secrets.path(), "");
        let mut repo = String::new();
        bind(&mut repo, &host, "acme/pay", 11, source.path());
        let mut access = AccessWorld::new(vec![host], "", &repo);
        access.kept.extend([folder, source]);
        let alice = access.log_in(access.host(), "alice");
        Self {
            access,
            other,
            alice,
            table,
            repo,
            secrets,
        }
    }

    /// Goes over to a scope whose host is described like this.
    fn follow(&self, table: &str) {
        let path = self.secrets.path().join("next.toml");
        let repo = if table.is_empty() {
            self.repo
                .lines()
                .filter(|line| !line.starts_with("host") && !line.starts_with("id"))
                .collect::<Vec<_>>()
                .join("\n")
        } else {
            self.repo.clone()
        };
        let text = format!("version = 1\n[server]\npublic_url = \"http://127.0.0.1:1\"\n{table}\n{repo}");
        fs::write(&path, text).expect("written");
        self.access.permissions.follow(&Scope::load(&path).expect("a scope"));
    }

    fn verdict(&self) -> Verdict {
        let scope = Scope::load(self.access.world.config()).expect("a scope");
        let repo = scope
            .approve(&RepoName::new("acme/pay").expect("a name"))
            .expect("approved");
        let permissions = &self.access.permissions;
        permissions.verdicts(&self.alice, &[&repo], Asked::ByName).remove(0)
    }

    fn is_readable(&self) -> bool {
        matches!(self.verdict(), Verdict::Readable { .. })
    }
}

#[test]
fn a_host_that_changes_is_asked_anew_and_one_that_cannot_be_set_up_is_closed() {
    let site = Hosts::start();
    assert!(site.is_readable());
    let asked = || site.access.host().asked("/projects/11");
    // A bound that tightens holds for the next call.
    site.follow(&format!("{}hard_seconds = 0\n", site.table));
    assert!(site.is_readable() && site.is_readable());
    assert_eq!(asked(), 3);
    // A secret that is not there: the host was something else before, so nothing is granted at it.
    let lost = site.table.replace("client-secret", "no-such-file");
    site.follow(&lost);
    assert!(
        matches!(site.verdict(), Verdict::Withheld(Withheld::Unverified { .. })),
        "{:?}",
        site.verdict()
    );
    site.follow(&site.table);
    assert!(site.is_readable());
    // Nothing about the host has changed: it stays as it is, although its secret is gone.
    let file = site.secrets.path().join("client-secret");
    let secret = fs::read(&file).expect("a secret");
    fs::remove_file(&file).expect("removed");
    site.follow(&site.table);
    assert!(site.is_readable());
    fs::write(&file, secret).expect("written");
    // Another host under the same name: what the one before said is worth nothing.
    site.follow(&site.table.replace(&site.access.host().url(), &site.other.url()));
    assert!(!site.is_readable());
    site.follow(&site.table);
    assert!(!site.is_readable(), "the other host ended the login");
    log_in(&site.access.permissions, site.access.host(), "alice");
    assert!(site.is_readable());
    site.follow("");
    assert_eq!(site.verdict(), Verdict::Withheld(Withheld::NotReadable));
    assert!(site.access.permissions.logins().hosts().is_empty());
}
