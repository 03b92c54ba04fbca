//! How much of a query the names of symbols say, and how much of a name the query says.

use super::gather::Known;
use super::query::Query;
use crate::extraction::words;
use crate::index::IndexError;
use crate::index::view::RepoView;
use tantivy::DocSet as _;
use tantivy::schema::IndexRecordOption;

/// What a symbol's name and a query have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Cover {
    /// The share of the query that the name says, rare words counting more, from 0 to 1.
    pub(super) query: f32,
    /// The share of the name's words that the query says, from 0 to 1.
    pub(super) name: f32,
}

/// Sets the cover of every one of `units`, which are in order, whose name says a word of the query. `rarity` weighs the query's words in
/// their order.
pub(super) fn of_names(
    views: &[RepoView],
    query: &Query,
    rarity: &[f32],
    units: &mut [Known],
) -> Result<(), IndexError> {
    let whole: f32 = rarity.iter().sum();
    if whole <= 0.0 {
        return Ok(());
    }
    let stems: Vec<String> = query.words.iter().map(|(word, _)| words::stem(word)).collect();
    let segment_of = |known: &Known| (known.unit.0, known.unit.1.segment_ord);
    for same in units.chunk_by_mut(|a, b| segment_of(a) == segment_of(b)) {
        let (repo, segment) = segment_of(&same[0]);
        let view = &views[repo as usize];
        let segment = &view.loaded().segments[segment as usize];
        for (stem, rarity) in stems.iter().zip(rarity) {
            if *rarity <= 0.0 {
                continue;
            }
            let Some(mut postings) = view.postings(&segment.parts, stem.as_bytes(), IndexRecordOption::Basic)? else {
                continue;
            };
            for Known { unit, cover, .. } in same.iter_mut() {
                let doc = unit.1.doc_id;
                if postings.doc() < doc {
                    postings.seek(doc);
                }
                if postings.doc() == doc {
                    cover.query += rarity / whole;
                    cover.name += 1.0 / segment.traits(doc).name_parts().max(1) as f32;
                }
            }
        }
    }
    units
        .iter_mut()
        .for_each(|known| known.cover.name = known.cover.name.min(1.0));
    Ok(())
}
