//! `get_index_status`: what is indexed of the repositories, and how well.

use super::args::{self, Format};
use super::{Ask, Opened, Tool};
use crate::disclosure::{LanguageView, Prepared, Refusal, StatusView, UnparsedView, percent, prepare};
use crate::index::FileSummary;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::cmp::Reverse;
use std::collections::BTreeMap;

pub(super) const TOOL: Tool = Tool {
    name: "get_index_status",
    title: "Get index status",
    description: "How far to trust an absence: commit and age of each index, files and coverage by language, files skipped and why, \
                  files that could not be parsed whole.",
    schema: args::schema::<Args>,
    run,
};

/// Files with syntax errors named for one repository.
const MOST_UNPARSED: usize = 10;
/// The same where all repositories are listed.
const FEW_UNPARSED: usize = 2;

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// Only this one
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repo: Option<String>,
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
    let (repos, most) = match &args.repo {
        Some(name) => (vec![ask.repo(args::filled("repo", name, 200)?)?], MOST_UNPARSED),
        None => (ask.opened().collect(), FEW_UNPARSED),
    };
    let key = Ask::cursor_key(TOOL.name, &args, &repos);
    let offset = key.offset(args.cursor.as_deref())?;
    let items: Vec<StatusView> = repos
        .iter()
        .skip(offset as usize)
        .map(|it| status(ask, *it, most))
        .collect();
    let page = ask.page(&[], items, offset, repos.len() as u64);
    let sources: Vec<_> = repos.iter().map(Opened::source).collect();
    Ok(prepare(page, &sources, budget, |n| Some(key.at(offset + n))))
}

fn status(ask: &Ask<'_>, opened: Opened<'_>, most: usize) -> StatusView {
    let generation = opened.view.generation();
    StatusView {
        header: ask.header(opened),
        generation: generation.number,
        commit_time: generation.info.commit_time,
        extractor: generation.info.extractor.clone(),
        languages: languages(opened),
        skipped: generation.info.skipped.clone(),
        unparsed: if opened.policy.paths.is_told() {
            unparsed(opened, most)
        } else {
            Vec::new()
        },
    }
}

/// What is counted of the files of a language.
#[derive(Default)]
struct Sums {
    files: u64,
    lines: u64,
    bytes: u64,
    unparsed: u64,
}

fn languages(opened: Opened<'_>) -> Vec<LanguageView> {
    let mut sums = BTreeMap::<&str, Sums>::new();
    for file in opened.view.files() {
        let language = if file.grammar.is_empty() { "text" } else { file.grammar };
        let sum = sums.entry(language).or_default();
        sum.files += 1;
        sum.lines += u64::from(file.lines);
        sum.bytes += u64::from(file.bytes);
        sum.unparsed += u64::from(file.unparsed_bytes);
    }
    let view = |(language, sum): (&str, Sums)| LanguageView {
        language: language.to_owned(),
        files: sum.files,
        lines: sum.lines,
        bytes: sum.bytes,
        coverage: percent(match sum.bytes {
            0 => 1.0,
            bytes => 1.0 - sum.unparsed as f64 / bytes as f64,
        }),
    };
    sums.into_iter().map(view).collect()
}

/// The files with the most bytes under syntax errors.
fn unparsed(opened: Opened<'_>, most: usize) -> Vec<UnparsedView> {
    let mut files: Vec<FileSummary<'_>> = opened.view.files().filter(|it| it.unparsed_bytes > 0).collect();
    files.sort_by_key(|it| (Reverse(it.unparsed_bytes), it.path));
    files
        .iter()
        .take(most)
        .map(|it| UnparsedView {
            handle: format!("{}:{}", opened.name(), it.path),
            bytes: it.unparsed_bytes,
        })
        .collect()
}
