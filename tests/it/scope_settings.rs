//! Settings of the scope file that act over time: what a mirror is kept for, which commit a tag means, and what `scope check` warns about.

use crate::sources::host::{Host, Manner};
use crate::world::{commit, files_below, git};
use louver::scope::{RepoName, Scope, warnings};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

/// A folder with one repository, and a louver that knows it by what the scope says.
struct Site {
    folder: TempDir,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let repo = folder.path().join("app.git");
        fs::create_dir(&repo).expect("a folder");
        git(&repo, &["init", "-q", "-b", "main"]);
        commit(&repo, &[("src/lib.rs", "pub fn first_thing() {}\n")]);
        Self { folder }
    }

    fn repo(&self) -> std::path::PathBuf {
        self.folder.path().join("app.git")
    }

    fn scope(&self, entry: &str) {
        let text = format!("version = 1\n[[repo]]\nname = \"acme/app\"\nowner = \"o\"\ntier = \"internal\"\n{entry}\n");
        fs::write(self.folder.path().join("louver.toml"), text).expect("written");
    }

    #[track_caller]
    fn run(&self, arguments: &[&str]) -> String {
        let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_louver"))
            .args(arguments)
            .arg("--config")
            .arg(self.folder.path().join("louver.toml"))
            .arg("--data")
            .arg(self.data())
            .output()
            .expect("louver runs");
        assert!(status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).expect("text")
    }

    fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    /// Files of mirrors.
    fn mirrored(&self) -> Vec<std::path::PathBuf> {
        let mirrors = self.data().join("mirrors");
        let files = if mirrors.is_dir() {
            files_below(&mirrors)
        } else {
            Vec::new()
        };
        files.into_iter().map(|(path, _)| path).collect()
    }

    fn outline(&self) -> String {
        self.run(&["ask", "get_outline", "target=acme/app:src/lib.rs"])
    }
}

/// Makes every file below a folder look as if it had been written so many days ago.
fn age(files: &[std::path::PathBuf], days: u64) {
    let then = SystemTime::now() - Duration::from_secs(days * 24 * 60 * 60 + 60);
    for path in files {
        // Objects of git are read-only.
        let mut permissions = fs::metadata(path).expect("there").permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o600);
        fs::set_permissions(path, permissions).expect("set");
        let file = fs::File::options().write(true).open(path).expect("opened");
        file.set_modified(then).expect("set");
    }
}

#[test]
fn discarded_sources_leave_an_index_and_no_mirror() {
    let site = Site::new();
    let host = Host::start(site.folder.path(), Manner::default());
    site.scope(&format!("url = \"{}\"\nsources = \"discard\"", host.url("app.git")));
    site.run(&["index"]);
    assert_eq!(site.mirrored(), Vec::<std::path::PathBuf>::new());
    assert!(site.outline().contains("first_thing"));
    commit(&site.repo(), &[("src/lib.rs", "pub fn second_thing() {}\n")]);
    site.run(&["index"]);
    assert_eq!(site.mirrored(), Vec::<std::path::PathBuf>::new());
    assert!(site.outline().contains("second_thing"));
}

#[test]
fn a_mirror_goes_with_its_retention_and_comes_back_with_the_next_index() {
    let site = Site::new();
    let host = Host::start(site.folder.path(), Manner::default());
    site.scope(&format!("url = \"{}\"\nretention_days = 2", host.url("app.git")));
    site.run(&["index"]);
    let kept = site.mirrored();
    assert!(!kept.is_empty());
    age(&kept, 1);
    site.run(&["purge"]);
    assert_eq!(site.mirrored().len(), kept.len(), "a day is not two");
    age(&kept, 2);
    let purged = site.run(&["purge"]);
    assert_eq!(site.mirrored(), Vec::<std::path::PathBuf>::new(), "{purged}");
    assert!(site.outline().contains("first_thing"), "the index stays");
    commit(&site.repo(), &[("src/lib.rs", "pub fn second_thing() {}\n")]);
    site.run(&["index"]);
    assert!(!site.mirrored().is_empty(), "it is fetched again");
    assert!(site.outline().contains("second_thing"));
    assert!(!site.outline().contains("first_thing"));
}

#[test]
fn a_tag_is_the_commit_it_names() {
    let site = Site::new();
    git(&site.repo(), &["tag", "v1"]);
    commit(&site.repo(), &[("src/lib.rs", "pub fn second_thing() {}\n")]);
    let host = Host::start(site.folder.path(), Manner::default());
    for place in [
        "path = \"app.git\"".to_owned(),
        format!("url = \"{}\"", host.url("app.git")),
    ] {
        site.scope(&format!("{place}\ntag = \"v1\""));
        site.run(&["index"]);
        let told = site.outline();
        assert!(
            told.contains("first_thing") && !told.contains("second_thing"),
            "{place}: {told}"
        );
        assert!(told.contains("ref=refs/tags/v1"), "{told}");
    }
}

/// Of every kind of warning, a scope that earns it and one that hardly does not; today is 2026-11-21.
#[test]
fn every_warning_has_its_reason() {
    let repo = "[[repo]]\nname = \"r\"\npath = \"r\"\nowner = \"o\"\ntier = \"internal\"\n";
    let readers = "readers = [\"local:a\"]\n";
    let exception = |days: &str, approved: &str| {
        format!(
            "[[exception]]\nid = \"e\"\nrepo = \"r\"\nwho = [\"local:b\"]\njustification = \"j\"\n{days}\n{approved}\n"
        )
    };
    let by = "approved_by = \"c\"";
    let table = [
        (
            format!("{repo}review_by = 2026-11-20\n"),
            "the review of `r` was due by 2026-11-20",
        ),
        (
            format!("{repo}review_by = 2026-12-01\n"),
            "the review of `r` is due by 2026-12-01, and today is 2026-11-21",
        ),
        (format!("{repo}review_by = 2027-01-01\n"), ""),
        (
            format!("{repo}exclude = [\"gone/**\"]\n"),
            "`gone/**` matches none of the 2 paths",
        ),
        (format!("{repo}exclude = [\"src/**\"]\n"), ""),
        (
            format!("{repo}exclude = [\"src/**\", \"src/a.rs\"]\n"),
            "`src/a.rs` hides nothing that `repo:src/**` does not hide",
        ),
        (
            format!("exclude = [\"src/**\"]\n{repo}exclude = [\"src/a.rs\"]\n"),
            "`src/a.rs` hides nothing that `scope:src/**`",
        ),
        (format!("{repo}exclude = [\"src/a.rs\", \"src/b.rs\"]\n"), ""),
        (
            format!(
                "{repo}{readers}{}",
                exception("from = 2026-11-01\nuntil = 2026-11-20", by)
            ),
            "the exception `e` ended with 2026-11-20 and opens nothing",
        ),
        (
            format!(
                "{repo}{readers}{}",
                exception("from = 2026-11-01\nuntil = 2026-12-01", by)
            ),
            "the exception `e` ends with 2026-12-01; decide",
        ),
        (
            format!(
                "{repo}{readers}{}",
                exception("from = 2026-11-01\nuntil = 2026-12-31", "")
            ),
            "nobody approved the exception `e`",
        ),
        (
            format!("{repo}{}", exception("from = 2026-11-01\nuntil = 2026-12-31", by)),
            "`r` names no `readers`, so the exception `e` opens nothing",
        ),
        (
            format!(
                "{repo}{readers}{}",
                exception("from = 2026-11-01\nuntil = 2026-12-31", by)
            ),
            "",
        ),
        (
            format!("{repo}[[team]]\nname = \"t\"\nmembers = []\n"),
            "nothing names the team `t`",
        ),
        (
            format!("{repo}readers = [\"team:t\"]\n[[team]]\nname = \"t\"\nmembers = []\n"),
            "",
        ),
    ];
    let today = UNIX_EPOCH + Duration::from_secs(1_795_262_400);
    let paths = |_: &RepoName| Some(vec!["src/a.rs".to_owned(), "src/b.rs".to_owned()]);
    for (text, expected) in table {
        let scope = Scope::parse(&format!("version = 1\n{text}"), Path::new("louver.toml")).expect(&text);
        let told: Vec<String> = warnings(&scope, today, &paths)
            .iter()
            .map(ToString::to_string)
            .collect();
        if expected.is_empty() {
            assert_eq!(told, Vec::<String>::new(), "{text}");
        } else {
            assert!(told.len() == 1 && told[0].contains(expected), "{text}: {told:?}");
            assert!(
                told[0].starts_with("louver.toml:") || told[0].starts_with("team:"),
                "{told:?}"
            );
        }
    }
}
