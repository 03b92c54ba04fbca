//! From evidence to an order: symbols and files are scored together, because a good symbol in a fitting file is the best answer.

use super::cover::{self, Cover};
use super::damping::{Asked, Role};
use super::names::{self, Found, How, Named};
use super::query::{Name, Query};
use super::ranking::{Ranking, Weights};
use super::union::{self, Level, Scored, Term};
use super::{FileHit, Hit, Place, SearchQuery, SearchResult, Why};
use crate::extraction::SymbolKind;
use crate::extraction::words;
use crate::index::stored::IndexedFile;
use crate::index::view::RepoView;
use crate::index::weigh::stem_of;
use crate::index::{IndexError, traits};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use tantivy::DocAddress;

/// Symbols and files that words bring into consideration.
const UNITS: usize = 300;
const FILES: usize = 120;
/// Files whose every symbol is scored, beyond those the words brought up.
const OPENED: usize = 40;
/// Of so many best symbols, those in one file strengthen each other.
const STRENGTHENING: usize = 50;

/// So many further symbols of a file lose more each; those after them lose no more, and keep their order.
const LOSING: i32 = 8;

/// A symbol or passage by the place of its repository and its document.
type Unit = (u32, DocAddress);
/// A file by the place of its repository and its place there.
type File = (u32, u32);

pub(super) struct Search<'a> {
    views: &'a [RepoView],
    request: &'a SearchQuery,
    query: Query,
    ranking: &'a Ranking,
    weights: &'a Weights,
    /// Stems of the query's words, in order.
    stems: Vec<String>,
    /// The place in `stems` of every word that was met so far, if it has one: the same few words fill paths and prose.
    met: RefCell<FxHashMap<String, Option<usize>>>,
    asked: Asked,
    /// For every repository, which files the filters let pass; `None` for all.
    passing: Option<Vec<Vec<bool>>>,
}

/// What is known of the candidates.
#[derive(Default)]
struct Evidence {
    named: Found,
    covers: FxHashMap<Unit, Cover>,
    /// How rare each of [`Search::stems`] is, as a share of all.
    rarity: Vec<f32>,
    units: FxHashMap<Unit, f32>,
    files: FxHashMap<File, f32>,
    sums: FxHashMap<File, f32>,
}

/// A candidate with its score.
struct Candidate {
    score: f32,
    unit: Option<Unit>,
    file: File,
    ordinal: u32,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        views: &'a [RepoView],
        request: &'a SearchQuery,
        ranking: &'a Ranking,
    ) -> Result<Self, IndexError> {
        let query = Query::parse(&request.text);
        let words: Vec<&str> = query.words.iter().map(|(word, _)| word.as_str()).collect();
        let stems = stems_of(&words);
        let asked = Asked::by(&query.words);
        let passing = passing(views, request)?;
        Ok(Self {
            views,
            request,
            weights: if query.is_name { &ranking.name } else { &ranking.words },
            ranking,
            query,
            stems,
            met: RefCell::default(),
            asked,
            passing,
        })
    }

    pub(super) fn run(&self) -> Result<SearchResult, IndexError> {
        let evidence = self.gather()?;
        let candidates = self.order(&evidence);
        let mut files: Vec<(File, usize)> = Vec::new();
        let mut known = FxHashMap::default();
        for candidate in &candidates {
            let at = *known.entry(candidate.file).or_insert_with(|| {
                files.push((candidate.file, 0));
                files.len() - 1
            });
            files[at].1 += 1;
        }
        let mut opened = FxHashMap::default();
        let page = candidates.iter().skip(self.request.offset).take(self.request.limit);
        let mut hits = Vec::new();
        for candidate in page {
            hits.extend(self.hit(candidate, &evidence, &mut opened)?);
        }
        let files = files
            .into_iter()
            .take(self.request.limit)
            .map(|((repo, entry), hits)| FileHit {
                repo: self.views[repo as usize].name().to_owned(),
                path: self.path((repo, entry)).to_owned(),
                hits,
            });
        Ok(SearchResult {
            hits,
            files: files.collect(),
            total: candidates.len(),
        })
    }

    fn gather(&self) -> Result<Evidence, IndexError> {
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
        let units = union::top(self.views, Level::Unit, &unit_terms, UNITS, accept)?;
        let files = union::top(self.views, Level::File, &file_terms, FILES, |repo, at| {
            self.accepts_file(repo, at)
        })?;
        let rarity: Vec<f32> = unit_terms
            .iter()
            .zip(&file_terms)
            .map(|(a, b)| a.weight().max(b.weight()))
            .collect();
        let mut evidence = Evidence {
            named,
            rarity: self.shares(&rarity),
            ..Evidence::default()
        };
        self.add_units(&units, &mut evidence);
        self.open_files(&files, &unit_terms, &mut evidence)?;
        self.complete(&unit_terms, &file_terms, &mut evidence)?;
        normalize(&mut evidence.units);
        normalize(&mut evidence.files);
        normalize(&mut evidence.sums);
        evidence.covers = cover::of_names(
            self.views,
            &self.query,
            &rarity,
            evidence.units.keys().copied().collect(),
        )?;
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

    fn add_units(&self, units: &[Scored], evidence: &mut Evidence) {
        for (rank, unit) in units.iter().enumerate() {
            evidence.units.insert((unit.repo, unit.at), unit.score);
            if let Some((file, _)) = self.place((unit.repo, unit.at)).filter(|_| rank < STRENGTHENING) {
                *evidence.sums.entry(file).or_default() += unit.score;
            }
        }
    }

    /// Adds the best files, and for the very best of them every symbol, so that the fitting one in each can be named.
    fn open_files(&self, files: &[Scored], terms: &[Term], evidence: &mut Evidence) -> Result<(), IndexError> {
        for (rank, scored) in files.iter().enumerate() {
            let Some((file, _)) = self.place((scored.repo, scored.at)) else {
                continue;
            };
            evidence.files.insert(file, scored.score);
            if rank < OPENED {
                let view = &self.views[scored.repo as usize];
                let first = scored.at.doc_id + 1;
                let end = first + view.loaded().files[file.1 as usize].symbols();
                for (doc, score) in union::score_range(view, Level::Unit, terms, scored.at.segment_ord, (first, end))? {
                    let unit = (scored.repo, DocAddress::new(scored.at.segment_ord, doc));
                    if self.accepts(unit.0, unit.1) {
                        evidence.units.entry(unit).or_insert(score);
                    }
                }
            }
        }
        Ok(())
    }

    /// Scores the words of symbols that were found by name, and of files that were found through their symbols.
    fn complete(&self, unit_terms: &[Term], file_terms: &[Term], evidence: &mut Evidence) -> Result<(), IndexError> {
        let named = evidence
            .named
            .keys()
            .copied()
            .filter(|unit| !evidence.units.contains_key(unit))
            .collect();
        for (unit, score) in self.score_all(Level::Unit, unit_terms, named)? {
            evidence.units.insert(unit, score);
        }
        let files: FxHashSet<File> = evidence
            .units
            .keys()
            .filter_map(|&unit| Some(self.place(unit)?.0))
            .collect();
        let missing = files.iter().filter(|file| !evidence.files.contains_key(file));
        let at = |file: &File| {
            (
                file.0,
                self.views[file.0 as usize].loaded().files[file.1 as usize].document(),
            )
        };
        let missing = missing.map(at).collect();
        for (document, score) in self.score_all(Level::File, file_terms, missing)? {
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

    /// All candidates, the best first.
    fn order(&self, evidence: &Evidence) -> Vec<Candidate> {
        let weights = self.weights;
        let base: BTreeMap<File, (f32, Role)> = evidence
            .files
            .iter()
            .map(|(&file, &score)| (file, self.file_score(file, score, evidence)))
            .collect();
        let mut out = Vec::new();
        let mut with_units = FxHashSet::default();
        for (&unit, &score) in &evidence.units {
            let Some((file, ordinal)) = self.place(unit) else {
                continue;
            };
            let Some(&(from_file, role)) = base.get(&file) else {
                continue;
            };
            let named = evidence.named.get(&unit).copied().unwrap_or_default();
            with_units.insert(file);
            let cover = evidence.covers.get(&unit).copied().unwrap_or_default();
            let score = from_file
                + weights.unit * score
                + weights.names * cover.query
                + weights.agreement * cover.query * cover.name
                + weights.mention * named.mention
                + weights.look * named.look;
            out.push(Candidate {
                score: score * self.factor(unit, role, named),
                unit: Some(unit),
                file,
                ordinal,
            });
        }
        if self.request.kinds.is_empty() && self.request.visibilities.is_empty() {
            let alone = base.iter().filter(|(file, _)| !with_units.contains(file));
            out.extend(alone.map(|(&file, &(score, role))| Candidate {
                score: score * role.factor(&self.ranking.damping, self.asked, self.query.is_name),
                unit: None,
                file,
                ordinal: 0,
            }));
        }
        out.retain(|candidate| candidate.score > 0.0);
        best_first(&mut out);
        let mut seen = FxHashMap::<File, i32>::default();
        for candidate in &mut out {
            let before = seen.entry(candidate.file).or_default();
            let lost = (*before).min(LOSING);
            candidate.score *= weights.further.powi(lost * (lost + 1) / 2);
            *before += 1;
        }
        best_first(&mut out);
        out
    }

    /// What every symbol of a file has from the file.
    fn file_score(&self, file: File, score: f32, evidence: &Evidence) -> (f32, Role) {
        let weights = self.weights;
        let path = self.path(file);
        let entry = &self.views[file.0 as usize].loaded().files[file.1 as usize];
        let sum = evidence.sums.get(&file).copied().unwrap_or_default();
        let (stem, said) = self.path_match(path, &evidence.rarity);
        let value = weights.file * score
            + weights.sum * sum
            + weights.stem * stem
            + weights.path * said
            + weights.bears * self.bears_name(path)
            + weights.referred * entry.referred();
        (value, Role::of_file(path, entry.traits))
    }

    fn factor(&self, unit: Unit, mut role: Role, named: Named) -> f32 {
        let traits = self.views[unit.0 as usize].loaded().segments[unit.1.segment_ord as usize].traits(unit.1.doc_id);
        role.is_test |= traits.is_test();
        role.is_generated |= traits.is_generated();
        role.factor(
            &self.ranking.damping,
            self.asked,
            self.query.is_name || named.look > 0.0 && named.how == How::Exact,
        )
    }

    /// Whether a file bears a name of the query: 1 as it is spelled, less but for case and separators.
    fn bears_name(&self, path: &str) -> f32 {
        let stem = stem_of(path).1;
        let folded = traits::compact(stem);
        let borne = |name: &Name| match name.text == stem {
            true => 1.0,
            false if name.compact == folded => 0.6,
            false => 0.0,
        };
        self.query.names.iter().map(borne).fold(0.0, f32::max)
    }

    /// The share of a file's name that the query says, and the share of the query that the path says, given how rare its words are.
    fn path_match(&self, path: &str, rarity: &[f32]) -> (f32, f32) {
        let (folders, stem) = stem_of(path);
        let (mut said, mut stem_words) = (Vec::new(), 0);
        self.each_word(stem, |at| {
            stem_words += 1;
            said.extend(at);
        });
        let hits = said.len();
        for folder in folders {
            self.each_word(folder, |at| said.extend(at));
        }
        said.sort_unstable();
        said.dedup();
        let share = match hits {
            0 => f32::from(u8::from(self.place_of(&traits::compact(stem)).is_some())),
            _ => hits as f32 / stem_words as f32,
        };
        (share, said.iter().map(|&at| rarity[at]).sum())
    }

    /// Calls `each` with the place of every word of `text` in [`Self::stems`].
    fn each_word(&self, text: &str, mut each: impl FnMut(Option<usize>)) {
        let mut met = self.met.borrow_mut();
        words::split(text, |word| {
            each(match met.get(word) {
                Some(&at) => at,
                None => {
                    let at = self.place_of(word);
                    met.insert(word.to_owned(), at);
                    at
                }
            });
        });
    }

    /// The place of a word in [`Self::stems`]. A stem begins as its word does, so most words need no stemming.
    fn place_of(&self, word: &str) -> Option<usize> {
        let may_be = |stem: &String| stem.bytes().next() == word.bytes().next();
        let any = self.stems.iter().any(may_be);
        any.then(|| self.stems.binary_search(&words::stem(word)).ok())?
    }

    fn hit(
        &self,
        candidate: &Candidate,
        evidence: &Evidence,
        opened: &mut FxHashMap<File, Arc<IndexedFile>>,
    ) -> Result<Option<Hit>, IndexError> {
        let view = &self.views[candidate.file.0 as usize];
        let file = match opened.get(&candidate.file) {
            Some(file) => Arc::clone(file),
            None => {
                let file = view.entry_file(candidate.file.1)?;
                opened.insert(candidate.file, Arc::clone(&file));
                file
            }
        };
        let place = match candidate.ordinal.checked_sub(1) {
            Some(at) => match (
                file.symbol(at),
                file.passage(at.saturating_sub(file.symbol_count() as u32)),
            ) {
                (Some(symbol), _) => Place::Symbol(symbol),
                (None, Some(lines)) => Place::Lines { file, lines },
                (None, None) => return Ok(None),
            },
            None => {
                let lines = crate::extraction::Lines {
                    start: 1,
                    end: file.lines().max(1),
                };
                Place::Lines { file, lines }
            }
        };
        let named = candidate.unit.and_then(|unit| evidence.named.get(&unit));
        let why = self.why(&place, named);
        Ok(Some(Hit {
            repo: view.name().to_owned(),
            place,
            why,
        }))
    }

    /// Reasons that the stored text shows; what is left came from the body.
    fn why(&self, place: &Place, named: Option<&Named>) -> Vec<Why> {
        let any = |text: &str| {
            let mut found = false;
            self.each_word(text, |at| found |= at.is_some());
            found
        };
        let mut out = Vec::new();
        if let Place::Symbol(symbol) = place {
            match named.map(|named| named.how) {
                Some(How::Exact) => out.push(Why::Name),
                Some(How::Similar) => out.push(Why::SimilarName),
                Some(How::Parts) | None => {}
            }
            if out.is_empty() && any(symbol.name().expose()) {
                out.push(Why::NameWords);
            }
        }
        if any(place.file().path()) {
            out.push(Why::Path);
        }
        if let Place::Symbol(symbol) = place {
            if any(symbol.signature().expose()) {
                out.push(Why::Signature);
            }
            if any(symbol.summary().expose()) || any(symbol.documentation().expose()) {
                out.push(Why::Documentation);
            }
        }
        if out.is_empty() {
            out.push(Why::Body);
        }
        out
    }

    fn place(&self, (repo, at): Unit) -> Option<(File, u32)> {
        let (entry, ordinal) = self.views[repo as usize].loaded().place(at)?;
        Some(((repo, entry), ordinal))
    }

    fn path(&self, (repo, entry): File) -> &str {
        &self.views[repo as usize].loaded().files[entry as usize].path
    }

    /// Whether the filters let a symbol or passage pass.
    fn accepts(&self, repo: u32, at: DocAddress) -> bool {
        let SearchQuery {
            kinds, visibilities, ..
        } = self.request;
        let view = &self.views[repo as usize];
        let traits = || view.loaded().segments[at.segment_ord as usize].traits(at.doc_id);
        if view.hides_contracts() && traits().kind().is_some_and(SymbolKind::is_contract) {
            return false;
        }
        if !kinds.is_empty() || !visibilities.is_empty() {
            let traits = traits();
            let Some(kind) = traits.kind() else { return false };
            if !kinds.is_empty() && !kinds.contains(&kind)
                || !visibilities.is_empty() && !visibilities.contains(&traits.visibility())
            {
                return false;
            }
        }
        self.accepts_file(repo, at)
    }

    fn accepts_file(&self, repo: u32, at: DocAddress) -> bool {
        let Some(passing) = &self.passing else { return true };
        self.place((repo, at))
            .is_some_and(|((repo, entry), _)| passing[repo as usize][entry as usize])
    }
}

fn best_first(candidates: &mut [Candidate]) {
    candidates.sort_unstable_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then((a.file, a.ordinal).cmp(&(b.file, b.ordinal)))
    });
}

/// Which files of each repository the filters on files let pass.
fn passing(views: &[RepoView], request: &SearchQuery) -> Result<Option<Vec<Vec<bool>>>, IndexError> {
    let path = request
        .path
        .as_deref()
        .map(|path| path.trim_end_matches('/'))
        .filter(|path| !path.is_empty());
    if path.is_none() && request.grammars.is_empty() {
        return Ok(None);
    }
    let glob = match path.filter(|path| path.contains(['*', '?', '[', '{'])) {
        Some(path) => {
            let glob = globset::GlobBuilder::new(path).literal_separator(true).build();
            Some(
                glob.map_err(|_| IndexError::Glob { glob: path.to_owned() })?
                    .compile_matcher(),
            )
        }
        None => None,
    };
    let within = |file: &str| match (&glob, path) {
        (Some(glob), _) => glob.is_match(file),
        (None, Some(folder)) => file
            .strip_prefix(folder)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        (None, None) => true,
    };
    let grammar =
        |grammar: &str| request.grammars.is_empty() || request.grammars.iter().any(|wanted| wanted == grammar);
    let mut out = Vec::with_capacity(views.len());
    for view in views {
        out.push(
            view.loaded()
                .files
                .iter()
                .map(|entry| within(&entry.path) && grammar(view.grammar_of(entry)))
                .collect(),
        );
    }
    Ok(Some(out))
}

fn stems_of(texts: &[&str]) -> Vec<String> {
    let mut out = Vec::new();
    for text in texts {
        words::split(text, |word| out.push(words::stem(word)));
    }
    out.sort_unstable();
    out.dedup();
    out
}

/// Divides by the largest value.
fn normalize<K>(scores: &mut FxHashMap<K, f32>) {
    let most = scores.values().copied().fold(0.0, f32::max);
    if most > 0.0 {
        scores.values_mut().for_each(|score| *score /= most);
    }
}
