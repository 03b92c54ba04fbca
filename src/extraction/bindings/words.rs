//! The `[words]` of `expressions.toml`: what a language does that no kind of node says.

use super::accessors::Accessors;
use super::builtins::Iterations;
use super::callbacks::Callbacks;
use super::implied::Implied;
use super::labels::Labelled;
use super::place::{Place, place};
use crate::extraction::tree::Node;
use serde::Deserialize;

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
    /// The lists of type parameters and of type arguments, where types of one name are told apart by how many they have.
    pub(super) type_parameters: String,
    pub(super) type_arguments: String,
    /// A variable of a module stands for a type where one is written.
    pub(super) variables_are_types: bool,
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
    /// A pattern that names a type from outside may open what that holds.
    pub(super) patterns_open: bool,
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
    /// Functions that take a closure whose receiver is what they are called on, or else their first argument.
    pub(super) receiving_calls: Vec<String>,
    /// Functions that give back the receiver as its base type (`super`).
    pub(super) super_calls: Vec<String>,
    /// Functions that make a value of the type they are given (`new`), and those that give back their first argument's type (`append`).
    pub(super) typed_calls: Vec<String>,
    pub(super) same_calls: Vec<String>,
    /// Functions whose value, in a class, stands for an instance of the class that they are given first (`ForeignKey`).
    pub(super) held_calls: Vec<String>,
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
    /// Functions that give values of the language itself (`dict`).
    pub(super) literal_calls: Vec<String>,
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
    /// The keys of patterns and of objects are members of types.
    pub(super) keys_are_members: bool,
    pub(super) labelled: Labelled,
    pub(super) implied: Implied,
    pub(super) callbacks: Callbacks,
    pub(super) accessors: Accessors,
    /// Calls in a type that define a member of the type their first argument is named after (`belongs_to :user`), and the words for other types.
    pub(super) named_after: Vec<String>,
    pub(super) named_otherwise: Vec<String>,
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
    /// Words by which attributes give a type another name, for a view of it with the same members (`#[project = Name]`).
    pub(super) view_attributes: Vec<String>,
    /// Words of attributes whose text is a path (`default = "port"`), and attributes whose arguments are values.
    pub(super) attribute_paths: Vec<String>,
    pub(super) value_attributes: Vec<String>,
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
    /// The node some way above that says what has the name.
    #[serde(default)]
    around: String,
    /// The node that may stand in itself between the two, once for each time that an element of the type is meant.
    #[serde(default)]
    nested: String,
    /// Where in that node the type stands that has the name.
    #[serde(default)]
    r#type: Place,
    /// Where in that node the value stands whose type has the name.
    #[serde(default)]
    value: Place,
    /// What is done with what has the name, where it is not that a type gets it and a value is asked for it.
    #[serde(default)]
    access: Option<Access>,
    /// The name is that of a local or parameter too, which is the value.
    #[serde(default)]
    pub(super) shorthand: bool,
    /// The name is one of the type that is expected in its place (`.red`), which may be written nowhere.
    #[serde(default)]
    pub(super) implied: bool,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Access {
    Read,
    Write,
}

/// What has the name that a label is.
pub(super) enum Owner<'t> {
    Type(Node<'t>),
    Value(Node<'t>),
}

/// How far above a label what has its name is looked for.
const MOST_ABOVE: usize = 4;

/// The same, where lists stand in lists.
const MOST_NESTED: usize = 12;

impl Label {
    /// Whether a name stands in such a place.
    pub(super) fn is_at(&self, name: Node<'_>) -> bool {
        let name = outermost(name);
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

    /// What has the name, where that is written.
    pub(super) fn owner<'t>(&self, name: Node<'t>) -> Option<Owner<'t>> {
        let most = if self.nested.is_empty() {
            MOST_ABOVE
        } else {
            MOST_NESTED
        };
        let mut above = std::iter::successors(outermost(name).parent(), Node::parent).take(most);
        let around = above.find(|it| it.kind() == self.around)?;
        match place(around, &self.r#type) {
            Some(of) => Some(Owner::Type(of)),
            None => place(around, &self.value).map(Owner::Value),
        }
    }

    /// Whether the member is written that the name is.
    pub(super) fn writes(&self, owner: &Owner<'_>) -> bool {
        match self.access {
            Some(access) => matches!(access, Access::Write),
            None => matches!(owner, Owner::Type(_)),
        }
    }

    /// How often an element of the type is meant and not the type itself: `[]Type{{name: 1}}`.
    pub(super) fn elements(&self, name: Node<'_>) -> usize {
        if self.nested.is_empty() {
            return 0;
        }
        let above = std::iter::successors(outermost(name).parent(), Node::parent).take(MOST_NESTED);
        let between = above.take_while(|it| it.kind() != self.around);
        between.filter(|it| it.kind() == self.nested).count().saturating_sub(1)
    }

    fn says_otherwise(&self, list: Node<'_>) -> bool {
        let mut kinds = list.named_children().map(|it| it.kind());
        kinds.any(|kind| self.unless.iter().any(|it| it == kind))
    }
}

/// The outermost node that is this one and nothing else.
fn outermost(node: Node<'_>) -> Node<'_> {
    let mut node = node;
    while let Some(around) = node.parent().filter(|it| it.byte_range() == node.byte_range()) {
        node = around;
    }
    node
}
