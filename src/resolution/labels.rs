//! Which functions a call can mean by the labels of its arguments, in languages where those are part of what a function is called by.

use super::linker::Linker;
use super::members::Member;
use super::relation::SymbolRef;
use super::value::{Name, Value};
use crate::extraction::bindings::labels::{Given, Label, hashed};
use crate::extraction::bindings::{Expr, ExprId, Reference};
use crate::extraction::{SymbolIdx, SymbolKind};

/// How many levels of bases are looked into.
const MOST_LEVELS: usize = 8;

impl Linker<'_, '_> {
    /// The labels of a function's parameters; `None` for what has none to tell.
    pub(super) fn labels_of(&self, at: SymbolRef) -> Option<&[Label]> {
        let workspace = self.workspace;
        let it = &workspace.files[at.file as usize];
        let tells = it.conventions.is_some_and(|it| it.labels_tell) && workspace.symbol(at).kind.is_callable();
        let function = workspace.declared(at).filter(|_| tells)?.function?;
        Some(&it.bindings().functions[function as usize].labels)
    }

    /// Whether a call can mean a function by its labels.
    pub(super) fn can_mean(&self, reference: &Reference, at: SymbolRef) -> bool {
        let fits = |given: &Given| self.labels_of(at).is_none_or(|wanted| given.fits(wanted));
        reference.given.as_deref().is_none_or(fits)
    }

    /// The candidates that a call with its labels can mean: those of the type itself, or else of its bases. None is left if none fits.
    pub(super) fn labelled(&mut self, reference: &Reference, candidates: Vec<Member>) -> Vec<Member> {
        let Some(given) = &reference.given else {
            return candidates;
        };
        let is_callable = |member: &&Member| self.workspace.symbol(member.symbol).kind.is_callable();
        let mut level: Vec<Member> = candidates.iter().filter(is_callable).copied().collect();
        if level.is_empty() {
            return candidates;
        }
        for round in 0..MOST_LEVELS {
            let fits = |member: &&Member| {
                let wanted = self.labels_of(member.symbol);
                wanted.is_none_or(|wanted| given.fits(wanted))
            };
            let fitting: Vec<Member> = level.iter().filter(fits).copied().collect();
            if !fitting.is_empty() {
                return fitting;
            }
            let Some(first) = level.first().map(|it| it.symbol) else {
                break;
            };
            level = self.elsewhere(first, round);
            level.retain(|it| self.workspace.symbol(it.symbol).kind.is_callable());
        }
        // Of what is no function, a case is made by what looks like a call, and a property may hold a function.
        let is_value = |member: &Member| {
            let symbol = self.workspace.symbol(member.symbol);
            match symbol.kind {
                SymbolKind::EnumMember => true,
                SymbolKind::Field | SymbolKind::Property => !symbol.modifiers.is_static,
                _ => false,
            }
        };
        candidates.into_iter().filter(is_value).collect()
    }

    /// The declared type of an argument of a callee: what all functions say of it that the labels of the call fit, or a field of its label where
    /// a type is made that says no more than what it has.
    pub(super) fn argument_labelled(&mut self, file: u32, callee: ExprId, given: &Given, at: u8, depth: u32) -> Value {
        let it = &self.workspace.files[file as usize];
        let (symbols, receiver) = match it.expr(callee) {
            Expr::Member(of, name) => {
                let of = self.evaluate(file, *of, depth);
                let members = self.members(&of, it.name(*name), depth);
                let made = self.made_by(file, &of, it.name(*name));
                let members = members.into_iter().map(|it| it.symbol);
                (members.chain(made).collect(), Some(of))
            }
            Expr::Path(of, name) => {
                let of = self.evaluate(file, *of, depth);
                let made = self.made_by(file, &of, it.name(*name));
                let found = self.found(file, callee, false, depth);
                (self.symbols_of(found).into_iter().chain(made).collect(), Some(of))
            }
            _ => {
                let found = self.found(file, callee, false, depth);
                (self.symbols_of(found), None)
            }
        };
        let mut told: Option<Value> = None;
        for symbol in self.called_by(symbols, given) {
            let value = self.taken_by_label(symbol, given, at, receiver.as_ref(), depth + 1);
            if told.as_ref().is_some_and(|told| *told != value) {
                return Value::Unknown;
            }
            told = Some(value);
        }
        told.unwrap_or_default()
    }

    /// Of what may be called, the functions that labels fit; types without such constructors stand for themselves.
    fn called_by(&mut self, symbols: Vec<SymbolRef>, given: &Given) -> Vec<SymbolRef> {
        let workspace = self.workspace;
        let fits = |linker: &Self, at: SymbolRef| linker.labels_of(at).is_some_and(|wanted| given.fits(wanted));
        let (mut functions, mut types) = (Vec::new(), Vec::new());
        for symbol in symbols {
            if workspace.symbol(symbol).kind.is_callable() {
                functions.extend(Some(symbol).filter(|at| fits(self, *at)));
                continue;
            }
            let conventions = workspace.files[symbol.file as usize].conventions;
            let named = conventions.map(|it| it.constructors.as_slice()).unwrap_or_default();
            let names = named.iter().filter_map(|name| workspace.names.get(name));
            let own = names.flat_map(|name| workspace.tables.members.get((symbol, name)));
            let own: Vec<SymbolRef> = own.filter(|at| fits(self, **at)).copied().collect();
            if own.is_empty() {
                types.push(symbol);
            }
            functions.extend(own);
        }
        functions.dedup();
        if functions.is_empty() { types } else { functions }
    }

    /// What a function takes as an argument of a call, or what a type has under its label.
    fn taken_by_label(&mut self, of: SymbolRef, given: &Given, at: u8, receiver: Option<&Value>, depth: u32) -> Value {
        let workspace = self.workspace;
        let bindings = workspace.files[of.file as usize].bindings();
        if let Some(wanted) = self.labels_of(of) {
            let function = workspace.declared(of).and_then(|declared| declared.function);
            let position = given.parameter_of(usize::from(at), wanted);
            let taken = function
                .zip(position)
                .and_then(|(function, at)| bindings.functions[function as usize].parameters.get(at).copied()?);
            return taken
                .map(|it| self.written(of.file, it, receiver, depth))
                .unwrap_or_default();
        }
        let Some(label) = given.labels.get(usize::from(at)).filter(|label| **label != 0) else {
            return Value::Unknown;
        };
        let symbols = workspace.files[of.file as usize].facts.symbols.iter().enumerate();
        let mut fields = symbols.filter(|(_, it)| {
            let is_field = matches!(it.kind, SymbolKind::Field | SymbolKind::Property | SymbolKind::Variable);
            let name = workspace.files[of.file as usize].name(it.name);
            is_field && it.container == Some(of.symbol) && hashed(workspace.names.text(name)) == *label
        });
        match fields.next() {
            Some((symbol, _)) => {
                let (file, symbol) = (of.file, SymbolIdx(symbol as u32));
                self.symbol_value(SymbolRef { file, symbol }, None, depth)
            }
            None => Value::Unknown,
        }
    }

    /// The type of which a method that every type has makes an instance (`.init`).
    pub(super) fn made_by(&self, file: u32, of: &Value, name: Name) -> Option<SymbolRef> {
        let (Value::Instance(at, _) | Value::Item(at)) = of else {
            return None;
        };
        let conventions = self.workspace.files[file as usize].conventions;
        let is_such = conventions.is_some_and(|it| it.labels_tell) && self.is_constructor(file, name);
        use SymbolKind::{Class, Enum, Struct};
        let is_made = matches!(self.workspace.symbol(*at).kind, Class | Struct | Enum);
        (is_such && is_made).then_some(*at)
    }

    /// What has the name of a function besides: members of the bases of its type, or else what its file has, and then its package.
    fn elsewhere(&mut self, at: SymbolRef, round: usize) -> Vec<Member> {
        let workspace = self.workspace;
        let Some(around) = workspace.container(at) else {
            let named = &workspace.modules.named;
            let package = named.of_file.get(&at.file).copied();
            let all = package.map(|package| named.members.get((package, workspace.name_of(at))));
            let all = all.unwrap_or_default().iter().copied();
            let seen = all.filter(|it| round > 0 || it.file == at.file);
            let member = |symbol| Member {
                symbol,
                by_trait: false,
            };
            return seen.map(member).collect();
        };
        let of = match workspace.tables.impl_types.get(&around) {
            Some(Value::Instance(of, _)) => Ok(*of),
            Some(Value::Wrapper(outside, _)) => Err(*outside),
            _ => Ok(around),
        };
        let bases: Vec<Value> = match of {
            Ok(of) => workspace.tables.bases.get(of).iter().map(|it| it.of.clone()).collect(),
            Err(outside) => self.bases_outside(outside),
        };
        let name = workspace.name_of(at);
        bases.iter().flat_map(|base| self.members(base, name, 0)).collect()
    }
}
