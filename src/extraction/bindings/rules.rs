//! The parts of `expressions.toml` that reading a file needs: which syntax nodes of a language mean what.

use super::builtins::Iterations;
use super::place::Place;
use serde::Deserialize;
use std::collections::BTreeMap;
use tree_sitter::{Language, Node};

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

/// Words with a meaning of their own.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Words {
    /// The type around the code (`Self`).
    pub(super) self_type: String,
    /// Names that stand for the receiver, and for the receiver as its base type.
    pub(super) this_names: Vec<String>,
    pub(super) super_names: Vec<String>,
    /// A name that only interfaces and type aliases have is never meant where a value stands.
    pub(super) types_are_no_values: bool,
    /// A bare name that is no variable is a call.
    pub(super) names_are_calls: bool,
    /// The words between which a macro's definition names what it implements (`impl`, `for`).
    pub(super) implementing: Vec<String>,
    /// Functions that give back a whole module by its specifier (`require`).
    pub(super) module_calls: Vec<String>,
    /// A name that begins with a small letter in a pattern binds; any other may be a constant.
    pub(super) patterns_name_constants: bool,
    /// A definition counts from its end on, so that a later one of the same name replaces it.
    pub(super) shadows_in_order: bool,
    /// The receiver parameter of a method, where it is written.
    pub(super) receiver_parameter: String,
    /// Built-in types that say nothing about a value.
    pub(super) untyped: Vec<String>,
    /// Variants whose only field is what an option or result holds.
    pub(super) payloads: Vec<String>,
    /// Variants like that which are imported or named by a path.
    pub(super) outside_payloads: Vec<String>,
    /// The variant whose only field is the error a result holds.
    pub(super) error_payloads: Vec<String>,
    /// Nodes that mark a definition as given away.
    pub(super) export: String,
    /// What a file assigns to in order to give names away (`exports`).
    pub(super) exports: Vec<String>,
    /// What in a list of parameters says that there may be fewer or more arguments (`=`, `...`), for languages with overloads.
    pub(super) open_parameters: Vec<String>,
    /// Where the arguments of a call stand (`arguments`).
    pub(super) arguments: Place,
    /// Nodes beside that list that are arguments too (a closure behind the brackets).
    pub(super) last_arguments: Vec<String>,
    /// Functions that give back the receiver as its base type (`super`).
    pub(super) super_calls: Vec<String>,
    /// Functions that make a value of the type they are given (`new`), and those that give back their first argument's type (`append`).
    pub(super) typed_calls: Vec<String>,
    pub(super) same_calls: Vec<String>,
    /// Functions that give back what has the members of all they are given, the last ones first (`Object.assign`).
    pub(super) merging_calls: Vec<String>,
    /// Functions whose result is told by what they are given: `list_calls` go over it, `value_calls` and `entry_calls` give the values of its
    /// members, those with their names, and `all_calls` await each of several.
    pub(super) list_calls: Vec<String>,
    pub(super) value_calls: Vec<String>,
    pub(super) entry_calls: Vec<String>,
    pub(super) all_calls: Vec<String>,
    /// Types from outside that are made of what can be gone over.
    pub(super) list_types: Vec<String>,
    /// The member of a class that holds the members of its instances.
    pub(super) prototype: String,
    /// Functions of the language that go over what they are given.
    pub(super) iterations: Iterations,
    /// Functions that give back the type of what they are given (`type`).
    pub(super) class_calls: Vec<String>,
    /// Types that stand for that of the receiver (`Self`), wherever they come from.
    pub(super) this_types: Vec<String>,
    /// Types that say to take that of the value (`var`).
    pub(super) inferred_types: Vec<String>,
    /// The first parameter of a method is its receiver, whatever its name.
    pub(super) receiver_comes_first: bool,
    /// Attributes of methods that have no receiver, and of those whose receiver is the type itself.
    pub(super) static_attributes: Vec<String>,
    pub(super) class_attributes: Vec<String>,
    /// Members of the type around the code are named without a receiver.
    pub(super) receiver_is_implied: bool,
    /// Functions of one name may be defined in several places that are all seen, so that no scope of a file says which is meant.
    pub(super) functions_overload: bool,
    /// A namespace is opened again and again, so that a name is looked up in all of it.
    pub(super) namespaces_are_open: bool,
    /// A name that no scope of the file defines may be a constant or variable of another file.
    pub(super) names_reach_out: bool,
    /// It may be one where the file imports all names of a module.
    pub(super) globs_bring_names: bool,
    /// Where a name stands for a field or parameter of something else, or for a place in the code.
    pub(super) labels: Vec<Label>,
    /// What stands before the last segment of a path is a type or module, whatever local has its name.
    pub(super) paths_pass_locals: bool,
    /// Operators that say whether a value is of a type (`instanceof`), and functions that do (`isinstance`).
    pub(super) type_tests: Vec<String>,
    /// The node of a result that says which parameter is of which type (`it is Type`).
    pub(super) guard: String,
    pub(super) type_test_calls: Vec<String>,
    /// Nodes that turn a check around (`not`).
    pub(super) negations: Vec<String>,
    /// Statements after which a block does not go on.
    pub(super) exits: Vec<String>,
    /// Values that say nothing about the variable that holds them (`null`).
    pub(super) nothing: Vec<String>,
    /// A signature among the members of a type that says what all others are.
    pub(super) index_signature: String,
    /// A function's type parameters are told by what it is given.
    pub(super) arguments_tell_types: bool,
    /// The same for methods of types, whatever the first argument is.
    pub(super) all_arguments_tell_types: bool,
    /// The kind of function types in whose lists types stand without names.
    pub(super) nameless_parameters: String,
    /// A written result that only says what the result has; which type it is, the body says.
    pub(super) opaque_result: String,
    /// Which implementation a path of a type or trait means (`Trait::method(value)`) is told by the first argument.
    pub(super) first_argument_tells: bool,
    /// Methods of lists that give a part of one where their argument is what a slice has in its brackets.
    pub(super) slicing_methods: Vec<String>,
    /// Macros that stand for what their first argument holds (`ready`), for that argument itself (`dbg`), for a list of arguments (`vec`).
    pub(super) opening_macros: Vec<String>,
    pub(super) same_macros: Vec<String>,
    pub(super) list_macros: Vec<String>,
    /// A local counts in its whole function; the assignment before a use says most about it.
    pub(super) assignments_define: bool,
    /// The attribute that names the file of a module, and the one that lists implemented traits.
    pub(super) file_attribute: String,
    pub(super) derive_attribute: String,
}

/// How a node stands for a value. Empty field names mean the first named child.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ExprRule {
    Name,
    This,
    Super,
    Literal,
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

/// A place where a name is a label: `f(name: 1)`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Label {
    /// The node around it.
    r#in: String,
    /// Its field there.
    #[serde(default)]
    field: String,
    /// The node around that one.
    #[serde(default)]
    under: String,
    /// The token in front of it.
    #[serde(default)]
    after: String,
    /// The token behind it.
    #[serde(default)]
    before: String,
    /// It is none where such a node says what the list around is: the keys of maps are names.
    #[serde(default)]
    unless: Vec<String>,
}

impl Label {
    /// Whether a name stands in such a place.
    pub(super) fn is_at(&self, name: Node<'_>) -> bool {
        let mut name = name;
        while let Some(around) = name.parent().filter(|it| it.byte_range() == name.byte_range()) {
            name = around;
        }
        let Some(parent) = name.parent().filter(|it| it.kind() == self.r#in) else {
            return false;
        };
        let list = || parent.parent().and_then(|it| it.parent());
        if !self.unless.is_empty() && list().is_some_and(|list| self.says_otherwise(list)) {
            return false;
        }
        let is = |wanted: &str, node: Option<Node<'_>>| wanted.is_empty() || node.is_some_and(|it| it.kind() == wanted);
        let has_field = || parent.child_by_field_name(&self.field) == Some(name);
        (self.field.is_empty() || has_field())
            && is(&self.under, parent.parent())
            && is(&self.after, name.prev_sibling())
            && is(&self.before, name.next_sibling())
    }

    fn says_otherwise(&self, list: Node<'_>) -> bool {
        let mut cursor = list.walk();
        let mut kinds = list.named_children(&mut cursor).map(|it| it.kind());
        kinds.any(|kind| self.unless.iter().any(|it| it == kind))
    }
}

/// How a node stands for a type.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum TypeRule {
    Name,
    Builtin,
    This,
    Union,
    Intersection,
    Object,
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
    /// What is inside is part of the node itself.
    pub(super) opaque: bool,
    /// What calling an instance of the type around it means.
    pub(super) signature: bool,
    /// A function with a receiver of its own.
    pub(super) own_receiver: bool,
    /// The body is a result, if it is an expression.
    pub(super) result_is_body: bool,
    /// The field that is assigned to.
    pub(super) writes: Option<Place>,
    /// A check that can say what type a variable has.
    pub(super) narrows: Option<Narrows>,
    /// A bound on a type parameter that stands apart from it.
    pub(super) type_bound: Option<Binds>,
    /// Names from outside do not reach in.
    pub(super) barrier: bool,
    /// A function, whose results and parameters belong to it.
    pub(super) function: bool,
    pub(super) binds: Option<Binds>,
    pub(super) reference: Option<ReferenceRule>,
    /// An import, to be read by `imports.scm` or as a tree of paths.
    pub(super) import: Option<ImportRule>,
    /// Where a function's return type stands (`return_type` by default), and where its parameters do (`parameters`).
    pub(super) returns: Option<Place>,
    pub(super) parameter_list: Option<Place>,
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
    /// The value is that of the node around the node's parent (`match` and its arms).
    pub(super) outer_value: Place,
}

/// A node that does one thing if a condition holds, and perhaps another if not.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Narrows {
    pub(super) condition: Place,
    /// Without it, what follows is done only if the condition holds.
    #[serde(default)]
    pub(super) then: Place,
    #[serde(default)]
    pub(super) otherwise: Place,
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
