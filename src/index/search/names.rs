//! Symbols whose names a query means: exactly, but for case and separators, in part, or but for a slip.

use super::query::{Name, Query};
use crate::extraction::SymbolKind;
use crate::index::IndexError;
use crate::index::traits::Traits;
use crate::index::view::{RepoView, Segment};
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
        }
    }
    Ok(found)
}

struct Finder<'a, A> {
    views: &'a [RepoView],
    name: &'a Name,
    accept: &'a A,
}

/// Symbols of exactly this name, and whether the container agrees.
type Exact = Vec<((u32, DocAddress), bool)>;

impl<A: Fn(u32, DocAddress) -> bool> Finder<'_, A> {
    fn exact(&self) -> Result<Exact, IndexError> {
        let mut out = Exact::new();
        self.each_segment(|repo, at, view, segment| {
            let around = match &self.name.container {
                Some(container) => view.named(segment, container)?,
                None => FxHashSet::default(),
            };
            view.each(segment, &segment.names, self.name.compact.as_bytes(), |doc| {
                let unit = (repo, DocAddress::new(at, doc));
                if out.len() < SAME_NAME && (self.accept)(unit.0, unit.1) {
                    out.push((unit, segment.is_within(doc, &around)));
                }
            })
        })?;
        Ok(out)
    }

    /// Scores exact matches as names that a sentence mentions: rare ones, types, and those their file is named after count more.
    fn mention(&self, exact: &Exact, found: &mut Found) {
        let files: FxHashSet<(u32, u32)> = exact.iter().filter_map(|&(unit, _)| self.file(unit)).collect();
        let rarity = self.name.weight / (1.0 + (files.len().max(1) as f32).ln());
        for &(unit, contained) in exact {
            let mut value = rarity;
            if self.traits(unit).kind().is_some_and(is_type) {
                value *= 1.3;
            }
            if self.names_file(unit) {
                value *= 1.5;
            }
            if contained {
                value *= 2.0;
            }
            let named = found.entry(unit).or_default();
            named.mention = named.mention.max(value);
            named.how = How::Exact;
        }
    }

    /// Scores all symbols whose name is like the one asked for.
    fn look(&self, exact: &Exact, found: &mut Found) -> Result<(), IndexError> {
        let mut put = |unit, value: f32, how| {
            let named: &mut Named = found.entry(unit).or_default();
            named.look = named.look.max(value * self.name.weight);
            named.how = named.how.max(how);
        };
        for &(unit, contained) in exact {
            let traits = self.traits(unit);
            let spelled = if traits.may_be_spelled(&self.name.text) {
                0.5
            } else {
                0.0
            };
            let kind = if traits.kind().is_some_and(is_type) { 0.2 } else { 0.0 };
            let file = if self.names_file(unit) { 0.2 } else { 0.0 };
            put(
                unit,
                3.3 + spelled + kind + file + f32::from(u8::from(contained)),
                How::Exact,
            );
        }
        self.shared_parts(&mut put)?;
        self.prefixed(&mut put)?;
        if exact.is_empty() {
            self.misspelled(&mut put)?;
        }
        Ok(())
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
        let mut shared = Vec::new();
        self.each_segment(|repo, at, view, segment| {
            for_shared(view, segment, parts, needed, |doc, matched, count| {
                let unit = (repo, DocAddress::new(at, doc));
                let traits = segment.traits(doc);
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
                shared.push((dice + inside + words, unit));
            })
        })?;
        shared.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let accepted = shared.into_iter().filter(|(_, unit)| (self.accept)(unit.0, unit.1));
        accepted
            .take(SHARED)
            .for_each(|(value, unit)| put(unit, value, How::Parts));
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
            _ => 2,
        };
        for slips in 1..=slips {
            let mut any = false;
            let term = tantivy::Term::from_field_text(Field::from_field_id(0), &self.name.compact);
            let query = FuzzyTermQuery::new(term, slips, true);
            self.each_segment(|repo, at, view, segment| {
                let automaton = query.automaton().map_err(IndexError::tantivy(view.name()))?;
                let failed = |error: std::io::Error| IndexError::tantivy(view.name())(error.into());
                let mut names = segment.names.terms().search(automaton).into_stream().map_err(failed)?;
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

    fn traits(&self, (repo, at): (u32, DocAddress)) -> Traits {
        self.views[repo as usize].loaded().segments[at.segment_ord as usize].traits(at.doc_id)
    }

    fn file(&self, (repo, at): (u32, DocAddress)) -> Option<(u32, u32)> {
        let (entry, _) = self.views[repo as usize].loaded().place(at)?;
        Some((repo, entry))
    }

    /// Whether the file of a symbol is named like it.
    fn names_file(&self, unit: (u32, DocAddress)) -> bool {
        let Some((repo, entry)) = self.file(unit) else {
            return false;
        };
        let path = &self.views[repo as usize].loaded().files[entry as usize].path;
        crate::index::traits::compact(crate::index::weigh::stem_of(path).1) == self.name.compact
    }
}

/// Calls `found` with every symbol whose name holds at least `needed` of `parts`, the letters it shares and how many parts.
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
        if count >= needed && segment.is_alive(doc) {
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
