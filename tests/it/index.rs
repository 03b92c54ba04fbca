//! The index: rows in, answers out; generations appear whole, and nothing outlives its removal.

use louver::access::{Grants, LocalHost};
use louver::extraction::words::{self, WordKey};
use louver::extraction::{Fragment, Lines, Modifiers, SymbolKind, Visibility};
use louver::index::{
    Centrality, EdgeRow, EdgeTarget, FileRow, GenerationInfo, Index, IndexError, Passage, Place, RepoView,
    SCHEMA_VERSION, SearchQuery, Snapshot, SymbolId, SymbolRow, Via, Why, search,
};
use louver::resolution::{Method, RelationKind};
use louver::scope::Scope;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// A repository's generation, opened the only way there is: with a grant.
fn opened(snapshot: &Snapshot, repo: &str) -> Option<RepoView> {
    let text = format!("version = 1\n[[repo]]\nname = {repo:?}\npath = \".\"\ntier = \"public\"\nowner = \"tests\"\n");
    let scope = Scope::parse(&text, Path::new("louver.toml")).expect("a scope");
    let grants = Grants::ask(&LocalHost, &LocalHost::subject(), &scope);
    snapshot.open(grants.iter().next()?).cloned()
}

/// An index in a folder of its own.
struct World {
    folder: TempDir,
    index: Index,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let index = Index::open(folder.path(), key()).expect("opens");
        Self { folder, index }
    }

    /// Publishes files in addition to those a repository has.
    fn publish(&self, repo: &str, files: &[FileRow]) {
        let mut update = self.index.begin(repo).expect("begins");
        for file in files {
            update.put_file(file).expect("takes a file");
        }
        update.publish(info("c0ffee")).expect("publishes");
    }

    fn view(&self, repo: &str) -> RepoView {
        opened(&self.index.snapshot(), repo).expect("is published")
    }

    /// What is found, as `repo:path#name`.
    fn find(&self, repos: &[&str], text: &str) -> Vec<String> {
        let views: Vec<RepoView> = repos.iter().map(|repo| self.view(repo)).collect();
        found(
            &views,
            &SearchQuery {
                text: text.into(),
                limit: 10,
                ..SearchQuery::default()
            },
        )
    }
}

fn found(views: &[RepoView], query: &SearchQuery) -> Vec<String> {
    let result = search(views, query).expect("searches");
    let place = |place: &Place| match place {
        Place::Symbol(symbol) => symbol.handle(),
        Place::Lines { file, lines } => format!("{}:{}-{}", file.path(), lines.start, lines.end),
    };
    result
        .hits
        .iter()
        .map(|hit| format!("{}:{}", hit.repo, place(&hit.place)))
        .collect()
}

fn key() -> WordKey {
    WordKey::new([7; 32])
}

fn info(commit: &str) -> GenerationInfo {
    GenerationInfo {
        commit: commit.into(),
        commit_time: 1,
        indexed_at: 2,
        extractor: "1".into(),
        ..GenerationInfo::default()
    }
}

/// A file whose symbols are written one a line: indentation by two spaces is containment; kind, name, then words of the body.
fn file(path: &str, symbols: &str) -> FileRow {
    let mut row = FileRow {
        path: path.into(),
        grammar: "rust".into(),
        blob: [1; 20],
        bytes: 100,
        lines: 20,
        ..FileRow::default()
    };
    let mut containers: Vec<u32> = Vec::new();
    for (at, line) in symbols.lines().filter(|line| !line.trim().is_empty()).enumerate() {
        let depth = line.len() - line.trim_start().len();
        let mut words_of = line.split_whitespace();
        let kind = words_of.next().and_then(SymbolKind::from_word).expect("a kind");
        let name = words_of.next().expect("a name");
        containers.truncate(depth / 2);
        let line = at as u32 * 2 + 1;
        row.symbols.push(SymbolRow {
            name: Fragment::new(name),
            container: containers.last().copied(),
            kind,
            visibility: Visibility::Public,
            modifiers: Modifiers::default(),
            lines: Lines {
                start: line,
                end: line + 1,
            },
            signature: Fragment::new(format!("{} {name}", kind.word())),
            summary: Fragment::default(),
            documentation: Fragment::default(),
            outline: Vec::new(),
            vocabulary: hashes(&words_of.collect::<Vec<_>>().join(" ")),
        });
        containers.push(at as u32);
    }
    row
}

fn hashes(text: &str) -> Vec<u32> {
    let mut out = Vec::new();
    words::split(text, |word| out.push(key().hash(&words::stem(word))));
    out
}

#[test]
fn names_are_found_however_they_are_written() {
    let world = World::new();
    let store = file(
        "src/store.rs",
        "
struct SessionStore
  method rotate_keys
  method prune
function open_store
",
    );
    world.publish(
        "acme",
        &[store, file("src/other.rs", "function rotate\nfunction unrelated")],
    );
    let first = |text| world.find(&["acme"], text).first().cloned();
    for (text, expected) in [
        ("SessionStore", "acme:src/store.rs#SessionStore"),
        ("sessionstore", "acme:src/store.rs#SessionStore"),
        ("session store", "acme:src/store.rs#SessionStore"),
        ("SesionStore", "acme:src/store.rs#SessionStore"),
        ("rotateKeys", "acme:src/store.rs#SessionStore.rotate_keys"),
        ("SessionStore::prune", "acme:src/store.rs#SessionStore.prune"),
        ("SessionStore.rotate_keys", "acme:src/store.rs#SessionStore.rotate_keys"),
        ("open_st", "acme:src/store.rs#open_store"),
        ("rotate", "acme:src/other.rs#rotate"),
    ] {
        assert_eq!(first(text).as_deref(), Some(expected), "{text}");
    }
    assert_eq!(first("zzz"), None);
}

#[test]
fn words_find_bodies_passages_and_paths_and_say_why() {
    let world = World::new();
    let retry = file("src/net/retry.rs", "function again backoff jitter attempts");
    let mut script = FileRow {
        path: "tools/release.sh".into(),
        lines: 40,
        ..FileRow::default()
    };
    script.passages = vec![
        Passage {
            lines: Lines { start: 1, end: 20 },
            vocabulary: hashes("download archive"),
        },
        Passage {
            lines: Lines { start: 21, end: 40 },
            vocabulary: hashes("checksum verify sign"),
        },
    ];
    world.publish(
        "acme",
        &[retry, script, file("src/lib.rs", "function start listen socket")],
    );
    assert_eq!(
        world.find(&["acme"], "how is the backoff jittered")[0],
        "acme:src/net/retry.rs#again"
    );
    assert_eq!(
        world.find(&["acme"], "verifying checksums")[0],
        "acme:tools/release.sh:21-40"
    );
    let query = SearchQuery {
        text: "retry attempts".into(),
        limit: 1,
        ..SearchQuery::default()
    };
    let result = search(&[world.view("acme")], &query).expect("searches");
    assert_eq!(result.hits[0].why, [Why::Path]);
    assert_eq!(result.files[0].path, "src/net/retry.rs");
}

#[test]
fn what_is_named_after_the_query_and_what_many_refer_to_comes_first() {
    let world = World::new();
    let user = file("src/client.rs", "function connect rotate key signing rotate key");
    let maker = file("src/keys.rs", "function rotate_signing_key");
    world.publish("acme", &[user, maker]);
    assert_eq!(
        world.find(&["acme"], "how are the signing keys rotated")[0],
        "acme:src/keys.rs#rotate_signing_key"
    );
    let mut update = world.index.begin("acme").expect("begins");
    for (path, referrers) in [("src/a_pool.rs", 0), ("src/z_pool.rs", 40)] {
        update.put_file(&file(path, "struct Lease")).expect("takes a file");
        let centrality = Centrality::of(referrers);
        update.put_edges(path, &[], centrality).expect("takes relations");
    }
    update.publish(info("c0ffee")).expect("publishes");
    assert_eq!(
        world.find(&["acme"], "where does the pool keep its lease")[0],
        "acme:src/z_pool.rs#Lease"
    );
}

#[test]
fn filters_narrow_and_pages_join() {
    let world = World::new();
    let many: Vec<FileRow> = (0..6)
        .map(|at| {
            file(
                &format!("src/part{at}/load.rs"),
                "struct Loader\n  method load_config\nfunction load_config",
            )
        })
        .collect();
    world.publish("acme", &many);
    let view = [world.view("acme")];
    let all = SearchQuery {
        text: "load config".into(),
        limit: 100,
        ..SearchQuery::default()
    };
    let whole = found(&view, &all);
    assert!(whole.len() >= 12, "{whole:?}");
    let pages: Vec<String> = (0..whole.len())
        .step_by(5)
        .flat_map(|offset| {
            found(
                &view,
                &SearchQuery {
                    offset,
                    limit: 5,
                    ..all.clone()
                },
            )
        })
        .collect();
    assert_eq!(pages, whole);
    let methods = found(
        &view,
        &SearchQuery {
            kinds: vec![SymbolKind::Method],
            ..all.clone()
        },
    );
    assert!(
        !methods.is_empty() && methods.iter().all(|hit| hit.contains("#Loader.")),
        "{methods:?}"
    );
    for path in ["src/part3", "src/part3/", "src/part3/*.rs", "**/part3/**"] {
        let within = found(
            &view,
            &SearchQuery {
                path: Some(path.into()),
                ..all.clone()
            },
        );
        assert!(
            !within.is_empty() && within.iter().all(|hit| hit.contains("part3")),
            "{path}: {within:?}"
        );
    }
    assert!(
        found(
            &view,
            &SearchQuery {
                grammars: vec!["python".into()],
                ..all.clone()
            }
        )
        .is_empty()
    );
    assert!(
        found(
            &view,
            &SearchQuery {
                visibilities: vec![Visibility::Private],
                ..all.clone()
            }
        )
        .is_empty()
    );
    let malformed = SearchQuery {
        path: Some("src/{a".into()),
        ..all
    };
    assert!(matches!(search(&view, &malformed), Err(IndexError::Glob { .. })));
}

#[test]
fn what_else_is_indexed_changes_nothing() {
    let files = [
        file(
            "src/cache.rs",
            "struct Cache\n  method evict lru entry\n  method insert entry",
        ),
        file("src/entry.rs", "struct Entry\n  method touch clock lru"),
    ];
    let alone = World::new();
    alone.publish("acme", &files);
    let crowded = World::new();
    crowded.publish("acme", &files);
    let noise: Vec<FileRow> = (0..50)
        .map(|at| file(&format!("lru{at}.rs"), "function evict lru lru entry clock"))
        .collect();
    crowded.publish("secret", &noise);
    for text in ["evict lru entry", "Cache", "touch clock", "entry"] {
        assert_eq!(alone.find(&["acme"], text), crowded.find(&["acme"], text), "{text}");
        assert!(
            crowded
                .find(&["acme", "secret"], text)
                .iter()
                .any(|hit| hit.starts_with("secret:") || hit.contains("ache"))
        );
    }
}

#[test]
fn symbols_are_reached_by_id_handle_and_suffix() {
    let world = World::new();
    let row = file(
        "src/a.rs",
        "
impl Type
  method new
struct Type
  field size
impl Type
  method new
",
    );
    world.publish("acme", &[row, file("src/b.rs", "struct Type\n  method new")]);
    let view = world.view("acme");
    let symbol = |handle| view.by_handle(handle).expect("reads").expect("exists");
    assert_eq!(symbol("src/a.rs#Type").kind(), SymbolKind::Struct);
    assert_eq!(symbol("src/a.rs#Type~2").lines().start, 1);
    assert_eq!(symbol("src/a.rs#Type.new~2").lines().start, 11);
    assert!(view.by_handle("src/a.rs#Type.new~3").expect("reads").is_none());
    for found in view.outline("src").map(|symbol| symbol.expect("reads")) {
        let by_id = view.symbol(found.id()).expect("reads").expect("exists");
        assert_eq!((by_id.handle(), by_id.lines()), (found.handle(), found.lines()));
        assert_eq!(
            view.by_handle(&found.handle()).expect("reads").expect("exists").id(),
            found.id()
        );
    }
    let handles = |name| {
        view.by_qualified_suffix(name, 10)
            .expect("reads")
            .iter()
            .map(|s| s.handle())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        handles("Type.new"),
        ["src/a.rs#Type.new", "src/a.rs#Type.new~2", "src/b.rs#Type.new"]
    );
    assert_eq!(handles("size"), ["src/a.rs#Type.size"]);
    assert!(handles("ype.new").is_empty());
    assert_eq!(
        symbol("src/a.rs#Type")
            .members()
            .map(|m| m.handle())
            .collect::<Vec<_>>(),
        ["src/a.rs#Type.size"]
    );
    assert_eq!(view.totals().symbols, 8);
}

#[test]
fn relations_are_found_from_both_ends_and_survive_other_changes() {
    let world = World::new();
    let callee = SymbolId::of("src/b.rs", "callee", SymbolKind::Function, 0);
    let caller = SymbolId::of("src/a.rs", "caller", SymbolKind::Function, 0);
    let edge = |from, kind, target, line| EdgeRow {
        from,
        kind,
        target,
        line,
    };
    let edges = [
        edge(
            Some(0),
            RelationKind::Calls,
            EdgeTarget::Symbol {
                id: callee,
                method: Method::Import,
            },
            3,
        ),
        edge(
            Some(0),
            RelationKind::Calls,
            EdgeTarget::Symbol {
                id: callee,
                method: Method::Import,
            },
            2,
        ),
        edge(
            Some(0),
            RelationKind::Reads,
            EdgeTarget::Possible(vec![callee, caller]),
            4,
        ),
        edge(
            None,
            RelationKind::Imports,
            EdgeTarget::Symbol {
                id: callee,
                method: Method::Module,
            },
            1,
        ),
        edge(
            Some(0),
            RelationKind::Calls,
            EdgeTarget::External {
                qualifier: None,
                name: Fragment::new("spawn"),
                package: None,
                alike: None,
            },
            5,
        ),
    ];
    let mut update = world.index.begin("acme").expect("begins");
    for row in [file("src/a.rs", "function caller"), file("src/b.rs", "function callee")] {
        update.put_file(&row).expect("takes a file");
    }
    update
        .put_edges("src/a.rs", &edges, Centrality::default())
        .expect("takes relations");
    update.publish(info("1")).expect("publishes");
    // The callee's file changes; the relations to it were not touched.
    world.publish("acme", &[file("src/b.rs", "function before\nfunction callee")]);
    let view = world.view("acme");
    let counts = view.incoming_counts(callee).expect("reads");
    let counts: Vec<_> = counts.iter().map(|c| (c.kind, c.via, c.count)).collect();
    assert_eq!(
        counts,
        [
            (RelationKind::Calls, Via::Method(Method::Import), 2),
            (RelationKind::Reads, Via::Possible, 1),
            (RelationKind::Imports, Via::Method(Method::Module), 1),
        ]
    );
    let page = view.incoming(callee, |_, _| true, 1, 2).expect("reads");
    let lines: Vec<_> = page
        .edges
        .iter()
        .map(|e| (e.line, e.from.as_ref().map(|s| s.qualified().to_owned())))
        .collect();
    assert_eq!(
        (page.total, lines),
        (4, vec![(2, Some("caller".into())), (3, Some("caller".into()))])
    );
    assert_eq!(
        view.incoming(callee, |_, via| via == Via::Possible, 0, 9)
            .expect("reads")
            .total,
        1
    );
    assert_eq!(view.outgoing(caller).expect("reads").len(), 4);
    assert_eq!(
        view.outgoing(SymbolId::of_file("src/a.rs")).expect("reads"),
        edges[3..4]
    );
    assert_eq!(view.path_of(caller).expect("reads"), Some("src/a.rs"));
    assert_eq!(view.totals().references, 5);
}

#[test]
fn a_repository_with_few_files_is_found_beside_one_with_many() {
    let world = World::new();
    let many: Vec<FileRow> = (0..40)
        .map(|at| file(&format!("f{at}.rs"), "function parse_it"))
        .collect();
    world.publish("large", &many);
    // What is found stands further on in its index than anything in the other.
    let others: String = (0..150).map(|at| format!("function other{at}\n")).collect();
    world.publish("small", &[file("only.rs", &format!("{others}function parse"))]);
    let found = world.find(&["large", "small"], "parse");
    assert_eq!(found[0], "small:only.rs#parse");
}

#[test]
fn an_index_can_be_written_again_at_once_while_processes_start() {
    let world = World::new();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            // A process that starts holds every lock of this one until it runs its program.
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    Command::new("true").status().expect("a program runs");
                }
            });
        }
        let again = || world.index.begin("acme").map(drop);
        let failed = (0..200).find_map(|_| again().err());
        done.store(true, Ordering::Relaxed);
        assert!(failed.is_none(), "{failed:?}");
    });
}

#[test]
fn a_generation_appears_whole_and_an_older_one_stays_readable() {
    let world = World::new();
    world.publish(
        "acme",
        &[file("a.rs", "function first"), file("b.rs", "function second")],
    );
    let before = world.view("acme");
    let mut update = world.index.begin("acme").expect("begins");
    assert!(
        matches!(world.index.begin("acme"), Err(IndexError::Busy { .. })),
        "one writer at a time"
    );
    update.remove_file("a.rs");
    update.put_file(&file("b.rs", "function third")).expect("takes a file");
    update.put_facts("b.rs", b"facts").expect("takes facts");
    assert_eq!(
        world.find(&["acme"], "first"),
        ["acme:a.rs#first"],
        "nothing is seen before it is published"
    );
    let generation = update.publish(info("2")).expect("publishes");
    assert_eq!((generation.number, generation.info.commit.as_str()), (2, "2"));
    assert!(world.find(&["acme"], "first").is_empty());
    assert_eq!(world.find(&["acme"], "third"), ["acme:b.rs#third"]);
    assert_eq!(before.files().count(), 2);
    assert_eq!(
        before
            .by_handle("a.rs#first")
            .expect("reads")
            .map(|s| s.handle())
            .as_deref(),
        Some("a.rs#first")
    );
    let update = world.index.begin("acme").expect("begins");
    assert_eq!(update.facts("b.rs").expect("reads"), Some(b"facts".to_vec()));
    assert_eq!(update.facts("a.rs").expect("reads"), None);
    drop(update);
    assert_eq!(
        world.view("acme").generation().number,
        2,
        "an update that is dropped leaves nothing"
    );
}

#[test]
fn another_process_sees_what_was_published() {
    let world = World::new();
    world.publish("acme", &[file("a.rs", "function first")]);
    let other = Index::open(world.folder.path(), key()).expect("opens");
    assert_eq!(
        opened(&other.snapshot(), "acme").map(|view| view.generation().number),
        Some(1)
    );
    world.publish("acme", &[file("b.rs", "function second")]);
    world.publish("zeta", &[file("z.rs", "function last")]);
    std::thread::sleep(Duration::from_millis(600));
    let snapshot = other.snapshot();
    let number = |repo| opened(&snapshot, repo).map(|view| view.generation().number);
    assert_eq!((number("acme"), number("zeta")), (Some(2), Some(1)));
}

#[test]
fn nothing_outlives_its_removal() {
    let world = World::new();
    let marked = |path: &str, name: &str| file(path, &format!("function {name}"));
    world.publish(
        "Acme/vault",
        &[marked("keep.rs", "kept"), marked("gone.rs", "CANARYgone")],
    );
    assert!(kept(&world, "Acme/vault", b"CANARYgone"));
    let mut update = world.index.begin("Acme/vault").expect("begins");
    update.remove_file("gone.rs");
    update.erase_removed();
    update.publish(info("2")).expect("publishes");
    assert!(!kept(&world, "Acme/vault", b"CANARYgone") && !kept(&world, "Acme/vault", b"canarygone"));
    assert!(kept(&world, "Acme/vault", b"kept"));
    let before = world.index.snapshot();
    world.index.purge("Acme/vault").expect("purges");
    assert!(opened(&world.index.snapshot(), "Acme/vault").is_none());
    assert!(opened(&before, "Acme/vault").is_some());
    assert!(world.index.on_disk().expect("lists").is_empty());
    assert_eq!(fs::read_dir(world.folder.path()).expect("reads").count(), 0);
    world.index.purge("never seen").expect("purges what is not there");
}

#[test]
fn body_words_are_not_readable_on_disk() {
    let world = World::new();
    world.publish("acme", &[file("a.rs", "function visible CANARYbody canarybody")]);
    assert_eq!(world.find(&["acme"], "canarybody"), ["acme:a.rs#visible"]);
    assert!(kept(&world, "acme", b"visible"));
    for word in ["CANARY", "canary", &words::stem("canarybody")] {
        assert!(!kept(&world, "acme", word.as_bytes()), "{word} can be read");
    }
}

#[test]
fn another_version_of_the_schema_is_left_alone_until_something_is_published() {
    let world = World::new();
    let old = world.folder.path().join("acme").join("v0");
    fs::create_dir_all(&old).expect("makes a folder");
    fs::write(old.join("meta.json"), "old").expect("writes");
    assert!(opened(&world.index.snapshot(), "acme").is_none());
    assert_eq!(world.index.on_disk().expect("lists"), ["acme"]);
    drop(world.index.begin("acme").expect("begins"));
    assert!(old.exists());
    world.publish("acme", &[file("a.rs", "function first")]);
    assert!(!old.exists());
}

#[test]
fn folders_are_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    world.publish("acme", &[file("a.rs", "function first")]);
    for path in ["acme", &format!("acme/v{SCHEMA_VERSION}")] {
        let mode = fs::metadata(world.folder.path().join(path))
            .expect("exists")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o700, "{path}");
    }
}

/// Set for the child process of the crash test: the folder it publishes to.
const CHILD: &str = "LOUVER_TEST_INDEX_CHILD";
/// How many files each generation of the crash test has.
const CRASH_FILES: usize = 40;

#[test]
fn a_kill_at_any_moment_leaves_a_whole_generation() {
    let world = World::new();
    let mut before = 0;
    for round in 0..50_u64 {
        let mut child = Command::new(std::env::current_exe().expect("a test binary"))
            .args(["publishes_until_it_is_killed", "--nocapture", "--test-threads=1"])
            .env(CHILD, world.folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let lines = BufReader::new(child.stdout.take().expect("is piped")).lines();
        let mut published = lines
            .map_while(Result::ok)
            .filter_map(|line| line.strip_prefix("published ")?.parse::<u64>().ok());
        let told = published.next().expect("a generation");
        // Moments spread over the time that publishing takes.
        std::thread::sleep(Duration::from_micros(round * 1_237 % 23_000));
        child.kill().expect("kills");
        child.wait().expect("ends");
        let told = published.last().unwrap_or(told);
        let index = Index::open(world.folder.path(), key()).expect("opens");
        let view = opened(&index.snapshot(), "acme").expect("is published");
        let number = view.generation().number;
        assert!(
            number >= told && number <= told + 1 && told > before,
            "round {round}: {number} on disk, {told} told, {before} before"
        );
        let handles: Vec<String> = view
            .outline("")
            .map(|symbol| symbol.expect("reads").qualified().to_owned())
            .collect();
        assert_eq!(
            handles,
            vec![format!("generation{number}"); CRASH_FILES],
            "round {round}: parts of two generations"
        );
        assert_eq!(
            found(
                &[view],
                &SearchQuery {
                    text: format!("generation{number}"),
                    limit: 100,
                    ..SearchQuery::default()
                }
            )
            .len(),
            CRASH_FILES
        );
        before = number;
    }
}

/// The child of the crash test; does nothing by itself.
#[test]
fn publishes_until_it_is_killed() {
    let Some(folder) = std::env::var_os(CHILD) else { return };
    let index = Index::open(Path::new(&folder), key()).expect("opens");
    loop {
        let mut update = index.begin("acme").expect("begins");
        let number = update.base().map_or(1, |base| base.generation().number + 1);
        for at in 0..CRASH_FILES {
            update
                .put_file(&file(
                    &format!("src/{at}.rs"),
                    &format!("function generation{number} some words"),
                ))
                .expect("takes a file");
        }
        let generation = update.publish(info("1")).expect("publishes");
        writeln!(std::io::stdout(), "published {}", generation.number).expect("tells");
    }
}

/// Whether any file under `folder` holds `bytes`.
/// Whether bytes lie on disk, compressed or not.
fn kept(world: &World, repo: &str, bytes: &[u8]) -> bool {
    let values = world.index.stored_values(repo).expect("reads");
    let within = |value: &Vec<u8>| value.windows(bytes.len()).any(|part| part == bytes);
    on_disk(world.folder.path(), bytes) || values.iter().any(within)
}

fn on_disk(folder: &Path, bytes: &[u8]) -> bool {
    fs::read_dir(folder).expect("reads").any(|entry| {
        let path = entry.expect("reads").path();
        if path.is_dir() {
            on_disk(&path, bytes)
        } else {
            fs::read(&path)
                .expect("reads")
                .windows(bytes.len())
                .any(|part| part == bytes)
        }
    })
}
