//! `list_repos`: what the caller may ask about.

use super::args::{self, Format};
use super::{Ask, Opened, Tool};
use crate::disclosure::{Prepared, Refusal, RepoFacts, RepoView, prepare, tier_table};
use crate::scope::{Tier, TierChange};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

pub(super) const TOOL: Tool = Tool {
    name: "list_repos",
    title: "List repositories",
    description: "List the code repositories you may ask about: commit, index age, languages, size, tier. Start here.",
    schema: args::schema::<Args>,
    run,
};

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// Part of a name
    #[serde(default, skip_serializing_if = "Option::is_none")]
    query: Option<String>,
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
    let part = args.query.as_deref().unwrap_or_default().to_lowercase();
    let repos: Vec<Opened<'_>> = ask
        .opened()
        .filter(|it| it.name().to_lowercase().contains(&part))
        .collect();
    let key = Ask::cursor_key(TOOL.name, &args, &repos);
    let offset = key.offset(args.cursor.as_deref())?;
    let items: Vec<RepoView> = repos
        .iter()
        .skip(offset as usize)
        .map(|it| RepoView::of(ask.header(*it), facts(*it)))
        .collect();
    let mut page = ask.page(&[], items, offset, repos.len() as u64);
    if repos.is_empty() {
        page.notes.push(match part.as_str() {
            "" => {
                "no repository is approved, indexed and readable for you; the security team keeps the scope".to_owned()
            }
            _ => "no repository you may ask about has that in its name; leave query out to see all".to_owned(),
        });
    }
    page.notes.extend(rules(&repos));
    let sources: Vec<_> = repos.iter().map(Opened::source).collect();
    Ok(prepare(page, &sources, budget, |n| Some(key.at(offset + n))))
}

/// What the tiers of these repositories tell, one line a tier, so that an agent knows how its repositories are classified.
fn rules(repos: &[Opened<'_>]) -> Vec<String> {
    // The scope changes a tier for all of its repositories alike.
    let tiers: BTreeMap<Tier, &TierChange> = repos
        .iter()
        .map(|it| (it.grant.repo().tier(), it.grant.repo().told()))
        .collect();
    let line = |(tier, told): (Tier, &TierChange)| {
        let words: Vec<String> = by_word(tier, told)
            .iter()
            .map(|(word, fields)| format!("{word}={}", fields.join(",")))
            .collect();
        format!("tier {tier}: {}", words.join(" "))
    };
    tiers.into_iter().map(line).collect()
}

/// The fields of a tier by the word for how they are told.
pub(super) fn by_word(tier: Tier, told: &TierChange) -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut out = BTreeMap::<_, Vec<_>>::new();
    for (field, word) in tier_table(tier, told) {
        out.entry(word).or_default().push(field);
    }
    out
}

fn facts(opened: Opened<'_>) -> RepoFacts {
    let totals = opened.view.totals();
    let mut facts = RepoFacts {
        owner: opened.grant.repo().owner().to_owned(),
        files: totals.files,
        lines: totals.lines,
        symbols: totals.symbols,
        relations: totals.references,
        skipped: opened.view.generation().info.skipped.clone(),
        ..RepoFacts::default()
    };
    for file in opened.view.files() {
        let language = if file.grammar.is_empty() { "text" } else { file.grammar };
        *facts.languages.entry(language.to_owned()).or_default() += 1;
    }
    facts
}
