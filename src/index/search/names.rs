//! Symbols whose names a query means: exactly, but for case and separators, in part, or but for a slip.

use super::query::{Name, Query};
use super::trace::Trace;
use super::union::{Best, Scored};
use crate::extraction::SymbolKind;
use crate::index::IndexError;
use crate::index::traits::{Traits, compact};
use crate::index::view::{RepoView, Segment};
use crate::index::weigh::stem_of;
use rustc_hash::{FxHashMap, FxHashSet};
use tantivy::query::FuzzyTermQuery;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocAddress, DocId, DocSet as _, TERMINATED};

/// A symbol whose name was meant.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Named {
    /// How well it answers a query that is a name, from 0 to about 5.
    pub(super) look: f32,
    /// How clearly a sentence mentions it, from 0 to about 4.
    pub(super) mention: f32,
    pub(super) how: How,
}

/// How the name was recognized.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum How {
    #[default]
    Parts,
    Similar,
    Exact,
}

/// Symbols by the place of their repository and document.
pub(super) type Found = FxHashMap<(u32, DocAddress), Named>;

/// More symbols of one name than this are not looked at.
const SAME_NAME: usize = 2_000;
/// A word of a sentence that so many symbols are named by says nothing.
const COMMON: usize = 200;
/// More names that begin alike or differ a little than this are not looked at.
const SIMILAR: usize = 64;
/// Documents in a block of postings.
const BLOCK: usize = 128;
/// More symbols that share words of the name than this are not kept.
const SHARED: usize = 300;

/// The symbols that the names of `query` mean.
pub(super) fn find(
    views: &[RepoView],
    query: &Query,
    accept: &impl Fn(u32, DocAddress) -> bool,
) -> Result<Found, IndexError> {
    let mut found = Found::default();
    for name in &query.names {
        let finder = Finder { views, name, accept };
        let exact = finder.exact()?;
        if name.weight < 1.0 && exact.len() > COMMON {
            continue;
        }
        finder.mention(&exact, &mut found);
        if name.loose {
            finder.look(&exact, &mut found)?;
        } else if name.whole {
            finder.look_exact(&exact, &mut |unit, value, how| finder.put(&mut found, unit, value, how));
        }
    }
    Ok(found)
}

struct Finder<'a, A> {
    views: &'a [RepoView],
    name: &'a Name,
    accept: &'a A,
}

/// A symbol of exactly this name.
struct Exact {
    unit: (u32, DocAddress),
    traits: Traits,
    /// The place of its file.
    file: Option<u32>,
    /// Whether the file is named like it.
    names_file: bool,
    /// Whether the container agrees.
    is_contained: bool,
}

impl<A: Fn(u32, DocAddress) -> bool> Finder<'_, A> {
    /// In the order of documents.
    fn exact(&self) -> Result<Vec<Exact>, IndexError> {
        let mut out = Vec::<Exact>::new();
        self.each_segment(|repo, at, view, segment| {
            let around = match &self.name.container {
                Some(container) => view.named(segment, container)?,
                None => FxHashSet::default(),
            };
            view.each(segment, &segment.names, self.name.compact.as_bytes(), |doc| {
                let unit = (repo, DocAddress::new(at, doc));
                if out.len() < SAME_NAME && (self.accept)(unit.0, unit.1) {
                    let file = view.loaded().place(unit.1).map(|(entry, _)| entry);
                    let known = out.last().filter(|last| last.unit.0 == repo && last.file == file);
                    let names_file = known.map_or_else(|| self.names_file(view, file), |last| last.names_file);
                    out.push(Exact {
                        unit,
                        traits: segment.traits(doc),
                        file,
                        names_file,
                        is_contained: segment.is_within(doc, &around),
                    });
                }
            })
        })?;
        Ok(out)
    }

    /// Scores exact matches as names that a sentence mentions: rare ones, types, and those their file is named after count more.
    fn mention(&self, exact: &[Exact], found: &mut Found) {
        // The symbols of a file follow each other.
        let files = exact.chunk_by(|a, b| (a.unit.0, a.file) == (b.unit.0, b.file));
        let files = files.filter(|same| same[0].file.is_some()).count();
        let rarity = self.name.weight / (1.0 + (files.max(1) as f32).ln());
        for symbol in exact {
            let mut value = rarity;
            if symbol.traits.kind().is_some_and(is_type) {
                value *= 1.3;
            }
            if symbol.names_file {
                value *= 1.5;
            }
            if symbol.is_contained {
                value *= 2.0;
            }
            let named = found.entry(symbol.unit).or_default();
            named.mention = named.mention.max(value);
            named.how = How::Exact;
        }
    }

    /// Scores all symbols whose name is like the one asked for.
    fn look(&self, exact: &[Exact], found: &mut Found) -> Result<(), IndexError> {
        let mut put = |unit, value: f32, how| self.put(found, unit, value, how);
        self.look_exact(exact, &mut put);
        self.shared_parts(&mut put)?;
        self.prefixed(&mut put)?;
        if exact.is_empty() {
            self.misspelled(&mut put)?;
        }
        Ok(())
    }

    fn put(&self, found: &mut Found, unit: (u32, DocAddress), value: f32, how: How) {
        let named = found.entry(unit).or_default();
        named.look = named.look.max(value * self.name.weight);
        named.how = named.how.max(how);
    }

    fn look_exact(&self, exact: &[Exact], put: &mut impl FnMut((u32, DocAddress), f32, How)) {
        for &Exact {
            unit,
            traits,
            names_file,
            is_contained,
            ..
        } in exact
        {
            let spelled = if traits.may_be_spelled(&self.name.text) {
                0.5
            } else {
                0.0
            };
            let kind = if traits.kind().is_some_and(is_type) { 0.2 } else { 0.0 };
            let file = if names_file { 0.2 } else { 0.0 };
            put(
                unit,
                3.3 + spelled + kind + file + f32::from(u8::from(is_contained)),
                How::Exact,
            );
        }
    }

    /// Names that hold most words of the name.
    fn shared_parts(&self, put: &mut impl FnMut((u32, DocAddress), f32, How)) -> Result<(), IndexError> {
        let parts = &self.name.parts;
        let letters: u32 = parts.iter().map(|part| part.chars().count() as u32).sum();
        let needed = if self.name.joined {
            parts.len()
        } else {
            (parts.len() * 3).div_ceil(5)
        };
        // By the shape of a name.
        let value = |matched: u32, count: usize, traits: Traits| {
            let length = traits.name_length().max(1);
            let dice = 2.0 * matched.min(length) as f32 / (letters + length) as f32;
            let all = count == parts.len();
            let inside = if all {
                0.4 + 0.3 * letters.min(length) as f32 / length as f32
            } else {
                0.0
            };
            let overlap = 2.0 * count as f32 / (parts.len() + traits.name_parts() as usize) as f32;
            let several = parts.len() > 1 || traits.name_parts() > 1;
            let words = if several {
                0.8 * overlap * if all { 1.0 } else { 0.6 }
            } else {
                0.0
            };
            dice + inside + words
        };
        let mut shared = Best::new(SHARED);
        self.each_segment(|repo, at, view, segment| {
            let mut add = |doc, score: f32| {
                let found = Scored {
                    score,
                    repo,
                    at: DocAddress::new(at, doc),
                };
                if score > shared.threshold() && segment.is_alive(doc) && (self.accept)(repo, found.at) {
                    shared.push(found);
                }
            };
            match &parts[..] {
                [part] => each_holding(view, segment, part, |doc, traits| add(doc, value(letters, 1, traits))),
                parts => for_shared(view, segment, parts, needed, |doc, matched, count| {
                    add(doc, value(matched, count, segment.traits(doc)));
                }),
            }
        })?;
        shared
            .iter()
            .for_each(|found| put((found.repo, found.at), found.score, How::Parts));
        Ok(())
    }

    /// Names that go on where the name ends.
    fn prefixed(&self, put: &mut impl FnMut((u32, DocAddress), f32, How)) -> Result<(), IndexError> {
        let prefix = self.name.compact.as_bytes();
        if prefix.len() < 2 {
            return Ok(());
        }
        let end = [prefix, &[u8::MAX]].concat();
        self.each_segment(|repo, at, view, segment| {
            let failed = |error: std::io::Error| IndexError::tantivy(view.name())(error.into());
            let mut names = segment
                .names
                .terms()
                .range()
                .gt(prefix)
                .lt(&end)
                .into_stream()
                .map_err(failed)?;
            let mut left = SIMILAR;
            while let Some((name, _)) = names.next().filter(|_| left > 0) {
                left -= 1;
                let share = prefix.len() as f32 / name.len() as f32;
                let value = 2.0 * prefix.len() as f32 / (prefix.len() + name.len()) as f32 + 0.4 + 0.3 * share;
                self.each_named(repo, at, view, segment, name, |unit| put(unit, value, How::Similar))?;
            }
            Ok(())
        })
    }

    /// Names that one or two slips of the finger turn into this one.
    fn misspelled(&self, put: &mut impl FnMut((u32, DocAddress), f32, How)) -> Result<(), IndexError> {
        let length = self.name.compact.chars().count();
        let slips = match length {
            0..4 => return Ok(()),
            4..8 => 1,
            // Whoever writes words apart writes whole words; two slips cost the most to look for and find nothing more.
            _ if self.name.joined => 1,
            _ => 2,
        };
        for slips in 1..=slips {
            let mut any = false;
            let term = tantivy::Term::from_field_text(Field::from_field_id(0), &self.name.compact);
            let automaton = FuzzyTermQuery::new(term, slips, true).automaton();
            let automaton = automaton.map_err(IndexError::tantivy(self.views.first().map_or("", RepoView::name)))?;
            self.each_segment(|repo, at, view, segment| {
                let failed = |error: std::io::Error| IndexError::tantivy(view.name())(error.into());
                let mut names = segment.names.terms().search(&automaton).into_stream().map_err(failed)?;
                let mut left = SIMILAR;
                while let Some((name, _)) = names.next().filter(|_| left > 0) {
                    left -= 1;
                    any = true;
                    let value = 2.6 - f32::from(slips) * 4.0 / length as f32;
                    self.each_named(repo, at, view, segment, name, |unit| put(unit, value, How::Similar))?;
                }
                Ok(())
            })?;
            if any {
                break;
            }
        }
        Ok(())
    }

    fn each_named(
        &self,
        repo: u32,
        at: u32,
        view: &RepoView,
        segment: &Segment,
        name: &[u8],
        mut found: impl FnMut((u32, DocAddress)),
    ) -> Result<(), IndexError> {
        let mut left = SHARED;
        view.each(segment, &segment.names, name, |doc| {
            let unit = (repo, DocAddress::new(at, doc));
            if left > 0 && (self.accept)(unit.0, unit.1) {
                left -= 1;
                found(unit);
            }
        })
    }

    fn each_segment(
        &self,
        mut each: impl FnMut(u32, u32, &RepoView, &Segment) -> Result<(), IndexError>,
    ) -> Result<(), IndexError> {
        for (repo, view) in self.views.iter().enumerate() {
            for (at, segment) in view.loaded().segments.iter().enumerate() {
                each(repo as u32, at as u32, view, segment)?;
            }
        }
        Ok(())
    }

    /// Whether the file at a place is named like the name.
    fn names_file(&self, view: &RepoView, file: Option<u32>) -> bool {
        let Some(file) = file.and_then(|at| view.loaded().files.get(at as usize)) else {
            return false;
        };
        let is_named = || compact(stem_of(&file.path).1) == self.name.compact;
        Trace::of_file(file).may_be_named(&self.name.compact) && is_named()
    }
}

/// Calls `found` with every symbol whose name holds `part`, those of deleted files included.
fn each_holding(
    view: &RepoView,
    segment: &Segment,
    part: &str,
    mut found: impl FnMut(DocId, Traits),
) -> Result<(), IndexError> {
    let Some(mut postings) = view.blocks(&segment.parts, part.as_bytes())? else {
        return Ok(());
    };
    let mut traits = [0; BLOCK];
    while !postings.docs().is_empty() {
        let docs = postings.docs();
        let traits = &mut traits[..docs.len()];
        segment.all_traits(docs, traits);
        docs.iter()
            .zip(traits)
            .for_each(|(&doc, traits)| found(doc, Traits(*traits)));
        postings.advance();
    }
    Ok(())
}

/// Calls `found` with every symbol whose name holds at least `needed` of `parts`, the letters it shares and how many parts; with those of
/// deleted files too.
fn for_shared(
    view: &RepoView,
    segment: &Segment,
    parts: &[String],
    needed: usize,
    mut found: impl FnMut(DocId, u32, usize),
) -> Result<(), IndexError> {
    let mut lists = Vec::with_capacity(parts.len());
    for part in parts {
        if let Some(postings) = view.postings(&segment.parts, part.as_bytes(), IndexRecordOption::Basic)? {
            lists.push((postings, part.chars().count() as u32));
        }
    }
    if needed == 0 || lists.len() < needed {
        return Ok(());
    }
    lists.sort_by_key(|(postings, _)| postings.doc_freq());
    // What is in `needed` of the lists is in one of the shortest, so the others are only asked.
    let leading = lists.len() - needed + 1;
    loop {
        let (lead, rest) = lists.split_at_mut(leading);
        let Some(doc) = lead
            .iter()
            .map(|(postings, _)| postings.doc())
            .min()
            .filter(|&doc| doc != TERMINATED)
        else {
            return Ok(());
        };
        let (mut letters, mut count) = (0, 0);
        for (postings, length) in lead.iter_mut().filter(|(postings, _)| postings.doc() == doc) {
            letters += *length;
            count += 1;
            postings.advance();
        }
        for (postings, length) in rest {
            if postings.doc() < doc {
                postings.seek(doc);
            }
            if postings.doc() == doc {
                letters += *length;
                count += 1;
            }
        }
        if count >= needed {
            found(doc, letters, count);
        }
    }
}

fn is_type(kind: SymbolKind) -> bool {
    use SymbolKind::{Class, Enum, Interface, Module, Namespace, Struct, Trait, TypeAlias, Union};
    matches!(
        kind,
        Class | Struct | Union | Interface | Trait | Enum | TypeAlias | Module | Namespace
    )
}
