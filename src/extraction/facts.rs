//! What one file says about itself: the facts that leave extraction.
//!
//! Nothing here can hold a body or a comment, nor a literal but the names of [`Contract`]s, which have a strict shape; local variable
//! names stay behind too, because lexical scoping is settled before facts are made. `Encode`/`Decode` serve the pipe to the worker processes and the facts kept between two indexings.

use super::Fragment;
use super::bindings::{Bindings, ExprId};
use bitcode::{Decode, Encode};

/// An index into [`FileFacts::names`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct NameId(pub u32);

/// An index into [`FileFacts::symbols`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct SymbolIdx(pub u32);

/// Lines `start..=end`, counted from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Lines {
    pub start: u32,
    pub end: u32,
}

/// Everything louver keeps of one file.
#[derive(Clone, Debug, Default, Encode, Decode)]
pub struct FileFacts {
    /// The folder of `grammars/` that read the file.
    pub grammar: String,
    pub lines: u32,
    pub bytes: u32,
    /// Bytes under a syntax error, of which nothing is known.
    pub unparsed_bytes: u32,
    /// The lines under a syntax error, merged and in order.
    pub unparsed: Vec<Lines>,
    /// The first sentence of what the file says about itself.
    pub summary: Fragment,
    /// The prose after it.
    pub documentation: Fragment,
    /// Every name the facts mention, each once.
    pub names: Vec<Fragment>,
    /// In document order; a container comes before what it contains.
    pub symbols: Vec<Symbol>,
    /// References, imports and types: what `resolution` works on.
    pub bindings: Bindings,
    /// Keyed hashes of the words that stand in no symbol, sorted, repeated as often as they occur (at most 8 times).
    pub vocabulary: Vec<u32>,
    /// Stretches of a file that no grammar reads.
    pub passages: Vec<Passage>,
    /// Routes, commands, events and keys, in document order.
    pub contracts: Vec<Contract>,
}

/// What code agrees on with the outside by a name in a string: a route, a command, an event, a key. Never a value.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Contract {
    /// One of [`SymbolKind::CONTRACTS`].
    pub kind: SymbolKind,
    /// `GET /users/{id}`, `DATABASE_URL`: a literal of a strict shape, in one spelling.
    pub name: Fragment,
    /// The innermost symbol around it.
    pub within: Option<SymbolIdx>,
    /// What answers it.
    pub handler: Option<Handler>,
    pub lines: Lines,
    pub is_test: bool,
    /// Of a route, what another file may put before its path. Of a key, the reference to what is given it, which has to be a function that reads
    /// the environment.
    pub below: Option<Below>,
}

/// The router that a route hangs on, or another router.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Below {
    pub router: Router,
    /// How many bytes of the path are what the router itself begins with.
    pub own: u32,
    /// The path is reached below another only, which nobody knows where nothing says it.
    pub is_part: bool,
}

/// A router, by what other files can reach it through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Router {
    pub kind: RouterKind,
    /// A symbol of the file; an entry of [`Bindings::imports`] for one that is imported.
    pub symbol: SymbolIdx,
}

/// How a router is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum RouterKind {
    /// The symbol is a variable that holds it.
    Held,
    /// The symbol is a function that is given it, as the argument at this place.
    Given(u8),
    /// The symbol is a function that makes it and gives it back.
    Made,
    /// An import brings it in.
    Imported,
    /// A framework finds what is in the folder of the file or below. The symbol is the first of the file.
    Folder,
    /// The symbol is a class whose bases may say what its routes begin with.
    Class,
    /// The symbol is a class whose routes are those of all classes that inherit from it and say what theirs begin with.
    Heirs,
    /// The symbol is a class whose routes are below those that routers give to it and to the classes that inherit from it.
    Registered,
}

/// Where a router is put below a path of another.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Mount {
    /// What the routes of the target begin with, as far as the file says it; empty for nothing.
    pub path: Fragment,
    /// What the path hangs on in turn.
    pub onto: Option<Below>,
    /// What leads to the router that is mounted.
    pub target: ExprId,
    /// How the target is one. Never [`RouterKind::Imported`].
    pub takes: RouterKind,
    /// The path stands in place of what the router itself begins with.
    pub replaces: bool,
    pub is_test: bool,
    /// Counted from 1.
    pub line: u32,
}

/// What answers a route, a command or an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Handler {
    /// A symbol of the file.
    Symbol(SymbolIdx),
    /// What a reference leads to: an index into [`Bindings::references`].
    Reference(u32),
    /// A member of the class that a reference leads to, by the [`digest`] of a literal: `[Posts::class, 'show']`.
    Member { of: u32, name: u64 },
    /// A member of a controller that a framework finds by its name, both by digests of a literal: `'posts#show'`.
    Action { controller: u64, name: u64 },
    /// A function without a name, written where the contract is, by what it refers to: a range of [`Bindings::references`].
    Inline { first: u32, end: u32, last_line: u32 },
}

/// Stands for a name that a literal says, which is no fact: only names that the repository defines are found by it.
pub fn digest(name: &str) -> u64 {
    digest_on(0xcbf2_9ce4_8422_2325, name)
}

/// The digest of a name that goes on where another ends, by the digest of that one.
pub fn digest_on(of: u64, rest: &str) -> u64 {
    // FNV-1a, as it is the same in every build.
    rest.bytes()
        .fold(of, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The digest of a class by its name with the modules around it. Letters count as small, and no `_`, as frameworks spell words of their own way.
pub fn class_digest<'n>(names: impl Iterator<Item = &'n str>) -> u64 {
    let names: Vec<String> = names.map(|name| name.replace('_', "").to_ascii_lowercase()).collect();
    digest(&names.join("::"))
}

impl Contract {
    /// Whether it is told even if linking finds nothing that stands before its path, which a route without one is not.
    pub fn is_whole(&self) -> bool {
        !self.name.expose().ends_with(' ')
    }
}

/// A stretch of a file that no grammar reads.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Passage {
    pub lines: Lines,
    /// Keyed hashes of its words, sorted, repeated as often as they count.
    pub vocabulary: Vec<u32>,
}

impl FileFacts {
    /// The name behind an id.
    pub fn name(&self, id: NameId) -> &Fragment {
        &self.names[id.0 as usize]
    }

    /// The symbol behind an index.
    pub fn symbol(&self, at: SymbolIdx) -> &Symbol {
        &self.symbols[at.0 as usize]
    }
}

/// One definition.
#[derive(Clone, Debug, Encode, Decode)]
pub struct Symbol {
    pub name: NameId,
    pub kind: SymbolKind,
    pub container: Option<SymbolIdx>,
    pub visibility: Visibility,
    pub modifiers: Modifiers,
    /// From the first line of the definition (its attributes and documentation excluded) to its last.
    pub lines: Lines,
    /// Rebuilt from syntax nodes, every literal replaced by its kind, at most 400 characters.
    pub signature: Fragment,
    /// The first sentence of the documentation, at most 200 characters.
    pub summary: Fragment,
    /// The prose after it, code blocks gone, at most 1,000 characters.
    pub documentation: Fragment,
    /// What the body does, step by step. Empty for what has no body.
    pub outline: Vec<Step>,
    /// Keyed hashes of the words in the body, sorted, repeated as often as they occur (at most 8 times).
    pub vocabulary: Vec<u32>,
}

/// What a definition defines, in the words of LSP and SCIP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum SymbolKind {
    Module,
    Namespace,
    Class,
    Struct,
    Union,
    Interface,
    Trait,
    Enum,
    EnumMember,
    TypeAlias,
    AssociatedType,
    Function,
    Method,
    Constructor,
    Getter,
    Setter,
    Field,
    Property,
    Constant,
    Variable,
    Macro,
    /// A block of members of a type that stands apart from it (Rust `impl`, Swift `extension`); named after the type.
    Impl,
    /// An endpoint that the code offers: `GET /users/{id}`.
    Route,
    /// An endpoint that the code asks.
    Request,
    /// A command of a command line.
    Command,
    /// Where an event or message is sent.
    Publisher,
    /// Where an event or message is awaited.
    Subscriber,
    /// Where an environment variable is read.
    EnvironmentKey,
    /// Where a setting is read.
    ConfigurationKey,
}

impl SymbolKind {
    /// Every kind, in the order of `index-schema/vocabulary.toml`.
    pub const ALL: [Self; 29] = [
        Self::Module,
        Self::Namespace,
        Self::Class,
        Self::Struct,
        Self::Union,
        Self::Interface,
        Self::Trait,
        Self::Enum,
        Self::EnumMember,
        Self::TypeAlias,
        Self::AssociatedType,
        Self::Function,
        Self::Method,
        Self::Constructor,
        Self::Getter,
        Self::Setter,
        Self::Field,
        Self::Property,
        Self::Constant,
        Self::Variable,
        Self::Macro,
        Self::Impl,
        Self::Route,
        Self::Request,
        Self::Command,
        Self::Publisher,
        Self::Subscriber,
        Self::EnvironmentKey,
        Self::ConfigurationKey,
    ];

    /// The kinds of [`Contract`].
    pub const CONTRACTS: [Self; 7] = [
        Self::Route,
        Self::Request,
        Self::Command,
        Self::Publisher,
        Self::Subscriber,
        Self::EnvironmentKey,
        Self::ConfigurationKey,
    ];

    /// The word clients and query captures use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Namespace => "namespace",
            Self::Class => "class",
            Self::Struct => "struct",
            Self::Union => "union",
            Self::Interface => "interface",
            Self::Trait => "trait",
            Self::Enum => "enum",
            Self::EnumMember => "enum_member",
            Self::TypeAlias => "type_alias",
            Self::AssociatedType => "associated_type",
            Self::Function => "function",
            Self::Method => "method",
            Self::Constructor => "constructor",
            Self::Getter => "getter",
            Self::Setter => "setter",
            Self::Field => "field",
            Self::Property => "property",
            Self::Constant => "constant",
            Self::Variable => "variable",
            Self::Macro => "macro",
            Self::Impl => "impl",
            Self::Route => "route",
            Self::Request => "request",
            Self::Command => "command",
            Self::Publisher => "publisher",
            Self::Subscriber => "subscriber",
            Self::EnvironmentKey => "environment_key",
            Self::ConfigurationKey => "configuration_key",
        }
    }

    /// The kind a word names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Whether it stands for an agreement with the outside and is named by a literal.
    pub fn is_contract(self) -> bool {
        Self::CONTRACTS.contains(&self)
    }

    /// Whether values are of it.
    pub fn is_type(self) -> bool {
        use SymbolKind::{Class, Enum, Interface, Struct, Trait, TypeAlias, Union};
        matches!(self, Class | Enum | Interface | Struct | Trait | TypeAlias | Union)
    }

    /// Whether it can be called and has a body worth outlining.
    pub fn is_callable(self) -> bool {
        matches!(
            self,
            Self::Function | Self::Method | Self::Constructor | Self::Getter | Self::Setter | Self::Macro
        )
    }
}

/// Who may use a symbol, as far as its own syntax says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Visibility {
    /// Exported, `pub`, public by the language's rule.
    Public,
    /// Visible in its package, crate or assembly (`pub(crate)`, `internal`, Java's default).
    Package,
    Protected,
    #[default]
    Private,
}

impl Visibility {
    pub const ALL: [Self; 4] = [Self::Public, Self::Package, Self::Protected, Self::Private];

    /// The word clients see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Package => "package",
            Self::Protected => "protected",
            Self::Private => "private",
        }
    }
}

/// Yes-or-no facts about a symbol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Modifiers {
    pub is_async: bool,
    pub is_static: bool,
    pub is_abstract: bool,
    pub is_unsafe: bool,
    pub is_const: bool,
    pub is_deprecated: bool,
    /// A test, or part of a test module or file.
    pub is_test: bool,
    pub is_generated: bool,
}

/// One step of a behaviour outline.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Step {
    /// How deep it is nested in branches, loops and closures.
    pub depth: u8,
    pub kind: StepKind,
    /// Names of members and functions it mentions: the callee of a call, what a guard looks at. Never a local variable.
    pub names: Vec<Chain>,
    /// Counted from 1.
    pub line: u32,
}

/// A name as written, cut to its last two segments; a segment that is a local variable or no name is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Chain {
    pub qualifier: Option<NameId>,
    pub name: Option<NameId>,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub enum StepKind {
    If,
    Else,
    /// A match or switch, with its number of arms.
    Match(u16),
    Arm,
    Loop,
    Try,
    Catch,
    Finally,
    Closure,
    Unsafe,
    Return,
    /// A return out of the middle of the body, not its last statement.
    EarlyReturn,
    /// A `throw`, `raise`, `panic!`, `return Err(..)`.
    ErrorExit,
    Break,
    Continue,
    Yield,
    /// Assigns a member of the receiver or a global.
    Set,
    /// A call and its number of arguments. `index` points into [`Bindings::references`].
    Call {
        arguments: u8,
        awaited: bool,
        propagated: bool,
        reference: Option<u32>,
    },
    /// Constructs a value.
    New {
        arguments: u8,
        reference: Option<u32>,
    },
    /// Invokes a macro by name.
    Macro {
        propagated: bool,
        reference: Option<u32>,
    },
}
