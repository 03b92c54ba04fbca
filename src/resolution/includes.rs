//! Modules of the languages whose files see what they include: which files a file sees, and which definition a declaration stands for.

use super::linker::Linker;
use super::members::Member;
use super::relation::{Method, Relation, RelationKind, SymbolRef, Target};
use super::value::{Found, ModuleId, Name, Value};
use super::workspace::Workspace;
use crate::extraction::bindings::conventions::{ModuleRule, PackageUnit};
use crate::extraction::bindings::{Expr, ExprId, Import, ImportKind};
use crate::extraction::{SymbolIdx, SymbolKind};
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

/// Which files include which.
#[derive(Default)]
pub(super) struct Includes {
    /// By the last segment of their paths.
    by_name: FxHashMap<String, Vec<u32>>,
    direct: FxHashMap<u32, Vec<u32>>,
    includers: FxHashMap<u32, Vec<u32>>,
}

/// Files that a file sees.
pub(super) type Seen = Rc<FxHashSet<u32>>;

/// How many of the files that include a file say what else its names may mean.
const MAX_INCLUDERS: usize = 64;

/// How many definitions of one declaration are listed.
const MAX_BUILDS: usize = 8;

/// How many entries [`Linker::seen`] keeps.
const MAX_SEEN: usize = 4_000_000;

/// The namespace of the standard library.
const STANDARD: &str = "std";

/// Folders that compilers are told to look for headers in.
const INCLUDE_FOLDERS: &[&str] = &["include", "includes", "inc", "src", "source", "lib", "public"];

fn is_included(workspace: &Workspace<'_>, file: u32) -> bool {
    let conventions = workspace.files[file as usize].conventions;
    conventions.is_some_and(|it| it.modules == ModuleRule::Package && it.packages.unit == PackageUnit::Include)
}

fn last_segment(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

impl Includes {
    /// Finds the files that the files of a workspace include.
    pub(super) fn find(workspace: &Workspace<'_>) -> Self {
        let mut found = Self::default();
        let files: Vec<u32> = (0..workspace.files.len() as u32)
            .filter(|&file| is_included(workspace, file))
            .collect();
        for &file in &files {
            let name = last_segment(workspace.files[file as usize].path);
            found.by_name.entry(name.to_owned()).or_default().push(file);
        }
        for &file in &files {
            let it = &workspace.files[file as usize];
            for import in &it.bindings().imports {
                if let Some(target) = found.file_of(workspace, file, import)
                    && target != file
                {
                    found.direct.entry(file).or_default().push(target);
                    found.includers.entry(target).or_default().push(file);
                }
            }
        }
        found
    }

    /// The file an import includes: one beside the file, or the nearest whose path ends like that.
    fn file_of(&self, workspace: &Workspace<'_>, file: u32, import: &Import) -> Option<u32> {
        let ImportKind::Include { anywhere } = import.kind else {
            return None;
        };
        let it = &workspace.files[file as usize];
        let written = workspace.names.text(it.name(*import.path.first()?));
        let folder = it.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        if !anywhere
            && let Some(beside) = joined(folder, written).and_then(|path| workspace.paths.get(path.as_str()).copied())
        {
            return Some(beside);
        }
        let end: Vec<&str> = written.split('/').filter(|it| !matches!(*it, "." | "..")).collect();
        let end = end.join("/");
        let fits = |at: &&u32| {
            let path = workspace.files[**at as usize].path;
            let rest = path.strip_suffix(end.as_str());
            rest.is_some_and(|rest| {
                let around = rest.trim_end_matches('/');
                let is_whole = rest.is_empty() || rest.ends_with('/');
                // What stands in angle brackets is a file of the system, unless a folder for headers has it.
                let is_own = !anywhere || around.is_empty() || INCLUDE_FOLDERS.contains(&last_segment(around));
                is_whole && is_own
            })
        };
        let shared = |at: &u32| {
            let (mine, other) = (it.path.split('/'), workspace.files[*at as usize].path.split('/'));
            mine.zip(other).take_while(|(mine, other)| mine == other).count()
        };
        let candidates = self.by_name.get(last_segment(&end))?;
        let best = candidates.iter().filter(fits).copied();
        best.max_by_key(|at| {
            let path = workspace.files[*at as usize].path;
            (shared(at), std::cmp::Reverse(path.len()), std::cmp::Reverse(*at))
        })
    }

    /// A file and all it includes, directly or not.
    fn closure(&self, from: impl IntoIterator<Item = u32>) -> FxHashSet<u32> {
        let mut seen: FxHashSet<u32> = FxHashSet::default();
        let mut queue: Vec<u32> = from.into_iter().collect();
        while let Some(file) = queue.pop() {
            if seen.insert(file) {
                queue.extend(self.direct.get(&file).into_iter().flatten());
            }
        }
        seen
    }

    /// The files that include a file, directly or not; the first of them if there are many.
    fn around(&self, file: u32) -> Vec<u32> {
        let (mut queue, mut at) = (vec![file], 0);
        while at < queue.len() && queue.len() < MAX_INCLUDERS {
            for &includer in self.includers.get(&queue[at]).into_iter().flatten() {
                if !queue.contains(&includer) {
                    queue.push(includer);
                }
            }
            at += 1;
        }
        queue
    }
}

/// A path relative to a folder; nothing if it leaves the repository.
fn joined(folder: &str, written: &str) -> Option<String> {
    let mut path: Vec<&str> = folder.split('/').filter(|it| !it.is_empty()).collect();
    for segment in written.split('/') {
        match segment {
            "" | "." => {}
            ".." => _ = path.pop()?,
            _ => path.push(segment),
        }
    }
    Some(path.join("/"))
}

/// The namespaces around a symbol, as the name of a package.
pub(super) fn space_of(workspace: &Workspace<'_>, at: SymbolRef, separator: &str) -> String {
    let mut spaces = Vec::new();
    let mut container = workspace.container(at);
    while let Some(of) = container {
        if workspace.symbol(of).kind == SymbolKind::Namespace {
            spaces.push(workspace.names.text(workspace.name_of(of)));
        }
        container = workspace.container(of);
    }
    spaces.reverse();
    spaces.join(separator)
}

/// The enumeration or namespace whose names are seen around it; nothing for a type, whose names are its members.
pub(super) fn gives_names(kind: SymbolKind) -> bool {
    matches!(kind, SymbolKind::Namespace | SymbolKind::Enum)
}

/// What may stand before `::`: everything that has a name and is neither called nor a variable.
pub(super) fn find_heads(workspace: &Workspace<'_>) -> FxHashSet<Name> {
    let files = (0..workspace.files.len() as u32).filter(|&file| is_included(workspace, file));
    let mut heads = FxHashSet::default();
    for file in files {
        let it = &workspace.files[file as usize];
        let symbols = (0..it.facts.symbols.len() as u32).map(|at| SymbolRef {
            file,
            symbol: SymbolIdx(at),
        });
        let is_head = |at: &SymbolRef| {
            use SymbolKind::{Constant, Field, Variable};
            let kind = workspace.symbol(*at).kind;
            kind == SymbolKind::Macro || !kind.is_callable() && !matches!(kind, Constant | Field | Variable)
        };
        heads.extend(symbols.filter(is_head).map(|at| workspace.name_of(at)));
        heads.extend(
            it.bindings()
                .imports
                .iter()
                .filter_map(|import| import.local)
                .map(|local| it.name(local)),
        );
    }
    heads
}

impl Linker<'_, '_> {
    /// Whether a path begins with a name of outside: that of a namespace that nothing of the repository has, or of the standard library, which a
    /// repository only adds to. A name in capitals may be a type parameter.
    pub(super) fn begins_outside(&self, file: u32, mut of: ExprId) -> bool {
        let it = &self.workspace.files[file as usize];
        if !self.includes(file) {
            return false;
        }
        while let Expr::Path(next, _) = it.expr(of) {
            of = *next;
        }
        let Expr::Name { name, .. } = it.expr(of) else {
            return false;
        };
        let text = self.workspace.names.text(it.name(*name));
        let is_known = self.workspace.tables.heads.contains(&it.name(*name));
        text == STANDARD || text.starts_with(char::is_lowercase) && !is_known
    }

    /// Whether a file sees what it includes.
    pub(super) fn includes(&self, file: u32) -> bool {
        is_included(self.workspace, file)
    }

    /// What a name means that no scope of its file defines. `around` is the type, method or namespace it stands in.
    pub(super) fn include_name(&mut self, file: u32, name: Name, around: Option<SymbolIdx>, depth: u32) -> Found {
        let workspace = self.workspace;
        let mut at = around.map(|symbol| SymbolRef { file, symbol });
        let mut spaces: Vec<String> = Vec::new();
        let separator = self.separator(file);
        while let Some(of) = at {
            let symbol = workspace.symbol(of);
            if symbol.kind == SymbolKind::Namespace {
                let outer = space_of(workspace, of, separator);
                let own = workspace.names.text(workspace.name_of(of));
                spaces.push(if outer.is_empty() {
                    own.to_owned()
                } else {
                    format!("{outer}{separator}{own}")
                });
            } else {
                let owner = match workspace.tables.impl_types.get(&of) {
                    Some(Value::Instance(owner, _)) => *owner,
                    _ => of,
                };
                // A constructor that stands apart has the name of its type, which it is asked for here (`Type::Type()`).
                if workspace.name_of(owner) == name && workspace.symbol(owner).kind != SymbolKind::Constructor {
                    return Found::Symbols(vec![owner]);
                }
                let mut members = self.members(&Value::Item(owner), name, depth + 1);
                members.retain(|it| workspace.symbol(it.symbol).kind != SymbolKind::Constructor);
                if !members.is_empty() {
                    return Found::Symbols(members.iter().map(|it| it.symbol).collect());
                }
                if owner != of {
                    spaces.extend(all_spaces(&space_of(workspace, owner, separator), separator));
                }
            }
            at = workspace.container(of);
        }
        if let Some(&index) = workspace.modules.imports.get((ModuleId(file), name)).last() {
            let found = self.import(file, index, false);
            if found != Found::Nothing {
                return found;
            }
        }
        spaces.push(String::new());
        for space in &spaces {
            let found = self.in_space(file, space, name);
            if found != Found::Nothing {
                return self.or_macros(file, space, found, name);
            }
        }
        for &index in workspace.modules.globs.get(ModuleId(file)) {
            let found = self.import(file, index, true);
            if let Found::Module(module) = found
                && let Some(found) = Some(self.space_member(file, module, name)).filter(|it| *it != Found::Nothing)
            {
                return found;
            }
        }
        Found::Nothing
    }

    /// What a namespace has under a name, and the macros that are called so: they are of no namespace, and one build may have them instead.
    fn or_macros(&mut self, file: u32, space: &str, found: Found, name: Name) -> Found {
        let Found::Symbols(mut symbols) = found else {
            return found;
        };
        if !space.is_empty()
            && let Found::Symbols(all) = self.in_space(file, "", name)
        {
            let is_macro = |it: &SymbolRef| self.workspace.symbol(*it).kind == SymbolKind::Macro;
            symbols.extend(all.into_iter().filter(is_macro));
        }
        Found::Symbols(symbols)
    }

    fn separator(&self, file: u32) -> &'static str {
        let conventions = self.workspace.files[file as usize].conventions;
        conventions.map_or("", |it| it.packages.separator.as_str())
    }

    fn family(&self, file: u32) -> &str {
        let it = &self.workspace.files[file as usize];
        it.conventions.map_or("", |rules| {
            if rules.packages.family.is_empty() {
                &it.facts.grammar
            } else {
                &rules.packages.family
            }
        })
    }

    fn space_named(&self, file: u32, space: &str) -> Option<ModuleId> {
        let key = format!("{}:{space}", self.family(file));
        self.workspace.modules.named.by_name.get(&key).copied()
    }

    /// A name of a namespace: a symbol that the file sees, or a namespace inside.
    fn in_space(&mut self, file: u32, space: &str, name: Name) -> Found {
        if let Some(module) = self.space_named(file, space) {
            let found = self.seen_symbols(file, module, name);
            if found != Found::Nothing {
                return found;
            }
        }
        let text = self.workspace.names.text(name);
        let separator = self.separator(file);
        let inner = if space.is_empty() {
            text.to_owned()
        } else {
            format!("{space}{separator}{text}")
        };
        self.space_named(file, &inner).map_or(Found::Nothing, Found::Module)
    }

    /// What a namespace has under a name, as a file sees it.
    pub(super) fn space_member(&mut self, file: u32, module: ModuleId, name: Name) -> Found {
        let named = &self.workspace.modules.named;
        let space = named.names.get(&module).cloned().unwrap_or_default();
        self.in_space(file, &space, name)
    }

    fn seen_symbols(&mut self, file: u32, module: ModuleId, name: Name) -> Found {
        let workspace = self.workspace;
        let all = workspace.modules.named.members.get((module, name));
        let own: Vec<SymbolRef> = all.iter().filter(|at| at.file == file).copied().collect();
        if all.is_empty() || !own.is_empty() {
            return Found::symbols(own);
        }
        let seen = self.seen(file);
        let here: Vec<SymbolRef> = all.iter().filter(|at| seen.contains(&at.file)).copied().collect();
        if !here.is_empty() {
            return Found::Symbols(here);
        }
        // A header may leave it to whoever includes it to include what it needs.
        let around = self.seen_around(file);
        let there: Vec<SymbolRef> = all.iter().filter(|at| around.contains(&at.file)).copied().collect();
        let is_prototype = |at: &&SymbolRef| workspace.declared(**at).is_some_and(|it| it.is_prototype);
        let mut homes = there.iter().filter(|at| !is_prototype(at)).map(|at| at.file);
        let first = homes.next();
        if there.is_empty() || homes.any(|home| Some(home) != first) {
            return Found::Nothing;
        }
        Found::Symbols(there)
    }

    fn seen(&mut self, file: u32) -> Seen {
        let includes = &self.workspace.modules.named.includes;
        self.keep_seen((file, false), |_| includes.closure([file]))
    }

    fn seen_around(&mut self, file: u32) -> Seen {
        let includes = &self.workspace.modules.named.includes;
        self.keep_seen((file, true), |_| includes.closure(includes.around(file)))
    }

    fn keep_seen(&mut self, key: (u32, bool), make: impl FnOnce(&Self) -> FxHashSet<u32>) -> Seen {
        if let Some(known) = self.seen.get(&key) {
            return Rc::clone(known);
        }
        let seen = Rc::new(make(self));
        self.seen_count += seen.len();
        if self.seen_count > MAX_SEEN {
            self.seen.clear();
            self.seen_count = seen.len();
        }
        self.seen.insert(key, Rc::clone(&seen));
        seen
    }

    /// Where an include or a `using` leads.
    pub(super) fn include_import(&mut self, file: u32, import: &Import) -> Found {
        let workspace = self.workspace;
        if let ImportKind::Include { .. } = import.kind {
            let target = workspace.modules.named.includes.file_of(workspace, file, import);
            return target.map_or(Found::External, |target| Found::Module(ModuleId(target)));
        }
        let it = &workspace.files[file as usize];
        let mut found = self.space_named(file, "").map_or(Found::Nothing, Found::Module);
        for segment in &import.path {
            let name = it.name(*segment);
            found = match found {
                Found::Module(module) => self.space_member(file, module, name),
                Found::Symbols(symbols) => match self.type_among(&symbols) {
                    Some(of) => self.own_member(of, name),
                    None => Found::Nothing,
                },
                found => found,
            };
        }
        if found == Found::Nothing {
            Found::External
        } else {
            found
        }
    }

    /// Candidates with each declaration replaced by the definition it stands for, if the repository has one that nobody can mistake.
    pub(super) fn defined(&mut self, file: u32, candidates: &[Member]) -> Vec<Member> {
        let mut out: Vec<Member> = Vec::new();
        for member in candidates {
            for symbol in self.definitions_of(file, member.symbol) {
                let member = Member { symbol, ..*member };
                if !out.contains(&member) {
                    out.push(member);
                }
            }
        }
        // A declaration stands for its definitions where a build has one of several.
        if out.len() > 1 {
            let of_builds = out.iter().flat_map(|it| self.definitions_of_builds(it.symbol));
            let of_builds: Vec<SymbolRef> = of_builds.collect();
            out.retain(|it| !of_builds.contains(&it.symbol));
        }
        out
    }

    /// What a declaration stands for, as a file sees it: itself, if no definition of it is found.
    pub(super) fn definitions_of(&mut self, file: u32, at: SymbolRef) -> Vec<SymbolRef> {
        let workspace = self.workspace;
        let Some(declared) = workspace.declared(at) else {
            return vec![at];
        };
        let is_callable = workspace.symbol(at).kind.is_callable();
        if !(is_callable && declared.is_prototype) {
            return match self.value_of_extern(at) {
                Some(of) => vec![of],
                None => vec![at],
            };
        }
        let all = self.all_definitions(at);
        match self.nearest(file, &all) {
            Found::Symbols(near) if near.iter().all(|it| it.file == near[0].file) && !near.is_empty() => near,
            _ => vec![at],
        }
    }

    /// What the repository defines that a declaration may stand for.
    fn all_definitions(&mut self, at: SymbolRef) -> Vec<SymbolRef> {
        let workspace = self.workspace;
        let Some(declared) = workspace.declared(at).filter(|it| it.is_prototype) else {
            return Vec::new();
        };
        let name = workspace.name_of(at);
        let count = |at: SymbolRef| {
            let function = workspace.declared(at)?.function?;
            let bindings = workspace.files[at.file as usize].bindings();
            Some(bindings.functions[function as usize].parameters.len())
        };
        let owner = workspace
            .container(at)
            .filter(|of| !gives_names(workspace.symbol(*of).kind));
        let all = match owner {
            Some(owner) => workspace.tables.members.get((owner, name)),
            None if declared.receiver.is_some() => return Vec::new(),
            None => self.beside(at),
        };
        // What is declared as one file's own is defined in it, or in a file that includes it, and is static there too.
        let is_own = owner.is_none() && workspace.symbol(at).modifiers.is_static;
        let is_static = |it: &SymbolRef| workspace.symbol(*it).modifiers.is_static;
        let is_definition = |it: &&SymbolRef| {
            let is_private = owner.is_none() && !is_own && is_static(it) && it.file != at.file;
            let is_prototype = workspace.declared(**it).is_some_and(|it| it.is_prototype);
            workspace.symbol(**it).kind.is_callable() && !is_private && !is_prototype
        };
        let mut all: Vec<SymbolRef> = all.iter().filter(is_definition).copied().collect();
        if is_own {
            all.retain(|it| is_static(it) && (it.file == at.file || self.seen(it.file).contains(&at.file)));
        }
        let alike: Vec<SymbolRef> = all.iter().filter(|it| count(**it) == count(at)).copied().collect();
        if alike.is_empty() { all } else { alike }
    }

    /// The definitions in several files of which a build has one, for a declaration that stands for none of them in particular
    /// (`open` for each system).
    pub(super) fn definitions_of_builds(&mut self, at: SymbolRef) -> Vec<SymbolRef> {
        let is_one = |found: &[SymbolRef]| found.first().is_none_or(|of| found.iter().all(|it| it.file == of.file));
        if !self.includes(at.file) || self.definitions_of(at.file, at) != [at] {
            return Vec::new();
        }
        let mut all = self.all_definitions(at);
        all.retain(|it| self.takes_the_same(at, *it));
        match is_one(&all) || all.len() > MAX_BUILDS {
            true => Vec::new(),
            false => all,
        }
    }
}

impl<'w> Linker<'w, '_> {
    /// What has the name of a symbol in its namespace.
    fn beside(&mut self, at: SymbolRef) -> &'w [SymbolRef] {
        let workspace = self.workspace;
        let space = space_of(workspace, at, self.separator(at.file));
        let module = self.space_named(at.file, &space);
        let name = workspace.name_of(at);
        module.map_or(&[][..], |module| workspace.modules.named.members.get((module, name)))
    }

    /// The variable with a value that a variable without one in another file stands for (`extern int limit;`).
    fn value_of_extern(&mut self, at: SymbolRef) -> Option<SymbolRef> {
        let workspace = self.workspace;
        let is_data = |at: SymbolRef| {
            let symbol = workspace.symbol(at);
            let is_member = workspace
                .container(at)
                .is_some_and(|of| !gives_names(workspace.symbol(of).kind));
            let is_variable = matches!(symbol.kind, SymbolKind::Variable | SymbolKind::Constant);
            is_variable && !symbol.modifiers.is_static && !is_member
        };
        let has_value = |at: SymbolRef| workspace.declared(at).is_some_and(|it| it.value.is_some());
        if !is_data(at) || has_value(at) {
            return None;
        }
        let all = self.beside(at).iter().copied();
        let mut all = all.filter(|it| it.file != at.file && is_data(*it) && has_value(*it));
        all.next().filter(|_| all.next().is_none())
    }

    /// Says of every declaration of a file which definition it stands for.
    pub(super) fn link_declarations(&mut self, file: u32, out: &mut Vec<Relation>) {
        if !self.includes(file) {
            return;
        }
        let symbols = &self.workspace.files[file as usize].facts.symbols;
        for (index, symbol) in symbols.iter().enumerate() {
            let from = SymbolIdx(index as u32);
            let at = SymbolRef { file, symbol: from };
            self.begin(file);
            let definitions = self.definitions_of(file, at);
            let definitions = definitions.into_iter().filter(|it| *it != at);
            let of_builds = self.definitions_of_builds(at);
            out.extend(definitions.chain(of_builds).map(|of| Relation {
                from: Some(from),
                kind: RelationKind::Declares,
                target: Target::Symbol {
                    at: of,
                    method: Method::Lexical,
                },
                line: symbol.lines.start,
                reference: None,
            }));
        }
    }
}

/// A namespace and those around it, the innermost first.
fn all_spaces(space: &str, separator: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = space;
    while !rest.is_empty() {
        out.push(rest.to_owned());
        rest = rest.rsplit_once(separator).map_or("", |(outer, _)| outer);
    }
    out
}

/// Adds the namespaces that files open, those around them too.
pub(super) fn find_spaces(workspace: &Workspace<'_>, mut add: impl FnMut(u32, &str)) {
    for (at, symbol) in workspace.symbols() {
        if symbol.kind != SymbolKind::Namespace || !is_included(workspace, at.file) {
            continue;
        }
        let conventions = workspace.files[at.file as usize].conventions;
        let separator = conventions.map_or("", |it| it.packages.separator.as_str());
        let outer = space_of(workspace, at, separator);
        let own = workspace.names.text(workspace.name_of(at));
        let space = if outer.is_empty() {
            own.to_owned()
        } else {
            format!("{outer}{separator}{own}")
        };
        for space in all_spaces(&space, separator) {
            add(at.file, &space);
        }
    }
}
