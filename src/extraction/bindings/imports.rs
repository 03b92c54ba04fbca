//! Imports and re-exports, by the captures of `imports.scm` or as a tree of paths.

use super::rules::ImportRule;
use super::scopes::{Entry, ImportSite};
use super::walk::Surveyor;
use super::{Import, ImportKind};
use crate::extraction::facts::SymbolKind;
use crate::extraction::parsed::line_of;
use crate::extraction::pattern::{self, Query};
use crate::extraction::tree::Node;
use std::sync::Arc;

/// The compiled `imports.scm` of a language.
pub(super) struct ImportQuery {
    query: Arc<Query>,
}

/// The captures of one match.
#[derive(Default)]
struct Captures<'t> {
    source: Option<Node<'t>>,
    alias: Option<Node<'t>>,
    found: Option<(Node<'t>, What)>,
}

#[derive(Clone, Copy)]
enum What {
    Default,
    Name,
    Namespace,
    /// A path whose first segment becomes known.
    Head,
    /// A path whose last segment becomes known.
    Path,
    Star,
    /// A file whose names stand here from now on.
    File,
    Clause,
    ExportName,
    ExportStar,
    ExportNamespace,
    ExportDefault,
}

impl What {
    fn of(capture: &str) -> Option<Self> {
        Some(match capture {
            "import.default" => Self::Default,
            "import.name" => Self::Name,
            "import.namespace" => Self::Namespace,
            "import.head" => Self::Head,
            "import.path" => Self::Path,
            "import.star" => Self::Star,
            "import.file" => Self::File,
            "package" => Self::Clause,
            "export.name" => Self::ExportName,
            "export.star" => Self::ExportStar,
            "export.namespace" => Self::ExportNamespace,
            "export.default" => Self::ExportDefault,
            _ => return None,
        })
    }
}

impl ImportQuery {
    pub(super) fn new(query: Query) -> Self {
        Self { query: Arc::new(query) }
    }
}

/// Whether every capture of a query means something.
pub(super) fn check(query: &Query) -> Result<(), String> {
    let known = |name: &str| matches!(name, "source" | "alias") || name.starts_with('_') || What::of(name).is_some();
    match query.capture_names().iter().find(|name| !known(name)) {
        Some(name) => Err(format!(
            "`@{name}` is no capture; use `@source`, `@alias`, `@import.<kind>`, `@export.<kind>` or `@package`"
        )),
        None => Ok(()),
    }
}

/// The name by which the code that imports a path knows it: its last segment that is no version.
fn package_word<'t>(path: &[&'t str]) -> Option<&'t str> {
    let is_version = |word: &str| {
        let number = word.strip_prefix('v').unwrap_or_default();
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    let word = path.iter().rev().find(|word| !is_version(word)).or(path.last())?;
    match word.rsplit_once('.') {
        Some((name, version)) if is_version(version) => Some(name),
        _ => Some(word),
    }
}

impl<'t> Surveyor<'t, '_> {
    /// Reads an import node and makes the names it brings in known.
    pub(super) fn read_import(&mut self, site: ImportSite<'t>) {
        match site.rule {
            ImportRule::Query | ImportRule::Around | ImportRule::Required => self.read_query(site),
            ImportRule::Tree => {
                let visible = site
                    .node
                    .named_child(0)
                    .is_some_and(|first| first.kind() == "visibility_modifier");
                if let Some(argument) = site.node.child_by_field_name("argument") {
                    self.read_tree(argument, &mut Vec::new(), site, visible, 0);
                }
            }
            ImportRule::Selectors => self.read_selectors(site),
            ImportRule::Crate => {
                if let Some(name) = site.node.child_by_field_name("name") {
                    let local = site.node.child_by_field_name("alias").unwrap_or(name);
                    let (path, local) = ([self.parsed.text(name)], self.parsed.text(local));
                    self.add_import(ImportKind::Path, &path, Some(local), site, false);
                }
            }
        }
    }

    /// Whether the value of a definition asks for a module, as far as its first words tell.
    pub(super) fn asks_for_module(&self, node: Node<'t>) -> bool {
        let Some(value) = node.child_by_field_name("value") else {
            return false;
        };
        let text = self.parsed.text(value).trim_start_matches(['(', ' ']);
        let text = text.strip_prefix("await").map_or(text, str::trim_start);
        let calls = &self.rules.words.module_calls;
        calls.iter().any(|word| {
            text.strip_prefix(word.as_str())
                .is_some_and(|rest| rest.starts_with('('))
        })
    }

    /// `import a.b, c.{d, e => f, _}`.
    fn read_selectors(&mut self, site: ImportSite<'t>) {
        let text = self.parsed.text(site.node);
        let text = text.split_once(char::is_whitespace).map_or("", |(_, rest)| rest);
        let mut depth = 0;
        let parts = text.split(|c| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            c == ',' && depth == 0
        });
        for part in parts {
            let (path, names) = match part.split_once('{') {
                Some((path, names)) => (path, names.trim_end().trim_end_matches('}')),
                None => ("", part),
            };
            let path = self.segments_of(path);
            for name in names.split(',') {
                let (name, alias) = match name.split_once("=>").or_else(|| name.split_once(" as ")) {
                    Some((name, alias)) => (name.trim(), Some(alias.trim())),
                    None => (name.trim(), None),
                };
                let mut path = path.clone();
                path.extend(self.segments_of(name));
                match path.last() {
                    Some(&("_" | "*" | "given")) => {
                        path.pop();
                        self.add_import(ImportKind::All, &path, None, site, false);
                    }
                    last => {
                        let local = alias.or(last.copied()).filter(|local| *local != "_");
                        self.add_import(ImportKind::Path, &path, local, site, false);
                    }
                }
            }
        }
    }

    fn read_query(&mut self, site: ImportSite<'t>) {
        let query = Arc::clone(&super::language(self.parsed.grammar).imports.query);
        let mut all: Vec<Captures<'t>> = Vec::new();
        let most = if site.rule == ImportRule::Query { usize::MAX } else { 1 };
        for one in pattern::matches(&query, site.node.nodes().take(most), self.parsed.bytes) {
            let mut captures = Captures::default();
            for (capture, found) in one.captures {
                match query.capture_names()[usize::from(capture)].as_str() {
                    "source" => captures.source = Some(found),
                    "alias" => captures.alias = Some(found),
                    name => captures.found = What::of(name).map(|what| (found, what)).or(captures.found),
                }
            }
            all.push(captures);
        }
        for captures in all {
            self.read_captures(&captures, site);
        }
    }

    fn read_captures(&mut self, captures: &Captures<'t>, site: ImportSite<'t>) {
        let Some((node, what)) = captures.found else { return };
        let source = captures
            .source
            .map(|source| self.parsed.text(source).trim_matches(['"', '\'', '`']));
        let path = source.as_slice();
        let name = self.parsed.text(node).trim_matches(['"', '\'']);
        let local = captures
            .alias
            .map_or(name, |alias| self.parsed.text(alias).trim_matches(['"', '\'']));
        let named = |it: &mut Self, name: &'t str| ImportKind::Member(it.names.id(name));
        match what {
            What::Default => {
                let kind = named(self, "default");
                self.add_import(kind, path, Some(local), site, false);
            }
            What::Name => {
                let kind = named(self, name);
                self.add_import(kind, path, Some(local), site, false);
            }
            What::Namespace => {
                // Where nothing else names the module, the name is its own.
                let (path, local) = match (source, captures.alias) {
                    (Some(source), None) if name == source => {
                        (vec![source], package_word(&self.segments_of(source)).unwrap_or(source))
                    }
                    (Some(source), _) => (vec![source], local),
                    (None, _) => (vec![name], local),
                };
                self.add_import(ImportKind::Namespace, &path, Some(local), site, false);
            }
            What::Head => {
                let head = self.segments_of(name).first().copied();
                self.add_import(ImportKind::Namespace, head.as_slice(), head, site, false);
                if head != Some(name) {
                    self.add_import(ImportKind::Namespace, &[name], None, site, false);
                }
            }
            What::Path => {
                let path = self.segments_of(name);
                let local = captures
                    .alias
                    .map(|alias| self.parsed.text(alias))
                    .or(path.last().copied());
                self.add_import(ImportKind::Path, &path, local, site, false);
            }
            What::Star => {
                let path = match source {
                    Some(source) => vec![source],
                    None => self.segments_of(name),
                };
                self.add_import(ImportKind::All, &path, None, site, false);
            }
            What::File => {
                let anywhere = name.starts_with('<');
                let path = name.trim_matches(['<', '>']);
                self.add_import(ImportKind::Include { anywhere }, &[path], None, site, false);
            }
            What::Clause => self.add_import(ImportKind::Clause, &[name], None, site, false),
            What::ExportName => {
                let kind = named(self, name);
                self.add_import(kind, path, Some(local), site, true);
            }
            What::ExportStar => self.add_import(ImportKind::All, path, None, site, true),
            What::ExportNamespace => self.add_import(ImportKind::Namespace, path, Some(local), site, true),
            What::ExportDefault => {
                let kind = named(self, name);
                self.add_import(kind, path, Some("default"), site, true);
            }
        }
    }

    /// A path cut where its language cuts it.
    fn segments_of(&self, path: &'t str) -> Vec<&'t str> {
        let separator = super::language(self.parsed.grammar)
            .conventions
            .packages
            .separator
            .as_str();
        if separator.is_empty() {
            return vec![path];
        }
        path.split(separator)
            .map(str::trim)
            .filter(|it| !it.is_empty())
            .collect()
    }

    /// One branch of a tree of paths.
    fn read_tree(&mut self, node: Node<'t>, path: &mut Vec<&'t str>, site: ImportSite<'t>, visible: bool, depth: u8) {
        if depth > 32 {
            return;
        }
        let before = path.len();
        match node.kind() {
            "use_list" => {
                let children: Vec<Node<'t>> = node.named_children().collect();
                for child in children {
                    self.read_tree(child, path, site, visible, depth + 1);
                }
            }
            "scoped_use_list" => {
                if let Some(head) = node.child_by_field_name("path") {
                    self.segments(head, path, 0);
                }
                if let Some(list) = node.child_by_field_name("list") {
                    self.read_tree(list, path, site, visible, depth + 1);
                }
            }
            "use_as_clause" => {
                if let Some(head) = node.child_by_field_name("path") {
                    self.segments(head, path, 0);
                }
                let alias = node.child_by_field_name("alias").map(|alias| self.parsed.text(alias));
                self.add_import(ImportKind::Path, path, alias, site, visible);
            }
            "use_wildcard" => {
                if let Some(head) = node.named_child(0) {
                    self.segments(head, path, 0);
                }
                self.add_import(ImportKind::All, path, None, site, visible);
            }
            "line_comment" | "block_comment" => {}
            "self" if !path.is_empty() => {
                let local = node.prev_sibling().and(path.last().copied());
                self.add_import(ImportKind::Path, path, local, site, visible);
            }
            _ => {
                self.segments(node, path, 0);
                let local = path.last().copied();
                self.add_import(ImportKind::Path, path, local, site, visible);
            }
        }
        path.truncate(before);
    }

    fn segments(&mut self, node: Node<'t>, path: &mut Vec<&'t str>, depth: u8) {
        if depth > 32 {
            return;
        }
        if node.kind() != "scoped_identifier" {
            path.push(self.parsed.text(node));
            return;
        }
        if let Some(head) = node.child_by_field_name("path") {
            self.segments(head, path, depth + 1);
        }
        if let Some(name) = node.child_by_field_name("name") {
            path.push(self.parsed.text(name));
        }
    }

    fn add_import(
        &mut self,
        kind: ImportKind,
        path: &[&'t str],
        local: Option<&'t str>,
        site: ImportSite<'t>,
        is_reexport: bool,
    ) {
        let index = self.survey.imports.len() as u32;
        let binds_here = !is_reexport || !matches!(site.rule, ImportRule::Query | ImportRule::Around);
        if let (Some(name), true) = (local, binds_here) {
            self.survey.define(site.scope, name, Entry::Import(index), 0);
        }
        let module = self.survey.scopes[site.scope as usize].module;
        let module = module.filter(|at| self.symbols[at.0 as usize].kind == SymbolKind::Module);
        let local = local.map(|local| self.names.id(local));
        let path = path.iter().map(|segment| self.names.id(segment)).collect();
        let line = line_of(site.node);
        self.survey.imports.push(Import {
            kind,
            path,
            local,
            module,
            is_scoped: site.is_scoped,
            is_reexport,
            line,
        });
    }
}
