//! Rows: facts and relations in the form the index takes, every reference to a symbol as its id.

use super::known::Figures;
use super::read::ReadFile;
use super::withhold::Withholding;
use crate::extraction::bindings::{self, Reference};
use crate::extraction::words::{self, WordKey};
use crate::extraction::{
    self, Chain, Contract, FileFacts, Fragment, Handler, Modifiers, NameId, Step, StepKind, Symbol, SymbolIdx,
    SymbolKind, Visibility,
};
use crate::index::flow::{FlowStep, Op};
use crate::index::{EdgeRow, EdgeTarget, FileRow, Identity, ImportRow, Named, Passage, SymbolId, SymbolRow, identify};
use crate::resolution::{FileRelations, Method, Relation, RelationKind, SymbolRef, Target};
use rustc_hash::{FxHashMap, FxHasher};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::hash::{Hash as _, Hasher as _};
use std::ops::Range;

/// The rows of a whole repository, made file by file on demand.
pub(super) struct Rows<'a> {
    files: &'a [ReadFile],
    /// Of every file, in their order; nothing of one that was not linked.
    relations: &'a [FileRelations],
    /// Of every symbol, by file and position, made when they are asked for.
    identities: Vec<OnceCell<Vec<Identity>>>,
    word_key: &'a WordKey,
    withholding: Option<&'a Withholding>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(
        files: &'a [ReadFile],
        relations: &'a [FileRelations],
        word_key: &'a WordKey,
        withholding: Option<&'a Withholding>,
    ) -> Self {
        Self {
            files,
            relations,
            identities: vec![OnceCell::new(); files.len()],
            word_key,
            withholding,
        }
    }

    /// The files that a file imports or refers to, itself left out.
    pub(super) fn refers_to(&self, at: usize) -> Vec<u32> {
        let file = &self.relations[at];
        let targets = file.relations.iter().filter_map(|relation| match &relation.target {
            Target::Symbol { at, .. } => Some(at.file),
            Target::External { .. } | Target::Possible(_) => None,
        });
        let all = targets.chain(file.imports.iter().filter_map(|import| import.file));
        let mut all: Vec<u32> = all.filter(|to| *to as usize != at).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// What reports say of a file.
    pub(super) fn figures(&self, at: usize) -> Figures {
        let facts = &self.files[at].facts;
        Figures {
            lines: facts.lines,
            bytes: facts.bytes,
            unparsed_bytes: facts.unparsed_bytes,
            symbols: facts.symbols.len() as u32,
            relations: self.relations[at].relations.len() as u32,
        }
    }

    /// The row of a file, whose complete facts are `facts`.
    pub(super) fn file(&self, at: usize, facts: &FileFacts) -> FileRow {
        let ReadFile { path, blob, .. } = &self.files[at];
        let callees = self.callees(at);
        // A file with tests of its own among other code is no test.
        let all = |is: &dyn Fn(&Symbol) -> bool| !facts.symbols.is_empty() && facts.symbols.iter().all(is);
        FileRow {
            path: path.clone(),
            blob: *blob.as_bytes(),
            grammar: facts.grammar.clone(),
            lines: facts.lines,
            bytes: facts.bytes,
            unparsed: facts.unparsed.clone(),
            unparsed_bytes: facts.unparsed_bytes,
            is_test: all(&|symbol| symbol.modifiers.is_test),
            is_generated: all(&|symbol| symbol.modifiers.is_generated),
            imports: self.imports(at),
            symbols: facts
                .symbols
                .iter()
                .map(|symbol| symbol_row(facts, symbol, &callees))
                .chain(
                    self.contracts(at, facts)
                        .iter()
                        .map(|(_, contract)| contract_row(contract)),
                )
                .collect(),
            vocabulary: self.file_words(facts),
            passages: facts.passages.iter().map(passage_row).collect(),
        }
    }

    /// A digest of what the row of a file takes from other files.
    pub(super) fn digest(&self, at: usize) -> u64 {
        let mut hasher = FxHasher::default();
        let mut callees: Vec<_> = self.callees(at).into_iter().collect();
        callees.sort_unstable();
        callees.hash(&mut hasher);
        for import in &self.relations[at].imports {
            import
                .file
                .map(|file| &self.files[file as usize].path)
                .hash(&mut hasher);
        }
        self.relations[at].routes.hash(&mut hasher);
        if let Some(withholding) = self.withholding {
            withholding.digest(at).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// The words of what a file says about itself, hashed like those of bodies.
    fn file_words(&self, facts: &FileFacts) -> Vec<u32> {
        let mut hashes = facts.vocabulary.clone();
        for text in [&facts.summary, &facts.documentation] {
            words::split(text.expose(), |word| {
                hashes.push(self.word_key.hash(&words::stem(word)))
            });
        }
        hashes.sort_unstable();
        hashes
    }

    /// The relations that start in a file.
    pub(super) fn edges(&self, at: usize) -> Vec<EdgeRow> {
        let facts = &self.files[at].facts;
        let inline = self.inline_handlers(at);
        let relations = self.relations[at].relations.iter().map(|relation| EdgeRow {
            from: inline.around(relation).or(relation.from.map(|it| it.0)),
            kind: relation.kind,
            target: self.target(facts, relation),
            line: relation.line,
        });
        relations.chain(self.handlers(at)).collect()
    }

    /// The contracts of a file that functions without a name answer.
    fn inline_handlers(&self, at: usize) -> InlineHandlers {
        let facts = &self.files[at].facts;
        let mut ranges: Vec<InlineHandler> = Vec::new();
        for (number, (_, contract)) in self.contracts(at, facts).into_iter().enumerate() {
            // Of several names, the first does what the function does.
            if let Some(Handler::Inline { first, end, .. }) = contract.handler
                && ranges.iter().all(|it| it.references != (first..end))
            {
                ranges.push(InlineHandler {
                    references: first..end,
                    row: (facts.symbols.len() + number) as u32,
                    within: contract.within,
                });
            }
        }
        InlineHandlers(ranges)
    }

    /// What answers the routes, commands and events of a file.
    fn handlers(&self, at: usize) -> impl Iterator<Item = EdgeRow> {
        let facts = &self.files[at].facts;
        let by_reference = move |reference: u32| {
            let mut relations = self.relations[at].relations.iter();
            let relation = relations.find(|it| it.reference == Some(reference))?;
            match relation.target {
                Target::Symbol { at, method } if method != Method::Dispatch => Some((at, method)),
                _ => None,
            }
        };
        let contracts = self.contracts(at, facts).into_iter().enumerate();
        contracts.filter_map(move |(number, (place, contract))| {
            let (target, method) = match contract.handler? {
                Handler::Symbol(symbol) => {
                    let file = at as u32;
                    (SymbolRef { file, symbol }, Method::Lexical)
                }
                Handler::Reference(reference) => {
                    let found = by_reference(reference)?;
                    let target = self.files[found.0.file as usize].facts.symbol(found.0.symbol);
                    let is_view = matches!(target.kind, SymbolKind::Class | SymbolKind::Struct);
                    (target.kind.is_callable() || is_view).then_some(found)?
                }
                Handler::Member { .. } | Handler::Action { .. } => {
                    let handlers = &self.relations[at].handlers;
                    let found = handlers.binary_search_by_key(&(place as u32), |it| it.0).ok()?;
                    (handlers[found].1, Method::Static)
                }
                // What it does is done by the row of the contract itself.
                Handler::Inline { .. } => return None,
            };
            Some(EdgeRow {
                from: Some((facts.symbols.len() + number) as u32),
                kind: RelationKind::HandledBy,
                target: EdgeTarget::Symbol {
                    id: self.identity(target).id,
                    method,
                },
                line: contract.lines.start,
            })
        })
    }

    /// The contracts of a file with their places in its facts, a route once for every name it has.
    fn contracts<'f>(&self, at: usize, facts: &'f FileFacts) -> Vec<(usize, Cow<'f, Contract>)> {
        let routes = &self.relations[at].routes;
        let mut out = Vec::with_capacity(facts.contracts.len());
        for (place, contract) in facts.contracts.iter().enumerate() {
            match routes.binary_search_by_key(&(place as u32), |it| it.contract) {
                Ok(found) => out.extend(routes[found].names.iter().map(|name| {
                    let named = Contract {
                        name: name.clone(),
                        ..contract.clone()
                    };
                    (place, Cow::Owned(named))
                })),
                Err(_) if contract.is_whole() => out.push((place, Cow::Borrowed(contract))),
                Err(_) => (),
            }
        }
        out
    }

    fn target(&self, facts: &FileFacts, relation: &Relation) -> EdgeTarget {
        let named = |id: NameId| facts.name(id).clone();
        match &relation.target {
            Target::Symbol { at, method } => EdgeTarget::Symbol {
                id: self.identity(*at).id,
                method: *method,
            },
            Target::External {
                qualifier,
                name,
                package,
                is_open,
            } => EdgeTarget::External {
                qualifier: qualifier.map(named),
                name: named(*name),
                package: package.map(named),
                alike: is_open
                    .then(|| SymbolId::of_name(bindings::family(&facts.grammar), facts.name(*name).expose(), true)),
            },
            // Too many share the name.
            Target::Possible(all) if all.is_empty() => {
                let reference = relation.reference.map(|at| &facts.bindings.references[at as usize]);
                let by_name = |it: &Reference| {
                    let (name, is_called) = (facts.name(it.name).expose(), relation.kind == RelationKind::Calls);
                    SymbolId::of_name(bindings::family(&facts.grammar), name, is_called)
                };
                EdgeTarget::Possible(reference.map(by_name).into_iter().collect())
            }
            Target::Possible(all) => EdgeTarget::Possible(all.iter().map(|at| self.identity(*at).id).collect()),
        }
    }

    fn identity(&self, at: SymbolRef) -> &Identity {
        let file = at.file as usize;
        let all = self.identities[file].get_or_init(|| identities_of(&self.files[file].path, &self.files[file].facts));
        &all[at.symbol.0 as usize]
    }

    /// The names of resolved callees, by reference: what an outline shows in place of the name as written.
    fn callees(&self, at: usize) -> FxHashMap<u32, String> {
        let mut out = FxHashMap::default();
        for Relation {
            target,
            reference,
            kind,
            ..
        } in &self.relations[at].relations
        {
            let (Target::Symbol { at, method }, Some(reference)) = (target, reference) else {
                continue;
            };
            if *method != Method::Dispatch && matches!(kind, RelationKind::Calls | RelationKind::Constructs) {
                out.entry(*reference)
                    .or_insert_with(|| last_two(&self.identity(*at).qualified).to_owned());
            }
        }
        out
    }

    fn imports(&self, at: usize) -> Vec<ImportRow> {
        let facts = &self.files[at].facts;
        self.relations[at]
            .imports
            .iter()
            .map(|import| ImportRow {
                module: facts.name(import.module).clone(),
                file: import.file.map(|file| self.files[file as usize].path.clone()),
                line: import.line,
            })
            .collect()
    }
}

/// A contract and the function without a name that answers it.
struct InlineHandler {
    references: Range<u32>,
    row: u32,
    within: Option<SymbolIdx>,
}

struct InlineHandlers(Vec<InlineHandler>);

impl InlineHandlers {
    /// The row of the contract whose function a relation stands in, if no symbol within that function has it.
    fn around(&self, relation: &Relation) -> Option<u32> {
        let reference = relation.reference?;
        let mut around = self
            .0
            .iter()
            .filter(|it| it.references.contains(&reference) && it.within == relation.from);
        let innermost = around.by_ref().min_by_key(|it| it.references.len())?;
        Some(innermost.row)
    }
}

fn identities_of(path: &str, facts: &FileFacts) -> Vec<Identity> {
    let symbols: Vec<_> = facts
        .symbols
        .iter()
        .map(|symbol| Named {
            name: facts.name(symbol.name).expose(),
            container: symbol.container.map(|SymbolIdx(at)| at),
            kind: symbol.kind,
            does_something: !symbol.outline.is_empty(),
        })
        .collect();
    identify(path, &symbols)
}

fn passage_row(passage: &extraction::Passage) -> Passage {
    Passage {
        lines: passage.lines,
        vocabulary: passage.vocabulary.clone(),
    }
}

fn symbol_row(facts: &FileFacts, symbol: &Symbol, callees: &FxHashMap<u32, String>) -> SymbolRow {
    SymbolRow {
        name: facts.name(symbol.name).clone(),
        container: symbol.container.map(|SymbolIdx(at)| at),
        kind: symbol.kind,
        visibility: symbol.visibility,
        modifiers: symbol.modifiers,
        lines: symbol.lines,
        signature: symbol.signature.clone(),
        summary: symbol.summary.clone(),
        documentation: symbol.documentation.clone(),
        outline: symbol
            .outline
            .iter()
            .map(|step| flow_step(facts, step, callees))
            .collect(),
        vocabulary: symbol.vocabulary.clone(),
    }
}

/// A contract as a symbol: it has a name and a place, and nothing else.
fn contract_row(contract: &Contract) -> SymbolRow {
    SymbolRow {
        name: contract.name.clone(),
        container: contract.within.map(|SymbolIdx(at)| at),
        kind: contract.kind,
        visibility: Visibility::Public,
        modifiers: Modifiers {
            is_test: contract.is_test,
            ..Modifiers::default()
        },
        lines: contract.lines,
        signature: Fragment::default(),
        summary: Fragment::default(),
        documentation: Fragment::default(),
        outline: Vec::new(),
        vocabulary: Vec::new(),
    }
}

fn flow_step(facts: &FileFacts, step: &Step, callees: &FxHashMap<u32, String>) -> FlowStep {
    let (op, count, awaited, propagated, reference) = match step.kind {
        StepKind::If => (Op::If, 0, false, false, None),
        StepKind::Else => (Op::Else, 0, false, false, None),
        StepKind::Match(arms) => (Op::Match, arms, false, false, None),
        StepKind::Arm => (Op::Arm, 0, false, false, None),
        StepKind::Loop => (Op::Loop, 0, false, false, None),
        StepKind::Try => (Op::Try, 0, false, false, None),
        StepKind::Catch => (Op::Catch, 0, false, false, None),
        StepKind::Finally => (Op::Finally, 0, false, false, None),
        StepKind::Closure => (Op::Closure, 0, false, false, None),
        StepKind::Unsafe => (Op::Unsafe, 0, false, false, None),
        StepKind::Return => (Op::Return, 0, false, false, None),
        StepKind::EarlyReturn => (Op::EarlyReturn, 0, false, false, None),
        StepKind::ErrorExit => (Op::ErrorExit, 0, false, false, None),
        StepKind::Break => (Op::Break, 0, false, false, None),
        StepKind::Continue => (Op::Continue, 0, false, false, None),
        StepKind::Yield => (Op::Yield, 0, false, false, None),
        StepKind::Set => (Op::Set, 0, false, false, None),
        StepKind::Call {
            arguments,
            awaited,
            propagated,
            reference,
        } => (Op::Call, u16::from(arguments), awaited, propagated, reference),
        StepKind::New { arguments, reference } => (Op::New, u16::from(arguments), false, false, reference),
        StepKind::Macro { propagated, reference } => (Op::Macro, 0, false, propagated, reference),
    };
    let names = match reference.and_then(|it| callees.get(&it)) {
        Some(resolved) => vec![resolved.clone()],
        None => step.names.iter().map(|chain| chain_text(facts, *chain)).collect(),
    };
    FlowStep {
        depth: step.depth,
        op,
        names,
        count,
        awaited,
        propagated,
    }
}

/// A name as an outline shows it: at most two segments, `_` where a local variable or an expression stood.
fn chain_text(facts: &FileFacts, chain: Chain) -> String {
    let text = |id: Option<NameId>| id.map_or("_", |id| Fragment::expose(facts.name(id)));
    match chain.qualifier {
        None => text(chain.name).to_owned(),
        qualifier => format!("{}.{}", text(qualifier), text(chain.name)),
    }
}

/// The last two segments of a qualified name.
fn last_two(qualified: &str) -> &str {
    match qualified.rmatch_indices('.').nth(1) {
        Some((at, _)) => &qualified[at + 1..],
        None => qualified,
    }
}
