//! How long a right that was taken away is still relied on, at each host, asked by an MCP client: to the hard bound, or to a webhook.

use crate::over_http::{KINDS, OverHttp, Person, four_hosts, name};
use crate::stand_in::{Mood, Role, Visibility, uuid};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use louver::scope::HostKind;
use serde_json::json;
use sha2::Sha256;
use std::fs;
use tempfile::TempDir;

const ALICE: u64 = 1;
const SECRET: &str = "what the host signs with";

/// Four hosts at which Alice reads one repository each, and that sign their webhooks.
struct Site {
    louver: OverHttp,
    people: Vec<Person>,
    _secret: TempDir,
}

impl Site {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("webhook");
        fs::write(&file, format!("{SECRET}\n")).expect("written");
        let more = format!("webhook_secret_file = {:?}", file.display().to_string());
        let repos = [(11, Visibility::Private, true)];
        let louver = OverHttp::serve(four_hosts(&repos, &[("alice", Role::Reader)], &more));
        let people = louver
            .access
            .hosts
            .iter()
            .map(|host| louver.log_in(host, "alice"))
            .collect();
        Self {
            louver,
            people,
            _secret: folder,
        }
    }

    /// What Alice is told at each host.
    #[track_caller]
    fn told(&self, expected: &str) {
        for (kind, person) in KINDS.into_iter().zip(&self.people) {
            assert_eq!(self.louver.outcome(person, &name(kind, 11)), expected, "{kind:?}");
        }
    }

    /// What is recorded of rights that came and went.
    fn turns(&self) -> Vec<String> {
        let records = self.louver.auth_records().into_iter();
        let turns = records.filter(|it| it.0.starts_with("permission-"));
        turns
            .inspect(|it| assert!(it.1["repo"].as_str().is_some_and(|repo| repo.ends_with("11")), "{it:?}"))
            .map(|it| it.0)
            .collect()
    }

    fn withdraw(&self) {
        for host in &self.louver.access.hosts {
            host.role(ALICE, 11, Role::Stranger);
        }
    }

    /// Delivers an event the way the host signs it.
    fn deliver(&self, kind: HostKind, event: &Event, id: &str) -> u16 {
        self.louver
            .deliver(kind.as_str(), &signed(kind, event, id), event.body.clone())
    }
}

/// What a host says has happened.
struct Event {
    name: &'static str,
    body: String,
}

/// An event of each host after which a right may be gone. Bitbucket and Gitea have none about people.
fn event(kind: HostKind) -> Event {
    let (name, body) = match kind {
        HostKind::GitHub => {
            let body = json!({ "action": "removed", "member": { "id": 1 }, "repository": { "id": 11 } });
            ("member", body)
        }
        HostKind::GitLab => {
            let body = json!({ "event_name": "user_remove_from_team", "user_id": 1, "project_id": 11 });
            ("System Hook", body)
        }
        HostKind::Bitbucket => ("repo:updated", json!({ "repository": { "uuid": uuid(11) } })),
        _ => ("repository", json!({ "action": "deleted", "repository": { "id": 11 } })),
    };
    Event {
        name,
        body: body.to_string(),
    }
}

/// The headers of a delivery.
fn signed(kind: HostKind, event: &Event, id: &str) -> Vec<(&'static str, String)> {
    let mac = |parts: &[&str]| {
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key");
        parts.iter().for_each(|part| mac.update(part.as_bytes()));
        mac.finalize().into_bytes().to_vec()
    };
    let hex = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (name, id) = (event.name.to_owned(), id.to_owned());
    match kind {
        HostKind::GitHub => vec![
            ("x-hub-signature-256", format!("sha256={}", hex(mac(&[&event.body])))),
            ("x-github-event", name),
            ("x-github-delivery", id),
        ],
        HostKind::GitLab => vec![
            ("x-gitlab-token", SECRET.to_owned()),
            ("x-gitlab-event", name),
            ("x-gitlab-event-uuid", id),
        ],
        HostKind::Bitbucket => vec![
            ("x-hub-signature", format!("sha256={}", hex(mac(&[&event.body])))),
            ("x-event-key", name),
            ("x-request-uuid", id),
        ],
        _ => vec![
            ("x-gitea-signature", hex(mac(&[&event.body]))),
            ("x-gitea-event", name),
            ("x-gitea-delivery", id),
        ],
    }
}

#[test]
fn without_a_webhook_the_first_call_past_the_hard_bound_is_denied() {
    let site = Site::start();
    site.told("told");
    site.withdraw();
    site.louver.access.advance(59);
    site.told("told");
    site.louver.access.advance(241);
    site.told("none");
}

#[test]
fn with_a_webhook_the_first_call_after_it_is_denied() {
    let site = Site::start();
    site.told("told");
    site.withdraw();
    site.told("told");
    for kind in KINDS {
        assert_eq!(site.deliver(kind, &event(kind), "1"), 204, "{kind:?}");
    }
    site.told("none");
    let taken: Vec<_> = site
        .louver
        .auth_records()
        .into_iter()
        .filter(|it| it.0 == "webhook-taken")
        .collect();
    assert_eq!(taken.len(), 4, "{taken:?}");
    assert_eq!(
        taken[1].1,
        json!({ "host": "gitlab", "asked_anew": [{ "subject": "1" }] })
    );
    // The same delivery again does nothing and is not recorded; it cannot give anything back either.
    for host in &site.louver.access.hosts {
        host.role(ALICE, 11, Role::Reader);
    }
    for kind in KINDS {
        assert_eq!(site.deliver(kind, &event(kind), "1"), 204, "{kind:?}");
    }
    site.told("none");
    assert_eq!(site.turns(), ["permission-lost"; 4]);
    assert_eq!(site.louver.auth_records().len(), taken.len() + 4);
    // A right that is taken away again in the same words is another delivery.
    site.louver.access.advance(30);
    site.told("told");
    assert_eq!(site.turns()[4..], ["permission-gained"; 4]);
    site.withdraw();
    for kind in KINDS {
        assert_eq!(site.deliver(kind, &event(kind), "2"), 204, "{kind:?}");
    }
    site.told("none");
    assert_eq!(site.turns()[8..], ["permission-lost"; 4]);
}

#[test]
fn a_host_that_is_down_is_relied_on_to_the_hard_bound_and_then_named() {
    let site = Site::start();
    site.told("told");
    for host in &site.louver.access.hosts {
        host.mood(Mood::Down);
    }
    site.louver.access.advance(299);
    site.told("told");
    site.louver.access.advance(1);
    site.told("later");
    for (kind, person) in KINDS.into_iter().zip(&site.people) {
        let arguments = json!({ "query": "pay", "repo": name(kind, 11) });
        let answer = site.louver.call(person, "search_symbols", &arguments);
        assert!(answer.text.contains(&format!("`{}`", kind.as_str())), "{}", answer.text);
    }
    for host in &site.louver.access.hosts {
        host.mood(Mood::Well);
    }
    site.louver.access.advance(6);
    site.told("told");
}

#[test]
fn a_webhook_that_is_not_right_does_nothing() {
    let site = Site::start();
    site.told("told");
    site.withdraw();
    let deliver = |host: &str, headers: &[(&str, String)], body: &str| site.louver.deliver(host, headers, body);
    for kind in KINDS {
        let right = event(kind);
        let mut headers = signed(kind, &right, "1");
        assert_eq!(
            deliver(kind.as_str(), &headers[1..], &right.body),
            401,
            "{kind:?} unsigned"
        );
        if kind != HostKind::GitLab {
            assert_eq!(deliver(kind.as_str(), &headers, "{}"), 401, "{kind:?} of another body");
        }
        headers[0].1.push('0');
        assert_eq!(deliver(kind.as_str(), &headers, &right.body), 401, "{kind:?} wrong");
        let form = Event {
            name: right.name,
            body: "payload=%7B%7D".to_owned(),
        };
        assert_eq!(site.deliver(kind, &form, "1"), 400, "{kind:?} a form");
        assert_eq!(deliver("nowhere", &signed(kind, &right, "1"), &right.body), 404);
        let long = Event {
            name: right.name,
            body: " ".repeat(1 + (1 << 20)),
        };
        assert_eq!(site.deliver(kind, &long, "1"), 413, "{kind:?}");
    }
    site.told("told");
    let records = site.louver.auth_records();
    assert!(
        !records.is_empty() && records.iter().all(|it| it.0 == "webhook-refused"),
        "{records:?}"
    );
    // Whoever delivers wrong ones fills no log, and keeps no right one out.
    let right = event(HostKind::GitHub);
    for _ in 0..30 {
        assert_eq!(deliver("github", &[], &right.body), 401);
    }
    assert_eq!(site.louver.auth_records().len(), 20);
    assert_eq!(site.deliver(HostKind::GitHub, &right, "9"), 204);
    assert_eq!(
        site.louver.outcome(&site.people[0], &name(HostKind::GitHub, 11)),
        "none"
    );
}

#[test]
fn gitlabs_newer_signature_is_of_its_time() {
    let site = Site::start();
    site.told("told");
    site.withdraw();
    let right = event(HostKind::GitLab);
    let now = site.louver.access.hands.now();
    let now = now.duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    let deliver = |sent: u64, id: &str| {
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key");
        mac.update(format!("{id}.{sent}.{}", right.body).as_bytes());
        let headers = [
            ("webhook-id", id.to_owned()),
            ("webhook-timestamp", sent.to_string()),
            (
                "webhook-signature",
                format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())),
            ),
        ];
        site.louver.deliver("gitlab", &headers, right.body.clone())
    };
    assert_eq!(deliver(now - 301, "old"), 401);
    assert_eq!(
        site.louver.outcome(&site.people[1], &name(HostKind::GitLab, 11)),
        "told"
    );
    assert_eq!(deliver(now - 299, "new"), 204);
    assert_eq!(
        site.louver.outcome(&site.people[1], &name(HostKind::GitLab, 11)),
        "none"
    );
}

#[test]
fn a_host_without_a_secret_takes_no_webhook() {
    let repos = [(11, Visibility::Private, true)];
    let louver = OverHttp::serve(four_hosts(&repos, &[("alice", Role::Reader)], ""));
    for kind in KINDS {
        let right = event(kind);
        let status = louver.deliver(kind.as_str(), &signed(kind, &right, "1"), right.body);
        assert_eq!(status, 404, "{kind:?}");
    }
}
