//! `search_symbols`: finds code by name or by words.

use super::args::{self, Format};
use super::{Ask, Opened, Tool};
use crate::disclosure::{HitView, Prepared, Refusal, prepare};
use crate::extraction::{Grammar, SymbolKind, Visibility};
use crate::index::{Hit, IndexError, Place, RepoView, SearchQuery, SearchResult, search};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

pub(super) const TOOL: Tool = Tool {
    name: "search_symbols",
    title: "Search code",
    description: "Search code by symbol name (exact, partial, misspelt, qualified) or in words (\"where are retries configured\"), \
                  across repositories. Returns functions, types and other symbols with signature and first line of documentation, \
                  best first. Use it instead of grep.",
    schema: args::schema::<Args>,
    run,
};

const USUAL_LIMIT: u32 = 20;
const MOST_LIMIT: u32 = 100;

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// Name or words
    query: String,
    /// Only this repository
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repo: Option<String>,
    /// Only under this folder, or glob
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// Only these kinds: function, method, class, struct, interface, trait, enum, field, constant, route, environment_key, …
    #[serde(
        default,
        deserialize_with = "args::one_or_more",
        skip_serializing_if = "Vec::is_empty"
    )]
    kinds: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// public, package, protected or private
    #[serde(default, skip_serializing_if = "Option::is_none")]
    visibility: Option<String>,
    /// 1-100, default 20
    #[serde(default, skip_serializing)]
    limit: Option<u32>,
    #[serde(default, skip_serializing)]
    format: Format,
    #[serde(default, skip_serializing)]
    max_tokens: Option<u32>,
    #[serde(default, skip_serializing)]
    cursor: Option<String>,
}

fn run(ask: &Ask<'_>, arguments: Map<String, Value>) -> Result<Prepared, Refusal> {
    let args: Args = args::parse(arguments)?;
    let budget = args::budget(args.format, args.max_tokens)?;
    let limit = args.limit.unwrap_or(USUAL_LIMIT);
    if !(1..=MOST_LIMIT).contains(&limit) {
        return Err(args::bad(format!("`limit` is {limit}; it goes from 1 to {MOST_LIMIT}")));
    }
    let repos = ask.named_or_all(args.repo.as_deref())?;
    let key = Ask::cursor_key(TOOL.name, &args, &repos);
    let offset = key.offset(args.cursor.as_deref())?;
    let query = SearchQuery {
        offset: offset as usize,
        limit: limit as usize,
        ..query(&args)?
    };
    ask.still_wanted()?;
    let result = search_in(&repos, &query).map_err(|err| refused(&repos, &err))?;
    let SearchResult { hits, total, .. } = result;
    let total = total as u64;
    let shown = used(&repos, &hits);
    let items: Vec<HitView> = hits.iter().filter_map(|hit| view(&repos, hit)).collect();
    let end = offset + items.len() as u64;
    let mut page = ask.page(&shown, items, offset, total);
    page.cursor = (end < total).then(|| key.at(end));
    if total == 0 {
        page.notes.push(nothing(&args, &repos));
    }
    let sources: Vec<_> = shown.iter().map(Opened::source).collect();
    Ok(prepare(page, &sources, budget, |n| Some(key.at(offset + n))))
}

/// Handles of the symbols that best match `text`.
pub(super) fn find(text: &str, repos: &[Opened<'_>], most: usize) -> Option<Vec<String>> {
    let query = SearchQuery {
        text: text.to_owned(),
        limit: most,
        ..SearchQuery::default()
    };
    let hits = search_in(repos, &query).ok()?.hits;
    let handles = hits.iter().filter_map(|hit| match &hit.place {
        Place::Symbol(symbol) => {
            let opened = repos.iter().find(|it| it.name() == hit.repo)?;
            Some(opened.full_handle(symbol))
        }
        Place::Lines { .. } => None,
    });
    Some(handles.collect())
}

pub(super) fn search_in(repos: &[Opened<'_>], query: &SearchQuery) -> Result<SearchResult, IndexError> {
    let mut asked = BTreeMap::<(String, Option<String>), Vec<RepoView>>::new();
    for opened in repos {
        let path = query.path.as_deref().map(|path| opened.asked(path));
        let views = asked.entry((opened.asked(&query.text), path)).or_default();
        views.push(opened.view.clone());
    }
    if asked.len() < 2 {
        let ((text, path), views) = asked.pop_first().unwrap_or_default();
        return search(
            &views,
            &SearchQuery {
                text,
                path,
                ..query.clone()
            },
        );
    }
    // The words mean different things where names are told by pseudonyms, so the best of each meaning take turns.
    let mut all = Vec::new();
    for ((text, path), views) in asked {
        let query = SearchQuery {
            text,
            path,
            offset: 0,
            limit: query.offset + query.limit,
            // Whoever asked for it spreads what has taken turns.
            spread: None,
            ..query.clone()
        };
        all.push(search(&views, &query)?);
    }
    let total = all.iter().map(|it| it.total).sum();
    let mut lists: Vec<_> = all.into_iter().map(|it| it.hits.into_iter()).collect();
    let mut hits = Vec::new();
    while hits.len() < query.offset + query.limit {
        let turn: Vec<Hit> = lists.iter_mut().filter_map(Iterator::next).collect();
        if turn.is_empty() {
            break;
        }
        hits.extend(turn);
    }
    let hits = hits.into_iter().skip(query.offset).take(query.limit).collect();
    Ok(SearchResult {
        hits,
        total,
        files: Vec::new(),
    })
}

fn query(args: &Args) -> Result<SearchQuery, Refusal> {
    let kinds = args
        .kinds
        .iter()
        .map(|word| kind(word))
        .collect::<Result<Vec<_>, _>>()?;
    let grammars = args
        .language
        .as_deref()
        .map(language)
        .transpose()?
        .into_iter()
        .collect();
    let visibilities = args
        .visibility
        .as_deref()
        .map(visibility)
        .transpose()?
        .into_iter()
        .collect();
    Ok(SearchQuery {
        text: args::filled("query", &args.query, 1_000)?.to_owned(),
        kinds,
        grammars,
        path: args
            .path
            .as_deref()
            .map(|path| args::filled("path", path, 500).map(str::to_owned))
            .transpose()?,
        visibilities,
        ..SearchQuery::default()
    })
}

fn kind(word: &str) -> Result<SymbolKind, Refusal> {
    SymbolKind::from_word(&word.to_lowercase()).ok_or_else(|| {
        let all: Vec<&str> = SymbolKind::ALL.iter().map(|kind| kind.word()).collect();
        args::bad(format!("no kind `{word}`; they are {}", all.join(", ")))
    })
}

fn language(word: &str) -> Result<String, Refusal> {
    let word = word.to_lowercase();
    if Grammar::named(&word).is_some() {
        return Ok(word);
    }
    let all: Vec<&str> = Grammar::all().iter().map(Grammar::name).collect();
    Err(args::bad(format!("no language `{word}`; they are {}", all.join(", "))))
}

fn visibility(word: &str) -> Result<Visibility, Refusal> {
    Visibility::ALL.into_iter().find(|it| it.word() == word).ok_or_else(|| {
        args::bad(format!(
            "no visibility `{word}`; they are public, package, protected, private"
        ))
    })
}

pub(super) fn refused(repos: &[Opened<'_>], err: &IndexError) -> Refusal {
    match err {
        IndexError::Glob { glob } => args::bad(format!("`path` is not a glob: `{glob}`; write it like `src/**/*.rs`")),
        err => repos.first().map_or(Refusal::Cancelled, |it| it.unavailable(err)),
    }
}

/// The repositories that have a hit; all that were searched if none has.
pub(super) fn used<'a>(repos: &[Opened<'a>], hits: &[Hit]) -> Vec<Opened<'a>> {
    if hits.is_empty() {
        return repos.to_vec();
    }
    repos
        .iter()
        .filter(|it| hits.iter().any(|hit| hit.repo == it.name()))
        .copied()
        .collect()
}

fn view(repos: &[Opened<'_>], hit: &Hit) -> Option<HitView> {
    let opened = repos.iter().find(|it| it.name() == hit.repo)?;
    let why = hit.why.iter().map(|why| why.word().to_owned()).collect();
    Some(match &hit.place {
        Place::Symbol(symbol) => HitView::of(opened.name(), symbol, why, opened.policy),
        Place::Lines { file, lines } => HitView::of_lines(opened.name(), file.path(), *lines, why),
    })
}

fn nothing(args: &Args, repos: &[Opened<'_>]) -> String {
    if repos.is_empty() {
        return "no repository you may search by name is indexed; list_repos shows what there is".to_owned();
    }
    let narrowed = args.repo.is_some()
        || args.path.is_some()
        || !args.kinds.is_empty()
        || args.language.is_some()
        || args.visibility.is_some();
    if repos.iter().any(Opened::is_veiled) {
        "nothing matches; own words of a confidential repository are told by pseudonyms, and are found by the pseudonym alone".to_owned()
    } else if narrowed {
        "nothing matches; try without path, kinds, language or visibility, or with other words".to_owned()
    } else {
        "nothing matches these words in names, documentation, signatures or bodies; literals are not indexed".to_owned()
    }
}
