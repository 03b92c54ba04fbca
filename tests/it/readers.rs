//! Repositories that are kept to their readers, as callers see it: people, teams and exceptions, to the second.

use crate::access_world::{AccessWorld, bare};
use crate::stand_in::{Role, StandIn, Visibility};
use crate::world::repository;
use louver::access::Subject;
use louver::scope::HostKind;
use serde_json::json;

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
