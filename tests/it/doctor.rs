//! `louver doctor`: says what is right, and what to do about what is not.

use crate::stand_in::{Mood, StandIn};
use crate::world::repository;
use louver::scope::HostKind;
use std::fs;
use std::process::Command;
use tempfile::TempDir;

struct Patient {
    folder: TempDir,
    host: StandIn,
}

impl Patient {
    fn new(kind: HostKind) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let host = StandIn::start(kind, folder.path());
        let table = host.table(folder.path(), "");
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
