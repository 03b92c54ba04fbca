//! The candidates of a search, and what is known of each before anything is weighed against anything else.

use super::cover::{self, Cover};
use super::names::{self, Named};
use super::rank::{File, Search, Unit};
use super::union::{self, Level, Scored, Term};
use crate::extraction::words;
use crate::index::IndexError;
use rustc_hash::FxHashMap;
use std::ops::Range;
use tantivy::DocAddress;

/// Symbols and files that words bring into consideration.
const UNITS: usize = 300;
const FILES: usize = 120;
/// Files whose every symbol is scored, beyond those the words brought up.
const OPENED: usize = 40;
/// Of so many best symbols, those in one file strengthen each other.
const STRENGTHENING: usize = 50;

/// What is known of the candidates.
#[derive(Default)]
pub(super) struct Evidence {
    /// In the order of their documents, so that those of one file follow each other.
    pub(super) units: Vec<Known>,
    /// How well the words of a file match.
    pub(super) files: FxHashMap<File, f32>,
    /// How well the best symbols of a file match together.
    pub(super) sums: FxHashMap<File, f32>,
    /// How rare each of [`Search::stems`] is, as a share of all.
    pub(super) rarity: Vec<f32>,
}

/// A symbol or passage under consideration.
pub(super) struct Known {
    pub(super) unit: Unit,
    pub(super) file: File,
    pub(super) ordinal: u32,
    /// How well its words match.
    pub(super) words: f32,
    pub(super) named: Named,
    pub(super) cover: Cover,
}

impl Search<'_> {
    pub(super) fn gather(&self) -> Result<Evidence, IndexError> {
        let Some(first) = self.views.first() else {
            return Ok(Evidence::default());
        };
        let key = first.key();
        let hashed = |(word, weight): &(String, f32)| (key.hash(&words::stem(word)), *weight);
        let words: Vec<(u32, f32)> = self.query.words.iter().map(hashed).collect();
        let accept = |repo, at| self.accepts(repo, at);
        let named = names::find(self.views, &self.query, &accept)?;
        let unit_terms = union::weigh(self.views, Level::Unit, &words)?;
        let file_terms = union::weigh(self.views, Level::File, &words)?;
        let best_units = union::top(self.views, Level::Unit, &unit_terms, UNITS, accept)?;
        let best_files = union::top(self.views, Level::File, &file_terms, FILES, |repo, at| {
            self.accepts_file(repo, at)
        })?;
        let rarity: Vec<f32> = unit_terms
            .iter()
            .zip(&file_terms)
            .map(|(a, b)| a.weight().max(b.weight()))
            .collect();
        let mut evidence = Evidence {
            rarity: self.shares(&rarity),
            sums: self.sums(&best_units),
            ..Evidence::default()
        };
        for scored in &best_files {
            if let Some((file, _)) = self.place((scored.repo, scored.at)) {
                evidence.files.insert(file, scored.score);
            }
        }
        // Where a unit comes twice, the score that came first counts: sums of floating-point numbers depend on their order.
        let mut units: Vec<(Unit, f32)> = best_units.iter().map(|it| ((it.repo, it.at), it.score)).collect();
        self.open(&best_files[..best_files.len().min(OPENED)], &unit_terms, &mut units)?;
        units.sort_by_key(|&(unit, _)| unit);
        units.dedup_by_key(|&mut (unit, _)| unit);
        let missing = named.keys().filter(|unit| {
            let known = units.binary_search_by_key(unit, |(known, _)| known);
            known.is_err()
        });
        let missing = missing.copied().collect();
        units.extend(self.score_all(Level::Unit, &unit_terms, missing)?);
        units.sort_unstable_by_key(|&(unit, _)| unit);
        evidence.units = self.known(&units, &named);
        self.complete_files(&file_terms, &mut evidence)?;
        normalize(evidence.units.iter_mut().map(|known| &mut known.words));
        normalize(evidence.files.values_mut());
        normalize(evidence.sums.values_mut());
        cover::of_names(self.views, &self.query, &rarity, &mut evidence.units)?;
        Ok(evidence)
    }

    /// What each of [`Self::stems`] is of the whole query, given how rare the words are.
    fn shares(&self, rarity: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; self.stems.len()];
        for ((word, _), rarity) in self.query.words.iter().zip(rarity) {
            if let Ok(at) = self.stems.binary_search(&words::stem(word)) {
                out[at] += rarity;
            }
        }
        let whole: f32 = out.iter().sum();
        out.iter_mut().for_each(|share| *share /= whole.max(f32::MIN_POSITIVE));
        out
    }

    fn sums(&self, units: &[Scored]) -> FxHashMap<File, f32> {
        let mut out = FxHashMap::<File, f32>::default();
        for unit in units.iter().take(STRENGTHENING) {
            if let Some((file, _)) = self.place((unit.repo, unit.at)) {
                *out.entry(file).or_default() += unit.score;
            }
        }
        out
    }

    /// Scores every symbol of the very best files, so that the fitting one in each can be named.
    fn open(&self, files: &[Scored], terms: &[Term], out: &mut Vec<(Unit, f32)>) -> Result<(), IndexError> {
        let mut ranges: Vec<((u32, u32), Range<u32>)> = Vec::with_capacity(files.len());
        for scored in files {
            if let Some(((repo, entry), _)) = self.place((scored.repo, scored.at)) {
                let first = scored.at.doc_id + 1;
                let symbols = self.views[repo as usize].loaded().files[entry as usize].symbols();
                ranges.push(((repo, scored.at.segment_ord), first..first + symbols));
            }
        }
        ranges.sort_unstable_by_key(|(segment, range)| (*segment, range.start));
        for same in ranges.chunk_by(|a, b| a.0 == b.0) {
            let (repo, segment) = same[0].0;
            let ranges: Vec<Range<u32>> = same.iter().map(|(_, range)| range.clone()).collect();
            let view = &self.views[repo as usize];
            let scores = union::score_ranges(view, Level::Unit, terms, segment, &ranges)?;
            let scores = scores
                .into_iter()
                .map(|(doc, score)| ((repo, DocAddress::new(segment, doc)), score));
            out.extend(scores.filter(|&((repo, at), _)| self.accepts(repo, at)));
        }
        Ok(())
    }

    /// Puts together what is known of units, which are in order.
    fn known(&self, units: &[(Unit, f32)], named: &names::Found) -> Vec<Known> {
        let mut out = Vec::<Known>::with_capacity(units.len());
        for &(unit, words) in units {
            let near = out.last().and_then(|before| self.place_near(before, unit));
            if let Some((file, ordinal)) = near.or_else(|| self.place(unit)) {
                out.push(Known {
                    unit,
                    file,
                    ordinal,
                    words,
                    named: named.get(&unit).copied().unwrap_or_default(),
                    cover: Cover::default(),
                });
            }
        }
        out
    }

    /// The place of a unit that follows another, if they are in one file.
    fn place_near(&self, before: &Known, unit: Unit) -> Option<(File, u32)> {
        if (before.unit.0, before.unit.1.segment_ord) != (unit.0, unit.1.segment_ord) {
            return None;
        }
        let ordinal = before.ordinal + unit.1.doc_id.checked_sub(before.unit.1.doc_id)?;
        let file = &self.views[unit.0 as usize].loaded().files[before.file.1 as usize];
        (ordinal <= file.symbols()).then_some((before.file, ordinal))
    }

    /// Scores the words of files that were found through their symbols.
    fn complete_files(&self, terms: &[Term], evidence: &mut Evidence) -> Result<(), IndexError> {
        let groups = evidence
            .units
            .chunk_by(|a, b| a.file == b.file)
            .map(|same| same[0].file);
        let missing = groups.filter(|file| !evidence.files.contains_key(file));
        let document = |file: File| {
            let files = &self.views[file.0 as usize].loaded().files;
            (file.0, files[file.1 as usize].document())
        };
        let missing = missing.map(document).collect();
        for (document, score) in self.score_all(Level::File, terms, missing)? {
            if let Some((file, _)) = self.place(document) {
                evidence.files.insert(file, score);
            }
        }
        Ok(())
    }

    /// Scores documents, each posting list read once for all documents of a segment.
    fn score_all(&self, level: Level, terms: &[Term], mut units: Vec<Unit>) -> Result<Vec<(Unit, f32)>, IndexError> {
        units.sort_unstable();
        let mut out = Vec::with_capacity(units.len());
        for same in units.chunk_by(|a, b| (a.0, a.1.segment_ord) == (b.0, b.1.segment_ord)) {
            let documents: Vec<u32> = same.iter().map(|unit| unit.1.doc_id).collect();
            let view = &self.views[same[0].0 as usize];
            let scores = union::score_documents(view, level, terms, same[0].1.segment_ord, &documents)?;
            out.extend(same.iter().copied().zip(scores));
        }
        Ok(out)
    }
}

/// Divides by the largest value.
fn normalize<'a>(scores: impl Iterator<Item = &'a mut f32>) {
    let mut scores: Vec<&mut f32> = scores.collect();
    let most = scores.iter().map(|score| **score).fold(0.0, f32::max);
    if most > 0.0 {
        scores.iter_mut().for_each(|score| **score /= most);
    }
}
