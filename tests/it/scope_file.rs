//! The scope file: what it may say, and what is answered to every mistake in it.

use expect_test::{Expect, expect};
use louver::scope::{
    Action, ApprovedRepo, Location, PathDecision, RepoName, Request, Resource, Scope, ScopeErrors, Subject, Tier,
    decide, starter,
};
use std::fs;
use std::path::Path;

/// A repository without a mistake, to put others around it.
const GOOD: &str = "[[repo]]\nname = \"a/b\"\npath = \"b\"\ntier = \"internal\"\nowner = \"o\"\n";

#[track_caller]
fn check(text: &str, expect: Expect) {
    let answer = Scope::parse(text, Path::new("louver.toml")).map(|scope| scope.repos().len());
    expect.assert_eq(&answer.map_or_else(|errors| errors.to_string(), |count| format!("{count} repositories")));
}

/// Checks what is said about `lines` at the end of a `[[repo]]` table that has name, owner and tier.
#[track_caller]
fn check_repo(lines: &str, expect: Expect) {
    check(
        &format!("version = 1\n[[repo]]\nname = \"a\"\nowner = \"o\"\n{lines}\n"),
        expect,
    );
}

fn approved(scope: &Scope, name: &str) -> Option<ApprovedRepo> {
    scope.approve(&RepoName::new(name).expect("a good name"))
}

#[test]
fn the_whole_file_can_be_wrong() {
    check(
        "",
        expect!["louver.toml:1:1: the scope file has no `version`; write `version = 1`"],
    );
    check(
        "version = 2",
        expect!["louver.toml:1:11: version 2 of the scope file is not known; write `version = 1`"],
    );
    check(
        "version = \"1\"",
        expect!["louver.toml:1:11: `version` is a text; write `version = 1`"],
    );
    check(
        "version = 1\nversion = 1",
        expect![
            "louver.toml:2:1: not TOML: duplicate key; texts go in quotes, tables begin with `[[repo]]` or `[defaults]`"
        ],
    );
    check(
        "version = 1\n[[repo]\nname = \"a\"",
        expect![
            "louver.toml:2:8: not TOML: unclosed array table, expected `]`; texts go in quotes, tables begin with `[[repo]]` or `[defaults]`"
        ],
    );
    check(
        "version = 1\nname = acme",
        expect![
            "louver.toml:2:8: not TOML: string values must be quoted, expected literal string; texts go in quotes, tables begin with `[[repo]]` or `[defaults]`"
        ],
    );
    check(
        "version = 1\n[repo]\nname = \"a\"",
        expect!["louver.toml:2:1: `repo` is a table; write one table for each repository, as in `[[repo]]`"],
    );
    check(
        "version = 1\nrepo = [\"a\"]",
        expect!["louver.toml:2:9: `repo` contains a text; write one table for each repository, as in `[[repo]]`"],
    );
    check(
        "version = 1\n[[repos]]\nname = \"a\"",
        expect!["louver.toml:2:3: unknown key `repos` in the scope file; did you mean `repo`?"],
    );
    check(
        "version = 1\n[limits]\nfiles = 3",
        expect![
            "louver.toml:2:2: unknown key `limits` in the scope file; remove it, or use one of version, exclude, include, defaults, tiers, organisation, pattern, clients, roles, changes, team, repo, exception, test, host, server, audit"
        ],
    );
    check(
        "version = 1\nexclude = \"*.rs\"",
        expect![[
            r#"louver.toml:2:11: `exclude` is a text; write a list of globs, as in `exclude = ["infra/prod/**"]`"#
        ]],
    );
    check(
        "version = 1\nexclude = [\"*.rs\", 3]",
        expect![[
            r#"louver.toml:2:20: `exclude` contains a number; write a list of globs, as in `exclude = ["infra/prod/**"]`"#
        ]],
    );
    check(
        "version = 1\ndefaults = \"internal\"",
        expect!["louver.toml:2:12: `defaults` is a text; write a table, as in `[defaults]`"],
    );
    check(
        "version = 1\n[defaults]\nteir = \"internal\"",
        expect!["louver.toml:3:1: unknown key `teir` in [defaults]; did you mean `tier`?"],
    );
    check(
        "version = 1\n[defaults]\ntier = \"open\"",
        expect!["louver.toml:3:8: unknown tier `open`; write public, internal, confidential or restricted"],
    );
    check(
        "version = 1\n[defaults]\nowner = \"o\"",
        expect![
            "louver.toml:3:1: unknown key `owner` in [defaults]; remove it, or use one of tier, max_file_bytes, history, sources, retention_days"
        ],
    );
}

#[test]
fn a_repository_can_lack_something() {
    check(
        "version = 1\n[[repo]]",
        expect![[r#"
        louver.toml:2:1: [[repo]] has no `name`; write a name, as in `name = "acme/payments"`
        louver.toml:2:1: [[repo]] has no `owner`; write who answers for it, as in `owner = "payments@example.com"`
        louver.toml:2:1: the repository has no place; write `path = "../payments"` or `url = "https://git.example.com/acme/payments.git"`"#]],
    );
    check_repo(
        "",
        expect![[
            r#"louver.toml:2:1: the repository has no place; write `path = "../payments"` or `url = "https://git.example.com/acme/payments.git"`"#
        ]],
    );
    check(
        "version = 1\n[[repo]]\nname = \"a\"\npath = \"a\"",
        expect![[
            r#"louver.toml:2:1: [[repo]] has no `owner`; write who answers for it, as in `owner = "payments@example.com"`"#
        ]],
    );
    check(
        "version = 1\n[[repo]]\nname = \"\"\nowner = \" \"\npath = \"\"",
        expect![[r#"
        louver.toml:3:8: `name` is empty; write a name, as in `name = "acme/payments"`
        louver.toml:4:9: `owner` is empty; write who answers for it, as in `owner = "payments@example.com"`
        louver.toml:5:8: `path` is empty; write a folder, as in `path = "../payments"`"#]],
    );
    check(
        "version = 1\n[[repo]]\nname = 3\nowner = [\"o\"]\npath = true",
        expect![[r#"
        louver.toml:3:8: `name` is a number; write a name, as in `name = "acme/payments"`
        louver.toml:4:9: `owner` is a list; write who answers for it, as in `owner = "payments@example.com"`
        louver.toml:5:8: `path` is true or false; write a folder, as in `path = "../payments"`"#]],
    );
}

#[test]
fn a_repository_can_say_too_much() {
    check_repo(
        "path = \"a\"\nurl = \"https://h.example/a\"",
        expect!["louver.toml:6:7: a repository has a `path` or a `url`, not both; remove one"],
    );
    check_repo(
        "path = \"a\"\nonwer = \"o\"",
        expect!["louver.toml:6:1: unknown key `onwer` in [[repo]]; did you mean `owner`?"],
    );
    check_repo(
        "path = \"a\"\nvisibility = \"public\"",
        expect![
            "louver.toml:6:1: unknown key `visibility` in [[repo]]; remove it, or use one of name, path, url, tier, owner, branch, tag, readers, review_by, exclude, credential_env, credential_command, credential_user, host, id, max_file_bytes, history, sources, retention_days"
        ],
    );
    check_repo(
        "path = \"a\"\ncredential_env = \"T\"",
        expect!["louver.toml:6:18: `credential_env` means nothing without `url`; remove it"],
    );
    check(
        &format!("version = 1\n{GOOD}\n{GOOD}"),
        expect![
            "louver.toml:9:8: the name `a/b` is taken by the repository on line 3, whatever its letter case; write another name, or remove one of the two"
        ],
    );
    check(
        &format!("version = 1\n{GOOD}\n{}", GOOD.replace("a/b", "A/B")),
        expect![
            "louver.toml:9:8: the name `A/B` is taken by the repository on line 3, whatever its letter case; write another name, or remove one of the two"
        ],
    );
}

#[test]
fn names_tiers_branches_and_limits_have_a_form() {
    check(
        "version = 1\n[[repo]]\nname = \"acme payments\"\nowner = \"o\"\npath = \"a\"",
        expect![
            "louver.toml:3:8: bad name `acme payments`: a repository name has letters, digits, `.`, `_` and `-`, in parts divided by `/`, as in `acme/payments`"
        ],
    );
    check(
        "version = 1\n[[repo]]\nname = \"../a\"\nowner = \"o\"\npath = \"a\"",
        expect![
            "louver.toml:3:8: bad name `../a`: a repository name has letters, digits, `.`, `_` and `-`, in parts divided by `/`, as in `acme/payments`"
        ],
    );
    check_repo(
        "path = \"a\"\ntier = \"Internal\"",
        expect!["louver.toml:6:8: unknown tier `Internal`; write internal"],
    );
    check_repo(
        "path = \"a\"\ntier = \"confidental\"",
        expect!["louver.toml:6:8: unknown tier `confidental`; write confidential"],
    );
    check_repo(
        "path = \"a\"\ntier = \"secret\"",
        expect!["louver.toml:6:8: unknown tier `secret`; write public, internal, confidential or restricted"],
    );
    check_repo(
        "path = \"a\"\nbranch = \"refs/heads/main\"",
        expect![
            "louver.toml:6:10: bad branch `refs/heads/main`; write a branch name such as `main`, without `refs/heads/`, spaces or wildcards"
        ],
    );
    check_repo(
        "path = \"a\"\nbranch = \"release/*\"",
        expect![
            "louver.toml:6:10: bad branch `release/*`; write a branch name such as `main`, without `refs/heads/`, spaces or wildcards"
        ],
    );
    check_repo(
        "path = \"a\"\nbranch = \"+main:refs/x\"",
        expect![
            "louver.toml:6:10: bad branch `+main:refs/x`; write a branch name such as `main`, without `refs/heads/`, spaces or wildcards"
        ],
    );
    check_repo(
        "path = \"a\"\nmax_file_bytes = 0",
        expect!["louver.toml:6:18: `max_file_bytes` is 0; write a number from 1 to 67108864 (64 MiB)"],
    );
    check_repo(
        "path = \"a\"\nmax_file_bytes = \"1 MB\"",
        expect![
            "louver.toml:6:18: `max_file_bytes` is a text; write a number of bytes, as in `max_file_bytes = 1048576`"
        ],
    );
    check_repo(
        "path = \"a\"\nmax_file_bytes = 99999999999999999999",
        expect![
            "louver.toml:6:18: `max_file_bytes` is a number; write a number of bytes, as in `max_file_bytes = 1048576`"
        ],
    );
    check_repo(
        "path = \"a\"\nhistory = 0",
        expect!["louver.toml:6:11: `history` is 0; write a number of commits from 1 (the approved one alone) to 10000"],
    );
    check_repo(
        "path = \"a\"\nhistory = 20000",
        expect![
            "louver.toml:6:11: `history` is 20000; write a number of commits from 1 (the approved one alone) to 10000"
        ],
    );
    check_repo(
        "path = \"a\"\nhistory = \"all\"",
        expect!["louver.toml:6:11: `history` is a text; write a number of commits, as in `history = 200`"],
    );
}

#[test]
fn places_have_a_form() {
    check_repo(
        "path = \"https://h.example/a\"",
        expect!["louver.toml:5:8: `path` holds a URL; write it as `url = …`"],
    );
    check_repo(
        "path = \"~/a\"",
        expect!["louver.toml:5:8: `~` is not expanded; write the path in full, or relative to the scope file"],
    );
    check_repo(
        "url = \"file:///srv/a\"",
        expect![[
            r#"louver.toml:5:7: bad `url`: `file://` is not a clone URL here; write `path = "…"` with the folder instead"#
        ]],
    );
    check_repo(
        "url = \"/srv/a\"",
        expect![
            "louver.toml:5:7: bad `url`: a clone URL begins with `https://` or `ssh://`, or has the form `git@host:path`"
        ],
    );
    check_repo(
        "url = \"http://h.example/a\"",
        expect![
            "louver.toml:5:7: bad `url`: `http://` sends credentials and code unprotected; write `https://` (`http://` is for loopback addresses only)"
        ],
    );
    check_repo(
        "url = \"git://h.example/a\"",
        expect![
            "louver.toml:5:7: bad `url`: a clone URL begins with `https://` or `ssh://`, or has the form `git@host:path`"
        ],
    );
    check_repo(
        "url = \"https://h.example\"",
        expect![
            "louver.toml:5:7: bad `url`: the URL names no repository; write it with its path, as in `https://git.example.com/acme/payments.git`"
        ],
    );
    check_repo(
        "url = \"https://h ost/a\"",
        expect![
            "louver.toml:5:7: bad `url`: a clone URL has no spaces, control characters or backslashes; write it as `git clone` takes it"
        ],
    );
    check_repo(
        "url = \"https://h.example/a?private_token=CANARY\"",
        expect![
            "louver.toml:5:7: bad `url`: a clone URL has no `?` and no `#`; remove what follows, and name the place of a token with `credential_env`"
        ],
    );
    check_repo(
        "url = \"https://h$.example/a\"",
        expect!["louver.toml:5:7: bad `url`: `h$.example` is not a host name; write the URL that `git clone` takes"],
    );
}

#[test]
fn a_credential_in_the_file_is_refused_and_not_repeated() {
    let canaries = [
        "url = \"https://bot:CANARY@h.example/a\"",
        "url = \"https://CANARY@h.example/a\"",
        "url = \"ssh://git:CANARY@h.example/a\"",
        "url = \"https://h.example/a\"\ncredential_env = \"ghp_CANARYcanary\"",
        "url = \"https://h.example/a?token=CANARY\"",
    ];
    for lines in canaries {
        let text = format!("version = 1\n[[repo]]\nname = \"a\"\nowner = \"o\"\n{lines}\n");
        let errors = Scope::parse(&text, Path::new("louver.toml")).expect_err("a credential in the file");
        assert!(!format!("{errors} {errors:?}").contains("CANARY"), "{errors}");
    }
    check_repo(
        canaries[0],
        expect![
            "louver.toml:5:7: bad `url`: the URL carries a credential; remove everything before the `@`, revoke that credential, and name the place of a new one with `credential_env` or `credential_command`"
        ],
    );
    check_repo(
        canaries[3],
        expect![
            "louver.toml:6:18: `credential_env` is the name of an environment variable, such as `PAYMENTS_TOKEN`; if this was the credential itself, revoke it: the scope file is no place for secrets"
        ],
    );
    check_repo(
        "url = \"https://h.example/a\"\ncredential_command = \"pass git\"",
        expect![[
            r#"louver.toml:6:22: `credential_command` is a text; write a program and its arguments, as in `credential_command = ["pass", "git/token"]`"#
        ]],
    );
    check_repo(
        "url = \"https://h.example/a\"\ncredential_command = []",
        expect![[
            r#"louver.toml:6:22: `credential_command` is empty; write a program and its arguments, as in `credential_command = ["pass", "git/token"]`"#
        ]],
    );
    check_repo(
        "url = \"https://h.example/a\"\ncredential_command = [\"pass\"]\ncredential_env = \"T\"",
        expect!["louver.toml:6:22: a repository has `credential_env` or `credential_command`, not both; remove one"],
    );
}

#[test]
fn globs_have_a_form() {
    check_repo(
        "path = \"a\"\nexclude = [\"infra/[a\", \"\", \"!keep.rs\", \"./x\", \"a/../b\", 'a\\b', \"{a\"]",
        expect![[r#"
        louver.toml:6:12: bad glob `infra/[a`: unclosed character class; missing ']'; in a glob `*` stays inside a folder, `**` spans folders, `?` is one character, `{a,b}` is a choice
        louver.toml:6:24: bad glob ``: an exclusion cannot be empty; remove it, or write a path such as `infra/**`
        louver.toml:6:28: bad glob `!keep.rs`: exclusions only take away; remove the `!` glob, and narrow the one it was meant to soften
        louver.toml:6:40: bad glob `./x`: a glob is matched from the root of the repository; write it without `./`, `../` and `//`
        louver.toml:6:47: bad glob `a/../b`: a glob is matched from the root of the repository; write it without `./`, `../` and `//`
        louver.toml:6:57: bad glob `a\\b`: write `/` between folders; a literal special character goes in brackets, as in `[*]`
        louver.toml:6:64: bad glob `{a`: unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?); in a glob `*` stays inside a folder, `**` spans folders, `?` is one character, `{a,b}` is a choice"#]],
    );
}

#[test]
fn all_errors_come_at_once_and_in_order() {
    let text = "version = 3\nexclude = [\"[\"]\nextra = 1\n\n[defaults]\ntier = \"x\"\n\n[[repo]]\nname = \"a b\"\ntire = \"internal\"\nurl = \"file:///a\"\n\n[[repo]]\nname = \"ok\"\n";
    check(
        text,
        expect![[r#"
            louver.toml:1:11: version 3 of the scope file is not known; write `version = 1`
            louver.toml:2:12: bad glob `[`: unclosed character class; missing ']'; in a glob `*` stays inside a folder, `**` spans folders, `?` is one character, `{a,b}` is a choice
            louver.toml:3:1: unknown key `extra` in the scope file; remove it, or use one of version, exclude, include, defaults, tiers, organisation, pattern, clients, roles, changes, team, repo, exception, test, host, server, audit
            louver.toml:6:8: unknown tier `x`; write public, internal, confidential or restricted
            louver.toml:8:1: [[repo]] has no `owner`; write who answers for it, as in `owner = "payments@example.com"`
            louver.toml:9:8: bad name `a b`: a repository name has letters, digits, `.`, `_` and `-`, in parts divided by `/`, as in `acme/payments`
            louver.toml:10:1: unknown key `tire` in [[repo]]; did you mean `tier`?
            louver.toml:11:7: bad `url`: `file://` is not a clone URL here; write `path = "…"` with the folder instead
            louver.toml:13:1: [[repo]] has no `owner`; write who answers for it, as in `owner = "payments@example.com"`
            louver.toml:13:1: the repository has no place; write `path = "../payments"` or `url = "https://git.example.com/acme/payments.git"`"#]],
    );
}

#[test]
fn what_is_not_a_text_file_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("louver.toml");
    let missing = Scope::load(&file).expect_err("no file");
    assert!(matches!(missing, ScopeErrors::Read { .. }));
    assert!(missing.to_string().contains("`louver init` writes one"), "{missing}");
    fs::write(&file, b"version = 1\n# \xff\n").expect("written");
    let latin = Scope::load(&file).expect_err("not UTF-8").to_string();
    assert!(
        latin.ends_with("louver.toml:2:3: not UTF-8; save the file as UTF-8 text"),
        "{latin}"
    );
}

#[test]
fn a_local_repository_must_be_there_when_the_file_is_loaded() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("louver.toml");
    fs::write(&file, format!("version = 1\n{GOOD}")).expect("written");
    let error = Scope::load(&file).expect_err("no such folder").to_string();
    assert!(error.contains("louver.toml:4:8: there is no folder"), "{error}");
    fs::create_dir(folder.path().join("b")).expect("made");
    let scope = Scope::load(&file).expect("a good file");
    let repo = approved(&scope, "a/b").expect("approved");
    assert_eq!(*repo.location(), Location::Path(folder.path().join("b")));
}

#[test]
fn what_is_not_approved_stays_closed() {
    let text = "version = 1\n[[repo]]\nname = \"a\"\npath = \"a\"\nowner = \"o\"\n\n[[repo]]\nname = \"b\"\npath = \"b\"\nowner = \"o\"\ntier = \"public\"\n\n[[repo]]\nname = \"c\"\npath = \"c\"\nowner = \"o\"\ntier = \"restricted\"\n";
    let scope = Scope::parse(text, Path::new("louver.toml")).expect("a good file");
    let names: Vec<String> = scope.approved().iter().map(|repo| repo.name().to_string()).collect();
    assert_eq!(names, ["b"], "a tier that is missing or `restricted` approves nothing");
    for closed in ["a", "c", "d", "B"] {
        assert!(approved(&scope, closed).is_none(), "{closed}");
    }
    let inherited = Scope::parse(
        &format!("{text}\n[defaults]\ntier = \"internal\"\n"),
        Path::new("louver.toml"),
    )
    .expect("a good file");
    assert_eq!(approved(&inherited, "a").map(|repo| repo.tier()), Some(Tier::Internal));
    assert!(
        approved(&inherited, "c").is_none(),
        "a default does not open what is restricted by name"
    );
}

#[test]
fn the_decision_names_its_rule() {
    let text = format!(
        "version = 1\nexclude = [\"legal/**\"]\n{GOOD}exclude = [\"infra/prod\"]\n[[repo]]\nname = \"r\"\npath = \"r\"\nowner = \"o\"\n"
    );
    let scope = Scope::parse(&text, Path::new("louver.toml")).expect("a good file");
    let answer = |repo: &str, path: Option<&str>| {
        let repo = RepoName::new(repo).expect("a good name");
        let request = Request {
            subject: Subject::LOUVER,
            resource: Resource { repo: &repo, path },
            action: Action::Index,
            at: std::time::SystemTime::UNIX_EPOCH,
        };
        let decision = decide(&scope, &request);
        format!(
            "{} {} | {}\n",
            decision.allow,
            decision.rule,
            decision.reasons.join("; ")
        )
    };
    let table: String = [
        answer("x/y", None),
        answer("r", Some("src/lib.rs")),
        answer("a/b", None),
        answer("a/b", Some("src/lib.rs")),
        answer("a/b", Some("legal/deal.ts")),
        answer("a/b", Some("infra/prod/db.ts")),
        answer("a/b", Some("web/.env.local")),
        answer("a/b", Some("web/node_modules/x/index.js")),
    ]
    .concat();
    expect![[r#"
        false unlisted | the scope file does not list `x/y`
        false restricted | `r` is listed with tier restricted, owner o; restricted repositories are never indexed
        true listed | `a/b` is listed with tier internal, owner o
        true listed | `a/b` is listed with tier internal, owner o
        false excluded:scope:legal/** | `a/b` is listed with tier internal, owner o; `legal/deal.ts` is excluded by `scope:legal/**`
        false excluded:repo:infra/prod | `a/b` is listed with tier internal, owner o; `infra/prod/db.ts` is excluded by `repo:infra/prod`
        false excluded:default:.env.* | `a/b` is listed with tier internal, owner o; `web/.env.local` is excluded by `default:.env.*`
        false vendored:default:node_modules/ | `a/b` is listed with tier internal, owner o; `web/node_modules/x/index.js` is passed over as vendored by `default:node_modules/`
    "#]].assert_eq(&table);
}

#[test]
fn adding_an_exclusion_never_widens() {
    let paths = [
        "src/lib.rs",
        "vendor/x.go",
        "a/.env",
        "infra/prod/db.ts",
        "data/x.rs",
        "web/dist/app.js",
        "x.key",
    ];
    let globs = ["src", "**/prod/**", "vendor/", "*.rs", "web/**", "[a-z]*"];
    let filtered = |count: usize| {
        let list = globs[..count]
            .iter()
            .map(|glob| format!("{glob:?}"))
            .collect::<Vec<_>>()
            .join(", ");
        let scope = Scope::parse(
            &format!("version = 1\n{GOOD}exclude = [{list}]\n"),
            Path::new("louver.toml"),
        )
        .expect("a good file");
        approved(&scope, "a/b").expect("approved")
    };
    for count in 1..=globs.len() {
        let (fewer, more) = (filtered(count - 1), filtered(count));
        for path in paths {
            let was_open = fewer.paths().decide(path) == PathDecision::Approved;
            let is_open = more.paths().decide(path) == PathDecision::Approved;
            assert!(was_open || !is_open, "`{}` opened {path}", globs[count - 1]);
        }
    }
}

#[test]
fn what_init_writes_can_be_read() {
    let names = ["acme/payments", "louver"].map(|name| RepoName::new(name).expect("a good name"));
    let paths = [Path::new("../pay \"ments\"\\x"), Path::new(".")];
    let text = starter(names.iter().zip(paths));
    let scope = Scope::parse(&text, Path::new("/srv/scope/louver.toml")).expect("a good file");
    let found: Vec<_> = scope
        .approved()
        .iter()
        .map(|repo| (repo.name().to_string(), repo.tier(), repo.location().to_string()))
        .collect();
    let internal = |name: &str, path: &str| (name.to_owned(), Tier::Internal, path.to_owned());
    assert_eq!(
        found,
        [
            internal("acme/payments", "/srv/scope/../pay \"ments\"\\x"),
            internal("louver", "/srv/scope/.")
        ]
    );
    let uncommented = text
        .replace("\n# [[repo]]", "\n[[repo]]")
        .replace("\n# name =", "\nname =")
        .replace("\n# url", "\nurl");
    let uncommented = uncommented
        .replace("\n# credential", "\ncredential")
        .replace("\n# branch", "\nbranch")
        .replace("\n# tier", "\ntier");
    let uncommented = uncommented
        .replace("\n# owner", "\nowner")
        .replace("\n# exclude", "\nexclude")
        .replace("acme/payments\"\nurl", "other\"\nurl");
    let with_example = Scope::parse(&uncommented, Path::new("louver.toml")).expect("the commented example is right");
    assert_eq!(with_example.repos().len(), 3);
}

#[test]
fn the_example_is_right() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/louver.toml");
    let text = fs::read_to_string(path).expect("the example");
    let scope = Scope::parse(&text, Path::new("louver.toml")).expect("a good file");
    let tiers: Vec<Tier> = scope.repos().map(|repo| repo.tier()).collect();
    assert_eq!(
        tiers,
        [
            Tier::Internal,
            Tier::Public,
            Tier::Confidential,
            Tier::Restricted,
            Tier::Confidential
        ]
    );
    let now = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_795_300_000);
    assert_eq!(louver::scope::unmet(&scope, now), []);
}

#[test]
fn the_digest_is_that_of_the_bytes() {
    let scope = |text: &str| Scope::parse(text, Path::new("louver.toml")).expect("a good file");
    assert_eq!(
        scope("version = 1\n").digest(),
        "dbab12665d98aef021ba64953c61b0ed8a908cfb56a1c01e2fcb4b052b71a2a1"
    );
    assert_ne!(scope("version = 1\n").digest(), scope("version = 1 \n").digest());
}

#[test]
fn a_changed_entry_has_another_place_on_disk() {
    let key = |lines: &str| {
        let scope = Scope::parse(
            &format!("version = 1\n[[repo]]\nname = \"a\"\nowner = \"o\"\ntier = \"public\"\n{lines}"),
            Path::new("louver.toml"),
        );
        approved(&scope.expect("a good file"), "a")
            .expect("approved")
            .storage_key()
    };
    let first = key("url = \"https://h.example/a\"");
    assert_eq!(first, key("url = \"https://h.example/a\"\nexclude = [\"x\"]"));
    assert_ne!(first, key("url = \"https://h.example/b\""));
    assert_ne!(first, key("url = \"https://h.example/a\"\nbranch = \"main\""));
}

#[test]
fn the_schema_agrees_with_the_parser() {
    let validator = jsonschema::validator_for(&louver::scope::json_schema()).expect("a schema");
    let fits = |text: &str| {
        let table: toml::Table = text.parse().expect("TOML");
        validator.is_valid(&serde_json::to_value(plain(toml::Value::Table(table))).expect("JSON"))
    };
    let example =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/louver.toml")).expect("there");
    assert!(fits(&example));
    let repo = |line: &str| format!("version = 1\n[[repo]]\nname = \"a\"\npath = \"a\"\nowner = \"o\"\n{line}\n");
    for (text, good) in [
        (repo(""), true),
        (repo("tier = \"public\""), true),
        (repo("tier = \"open\""), false),
        (repo("exclude = [\"a\"]"), true),
        (repo("exclude = \"a\""), false),
        (repo("max_file_bytes = 3"), true),
        (repo("max_file_bytes = \"3\""), false),
        (repo("history = 200"), true),
        (repo("history = true"), false),
        (repo("visibility = \"x\""), false),
        (repo("review_by = 2027-01-01"), true),
        ("exclude = []".to_owned(), false),
        ("version = 1\n[clients]\nothers = \"deny\"".to_owned(), false),
        ("version = 1\n[tiers.internal]\noutline = \"counts\"".to_owned(), true),
        ("version = 1\n[tiers.internal]\noutline = \"shown\"".to_owned(), false),
    ] {
        assert_eq!(fits(&text), good, "the schema: {text}");
        assert_eq!(
            Scope::parse(&text, Path::new("louver.toml")).is_ok(),
            good,
            "the parser: {text}"
        );
    }
}

/// Days as texts, which is how editors pass them on.
fn plain(value: toml::Value) -> toml::Value {
    match value {
        toml::Value::Datetime(day) => toml::Value::String(day.to_string()),
        toml::Value::Array(list) => toml::Value::Array(list.into_iter().map(plain).collect()),
        toml::Value::Table(table) => table
            .into_iter()
            .map(|(key, value)| (key, plain(value)))
            .collect::<toml::Table>()
            .into(),
        other => other,
    }
}
