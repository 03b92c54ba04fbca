//! A log of 100,000 records before three verifiers that share no code: louver's, the shipped Python one, and Go's `golang.org/x/mod/sumdb`.
//!
//! The table at the end of the test is what each says to the log as it is, to its proofs, and to every way of changing it. Whoever changes the log
//! here goes as far as is possible without the log's key: tiles are computed again wherever that makes the change harder to see.

use louver::audit::{
    Class, Client, Decision, Log, Options, Personal, Reader, Record, Repo, Sha256Digest, Subject, Symbols, WIDTH,
    merkle::{self, Hash},
    note::Signer,
};
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

const RECORDS: u64 = 100_000;
const ORIGIN: &str = "louver.example/audit";
/// After how many records the older checkpoint is taken.
const OLDER: u64 = 40_000;

fn retrieval(log: &Log, number: u64) -> Record {
    let mut record = Record::new(Class::Retrieval);
    record.subject = Some(Subject {
        host: "git.example".into(),
        id: "4711".into(),
        login: Some(log.commit(Personal::Login, "alice").expect("a commitment")),
    });
    record.client = Some(Client::claimed("agent", "1.2.3"));
    record.tool = Some("get_outline".into());
    record.repos = vec![Repo {
        name: "acme/web".into(),
        commit: Some("0f".repeat(20)),
        tier: Some("internal".into()),
    }];
    record.decision = Some(Decision::Allow);
    record.symbols = Some(Symbols::of([format!("acme/web:src/session.rs#f{number}")]));
    record.output_sha256 = Some(Sha256Digest::of(&number.to_be_bytes()));
    record
}

/// A log, an earlier state of it, and the key that signs it.
struct Written {
    dir: tempfile::TempDir,
    older: PathBuf,
    earlier: PathBuf,
    records: Vec<Vec<u8>>,
    signer: Signer,
}

/// Appends these records from several threads.
fn append(log: &Log, numbers: RangeInclusive<u64>) {
    let next = AtomicU64::new(*numbers.start());
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if !numbers.contains(&number) {
                        return;
                    }
                    drop(log.append(retrieval(log, number)).expect("a receipt"));
                }
            });
        }
    });
}

impl Written {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let options = Options {
            tick: None,
            ..Options::new(ORIGIN)
        };
        // A key of its own would be another one in every table.
        fs::create_dir(dir.path().join("logs")).expect("a folder");
        fs::write(dir.path().join("logs/key"), [9; 32]).expect("a key");
        let log = Log::open(&dir.path().join("logs"), options).expect("a log");
        let earlier = dir.path().join("earlier");
        append(&log, 0..=OLDER);
        drop(log.checkpoint().expect("a checkpoint"));
        // The publisher writes on at its own pace; what a checkpoint covers never changes.
        copy_published(log.dir(), &earlier);
        // The log itself says that it was opened and closed.
        append(&log, OLDER + 1..=RECORDS - 3);
        let own = log.dir().to_owned();
        drop(log.close().expect("closed"));
        let reader = Reader::open(&own).expect("a log");
        let records: Vec<_> = reader.records(0).map(|entry| entry.expect("a record").record).collect();
        assert_eq!(records.len() as u64, RECORDS);
        let seed: [u8; 32] = fs::read(dir.path().join("logs/key"))
            .expect("a key")
            .try_into()
            .expect("32 bytes");
        let older = dir.path().join("older");
        fs::copy(earlier.join("checkpoint"), &older).expect("a checkpoint");
        // An auditor has what is published.
        fs::remove_dir_all(own.join("journal")).expect("a journal");
        Self {
            older,
            earlier,
            records,
            signer: Signer::new(&format!("{ORIGIN}/0"), &seed).expect("the log's key"),
            dir,
        }
    }

    fn log(&self) -> PathBuf {
        self.dir.path().join("logs/0")
    }

    fn vkey(&self) -> String {
        fs::read_to_string(self.log().join("vkey")).expect("a key")
    }

    /// The log with other records, and with the tiles that fit them. Its checkpoint is the old one, unless `signer` makes a new one.
    fn with(&self, records: &[Vec<u8>], signer: Option<&Signer>) -> PathBuf {
        let dir = self.dir.path().join("changed");
        drop(fs::remove_dir_all(&dir));
        let root = publish(&dir, records);
        fs::copy(self.log().join("vkey"), dir.join("vkey")).expect("a key");
        match signer {
            Some(signer) => fs::write(dir.join("checkpoint"), signer.checkpoint(records.len() as u64, root)),
            None => fs::copy(self.log().join("checkpoint"), dir.join("checkpoint")).map(drop),
        }
        .expect("a checkpoint");
        dir
    }

    fn changed(&self, change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<Vec<u8>> {
        let mut records = self.records.clone();
        change(&mut records);
        records
    }
}

/// Copies what a log publishes, while it may be written.
fn copy_published(from: &Path, to: &Path) {
    let bytes = fs::read(from.join("checkpoint")).expect("a checkpoint");
    let size: u64 = String::from_utf8_lossy(&bytes)
        .lines()
        .nth(1)
        .and_then(|line| line.parse().ok())
        .expect("a size");
    let records: Vec<_> = Reader::open(from)
        .expect("a log")
        .records(0)
        .take(usize::try_from(size).expect("small"))
        .map(|entry| entry.expect("a record").record)
        .collect();
    publish(to, &records);
    fs::write(to.join("checkpoint"), bytes).expect("written");
    fs::copy(from.join("vkey"), to.join("vkey")).expect("a key");
}

fn numbered(index: u64) -> String {
    assert!(index < 1_000, "the log is smaller");
    format!("{index:03}")
}

fn put(dir: &Path, kind: &str, index: u64, width: usize, bytes: &[u8]) {
    let mut path = dir.join("tile").join(kind).join(numbered(index));
    if width < WIDTH as usize {
        path = dir
            .join("tile")
            .join(kind)
            .join(format!("{}.p", numbered(index)))
            .join(width.to_string());
    }
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, bytes).expect("written");
}

/// Writes bundles and tiles from nothing, by the specification and not by louver's code, and gives the root.
fn publish(dir: &Path, records: &[Vec<u8>]) -> Hash {
    for (index, bundle) in (0..).zip(records.chunks(WIDTH as usize)) {
        put(dir, "entries", index, bundle.len(), &framed(bundle));
    }
    let mut row: Vec<Hash> = records.iter().map(|record| merkle::leaf_hash(record)).collect();
    let root = merkle::root_of(&row).expect("records");
    for level in 0.. {
        for (index, tile) in (0..).zip(row.chunks(WIDTH as usize)) {
            let bytes: Vec<u8> = tile.iter().flat_map(|hash| *hash.as_bytes()).collect();
            put(dir, &level.to_string(), index, tile.len(), &bytes);
        }
        row = row.chunks_exact(WIDTH as usize).filter_map(merkle::root_of).collect();
        if row.is_empty() {
            break;
        }
    }
    root
}

fn framed(records: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for record in records {
        bytes.extend_from_slice(&u16::try_from(record.len()).expect("short").to_be_bytes());
        bytes.extend_from_slice(record);
    }
    bytes
}

/// Builds the Go verifier from Debian's packages.
fn go_verifier(into: &Path) -> PathBuf {
    let program = into.join("verify-go");
    let built = Command::new("go")
        .args(["build", "-o"])
        .arg(&program)
        .arg(".")
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/verify-go"))
        .env("GO111MODULE", "off")
        .env("GOFLAGS", "")
        .env("GOPATH", "/usr/share/gocode")
        .output()
        .expect("`go` is missing; run tests/run");
    let complaint = String::from_utf8_lossy(&built.stderr);
    assert!(
        built.status.success(),
        "is golang-golang-x-mod-dev installed? run tests/run\n{complaint}"
    );
    program
}

fn python() -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = root.join("tests/clients/.venv/bin/python");
    let mut command = Command::new(if own.exists() { own } else { "python3".into() });
    command.arg(root.join("examples/verify.py"));
    command
}

/// What a verifier says, in a word and its reason.
fn said(mut command: Command) -> String {
    let output = command.output().expect("a verifier");
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    match output.status.code() {
        Some(0) if out.starts_with("verified") => "accepted".into(),
        Some(1) if error.starts_with("NOT verified: ") => {
            format!("rejected: {}", error["NOT verified: ".len()..].trim())
        }
        _ => panic!("{command:?}: {output:?}"),
    }
}

fn own_verdict(dir: &Path, older: Option<&Path>) -> String {
    let older = older.map(|path| fs::read_to_string(path).expect("a checkpoint"));
    match Reader::open(dir).expect("a log").verify(older.as_deref()) {
        Ok(_) => "accepted".into(),
        Err(found) => format!("rejected: {}", found[0]),
    }
}

/// Whether something is said of a log, and by all three.
struct Table {
    go: PathBuf,
    folder: String,
    lines: String,
}

impl Table {
    fn log(&mut self, what: &str, dir: &Path, older: Option<&Path>) {
        let mut py = python();
        py.arg(dir);
        let mut go = Command::new(&self.go);
        go.arg("log").arg(dir);
        if let Some(older) = older {
            py.arg("--older").arg(older);
            go.arg(older);
        }
        let (own, others) = thread::scope(|scope| {
            let others = scope.spawn(|| [said(py), said(go)]);
            (own_verdict(dir, older), others.join().expect("two verdicts"))
        });
        let [py, go] = others;
        self.put(what, [own, py, go]);
    }

    fn proof(&mut self, what: &str, own: bool, python: Command, go: Command) {
        let own = if own { "accepted" } else { "rejected" }.to_owned();
        self.put(what, [own, said(python), said(go)]);
    }

    fn put(&mut self, what: &str, verdicts: [String; 3]) {
        self.lines.push_str(&format!("{what}\n"));
        for (who, verdict) in ["louver", "Python", "Go"].into_iter().zip(verdicts) {
            let verdict = verdict.replace(&self.folder, "…");
            self.lines.push_str(&format!("    {who:<7}{verdict}\n"));
        }
    }

    fn inclusion(&mut self, what: &str, written: &Written, proof: &str, record: &[u8]) {
        let dir = written.dir.path();
        let (file, of) = (dir.join("proof"), dir.join("record"));
        fs::write(&file, proof).expect("written");
        fs::write(&of, record).expect("written");
        let mut py = python();
        py.arg("--proof").arg(&file).arg("--record").arg(&of);
        py.arg("--vkey").arg(written.vkey().trim());
        let mut go = Command::new(&self.go);
        go.arg("inclusion").arg(&file).arg(&of).arg(written.log().join("vkey"));
        let own = louver::audit::Proof::parse(proof)
            .and_then(|proof| proof.check(written.signer.verifier(), record))
            .is_some();
        self.proof(what, own, py, go);
    }

    fn consistency(&mut self, what: &str, written: &Written, proof: &str) {
        let file = written.dir.path().join("proof");
        fs::write(&file, proof).expect("written");
        let mut py = python();
        py.arg("--continued").arg(&file).arg("--older").arg(&written.older);
        py.arg("--vkey").arg(written.vkey().trim());
        let mut go = Command::new(&self.go);
        go.arg("consistency")
            .arg(&file)
            .arg(&written.older)
            .arg(written.log().join("vkey"));
        let older = fs::read_to_string(&written.older).expect("a checkpoint");
        let own = louver::audit::check_continued(proof, &older, written.signer.verifier());
        self.proof(what, own, py, go);
    }
}

/// Flips one bit in a hash of a proof.
fn flipped(proof: &str) -> String {
    let line = proof.lines().nth(2).expect("a hash");
    let other = if line.starts_with('A') { "B" } else { "A" };
    proof.replacen(line, &format!("{other}{}", &line[1..]), 1)
}

#[test]
fn three_verifiers_agree_about_a_log_of_100_000_records() {
    let written = Written::new();
    let mut table = Table {
        go: go_verifier(written.dir.path()),
        folder: written.dir.path().display().to_string(),
        lines: String::new(),
    };
    let log = written.log();
    let newest = log.join("checkpoint");
    table.log("the log as it was written", &log, None);
    table.log("the log against an older checkpoint", &log, Some(&written.older));
    proofs(&mut table, &written);
    changes(&mut table, &written);

    let rewritten = written.changed(|records| records[500][100] ^= 1);
    let dir = written.with(&rewritten, Some(&written.signer));
    table.log(
        "history rewritten by whoever has the key, against an older checkpoint",
        &dir,
        Some(&written.older),
    );
    let shorter = &written.records[..RECORDS as usize - 700];
    let dir = written.with(shorter, None);
    table.log("a truncated tail", &dir, None);
    let dir = written.with(shorter, Some(&written.signer));
    table.log(
        "a truncated tail signed by whoever has the key, against an older checkpoint",
        &dir,
        Some(&newest),
    );
    table.log(
        "a rollback to an earlier state, against the last checkpoint",
        &written.earlier,
        Some(&newest),
    );
    let forged = fs::read_to_string(&newest).expect("a checkpoint").replacen(
        &format!("\n{RECORDS}\n"),
        &format!("\n{}\n", RECORDS - 1),
        1,
    );
    let dir = written.with(&written.records, None);
    fs::write(dir.join("checkpoint"), forged).expect("written");
    table.log("a checkpoint of another size under the old signature", &dir, None);
    let other = Signer::new(&format!("{ORIGIN}/0"), &[7; 32]).expect("a key");
    let dir = written.with(&written.records, Some(&other));
    table.log("a checkpoint signed by another key of the same name", &dir, None);
    expected().assert_eq(&table.lines);
}

fn proofs(table: &mut Table, written: &Written) {
    let reader = Reader::open(&written.log()).expect("a log");
    for index in [0, 255, 256, 65_536, RECORDS - 1] {
        let proof = reader.prove(index).expect("a proof").to_string();
        let record = &written.records[usize::try_from(index).expect("small")];
        table.inclusion(&format!("the proof of record {index}"), written, &proof, record);
    }
    let proof = reader.prove(65_536).expect("a proof").to_string();
    table.inclusion("the proof of another record", written, &proof, &written.records[65_537]);
    table.inclusion(
        "a proof with a flipped bit",
        written,
        &flipped(&proof),
        &written.records[65_536],
    );
    let older = fs::read_to_string(&written.older).expect("a checkpoint");
    let proof = reader.prove_continued(&older).expect("a proof");
    table.consistency("the proof that the log continues an older checkpoint", written, &proof);
    table.consistency("the same with a flipped bit", written, &flipped(&proof));
}

/// What can be done to records without the key.
fn changes(table: &mut Table, written: &Written) {
    let path = written.log().join("tile/entries/012");
    let bundle = fs::read(&path).expect("a bundle");
    let mut other = bundle.clone();
    other[200] ^= 1;
    fs::write(&path, other).expect("written");
    table.log("a flipped bit", &written.log(), None);
    fs::write(&path, bundle).expect("written");

    let refitted = |table: &mut Table, what: &str, change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let dir = written.with(&written.changed(change), None);
        table.log(&format!("{what}, tiles refitted"), &dir, None);
    };
    refitted(table, "a flipped bit", &|records| records[70_000][100] ^= 1);
    refitted(table, "a dropped record", &|records| drop(records.remove(70_000)));
    refitted(table, "two records exchanged", &|records| records.swap(70_000, 70_001));
    refitted(table, "a record in place of the next", &|records| {
        records[70_001] = records[70_000].clone();
    });
    refitted(table, "an inserted record", &|records| {
        let copy = records[70_000].clone();
        records.insert(70_000, copy);
    });
    refitted(
        table,
        "an inserted record in place of the last, renumbered",
        &|records| {
            let copy = records[70_000].clone();
            records.insert(70_000, copy);
            drop(records.pop());
            for (number, record) in (0..).zip(records.iter_mut()).skip(70_001) {
                let text = String::from_utf8(record.clone()).expect("text");
                let text = text.replace(&format!("\"seq\":{},", number - 1), &format!("\"seq\":{number},"));
                *record = text.into_bytes();
            }
        },
    );
}

fn expected() -> expect_test::Expect {
    expect_test::expect![[r#"
        the log as it was written
            louver accepted
            Python accepted
            Go     accepted
        the log against an older checkpoint
            louver accepted
            Python accepted
            Go     accepted
        the proof of record 0
            louver accepted
            Python accepted
            Go     accepted
        the proof of record 255
            louver accepted
            Python accepted
            Go     accepted
        the proof of record 256
            louver accepted
            Python accepted
            Go     accepted
        the proof of record 65536
            louver accepted
            Python accepted
            Go     accepted
        the proof of record 99999
            louver accepted
            Python accepted
            Go     accepted
        the proof of another record
            louver rejected
            Python rejected: the record is not record 65536 of the log
            Go     rejected: invalid transparency proof
        a proof with a flipped bit
            louver rejected
            Python rejected: the record is not record 65536 of the log
            Go     rejected: invalid transparency proof
        the proof that the log continues an older checkpoint
            louver accepted
            Python accepted
            Go     accepted
        the same with a flipped bit
            louver rejected
            Python rejected: the log does not continue the older checkpoint
            Go     rejected: invalid transparency proof
        a flipped bit
            louver rejected: record 3072 is not the one in the tree
            Python rejected: record 3072 is not the one in the tree
            Go     rejected: record 3072 is not the one in the tree
        a flipped bit, tiles refitted
            louver rejected: the first 100000 records do not have the root of the checkpoint
            Python rejected: the first 100000 records do not have the root of the checkpoint
            Go     rejected: the records do not have the root of the checkpoint
        a dropped record, tiles refitted
            louver rejected: record 70000 has the number 70001
            Python rejected: record 70000 has the number 70001
            Go     rejected: open …/changed/tile/entries/390: no such file or directory
        two records exchanged, tiles refitted
            louver rejected: record 70000 has the number 70001
            Python rejected: record 70000 has the number 70001
            Go     rejected: the records do not have the root of the checkpoint
        a record in place of the next, tiles refitted
            louver rejected: record 70001 has the number 70000
            Python rejected: record 70001 has the number 70000
            Go     rejected: the records do not have the root of the checkpoint
        an inserted record, tiles refitted
            louver rejected: record 70001 has the number 70000
            Python rejected: record 70001 has the number 70000
            Go     rejected: open …/changed/tile/entries/390: no such file or directory
        an inserted record in place of the last, renumbered, tiles refitted
            louver rejected: the first 100000 records do not have the root of the checkpoint
            Python rejected: the first 100000 records do not have the root of the checkpoint
            Go     rejected: the records do not have the root of the checkpoint
        history rewritten by whoever has the key, against an older checkpoint
            louver rejected: one of the first 40002 records is not what it was at the older checkpoint
            Python rejected: one of the first 40002 records is not what it was at the older checkpoint
            Go     rejected: the log does not continue the older checkpoint: invalid transparency proof
        a truncated tail
            louver rejected: record 99072 is missing
            Python rejected: …/changed/tile/entries/387 is missing
            Go     rejected: open …/changed/tile/entries/387: no such file or directory
        a truncated tail signed by whoever has the key, against an older checkpoint
            louver rejected: records 99300 to 99999 are gone: the older checkpoint covers them and the log does not
            Python rejected: records 99300 to 99999 are gone: the older checkpoint covers them and the log does not
            Go     rejected: records 99300 to 99999 are gone
        a rollback to an earlier state, against the last checkpoint
            louver rejected: records 40002 to 99999 are gone: the older checkpoint covers them and the log does not
            Python rejected: records 40002 to 99999 are gone: the older checkpoint covers them and the log does not
            Go     rejected: records 40002 to 99999 are gone
        a checkpoint of another size under the old signature
            louver rejected: the checkpoint is not by this log: the signature by `louver.example/audit/0` is wrong
            Python rejected: the checkpoint: the signature by `louver.example/audit/0` is wrong
            Go     rejected: the checkpoint: invalid signature for key louver.example/audit/0+a36757de
        a checkpoint signed by another key of the same name
            louver rejected: the checkpoint is not by this log: no signature by `louver.example/audit/0`
            Python rejected: the checkpoint is not signed by `louver.example/audit/0`
            Go     rejected: the checkpoint: note has no verifiable signatures
    "#]]
}
