//! Writing: rows that differ from those of the generation before, and what the next indexing has to know.

use super::known::{self, Digests, FileState, Interfaces, Known, State};
use super::read::{Depth, Read};
use super::rows::Rows;
use super::{IndexingError, Progress};
use crate::extraction::{FileFacts, Kept};
use crate::index::{Centrality, Update};
use rustc_hash::FxHashMap;

/// What is written, and what of.
pub(super) struct Writer<'a> {
    pub(super) update: &'a mut Update,
    pub(super) known: &'a Known,
    pub(super) read: &'a Read,
    pub(super) rows: &'a Rows<'a>,
    pub(super) interfaces: &'a Interfaces,
    /// A digest of the code that the scope excludes, so that facts may say less than they did; 0 where it is none.
    pub(super) excluded: u64,
    /// Reads a file whose kept facts do not make a row.
    pub(super) again: &'a dyn Fn(usize, &str) -> Option<FileFacts>,
}

impl Writer<'_> {
    /// Writes what differs in the files at `linked`, whose relations are known, and in whatever depends on how central it is. The places are in
    /// order; unless they are all, no file came or went.
    pub(super) fn write(mut self, linked: &[usize], progress: &dyn Fn(Progress)) -> Result<State, IndexingError> {
        for path in self.known.gone(&self.read.files) {
            self.update.remove_file(&path);
        }
        let mut state = self.carried(linked.len());
        for &at in linked {
            state.files[at].refers_to = self.rows.refers_to(at);
        }
        let (are, were) = (state.referrers(), self.known.state.referrers());
        let (mut fresh, total) = (FxHashMap::default(), linked.len() as u64);
        for (done, &at) in linked.iter().enumerate() {
            if done % 64 == 0 {
                let done = done as u64;
                progress(Progress::Writing { done, total });
            }
            let (file, interface) = self.file(at, Centrality::of(are[at]), &were)?;
            let refers_to = std::mem::take(&mut state.files[at].refers_to);
            state.files[at] = FileState { refers_to, ..file };
            fresh.extend(interface.map(|bytes| (at, bytes)));
        }
        let others = (0..state.files.len()).filter(|at| linked.binary_search(at).is_err());
        for at in others.filter(|&at| Centrality::of(are[at]) != Centrality::of(were[at])) {
            self.update
                .put_centrality(&state.files[at].path, Centrality::of(are[at]))?;
        }
        let interface = |at: usize| -> Option<&[u8]> {
            let kept = || self.interfaces.get(&self.known.place_of(&state.files[at].path)?);
            fresh.get(&at).or_else(kept).map(Vec::as_slice)
        };
        known::keep(self.update, &self.known.state, &state, &interface)?;
        Ok(state)
    }

    /// The state before, or an empty one if every file is linked.
    fn carried(&self, linked: usize) -> State {
        let files = &self.read.files;
        State {
            manifests: self.read.manifests.clone(),
            excluded: self.excluded,
            files: match linked < files.len() {
                true => self.known.state.files.clone(),
                false => vec![FileState::default(); files.len()],
            },
        }
    }

    /// Writes what differs in one file, and gives its interface if that may differ too.
    fn file(
        &mut self,
        at: usize,
        rank: Centrality,
        were: &[u32],
    ) -> Result<(FileState, Option<Vec<u8>>), IndexingError> {
        let (file, rows) = (&self.read.files[at], self.rows);
        let before = self.known.place_of(&file.path);
        let was = before.map(|before| &self.known.state.files[before]);
        let is_new = file.depth == Depth::Complete;
        let may_say_less = (self.excluded, self.known.state.excluded) != (0, 0);
        let kept = (is_new || may_say_less).then(|| file.facts.to_kept());
        let edges = rows.edges(at);
        let mut digests = Digests {
            row: rows.digest(at),
            edges: known::digest(&edges),
            interface: match &kept {
                Some(kept) => known::digest(&kept.interface),
                None => was.map_or(0, |was| was.digests.interface),
            },
        };
        if is_new || was.is_none_or(|was| was.digests.row != digests.row) {
            // A file that can suddenly not be read keeps the row it has, until it can.
            if !self.put_row(at, kept.as_ref())? {
                digests.row = was.map_or(0, |was| was.digests.row);
            }
        }
        let ranked = before.map(|before| Centrality::of(were[before]));
        if was.is_none_or(|was| was.digests.edges != digests.edges) || ranked != Some(rank) {
            self.update.put_edges(&file.path, &edges, rank)?;
        }
        let state = FileState {
            path: file.path.clone(),
            blob: *file.blob.as_bytes(),
            is_withheld: file.facts.is_withheld(),
            digests,
            figures: rows.figures(at),
            refers_to: Vec::new(),
        };
        Ok((state, kept.map(|kept| kept.interface)))
    }

    /// Writes the row of a file and the facts kept with it; `false` if the file cannot be read for its row.
    fn put_row(&mut self, at: usize, kept: Option<&Kept>) -> Result<bool, IndexingError> {
        let file = &self.read.files[at];
        let is_complete = file.depth == Depth::Complete;
        let rest = match kept {
            Some(kept) => kept.rest.clone(),
            None => self.known.rest(&file.path)?.unwrap_or_default(),
        };
        let complete = if is_complete {
            None
        } else {
            (self.again)(at, &file.path)
        };
        let can_be_read = is_complete || complete.is_some();
        if can_be_read {
            let row = self.rows.file(at, complete.as_ref().unwrap_or(&file.facts));
            self.update.put_file(&row)?;
        }
        self.update.put_facts(&file.path, &rest)?;
        Ok(can_be_read)
    }
}
