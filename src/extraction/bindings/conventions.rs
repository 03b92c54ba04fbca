//! The parts of `expressions.toml` that linking needs: how modules are found, and what the standard types of a language give back.

use super::rules::RulesError;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The parts of `expressions.toml` that linking needs.
#[derive(Debug, Default)]
pub struct Conventions {
    pub modules: ModuleRule,
    pub packages: PackageRule,
    /// Calling a class makes an instance of it.
    pub classes_are_called: bool,
    /// Members of the type around the code are named without a receiver.
    pub receiver_is_implied: bool,
    /// The type before a member can be left out where it is expected (`.red`).
    pub implied_members: bool,
    /// A type implements every interface whose methods it has.
    pub methods_implement: bool,
    /// Methods and variables have name spaces of their own: a field hides no method.
    pub methods_apart: bool,
    /// A method that is named and not called is a value that calls it (`parse = decoder.parse`).
    pub methods_are_values: bool,
    /// What branches give is all of it one of several, and not of the type of the first of which something is known.
    pub choices_differ: bool,
    /// Methods of interfaces from outside, by the qualified name: `Read/1/2` takes one argument and gives two results.
    pub interfaces: FxHashMap<String, String>,
    /// Methods of every class that make an instance of it (`new`).
    pub constructors: Vec<String>,
    /// The method that calling an instance calls (`invoke`).
    pub invoked: String,
    /// The method that takes what a class is called with. A class without one takes its fields by their names.
    pub initializer: String,
    /// The kinds of members besides methods that take the place of those of a base.
    pub overriding: Vec<String>,
    /// Reading a field is calling a method.
    pub fields_are_called: bool,
    /// Functions of one name differ by what they take, and each is a definition of its own.
    pub overloads: bool,
    /// What a type does not have itself, by its bases or by an extension cannot be called on it.
    pub members_are_known: bool,
    /// A closure can stand for an interface of one method.
    pub interfaces_are_functions: bool,
    /// Labels of arguments are part of what a function is called by.
    pub labels_tell: bool,
    /// Methods of a class that call one of an instance, later or elsewhere (`perform_later` and `perform`).
    pub delegates: FxHashMap<String, String>,
    /// Wrappers through which members of the first argument are reached.
    pub transparent: Vec<String>,
    /// The same, of packages whose names types of a repository may have too.
    pub holding: Vec<String>,
    /// Wrappers through which fields are reached; methods may be their own.
    pub derefs: Vec<String>,
    /// The same, of which only some members are reached.
    pub parts: Vec<String>,
    pub unwraps: Vec<String>,
    pub awaits: Vec<String>,
    /// Types from outside that stand for any of their arguments.
    pub unions: Vec<String>,
    /// Types from outside whose arguments are the types of their places (`tuple`).
    pub tuples: Vec<String>,
    /// Types from outside that stand for their argument itself, where a value of it would be an instance (`type`).
    pub classes: Vec<String>,
    /// Types that are an instance of the class, or the result of the function, whose type they are told.
    pub instances: Vec<String>,
    pub results: Vec<String>,
    /// Types that are what awaiting the one they are told gives.
    pub awaited: Vec<String>,
    /// Types from outside whose first argument is the type of what they are called or made with.
    pub components: Vec<String>,
    /// The method whose result is gone over in place of an instance (`__iter__`).
    pub iterator: String,
    pub elements: FxHashMap<String, usize>,
    pub indexes: FxHashMap<String, usize>,
    /// Types from outside that nothing but themselves is of: overloads are told apart by the types of arguments.
    pub closed: Vec<String>,
    /// What a method of a standard type gives back, by method and type (`*` for any).
    pub methods: FxHashMap<String, FxHashMap<String, Shape>>,
    /// Methods of [`Self::methods`] that other packages add to a standard type; what the repository adds itself comes before them.
    pub added: Vec<String>,
    /// Traits from outside that pointers have if what they point to has them.
    pub forwards: Vec<String>,
    /// Methods that a derive adds to types, and which give a view of the receiver with the same members (`project`).
    pub views: Vec<String>,
    /// Macros that are in scope everywhere, unless the place itself defines one of the name.
    pub macros: Vec<String>,
    /// Methods that numbers, texts and lists have themselves.
    pub inherent: FxHashSet<String>,
    /// Names that the language defines everywhere.
    pub predeclared: Vec<String>,
    /// What a function from outside gives back in terms of its first argument, by its name and that of the type or module it is in (`-` for none).
    pub functions: FxHashMap<String, FxHashMap<String, Shape>>,
    /// Types from outside that give what their first argument gives to whoever goes over it.
    pub adaptors: Vec<String>,
    /// The trait that extends a type from outside where its own name does not.
    pub implements: FxHashMap<String, String>,
    /// The trait by which an index leads to something, and what that names.
    pub index: Vec<String>,
    /// The first parameters of the closure a method takes, or that a type of functions is (`()`).
    pub callbacks: FxHashMap<String, FxHashMap<String, Vec<Shape>>>,
}

/// How modules are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModuleRule {
    Rust,
    Node,
    /// By the table of [`PackageRule`].
    Package,
    /// Every file for itself.
    #[default]
    None,
}

/// A type in terms of another: `0` its first argument, `self` itself, `call` what the closure gives back, `Option<0>` a new type, `each 0` what
/// the first argument gives to whoever goes over it, `inside call` what is in an option that the closure gives back, `written` the type that the
/// call states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    Argument(usize),
    Receiver,
    Call,
    Written,
    Each(Box<Self>),
    Inside(Box<Self>),
    Type(String, Vec<Self>),
}

/// What a language calls a package, and how names and paths lead into one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PackageRule {
    pub unit: PackageUnit,
    /// Languages that share packages have one family; by default, each is its own.
    pub family: String,
    /// What stands between the segments of a package's name.
    pub separator: String,
    /// The stems of files that stand for the folder they are in.
    pub index: Vec<String>,
    /// Folders whose folders are modules: the name of one may stand before those of what it defines.
    pub roots: Vec<String>,
    /// Names of a package are seen in the packages nested in it.
    pub nested: bool,
    /// What a file imports, it gives away.
    pub gives_imports: bool,
    /// Of the types around one, only constants are seen in it without a receiver.
    pub outer_constants_only: bool,
    /// Definitions of one type in several files are one type (`partial class`, a class that is opened again).
    pub merged: bool,
    /// What paths call the part of a type that holds what needs no instance (`Type.Companion.member`).
    pub companion: String,
}

/// What one package is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PackageUnit {
    /// A file, named by its path.
    #[default]
    File,
    /// All files of a folder, named by the path from a manifest that names its own folder.
    Folder,
    /// All files that state its name.
    Clause,
    /// All files; of these, each sees what it includes.
    Include,
}

#[derive(Deserialize)]
struct ConventionsFile {
    #[serde(default)]
    words: WordsTable,
    #[serde(default)]
    modules: ModulesTable,
    #[serde(default)]
    standard: StandardTable,
}

/// The words that linking needs too.
#[derive(Default, Deserialize)]
#[serde(default)]
struct WordsTable {
    receiver_is_implied: bool,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ModulesTable {
    rule: ModuleRule,
    classes_are_called: bool,
    implied_members: bool,
    methods_apart: bool,
    methods_are_values: bool,
    choices_differ: bool,
    methods_implement: bool,
    constructors: Vec<String>,
    invoked: String,
    initializer: String,
    overriding: Vec<String>,
    fields_are_called: bool,
    interfaces_are_functions: bool,
    overloads: bool,
    members_are_known: bool,
    labels_tell: bool,
    delegates: FxHashMap<String, String>,
    package: PackageRule,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct StandardTable {
    transparent: Vec<String>,
    holding: Vec<String>,
    derefs: Vec<String>,
    closed: Vec<String>,
    parts: Vec<String>,
    unwraps: Vec<String>,
    awaits: Vec<String>,
    unions: Vec<String>,
    tuples: Vec<String>,
    classes: Vec<String>,
    instances: Vec<String>,
    results: Vec<String>,
    awaited: Vec<String>,
    components: Vec<String>,
    iterator: String,
    elements: FxHashMap<String, usize>,
    indexes: FxHashMap<String, usize>,
    added: Vec<String>,
    views: Vec<String>,
    forwards: Vec<String>,
    macros: Vec<String>,
    inherent: Vec<String>,
    predeclared: Vec<String>,
    interfaces: FxHashMap<String, String>,
    adaptors: Vec<String>,
    implements: FxHashMap<String, String>,
    index: Vec<String>,
    methods: BTreeMap<String, BTreeMap<String, String>>,
    functions: BTreeMap<String, BTreeMap<String, String>>,
    callbacks: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

impl Conventions {
    /// Reads what linking needs of a rule table.
    pub fn new(text: &str) -> Result<Self, RulesError> {
        let file: ConventionsFile = toml::from_str(text)?;
        let standard = file.standard;
        let methods = by_name(standard.methods);
        let mut callbacks: FxHashMap<String, FxHashMap<String, Vec<Shape>>> = FxHashMap::default();
        for (types, table) in standard.callbacks {
            for (names, shapes) in table {
                let shapes: Vec<Shape> = shapes.iter().map(|shape| Shape::parse(shape)).collect();
                for method in names.split_whitespace() {
                    let of_method = callbacks.entry(method.to_owned()).or_default();
                    of_method.extend(types.split_whitespace().map(|of| (of.to_owned(), shapes.clone())));
                }
            }
        }
        Ok(Self {
            modules: file.modules.rule,
            packages: file.modules.package,
            classes_are_called: file.modules.classes_are_called,
            implied_members: file.modules.implied_members,
            receiver_is_implied: file.words.receiver_is_implied,
            methods_implement: file.modules.methods_implement,
            methods_apart: file.modules.methods_apart,
            methods_are_values: file.modules.methods_are_values,
            choices_differ: file.modules.choices_differ,
            interfaces: standard.interfaces,
            constructors: file.modules.constructors,
            invoked: file.modules.invoked,
            initializer: file.modules.initializer,
            overriding: file.modules.overriding,
            fields_are_called: file.modules.fields_are_called,
            interfaces_are_functions: file.modules.interfaces_are_functions,
            overloads: file.modules.overloads,
            members_are_known: file.modules.members_are_known,
            labels_tell: file.modules.labels_tell,
            delegates: file.modules.delegates,
            transparent: standard.transparent,
            holding: standard.holding,
            derefs: standard.derefs,
            closed: standard.closed,
            parts: standard.parts,
            unwraps: standard.unwraps,
            awaits: standard.awaits,
            unions: standard.unions,
            tuples: standard.tuples,
            classes: standard.classes,
            instances: standard.instances,
            results: standard.results,
            awaited: standard.awaited,
            components: standard.components,
            iterator: standard.iterator,
            elements: standard.elements,
            indexes: standard.indexes,
            added: standard.added,
            views: standard.views,
            forwards: standard.forwards,
            macros: standard.macros,
            inherent: words(&standard.inherent),
            predeclared: standard.predeclared,
            methods,
            functions: by_name(standard.functions),
            adaptors: standard.adaptors,
            implements: standard.implements,
            index: standard.index,
            callbacks,
        })
    }
}

/// The words of lines.
fn words(lines: &[String]) -> FxHashSet<String> {
    let words = lines.iter().flat_map(|line| line.split_whitespace());
    words.map(str::to_owned).collect()
}

/// The shapes of a table, by name and then by type.
fn by_name(tables: BTreeMap<String, BTreeMap<String, String>>) -> FxHashMap<String, FxHashMap<String, Shape>> {
    let mut found: FxHashMap<String, FxHashMap<String, Shape>> = FxHashMap::default();
    for (types, table) in tables {
        for (names, shape) in table {
            for name in names.split_whitespace() {
                let of_name = found.entry(name.to_owned()).or_default();
                of_name.extend(types.split_whitespace().map(|of| (of.to_owned(), Shape::parse(&shape))));
            }
        }
    }
    found
}

impl Shape {
    fn parse(text: &str) -> Self {
        let text = text.trim();
        if let Ok(at) = text.parse() {
            return Self::Argument(at);
        }
        match (text, text.split_once('<')) {
            ("self", _) => Self::Receiver,
            ("call", _) => Self::Call,
            ("written", _) => Self::Written,
            _ if text.starts_with("each ") => Self::Each(Box::new(Self::parse(&text["each ".len()..]))),
            _ if text.starts_with("inside ") => Self::Inside(Box::new(Self::parse(&text["inside ".len()..]))),
            (_, Some((name, rest))) => {
                let inside = rest.strip_suffix('>').unwrap_or(rest);
                Self::Type(
                    name.to_owned(),
                    split_arguments(inside).into_iter().map(Self::parse).collect(),
                )
            }
            _ => Self::Type(text.to_owned(), Vec::new()),
        }
    }
}

/// Cuts `A<B, C>, D` at the commas outside brackets.
fn split_arguments(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut out) = (0_u32, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                out.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    out.push(&text[start..]);
    out
}
