//! What an expression evaluates to, as far as resolution is concerned.

use super::relation::SymbolRef;
use std::sync::Arc;

/// A name of the whole workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Name(pub(super) u32);

/// A module: a file, or an inline module of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ModuleId(pub(super) u32);

/// A value, type or module.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Value {
    #[default]
    Unknown,
    /// Of a built-in type, which has a name where traits can be implemented for it.
    Literal(Option<Name>),
    /// Of something outside the workspace.
    External,
    /// An instance of a type of the workspace, with the type's arguments.
    Instance(SymbolRef, Arguments),
    /// A symbol itself: a type, a function.
    Item(SymbolRef),
    Module(ModuleId),
    /// An instance of a type from outside, by its name.
    Wrapper(Name, Arguments),
    /// A type from outside itself.
    Type(Name),
    /// A function or function type of a file, with the receiver its types may mention.
    Function {
        file: u32,
        function: u32,
        receiver: Option<Arc<Self>>,
    },
    Object {
        file: u32,
        object: u32,
    },
    Union(Arc<[Self]>),
    /// All of these at once.
    Intersection(Arc<[Self]>),
}

/// Type arguments; mostly there are none.
pub(super) type Arguments = Option<Arc<[Value]>>;

/// Type arguments of some values.
pub(super) fn arguments(values: Vec<Value>) -> Arguments {
    if values.is_empty() { None } else { Some(values.into()) }
}

impl Value {
    /// Whether it says where to look for members.
    pub(super) fn is_known(&self) -> bool {
        !matches!(self, Self::Unknown | Self::Literal(_) | Self::External)
    }
}

/// A place where names lead: what a path or name stands for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Found {
    #[default]
    Nothing,
    Symbols(Vec<SymbolRef>),
    /// One of these, as a build is set up: nobody can tell which one.
    Either(Vec<SymbolRef>),
    /// One of these, or something outside.
    Maybe(Vec<SymbolRef>),
    Module(ModuleId),
    /// Outside the workspace.
    External,
    /// A value without a symbol.
    Value(Value),
}

impl Found {
    pub(super) fn symbols(all: Vec<SymbolRef>) -> Self {
        if all.is_empty() {
            Self::Nothing
        } else {
            Self::Symbols(all)
        }
    }

    /// What only one of several has can be nothing else.
    pub(super) fn either(all: Vec<SymbolRef>) -> Self {
        if all.len() < 2 {
            Self::symbols(all)
        } else {
            Self::Either(all)
        }
    }

    pub(super) fn maybe(all: Vec<SymbolRef>) -> Self {
        if all.is_empty() {
            Self::Nothing
        } else {
            Self::Maybe(all)
        }
    }
}
