//! Relations: what resolution finds between symbols, each with how it was found.

use crate::extraction::{Fragment, NameId, SymbolIdx};

/// A symbol of the repository being resolved: a file by its position, a symbol within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SymbolRef {
    pub file: u32,
    pub symbol: SymbolIdx,
}

/// One relation that starts in a file.
#[derive(Clone, Debug)]
pub struct Relation {
    /// The symbol it starts from; `None` for the top of the file.
    pub from: Option<SymbolIdx>,
    pub kind: RelationKind,
    pub target: Target,
    /// Counted from 1.
    pub line: u32,
    /// The entry of the file's `Bindings::references` behind it, if one is.
    pub reference: Option<u32>,
}

/// What a relation says. Containment is not listed: every symbol knows its container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RelationKind {
    Calls,
    Constructs,
    /// Uses as a type.
    TypeUse,
    Reads,
    Writes,
    Imports,
    Implements,
    Extends,
    Overrides,
    Tests,
    /// Gives on under its own module what another defines.
    Exports,
    /// A route, command or event that a function answers.
    HandledBy,
    /// A declaration and the definition it stands for.
    Declares,
}

impl RelationKind {
    /// Every kind, in the order of `index-schema/vocabulary.toml`.
    pub const ALL: [Self; 13] = [
        Self::Calls,
        Self::Constructs,
        Self::TypeUse,
        Self::Reads,
        Self::Writes,
        Self::Imports,
        Self::Implements,
        Self::Extends,
        Self::Overrides,
        Self::Tests,
        Self::Exports,
        Self::HandledBy,
        Self::Declares,
    ];

    /// The word clients see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Constructs => "constructs",
            Self::TypeUse => "type_use",
            Self::Reads => "reads",
            Self::Writes => "writes",
            Self::Imports => "imports",
            Self::Implements => "implements",
            Self::Extends => "extends",
            Self::Overrides => "overrides",
            Self::Tests => "tests",
            Self::Exports => "exports",
            Self::HandledBy => "handled_by",
            Self::Declares => "declares",
        }
    }
}

/// What a relation points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A symbol of this repository, and how it was found.
    Symbol { at: SymbolRef, method: Method },
    /// The standard library or a dependency: the name as written, and the package when an import states it.
    External {
        qualifier: Option<NameId>,
        name: NameId,
        package: Option<NameId>,
        /// Whether what it is called on comes from outside, and members of the repository have the name: what outside gives back may be ours.
        is_open: bool,
    },
    /// Symbols that share the name; nothing says that one of them is meant. At most 8 are kept.
    Possible(Vec<SymbolRef>),
}

/// How a target was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// A scope around the reference defines the name.
    Lexical,
    /// An import of the file brings the name in.
    Import,
    /// A path through modules or namespaces leads to it.
    Module,
    /// A member of the type the reference stands in, through `self`, `this` or `super`.
    Self_,
    /// A member named through its type.
    Static,
    /// A member of the receiver's declared type.
    Typed,
    /// A member of the receiver's type, which return values or callbacks imply.
    Inferred,
    /// A member a trait or extension gives to the receiver's type.
    Trait,
    /// A possible run-time target of a call that names an interface or trait member.
    Dispatch,
    /// One of several members that take as many arguments; the types of the arguments would tell which.
    Overload,
}

impl Method {
    pub const ALL: [Self; 10] = [
        Self::Lexical,
        Self::Import,
        Self::Module,
        Self::Self_,
        Self::Static,
        Self::Typed,
        Self::Inferred,
        Self::Trait,
        Self::Dispatch,
        Self::Overload,
    ];

    /// The word clients see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Lexical => "lexical",
            Self::Import => "import",
            Self::Module => "module",
            Self::Self_ => "self",
            Self::Static => "static",
            Self::Typed => "typed",
            Self::Inferred => "inferred",
            Self::Trait => "trait",
            Self::Dispatch => "dispatch",
            Self::Overload => "overload",
        }
    }
}

/// What linking one file gives, in document order.
#[derive(Clone, Debug, Default)]
pub struct FileRelations {
    pub relations: Vec<Relation>,
    pub imports: Vec<Import>,
    /// The routes that have other names than their file alone says.
    pub routes: Vec<RouteNames>,
    /// What answers those contracts whose handlers are named by literals: their places among the contracts of the file.
    pub handlers: Vec<(u32, SymbolRef)>,
}

/// The names of a route whose router other files mount below paths.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RouteNames {
    /// Its place among the contracts of the file.
    pub contract: u32,
    /// `GET /api/users/{id}`; at least one.
    pub names: Vec<Fragment>,
}

/// One import of a file: the module it names, and the file of the repository that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Import {
    /// The specifier, or the segment of a path that names the module.
    pub module: NameId,
    pub file: Option<u32>,
    /// Counted from 1.
    pub line: u32,
}
