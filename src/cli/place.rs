//! Where things are: the scope file, the data directory, and what is opened from them.

use super::{Shared, progress};
use crate::access::{Clock, LocalHost, RepoHost};
use crate::audit;
use crate::disclosure::Pseudonyms;
use crate::disclosure::pseudonym::{Keyring, OwnWords};
use crate::extraction::words::WordKey;
use crate::index::Index;
use crate::scope::{AuditConfig, Scope, ScopeInForce, ScopeStore, ScopeText};
use crate::store::{StateKey, Store};
use crate::tools::Desk;
use anyhow::{Context as _, bail};
use std::env;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The data directory of one louver.
#[derive(Clone, Debug)]
pub(super) struct Place {
    root: PathBuf,
    config: PathBuf,
}

impl Place {
    /// The directory `--data` names, or the user's own for this scope file; created if it is missing, private to the user.
    pub(super) fn of(shared: &Shared) -> anyhow::Result<Self> {
        let root = match &shared.data {
            Some(dir) => dir.clone(),
            None => usual(&shared.config)?,
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&root)
            .with_context(|| {
                format!(
                    "cannot create the data directory `{}`; name another with --data",
                    root.display()
                )
            })?;
        Ok(Self {
            root,
            config: shared.config.clone(),
        })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn audit(&self) -> PathBuf {
        self.root.join("audit")
    }

    pub(super) fn open_index(&self) -> anyhow::Result<Index> {
        Index::open(&self.root.join("index"), self.word_key()?).context("cannot open the index")
    }

    /// The key words are hashed with: made once, readable by the user alone.
    pub(super) fn word_key(&self) -> anyhow::Result<WordKey> {
        let path = self.root.join("word.key");
        let failed = || format!("cannot use the key `{}`; remove it and index again", path.display());
        let mut fresh = [0; 32];
        getrandom::fill(&mut fresh).context("the system gives no random bytes")?;
        // A hard link appears whole or not at all, so two processes that start together agree on one key.
        let draft = tempfile::NamedTempFile::new_in(&self.root).with_context(failed)?;
        fs::write(draft.path(), fresh).with_context(failed)?;
        match draft.persist_noclobber(&path) {
            Ok(_) => return Ok(WordKey::new(fresh)),
            Err(err) if err.error.kind() == std::io::ErrorKind::AlreadyExists => (),
            Err(err) => return Err(err.error).with_context(failed),
        }
        let bytes = fs::read(&path).with_context(failed)?;
        Ok(WordKey::new(bytes.try_into().ok().with_context(failed)?))
    }

    /// Where the keys of pseudonyms are: the file `LOUVER_PSEUDONYM_KEYS` names, which replicas share, or one in the data directory.
    pub(super) fn pseudonym_keys(&self) -> PathBuf {
        env::var_os("LOUVER_PSEUDONYM_KEYS").map_or_else(|| self.root.join("pseudonym.key"), PathBuf::from)
    }

    pub(super) fn pseudonyms(&self) -> anyhow::Result<Pseudonyms> {
        Ok(Pseudonyms::new(
            Keyring::open(&self.pseudonym_keys())?,
            OwnWords::default(),
        ))
    }

    /// Opens the log for writing.
    pub(super) fn open_log(&self) -> anyhow::Result<audit::Log> {
        let dir = self.audit();
        let chosen = self.audit_config();
        let options = audit::Options {
            min_free_bytes: chosen.min_free_bytes,
            keep_queries: chosen.keep_queries,
            ..audit::Options::new(origin()?)
        };
        audit::Log::open(&dir, options).with_context(|| {
            format!(
                "cannot open the audit log `{}`, so nothing can be answered",
                dir.display()
            )
        })
    }

    /// What the scope says about records. A command that is about to complain of a broken scope leaves its record as usual.
    pub(super) fn audit_config(&self) -> AuditConfig {
        let applied = self.applied_scope().ok().flatten();
        let scope = applied.or_else(|| Scope::load(&self.config).ok());
        scope.map_or_else(AuditConfig::default, |scope| scope.audit().clone())
    }

    /// Opens the state that logins need.
    pub(super) fn open_store(&self, scope: &Scope) -> anyhow::Result<Store> {
        let named = scope.server().and_then(|server| server.state_key.as_ref());
        let key = StateKey::load(&self.root, named)?;
        Ok(Store::open(&self.root, key, Clock::system())?)
    }

    /// Everything a tool call needs, for the local user.
    pub(super) fn open_desk(&self, scope: Scope, log: Arc<audit::Log>) -> anyhow::Result<Arc<Desk>> {
        self.open_desk_for(scope, log, Box::new(LocalHost))
    }

    /// Everything a tool call needs, for the people `host` vouches for.
    pub(super) fn open_desk_for(
        &self,
        scope: Scope,
        log: Arc<audit::Log>,
        host: Box<dyn RepoHost>,
    ) -> anyhow::Result<Arc<Desk>> {
        let scope = ScopeInForce::following(self.scope_store(), scope);
        let desk = Desk::new(scope, self.open_index()?, log, host);
        Ok(Arc::new(desk.with_pseudonyms(self.pseudonyms()?)))
    }

    /// Where applied scopes are kept.
    pub(super) fn scope_store(&self) -> ScopeStore {
        ScopeStore::below(&self.root)
    }

    /// The scope that was applied last, if one ever was.
    pub(super) fn applied_scope(&self) -> anyhow::Result<Option<Scope>> {
        match self.scope_store().applied()? {
            Some(applied) => Ok(Some(Scope::of_text(&applied.text)?)),
            None => Ok(None),
        }
    }

    /// The applied scope; as long as none was applied, what the scope file says.
    pub(super) fn scope_in_force(&self, shared: &Shared) -> anyhow::Result<Scope> {
        let Some(applied) = self.applied_scope()? else {
            return Ok(Scope::load(&shared.config)?);
        };
        match ScopeText::read(&shared.config) {
            Ok(text) if text.digest() == applied.digest() => (),
            _ => progress::say(format_args!(
                "note: `{}` is not what was applied; `louver scope plan` shows the difference",
                shared.config.display()
            )),
        }
        Ok(applied)
    }
}

/// The scope in force, or how to write one.
pub(super) fn load_scope(shared: &Shared) -> anyhow::Result<Scope> {
    if !shared.config.exists() {
        bail!(
            "no scope file `{}`; `louver init PATH` writes one, `--config FILE` names another",
            shared.config.display()
        );
    }
    Place::of(shared)?.scope_in_force(shared)
}

/// A folder of its own for every scope file, so that two of them cannot mix.
fn usual(config: &Path) -> anyhow::Result<PathBuf> {
    let base = match env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .filter(|dir| dir.is_absolute())
    {
        Some(dir) => dir,
        None => match env::var_os("HOME") {
            Some(home) => PathBuf::from(home).join(".local/share"),
            None => bail!("no home directory to keep the index in; name one with --data"),
        },
    };
    let config = std::path::absolute(config)?;
    let config = fs::canonicalize(&config).unwrap_or(config);
    let folder = config
        .parent()
        .and_then(Path::file_name)
        .map_or_else(|| "scope".into(), |name| name.to_string_lossy());
    let digest = audit::Sha256Digest::of(config.as_os_str().as_encoded_bytes()).to_string();
    Ok(base.join("louver").join(format!("{folder}-{}", &digest[..8])))
}

/// The name of the family of logs: this machine's.
fn origin() -> anyhow::Result<String> {
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host: String = host
        .trim()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
        .collect();
    let host = if host.is_empty() { "localhost" } else { &host };
    Ok(format!("{host}/louver"))
}
