//! Permission over time: bounds, outages, logins that end, webhooks and revocation.

use crate::access_world::{AccessWorld, bare, permissions};
use crate::over_http::{hosts, name};
use crate::stand_in::{Mood, Role, StandIn, Visibility};
use crate::world::{Answer, World, repository};
use louver::access::{Asked, Change, Hold, RepoHost as _, StaticUsers, Subject, Verdict};
use louver::scope::{HostKind, RepoName, Scope};
use serde_json::json;
use std::fmt::Write as _;
use std::thread;
use std::time::{Duration, Instant};

const ALICE: u64 = 1;
const SOURCE: &[(&str, &str)] = &[
    (
        "src/lib.rs",
        "pub mod bill;\n/// Pays.\npub fn pay(order: u64) -> u64 { bill::round(order) }\n",
    ),
    (
        "src/bill.rs",
        "/// Rounds.\npub fn round(amount: u64) -> u64 { amount }\npub fn pay_later() {}\n",
    ),
];

/// One host with Alice logged in, and repositories `(name, tier, role)`; their ids count from 11.
fn world_of(kind: HostKind, more: &str, repos: &[(&str, &str, Role)]) -> (AccessWorld, Subject) {
    let source = repository(SOURCE);
    let (folder, bare) = bare(source.path());
    let host = StandIn::start(kind, &bare);
    host.person(ALICE, "alice");
    let mut text = String::new();
    for (id, (name, tier, role)) in (11..).zip(repos) {
        host.repo(id, &format!("acme/r{id}"), Visibility::Private, true);
        host.role(ALICE, id, *role);
        let path = source.path().display().to_string();
        write!(
            text,
            "[[repo]]\nname = \"{name}\"\npath = {path:?}\nowner = \"o\"\ntier = \"{tier}\"\n{}\n",
            host.binding(id)
        )
        .expect("written");
    }
    let mut world = AccessWorld::new(vec![host], more, &text);
    world.kept.extend([folder, source]);
    let alice = world.log_in(&world.hosts[0], "alice");
    (world, alice)
}

fn one(kind: HostKind) -> (AccessWorld, Subject) {
    world_of(kind, "", &[("acme/pay", "internal", Role::Reader)])
}

fn search(world: &AccessWorld, who: &Subject, repo: &str) -> Answer {
    world.call(who, "search_symbols", json!({ "query": "pay", "repo": repo }))
}

#[track_caller]
fn told(world: &AccessWorld, who: &Subject) {
    let answer = search(world, who, "acme/pay");
    assert!(
        !answer.is_refusal && answer.text.contains("src/lib.rs"),
        "{}",
        answer.text
    );
}

#[track_caller]
fn refused(world: &AccessWorld, who: &Subject, repo: &str, why: &str) {
    let answer = search(world, who, repo);
    assert!(answer.is_refusal && answer.text.contains(why), "{}", answer.text);
}

const NONE: &str = "no repository";
const LATER: &str = "cannot be asked";
const LOGIN: &str = "has ended";

/// Waits for what happens behind.
#[track_caller]
fn eventually(what: impl Fn() -> bool) {
    let began = Instant::now();
    while !what() {
        assert!(began.elapsed() < Duration::from_secs(20), "it did not happen");
        thread::yield_now();
    }
}

#[test]
fn the_first_call_past_the_hard_bound_is_denied() {
    for kind in [HostKind::GitHub, HostKind::GitLab, HostKind::Bitbucket, HostKind::Gitea] {
        let (world, alice) = one(kind);
        told(&world, &alice);
        world.host().role(ALICE, 11, Role::Stranger);
        world.advance(59);
        told(&world, &alice);
        world.advance(241);
        refused(&world, &alice, "acme/pay", NONE);
    }
}

#[test]
fn past_the_soft_bound_an_answer_is_served_and_asked_for_behind() {
    let (world, alice) = one(HostKind::GitHub);
    told(&world, &alice);
    let asked = world.host().asked("/repositories/11");
    world.advance(59);
    told(&world, &alice);
    assert_eq!(
        world.host().asked("/repositories/11"),
        asked,
        "a fresh answer needs no question"
    );
    world.host().role(ALICE, 11, Role::Stranger);
    world.advance(1);
    told(&world, &alice);
    eventually(|| search(&world, &alice, "acme/pay").is_refusal);
    assert!(world.host().asked("/repositories/11") > asked);
}

#[test]
fn a_tier_may_want_every_call_checked() {
    let more = "tier_seconds = { internal = 0 }";
    let (world, alice) = world_of(HostKind::GitLab, more, &[("acme/pay", "internal", Role::Reader)]);
    for calls in 1..4 {
        told(&world, &alice);
        assert_eq!(world.host().asked("/projects/11"), calls);
    }
    world.host().role(ALICE, 11, Role::IssuesOnly);
    refused(&world, &alice, "acme/pay", NONE);
}

#[test]
fn a_refusal_is_kept_for_half_a_minute() {
    let (world, alice) = world_of(HostKind::Gitea, "", &[("acme/pay", "internal", Role::IssuesOnly)]);
    refused(&world, &alice, "acme/pay", NONE);
    world.host().role(ALICE, 11, Role::Reader);
    let asked = world.host().asked("/repositories/11");
    world.advance(29);
    refused(&world, &alice, "acme/pay", NONE);
    assert_eq!(world.host().asked("/repositories/11"), asked);
    world.advance(1);
    told(&world, &alice);
}

#[test]
fn a_clock_that_was_set_back_makes_everything_old() {
    let (world, alice) = one(HostKind::GitHub);
    told(&world, &alice);
    world.host().role(ALICE, 11, Role::Stranger);
    world.hands.set_back(3600);
    refused(&world, &alice, "acme/pay", NONE);
}

#[test]
fn an_outage_is_told_after_the_hard_bound_and_for_every_name() {
    let (world, alice) = one(HostKind::GitLab);
    told(&world, &alice);
    world.host().mood(Mood::Status(503));
    world.advance(299);
    told(&world, &alice);
    world.advance(1);
    refused(&world, &alice, "acme/pay", LATER);
    let known = search(&world, &alice, "acme/pay").text;
    assert_eq!(known, search(&world, &alice, "acme/nil").text, "an outage is no oracle");
    let everything = world.call(&alice, "list_repos", json!({}));
    assert!(everything.is_refusal && everything.text == known, "{}", everything.text);
    world.host().mood(Mood::Well);
    world.advance(6);
    told(&world, &alice);
}

#[test]
fn a_host_that_never_answered_is_no_oracle_either() {
    let (world, alice) = world_of(HostKind::GitHub, "", &[("acme/pay", "internal", Role::Stranger)]);
    world.host().mood(Mood::Status(500));
    let first = search(&world, &alice, "acme/pay");
    world.advance(6);
    assert_eq!(first.text, search(&world, &alice, "acme/nil").text);
    world.advance(6);
    assert_eq!(first.text, world.call(&alice, "list_repos", json!({})).text);
}

#[test]
fn a_login_that_ended_takes_every_grant_with_it() {
    let repos = [
        ("acme/pay", "internal", Role::Reader),
        ("acme/two", "internal", Role::Reader),
    ];
    let (world, alice) = world_of(HostKind::GitHub, "", &repos);
    told(&world, &alice);
    assert!(!search(&world, &alice, "acme/two").is_refusal);
    world.advance(200);
    assert!(!search(&world, &alice, "acme/two").is_refusal);
    world.host().revoke_tokens(ALICE);
    world.advance(100);
    refused(&world, &alice, "acme/pay", LOGIN);
    refused(&world, &alice, "acme/two", LOGIN);
    refused(&world, &alice, "acme/nil", LOGIN);
    assert!(!world.permissions.logins().is_signed_in(&alice).expect("the store"));
    world.log_in(&world.hosts[0], "alice");
    told(&world, &alice);
}

#[test]
fn a_token_that_ran_out_is_renewed_once() {
    for kind in [HostKind::GitHub, HostKind::GitLab, HostKind::Bitbucket, HostKind::Gitea] {
        let (world, alice) = one(kind);
        let tokens = |world: &AccessWorld| world.host().asked("oauth") - world.host().asked("authorize");
        let before = tokens(&world);
        world.advance(100_000);
        thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| told(&world, &alice));
            }
        });
        assert_eq!(tokens(&world), before + 1, "{kind:?}");
    }
}

#[test]
fn a_question_is_asked_once_however_many_wait_for_it() {
    let (world, alice) = one(HostKind::GitLab);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| told(&world, &alice));
        }
    });
    assert_eq!(world.host().asked("/projects/11"), 1);
    assert_eq!(world.host().asked("info/refs"), 1);
}

#[test]
fn a_call_asks_about_what_it_needs() {
    let names: Vec<String> = (0..8).map(|n| format!("acme/r{n}")).collect();
    let mut repos: Vec<(&str, &str, Role)> = names
        .iter()
        .map(|name| (name.as_str(), "internal", Role::Reader))
        .collect();
    repos[0].0 = "acme/pay";
    let (world, alice) = world_of(HostKind::GitHub, "", &repos);
    told(&world, &alice);
    assert_eq!(world.host().asked("/repositories/"), 1);
    assert!(!world.call(&alice, "list_repos", json!({})).is_refusal);
    assert_eq!(world.host().asked("/repositories/"), 8);
    assert!(
        !world
            .call(&alice, "search_symbols", json!({ "query": "pay" }))
            .is_refusal
    );
    assert_eq!(world.host().asked("/repositories/"), 8);
}

#[test]
fn a_rename_is_followed_by_id_and_a_squatter_is_not() {
    for kind in [HostKind::GitHub, HostKind::GitLab, HostKind::Bitbucket, HostKind::Gitea] {
        let (world, alice) = one(kind);
        world.host().state().repos[0].path = "acme/new-name".to_owned();
        world.host().repo(99, "acme/r11", Visibility::Public, true);
        told(&world, &alice);
        world.host().role(ALICE, 11, Role::Stranger);
        world.advance(301);
        refused(&world, &alice, "acme/pay", NONE);
    }
}

#[test]
fn a_public_repository_that_becomes_private_is_closed() {
    let (world, alice) = world_of(HostKind::GitHub, "", &[("acme/pay", "internal", Role::Stranger)]);
    world.host().state().repos[0].visibility = Visibility::Public;
    told(&world, &alice);
    world.host().state().repos[0].visibility = Visibility::Private;
    world.advance(300);
    refused(&world, &alice, "acme/pay", NONE);
}

/// What a stand-in would send, signed.
fn deliver(world: &AccessWorld, token: &str, body: &str) -> Result<usize, String> {
    let header = |name: &str| (name == "x-gitlab-token").then(|| token.to_owned());
    let taken = world.permissions.webhook("gitlab", &header, body.as_bytes());
    taken.map(|changes| changes.len()).map_err(|fault| fault.to_string())
}

#[test]
fn a_webhook_shortens_the_bound_in_every_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("hook");
    std::fs::write(&file, "hook-secret").expect("written");
    let more = format!("webhook_secret_file = {:?}", file.display().to_string());
    let (world, alice) = world_of(HostKind::GitLab, &more, &[("acme/pay", "internal", Role::Reader)]);
    let scope = Scope::load(world.world.config()).expect("a scope");
    let elsewhere = permissions(&scope, &world.memory, &world.hands);
    let repo = scope
        .approve(&RepoName::new("acme/pay").expect("a name"))
        .expect("approved");
    let reads = || {
        matches!(
            elsewhere.verdicts(&alice, &[&repo], Asked::ByName)[0],
            Verdict::Readable { .. }
        )
    };
    told(&world, &alice);
    assert!(reads());
    world.host().role(ALICE, 11, Role::Stranger);
    let body = "{\"event_name\":\"user_remove_from_team\",\"user_id\":1,\"project_id\":11}";
    assert_eq!(
        deliver(&world, "wrong", body),
        Err("the signature is not right".to_owned())
    );
    told(&world, &alice);
    assert!(reads());
    assert_eq!(deliver(&world, "hook-secret", body), Ok(1));
    refused(&world, &alice, "acme/pay", NONE);
    assert!(!reads());
    assert_eq!(deliver(&world, "hook-secret", body), Ok(0), "a replay says nothing new");
    // It cannot open anything.
    let added = "{\"event_name\":\"user_add_to_team\",\"user_id\":1,\"project_id\":11}";
    assert_eq!(deliver(&world, "hook-secret", added), Ok(1));
    refused(&world, &alice, "acme/pay", NONE);
}

#[test]
fn what_an_operator_stops_is_stopped_at_once() {
    let (world, alice) = one(HostKind::GitHub);
    told(&world, &alice);
    let hold = |hold: Option<Hold>| *world.memory.holds.lock().expect("unpoisoned") = hold.into_iter().collect();
    hold(Some(Hold::Repo("acme/pay".to_owned())));
    refused(&world, &alice, "acme/pay", NONE);
    hold(Some(Hold::Subject {
        host: "github".to_owned(),
        id: "1".to_owned(),
    }));
    refused(&world, &alice, "acme/pay", "was stopped");
    refused(&world, &alice, "acme/nil", "was stopped");
    hold(Some(Hold::All));
    refused(&world, &alice, "acme/pay", "was stopped");
    hold(None);
    told(&world, &alice);
    *world.memory.is_broken.lock().expect("unpoisoned") = true;
    refused(&world, &alice, "acme/pay", LATER);
}

#[test]
fn what_the_host_said_is_kept_for_the_operator() {
    let (world, alice) = one(HostKind::Bitbucket);
    told(&world, &alice);
    let checks = world.memory.checks.lock().expect("unpoisoned");
    let [check] = checks.as_slice() else {
        panic!("{checks:?}")
    };
    assert!(check.readable && check.repo == "acme/pay" && check.source == "bitbucket-api+git-probe");
    assert_eq!(check.checked_at, world.hands.now());
}

#[test]
fn signing_out_ends_the_login_at_the_host_too() {
    let (world, alice) = one(HostKind::GitLab);
    told(&world, &alice);
    world.permissions.sign_out(&alice).expect("the store");
    assert_eq!(world.host().asked("POST /oauth/revoke"), 1);
    refused(&world, &alice, "acme/pay", LOGIN);
    assert!(
        world
            .memory
            .changes
            .lock()
            .expect("unpoisoned")
            .contains(&Change::Subject {
                host: "gitlab".to_owned(),
                id: "1".to_owned(),
            })
    );
}

#[test]
fn identity_only_keeps_no_token_and_asks_with_its_own() {
    for kind in [HostKind::GitHub, HostKind::GitLab, HostKind::Bitbucket] {
        let people = [("alice", Role::Reader)];
        let repos = [(11, Visibility::Private, true)];
        let world = hosts(&[kind], &repos, &people, |host, secrets| host.identity_only(secrets));
        let alice = world.log_in(world.host(), "alice");
        let repo = name(kind, 11);
        assert!(!search(&world, &alice, &repo).is_refusal, "{kind:?}");
        assert!(world.memory.load_any().is_none(), "{kind:?} kept a token");
        assert_eq!(
            world.host().asked("info/refs"),
            0,
            "git has nobody's token to be asked with"
        );
        world.host().role(ALICE, 11, Role::IssuesOnly);
        world.advance(300);
        refused(&world, &alice, &repo, NONE);
        let nil = repo.replace("r11", "nil");
        assert_eq!(
            search(&world, &alice, &repo).text.replace("r11", "nil"),
            search(&world, &alice, &nil).text
        );
        // A login of the same name is another account.
        world.host().role(ALICE, 11, Role::Reader);
        world.host().state().people[0].id = 99;
        world.advance(300);
        refused(&world, &alice, &repo, NONE);
        // What the host says of louver's own credential is no word about the person.
        world.host().state().people[0].id = ALICE;
        world.host().state().own.key = None;
        world.host().mood(Mood::Status(401));
        world.advance(7200 + 300);
        refused(&world, &alice, &repo, LATER);
    }
}

#[test]
fn a_static_host_reads_the_scope_file() {
    let source = repository(SOURCE);
    let path = source.path().display().to_string();
    let text = format!(
        "version = 1\n[[host]]\nname = \"site\"\nkind = \"static\"\n\
         [[host.user]]\nid = \"1\"\nlogin = \"ada\"\nrepos = [\"acme/pay\"]\n[[host.user]]\nid = \"2\"\nlogin = \"bob\"\n\
         [[repo]]\nname = \"acme/pay\"\npath = {path:?}\nowner = \"o\"\ntier = \"internal\"\nhost = \"site\"\n"
    );
    let (memory, hands) = (Default::default(), crate::access_world::Hands::new());
    let world = World::hosted(&text, |scope| Box::new(permissions(scope, &memory, &hands)));
    let scope = Scope::load(world.config()).expect("a scope");
    let users = StaticUsers::new(&scope.hosts()[0]);
    let ask = |login: &str| {
        let subject = users.subject(login).expect("listed");
        world.call_as(
            &subject,
            "search_symbols",
            json!({ "query": "pay", "repo": "acme/pay" }),
        )
    };
    assert!(!ask("ada").is_refusal);
    assert!(ask("bob").text.contains(NONE));
    assert!(users.subject("eve").is_none());
}

#[test]
fn a_name_nothing_has_costs_the_host_a_question_too() {
    let (world, alice) = world_of(HostKind::GitHub, "", &[("acme/one", "internal", Role::Stranger)]);
    let asked = |repo: &str| {
        world.host().forget_requests();
        refused(&world, &alice, repo, NONE);
        let first = world.host().asked("GET");
        refused(&world, &alice, repo, NONE);
        (first, world.host().asked("GET") - first)
    };
    // Also after everything was asked about, which would leave a trace of what is listed.
    assert!(!world.call(&alice, "list_repos", json!({})).text.contains("acme/one"));
    assert_eq!(asked("acme/one"), (1, 0));
    assert_eq!(asked("acme/nil"), (1, 0));
}
