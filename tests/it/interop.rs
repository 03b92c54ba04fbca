//! Our tree, tiles and notes against crates by others: whatever one side makes, the other accepts, and what one refuses, the other refuses too.

use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use louver::audit::merkle::{self, Hash, Subtrees};
use louver::audit::note::{Checkpoint, Signer, Verifier};
use louver::audit::{Class, Log, Options, Reader, Record};
use proptest::prelude::*;
use signed_note::{Note, Signer as _, StandardSigner, StandardVerifier, VerifierList};
use std::convert::Infallible;
use std::path::Path;
use std::sync::LazyLock;
use std::{fs, thread};
use tlog_tiles::{HashReader, Tile};

/// How many leaves the trees here are cut from.
const LEAVES: u64 = 1_100;

/// Leaves, and every hash of their tree as `tlog_tiles` makes and numbers them.
struct Theirs {
    leaves: Vec<Vec<u8>>,
    stored: Stored,
}

#[derive(Default)]
struct Stored(Vec<tlog_tiles::Hash>);

impl HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|&index| self.0[at(index)]).collect())
    }
}

impl Theirs {
    fn of(leaves: Vec<Vec<u8>>) -> Self {
        let mut stored = Stored::default();
        for (number, leaf) in (0..).zip(&leaves) {
            let more = tlog_tiles::stored_hashes(number, leaf, &stored).expect("hashes");
            stored.0.extend(more);
        }
        Self { leaves, stored }
    }

    fn root(&self, size: u64) -> tlog_tiles::Hash {
        tlog_tiles::tree_hash(size, &self.stored).expect("a root")
    }
}

static THEIRS: LazyLock<Theirs> = LazyLock::new(|| {
    // Of every length up to the longest record, most of them short.
    let leaf = |number: u64| vec![number as u8; at(number * number % 701) + at(number % 97 / 96) * 65_000];
    Theirs::of((0..LEAVES).map(leaf).collect())
});

/// The same leaves, hashed by us alone.
struct Ours(Vec<Hash>);

impl Subtrees for Ours {
    type Error = Infallible;

    fn subtree(&self, height: u32, index: u64) -> Result<Hash, Infallible> {
        let leaves = &self.0[at(index << height)..at((index + 1) << height)];
        Ok(merkle::root_of(leaves).expect("leaves"))
    }
}

static OURS: LazyLock<Ours> =
    LazyLock::new(|| Ours(THEIRS.leaves.iter().map(|leaf| merkle::leaf_hash(leaf)).collect()));

fn at(number: u64) -> usize {
    usize::try_from(number).expect("small")
}

fn our_root(size: u64) -> Hash {
    let Ok(root) = merkle::root(&*OURS, size);
    root
}

fn to_theirs(hashes: &[Hash]) -> Vec<tlog_tiles::Hash> {
    hashes.iter().map(|hash| tlog_tiles::Hash(*hash.as_bytes())).collect()
}

fn to_outputs(hashes: &[Hash]) -> Vec<sha2_next::digest::Output<sha2_next::Sha256>> {
    hashes.iter().map(|hash| (*hash.as_bytes()).into()).collect()
}

fn ct_root(size: u64) -> RootHash<sha2_next::Sha256> {
    RootHash::new((*our_root(size).as_bytes()).into(), size)
}

/// A way to change a proof.
#[derive(Clone, Copy, Debug)]
enum Change {
    Not,
    Flip(usize),
    Drop(usize),
    Swap(usize),
    Append,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        Just(Change::Not),
        (0..12_usize).prop_map(Change::Flip),
        (0..12_usize).prop_map(Change::Drop),
        (0..12_usize).prop_map(Change::Swap),
        Just(Change::Append),
    ]
}

fn changed(proof: &[Hash], change: Change) -> Vec<Hash> {
    let mut proof = proof.to_vec();
    let length = proof.len().max(1);
    match change {
        Change::Flip(step) if !proof.is_empty() => {
            let mut bytes = *proof[step % length].as_bytes();
            bytes[step] ^= 0x40;
            proof[step % length] = Hash::new(bytes);
        }
        Change::Drop(step) if !proof.is_empty() => drop(proof.remove(step % length)),
        Change::Swap(step) if !proof.is_empty() => proof.swap(0, step % length),
        Change::Append => proof.push(merkle::empty_root()),
        Change::Not | Change::Flip(_) | Change::Drop(_) | Change::Swap(_) => {}
    }
    proof
}

#[test]
fn every_root_is_theirs() {
    for size in 0..=LEAVES {
        assert_eq!(our_root(size).as_bytes(), &THEIRS.root(size).0, "{size} leaves");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn inclusion_proofs_are_the_same_and_judged_the_same(size in 1..=LEAVES, at_of in any::<prop::sample::Index>(), other in 0..LEAVES, change in change()) {
        let index = at_of.index(at(size)) as u64;
        let Ok(Some(proof)) = merkle::prove_inclusion(&*OURS, index, size) else { panic!("no proof") };
        let theirs = tlog_tiles::prove_record(size, index, &THEIRS.stored).expect("a proof");
        prop_assert_eq!(to_theirs(&proof), theirs);

        let proof = changed(&proof, change);
        for index in [index, other] {
            let leaf = &THEIRS.leaves[at(index)];
            let ours = merkle::check_inclusion(&proof, index, size, &merkle::leaf_hash(leaf), &our_root(size));
            let hash = tlog_tiles::record_hash(leaf);
            let theirs = index < size && tlog_tiles::check_record(&to_theirs(&proof), size, THEIRS.root(size), index, hash).is_ok();
            prop_assert_eq!(ours, theirs, "{} of {} with {:?}", index, size, change);
            let digests = to_outputs(&proof);
            let ct = ct_root(size).verify_inclusion(leaf, index, &InclusionProof::from_digests(&digests)).is_ok();
            prop_assert_eq!(ours, ct, "{} of {} with {:?}", index, size, change);
        }
    }

    #[test]
    fn consistency_proofs_are_the_same_and_judged_the_same(new in 1..=LEAVES, at_of in any::<prop::sample::Index>(), other in 1..=LEAVES, change in change()) {
        let old = at_of.index(at(new)) as u64 + 1;
        let Ok(Some(proof)) = merkle::prove_consistency(&*OURS, old, new) else { panic!("no proof") };
        let theirs = tlog_tiles::prove_tree(new, old, &THEIRS.stored).expect("a proof");
        prop_assert_eq!(to_theirs(&proof), theirs);

        let proof = changed(&proof, change);
        for old in [old, other] {
            let ours = merkle::check_consistency(&proof, (old, &our_root(old)), (new, &our_root(new)));
            let theirs = old <= new && tlog_tiles::check_tree(&to_theirs(&proof), new, THEIRS.root(new), old, THEIRS.root(old)).is_ok();
            prop_assert_eq!(ours, theirs, "{} to {} with {:?}", old, new, change);
            let digests = to_outputs(&proof);
            let ct = ct_root(new).verify_consistency(&ct_root(old), &ConsistencyProof::from_digests(&digests)).is_ok();
            prop_assert_eq!(ours, ct, "{} to {} with {:?}", old, new, change);
        }
    }
}

#[test]
fn every_file_of_a_log_is_where_and_what_their_tiles_are() {
    let dir = tempfile::tempdir().expect("a folder");
    let options = Options {
        tick: None,
        ..Options::new("louver.example/audit")
    };
    let log = Log::open(dir.path(), options).expect("a log");
    for upto in [1, 255, 300] {
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..upto / 4 + 1 {
                        drop(log.append(Record::new(Class::Admin)).expect("a receipt"));
                    }
                });
            }
        });
        let signed = log.checkpoint().expect("a checkpoint");
        let reader = Reader::open(log.dir()).expect("a log");
        let size = Checkpoint::open(&signed, log.verifier()).expect("a checkpoint").size;
        let records = reader.records(0).map(|entry| entry.expect("a record").record);
        let theirs = Theirs::of(records.take(at(size)).collect());
        let text = signed.split("\n\n").next().expect("a text").to_owned() + "\n";
        let parsed = tlog_tiles::Checkpoint::from_bytes(text.as_bytes()).expect("their checkpoint");
        assert_eq!((parsed.size(), parsed.hash()), (size, &theirs.root(size)));

        let expected = Tile::new_tiles(8, 0, size);
        for tile in &expected {
            // Theirs say the height, which C2SP has fixed.
            let path = tile.path().replacen("tile/8/", "tile/", 1);
            let bytes = fs::read(log.dir().join(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
            assert_eq!(bytes, tile.read_data(&theirs.stored).expect("hashes"), "{path}");
            let mut entries = *tile;
            entries.set_is_data();
            let path = entries.path().replacen("tile/8/data", "tile/entries", 1);
            assert!(tile.level() > 0 || log.dir().join(&path).is_file(), "{path}");
        }
        let known: Vec<String> = expected.iter().map(Tile::path).collect();
        for path in files(&log.dir().join("tile"), "tile") {
            let path = path
                .replacen("tile/entries", "tile/data", 1)
                .replacen("tile/", "tile/8/", 1);
            let tile = Tile::from_path(&path).unwrap_or_else(|error| panic!("{error}"));
            // What an earlier checkpoint needed may stay until the tile is full.
            let is_older = tile.width() < 256;
            assert!(
                tile.is_data() || is_older || known.contains(&path),
                "{path} is not one of {known:?}"
            );
        }
    }
    drop(log.close().expect("closed"));
}

/// The paths of all files below a folder, under its name.
fn files(folder: &Path, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    for item in fs::read_dir(folder).expect("a folder") {
        let item = item.expect("an item");
        let name = format!("{name}/{}", item.file_name().display());
        if item.path().is_dir() {
            found.extend(files(&item.path(), &name));
        } else {
            found.push(name);
        }
    }
    found
}

/// A key as we and they hold it.
fn keys(name: &str, seed: &[u8; 32]) -> (Signer, StandardSigner, VerifierList) {
    let ours = Signer::new(name, seed).expect("a key");
    let vkey = ours.verifier().to_string();
    let hash = vkey.split('+').nth(1).expect("a hash");
    let secret = [&[1][..], seed].concat();
    let secret = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, secret);
    let theirs = StandardSigner::new(&format!("PRIVATE+KEY+{name}+{hash}+{secret}")).expect("their key");
    let verifier = StandardVerifier::new(&vkey).expect("their verifier");
    (ours, theirs, VerifierList::new(vec![Box::new(verifier)]))
}

fn signed_by_them(text: &str, signer: &StandardSigner) -> String {
    let mut note = Note::new(text.as_bytes(), &[]).expect("a note");
    note.add_sigs(&[signer]).expect("signed");
    String::from_utf8(note.to_bytes()).expect("text")
}

fn opened_by_them(note: &[u8], known: &VerifierList) -> Option<String> {
    let note = Note::from_bytes(note).ok()?;
    note.verify(known).ok()?;
    String::from_utf8(note.text().to_vec()).ok()
}

fn opened_by_us(note: &[u8], verifier: &Verifier) -> Option<String> {
    verifier.open(std::str::from_utf8(note).ok()?).ok().map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn notes_are_the_same_and_open_both_ways(name in "[a-z.]{1,12}(/[a-z0-9]{1,4}){0,2}", seed: [u8; 32], size: u64, root: [u8; 32], text in "(\\PC{0,20}\n){1,4}") {
        let (ours, theirs, known) = keys(&name, &seed);
        let (vkey, hash) = (ours.verifier().to_string(), format!("{:08x}", theirs.key_id()));
        prop_assert_eq!(vkey.split('+').nth(1), Some(hash.as_str()));
        let note = ours.checkpoint(size, Hash::new(root));
        let opened = opened_by_them(note.as_bytes(), &known).expect("they accept ours");
        prop_assert_eq!(&signed_by_them(&opened, &theirs), &note);
        let parsed = tlog_tiles::Checkpoint::from_bytes(opened.as_bytes()).expect("they read ours");
        prop_assert_eq!((parsed.origin(), parsed.size(), parsed.hash().0), (name.as_str(), size, root));

        let note = signed_by_them(&text, &theirs);
        prop_assert_eq!(ours.verifier().open(&note), Ok(text.as_str()));
        prop_assert_eq!(&Verifier::parse(&vkey), &Ok(ours.verifier().clone()));
    }

    #[test]
    fn what_is_no_note_is_refused_by_both(seed: [u8; 32], other: [u8; 32], at_of in any::<prop::sample::Index>(), byte: u8, way in 0..6_u8) {
        let (ours, _, known) = keys("log.example/0", &seed);
        let (stranger, ..) = keys("other.example", &other);
        let mut note = ours.checkpoint(7, merkle::empty_root()).into_bytes();
        if byte % 2 == 0 {
            // A second signature, by a key that nobody here knows.
            let line = stranger.checkpoint(7, merkle::empty_root());
            note.extend(line.rsplit_once("\n\n").expect("a signature").1.bytes());
        }
        let place = at_of.index(note.len());
        match way {
            0 => note[place] = byte,
            1 => note[place] ^= 1 << (byte % 8),
            2 => drop(note.remove(place)),
            3 => note.insert(place, byte),
            4 => note.truncate(place),
            _ => note.insert(place, b'\n'),
        }
        prop_assert_eq!(opened_by_us(&note, ours.verifier()), opened_by_them(&note, &known), "{}", String::from_utf8_lossy(&note));
    }

    #[test]
    fn what_is_no_verifier_key_is_refused_by_both(seed: [u8; 32], at_of in any::<prop::sample::Index>(), byte in 0x20_u8..0x7f, way in 0..3_u8) {
        let mut key = keys("log.example/0", &seed).0.verifier().to_string().into_bytes();
        let place = at_of.index(key.len());
        match way {
            0 => key[place] = byte,
            1 => drop(key.remove(place)),
            _ => key.insert(place, byte),
        }
        let key = String::from_utf8(key).expect("text");
        // We take a key as a file holds it, with space around it.
        prop_assume!(key == key.trim());
        prop_assert_eq!(Verifier::parse(&key).is_ok(), StandardVerifier::new(&key).is_ok(), "{}", key);
    }

    #[test]
    fn what_is_no_checkpoint_is_refused_by_both(lines in prop::collection::vec(prop_oneof![
        Just("log.example/0"), Just("0"), Just("7"), Just("07"), Just("+7"), Just("-1"), Just("18446744073709551616"), Just(" 7"),
        Just("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="), Just("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"), Just("AAAA"), Just(""), Just("more"),
    ], 1..6), order in 0..3_usize) {
        let mut lines = lines;
        // Mostly a checkpoint, with something else before, in or behind it.
        let good = ["log.example/0", "7", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="];
        lines.splice(0..0, good.into_iter().take(order + 1));
        let text = lines.join("\n") + "\n";
        let (ours, theirs, _) = keys("log.example/0", &[3; 32]);
        let note = signed_by_them(&text, &theirs);
        let by_them = tlog_tiles::Checkpoint::from_bytes(text.as_bytes()).ok().filter(|it| it.origin() == "log.example/0");
        let by_us = Checkpoint::open(&note, ours.verifier()).ok();
        prop_assert_eq!(by_us.map(|it| (it.size, *it.root.as_bytes())), by_them.map(|it| (it.size(), it.hash().0)), "{:?}", text);
    }
}

/// Every bit of a note, one after the other.
#[test]
fn a_note_with_one_wrong_bit_is_the_same_to_both() {
    let (ours, _, known) = keys("log.example/0", &[1; 32]);
    let (stranger, ..) = keys("other.example", &[2; 32]);
    let mut note = ours.checkpoint(7, merkle::empty_root()).into_bytes();
    let line = stranger.checkpoint(7, merkle::empty_root());
    note.extend(line.rsplit_once("\n\n").expect("a signature").1.bytes());
    for bit in 0..note.len() * 8 {
        let mut wrong = note.clone();
        wrong[bit / 8] ^= 1 << (bit % 8);
        let (by_us, by_them) = (opened_by_us(&wrong, ours.verifier()), opened_by_them(&wrong, &known));
        assert_eq!(by_us, by_them, "bit {bit}: {}", String::from_utf8_lossy(&wrong));
    }
}
