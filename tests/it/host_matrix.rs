//! Who may be told about what: four hosts, every role, visibility and right to code, and everything a host may answer. Each cell is a tool
//! call that went to a stand-in over HTTP and to git.

use crate::access_world::{AccessWorld, bare};
use crate::stand_in::{Mood, Role, StandIn, Visibility};
use crate::world::repository;
use expect_test::expect;
use louver::access::Subject;
use louver::scope::HostKind;
use serde_json::json;
use std::fmt::Write as _;

const KINDS: [HostKind; 4] = [HostKind::GitHub, HostKind::GitLab, HostKind::Bitbucket, HostKind::Gitea];
const ROLES: [Role; 5] = [
    Role::Stranger,
    Role::IssuesOnly,
    Role::Reader,
    Role::Writer,
    Role::Admin,
];
const VISIBILITIES: [Visibility; 3] = [Visibility::Private, Visibility::Internal, Visibility::Public];

/// The repositories of a host: one of each visibility, with and without code.
fn cells() -> impl Iterator<Item = (u64, Visibility, bool)> {
    let with_code = VISIBILITIES.into_iter().map(|visibility| (visibility, true));
    let without = VISIBILITIES.into_iter().map(|visibility| (visibility, false));
    (11..)
        .zip(with_code.chain(without))
        .map(|(id, (visibility, has_code))| (id, visibility, has_code))
}

/// Whether a host has such a thing at all.
fn exists(kind: HostKind, role: Role, visibility: Visibility, has_code: bool) -> bool {
    match kind {
        HostKind::GitHub => has_code && role != Role::IssuesOnly,
        HostKind::Bitbucket => has_code && role != Role::IssuesOnly && visibility != Visibility::Internal,
        _ => true,
    }
}

fn name(kind: HostKind, id: u64) -> String {
    format!("{}/r{id}", kind.as_str())
}

/// A louver with all four hosts, and everybody logged in at each.
fn world() -> (AccessWorld, Vec<Vec<Subject>>) {
    let source = repository(&[("src/lib.rs", "pub fn pay(order: u64) -> u64 { order }\n")]);
    let (folder, bare) = bare(source.path());
    let mut repos = String::new();
    let mut hosts = Vec::new();
    for kind in KINDS {
        let host = StandIn::start(kind, &bare);
        for (id, visibility, has_code) in cells() {
            host.repo(id, &format!("acme/r{id}"), visibility, has_code);
            write!(
                repos,
                "[[repo]]\nname = \"{}\"\npath = {:?}\nowner = \"o\"\ntier = \"internal\"\n{}\n",
                name(kind, id),
                source.path().display().to_string(),
                host.binding(id)
            )
            .expect("written");
        }
        for (person, role) in (1..).zip(ROLES) {
            host.person(person, &format!("{role:?}").to_lowercase());
            for (id, ..) in cells() {
                host.role(person, id, role);
            }
        }
        hosts.push(host);
    }
    let mut world = AccessWorld::new(hosts, "", &repos);
    let everybody = world
        .hosts
        .iter()
        .map(|host| {
            let logins = ROLES.iter().map(|role| format!("{role:?}").to_lowercase());
            logins.map(|login| world.log_in(host, &login)).collect()
        })
        .collect();
    world.kept.extend([folder, source]);
    (world, everybody)
}

fn outcome(world: &AccessWorld, subject: &Subject, repo: &str) -> &'static str {
    let answer = world.call(subject, "search_symbols", json!({ "query": "pay", "repo": repo }));
    let text = &answer.text;
    if !answer.is_refusal {
        assert!(text.contains("src/lib.rs"), "{text}");
        "told"
    } else if text.starts_with("no repository") {
        "none"
    } else if text.contains("cannot be asked") {
        "later"
    } else if text.contains("has ended") {
        "login"
    } else {
        panic!("{text}")
    }
}

#[test]
fn roles_visibility_and_the_right_to_code() {
    let (world, everybody) = world();
    let mut table = format!("{:10}{:12}", "host", "role");
    for (_, visibility, has_code) in cells() {
        let column = format!("{visibility:?}{}", if has_code { "" } else { "-nocode" }).to_lowercase();
        write!(table, " {column:16}").expect("written");
    }
    for (kind, people) in KINDS.into_iter().zip(&everybody) {
        for (role, subject) in ROLES.into_iter().zip(people) {
            write!(table, "\n{:10}{:12}", kind.as_str(), format!("{role:?}").to_lowercase()).expect("written");
            for (id, visibility, has_code) in cells() {
                let cell = if exists(kind, role, visibility, has_code) {
                    outcome(&world, subject, &name(kind, id))
                } else {
                    "-"
                };
                write!(table, " {cell:16}").expect("written");
            }
        }
    }
    let table: Vec<&str> = table.lines().map(str::trim_end).collect();
    expect![[r#"
        host      role         private          internal         public           private-nocode   internal-nocode  public-nocode
        github    stranger     none             told             told             -                -                -
        github    issuesonly   -                -                -                -                -                -
        github    reader       told             told             told             -                -                -
        github    writer       told             told             told             -                -                -
        github    admin        told             told             told             -                -                -
        gitlab    stranger     none             told             told             none             none             none
        gitlab    issuesonly   none             told             told             none             none             none
        gitlab    reader       told             told             told             none             none             none
        gitlab    writer       told             told             told             none             none             none
        gitlab    admin        told             told             told             none             none             none
        bitbucket stranger     none             -                told             -                -                -
        bitbucket issuesonly   -                -                -                -                -                -
        bitbucket reader       told             -                told             -                -                -
        bitbucket writer       told             -                told             -                -                -
        bitbucket admin        told             -                told             -                -                -
        gitea     stranger     none             told             told             none             none             none
        gitea     issuesonly   none             told             told             none             none             none
        gitea     reader       told             told             told             none             none             none
        gitea     writer       told             told             told             none             none             none
        gitea     admin        told             told             told             none             none             none"#]].assert_eq(&table.join("\n"));
}

#[test]
fn a_subject_of_one_host_is_nobody_at_another() {
    let (world, everybody) = world();
    for (kind, people) in KINDS.into_iter().zip(&everybody) {
        for other in KINDS.into_iter().filter(|other| *other != kind) {
            assert_eq!(outcome(&world, &people[4], &name(other, 11)), "none");
        }
    }
}

#[test]
fn whatever_a_host_answers() {
    let moods = [
        Mood::Well,
        Mood::Status(401),
        Mood::Status(403),
        Mood::Status(404),
        Mood::Status(410),
        Mood::Status(418),
        Mood::Status(429),
        Mood::Status(500),
        Mood::Status(503),
        Mood::RateLimited403,
        Mood::NotJson,
        Mood::FieldMissing,
        Mood::OtherId,
        Mood::Redirect,
        Mood::CutOff,
        Mood::Endless,
        Mood::GitRefuses,
        Mood::GitDown,
        Mood::GitLoginPage,
    ];
    let (world, everybody) = world();
    let mut table = format!("{:16}", "answer");
    for kind in KINDS {
        write!(table, " {:10}", kind.as_str()).expect("written");
    }
    for mood in moods {
        write!(table, "\n{:16}", format!("{mood:?}")).expect("written");
        for ((kind, people), host) in KINDS.into_iter().zip(&everybody).zip(&world.hosts) {
            // Past every bound, with a login of its own.
            world.advance(901);
            host.mood(Mood::Well);
            let subject = world.log_in(host, "reader");
            assert_eq!(subject, people[2]);
            host.mood(mood);
            write!(table, " {:10}", outcome(&world, &subject, &name(kind, 11))).expect("written");
            host.mood(Mood::Well);
        }
    }
    let table: Vec<&str> = table.lines().map(str::trim_end).collect();
    expect![[r#"
        answer           github     gitlab     bitbucket  gitea
        Well             told       told       told       told
        Status(401)      login      login      login      login
        Status(403)      none       none       none       none
        Status(404)      none       none       none       none
        Status(410)      none       none       none       none
        Status(418)      later      later      later      later
        Status(429)      later      later      later      later
        Status(500)      later      later      later      later
        Status(503)      later      later      later      later
        RateLimited403   later      later      later      later
        NotJson          later      later      later      later
        FieldMissing     later      later      later      later
        OtherId          later      later      later      later
        Redirect         later      later      later      later
        CutOff           later      later      later      later
        Endless          later      later      later      later
        GitRefuses       none       none       none       none
        GitDown          later      later      later      later
        GitLoginPage     later      later      later      later"#]]
    .assert_eq(&table.join("\n"));
}
