//! The audit log as an auditor meets it: written by many, cut off at any moment, tampered with, and still telling the truth.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use jsonschema::Validator;
use louver::audit::{
    AuditError, Class, Client, Decision, Finding, Log, Options, Permission, Personal, Proof, Reader, Record,
    RecordError, Repo, Sha256Digest, Subject, Symbols, instances, merkle, note::Checkpoint,
};
use serde_json::{Map, Value, json};

const SCHEMA_DIR: &str = env!("CARGO_MANIFEST_DIR");

/// Set for the child process of the crash test: the directory it appends to.
const CHILD: &str = "LOUVER_TEST_AUDIT_CHILD";

fn options() -> Options {
    Options {
        tick: None,
        ..Options::new("louver.example/audit")
    }
}

/// A directory with a log of `records` records, the first of which says that the log was opened and the last that it was closed.
fn written(records: u64) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let log = Log::open(dir.path(), options()).expect("a new log");
    for number in 0..records - 2 {
        let receipt = log.append(retrieval(&log, number)).expect("a record");
        assert_eq!(receipt.index(), number + 1);
    }
    let checkpoint = log.close().expect("a checkpoint");
    assert!(
        checkpoint.starts_with(&format!("louver.example/audit/0\n{records}\n")),
        "{checkpoint}"
    );
    dir
}

/// A record with every field.
fn retrieval(log: &Log, number: u64) -> Record {
    let login = log.commit(Personal::Login, "alice").expect("a commitment");
    let mut record = Record::new(Class::Retrieval);
    record.subject = Some(Subject {
        host: "git.example".into(),
        id: "4711".into(),
        login: Some(login),
    });
    record.session = Some(format!("session-{number}"));
    record.oauth_client = Some("client-1".into());
    record.client = Some(Client::claimed("editor", "1.2"));
    record.address = Some(log.commit(Personal::Address, "192.0.2.7").expect("a commitment"));
    record.tool = Some("find_symbol".into());
    record.repos = vec![Repo {
        name: "acme/web".into(),
        commit: Some("0f".repeat(20)),
        tier: Some("internal".into()),
    }];
    record.query = Some(log.query("where is the session store"));
    record.arguments = Some(log.digest(b"{}"));
    record.decision = Some(Decision::Allow);
    record.rule = Some("tier internal".into());
    record.permission = Some(Permission {
        source: "git.example".into(),
        checked_at: 1,
        age_ms: 20,
    });
    record.scope_digest = Some(Sha256Digest::of(b"scope"));
    record.symbols = Some(Symbols::of(["acme/web:a.rs#f", "acme/web:a.rs#g"]));
    record.items = Some(2);
    record.bytes = Some(640);
    record.tokens = Some(160);
    record.names_withheld = Some(0);
    record.pseudonyms = Some(0);
    record.redactions.insert("aws-key".into(), 1);
    record.raw_source_bytes = Some(0);
    record.output_sha256 = Some(Sha256Digest::of(b"answer"));
    record.trace_id = Some("4bf92f3577b34da6a3ce929d0e0e4736".into());
    record.duration_us = Some(900 + number);
    record
}

/// The schema, and what makes it a check.
fn schema() -> (Value, Validator) {
    let path = Path::new(SCHEMA_DIR).join("index-schema/record.schema.json");
    let schema = parsed(&fs::read(path).expect("the schema"));
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    (schema, validator)
}

/// The names of all members in a schema or a value, those of members of members too.
fn members(value: &Value, schema: bool) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let own = if schema { &value["properties"] } else { value };
    for (name, inner) in own.as_object().into_iter().flatten() {
        names.insert(name.clone());
        // What is in a detail or a redaction is named by others.
        if name == "detail" || name == "redactions" {
            continue;
        }
        let inner = if schema && inner["type"] == "array" {
            &inner["items"]
        } else {
            inner
        };
        let inner = if !schema && inner.is_array() { &inner[0] } else { inner };
        names.extend(
            members(inner, schema)
                .into_iter()
                .map(|member| format!("{name}.{member}")),
        );
    }
    names
}

#[test]
fn records_and_their_schema_name_the_same_fields() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let log = Log::open(
        dir.path(),
        Options {
            keep_queries: true,
            ..options()
        },
    )
    .expect("a log");
    let detail = Map::from_iter([("note".to_owned(), json!("short"))]);
    drop(log.append(retrieval(&log, 0).with_detail(detail)).expect("a record"));
    let mut many = Record::new(Class::Retrieval);
    many.symbols = Some(Symbols::of((0..65).map(|number| number.to_string())));
    drop(log.append(many).expect("a record"));
    drop(log);

    let (schema, validator) = schema();
    let mut named = BTreeSet::new();
    for record in records(&log_dir(&dir)) {
        let record = parsed(&record);
        let errors: Vec<String> = validator.iter_errors(&record).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?} in {record}");
        named.extend(members(&record, false));
    }
    assert_eq!(named, members(&schema, true));
}

#[test]
fn the_schema_lists_every_class_and_decision() {
    use Class::*;
    let classes = [
        Retrieval,
        Denial,
        Auth,
        ScopeChange,
        Index,
        Export,
        Admin,
        Alert,
        Tick,
        Start,
        Stop,
    ];
    let decisions = [Decision::Allow, Decision::Deny, Decision::Redact, Decision::Error];
    let (schema, _) = schema();
    assert_eq!(schema["properties"]["class"]["enum"], json!(classes));
    assert_eq!(schema["properties"]["decision"]["enum"], json!(decisions));
}

fn log_dir(dir: &tempfile::TempDir) -> PathBuf {
    dir.path().join("0")
}

fn reader(dir: &Path) -> Reader {
    Reader::open(dir).expect("a readable log")
}

fn records(dir: &Path) -> Vec<Vec<u8>> {
    reader(dir)
        .records(0)
        .map(|entry| entry.expect("a readable record").record)
        .collect()
}

fn parsed(record: &[u8]) -> Value {
    serde_json::from_slice(record).expect("a record is JSON")
}

fn bundle(records: &[Vec<u8>]) -> Vec<u8> {
    let framed = records.iter().map(|record| {
        let length = u16::try_from(record.len()).expect("a short record");
        [length.to_be_bytes().as_slice(), record].concat()
    });
    framed.collect::<Vec<_>>().concat()
}

#[track_caller]
fn findings(dir: &Path, older: Option<&str>) -> Vec<Finding> {
    reader(dir).verify(older).expect_err("a log that was tampered with")
}

#[test]
fn a_log_of_600_records_verifies_and_its_proofs_check() {
    let dir = written(600);
    let reader = reader(&log_dir(&dir));
    let verified = reader.verify(None).expect("an intact log");
    assert_eq!((verified.checkpoint.size, verified.unpublished), (600, 0));

    for (index, entry) in (0..).zip(reader.records(0)) {
        let entry = entry.expect("a readable record");
        let text = reader.prove(index).expect("a proof").to_string();
        let proof = Proof::parse(&text).expect("the text of a proof");
        assert_eq!(proof.check(reader.verifier(), &entry.record), Some(index));
        assert_eq!(proof.check(reader.verifier(), b"{}"), None);
    }
    assert!(matches!(
        reader.prove(600),
        Err(AuditError::NoRecord {
            index: 600,
            size: 600,
            ..
        })
    ));

    let root = |size| reader.root(size).expect("a root");
    for old in (0..=600).step_by(7) {
        let proof = reader.prove_consistency(old, 600).expect("a proof");
        assert!(
            merkle::check_consistency(&proof, (old, &root(old)), (600, &root(600))),
            "{old}"
        );
    }
}

#[test]
fn a_record_is_canonical_and_keeps_no_personal_value_and_no_question() {
    let dir = written(4);
    let records = records(&log_dir(&dir));
    let text = String::from_utf8(records[1].clone()).expect("text");
    let value = parsed(&records[1]);
    assert_eq!(text, serde_json::to_string(&sorted(&value)).expect("JSON"));
    assert_eq!(value["seq"], json!(1));
    for hidden in ["alice", "192.0.2.7", "session store"] {
        assert!(!text.contains(hidden), "{hidden} is in the record");
    }

    let people = fs::read_to_string(log_dir(&dir).join("people.jsonl")).expect("the side file");
    let login: Value = people
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .find(|line: &Value| line["value"] == json!("alice"))
        .expect("alice");
    let salted = format!("{}alice", login["salt"].as_str().expect("a salt"));
    let commitment = Sha256Digest::of(salted.as_bytes()).to_string();
    assert_eq!(value["subject"]["login"], json!(commitment));
    assert_eq!(
        value["subject"]["login"],
        parsed(&records[2])["subject"]["login"],
        "searchable"
    );
    assert_eq!(
        people.lines().count(),
        2,
        "one line for each value, not for each record"
    );
}

/// Rebuilds a value with its keys in order, whatever order its map keeps.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(key, _)| *key);
            Value::Object(
                members
                    .into_iter()
                    .map(|(key, value)| (key.clone(), sorted(value)))
                    .collect(),
            )
        }
        other => other.clone(),
    }
}

#[test]
fn a_suspected_question_can_be_confirmed() {
    let dir = written(3);
    let found = parsed(&records(&log_dir(&dir))[1])["query"]["digest"].clone();
    let log = Log::open(dir.path(), options()).expect("the same log");
    assert_eq!(found, json!(log.digest(b"where is the session store").to_string()));
    assert_ne!(found, json!(log.digest(b"where is the session").to_string()));
}

#[test]
fn more_symbols_than_fit_are_counted_and_digested() {
    let record = |count: usize| {
        let symbols = Symbols::of((0..count).map(|number| format!("s{number:03}")));
        serde_json::to_value(symbols).expect("JSON")
    };
    assert_eq!(record(64)["ids"].as_array().map(Vec::len), Some(64));
    let many = record(65);
    assert_eq!(many["count"], json!(65));
    let ids: Vec<String> = (0..65).map(|number| format!("s{number:03}")).collect();
    assert_eq!(
        many["sha256"],
        json!(Sha256Digest::of(ids.join("\n").as_bytes()).to_string())
    );
    assert!(many.get("ids").is_none());
}

#[test]
fn a_long_detail_is_kept_beside_and_an_oversized_record_is_refused() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let log = Log::open(dir.path(), options()).expect("a new log");
    let detail = Map::from_iter([("diff".to_owned(), json!("x".repeat(100_000)))]);
    let receipt = log
        .append(Record::new(Class::ScopeChange).with_detail(detail))
        .expect("a record");
    assert_eq!(receipt.index(), 1);

    let mut record = Record::new(Class::Denial);
    record.rule = Some("r".repeat(70_000));
    let refused = log.append(record).expect_err("too long");
    assert!(
        matches!(refused, AuditError::Record(RecordError::TooLong(_))),
        "{refused}"
    );
    let fraction = Map::from_iter([("ratio".to_owned(), json!(0.5))]);
    let refused = log
        .append(Record::new(Class::Alert).with_detail(fraction))
        .expect_err("fraction");
    assert!(
        matches!(refused, AuditError::Record(RecordError::Number(_))),
        "{refused}"
    );
    assert!(log.health().is_ok(), "a refused record does not stop the log");
    drop(log);

    let detail = parsed(&records(&log_dir(&dir))[1])["detail"].clone();
    let digest = detail["sha256"].as_str().expect("a digest");
    let kept = fs::read(log_dir(&dir).join(format!("detail/{digest}.json"))).expect("the detail");
    assert_eq!(Sha256Digest::of(&kept).to_string(), digest);
    assert_eq!(detail["bytes"], json!(kept.len()));
}

#[test]
fn sixteen_threads_get_receipts_of_their_own_records() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let log = Log::open(dir.path(), options()).expect("a new log");
    let appended: Vec<(String, u64, merkle::Hash)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..16)
            .map(|thread| {
                let log = &log;
                scope.spawn(move || {
                    let append = |number| {
                        let mut record = retrieval(log, number);
                        let session = format!("{thread}/{number}");
                        record.session = Some(session.clone());
                        let receipt = log.append(record).expect("a record");
                        (session, receipt.index(), *receipt.leaf())
                    };
                    (0..50).map(append).collect::<Vec<_>>()
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("no panic"))
            .collect()
    });
    drop(log);
    assert_eq!(
        reader(&log_dir(&dir)).verify(None).expect("intact").checkpoint.size,
        802
    );
    let records = records(&log_dir(&dir));
    for (session, index, leaf) in appended {
        let record = &records[usize::try_from(index).expect("small")];
        assert_eq!(parsed(record)["session"], json!(session));
        assert_eq!(merkle::leaf_hash(record), leaf);
    }
}

#[test]
fn a_reader_follows_a_log_that_is_being_written() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let log = Log::open(dir.path(), options()).expect("a new log");
    let reader = reader(log.dir());
    let mut follow = reader.records(0);
    let mut seen = 0;
    for number in 0..600 {
        drop(log.append(retrieval(&log, number)).expect("a record"));
        if number % 100 == 0 {
            drop(log.checkpoint().expect("a checkpoint"));
            assert_eq!(reader.verify(None).expect("intact").checkpoint.size, number + 2);
        }
        for entry in follow.by_ref() {
            assert_eq!(entry.expect("a readable record").index, seen);
            seen += 1;
        }
        assert_eq!(seen, number + 2);
    }
}

#[test]
fn ticks_come_by_themselves() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let tick = Some(Duration::from_millis(20));
    let log = Log::open(dir.path(), Options { tick, ..options() }).expect("a new log");
    thread::sleep(Duration::from_millis(200));
    drop(log);
    let classes: Vec<Value> = records(&log_dir(&dir))
        .iter()
        .map(|record| parsed(record)["class"].clone())
        .collect();
    assert_eq!((&classes[0], classes.last()), (&json!("start"), Some(&json!("stop"))));
    assert!(
        classes.iter().filter(|&class| *class == json!("tick")).count() >= 3,
        "{classes:?}"
    );
}

#[test]
fn two_writers_get_two_logs_with_one_key() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let first = Log::open(dir.path(), options()).expect("a new log");
    let second = Log::open(dir.path(), options()).expect("another log");
    assert_eq!(first.verifier().name(), "louver.example/audit/0");
    assert_eq!(second.verifier().name(), "louver.example/audit/1");
    assert!(first.verifier().same_key(second.verifier()));
    assert_eq!(instances(dir.path()).expect("a list"), [first.dir(), second.dir()]);

    let checkpoint = second.checkpoint().expect("a checkpoint");
    fs::write(first.dir().join("checkpoint"), checkpoint).expect("a forgery");
    assert!(matches!(findings(first.dir(), None)[..], [Finding::Checkpoint(_)]));
}

#[test]
fn only_the_owner_can_read_a_log() {
    use std::os::unix::fs::PermissionsExt;
    let dir = written(300);
    let mut paths = vec![dir.path().join("key"), dir.path().join("query-key"), log_dir(&dir)];
    while let Some(path) = paths.pop() {
        let metadata = fs::metadata(&path).expect("metadata");
        assert_eq!(metadata.permissions().mode() & 0o077, 0, "{}", path.display());
        if metadata.is_dir() {
            let items = fs::read_dir(&path).expect("a directory");
            paths.extend(items.map(|item| item.expect("an item").path()));
        }
    }
}

#[test]
fn a_full_disk_is_refused_before_it_is_full() {
    let dir = written(3);
    let refused = Log::open(
        dir.path(),
        Options {
            min_free_bytes: u64::MAX,
            ..options()
        },
    );
    assert!(matches!(refused, Err(AuditError::DiskLow { needed: u64::MAX, .. })));
    assert!(reader(&log_dir(&dir)).verify(None).is_ok());
}

#[test]
fn another_origin_does_not_go_on_with_a_log() {
    let dir = written(3);
    let refused = Log::open(
        dir.path(),
        Options {
            origin: "other.example".into(),
            ..options()
        },
    );
    assert!(matches!(refused, Err(AuditError::Contradiction { .. })));
}

/// Changes the records of a bundle on disk, and gives what verification finds.
#[track_caller]
fn tampered(change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<Finding> {
    let dir = written(600);
    let log = log_dir(&dir);
    let mut kept = records(&log)[256..512].to_vec();
    change(&mut kept);
    fs::write(log.join("tile/entries/001"), bundle(&kept)).expect("a changed bundle");
    findings(&log, None)
}

#[test]
fn a_flipped_bit_is_found_at_its_record() {
    let found = tampered(|records| {
        let at = records[10]
            .windows(7)
            .position(|text| text == b"session")
            .expect("a session");
        records[10][at + 12] ^= 1;
    });
    assert_eq!(found, [Finding::Changed { index: 266 }]);
}

#[test]
fn a_dropped_record_is_found_at_its_place() {
    let found = tampered(|records| drop(records.remove(10)));
    assert_eq!(found[0], Finding::Misplaced { index: 266, found: 267 });
    assert!(found.contains(&Finding::Missing { index: 511 }));
}

#[test]
fn exchanged_records_are_found() {
    let found = tampered(|records| records.swap(10, 20));
    let expected = [
        Finding::Misplaced { index: 266, found: 276 },
        Finding::Misplaced { index: 276, found: 266 },
        Finding::Changed { index: 266 },
        Finding::Changed { index: 276 },
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_duplicated_record_is_found() {
    let found = tampered(|records| records[11] = records[10].clone());
    let expected = [
        Finding::Misplaced { index: 267, found: 266 },
        Finding::Changed { index: 267 },
    ];
    assert_eq!(found, expected);
}

#[test]
fn an_inserted_record_is_found() {
    let found = tampered(|records| records.insert(10, records[10].clone()));
    assert_eq!(found[0], Finding::Misplaced { index: 267, found: 266 });
    assert!(
        found
            .iter()
            .any(|finding| matches!(finding, Finding::Surplus { index: 511, .. }))
    );
}

#[test]
fn a_record_changed_together_with_its_tile_is_found_by_the_checkpoint() {
    let dir = written(600);
    let log = log_dir(&dir);
    let mut kept = records(&log)[256..512].to_vec();
    let text = String::from_utf8(kept[10].clone())
        .expect("text")
        .replace("acme/web", "acme/app");
    kept[10] = text.into_bytes();
    fs::write(log.join("tile/entries/001"), bundle(&kept)).expect("a changed bundle");
    let tile: Vec<u8> = kept
        .iter()
        .flat_map(|record| *merkle::leaf_hash(record).as_bytes())
        .collect();
    fs::write(log.join("tile/0/001"), tile).expect("a changed tile");
    assert_eq!(findings(&log, None), [Finding::Tile { level: 1, index: 0 }]);

    let partial = log.join("tile/1/000.p/2");
    let mut row = fs::read(&partial).expect("a tile");
    let leaves: Vec<_> = kept.iter().map(|record| merkle::leaf_hash(record)).collect();
    row[32..].copy_from_slice(merkle::root_of(&leaves).expect("a root").as_bytes());
    fs::write(&partial, row).expect("a changed tile");
    assert_eq!(findings(&log, None), [Finding::Root { size: 600 }]);
    assert!(matches!(
        Log::open(dir.path(), options()),
        Err(AuditError::Contradiction { .. })
    ));
}

#[test]
fn a_truncated_or_rolled_back_log_is_found_by_an_older_checkpoint() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let log = Log::open(dir.path(), options()).expect("a new log");
    for number in 0..300 {
        drop(log.append(retrieval(&log, number)).expect("a record"));
    }
    drop(log.checkpoint().expect("a checkpoint"));
    let copy = tempfile::tempdir().expect("a temporary directory");
    copy_dir(log.dir(), copy.path());
    for number in 0..300 {
        drop(log.append(retrieval(&log, number)).expect("a record"));
    }
    let newest = log.close().expect("a checkpoint");

    let current = reader(&log_dir(&dir));
    let old = fs::read_to_string(copy.path().join("checkpoint")).expect("a checkpoint");
    assert!(
        current.verify(Some(&old)).is_ok(),
        "an older checkpoint of the same history"
    );
    assert!(
        reader(copy.path()).verify(None).is_ok(),
        "an earlier state proves nothing by itself"
    );
    let rolled_back = findings(copy.path(), Some(&newest));
    assert_eq!(rolled_back, [Finding::Shorter { size: 301, old: 602 }]);

    let mut truncated = fs::read(log_dir(&dir).join("journal/2")).expect("the last bundle");
    truncated.truncate(truncated.len() - 10);
    fs::write(log_dir(&dir).join("journal/2"), truncated).expect("a truncated bundle");
    assert!(findings(&log_dir(&dir), None).contains(&Finding::Missing { index: 601 }));
    let refused = Log::open(dir.path(), options())
        .expect_err("a truncated log")
        .to_string();
    assert!(refused.contains("record 601 is missing"), "{refused}");
}

#[test]
fn a_history_rewritten_by_whoever_has_the_key_is_found_by_an_older_checkpoint() {
    let dir = written(300);
    let older = fs::read_to_string(log_dir(&dir).join("checkpoint")).expect("a checkpoint");
    let forged = tempfile::tempdir().expect("a temporary directory");
    fs::copy(dir.path().join("key"), forged.path().join("key")).expect("a stolen key");
    let log = Log::open(forged.path(), options()).expect("a log with the stolen key");
    for number in 0..400 {
        drop(log.append(retrieval(&log, number)).expect("a record"));
    }
    drop(log);
    assert!(
        reader(&log_dir(&forged)).verify(None).is_ok(),
        "it is consistent with itself"
    );
    let found = findings(&log_dir(&forged), Some(&older));
    assert_eq!(found, [Finding::History { old: 300 }]);
}

#[test]
fn a_forged_checkpoint_is_found() {
    let dir = written(300);
    let path = log_dir(&dir).join("checkpoint");
    let checkpoint = fs::read_to_string(&path).expect("a checkpoint");
    fs::write(&path, checkpoint.replacen("\n300\n", "\n299\n", 1)).expect("a forgery");
    assert!(matches!(findings(&log_dir(&dir), None)[..], [Finding::Checkpoint(_)]));
    assert!(matches!(Log::open(dir.path(), options()), Err(AuditError::Note(_))));
}

fn copy_dir(from: &Path, to: &Path) {
    for item in fs::read_dir(from).expect("a directory") {
        let item = item.expect("an item");
        let to = to.join(item.file_name());
        if item.path().is_dir() {
            fs::create_dir_all(&to).expect("a directory");
            copy_dir(&item.path(), &to);
        } else {
            fs::copy(item.path(), to).expect("a copy");
        }
    }
}

#[test]
fn a_copy_of_the_published_files_alone_verifies() {
    let dir = written(300);
    let copy = tempfile::tempdir().expect("a temporary directory");
    copy_dir(&log_dir(&dir), copy.path());
    fs::remove_dir_all(copy.path().join("journal")).expect("no journal");
    assert_eq!(reader(copy.path()).verify(None).expect("intact").checkpoint.size, 300);
    assert_eq!(records(copy.path()), records(&log_dir(&dir)));
}

#[test]
fn a_log_cut_at_any_byte_of_a_record_on_its_way_recovers() {
    let dir = written(258);
    let log = log_dir(&dir);
    let journal = log.join("journal/1");
    let whole = fs::read(&journal).expect("the journal");
    let next = String::from_utf8(records(&log)[257].clone()).expect("text");
    let next = bundle(&[next.replace("\"seq\":257", "\"seq\":258").into_bytes()]);
    for cut in (0..next.len()).chain([next.len()]) {
        let copy = tempfile::tempdir().expect("a temporary directory");
        copy_dir(dir.path(), copy.path());
        fs::write(copy.path().join("0/journal/1"), [&whole, &next[..cut]].concat()).expect("a crash");
        drop(Log::open(copy.path(), options()).expect("a log that a crash cut"));
        let after = records(&copy.path().join("0"));
        let kept = if cut == next.len() { 259 } else { 258 };
        assert_eq!(after.len(), kept + 2, "cut after {cut} bytes");
        let start = parsed(&after[kept]);
        let torn = if cut == next.len() { 0 } else { cut };
        assert_eq!(start["detail"]["torn_bytes"], json!(torn));
        assert_eq!(start["detail"]["recovered"], json!(kept - 258));
        let verified = reader(&copy.path().join("0")).verify(None).expect("intact");
        assert_eq!(verified.checkpoint.size, kept as u64 + 2);
    }
}

#[test]
fn a_crash_between_records_and_checkpoint_loses_nothing() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let log = Log::open(dir.path(), options()).expect("a new log");
    drop(log.checkpoint().expect("a checkpoint"));
    let before = tempfile::tempdir().expect("a temporary directory");
    copy_dir(dir.path(), before.path());
    for number in 0..700 {
        drop(log.append(retrieval(&log, number)).expect("a record"));
    }
    drop(log);
    // As if all bundles had moved, and the power had gone before their tiles and checkpoint.
    let (log, before) = (log_dir(&dir), before.path().join("0"));
    for tiles in ["tile/0", "tile/1"] {
        fs::remove_dir_all(log.join(tiles)).expect("removed");
    }
    fs::create_dir(log.join("tile/0")).expect("a directory");
    copy_dir(&before.join("tile/0"), &log.join("tile/0"));
    fs::copy(before.join("checkpoint"), log.join("checkpoint")).expect("the checkpoint");
    drop(Log::open(dir.path(), options()).expect("a log without its tiles"));
    let verified = reader(&log).verify(None).expect("intact");
    assert_eq!(verified.checkpoint.size, 704);
}

/// Appends until it is killed, when it is the child of the test below. Prints the number of each record it was told is durable.
#[test]
fn child_that_appends() {
    let Some(dir) = std::env::var_os(CHILD) else { return };
    let log = Log::open(Path::new(&dir), options()).expect("a log that a crash cut");
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for number in 0.. {
                    let receipt = log.append(retrieval(&log, number)).expect("a record");
                    let line = format!("recorded {} {}\n", receipt.index(), receipt.leaf());
                    std::io::stdout().lock().write_all(line.as_bytes()).expect("a parent");
                }
            });
        }
    });
}

#[test]
fn every_acknowledged_record_survives_twenty_kills() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let log = dir.path().join("0");
    let mut acknowledged: BTreeMap<u64, merkle::Hash> = BTreeMap::new();
    let mut older: Option<String> = None;
    for round in 0..20_u64 {
        let mut child = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "--nocapture", child_test_name()])
            .env(CHILD, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a child");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut told = 0;
        for line in lines.map_while(Result::ok) {
            // The test harness may have written before it on the same line.
            let told_of = line.rsplit_once("recorded ").and_then(|(_, rest)| rest.split_once(' '));
            if let Some((number, leaf)) = told_of {
                let leaf = merkle::Hash::from_base64(leaf).expect("a whole line");
                acknowledged.insert(number.parse().expect("a number"), leaf);
                told += 1;
            }
            // The pipe is read to its end: what was told before the kill counts.
            if told == 20 + round * 13 {
                child.kill().expect("killed");
            }
        }
        child.wait().expect("ended");
        assert!(told > 0, "the child recorded nothing in round {round}");

        let opened = Log::open(dir.path(), options()).expect("a log that a crash cut");
        let checkpoint = opened.checkpoint().expect("a checkpoint");
        let verified = reader(&log).verify(older.as_deref()).expect("intact");
        let size = Checkpoint::open(&checkpoint, opened.verifier()).expect("signed").size;
        assert!(size >= verified.checkpoint.size);
        older = Some(checkpoint);
    }
    assert!(acknowledged.len() > 1_000, "{} records", acknowledged.len());
    let records = records(&log);
    for (index, leaf) in acknowledged {
        let record = usize::try_from(index).ok().and_then(|index| records.get(index));
        assert_eq!(
            record.map(|record| merkle::leaf_hash(record)),
            Some(leaf),
            "record {index}"
        );
    }
}

/// The name of the child's test, wherever the test binary has this file.
fn child_test_name() -> &'static str {
    concat!(module_path!(), "::child_that_appends")
        .split_once("::")
        .map_or("", |(_, name)| name)
}
