//! `louver bench retrieval`: answers queries of a benchmark, one JSON line for one.

use crate::index::{Place, Ranking, RepoView, SearchQuery, search_by};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Instant;

/// More lines than this are not counted as one answer; a longer symbol is shown by its beginning.
const SPAN: u32 = 150;

/// One query, as `{"id", "query"}`.
#[derive(Deserialize)]
struct Question {
    id: String,
    query: String,
}

/// Its ranked results.
#[derive(Serialize)]
struct Answer {
    id: String,
    results: Vec<Ranked>,
    ms: f64,
}

#[derive(Serialize)]
struct Ranked {
    path: String,
    start: u32,
    end: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    symbol: Option<String>,
}

/// Answers one line of JSON with another: the `limit` best places of `views`, whose files lie under `root`.
pub(super) fn answer(
    ranking: &Ranking,
    views: &[RepoView],
    root: &Path,
    line: &str,
    limit: usize,
) -> anyhow::Result<String> {
    let question: Question = serde_json::from_str(line)?;
    let begun = Instant::now();
    let query = SearchQuery {
        text: question.query,
        limit,
        ..SearchQuery::default()
    };
    let result = search_by(ranking, views, &query)?;
    let ms = begun.elapsed().as_secs_f64() * 1_000.0;
    let results = result.hits.iter().map(|hit| ranked(root, &hit.place)).collect();
    Ok(serde_json::to_string(&Answer {
        id: question.id,
        results,
        ms,
    })?)
}

fn ranked(root: &Path, place: &Place) -> Ranked {
    let lines = place.lines();
    Ranked {
        path: root.join(place.file().path()).to_string_lossy().into_owned(),
        start: lines.start,
        end: lines.end.min(lines.start.saturating_add(SPAN)),
        symbol: match place {
            Place::Symbol(symbol) => Some(symbol.qualified().to_owned()),
            Place::Lines { .. } => None,
        },
    }
}
