//! `explore`: the symbols that matter for a task, how they relate, and what lies between them.

use super::args::{self, Format};
use super::search_symbols::{refused, search_in, used};
use super::{Ask, Opened, Tool};
use crate::disclosure::{ExploreView, Head, LinkView, Prepared, Refusal, prepare};
use crate::extraction::SymbolKind;
use crate::index::{EdgeTarget, Hit, IndexedSymbol, Place, SearchQuery, Spread, SymbolId, Via};
use crate::resolution::{Method, RelationKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

pub(super) const TOOL: Tool = Tool {
    name: "explore",
    title: "Explore code for a task",
    description: "Start here for a task or question about code (\"how is a request authorised\", \"add a flag like X\"): the symbols \
                  that matter, ranked, with signatures, how they call and use each other, and what connects them.",
    schema: args::schema::<Args>,
    run,
};

/// Hits looked through for what is shown.
const CANDIDATES: usize = 40;
/// Hits shown, and how many of them may be in one file.
const MOST_PICKS: usize = 14;
const MOST_OF_FILE: usize = 3;
/// Symbols shown because they lie between hits.
const MOST_BRIDGES: usize = 5;
/// Relations read of one hit, a bound on work.
const MOST_USES: usize = 40;
/// Relations listed with one symbol.
const MOST_LINKS: usize = 12;

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// The task or question, in words and names
    #[serde(alias = "query")]
    task: String,
    /// Only this repository
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repo: Option<String>,
    /// Only under this folder, or glob
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
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
    let path = args.path.as_deref().map(|path| args::filled("path", path, 500));
    let query = SearchQuery {
        text: args::filled("task", &args.task, 1_000)?.to_owned(),
        path: path.transpose()?.map(str::to_owned),
        limit: CANDIDATES,
        spread: Some(Spread {
            of_file: MOST_OF_FILE,
            most: MOST_PICKS,
        }),
        ..SearchQuery::default()
    };
    let repos = ask.named_or_all(args.repo.as_deref())?;
    let key = Ask::cursor_key(TOOL.name, &args, &repos);
    let offset = key.offset(args.cursor.as_deref())?;
    ask.still_wanted()?;
    let found = search_in(&repos, &query).map_err(|err| refused(&repos, &err))?;
    let hits = varied(of_definitions(&used(&repos, &found.hits), found.hits)?);
    let shown = used(&repos, &hits);
    let items = by_file(explored(ask, &shown, hits)?);
    let total = items.len() as u64;
    let items: Vec<ExploreView> = items.into_iter().skip(offset as usize).collect();
    let mut page = ask.page(&shown, items, offset, total);
    page.counts = BTreeMap::from([("candidates".to_owned(), found.total as u64)]);
    if total == 0 {
        page.notes
            .push("nothing matches these words; try other words, or a name from the code".to_owned());
    }
    let sources: Vec<_> = shown.iter().map(Opened::source).collect();
    Ok(prepare(page, &sources, budget, |n| Some(key.at(offset + n))))
}

/// The same hits with definitions in place of what only declares them.
fn of_definitions(repos: &[Opened<'_>], hits: Vec<Hit>) -> Result<Vec<Hit>, Refusal> {
    let mut seen = HashSet::new();
    let mut out = Vec::with_capacity(hits.len());
    for mut hit in hits {
        if let Place::Symbol(symbol) = &hit.place {
            let opened = repos
                .iter()
                .find(|it| it.name() == hit.repo && it.policy.relations.is_told());
            let defined = opened.map(|opened| defined(*opened, symbol)).transpose()?.flatten();
            let symbol = defined.unwrap_or_else(|| symbol.clone());
            if !seen.insert((hit.repo.clone(), symbol.id())) {
                continue;
            }
            hit.place = Place::Symbol(symbol);
        }
        out.push(hit);
    }
    Ok(out)
}

/// The definition that a declaration stands for.
fn defined(opened: Opened<'_>, symbol: &IndexedSymbol) -> Result<Option<IndexedSymbol>, Refusal> {
    let unavailable = |err| opened.unavailable(&err);
    if !symbol.kind().is_callable() || !symbol.outline().is_empty() {
        return Ok(None);
    }
    let is_it = |from: Option<u32>, kind| kind == RelationKind::Declares && from == Some(symbol.position());
    let edges = opened.view.edges_where(symbol.path(), is_it).map_err(unavailable)?;
    match edges.first().map(|edge| &edge.target) {
        Some(EdgeTarget::Symbol { id, .. }) => opened.view.symbol(*id).map_err(unavailable),
        _ => Ok(None),
    }
}

/// The best hits, few of them from any one file.
fn varied(hits: Vec<Hit>) -> Vec<Hit> {
    let mut of_file = HashMap::<(String, String), usize>::new();
    let mut fits = |hit: &Hit| {
        let count = of_file
            .entry((hit.repo.clone(), hit.place.file().path().to_owned()))
            .or_default();
        *count += 1;
        *count <= MOST_OF_FILE
    };
    hits.into_iter().filter(|hit| fits(hit)).take(MOST_PICKS).collect()
}

/// Files in the order of their best entry, so that each is named once.
fn by_file(views: Vec<ExploreView>) -> Vec<ExploreView> {
    let mut order = HashMap::<String, usize>::new();
    let mut placed: Vec<(usize, ExploreView)> = Vec::new();
    for view in views {
        let next = order.len();
        placed.push((*order.entry(view.place().to_owned()).or_insert(next), view));
    }
    placed.sort_by_key(|(at, _)| *at);
    placed.into_iter().map(|(_, view)| view).collect()
}

/// Hits in their order, then what lies between them.
fn explored(ask: &Ask<'_>, shown: &[Opened<'_>], hits: Vec<Hit>) -> Result<Vec<ExploreView>, Refusal> {
    let mut terrains = Vec::new();
    for opened in shown {
        ask.still_wanted()?;
        let here = hits.iter().filter(|hit| hit.repo == opened.name());
        let symbols = here.filter_map(|hit| match &hit.place {
            Place::Symbol(symbol) => Some(symbol.clone()),
            Place::Lines { .. } => None,
        });
        terrains.push(Terrain::new(*opened, symbols.collect())?);
    }
    let mut views = Vec::new();
    for hit in &hits {
        let why = hit.why.iter().map(|why| why.word().to_owned()).collect();
        let terrain = terrains.iter().find(|it| it.opened.name() == hit.repo);
        match (&hit.place, terrain) {
            (Place::Symbol(symbol), Some(terrain)) => views.push(terrain.view(symbol, why)?),
            (Place::Lines { file, lines }, _) => {
                views.push(ExploreView::of_lines(&hit.repo, file.path(), *lines, why));
            }
            (Place::Symbol(_), None) => (),
        }
    }
    for terrain in &terrains {
        for bridge in &terrain.bridges {
            views.push(terrain.view(bridge, vec!["connects".to_owned()])?);
        }
    }
    Ok(views)
}

/// The hits in one repository and what lies between them.
struct Terrain<'a> {
    opened: Opened<'a>,
    bridges: Vec<IndexedSymbol>,
    /// Every symbol shown and the members of shown types, with their handles.
    shown: HashMap<SymbolId, String>,
    /// By symbol shown, what it and its members use, each once for every way of using it.
    uses: HashMap<SymbolId, BTreeSet<(RelationKind, SymbolId)>>,
    /// By symbol shown, its members.
    members: HashMap<SymbolId, Vec<SymbolId>>,
}

impl<'a> Terrain<'a> {
    fn new(opened: Opened<'a>, picks: Vec<IndexedSymbol>) -> Result<Self, Refusal> {
        let mut terrain = Self {
            opened,
            bridges: Vec::new(),
            shown: HashMap::new(),
            uses: HashMap::new(),
            members: HashMap::new(),
        };
        if !opened.policy.relations.is_told() {
            return Ok(terrain);
        }
        for pick in &picks {
            terrain.show(pick)?;
        }
        terrain.bridges = terrain.between(&picks)?;
        for bridge in terrain.bridges.clone() {
            terrain.show(&bridge)?;
        }
        Ok(terrain)
    }

    fn show(&mut self, symbol: &IndexedSymbol) -> Result<(), Refusal> {
        let members = symbol.all_members();
        for member in &members {
            self.shown.insert(member.id(), member.handle());
        }
        self.shown.insert(symbol.id(), symbol.handle());
        self.uses.insert(symbol.id(), self.targets(symbol, &members)?);
        self.members
            .insert(symbol.id(), members.iter().map(IndexedSymbol::id).collect());
        Ok(())
    }

    /// Symbols that at least two hits use or are used by, the best connected first.
    fn between(&self, picks: &[IndexedSymbol]) -> Result<Vec<IndexedSymbol>, Refusal> {
        let mut near = BTreeMap::<SymbolId, BTreeSet<usize>>::new();
        let mut met = HashMap::new();
        for (at, pick) in picks.iter().enumerate() {
            for &(_, id) in self.uses.get(&pick.id()).into_iter().flatten() {
                near.entry(id).or_default().insert(at);
            }
            for user in self.users(pick)? {
                near.entry(user.id()).or_default().insert(at);
                met.entry(user.id()).or_insert(user);
            }
        }
        near.retain(|id, picks| picks.len() > 1 && !id.is_file() && !self.shown.contains_key(id));
        let mut near: Vec<(SymbolId, usize)> = near.into_iter().map(|(id, picks)| (id, picks.len())).collect();
        near.sort_by_key(|&(id, n)| (std::cmp::Reverse(n), id));
        let mut bridges = Vec::new();
        for (id, _) in near {
            let symbol = match met.remove(&id) {
                Some(symbol) => Some(symbol),
                None => self
                    .opened
                    .view
                    .symbol(id)
                    .map_err(|err| self.opened.unavailable(&err))?,
            };
            let is_wanted =
                |it: &IndexedSymbol| !it.file().is_test() && !it.modifiers().is_test && it.kind() != SymbolKind::Impl;
            bridges.extend(symbol.filter(is_wanted));
            if bridges.len() == MOST_BRIDGES {
                break;
            }
        }
        Ok(bridges)
    }

    /// What a symbol and its members use, each once for every way of using it.
    fn targets(
        &self,
        symbol: &IndexedSymbol,
        members: &[IndexedSymbol],
    ) -> Result<BTreeSet<(RelationKind, SymbolId)>, Refusal> {
        let mut own: BTreeSet<u32> = members.iter().map(IndexedSymbol::position).collect();
        own.insert(symbol.position());
        let wanted = |from: Option<u32>, kind| is_link(kind) && from.is_some_and(|from| own.contains(&from));
        let edges = self.opened.view.edges_where(symbol.path(), wanted);
        let edges = edges.map_err(|err| self.opened.unavailable(&err))?;
        Ok(edges
            .into_iter()
            .filter_map(|edge| match edge.target {
                EdgeTarget::Symbol {
                    method: Method::Dispatch,
                    ..
                }
                | EdgeTarget::External { .. }
                | EdgeTarget::Possible(_) => None,
                EdgeTarget::Symbol { id, .. } => Some((edge.kind, id)),
            })
            .collect())
    }

    fn users(&self, symbol: &IndexedSymbol) -> Result<Vec<IndexedSymbol>, Refusal> {
        let wanted = |kind, via| is_link(kind) && via != Via::Possible;
        let page = self.opened.view.incoming(symbol.id(), wanted, 0, MOST_USES);
        let page = page.map_err(|err| self.opened.unavailable(&err))?;
        Ok(page.edges.into_iter().filter_map(|edge| edge.from).collect())
    }

    fn view(&self, symbol: &IndexedSymbol, why: Vec<String>) -> Result<ExploreView, Refusal> {
        let opened = self.opened;
        let mut links = BTreeSet::new();
        let members = self.members.get(&symbol.id());
        let own = |id: SymbolId| id == symbol.id() || members.is_some_and(|members| members.contains(&id));
        // Where relations are not told, nothing is known of any.
        for (kind, id) in self.uses.get(&symbol.id()).into_iter().flatten() {
            let to = self.shown.get(id).filter(|_| !own(*id));
            links.extend(to.map(|to| LinkView {
                relation: kind.word().to_owned(),
                to: to.clone(),
            }));
        }
        drop_implied(&mut links);
        let used_by = opened.policy.relations.is_counted().then(|| self.used_by(symbol));
        let head = Head::of(opened.name(), symbol, opened.policy);
        Ok(ExploreView::of(
            head,
            why,
            links.into_iter().take(MOST_LINKS).collect(),
            used_by.transpose()?,
        ))
    }

    /// How many resolved uses a symbol has.
    fn used_by(&self, symbol: &IndexedSymbol) -> Result<u64, Refusal> {
        let counts = self.opened.view.incoming_counts(symbol.id());
        let counts = counts.map_err(|err| self.opened.unavailable(&err))?;
        let resolved = counts
            .iter()
            .filter(|it| it.via != Via::Possible && !matches!(it.kind, RelationKind::Imports | RelationKind::Tests));
        Ok(resolved.map(|it| u64::from(it.count)).sum())
    }
}

/// Drops uses of a type that a stronger link to it, or to a member of it, says already.
fn drop_implied(links: &mut BTreeSet<LinkView>) {
    let type_use = RelationKind::TypeUse.word();
    let stronger = links.iter().filter(|link| link.relation != type_use);
    let stronger: Vec<String> = stronger.map(|link| link.to.clone()).collect();
    let is_implied = |to: &str| {
        let is_of = |link: &String| {
            let rest = link.strip_prefix(to);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        stronger.iter().any(is_of)
    };
    links.retain(|link| link.relation != type_use || !is_implied(&link.to));
}

/// Relations that say how code hangs together, those that merely name something left out.
fn is_link(kind: RelationKind) -> bool {
    match kind {
        RelationKind::Calls
        | RelationKind::Constructs
        | RelationKind::TypeUse
        | RelationKind::Writes
        | RelationKind::HandledBy
        | RelationKind::Implements
        | RelationKind::Extends
        | RelationKind::Overrides => true,
        RelationKind::Reads
        | RelationKind::Imports
        | RelationKind::Tests
        | RelationKind::Exports
        | RelationKind::Declares => false,
    }
}
