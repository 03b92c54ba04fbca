//! How much of a query the names of symbols say, and how much of a name the query says.

use super::query::Query;
use crate::extraction::words;
use crate::index::IndexError;
use crate::index::view::RepoView;
use rustc_hash::FxHashMap;
use tantivy::DocAddress;
use tantivy::DocSet as _;
use tantivy::schema::IndexRecordOption;

/// A symbol or passage by the place of its repository and its document.
type Unit = (u32, DocAddress);

/// What a symbol's name and a query have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Cover {
    /// The share of the query that the name says, rare words counting more, from 0 to 1.
    pub(super) query: f32,
    /// The share of the name's words that the query says, from 0 to 1.
    pub(super) name: f32,
}

/// The cover of every one of `units` whose name says a word of the query. `rarity` weighs the query's words in their order.
pub(super) fn of_names(
    views: &[RepoView],
    query: &Query,
    rarity: &[f32],
    mut units: Vec<Unit>,
) -> Result<FxHashMap<Unit, Cover>, IndexError> {
    let whole: f32 = rarity.iter().sum();
    let mut out = FxHashMap::<Unit, Cover>::default();
    if whole <= 0.0 {
        return Ok(out);
    }
    units.sort_unstable();
    for same in units.chunk_by(|a, b| (a.0, a.1.segment_ord) == (b.0, b.1.segment_ord)) {
        let view = &views[same[0].0 as usize];
        let segment = &view.loaded().segments[same[0].1.segment_ord as usize];
        for ((word, _), rarity) in query.words.iter().zip(rarity) {
            if *rarity <= 0.0 {
                continue;
            }
            let stem = words::stem(word);
            let Some(mut postings) = view.postings(&segment.parts, stem.as_bytes(), IndexRecordOption::Basic)? else {
                continue;
            };
            for &unit in same {
                if postings.doc() < unit.1.doc_id {
                    postings.seek(unit.1.doc_id);
                }
                if postings.doc() == unit.1.doc_id {
                    let cover = out.entry(unit).or_default();
                    cover.query += rarity / whole;
                    cover.name += 1.0 / segment.traits(unit.1.doc_id).name_parts().max(1) as f32;
                }
            }
        }
    }
    out.values_mut().for_each(|cover| cover.name = cover.name.min(1.0));
    Ok(out)
}
