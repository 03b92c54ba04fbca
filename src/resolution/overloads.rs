//! Which of several members that share a name a method stands for: the one whose parameters are like its own.

use super::linker::Linker;
use super::members::Member;
use super::relation::SymbolRef;
use super::value::Name;
use crate::extraction::SymbolKind;
use crate::extraction::bindings::{Expr, Function, TypeExpr, TypeId};

/// How many overloads a call is told to be one of.
const MAX_OVERLOADS: usize = 16;

impl Linker<'_, '_> {
    /// Of some members, those most like a method: as many parameters, and as many of them as can be of types that are called the same.
    pub(super) fn with_parameters_of(&self, at: SymbolRef, members: Vec<SymbolRef>) -> Vec<SymbolRef> {
        if members.len() < 2 {
            return members;
        }
        let alike: Vec<Option<usize>> = members.iter().map(|member| self.alike(at, *member)).collect();
        let most = alike.iter().max().copied().flatten();
        match most {
            Some(_) => members
                .into_iter()
                .zip(alike)
                .filter(|(_, it)| *it == most)
                .map(|(at, _)| at)
                .collect(),
            None => members,
        }
    }

    /// The members among which the types of arguments decide, if there are several: those that something can be called by, with parameters of
    /// different types.
    pub(super) fn overloads_among(&self, candidates: &[Member]) -> Option<Vec<SymbolRef>> {
        let workspace = self.workspace;
        let can_be_meant = |at: &SymbolRef| {
            let symbol = workspace.symbol(*at);
            let container = workspace.container(*at).map(|of| workspace.symbol(of).kind);
            let is_open = matches!(container, Some(SymbolKind::Interface | SymbolKind::Trait));
            symbol.kind.is_callable() && (is_open || symbol.modifiers.is_abstract || !symbol.outline.is_empty())
        };
        let all = candidates.iter().map(|it| it.symbol).filter(can_be_meant);
        let all: Vec<SymbolRef> = all.take(MAX_OVERLOADS + 1).collect();
        let [first, rest @ ..] = all.as_slice() else {
            return None;
        };
        let parameters = self.function_of(*first)?.parameters.len();
        let differs = |other: &SymbolRef| self.alike(*first, *other).is_none_or(|it| it < parameters);
        (all.len() <= MAX_OVERLOADS && rest.iter().any(differs)).then_some(all)
    }

    /// How many parameters of two methods have types that are called the same; nothing if one has more parameters.
    fn alike(&self, one: SymbolRef, other: SymbolRef) -> Option<usize> {
        let (mine, theirs) = (self.function_of(one)?, self.function_of(other)?);
        if mine.parameters.len() != theirs.parameters.len() {
            return None;
        }
        let word = |file: u32, of: &Option<TypeId>| of.map(|of| self.type_word(file, of, 0));
        let pairs = mine.parameters.iter().zip(&theirs.parameters);
        Some(
            pairs
                .filter(|(mine, theirs)| word(one.file, mine) == word(other.file, theirs))
                .count(),
        )
    }

    fn function_of(&self, at: SymbolRef) -> Option<&Function> {
        let function = self.workspace.declared(at)?.function?;
        self.workspace.files[at.file as usize]
            .bindings()
            .functions
            .get(function as usize)
    }

    /// What a type is called, and how many lists it is in.
    fn type_word(&self, file: u32, of: TypeId, depth: u8) -> (u8, Option<Name>) {
        let it = &self.workspace.files[file as usize];
        match &it.bindings().written[of.0 as usize] {
            TypeExpr::Array(of) if depth < 8 => self.type_word(file, *of, depth + 1),
            TypeExpr::Named { path, .. } => (
                depth,
                match it.expr(*path) {
                    Expr::Name { name, .. } | Expr::Path(_, name) | Expr::Member(_, name) => Some(it.name(*name)),
                    Expr::Symbol(symbol) => Some(self.workspace.name_of(SymbolRef { file, symbol: *symbol })),
                    Expr::Import(import) => it.bindings().imports[*import as usize].local.map(|name| it.name(name)),
                    _ => None,
                },
            ),
            _ => (depth, None),
        }
    }
}
