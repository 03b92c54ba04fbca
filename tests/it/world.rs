//! A whole louver in one process: a real scope file, git repository, index, log and desk, in a temporary folder.

use louver::access::{LocalHost, RepoHost, Subject};
use louver::audit;
use louver::disclosure::Pseudonyms;
use louver::disclosure::pseudonym::{Keyring, OwnWords};
use louver::extraction::words::WordKey;
use louver::index::Index;
use louver::indexing::{Indexer, Options, Report};
use louver::scope::Scope;
use louver::tools::{Caller, Desk};
use serde_json::{Map, Value};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use tempfile::TempDir;

/// A louver over repositories of its own.
pub(crate) struct World {
    folder: Arc<TempDir>,
    pub(crate) config: PathBuf,
    desk: Arc<Desk>,
    log: Arc<audit::Log>,
}

/// What a tool answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) is_refusal: bool,
}

impl World {
    /// Indexes repositories given as `(name, tier, folder)` of existing git repositories.
    pub(crate) fn of(repos: &[(&str, &str, &Path)]) -> Self {
        let mut text = "version = 1\n".to_owned();
        for (name, tier, path) in repos {
            text.push_str(&format!(
                "\n[[repo]]\nname = {name:?}\npath = {:?}\ntier = {tier:?}\nowner = \"tests\"\n",
                path.display().to_string()
            ));
        }
        Self::from_scope(&text)
    }

    /// Indexes what a scope file approves.
    pub(crate) fn from_scope(text: &str) -> Self {
        Self::hosted(text, |_| Box::new(LocalHost))
    }

    /// Indexes what a scope file approves, for whom `host` vouches.
    pub(crate) fn hosted(text: &str, host: impl FnOnce(&Scope) -> Box<dyn RepoHost>) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a folder"));
        let config = folder.path().join("louver.toml");
        fs::write(&config, text).expect("written");
        let scope = Scope::load(&config).expect("a scope");
        let data = folder.path().join("data");
        fs::create_dir_all(&data).expect("a folder");
        let key = WordKey::new([7; 32]);
        let index = Index::open(&data.join("index"), key.clone()).expect("an index");
        let options = audit::Options {
            min_free_bytes: 0,
            tick: None,
            ..audit::Options::new("test/louver")
        };
        let log = Arc::new(audit::Log::open(&data.join("audit"), options).expect("a log"));
        let indexer = indexer(&data, &index, &log, &scope);
        for repo in scope.approved() {
            let _report: Report = indexer.run(&repo, false, &|_| ()).expect("indexed");
        }
        let desk = desk(scope, index, &log, host);
        Self {
            folder,
            config,
            desk,
            log,
        }
    }

    /// The same louver after another scope was put into force; what changed in repositories since is indexed if `again`.
    pub(crate) fn under(&self, text: &str, again: bool) -> Self {
        let before = Scope::load(&self.config).expect("a scope");
        let config = self.folder.path().join("other.toml");
        fs::write(&config, text).expect("written");
        let scope = Scope::load(&config).expect("a scope");
        let index = Index::open(&self.data().join("index"), WordKey::new([7; 32])).expect("an index");
        let indexer = indexer(&self.data(), &index, &self.log, &scope);
        indexer.enforce(&scope, Some(&before)).expect("enforced");
        for repo in scope.approved().iter().filter(|_| again) {
            let _report: Report = indexer.run(repo, false, &|_| ()).expect("indexed");
        }
        Self {
            folder: Arc::clone(&self.folder),
            config,
            desk: desk(scope, index, &self.log, |_| Box::new(LocalHost)),
            log: Arc::clone(&self.log),
        }
    }

    /// The same louver under a smaller scope, after what is not in it was removed from the index.
    pub(crate) fn reduced(&self, text: &str, host: impl FnOnce(&Scope) -> Box<dyn RepoHost>) -> Self {
        let config = self.folder.path().join("reduced.toml");
        fs::write(&config, text).expect("written");
        let scope = Scope::load(&config).expect("a scope");
        let dir = self.data().join("index");
        let index = Index::open(&dir, WordKey::new([7; 32])).expect("an index");
        let kept: Vec<String> = scope.approved().iter().map(|repo| repo.name().to_string()).collect();
        for name in index
            .on_disk()
            .expect("readable")
            .iter()
            .filter(|name| !kept.contains(name))
        {
            index.purge(name).expect("purged");
        }
        Self {
            folder: Arc::clone(&self.folder),
            config,
            desk: desk(scope, index, &self.log, host),
            log: Arc::clone(&self.log),
        }
    }

    /// What answers its calls, for a server.
    pub(crate) fn desk(&self) -> Arc<Desk> {
        Arc::clone(&self.desk)
    }

    /// Its log.
    pub(crate) fn log(&self) -> Arc<audit::Log> {
        Arc::clone(&self.log)
    }

    /// Calls a tool.
    pub(crate) fn call(&self, tool: &str, arguments: Value) -> Answer {
        self.call_as(&LocalHost::subject(), tool, arguments)
    }

    /// Calls a tool as somebody.
    pub(crate) fn call_as(&self, subject: &Subject, tool: &str, arguments: Value) -> Answer {
        let arguments: Map<String, Value> = arguments.as_object().cloned().unwrap_or_default();
        let caller = Caller {
            subject: subject.clone(),
            session: None,
            oauth_client: None,
            repos: None,
            client_name: Some("tests".to_owned()),
            client_version: None,
            address: None,
            trace: None,
        };
        let answer = self.desk.call(&caller, tool, arguments, &|| false).expect("recorded");
        Answer {
            text: answer.text().to_owned(),
            is_refusal: answer.is_refusal(),
        }
    }

    /// Calls a tool and gives up at once.
    pub(crate) fn call_cancelled(&self, tool: &str, arguments: &Value) {
        let caller = Caller {
            subject: LocalHost::subject(),
            session: None,
            oauth_client: None,
            repos: None,
            client_name: None,
            client_version: None,
            address: None,
            trace: None,
        };
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        let _answer = self.desk.call(&caller, tool, arguments, &|| true).expect("recorded");
    }

    /// The text of an answer that must not be a refusal.
    pub(crate) fn ask(&self, tool: &str, arguments: Value) -> String {
        let answer = self.call(tool, arguments);
        assert!(!answer.is_refusal, "{tool} refused: {}", answer.text);
        answer.text
    }

    /// Everything louver keeps.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn config(&self) -> &Path {
        &self.config
    }
}

fn indexer(data: &Path, index: &Index, log: &Arc<audit::Log>, scope: &Scope) -> Indexer {
    let options = Options {
        data: data.to_owned(),
        index: index.clone(),
        word_key: WordKey::new([7; 32]),
        log: Arc::clone(log),
        scope_digest: scope.digest().to_owned(),
        program: env!("CARGO_BIN_EXE_louver").into(),
        jobs: 2,
    };
    Indexer::new(options).expect("an indexer")
}

fn desk(
    scope: Scope,
    index: Index,
    log: &Arc<audit::Log>,
    host: impl FnOnce(&Scope) -> Box<dyn RepoHost>,
) -> Arc<Desk> {
    let host = host(&scope);
    let pseudonyms = Pseudonyms::new(Keyring::of([9; 32]), OwnWords::default());
    Arc::new(Desk::new(scope, index, Arc::clone(log), host).with_pseudonyms(pseudonyms))
}

/// A git repository with these files in one commit.
pub(crate) fn repository(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    git(dir.path(), &["init", "-q", "-b", "main"]);
    commit(dir.path(), files);
    dir
}

/// Commits files on top of what is there.
pub(crate) fn commit(dir: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = dir.join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("written");
    }
    git(dir, &["add", "-A", "--force"]);
    git(dir, &["commit", "-q", "--allow-empty", "-m", "files"]);
}

/// A clone of louver's own repository, on a branch wherever the checkout of the tests is.
pub(crate) fn own_checkout() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    git(dir.path(), &["clone", "--quiet", env!("CARGO_MANIFEST_DIR"), "."]);
    git(dir.path(), &["checkout", "--quiet", "-B", "tests"]);
    dir
}

/// Runs git without the settings of the machine.
pub(crate) fn git(dir: &Path, arguments: &[&str]) {
    let status = Command::new("git")
        .args([
            "-c",
            "user.name=tests",
            "-c",
            "user.email=tests@localhost",
            "-c",
            "commit.gpgsign=false",
        ])
        .args(arguments)
        .current_dir(dir)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .status()
        .expect("git runs");
    assert!(status.success(), "git {arguments:?}");
}

/// Every file below a folder with its bytes.
pub(crate) fn files_below(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut out = Vec::new();
    for entry in fs::read_dir(folder).expect("readable") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            out.extend(files_below(&path));
        } else {
            let bytes = fs::read(&path).expect("readable");
            out.push((path, bytes));
        }
    }
    out
}
