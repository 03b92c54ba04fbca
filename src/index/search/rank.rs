//! From evidence to an order: symbols and files are scored together, because a good symbol in a fitting file is the best answer.

use super::damping::{Asked, Role};
use super::gather::{Evidence, Known};
use super::names::{How, Named};
use super::query::{Name, Query};
use super::ranking::{Ranking, Weights};
use super::trace::{Marks, Trace};
use super::{FileHit, Hit, Place, SearchQuery, SearchResult, Why};
use crate::extraction::SymbolKind;
use crate::extraction::words;
use crate::index::stored::IndexedFile;
use crate::index::view::{FileEntry, RepoView};
use crate::index::weigh::stem_of;
use crate::index::{IndexError, traits};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::cmp::Ordering;
use std::sync::Arc;
use tantivy::DocAddress;

/// So many further symbols of a file lose more each; those after them lose no more, and keep their order.
const LOSING: i32 = 8;

/// A symbol or passage by the place of its repository and its document.
pub(super) type Unit = (u32, DocAddress);
/// A file by the place of its repository and its place there.
pub(super) type File = (u32, u32);

pub(super) struct Search<'a> {
    pub(super) views: &'a [RepoView],
    request: &'a SearchQuery,
    pub(super) query: Query,
    ranking: &'a Ranking,
    weights: &'a Weights,
    /// Stems of the query's words, in order.
    pub(super) stems: Vec<String>,
    /// The marks of `stems`.
    marks: Marks,
    /// The place in `stems` of every word that was met so far, if it has one: the same few words fill paths and prose.
    met: RefCell<FxHashMap<String, Option<usize>>>,
    asked: Asked,
    /// For every repository, which files the filters let pass; `None` for all.
    passing: Option<Vec<Vec<bool>>>,
}

/// A candidate with its score.
struct Candidate {
    score: f32,
    file: File,
    /// 0 for the file itself.
    ordinal: u32,
    /// How its name was recognized, if it was.
    how: How,
}

/// What was found in one file.
struct Group {
    /// Where its candidates are in the list of all.
    from: usize,
    to: usize,
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
            marks: marks_of(&stems),
            stems,
            met: RefCell::default(),
            asked,
            passing,
        })
    }

    pub(super) fn run(&self) -> Result<SearchResult, IndexError> {
        let evidence = self.gather()?;
        let mut candidates = Vec::with_capacity(evidence.units.len() + evidence.files.len());
        let groups = self.weigh(&evidence, &mut candidates);
        let files = self.best_files(&candidates, groups);
        let total = candidates.len();
        best(&mut candidates, self.request.offset.saturating_add(self.request.limit));
        let mut opened = FxHashMap::default();
        let mut hits = Vec::new();
        for candidate in self.given(&candidates) {
            hits.extend(self.hit(candidate, &mut opened)?);
        }
        Ok(SearchResult { hits, files, total })
    }

    /// Those of the best candidates that are hits.
    fn given<'c>(&self, candidates: &'c [Candidate]) -> Vec<&'c Candidate> {
        let wanted = candidates.iter().skip(self.request.offset);
        let Some(spread) = self.request.spread else {
            return wanted.collect();
        };
        let mut of_file = FxHashMap::<File, usize>::default();
        let fits = |candidate: &&Candidate| {
            let count = of_file.entry(candidate.file).or_default();
            *count += 1;
            *count <= spread.of_file
        };
        wanted.filter(fits).take(spread.most).collect()
    }

    /// Weighs all candidates, those of one file after each other, the best first.
    fn weigh(&self, evidence: &Evidence, out: &mut Vec<Candidate>) -> Vec<Group> {
        let mut groups = Vec::new();
        let mut with_units = FxHashSet::default();
        for units in evidence.units.chunk_by(|a, b| a.file == b.file) {
            let file = units[0].file;
            let Some(&score) = evidence.files.get(&file) else {
                continue;
            };
            with_units.insert(file);
            let base = self.file_score(file, score, evidence);
            let from = out.len();
            out.extend(
                units
                    .iter()
                    .map(|known| self.candidate(known, base))
                    .filter(Candidate::counts),
            );
            let to = out.len();
            out[from..].sort_unstable_by(best_first);
            for (before, candidate) in (0..).zip(&mut out[from..]) {
                let lost: i32 = LOSING.min(before);
                candidate.score *= self.weights.further.powi(lost * (lost + 1) / 2);
            }
            groups.push(Group { from, to });
        }
        if self.request.kinds.is_empty() && self.request.visibilities.is_empty() {
            for (&file, &score) in evidence.files.iter().filter(|(file, _)| !with_units.contains(file)) {
                let (score, role) = self.file_score(file, score, evidence);
                let from = out.len();
                out.extend(
                    Some(Candidate {
                        score: score * role.factor(&self.ranking.damping, self.asked, self.query.is_name),
                        file,
                        ordinal: 0,
                        how: How::default(),
                    })
                    .filter(Candidate::counts),
                );
                groups.push(Group { from, to: out.len() });
            }
        }
        groups
    }

    /// Weighs a symbol or passage, given what it has from its file.
    fn candidate(&self, known: &Known, (from_file, role): (f32, Role)) -> Candidate {
        let weights = self.weights;
        let Known { named, cover, .. } = known;
        let score = from_file
            + weights.unit * known.words
            + weights.names * cover.query
            + weights.agreement * cover.query * cover.name
            + weights.mention * named.mention
            + weights.look * named.look;
        Candidate {
            score: score * self.factor(known.unit, role, *named),
            file: known.file,
            ordinal: known.ordinal,
            how: named.how,
        }
    }

    /// The files of all candidates, the best first, as many as hits are wanted.
    fn best_files(&self, candidates: &[Candidate], groups: Vec<Group>) -> Vec<FileHit> {
        let groups = groups.iter().map(|group| &candidates[group.from..group.to]);
        let by_best = groups.filter_map(|group| Some((group.iter().min_by(|a, b| best_first(a, b))?, group.len())));
        let mut files: Vec<(&Candidate, usize)> = by_best.collect();
        let limit = self.request.limit;
        if limit < files.len() {
            files.select_nth_unstable_by(limit, |a, b| best_first(a.0, b.0));
            files.truncate(limit);
        }
        files.sort_unstable_by(|a, b| best_first(a.0, b.0));
        let hit = |(best, hits): (&Candidate, usize)| FileHit {
            repo: self.views[best.file.0 as usize].name().to_owned(),
            path: self.entry(best.file).path.to_string(),
            hits,
        };
        files.into_iter().map(hit).collect()
    }

    /// What every symbol of a file has from the file.
    fn file_score(&self, file: File, score: f32, evidence: &Evidence) -> (f32, Role) {
        let weights = self.weights;
        let entry = self.entry(file);
        let trace = Trace::of_file(entry);
        let sum = evidence.sums.get(&file).copied().unwrap_or_default();
        let (stem, said) = match trace.may_hold(&self.marks) {
            true => self.path_match(&entry.path, &evidence.rarity),
            false => (0.0, 0.0),
        };
        let value = weights.file * score
            + weights.sum * sum
            + weights.stem * stem
            + weights.path * said
            + weights.bears * self.bears_name(entry)
            + weights.referred * entry.referred();
        (value, trace.role)
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
    fn bears_name(&self, file: &FileEntry) -> f32 {
        let trace = Trace::of_file(file);
        let names = self.query.names.iter().filter(|name| trace.may_be_named(&name.compact));
        let borne = |name: &Name| {
            let stem = stem_of(&file.path).1;
            match name.text == stem {
                true => 1.0,
                false if name.compact == traits::compact(stem) => 0.6,
                false => 0.0,
            }
        };
        names.map(borne).fold(0.0, f32::max)
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
        let why = self.why(&place, candidate.how);
        Ok(Some(Hit {
            repo: view.name().to_owned(),
            place,
            why,
        }))
    }

    /// Reasons that the stored text shows; what is left came from the body.
    fn why(&self, place: &Place, how: How) -> Vec<Why> {
        let any = |text: &str| {
            let mut found = false;
            self.each_word(text, |at| found |= at.is_some());
            found
        };
        let mut out = Vec::new();
        if let Place::Symbol(symbol) = place {
            match how {
                How::Exact => out.push(Why::Name),
                How::Similar => out.push(Why::SimilarName),
                How::Parts => {}
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

    pub(super) fn place(&self, (repo, at): Unit) -> Option<(File, u32)> {
        let (entry, ordinal) = self.views[repo as usize].loaded().place(at)?;
        Some(((repo, entry), ordinal))
    }

    fn entry(&self, (repo, entry): File) -> &FileEntry {
        &self.views[repo as usize].loaded().files[entry as usize]
    }

    /// Whether the filters let a symbol or passage pass.
    pub(super) fn accepts(&self, repo: u32, at: DocAddress) -> bool {
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

    pub(super) fn accepts_file(&self, repo: u32, at: DocAddress) -> bool {
        let Some(passing) = &self.passing else { return true };
        self.place((repo, at))
            .is_some_and(|((repo, entry), _)| passing[repo as usize][entry as usize])
    }
}

impl Candidate {
    fn counts(&self) -> bool {
        self.score > 0.0
    }
}

fn best_first(a: &Candidate, b: &Candidate) -> Ordering {
    b.score
        .total_cmp(&a.score)
        .then((a.file, a.ordinal).cmp(&(b.file, b.ordinal)))
}

/// Keeps the best candidates, the best first.
fn best(candidates: &mut Vec<Candidate>, wanted: usize) {
    if wanted < candidates.len() {
        candidates.select_nth_unstable_by(wanted, best_first);
        candidates.truncate(wanted);
    }
    candidates.sort_unstable_by(best_first);
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

fn marks_of(stems: &[String]) -> Marks {
    let mut marks = Marks::default();
    stems.iter().for_each(|stem| marks.add(stem));
    marks
}
