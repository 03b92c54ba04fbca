//! Reading approved repositories in place, and all the ways they can be odd; `remote` has those that are mirrored.

pub(crate) mod host;
mod past;
mod remote;

use expect_test::{Expect, expect};
use louver::scope::{ApprovedRepo, RepoName, Scope};
use louver::sources::{CommitInfo, Mirror, SkipReason, SourceError};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A folder with repositories in it and a data directory beside them.
struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes an empty repository.
    fn init(&self, name: &str) -> Git {
        let git = Git { path: self.path(name) };
        fs::create_dir_all(&git.path).expect("made");
        git.run(&["init", "-q", "-b", "main"]);
        git
    }

    /// Makes a repository with one commit of these files.
    fn repo(&self, name: &str, files: &[(&str, &[u8])]) -> Git {
        let git = self.init(name);
        git.commit(files);
        git
    }

    /// Approves a repository by the lines that give its place.
    fn approve(&self, lines: &str) -> ApprovedRepo {
        let text = format!("version = 1\n[[repo]]\nname = \"acme/app\"\ntier = \"internal\"\nowner = \"o\"\n{lines}\n");
        let scope = Scope::parse(&text, &self.path("louver.toml")).expect("a good file");
        scope
            .approve(&RepoName::new("acme/app").expect("a good name"))
            .expect("approved")
    }

    fn open(&self, lines: &str) -> Result<Mirror, SourceError> {
        Mirror::open(&self.path("data"), &self.approve(lines))
    }

    /// Opens and refreshes, and tells the error as an operator sees it.
    fn refusal(&self, lines: &str) -> String {
        let answer = self.open(lines).and_then(|mut mirror| refresh(&mut mirror));
        let error = answer.expect_err("a refusal").to_string();
        error.replace(&*self.folder.path().to_string_lossy(), "BENCH")
    }
}

struct Git {
    path: PathBuf,
}

impl Git {
    fn run(&self, arguments: &[&str]) -> String {
        self.feed(arguments, b"")
    }

    fn feed(&self, arguments: &[&str], input: &[u8]) -> String {
        let mut child = Command::new("git")
            .args(["-c", "user.name=o", "-c", "user.email=o@example.com", "-c", "gc.auto=0"])
            .args(arguments)
            .current_dir(&self.path)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("git is installed");
        child.stdin.take().expect("a pipe").write_all(input).expect("fed");
        let output = child.wait_with_output().expect("ended");
        assert!(output.status.success(), "git {arguments:?}");
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Puts a blob into the index under a path that no file system needs to take.
    fn stage(&self, mode: &str, path: &[u8], content: &[u8]) {
        let id = self.feed(&["hash-object", "-w", "--stdin"], content);
        self.stage_object(mode, path, &id);
    }

    fn stage_object(&self, mode: &str, path: &[u8], id: &str) {
        let mut line = format!("{mode} {id}\t").into_bytes();
        line.extend_from_slice(path);
        line.push(0);
        self.feed(&["update-index", "-z", "--add", "--index-info"], &line);
    }

    fn commit(&self, files: &[(&str, &[u8])]) -> String {
        for (path, content) in files {
            self.stage("100644", path.as_bytes(), content);
        }
        self.run(&["commit", "-q", "--allow-empty", "-m", "CANARY"]);
        self.run(&["rev-parse", "HEAD"])
    }

    /// Commits a tree that was written by hand.
    fn commit_tree(&self, tree: &str) {
        let commit = self.run(&["commit-tree", "-m", "x", tree]);
        self.run(&["update-ref", "refs/heads/main", &commit]);
    }
}

fn is_code(path: &str) -> bool {
    [".rs", ".ts", ".js"].iter().any(|extension| path.ends_with(extension))
}

fn refresh(mirror: &mut Mirror) -> Result<CommitInfo, SourceError> {
    mirror.refresh(&mut |_| ControlFlow::Continue(()))
}

/// Lists every file with its size or the reason it is passed over, reading what can be read.
fn listing(mirror: &Mirror) -> String {
    let snapshot = mirror.snapshot(&is_code).expect("a snapshot");
    let reader = mirror.reader().expect("a reader");
    let mut text = String::new();
    for entry in snapshot.entries() {
        let line = match reader.read(entry) {
            Ok(content) => format!("{} lines, {} bytes", content.lines(), content.bytes()),
            Err(reason) => reason.to_string(),
        };
        writeln!(text, "{}: {line}", entry.path()).expect("a string takes everything");
    }
    for skip in snapshot.skips() {
        writeln!(text, "- {}: {}", skip.path.escape_debug(), skip.reason).expect("a string takes everything");
    }
    text
}

#[track_caller]
fn check(mirror: &Mirror, expect: Expect) {
    expect.assert_eq(&listing(mirror));
}

#[test]
fn every_file_is_listed_or_passed_over_with_its_reason() {
    let bench = Bench::new();
    let git = bench.init("app");
    git.stage("100644", b"src/lib.rs", b"fn a() {}\nfn b() {}");
    git.stage("100755", b"src/run.ts", b"a();\n");
    git.stage("100644", b"src.rs", b"fn before_the_folder() {}\n");
    git.stage("100644", b"src-x.rs", b"fn before_the_file() {}\n");
    git.stage("100644", b"README.md", b"# CANARY\n");
    git.stage("100644", b"web/.env", b"KEY=CANARY\n");
    git.stage("100644", b"web/.env.ts", b"CANARY\n");
    git.stage("100644", b"legal/deal.rs", b"fn CANARY() {}\n");
    git.stage("100644", b"web/node_modules/x/i.js", b"x()\n");
    git.stage("120000", b"link.rs", b"/etc/passwd");
    git.stage("120000", b"src/folder", b"..");
    git.stage_object("160000", b"sub.rs", "0123456789012345678901234567890123456789");
    git.stage(
        "100644",
        b"model.rs",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
    );
    git.stage("100644", b"image.js", b"\x89PNG\r\n\x1a\n\0\0\0\r");
    git.stage("100644", b"made.ts", b"// Code generated by x. DO NOT EDIT.\n");
    git.stage("100644", b"app.min.js", "x;".repeat(20_000).as_bytes());
    git.stage("100644", b"caf\xe9.rs", b"fn a() {}\n");
    git.stage("100644", b"\xff/a.rs", b"fn a() {}\n");
    git.stage("100644", "ünï/日本.rs".as_bytes(), b"fn a() {}\n");
    git.stage("100644", b"new\nline.rs", b"fn a() {}\n");
    git.stage("100644", "turned\u{202e}sr.rs".as_bytes(), b"fn a() {}\n");
    git.stage("100644", b"empty.rs", b"");
    git.commit(&[]);
    let mirror = bench.open("path = \"app\"\nexclude = [\"legal/\"]").expect("opened");
    check(
        &mirror,
        expect![[r#"
        app.min.js: minified
        empty.rs: 0 lines, 0 bytes
        image.js: binary
        made.ts: generated
        model.rs: lfs-pointer
        src-x.rs: 1 lines, 24 bytes
        src.rs: 1 lines, 26 bytes
        src/lib.rs: 2 lines, 19 bytes
        src/run.ts: 1 lines, 5 bytes
        ünï/日本.rs: 1 lines, 10 bytes
        - README.md: unsupported-language
        - caf�.rs: non-utf8-path
        - legal/deal.rs: excluded
        - link.rs: symlink
        - new\nline.rs: invalid-path
        - src/folder: symlink
        - sub.rs: submodule
        - turned\u{202e}sr.rs: invalid-path
        - web/.env: excluded
        - web/.env.ts: excluded
        - web/node_modules/x/i.js: vendored
        - �/a.rs: non-utf8-path
    "#]],
    );
    let counts = mirror.snapshot(&is_code).expect("a snapshot").skip_counts();
    assert_eq!(
        (counts.of(SkipReason::Excluded), counts.of(SkipReason::Symlink)),
        (3, 2)
    );
    assert_eq!(counts.total(), counts.iter().map(|(_, count)| count).sum::<u64>());
}

#[test]
fn a_huge_file_is_passed_over_by_its_header() {
    let bench = Bench::new();
    let git = bench.init("app");
    let file = fs::File::create(bench.path("huge")).expect("made");
    file.set_len(100 << 20).expect("sparse");
    let id = git.run(&["hash-object", "-w", &bench.path("huge").to_string_lossy()]);
    git.stage_object("100644", b"huge.rs", &id);
    git.commit(&[("limit.rs", &[b'\n'; 100]), ("over.rs", &[b'\n'; 101])]);
    // Cut off, the content could not be inflated any more: the header is all that is read.
    let object = git.path.join(".git/objects").join(&id[..2]).join(&id[2..]);
    let start = fs::read(&object).expect("a loose object")[..200].to_vec();
    fs::remove_file(&object).expect("read-only files can be removed");
    fs::write(&object, start).expect("written");
    let mirror = bench.open("path = \"app\"\nmax_file_bytes = 100").expect("opened");
    check(
        &mirror,
        expect![[r#"
        limit.rs: 100 lines, 100 bytes
        - huge.rs: too-large
        - over.rs: too-large
    "#]],
    );
}

#[test]
fn a_missing_object_costs_one_file() {
    let bench = Bench::new();
    let git = bench.repo(
        "app",
        &[
            ("a.rs", b"fn a() {}\n"),
            ("b.rs", b"fn b() {}\n"),
            ("c/d.rs", b"fn d() {}\n"),
            ("c/e.rs", b""),
        ],
    );
    for object in ["HEAD:b.rs", "HEAD:c"] {
        let id = git.run(&["rev-parse", object]);
        fs::remove_file(git.path.join(".git/objects").join(&id[..2]).join(&id[2..])).expect("removed");
    }
    check(
        &bench.open("path = \"app\"").expect("opened"),
        expect![[r#"
        a.rs: 1 lines, 10 bytes
        - b.rs: unreadable
        - c: unreadable
    "#]],
    );
}

#[test]
fn a_damaged_object_costs_one_file() {
    let bench = Bench::new();
    let code: String = (0..9_000)
        .map(|number| format!("fn f{}() {{}}\n", number * 7_919 % 9_973))
        .collect();
    let git = bench.repo("app", &[("a.rs", b"fn a() {}\n"), ("b.rs", code.as_bytes())]);
    let id = git.run(&["rev-parse", "HEAD:b.rs"]);
    let object = git.path.join(".git/objects").join(&id[..2]).join(&id[2..]);
    let mut bytes = fs::read(&object).expect("a loose object");
    bytes[2_000..4_000].fill(0);
    fs::remove_file(&object).expect("read-only files can be removed");
    fs::write(&object, bytes).expect("written");
    assert_eq!(
        listing(&bench.open("path = \"app\"").expect("opened")),
        "a.rs: 1 lines, 10 bytes\nb.rs: unreadable\n"
    );
}

#[test]
fn crafted_trees_are_bounded() {
    let bench = Bench::new();
    let git = bench.init("app");
    let blob = git.feed(&["hash-object", "-w", "--stdin"], b"fn a() {}\n");
    let raw = |names: &[&str]| {
        let mut tree = Vec::new();
        for name in names {
            tree.extend_from_slice(format!("100644 {name}\0").as_bytes());
            tree.extend(
                (0..40)
                    .step_by(2)
                    .map(|at| u8::from_str_radix(&blob[at..at + 2], 16).expect("hexadecimal")),
            );
        }
        git.feed(&["hash-object", "-t", "tree", "--literally", "-w", "--stdin"], &tree)
    };
    git.commit_tree(&raw(&["z.rs", "../up.rs", "/etc/x.rs", "a.rs", "z.rs"]));
    check(
        &bench.open("path = \"app\"").expect("opened"),
        expect![[r#"
        a.rs: 1 lines, 10 bytes
        z.rs: 1 lines, 10 bytes
        - ../up.rs: invalid-path
        - /etc/x.rs: invalid-path
        - z.rs: invalid-path
    "#]],
    );

    let mut deep = raw(&["a.rs"]);
    for _ in 0..200 {
        deep = git.feed(&["mktree"], format!("040000 tree {deep}\td\n").as_bytes());
    }
    git.commit_tree(&deep);
    let snapshot = bench
        .open("path = \"app\"")
        .expect("opened")
        .snapshot(&is_code)
        .expect("a snapshot");
    assert_eq!(
        (snapshot.entries().len(), snapshot.skip_counts().of(SkipReason::TooDeep)),
        (0, 1)
    );

    let mut bomb = git.feed(&["mktree"], b"");
    for _ in 0..10 {
        let lines: String = ('a'..='j')
            .map(|name| format!("040000 tree {bomb}\t{name}\n"))
            .collect();
        bomb = git.feed(&["mktree"], lines.as_bytes());
    }
    git.commit_tree(&bomb);
    let error = bench
        .open("path = \"app\"")
        .expect("opened")
        .snapshot(&is_code)
        .expect_err("a bomb");
    assert!(matches!(error, SourceError::TooManyFiles { .. }), "{error}");
}

#[test]
fn nothing_of_a_repository_is_executed_and_the_working_copy_is_not_read() {
    let bench = Bench::new();
    let marker = bench.path("executed");
    let git = bench.repo(
        "app",
        &[
            ("a.rs", b"fn a() {}\n"),
            (".gitattributes", b"*.rs filter=x diff=x text eol=crlf\n"),
        ],
    );
    let command = format!("touch '{}'", marker.display());
    let config = format!(
        "[core]\n\tfsmonitor = {command}\n\tautocrlf = true\n[filter \"x\"]\n\tsmudge = {command}\n\tclean = {command}\n\tprocess = {command}\n[diff \"x\"]\n\ttextconv = {command}\n"
    );
    let config_path = git.path.join(".git/config");
    let old = fs::read_to_string(&config_path).expect("a configuration");
    fs::write(&config_path, old + &config).expect("written");
    for hook in [
        "post-checkout",
        "post-index-change",
        "pre-auto-gc",
        "reference-transaction",
        "post-merge",
    ] {
        let path = git.path.join(".git/hooks").join(hook);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(&path, format!("#!/bin/sh\n{command}\n")).expect("written");
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("executable");
    }
    fs::write(git.path.join("a.rs"), "fn changed_and_not_committed() {}\n").expect("written");
    fs::write(git.path.join("b.rs"), "fn not_committed() {}\n").expect("written");
    let mut mirror = bench.open("path = \"app\"").expect("opened");
    refresh(&mut mirror).expect("refreshed");
    check(
        &mirror,
        expect![[r#"
        a.rs: 1 lines, 10 bytes
        - .gitattributes: unsupported-language
    "#]],
    );
    assert!(!marker.exists());
}

#[test]
fn only_the_approved_branch_is_read() {
    let bench = Bench::new();
    let git = bench.repo("app", &[("a.rs", b"fn a() {}\n")]);
    git.run(&["checkout", "-q", "-b", "secret"]);
    let secret = git.commit(&[("canary.rs", b"fn CANARY() {}\n")]);
    let listed = |lines: &str| listing(&bench.open(lines).expect("opened"));
    assert_eq!(listed("path = \"app\"\nbranch = \"main\""), "a.rs: 1 lines, 10 bytes\n");
    assert!(
        listed("path = \"app\"").contains("canary.rs"),
        "without a branch it is the one that is checked out"
    );
    git.run(&["checkout", "-q", "-f", "--detach", &secret]);
    assert!(listed("path = \"app\"\nbranch = \"HEAD\"").contains("canary.rs"));
    let mirror = bench.open("path = \"app\"\nbranch = \"main\"").expect("opened");
    let commit = mirror.commit().expect("a commit");
    assert_eq!(commit.id.to_string(), git.run(&["rev-parse", "main"]));
    assert_eq!(
        commit.committed_at.to_string(),
        git.run(&["log", "-1", "--format=%ct", "main"])
    );
}

#[test]
fn local_repositories_that_cannot_be_read_say_what_to_do() {
    let bench = Bench::new();
    fs::create_dir(bench.path("folder")).expect("made");
    bench.init("empty");
    let git = bench.repo("app", &[("a.rs", b"fn a() {}\n"), ("sub/b.rs", b"")]);
    fs::create_dir_all(git.path.join("sub")).expect("made");
    git.run(&["branch", "release/1"]);
    let path = |lines: &str| bench.refusal(lines);
    expect!["`BENCH/folder` of `acme/app` is not a git repository; correct `path` to the folder that holds `.git`, or run `git init` there"].assert_eq(&path("path = \"folder\""));
    expect!["`BENCH/app/sub` of `acme/app` is not a git repository; correct `path` to the folder that holds `.git`, or run `git init` there"].assert_eq(&path("path = \"app/sub\""));
    expect!["`BENCH/nowhere` of `acme/app` is not a git repository; correct `path` to the folder that holds `.git`, or run `git init` there"].assert_eq(&path("path = \"nowhere\""));
    expect!["`acme/app` has no commit yet; commit something, or leave it out of the scope until then"]
        .assert_eq(&path("path = \"empty\""));
    expect!["`acme/app` has no commit yet; commit something, or leave it out of the scope until then"]
        .assert_eq(&path("path = \"empty\"\nbranch = \"main\""));
    expect!["`acme/app` has no branch `develop`; set `branch` in the scope file to one of: main, release/1"]
        .assert_eq(&path("path = \"app\"\nbranch = \"develop\""));
    git.run(&["symbolic-ref", "HEAD", "refs/heads/unborn"]);
    expect!["`HEAD` of `acme/app` names a branch without a commit; set `branch` in the scope file to one of: main, release/1"].assert_eq(&path("path = \"app\""));
    git.run(&["update-ref", "--no-deref", "HEAD", "refs/heads/main"]);
    expect![[r#"`HEAD` of `acme/app` is detached, so that no branch is approved; set `branch` in the scope file, or `branch = "HEAD"` for whatever is checked out"#]].assert_eq(&path("path = \"app\""));
    let sha256 = Git { path: bench.path("") };
    sha256.run(&["init", "-q", "--object-format=sha256", "modern"]);
    expect!["`acme/app` names its objects by SHA-256, which is not supported; leave it out of the scope"]
        .assert_eq(&path("path = \"modern\""));
}

#[cfg(unix)]
#[test]
fn a_repository_of_another_user_is_refused() {
    let bench = Bench::new();
    let git = bench.repo("app", &[("a.rs", b"fn a() {}\n")]);
    let given_away = [git.path.clone(), git.path.join(".git")]
        .iter()
        .all(|path| std::os::unix::fs::chown(path, Some(12_345), None).is_ok());
    if given_away {
        expect!["`BENCH/app` of `acme/app` belongs to another user; run louver as that user, or allow the folder with `git config --global --add safe.directory BENCH/app`"].assert_eq(&bench.refusal("path = \"app\""));
    }
}

#[test]
fn bare_repositories_and_worktrees_are_read_in_place() {
    let bench = Bench::new();
    let git = bench.repo("app", &[("a.rs", b"fn a() {}\n")]);
    git.run(&["clone", "-q", "--bare", ".", "../bare"]);
    git.run(&["worktree", "add", "-q", "../tree"]);
    for lines in ["path = \"bare\"", "path = \"tree\""] {
        assert_eq!(
            listing(&bench.open(lines).expect("opened")),
            "a.rs: 1 lines, 10 bytes\n"
        );
    }
}

#[test]
fn readers_work_in_threads() {
    let bench = Bench::new();
    let files: Vec<String> = (0..200).map(|number| format!("f{number}.rs")).collect();
    let contents: Vec<(&str, &[u8])> = files
        .iter()
        .map(|path| (path.as_str(), b"fn a() {}\n".as_slice()))
        .collect();
    bench.repo("app", &contents);
    let mirror = bench.open("path = \"app\"").expect("opened");
    let snapshot = mirror.snapshot(&is_code).expect("a snapshot");
    let read: usize = std::thread::scope(|scope| {
        let halves = snapshot.entries().chunks(100).map(|entries| {
            let reader = mirror.reader().expect("a reader");
            scope.spawn(move || entries.iter().filter(|entry| reader.read(entry).is_ok()).count())
        });
        let threads: Vec<_> = halves.collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).sum()
    });
    assert_eq!(read, 200);
}

/// The git library would never return from a loose object whose compressed data ends early.
#[test]
fn an_object_that_is_cut_off_is_passed_over_and_never_waited_for() {
    let noise: String = (0..4000_u32)
        .map(|n| format!("fn f{}() {{}}\n", n.wrapping_mul(2_654_435_761)))
        .collect();
    for object in ["HEAD:cut.rs", "HEAD:folder", "HEAD^{tree}", "HEAD"] {
        let bench = Bench::new();
        let git = bench.repo(
            "app",
            &[
                ("a.rs", b"fn a() {}\n"),
                ("cut.rs", noise.as_bytes()),
                ("folder/b.rs", b"fn b() {}\n"),
            ],
        );
        let id = git.run(&["rev-parse", object]);
        let path = git.path.join(".git/objects").join(&id[..2]).join(&id[2..]);
        let bytes = fs::read(&path).expect("a loose object");
        fs::remove_file(&path).expect("removed");
        fs::write(&path, &bytes[..bytes.len() / 2]).expect("written");
        let mirror = bench.open("path = \"app\"").expect("opened");
        let snapshot = mirror.commit().and_then(|_| mirror.snapshot(&is_code));
        match object {
            "HEAD:cut.rs" | "HEAD:folder" => {
                let snapshot = snapshot.expect("a snapshot");
                let reader = mirror.reader().expect("a reader");
                let unread = snapshot.entries().iter().filter(|it| reader.read(it).is_err()).count() as u64;
                assert_eq!(
                    snapshot.skip_counts().of(SkipReason::Unreadable) + unread,
                    1,
                    "{object}"
                );
                assert!(snapshot.entries().iter().any(|entry| entry.path().as_str() == "a.rs"));
            }
            _ => assert!(
                matches!(snapshot, Err(SourceError::Damaged { .. })),
                "{object}: {snapshot:?}"
            ),
        }
    }
}
