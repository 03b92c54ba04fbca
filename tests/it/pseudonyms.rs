//! Pseudonyms: a confidential repository is told without a word of the organisation's own, and can be asked about in the words that were told.

use crate::world::{Answer, World, files_below, repository};
use expect_test::expect;
use louver::disclosure::pseudonym::{Keyring, Lexicon, OwnWords, Restorer};
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Words that no public package uses: names of products, customers and machines of an organisation that does not exist.
const OWN: [&str; 6] = ["zorvik", "mirvane", "quelth", "brastok", "yundle", "pexarim"];

fn vault() -> TempDir {
    repository(&[
        (
            "src/zorvik_ledger.rs",
            "//! The quelth.\nuse crate::mirvane::MirvaneClient;\nuse std::collections::HashMap;\n\n\
             /// Opens the brastok.\npub struct ZorvikLedger { pub entries: HashMap<String, YundleEntry>, quelth: u8 }\n\
             pub struct YundleEntry { pub pexarims: Vec<u8> }\n\
             impl ZorvikLedger {\n    pub fn open_brastok(&self, mirvane: &MirvaneClient, limit: usize) -> Result<YundleEntry, String> {\n        \
             if limit > 3 { return Err(\"quelth\".into()); }\n        mirvane.post_zorvik(limit)\n    }\n}\n",
        ),
        (
            "src/mirvane.rs",
            "use crate::zorvik_ledger::YundleEntry;\npub struct MirvaneClient;\nimpl MirvaneClient {\n    \
             pub fn post_zorvik(&self, quelth: usize) -> Result<YundleEntry, String> { todo!() }\n}\n",
        ),
        (
            "web/PexarimView.ts",
            "export const QUELTH_MAX = 3;\nexport class PexarimView { constructor(private readonly zorvikUrl: string) {} \
             render(brastok: HTMLElement): void { fetch(this.zorvikUrl); } }\n",
        ),
    ])
}

fn own_word(text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    OWN.into_iter().find(|word| lower.contains(word))
}

fn assert_hidden(what: &str, answer: &Answer) {
    assert_eq!(own_word(&answer.text), None, "{what}: {}", answer.text);
    assert!(
        !answer.text.contains('‹'),
        "the oracle had to step in for {what}: {}",
        answer.text
    );
}

fn handles(world: &World) -> Vec<String> {
    let folder: Value = json_of(world, "get_outline", json!({"target": "sec/vault"}));
    let files = folder["items"].as_array().expect("items");
    let mut out = Vec::new();
    for file in files.iter().filter_map(|it| it["handle"].as_str()) {
        let page = json_of(world, "get_outline", json!({"target": file, "private": true}));
        out.extend(
            page["items"]
                .as_array()
                .expect("items")
                .iter()
                .filter_map(|it| Some(it["handle"].as_str()?.to_owned())),
        );
    }
    out
}

fn json_of(world: &World, tool: &str, mut arguments: Value) -> Value {
    arguments["format"] = "json".into();
    arguments["max_tokens"] = 16_000.into();
    serde_json::from_str(&world.ask(tool, arguments)).expect("JSON")
}

#[test]
fn every_answer_about_a_confidential_repository_is_in_pseudonyms() {
    let repo = vault();
    let world = World::of(&[("sec/vault", "confidential", repo.path())]);
    let told = handles(&world);
    assert!(told.len() > 10, "{told:?}");
    let mut calls = vec![
        ("list_repos", json!({})),
        ("get_outline", json!({"target": "sec/vault"})),
        ("get_outline", json!({"target": "sec/vault:nothing/here"})),
        (
            "search_symbols",
            json!({"query": "ledger entries client view", "limit": 100}),
        ),
        ("search_symbols", json!({"query": "render"})),
        ("get_symbol", json!({"symbols": ["nosuchthing"]})),
        ("get_symbol", json!({"symbols": ["new"]})),
    ];
    for handle in &told {
        calls.push(("get_outline", json!({"target": handle})));
        calls.push(("get_outline", json!({"target": handle.split('#').next()})));
        calls.push(("get_symbol", json!({"symbols": [handle]})));
        calls.push(("find_references", json!({"symbol": handle})));
        calls.push(("find_references", json!({"symbol": handle, "direction": "outgoing"})));
        calls.push(("trace_calls", json!({"symbol": handle})));
        calls.push(("trace_calls", json!({"symbol": handle, "direction": "callees"})));
        calls.push(("analyze_impact", json!({"targets": [handle]})));
        calls.push(("explore", json!({"task": handle})));
    }
    for (tool, arguments) in calls {
        for format in ["text", "json"] {
            let mut arguments = arguments.clone();
            arguments["format"] = format.into();
            let answer = world.call(tool, arguments.clone());
            // What the caller wrote is quoted in a refusal.
            if !answer.is_refusal || own_word(&arguments.to_string()).is_none() {
                assert_hidden(&format!("{tool} {arguments}"), &answer);
            }
        }
    }
}

#[test]
fn what_was_told_can_be_asked_for() {
    let repo = vault();
    let world = World::of(&[("sec/vault", "confidential", repo.path())]);
    let told = handles(&world);
    for handle in told.iter().filter(|it| it.contains('#')) {
        let answer = world.ask("get_symbol", json!({"symbols": [handle]}));
        let short = &handle[handle.find('#').expect("a symbol")..];
        assert!(answer.contains(short), "{handle}: {answer}");
    }
    let open = told
        .iter()
        .find(|it| it.contains("#") && it.contains(".open_"))
        .expect("the method");
    let name = open.rsplit('.').next().expect("a name");
    let word = name.strip_prefix("open_").expect("its own word").to_owned();
    let hits = world.ask("search_symbols", json!({"query": word}));
    assert!(hits.contains(name), "{hits}");
    let upper = world.ask(
        "search_symbols",
        json!({"query": word.to_uppercase(), "path": "src/**"}),
    );
    assert!(upper.contains(name), "{upper}");
    let by_name = world.ask("find_references", json!({"symbol": name, "direction": "outgoing"}));
    assert!(by_name.contains(" post_") && by_name.contains("#"), "{by_name}");
}

#[test]
fn a_word_in_clear_matches_nothing_where_names_are_hidden() {
    let (hidden, open) = (vault(), repository(&[("lib.rs", "pub fn zorvik_public() {}")]));
    let world = World::of(&[
        ("sec/vault", "confidential", hidden.path()),
        ("sec/open", "internal", open.path()),
    ]);
    for word in OWN {
        let answer = world.ask("search_symbols", json!({"query": word, "repo": "sec/vault"}));
        assert!(answer.contains("shown=0/0"), "{word}: {answer}");
    }
    let both = world.ask("search_symbols", json!({"query": "zorvik"}));
    assert!(both.contains("#zorvik_public"), "{both}");
    assert!(!both.contains("vault"), "{both}");
    let mixed = world.ask(
        "search_symbols",
        json!({"query": "ledger zorvik public client", "limit": 50}),
    );
    assert!(
        mixed.contains("#zorvik_public") && mixed.contains("sec/vault:"),
        "{mixed}"
    );
    assert!(
        mixed.to_lowercase().matches("zorvik").count() <= 3 && !mixed.contains("irvane"),
        "{mixed}"
    );
}

#[test]
fn a_signature_is_a_shape() {
    let repo = vault();
    let world = World::of(&[("sec/vault", "confidential", repo.path())]);
    let path = handles(&world)
        .into_iter()
        .find(|it| it.contains("_ledger.rs") && !it.contains('#'))
        .expect("the file");
    let outline = world.ask("get_outline", json!({"target": path, "private": true}));
    let body: Vec<&str> = outline.lines().skip(1).collect();
    expect![[r#"
        src/gewavamar_ledger.rs rust lines=13 symbols=7
         L6 pub struct GewavamarLedger
          L6 pub entries: HashMap<String, KokowuromEntry>
          L6 lewasiter: u8 ·private
         L7 pub struct KokowuromEntry
          L7 pub pupazatals: Vec<u8>
         L8 impl GewavamarLedger
          L9 pub fn open_watogohir(&self, &HubipowinClient, usize) -> Result<KokowuromEntry, String>"#]]
    .assert_eq(&body.join("\n"));
}

#[test]
fn the_record_counts_pseudonyms_and_holds_no_own_word() {
    let repo = vault();
    let world = World::of(&[("sec/vault", "confidential", repo.path())]);
    for handle in handles(&world) {
        world.call("get_symbol", json!({"symbols": [handle]}));
    }
    let mut counted = false;
    for (path, bytes) in files_below(&world.data().join("audit")) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert_eq!(own_word(&text), None, "{}", path.display());
        counted |= text.contains("\"pseudonyms\":");
    }
    assert!(counted);
}

fn lexicon() -> Lexicon {
    Lexicon::new(Keyring::of([3; 32]), OwnWords::new(["Type-ORM", "apple"]), |each| {
        OWN.iter().for_each(|word| each(word));
    })
}

/// Text as code has it: own words and public ones in every case, number and joint, with quotes, escapes and marks between them.
fn code() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        prop::sample::select(OWN.to_vec()).prop_map(str::to_owned),
        prop::sample::select(vec![
            "ledger",
            "get",
            "client",
            "x",
            "id",
            "type",
            "orm",
            "apples",
            "status",
            "companies"
        ])
        .prop_map(str::to_owned),
        "[a-z]{1,14}",
        "[a-zäöüßñçéøł]{1,6}",
    ];
    let form = prop::sample::select(vec![0_u8, 1, 2, 3]);
    let joint = prop::sample::select(vec![
        "", "_", "-", ".", "::", " ", "\n", "/", "`", "\"", "\\n", "\\u00e9", "%2F", "2", "(", "\n+", "\n-", "@@ ",
        "'s ", "\\", "{\"", "é",
    ]);
    prop::collection::vec((word, form, joint), 0..24).prop_map(|parts| {
        parts
            .into_iter()
            .map(|(word, form, joint)| match form {
                0 => word + joint,
                1 => word.to_uppercase() + joint,
                2 => {
                    word[..word.chars().next().map_or(0, char::len_utf8)].to_uppercase()
                        + &word[word.chars().next().map_or(0, char::len_utf8)..]
                        + joint
                }
                _ => word + "s" + joint,
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn restoring_undoes_hiding(text in prop_oneof![code(), ".{0,200}"]) {
        let lexicon = lexicon();
        let hidden = lexicon.hide(&text).text;
        prop_assert_eq!(lexicon.restore(&hidden), text);
    }

    #[test]
    fn restoring_undoes_hiding_in_json(texts in prop::collection::vec(code(), 1..5)) {
        let lexicon = lexicon();
        let json = serde_json::to_string(&json!({"content": texts, "n": 12})).expect("JSON");
        let hidden = lexicon.hide(&json).text;
        prop_assert!(serde_json::from_str::<Value>(&hidden).is_ok());
        prop_assert_eq!(lexicon.restore(&hidden), json);
    }

    #[test]
    fn two_words_never_share_a_pseudonym(mut words in prop::collection::vec("[b-z]{4,12}", 2..40)) {
        words.sort();
        words.dedup();
        let lexicon = lexicon();
        let mut told: Vec<String> = words.iter().map(|word| lexicon.hide(word).text).collect();
        told.sort();
        let all = told.len();
        told.dedup();
        prop_assert_eq!(told.len(), all);
    }

    #[test]
    fn no_own_word_is_left(text in code()) {
        let hidden = lexicon().hide(&text).text;
        // Two pieces may join into letters that happen to spell a word; a word with its own borders may not be left.
        let pieces = hidden.split(|c: char| !c.is_ascii_lowercase());
        for piece in pieces {
            prop_assert!(!OWN.contains(&piece), "{}", hidden);
        }
    }

    #[test]
    fn a_stream_is_restored_wherever_it_is_cut(text in code(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12)) {
        let lexicon = lexicon();
        let hidden = lexicon.hide(&text).text.into_bytes();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.index(hidden.len() + 1)).collect();
        cuts.sort_unstable();
        let mut restorer = Restorer::new(&lexicon);
        let mut out = Vec::new();
        let mut from = 0;
        for cut in cuts {
            out.extend(restorer.push(&hidden[from..cut]));
            from = cut;
        }
        out.extend(restorer.push(&hidden[from..]));
        out.extend(restorer.finish());
        prop_assert_eq!(String::from_utf8(out).expect("text"), text);
    }
}

#[test]
fn a_stream_may_be_cut_at_every_byte() {
    let lexicon = lexicon();
    let text = "{\"code\":\"\\nlet zorviks = MIRVANE_URL; // Größe `QuelthClient`\\u00e9 %2Fbrastok\"}";
    let hidden = lexicon.hide(text).text.into_bytes();
    for size in 1..=hidden.len() {
        let mut restorer = Restorer::new(&lexicon);
        let mut out: Vec<u8> = hidden.chunks(size).flat_map(|chunk| restorer.push(chunk)).collect();
        out.extend(restorer.finish());
        assert_eq!(String::from_utf8_lossy(&out), text, "chunks of {size}");
    }
    let mut restorer = Restorer::new(&lexicon);
    let mut out = restorer.push(b"\xff\xc3");
    out.extend(restorer.push(b"\xb6 \xc3"));
    out.extend(restorer.finish());
    assert_eq!(out, b"\xff\xc3\xb6 \xc3");
}

/// What models make of a word: other cases, plurals, quotes, and names of their own around it.
#[test]
fn what_a_model_makes_of_a_pseudonym_is_restored() {
    let lexicon = lexicon();
    let name = lexicon.hide("zorvik").text;
    let capital = name[..1].to_uppercase() + &name[1..];
    for (written, meant) in [
        (format!("get{capital}Client"), "getZorvikClient"),
        (format!("{}_TIMEOUT", name.to_uppercase()), "ZORVIK_TIMEOUT"),
        (format!("`{name}`s and '{name}s'"), "`zorvik`s and 'zorviks'"),
        (format!("**{capital}s**"), "**Zorviks**"),
        (format!("{name}-{name}/{name}.rs"), "zorvik-zorvik/zorvik.rs"),
        (format!("{name}client"), "zorvikclient"),
        (format!("my{name}"), "myzorvik"),
        (format!("{{\"path\":\"a\\n{name}\"}}"), "{\"path\":\"a\\nzorvik\"}"),
        (format!("-{name}\n+{capital}2"), "-zorvik\n+Zorvik2"),
    ] {
        assert_eq!(lexicon.restore(&written), meant);
    }
}

#[test]
fn a_person_reveals_what_was_told_and_it_is_recorded() {
    let repo = vault();
    let me = louver::access::LocalHost::subject();
    let path = repo.path().display().to_string();
    let text = format!(
        "version = 1\n[[repo]]\nname = \"sec/vault\"\npath = {path:?}\ntier = \"confidential\"\nowner = \"tests\"\n"
    );
    let world = World::from_scope(&format!("{text}[roles]\nreveal = [\"local#{}\"]\n", me.id));
    let data = tempfile::tempdir().expect("a folder");
    let louver = |arguments: &[&str]| {
        let done = std::process::Command::new(env!("CARGO_BIN_EXE_louver"))
            .args(arguments)
            .args(["--quiet", "--config"])
            .arg(world.config())
            .arg("--data")
            .arg(data.path())
            .output()
            .expect("louver runs");
        assert!(
            done.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        String::from_utf8(done.stdout).expect("text").trim().to_owned()
    };
    louver(&["index"]);
    let told = louver(&["reveal", "--hide", "class ZorvikClient"]);
    assert_eq!(own_word(&told), None, "{told}");
    assert_eq!(louver(&["reveal", &told]), "class ZorvikClient");
    louver(&["reveal", "--rotate-keys"]);
    let after = louver(&["reveal", "--hide", "class ZorvikClient"]);
    assert_ne!(after, told);
    assert_eq!(
        louver(&["reveal", &format!("{told} {after}")]),
        "class ZorvikClient class ZorvikClient"
    );
    let log = louver(&["audit", "tail", "--format", "json"]);
    assert_eq!(log.matches("\"reveal\"").count(), 7, "{log}");
    let key = std::fs::metadata(data.path().join("pseudonym.key")).expect("a key");
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&key.permissions()) & 0o777,
        0o600
    );
    let policy = louver(&["policy", "render"]);
    for part in [
        "## 1. Approved tools",
        "## 6. Training",
        "| names | shown | shown | pseudonym | withheld |",
        "| sec/vault | confidential | tests |",
    ] {
        assert!(policy.contains(part), "{part}: {policy}");
    }
}

#[test]
fn who_is_not_listed_reveals_nothing_and_that_is_recorded() {
    let repo = vault();
    let path = repo.path().display().to_string();
    let text = format!(
        "version = 1\n[[repo]]\nname = \"sec/vault\"\npath = {path:?}\ntier = \"confidential\"\nowner = \"tests\"\n"
    );
    for roles in ["", "[roles]\nreveal = [\"local:somebody-else\"]\n"] {
        let world = World::from_scope(&format!("{text}{roles}"));
        let data = tempfile::tempdir().expect("a folder");
        let louver = |arguments: &[&str]| {
            std::process::Command::new(env!("CARGO_BIN_EXE_louver"))
                .args(arguments)
                .args(["--quiet", "--config"])
                .arg(world.config())
                .arg("--data")
                .arg(data.path())
                .output()
                .expect("louver runs")
        };
        assert!(louver(&["index"]).status.success());
        for arguments in [
            &["reveal", "text"][..],
            &["reveal", "--hide", "ZorvikClient"],
            &["reveal", "--rotate-keys"],
        ] {
            let done = louver(arguments);
            assert!(
                !done.status.success() && done.stdout.is_empty(),
                "{arguments:?}: {done:?}"
            );
            let said = String::from_utf8_lossy(&done.stderr).into_owned();
            assert!(
                said.contains("may not reveal names") && said.contains("under [roles]"),
                "{said}"
            );
        }
        let log = louver(&["audit", "tail", "--format", "json"]);
        let log = String::from_utf8_lossy(&log.stdout).into_owned();
        let refused = log
            .lines()
            .filter(|line| line.contains("\"reveal\"") && line.contains("deny"));
        assert_eq!(refused.count(), 3, "{log}");
    }
}
