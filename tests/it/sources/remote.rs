//! Reading approved repositories through a mirror, from a real host on loopback.

use super::host::{Host, Manner};
use super::{Bench, Git, check, listing, refresh};
use expect_test::expect;
use louver::sources::SourceError;
use std::env;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[test]
fn a_remote_repository_is_mirrored_one_commit_deep() {
    let bench = Bench::new();
    let git = bench.repo("app.git", &[("a.rs", b"fn first() {}\n")]);
    git.run(&["tag", "v1"]);
    git.run(&["branch", "other"]);
    git.commit(&[("a.rs", b"fn second() {}\n"), ("b.rs", b"fn b() {}\n")]);
    let host = Host::start(bench.folder.path(), Manner::default());
    let lines = format!("url = \"{}\"", host.url("app.git"));
    let mut mirror = bench.open(&lines).expect("opened");
    expect!["`acme/app` has not been fetched yet; run `louver index`"]
        .assert_eq(&mirror.commit().expect_err("nothing fetched").to_string());
    let mut steps = 0;
    let first = mirror.refresh(&mut |step| {
        steps += usize::from(step.received_objects > 0);
        ControlFlow::Continue(())
    });
    assert_eq!(first.expect("fetched").id.to_string(), git.run(&["rev-parse", "main"]));
    assert!(steps > 0, "no progress was reported");
    check(
        &mirror,
        expect![[r#"
        a.rs: 1 lines, 15 bytes
        b.rs: 1 lines, 10 bytes
    "#]],
    );

    let folder = mirror_folder(&bench);
    let bare = Git { path: folder.clone() };
    assert_eq!(
        bare.run(&["for-each-ref", "--format=%(refname)"]),
        "refs/louver/head",
        "one reference, no tags"
    );
    assert_eq!(
        bare.run(&["rev-list", "--count", "refs/louver/head"]),
        "1",
        "one commit deep"
    );
    assert!(
        !folder.join("hooks").join("post-update.sample").exists(),
        "no templates of this machine"
    );
    let config = fs::read_to_string(folder.join("config")).expect("a configuration");
    assert!(
        !config.contains("127.0.0.1") && config.contains("bare = true"),
        "{config}"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&bench.path("data/mirrors"))), (0o700, 0o700));
    }

    git.commit(&[("a.rs", b"fn third() {}\n")]);
    let mut again = bench.open(&lines).expect("opened");
    assert_ne!(
        again.commit().expect("fetched before").id.to_string(),
        git.run(&["rev-parse", "main"])
    );
    assert_eq!(
        refresh(&mut again).expect("fetched").id.to_string(),
        git.run(&["rev-parse", "main"])
    );
    let rewritten = Git { path: git.path.clone() };
    rewritten.run(&["reset", "-q", "--soft", "v1"]);
    rewritten.commit(&[("c.rs", b"fn c() {}\n")]);
    assert_eq!(
        refresh(&mut again)
            .expect("a rewritten branch is followed")
            .id
            .to_string(),
        git.run(&["rev-parse", "main"])
    );
}

/// Returns the one mirror of a bench.
fn mirror_folder(bench: &Bench) -> PathBuf {
    let mut folders = fs::read_dir(bench.path("data/mirrors")).expect("mirrors");
    let folder = folders.next().expect("a mirror").expect("readable").path();
    assert!(folders.next().is_none(), "more than one mirror");
    folder
}

#[test]
fn a_mirror_of_many_packs_is_made_anew() {
    let bench = Bench::new();
    let git = bench.repo("app.git", &[("a.rs", b"fn a() {}\n")]);
    let host = Host::start(bench.folder.path(), Manner::default());
    let mut mirror = bench
        .open(&format!("url = \"{}\"", host.url("app.git")))
        .expect("opened");
    refresh(&mut mirror).expect("fetched");
    let packs = mirror_folder(&bench).join("objects/pack");
    let count = || {
        fs::read_dir(&packs)
            .expect("packs")
            .flatten()
            .filter(|entry| entry.path().extension().is_some_and(|end| end == "pack"))
            .count()
    };
    for number in 0..40 {
        fs::write(packs.join(format!("pack-{number:040}.pack")), b"").expect("written");
    }
    git.commit(&[("b.rs", b"fn b() {}\n")]);
    assert_eq!(
        refresh(&mut mirror).expect("fetched").id.to_string(),
        git.run(&["rev-parse", "main"])
    );
    assert_eq!(count(), 1);
    assert_eq!(listing(&mirror), "a.rs: 1 lines, 10 bytes\nb.rs: 1 lines, 10 bytes\n");
    mirror_folder(&bench);
}

#[test]
fn remote_repositories_that_cannot_be_fetched_say_what_to_do() {
    let bench = Bench::new();
    bench.init("empty.git");
    let git = bench.repo("app.git", &[("a.rs", b"fn a() {}\n")]);
    let host = Host::start(bench.folder.path(), Manner::default());
    let refusal = |repo: &str, lines: &str| {
        let url = host.url(repo);
        bench.refusal(&format!("url = \"{url}\"\n{lines}")).replace(&url, "URL")
    };
    expect!["`acme/app` has no commit yet; commit something, or leave it out of the scope until then"]
        .assert_eq(&refusal("empty.git", ""));
    expect!["`acme/app` has no branch `develop`; set `branch` in the scope file to one of: main"]
        .assert_eq(&refusal("app.git", "branch = \"develop\""));
    expect!["the host of `acme/app` knows no repository at `URL`, or hides it from this credential; correct `url`, or the rights of the credential"].assert_eq(&refusal("none.git", ""));
    git.run(&["symbolic-ref", "HEAD", "refs/heads/unborn"]);
    expect!["`HEAD` of `acme/app` names a branch without a commit; set `branch` in the scope file to one of: main"]
        .assert_eq(&refusal("app.git", ""));
    let closed = bench.refusal("url = \"http://127.0.0.1:1/app.git\"");
    expect!["cannot fetch `acme/app` from `http://127.0.0.1:1/app.git`; check the address and the connection"]
        .assert_eq(&closed);
}

#[test]
fn a_fetch_that_fails_or_is_stopped_leaves_what_was_there() {
    let bench = Bench::new();
    let git = bench.repo("app.git", &[("a.rs", b"fn a() {}\n")]);
    let host = Host::start(bench.folder.path(), Manner::default());
    let mut mirror = bench
        .open(&format!("url = \"{}\"", host.url("app.git")))
        .expect("opened");
    let before = refresh(&mut mirror).expect("fetched");
    git.commit(&[("b.rs", b"fn b() {}\n")]);
    let stopped = mirror.refresh(&mut |_| ControlFlow::Break(())).expect_err("stopped");
    assert!(matches!(stopped, SourceError::Stopped { .. }), "{stopped}");
    assert_eq!(mirror.commit().expect("as before"), before);
    fs::rename(&git.path, bench.path("gone")).expect("moved");
    refresh(&mut mirror).expect_err("the repository is gone");
    assert_eq!(mirror.commit().expect("as before"), before);
    assert_eq!(listing(&mirror), "a.rs: 1 lines, 10 bytes\n");
}

#[test]
fn credentials_are_given_when_asked_and_kept_nowhere() {
    let bench = Bench::new();
    bench.repo("app.git", &[("a.rs", b"fn a() {}\n")]);
    // `oauth2:louver` and `bot:s3cret-CANARY`.
    let token = Host::start(
        bench.folder.path(),
        Manner {
            authorization: Some("Basic b2F1dGgyOmxvdXZlcg=="),
            ..Manner::default()
        },
    );
    let pair = Host::start(
        bench.folder.path(),
        Manner {
            authorization: Some("Basic Ym90OnMzY3JldC1DQU5BUlk="),
            ..Manner::default()
        },
    );
    // The one variable whose value every test run has.
    let mut mirror = bench
        .open(&format!(
            "url = \"{}\"\ncredential_env = \"CARGO_PKG_NAME\"",
            token.url("app.git")
        ))
        .expect("opened");
    refresh(&mut mirror).expect("fetched");
    assert!(
        token.requests()[0].ends_with(" -"),
        "a credential was offered before it was asked for"
    );
    let command = "credential_command = [\"printf\", 'username=bot\\npassword=s3cret-CANARY\\n']";
    let mut mirror = bench
        .open(&format!("url = \"{}\"\n{command}", pair.url("app.git")))
        .expect("opened");
    refresh(&mut mirror).expect("fetched");
    let kept = Command::new("grep")
        .args(["-rla", "CANARY"])
        .arg(bench.path("data"))
        .output()
        .expect("grep is installed");
    assert_eq!(
        String::from_utf8_lossy(&kept.stdout),
        "",
        "the credential was written to disk"
    );
}

#[test]
fn credentials_that_do_not_help_say_what_to_do() {
    let bench = Bench::new();
    bench.repo("app.git", &[("a.rs", b"fn a() {}\n")]);
    let host = Host::start(
        bench.folder.path(),
        Manner {
            authorization: Some("Basic nobody"),
            ..Manner::default()
        },
    );
    let refusal = |lines: &str| bench.refusal(&format!("url = \"{}\"\n{lines}", host.url("app.git")));
    expect!["no credential for `acme/app`: the host asks for one; set `credential_env` or `credential_command` in the scope file"].assert_eq(&refusal(""));
    expect!["no credential for `acme/app`: the environment variable `NO_SUCH_VARIABLE_HERE` is not set; set it for the louver process"].assert_eq(&refusal("credential_env = \"NO_SUCH_VARIABLE_HERE\""));
    expect!["no credential for `acme/app`: the command `/no/such/program` cannot be started (entity not found); give its full path in `credential_command`"].assert_eq(&refusal("credential_command = [\"/no/such/program\"]"));
    expect!["no credential for `acme/app`: the command `false` failed; run it by hand as the user louver runs as"]
        .assert_eq(&refusal("credential_command = [\"false\"]"));
    expect!["no credential for `acme/app`: the command `true` printed no credential; it prints one line with the token, or `username=` and `password=` lines"].assert_eq(&refusal("credential_command = [\"true\"]"));
    let before = host.requests().len();
    let wrong = refusal("credential_command = [\"echo\", \"wrong-CANARY\"]");
    expect!["the host of `acme/app` refuses the credential, or it does not reach this repository; renew it, and check that it may read code"].assert_eq(&wrong);
    assert!(
        host.requests().len() - before <= 4,
        "a refused credential was tried again and again"
    );
}

#[test]
fn a_redirect_to_another_host_is_not_followed() {
    let bench = Bench::new();
    bench.repo("app.git", &[("a.rs", b"fn a() {}\n")]);
    let target = Host::start(bench.folder.path(), Manner::default());
    let target_root = target.url_by_name("").trim_end_matches('/').to_owned();
    let host = Host::start(
        bench.folder.path(),
        Manner {
            redirect: Some(target_root),
            ..Manner::default()
        },
    );
    let refusal = bench
        .refusal(&format!("url = \"{}\"", host.url("app.git")))
        .replace(&host.url("app.git"), "URL");
    expect!["the host of `acme/app` redirects `URL` to another host, which is not followed; write the final address as `url` if the security team approves it"].assert_eq(&refusal);
    assert_eq!(target.requests(), [""; 0], "the other host was asked");
}

/// A file of this machine's user could send every fetch elsewhere or hand out that user's credentials; it has no say here.
#[test]
fn the_configuration_of_the_machine_has_no_say() {
    const URL: &str = "LOUVER_TEST_URL";
    let bench = Bench::new();
    if let Ok(url) = env::var(URL) {
        let mut mirror = bench.open(&format!("url = \"{url}\"")).expect("opened");
        refresh(&mut mirror).expect("fetched from the address of the scope file");
        assert_eq!(listing(&mirror), "a.rs: 1 lines, 10 bytes\n");
        return;
    }
    bench.repo("app.git", &[("a.rs", b"fn a() {}\n")]);
    let host = Host::start(bench.folder.path(), Manner::default());
    let elsewhere = Host::start(bench.folder.path(), Manner::default());
    let config = format!(
        "[url \"{}\"]\n\tinsteadOf = {}\n[http]\n\tproxy = {}\n",
        elsewhere.url(""),
        host.url(""),
        elsewhere.url("")
    );
    fs::write(bench.path(".gitconfig"), config).expect("written");
    let status = Command::new(env::current_exe().expect("this test"))
        .args([
            "--exact",
            "sources::remote::the_configuration_of_the_machine_has_no_say",
        ])
        .env("HOME", bench.folder.path())
        .env(URL, host.url("app.git"))
        .stdout(Stdio::null())
        .status()
        .expect("started");
    assert!(status.success());
    assert!(!host.requests().is_empty(), "nothing was fetched");
    assert_eq!(elsewhere.requests(), [""; 0], "the fetch was sent elsewhere");
}
