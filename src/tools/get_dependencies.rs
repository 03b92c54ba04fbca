//! `get_dependencies`: packages that repositories require, at which versions, who imports them, and who provides them.

use super::args::{self, Format};
use super::{Ask, Opened, Tool};
use crate::disclosure::{DependencyFacts, DependencyView, Prepared, Refusal, prepare};
use crate::extraction::Fragment;
use crate::extraction::packages::{PackageFacts, Requirement};
use crate::index::PackageKey;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

pub(super) const TOOL: Tool = Tool {
    name: "get_dependencies",
    title: "Get dependencies",
    description: "Packages a repository or folder requires, by manifest: range, locked version, purpose, files that import it, approved \
                  repositories that provide it. With `package` alone: every repository that requires, locks or provides it.",
    schema: args::schema::<Args>,
    run,
};

/// Files whose imports are read for one answer; a bound on work.
const MOST_FILES: usize = 20_000;

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// `repo` or `repo:folder/`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    /// Only this package
    #[serde(default, skip_serializing_if = "Option::is_none")]
    package: Option<String>,
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
    let package = args
        .package
        .as_deref()
        .map(|it| args::filled("package", it, 200))
        .transpose()?;
    let named = match &args.target {
        Some(target) => {
            let (opened, written) = ask.place(args::filled("target", target, 1_000)?)?;
            let opened = opened.by_name()?;
            let path = opened.asked(&written);
            Some((opened, path))
        }
        None if package.is_none() => return Err(args::bad("say `target`, `package` or both")),
        None => None,
    };
    let all = ask.named_or_all(None)?;
    let providers = Providers::of(&all);
    let asked = match named {
        Some(named) => vec![named],
        None => all.iter().map(|it| (*it, String::new())).collect(),
    };
    let mut found = Found::default();
    for (opened, folder) in asked {
        ask.still_wanted()?;
        found.search(opened, &folder, package, &providers)?;
    }
    let repos: Vec<Opened<'_>> = all
        .iter()
        .copied()
        .filter(|it| found.repos.contains(it.name()))
        .collect();
    let key = Ask::cursor_key(TOOL.name, &args, &repos);
    let offset = key.offset(args.cursor.as_deref())?;
    let total = found.items.len() as u64;
    let items = found.items.into_iter().skip(offset as usize).collect();
    let mut page = ask.page(&repos, items, offset, total);
    page.counts = found.counts;
    if total == 0 {
        page.notes.push(
            "no manifest or lock file that is indexed names one; get_index_status says what was skipped".to_owned(),
        );
    }
    let sources: Vec<_> = repos.iter().map(Opened::source).collect();
    Ok(prepare(page, &sources, budget, |n| Some(key.at(offset + n))))
}

/// Which repositories the caller may read provide which package.
struct Providers(BTreeMap<PackageKey, Vec<(String, String)>>);

impl Providers {
    fn of(all: &[Opened<'_>]) -> Self {
        let mut out = BTreeMap::<PackageKey, Vec<(String, String)>>::new();
        for opened in all.iter().filter(|it| it.policy.relations.is_told()) {
            for (path, facts) in &opened.view.generation().info.packages.files {
                if let Some(own) = &facts.provides {
                    let key = PackageKey::of(facts.ecosystem, &own.name);
                    let place = (opened.name().to_owned(), path.clone());
                    out.entry(key).or_default().push(place);
                }
            }
        }
        Self(out)
    }
}

/// The folder of a path; empty for the top.
fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn is_below(folder: &str, path: &str) -> bool {
    folder.is_empty() || path == folder || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

#[derive(Default)]
struct Found {
    items: Vec<DependencyView>,
    counts: BTreeMap<String, u64>,
    /// The repositories that anything is said of.
    repos: BTreeSet<String>,
}

impl Found {
    fn search(
        &mut self,
        opened: Opened<'_>,
        folder: &str,
        package: Option<&str>,
        providers: &Providers,
    ) -> Result<(), Refusal> {
        let folder = folder.trim_end_matches('/');
        let written = package.map(|it| opened.asked(it));
        let is_meant = |key: &PackageKey| written.as_ref().is_none_or(|it| key.is(it));
        let packages = &opened.view.generation().info.packages;
        let here = || packages.files.iter().filter(|(path, _)| is_below(folder, path));
        let is_any = here().any(|(_, facts)| keys_of(facts).any(|key| is_meant(&key)));
        if !is_any && package.is_some() {
            return Ok(());
        }
        self.repos.insert(opened.name().to_owned());
        let importers = importers(opened, folder)?;
        for (path, facts) in here() {
            let handle = || format!("{}:{path}", opened.name());
            let of = |name: &Fragment| PackageKey::of(facts.ecosystem, name);
            for own in facts.provides.iter().filter(|it| is_meant(&of(&it.name))) {
                self.add(
                    "provides",
                    DependencyView::bare(handle(), "provides", facts.ecosystem, own, opened.policy),
                );
            }
            for required in facts.requires.iter().filter(|it| is_meant(&of(&it.package.name))) {
                let more = self.facts(opened, path, facts, required, (&importers, providers));
                let view = DependencyView::required(handle(), facts.ecosystem, required, more, opened.policy);
                self.add("requires", view);
            }
            // What a lock file settles on is told beside what requires it, and by itself where one package is asked for.
            for locked in facts
                .locked
                .iter()
                .filter(|it| package.is_some() && is_meant(&of(&it.name)))
            {
                self.add(
                    "locks",
                    DependencyView::bare(handle(), "locks", facts.ecosystem, locked, opened.policy),
                );
            }
        }
        Ok(())
    }

    fn add(&mut self, what: &str, view: DependencyView) {
        *self.counts.entry(what.to_owned()).or_default() += 1;
        self.items.push(view);
    }

    fn facts<'o>(
        &mut self,
        opened: Opened<'o>,
        manifest: &str,
        facts: &PackageFacts,
        required: &Requirement,
        (importers, providers): (&Importers, &Providers),
    ) -> DependencyFacts<'o> {
        let key = PackageKey::of(facts.ecosystem, &required.package.name);
        let packages = &opened.view.generation().info.packages;
        let locks = packages
            .files
            .iter()
            .filter(|(path, lock)| lock.ecosystem == facts.ecosystem && is_below(folder_of(path), folder_of(manifest)));
        let mut locked: Vec<&Fragment> = locks
            .flat_map(|(_, lock)| &lock.locked)
            .filter(|it| PackageKey::of(facts.ecosystem, &it.name) == key)
            .map(|it| &it.version)
            .collect();
        locked.sort_unstable();
        locked.dedup();
        let provided_by = providers.0.get(&key).into_iter().flatten();
        let provided_by: Vec<String> = provided_by
            .filter(|(repo, path)| (repo.as_str(), path.as_str()) != (opened.name(), manifest))
            .map(|(repo, path)| {
                self.repos.insert(repo.clone());
                format!("{repo}:{path}")
            })
            .collect();
        let is_known = importers.ecosystems.contains(&facts.ecosystem) && opened.policy.relations.is_told();
        let around = folder_of(manifest);
        let files = is_known.then(|| {
            let all = importers.files.get(&PackageKey::of_import(facts.ecosystem, required));
            all.into_iter()
                .flatten()
                .filter(|path| is_below(around, path))
                .cloned()
                .collect()
        });
        DependencyFacts {
            locked,
            importers: files,
            provided_by,
        }
    }
}

/// Every package that a manifest or lock file names.
fn keys_of(facts: &PackageFacts) -> impl Iterator<Item = PackageKey> {
    let required = facts.requires.iter().map(|it| &it.package.name);
    let locked = facts.locked.iter().map(|it| &it.name);
    let names = facts.provides.iter().map(|it| &it.name).chain(required).chain(locked);
    names.map(|name| PackageKey::of(facts.ecosystem, name))
}

/// Which files import which package.
#[derive(Default)]
struct Importers {
    files: BTreeMap<PackageKey, BTreeSet<String>>,
    /// Those whose packages imports can be told by.
    ecosystems: BTreeSet<crate::extraction::packages::Ecosystem>,
}

fn importers(opened: Opened<'_>, folder: &str) -> Result<Importers, Refusal> {
    let mut out = Importers::default();
    for summary in opened.view.files_under(folder).take(MOST_FILES) {
        let Some(ecosystem) = PackageKey::ecosystem_of(summary.grammar) else {
            continue;
        };
        out.ecosystems.insert(ecosystem);
        let file = opened.view.file(summary.path).map_err(|err| opened.unavailable(&err))?;
        for (module, target, _) in file.iter().flat_map(|it| it.imports()) {
            if target.is_some() {
                continue;
            }
            for key in PackageKey::of_module(summary.grammar, module) {
                out.files.entry(key).or_default().insert(summary.path.to_owned());
            }
        }
    }
    Ok(out)
}
