//! `[audit]` of the scope file: what is kept, how full a disk may be, how much a person may be told, and that all of it can change while
//! louver serves.

use crate::served::{SHOP, Served, World};
use crate::tokens::{create, site};
use expect_test::expect;
use louver::scope::{Scope, StreamTarget};
use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Appends to the scope file of a world.
fn chosen(world: &World, text: &str) {
    let scope = fs::read_to_string(world.config()).expect("a scope file");
    let scope = scope.split("\n[audit]").next().unwrap_or_default();
    fs::write(world.config(), format!("{scope}\n[audit]\n{text}\n")).expect("written");
}

#[test]
fn every_mistake_is_told() {
    let mut told = String::new();
    for text in [
        "queries = \"all\"",
        "min_free_mb = 0",
        "retention_days = \"400\"",
        "symbols_per_hour = -1",
        "syslog = \"siem\"",
        "[audit.alerts]\ndenials = true",
        "[audit.alerts]\nvolume = 1",
        "[[audit.stream]]\nname = \"a\"",
        "[[audit.stream]]\nname = \"../a\"\nkind = \"file\"\npath = \"a\"",
        "[[audit.stream]]\nname = \"a\"\nkind = \"kafka\"",
        "[[audit.stream]]\nname = \"a\"\nkind = \"syslog\"\naddress = \"siem.example.com\"",
        "[[audit.stream]]\nname = \"a\"\nkind = \"syslog\"\naddress = \"tls://siem.example.com:6514\"\nurl = \"https://a.example\"",
        "[[audit.stream]]\nname = \"a\"\nkind = \"webhook\"\nurl = \"http://siem.example.com\"",
        "[[audit.stream]]\nname = \"a\"\nkind = \"webhook\"\nurl = \"https://siem.example.com\"\ntoken_env = \"s3cr3t-token\"",
        "[[audit.stream]]\nname = \"a\"\nkind = \"file\"\npath = \"a\"\nclasses = [\"alerts\"]",
        "[[audit.stream]]\nname = \"a\"\nkind = \"file\"\npath = \"a\"\n[[audit.anchor]]\nname = \"a\"\nkind = \"git\"\npath = \"b\"",
        "[[audit.anchor]]\nname = \"a\"\nkind = \"git\"\nurl = \"https://a.example\"\npath = \"b\"",
        "[[audit.anchor]]\nname = \"a\"\nkind = \"git\"\npath = \"b\"\npush = \"https://t0ken@a.example/b\"",
        "[[audit.anchor]]\nname = \"a\"\nkind = \"git\"\npath = \"b\"\ncredential_env = \"TOKEN\"",
        "[[audit.anchor]]\nname = \"a\"\nkind = \"witness\"\nurl = \"https://a.example\"\nevery_minutes = 0",
    ] {
        let scope = Scope::parse(&format!("version = 1\n[audit]\n{text}\n"), Path::new("louver.toml"));
        told.push_str(&format!("{}\n", scope.expect_err(text)));
    }
    expect![[r#"
        louver.toml:3:11: unknown `queries` `all`; write `queries = "digest"` or `"text"`
        louver.toml:3:15: `min_free_mb` is 0; write a number from 1 to 1048576
        louver.toml:3:18: `retention_days` is a text; write a number of days, as in `retention_days = 400`
        louver.toml:3:20: `symbols_per_hour` is -1; write a number from 1 to 1099511627776
        louver.toml:3:1: unknown key `syslog` in [audit]; remove it, or use one of queries, min_free_mb, retention_days, symbols_per_hour, alerts, stream, anchor
        louver.toml:4:11: `denials` is true or false; write a number of refusals, as in `denials = 20`
        louver.toml:4:1: unknown key `volume` in [audit.alerts]; remove it, or use one of secret_finding, distinct_symbols, times_usual, repositories, denials, unknown_client, exception, silence_minutes, permission_source
        louver.toml:3:1: [[audit.stream]] has no `kind`; write `kind = "syslog"`, `"webhook"` or `"file"`
        louver.toml:4:8: bad `name` `../a`; write up to 64 lower-case letters, digits, `-`, `_` and `.`
        louver.toml:5:8: unknown `kind` `kafka`; write `kind = "syslog"`, `"webhook"` or `"file"`
        louver.toml:6:11: bad `address` `siem.example.com`; write `tls://` or `tcp://`, a machine and a port, as in `address = "tls://siem.example.com:6514"`
        louver.toml:7:7: `url` means nothing for kind `syslog`; remove it
        louver.toml:6:7: bad `url`; write an address that begins with `https://` (`http://` is for this machine only), without account, `?` or `#`
        louver.toml:7:13: `token_env` is the name of an environment variable in capitals; if this was the secret itself, replace it at the host: the scope file is no place for secrets
        louver.toml:7:12: there is no class of records `alerts`; write some of retrieval, denial, auth, scope_change, index, export, admin, alert, tick, start, stop
        louver.toml:8:8: the name `a` is taken by another stream or anchor; write another name, or remove one of the two
        louver.toml:6:7: `url` means nothing for kind `git`; remove it
        louver.toml:7:8: bad `push`: the URL carries a credential; remove everything before the `@`, revoke that credential, and name the place of a new one with `credential_env` or `credential_command`
        louver.toml:7:18: `credential_env` means nothing without `push`; remove it
        louver.toml:3:1: [[audit.anchor]] has no `vkey`; write the key it signs with, as in `vkey = "witness.example.com+8b0a5ecd+BA…"`
        louver.toml:7:17: `every_minutes` is 0; write a number from 1 to 10080
    "#]].assert_eq(&told);
}

#[test]
fn what_is_written_is_read() {
    let text = "version = 1\n[audit]\nqueries = \"text\"\nmin_free_mb = 8\nretention_days = 400\nsymbols_per_hour = 7\n[audit.alerts]\ndenials = 0\n\
        [[audit.stream]]\nname = \"siem\"\nkind = \"syslog\"\naddress = \"tls://[::1]:6514\"\nca_file = \"ca.pem\"\nclasses = [\"alert\"]\n\
        [[audit.anchor]]\nname = \"git\"\nkind = \"git\"\npath = \"marks\"\nevery_minutes = 5\n";
    let scope = Scope::parse(text, Path::new("/etc/louver.toml")).expect("a scope");
    let audit = scope.audit();
    assert!(audit.keep_queries && audit.min_free_bytes == 8 << 20 && audit.retention_days == Some(400));
    assert_eq!(
        (audit.symbols_per_hour, audit.alerts.denials, audit.alerts.repositories),
        (Some(7), 0, 25)
    );
    let expected = StreamTarget::Syslog {
        host: "::1".into(),
        port: 6514,
        tls: true,
        ca_file: Some("/etc/ca.pem".into()),
    };
    assert_eq!(audit.streams[0].to, expected);
    assert_eq!(audit.anchors[0].every.as_secs(), 300);
    let usual = Scope::parse("version = 1\n", Path::new("louver.toml")).expect("a scope");
    assert!(!usual.audit().keep_queries && usual.audit().symbols_per_hour.is_none());
}

#[test]
fn the_words_of_a_question_are_kept_only_where_the_organisation_chose_so() {
    let world = World::of(SHOP);
    world.run(&["scope", "apply"]);
    let louver = Served::over(world);
    let text = |louver: &Served| {
        louver.answer("search_symbols", json!({ "query": "charge an order" }));
        louver.call_records().last().expect("a record")["query"]["text"].clone()
    };
    assert_eq!(text(&louver), json!(null));
    chosen(&louver, "queries = \"text\"");
    louver.run(&["scope", "apply"]);
    assert_eq!(text(&louver), "charge an order");
    chosen(&louver, "queries = \"digest\"");
    louver.run(&["scope", "apply"]);
    assert_eq!(text(&louver), json!(null));
}

#[test]
fn a_disk_that_is_fuller_than_the_scope_allows_is_not_written_to() {
    let world = World::of(SHOP);
    world.run(&["scope", "apply"]);
    let louver = Served::over(world);
    let answered = || louver.call("list_repos", json!({}));
    assert!(answered().receipt.is_some());
    chosen(&louver, "min_free_mb = 1048576");
    louver.run(&["scope", "apply"]);
    let refused = answered();
    assert!(refused.text.contains("the audit log cannot be written"), "{refused:?}");
    let ready = louver.send("GET", "/readyz", &[], b"");
    assert_eq!(ready.status, 503);
    assert!(ready.body.contains("bytes left and the audit log needs"), "{ready:?}");
    // Nobody restarts it: there is room again. The command needs a log too, so it is told by its scope file.
    chosen(&louver, "min_free_mb = 1");
    let applied = louver.louver(&["scope", "apply"]).output().expect("ran");
    assert!(!applied.status.success(), "the scope in force still refuses");
}

#[test]
fn a_person_is_told_no_more_symbols_an_hour_than_the_scope_allows() {
    let world = World::of(SHOP);
    chosen(&world, "symbols_per_hour = 3");
    let louver = Served::over(world);
    let first = louver.call("get_outline", json!({ "target": "acme/app", "max_tokens": 4000 }));
    let outline = json!({ "target": "acme/app:src/lib.rs" });
    let mut answer = louver.call("get_outline", outline.clone());
    if !answer.is_error {
        answer = louver.call("get_outline", outline.clone());
    }
    assert!(!first.is_error, "{first:?}");
    assert!(
        answer.text.contains("3 different symbols within an hour") && answer.text.contains("ask again in 60 min"),
        "{answer:?}"
    );
    let records = louver.call_records();
    let record = records.last().expect("a record");
    assert_eq!(
        (&record["class"], &record["rule"]),
        (&json!("denial"), &json!("over-budget"))
    );
    // Another process, and a restart, forgive nothing.
    let said = louver
        .louver(&["ask", "get_outline", "target=acme/app:src/lib.rs"])
        .output()
        .expect("ran");
    assert!(
        String::from_utf8_lossy(&said.stderr).contains("within an hour"),
        "{said:?}"
    );
    chosen(&louver, "symbols_per_hour = 3000");
    louver.run(&["scope", "apply"]);
    assert!(!louver.call("get_outline", outline).is_error);
}

#[test]
fn retention_is_the_scope_s_unless_the_command_says_otherwise() {
    let world = World::of(SHOP);
    let refused = world.louver(&["audit", "retention", "apply"]).output().expect("ran");
    assert!(
        String::from_utf8_lossy(&refused.stderr).contains("retention_days"),
        "{refused:?}"
    );
    chosen(&world, "retention_days = 400");
    world.run(&["audit", "retention", "apply"]);
}

/// Where people are a list without numbers, their login is their id, and goes with it.
#[test]
fn a_person_of_a_list_can_be_erased_too() {
    let world = site();
    let scope = fs::read_to_string(world.config()).expect("a scope file");
    fs::write(world.config(), scope.replace("id = \"1\"", "id = \"ada\"")).expect("written");
    let (id, _) = create(&world, "ada", &[]);
    world.run(&["token", "revoke", &id]);
    world.run(&["access", "explain", "site:ada", "acme/shop"]);
    world.run(&["access", "revoke", "--user", "site:ada"]);
    world.run(&["access", "restore", "--user", "site:ada"]);
    let found =
        |user: &str| String::from_utf8_lossy(&world.run(&["audit", "search", "--user", user]).stdout).into_owned();
    assert!(
        found("ada").contains("login=ada") && found("site:ada").contains("token-created"),
        "{}",
        found("ada")
    );
    let holds = || -> Vec<String> {
        crate::world::files_below(&world.data().join("audit"))
            .into_iter()
            .filter(|(_, bytes)| {
                let text = String::from_utf8_lossy(bytes);
                text.contains(":ada") || text.contains("\"ada\"")
            })
            .map(|(path, _)| path.display().to_string())
            .collect()
    };
    assert!(
        holds().iter().all(|path| path.ends_with("people.jsonl")),
        "{:?}",
        holds()
    );
    assert!(!holds().is_empty());
    world.run(&["audit", "erase-person", "ada"]);
    assert_eq!(holds(), Vec::<String>::new());
    world.run(&["audit", "verify"]);
}

/// A disk that is really full, where this user may mount one.
#[allow(clippy::print_stdout, reason = "a test that is skipped says so")]
#[test]
fn a_full_disk_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let disk = folder.path().join("disk");
    fs::create_dir(&disk).expect("a folder");
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=8m", "none"])
        .arg(&disk)
        .output();
    if !mounted.is_ok_and(|it| it.status.success()) {
        println!("SKIPPED: a disk of its own cannot be mounted here; tests/it/faults.rs fills one by injection");
        return;
    }
    let filled = full_disk(&disk);
    let unmounted = Command::new("umount").arg(&disk).status().expect("umount");
    assert!(unmounted.success());
    filled.expect("nothing is lost");
}

fn full_disk(disk: &Path) -> Result<(), String> {
    use louver::audit::{Class, Log, Options, Reader, Record};
    let told = |error: &dyn std::error::Error| error.to_string();
    // Without a watermark it is the write that fails.
    for min_free_bytes in [1 << 20, 0] {
        let dir = disk.join(min_free_bytes.to_string());
        let options = || Options {
            min_free_bytes,
            tick: None,
            ..Options::new("louver.example/full")
        };
        let log = Log::open(&dir, options()).map_err(|it| told(&it))?;
        let detail = json!({ "text": "x".repeat(800) })
            .as_object()
            .cloned()
            .unwrap_or_default();
        let mut promised = 0;
        let refused = loop {
            match log.append(Record::new(Class::Admin).with_detail(detail.clone())) {
                Ok(receipt) => promised = receipt.index(),
                Err(error) => break error.to_string(),
            }
        };
        let expected = if min_free_bytes > 0 {
            "bytes left"
        } else {
            "No space left on device"
        };
        if promised < 10 || !refused.contains(expected) {
            return Err(format!("{promised} {refused}"));
        }
        drop(log);
        // Room is made by removing what is not the log's.
        if min_free_bytes == 0 {
            fs::remove_dir_all(disk.join((1 << 20).to_string())).map_err(|it| told(&it))?;
        }
        let log = Log::open(
            &dir,
            Options {
                min_free_bytes: 0,
                ..options()
            },
        )
        .map_err(|it| told(&it))?;
        let own = log.dir().to_owned();
        let _checkpoint = log.close().map_err(|it| told(&it))?;
        let verified = Reader::open(&own).map_err(|it| told(&it))?.verify(None);
        let size = verified.map_err(|it| format!("{it:?}"))?.checkpoint.size;
        if size <= promised {
            return Err(format!("record {promised} was promised, and there are {size}"));
        }
    }
    Ok(())
}
