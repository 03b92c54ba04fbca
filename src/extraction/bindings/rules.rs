//! The parts of `expressions.toml` that reading a file needs: which syntax nodes of a language mean what.

use super::place::Place;
use super::words::Words;
use crate::extraction::tree::Node;
use serde::Deserialize;
use std::collections::BTreeMap;
use tree_sitter::Language;

/// The parts of `expressions.toml` that reading a file needs, by node kind.
#[derive(Debug)]
pub struct Rules {
    pub(super) words: Words,
    expressions: Vec<Option<ExprRule>>,
    types: Vec<Option<TypeRule>>,
    patterns: Vec<Option<PatternRule>>,
    walk: Vec<Option<WalkRule>>,
}

/// A rule table that does not fit its format.
#[derive(Debug, thiserror::Error)]
#[error("cannot read `expressions.toml`: {0}")]
pub struct RulesError(#[from] toml::de::Error);

impl Rules {
    /// Reads a rule table for a language. Node kinds the language lacks are skipped, so that dialects can share a table.
    pub fn new(text: &str, language: &Language) -> Result<Self, RulesError> {
        let file: RulesFile = toml::from_str(text)?;
        Ok(Self {
            words: file.words,
            expressions: by_kind(file.expressions, language),
            types: by_kind(file.types, language),
            patterns: by_kind(file.patterns, language),
            walk: by_kind(file.walk, language),
        })
    }

    pub(super) fn expression(&self, kind: u16) -> Option<&ExprRule> {
        self.expressions.get(usize::from(kind))?.as_ref()
    }

    pub(super) fn written(&self, kind: u16) -> Option<&TypeRule> {
        self.types.get(usize::from(kind))?.as_ref()
    }

    pub(super) fn pattern(&self, kind: u16) -> Option<&PatternRule> {
        self.patterns.get(usize::from(kind))?.as_ref()
    }

    pub(super) fn walk(&self, kind: u16) -> Option<&WalkRule> {
        self.walk.get(usize::from(kind))?.as_ref()
    }
}

/// One slot per node kind; an aliased kind has several ids, each of which gets the rule. A word (`this`) counts where no node has its name.
fn by_kind<R: Clone>(rules: BTreeMap<String, R>, language: &Language) -> Vec<Option<R>> {
    let rule = |id: usize| {
        let id = u16::try_from(id).ok()?;
        let kind = language.node_kind_for_id(id)?;
        let is_node = language.node_kind_is_named(id) || language.id_for_node_kind(kind, true) == 0;
        rules.get(kind).filter(|_| is_node).cloned()
    };
    (0..language.node_kind_count()).map(rule).collect()
}

#[derive(Deserialize)]
struct RulesFile {
    #[serde(default)]
    words: Words,
    #[serde(default)]
    expressions: BTreeMap<String, ExprRule>,
    #[serde(default)]
    types: BTreeMap<String, TypeRule>,
    #[serde(default)]
    patterns: BTreeMap<String, PatternRule>,
    #[serde(default)]
    walk: BTreeMap<String, WalkRule>,
}

/// How a node stands for a value. Empty field names mean the first named child.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ExprRule {
    Name,
    This,
    Super,
    Literal {
        /// The type it is of, where that can have methods of the workspace.
        #[serde(default)]
        of: String,
        /// What a call is of that is read as if it began with the operator before it (`a + f(x)`).
        #[serde(default)]
        behind: Place,
        /// The operator for which nothing of this holds.
        #[serde(default)]
        unless: String,
    },
    /// A literal that can name a member of the type around it.
    Symbol,
    Function,
    /// What it defines in place, with a name of its own or that of what it is given to.
    Definition,
    Object,
    Array {
        #[serde(default)]
        element: Place,
    },
    Tuple,
    /// A tuple, or what its only element is.
    List,
    /// The last expression of a block.
    Last,
    Member {
        object: Place,
        name: Place,
        /// The operator that looks into what the object points to (`->`).
        #[serde(default)]
        opens: String,
    },
    Path {
        path: Place,
        name: Place,
        /// The name by which what the path leads to names itself (`Type::class`).
        #[serde(default)]
        itself: String,
    },
    Call {
        function: Place,
    },
    /// A name that only variables have.
    Variable,
    /// A path that is one node.
    Qualified,
    /// A member of the receiver, by a name of its own (`@size`).
    OwnMember,
    /// A call that names object and method itself; without an object, of what the type around it or its file knows.
    MethodCall {
        object: Place,
        name: Place,
    },
    Construct {
        r#type: Place,
    },
    Await,
    Unwrap,
    Index {
        #[serde(default)]
        value: Place,
        /// It may also be a function and the types it is made for (`f[T]`).
        #[serde(default)]
        instantiates: bool,
        /// What stands in the brackets where they lead to a part of the list.
        #[serde(default)]
        slice: String,
        /// The place that is asked for, where a list may have values of several types.
        #[serde(default)]
        at: Place,
    },
    /// A value of a type `from` elsewhere that the operator tells (`a..b`).
    Made {
        from: String,
        types: BTreeMap<String, String>,
    },
    /// What goes over a value, in place of a list of values.
    Spread,
    /// The same value as a part of it.
    Inner {
        #[serde(default)]
        value: Place,
        /// The operator that leads to what a value refers to (`*`).
        #[serde(default)]
        dereferences: String,
    },
    /// A value of a type that is written.
    Typed {
        #[serde(default)]
        r#type: Place,
    },
    /// One of several.
    Either {
        of: Vec<Place>,
    },
    /// One per child of `body`.
    Arms {
        body: Place,
        value: Place,
    },
    Operator {
        #[serde(default)]
        either: Vec<String>,
        #[serde(default)]
        right: Vec<String>,
        /// The methods of the left side that operators stand for.
        #[serde(default)]
        methods: BTreeMap<String, String>,
    },
}

/// How a node stands for a type.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum TypeRule {
    Name,
    Builtin {
        /// Its name counts, because traits can be implemented for it.
        #[serde(default)]
        named: bool,
    },
    This,
    Union,
    Intersection,
    /// Two types and what stands between them: `&` of both, `|` of one.
    Infix {
        operator: Place,
    },
    Object {
        /// It says nothing by itself right in nodes of these kinds, which define the type.
        #[serde(default)]
        unless: Vec<String>,
        #[serde(default)]
        members: Place,
    },
    /// The type of an expression.
    Of,
    Tuple,
    Path {
        path: Place,
        name: Place,
    },
    Generic {
        r#type: Place,
        /// Where the arguments stand; `.` for the node itself, after the type.
        #[serde(default = "type_arguments")]
        arguments: Place,
    },
    /// A path that is one node, and where its arguments stand.
    Qualified {
        #[serde(default)]
        arguments: Place,
    },
    /// A type in quotes.
    Quoted,
    /// A tuple, or what its only element is.
    List,
    Array {
        #[serde(default)]
        element: Place,
    },
    Inner {
        #[serde(default)]
        r#type: Place,
        /// The trait by which the type is looked at (`<T as Trait>`).
        #[serde(default)]
        by: Place,
    },
    Function,
    Index,
    /// One of two types, by a condition.
    Conditional,
}

fn type_arguments() -> Place {
    Place::of("type_arguments")
}

/// What a pattern binds.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum PatternRule {
    /// The name of a variable.
    Name,
    /// A key that is a variable of the same name.
    Shorthand,
    /// A key and a pattern for its value.
    Pair { key: Place, value: Place },
    /// The pattern inside, if it is the only one; several are the segments of a path.
    Only,
    /// Keys of the value.
    Keys,
    /// Positions of the value.
    Positions,
    /// Positions of the value, or the value itself if there is one pattern only.
    List,
    /// Keys of a struct type that is named.
    Fields { r#type: Place },
    /// Positions of a struct type or variant that is named.
    Payload { r#type: Place },
    /// Each element of the value.
    Elements,
    /// The same value, one pattern inside.
    Inner {
        #[serde(default)]
        value: Place,
    },
    /// The same value for each pattern inside.
    Each,
    /// What is left of the value.
    Rest,
}

/// What a walk over the tree does at a node.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WalkRule {
    /// Opens a scope.
    pub(super) scope: bool,
    /// It may be the body of a type without a name, by what is around it.
    pub(super) nameless: Vec<Nameless>,
    /// What is inside is part of the node itself.
    pub(super) opaque: bool,
    /// What calling an instance of the type around it means.
    pub(super) signature: bool,
    /// A function with a receiver of its own.
    pub(super) own_receiver: bool,
    /// The body is a result, if it is an expression.
    pub(super) result_is_body: bool,
    /// Where the type stands that the receiver is of inside, if it is another than the type around (`fun Type.name()`).
    pub(super) receiver: Place,
    /// A closure whose receiver may be another than that around it.
    pub(super) may_have_receiver: bool,
    /// What stands last in it is a result.
    pub(super) result_is_last: bool,
    /// It names a function that is handed on, as one around a call of that would be.
    pub(super) names_function: bool,
    /// The field that is assigned to.
    pub(super) writes: Option<Place>,
    /// What is assigned to where an operator of the node counts it up or down.
    pub(super) counts: Option<Place>,
    /// A check that can say what type a variable has.
    pub(super) narrows: Option<Narrows>,
    /// Branches that may assign a local.
    pub(super) joins: Option<Joins>,
    /// A name that the receiver has in the type around (`self =>`).
    pub(super) names_receiver: Option<Place>,
    /// A bound on a type parameter that stands apart from it.
    pub(super) type_bound: Option<Binds>,
    /// Names from outside do not reach in.
    pub(super) barrier: bool,
    /// A function, whose results and parameters belong to it.
    pub(super) function: bool,
    pub(super) binds: Option<Binds>,
    pub(super) reference: Option<ReferenceRule>,
    /// A string, which may name something by a dotted path.
    pub(super) names: bool,
    /// The body of a macro, as one text.
    pub(super) macro_body: bool,
    /// A text, which may name constants where a macro reads it.
    pub(super) constants: bool,
    /// What is inside are members of a type.
    pub(super) gives: Option<Gives>,
    /// An import, to be read by `imports.scm` or as a tree of paths.
    pub(super) import: Option<ImportRule>,
    /// Where a function's return type stands (`return_type` by default), and where its parameters do (`parameters`).
    pub(super) returns: Option<Place>,
    pub(super) parameter_list: Option<Place>,
    /// What the parameter of a function is called that names none.
    pub(super) implied_parameter: String,
    /// Gives back a result of the function around it.
    pub(super) result: bool,
    pub(super) declares: Option<Declares>,
    /// A type (or class) the definition around it extends or implements.
    pub(super) heritage: Option<Heritage>,
    /// Type parameters of the definition or function around it.
    pub(super) type_parameter: Option<Binds>,
    /// Parameters, each a pattern or a node with its own `binds`.
    pub(super) parameters: bool,
    /// An attribute that stands before the definition it is about.
    pub(super) attribute: bool,
}

/// The body of a type without a name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nameless {
    /// The node around it, without which it is a body of something else.
    pub(super) within: String,
    /// What the type is based on: a type, or a node with some.
    #[serde(default)]
    pub(super) bases: Place,
    #[serde(default)]
    pub(super) interfaces: Place,
}

/// A node that binds a pattern.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Binds {
    pub(super) pattern: Place,
    pub(super) r#type: Place,
    pub(super) value: Place,
    /// The field whose elements are bound, one after the other.
    pub(super) elements: Place,
    /// The name binds from the end of the node on.
    pub(super) after: bool,
    /// It binds only if one node stands where its type does.
    pub(super) single: bool,
    /// The field with the type of each of the values that are bound together (`...T`).
    pub(super) rest: Place,
    /// The field whose keys and elements are bound by the first and second pattern.
    pub(super) entries: Place,
    /// The method of the value that gives what is bound (`__enter__`).
    pub(super) through: String,
    /// It binds where the type around it is made, and not in the members of that type. What defines a member itself binds nothing.
    pub(super) initial: bool,
    /// The value is that of the node around the node's parent (`match` and its arms).
    pub(super) outer_value: Place,
}

/// A node that gives members to a type by their names: that expected in its place, or the first parameter of the component at `to`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Gives {
    pub(super) to: Place,
    /// Where the keys stand; in the node itself by default.
    pub(super) list: Place,
    /// Methods that make another value of that they are called on, with some members changed.
    pub(super) changing: Vec<String>,
    /// The nodes inside that begin with a member's name; by default, keys, names and bare names.
    pub(super) by: String,
    /// What stands at `to` is a class that is made, if its name looks like one.
    pub(super) makes: bool,
}

/// A node with branches.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Joins {
    /// The kinds of its children that are branches.
    pub(super) arms: Vec<String>,
    /// Those of which one is taken if such a child is there.
    #[serde(default)]
    pub(super) complete: Vec<String>,
    /// Where the branches are, if not in the node itself.
    #[serde(default)]
    pub(super) within: Place,
}

/// A node that does one thing if a condition holds, and perhaps another if not.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Narrows {
    pub(super) condition: Place,
    /// What all branches are about of which this is one.
    #[serde(default)]
    pub(super) subject: Place,
    /// Without it, what follows is done only if the condition holds.
    #[serde(default)]
    pub(super) then: Place,
    #[serde(default)]
    pub(super) otherwise: Place,
    /// Only as a statement, of this kind, that calls one of these.
    #[serde(default)]
    pub(super) statement: String,
    #[serde(default)]
    pub(super) calls: Vec<String>,
}

/// A node that refers to something.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReferenceRule {
    pub(super) kind: ReferenceWord,
    /// The field with what is referred to; empty for the node itself.
    #[serde(default)]
    pub(super) target: Place,
    /// The name must begin with a capital letter (components in markup).
    #[serde(default)]
    pub(super) capital: bool,
    /// What the name may leave out of its end (`[Mark]` for `MarkAttribute`).
    #[serde(default)]
    pub(super) ending: String,
    /// The nodes in which a name is a type, or the fields of nodes (`array_type.type`).
    #[serde(default)]
    pub(super) types_in: Vec<String>,
}

impl ReferenceRule {
    /// Whether a name stands where only a type can.
    pub(super) fn is_type(&self, name: Node<'_>) -> bool {
        let Some(around) = name.parent().filter(|_| !self.types_in.is_empty()) else {
            return false;
        };
        self.types_in.iter().any(|place| match place.split_once('.') {
            Some((kind, field)) => around.kind() == kind && around.child_by_field_name(field) == Some(name),
            None => around.kind() == place,
        })
    }
}

/// A kind of reference in a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ReferenceWord {
    Call,
    Construct,
    Macro,
    Type,
    Member,
    Name,
}

/// How an import node is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ImportRule {
    /// By the captures of `imports.scm`.
    Query,
    /// The same, for a node that begins a part of the file which is walked like the rest (`namespace A { .. }`).
    Around,
    /// The same, for a definition whose value is a module or a member of one (`const a = require("a")`): its names are imported ones.
    Required,
    /// As a tree of paths with groups, globs and aliases.
    Tree,
    /// As words: a path, and perhaps several names in braces after it.
    Selectors,
    /// As a crate brought in by name.
    Crate,
}

/// Fields of a definition.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Declares {
    pub(super) r#type: Place,
    pub(super) value: Place,
    pub(super) implements: Place,
    pub(super) extends: Place,
    /// The type a method belongs to that stands apart from it.
    pub(super) receiver: Place,
    /// Where a word stands that the receiver takes to be one, and the word (`this`). Its parameter is the first one then.
    pub(super) marked: Option<(Place, String)>,
    /// The name of a method that stands apart from its type, the type before the last segment of it.
    pub(super) qualified: Place,
    /// The node with the parameters of a function that is declared here and defined elsewhere.
    pub(super) function: Place,
    /// The children of this field are the parameters of the constructor the definition is.
    pub(super) fields: Place,
    /// Where a signature may stand that says what all members are.
    pub(super) members: Place,
}

/// What a heritage clause says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Heritage {
    #[serde(default)]
    pub(super) implements: bool,
    /// It is asked of the receiver and no base of what is defined.
    #[serde(default)]
    pub(super) asked: bool,
    /// It is what a type parameter of the extended type stands for.
    #[serde(default)]
    pub(super) argument: bool,
    /// The field with the only base; empty for all children.
    #[serde(default)]
    pub(super) field: Place,
    /// The field whose children are the bases, where the node is the definition itself.
    #[serde(default)]
    pub(super) list: Place,
    /// The node it has to stand in.
    #[serde(default)]
    pub(super) within: String,
    /// Nodes beside the bases that are none.
    #[serde(default)]
    pub(super) words: Vec<String>,
    /// A field whose presence makes it no base.
    #[serde(default)]
    pub(super) unless: Place,
    /// The words that the part `word` must be one of (`include Comparable`).
    #[serde(default)]
    pub(super) only: Vec<String>,
    #[serde(default)]
    pub(super) word: Place,
}
