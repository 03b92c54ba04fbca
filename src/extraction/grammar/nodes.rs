//! The tables of a manifest by node kind, so that a walk asks one array per node.

use super::manifest::{Manifest, MemberRule};
use std::collections::HashMap;
use tree_sitter::Language;

/// Which part of a node: the number of a field, 0 for none, or one of the numbers below.
pub(in crate::extraction) type FieldNumber = u16;

/// The node itself.
pub(in crate::extraction) const ITSELF: FieldNumber = u16::MAX;

/// The first and the last named child.
pub(in crate::extraction) const FIRST: FieldNumber = u16::MAX - 1;
pub(in crate::extraction) const LAST: FieldNumber = u16::MAX - 2;

/// Every named child without a field; of a branch, the first of them is its consequence and the next its alternative.
pub(in crate::extraction) const REST: FieldNumber = u16::MAX - 3;

/// Added to the id of a node kind: the first child of that kind.
pub(in crate::extraction) const OF_KIND: FieldNumber = 1 << 15;

/// Whether a child is the part of its parent that a number stands for, as far as its own field and kind tell.
pub(in crate::extraction) fn is_part(part: FieldNumber, field: FieldNumber, kind: u16) -> bool {
    part != 0 && (part == field || part == REST && field == 0 || part < REST && part == OF_KIND | kind)
}

/// What every node kind of a language means to extraction.
pub(in crate::extraction) struct Nodes {
    kinds: Vec<NodeKind>,
    literal_words: Vec<String>,
    member_rules: Vec<(u16, FieldNumber, MemberRule)>,
    pub(in crate::extraction) locals_are_lowercase: bool,
    /// Names that stand for the receiver.
    pub(in crate::extraction) receiver_words: Vec<String>,
    pub(in crate::extraction) error_calls: Vec<String>,
    pub(in crate::extraction) error_values: Vec<String>,
    pub(in crate::extraction) silent_calls: Vec<String>,
    pub(in crate::extraction) hidden_attributes: Vec<String>,
    /// Words in front of a definition: async, static, abstract, unsafe, const.
    pub(in crate::extraction) words: [Vec<String>; 5],
}

/// What one node kind means to extraction.
#[derive(Clone, Default)]
pub(in crate::extraction) struct NodeKind {
    pub(in crate::extraction) role: Role,
    pub(in crate::extraction) flags: Flags,
    /// Which word replaces it.
    pub(in crate::extraction) literal: Option<Literal>,
    /// For a name: what it is looked up in, and the name.
    pub(in crate::extraction) member: Option<(FieldNumber, FieldNumber)>,
    /// The field whose name is this node's own; `Some(0)` is the first named child.
    pub(in crate::extraction) transparent: Option<FieldNumber>,
    /// The field that introduces local names; `Some(0)` is the whole node.
    pub(in crate::extraction) binder: Option<FieldNumber>,
    /// The field within a pattern whose names are no locals.
    pub(in crate::extraction) unbound: Option<FieldNumber>,
    /// In a signature: the field whose value is left out.
    pub(in crate::extraction) dropped: Option<FieldNumber>,
    /// In a signature: the field with a default value.
    pub(in crate::extraction) default: Option<FieldNumber>,
    /// In a signature: the field of the name shown of a call.
    pub(in crate::extraction) shown_call: Option<FieldNumber>,
}

/// An index into the words of [`Nodes::literal_word`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::extraction) struct Literal(u8);

/// What a node does in an outline, with the fields that matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::extraction) enum Role {
    #[default]
    None,
    Call(FieldNumber),
    Construct(FieldNumber),
    Element(FieldNumber),
    Macro(FieldNumber),
    Branch {
        condition: FieldNumber,
        consequence: FieldNumber,
        alternative: FieldNumber,
    },
    ElseClause,
    Match(FieldNumber),
    Arm,
    Loop(FieldNumber),
    Try,
    Catch,
    Finally,
    Closure(FieldNumber),
    Unsafe,
    Return,
    Throw,
    Break,
    Continue,
    Yield,
    Await,
    Propagate,
    Assign(FieldNumber),
    Arguments,
}

/// Yes-or-no facts about a node kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::extraction) struct Flags(u32);

impl Flags {
    pub(in crate::extraction) const IDENTIFIER: Self = Self(1);
    pub(in crate::extraction) const RECEIVER: Self = Self(1 << 1);
    pub(in crate::extraction) const COMMENT: Self = Self(1 << 2);
    pub(in crate::extraction) const ATTRIBUTE: Self = Self(1 << 3);
    pub(in crate::extraction) const EXPORT: Self = Self(1 << 4);
    pub(in crate::extraction) const OPAQUE: Self = Self(1 << 5);
    pub(in crate::extraction) const LEADING: Self = Self(1 << 6);
    pub(in crate::extraction) const SEPARATED: Self = Self(1 << 7);
    pub(in crate::extraction) const VISIBILITY: Self = Self(1 << 8);
    pub(in crate::extraction) const MODIFIERS: Self = Self(1 << 9);
    pub(in crate::extraction) const ABSTRACT: Self = Self(1 << 10);
    pub(in crate::extraction) const ELEMENT: Self = Self(1 << 11);
    pub(in crate::extraction) const ANONYMOUS: Self = Self(1 << 12);
    pub(in crate::extraction) const UNREAD: Self = Self(1 << 13);
    pub(in crate::extraction) const SOURCE: Self = Self(1 << 14);
    pub(in crate::extraction) const DOC_STRING: Self = Self(1 << 15);
    pub(in crate::extraction) const STATEMENTS: Self = Self(1 << 16);

    pub(in crate::extraction) const HIDDEN_WORD: Self = Self(1 << 17);
    pub(in crate::extraction) const SECTION: Self = Self(1 << 18);
    pub(in crate::extraction) const BLOCK: Self = Self(1 << 19);
    pub(in crate::extraction) const FILE_SCOPED: Self = Self(1 << 20);

    pub(in crate::extraction) fn has(self, flag: Self) -> bool {
        self.0 & flag.0 != 0
    }
}

impl Nodes {
    /// What a node kind means.
    pub(in crate::extraction) fn kind(&self, id: u16) -> &NodeKind {
        // An ERROR node has the largest id there is.
        self.kinds.get(usize::from(id)).unwrap_or(&self.kinds[0])
    }

    /// The word that replaces a literal.
    pub(in crate::extraction) fn literal_word(&self, literal: Literal) -> &str {
        &self.literal_words[usize::from(literal.0)]
    }

    /// The default visibility of the members of a node, given which of its fields are there.
    pub(in crate::extraction) fn member_rule(&self, id: u16, has: impl Fn(FieldNumber) -> bool) -> Option<MemberRule> {
        let mut rules = self.member_rules.iter().filter(|(kind, ..)| *kind == id);
        rules
            .find(|(_, field, _)| *field == 0 || has(*field))
            .map(|(.., rule)| *rule)
    }

    /// Compiles the tables of a manifest; fails on a node or field the language lacks, unless it was inherited.
    pub(super) fn compile(language: &Language, manifest: &Manifest) -> Result<Self, String> {
        let lenient = manifest.inherits.is_some();
        let mut tables = Tables::new(language, lenient);
        tables.names(manifest)?;
        tables.outline(manifest)?;
        tables.signature(manifest)?;
        let mut literal_words = Vec::new();
        for (word, nodes) in &manifest.literals {
            let literal =
                Literal(u8::try_from(literal_words.len()).map_err(|_| "too many kinds of literals".to_owned())?);
            literal_words.push(format!("<{word}>"));
            for node in nodes {
                tables.each(node, |kind| kind.literal = Some(literal))?;
            }
        }
        let mut member_rules = Vec::new();
        for (key, rule) in &manifest.visibility.members {
            let (node, field) = key.split_once('/').unwrap_or((key, ""));
            let field = tables.field(field)?;
            for id in tables.ids(node)? {
                member_rules.push((id, field, *rule));
            }
        }
        // The rule with a field is the more telling one.
        member_rules.sort_by_key(|(_, field, _)| *field == 0);
        let words = &manifest.modifiers;
        Ok(Self {
            kinds: tables.kinds,
            literal_words,
            member_rules,
            receiver_words: manifest.names().receiver_words.clone(),
            locals_are_lowercase: manifest.names().locals_are_lowercase,
            error_calls: manifest.outline.error_calls.clone(),
            error_values: manifest.outline.error_values.clone(),
            silent_calls: manifest.outline.silent_calls.clone(),
            hidden_attributes: manifest.signature.hidden_attributes.clone(),
            words: [
                &words.r#async,
                &words.r#static,
                &words.r#abstract,
                &words.r#unsafe,
                &words.r#const,
            ]
            .map(Clone::clone),
        })
    }
}

/// The tables while they are filled.
struct Tables<'l> {
    language: &'l Language,
    lenient: bool,
    by_name: HashMap<&'l str, Vec<u16>>,
    kinds: Vec<NodeKind>,
}

impl<'l> Tables<'l> {
    fn new(language: &'l Language, lenient: bool) -> Self {
        let count = language.node_kind_count();
        let mut by_name: HashMap<&str, Vec<u16>> = HashMap::new();
        // A word (`this`) counts where no node has its name.
        let is_node = |id: u16| {
            let kind = language.node_kind_for_id(id).unwrap_or_default();
            language.node_kind_is_named(id) || language.id_for_node_kind(kind, true) == 0
        };
        for id in (0..count as u16).filter(|&id| is_node(id)) {
            by_name
                .entry(language.node_kind_for_id(id).unwrap_or_default())
                .or_default()
                .push(id);
        }
        Self {
            language,
            lenient,
            by_name,
            kinds: vec![NodeKind::default(); count],
        }
    }

    fn ids(&self, node: &str) -> Result<Vec<u16>, String> {
        match self.by_name.get(node) {
            Some(ids) => Ok(ids.clone()),
            None if self.lenient => Ok(Vec::new()),
            None => Err(format!("the parser knows no node `{node}`")),
        }
    }

    fn field(&self, field: &str) -> Result<FieldNumber, String> {
        match self.language.field_id_for_name(field) {
            _ if field.is_empty() => Ok(0),
            _ if field == "." => Ok(ITSELF),
            _ if field == "-" => Ok(FIRST),
            _ if field == "^" => Ok(LAST),
            _ if field == "*" => Ok(REST),
            _ if field.starts_with('=') => match self.language.id_for_node_kind(&field[1..], true) {
                0 => Err(format!("the parser knows no node `{}`", &field[1..])),
                id => Ok(OF_KIND | id),
            },
            Some(id) => Ok(id.get()),
            None if self.lenient => Ok(0),
            None => Err(format!("the parser knows no field `{field}`")),
        }
    }

    fn each(&mut self, node: &str, change: impl Fn(&mut NodeKind)) -> Result<(), String> {
        for id in self.ids(node)? {
            change(&mut self.kinds[usize::from(id)]);
        }
        Ok(())
    }

    fn flag(&mut self, nodes: &[String], flag: Flags) -> Result<(), String> {
        nodes
            .iter()
            .try_for_each(|node| self.each(node, |kind| kind.flags.0 |= flag.0))
    }

    fn roles<'n>(&mut self, nodes: impl IntoIterator<Item = &'n String>, role: Role) -> Result<(), String> {
        nodes
            .into_iter()
            .try_for_each(|node| self.each(node, |kind| kind.role = role))
    }

    fn fields<'n>(
        &mut self,
        table: impl IntoIterator<Item = (&'n String, &'n String)>,
        change: impl Fn(&mut NodeKind, FieldNumber),
    ) -> Result<(), String> {
        for (node, field) in table {
            let field = self.field(field)?;
            self.each(node, |kind| change(kind, field))?;
        }
        Ok(())
    }

    /// Like [`Self::fields`], for keys written `node.field`.
    fn keys(&mut self, keys: &[String], change: impl Fn(&mut NodeKind, FieldNumber)) -> Result<(), String> {
        for key in keys {
            let (node, field) = key
                .split_once('.')
                .ok_or_else(|| format!("`{key}` is not `node.field`"))?;
            let field = self.field(field)?;
            self.each(node, |kind| change(kind, field))?;
        }
        Ok(())
    }

    fn names(&mut self, manifest: &Manifest) -> Result<(), String> {
        let names = manifest.names();
        self.flag(&names.identifiers, Flags::IDENTIFIER)?;
        self.flag(&names.receivers, Flags::RECEIVER)?;
        for (node, [object, name]) in &names.members {
            let member = (self.field(object)?, self.field(name)?);
            self.each(node, |kind| kind.member = Some(member))?;
        }
        self.fields(&names.transparent, |kind, field| kind.transparent = Some(field))?;
        self.fields(&names.binders, |kind, field| kind.binder = Some(field))?;
        self.keys(&names.pattern_values, |kind, field| kind.unbound = Some(field))?;
        self.flag(&names.elements, Flags::ELEMENT)?;
        self.flag(&names.anonymous, Flags::ANONYMOUS)?;
        self.flag(&names.unread, Flags::UNREAD)?;
        self.flag(&names.file_scoped, Flags::FILE_SCOPED)?;
        self.flag(&names.blocks, Flags::BLOCK)?;
        self.flag(&names.sources, Flags::SOURCE)?;
        self.flag(&manifest.comments.nodes, Flags::COMMENT)?;
        self.flag(&manifest.comments.doc_strings, Flags::DOC_STRING)?;
        self.flag(&manifest.visibility.exports, Flags::EXPORT)?;
        self.flag(&manifest.visibility.nodes, Flags::VISIBILITY)?;
        self.flag(&manifest.visibility.sections, Flags::SECTION)?;
        self.flag(&manifest.modifiers.nodes, Flags::MODIFIERS)?;
        self.flag(&manifest.modifiers.abstract_nodes, Flags::ABSTRACT)
    }

    fn outline(&mut self, manifest: &Manifest) -> Result<(), String> {
        let outline = &manifest.outline;
        self.fields(&outline.call, |kind, field| kind.role = Role::Call(field))?;
        self.fields(&outline.construct, |kind, field| kind.role = Role::Construct(field))?;
        self.fields(&outline.element, |kind, field| kind.role = Role::Element(field))?;
        self.fields(&outline.r#macro, |kind, field| kind.role = Role::Macro(field))?;
        self.fields(&outline.r#match, |kind, field| kind.role = Role::Match(field))?;
        self.fields(&outline.r#loop, |kind, field| kind.role = Role::Loop(field))?;
        self.fields(&outline.closure, |kind, field| kind.role = Role::Closure(field))?;
        self.fields(&outline.assign, |kind, field| kind.role = Role::Assign(field))?;
        for (node, [condition, consequence, alternative]) in &outline.branch {
            let role = Role::Branch {
                condition: self.field(condition)?,
                consequence: self.field(consequence)?,
                alternative: self.field(alternative)?,
            };
            self.each(node, |kind| kind.role = role)?;
        }
        self.flag(&outline.statements, Flags::STATEMENTS)?;
        self.roles(&outline.arguments, Role::Arguments)?;
        self.roles(&outline.else_clauses, Role::ElseClause)?;
        self.roles(&outline.arm, Role::Arm)?;
        self.roles(&outline.r#try, Role::Try)?;
        self.roles(&outline.catch, Role::Catch)?;
        self.roles(&outline.finally, Role::Finally)?;
        self.roles(&outline.r#unsafe, Role::Unsafe)?;
        self.roles(&outline.r#return, Role::Return)?;
        self.roles(&outline.throw, Role::Throw)?;
        self.roles(&outline.r#break, Role::Break)?;
        self.roles(&outline.r#continue, Role::Continue)?;
        self.roles(&outline.r#yield, Role::Yield)?;
        self.roles(&outline.r#await, Role::Await)?;
        self.roles(&outline.propagate, Role::Propagate)
    }

    fn signature(&mut self, manifest: &Manifest) -> Result<(), String> {
        let signature = &manifest.signature;
        self.keys(&signature.drop, |kind, field| kind.dropped = Some(field))?;
        self.keys(&signature.defaults, |kind, field| kind.default = Some(field))?;
        self.fields(&signature.calls, |kind, field| kind.shown_call = Some(field))?;
        self.flag(&signature.attributes, Flags::ATTRIBUTE)?;
        self.flag(&signature.opaque, Flags::OPAQUE)?;
        self.flag(&signature.hidden_words, Flags::HIDDEN_WORD)?;
        self.flag(&signature.leading, Flags::LEADING)?;
        self.flag(&signature.separated, Flags::SEPARATED)
    }
}
