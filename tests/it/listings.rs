//! Many repositories: what the host lists saves a question about each, and is no permission by itself.

use crate::access_world::{Hands, Memory, permissions};
use crate::over_http::{KINDS, bind};
use crate::stand_in::{Mood, Role, StandIn, Visibility};
use crate::world::repository;
use louver::access::{Asked, Permissions, RepoHost as _, Subject, Verdict};
use louver::scope::{HostKind, Scope};
use std::fs;
use std::sync::Arc;
use tempfile::TempDir;

const ALICE: u64 = 1;

/// A host with many repositories, all approved.
struct Site {
    host: StandIn,
    scope: Scope,
    permissions: Permissions,
    alice: Subject,
    _kept: [TempDir; 3],
}

impl Site {
    /// Repositories with ids from 1001, of which Alice reads all but those `role` says otherwise of.
    fn new(kind: HostKind, count: u64, more: &str, role: impl Fn(u64) -> (Role, Visibility)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let source = repository(&[("src/lib.rs", "pub fn pay() {}\n")]);
        let (served, bare) = crate::access_world::bare(source.path());
        let host = StandIn::start(kind, &bare);
        host.person(ALICE, "alice");
        let mut text = format!(
            "version = 1\n[server]\npublic_url = \"http://127.0.0.1:1\"\n{}\n",
            host.table(folder.path(), more)
        );
        for id in 1001..1001 + count {
            let (role, visibility) = role(id);
            host.repo(id, &format!("acme/r{id}"), visibility, true);
            host.role(ALICE, id, role);
            bind(&mut text, &host, &format!("acme/r{id}"), id, source.path());
        }
        let config = folder.path().join("louver.toml");
        fs::write(&config, text).expect("written");
        let scope = Scope::load(&config).expect("a scope");
        let permissions = permissions(&scope, &Arc::new(Memory::default()), &Hands::new());
        let alice = crate::access_world::log_in(&permissions, &host, "alice");
        host.forget_requests();
        Self {
            host,
            scope,
            permissions,
            alice,
            _kept: [folder, source, served],
        }
    }

    /// The ids of what Alice may read, when everything is asked about.
    fn readable(&self) -> Vec<u64> {
        let repos = self.scope.approved();
        let verdicts = self
            .permissions
            .verdicts(&self.alice, &repos.iter().collect::<Vec<_>>(), Asked::WithAll);
        let readable = (1001..)
            .zip(verdicts)
            .filter(|(_, verdict)| matches!(verdict, Verdict::Readable { .. }));
        readable.map(|(id, _)| id).collect()
    }

    /// How many requests went to the interface, and how many to git.
    fn asked(&self) -> (usize, usize) {
        let git = self.host.asked("info/refs");
        (self.host.asked("GET") - git, git)
    }
}

#[test]
fn three_hundred_repositories_cost_the_interface_a_handful_of_questions() {
    let of = |kind: HostKind, count: u64, more: &str| {
        let site = Site::new(kind, count, more, |_| (Role::Reader, Visibility::Private));
        let all: Vec<u64> = (1001..1001 + count).collect();
        assert_eq!(site.readable(), all, "{kind:?}");
        let first = site.asked();
        // What was asked is remembered.
        assert_eq!(site.readable(), all, "{kind:?}");
        assert_eq!(site.asked(), first, "{kind:?}");
        first
    };
    // Where the App is installed, and three pages of a hundred.
    assert_eq!(of(HostKind::GitHub, 300, ""), (1 + 3, 300));
    assert_eq!(of(HostKind::GitHub, 120, "oauth_app = true"), (2, 120));
    assert_eq!(of(HostKind::GitLab, 120, ""), (2, 120));
    assert_eq!(of(HostKind::Bitbucket, 120, ""), (1 + 2, 120));
    assert_eq!(of(HostKind::Gitea, 120, ""), (3, 120));
}

#[test]
fn what_is_listed_is_read_if_git_agrees_and_what_is_not_is_asked_about() {
    for kind in KINDS {
        let site = Site::new(kind, 20, "", |id| match id % 4 {
            0 => (Role::Stranger, Visibility::Private),
            1 => (Role::Stranger, Visibility::Public),
            2 if matches!(kind, HostKind::GitLab | HostKind::Gitea) => (Role::IssuesOnly, Visibility::Private),
            _ => (Role::Reader, Visibility::Private),
        });
        let expected: Vec<u64> = (1001..1021)
            .filter(|id| match id % 4 {
                0 => false,
                2 => !matches!(kind, HostKind::GitLab | HostKind::Gitea),
                _ => true,
            })
            .collect();
        assert_eq!(site.readable(), expected, "{kind:?}");
    }
}

#[test]
fn a_list_alone_grants_nothing() {
    for kind in KINDS {
        for mood in [
            Mood::GitRefuses,
            Mood::GitDown,
            Mood::GitLoginPage,
            Mood::Down,
            Mood::NotJson,
        ] {
            let site = Site::new(kind, 12, "", |_| (Role::Reader, Visibility::Private));
            site.host.mood(mood);
            assert!(site.readable().is_empty(), "{kind:?} {mood:?}");
        }
    }
}

#[test]
fn few_repositories_are_asked_about_one_by_one() {
    let site = Site::new(HostKind::GitHub, 9, "", |_| (Role::Reader, Visibility::Private));
    assert_eq!(site.readable().len(), 9);
    assert_eq!(site.asked(), (9, 9));
}
