//! The decision function: properties, and an exhaustive table.

use expect_test::expect;
use louver::scope::{
    Action, Decision, Monitoring, RepoName, Request, Resource, Rule, Scope, Subject, Tier, decide, moment,
};
use proptest::prelude::*;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const HOST: &str = "[[host]]\nname = \"h\"\nkind = \"static\"\n";

fn scope(text: &str) -> Scope {
    Scope::parse(text, Path::new("louver.toml")).unwrap_or_else(|err| panic!("{err}\n{text}"))
}

fn subject(login: &str) -> Subject<'_> {
    Subject {
        host: "h",
        id: "7",
        login,
        teams: &[],
        teams_until: None,
    }
}

fn asked(scope: &Scope, login: &str, repo: &str, path: Option<&str>, action: Action, at: SystemTime) -> Decision {
    let repo = RepoName::new(repo).expect("a good name");
    let resource = Resource { repo: &repo, path };
    let subject = subject(login);
    decide(
        scope,
        &Request {
            subject,
            resource,
            action,
            at,
        },
    )
}

/// 2026-11-21T00:00:00Z and so many seconds.
fn at(seconds: i64) -> SystemTime {
    let day = UNIX_EPOCH + Duration::from_secs(1_795_219_200);
    if seconds < 0 {
        day - Duration::from_secs(seconds.unsigned_abs())
    } else {
        day + Duration::from_secs(seconds.unsigned_abs())
    }
}

#[test]
fn every_combination_is_decided() {
    let mut table = String::new();
    for tier in ["public", "internal", "confidential", "restricted"] {
        for readers in ["", "readers = [\"h:alice\"]\n"] {
            let text = format!(
                "version = 1\nexclude = [\"legal/\"]\n{HOST}[[repo]]\nname = \"r\"\npath = \"r\"\nowner = \"o\"\ntier = \"{tier}\"\n{readers}\
                 [[exception]]\nid = \"e\"\nrepo = \"r\"\nwho = [\"h:bob\"]\nfrom = 2026-11-20\nuntil = 2026-11-21\njustification = \"j\"\napproved_by = \"c\"\n"
            );
            let scope = scope(&text);
            let circle = if readers.is_empty() { "open" } else { "readers" };
            for path in [
                None,
                Some("a.rs"),
                Some("legal/a.rs"),
                Some("vendor/a.rs"),
                Some(".env"),
            ] {
                for (who, action, when) in [
                    ("louver", Action::Index, 0),
                    ("alice", Action::Retrieve, 0),
                    ("bob", Action::Retrieve, 0),
                    ("bob", Action::Retrieve, 86_400),
                    ("carol", Action::Retrieve, 0),
                ] {
                    let decision = asked(&scope, who, "r", path, action, at(when));
                    let late = if when > 0 { " later" } else { "" };
                    table.push_str(&format!(
                        "{tier} {circle} {} {who}{late}: {} {}\n",
                        path.unwrap_or("-"),
                        if decision.allow { "allow" } else { "deny" },
                        decision.rule
                    ));
                }
            }
        }
    }
    expect![[r#"
        public open - louver: allow listed
        public open - alice: allow listed
        public open - bob: allow listed
        public open - bob later: allow listed
        public open - carol: allow listed
        public open a.rs louver: allow listed
        public open a.rs alice: allow listed
        public open a.rs bob: allow listed
        public open a.rs bob later: allow listed
        public open a.rs carol: allow listed
        public open legal/a.rs louver: deny excluded:scope:legal/
        public open legal/a.rs alice: deny excluded:scope:legal/
        public open legal/a.rs bob: deny excluded:scope:legal/
        public open legal/a.rs bob later: deny excluded:scope:legal/
        public open legal/a.rs carol: deny excluded:scope:legal/
        public open vendor/a.rs louver: deny vendored:default:vendor/
        public open vendor/a.rs alice: deny vendored:default:vendor/
        public open vendor/a.rs bob: deny vendored:default:vendor/
        public open vendor/a.rs bob later: deny vendored:default:vendor/
        public open vendor/a.rs carol: deny vendored:default:vendor/
        public open .env louver: deny excluded:default:.env
        public open .env alice: deny excluded:default:.env
        public open .env bob: deny excluded:default:.env
        public open .env bob later: deny excluded:default:.env
        public open .env carol: deny excluded:default:.env
        public readers - louver: allow listed
        public readers - alice: allow reader:h:alice
        public readers - bob: allow exception:e
        public readers - bob later: deny not-a-reader
        public readers - carol: deny not-a-reader
        public readers a.rs louver: allow listed
        public readers a.rs alice: allow reader:h:alice
        public readers a.rs bob: allow exception:e
        public readers a.rs bob later: deny not-a-reader
        public readers a.rs carol: deny not-a-reader
        public readers legal/a.rs louver: deny excluded:scope:legal/
        public readers legal/a.rs alice: deny excluded:scope:legal/
        public readers legal/a.rs bob: deny excluded:scope:legal/
        public readers legal/a.rs bob later: deny excluded:scope:legal/
        public readers legal/a.rs carol: deny excluded:scope:legal/
        public readers vendor/a.rs louver: deny vendored:default:vendor/
        public readers vendor/a.rs alice: deny vendored:default:vendor/
        public readers vendor/a.rs bob: deny vendored:default:vendor/
        public readers vendor/a.rs bob later: deny vendored:default:vendor/
        public readers vendor/a.rs carol: deny vendored:default:vendor/
        public readers .env louver: deny excluded:default:.env
        public readers .env alice: deny excluded:default:.env
        public readers .env bob: deny excluded:default:.env
        public readers .env bob later: deny excluded:default:.env
        public readers .env carol: deny excluded:default:.env
        internal open - louver: allow listed
        internal open - alice: allow listed
        internal open - bob: allow listed
        internal open - bob later: allow listed
        internal open - carol: allow listed
        internal open a.rs louver: allow listed
        internal open a.rs alice: allow listed
        internal open a.rs bob: allow listed
        internal open a.rs bob later: allow listed
        internal open a.rs carol: allow listed
        internal open legal/a.rs louver: deny excluded:scope:legal/
        internal open legal/a.rs alice: deny excluded:scope:legal/
        internal open legal/a.rs bob: deny excluded:scope:legal/
        internal open legal/a.rs bob later: deny excluded:scope:legal/
        internal open legal/a.rs carol: deny excluded:scope:legal/
        internal open vendor/a.rs louver: deny vendored:default:vendor/
        internal open vendor/a.rs alice: deny vendored:default:vendor/
        internal open vendor/a.rs bob: deny vendored:default:vendor/
        internal open vendor/a.rs bob later: deny vendored:default:vendor/
        internal open vendor/a.rs carol: deny vendored:default:vendor/
        internal open .env louver: deny excluded:default:.env
        internal open .env alice: deny excluded:default:.env
        internal open .env bob: deny excluded:default:.env
        internal open .env bob later: deny excluded:default:.env
        internal open .env carol: deny excluded:default:.env
        internal readers - louver: allow listed
        internal readers - alice: allow reader:h:alice
        internal readers - bob: allow exception:e
        internal readers - bob later: deny not-a-reader
        internal readers - carol: deny not-a-reader
        internal readers a.rs louver: allow listed
        internal readers a.rs alice: allow reader:h:alice
        internal readers a.rs bob: allow exception:e
        internal readers a.rs bob later: deny not-a-reader
        internal readers a.rs carol: deny not-a-reader
        internal readers legal/a.rs louver: deny excluded:scope:legal/
        internal readers legal/a.rs alice: deny excluded:scope:legal/
        internal readers legal/a.rs bob: deny excluded:scope:legal/
        internal readers legal/a.rs bob later: deny excluded:scope:legal/
        internal readers legal/a.rs carol: deny excluded:scope:legal/
        internal readers vendor/a.rs louver: deny vendored:default:vendor/
        internal readers vendor/a.rs alice: deny vendored:default:vendor/
        internal readers vendor/a.rs bob: deny vendored:default:vendor/
        internal readers vendor/a.rs bob later: deny vendored:default:vendor/
        internal readers vendor/a.rs carol: deny vendored:default:vendor/
        internal readers .env louver: deny excluded:default:.env
        internal readers .env alice: deny excluded:default:.env
        internal readers .env bob: deny excluded:default:.env
        internal readers .env bob later: deny excluded:default:.env
        internal readers .env carol: deny excluded:default:.env
        confidential open - louver: allow listed
        confidential open - alice: allow listed
        confidential open - bob: allow listed
        confidential open - bob later: allow listed
        confidential open - carol: allow listed
        confidential open a.rs louver: allow listed
        confidential open a.rs alice: allow listed
        confidential open a.rs bob: allow listed
        confidential open a.rs bob later: allow listed
        confidential open a.rs carol: allow listed
        confidential open legal/a.rs louver: deny excluded:scope:legal/
        confidential open legal/a.rs alice: deny excluded:scope:legal/
        confidential open legal/a.rs bob: deny excluded:scope:legal/
        confidential open legal/a.rs bob later: deny excluded:scope:legal/
        confidential open legal/a.rs carol: deny excluded:scope:legal/
        confidential open vendor/a.rs louver: deny vendored:default:vendor/
        confidential open vendor/a.rs alice: deny vendored:default:vendor/
        confidential open vendor/a.rs bob: deny vendored:default:vendor/
        confidential open vendor/a.rs bob later: deny vendored:default:vendor/
        confidential open vendor/a.rs carol: deny vendored:default:vendor/
        confidential open .env louver: deny excluded:default:.env
        confidential open .env alice: deny excluded:default:.env
        confidential open .env bob: deny excluded:default:.env
        confidential open .env bob later: deny excluded:default:.env
        confidential open .env carol: deny excluded:default:.env
        confidential readers - louver: allow listed
        confidential readers - alice: allow reader:h:alice
        confidential readers - bob: allow exception:e
        confidential readers - bob later: deny not-a-reader
        confidential readers - carol: deny not-a-reader
        confidential readers a.rs louver: allow listed
        confidential readers a.rs alice: allow reader:h:alice
        confidential readers a.rs bob: allow exception:e
        confidential readers a.rs bob later: deny not-a-reader
        confidential readers a.rs carol: deny not-a-reader
        confidential readers legal/a.rs louver: deny excluded:scope:legal/
        confidential readers legal/a.rs alice: deny excluded:scope:legal/
        confidential readers legal/a.rs bob: deny excluded:scope:legal/
        confidential readers legal/a.rs bob later: deny excluded:scope:legal/
        confidential readers legal/a.rs carol: deny excluded:scope:legal/
        confidential readers vendor/a.rs louver: deny vendored:default:vendor/
        confidential readers vendor/a.rs alice: deny vendored:default:vendor/
        confidential readers vendor/a.rs bob: deny vendored:default:vendor/
        confidential readers vendor/a.rs bob later: deny vendored:default:vendor/
        confidential readers vendor/a.rs carol: deny vendored:default:vendor/
        confidential readers .env louver: deny excluded:default:.env
        confidential readers .env alice: deny excluded:default:.env
        confidential readers .env bob: deny excluded:default:.env
        confidential readers .env bob later: deny excluded:default:.env
        confidential readers .env carol: deny excluded:default:.env
        restricted open - louver: deny restricted
        restricted open - alice: deny restricted
        restricted open - bob: deny restricted
        restricted open - bob later: deny restricted
        restricted open - carol: deny restricted
        restricted open a.rs louver: deny restricted
        restricted open a.rs alice: deny restricted
        restricted open a.rs bob: deny restricted
        restricted open a.rs bob later: deny restricted
        restricted open a.rs carol: deny restricted
        restricted open legal/a.rs louver: deny restricted
        restricted open legal/a.rs alice: deny restricted
        restricted open legal/a.rs bob: deny restricted
        restricted open legal/a.rs bob later: deny restricted
        restricted open legal/a.rs carol: deny restricted
        restricted open vendor/a.rs louver: deny restricted
        restricted open vendor/a.rs alice: deny restricted
        restricted open vendor/a.rs bob: deny restricted
        restricted open vendor/a.rs bob later: deny restricted
        restricted open vendor/a.rs carol: deny restricted
        restricted open .env louver: deny restricted
        restricted open .env alice: deny restricted
        restricted open .env bob: deny restricted
        restricted open .env bob later: deny restricted
        restricted open .env carol: deny restricted
        restricted readers - louver: deny restricted
        restricted readers - alice: deny restricted
        restricted readers - bob: deny restricted
        restricted readers - bob later: deny restricted
        restricted readers - carol: deny restricted
        restricted readers a.rs louver: deny restricted
        restricted readers a.rs alice: deny restricted
        restricted readers a.rs bob: deny restricted
        restricted readers a.rs bob later: deny restricted
        restricted readers a.rs carol: deny restricted
        restricted readers legal/a.rs louver: deny restricted
        restricted readers legal/a.rs alice: deny restricted
        restricted readers legal/a.rs bob: deny restricted
        restricted readers legal/a.rs bob later: deny restricted
        restricted readers legal/a.rs carol: deny restricted
        restricted readers vendor/a.rs louver: deny restricted
        restricted readers vendor/a.rs alice: deny restricted
        restricted readers vendor/a.rs bob: deny restricted
        restricted readers vendor/a.rs bob later: deny restricted
        restricted readers vendor/a.rs carol: deny restricted
        restricted readers .env louver: deny restricted
        restricted readers .env alice: deny restricted
        restricted readers .env bob: deny restricted
        restricted readers .env bob later: deny restricted
        restricted readers .env carol: deny restricted
    "#]]
    .assert_eq(&table);
}

#[test]
fn an_exception_begins_and_ends_to_the_second() {
    let with = |until: &str| {
        scope(&format!(
            "version = 1\n{HOST}[[repo]]\nname = \"r\"\npath = \"r\"\nowner = \"o\"\ntier = \"internal\"\nreaders = [\"h:alice\"]\n\
             [[exception]]\nid = \"e\"\nrepo = \"r\"\nwho = [\"h#7\"]\nfrom = 2026-11-21\nuntil = {until}\njustification = \"j\"\napproved_by = \"c\"\n"
        ))
    };
    let day = with("2026-11-21");
    let open = |scope: &Scope, at| asked(scope, "bob", "r", None, Action::Retrieve, at).allow;
    let nano = Duration::from_nanos(1);
    assert!(!open(&day, at(0) - nano));
    assert!(open(&day, at(0)));
    assert!(open(&day, at(86_400) - nano));
    assert!(!open(&day, at(86_400)));
    let moment = with("2026-11-21T10:30:15+01:00");
    assert!(open(&moment, at(9 * 3600 + 30 * 60 + 15) - nano));
    assert!(!open(&moment, at(9 * 3600 + 30 * 60 + 15)));
    let decision = asked(&moment, "bob", "r", None, Action::Retrieve, at(1));
    assert_eq!(decision.until, Some(at(9 * 3600 + 30 * 60 + 15)));
    assert_eq!(
        decision.monitoring,
        Monitoring::Enhanced,
        "closely watched unless the file says otherwise"
    );
    assert_eq!(decision.rule, Rule::Exception("e".to_owned()));
}

#[test]
fn a_request_nobody_approved_opens_nothing() {
    let scope = scope(&format!(
        "version = 1\n{HOST}[[repo]]\nname = \"r\"\npath = \"r\"\nowner = \"o\"\ntier = \"internal\"\nreaders = []\n\
         [[exception]]\nid = \"e\"\nrepo = \"r\"\nwho = [\"h:bob\"]\nfrom = 2026-11-21\nuntil = 2026-11-22\njustification = \"j\"\n"
    ));
    let decision = asked(&scope, "bob", "r", None, Action::Retrieve, at(1));
    assert!(!decision.allow);
    assert_eq!(
        decision.reasons.last().map(String::as_str),
        Some("the exception `e` is requested and opens nothing")
    );
}

/// Name, tier, exclusions and readers.
type DrawnRepo = (String, Option<Tier>, Vec<&'static str>, Option<Vec<&'static str>>);

/// A scope of a few repositories, drawn at random.
#[derive(Clone, Debug)]
struct Drawn {
    default: Tier,
    repos: Vec<DrawnRepo>,
    exceptions: Vec<(usize, &'static str, i64, i64, bool)>,
    exclude: Vec<&'static str>,
}

const GLOBS: [&str; 8] = [
    "src",
    "**/prod/**",
    "vendor/",
    "*.rs",
    "web/**",
    "[a-z]*",
    "infra/prod",
    "/legal/",
];
const PATHS: [&str; 9] = [
    "src/lib.rs",
    "vendor/x.go",
    "a/.env",
    "infra/prod/db.ts",
    "data/x.rs",
    "web/dist/app.js",
    "x.key",
    "legal/deal.ts",
    "lib/A.java",
];
const PEOPLE: [&str; 3] = ["alice", "bob", "carol"];

impl Drawn {
    fn text(&self) -> String {
        let list = |items: &[&str]| {
            items
                .iter()
                .map(|item| format!("{item:?}"))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let who = |items: &[&str]| {
            items
                .iter()
                .map(|item| format!("\"h:{item}\""))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let mut text = format!(
            "version = 1\nexclude = [{}]\n[defaults]\ntier = \"{}\"\n{HOST}",
            list(&self.exclude),
            self.default
        );
        for (name, tier, exclude, readers) in &self.repos {
            text.push_str(&format!(
                "[[repo]]\nname = \"{name}\"\npath = \"p\"\nowner = \"o\"\nexclude = [{}]\n",
                list(exclude)
            ));
            if let Some(tier) = tier {
                text.push_str(&format!("tier = \"{tier}\"\n"));
            }
            if let Some(readers) = readers {
                text.push_str(&format!("readers = [{}]\n", who(readers)));
            }
        }
        for (n, (repo, person, from, length, approved)) in self.exceptions.iter().enumerate() {
            let Some((name, ..)) = self.repos.get(*repo) else {
                continue;
            };
            let (from, until) = (moment::second(at(*from)), moment::second(at(from + length)));
            text.push_str(&format!(
                "[[exception]]\nid = \"e{n}\"\nrepo = \"{name}\"\nwho = [\"h:{person}\"]\nfrom = {from}\nuntil = {until}\njustification = \"j\"\n"
            ));
            if *approved {
                text.push_str("approved_by = \"c\"\n");
            }
        }
        text
    }
}

fn tiers() -> impl Strategy<Value = Tier> {
    prop::sample::select(Tier::ALL.to_vec())
}

fn some_of(items: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    prop::sample::subsequence(items.to_vec(), 0..=items.len().min(3))
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let repo = (
        prop::option::of(tiers()),
        some_of(&GLOBS),
        prop::option::of(some_of(&PEOPLE)),
    );
    let exception = (
        0..4_usize,
        prop::sample::select(PEOPLE.to_vec()),
        -90_000..90_000_i64,
        1..200_000_i64,
        any::<bool>(),
    );
    (
        tiers(),
        prop::collection::vec(repo, 0..4),
        prop::collection::vec(exception, 0..4),
        some_of(&GLOBS),
    )
        .prop_map(|(default, repos, exceptions, exclude)| Drawn {
            default,
            repos: repos
                .into_iter()
                .enumerate()
                .map(|(n, (tier, exclude, readers))| (format!("r{n}"), tier, exclude, readers))
                .collect(),
            exceptions,
            exclude,
        })
}

/// Every request that can be made of a drawn scope at one moment.
fn requests() -> impl Iterator<Item = (&'static str, String, Option<&'static str>, Action)> {
    let repos = (0..5).map(|n| format!("r{n}"));
    repos.flat_map(|repo| {
        let paths = [None].into_iter().chain(PATHS.map(Some));
        paths.flat_map(move |path| {
            let repo = repo.clone();
            PEOPLE.into_iter().flat_map(move |person| {
                let repo = repo.clone();
                [Action::Index, Action::Retrieve].map(|action| (person, repo.clone(), path, action))
            })
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever denies overrides what allows; what nothing allows is denied.
    #[test]
    fn what_denies_overrides_and_the_unknown_is_denied(drawn in drawn(), when in -200_000..300_000_i64) {
        let scope = scope(&drawn.text());
        for (person, repo, path, action) in requests() {
            let decision = asked(&scope, person, &repo, path, action, at(when));
            let Some((_, tier, _, readers)) = drawn.repos.iter().find(|(name, ..)| *name == repo) else {
                prop_assert_eq!(decision.rule, Rule::Unlisted);
                prop_assert!(!decision.allow);
                continue;
            };
            let restricted = tier.unwrap_or(drawn.default) == Tier::Restricted;
            let listed = scope.repos().find(|listed| listed.name().as_str() == repo).expect("listed");
            let hidden = path.is_some_and(|path| listed.paths().decide(path) != louver::scope::PathDecision::Approved);
            let reader = readers.as_ref().is_none_or(|readers| readers.contains(&person));
            let excepted = drawn.exceptions.iter().any(|(at, who, from, length, approved)| {
                format!("r{at}") == repo && *who == person && *approved && *from <= when && when < from + length
            });
            let expected = !restricted && !hidden && (action == Action::Index || reader || excepted);
            prop_assert_eq!(decision.allow, expected, "{} {} {:?} {:?}: {:?}", person, repo, path, action, decision);
        }
    }

    /// More exclusions, a stricter tier, fewer readers and fewer exceptions never open anything.
    #[test]
    fn narrowing_never_widens(drawn in drawn(), glob in prop::sample::select(GLOBS.to_vec()), which in 0..5_usize, when in -200_000..300_000_i64) {
        let before = scope(&drawn.text());
        let mut narrower = drawn.clone();
        match which {
            0 => narrower.exclude.push(glob),
            1 => narrower.repos.iter_mut().for_each(|(_, _, exclude, _)| exclude.push(glob)),
            2 => narrower.repos.iter_mut().for_each(|(_, tier, ..)| *tier = Some(Tier::Restricted)),
            3 => narrower.repos.iter_mut().for_each(|(.., readers)| *readers = Some(readers.take().map_or(Vec::new(), |mut list| { list.pop(); list }))),
            _ => { narrower.exceptions.pop(); }
        }
        let after = scope(&narrower.text());
        for (person, repo, path, action) in requests() {
            let was = asked(&before, person, &repo, path, action, at(when)).allow;
            let is = asked(&after, person, &repo, path, action, at(when)).allow;
            prop_assert!(was || !is, "{} {} {:?} {:?} opened by {}", person, repo, path, action, which);
        }
    }
}

#[test]
fn a_member_of_a_team_stands_for_who_a_host_would_name() {
    let text = "version = 1\n[server]\npublic_url = \"https://l.example\"\n[[host]]\nname = \"github\"\nkind = \"github\"\nclient_id = \"i\"\n\
                client_secret_env = \"S\"\n[[team]]\nname = \"pay\"\nhost = \"github\"\ngroup = \"acme/pay\"\n[[repo]]\nname = \"r\"\npath = \"r\"\nowner = \"o\"\n\
                tier = \"internal\"\nreaders = [\"team:pay\"]\n[[test]]\nrepo = \"r\"\nuser = \"team:pay\"\nexpect = \"allowed\"\n\
                [[test]]\nrepo = \"r\"\nuser = \"github:alice\"\nexpect = \"not-a-reader\"\n";
    let scope = scope(text);
    assert_eq!(louver::scope::unmet(&scope, UNIX_EPOCH), []);
    let decision = asked(&scope, "alice", "r", None, Action::Retrieve, UNIX_EPOCH);
    assert!(!decision.allow);
    assert!(
        decision
            .reasons
            .iter()
            .any(|it| it == "`github` is asked who is in `acme/pay` when somebody of it asks"),
        "{:?}",
        decision.reasons
    );
}
