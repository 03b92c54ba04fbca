//! Repositories that are kept to their readers, as callers see it: people, teams and exceptions, to the second.

use crate::access_world::{AccessWorld, bare};
use crate::stand_in::{Mood, Role, StandIn, Visibility};
use crate::world::repository;
use louver::access::{Grants, Subject};
use louver::scope::{HostKind, Scope};
use serde_json::json;
use std::time::Duration;

const ALICE: u64 = 1;
const BOB: u64 = 2;

/// Alice and Bob, who may both read the code of one repository at its host, under what the scope says about it and beside it.
fn world_of(kind: HostKind, of_repo: &str, beside: &str) -> (AccessWorld, [Subject; 2]) {
    let source = repository(&[("src/lib.rs", "pub fn pay(order: u64) -> u64 { order }\n")]);
    let (folder, bare) = bare(source.path());
    let host = StandIn::start(kind, &bare);
    host.person(ALICE, "alice");
    host.person(BOB, "bob");
    host.repo(11, "acme/r11", Visibility::Private, true);
    host.role(ALICE, 11, Role::Reader);
    host.role(BOB, 11, Role::Reader);
    let path = source.path().display().to_string();
    let text = format!(
        "[[repo]]\nname = \"acme/pay\"\npath = {path:?}\nowner = \"o\"\ntier = \"internal\"\n{}\n{of_repo}\n{beside}",
        host.binding(11)
    );
    let mut world = AccessWorld::new(vec![host], "", &text);
    world.kept.extend([folder, source]);
    let people = ["alice", "bob"].map(|login| world.log_in(&world.hosts[0], login));
    (world, people)
}

fn told(world: &AccessWorld, who: &Subject) -> bool {
    let known = world.call(who, "get_outline", json!({"target": "acme/pay"}));
    let unknown = world.call(who, "get_outline", json!({"target": "acme/nil"}));
    assert!(unknown.is_refusal);
    if known.is_refusal {
        assert_eq!(known.text.replace("acme/pay", "acme/nil"), unknown.text, "no oracle");
    }
    let listed = world.call(who, "list_repos", json!({})).text.contains("acme/pay");
    assert_eq!(listed, !known.is_refusal, "told and listed alike");
    listed
}

#[test]
fn who_is_no_reader_is_told_nothing_whatever_the_host_says() {
    let (world, [alice, bob]) = world_of(
        HostKind::GitHub,
        "readers = [\"team:payments\"]",
        "[[team]]\nname = \"payments\"\nmembers = [\"github:alice\"]\n",
    );
    assert!(told(&world, &alice));
    assert!(!told(&world, &bob));
    world.host().role(ALICE, 11, Role::Stranger);
    world.advance(300);
    assert!(!told(&world, &alice), "a reader still has to be one at the host");
}

#[test]
fn an_exception_ends_to_the_second_whatever_is_remembered() {
    let (world, [alice, bob]) = world_of(
        HostKind::GitLab,
        "readers = [\"gitlab:alice\"]",
        "[[exception]]\nid = \"audit\"\nrepo = \"acme/pay\"\nwho = [\"gitlab:bob\"]\nfrom = 2026-09-21T14:13:30Z\nuntil = 2026-09-21T14:15:00Z\n\
         justification = \"incident 4711\"\napproved_by = \"ciso\"\n",
    );
    assert!(told(&world, &alice) && !told(&world, &bob), "it has not begun");
    world.advance(10);
    assert!(told(&world, &bob));
    world.advance(89);
    assert!(told(&world, &bob));
    world.advance(1);
    assert!(!told(&world, &bob), "it is over, though what the host said is fresh");
    assert!(told(&world, &alice));
}

/// A call that began before the end and goes on after it is told no more.
#[test]
fn a_grant_ends_with_its_exception_though_the_right_at_the_host_lasts_longer() {
    let (world, [alice, bob]) = world_of(
        HostKind::GitLab,
        "readers = [\"gitlab:alice\"]",
        "[[exception]]\nid = \"audit\"\nrepo = \"acme/pay\"\nwho = [\"gitlab:bob\"]\nfrom = 2026-09-21T14:13:00Z\nuntil = 2026-09-21T14:15:00Z\n\
         justification = \"incident 4711\"\napproved_by = \"ciso\"\n",
    );
    let scope = Scope::load(&world.world.config).expect("a scope");
    let holds = |who: &Subject, seconds: u64| {
        let grants = Grants::ask(&world.permissions, who, &scope);
        let grant = grants.iter().next().expect("a grant");
        grant.holds(world.hands.now() + Duration::from_secs(seconds))
    };
    // The clock stands at 14:13:20.
    assert!(holds(&bob, 99) && !holds(&bob, 100));
    assert!(holds(&alice, 100));
}

/// What a host calls a group of two names.
fn group(kind: HostKind) -> &'static str {
    match kind {
        HostKind::Bitbucket => "payments",
        _ => "acme/payments",
    }
}

fn of_team(kind: HostKind) -> (AccessWorld, [Subject; 2]) {
    let (host, group) = (kind.as_str(), group(kind));
    world_of(
        kind,
        "readers = [\"team:pay\"]",
        &format!("[[team]]\nname = \"pay\"\nhost = \"{host}\"\ngroup = \"{group}\"\n"),
    )
}

const KINDS: [HostKind; 4] = [HostKind::GitHub, HostKind::GitLab, HostKind::Bitbucket, HostKind::Gitea];

#[test]
fn a_team_is_who_its_host_says_for_as_long_as_a_right_lasts() {
    for kind in KINDS {
        let (world, [alice, bob]) = of_team(kind);
        world.host().member(ALICE, group(kind), true);
        world.host().member(BOB, "acme/others", true);
        world.host().member(BOB, "payments/acme", true);
        assert!(told(&world, &alice), "{kind:?}");
        assert!(!told(&world, &bob), "{kind:?}");
        world.host().member(ALICE, group(kind), false);
        world.host().member(BOB, group(kind), true);
        world.advance(299);
        assert!(told(&world, &alice), "{kind:?}: still within the bound");
        world.advance(1);
        assert!(
            !told(&world, &alice),
            "{kind:?}: who left is told nothing past the bound"
        );
        assert!(told(&world, &bob), "{kind:?}");
        world.host().role(BOB, 11, Role::Stranger);
        world.advance(300);
        assert!(
            !told(&world, &bob),
            "{kind:?}: a team opens nothing that the host closes"
        );
    }
}

#[test]
fn a_host_that_does_not_say_who_is_in_a_team_opens_nothing() {
    for kind in KINDS {
        let (world, [alice, _]) = of_team(kind);
        world.host().member(ALICE, group(kind), true);
        world.host().mood(Mood::Status(500));
        let known = world.call(&alice, "get_outline", json!({"target": "acme/pay"}));
        let unknown = world.call(&alice, "get_outline", json!({"target": "acme/nil"}));
        assert!(known.is_refusal, "{kind:?}: {}", known.text);
        assert_eq!(known.text, unknown.text, "{kind:?}: an outage is no oracle");
        world.host().mood(Mood::Well);
        world.advance(6);
        assert!(told(&world, &alice), "{kind:?}");
        world.host().mood(Mood::Down);
        world.advance(300);
        assert!(!told(&world, &alice), "{kind:?}");
    }
}

#[test]
fn a_team_is_asked_about_whatever_the_call_is_about_and_only_where_one_decides() {
    let (world, [alice, _]) = of_team(HostKind::GitHub);
    world.host().forget_requests();
    world.call(&alice, "get_outline", json!({"target": "acme/nil"}));
    assert_eq!(world.host().asked("user/teams"), 1);
    world.call(&alice, "get_outline", json!({"target": "acme/pay"}));
    assert_eq!(world.host().asked("user/teams"), 1, "what the host said is remembered");
    let (world, [alice, _]) = world_of(
        HostKind::GitHub,
        "",
        "[[team]]\nname = \"pay\"\nhost = \"github\"\ngroup = \"acme/pay\"\n",
    );
    assert!(told(&world, &alice));
    assert_eq!(world.host().asked("user/teams"), 0);
}

#[test]
fn an_exception_for_a_team_of_a_host_opens_to_its_members() {
    let (world, [alice, bob]) = world_of(
        HostKind::GitLab,
        "readers = []",
        "[[team]]\nname = \"audit\"\nhost = \"gitlab\"\ngroup = \"acme/deep/audit\"\n\
         [[exception]]\nid = \"audit\"\nrepo = \"acme/pay\"\nwho = [\"team:audit\"]\nfrom = 2026-09-01\nuntil = 2026-10-01\n\
         justification = \"incident 4711\"\napproved_by = \"ciso\"\n",
    );
    world.host().member(BOB, "acme/deep/audit", true);
    assert!(!told(&world, &alice) && told(&world, &bob));
    world.host().member(BOB, "acme/deep/audit", false);
    world.advance(300);
    assert!(!told(&world, &bob));
}
