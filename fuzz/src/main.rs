//! `louver-fuzz`: mutants of the sources in `grammars/*/corpus`, read by worker processes as a server reads them, and linked in this process.
//!
//! It asks that whatever becomes of a worker, this process goes on and an honest file is read next; that facts keep within their file; that linking
//! neither panics nor depends on anything but the files. Mutants that lead to facts of a new shape are mutated further. What fails is written to
//! `fuzz/found/`. Scanners in C that abort or spin cost a worker and are counted; for those of `KNOWN` this is expected.

mod mutate;

use fastrand::Rng;
use louver::extraction::manifest::ManifestFacts;
use louver::extraction::words::WordKey;
use louver::extraction::{FileFacts, Grammar, Limits, Options, Pool, SourceText, WorkerSkip, manifest};
use louver::resolution::Workspace;
use std::collections::{BTreeMap, HashSet};
use std::error::Error;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Grammars whose scanner is known to abort or to spin on some input.
const KNOWN: [&str; 2] = ["ruby", "kotlin"];
/// A worker that takes longer over 24 KB hangs.
const WALL_TIME: Duration = Duration::from_secs(10);
/// So many files are linked at once.
const LINKED: usize = 12;
/// More texts of a language than this are not kept to start from.
const MOST_TEXTS: usize = 3_000;

const USAGE: &str = "usage: louver-fuzz LOUVER [--seconds N] [--seed N] [--grammar NAME]
LOUVER is the louver program that runs as the worker, as in target/debug/louver";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let asked = Asked::read()?;
    let mut fuzzer = Fuzzer::new(&asked)?;
    let began = Instant::now();
    let mut said = Duration::ZERO;
    while began.elapsed() < asked.time {
        fuzzer.turn()?;
        if began.elapsed() > said + Duration::from_secs(60) {
            said = began.elapsed();
            eprintln!("{}", fuzzer.summary());
        }
    }
    println!("seed {}: {}", asked.seed, fuzzer.summary());
    Ok(if fuzzer.failures == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What the command line says.
struct Asked {
    louver: PathBuf,
    time: Duration,
    seed: u64,
    grammar: Option<String>,
}

impl Asked {
    fn read() -> Result<Self, Box<dyn Error>> {
        let mut words = std::env::args().skip(1);
        let mut asked = Self {
            louver: words.next().ok_or(USAGE)?.into(),
            time: Duration::from_secs(60),
            seed: fastrand::u64(..),
            grammar: None,
        };
        while let Some(word) = words.next() {
            let value = words.next().ok_or(USAGE)?;
            match word.as_str() {
                "--seconds" => asked.time = Duration::from_secs(value.parse()?),
                "--seed" => asked.seed = value.parse()?,
                "--grammar" => asked.grammar = Some(value),
                _ => return Err(USAGE.into()),
            }
        }
        Ok(asked)
    }
}

/// A language and the texts to start from.
struct Language {
    grammar: &'static Grammar,
    texts: Vec<Vec<u8>>,
}

struct Fuzzer {
    rng: Rng,
    pool: Pool,
    languages: Vec<Language>,
    /// Shapes of facts that were seen.
    shapes: HashSet<u64>,
    /// Files that wait to be linked.
    waiting: Vec<(String, Vec<u8>, FileFacts)>,
    /// How many mutants of each language came to what.
    outcomes: BTreeMap<(&'static str, &'static str), u64>,
    linked: u64,
    failures: u64,
}

impl Fuzzer {
    fn new(asked: &Asked) -> Result<Self, Box<dyn Error>> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../grammars");
        let mut languages = Vec::new();
        for grammar in Grammar::all() {
            if asked.grammar.as_deref().is_none_or(|name| name == grammar.name()) {
                let texts = seeds(&root.join(grammar.name()).join("corpus"))?;
                languages.push(Language { grammar, texts });
            }
        }
        if languages.is_empty() {
            return Err("there is no such grammar".into());
        }
        let options = Options {
            word_key: WordKey::new([7; 32]),
            limits: Limits::default(),
        };
        Ok(Self {
            rng: Rng::with_seed(asked.seed),
            pool: Pool::new(asked.louver.clone(), 1, &options).with_wall_time(WALL_TIME),
            languages,
            shapes: HashSet::new(),
            waiting: Vec::new(),
            outcomes: BTreeMap::new(),
            linked: 0,
            failures: 0,
        })
    }

    /// Makes one mutant and has it read; links when there are enough.
    fn turn(&mut self) -> Result<(), Box<dyn Error>> {
        let language = self.rng.usize(0..self.languages.len());
        let other = self.rng.usize(0..self.languages.len());
        let mut pick = |language: usize| {
            let texts = &self.languages[language].texts;
            texts[self.rng.usize(0..texts.len())].clone()
        };
        let (text, other) = (pick(language), pick(other));
        let text = mutate::mutate(&mut self.rng, &text, &other);
        let grammar = self.languages[language].grammar;
        let extension = grammar.extensions().first().map_or("txt", String::as_str);
        let path = format!("src/fuzzed{}.{extension}", self.waiting.len());
        let outcome = match self.pool.extract(&path, SourceText::new(text.clone())) {
            Ok(facts) => {
                self.check(&facts, &text, grammar)?;
                if self.shapes.insert(shape(&facts, grammar)) && self.languages[language].texts.len() < MOST_TEXTS {
                    self.languages[language].texts.push(text.clone());
                }
                self.waiting.push((path, text, facts));
                "facts"
            }
            Err(skip) => {
                if matches!(
                    skip,
                    WorkerSkip::ParserCrash | WorkerSkip::ParserTimeout | WorkerSkip::NoWorker
                ) {
                    self.keep(&format!("{}-{}", skip.word(), grammar.name()), &text)?;
                    self.failures += u64::from(!KNOWN.contains(&grammar.name()));
                    let honest = SourceText::new(b"fn honest() {}".to_vec());
                    if self.pool.extract("src/honest.rs", honest).is_err() {
                        return Err("an honest file was not read after a hostile one".into());
                    }
                }
                skip.word()
            }
        };
        *self.outcomes.entry((grammar.name(), outcome)).or_default() += 1;
        if self.waiting.len() == LINKED {
            self.link()?;
        }
        Ok(())
    }

    fn check(&mut self, facts: &FileFacts, text: &[u8], grammar: &Grammar) -> Result<(), Box<dyn Error>> {
        // A lone carriage return ends a line in some languages.
        let lines = text.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u32 + 1;
        if facts
            .symbols
            .iter()
            .any(|it| it.lines.start > it.lines.end || it.lines.end > lines)
        {
            self.failures += 1;
            self.keep(&format!("lines-{}", grammar.name()), text)?;
        }
        Ok(())
    }

    /// Links what waits as one repository, twice.
    fn link(&mut self) -> Result<(), Box<dyn Error>> {
        let mut sources = std::mem::take(&mut self.waiting);
        sources.sort_by(|a, b| a.0.cmp(&b.0));
        let mut manifests: Vec<(String, ManifestFacts)> = Vec::new();
        for path in [
            "Cargo.toml",
            "package.json",
            "go.mod",
            "pyproject.toml",
            "tsconfig.json",
            "composer.json",
            "pom.xml",
        ] {
            let (_, text, _) = &sources[self.rng.usize(0..sources.len())];
            let text = SourceText::new(mutate::mutate(&mut self.rng, MANIFEST, text));
            manifests.extend(manifest::read(path, &text).map(|facts| (path.to_owned(), facts)));
        }
        let files: Vec<(&str, &FileFacts)> = sources.iter().map(|(path, _, facts)| (path.as_str(), facts)).collect();
        let manifests: Vec<(&str, &ManifestFacts)> =
            manifests.iter().map(|(path, facts)| (path.as_str(), facts)).collect();
        let link = || format!("{:?}", Workspace::new(&files, &manifests).link());
        let linked = catch_unwind(AssertUnwindSafe(|| link() == link()));
        self.linked += 1;
        if !linked.is_ok_and(|is_same| is_same) {
            self.failures += 1;
            let number = self.failures;
            for (path, text, _) in &sources {
                self.keep(&format!("link-{number}-{}", path.replace('/', "-")), text)?;
            }
        }
        Ok(())
    }

    fn keep(&self, what: &str, text: &[u8]) -> Result<(), Box<dyn Error>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("found");
        fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{what}-{:016x}", digest(&text)));
        fs::write(&path, text)?;
        eprintln!("found {}", path.display());
        Ok(())
    }

    fn summary(&self) -> String {
        let mut text = format!(
            "{} failures, {} shapes of facts, linked {} times",
            self.failures,
            self.shapes.len(),
            self.linked
        );
        let mut last = "";
        for ((grammar, outcome), count) in &self.outcomes {
            text += &if *grammar == last {
                format!(", {count} {outcome}")
            } else {
                format!("\n  {grammar}: {count} {outcome}")
            };
            last = grammar;
        }
        text
    }
}

const MANIFEST: &[u8] = br#"{ "name": "a", "dependencies": { "b": "1" }, "compilerOptions": { "baseUrl": ".", "paths": { "@/*": ["src/*"] } }, "exports": "./src" }
[package]
name = "a"
[dependencies]
b = { path = "../b", package = "c" }
[project]
name = "a"
module example.com/a
require example.com/b v1.2.3
<project><artifactId>a</artifactId><dependencies><dependency><artifactId>b</artifactId></dependency></dependencies></project>
"#;

/// The sources of a corpus: each case is a title between lines of `=`, a source, and what is expected of it behind `---`.
fn seeds(corpus: &Path) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let mut found = Vec::new();
    for file in fs::read_dir(corpus)? {
        let text = fs::read_to_string(file?.path())?;
        let (mut source, mut part) = (String::new(), Part::Expected);
        for line in text.split_inclusive('\n') {
            let is_rule = line.len() > 3 && line.trim_end().bytes().all(|byte| byte == b'=');
            part = match part {
                Part::Title if is_rule => Part::Source,
                Part::Source if line.trim_end() == "---" => {
                    found.push(std::mem::take(&mut source).into_bytes());
                    Part::Expected
                }
                Part::Source => {
                    source += line;
                    Part::Source
                }
                Part::Expected if is_rule => Part::Title,
                part => part,
            };
        }
    }
    if found.is_empty() {
        return Err(format!("no sources in {}", corpus.display()).into());
    }
    Ok(found)
}

/// Where in a corpus a line is.
enum Part {
    Title,
    Source,
    Expected,
}

/// What facts are like, coarsely: two that are alike have taken much the same way through extraction.
fn shape(facts: &FileFacts, grammar: &Grammar) -> u64 {
    let mut kinds: Vec<String> = facts.symbols.iter().map(|it| format!("{:?}", it.kind)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let steps = facts.symbols.iter().flat_map(|it| &it.outline);
    let mut ways: Vec<String> = steps
        .map(|step| format!("{:?}", std::mem::discriminant(&step.kind)))
        .collect();
    ways.sort_unstable();
    ways.dedup();
    let size = |count: usize| count.checked_ilog2();
    digest(&(
        grammar.name(),
        kinds,
        ways,
        size(facts.symbols.len()),
        size(facts.bindings.references.len()),
    ))
}

fn digest(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
