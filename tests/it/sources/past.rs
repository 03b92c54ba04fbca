//! The past of repositories: commits, merges, renames, what the scope hides, and how deep mirrors are.

use super::host::{Host, Manner};
use super::{Bench, Git, is_code, refresh};
use expect_test::expect;
use louver::sources::{Hunk, Mirror};
use std::fmt::Write as _;
use std::fs;

const FIVE: &[u8] = b"fn a() {}\nfn b() {}\nfn c() {}\nfn d() {}\nfn e() {}\n";

impl Git {
    /// Takes files out and commits.
    fn remove(&self, paths: &[&str]) {
        let remove = ["rm", "-q", "--cached"].into_iter().chain(paths.iter().copied());
        self.run(&remove.collect::<Vec<_>>());
        self.commit(&[]);
    }
}

/// Every commit with the files and lines it changed, the oldest first.
fn past(mirror: &Mirror) -> String {
    let mut out = String::new();
    for commit in mirror.past(&is_code, &|_| false).expect("a past").iter().rev() {
        let parents = commit.parents.len();
        let Some(changes) = &commit.changes else {
            writeln!(out, "commit of {parents}, not compared").expect("text");
            continue;
        };
        writeln!(out, "commit of {parents}{}", if changes.is_cut { ", cut" } else { "" }).expect("text");
        for file in &changes.files {
            let path = |entry: &Option<_>| {
                entry
                    .as_ref()
                    .map_or("-".to_owned(), |it: &louver::sources::Entry| it.path().to_string())
            };
            let hunk = |it: &Hunk| format!(" {:?}>{:?}", it.before, it.after);
            let hunks: String = file.hunks.iter().map(hunk).collect();
            let unread = if file.is_read { "" } else { " unread" };
            writeln!(out, "  {} {}{hunks}{unread}", path(&file.before), path(&file.after)).expect("text");
        }
    }
    out
}

#[test]
fn every_commit_says_which_lines_of_which_approved_files_it_changed() {
    let bench = Bench::new();
    let git = bench.repo(
        "app",
        &[
            ("a.rs", FIVE),
            ("legal/x.rs", b"fn secret() {}\n"),
            ("a.txt", b"no code\n"),
        ],
    );
    git.commit(&[("a.rs", b"fn a() {}\nfn two() {}\nfn c() {}\nfn e() {}\nfn f() {}\n")]);
    git.commit(&[("legal/x.rs", b"fn still() {}\n")]);
    git.commit(&[("b/c.rs", b"fn a() {}\nfn two() {}\nfn c() {}\nfn e() {}\nfn g() {}\n")]);
    git.remove(&["a.rs", "a.txt"]);
    let lines = "path = \"app\"\nhistory = 50\nexclude = [\"legal/**\"]";
    expect![[r#"
        commit of 0
          - a.rs (0, 0)>(1, 5)
        commit of 1
          a.rs a.rs (2, 1)>(2, 1) (4, 1)>(3, 0) (5, 0)>(5, 1)
        commit of 1
        commit of 1
          - b/c.rs (0, 0)>(1, 5)
        commit of 1
          a.rs - (1, 5)>(0, 0)
    "#]]
    .assert_eq(&past(&bench.open(lines).expect("opened")));
    let lines = "path = \"app\"\nhistory = 3";
    let short = past(&bench.open(lines).expect("opened"));
    assert!(
        short.starts_with("commit of 1, not compared\ncommit of 1\n  - b/c.rs"),
        "{short}"
    );
    let alone = past(&bench.open("path = \"app\"").expect("opened"));
    assert_eq!(alone, "commit of 1, not compared\n");
}

#[test]
fn renames_are_one_change_and_merges_are_seen_from_their_branch() {
    let bench = Bench::new();
    let git = bench.repo(
        "app",
        &[
            ("old.rs", FIVE),
            ("same.rs", b"fn x() {}\n"),
            ("stay.rs", b"fn s() {}\n"),
        ],
    );
    git.run(&["rm", "-q", "--cached", "old.rs", "same.rs"]);
    let renamed = [&FIVE[..40], b"fn more() {}\n"].concat();
    git.commit(&[
        ("new.rs", &renamed),
        ("deep/same.rs", b"fn x() {}\n"),
        ("other.rs", b"fn unlike() {}\n"),
    ]);
    git.run(&["checkout", "-q", "-f", "-b", "side"]);
    git.commit(&[("side.rs", b"fn side() {}\n")]);
    git.run(&["checkout", "-q", "-f", "main"]);
    git.commit(&[("stay.rs", b"fn stays() {}\n")]);
    git.run(&["merge", "-q", "--no-ff", "-m", "CANARY", "side"]);
    let all = past(&bench.open("path = \"app\"\nhistory = 50").expect("opened"));
    assert!(all.contains("  same.rs deep/same.rs\n"), "{all}");
    assert!(all.contains("  old.rs new.rs (5, 1)>(5, 1)\n"), "{all}");
    assert!(all.contains("  - other.rs (0, 0)>(1, 1)\n"), "{all}");
    assert!(all.ends_with("commit of 2\n  - side.rs (0, 0)>(1, 1)\n"), "{all}");
    assert_eq!(
        all.matches("side.rs").count(),
        2,
        "in the merge and in the commit that was merged: {all}"
    );
}

#[test]
fn a_commit_without_bounds_is_cut_and_what_cannot_be_read_is_said() {
    let bench = Bench::new();
    let git = bench.repo("app", &[("a.rs", b"fn a() {}\n")]);
    let many: Vec<String> = (0..401).map(|n| format!("f{n}.rs")).collect();
    let files: Vec<(&str, &[u8])> = many.iter().map(|path| (path.as_str(), &b"fn f() {}\n"[..])).collect();
    git.commit(&files);
    git.commit(&[("a.rs", b"fn a() {}\n\0\0\0")]);
    let mirror = bench.open("path = \"app\"\nhistory = 9").expect("opened");
    assert_eq!(
        past(&mirror),
        "commit of 0\n  - a.rs (0, 0)>(1, 1)\ncommit of 1, cut\ncommit of 1\n  a.rs a.rs unread\n"
    );
    // A tree that is cut off would keep the git library busy for ever.
    let tree = git.run(&["rev-parse", "HEAD~1^{tree}"]);
    let object = git.path.join(".git/objects").join(&tree[..2]).join(&tree[2..]);
    let whole = fs::read(&object).expect("a loose object");
    fs::remove_file(&object).expect("read-only objects can be replaced");
    fs::write(&object, &whole[..whole.len() / 2]).expect("written");
    let text = past(&mirror);
    assert!(text.ends_with("commit of 1, cut\ncommit of 1, cut\n"), "{text}");
}

#[test]
fn a_mirror_is_as_deep_as_the_scope_says() {
    let bench = Bench::new();
    let git = bench.repo("app.git", &[("a.rs", b"fn a() {}\n")]);
    for n in 1..6 {
        git.commit(&[("a.rs", format!("fn a{n}() {{}}\n").as_bytes())]);
    }
    let host = Host::start(bench.folder.path(), Manner::default());
    let lines = |depth: u32| format!("url = \"{}\"\nhistory = {depth}", host.url("app.git"));
    let commits = || {
        let folders = fs::read_dir(bench.path("data/mirrors")).expect("mirrors").flatten();
        let folders: Vec<_> = folders.map(|it| it.path()).collect();
        assert_eq!(folders.len(), 1, "{folders:?}");
        let bare = Git {
            path: folders[0].clone(),
        };
        let packed = bare.run(&["cat-file", "--batch-check", "--batch-all-objects"]);
        packed.lines().filter(|line| line.contains(" commit ")).count()
    };
    let fetched = |depth| {
        let mut mirror = bench.open(&lines(depth)).expect("opened");
        refresh(&mut mirror).expect("fetched");
        past(&mirror)
    };
    let three = fetched(3);
    assert_eq!((three.matches("commit of").count(), commits()), (3, 3), "{three}");
    assert!(
        three.starts_with("commit of 0, not compared\ncommit of 1\n  a.rs a.rs"),
        "{three}"
    );
    git.commit(&[("b.rs", b"fn b() {}\n")]);
    let moved = fetched(3);
    assert!(moved.ends_with("  - b.rs (0, 0)>(1, 1)\n"), "{moved}");
    assert_eq!(moved.matches("commit of").count(), 3, "{moved}");
    let all = fetched(9);
    assert_eq!((all.matches("commit of").count(), commits()), (7, 7), "raised: {all}");
    assert!(
        all.starts_with("commit of 0\n  - a.rs"),
        "the first commit is compared with nothing: {all}"
    );
    let one = fetched(1);
    assert_eq!(
        (one.as_str(), commits()),
        ("commit of 0, not compared\n", 1),
        "lowered: nothing deeper stays"
    );
}
