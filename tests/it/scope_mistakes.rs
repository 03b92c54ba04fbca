//! Sixty scope files with a mistake each, and what every command says about them: the line, and what to write.

use expect_test::expect;
use louver::scope::Scope;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// What comes before each mistake: a host, a team and a repository without any.
const BEFORE: &str = "version = 1\n[[host]]\nname = \"h\"\nkind = \"static\"\n[[team]]\nname = \"t\"\nmembers = [\"h:alice\"]\n[[repo]]\nname = \"a\"\npath = \".\"\nowner = \"o\"\ntier = \"internal\"\n";

/// A line of `BEFORE` is 1 to 12; the mistakes begin on line 13.
const MISTAKES: &[&str] = &[
    "readers = \"team:t\"",
    "readers = [\"alice\"]",
    "readers = [\"team:x\"]",
    "readers = [\"gitlab:alice\"]",
    "readers = [\"h:\"]",
    "readers = [\"h#7\", 7]",
    "review_by = \"2027-02-01\"",
    "review_by = 12:00:00",
    "review_by = 2027-02-01T12:00:00",
    "tag = \"refs/tags/v1\"",
    "branch = \"main\"\ntag = \"v1\"",
    "sources = \"discard\"",
    "retention_days = 30",
    "retention = 30",
    "tag = 1",
    "[[repo]]\nname = \"r\"\nurl = \"https://h.example/r\"\nowner = \"o\"\nsources = \"drop\"",
    "[[repo]]\nname = \"r\"\nurl = \"https://h.example/r\"\nowner = \"o\"\nretention_days = 0",
    "[[repo]]\nname = \"r\"\nurl = \"https://h.example/r\"\nowner = \"o\"\nretention_days = 9999",
    "[[team]]\nname = \"t\"\nmembers = []",
    "[[team]]\nname = \"Platform\"\nmembers = []",
    "[[team]]\nname = \"u\"",
    "[[team]]\nname = \"u\"\nmembers = [\"team:t\"]",
    "[[team]]\nname = \"u\"\nmembers = [\"bitbucket:bob\"]",
    "[[team]]\nname = \"u\"\nhost = \"h\"\ngroup = \"acme/pay\"",
    "[[team]]\nname = \"u\"\nhost = \"x\"\ngroup = \"acme/../pay\"",
    "[[team]]\nname = \"u\"\nhost = \"h\"\nmembers = [\"h:bob\"]",
    "[[team]]\nnmae = \"u\"\nmembers = []",
    "[[exception]]\nid = \"e\"",
    "[[exception]]\nid = \"e f\"\nrepo = \"a\"\nwho = [\"h:b\"]\nfrom = 2026-11-21\nuntil = 2026-12-01\njustification = \"j\"",
    "[[exception]]\nid = \"e\"\nrepo = \"b\"\nwho = [\"h:b\"]\nfrom = 2026-11-21\nuntil = 2026-12-01\njustification = \"j\"",
    "[[exception]]\nid = \"e\"\nrepo = \"a b\"\nwho = [\"h:b\"]\nfrom = 2026-11-21\nuntil = 2026-12-01\njustification = \"j\"",
    "[[exception]]\nid = \"e\"\nrepo = \"a\"\nwho = []\nfrom = 2026-11-21\nuntil = 2026-12-01\njustification = \"j\"",
    "[[exception]]\nid = \"e\"\nrepo = \"a\"\nwho = [\"b\"]\nfrom = 2026-11-21\nuntil = 2026-12-01\njustification = \"j\"",
    "[[exception]]\nid = \"e\"\nrepo = \"a\"\nwho = [\"team:x\"]\nfrom = 2026-11-21\nuntil = 2026-12-01\njustification = \"j\"",
    "[[exception]]\nid = \"e\"\nrepo = \"a\"\nwho = [\"h:b\"]\nfrom = 2026-11-21\nuntil = 2027-02-19\njustification = \"j\"",
    "[[exception]]\nid = \"e\"\nrepo = \"a\"\nwho = [\"h:b\"]\nfrom = 2026-11-21\nuntil = 2026-11-20\njustification = \"j\"",
    "[[exception]]\nid = \"e\"\nrepo = \"a\"\nwho = [\"h:b\"]\nfrom = 2026-11-21\nuntil = \"forever\"\njustification = \"j\"",
    "[[exception]]\nid = \"e\"\nrepo = \"a\"\nwho = [\"h:b\"]\nfrom = 2026-11-21\nuntil = 2026-12-01\njustification = \"\"",
    "[[exception]]\nid = \"e\"\nrepo = \"a\"\nwho = [\"h:b\"]\nfrom = 2026-11-21\nuntil = 2026-12-01\njustification = \"j\"\nmonitoring = \"off\"",
    "[[exception]]\nid = \"e\"\nrepo = \"a\"\nwho = [\"h:b\"]\nfrom = 2026-11-21\nuntil = 2026-12-01\njustification = \"j\"\ntier = \"public\"",
    "[[exception]]\nid = \"e\"\nrepo = \"a\"\nwho = [\"h:b\"]\nfrom = 2026-11-21\nuntil = 2026-12-01\njustification = \"j\"\n[[exception]]\nid = \"e\"\nrepo = \"a\"\nwho = [\"h:c\"]\nfrom = 2026-11-21\nuntil = 2026-12-01\njustification = \"j\"",
    "[[exception]]\nid = \"e\"\nrepo = \"a\"\nwho = [\"h:b\"]\nfrom = 2026-11-21\nuntil = 2026-12-01\njustification = \"j\"\napproved_by = \"eve\"\n[roles]\napprove = [\"ciso\"]",
    "[roles]\nadmin = [\"h:alice\"]",
    "[roles]\nreveal = [\"alice\"]",
    "[roles]\nreveal = [\"team:x\"]",
    "[tiers.internal]\nsignature = \"shown\"",
    "[tiers.internal]\noutline = \"less\"",
    "[tiers.internal]\nnames = \"clear\"",
    "[tiers.confidential]\npaths = \"clear\"",
    "[tiers.secret]\nnames = \"withheld\"",
    "[tiers.internal]\nbodies = \"withheld\"",
    "[tiers.restricted]\nnames = \"withheld\"",
    "[organisation]\nwords = [\"x\"]",
    "[organisation]\ndomains = [\"https://corp.example.com\"]",
    "[organisation]\nword = [\"acme\"]",
    "[[pattern]]\nid = \"p\"\nregex = '(['",
    "[[pattern]]\nid = \"p\"\nregex = 'a*'",
    "[[pattern]]\nregex = 'a'",
    "[clients]\nothers = \"allow\"",
    "[clients]\napproved = [\"claude-code\"]\nothers = \"warn\"",
    "[changes]\nsigners = \"x\"",
    "[[test]]\nrepo = \"a\"",
    "[[test]]\nrepo = \"a\"\nexpect = \"denied\"",
    "[[test]]\nrepo = \"a\"\nuser = \"team:x\"\nexpect = \"allowed\"",
    "[defaults]\nsources = \"maybe\"",
    "[[exceptions]]\nid = \"e\"",
];

#[test]
fn every_mistake_is_told_with_its_line_and_remedy() {
    assert!(MISTAKES.len() >= 60);
    let mut table = String::new();
    for mistake in MISTAKES {
        let errors = Scope::parse(&format!("{BEFORE}{mistake}\n"), Path::new("louver.toml")).expect_err(mistake);
        for line in errors.to_string().lines() {
            let remedy = ["as in", "write", "remove", "did you mean", "correct", "lower"];
            assert!(remedy.iter().any(|word| line.contains(word)), "{mistake}: {line}");
            table.push_str(line.trim_start_matches("louver.toml:"));
            table.push('\n');
        }
    }
    expect![[r#"
        13:11: `readers` is a text; write a list of people, as in `readers = ["team:payments", "github:alice"]`
        13:12: bad person `alice`; write `HOST:LOGIN`, `HOST#ID` or `team:NAME`, as in `github:alice`
        13:12: there is no team `x`; write a [[team]] table with that name, or correct it
        13:12: there is no host `gitlab`; write the name of a [[host]] before the `:` or `#`, or `local` for the local user
        13:12: bad person `h:`; write `HOST:LOGIN`, `HOST#ID` or `team:NAME`, as in `github:alice`
        13:19: `readers` contains a number; write a list of people, as in `readers = ["team:payments", "github:alice"]`
        13:13: `review_by` is a text; write a day, as in `review_by = 2027-02-01`
        13:13: `review_by` is no day and no full moment; write a day as in `2027-02-18`, or a moment as in `2027-02-18T12:00:00Z`
        13:13: `review_by` is no day and no full moment; write a day as in `2027-02-18`, or a moment as in `2027-02-18T12:00:00Z`
        13:7: bad tag `refs/tags/v1`; write a tag name such as `v1.2.0`, without `refs/tags/`, spaces or wildcards
        14:7: a repository has a `branch` or a `tag`, not both; remove one
        13:11: `sources` is about the mirror of a repository with a `url`; a local one has none: remove it
        13:18: `retention_days` is about the mirror of a repository with a `url`; a local one has none: remove it
        13:1: unknown key `retention` in [[repo]]; remove it, or use one of name, path, url, tier, owner, branch, tag, readers, review_by, exclude, credential_env, credential_command, credential_user, host, id, max_file_bytes, history, sources, retention_days
        13:7: `tag` is a number; write a tag, as in `tag = "v1.2.0"`
        17:11: unknown `sources` `drop`; write `sources = "keep"` or `"discard"`
        17:18: `retention_days` is 0; write a number from 1 to 3650
        17:18: `retention_days` is 9999; write a number from 1 to 3650
        14:8: the team `t` is there already, on line 6; write another name, or remove one of the two
        14:8: bad `name` `Platform`; write up to 64 lower-case letters, digits, `-`, `_` and `.`
        13:1: [[team]] has no `members`; write a list of people, as in `members = ["github:alice"]`
        15:12: a team holds people, not teams; write them one by one, as in `members = ["github:alice"]`
        15:11: there is no host `bitbucket`; write the name of a [[host]] before the `:` or `#`, or `local` for the local user
        15:8: `h` cannot be asked who is in a group, as it is not asked in the name of the person; write the people under `members`
        15:8: there is no host `x`; write the name of a [[host]] before the `:` or `#`, or `local` for the local user
        16:9: bad group `acme/../pay`; write the host's names with `/` between them, as in `acme/payments`
        13:1: [[team]] has no `group`; write what the host calls it, as in `group = "acme/payments"`
        16:11: a team is listed under `members`, or is a `group` of a `host`; remove one of the two, or write two teams
        13:1: [[team]] has no `name`; write a word, as in `name = "platform"`
        14:1: unknown key `nmae` in [[team]]; did you mean `name`?
        13:1: [[exception]] has no `repo`; write the name of a [[repo]], as in `repo = "acme/core"`
        13:1: [[exception]] has no `who`; write a list of people, as in `who = ["github:alice", "team:platform"]`
        13:1: [[exception]] has no `from`; write the first day, as in `from = 2026-11-21`
        13:1: [[exception]] has no `until`; write the last day, at most 90 days, as in `until = 2027-02-18`
        13:1: [[exception]] has no `justification`; write why it is needed, as in `justification = "incident 4711"`
        14:6: bad `id` `e f`; write up to 64 lower-case letters, digits, `-`, `_` and `.`
        15:8: the scope lists no repository `b`; write the name of a [[repo]], or remove the exception
        15:8: bad name `a b`: a repository name has letters, digits, `.`, `_` and `-`, in parts divided by `/`, as in `acme/payments`
        16:7: `who` is empty; write a list of people, as in `["github:alice", "team:platform"]`
        16:7: `who` is empty; write a list of people, as in `["github:alice", "team:platform"]`
        16:8: bad person `b`; write `HOST:LOGIN`, `HOST#ID` or `team:NAME`, as in `github:alice`
        16:8: there is no team `x`; write a [[team]] table with that name, or correct it
        18:9: the exception lasts 91 days; write an `until` at most 90 days after `from`, and review it then
        18:9: the exception ends before it begins, on 2026-11-21; write a later `until`, or remove it
        18:9: `until` is a text; write the last day, at most 90 days, as in `until = 2027-02-18`
        19:17: `justification` is empty; write why it is needed, as in `justification = "incident 4711"`
        20:14: unknown `monitoring` `off`; write `monitoring = "enhanced"` or `"normal"`
        20:1: unknown key `tier` in [[exception]]; remove it, or use one of id, repo, who, from, until, justification, approved_by, monitoring
        21:6: the exception `e` is there already, on line 14; write another name, or remove one of the two
        20:15: `eve` may not approve exceptions; write one of the names under `approve` in [roles]
        14:1: unknown key `admin` in [roles]; remove it, or use one of reveal, approve
        14:11: bad person `alice`; write `HOST:LOGIN`, `HOST#ID` or `team:NAME`, as in `github:alice`
        14:11: there is no team `x`; write a [[team]] table with that name, or correct it
        14:13: `signature = "shown"` in [tiers.internal] is not less than its `shown`; a tier can only be made to tell less: write `signature = "shape"` or `"withheld"`, or remove the line
        14:11: `outline = "less"` in [tiers.internal] is not less than its `shown`; a tier can only be made to tell less: write `outline = "counts"` or `"withheld"`, or remove the line
        14:9: `names = "clear"` in [tiers.internal] is not less than its `shown`; a tier can only be made to tell less: write `names = "withheld"`, or remove the line
        14:9: `paths = "clear"` in [tiers.confidential] is not less than its `pseudonym`; a tier can only be made to tell less: write `paths = "withheld"`, or remove the line
        13:8: unknown key `secret` in [tiers]; remove it, or use one of public, internal, confidential
        14:1: unknown key `bodies` in [tiers.…]; remove it, or use one of names, paths, lines, kinds, relations, signature, summary, documentation, outline, versions, messages, owners, literals
        13:8: unknown key `restricted` in [tiers]; remove it, or use one of public, internal, confidential
        14:10: `words` contains `x`, which would be found in too many places; write words of three letters or more
        14:12: bad domain `https://corp.example.com`; write it without scheme, port and wildcard, as in `corp.example.com`
        14:1: unknown key `word` in [organisation]; did you mean `words`?
        15:9: bad `regex`: error: unclosed character class; write a regular expression that matches some text, as in `'ACME-[0-9]{4,}'`
        15:9: bad `regex`: it matches nothing at all, and so everywhere; write a regular expression that matches some text, as in `'ACME-[0-9]{4,}'`
        13:1: [[pattern]] has no `id`; write a word, as in `id = "ticket-number"`
        13:1: [clients] has no `approved`; write a list of client names, as in `approved = ["claude-code", "cursor*"]`
        15:10: unknown `others` `warn`; write `others = "deny"` or `"allow"`
        13:1: [changes] has no `allowed_signers`; write a file beside this one in the format of ssh-keygen, as in `allowed_signers = "allowed_signers"`
        14:1: unknown key `signers` in [changes]; remove it, or use one of allowed_signers
        13:1: [[test]] has no `expect`; write `expect = "allowed"`, `"excluded"`, `"vendored"`, `"restricted"`, `"unlisted"` or `"not-a-reader"`
        15:10: unknown `expect` `denied`; write `expect = "allowed"`, `"excluded"`, `"vendored"`, `"restricted"`, `"unlisted"` or `"not-a-reader"`
        15:8: there is no team `x`; write a [[team]] table with that name, or correct it
        14:11: unknown `sources` `maybe`; write `sources = "keep"` or `"discard"`
        13:3: unknown key `exceptions` in the scope file; did you mean `exception`?
    "#]].assert_eq(&table);
}

#[test]
fn includes_stay_in_the_directory_and_hold_lists() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("written");
    let load = || {
        let result = Scope::load(&folder.path().join("louver.toml"));
        let text = result.map_or_else(
            |err| err.to_string(),
            |scope| format!("{} repositories", scope.repos().len()),
        );
        text.replace(&format!("{}/", folder.path().display()), "")
    };
    write("good.toml", "[[repo]]\nname = \"b\"\npath = \".\"\nowner = \"o\"\n");
    write(
        "louver.toml",
        &BEFORE.replacen('\n', "\ninclude = [\"good.toml\"]\n", 1),
    );
    assert_eq!(load(), "2 repositories");
    write(
        "louver.toml",
        &BEFORE.replacen(
            '\n',
            "\ninclude = [\"../x.toml\", \"a/b.toml\", \"none.toml\", \"/etc/passwd\", 3]\n",
            1,
        ),
    );
    expect![[r#"
        louver.toml:2:12: bad include `../x.toml`; write the plain name of a `.toml` file in the directory of the scope file, without folders
        louver.toml:2:25: bad include `a/b.toml`; write the plain name of a `.toml` file in the directory of the scope file, without folders
        louver.toml:2:37: there is no file `none.toml` in the directory of the scope file; correct the name, or remove it from `include`
        louver.toml:2:50: bad include `/etc/passwd`; write the plain name of a `.toml` file in the directory of the scope file, without folders
        louver.toml:2:65: `include` contains a number; write a list of files beside this one, as in `include = ["payments.toml"]`"#]].assert_eq(&load());
    write(
        "good.toml",
        "version = 1\n[[repo]]\nname = \"A\"\npath = \".\"\nowner = \"o\"\n[server]\n",
    );
    write(
        "louver.toml",
        &BEFORE.replacen('\n', "\ninclude = [\"good.toml\"]\n", 1),
    );
    expect![[r#"
        good.toml:1:1: unknown key `version` in an included file; remove it, or use one of team, repo, exception, test
        good.toml:3:8: the name `A` is taken by the repository on line 10, whatever its letter case; write another name, or remove one of the two
        good.toml:6:2: unknown key `server` in an included file; remove it, or use one of team, repo, exception, test"#]].assert_eq(&load());
    fs::remove_file(folder.path().join("good.toml")).expect("removed");
    std::os::unix::fs::symlink("/etc/hostname", folder.path().join("good.toml")).expect("a link");
    assert!(load().starts_with("cannot read the scope file"), "{}", load());
}

#[test]
fn the_digest_covers_included_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("written");
    let digest = || {
        Scope::load(&folder.path().join("louver.toml"))
            .expect("a scope")
            .digest()
            .to_owned()
    };
    write("louver.toml", "version = 1\ninclude = [\"a.toml\"]\n");
    write("a.toml", "");
    let first = digest();
    write("a.toml", "# a comment\n");
    assert_ne!(first, digest());
}

/// Runs a command in a folder that holds `text` as its scope file.
fn louver(folder: &Path, text: &str, arguments: &[&str]) -> Output {
    fs::write(folder.join("louver.toml"), text).expect("written");
    Command::new(env!("CARGO_BIN_EXE_louver"))
        .args(arguments)
        .args(["--data", "data"])
        .current_dir(folder)
        .output()
        .expect("louver runs")
}

#[test]
fn every_command_tells_a_mistake_alike() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!("{BEFORE}readers = [\"alice\"]\n[[exceptions]]\nid = \"e\"\n");
    for command in [
        &["scope", "check"][..],
        &["scope", "plan"],
        &["scope", "test"],
        &["scope", "apply"],
        &["scope", "explain", "h:alice", "a"],
        &["exception", "list"],
        &["exception", "end", "e"],
        &["purge"],
        &["index"],
        &["serve", "--stdio"],
        &["status"],
        &["ask", "list_repos"],
    ] {
        let output = louver(folder.path(), &text, command);
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(output.status.code(), Some(1), "{command:?}: {said}");
        for told in [
            "louver.toml:13:12: bad person `alice`; write `HOST:LOGIN`",
            "louver.toml:14:3: unknown key `exceptions` in the scope file; did you mean `exception`?",
        ] {
            assert!(said.contains(told), "{command:?} does not say {told:?}: {said}");
        }
    }
}
