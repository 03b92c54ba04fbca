//! `louver doctor`: says what is right, and what to do about what is not.

use crate::stand_in::{Mood, StandIn, Visibility};
use crate::world::repository;
use louver::scope::HostKind;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

struct Patient {
    folder: TempDir,
    host: StandIn,
}

impl Patient {
    fn new(kind: HostKind) -> Self {
        Self::with(kind, |_, _| String::new())
    }

    /// The same, with more about its host.
    fn with(kind: HostKind, more: impl Fn(&StandIn, &Path) -> String) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let host = StandIn::start(kind, folder.path());
        let table = host.table(folder.path(), &more(&host, folder.path()));
        let text = format!("version = 1\n[server]\npublic_url = \"https://louver.example.com\"\n{table}");
        fs::write(folder.path().join("louver.toml"), text).expect("written");
        Self { folder, host }
    }

    fn examine(&self) -> (i32, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_louver"))
            .arg("--config")
            .arg(self.folder.path().join("louver.toml"))
            .arg("--data")
            .arg(self.folder.path().join("data"))
            .arg("doctor")
            .output()
            .expect("louver runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code().expect("a code"), said)
    }
}

#[test]
fn a_right_registration_is_recognised_at_every_host() {
    for kind in [HostKind::GitHub, HostKind::GitLab, HostKind::Bitbucket, HostKind::Gitea] {
        let (code, said) = Patient::new(kind).examine();
        assert_eq!(code, 0, "{said}");
        let callback = format!("`https://louver.example.com/oauth/callback/{}`", kind.as_str());
        assert!(
            said.contains(&callback) && said.contains("takes the client id and secret"),
            "{said}"
        );
    }
}

#[test]
fn what_is_wrong_is_named() {
    for kind in [HostKind::GitHub, HostKind::GitLab, HostKind::Bitbucket, HostKind::Gitea] {
        let patient = Patient::new(kind);
        fs::write(patient.folder.path().join("client-secret"), "another").expect("written");
        let (code, said) = patient.examine();
        assert!(
            code == 3 && said.contains("does not know the client id or secret"),
            "{said}"
        );
        assert!(!said.contains("another"), "{said}");
        patient.host.mood(Mood::Down);
        let (code, said) = patient.examine();
        assert!(code == 3 && said.contains("status 503"), "{said}");
        fs::remove_file(patient.folder.path().join("client-secret")).expect("removed");
        let (code, said) = patient.examine();
        assert!(code == 3 && said.contains("cannot be read"), "{said}");
    }
}

#[test]
fn repositories_without_a_host_are_listed() {
    let patient = Patient::new(HostKind::Gitea);
    let source = repository(&[]);
    let config = patient.folder.path().join("louver.toml");
    let text = fs::read_to_string(&config).expect("readable");
    let path = source.path().display().to_string();
    let repo = format!("[[repo]]\nname = \"acme/pay\"\npath = {path:?}\nowner = \"o\"\ntier = \"internal\"\n");
    fs::write(&config, text + &repo).expect("written");
    let (code, said) = patient.examine();
    assert!(
        code == 0 && said.contains("repository acme/pay: it has no `host`"),
        "{said}"
    );
}

/// A patient that keeps no tokens of people, and one repository of its host.
fn with_its_own_credential(kind: HostKind) -> Patient {
    let patient = Patient::with(kind, |host, secrets| {
        fs::write(secrets.join("hook"), "hook-secret").expect("written");
        let hook = format!("webhook_secret_file = {:?}", secrets.join("hook").display().to_string());
        format!("{}\n{hook}", host.identity_only(secrets))
    });
    patient.host.repo(11, "acme/pay", Visibility::Private, true);
    let config = patient.folder.path().join("louver.toml");
    let text = fs::read_to_string(&config).expect("readable");
    let binding = patient.host.binding(11);
    let repo = format!("[[repo]]\nname = \"acme/pay\"\npath = \".\"\nowner = \"o\"\ntier = \"internal\"\n{binding}\n");
    fs::write(&config, text + &repo).expect("written");
    patient
}

#[test]
fn what_the_host_granted_is_said() {
    for kind in [HostKind::GitHub, HostKind::GitLab, HostKind::Bitbucket] {
        let patient = with_its_own_credential(kind);
        let (code, said) = patient.examine();
        assert_eq!(code, 0, "{said}");
        assert!(said.contains("it can ask about 1 repositories"), "{said}");
        let address = format!("`https://louver.example.com/webhooks/{}`", kind.as_str());
        assert!(said.contains(&address), "{said}");
        patient.host.state().own.unseen = vec![11];
        let (code, said) = patient.examine();
        assert!(code == 3 && said.contains("cannot ask about `acme/pay`"), "{said}");
    }
}

#[test]
fn a_wrong_grant_is_named() {
    let github = with_its_own_credential(HostKind::GitHub);
    let says = |patient: &Patient, code: i32, expected: &str| {
        let (found, said) = patient.examine();
        assert!(found == code && said.contains(expected), "{said}");
    };
    says(&github, 0, "the App is granted Metadata: read");
    says(
        &github,
        0,
        "not subscribed to member, membership, organization, team, repository, public, org_block",
    );
    github.host.state().own.events = vec![
        "member",
        "membership",
        "organization",
        "repository",
        "public",
        "org_block",
    ];
    says(&github, 0, "not subscribed to team;");
    github.host.state().own.rights = vec![("metadata", "read"), ("contents", "write")];
    says(&github, 0, "the App may do more than read: contents");
    github.host.state().own.rights = vec![("contents", "read")];
    says(&github, 3, "lacks Metadata: read");
    github.host.state().own.is_suspended = true;
    says(&github, 3, "suspended");
    github.host.state().own.key = None;
    let _other = github.host.identity_only(tempfile::tempdir().expect("a folder").path());
    says(&github, 3, "does not know the App or its installation");
    let gitlab = with_its_own_credential(HostKind::GitLab);
    says(&gitlab, 0, "has the scope `read_api`");
    says(&gitlab, 0, "ends on 2027-01-31");
    gitlab.host.state().own.rights = vec![("api", "")];
    says(&gitlab, 0, "which can write");
    gitlab.host.state().own.rights = vec![("read_user", "")];
    says(&gitlab, 3, "lacks the scope `read_api`");
}

#[test]
fn a_host_without_webhooks_is_noted() {
    let (code, said) = Patient::new(HostKind::GitLab).examine();
    assert!(
        code == 0 && said.contains("none are taken, so a right that is gone counts for up to 300 s"),
        "{said}"
    );
}
