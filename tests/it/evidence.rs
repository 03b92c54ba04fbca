//! The log in an auditor's hands: found, exported, bundled, counted, held, pruned and partly forgotten, and verifying through all of it.

use crate::served::{REPO, Repo, World};
use jsonschema::Validator;
use louver::audit::{
    Archive, Class, Decision, Filter, Hold, Log, Options, Personal, Reader, Record, Subject, Symbols, erase_person,
    prune, verify_bundle,
};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// A world in which `alice` and `bob` asked, from the command line.
fn asked() -> World {
    asked_by("alice-of-acme")
}

fn asked_by(first: &str) -> World {
    let world = World::with(&[Repo {
        name: REPO,
        tier: "internal",
        files: &[(
            "src/lib.rs",
            "pub struct Ledger;\nimpl Ledger {\n    pub fn price(&self) -> u64 { 7 }\n}\npub fn total() {}\n",
        )],
    }]);
    for (user, arguments) in [
        (first, &["ask", "search_symbols", "query=price"][..]),
        (first, &["ask", "get_outline", "target=acme/app:src/lib.rs"]),
        ("bob-of-acme", &["ask", "search_symbols", "query=total"]),
        ("bob-of-acme", &["ask", "get_outline", "target=acme/unknown"]),
    ] {
        let output = world
            .louver(arguments)
            .env("USER", user)
            .output()
            .expect("louver starts");
        assert!(output.status.code().is_some_and(|code| code < 2), "{output:?}");
    }
    world
}

fn verify_py(arguments: &[&str]) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("tests/clients/.venv/bin/python");
    let python = if python.exists() { python } else { "python3".into() };
    let verifier = root.join("examples/verify.py");
    Command::new(python)
        .arg(verifier)
        .args(arguments)
        .output()
        .expect("Python runs")
}

#[test]
fn records_are_found_by_person_symbol_tool_decision_and_time() {
    let world = asked();
    let found = |arguments: &[&str]| {
        let mut all = vec!["audit", "search", "--class", "retrieval"];
        all.extend(arguments);
        text(&world.run(&all)).lines().count()
    };
    assert_eq!(found(&[]), 3);
    assert_eq!(found(&["--user", "alice-of-acme"]), 2);
    assert_eq!(found(&["--user", "bob-of-acme"]), 1);
    assert_eq!(found(&["--user", "nobody"]), 0);
    assert_eq!(
        found(&["--symbol", "Ledger.price"]),
        2,
        "the search and the outline told it"
    );
    assert_eq!(found(&["--symbol", "total", "--tool", "search_symbols"]), 1);
    assert_eq!(found(&["--repo", REPO, "--client", "louver ask"]), 3);
    assert_eq!(found(&["--range", "1h"]), 3);
    assert_eq!(found(&["--until", "2020-01"]), 0);
    let denied = text(&world.run(&["audit", "search", "--decision", "deny", "--user", "bob-of-acme"]));
    assert!(
        denied.lines().count() == 1 && denied.contains("rule=no-such-repository"),
        "{denied}"
    );
    // Looking is itself on record, and whom it was about is not legible there.
    let looks: Vec<Value> = world.records();
    let looks: Vec<&Value> = looks.iter().filter(|it| it["tool"] == "audit search").collect();
    assert_eq!(looks.len(), 10);
    assert!(
        looks
            .iter()
            .all(|it| it["class"] == "export" && !it.to_string().contains("alice")),
        "{looks:?}"
    );
}

#[test]
fn exports_have_the_forms_other_programs_read() {
    let world = asked();
    let export = |form: &str| {
        text(&world.run(&[
            "audit",
            "export",
            "--format",
            form,
            "--class",
            "retrieval",
            "--range",
            "90d",
        ]))
    };

    let csv = export("csv");
    let mut lines = csv.lines();
    assert!(
        lines
            .next()
            .is_some_and(|head| head.starts_with("time,log,index,class,")),
        "{csv}"
    );
    assert!(
        lines.clone().count() == 3 && lines.all(|line| line.split(',').count() == 22),
        "{csv}"
    );
    assert!(
        csv.contains(",alice-of-acme,") && csv.contains(",search_symbols,"),
        "{csv}"
    );

    for line in export("jsonl").lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(line["record"]["raw_source_bytes"], 0);
    }

    let schema: Value =
        serde_json::from_str(include_str!("../../index-schema/ocsf-api-activity.schema.json")).expect("JSON");
    let validator = Validator::new(&schema).expect("a schema");
    for line in text(&world.run(&["audit", "export", "--format", "ocsf"])).lines() {
        let event: Value = serde_json::from_str(line).expect("JSON");
        let wrong: Vec<String> = validator.iter_errors(&event).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{wrong:?} in {event}");
    }

    let cef = export("cef");
    assert!(
        cef.lines()
            .all(|line| line.starts_with("CEF:0|louver|louver|") && line.split('|').count() >= 8),
        "{cef}"
    );
    assert!(cef.contains("suser=alice-of-acme") && cef.contains("cn2=0"), "{cef}");
    let syslog = export("syslog");
    assert!(
        syslog
            .lines()
            .all(|line| line.starts_with("<110>1 2") && line.ends_with(']')),
        "{syslog}"
    );
    assert!(
        syslog.contains("login=\"alice-of-acme\"") && syslog.contains("rawSourceBytes=\"0\""),
        "{syslog}"
    );
}

/// A client may call itself anything; a spreadsheet must not run it.
#[test]
fn no_export_can_be_broken_by_what_a_client_calls_itself() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = Log::open(dir.path(), quiet()).expect("a log");
    let mut record = Record::new(Class::Retrieval);
    record.client = Some(louver::audit::Client::claimed(
        "=cmd|' /C calc'!A0\n\"x\",y",
        "]\" = \\ |",
    ));
    let _receipt = log.append(record).expect("a record");
    log.close().expect("closed");
    let archive = Archive::open(dir.path()).expect("an archive");
    let found = archive
        .find(&Filter {
            class: Some("retrieval".into()),
            ..Filter::default()
        })
        .expect("records");
    use louver::audit::export::Form;
    let csv = Form::Csv.line(&found[0]);
    assert!(
        csv.contains(",\"'=cmd|' /C calc'!A0\n\"\"x\"\",y ]\"\" = \\ |\","),
        "{csv}"
    );
    for form in [Form::Jsonl, Form::Ocsf, Form::Cef, Form::Syslog] {
        assert_eq!(form.line(&found[0]).lines().count(), 1, "{form:?}");
    }
    let syslog = Form::Syslog.line(&found[0]);
    assert!(syslog.contains("\\]\\\" = \\\\ |\""), "{syslog}");
    let cef = Form::Cef.line(&found[0]);
    assert!(
        cef.contains("requestClientApplication=\\=cmd|' /C calc'!A0\\n"),
        "{cef}"
    );
}

#[test]
fn a_bundle_is_verified_without_louver_and_refuses_every_change() {
    let world = asked();
    let bundle = world.data().join("../evidence");
    let to = bundle.to_str().expect("UTF-8");
    let said = text(&world.run(&[
        "audit",
        "bundle",
        "--user",
        "alice-of-acme",
        "--range",
        "1d",
        "--output",
        to,
    ]));
    assert!(said.contains("wrote `"), "{said}");
    assert!(text(&world.run(&["audit", "verify", to])).contains("each with its proof"));
    let python = verify_py(&["--bundle", to]);
    assert!(python.status.success(), "{python:?}");

    let manifest = verify_bundle(&bundle, &[]).expect("verified");
    // A record under its proof is what is found, so the proof of another or a changed record must fail.
    let records = bundle.join(&manifest.logs[0].directory).join("records.jsonl");
    let original = fs::read_to_string(&records).expect("records");
    let proofs = bundle.join(&manifest.logs[0].directory).join("proofs");
    for (what, changed) in [
        (
            "a flipped letter",
            original.replacen("search_symbols", "search_symbolz", 1),
        ),
        (
            "a dropped record",
            original.lines().skip(1).map(|line| format!("{line}\n")).collect(),
        ),
        (
            "reordered records",
            original.lines().rev().map(|line| format!("{line}\n")).collect(),
        ),
        ("an added record", format!("{original}{{\"seq\":9}}\n")),
    ] {
        assert_ne!(changed, original, "{what}");
        fs::write(&records, &changed).expect("written");
        refit_manifest(&bundle);
        assert!(verify_bundle(&bundle, &[]).is_err(), "{what}");
        assert_eq!(verify_py(&["--bundle", to]).status.code(), Some(1), "{what}");
    }
    fs::write(&records, &original).expect("written");
    refit_manifest(&bundle);
    assert!(verify_bundle(&bundle, &[]).is_ok());
    let first = proofs.join(manifest.logs[0].records[0].to_string());
    let proof = fs::read_to_string(&first).expect("a proof");
    fs::write(&first, proof.replace("\n\u{2014} ", "\n\u{2014} x")).expect("written");
    refit_manifest(&bundle);
    assert!(verify_bundle(&bundle, &[]).is_err(), "a forged checkpoint");
    assert_eq!(verify_py(&["--bundle", to]).status.code(), Some(1));
    let other = tempfile::tempdir().expect("a folder");
    let stranger = Log::open(other.path(), quiet()).expect("a log").verifier().to_string();
    let own = fs::read_to_string(world.data().join("audit/0/vkey")).expect("a key");
    for (key, is_trusted) in [(stranger.as_str(), false), (own.trim(), true)] {
        fs::write(&first, &proof).expect("written");
        refit_manifest(&bundle);
        let status = world
            .louver(&["audit", "verify", to, "--vkey", key])
            .status()
            .expect("ran");
        assert_eq!(status.success(), is_trusted, "{key}");
    }
}

/// Makes the manifest agree with the files again, as whoever changes them would.
fn refit_manifest(bundle: &Path) {
    let path = bundle.join("manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).expect("a manifest")).expect("JSON");
    for (name, digest) in manifest["files"].as_object_mut().expect("files") {
        let bytes = fs::read(bundle.join(name)).expect("a file");
        *digest = json!(louver::audit::Sha256Digest::of(&bytes).to_string());
    }
    fs::write(path, manifest.to_string()).expect("written");
}

#[test]
fn reports_say_what_they_rest_on() {
    let world = asked();
    let report = text(&world.run(&["audit", "report", "user", "alice-of-acme"]));
    for part in [
        "# What reached alice-of-acme",
        "| answers | 2 |",
        "| raw source bytes | 0 |",
        "checkpoint size",
        "acme/app",
    ] {
        assert!(report.contains(part), "{part} in {report}");
    }
    let output = world.run(&["audit", "report", "controls", "soc2", "--format", "json"]);
    let report: Value = serde_json::from_str(&text(&output)).expect("JSON");
    assert_eq!(report["figures"]["answers"], 3);
    assert_eq!(report["figures"]["refusals"], 1);
    assert!(
        report["basis"]
            .as_array()
            .is_some_and(|basis| basis.iter().any(|log| log["records"].as_u64() > Some(3)))
    );
    let controls = &report["tables"][0];
    assert_eq!(controls["title"], "Controls");
    assert!(
        controls["rows"].as_array().is_some_and(|rows| rows.len() >= 5),
        "{controls}"
    );
    for (about, part) in [
        (&["repository", "acme/app"][..], "| alice-of-acme |"),
        (&["access"], "operating-system"),
        (&["controls", "iso27001"], "A.8.4"),
        (&["controls", "hipaa"], "164.312(b)"),
        (&["controls", "pci"], "10.3.1"),
    ] {
        let mut arguments = vec!["audit", "report"];
        arguments.extend(about);
        let report = text(&world.run(&arguments));
        assert!(report.contains(part), "{about:?}: {report}");
    }
}

#[test]
fn an_incident_is_found_compared_and_packed_and_the_log_held() {
    let world = asked();
    let found = world.run(&[
        "audit",
        "incident",
        "find",
        "--user",
        "alice-of-acme",
        "--format",
        "json",
    ]);
    let found: Value = serde_json::from_str(&text(&found)).expect("JSON");
    assert_eq!(found["repositories"][0]["files"], json!(["src/lib.rs"]));
    assert!(
        found["repositories"][0]["symbols"]
            .as_array()
            .is_some_and(|it| it.len() >= 3),
        "{found}"
    );
    let session = found["sessions"][0].as_str().expect("a session").to_owned();
    let alike = text(&world.run(&["audit", "incident", "similar", &session]));
    assert!(
        alike.lines().count() <= 1,
        "all calls of the local user are of one account: {alike}"
    );

    let evidence = world.data().join("../incident");
    let to = evidence.to_str().expect("UTF-8");
    world.run(&[
        "audit",
        "incident",
        "pack",
        "case-1",
        "--user",
        "bob-of-acme",
        "--output",
        to,
    ]);
    assert!(verify_bundle(&evidence, &[]).is_ok());
    let refused = world
        .louver(&["audit", "retention", "apply", "--keep", "0d"])
        .output()
        .expect("ran");
    assert!(
        !refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("case-1"),
        "{refused:?}"
    );
    world.run(&["audit", "hold", "release", "case-1"]);
    world.run(&["audit", "retention", "apply", "--keep", "0d"]);
}

#[test]
fn an_erased_person_is_nowhere_on_disk_and_everything_verifies() {
    let world = asked();
    let holds = |needle: &str| files_with(&world.data(), needle);
    assert!(!holds("alice-of-acme").is_empty(), "she is there before");
    world.run(&["audit", "erase-person", "alice-of-acme"]);
    assert_eq!(holds("alice-of-acme"), Vec::<String>::new());
    assert!(!holds("bob-of-acme").is_empty(), "nobody else is gone");
    assert!(text(&world.run(&["audit", "verify"])).contains("verified"));
    assert_eq!(text(&world.run(&["audit", "search", "--user", "alice-of-acme"])), "");
}

fn files_with(dir: &Path, needle: &str) -> Vec<String> {
    let mut found = Vec::new();
    for item in fs::read_dir(dir).expect("a folder") {
        let path = item.expect("an item").path();
        if path.is_dir() {
            found.extend(files_with(&path, needle));
        } else if String::from_utf8_lossy(&fs::read(&path).expect("a file")).contains(needle) {
            found.push(path.display().to_string());
        }
    }
    found
}

fn quiet() -> Options {
    Options {
        tick: None,
        ..Options::new("louver.example/audit")
    }
}

fn append(log: &Log, login: &str, address: &str) {
    let mut record = Record::new(Class::Retrieval);
    record.subject = Some(Subject {
        host: "git.example".into(),
        id: "1".into(),
        login: Some(log.commit(Personal::Login, login).expect("a commitment")),
    });
    record.address = Some(log.commit(Personal::Address, address).expect("a commitment"));
    record.decision = Some(Decision::Allow);
    let _receipt = log.append(record).expect("a record");
}

/// The writer goes on while another process erases: what it commits to afterwards is on disk, and the erased stays erased.
#[test]
fn a_running_log_follows_an_erasure() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = Log::open(dir.path(), quiet()).expect("a log");
    append(&log, "alice", "192.0.2.1");
    append(&log, "bob", "192.0.2.2");
    append(&log, "alice", "192.0.2.2");
    let erased = erase_person(dir.path(), "alice").expect("erased");
    assert_eq!(erased[&Personal::Login], 1);
    assert_eq!(erased[&Personal::Address], 1, "bob came from the other one too");
    append(&log, "carol", "192.0.2.3");
    append(&log, "bob", "192.0.2.2");
    log.close().expect("closed");
    let archive = Archive::open(dir.path()).expect("an archive");
    let of = |login: &str| {
        let filter = Filter {
            user: Some(login.into()),
            ..Filter::default()
        };
        archive.find(&filter).expect("records").len()
    };
    assert_eq!((of("alice"), of("bob"), of("carol")), (0, 2, 1));
    assert!(Reader::open(&dir.path().join("0")).expect("a log").verify(None).is_ok());
}

#[test]
fn a_pruned_log_verifies_and_so_do_its_proofs_and_older_bundles() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = Log::open(dir.path(), quiet()).expect("a log");
    for number in 0..700 {
        append(&log, if number < 300 { "early" } else { "late" }, "192.0.2.1");
    }
    log.close().expect("closed");
    let reader = Reader::open(&dir.path().join("0")).expect("a log");
    let before = reader.checkpoint().expect("a checkpoint");
    let archive = Archive::open(dir.path()).expect("an archive");
    let old = archive
        .find(&Filter {
            user: Some("early".into()),
            ..Filter::default()
        })
        .expect("records");
    let outside = tempfile::tempdir().expect("a folder");
    let bundle = outside.path().join("bundle");
    let early = Filter {
        user: Some("early".into()),
        ..Filter::default()
    };
    louver::audit::Bundle::write(&archive, &early, &bundle, true, 1).expect("a bundle");
    let cut = archive.find(&Filter::default()).expect("records")[600].time();

    let hold = Hold {
        name: "case".into(),
        reason: "law".into(),
        since: 1,
    };
    hold.set(dir.path()).expect("held");
    assert!(prune(dir.path(), cut, 2).is_err(), "a hold forbids it");
    Hold::release(dir.path(), "case").expect("released");
    let pruned = prune(dir.path(), cut, 2).expect("pruned");
    assert_eq!(
        (pruned[0].first, pruned[0].records, pruned[0].people),
        (512, 512, 1),
        "whole bundles go"
    );
    assert_eq!(prune(dir.path(), cut, 3).expect("again")[0].records, 0);

    assert!(
        reader.verify(Some(&before)).is_ok(),
        "{:?}",
        reader.verify(Some(&before))
    );
    let python = verify_py(&[dir.path().join("0").to_str().expect("UTF-8")]);
    assert!(
        python.status.success() && String::from_utf8_lossy(&python.stdout).contains("the first 512 removed"),
        "{python:?}"
    );
    assert!(verify_bundle(&bundle, &[]).is_ok(), "a bundle taken before");
    let kept = archive.find(&Filter::default()).expect("records");
    assert_eq!(kept[0].index, 512);
    for record in [&kept[0], &kept[100]] {
        let proof = reader.prove(record.index).expect("a proof");
        assert_eq!(proof.check(reader.verifier(), &record.bytes), Some(record.index));
    }
    // Whoever kept an old record can still have it proven.
    let proof = reader.prove(old[5].index).expect("a proof");
    assert_eq!(proof.check(reader.verifier(), &old[5].bytes), Some(old[5].index));
    assert_eq!(
        files_with(dir.path(), "early"),
        Vec::<String>::new(),
        "nobody needs the name any more"
    );

    // The log goes on, and removing records without saying so is found.
    let log = Log::open(dir.path(), quiet()).expect("the log");
    append(&log, "late", "192.0.2.1");
    log.close().expect("closed");
    assert!(reader.verify(Some(&before)).is_ok());
    fs::remove_file(dir.path().join("0/retention")).expect("removed");
    assert!(reader.verify(None).is_err());
    assert_eq!(
        verify_py(&[dir.path().join("0").to_str().expect("UTF-8")])
            .status
            .code(),
        Some(1)
    );
}

#[test]
fn a_forged_retention_note_is_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = Log::open(dir.path(), quiet()).expect("a log");
    for _ in 0..300 {
        append(&log, "alice", "192.0.2.1");
    }
    log.close().expect("closed");
    let own = dir.path().join("0");
    fs::remove_file(own.join("tile/entries/000")).expect("the first bundle");
    let note =
        "louver.example/audit/0\nlouver-retention/v1\nfirst 256\nat 1\n\n\u{2014} louver.example/audit/0 AAAAAAAA\n";
    fs::write(own.join("retention"), note).expect("written");
    assert!(Reader::open(&own).expect("a log").verify(None).is_err());
    assert_eq!(verify_py(&[own.to_str().expect("UTF-8")]).status.code(), Some(1));
}

#[test]
fn a_list_too_long_for_a_record_is_kept_beside_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = Log::open(dir.path(), quiet()).expect("a log");
    let mut record = Record::new(Class::Retrieval);
    record.symbols = Some(Symbols::of((0..200).map(|n| format!("acme/app:src/lib.rs#f{n}"))));
    let _receipt = log.append(record).expect("a record");
    log.close().expect("closed");
    let archive = Archive::open(dir.path()).expect("an archive");
    let found = |symbol: &str| {
        let filter = Filter {
            symbol: Some(symbol.into()),
            ..Filter::default()
        };
        archive.find(&filter).expect("records").len()
    };
    assert_eq!((found("f199"), found("f200")), (1, 0));
}

/// `docs/auditing.md` is run as it is printed: every command in it works, on a log in which alice asked.
#[test]
fn the_walk_through_works_as_printed() {
    let world = asked_by("alice");
    let folder = tempfile::tempdir().expect("a folder");
    let guide = include_str!("../../docs/auditing.md");
    let commands: Vec<&str> = guide
        .split("```sh\n")
        .skip(1)
        .filter_map(|block| block.split("```").next())
        .flat_map(str::lines)
        .collect();
    assert!(commands.len() >= 18, "{commands:?}");
    let program = Path::new(env!("CARGO_BIN_EXE_louver")).parent().expect("a folder");
    let venv = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/.venv/bin");
    let path = format!(
        "{}:{}:{}",
        program.display(),
        venv.display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let mut said = String::new();
    for command in commands {
        let output = Command::new("sh")
            .args(["-c", command])
            .current_dir(folder.path())
            .env("PATH", &path)
            .env("LOUVER_CONFIG", world.config())
            .env("LOUVER_DATA", world.data())
            .output()
            .expect("a shell");
        assert!(output.status.success(), "{command}: {output:?}");
        said.push_str(&text(&output));
    }
    for part in [
        "login=alice",
        "Ledger.price",
        "| raw source bytes | 0 |",
        "verified:",
        "CC6.1",
        "case-17",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
}
