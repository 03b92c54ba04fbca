//! `get_classification`: how a repository, or a path in it, is classified, and what follows from that.
//!
//! A path is decided about by the rules alone, so that an answer is no word on whether an excluded file is there. What the security team wrote
//! as an exclusion is not quoted: it may name what it hides.

use super::args::{self, Format};
use super::list_repos::by_word;
use super::{Ask, Opened, Tool};
use crate::disclosure::{ClassificationView, Prepared, Refusal, prepare};
use crate::scope::{PathDecision, Rule};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

pub(super) const TOOL: Tool = Tool {
    name: "get_classification",
    title: "Get classification",
    description: "How a repository or a path is classified: tier, what is told and what is withheld, whether the path is excluded, \
                  and by which right you ask. Use it to explain a gap, or before you ask a person to share code.",
    schema: args::schema::<Args>,
    run,
};

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// `REPO` or `REPO:PATH`; nothing need be at the path
    target: String,
    #[serde(default, skip_serializing)]
    format: Format,
    #[serde(default, skip_serializing)]
    max_tokens: Option<u32>,
}

fn run(ask: &Ask<'_>, arguments: Map<String, Value>) -> Result<Prepared, Refusal> {
    let args: Args = args::parse(arguments)?;
    let budget = args::budget(args.format, args.max_tokens)?;
    let (opened, path) = ask.place(args::filled("target", &args.target, 500)?)?;
    let view = if path.is_empty() {
        of_repo(opened)
    } else {
        // Where paths are withheld, a decision about one would tell it.
        of_path(opened.by_name()?, &path)?
    };
    let mut page = ask.page(&[opened], vec![view], 0, 1);
    if opened.grant.repo().told().names_in_clear {
        page.notes
            .push("names are told in clear by decision of the security team".to_owned());
    }
    page.notes.push(
        "bodies, comments and literals other than names of routes, commands, events and keys are told at no tier; what is withheld or excluded is \
             to stay so: ask the owner, not a person for the text"
            .to_owned(),
    );
    Ok(prepare(page, &[opened.source()], budget, |_| None))
}

fn of_repo(opened: Opened<'_>) -> ClassificationView {
    let repo = opened.grant.repo();
    let own = repo.paths().rules().filter(|rule| !rule.starts_with(DEFAULT)).count();
    ClassificationView {
        handle: opened.name().to_owned(),
        decision: "approved".to_owned(),
        rule: "tier".to_owned(),
        files: opened.view.totals().files,
        told: told(opened),
        exclusions: Some(own as u64),
        owner: repo.owner().to_owned(),
        ground: ground(opened),
    }
}

/// The origin of exclusions that are in force everywhere, and written in louver itself.
const DEFAULT: &str = "default:";

fn of_path(opened: Opened<'_>, written: &str) -> Result<ClassificationView, Refusal> {
    let path = &opened.asked(written);
    let (decision, rule) = match opened.grant.repo().paths().decide(path) {
        PathDecision::Approved => ("approved", "tier"),
        PathDecision::Excluded { rule } => ("excluded", rule),
        PathDecision::Vendored { rule } => ("vendored", rule),
    };
    let is_approved = decision == "approved";
    let rule = match rule.strip_prefix(DEFAULT) {
        Some(_) if opened.is_veiled() => "default",
        Some(pattern) => pattern,
        None if is_approved => rule,
        None => "scope",
    };
    Ok(ClassificationView {
        handle: format!("{}:{path}", opened.name()),
        decision: decision.to_owned(),
        rule: rule.to_owned(),
        files: if is_approved { files(opened, path)? } else { 0 },
        told: if is_approved { told(opened) } else { BTreeMap::new() },
        exclusions: None,
        owner: opened.grant.repo().owner().to_owned(),
        ground: ground(opened),
    })
}

/// How many indexed files there are at a path or below it.
fn files(opened: Opened<'_>, path: &str) -> Result<u64, Refusal> {
    let file = opened.view.file(path).map_err(|err| opened.unavailable(&err))?;
    Ok(file.map_or_else(|| opened.view.files_under(path).count() as u64, |_| 1))
}

fn told(opened: Opened<'_>) -> BTreeMap<String, Vec<String>> {
    let repo = opened.grant.repo();
    let fields = by_word(repo.tier(), repo.told()).into_iter();
    fields
        .map(|(word, fields)| (word.to_owned(), fields.into_iter().map(str::to_owned).collect()))
        .collect()
}

/// Why the scope lets this person ask.
fn ground(opened: Opened<'_>) -> String {
    match opened.grant.rule() {
        Rule::Reader(_) => "reader".to_owned(),
        Rule::Exception(_) => "exception".to_owned(),
        // Whatever denies never made a grant.
        _ => "listed".to_owned(),
    }
}
