//! Deriving from synced records what readers verify: bundles, tiles and the signed checkpoint.
//!
//! Everything a checkpoint needs is durable before the checkpoint is. All of it follows from the records, so a crash in between costs nothing.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use super::{
    AuditError,
    files::{ensure_dir, failed, parent, read_if_any, replace, sync_dir},
    merkle::Hash,
    note::Signer,
    tiles::{Layout, Tile, Tree, WIDTH, frames},
};

/// Unless somebody asks, checkpoints are at least this far apart.
const PACE: Duration = Duration::from_secs(1);

/// What the writer, the publisher and everybody else tell each other.
#[derive(Debug, Default)]
pub(super) struct Shared {
    failure: OnceLock<String>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Leaves that are synced and not yet in the publisher's tree.
    leaves: Vec<Hash>,
    /// The number of all synced leaves.
    synced: u64,
    /// The number of leaves in the last checkpoint.
    published: u64,
    checkpoint: String,
    wanted: bool,
    closing: bool,
}

impl Shared {
    /// Begins with a log in which everything is published.
    pub(super) fn new(published: u64, checkpoint: String) -> Self {
        let state = State {
            synced: published,
            published,
            checkpoint,
            ..State::default()
        };
        Self {
            state: Mutex::new(state),
            ..Self::default()
        }
    }

    /// Fails for ever once the first error happened.
    pub(super) fn check(&self) -> Result<(), AuditError> {
        match self.failure.get() {
            Some(failure) => Err(AuditError::Stopped(failure.clone())),
            None => Ok(()),
        }
    }

    /// Stops the log for an error. The first one is the one that is told.
    pub(super) fn stop(&self, error: &AuditError) -> AuditError {
        let failure = self.failure.get_or_init(|| error.chain()).clone();
        drop(self.lock());
        self.changed.notify_all();
        AuditError::Stopped(failure)
    }

    /// Hands synced leaves to the publisher.
    pub(super) fn hand(&self, leaves: &[Hash]) {
        let mut state = self.lock();
        // A publisher that has leaves already waits for its time and not for more of them.
        let is_idle = state.leaves.is_empty();
        state.leaves.extend_from_slice(leaves);
        state.synced += leaves.len() as u64;
        drop(state);
        if is_idle {
            self.changed.notify_all();
        }
    }

    /// Lets the publisher finish.
    pub(super) fn close(&self) {
        self.lock().closing = true;
        self.changed.notify_all();
    }

    /// Waits until everything that is synced by now is in a checkpoint, and gives that checkpoint.
    pub(super) fn checkpoint(&self) -> Result<String, AuditError> {
        let mut state = self.lock();
        let size = state.synced;
        loop {
            self.check()?;
            if state.published >= size {
                return Ok(state.checkpoint.clone());
            }
            if state.closing {
                return Err(AuditError::Closed);
            }
            state.wanted = true;
            self.changed.notify_all();
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for leaves to publish and takes them. Gives nothing at the end.
    fn take(&self, last: Instant) -> Option<Vec<Hash>> {
        let mut state = self.lock();
        loop {
            if self.failure.get().is_some() || (state.closing && state.leaves.is_empty()) {
                return None;
            }
            let elapsed = last.elapsed();
            if state.leaves.is_empty() {
                state.wanted = false;
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            } else if state.wanted || state.closing || elapsed >= PACE {
                state.wanted = false;
                return Some(std::mem::take(&mut state.leaves));
            } else {
                let woken = self.changed.wait_timeout(state, PACE.saturating_sub(elapsed));
                state = woken.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }
}

/// The one that writes everything but the journal.
pub(super) struct Publisher {
    layout: Layout,
    signer: Signer,
    tree: Tree,
    /// The number of bundles that have left the journal.
    moved: u64,
}

impl Publisher {
    /// Continues from the last checkpoint of `published` records with a tree that may have more.
    pub(super) const fn new(layout: Layout, signer: Signer, tree: Tree, published: u64) -> Self {
        Self {
            layout,
            signer,
            tree,
            moved: published / WIDTH,
        }
    }

    /// Publishes what is handed over, until the log is closed or fails.
    pub(super) fn run(mut self, shared: &Arc<Shared>) {
        let mut last = Instant::now();
        while let Some(leaves) = shared.take(last) {
            leaves.into_iter().for_each(|leaf| self.tree.push(leaf));
            match self.publish() {
                Ok(checkpoint) => {
                    let mut state = shared.lock();
                    state.published = self.tree.size();
                    state.checkpoint = checkpoint;
                }
                Err(error) => drop(shared.stop(&error)),
            }
            shared.changed.notify_all();
            last = Instant::now();
        }
    }

    /// Writes everything up to the checkpoint of the whole tree, which it gives.
    pub(super) fn publish(&mut self) -> Result<String, AuditError> {
        let size = self.tree.size();
        let mut touched = BTreeSet::new();
        self.move_full_bundles(size / WIDTH, &mut touched)?;
        let full = self.tree.take_full();
        for tile in &full {
            self.write_tile(tile, None, &mut touched)?;
        }
        for tile in self.tree.partial() {
            self.write_tile(&tile, Some(tile.hashes.len() as u64), &mut touched)?;
        }
        self.write_partial_bundle(size, &mut touched)?;
        touched.iter().try_for_each(|dir| sync_dir(dir))?;

        let checkpoint = self.signer.checkpoint(size, self.tree.root());
        replace(
            &self.layout.temporary(),
            &self.layout.checkpoint(),
            checkpoint.as_bytes(),
        )?;
        sync_dir(self.layout.dir())?;
        self.remove_outgrown(&full)?;
        Ok(checkpoint)
    }

    fn move_full_bundles(&mut self, end: u64, touched: &mut BTreeSet<PathBuf>) -> Result<(), AuditError> {
        for bundle in self.moved..end {
            let (from, to) = (self.layout.journal(bundle), self.layout.bundle(bundle, None));
            // It may have moved before a crash that came before the checkpoint.
            if !to.exists() {
                ensure_dir(parent(&to))?;
                fs::rename(&from, &to).map_err(failed("move a full bundle to", &to))?;
            }
            touched.insert(parent(&to).to_owned());
            touched.insert(self.layout.journal_dir());
        }
        self.moved = end;
        Ok(())
    }

    fn write_tile(&self, tile: &Tile, width: Option<u64>, touched: &mut BTreeSet<PathBuf>) -> Result<(), AuditError> {
        self.write_once(&self.layout.tile(tile.level, tile.index, width), &tile.bytes(), touched)
    }

    fn write_partial_bundle(&self, size: u64, touched: &mut BTreeSet<PathBuf>) -> Result<(), AuditError> {
        let (bundle, width) = (size / WIDTH, size % WIDTH);
        let Some(last) = usize::try_from(width).unwrap_or(0).checked_sub(1) else {
            return Ok(());
        };
        let journal = self.layout.journal(bundle);
        let bytes = fs::read(&journal).map_err(failed("read", &journal))?;
        let Some((range, _)) = frames(&bytes).nth(last) else {
            return Err(self.layout.contradiction(format!("record {} is missing", size - 1)));
        };
        self.write_once(&self.layout.bundle(bundle, Some(width)), &bytes[..range.end], touched)
    }

    /// Writes a file that can only have one content. One that is there with another content was changed by somebody else.
    fn write_once(&self, path: &Path, bytes: &[u8], touched: &mut BTreeSet<PathBuf>) -> Result<(), AuditError> {
        match read_if_any(path)? {
            Some(found) if found == bytes => Ok(()),
            Some(_) => Err(self
                .layout
                .contradiction(format!("`{}` does not follow from its records", path.display()))),
            None => {
                ensure_dir(parent(path))?;
                replace(&self.layout.temporary(), path, bytes)?;
                touched.insert(parent(path).to_owned());
                Ok(())
            }
        }
    }

    /// Removes the partial forms of what is now full.
    fn remove_outgrown(&self, full: &[Tile]) -> Result<(), AuditError> {
        for tile in full {
            let mut paths = vec![self.layout.tile(tile.level, tile.index, Some(1))];
            if tile.level == 0 {
                paths.push(self.layout.bundle(tile.index, Some(1)));
            }
            for path in paths {
                match fs::remove_dir_all(parent(&path)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        return Err(failed("remove", &path)(error));
                    }
                    Ok(()) | Err(_) => {}
                }
            }
        }
        Ok(())
    }
}
