//! Who may be told about what: four hosts, every role, visibility and right to code, and everything a host may answer.
//!
//! Each cell of `tests/data/access-matrix.txt` is a tool call that an MCP client made over HTTP, for which louver asked a stand-in of the
//! host over HTTP, and git.

use crate::access_world::AccessWorld;
use crate::over_http::{KINDS, OverHttp, Person, four_hosts, hosts, name};
use crate::stand_in::{Mood, Role, Visibility};
use expect_test::expect_file;
use louver::scope::HostKind;
use std::fmt::Write as _;
use std::thread;

const ROLES: [Role; 5] = [
    Role::Stranger,
    Role::IssuesOnly,
    Role::Reader,
    Role::Writer,
    Role::Admin,
];
const VISIBILITIES: [Visibility; 3] = [Visibility::Private, Visibility::Internal, Visibility::Public];
const ANSWERS: [Mood; 20] = [
    Mood::Well,
    Mood::Status(401),
    Mood::Status(403),
    Mood::Status(404),
    Mood::Status(410),
    Mood::Status(418),
    Mood::Status(429),
    Mood::Status(500),
    Mood::Status(503),
    Mood::Down,
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

/// The repositories of a host: one of each visibility, with and without code.
fn repos() -> Vec<(u64, Visibility, bool)> {
    let with_code = VISIBILITIES.into_iter().map(|visibility| (visibility, true));
    let without = VISIBILITIES.into_iter().map(|visibility| (visibility, false));
    (11..)
        .zip(with_code.chain(without))
        .map(|(id, (visibility, has_code))| (id, visibility, has_code))
        .collect()
}

/// Whether a host has such a thing at all.
fn exists(kind: HostKind, role: Role, visibility: Visibility, has_code: bool) -> bool {
    match kind {
        HostKind::GitHub => has_code && role != Role::IssuesOnly,
        HostKind::Bitbucket => has_code && role != Role::IssuesOnly && visibility != Visibility::Internal,
        _ => true,
    }
}

/// A louver with all four hosts, and somebody of every role logged in at each.
struct Site {
    louver: OverHttp,
    people: Vec<Vec<Person>>,
}

impl Site {
    fn start(made: impl FnOnce(&[(&str, Role)]) -> AccessWorld) -> Self {
        let names = ROLES.map(|role| format!("{role:?}").to_lowercase());
        let people: Vec<(&str, Role)> = names.iter().map(String::as_str).zip(ROLES).collect();
        let louver = OverHttp::serve(made(&people));
        let log_in_all = |host| names.iter().map(|login| louver.log_in(host, login)).collect();
        let people = louver.access.hosts.iter().map(log_in_all).collect();
        Self { louver, people }
    }

    /// The rows of one host: a role each.
    fn roles(&self, kind: HostKind, people: &[Person]) -> String {
        let mut rows = String::new();
        for (role, person) in ROLES.into_iter().zip(people) {
            write!(rows, "{:10}{:12}", kind.as_str(), format!("{role:?}").to_lowercase()).expect("written");
            for (id, visibility, has_code) in repos() {
                let cell = if exists(kind, role, visibility, has_code) {
                    self.louver.outcome(person, &name(kind, id))
                } else {
                    "-"
                };
                write!(rows, " {cell:16}").expect("written");
            }
            rows.push('\n');
        }
        rows
    }

    /// What the reader of a private repository is told when the host answers in this way: what was readable until then, and what was not
    /// asked about before.
    fn answer(&self, at: usize, mood: Mood) -> &'static str {
        let (kind, host, reader) = (KINDS[at], &self.louver.access.hosts[at], &self.people[at][2]);
        host.mood(Mood::Well);
        // A login that ended with the answer before begins again.
        assert_eq!(self.louver.access.log_in(host, "reader"), reader.subject);
        host.mood(mood);
        let said = self.louver.outcome(reader, &name(kind, 11));
        host.mood(Mood::Well);
        said
    }
}

/// The same for several hosts at once.
fn at_each<T: Send>(hosts: usize, ask: impl Fn(usize) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let ask = &ask;
        let asking: Vec<_> = (0..hosts).map(|at| scope.spawn(move || ask(at))).collect();
        asking.into_iter().map(|it| it.join().expect("asked")).collect()
    })
}

#[test]
fn roles_visibility_the_right_to_code_and_whatever_a_host_answers() {
    let site = Site::start(|people| four_hosts(&repos(), people, ""));
    let mut table = format!("{:10}{:12}", "host", "role");
    for (_, visibility, has_code) in repos() {
        let column = format!("{visibility:?}{}", if has_code { "" } else { "-nocode" }).to_lowercase();
        write!(table, " {column:16}").expect("written");
    }
    table.push('\n');
    table.extend(at_each(4, |at| site.roles(KINDS[at], &site.people[at])));
    table.push_str("\nasked with louver's own credential (identity_only)\n");
    table.extend(identity_only());
    write!(table, "\n{:22}", "answer to a reader").expect("written");
    KINDS
        .iter()
        .for_each(|kind| write!(table, " {:16}", kind.as_str()).expect("written"));
    for mood in ANSWERS {
        // Past every bound.
        site.louver.access.advance(901);
        write!(table, "\n{:22}", format!("{mood:?}")).expect("written");
        for said in at_each(4, |at| site.answer(at, mood)) {
            write!(table, " {said:16}").expect("written");
        }
    }
    let table: Vec<&str> = table.lines().map(str::trim_end).collect();
    expect_file!["../data/access-matrix.txt"].assert_eq(&format!("{LEGEND}{}\n", table.join("\n")));
}

const LEGEND: &str = "\
What somebody is told about a repository, by what the host says of them. Every cell is a tools/call of an MCP client over HTTP.

told   an answer from the index
none   the refusal of a repository that does not exist
later  the host cannot be asked, and is named
login  the login at the host has ended
-      the host has no such thing

";

/// The rows of the hosts that can be asked without tokens of people; none is kept.
fn identity_only() -> Vec<String> {
    let kinds = [HostKind::GitHub, HostKind::GitLab, HostKind::Bitbucket];
    let site = Site::start(|people| hosts(&kinds, &repos(), people, |host, secrets| host.identity_only(secrets)));
    let rows = at_each(3, |at| site.roles(kinds[at], &site.people[at]));
    assert!(site.louver.access.memory.load_any().is_none(), "a token was kept");
    rows
}

#[test]
fn a_subject_of_one_host_is_nobody_at_another() {
    let louver = OverHttp::serve(four_hosts(
        &[(11, Visibility::Public, true)],
        &[("ada", Role::Admin)],
        "",
    ));
    for (at, kind) in KINDS.into_iter().enumerate() {
        let ada = louver.log_in(&louver.access.hosts[at], "ada");
        for other in KINDS {
            let expected = if other == kind { "told" } else { "none" };
            assert_eq!(louver.outcome(&ada, &name(other, 11)), expected);
        }
    }
}
