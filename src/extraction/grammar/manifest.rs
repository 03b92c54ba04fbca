//! `grammar.toml`: what queries cannot say about a language.

use crate::extraction::Visibility;
use serde::Deserialize;
use std::collections::BTreeMap;

type Map<T> = BTreeMap<String, T>;

/// A `grammar.toml`, after those it inherits from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::extraction) struct Manifest {
    /// The parser, as a path of Rust: `tree_sitter_rust::LANGUAGE`.
    pub(super) parser: String,
    /// The grammar whose keys and queries hold where this one has none.
    pub(super) inherits: Option<String>,
    #[serde(default)]
    pub(super) extensions: Vec<String>,
    /// Extensions that are not of this language alone.
    #[serde(default)]
    shared: Vec<Shared>,
    /// Files with its extensions that are of another language.
    #[serde(default)]
    foreign: Vec<Shared>,
    /// Files in which code stands in elements.
    #[serde(default)]
    pub(in crate::extraction) embedded: Vec<Embedded>,
    #[serde(default)]
    pub(super) file_names: Vec<String>,
    /// Words of a `#!` line.
    #[serde(default)]
    pub(super) interpreters: Vec<String>,
    /// Changes of the text that let the parser understand more of it.
    #[serde(default)]
    pub(in crate::extraction) repairs: Vec<Repair>,
    pub(super) names: NamesTable,
    /// Literals that can be the name of what a call defines (`:name`).
    #[serde(default)]
    pub(in crate::extraction) quoted_names: Vec<String>,
    pub(in crate::extraction) comments: Comments,
    pub(in crate::extraction) visibility: VisibilityTable,
    #[serde(default)]
    pub(in crate::extraction) modifiers: Modifiers,
    /// The word a literal is replaced by, and the nodes that are such literals.
    pub(super) literals: Map<Vec<String>>,
    pub(super) signature: Signature,
    pub(super) outline: Outline,
    #[serde(default)]
    pub(in crate::extraction) tests: Tests,
    /// Where the path of a file makes it answer a route.
    #[serde(default)]
    pub(in crate::extraction) file_routes: Vec<FileRoutes>,
    /// Files all of whose routes begin alike, because a framework loads them so.
    #[serde(default)]
    pub(in crate::extraction) file_prefixes: Vec<FilePrefix>,
    #[serde(default)]
    pub(in crate::extraction) limits: LimitOverrides,
    /// Types that documentation states, in a language that has no other place for them.
    #[serde(default)]
    pub(in crate::extraction) documented: Documented,
}

/// How many bytes of a file are looked at for another language.
const MOST_LOOKED_AT: usize = 32 << 10;

/// Extensions of files that are of a language if a line of them looks like one of `marks`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shared {
    extensions: Vec<String>,
    /// How such a line begins and ends, with a `*` between.
    marks: Vec<String>,
    /// It is not if a line looks like one of these.
    #[serde(default)]
    unless: Vec<String>,
}

impl Shared {
    fn tells(&self, extension: &str, text: &[u8]) -> bool {
        let has_one = |marks: &[String]| {
            let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
            !marks.is_empty() && lines.any(|line| marks.iter().any(|mark| looks_like(line, mark)))
        };
        self.extensions.iter().any(|it| it == extension) && has_one(&self.marks) && !has_one(&self.unless)
    }
}

/// Whether a line begins and ends as a mark does, which has a `*` between.
fn looks_like(line: &[u8], mark: &str) -> bool {
    match mark.split_once('*') {
        Some((start, end)) => {
            line.len() >= mark.len() && line.starts_with(start.as_bytes()) && line.ends_with(end.as_bytes())
        }
        None => line == mark.as_bytes(),
    }
}

/// How documentation states types.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::extraction) struct Documented {
    /// Tags (`param`), to what they state. Without any, documentation is not looked into.
    pub(in crate::extraction) tags: Map<TagWord>,
    /// Nodes between a comment and the definition it is about.
    pub(in crate::extraction) wrappers: Vec<String>,
    /// Nodes that hold a value of the type that stands before them.
    pub(in crate::extraction) casts: Vec<String>,
    /// Names of types that say nothing, and of those without members of interest.
    pub(in crate::extraction) untyped: Vec<String>,
    pub(in crate::extraction) builtin: Vec<String>,
    /// Names of types that take arguments, to what these are called in the language itself.
    pub(in crate::extraction) generic: Map<String>,
    /// Fields that methods assign are declared nowhere else.
    pub(in crate::extraction) assigned_members: bool,
}

/// What a tag of documentation states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::extraction) enum TagWord {
    Parameter,
    Result,
    /// The type of a variable or field.
    Value,
    /// A name for a type, or for the members that follow.
    Alias,
    /// A name for a function type, by the parameters and result that follow.
    Callback,
    Member,
    Extends,
    Implements,
    Receiver,
    TypeParameter,
    Import,
    /// What follows is one of several ways to call a function.
    Overload,
}

/// Files all of whose routes begin alike.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::extraction) struct FilePrefix {
    /// What the path of the file ends in.
    pub(in crate::extraction) file: String,
    /// What its routes begin with.
    pub(in crate::extraction) prefix: String,
    /// The module the file must import.
    pub(in crate::extraction) requires: Vec<String>,
}

/// Files whose path is a route, and what in them answers it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::extraction) struct FileRoutes {
    /// The folders the route begins below.
    pub(in crate::extraction) under: String,
    /// Names of such files without extension; any for none.
    #[serde(default)]
    pub(in crate::extraction) stems: Vec<String>,
    /// Names of files that are none.
    #[serde(default)]
    pub(in crate::extraction) but: Vec<String>,
    /// The module the file must import.
    #[serde(default)]
    pub(in crate::extraction) requires: Vec<String>,
    /// The method that the default export answers; else each export named after a method answers that.
    #[serde(default)]
    pub(in crate::extraction) method: Option<String>,
}

/// A change of the text before parsing that keeps every byte offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::extraction) enum Repair {
    /// `name!(a, b)` is read as a call, so that what its arguments mention is seen.
    MacroArguments,
    /// A bracket at the start of a line begins a new member.
    MembersEndAtNewlines,
    /// `export type *` is read as `export *`.
    ExportTypeStar,
    /// `<in out T>` is read as `<T>`.
    VarianceAnnotations,
    /// `<type extends T>` is read as `<Type extends T>`: a parameter that has the name of a keyword.
    ParameterNamedType,
    /// What is escaped in a literal between backticks is blank.
    TemplateEscapes,
    /// `using`, `abstract` and `accessor` can be names.
    KeywordsAsNames,
    /// `` f<number>`text` `` is read as `` f`text` ``.
    TypedTemplates,
    /// `(typeof undefined)[]` is the type of its word.
    TypeofUndefined,
    /// What is exported or imported by name can be called like a keyword.
    ReservedExports,
    /// `class EXPORT_WORD Name {` is read as `class Name {`.
    ClassHeads,
    /// Lines of a preprocessor that choose between texts are blank in a file that cannot be read with them.
    Conditionals,
    /// A declaration that is read as an expression loses its annotations.
    AnnotatedDeclarations,
    /// Modifiers and other words with a meaning in some places only (`open = true`) can be names, and `suspend { .. }` is a call.
    SoftKeywords,
    /// A declaration loses what it finds in its context (`context(log: Log)`).
    ContextParameters,
    /// `Type?::name` is read as `Type ::name`.
    NullableReferences,
    /// `$$"text $name"` is read as `"text name"`: what stands behind one `$` is text there.
    DollarLiterals,
    /// A member ends before a bracket on its line that ends the type.
    MembersEndAtBrackets,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NamesTable {
    /// Leaf nodes that are names.
    pub(super) identifiers: Vec<String>,
    /// Leaf nodes that stand for the object at hand (`self`, `this`).
    #[serde(default)]
    pub(super) receivers: Vec<String>,
    /// Names that stand for it where it is a parameter like any other.
    #[serde(default)]
    pub(super) receiver_words: Vec<String>,
    /// Node kind to the fields of what is looked into and of the name looked up.
    #[serde(default)]
    pub(super) members: Map<[String; 2]>,
    /// Node kind to the field whose name is its own; an empty field means the first named child.
    #[serde(default)]
    pub(super) transparent: Map<String>,
    /// Node kind to the field with the pattern that introduces local names; empty means the whole node.
    #[serde(default)]
    pub(super) binders: Map<String>,
    /// `node_kind.field` of values within patterns (defaults, guards), whose names are no locals.
    #[serde(default)]
    pub(super) pattern_values: Vec<String>,
    /// Nodes that pick an element of their first child.
    #[serde(default)]
    pub(super) elements: Vec<String>,
    /// Nodes in which variables are local, whatever is around them.
    #[serde(default)]
    pub(super) blocks: Vec<String>,
    /// Nodes whose members belong to nothing that has a name.
    #[serde(default)]
    pub(super) anonymous: Vec<String>,
    /// Definitions that hold for the file, whatever they stand in (`#define`).
    #[serde(default)]
    pub(super) file_scoped: Vec<String>,
    /// Nodes that are no syntax of the language (the tokens of a macro), of which no name is taken.
    #[serde(default)]
    pub(super) unread: Vec<String>,
    /// Nodes whose literals may be read, because they name modules.
    #[serde(default)]
    pub(super) sources: Vec<String>,
    /// Whether a name in a pattern that begins with a capital is no local.
    #[serde(default)]
    pub(super) locals_are_lowercase: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::extraction) struct Comments {
    pub(super) nodes: Vec<String>,
    /// How documentation begins, line by line and as a block.
    #[serde(default)]
    pub(in crate::extraction) doc_lines: Vec<String>,
    #[serde(default)]
    pub(in crate::extraction) doc_blocks: Vec<String>,
    /// How documentation of the thing around it begins.
    #[serde(default)]
    pub(in crate::extraction) inner_doc: Vec<String>,
    /// Beginnings that look like documentation and are not (`////`).
    #[serde(default)]
    pub(in crate::extraction) not_doc: Vec<String>,
    /// Nodes that document what they are the first statement of.
    #[serde(default)]
    pub(super) doc_strings: Vec<String>,
    /// Whether a comment documents only what begins on the next line.
    #[serde(default)]
    pub(in crate::extraction) adjacent: bool,
    /// Whether `@param` and its like divide a documentation block.
    #[serde(default)]
    pub(in crate::extraction) block_tags: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::extraction) struct VisibilityTable {
    /// What a definition without a word about it is.
    pub(in crate::extraction) default: VisibilityWord,
    /// How the text of a modifier begins, to what it means; the longest that fits counts.
    #[serde(default)]
    pub(in crate::extraction) modifiers: Map<VisibilityWord>,
    /// How a name begins, to what that means (`#`, `_`).
    #[serde(default)]
    pub(in crate::extraction) names: Map<VisibilityWord>,
    /// What a name means that begins with a capital.
    #[serde(default)]
    pub(in crate::extraction) capitals: Option<VisibilityWord>,
    /// Attributes, to what they mean (`macro_export`).
    #[serde(default)]
    pub(in crate::extraction) attributes: Map<VisibilityWord>,
    /// Kinds of symbols, to what they always are.
    #[serde(default)]
    pub(in crate::extraction) kinds: Map<VisibilityWord>,
    /// Nodes among the members of a type that say such a word for all that follow.
    #[serde(default)]
    pub(super) sections: Vec<String>,
    /// Nodes that hold such a modifier.
    #[serde(default)]
    pub(super) nodes: Vec<String>,
    /// Nodes around a definition that make it public (`export_statement`).
    #[serde(default)]
    pub(super) exports: Vec<String>,
    /// Node kind, or node kind and field (`impl_item/trait`), to what its members are by default.
    #[serde(default)]
    pub(super) members: Map<MemberRule>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::extraction) enum VisibilityWord {
    Public,
    Package,
    Protected,
    Private,
}

/// What the members of a container are by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::extraction) enum MemberRule {
    Public,
    Private,
    /// As visible as the container.
    Inherit,
}

/// Words that stand in front of a definition, and what they say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::extraction) struct Modifiers {
    /// Nodes that hold such words (`function_modifiers`).
    pub(super) nodes: Vec<String>,
    pub(super) r#async: Vec<String>,
    pub(super) r#static: Vec<String>,
    pub(super) r#abstract: Vec<String>,
    pub(super) r#unsafe: Vec<String>,
    pub(super) r#const: Vec<String>,
    /// Attributes that make a method static.
    pub(in crate::extraction) static_attributes: Vec<String>,
    /// Nodes that are abstract by their kind.
    pub(super) abstract_nodes: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Signature {
    /// `node_kind.field` of values that are left out together with their `=`.
    pub(super) drop: Vec<String>,
    /// `node_kind.field` of default values: a literal becomes its kind, the rest `…`.
    pub(super) defaults: Vec<String>,
    /// Nodes of which nothing but `…` is shown.
    pub(super) opaque: Vec<String>,
    /// Calls and macro invocations: node kind to the field of the name that is shown.
    pub(super) calls: Map<String>,
    /// Decorators and attributes.
    pub(super) attributes: Vec<String>,
    /// Attributes that say nothing to a reader.
    pub(super) hidden_attributes: Vec<String>,
    /// Nodes whose leading words belong to the definitions in them (`const` of `const a = 1`).
    pub(super) leading: Vec<String>,
    /// Words that say nothing to a reader (`end`).
    pub(super) hidden_words: Vec<String>,
    /// Nodes whose members may stand apart by line breaks alone.
    pub(super) separated: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Outline {
    /// Node kind to the field of what is called.
    pub(super) call: Map<String>,
    pub(super) construct: Map<String>,
    /// Like `construct`, for names that begin with a capital.
    pub(super) element: Map<String>,
    pub(super) r#macro: Map<String>,
    pub(super) arguments: Vec<String>,
    /// Nodes between a body and its statements.
    pub(super) statements: Vec<String>,
    /// Node kind to the fields of condition, consequence and alternative.
    pub(super) branch: Map<[String; 3]>,
    /// Nodes between a branch and what its alternative holds.
    pub(super) else_clauses: Vec<String>,
    /// Node kind to the field of what is looked at.
    pub(super) r#match: Map<String>,
    pub(super) arm: Vec<String>,
    /// Node kind to the field of its condition.
    pub(super) r#loop: Map<String>,
    pub(super) r#try: Vec<String>,
    pub(super) catch: Vec<String>,
    pub(super) finally: Vec<String>,
    /// Node kind to the field of the body.
    pub(super) closure: Map<String>,
    pub(super) r#unsafe: Vec<String>,
    pub(super) r#return: Vec<String>,
    pub(super) throw: Vec<String>,
    pub(super) r#break: Vec<String>,
    pub(super) r#continue: Vec<String>,
    pub(super) r#yield: Vec<String>,
    pub(super) r#await: Vec<String>,
    pub(super) propagate: Vec<String>,
    /// Node kind to the field of what is assigned to.
    pub(super) assign: Map<String>,
    /// Macros and functions that never come back.
    pub(super) error_calls: Vec<String>,
    /// Calls that say nothing about behaviour.
    pub(super) silent_calls: Vec<String>,
    /// Constructors of errors: returning one is an error exit.
    pub(super) error_values: Vec<String>,
}

/// What makes a symbol a test.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::extraction) struct Tests {
    pub(super) paths: Vec<String>,
    /// Attributes: a name (`test` also fits `tokio::test`) or a whole text (`cfg(test)`).
    pub(in crate::extraction) attributes: Vec<String>,
    /// Attributes that make a symbol deprecated.
    pub(in crate::extraction) deprecated: Vec<String>,
}

/// Limits of a language that differ from those of [`crate::extraction::Limits`].
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::extraction) struct LimitOverrides {
    pub(in crate::extraction) bytes: Option<usize>,
    pub(in crate::extraction) line_bytes: Option<usize>,
}

/// Files of which only what stands in elements of a name (`script`) is code.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::extraction) struct Embedded {
    pub(in crate::extraction) extensions: Vec<String>,
    pub(in crate::extraction) element: String,
    /// How what is around the code is written.
    pub(in crate::extraction) template: Template,
}

/// A language of templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::extraction) enum Template {
    Vue,
    Svelte,
}

impl Manifest {
    pub(super) fn names(&self) -> &NamesTable {
        &self.names
    }

    /// Whether a line of a text is one that only this language has among those that share the extension of its file.
    pub(super) fn has_mark(&self, extension: &str, text: &[u8]) -> bool {
        self.shared.iter().any(|it| it.tells(extension, text))
    }

    /// Whether such a line near the beginning says that the file is of another language.
    pub(super) fn is_foreign(&self, extension: &str, text: &[u8]) -> bool {
        let text = text.get(..MOST_LOOKED_AT).unwrap_or(text);
        self.foreign.iter().any(|it| it.tells(extension, text))
    }

    /// Whether a path is that of a test file.
    pub(in crate::extraction) fn is_test_path(&self, path: &str) -> bool {
        self.tests.paths.iter().any(|glob| super::glob::matches(glob, path))
    }
}

/// The keys of `parent`, replaced and completed by those of `child`.
pub(super) fn merge(mut parent: toml::Table, child: toml::Table) -> toml::Table {
    for (key, value) in child {
        let merged = match (parent.remove(&key), value) {
            (Some(toml::Value::Table(old)), toml::Value::Table(new)) => toml::Value::Table(merge(old, new)),
            (_, value) => value,
        };
        parent.insert(key, merged);
    }
    parent
}

impl From<VisibilityWord> for Visibility {
    fn from(word: VisibilityWord) -> Self {
        match word {
            VisibilityWord::Public => Self::Public,
            VisibilityWord::Package => Self::Package,
            VisibilityWord::Protected => Self::Protected,
            VisibilityWord::Private => Self::Private,
        }
    }
}
