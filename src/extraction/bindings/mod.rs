//! What the code of one file refers to: references, imports and declared types, in a form that names no local variable.
//!
//! Lexical scoping is settled here, so a use of a local becomes [`Expr::Local`] and `resolution` never sees its name.

mod accessors;
mod assigned;
mod attributes;
mod binders;
mod builtins;
mod callbacks;
mod callees;
mod collect;
mod components;
pub mod conventions;
mod declarations;
mod documented;
mod dotted;
mod exports;
mod expressions;
mod gathered;
mod implementing;
mod implied;
mod imports;
mod joins;
mod keys;
pub mod labels;
mod macro_bodies;
pub mod manifest;
mod model_fields;
mod nameless;
mod narrowing;
pub(super) mod order;
mod paths;
mod patterns;
mod place;
mod quoted;
mod references;
pub mod rules;
mod scopes;
mod signs;
mod types;
mod uses;
mod walk;
mod words;
mod wrapped;

pub(super) use collect::collect;

use super::facts::{Mount, NameId, SymbolIdx};
use super::{Fragment, Grammar};
use bitcode::{Decode, Encode};
use conventions::Conventions;
use labels::{Given, Label};
use rules::Rules;

/// What the folder of a language says about its bindings.
struct BindingRules {
    /// `None` for a language without `expressions.toml`: it has symbols and no references.
    rules: Option<Rules>,
    conventions: Conventions,
    imports: imports::ImportQuery,
}

fn language(grammar: &Grammar) -> &BindingRules {
    grammar.memo(|grammar| {
        let text = grammar.file("expressions.toml");
        BindingRules {
            rules: text.map(|text| Rules::new(text, grammar.language()).expect(CHECKED)),
            conventions: text
                .map(|text| Conventions::new(text).expect(CHECKED))
                .unwrap_or_default(),
            imports: imports::ImportQuery::new(grammar.query("imports").expect(CHECKED)),
        }
    })
}

/// Whether nodes of a kind mean something to bindings.
pub(super) fn looks_at(grammar: &Grammar, kind: u16) -> bool {
    let rules = &language(grammar).rules;
    rules.as_ref().is_some_and(|rules| rules.walk(kind).is_some())
}

/// Whether the tables and queries of a folder that bindings are made by can be read; if not, the file and the reason.
pub(super) fn check(grammar: &Grammar) -> Result<(), (&'static str, String)> {
    if let Some(text) = grammar.file("expressions.toml") {
        let failed = |error: rules::RulesError| ("expressions.toml", error.to_string());
        Rules::new(text, grammar.language()).map_err(failed)?;
        Conventions::new(text).map_err(failed)?;
    }
    let query = grammar
        .query("imports")
        .map_err(|error| ("queries/imports.scm", error.to_string()))?;
    imports::check(&query).map_err(|reason| ("queries/imports.scm", reason))
}

/// The place of an argument that stands behind all others: there may be fewer of those than parameters.
pub const LAST_ARGUMENT: u8 = u8::MAX;

/// The place of what a closure has for its receiver (`Type.() -> Result`), among what it is handed.
pub const RECEIVER: u8 = u8::MAX - 1;

const CHECKED: &str = "`Grammar::check` and tests/it/corpus.rs see to it";

/// What linking has to know about a language, by the name of its folder.
pub fn conventions(grammar: &str) -> Option<&'static Conventions> {
    Grammar::named(grammar).map(|grammar| &language(grammar).conventions)
}

/// What the languages have in common whose files name each other's symbols, by the name of a folder.
pub fn family(grammar: &str) -> &str {
    let is_node = conventions(grammar).is_some_and(|it| it.modules == conventions::ModuleRule::Node);
    if is_node { "javascript" } else { grammar }
}

/// The references of one file and what is needed to resolve them.
#[derive(Clone, Debug, Default, Encode, Decode)]
pub struct Bindings {
    /// In document order.
    pub references: Vec<Reference>,
    pub imports: Vec<Import>,
    /// One per symbol of the file, in the same order.
    pub types: Vec<Declared>,
    /// The locals that expressions point to, nameless.
    pub locals: Vec<Local>,
    /// Every expression once; an expression comes after the ones it is made of.
    pub expressions: Vec<Expr>,
    /// Every written type once.
    pub written: Vec<TypeExpr>,
    /// The functions and function types behind symbols, closures and types.
    pub functions: Vec<Function>,
    /// The members of object literals and object types.
    pub objects: Vec<Vec<ObjectMember>>,
    /// Where routers are put below paths of others.
    pub mounts: Vec<Mount>,
    /// What the routes of routers begin with where these are made, if they begin with something.
    pub routers: Vec<(SymbolIdx, Fragment)>,
    /// Functions that read the environment under a name they are given, with the place of that among their arguments.
    pub readers: Vec<(SymbolIdx, u8)>,
}

/// An index into [`Bindings::expressions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct ExprId(pub u32);

/// An index into [`Bindings::written`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct TypeId(pub u32);

/// One use of something by name.
#[derive(Clone, Debug, Encode, Decode)]
pub struct Reference {
    pub kind: ReferenceKind,
    pub target: ExprId,
    /// The last segment as written.
    pub name: NameId,
    /// Counted from 1.
    pub line: u32,
    /// The innermost symbol around it; `None` at the top of the file.
    pub within: Option<SymbolIdx>,
    /// How many arguments a call has, where that can tell overloads apart.
    pub arguments: Option<u8>,
    /// The labels of the arguments, where those tell functions apart.
    pub given: Option<Box<Given>>,
    /// What the arguments are, where the types of parameters tell functions apart.
    pub values: Box<[ExprId]>,
}

// Linking holds those of a whole repository at once.
const _: () = assert!(size_of::<Reference>() <= 48 && size_of::<Expr>() <= 24 && size_of::<TypeExpr>() <= 24);

/// How a reference uses its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum ReferenceKind {
    Call,
    Construct,
    Macro,
    TypeUse,
    Read,
    Write,
    Extends,
    Implements,
}

/// What an expression is made of, as far as it says which symbol or type it stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Expr {
    #[default]
    Unknown,
    /// A value of a built-in type.
    Literal,
    /// A variable or type parameter of the file: an index into [`Bindings::locals`].
    Local(u32),
    /// A name that a scope of this file defines as a symbol.
    Symbol(SymbolIdx),
    /// A name that an import of this file brings in: an index into [`Bindings::imports`].
    Import(u32),
    /// A name no scope of the file defines, used inside `module` (the inline module around it, if any).
    Name {
        name: NameId,
        module: Option<SymbolIdx>,
        /// How many type arguments a type is given there, in languages that tell types of one name apart by that.
        arity: u8,
    },
    /// The receiver, in the type around it.
    This(Option<SymbolIdx>),
    /// The receiver as its base type.
    Super(Option<SymbolIdx>),
    /// The type around it, by its language's word for that (`Self`).
    SelfType(Option<SymbolIdx>),
    /// A member of a value.
    Member(ExprId, NameId),
    /// The same, where the name is only a key of an object, which is no fact: a [`digest`](super::facts::digest) of it.
    Keyed(ExprId, u64),
    /// A module, by a digest of the dotted path that a literal names it by.
    Dotted(u64),
    /// A segment of a path.
    Path(ExprId, NameId),
    /// A call, and the first closure among its arguments: an index into [`Bindings::functions`].
    Call(ExprId, Option<u32>),
    Construct(ExprId),
    Await(ExprId),
    /// What is inside an option or result.
    Unwrap(ExprId),
    /// The error inside a result.
    UnwrapError(ExprId),
    Index(ExprId),
    /// A part of a list (`list[1..]`).
    Slice(ExprId),
    /// What a value refers to, as its type says.
    Deref(ExprId),
    /// What an iteration yields.
    Element(ExprId),
    /// A value of a written type.
    Typed(TypeId),
    /// The first of these that is known.
    Either(Box<[ExprId]>),
    /// A bare name in a type without a name: a member of what that type is based on, or what the name means around it.
    Inherited {
        member: ExprId,
        or: ExprId,
    },
    /// What a variable without a type is assigned, here and there.
    Assigned(Box<[ExprId]>),
    /// A variable where a check has found it to be of a type, or not to be. Of a function that checks, `to` is the argument it was.
    /// In Rust, a type as one of its traits has it (`<T as Trait>`).
    Narrowed {
        of: ExprId,
        to: ExprId,
        is: bool,
    },
    /// A call, and its first argument, whose type may be what it gives back. Of a positional field, what the pattern that names it is held against.
    Given {
        call: ExprId,
        first: ExprId,
    },
    /// A call, and the type arguments that are written there.
    Instantiated(ExprId, Box<[TypeId]>),
    /// A closure: an index into [`Bindings::functions`].
    Function(u32),
    /// An object literal: an index into [`Bindings::objects`].
    Object(u32),
    Array(Option<ExprId>),
    Tuple(Box<[ExprId]>),
    TupleField(ExprId, u8),
    /// A positional field of the variant or tuple struct a pattern names.
    Positional {
        path: ExprId,
        at: u8,
    },
    /// The declared type of an argument of a callee; at [`LAST_ARGUMENT`], of its last.
    Argument {
        callee: ExprId,
        at: u8,
    },
    /// The same, after a first argument whose type it may depend on.
    ArgumentAfter {
        callee: ExprId,
        at: u8,
        first: ExprId,
    },
    /// The declared type of an argument of a callee whose parameters have labels.
    Labelled {
        callee: ExprId,
        given: Box<Given>,
        at: u8,
    },
    /// A parameter of a value that is a function.
    Parameter(ExprId, u8),
    /// A whole module, by its specifier.
    Module(NameId),
}

/// A type as written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Encode, Decode)]
pub enum TypeExpr {
    #[default]
    Unknown,
    /// A type of the language itself, without members of interest; with its name where traits can be implemented for it.
    Builtin(Option<NameId>),
    /// The type of the receiver.
    This,
    Named {
        path: ExprId,
        arguments: Box<[TypeId]>,
    },
    Array(TypeId),
    Tuple(Box<[TypeId]>),
    Union(Box<[TypeId]>),
    /// All of these at once.
    Intersection(Box<[TypeId]>),
    /// One of two, by a condition.
    Conditional([TypeId; 2]),
    /// An index into [`Bindings::functions`].
    Function(u32),
    /// An index into [`Bindings::objects`].
    Object(u32),
    /// The type of an expression.
    Of(ExprId),
    /// A type that is indexed by another.
    Index(TypeId, Option<NameId>),
}

/// A function, closure or function type.
#[derive(Clone, Debug, Default, Encode, Decode)]
pub struct Function {
    pub parameters: Vec<Option<TypeId>>,
    /// Of a function type, what its functions have for a receiver.
    pub receiver: Option<TypeId>,
    /// What a call has to label arguments with, in languages with labels.
    pub labels: Vec<Label>,
    /// The written return type.
    pub returns: Option<TypeId>,
    /// The parameter that is of a type where the function gives back `true` (`it is Type`).
    pub guard: Option<(u8, TypeId)>,
    /// What it gives back, where no type is written.
    pub results: Vec<ExprId>,
    pub is_async: bool,
    pub is_generator: bool,
    /// It takes fewer or more arguments than it has parameters.
    pub is_open: bool,
    /// What the signs in its types hash to (`*`, `[]`, `map`), where types are told apart by what their methods take.
    pub signs: u16,
}

/// The name of what a signature says about all members that have no other (`{ [key: string]: Type }`).
pub(crate) const ANY_MEMBER: &str = "[]";

/// One member of an object literal or object type.
#[derive(Clone, Debug, Encode, Decode)]
pub struct ObjectMember {
    /// `None` for a value spread into the object.
    pub name: Option<NameId>,
    /// What it is, as an expression.
    pub value: ExprId,
    /// The symbol that defines it.
    pub symbol: Option<SymbolIdx>,
}

/// A variable or type parameter, without its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Local {
    pub declared: Option<TypeId>,
    pub value: Option<ExprId>,
    /// Set for a type parameter; `declared` is its bound then.
    pub parameter: Option<TypeParameter>,
    /// Its name is given that value in its scope and no other.
    pub is_constant: bool,
    /// The byte at which the name of a function stands that a local variable holds. Only whoever grades calls has the text to look it up in, and
    /// nothing keeps it.
    #[bitcode(skip)]
    pub function: Option<u32>,
}

/// Which type parameter of which symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct TypeParameter {
    pub owner: Option<SymbolIdx>,
    pub at: u8,
}

/// What a symbol's definition says about its type.
#[derive(Clone, Debug, Default, Encode, Decode)]
pub struct Declared {
    /// The type of a value, what an alias stands for, what an `impl` is for.
    pub is: Option<TypeId>,
    pub value: Option<ExprId>,
    /// The type that a method belongs to which stands apart from it.
    pub receiver: Option<TypeId>,
    /// An index into [`Bindings::functions`], for what can be called.
    pub function: Option<u32>,
    pub extends: Vec<TypeId>,
    pub implements: Vec<TypeId>,
    /// What an extension asks of the receiver itself (`where Self: Type`).
    pub bounds: Vec<TypeId>,
    /// The file that holds the symbol's members, when an attribute names it.
    pub file: Option<NameId>,
    /// Exported under its own name, or as the default of its file.
    pub exported: Exported,
    /// A method: its first parameter is the receiver.
    pub takes_receiver: bool,
    /// The function or type that the value of a constant is a call with (`memo(Card)`).
    pub wraps: Option<SymbolIdx>,
    /// A function that is declared here and defined elsewhere.
    pub is_prototype: bool,
    /// Methods that read a field, or the fields of a type, are made by a tool, and those that write one.
    pub is_read_by_methods: bool,
    pub is_written_by_methods: bool,
    /// How many type parameters a type has, in languages that tell types of one name apart by that.
    pub arity: u8,
}

/// How a symbol leaves its file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub enum Exported {
    #[default]
    No,
    Named,
    Default,
    /// As the default of its file, by whose name it is known: code of the file does not know it by that.
    File,
}

/// A name that comes from elsewhere, or goes elsewhere.
#[derive(Clone, Debug, Encode, Decode)]
pub struct Import {
    pub kind: ImportKind,
    /// The module specifier or path, in segments.
    pub path: Vec<NameId>,
    /// The name under which this file knows it, or gives it away.
    pub local: Option<NameId>,
    /// The inline module it stands in.
    pub module: Option<SymbolIdx>,
    /// Inside a function: it counts in that block only.
    pub is_scoped: bool,
    /// Given on to whoever imports this module.
    pub is_reexport: bool,
    /// Counted from 1.
    pub line: u32,
}

/// What an import brings in.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum ImportKind {
    /// The member `0` of a module (`default` for the default one).
    Member(NameId),
    /// A path whose last segment is what is meant, in languages whose paths mix modules and members.
    Path,
    /// All public names of a module.
    All,
    /// The module itself, as a value.
    Namespace,
    /// No import: the package this file says it belongs to.
    Clause,
    /// An expression of this file, given away under `local`.
    Value(ExprId),
    /// The names of a file, as if they stood here; `false` for one that is only looked for beside this file.
    Include { anywhere: bool },
}
