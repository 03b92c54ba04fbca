//! Extraction at its limits: hostile files, workers that die, and a language added without Rust.

use louver::extraction::words::WordKey;
use louver::extraction::{
    Extraction, FileFacts, Fragment, Grammar, Limits, Options, Pool, Skipped, SourceText, SymbolKind, WorkerSkip,
    extract,
};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, thread};

fn options() -> Options {
    Options {
        word_key: WordKey::new([7; 32]),
        limits: Limits::default(),
    }
}

fn read(path: &str, text: impl Into<Vec<u8>>) -> Extraction {
    let grammar = Grammar::for_path(path, None).expect("a language louver reads");
    extract(path, grammar, &SourceText::new(text.into()), &options())
}

#[track_caller]
fn facts(path: &str, text: impl Into<Vec<u8>>) -> FileFacts {
    match read(path, text) {
        Extraction::Facts(facts) => *facts,
        Extraction::Skipped(reason) => panic!("skipped: {reason}"),
    }
}

#[track_caller]
fn skipped(path: &str, text: impl Into<Vec<u8>>) -> Skipped {
    let start = Instant::now();
    match read(path, text) {
        Extraction::Skipped(reason) => {
            assert!(start.elapsed() < Duration::from_secs(6), "took {:?}", start.elapsed());
            reason
        }
        Extraction::Facts(_) => panic!("not skipped"),
    }
}

fn text(fragment: &Fragment) -> String {
    bitcode::decode(&bitcode::encode(fragment)).expect("a fragment is encoded as its text")
}

fn names(facts: &FileFacts) -> Vec<String> {
    facts
        .symbols
        .iter()
        .map(|symbol| text(facts.name(symbol.name)))
        .collect()
}

#[test]
fn hostile_files_are_skipped_with_a_reason() {
    for path in ["a.rs", "a.ts", "a.tsx", "a.js"] {
        assert_eq!(skipped(path, "(".repeat(100_000)), Skipped::TooDeep);
        assert_eq!(skipped(path, "x".repeat(5 << 20)), Skipped::TooLarge);
        assert_eq!(skipped(path, "+1".repeat(200_000)), Skipped::LongLine);
        assert_eq!(skipped(path, vec![0; 1 << 20]), Skipped::Binary);
        let nested = "fn f() {\n".repeat(5_000) + &"}\n".repeat(5_000);
        assert_eq!(skipped(path, nested), Skipped::TooDeep);
        assert_eq!(skipped(path, random_bytes(100_000)), Skipped::Binary);
    }
}

#[test]
fn a_deep_tree_of_shallow_text_is_read() {
    let sum = "\n+1".repeat(100_000);
    let start = Instant::now();
    let rust = facts(
        "a.rs",
        format!("pub fn sum() -> u64 {{ total(1{sum}) }}\npub fn after() {{}}"),
    );
    let script = facts(
        "a.ts",
        format!("export function sum() {{ return total(1{sum}); }}\nexport function after() {{}}"),
    );
    assert_eq!(
        (names(&rust), names(&script)),
        (vec!["sum".into(), "after".into()], vec!["sum".into(), "after".into()])
    );
    let chain = "\n.next()".repeat(30_000);
    let chained = facts("a.rs", format!("pub fn long() {{ start(){chain}; }}"));
    assert!(chained.symbols[0].outline.len() <= 400);
    assert!(start.elapsed() < Duration::from_secs(20), "took {:?}", start.elapsed());
}

#[test]
fn nonsense_that_looks_like_text_ends_within_bounds() {
    let mut state = 1_u64;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as usize
    };
    let pieces = [
        "fn ", "{", "}", "(", ")", "\"", "'", "<", ">", "!", "=>", ";\n", "a", "::", "match ", "`", "${", "/*", "#",
        "[", "]", "\n",
    ];
    for path in ["a.rs", "a.ts", "a.tsx", "a.js"] {
        for _ in 0..5 {
            let nonsense: String = (0..20_000).map(|_| pieces[next() % pieces.len()]).collect();
            let start = Instant::now();
            // Whether it is skipped or read, the time is bounded.
            drop(read(path, nonsense));
            assert!(
                start.elapsed() < Duration::from_secs(10),
                "{path} took {:?}",
                start.elapsed()
            );
        }
    }
}

#[test]
fn half_a_file_gives_what_it_has() {
    let whole = "pub struct A { pub x: u8 }\nimpl A {\n    pub fn one(&self) { self.two(); }\n    pub fn two(&self) { if self.x > 1 { one() } }\n}\n";
    for end in 0..whole.len() {
        let facts = facts("a.rs", &whole.as_bytes()[..end]);
        assert!(facts.unparsed_bytes as usize <= end);
        assert!(
            facts
                .unparsed
                .iter()
                .all(|lines| lines.start <= lines.end && lines.end <= facts.lines + 1)
        );
    }
    assert_eq!(names(&facts("a.rs", &whole.as_bytes()[..100])), ["A", "x", "one"]);
}

#[test]
fn encodings_are_read_or_refused() {
    let source = "export function größe() {}\n";
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(source.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let with_mark: Vec<u8> = [0xef, 0xbb, 0xbf].into_iter().chain(source.bytes()).collect();
    assert_eq!(names(&facts("a.ts", utf16)), ["größe"]);
    assert_eq!(names(&facts("a.ts", with_mark)), ["größe"]);
    let latin: Vec<u8> =
        b"// gr\xf6\xdfe and much more text around it so that it counts as text\nexport function after() {}\n".to_vec();
    let latin = facts("a.ts", latin);
    assert_eq!(
        (names(&latin), latin.symbols[0].lines.start),
        (vec!["after".to_owned()], 2)
    );
    assert_eq!(skipped("a.ts", random_bytes(5_000)), Skipped::Binary);
}

#[test]
fn too_many_symbols_are_refused() {
    let many: String = (0..20_001).map(|at| format!("const A{at}: u8 = 1;\n")).collect();
    assert_eq!(skipped("a.rs", many), Skipped::TooManySymbols);
}

#[test]
fn fields_of_facts_are_bounded() {
    let long = "word ".repeat(2_000);
    let parameters: String = (0..200)
        .map(|at| format!("argument_{at}: std::vec::Vec<u8>, "))
        .collect();
    let calls: String = (0..1_000).map(|at| format!("call_{at}();\n")).collect();
    let facts = facts(
        "a.rs",
        format!("/// {long}.\n///\n/// {long}\npub fn f({parameters}) {{ {calls} }}"),
    );
    let symbol = &facts.symbols[0];
    assert!(symbol.signature.len() <= 400 && text(&symbol.signature).ends_with('…'));
    assert!(symbol.summary.len() <= 200 && symbol.documentation.len() <= 1_000);
    assert_eq!(symbol.outline.len(), 400);
}

#[test]
fn the_vocabulary_is_keyed_and_knows_no_literals() {
    let source = |literal: &str| format!("fn f() {{ retrying_connection(\"{literal}\"); retry(); }}");
    let (one, other) = (facts("a.rs", source("alpha")), facts("a.rs", source("beta")));
    assert_eq!(one.symbols[0].vocabulary, other.symbols[0].vocabulary);
    let key = WordKey::new([7; 32]);
    let stem = key.hash(&louver::extraction::words::stem("retry"));
    assert_eq!(
        one.symbols[0].vocabulary.iter().filter(|hash| **hash == stem).count(),
        2
    );
    assert_ne!(
        stem,
        WordKey::new([8; 32]).hash(&louver::extraction::words::stem("retry"))
    );
}

#[test]
fn a_language_is_added_with_a_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let toy = folder.path().join("toy");
    fs::create_dir_all(toy.join("queries")).expect("a folder");
    fs::write(toy.join("grammar.toml"), TOY).expect("a file");
    fs::write(toy.join("queries/symbols.scm"), TOY_SYMBOLS).expect("a file");
    let grammar = Grammar::load(&toy).expect("a grammar");
    assert!(Grammar::for_path("a.toy", None).is_none());
    let source = "/// Makes tea.\nfunction brew(water = 'CANARY') { boil(water); }\nclass Pot { pour() {} }\n";
    let Extraction::Facts(facts) = extract("a.toy", &grammar, &SourceText::new(source.into()), &options()) else {
        panic!("skipped")
    };
    assert_eq!(names(&facts), ["brew", "Pot", "pour"]);
    assert_eq!(facts.symbols[0].kind, SymbolKind::Function);
    assert_eq!(text(&facts.symbols[0].signature), "function brew(water = <text>)");
    assert_eq!(text(&facts.symbols[0].summary), "Makes tea.");
    assert_eq!(facts.symbols[0].outline.len(), 1);

    let pool = Pool::with_grammars(louver(), 1, &options(), vec![grammar]);
    let facts = pool.extract("b.toy", SourceText::new(source.into())).expect("facts");
    assert_eq!(facts.grammar, "toy");
}

#[test]
fn a_file_of_another_language_is_not_read_by_its_extension() {
    let read_as = |path: &str, text: &str| Grammar::for_path(path, Some(text.as_bytes())).map(Grammar::name);
    let translation = "<?xml version=\"1.0\"?>\n<!DOCTYPE TS>\n<TS version=\"2.1\">\n</TS>\n";
    assert_eq!(read_as("app_pt.ts", translation), None);
    assert_eq!(read_as("app.ts", "export const a = 1;\n"), Some("typescript"));
    let header = "#import <Cocoa/Cocoa.h>\n\n@interface Badge : NSView\n@end\n";
    assert_eq!(read_as("Badge.h", header), None);
    assert_eq!(read_as("Badge.h", &format!("class Inner;\n{header}")), None);
    let both = "#ifdef __OBJC__\n@class NSString;\n#endif\nint length(void);\n";
    assert_eq!(read_as("both.h", both), Some("c"));
    assert_eq!(read_as("plain.h", "int length(void);\n"), Some("c"));
    assert_eq!(read_as("plain.h", "class Plain;\n"), Some("cpp"));
}

#[test]
fn a_bad_grammar_says_what_is_wrong() {
    let files = |manifest: &str, symbols: &str| {
        let files = [("grammar.toml", manifest), ("queries/symbols.scm", symbols)];
        let error = Grammar::from_files("toy", files.map(|(name, text)| (name.to_owned(), text.to_owned()))).map(drop);
        error.expect_err("it is bad").to_string()
    };
    assert!(files(&TOY.replace("_javascript", "_klingon"), "").contains("no parser `tree_sitter_klingon::LANGUAGE`"));
    assert!(files(&TOY.replace("call_expression", "shout"), "").contains("no node `shout`"));
    assert!(files(&TOY.replace("[literals]", "[litter]"), "").contains("litter"));
    assert!(files(TOY, "(klingon) @definition.function").contains("line 1"));
    assert!(files(TOY, "(class_declaration name: (_) @name) @definition.starship").contains("@definition.starship"));
    assert!(files("inherits = \"klingon\"\nparser = \"x\"", "").contains("`klingon`"));
}

#[test]
fn bad_tables_and_imports_are_errors_and_no_panics() {
    let with = |name: &str, text: &str| {
        let files = [
            ("grammar.toml", TOY),
            ("queries/symbols.scm", TOY_SYMBOLS),
            (name, text),
        ];
        let error = Grammar::from_files("toy", files.map(|(name, text)| (name.to_owned(), text.to_owned()))).map(drop);
        error.expect_err("it is bad").to_string()
    };
    assert!(with("expressions.toml", "[expressions]\nidentifier = { is = \"starship\" }").contains("starship"));
    assert!(with("expressions.toml", "[walk]\nblock = { starship = true }").contains("starship"));
    assert!(with("expressions.toml", "[modules]\nrule = \"starship\"").contains("starship"));
    assert!(with("expressions.toml", "[standard]\nunwraps = 3").contains("toy/expressions.toml"));
    assert!(with("queries/imports.scm", "(klingon) @import.name").contains("klingon"));
    assert!(with("queries/imports.scm", "(identifier) @import.starship").contains("@import.starship"));
}

const TOY: &str = r#"
parser = "tree_sitter_javascript::LANGUAGE"
extensions = ["toy"]
[names]
identifiers = ["identifier", "property_identifier"]
[comments]
nodes = ["comment"]
doc_lines = ["///"]
[visibility]
default = "public"
[literals]
text = ["string"]
[signature]
defaults = ["assignment_pattern.right"]
[outline]
arguments = ["arguments"]
[outline.call]
call_expression = "function"
"#;

const TOY_SYMBOLS: &str = "
(function_declaration name: (identifier) @name body: (_) @body) @definition.function
(class_declaration name: (identifier) @name body: (_) @body) @definition.class
(method_definition name: (property_identifier) @name body: (_) @body) @definition.method
";

fn louver() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_louver"))
}

#[test]
fn a_pool_gives_what_extraction_gives() {
    let pool = Pool::new(louver(), 2, &options());
    thread::scope(|scope| {
        for at in 0..8 {
            let pool = &pool;
            scope.spawn(move || {
                for round in 0..5 {
                    let source = format!("pub fn f{at}_{round}() {{ helper(); }}");
                    let facts = pool
                        .extract("src/a.rs", SourceText::new(source.into_bytes()))
                        .expect("facts");
                    assert_eq!(names(&facts), [format!("f{at}_{round}")]);
                }
            });
        }
    });
    assert!((1..=2).contains(&pool.idle_processes().len()));
    let deep = pool.extract("a.rs", SourceText::new(b"(".repeat(100_000)));
    assert_eq!(deep.expect_err("skipped"), WorkerSkip::Extraction(Skipped::TooDeep));
    let unknown = pool.extract("a.unknown", SourceText::new(Vec::new()));
    assert_eq!(unknown.expect_err("skipped"), WorkerSkip::UnsupportedLanguage);
    assert!(pool.quarantined().is_empty());
}

/// A parser that is made to do what it should not finds no file, no network, no program and a bounded memory.
#[cfg(target_os = "linux")]
#[test]
fn a_worker_is_confined() {
    let pool = Pool::new(louver(), 1, &options());
    pool.extract("a.rs", SourceText::new(b"fn a() {}".to_vec()))
        .expect("read");
    let [worker] = pool.idle_processes()[..] else {
        panic!("one worker");
    };
    let of = |file: &str| std::fs::read_to_string(format!("/proc/{worker}/{file}")).expect("a running worker");
    let status = of("status");
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.map(str::trim).expect("a field of the status")
    };
    assert_eq!(field("Seccomp:"), "2", "a filter of system calls is in force");
    assert_eq!(field("NoNewPrivs:"), "1");
    let limits = of("limits");
    let limit = |name: &str| limits.lines().find(|line| line.starts_with(name)).expect("a limit");
    assert!(limit("Max core file size").contains(" 0 "), "{limits}");
    assert!(!limit("Max address space").contains("unlimited"), "{limits}");
}

#[test]
fn a_worker_that_died_between_files_costs_nothing() {
    let pool = Pool::new(louver(), 1, &options());
    pool.extract("a.rs", SourceText::new(b"fn a() {}".to_vec()))
        .expect("facts");
    let [before] = pool.idle_processes()[..] else {
        panic!("one worker")
    };
    signal("KILL", before);
    let facts = pool
        .extract("a.rs", SourceText::new(b"fn b() {}".to_vec()))
        .expect("facts");
    assert_eq!(names(&facts), ["b"]);
    assert_ne!(pool.idle_processes(), [before]);
    assert!(pool.quarantined().is_empty());
}

#[test]
fn a_worker_that_hangs_is_killed_and_its_file_never_tried_again() {
    let pool = Pool::new(louver(), 1, &options()).with_wall_time(Duration::from_millis(1_500));
    pool.extract("a.rs", SourceText::new(b"fn a() {}".to_vec()))
        .expect("facts");
    let [worker] = pool.idle_processes()[..] else {
        panic!("one worker")
    };
    signal("STOP", worker);
    let start = Instant::now();
    let hung = pool.extract("a.rs", SourceText::new(b"fn hang() {}".to_vec()));
    assert_eq!(hung.expect_err("killed"), WorkerSkip::ParserTimeout);
    assert!(start.elapsed() < Duration::from_secs(10));
    let again = pool.extract("a.rs", SourceText::new(b"fn hang() {}".to_vec()));
    assert_eq!(again.expect_err("quarantined"), WorkerSkip::Quarantined);
    pool.extract("a.rs", SourceText::new(b"fn fine() {}".to_vec()))
        .expect("facts");

    let next = Pool::new(louver(), 1, &options());
    next.quarantine(pool.quarantined());
    let known = next.extract("a.rs", SourceText::new(b"fn hang() {}".to_vec()));
    assert_eq!(known.expect_err("quarantined"), WorkerSkip::Quarantined);
}

/// As on a machine where others are served first.
#[cfg(target_os = "linux")]
#[test]
fn a_worker_that_gets_no_processor_is_given_time() {
    let wall_time = Duration::from_millis(2_000);
    let pool = Pool::new(louver(), 1, &options()).with_wall_time(wall_time);
    let text = || SourceText::new(b"fn a() {}".to_vec());
    pool.extract("a.rs", text()).expect("facts");
    let [worker] = pool.idle_processes()[..] else {
        panic!("one worker")
    };
    signal("STOP", worker);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(wall_time * 3 / 2);
            signal("CONT", worker);
        });
        let facts = pool.extract("a.rs", text()).expect("facts, though late");
        assert_eq!(names(&facts), ["a"]);
    });
    assert!(pool.quarantined().is_empty());
}

#[test]
fn a_program_that_dies_of_every_file_is_a_crash() {
    let pool = Pool::new(PathBuf::from("/bin/false"), 1, &options());
    let crashed = pool.extract("a.rs", SourceText::new(b"fn a() {}".to_vec()));
    assert!(matches!(
        crashed.expect_err("crashed"),
        WorkerSkip::ParserCrash | WorkerSkip::NoWorker
    ));
    let absent = Pool::new(PathBuf::from("/no/such/program"), 1, &options());
    let none = absent.extract("a.rs", SourceText::new(b"fn a() {}".to_vec()));
    assert_eq!(none.expect_err("no worker"), WorkerSkip::NoWorker);
}

#[test]
fn workers_end_with_their_pool() {
    let pool = Pool::new(louver(), 1, &options());
    pool.extract("a.rs", SourceText::new(b"fn a() {}".to_vec()))
        .expect("facts");
    let [worker] = pool.idle_processes()[..] else {
        panic!("one worker")
    };
    drop(pool);
    assert!(!PathBuf::from(format!("/proc/{worker}")).exists());
}

fn signal(name: &str, process: u32) {
    let status = Command::new("kill")
        .arg(format!("-{name}"))
        .arg(process.to_string())
        .status()
        .expect("`kill` runs");
    assert!(status.success());
    thread::sleep(Duration::from_millis(100));
}

fn random_bytes(count: usize) -> Vec<u8> {
    let mut state = 42_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    std::iter::repeat_with(next).take(count).collect()
}
