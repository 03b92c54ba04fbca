//! Contracts: routes, commands, events and keys, the only literals that become facts.
//!
//! What names one in a language is said by `queries/contracts.scm`: `@route.name`, `@environment_key.name`. Each pattern stands for the
//! syntax of a framework and is tried in files only that hold one of its words, and import one of the modules it requires. A literal that
//! has not the strict shape of its kind (`shape`), or in which a credential is recognised, stays in the file.

mod actions;
mod chains;
mod classes;
mod constants;
mod documented;
mod files;
mod groups;
mod handlers;
mod query;
mod rails;
mod readers;
mod resources;
mod routers;
mod routes;
mod settings;
mod shape;

pub(super) use groups::Groups;
pub(super) use query::ContractQuery;
pub(super) use routers::{MountDraft, keep_mounts};

use super::Fragment;
use super::bindings::{Bindings, ExprId, Import, ImportKind};
use super::facts::{Contract, Handler, Lines, SymbolIdx, SymbolKind};
use super::grammar::Flags;
use super::parsed::{Parsed, SymbolNode};
use super::pattern;
use crate::extraction::tree::Node;
use crate::secrets::Scanner;
use chains::Scope;
use query::{Capture, Part, Pattern};
use readers::Readers;
use routers::Routers;
use rustc_hash::FxHashSet;
use std::borrow::Cow;
use std::ops::Range;

/// How many contracts one file has at most.
const MOST: usize = 2_000;
/// What is known of a file before its contracts are read.
pub(super) struct Around<'a, 't> {
    pub(super) symbols: &'a [SymbolNode<'t>],
    pub(super) names: &'a [Fragment],
    /// The first byte of the last name of every reference, in order.
    pub(super) references: &'a [u32],
    pub(super) unparsed: &'a [Lines],
    pub(super) bindings: &'a Bindings,
}

/// What a file says of contracts.
#[derive(Default)]
pub(super) struct Read {
    pub(super) contracts: Vec<Contract>,
    pub(super) mounts: Vec<MountDraft>,
    /// What the routes of routers begin with that other files can reach.
    pub(super) routers: Vec<(SymbolIdx, Fragment)>,
    /// Functions that read the environment under a name they are given.
    pub(super) readers: Vec<(SymbolIdx, u8)>,
}

/// The contracts of a file: what its path makes of it, then the others in document order.
pub(super) fn read<'t>(parsed: &Parsed<'t>, path: &str, around: &Around<'_, 't>) -> Read {
    let by_file = files::read(parsed, path, around);
    let imports_one = |modules: &[String]| around.imports_one(parsed, modules);
    let open = parsed.grammar.contracts().open(parsed.original, imports_one);
    if open.is_empty() {
        return Read {
            contracts: by_file,
            ..Read::default()
        };
    }
    let queries = open.iter().map(|group| group.query(parsed.grammar));
    let mut found: Vec<Found<'_, '_>> = queries.flat_map(|query| matches(parsed, query)).collect();
    found.sort_by_key(|it| (it.start(), it.pattern.number));
    let mut reader = Reader::new(parsed, around, &found);
    if let Some(prefix) = files::prefix(parsed, path, around) {
        let everywhere = (0..usize::MAX, Some(prefix.to_owned()));
        reader.routers.scopes.insert(0, everywhere);
    }
    let readable = || found.iter().filter(|found| found.is_readable(parsed));
    let mut contracts: Vec<Told> = readable().flat_map(|found| reader.contracts(found)).collect();
    let mounts = readable().filter_map(|found| reader.routers.mount(found));
    let mounts = mounts.take(routers::MOST_MOUNTS).collect();
    contracts.sort_by_key(|it| it.at);
    let by_place = contracts.chunk_by(|a, b| a.at == b.at).flat_map(best);
    let mut contracts = by_file;
    contracts.extend(by_place);
    let mut seen = FxHashSet::default();
    contracts.retain(|it| seen.insert((it.kind, it.name.clone(), it.within, it.handler)));
    contracts.truncate(MOST);
    let mut routers = reader.routers.own_paths();
    routers.append(&mut reader.class_paths);
    Read {
        contracts,
        mounts,
        routers,
        readers: reader.readers.all().collect(),
    }
}

/// The name of a contract.
struct Named {
    name: String,
    /// The action that answers it, of those that a framework gives to a name of things.
    action: Option<&'static str>,
}

impl From<String> for Named {
    fn from(name: String) -> Self {
        Self { name, action: None }
    }
}

/// What one match tells.
struct Told {
    /// Where the literal stands, or what has its name.
    at: usize,
    /// A literal names what has a name of its own.
    is_stated: bool,
    contract: Contract,
}

/// Of what several patterns say of one place, what says most: a stated name, a method rather than any, and what answers it.
fn best(found: &[Told]) -> Vec<Contract> {
    let is_stated = found.iter().any(|it| it.is_stated);
    let all = || {
        found
            .iter()
            .filter(|it| it.is_stated == is_stated)
            .map(|it| &it.contract)
    };
    let is_any = |it: &Contract| it.kind == SymbolKind::Route && it.name.expose().starts_with("ANY ");
    let has_method = all().any(|it| it.kind == SymbolKind::Route && !is_any(it));
    let is_key = |it: &Contract| it.kind == SymbolKind::EnvironmentKey;
    let has_key = all().any(|it| is_key(it) && it.is_whole());
    let is_answered = |name: &Fragment| all().any(|it| it.name == *name && it.handler.is_some());
    all()
        .filter(|it| !(has_key && is_key(it) && !it.is_whole()))
        .filter(|it| !(has_method && is_any(it)) && (it.handler.is_some() || !is_answered(&it.name)))
        .cloned()
        .collect()
}

/// The captures of one match.
struct Found<'t, 'q> {
    pattern: &'q Pattern,
    captures: Vec<(Capture, Node<'t>)>,
}

fn matches<'t, 'q>(parsed: &Parsed<'t>, query: &'q ContractQuery) -> Vec<Found<'t, 'q>> {
    let mut found = pattern::matches(&query.query, parsed.root.nodes(), parsed.bytes);
    // Of a chain, the call that is written first is the innermost.
    found.sort_by_key(|one| one.captures.iter().map(|(_, node)| node.id()).max());
    let named = |(capture, node)| (query.captures[usize::from(capture)], node);
    found
        .into_iter()
        .map(|one| Found {
            pattern: &query.patterns[one.pattern],
            captures: one.captures.into_iter().map(named).collect(),
        })
        .collect()
}

impl<'t> Found<'t, '_> {
    /// Where the first of what it captures begins.
    fn start(&self) -> usize {
        let starts = self.captures.iter().map(|(_, node)| node.start_byte());
        starts.min().unwrap_or_default()
    }

    fn all(&self, wanted: Capture) -> impl Iterator<Item = Node<'t>> {
        self.captures
            .iter()
            .filter(move |(capture, _)| *capture == wanted)
            .map(|(_, node)| *node)
    }

    fn one(&self, wanted: Capture) -> Option<Node<'t>> {
        self.all(wanted).next()
    }

    fn part(&self, kind: SymbolKind, part: Part) -> Option<Node<'t>> {
        self.one(Capture::Part(kind, part))
    }

    /// The kind of contract it tells of.
    fn kind(&self) -> Option<SymbolKind> {
        self.captures.iter().find_map(|(capture, _)| match capture {
            Capture::Part(kind, _) => Some(*kind),
            _ => None,
        })
    }

    /// Whether it is sure to be code: no part stands where a string may have been left open, or in the tokens of a macro.
    fn is_readable(&self, parsed: &Parsed<'_>) -> bool {
        let is_identifier = |node: Node<'_>| parsed.grammar.nodes().kind(node.kind_id()).flags.has(Flags::IDENTIFIER);
        self.captures.iter().all(|(capture, node)| match capture {
            Capture::Part(_, Part::Scope | Part::Handler) | Capture::MountTarget | Capture::MountOnto => true,
            _ => {
                let is_missing = is_identifier(*node) && parsed.text(*node).is_empty();
                !(node.has_error() || parsed.is_within_hidden(*node) || is_missing)
            }
        })
    }
}

impl Around<'_, '_> {
    /// Whether something on a line could not be read.
    fn is_unparsed(&self, line: u32) -> bool {
        self.unparsed.iter().any(|it| it.start <= line && line <= it.end)
    }

    /// The reference whose last name begins at a byte.
    fn reference(&self, start: usize) -> Option<u32> {
        let start = start as u32;
        let at = self.references.partition_point(|place| *place < start);
        (self.references.get(at) == Some(&start)).then_some(at as u32)
    }

    /// The references whose last names begin in a range.
    fn references_in(&self, range: Range<usize>) -> (u32, u32) {
        let before = |at: usize| self.references.partition_point(|place| (*place as usize) < at) as u32;
        (before(range.start), before(range.end))
    }

    /// What that reference leads to.
    fn reference_target(&self, start: usize) -> Option<ExprId> {
        let reference = self.reference(start)?;
        Some(self.bindings.references.get(reference as usize)?.target)
    }

    /// Whether the file imports one of the modules, or names one in a path; true if none is asked for.
    fn imports_one(&self, parsed: &Parsed<'_>, modules: &[String]) -> bool {
        let is_of = |path: &str, module: &str| {
            path.strip_prefix(module)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/', ':']))
        };
        let paths = || {
            let imports = self
                .bindings
                .imports
                .iter()
                .filter(|import| import.kind != ImportKind::Clause);
            imports.map(|import| self.path(import))
        };
        modules.is_empty()
            || paths().any(|path| modules.iter().any(|module| is_of(&path, module)))
            || modules
                .iter()
                .any(|module| memchr::memmem::find(parsed.bytes, format!("{module}::").as_bytes()).is_some())
    }
}

impl Around<'_, '_> {
    /// The path of an import with points in it, however the language writes it.
    fn path(&self, import: &Import) -> String {
        let parts = import.path.iter().map(|id| self.names[id.0 as usize].expose());
        parts.collect::<Vec<_>>().join(".").replace('\\', ".")
    }

    /// Whether the file imports a name from a module, whatever that stands in; `*` is any module.
    fn imports_from(&self, module: &str, name: &str) -> bool {
        let mut imports = self.bindings.imports.iter();
        imports.any(|import| {
            let is_it = import
                .local
                .is_some_and(|id| self.names[id.0 as usize].expose() == name);
            is_it && (module == "*" || self.path(import).split('.').any(|part| part == module))
        })
    }
}

/// What holds for all contracts of a file.
struct Reader<'a, 't> {
    parsed: &'a Parsed<'t>,
    around: &'a Around<'a, 't>,
    /// What the routes of a class and of those that inherit from it begin with, with the parameters that stand for names; nothing for a method
    /// that answers a route itself, so that it is none of its bases that does.
    class_paths: Vec<(SymbolIdx, Fragment)>,
    routers: Routers<'a, 't>,
    assigned: FxHashSet<&'t str>,
    made: FxHashSet<&'t str>,
    readers: Readers<'t>,
}

impl<'a, 't> Reader<'a, 't> {
    fn new(parsed: &'a Parsed<'t>, around: &'a Around<'a, 't>, found: &[Found<'t, '_>]) -> Self {
        let mut reader = Self {
            parsed,
            around,
            class_paths: Vec::new(),
            routers: Routers::none(parsed, around),
            assigned: FxHashSet::default(),
            made: FxHashSet::default(),
            readers: Readers::new(parsed, around, found),
        };
        let mut scopes = Vec::new();
        for found in found {
            reader.class_paths.extend(classes::made_path(parsed, around, found));
            reader.class_paths.extend(classes::answering(around, found));
            for kind in SymbolKind::CONTRACTS {
                if let (Some(prefix_node), Some(scope)) =
                    (found.part(kind, Part::Prefix), found.part(kind, Part::Scope))
                    && let Some(prefix) = reader.scope_prefix(found, prefix_node)
                {
                    reader.class_paths.extend(reader.class_path(found, prefix_node, scope));
                    let range = match found.pattern.is_chained {
                        true => scope.end_byte()..chains::whole(scope).end_byte(),
                        false => scope.byte_range(),
                    };
                    add_scope(&mut scopes, found, range, prefix);
                }
                let assigned = found.all(Capture::Part(kind, Part::Assigned));
                assigned.for_each(|node| _ = reader.assigned.insert(parsed.text(node)));
                let made = found.all(Capture::Part(kind, Part::Made));
                made.for_each(|node| _ = reader.made.insert(parsed.text(node)));
            }
        }
        scopes.sort_by_key(|(range, _)| range.start);
        scopes.dedup();
        reader.routers = Routers::new(parsed, around, found, scopes);
        reader
    }

    /// The text between the quotes of a literal.
    fn literal(&self, node: Node<'t>) -> Option<&'t str> {
        literal(self.parsed, node)
    }

    /// The contracts that one match tells of: one for each method of a route.
    fn contracts(&self, found: &Found<'t, '_>) -> Vec<Told> {
        let Some(kind) = found.kind() else { return Vec::new() };
        let name = found.part(kind, Part::Name);
        let handler = found.part(kind, Part::Handler);
        let Some(node) = name.or(found.part(kind, Part::Method)).or(handler) else {
            return Vec::new();
        };
        if name.is_none() && found.part(kind, Part::Prefix).is_some() {
            return Vec::new();
        }
        let mut below = None;
        if let Some(by) = found.part(kind, Part::By)
            && !self.readers.is_given(self.parsed, self.around, by, node)
        {
            below = readers::elsewhere(self.around, by, node).filter(|_| found.pattern.is_elsewhere);
            if below.is_none() {
                return Vec::new();
            }
        }
        let is_open = below.is_some();
        let names = match kind {
            SymbolKind::Route => {
                let (names, told) = self.routes(found, node, name);
                below = told;
                names
            }
            SymbolKind::EnvironmentKey if found.pattern.is_settings => self.settings(found, node),
            SymbolKind::Request => self.request(found, name).map(Named::from).into_iter().collect(),
            _ => name
                .and_then(|name| self.name(kind, name, found.pattern))
                .into_iter()
                .map(Named::from)
                .collect(),
        };
        let named = found.part(kind, Part::Of);
        let node = named.unwrap_or(node);
        let row = |node: Node<'_>| node.line();
        let line = row(node);
        let is_unparsed = self.around.is_unparsed(line);
        let names = names.into_iter().filter(|it| !is_unparsed && is_clean(&it.name));
        names
            .map(|Named { name, action }| {
                let handler = self.handler(found, kind, action);
                // Linking tells it if what is called reads the environment.
                let name = if is_open { format!("{name} ") } else { name };
                let end = match handler {
                    Some(Handler::Inline { last_line, .. }) => last_line.max(line),
                    _ => line,
                };
                let contract = Contract {
                    kind,
                    name: Fragment::new(name),
                    within: self.within(node, handler),
                    handler,
                    lines: Lines { start: line, end },
                    is_test: false,
                    below,
                };
                Told {
                    at: node.start_byte(),
                    is_stated: named.is_some(),
                    contract,
                }
            })
            .collect()
    }

    /// The keys of a field of a class of settings.
    fn settings(&self, found: &Found<'t, '_>, name: Node<'t>) -> Vec<Named> {
        let class = found.part(SymbolKind::EnvironmentKey, Part::Scope);
        let keys = class.map(|class| settings::keys(self.parsed, self.around.symbols, class, name));
        keys.into_iter().flatten().map(Named::from).collect()
    }

    fn name(&self, kind: SymbolKind, node: Node<'t>, pattern: &Pattern) -> Option<String> {
        let text = match self.literal(node) {
            Some(text) => Cow::Borrowed(text),
            // An identifier stands for itself: `process.env.NAME`.
            None if node.named_child_count() == 0 => Cow::Borrowed(self.parsed.text(node)),
            None if pattern.is_constant => Cow::Owned(constants::of_class(self.parsed.text(node))?),
            None => return None,
        };
        let text = match pattern {
            Pattern { is_kebab: true, .. } => Cow::Owned(kebab(&text)),
            Pattern { is_first: true, .. } => Cow::Owned(text.split_ascii_whitespace().next()?.to_owned()),
            Pattern {
                is_placeholder: true, ..
            } => Cow::Owned(shape::placeholder(&text)?.to_owned()),
            _ => text,
        };
        let module = pattern.imported.as_deref();
        let is_known = |module| self.made.contains(&*text) || self.around.imports_from(module, &text);
        if !module.is_none_or(is_known) {
            return None;
        }
        let told = shape::of(kind, &text)?;
        let told = match pattern.computed.as_deref() {
            Some("before") => format!("*{told}"),
            Some(_) => format!("{told}*"),
            None => told,
        };
        (!self.assigned.contains(told.as_str())).then_some(told)
    }

    fn request(&self, found: &Found<'t, '_>, name: Option<Node<'t>>) -> Option<String> {
        let name = name?;
        let written = found.part(SymbolKind::Request, Part::Method);
        let method = match written {
            Some(node) => shape::method(self.literal(node).unwrap_or_else(|| self.parsed.text(node))),
            None => found.pattern.method.as_deref(),
        };
        let path = self
            .address_text(name, found.pattern.is_dollar)
            // Of some addresses the path is a credential, which the host gives away.
            .filter(|text| is_clean(text))
            .and_then(|text| shape::address(&text, found.pattern.is_relative))?;
        Some(format!("{} {path}", method?))
    }

    /// The text of an address, `{}` for what is put in.
    fn address_text(&self, node: Node<'t>, is_dollar: bool) -> Option<Cow<'t, str>> {
        let is_text = |text: &&str| !(text.contains('$') || text.contains("#{") || text.contains("\\("));
        if let Some(text) = self.literal(node).filter(is_text) {
            return Some(Cow::Borrowed(text));
        }
        let mut out = String::new();
        let mut at = node.start_byte();
        let text = |range: Range<usize>| self.parsed.bytes.get(range).and_then(|it| std::str::from_utf8(it).ok());
        for child in node.named_children().filter(|it| is_put_in(it.kind())) {
            out.push_str(text(at..child.start_byte())?);
            out.push_str("{}");
            at = child.end_byte();
        }
        if at == node.start_byte() {
            let text = self.literal(node).filter(|_| is_dollar)?;
            return shape::without_dollars(text).map(Cow::Owned);
        }
        out.push_str(text(at..node.end_byte())?);
        let inner = out.trim_start_matches(['f', 's', '$']);
        let quote = inner.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
        let inner = inner.strip_prefix(quote)?.strip_suffix(quote)?;
        Some(Cow::Owned(inner.to_owned()))
    }

    /// The innermost symbol around a node that is not what answers the contract.
    fn within(&self, node: Node<'t>, handler: Option<Handler>) -> Option<SymbolIdx> {
        let range = node.byte_range();
        let around = |it: &&SymbolNode<'_>| it.node.start_byte() <= range.start && range.end <= it.node.end_byte();
        let innermost = self.around.symbols.iter().rev().find(around)?;
        if handler == Some(Handler::Symbol(innermost.index)) {
            innermost.container
        } else {
            Some(innermost.index)
        }
    }
}

/// Adds a scope. A class that states several paths has its routes below each, so where they begin is any of them.
fn add_scope(scopes: &mut Vec<Scope>, found: &Found<'_, '_>, range: Range<usize>, prefix: Option<String>) {
    let is_class = found.pattern.token.is_some();
    match scopes.iter_mut().find(|(other, _)| is_class && *other == range) {
        Some((_, other)) if *other != prefix => *other = Some(routes::ANY_PATH.to_owned()),
        Some(_) => (),
        None => scopes.push((range, prefix)),
    }
}

/// The text between the quotes of a literal.
fn literal<'t>(parsed: &Parsed<'t>, node: Node<'t>) -> Option<&'t str> {
    let text = parsed.bytes.get(node.byte_range())?;
    shape::unquoted(std::str::from_utf8(text).ok()?)
}

impl Contract {
    /// The name of a route whose router is mounted: below `before`, which stands in place of what the router begins with if it `replaces` that.
    pub fn mounted(&self, before: &str, replaces: bool) -> Option<Fragment> {
        let (method, path) = self.name.expose().split_once(' ')?;
        let own = if replaces { self.below?.own as usize } else { 0 };
        let path = path.get(own..)?;
        let path = if path == "/" { "" } else { path };
        let whole = shape::joined(before, path)?;
        Some(format!("{method} {whole}"))
            .filter(|name| is_clean(name))
            .map(Fragment::new)
    }
}

/// Whether a part of a string is computed.
fn is_put_in(kind: &str) -> bool {
    let is_part = kind.contains("substitution") || kind.contains("interpolation") || kind.contains("interpolated");
    is_part && !kind.ends_with("_start")
}

/// Whether nothing in a name is recognised as a credential or as personal.
fn is_clean(name: &str) -> bool {
    matches!(Scanner::builtin().redact(name).text, Cow::Borrowed(_))
}

/// `AddUser` and `add_user` as a command line has them: `add-user`.
fn kebab(name: &str) -> String {
    let mut out = String::new();
    let mut before = '_';
    for c in name.chars() {
        if c.is_ascii_uppercase() && before != '_' && !before.is_ascii_uppercase() {
            out.push('-');
        }
        out.push(if c == '_' { '-' } else { c.to_ascii_lowercase() });
        before = c;
    }
    out
}
